"""The ways of a graph back into wires, links and the ends of subflows.

Only what differs is written. What names a step that is not there, or stands where nothing is read, stays.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.nodered.reading import port_labels, way_out
from wflgit.core.formats.nodered.types import CATCH, LINK_CALL, LINK_IN, LINK_OUT, SUBFLOW
from wflgit.core.formats.shapes import list_of, object_of
from wflgit.core.graph import EdgeKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from wflgit.core.graph import Edge, Graph

_OUTPUT = re.compile(r"output ([1-9][0-9]{0,2})")
_INPUT = re.compile(r"in (0|[1-9][0-9]?)")
_MOST = 100
"""No subflow has more ways out than this."""

_NAMING = {LINK_IN: "links", LINK_OUT: "links", LINK_CALL: "links", CATCH: "scope"}
"""The key under which steps of a type name others that they lead to, or that lead to them."""

_Raw = dict[str, Any]
_End = tuple[str, str]
"""A way to the end of a subflow: the step it comes from, and its label."""


class Wiring:
    """Writes the ways of a graph into elements.

    Attributes:
        before, after: the graph that the elements say, and the one that they are to say.
        raws: the elements of all steps of the second by id; replaced where they change.
        starting: the steps of both that start by themselves.
    """

    def __init__(self, before: Graph, after: Graph, raws: dict[str, _Raw]) -> None:
        self.before = before
        self.after = after
        self.raws = raws
        self.starting = tuple({trigger.id for trigger in found.triggers} for found in (before, after))

    def write(self) -> None:
        """Write all ways that differ."""
        self._forget(self.after.steps.keys() - self.before.steps.keys())
        old_labels = {id_: port_labels(raw) for id_, raw in self.raws.items()}
        for id_, step in self.after.steps.items():
            if step.type != LINK_OUT:
                self._write_wires(id_)
        ends = _ends(self.before), _ends(self.after)
        for id_, step in self.after.steps.items():
            if step.type == SUBFLOW:
                self._write_ways_in(id_)
                self._write_ways_out(id_, ends[0][id_], ends[1][id_], old_labels)
        self._write_links()
        self._write_scopes()
        self._write_calls()

    def _forget(self, fresh: AbstractSet[str]) -> None:
        """Take out the names of steps that were not there: what led nowhere would lead to them now."""
        for id_ in fresh and list(self.raws):
            if (key := _NAMING.get(self.after.steps[id_].type)) is not None:
                for name in fresh & {name for name in list_of(self.raws[id_].get(key)) if isinstance(name, str)}:
                    self._name(id_, key, name, wanted=False)
            led = {edge.target for edge in self.before.outgoing.get(id_, ())}
            wires = list_of(self.raws[id_].get("wires"))
            known = [[name for name in list_of(port) if name not in fresh or name in led] for port in wires]
            if any(len(list_of(one)) != len(other) for one, other in zip(wires, known, strict=True)):
                self.raws[id_] = {**self.raws[id_], "wires": known}

    def _write_wires(self, id_: str) -> None:
        old, new = _ways(self.before, id_), _ways(self.after, id_)
        if old == new:
            self._write_ports(id_)
            return
        raw = with_ports(self.raws[id_], list(new), list(old))
        wires = list(list_of(raw.get("wires")))
        known = {target for targets in old.values() for target in targets}
        for port, label in enumerate(port_labels(raw) if wires else ()):
            wanted = [target for target in new.get(label, ()) if target is not None]
            wires[port] = _rewired(list_of(wires[port]), known, wanted)
        self.raws[id_] = {**raw, "wires": wires}

    def _write_ports(self, id_: str) -> None:
        """Give an output to what is to start by itself, and take away that of what no longer does."""
        raw, (were, are) = self.raws[id_], self.starting
        if id_ in are and id_ not in were and not list_of(raw.get("wires")):
            self.raws[id_] = {**raw, "wires": [[]]}
        elif id_ in were and id_ not in are and not self.after.outgoing.get(id_) and "wires" in raw:
            self.raws[id_] = {**raw, "wires": []}

    def _write_ways_in(self, id_: str) -> None:
        old, new = _ways_in(self.before, id_), _ways_in(self.after, id_)
        if old == new:
            return
        raw = self.raws[id_]
        ways = list(list_of(raw.get("in")))
        for port in sorted({*old, *new}):
            while len(ways) <= port:
                ways.append({"x": 60, "y": 80 + 40 * len(ways), "wires": []})
            rest = list(new.get(port, ()))
            kept = []
            for wire in list_of(object_of(ways[port]).get("wires")):
                target = object_of(wire).get("id")
                if target in rest:
                    rest.remove(target)
                    kept.append(wire)
                elif target not in old.get(port, ()):
                    kept.append(wire)
            ways[port] = {**object_of(ways[port]), "wires": [*kept, *({"id": target} for target in rest)]}
        self.raws[id_] = {**raw, "in": ways}

    def _write_ways_out(
        self, id_: str, old: Mapping[int, list[_End]], new: Mapping[int, list[_End]], labels: Mapping[str, Sequence[str]]
    ) -> None:
        """Write the ends of a subflow; the outputs of the steps inside of it may have other numbers now."""
        sources = {source for ends in old.values() for source, _ in ends} & self.raws.keys()
        if old == new and all(port_labels(self.raws[source]) == labels[source] for source in sources):
            return
        raw = self.raws[id_]
        ways = list(list_of(raw.get("out")))
        for number in sorted({*old, *new}):
            while len(ways) <= number:
                ways.append({"x": 600, "y": 80 + 40 * len(ways), "wires": []})
            wires = list_of(object_of(ways[number]).get("wires"))
            ends = self._rewritten_ends(id_, wires, old.get(number, []), new.get(number, []), labels)
            ways[number] = {**object_of(ways[number]), "wires": ends}
        self.raws[id_] = {**raw, "out": ways}

    def _rewritten_ends(
        self, id_: str, wires: list[Any], old: list[_End], new: list[_End], labels: Mapping[str, Sequence[str]]
    ) -> list[Any]:
        """One way out of a subflow: what stays, then what is new."""
        rest, kept = list(new), []
        for wire in wires:
            source, port = way_out(wire)
            end = source, _label(port, labels.get(source, ("next",)), inside=source != id_)
            if end in rest:
                rest.remove(end)
                now = self._port(*end)
                kept.append(wire if now == port else {**wire, "port": now})
            elif end not in old and source not in self.before.steps:
                kept.append(wire)
        return [*kept, *({"id": source, "port": self._port(source, label)} for source, label in rest)]

    def _port(self, source: str, label: str) -> int:
        """Which of the outputs of a step has a label; of a subflow, which of its inputs."""
        if found := _INPUT.fullmatch(label):
            return int(found[1])
        labels = list(port_labels(self.raws[source]))
        if label in labels:
            return labels.index(label)
        found = _OUTPUT.fullmatch(label)
        return int(found[1]) - 1 if found else 0

    def _write_links(self) -> None:
        """Write links at both of their ends."""
        old, new = _links(self.before), _links(self.after)
        for pairs, wanted in ((old, False), (new, True)):
            for out, into in pairs:
                if ((out, into) in new) != ((out, into) in old):
                    self._name(out, "links", into, wanted=wanted)
                    if into in self.after.steps and self.after.steps[into].type == LINK_IN:
                        self._name(into, "links", out, wanted=wanted)

    def _write_scopes(self) -> None:
        """Write whose errors are caught. A catch that starts by itself takes those of its whole tab."""
        old, new = _caught(self.before), _caught(self.after)
        starting = self.starting[1]
        for id_, step in self.after.steps.items():
            scoped = isinstance(self.raws[id_].get("scope"), list)
            if step.type == CATCH and scoped and id_ in starting:
                self.raws[id_] = {key: value for key, value in self.raws[id_].items() if key != "scope"}
            elif step.type == CATCH and not scoped and id_ not in starting and "scope" not in step.config:
                self.raws[id_] = {**self.raws[id_], "scope": []}
        for pairs, wanted in ((old, False), (new, True)):
            for caught, catch in pairs:
                if catch not in starting and ((caught, catch) in new) != ((caught, catch) in old):
                    self._name(catch, "scope", caught, wanted=wanted)

    def _write_calls(self) -> None:
        old, new = _calls(self.before), _calls(self.after)
        for id_, step in self.after.steps.items():
            if step.type == LINK_CALL and old.get(id_) != new.get(id_):
                self.raws[id_] = {**self.raws[id_], "links": [new[id_]] if id_ in new else []}

    def _name(self, id_: str, key: str, other: str, *, wanted: bool) -> None:
        """Let a step name another one under a key, or no longer."""
        raw = self.raws.get(id_)
        if raw is None:
            return
        names = [name for name in list_of(raw.get(key)) if wanted or name != other]
        self.raws[id_] = {**raw, key: [*names, other] if wanted and other not in names else names}


def _label(port: int | None, labels: Sequence[str], *, inside: bool) -> str:
    if not inside:
        return f"in {port}"
    return labels[port] if port is not None and port < len(labels) else f"output {(port or 0) + 1}"


def with_ports(raw: _Raw, labels: Sequence[str], old: Sequence[str]) -> _Raw:
    """The element with an output for each label; one that a label was taken from may get another one.

    >>> with_ports({"wires": [["a1"]]}, ["yes", "output 2"], ["next"])
    {'wires': [['a1'], []], 'outputLabels': ['yes']}
    """
    wires, given = list(list_of(raw.get("wires"))), list(list_of(raw.get("outputLabels")))
    if all(label in port_labels(raw) for label in labels):
        return {**raw, "wires": wires or [[]]} if labels else raw
    if all(label == "next" for label in labels):
        return {**raw, "wires": wires[:1]}
    named = [int(found[1]) for label in labels if (found := _OUTPUT.fullmatch(label))]
    _widen(wires, max([2, *named]))
    for label in labels:
        there = port_labels({"wires": wires, "outputLabels": given})
        if label not in there:
            port = _free_port(there, labels, old, given)
            _widen(wires, port + 1)
            given += [""] * (port + 1 - len(given))
            given[port] = label
    return {**raw, "wires": wires, "outputLabels": given} if given else {**raw, "wires": wires}


def _widen(wires: list[Any], count: int) -> None:
    wires += [[] for _ in range(count - len(wires))]


def _free_port(there: Sequence[str], labels: Sequence[str], old: Sequence[str], given: Sequence[Any]) -> int:
    """An output for a new label: one that led somewhere and no longer does, else one without a name, else another one."""
    free = [port for port, label in enumerate(there) if label not in labels]
    unnamed = [port for port in free if port >= len(given) or not given[port]]
    led = [port for port in free if there[port] in old or "next" in old]
    return next(iter([*led, *unnamed]), len(there))


def _rewired(wires: list[Any], known: Collection[str | None], wanted: list[str]) -> list[Any]:
    """The wires of an output: those that stay where they were, then the new ones; all as wanted if their order is another.

    Args:
        wires: those there are; what is none of the known ones is nothing to the graph, and stays.
        known: where the step led.
        wanted: where the output is to lead.
    """
    rest, kept, silent = list(wanted), list[Any](), list[Any]()
    for target in wires:
        if target in rest:
            rest.remove(target)
            kept.append(target)
        elif not isinstance(target, str) or target not in known:
            kept.append(target)
            silent.append(target)
    kept += rest
    if kept == wires:
        return wires
    return kept if [target for target in kept if target in wanted] == wanted else [*wanted, *silent]


def _ways(graph: Graph, id_: str) -> dict[str, list[str | None]]:
    """Where the outputs of a step lead, by label."""
    found: dict[str, list[str | None]] = {}
    for edge in graph.outgoing.get(id_, ()):
        if edge.kind in (EdgeKind.NEXT, EdgeKind.BRANCH):
            found.setdefault(edge.label, []).append(edge.target)
    return found


def _ways_in(graph: Graph, id_: str) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for edge in graph.outgoing.get(id_, ()):
        if edge.kind is EdgeKind.ENTER and edge.target is not None and (said := _INPUT.fullmatch(edge.label)):
            found.setdefault(int(said[1]), []).append(edge.target)
    return found


def _ends(graph: Graph) -> Mapping[str, dict[int, list[_End]]]:
    """The ways to the end of each subflow, by which of its outputs they are."""
    found: defaultdict[str, dict[int, list[_End]]] = defaultdict(dict)
    for edge in graph.edges:
        if edge.target is None and edge.source in graph.steps:
            holder = edge.source if edge.kind is EdgeKind.ENTER else graph.steps[edge.source].scope
            number = _out_number(edge)
            if holder is not None and number is not None:
                found[holder].setdefault(number, []).append((edge.source, edge.label))
    return found


def _out_number(edge: Edge) -> int | None:
    number = object_of(edge.condition).get("out") if edge.condition is not None else 0
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < _MOST else None


def _links(graph: Graph) -> dict[tuple[str, str], None]:
    links = (edge for edge in _out_of(graph.edges, LINK_OUT, graph) if edge.kind is EdgeKind.NEXT)
    return {(edge.source, edge.target): None for edge in links if edge.target is not None}


def _out_of(edges: Iterable[Edge], type_: str, graph: Graph) -> Iterable[Edge]:
    return (edge for edge in edges if edge.source in graph.steps and graph.steps[edge.source].type == type_)


def _caught(graph: Graph) -> dict[tuple[str, str], None]:
    return {(edge.source, edge.target): None for edge in graph.edges if edge.kind is EdgeKind.ERROR and edge.target is not None}


def _calls(graph: Graph) -> dict[str, str]:
    return {edge.source: edge.target for edge in _out_of(graph.uses, LINK_CALL, graph) if edge.target is not None}
