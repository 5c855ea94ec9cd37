"""What is wrong with a document of n8n, beyond what its graph shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.n8n.expressions import unknown_references
from wflgit.core.formats.n8n.reading import STICKY, Named, find_workflow, identify, shape_problems
from wflgit.core.formats.shapes import (
    field_problems,
    list_of,
    object_of,
    object_problems,
    optional_problems,
    text_of,
    wrong_shape,
)
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import propose, quote, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.catalog import Catalog
    from wflgit.core.graph import Pointer

_PORTS = ("main", "error")


def problems(document: Any, catalog: Catalog) -> Iterator[Problem]:  # noqa: ARG001  all formats take it
    """Find what breaks the rules of n8n, in document order.

    Args:
        document: a parsed document that `recognise` accepts.
        catalog: not looked at, for the types of steps are n8n's own.

    Returns:
        Problems with pointers, without lines and columns. What is missing is pointed to at the object that lacks it.
    """
    try:
        base, workflow = find_workflow(document)
    except DefinitionError:
        yield from shape_problems(document)
        return
    raws = list_of(workflow.get("nodes"))
    for index, raw in enumerate(raws):
        yield from object_problems(raw, (*base, "nodes", index), _step_problems)
    found, names = identify(raws)
    connections = object_of(workflow.get("connections"))
    yield from _repeated_names(found, names, _connected(connections), base)
    yield from field_problems(workflow, "connections", dict, base)
    for name, ports in connections.items():
        place = (*base, "connections", name)
        if name not in names and _connected({name: ports}) != {name}:
            yield _unknown_source(name, found, place)
        yield from _ports_problems(ports, names, place)
    yield from _reference_problems(raws, names, base)


def _connected(connections: Mapping[str, Any]) -> set[str]:
    """The names that connections lead from and to."""
    found = set(connections)
    for ports in connections.values():
        for listed in object_of(ports).values():
            for entries in list_of(listed):
                found |= {text_of(object_of(entry).get("node")) for entry in list_of(entries)}
    return found


def _repeated_names(found: list[Named], names: Mapping[str, str], connected: set[str], base: Pointer) -> Iterator[Problem]:
    """Find names that are given twice: an error only where a connection goes by them, for nobody can tell which step it means."""
    for named in found:
        name = text_of(named.raw.get("name"))
        if name and names[name] != named.id:
            message = f"expected each name once among the steps but '{name}' is here again"
            severity = Severity.ERROR if name in connected else Severity.WARNING
            hint = f"call it '{named.id}', for connections by this name are the first one's"
            yield Problem("duplicate-step-name", severity, message, (*base, "nodes", named.place, "name"), hint=hint)


def _step_problems(raw: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from field_problems(raw, "type", str, pointer)
    if raw.get("type") == STICKY:
        return
    yield from field_problems(raw, "name", str, pointer)
    if raw.get("name") == "":
        yield wrong("expected a name but found an empty text", (*pointer, "name"))
    yield from optional_problems(raw, "parameters", dict, pointer)
    if "disabled" in raw and raw["disabled"] is not None:
        yield from optional_problems(raw, "disabled", bool, pointer)


def _unknown_source(name: str, found: list[Named], pointer: Pointer) -> Problem:
    """A warning only: n8n passes over such connections, and so do we."""
    meant = next((named.id for named in found if named.raw.get("id") == name), None)
    hint = propose(name, [named.id for named in found]) if meant is None else f"connections go by names: write '{meant}'"
    message = f"expected the name of a step but there is no '{name}', so nothing goes this way"
    return Problem("unknown-source", Severity.WARNING, message, pointer, hint=hint)


def _ports_problems(ports: object, names: Mapping[str, str], pointer: Pointer) -> Iterator[Problem]:
    if not isinstance(ports, dict):
        yield wrong_shape(ports, dict, pointer)
        return
    for port, listed in ports.items():
        if port not in _PORTS and not port.startswith("ai_"):
            message = f"expected 'main' or a kind of helper such as 'ai_tool' but found {quote(port)}, so nothing goes this way"
            yield Problem(
                "unknown-port", Severity.WARNING, message, (*pointer, port), hint="connect the two steps anew in the editor"
            )
        elif isinstance(listed, list):
            for index, entries in enumerate(listed):
                yield from _output_problems(entries, names if port.startswith("ai_") else None, (*pointer, port, index))
        else:
            yield wrong_shape(listed, list, (*pointer, port))


def _output_problems(entries: object, users: Mapping[str, str] | None, pointer: Pointer) -> Iterator[Problem]:
    """Check the connections of one output; `users` are the steps there are where the connections lead from helpers to users."""
    if entries is None:
        return
    if not isinstance(entries, list):
        yield wrong_shape(entries, list, pointer)
        return
    for index, entry in enumerate(entries):
        place = (*pointer, index)
        yield from object_problems(entry, place, _entry_problems)
        user = object_of(entry).get("node")
        if users is not None and isinstance(user, str) and user not in users:
            # The graph has these the other way round, from the user to its helper, so it cannot show that the user is missing.
            message = f"expected the id of a step but there is no '{user}'"
            yield wrong(message, (*place, "node"), propose(user, users), rule="unknown-target")


def _entry_problems(entry: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from field_problems(entry, "node", str, pointer)
    yield from optional_problems(entry, "index", int, pointer)


def _reference_problems(raws: list[Any], names: Mapping[str, str], base: Pointer) -> Iterator[Problem]:
    """Find expressions that refer to steps that are not there. Those of disabled steps are never evaluated."""
    known = frozenset(raw["name"] for raw in raws if isinstance(raw, dict) and isinstance(raw.get("name"), str))
    for index, raw in enumerate(raws):
        if not isinstance(raw, dict) or raw.get("type") == STICKY or raw.get("disabled") is True:
            continue
        for pointer, name in unknown_references(raw.get("parameters"), known):
            message = f"expected the name of a step in the expression but there is no '{name}'"
            place = (*base, "nodes", index, "parameters", *pointer)
            yield Problem("unknown-reference", Severity.WARNING, message, place, hint=propose(name, names))
