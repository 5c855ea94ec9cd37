"""What goes wrong in a database driver, in our words: the one place where foreign errors become `StoreError`s."""

from __future__ import annotations

import re
import sqlite3

import sqlalchemy as sa

from wflgit.errors import LockedError, StoreError, StoreReadOnlyError, WflgitError

LOCK_TIMEOUT_S = 30

_Fault = tuple[type[WflgitError], str, str]

_LOCKED: _Fault = (
    LockedError,
    "was kept locked by another process for more than {timeout} s",
    "try again; if it stays, look for a wflgit process that hangs",
)
_CLASH: _Fault = (LockedError, "was changed by somebody else at the same time", "try again")
_READ_ONLY: _Fault = (StoreReadOnlyError, "cannot be written", "get write permission for it, or use another one with --store URL")
_FULL: _Fault = (StoreError, "has no room left: the disk is full", "free some space and try again; what was committed is safe")

_SQLITE_FAULTS: dict[int, _Fault] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_NOTADB: (
        StoreError,
        "is no SQLite database",
        "move the file away; a new embedded store is made at the next command, without the executions of the old one",
    ),
    sqlite3.SQLITE_CORRUPT: (
        StoreError,
        "is damaged",
        "restore it from a backup, or save what is readable with sqlite3's `.recover`",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StoreError,
        "cannot be opened",
        "see that its folder exists, that it is a file, and that you may read both",
    ),
    sqlite3.SQLITE_IOERR: (StoreError, "cannot be read or written", "see whether the disk is there and sound"),
}
_POSTGRESQL_FAULTS: dict[str, _Fault] = {
    "55P03": _LOCKED,
    "40P01": _CLASH,
    "40001": _CLASH,
    "25006": _READ_ONLY,
    "53100": _FULL,
    "42501": (StoreError, "refuses it to this user", "have the rights granted, or use another user in the URL"),
    "42P01": (StoreError, "lacks a table", "restore the database from a backup, or point wflgit to another one with --store URL"),
}
_UNREACHABLE: _Fault = (
    StoreError,
    "cannot be reached",
    "see that the server runs and that host, database, user and password are right",
)
_VALUE: _Fault = (StoreError, "cannot keep a value", "use numbers below 2**63, valid Unicode and no NUL character")
_OTHER: _Fault = (StoreError, "refused the statement", "this should not happen; please report it with the whole text")


def translate(context: sa.engine.ExceptionContext, url: str) -> WflgitError | None:
    """Say a driver's error in our words; None for what is no fault of the database.

    Args:
        context: what SQLAlchemy's `handle_error` event tells.
        url: the store, without its password.
    """
    error = context.original_exception
    if context.is_pre_ping:
        return None
    if isinstance(error, OverflowError | UnicodeEncodeError) or isinstance(context.sqlalchemy_exception, sa.exc.DataError):
        kind, what, hint = _VALUE
    elif isinstance(context.sqlalchemy_exception, sa.exc.DBAPIError):
        kind, what, hint = _find_fault(error)
    else:
        return None
    return _say(kind, what, hint, url, error)


def of_driver(error: Exception, url: str) -> WflgitError:
    """Say an error in our words that a driver raised where SQLAlchemy does not look."""
    return _say(*_find_fault(error), url, error)


def _say(kind: type[WflgitError], what: str, hint: str, url: str, error: BaseException) -> WflgitError:
    return kind(f"the side store '{url}' {what.format(timeout=LOCK_TIMEOUT_S)}: {_one_line(error)}", hint=hint)


def _find_fault(error: BaseException) -> _Fault:
    if isinstance(error, sqlite3.Error):
        return _SQLITE_FAULTS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, _OTHER)
    state: str | None = getattr(error, "sqlstate", None)
    if state is None or state.startswith(("08", "28", "3D", "533", "57P")):
        return _UNREACHABLE
    return _POSTGRESQL_FAULTS.get(state, _OTHER)


def read_only(url: str) -> StoreReadOnlyError:
    """The error for a store that is known to be read-only before anything is tried."""
    _, what, hint = _READ_ONLY
    return StoreReadOnlyError(f"the side store '{url}' {what}", hint=hint)


def mask(url: str) -> str:
    """Hide user and password in a URL that cannot be parsed."""
    return re.sub(r"//.*@", "//***@", url)


def _one_line(error: BaseException) -> str:
    """What the driver says; of a PostgreSQL server's message the first part, not the statement and the stack."""
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    return " ".join(said.split()) or type(error).__name__
