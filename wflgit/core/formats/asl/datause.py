"""Variables of a state machine (`$lead`), and those parts of its payload (`$.lead`) of which it is certain who put them there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.datause import DataUse, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wflgit.core.graph import Graph

PAYLOAD = "$"
_VARIABLE = re.compile(r"(?<![\w$])\$(?P<name>[A-Za-z_]\w*)(?!\w*\s*\()")
_BOUND = re.compile(r"\$(\w+)\s*:=|function\s*\(([^)]*)\)|λ\s*\(([^)]*)\)")
"""Names that an expression binds itself."""

_ASKED = re.compile(r"\$exists\(\s*\$(\w+)")
_PATH = re.compile(r"(?<!\$)\$((?:\.[A-Za-z_]\w*)+)")
_PART = re.compile(r"\$(?:\.[A-Za-z_]\w*)+")
_OF_THE_RESULT = frozenset({"ResultPath", "ResultSelector", "OutputPath", "Assign", "Output", "Retry", "Result"})
"""Fields that do not look at what comes in, or hold no paths."""

_WORKING = frozenset({"Task", "Parallel", "Map"})
_FORMING = ("Result", "Parameters", "InputPath")


def data_use(graph: Graph, step_id: str) -> DataUse:
    """What a state does with data.

    Who puts something into the payload is certain for a `ResultPath` such as `$.lead`; what comes out of a state that replaces all
    of it may hold anything.
    """
    step = graph.steps[step_id]
    config = step.config
    conditions = [edge.condition for edge in graph.outgoing.get(step_id, ()) if isinstance(edge.condition, dict)]
    sets, whole = _assigned([config, *conditions])
    reads, guarded = set[str](), set[str]()
    for text in texts([config, *conditions]):
        if text.startswith(("{%", "$", "States.")):
            bound = {name for match in _BOUND.findall(text) for name in re.findall(r"\w+", "".join(match))}
            reads |= {f"${name}" for name in _VARIABLE.findall(text) if name not in bound}
            guarded |= {f"${name}" for name in _ASKED.findall(text)}
    if (config.get("QueryLanguage") or graph.settings.get("QueryLanguage")) == "JSONata":
        replaced = "Output" in config or step.type in _WORKING
        sets |= {PAYLOAD} if replaced else set()
    else:
        sets |= {*_put(step.type, config, conditions)}
        reads |= {*_parts(config, conditions)}
        guarded |= {*_asked(conditions)}
    return DataUse(frozenset(sets), frozenset(reads), whole=whole, guarded=frozenset(guarded))


def _assigned(said: Sequence[Mapping[str, Any]]) -> tuple[set[str], bool]:
    """The variables that a state, its rules and its catchers assign; and whether it cannot be told which."""
    found, whole = set[str](), False
    for holder in said:
        assigned = holder.get("Assign", {})
        if isinstance(assigned, dict):
            found |= {f"${key.removesuffix('.$')}" for key in assigned}
        else:
            whole = True
    return found, whole or any("${" in name for name in found)


def _put(type_: str, config: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The parts of the payload that a state puts there; all of it, if it replaces it or hands something else to its inside."""
    if config.get("OutputPath", PAYLOAD) != PAYLOAD or type_ == "Map":
        yield PAYLOAD
    if type_ in _WORKING or (type_ == "Pass" and any(key in config for key in _FORMING)):
        path = config.get("ResultPath", PAYLOAD)
        if path is not None:
            yield path if isinstance(path, str) and _PART.fullmatch(path) else PAYLOAD
    elif config.get("InputPath", PAYLOAD) != PAYLOAD:
        yield PAYLOAD
    for condition in conditions:
        path = condition.get("ResultPath")
        if isinstance(path, str) and _PART.fullmatch(path):
            yield path


def _parts(config: Mapping[str, Any], conditions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The parts of the payload that a state reads; behind an `InputPath` paths begin elsewhere."""
    entering = config.get("InputPath", PAYLOAD)
    said: Any = {key: value for key, value in config.items() if key not in _OF_THE_RESULT}
    if entering != PAYLOAD:
        said = entering
    rules = [rule for rule in conditions if "ErrorEquals" not in rule] if entering == PAYLOAD else []
    for text in texts([said, *rules]):
        if text.startswith(("$.", "States.")):
            yield from (f"${path}" for path in _PATH.findall(text))


def _asked(conditions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The parts of the payload of which a rule asks whether they are there."""
    todo: list[Any] = [*conditions]
    while todo:
        test = todo.pop()
        if isinstance(test, list):
            todo += test
        elif isinstance(test, dict):
            if "IsPresent" in test and isinstance(test.get("Variable"), str):
                yield test["Variable"]
            todo += [test[key] for key in ("And", "Or", "Not") if key in test]
