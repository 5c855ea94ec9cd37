"""A workflow as a drawing: boxes and the ways between them, marked by what changed, with the executions that stand there. Pure.

Both sides are in one drawing: what is gone is drawn beside what is there. Of a large workflow, stretches in which nothing changes
and nobody stands are folded into one box each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from wflgit.core.diff import Comparison
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind, Trigger
from wflgit.render.html.layout import Layout, arrange
from wflgit.render.text import printable, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_FOLDED_FROM = 16
"""From how many steps on stretches without changes are folded."""
_STRETCH = 4
"""How many steps a stretch has at least."""
_PEOPLED = 60
"""Up to how many steps all those at which executions stand are drawn."""
_MOST = 250
"""How many boxes are drawn at most."""

WIDTH, HEIGHT = 176, 48
_COLUMN, _LAYER, _MARGIN = 204, 98, 30
_PORT = 24
_RING = 9
_LETTERS = 19


class Look(StrEnum):
    """What a box stands for, as far as it looks otherwise than a step."""

    STEP = "step"
    TRIGGER = "trigger"
    GOAL = "goal"
    FOLD = "fold"
    MISSING = "missing"
    END = "end"


@dataclass(frozen=True, slots=True)
class Box:
    """Something that ways lead to or from.

    Attributes:
        name: what it is called, in full.
        what: its type, in full; `""` if there is nothing to say.
        look: what it stands for.
        kind: of a step.
        change: what happened to it; None if nothing did.
        executions: how many live ones stand there; None if unknown.
        x, y: its middle.
    """

    name: str
    what: str = ""
    look: Look = Look.STEP
    kind: StepKind = StepKind.ACTION
    change: ChangeKind | None = None
    executions: int | None = None
    x: float = 0
    y: float = 0

    @property
    def title(self) -> str:
        """Its name, as much of it as fits in."""
        return shorten(printable(self.name), _LETTERS)

    @property
    def below(self) -> str:
        """What it is, as much of it as fits in: the last word of a long type."""
        return shorten(printable(self.what.rpartition(".")[2] or self.what), _LETTERS + 5)


@dataclass(frozen=True, slots=True)
class Way:
    """A way between two boxes.

    Attributes:
        source, target: the boxes, by number.
        label: the outcome that takes it; `""` for the plain way on.
        kind: why one goes along it.
        change: what happened to it; None if nothing did.
        path: of the line, as SVG writes it.
        x, y: the middle of its label.
    """

    source: int
    target: int
    label: str
    kind: EdgeKind
    change: ChangeKind | None
    path: str = ""
    x: float = 0
    y: float = 0

    @property
    def title(self) -> str:
        """Its label, as much of it as one can draw."""
        return shorten(printable(self.label), 16)


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes and ways, placed.

    Attributes:
        note: what was left out; `""` if nothing was.
    """

    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]
    width: int
    height: int
    note: str = ""
    steps: int = 0

    def leading(self, box: int) -> tuple[Way, ...]:
        """The ways out of a box."""
        return tuple(way for way in self.ways if way.source == box)


_Key = tuple[str, str]
_Line = tuple[_Key, _Key, Edge, ChangeKind | None]


@dataclass(slots=True)
class _Plot:
    """Boxes by what they stand for, and ways between them, before anything has a place."""

    boxes: dict[_Key, Box] = field(default_factory=dict)
    ways: list[_Line] = field(default_factory=list)


def draw(comparison: Comparison, old: Graph | None, new: Graph | None, at: Mapping[str, int] | None) -> Drawing:
    """Draw both sides in one.

    Args:
        comparison: all that differs; one that may be shown.
        old: the graph of the base; None if there was none.
        new: the graph of the head; None if there is none any more.
        at: how many live executions stand at each step of the base; None if unknown.
    """
    plot = _Plot()
    parts = (*comparison.triggers, *comparison.steps)
    was = {part.id: part.was for part in parts if part.was is not None}
    if new is not None:
        happened = {part.id: part.kind for part in parts if part.new is not None}
        standing = None if at is None else {step: at.get(was.get(step, step), 0) for step in new.steps}
        _add_graph(plot, new, standing, happened)
    _add_removed(plot, comparison, old, at)
    _add_ways(plot, new, comparison)
    if new is not None:
        _add_goals(plot, new, {goal.id: goal.kind for goal in comparison.goals})
    return _drawing(plot)


def draw_side(graph: Graph, at: Mapping[str, int] | None, marks: Mapping[str, ChangeKind]) -> Drawing:
    """Draw one version by itself, with marks on steps and the executions at them."""
    plot = _Plot()
    _add_graph(plot, graph, None if at is None else {step: at.get(step, 0) for step in graph.steps}, marks)
    _add_ways(plot, graph, None)
    _add_goals(plot, graph, {})
    return _drawing(plot)


def _drawing(plot: _Plot) -> Drawing:
    steps = sum(box.look is Look.STEP for box in plot.boxes.values())
    cut, note = _cut(_folded(plot, steps), steps)
    return _placed(cut, note, steps)


def _add_graph(plot: _Plot, graph: Graph, at: Mapping[str, int] | None, marks: Mapping[str, ChangeKind]) -> None:
    """What starts executions, where it is no step itself, and the steps."""
    for trigger in graph.triggers:
        if trigger.start is None and trigger.id not in graph.steps:
            key = ("trigger", trigger.id)
            plot.boxes[key] = _trigger_box(trigger.id, trigger.type, marks.get(trigger.id))
            if graph.start is not None and graph.start in graph.steps:
                plot.ways.append((key, ("new", graph.start), Edge(trigger.id, "next", graph.start), marks.get(trigger.id)))
    for step in graph.steps.values():
        plot.boxes["new", step.id] = _box(step, marks.get(step.id), None if at is None else at[step.id])


def _trigger_box(id_: str, type_: str, change: ChangeKind | None) -> Box:
    return Box(id_, "trigger" if type_ == id_ else type_, Look.TRIGGER, StepKind.TRIGGER, change)


def _add_removed(plot: _Plot, comparison: Comparison, old: Graph | None, at: Mapping[str, int] | None) -> None:
    for part in (*comparison.steps, *comparison.triggers):
        if part.new is not None or part.old is None:
            continue
        key = ("old", part.id)
        if isinstance(part.old, Step):
            plot.boxes[key] = _box(part.old, part.kind, None if at is None else at.get(part.id, 0))
        elif isinstance(part.old, Trigger):
            plot.boxes[key] = _trigger_box(part.id, part.old.type, part.kind)
            if old is not None and old.start is not None and part.old.start is None:
                begins = _side(plot, old.start, "old")
                if begins in plot.boxes:
                    plot.ways.append((key, begins, Edge(part.id, "next", old.start), part.kind))


def _box(step: Step, change: ChangeKind | None, executions: int | None) -> Box:
    name = step.id if step.scope is None else step.id.removeprefix(f"{step.scope}/")
    return Box(name, f"{step.type}{' (disabled)' if step.disabled else ''}", Look.STEP, step.kind, change, executions)


def _add_ways(plot: _Plot, graph: Graph | None, comparison: Comparison | None) -> None:
    """The ways of a graph; and those that are gone, or led elsewhere."""
    changes = () if comparison is None else comparison.edges
    happened = {id(change.new): change.kind for change in changes if change.new is not None}
    for edge in () if graph is None else (*graph.edges, *graph.uses):
        source = ("new", edge.source)
        plot.ways.append((source, _target(plot, source, edge, "new"), edge, happened.get(id(edge))))
    for change in changes:
        if change.old is not None and (change.new is None or change.new.target != change.old.target):
            source = _side(plot, change.source, "old")
            if source in plot.boxes:
                plot.ways.append((source, _target(plot, source, change.old, "old"), change.old, ChangeKind.REMOVED))


def _side(plot: _Plot, step: str, side: str) -> _Key:
    return (side, step) if (side, step) in plot.boxes else ("new", step)


def _target(plot: _Plot, source: _Key, edge: Edge, side: str) -> _Key:
    """The box that a way leads to: each step has an end of its own, and a step that is not there is drawn as missing."""
    if edge.target is None:
        key = ("end", f"{source[0]} {source[1]}")
        plot.boxes.setdefault(key, Box("end", "", Look.END, StepKind.END))
        return key
    key = _side(plot, edge.target, side)
    if key not in plot.boxes:
        key = ("missing", edge.target)
        plot.boxes[key] = Box(edge.target, "no such step", Look.MISSING)
    return key


def _add_goals(plot: _Plot, graph: Graph, happened: Mapping[str, ChangeKind]) -> None:
    for goal in graph.goals:
        key = ("goal", goal.id)
        plot.boxes[key] = Box(goal.id, goal.event, Look.GOAL, StepKind.GOAL, happened.get(goal.id))
        edge = Edge(goal.id, "next", goal.target, EdgeKind.GOAL)
        plot.ways.append((key, _target(plot, key, edge, "new"), edge, None))


def _folded(plot: _Plot, steps: int) -> _Plot:
    """Fold each stretch of steps that nothing happened to, beside or around, into one box."""
    if steps < _FOLDED_FROM:
        return plot
    kept = {key for key, box in plot.boxes.items() if box.change is not None or box.look not in (Look.STEP, Look.END)}
    if steps <= _PEOPLED:
        kept |= {key for key, box in plot.boxes.items() if box.executions}
    for source, target, _, change in plot.ways:
        if change is not None:
            kept |= {source, target}
    near = {key for way in plot.ways if kept & {*way[:2]} for key in way[:2]}
    stretches = _stretches([key for key in plot.boxes if key not in kept and key not in near], plot)
    folds = {key: ("fold", f"{number}") for number, stretch in enumerate(stretches) for key in stretch}
    boxes: dict[_Key, Box] = {}
    for key, box in plot.boxes.items():
        boxes.setdefault(folds.get(key, key), box)
    for number, stretch in enumerate(stretches):
        boxes["fold", f"{number}"] = _fold([plot.boxes[key] for key in stretch])
    ways: dict[tuple[_Key, _Key, str, ChangeKind | None], _Line] = {}
    for source, target, edge, change in plot.ways:
        ends = folds.get(source, source), folds.get(target, target)
        if ends[0] == ends[1] and ends[0][0] == "fold":
            continue
        plain = edge._replace(label="next", condition=None) if ends[0][0] == "fold" else edge
        ways.setdefault((*ends, plain.label, change), (*ends, plain, change))
    return _Plot(boxes, [*ways.values()])


def _stretches(keys: Sequence[_Key], plot: _Plot) -> list[list[_Key]]:
    """The keys that hang together by ways among them, as far as they are many."""
    among: dict[_Key, list[_Key]] = {key: [] for key in keys}
    for source, target, _, _ in plot.ways:
        if source in among and target in among:
            among[source].append(target)
            among[target].append(source)
    found, seen = [], set[_Key]()
    for key in keys:
        if key in seen:
            continue
        seen.add(key)
        stretch = [key]
        for here in stretch:  # grows as it goes
            new = [other for other in dict.fromkeys(among[here]) if other not in seen]
            seen.update(new)
            stretch += new
        if sum(plot.boxes[member].look is Look.STEP for member in stretch) >= _STRETCH:
            found.append(stretch)
    return found


def _fold(boxes: Sequence[Box]) -> Box:
    steps = [box for box in boxes if box.look is Look.STEP]
    counts = [box.executions for box in steps if box.executions is not None]
    return Box(f"{len(steps):,} steps", "nothing changes here", Look.FOLD, executions=sum(counts) if counts else None)


def _cut(plot: _Plot, steps: int) -> tuple[_Plot, str]:
    """Leave out what is too much to draw: first what did not change, then what comes late; say what was folded or left out."""
    shown = [key for key, box in plot.boxes.items() if box.look is Look.STEP]
    note = ""
    if len(plot.boxes) > _MOST:
        ranked = sorted(plot.boxes, key=lambda key: plot.boxes[key].change is None)
        kept = {*ranked[:_MOST]}
        plot = _Plot({key: box for key, box in plot.boxes.items() if key in kept}, [w for w in plot.ways if {*w[:2]} <= kept])
        shown = [key for key in shown if key in kept]
        note = f"{len(shown):,} of {steps:,} steps are drawn, those that changed first."
    elif len(shown) < steps:
        note = f"{len(shown):,} of {steps:,} steps are drawn one by one: those that changed, and those next to them."
    return plot, note


def _placed(plot: _Plot, note: str, steps: int) -> Drawing:
    numbers = {key: number for number, key in enumerate(plot.boxes)}
    ends = [(numbers[source], numbers[target]) for source, target, _, _ in plot.ways]
    layout = arrange(len(numbers), ends)
    boxes = tuple(
        replace(box, x=_MARGIN + WIDTH / 2 + column * _COLUMN, y=_MARGIN + HEIGHT / 2 + layer * _LAYER)
        for box, (column, layer) in zip(plot.boxes.values(), layout.places, strict=True)
    )
    ways = tuple(
        Way(*way, "" if edge.label == "next" else edge.label, edge.kind, change)
        for way, (_, _, edge, change) in zip(ends, plot.ways, strict=True)
    )
    lines = _lines(boxes, ends, layout)
    drawn = tuple(replace(way, path=path, x=x, y=y) for way, (path, x, y) in zip(ways, lines, strict=True))
    width = round(2 * _MARGIN + WIDTH + layout.width * _COLUMN)
    return Drawing(boxes, drawn, width, round(2 * _MARGIN + HEIGHT + layout.height * _LAYER), note, steps)


def _lines(boxes: Sequence[Box], ends: Sequence[tuple[int, int]], layout: Layout) -> Iterator[tuple[str, float, float]]:
    """The line of each way, and where its label is."""
    ports = _ports(boxes, ends, layout)
    crowds: dict[tuple[int, bool], int] = defaultdict(int)
    for number, (source, target) in enumerate(ends):
        if source == target:
            yield _loop(boxes[source])
            continue
        points = [ports[number, source]]
        for column, layer in layout.routes[number]:
            x, y = _MARGIN + WIDTH / 2 + column * _COLUMN, _MARGIN + HEIGHT / 2 + layer * _LAYER
            sides = (x, y - HEIGHT / 2), (x, y + HEIGHT / 2)
            points += sides if boxes[target].y > boxes[source].y else sides[::-1]
        points.append(ports[number, target])
        crowd = crowds[source, boxes[target].y > boxes[source].y]
        crowds[source, boxes[target].y > boxes[source].y] += 1
        share = 0.62 if crowd % 2 else 0.4
        (x, y), (to_x, to_y) = points[:2]
        yield _path(points), _along(x, to_x, share), y + (to_y - y) * share


def _along(start: float, end: float, share: float) -> float:
    """How far to the right the curve is at this share of its height."""
    eased = 3 * share**2 - 2 * share**3
    return start + (end - start) * eased


def _path(points: Sequence[tuple[float, float]]) -> str:
    """A line that leaves and reaches boxes straight down or up, and bends in between."""
    said = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for index, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        middle = (y + to_y) / 2
        straight = x == to_x or index % 2
        said.append(f"L{to_x:g} {to_y:g}" if straight else f"C{x:g} {middle:g} {to_x:g} {middle:g} {to_x:g} {to_y:g}")
    return "".join(said)


def _loop(box: Box) -> tuple[str, float, float]:
    """The line of a way from a box to itself: out at its right and in again."""
    x, y = box.x + WIDTH / 2, box.y
    return f"M{x:g} {y - 10:g}C{x + 26:g} {y - 16:g} {x + 26:g} {y + 16:g} {x + 3:g} {y + 10:g}", x + 20, y - 18


def _ports(boxes: Sequence[Box], ends: Sequence[tuple[int, int]], layout: Layout) -> dict[tuple[int, int], tuple[float, float]]:
    """Where each way, by its number, touches each of its boxes: side by side, in the order in which they come."""
    sides: dict[tuple[int, bool], list[tuple[float, int]]] = defaultdict(list)
    for number, (source, target) in enumerate(ends):
        if source == target:
            continue
        route = [layout.places[source], *layout.routes[number], layout.places[target]]
        is_down = layout.places[target][1] > layout.places[source][1]
        sides[source, is_down].append((route[1][0], number))
        sides[target, not is_down].append((route[-2][0], number))
    found = {}
    for (box, is_below), touching in sides.items():
        gap = min(_PORT, (WIDTH - 40) / len(touching))
        half = _RING if boxes[box].look is Look.END else HEIGHT / 2
        y = boxes[box].y + (half if is_below else -half)
        for place, (_, number) in enumerate(sorted(touching)):
            shift = 0 if boxes[box].look is Look.END else (place - (len(touching) - 1) / 2) * gap
            found[number, box] = boxes[box].x + shift, y
    return found


def words(drawing: Drawing) -> Iterable[tuple[Box, tuple[tuple[Way, Box], ...]]]:
    """The drawing for those who cannot see it: each box but the ends, with the ways out of it and where they lead."""
    for number, box in enumerate(drawing.boxes):
        if box.look is not Look.END:
            yield box, tuple((way, drawing.boxes[way.target]) for way in drawing.leading(number))
