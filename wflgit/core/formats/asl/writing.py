"""A changed graph back into the state machine it came from.

Every scope and state is made anew from what the graph says of it, on top of what stands there now, and what comes out equal stays
the very object it was. At the end the machine is read again: what does not come back is what the language cannot say.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.asl.reading import PROCESSORS, TYPES, UNKNOWN, machine_of, quiet, root, to_graph
from wflgit.core.formats.asl.saying import branch_number, cannot_say, lost_parts, name_of, prefix_of, require, strange_parts
from wflgit.core.formats.shapes import list_of, object_of
from wflgit.core.graph import EdgeKind, StepKind
from wflgit.core.jsonvalues import patched, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wflgit.core.graph import Edge, Graph, Pointer, Step
    from wflgit.core.problems import Problem

_TWINS = {"Next": "End", "End": "Next", "ItemProcessor": "Iterator", "Iterator": "ItemProcessor"}
"""Fields that take each other's place."""


def to_document(document: Any, graph: Graph) -> Any:
    """The document, changed so that it says the graph.

    A step is the state of its id, or if there is none, the one at its pointer whose own id is gone: it was renamed or moved. States
    keep their order; a new one comes after the one it follows in the graph.

    Raises:
        DefinitionError: for what the language cannot say; its problems name all of it.
    """
    require(strange_parts(graph))
    writer = _Writer(document, graph)
    pointer = root(document)
    machine = writer.scope(machine_of(document), pointer, "", graph.start, graph.settings)
    written = {**document, pointer[0]: machine} if pointer else machine
    require(writer.problems)
    require(lost_parts(graph, to_graph(written)))
    return document if same(document, written) else written


def referring(config: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:  # noqa: ARG001
    """The config itself: states name each other only in ways. Variables and paths lead to data, not to states."""
    return config


class _Writer:
    """Writes the scopes and states of a graph over those of a document.

    Attributes:
        problems: what was found on the way that cannot be said.
    """

    def __init__(self, document: Any, graph: Graph) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._graph = graph
        self._origins = _origins(to_graph(document), graph)

    @cached_property
    def _inside(self) -> Mapping[str, Sequence[Step]]:
        """The steps of each scope, by what their ids begin with."""
        found: dict[str, list[Step]] = {}
        for step in self._graph.steps.values():
            found.setdefault(prefix_of(step.id), []).append(step)
        return found

    @cached_property
    def _arrived(self) -> Mapping[Pointer, str]:
        """Which step comes from a place in the document."""
        return {origin.pointer: step_id for step_id, origin in self._origins.items()}

    def scope(self, raw: Any, pointer: Pointer, prefix: str, start: str | None, rest: Any) -> Any:
        """Write a scope.

        Args:
            raw: what stands there now.
            pointer: where that is.
            prefix: what the ids of its states begin with.
            start: the step it starts at.
            rest: what it says beside its states.
        """
        if not isinstance(rest, Mapping):
            return patched(raw, raw, rest)
        there = object_of(raw)
        wanted = _patches(there, rest)
        if start is not None:
            wanted["StartAt"] = name_of(start)
        states = self._states(object_of(there.get("States")), (*pointer, "States"), prefix)
        if states or isinstance(there.get("States"), dict):
            wanted["States"] = states
        return _over(there, wanted, ("Comment",))

    def _states(self, raw: Mapping[str, Any], pointer: Pointer, prefix: str) -> Mapping[str, Any]:
        steps = self._inside.get(prefix, ())
        old = [self._arrived.get((*pointer, name)) for name in raw]
        order = _order([step_id for step_id in old if step_id and prefix_of(step_id) == prefix], [step.id for step in steps])
        written = {name_of(step_id): self._state(self._graph.steps[step_id]) for step_id in order}
        return raw if same(raw, written) and [*raw] == [*written] else written

    def _state(self, step: Step) -> Any:
        origin = self._origins.get(step.id)
        raw = {} if origin is None else _at(self._document, origin.pointer)
        edges = self._graph.outgoing.get(step.id, ())
        if not isinstance(raw, dict):
            if not (step.type or step.config or edges):
                return raw
            raw = {}
        wanted = {"Type": step.type} if step.type or raw.get("Type") == "" else {}
        wanted |= _patches(raw, step.config)
        if "Retry" in wanted:
            wanted["Retry"] = _aligned(raw.get("Retry"), step.config["Retry"])
        pointer = () if origin is None else origin.pointer
        if step.kind is StepKind.LOOP:
            self._write_inside(step, raw, pointer, wanted)
        elif step.kind is StepKind.PARALLEL:
            self._write_branches(step, raw, pointer, wanted)
        _write_ways(edges, raw, wanted)
        return _over(raw, wanted, _silent(step.type, raw, wanted))

    def _write_inside(self, step: Step, raw: Mapping[str, Any], pointer: Pointer, wanted: dict[str, Any]) -> None:
        there = [name for name in PROCESSORS if name in raw]
        said = [name for name in PROCESSORS if name in wanted]
        name = said[0] if said and not (len(there) == 2 or {*there} & {*said}) else [*there, *PROCESSORS][0]
        at = name if name in there else next(iter(there), name)
        inside = self.scope(raw.get(at), (*pointer, at), f"{step.id}/", self._entry(step, "each"), wanted.get(name, {}))
        if inside != {} or name in raw:
            wanted[name] = inside

    def _write_branches(self, step: Step, raw: Mapping[str, Any], pointer: Pointer, wanted: dict[str, Any]) -> None:
        there, rests = list_of(raw.get("Branches")), wanted.get("Branches", [])
        numbers = [*self._branch_numbers(step)]
        if not isinstance(rests, list) or not (numbers or rests or there):
            return
        count = max([len(rests), *(number + 1 for number in numbers)])
        branches = []
        for index in range(max(count, len(there))):
            now = there[index] if index < len(there) else {}
            rest = rests[index] if index < len(rests) else {}
            start = self._entry(step, f"branch {index}")
            branch = self.scope(now, (*pointer, "Branches", index), f"{step.id}/{index}/", start, rest)
            if index < count and _says_nothing(branch) and not (index < len(there) and _says_nothing(now)):
                what, hint = f"there is no branch {index} in '{step.id}'", "number the branches without a gap"
                self.problems.append(cannot_say(what, step.pointer, hint))
            if index < count or _says_nothing(now):
                branches.append(branch)
        wanted["Branches"] = branches

    def _branch_numbers(self, step: Step) -> Iterable[int]:
        """The numbers of the branches that have steps, or a way in."""
        for prefix, steps in self._inside.items():
            if steps[0].scope == step.id:
                yield int(prefix[len(step.id) + 1 : -1])
        for edge in self._graph.outgoing.get(step.id, ()):
            if edge.kind is EdgeKind.ENTER and (number := branch_number(edge.label)) is not None:
                yield number

    def _entry(self, step: Step, label: str) -> str | None:
        entries = (edge for edge in self._graph.outgoing.get(step.id, ()) if edge.kind is EdgeKind.ENTER)
        return next((edge.target for edge in entries if edge.label == label), None)


def _origins(old: Graph, new: Graph) -> dict[str, Step]:
    """The step of the document that each step of the graph was, by the id of the latter."""
    free = {step.pointer: step for step in old.steps.values() if step.id not in new.steps}
    found = {}
    for step in new.steps.values():
        origin = old.steps.get(step.id) or free.pop(step.pointer, None)
        if origin is not None:
            found[step.id] = origin
    return found


def _order(kept: list[str], wanted: Sequence[str]) -> list[str]:
    """Those that stay as they stand, and each new one after the one that it follows."""
    order = kept.copy()
    place = 0
    for step_id in wanted:
        if step_id in kept:
            place = order.index(step_id) + 1
        else:
            order.insert(place, step_id)
            place += 1
    return order


def _write_ways(edges: Iterable[Edge], raw: Mapping[str, Any], wanted: dict[str, Any]) -> None:
    rules: dict[str, list[dict[str, Any]]] = {"Choices": [], "Catch": []}
    for edge in edges:
        name = None if edge.target is None else name_of(edge.target)
        if edge.kind is EdgeKind.NEXT:
            wanted |= {"End": True} if name is None else {"Next": name}
        elif edge.kind is EdgeKind.DEFAULT:
            wanted["Default"] = name
        elif edge.kind in _RULES:
            rules[_RULES[edge.kind]].append({**object_of(edge.condition), "Next": name})
    for field, written in rules.items():
        left = wanted.get(field, {})
        if isinstance(left, dict) and not (field in raw and same(raw[field], left)) and (written or left):
            wanted[field] = _aligned(raw.get(field), _filled(written, left))


_RULES = {EdgeKind.BRANCH: "Choices", EdgeKind.ERROR: "Catch"}


def _filled(rules: list[dict[str, Any]], left: Mapping[str, Any]) -> list[Any]:
    """The rules that make edges, in order, and between them those that make none, each at its own index."""
    rest = iter(rules)
    items = [left[str(index)] if str(index) in left else next(rest, None) for index in range(len(rules) + len(left))]
    return [*items, *rest]


def _silent(type_: str, raw: Mapping[str, Any], wanted: Mapping[str, Any]) -> set[str]:
    """The fields of a state that mean nothing, and stay as they are."""
    apart = TYPES.get(type_, UNKNOWN).apart
    found: set[str] = {name for name in ("Catch", "Choices", "Branches") if name in apart and raw.get(name) == []}
    if raw.get("End") is False or ("Next" in raw and "Next" in wanted):
        found |= apart & {"End"}
    return found | {"Comment"}


def _aligned(raw: Any, wanted: Any) -> Any:
    """A list of rules, catchers or retriers over the one that stands there, so that each keeps its comment."""
    if not isinstance(raw, list) or not isinstance(wanted, list):
        return wanted
    said = [quiet(item) for item in raw]
    free = {*range(len(raw))}
    found = dict[int, Any]()
    for exact in (True, False):
        for index, item in enumerate(wanted):
            candidates = (at for at in sorted(free) if (same(said[at], item) if exact else at == index))
            if index not in found and (at := next(candidates, None)) is not None:
                free.remove(at)
                found[index] = patched(raw[at], said[at], item)
    written = [found.get(index, item) for index, item in enumerate(wanted)]
    return raw if same(raw, written) else written


def _over(raw: Mapping[str, Any], wanted: Mapping[str, Any], silent: Iterable[str]) -> Any:
    """An object that says what is wanted, its fields where they stand now; silent fields stay."""
    written: dict[str, Any] = {}
    for key, value in raw.items():
        twin = _TWINS.get(key, "")
        if key in wanted:
            written[key] = wanted[key]
        elif key in silent:
            written[key] = value
        elif twin in wanted and twin not in raw:
            written[twin] = wanted[twin]
    written |= {key: value for key, value in wanted.items() if key not in written}
    return raw if same(raw, written) else written


def _patches(raw: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Some fields of an object, made of what stands there as far as it is the same."""
    return {key: patched(raw[key], raw[key], value) if key in raw else value for key, value in fields.items()}


def _says_nothing(branch: Any) -> bool:
    return isinstance(branch, dict) and branch.keys() <= {"Comment", "States"} and not branch.get("States")


def _at(document: Any, pointer: Pointer) -> Any:
    for key in pointer:
        document = document[key]
    return document
