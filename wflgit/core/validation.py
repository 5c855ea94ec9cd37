"""Definition to problems: what JSON, the format and the graph show to be wrong, all at once and each at its line.

The rules of formats are theirs; here are those that any graph can break. `docs/validation.md` explains every rule.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Protocol

from wflgit.core.formats import find_format, locate, native, read
from wflgit.core.graph import StepKind
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import propose, wrong
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wflgit.core.catalog import Catalog
    from wflgit.core.graph import Graph, Pointer

_EXACT = 2**53
_BEGIN_ANYWHERE = frozenset({"nodered"})
"""Formats in which nobody can tell what begins by itself: Node-RED has thousands of contributed types."""

_MANY_DIGITS = b"0" * 16
_ANY_DIGIT = bytes.maketrans(b"123456789", b"000000000")


class Parsed(Protocol):
    """What was made of a definition already; see `formats.parse`."""

    @property
    def document(self) -> Any:
        """The parsed JSON."""

    @property
    def graph(self) -> Graph:
        """The graph."""


def validate(content: bytes, catalog: Catalog, *, parsed: Parsed | None = None) -> tuple[Problem, ...]:
    """Check a definition of any format.

    Args:
        content: the bytes of the file, however broken.
        catalog: the step and trigger types of the account.
        parsed: what the content was parsed to already, if it was, to save doing it again.

    Returns:
        Every problem, errors and warnings, by line, column and rule; empty if all is well.
    """
    try:
        document = read(content).value if parsed is None else parsed.document
    except DefinitionError as error:
        return error.problems
    problems = _workflow_problems(document, parsed.graph if parsed else None, catalog)
    if _MANY_DIGITS in content.translate(_ANY_DIGIT):
        problems.extend(_inexact_numbers(document, ()))
    return locate(problems, read(content)) if problems else ()


def _workflow_problems(document: Any, graph: Graph | None, catalog: Catalog) -> list[Problem]:
    problems: list[Problem] = []
    try:
        definition_format = find_format(document)
        problems.extend(definition_format.problems(document, catalog))
        lost = any(problem.rule == "unknown-source" for problem in problems)
        problems.extend(graph_problems(graph or definition_format.to_graph(document), lost=lost))
    except DefinitionError as error:
        # A shape that no graph can be made of was reported by the format already, if it has found anything.
        return problems or [*error.problems]
    return problems


def graph_problems(graph: Graph, *, lost: bool = False) -> Iterator[Problem]:
    """Find what the graph alone shows to be wrong; the problems carry no lines.

    Args:
        graph: the graph.
        lost: whether the document has ways that are not in the graph, because where they begin is not there.
    """
    unknown = list(_unknown_steps(graph))
    yield from unknown
    can_tell = not unknown and not lost and graph.format not in _BEGIN_ANYWHERE
    if can_tell and any(start in graph.steps for start in _starts(graph)):
        # Behind a way that leads or begins nowhere everything is unreachable; that is said once, where the way is.
        yield from _unreachable_steps(graph)
    if graph.format == native.NAME:
        # Where the steps of a loop may take hours by themselves, as in Amazon States Language, a loop needs no wait.
        yield from _loops_without_wait(graph)


def _starts(graph: Graph) -> Iterator[str | None]:
    yield graph.start
    yield from (trigger.start for trigger in graph.triggers)


def _unknown_steps(graph: Graph) -> Iterator[Problem]:
    if graph.start is not None and graph.start not in graph.steps:
        yield _unknown("unknown-start", graph.start, graph.start_pointer, graph)
    for edge in (*graph.edges, *graph.uses):
        if edge.target is not None and edge.target not in graph.steps:
            yield _unknown("unknown-target", edge.target, edge.pointer, graph)
    for goal in graph.goals:
        if goal.target is not None and goal.target not in graph.steps:
            yield _unknown("unknown-target", goal.target, goal.pointer, graph)


def _unknown(rule: str, step_id: str, pointer: Pointer, graph: Graph) -> Problem:
    return wrong(f"expected the id of a step but there is no '{step_id}'", pointer, propose(step_id, graph.steps), rule=rule)


def _unreachable_steps(graph: Graph) -> Iterator[Problem]:
    reachable = graph.reachable()
    where = "a trigger" if any(trigger.start for trigger in graph.triggers) else "the start"
    for step in graph.steps.values():
        if step.id not in reachable and not step.disabled:
            message = f"expected a way to '{step.id}' but no step leads there from {where}"
            hint = "lead to it, remove it, or disable it to keep it for later"
            yield Problem("unreachable-step", Severity.WARNING, message, step.pointer, hint=hint)


def _loops_without_wait(graph: Graph) -> Iterator[Problem]:
    """Find one loop after the other among the steps that hold nobody up."""
    followers = {
        step.id: [edge.target for edge in graph.outgoing.get(step.id, ()) if edge.target is not None]
        for step in graph.steps.values()
        if step.disabled or step.kind is not StepKind.WAIT
    }
    while loop := _find_loop(followers):
        way = " → ".join(f"'{step_id}'" for step_id in [*loop, loop[0]])
        message = f"expected a wait in the loop {way} but there is none, so an execution may run round it without end"
        pointer = graph.steps[loop[0]].pointer
        yield Problem("cycle-without-wait", Severity.WARNING, message, pointer, hint="put a wait step into the loop")
        for step_id in loop:
            del followers[step_id]


def _find_loop(followers: dict[str, list[str]]) -> list[str]:
    """Find a loop, its steps in the order one comes to them; empty if there is none."""
    try:
        TopologicalSorter(followers).prepare()
    except CycleError as error:
        # graphlib is told of followers as if they were predecessors, so it tells the loop backwards, with its end doubled.
        backwards: list[str] = error.args[1]
        return backwards[:0:-1]
    return []


def _inexact_numbers(value: Any, pointer: Pointer) -> Iterator[Problem]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _inexact_numbers(inner, (*pointer, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _inexact_numbers(inner, (*pointer, index))
    elif isinstance(value, int) and abs(value) > _EXACT:
        message = f"expected a whole number of at most 2**53 but found '{str(value)[:20]}', which many programs will round"
        yield Problem("inexact-number", Severity.WARNING, message, pointer, hint="write it as a text")
