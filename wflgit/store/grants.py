"""Who may do what on PostgreSQL: exactly what wflgit needs, for a role that does not own the tables.

Owns which statements each table is used with. Row-level security, which keeps accounts apart, is of the tables themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import sqlalchemy as sa

from wflgit.errors import NotFoundError, StateError
from wflgit.store import tables
from wflgit.store.upgrade import check_revision, read_revision

if TYPE_CHECKING:
    from wflgit.store.engine import Store

NEEDED: Mapping[str, tuple[str, ...]] = {
    "sync_state": ("SELECT", "INSERT", "UPDATE"),
    "workflow_files": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "versions": ("SELECT", "INSERT", "DELETE"),
    "executions": ("SELECT", "INSERT", "UPDATE"),
    "migrations": ("SELECT", "INSERT", "UPDATE"),
    "migration_steps": ("SELECT", "INSERT"),
    "migration_batches": ("SELECT", "INSERT", "UPDATE"),
    "migration_items": ("SELECT", "INSERT", "UPDATE"),
    "audit": ("SELECT", "INSERT"),
    "audit_head": ("SELECT", "INSERT", "UPDATE"),
    "wflgit_revision": ("SELECT",),
}
"""The statements that wflgit uses on each table."""

_OWNER = "(SELECT relowner FROM pg_class WHERE oid = to_regclass('executions'))"
_ROLE = sa.text(
    f"SELECT rolsuper OR rolbypassrls AS is_above_rules, pg_has_role(oid, {_OWNER}, 'MEMBER') AS is_owner"  # noqa: S608
    " FROM pg_roles WHERE rolname = :role"
)
_WHO = f"SELECT current_user, pg_has_role({_OWNER}, 'MEMBER') AS is_owner"
_WAY_IN = sa.text("SELECT current_schema(), has_schema_privilege(:role, current_schema(), 'USAGE')")
_OTHER_ROLE = "make one that is neither: CREATE ROLE wflgit_app LOGIN"


@dataclass(frozen=True, slots=True)
class Granted:
    """What a role may do now.

    Attributes:
        store: where, without the password.
        role: who.
        account: the one account whose rows it gets at; None for whichever a transaction names.
        privileges: the statements it may use, by table.
    """

    store: str
    role: str
    account: str | None
    privileges: Mapping[str, tuple[str, ...]]


def grant(store: Store, role: str, *, account: str | None = None) -> Granted:
    """Give a role what wflgit needs on the tables, and take from it what it has beyond; doing it again is the same.

    Args:
        store: connected to as the owner of the tables.
        role: who; a role that exists.
        account: the one account it gets at, whatever its transactions say; None lifts such a bound.

    Raises:
        StateError: if the store is a file, row-level security would not bind the role, or who is connected does not own the tables
            or may not let anybody into their schema.
        NotFoundError: if there is no such role.
        StoreVersionError: if the tables are not those of this wflgit.
    """
    if store.dialect != "postgresql":
        raise StateError(
            f"the side store '{store.url}' is a file, which knows no roles",
            hint="let the file system say who may read and write it",
        )
    with store.write() as connection:
        check_revision(read_revision(connection), store.url)
        _require_owner(connection)
        _require_bound(connection, role)
        for statement in _statements(connection, role, account):
            connection.exec_driver_sql(statement.replace("%", "%%"))
        _require_way_in(connection, role)
    return Granted(store.url, role, account, NEEDED)


def _require_owner(connection: sa.Connection) -> None:
    """See that who is connected may grant: PostgreSQL only warns of grants that come to nothing."""
    user, is_owner = connection.exec_driver_sql(_WHO).one()
    if not is_owner:
        raise StateError(f"'{user}' does not own the tables", hint="name who does in the URL, with --store URL")


def _require_bound(connection: sa.Connection, role: str) -> None:
    """See that there is such a role, and that row-level security binds it."""
    found = connection.execute(_ROLE, {"role": role}).one_or_none()
    if found is None:
        raise NotFoundError(f"there is no role '{role}'", hint=f"make it: CREATE ROLE {role} LOGIN")
    if found.is_above_rules:
        raise StateError(f"role '{role}' is a superuser or has BYPASSRLS: row-level security does not bind it", hint=_OTHER_ROLE)
    if found.is_owner:
        raise StateError(f"role '{role}' owns the tables, so it could lift their row-level security", hint=_OTHER_ROLE)


def _require_way_in(connection: sa.Connection, role: str) -> None:
    """See that the role gets into the schema, which may be somebody else's."""
    schema, is_in = connection.execute(_WAY_IN, {"role": role}).one()
    if not is_in:
        hint = f'who owns the schema has to say: GRANT USAGE ON SCHEMA "{schema}" TO "{role}"'
        raise StateError(f"role '{role}' may not use the schema '{schema}'", hint=hint)


def _statements(connection: sa.Connection, role: str, account: str | None) -> Iterator[str]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
    who, bound = quote(role), f"only_{sha256(role.encode()).hexdigest()[:16]}"
    yield f"GRANT USAGE ON SCHEMA {quote(schema)} TO {who}"
    for table, privileges in NEEDED.items():
        yield f"REVOKE ALL ON {table} FROM {who}"
        yield f"GRANT {', '.join(privileges)} ON {table} TO {who}"
    for table in tables.GUARDED:
        yield f"DROP POLICY IF EXISTS {bound} ON {table}"
        if account is not None:
            is_its = f"account = {_literal(account)}"
            yield f"CREATE POLICY {bound} ON {table} AS RESTRICTIVE TO {who} USING ({is_its}) WITH CHECK ({is_its})"


def _literal(text: str) -> str:
    from psycopg import sql

    return sql.quote(text)
