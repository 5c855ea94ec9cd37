"""What came of the executions of migrations: reading it, counting it, and noting those that are taken along when they advance."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from wflgit.core.plan import Disposition
from wflgit.core.records import Execution, ExecutionStatus, ItemResult, MigrationItem, MigrationStatus
from wflgit.store import tables
from wflgit.store.migration_batches import OF_BATCHES
from wflgit.store.migration_moves import ACCOUNT, COUNTED, IS_MOVED, IS_SKIPPED, ITEM_KEY, MIGRATION, OF_ITEMS, Kind, text, word
from wflgit.store.tables import executions, migrations
from wflgit.store.tables import migration_batches as batches
from wflgit.store.tables import migration_items as items
from wflgit.store.tables import migration_steps as steps


@dataclass(frozen=True, slots=True)
class Tally:
    """What came of the executions of a migration.

    Attributes:
        moved: how many were moved and not put back.
        skipped: how many were left where they are.
        failed: how many could not be moved for now.
        undone: how many were put back.
        kept: how many of those moved an undo could not put back.
        left: how many of those skipped or failed should have been moved.
    """

    moved: int = 0
    skipped: int = 0
    failed: int = 0
    undone: int = 0
    kept: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class AtAdvance:
    """A running migration that takes executions along when they advance, and what it means for one at the step asked for.

    It only concerns executions that are pinned to its `source_commit`.
    """

    migration: int
    source_commit: str
    target: int
    target_commit: str
    disposition: Disposition


# Reading


def _count_items(which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    found = sa.select(sa.func.count()).where(items.c.account == ACCOUNT, items.c.migration == migrations.c.id, which)
    return found.scalar_subquery().correlate(migrations)


@cache
def _tally(dialect: str) -> sa.Executable:
    wanted = sa.select(sa.cast(tables.each("wanted", dialect), migrations.c.id.type))
    counted = sa.select(
        *(batches.c.migration, batches.c.moved, batches.c.skipped, batches.c.failed),
        *(batches.c.undone, batches.c.kept, batches.c.left_behind),
    ).where(batches.c.account == ACCOUNT, batches.c.migration.in_(wanted))
    # A migration that takes executions along has no batch to count in: its items are counted, and only its.
    taken_along = sa.select(
        *(migrations.c.id, _count_items(sa.not_(IS_SKIPPED)), _count_items(IS_SKIPPED)),
        *[sa.literal_column("0")] * 4,
    ).where(migrations.c.account == ACCOUNT, migrations.c.at_advance, migrations.c.id.in_(wanted))
    found = sa.union_all(counted, taken_along).subquery()
    sums = [sa.func.sum(column) for column in found.c[1:]]
    return sa.select(found.c.migration, sums[0] - sums[3], *sums[1:]).group_by(found.c.migration)


def tally(conn: sa.Connection, account: str, ids: Collection[int]) -> dict[int, Tally]:
    """Count what came of the executions of migrations, by their ids; nothing has come of any where there is none of that id."""
    values = {"for_account": account, "wanted": json.dumps(sorted(ids))}
    found = {row[0]: Tally(*map(int, row[1:])) for row in conn.execute(_tally(conn.dialect.name), values)}
    return {number: found.get(number, Tally()) for number in ids}


_IS_UNDONE = sa.and_(
    IS_MOVED,
    sa.exists().where(
        *(OF_BATCHES, batches.c.kind == word(Kind.UNDO), batches.c.lo < items.c.execution, items.c.execution <= batches.c.hi),
        sa.or_(
            batches.c.done_at.is_not(None),
            items.c.execution % batches.c.stripes < batches.c.stripe,
            sa.and_(items.c.execution % batches.c.stripes == batches.c.stripe, items.c.execution <= batches.c.cursor),
        ),
    ),
)
_STATUS = sa.select(migrations.c.status).where(migrations.c.account == ACCOUNT, migrations.c.id == MIGRATION)
_RESULT = text(items.c.result)
# Those that an undo has put back are not marked: it has put back all that it has passed and not kept.
_RESULTS = {
    MigrationStatus.UNDONE: sa.case((IS_MOVED, word(ItemResult.UNDONE)), else_=_RESULT),
    MigrationStatus.UNDOING: sa.case((_IS_UNDONE, word(ItemResult.UNDONE)), else_=_RESULT),
}


@cache
def _items_in(status: MigrationStatus | None) -> sa.Select[Any]:
    result = _RESULTS.get(status, _RESULT) if status else _RESULT
    found = (
        sa.select(
            *(items.c.migration, items.c.execution, executions.c.contact, items.c.from_step, items.c.to_step),
            *(sa.type_coerce(result, items.c.result.type).label("result"), items.c.reason),
        )
        .join(executions, sa.and_(executions.c.account == ACCOUNT, executions.c.id == items.c.execution))
        .where(OF_ITEMS)
        .subquery()
    )
    return sa.select(*found.c).order_by(found.c.execution)


def list_items(
    conn: sa.Connection,
    account: str,
    id: int,  # noqa: A002
    *,
    result: ItemResult | None = None,
    execution: int | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[MigrationItem]:
    """List what a migration did with executions, by their ids.

    Args:
        conn: a transaction.
        account: the tenant.
        id: the migration.
        result: only those of which this came.
        execution: only this one.
        after: only those with a higher id; pass the last one's to read on.
        limit: this many at most; None for all.
    """
    values = {"for_account": account, "for_migration": id}
    statement = _items_in(conn.execute(_STATUS, values).scalar())
    found = statement.selected_columns
    wanted = {"result": result, "execution": execution}
    statement = statement.where(
        found.execution > after, *(found[name] == value for name, value in wanted.items() if value is not None)
    )
    rows: Iterable[Sequence[Any]] = conn.execute(statement.limit(limit), values)
    return [MigrationItem(*row) for row in rows]


# Taking along at the next advance

_AT_ADVANCE = (
    sa.select(
        *(migrations.c.id, migrations.c.source_commit, migrations.c.target, migrations.c.target_commit),
        *(steps.c[name] for name in Disposition.__dataclass_fields__),
    )
    .join(steps, sa.and_(steps.c.account == ACCOUNT, steps.c.migration == migrations.c.id))
    .where(
        *(migrations.c.account == ACCOUNT, migrations.c.workflow == sa.bindparam("of_workflow", type_=sa.Text)),
        *(migrations.c.source == sa.bindparam("of_source", type_=sa.Integer), migrations.c.ended_at.is_(None)),
        *(migrations.c.at_advance, text(migrations.c.status) == word(MigrationStatus.RUNNING)),
        *(steps.c.step == sa.bindparam("at_step", type_=sa.Text), text(steps.c.status) == word(ExecutionStatus.ACTIVE)),
    )
)
_BEFORE = (
    *("execution", "lock_version", "result", "to_step", "from_step", "from_status"),
    *("from_entered_at", "from_wake_at", "from_waiting_for", "from_updated_at", "from_updated_by"),
)


@cache
def _record(dialect: str) -> sa.Executable:
    """Notes an execution while the migration is running, and keeps whoever wants to stop it waiting until that is committed."""
    values = [sa.bindparam(f"item_{name}", type_=items.c[name].type) for name in _BEFORE]
    running = (
        sa.select(ACCOUNT, MIGRATION, *values)
        .select_from(migrations)
        .where(
            *(migrations.c.account == ACCOUNT, migrations.c.id == MIGRATION),
            text(migrations.c.status) == word(MigrationStatus.RUNNING),
        )
        .with_for_update(read=True, key_share=True)
    )
    statement = tables.insert(items, dialect).from_select(["account", "migration", *_BEFORE], running)
    return statement.on_conflict_do_update(index_elements=ITEM_KEY, set_={name: statement.excluded[name] for name in _BEFORE})


def at_advance(conn: sa.Connection, account: str, workflow: str, version: int, step: str) -> AtAdvance | None:
    """Find the running migration that takes executions along which advance from a step of a version; None if there is none."""
    values = {"for_account": account, "of_workflow": workflow, "of_source": version, "at_step": step}
    row: Sequence[Any] | None = conn.execute(_AT_ADVANCE, values).one_or_none()
    if row is None:
        return None
    migration, source_commit, target, target_commit, *terms = row
    return AtAdvance(migration, source_commit, target, target_commit, Disposition(*terms))


def record_advance(conn: sa.Connection, account: str, id: int, before: Execution, *, to_step: str | None) -> bool:  # noqa: A002
    """Note that a migration takes an execution along, in the transaction that does.

    Args:
        conn: a writing transaction, in which the execution is changed once.
        account: the tenant.
        id: the migration.
        before: the execution as it was.
        to_step: the step it is put at; None if it ends.

    Returns:
        False if the migration is not running any more: then the execution must stay on the source.
    """
    values = {
        "execution": before.id,
        "lock_version": before.lock_version + 1,
        "result": ItemResult.MOVED,
        "to_step": to_step,
        "from_step": before.step,
        "from_status": before.status,
        "from_entered_at": before.entered_at,
        "from_wake_at": before.wake_at,
        "from_waiting_for": before.waiting_for,
        "from_updated_at": before.updated_at,
        "from_updated_by": before.updated_by,
    }
    named = {f"item_{name}": value for name, value in values.items()}
    named |= {"for_account": account, "for_migration": id}
    return conn.execute(_record(conn.dialect.name), named, execution_options=COUNTED).rowcount == 1
