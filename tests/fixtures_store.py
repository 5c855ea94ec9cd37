"""Side stores for tests, each test its own: `store_url` runs a test on SQLite and again on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import new_database, new_schema, running_server
from wflgit.store.engine import connect_store
from wflgit.store.tables import metadata
from wflgit.store.upgrade import HEAD, create

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL database of this process."""
    with running_server() as server, new_database(server) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied."""
    file = tmp_path_factory.mktemp("store") / "template.db"
    _make_tables(f"sqlite:///{file}")
    return file


def _make_tables(url: str) -> None:
    store = connect_store(url, Path())
    create(store)
    store.close()


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of a SQLite store without rows."""
    shutil.copy(sqlite_template, tmp_path / "side.db")
    return f"sqlite:///{tmp_path}/side.db"


@pytest.fixture(scope="session")
def postgresql_tables(postgresql: str) -> Iterator[str]:
    """The URL of a PostgreSQL store with all tables, which takes too long to make for each test."""
    with new_schema(postgresql) as url:
        _make_tables(url)
        yield url


@pytest.fixture
def postgresql_url(postgresql_tables: str) -> str:
    """The URL of a PostgreSQL store without rows."""
    with psycopg.connect(postgresql_tables) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")  # or the audit trail could not be emptied
        for table in metadata.tables:
            connection.execute(f"DELETE FROM {table}".encode())
        connection.execute("INSERT INTO wflgit_revision VALUES (%s)", [HEAD])
        connection.execute("SELECT setval(pg_get_serial_sequence('executions', 'id'), 1, false)")
    return postgresql_tables


@pytest.fixture(params=DIALECTS)
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of a store without rows, on each database in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url
