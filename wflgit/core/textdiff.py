"""What changed inside of a long text: by lines, or by words where it is one line. Pure; it never takes long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

LONG = 80
"""From how many characters on a text of one line is long."""

_AROUND = 2
"""How many lines that are alike are shown around those that are not."""

_WORDS_AROUND = 32
"""The same in characters."""

_WORK = 400_000
"""How many pairs of lines or words are compared at most."""

_SIZE = 2_000_000
"""Texts of more characters together are not looked into."""


class Mark(StrEnum):
    """What became of a piece of a text. SKIPPED: pieces that are not shown; the text says how many."""

    SAME = " "
    ADDED = "+"
    REMOVED = "-"
    SKIPPED = "@"


class Piece(NamedTuple):
    """A line without its end, or some words."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class TextDiff:
    """What changed inside of a text.

    Attributes:
        by_lines: whether the pieces are lines; else they are stretches of one line.
        pieces: what stayed near what changed, what went and what came, in order.
    """

    by_lines: bool
    pieces: tuple[Piece, ...]


def is_text_change(old: Any, new: Any) -> bool:
    """Whether both values are texts, and one of them is so long that it is worth while to look inside."""
    return isinstance(old, str) and isinstance(new, str) and any("\n" in text or len(text) > LONG for text in (old, new))


def text_diff(old: str, new: str) -> TextDiff:
    r"""Compare two texts; very long ones that have little in common are only counted.

    >>> [tuple(map(str, piece)) for piece in text_diff("a\nb\nc", "a\nx\nc").pieces]
    [(' ', 'a'), ('-', 'b'), ('+', 'x'), (' ', 'c')]
    >>> [tuple(map(str, piece)) for piece in text_diff("Hello dear Ada", "Hello Ada").pieces]
    [(' ', 'Hello '), ('-', 'dear '), (' ', 'Ada')]
    """
    by_lines = "\n" in old or "\n" in new
    if len(old) + len(new) > _SIZE:
        return TextDiff(by_lines, _counted(Mark.REMOVED, old, by_lines=by_lines) + _counted(Mark.ADDED, new, by_lines=by_lines))
    before, after = (text.split("\n") if by_lines else re.findall(r"\w+|\s+|[^\w\s]", text) for text in (old, new))
    pieces = [*_pieces(before, after, by_lines=by_lines)]
    return TextDiff(by_lines, tuple(_near(pieces) if by_lines else _stretches(pieces)))


def _counted(mark: Mark, text: str, *, by_lines: bool) -> tuple[Piece, ...]:
    count = text.count("\n") + 1 if by_lines else len(text)
    return (Piece(mark, f"({count:,} {'lines' if by_lines else 'characters'})"),) if text else ()


def _pieces(old: Sequence[str], new: Sequence[str], *, by_lines: bool) -> Iterator[Piece]:
    """All pieces; what is the same at both ends is not searched."""
    least = min(len(old), len(new))
    head = next((place for place in range(least) if old[place] != new[place]), least)
    rest = least - head
    tail = next((place for place in range(rest) if old[-1 - place] != new[-1 - place]), rest)
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from (Piece(Mark.SAME, text) for text in old[:head])
    if len(before) * len(after) > _WORK:
        glue = "\n" if by_lines else ""
        yield from _counted(Mark.REMOVED, glue.join(before), by_lines=by_lines)
        yield from _counted(Mark.ADDED, glue.join(after), by_lines=by_lines)
    else:
        yield from _searched(before, after)
    yield from (Piece(Mark.SAME, text) for text in old[len(old) - tail :])


def _searched(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    from difflib import SequenceMatcher

    for tag, begin, end, new_begin, new_end in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            yield from (Piece(Mark.SAME, text) for text in old[begin:end])
        else:
            yield from (Piece(Mark.REMOVED, text) for text in old[begin:end])
            yield from (Piece(Mark.ADDED, text) for text in new[new_begin:new_end])


def _near(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """The lines that are not the same, and those near them."""
    changed = [place for place, piece in enumerate(pieces) if piece.mark is not Mark.SAME]
    near = {place + by for place in changed for by in range(-_AROUND, _AROUND + 1)}
    for is_near, stretch in groupby(enumerate(pieces), key=lambda item: item[0] in near):
        shown = [piece for _, piece in stretch]
        yield from shown if is_near or len(shown) == 1 else (Piece(Mark.SKIPPED, f"{len(shown):,} equal lines"),)


def _stretches(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Words as stretches of words; of those that are the same, what is near one that is not."""
    found = [Piece(mark, "".join(piece.text for piece in some)) for mark, some in groupby(pieces, key=lambda piece: piece.mark)]
    for place, (mark, text) in enumerate(found):
        head = _WORDS_AROUND if place else 0
        tail = _WORDS_AROUND if place + 1 < len(found) else 0
        if mark is not Mark.SAME or len(text) <= head + tail:
            yield found[place]
            continue
        yield from (Piece(mark, part) for part in (text[:head],) if part)
        yield Piece(Mark.SKIPPED, f"{len(text) - head - tail:,} equal characters")
        yield from (Piece(mark, part) for part in (text[len(text) - tail :],) if tail)
