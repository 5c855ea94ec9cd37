"""Three graphs under common names: a step that one side has renamed is the same step on all of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from wflgit.core.diff import Comparison, compare, still_there
from wflgit.core.graph import EdgeKind, Goal, Graph, Step, Trigger
from wflgit.core.merge.asking import Asking, Three
from wflgit.core.merge.conflicts import OURS, ConflictKind
from wflgit.core.renaming import Renaming

_P = TypeVar("_P", Step, Trigger)


@dataclass(frozen=True)
class Touched:
    """What a side may have changed, so that nobody has to look at all else.

    Attributes:
        steps: the ids of steps; None if nobody knows.
        ways: the steps whose ways on it may have changed; None if nobody knows.
    """

    steps: frozenset[str] | None = None
    ways: frozenset[str] | None = None

    @classmethod
    def by(cls, comparison: Comparison) -> Touched:
        """What a comparison without renames has found."""
        steps = {change.id for change in (*comparison.steps, *comparison.trigger_steps)}
        ways = {change.source for change in comparison.edges} | {order.source for order in comparison.orders}
        return cls(frozenset(steps), frozenset(ways))


@dataclass(frozen=True)
class Named:
    """Three graphs in which every step has one id.

    Attributes:
        graphs: base, ours and theirs.
        origins: what each side calls the steps that have another id now, by that id.
        renamed: the steps that ours, and those that theirs, has renamed.
        called_by: for a step that both have renamed, the side whose name it has.
        touched: what ours, and what theirs, has changed.
    """

    graphs: Three
    origins: Three
    renamed: tuple[frozenset[str], frozenset[str]]
    called_by: Mapping[str, str]
    touched: tuple[Touched, Touched]


def with_common_names(base: Graph, ours: Graph, theirs: Graph, asking: Asking) -> Named:
    """Give every step one id on all sides, that of whoever renamed it; ask where both did, otherwise each."""
    mine, yours = compare(base, ours), compare(base, theirs)
    if not mine.renames and not yours.renames:
        touched = Touched.by(mine), Touched.by(yours)
        return Named(Three(base, ours, theirs), Three({}, {}, {}), (frozenset(), frozenset()), {}, touched)
    names, called_by = _names(base, mine, yours, asking)
    kept = still_there(mine, base, ours), still_there(yours, base, theirs)
    while True:
        maps = (names, *({side[id_]: name for id_, name in names.items() if id_ in side} for side in kept))
        clashing = {name for graph, said in zip((base, ours, theirs), maps, strict=True) for name in _twice(graph, said)}
        lost = {id_ for id_, name in names.items() if name in clashing}
        if not lost:
            break
        # Another step has the name already, so this one is taken for gone, and what it was renamed to for a new one.
        names = {id_: name for id_, name in names.items() if id_ not in lost}
    maps = tuple({id_: name for id_, name in said.items() if id_ != name} for said in maps)
    graphs = Three(base, ours, theirs)
    called = _Called(graphs, Three(*maps))
    return Named(
        Three(*(_translated(graph, said, called) for graph, said in zip(graphs, maps, strict=True))),
        Three(*({name: id_ for id_, name in said.items()} for said in maps)),
        (_renamed(names, mine), _renamed(names, yours)),
        {names[id_]: side for id_, side in called_by.items() if id_ in names},
        (Touched(), Touched()),
    )


def _names(base: Graph, mine: Comparison, yours: Comparison, asking: Asking) -> tuple[dict[str, str], dict[str, str]]:
    """What renamed steps are called in the merge, by what they were, and whose name those have that both renamed."""
    names: dict[str, str] = {}
    called_by: dict[str, str] = {}
    for id_ in base.steps:
        one, other = mine.renames.get(id_), yours.renames.get(id_)
        if one is None and other is None:
            continue
        names[id_] = one or other or id_
        if one is not None and other is not None and one != other:
            message = f"ours renamed step '{id_}' to '{one}', theirs to '{other}'"
            values = Three(id_, one, other)
            key = asking.choose(f"steps/{id_}/id", ConflictKind.FIELD, message, values, step=id_) or OURS
            names[id_], called_by[id_] = values.of(key), key
    return names, called_by


def _twice(graph: Graph, said: Mapping[str, str]) -> set[str]:
    counts = Counter(said.get(id_, id_) for id_ in graph.steps)
    return {name for name, count in counts.items() if count > 1}


def _renamed(names: Mapping[str, str], comparison: Comparison) -> frozenset[str]:
    return frozenset(name for id_, name in names.items() if id_ in comparison.renames)


class _Called:
    """Knows what a step is called by the side that gave it its name."""

    def __init__(self, graphs: Three, maps: Three) -> None:
        self._names: dict[str, str] = {}
        for graph, said in zip(reversed(graphs), reversed(maps), strict=True):
            self._names |= {id_: step.name or id_ for id_, step in graph.steps.items() if id_ not in said}

    def __call__(self, id_: str | None) -> str | None:
        return None if id_ is None else self._names.get(id_, id_)


def _translated(graph: Graph, names: Mapping[str, str], called: _Called) -> Graph:
    """A graph with other ids for some of its steps."""
    if not names:
        return graph
    renaming = Renaming(graph, graph.format, names, (graph.steps, names.values()), lambda step: called(names.get(step.id)))
    edges = renaming.edges()
    steps = {
        names.get(id_, id_): _with_id(cast("Step", renaming.part(step)), names.get(id_, id_)) for id_, step in graph.steps.items()
    }
    triggers = (
        _with_id(
            cast("Trigger", renaming.part(trigger)), names.get(trigger.id, trigger.id) if trigger.id in graph.steps else trigger.id
        )
        for trigger in graph.triggers
    )
    return Graph(
        graph.format,
        graph.name,
        names.get(graph.start or "", graph.start),
        tuple(triggers),
        steps,
        tuple(edge for edge in edges if edge.kind is not EdgeKind.USES),
        tuple(cast("Goal", renaming.part(goal)) for goal in graph.goals),
        graph.settings,
        graph.start_pointer,
        tuple(edge for edge in edges if edge.kind is EdgeKind.USES),
        {names.get(id_, id_): outcomes for id_, outcomes in graph.loose.items()},
    )


def _with_id(part: _P, id_: str) -> _P:
    if part.id == id_:
        return part
    if isinstance(part, Step):
        return part._replace(id=id_)
    return replace(part, id=id_, start=id_ if part.start == part.id else part.start)
