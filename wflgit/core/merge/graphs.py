"""Merging three graphs into one. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from wflgit.core.graph import Graph, Step
from wflgit.core.merge.asking import Asking, Three
from wflgit.core.merge.naming import Named, Touched, with_common_names
from wflgit.core.merge.parts import Parts
from wflgit.core.merge.sequences import woven
from wflgit.core.merge.sides import Side
from wflgit.core.merge.steps import Steps
from wflgit.core.merge.targets import Targets
from wflgit.core.merge.values import Lines, Values
from wflgit.core.merge.ways import Ways


class MergedGraph(NamedTuple):
    """A graph that keeps what both sides did, and the graphs that it came of, in its names."""

    graph: Graph
    named: Named


def merge_graphs(graphs: Three, asking: Asking, lines: Lines) -> MergedGraph:
    """Merge graphs of one format; where they do not go together, ask, and go on with ours.

    Args:
        graphs: what both started from, our side, theirs; where the order means nothing, it is ours.
        asking: what is asked, and what was answered.
        lines: merges texts line by line.
    """
    named = with_common_names(*graphs, asking)
    untouched = Touched(frozenset(), frozenset())
    base, ours, theirs = (Side(graph, touched) for graph, touched in zip(named.graphs, (untouched, *named.touched), strict=True))
    sides = base, ours, theirs
    values = Values(asking, lines)
    targets = Targets(sides, asking)
    parts = Parts(sides, asking, values, targets)
    name, settings = parts.settings()
    found = Steps(sides, named.renamed, named.called_by, asking, values).merge()
    steps = {id_: found[id_] for id_ in _in_order(sides, found)}
    start = parts.start()
    triggers, goals = parts.triggers(steps), parts.goals()
    edges = Ways(sides, asking, values, targets).merge(steps)
    graph = Graph(
        graphs.ours.format,
        name,
        start,
        triggers,
        steps,
        tuple(edges),
        goals,
        settings,
        graphs.ours.start_pointer,
        tuple(parts.uses(steps)),
        {id_: outcomes for id_, outcomes in named.graphs.ours.loose.items() if id_ in steps},
    )
    return MergedGraph(_without_refused(graph, targets.refused), named)


def _without_refused(graph: Graph, refused: Collection[str]) -> Graph:
    """The graph without inserted steps that were not chosen, unless something else leads to them."""
    lost = {*refused} - graph.reachable() if refused else set()
    if not lost:
        return graph
    return replace(
        graph,
        steps={id_: step for id_, step in graph.steps.items() if id_ not in lost},
        edges=tuple(edge for edge in graph.edges if edge.source not in lost),
        uses=tuple(edge for edge in graph.uses if edge.source not in lost),
    )


def _in_order(sides: tuple[Side, Side, Side], found: dict[str, Step]) -> list[str]:
    """The steps in our order, those of theirs behind what is before them there."""
    order = woven([*sides[1].graph.steps], [*sides[2].graph.steps], found)
    there = {*order}
    return order + [id_ for id_ in found if id_ not in there]
