"""Values that the steps of Node-RED keep for all of a tab (`flow.x`) or for all (`global.x`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.datause import NO_USE, DataUse, texts
from wflgit.core.formats.shapes import list_of, object_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.graph import Graph

_STORES = frozenset({"flow", "global"})
_READING = frozenset({"switch", "inject", "trigger"})
"""Types whose fields with a store beside them are read; those of other types may be either, and count as both."""

_SUFFIXES = ("Type", "type", "t")
"""What the key of a field's store ends in: `property` and `propertyType`, `p` and `pt`."""

_CODE = ("func", "initialize", "finalize")
_NAME = re.compile(r"(?:#:\([^)]*\)::)?(?P<name>[A-Za-z_$][\w$]*)")
_COMMENT = re.compile(r"(?<![:'\"])//[^\n]*|/\*.*?\*/", re.DOTALL)
_CALL = re.compile(r"\b(?P<store>flow|global)\s*\.\s*(?P<verb>get|set)\s*\(\s*(?:(?P<quote>['\"`])(?P<name>.*?)(?P=quote))?")
_LOOSE = re.compile(r"\b(?:flow|global)\b(?!\s*[.(\w'\"])|\bcontext\s*\.\s*(?:flow|global)\s*\.(?!\s*(?:get|set|keys)\b)")
"""A store that is handed on, or used as an object."""

_FUNCTION = re.compile(r"\$(?P<store>flow|global)Context\(\s*['\"](?P<name>[^'\"]+)['\"]")
_MUSTACHE = re.compile(r"\{\{\{?[#^&]?\s*(?P<store>flow|global)\.(?P<name>[^\s}]+)")


def data_use(graph: Graph, step_id: str) -> DataUse:
    """What a step does with data; of what messages carry nothing is said."""
    step = graph.steps[step_id]
    if not any("flow" in text or "global" in text for text in texts(step.config)):
        return NO_USE
    sets, reads, whole = set[str](), set[str](), False
    if step.type == "change":
        for rule in list_of(step.config.get("rules")):
            _read_rule(object_of(rule), sets, reads)
    else:
        for name in _stored(step.config):
            reads.add(name)
            if step.type not in _READING:
                sets.add(name)
    for text in texts(step.config):
        reads.update(name for match in _FUNCTION.finditer(text) for name in _called(match))
        if step.type == "template":
            reads.update(name for match in _MUSTACHE.finditer(text) for name in _called(match))
    if step.type == "function":
        for key in _CODE:
            code = step.config.get(key)
            whole = (isinstance(code, str) and _read_code(_COMMENT.sub("", code), sets, reads)) or whole
    return DataUse(frozenset(sets), frozenset(reads), whole=whole)


def _read_rule(rule: Mapping[str, Any], sets: set[str], reads: set[str]) -> None:
    """Read a rule of a `change`: it sets, changes, deletes or moves."""
    place, source = (_name(rule.get(key + "t"), rule.get(key)) for key in ("p", "to"))
    verb = rule.get("t")
    if verb == "move":
        place, source = source, place
    if place is not None:
        sets.add(place)
    if source is not None:
        reads.add(source)
    if verb == "change":
        reads.update(name for key in ("p", "from") if (name := _name(rule.get(f"{key}t"), rule.get(key))) is not None)


def _stored(config: Mapping[str, Any]) -> Iterator[str]:
    """The names in fields that have a store beside them, however deep."""
    todo: list[Any] = [config]
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo += value
        elif isinstance(value, dict):
            todo += value.values()
            for key, store in value.items():
                for suffix in _SUFFIXES:
                    name = _name(store, value.get(key.removesuffix(suffix))) if key.endswith(suffix) else None
                    if name is not None:
                        yield name


def _name(store: object, said: object) -> str | None:
    """What is called so in a store: only its first part, for the rest is inside of it."""
    if not isinstance(store, str) or store not in _STORES or not isinstance(said, str):
        return None
    found = _NAME.match(said)
    return None if found is None else f"{store}.{found['name']}"


def _called(match: re.Match[str]) -> Iterator[str]:
    name = _name(match["store"], match["name"])
    if name is not None:
        yield name


def _read_code(code: str, sets: set[str], reads: set[str]) -> bool:
    """Read the calls in some code; say whether it may set a name that cannot be told."""
    untold = _LOOSE.search(code) is not None
    for match in _CALL.finditer(code):
        name = _name(match["store"], match["name"])
        if name is not None:
            (sets if match["verb"] == "set" else reads).add(name)
        elif match["verb"] == "set":
            untold = True
    return untold
