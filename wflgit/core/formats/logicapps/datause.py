"""Variables of Logic Apps, and the results of actions that expressions name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.datause import DataUse, texts
from wflgit.core.formats.logicapps.expressions import named_in
from wflgit.core.formats.shapes import list_of, object_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.graph import Graph

_VARIABLE = re.compile(r"\bvariables\s*\(\s*'((?:[^']|'')+)'\s*\)", re.IGNORECASE)
_DECLARING = "initializevariable"
_CHANGING = frozenset({"setvariable", "incrementvariable", "decrementvariable", "appendtoarrayvariable", "appendtostringvariable"})


def data_use(graph: Graph, step_id: str) -> DataUse:
    """What a step does with data. A variable has to be initialised, and before that nobody may change it either."""
    step = graph.steps[step_id]
    type_, config = step.type.lower(), step.config
    sets = frozenset(_declared(config)) if type_ == _DECLARING else frozenset[str]()
    reads = {name.replace("''", "'") for text in texts(config) if "@" in text for name in _VARIABLE.findall(text)}
    if type_ in _CHANGING and isinstance(name := object_of(config.get("inputs")).get("name"), str):
        reads.add(name)
    return DataUse(sets, frozenset(reads), frozenset(_id_of(graph, step_id, name) for name in named_in(config)))


def _declared(config: Mapping[str, Any]) -> Iterator[str]:
    for raw in list_of(object_of(config.get("inputs")).get("variables")):
        name = object_of(raw).get("name")
        if isinstance(name, str):
            yield name


def _id_of(graph: Graph, step_id: str, name: str) -> str:
    """The id of the action of a name; where several workflows are in a file, that of the same one."""
    beside = step_id.partition("/")[0] + "/" + name
    return beside if name not in graph.steps and beside in graph.steps else name
