"""Where the boxes of a graph stand, layer by layer from the top, and how the ways go around them. Pure: the same in, the same out.

The layers, and the bends of ways over several layers, are found here; igraph orders each layer so that few ways cross, and says how
far to the right each box stands. (The bends that igraph 1.0 finds by itself are not always those of the way in question.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.render.html.extra import extra

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Point = tuple[float, float]
Way = tuple[int, int]

_ROUNDS = 50
"""How often each layer is ordered anew at most."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Places in columns and layers, from (0, 0) at the top left.

    Attributes:
        places: of each box, by its number.
        routes: of each way, the places that it goes through between its two ends, from the first to the last.
        width: the last column.
        height: the last layer.
    """

    places: tuple[Point, ...]
    routes: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def arrange(boxes: int, ways: Sequence[Way]) -> Layout:
    """Find a place for every box.

    Args:
        boxes: how many there are; their numbers begin with 0. In a circle, the first one is on top.
        ways: from which box to which; a way from a box to itself has no route.
    """
    after: list[list[int]] = [[] for _ in range(boxes)]
    for source, target in ways:
        after[source].append(target)
    back = _back(after)
    down = sorted(
        {(target, source) if (source, target) in back else (source, target) for source, target in ways if source != target}
    )
    layers = _layers(boxes, down)
    bends, pieces = _bends(layers, down)
    columns = _columns(layers, pieces)
    places = [(column, float(layer)) for column, layer in zip(columns, layers, strict=True)]
    routes = {way: tuple(places[bend] for bend in found) for way, found in bends.items()}
    return Layout(
        tuple(places[:boxes]),
        tuple(routes.get(way) or routes.get(way[::-1], ())[::-1] for way in ways),
        max(columns, default=0.0),
        float(max(layers, default=0)),
    )


def _back(after: Sequence[Sequence[int]]) -> set[Way]:
    """The ways that lead back to where one comes from; without them there are no circles."""
    found: set[Way] = set()
    seen: set[int] = set()
    for start in range(len(after)):
        if start in seen:
            continue
        seen.add(start)
        open_ = {start: iter(after[start])}
        while open_:
            here, targets = next(reversed(open_.items()))
            target = next(targets, None)
            if target is None:
                del open_[here]
            elif target in open_:
                found.add((here, target))
            elif target not in seen:
                seen.add(target)
                open_[target] = iter(after[target])
    return found


def _layers(boxes: int, down: Iterable[Way]) -> list[int]:
    """The layer of each box: below all that lead to it; what nothing leads to stands right above what it leads to."""
    before: list[list[int]] = [[] for _ in range(boxes)]
    after: list[list[int]] = [[] for _ in range(boxes)]
    for source, target in down:
        after[source].append(target)
        before[target].append(source)
    layers = [0] * boxes
    missing = [len(found) for found in before]
    ready = [box for box in range(boxes) if not missing[box]]
    for box in ready:  # grows as it goes
        for target in after[box]:
            layers[target] = max(layers[target], layers[box] + 1)
            missing[target] -= 1
            if not missing[target]:
                ready.append(target)
    for box in range(boxes):
        if not before[box] and after[box]:
            layers[box] = min(layers[target] for target in after[box]) - 1
    return layers


def _bends(layers: list[int], down: Iterable[Way]) -> tuple[dict[Way, list[int]], list[Way]]:
    """Put a bend into each layer that a way goes through: its number, after those of the boxes; and the pieces between them."""
    bends: dict[Way, list[int]] = {}
    pieces: list[Way] = []
    for source, target in down:
        found = bends[source, target] = []
        here = source
        for layer in range(layers[source] + 1, layers[target]):
            found.append(len(layers))
            pieces.append((here, len(layers)))
            here = len(layers)
            layers.append(layer)
        pieces.append((here, target))
    return bends, pieces


def _columns(layers: Sequence[int], pieces: Sequence[Way]) -> list[float]:
    if not layers:
        return []
    with extra():
        import igraph  # type: ignore[import-untyped]

    graph = igraph.Graph(n=len(layers), edges=pieces, directed=True)
    found = [float(place[0]) for place in graph.layout_sugiyama(layers=list(layers), maxiter=_ROUNDS).coords]
    columns = _apart(layers, found)
    left = min(columns)
    return [column - left for column in columns]


def _apart(layers: Sequence[int], columns: Sequence[float]) -> list[float]:
    """Move to the right what stands less than a column beside another in its layer; in large graphs igraph lets some overlap."""
    apart = list(columns)
    free: dict[int, float] = {}
    for column, place in sorted((column, place) for place, column in enumerate(columns)):
        layer = layers[place]
        apart[place] = max(column, free.get(layer, column))
        free[layer] = apart[place] + 1
    return apart
