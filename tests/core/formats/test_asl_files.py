"""State machines as they stand in files: wrapped, commented, with values that are filled in at deployment, in JSONata."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.test_asl import END, TASK, edge, edges, machine, places, problems
from wflgit.core.catalog import BUILT_IN
from wflgit.core.formats import asl
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, EdgeKind, StepKind
from wflgit.core.validation import validate


def test_pointers_lead_from_the_very_root_of_the_document() -> None:
    document = {"name": "-", "definition": machine(A={"Type": "Task", "Next": "A"})}
    graph = asl.to_graph(document)
    assert graph.steps["A"].pointer == ("definition", "States", "A")
    assert (edge(graph, "A", "next").pointer, graph.start_pointer) == (
        ("definition", "States", "A", "Next"),
        ("definition", "StartAt"),
    )
    assert [problem.pointer for problem in problems(document)] == [("definition", "States", "A")]


@pytest.mark.parametrize("key", ["States", "StartAt"])
def test_a_machine_with_a_definition_beside_its_states_is_bare(key: str) -> None:
    assert asl.root({key: {}, "definition": machine(A=END)}) == ()


@pytest.mark.parametrize(
    ("state", "config"),
    [
        ({"Type": "Pass", "Next": "${After}"}, {"Next": "${After}"}),
        ({"Type": "Pass", "Next": {"Ref": "After"}}, {"Next": {"Ref": "After"}}),
        ({"Type": "Pass", "End": "${Ends}"}, {"End": "${Ends}"}),
        ({"Type": "Choice", "Choices": "${Rules}", "Default": "${Else}"}, {"Choices": "${Rules}", "Default": "${Else}"}),
        ({"Type": "Parallel", "Branches": "${Branches}", "End": "${Ends}"}, {"Branches": "${Branches}", "End": "${Ends}"}),
        ({"Type": "Map", "ItemProcessor": "${Inside}", "Next": "${After}"}, {"ItemProcessor": "${Inside}", "Next": "${After}"}),
        (
            {"Type": "Pass", "Catch": "${Catchers}", "Retry": "${R}", "Next": "${A}"},
            {"Catch": "${Catchers}", "Retry": "${R}", "Next": "${A}"},
        ),
        ({"Type": "${Type}", "Next": "${After}"}, {"Next": "${After}"}),
        ({"Type": {"Fn::If": []}, "Next": "${After}"}, {"Type": {"Fn::If": []}, "Next": "${After}"}),
        ({"Type": "Wait", "Seconds": {"Fn::If": []}, "Next": "${After}"}, {"Seconds": {"Fn::If": []}, "Next": "${After}"}),
    ],
)
def test_what_is_filled_in_at_deployment_is_config_and_no_error(state: dict[str, Any], config: dict[str, Any]) -> None:
    graph = asl.to_graph(machine(A=state))
    assert (graph.steps["A"].config, graph.edges) == (config, ())
    assert validate(json.dumps(machine(A=state)).encode(), BUILT_IN) == ()


def test_a_way_to_a_state_whose_name_has_a_placeholder_is_a_way() -> None:
    document = {
        "StartAt": "${Stage} mail",
        "States": {"${Stage} mail": {"Type": "Pass", "Next": "${Stage} end"}, "${Stage} end": END},
    }
    graph = asl.to_graph(document)
    assert (graph.start, edges(graph, "${Stage} mail")) == ("${Stage} mail", {"next": "${Stage} end"})


def test_a_start_that_is_filled_in_is_none_that_is_known() -> None:
    graph = asl.to_graph(
        {"StartAt": "${First}", "States": {"Each": {"Type": "Map", "Iterator": {"StartAt": "${F}", "States": {}}, "End": True}}}
    )
    assert (graph.start, graph.settings, graph.steps["Each"].config) == (
        None,
        {"StartAt": "${First}"},
        {"Iterator": {"StartAt": "${F}"}},
    )
    assert graph.edges == (Edge("Each", "next", None, EdgeKind.NEXT, None, ("States", "Each", "End")),)


def test_a_rule_that_is_filled_in_stays_in_the_config_by_its_index() -> None:
    rules = [{"Condition": "a", "Next": "B"}, {"Condition": "b", "Next": "${Later}", "Comment": "-"}, "${Rule}"]
    document = machine(A={"Type": "Choice", "Choices": rules, "Default": "B"}, B=END)
    graph = asl.to_graph(document)
    assert graph.steps["A"].config == {"Choices": {"1": {"Condition": "b", "Next": "${Later}"}, "2": "${Rule}"}}
    assert edges(graph, "A") == {"B": "B", "default": "B"}
    assert problems(document) == []


def test_comments_mean_nothing_wherever_they_are() -> None:
    def commented(comment: dict[str, Any]) -> dict[str, Any]:
        rule = {"ErrorEquals": ["States.ALL"], **comment}
        inside = {**comment, **machine(B={**END, **comment})}
        test = {"Variable": "$.a", "IsNull": True, **comment}
        rules = [{"And": [test, {"Not": {"Or": [test]}}], "Next": "A", **comment}, {"Not": test, "Next": "A"}]
        choice = {"Type": "Choice", "Choices": rules, "Default": "A"}
        state = {**TASK, **comment, "Catch": [{**rule, "Next": "A"}], "Retry": [rule]}
        branches = {"Type": "Parallel", "Branches": [inside], "End": True}
        return {**comment, **machine(A=state, C={"Type": "Map", "ItemProcessor": inside, "End": True}, D=branches, E=choice)}

    graph = asl.to_graph(commented({"Comment": "why"}))
    assert graph == asl.to_graph(commented({}))
    found = [place for place in places(commented({"Comment": "why"})) if place[-1:] == ("Comment",)]
    assert len(found) == 12
    assert {asl.FIELDS.worth(place) for place in found} == {Worth.COSMETIC}
    assert asl.FIELDS.worth(("States", "A", "Parameters", "Choices", 0, "Comment")) is Worth.MEANING


def test_a_machine_in_jsonata_is_read_whole() -> None:
    each = {
        "Type": "Map",
        "Items": "{% $leads %}",
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Arguments": {"Bucket": "b"}},
        "ItemBatcher": {"MaxItemsPerBatch": 10},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"},
        "MaxConcurrency": "${Concurrency}",
        "ToleratedFailurePercentage": 5,
    }
    mail = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"Token": "{% $states.context.Task.Token %}"},
        "Credentials": {"RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
        "HeartbeatSeconds": "{% $patience %}",
        "Assign": {"sent": True},
        "Output": "{% $states.result %}",
    }
    inside = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, **machine(Mail={**mail, "End": True})}
    document = {"QueryLanguage": "JSONata", **machine(Each={**each, "ItemProcessor": inside, "End": True})}
    graph = asl.to_graph(document)
    config = {key: value for key, value in mail.items() if key != "Type"}
    assert (graph.steps["Each/Mail"].config, graph.steps["Each/Mail"].kind) == (config, StepKind.ACTION)
    assert graph.steps["Each"].config["ItemProcessor"] == {"ProcessorConfig": inside["ProcessorConfig"]}
    assert problems(document) == []
