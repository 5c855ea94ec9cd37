"""Merging the ways on from steps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from wflgit.core.diff import is_ordered
from wflgit.core.formats.shapes import unique
from wflgit.core.graph import Edge, EdgeKind, Step, StepKind
from wflgit.core.jsonvalues import same
from wflgit.core.merge.asking import BOTH, MISSING, Asking, Place, Three, decided
from wflgit.core.merge.sequences import woven
from wflgit.core.merge.sides import Side, same_ways, shown_way
from wflgit.core.merge.targets import Targets
from wflgit.core.merge.values import Values

_TRIED = (EdgeKind.BRANCH, EdgeKind.ERROR)
_NAMED_BY_TARGET = "asl"
"""The format in which the ways on are called as what they lead to."""


class _Way(NamedTuple):
    """One way as the sides have it, MISSING where one has it not, and where in the order of each; a `mark` to know it by."""

    mark: int
    edges: Three
    places: Three


class Ways:
    """Merges the ways on from each step."""

    def __init__(self, sides: tuple[Side, Side, Side], asking: Asking, values: Values, targets: Targets) -> None:
        self._sides = sides
        self._asking = asking
        self._values = values
        self._targets = targets
        self._format = sides[1].graph.format
        self._several = not is_ordered(self._format)

    def merge(self, steps: Mapping[str, Step]) -> list[Edge]:
        """All ways on from the steps of the merge, step by step."""
        base, ours, theirs = self._sides
        found: list[Edge] = []
        untouched = theirs.not_led(base.not_led(base.steps))
        for id_ in steps:
            one = ours.ways.get(id_, ())
            if id_ in untouched:
                found += one
                continue
            other = theirs.ways.get(id_, ())
            if same_ways(one, other) or id_ not in theirs.steps or same_ways(was := base.ways.get(id_, ()), other):
                found += one
            elif id_ not in ours.steps or same_ways(was, one):
                found += other
            else:
                found += self._of_step(steps[id_], Three(was, one, other))
        return self._named(self._led(found), steps)

    def _of_step(self, step: Step, sides: Three) -> list[Edge]:
        """The ways on from a step where both sides changed them."""
        ways = _paired(sides, several=self._several)
        merged: dict[int, list[Edge]] = {}
        for way in ways:
            edges = self._way(step.id, way.edges)
            if edges:
                merged[way.mark] = edges
        order = woven(_marks(ways, 1), _marks(ways, 2), merged)
        for kind in _TRIED:
            order = self._ordered(step, kind, order, merged, ways)
        return [edge for mark in order for edge in merged[mark]]

    def _way(self, source: str, edges: Three) -> list[Edge]:
        """What comes of one way: none, one, or two where it is to lead to both."""
        base, ours, theirs = edges
        found = _decided(edges)
        if found:
            return [edge for edge in found if edge is not MISSING]
        said = next(edge for edge in edges if edge is not MISSING)
        path, what = f"edges/{source}/{said.label}", f"the way '{said.label}' of '{source}'"
        targets = Three(*(MISSING if edge is MISSING else edge.target for edge in edges))
        if MISSING in edges[1:]:
            # One side removed it, the other changed anything of it, be it not where it leads.
            targets = Three((base.target,), *(edge if edge is MISSING else (edge.target, edge) for edge in edges[1:]))
        shown = Three(*(MISSING if edge is MISSING else shown_way(edge) for edge in edges))
        key = self._targets.merge(targets, path, what, source, several=self._several, shown=shown)
        if key == BOTH:
            return [ours, theirs]
        chosen = edges.of(key)
        if chosen is MISSING or MISSING in edges[1:]:
            return [] if chosen is MISSING else [chosen]
        return [self._rest(edges, chosen, Place(path, what, step=source))]

    def _rest(self, edges: Three, chosen: Edge, place: Place) -> Edge:
        """The way with where it leads as chosen, and all else merged."""
        label = chosen.label
        if self._format != _NAMED_BY_TARGET:
            label = self._values.merge(_field(edges, "label"), place.below("label"))
        kinds = decided(_field(edges, "kind"))
        condition = self._values.merge(_field(edges, "condition"), place.below("condition"))
        return chosen._replace(
            label=label, kind=kinds[0] if kinds else chosen.kind, condition=None if condition is MISSING else condition
        )

    def _ordered(
        self,
        step: Step,
        kind: EdgeKind,
        order: list[int],
        merged: Mapping[int, Sequence[Edge]],
        ways: Sequence[_Way],
    ) -> list[int]:
        """The order with the ways of a kind, of which the first that fits is taken, in their places."""
        tried = [mark for mark in order if all(edge.kind is kind and edge.condition is not None for edge in merged[mark])]
        if self._several or len(tried) < 2 or step.kind is StepKind.SPLIT:
            return order
        marks = Three(*(_marks(ways, index) for index in range(3)))
        place = Place(f"edges/{step.id}", f"the ways on from '{step.id}'", step=step.id)
        rest = iter(self._values.order(marks, tried, place, called=lambda mark: merged[mark][0].label))
        return [next(rest) if mark in tried else mark for mark in order]

    def _led(self, edges: list[Edge]) -> list[Edge]:
        """The ways with those led elsewhere that lead from the steps of one side to those of the other."""
        found = list(edges)
        for edge, target in self._targets.led:
            found = [other._replace(target=target) if other[:5] == edge[:5] else other for other in found]
        return found + self._targets.added

    def _named(self, edges: list[Edge], steps: Mapping[str, Step]) -> list[Edge]:
        if self._format != _NAMED_BY_TARGET:
            return edges
        return _named_by_target(edges, steps)


def _named_by_target(edges: Iterable[Edge], steps: Mapping[str, Step]) -> list[Edge]:
    """The ways called as the format calls them: by the state that they lead to, with a number if there are several."""
    taken: dict[str, set[str]] = {}
    found = []
    for edge in edges:
        if edge.kind not in _TRIED:
            found.append(edge)
            continue
        label = edge.label
        target = steps.get(edge.target or "")
        if edge.kind is EdgeKind.BRANCH and target is not None:
            label = target.name or label
        elif edge.kind is EdgeKind.ERROR:
            label = _error_label(edge.condition)
        found.append(edge._replace(label=unique(label, taken.setdefault(edge.source, {"default"}))))
    return found


def _error_label(condition: Any) -> str:
    from wflgit.core.formats.asl.reading import error_label

    return error_label(condition if isinstance(condition, dict) else {})


def _field(edges: Three, name: str) -> Three:
    values = (MISSING if edge is MISSING else getattr(edge, name) for edge in edges)
    return Three(*(MISSING if value is None else value for value in values))


def _decided(edges: Three) -> tuple[Any, ...]:
    """The way, in a tuple, if at most one side changed it or both did the same."""
    base, ours, theirs = edges
    if _alike(ours, theirs) or _alike(base, theirs):
        return (ours,)
    return (theirs,) if _alike(base, ours) else ()


def _alike(one: Any, other: Any) -> bool:
    return one is other or (one is not MISSING and other is not MISSING and _same(one, other))


def _marks(ways: Iterable[_Way], index: int) -> list[int]:
    """What the ways of a side are known by, in its order."""
    there = [(way.places[index], way.mark) for way in ways if way.places[index] is not None]
    return [mark for _, mark in sorted(there)]


# Which way is which


def _paired(sides: Three, *, several: bool) -> list[_Way]:
    """Find the ways that are one: those of before on both sides, and the new ones that both have."""
    base, ours, theirs = sides
    mine, yours = _partners(base, ours), _partners(base, theirs)
    found: list[tuple[int | None, int | None, int | None]] = [
        (place, mine.get(place), yours.get(place)) for place in range(len(base))
    ]
    new_ours = [place for place in range(len(ours)) if place not in mine.values()]
    new_theirs = [place for place in range(len(theirs)) if place not in yours.values()]
    for place in new_ours:
        other = next((each for each in new_theirs if _same(ours[place], theirs[each])), None)
        if other is None:
            other = _rival(ours[place], [theirs[each] for each in new_theirs], [ours[each] for each in new_ours], new_theirs)
            if other is not None and several and not _nothing_stays(ours[place].label, base, mine, yours):
                other = None
        was = _left_by_both(ours[place].label, base, found) if other is not None else None
        if was is not None:
            found[was] = (was, place, other)
        else:
            found.append((None, place, other))
        if other is not None:
            new_theirs.remove(other)
    found += [(None, None, place) for place in new_theirs]
    return [
        _Way(mark, Three(*(MISSING if at is None else side[at] for side, at in zip(sides, places, strict=True))), Three(*places))
        for mark, places in enumerate(found)
    ]


def _rival(edge: Edge, theirs: Sequence[Edge], ours: Sequence[Edge], places: Sequence[int]) -> int | None:
    """Where the only new way of the other side is that has the label of the only one of this side."""
    rivals = [place for other, place in zip(theirs, places, strict=True) if other.label == edge.label]
    return rivals[0] if len(rivals) == 1 == sum(other.label == edge.label for other in ours) else None


def _nothing_stays(label: str, base: Sequence[Edge], mine: Mapping[int, int], yours: Mapping[int, int]) -> bool:
    """Whether both sides removed all ways of a label that there were."""
    return not any(edge.label == label and (place in mine or place in yours) for place, edge in enumerate(base))


def _left_by_both(label: str, base: Sequence[Edge], found: Sequence[tuple[int | None, int | None, int | None]]) -> int | None:
    """The only way of a label that both sides removed."""
    left = [place for place, edge in enumerate(base) if edge.label == label and found[place][1] is None and found[place][2] is None]
    return left[0] if len(left) == 1 else None


def _partners(base: Sequence[Edge], side: Sequence[Edge]) -> dict[int, int]:
    """The way of a side that each of before is: the same, else the only one of its label, else of its condition."""
    found: dict[int, int] = {}
    for alike in (_same, _same_end, _same_label, _same_condition):
        olds = [place for place in range(len(base)) if place not in found]
        news = [place for place in range(len(side)) if place not in found.values()]
        for place in olds:
            others = [each for each in news if alike(base[place], side[each])]
            rivals = [each for each in olds if others and alike(base[each], side[others[0]])]
            if len(others) == 1 == len(rivals):
                found[place] = others[0]
    return found


def _same(one: Edge, other: Edge) -> bool:
    return one[:4] == other[:4] and same(one.condition, other.condition)


def _same_end(one: Edge, other: Edge) -> bool:
    return one[:3] == other[:3]


def _same_label(one: Edge, other: Edge) -> bool:
    return one[1] == other[1]


def _same_condition(one: Edge, other: Edge) -> bool:
    return (
        one.kind is other.kind and isinstance(one.condition, dict) and bool(one.condition) and same(one.condition, other.condition)
    )
