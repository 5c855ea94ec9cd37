"""Lines of styled spans, and what makes any text fit for a terminal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple


class Style(StrEnum):
    """What a piece of text is, for those who see colours; the words must do without."""

    PLAIN = "plain"
    STRONG = "strong"
    DIM = "dim"
    GOOD = "good"
    CAUTION = "caution"
    BAD = "bad"


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Span, ...]
Paint = Callable[[str, Style], str]

# Control characters (C0, DEL, C1), line separators, bidirectional overrides, and surrogates, which no encoding can write.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ELLIPSIS = "…"


def line(*parts: str | Span) -> Line:
    """Put a line together; plain texts are taken as they are."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def unpainted(text: str, style: Style) -> str:  # noqa: ARG001 - the signature of a `Paint`
    """The paint that leaves styles out."""
    return text


def write(parts: Line, paint: Paint = unpainted) -> str:
    """Write a line as one text without a line end. Nothing in it can move a cursor or fake a line."""
    return "".join(paint(printable(span.text), span.style) for span in parts)


def plain(lines: Iterable[Line]) -> str:
    """Write lines without styles, each with its line end."""
    return "".join(f"{write(parts)}\n" for parts in lines)


def printable(text: str) -> str:
    r"""Replace what a terminal would obey by what it is called; tabs become spaces.

    >>> printable("\x1b[2J")
    '\\x1b[2J'
    """
    return _UNSAFE.sub(_escape, text.expandtabs(4))


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def width(text: str) -> int:
    """How many columns of a terminal a printable text takes; East Asian wide characters and emoji take two.

    >>> width("naïve"), width("日本"), width("✉")
    (5, 4, 1)
    """
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def shorten(text: str, columns: int) -> str:
    """Cut a printable text so that it takes no more than so many columns; the cut shows.

    >>> shorten("a long summary", 8)
    'a long …'
    """
    if width(text) <= columns:
        return text
    kept, used = [], 0
    for char in text:
        used += _columns(char)
        if used > columns - 1:
            break
        kept.append(char)
    return "".join(kept) + _ELLIPSIS


def when(moment: datetime | None) -> str:
    """A time to the minute, in UTC; empty for None.

    >>> when(datetime(2026, 1, 5, 9, 0, 30, tzinfo=UTC))
    '2026-01-05 09:00'
    """
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def day(moment: datetime) -> str:
    """A time to the day, in UTC, where there is no room for more.

    >>> day(datetime(2026, 1, 5, 9, 0, 30, tzinfo=UTC))
    '2026-01-05'
    """
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def count(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count(1, "step"), count(2000, "step")
    ('1 step', '2,000 steps')
    """
    return f"{number:,} {noun if number == 1 else f'{noun}s'}"


SHORT = 8
"""How many digits of a commit id are shown."""
