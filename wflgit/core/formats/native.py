"""The native format: steps keyed by id, edges spelt out. What a document may hold is said by the models in `definition`.

`to_graph` must stay free of pydantic: running executions wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger, WaitKind, WaitTerms
from wflgit.core.records import Problem, Severity
from wflgit.core.times import parse_duration, parse_moment
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.catalog import Catalog

NAME = "native"

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

_WAYS: Mapping[str, tuple[str, EdgeKind]] = {
    "next": (NEXT, EdgeKind.NEXT),
    "on_timeout": (TIMEOUT, EdgeKind.TIMEOUT),
    "on_error": (ERROR, EdgeKind.ERROR),
    "otherwise": (OTHERWISE, EdgeKind.DEFAULT),
}
"""Key of a step -> label and kind of the edge it makes."""

_NOTHING: Mapping[str, Any] = {}


def recognise(document: Any) -> bool:
    """Say whether a parsed document is meant to be a native workflow: an object that holds `steps`."""
    return isinstance(document, dict) and "steps" in document


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
        raw = raw if isinstance(raw, dict) else _NOTHING
        steps[step_id] = _step(step_id, raw)
        edges += _edges(step_id, raw)
    return Graph(
        NAME,
        _text(document.get("name")),
        _text(document.get("start")),
        _triggers(document),
        steps,
        tuple(edges),
        _goals(document),
        {"description": document["description"]} if "description" in document else _NOTHING,
        ("start",),
    )


def _step(step_id: str, raw: Mapping[str, Any]) -> Step:
    step_type = _text(raw.get("type")) or ""
    config = _mapping(raw.get("config"))
    kind = KINDS.get(step_type, StepKind.ACTION)
    return Step(step_id, step_type, kind, config, _text(raw.get("name")), None, raw.get("disabled") is True, ("steps", step_id))


def _edges(step_id: str, raw: Mapping[str, Any]) -> list[Edge]:
    edges = [*_branches(step_id, raw["branches"])] if "branches" in raw else []
    for key, (label, kind) in _WAYS.items():
        if key in raw and _is_target(target := raw[key]):
            edges.append(Edge(step_id, label, target, kind, None, ("steps", step_id, key)))
    return edges


def _branches(step_id: str, raw: Any) -> Iterator[Edge]:
    for index, branch in enumerate(raw if isinstance(raw, list) else ()):
        if isinstance(branch, dict) and isinstance(branch.get("label"), str) and _is_target(branch.get("next", 0)):
            condition = branch.get("when", branch.get("weight"))
            pointer = ("steps", step_id, "branches", index, "next")
            yield Edge(step_id, branch["label"], branch["next"], EdgeKind.BRANCH, condition, pointer)


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
        if isinstance(raw, dict) and isinstance(raw.get("id"), str) and _is_target(raw.get("next", 0))
    )


def _is_target(value: Any) -> bool:
    return value is None or isinstance(value, str)


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


def problems(document: Any, catalog: Catalog) -> Iterator[Problem]:
    """Find what breaks the rules of the format; see `definition.problems`."""
    from wflgit.core import definition  # pydantic takes a tenth of a second to import, and only validation needs it

    yield from definition.problems(document, catalog)
