"""What one pass of a migration does to executions: moves them, and says of each what came of it.

All statements take only executions of one range of ids and, on PostgreSQL, of one stripe of it; which, `migration_batches` knows.
Locks are taken in this order: executions by ascending id, then items. Without it passes and others could wait for each other in
a ring. `migration_undo` puts back what was moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from wflgit.core.lifecycle import LIVE as LIVE_STATUSES
from wflgit.core.plan import Verdict, Wake
from wflgit.core.records import ExecutionStatus, ItemResult
from wflgit.store import tables
from wflgit.store.tables import executions, migrations
from wflgit.store.tables import migration_items as items
from wflgit.store.tables import migration_steps as steps

Values = dict[str, Any]
"""What the parameters of statements stand for, or columns are set to, by their names."""
_Columns = Mapping[str, sa.ColumnElement[Any]]


class Kind(StrEnum):
    """What a batch is about: ALL executions on the source, those of PENDING items, or the UNDO of what was moved."""

    ALL = "all"
    PENDING = "pending"
    UNDO = "undo"


class Reason(StrEnum):
    """Why an execution was not moved or not put back, beside the verdicts of the plan.

    ENDED: it was not live any more. ELSEWHERE: it was not on the source any more. UNKNOWN_STEP: it stood at a step the plan does
    not have. LOCKED: somebody else kept it locked. ADVANCED: it has moved on since. CONTACT_IS_BACK: the migration had ended it,
    and its contact has started anew since.
    """

    ENDED = "ended"
    ELSEWHERE = "elsewhere"
    UNKNOWN_STEP = "unknown-step"
    LOCKED = "locked"
    ADVANCED = "advanced"
    CONTACT_IS_BACK = "contact-is-back"


class Found(NamedTuple):
    """What a pass found in its range.

    Attributes:
        taken: how many executions it took, at most as many as it may.
        last: the highest id of them.
        moved: how many it moved; the others by what came of them, as in `Tally`.
    """

    taken: int
    last: int | None
    moved: int = 0
    skipped: int = 0
    failed: int = 0
    left: int = 0
    undone: int = 0
    kept: int = 0


ACCOUNT = sa.bindparam("for_account", type_=sa.Text)
MIGRATION = sa.bindparam("for_migration", type_=migrations.c.id.type)
NUMBER = sa.bindparam("for_number", type_=sa.Integer)
AT = sa.bindparam("at_time", type_=tables.UtcTime)
OF_ITEMS = sa.and_(items.c.account == ACCOUNT, items.c.migration == MIGRATION)
OF_STEPS = sa.and_(steps.c.account == ACCOUNT, steps.c.migration == MIGRATION)
ON_SOURCE = sa.and_(
    executions.c.account == ACCOUNT,
    executions.c.workflow == sa.bindparam("of_workflow", type_=sa.Text),
    executions.c.version == sa.bindparam("of_source", type_=sa.Integer),
    executions.c.commit_id == sa.bindparam("of_commit", type_=sa.Text),
)
LIVE_ON_SOURCE = sa.and_(ON_SOURCE, tables.LIVE)


def word(value: StrEnum) -> sa.ColumnElement[str]:
    """A word that is always the same, written into the statement; as a parameter it would be one more to send each time."""
    return sa.literal_column(f"'{value}'", sa.Text)


def text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
    """A column of words, to be compared with `word`."""
    return sa.type_coerce(column, sa.Text)


def is_any(column: sa.ColumnElement[Any], values: tuple[StrEnum, ...]) -> sa.ColumnElement[bool]:
    """Whether a column has one of some words."""
    return text(column).in_([word(value) for value in values])


LEFT = (Verdict.UNMAPPED, Verdict.WAIT_CHANGED, Reason.UNKNOWN_STEP)
"""The reasons of executions that were skipped though they should have been moved."""

IS_MOVED = text(items.c.result) == word(ItemResult.MOVED)
IS_PENDING = text(items.c.result) == word(ItemResult.PENDING)
IS_SKIPPED = text(items.c.result) == word(ItemResult.SKIPPED)
IS_FAILED = text(items.c.result) == word(ItemResult.FAILED)
IS_LEFT = sa.or_(IS_FAILED, sa.and_(IS_SKIPPED, is_any(items.c.reason, LEFT)))
MOVES = text(steps.c.verdict) == word(Verdict.MOVE)
_ENDED = tuple(status for status in ExecutionStatus if status not in LIVE_STATUSES)
ENDS = is_any(steps.c.to_status, _ENDED)

_AT_US = sa.type_coerce(AT, sa.BigInteger)
_BY = sa.bindparam("by_actor", type_=sa.Text)
AT_MOST = sa.bindparam("at_most", type_=sa.Integer)
ITEM_KEY = [column.name for column in items.primary_key]
COUNTED = {"preserve_rowcount": True}
"""Execution options of an INSERT whose number of rows is wanted."""


def in_range(id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:  # noqa: A002
    """Whether an id is in the range of the pass."""
    above, up_to = (sa.bindparam(name, type_=sa.BigInteger) for name in ("above", "up_to"))
    return sa.and_(id > above, id <= up_to)


def in_stripe(id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:  # noqa: A002
    """Whether an id is in the stripe of the pass, which is every so many ids of its range."""
    stripe, stripes = (sa.bindparam(name, type_=sa.BigInteger) for name in ("of_stripe", "of_stripes"))
    return sa.and_(in_range(id), id % stripes == stripe)


# Moving


class _Terms(NamedTuple):
    """The columns of a disposition, wherever they come from."""

    verdict: sa.ColumnElement[str]
    to_step: sa.ColumnElement[str]
    to_status: sa.ColumnElement[str]
    enters: sa.ColumnElement[bool]
    wake: sa.ColumnElement[str]
    wake_us: sa.ColumnElement[int]
    then_waiting_for: sa.ColumnElement[str]
    end_reason: sa.ColumnElement[str]


_TERMS = _Terms(
    text(steps.c.verdict),
    steps.c.to_step,
    text(steps.c.to_status),
    steps.c.enters,
    text(steps.c.wake),
    steps.c.wake_us,
    steps.c.waiting_for,
    steps.c.reason,
)
_LABELLED = tuple(column.label(name) for name, column in _TERMS._asdict().items())
_LOOKED_AT = (
    executions.c.id,
    executions.c.step,
    executions.c.status,
    executions.c.lock_version,
    executions.c.entered_at,
    executions.c.wake_at,
    executions.c.waiting_for,
    executions.c.updated_at,
    executions.c.updated_by,
)


def _of_step(step: sa.ColumnElement[Any], status: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    """What joins an execution to its disposition."""
    return sa.and_(OF_STEPS, steps.c.step == step, text(steps.c.status) == text(status))


def _candidates(kind: Kind, *columns: sa.ColumnElement[Any], with_terms: bool = False) -> sa.Select[Any]:
    """The executions a pass takes, by ascending id."""
    pending = sa.and_(OF_ITEMS, items.c.execution == executions.c.id, IS_PENDING)
    source: sa.FromClause = executions.join(items, pending) if kind is Kind.PENDING else executions
    if with_terms:
        source = source.outerjoin(steps, _of_step(executions.c.step, executions.c.status))
    found = sa.select(*columns).select_from(source).where(in_stripe(executions.c.id), LIVE_ON_SOURCE)
    return found.order_by(executions.c.id).limit(AT_MOST)


def _items_of(found: _Columns, result: sa.ColumnElement[str], reason: sa.ColumnElement[Any]) -> Values:
    """The rows that say what came of executions, and how they were before."""
    return {
        "account": ACCOUNT,
        "migration": MIGRATION,
        "execution": found["id"],
        "batch": NUMBER,
        "lock_version": found["lock_version"] + 1,
        "result": result,
        "reason": reason,
        "to_step": found["to_step"],
        "from_step": found["step"],
        "from_status": found["status"],
        "from_entered_at": found["entered_at"],
        "from_wake_at": found["wake_at"],
        "from_waiting_for": found["waiting_for"],
        "from_updated_at": found["updated_at"],
        "from_updated_by": found["updated_by"],
    }


def _items_looked_at(found: _Columns) -> Values:
    moves = found["verdict"] == word(Verdict.MOVE)
    result = sa.case((moves, word(ItemResult.MOVED)), else_=word(ItemResult.SKIPPED))
    reason = sa.case((moves, None), else_=sa.func.coalesce(found["verdict"], word(Reason.UNKNOWN_STEP)))
    return _items_of(found, result, reason)


def _write_items(kind: Kind, dialect: str, names: Iterable[str], rows: sa.Select[Any]) -> sa.Insert:
    statement = tables.insert(items, dialect)
    if kind is not Kind.PENDING:
        return statement.from_select(list(names), rows)
    changed = {name: statement.excluded[name] for name in names if name not in ITEM_KEY}
    return statement.from_select(list(names), rows).on_conflict_do_update(index_elements=ITEM_KEY, set_=changed)


_CHANGED = {"lock_version": executions.c.lock_version + 1, "updated_at": AT, "updated_by": _BY}


def _position(to: _Terms) -> Values:
    return {
        "version": sa.bindparam("to_version", type_=sa.Integer),
        "commit_id": sa.bindparam("to_commit", type_=sa.Text),
        "step": sa.func.coalesce(to.to_step, executions.c.step),
    }


def _condition(to: _Terms) -> Values:
    """Whether and for what it waits."""
    keeps = to.wake == word(Wake.KEEP)
    wake_at = sa.case(
        (keeps, sa.type_coerce(executions.c.wake_at, sa.BigInteger)),
        (to.wake == word(Wake.FROM_NOW), _AT_US + to.wake_us),
        (to.wake == word(Wake.FROM_ENTRY), sa.type_coerce(executions.c.entered_at, sa.BigInteger) + to.wake_us),
        (to.wake == word(Wake.MOMENT), to.wake_us),
        else_=None,
    )
    return {
        "status": to.to_status,
        "entered_at": sa.case((to.enters, _AT_US), else_=sa.type_coerce(executions.c.entered_at, sa.BigInteger)),
        "wake_at": wake_at,
        "waiting_for": sa.case((keeps, executions.c.waiting_for), else_=to.then_waiting_for),
    }


def _change(to: _Terms, *, changes_more: bool) -> Values:
    """The new values of executions that go on; as few as will do, because each costs."""
    return {**_position(to), **(_condition(to) if changes_more else {}), **_CHANGED}


def _end(to: _Terms) -> Values:
    """The new values of executions that end: where they stand and on the source."""
    return {**_condition(to), **_CHANGED, "ended_at": AT, "reason": to.end_reason}


class Shape(NamedTuple):
    """What the dispositions of a migration ask for beyond another version and step.

    Attributes:
        ends: whether some executions end.
        changes_more: whether the status, the entry or the wait of some that go on changes.
    """

    ends: bool
    changes_more: bool


def move(conn: sa.Connection, values: Values, kind: Kind, shape: Shape, *, skip_locked: bool) -> Found:
    """Move the executions of a range.

    Args:
        conn: a writing transaction.
        values: what the parameters of the statements stand for.
        kind: ALL or PENDING.
        shape: what there is to be changed.
        skip_locked: whether executions that others have locked are noted as failed, instead of being waited for.
    """
    if conn.dialect.name == "sqlite":
        return _move_by_steps(conn, values, kind, shape)
    found = Found(*conn.execute(_move_at_once(kind, shape, skip_locked=skip_locked), values).one())
    return _note_locked(conn, values, kind, found) if skip_locked else found


@cache
def _move_at_once(kind: Kind, shape: Shape, *, skip_locked: bool) -> sa.Executable:
    """All of it in one statement, for PostgreSQL.

    The rows are locked before anything is read of them that is written to the items: of a row that somebody changed meanwhile, it
    is the new one that is moved and noted. The dispositions are only looked up then, because the lock may bring another step.

    They are joined fully, though those nobody stands at are of no use, because that is never done by going through all of them
    for each execution, as PostgreSQL would do else whenever it has no statistics of what has just been written.
    """
    taken, locked = _lock(kind, skip_locked=skip_locked)
    terms = sa.select(*_LABELLED, steps.c.step.label("at_step"), steps.c.status.label("in_status")).where(OF_STEPS).subquery()
    same = sa.and_(terms.c.at_step == locked.c.step, text(terms.c.in_status) == text(locked.c.status))
    joined = sa.select(*locked.c, *terms.c).select_from(locked.outerjoin(terms, same, full=True))
    found = joined.order_by(locked.c.id).cte("found")  # the joining may bring them into any order
    is_found = found.c.id.is_not(None)
    to = _Terms(*(found.c[name] for name in _Terms._fields))
    values, moves = _items_looked_at(dict(found.c)), to.verdict == word(Verdict.MOVE)
    noted = _write_items(kind, "postgresql", values, sa.select(*values.values()).where(is_found))
    changing = sa.update(executions).where(executions.c.account == ACCOUNT, executions.c.id == found.c.id, moves)
    change = _change(to, changes_more=shape.changes_more)
    columns: list[sa.ColumnElement[Any]] = [
        *(sa.select(count).select_from(taken).scalar_subquery() for count in (sa.func.count(), sa.func.max(taken.c.id))),
        sa.func.count().filter(moves),
        sa.func.count().filter(to.verdict.is_distinct_from(word(Verdict.MOVE))),
        sa.literal_column("0"),
        sa.func.count().filter(sa.or_(to.verdict.is_(None), is_any(to.verdict, LEFT))),
    ]
    counts = sa.select(*columns).where(is_found).add_cte(noted.cte("noted"))
    if not shape.ends:
        return counts.add_cte(changing.values(change).cte("moved"))
    ends = is_any(to.to_status, _ENDED)
    moved, ended = changing.where(sa.not_(ends)).values(change), changing.where(ends).values(_end(to))
    return counts.add_cte(moved.cte("moved"), ended.cte("ended"))


def _lock(kind: Kind, *, skip_locked: bool) -> tuple[sa.CTE, sa.CTE]:
    """The executions a pass looks for, by `id`, and those of them that are found and locked."""
    if kind is Kind.ALL:
        locked = _candidates(kind, *_LOOKED_AT).with_for_update(skip_locked=skip_locked).cte("locked")
        return locked, locked
    pending = sa.select(items.c.execution.label("id")).where(OF_ITEMS, IS_PENDING, in_stripe(items.c.execution))
    taken = pending.order_by(items.c.execution).limit(AT_MOST).cte("taken")
    found = sa.select(*_LOOKED_AT).where(executions.c.id == taken.c.id, LIVE_ON_SOURCE)
    live = found.with_for_update(skip_locked=skip_locked).lateral("live")
    return taken, sa.select(*live.c).select_from(taken.join(live, sa.true())).cte("locked")


def _move_by_steps(conn: sa.Connection, values: Values, kind: Kind, shape: Shape) -> Found:
    """The same in several statements, for SQLite, where nobody else writes meanwhile."""
    taken = conn.execute(_look_at(kind), values, execution_options=COUNTED).rowcount
    moved = conn.execute(_move_noted(shape), values).rowcount
    if shape.ends:
        moved += conn.execute(_END_NOTED, values).rowcount
    last, left = conn.execute(_LAST_NOTED, values).scalar(), 0
    if moved < taken:
        left = conn.execute(_COUNT_LEFT, values).scalar_one()
    return Found(taken, last, moved=moved, skipped=taken - moved, left=left)


@cache
def _look_at(kind: Kind) -> sa.Executable:
    # Without a subquery, which SQLite would put together row by row before reading it.
    values = _items_looked_at({column.name: column for column in _LOOKED_AT} | _TERMS._asdict())
    return _write_items(kind, "sqlite", values, _candidates(kind, *values.values(), with_terms=True))


_NOTED = sa.and_(OF_ITEMS, in_range(items.c.execution), items.c.batch == NUMBER)
_LAST_NOTED = sa.select(sa.func.max(items.c.execution)).where(_NOTED)
_COUNT_LEFT = sa.select(sa.func.count()).select_from(items).where(_NOTED, IS_LEFT)
_CHANGE_NOTED = sa.update(executions).where(executions.c.account == ACCOUNT, executions.c.id == items.c.execution, _NOTED, IS_MOVED)
_STEP_NOTED = _of_step(items.c.from_step, items.c.from_status)
_END_NOTED = _CHANGE_NOTED.where(_STEP_NOTED, ENDS).values(_end(_TERMS))


@cache
def _move_noted(shape: Shape) -> sa.Executable:
    changes = _change(_TERMS._replace(to_step=items.c.to_step), changes_more=shape.changes_more)
    if not shape.ends and not shape.changes_more:
        return _CHANGE_NOTED.values(changes)
    # A change of `ended_at` is left to a statement of its own: to SQLite the mere mention costs writing two indexes for every row.
    return _CHANGE_NOTED.where(_STEP_NOTED, sa.not_(ENDS)).values(changes)


# Executions that were not found

# Not EXISTS, which PostgreSQL takes for a join, and might go through all items for each execution: see `_move_at_once`.
HAS_NO_ITEM = sa.select(items.c.execution).where(OF_ITEMS, items.c.execution == executions.c.id).scalar_subquery().is_(None)


@cache
def _write_locked(kind: Kind) -> sa.Executable:
    """Those of the range that are still to be moved after all that are not locked were."""
    looked_at = {column.name: column for column in _LOOKED_AT} | {"to_step": sa.null()}
    values = _items_of(looked_at, word(ItemResult.FAILED), word(Reason.LOCKED))
    rows = _candidates(kind, *values.values()).limit(None)
    return _write_items(kind, "postgresql", values, rows.where(HAS_NO_ITEM) if kind is Kind.ALL else rows)


def _note_locked(conn: sa.Connection, values: Values, kind: Kind, found: Found) -> Found:
    up_to = found.last if found.taken == values["at_most"] else values["up_to"]
    failed = conn.execute(_write_locked(kind), {**values, "up_to": up_to}, execution_options=COUNTED).rowcount
    return found._replace(failed=failed, left=found.left + failed)


_ENDED_MEANWHILE = (
    sa.select(executions.c.id, executions.c.step)
    .where(
        ON_SOURCE,
        in_range(executions.c.id),
        executions.c.ended_at >= sa.bindparam("since_time", type_=tables.UtcTime),
        HAS_NO_ITEM,
    )
    .order_by(executions.c.ended_at.desc())
    .limit(sa.bindparam("missing", type_=sa.Integer))
    .subquery()
)
_NOTE_ENDED = sa.insert(items).from_select(
    ["account", "migration", "execution", "batch", "result", "reason", "from_step"],
    sa.select(
        *(ACCOUNT, MIGRATION, _ENDED_MEANWHILE.c.id, NUMBER, word(ItemResult.SKIPPED), word(Reason.ENDED)),
        _ENDED_MEANWHILE.c.step,
    ),
)
_NOTE_GONE = (
    sa.update(items)
    .where(
        *(OF_ITEMS, in_range(items.c.execution), IS_PENDING),
        *(executions.c.account == ACCOUNT, executions.c.id == items.c.execution),
    )
    .values(
        result=word(ItemResult.SKIPPED),
        reason=sa.case((tables.LIVE, word(Reason.ELSEWHERE)), else_=word(Reason.ENDED)),
        batch=NUMBER,
        from_step=executions.c.step,
    )
)


def note_ended(conn: sa.Connection, values: Values, missing: int) -> int:
    """Note so many executions of a range that ended on the source since the migration was made, those that did last.

    Returns:
        How many there are.
    """
    return conn.execute(_NOTE_ENDED, {**values, "missing": missing}, execution_options=COUNTED).rowcount


def note_gone(conn: sa.Connection, values: Values) -> int:
    """Note the executions of a range that are pending and have not been found on the source.

    Returns:
        How many there are.
    """
    return conn.execute(_NOTE_GONE, values).rowcount
