"""The ways to merge two edits that are tried one after the other, and what each has to prove. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

from wflgit.core.diff import compare
from wflgit.core.formats import Parsed
from wflgit.core.graph import Graph
from wflgit.core.jsonvalues import of_same_types
from wflgit.core.merge.asking import MISSING, Asking, Three
from wflgit.core.merge.conflicts import OURS, THEIRS, Answers, ConflictKind, Merged, Method
from wflgit.core.merge.graphs import merge_graphs
from wflgit.core.merge.parts import SAY_START
from wflgit.core.merge.values import Lines
from wflgit.core.merge.writing import write_merged
from wflgit.core.problems import Problem, Severity
from wflgit.errors import DefinitionError


class Document(Protocol):
    """What was made of a definition; see `formats.parse`."""

    @property
    def document(self) -> Any:
        """The parsed JSON."""

    @property
    def graph(self) -> Graph:
        """The graph."""


Problems = Callable[[bytes], Sequence[Problem]]
"""Says all that is wrong with a definition."""

Read = Callable[[bytes], Document]
"""Parses a definition, or knows what was made of it before; raises DefinitionError."""


class _Result(NamedTuple):
    """A merge that says something: its bytes, and the graph in them."""

    content: bytes
    graph: Graph


class Trial:
    """One merge of three definitions."""

    def __init__(
        self,
        base: bytes | None,
        ours: bytes,
        theirs: bytes,
        answers: Answers,
        problems: Problems,
        lines: Lines,
        read: Read,
    ) -> None:
        self._contents = Three(MISSING if base is None else base, ours, theirs)
        self._answers = answers
        self._problems = problems
        self._lines = lines
        self._read = read
        self._asking = Asking(answers)
        self._by_lines: _Result | None = None
        self._has_lines = False

    def merge(self) -> Merged:
        """Merge; see `merge` of the package."""
        sides = Three(*map(self._parsed, self._contents))
        if None in sides[1:] or sides.ours.graph.format != sides.theirs.graph.format:
            return self._unreadable(sides)
        if sides.base is None or sides.base.graph.format != sides.ours.graph.format:
            nothing = Graph(sides.ours.graph.format, None, None, (), {}, ())
            sides = sides._replace(base=Parsed(None, nothing))
        return self._by_steps(sides)

    def _by_steps(self, sides: Three) -> Merged:
        merged = merge_graphs(Three(*(side.graph for side in sides)), self._asking, self._lines)
        by_lines = self._by_lines_alone(sides) if self._asking.asked else None
        if by_lines is not None:
            return by_lines
        if self._asking.conflicts:
            return Merged(None, tuple(self._asking.conflicts), tuple(self._asking.notes))
        lines = self._line_result()
        if lines is not None and _says_the_same(lines.graph, _with_start_of(lines.graph, merged.graph)):
            return self._checked(sides, lines, Method.LINES)
        try:
            content = write_merged(self._contents.ours, sides, merged)
        except DefinitionError as error:
            return self._by_lines_alone(sides) or self._cannot_be_said(error)
        return self._checked(sides, _Result(content, merged.graph), Method.STEPS)

    def _checked(self, sides: Three, result: _Result, method: Method) -> Merged:
        """A merge, if it breaks nothing; else that by lines, if it is another one that does not."""
        broken = self._new_problems(result.content)
        if not broken:
            self._note_unreachable(result.graph, sides)
            return Merged(result.content, notes=tuple(self._asking.notes), method=method)
        return (None if method is Method.LINES else self._by_lines_alone(sides)) or self._broken(broken)

    def _by_lines_alone(self, sides: Three) -> Merged | None:
        """The merge by lines, if there is one that breaks nothing: what Git can merge is no conflict."""
        lines = self._line_result()
        if lines is None or self._new_problems(lines.content):
            return None
        asking, self._asking = self._asking, Asking({})
        self._note_unreachable(lines.graph, sides)
        notes = (*self._asking.notes, *(f"merged line by line, though {message}" for message in asking.asked))
        return Merged(lines.content, notes=notes, method=Method.LINES)

    def _line_result(self) -> _Result | None:
        if not self._has_lines:
            self._has_lines = True
            base = b"" if self._contents.base is MISSING else self._contents.base
            content = self._lines(base, *self._contents[1:])
            parsed = None if content is None else self._parsed(content)
            self._by_lines = None if content is None or parsed is None else _Result(content, parsed.graph)
        return self._by_lines

    # What goes wrong

    def _unreadable(self, sides: Three) -> Merged:
        """What is no workflow on one side, or of another format on each, can only be merged as text."""
        base = b"" if self._contents.base is MISSING else self._contents.base
        content = self._lines(base, *self._contents[1:])
        if content is not None and (sides.ours is None is sides.theirs or self._is_sound(content)):
            return Merged(content, method=Method.LINES)
        if None in sides[1:]:
            who = "neither side" if sides.ours is None is sides.theirs else OURS if sides.ours is None else THEIRS
            message = f"{who} is a workflow that can be read" if who == "neither side" else f"{who} is no workflow that can be read"
        else:
            message = "the sides are of different formats"
        return self._whole("file", ConflictKind.UNREADABLE, message)

    def _is_sound(self, content: bytes) -> bool:
        return self._parsed(content) is not None and not self._new_problems(content)

    def _cannot_be_said(self, error: DefinitionError) -> Merged:
        return self._whole("graph", ConflictKind.GRAPH, f"what both sides changed has no place in one file: {error.message}")

    def _broken(self, broken: Sequence[Problem]) -> Merged:
        more = f", and {len(broken) - 1} more" if len(broken) > 1 else ""
        message = f"what both sides changed does not go together: {broken[0].message}{more}"
        return self._whole("graph", ConflictKind.GRAPH, message)

    def _whole(self, path: str, kind: ConflictKind, message: str) -> Merged:
        """Ask which side is to be taken as it is."""
        nothing = Three(*(MISSING if side is MISSING else None for side in self._contents))
        asking = Asking(self._answers)
        key = asking.choose(path, kind, message, nothing)
        if key is None:
            conflict = asking.conflicts[0]
            return Merged(None, (conflict,), tuple(self._asking.notes))
        content = self._contents.of(key)
        return Merged(self._contents.ours if content is MISSING else content, notes=tuple(self._asking.notes))

    def _parsed(self, content: bytes) -> Document | None:
        if content is MISSING:
            return None
        try:
            return self._read(content)
        except DefinitionError:
            return None

    def _new_problems(self, content: bytes) -> list[Problem]:
        """What is wrong with a merge, and with neither side."""
        found = [problem for problem in self._problems(content) if problem.severity is Severity.ERROR]
        if not found:
            return []
        known = {_key(problem) for side in self._contents[1:] for problem in self._problems(side)}
        return [problem for problem in found if _key(problem) not in known]

    def _note_unreachable(self, graph: Graph, sides: Three) -> None:
        lost = graph.steps.keys() - graph.reachable()
        if not lost:
            return
        known = {id_ for side in sides[1:] for id_ in side.graph.steps.keys() - side.graph.reachable()}
        for id_ in graph.steps:
            if id_ in lost and id_ not in known:
                self._asking.note(f"no way leads to step '{id_}' any more")


def _key(problem: Problem) -> tuple[Severity, str, frozenset[str]]:
    """What a problem is known by in another file; a circle may be told from another step on there."""
    return problem.severity, problem.rule, frozenset(problem.message.split())


def _with_start_of(other: Graph, graph: Graph) -> Graph:
    """A graph with the start of another, unless its format says where it starts: elsewhere that follows from all else."""
    return graph if graph.format in SAY_START else replace(graph, start=other.start, start_pointer=other.start_pointer)


def _says_the_same(one: Graph, other: Graph) -> bool:
    if _stands_the_same(one, other):
        return True
    found = compare(one, other)
    return not found and not found.renames


def _stands_the_same(one: Graph, other: Graph) -> bool:
    """Whether graphs are the same in all, even in where everything stands, and of the same types; quick."""
    return (
        one == other
        and [*one.steps] == [*other.steps]
        and all(of_same_types(mine, yours) for mine, yours in zip(_values(one), _values(other), strict=True) if mine is not yours)
    )


def _values(graph: Graph) -> Iterator[Any]:
    """All values of a graph of which Python may call different ones equal."""
    yield graph.settings
    yield from (step.config for step in graph.steps.values())
    yield from (edge.condition for edge in (*graph.edges, *graph.uses) if edge.condition is not None)
    yield from (trigger.config for trigger in graph.triggers)
    yield from (goal.config for goal in graph.goals)
