"""n8n: what its workflows become, what is wrong with them, and the laws of both."""

from __future__ import annotations

import copy
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.catalog import BUILT_IN
from wflgit.core.formats import n8n
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, EdgeKind, Graph, StepKind, WaitKind, WaitTerms
from wflgit.core.problems import Problem, Severity
from wflgit.errors import DefinitionError

WELCOME = json.loads((Path(__file__).parent / "n8n" / "welcome.json").read_text("utf-8"))
NO_OP = "n8n-nodes-base.noOp"


def step(name: str, type_: str = NO_OP, **said: Any) -> dict[str, Any]:
    return {"parameters": {}, "name": name, "type": type_, "typeVersion": 1, "position": [0, 0], **said}


def to(*names: str) -> list[dict[str, Any]]:
    return [{"node": name, "type": "main", "index": 0} for name in names]


def workflow(*steps: dict[str, Any], **connections: Any) -> dict[str, Any]:
    return {"nodes": [*steps], "connections": {name: {"main": outputs} for name, outputs in connections.items()}}


def leads(graph: Graph, source: str) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for edge in graph.outgoing.get(source, ()):
        found.setdefault(edge.label, []).append(edge.target)
    return found


def rules(document: Any) -> list[str]:
    return [problem.rule for problem in n8n.problems(document, BUILT_IN)]


def only_problem(document: Any) -> Problem:
    (problem,) = n8n.problems(document, BUILT_IN)
    return problem


def at(document: Any, pointer: tuple[str | int, ...]) -> Any:
    for key in pointer:
        document = document[key]
    return document


# What is recognised


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (WELCOME, ()),
        ([WELCOME], (0,)),
        ({"workflow": WELCOME, "exportedBy": "cli"}, ("workflow",)),
        ({"data": WELCOME}, ("data",)),
        ([{"data": {"workflow": WELCOME}}], (0, "data", "workflow")),
        ({"nodes": [step("A")]}, ()),
        ({"nodes": [], "connections": {}}, ()),
    ],
)
def test_a_workflow_is_recognised_whatever_is_wrapped_around_it(document: Any, where: tuple[str | int, ...]) -> None:
    assert n8n.recognise(document)
    assert n8n.root(document) == where
    assert n8n.to_graph(document).name == at(document, where).get("name")


@pytest.mark.parametrize(
    "document",
    [
        None,
        "nodes",
        {},
        [],
        {"nodes": []},
        {"nodes": {}, "connections": {}},
        {"nodes": [{"id": "1", "type": "default", "position": {"x": 0, "y": 0}}], "edges": []},
        [{"id": "1", "type": "tab", "label": "Flow 1"}],
        [{"id": "1", "type": "inject", "wires": [[]]}, {"id": "2", "type": "debug", "wires": []}],
        {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
        {"definition": {"triggers": {}, "actions": {}}},
        {"name": "wflgit", "version": "1.0.0", "dependencies": {}, "workflow": {"name": "x"}},
        {"steps": {}},
        [WELCOME, {"name": "no workflow"}],
    ],
)
def test_other_json_is_not_recognised(document: Any) -> None:
    assert not n8n.recognise(document)
    assert n8n.root(document) == ()


def test_a_list_of_several_workflows_is_recognised_and_refused_with_the_way_out() -> None:
    document = [WELCOME, WELCOME]
    assert n8n.recognise(document)
    with pytest.raises(DefinitionError, match="expected one workflow but found a list of 2") as caught:
        n8n.to_graph(document)
    assert "--separate" in (caught.value.hint or "")
    assert rules(document) == ["several-workflows"]


# Steps


def test_steps_have_their_names_as_ids_and_what_means_something_as_config() -> None:
    graph = n8n.to_graph(WELCOME)
    assert (graph.format, graph.name, graph.start) == ("n8n", "Welcome new leads", "Lead arrives")
    assert list(graph.steps) == ["Lead arrives", "Has an address?", "Write", "Model", "Wait a day", "Mail", "Give up"]
    model = graph.steps["Model"]
    assert (model.type, model.name, model.key) == (
        "@n8n/n8n-nodes-langchain.lmChatOpenAi",
        None,
        "1f0f2a0e-0000-4000-8000-000000000004",
    )
    assert model.config == {
        "parameters": {"model": {"__rl": True, "mode": "list", "value": "small"}},
        "typeVersion": 1.2,
        "credentials": {"openAiApi": {"id": "c1", "name": "OpenAI"}},
    }
    assert [step_id for step_id, each in graph.steps.items() if each.disabled] == ["Mail"]
    assert all(at(WELCOME, each.pointer)["name"] == each.id for each in graph.steps.values())


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("n8n-nodes-base.if", StepKind.CONDITION),
        ("n8n-nodes-base.switch", StepKind.CONDITION),
        ("n8n-nodes-base.filter", StepKind.CONDITION),
        ("n8n-nodes-base.wait", StepKind.WAIT),
        ("n8n-nodes-base.stopAndError", StepKind.END),
        ("n8n-nodes-base.webhook", StepKind.TRIGGER),
        ("n8n-nodes-base.cron", StepKind.TRIGGER),
        ("n8n-nodes-base.emailReadImap", StepKind.TRIGGER),
        ("n8n-nodes-base.executeWorkflowTrigger", StepKind.TRIGGER),
        ("@n8n/n8n-nodes-langchain.chatTrigger", StepKind.TRIGGER),
        ("n8n-nodes-crm.crmTrigger", StepKind.TRIGGER),
        ("n8n-nodes-base.rssFeedRead", StepKind.ACTION),
        ("n8n-nodes-base.respondToWebhook", StepKind.ACTION),
        ("n8n-nodes-crm.if", StepKind.ACTION),
    ],
)
def test_the_kind_of_a_step_follows_from_its_type(type_: str, kind: StepKind) -> None:
    assert n8n.to_graph(workflow(step("A", type_))).steps["A"].kind is kind


def test_what_the_editor_keeps_for_itself_makes_no_difference() -> None:
    noisy = copy.deepcopy(WELCOME)
    for index, raw in enumerate(noisy["nodes"]):
        raw |= {"position": [index, 7], "webhookId": "other", "notes": "new", "notesInFlow": True, "color": "#000000"}
    noisy["nodes"][3]["parameters"]["model"] |= {"cachedResultName": "Big", "cachedResultUrl": "https://example.com"}
    noisy["nodes"][1]["parameters"]["conditions"]["conditions"][0]["id"] = "row 1"
    noisy["nodes"][-1]["parameters"]["content"] = "other words"
    noisy["tags"].reverse()
    noisy |= {"versionId": "2", "updatedAt": "now", "meta": {}, "pinData": {}, "staticData": {"last": 1}, "activeVersion": WELCOME}
    noisy |= {"_fileName": "a.json", "_exportedAt": "now", "shared": [], "id": "w2", "nodeGroups": [], "isArchived": False}
    assert n8n.to_graph(noisy) == n8n.to_graph(WELCOME)


def test_rows_of_assignments_lose_their_ids_but_data_called_id_stays() -> None:
    rows = [{"id": "r1", "name": "id", "value": 5, "type": "number"}]
    values = {"assignments": {"assignments": rows}, "filters": {"conditions": [{"id": "keep", "keyValue": 1}]}, "id": "keep"}
    values |= {
        "cachedResultName": "not of a locator",
        "schema": {"__rl": True, "value": "public"},
        "columns": {"schema": [{"id": "x"}]},
    }
    config = n8n.to_graph(workflow(step("A", parameters=values))).steps["A"].config
    assert config["parameters"] == {**values, "assignments": {"assignments": [{"name": "id", "value": 5, "type": "number"}]}}


def test_no_parameters_and_empty_ones_are_the_same() -> None:
    bare = {"name": "A", "type": NO_OP}
    assert n8n.to_graph(workflow(bare)).steps["A"].config == {}
    assert n8n.to_graph(workflow({**bare, "parameters": {}, "credentials": {}})).steps["A"].config == {}


def test_only_true_disables_a_step() -> None:
    graph = n8n.to_graph(workflow(step("A", disabled="no"), step("B", disabled=None), step("C", disabled=True)))
    assert [each.disabled for each in graph.steps.values()] == [False, False, True]


def test_a_name_that_is_here_again_gets_a_number_and_connections_by_it_are_the_first_ones() -> None:
    document = workflow(step("A"), step("A", "n8n-nodes-base.if"), step("B"), A=[to("B")], B=[to("A")])
    graph = n8n.to_graph(document)
    assert list(graph.steps) == ["A", "A (2)", "B"]
    assert graph.steps["A (2)"].name == "A"
    assert (leads(graph, "A"), leads(graph, "B"), leads(graph, "A (2)")) == ({"next": ["B"]}, {"next": ["A"]}, {})
    problem = only_problem(document)
    assert (problem.rule, problem.pointer, problem.severity) == ("duplicate-step-name", ("nodes", 1, "name"), Severity.ERROR)


def test_a_step_without_a_name_goes_by_its_key_or_its_place() -> None:
    document = workflow({"type": NO_OP, "id": "k1"}, {"type": NO_OP, "name": ""}, {"type": NO_OP, "name": 5})
    assert list(n8n.to_graph(document).steps) == ["k1", "nodes[1]", "nodes[2]"]
    assert rules(document) == ["missing-key", "wrong-value", "wrong-value"]


def test_the_example_of_the_page_is_what_the_page_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "formats" / "n8n.md").read_text("utf-8")
    (example,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    graph = n8n.to_graph(json.loads(example))
    told = re.findall(r"^\| `([^`]+)` \| an? (\w+)", page, re.MULTILINE)
    assert told == [(step_id, str(each.kind)) for step_id, each in graph.steps.items()]
    ways = re.findall(r"`([^`]+)` → `([^`]+)`", page)
    assert ways == [(each.label, each.target) for each in graph.edges]
    assert rules(json.loads(example)) == []


# Edges


def test_the_plain_way_on_is_next_and_may_lead_to_several_steps() -> None:
    graph = n8n.to_graph(workflow(step("A"), step("B"), step("C"), A=[to("C", "B")]))
    assert graph.edges == (
        Edge("A", "next", "C", EdgeKind.NEXT, None, ("connections", "A", "main", 0, 0, "node")),
        Edge("A", "next", "B", EdgeKind.NEXT, None, ("connections", "A", "main", 0, 1, "node")),
    )


def test_the_input_that_an_edge_leads_to_is_its_condition_unless_it_is_the_first() -> None:
    entries = [*to("Merge"), {"node": "Merge", "type": "main", "index": 1}, {"node": "Merge"}, {"node": "Merge", "index": True}]
    graph = n8n.to_graph(workflow(step("A"), step("Merge", "n8n-nodes-base.merge"), A=[entries]))
    assert [edge.condition for edge in graph.edges] == [None, {"input": 1}, None, None]


SWITCH = "n8n-nodes-base.switch"


def rules_of(*keys: str | None) -> list[dict[str, Any]]:
    return [{"conditions": {}} | ({} if key is None else {"outputKey": key, "renameOutput": True}) for key in keys]


@pytest.mark.parametrize(
    ("type_", "version", "parameters", "labels"),
    [
        ("n8n-nodes-base.if", 2.2, {}, ["true", "false", "output 2"]),
        ("n8n-nodes-base.if", 1, {}, ["true", "false"]),
        ("n8n-nodes-base.filter", 2, {}, ["next", "discarded"]),
        ("n8n-nodes-base.splitInBatches", 3, {}, ["done", "loop"]),
        ("n8n-nodes-base.splitInBatches", 2, {}, ["loop", "done"]),
        ("n8n-nodes-base.splitInBatches", 1, {}, ["loop"]),
        (SWITCH, 1, {"rules": {"rules": [{"value2": 1, "output": 2}]}, "fallbackOutput": 3}, ["0", "1", "2", "3"]),
        (SWITCH, 2, {"rules": {"rules": rules_of("warm", "cold")}, "fallbackOutput": 1}, ["warm", "cold"]),
        (SWITCH, 3, {"rules": {"values": rules_of("warm", None)}}, ["warm", "1"]),
        (SWITCH, 3, {"rules": {"rules": rules_of("warm")}, "options": {"fallbackOutput": "last"}}, ["warm", "Fallback"]),
        (SWITCH, 3.2, {"rules": {"values": rules_of("warm")}, "options": {"fallbackOutput": "extra"}}, ["warm", "Fallback"]),
        (
            SWITCH,
            3.2,
            {"rules": {"values": rules_of("a", "a")}, "options": {"fallbackOutput": "extra", "renameFallbackOutput": "rest"}},
            ["a", "a (2)", "rest", "output 3"],
        ),
        (SWITCH, 3.2, {"rules": {"values": rules_of("warm")}, "options": {"fallbackOutput": 0}}, ["warm", "output 1"]),
        (SWITCH, 3, {"mode": "expression", "numberOutputs": 2}, ["0", "1", "output 2"]),
        (SWITCH, 2, {"mode": "expression", "outputsAmount": 2}, ["0", "1", "output 2"]),
        (SWITCH, 3, {"mode": "expression"}, ["0", "1", "2", "3"]),
        ("n8n-nodes-base.compareDatasets", 2, {}, ["In A only", "Same", "Different", "In B only"]),
        ("n8n-nodes-base.webhook", 2, {"multipleMethods": True, "httpMethod": ["GET", "PUT"]}, ["GET", "PUT"]),
        ("n8n-nodes-base.webhook", 2, {"httpMethod": "PUT"}, ["next"]),
        (
            "@n8n/n8n-nodes-langchain.textClassifier",
            1,
            {"categories": {"categories": [{"category": "bug"}]}, "options": {"fallback": "other"}},
            ["bug", "Other"],
        ),
        ("@n8n/n8n-nodes-langchain.sentimentAnalysis", 1, {}, ["Positive", "Neutral", "Negative"]),
        ("@n8n/n8n-nodes-langchain.sentimentAnalysis", 1, {"options": {"categories": "good, bad"}}, ["good", "bad"]),
        ("n8n-nodes-crm.router", 1, {}, ["next", "output 1", "output 2"]),
    ],
)
def test_outcomes_are_called_as_the_editor_calls_the_outputs(
    type_: str, version: float, parameters: dict[str, Any], labels: list[str]
) -> None:
    outputs = [to("B") for _ in labels]
    graph = n8n.to_graph(workflow(step("A", type_, typeVersion=version, parameters=parameters), step("B"), A=outputs))
    assert [edge.label for edge in graph.outgoing["A"]] == labels


def test_which_outcome_is_the_otherwise_is_told_by_its_kind() -> None:
    parameters = {"rules": {"values": rules_of("next")}, "options": {"fallbackOutput": "extra"}}
    graph = n8n.to_graph(workflow(step("A", SWITCH, typeVersion=3.2, parameters=parameters), step("B"), A=[to("B"), to("B")]))
    assert [(edge.label, edge.kind) for edge in graph.edges] == [("next", EdgeKind.BRANCH), ("Fallback", EdgeKind.DEFAULT)]


@pytest.mark.parametrize(
    ("type_", "outputs", "labels"),
    [
        (NO_OP, 2, ["next", "error"]),
        (NO_OP, 1, ["next"]),
        ("n8n-nodes-base.if", 3, ["true", "false", "error"]),
        ("n8n-nodes-base.filter", 2, ["next", "error"]),
        ("n8n-nodes-crm.router", 3, ["next", "output 1", "error"]),
    ],
)
def test_the_last_output_is_the_one_for_errors_where_the_step_has_one(type_: str, outputs: int, labels: list[str]) -> None:
    ways = [to("B") for _ in range(outputs)]
    graph = n8n.to_graph(workflow(step("A", type_, onError="continueErrorOutput"), step("B"), A=ways))
    assert [edge.label for edge in graph.edges] == labels
    assert [edge.label for edge in graph.edges if edge.kind is EdgeKind.ERROR] == [label for label in labels if label == "error"]


def test_a_rule_called_error_is_not_taken_for_the_output_for_errors() -> None:
    parameters = {"rules": {"values": rules_of("error")}}
    raw = step("A", SWITCH, typeVersion=3, parameters=parameters, onError="continueErrorOutput")
    graph = n8n.to_graph(workflow(raw, step("B"), A=[to("B"), to("B")]))
    assert [(edge.label, edge.kind) for edge in graph.edges] == [("error (2)", EdgeKind.BRANCH), ("error", EdgeKind.ERROR)]


def test_the_old_kind_of_connection_for_errors_is_read_too() -> None:
    document = workflow(step("A"), step("B"))
    document["connections"]["A"] = {"main": [to("B")], "error": [to("B")]}
    assert leads(n8n.to_graph(document), "A") == {"next": ["B"], "error": ["B"]}


def test_helpers_are_used_by_those_that_their_arrows_lead_to() -> None:
    graph = n8n.to_graph(WELCOME)
    pointer = ("connections", "Model", "ai_languageModel", 0, 0)
    assert graph.uses == (Edge("Write", "ai_languageModel", "Model", EdgeKind.USES, None, pointer),)
    assert "Model" in graph.reachable()
    assert "Model" not in {edge.source for edge in graph.edges}


def test_a_second_model_of_an_agent_is_told_from_the_first() -> None:
    document = workflow(step("Agent"), step("Spare"))
    document["connections"]["Spare"] = {"ai_languageModel": [[{"node": "Agent", "type": "ai_languageModel", "index": 1}]]}
    assert [edge.condition for edge in n8n.to_graph(document).uses] == [{"input": 1}]


def test_a_second_output_of_a_helper_is_told_from_the_first() -> None:
    entry = {"node": "Agent", "type": "ai_tool", "index": 0}
    document = workflow(step("Agent"), step("Tools"))
    document["connections"]["Tools"] = {"ai_tool": [[], [entry]]}
    graph = n8n.to_graph(document)
    assert [edge.condition for edge in graph.uses] == [{"output": 1}]
    assert n8n.to_document({**document, "connections": {}}, graph)["connections"] == document["connections"]


def test_an_edge_to_a_step_that_is_missing_stays_and_one_from_such_a_step_is_left_out() -> None:
    document = workflow(step("A"), A=[to("Gone")], Gone=[to("A")])
    assert [(edge.source, edge.target) for edge in n8n.to_graph(document).edges] == [("A", "Gone")]
    problem = only_problem(document)
    assert (problem.rule, problem.pointer, problem.severity) == ("unknown-source", ("connections", "Gone"), Severity.WARNING)


def test_what_is_left_of_a_step_that_is_gone_is_no_problem_where_nothing_goes_from_it() -> None:
    assert rules(workflow(step("A"), Gone=[[], None])) == []


def test_a_name_given_twice_is_only_a_warning_where_no_connection_goes_by_it() -> None:
    problem = only_problem(workflow(step("A"), step("B"), step("A"), B=[to("B")]))
    assert (problem.rule, problem.severity) == ("duplicate-step-name", Severity.WARNING)


def test_outputs_that_nothing_is_connected_to_are_loose() -> None:
    if_, switch = step("If", "n8n-nodes-base.if"), step("Switch", "n8n-nodes-base.switch")
    graph = n8n.to_graph(workflow(if_, switch, step("A"), If=[to("A")], Switch=[None, to("A"), []], A=[to("If")]))
    assert graph.loose == {"If": ("false",), "Switch": ("0", "2", "3")}
    assert n8n.to_graph(workflow(if_, step("A"), If=[to("A"), to("A")])).loose == {}


# Triggers and the start


def trigger(name: str, type_: str, **said: Any) -> dict[str, Any]:
    return step(name, f"n8n-nodes-base.{type_}", **said)


def test_a_trigger_is_a_step_too_and_executions_begin_there() -> None:
    graph = n8n.to_graph(WELCOME)
    (found,) = graph.triggers
    arrives = graph.steps["Lead arrives"]
    assert (found.id, found.start, found.type, found.disabled) == ("Lead arrives", "Lead arrives", arrives.type, False)
    assert (found.config, found.pointer, arrives.kind) == (arrives.config, arrives.pointer, StepKind.TRIGGER)


def test_a_webhook_that_something_leads_to_is_no_trigger() -> None:
    graph = n8n.to_graph(workflow(trigger("Start", "manualTrigger"), trigger("Hook", "webhook"), Start=[to("Hook")]))
    assert [each.id for each in graph.triggers] == ["Start"]
    assert graph.steps["Hook"].kind is StepKind.ACTION


@pytest.mark.parametrize(
    ("steps", "leading", "start"),
    [
        ([trigger("A", "webhook")], ["A"], "A"),
        ([trigger("A", "webhook")], [], "A"),
        ([trigger("A", "webhook"), trigger("B", "cron")], ["A", "B"], None),
        ([trigger("A", "webhook"), trigger("B", "cron")], ["B"], "B"),
        ([trigger("A", "webhook"), trigger("B", "cron", disabled=True)], ["A", "B"], "A"),
        ([trigger("A", "webhook"), trigger("B", "manualTrigger")], ["A", "B"], "A"),
        ([trigger("A", "webhook"), trigger("B", "start")], ["A", "B"], "A"),
        ([trigger("A", "errorTrigger"), trigger("B", "cron")], ["A", "B"], "B"),
        ([trigger("A", "errorTrigger")], ["A"], "A"),
        ([trigger("A", "errorTrigger"), trigger("B", "manualTrigger")], ["A", "B"], "A"),
        ([trigger("A", "manualTrigger"), trigger("B", "manualTrigger")], ["A", "B"], None),
        ([trigger("A", "webhook", disabled=True)], ["A"], None),
        ([step("A")], ["A"], "A"),
        ([step("A"), step("B")], ["A"], None),
    ],
)
def test_the_start_is_the_only_trigger_that_can_be_meant(
    steps: list[dict[str, Any]], leading: list[str], start: str | None
) -> None:
    document = workflow(*steps, step("End"), **{name: [to("End")] for name in leading})
    assert n8n.to_graph(document).start == start


def test_helpers_are_no_start_of_a_workflow_without_a_trigger() -> None:
    document = copy.deepcopy(WELCOME)
    del document["nodes"][0], document["connections"]["Lead arrives"]
    assert n8n.to_graph(document).start == "Has an address?"


# Settings


def test_settings_are_what_is_said_of_the_whole_and_tags_go_by_name() -> None:
    assert n8n.to_graph(WELCOME).settings == {
        "active": True,
        "settings": {"executionOrder": "v1", "timezone": "Europe/Berlin"},
        "tags": ["mail", "sales"],
    }


def test_what_is_not_known_of_the_whole_counts_as_a_setting() -> None:
    document = {**workflow(step("A")), "owner": "sales", "description": "Greets", "tags": ["b", "a", 7], "settings": {}}
    assert n8n.to_graph(document).settings == {"owner": "sales", "description": "Greets", "tags": ["a", "b"]}


@pytest.mark.parametrize(
    ("path", "worth"),
    [
        ("nodes/0/position/1", Worth.COSMETIC),
        ("nodes/0/notes", Worth.COSMETIC),
        ("nodes/0/parameters/notes", Worth.MEANING),
        ("nodes/0/webhookId", Worth.VOLATILE),
        ("nodes/0/parameters/sheet/cachedResultUrl", Worth.VOLATILE),
        ("nodes/0/parameters/conditions/conditions/0/id", Worth.VOLATILE),
        ("activeVersion/nodes/0/name", Worth.VOLATILE),
        ("tags/0/id", Worth.VOLATILE),
        ("tags/0/name", Worth.MEANING),
        ("pinData/Hook/0/json", Worth.PRIVATE),
        ("staticData", Worth.PRIVATE),
        ("nodes/0/parameters/options/apiKey", Worth.SECRET),
        ("nodes/0/parameters/headerParameters/parameters/0/value", Worth.SECRET),
        ("nodes/0/parameters/headerParameters/parameters/0/name", Worth.MEANING),
        ("nodes/0/credentials/mail/password", Worth.SECRET),
        ("activeVersion/nodes/0/parameters/token", Worth.SECRET),
        ("nodes/0/parameters/url", Worth.MEANING),
        ("settings/timezone", Worth.MEANING),
    ],
)
def test_fields_have_their_worth(path: str, worth: Worth) -> None:
    assert n8n.FIELDS.worth(tuple(int(key) if key.isdigit() else key for key in path.split("/"))) is worth


# Waits

AN_HOUR, UNKNOWN = timedelta(hours=1), WaitTerms(WaitKind.DURATION)


@pytest.mark.parametrize(
    ("version", "parameters", "terms"),
    [
        (1.1, {"amount": 2, "unit": "days"}, WaitTerms(WaitKind.DURATION, timedelta(days=2))),
        (1.1, {"amount": 2.5, "unit": "minutes"}, WaitTerms(WaitKind.DURATION, timedelta(seconds=150))),
        (1.1, {"amount": "3", "unit": "minutes"}, WaitTerms(WaitKind.DURATION, timedelta(minutes=3))),
        (1.1, {}, WaitTerms(WaitKind.DURATION, timedelta(seconds=5))),
        (1, {}, WaitTerms(WaitKind.DURATION, AN_HOUR)),
        (1, {"amount": "={{ $json.pause }}"}, UNKNOWN),
        (1, {"amount": -1}, None),
        (1, {"amount": 1, "unit": "moons"}, None),
        (1, {"amount": "soon"}, None),
        (1, {"amount": "nan"}, None),
        (1, {"amount": 1e300}, None),
        (1, {"amount": True}, None),
        (
            1,
            {"resume": "specificTime", "dateTime": "2030-01-31T09:00:00+01:00"},
            WaitTerms(WaitKind.MOMENT, moment=datetime(2030, 1, 31, 8, tzinfo=UTC)),
        ),
        (1, {"resume": "specificTime", "dateTime": "={{ $json.when }}"}, WaitTerms(WaitKind.MOMENT)),
        (1, {"resume": "specificTime", "dateTime": "2030-01-31T09:00:00"}, WaitTerms(WaitKind.MOMENT)),
        (1, {"resume": "specificTime"}, None),
        (1, {"resume": "webhook"}, WaitTerms(WaitKind.EVENT, event="webhook")),
        (1, {"resume": "form", "limitWaitTime": True}, WaitTerms(WaitKind.EVENT, AN_HOUR, event="form")),
        (
            1,
            {"resume": "webhook", "limitWaitTime": True, "resumeAmount": 2, "resumeUnit": "days"},
            WaitTerms(WaitKind.EVENT, timedelta(days=2), event="webhook"),
        ),
        (
            1,
            {"resume": "webhook", "limitWaitTime": True, "limitType": "atSpecifiedTime", "maxDateAndTime": "2030-01-01"},
            WaitTerms(WaitKind.EVENT, event="webhook"),
        ),
        (1, {"resume": "never"}, None),
        (1, {"resume": ["webhook"]}, None),
    ],
)
def test_what_is_waited_for(version: float, parameters: dict[str, Any], terms: WaitTerms | None) -> None:
    graph = n8n.to_graph(workflow(step("A", "n8n-nodes-base.wait", typeVersion=version, parameters=parameters)))
    assert n8n.wait_terms(graph.steps["A"]) == terms


def test_what_is_no_wait_waits_for_nothing() -> None:
    assert n8n.wait_terms(n8n.to_graph(workflow(step("A", parameters={"amount": 1}))).steps["A"]) is None


# What is wrong


def test_a_right_workflow_has_no_problems() -> None:
    assert rules(WELCOME) == []
    assert rules({"data": [WELCOME]}) == []


@pytest.mark.parametrize(
    ("change", "rule", "pointer"),
    [
        ({"nodes": [5]}, "wrong-value", ("nodes", 0)),
        ({"nodes": [{"name": "A"}]}, "missing-key", ("nodes", 0)),
        ({"nodes": [{"name": "A", "type": 5}]}, "wrong-value", ("nodes", 0, "type")),
        ({"nodes": [step("A", parameters=[])]}, "wrong-value", ("nodes", 0, "parameters")),
        ({"nodes": [step("A", disabled="no")]}, "wrong-value", ("nodes", 0, "disabled")),
        ({"connections": {"A": []}}, "wrong-value", ("connections", "A")),
        ({"connections": {"A": {"main": {}}}}, "wrong-value", ("connections", "A", "main")),
        ({"connections": {"A": {"main": ["B"]}}}, "wrong-value", ("connections", "A", "main", 0)),
        ({"connections": {"A": {"main": [["B"]]}}}, "wrong-value", ("connections", "A", "main", 0, 0)),
        ({"connections": {"A": {"main": [[{"type": "main"}]]}}}, "missing-key", ("connections", "A", "main", 0, 0)),
        (
            {"connections": {"A": {"main": [[{"node": "A", "index": "0"}]]}}},
            "wrong-value",
            ("connections", "A", "main", 0, 0, "index"),
        ),
        ({"connections": {"A": {"0": []}}}, "unknown-port", ("connections", "A", "0")),
        ({"connections": {"A": {"ai_tool": [to("B")]}}}, "unknown-target", ("connections", "A", "ai_tool", 0, 0, "node")),
        ({"connections": []}, "wrong-value", ("connections",)),
    ],
)
def test_each_wrong_shape_is_reported_where_it_is(change: dict[str, Any], rule: str, pointer: tuple[str | int, ...]) -> None:
    problem = only_problem({**workflow(step("A")), **change})
    assert (problem.rule, problem.pointer) == (rule, pointer)


def test_connections_have_to_be_there() -> None:
    assert only_problem({"nodes": [step("A")]}).rule == "missing-key"


def test_what_is_normal_is_silent() -> None:
    entries: list[Any] = [None, [], to("A", "B")]
    document = workflow(step("A", disabled=None), step("B"), trigger("One", "webhook"), trigger("Two", "cron"), A=entries)
    document["nodes"].append({"type": "n8n-nodes-base.stickyNote"})
    assert rules(document) == []


def test_a_connection_from_the_key_of_a_step_is_told_to_go_by_the_name() -> None:
    problem = only_problem(workflow(step("A", id="k1"), k1=[to("A")]))
    assert (problem.rule, problem.hint) == ("unknown-source", "connections go by names: write 'A'")


@pytest.mark.parametrize(
    "parameters",
    [
        {"text": "={{ $('Gone').item.json.x }}"},
        {"text": '={{ $node["Gone"].json.x }}'},
        {"text": "={{ $node.Gone.json.x }}"},
        {"text": '={{ $items("Gone", 0)[0].json.x }}'},
        {"jsCode": "return $(`Gone`).all();"},
        {"jsCode": "// $('A')\nreturn $('Gone').all();"},
        {"jsCode": "const url = 'https://example.com' + $('Gone').first().json.path;"},
        {"rows": [{"deep": "=a {{ 1 }} b {{ $( 'Gone' ).first() }}"}]},
        {"html": "<p>{{ $('Gone').item.json.x }}</p>"},
    ],
)
def test_a_reference_to_a_step_that_is_missing_is_a_warning(parameters: dict[str, Any]) -> None:
    problem = only_problem(workflow(step("A", parameters=parameters)))
    assert (problem.rule, problem.severity) == ("unknown-reference", Severity.WARNING)
    assert problem.pointer[:3] == ("nodes", 0, "parameters")
    assert "'Gone'" in problem.message
    assert rules(workflow(step("A", parameters=parameters, disabled=True))) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"text": "={{ $('A').item.json.x }}"},
        {"text": "say $('Gone') for a step"},
        {"text": "=say $('Gone') for a step, {{ $json.x }}"},
        {"text": "={{ $(name).item.json.x }}"},
        {"text": "={{ $(`Step ${$json.n}`).item.json.x }}"},
        {"text": "={{ $node.A.json.x }} {{ $json['Gone'] }} {{ $input.item }}"},
        {"jsCode": "// $('Gone') was here\nconst url = 'https://example.com';"},
        {"jsCode": "/* $('Gone')\n */ return [];"},
        {"jsCode": "const $ = cheerio.load(html); return $('Gone').text();"},
        {"html": "<script>$('Gone').hide()</script>"},
        {"jsCode": r"return $('Ann\'s \ud83d\udd27').all()"},
    ],
)
def test_what_is_no_reference_or_one_that_is_right_is_not_reported(parameters: dict[str, Any]) -> None:
    assert rules(workflow(step("A", parameters=parameters), step("Ann's 🔧"))) == []


# Laws


def places(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer, *(place for key, item in inner for place in places(item, (*pointer, key)))]


def with_value(document: Any, pointer: tuple[str | int, ...], value: Any) -> Any:
    """The document with another value at a place, or without it."""
    changed = copy.deepcopy(document)
    holder = at(changed, pointer[:-1])
    if value is Ellipsis:
        del holder[pointer[-1]]
    else:
        holder[pointer[-1]] = value
    return changed


PLACES = places(WELCOME)[1:]
ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    1e300,
    "",
    "Write",
    "n8n-nodes-base.switch",
    [],
    [None],
    [[]],
    {},
    {"": {}},
    {"node": 1},
    ...,
]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_shape_gives_a_graph_or_a_refusal_but_no_crash(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    document = WELCOME
    for pointer, value in changes:
        try:
            document = with_value(document, pointer, value)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    list(n8n.problems(document, BUILT_IN))
    n8n.root(document)
    try:
        graph = n8n.to_graph(document)
    except DefinitionError:
        return
    assert all(edge.source in graph.steps for edge in (*graph.edges, *graph.uses))
    assert all(each.start in graph.steps for each in graph.triggers)
    for each in graph.steps.values():
        n8n.wait_terms(each)
        at(document, each.pointer)
    assert n8n.to_document(document, graph) is document
