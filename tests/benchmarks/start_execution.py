"""Starting an execution, beside one insert into the same table by SQLAlchemy Core and by the driver alone."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import AUTHOR, History, slug
from tests.postgres import new_database, running_server
from wflgit.core.records import ExecutionStatus
from wflgit.store import tables, upgrade
from wflgit.store.engine import connect_store

TITLE = "Start an execution"
_CALLS = 20
_ROUNDS = 200
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")

Act = Callable[[], object]


def measure(bench: Bench) -> Iterator[Row]:
    """Measure on the embedded SQLite store, then on PostgreSQL; the floors write to tables of their own beside it."""
    place = History(bench.size(1_000), bench.size(2_000), tagged=bench.size(1_000)).write(bench.folder / "start")
    engine = _sqlite_engine(bench.folder / "core.db")
    tables.metadata.create_all(engine)
    yield from _race(bench, "SQLite", _through_the_api(place, None), _by_core(engine), _by_sqlite3(bench.folder), goal=2)
    with running_server() as server, new_database(server) as url:
        _make_tables(url)
        engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
        with psycopg.connect(url) as connection:
            yield from _race(bench, "PostgreSQL", _through_the_api(place, url), _by_core(engine), _by_psycopg(connection))
        engine.dispose()


def _race(bench: Bench, database: str, ours: Act, core: Act, driver: Act, *, goal: float | None = None) -> Iterator[Row]:
    taken, by_core, by_driver = race(
        Contestant("wflgit", ours, calls=_CALLS),
        Contestant("SQLAlchemy Core insert and commit", core, calls=_CALLS),
        Contestant("the driver alone", driver, calls=_CALLS),
        rounds=bench.rounds(_ROUNDS),
        warm_up=5,
    )
    yield Row(f"start an execution, warm, {database}", taken, by_core, goal=goal)
    yield Row(f"start an execution, warm, {database}", taken, by_driver)


def _through_the_api(place: Path, store: str | None) -> Act:
    repo, numbers = wflgit.open(place, actor=AUTHOR, store=store), count()
    repo.sync()
    time.sleep(0.1)  # a moment ago the sync wrote tags, and a change of them is only noticed for certain after some milliseconds
    return lambda: repo.executions.start(slug(3), f"contact-{next(numbers)}")


def _make_tables(url: str) -> None:
    store = connect_store(url, Path())
    upgrade.upgrade(store)
    store.close()


def _by_core(engine: sa.Engine) -> Act:
    statement, numbers = sa.insert(tables.executions), count()

    def insert() -> None:
        with engine.begin() as connection:
            connection.execute(statement, _values(next(numbers)))

    return insert


def _sqlite_engine(file: Path) -> sa.Engine:
    """An engine with the settings of the embedded store."""
    engine = sa.create_engine(f"sqlite:///{file}")

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        _set_up(connection)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _set_up(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _by_sqlite3(folder: Path) -> Act:
    tables.metadata.create_all(_sqlite_engine(folder / "raw.db"))
    connection, numbers = sqlite3.connect(folder / "raw.db"), count()
    _set_up(connection)

    def insert() -> None:
        values = _plain(_values(next(numbers)))
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_insert(values, "?"), tuple(values.values()))
        connection.execute("COMMIT")

    return insert


def _by_psycopg(connection: psycopg.Connection) -> Act:
    numbers = count(1_000_000)

    def insert() -> None:
        values = _plain(_values(next(numbers)))
        connection.execute(_insert(values, "%s").encode(), tuple(values.values()))
        connection.commit()

    return insert


def _insert(values: dict[str, Any], mark: str) -> str:
    return f"INSERT INTO executions ({', '.join(values)}) VALUES ({', '.join([mark] * len(values))})"


def _values(number: int) -> dict[str, Any]:
    """A row as `start` writes it, of another account than the one that is measured."""
    now = datetime.now(UTC)
    return {
        "account": "floor",
        "workflow": slug(3),
        "version": 1,
        "commit_id": "0" * 40,
        "contact": f"contact-{number}",
        "step": "step_00",
        "status": ExecutionStatus.ACTIVE,
        "lock_version": 0,
        "context": {},
        "started_at": now,
        "started_by": AUTHOR.id,
        "updated_at": now,
        "updated_by": AUTHOR.id,
        "entered_at": now,
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """The row in the types of a driver."""
    kinds: dict[type, Callable[[Any], object]] = {datetime: tables.microseconds, dict: lambda _: "{}", ExecutionStatus: str}
    return {name: kinds.get(type(value), _same)(value) for name, value in values.items()}


def _same(value: object) -> object:
    return value
