"""Bytes of any JSON workflow format to the graph and back; one package a format.

A format is a package with the names of `Format`. `to_graph` serves running executions: it is fast, imports no validator, and makes
what graph it can of a document that is wrong as a workflow; so does `wait_terms`, which reads what a step waits for. `problems`
says what is wrong, beyond what the graph alone shows. `to_document` is the way back.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from wflgit.core.jsontext import JsonDocument, bom_refusal, read_json, refusal
from wflgit.core.problems import Problem, Severity
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wflgit.core.catalog import Catalog
    from wflgit.core.formats.datause import DataUse
    from wflgit.core.formats.meaning import Feature, Fields
    from wflgit.core.graph import Graph, Pointer, Step, WaitTerms


class Format(Protocol):
    """What the package of a format offers."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of the package
        """The name of the format, as `Graph.format` carries it."""

    @property
    def TITLE(self) -> str:  # noqa: N802
        """What people call the format."""

    @property
    def LACKS(self) -> frozenset[Feature]:  # noqa: N802
        """What a document of the format cannot say."""

    @property
    def FIELDS(self) -> Fields:  # noqa: N802
        """Which fields have no meaning, or must not be printed; by paths from what `root` points to."""

    def recognise(self, document: Any) -> bool:
        """Say whether a parsed document is meant to be of this format, be it right or wrong."""

    def root(self, document: Any) -> Pointer:
        """Where in a recognised document the workflow's own object or list is; `()` unless something is wrapped around it."""

    def to_graph(self, document: Any) -> Graph:
        """Build the graph.

        Raises:
            DefinitionError: where the shape is hopeless; its problems carry pointers, but no lines.
        """

    def problems(self, document: Any, catalog: Catalog) -> Iterator[Problem]:
        """Find what breaks the rules of the format; the problems carry pointers, but no lines."""

    def wait_terms(self, step: Step) -> WaitTerms | None:
        """Say what a step waits for; None for one that is no wait, or whose config cannot be read. It never fails."""

    def referring(self, config: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
        """A step's config as it would be if the steps that it refers to were called otherwise, by their old ids.

        Itself if it refers to none of them.
        """

    def data_use(self, graph: Graph, step_id: str) -> DataUse:
        """What a step does with data: which names it sets, which values and results it reads. It never fails."""

    def to_document(self, document: Any, graph: Graph) -> Any:
        """The document, changed so that it says the graph; what the graph does not touch is the same object in both.

        `to_graph` of the result gives the graph, but for pointers; with the document's own graph the result is the document.
        """


class _Formats(Mapping[str, Format]):
    """The formats by name; each is imported when it is first needed."""

    def __init__(self) -> None:
        self._known: dict[str, Format] = {}

    def __getitem__(self, name: str) -> Format:
        known = self._known.get(name)
        if known is None:
            if name not in _NAMES:
                raise KeyError(name)
            known = self._known[name] = cast("Format", import_module(f"{__name__}.{name}"))
        return known

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


_NAMES = ("native", "asl", "n8n", "logicapps", "nodered")

FORMATS: Mapping[str, Format] = _Formats()
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
    # The garbage collector would look again and again at what is being built: trees, which never are garbage in circles. That takes
    # a third of the time of a large file. Threads may do this at once: whoever found it running starts it again.
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        document = read(content)
        try:
            return Parsed(document.value, find_format(document.value).to_graph(document.value))
        except DefinitionError as error:
            raise refusal(locate(error.problems, document)) from error
    finally:
        if was_collecting:
            gc.enable()


def read(content: bytes) -> JsonDocument:
    """Read the JSON of a definition; a byte-order mark, with which Windows tools begin files, may stand before a foreign one.

    Raises:
        DefinitionError: if it is no JSON; with lines.
    """
    document = read_json(content, bom=True)
    if document.bom and FORMATS["native"].recognise(document.value):
        raise bom_refusal()
    return document


def write(content: bytes, graph: Graph) -> bytes:
    """Write a changed graph into the definition that it was made from; where nothing changed, the author's bytes stay.

    Args:
        content: the definition.
        graph: its graph, with steps, edges, configs, triggers, settings changed as one likes. What has no meaning, such as where a
            step is drawn, is kept for all steps that stay.

    Raises:
        DefinitionError: if the content cannot be read, or the format has no way to say what the graph says.
    """
    from wflgit.core.jsonedit import rewrite  # whoever only reads needs none of it

    document = read(content)
    changed = find_format(document.value).to_document(document.value, graph)
    mark = "\ufeff" if document.bom else ""
    return f"{mark}{rewrite(document.text, document.value, changed)}".encode()


def find_format(document: Any) -> Format:
    """Choose the format of a parsed document.

    Raises:
        DefinitionError: if no format recognises it; its problem carries no line.
    """
    for candidate in FORMATS.values():
        if candidate.recognise(document):
            return candidate
    titles = ", ".join(known.TITLE for name, known in FORMATS.items() if name != "native")
    message = "expected a workflow but the document has the shape of none"
    hint = f'a workflow of wflgit holds "steps"; other formats that are read: {titles}'
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
