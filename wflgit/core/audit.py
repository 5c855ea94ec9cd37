"""The audit chain: every entry's hash covers the entry and the hash before it, so no entry can be changed unseen.

Pure: what is kept where is the store's business. A chain alone shows an edit only to somebody who knows an older head;
anchors (hashes noted elsewhere, such as in a publish tag) are what the last entries are held against.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

GENESIS = "0" * 64
"""What stands for the hash before the first entry."""

_FORMAT = "wflgit audit 1"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One link of the audit chain. `hash` covers every other field and `previous`, so no entry can be changed unseen."""

    account: str
    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as the audit trail tells it to who follows it.

    Attributes:
        cursor: where it stands in the account's trail; pass it as `after` to go on from there.
        at: when it happened, in UTC.
        actor: id of who did it.
        action: what was done, such as `version.published`.
        subject: to what, such as `welcome@7`.
        data: all else that is told of it, JSON.
    """

    cursor: int
    at: datetime
    actor: str
    action: str
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first place where a chain does not hold. `reason` is "expected … but …"."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of walking the audit chain.

    Attributes:
        entries: how many entries there are.
        anchors: how many of them a publish tag vouches for.
        broken: the first place where the chain does not hold, or None.
    """

    entries: int
    anchors: int
    broken: BrokenLink | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The head of a chain as a publish tag notes it. `first` is the hash of entry 1, which tells one chain from another."""

    first: str
    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}/{self.hash}/{self.first}"


def parse_anchor(text: str) -> Anchor | None:
    """Read what `str(anchor)` wrote; None for anything else.

    >>> parse_anchor("3/abc/def")
    Anchor(first='def', sequence=3, hash='abc')
    """
    parts = text.split("/")
    if len(parts) != 3 or not parts[0].isdecimal():
        return None
    return Anchor(first=parts[2], sequence=int(parts[0]), hash=parts[1])


def canonical_details(details: Mapping[str, Any]) -> str:
    r"""Write the details of an entry as the one text that is hashed and kept: sorted keys, no spaces, plain ASCII.

    Raises:
        ValueError: for a number JSON has no way to write (NaN, infinity).
        TypeError: for a value that is not JSON.

    >>> canonical_details({"to": 7, "from": "Größe"})
    '{"from":"Gr\\u00f6\\u00dfe","to":7}'
    """
    return json.dumps(details, sort_keys=True, separators=(",", ":"), allow_nan=False)


def chain(
    previous: str, *, account: str, sequence: int, at: datetime, actor: str, action: str, subject: str, details: Mapping[str, Any]
) -> AuditEntry:
    """Make the entry that follows the one whose hash is `previous` (`GENESIS` for the first).

    Raises:
        ValueError, TypeError: for details that JSON cannot write.
    """
    text = canonical_details(details)
    entry = AuditEntry(account, sequence, at.astimezone(UTC), actor, action, subject, text, previous, hash="")
    return replace(entry, hash=entry_hash(entry))


def event_of(entry: AuditEntry) -> Event:
    """Tell an entry as an event, without what only the chain needs."""
    return Event(entry.sequence, entry.at, entry.actor, entry.action, entry.subject, json.loads(entry.details))


def entry_hash(entry: AuditEntry) -> str:
    """Compute what the hash of an entry has to be: SHA-256 in hex over all its other fields, each with its length before it.

    The lengths keep `("ab", "c")` and `("a", "bc")` apart.
    """
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = (
        _FORMAT,
        entry.previous,
        entry.account,
        str(entry.sequence),
        at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.details,
    )
    return hashlib.sha256("".join(f"{len(field)}:{field}" for field in fields).encode("utf-8", "surrogatepass")).hexdigest()


def verify(entries: Iterable[AuditEntry], *, anchors: Mapping[int, str] | None = None) -> BrokenLink | None:
    """Find the first entry that is not what was written, or None if the whole chain holds.

    Args:
        entries: all entries of one account in the order of their sequence, read once.
        anchors: hashes known from elsewhere, by sequence. They show what the chain alone cannot: an end cut off, or a
            chain that was written anew.
    """
    missing = dict(anchors or {})
    previous, last = GENESIS, 0
    account: str | None = None
    for entry in entries:
        account = entry.account if account is None else account
        reason = _fault(entry, account, last + 1, previous, missing.pop(entry.sequence, None))
        if reason is not None:
            return BrokenLink(last + 1, reason)
        previous, last = entry.hash, entry.sequence
    if missing:
        sequence = min(missing)
        return BrokenLink(sequence, f"expected entry {sequence} with hash '{missing[sequence]}' but the chain ends at {last}")
    return None


def _fault(entry: AuditEntry, account: str, sequence: int, previous: str, anchor: str | None) -> str | None:
    if entry.sequence != sequence:
        return f"expected entry {sequence} but found entry {entry.sequence}"
    if entry.account != account:
        return f"expected account '{account}' but found '{entry.account}'"
    if entry.previous != previous:
        return f"expected the previous hash '{previous}' but found '{entry.previous}'"
    expected = entry_hash(entry)
    if entry.hash != expected:
        return f"expected the hash '{expected}' but found '{entry.hash}': the entry was changed"
    if anchor not in (None, entry.hash):
        return f"expected the hash '{anchor}', noted when it was written, but found '{entry.hash}'"
    return None
