"""Results of steps that other steps of n8n read, by the name of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.formats.datause import NO_USE, DataUse
from wflgit.core.formats.n8n.expressions import unknown_references
from wflgit.core.jsonvalues import at

if TYPE_CHECKING:
    from wflgit.core.graph import Graph

_ASKING = "isExecuted"
_CATCHING = "catch"


def data_use(graph: Graph, step_id: str) -> DataUse:
    """What a step does with data.

    `$json` and `$input` are what comes along the way, and name nobody. A text that asks whether a step was executed, or catches
    what goes wrong, can do without it.
    """
    parameters = graph.steps[step_id].config.get("parameters")
    found = {name: at(parameters, pointer) for pointer, name in unknown_references(parameters, frozenset())}
    if not found:
        return NO_USE
    asked = frozenset(name for name, text in found.items() if _ASKING in text or _CATCHING in text)
    return DataUse(results_of=frozenset(found) - asked, guarded=asked)
