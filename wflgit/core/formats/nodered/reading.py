"""The graph of a file of Node-RED: what the runtime makes of it, without what is only for the editor.

Source: `parseConfig` in `runtime/lib/flows/util.js` of https://github.com/node-red/node-red, for what is a step and how links are
wired.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeGuard

from wflgit.core.formats.meaning import Feature, Fields
from wflgit.core.formats.nodered.types import (
    CATCH,
    COMMENT,
    DELAY,
    GROUP,
    LINK_CALL,
    LINK_IN,
    LINK_OUT,
    PAUSES,
    SUBFLOW,
    TAB,
    USE,
    Traits,
    traits,
)
from wflgit.core.formats.shapes import list_of, object_of, text_of, unique, without
from wflgit.core.graph import Edge, EdgeKind, Graph, Pointer, Step, StepKind, Trigger, WaitKind, WaitTerms
from wflgit.core.times import LONGEST
from wflgit.core.wording import quote, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NAME = "nodered"
TITLE = "Node-RED"
LACKS = frozenset({Feature.NAME, Feature.GOALS, Feature.SPLITS})
_SECRETS = (
    *("password", "passwd", "pass", "passphrase", "mqtt_password", "sockspassword", "token", "accessToken", "access_token"),
    *("auth_token", "providerToken", "apikey", "apiKey", "api_key", "secret", "accessSecret", "clientSecret", "client_secret"),
    *("consumerSecret", "privatekey", "privateKey", "creds"),
)
FIELDS = Fields(
    cosmetic=tuple(f"*/{key}" for key in ("x", "y", "w", "h", "l", "info", "icon", "inputLabels")),
    secret=("**/credentials", *(f"**/{key}" for key in _SECRETS)),
)

_SECONDS = {"milliseconds": 0.001, "seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_FRAMES = frozenset({TAB, SUBFLOW})
_DIGITS = 12
"""More digits than these are longer than anybody waits, and name no port."""


def recognise(document: object) -> bool:
    """Say whether a parsed document is meant as a file of Node-RED: a list of elements, or an object that holds it under `flows`.

    An empty list is a file in which there is nothing yet.

    >>> recognise([{"id": "a1", "type": "tab", "label": "Home"}]), recognise({"rev": "1", "flows": []})
    (True, True)
    >>> recognise([{"nodes": [], "connections": {}}])
    False
    """
    elements = document.get("flows") if isinstance(document, dict) else document
    return isinstance(elements, list) and (not elements or any(map(_is_typical, elements)))


def _is_typical(value: object) -> bool:
    """Whether a value can hardly be anything else: many lists hold objects with an id and a type."""
    return is_element(value) and ("wires" in value or "z" in value or value["type"] in _FRAMES)


def is_element(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is what a file of Node-RED is made of."""
    return isinstance(value, dict) and isinstance(value.get("id"), str) and isinstance(value.get("type"), str)


def root(document: object) -> Pointer:
    """Where in a recognised document the list of elements is."""
    return ("flows",) if isinstance(document, dict) else ()


def elements_of(document: Any) -> list[Any]:
    """The list of elements of a document.

    Raises:
        DefinitionError: if there is none.
    """
    elements = document.get("flows") if isinstance(document, dict) else document
    if isinstance(elements, list):
        return elements
    problem = wrong(f"expected a list of elements but found {quote(elements)}", root(document))
    raise DefinitionError(problem.message, problems=[problem], hint="a file of Node-RED is a list of objects with 'id' and 'type'")


def to_graph(document: Any) -> Graph:
    """Make the graph of all tabs of a file; of a faulty one, as much as can be made out.

    A step's id is that of its element. Tabs and configurations that steps share are settings, under their type and id.

    Args:
        document: a parsed document that `recognise` accepts.

    Returns:
        The graph, steps in the file's order. Elements without a text as `id` and `type` are left out; of those with one id, the
        last counts. Links to what is not there are left out, as the runtime does; wires to what is not there stay.

    Raises:
        DefinitionError: if there is no list of elements.

    >>> tick = {"id": "a1", "type": "inject", "z": "t1", "x": 0, "y": 0, "wires": [["b2"]]}
    >>> [(edge.source, edge.label, edge.target) for edge in to_graph([tick]).edges]
    [('a1', 'next', 'b2')]
    """
    elements = elements_of(document)
    reader = _Reader(elements, root(document))
    reader.survey()
    reader.read()
    reader.connect()
    triggers = reader.triggers()
    leading = {edge.source for edge in reader.edges}
    starting = [trigger.id for trigger in triggers if not trigger.disabled and trigger.id in leading]
    start = starting[0] if len(starting) == 1 else None
    return Graph(
        NAME,
        None,
        start,
        triggers,
        reader.steps,
        tuple(reader.edges),
        settings=reader.settings,
        start_pointer=() if start is None else reader.steps[start].pointer,
        uses=tuple(reader.uses),
        loose=reader.loose,
    )


class _Reader:
    """Goes through the elements, and then through those that lead elsewhere than by wires.

    Attributes:
        base: where the list of elements is.
        elements: that list.
        steps, edges, uses, loose, settings: what the graph will have.
        off: the ids of tabs that are disabled as a whole.
        subflows: the ids of subflows, each with whether it has an input.
        groups: the ids of groups that make a difference to what is in them.
        comments: the ids of comments.
        linking: the steps that lead elsewhere than by wires, or are led to so, each with its element.
        starting: the steps that may start by themselves, each with whether it does even if something leads to it.
    """

    def __init__(self, elements: Sequence[Any], base: Pointer) -> None:
        self.base = base
        self.elements = elements
        self.steps: dict[str, Step] = {}
        self.edges: list[Edge] = []
        self.uses: list[Edge] = []
        self.loose: dict[str, tuple[str, ...]] = {}
        self.settings: dict[str, Any] = {}
        self.off: set[str] = set()
        self.subflows: dict[str, bool] = {}
        self.groups: set[str] = set()
        self.comments: set[str | None] = set()
        self.linking: list[tuple[Step, Mapping[str, Any]]] = []
        self.starting: list[tuple[str, bool]] = []

    def survey(self) -> None:
        """Find out about tabs, groups and subflows, which may come after what is in them."""
        outer: dict[str, Any] = {}
        for raw in self.elements:
            if not isinstance(raw, dict):
                continue
            type_, id_ = raw.get("type"), raw.get("id")
            if type_ == TAB:
                if raw.get("disabled") is True and isinstance(id_, str) and id_:
                    self.off.add(id_)
            elif type_ == SUBFLOW:
                if isinstance(id_, str):
                    self.subflows[id_] = bool(list_of(raw.get("in")))
            elif type_ == GROUP:
                if isinstance(id_, str):
                    outer[id_] = raw.get("g")
                    if raw.get("env"):
                        self.groups.add(id_)
            elif "scope" in raw and raw["scope"] == GROUP and isinstance(raw.get("g"), str):
                self.groups.add(raw["g"])
        if self.groups:
            self._join_inner_groups(outer)

    def _join_inner_groups(self, outer: Mapping[str, Any]) -> None:
        """What holds in a group holds in those inside of it."""
        found = self.groups
        while found:
            found = {id_ for id_, around in outer.items() if isinstance(around, str) and around in found} - self.groups
            self.groups |= found

    def read(self) -> None:
        """Read every element: what it is, what it says, and where its wires lead."""
        steps, subflows, off, groups = self.steps, self.subflows, self.off, self.groups
        for index, raw in enumerate(self.elements):
            if not isinstance(raw, dict):
                continue
            id_, type_ = raw.get("id"), raw.get("type")
            if not isinstance(id_, str) or not isinstance(type_, str):
                continue
            apart, silent, kind, stepless, linking, _, fed = found = traits(type_)
            wires = raw.get("wires")
            if stepless or (wires is None and type_ != SUBFLOW and not ("x" in raw and "y" in raw)):
                self._read_setting(id_, type_, raw, silent)
                continue
            config = raw.copy()
            drop = config.pop
            for key in apart:
                drop(key, None)
            z, name, scope = raw.get("z"), raw.get("name"), None
            if not isinstance(z, str):
                z = ""
            elif z in subflows and type_ != SUBFLOW:
                scope = z
            elif z:
                config["z"] = z
            if groups and isinstance(raw.get("g"), str) and raw["g"] in groups:
                config["g"] = raw["g"]
            if linking:
                _tidy_config(type_, config)
            elif type_ == DELAY:
                kind = _delay_kind(config)
            off_ = raw.get("d") is True or z in off
            name = name if name and isinstance(name, str) else None
            steps[id_] = step = Step(id_, type_, kind, config, name, scope, off_, (*self.base, index))
            if linking:
                self.linking.append((step, raw))
            if not fed:
                self._consider(step, raw, found)
            if wires and wires != _UNWIRED and isinstance(wires, list) and type_ != LINK_OUT:
                self._read_wires(step, raw, wires)

    def _read_setting(self, id_: str, type_: str, raw: Mapping[str, Any], silent: frozenset[str]) -> None:
        """Read what steps share: a tab, a group that says something, a configuration."""
        if type_ == GROUP:
            if raw.get("env"):
                self.settings[f"{GROUP} {id_}"] = {"env": raw["env"]}
        elif type_ == COMMENT:
            self.comments.add(id_)
        else:
            self.settings[f"{type_} {id_}"] = tidy_setting(type_, {key: value for key, value in raw.items() if key not in silent})

    def _read_wires(self, step: Step, raw: Mapping[str, Any], wires: list[Any]) -> None:
        labels, kind = (_ONE_PORT, EdgeKind.NEXT) if len(wires) == 1 else (port_labels(raw), EdgeKind.BRANCH)
        for port, targets in enumerate(wires):
            if targets and isinstance(targets, list):
                label = labels[port]
                for index, target in enumerate(targets):
                    if isinstance(target, str):
                        self.edges.append(Edge(step.id, label, target, kind, None, (*step.pointer, "wires", port, index)))
        if len(wires) > 1 and not all(wires):
            self.loose[step.id] = tuple(labels[port] for port, targets in enumerate(wires) if not targets)

    def _consider(self, step: Step, raw: Mapping[str, Any], traits_: Traits) -> None:
        """Note a step that may start by itself."""
        if traits_.source:
            if step.type != CATCH or not isinstance(raw.get("scope"), list):
                self.starting.append((step.id, True))
        elif port_count(raw) and self.subflows.get(step.type.removeprefix(USE)) is not True:
            self.starting.append((step.id, False))

    def connect(self) -> None:
        """Read where steps lead by other means than wires."""
        links: dict[tuple[str, str], Pointer] = {}
        for step, raw in sorted(self.linking, key=_is_link_in):
            if step.type in (LINK_IN, LINK_OUT):
                self._read_links(step, raw, links)
            elif step.type == CATCH:
                self._read_scope(step, raw)
            elif step.type == SUBFLOW:
                self._read_ways_in(step, raw)
                self._read_ways_out(step, raw)
            elif step.type == LINK_CALL:
                target = called(raw)
                if target in self.steps:
                    self.uses.append(Edge(step.id, "call", target, EdgeKind.USES, None, (*step.pointer, "links")))
            elif (used := step.type.removeprefix(USE)) in self.subflows:
                self.uses.append(Edge(step.id, "subflow", used, EdgeKind.USES, None, (*step.pointer, "type")))
        self.edges += [Edge(out, "next", into, EdgeKind.NEXT, None, pointer) for (out, into), pointer in links.items()]

    def _read_links(self, step: Step, raw: Mapping[str, Any], links: dict[tuple[str, str], Pointer]) -> None:
        """Read the links of one end; a link holds if either end names the other."""
        for index, other in enumerate(list_of(raw.get("links"))):
            if isinstance(other, str) and other in self.steps:
                out, into = (step.id, other) if step.type == LINK_OUT else (other, step.id)
                if self.steps[out].type == LINK_OUT and self.steps[out].config.get("mode") != "return":
                    links.setdefault((out, into), (*step.pointer, "links", index))

    def _read_scope(self, step: Step, raw: Mapping[str, Any]) -> None:
        """Read whose errors a catch takes; in document order."""
        caught = {other: index for index, other in enumerate(list_of(raw.get("scope"))) if isinstance(other, str)}
        for other, index in caught.items():
            if other in self.steps:
                self.edges.append(Edge(other, "error", step.id, EdgeKind.ERROR, None, (*step.pointer, "scope", index)))

    def _read_ways_in(self, step: Step, raw: Mapping[str, Any]) -> None:
        for port, way in enumerate(list_of(raw.get("in"))):
            for index, wire in enumerate(list_of(object_of(way).get("wires"))):
                target = object_of(wire).get("id")
                if isinstance(target, str) and target != step.id:
                    pointer = (*step.pointer, "in", port, "wires", index, "id")
                    self.edges.append(Edge(step.id, f"in {port}", target, EdgeKind.ENTER, None, pointer))

    def _read_ways_out(self, step: Step, raw: Mapping[str, Any]) -> None:
        for number, way in enumerate(list_of(raw.get("out"))):
            condition = {"out": number} if number else None
            for index, wire in enumerate(list_of(object_of(way).get("wires"))):
                source, port = way_out(wire)
                if source not in self.steps or port is None:
                    continue
                pointer = (*step.pointer, "out", number, "wires", index, "id")
                if source == step.id:
                    self.edges.append(Edge(source, f"in {port}", None, EdgeKind.ENTER, condition, pointer))
                elif self.steps[source].scope == step.id:
                    inner = self.elements[place(self.steps[source])]
                    kind = EdgeKind.NEXT if port_count(inner) <= 1 else EdgeKind.BRANCH
                    self.edges.append(Edge(source, port_label(inner, port), None, kind, condition, pointer))

    def triggers(self) -> tuple[Trigger, ...]:
        """Make triggers of the steps that start by themselves."""
        led_to = {edge.target for edge in self.edges}
        if not led_to.isdisjoint(self.comments):  # some tools wire comments; nothing comes of it
            self.edges = [edge for edge in self.edges if edge.target not in self.comments]
        found = {}
        for id_, anyway in self.starting:
            if anyway or id_ not in led_to:
                self.steps[id_] = step = self.steps[id_]._replace(kind=StepKind.TRIGGER)
                found[id_] = Trigger(id_, step.type, step.config, step.pointer, id_, step.disabled)
        return tuple(found.values())


_UNWIRED: list[Any] = [[]]
_ONE_PORT: Sequence[str] = ("next",)
_PORTS: Sequence[str] = tuple(f"output {port}" for port in range(1, 21))


def _delay_kind(config: Mapping[str, Any]) -> StepKind:
    pause = config.get("pauseType")
    return StepKind.WAIT if isinstance(pause, str) and pause in PAUSES else StepKind.ACTION


def _tidy_config(type_: str, config: dict[str, Any]) -> None:
    """Take out what edges say, and where something is drawn."""
    if type_ == CATCH and isinstance(config.get("scope"), list):
        del config["scope"]
    elif type_ == SUBFLOW and isinstance(status := config.get("status"), dict):
        config["status"] = without(status, "x", "y")


def tidy_setting(type_: str, said: dict[str, Any]) -> dict[str, Any]:
    """Without what says the same if it is not there; some versions of the editor write it, and some do not."""
    for key, nothing in _NOTHING_SAID.get(type_, _NO_PLACE):
        if key in said and said[key] == nothing:
            del said[key]
    return said


_NO_PLACE: Sequence[tuple[str, Any]] = (("z", ""),)
_NOTHING_SAID: Mapping[str, Sequence[tuple[str, Any]]] = {TAB: (*_NO_PLACE, ("disabled", False), ("env", []))}


def _is_link_in(linking: tuple[Step, Mapping[str, Any]]) -> bool:
    return linking[0].type == LINK_IN


def place(step: Step) -> int:
    """Which of the elements a step is."""
    index = step.pointer[-1]
    assert isinstance(index, int)
    return index


def port_count(raw: Mapping[str, Any]) -> int:
    """How many ways on a step has, be they wired or not."""
    return len(list_of(raw.get("wires")))


def port_labels(raw: Mapping[str, Any]) -> Sequence[str]:
    """The labels of a step's ways on, port by port: as the author called them, else `output 1` and so on; one alone is `next`."""
    count = port_count(raw)
    if count <= 1:
        return _ONE_PORT
    given, taken = list_of(raw.get("outputLabels")), set[str]()
    if not given:
        return _PORTS[:count] if count <= len(_PORTS) else [f"output {port}" for port in range(1, count + 1)]
    said = [given[port] if port < len(given) else None for port in range(count)]
    return [
        unique(text if isinstance(text, str) and text.strip() else f"output {port}", taken) for port, text in enumerate(said, 1)
    ]


def port_label(raw: Mapping[str, Any], port: int) -> str:
    """The label of one of a step's ways on, even of one that it has no wires for."""
    labels = port_labels(raw)
    return labels[port] if port < len(labels) else f"output {port + 1}"


def way_out(wire: object) -> tuple[str, int | None]:
    """Which step, by which of its ports, leads out of a subflow; an empty text or None where that cannot be read."""
    said = object_of(wire)
    port = said.get("port", 0)
    if isinstance(port, str) and port.isascii() and port.isdigit() and len(port) <= _DIGITS:
        port = int(port)
    return text_of(said.get("id")), port if isinstance(port, int) and not isinstance(port, bool) and port >= 0 else None


def called(raw: Mapping[str, Any]) -> str:
    """The id that a `link call` calls; empty if it is known only when a message is there."""
    links = raw.get("links")
    if raw.get("linkType") == "dynamic":
        return ""
    return text_of(links[0]) if isinstance(links, list) and links else text_of(links)


def wait_terms(step: Step) -> WaitTerms | None:
    """Read how long a `delay` holds each message back.

    What a message says itself, a random time, and what the environment fills in (`${…}`) are known only when an execution is there.

    Returns:
        What the step waits for; None for a step of another kind, and for a time that cannot be read.
    """
    if step.kind is not StepKind.WAIT:
        return None
    config = step.config
    timeout, unit = config.get("timeout"), _SECONDS.get(text_of(config.get("timeoutUnits")))
    if config.get("pauseType") != "delay" or (isinstance(timeout, str) and timeout.startswith(("${", "$("))):
        return WaitTerms(WaitKind.DURATION)
    number = _number(timeout)
    if number is None or unit is None or not 0 <= number <= LONGEST.total_seconds() / unit:
        return None
    return WaitTerms(WaitKind.DURATION, timedelta(seconds=number * unit))


def _number(value: object) -> float | None:
    """A number that may be written as a text, as the editor writes what was typed in."""
    if isinstance(value, str) and len(value) <= _DIGITS and _NUMBER.fullmatch(value):
        return float(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
