"""One side of a comparison, said with the names that its steps have on the other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from wflgit.core.formats import FORMATS
from wflgit.core.graph import Edge, Goal, Graph, Step, Trigger
from wflgit.core.identity import own_id

if TYPE_CHECKING:
    from wflgit.core.diff import Part


def name_of(step: Step) -> str:
    """What a step is called: its name, or else its id."""
    return step.name or step.id


def called_now(renames: Mapping[str, str], ids: Iterable[Iterable[str]]) -> dict[str, str]:
    """What steps of the old side are called in a comparison, where that is not what they were called.

    Args:
        renames: the new ids of renamed steps.
        ids: all ids of steps, of both sides.

    Returns:
        The renames, and another id for what has lost its id to a renamed step: whoever leads there still means the one of before.
    """
    lost = {*renames.values()} - renames.keys()
    taken = {id_ for some in ids for id_ in some} if lost else set()
    names = dict(renames)
    for id_ in sorted(lost):
        name = f"{id_}{_BEFORE}"
        while name in taken:
            name += _BEFORE
        taken.add(name)
        names[id_] = name
    return names


_BEFORE = " (before)"


class Renaming:
    """The old graph, said with the names that steps have now.

    Attributes:
        old: the old graph.
        renames: the new ids of renamed steps.
        names: what steps are called now, by what they were, where that is something else; see `called_now`.
    """

    def __init__(
        self,
        old: Graph,
        format_name: str,
        renames: Mapping[str, str],
        ids: Iterable[Iterable[str]],
        called: Callable[[Step], str | None],
    ) -> None:
        """Get ready.

        Args:
            old: the old graph.
            format_name: the format, which knows how a config names steps.
            renames: the new ids of renamed steps.
            ids: all ids of steps, of both sides.
            called: says what a step of the old side that is still there is called now, by its name or else its id.
        """
        self.old = old
        self.renames = renames
        self.names = called_now(renames, ids)
        self._known = FORMATS.get(format_name)
        self._called = called

    def part(self, part: Part) -> Part:
        """A part, which keeps its own id but for that of its container in it."""
        names = self.names
        config = part.config if self._known is None else self._known.referring(part.config, names)
        match part:
            case Goal():
                return replace(part, config=config, target=names.get(part.target or "", part.target))
            case Trigger():
                elsewhere = part.start is not None and part.start != part.id
                return replace(part, config=config, start=names.get(part.start or "", part.start) if elsewhere else part.start)
        if part.scope is None or part.scope not in names:
            return part if config is part.config else part._replace(config=config)
        scope = names[part.scope]
        named_by_it = part.scope in self.renames and part.id.startswith(part.scope)
        return part._replace(id=f"{scope}{own_id(part)}" if named_by_it else part.id, scope=scope, config=config)

    def edges(self) -> list[Edge]:
        """All edges and uses; a label made of the name of its target is renamed with it."""
        names = self.names
        concerned = (
            self._edge(edge) if edge.source in names or edge.target in names else edge for edge in (*self.old.edges, *self.old.uses)
        )
        return [*concerned]

    def _edge(self, edge: Edge) -> Edge:
        label, target = edge.label, edge.target
        if target is not None and target in self.names:
            was, now = self._called_both(target)
            label = f"{now}{label.removeprefix(was)}" if label.startswith(was) else label
            target = self.names[target]
        return edge._replace(source=self.names.get(edge.source, edge.source), label=label, target=target)

    def _called_both(self, target: str) -> tuple[str, str]:
        """What a step was called, and is; one that has lost its id, or is not there, is called by its other id."""
        step = self.old.steps.get(target)
        if step is None:
            return target, self.names[target]
        return name_of(step), self._called(step) or step.name or self.names[target]
