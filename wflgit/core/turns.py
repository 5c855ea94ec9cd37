"""What came and what went between two graphs, and the ways that lead elsewhere now: what `telling` looks at. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from wflgit.core.diff import Comparison, EdgeChange, PartChange
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.graph import Edge, EdgeKind, Step


class Turn(NamedTuple):
    """A way on from a step that is on both sides, or from the start, that led elsewhere; None is the end."""

    source: str | None
    was: str | None
    now: str | None
    edge: EdgeChange | None


class View:
    """The steps that are on one side only, and what leads to them and on from them.

    Attributes:
        steps: the steps, by id; one that has lost its id to another by what the comparison calls it instead.
        ways: the ways on from each, uses among them.
    """

    def __init__(self, comparison: Comparison, kind: ChangeKind, names: Mapping[str, str]) -> None:
        self.kind = kind
        gone = names if kind is ChangeKind.REMOVED else {}
        self.steps = {gone.get(change.id, change.id): change for change in comparison.steps if change.kind is kind}
        self.ways: dict[str, list[EdgeChange]] = {}
        for change in comparison.edges:
            if change.kind is kind and change.source in self.steps:
                self.ways.setdefault(change.source, []).append(change)

    def step(self, change: PartChange) -> Step:
        """A step as it is on this side; of one that is on both sides, too."""
        part = change.new if self.kind is ChangeKind.ADDED else change.old
        assert isinstance(part, Step)
        return part

    def other(self, change: PartChange) -> Step:
        """A step as it is on the other side."""
        part = change.old if self.kind is ChangeKind.ADDED else change.new
        assert isinstance(part, Step)
        return part

    def target(self, change: EdgeChange) -> str | None:
        """Where an edge leads on this side."""
        edge = change.new if self.kind is ChangeKind.ADDED else change.old
        return edge.target if edge is not None else None

    def ends(self, turn: Turn) -> tuple[str | None, str | None]:
        """Where a turned way leads on this side, and on the other."""
        return (turn.now, turn.was) if self.kind is ChangeKind.ADDED else (turn.was, turn.now)

    def block(self, head: str, apart: set[str]) -> list[str]:
        """A step and all one comes to from it before one comes to a step of both sides, the nearest first."""
        found = dict.fromkeys([head])
        todo = deque([head])
        while todo:
            for way in self.ways.get(todo.popleft(), ()):
                target = self.target(way)
                if target is not None and target in self.steps and target not in found and target not in apart:
                    found[target] = None
                    todo.append(target)
        return [*found]

    def leads_to(self, block: Sequence[str], target: str | None) -> bool:
        """Whether one comes from a block to a step, or to the end of the scope that the block is in."""
        if target is not None:
            return any(self.target(way) == target for id_ in block for way in self.ways.get(id_, ()))
        scope = self.step(self.steps[block[0]]).scope
        return any(self._may_end(id_) for id_ in block if self.step(self.steps[id_]).scope == scope)

    def _may_end(self, id_: str) -> bool:
        kinds = (EdgeKind.USES, EdgeKind.ENTER, EdgeKind.ERROR)
        on = [way for way in self.ways.get(id_, ()) if edge_of(way).kind not in kinds]
        return not on or any(self.target(way) is None for way in on)


def edge_of(change: EdgeChange) -> Edge:
    """An edge as it is now; one that is gone as it was."""
    edge = change.new or change.old
    assert edge is not None
    return edge
