"""The three sides of a merge in the making: graphs whose steps and ways can be taken out and put back. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from wflgit.core.diff import is_ordered
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, Trigger
from wflgit.core.jsonvalues import of_same_types
from wflgit.core.merge.naming import Touched


class Side:
    """One side of a merge.

    Attributes:
        graph: the graph that it began as.
        steps: its steps by id.
        ways: the ways on from each step that has any.
        start: where it starts.
        triggers: its triggers.
        goals: its goals.
    """

    def __init__(self, graph: Graph, touched: Touched) -> None:
        self.graph = graph
        self.steps: dict[str, Step] = dict(graph.steps)
        self.ways: dict[str, Sequence[Edge]] = dict(graph.outgoing)
        self.start = graph.start
        self.triggers: tuple[Trigger, ...] = graph.triggers
        self.goals: tuple[Goal, ...] = graph.goals
        self._touched = touched
        self._led: set[str] = set()
        self._ends = not is_ordered(graph.format)

    @cached_property
    def _sources(self) -> dict[str | None, set[str]]:
        """The steps that lead to each, and perhaps some that did."""
        found: dict[str | None, set[str]] = {}
        for source, ways in self.ways.items():
            for edge in ways:
                found.setdefault(edge.target, set()).add(source)
        return found

    def untouched(self, steps: Iterable[str]) -> set[str]:
        """Those of the steps that say what they said before."""
        return set() if self._touched.steps is None else {*steps} - self._touched.steps

    def not_led(self, steps: Iterable[str]) -> set[str]:
        """Those of the steps whose ways on are what they were before, and were made no others here."""
        return set() if self._touched.ways is None else {*steps} - self._touched.ways - self._led

    def into(self, step: str) -> list[Edge]:
        """The ways that lead to a step, in no order that means anything."""
        sources = sorted(self._sources.get(step, ()))
        return [edge for source in sources for edge in self.ways.get(source, ()) if edge.target == step]

    def references(self, step: str) -> set[tuple[str, str]]:
        """All that names a step: the sources and labels of ways, and what is no way."""
        found = {(edge.source, edge.label) for edge in self.into(step) if edge.source != step}
        found |= {("", "start")} if self.start == step else set()
        found |= {(trigger.id, "\0trigger") for trigger in self.triggers if trigger.start == step and trigger.id != step}
        found |= {(goal.id, "\0goal") for goal in self.goals if goal.target == step}
        found |= (
            {(inner.id, "\0inside") for inner in self.steps.values() if inner.scope == step} if self._has_scopes(step) else set()
        )
        return found | {(use.source, f"\0{use.label}") for use in self.graph.uses if use.target == step}

    def _has_scopes(self, step: str) -> bool:
        return any(edge.kind is EdgeKind.ENTER for edge in self.ways.get(step, ()))

    def way_past(self, step: str) -> tuple[str | None] | None:
        """Where one comes who does not stay at a step, in a tuple; None if that is not plain, or only the step itself."""
        ways = self.ways.get(step, ())
        if not ways:
            return (None,) if self._ends else None
        if len(ways) > 1 or ways[0].target == step or ways[0].condition is not None or ways[0].kind is EdgeKind.ENTER:
            return None
        return (ways[0].target,)

    def pass_by(self, step: str, target: str | None) -> None:
        """Lead whatever led to a step to another place, and take out its own ways."""
        self.ways.pop(step, None)
        self._led.add(step)
        for source in self._sources.pop(step, set()):
            if source in self.ways:
                self.set_ways(source, _led_past(self.ways[source], step, target, ends=self._ends))
        self.start = target if self.start == step else self.start
        self.triggers = tuple(
            replace(trigger, start=target) if trigger.start == step and trigger.id != step else trigger for trigger in self.triggers
        )
        self.goals = tuple(replace(goal, target=target) if goal.target == step else goal for goal in self.goals)

    def set_ways(self, source: str, ways: Iterable[Edge]) -> None:
        """Give a step other ways on."""
        self.ways[source] = tuple(ways)
        self._led.add(source)
        for edge in self.ways[source]:
            self._sources.setdefault(edge.target, set()).add(source)

    def put_back(self, step: str, other: Side) -> None:
        """Have a step again that another side has, with its ways, and with what led to it there and leads elsewhere here."""
        self.steps[step] = other.steps[step]._replace(pointer=())
        self.set_ways(step, other.ways.get(step, ()))
        for edge in other.into(step):
            if edge.source in self.steps and edge.source != step:
                self._lead_back(edge, other)
        self.start = step if other.start == step else self.start
        starts = {trigger.id: trigger.start for trigger in other.triggers}
        self.triggers = tuple(
            replace(trigger, start=step) if starts.get(trigger.id) == step else trigger for trigger in self.triggers
        )
        targets = {goal.id: goal.target for goal in other.goals}
        self.goals = tuple(replace(goal, target=step) if targets.get(goal.id) == step else goal for goal in self.goals)

    def _lead_back(self, edge: Edge, other: Side) -> None:
        label = edge.label
        mine, theirs = self.ways.get(edge.source, ()), other.ways.get(edge.source, ())
        known = {way.target for way in theirs if way.label == label}
        rest = [way for way in mine if way.label != label or way.target in known]
        self.set_ways(edge.source, [*rest, *(way for way in theirs if way.label == label and way not in rest)])


def _led_past(ways: Iterable[Edge], step: str, target: str | None, *, ends: bool) -> list[Edge]:
    found: list[Edge] = []
    for edge in ways:
        if edge.target != step:
            found.append(edge)
        elif target is not None or not ends:
            led = edge._replace(target=target)
            if not any(led[:5] == other[:5] for other in found):
                found.append(led)
    return found


def same_ways(one: Sequence[Edge], other: Sequence[Edge]) -> bool:
    """Whether ways say the same, in the same order, wherever they stand."""
    if one is not other and one != other and [edge[:5] for edge in one] != [edge[:5] for edge in other]:
        return False
    return all(of_same_types(mine[4], yours[4]) for mine, yours in zip(one, other, strict=True) if mine[4] is not None)


def same_step(one: Step, other: Step) -> bool:
    """Whether steps say the same, wherever they stand, and whatever a tool knows them by."""
    if one is other:
        return True
    return one[:7] == other[:7] and of_same_types(one[3], other[3])


def shown_way(edge: Edge) -> dict[str, object]:
    """A way as JSON, to be shown."""
    said: dict[str, object] = {"label": edge.label, "next": edge.target}
    return said if edge.condition is None else {**said, "condition": edge.condition}
