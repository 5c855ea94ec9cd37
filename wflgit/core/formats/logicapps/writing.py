"""A changed graph back into the document it came from.

The document is made first and then read again: what does not come out as it is in the graph, Logic Apps cannot say, and that is
refused. So the rules of the language are said once, where it is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.logicapps.differing import first_difference, refused, same_said
from wflgit.core.formats.logicapps.kinds import (
    NAMED,
    STATUSES,
    Branch,
    action_type,
    branch_path,
    branch_says,
    branches,
    outcome,
    statuses_of,
)
from wflgit.core.formats.logicapps.places import Place, find, name_place, places
from wflgit.core.formats.logicapps.reading import DEPLOYMENT, WORKFLOWS, definition_says, to_graph
from wflgit.core.formats.shapes import object_of, text_of, without
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind
from wflgit.core.jsonvalues import at, patched, put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wflgit.core.graph import Pointer


def to_document(document: Any, graph: Graph) -> Any:
    """The document, changed so that it says the graph; what the graph does not touch is the same object in both.

    That a way ends is not written in Logic Apps, so an edge to the end may come and go with what follows a step.

    Raises:
        DefinitionError: if Logic Apps cannot say the graph; it names the first thing.
    """
    old = to_graph(document)
    if same_said(old, graph):
        return document
    found: Graph | None = None
    for names_are_ids in (False, True):
        new = _Writer(document, old, graph, names_are_ids=names_are_ids).document()
        if [place.label for place in find(new)] == [place.label for place in find(document)]:
            found = to_graph(new)
            if same_said(found, graph):
                return new
    raise refused(*first_difference(graph, found))


class _Writer:
    """Makes a document of a graph, from the one that an older graph was read from.

    Attributes:
        original: that document.
        origins: by id, the step of the old graph that a step is.
        names: by id, the name that a step has in the new document.
        groups: the steps in each place: what they are in, and the keys from that to what holds them.
    """

    def __init__(self, original: Any, old: Graph, new: Graph, *, names_are_ids: bool) -> None:
        self.original = original
        self.places = places(original)
        self.old = old
        self.new = new
        self.origins = _origins(old, new)
        self.images = {step.id: new_id for new_id, step in self.origins.items()}
        self.names = {step_id: self._name(step_id, names_are_ids=names_are_ids) for step_id in new.steps}
        self.groups: dict[tuple[str | None, Pointer], list[str]] = defaultdict(list)
        for step in new.steps.values():
            if step.kind is not StepKind.TRIGGER:
                path = self._path(step) if step.scope in new.steps else self._place(step.id).pointer
                self.groups[step.scope, path].append(step.id)

    def document(self) -> Any:
        """The document, as far as it can say the graph."""
        definitions = [self._definition(place) for place in self.places]
        around = self.old.settings.get(DEPLOYMENT, {}), self.new.settings.get(DEPLOYMENT, {})
        wrapped = self.places[0].pointer != ()
        document = patched(self.original, *around) if wrapped else self.original
        found = find(document)
        for place, definition in zip(found, definitions, strict=False):
            document = put(document, place.pointer, definition)
        return self._named(document, found)

    def _definition(self, place: Place) -> Any:
        """A definition that says its part of the graph."""
        says, definition = self.new.settings, place.definition
        if place.label:
            says = object_of(object_of(says.get(WORKFLOWS)).get(place.label))
        definition = patched(definition, definition_says(definition), without(says, DEPLOYMENT))
        triggers = self._triggers(object_of(definition.get("triggers")), place)
        actions = self._actions(object_of(definition.get("actions")), self.groups.get((None, place.pointer), []))
        for key, value in (("triggers", triggers), ("actions", actions)):
            if value or isinstance(definition.get(key), dict):
                definition = put(definition, (key,), value)
        return definition

    def _named(self, document: Any, found: list[Place]) -> Any:
        name = self.new.name
        if name == self.old.name:
            return document
        place = name_place(document, found)
        pointer = found[0].pointer if len(found) == 1 else ()
        if place is None and pointer[-2:] == ("properties", "definition") and "name" not in at(document, pointer[:-2]):
            place = (*pointer[:-2], "name")
        if place is None and name is None:
            return document
        if place is None:
            raise refused(f"the name '{name}'", "only a resource or an export of Power Automate has a name of its own")
        if name is None:
            return put(document, place[:-1], without(at(document, place[:-1]), str(place[-1])))
        return put(document, place, name)

    def _place(self, step_id: str) -> Place:
        """The workflow that a step is in: the one whose label its id has, else the one that it was in."""
        if len(self.places) == 1:
            return self.places[0]
        origin = self.origins.get(step_id)
        was = [place for place in self.places if origin is not None and origin.pointer[: len(place.pointer)] == place.pointer]
        return next((place for place in (*was, *self.places) if step_id.startswith(place.prefix)), (*was, *self.places)[0])

    def _name(self, step_id: str, *, names_are_ids: bool) -> str:
        origin, step = self.origins.get(step_id), self.new.steps[step_id]
        if origin is not None and origin.id == step_id and not (names_are_ids and step.kind is not StepKind.TRIGGER):
            return str(origin.pointer[-1])
        own_id = step_id.removeprefix(self._place(step_id).prefix)
        name = own_id.removeprefix("trigger: ")
        return name if step.kind is StepKind.TRIGGER and step_id.removesuffix(own_id) + name in self.new.steps else own_id

    # Where steps are

    @cached_property
    def incoming(self) -> Mapping[str, list[Edge]]:
        """The edges to each step."""
        found: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.new.edges:
            if edge.target is not None:
                found[edge.target].append(edge)
        return found

    def _path(self, step: Step) -> Pointer:
        """The keys from what a step is in to what holds it."""
        container = self.new.steps[step.scope or ""]
        todo, seen = [step.id], {step.id}
        while todo:
            for edge in self.incoming.get(todo.pop(), ()):
                source = self.new.steps.get(edge.source)
                if edge.kind is EdgeKind.ENTER and edge.source == container.id:
                    return self._branch_path(container, edge.label)
                if source is not None and source.scope == step.scope and source.id not in seen:
                    seen.add(source.id)
                    todo.append(source.id)
        return self._old_path(step, container)

    def _branch_path(self, container: Step, label: str) -> Pointer:
        type_ = action_type(container.type)
        known = next((branch.path for branch in branches(self._raw(container.id), type_.inside) if branch.label == label), None)
        path = branch_path(type_, label) if known is None else known
        if path is None:
            raise refused(f"a way '{label}' into '{container.id}'", f"'{container.type}' has no such branch")
        return path

    def _old_path(self, step: Step, container: Step) -> Pointer:
        """Where a step was to which no way leads, so that nothing tells which branch it is in."""
        origin, around = self.origins.get(step.id), self.origins.get(container.id)
        if origin is None or around is None or origin.scope != around.id:
            return ()
        return origin.pointer[len(around.pointer) : -2]

    def _raw(self, step_id: str) -> dict[str, Any]:
        """What the old document says of a step; empty if it says nothing that can be read."""
        origin = self.origins.get(step_id)
        raw = at(self.original, origin.pointer) if origin is not None else None
        return raw if isinstance(raw, dict) else {}

    # Triggers

    def _triggers(self, original: Mapping[str, Any], place: Place) -> Mapping[str, Any]:
        before = {trigger.id: trigger for trigger in self.old.triggers}
        made = {}
        for trigger in self.new.triggers:
            if self._place(trigger.id) is not place:
                continue
            origin = self.origins.get(trigger.id)
            old = before.get(origin.id) if origin is not None else None
            name = self.names.get(trigger.id, trigger.id)
            if old is None:
                made[name] = {"type": trigger.type, **trigger.config}
                continue
            raw = at(self.original, old.pointer)
            if isinstance(raw, dict) or trigger.config or trigger.type:
                raw = patched(raw if isinstance(raw, dict) else {}, old.config, trigger.config)
                raw = raw if text_of(raw.get("type")) == trigger.type else put(raw, ("type",), trigger.type)
            made[name] = raw
        order = [*(name for name in original if name in made), *(name for name in made if name not in original)]
        return _unless_same(original, {name: made[name] for name in order})

    # Actions

    def _actions(self, original: Mapping[str, Any], step_ids: list[str]) -> Mapping[str, Any]:
        """The actions of one place, in the order of the file; new ones follow those that lead to them."""
        there = {name: index for index, name in enumerate(original)}
        was_here = [step_id for step_id in step_ids if self._was_in(step_id, original)]
        order = sorted(was_here, key=lambda step_id: there[str(self.origins[step_id].pointer[-1])])
        for step_id in step_ids:
            if step_id not in was_here:
                before = next((edge.source for edge in self.incoming.get(step_id, ()) if edge.source in order), None)
                order.insert(len(order) if before is None else order.index(before) + 1, step_id)
        return _unless_same(original, {self.names[step_id]: self._action(step_id) for step_id in order})

    def _was_in(self, step_id: str, original: Mapping[str, Any]) -> bool:
        origin = self.origins.get(step_id)
        if origin is None:
            return False
        holder: Any = self.original
        for key in origin.pointer[:-1]:
            holder = holder[key]
        return holder is original

    def _action(self, step_id: str) -> Any:
        step, origin = self.new.steps[step_id], self.origins.get(step_id)
        config = without(step.config, *NAMED)
        if origin is None:
            raw = {"type": step.type, **config}
        else:
            raw = patched(self._raw(step_id), without(origin.config, *NAMED), config)
            if action_type(text_of(raw.get("type"))).name != step.type:
                raw = _put(raw, ("type",), step.type)
        raw = self._inside(raw, step)
        raw = self._after(raw, step)
        if step.key is not None and (origin is None or step.key != origin.key):
            raw = _put(raw, ("metadata",), {**object_of(raw.get("metadata")), "operationMetadataId": step.key})
        untold = origin is not None and not raw
        return at(self.original, origin.pointer) if untold and origin is not None else raw

    def _after(self, raw: dict[str, Any], step: Step) -> dict[str, Any]:
        """Let an action follow those that lead to it; what else it says to follow stays, where no such action is there."""
        edges = [
            edge for edge in self.incoming.get(step.id, ()) if edge.source in self.new.steps and edge.kind is not EdgeKind.ENTER
        ]
        wanted = {edge.source: edge.label for edge in edges}
        before = raw.get("runAfter")
        made: dict[str, Any] = {}
        for name, statuses in object_of(before).items():
            source = self._old_source(step, name)
            image = None if source is None else self.images.get(source)
            if image is not None and image in wanted:
                label = wanted.pop(image)
                made[self.names[image]] = statuses if outcome(statuses)[0] == label else self._statuses(label)
            elif source is None and name not in self.names.values() and not self._begins(step):
                made[name] = statuses
        if made or not self._begins(step):
            made |= {self.names[source]: self._statuses(label) for source, label in wanted.items()}
        if not made and not object_of(before):
            return raw if "runAfter" in raw or step.id in self.origins else _put(raw, ("runAfter",), {})
        return _put(raw, ("runAfter",), _unless_same(object_of(before), made))

    def _begins(self, step: Step) -> bool:
        """Whether a step begins what it is in: its container leads to it, or every trigger does and nothing else."""
        edges = self.incoming.get(step.id, ())
        if any(edge.kind is EdgeKind.ENTER for edge in edges):
            return True
        leading = {edge.source for edge in edges if edge.label == "next"}
        return len(leading) == len(edges) > 0 and leading == {
            trigger.id for trigger in self.new.triggers if self._place(trigger.id) is self._place(step.id)
        }

    def _old_source(self, step: Step, name: str) -> str | None:
        """The step of the old graph that an action followed by that name."""
        origin = self.origins.get(step.id)
        return None if origin is None else self._old_sources.get((origin.id, name))

    @cached_property
    def _old_sources(self) -> Mapping[tuple[str, str], str]:
        """For each step of the old graph and each name that it follows, the step of that name."""
        return {
            (edge.target, str(edge.pointer[-1])): edge.source
            for edge in self.old.edges
            if edge.target is not None and edge.pointer[-2:-1] == ("runAfter",) and edge.kind is not EdgeKind.ENTER
        }

    def _statuses(self, label: str) -> list[str]:
        statuses = statuses_of(label)
        if statuses is None:
            if all(edge.label != label for edge in self.old.edges):
                raise refused(f"a way '{label}'", "a way is taken by how the action before ended, such as 'failed, timedout'")
            statuses = [STATUSES.get(word, word) for word in label.split(", ")]
        return statuses

    # What is inside of actions

    def _inside(self, raw: dict[str, Any], step: Step) -> dict[str, Any]:
        """Give an action what is in it, branch by branch."""
        known = {branch.path: branch for branch in branches(self._raw(step.id), action_type(step.type).inside)}
        paths = dict.fromkeys((*known, *(path for scope, path in self.groups if scope == step.id)))
        for key in NAMED:
            paths |= dict.fromkeys((key, name) for name in object_of(step.config.get(key)))
        for path in paths:
            raw = self._branch(raw, step, path, known.get(path))
        return raw

    def _branch(self, raw: dict[str, Any], step: Step, path: Pointer, known: Branch | None) -> dict[str, Any]:
        step_ids = self.groups.get((step.id, path), [])
        holder = dict(known.holder) if known is not None and path else {}
        original = raw.get("actions") if not path else holder.get("actions")
        actions = self._actions(object_of(original), step_ids)
        if not actions and not object_of(original) and not (path and path[0] in NAMED):
            return raw
        if not path:
            return _put(raw, ("actions",), actions)
        if path[0] not in NAMED:
            return _put(raw, (*path, "actions"), actions)
        return self._named_branch(raw, step, path, known, actions)

    def _named_branch(
        self, raw: dict[str, Any], step: Step, path: Pointer, known: Branch | None, actions: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give an action a case or a tool; it goes if nothing is in it and the config does not have it either."""
        kind, name = str(path[0]), str(path[1])
        said = object_of(step.config.get(kind)).get(name)
        if said is None and not actions:
            return _put(raw, (kind,), without(raw[kind], name)) if known is not None else raw
        new = dict(object_of(said))
        old = branch_says(known) if known is not None else {}
        if kind == "cases" and actions:
            value = next((edge.condition for edge in self.new.outgoing.get(step.id, ()) if self._leads_to(edge, step, path)), None)
            old |= {"case": known.holder["case"]} if known is not None and "case" in known.holder else {}
            new |= {"case": value} if value is not None or "case" in old else {}
        holder = patched(known.holder if known is not None else {}, old, new)
        if actions or isinstance(holder.get("actions"), dict) or known is None:
            holder = _put(holder, ("actions",), actions)
        return _put(raw, path, holder)

    def _leads_to(self, edge: Edge, step: Step, path: Pointer) -> bool:
        return edge.kind is EdgeKind.ENTER and self._branch_path(step, edge.label) == path


def _put(raw: dict[str, Any], pointer: Pointer, value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = put(raw, pointer, value)
    return changed


def _origins(old: Graph, new: Graph) -> dict[str, Step]:
    """Find the step of the old graph that each step is: by the tool's own id, else by id, else by its place in the document."""
    found: dict[str, Step] = {}
    taken: set[str] = set()

    def pair(candidates: Mapping[Any, Step], key_of: Callable[[Step], Any]) -> None:
        for step in new.steps.values():
            before = candidates.get(key_of(step))
            if step.id not in found and before is not None and before.id not in taken and _alike(before, step):
                found[step.id] = before
                taken.add(before.id)

    old_keys, new_keys = (Counter(step.key for step in graph.steps.values()) for graph in (old, new))
    by_key = {step.key: step for step in old.steps.values() if step.key and old_keys[step.key] == new_keys[step.key] == 1}
    pair(by_key, lambda step: step.key)
    pair(old.steps, lambda step: step.id)
    pair({step.pointer: step for step in old.steps.values()}, lambda step: step.pointer)
    return found


def _alike(old: Step, new: Step) -> bool:
    return (old.kind is StepKind.TRIGGER) == (new.kind is StepKind.TRIGGER)


def _unless_same(original: Mapping[str, Any], made: dict[str, Any]) -> Mapping[str, Any]:
    """What was made, or the original if that has the same entries in the same order."""
    if [*original] == [*made] and all(made[key] is value for key, value in original.items()):
        return original
    return made
