"""Migrations: making, reading and ending them, and their status.

How their executions are moved is the business of `migration_batches`, what came of each that of `migration_items`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

import sqlalchemy as sa

from wflgit.core.lifecycle import OPEN, migration_outcome
from wflgit.core.plan import Disposition
from wflgit.core.records import ItemResult, MigrationStatus, Strategy
from wflgit.store import migration_batches, migration_items, migration_moves, tables
from wflgit.store.migration_batches import OF_BATCHES, Waves
from wflgit.store.migration_moves import ACCOUNT, COUNTED, HAS_NO_ITEM, LIVE_ON_SOURCE, MIGRATION, Kind, word
from wflgit.store.tables import executions, migrations
from wflgit.store.tables import migration_batches as batches
from wflgit.store.tables import migration_items as items
from wflgit.store.tables import migration_steps as steps

_CHOSEN_AT_ONCE = 10_000
_FOR_EVER = 2**62


@dataclass(frozen=True, slots=True)
class New:
    """A migration to be made; the attributes are those of `MigrationRow`."""

    workflow: str
    source: int
    source_commit: str
    target: int
    target_commit: str
    strategy: Strategy
    pace: str | None
    at_advance: bool
    plan: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class MigrationRow:
    """A migration, without its counts (see `migration_items.tally`).

    Attributes:
        id: its number.
        workflow: the slug.
        source: the version executions come from.
        source_commit: the commit they are pinned to there.
        target: the version they go to.
        target_commit: the commit they are pinned to there.
        strategy: how they get there.
        pace: of a gradual one, as it was written.
        at_advance: whether each is moved when it next advances; such a migration has no batches.
        status: where it is in its life.
        total: how many executions it is about.
        created_at: when it was made.
        created_by: who made it.
        started_at: when it first ran.
        ended_at: when it ended; None while it may still move executions.
        paused_at: since when it is paused.
    """

    id: int
    workflow: str
    source: int
    source_commit: str
    target: int
    target_commit: str
    strategy: Strategy
    pace: str | None
    at_advance: bool
    status: MigrationStatus
    total: int
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    paused_at: datetime | None


# Making

_COLUMNS = tuple(migrations.c[name] for name in MigrationRow.__dataclass_fields__)
_INSERT = sa.insert(migrations).returning(migrations.c.id)
_SET_TOTAL = (
    sa.update(migrations)
    .where(migrations.c.account == ACCOUNT, migrations.c.id == MIGRATION)
    .values(total=sa.bindparam("new_total", type_=sa.Integer))
)
_COUNT_SOURCE = sa.select(sa.func.count()).select_from(executions).where(LIVE_ON_SOURCE)
_PENDING = ["account", "migration", "execution", "result"]
_AS_PENDING = sa.select(ACCOUNT, MIGRATION, executions.c.id, word(ItemResult.PENDING))


@cache
def _choose(dialect: str) -> sa.Executable:
    chosen = sa.select(sa.cast(tables.each("chosen", dialect), executions.c.id.type))
    return sa.insert(items).from_select(_PENDING, _AS_PENDING.where(LIVE_ON_SOURCE, executions.c.id.in_(chosen)))


def create(
    conn: sa.Connection,
    account: str,
    new: New,
    dispositions: Iterable[Disposition],
    *,
    waves: Waves | None = None,
    chosen: Collection[int] | None = None,
) -> int:
    """Make a migration that is pending, and plan its batches. Keep others from making one for the same versions meanwhile.

    Args:
        conn: a writing transaction.
        account: the tenant.
        new: the migration.
        dispositions: what happens to executions, by the step and status they are found in.
        waves: how it is spread over time; None if all executions are due at once.
        chosen: for the manual strategy, the ids of the executions; those that are not live on the source are left out.

    Returns:
        Its id.

    Raises:
        StoreError: if another migration from the same source is open.
    """
    id: int = conn.execute(_INSERT, _to_values(account, new)).scalar_one()  # noqa: A001
    rows = [_to_row(account, id, disposition) for disposition in dispositions]
    if rows:
        conn.execute(sa.insert(steps), rows)
    values = _source_values(account, id, new)
    conn.execute(_SET_TOTAL, {**values, "new_total": _select(conn, values, new, waves, chosen)})
    return id


def _select(conn: sa.Connection, values: dict[str, Any], new: New, waves: Waves | None, chosen: Collection[int] | None) -> int:
    """Plan which executions it is about, and count them."""
    if new.at_advance:
        found: int = conn.execute(_COUNT_SOURCE, values).scalar_one()
        return found
    due = migration_batches.at_once() if waves is None else migration_batches.in_waves(waves, new.at)
    if new.strategy is not Strategy.MANUAL:
        return migration_batches.cut(conn, values, Kind.ALL, due)
    rest = iter(sorted(set(chosen or ())))
    while some := list(islice(rest, _CHOSEN_AT_ONCE)):
        conn.execute(_choose(conn.dialect.name), {**values, "chosen": json.dumps(some)})
    return migration_batches.cut(conn, values, Kind.PENDING, due)


def _to_values(account: str, new: New) -> dict[str, Any]:
    return {
        "account": account,
        "workflow": new.workflow,
        "source": new.source,
        "source_commit": new.source_commit,
        "target": new.target,
        "target_commit": new.target_commit,
        "strategy": new.strategy,
        "pace": new.pace,
        "at_advance": new.at_advance,
        "status": MigrationStatus.PENDING,
        "total": 0,
        "plan": new.plan,
        "created_at": new.at,
        "created_by": new.by,
    }


def _to_row(account: str, id: int, disposition: Disposition) -> dict[str, Any]:  # noqa: A002
    return {
        "account": account,
        "migration": id,
        "step": disposition.step,
        "status": disposition.status,
        "verdict": disposition.verdict,
        "to_step": disposition.to_step,
        "to_status": disposition.to_status,
        "enters": disposition.enters,
        "wake": disposition.wake,
        "wake_us": disposition.wake_us,
        "waiting_for": disposition.waiting_for,
        "reason": disposition.reason,
    }


def _source_values(account: str, id: int, of: New | MigrationRow) -> dict[str, Any]:  # noqa: A002
    return {
        "for_account": account,
        "for_migration": id,
        "of_workflow": of.workflow,
        "of_source": of.source,
        "of_commit": of.source_commit,
    }


# Reading

_ALL = sa.select(*_COLUMNS).where(migrations.c.account == ACCOUNT).order_by(migrations.c.id)
_GET = _ALL.where(migrations.c.id == MIGRATION)
_LOCK = _GET.with_for_update()
_OF_WORKFLOW = migrations.c.workflow == sa.bindparam("of_workflow", type_=sa.Text)
_IS_OPEN = migrations.c.ended_at.is_(None)
_FIND_OPEN = _ALL.where(_OF_WORKFLOW, _IS_OPEN).order_by(None)  # in no order: else SQLite reads all there ever were, by id
_PLAN = sa.select(migrations.c.plan).where(migrations.c.account == ACCOUNT, migrations.c.id == MIGRATION)


def get(conn: sa.Connection, account: str, id: int) -> MigrationRow | None:  # noqa: A002
    """Read one migration; None if the account has none of that id."""
    return next(iter(_read(conn, _GET, account, for_migration=id)), None)


def list_migrations(
    conn: sa.Connection,
    account: str,
    *,
    workflow: str | None = None,
    open_only: bool = False,
    after: int = 0,
    limit: int | None = None,
) -> list[MigrationRow]:
    """List migrations by id, that is in the order they were made in.

    Args:
        conn: a transaction.
        account: the tenant.
        workflow: only those of this workflow.
        open_only: only those that may still move executions.
        after: only those with a higher id; pass the last one's to read on.
        limit: this many at most; None for all.
    """
    statement = _ALL.where(migrations.c.id > after).limit(limit)
    if open_only:
        statement = statement.where(_IS_OPEN)
    if workflow is None:
        return _read(conn, statement, account)
    return _read(conn, statement.where(_OF_WORKFLOW), account, of_workflow=workflow)


def find_open(conn: sa.Connection, account: str, workflow: str, versions: Collection[int]) -> list[MigrationRow]:
    """List the migrations of a workflow, by id, that may still move executions from or to one of some versions."""
    found = _read(conn, _FIND_OPEN, account, of_workflow=workflow)
    return sorted((row for row in found if row.source in versions or row.target in versions), key=lambda row: row.id)


def _read(conn: sa.Connection, statement: sa.Executable, account: str, **values: Any) -> list[MigrationRow]:
    rows: Iterable[Sequence[Any]] = conn.execute(statement, {"for_account": account, **values})
    return [MigrationRow(*row) for row in rows]


def read_plan(conn: sa.Connection, account: str, id: int) -> str:  # noqa: A002
    """Read the plan that a migration was made with."""
    found: str = conn.execute(_PLAN, {"for_account": account, "for_migration": id}).scalar_one()
    return found


# The status

_SET_STATUS = sa.update(migrations).where(migrations.c.account == ACCOUNT, migrations.c.id == MIGRATION)
_DELAY = (
    sa.update(batches)
    .where(OF_BATCHES, batches.c.done_at.is_(None), batches.c.due_at.is_not(None))
    .values(due_at=sa.type_coerce(batches.c.due_at, sa.BigInteger) + sa.bindparam("delay_us", type_=sa.BigInteger))
)
_CLOSE = (
    sa.update(batches)
    .where(OF_BATCHES, batches.c.done_at.is_(None), batches.c.kind != word(Kind.UNDO))
    .values(done_at=sa.bindparam("at_time", type_=tables.UtcTime))
)
_CLOSING = (MigrationStatus.CANCELLED, MigrationStatus.UNDOING)


def change_status(
    conn: sa.Connection,
    account: str,
    id: int,  # noqa: A002
    *,
    sources: Collection[MigrationStatus],
    to: MigrationStatus,
    at: datetime,
) -> bool:
    """Change the status of a migration, if it is one of some, and keep the times that go with it.

    While it waits to be started or is paused, the due times of its waves stand still. Cancelling and undoing close the batches
    that move executions, and wait for those who are at one.

    Returns:
        False if there is no such migration or it has another status; nothing is changed then.

    Raises:
        StoreError: if it would be open again and another migration from the same source is.
    """
    row = next(iter(_read(conn, _LOCK, account, for_migration=id)), None)
    if row is None or row.status not in sources:
        return False
    values: dict[str, Any] = {"for_account": account, "for_migration": id}
    is_running, is_paused = to is MigrationStatus.RUNNING, to is MigrationStatus.PAUSED
    changed = {
        "status": to,
        "started_at": row.started_at or (at if is_running else None),
        "paused_at": (row.paused_at or at) if is_paused else None,
        "ended_at": None if to in OPEN else at,
    }
    conn.execute(_SET_STATUS, {**values, **changed})
    stood_since = row.created_at if row.started_at is None else row.paused_at
    if is_running and stood_since is not None:
        conn.execute(_DELAY, {**values, "delay_us": (at - stood_since) // timedelta(microseconds=1)})
    if to in _CLOSING:
        conn.execute(_CLOSE, {**values, "at_time": at})
    return True


# The end

_STILL_ON_SOURCE = sa.and_(
    LIVE_ON_SOURCE,
    executions.c.started_at <= sa.bindparam("since_time", type_=tables.UtcTime),
    executions.c.id > sa.bindparam("above", type_=executions.c.id.type),
)
_SWEEP = sa.insert(items).from_select(_PENDING, _AS_PENDING.where(_STILL_ON_SOURCE, HAS_NO_ITEM))
_IS_ANY_ON_SOURCE = sa.select(sa.exists().where(_STILL_ON_SOURCE))


def finish(conn: sa.Connection, account: str, id: int, at: datetime) -> MigrationStatus | None:  # noqa: A002
    """End a migration when all has been done: of several who try, one is told.

    Executions that somebody was just starting when the migration was made were not seen then; they get a batch of their own here,
    and the migration goes on.

    Returns:
        Its final status; None if it is not finished, or ended already.
    """
    row = next(iter(_read(conn, _LOCK, account, for_migration=id)), None)
    if row is None or row.status not in (MigrationStatus.RUNNING, MigrationStatus.UNDOING):
        return None
    if migration_batches.outlook(conn, account, id, at).open or not _is_complete(conn, account, row):
        return None
    found = migration_items.tally(conn, account, [id])[id]
    total = found.moved + found.undone + found.skipped + found.failed
    status = MigrationStatus.UNDONE
    if row.status is MigrationStatus.RUNNING:
        status = migration_outcome(moved=total - found.left, left=found.left)
    values = {"for_account": account, "for_migration": id}
    conn.execute(_SET_STATUS, {**values, "status": status, "ended_at": at})
    if row.status is MigrationStatus.RUNNING:
        conn.execute(_SET_TOTAL, {**values, "new_total": total})
    return status


def _is_complete(conn: sa.Connection, account: str, row: MigrationRow) -> bool:
    """Whether no execution is left to look at that is in no batch."""
    values = _source_values(account, row.id, row) | {"since_time": row.created_at, "above": 0}
    if row.status is MigrationStatus.UNDOING:
        return True
    if row.at_advance:
        return _has_drained(conn, values, row)
    return row.strategy is Strategy.MANUAL or not _sweep(conn, values, row)


def _sweep(conn: sa.Connection, values: dict[str, Any], row: MigrationRow) -> int:
    if conn.dialect.name == "sqlite":  # where ids are given under the write lock, what came late is behind all that was seen
        values = {**values, "above": migration_batches.reach(conn, values)}
    found = conn.execute(_SWEEP, values, execution_options=COUNTED).rowcount
    if found:
        migration_batches.cut(conn, values, Kind.PENDING, migration_batches.at_once())
        conn.execute(_SET_TOTAL, {**values, "new_total": row.total + found})
    return found


def _has_drained(conn: sa.Connection, values: dict[str, Any], row: MigrationRow) -> bool:
    """Whether all executions of a migration without batches have advanced, or ended by themselves."""
    if conn.execute(_IS_ANY_ON_SOURCE, values).scalar():
        return False
    missing = row.total - migration_items.tally(conn, values["for_account"], [row.id])[row.id].moved
    if missing > 0:
        migration_moves.note_ended(conn, {**values, "up_to": _FOR_EVER, "for_number": None}, missing)
    return True
