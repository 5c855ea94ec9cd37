"""Conflict markers in a file: whole lines as Git writes them, and beside each marker what it is about. Pure.

Which lines stand between markers is decided elsewhere; here are the marks themselves, how a marked text reads for each side, and
which conflict a mark belongs to.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wflgit.core.formats import parse
from wflgit.core.jsonplaces import find_place
from wflgit.core.merge.conflicts import BASE, OURS, THEIRS
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.core.graph import Graph, Pointer
    from wflgit.core.merge.conflicts import MergeConflict

_LONGEST_LABEL = 100
_OPENING = {"<": OURS, "|": BASE, "=": THEIRS, ">": None}


@dataclass(frozen=True, slots=True)
class Labels:
    """What the sides are called beside the markers."""

    base: str = BASE
    ours: str = OURS
    theirs: str = THEIRS


class Span(NamedTuple):
    """Lines of one side's reading of a marked text, from `begin` to before `end`; they may be none."""

    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One place between markers.

    Attributes:
        lines: the numbers of its lines that are markers, in the marked text.
        ours: where it is in our reading.
        theirs: where it is in theirs.
    """

    lines: tuple[int, ...]
    ours: Span
    theirs: Span


@dataclass(frozen=True, slots=True)
class Marked:
    """A text with markers, taken apart: how it reads for each side, and where the marks are."""

    lines: tuple[bytes, ...]
    ours: bytes
    theirs: bytes
    marks: tuple[Mark, ...]


def whole_file(ours: bytes, theirs: bytes, labels: Labels, size: int) -> bytes:
    """Both sides one after the other, between markers: for what no tool can put together line by line."""
    marks = (f"{mark * size} {label}".encode() for mark, label in (("<", labels.ours), (">", labels.theirs)))
    opening, closing = marks
    return b"\n".join([opening, _ended(ours) + b"=" * size, _ended(theirs) + closing, b""])


def _ended(content: bytes) -> bytes:
    return content if not content or content.endswith(b"\n") else content + b"\n"


def take_apart(marked: bytes, size: int) -> Marked:
    """Read a text that Git has put markers of this size into; one that is broken reads as far as it goes."""
    lines = tuple(marked.splitlines(keepends=True))
    readings: dict[str, list[bytes]] = {OURS: [], THEIRS: []}
    marks: list[Mark] = []
    side: str | None = None
    begin, found = (0, 0), list[int]()
    for number, line in enumerate(lines):
        mark = _mark_of(line, size)
        if mark is None:
            for wanted, reading in readings.items():
                if side in (None, wanted):
                    reading.append(line)
            continue
        if mark == "<":
            begin, found = (len(readings[OURS]), len(readings[THEIRS])), list[int]()
        found.append(number)
        side = _OPENING[mark]
        if side is None:
            spans = (Span(at, len(reading)) for at, reading in zip(begin, readings.values(), strict=True))
            marks.append(Mark(tuple(found), *spans))
    return Marked(lines, b"".join(readings[OURS]), b"".join(readings[THEIRS]), tuple(marks))


def _mark_of(line: bytes, size: int) -> str | None:
    """Which marker a line is; a line of JSON never begins like one."""
    first = line[:1].decode("latin-1")
    return (
        first
        if first in _OPENING and re.fullmatch(rb".{%d}(?: .*)?\r?\n?" % size, line) and line[:size] == line[:1] * size
        else None
    )


def label_marks(marked: bytes, conflicts: Sequence[MergeConflict], labels: Labels, size: int) -> bytes:
    """Write beside the markers what they are about, as far as it can be told; the markers and all else stay.

    Args:
        marked: a text with markers of this size.
        conflicts: what is in conflict.
        labels: what the sides are called.
        size: how many characters a marker has.
    """
    apart = take_apart(marked, size)
    lines = list(apart.lines)
    places = [_places(apart.ours, conflicts), _places(apart.theirs, conflicts)]
    for mark in apart.marks:
        about = _subject(mark, conflicts, places)
        for number, side in ((mark.lines[0], labels.ours), (mark.lines[-1], labels.theirs)):
            if about:
                end = b"\r\n" if lines[number].endswith(b"\r\n") else b"\n"
                lines[number] = lines[number][:size] + f" {side}: {about}".encode("utf-8", "replace") + end
    return b"".join(lines)


def _subject(mark: Mark, conflicts: Sequence[MergeConflict], places: Sequence[Sequence[Sequence[Span]]]) -> str:
    """What a mark is about, in a few words; empty if nobody can tell."""
    if len(conflicts) == 1:
        return describe(conflicts[0])
    spans = (mark.ours, mark.theirs)
    touched = [
        describe(conflict)
        for number, conflict in enumerate(conflicts)
        if any(_meet(span, place) for span, found in zip(spans, places, strict=True) for place in found[number])
    ]
    more = f" and {len(touched) - 1} more" if len(touched) > 1 else ""
    return touched[0] + more if touched else ""


def _meet(one: Span, other: Span) -> bool:
    return max(one.begin, other.begin) < min(one.end, other.end)


def describe(conflict: MergeConflict) -> str:
    """What a conflict is about, fit for one line.

    >>> from wflgit.core.merge.conflicts import ConflictKind, MergeConflict
    >>> describe(MergeConflict("steps/opened/config/subject", ConflictKind.FIELD, "", step="opened"))
    'step opened config.subject'
    """
    about = "the whole file" if conflict.path == "file" else conflict.path
    if conflict.step is not None and about.startswith(f"steps/{conflict.step}"):
        rest = about.removeprefix(f"steps/{conflict.step}").strip("/").replace("/", ".")
        about = f"step {conflict.step} {rest}".rstrip()
    plain = "".join(letter if letter.isprintable() else "?" for letter in about)
    return plain if len(plain) <= _LONGEST_LABEL else f"{plain[: _LONGEST_LABEL - 1]}…"


def _places(reading: bytes, conflicts: Sequence[MergeConflict]) -> list[list[Span]]:
    """Where in a reading each conflict is, as far as it can be told."""
    try:
        graph = parse(reading).graph
        text = reading.decode()
    except (DefinitionError, UnicodeDecodeError):
        return [[] for _ in conflicts]
    return [[_lines_of(text, pointer) for pointer in _pointers(graph, conflict)] for conflict in conflicts]


def _pointers(graph: Graph, conflict: MergeConflict) -> Iterator[Pointer]:
    """What of a graph a conflict is about."""
    area, _, rest = conflict.path.partition("/")
    step = graph.steps.get(conflict.step or "")
    if step is not None:
        yield step.pointer
        yield from (edge.pointer for edge in graph.outgoing.get(step.id, ()) if area == "edges" and edge.pointer)
    parts = [(part.id, part.pointer) for part in graph.triggers] if area == "triggers" else []
    parts += [(part.id, part.pointer) for part in graph.goals] if area == "goals" else []
    yield from (pointer for name, pointer in parts if rest == name or rest.startswith(f"{name}/"))
    if area == "settings":
        yield (rest.partition("/")[0],)


def _lines_of(text: str, pointer: Pointer) -> Span:
    place = find_place(text, pointer)
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(text, place.value)
    except (ValueError, RecursionError):
        end = place.value
    begin = place.value if place.key is None else place.key
    return Span(text.count("\n", 0, begin), text.count("\n", 0, end) + 1)
