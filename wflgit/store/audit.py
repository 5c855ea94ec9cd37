"""The audit trail: entries are appended to their account's chain and never changed. `core.audit` knows how links are made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from wflgit.core.audit import GENESIS, AuditEntry, chain
from wflgit.store.tables import audit, audit_head, each, insert

_PAGE = 1_000
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


def scan(conn: sa.Connection, account: str) -> Iterator[AuditEntry]:
    """Read all entries in order, a thousand at a time, for verification; needs the transaction as long as it is read."""
    after = _BEFORE_ALL
    while page := list_entries(conn, account, after=after, limit=_PAGE):
        yield from page
        after = page[-1].sequence
