"""The way back: a changed graph becomes the state machine again, and nothing that did not change moves."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_asl import END, almost_states, json_values, machine, machines
from wflgit.core.formats import asl
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.errors import DefinitionError

FOLLOW_UP: dict[str, Any] = {
    "Comment": "Follow up on new leads",
    "StartAt": "Greet",
    "States": {
        "Greet": {
            "Type": "Task",
            "Comment": "says hello",
            "Resource": "${Mail}",
            "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2, "Comment": "be patient"}, {"ErrorEquals": ["States.ALL"]}],
            "Catch": [{"ErrorEquals": ["Bounced"], "Next": "Stop", "Comment": "no such address"}],
            "Next": "Opened?",
        },
        "Opened?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.opened", "BooleanEquals": True, "Next": "Fan", "Comment": "keen"},
                {"Variable": "$.gone", "BooleanEquals": True, "Next": "Stop"},
            ],
            "Default": "Stop",
        },
        "Fan": {
            "Type": "Parallel",
            "Branches": [
                {"Comment": "the owner", "StartAt": "Mail", "States": {"Mail": {"Type": "Pass", "Comment": "soon", "End": True}}},
                {"StartAt": "Log", "States": {"Log": END}},
            ],
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "Iterator": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Text", "States": {"Text": END}},
            "End": True,
        },
        "Stop": {"Type": "Succeed"},
    },
}


def follow_up() -> dict[str, Any]:
    return copy.deepcopy(FOLLOW_UP)


def changed(graph: Graph, **parts: Any) -> Graph:
    said = {name: getattr(graph, name) for name in ("name", "start", "triggers", "steps", "edges", "goals", "settings", "uses")}
    return Graph(format=graph.format, start_pointer=graph.start_pointer, **(said | parts))


def with_step(graph: Graph, step: Step, *edges: Edge) -> Graph:
    return changed(graph, steps={**graph.steps, step.id: step}, edges=(*graph.edges, *edges))


def without_step(graph: Graph, gone: str) -> Graph:
    """Without a step, all that is inside of it, and the ways from it."""

    def stays(step_id: str | None) -> bool:
        return step_id != gone and not (step_id or "").startswith(f"{gone}/")

    steps = {step_id: step for step_id, step in graph.steps.items() if stays(step_id)}
    return changed(graph, steps=steps, edges=tuple(edge for edge in graph.edges if stays(edge.source)))


def with_edges(graph: Graph, change: Callable[[Edge], Edge | None]) -> Graph:
    return changed(graph, edges=tuple(edge for old in graph.edges if (edge := change(old)) is not None))


def with_config(graph: Graph, step_id: str, **config: Any) -> Graph:
    step = graph.steps[step_id]
    return changed(graph, steps={**graph.steps, step_id: step._replace(config={**step.config, **config})})


def renamed(graph: Graph, old: str, new: str) -> Graph:
    """With another id for a step, and so for all that is inside of it and all that leads there."""

    def name(step_id: str | None) -> Any:
        if step_id == old:
            return new
        return new + step_id[len(old) :] if step_id and step_id.startswith(f"{old}/") else step_id

    def label(edge: Edge) -> str:
        return _own_name(new) if edge.kind is EdgeKind.BRANCH and edge.target == old else edge.label

    steps = [
        step._replace(id=name(step.id), name=_own_name(name(step.id)), scope=name(step.scope)) for step in graph.steps.values()
    ]
    edges = [edge._replace(source=name(edge.source), target=name(edge.target), label=label(edge)) for edge in graph.edges]
    return changed(graph, start=name(graph.start), steps={step.id: step for step in steps}, edges=tuple(edges))


def _own_name(step_id: str) -> str:
    return step_id.rpartition("/")[2].replace("~1", "/").replace("~0", "~")


def bare(graph: Graph) -> Any:
    """All that a graph says; the order of ways means something only within a kind."""
    steps = {step.id: [step.type, step.kind, step.config, step.name, step.scope, step.disabled] for step in graph.steps.values()}
    edges = {
        source: [[edge.kind, edge.label, edge.target, edge.condition] for kind in EdgeKind for edge in ways if edge.kind is kind]
        for source, ways in graph.outgoing.items()
    }
    whole = {"name": graph.name, "start": graph.start, "settings": dict(graph.settings)}
    # As text, because for Python 1, 1.0 and true are equal.
    return json.dumps([whole, steps, edges, len(graph.triggers), len(graph.goals)], sort_keys=True)


def written(document: Any, graph: Graph) -> Any:
    """What is written; it says the graph, and the document is as it was."""
    before = json.dumps(document)
    found = asl.to_document(document, graph)
    assert json.dumps(document) == before
    assert bare(asl.to_graph(found)) == bare(graph)
    return found


def states(document: Any) -> Any:
    return document["States"]


# What stays


def test_a_graph_that_says_the_same_gives_the_very_document() -> None:
    document = follow_up()
    assert asl.to_document(document, asl.to_graph(document)) is document


def test_only_the_state_that_changes_is_made_anew() -> None:
    document = follow_up()
    found = written(document, with_config(asl.to_graph(document), "Greet", Resource="${Text}"))
    assert states(found)["Greet"] == {**states(document)["Greet"], "Resource": "${Text}"}
    assert [*states(found)["Greet"]] == [*states(document)["Greet"]]
    assert all(states(found)[name] is states(document)[name] for name in ("Opened?", "Fan", "Each", "Stop"))
    assert found["Comment"] == "Follow up on new leads"


def test_a_change_deep_inside_leaves_the_other_branch_alone() -> None:
    document = follow_up()
    found = written(document, with_config(asl.to_graph(document), "Fan/0/Mail", Result=1))
    branches = states(found)["Fan"]["Branches"]
    assert branches[0]["States"]["Mail"] == {"Type": "Pass", "Comment": "soon", "End": True, "Result": 1}
    assert branches[0]["Comment"] == "the owner"
    assert branches[1] is states(document)["Fan"]["Branches"][1]


def test_a_change_inside_a_value_leaves_its_other_values_alone() -> None:
    inner = {"Headers": {"a": 1}, "Body": {"b": [1, 2]}}
    document = machine(A={"Type": "Task", "Resource": "x", "Parameters": inner, "End": True})
    found = written(document, with_config(asl.to_graph(document), "A", Parameters={"Headers": {"a": 1.0}, "Body": {"b": [1, 2]}}))
    assert states(found)["A"]["Parameters"]["Body"] is inner["Body"]
    assert repr(states(found)["A"]["Parameters"]["Headers"]["a"]) == "1.0"


@pytest.mark.parametrize("end", [False, True])
def test_an_end_beside_a_next_stays_what_it_is(end: bool) -> None:
    document = machine(A={"Type": "Pass", "Next": "B", "End": end}, B={"Type": "Choice", "Choices": [], "Default": "A"})
    graph = asl.to_graph(document)
    assert asl.to_document(document, graph) is document
    assert states(written(document, with_config(graph, "A", Result=1)))["A"] == {**states(document)["A"], "Result": 1}


# Steps


def test_a_new_step_stands_after_the_one_before_it_in_the_graph() -> None:
    document = machine(A={"Type": "Pass", "Next": "C"}, C=END)
    graph = asl.to_graph(document)
    step = Step("B", "Wait", StepKind.WAIT, {"Seconds": 60}, "B")
    graph = changed(
        graph,
        steps={"A": graph.steps["A"], "B": step, "C": graph.steps["C"]},
        edges=(Edge("A", "next", "B"), Edge("B", "next", "C"), Edge("C", "next", None)),
    )
    found = written(document, graph)
    assert [*states(found)] == ["A", "B", "C"]
    assert states(found)["B"] == {"Type": "Wait", "Seconds": 60, "Next": "C"}


def test_a_step_that_is_gone_is_gone_with_all_that_was_inside_of_it() -> None:
    document = follow_up()
    graph = with_edges(asl.to_graph(document), lambda edge: edge._replace(target="Each") if edge.label == "Fan" else edge)
    graph = with_edges(graph, lambda edge: edge._replace(label="Each") if edge.label == "Fan" else edge)
    found = written(document, without_step(graph, "Fan"))
    assert [*states(found)] == ["Greet", "Opened?", "Each", "Stop"]
    assert states(found)["Opened?"]["Choices"][0]["Comment"] == "keen"


def test_a_renamed_step_keeps_its_place_and_its_comment() -> None:
    document = follow_up()
    found = written(document, renamed(asl.to_graph(document), "Greet", "Hello"))
    assert found["StartAt"] == "Hello"
    assert next(iter(states(found))) == "Hello"
    assert states(found)["Hello"] is states(document)["Greet"]


def test_a_renamed_container_takes_all_that_is_inside_along() -> None:
    document = follow_up()
    found = written(document, renamed(asl.to_graph(document), "Fan", "Tell~1all"))
    assert states(found)["Tell/all"] is states(document)["Fan"]
    assert states(found)["Opened?"]["Choices"][0] == {
        "Variable": "$.opened",
        "BooleanEquals": True,
        "Next": "Tell/all",
        "Comment": "keen",
    }


def test_a_step_that_moves_into_a_scope_takes_its_comment_along() -> None:
    document = follow_up()
    graph = asl.to_graph(document)
    mail = graph.steps["Fan/0/Mail"]
    steps = {step_id: step for step_id, step in graph.steps.items() if step_id != "Fan/0/Mail"}
    steps["Fan/1/Mail"] = mail._replace(id="Fan/1/Mail")
    steps["Fan/0/Rest"] = Step("Fan/0/Rest", "Pass", StepKind.ACTION, {}, "Rest", "Fan")
    moves = {("Fan", "branch 0"): "Fan/0/Rest", ("Fan/1/Log", "next"): "Fan/1/Mail"}
    edges = [edge._replace(target=moves.get((edge.source, edge.label), edge.target)) for edge in graph.edges]
    edges = [edge._replace(source="Fan/1/Mail" if edge.source == "Fan/0/Mail" else edge.source) for edge in edges]
    found = written(document, changed(graph, steps=steps, edges=(*edges, Edge("Fan/0/Rest", "next", None))))
    branches = states(found)["Fan"]["Branches"]
    assert branches[0] == {"Comment": "the owner", "StartAt": "Rest", "States": {"Rest": END}}
    assert branches[1]["States"] == {
        "Log": {"Type": "Pass", "Next": "Mail"},
        "Mail": {"Type": "Pass", "Comment": "soon", "End": True},
    }


def test_a_step_of_another_type_loses_what_only_the_old_type_has() -> None:
    document = follow_up()
    graph = asl.to_graph(document)
    wait = graph.steps["Greet"]._replace(type="Succeed", kind=StepKind.END, config={})
    graph = changed(
        graph, steps={**graph.steps, "Greet": wait}, edges=tuple(edge for edge in graph.edges if edge.source != "Greet")
    )
    assert states(written(document, graph))["Greet"] == {"Type": "Succeed", "Comment": "says hello"}


# Branches


def test_a_branch_appears_behind_the_others() -> None:
    document = follow_up()
    step = Step("Fan/2/Call", "Pass", StepKind.ACTION, {}, "Call", "Fan")
    ways = [Edge("Fan", "branch 2", "Fan/2/Call", EdgeKind.ENTER), Edge("Fan/2/Call", "next", None)]
    branches = states(written(document, with_step(asl.to_graph(document), step, *ways)))["Fan"]["Branches"]
    assert branches[2] == {"StartAt": "Call", "States": {"Call": END}}
    assert branches[:2] == states(document)["Fan"]["Branches"]


def without_branch(graph: Graph, number: int) -> Graph:
    return with_edges(
        without_step(graph, f"Fan/{number}/{'Mail' if number == 0 else 'Log'}"),
        lambda edge: None if edge.label == f"branch {number}" else edge,
    )


def test_a_branch_without_steps_disappears() -> None:
    document = follow_up()
    branches = states(written(document, without_branch(asl.to_graph(document), 1)))["Fan"]["Branches"]
    assert branches == states(document)["Fan"]["Branches"][:1]


def test_a_gap_between_branches_cannot_be_said() -> None:
    refused(without_branch(asl.to_graph(follow_up()), 0), "there is no branch 0 in 'Fan'")


def test_the_inside_of_a_map_keeps_its_spelling_and_a_new_one_has_the_new_spelling() -> None:
    document = follow_up()
    steps = [Step("All", "Map", StepKind.LOOP, {}, "All"), Step("All/Do", "Pass", StepKind.ACTION, {}, "Do", "All")]
    ways = [Edge("All", "each", "All/Do", EdgeKind.ENTER), Edge("All", "next", None), Edge("All/Do", "next", None)]
    graph = with_step(with_step(asl.to_graph(document), steps[0]), steps[1], *ways)
    found = states(written(document, with_config(graph, "Each/Text", Result=1)))
    assert found["Each"]["Iterator"]["States"]["Text"] == {**END, "Result": 1}
    assert found["Each"]["Iterator"]["ProcessorConfig"] == {"Mode": "INLINE"}
    assert found["All"] == {"Type": "Map", "ItemProcessor": {"StartAt": "Do", "States": {"Do": END}}, "End": True}


def test_a_map_without_an_inside_gets_none() -> None:
    graph = asl.to_graph(machine(A={"Type": "Map", "End": True}))
    assert written(machine(A=END), graph) == machine(A={"Type": "Map", "End": True})


def test_an_empty_type_stays_one() -> None:
    document = machine(A={"Type": "", "End": True})
    assert asl.to_document(document, asl.to_graph(document)) is document


# Ways


def test_next_and_end_take_each_others_place() -> None:
    document = machine(A={"Type": "Pass", "Next": "B", "Comment": "-"}, B={"Type": "Pass", "End": True, "Comment": "-"})
    targets = {"A": None, "B": "A"}
    graph = with_edges(asl.to_graph(document), lambda edge: edge._replace(target=targets[edge.source]))
    found = states(written(document, graph))
    assert [*found["A"].items()] == [("Type", "Pass"), ("End", True), ("Comment", "-")]
    assert [*found["B"].items()] == [("Type", "Pass"), ("Next", "A"), ("Comment", "-")]


def test_rules_keep_their_comments_when_one_is_put_before_them() -> None:
    document = follow_up()
    graph = asl.to_graph(document)
    new = Edge("Opened?", "Each", "Each", EdgeKind.BRANCH, {"Condition": "{% true %}"})
    first, *others = graph.outgoing["Opened?"]
    edges = (*(edge for edge in graph.edges if edge.source != "Opened?"), new, first, *others)
    rules = states(written(document, changed(graph, edges=edges)))["Opened?"]["Choices"]
    assert rules == [{"Condition": "{% true %}", "Next": "Each"}, *states(document)["Opened?"]["Choices"]]


def test_a_changed_condition_keeps_the_comment_of_its_rule() -> None:
    document = follow_up()
    condition = {"Variable": "$.opened", "BooleanEquals": False}
    graph = with_edges(asl.to_graph(document), lambda edge: edge._replace(condition=condition) if edge.label == "Fan" else edge)
    rules = states(written(document, graph))["Opened?"]["Choices"]
    assert rules[0] == {**condition, "Next": "Fan", "Comment": "keen"}
    assert rules[1] is states(document)["Opened?"]["Choices"][1]


def test_the_tests_within_a_rule_keep_their_comments_while_they_are_the_same() -> None:
    rule = {"And": [{"Variable": "$.a", "IsNull": True, "Comment": "known"}], "Next": "B"}
    document = machine(A={"Type": "Choice", "Choices": [rule], "Default": "B"}, B=END, C=END)
    graph = with_edges(asl.to_graph(document), lambda edge: edge._replace(label="C", target="C") if edge.label == "B" else edge)
    (found,) = states(written(document, graph))["A"]["Choices"]
    assert found == {**rule, "Next": "C"}
    assert found["And"] is rule["And"]


def test_retriers_and_catchers_keep_their_comments_too() -> None:
    document = follow_up()
    retry = [{"ErrorEquals": ["Slow"]}, *asl.to_graph(document).steps["Greet"].config["Retry"]]
    found = states(written(document, with_config(asl.to_graph(document), "Greet", Retry=retry)))["Greet"]
    assert found["Retry"] == [{"ErrorEquals": ["Slow"]}, *states(document)["Greet"]["Retry"]]
    assert found["Catch"] is states(document)["Greet"]["Catch"]


def test_the_last_catcher_takes_the_field_along_and_the_default_can_go() -> None:
    document = follow_up()
    graph = with_edges(asl.to_graph(document), lambda edge: None if edge.kind in (EdgeKind.ERROR, EdgeKind.DEFAULT) else edge)
    found = states(written(document, graph))
    assert "Catch" not in found["Greet"]
    assert "Default" not in found["Opened?"]


def test_a_way_that_leads_to_no_step_is_written_all_the_same() -> None:
    document = machine(A={"Type": "Pass", "Next": "B"}, B=END)
    assert written(document, without_step(asl.to_graph(document), "B")) == machine(A={"Type": "Pass", "Next": "B"})


# The whole


def test_settings_and_the_start_are_written() -> None:
    document = follow_up()
    found = written(document, changed(asl.to_graph(document), start="Stop", settings={"TimeoutSeconds": 60}))
    assert {key: value for key, value in found.items() if key != "States"} == {
        "Comment": "Follow up on new leads",
        "StartAt": "Stop",
        "TimeoutSeconds": 60,
    }


def test_what_is_around_a_machine_stays() -> None:
    document = {"name": "follow-up", "definition": follow_up(), "role": "${Role}"}
    found = written(document, with_config(asl.to_graph(document), "Greet", Resource="y"))
    assert [*found] == ["name", "definition", "role"]
    assert states(found["definition"])["Greet"]["Resource"] == "y"


def test_what_is_only_known_at_deployment_stays_where_it_is() -> None:
    rules = [{"Condition": "${A}", "Next": "B"}, {"Condition": "${B}", "Next": "${Later}", "Comment": "-"}, {"Next": "B"}]
    document = {
        "StartAt": "${Start}",
        "States": {
            "A": {"Type": "Choice", "Choices": rules, "Default": "${Else}"},
            "B": {"Type": "Pass", "Next": "${After}"},
            "C": {"Type": "Parallel", "Branches": ["${Branch}", machine(D=END)], "End": True},
            "E": {"Type": "Map", "ItemProcessor": {"Fn::Sub": "x"}, "End": True},
        },
    }
    found = states(written(document, with_config(asl.to_graph(document), "B", Result=1)))
    assert found["B"] == {"Type": "Pass", "Next": "${After}", "Result": 1}
    assert all(found[name] is states(document)[name] for name in "ACE")
    graph = with_edges(asl.to_graph(document), lambda edge: None if edge.label == "B (2)" else edge)
    assert states(written(document, graph))["A"]["Choices"] == rules[:2]


def test_no_config_of_a_state_names_another_state() -> None:
    config = {"Parameters": {"step": "A"}, "Output": "{% $states.input %}"}
    assert asl.referring(config, {"A": "B"}) is config


# What the language cannot say


def refused(graph: Graph, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        asl.to_document(follow_up(), graph)
    assert {problem.rule for problem in caught.value.problems} == {"cannot-say"}
    assert f"expected what Amazon States Language can say but {message}" in [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"name": "Follow up"}, "there is a name, 'Follow up'"),
        ({"triggers": (Trigger("manual", "manual", {}),)}, "there is a trigger 'manual'"),
        ({"goals": (Goal("won", "paid", None, {}),)}, "there is a goal 'won'"),
        ({"uses": (Edge("Greet", "model", "Stop", EdgeKind.USES),)}, "'Greet' uses another step"),
        ({"start": "Fan/0/Mail"}, "it starts at 'Fan/0/Mail'"),
        ({"settings": {"States": 1}}, "what it says of the whole has other keys in it"),
    ],
)
def test_what_no_machine_has_is_refused(parts: dict[str, Any], message: str) -> None:
    refused(changed(asl.to_graph(follow_up()), **parts), message)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (Step("X", "Pass", StepKind.ACTION, {}, disabled=True), "the step 'X' is disabled"),
        (Step("X", "Pass", StepKind.ACTION, {}, "Mail it"), "the step 'X' is called 'Mail it'"),
        (Step("X/Y", "Pass", StepKind.ACTION, {}), "the id 'X/Y' is none of a step outside of all others"),
        (Step("~X", "Pass", StepKind.ACTION, {}), "the id '~X' is none of a state"),
        (Step("X", "Pass", StepKind.ACTION, {}, scope="Fan"), "the id 'X' is none of a step inside 'Fan'"),
        (Step("Fan/X", "Pass", StepKind.ACTION, {}, scope="Fan"), "the id 'Fan/X' is none of a step inside 'Fan'"),
        (Step("Fan/01/X", "Pass", StepKind.ACTION, {}, scope="Fan"), "the id 'Fan/01/X' is none of a step inside 'Fan'"),
        (Step("Each/0/X", "Pass", StepKind.ACTION, {}, scope="Each"), "the id 'Each/0/X' is none of a step inside 'Each'"),
        (Step("Stop/X", "Pass", StepKind.ACTION, {}, scope="Stop"), "the id 'Stop/X' is none of a step inside 'Stop'"),
        (Step("X", "Pass", StepKind.WAIT, {}), "the step 'X' is no 'wait'"),
        (Step("X", "Pass", StepKind.ACTION, {"Next": "Stop"}), "the config of 'X' says more than a config"),
        (Step("X", "Pass", StepKind.ACTION, {"Comment": "-"}), "the config of 'X' says more than a config"),
    ],
)
def test_a_step_that_no_state_can_be_is_refused(step: Step, message: str) -> None:
    refused(with_step(asl.to_graph(follow_up()), step), message)


@pytest.mark.parametrize(
    "edge",
    [
        Edge("Opened?", "keen", "Each", EdgeKind.BRANCH, {}),
        Edge("Opened?", "Each", "Each", EdgeKind.BRANCH),
        Edge("Opened?", "Stop", None, EdgeKind.BRANCH, {}),
        Edge("Opened?", "next", "Stop"),
        Edge("Stop", "next", None),
        Edge("Greet", "next", "Stop"),
        Edge("Greet", "then", "Stop"),
        Edge("Greet", "error", "Stop", EdgeKind.ERROR, {"ErrorEquals": ["Gone"]}),
        Edge("Greet", "error: Gone", "Fan/0/Mail", EdgeKind.ERROR, {"ErrorEquals": ["Gone"]}),
        Edge("Greet", "timeout", "Stop", EdgeKind.TIMEOUT),
        Edge("Greet", "each", "Stop", EdgeKind.ENTER),
        Edge("Fan", "branch two", "Fan/0/Mail", EdgeKind.ENTER),
        Edge("Fan", "branch 2", "Fan/0/Mail", EdgeKind.ENTER),
    ],
)
def test_a_way_that_no_state_has_is_refused(edge: Edge) -> None:
    graph = asl.to_graph(follow_up())
    refused(changed(graph, edges=(*graph.edges, edge)), f"the way '{edge.label}' of '{edge.source}' has no place in it")


def test_the_same_way_twice_is_refused() -> None:
    graph = asl.to_graph(follow_up())
    refused(changed(graph, edges=(*graph.edges, graph.outgoing["Greet"][0])), "a way of 'Greet' is there twice")


def test_a_way_from_a_step_that_is_not_there_is_refused() -> None:
    graph = asl.to_graph(follow_up())
    refused(changed(graph, edges=(*graph.edges, Edge("X", "next", "Stop"))), "a way begins at 'X', which is not there")


def test_all_that_cannot_be_said_is_told_at_once() -> None:
    with pytest.raises(DefinitionError) as caught:
        asl.to_document(follow_up(), changed(asl.to_graph(follow_up()), name="A", goals=(Goal("won", "paid", None, {}),)))
    assert len(caught.value.problems) == 2


# Laws

law = settings(deadline=None)


@law
@given(machines())
def test_the_graph_of_a_machine_gives_the_very_machine(document: dict[str, Any]) -> None:
    assert asl.to_document(document, asl.to_graph(document)) is document


@law
@given(machines(), machines())
def test_any_machine_can_be_written_over_any_other(document: dict[str, Any], other: dict[str, Any]) -> None:
    written(document, asl.to_graph(other))


@law
@given(almost_states, json_values, st.data())
def test_the_graph_of_whatever_is_under_states_gives_the_very_document(found: Any, start: Any, data: st.DataObject) -> None:
    document = {"States": found, "StartAt": start}
    if not isinstance(found, dict):
        return
    assert asl.to_document(document, asl.to_graph(document)) is document
    other = {"States": data.draw(st.dictionaries(st.sampled_from("AB"), almost_states, max_size=3)), "StartAt": "A"}
    try:
        written(document, asl.to_graph(other))
    except DefinitionError as error:
        assert {problem.rule for problem in error.problems} == {"cannot-say"}


def _with_labels(graph: Graph) -> Graph:
    """With the labels that rules and catchers have by what they lead to and catch."""
    taken: dict[tuple[str, EdgeKind], set[str]] = {}

    def label(edge: Edge) -> str:
        if edge.kind is EdgeKind.BRANCH:
            plain = _own_name(edge.target or "")
        elif edge.kind is EdgeKind.ERROR:
            plain = f"error: {', '.join(edge.condition['ErrorEquals'])}"
        else:
            return edge.label
        used = taken.setdefault((edge.source, edge.kind), {"default"})
        free = next(name for name in (plain, *(f"{plain} ({number})" for number in range(2, 99))) if name not in used)
        used.add(free)
        return free

    return changed(graph, edges=tuple(edge._replace(label=label(edge)) for edge in graph.edges))


def _beside(graph: Graph, step_id: str) -> list[str]:
    prefix = step_id[: step_id.rfind("/") + 1]
    return [other for other in graph.steps if other[: other.rfind("/") + 1] == prefix]


@st.composite
def _edits(draw: st.DrawFn, graph: Graph) -> Graph:
    step = graph.steps[draw(st.sampled_from([*graph.steps]))]
    beside = _beside(graph, step.id)
    prefix = step.id[: step.id.rfind("/") + 1]
    edit = draw(st.sampled_from(["config", "remove", "rename", "add", "retarget", "drop", "catch", "branch", "whole"]))
    if edit == "config":
        return with_config(graph, step.id, Assign=draw(json_values))
    if edit == "remove" and len(beside) > 1:
        return without_step(graph, step.id)
    if edit == "rename":
        new = prefix + draw(st.sampled_from(["New", "a~1b", "~01", "0"]))
        return graph if new in graph.steps else renamed(graph, step.id, new)
    if edit == "add" and f"{prefix}Added" not in graph.steps:
        added = Step(f"{prefix}Added", "Pass", StepKind.ACTION, {}, "Added", step.scope)
        return with_step(graph, added, Edge(added.id, "next", draw(st.sampled_from([None, *beside]))))
    if edit == "retarget" and step.id in graph.outgoing:
        chosen = draw(st.sampled_from(graph.outgoing[step.id]))
        there = [other for other in graph.steps if chosen.target and other in _beside(graph, chosen.target)]
        target = draw(st.sampled_from(there or [chosen.target]))
        return with_edges(graph, lambda edge: edge._replace(target=target) if edge is chosen else edge)
    if edit == "drop" and step.id in graph.outgoing:
        chosen = draw(st.sampled_from([*graph.outgoing[step.id]]))
        return with_edges(graph, lambda edge: None if edge is chosen and edge.kind is not EdgeKind.ENTER else edge)
    if edit == "catch" and step.type == "Task":
        catcher = Edge(step.id, "", draw(st.sampled_from(beside)), EdgeKind.ERROR, {"ErrorEquals": [draw(st.sampled_from("AB"))]})
        return changed(graph, edges=(*graph.edges, catcher))
    if edit == "branch" and step.type == "Parallel":
        number = 1 + max(
            [-1, *(int(other.id[len(step.id) + 1 :].split("/")[0]) for other in graph.steps.values() if other.scope == step.id)]
        )
        added = Step(f"{step.id}/{number}/Added", "Succeed", StepKind.END, {}, "Added", step.id)
        return with_step(graph, added, Edge(step.id, f"branch {number}", added.id, EdgeKind.ENTER))
    if edit == "whole":
        return changed(
            graph, start=draw(st.sampled_from([other for other in graph.steps if "/" not in other])), settings={"Version": "1.0"}
        )
    return graph


@law
@given(st.data())
def test_whatever_is_edited_in_a_graph_can_be_written(data: st.DataObject) -> None:
    document = data.draw(machines())
    graph = asl.to_graph(document)
    for _ in range(data.draw(st.integers(1, 4))):
        graph = _with_labels(data.draw(_edits(graph)))
    written(document, graph)
