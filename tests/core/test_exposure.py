"""Who is on the way: at some steps, before them, past them; and that unknown is not zero."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from wflgit.core.exposure import NOBODY, UNKNOWN, Affected, Exposure, Snapshot
from wflgit.core.formats import parse
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind
from wflgit.core.records import StepCount

_KINDS = (StepKind.ACTION, StepKind.PARALLEL, StepKind.LOOP, StepKind.CONDITION)


def graph(*edges: tuple[str, str | None], steps: str = "abcd", goals: tuple[str, ...] = (), **scopes: str) -> Graph:
    """Steps by letters, and ways between them; those in a scope are entered by `edges` too."""
    found = {id_: Step(id_, "x", StepKind.ACTION, {}, scope=scopes.get(id_)) for id_ in steps}
    ways = tuple(Edge(source, "next", target, _edge_kind(source, target, scopes)) for source, target in edges)
    return Graph("asl", None, steps[0], (), found, ways, tuple(Goal(goal, goal, goal, {}) for goal in goals))


def _edge_kind(source: str, target: str | None, scopes: dict[str, str]) -> EdgeKind:
    return EdgeKind.ENTER if target is not None and scopes.get(target) == source else EdgeKind.NEXT


def of_kind(found: Graph, step: str, kind: StepKind) -> Graph:
    steps = {**found.steps, step: found.steps[step]._replace(kind=kind)}
    return Graph("asl", None, found.start, (), steps, found.edges, found.goals)


def exposure(found: Graph, **at: int) -> Exposure:
    return Exposure(found, [StepCount("welcome", 1, step, active, 0) for step, active in at.items()])


def known(*steps: str) -> frozenset[str]:
    return frozenset(steps)


ROW = graph(("a", "b"), ("b", "c"), ("c", None))


def test_upstream_is_what_leads_there_and_past_is_the_rest() -> None:
    found = exposure(ROW)
    assert found.upstream({"b"}) == {"a"}
    assert found.past({"b"}) == {"c", "d"}


def test_in_a_loop_nobody_is_past() -> None:
    found = exposure(graph(("a", "b"), ("b", "c"), ("c", "a"), steps="abc"))
    assert found.upstream({"b"}) == {"a", "c"}
    assert found.past({"b"}) == known()


def test_whoever_is_inside_of_a_container_comes_to_what_follows_it() -> None:
    inside = graph(("a", "b"), ("b", "d"), ("a", "c"), ("c", None), b="a", d="a")
    for kind in (StepKind.PARALLEL, StepKind.LOOP, StepKind.ACTION):
        assert exposure(of_kind(inside, "a", kind)).upstream({"c"}) == {"a", "b", "d"}


def test_only_a_loop_begins_its_inside_again() -> None:
    inside = graph(("a", "b"), ("b", "d"), ("a", "c"), ("c", None), b="a", d="a")
    assert exposure(of_kind(inside, "a", StepKind.PARALLEL)).past({"b"}) == {"c", "d"}
    assert exposure(of_kind(inside, "a", StepKind.LOOP)).past({"b"}) == {"c"}


def test_whoever_is_inside_of_a_container_comes_back_to_it() -> None:
    inside = of_kind(graph(("a", "b"), ("a", "c"), b="a"), "a", StepKind.PARALLEL)
    assert exposure(inside).upstream({"a"}) == {"b"}


def test_the_end_inside_of_a_scope_is_not_the_end_of_the_execution() -> None:
    inside = of_kind(graph(("a", "b"), ("b", None), ("a", "c"), b="a"), "a", StepKind.PARALLEL)
    assert "b" in exposure(inside).upstream({"c"})


def test_a_goal_is_led_to_from_everywhere() -> None:
    found = exposure(graph(("a", "b"), ("c", "d"), goals=("c",)))
    assert found.upstream({"d"}) == {"a", "b", "c"}
    assert exposure(graph(("a", "b"), ("c", "d"))).upstream({"d"}) == {"c"}


def test_what_a_step_works_with_is_on_the_way_of_those_who_come_to_the_step() -> None:
    document = {
        "nodes": [
            {"name": name, "type": type_, "parameters": {}, "typeVersion": 1, "position": [0, 0]}
            for name, type_ in (("Start", "n8n-nodes-base.manualTrigger"), ("Agent", "x.agent"), ("Model", "x.model"))
        ],
        "connections": {
            "Start": {"main": [[{"node": "Agent", "type": "main", "index": 0}]]},
            "Model": {"ai_languageModel": [[{"node": "Agent", "type": "ai_languageModel", "index": 0}]]},
        },
    }
    assert Exposure(parse(json.dumps(document).encode()).graph, None).upstream({"Model"}) == {"Start", "Agent"}


def test_executions_of_all_versions_count_by_the_step_they_stand_at() -> None:
    counts = [StepCount("welcome", 1, "a", 1, 2), StepCount("welcome", 2, "a", 3, 0), StepCount("welcome", 1, "gone", 5, 0)]
    found = Exposure(ROW, counts)
    assert found.at == {"a": 6}
    assert (found.elsewhere, found.total) == (5, 11)


def test_affected_are_those_who_stand_there_and_those_who_can_come() -> None:
    found = exposure(ROW, a=2, b=3, c=4)
    assert found.affected({"b"}) == Affected(3, 2)
    assert found.affected({"b"}, upstream=False) == Affected(3, 0)
    assert found.affected({"b", "c"}).total == found.everybody().total == 9


def test_unknown_is_not_zero() -> None:
    unknown, none = Exposure(ROW, None), Exposure(ROW, [])
    assert (unknown.total, unknown.count(["a"]), unknown.affected({"a"}), unknown.everybody()) == (None, None, UNKNOWN, UNKNOWN)
    assert (none.total, none.count(["a"]), none.affected({"a"}), none.everybody()) == (0, 0, NOBODY, NOBODY)
    assert (unknown.is_known, none.is_known) == (False, True)
    assert (UNKNOWN.is_known, UNKNOWN.total, NOBODY.total) == (False, None, 0)


def test_a_workflow_that_a_snapshot_does_not_name_has_none_only_if_the_snapshot_is_complete() -> None:
    assert Snapshot("side store", counts={}).of("welcome") == ()
    assert Snapshot("a file", counts={}, complete=False).of("welcome") is None
    assert Snapshot("a file", reason="no file").of("welcome") is None


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    ids = [f"s{number}" for number in range(draw(st.integers(1, 8)))]
    step_ids = st.sampled_from(ids)
    scopes = {id_: draw(st.none() | st.sampled_from(ids[:place])) if place else None for place, id_ in enumerate(ids)}
    steps = {id_: Step(id_, "x", draw(st.sampled_from(_KINDS)), {}, scope=scopes[id_]) for id_ in ids}
    ends = draw(st.lists(st.tuples(step_ids, st.none() | step_ids), max_size=14))
    inner = [(scope, id_) for id_, scope in scopes.items() if scope is not None]
    edges = tuple(Edge(source, "next", target, EdgeKind.NEXT) for source, target in ends)
    entered = tuple(Edge(scope, "in", id_, EdgeKind.ENTER) for scope, id_ in inner)
    goals = tuple(Goal(goal, goal, goal, {}) for goal in draw(st.lists(step_ids, max_size=1)))
    return Graph("asl", None, ids[0], (), steps, edges + entered, goals)


@given(data=st.data(), found=graphs())
def test_at_upstream_and_past_are_apart_and_are_all_steps(data: st.DataObject, found: Graph) -> None:
    counts = {step: data.draw(st.integers(0, 3)) for step in found.steps}
    place = exposure(found, **counts, nowhere=2)
    at = data.draw(st.sets(st.sampled_from([*found.steps])))
    upstream, past = place.upstream(at), place.past(at)
    assert at | upstream | past == {*found.steps}
    assert len(at) + len(upstream) + len(past) == len(found.steps)
    affected, total = place.affected(at), place.total
    assert total == sum(counts.values()) + 2
    assert affected.total is not None
    assert affected.total + (place.count(past) or 0) == total - 2


@given(found=graphs(), data=st.data())
def test_whoever_is_upstream_of_some_steps_is_upstream_of_more_or_at_them(found: Graph, data: st.DataObject) -> None:
    place = exposure(found)
    some = data.draw(st.sets(st.sampled_from([*found.steps])))
    more = some | data.draw(st.sets(st.sampled_from([*found.steps])))
    assert place.upstream(some) <= place.upstream(more) | more


@given(found=graphs(), data=st.data())
def test_from_and_to_are_the_same_relation(found: Graph, data: st.DataObject) -> None:
    first, last = (data.draw(st.sampled_from([*found.steps])) for _ in range(2))
    paths = exposure(found).paths
    assert (last in paths.from_([first])) == (first in paths.to([last]))
