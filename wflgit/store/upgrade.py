"""Which tables a side store has, and bringing them up to what this wflgit needs.

The revisions themselves are Alembic's, in `revisions/`; Alembic is only imported where there is something to upgrade.
Tables are upgraded, never executions: those migrate.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import sqlalchemy as sa

from wflgit.errors import StoreVersionError
from wflgit.store import tables

if TYPE_CHECKING:
    from wflgit.store.engine import Store

REVISIONS = ("0001", "0002", "0003", "0004")
"""Every revision this wflgit knows, oldest first."""

OUTDATED, HEAD = REVISIONS[:-1], REVISIONS[-1]
"""The revisions this wflgit can upgrade from, and the one it works with."""

_HAS_REVISION_TABLE = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'wflgit_revision'",
    "postgresql": "SELECT count(to_regclass('wflgit_revision'))",
}
_FORCED = sa.text(
    "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = to_regnamespace(current_schema())"
    " AND relname = ANY(:names)"
).bindparams(names=list(tables.GUARDED))
# Any constant will do that no other program locks in the same database: "wflgit" in ASCII.
_UPGRADE_LOCK = 0x77666C676974


def read_revision(connection: sa.Connection) -> str | None:
    """Read the revision of the tables; None where there are none yet. Cheap: runs at every opening."""
    if not connection.exec_driver_sql(_HAS_REVISION_TABLE[connection.dialect.name]).scalar():
        return None
    return connection.execute(sa.select(tables.revision.c.version_num)).scalar()


def check_revision(revision: str | None, url: str) -> None:
    """See that this wflgit can work with the tables.

    Raises:
        StoreVersionError: where there are none, or they are older or newer, with what to do.
    """
    if revision == HEAD:
        return
    if revision is None:
        raise StoreVersionError(f"the side store '{url}' has no tables yet", hint="make them with `wflgit store upgrade`")
    if revision not in REVISIONS:
        raise StoreVersionError(
            f"expected tables of revision '{HEAD}' at most but the side store '{url}' has '{revision}', made by a newer wflgit",
            hint="upgrade wflgit: pip install --upgrade wflgit",
        )
    raise StoreVersionError(
        f"expected tables of revision '{HEAD}' but the side store '{url}' has '{revision}', made by an older wflgit",
        hint="upgrade them with `wflgit store upgrade`",
    )


def upgrade(store: Store) -> tuple[str | None, str]:
    """Make or upgrade the tables of a side store, all or nothing; several processes at once wait for each other.

    Returns:
        The revision before (None if there were no tables) and after.

    Raises:
        StoreVersionError: if the tables are of a newer wflgit.
    """
    with store.write() as connection:
        _lock(connection)
        before = read_revision(connection)
        if before not in (None, *REVISIONS):
            check_revision(before, store.url)
        if before != HEAD:
            with unguarded(connection):
                _run_revisions(connection)
    return before, HEAD


def create(store: Store) -> None:
    """Make the tables of an empty side store at once, without going through the revisions.

    Does nothing if another process was faster.
    """
    with store.write() as connection:
        _lock(connection)
        if read_revision(connection) is None:
            tables.metadata.create_all(connection, checkfirst=False)
            connection.execute(sa.insert(tables.revision), {"version_num": HEAD})


def _lock(connection: sa.Connection) -> None:
    """Let one process at a time look at the tables and change them; on SQLite every writing transaction does."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADE_LOCK)))


@contextmanager
def unguarded(connection: sa.Connection) -> Iterator[None]:
    """Let the owner of the tables see the rows of all accounts for a while; nobody else does, and it is over with the transaction.

    On PostgreSQL the tables are kept from everybody else meanwhile. On SQLite there is no guard.
    """
    if connection.dialect.name == "postgresql":
        for name in connection.execute(_FORCED).scalars().all():
            connection.exec_driver_sql(f"ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY")
    yield
    if connection.dialect.name == "postgresql":
        for name in tables.GUARDED:
            connection.exec_driver_sql(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")


def _run_revisions(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "wflgit.store:revisions")
    command.upgrade(config, HEAD)
