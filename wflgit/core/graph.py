"""The normalised graph that everything after parsing works on, whatever format the bytes are in.

A parser in `formats` makes it; nothing else may know how a format spells an edge. Pointers say where in the document a
part stands, so that a finding can be shown at its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

Pointer = tuple[str | int, ...]
"""Keys and indexes from the root of a document to a place in it, e.g. `("steps", "hello", "next")`."""


class StepKind(StrEnum):
    """What a step does to the flow; the names of its types are the format's own."""

    ACTION = "action"
    WAIT = "wait"
    CONDITION = "condition"
    SPLIT = "split"
    GOAL = "goal"
    PARALLEL = "parallel"
    LOOP = "loop"
    END = "end"


class WaitKind(StrEnum):
    """What ends a wait."""

    DURATION = "duration"
    MOMENT = "moment"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class WaitTerms:
    """What a step of kind WAIT waits for.

    Attributes:
        kind: what ends it.
        duration: how long from its beginning; for an event, how long at most. None where there is no such limit, or it is only
            known when the execution is there (a reference to data). A month counts as 30 days, a year as 365.
        moment: until when; None where it is only known when the execution is there.
        event: the event it waits for.
    """

    kind: WaitKind
    duration: timedelta | None = None
    moment: datetime | None = None
    event: str | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts executions. `id` is unique among the triggers of a graph."""

    id: str
    type: str
    config: Mapping[str, Any] = field(hash=False)
    pointer: Pointer = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A node of the graph.

    `id` is unique in the graph; a step inside a scope has the ids of its containers before it (`Fan out/0/Notify`).
    `config` is all the format says of the step except its edges. `scope` is the id of the step whose inside it is in.
    `disabled` steps are passed through.
    """

    id: str
    type: str
    kind: StepKind
    config: Mapping[str, Any] = field(hash=False)
    name: str | None = None
    scope: str | None = None
    disabled: bool = False
    pointer: Pointer = ()


class EdgeKind(StrEnum):
    """Why one goes along an edge."""

    NEXT = "next"
    BRANCH = "branch"
    DEFAULT = "default"
    ERROR = "error"
    TIMEOUT = "timeout"
    ENTER = "enter"
    GOAL = "goal"


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from `source` to `target`.

    `label` is the outcome that takes it (`"yes"`), unique among the edges of a source; the plain way on has `"next"`.
    `target` None is the end of the execution, or of the scope the source is in. `condition` is the format's own predicate.
    """

    source: str
    label: str
    target: str | None
    kind: EdgeKind = EdgeKind.NEXT
    condition: Any = field(default=None, hash=False)
    pointer: Pointer = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """An event that takes an execution out of wherever it stands, to `target` (None: it is completed)."""

    id: str
    event: str
    target: str | None
    config: Mapping[str, Any] = field(hash=False)
    pointer: Pointer = ()


@dataclass(frozen=True)
class Graph:
    """One workflow, normalised.

    `steps` keeps the author's order. `start` is None only where the document does not name one. `settings` is what the
    document says of the workflow as a whole (description, timeouts), by key. `start_pointer` is where it names the start.
    """

    format: str
    name: str | None
    start: str | None
    triggers: tuple[Trigger, ...]
    steps: Mapping[str, Step]
    edges: tuple[Edge, ...]
    goals: tuple[Goal, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    start_pointer: Pointer = ()

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges of each step that has any, in the author's order."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    def reachable(self) -> frozenset[str]:
        """The ids of all steps that an execution can come to from the start or through a goal."""
        todo = [self.start, *(goal.target for goal in self.goals)]
        seen: set[str] = set()
        while todo:
            step = todo.pop()
            if step is None or step in seen or step not in self.steps:
                continue
            seen.add(step)
            todo.extend(edge.target for edge in self.outgoing.get(step, ()))
        return frozenset(seen)
