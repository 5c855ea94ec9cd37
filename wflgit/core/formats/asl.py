"""Amazon States Language, the JSON of AWS Step Functions: a state machine becomes a graph, and its faults problems.

Works on parsed documents and knows nothing of bytes, lines or other formats. Only bare state machines are recognised, not
the deployment templates that wrap them. What can be told from the graph of any format (unknown targets, unreachable steps)
is not checked here.

Source: https://states-language.net/spec.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.graph import Edge, EdgeKind, Graph, Pointer, Step, StepKind, WaitKind, WaitTerms
from wflgit.core.records import Problem, Severity
from wflgit.core.times import parse_moment, seconds
from wflgit.core.wording import choice, missing_key, propose, quote, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from wflgit.core.catalog import Catalog

NAME = "asl"

_Check = Callable[[Mapping[str, Any], Pointer], Iterator[Problem]]


class _Type(NamedTuple):
    """What a state type is to wflgit.

    `apart` are the fields that are no config: they become edges or scopes, or mean nothing to an execution. `scopes` are
    those of them that hold states; of several, one is to be used.
    """

    kind: StepKind
    apart: frozenset[str]
    scopes: tuple[str, ...] = ()


_MACHINE = ("StartAt", "States")
_WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
_PROCESSORS = ("ItemProcessor", "Iterator")
_NAME_LIMIT = 80
_SILENT = frozenset({"Type", "Comment"})
_ORDINARY = _SILENT | {"Next", "End", "Catch"}
_UNKNOWN = _Type(StepKind.ACTION, _ORDINARY)
_TYPES = {
    "Task": _UNKNOWN,
    "Pass": _UNKNOWN,
    "Wait": _Type(StepKind.WAIT, _ORDINARY),
    "Choice": _Type(StepKind.CONDITION, _SILENT | {"Choices", "Default"}),
    "Parallel": _Type(StepKind.PARALLEL, _ORDINARY | {"Branches"}, ("Branches",)),
    "Map": _Type(StepKind.LOOP, _ORDINARY.union(_PROCESSORS), _PROCESSORS),
    "Succeed": _Type(StepKind.END, _SILENT),
    "Fail": _Type(StepKind.END, _SILENT),
}
_SHAPES: Mapping[type, str] = {str: "a text", bool: "true or false", list: "a list", dict: "an object"}


def recognise(document: object) -> bool:
    """Say whether a parsed document is meant as a bare state machine.

    >>> recognise({"StartAt": "Greet", "States": {}})
    True
    >>> recognise({"Resources": {"Machine": {"StartAt": "Greet", "States": {}}}})
    False
    """
    return isinstance(document, dict) and ("States" in document or "StartAt" in document)


def to_graph(document: Mapping[str, Any]) -> Graph:
    """Make the graph of a state machine; of a faulty one, as much as can be made out.

    A step's id is its state's name; inside a scope the container's id goes before it, with the branch's index for a
    Parallel: `Fan out/0/Notify`, `Each lead/Notify`. In a name `~` is written `~0` and `/` is written `~1`.

    Args:
        document: a parsed document that `recognise` accepts.

    Returns:
        The graph, steps in the author's order, those inside a container right after it. What cannot be read, such as a
        `Next` that is no text, is left out; a state that is no object is a step without type.

    Raises:
        DefinitionError: if there are no states to make a graph of.

    >>> machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B/C"}, "B/C": {"Type": "Succeed"}}}
    >>> [(edge.source, edge.label, edge.target) for edge in to_graph(machine).edges]
    [('A', 'next', 'B~1C')]
    """
    hopeless = tuple(_field_problems(document, "States", dict, ()))
    if hopeless:
        raise DefinitionError(hopeless[0].message, problems=hopeless, hint=hopeless[0].hint)
    machine = _Scope(document)
    reader = _Reader()
    reader.read(machine)
    start = document.get("StartAt")
    return Graph(
        format=NAME,
        name=None,
        start=machine.id(start) if isinstance(start, str) else None,
        triggers=(),
        steps=reader.steps,
        edges=tuple(reader.edges),
        settings=_without(document, *_MACHINE),
        start_pointer=("StartAt",),
    )


def problems(document: Mapping[str, Any], catalog: Catalog) -> Iterator[Problem]:  # noqa: ARG001  all formats take it
    """Find what the States Language itself forbids, in document order.

    Args:
        document: a parsed document that `recognise` accepts.
        catalog: not looked at, for the types of states are the language's own.

    Returns:
        Problems with pointers, without lines and columns. What is missing is pointed to at the object that
        lacks it.
    """
    return _scope_problems(document, ())


def wait_terms(step: Step) -> WaitTerms | None:
    """Read a number of seconds or a time off a Wait.

    A path, a JSONata expression (`{% … %}`) and what a deployment tool fills in (`${…}`) are known only when an execution is there.

    Returns:
        What the step waits for; None for a step of another kind, and for a state that does not say it in exactly one way.
    """
    if step.kind is not StepKind.WAIT:
        return None
    match [(name, step.config[name]) for name in _WAITS if name in step.config]:
        case [("Seconds", int(number))] if not isinstance(number, bool):
            duration = seconds(number)
            return None if duration is None else WaitTerms(WaitKind.DURATION, duration)
        case [("SecondsPath", str())]:
            return WaitTerms(WaitKind.DURATION)
        case [("TimestampPath", str())]:
            return WaitTerms(WaitKind.MOMENT)
        case [("Seconds" | "Timestamp" as name, str(text))]:
            return _written_terms(name, text)
    return None


def _written_terms(name: str, text: str) -> WaitTerms | None:
    """What a text says where a number of seconds or a time belongs."""
    if (text.startswith("{%") and text.endswith("%}")) or "${" in text:
        return WaitTerms(WaitKind.DURATION if name == "Seconds" else WaitKind.MOMENT)
    moment = parse_moment(text) if name == "Timestamp" else None
    return None if moment is None else WaitTerms(WaitKind.MOMENT, moment=moment)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A place with states of its own: the machine, one branch of a Parallel, the inside of a Map.

    Attributes:
        holder: the object that should have `StartAt` and `States`.
        pointer: where it is.
        prefix: what goes before the names of its states.
        container: the step it is inside of.
        label: the outcome of that step that leads into it.
    """

    holder: Mapping[str, Any]
    pointer: Pointer = ()
    prefix: str = ""
    container: str | None = None
    label: str = ""

    def id(self, name: str) -> str:
        """The id of the state of that name, be there one or not."""
        if "~" in name or "/" in name:
            name = name.replace("~", "~0").replace("/", "~1")
        return self.prefix + name


def _inner_scopes(state: Mapping[str, Any], fields: tuple[str, ...], container: str, pointer: Pointer) -> Sequence[_Scope]:
    """The scopes of a container, whether they can be read or not."""
    if fields == _PROCESSORS:
        present = [name for name in fields if name in state][:1]
        return [_Scope(_object(state[name]), (*pointer, name), f"{container}/", container, "each") for name in present]
    branches = enumerate(map(_object, _list(state.get("Branches"))))
    return [
        _Scope(branch, (*pointer, "Branches", index), f"{container}/{index}/", container, f"branch {index}")
        for index, branch in branches
    ]


def _scopes_config(scopes: Sequence[_Scope]) -> dict[str, Any]:
    """What scopes say beside their states, such as a `ProcessorConfig`, under the field they are in; empty if nothing."""
    rests = [_without(scope.holder, "Comment", *_MACHINE) for scope in scopes]
    if not any(rests):
        return {}
    field_ = scopes[0].pointer[-1]
    return {field_: rests[0]} if isinstance(field_, str) else {"Branches": rests}


@dataclass(slots=True)
class _Reader:
    """Goes down through the scopes and collects their steps and edges."""

    steps: dict[str, Step] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)

    def read(self, scope: _Scope) -> None:
        """Read a scope's way in, if it is inside of a step, and its states."""
        start = scope.holder.get("StartAt")
        if scope.container is not None and isinstance(start, str):
            pointer = (*scope.pointer, "StartAt")
            self.edges.append(Edge(scope.container, scope.label, scope.id(start), EdgeKind.ENTER, None, pointer))
        pointer = (*scope.pointer, "States")
        for name, state in _object(scope.holder.get("States")).items():
            self._read_state(name, _object(state), scope, (*pointer, name))

    def _read_state(self, name: str, state: Mapping[str, Any], scope: _Scope, pointer: Pointer) -> None:
        type_ = _text(state.get("Type"))
        kind, apart, fields = _TYPES.get(type_, _UNKNOWN)
        step_id = scope.id(name)
        config = {key: value for key, value in state.items() if key not in apart}
        inner = _inner_scopes(state, fields, step_id, pointer) if fields else ()
        if inner:
            config |= _scopes_config(inner)
        self.steps[step_id] = step = Step(step_id, type_, kind, config, name, scope.container, pointer=pointer)
        for inside in inner:
            self.read(inside)
        if "Next" in apart:
            self._go_on(step, state, scope)
        elif "Choices" in apart:
            self._choose(step, state, scope)

    def _go_on(self, step: Step, state: Mapping[str, Any], scope: _Scope) -> None:
        following = state.get("Next")
        if isinstance(following, str):
            self.edges.append(Edge(step.id, "next", scope.id(following), pointer=(*step.pointer, "Next")))
        elif state.get("End") is True:
            self.edges.append(Edge(step.id, "next", None, pointer=(*step.pointer, "End")))
        if "Catch" in state:
            self._read_rules("Catch", step, state, scope)

    def _choose(self, step: Step, state: Mapping[str, Any], scope: _Scope) -> None:
        self._read_rules("Choices", step, state, scope)
        default = state.get("Default")
        if isinstance(default, str):
            self.edges.append(Edge(step.id, "default", scope.id(default), EdgeKind.DEFAULT, None, (*step.pointer, "Default")))

    def _read_rules(self, name: str, step: Step, state: Mapping[str, Any], scope: _Scope) -> None:
        """Read the array of conditional ways under `name`: the rules of a Choice or the catchers of another state."""
        kind = EdgeKind.BRANCH if name == "Choices" else EdgeKind.ERROR
        taken = {"default"}
        for index, rule in enumerate(map(_object, _list(state.get(name)))):
            target = rule.get("Next")
            if isinstance(target, str):
                label = _unique(target if kind is EdgeKind.BRANCH else _error_label(rule), taken)
                condition = {key: value for key, value in rule.items() if key != "Next" and key != "Comment"}
                self.edges.append(Edge(step.id, label, scope.id(target), kind, condition, (*step.pointer, name, index, "Next")))


def _error_label(catcher: Mapping[str, Any]) -> str:
    names = [name for name in _list(catcher.get("ErrorEquals")) if isinstance(name, str)]
    return f"error: {', '.join(names)}" if names else "error"


def _unique(label: str, taken: set[str]) -> str:
    """The label, or if it is taken the first free of `label (2)`, `label (3)` …; from then on it is taken."""
    free, count = label, 1
    while free in taken:
        count += 1
        free = f"{label} ({count})"
    taken.add(free)
    return free


def _scope_problems(holder: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _field_problems(holder, "StartAt", str, pointer)
    yield from _field_problems(holder, "States", dict, pointer)
    for name, state in _object(holder.get("States")).items():
        at = (*pointer, "States", name)
        if len(name) > _NAME_LIMIT:
            message = f"expected a name of at most {_NAME_LIMIT} characters but found one of {len(name)}"
            yield wrong(message, at, rule="invalid-step-id")
        yield from _object_problems(state, at, _state_problems)


def _state_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _type_problems(state, pointer)
    yield from _way_problems(state, pointer)
    type_ = _text(state.get("Type"))
    if type_ in _RULES:
        yield from _RULES[type_](state, pointer)
    if "Catch" in state and "Catch" in _TYPES.get(type_, _UNKNOWN).apart:
        yield from _list_problems(state, "Catch", pointer, _catcher_problems)


def _type_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _field_problems(state, "Type", str, pointer)
    type_ = state.get("Type")
    if isinstance(type_, str) and type_ not in _TYPES:
        message = f"expected a type of state but found {quote(type_)}"
        yield wrong(message, (*pointer, "Type"), propose(type_, _TYPES), rule="unknown-type")


def _way_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    """Check `Next` and `End`: one of the two, but neither where the type alone says how it goes on or that it ends."""
    type_ = _text(state.get("Type"))
    ends = state.get("End") is True
    if "Next" not in _TYPES.get(type_, _UNKNOWN).apart:
        for name in ("Next", "End"):
            if name in state:
                message = f"expected no '{name}' in a state of type '{type_}' but found one"
                yield wrong(message, (*pointer, name), f"remove '{name}'", rule="next-or-end")
        return
    yield from _optional_problems(state, "End", bool, pointer)
    yield from _optional_problems(state, "Next", str, pointer)
    if "Next" in state and ends:
        yield wrong("expected 'Next' or 'End' but found both", (*pointer, "End"), "remove one of them", rule="next-or-end")
    elif "Next" not in state and not ends and type_ in _TYPES:
        hint = 'name the state that follows with "Next", or write "End": true'
        yield wrong("expected 'Next' or 'End' but found neither", pointer, hint, rule="next-or-end")


def _task_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    """Check that there is a `Resource`, of whatever shape: deployment tools put objects where a name is to be filled in."""
    if "Resource" not in state:
        yield missing_key("Resource", pointer)


def _wait_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return _alternative_problems(state, _WAITS, pointer)


def _choice_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _list_problems(state, "Choices", pointer, _rule_problems)
    if state.get("Choices") == []:
        yield wrong("expected at least one rule but found an empty list", (*pointer, "Choices"))
    yield from _optional_problems(state, "Default", str, pointer)
    if "Default" not in state:
        message = "expected 'Default' but it is missing, so an execution fails here if no rule applies"
        yield Problem("no-otherwise", Severity.WARNING, message, pointer, hint='name a state with "Default"')


def _parallel_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return _list_problems(state, "Branches", pointer, _scope_problems)


def _map_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _alternative_problems(state, _PROCESSORS, pointer)
    for name in _PROCESSORS:
        if name in state:
            yield from _object_problems(state[name], (*pointer, name), _scope_problems)


_RULES: Mapping[str, _Check] = {
    "Task": _task_problems,
    "Wait": _wait_problems,
    "Choice": _choice_problems,
    "Parallel": _parallel_problems,
    "Map": _map_problems,
}


def _rule_problems(rule: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return _field_problems(rule, "Next", str, pointer)


def _catcher_problems(catcher: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _field_problems(catcher, "ErrorEquals", list, pointer)
    yield from _field_problems(catcher, "Next", str, pointer)


def _alternative_problems(state: Mapping[str, Any], names: Sequence[str], pointer: Pointer) -> Iterator[Problem]:
    """Check that exactly one of some fields is there."""
    present = [f"'{name}'" for name in names if name in state]
    if not present:
        yield wrong(f"expected {choice(names)} but found none of them", pointer, rule="missing-key")
    elif len(present) > 1:
        yield wrong(f"expected one of {choice(names)} but found {' and '.join(present)}", pointer, "keep one of them")


def _list_problems(state: Mapping[str, Any], name: str, pointer: Pointer, check: _Check) -> Iterator[Problem]:
    """Check a field that must be a list of objects, and by `check` each of them."""
    yield from _field_problems(state, name, list, pointer)
    for index, item in enumerate(_list(state.get(name))):
        yield from _object_problems(item, (*pointer, name, index), check)


def _object_problems(value: object, pointer: Pointer, check: _Check) -> Iterator[Problem]:
    """Check a value that must be an object, and by `check` what it says."""
    if isinstance(value, dict):
        yield from check(value, pointer)
    else:
        yield _wrong_shape(value, dict, pointer)


def _field_problems(holder: Mapping[str, Any], name: str, shape: type, pointer: Pointer) -> Iterator[Problem]:
    """Check that a field is there and of that shape."""
    if name not in holder:
        yield missing_key(name, pointer)
    elif not isinstance(holder[name], shape):
        yield _wrong_shape(holder[name], shape, (*pointer, name))


def _optional_problems(holder: Mapping[str, Any], name: str, shape: type, pointer: Pointer) -> Iterator[Problem]:
    """Check that a field is of that shape if it is there."""
    if name in holder:
        yield from _field_problems(holder, name, shape, pointer)


def _wrong_shape(value: object, shape: type, pointer: Pointer) -> Problem:
    return wrong(f"expected {_SHAPES[shape]} but found {quote(value)}", pointer)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _without(value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in keys}
