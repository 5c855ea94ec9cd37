"""What changed between two graphs. Pure; the only user of DeepDiff.

Which step is which is found by `identity`, so that a renamed step is one change: whoever leads to it or names it has not changed.
Which steps and edges differ is found by comparing them directly; the fields of a changed step are worked out by DeepDiff only when
somebody reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from wflgit.core.formats import FORMATS
from wflgit.core.graph import Edge, Goal, Graph, Step, StepKind, Trigger
from wflgit.core.identity import match_steps, own_id
from wflgit.core.jsonvalues import same
from wflgit.core.noise import Noise


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
    """A trigger, step or goal that was added, removed or changed.

    `id` is what the new side calls it, where it is there. What `old` says of other steps, and be it in its own id, names them
    as the new side does.
    """

    id: str
    kind: ChangeKind
    old: Part | None
    new: Part | None

    @property
    def was(self) -> str | None:
        """What the old side calls it, if that is something else."""
        return None if self.old is None or self.old.id == self.id else self.old.id

    @cached_property
    def fields(self) -> tuple[FieldChange, ...]:
        """Field by field what differs, in path order; empty unless the part is on both sides."""
        if self.old is None or self.new is None:
            return ()
        return field_changes(_content(self.old), _content(self.new))


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """A way between steps, or a use of one by another, that was added, removed, or leads elsewhere; known by source and label."""

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
        format: the format of the new side.
        noise: what else differs between two files that mean the same.
    """

    old: str
    new: str
    triggers: tuple[PartChange, ...]
    steps: tuple[PartChange, ...]
    edges: tuple[EdgeChange, ...]
    goals: tuple[PartChange, ...]
    settings: tuple[FieldChange, ...]
    format: str = ""
    noise: tuple[Noise, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything differs that has a meaning."""
        return bool(self.triggers or self.steps or self.edges or self.goals or self.settings)


def compare(old: Graph, new: Graph, *, old_name: str = "old", new_name: str = "new") -> Comparison:
    """Compare two graphs. Everything comes in the new side's order, what was removed first."""
    names = _renames(old, new)
    renaming = _renaming(old.format, names)
    return Comparison(
        old=old_name,
        new=new_name,
        triggers=_part_changes(_triggers(old, names), _triggers(new), renaming),
        steps=_part_changes(_steps(old, names), _steps(new), renaming),
        edges=_edge_changes(_edges(old, new, names), (*new.edges, *new.uses)),
        goals=_part_changes(_goals(old, names), _goals(new), renaming),
        settings=_settings_changes(_whole(old, names), _whole(new)),
        format=new.format,
    )


def _renames(old: Graph, new: Graph) -> dict[str, str]:
    """What the steps that are called otherwise now are called on the new side, by what they were."""
    if old.steps.keys() <= new.steps.keys() and all(step.key == new.steps[step.id].key for step in old.steps.values()):
        return {}
    return {step: match.step for step, match in match_steps(old, new).items() if match.renamed}


def _renaming(format_name: str, names: Mapping[str, str]) -> Callable[[Part], Part]:
    """How a part of the old side would be written with the names that steps have now."""
    if not names:
        return lambda part: part
    known = FORMATS.get(format_name)

    def rename(part: Part) -> Part:
        config = part.config if known is None else known.referring(part.config, names)
        if not isinstance(part, Step):
            return replace(part, config=config)
        if part.scope is None or part.scope not in names:
            return part._replace(config=config)
        scope = names[part.scope]
        named_by_it = part.id.startswith(part.scope)
        return part._replace(id=f"{scope}{own_id(part)}" if named_by_it else part.id, scope=scope, config=config)

    return rename


def _steps(graph: Graph, names: Mapping[str, str] = {}) -> dict[str, Part]:
    """The steps that are no triggers by what they are called now; what has lost its name to another goes by one that nobody has."""
    found: dict[str, Part] = {id_: step for id_, step in graph.steps.items() if step.kind is not StepKind.TRIGGER}
    if not names:
        return found
    taken = {*names.values()}
    return {names.get(id_, f"{id_}\0" if id_ in taken else id_): step for id_, step in found.items()}


def _triggers(graph: Graph, names: Mapping[str, str] = {}) -> dict[str, Part]:
    return {names.get(trigger.id, trigger.id): trigger for trigger in graph.triggers}


def _goals(graph: Graph, names: Mapping[str, str] = {}) -> dict[str, Part]:
    return {goal.id: replace(goal, target=names.get(goal.target or "", goal.target)) for goal in graph.goals}


def _edges(old: Graph, new: Graph, names: Mapping[str, str]) -> Iterable[Edge]:
    """The edges of the old side between steps as they are called now; a label made of the name of its target is renamed with it."""
    if not names:
        return (*old.edges, *old.uses)
    return [_renamed(edge, old, new, names) for edge in (*old.edges, *old.uses)]


def _renamed(edge: Edge, old: Graph, new: Graph, names: Mapping[str, str]) -> Edge:
    source, label, target = names.get(edge.source, edge.source), edge.label, edge.target
    if target is not None and target in names:
        before, now = _called(old.steps[target]), _called(new.steps[names[target]])
        label = f"{now}{label.removeprefix(before)}" if label.startswith(before) else label
        target = names[target]
    return edge._replace(source=source, label=label, target=target)


def _called(step: Step) -> str:
    return step.name or step.id


def _whole(graph: Graph, names: Mapping[str, str] = {}) -> dict[str, Any]:
    return {"name": graph.name, "start": names.get(graph.start or "", graph.start), **graph.settings}


def _settings_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """What differs of the workflow as a whole; the many settings of a large file that are the same are not looked into."""
    kept = {key for key, value in old.items() if key in new and same(value, new[key])}
    before, now = ({key: value for key, value in said.items() if key not in kept} for said in (old, new))
    return field_changes(before, now) if before or now else ()


def _content(part: Part) -> dict[str, Any]:
    """All of a part that means something; where it stands in the file does not."""
    match part:
        case Step():
            said = {"type": part.type, "name": part.name, "scope": part.scope, "disabled": part.disabled or None}
        case Trigger():
            said = {"type": part.type, "disabled": part.disabled or None}
        case Goal():
            said = {"event": part.event, "next": part.target}
    return {key: value for key, value in said.items() if value is not None} | {"config": part.config}


def _part_changes(old: Mapping[str, Part], new: Mapping[str, Part], rename: Callable[[Part], Part]) -> tuple[PartChange, ...]:
    removed = [PartChange(part.id, ChangeKind.REMOVED, part, None) for key, part in old.items() if key not in new]
    rest = []
    for key, part in new.items():
        before = old.get(key)
        if before is None:
            rest.append(PartChange(key, ChangeKind.ADDED, None, part))
        elif not _alike(before, part) and not _alike(now := rename(before), part):
            rest.append(PartChange(key, ChangeKind.CHANGED, now, part))
    return (*removed, *rest)


def _alike(old: Part, new: Part) -> bool:
    """Whether two parts say the same; quick, for most parts of most versions do."""
    if isinstance(old, Step) and isinstance(new, Step) and old.id == new.id:
        alike = old.type == new.type and old.name == new.name and old.scope == new.scope and old.disabled == new.disabled
        return alike and same(old.config, new.config)
    return _own(old) == _own(new) and same(old.config, new.config) and _content(old) == _content(new)


def _own(part: Part) -> str:
    """What a part is called, whatever it is inside of."""
    return own_id(part) if isinstance(part, Step) else part.id


_EdgeKey = tuple[str | int | None, ...]


def _edge_changes(old: Iterable[Edge], new: Iterable[Edge]) -> tuple[EdgeChange, ...]:
    """Pair edges that lead to the same step; then, by their labels, those of which one is left on each side."""
    before, after = _numbered(old), _numbered(new)
    gone = _by_label(edge for key, edge in before.items() if key not in after)
    come = _by_label(edge for key, edge in after.items() if key not in before)
    moved = {way for way in gone.keys() & come.keys() if len(gone[way]) == len(come[way]) == 1}
    removed = [
        EdgeChange(*way, ChangeKind.REMOVED, edge, None) for way, edges in gone.items() if way not in moved for edge in edges
    ]
    rest = []
    for key, edge in after.items():
        way = edge.source, edge.label
        other = before.get(key) or (gone[way][0] if way in moved else None)
        if other is None:
            rest.append(EdgeChange(*way, ChangeKind.ADDED, None, edge))
        elif other.target != edge.target or other.kind is not edge.kind or not same(other.condition, edge.condition):
            rest.append(EdgeChange(*way, ChangeKind.CHANGED, other, edge))
    return (*removed, *rest)


def _numbered(edges: Iterable[Edge]) -> dict[_EdgeKey, Edge]:
    """Edges by source, label and target, and by a number where several have all of these in common."""
    found: dict[_EdgeKey, Edge] = {}
    for edge in edges:
        key: _EdgeKey = edge[:3]
        if key in found:
            count = 1
            while (*key, count) in found:
                count += 1
            key = (*key, count)
        found[key] = edge
    return found


def _by_label(edges: Iterable[Edge]) -> dict[tuple[str, str], list[Edge]]:
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        found.setdefault((edge.source, edge.label), []).append(edge)
    return found


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
