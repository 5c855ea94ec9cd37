"""The batches of a migration: cutting its executions into windows of ids, and working through these, pass by pass.

A pass is one transaction. It claims a batch by the lock on its row, sees whether the migration may still go on, lets
`migration_moves` or `migration_undo` take some executions, and counts them in the batch's row: a pass that dies leaves nothing
behind, not even a claim. Counters are only in the rows of batches, so that workers meet in no row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, islice, repeat
from typing import Any

import sqlalchemy as sa

from wflgit.core.plan import Wake
from wflgit.core.records import ItemResult, MigrationStatus
from wflgit.store import migration_moves, migration_undo, tables
from wflgit.store.migration_moves import (
    ACCOUNT,
    AT,
    ENDS,
    IS_FAILED,
    IS_LEFT,
    IS_MOVED,
    IS_PENDING,
    LIVE_ON_SOURCE,
    MIGRATION,
    MOVES,
    NUMBER,
    OF_ITEMS,
    OF_STEPS,
    Found,
    Kind,
    Shape,
    Values,
    text,
    word,
)
from wflgit.store.tables import executions, migrations
from wflgit.store.tables import migration_batches as batches
from wflgit.store.tables import migration_items as items
from wflgit.store.tables import migration_steps as steps

WINDOW = 12_000
"""How many executions a batch is made of."""

# On PostgreSQL a pass takes every sixth id of its window, so that the old versions of a page's rows can be cleared away between two
# passes and the new ones find room on it: more than twice as fast as taking one id after the other.
_STRIPES = {"sqlite": 1, "postgresql": 6}
_STRIPE = WINDOW // 6
# Old row versions can only be cleared away when no transaction is left that may see them. So a few batches are worked on side by
# side, stripe by stripe: until the next stripe of a batch is taken, what other workers were doing during the last one is over.
_SIDE_BY_SIDE = 4
_PATIENCE_S = 2


@dataclass(frozen=True, slots=True)
class Waves:
    """How a migration is spread over time: wave k (0, 1, …) of `size` executions is due at its beginning + k * `every`."""

    size: int
    every: timedelta


@dataclass(frozen=True, slots=True)
class Pass:
    """What one transaction did.

    Attributes:
        rows: how many executions it accounted for.
        moved: how many of them it moved, or put back.
        batch_done: whether it was the last of its batch.
    """

    rows: int
    moved: int
    batch_done: bool


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is still to be done: how many batches are open, when the next is due if none is now, and when the last is."""

    open: int
    due_at: datetime | None
    last_due_at: datetime | None


OF_BATCHES = sa.and_(batches.c.account == ACCOUNT, batches.c.migration == MIGRATION)
_OPEN = batches.c.done_at.is_(None)

# Cutting

_COUNTED = ("moved", "skipped", "failed", "left_behind", "undone", "kept")
_ROWS = 1_000
_ADD = sa.insert(batches)
_ABOVE = sa.bindparam("above", type_=sa.BigInteger)
_SIZE = sa.bindparam("window_size", type_=sa.Integer)
_ZERO = sa.literal_column("0", sa.Integer)
_LAST = sa.select(sa.func.coalesce(sa.func.max(batches.c.number), 0)).where(OF_BATCHES)
_REACH = sa.select(sa.func.coalesce(sa.func.max(batches.c.hi), 0)).where(OF_BATCHES)


def _window(id: sa.ColumnElement[int], which: sa.ColumnElement[bool], failed: sa.ColumnElement[int] = _ZERO) -> sa.Executable:  # noqa: A002
    """So many executions after one: up to which id, how many, and how many of them had failed."""
    found = sa.select(id.label("id"), failed.label("failed")).where(which, id > _ABOVE).order_by(id).limit(_SIZE).subquery()
    return sa.select(sa.func.max(found.c.id), sa.func.count(), sa.func.sum(found.c.failed))


_WINDOW_OF = {
    Kind.ALL: _window(executions.c.id, LIVE_ON_SOURCE),
    Kind.PENDING: _window(items.c.execution, sa.and_(OF_ITEMS, IS_PENDING)),
    Kind.UNDO: _window(items.c.execution, sa.and_(OF_ITEMS, IS_MOVED)),
}
_WINDOW_AGAIN = _window(items.c.execution, sa.and_(OF_ITEMS, IS_LEFT), sa.case((IS_FAILED, 1), else_=0))

Due = tuple[int, datetime | None]
"""How many executions a batch is made of, and when it is due; None if at once."""


def at_once() -> Iterator[Due]:
    """Batches that are due at once, without end."""
    return repeat((WINDOW, None))


def in_waves(waves: Waves, begin: datetime) -> Iterator[Due]:
    """Batches that are due wave after wave, without end; a wave that is too large for one is divided evenly."""
    size = -(-waves.size // -(-waves.size // WINDOW))
    for number in count():
        for position in range(0, waves.size, size):
            yield min(size, waves.size - position), begin + number * waves.every


def cut(conn: sa.Connection, values: Values, kind: Kind, due: Iterator[Due], *, again: bool = False) -> int:
    """Make batches of all executions there are of a kind.

    Args:
        conn: a writing transaction.
        values: the account, the migration, and for ALL its source, by the names of their parameters.
        kind: which executions.
        due: the sizes and due times of the batches.
        again: whether it is the items that failed or were left, which become PENDING.

    Returns:
        How many executions are in the batches.
    """
    total, rows = 0, _windows(conn, values, kind, due, again=again)
    while some := list(islice(rows, _ROWS)):
        conn.execute(_ADD, some)
        total += sum(row["selected"] for row in some)
    return total


def _windows(conn: sa.Connection, values: Values, kind: Kind, due: Iterator[Due], *, again: bool) -> Iterator[Values]:
    statement = _WINDOW_AGAIN if again else _WINDOW_OF[kind]
    number, lo = conn.execute(_LAST, values).scalar_one(), 0
    for size, due_at in due:
        hi, selected, failed = conn.execute(statement, {**values, "above": lo, "window_size": size}).one()
        if not selected:
            return
        number += 1
        # Executions that are tried again are skipped or failed no more: their batch begins by taking that back.
        counts = {"skipped": failed - selected, "failed": -failed, "left_behind": -selected} if again else {}
        yield {
            "account": values["for_account"],
            "migration": values["for_migration"],
            "number": number,
            "kind": kind,
            "lo": lo,
            "hi": hi,
            "selected": selected,
            "due_at": due_at,
            "stripes": min(_STRIPES[conn.dialect.name], -(-selected // _STRIPE)),
            "stripe": 0,
            "cursor": lo,
            **dict.fromkeys(_COUNTED, 0),
            **counts,
        }
        lo = hi


def reach(conn: sa.Connection, values: Values) -> int:
    """The highest id in any batch; 0 without any."""
    found: int = conn.execute(_REACH, values).scalar_one()
    return found


# Working

_CLAIM = (
    sa.select(
        *(batches.c.number, batches.c.kind, batches.c.lo, batches.c.hi, batches.c.stripes, batches.c.stripe, batches.c.cursor),
        *(batches.c.selected, batches.c.moved, batches.c.skipped, batches.c.failed),
    )
    .where(OF_BATCHES, _OPEN, sa.or_(batches.c.due_at.is_(None), batches.c.due_at <= AT))
    .order_by((batches.c.number - 1) // _SIDE_BY_SIDE, batches.c.stripe, batches.c.number)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_CHANGES_MORE = sa.or_(steps.c.enters, text(steps.c.wake) != word(Wake.KEEP), text(steps.c.to_status) != text(steps.c.status))
_MIGRATION = sa.select(
    *(migrations.c.status, migrations.c.workflow, migrations.c.created_at),
    *(migrations.c.source, migrations.c.source_commit, migrations.c.target, migrations.c.target_commit),
    sa.exists().where(OF_STEPS, MOVES, ENDS).label("ends"),
    sa.exists().where(OF_STEPS, MOVES, sa.not_(ENDS), _CHANGES_MORE).label("changes_more"),
).where(migrations.c.account == ACCOUNT, migrations.c.id == MIGRATION)
# A pass that waits for one execution keeps those that it has locked already from everybody else, so it must not wait for long.
_MIGRATION_OF = {
    "sqlite": _MIGRATION,
    "postgresql": _MIGRATION.add_columns(sa.func.set_config("lock_timeout", f"{_PATIENCE_S}s", sa.true())),
}
_NOTE = (
    sa.update(batches)
    .where(OF_BATCHES, batches.c.number == NUMBER)
    .values(
        {
            **{name: batches.c[name] + sa.bindparam(f"more_{name}", type_=sa.Integer) for name in _COUNTED},
            "stripe": sa.bindparam("next_stripe"),
            "cursor": sa.bindparam("next_cursor"),
            "begun_at": sa.func.coalesce(batches.c.begun_at, AT),
            "done_at": sa.bindparam("end_time", type_=tables.UtcTime),
        }
    )
)
_SETTLE = sa.select(batches.c.number).where(OF_BATCHES, _OPEN).order_by(batches.c.number).with_for_update()
_OUTLOOK = sa.select(
    sa.func.count(),
    sa.case((sa.func.min(sa.func.coalesce(batches.c.due_at, AT)) > AT, sa.func.min(batches.c.due_at))),
    sa.func.max(batches.c.due_at),
).where(OF_BATCHES, _OPEN)


def work(
    conn: sa.Connection,
    account: str,
    id: int,  # noqa: A002
    *,
    at: datetime,
    by: str,
    rows: int,
    skip_locked: bool = False,
) -> Pass | None:
    """Move some executions of a running migration, or put some back of one that is being undone: one pass.

    Any number of workers may do this at once, each in a transaction of its own; what a pass did is done when that is committed.

    Args:
        conn: a writing transaction, in which nothing else should be done.
        account: the tenant.
        id: the migration.
        at: now; batches that are due later wait.
        by: who is noted in the executions.
        rows: how many executions to take, about; on PostgreSQL up to a fourth more.
        skip_locked: whether to note executions that somebody else keeps locked as failed, instead of waiting for them.

    Returns:
        What was done; None if there is nothing to do now: no batch is open and due, others are at all of those that are, or the
        migration is not running.

    Raises:
        LockedError: if somebody else keeps an execution locked for too long.
    """
    values: Values = {"for_account": account, "for_migration": id, "at_time": at}
    batch = conn.execute(_CLAIM, values).one_or_none()
    if batch is None:
        return None
    # A statement of its own, after the lock is held: whoever pauses the migration sets the status first and then waits for the
    # lock (`settle`), so that one of the two sees the other.
    migration = conn.execute(_MIGRATION_OF[conn.dialect.name], values).one()
    if migration.status != (MigrationStatus.UNDOING if batch.kind == Kind.UNDO else MigrationStatus.RUNNING):
        return None
    # Of several stripes each is about as large as `rows`: a little more at once saves a pass for what would be left of it.
    at_most = rows + rows // 4 if batch.stripes > 1 else rows
    values |= _to_values(migration, batch, at_most=at_most) | {"by_actor": by}
    shape = Shape(bool(migration.ends), bool(migration.changes_more))
    if batch.kind == Kind.UNDO:
        found = migration_undo.put_back(conn, values, shape)
    else:
        found = migration_moves.move(conn, values, Kind(batch.kind), shape, skip_locked=skip_locked)
    return _note(conn, values, batch, found)


def _to_values(migration: Any, batch: Any, *, at_most: int) -> Values:
    return {
        "of_workflow": migration.workflow,
        "of_source": migration.source,
        "of_commit": migration.source_commit,
        "to_version": migration.target,
        "to_commit": migration.target_commit,
        "since_time": migration.created_at,
        "for_number": batch.number,
        "above": batch.cursor,
        "up_to": batch.hi,
        "at_most": at_most,
        "of_stripe": batch.stripe,
        "of_stripes": batch.stripes,
    }


def _note(conn: sa.Connection, values: Values, batch: Any, found: Found) -> Pass:
    """Write into the batch how far it is; at its end, account for the executions that should have been there and were not."""
    stripe, cursor, is_done = batch.stripe, found.last, False
    if found.taken < values["at_most"] or found.last == batch.hi:
        stripe, cursor = batch.stripe + 1, batch.lo
        is_done = stripe >= batch.stripes
    if is_done and batch.kind != Kind.UNDO:
        found = found._replace(skipped=found.skipped + _note_missing(conn, values, batch, found))
    counted = dict(zip((f"more_{name}" for name in _COUNTED), found[2:], strict=True))
    progress = {"next_stripe": stripe, "next_cursor": cursor, "end_time": values["at_time"] if is_done else None}
    conn.execute(_NOTE, {**values, **counted, **progress})
    rows = found.moved + found.skipped + found.failed + found.undone + found.kept
    return Pass(rows=rows, moved=found.moved + found.undone, batch_done=is_done)


def _note_missing(conn: sa.Connection, values: Values, batch: Any, found: Found) -> int:
    values = {**values, "above": batch.lo, "up_to": batch.hi}
    if batch.kind == Kind.PENDING:
        return migration_moves.note_gone(conn, values)
    counted = batch.moved + batch.skipped + batch.failed + found.moved + found.skipped + found.failed
    return migration_moves.note_ended(conn, values, batch.selected - counted) if counted < batch.selected else 0


def settle(conn: sa.Connection, account: str, id: int) -> None:  # noqa: A002
    """Wait until no pass of any worker is under way that began before this transaction; on SQLite none can be."""
    conn.execute(_SETTLE, {"for_account": account, "for_migration": id}).all()


def outlook(conn: sa.Connection, account: str, id: int, at: datetime) -> Outlook:  # noqa: A002
    """Say what is still to be done."""
    return Outlook(*conn.execute(_OUTLOOK, {"for_account": account, "for_migration": id, "at_time": at}).one())


_LATE = sa.select(
    sa.func.sum(batches.c.moved + batches.c.skipped + batches.c.failed + batches.c.undone + batches.c.kept),
    sa.func.min(batches.c.begun_at),
).where(
    OF_BATCHES,
    batches.c.begun_at.is_not(None),
    sa.or_(batches.c.done_at.is_(None), batches.c.done_at >= sa.bindparam("since_time", type_=tables.UtcTime)),
)


def pace_of_late(conn: sa.Connection, account: str, id: int, since: datetime) -> tuple[int, datetime] | None:  # noqa: A002
    """Say how fast it goes, by the batches that were worked on since a time.

    Returns:
        How many executions were done in them, and when the first of them was begun; None if nothing was done.
    """
    done, begun_at = conn.execute(_LATE, {"for_account": account, "for_migration": id, "since_time": since}).one()
    return None if begun_at is None else (int(done), begun_at)


# Trying again, and undoing

_SET_PENDING = sa.update(items).where(OF_ITEMS, IS_LEFT).values(result=word(ItemResult.PENDING))
_UNDO_SELECTED = sa.select(sa.func.sum(batches.c.selected)).where(OF_BATCHES, batches.c.kind == word(Kind.UNDO))


def retry(conn: sa.Connection, account: str, id: int) -> int:  # noqa: A002
    """Make batches of the executions that failed, or were left though they should have been moved.

    Returns:
        How many there are.
    """
    values = {"for_account": account, "for_migration": id}
    found = cut(conn, values, Kind.PENDING, at_once(), again=True)
    conn.execute(_SET_PENDING, values)
    return found


def begin_undo(conn: sa.Connection, account: str, id: int) -> int:  # noqa: A002
    """Make batches of the executions that were moved, to put them back; once, however often it is called.

    Returns:
        How many there are.
    """
    values = {"for_account": account, "for_migration": id}
    begun: int | None = conn.execute(_UNDO_SELECTED, values).scalar()
    return cut(conn, values, Kind.UNDO, at_once()) if begun is None else begun
