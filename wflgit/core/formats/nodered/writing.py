"""A changed graph back into the file of Node-RED it came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.nodered.reading import elements_of, is_element, place, to_graph
from wflgit.core.formats.nodered.renaming import renamed
from wflgit.core.formats.nodered.saying import check_parts, check_said, is_off, refusal, said_configs
from wflgit.core.formats.nodered.types import GROUP, SUBFLOW, USE
from wflgit.core.formats.nodered.wiring import Wiring
from wflgit.core.jsonvalues import patched
from wflgit.core.wording import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.graph import Graph, Step

_OF_GROUP = f"{GROUP} "
_NOTHING: Mapping[str, Any] = {}
_SPACE = 200
"""How far to the right of the step before it a new one is drawn; about as the editor does."""


def to_document(document: Any, graph: Graph) -> Any:
    """The document, changed so that it says the graph; what the graph does not touch is the same object in both.

    Which steps start by themselves, what kind they are and where the graph starts follows from types and wires, and is not written.
    New elements come last, drawn to the right of a step that leads to them.

    Raises:
        DefinitionError: if the format cannot say the graph.
    """
    check_parts(graph)
    before = to_graph(document)
    names = _names(before, graph)
    if names:
        document = renamed(document, names)
        before, graph = to_graph(document), _with_types(graph, names)
    elements = elements_of(document)
    written = _Writer(elements, before, graph).write()
    if len(written) == len(elements) and all(one is other for one, other in zip(written, elements, strict=True)):
        check_said(graph, before, before)
        return document
    result = {**document, "flows": written} if isinstance(document, dict) else written
    check_said(graph, before, to_graph(result))
    return result


def _with_types(graph: Graph, names: Mapping[str, str]) -> Graph:
    """The graph, in which the steps that use a subflow of another name now have the type of that."""
    types = {USE + old: USE + new for old, new in names.items()}
    steps = {id_: step._replace(type=types.get(step.type, step.type)) for id_, step in graph.steps.items()}
    return replace(graph, steps=steps)


def _names(before: Graph, after: Graph) -> dict[str, str]:
    """The steps that have another id now: they stand where they stood, and are of the same type."""
    fresh = {(step.pointer, step.type): step.id for step in after.steps.values() if step.id not in before.steps and step.pointer}
    gone = (step for step in before.steps.values() if step.id not in after.steps)
    return {step.id: fresh[step.pointer, step.type] for step in gone if (step.pointer, step.type) in fresh}


class _Writer:
    """Makes the elements that say a graph of those that said another.

    Attributes:
        elements: those there are; none is changed.
        before, after: the graph they say, and the one they are to say.
        settings: which element each of the settings is; and `places` each id. What was a comment may be a step now.
        raws: the elements of the steps by id, as far as they are written.
        leading: the steps that lead to a step, by its id.
    """

    def __init__(self, elements: list[Any], before: Graph, after: Graph) -> None:
        self.elements = elements
        self.before = before
        self.after = after
        self.settings: dict[str, int] = {}
        self.places: dict[str, int] = {}
        for index, raw in enumerate(elements):
            if is_element(raw):
                self.settings[f"{raw['type']} {raw['id']}"] = self.places[raw["id"]] = index
        self.raws: dict[str, dict[str, Any]] = {}
        self.leading: dict[str, list[str]] = {}
        for edge in after.edges:
            if edge.target is not None:
                self.leading.setdefault(edge.target, []).append(edge.source)

    def write(self) -> list[Any]:
        """The elements, changed, without those that are gone and with those that are new."""
        self._read_steps()
        there = {**self.places, **{step.id: place(step) for step in self.before.steps.values()}}
        steps = {there[id_]: raw for id_, raw in self.raws.items() if id_ in there}
        told = {**dict(self._settings()), **steps}
        gone = {index: id_ for index, id_ in self._gone().items() if index not in steps}
        members = frozenset(gone.values())
        kept = [_without(told.get(index, raw), members) for index, raw in enumerate(self.elements) if index not in gone]
        return [*kept, *self._new_settings(), *(raw for id_, raw in self.raws.items() if id_ not in self.places)]

    def _gone(self) -> dict[int, str]:
        """The elements that are no more, by index, each with its id if it was a step."""
        steps = {place(step): step.id for step in self.before.steps.values() if step.id not in self.after.steps}
        settings = (key for key in self.before.settings if key not in self.after.settings and not key.startswith(_OF_GROUP))
        return steps | {self.settings[key]: "" for key in settings}

    def _settings(self) -> Iterator[tuple[int, Any]]:
        """The elements that are no steps, by index. A group may say nothing, and then is no setting."""
        for key, index in self.settings.items():
            old, new = self.before.settings.get(key, _NOTHING), self.after.settings.get(key, _NOTHING)
            if old is not new and (new is not _NOTHING or key.startswith(_OF_GROUP)):
                yield index, patched(self.elements[index], old, new)

    def _new_settings(self) -> Iterator[Any]:
        for key, said in self.after.settings.items():
            if key not in self.settings:
                type_, _, id_ = key.rpartition(" ")
                if not type_ or not isinstance(said, dict):
                    raise refusal(f"expected a setting with a type and an id but found {quote(key)}")
                yield {"id": id_, "type": type_, **said}

    def _read_steps(self) -> None:
        """Write the elements of all steps that are there in the end."""
        configs = said_configs(self.before, self.after)
        for step in self.after.steps.values():
            old = self.before.steps.get(step.id)
            if old is None:
                self.raws[step.id] = self._new_step(step, configs[step.id])
            else:
                self.raws[step.id] = self._changed_step(old, step, configs[step.id])
        Wiring(self.before, self.after, self.raws).write()

    def _changed_step(self, old: Step, new: Step, config: Mapping[str, Any]) -> Any:
        raw = self.elements[place(old)]
        said = patched(raw, old.config, config)
        z = new.scope or config.get("z")
        changes: dict[str, Any] = {}
        if z != (old.scope or old.config.get("z")):
            changes["z"] = z
        if new.type != old.type:
            changes["type"] = new.type
        if new.name != old.name:
            changes["name"] = new.name or ""
        own, off = raw.get("d") is True, is_off(self.after, z)
        if off and old.disabled and not new.disabled and is_off(self.before, old.config.get("z")):
            raise refusal(f"expected '{new.id}' to be disabled like all of its tab", old.pointer)
        if own != new.disabled and not (off and new.disabled):
            changes["d"] = new.disabled or None
        return _changed(said, changes)

    def _new_step(self, step: Step, config: Mapping[str, Any]) -> dict[str, Any]:
        place_of = {"z": step.scope} if step.scope else {}
        raw = {"id": step.id, "type": step.type, **place_of, **config}
        if step.name:
            raw["name"] = step.name
        if step.disabled and not is_off(self.after, raw.get("z")):
            raw["d"] = True
        if step.type == SUBFLOW:
            return {**raw, "in": [], "out": []}
        x, y = self._position(step.id)
        return {**raw, "x": x, "y": y, "wires": []}

    def _position(self, id_: str) -> tuple[float, float]:
        """Right of a step that leads to it, else left of one it leads to."""
        for source in self.leading.get(id_, ()):
            if drawn := self._drawn(source):
                return drawn[0] + _SPACE, drawn[1]
        for edge in self.after.outgoing.get(id_, ()):
            if edge.target and (drawn := self._drawn(edge.target)):
                return drawn[0] - _SPACE, drawn[1]
        return _SPACE, _SPACE

    def _drawn(self, id_: str) -> tuple[float, float] | None:
        old = self.before.steps.get(id_)
        raw = self.raws.get(id_) or (self.elements[place(old)] if old else {})
        x, y = raw.get("x"), raw.get("y")
        return (x, y) if isinstance(x, int | float) and isinstance(y, int | float) else None


def _changed(raw: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The object with other values; None is no value. The same object if that changes nothing."""
    if not changes:
        return raw
    return {key: value for key, value in {**raw, **changes}.items() if key not in changes or value is not None}


def _without(raw: Any, gone: frozenset[str]) -> Any:
    """A group without the steps that are gone; any other element as it is."""
    if not isinstance(raw, dict) or raw.get("type") != GROUP or not isinstance(raw.get("nodes"), list):
        return raw
    left = [member for member in raw["nodes"] if not (isinstance(member, str) and member in gone)]
    return raw if len(left) == len(raw["nodes"]) else {**raw, "nodes": left}
