"""What changed between two graphs. Pure; the only user of DeepDiff.

Steps are matched by id. Which steps and edges differ is found by comparing them directly; the fields of a changed step are
worked out by DeepDiff only when somebody reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from wflgit.core.graph import Edge, Goal, Graph, Step, Trigger


class ChangeKind(StrEnum):
    """What happened to a part of a workflow."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One leaf that differs: its path below the part, and both values (None where it is absent on that side)."""

    path: tuple[str | int, ...]
    kind: ChangeKind
    old: Any
    new: Any


Part = Trigger | Step | Goal


@dataclass(frozen=True)
class PartChange:
    """A trigger, step or goal that was added, removed or changed."""

    id: str
    kind: ChangeKind
    old: Part | None
    new: Part | None

    @cached_property
    def fields(self) -> tuple[FieldChange, ...]:
        """Field by field what differs, in path order; empty unless the part is on both sides."""
        if self.old is None or self.new is None:
            return ()
        return field_changes(_content(self.old), _content(self.new))


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """A way between steps that was added, removed, or leads elsewhere; identified by source and label."""

    source: str
    label: str
    kind: ChangeKind
    old: Edge | None
    new: Edge | None


@dataclass(frozen=True)
class Comparison:
    """All that differs between two revisions of a workflow.

    Attributes:
        old: how the base is called, e.g. `welcome@3`.
        new: how the other side is called.
        settings: what differs of the workflow as a whole: name, start, description and the like.
    """

    old: str
    new: str
    triggers: tuple[PartChange, ...]
    steps: tuple[PartChange, ...]
    edges: tuple[EdgeChange, ...]
    goals: tuple[PartChange, ...]
    settings: tuple[FieldChange, ...]

    def __bool__(self) -> bool:
        """Whether anything differs at all."""
        return bool(self.triggers or self.steps or self.edges or self.goals or self.settings)


def compare(old: Graph, new: Graph, *, old_name: str = "old", new_name: str = "new") -> Comparison:
    """Compare two graphs. Everything comes in the new side's order, what was removed first."""
    return Comparison(
        old=old_name,
        new=new_name,
        triggers=_part_changes(
            {trigger.id: trigger for trigger in old.triggers}, {trigger.id: trigger for trigger in new.triggers}
        ),
        steps=_part_changes(old.steps, new.steps),
        edges=_edge_changes(old.edges, new.edges),
        goals=_part_changes({goal.id: goal for goal in old.goals}, {goal.id: goal for goal in new.goals}),
        settings=field_changes(_whole(old), _whole(new)) if not _same(_whole(old), _whole(new)) else (),
    )


def _whole(graph: Graph) -> dict[str, Any]:
    return {"name": graph.name, "start": graph.start, **graph.settings}


def _content(part: Part) -> dict[str, Any]:
    """All of a part that means something; where it stands in the file does not."""
    match part:
        case Step():
            said = {"type": part.type, "name": part.name, "scope": part.scope, "disabled": part.disabled or None}
        case Trigger():
            said = {"type": part.type}
        case Goal():
            said = {"event": part.event, "next": part.target}
    return {key: value for key, value in said.items() if value is not None} | {"config": part.config}


def _part_changes(old: Mapping[str, Part], new: Mapping[str, Part]) -> tuple[PartChange, ...]:
    removed = [PartChange(key, ChangeKind.REMOVED, part, None) for key, part in old.items() if key not in new]
    rest = []
    for key, part in new.items():
        before = old.get(key)
        if before is None:
            rest.append(PartChange(key, ChangeKind.ADDED, None, part))
        elif not _same(_content(before), _content(part)):
            rest.append(PartChange(key, ChangeKind.CHANGED, before, part))
    return (*removed, *rest)


def _edge_changes(old: Iterable[Edge], new: Iterable[Edge]) -> tuple[EdgeChange, ...]:
    before = {(edge.source, edge.label): edge for edge in old}
    after = {(edge.source, edge.label): edge for edge in new}
    removed = [EdgeChange(*key, ChangeKind.REMOVED, edge, None) for key, edge in before.items() if key not in after]
    rest = []
    for key, edge in after.items():
        other = before.get(key)
        if other is None:
            rest.append(EdgeChange(*key, ChangeKind.ADDED, None, edge))
        elif (other.target, other.kind) != (edge.target, edge.kind) or not _same(other.condition, edge.condition):
            rest.append(EdgeChange(*key, ChangeKind.CHANGED, other, edge))
    return (*removed, *rest)


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON: unlike for Python, `1`, `1.0` and `true` are three different values."""
    if type(old) is not type(new):
        return False
    if isinstance(old, dict):
        return old.keys() == new.keys() and all(_same(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return bool(old == new)


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Compare two JSON objects leaf by leaf, in path order."""
    from deepdiff import DeepDiff

    tree = DeepDiff(old, new, view="tree", verbose_level=2, threshold_to_diff_deeper=0)
    found = []
    for report, changes in tree.items():
        kind = _KINDS.get(report, ChangeKind.CHANGED)
        for change in changes:
            path = tuple(change.path(output_format="list"))
            before = None if kind is ChangeKind.ADDED else change.t1
            after = None if kind is ChangeKind.REMOVED else change.t2
            found.append(FieldChange(path, kind, before, after))
    return tuple(sorted(found, key=lambda item: [str(key).zfill(9) if isinstance(key, int) else key for key in item.path]))


_KINDS = {
    "dictionary_item_added": ChangeKind.ADDED,
    "iterable_item_added": ChangeKind.ADDED,
    "dictionary_item_removed": ChangeKind.REMOVED,
    "iterable_item_removed": ChangeKind.REMOVED,
}
