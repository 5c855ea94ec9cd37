"""The connection to the side store: SQLite beside the repository, or PostgreSQL by URL.

Owns how connections are made and transactions begin; knows no table.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection as Connection  # what `read` and `write` give; others import it from here
from sqlalchemy.pool import NullPool, QueuePool

from wflgit.errors import StoreError, StoreReadOnlyError, WflgitError
from wflgit.store import faults, upgrade
from wflgit.store.tables import ACCOUNT_SETTING

_MINIMUM_SQLITE = (3, 38, 0)  # RETURNING came with 3.35, JSON functions in every build with 3.38
_PRAGMAS = ("synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")
_POSTGRESQL = ("postgres", "postgresql", "postgresql+psycopg")
_SQLITE = ("sqlite", "sqlite+pysqlite")
_DATA_VERSION = "wflgit_data_version"
_READING = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}
_WRITING = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}


class Store:
    """A side store: transactions on its database. Threads may share it; a process that forks opens its own.

    Attributes:
        dialect: "sqlite" or "postgresql".
        url: where it is, without the password.
        account: whose rows PostgreSQL shows and takes; None for nobody's, as for an upgrade.
        file: the SQLite file; None for PostgreSQL.
        read_only: True where the file can only be read; `write` then raises.
    """

    def __init__(
        self, engine: sa.Engine, url: str, *, account: str | None = None, file: Path | None = None, read_only: bool = False
    ) -> None:
        self.dialect = engine.dialect.name
        self.url = url
        self.account = account
        self.file = file
        self.read_only = read_only
        self._writer = engine
        self._reader = engine.execution_options(wflgit_begin=_READING[self.dialect])

    def read(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that sees one state of the store and changes nothing.

        Raises:
            LockedError: if another process keeps the whole database to itself for too long.
            StoreError: if the database cannot be reached or read.
        """
        return self._reader.begin()

    def write(self) -> AbstractContextManager[Connection]:
        """Begin a transaction that is committed when the block ends and rolled back when it raises.

        On SQLite there is one at a time, and the others wait; do not begin one inside another.

        Raises:
            LockedError: if another process's transaction does not end in time.
            StoreReadOnlyError: if the store may not be written.
            StoreError: if the database cannot be reached or written.
        """
        if self.read_only:
            raise faults.read_only(self.url)
        return self._writer.begin()

    def close(self) -> None:
        """Close all connections."""
        self._writer.dispose()


def others_wrote(conn: Connection) -> bool:
    """Whether some other connection has changed a SQLite database since this was last asked on the same connection.

    It tells a worker that it is not alone with the one write lock there is; on PostgreSQL writers do not wait for each other, and
    the answer is no.
    """
    if conn.dialect.name != "sqlite":
        return False
    before, now = conn.info.get(_DATA_VERSION), conn.exec_driver_sql("PRAGMA data_version").scalar()
    conn.info[_DATA_VERSION] = now
    return before not in (None, now)


def open_store(url: str | None, embedded: Path, *, account: str | None = None) -> Store:
    """Open the side store and see that its tables are those of this wflgit.

    Args:
        url: `postgresql://…` or `sqlite:///…`; its tables are never made or changed here.
        embedded: the SQLite file to use where there is no URL; it is made and upgraded as needed.
        account: whose rows; where PostgreSQL guards them, a store opened for nobody finds none.

    Raises:
        StoreVersionError: if the tables are missing, older or newer.
        StoreReadOnlyError: if the embedded store has to be made or upgraded and cannot be.
        StoreError: if there is no such database, or it is none of ours.
    """
    store = connect_store(url, embedded, account=account)
    try:
        _bring_in_order(store, may_change=url is None)
    except WflgitError:
        store.close()
        raise
    return store


def _bring_in_order(store: Store, *, may_change: bool) -> None:
    revision = _read_revision(store)
    if may_change and revision is None:
        upgrade.create(store)
    elif may_change and revision in upgrade.OUTDATED:
        upgrade.upgrade(store)
    else:
        upgrade.check_revision(revision, store.url)


def _read_revision(store: Store) -> str | None:
    if store.file is not None and not _exists(store.file):
        return None
    with store.read() as connection:
        return upgrade.read_revision(connection)


def connect_store(url: str | None, embedded: Path, *, account: str | None = None) -> Store:
    """Connect to the side store as `open_store` does, without looking at its tables: for `upgrade.upgrade`.

    Raises:
        StoreError: if the URL is none of a side store, or its database's driver is missing or too old.
        StoreReadOnlyError: if the folder of the embedded store cannot be made.
    """
    if url is None:
        _make_folder(embedded.parent)
        return _connect_sqlite(embedded, account)
    parsed = _parse_url(url)
    if parsed.drivername in _POSTGRESQL:
        return _connect_postgresql(parsed, account)
    return _connect_sqlite(Path(parsed.database or ""), account)


def _parse_url(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        parsed = None
    if parsed and parsed.drivername in _POSTGRESQL:
        return parsed
    if parsed and parsed.drivername in _SQLITE and parsed.database and not parsed.database.startswith((":memory:", "file:")):
        return parsed
    raise StoreError(
        f"expected the URL of a side store but got '{faults.mask(url)}'",
        hint="write postgresql://user@host/database or sqlite:////folder/file.db",
    )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreReadOnlyError(
            f"the folder '{folder}' of the side store cannot be made: {error.strerror}",
            hint="get write permission for it, or use another store with --store URL",
        ) from error


def _connect_sqlite(file: Path, account: str | None) -> Store:
    if sqlite3.sqlite_version_info < _MINIMUM_SQLITE:
        raise StoreError(
            f"expected SQLite {'.'.join(map(str, _MINIMUM_SQLITE))} or newer but Python has {sqlite3.sqlite_version}",
            hint="use a Python with a newer SQLite, or PostgreSQL with --store URL",
        )
    url, read_only = sa.URL.create("sqlite", database=str(file)), _is_read_only(file)
    if read_only and not _exists(file):
        raise faults.read_only(url.render_as_string())
    if read_only:
        # Each transaction connects anew: what a connection to an immutable file has read must not outlive a change of it.
        engine = sa.create_engine(url, creator=lambda: _connect_read_only(file), poolclass=NullPool)
    else:
        # Nothing to reset: every transaction of `Store` ends in a commit or a rollback.
        timeout = {"timeout": faults.LOCK_TIMEOUT_S}
        engine = sa.create_engine(url, connect_args=timeout, poolclass=QueuePool, max_overflow=-1, pool_reset_on_return=None)
    _set_up_sqlite(engine, read_only=read_only)
    return _to_store(engine, url, account, file=file, read_only=read_only)


def _is_read_only(file: Path) -> bool:
    """Say whether a SQLite file cannot be written or made; its write-ahead log needs the folder as well."""
    needed = [path for path in (file.parent, file) if _exists(path)]
    return not all(os.access(path, os.W_OK, effective_ids=True) for path in needed)


def _exists(path: Path) -> bool:
    """Say whether there is a file, as far as one may look; `Path.exists` raises where one may not."""
    return os.access(path, os.F_OK, effective_ids=True)


def _connect_read_only(file: Path) -> sqlite3.Connection:
    """Open a SQLite file for reading where nothing, not even an index of its write-ahead log, can be written.

    With a log somebody is writing, and SQLite reads along; without one nobody is, and the file stands by itself.
    """
    how = "mode=ro" if Path(f"{file}-wal").exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True, timeout=faults.LOCK_TIMEOUT_S, check_same_thread=False)


def _set_up_sqlite(engine: sa.Engine, *, read_only: bool) -> None:
    @sa.event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # no implicit BEGIN: it would be a deferred one, which fails under load
        if not read_only:
            _log_ahead(connection)
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("wflgit_begin", _WRITING["sqlite"]))


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Choose the write-ahead log. SQLite does not wait here for another process that is making the same new file."""
    deadline = monotonic() + faults.LOCK_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                raise
            sleep(0.005)
        else:
            return


def _connect_postgresql(url: sa.URL, account: str | None) -> Store:
    try:
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), max_overflow=-1, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"the side store '{url.render_as_string()}' needs the PostgreSQL driver '{error.name}', which is not installed",
            hint="pip install 'wflgit[postgres]'",
        ) from error
    _set_up_postgresql(engine, account, url.render_as_string(hide_password=True))
    return _to_store(engine, url, account)


def _set_up_postgresql(engine: sa.Engine, account: str | None, shown: str) -> None:
    """Begin transactions ourselves, and say in the same message to the server whose rows they are about.

    The driver would begin them in a message of its own, and the account would need another one.
    """
    from psycopg import Error, sql

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = '{faults.LOCK_TIMEOUT_S}s'")

    # LOCAL, so that nothing of it is left when the transaction ends and the connection goes to somebody else.
    whose = "" if account is None else f"; SET LOCAL {ACCOUNT_SETTING} = {sql.quote(account)}"

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        how = connection.get_execution_options().get("wflgit_begin", _WRITING["postgresql"])
        try:
            # What is prepared must be one statement; a driver's errors are not translated in an event.
            connection.connection.driver_connection.execute(how + whose, prepare=False)  # type: ignore[union-attr]
        except Error as error:
            raise faults.of_driver(error, shown) from error


def _to_store(engine: sa.Engine, url: sa.URL, account: str | None, *, file: Path | None = None, read_only: bool = False) -> Store:
    shown = url.render_as_string(hide_password=True)

    @sa.event.listens_for(engine, "handle_error")
    def translate(context: sa.engine.ExceptionContext) -> WflgitError | None:
        return faults.translate(context, shown)

    return Store(engine, shown, account=account, file=file, read_only=read_only)
