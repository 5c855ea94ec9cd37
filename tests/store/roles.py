"""A store on PostgreSQL with roles as in production: one that owns the tables, and those that use them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.postgres import new_schema
from wflgit.store import grants, upgrade
from wflgit.store.engine import Store, connect_store, open_store

ACCOUNTS = ("one", "two")


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles and the store.

    Attributes:
        url: of the store, as a superuser.
        names: the name of each role in the server by what it is: `owner`, `app`, `bound` (to account `two`) and `stranger`.
    """

    url: str
    names: dict[str, str]

    def url_of(self, role: str) -> str:
        """The store as one of the roles."""
        return as_user(self.url, self.names[role])

    @contextmanager
    def store(self, role: str, account: str | None) -> Iterator[Store]:
        """The store, opened as a role for an account."""
        opened = open_store(self.url_of(role), Path(), account=account)
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def session(self, role: str, account: str | None) -> Iterator[psycopg.Connection]:
        """A transaction of a role that says it is about an account, and is rolled back in the end."""
        with psycopg.connect(self.url_of(role)) as connection:
            if account is not None:
                connection.execute("SELECT set_config('wflgit.account', %s, true)", [account])
            yield connection
            connection.rollback()


_NUMBERS = count(1)


def as_user(url: str, name: str) -> str:
    return make_url(url).set(username=name, password="known").render_as_string(hide_password=False)


@contextmanager
def new_roles(database: str) -> Iterator[Roles]:
    """Make roles that may log in, and a schema without tables for the owner to make them in."""
    number = next(_NUMBERS)
    names = {role: f"wflgit_test's_{role}_{os.getpid()}_{number}" for role in ("owner", "app", "bound", "stranger")}
    with new_schema(database) as url, psycopg.connect(url, autocommit=True) as connection:
        for name in names.values():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'known'").format(sql.Identifier(name)))
        try:
            [(schema,)] = connection.execute("SELECT current_schema()")
            let_in = sql.SQL("GRANT USAGE, CREATE ON SCHEMA {} TO {} WITH GRANT OPTION")
            connection.execute(let_in.format(sql.Identifier(schema), sql.Identifier(names["owner"])))
            yield Roles(url, names)
        finally:
            everybody = sql.SQL(", ").join(map(sql.Identifier, names.values()))
            connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(everybody))
            connection.execute(sql.SQL("DROP ROLE {}").format(everybody))


def make_tables(roles: Roles) -> None:
    """As the owner: go through all revisions, then let the others in."""
    store = connect_store(roles.url_of("owner"), Path())
    upgrade.upgrade(store)
    grants.grant(store, roles.names["app"])
    grants.grant(store, roles.names["bound"], account="two")
    store.close()
