"""A native document as a graph.

Running executions wait for it, so it stays free of pydantic, and is written for speed: what is asked of every step is asked once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.meaning import Feature, Fields
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger, WaitKind, WaitTerms
from wflgit.core.problems import Problem, Severity
from wflgit.core.times import parse_duration, parse_moment
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.graph import Pointer

NAME = "native"
TITLE = "the native format"
LACKS: frozenset[Feature] = frozenset()
FIELDS = Fields(cosmetic=("$schema", "steps/*/notes", "steps/*/position"))

NEXT = "next"
OTHERWISE = "otherwise"
TIMEOUT = "timeout"
ERROR = "error"

KINDS: Mapping[str, StepKind] = {
    "wait": StepKind.WAIT,
    "condition": StepKind.CONDITION,
    "split": StepKind.SPLIT,
    "goal": StepKind.GOAL,
}
"""The control types; a step of any other type is an action."""

WAYS: Mapping[str, tuple[str, EdgeKind]] = {
    "next": (NEXT, EdgeKind.NEXT),
    "on_timeout": (TIMEOUT, EdgeKind.TIMEOUT),
    "on_error": (ERROR, EdgeKind.ERROR),
    "otherwise": (OTHERWISE, EdgeKind.DEFAULT),
}
"""Key of a step -> label and kind of the edge it makes."""

# Looking up a member of an enumeration takes as long as making a tuple of it.
_ACTION, _NEXT, _BRANCH = StepKind.ACTION, EdgeKind.NEXT, EdgeKind.BRANCH
_OTHER_WAYS = tuple((key, *way) for key, way in WAYS.items() if key != "next")

_NOTHING: Mapping[str, Any] = {}


def recognise(document: Any) -> bool:
    """Say whether a parsed document is meant to be a native workflow: an object that holds `steps`."""
    return isinstance(document, dict) and "steps" in document


def root(document: object) -> Pointer:  # noqa: ARG001  all formats take it
    """Where in the document the workflow is."""
    return ()


def to_graph(document: Any) -> Graph:
    """Build the graph; what is only cosmetic (`notes`, `position`) stays out of it.

    What cannot be read is left out: an edge whose target is no text, a branch that is no object. A step that is no object has
    neither type nor edges. Several triggers of one type get the ids `tag_added`, `tag_added-2` and so on.

    Raises:
        DefinitionError: if `steps` is no object.
    """
    raw_steps = document["steps"]
    if not isinstance(raw_steps, dict):
        problem = Problem("wrong-value", Severity.ERROR, "expected an object of steps by id at 'steps'", ("steps",))
        raise DefinitionError(problem.message, problems=[problem], hint='write "steps": {"hello": {"type": …}}')
    steps: dict[str, Step] = {}
    edges: list[Edge] = []
    for step_id, raw in raw_steps.items():
        place = ("steps", step_id)
        if not isinstance(raw, dict):
            raw = _NOTHING
        step_type, config, name = raw.get("type"), raw.get("config", _NOTHING), raw.get("name")
        if not isinstance(step_type, str):
            step_type = ""
        if not isinstance(config, dict):
            config = _NOTHING
        if not isinstance(name, str):
            name = None
        kind = KINDS.get(step_type, _ACTION)
        disabled = raw.get("disabled") is True
        steps[step_id] = Step(step_id, step_type, kind, config, name, None, disabled, place)
        if "branches" in raw:
            _read_branches(step_id, raw["branches"], edges)
        following = raw.get("next", 0)
        if following is None or isinstance(following, str):
            edges.append(Edge(step_id, NEXT, following, _NEXT, None, (*place, "next")))
        for key, label, edge_kind in _OTHER_WAYS:
            if key in raw and is_target(target := raw[key]):
                edges.append(Edge(step_id, label, target, edge_kind, None, (*place, key)))
    return Graph(
        NAME,
        _text(document.get("name")),
        _text(document.get("start")),
        _triggers(document),
        steps,
        tuple(edges),
        _goals(document) if "goals" in document else (),
        {"description": document["description"]} if "description" in document else _NOTHING,
        ("start",),
    )


def _read_branches(step_id: str, raw: Any, edges: list[Edge]) -> None:
    for index, branch in enumerate(raw if isinstance(raw, list) else ()):
        if is_branch(branch):
            condition = branch.get("when", branch.get("weight"))
            pointer = ("steps", step_id, "branches", index, "next")
            edges.append(Edge(step_id, branch["label"], branch["next"], _BRANCH, condition, pointer))


def _triggers(document: Mapping[str, Any]) -> tuple[Trigger, ...]:
    found: list[Trigger] = []
    counts: dict[str, int] = {}
    for pointer, raw in trigger_places(document):
        if isinstance(raw, dict):
            trigger_type = _text(raw.get("type")) or ""
            counts[trigger_type] = count = counts.get(trigger_type, 0) + 1
            trigger_id = trigger_type if count == 1 else f"{trigger_type}-{count}"
            found.append(Trigger(trigger_id, trigger_type, _mapping(raw.get("config")), pointer))
    return tuple(found)


def trigger_places(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield pointer and raw value of every trigger, whether the document has one or a list."""
    if "trigger" in document:
        yield ("trigger",), document["trigger"]
    several = document.get("triggers")
    for index, raw in enumerate(several if isinstance(several, list) else ()):
        yield ("triggers", index), raw


def _goals(document: Mapping[str, Any]) -> tuple[Goal, ...]:
    raw_goals = document.get("goals")
    return tuple(
        Goal(raw["id"], _text(raw.get("event")) or "", raw["next"], _mapping(raw.get("config")), ("goals", index, "next"))
        for index, raw in enumerate(raw_goals if isinstance(raw_goals, list) else ())
        if is_goal(raw)
    )


def is_target(value: object) -> bool:
    """Say whether a value can be read as where a way leads."""
    return value is None or isinstance(value, str)


def is_branch(raw: object) -> bool:
    """Say whether an item of `branches` can be read."""
    return isinstance(raw, dict) and isinstance(raw.get("label"), str) and is_target(raw.get("next", 0))


def is_goal(raw: object) -> bool:
    """Say whether an item of `goals` can be read."""
    return isinstance(raw, dict) and isinstance(raw.get("id"), str) and is_target(raw.get("next", 0))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NOTHING


def wait_terms(step: Step) -> WaitTerms | None:
    """Read a duration, a time or an event off the config of a wait.

    A reference such as `{{contact.renewal_date}}` is a time that is known only when an execution is there.

    Returns:
        What the step waits for; None for a step of another kind, and for a config that does not say it in exactly one way.
    """
    if step.kind is not StepKind.WAIT:
        return None
    match [(key, step.config[key]) for key in ("duration", "until", "event") if key in step.config]:
        case [("duration", str(text))]:
            duration = parse_duration(text)
            return None if duration is None else WaitTerms(WaitKind.DURATION, duration)
        case [("until", str(text))]:
            return _moment_terms(text)
        case [("event", str(event))]:
            return _event_terms(event, step.config.get("timeout"))
    return None


def _moment_terms(text: str) -> WaitTerms | None:
    if text.startswith("{{") and text.endswith("}}"):
        return WaitTerms(WaitKind.MOMENT)
    moment = parse_moment(text)
    return None if moment is None else WaitTerms(WaitKind.MOMENT, moment=moment)


def _event_terms(event: str, timeout: object) -> WaitTerms | None:
    if timeout is None:
        return WaitTerms(WaitKind.EVENT, event=event)
    duration = parse_duration(timeout) if isinstance(timeout, str) else None
    return None if duration is None else WaitTerms(WaitKind.EVENT, duration, event=event)
