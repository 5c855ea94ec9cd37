"""Each function of the store, called once: writing ones fill an account, reading ones then have something to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import psycopg
import sqlalchemy as sa

from tests.store.rows import AT, entry, file, new, published, start, version
from wflgit.core.plan import Disposition, Verdict
from wflgit.core.records import ExecutionStatus, MigrationStatus, Strategy
from wflgit.store import audit, executions, migration_batches, migration_items, migrations, versions
from wflgit.store.engine import Connection
from wflgit.store.versions import SyncState

Call = Callable[[Connection, str], Any]


def first_id(conn: Connection, account: str) -> int:
    return executions.list_executions(conn, account)[0].id


def first_migration(conn: Connection, account: str) -> int:
    return migrations.list_migrations(conn, account)[0].id


def first_taking_along(conn: Connection, account: str) -> int:
    return next(row.id for row in migrations.list_migrations(conn, account) if row.at_advance)


def create_migrations(conn: Connection, account: str) -> int:
    """One in batches, one for chosen executions and one that takes executions along, each from a version that has executions."""
    active = ExecutionStatus.ACTIVE
    terms = [Disposition("on", active, Verdict.MOVE, "new", active), Disposition("hello", active, Verdict.UNMAPPED)]
    executions.insert_many(conn, account, contacts=["cid", "dan"], **start(version=5, step="on"))
    chosen = [row.id for row in executions.list_executions(conn, account, version=5)]
    migrations.create(conn, account, new(), terms)
    migrations.create(conn, account, new(source=5, strategy=Strategy.MANUAL), terms, chosen=chosen)
    migrations.create(conn, account, new(source=6, at_advance=True), terms)
    return len(migrations.list_migrations(conn, account))


def change_status(conn: Connection, account: str, to: MigrationStatus) -> list[bool]:
    return [
        migrations.change_status(conn, account, row.id, sources=[row.status], to=to, at=AT)
        for row in migrations.list_migrations(conn, account)
    ]


def work(conn: Connection, account: str) -> list[Any]:
    return [
        migration_batches.work(conn, account, row.id, at=AT, by="ann@example.com", rows=9)
        for row in migrations.list_migrations(conn, account)
    ]


def links(conn: Connection, account: str) -> list[tuple[bool, int]]:
    with audit.links(conn, account) as found:
        return [(link[0] == account, link[1]) for link in found]


WRITING: dict[str, Call] = {
    "versions.lock_state": versions.lock_state,
    "versions.save_state": lambda conn, account: versions.save_state(conn, account, SyncState("main", "l", "t", "a")),
    "versions.put_files": lambda conn, account: versions.put_files(conn, account, [file("a"), file("b"), file("c", name="Name")]),
    "versions.set_names": lambda conn, account: versions.set_names(conn, account, {"workflows/a.json": ("b1", "Name")}),
    "versions.remove_files": lambda conn, account: versions.remove_files(conn, account, ["workflows/c.json"]),
    "versions.add_versions": lambda conn, account: versions.add_versions(
        conn, account, [version(1), published(2), version(3, on_trunk=False), version(1, "b"), version(4)]
    ),
    "versions.remove_versions": lambda conn, account: versions.remove_versions(conn, account, "welcome", [4]),
    "executions.insert": lambda conn, account: executions.insert(conn, account, contact="ann", **start()) is not None,
    "executions.insert_many": lambda conn, account: executions.insert_many(conn, account, contacts=["ann", "bob"], **start()),
    "executions.change": lambda conn, account: executions.change(conn, account, first_id(conn, account), lock_version=0, step="on"),
    "migrations.create": create_migrations,
    "migrations.change_status": lambda conn, account: change_status(conn, account, MigrationStatus.RUNNING),
    "migration_batches.settle": lambda conn, account: migration_batches.settle(conn, account, first_migration(conn, account)),
    "migration_batches.work": work,
    "migration_items.record_advance": lambda conn, account: migration_items.record_advance(
        conn,
        account,
        first_taking_along(conn, account),
        executions.list_executions(conn, account)[1],
        to_step="new",
    ),
    "migrations.finish": lambda conn, account: [
        migrations.finish(conn, account, row.id, AT) for row in migrations.list_migrations(conn, account)
    ],
    "migration_batches.retry": lambda conn, account: (
        migration_batches.retry(conn, account, first_migration(conn, account)),
        change_status(conn, account, MigrationStatus.RUNNING),
        work(conn, account),
    ),
    "migration_batches.begin_undo": lambda conn, account: (
        change_status(conn, account, MigrationStatus.UNDOING),
        migration_batches.begin_undo(conn, account, first_migration(conn, account)),
        work(conn, account),
        change_status(conn, account, MigrationStatus.UNDONE),
    ),
    "audit.append": lambda conn, account: audit.append(conn, account, [entry("a", key="k"), entry("b")]) is not None,
}
READING: dict[str, Call] = {
    "executions.has_any": executions.has_any,
    "versions.read_state": versions.read_state,
    "versions.list_files": lambda conn, account: (versions.list_files(conn, account), versions.list_files(conn, account, ["a"])),
    "versions.unnamed_files": versions.unnamed_files,
    "versions.find_by_name": lambda conn, account: versions.find_by_name(conn, account, "name"),
    "versions.list_versions": lambda conn, account: versions.list_versions(conn, account, "welcome"),
    "versions.get_version": lambda conn, account: versions.get_version(conn, account, "welcome", 2),
    "versions.last_versions": lambda conn, account: (
        versions.last_versions(conn, account),
        versions.last_versions(conn, account, ["welcome"]),
    ),
    "versions.published": lambda conn, account: (versions.published(conn, account), versions.published(conn, account, "welcome")),
    "versions.orphans": versions.orphans,
    "executions.get": lambda conn, account: executions.get(conn, account, first_id(conn, account)) is not None,
    "executions.get_to_advance": lambda conn, account: (
        executions.get_to_advance(conn, account, first_id(conn, account)) is not None
    ),
    "executions.find_live": lambda conn, account: executions.find_live(conn, account, "welcome", "ann") is not None,
    "executions.list_executions": lambda conn, account: [
        (row.contact, row.step, row.lock_version)
        for row in executions.list_executions(conn, account, workflow="welcome", status=[ExecutionStatus.ACTIVE])
    ],
    "executions.counts": lambda conn, account: (executions.counts(conn, account), executions.counts(conn, account, "welcome")),
    "executions.live_by_version": executions.live_by_version,
    "executions.live_pins": executions.live_pins,
    "executions.last_activity": lambda conn, account: (
        executions.last_activity(conn, account),
        executions.last_activity(conn, account, "welcome"),
    ),
    "executions.step_counts": lambda conn, account: executions.step_counts(conn, account, "welcome", 1, "c" * 40),
    "executions.examples": lambda conn, account: len(
        executions.examples(conn, account, "welcome", 1, "hello", ExecutionStatus.ACTIVE, 9)
    ),
    "migrations.get": lambda conn, account: migrations.get(conn, account, first_migration(conn, account)) is not None,
    "migrations.list_migrations": lambda conn, account: [
        [(row.source, row.status) for row in migrations.list_migrations(conn, account, open_only=open_only, workflow=workflow)]
        for open_only in (False, True)
        for workflow in (None, "welcome")
    ],
    "migrations.find_open": lambda conn, account: len(migrations.find_open(conn, account, "welcome", [1, 2])),
    "migrations.read_plan": lambda conn, account: migrations.read_plan(conn, account, first_migration(conn, account)),
    "migration_batches.outlook": lambda conn, account: migration_batches.outlook(conn, account, first_migration(conn, account), AT),
    "migration_batches.pace_of_late": lambda conn, account: migration_batches.pace_of_late(
        conn, account, first_migration(conn, account), AT
    ),
    "migration_items.tally": lambda conn, account: [
        migration_items.tally(conn, account, [row.id])[row.id] for row in migrations.list_migrations(conn, account)
    ],
    "migration_items.list_items": lambda conn, account: [
        (item.contact, item.result, item.reason)
        for row in migrations.list_migrations(conn, account)
        for item in migration_items.list_items(conn, account, row.id)
    ],
    "migration_items.at_advance": lambda conn, account: migration_items.at_advance(conn, account, "welcome", 6, "on"),
    "audit.head": lambda conn, account: audit.head(conn, account)[0],
    "audit.list_entries": lambda conn, account: [
        (row.sequence, row.subject) for row in audit.list_entries(conn, account, since=AT)
    ],
    "audit.links": links,
    "audit.page_of_links": lambda conn, account: [link[1] for link in audit.page_of_links(conn, account, after=0, up_to=2)],
    "audit.scan": lambda conn, account: [(row.account == account, row.sequence) for row in audit.scan(conn, account)],
}
CLEARING: dict[str, Call] = {"versions.clear": versions.clear}
ALL = {**WRITING, **READING, **CLEARING}


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements that are sent to any database meanwhile, and their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    streamed = psycopg.Cursor.stream

    def note_stream(cursor: Any, statement: str, parameters: Any, **how: Any) -> Iterator[Any]:
        seen.append((statement, parameters))
        return streamed(cursor, statement, parameters, **how)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    with patch.object(psycopg.Cursor, "stream", note_stream):  # the one that goes past SQLAlchemy
        yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
