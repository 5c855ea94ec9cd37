"""What changed between two graphs. Pure.

Which step is which is found by `identity`, so that a renamed step is one change: whoever leads to it or names it has not changed.
Which steps and edges differ is found by comparing them directly; the fields of a changed step are worked out only when somebody
reads them. A comparison is complete: `applying` makes the new graph of it and the old one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from wflgit.core.fieldchanges import ChangeKind, FieldChange, field_changes
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.core.identity import compatible, match_steps
from wflgit.core.jsonvalues import of_same_types, same
from wflgit.core.renaming import Renaming, name_of

if TYPE_CHECKING:
    from wflgit.core.changes import Change
    from wflgit.core.noise import Noise


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
        return field_changes(*contents(self.old, self.new))


@dataclass(frozen=True, slots=True)
class EdgeChange:
    """A way between steps, or a use of one by another, that was added, removed, or leads elsewhere; known by source and label."""

    source: str
    label: str
    kind: ChangeKind
    old: Edge | None
    new: Edge | None


@dataclass(frozen=True, slots=True)
class OrderChange:
    """The ways on from a step of which the first that fits is taken, where they are not simply those of before and new ones behind.

    Attributes:
        source: the step.
        old: all of these ways of the old side, in order, with the names that steps have on the new side.
        new: those of the new side.
        reordered: whether ways that are on both sides have changed places; else some came or went in between.
    """

    source: str
    old: tuple[Edge, ...]
    new: tuple[Edge, ...]
    reordered: bool


@dataclass(frozen=True)
class Comparison:
    """All that differs between two revisions of a workflow.

    Attributes:
        old: how the base is called, e.g. `welcome@3`.
        new: how the other side is called.
        triggers: the triggers that differ.
        steps: the steps that differ, but those that are triggers.
        edges: the ways and uses that differ.
        goals: the goals that differ.
        settings: what differs of the workflow as a whole: name, start, description and the like.
        format: the format of the new side.
        noise: what else differs between the two files, and has no meaning.
        renames: what the steps that are called otherwise now are called on the new side, by what they were.
        orders: the steps whose ways on are tried in another order.
        trigger_steps: where triggers are steps, those of these that differ, as steps.
        graphs: what was compared.
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
    renames: Mapping[str, str] = field(default_factory=dict)
    orders: tuple[OrderChange, ...] = ()
    trigger_steps: tuple[PartChange, ...] = ()
    graphs: tuple[Graph, Graph] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What somebody did; see `changes.list_changes`."""
        from wflgit.core.telling import list_changes

        assert self.graphs is not None, "only `compare` makes comparisons"
        return list_changes(self, *self.graphs)

    def __bool__(self) -> bool:
        """Whether anything differs that has a meaning."""
        parts = self.triggers or self.steps or self.edges or self.goals
        return bool(parts or self.settings or self.orders or self.trigger_steps)


def compare(old: Graph, new: Graph, *, old_name: str = "old", new_name: str = "new") -> Comparison:
    """Compare two graphs. Everything comes in the new side's order, what was removed first."""
    before, after = _suspects(old.steps, new.steps)
    renames = _renames(old, new, before, after)
    renaming = (
        Renaming(old, new.format, renames, (old.steps, new.steps), lambda step: _called_in(new, renames.get(step.id)))
        if renames
        else None
    )
    names = renaming.names if renaming else {}
    rename = renaming.part if renaming else None
    olds: Mapping[str, Step] = {names.get(id_, id_): step for id_, step in old.steps.items()} if names else old.steps
    if names:
        before, after = {**olds}, {**new.steps}
    entrances = _entrances(old, new, names)
    old_edges, new_edges = (renaming.edges(), [*new.edges, *new.uses]) if renaming else _suspect_edges(old, new)
    edges = _edge_changes(old_edges, new_edges, olds, new.steps)
    return Comparison(
        old=old_name,
        new=new_name,
        triggers=_part_changes(_triggers(old, names), _triggers(new), rename),
        steps=_part_changes(_without(before, entrances), _without(after, entrances), rename),
        edges=edges,
        goals=_part_changes(_goals(old), _goals(new), rename),
        settings=_settings_changes(whole(old, names), whole(new)),
        format=new.format,
        renames=renames,
        orders=_order_changes(old_edges, new_edges, edges, old, new),
        trigger_steps=_part_changes(_only(before, entrances), _only(after, entrances), rename),
        graphs=(old, new),
    )


def still_there(comparison: Comparison, old: Graph, new: Graph) -> dict[str, str]:
    """What each step of the old side that is still there is called on the new side; a step of another type may be it, too."""
    taken = {*comparison.renames.values()}
    kept = {id_: id_ for id_ in old.steps if id_ in new.steps and id_ not in taken}
    return {id_: name for id_ in old.steps if (name := comparison.renames.get(id_, kept.get(id_))) is not None}


# What is called how


def _suspects(old: Mapping[str, Step], new: Mapping[str, Step]) -> tuple[dict[str, Step], dict[str, Step]]:
    """The steps of both sides that are not the same in all under one id; quick, for most steps of most versions are."""
    come = {
        id_: step
        for id_, step in new.items()
        if (other := old.get(id_)) is None
        or not (other == step or (other[:7] == step[:7] and other[8] == step[8]))
        or not of_same_types(other[3], step[3])
    }
    return {id_: step for id_, step in old.items() if id_ in come or id_ not in new}, come


def _renames(old: Graph, new: Graph, gone: Mapping[str, Step], come: Mapping[str, Step]) -> dict[str, str]:
    """What the steps that are called otherwise now are called on the new side, by what they were; known from the suspects."""
    left, kept = _left(gone, come), _left(come, gone)
    if left is not None and kept is not None and left.isdisjoint(kept):
        return {}
    return {step: match.step for step, match in match_steps(old, new).items() if match.renamed}


def _left(steps: Mapping[str, Step], others: Mapping[str, Step]) -> set[tuple[StepKind, str]] | None:
    """The kinds and types of the steps whose ids mean nothing, or something else, there; None if a tool has other keys for any."""
    found = set()
    for id_, step in steps.items():
        other = others.get(id_)
        if other is None or not compatible(step, other):
            found.add((step.kind, step.type))
        elif other.key != step.key:
            return None
    return found


def _called_in(graph: Graph, id_: str | None) -> str | None:
    return None if id_ is None else name_of(graph.steps[id_])


# Parts


def _entrances(old: Graph, new: Graph, names: Mapping[str, str]) -> frozenset[str]:
    """The steps that are triggers, on both sides if they are on both, by what they are called now."""
    olds = {names.get(trigger.id, trigger.id): trigger.id for trigger in old.triggers if _is_entrance(old, trigger.id)}
    news = {trigger.id for trigger in new.triggers if _is_entrance(new, trigger.id)}
    there = {names.get(id_, id_) for id_ in old.steps} if olds.keys() - news or news - olds.keys() else set()
    return frozenset(
        id_ for id_ in olds.keys() | news if (id_ in olds or id_ not in there) and (id_ in news or id_ not in new.steps)
    )


def _is_entrance(graph: Graph, id_: str) -> bool:
    step = graph.steps.get(id_)
    return step is not None and step.kind is StepKind.TRIGGER


def _without(steps: Mapping[str, Step], ids: frozenset[str]) -> Mapping[str, Step]:
    return {id_: step for id_, step in steps.items() if id_ not in ids} if ids else steps


def _only(steps: Mapping[str, Step], ids: frozenset[str]) -> Mapping[str, Step]:
    return {id_: step for id_, step in steps.items() if id_ in ids} if ids else {}


def _triggers(graph: Graph, names: Mapping[str, str] = {}) -> dict[str, Part]:
    """The triggers by what they are called now; those that are steps are renamed with them."""
    return {names.get(found.id, found.id) if found.id in graph.steps else found.id: found for found in graph.triggers}


def _goals(graph: Graph) -> dict[str, Part]:
    """The goals by id, and a number behind it where several have one."""
    found: dict[str, Part] = {goal.id: goal for goal in graph.goals}
    if len(found) == len(graph.goals):
        return found
    seen: Counter[str] = Counter()
    found = {}
    for goal in graph.goals:
        found[f"{goal.id}\0{seen[goal.id]}" if seen[goal.id] else goal.id] = goal
        seen[goal.id] += 1
    return found


def contents(old: Part, new: Part) -> tuple[dict[str, Any], dict[str, Any]]:
    """All of both that means something; where it stands in the file does not. The kind is told where the type does not tell it."""
    before, after = _content(old), _content(new)
    if isinstance(old, Step) and isinstance(new, Step) and old.kind is not new.kind and old.type == new.type:
        before, after = {**before, "kind": str(old.kind)}, {**after, "kind": str(new.kind)}
    return before, after


def _content(part: Part) -> dict[str, Any]:
    match part:
        case Step():
            said = {"type": part.type, "name": part.name, "scope": part.scope, "disabled": part.disabled or None}
        case Trigger():
            start = None if part.start == part.id else part.start
            said = {"type": part.type, "disabled": part.disabled or None, "start": start}
        case Goal():
            said = {"event": part.event, "next": part.target}
    return {key: value for key, value in said.items() if value is not None} | {"config": part.config}


def _part_changes(
    old: Mapping[str, Part], new: Mapping[str, Part], rename: Callable[[Part], Part] | None
) -> tuple[PartChange, ...]:
    """Pair parts by their keys; quick, for most parts of most versions are the same."""
    removed = [PartChange(part.id, ChangeKind.REMOVED, part, None) for key, part in old.items() if key not in new]
    rest = []
    for key, part in new.items():
        before = old.get(key)
        if before is None:
            rest.append(PartChange(part.id, ChangeKind.ADDED, None, part))
            continue
        if rename is not None:
            before = rename(before)
        if not (_same_step if part.__class__ is Step else _same_part)(before, part):
            rest.append(PartChange(part.id, ChangeKind.CHANGED, before, part))
    return (*removed, *rest)


def _same_step(old: Any, new: Any) -> bool:
    return old[:3] == new[:3] and old[4:7] == new[4:7] and same(old[3], new[3])


def _same_part(old: Part, new: Part) -> bool:
    return old.id == new.id and _content(old) == _content(new) and same(old.config, new.config)


# Ways

_EdgeKey = tuple[str | int | None, ...]
_ends = itemgetter(0, 1, 2)


def _suspect_edges(old: Graph, new: Graph) -> tuple[list[Edge], list[Edge]]:
    """The edges of the steps whose ways on are not the same, in the same order, on both sides; and all uses."""
    olds, news = old.outgoing, new.outgoing
    asking = {edge[0] for edge in new.edges if edge[4] is not None}
    sources = [source for source in olds if source not in news]
    sources += [
        source
        for source, ways in news.items()
        if ((others := olds.get(source)) != ways or source in asking) and (others is None or not _same_ways(others, ways))
    ]
    before = [edge for source in sources for edge in olds.get(source, ())]
    return [*before, *old.uses], [*(edge for source in sources for edge in news.get(source, ())), *new.uses]


def _same_ways(old: Sequence[Edge], new: Sequence[Edge]) -> bool:
    """Whether ways say the same, in the same order; most even stand in the same place."""
    if old != new and [edge[:5] for edge in old] != [edge[:5] for edge in new]:
        return False
    return not [edge for one, edge in zip(old, new, strict=True) if edge[4] is not None and not of_same_types(one[4], edge[4])]


def _edge_changes(
    old: Sequence[Edge], new: Sequence[Edge], olds: Mapping[str, Step], news: Mapping[str, Step]
) -> tuple[EdgeChange, ...]:
    """Pair edges that lead to the same step; then, by their labels or conditions, those of which one is left on each side.

    Args:
        old: the edges of the old side, with the names of the new one.
        new: those of the new side.
        olds: the steps of the old side, by their names of the new one.
        news: those of the new side.
    """
    before, after = _keyed(old, new)
    gone = [edge for key, edge in before.items() if key not in after]
    come = [edge for key, edge in after.items() if key not in before]
    turned = _paired(gone, come, olds, news) if gone and come else {}
    kept = {id(edge) for edge in turned.values()}
    removed = [EdgeChange(edge[0], edge[1], ChangeKind.REMOVED, edge, None) for edge in gone if id(edge) not in kept]
    rest = []
    for key, edge in after.items():
        other = before.get(key)
        if other is None:
            other = turned.get(id(edge))
            kind = ChangeKind.ADDED if other is None else ChangeKind.CHANGED
            rest.append(EdgeChange(edge[0], edge[1], kind, other, edge))
        elif other[3] is not edge[3] or not (other[4] is edge[4] or same(other[4], edge[4])):
            rest.append(EdgeChange(edge[0], edge[1], ChangeKind.CHANGED, other, edge))
    return (*removed, *rest)


def _paired(gone: Iterable[Edge], come: Iterable[Edge], olds: Mapping[str, Step], news: Mapping[str, Step]) -> dict[int, Edge]:
    """The edge of before that each new one is, by its identity: the only one of the label, or of a condition if labels are none."""
    found: dict[int, Edge] = {}
    olds_left, news_left = _grouped(gone, _by_label), _grouped(come, _by_label)
    for way in olds_left.keys() & news_left.keys():
        if len(olds_left[way]) == len(news_left[way]) == 1:
            found[id(news_left[way][0])] = olds_left[way][0]
    taken = {id(edge) for edge in found.values()}
    unsaid = _grouped((edge for edge in gone if id(edge) not in taken and _is_unlabelled(edge, olds)), _by_condition)
    named = _grouped((edge for edge in come if id(edge) not in found and _is_unlabelled(edge, news)), _by_condition)
    for way in unsaid.keys() & named.keys():
        if len(unsaid[way]) == len(named[way]) == 1:
            found[id(named[way][0])] = unsaid[way][0]
    return found


def _grouped(edges: Iterable[Edge], key: Callable[[Edge], tuple[str, str]]) -> dict[tuple[str, str], list[Edge]]:
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in edges:
        found.setdefault(key(edge), []).append(edge)
    return found


def _by_label(edge: Edge) -> tuple[str, str]:
    return edge.source, edge.label


def _by_condition(edge: Edge) -> tuple[str, str]:
    return edge.source, _told(edge)


def _is_unlabelled(edge: Edge, steps: Mapping[str, Step]) -> bool:
    """Whether the label of a branch is only the name of the step that it leads to, with a number if it is not the first one."""
    if edge.condition is None or edge.target is None:
        return False
    target = steps.get(edge.target)
    names = (edge.target,) if target is None else (edge.target, target.id, target.name)
    return re.sub(r" \(\d+\)$", "", edge.label) in names


def _keyed(old: Sequence[Edge], new: Sequence[Edge]) -> tuple[Mapping[_EdgeKey, Edge], Mapping[_EdgeKey, Edge]]:
    """Edges by source, label and target; where several of a side have these in common, by all they say, and a number."""
    before: dict[_EdgeKey, Edge] = dict(zip(map(_ends, old), old, strict=True))
    after: dict[_EdgeKey, Edge] = dict(zip(map(_ends, new), new, strict=True))
    if len(before) == len(old) and len(after) == len(new):
        return before, after
    shared = {key for edges in (old, new) for key, count in Counter(edge[:3] for edge in edges).items() if count > 1}
    return _numbered(old, shared), _numbered(new, shared)


def _numbered(edges: Iterable[Edge], shared: set[tuple[str, str, str | None]]) -> dict[_EdgeKey, Edge]:
    found: dict[_EdgeKey, Edge] = {}
    for edge in edges:
        key: _EdgeKey = edge[:3]
        if key in shared:
            key = (*key, _told(edge))
            count = 0
            while (*key, count) in found:
                count += 1
            key = (*key, count)
        found[key] = edge
    return found


def _told(edge: Edge) -> str:
    """What an edge says beside where it leads, as text."""
    return f"{edge.kind} {json.dumps(edge.condition, sort_keys=True)}"


# The order of ways

_ORDERLESS = frozenset({"n8n", "logicapps", "nodered"})
"""The formats whose ways are known by ports or values; where the first that fits is taken, the config says in which order."""


def is_ordered(format_name: str) -> bool:
    """Whether the order of the ways on from a step can mean anything in that format."""
    return format_name not in _ORDERLESS


_TRIED = (EdgeKind.BRANCH, EdgeKind.ERROR)


def ranked(edges: Iterable[Edge], format_name: str) -> dict[tuple[str, EdgeKind], list[Edge]]:
    """The edges of which the first that fits is taken, in order, by source and kind: those of a condition, or those for errors.

    Among them may be the weights of a split, which have no order.
    """
    found: dict[tuple[str, EdgeKind], list[Edge]] = {}
    if is_ordered(format_name):
        for edge in [edge for edge in edges if edge[4] is not None]:
            if edge[3] in _TRIED:
                found.setdefault((edge[0], edge[3]), []).append(edge)
    return found


def _order_changes(
    old_edges: Iterable[Edge], new_edges: Iterable[Edge], changes: Sequence[EdgeChange], old: Graph, new: Graph
) -> tuple[OrderChange, ...]:
    before, after = ranked(old_edges, new.format), ranked(new_edges, new.format)
    marks = {id(edge): number for number, change in enumerate(changes) for edge in (change.old, change.new) if edge is not None}
    found = []
    for way, news in after.items():
        olds = before.get(way)
        if olds is None or len(olds) == len(news) == 1 or _weighed(way[0], old, new):
            continue
        change = _order_change(way[0], olds, news, marks)
        if change is not None:
            found.append(change)
    return tuple(found)


def _weighed(source: str, old: Graph, new: Graph) -> bool:
    """Whether the ways are those of a split, taken by weight."""
    steps = old.steps.get(source), new.steps.get(source)
    return any(step is not None for step in steps) and all(step is None or step.kind is StepKind.SPLIT for step in steps)


def _order_change(source: str, old: Sequence[Edge], new: Sequence[Edge], marks: Mapping[int, int]) -> OrderChange | None:
    before, after = ([marks.get(id(edge), (*edge[:3], _told(edge))) for edge in edges] for edges in (old, new))
    if before == after:
        return None
    kept = [mark for mark in before if mark in after]
    reordered = kept != [mark for mark in after if mark in before]
    if not reordered and before[: len(kept)] == after[: len(kept)] == kept:
        return None
    return OrderChange(source, tuple(old), tuple(new), reordered)


# The workflow as a whole

_OWN = re.compile(r"(name|start)( \(setting\))*")
_SETTING = " (setting)"


def whole(graph: Graph, names: Mapping[str, str] = {}) -> dict[str, Any]:
    """What is said of the workflow as a whole; a setting with the name of something else of it is told apart."""
    settings = {f"{key}{_SETTING}" if _OWN.fullmatch(key) else key: value for key, value in graph.settings.items()}
    return {"name": graph.name, "start": names.get(graph.start or "", graph.start), **settings}


def settings_of(said: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a graph, from what is said of the workflow as a whole."""
    settings = {key: value for key, value in said.items() if key not in ("name", "start")}
    return {key.removesuffix(_SETTING) if _OWN.fullmatch(key) else key: value for key, value in settings.items()}


def _settings_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """What differs of the workflow as a whole; the many settings of a large file that are the same are not looked into."""
    kept = {key for key, value in old.items() if key in new and same(value, new[key])}
    before, now = ({key: value for key, value in said.items() if key not in kept} for said in (old, new))
    return field_changes(before, now) if before or now else ()
