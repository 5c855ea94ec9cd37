"""Writing a merged graph into the document of our side, with what theirs says of its steps without a meaning. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from wflgit.core.formats import FORMATS, Format, Parsed
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Graph
from wflgit.core.jsonedit import rewrite
from wflgit.core.jsonvalues import at, put, same
from wflgit.core.merge.asking import MISSING, Three
from wflgit.core.merge.graphs import MergedGraph


def write_merged(content: bytes, sides: Three, merged: MergedGraph) -> bytes:
    """Write a merged graph.

    Args:
        content: our side.
        sides: the definitions, parsed.
        merged: the graph, and those that it came of.

    Returns:
        The bytes.

    Raises:
        DefinitionError: if the format has no way to say what the graph says.
    """
    known = FORMATS[merged.graph.format]
    written = known.to_document(sides.ours.document, merged.graph)
    looks = _all_looks(sides, merged, known)
    if looks:
        there = known.to_graph(written).steps
        for id_, key, value in looks:
            if id_ in there:
                written = put(written, (*there[id_].pointer, key), value)
    return rewrite(content.decode(), sides.ours.document, written).encode()


def _all_looks(sides: Three, merged: MergedGraph, known: Format) -> list[tuple[str, str, Any]]:
    """What only theirs has changed of the looks of steps: step, field, value."""
    root = len(known.root(sides.theirs.document))
    graphs, origins = merged.named.graphs, merged.named.origins
    found = []
    for id_, step in graphs.theirs.steps.items():
        raw = at(sides.theirs.document, step.pointer)
        was = _raw(sides.base, graphs.base, origins.base, id_)
        if raw != was:
            raws = Three(was, _raw(sides.ours, graphs.ours, origins.ours, id_), raw)
            found += [(id_, key, value) for key, value in _looks(raws, known, step.pointer[root:])]
    return found


def _raw(side: Parsed, graph: Graph, origins: Mapping[str, str], id_: str) -> Any:
    """What stands in a document for a step; it may be called otherwise there."""
    if id_ not in graph.steps:
        return MISSING
    return at(side.document, side.graph.steps[origins.get(id_, id_)].pointer)


def _looks(raws: Three, known: Format, pointer: tuple[str | int, ...]) -> Iterator[tuple[str, Any]]:
    """The fields of a step that have no meaning, and that theirs has as they are to be."""
    base, ours, theirs = raws
    if not isinstance(theirs, Mapping):
        return
    for key, value in theirs.items():
        was, mine = (side.get(key, MISSING) if isinstance(side, Mapping) else MISSING for side in (base, ours))
        is_theirs = (ours is MISSING or _same(was, mine)) and not _same(was, value)
        if is_theirs and known.FIELDS.own_worth((*pointer, key)) is Worth.COSMETIC:
            yield key, value


def _same(one: Any, other: Any) -> bool:
    return one is other or (one is not MISSING and other is not MISSING and same(one, other))
