"""The audit trail: entries are appended to their account's chain and never changed. `core.audit` knows how links are made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, cast

import sqlalchemy as sa

from wflgit.core.audit import GENESIS, AuditEntry, Link, chain
from wflgit.store import faults
from wflgit.store.tables import audit, audit_head, each, insert

_PAGE = 1_000
_PAGE_OF_LINKS = 2_000
_BEYOND_ALL = 2**63 - 1
_BEFORE_ALL = -(2**63)  # and not 0: an entry that somebody put before the first must be found


class Entry(NamedTuple):
    """What is to be remembered.

    Attributes:
        at: when it happened.
        actor: id of who did it.
        action: what was done, such as `version.publish`.
        subject: to what, such as `welcome@7`.
        details: all else worth knowing, JSON.
        key: for entries read from Git, what they are recognised by; an entry is appended once for a key.
    """

    at: datetime
    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]
    key: str | None = None


_ACCOUNT = sa.bindparam("for_account", type_=sa.Text)
_HEAD = sa.select(audit_head.c.sequence, audit_head.c.hash).where(audit_head.c.account == _ACCOUNT)
_LOCK_HEAD = _HEAD.with_for_update()
_MOVE_HEAD = sa.update(audit_head).where(audit_head.c.account == _ACCOUNT)
_APPEND = sa.insert(audit)
_COLUMNS = (
    audit.c.account,
    audit.c.sequence,
    audit.c.at,
    audit.c.actor,
    audit.c.action,
    audit.c.subject,
    audit.c.details,
    audit.c.previous,
    audit.c.hash,
)
_RAW_COLUMNS = tuple(sa.type_coerce(column, sa.BigInteger) if column is audit.c.at else column for column in _COLUMNS)
_ALL = sa.select(*_COLUMNS).where(audit.c.account == _ACCOUNT).order_by(audit.c.sequence)


@cache
def _known_keys(dialect: str) -> sa.Executable:
    return sa.select(audit.c.key).where(audit.c.account == _ACCOUNT, audit.c.key.in_(sa.select(each("keys", dialect))))


@cache
def _begin_chain(dialect: str) -> sa.Executable:
    return insert(audit_head, dialect).on_conflict_do_nothing(index_elements=["account"])


def append(conn: sa.Connection, account: str, entries: Sequence[Entry]) -> AuditEntry | None:
    """Append entries to the account's chain, in their order; those whose key is there already are left out.

    Others who append to the same account wait until the transaction ends, so do this last.

    Returns:
        The last entry appended; None if none was.

    Raises:
        ValueError, TypeError: for details that JSON cannot write.
    """
    if not entries:
        return None
    sequence, previous = _lock_head(conn, account)
    rows: list[dict[str, Any]] = []
    link = None
    for at, actor, action, subject, details, key in _new(conn, account, entries):
        sequence += 1
        link = chain(
            previous, account=account, sequence=sequence, at=at, actor=actor, action=action, subject=subject, details=details
        )
        previous = link.hash
        rows.append(_to_values(link, key))
    if link is not None:
        conn.execute(_APPEND, rows)
        conn.execute(_MOVE_HEAD, {"for_account": account, "sequence": link.sequence, "hash": link.hash})
    return link


def _to_values(entry: AuditEntry, key: str | None) -> dict[str, Any]:
    return {
        "account": entry.account,
        "sequence": entry.sequence,
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
        "previous": entry.previous,
        "hash": entry.hash,
        "key": key,
    }


def _lock_head(conn: sa.Connection, account: str) -> tuple[int, str]:
    row = conn.execute(_LOCK_HEAD, {"for_account": account}).one_or_none()
    if row is None:
        # No row, nothing to lock: whoever inserts it first holds it, the others wait here for the outcome.
        conn.execute(_begin_chain(conn.dialect.name), {"account": account, "sequence": 0, "hash": GENESIS})
        row = conn.execute(_LOCK_HEAD, {"for_account": account}).one()
    return row.sequence, row.hash


def _new(conn: sa.Connection, account: str, entries: Sequence[Entry]) -> Iterator[Entry]:
    keys = [entry.key for entry in entries if entry.key is not None]
    values = {"for_account": account, "keys": json.dumps(keys)}
    known = set(conn.execute(_known_keys(conn.dialect.name), values).scalars()) if keys else set()
    for entry in entries:
        if entry.key is None or entry.key not in known:
            known.add(entry.key)
            yield entry


def head(conn: sa.Connection, account: str) -> tuple[int, str]:
    """Read sequence and hash of the last entry; 0 and `GENESIS` before the first."""
    row = conn.execute(_HEAD, {"for_account": account}).one_or_none()
    return (0, GENESIS) if row is None else (row.sequence, row.hash)


def list_entries(
    conn: sa.Connection,
    account: str,
    *,
    subject: str | None = None,
    action: str | None = None,
    actor: str | None = None,
    since: datetime | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[AuditEntry]:
    """List entries, the oldest first.

    Args:
        conn: a transaction.
        account: the tenant.
        subject: only those about exactly this, or, if it is a workflow, about one of its versions (`welcome@7`).
        action: only those of this action.
        actor: only those of this actor.
        since: only those from this time on.
        after: only those with a higher sequence; pass the last one's to read on.
        limit: this many at most; None for all.
    """
    wanted = {"action": action, "actor": actor}
    statement = _ALL.where(
        audit.c.sequence > after, *(audit.c[name] == value for name, value in wanted.items() if value is not None)
    )
    if subject is not None:
        version_of = audit.c.subject.startswith(f"{subject}@", autoescape=True)
        statement = statement.where(sa.or_(audit.c.subject == subject, version_of))
    if since is not None:
        statement = statement.where(audit.c.at >= since)
    return [AuditEntry(*row) for row in conn.execute(statement.limit(limit), {"for_account": account})]


@contextmanager
def links(conn: sa.Connection, account: str) -> Iterator[Iterator[Link]]:
    """Read all entries in order as they are chained, for verification; they are read as they are taken.

    The rows are the driver's own, with whatever the database has in them: where there are millions, making anything else of each
    costs more than hashing it. Who leaves before the last one can do no more in the same transaction on PostgreSQL.

    Raises:
        StoreError: in the block, if the database cannot be read any further.
    """
    rows = _sqlite_links(conn, account) if conn.dialect.name == "sqlite" else _postgresql_links(conn, account)
    try:
        with rows as found:
            yield found
    except cast("Any", conn.dialect).dbapi.Error as error:
        raise faults.of_driver(error, conn.engine.url.render_as_string()) from error


@contextmanager
def _sqlite_links(conn: sa.Connection, account: str) -> Iterator[Iterator[Link]]:
    with conn.execute(_every_link(), {"for_account": account}) as result:
        yield cast("Iterator[Link]", result.cursor)


@contextmanager
def _postgresql_links(conn: sa.Connection, account: str) -> Iterator[Iterator[Link]]:
    from psycopg import capabilities

    if not capabilities.has_stream_chunked():
        yield _by_pages(conn, account)
        return
    # The server goes on sending while we hash; each page asked for by itself would be waited for.
    driver = cast("Any", conn.connection.driver_connection)
    with driver.cursor() as cursor, closing(cursor.stream(_EVERY_LINK, [account], size=_PAGE_OF_LINKS)) as rows:
        yield rows


def _by_pages(conn: sa.Connection, account: str) -> Iterator[Link]:
    after = _BEFORE_ALL
    while page := page_of_links(conn, account, after=after):
        yield from page
        after = page[-1][1]


_NAMES = ", ".join(column.name for column in _COLUMNS)
_EVERY_LINK = f"SELECT {_NAMES} FROM audit WHERE account = %s ORDER BY sequence"  # noqa: S608 - our own names


@cache
def _every_link() -> sa.Executable:
    return sa.select(*_RAW_COLUMNS).where(audit.c.account == _ACCOUNT).order_by(audit.c.sequence)


def page_of_links(conn: sa.Connection, account: str, *, after: int | None = None, up_to: int = _BEYOND_ALL) -> list[Link]:
    """Read the next entries as they are chained.

    Args:
        conn: a transaction.
        account: the tenant.
        after: only those with a higher sequence; None for all.
        up_to: none with a higher sequence than this.

    Returns:
        A few thousand at most; none if there are no more.
    """
    values = {"after": _BEFORE_ALL if after is None else after, "up_to": up_to, "limit": _PAGE_OF_LINKS}
    with conn.execute(_links(), {"for_account": account, **values}) as result:
        return cast("list[Link]", cast("Any", result.cursor).fetchall())


@cache
def _links() -> sa.Executable:
    window = audit.c.sequence > sa.bindparam("after"), audit.c.sequence <= sa.bindparam("up_to")
    found = sa.select(*_RAW_COLUMNS).where(audit.c.account == _ACCOUNT, *window).order_by(audit.c.sequence)
    return found.limit(sa.bindparam("limit", type_=sa.Integer))


def scan(conn: sa.Connection, account: str) -> Iterator[AuditEntry]:
    """Read all entries in order, a thousand at a time; needs the transaction as long as it is read."""
    after = _BEFORE_ALL
    while page := list_entries(conn, account, after=after, limit=_PAGE):
        yield from page
        after = page[-1].sequence
