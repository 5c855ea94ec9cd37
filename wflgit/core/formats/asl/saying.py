"""What of a graph the States Language cannot say: found before a document is written, and by reading what was written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.asl.reading import TITLE
from wflgit.core.graph import EdgeKind, StepKind
from wflgit.core.jsonvalues import same
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import quote
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wflgit.core.graph import Edge, Graph, Pointer, Step

_NAME = re.compile(r"(?:[^~/]|~[01])*")
_BRANCH = re.compile(r"branch (0|[1-9][0-9]{0,5})")
_KINDS = tuple(EdgeKind)


def require(problems: Iterable[Problem]) -> None:
    """Refuse what cannot be said.

    Raises:
        DefinitionError: if there is any problem.
    """
    found = tuple(problems)
    if found:
        raise DefinitionError(found[0].message, problems=found, hint=found[0].hint)


def cannot_say(what: str, pointer: Pointer = (), hint: str | None = None) -> Problem:
    """The problem of something that has no place in the language."""
    return Problem("cannot-say", Severity.ERROR, f"expected what {TITLE} can say but {what}", pointer, hint=hint)


def strange_parts(graph: Graph) -> Iterator[Problem]:
    """Find what has no place in any machine, and steps whose ids do not say where they are."""
    if graph.name is not None:
        yield cannot_say(f"there is a name, {quote(graph.name)}", (), "a machine is called by its file")
    for trigger in graph.triggers:
        yield cannot_say(f"there is a trigger '{trigger.id}'", trigger.pointer, "a machine does not say what starts it")
    for goal in graph.goals:
        yield cannot_say(f"there is a goal '{goal.id}'", goal.pointer, "remove the goal")
    for edge in graph.uses:
        yield cannot_say(f"'{edge.source}' uses another step", edge.pointer, "lead to the step instead")
    for step in graph.steps.values():
        if step.disabled:
            yield cannot_say(f"the step '{step.id}' is disabled", step.pointer, "remove the step, or enable it")
        yield from _place_problems(step, graph)


def _place_problems(step: Step, graph: Graph) -> Iterator[Problem]:
    prefix, name = prefix_of(step.id), step.id[len(prefix_of(step.id)) :]
    if not _NAME.fullmatch(name):
        hint = "in an id, write '~0' for '~' and '~1' for '/'"
        yield cannot_say(f"the id '{step.id}' is none of a state", step.pointer, hint)
    elif step.name is not None and step.name != name_of(step.id):
        hint = f"call it '{name_of(step.id)}', or change the id"
        yield cannot_say(f"the step '{step.id}' is called {quote(step.name)}", step.pointer, hint)
    if not _is_prefix(prefix, step.scope, graph):
        hint = "inside a Parallel ids begin with its id and the number of a branch, inside a Map with its id"
        yield cannot_say(f"the id '{step.id}' is none of a step {_inside(step.scope)}", step.pointer, hint)


def _inside(scope: str | None) -> str:
    return "outside of all others" if scope is None else f"inside '{scope}'"


def _is_prefix(prefix: str, scope: str | None, graph: Graph) -> bool:
    if scope is None:
        return prefix == ""
    container = graph.steps.get(scope)
    if container is None or not prefix.startswith(f"{scope}/"):
        return False
    between = prefix[len(scope) + 1 : -1]
    if container.kind is StepKind.PARALLEL:
        return branch_number(f"branch {between}") is not None
    return container.kind is StepKind.LOOP and prefix == f"{scope}/"


def prefix_of(step_id: str) -> str:
    """What the id of a step has before its name.

    >>> prefix_of("Fan out/0/Notify"), prefix_of("Notify")
    ('Fan out/0/', '')
    """
    return step_id[: step_id.rfind("/") + 1]


def name_of(step_id: str) -> str:
    """The name of a state, by the id of its step.

    >>> name_of("Fan out/0/Mail~1SMS")
    'Mail/SMS'
    """
    return step_id[step_id.rfind("/") + 1 :].replace("~1", "/").replace("~0", "~")


def branch_number(label: str) -> int | None:
    """The number of the branch that an outcome of a Parallel leads into; None if it is no such outcome.

    >>> branch_number("branch 2"), branch_number("next")
    (2, None)
    """
    match = _BRANCH.fullmatch(label)
    return None if match is None else int(match[1])


def lost_parts(wanted: Graph, said: Graph) -> Iterator[Problem]:
    """Find what was to be said and does not come back when the written machine is read."""
    if wanted.start != said.start:
        yield cannot_say(f"it starts at {quote(wanted.start)}", wanted.start_pointer, "start at a step outside of all others")
    if not same(dict(wanted.settings), dict(said.settings)):
        yield cannot_say("what it says of the whole has other keys in it", (), "'StartAt' and 'States' are no settings")
    for step in wanted.steps.values():
        other = said.steps.get(step.id)
        if other is None or (step.type, step.kind) != (other.type, other.kind):
            yield cannot_say(f"the step '{step.id}' is no '{step.kind}'", step.pointer, "the kind of a step follows from its type")
        elif not same(step.config, other.config):
            hint = "ways and the inside of a step are no config"
            yield cannot_say(f"the config of '{step.id}' says more than a config", step.pointer, hint)
    yield from _lost_edges(wanted, said)


def _lost_edges(wanted: Graph, said: Graph) -> Iterator[Problem]:
    for source in sorted(wanted.outgoing.keys() - wanted.steps.keys()):
        yield cannot_say(f"a way begins at '{source}', which is not there", (), "begin it at another step")
    for source in wanted.steps:
        there = {(edge.kind, edge.label): edge for edge in said.outgoing.get(source, ())}
        lost = [edge for edge in wanted.outgoing.get(source, ()) if not _is_there(edge, there)]
        for edge in lost:
            yield _lost_edge(edge)
        if not lost and _ordered(wanted, source) != _ordered(said, source):
            what, hint = f"a way of '{source}' is there twice", "ways are told apart by their labels"
            yield cannot_say(what, wanted.steps[source].pointer, hint)


def _is_there(edge: Edge, there: dict[tuple[EdgeKind, str], Edge]) -> bool:
    other = there.get((edge.kind, edge.label))
    return other is not None and edge.target == other.target and same(edge.condition, other.condition)


def _lost_edge(edge: Edge) -> Problem:
    hint = {
        EdgeKind.NEXT: "'next' leads to a step beside this one, or to the end, and only where the type has a way on",
        EdgeKind.BRANCH: "a rule has the name of the step that it leads to for its label, and a condition; only a Choice has rules",
        EdgeKind.DEFAULT: "only a Choice has a 'default', which leads to a step beside it",
        EdgeKind.ERROR: "a catcher has 'error:' and the errors it names for its label, and 'ErrorEquals' in its condition",
        EdgeKind.ENTER: "the way in is 'each' for a Map and 'branch 0' and so on for a Parallel, and leads to a step inside",
    }.get(edge.kind, f"the language has no ways of the kind '{edge.kind}'")
    return cannot_say(f"the way '{edge.label}' of '{edge.source}' has no place in it", edge.pointer, hint)


def _ordered(graph: Graph, source: str) -> list[tuple[int, Any]]:
    """The ways of a step, kind by kind: only within a kind does their order mean something."""
    edges = graph.outgoing.get(source, ())
    return sorted(((_KINDS.index(edge.kind), (edge.label, edge.target)) for edge in edges), key=lambda item: item[0])
