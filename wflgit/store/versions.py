"""The version cache: which versions history holds, which are published, and which file is which workflow.

All of it can be dropped and read from Git again with the same result; only `SyncState.audited_tip` stays.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from wflgit.store.tables import OFF_TRUNK, each, insert, microseconds, sync_state, versions, workflow_files


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far the cache has followed history.

    Attributes:
        trunk: the branch it follows.
        layout: digest of the settings it was numbered by.
        tip: the last trunk commit in it; None if nothing is.
        audited_tip: the last trunk commit whose versions have their audit entries; survives `clear`.
    """

    trunk: str
    layout: str
    tip: str | None
    audited_tip: str | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A workflow file on the trunk.

    `name` is the display name in its content, `""` where the content has none, None where nobody has looked yet.
    """

    path: str
    workflow: str
    blob: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as history and tags say it.

    `blob` is None where the commit deleted the file. `tag` is the tag object that publishes it; if `archived`, it stands in the
    archive. `semver` is the number that the tag's message gives it; None if it gives none.
    """

    workflow: str
    number: int
    path: str
    commit: str
    blob: str | None
    author_name: str
    author_email: str
    created_at: datetime
    summary: str
    on_trunk: bool = True
    tag: str | None = None
    published_at: datetime | None = None
    published_by_name: str | None = None
    published_by_email: str | None = None
    archived: bool = False
    semver: str | None = None


_ACCOUNT = sa.bindparam("for_account", type_=sa.Text)


# How far it is

_STATE = sa.select(sync_state.c.trunk, sync_state.c.layout, sync_state.c.tip, sync_state.c.audited_tip).where(
    sync_state.c.account == _ACCOUNT
)
_LOCK_STATE = _STATE.with_for_update()


@cache
def _claim_state(dialect: str) -> sa.Executable:
    return insert(sync_state, dialect).on_conflict_do_nothing(index_elements=["account"])


@cache
def _save_state(dialect: str) -> sa.Executable:
    statement = insert(sync_state, dialect)
    changed = {name: statement.excluded[name] for name in ("trunk", "layout", "tip", "audited_tip")}
    return statement.on_conflict_do_update(index_elements=["account"], set_=changed)


def read_state(conn: sa.Connection, account: str) -> SyncState | None:
    """Read the state of an account's cache; None if nothing was ever saved."""
    return _to_state(conn.execute(_STATE, {"for_account": account}).one_or_none())


def lock_state(conn: sa.Connection, account: str) -> SyncState | None:
    """Read the state of an account's cache and keep others from changing the cache until the transaction ends.

    Returns:
        None if nothing was ever saved; the account is locked all the same.
    """
    row: Sequence[Any] | None = conn.execute(_LOCK_STATE, {"for_account": account}).one_or_none()
    if row is None and conn.dialect.name == "postgresql":
        # No row, nothing to lock: whoever inserts it first holds it, the others wait here for the outcome.
        conn.execute(_claim_state("postgresql"), {"account": account})
        row = conn.execute(_LOCK_STATE, {"for_account": account}).one()
    return _to_state(row)


def _to_state(row: Sequence[Any] | None) -> SyncState | None:
    """A row without a trunk was only made to be locked."""
    return None if row is None or row[0] is None else SyncState(*row)


def save_state(conn: sa.Connection, account: str, state: SyncState) -> None:
    """Write the state of an account's cache; call `lock_state` first in the same transaction."""
    values = {"trunk": state.trunk, "layout": state.layout, "tip": state.tip, "audited_tip": state.audited_tip}
    conn.execute(_save_state(conn.dialect.name), {"account": account, **values})


def clear(conn: sa.Connection, account: str) -> None:
    """Drop all versions and files of an account and forget the tip; what was audited stays known."""
    conn.execute(sa.delete(versions).where(versions.c.account == account))
    conn.execute(sa.delete(workflow_files).where(workflow_files.c.account == account))
    conn.execute(sa.update(sync_state).where(sync_state.c.account == account).values(tip=None))


# Files

_FILES = (
    sa.select(workflow_files.c.path, workflow_files.c.workflow, workflow_files.c.blob, workflow_files.c.name)
    .where(workflow_files.c.account == _ACCOUNT)
    .order_by(workflow_files.c.path)
)
_UNNAMED_FILES = _FILES.where(workflow_files.c.name.is_(None))
_FILES_OF_NAME = _FILES.where(workflow_files.c.name_key == sa.bindparam("of_key"))
_SET_NAME = (
    sa.update(workflow_files)
    .where(
        workflow_files.c.account == _ACCOUNT,
        workflow_files.c.path == sa.bindparam("at_path"),
        workflow_files.c.blob == sa.bindparam("of_blob"),
    )
    .values(name=sa.bindparam("new_name"), name_key=sa.bindparam("new_key"))
)
_REMOVE_FILE = sa.delete(workflow_files).where(
    workflow_files.c.account == _ACCOUNT, workflow_files.c.path == sa.bindparam("at_path")
)


@cache
def _files_of(dialect: str) -> sa.Executable:
    return _FILES.where(workflow_files.c.workflow.in_(sa.select(each("workflows", dialect))))


@cache
def _put_file(dialect: str) -> sa.Executable:
    statement = insert(workflow_files, dialect)
    new = statement.excluded
    same_blob = workflow_files.c.blob == new.blob
    return statement.on_conflict_do_update(
        index_elements=["account", "path"],
        set_={
            "workflow": new.workflow,
            "blob": new.blob,
            "name": sa.func.coalesce(new.name, sa.case((same_blob, workflow_files.c.name))),
            "name_key": sa.func.coalesce(new.name_key, sa.case((same_blob, workflow_files.c.name_key))),
        },
    )


def name_key(name: str) -> str:
    """What two names have in common that count as one: no outer spaces, no difference of case.

    >>> name_key("  Welcome ")
    'welcome'
    """
    return name.strip().casefold()


def list_files(conn: sa.Connection, account: str, workflows: Collection[str] | None = None) -> list[FileRow]:
    """List the workflow files of an account, or of some workflows of it, by path."""
    if workflows is None:
        return _read_files(conn, _FILES, account)
    return _read_files(conn, _files_of(conn.dialect.name), account, workflows=json.dumps(sorted(workflows)))


def unnamed_files(conn: sa.Connection, account: str) -> list[FileRow]:
    """List the files whose name nobody has looked up since their content changed, by path."""
    return _read_files(conn, _UNNAMED_FILES, account)


def find_by_name(conn: sa.Connection, account: str, name: str) -> list[FileRow]:
    """List the files whose name counts as the same (see `name_key`), by path; an empty name is nobody's."""
    key = name_key(name)
    return _read_files(conn, _FILES_OF_NAME, account, of_key=key) if key else []


def _read_files(conn: sa.Connection, statement: sa.Executable, account: str, **values: Any) -> list[FileRow]:
    rows: Iterable[Sequence[Any]] = conn.execute(statement, {"for_account": account, **values})
    return [FileRow(*row) for row in rows]


def put_files(conn: sa.Connection, account: str, rows: Iterable[FileRow]) -> None:
    """Write files by path. A name of None keeps the one that is there if the blob is the same, and forgets it if not."""
    values = [
        {
            "account": account,
            "path": row.path,
            "workflow": row.workflow,
            "blob": row.blob,
            "name": row.name,
            "name_key": None if row.name is None else name_key(row.name),
        }
        for row in sorted(rows, key=lambda row: row.path)
    ]
    if values:
        conn.execute(_put_file(conn.dialect.name), values)


def set_names(conn: sa.Connection, account: str, names: Mapping[str, tuple[str, str]]) -> None:
    """Note the names found in files.

    Args:
        conn: a writing transaction.
        account: the tenant.
        names: by path, the blob that was read and the name in it (`""` for none); a path that has another blob by now is
            left alone.
    """
    values = [
        {"for_account": account, "at_path": path, "of_blob": blob, "new_name": name, "new_key": name_key(name)}
        for path, (blob, name) in sorted(names.items())
    ]
    if values:
        conn.execute(_SET_NAME, values)


def remove_files(conn: sa.Connection, account: str, paths: Iterable[str]) -> None:
    """Forget files; a path that is not there is no error."""
    values = [{"for_account": account, "at_path": path} for path in sorted(paths)]
    if values:
        conn.execute(_REMOVE_FILE, values)


# Versions

_COLUMNS = (
    versions.c.workflow,
    versions.c.number,
    versions.c.path,
    versions.c.commit_id,
    versions.c.blob,
    versions.c.author_name,
    versions.c.author_email,
    versions.c.created_at,
    versions.c.summary,
    versions.c.on_trunk,
    versions.c.tag,
    versions.c.published_at,
    versions.c.published_by_name,
    versions.c.published_by_email,
    versions.c.archived,
    versions.c.semver,
)
_OF_WORKFLOW = versions.c.workflow == sa.bindparam("of_workflow", type_=sa.Text)
_OF_NUMBER = versions.c.number == sa.bindparam("of_number", type_=sa.Integer)
_ALL = sa.select(*_COLUMNS).where(versions.c.account == _ACCOUNT)
_LIST = _ALL.where(_OF_WORKFLOW).order_by(versions.c.number.desc())
_GET = _ALL.where(_OF_WORKFLOW, _OF_NUMBER)
_PUBLISHED = _ALL.where(versions.c.published_at.is_not(None)).order_by(versions.c.workflow, versions.c.number)
_PUBLISHED_OF = _PUBLISHED.where(_OF_WORKFLOW)
_NOT_ARCHIVED = sa.not_(versions.c.archived)
_OFF_TRUNK = _ALL.where(OFF_TRUNK).order_by(versions.c.workflow, versions.c.number)
_REMOVE = sa.delete(versions).where(versions.c.account == _ACCOUNT, _OF_WORKFLOW, _OF_NUMBER)

_HIGHEST = (
    sa.select(versions.c.workflow, sa.func.max(versions.c.number).label("number"))
    .where(versions.c.account == _ACCOUNT, versions.c.on_trunk)
    .group_by(versions.c.workflow)
    .subquery()
)
_LAST = _ALL.join(_HIGHEST, sa.and_(versions.c.workflow == _HIGHEST.c.workflow, versions.c.number == _HIGHEST.c.number))

_INSERT = f"INSERT INTO versions (account, {', '.join(column.name for column in _COLUMNS)}) VALUES"
_ADD = {"sqlite": f"{_INSERT} ({', '.join('?' * 17)})", "postgresql": f"{_INSERT} ({', '.join(['%s'] * 17)})"}


@cache
def _last_of(dialect: str) -> sa.Executable:
    """The last version of each workflow asked for, found by one step down the primary key and not by counting them all."""
    workflow, other = each("workflows", dialect), versions.alias()
    last = (
        sa.select(other.c.number)
        .where(other.c.account == _ACCOUNT, other.c.workflow == workflow, other.c.on_trunk)
        .order_by(other.c.number.desc())
        .limit(1)
        .scalar_subquery()
        .correlate(workflow.table)
    )
    found = sa.and_(versions.c.account == _ACCOUNT, versions.c.workflow == workflow, versions.c.number == last)
    # An outer join, because SQLite then starts with the workflows asked for; otherwise it reads all versions.
    return sa.select(*_COLUMNS).select_from(workflow.table.outerjoin(versions, found))


def add_versions(conn: sa.Connection, account: str, rows: Iterable[VersionRow]) -> None:
    """Add versions that are not there yet; any number at once."""
    # By the driver: SQLAlchemy's handling of parameters would double the time of a first reading of history.
    values = [_to_values(account, row) for row in sorted(rows, key=lambda row: (row.workflow, row.number))]
    if values:
        conn.exec_driver_sql(_ADD[conn.dialect.name], values)


def _to_values(account: str, row: VersionRow) -> tuple[Any, ...]:
    return (
        account,
        row.workflow,
        row.number,
        row.path,
        row.commit,
        row.blob,
        row.author_name,
        row.author_email,
        microseconds(row.created_at),
        row.summary,
        row.on_trunk,
        row.tag,
        None if row.published_at is None else microseconds(row.published_at),
        row.published_by_name,
        row.published_by_email,
        row.archived,
        row.semver,
    )


def remove_versions(conn: sa.Connection, account: str, workflow: str, numbers: Iterable[int]) -> None:
    """Forget versions of a workflow; a number that is not there is no error."""
    values = [{"for_account": account, "of_workflow": workflow, "of_number": number} for number in numbers]
    if values:
        conn.execute(_REMOVE, values)


def list_versions(conn: sa.Connection, account: str, workflow: str) -> list[VersionRow]:
    """List all versions of a workflow, the newest first."""
    return _read_versions(conn, _LIST, account, of_workflow=workflow)


def get_version(conn: sa.Connection, account: str, workflow: str, number: int) -> VersionRow | None:
    """Read one version; None if there is no such number."""
    return next(iter(_read_versions(conn, _GET, account, of_workflow=workflow, of_number=number)), None)


def last_versions(conn: sa.Connection, account: str, workflows: Collection[str] | None = None) -> dict[str, VersionRow]:
    """Read the highest version on the trunk of each workflow, or of some; a workflow without any is left out."""
    statement = _LAST if workflows is None else _last_of(conn.dialect.name)
    values = {} if workflows is None else {"workflows": json.dumps(sorted(workflows))}
    rows: Iterable[Sequence[Any]] = conn.execute(statement, {"for_account": account, **values})
    return {row[0]: VersionRow(*row) for row in rows if row[0] is not None}


def published(conn: sa.Connection, account: str, workflow: str | None = None, *, archived: bool = False) -> list[VersionRow]:
    """List the published versions of an account or of one workflow, by workflow and number; archived ones only where asked for."""
    statement = _PUBLISHED if workflow is None else _PUBLISHED_OF
    values = {} if workflow is None else {"of_workflow": workflow}
    return _read_versions(conn, statement if archived else statement.where(_NOT_ARCHIVED), account, **values)


def orphans(conn: sa.Connection, account: str) -> list[VersionRow]:
    """List the versions that are not on the trunk (any more), by workflow and number."""
    return _read_versions(conn, _OFF_TRUNK, account)


def _read_versions(conn: sa.Connection, statement: sa.Executable, account: str, **values: Any) -> list[VersionRow]:
    rows: Iterable[Sequence[Any]] = conn.execute(statement, {"for_account": account, **values})
    return [VersionRow(*row) for row in rows]
