"""A changed graph back into the native document it came from.

Every part is made anew from what the graph says of it, on top of what stands there now; what cannot be read there, and what is only
cosmetic, stays. At the end the document is read again: what does not come back is what the format cannot say.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.native.reading import WAYS, is_branch, is_goal, is_target, to_graph, trigger_places
from wflgit.core.formats.native.saying import lost_parts
from wflgit.core.formats.shapes import list_of
from wflgit.core.graph import EdgeKind, StepKind
from wflgit.core.jsonvalues import of_same_types, patched, same
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from wflgit.core.graph import Edge, Goal, Graph, Step, Trigger

_WORKFLOW = ("$schema", "name", "description", "trigger", "triggers", "start", "steps", "goals")
_STEP = ("type", "name", "disabled", "config", "next", "on_error", "on_timeout", "branches", "otherwise", "notes", "position")
"""The keys in the order of a canonical file."""
_GONE = object()


def to_document(document: Any, graph: Graph) -> Any:
    """The document, changed so that it says the graph.

    A step is the one of its id, or if there is none, the one at its pointer whose own id is gone: it was renamed. Steps keep their
    order; a new one comes after the one it follows in the graph.

    Raises:
        DefinitionError: for what the format cannot say; its problems name all of it.
    """
    old = to_graph(document)
    touched = {step_id: step for step_id, step in graph.steps.items() if not _is_as_it_was(step_id, old, graph)}
    changes: dict[str, Any] = {
        "name": _text(document, "name", graph.name),
        "start": _text(document, "start", graph.start),
        "description": graph.settings.get("description", _GONE),
        **_triggers(document, old, graph),
        "steps": _steps(document, old, graph, touched),
        "goals": _goals(document, graph),
    }
    written = _over(document, changes, _WORKFLOW)
    problems = [*lost_parts(*_only(touched, graph, written))]
    if problems:
        raise DefinitionError(problems[0].message, problems=problems, hint=problems[0].hint)
    return written


def _only(touched: Mapping[str, Step], graph: Graph, written: Mapping[str, Any]) -> tuple[Graph, Graph]:
    """What is to be said and what was written, without the steps that stand as they stood: these are read as they were read."""
    edges = tuple(edge for edge in graph.edges if edge.source in touched or edge.source not in graph.steps)
    rest = {**written, "steps": {step_id: written["steps"][step_id] for step_id in touched}}
    return replace(graph, steps=touched, edges=edges), to_graph(rest)


def referring(config: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG001
    """The config itself: no config of the native format names a step."""
    return config


def _over(raw: Mapping[str, Any], changes: Mapping[str, Any], order: Sequence[str]) -> Any:
    """An object with some keys set and some gone.

    New keys have their place in the order if those that are there have, else they come last.
    """
    written = {key: changes.get(key, value) for key, value in raw.items()}
    added = {key: value for key, value in changes.items() if key not in raw}
    written = {key: value for key, value in (written | added).items() if value is not _GONE}
    if same(raw, written):
        return raw
    places = {key: place for place, key in enumerate(order)}
    there = [places.get(key, -1) for key in raw]
    if -1 not in there and all(one < other for one, other in pairwise(there)):
        return {key: written[key] for key in sorted(written, key=lambda key: places.get(key, len(places)))}
    return written


def _text(raw: Mapping[str, Any], key: str, value: str | None) -> Any:
    """What is to stand under a key; where nothing is to be said, what cannot be read there stays."""
    if value is not None:
        return value
    return _GONE if key not in raw or isinstance(raw[key], str) else raw[key]


def _config(raw: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    there = raw.get("config", _GONE)
    if isinstance(there, dict):
        return patched(there, there, config)
    return config or there


def _named(raw: Mapping[str, Any], key: str, value: str) -> Any:
    """Like `_text`, where nothing to be said is an empty text."""
    return _text(raw, key, value if value or raw.get(key) == "" else None)


def _steps(document: Mapping[str, Any], old: Graph, new: Graph, touched: Collection[str]) -> Mapping[str, Any]:
    raw_steps = document["steps"]
    free = {step.pointer: step.id for step in old.steps.values() if step.id not in new.steps}
    origins = {step.id: step.id if step.id in old.steps else free.pop(step.pointer, None) for step in new.steps.values()}
    arrived = {origin: step_id for step_id, origin in origins.items()}
    written = {
        step_id: _step(raw_steps.get(origins[step_id], {}), new.steps[step_id], new) if step_id in touched else raw_steps[step_id]
        for step_id in _in_order([arrived[step_id] for step_id in raw_steps if step_id in arrived], new.steps)
    }
    return raw_steps if same(raw_steps, written) else written


def _in_order(kept: Sequence[str], steps: Iterable[str]) -> list[str]:
    """Those that are kept in their order, each with the new ones that come after it among the steps."""
    behind: dict[str, list[str]] = {step_id: [step_id] for step_id in kept}
    first: list[str] = []
    last = first
    for step_id in steps:
        if step_id in behind:
            last = behind[step_id]
        else:
            last.append(step_id)
    return [*first, *chain.from_iterable(behind.values())]


def _is_as_it_was(step_id: str, old: Graph, new: Graph) -> bool:
    """Whether a step, with its ways on, says what it said, so that it can stay as it stands."""
    was, step = old.steps.get(step_id), new.steps[step_id]
    if was is None or was[:7] != step[:7] or not of_same_types(was[3], step[3]):
        return False
    ways, others = old.outgoing.get(step_id, ()), new.outgoing.get(step_id, ())
    if ways != others and [way[:5] for way in ways] != [way[:5] for way in others]:
        return False
    return not any(way[4] is not None and not of_same_types(way[4], other[4]) for way, other in zip(ways, others, strict=True))


def _step(raw: Any, step: Step, graph: Graph) -> Any:
    edges = graph.outgoing.get(step.id, ())
    if not isinstance(raw, dict):
        if not (step.type or step.config or edges or step.name or step.disabled):
            return raw
        raw = {}
    changes: dict[str, Any] = {
        "type": _named(raw, "type", step.type),
        "name": _text(raw, "name", step.name),
        "disabled": step.disabled or (_GONE if raw.get("disabled", True) is True else raw["disabled"]),
        "config": _config(raw, step.config),
    }
    ways = {(edge.label, edge.kind): edge.target for edge in edges}
    for key, way in WAYS.items():
        changes[key] = ways.get(way, _GONE if is_target(raw.get(key)) else raw[key])
    changes["branches"] = _branches(raw, [edge for edge in edges if edge.kind is EdgeKind.BRANCH], step.kind)
    return _over(raw, changes, _STEP)


def _branches(raw: Mapping[str, Any], edges: Sequence[Edge], kind: StepKind) -> Any:
    there = raw.get("branches", _GONE)
    if not isinstance(there, list):
        return [_branch({}, edge, kind) for edge in edges] or there
    free = [branch for branch in there if is_branch(branch)]
    items = [_branch(_old_branch(free, edge), edge, kind) for edge in edges]
    return _refilled(there, items, is_branch)


def _take(free: list[Any], *tests: Callable[[Any], bool]) -> Mapping[str, Any]:
    """The first item that passes the first test, else the second and so on; it is taken out of those that are free."""
    for passes in tests:
        for index, item in enumerate(free):
            if passes(item):
                found: Mapping[str, Any] = free.pop(index)
                return found
    return {}


def _old_branch(free: list[Any], edge: Edge) -> Mapping[str, Any]:
    """The branch that a way was: by its label, else by all but its label."""
    sense = [edge.target, edge.condition]
    return _take(free, lambda branch: branch["label"] == edge.label, lambda branch: same(_sense(branch), sense))


def _sense(branch: Mapping[str, Any]) -> list[Any]:
    return [branch["next"], branch.get("when", branch.get("weight"))]


def _branch(raw: Mapping[str, Any], edge: Edge, kind: StepKind) -> Any:
    changes: dict[str, Any] = {"label": edge.label}
    if not raw or not same(_sense(raw)[1], edge.condition):
        key = "weight" if kind is StepKind.SPLIT else "when"
        other = "when" if key == "weight" else "weight"
        changes |= {key: _GONE if edge.condition is None else patched(raw.get(key), raw.get(key), edge.condition), other: _GONE}
    return _over(raw, changes | {"next": edge.target}, ("label", "when", "weight", "next"))


def _refilled(there: list[Any], items: Sequence[Any], readable: Callable[[Any], bool]) -> Any:
    """A list with other items in the places of those that could be read; gone if it had any and nothing is left."""
    rest = iter(items)
    written = [item for old in there if (item := next(rest, _GONE) if readable(old) else old) is not _GONE]
    written += rest
    if same(there, written):
        return there
    return written or _GONE


def _triggers(document: Mapping[str, Any], old: Graph, new: Graph) -> dict[str, Any]:
    """What is to stand under `trigger` and `triggers`."""
    places = dict(trigger_places(document))
    raws = [(trigger, places[trigger.pointer]) for trigger in old.triggers]
    written = [_trigger(_old_trigger(raws, trigger, new), trigger) for trigger in new.triggers]
    if same(written, [raw for _, raw in raws]):
        return {}
    several, one = document.get("triggers", _GONE), document.get("trigger", _GONE)
    if len(written) == 1 and not isinstance(several, list):
        return {"trigger": written[0]}
    return {
        "trigger": _GONE if isinstance(one, dict) else one,
        "triggers": _refilled(several, written, _is_object) if isinstance(several, list) else written or several,
    }


def _old_trigger(raws: list[tuple[Trigger, Any]], trigger: Trigger, new: Graph) -> Mapping[str, Any]:
    """What a trigger was: by its id, else by its place if what was there is gone. Odd types can make two ids the same."""
    known = {other.id for other in new.triggers}
    candidates = [
        (old, raw) for old, raw in raws if old.id == trigger.id or (old.pointer == trigger.pointer and old.id not in known)
    ]
    candidates.sort(key=lambda item: (item[0].id != trigger.id, item[0].pointer != trigger.pointer))
    found: Mapping[str, Any] = next((raw for _, raw in candidates), {})
    return found


def _trigger(raw: Mapping[str, Any], trigger: Trigger) -> Any:
    changes = {"type": _named(raw, "type", trigger.type), "config": _config(raw, trigger.config)}
    return _over(raw, changes, ("type", "config"))


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _goals(document: Mapping[str, Any], new: Graph) -> Any:
    there = document.get("goals", _GONE)
    free = [raw for raw in list_of(there) if is_goal(raw)]
    written = [_goal(_old_goal(free, goal), goal) for goal in new.goals]
    return _refilled(there, written, is_goal) if isinstance(there, list) else written or there


def _old_goal(free: list[Any], goal: Goal) -> Mapping[str, Any]:
    """What a goal was: by its id, else by its event and where it leads."""
    sense = [goal.event, goal.target]
    return _take(free, lambda raw: raw["id"] == goal.id, lambda raw: [raw.get("event"), raw["next"]] == sense)


def _goal(raw: Mapping[str, Any], goal: Goal) -> Any:
    changes = {
        "id": goal.id,
        "event": _named(raw, "event", goal.event),
        "config": _config(raw, goal.config),
        "next": goal.target,
    }
    return _over(raw, changes, ("id", "event", "config", "next"))
