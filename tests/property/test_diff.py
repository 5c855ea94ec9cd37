"""What holds for every comparison, whatever was compared."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.real.trial import damage
from wflgit.core.applying import apply
from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import Comparison, compare, ranked
from wflgit.core.fieldchanges import ChangeKind, field_changes, with_fields
from wflgit.core.formats import parse
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.core.jsonvalues import same
from wflgit.core.telling import list_changes
from wflgit.errors import DefinitionError

FILES = sorted((Path(__file__).parents[1] / "core" / "formats").glob("*/*.json"))

KINDS = {"mail": StepKind.ACTION, "wait": StepKind.WAIT, "ask": StepKind.CONDITION, "each": StepKind.LOOP, "hook": StepKind.TRIGGER}
IDS = st.sampled_from(["a", "b", "c", "d", "each/a", "each"])
VALUES = st.sampled_from([None, True, 1, 1.0, "x", "", [], {}, [1, 2], [True, 2], [2, 1], {"__y": 1}, {"y": [{"z": 0}, "x"]}])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    ids = draw(st.lists(IDS, min_size=1, unique=True))
    steps = {id_: draw(step(id_)) for id_ in ids}
    edges = [draw(edge(ids)) for _ in range(draw(st.integers(0, 6)))]
    goals = [
        Goal(draw(IDS), "won", draw(st.sampled_from([None, *ids])), {"x": draw(VALUES)}) for _ in range(draw(st.integers(0, 2)))
    ]
    triggers = [
        Trigger(found.id, found.type, found.config, start=found.id, disabled=found.disabled)
        for found in steps.values()
        if found.kind is StepKind.TRIGGER
    ]
    return Graph(
        format="test",
        name=draw(st.sampled_from([None, "Welcome", "Hello"])),
        start=draw(st.sampled_from([None, *ids])),
        triggers=tuple(triggers),
        steps=steps,
        edges=tuple(edges),
        goals=tuple(goals),
        settings=draw(st.dictionaries(st.sampled_from(["x", "start", "start (setting)"]), VALUES, max_size=2)),
        uses=tuple(edge._replace(kind=EdgeKind.USES) for edge in edges[:1]),
    )


@st.composite
def step(draw: st.DrawFn, id_: str) -> Step:
    type_ = draw(st.sampled_from(sorted(KINDS)))
    config = {"say": draw(st.sampled_from(["Hello there", "Good bye", "Well"])), "x": draw(VALUES)}
    scope = "each" if id_.startswith("each/") else None
    key = draw(st.sampled_from([None, "1", "2", "3"]))
    name = draw(st.sampled_from([None, None, "Ada", "Ben"]))
    return Step(id_, type_, KINDS[type_], config, name, scope, draw(st.booleans()), key=key)


@st.composite
def edge(draw: st.DrawFn, ids: list[str]) -> Edge:
    label, kind = draw(st.sampled_from([("next", EdgeKind.NEXT), ("yes", EdgeKind.BRANCH), ("no", EdgeKind.BRANCH)]))
    condition = draw(st.sampled_from([{"op": "eq"}, {"op": "ne"}])) if kind is EdgeKind.BRANCH else None
    return Edge(draw(st.sampled_from(ids)), label, draw(st.sampled_from([None, *ids, "gone"])), kind, condition)


def meant(graph: Graph) -> dict[str, Any]:
    """All that a graph says, without what a comparison does not speak of."""
    edges = [edge._replace(pointer=()) for edge in (*graph.edges, *graph.uses)]
    tried = {way: [edge._replace(pointer=()) for edge in found] for way, found in ranked(edges, graph.format).items()}
    return {
        "graph": (graph.format, graph.name, graph.start, graph.settings),
        "steps": {id_: step._replace(pointer=(), key=None) for id_, step in graph.steps.items()},
        "triggers": {trigger.id: replace(trigger, pointer=()) for trigger in graph.triggers},
        "goals": Counter(json.dumps([goal.id, goal.event, goal.target, goal.config], sort_keys=True) for goal in graph.goals),
        "edges": Counter((*edge[:4], json.dumps(edge.condition, sort_keys=True)) for edge in edges),
        "tried": {way: found for way, found in tried.items() if not is_split(graph, way[0])},
    }


def is_split(graph: Graph, id_: str) -> bool:
    return id_ in graph.steps and graph.steps[id_].kind is StepKind.SPLIT


def check(old: Graph, new: Graph) -> None:
    found = compare(old, new)
    made = apply(found, old)
    assert meant(made) == meant(new)
    assert not compare(made, new)
    check_all_is_told(found, list_changes(found, old, new))
    if "" not in {*old.steps, *new.steps}:  # what refers to nothing would refer to it
        assert mirrored(compare(new, old)) == shape(found)


def check_all_is_told(found: Comparison, changes: Sequence[Change]) -> None:
    parts = [part for name in PARTS for part in getattr(found, name)]
    assert {id(part) for change in changes for part in change.parts} == {*map(id, parts)}
    assert {id(edge) for change in changes for edge in change.edges} == {*map(id, found.edges)}
    told = {field.path for change in changes for field in change.fields}
    assert {field.path for field in found.settings} <= told
    assert {id(change.order) for change in changes if change.order} == {id(order) for order in found.orders if order.reordered}
    for part in parts:
        fields = [field.path for change in changes if part in change.parts for field in change.fields]
        assert {field.path for field in part.fields} <= {*fields}


PARTS = ("triggers", "steps", "trigger_steps", "goals")
MIRROR = {ChangeKind.ADDED: ChangeKind.REMOVED, ChangeKind.REMOVED: ChangeKind.ADDED, ChangeKind.CHANGED: ChangeKind.CHANGED}


def shape(found: Comparison) -> dict[str, Any]:
    """What differs, without values."""
    return {
        **{name: Counter((part.kind, last(part.was or part.id), last(part.id)) for part in getattr(found, name)) for name in PARTS},
        "edges": Counter(edge.kind for edge in found.edges),
        "settings": {field.path[0] for field in found.settings},
        "orders": Counter(order.reordered for order in found.orders),
        "renames": {*found.renames.items()},
    }


def last(id_: str) -> str:
    """The id without that of its container, which may have lost its own to another."""
    return id_.rpartition("/")[2]


def mirrored(found: Comparison) -> dict[str, Any]:
    """The same, of what a comparison the other way round is to find."""
    return {
        **{
            name: Counter((MIRROR[part.kind], last(part.id), last(part.was or part.id)) for part in getattr(found, name))
            for name in PARTS
        },
        "edges": Counter(MIRROR[edge.kind] for edge in found.edges),
        "settings": {field.path[0] for field in found.settings},
        "orders": Counter(order.reordered for order in found.orders),
        "renames": {(old, new) for new, old in found.renames.items()},
    }


@settings(max_examples=150, deadline=None)
@given(graphs(), graphs())
def test_a_comparison_and_the_old_graph_give_the_new_one_and_each_difference_is_told(old: Graph, new: Graph) -> None:
    check(old, new)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
@settings(max_examples=40, deadline=None)
@given(seeds=st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)))
def test_so_it_is_for_damaged_files_of_every_format(file: Path, seeds: tuple[int, int]) -> None:
    try:
        old, new = (parse(damage(file.read_bytes(), seed=seed)).graph for seed in seeds)
    except DefinitionError:
        return
    if old.format == new.format:
        check(old, new)


JSON = st.recursive(
    st.sampled_from([None, True, False, 0, 1, 1.0, "", "x", "y"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["a", "__b", "c.d", "'", "0", ""]), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b"]), JSON), st.dictionaries(st.sampled_from(["a", "b"]), JSON))
def test_changed_fields_and_the_old_values_give_the_new_ones(old: dict[str, Any], new: dict[str, Any]) -> None:
    before = copy.deepcopy(old)
    assert same(with_fields(old, field_changes(old, new)), new)
    assert same(old, before)


# Chains

Chain = list[str]


def chain(ids: Sequence[str]) -> Graph:
    steps = {id_: Step(id_, f"type {id_}", StepKind.ACTION, {"say": id_}) for id_ in ids}
    ends: list[str | None] = [*ids[1:], None]
    edges = tuple(Edge(id_, "next", after) for id_, after in zip(ids, ends, strict=True))
    return Graph("test", None, ids[0], (), steps, edges)


CHAINS = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=7, unique=True)
OPPOSITES = [
    (ChangeType.STEP_ADDED, ChangeType.STEP_REMOVED),
    (ChangeType.STEPS_INSERTED, ChangeType.STEPS_TAKEN_OUT),
    (ChangeType.EDGE_ADDED, ChangeType.EDGE_REMOVED),
]
OPPOSITE = {type_: type_ for type_ in ChangeType} | {a: b for pair in OPPOSITES for a, b in (pair, pair[::-1])}


@settings(max_examples=300, deadline=None)
@given(CHAINS, CHAINS)
def test_what_was_done_to_a_chain_is_undone_by_the_opposite(old: Chain, new: Chain) -> None:
    one, other = chain(old), chain(new)
    there = Counter(change.type for change in list_changes(compare(one, other), one, other))
    back = Counter(OPPOSITE[change.type] for change in list_changes(compare(other, one), other, one))
    assert there == back


@settings(max_examples=200, deadline=None)
@given(CHAINS, st.data())
def test_one_thing_done_to_a_chain_is_one_change(ids: Chain, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(ids)))
    inserted = [*ids[:place], *data.draw(st.sampled_from([["x"], ["x", "y"], ["x", "y", "z"]])), *ids[place:]]
    moved = [id_ for id_ in ids if id_ != ids[0]]
    moved.insert(place, ids[0])
    one = chain(ids)
    for new, type_ in ((inserted, ChangeType.STEPS_INSERTED), (moved, ChangeType.STEP_MOVED)):
        found = [change.type for change in list_changes(compare(one, chain(new)), one, chain(new))]
        assert found == ([] if new == ids else [type_])
