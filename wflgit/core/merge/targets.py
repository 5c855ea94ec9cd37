"""Merging where ways lead: also where both sides have put steps into one way. Pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from wflgit.core.graph import Edge, EdgeKind
from wflgit.core.merge.asking import BOTH, MISSING, OURS_FIRST, THEIRS_FIRST, Asking, Three, decided
from wflgit.core.merge.conflicts import BASE, OURS, THEIRS, ConflictKind
from wflgit.core.merge.sides import Side


class Inserted(NamedTuple):
    """Steps that a side has put into a way, and what leads from them to where the way led before.

    Attributes:
        steps: the steps, the first one first.
        exits: the ways that lead on.
        ends: those of the steps that nothing leads on from.
    """

    steps: tuple[str, ...]
    exits: tuple[Edge, ...]
    ends: tuple[str, ...]

    @property
    def first(self) -> str:
        """The step that the way leads to now."""
        return self.steps[0]


class Targets:
    """Decides where ways lead that both sides lead elsewhere.

    Attributes:
        led: ways of new steps that lead elsewhere than their side says, with where they lead.
        added: ways that neither side has.
        refused: steps that a side has put into a way, which was decided against.
    """

    def __init__(self, sides: tuple[Side, Side, Side], asking: Asking) -> None:
        self.led: list[tuple[Edge, str | None]] = []
        self.added: list[Edge] = []
        self.refused: set[str] = set()
        self._base, self._ours, self._theirs = sides
        self._asking = asking

    def merge(
        self, values: Three, path: str, what: str, step: str | None, *, several: bool = False, shown: Three | None = None
    ) -> str:
        """Say which side has it; where both say otherwise, ask.

        Args:
            values: where the way leads on each side; None is an end, MISSING is no way.
            path: the path of the way.
            what: how a message names it.
            step: the step that it begins at, if it does.
            several: whether one outcome may lead to several steps.
            shown: the ways as JSON, where there is more to show.

        Returns:
            `ours`, `theirs`, `base`, or `both` where it is to lead to both.
        """
        found = decided(values)
        if found:
            return OURS if found[0] == values.ours else THEIRS
        inserted = self._inserted(values)
        more = {BOTH: "lead to both at once"} if several and MISSING not in values[1:] else {}
        shown = shown or values
        if inserted is None:
            message = _message(values, what)
            key = self._asking.choose(path, ConflictKind.EDGE_RETARGET, message, values, step=step, more=more, shown=shown)
            return key or OURS
        ours, theirs = inserted
        more = {
            OURS_FIRST: f"'{ours.first}' first, then '{theirs.first}'",
            THEIRS_FIRST: f"'{theirs.first}' first, then '{ours.first}'",
            **more,
        }
        message = f"both sides put a step into {what}: ours '{ours.first}', theirs '{theirs.first}'"
        kind = ConflictKind.PARALLEL_INSERT
        key = self._asking.choose(path, kind, message, values, step=step, more=more, shown=shown)
        if key == OURS_FIRST:
            self._lead_on(ours, theirs.first)
        elif key == THEIRS_FIRST:
            self._lead_on(theirs, ours.first)
        for side, keys in ((ours, (THEIRS, BASE)), (theirs, (OURS, BASE))):
            self.refused.update(side.steps if key in keys else ())
        return {OURS_FIRST: OURS, THEIRS_FIRST: THEIRS}.get(key or OURS, key or OURS)

    def _lead_on(self, inserted: Inserted, target: str) -> None:
        self.led += [(edge, target) for edge in inserted.exits]
        self.added += [Edge(end, "next", target, EdgeKind.NEXT) for end in inserted.ends]

    def _inserted(self, values: Three) -> tuple[Inserted, Inserted] | None:
        was = None if values.base is MISSING else values.base
        if MISSING in values[1:]:
            return None
        ours = self._region(self._ours, self._theirs, values.ours, was)
        theirs = self._region(self._theirs, self._ours, values.theirs, was)
        return None if ours is None or theirs is None else (ours, theirs)

    def _region(self, side: Side, other: Side, first: str | None, was: str | None) -> Inserted | None:
        """The new steps of a side that begin with one, if they lead to where the way led before."""
        found: list[str] = []
        todo = [first]
        while todo:
            step = todo.pop()
            if step is None or step in found or step in self._base.graph.steps or step not in side.steps or step in other.steps:
                continue
            found.append(step)
            todo += [edge.target for edge in side.ways.get(step, ())]
        if first is None or not found:
            return None
        exits = tuple(edge for step in found for edge in side.ways.get(step, ()) if edge.target == was)
        ends = tuple(step for step in found if not side.ways.get(step)) if was is None and not exits else ()
        return Inserted(tuple(found), exits, ends) if exits or ends else None


def _message(values: Three, what: str) -> str:
    return f"ours {_did(values.ours, what)}, theirs {_did(values.theirs, 'it')}"


def _did(side: Any, what: str) -> str:
    if side is MISSING:
        return f"removed {what}"
    if isinstance(side, tuple):
        return f"changed {what}"
    return f"ends at {what}" if side is None else f"led {what} to '{side}'"
