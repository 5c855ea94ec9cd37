"""Accounts share a database and never meet: every function and every statement of the store keeps to one."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa

from tests.store.calls import ALL, CLEARING, READING, WRITING, Call, first_id, statements
from wflgit.store import audit, executions, migration_batches, migration_items, migrations, tables, versions
from wflgit.store.engine import Connection, Store

MODULES: tuple[ModuleType, ...] = (audit, executions, migration_batches, migration_items, migrations, versions)
ON_ROWS = ("executions.change", "migrations.", "migration_batches.", "migration_items.")
"""Writing calls that need rows to write to."""


def test_every_function_of_the_store_is_tried_here() -> None:
    found = {
        f"{module.__name__.rpartition('.')[2]}.{name}"
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and "account" in inspect.signature(function).parameters
    }
    assert found == ALL.keys()


def act(conn: Connection, account: str, calls: dict[str, Call]) -> dict[str, Any]:
    return {name: call(conn, account) for name, call in calls.items()}


def test_what_one_account_has_is_the_same_with_and_without_another(store: Store) -> None:
    with store.write() as conn:
        alone = act(conn, "one", WRITING), act(conn, "one", READING)
        beside = act(conn, "two", WRITING), act(conn, "two", READING)
        assert beside == alone
        assert act(conn, "one", READING) == alone[1]
        stranger = first_id(conn, "one")
        assert executions.get(conn, "two", stranger) is None
        assert not executions.change(conn, "two", stranger, lock_version=1, step="stolen")
        act(conn, "two", CLEARING)
        assert act(conn, "one", READING) == alone[1]
        assert versions.list_files(conn, "two") == []


def is_bound_to_an_account(statement: str) -> bool:
    """Whether every table that a statement names is narrowed to an account, or gets rows with one."""
    names = "|".join(tables.metadata.tables)
    used = re.findall(rf"(?:FROM|JOIN|UPDATE) (?:{names})\b", statement)
    narrowed = re.findall(r"\baccount = ", statement)
    written = re.match(rf"INSERT INTO (?:{names}) \(account[,)]|INSERT INTO (?:{names}) \(workflow, .*\baccount\b", statement)
    return len(used) <= len(narrowed) and (bool(used) or written is not None)


@pytest.mark.parametrize("name", ALL)
def test_every_statement_is_bound_to_an_account(store: Store, name: str) -> None:
    with store.write() as conn:
        act(conn, "one", WRITING)
        with statements() as seen:
            ALL[name](conn, "two" if name in WRITING and not name.startswith(ON_ROWS) else "one")
    sent = [statement for statement, _ in seen if not statement.startswith(("BEGIN", "COMMIT"))]
    assert sent
    assert [statement for statement in sent if not is_bound_to_an_account(statement)] == []


@pytest.mark.parametrize("table", [table for table in tables.metadata.tables.values() if table is not tables.revision], ids=str)
def test_every_table_has_the_account_and_keeps_its_rows_by_it(table: sa.Table) -> None:
    assert not table.c.account.nullable
    if table not in (tables.executions, tables.migrations):
        assert next(iter(table.primary_key)) is table.c.account
