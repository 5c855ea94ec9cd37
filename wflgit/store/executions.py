"""Executions: starting, reading, moving and counting them. Which move is allowed is `core.lifecycle`'s business."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple, TypedDict, Unpack

import sqlalchemy as sa

from wflgit.core.lifecycle import LIVE
from wflgit.core.records import Execution, ExecutionStatus, StepCount
from wflgit.store import tables
from wflgit.store.tables import executions, migrations

_BATCH = 10_000


class Start(TypedDict):
    """What executions that are started together have in common."""

    workflow: str
    version: int
    commit: str
    step: str
    context: Mapping[str, Any]
    at: datetime
    by: str


# Starting

_ONE_LIVE = ["account", "workflow", "contact"]
_SHARED = (
    *("account", "workflow", "version", "commit_id", "step", "status", "lock_version", "context"),
    *("started_at", "started_by", "updated_at", "updated_by", "entered_at"),
)


@cache
def _insert(dialect: str) -> sa.Executable:
    statement = tables.insert(executions, dialect)
    return statement.on_conflict_do_nothing(index_elements=_ONE_LIVE, index_where=tables.LIVE).returning(executions.c.id)


@cache
def _insert_many(dialect: str) -> sa.Executable:
    """One statement for any number of contacts, which come as one JSON array.

    Sorted, so that two of them at once meet the same contacts in the same order and never wait for each other in a ring.
    """
    contact = tables.each("contacts", dialect)
    shared = [sa.bindparam(name, type_=executions.c[name].type) for name in _SHARED]
    rows = sa.select(*shared, contact).where(sa.true()).order_by(contact)  # SQLite takes ON CONFLICT for a join without WHERE
    statement = tables.insert(executions, dialect).from_select([*_SHARED, "contact"], rows)
    free = statement.on_conflict_do_nothing(index_elements=_ONE_LIVE, index_where=tables.LIVE)
    return free.returning(executions.c.contact)


def insert(conn: sa.Connection, account: str, *, contact: str, **start: Unpack[Start]) -> int | None:
    """Start the execution of one contact; it is active.

    Args:
        conn: a writing transaction.
        account: the tenant.
        contact: who runs through the workflow.
        start: version, step, context, time and actor.

    Returns:
        The execution's id; None if the contact has a live execution of this workflow already.
    """
    values = {**_to_values(account, start), "contact": contact}
    found: int | None = conn.execute(_insert(conn.dialect.name), values).scalar()
    return found


def insert_many(conn: sa.Connection, account: str, *, contacts: Iterable[str], **start: Unpack[Start]) -> tuple[int, list[str]]:
    """Start the executions of many contacts, 10,000 a statement; they are active.

    Args:
        conn: a writing transaction.
        account: the tenant.
        contacts: who runs through the workflow; each once, whatever is given.
        start: version, step, context, time and actor of all of them.

    Returns:
        How many were started, and the contacts that have a live execution of this workflow already, in the order given.
    """
    statement, shared = _insert_many(conn.dialect.name), _to_values(account, start)
    started, existing = 0, []
    rest = iter(dict.fromkeys(contacts))
    while batch := list(islice(rest, _BATCH)):
        new = set(conn.execute(statement, {**shared, "contacts": json.dumps(batch)}).scalars())
        started += len(new)
        existing += [contact for contact in batch if contact not in new]
    return started, existing


def _to_values(account: str, start: Start) -> dict[str, Any]:
    at, by = start["at"], start["by"]
    return {
        "account": account,
        "workflow": start["workflow"],
        "version": start["version"],
        "commit_id": start["commit"],
        "step": start["step"],
        "status": ExecutionStatus.ACTIVE,
        "lock_version": 0,
        "context": start["context"],
        "started_at": at,
        "started_by": by,
        "updated_at": at,
        "updated_by": by,
        "entered_at": at,
    }


# Reading and moving

_ACCOUNT = sa.bindparam("for_account", type_=sa.Text)
_ID = sa.bindparam("for_id", type_=executions.c.id.type)
_COLUMNS = (
    executions.c.id,
    executions.c.workflow,
    executions.c.version,
    executions.c.commit_id,
    executions.c.contact,
    executions.c.step,
    executions.c.status,
    executions.c.lock_version,
    executions.c.context,
    executions.c.started_at,
    executions.c.started_by,
    executions.c.updated_at,
    executions.c.updated_by,
    executions.c.entered_at,
    executions.c.ended_at,
    executions.c.wake_at,
    executions.c.waiting_for,
    executions.c.reason,
)
_ALL = sa.select(*_COLUMNS).where(executions.c.account == _ACCOUNT)
_GET = _ALL.where(executions.c.id == _ID)
_IS_TAKEN_ALONG = sa.exists().where(
    *(migrations.c.account == executions.c.account, migrations.c.workflow == executions.c.workflow),
    *(migrations.c.source == executions.c.version, migrations.c.ended_at.is_(None), migrations.c.at_advance),
)
_GET_TO_ADVANCE = _GET.add_columns(_IS_TAKEN_ALONG)
_FIND_LIVE = _ALL.where(
    executions.c.workflow == sa.bindparam("of_workflow"), executions.c.contact == sa.bindparam("of_contact"), tables.LIVE
)
_CHANGE = (
    sa.update(executions)
    .where(executions.c.account == _ACCOUNT, executions.c.id == _ID, executions.c.lock_version == sa.bindparam("expected"))
    .values(lock_version=executions.c.lock_version + 1)
)


def get(conn: sa.Connection, account: str, id: int) -> Execution | None:  # noqa: A002
    """Read one execution; None if the account has none of that id."""
    return next(iter(_read(conn, _GET, account, for_id=id)), None)


def get_to_advance(conn: sa.Connection, account: str, id: int) -> tuple[Execution, bool] | None:  # noqa: A002
    """Read one execution, and whether some migration takes those on its version along when they advance, or may."""
    row: Sequence[Any] | None = conn.execute(_GET_TO_ADVANCE, {"for_account": account, "for_id": id}).one_or_none()
    return None if row is None else (Execution(*row[:-1]), bool(row[-1]))


def find_live(conn: sa.Connection, account: str, workflow: str, contact: str) -> Execution | None:
    """Read the live execution of a contact in a workflow, of which there is one at most."""
    return next(iter(_read(conn, _FIND_LIVE, account, of_workflow=workflow, of_contact=contact)), None)


def list_executions(
    conn: sa.Connection,
    account: str,
    *,
    workflow: str | None = None,
    version: int | None = None,
    step: str | None = None,
    status: Collection[ExecutionStatus] = (),
    contact: str | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Execution]:
    """List executions by id, that is in the order they were started in.

    Args:
        conn: a transaction.
        account: the tenant.
        workflow: only those of this workflow.
        version: only those on this version.
        step: only those at this step.
        status: only those in one of these; empty for all.
        contact: only those of this contact.
        after: only those with a higher id; pass the last one's to read on.
        limit: this many at most; None for all.
    """
    wanted = {"workflow": workflow, "version": version, "step": step, "contact": contact}
    statement = _ALL.where(*(executions.c[name] == value for name, value in wanted.items() if value is not None))
    if status:
        statement = statement.where(executions.c.status.in_(status))
    if status and set(status) <= set(LIVE):
        statement = statement.where(tables.LIVE)  # says nothing new, but is what the index of live executions is found by
    statement = statement.where(executions.c.id > after).order_by(executions.c.id).limit(limit)
    return _read(conn, statement, account)


def _read(conn: sa.Connection, statement: sa.Executable, account: str, **values: Any) -> list[Execution]:
    rows: Iterable[Sequence[Any]] = conn.execute(statement, {"for_account": account, **values})
    return [Execution(*row) for row in rows]


def change(conn: sa.Connection, account: str, id: int, *, lock_version: int, **columns: Any) -> bool:  # noqa: A002
    """Change columns of an execution if nobody has changed it since it was read, and count its `lock_version` up.

    Args:
        conn: a writing transaction.
        account: the tenant.
        id: the execution.
        lock_version: what it was when the caller read the execution.
        columns: the new values by column.

    Returns:
        False if there is no such execution or somebody else was faster; nothing is changed then.
    """
    values = {"for_account": account, "for_id": id, "expected": lock_version, **columns}
    return conn.execute(_CHANGE, values).rowcount == 1


# Counting


class Pin(NamedTuple):
    """How many live executions are pinned to one version and commit and stand at one step of it."""

    workflow: str
    version: int
    commit: str
    step: str
    executions: int


def _count(status: ExecutionStatus) -> sa.ColumnElement[int]:
    return sa.func.count(sa.case((executions.c.status == status, 1)))


_COUNTS = (
    sa.select(
        executions.c.workflow,
        executions.c.version,
        executions.c.step,
        _count(ExecutionStatus.ACTIVE),
        _count(ExecutionStatus.WAITING),
    )
    .where(executions.c.account == _ACCOUNT, tables.LIVE)
    .group_by(executions.c.workflow, executions.c.version, executions.c.step)
    .order_by(executions.c.workflow, executions.c.version, executions.c.step)
)
_LIVE_BY_VERSION = (
    sa.select(executions.c.workflow, executions.c.version, sa.func.count())
    .where(executions.c.account == _ACCOUNT, tables.LIVE)
    .group_by(executions.c.workflow, executions.c.version)
)
_LAST_ACTIVITY = (
    sa.select(executions.c.workflow, executions.c.version, sa.func.max(executions.c.updated_at))
    .where(executions.c.account == _ACCOUNT)
    .group_by(executions.c.workflow, executions.c.version)
)
_PINNED = sa.and_(
    executions.c.account == _ACCOUNT,
    executions.c.workflow == sa.bindparam("of_workflow", type_=sa.Text),
    executions.c.version == sa.bindparam("of_version", type_=sa.Integer),
    tables.LIVE,
)
_STEP_COUNTS = (
    sa.select(executions.c.step, executions.c.status, sa.func.count())
    .where(_PINNED, executions.c.commit_id == sa.bindparam("of_commit", type_=sa.Text))
    .group_by(executions.c.step, executions.c.status)
)
_EXAMPLES = (
    sa.select(executions.c.id)
    .where(_PINNED, executions.c.step == sa.bindparam("of_step"), executions.c.status == sa.bindparam("of_status"))
    .order_by(executions.c.id)
    .limit(sa.bindparam("at_most", type_=sa.Integer))
)
_PINS = (
    sa.select(executions.c.workflow, executions.c.version, executions.c.commit_id, executions.c.step, sa.func.count())
    .where(executions.c.account == _ACCOUNT, tables.LIVE)
    .group_by(executions.c.workflow, executions.c.version, executions.c.commit_id, executions.c.step)
    .order_by(executions.c.workflow, executions.c.version, executions.c.commit_id, executions.c.step)
)


def counts(conn: sa.Connection, account: str, workflow: str | None = None) -> list[StepCount]:
    """Count live executions by workflow, version and step, in that order; steps without any are left out."""
    return [StepCount(*row) for row in conn.execute(_of(_COUNTS, workflow), {"for_account": account})]


def has_any(conn: sa.Connection, account: str) -> bool:
    """Whether the account ever had an execution that is still on record, live or not."""
    return bool(list_executions(conn, account, limit=1))


def live_by_version(conn: sa.Connection, account: str, workflow: str | None = None) -> dict[tuple[str, int], int]:
    """Count live executions by workflow and version; versions without any are left out."""
    found = conn.execute(_of(_LIVE_BY_VERSION, workflow), {"for_account": account})
    return {(slug, version): number for slug, version, number in found}


def last_activity(conn: sa.Connection, account: str, workflow: str | None = None) -> dict[tuple[str, int], datetime]:
    """When an execution on a version last did anything, live or not, by workflow and version.

    Reads all executions of the account, as no index has their versions: for what is done once a day.
    """
    found = conn.execute(_of(_LAST_ACTIVITY, workflow), {"for_account": account})
    return {(slug, version): at for slug, version, at in found}


def step_counts(
    conn: sa.Connection, account: str, workflow: str, version: int, commit: str
) -> dict[tuple[str, ExecutionStatus], int]:
    """Count the live executions pinned to a version and commit by step and status; those without any are left out."""
    values = {"for_account": account, "of_workflow": workflow, "of_version": version, "of_commit": commit}
    return {(step, status): number for step, status, number in conn.execute(_STEP_COUNTS, values)}


def examples(
    conn: sa.Connection, account: str, workflow: str, version: int, step: str, status: ExecutionStatus, limit: int
) -> tuple[int, ...]:
    """List the ids of some live executions at a step of a version, ascending: the lowest ones."""
    values = {"for_account": account, "of_workflow": workflow, "of_version": version, "of_step": step, "of_status": status}
    return tuple(conn.execute(_EXAMPLES, {**values, "at_most": limit}).scalars())


def live_pins(conn: sa.Connection, account: str) -> list[Pin]:
    """List what live executions are pinned to and stand at, by workflow, version, commit and step."""
    return [Pin(*row) for row in conn.execute(_PINS, {"for_account": account})]


def _of(statement: sa.Select[Any], workflow: str | None) -> sa.Select[Any]:
    return statement if workflow is None else statement.where(executions.c.workflow == workflow)
