"""The edges of a graph back into `connections`, where they go by the names of steps and the numbers of outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.n8n.outputs import is_named, numbered, outputs
from wflgit.core.formats.n8n.reading import inlet
from wflgit.core.formats.shapes import list_of, object_of
from wflgit.core.jsonvalues import same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wflgit.core.graph import Edge, Graph, Step

_Way = tuple[str | None, Any]
"""Where a connection leads, and to which input: an edge's target and condition."""


class Connector:
    """Writes connections.

    An entry of the old connections that still leads to the same step stays, and so does an output without any (`null` or `[]`).
    """

    def __init__(self, before: Mapping[str, str], names: Mapping[str, str], renamed: Mapping[str, str], graph: Graph) -> None:
        """Take what is known of the steps.

        Args:
            before: the id of each step in the old document, by name.
            names: the name of each step in the new document, by id.
            renamed: the id of each step that stays in the new graph, by its old one.
            graph: the new graph.
        """
        self._before, self._names, self._renamed = before, names, renamed
        self._ids = {name: step for step, name in names.items()}
        self._ways = _grouped((edge.source, edge) for edge in graph.edges if edge.target is not None)
        self._uses = _grouped((edge.target, edge) for edge in graph.uses if edge.target is not None)

    def write(self, connections: Mapping[str, Any], old: Graph, steps: Mapping[str, Step]) -> Mapping[str, Any]:
        """The connections as the graph says; the old ones if nothing changed."""
        written: dict[str, Any] = {}
        for name, ports in connections.items():
            was = self._before.get(name)
            if was is None and name not in self._ids:
                written[name] = ports
            elif was is not None and was in self._renamed:
                step = steps[self._renamed[was]]
                touched = step.type != old.steps[was].type or not same(dict(step.config), dict(old.steps[was].config))
                written[self._names[step.id]] = self._ports(ports, step, () if touched else old.outgoing.get(was, ()))
        for step in steps.values():
            if self._names[step.id] not in written:
                ports = self._ports({}, step, ())
                if ports:
                    written[self._names[step.id]] = ports
        same_places = list(written) == list(connections) and all(written[name] is connections[name] for name in written)
        return connections if same_places else written

    def _ports(self, ports: Any, step: Step, old_ways: Sequence[Edge]) -> Any:
        """What leads away from a step: its ways on, and from a helper those to its users."""
        ways, uses = self._ways.get(step.id, {}), self._uses.get(step.id, {})
        if not isinstance(ports, dict):
            return self._ports({}, step, ()) if ways or uses else ports
        stays = bool(old_ways) and [*map(self._moved, old_ways)] == [
            (way.label, *_way(way)) for group in ways.values() for way in group
        ]
        wanted: dict[str, list[list[_Way]]] = {} if stays else _by_port(step, ports, ways)
        wanted |= {port: _by_output(group) for port, group in uses.items() if port.startswith("ai_")}
        written = {port: self._listed(port, listed, wanted.pop(port, None), stays=stays) for port, listed in ports.items()}
        for port, ways_of_port in wanted.items():
            if any(ways_of_port):
                written[port] = self._listed(port, [], ways_of_port, stays=False)
        return ports if len(written) == len(ports) and all(written[port] is ports[port] for port in ports) else written

    def _listed(self, port: str, listed: Any, wanted: list[list[_Way]] | None, *, stays: bool) -> Any:
        """The outputs of one kind."""
        is_way = port in ("main", "error")
        if not is_way and not port.startswith("ai_"):
            return listed
        if not isinstance(listed, list):
            return [self._entries(port, [], ways, 0) for ways in wanted] if wanted and any(wanted) else listed
        if is_way and stays:
            written = [*map(self._kept, listed)]
        else:
            ways = wanted or []
            size = max(len(listed), len(ways))
            written = [
                self._entries(
                    port,
                    listed[index] if index < len(listed) else [],
                    ways[index] if index < len(ways) else [],
                    0 if is_way else index,
                )
                for index in range(size)
            ]
        return listed if _identical(written, listed) else written

    def _entries(self, port: str, entries: Any, wanted: Sequence[_Way], output: int) -> Any:
        """The connections of one output."""
        left = [(self._read(port, entry, output), entry) for entry in list_of(entries)]
        if same([[*way] for way, _ in left if way is not None], [[*way] for way in wanted]):
            return self._kept(entries)
        written = []
        for way in wanted:
            place = next((place for place, (there, _) in enumerate(left) if there is not None and same([*there], [*way])), None)
            if place is None:
                target, condition = way
                name = self._names.get(target or "", target)
                written.append(
                    {"node": name, "type": "main" if port == "error" else port, "index": object_of(condition).get("input", 0)}
                )
            else:
                written.append(self._entry(left.pop(place)[1]))
        return written

    def _kept(self, entries: Any) -> Any:
        """The connections of an output that stay, by the new names of the steps they lead to."""
        written = [*map(self._entry, list_of(entries))]
        return entries if _identical(written, list_of(entries)) else written

    def _read(self, port: str, entry: Any, output: int) -> _Way | None:
        """Where an entry of the old document leads, by the new ids; None if no graph says so."""
        name = object_of(entry).get("node")
        if not isinstance(name, str) or (port.startswith("ai_") and name not in self._before and name not in self._ids):
            return None
        return self._target(name), inlet(entry, output)

    def _target(self, name: str) -> str:
        was = self._before.get(name, name)
        return self._renamed.get(was, was)

    def _entry(self, entry: Any) -> Any:
        """An entry that stays, by the new name of the step it leads to."""
        name = object_of(entry).get("node")
        if not isinstance(name, str):
            return entry
        target = self._target(name)
        new = self._names.get(target, target)
        return entry if new == name else {**entry, "node": new}

    def _moved(self, edge: Edge) -> tuple[str, str | None, Any]:
        return edge.label, self._renamed.get(edge.target or "", edge.target), edge.condition


def _by_port(step: Step, ports: Mapping[str, Any], ways: Mapping[str, Sequence[Edge]]) -> dict[str, list[list[_Way]]]:
    """Say which ways belong to which output.

    An outcome that no output stands for is left out: it cannot be written, and what is written will be found not to be the graph.
    """
    width = len(list_of(ports.get("main")))
    widest = max((numbered(label) + 1 for label in ways), default=0)
    if step.config.get("onError") == "continueErrorOutput" and not is_named(step.type):
        # The last output is the one for errors, so there must be one more than are used otherwise.
        several = width > 1 or widest > 1 or "error" in ways
        width = max(widest + 1, width, 2) if several else width
    else:
        width = max(widest, width)
    labels = [label for label, _ in outputs(step.type, step.config, width)]
    wanted = {"main": [[*map(_way, ways.get(label, ()))] for label in labels[: max(width, _last(labels, ways))]]}
    if "error" not in labels and "error" in ports:
        wanted["error"] = [[*map(_way, ways.get("error", ()))]]
    return wanted


def _last(labels: Sequence[str], ways: Mapping[str, Any]) -> int:
    """How many outputs there must be so that all that are used are among them."""
    return max((index + 1 for index, label in enumerate(labels) if label in ways), default=0)


def _by_output(uses: Sequence[Edge]) -> list[list[_Way]]:
    found: list[list[_Way]] = []
    for use in uses:
        output = object_of(use.condition).get("output", 0)
        if isinstance(output, int) and 0 <= output < 1000:
            found.extend([] for _ in range(output + 1 - len(found)))
            found[output].append((use.source, use.condition))
    return found


def _way(edge: Edge) -> _Way:
    return edge.target, edge.condition


def _grouped(pairs: Iterable[tuple[str | None, Edge]]) -> dict[str | None, dict[str, list[Edge]]]:
    """Edges by a step and then by their labels."""
    found: dict[str | None, dict[str, list[Edge]]] = {}
    for step, edge in pairs:
        found.setdefault(step, {}).setdefault(edge.label, []).append(edge)
    return found


def _identical(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(new is old for new, old in zip(one, other, strict=True))
