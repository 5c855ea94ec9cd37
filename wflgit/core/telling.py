"""Tells a comparison as its author would: finds what was put in, taken out, moved or wrapped among the differences. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import Comparison, EdgeChange, PartChange, is_ordered
from wflgit.core.fieldchanges import ChangeKind, FieldChange
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, EdgeKind, Graph, StepKind
from wflgit.core.jsonvalues import same
from wflgit.core.renaming import called_now
from wflgit.core.turns import Turn, View, edge_of


def list_changes(comparison: Comparison, old: Graph, new: Graph) -> tuple[Change, ...]:
    """Tell what somebody did.

    Args:
        comparison: what differs between the two.
        old: the graph of the base.
        new: the graph of the other side.

    Returns:
        The workflow as a whole first, then triggers, steps, edges, goals, each as one comes to them from the start of the new side,
        with what was removed first; cosmetic and volatile changes last.
    """
    return _Telling(comparison, old, new).tell() if comparison else tuple(_noise(comparison))


_FOR_WORTH = {Worth.COSMETIC: ChangeType.COSMETIC, Worth.VOLATILE: ChangeType.VOLATILE, Worth.PRIVATE: ChangeType.VOLATILE}


def _noise(comparison: Comparison) -> Iterator[Change]:
    for noise in comparison.noise:
        type_ = _FOR_WORTH[noise.worth]
        yield Change(type_, "", worth=Worth(type_.value), noise=noise)


_PLAIN = frozenset({EdgeKind.NEXT, EdgeKind.ENTER, EdgeKind.GOAL})
"""The ways that are no branches."""

_FAR = 64
"""How many steps a block may have that is seen to have moved."""


@dataclass
class _Telling:
    """Finds what explains the differences of a comparison: first what explains several at once, the rest last.

    Attributes:
        settings, triggers, steps, edges, goals: what was told, by what it is about.
        explained: the differences of edges and of whole parts that a change explains, by identity.
        topics: what is explained of changed parts: pairs of its identity and the name of a field.
        whole: the settings that are explained, by path.
    """

    comparison: Comparison
    old: Graph
    new: Graph
    settings: list[Change] = field(default_factory=list)
    triggers: list[Change] = field(default_factory=list)
    steps: list[Change] = field(default_factory=list)
    edges: list[Change] = field(default_factory=list)
    goals: list[Change] = field(default_factory=list)
    explained: set[int] = field(default_factory=set)
    topics: set[tuple[int, str]] = field(default_factory=set)
    whole: set[tuple[str | int, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        comparison = self.comparison
        names = called_now(comparison.renames, (self.old.steps, self.new.steps))
        self.views = tuple(View(comparison, kind, names) for kind in (ChangeKind.ADDED, ChangeKind.REMOVED))
        self.changed = {change.id: change for change in comparison.steps if change.kind is ChangeKind.CHANGED}
        self.origins = {now: was for was, now in comparison.renames.items()}
        self.turns = [*self._turns()]
        self.turned_from: dict[str | None, list[Turn]] = {}
        self.turned_to: dict[str | None, list[Turn]] = {}
        self.turned_off: dict[str | None, list[Turn]] = {}
        for turn in self.turns:
            self.turned_from.setdefault(turn.source, []).append(turn)
            self.turned_to.setdefault(turn.now, []).append(turn)
            self.turned_off.setdefault(turn.was, []).append(turn)

    def tell(self) -> tuple[Change, ...]:
        """Tell it all."""
        for view in self.views:
            self._wraps(view)
        for view in self.views:
            self._insertions(view)
        self._moves()
        for change in self.comparison.triggers:
            self._trigger(change)
        self._disabled_together()
        self._whole()
        for view in self.views:
            for id_ in view.steps:
                self._whole_step(view, id_)
        for part in (*self.changed.values(), *self.comparison.trigger_steps):
            self._changed_step(part)
        for edge in self.comparison.edges:
            self._edge(edge)
        for order in self.comparison.orders:
            if order.reordered:
                self.edges.append(Change(ChangeType.BRANCHES_REORDERED, order.source, order=order))
        for goal in self.comparison.goals:
            type_ = _GOAL[goal.kind]
            self.goals.append(Change(type_, goal.id, parts=(goal,), fields=goal.fields))
        listed = (sorted(found, key=self._rank) for found in (self.triggers, self.steps, self.edges))
        return (*self.settings, *(change for found in listed for change in found), *self.goals, *_noise(self.comparison))

    # What is known of ways

    def _turns(self) -> Iterator[Turn]:
        """The ways of steps of both sides that lead elsewhere; one that is not there, or not connected, leads to the end."""
        for change in self.comparison.settings:
            if change.path == ("start",):
                yield Turn(None, change.old, change.new, None)
        for edge in self.comparison.edges:
            if any(edge.source in view.steps for view in self.views) or edge_of(edge).kind is EdgeKind.USES:
                continue
            was, now = edge.old and edge.old.target, edge.new and edge.new.target
            if was != now and ((edge.old and edge.new) or self._is_outcome(edge)):
                yield Turn(edge.source, was, now, edge)

    def _is_outcome(self, change: EdgeChange) -> bool:
        """Whether the step has the outcome on the side where it leads nowhere, too."""
        source = change.source
        edge = edge_of(change)
        if edge.kind is EdgeKind.NEXT:
            return True
        if change.old is None:
            return edge.label in self.old.loose.get(self.origins.get(source, source), ())
        return edge.label in self.new.loose.get(source, ())

    def _free(self, turn: Turn) -> bool:
        return ("start",) not in self.whole if turn.edge is None else id(turn.edge) not in self.explained

    def _explain(self, turns: Iterable[Turn]) -> tuple[tuple[EdgeChange, ...], tuple[FieldChange, ...]]:
        """Say that these ways need no more words; return the edges, and the field that names the start."""
        edges = tuple(turn.edge for turn in turns if turn.edge is not None)
        self.explained.update(map(id, edges))
        if all(turn.edge is not None for turn in turns):
            return edges, ()
        self.whole.add(("start",))
        return edges, tuple(change for change in self.comparison.settings if change.path == ("start",))

    # Several steps at once

    def _wraps(self, view: View) -> None:
        inside: dict[str, list[PartChange]] = {}
        for change in self.changed.values():
            scope = view.step(change).scope
            if scope in view.steps and view.other(change).scope != scope:
                inside.setdefault(scope, []).append(change)
        for container in sorted(inside):
            self._wrap(view, container, inside[container])

    def _wrap(self, view: View, container: str, inside: Sequence[PartChange]) -> None:
        ids = {change.id for change in inside}
        ways = view.ways.get(container, [])
        beyond = {view.target(way) for way in ways if edge_of(way).kind is not EdgeKind.ENTER}
        around = [turn for turn in self.turns if view.ends(turn)[0] == container and view.ends(turn)[1] in ids]
        lasts = [turn for turn in self.turns if turn.source in ids and view.ends(turn)[0] is None and view.ends(turn)[1] in beyond]
        edges, fields = self._explain([*around, *lasts])
        self.explained.update(map(id, (view.steps[container], *ways)))
        wrapped = sorted(inside, key=lambda change: change.id)
        for change in wrapped:
            self._explain_place(change)
        self.steps.append(
            Change(
                ChangeType.STEPS_WRAPPED if view.kind is ChangeKind.ADDED else ChangeType.STEPS_UNWRAPPED,
                view.steps[container].id,
                steps=self._in_order(ids),
                parts=(view.steps[container], *wrapped),
                edges=(*edges, *ways),
                fields=(*fields, *(found for change in wrapped for found in _of(change.fields, "scope"))),
            )
        )

    def _explain_place(self, change: PartChange) -> None:
        """Say that the scope of a step needs no more words, nor does that its id has that of its container in it."""
        self.topics.add((id(change), "scope"))
        if change.was is not None and _last_name(change.was) == _last_name(change.id):
            self.topics.add((id(change), "id"))

    def _insertions(self, view: View) -> None:
        entries: dict[str, list[Turn]] = {}
        for turn in self.turns:
            here, there = view.ends(turn)
            if here is not None and here in view.steps and not any(there in other.steps for other in self.views):
                entries.setdefault(here, []).append(turn)
        for head in sorted(entries):
            if id(view.steps[head]) not in self.explained:
                self._insertion(view, head, entries[head])

    def _insertion(self, view: View, head: str, entries: Sequence[Turn]) -> None:
        """Tell that a block was inserted, or taken out, if what it stands between is known."""
        block = view.block(head, {id_ for id_, change in view.steps.items() if id(change) in self.explained})
        for first in entries:
            after = view.ends(first)[1]
            if not self._free(first) or not view.leads_to(block, after):
                continue
            parts = [view.steps[id_] for id_ in block]
            ways = [way for id_ in block for way in view.ways.get(id_, ())]
            turned = [turn for turn in entries if view.ends(turn)[1] == after and self._free(turn)]
            edges, fields = self._explain(turned)
            self.explained.update(map(id, (*parts, *ways)))
            self.steps.append(
                Change(
                    ChangeType.STEPS_INSERTED if view.kind is ChangeKind.ADDED else ChangeType.STEPS_TAKEN_OUT,
                    parts[0].id,
                    label=first.edge.label if first.edge else "",
                    steps=tuple(part.id for part in parts),
                    between=(first.source, after),
                    parts=tuple(parts),
                    edges=(*edges, *ways),
                    fields=fields,
                )
            )
            return

    def _moves(self) -> None:
        """Find blocks of steps that were taken from between two steps and put between two others.

        The way to the block now leads to what came after it, its last step to what it was put before, and what led there to it.
        """
        leading = [turn for turn in self.turns if turn.was is not None and self._free(turn)]
        found = [move for turn in leading for move in self._moves_by(turn)]
        for block, turns in sorted(found, key=lambda move: (len(move[0]), move[0])):
            if all(map(self._free, turns)):
                self._move(block, turns)

    def _moves_by(self, taken: Turn) -> Iterator[tuple[tuple[str, ...], tuple[Turn, Turn, Turn]]]:
        head, after = taken.was, taken.now
        if head is None or any(head in view.steps for view in self.views):
            return
        for block in self._blocks(head):
            for last in self.turned_from.get(block[-1], ()):
                if last.was != after or taken.source in block or not self._free(last):
                    continue
                for put in self.turned_to.get(head, ()):
                    if put.was == last.now and put.source not in block and put != taken and self._free(put):
                        yield block, (taken, last, put)

    def _blocks(self, head: str) -> Iterator[tuple[str, ...]]:
        """A step, it and the one after it, and so on, as far as there is one way on, and it was there before."""
        block: tuple[str, ...] = (head,)
        while len(block) <= _FAR:
            yield block
            on = {edge.target for edge in self.new.outgoing.get(block[-1], ()) if edge.kind is EdgeKind.NEXT}
            target = next(iter(on), None) if len(on) == 1 else None
            if target is None or target in block or block[-1] in self.turned_from:
                return
            block = (*block, target)

    def _move(self, block: tuple[str, ...], turns: tuple[Turn, Turn, Turn]) -> None:
        _, last, put = turns
        edges, fields = self._explain(turns)
        parts = [self.changed[id_] for id_ in block if id_ in self.changed and _has(self.changed[id_], "scope")]
        for part in parts:
            self._explain_place(part)
        self.steps.append(
            Change(
                ChangeType.STEP_MOVED,
                block[0],
                was=parts[0].was if parts and parts[0].id == block[0] else None,
                label=put.edge.label if put.edge else "",
                steps=block,
                between=(put.source, last.now),
                parts=tuple(parts),
                edges=edges,
                fields=(*fields, *(found for part in parts for found in _of(part.fields, "scope"))),
            )
        )

    def _disabled_together(self) -> None:
        """Tell once of the steps that are disabled, or enabled again, because what they are in is."""
        flipped = {change.id: change for change in self.changed.values() if _has(change, "disabled")}
        tabs = {str(change.path[0]): change for change in self.comparison.settings if change.path[1:] == ("disabled",)}
        inside: dict[str, list[PartChange]] = {}
        for change in flipped.values():
            step = self.views[0].step(change)
            tab = f"tab {step.config.get('z')}"
            if step.scope in flipped and self.views[0].step(flipped[step.scope]).disabled == step.disabled:
                inside.setdefault(step.scope, []).append(change)
            elif tab in tabs:
                inside.setdefault(tab, []).append(change)
        for cause, parts in inside.items():
            self._disabled_by(cause, parts, flipped.get(cause), None if cause in flipped else tabs[cause])

    def _disabled_by(self, cause: str, parts: Sequence[PartChange], container: PartChange | None, tab: FieldChange | None) -> None:
        """Tell of steps whose container, itself disabled by nothing else, or tab was disabled."""
        told = sorted(parts, key=lambda change: change.id)
        told = told if container is None or (id(container), "disabled") in self.topics else [container, *told]
        steps = self._in_order(change.id for change in parts)
        self.topics.update((id(change), "disabled") for change in told)
        whole = () if tab is None else (tab,)
        self.whole.update(field.path for field in whole)
        self.steps.append(
            Change(
                ChangeType.STEP_DISABLED if self.views[0].step(told[0]).disabled else ChangeType.STEP_ENABLED,
                cause if tab is None else steps[0],
                label="" if tab is None else cause,
                steps=steps,
                parts=tuple(told),
                fields=(*whole, *(found for change in told for found in _of(change.fields, "disabled"))),
            )
        )

    # One thing after the other

    def _whole(self) -> None:
        start = _of(self.comparison.settings, "start")
        if self.triggers and start and self._free(Turn(None, None, None, None)) and self._is_where_triggers_start(start[0]):
            self.whole.add(("start",))
            self.triggers[0] = replace(self.triggers[0], fields=(*start, *self.triggers[0].fields))
        groups: dict[str, list[FieldChange]] = {}
        for change in self.comparison.settings:
            if change.path not in self.whole:
                groups.setdefault(str(change.path[0]), []).append(change)
        for key, fields in groups.items():
            type_ = _WHOLE.get(key, ChangeType.SETTING_CHANGED)
            label = key if type_ is ChangeType.SETTING_CHANGED else ""
            self.settings.append(Change(type_, "", label=label, fields=tuple(fields)))
        self.settings.sort(key=lambda change: (list(ChangeType).index(change.type), change.label))

    def _is_where_triggers_start(self, change: FieldChange) -> bool:
        """Whether a graph starts elsewhere only because it has other triggers."""
        ends = ((self.origins.get(change.old, change.old), self.old), (change.new, self.new))
        return all(id_ is None or (id_ in graph.steps and graph.steps[id_].kind is StepKind.TRIGGER) for id_, graph in ends)

    def _trigger(self, change: PartChange) -> None:
        twins = tuple(twin for twin in self.comparison.trigger_steps if twin.id == change.id and twin.kind is change.kind)
        if change.kind is ChangeKind.CHANGED:
            self._changed_trigger(change, twins)
            return
        turned = tuple(part for part in (self.changed.get(change.id),) if part is not None and _has(part, "kind"))
        self.topics.update((id(part), "kind") for part in turned)
        edges = tuple(edge for edge in self.comparison.edges if twins and edge.source == change.id and edge.kind is change.kind)
        self.explained.update(map(id, (*edges, *twins)))
        type_ = ChangeType.TRIGGER_ADDED if change.kind is ChangeKind.ADDED else ChangeType.TRIGGER_REMOVED
        fields = tuple(field for part in turned for field in _of(part.fields, "kind"))
        self.triggers.append(Change(type_, change.id, parts=(change, *twins, *turned), edges=edges, fields=fields))

    def _changed_trigger(self, change: PartChange, twins: Sequence[PartChange]) -> None:
        """Tell what became of a trigger, and of the step that it is, if it is one."""
        self.topics.update((id(twin), topic) for twin in twins for topic in ("type", "config", "disabled"))
        fields = change.fields

        def tell(type_: ChangeType, *topics: str) -> None:
            said = tuple(_of(fields, *topics))
            self.triggers.append(Change(type_, change.id, parts=(change, *twins), fields=said))

        if change.was is not None:
            self.topics.update((id(twin), topic) for twin in twins for topic in ("id", "name"))
            names = tuple(field for twin in twins for field in _of(twin.fields, "name"))
            self.triggers.append(Change(ChangeType.STEP_RENAMED, change.id, was=change.was, parts=(change, *twins), fields=names))
        is_retyped = _has(change, "type")
        if is_retyped:
            tell(ChangeType.TRIGGER_RETYPED, "type", "config")
        if _has(change, "disabled"):
            tell(ChangeType.TRIGGER_ENABLED if _of(fields, "disabled")[0].new is None else ChangeType.TRIGGER_DISABLED, "disabled")
        if _of(fields, "start", *([] if is_retyped else ["config"])):
            tell(ChangeType.TRIGGER_CHANGED, "start", *([] if is_retyped else ["config"]))

    def _whole_step(self, view: View, id_: str) -> None:
        """Tell that a step came or went, with the ways on from it, and with those that led to the one and lead to the other now."""
        part = view.steps[id_]
        if id(part) in self.explained:
            return
        ways = [way for way in view.ways.get(id_, ()) if id(way) not in self.explained]
        added, removed = (found.steps for found in self.views)
        replaced = [
            turn.edge
            for turn in (self.turned_to if view.kind is ChangeKind.ADDED else self.turned_off).get(id_, ())
            if turn.edge is not None and turn.now in added and turn.was in removed
        ]
        self.explained.update(map(id, (part, *ways, *replaced)))
        type_ = ChangeType.STEP_ADDED if part.kind is ChangeKind.ADDED else ChangeType.STEP_REMOVED
        self.steps.append(Change(type_, part.id, parts=(part,), edges=(*replaced, *ways)))

    def _changed_step(self, part: PartChange) -> None:
        if id(part) in self.explained:
            return
        if part.kind is not ChangeKind.CHANGED:
            self._lone_trigger_step(part)
            return
        fields = [found for found in part.fields if (id(part), str(found.path[0])) not in self.topics]
        has = {found.path[0] for found in fields}

        def tell(type_: ChangeType, *topics: str, was: str | None = None) -> None:
            self.steps.append(Change(type_, part.id, was=was, parts=(part,), fields=tuple(_of(fields, *topics))))

        if (part.was is not None and (id(part), "id") not in self.topics) or "name" in has:
            tell(ChangeType.STEP_RENAMED, "name", was=part.was)
        if "type" in has:
            tell(ChangeType.STEP_RETYPED, "type", "config")
        if "scope" in has:
            tell(ChangeType.STEP_MOVED, "scope")
        if "disabled" in has:
            tell(ChangeType.STEP_DISABLED if self.views[0].step(part).disabled else ChangeType.STEP_ENABLED, "disabled")
        if has & {"config", "kind"} and "type" not in has:
            tell(ChangeType.STEP_CHANGED, "config", "kind")

    def _lone_trigger_step(self, part: PartChange) -> None:
        """A step that is said to be a trigger, and of which the triggers say nothing."""
        type_ = ChangeType.TRIGGER_ADDED if part.kind is ChangeKind.ADDED else ChangeType.TRIGGER_REMOVED
        self.triggers.append(Change(type_, part.id, parts=(part,)))

    def _edge(self, change: EdgeChange) -> None:
        old, new = change.old, change.new

        def tell(type_: ChangeType) -> None:
            self.edges.append(Change(type_, change.source, label=change.label, edges=(change,)))

        is_explained = id(change) in self.explained
        if old is not None and new is not None:
            if old.target != new.target and not is_explained:
                tell(ChangeType.EDGE_RETARGETED)
            if old.kind is not new.kind or not same(old.condition, new.condition):
                tell(ChangeType.CONDITION_CHANGED)
        elif not is_explained:
            tell(_WAYS[_sort_of_way(edge_of(change)), change.kind])

    # In which order

    @cached_property
    def _places(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Where one comes to each step, of the old side and of the new one."""
        return _reading_order(self.old), _reading_order(self.new)

    def _in_order(self, ids: Iterable[str]) -> tuple[str, ...]:
        _, places = self._places
        return tuple(sorted(ids, key=lambda id_: (places.get(id_, len(places)), id_)))

    def _rank(self, change: Change) -> tuple[bool, int, str, int, str, str]:
        """What is removed first, then by the place of the step."""
        is_gone = change.type in _GONE
        places = self._places[0] if is_gone else self._places[1]
        target = str([edge_of(edge).target for edge in change.edges[:1]])
        place = places.get(change.subject, len(places))
        return not is_gone, place, change.subject, _TYPES.index(change.type), change.label, target


_TYPES = tuple(ChangeType)
_GONE = frozenset(
    type_ for type_ in ChangeType if type_.endswith("-removed") or type_ in (ChangeType.STEPS_TAKEN_OUT, ChangeType.STEPS_UNWRAPPED)
)
_WHOLE = {"name": ChangeType.NAME_CHANGED, "start": ChangeType.START_CHANGED}
_GOAL = {
    ChangeKind.ADDED: ChangeType.GOAL_ADDED,
    ChangeKind.REMOVED: ChangeType.GOAL_REMOVED,
    ChangeKind.CHANGED: ChangeType.GOAL_CHANGED,
}
_WAYS = {
    ("way", ChangeKind.ADDED): ChangeType.EDGE_ADDED,
    ("way", ChangeKind.REMOVED): ChangeType.EDGE_REMOVED,
    ("branch", ChangeKind.ADDED): ChangeType.BRANCH_ADDED,
    ("branch", ChangeKind.REMOVED): ChangeType.BRANCH_REMOVED,
    ("use", ChangeKind.ADDED): ChangeType.USE_ADDED,
    ("use", ChangeKind.REMOVED): ChangeType.USE_REMOVED,
}


def _sort_of_way(edge: Edge) -> str:
    if edge.kind is EdgeKind.USES:
        return "use"
    return "way" if edge.kind in _PLAIN else "branch"


def _of(fields: Iterable[FieldChange], *topics: str) -> list[FieldChange]:
    """The fields that are, or are in, these ones of a part."""
    return [found for found in fields if found.path[0] in topics]


def _has(change: PartChange, topic: str) -> bool:
    """Whether a field of a part that is no object differs."""
    old, new = change.old, change.new
    return old is not None and new is not None and getattr(old, topic) != getattr(new, topic)


def _last_name(id_: str) -> str:
    """The id of a step without those of its containers."""
    return id_.rpartition("/")[2]


def _reading_order(graph: Graph) -> dict[str, int]:
    """At which place one comes to each step from the start; the order in which a file holds steps means nothing."""
    heads = [graph.start, *sorted(trigger.start or "" for trigger in graph.triggers)]
    found: dict[str, int] = {}
    todo: list[str | None] = [*sorted(graph.steps, reverse=True), *reversed(heads)]
    while todo:
        id_ = todo.pop()
        if id_ is not None and id_ in graph.steps and id_ not in found:
            found[id_] = len(found)
            ways = sorted(
                graph.outgoing.get(id_, ()), key=lambda edge: (_KINDS.index(edge.kind), _label(graph, edge)), reverse=True
            )
            todo.extend(edge.target for edge in ways)
    return found


_KINDS = tuple(EdgeKind)


def _label(graph: Graph, edge: Edge) -> str:
    """What tells apart the ways of a step where their order does not."""
    return "" if is_ordered(graph.format) else f"{edge.label} {edge.target}"
