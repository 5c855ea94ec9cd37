"""Two texts next to each other: what of them differs, and what may be left out because it is the same. Pure."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORDS = re.compile(r"\w+|\s+|[^\w\s]")
_MANY = 800
"""From how many words that may differ on, lines are compared; from how many such lines on, nothing is."""
_SHORT = 24
_ALIKE = 0.25
"""Below this share of equal letters, two texts are shown as two texts."""
_AROUND = 80
"""How much of what is the same is shown around what differs."""
_LONGEST = 2_000


class Piece(NamedTuple):
    """A part of a text. `differs` says that the other side does not have it; `left_out`, how many characters follow unseen."""

    text: str
    differs: bool = False
    left_out: int = 0


Pieces = tuple[Piece, ...]


def whole(text: str) -> Pieces:
    """A text that is not compared; cut if it is very long.

    >>> whole("hello")
    (Piece(text='hello', differs=False, left_out=0),)
    """
    return (Piece(text[:_LONGEST], left_out=max(0, len(text) - _LONGEST)),)


def differing(old: str, new: str) -> tuple[Pieces, Pieces]:
    """Both texts, with what differs marked where they have something in common; long stretches that they share are left out.

    What is short is shown as it is.

    >>> differing("we wait for one day, then call", "we wait for two days, then call")[1][1]
    Piece(text='two', differs=True, left_out=0)
    """
    if max(len(old), len(new)) < _SHORT:
        return whole(old), whole(new)
    for parts in (_WORDS.findall, _lines):
        before, after = parts(old), parts(new)
        head = _common(before, after)
        tail = _common(before[head:][::-1], after[head:][::-1])
        middles = before[head : len(before) - tail], after[head : len(after) - tail]
        if max(map(len, middles)) <= _MANY:
            return _compared("".join(before[:head]), middles, "".join(before[len(before) - tail :]))
    return whole(old), whole(new)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """With how many equal parts both begin."""
    for index, (one, other) in enumerate(zip(old, new, strict=False)):
        if one != other:
            return index
    return min(len(old), len(new))


def _compared(head: str, middles: tuple[list[str], list[str]], tail: str) -> tuple[Pieces, Pieces]:
    """Both texts of which the head and the tail are equal, by what differs in the middle; whole, if that is most."""
    before, after = middles
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    codes = matcher.get_opcodes()
    old, new = f"{head}{''.join(before)}{tail}", f"{head}{''.join(after)}{tail}"
    equal = "".join([head, *("".join(before[code[1] : code[2]]) for code in codes if code[0] == "equal"), tail])
    if 2 * _letters(equal) < _ALIKE * (_letters(old) + _letters(new)):
        return whole(old), whole(new)
    shared = tuple(_shortened(head, is_first=True)), tuple(_shortened(tail, is_last=True))
    olds: list[Piece] = [*shared[0]]
    news: list[Piece] = [*shared[0]]
    for tag, start, end, other_start, other_end in codes:
        left, right = "".join(before[start:end]), "".join(after[other_start:other_end])
        if tag == "equal":
            olds += _shortened(left)
            news += _shortened(right)
            continue
        olds += [Piece(left[:_LONGEST], differs=True, left_out=max(0, len(left) - _LONGEST))] if left else []
        news += [Piece(right[:_LONGEST], differs=True, left_out=max(0, len(right) - _LONGEST))] if right else []
    return (*olds, *shared[1]), (*news, *shared[1])


def _letters(text: str) -> int:
    return sum(map(len, text.split()))


def _shortened(text: str, *, is_first: bool = False, is_last: bool = False) -> list[Piece]:
    """What both have, without its middle; without its beginning where both begin with it, and its end where both end so."""
    if not text:
        return []
    head = 0 if is_first else _AROUND
    tail = 0 if is_last else _AROUND
    if len(text) <= head + tail + _AROUND:
        return [Piece(text)]
    return [Piece(text[:head], left_out=len(text) - head - tail), *([Piece(text[-tail:])] if tail else [])]
