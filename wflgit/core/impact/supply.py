"""Which of the values that steps hand on are there at which step, on some way to it or on every way. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING

from wflgit.core.graph import EdgeKind, StepKind

if TYPE_CHECKING:
    from wflgit.core.graph import Edge, Graph, Step

KEPT = frozenset({"nodered"})
"""Formats whose values are kept from one execution to the next: that they are set anywhere is enough."""

_WAITING_FOR_ALL = frozenset({"logicapps"})
"""Formats in which a step that several lead to waits for all of them."""

_SIDE_BY_SIDE = frozenset({"n8n"})
"""Formats in which ways that leave a step are gone one after the other, so that a later one finds the results of an earlier one."""


class Supply:
    """Which of some values are there where: each is a bit.

    A container is at two places: before its inside, and behind it. The second one is called by its id and a null.

    Attributes:
        always: by place, the values that are there on every way to it.
        ever: the values that are there on some way to it.
        gives: the values that each step gives.
        onward: the places that each leads to.
    """

    def __init__(self, graph: Graph, gives: Mapping[str, int], everything: int) -> None:
        self.gives = gives
        self.onward: dict[str, list[str]] = {}
        self._graph = graph
        self._into: dict[str, list[tuple[str, str]]] = {}
        self._everything = everything
        self._entries = [id_ for id_ in _entries(graph) if id_ in graph.steps]
        holding = {step.scope for step in graph.steps.values() if step.scope is not None}
        for step in graph.steps.values():
            self._link(step, holding)
        for edge in graph.uses:
            self._join(edge.source, str(edge.target), "")
        if graph.format in KEPT:
            self.ever = self.always = dict.fromkeys(graph.steps, reduce(or_, gives.values(), 0))
            return
        sideways = self._sideways() if graph.format in _SIDE_BY_SIDE else {}
        self.ever = self._spread(0, {edge: found for edge, (found, _) in sideways.items()})
        self.always = self.ever
        if graph.format not in _WAITING_FOR_ALL:
            self.always = self._spread(everything, {edge: found for edge, (_, found) in sideways.items()})

    def _link(self, step: Step, holding: Collection[str]) -> None:
        """Note where a step leads to."""
        source, edges = step.id, self._graph.outgoing.get(step.id, ())
        if step.disabled:
            edges = tuple(edge for edge in edges if edge.kind not in (EdgeKind.ERROR, EdgeKind.TIMEOUT))
        behind = _behind(source) if source in holding else source
        if behind != source:
            self._join(source, behind, "")
        ends = step.type == "Succeed" if step.kind is StepKind.END else not edges
        for edge in edges:
            if edge.target is not None and edge.target in self._graph.steps:
                way = str(edge.condition) if self._graph.format in _SIDE_BY_SIDE else ""
                self._join(source if edge.kind is EdgeKind.ENTER else behind, edge.target, way)
            ends = ends or (edge.target is None and edge.kind is not EdgeKind.ENTER)
        if step.scope is not None and ends:
            self._join(behind, _behind(step.scope), "")

    def state(self, step: str, *, always: bool) -> int:
        """The values that are there for a step; for a container, also those that are there behind it."""
        found = self.always if always else self.ever
        return found.get(step, 0) | found.get(_behind(step), 0)

    def _join(self, source: str, target: str, way: str) -> None:
        self.onward.setdefault(source, []).append(target)
        self._into.setdefault(target, []).append((source, way))

    def _sideways(self) -> dict[tuple[str, str], tuple[int, int]]:
        """By way, what other ways that leave its source may give, and what those of the same outcome do give."""
        ahead = self.ahead(self.gives, {})
        found: dict[tuple[str, str], tuple[int, int]] = {}
        for source, edges in self._graph.outgoing.items():
            for edge in edges if len(edges) > 1 else ():
                others = [other for other in edges if other.target != edge.target]
                alike = [other for other in others if other.label == edge.label]
                found[source, str(edge.target)] = _any_of(ahead, others), _any_of(ahead, alike)
        return found

    def ahead(self, wanted: Mapping[str, int], stopped: Mapping[str, int]) -> dict[str, int]:
        """What lies ahead of each place, itself included: what is wanted there or farther on, and not stopped before."""
        before: dict[str, list[str]] = {}
        for source, targets in self.onward.items():
            for target in targets:
                before.setdefault(target, []).append(source)
        found = {place: bits for place, bits in wanted.items() if bits}
        todo = deque(found)
        while todo:
            place = todo.popleft()
            for source in before.get(place, ()):
                bits = found.get(source, 0) | (found[place] & ~stopped.get(source, 0))
                if bits != found.get(source, 0):
                    found[source] = bits
                    todo.append(source)
        return found

    def _spread(self, first: int, sideways: Mapping[tuple[str, str], int]) -> dict[str, int]:
        """Carry values along the ways until nothing changes; `first` is what is taken to be at places not yet looked at."""
        meet = and_ if first else or_
        found: dict[str, int] = {}
        todo, queued = deque(self._entries), {*self._entries}
        while todo:
            place = todo.popleft()
            queued.discard(place)
            inputs: dict[str, int] = {}
            for source, way in self._into.get(place, ()):
                come = found.get(source, first) | self.gives.get(source, 0) | sideways.get((source, place), 0)
                inputs[way] = meet(inputs[way], come) if way in inputs else come
            bits = reduce(or_, inputs.values(), 0) & self._everything
            if place in self._entries:
                bits = meet(bits, 0)
            if found.get(place) != bits:
                found[place] = bits
                fresh = [target for target in self.onward.get(place, ()) if target not in queued]
                queued.update(fresh)
                todo.extend(dict.fromkeys(fresh))
        return found


def _entries(graph: Graph) -> set[str]:
    """Where executions come in, and where goals take them."""
    starts = {trigger.start or graph.start for trigger in graph.triggers if not trigger.disabled}
    return {id_ for id_ in (graph.start, *starts, *(goal.target for goal in graph.goals)) if id_ is not None}


def _behind(step: str) -> str:
    return f"{step}\0"


def _any_of(found: Mapping[str, int], edges: Iterable[Edge]) -> int:
    return reduce(or_, (found.get(str(edge.target), 0) for edge in edges), 0)
