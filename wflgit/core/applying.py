"""The way back from a comparison: the old graph and what differs give the new graph. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar, cast

from wflgit.core.diff import Comparison, OrderChange, Part, PartChange, settings_of, whole
from wflgit.core.fieldchanges import ChangeKind, with_fields
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, Trigger
from wflgit.core.jsonvalues import same
from wflgit.core.renaming import Renaming

_P = TypeVar("_P", Step, Trigger)


def apply(comparison: Comparison, base: Graph) -> Graph:
    """Make the new graph.

    Args:
        comparison: what differs; secrets and all, not concealed.
        base: the old graph that was compared.

    Returns:
        The new graph, but for where things stand in the file, the keys of tools, loose outcomes and the order of what has none that
        means something: steps, triggers, goals, most ways.
    """
    changes = [*comparison.steps, *comparison.trigger_steps]
    now = {change.id: change.new for change in changes if isinstance(change.new, Step)}
    renames = comparison.renames
    ids = (base.steps, now, renames.values())
    renaming = Renaming(base, comparison.format, renames, ids, lambda step: _called(step, renames.get(step.id), now))
    said = with_fields(whole(base, renaming.names), comparison.settings)
    edges = _edges(comparison, renaming)
    return Graph(
        format=comparison.format,
        name=said["name"],
        start=said["start"],
        triggers=tuple(_parts(comparison.triggers, _triggers(base), renaming).values()),
        steps=_parts(changes, base.steps, renaming),
        edges=tuple(edge for edge in edges if edge.kind is not EdgeKind.USES),
        goals=_goals(comparison, base, renaming),
        settings=settings_of(said),
        uses=tuple(edge for edge in edges if edge.kind is EdgeKind.USES),
    )


def _called(step: Step, id_: str | None, now: Mapping[str, Step]) -> str | None:
    """What a renamed step is called now, by its name or else its id."""
    return None if id_ is None else now.get(id_, step).name or id_


def _triggers(base: Graph) -> Mapping[str, Trigger]:
    return {trigger.id: trigger for trigger in base.triggers}


def _parts(changes: Iterable[PartChange], parts: Mapping[str, _P], renaming: Renaming) -> dict[str, _P]:
    """Steps or triggers: without those that are gone, with the new ones last."""
    names = renaming.names
    removed = {change.id for change in changes if change.kind is ChangeKind.REMOVED}
    new = {change.id: cast("_P", change.new) for change in changes if change.new is not None}
    found: dict[str, _P] = {}
    for id_, part in parts.items():
        if id_ not in removed:
            name = names.get(id_, id_) if id_ in renaming.old.steps else id_
            found[name] = new[name] if name in new else _with_id(cast("_P", renaming.part(part)) if names else part, name)
    return found | new


def _with_id(part: _P, id_: str) -> _P:
    if part.id == id_:
        return part
    if isinstance(part, Step):
        return part._replace(id=id_)
    return replace(part, id=id_, start=id_ if part.start == part.id else part.start)


def _goals(comparison: Comparison, base: Graph, renaming: Renaming) -> tuple[Goal, ...]:
    """The goals; several may have one id, so it is by all they say that they are found."""
    found: list[Part] = [renaming.part(goal) if renaming.names else goal for goal in base.goals]
    for change in comparison.goals:
        if change.old is None:
            continue
        old = renaming.part(change.old) if change.kind is ChangeKind.REMOVED and renaming.names else change.old
        place = next(index for index, goal in enumerate(found) if _same_goal(goal, old))
        found[place : place + 1] = [change.new] if change.new is not None else []
    return tuple(cast("Goal", goal) for goal in [*found, *(change.new for change in comparison.goals if change.old is None)])


def _same_goal(one: Part, other: Part) -> bool:
    return replace(cast("Goal", one), pointer=()) == replace(cast("Goal", other), pointer=()) and same(one.config, other.config)


def _edges(comparison: Comparison, renaming: Renaming) -> list[Edge]:
    """The ways and uses, each where the one was that it came of, new ones last; those that are tried in order in their order."""
    found: dict[int, Edge] = dict(enumerate(renaming.edges()))
    places: dict[tuple[str, str, str | None], list[int]] = {}
    for place, edge in found.items():
        places.setdefault(edge[:3], []).append(place)
    for change in comparison.edges:
        if change.old is not None:
            rivals = places[change.old[:3]]
            # Of ways that are alike in all a comparison takes the first for those that stayed.
            place = next(place for place in reversed(rivals) if _same_edge(found[place], change.old))
            rivals.remove(place)
            if change.new is None:
                del found[place]
            else:
                found[place] = change.new
    edges = [*found.values(), *(change.new for change in comparison.edges if change.new is not None and change.old is None)]
    for order in comparison.orders:
        edges = _ordered(edges, order)
    return edges


def _same_edge(one: Edge, other: Edge) -> bool:
    return one[:4] == other[:4] and same(one.condition, other.condition)


def _ordered(edges: list[Edge], order: OrderChange) -> list[Edge]:
    """The edges with those of one step that are tried in order put into their places."""
    kind = order.new[0].kind
    rest = iter(order.new)
    return [next(rest) if edge.source == order.source and _is_tried(edge, kind) else edge for edge in edges]


def _is_tried(edge: Edge, kind: EdgeKind) -> bool:
    return edge.kind is kind and edge.condition is not None
