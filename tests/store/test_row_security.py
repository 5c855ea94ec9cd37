"""Accounts on PostgreSQL, tried from the other side: what another account's session, and one of no account, can read and write.

The roles log in by themselves; a superuser would see everything. The tables are those of the metadata, so that a new one is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from tests.builders import make_repo, steps
from tests.store.calls import CLEARING, READING, WRITING, first_id, statements
from tests.store.roles import ACCOUNTS, Roles, make_tables, new_roles
from wflgit.errors import NotFoundError, StateError, StoreError
from wflgit.store import audit, executions, grants, tables, upgrade
from wflgit.store.engine import connect_store, open_store

GUARDED = [table for table in tables.metadata.tables.values() if table is not tables.revision]
USERS = ("app", "owner")
every_table = pytest.mark.parametrize("table", GUARDED, ids=str)
every_user = pytest.mark.parametrize("user", USERS)


@pytest.fixture(scope="module")
def roles(postgresql: str) -> Iterator[Roles]:
    """A store whose every table has rows of both accounts."""
    with new_roles(postgresql) as made:
        make_tables(made)
        for account in ACCOUNTS:
            with made.store("app", account) as store, store.write() as conn:
                for call in WRITING.values():
                    call(conn, account)
        yield made


def count(connection: psycopg.Connection, table: sa.Table, where: str = "TRUE") -> int:
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def written(connection: psycopg.Connection, statement: str) -> int:
    """How many rows a statement writes; none if the role may not use it at all, or nobody may."""
    try:
        return connection.execute(statement.encode()).rowcount
    except psycopg.errors.RestrictViolation as error:
        assert "audit entries are never changed or deleted" in str(error)
        return 0
    except psycopg.errors.InsufficientPrivilege as error:
        assert "permission denied" in str(error)
        return 0


def copied(table: sa.Table, account: str) -> str:
    """Insert a row of one's own once more, as another account's."""
    own = [f'"{column.name}"' for column in table.c if column.name not in ("account", "id")]
    return f"INSERT INTO {table} (account, {', '.join(own)}) SELECT '{account}', {', '.join(own)} FROM {table} LIMIT 1"


@every_user
@every_table
def test_a_session_of_an_account_sees_its_own_rows_and_no_others(roles: Roles, user: str, table: sa.Table) -> None:
    with psycopg.connect(roles.url) as superuser:
        there = {account: count(superuser, table, f"account = '{account}'") for account in ACCOUNTS}
    assert all(there.values())
    for own, other in (ACCOUNTS, ACCOUNTS[::-1]):
        with roles.session(user, own) as connection:
            assert count(connection, table) == there[own]
            assert count(connection, table, f"account = '{other}'") == 0


@every_user
@every_table
def test_a_session_of_no_account_sees_and_writes_nothing(roles: Roles, user: str, table: sa.Table) -> None:
    with roles.session(user, None) as connection:
        assert count(connection, table) == 0
    for deed in (f"UPDATE {table} SET account = account", f"DELETE FROM {table}"):
        with roles.session(user, None) as connection:
            assert written(connection, deed) == 0


@every_user
@every_table
@pytest.mark.parametrize("deed", ["UPDATE {} SET account = account", "UPDATE {} SET account = 'two'", "DELETE FROM {}"])
def test_a_session_cannot_change_another_accounts_rows(roles: Roles, user: str, table: sa.Table, deed: str) -> None:
    with roles.session(user, "two") as connection:
        assert written(connection, f"{deed.format(table)} WHERE account = 'one'") == 0


@every_user
@every_table
def test_a_session_cannot_give_rows_to_another_account(roles: Roles, user: str, table: sa.Table) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"violates row-level security|permission denied")
    with roles.session(user, "two") as connection, refused:
        connection.execute(copied(table, "one").encode())
    if table is not tables.audit:
        with roles.session(user, "two") as connection, refused:
            connection.execute(f"UPDATE {table} SET account = 'one'".encode())


@every_table
def test_what_is_put_into_ones_own_account_is_taken(roles: Roles, table: sa.Table) -> None:
    """The refusals above are about the account: nothing else is wrong with such rows."""
    there_already = suppress(psycopg.errors.UniqueViolation)
    with roles.session("app", "two") as connection, there_already:
        assert connection.execute(copied(table, "two").encode()).rowcount == 1


@every_table
def test_a_role_bound_to_an_account_gets_at_no_other_whatever_it_says(roles: Roles, table: sa.Table) -> None:
    with roles.session("bound", "one") as connection:
        assert count(connection, table) == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(f"INSERT INTO {table} (account) VALUES ('one')".encode())
    with roles.session("bound", "two") as connection:
        assert count(connection, table) > 0


@every_table
def test_a_role_that_was_granted_nothing_gets_at_nothing(roles: Roles, table: sa.Table) -> None:
    with (
        psycopg.connect(roles.url_of("stranger")) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)),
    ):
        count(connection, table)


@pytest.mark.parametrize(
    "deed", ["TRUNCATE {}", "ALTER TABLE {} DISABLE ROW LEVEL SECURITY", "DROP POLICY one_account ON {}", "DROP TABLE {}"]
)
@every_table
def test_who_uses_the_tables_cannot_lift_the_guard(roles: Roles, table: sa.Table, deed: str) -> None:
    with roles.session("app", "two") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(deed.format(table).encode())


@pytest.mark.parametrize("deed", ["UPDATE audit SET actor = 'mallory'", "DELETE FROM audit"])
def test_who_uses_the_tables_may_only_read_and_append_audit_entries(roles: Roles, deed: str) -> None:
    with roles.session("app", "two") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"):
        connection.execute(deed.encode())


# What is granted


def test_what_is_granted_is_what_wflgit_uses_on_each_table_and_no_more(roles: Roles) -> None:
    with roles.store("app", "fresh") as store, statements() as seen, store.write() as conn:
        for call in (*WRITING.values(), *READING.values(), *CLEARING.values()):
            call(conn, "fresh")
        upgrade.read_revision(conn)
    text = "\n".join(statement for statement, _ in seen)
    used = {
        table: {
            privilege
            for privilege, pattern in {
                "SELECT": rf"(FROM|JOIN) {table}\b",
                "INSERT": rf"INSERT INTO {table}\b",
                "UPDATE": rf"UPDATE {table}\b|INSERT INTO {table}\b[^\n]*\n?[^\n]*DO UPDATE|FROM {table}\b[^\n]*\n[^\n]*FOR ",
                "DELETE": rf"DELETE FROM {table}\b",
            }.items()
            if re.search(pattern, text)
        }
        for table in tables.metadata.tables
    }
    assert {table: set(needed) for table, needed in grants.NEEDED.items()} == used


def test_a_grant_takes_away_what_is_too_much_and_can_be_made_again(roles: Roles) -> None:
    app = sql.Identifier(roles.names["app"])
    with psycopg.connect(roles.url, autocommit=True) as superuser:
        superuser.execute(sql.SQL("GRANT ALL ON audit TO {}").format(app))
    owner = connect_store(roles.url_of("owner"), Path())
    granted = grants.grant(owner, roles.names["app"])
    owner.close()
    assert granted.privileges["audit"] == ("SELECT", "INSERT")
    with roles.session("app", "two") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE audit SET actor = 'mallory'")


def test_a_role_that_row_level_security_does_not_bind_is_not_granted_anything(roles: Roles) -> None:
    store = connect_store(roles.url, Path())
    with pytest.raises(StateError, match="superuser or has BYPASSRLS") as caught:
        grants.grant(store, "postgres")
    assert "CREATE ROLE" in (caught.value.hint or "")
    with pytest.raises(StateError, match="owns the tables"):
        grants.grant(store, roles.names["owner"])
    with pytest.raises(NotFoundError, match="no role 'nobody at all'"):
        grants.grant(store, "nobody at all")
    store.close()


def test_who_does_not_own_the_tables_cannot_grant(roles: Roles) -> None:
    store = connect_store(roles.url_of("app"), Path())
    with pytest.raises(StateError, match="does not own the tables"):
        grants.grant(store, roles.names["stranger"])
    store.close()


def test_a_file_knows_no_roles(sqlite_url: str) -> None:
    store = open_store(sqlite_url, Path())
    with pytest.raises(StateError, match="knows no roles"):
        grants.grant(store, "ann")
    store.close()


# How wflgit says whose rows it wants


def test_a_transaction_leaves_no_account_behind_on_its_connection(roles: Roles) -> None:
    with roles.store("app", "one") as store:
        with store.write() as conn:
            driver = conn.connection.driver_connection
            assert conn.exec_driver_sql("SELECT current_setting('wflgit.account')").scalar() == "one"
        assert isinstance(driver, psycopg.Connection)
        assert driver.execute("SELECT current_setting('wflgit.account', true)").fetchone() == ("",)


def test_a_store_opened_for_an_account_cannot_be_asked_for_another(roles: Roles) -> None:
    with roles.store("app", "one") as store, store.read() as conn:
        stranger = first_id(conn, "one")
    with roles.store("app", "two") as store:
        with store.read() as conn:
            assert executions.list_executions(conn, "one") == []
            assert executions.get(conn, "one", stranger) is None
            assert audit.list_entries(conn, "one") == []
        with pytest.raises(StoreError, match="row-level security"), store.write() as conn:
            WRITING["audit.append"](conn, "one")


@pytest.mark.parametrize("account", ["o'hare", 'a"b', "back\\slash", "100%s %(x)s", "Ünï", ":x ; --"])
def test_an_account_may_have_any_name(roles: Roles, account: str) -> None:
    with roles.store("app", account) as store:
        with store.write() as conn:
            WRITING["executions.insert"](conn, account)
        with store.read() as conn:
            assert first_id(conn, account)


def test_two_accounts_work_side_by_side_as_a_role_that_owns_nothing(roles: Roles, tmp_path: Path) -> None:
    url = roles.url_of("app")
    stories = [make_repo(tmp_path / account, account=account, store=url) for account in ("acme", "globex")]
    for story in stories:
        story.commit(welcome=steps("hello", "wait")).publish("welcome").start("welcome", "ana", "ben")
        story.commit(welcome=steps("hello", "wait", "bye")).publish("welcome")
    acme, globex = (story.repo for story in stories)
    moved = acme.migrations.create(acme.migrations.plan("welcome", 1))
    acme.migrations.run(moved.id)
    assert {execution.version for execution in acme.executions.list()} == {2}
    assert {execution.version for execution in globex.executions.list()} == {1}
    assert globex.migrations.list() == []
    for repo in (acme, globex):
        assert repo.audit.verify().broken is None
        assert repo.fsck() == []
        repo.close()


# Upgrading


def test_an_upgrade_by_the_owner_reaches_the_rows_of_all_accounts_and_guards_them_again(postgresql: str) -> None:
    with new_roles(postgresql) as roles:
        make_tables(roles)
        for account in ACCOUNTS:
            with roles.store("app", account) as store, store.write() as conn:
                conn.exec_driver_sql(f"INSERT INTO sync_state VALUES ('{account}', 'main', 'layout', 'tip', 'audited')")
        owner = connect_store(roles.url_of("owner"), Path())
        with owner.write() as conn:  # as it was before revision 3, but for the guard
            conn.exec_driver_sql("ALTER TABLE versions DROP COLUMN semver")
            conn.exec_driver_sql("UPDATE wflgit_revision SET version_num = '0002'")
            for table in tables.GUARDED:
                conn.exec_driver_sql(f"DROP POLICY one_account ON {table}")
        assert upgrade.upgrade(owner) == ("0002", upgrade.HEAD)
        owner.close()
        with psycopg.connect(roles.url) as superuser:
            found = superuser.execute("SELECT account, tip FROM sync_state ORDER BY account").fetchall()
        assert found == [("one", None), ("two", None)]
        with roles.session("owner", "one") as connection:
            assert count(connection, tables.sync_state) == 1
