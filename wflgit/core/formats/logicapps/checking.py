"""What the workflow definition language forbids, and what is surely meant otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.formats.logicapps.expressions import named_in
from wflgit.core.formats.logicapps.kinds import APART, HOLDERS, NAMED, STATUSES, action_type, branches
from wflgit.core.formats.logicapps.places import places
from wflgit.core.formats.shapes import field_problems, list_of, object_of, object_problems, optional_problems, text_of, wrong_shape
from wflgit.core.names import near
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import choice, did_you_mean, missing_key, quote, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from wflgit.core.catalog import Catalog
    from wflgit.core.graph import Pointer


def problems(document: Mapping[str, Any], catalog: Catalog) -> Iterator[Problem]:  # noqa: ARG001  all formats take it
    """Find what the language itself forbids, and references to actions that do not exist.

    Args:
        document: a parsed document that `recognise` accepts.
        catalog: not looked at, for what types of actions there are is for Azure to say.

    Returns:
        Problems with pointers, without lines and columns. What is missing is pointed to at the object that lacks it.
    """
    try:
        found = places(document)
    except DefinitionError as error:
        yield from error.problems
        return
    for place in found:
        yield from _definition_problems(place.definition, place.pointer)


def _definition_problems(definition: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    for key in ("triggers", "actions", "parameters", "outputs"):
        yield from optional_problems(definition, key, dict, pointer)
    for name, trigger in object_of(definition.get("triggers")).items():
        yield from object_problems(trigger, (*pointer, "triggers", name), _trigger_problems)
    yield from _Checker(definition, pointer).problems()


def _trigger_problems(trigger: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return field_problems(trigger, "type", str, pointer)


class _Group(NamedTuple):
    """The actions of one place, and the name of the action they are in."""

    actions: Mapping[str, Any]
    pointer: Pointer
    container: str | None


class _Checker:
    """Checks the actions of one definition.

    Attributes:
        groups: the actions, place by place, in the order of the file.
        where: the containers of the actions of a name; more than one is a repetition.
        triggers: the names of the triggers, which actions may follow too.
        known: what expressions may name, in small letters.
    """

    def __init__(self, definition: Mapping[str, Any], pointer: Pointer) -> None:
        self.groups = [*_groups(definition.get("actions"), (*pointer, "actions"), None)]
        self.where: dict[str, list[str | None]] = {}
        for group in self.groups:
            for name in group.actions:
                self.where.setdefault(name, []).append(group.container)
        self.triggers = object_of(definition.get("triggers"))
        self.known = {name.lower() for name in (*self.where, *self.triggers)}

    def problems(self) -> Iterator[Problem]:
        """Find the problems of all actions."""
        seen: set[str] = set()
        for group in self.groups:
            yield from _cycle_problems(group)
            for name, action in group.actions.items():
                at = (*group.pointer, name)
                if name in seen:
                    message = f"expected each name once in the workflow but '{name}' is here again"
                    hint = "expressions find an action by its name alone: give one of them another"
                    yield Problem("duplicate-step-name", Severity.WARNING, message, at, hint=hint)
                seen.add(name)
                if isinstance(action, dict):
                    yield from self._action_problems(action, at, group)
                else:
                    yield wrong_shape(action, dict, at)

    def _action_problems(self, action: Mapping[str, Any], pointer: Pointer, group: _Group) -> Iterator[Problem]:
        yield from field_problems(action, "type", str, pointer)
        yield from self._after_problems(action, pointer, group)
        for key in action_type(text_of(action.get("type"))).needs:
            if key not in action:
                yield missing_key(key, pointer)
        yield from _inside_problems(action, pointer)
        yield from self._reference_problems(action, pointer)

    def _after_problems(self, action: Mapping[str, Any], pointer: Pointer, group: _Group) -> Iterator[Problem]:
        yield from optional_problems(action, "runAfter", dict, pointer)
        for name, statuses in object_of(action.get("runAfter")).items():
            at = (*pointer, "runAfter", name)
            if name not in group.actions and not (group.container is None and name in self.triggers):
                message = f"expected an action of {_place(group.container)} but {self._whereabouts(name)}"
                yield wrong(message, at, did_you_mean(name, group.actions), rule="unknown-source")
            if not isinstance(statuses, list):
                yield wrong_shape(statuses, list, at)
            elif not statuses:
                yield wrong("expected at least one status but found an empty list", at, 'write ["Succeeded"]')
            for index, status in enumerate(list_of(statuses)):
                if not isinstance(status, str):
                    yield wrong_shape(status, str, (*at, index))
                elif status.lower() not in STATUSES:
                    message = f"expected {choice(STATUSES.values())} but found {quote(status)}"
                    yield Problem("unknown-status", Severity.WARNING, message, (*at, index))

    def _whereabouts(self, name: str) -> str:
        if name not in self.where:
            return f"there is no '{name}'"
        return f"'{name}' is one of {_place(self.where[name][0])}"

    def _reference_problems(self, action: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
        for key, value in action.items():
            if key in APART:
                continue
            for name in dict.fromkeys(named_in(value)):
                if name.lower() not in self.known:
                    message = f"expected the name of an action but there is no '{name}'"
                    hint = did_you_mean(name, self.where) if near(name, self.where) else None
                    yield Problem("unknown-reference", Severity.WARNING, message, (*pointer, key), hint=hint)


def _place(container: str | None) -> str:
    return "the workflow itself" if container is None else f"'{container}'"


def _groups(actions: object, pointer: Pointer, container: str | None) -> Iterator[_Group]:
    if not isinstance(actions, dict):
        return
    yield _Group(actions, pointer, container)
    for name, action in actions.items():
        if isinstance(action, dict) and not HOLDERS.isdisjoint(action):
            for branch in branches(action, ""):
                yield from _groups(branch.holder.get("actions"), (*pointer, name, *branch.path, "actions"), name)


def _inside_problems(action: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    """Check the shape of what holds further actions."""
    yield from optional_problems(action, "actions", dict, pointer)
    for key in ("else", "default"):
        if key in action:
            yield from object_problems(action[key], (*pointer, key), _holder_problems)
    for key in NAMED:
        yield from optional_problems(action, key, dict, pointer)
        for name, holder in object_of(action.get(key)).items():
            check = _case_problems if key == "cases" else _holder_problems
            yield from object_problems(holder, (*pointer, key, name), check)


def _holder_problems(holder: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return optional_problems(holder, "actions", dict, pointer)


def _case_problems(case: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    if "case" not in case:
        yield missing_key("case", pointer)
    yield from _holder_problems(case, pointer)


def _cycle_problems(group: _Group) -> Iterator[Problem]:
    """Find one circle of actions that wait for each other; none of them could ever begin."""
    before = {
        name: [other for other in object_of(object_of(action).get("runAfter")) if other in group.actions]
        for name, action in group.actions.items()
    }
    try:
        TopologicalSorter(before).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1][1:]
        first = min(circle, key=[*group.actions].index)
        circle = circle[circle.index(first) :] + circle[: circle.index(first)]
        way = " → ".join(f"'{name}'" for name in [*circle, first])
        message = f"expected an action that can begin but in {way} each waits for another"
        yield wrong(message, (*group.pointer, first, "runAfter", circle[-1]), "let one of them begin", rule="run-after-cycle")
