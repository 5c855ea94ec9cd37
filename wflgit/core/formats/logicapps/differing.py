"""Whether two graphs say the same to Logic Apps, and what it cannot say where they do not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wflgit.core.graph import Edge, EdgeKind, Graph, Step, Trigger
from wflgit.core.jsonvalues import same
from wflgit.core.wording import wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

_HINT = "an action follows others of the same place, by how they ended; one that follows none begins what it is in"


def same_said(one: Graph, other: Graph) -> bool:
    """Whether two graphs are equal but for pointers, the tool's own ids, the order of parts, and ways to the end."""
    return next(_differences(one, other), None) is None


def first_difference(wanted: Graph, found: Graph | None) -> tuple[str, str]:
    """What of a graph a document made of it does not say, or what it says besides; and a hint."""
    if found is None:
        return "what is around the workflow", "the workflow itself has to stay in the template"
    return next(_differences(wanted, found), "the graph"), _HINT


def refused(what: str, hint: str) -> DefinitionError:
    """Say that Logic Apps cannot say something."""
    message = f"expected what Logic Apps can say but found {what}"
    return DefinitionError(message, problems=[wrong(message, (), hint, rule="cannot-say")], hint=hint)


def _differences(wanted: Graph, found: Graph) -> Iterator[str]:
    yield from _unequal("step", _steps(wanted), _steps(found))
    yield from _unequal("trigger", _triggers(wanted), _triggers(found))
    yield from _unequal("way", _ways(wanted), _ways(found))
    yield from _unequal("setting", wanted.settings, found.settings)
    if wanted.name != found.name:
        yield f"the name '{wanted.name}'"
    if wanted.start != found.start:
        yield f"the start '{wanted.start}'"
    if wanted.goals or found.goals or wanted.uses or found.uses:
        yield "goals, or steps that use others"


def _unequal(what: str, wanted: Mapping[Any, Any], found: Mapping[Any, Any]) -> Iterator[str]:
    for key, value in wanted.items():
        if key not in found or not same(value, found[key]):
            yield f"{what} {_called(key)}"
    for key in found:
        if key not in wanted:
            yield f"no {what} {_called(key)}"


def _called(key: Any) -> str:
    if isinstance(key, tuple):
        source, label, target = key
        return f"'{label}' from '{source}' to '{target}'"
    return f"'{key}'"


def _steps(graph: Graph) -> dict[str, Any]:
    return {step_id: _step(step) for step_id, step in graph.steps.items()}


def _step(step: Step) -> list[Any]:
    return [step.type, step.kind, dict(step.config), step.name, step.scope, step.disabled]


def _triggers(graph: Graph) -> dict[str, Any]:
    return {trigger.id: _trigger(trigger) for trigger in graph.triggers}


def _trigger(trigger: Trigger) -> list[Any]:
    return [trigger.type, dict(trigger.config), trigger.start, trigger.disabled]


def _ways(graph: Graph) -> dict[tuple[str, str, str | None], Any]:
    return {(edge.source, edge.label, edge.target): [edge.kind, edge.condition] for edge in graph.edges if not _ends(edge)}


def _ends(edge: Edge) -> bool:
    """Whether an edge says only that nothing follows, which Logic Apps does by saying nothing."""
    return edge.target is None and edge.kind is EdgeKind.NEXT and edge.label == "next"
