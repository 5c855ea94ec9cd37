"""Each function of the store, called once: writing ones fill an account, reading ones then have something to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from tests.store.rows import AT, entry, file, published, start, version
from wflgit.core.records import ExecutionStatus
from wflgit.store import audit, executions, versions
from wflgit.store.engine import Connection
from wflgit.store.versions import SyncState

Call = Callable[[Connection, str], Any]


def first_id(conn: Connection, account: str) -> int:
    return executions.list_executions(conn, account)[0].id


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
    "audit.append": lambda conn, account: audit.append(conn, account, [entry("a", key="k"), entry("b")]) is not None,
}
READING: dict[str, Call] = {
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
    "executions.find_live": lambda conn, account: executions.find_live(conn, account, "welcome", "ann") is not None,
    "executions.list_executions": lambda conn, account: [
        (row.contact, row.step, row.lock_version)
        for row in executions.list_executions(conn, account, workflow="welcome", status=[ExecutionStatus.ACTIVE])
    ],
    "executions.counts": lambda conn, account: (executions.counts(conn, account), executions.counts(conn, account, "welcome")),
    "executions.live_by_version": executions.live_by_version,
    "executions.live_pins": executions.live_pins,
    "audit.head": lambda conn, account: audit.head(conn, account)[0],
    "audit.list_entries": lambda conn, account: [
        (row.sequence, row.subject) for row in audit.list_entries(conn, account, since=AT)
    ],
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

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
