"""Where an execution goes from a step: by the outcome of the step, to a named step, or through a goal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from wflgit.core.graph import Edge, EdgeKind, Graph
from wflgit.core.names import near
from wflgit.errors import NotFoundError, StateError

_ASIDE = frozenset({EdgeKind.ERROR, EdgeKind.TIMEOUT, EdgeKind.ENTER})
"""Ways that say nothing of where it goes on when a step is done."""


def route(graph: Graph, step: str, *, outcome: str | None = None, to: str | None = None) -> str | None:
    """Find the step an execution standing at `step` goes to; None is the end of the execution.

    Without `outcome` and `to` the plain way on is taken, where the step has one. With both, the edge must have that label and lead
    there. An outcome that nothing is connected to is an end. The end of a scope leads back to its container. Disabled steps are
    passed through. A goal can be reached from every step, by its id or its target.

    Raises:
        NotFoundError: if no edge or goal has that outcome, or leads to that step; the candidates are the ones there are.
        StateError: if the step has no plain way on and no outcome is named, or the outcome leads to several steps at once and `to`
            does not say which: an execution is at one step.
    """
    if step not in graph.steps:
        raise NotFoundError(f"the definition has no step '{step}'", candidates=near(step, graph.steps))
    edges = graph.outgoing.get(step, ())
    if to is not None:
        target: str | None = _to_step(graph, step, [edge for edge in edges if outcome in (None, edge.label)], to)
    elif outcome is not None:
        target = _by_outcome(graph, step, edges, outcome)
    else:
        target = _plain(step, edges, graph.loose.get(step, ()))
    return settle(graph, step, target)


def entry(graph: Graph, trigger: str | None = None) -> str | None:
    """Find the step an execution starts at: that of the trigger or the start, or the one after it if that is disabled.

    Args:
        graph: the definition.
        trigger: the id of the trigger that starts it; None where it does not matter which.

    Returns:
        The step; None if the definition names none.

    Raises:
        NotFoundError: if there is no such trigger; the candidates are the ones there are.
        StateError: if each trigger has a step of its own to start at, and none is named; or if the named one is disabled.
    """
    start = graph.start if trigger is None else _start_of(graph, trigger)
    if start is None and (several := [found.id for found in graph.triggers if found.start and not found.disabled]):
        raise StateError(
            f"expected a trigger to start by, because {len(several)} of the definition each start at a step of their own",
            hint=f"name one of {_quoted(several)}, on the command line with --trigger",
        )
    return None if start is None or start not in graph.steps else settle(graph, start, start)


def _start_of(graph: Graph, trigger: str) -> str | None:
    found = next((found for found in graph.triggers if found.id == trigger), None)
    if found is None:
        known = [found.id for found in graph.triggers]
        raise NotFoundError(
            f"the definition has no trigger '{trigger}'",
            candidates=near(trigger, known),
            hint=f"it has {_quoted(known)}" if known else "it names no triggers: start without one",
        )
    if found.disabled:
        raise StateError(
            f"trigger '{trigger}' is disabled and starts nobody", hint="enable it in the definition, or name another one"
        )
    return found.start or graph.start


def settle(graph: Graph, origin: str, target: str | None) -> str | None:
    """Find where an execution that comes from one step to another stands: it leaves scopes that ended and passes disabled steps.

    Args:
        graph: the definition.
        origin: the step it comes from; the one it comes to may be the same.
        target: the step it comes to; None is the end of the scope it comes from.

    Returns:
        The step; None is the end of the execution. If all steps are disabled in a circle, one of them.

    Raises:
        NotFoundError: if the way leads to a step that the definition does not have.
    """
    scope = graph.steps[origin].scope
    passed: set[str] = set()
    while True:
        if target is None:
            return scope
        if target not in graph.steps:
            raise NotFoundError(f"step '{origin}' leads to '{target}', which the definition does not have")
        step = graph.steps[target]
        if not step.disabled or target in passed:
            return target
        passed.add(target)
        scope = step.scope
        target = _way_through(graph.outgoing.get(target, ()))


def _to_step(graph: Graph, step: str, edges: Sequence[Edge], to: str) -> str:
    targets = [edge.target for edge in edges] + [goal.target for goal in graph.goals]
    if to in targets:
        return to
    known = [target for target in targets if target is not None]
    missing = "" if to in graph.steps else f", and there is no step '{to}'"
    raise NotFoundError(
        f"expected a step that '{step}' leads to, but it does not lead to '{to}'{missing}",
        candidates=near(to, known),
        hint=f"it leads to {_quoted(known)}" if known else f"'{step}' leads to the end only",
    )


def _by_outcome(graph: Graph, step: str, edges: Sequence[Edge], outcome: str) -> str | None:
    if any(edge.label == outcome for edge in edges):
        return _only(step, [edge for edge in edges if edge.label == outcome])
    for goal in graph.goals:
        if goal.id == outcome:
            return goal.target
    loose = graph.loose.get(step, ())
    if outcome in loose:
        return None
    known = [*dict.fromkeys(edge.label for edge in edges), *loose, *(goal.id for goal in graph.goals)]
    raise NotFoundError(
        f"expected an outcome of step '{step}', but it has no outcome '{outcome}'",
        candidates=near(outcome, known),
        hint=f"it has {_quoted(known)}" if known else f"'{step}' is an end: advance it without an outcome",
    )


def _plain(step: str, edges: Sequence[Edge], loose: Sequence[str]) -> str | None:
    plain = [edge for edge in edges if edge.kind is EdgeKind.NEXT]
    if plain:
        return _only(step, plain)
    if all(edge.kind in _ASIDE for edge in edges):
        return None
    raise StateError(
        f"expected an outcome for step '{step}', because what comes of it decides the way on",
        hint=f"name one of {_quoted([*(edge.label for edge in edges), *loose])}",
    )


def _only(step: str, edges: Sequence[Edge]) -> str | None:
    """Where edges lead that are taken together, if that is one step."""
    targets = dict.fromkeys(edge.target for edge in edges)
    if len(targets) > 1:
        raise StateError(
            f"expected one step to follow '{step}', but '{edges[0].label}' leads to {len(targets)} at once",
            hint=f"name the one to follow: {_quoted([target for target in targets if target is not None])}",
        )
    return edges[0].target


def _way_through(edges: Sequence[Edge]) -> str | None:
    for kind in (EdgeKind.NEXT, EdgeKind.DEFAULT):
        for edge in edges:
            if edge.kind is kind:
                return edge.target
    return edges[0].target if edges else None


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))
