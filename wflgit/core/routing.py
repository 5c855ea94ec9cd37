"""Where an execution goes from a step: by the outcome of the step, to a named step, or through a goal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from wflgit.core.graph import Edge, EdgeKind, Graph
from wflgit.core.names import near
from wflgit.errors import NotFoundError, StateError


def route(graph: Graph, step: str, *, outcome: str | None = None, to: str | None = None) -> str | None:
    """Find the step an execution standing at `step` goes to; None is the end of the execution.

    Without `outcome` and `to` the plain way on is taken, where the step has one. The end of a scope leads back to its
    container. Disabled steps are passed through. A goal can be reached from every step, by its id or its target.

    Raises:
        NotFoundError: if no edge or goal has that outcome, or leads to that step; the candidates are the ones there are.
        StateError: if the step has no plain way on and no outcome is named.
    """
    if step not in graph.steps:
        raise NotFoundError(f"the definition has no step '{step}'", candidates=near(step, graph.steps))
    edges = graph.outgoing.get(step, ())
    if to is not None:
        target: str | None = _to_step(graph, step, edges, to)
    elif outcome is not None:
        target = _by_outcome(graph, step, edges, outcome)
    else:
        target = _plain(step, edges)
    return settle(graph, step, target)


def entry(graph: Graph) -> str | None:
    """Find the step an execution starts at: the start, or the one after it if that is disabled; None if there is none."""
    if graph.start is None or graph.start not in graph.steps:
        return None
    return settle(graph, graph.start, graph.start)


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
    for edge in edges:
        if edge.label == outcome:
            return edge.target
    for goal in graph.goals:
        if goal.id == outcome:
            return goal.target
    known = [edge.label for edge in edges] + [goal.id for goal in graph.goals]
    raise NotFoundError(
        f"expected an outcome of step '{step}', but it has no outcome '{outcome}'",
        candidates=near(outcome, known),
        hint=f"it has {_quoted(known)}" if known else f"'{step}' is an end: advance it without an outcome",
    )


def _plain(step: str, edges: Sequence[Edge]) -> str | None:
    for edge in edges:
        if edge.kind is EdgeKind.NEXT:
            return edge.target
    if not edges:
        return None
    raise StateError(
        f"expected an outcome for step '{step}', because what comes of it decides the way on",
        hint=f"name one of {_quoted([edge.label for edge in edges])}",
    )


def _way_through(edges: Sequence[Edge]) -> str | None:
    for kind in (EdgeKind.NEXT, EdgeKind.DEFAULT):
        for edge in edges:
            if edge.kind is kind:
                return edge.target
    return edges[0].target if edges else None


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in dict.fromkeys(names))
