"""A comparison of two revisions as text: what was added, removed and changed, with old and new values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.diff import ChangeKind, Comparison, EdgeChange, FieldChange, Part, PartChange
from wflgit.core.discretion import conceal_comparison
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, Goal
from wflgit.core.words import telling_name
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MARKS = {
    ChangeKind.ADDED: Span("+ ", Style.GOOD),
    ChangeKind.REMOVED: Span("- ", Style.BAD),
    ChangeKind.CHANGED: Span("~ ", Style.CAUTION),
}
_NOISE = {
    Worth.COSMETIC: "only for the eye",
    Worth.VOLATILE: "written anew by every export",
    Worth.PRIVATE: "data kept beside the workflow",
}
_ONE_LINE = 100


def comparison_lines(comparison: Comparison) -> Iterator[Line]:
    """The comparison, part by part: the workflow as a whole, triggers, steps, edges, goals. Nothing if nothing differs.

    Secrets are not shown.
    """
    if not comparison:
        return
    comparison = conceal_comparison(comparison)
    yield line(Span(f"{comparison.old} → {comparison.new}", Style.STRONG))
    if comparison.settings:
        yield line(_MARKS[ChangeKind.CHANGED], "workflow")
        yield from _field_lines(comparison.settings)
    yield from _part_lines("trigger", comparison.triggers)
    yield from _part_lines("step", comparison.steps)
    for change in comparison.edges:
        yield from _edge_lines(change)
    yield from _part_lines("goal", comparison.goals)


def same_meaning(comparison: Comparison) -> str:
    """That nothing differs that has a meaning; and what else does, if anything."""
    said = [f"{_NOISE[noise.worth]} ({', '.join(noise.fields)})" for noise in comparison.noise]
    return f"they mean the same; what differs is {' and '.join(said)}" if said else "they mean the same"


def _part_lines(noun: str, changes: Iterable[PartChange]) -> Iterator[Line]:
    for change in changes:
        part = change.new or change.old
        assert part is not None
        what, name = _what(part), telling_name(part)
        called = f" '{name}'" if name else ""
        said = line(
            _MARKS[change.kind], f"{noun} ", Span(change.id, Style.STRONG), called, f" ({what})" if what != change.id else ""
        )
        yield said if change.was is None else line(*said, ", was ", Span(change.was, Style.STRONG))
        if change.kind is ChangeKind.CHANGED:
            yield from _field_lines(change.fields)
        elif part.config:
            yield line(f"    config: {_value(part.config)}")


def _what(part: Part) -> str:
    return part.event if isinstance(part, Goal) else part.type


def _field_lines(changes: Sequence[FieldChange]) -> Iterator[Line]:
    for change in changes:
        path = _path(change.path)
        old = "absent" if change.kind is ChangeKind.ADDED else _value(change.old)
        new = "absent" if change.kind is ChangeKind.REMOVED else _value(change.new)
        yield from _values(path, old, new)


def _values(name: str, old: str, new: str) -> Iterator[Line]:
    """Old and new in one line if they are short, else below each other."""
    if len(old) + len(new) <= _ONE_LINE:
        yield line(f"    {name}: ", Span(old, Style.BAD), " → ", Span(new, Style.GOOD))
        return
    yield line(f"    {name}:")
    yield line(Span(f"      - {old}", Style.BAD))
    yield line(Span(f"      + {new}", Style.GOOD))


def _edge_lines(change: EdgeChange) -> Iterator[Line]:
    edge = change.new or change.old
    assert edge is not None
    shown = line(_MARKS[change.kind], "edge ", Span(change.source, Style.STRONG), f" --{change.label}--> {_target(edge)}")
    if change.old is None or change.new is None:
        yield shown
        if edge.condition is not None:
            yield line(f"    condition: {_value(edge.condition)}")
        return
    moved = change.old.target != change.new.target
    yield line(*shown, f" (was {_target(change.old)})") if moved else shown
    if change.old.kind is not change.new.kind:
        yield from _values("kind", change.old.kind, change.new.kind)
    old, new = _value(change.old.condition), _value(change.new.condition)
    if old != new:
        yield from _values("condition", old, new)


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
