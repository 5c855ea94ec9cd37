"""Verifying an audit chain, beside hashing the same bytes and reading the rows by the driver; and what row-level security costs."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import capabilities

from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.postgres import new_database, running_server
from tests.store.roles import Roles, make_tables, new_roles
from tests.store.rows import start
from wflgit.core.audit import GENESIS, AuditEntry, chain, link_of, verify_links
from wflgit.store import audit, executions
from wflgit.store.engine import Store, connect_store, open_store
from wflgit.store.upgrade import create

TITLE = "The audit chain, and row-level security"
_LINKS = 1_000_000
_ACCOUNT = "acme"
_COLUMNS = "account, sequence, at, actor, action, subject, details, previous, hash"
_ALL = f"SELECT {_COLUMNS} FROM audit WHERE account = '{_ACCOUNT}' ORDER BY sequence"


def measure(bench: Bench) -> Iterator[Row]:
    """Measure on SQLite, then on PostgreSQL, as a role that owns nothing there."""
    links = bench.size(_LINKS)
    url = f"sqlite:///{bench.folder}/chain.db"
    _make_store(url)
    with ExitStack() as stack:
        store = open_store(url, Path(), account=_ACCOUNT)
        stack.callback(store.close)
        texts = _fill(links, lambda rows: _put_into_sqlite(bench.folder / "chain.db", rows))
        driver = sqlite3.connect(bench.folder / "chain.db")
        stack.callback(driver.close)
        yield _race(bench, "SQLite", store, lambda: _count(driver.execute(_ALL)), texts)
    with running_server() as server, new_database(server) as database, new_roles(database) as roles:
        make_tables(roles)
        yield from _on_postgresql(bench, roles, links)


def _make_store(url: str) -> None:
    store = connect_store(url, Path())
    create(store)
    store.close()


def _on_postgresql(bench: Bench, roles: Roles, links: int) -> Iterator[Row]:
    with roles.store("app", _ACCOUNT) as store, psycopg.connect(roles.url) as driver:
        texts = _fill(links, lambda rows: _put_into_postgresql(driver, rows))
        driver.execute("ANALYZE audit")

        def read() -> int:
            with driver.cursor() as cursor:
                if capabilities.has_stream_chunked():
                    return _count(cursor.stream(_ALL.encode(), size=2_000))
            with driver.cursor("chain") as named:
                named.itersize = 2_000
                return _count(named.execute(_ALL.encode()))

        yield _race(bench, "PostgreSQL", store, read, texts)
    unguarded = open_store(roles.url, Path())
    with roles.store("app", _ACCOUNT) as store:
        guarded, free = race(
            Contestant("wflgit", _start(store), calls=50),
            Contestant("the same as a superuser, whom nothing guards", _start(unguarded), calls=50),
            rounds=bench.rounds(60),
            warm_up=5,
        )
    unguarded.close()
    yield Row("start an execution under row-level security, PostgreSQL", guarded, free, goal=1.15)


_CONTACTS = count()


def _start(store: Store) -> Callable[[], object]:
    def insert() -> None:
        with store.write() as conn:
            executions.insert(conn, _ACCOUNT, contact=f"contact-{next(_CONTACTS)}", **start())

    return insert


def _race(bench: Bench, database: str, store: Store, read: Callable[[], int], texts: list[bytes]) -> Row:
    def floor() -> None:
        assert read() == len(texts)
        for text in texts:
            hashlib.sha256(text).hexdigest()

    def verify() -> None:
        with store.read() as conn, audit.links(conn, _ACCOUNT) as links:
            assert verify_links(links) is None

    ours, other = race(
        Contestant("wflgit", verify),
        Contestant("reading the rows by the driver and hashing the same bytes", floor),
        rounds=bench.rounds(7),
    )
    return Row(f"verify an audit chain of {len(texts):,} entries, {database}", ours, other, goal=2)


def _count(rows: Any) -> int:
    return sum(1 for _ in rows)


def _fill(links: int, put: Callable[[list[tuple[Any, ...]]], None]) -> list[bytes]:
    """Put a chain into the table, and return what its hashes were made of."""
    rows, texts, previous, begin = [], [], GENESIS, datetime(2026, 1, 5, tzinfo=UTC)
    for number in range(1, links + 1):
        details = {"channel": "current", "contact": f"contact-{number}", "execution": number}
        entry = chain(
            previous,
            account=_ACCOUNT,
            sequence=number,
            at=begin + timedelta(milliseconds=number * 731, microseconds=number % 1000),
            actor="engine@example.com",
            action="execution.started",
            subject=f"welcome@{number % 9}",
            details=details,
        )
        previous = entry.hash
        rows.append(tuple(link_of(entry)))
        texts.append(_hashed(entry))
        if len(rows) == 10_000 or number == links:
            put(rows)
            rows = []
    assert hashlib.sha256(texts[-1]).hexdigest() == previous
    return texts


def _hashed(entry: AuditEntry) -> bytes:
    at = entry.at.isoformat(timespec="microseconds")
    fields = (entry.previous, entry.account, str(entry.sequence), at, entry.actor, entry.action, entry.subject, entry.details)
    return "".join(f"{len(field)}:{field}" for field in ("wflgit audit 1", *fields)).encode()


def _put_into_sqlite(file: Path, rows: list[tuple[Any, ...]]) -> None:
    with sqlite3.connect(file) as connection:
        connection.executemany(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.close()


def _put_into_postgresql(connection: psycopg.Connection, rows: list[tuple[Any, ...]]) -> None:
    names = _COLUMNS.split(", ")
    statement = f"INSERT INTO audit ({_COLUMNS}) SELECT {_COLUMNS} FROM json_populate_recordset(NULL::audit, %s)"
    connection.execute(statement.encode(), [json.dumps([dict(zip(names, row, strict=True)) for row in rows])])
    connection.commit()
