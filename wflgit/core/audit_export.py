"""The audit trail as a file: a header and one entry a line, in JSON, to be verified by whoever has the file and nothing else.

Pure. A file comes from anywhere, so nothing in it is taken for granted, and what is wrong is said with its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from wflgit.core.audit import Anchor, BrokenLink, Link, Walk, time_text
from wflgit.errors import StoreError

FORMAT = "wflgit audit export 1"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEADER = ("format", "account", "entries", "head")
_ENTRY = Link._fields
_KINDS = {"entries": int, "sequence": int}
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Header:
    """What an export says of itself.

    Attributes:
        account: whose trail it is.
        entries: how many entries there are.
        head: the hash of the last one.
    """

    account: str
    entries: int
    head: str


@dataclass(frozen=True, slots=True)
class Voucher:
    """A publish tag that vouches for a chain up to an entry.

    Attributes:
        tag: its name, such as `welcome/v3`.
        sequence: the entry whose hash it noted.
        by: who made it, as Git says it; None if the tag does not say.
        at: when; None if the tag does not say.
    """

    tag: str
    sequence: int
    by: str | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class NotedAnchor:
    """An anchor, and the tag that notes it."""

    anchor: Anchor
    voucher: Voucher


@dataclass(frozen=True, slots=True)
class Evidence:
    """What came of verifying an export.

    Attributes:
        account: whose trail it says it is.
        entries: how many entries hold, from the first one on.
        head: the hash of the last one that holds.
        vouched: up to which entry a tag vouches for them; 0 if none does. Those after it could have been written anew.
        vouchers: the tags that vouch, by entry.
        strangers: tags that note another chain, such as that of another clone's side store.
        broken: the first place where the export does not hold, or None.
    """

    account: str
    entries: int
    head: str
    vouched: int
    vouchers: tuple[Voucher, ...]
    strangers: tuple[str, ...]
    broken: BrokenLink | None


def format_header(header: Header) -> str:
    """Write the first line of an export."""
    return json.dumps({"format": FORMAT, "account": header.account, "entries": header.entries, "head": header.head})


def format_link(link: Link) -> str:
    """Write an entry's line.

    Raises:
        StoreError: if it is no entry: somebody has put into the store what wflgit never writes.
    """
    values: dict[str, Any] = dict(zip(_ENTRY, link, strict=True))
    try:
        values["at"] = time_text(values["at"])
        return json.dumps(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise StoreError(f"audit entry {link[1]!r} cannot be exported: {error}", hint="wflgit audit verify tells more") from error


def verify_lines(lines: Iterable[bytes], name: str, noted: Sequence[NotedAnchor] = ()) -> Evidence:
    """Verify an export: the chain of its entries, what its header says, and what tags have noted of it.

    Args:
        lines: the file's lines; read once, and only as far as they hold.
        name: what to call the file.
        noted: what tags have noted, of this chain or of others.

    Raises:
        StoreError: if it does not begin as an export.
    """
    rest = enumerate(lines, 1)
    header = _read_header(next(rest, (1, b""))[1], name)
    first = next(rest, None)
    own = [found for found in noted if first and found.anchor.first == _hash_in(first[1])]
    walk = Walk({found.anchor.sequence: found.anchor.hash for found in own})
    broken = _walk_lines(walk, chain([] if first is None else [first], rest), header) or walk.end() or _end(walk, header)
    vouchers = sorted(
        (found.voucher for found in own if found.voucher.sequence <= walk.last), key=lambda found: (found.sequence, found.tag)
    )
    return Evidence(
        account=header.account,
        entries=walk.last,
        head=walk.head,
        vouched=vouchers[-1].sequence if vouchers else 0,
        vouchers=tuple(vouchers),
        strangers=tuple(found.voucher.tag for found in noted if found not in own),
        broken=broken,
    )


def _walk_lines(walk: Walk, lines: Iterable[tuple[int, bytes]], header: Header) -> BrokenLink | None:
    for number, line in lines:
        try:
            link = _read_link(line)
        except ValueError as error:
            return BrokenLink(walk.last + 1, f"line {number}: {error}")
        if link.account != header.account:
            return BrokenLink(walk.last + 1, f"line {number}: expected account '{header.account}' but found '{link.account}'")
        broken = walk.over((link,))
        if broken is not None:
            return BrokenLink(broken.sequence, f"line {number}: {broken.reason}")
    return None


def _end(walk: Walk, header: Header) -> BrokenLink | None:
    if (walk.last, walk.head) == (header.entries, header.head):
        return None
    said = f"expected the {header.entries} entries with head '{header.head}' that the header says"
    return BrokenLink(min(walk.last, header.entries) + 1, f"{said} but the last of {walk.last} has '{walk.head}'")


def _hash_in(line: bytes) -> str | None:
    try:
        return _read_link(line).hash
    except ValueError:
        return None


def _read_header(line: bytes, name: str) -> Header:
    try:
        form, account, entries, head = _read(line, _HEADER)
    except ValueError as error:
        raise _no_export(name, str(error)) from error
    if form != FORMAT:
        raise _no_export(name, f"expected the format '{FORMAT}' but got '{_short(form)}'")
    return Header(account, entries, head)


def _no_export(name: str, reason: str) -> StoreError:
    hint = "write one: wflgit audit export -o FILE"
    return StoreError(f"'{name}' is no export of an audit trail: line 1: {reason}", hint=hint)


def _read_link(line: bytes) -> Link:
    account, sequence, at, *rest = _read(line, _ENTRY)
    try:
        moment = datetime.fromisoformat(at)
        microseconds = (moment.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1) if moment.tzinfo else None
    except (ValueError, OverflowError):
        microseconds = None
    if microseconds is None or time_text(microseconds) != at:
        raise ValueError(f"expected a time like 2026-03-01T09:00:00.000000+00:00 but got '{_short(at)}'")
    return Link(account, sequence, microseconds, *rest)


def _read(line: bytes, names: tuple[str, ...]) -> list[Any]:
    """The values of a line's object, which has exactly these names in this order."""
    try:
        pairs = json.loads(line, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"expected JSON but got '{_short(line.decode(errors='replace'))}': {error}") from error
    if not isinstance(pairs, _Pairs) or tuple(name for name, _ in pairs) != names:
        raise ValueError(f"expected an object with {', '.join(names)} but got '{_short(line.decode(errors='replace'))}'")
    for name, value in pairs:
        kind = _KINDS.get(name, str)
        if type(value) is not kind:
            raise ValueError(f"expected {'a whole number' if kind is int else 'text'} as {name} but got '{_short(str(value))}'")
    return [value for _, value in pairs]


class _Pairs(list[tuple[str, object]]):
    """An object of JSON with its names as they stand there, so that none can stand there twice."""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
