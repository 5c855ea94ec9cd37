"""Migrating executions over a mapping of 50 steps, beside a bare UPDATE and INSERT by the driver alone, in the same batches."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import psycopg

from tests.benchmarks.harness import Bench, Contestant, Row, Sense, race
from tests.postgres import new_database, new_schema, running_server
from wflgit.core.plan import Disposition, Verdict
from wflgit.core.records import ExecutionStatus, MigrationStatus, Strategy
from wflgit.store import executions, migration_batches, migrations, tables, upgrade
from wflgit.store.engine import Store, connect_store

TITLE = "Migrate executions"
_ACCOUNT, _WORKFLOW, _BY = "acme", "welcome", "maya@example.com"
_STEPS = 50
_ROUNDS = {10_000: 15, 1_000_000: 3}
_COUNTED = _CROWDED = 1_000_000
_ROWS = 2_000
_CONTEXT = '{"email": "someone@example.com", "plan": "pro", "tags": ["lead", "newsletter"], "score": 12, "city": "Berlin"}'


def measure(bench: Bench) -> Iterator[Row]:
    """Measure on SQLite, then on PostgreSQL; each contestant has executions of its own, and migrates them again and again."""
    numbers = count()
    yield from _race(bench, "SQLite", lambda: f"sqlite:///{bench.folder}/migrate-{next(numbers)}.db")
    with ExitStack() as stack:
        database = stack.enter_context(new_database(stack.enter_context(running_server())))
        yield from _race(bench, "PostgreSQL", lambda: stack.enter_context(new_schema(database)))
        yield from _race_workers(bench, stack.enter_context(new_schema(database)))


def _race(bench: Bench, database: str, new_url: Callable[[], str]) -> Iterator[Row]:
    for executions_, rounds in _ROUNDS.items():
        number = bench.size(executions_)
        ours, floor = _Place(new_url(), number), _Place(new_url(), number)
        taken, bare = race(
            Contestant("wflgit", lambda place=ours: _migrate(place), before=ours.tidy),  # type: ignore[misc]
            Contestant("UPDATE and INSERT by the driver alone", _bare(floor), before=floor.tidy),
            rounds=bench.rounds(rounds),
        )
        rate = number / taken.median
        yield Row(f"migrate {number:,} executions, with undo rows, {database} ({rate:,.0f} executions/s)", taken, bare, goal=2)
        if executions_ == _COUNTED:
            yield _race_counts(bench, database, ours)
        ours.close()
        floor.close()


def _race_counts(bench: Bench, database: str, place: _Place) -> Row:
    """What a plan needs to know of the executions."""
    sql, values = place.write(_COUNT), {"version": place.version}

    def count_them() -> None:
        with place.store.read() as conn:
            assert len(executions.step_counts(conn, _ACCOUNT, _WORKFLOW, place.version, _commit(place.version))) == _STEPS

    def bare() -> None:
        assert len(place.raw.execute(sql, values).fetchall()) == _STEPS

    taken, floor = race(
        Contestant("wflgit", count_them, before=place.tidy),
        Contestant("one GROUP BY by the driver alone", bare),
        rounds=bench.rounds(10),
    )
    return Row(f"count {place.number:,} executions by step for a plan, {database}", taken, floor, goal=1.5)


def _race_workers(bench: Bench, url: str) -> Iterator[Row]:
    place = _Place(url, bench.size(_CROWDED))
    two, one = _Crowd(place, 2), _Crowd(place, 1)
    taken, alone = race(
        Contestant("two workers", two.work, before=two.start),
        Contestant("one worker", one.work, before=one.start),
        rounds=bench.rounds(3),
    )
    yield Row(f"migrate {place.number:,} executions, PostgreSQL, two workers", taken, alone, Sense.GAIN, goal=1.5)
    place.close()


# What both do it with

_COUNT = """
SELECT step, status, count(*) FROM executions
WHERE account = 'acme' AND workflow = 'welcome' AND version = :version AND ended_at IS NULL GROUP BY step, status
"""
_INSERT = """
INSERT INTO migration_items (account, migration, execution, batch, lock_version, result, to_step, from_step, from_status,
from_entered_at, from_wake_at, from_waiting_for, from_updated_at, from_updated_by)
SELECT 'acme', 1, e.id, 1, e.lock_version + 1, 'moved', s.to_step, e.step, e.status,
e.entered_at, e.wake_at, e.waiting_for, e.updated_at, e.updated_by
FROM executions e CROSS JOIN migration_steps s
WHERE e.account = 'acme' AND e.workflow = 'welcome' AND e.version = :version AND e.ended_at IS NULL
AND e.id > :above AND e.id <= :up_to AND e.id % :stripes = :stripe
AND s.account = 'acme' AND s.migration = 1 AND s.step = e.step AND s.status = e.status
"""  # SQLite reads what is left of a CROSS JOIN first
_SET = """
UPDATE executions SET version = :version + 1, commit_id = :commit, lock_version = lock_version + 1, updated_at = :at,
updated_by = 'maya@example.com', step ="""
_OF_STEP = "s.account = 'acme' AND s.migration = 1 AND s.step = executions.step AND s.status = executions.status"
_OF_BATCH = """executions.account = 'acme' AND executions.workflow = 'welcome' AND executions.version = :version
AND executions.ended_at IS NULL AND executions.id > :above AND executions.id <= :up_to AND executions.id % :stripes = :stripe
"""
# What is the fastest on each: SQLite would go through the executions once for each step of a join.
_UPDATE = {
    "sqlite": f"{_SET} (SELECT s.to_step FROM migration_steps s WHERE {_OF_STEP}) WHERE {_OF_BATCH}",
    "postgresql": f"{_SET} s.to_step FROM migration_steps s WHERE {_OF_STEP} AND {_OF_BATCH}",
}
_COLUMNS = (
    *("account", "workflow", "version", "commit_id", "contact", "step", "status", "lock_version", "context"),
    *("started_at", "started_by", "updated_at", "updated_by", "entered_at"),
)


def _step(version: int, number: int) -> str:
    return f"step_{number:02}_of_version_{version}"


def _commit(version: int) -> str:
    return f"{version:040}"


class _Place:
    """A store with so many executions of one workflow, all on one version, which is another one after each migration."""

    def __init__(self, url: str, number: int) -> None:
        self.number = number
        self.version = 1
        self.store: Store = connect_store(url, Path())
        self.url = url
        upgrade.create(self.store)
        self.is_sqlite = self.store.dialect == "sqlite"
        self.raw: Any = _connect_sqlite(url) if self.is_sqlite else psycopg.connect(url, autocommit=True)
        self._fill()

    def _fill(self) -> None:
        now = tables.microseconds(datetime.now(UTC))
        rows = (
            (
                *(_ACCOUNT, _WORKFLOW, 1, _commit(1), f"{number * 2_654_435_761 % 2**32:08x}-{number:017}"),
                *(_step(1, number % _STEPS), "active", 0, _CONTEXT, now, _BY, now, _BY, now),
            )
            for number in range(self.number)
        )
        columns = ", ".join(_COLUMNS)
        if self.is_sqlite:
            self.raw.execute("BEGIN")
            self.raw.executemany(f"INSERT INTO executions ({columns}) VALUES ({', '.join('?' * len(_COLUMNS))})", rows)
            self.raw.execute("COMMIT")
            return
        with self.raw.cursor().copy(f"COPY executions ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def tidy(self) -> None:
        """Forget the last migration, and leave the database as if it had had some rest."""
        for table in ("migration_items", "migration_batches", "migration_steps", "migrations"):
            self.raw.execute(f"DELETE FROM {table}" if self.is_sqlite else f"TRUNCATE {table}")
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)",) if self.is_sqlite else ("VACUUM ANALYZE executions", "CHECKPOINT"):
            self.raw.execute(statement)

    def write(self, sql: str) -> str:
        """A statement with its parameters as the driver writes them."""
        if self.is_sqlite:
            return sql
        for name in ("version", "commit", "at", "above", "up_to", "stripes", "stripe"):
            sql = (
                sql.replace(f":{name} ", f"%({name})s ").replace(f":{name},", f"%({name})s,").replace(f":{name}\n", f"%({name})s\n")
            )
        return sql.replace("id % ", "id %% ")

    def close(self) -> None:
        self.raw.close()
        self.store.close()


def _connect_sqlite(url: str) -> sqlite3.Connection:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


# The driver alone


def _bare(place: _Place) -> Callable[[], None]:
    insert, update = place.write(_INSERT), place.write(_UPDATE[place.store.dialect])
    begin = "BEGIN IMMEDIATE" if place.is_sqlite else "BEGIN"

    def migrate_all() -> None:
        _write_mapping(place)
        moved = 0
        for batch in _batches(place):
            place.raw.execute(begin)
            place.raw.execute(insert, batch)
            moved += place.raw.execute(update, batch).rowcount
            place.raw.execute("COMMIT")
        assert moved == place.number
        place.version += 1

    return migrate_all


def _write_mapping(place: _Place) -> None:
    values = [(_step(place.version, number), _step(place.version + 1, number)) for number in range(_STEPS)]
    mark = "?, ?" if place.is_sqlite else "%s, %s"
    columns = "account, migration, status, verdict, enters, wake, step, to_step"
    sql = f"INSERT INTO migration_steps ({columns}) VALUES ('acme', 1, 'active', 'move', false, 'keep', {mark})"
    place.raw.execute("BEGIN")
    place.raw.cursor().executemany(sql, values)
    place.raw.execute("COMMIT")
    if not place.is_sqlite:
        place.raw.execute("ANALYZE migration_steps")


def _batches(place: _Place) -> Iterator[dict[str, Any]]:
    """The same ranges and stripes as those of `migration_batches`."""
    at = tables.microseconds(datetime.now(UTC))
    size, stripes = (_ROWS, 1) if place.is_sqlite else (migration_batches.WINDOW, migration_batches.WINDOW // _ROWS)
    common = {"version": place.version, "commit": _commit(place.version + 1), "at": at, "stripes": stripes}
    for above in range(0, place.number, size):
        for stripe in range(stripes):
            yield {**common, "above": above, "up_to": above + size, "stripe": stripe}


# wflgit


def _migrate(place: _Place) -> None:
    number = _begin(place)
    _work(place.store, number)
    with place.store.write() as conn:
        assert migrations.finish(conn, _ACCOUNT, number, datetime.now(UTC)) is MigrationStatus.COMPLETED
    place.version += 1


def _begin(place: _Place) -> int:
    source, target, now, active = place.version, place.version + 1, datetime.now(UTC), ExecutionStatus.ACTIVE
    terms = [Disposition(_step(source, n), active, Verdict.MOVE, _step(target, n), active) for n in range(_STEPS)]
    new = migrations.New(
        workflow=_WORKFLOW,
        source=source,
        source_commit=_commit(source),
        target=target,
        target_commit=_commit(target),
        strategy=Strategy.IMMEDIATE,
        pace=None,
        at_advance=False,
        plan="{}",
        at=now,
        by=_BY,
    )
    running, pending = MigrationStatus.RUNNING, [MigrationStatus.PENDING]
    with place.store.write() as conn:
        number = migrations.create(conn, _ACCOUNT, new, terms)
        assert migrations.change_status(conn, _ACCOUNT, number, sources=pending, to=running, at=now)
    return number


def _work(store: Store, number: int) -> None:
    done: migration_batches.Pass | None = migration_batches.Pass(0, 0, batch_done=False)
    while done:
        with store.write() as conn:
            done = migration_batches.work(conn, _ACCOUNT, number, at=datetime.now(UTC), by=_BY, rows=_ROWS)


class _Crowd:
    """Processes that work on one migration; they are started and it is made before the clock is."""

    def __init__(self, place: _Place, processes: int) -> None:
        self._place = place
        self._processes = processes
        self._running: list[Popen[str]] = []

    def start(self) -> None:
        """Make a migration, start the processes and wait until all of them could begin."""
        self._place.tidy()
        call = [sys.executable, "-m", __name__, self._place.url, str(_begin(self._place))]
        self._running = [Popen(call, stdin=PIPE, stdout=PIPE, text=True) for _ in range(self._processes)]
        for process in self._running:
            assert process.stdout is not None
            process.stdout.readline()

    def work(self) -> None:
        """Let them begin, and wait for the last."""
        for process in self._running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in self._running:
            process.communicate()
            assert process.returncode == 0
        self._place.version += 1


def _take_part(url: str, number: int) -> None:
    store = connect_store(url, Path())
    with store.write() as conn:
        migrations.get(conn, _ACCOUNT, number)
    print("ready", flush=True)
    input()
    _work(store, number)
    store.close()


if __name__ == "__main__":
    _take_part(sys.argv[1], int(sys.argv[2]))
