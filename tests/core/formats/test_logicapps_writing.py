"""Azure Logic Apps: a changed graph becomes a document again, and what the change does not touch stays as it was."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.formats import logicapps
from wflgit.core.formats.logicapps.differing import same_said
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind, Trigger
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = sorted(path.stem for path in (Path(__file__).parent / "logicapps").glob("*.json"))
HTTP: dict[str, Any] = {"type": "Http", "inputs": {"uri": "https://example.com"}}
MISSING = object()


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(__file__).parent / "logicapps" / f"{name}.json").read_text(encoding="utf-8"))
    return document


def workflow(**actions: Any) -> dict[str, Any]:
    return {"triggers": {"manual": {"type": "Request"}}, "actions": actions}


def after(*names: str, statuses: Any = ("Succeeded",), **more: Any) -> dict[str, Any]:
    return {**HTTP, **more, "runAfter": {name: [*statuses] for name in names}}


def at(document: Any, *pointer: str | int) -> Any:
    for key in pointer:
        document = document[key]
    return document


def edit(
    graph: Graph,
    *,
    steps: Mapping[str, Step | None] | None = None,
    add: tuple[Edge, ...] = (),
    drop: tuple[tuple[str, str | None], ...] = (),
    **more: Any,
) -> Graph:
    """The graph with some steps put in or taken out, and some edges added or dropped, by source and target."""
    changed = {**graph.steps, **(steps or {})}
    edges = (*(edge for edge in graph.edges if (edge.source, edge.target) not in drop), *add)
    return replace(graph, steps={key: step for key, step in changed.items() if step is not None}, edges=edges, **more)


def written(document: Any, graph: Graph) -> Any:
    """The document of a graph, after the laws of writing were checked."""
    before = copy.deepcopy(document)
    new = logicapps.to_document(document, graph)
    assert document == before
    assert same_said(logicapps.to_graph(new), graph)
    assert logicapps.to_document(new, graph) is new
    return new


def changes(old: Any, new: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where two documents differ; what does not is one object in both."""
    if old is new:
        return []
    if type(old) is type(new) and isinstance(old, dict) and old != new:
        keys = dict.fromkeys((*old, *new))
        return [place for key in keys for place in changes(old.get(key, MISSING), new.get(key, MISSING), (*pointer, key))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and old != new:
        return [place for i, pair in enumerate(zip(old, new, strict=True)) for place in changes(*pair, (*pointer, i))]
    return [pointer]


ACTIONS = ("definition", "actions")


@pytest.mark.parametrize("name", FILES)
def test_a_graph_that_is_not_changed_gives_the_document_itself(name: str) -> None:
    document = read(name)
    assert logicapps.to_document(document, logicapps.to_graph(document)) is document


# Config and types


def test_a_changed_config_is_changed_in_its_action_alone() -> None:
    document = read("approval")
    graph = logicapps.to_graph(document)
    step = graph.steps["Ask_sales"]
    inputs = {**step.config["inputs"], "path": "/other"}
    new = written(document, edit(graph, steps={step.id: step._replace(config={"inputs": inputs, "kind": "x"})}))
    place = (*ACTIONS, "Ask_sales")
    assert changes(document, new) == [(*place, "inputs", "path"), (*place, "limit"), (*place, "kind")]


def test_a_changed_type_changes_nothing_else() -> None:
    document = read("approval")
    graph = logicapps.to_graph(document)
    step = graph.steps["Greet"]
    new = written(document, edit(graph, steps={"Greet": step._replace(type="Function")}))
    assert changes(document, new) == [(*ACTIONS, "Approved", "actions", "Greet", "type")]


def test_the_condition_of_a_case_is_changed_at_its_place() -> None:
    document = read("playbook")
    graph = logicapps.to_graph(document)
    edges = tuple(edge._replace(condition="fresh") if edge.label == "New" else edge for edge in graph.edges)
    new = written(document, replace(graph, edges=edges))
    assert [place[-3:] for place in changes(document, new)] == [("cases", "New", "case")]


# Edges


def test_another_outcome_changes_the_statuses_alone() -> None:
    document = read("approval")
    graph = logicapps.to_graph(document)
    way = Edge("Ask_sales", "succeeded, timedout", "Approved")
    new = written(document, edit(graph, drop=(("Ask_sales", "Approved"),), add=(way,)))
    assert changes(document, new) == [(*ACTIONS, "Approved", "runAfter", "Ask_sales")]
    assert at(new, *ACTIONS, "Approved", "runAfter", "Ask_sales") == ["Succeeded", "TimedOut"]


def test_the_order_of_statuses_and_unknown_ones_stay_where_the_outcome_stays() -> None:
    document = workflow(A=HTTP, B=after("A", statuses=("Paused", "FAILED")), C=HTTP)
    graph = logicapps.to_graph(document)
    new = written(document, edit(graph, add=(Edge("C", "next", "B"),)))
    assert at(new, "actions", "B", "runAfter") == {"A": ["Paused", "FAILED"], "C": ["Succeeded"]}
    moved = written(document, edit(graph, drop=(("A", "B"),), add=(Edge("C", "failed, paused", "B", EdgeKind.ERROR),)))
    assert at(moved, "actions", "B", "runAfter") == {"C": ["Failed", "paused"]}


def test_a_step_that_nothing_leads_to_any_more_needs_a_new_way_in() -> None:
    document = workflow(A=HTTP, B=after("A"))
    graph = logicapps.to_graph(document)
    new = written(document, edit(graph, drop=(("A", "B"),), add=(Edge("manual", "next", "B"),)))
    assert at(new, "actions", "B", "runAfter") == {}
    with pytest.raises(DefinitionError, match="found no way 'next' from 'manual' to 'B'"):
        logicapps.to_document(document, edit(graph, drop=(("A", "B"),)))


def test_a_way_to_the_end_comes_and_goes_by_itself() -> None:
    document = workflow(A=HTTP, B=after("A"), C=after("A", statuses=("Failed",)))
    graph = logicapps.to_graph(document)
    new = written(document, edit(graph, steps={"B": None}, drop=(("A", "B"),)))
    assert [edge.target for edge in logicapps.to_graph(new).outgoing["A"]] == ["C", None]


def test_what_an_action_follows_that_is_not_there_stays_until_it_begins() -> None:
    document = workflow(A=HTTP, B={**HTTP, "runAfter": {"Gone": ["Succeeded"], "A": ["Succeeded"]}})
    graph = logicapps.to_graph(document)
    new = written(
        document,
        edit(graph, steps={"C": Step("C", "Http", StepKind.ACTION, {})}, add=(Edge("manual", "next", "C"), Edge("C", "next", "B"))),
    )
    assert list(at(new, "actions", "B", "runAfter")) == ["Gone", "A", "C"]
    begun = written(document, edit(graph, drop=(("A", "B"),), add=(Edge("manual", "next", "B"),)))
    assert at(begun, "actions", "B", "runAfter") == {}


# Steps


def test_a_new_step_is_spliced_in_behind_the_one_that_leads_to_it() -> None:
    document = read("approval")
    graph = logicapps.to_graph(document)
    step = Step("Log", "Compose", StepKind.ACTION, {"inputs": "@body('Ask_sales')"}, key="k-1")
    ways = (Edge("Ask_sales", "next", "Log"), Edge("Log", "next", "Approved"))
    new = written(document, edit(graph, steps={"Log": step}, drop=(("Ask_sales", "Approved"),), add=ways))
    assert list(at(new, *ACTIONS)) == ["Ask_sales", "Log", "Approved", "Tell_owner"]
    assert at(new, *ACTIONS, "Log") == {
        "type": "Compose",
        "inputs": "@body('Ask_sales')",
        "runAfter": {"Ask_sales": ["Succeeded"]},
        "metadata": {"operationMetadataId": "k-1"},
    }
    assert changes(document, new) == [
        (*ACTIONS, "Approved", "runAfter", "Ask_sales"),
        (*ACTIONS, "Approved", "runAfter", "Log"),
        (*ACTIONS, "Log"),
    ]


def test_a_removed_step_is_bridged_over() -> None:
    document = read("approval")
    graph = logicapps.to_graph(document)
    new = written(
        document,
        edit(
            graph,
            steps={"Greet": None},
            drop=(("Approved", "Greet"), ("Greet", "Rest")),
            add=(Edge("Approved", "true", "Rest", EdgeKind.ENTER),),
        ),
    )
    assert list(at(new, *ACTIONS, "Approved", "actions")) == ["Rest"]


@pytest.mark.parametrize("by", ["key", "pointer"])
def test_a_renamed_step_keeps_its_place_its_notes_and_what_is_inside(by: str) -> None:
    document = read("power_automate")
    graph = logicapps.to_graph(document)

    def called(step_id: str | None) -> str | None:
        return "Attempt" if step_id == "Try" else step_id

    forgotten = {"pointer": ()} if by == "key" else {"key": None}
    steps = {
        str(called(key)): step._replace(id=str(called(key)), scope=called(step.scope), **(forgotten if key == "Try" else {}))
        for key, step in graph.steps.items()
    }
    edges = tuple(edge._replace(source=str(called(edge.source)), target=called(edge.target)) for edge in graph.edges)
    new = written(document, replace(graph, steps=steps, edges=edges))
    actions = at(new, "properties", "definition", "actions")
    assert list(actions) == ["Attempt", "Report", "Count"]
    assert actions["Attempt"] is at(document, "properties", "definition", "actions", "Try")
    assert actions["Report"]["runAfter"] == {"Attempt": ["Failed", "Skipped", "TimedOut"]}


def test_steps_that_swap_their_names_take_along_what_only_the_tool_says() -> None:
    document = read("power_automate")
    graph = logicapps.to_graph(document)
    swapped = {"Get_owner": "Remind", "Remind": "Get_owner"}
    steps = {swapped.get(key, key): step._replace(id=swapped.get(key, key)) for key, step in graph.steps.items()}
    edges = tuple(
        edge._replace(source=swapped.get(edge.source, edge.source), target=swapped.get(edge.target or "", edge.target))
        for edge in graph.edges
    )
    new = written(document, replace(graph, steps=steps, edges=edges))
    inside = at(new, "properties", "definition", "actions", "Try", "actions")
    assert {name: action["metadata"]["operationMetadataId"] for name, action in inside.items()} == {
        "Remind": "a-1",
        "Get_owner": "a-2",
    }


def test_a_step_that_moves_into_another_takes_along_what_it_holds() -> None:
    document = read("approval")
    graph = logicapps.to_graph(document)
    step = graph.steps["Approved"]
    steps = {"Guard": Step("Guard", "Scope", StepKind.ACTION, {}), "Approved": step._replace(scope="Guard")}
    ways = (Edge("Ask_sales", "next", "Guard"), Edge("Guard", "inside", "Approved", EdgeKind.ENTER))
    new = written(document, edit(graph, steps=steps, drop=(("Ask_sales", "Approved"),), add=ways))
    guard = at(new, *ACTIONS, "Guard")
    assert guard["type"] == "Scope"
    assert guard["runAfter"] == {"Ask_sales": ["Succeeded"]}
    assert guard["actions"]["Approved"]["actions"] is at(document, *ACTIONS, "Approved", "actions")
    assert guard["actions"]["Approved"]["runAfter"] == {}


def test_steps_move_between_the_branches_of_a_condition() -> None:
    document = read("approval")
    graph = logicapps.to_graph(document)
    ways = (Edge("Approved", "true", "Stop", EdgeKind.ENTER), Edge("Approved", "false", "Greet", EdgeKind.ENTER))
    new = written(document, edit(graph, drop=(("Approved", "Stop"), ("Approved", "Greet")), add=ways))
    approved = at(new, *ACTIONS, "Approved")
    assert (list(approved["actions"]), list(approved["else"]["actions"])) == (["Stop"], ["Greet", "Rest"])


def test_cases_come_and_go_with_what_is_in_them() -> None:
    document = read("playbook")
    graph = logicapps.to_graph(document)
    mail = Step("Mail_2", "Http", StepKind.ACTION, {}, None, "By_stage")
    switch = graph.steps["By_stage"]
    enter = Edge("By_stage", "Won", "Mail_2", EdgeKind.ENTER, "won")
    steps = {"Mail_2": mail, "Call": None, "By_stage": switch._replace(config={"expression": switch.config["expression"]})}
    new = written(document, edit(graph, steps=steps, drop=(("By_stage", "Call"),), add=(enter,)))
    cases = at(new, *graph.steps["By_stage"].pointer, "cases")
    assert cases == {"Won": {"case": "won", "actions": {"Mail_2": {"type": "Http", "runAfter": {}}}}}


def test_a_repeated_name_stays_as_long_as_it_is_one() -> None:
    document = workflow(A=HTTP, S={"type": "Scope", "actions": {"A": HTTP, "B": after("A")}})
    graph = logicapps.to_graph(document)
    step = graph.steps["S/A"]
    new = written(document, edit(graph, steps={"S/A": step._replace(config={})}))
    assert list(at(new, "actions", "S", "actions")) == ["A", "B"]
    alone = written(document, edit(graph, steps={"A": None}, drop=(("manual", "A"),)))
    assert alone["actions"] == {"S": {"type": "Scope", "actions": {"S/A": HTTP, "B": after("S/A")}}}


def test_a_step_that_nothing_leads_to_stays_in_its_branch() -> None:
    circle = {"A": after("B"), "B": after("A")}
    document = workflow(S={"type": "If", "expression": "@x", "actions": {"C": HTTP}, "else": {"actions": circle}})
    graph = logicapps.to_graph(document)
    new = written(document, edit(graph, steps={"A": graph.steps["A"]._replace(config={})}))
    assert changes(document, new) == [("actions", "S", "else", "actions", "A", "inputs")]


# Triggers, settings and names


def test_triggers_are_changed_added_and_removed() -> None:
    document = read("playbook")
    graph = logicapps.to_graph(document)
    pointer = graph.triggers[0].pointer
    daily = replace(graph.triggers[0], config={"recurrence": {"frequency": "Week", "interval": 1}})
    asked = Trigger("asked", "Request", {"kind": "Http"}, start="asked")
    steps = {
        "Every_day": graph.steps["Every_day"]._replace(config=daily.config),
        "asked": Step("asked", "Request", StepKind.TRIGGER, asked.config),
    }
    two = edit(graph, steps=steps, add=(Edge("asked", "next", "Get_leads"),), triggers=(daily, asked), start=None)
    new = written(document, two)
    assert changes(document, new) == [(*pointer, "recurrence", "frequency"), (*pointer[:-1], "asked")]
    one = edit(two, steps={"Every_day": None}, drop=(("Every_day", "Get_leads"),), triggers=(asked,), start="asked")
    assert at(written(document, one), *pointer[:-1]) == {"asked": {"type": "Request", "kind": "Http"}}


def test_the_type_of_a_trigger_is_changed_alone() -> None:
    document = read("power_automate")
    graph = logicapps.to_graph(document)
    steps = {"manual": graph.steps["manual"]._replace(type="Http")}
    new = written(document, edit(graph, steps=steps, triggers=(replace(graph.triggers[0], type="Http"),)))
    assert changes(document, new) == [("properties", "definition", "triggers", "manual", "type")]


def test_a_way_from_one_trigger_of_several_is_said_by_the_action() -> None:
    document = {"triggers": {"a": {"type": "Request"}, "b": {"type": "Request"}}, "actions": {"A": HTTP}}
    new = written(document, edit(logicapps.to_graph(document), drop=(("b", "A"),)))
    assert new["actions"]["A"] == {**HTTP, "runAfter": {"a": ["Succeeded"]}}


def test_settings_are_changed_where_they_are_said_and_noise_stays() -> None:
    document = read("playbook")
    graph = logicapps.to_graph(document)
    around = copy.deepcopy(graph.settings["deployment"])
    around["resources"][1]["properties"]["state"] = "Disabled"
    around["resources"].insert(0, {"type": "Microsoft.Web/connections", "name": "mail"})
    new = written(document, replace(graph, settings={**graph.settings, "outputs": {"n": {"value": 1}}, "deployment": around}))
    assert [one["name"] for one in new["resources"]] == ["mail", "[variables('Connection')]", "[parameters('PlaybookName')]"]
    assert new["resources"][1] is document["resources"][0]
    assert new["resources"][2]["tags"] == {"owner": "sales"}
    assert new["resources"][2]["properties"]["state"] == "Disabled"
    assert new["resources"][2]["properties"]["definition"]["parameters"] is at(
        document, "resources", 1, "properties", "definition", "parameters"
    )


def test_a_name_is_changed_where_it_is_written_out() -> None:
    document = read("power_automate")
    new = written(document, replace(logicapps.to_graph(document), name="Remind"))
    assert changes(document, new) == [("properties", "displayName")]
    bare = {"properties": {"definition": workflow(A=HTTP)}}
    assert written(bare, replace(logicapps.to_graph(bare), name="hello"))["name"] == "hello"
    assert "name" not in written({**bare, "name": "x"}, logicapps.to_graph(bare))
    named = {**bare, "name": "x"}
    told = replace(
        logicapps.to_graph(named), name=None, settings={"deployment": {"name": "[parameters('Name')]", "properties": {}}}
    )
    assert written(named, told)["name"] == "[parameters('Name')]"


def test_one_workflow_of_several_is_changed_alone() -> None:
    resources = [
        {"type": "Microsoft.Logic/workflows", "name": name, "properties": {"definition": workflow(A=HTTP)}}
        for name in ("one", "two")
    ]
    document = {"resources": resources}
    graph = logicapps.to_graph(document)
    assert logicapps.to_document(document, graph) is document
    steps = {"two/B": Step("two/B", "Http", StepKind.ACTION, {})}
    settings = {**graph.settings, "workflows": {"one": {}, "two": {"outputs": {"n": 1}}}}
    new = written(document, edit(graph, steps=steps, add=(Edge("two/A", "next", "two/B"),), settings=settings))
    place = ("resources", 1, "properties", "definition")
    assert changes(document, new) == [(*place, "actions", "B"), (*place, "outputs")]
    with pytest.raises(DefinitionError):
        logicapps.to_document(document, edit(graph, add=(Edge("one/A", "next", "two/A"),)))


# What cannot be said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"add": (Edge("A", "maybe", "B"),), "drop": (("A", "B"),)}, "a way 'maybe'"),
        ({"add": (Edge("S", "other", "C", EdgeKind.ENTER),), "drop": (("S", "C"),)}, "a way 'other' into 'S'"),
        (
            {"add": (Edge("A", "next", "C"),)},
            "no way 'next' from 'A' to 'C'|way 'next' from 'A' to 'C'|way 'inside' from 'S' to 'C'",
        ),
        ({"add": (Edge("A", "next", "Gone"),)}, "way 'next' from 'A' to 'Gone'"),
        ({"add": (Edge("S", "inside", "A", EdgeKind.ENTER),)}, "way 'inside' from 'S' to 'A'"),
        ({"name": "hello"}, "the name 'hello'"),
        ({"start": "B"}, "the start 'B'"),
        ({"settings": {"actions": 1}}, "setting 'actions'"),
        ({"settings": {"deployment": {"kind": "Stateful"}}}, "setting 'deployment'"),
        ({"steps": {"A": Step("A", "Http", StepKind.ACTION, {"runAfter": {}})}}, "step 'A'"),
        ({"steps": {"A": Step("A", "Http", StepKind.ACTION, {}, disabled=True)}}, "step 'A'"),
        ({"steps": {"A": Step("A", "Http", StepKind.GOAL, {})}}, "step 'A'"),
        ({"steps": {"A": Step("A", "Http", StepKind.ACTION, {}, name="Ask")}}, "step 'A'"),
    ],
)
def test_what_logic_apps_cannot_say_is_refused(change: dict[str, Any], message: str) -> None:
    document = workflow(A=HTTP, B=after("A"), S={"type": "Scope", "actions": {"C": HTTP}, "runAfter": {"B": ["Succeeded"]}})
    with pytest.raises(DefinitionError, match=message) as caught:
        logicapps.to_document(document, edit(logicapps.to_graph(document), **change))
    (problem,) = caught.value.problems
    assert problem.rule == "cannot-say"
    assert problem.message.startswith("expected what Logic Apps can say but found ")


def test_the_workflow_itself_cannot_leave_its_template() -> None:
    document = read("playbook")
    graph = logicapps.to_graph(document)
    with pytest.raises(DefinitionError, match="around the workflow"):
        logicapps.to_document(document, replace(graph, settings={**graph.settings, "deployment": {"resources": []}}))


# Laws

law = settings(max_examples=80, deadline=None)


@st.composite
def edits(draw: st.DrawFn, graph: Graph) -> Graph:
    """A graph with a few things changed in it, sensible or not."""
    for _ in range(draw(st.integers(1, 3))):
        graph = draw(_edit(graph))
    return graph


def _edit(graph: Graph) -> st.SearchStrategy[Graph]:
    actions = [step for step in graph.steps.values() if step.kind is not StepKind.TRIGGER]
    if not actions:
        return st.just(graph)
    step, edge = st.sampled_from(actions), st.sampled_from(graph.edges or (Edge("x", "next", "y"),))
    values = st.sampled_from([1, "@body('Ask_sales')", {"a": [None]}, {}])
    return st.one_of(
        st.builds(
            lambda one, value: edit(graph, steps={one.id: one._replace(config={**one.config, "inputs": value})}), step, values
        ),
        st.builds(lambda one: edit(graph, steps={one.id: one._replace(config={})}), step),
        st.builds(lambda way: edit(graph, drop=((way.source, way.target),)), edge),
        st.builds(
            lambda way, one: replace(graph, edges=tuple(e._replace(target=one.id) if e is way else e for e in graph.edges)),
            edge,
            step,
        ),
        st.builds(
            lambda one, other, label: edit(graph, add=(Edge(one.id, label, other.id),)),
            step,
            step,
            st.sampled_from(["next", "failed", "x"]),
        ),
        st.builds(lambda way: _spliced(graph, way), edge),
        st.builds(lambda one: _removed(graph, one), step),
        st.builds(lambda one: _renamed(graph, one), step),
        st.builds(lambda one, other: edit(graph, steps={one.id: one._replace(scope=other.id)}), step, step),
    )


def _spliced(graph: Graph, way: Edge) -> Graph:
    """A new step before a target, in all of its ways."""
    target = graph.steps.get(way.target or "")
    if target is None or "New" in graph.steps:
        return graph
    edges = tuple(edge._replace(target="New") if edge.target == target.id else edge for edge in graph.edges)
    new = Step("New", "Compose", StepKind.ACTION, {"inputs": 1}, None, target.scope)
    start = "New" if graph.start == target.id else graph.start
    return replace(graph, steps={**graph.steps, "New": new}, edges=(*edges, Edge("New", "next", target.id)), start=start)


def _removed(graph: Graph, step: Step) -> Graph:
    edges = tuple(edge for edge in graph.edges if step.id not in (edge.source, edge.target))
    return replace(graph, steps={key: one for key, one in graph.steps.items() if key != step.id}, edges=edges)


def _renamed(graph: Graph, step: Step) -> Graph:
    def called(step_id: str | None) -> Any:
        return f"{step_id}_2" if step_id == step.id else step_id

    steps = {called(key): one._replace(id=called(key), scope=called(one.scope)) for key, one in graph.steps.items()}
    edges = tuple(edge._replace(source=called(edge.source), target=called(edge.target)) for edge in graph.edges)
    return replace(graph, steps=steps, edges=edges, start=called(graph.start))


@law
@given(st.data())
def test_a_document_of_a_graph_says_the_graph_or_is_refused(data: st.DataObject) -> None:
    document = read(data.draw(st.sampled_from(FILES)))
    before = copy.deepcopy(document)
    graph = data.draw(edits(logicapps.to_graph(document)))
    try:
        new = logicapps.to_document(document, graph)
    except DefinitionError as error:
        assert [problem.rule for problem in error.problems] == ["cannot-say"]
    else:
        assert same_said(logicapps.to_graph(new), graph)
    assert document == before


@law
@given(st.data())
def test_what_people_do_can_always_be_said(data: st.DataObject) -> None:
    document = read(data.draw(st.sampled_from(FILES)))
    graph = logicapps.to_graph(document)
    actions = [step for step in graph.steps.values() if step.kind is not StepKind.TRIGGER]
    step = data.draw(st.sampled_from(actions))
    ways = [edge for edge in graph.edges if edge.target is not None]
    for changed in (
        edit(graph, steps={step.id: step._replace(config={**step.config, "inputs": "changed"})}),
        _renamed(graph, step),
        _spliced(graph, data.draw(st.sampled_from(ways))),
    ):
        written(document, changed)
