"""What is wrong with a file of Node-RED itself; what the graph of any format shows is not looked for here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.nodered.reading import elements_of, root, way_out
from wflgit.core.formats.nodered.types import CATCH, LINK_CALL, LINK_IN, LINK_OUT, SUBFLOW, TAB, USE
from wflgit.core.formats.shapes import (
    field_problems,
    list_of,
    list_problems,
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


def problems(document: Any, catalog: Catalog) -> Iterator[Problem]:  # noqa: ARG001  all formats take it
    """Find what Node-RED itself does not expect, in document order.

    Args:
        document: a parsed document that `recognise` accepts.
        catalog: not looked at, for types are what the palette of an installation has.

    Returns:
        Problems with pointers, without lines and columns.
    """
    try:
        elements = elements_of(document)
    except DefinitionError as error:
        yield from error.problems
        return
    checker = _Checker(elements)
    for index, raw in enumerate(elements):
        yield from object_problems(raw, (*root(document), index), checker.element_problems)


class _Checker:
    """Checks one element after the other.

    Attributes:
        types: the type of each element by id.
        scopes: the ids of all tabs and subflows.
        seen: the ids of the elements so far.
        missed: the tabs that are known to be missing.
    """

    def __init__(self, elements: list[Any]) -> None:
        said = [(text_of(raw.get("id")), text_of(raw.get("type"))) for raw in map(object_of, elements)]
        self.types = dict(said)
        self.zs = {text_of(object_of(raw).get("id")): object_of(raw).get("z") for raw in elements}
        self.scopes = {id_ for id_, type_ in said if type_ in (TAB, SUBFLOW)}
        self.seen: set[str] = set()
        self.missed: set[str] = set()

    def element_problems(self, raw: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
        """Check an element."""
        yield from field_problems(raw, "id", str, pointer)
        yield from field_problems(raw, "type", str, pointer)
        yield from self._id_problems(text_of(raw.get("id")), pointer)
        yield from self._place_problems(raw.get("z"), pointer)
        if "wires" in raw:
            yield from _wires_problems(raw, pointer)
        type_ = text_of(raw.get("type"))
        if type_ in (LINK_IN, LINK_OUT, LINK_CALL):
            yield from self._names_problems(raw, "links", pointer)
        elif type_ == CATCH:
            yield from self._names_problems(raw, "scope", pointer)
        elif type_ == SUBFLOW:
            yield from self._subflow_problems(raw, pointer)
        elif type_.startswith(USE) and self.types.get(type_.removeprefix(USE)) != SUBFLOW:
            # A tab that was exported alone has its subflows elsewhere, so it may be right.
            subflows = [id_ for id_, other in self.types.items() if other == SUBFLOW]
            message = f"expected the id of a subflow but there is no '{type_.removeprefix(USE)}'"
            hint = propose(type_.removeprefix(USE), subflows)
            yield Problem("unknown-subflow", Severity.WARNING, message, (*pointer, "type"), hint=hint)

    def _id_problems(self, id_: str, pointer: Pointer) -> Iterator[Problem]:
        if id_ in self.seen:
            hint = "give one of the two another id, and name it where it is meant"
            yield wrong(f"expected each id once but '{id_}' is here again", (*pointer, "id"), hint, rule="duplicate-step-id")
        elif id_:
            self.seen.add(id_)

    def _place_problems(self, z: object, pointer: Pointer) -> Iterator[Problem]:
        """Node-RED makes up a tab for each id that none has; so this is said once for each, and refuses nothing.

        A selection that was exported has no tabs at all, and nothing is wrong with that.
        """
        if not self.scopes or not z or not isinstance(z, str) or z in self.scopes or z in self.missed:
            return
        self.missed.add(z)
        message = f"expected the id of a tab or subflow but there is no '{z}'"
        yield Problem("unknown-tab", Severity.WARNING, message, (*pointer, "z"), hint=propose(z, self.scopes))

    def _names_problems(self, raw: Mapping[str, Any], key: str, pointer: Pointer) -> Iterator[Problem]:
        """Check a list of the ids of steps; Node-RED passes over those that are not there, and often leaves them in files."""
        said = raw.get(key)
        if said is None or isinstance(said, str):
            return
        if not isinstance(said, list):
            yield wrong_shape(said, list, (*pointer, key))
            return
        for index, other in enumerate(said):
            if not isinstance(other, str):
                yield wrong_shape(other, str, (*pointer, key, index))
        gone = [other for other in said if isinstance(other, str) and other not in self.types]
        if gone:
            more = f" nor {len(gone) - 1} of the others" if len(gone) > 1 else ""
            message = f"expected the ids of steps but there is no {quote(gone[0])}{more}"
            yield Problem("unknown-link", Severity.WARNING, message, (*pointer, key), hint=f"take them out of '{key}'")

    def _subflow_problems(self, raw: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
        """Check the ways into a subflow and out of it."""
        for key in ("in", "out"):
            if key in raw:
                yield from list_problems(raw, key, pointer, _way_problems)
        for number, way in enumerate(list_of(raw.get("out"))):
            for index, wire in enumerate(list_of(object_of(way).get("wires"))):
                at = (*pointer, "out", number, "wires", index)
                source, port = way_out(wire)
                if isinstance(wire, dict) and port is None:
                    yield wrong(f"expected the number of an output but found {quote(wire.get('port'))}", (*at, "port"))
                if source and source != raw.get("id") and self.zs.get(source) != raw.get("id"):
                    message = f"expected the id of a step of the subflow but it has no '{source}'"
                    yield wrong(message, (*at, "id"), rule="unknown-source")


def _way_problems(way: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from list_problems(way, "wires", pointer, _wire_problems)


def _wire_problems(wire: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from field_problems(wire, "id", str, pointer)


def _wires_problems(raw: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    """Check that the wires are a list with a list of ids for each output."""
    yield from optional_problems(raw, "wires", list, pointer)
    for port, targets in enumerate(list_of(raw.get("wires"))):
        if not isinstance(targets, list):
            yield wrong_shape(targets, list, (*pointer, "wires", port))
        for index, target in enumerate(list_of(targets)):
            if not isinstance(target, str):
                yield wrong_shape(target, str, (*pointer, "wires", port, index))
