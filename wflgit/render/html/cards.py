"""What differs between two versions as cards, the old side next to the new one: a card a part, a row a field. Pure.

Secrets are hidden here, before anything is written.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from wflgit.core.diff import Comparison, EdgeChange, Part, PartChange, compare
from wflgit.core.discretion import conceal_comparison
from wflgit.core.fieldchanges import ChangeKind, FieldChange
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, Trigger
from wflgit.core.jsonvalues import same
from wflgit.core.words import telling_name
from wflgit.render.html.texts import Piece, differing, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_FIELDS = 60
"""How many fields of a part that came or went are shown."""


@dataclass(frozen=True, slots=True)
class Row:
    """One field: its path, and what it is on each side; None where it is absent."""

    path: str
    kind: ChangeKind
    old: tuple[Piece, ...] | None
    new: tuple[Piece, ...] | None


@dataclass(frozen=True, slots=True)
class Card:
    """A part that differs, or the workflow as a whole.

    Attributes:
        noun: what it is: step, trigger, goal, workflow.
        id: what it is called on the new side, where it is there; `""` for the workflow.
        was: what the old side calls it, if that is something else.
        name: its display name, where the id does not say it.
        type: its type, or the event of a goal.
        kind: what happened to it.
        rows: its fields, then the ways out of it.
        more: how many fields are left out.
        executions: how many live ones stand there; None if unknown, or if it is no step.
    """

    noun: str
    id: str
    was: str | None
    name: str
    type: str
    kind: ChangeKind
    rows: tuple[Row, ...]
    more: int = 0
    executions: int | None = None


def shown_comparison(comparison: Comparison | None, old: Graph | None, new: Graph | None) -> Comparison | None:
    """What may be shown of a comparison; where one side is missing, everything came, or went. None if both are."""
    if comparison is None:
        side = new or old
        if side is None:
            return None
        nothing = Graph(side.format, None, None, (), {}, ())
        comparison = compare(old or nothing, new or nothing)
    return conceal_comparison(comparison)


def cards(comparison: Comparison, at: Mapping[str, int] | None = None) -> tuple[Card, ...]:
    """All that differs: the workflow as a whole, triggers, steps with the ways out of them, goals.

    Args:
        comparison: one that may be shown, see `shown_comparison`.
        at: how many live executions stand at each step of the old side; None if unknown.
    """
    ways: dict[str, list[EdgeChange]] = defaultdict(list)
    for edge in comparison.edges:
        ways[edge.source].append(edge)
    found: list[Card] = []
    if comparison.settings:
        found.append(Card("workflow", "", None, "", "", ChangeKind.CHANGED, tuple(map(_setting, comparison.settings))))
    for noun, parts in (("trigger", comparison.triggers), ("step", comparison.steps)):
        found += [_card(noun, part, ways.pop(part.id, ()), at) for part in parts]
    for step, left in ways.items():
        rows = tuple(row for way in left for row in _way_rows(way))
        found.append(Card("step", step, None, "", "", ChangeKind.CHANGED, rows, executions=_standing(step, at)))
    return (*found, *(_card("goal", part, (), None) for part in comparison.goals))


def _standing(step: str, at: Mapping[str, int] | None) -> int | None:
    return None if at is None else at.get(step, 0)


def _card(noun: str, change: PartChange, ways: Iterable[EdgeChange], at: Mapping[str, int] | None) -> Card:
    part = change.new or change.old
    assert part is not None
    fields = change.fields if change.kind is ChangeKind.CHANGED else tuple(_leaves(part, change.kind))
    rows = (*map(_row, fields[:_FIELDS]), *(row for way in ways for row in _way_rows(way)))
    stands = None if noun != "step" or change.old is None else _standing(change.old.id, at)
    what = part.event if isinstance(part, Goal) else part.type
    more = max(0, len(fields) - _FIELDS)
    return Card(noun, change.id, change.was, telling_name(part), what, change.kind, rows, more, stands)


def _leaves(part: Part, kind: ChangeKind) -> Iterator[FieldChange]:
    """All that a part says, as fields that came or went with it."""
    said: dict[str, Any] = {"config": part.config}
    if isinstance(part, Step | Trigger):
        said["disabled"] = part.disabled
    for path, value in _flat((), said):
        if value not in (False, None, "", {}, []):
            yield FieldChange(path, kind, *((value, None) if kind is ChangeKind.REMOVED else (None, value)))


def _flat(path: tuple[str | int, ...], value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat((*path, key), item)
    else:
        yield path, value


def _row(change: FieldChange) -> Row:
    path = written_path(change.path)
    if change.kind is ChangeKind.ADDED:
        return Row(path, change.kind, None, whole(written(change.new)))
    if change.kind is ChangeKind.REMOVED:
        return Row(path, change.kind, whole(written(change.old)), None)
    return Row(path, change.kind, *differing(*_both(change.old, change.new)))


def _setting(change: FieldChange) -> Row:
    """A field of the workflow as a whole, where None is what it does not say."""
    return _row(
        replace(change, kind=ChangeKind.ADDED if change.old is None else ChangeKind.REMOVED if change.new is None else change.kind)
    )


def _way_rows(change: EdgeChange) -> Iterator[Row]:
    old, new = change.old, change.new
    name = "way on" if change.label == "next" else f"way {change.label}"
    if old is None or new is None or old.target != new.target:
        yield Row(name, change.kind, *(None if edge is None else whole(_target(edge)) for edge in (old, new)))
    if old is not None and new is not None and old.kind is not new.kind:
        yield Row(f"{name}: kind", change.kind, whole(str(old.kind)), whole(str(new.kind)))
    before, after = (None if edge is None else edge.condition for edge in (old, new))
    if not same(before, after):
        kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED if after is None else ChangeKind.CHANGED
        yield _row(FieldChange((f"{name}: condition",), kind, before, after))


def _target(edge: Edge) -> str:
    arrow = "uses" if edge.kind is EdgeKind.USES else "→"
    return f"{arrow} {'end' if edge.target is None else edge.target}"


def written_path(path: Sequence[str | int]) -> str:
    """A path of keys and indexes as one would write it in code; what all configs have in common is left out.

    >>> written_path(("config", "branches", 0, "label"))
    'branches[0].label'
    """
    inner = path[1:] if len(path) > 1 and path[0] == "config" else path
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in inner).removeprefix(".")


def written(value: Any) -> str:
    """A value for a reader: a text as it is, everything else as JSON.

    >>> written("hello"), written(True), written(None)
    ('hello', 'true', 'null')
    """
    if isinstance(value, str):
        return value or '""'
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1 if isinstance(value, dict | list) else None)


def _both(old: Any, new: Any) -> tuple[str, str]:
    """Both values as a reader sees the difference: `1` and the text `1` are not the same."""
    texts = written(old), written(new)
    if texts[0] != texts[1]:
        return texts
    return json.dumps(old, ensure_ascii=False), json.dumps(new, ensure_ascii=False)
