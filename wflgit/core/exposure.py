"""Who is on the way in a workflow: the live executions that a change would meet. Pure; unknown is not zero."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from wflgit.core.graph import EdgeKind, Graph, Step, StepKind
from wflgit.core.records import StepCount


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where the live executions of an account stood at some time.

    Attributes:
        source: where that is known from: `side store`, a file, a URL.
        as_of: when it was so, in UTC.
        counts: by workflow, where they stand; None if nothing is known.
        complete: whether a workflow that is not a key has none; else nothing is known of it.
        reason: why nothing is known, where `counts` is None.
    """

    source: str
    as_of: datetime | None = None
    counts: Mapping[str, tuple[StepCount, ...]] | None = field(default=None, hash=False)
    complete: bool = True
    reason: str = ""

    def of(self, workflow: str) -> tuple[StepCount, ...] | None:
        """Where the executions of a workflow stand; None if that is not known."""
        return None if self.counts is None else self.counts.get(workflow, () if self.complete else None)


@dataclass(frozen=True, slots=True)
class Affected:
    """How many live executions something concerns. None is unknown, which is not zero.

    Attributes:
        at: those that stand at the steps in question.
        upstream: those that stand elsewhere and can still come there.
    """

    at: int | None
    upstream: int | None

    @property
    def total(self) -> int | None:
        """How many distinct ones; an execution is at one place only."""
        return None if self.at is None or self.upstream is None else self.at + self.upstream

    @property
    def is_known(self) -> bool:
        """Whether it is known."""
        return self.total is not None


UNKNOWN = Affected(None, None)
NOBODY = Affected(0, 0)


_GOAL = "\0goal"
"""The place that every step leads to and that leads to what goals lead to."""


class Paths:
    """Where executions can come from each place of a graph.

    A place is a step, or `after(step)`: what a container does once its inside is done. Whoever comes to the end of a scope goes on
    there; only a loop begins its inside again. A goal takes executions out of every step. What a step works with is on its way too.

    Attributes:
        ways: where one can go from each place directly.
    """

    def __init__(self, graph: Graph) -> None:
        steps = graph.steps
        self.ways: dict[str, list[str]] = {step: [] for step in steps}
        inner = [step for step in steps.values() if step.scope is not None and step.scope in steps]
        ends = {step.id: _end_of(steps[step.scope or ""]) for step in inner}
        self.ways.update({after(container): [] for container in {step.scope or "" for step in inner}})
        for edge in (*graph.edges, *graph.uses):
            target = ends.get(edge.source) if edge.target is None else edge.target
            if target is not None and target in self.ways and edge.source in steps:
                self.ways[edge.source].append(target)
                if edge.kind is not EdgeKind.ENTER and (beyond := self.ways.get(after(edge.source))) is not None:
                    beyond.append(target)
        for step in inner:
            if not graph.outgoing.get(step.id):
                self.ways[step.id].append(ends[step.id])
        goals = [goal.target for goal in graph.goals if goal.target is not None and goal.target in steps]
        if goals:
            for step_id in steps:
                self.ways[step_id].append(_GOAL)
            self.ways[_GOAL] = goals

    @cached_property
    def _back(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        for place, targets in self.ways.items():
            for target in targets:
                found.setdefault(target, []).append(place)
        return found

    def from_(self, steps: Iterable[str], *, except_by: Collection[tuple[str, str]] = ()) -> frozenset[str]:
        """The steps that can be come to from these, and they themselves.

        Args:
            steps: where one begins; those that the graph does not have lead nowhere.
            except_by: pairs of steps between which one cannot go.
        """
        return _spread(self.ways, (step for step in steps if step in self.ways), except_by)

    def before(self, step: str) -> frozenset[str]:
        """The steps that lead directly to a step, or to what it does once its inside is done; goals are left out."""
        found = (place for place_of in (step, after(step)) for place in self._back.get(place_of, ()))
        return frozenset(place.removesuffix("\0") for place in found if place != _GOAL)

    def to(self, steps: Iterable[str]) -> frozenset[str]:
        """The steps from which one can come to these, and they themselves."""
        return _spread(self._back, (place for step in steps for place in (step, after(step)) if place in self.ways))


def after(step: str) -> str:
    """The place where an execution is whom a container lets out of its inside; no step has such an id."""
    return f"{step}\0"


def _end_of(container: Step) -> str:
    return container.id if container.kind is StepKind.LOOP else after(container.id)


def _spread(ways: Mapping[str, list[str]], places: Iterable[str], except_by: Collection[tuple[str, str]] = ()) -> frozenset[str]:
    """All that can be come to, as steps."""
    todo = [*places]
    seen = {*todo}
    while todo:
        place = todo.pop()
        for target in ways.get(place, ()):
            if target not in seen and (not except_by or (place, target) not in except_by):
                seen.add(target)
                todo.append(target)
    return frozenset(place.removesuffix("\0") for place in seen if place != _GOAL)


class Exposure:
    """The live executions of one workflow on the steps of its base graph.

    Executions of all versions count, by the step they stand at. Those at a step that the base does not have are `elsewhere`.

    Attributes:
        graph: the base.
        at: how many stand at each step that any stand at; None if unknown.
        elsewhere: how many stand at steps that the base does not have.
    """

    def __init__(self, graph: Graph, counts: Iterable[StepCount] | None) -> None:
        self.graph = graph
        self.at: Mapping[str, int] | None = None
        self.elsewhere = 0
        if counts is not None:
            at: dict[str, int] = {}
            for count in counts:
                number = count.active + count.waiting
                if count.step in graph.steps:
                    at[count.step] = at.get(count.step, 0) + number
                else:
                    self.elsewhere += number
            self.at = at

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        return self.at is not None

    @property
    def total(self) -> int | None:
        """All live executions of the workflow; None if unknown."""
        return None if self.at is None else sum(self.at.values()) + self.elsewhere

    @cached_property
    def paths(self) -> Paths:
        """The ways of the base."""
        return Paths(self.graph)

    def upstream(self, steps: Collection[str]) -> frozenset[str]:
        """The steps, other than these, from which an execution can still come to one of them."""
        return self.paths.to(steps) - {*steps}

    def past(self, steps: Collection[str]) -> frozenset[str]:
        """The steps, other than these, from which an execution cannot come to one of them any more."""
        return frozenset(self.graph.steps.keys() - self.paths.to(steps) - {*steps})

    def count(self, steps: Iterable[str]) -> int | None:
        """How many stand at these steps; None if unknown."""
        return None if self.at is None else sum(self.at.get(step, 0) for step in {*steps})

    def affected(self, steps: Collection[str], *, upstream: bool = True) -> Affected:
        """How many executions a change at these steps of the base meets: those that stand there, and those that can come there."""
        if self.at is None:
            return UNKNOWN
        return Affected(self.count(steps), self.count(self.upstream(steps)) if upstream and self.at else 0)

    def everybody(self) -> Affected:
        """All live executions of the workflow, as those that stand in the way."""
        return Affected(self.total, 0 if self.is_known else None)
