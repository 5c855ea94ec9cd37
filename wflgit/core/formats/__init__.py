"""Bytes of any JSON workflow format to the graph; one module a format.

A format is a module with these five names. `to_graph` serves running executions: it is fast, imports no validator, and makes
what graph it can of a document that is wrong as a workflow; so does `wait_terms`, which reads what a step waits for. `problems`
says what is wrong, beyond what the graph alone shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from wflgit.core.formats import asl, native
from wflgit.core.jsontext import JsonDocument, read_json, refusal
from wflgit.core.records import Problem, Severity
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wflgit.core.catalog import Catalog
    from wflgit.core.graph import Graph, Step, WaitTerms


class Format(Protocol):
    """What the module of a format offers."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the module
        """The name of the format, as `Graph.format` carries it."""

    def recognise(self, document: Any) -> bool:
        """Say whether a parsed document is meant to be of this format, be it right or wrong."""

    def to_graph(self, document: Any) -> Graph:
        """Build the graph.

        Raises:
            DefinitionError: where the shape is hopeless; its problems carry pointers, but no lines.
        """

    def problems(self, document: Any, catalog: Catalog) -> Iterator[Problem]:
        """Find what breaks the rules of the format; the problems carry pointers, but no lines."""

    def wait_terms(self, step: Step) -> WaitTerms | None:
        """Say what a step waits for; None for one that is no wait, or whose config cannot be read. It never fails."""


FORMATS: Mapping[str, Format] = {module.NAME: module for module in (native, asl)}
"""Every format by name. The first one that recognises a document has it."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A definition that was read. `document` is the parsed JSON and must not be changed."""

    document: Any = field(repr=False)
    graph: Graph


def parse(content: bytes) -> Parsed:
    """Read a definition of any format.

    What comes back may still break the rules of its format; see `validation.validate`.

    Raises:
        DefinitionError: if it is no JSON, of no known format, or of a shape that no graph can be made of; with lines.
    """
    document = read_json(content)
    try:
        return Parsed(document.value, find_format(document.value).to_graph(document.value))
    except DefinitionError as error:
        raise refusal(locate(error.problems, document)) from error


def find_format(document: Any) -> Format:
    """Choose the format of a parsed document.

    Raises:
        DefinitionError: if no format recognises it; its problem carries no line.
    """
    for candidate in FORMATS.values():
        if candidate.recognise(document):
            return candidate
    message = "expected a workflow but found neither 'steps' nor 'States' at the top of the document"
    hint = 'a workflow of wflgit holds "steps", one of Amazon States Language "StartAt" and "States"'
    raise DefinitionError(message, problems=[Problem("unknown-format", Severity.ERROR, message, hint=hint)], hint=hint)


def wait_terms(format_name: str, step: Step) -> WaitTerms | None:
    """Say what a step of a graph in that format waits for; None for one that is no wait, or whose config cannot be read."""
    known = FORMATS.get(format_name)
    return None if known is None else known.wait_terms(step)


_SHOWN_AT_KEY = frozenset({"unknown-key", "missing-key", "invalid-step-id", "unreachable-step", "cycle-without-wait"})


def locate(problems: Iterable[Problem], document: JsonDocument) -> tuple[Problem, ...]:
    """Give every problem its line and column; sort them by place, then rule, and drop repetitions."""
    placed = {}
    for problem in problems:
        line, column = document.locate(problem.pointer, of_key=problem.rule in _SHOWN_AT_KEY)
        placed[line, column, problem.rule, problem.message] = problem, line, column
    return tuple(
        Problem(found.rule, found.severity, found.message, found.pointer, line, column, found.hint)
        for _, (found, line, column) in sorted(placed.items(), key=lambda item: item[0])
    )
