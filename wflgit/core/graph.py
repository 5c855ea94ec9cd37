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
from typing import Any, NamedTuple

Pointer = tuple[str | int, ...]
"""Keys and indexes from the root of a document to a place in it, e.g. `("steps", "hello", "next")`."""


class StepKind(StrEnum):
    """What a step does to the flow; the names of its types are the format's own."""

    TRIGGER = "trigger"
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
    """What starts executions.

    `id` is unique among the triggers of a graph. `start` is the step at which executions that it starts begin, where the format
    gives each trigger its own; None is the start of the graph. A `disabled` trigger starts nobody.
    """

    id: str
    type: str
    config: Mapping[str, Any] = field(hash=False)
    pointer: Pointer = ()
    start: str | None = None
    disabled: bool = False


class Step(NamedTuple):
    """A node of the graph; a tuple, because a large file has thousands of them.

    `id` is unique in the graph; a step inside a scope may have the ids of its containers before it (`Fan out/0/Notify`).
    `config` is all that the format says of the step and that has a meaning, except its edges. `scope` is the id of the step whose
    inside it is in. `disabled` steps are passed through. `key` is what the tool that wrote the file knows the step by, where that
    is not the id, such as a UUID: it often, but not always, stays when the step is renamed.
    """

    id: str
    type: str
    kind: StepKind
    config: Mapping[str, Any]
    name: str | None = None
    scope: str | None = None
    disabled: bool = False
    pointer: Pointer = ()
    key: str | None = None


class EdgeKind(StrEnum):
    """Why one goes along an edge."""

    NEXT = "next"
    BRANCH = "branch"
    DEFAULT = "default"
    ERROR = "error"
    TIMEOUT = "timeout"
    ENTER = "enter"
    GOAL = "goal"
    USES = "uses"


class Edge(NamedTuple):
    """A way from `source` to `target`; a tuple like a step.

    `label` is the outcome that takes it (`"yes"`); the plain way on has `"next"`. Several edges of a source have one label only
    where the format lets an outcome lead to several steps at once. `target` None is the end of the execution, or of the scope the
    source is in. `condition` is the format's own predicate.
    """

    source: str
    label: str
    target: str | None
    kind: EdgeKind = EdgeKind.NEXT
    condition: Any = None
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

    `steps` keeps the author's order. `start` is where executions begin unless a trigger says otherwise; None where the document
    names no such step, or several triggers each have their own. `settings` is what the document says of the workflow as a whole
    (description, timeouts), by key. `start_pointer` is where it names the start. `uses` are edges of kind USES, from a step to one
    that it works with (the model of an agent): no execution goes there. `loose` are the outcomes of steps, beside others, that
    nothing is connected to, where a format shows such: an execution for which one is taken is at its end.
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
    uses: tuple[Edge, ...] = ()
    loose: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    @cached_property
    def outgoing(self) -> Mapping[str, tuple[Edge, ...]]:
        """The edges of each step that has any, in the author's order."""
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return {source: tuple(edges) for source, edges in found.items()}

    def reachable(self) -> frozenset[str]:
        """The ids of all steps that an execution can come to, from the start, a trigger or a goal, and of those they use."""
        used: dict[str, list[str | None]] = {}
        for edge in self.uses:
            used.setdefault(edge.source, []).append(edge.target)
        todo = [self.start, *(trigger.start for trigger in self.triggers), *(goal.target for goal in self.goals)]
        seen: set[str] = set()
        while todo:
            step = todo.pop()
            if step is None or step in seen or step not in self.steps:
                continue
            seen.add(step)
            todo.extend(edge.target for edge in self.outgoing.get(step, ()))
            todo.extend(used.get(step, ()))
        return frozenset(seen)


NOTHING = Graph("", None, None, (), {}, ())
"""The graph of what is not there, or cannot be read: no execution stands on any step of it, and none has a place there."""
