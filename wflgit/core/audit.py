"""The audit chain: every entry's hash covers the entry and the hash before it, so no entry can be changed unseen.

Pure: what is kept where is the store's business. A chain alone shows an edit only to somebody who knows an older head;
anchors (hashes noted elsewhere, such as in a publish tag) are what the last entries are held against.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

GENESIS = "0" * 64
"""What stands for the hash before the first entry."""

_FORMAT = "wflgit audit 1"
_BEGIN = f"{len(_FORMAT)}:{_FORMAT}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


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


class Link(NamedTuple):
    """An entry as it is chained; what walks a whole chain takes these, or plain tuples. `at` is in microseconds since 1970."""

    account: str
    sequence: int
    at: int
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str


def link_of(entry: AuditEntry) -> Link:
    """Tell an entry as a link."""
    at = (entry.at - _EPOCH) // _MICROSECOND
    return Link(
        entry.account, entry.sequence, at, entry.actor, entry.action, entry.subject, entry.details, entry.previous, entry.hash
    )


def entry_hash(entry: AuditEntry) -> str:
    """Compute what the hash of an entry has to be: SHA-256 in hex over all its other fields, each with its length before it.

    The lengths keep `("ab", "c")` and `("a", "bc")` apart.
    """
    return _hash(*link_of(entry)[:-1])


def _hash(account: str, sequence: int, at: int, actor: str, action: str, subject: str, details: str, previous: str) -> str:
    fields = (previous, account, str(sequence), time_text(at), actor, action, subject, details)
    text = _BEGIN + "".join(f"{len(field)}:{field}" for field in fields)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class _Lengths(dict[int, str]):
    """What stands before a field, by its length: looked up, because writing numbers is half of the work."""

    def __missing__(self, length: int) -> str:
        text = f"{length}:"
        if length < 4096:
            self[length] = text
        return text


_LENGTHS = _Lengths()


class _Fields(dict[str, str]):
    """Fields that many entries of a chain have in common, each with its length before it."""

    def __missing__(self, field: str) -> str:
        text = f"{len(field)}:{field}"
        if len(self) < 1024 and len(field) < 1024:
            self[field] = text
        return text


_FIELDS = _Fields()


class _Minutes(dict[int, str]):
    """Times up to the colon after the minute, by minutes since 1970: neighbours in a chain often have the same."""

    def __missing__(self, minute: int) -> str:
        text = (_EPOCH + timedelta(minutes=minute)).isoformat()[:17]
        if len(self) >= 1024:
            self.clear()
        self[minute] = text
        return text


_MINUTES = _Minutes()


def time_text(at: int) -> str:
    """Write a time, in microseconds since 1970, as it is hashed.

    >>> time_text(1_500_000)
    '1970-01-01T00:00:01.500000+00:00'
    """
    time = str(at % 60_000_000 + 100_000_000)
    return f"{_MINUTES[at // 60_000_000]}{time[1:3]}.{time[3:]}+00:00"


def verify(entries: Iterable[AuditEntry], *, anchors: Mapping[int, str] | None = None) -> BrokenLink | None:
    """Find the first entry that is not what was written, or None if the whole chain holds.

    Args:
        entries: all entries of one account in the order of their sequence, read once.
        anchors: hashes known from elsewhere, by sequence. They show what the chain alone cannot: an end cut off, or a
            chain that was written anew.
    """
    return verify_links(map(link_of, entries), anchors=anchors)


def verify_links(links: Iterable[Link], *, anchors: Mapping[int, str] | None = None) -> BrokenLink | None:
    """Do what `verify` does, for a chain of any length as fast as it can be hashed."""
    walk = Walk(anchors or {})
    return walk.over(links) or walk.end()


class Walk:
    """How far a chain was found to hold.

    Attributes:
        last: the sequence of the last link that holds; 0 before the first.
        head: its hash; `GENESIS` before the first.
    """

    def __init__(self, anchors: Mapping[int, str]) -> None:
        self.last = 0
        self.head = GENESIS
        self._account: str | None = None
        self._missing = dict(anchors)

    def over(self, links: Iterable[Link]) -> BrokenLink | None:
        """Go on over the next links; stops before the first one that does not hold, and says why not."""
        rest = iter(links)
        while (link := self._skim(rest)) is not None:
            if self._account is None:
                self._account = link[0]
            reason = _fault(link, self._account, self.last + 1, self.head, self._missing.pop(self.last + 1, None))
            if reason is not None:
                return BrokenLink(self.last + 1, reason)
            self.last, self.head = self.last + 1, link[8]
        return None

    def _skim(self, links: Iterator[Link]) -> Link | None:
        """Go on over links that plainly hold; returns the first one that has to be looked at closely.

        The loop has within it what `_hash` does, because each call would be a good part of what it costs.
        """
        missing, account, last, head = self._missing, self._account, self.last, self.head
        whose_text, sha256 = _FIELDS[account or ""], hashlib.sha256
        lengths, short, minutes = _LENGTHS, _FIELDS, _MINUTES
        for link in links:
            whose, sequence, at, actor, action, subject, details, previous, found = link
            if previous != head or sequence != last + 1 or whose != account or sequence in missing:
                break
            try:
                number = str(sequence)
                time = str(at % 60_000_000 + 100_000_000)  # always a digit too many, so that none is missing
                text = (
                    f"{_BEGIN}64:{previous}{whose_text}{lengths[len(number)]}{number}"
                    f"32:{minutes[at // 60_000_000]}{time[1:3]}.{time[3:]}+00:00"
                    f"{short[actor]}{short[action]}{lengths[len(subject)]}{subject}{lengths[len(details)]}{details}"
                ).encode()
            except (TypeError, ValueError, OverflowError):
                break
            if sha256(text).hexdigest() != found:
                break
            last, head = sequence, found
        else:
            link = None
        self.last, self.head = last, head
        return link

    def end(self) -> BrokenLink | None:
        """Say whether the chain goes as far as the anchors do."""
        if not self._missing:
            return None
        sequence = min(self._missing)
        known = self._missing[sequence]
        return BrokenLink(sequence, f"expected entry {sequence} with hash '{known}' but the chain ends at {self.last}")


def _fault(link: Link, account: str, sequence: int, previous: str, anchor: str | None) -> str | None:
    link = Link(*link)
    if link.sequence != sequence:
        return f"expected entry {sequence} but found entry {link.sequence}"
    if link.account != account:
        return f"expected account '{account}' but found '{link.account}'"
    if link.previous != previous:
        return f"expected the previous hash '{previous}' but found '{link.previous}'"
    try:
        expected = _hash(*link[:-1])
    except (TypeError, ValueError, OverflowError) as error:
        return f"expected an entry but found what none can be, {tuple(link)}: {error}"
    if link.hash != expected:
        return f"expected the hash '{expected}' but found '{link.hash}': the entry was changed"
    if anchor not in (None, link.hash):
        return f"expected the hash '{anchor}', noted when it was written, but found '{link.hash}'"
    return None
