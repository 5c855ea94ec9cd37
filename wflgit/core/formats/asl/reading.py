"""A state machine as a graph.

Works on parsed documents and knows nothing of bytes, lines or other formats. Whatever is not as the language wants it, or is only
filled in when the machine is deployed, such as `"Next": "${After}"`, makes no edge and no scope: it stays in the config of its
step, so that nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.formats.meaning import Feature, Fields
from wflgit.core.formats.shapes import field_problems, unique
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind, WaitKind, WaitTerms
from wflgit.core.times import parse_moment, seconds
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer

NAME = "asl"
TITLE = "Amazon States Language"
LACKS = frozenset({Feature.NAME, Feature.TRIGGERS, Feature.GOALS, Feature.SPLITS, Feature.DISABLING})
FIELDS = Fields(
    cosmetic=(
        "Comment",
        "**/States/*/Comment",
        "**/States/*/Choices/*/Comment",
        "**/States/*/Choices/**/And/*/Comment",
        "**/States/*/Choices/**/Or/*/Comment",
        "**/States/*/Choices/**/Not/Comment",
        "**/States/*/Catch/*/Comment",
        "**/States/*/Retry/*/Comment",
        "**/States/*/Branches/*/Comment",
        "**/States/*/ItemProcessor/Comment",
        "**/States/*/Iterator/Comment",
    )
)


class StateType(NamedTuple):
    """What a state type is to wflgit.

    `apart` are the fields that are no config: they become edges or scopes, or mean nothing to an execution.
    """

    kind: StepKind
    apart: frozenset[str]


WAITS = ("Seconds", "SecondsPath", "Timestamp", "TimestampPath")
PROCESSORS = ("ItemProcessor", "Iterator")
"""Where a Map has its inside: the new spelling and the old one, which counts only without the new one."""
_SILENT = frozenset({"Type", "Comment"})
_ORDINARY = _SILENT | {"Next", "End", "Catch"}
UNKNOWN = StateType(StepKind.ACTION, _ORDINARY)
TYPES: Mapping[str, StateType] = {
    "Task": UNKNOWN,
    "Pass": UNKNOWN,
    "Wait": StateType(StepKind.WAIT, _ORDINARY),
    "Choice": StateType(StepKind.CONDITION, _SILENT | {"Choices", "Default"}),
    "Parallel": StateType(StepKind.PARALLEL, _ORDINARY | {"Branches"}),
    "Map": StateType(StepKind.LOOP, _ORDINARY.union(PROCESSORS)),
    "Succeed": StateType(StepKind.END, _SILENT),
    "Fail": StateType(StepKind.END, _SILENT),
}
_OF_A_SCOPE = frozenset({"StartAt", "States", "Comment"})
_COMBINED = frozenset({"And", "Or", "Not"})
"""Where a rule has tests inside of it."""
_WRAPPERS = ("definition", "Definition")
_NOTHING: Mapping[str, Any] = {}


def recognise(document: object) -> bool:
    """Say whether a parsed document is meant as a state machine, bare or as the `definition` of a larger object.

    >>> recognise({"StartAt": "Greet", "States": {}}), recognise({"role": "x", "definition": {"StartAt": "Greet", "States": {}}})
    (True, True)
    >>> recognise({"Resources": {"Machine": {"StartAt": "Greet", "States": {}}}})
    False
    """
    return isinstance(document, dict) and ("States" in document or "StartAt" in document or _wrapper(document) is not None)


def root(document: object) -> Pointer:
    """Where in a recognised document the state machine is."""
    if not isinstance(document, dict) or "States" in document or "StartAt" in document:
        return ()
    wrapper = _wrapper(document)
    return () if wrapper is None else (wrapper,)


def machine_of(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The state machine in a recognised document."""
    for key in root(document):
        document = document[str(key)]
    return document


def _wrapper(document: Mapping[str, Any]) -> str | None:
    """The key under which a larger object has a machine; one that is half a machine may as well be something else."""
    for key in _WRAPPERS:
        inner = document.get(key)
        if isinstance(inner, dict) and "States" in inner and "StartAt" in inner:
            return key
    return None


def to_graph(document: Mapping[str, Any]) -> Graph:
    """Make the graph of a state machine; of a faulty one, as much as can be made out.

    A step's id is its state's name; inside a scope the container's id goes before it, with the branch's index for a
    Parallel: `Fan out/0/Notify`, `Each lead/Notify`. In a name `~` is written `~0` and `/` is written `~1`.

    Args:
        document: a parsed document that `recognise` accepts.

    Returns:
        The graph, steps in the author's order, those inside a container right after it. What cannot be read, such as a
        `Next` that is no text, makes no edge; a state that is no object is a step without type.

    Raises:
        DefinitionError: if there are no states to make a graph of.

    >>> machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B/C"}, "B/C": {"Type": "Succeed"}}}
    >>> [(edge.source, edge.label, edge.target) for edge in to_graph(machine).edges]
    [('A', 'next', 'B~1C')]
    """
    pointer, machine = root(document), machine_of(document)
    if not isinstance(machine.get("States"), dict):
        hopeless = tuple(field_problems(machine, "States", dict, pointer))
        raise DefinitionError(hopeless[0].message, problems=hopeless, hint=hopeless[0].hint)
    reader = _Reader()
    start, rest = reader.read(machine, pointer, "", None)
    pointer = (*pointer, "StartAt")
    return Graph(NAME, None, start, (), reader.steps, tuple(reader.edges), (), rest, pointer)


def wait_terms(step: Step) -> WaitTerms | None:
    """Read a number of seconds or a time off a Wait.

    A path, a JSONata expression (`{% … %}`) and what a deployment tool fills in (`${…}`) are known only when an execution is there.

    Returns:
        What the step waits for; None for a step of another kind, and for a state that does not say it in exactly one way.
    """
    if step.kind is not StepKind.WAIT:
        return None
    match [(name, step.config[name]) for name in WAITS if name in step.config]:
        case [("Seconds", int(number))] if not isinstance(number, bool):
            duration = seconds(number)
            return None if duration is None else WaitTerms(WaitKind.DURATION, duration)
        case [("SecondsPath", str())]:
            return WaitTerms(WaitKind.DURATION)
        case [("TimestampPath", str())]:
            return WaitTerms(WaitKind.MOMENT)
        case [("Seconds" | "Timestamp" as name, value)] if is_filled_in(value):
            return WaitTerms(WaitKind.DURATION if name == "Seconds" else WaitKind.MOMENT)
        case [("Seconds" | "Timestamp" as name, str(text))]:
            return _written_terms(name, text)
    return None


def _written_terms(name: str, text: str) -> WaitTerms | None:
    """What a text says where a number of seconds or a time belongs."""
    if text.startswith("{%") and text.endswith("%}"):
        return WaitTerms(WaitKind.DURATION if name == "Seconds" else WaitKind.MOMENT)
    moment = parse_moment(text) if name == "Timestamp" else None
    return None if moment is None else WaitTerms(WaitKind.MOMENT, moment=moment)


def is_filled_in(value: object) -> bool:
    """Say whether a deployment tool puts something else in the place of a value: a text with `${…}`, or a function of a template.

    >>> is_filled_in("${Delay}"), is_filled_in({"Fn::GetAtt": ["Mail", "Arn"]}), is_filled_in("$.delay")
    (True, True, False)
    """
    if isinstance(value, str):
        return "${" in value
    return isinstance(value, dict) and len(value) == 1 and all(key == "Ref" or key.startswith("Fn::") for key in value)


def escaped(name: str) -> str:
    """The name of a state as a part of an id.

    >>> escaped("Mail/SMS")
    'Mail~1SMS'
    """
    return name.replace("~", "~0").replace("/", "~1")


def quiet(item: Any) -> Any:
    """A rule, catcher or retrier without its comment, and without those of the tests in it; itself if it has none.

    >>> quiet({"Not": {"Variable": "$.a", "IsNull": True, "Comment": "known"}, "Next": "B"})
    {'Not': {'Variable': '$.a', 'IsNull': True}, 'Next': 'B'}
    """
    if not isinstance(item, dict) or ("Comment" not in item and _COMBINED.isdisjoint(item)):
        return item
    said = {key: value for key, value in item.items() if key != "Comment"}
    for name in _COMBINED & said.keys():
        said[name] = quiet(said[name]) if name == "Not" else quiet_items(said[name])
    changed = len(said) != len(item) or any(said[name] is not item[name] for name in _COMBINED & said.keys())
    return said if changed else item


def quiet_items(items: Any) -> Any:
    """A list of such things without comments; itself if there are none."""
    if not isinstance(items, list):
        return items
    said = [quiet(item) for item in items]
    return items if all(map(is_, said, items)) else said


def error_label(catcher: Mapping[str, Any]) -> str:
    """What the way of a catcher is called: by the errors it names."""
    errors = catcher.get("ErrorEquals")
    names = [name for name in errors if isinstance(name, str)] if isinstance(errors, list) else ()
    return f"error: {', '.join(names)}" if names else "error"


# Looking up a member of an enumeration takes as long as making a tuple of it.
_NEXT, _ENTER, _BRANCH, _DEFAULT, _ERROR = EdgeKind.NEXT, EdgeKind.ENTER, EdgeKind.BRANCH, EdgeKind.DEFAULT, EdgeKind.ERROR
_CONDITION, _PARALLEL, _LOOP = StepKind.CONDITION, StepKind.PARALLEL, StepKind.LOOP
_DISABLED = False
"""No state can be."""


class _Scope(NamedTuple):
    """A place with states of its own: the machine, one branch of a Parallel, the inside of a Map.

    `ids` are those of its states by their names; `prefix` is what they begin with.
    """

    pointer: Pointer
    prefix: str
    ids: Mapping[str, str]
    container: str | None

    def target(self, name: object) -> str | None:
        """The id of the state of that name, be there one or not; None if it is no name, or only known at deployment."""
        if not isinstance(name, str):
            return None
        found = self.ids.get(name)
        return self.prefix + escaped(name) if found is None and "${" not in name else found


class _Reader:
    """Goes down through the scopes and collects their steps and edges."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.edges: list[Edge] = []

    def read(
        self, holder: Mapping[str, Any], pointer: Pointer, prefix: str, container: str | None, label: str = ""
    ) -> tuple[str | None, dict[str, Any]]:
        """Read a scope.

        Args:
            holder: the object that should have `StartAt` and `States`.
            pointer: where it is.
            prefix: what goes before the names of its states.
            container: the step it is inside of.
            label: the outcome of that step that leads into it.

        Returns:
            The step it starts at, and what it says beside its states.
        """
        states = holder.get("States")
        rest: dict[str, Any] = {}
        for key, value in holder.items():
            if key not in _OF_A_SCOPE:
                rest[key] = value  # noqa: PERF403 - for so few a comprehension takes twice as long
        if not isinstance(states, dict):
            if "States" in holder:
                rest["States"] = states
            states = _NOTHING
        ids = {name: prefix + (escaped(name) if "~" in name or "/" in name else name) for name in states}
        scope = _Scope((*pointer, "States"), prefix, ids, container)
        start = scope.target(holder.get("StartAt"))
        if start is None and "StartAt" in holder:
            rest["StartAt"] = holder["StartAt"]
        if container is not None and start is not None:
            self.edges.append(Edge(container, label, start, _ENTER, None, (*pointer, "StartAt")))
        self._read_states(states, scope)
        return start, rest

    def _read_states(self, states: Mapping[str, Any], scope: _Scope) -> None:
        pointer, _, ids, container = scope
        for name, state in states.items():
            if not isinstance(state, dict):
                state = _NOTHING
            step_id, place, type_ = ids[name], (*pointer, name), state.get("Type", "")
            config: dict[str, Any] = {}
            if not isinstance(type_, str):
                config["Type"], type_ = type_, ""
            kind, apart = TYPES.get(type_, UNKNOWN)
            for key, value in state.items():
                if key not in apart:
                    config[key] = value  # noqa: PERF403 - as above
            if "Retry" in config:
                config["Retry"] = quiet_items(config["Retry"])
            self.steps[step_id] = step = Step(step_id, type_, kind, config, name, container, _DISABLED, place)
            if kind is _PARALLEL:
                self._read_branches(step, state, config)
            elif kind is _LOOP:
                self._read_inside(step, state, config)
            elif kind is _CONDITION:
                self._read_choice(step, state, config, scope)
            if "Next" in apart:
                following = state.get("Next")
                if following.__class__ is str and following in ids:
                    self.edges.append(Edge(step_id, "next", ids[following], _NEXT, None, (*place, "Next")))
                else:
                    self._read_way(step, state, config, scope)
                if "Catch" in state:
                    self._read_rules("Catch", step, state, config, scope)

    def _read_way(self, step: Step, state: Mapping[str, Any], config: dict[str, Any], scope: _Scope) -> None:
        """Read `End`, or a `Next` that leads to no state that is there."""
        target = scope.target(state.get("Next"))
        if target is not None:
            self.edges.append(Edge(step.id, "next", target, _NEXT, None, (*step.pointer, "Next")))
            return
        if "Next" in state:
            config["Next"] = state["Next"]
        end = state.get("End")
        if end is True:
            self.edges.append(Edge(step.id, "next", None, _NEXT, None, (*step.pointer, "End")))
        elif "End" in state and end is not False:
            config["End"] = end

    def _read_choice(self, step: Step, state: Mapping[str, Any], config: dict[str, Any], scope: _Scope) -> None:
        if "Choices" in state:
            self._read_rules("Choices", step, state, config, scope)
        target = scope.target(state.get("Default"))
        if target is not None:
            self.edges.append(Edge(step.id, "default", target, _DEFAULT, None, (*step.pointer, "Default")))
        elif "Default" in state:
            config["Default"] = state["Default"]

    def _read_rules(self, name: str, step: Step, state: Mapping[str, Any], config: dict[str, Any], scope: _Scope) -> None:
        """Read the array of conditional ways under `name`: the rules of a Choice or the catchers of another state.

        Those that make no edge stay in the config, by their index.
        """
        rules = state[name]
        if not isinstance(rules, list):
            config[name] = rules
            return
        kind = _BRANCH if name == "Choices" else _ERROR
        taken = {"default"}
        left: dict[str, Any] = {}
        for index, rule in enumerate(rules):
            target = scope.target(rule.get("Next")) if isinstance(rule, dict) else None
            if target is None:
                left[str(index)] = quiet(rule)
                continue
            condition = {**quiet(rule)} if "And" in rule or "Or" in rule or "Not" in rule else rule.copy()
            following = condition.pop("Next")
            label = following if kind is _BRANCH else error_label(rule)
            if label in taken:
                label = unique(label, taken)
            taken.add(label)
            condition.pop("Comment", None)
            self.edges.append(Edge(step.id, label, target, kind, condition, (*step.pointer, name, index, "Next")))
        if left:
            config[name] = left

    def _read_inside(self, step: Step, state: Mapping[str, Any], config: dict[str, Any]) -> None:
        """Read the inside of a Map; of two spellings the old one is left in the config."""
        name, old = PROCESSORS
        if name not in state:
            name = old
        elif old in state:
            config[old] = state[old]
        rest = state.get(name, {})
        if isinstance(rest, dict):
            _, rest = self.read(rest, (*step.pointer, name), f"{step.id}/", step.id, "each")
        if rest != {}:
            config[name] = rest

    def _read_branches(self, step: Step, state: Mapping[str, Any], config: dict[str, Any]) -> None:
        """Read the branches of a Parallel; what they say beside their states stays in the config, each where it stands."""
        branches = state.get("Branches")
        if not isinstance(branches, list):
            if "Branches" in state:
                config["Branches"] = branches
            return
        rests: list[Any] = []
        for index, rest in enumerate(branches):
            if isinstance(rest, dict):
                pointer = (*step.pointer, "Branches", index)
                _, rest = self.read(rest, pointer, f"{step.id}/{index}/", step.id, f"branch {index}")
            if rest != {}:
                rests += [*[{} for _ in range(index - len(rests))], rest]
        if rests:
            config["Branches"] = rests
