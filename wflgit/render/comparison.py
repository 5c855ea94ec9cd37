"""A comparison of two revisions as text: what somebody did, change by change, with old and new values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import Comparison, EdgeChange, Part, PartChange
from wflgit.core.discretion import conceal_comparison
from wflgit.core.fieldchanges import ChangeKind, FieldChange
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, EdgeKind, Goal
from wflgit.core.textdiff import Mark, is_text_change, text_diff
from wflgit.core.words import telling_name, words_of
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CHANGED = Span("~ ", Style.CAUTION)
_MARKS = {ChangeKind.ADDED: Span("+ ", Style.GOOD), ChangeKind.REMOVED: Span("- ", Style.BAD), ChangeKind.CHANGED: _CHANGED}
_NOTHING_MEANT = Span("· ", Style.DIM)
NOISE = {
    Worth.COSMETIC: "only for the eye",
    Worth.VOLATILE: "written anew by every export",
    Worth.PRIVATE: "data kept beside the workflow",
}
_PIECES = {Mark.SAME: Style.PLAIN, Mark.ADDED: Style.GOOD, Mark.REMOVED: Style.BAD, Mark.SKIPPED: Style.DIM}
_ADDED = frozenset({ChangeType.STEPS_INSERTED, ChangeType.STEPS_WRAPPED})
_REMOVED = frozenset({ChangeType.STEPS_TAKEN_OUT, ChangeType.STEPS_UNWRAPPED})
_SETTINGS = frozenset({ChangeType.NAME_CHANGED, ChangeType.START_CHANGED, ChangeType.SETTING_CHANGED})
_ONE_LINE = 100


def comparison_lines(comparison: Comparison) -> Iterator[Line]:
    """What somebody did, change by change: to the workflow as a whole, triggers, steps, edges, goals. Nothing if nothing differs.

    Secrets are not shown.
    """
    if not comparison:
        return
    comparison = conceal_comparison(comparison)
    yield line(Span(f"{comparison.old} → {comparison.new}", Style.STRONG))
    settings = [change for change in comparison.changes if change.type in _SETTINGS]
    if settings:
        yield line(_CHANGED, "workflow")
        yield from _field_lines([field for change in settings for field in change.fields])
    for change in comparison.changes:
        if change.noise is None and change not in settings:
            yield from _change_lines(change)
    if comparison.noise:
        yield line(_NOTHING_MEANT, Span(f"without a meaning: {_noise(comparison)}", Style.DIM))


def same_meaning(comparison: Comparison) -> str:
    """That nothing differs that has a meaning; and what else does, if anything."""
    return f"they mean the same; what differs is {_noise(comparison)}" if comparison.noise else "they mean the same"


def _noise(comparison: Comparison) -> str:
    return " and ".join(f"{NOISE[noise.worth]} ({', '.join(noise.fields)})" for noise in comparison.noise)


def _change_lines(change: Change) -> Iterator[Line]:
    words = (Span(word, Style.STRONG if place % 2 else Style.PLAIN) for place, word in enumerate(words_of(change)) if word)
    what = _what(change)
    yield line(_mark(change), *words, *([f" ({what})"] if what else []))
    for part in change.parts:
        yield from _part_lines(part, alone=not change.steps)
    yield from _field_lines([field for field in change.fields if not (change.steps and field.path[0] in _SAID)])
    for edge in change.edges:
        if not change.parts and not change.steps:
            yield from _condition_lines(edge)
        elif not change.steps or _edge(edge).kind not in _PLAIN or _edge(edge).condition is not None:
            yield from _edge_lines(edge)
    if change.order is not None:
        yield from value_lines(
            "order", *(", ".join(edge.label for edge in edges) for edges in (change.order.old, change.order.new))
        )


_SAID = ("scope", "start", "disabled")
_PLAIN = (EdgeKind.NEXT, EdgeKind.ENTER)
"""The fields and ways that are said by saying between or in which steps some are."""


def _mark(change: Change) -> Span:
    if change.type in _ADDED or change.type.endswith("-added"):
        return _MARKS[ChangeKind.ADDED]
    return _MARKS[ChangeKind.REMOVED] if change.type in _REMOVED or change.type.endswith("-removed") else _CHANGED


def _what(change: Change) -> str:
    """The type of the only part that a change is about, where it is not said by its id."""
    if change.steps:
        return ""
    parts = [part.new or part.old for part in change.parts if part.id == change.subject]
    return "" if not parts or parts[0] is None or _type(parts[0]) == change.subject else _type(parts[0])


def _type(part: Part) -> str:
    return part.event if isinstance(part, Goal) else part.type


def _part_lines(change: PartChange, *, alone: bool) -> Iterator[Line]:
    """What a part that came or went says; its id and type, too, where it is one of those between others."""
    part = change.new or change.old
    if part is None or change.kind is ChangeKind.CHANGED:
        return
    if alone:
        if part.config:
            yield line(f"    config: {_value(part.config)}")
        return
    name = telling_name(part)
    called = f"{change.id} '{name}'" if name else change.id
    yield line("    ", Span(called, Style.STRONG), f" ({_type(part)})", f": {_value(part.config)}" if part.config else "")


def _field_lines(changes: Sequence[FieldChange]) -> Iterator[Line]:
    for change in changes:
        path = _path(change.path)
        if is_text_change(change.old, change.new):
            yield from _text_lines(path, change.old, change.new)
            continue
        old = "absent" if change.kind is ChangeKind.ADDED else _value(change.old)
        new = "absent" if change.kind is ChangeKind.REMOVED else _value(change.new)
        yield from value_lines(path, old, new)


def value_lines(name: str, old: str, new: str) -> Iterator[Line]:
    """Old and new in one line if they are short, else below each other."""
    if len(old) + len(new) <= _ONE_LINE:
        yield line(f"    {name}: ", Span(old, Style.BAD), " → ", Span(new, Style.GOOD))
        return
    yield line(f"    {name}:")
    yield line(Span(f"      - {old}", Style.BAD))
    yield line(Span(f"      + {new}", Style.GOOD))


def _text_lines(name: str, old: str, new: str) -> Iterator[Line]:
    """What changed inside of a long text: lines with marks before them, or words with brackets around them."""
    found = text_diff(old, new)
    if all(piece.mark is not Mark.SAME for piece in found.pieces) and "\n" not in f"{old}{new}":
        yield from value_lines(name, _value(old), _value(new))
        return
    yield line(f"    {name}:")
    if found.by_lines:
        yield from (line(Span(f"      {piece.mark} {piece.text}", _PIECES[piece.mark])) for piece in found.pieces)
        return
    yield line("      ", *(Span(_BRACKETS[piece.mark].format(piece.text), _PIECES[piece.mark]) for piece in found.pieces))


_BRACKETS = {Mark.SAME: "{}", Mark.ADDED: "{{+{}+}}", Mark.REMOVED: "[-{}-]", Mark.SKIPPED: "… {} …"}


def _edge_lines(change: EdgeChange) -> Iterator[Line]:
    """A way that came, went or leads elsewhere with what a change is about."""
    old = f" (was {_target(change.old)})" if change.old is not None and change.new is not None else ""
    yield line("    ", _MARKS[change.kind], f"{change.source} --{change.label}--> {_target(_edge(change))}{old}")
    if change.old is None or change.new is None:
        yield from _condition_lines(change)


def _edge(change: EdgeChange) -> Edge:
    edge = change.new or change.old
    assert edge is not None
    return edge


def _condition_lines(change: EdgeChange) -> Iterator[Line]:
    old, new = change.old, change.new
    if old is None or new is None:
        if _edge(change).condition is not None:
            yield line(f"    condition: {_value(_edge(change).condition)}")
        return
    if old.kind is not new.kind:
        yield from value_lines("kind", old.kind, new.kind)
    before, after = _value(old.condition), _value(new.condition)
    if before != after:
        yield from value_lines("condition", before, after)


def _target(edge: Edge) -> str:
    return "end" if edge.target is None else edge.target


def _path(path: Sequence[str | int]) -> str:
    """A path of keys and indexes as one would write it in code.

    >>> _path(("config", "branches", 0, "label"))
    'config.branches[0].label'
    """
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def _value(value: Any) -> str:
    """A value as JSON; equal values are written equally, and what only Python takes for equal (`1` and `true`) is not."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
