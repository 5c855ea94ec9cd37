"""A definition of Logic Apps to its graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.logicapps.kinds import HOLDERS, NAMED, Branch, action_type, branch_says, branches, outcome
from wflgit.core.formats.logicapps.places import UNSAID, Place, around, name_place, parameters, places
from wflgit.core.formats.meaning import Feature
from wflgit.core.formats.shapes import object_of, text_of, unique
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind, Trigger

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer

NAME = "logicapps"
TITLE = "Azure Logic Apps"
LACKS = frozenset({Feature.GOALS, Feature.SPLITS, Feature.DISABLING})

DEPLOYMENT = "deployment"
"""The setting that holds what is around the definition."""

WORKFLOWS = "workflows"
"""The setting that holds what the definitions say, by label, where there are several."""

_MAYBE_EMPTY = ("outputs", "parameters", "staticResults")
_OF_TRIGGER = frozenset({"description", "evaluatedRecurrence", "metadata", "type"})
_AFTER_SUCCESS = ["Succeeded"]


def to_graph(document: Mapping[str, Any]) -> Graph:
    """Make the graph of a workflow; of a faulty one, as much as can be made out.

    A step's id is the name of its action, and a trigger is a step too. An action whose name was there before has the id of the step
    that holds it before its name: `Scope/Notify`. Where a template holds several workflows, the name of each goes before its
    ids.

    Args:
        document: a parsed document that `recognise` accepts.

    Returns:
        The graph, steps in the author's order, those inside of another right after it. What cannot be read is left out; an action
        that is no object is a step without type.

    Raises:
        DefinitionError: if the definition of a workflow in a template is no object.

    >>> actions = {"Notify": {"type": "Http", "runAfter": {"Ask": ["Failed"]}}, "Ask": {"type": "Http"}}
    >>> graph = to_graph({"triggers": {"manual": {"type": "Request"}}, "actions": actions})
    >>> [(edge.source, edge.label, edge.target) for edge in graph.edges]
    [('Ask', 'failed', 'Notify'), ('manual', 'next', 'Ask'), ('Ask', 'next', None)]
    """
    found = places(document)
    reader = _Reader()
    triggers: list[Trigger] = []
    for place in found:
        triggers += reader.read_workflow(place)
    start = triggers[0].id if len(triggers) == 1 else _only_root(found) if not triggers else None
    named = name_place(document, found)
    return Graph(
        format=NAME,
        name=_at(document, named) if named else None,
        start=start,
        triggers=tuple(triggers),
        steps=reader.steps,
        edges=tuple(reader.edges),
        settings=_settings(document, found),
        start_pointer=reader.steps[start].pointer if start is not None else (),
    )


def _at(document: Any, pointer: Pointer) -> Any:
    for key in pointer:
        document = document[key]
    return document


def _settings(document: Mapping[str, Any], found: list[Place]) -> dict[str, Any]:
    if len(found) == 1:
        said = definition_says(found[0].definition)
    else:
        said = {WORKFLOWS: {place.label: definition_says(place.definition) for place in found}}
    if rest := around(document, found):
        said[DEPLOYMENT] = rest
    return said


def definition_says(definition: Mapping[str, Any]) -> dict[str, Any]:
    """What a definition says of the workflow as a whole."""
    said = {key: value for key, value in definition.items() if key not in _NO_SETTINGS}
    for key in _MAYBE_EMPTY:
        if said.get(key) == {}:
            del said[key]
    if "parameters" in said:
        said["parameters"] = parameters(said["parameters"])
    return said


_NO_SETTINGS = UNSAID | {"actions", "triggers", DEPLOYMENT, WORKFLOWS}


def trigger_says(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a trigger."""
    return {key: value for key, value in raw.items() if key not in _OF_TRIGGER}


def _only_root(found: list[Place]) -> str | None:
    """The action that begins, if nothing starts the workflow and only one does."""
    actions = object_of(found[0].definition.get("actions")) if len(found) == 1 else {}
    roots = [name for name, action in actions.items() if begins(object_of(action))]
    return roots[0] if len(roots) == 1 else None


def begins(action: Mapping[str, Any]) -> bool:
    """Say whether an action follows no other, so that it begins what it is in."""
    after = action.get("runAfter")
    return not after or not isinstance(after, dict)


class _Reader:
    """Goes down through the actions and collects steps and edges.

    Attributes:
        steps: the steps by id.
        edges: the edges.
        taken: the ids that are given away.
        started: the ids of a workflow's triggers by name. New designers let actions follow a trigger as they follow an action.
        prefix: what goes before the names of a workflow's actions.
    """

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.edges: list[Edge] = []
        self.taken: set[str] = set()
        self.started: dict[str, str] = {}
        self.prefix = ""

    def read_workflow(self, place: Place) -> list[Trigger]:
        """Read a definition: its triggers, and its actions from those on that begin."""
        self.prefix, self.started = place.prefix, {}
        actions = object_of(place.definition.get("actions"))
        triggers = self._read_triggers(object_of(place.definition.get("triggers")), actions, place.pointer)
        if actions:
            way_in = [(trigger.id, "next", EdgeKind.NEXT, None) for trigger in triggers]
            self.read(actions, (*place.pointer, "actions"), None, way_in)
        return triggers

    def _read_triggers(self, triggers: Mapping[str, Any], actions: Mapping[str, Any], pointer: Pointer) -> list[Trigger]:
        """Read triggers; each is a step as well, and has to leave actions their names."""
        found = []
        for name, value in triggers.items():
            raw = object_of(value)
            step_id = self.prefix + (f"trigger: {name}" if name in actions else name)
            while step_id in self.taken or step_id.removeprefix(self.prefix) in actions:
                step_id += " (2)"
            self.taken.add(step_id)
            self.started[name] = step_id
            at = (*pointer, "triggers", name)
            config, type_ = trigger_says(raw), text_of(raw.get("type"))
            found.append(Trigger(step_id, type_, config, at, start=step_id))
            self.steps[step_id] = Step(step_id, type_, StepKind.TRIGGER, config, pointer=at, key=_key(raw.get("metadata")))
        return found

    def read(
        self, actions: Mapping[str, Any], pointer: Pointer, container: str | None, way_in: list[tuple[str, str, EdgeKind, Any]]
    ) -> None:
        """Read the actions of one place: their steps, the ways between them, and the ways in to those that begin."""
        ids = self._ids(actions, container)
        edges, steps, plain = self.edges, self.steps, EdgeKind.NEXT
        led_on: set[str] = set()
        may_go_on: set[str] = set()
        for name, value in actions.items():
            raw, step_id, at = value if isinstance(value, dict) else {}, ids[name], (*pointer, name)
            config = raw.copy()
            after, metadata = config.pop("runAfter", None), config.pop("metadata", None)
            type_ = action_type(text_of(config.pop("type", None)))
            config.pop("description", None)
            key = None if metadata is None else _key(metadata)
            steps[step_id] = Step(step_id, type_.name, type_.kind, config, None, container, pointer=at, key=key)
            if not after or not isinstance(after, dict):
                edges += [Edge(source, label, step_id, kind, condition, at) for source, label, kind, condition in way_in]
            else:
                for before, statuses in after.items():
                    source = ids.get(before)
                    if source is None and container is None:
                        source = self.started.get(before)
                    if source is not None:
                        label, kind = ("next", plain) if statuses == _AFTER_SUCCESS else outcome(statuses)
                        edges.append(Edge(source, label, step_id, kind, None, (*at, "runAfter", before)))
                        (led_on if kind is plain else may_go_on).add(source)
            if not HOLDERS.isdisjoint(config):
                for holder in HOLDERS:
                    config.pop(holder, None)
                may_go_on.add(step_id)
                self._read_inside(branches(raw, type_.inside), steps[step_id], at)
        if not may_go_on <= led_on:
            self._let_go_on(ids.values(), may_go_on - led_on)

    def _let_go_on(self, step_ids: Any, may_go_on: set[str]) -> None:
        """Lead steps to the end that lead nowhere on success: those that lead elsewhere else, and those that hold others."""
        for step_id in step_ids:
            if step_id in may_go_on:
                step = self.steps[step_id]
                if step.kind is not StepKind.END:
                    self.edges.append(Edge(step_id, "next", None, EdgeKind.NEXT, None, step.pointer))

    def _read_inside(self, inside: list[Branch], step: Step, pointer: Pointer) -> None:
        said: dict[str, dict[str, Any]] = {}
        for branch in inside:
            actions = branch.holder.get("actions")
            actions = actions if isinstance(actions, dict) else {}
            if branch.path and branch.path[0] in NAMED:
                rest = branch_says(branch)
                if rest or not actions:
                    said.setdefault(str(branch.path[0]), {})[str(branch.path[1])] = rest
            if actions:
                condition = branch.holder.get("case") if branch.path and branch.path[0] == "cases" else None
                way_in = [(step.id, branch.label, EdgeKind.ENTER, condition)]
                self.read(actions, (*pointer, *branch.path, "actions"), step.id, way_in)
        if said:
            self.steps[step.id] = step._replace(config={**step.config, **said})

    def _ids(self, actions: Mapping[str, Any], container: str | None) -> dict[str, str]:
        """The ids of the actions of one place; those further out have their names first."""
        if not self.prefix and self.taken.isdisjoint(actions):
            self.taken.update(actions)
            return dict(zip(actions, actions, strict=True))
        ids = {}
        for name in actions:
            step_id = self.prefix + name
            if step_id in self.taken and container is not None:
                step_id = f"{container}/{name}"
            ids[name] = unique(step_id, self.taken)
        return ids


def _key(metadata: object) -> str | None:
    key = metadata.get("operationMetadataId") if isinstance(metadata, dict) else None
    return key if isinstance(key, str) else None
