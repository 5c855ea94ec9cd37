"""What somebody did, told from what differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest

from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import compare
from wflgit.core.formats import asl, n8n, native, nodered
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.core.noise import Noise
from wflgit.core.telling import list_changes

T = ChangeType
KINDS = {"wait": StepKind.WAIT, "ask": StepKind.CONDITION, "each": StepKind.LOOP}


def graph(ways: str, *, says: Mapping[str, Mapping[str, Any]] = {}, off: Collection[str] = (), **whole: Any) -> Graph:
    """A graph drawn as `hello>wait ask:yes>bye bye>`: the first step is the start, nothing behind `>` the end, `/` is in a scope.

    Args:
        ways: the edges.
        says: what is replaced of the config of a step.
        off: the disabled steps.
        whole: fields of the graph.
    """
    edges = tuple(map(edge, ways.split()))
    ids = dict.fromkeys(found for way in edges for found in (way.source, way.target) if found is not None)
    steps = {id_: step(id_, says.get(id_), off=id_ in off) for id_ in ids}
    return replace(Graph("test", "Welcome", next(iter(ids)), (), steps, edges), **whole)


def edge(way: str) -> Edge:
    start, _, target = way.partition(">")
    source, _, label = start.partition(":")
    if target.startswith(f"{source}/"):
        return Edge(source, "in", target, EdgeKind.ENTER)
    if label:
        return Edge(source, label, target or None, EdgeKind.BRANCH, {"field": label})
    return Edge(source, "next", target or None)


def step(id_: str, says: Mapping[str, Any] | None = None, *, off: bool = False) -> Step:
    scope, _, name = id_.rpartition("/")
    type_ = next((type_ for type_ in KINDS if name.startswith(type_)), "mail")
    return Step(id_, type_, KINDS.get(type_, StepKind.ACTION), {"text": name, **(says or {})}, None, scope or None, off)


def changes(old: Graph, new: Graph) -> tuple[Change, ...]:
    return list_changes(compare(old, new), old, new)


def told(old: Graph | str, new: Graph | str) -> list[tuple[str, str]]:
    old, new = (graph(found) if isinstance(found, str) else found for found in (old, new))
    return [(change.type, change.subject) for change in changes(old, new)]


def only(old: Graph | str, new: Graph | str) -> Change:
    old, new = (graph(found) if isinstance(found, str) else found for found in (old, new))
    [change] = changes(old, new)
    return change


def test_nothing_was_done_where_nothing_differs() -> None:
    assert told("a>b b>", "a>b b>") == []


INSERTIONS = [
    pytest.param("a>b b>", "a>x x>b b>", ("x",), ("a", "b"), id="between two"),
    pytest.param("a>b b>", "a>x x>y y>b b>", ("x", "y"), ("a", "b"), id="a chain"),
    pytest.param("a>b b>", "a>ask ask:yes>x x>b ask:no>b b>", ("ask", "x"), ("a", "b"), id="with a branch"),
    pytest.param("a>b b>", "x>a a>b b>", ("x",), (None, "a"), id="at the start"),
    pytest.param("a>b b>", "a>b b>x x>", ("x",), ("b", None), id="at the end"),
    pytest.param("a>b", "a>b b>x", ("x",), ("b", None), id="at an end that is not written"),
    pytest.param("ask:yes>b ask:no>c b>c c>", "ask:yes>x x>b ask:no>c b>c c>", ("x",), ("ask", "b"), id="in a branch"),
    pytest.param(
        "a>each each/b> each>c each>each/b",
        "a>each each/x>each/b each/b> each>c each>each/x",
        ("each/x",),
        ("each", "each/b"),
        id="in",
    ),
]


@pytest.mark.parametrize(("old", "new", "steps", "between"), INSERTIONS)
def test_steps_put_between_others_are_one_change(
    old: str, new: str, steps: tuple[str, ...], between: tuple[str | None, str | None]
) -> None:
    found = only(old, new)
    assert (found.type, found.steps, found.between) == (T.STEPS_INSERTED, steps, between)
    back = only(new, old)
    assert (back.type, back.steps, back.between) == (T.STEPS_TAKEN_OUT, steps, between)


def test_a_step_that_several_now_come_to_first_was_inserted_once() -> None:
    found = only("ask:yes>a ask:no>b a>c b>c c>", "ask:yes>a ask:no>b a>x b>x x>c c>")
    assert (found.type, found.between) == (T.STEPS_INSERTED, ("a", "c"))
    assert len(found.edges) == 3


def test_a_step_that_leads_elsewhere_than_before_is_no_insertion() -> None:
    assert told("a>b b>c c>", "a>x b>c x>c c>") == [(T.STEP_ADDED, "x"), (T.EDGE_RETARGETED, "a")]


def test_a_step_in_the_place_of_another_is_told_by_the_two() -> None:
    assert told("a>b b>c c>", "a>wait wait>c c>") == [(T.STEP_REMOVED, "b"), (T.STEP_ADDED, "wait")]


def test_a_step_on_its_own_was_added() -> None:
    assert told("a>b b>", "a>b b> x>") == [(T.STEP_ADDED, "x")]


@pytest.mark.parametrize(
    ("old", "new", "steps", "between"),
    [
        pytest.param("a>m m>b b>c c>", "a>b b>m m>c c>", ("b",), ("a", "m"), id="past its neighbour"),
        pytest.param("a>m m>b b>c c>d d>", "a>b b>c c>m m>d d>", ("m",), ("c", "d"), id="further on"),
        pytest.param("m>a a>b b>c c>", "a>b b>m m>c c>", ("m",), ("b", "c"), id="from the start"),
        pytest.param("a>m m>b b>c c>", "a>b b>c c>m m>", ("m",), ("c", None), id="to the end"),
        pytest.param("a>m m>n n>b b>c c>d d>e e>", "a>b b>c c>d d>m m>n n>e e>", ("m", "n"), ("d", "e"), id="two together"),
        pytest.param("a>m m>b b>c b>", "a>b b>c c>m b>", ("m",), ("c", None), id="where ends are not written"),
    ],
)
def test_a_step_taken_from_one_place_to_another_was_moved(
    old: str, new: str, steps: tuple[str, ...], between: tuple[str | None, str | None]
) -> None:
    found = only(old, new)
    assert (found.type, found.steps, found.between) == (T.STEP_MOVED, steps, between)
    assert only(new, old).type is T.STEP_MOVED


def test_steps_put_into_a_new_container_were_wrapped() -> None:
    old, new = graph("a>b b>c c>d d>"), graph("a>each each>each/b each/b>each/c each/c> each>d d>")
    found = only(old, new)
    assert (found.type, found.subject, found.steps) == (T.STEPS_WRAPPED, "each", ("each/b", "each/c"))
    assert {field.path for field in found.fields} == {("scope",)}
    back = only(new, old)
    assert (back.type, back.subject, back.steps) == (T.STEPS_UNWRAPPED, "each", ("b", "c"))


def test_a_step_of_a_machine_put_into_a_map_was_wrapped() -> None:
    def state(name: str, **way: Any) -> dict[str, Any]:
        return {"Type": "Task", "Resource": f"arn:{name}", **way}

    inside = {"StartAt": "Ask", "States": {"Ask": state("ask", End=True)}}
    each = {"Type": "Map", "ItemsPath": "$.leads", "ItemProcessor": inside, "Next": "Bye"}
    old = asl.to_graph({"StartAt": "Ask", "States": {"Ask": state("ask", Next="Bye"), "Bye": state("bye", End=True)}})
    new = asl.to_graph({"StartAt": "Each", "States": {"Each": each, "Bye": state("bye", End=True)}})
    assert [change.type for change in changes(old, new)] == [T.STEPS_WRAPPED]
    assert [change.type for change in changes(new, old)] == [T.STEPS_UNWRAPPED]


def with_step(found: Graph, id_: str, **parts: Any) -> Graph:
    return replace(found, steps={**found.steps, id_: found.steps[id_]._replace(**parts)})


CHAIN = graph("a>b b>c c>")


def test_a_name_is_told_apart_from_what_else_was_changed() -> None:
    new = with_step(CHAIN, "b", name="Bee", config={"text": "other"}, disabled=True)
    assert told(CHAIN, new) == [(T.STEP_RENAMED, "b"), (T.STEP_CHANGED, "b"), (T.STEP_DISABLED, "b")]
    renamed, changed, disabled = changes(CHAIN, new)
    assert (renamed.was, [field.new for field in renamed.fields]) == (None, ["Bee"])
    assert [field.path for field in changed.fields] == [("config", "text")]
    assert [field.path for field in disabled.fields] == [("disabled",)]
    assert told(new, CHAIN) == [(T.STEP_RENAMED, "b"), (T.STEP_CHANGED, "b"), (T.STEP_ENABLED, "b")]


def test_a_new_id_is_a_rename() -> None:
    found = only("a>b2 b2>c c>", graph("a>b3 b3>c c>", says={"b3": {"text": "b2"}}))
    assert (found.type, found.subject, found.was, found.fields) == (T.STEP_RENAMED, "b3", "b2", ())


def test_another_type_with_another_config_is_one_change() -> None:
    found = only(CHAIN, with_step(CHAIN, "b", type="wait", kind=StepKind.WAIT, config={"duration": "P1D"}))
    assert (found.type, {field.path[0] for field in found.fields}) == (T.STEP_RETYPED, {"type", "config"})


ASK = graph("ask:yes>a ask:no>b a> b>")


def test_branches_come_go_lead_elsewhere_and_are_taken_for_other_reasons() -> None:
    more = replace(ASK, edges=(*ASK.edges, edge("ask:maybe>a")))
    assert (only(ASK, more).type, only(ASK, more).label) == (T.BRANCH_ADDED, "maybe")
    assert only(more, ASK).type is T.BRANCH_REMOVED
    elsewhere = replace(ASK, edges=(edge("ask:yes>b"), *ASK.edges[1:]))
    assert told(ASK, elsewhere) == [(T.EDGE_RETARGETED, "ask")]
    otherwise = replace(ASK, edges=(ASK.edges[0]._replace(condition={"field": "x"}), *ASK.edges[1:]))
    assert told(ASK, otherwise) == [(T.CONDITION_CHANGED, "ask")]
    both = replace(ASK, edges=(elsewhere.edges[0]._replace(condition={"field": "x"}), *ASK.edges[1:]))
    assert told(ASK, both) == [(T.EDGE_RETARGETED, "ask"), (T.CONDITION_CHANGED, "ask")]


def test_the_order_of_branches_is_told_and_that_of_other_ways_is_none() -> None:
    found = only(ASK, replace(ASK, edges=(ASK.edges[1], ASK.edges[0], *ASK.edges[2:])))
    assert (found.type, found.subject, found.label) == (T.BRANCHES_REORDERED, "ask", "")
    assert found.order is not None
    assert [way.label for way in found.order.new] == ["no", "yes"]
    assert told(ASK, replace(ASK, edges=(*ASK.edges[2:], *ASK.edges[:2]))) == []


def test_a_branch_put_before_others_is_one_change() -> None:
    assert told(ASK, replace(ASK, edges=(edge("ask:first>a"), *ASK.edges))) == [(T.BRANCH_ADDED, "ask")]


def test_a_way_for_errors_is_a_branch_and_a_plain_way_is_not() -> None:
    more = replace(CHAIN, edges=(*CHAIN.edges, Edge("a", "error", "c", EdgeKind.ERROR)))
    assert told(CHAIN, more) == [(T.BRANCH_ADDED, "a")]
    parallel = replace(CHAIN, edges=(*CHAIN.edges, Edge("a", "also", "c")))
    assert told(CHAIN, parallel) == [(T.EDGE_ADDED, "a")]
    assert told(parallel, CHAIN) == [(T.EDGE_REMOVED, "a")]


def test_uses_come_and_go() -> None:
    using = replace(CHAIN, uses=(Edge("a", "model", "c", EdgeKind.USES),))
    assert (told(CHAIN, using), told(using, CHAIN)) == ([(T.USE_ADDED, "a")], [(T.USE_REMOVED, "a")])


def test_what_is_said_of_the_whole_is_told_first() -> None:
    new = replace(CHAIN, name="Hello", start="b", settings={"timeout": 5, "a": {"b": 1}})
    assert [(change.type, change.label) for change in changes(CHAIN, new)] == [
        (T.NAME_CHANGED, ""),
        (T.START_CHANGED, ""),
        (T.SETTING_CHANGED, "a"),
        (T.SETTING_CHANGED, "timeout"),
    ]


def test_triggers_come_go_and_change() -> None:
    def started(type_: str = "form", *, disabled: bool = False, **config: Any) -> Graph:
        return replace(CHAIN, triggers=(Trigger("a", type_, config, disabled=disabled),))

    assert told(CHAIN, started()) == [(T.TRIGGER_ADDED, "a")]
    assert told(started(), CHAIN) == [(T.TRIGGER_REMOVED, "a")]
    assert told(started(), started("tag", x=1)) == [(T.TRIGGER_RETYPED, "a")]
    assert told(started(x=1), started(x=2)) == [(T.TRIGGER_CHANGED, "a")]
    assert told(started(), started(disabled=True)) == [(T.TRIGGER_DISABLED, "a")]
    assert told(started(disabled=True), started()) == [(T.TRIGGER_ENABLED, "a")]


def test_a_trigger_does_not_hide_the_step_with_its_id() -> None:
    old, new = (
        replace(graph("a>b b>", says={"a": {"text": text}}), triggers=(Trigger("a", "form", {"x": text}),)) for text in ("x", "y")
    )
    assert told(old, new) == [(T.TRIGGER_CHANGED, "a"), (T.STEP_CHANGED, "a")]


def test_goals_come_go_and_change() -> None:
    goal = Goal("won", "booked", None, {})
    with_goal = replace(CHAIN, goals=(goal,))
    assert told(CHAIN, with_goal) == [(T.GOAL_ADDED, "won")]
    assert told(with_goal, CHAIN) == [(T.GOAL_REMOVED, "won")]
    assert told(with_goal, replace(CHAIN, goals=(replace(goal, target="b"),))) == [(T.GOAL_CHANGED, "won")]


def export(*nodes: tuple[str, str], **links: str) -> Graph:
    made = [{"id": name, "name": name, "type": f"n8n-nodes-base.{type_}", "parameters": {}} for name, type_ in nodes]
    wires = {name: {"main": [[{"node": to, "type": "main", "index": 0}]]} for name, to in links.items()}
    return n8n.to_graph({"name": "Leads", "nodes": made, "connections": wires})


def test_a_trigger_that_is_a_step_is_told_once_and_renamed_as_one() -> None:
    old = export(("Form", "formTrigger"), ("Mail", "gmail"), Form="Mail")
    more = export(("Form", "formTrigger"), ("Hook", "webhook"), ("Mail", "gmail"), Form="Mail", Hook="Mail")
    assert told(old, more) == [(T.TRIGGER_ADDED, "Hook")]
    assert told(more, old) == [(T.TRIGGER_REMOVED, "Hook")]
    renamed = export(("Forms", "formTrigger"), ("Mail", "gmail"), Forms="Mail")
    assert told(old, renamed) == [(T.STEP_RENAMED, "Forms")]
    longer = export(("Form", "formTrigger"), ("Wait", "wait"), ("Mail", "gmail"), Form="Wait", Wait="Mail")
    assert told(old, longer) == [(T.STEPS_INSERTED, "Wait")]


def test_a_tab_that_is_disabled_is_told_once_for_all_its_steps() -> None:
    def flow(**tab: Any) -> Graph:
        step = {"type": "change", "z": "t1", "x": 1, "y": 1}
        parts = [{"id": "a", **step, "wires": [["b"]]}, {"id": "b", **step, "wires": [[]]}]
        return nodered.to_graph([{"id": "t1", "type": "tab", "label": "Hall", **tab}, *parts])

    found = only(flow(), flow(disabled=True))
    assert (found.type, found.label, set(found.steps)) == (T.STEP_DISABLED, "tab t1", {"a", "b"})
    back = only(flow(disabled=True), flow())
    assert (back.type, back.label) == (T.STEP_ENABLED, "tab t1")


def test_a_container_that_is_disabled_with_all_that_is_in_it_is_told_once() -> None:
    ways = "a>each each>each/b each/b>each/c each/c> each>d d>"
    found = only(graph(ways), graph(ways, off=("each", "each/b", "each/c")))
    assert (found.type, found.subject, found.steps) == (T.STEP_DISABLED, "each", ("each/b", "each/c"))


def test_a_rule_of_a_machine_that_leads_to_a_new_step_is_still_the_rule() -> None:
    def machine(first: str, **more: Any) -> Graph:
        rule = {"Variable": "$.x", "IsNull": True, "Next": first}
        states = {"Ask": {"Type": "Choice", "Choices": [rule], "Default": "Stop"}, "Stop": {"Type": "Succeed"}, **more}
        return asl.to_graph({"StartAt": "Ask", "States": {**states, "Go": {"Type": "Pass", "End": True}}})

    old, new = machine("Go"), machine("Mail", Mail={"Type": "Task", "Resource": "arn:mail", "Next": "Go"})
    found = only(old, new)
    assert (found.type, found.steps, found.between) == (T.STEPS_INSERTED, ("Mail",), ("Ask", "Go"))


def test_the_rules_of_a_machine_are_tried_in_order() -> None:
    def machine(*ways: str) -> Graph:
        rules = [{"Variable": "$.x", "StringEquals": way, "Next": way} for way in ways]
        stops = {way: {"Type": "Succeed"} for way in ("A", "B", "C")}
        return asl.to_graph({"StartAt": "Ask", "States": {"Ask": {"Type": "Choice", "Choices": rules, "Default": "C"}, **stops}})

    assert told(machine("A", "B"), machine("B", "A")) == [(T.BRANCHES_REORDERED, "Ask")]


def test_rules_of_a_machine_that_lead_to_one_step_are_known_by_their_place() -> None:
    def machine(*tests: str) -> Graph:
        rules = [{"Variable": "$.x", test: True, "Next": "Stop"} for test in tests]
        ask = {"Type": "Choice", "Choices": rules}
        return asl.to_graph({"StartAt": "Ask", "States": {"Ask": ask, "Stop": {"Type": "Succeed"}}})

    found = changes(machine("IsNull", "IsString"), machine("IsNull", "IsNumeric"))
    assert [(change.type, change.label) for change in found] == [(T.CONDITION_CHANGED, "Stop (2)")]


def test_the_order_of_the_shares_of_a_split_means_nothing() -> None:
    def split(*labels: str) -> Graph:
        branches = [{"label": label, "weight": 50, "next": None} for label in labels]
        return native.to_graph({"name": "W", "start": "s", "steps": {"s": {"type": "split", "branches": branches}}})

    assert told(split("x", "y"), split("y", "x")) == []


def test_what_has_no_meaning_is_told_last() -> None:
    new = with_step(CHAIN, "b", name="Bee")
    noise = (Noise(Worth.COSMETIC, ("position",)), Noise(Worth.PRIVATE, ("pinData",)))
    found = list_changes(replace(compare(CHAIN, new), noise=noise), CHAIN, new)
    assert [(change.type, change.worth) for change in found] == [
        (T.STEP_RENAMED, Worth.MEANING),
        (T.COSMETIC, Worth.COSMETIC),
        (T.VOLATILE, Worth.VOLATILE),
    ]


def test_the_order_of_steps_in_the_file_does_not_change_what_is_told() -> None:
    old, new = graph("a>b b>c c>d d>"), graph("a>x x>b b>c c>y y>d d>", says={"b": {"text": "other"}})
    shuffled = replace(new, steps=dict([*new.steps.items()][::-1]), edges=new.edges[::-1])
    assert told(old, new) == told(old, shuffled)


def test_all_names_of_what_is_told_have_an_opposite_but_those_that_are_their_own() -> None:
    words = {"added": "removed", "enabled": "disabled", "inserted": "taken-out", "wrapped": "unwrapped"}
    words |= {there: back for back, there in words.items()}
    own = ("changed", "renamed", "retyped", "moved", "retargeted", "reordered", "cosmetic", "volatile")
    for type_ in ChangeType:
        noun, _, verb = type_.partition("-")
        assert verb in own or noun in own or f"{noun}-{words[verb]}" in {*ChangeType}


def test_a_step_that_takes_the_id_of_one_that_goes_is_not_taken_for_it() -> None:
    def keyed(*steps: tuple[str, str, str], ways: tuple[Edge, ...]) -> Graph:
        made = {name: Step(name, "http", StepKind.ACTION, {"url": url}, key=key) for name, key, url in steps}
        return Graph("test", None, "Go", (), made, ways)

    way = Edge("Go", "next", "B")
    old = keyed(("Go", "0", "go"), ("A", "1", "one"), ("B", "2", "two"), ways=(way,))
    new = keyed(("Go", "0", "go"), ("B", "1", "one"), ways=(way,))
    assert told(old, new) == [(T.STEP_REMOVED, "B"), (T.STEP_RENAMED, "B"), (T.EDGE_RETARGETED, "Go")]
    [retargeted] = [found for change in changes(old, new) if change.type is T.EDGE_RETARGETED for found in change.edges]
    assert retargeted.old is not None
    assert retargeted.old.target == "B (before)"
