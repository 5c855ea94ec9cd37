"""What a change asks of those who are on the way: a plan for each version that live executions are on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from wflgit.core import semver
from wflgit.core.graph import NOTHING, Graph
from wflgit.core.plan import Side
from wflgit.core.semver import Proposal
from wflgit.errors import DefinitionError
from wflgit.standing import Standing
from wflgit.workspace import Workspace

if TYPE_CHECKING:
    from wflgit.core.records import StepCount


def propose_for(workspace: Workspace, standing: Standing, target: Side, counts: Iterable[StepCount]) -> tuple[Proposal, ...]:
    """Plan from each version that live executions are on, the lowest first.

    A version that cannot be read any more, or is none, holds its executions fast. So does a target that cannot be read.

    Args:
        workspace: where.
        standing: the workflow.
        target: the content, which Git has; it need not be committed.
        counts: where the live executions of the workflow stand.
    """
    by_version: dict[int, list[StepCount]] = {}
    for count in counts:
        by_version.setdefault(count.version, []).append(count)
    end = _graph(workspace, target.blob)
    return tuple(_propose_from(workspace, standing, version, target, end, by_version[version]) for version in sorted(by_version))


def _propose_from(
    workspace: Workspace, standing: Standing, version: int, target: Side, end: Graph, counts: Iterable[StepCount]
) -> Proposal:
    row = next((row for row in standing.rows if row.number == version), None)
    blob = "" if row is None else row.blob or ""
    source = Side(version, row.commit if row else None, blob)
    between = partial(_between, workspace, standing, version, target.version)
    return semver.propose(standing.slug, (source, target), (_graph(workspace, blob), end), semver.counts_of(counts), between)


def _graph(workspace: Workspace, blob: str) -> Graph:
    try:
        return workspace.contents.parse(blob).graph if blob else NOTHING
    except DefinitionError:
        return NOTHING


def _between(workspace: Workspace, standing: Standing, source: int, target: int) -> tuple[Graph, ...]:
    """The graphs of the versions after the source and before the target; those that cannot be read are left out."""
    blobs = [row.blob for row in reversed(standing.rows) if source < row.number < target]
    graphs = [_graph(workspace, blob) for blob in blobs if blob]
    return tuple(graph for graph in graphs if graph is not NOTHING)
