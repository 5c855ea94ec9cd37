"""Making and upgrading the tables, on both databases."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.postgres import new_schema
from tests.store.processes import run_together
from wflgit.errors import StoreError, StoreVersionError
from wflgit.store import upgrade, versions
from wflgit.store.engine import connect_store, open_store
from wflgit.store.versions import SyncState

Described = set[tuple[object, ...]]


def run_upgrade(url: str) -> tuple[str | None, str]:
    store = connect_store(url, Path())
    try:
        return upgrade.upgrade(store)
    finally:
        store.close()


def make(url: str) -> None:
    store = connect_store(url, Path())
    upgrade.create(store)
    store.close()


def describe_sqlite(url: str) -> Described:
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        found = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        found += connection.execute("SELECT * FROM sqlite_stat1").fetchall()
    connection.close()
    # SQLite keeps the text of a statement as it was sent; one column more is put into it without a new line.
    return {tuple(re.sub(r"\s+", " ", part) if isinstance(part, str) else part for part in row) for row in found}


def describe_postgresql(url: str) -> Described:
    """All that PostgreSQL knows of the tables in a schema, but for the schema's name."""
    here = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
    columns = ("table_name", "column_name", "data_type", "collation_name", "is_nullable", "is_identity", "column_default")
    policy = "relname, polname, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)"
    queries = (
        f"SELECT {', '.join(columns)} FROM information_schema.columns WHERE table_schema = current_schema()",
        f"SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = {here}",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()",
        f"SELECT relname, relkind::text, reloptions::text FROM pg_class WHERE relnamespace = {here}",
        f"SELECT relname, relrowsecurity, relforcerowsecurity, 1, 1 FROM pg_class WHERE relkind = 'r' AND relnamespace = {here}",
        f"SELECT {policy} FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE relnamespace = {here}",
        f"SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE relnamespace = {here}",
        f"SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = {here}",
    )
    with psycopg.connect(url) as connection:
        rows = [row for query in queries for row in connection.execute(query.encode()).fetchall()]
    return {tuple(re.sub(r"\bt\d+\.", "", value) if isinstance(value, str) else str(value) for value in row) for row in rows}


def test_the_tables_of_sqlite_are_the_sum_of_the_revisions(tmp_path: Path) -> None:
    at_once, stepwise = f"sqlite:///{tmp_path}/at-once.db", f"sqlite:///{tmp_path}/stepwise.db"
    make(at_once)
    run_upgrade(stepwise)
    assert describe_sqlite(at_once) == describe_sqlite(stepwise)


def test_the_tables_of_postgresql_are_the_sum_of_the_revisions(postgresql: str) -> None:
    with new_schema(postgresql) as at_once, new_schema(postgresql) as stepwise:
        make(at_once)
        run_upgrade(stepwise)
        assert describe_postgresql(at_once) == describe_postgresql(stepwise)


def test_the_known_revisions_are_those_of_alembic() -> None:
    config = Config()
    config.set_main_option("script_location", "wflgit.store:revisions")
    found = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(found[::-1]) == upgrade.REVISIONS


def test_upgrading_an_empty_database_makes_the_tables_once(empty_url: str) -> None:
    assert run_upgrade(empty_url) == (None, upgrade.HEAD)
    assert run_upgrade(empty_url) == (upgrade.HEAD, upgrade.HEAD)
    open_store(empty_url, Path()).close()


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    store = connect_store(empty_url, Path())
    with store.write() as conn:
        conn.exec_driver_sql("CREATE TABLE audit_head (somebody_elses INTEGER)")
    with pytest.raises(StoreError, match="audit_head"):
        upgrade.upgrade(store)
    with store.write() as conn:
        assert upgrade.read_revision(conn) is None
        conn.exec_driver_sql("DROP TABLE audit_head")
    assert upgrade.upgrade(store) == (None, upgrade.HEAD)
    store.close()


def test_a_store_of_a_newer_wflgit_is_not_upgraded(store_url: str) -> None:
    store = connect_store(store_url, Path())
    with store.write() as conn:
        conn.exec_driver_sql("UPDATE wflgit_revision SET version_num = '9999'")
    with pytest.raises(StoreVersionError, match="newer wflgit"):
        upgrade.upgrade(store)
    store.close()


def test_what_an_older_wflgit_read_of_history_is_read_again_and_what_it_audited_is_not(empty_url: str) -> None:
    store = connect_store(empty_url, Path())
    with store.write() as conn:
        alembic = Config(attributes={"connection": conn})
        alembic.set_main_option("script_location", "wflgit.store:revisions")
        command.upgrade(alembic, "0002")
        conn.exec_driver_sql("INSERT INTO sync_state VALUES ('acme', 'main', 'layout', 'tip', 'audited')")
    assert upgrade.upgrade(store) == ("0002", upgrade.HEAD)
    with store.read() as conn:
        assert versions.read_state(conn, "acme") == SyncState("main", "layout", None, "audited")
        assert versions.list_versions(conn, "acme", "welcome") == []
    store.close()


def test_a_store_of_an_older_wflgit_is_to_be_upgraded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "REVISIONS", ("0001", "0002"))
    monkeypatch.setattr(upgrade, "HEAD", "0002")
    with pytest.raises(
        StoreVersionError, match=r"expected tables of revision '0002' but .* has '0001', made by an older wflgit"
    ) as caught:
        upgrade.check_revision("0001", "postgresql://db/side")
    assert "wflgit store upgrade" in (caught.value.hint or "")


@pytest.mark.slow
def test_six_processes_that_upgrade_at_once_all_can(empty_url: str) -> None:
    code = """
        import alembic.command
        from wflgit.store.engine import connect_store
        from wflgit.store.upgrade import upgrade
        store = connect_store(argument, Path())
        go()
        print(upgrade(store)[0])
        store.close()
    """
    assert sorted(run_together(6, code, empty_url)) == [*[upgrade.HEAD] * 5, "None"]


def test_no_index_holds_what_changes_when_an_execution_moves(tmp_path: Path) -> None:
    make(f"sqlite:///{tmp_path}/side.db")
    described = describe_sqlite(f"sqlite:///{tmp_path}/side.db")
    found = [str(row[3]) for row in described if (row[0], row[2]) == ("index", "executions")]
    assert len(found) == 2
    assert not [sql for sql in found if re.search(r"\b(version|step|status|lock_version|updated_at|wake_at)\b", sql)]
    assert all(sql.endswith("WHERE ended_at IS NULL") for sql in found)


def test_pages_of_executions_on_postgresql_have_room_for_moves(postgresql_url: str) -> None:
    found = [row for row in describe_postgresql(postgresql_url) if row[:2] == ("executions", "r")]
    assert found == [("executions", "r", "{fillfactor=80}")]


def test_every_constraint_has_a_name_of_ours(postgresql_url: str) -> None:
    names = {
        str(row[1])
        for row in describe_postgresql(postgresql_url)
        if len(row) == 3 and re.match("(PRIMARY|CHECK|UNIQUE)", str(row[2]))
    }
    assert names == {
        *("pk_audit", "pk_audit_head", "pk_executions", "pk_sync_state", "pk_versions", "pk_workflow_files"),
        *("pk_migrations", "pk_migration_steps", "pk_migration_batches", "pk_migration_items"),
        *("ck_executions_ended", "wflgit_revision_pkc"),
    }
