"""What the tables promise beyond their columns: that nothing is found by reading all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.calls import READING, WRITING, statements
from wflgit.store import tables
from wflgit.store.engine import open_store

ONCE_A_DAY = ("executions.last_activity",)


@pytest.mark.parametrize("name", [name for name in READING if name not in ONCE_A_DAY])
def test_nothing_is_found_by_reading_a_whole_table(sqlite_url: str, name: str) -> None:
    store = open_store(sqlite_url, Path())
    with store.write() as conn:
        for call in WRITING.values():
            call(conn, "acme")
        with statements() as seen:
            READING[name](conn, "acme")
        plans = [conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).scalars("detail") for sql, parameters in seen]
        steps = [step for plan in plans for step in plan]
    store.close()
    assert [step for step in steps if step.removeprefix("SCAN ") in tables.metadata.tables] == []
    assert steps


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("executions.find_live", "uq_execution_live"),
        ("executions.counts", "ix_execution_live"),
        ("executions.list_executions", "ix_execution_live"),
        ("executions.step_counts", "ix_execution_live"),
        ("executions.examples", "ix_execution_live"),
        ("migration_items.at_advance", "uq_migration_open"),
        ("migrations.find_open", "uq_migration_open"),
        ("versions.published", "ix_versions_published"),
        ("versions.orphans", "ix_versions_off_trunk"),
        ("versions.find_by_name", "ix_workflow_files_name_key"),
        ("versions.unnamed_files", "ix_workflow_files_unnamed"),
    ],
)
def test_what_is_asked_often_has_its_index(sqlite_url: str, name: str, index: str) -> None:
    store = open_store(sqlite_url, Path())
    with store.write() as conn:
        with statements() as seen:
            READING[name](conn, "acme")
        plans = [
            " ".join(conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).scalars("detail")) for sql, parameters in seen
        ]
    store.close()
    assert all(index in plan for plan in plans)
