"""Azure Logic Apps: what its definitions become, and what means nothing in them."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.catalog import BUILT_IN
from wflgit.core.diff import compare
from wflgit.core.formats import logicapps
from wflgit.core.formats.logicapps.differing import same_said
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, EdgeKind, Graph, StepKind, WaitKind, WaitTerms
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = sorted((Path(__file__).parent / "logicapps").glob("*.json"))
HTTP: dict[str, Any] = {"type": "Http", "inputs": {"uri": "https://example.com"}}


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((Path(__file__).parent / "logicapps" / f"{name}.json").read_text(encoding="utf-8"))
    return document


def workflow(triggers: dict[str, Any] | None = None, /, **actions: Any) -> dict[str, Any]:
    return {"triggers": {"manual": {"type": "Request"}} if triggers is None else triggers, "actions": actions}


def after(*names: str, statuses: Any = ("Succeeded",), **more: Any) -> dict[str, Any]:
    return {**HTTP, **more, "runAfter": {name: [*statuses] for name in names}}


def template(*resources: Any) -> dict[str, Any]:
    return {"$schema": "deploymentTemplate.json#", "resources": list(resources)}


def resource(definition: Any, name: str = "hello", **more: Any) -> dict[str, Any]:
    return {"type": "Microsoft.Logic/workflows", "name": name, "properties": {"definition": definition}, **more}


def edges(graph: Graph, source: str) -> list[tuple[str, str | None]]:
    return [(edge.label, edge.target) for edge in graph.outgoing.get(source, ())]


def edge(graph: Graph, source: str, label: str) -> Edge:
    (found,) = (edge for edge in graph.outgoing[source] if edge.label == label)
    return found


def at(document: Any, pointer: tuple[str | int, ...]) -> Any:
    for key in pointer:
        document = document[key]
    return document


# What is recognised


@pytest.mark.parametrize(
    "document",
    [
        {"triggers": {}, "actions": {}},
        {"actions": {}, "contentVersion": "1.0.0.0"},
        {"triggers": {}, "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/x.json#"},
        {"definition": {"actions": {}}, "kind": "Stateful"},
        {"properties": {"definition": {"triggers": {}}}},
        template(resource({"actions": {}})),
        template({"type": "MICROSOFT.LOGIC/WORKFLOWS", "properties": {"definition": {}}}),
        {"resources": {"hello": resource({})}},
        template({"type": "Microsoft.Resources/deployments", "properties": {"template": template(resource({}))}}),
        template({"type": "Microsoft.Web/sites", "resources": [resource({})]}),
        template(resource(None)),
    ],
)
def test_a_workflow_is_recognised_wherever_it_is_kept(document: Any) -> None:
    assert logicapps.recognise(document)
    assert logicapps.root(document) == ()


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"actions": {}},
        {"actions": [], "triggers": []},
        {"definition": {}},
        {"definition": "[variables('definition')]"},
        {"properties": {"definition": {"actions": []}}},
        {"contentVersion": "1.0.0.0"},
        template({"type": "Microsoft.Web/connections"}),
        template("hello", None),
        {"nodes": [], "connections": {}},
        {"StartAt": "Hello", "States": {}},
    ],
)
def test_nothing_else_is_recognised(document: Any) -> None:
    assert not logicapps.recognise(document)


def test_a_template_without_the_definition_itself_is_refused() -> None:
    for definition, place in (("[variables('x')]", ("resources", 0, "properties", "definition")), (None, ("resources", 0))):
        with pytest.raises(DefinitionError, match="expected the definition of a workflow") as caught:
            logicapps.to_graph(template(resource(definition)))
        assert caught.value.problems[0].pointer == place
        assert list(logicapps.problems(template(resource(definition)), BUILT_IN)) == list(caught.value.problems)


# What a definition becomes


def test_actions_become_steps_and_what_they_run_after_becomes_edges() -> None:
    graph = logicapps.to_graph(read("approval"))
    pointer = ("definition", "actions")
    assert (graph.format, graph.name, graph.start) == ("logicapps", None, "When_a_lead_arrives")
    assert graph.start_pointer == ("definition", "triggers", "When_a_lead_arrives")
    assert list(graph.steps) == ["When_a_lead_arrives", "Ask_sales", "Approved", "Greet", "Rest", "Stop", "Tell_owner"]
    assert edges(graph, "When_a_lead_arrives") == [("next", "Ask_sales")]
    assert edges(graph, "Ask_sales") == [("next", "Approved"), ("failed, timedout", "Tell_owner")]
    assert edges(graph, "Approved") == [("true", "Greet"), ("false", "Stop"), ("next", None)]
    assert edges(graph, "Greet") == [("next", "Rest")]
    assert "Rest" not in graph.outgoing
    assert "Stop" not in graph.outgoing
    assert edge(graph, "Ask_sales", "next").pointer == (*pointer, "Approved", "runAfter", "Ask_sales")
    assert graph.steps["Stop"].pointer == (*pointer, "Approved", "else", "actions", "Stop")
    assert graph.steps["Ask_sales"].key == "6f1d2c1e-0000-4000-8000-000000000001"
    assert graph.reachable() == graph.steps.keys()


def test_the_config_of_a_step_is_its_action_without_edges_notes_and_what_is_inside() -> None:
    graph = logicapps.to_graph(read("approval"))
    assert graph.steps["Approved"].config.keys() == {"expression"}
    assert graph.steps["Tell_owner"].config.keys() == {"inputs"}
    assert graph.steps["Ask_sales"].config.keys() == {"inputs", "limit"}
    assert logicapps.to_graph(read("playbook")).steps["For_each"].config == {"foreach": "@body('Get_leads')"}


@pytest.mark.parametrize(
    ("type_", "known", "kind"),
    [
        ("If", "If", StepKind.CONDITION),
        ("switch", "Switch", StepKind.CONDITION),
        ("Scope", "Scope", StepKind.ACTION),
        ("foreach", "Foreach", StepKind.LOOP),
        ("Until", "Until", StepKind.LOOP),
        ("Agent", "Agent", StepKind.LOOP),
        ("wait", "Wait", StepKind.WAIT),
        ("HttpWebhook", "HttpWebhook", StepKind.WAIT),
        ("ApiConnectionWebhook", "ApiConnectionWebhook", StepKind.WAIT),
        ("Terminate", "Terminate", StepKind.END),
        ("Teleport", "Teleport", StepKind.ACTION),
    ],
)
def test_every_type_has_its_kind_however_it_is_written(type_: str, known: str, kind: StepKind) -> None:
    step = logicapps.to_graph(workflow(A={"type": type_})).steps["A"]
    assert (step.type, step.kind, step.config) == (known, kind, {})


@pytest.mark.parametrize(
    ("statuses", "label", "kind"),
    [
        (["Succeeded"], "next", EdgeKind.NEXT),
        (["SUCCEEDED"], "next", EdgeKind.NEXT),
        (["Failed"], "failed", EdgeKind.ERROR),
        (["TimedOut"], "timedout", EdgeKind.TIMEOUT),
        (["TimedOut", "Failed"], "failed, timedout", EdgeKind.ERROR),
        (["TIMEDOUT", "Skipped", "Failed", "Succeeded"], "succeeded, failed, skipped, timedout", EdgeKind.NEXT),
        (["Paused", "Failed"], "failed, paused", EdgeKind.ERROR),
        ([], "never", EdgeKind.ERROR),
        ("Succeeded", "never", EdgeKind.ERROR),
    ],
)
def test_an_edge_is_labelled_by_how_the_step_before_ended(statuses: Any, label: str, kind: EdgeKind) -> None:
    action = {**HTTP, "runAfter": {"A": statuses}}
    found = edge(logicapps.to_graph(workflow(A=HTTP, B=action)), "A", label)
    assert (found.target, found.kind) == ("B", kind)


def test_a_step_that_follows_several_has_an_edge_from_each() -> None:
    graph = logicapps.to_graph(workflow(A=HTTP, B=HTTP, C=after("A", "B")))
    assert (edges(graph, "manual"), edges(graph, "A"), edges(graph, "B")) == (
        [("next", "A"), ("next", "B")],
        [("next", "C")],
        [("next", "C")],
    )


def test_a_step_that_leads_on_only_if_it_fails_ends_on_success() -> None:
    graph = logicapps.to_graph(workflow(A=HTTP, B=after("A", statuses=("Failed",)), C=after("B", statuses=("Succeeded", "Failed"))))
    assert edges(graph, "A") == [("failed", "B"), ("next", None)]
    assert edges(graph, "B") == [("succeeded, failed", "C")]
    assert edges(graph, "C") == []


def test_an_end_has_no_way_on_by_itself() -> None:
    graph = logicapps.to_graph(workflow(A={"type": "Terminate"}, B=after("A", statuses=("Failed",))))
    assert edges(graph, "A") == [("failed", "B")]


@pytest.mark.parametrize("follows", [{}, None, [], "A", {"Gone": ["Succeeded"]}])
def test_an_edge_from_nowhere_is_left_out_and_what_follows_nothing_begins(follows: Any) -> None:
    graph = logicapps.to_graph(workflow(A={**HTTP, "runAfter": follows}))
    assert edges(graph, "manual") == ([] if follows and "Gone" in follows else [("next", "A")])


# Triggers and start


def test_a_trigger_is_a_step_too_and_leads_to_all_that_begins() -> None:
    graph = logicapps.to_graph(read("playbook"))
    (trigger,) = graph.triggers
    step = graph.steps["Every_day"]
    assert (trigger.id, trigger.type, trigger.start, trigger.disabled) == ("Every_day", "Recurrence", "Every_day", False)
    assert trigger.config == step.config == {"recurrence": {"frequency": "Day", "interval": 1}}
    assert (step.kind, step.pointer, step.scope) == (StepKind.TRIGGER, trigger.pointer, None)
    assert edges(graph, "Every_day") == [("next", "Get_leads")]


def test_of_several_triggers_none_is_the_start() -> None:
    graph = logicapps.to_graph(workflow({"a": {"type": "Request"}, "b": {"type": "Recurrence"}}, A=HTTP))
    assert (graph.start, [trigger.start for trigger in graph.triggers]) == (None, ["a", "b"])
    assert (edges(graph, "a"), edges(graph, "b")) == ([("next", "A")], [("next", "A")])


def test_without_a_trigger_the_only_action_that_begins_is_the_start() -> None:
    assert logicapps.to_graph(workflow({}, A=HTTP, B=after("A"))).start == "A"
    assert logicapps.to_graph(workflow({}, A=HTTP, B=HTTP)).start is None


def test_an_action_keeps_its_name_where_a_trigger_has_it_too() -> None:
    graph = logicapps.to_graph(workflow({"A": {"type": "Request"}}, A=HTTP))
    assert (graph.start, list(graph.steps), edges(graph, "trigger: A")) == ("trigger: A", ["trigger: A", "A"], [("next", "A")])


def test_an_action_may_say_itself_that_it_follows_a_trigger() -> None:
    graph = logicapps.to_graph(workflow({"a": {"type": "Request"}, "b": {"type": "Request"}}, A=after("b")))
    assert (edges(graph, "a"), edges(graph, "b")) == ([], [("next", "A")])
    inside = logicapps.to_graph(workflow(S={"type": "Scope", "actions": {"A": after("manual")}}))
    assert edges(inside, "manual") == [("next", "S")]


# Scopes


def test_what_is_inside_has_its_container_as_scope_and_its_own_name_as_id() -> None:
    graph = logicapps.to_graph(read("playbook"))
    scopes = {step.id: step.scope for step in graph.steps.values() if step.scope}
    assert scopes == {"By_stage": "For_each", "Call": "By_stage", "Mail": "By_stage"}
    assert edges(graph, "For_each") == [("each", "By_stage"), ("next", None)]
    assert edge(graph, "For_each", "each").kind is EdgeKind.ENTER


def test_a_case_is_an_edge_with_its_value_and_an_empty_one_stays_in_the_config() -> None:
    graph = logicapps.to_graph(read("playbook"))
    assert edges(graph, "By_stage") == [("default", "Mail"), ("New", "Call"), ("next", None)]
    assert edge(graph, "By_stage", "New").condition == "new"
    assert graph.steps["By_stage"].config["cases"] == {"Lost": {"case": "lost"}}


@pytest.mark.parametrize(
    ("name", "label"), [("default", "default (2)"), ("next", "next (2)"), ("failed", "failed (2)"), ("Next", "Next")]
)
def test_a_case_that_is_called_like_another_outcome_is_numbered(name: str, label: str) -> None:
    switch = {"type": "Switch", "cases": {name: {"case": 1, "actions": {"A": HTTP}}}, "default": {"actions": {"B": HTTP}}}
    assert edges(logicapps.to_graph(workflow(S=switch)), "S") == [("default", "B"), (label, "A"), ("next", None)]


@pytest.mark.parametrize(("type_", "label"), [("Scope", "inside"), ("Until", "again"), ("Foreach", "each"), ("If", "true")])
def test_several_steps_may_begin_what_is_inside(type_: str, label: str) -> None:
    graph = logicapps.to_graph(workflow(S={"type": type_, "actions": {"A": HTTP, "B": HTTP, "C": after("A")}}))
    assert edges(graph, "S") == [(label, "A"), (label, "B"), ("next", None)]


def test_the_tools_of_an_agent_are_branches_and_say_what_they_are_for() -> None:
    tools = {"Search": {"description": "finds leads", "actions": {"Find": HTTP}}, "Rest": {"actions": {}}}
    graph = logicapps.to_graph(workflow(Agent={"type": "Agent", "tools": tools}))
    assert edges(graph, "Agent") == [("Search", "Find"), ("next", None)]
    assert graph.steps["Agent"].config == {"tools": {"Search": {"description": "finds leads"}, "Rest": {}}}


def test_a_name_that_is_there_again_gets_its_container_before_it() -> None:
    inner = {"type": "Scope", "actions": {"A": HTTP, "B": after("A")}}
    graph = logicapps.to_graph(workflow(S=inner, T=copy.deepcopy(inner), A=HTTP))
    assert list(graph.steps) == ["manual", "S", "S/A", "B", "T", "T/A", "T/B", "A"]
    assert edges(graph, "T/A") == [("next", "T/B")]


# Waits


def terms(action: dict[str, Any]) -> WaitTerms | None:
    return logicapps.wait_terms(logicapps.to_graph(workflow(A=action)).steps["A"])


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"interval": {"count": 2, "unit": "Day"}}, WaitTerms(WaitKind.DURATION, timedelta(days=2))),
        ({"interval": {"count": "5", "unit": "minute"}}, WaitTerms(WaitKind.DURATION, timedelta(minutes=5))),
        ({"interval": {"count": "@variables('n')", "unit": "Hour"}}, WaitTerms(WaitKind.DURATION)),
        ({"interval": {"count": 1, "unit": "[parameters('Unit')]"}}, WaitTerms(WaitKind.DURATION)),
        (
            {"until": {"timestamp": "2030-01-31T09:00:00+01:00"}},
            WaitTerms(WaitKind.MOMENT, moment=datetime(2030, 1, 31, 8, tzinfo=UTC)),
        ),
        ({"until": {"timestamp": "@{triggerBody()?['at']}"}}, WaitTerms(WaitKind.MOMENT)),
        ({"interval": {"count": True, "unit": "Day"}}, None),
        ({"interval": {"count": 2, "unit": "Moon"}}, None),
        ({"interval": {"count": -1, "unit": "Day"}}, None),
        ({"interval": {"count": "@@1", "unit": "Day"}}, None),
        ({"interval": [], "until": {}}, None),
        ({"until": {"timestamp": "tomorrow"}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_wait_says_how_long_or_until_when(inputs: Any, expected: WaitTerms | None) -> None:
    assert terms({"type": "Wait", "inputs": inputs}) == expected


def test_a_webhook_waits_for_its_answer() -> None:
    graph = logicapps.to_graph(read("approval"))
    expected = WaitTerms(WaitKind.EVENT, timedelta(days=2), event="/approvalmail/$subscriptions")
    assert logicapps.wait_terms(graph.steps["Ask_sales"]) == expected
    remind = logicapps.to_graph(read("power_automate")).steps["Remind"]
    assert logicapps.wait_terms(remind) == WaitTerms(WaitKind.EVENT, event="StartAndWaitForAnApproval")
    assert terms({"type": "HttpWebhook", "limit": {"timeout": "@x"}}) == WaitTerms(WaitKind.EVENT, event="HttpWebhook")
    assert terms(HTTP) is None


# Names and settings


def test_a_name_is_read_where_it_is_written_out() -> None:
    definition = workflow(A=HTTP)
    assert logicapps.to_graph(read("power_automate")).name == "Remind the owner"
    assert logicapps.to_graph(template(resource(definition))).name == "hello"
    assert logicapps.to_graph({"name": "hello", "properties": {"definition": definition}}).name == "hello"
    assert logicapps.to_graph(read("playbook")).name is None
    assert logicapps.to_graph(definition).name is None


def test_settings_are_what_the_definition_and_its_deployment_say() -> None:
    settings = logicapps.to_graph(read("playbook")).settings
    assert settings.keys() == {"parameters", "deployment"}
    assert settings["parameters"]["PlaybookVersion"] == {"type": "String"}
    around = settings["deployment"]
    assert around["parameters"] == {
        "PlaybookName": {"defaultValue": "follow-up", "type": "string"},
        "CrmPassword": {"type": "securestring"},
    }
    assert around["resources"][1]["properties"] == {
        "state": "Enabled",
        "parameters": {
            "$connections": {"value": {"crm": {"connectionProperties": {"authentication": {"type": "ManagedServiceIdentity"}}}}}
        },
    }
    assert around["resources"][1].keys() == {"type", "name", "location", "dependsOn", "properties"}
    assert logicapps.to_graph(read("approval")).settings == {"deployment": {"kind": "Stateful"}}


def test_several_workflows_of_a_template_have_their_names_before_their_steps() -> None:
    one, two = workflow(A=HTTP, B=after("A")), workflow({"a": {"type": "Request"}}, A=HTTP, C=after("B"))
    names = ("[parameters('Mail')]", "[parameters('Mail')]", "[concat('x')]", "last")
    graph = logicapps.to_graph(
        template(*(resource(definition, name) for definition, name in zip((one, two) * 2, names, strict=True)))
    )
    assert (graph.start, graph.name) == (None, None)
    assert list(graph.steps)[:6] == ["Mail/manual", "Mail/A", "Mail/B", "Mail (2)/a", "Mail (2)/A", "Mail (2)/C"]
    assert {step.partition("/")[0] for step in graph.steps} == {"Mail", "Mail (2)", "workflow", "last"}
    assert (edges(graph, "Mail/A"), edges(graph, "Mail (2)/A")) == ([("next", "Mail/B")], [])
    assert [trigger.start for trigger in graph.triggers] == ["Mail/manual", "Mail (2)/a", "workflow/manual", "last/a"]


# Laws


def leaves(value: Any, pointer: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield pointer
    for key, item in items or ():
        yield from leaves(item, (*pointer, key))


def places(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer, *(place for key, item in items for place in places(item, (*pointer, key)))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_changes_the_graph_is_what_the_fields_say_has_a_meaning(path: Path) -> None:
    before = read(path.stem)
    graph = logicapps.to_graph(before)
    for pointer in leaves(before):
        after = copy.deepcopy(before)
        at(after, pointer[:-1])[pointer[-1]] = "something else"
        if not logicapps.recognise(after) or pointer[-1] == "operationMetadataId":
            continue
        means = logicapps.FIELDS.worth(pointer) in (Worth.MEANING, Worth.SECRET)
        assert means is not same_said(logicapps.to_graph(after), graph), pointer


@pytest.mark.parametrize(
    ("pointer", "worth"),
    [
        (("definition", "actions", "A", "else", "actions", "B", "metadata", "x"), Worth.COSMETIC),
        (("resources", 1, "properties", "definition", "parameters", "PlaybookVersion", "defaultValue"), Worth.VOLATILE),
        (("resources", 1, "apiVersion"), Worth.VOLATILE),
        (("properties", "creator", "userId"), Worth.PRIVATE),
        (("actions", "A", "inputs", "authentication", "secret"), Worth.SECRET),
        (("actions", "A", "inputs", "authentication", "type"), Worth.MEANING),
        (("actions", "A", "inputs", "headers", "Authorization"), Worth.SECRET),
        (("resources", 0, "properties", "parameterValues", "username"), Worth.SECRET),
        (("definition", "parameters", "clientSecret", "defaultValue"), Worth.SECRET),
        (("actions", "A", "inputs", "body", "tags"), Worth.MEANING),
        (("parameters", "tags", "defaultValue"), Worth.MEANING),
    ],
)
def test_every_field_has_its_worth(pointer: tuple[str | int, ...], worth: Worth) -> None:
    assert logicapps.FIELDS.worth(pointer) is worth


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_pointer_leads_to_what_it_is_the_place_of(path: Path) -> None:
    document = read(path.stem)
    graph = logicapps.to_graph(document)
    for step in graph.steps.values():
        assert at(document, step.pointer)["type"] == step.type
        assert step.pointer[-1] == step.id
    for way in graph.edges:
        assert at(document, way.pointer)


law = settings(max_examples=60, deadline=None)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.text(max_size=3)
    | st.sampled_from(["A", "B", "Succeeded", "If", "@body('A')"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["A", "B", "type", "actions", "runAfter"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@law
@given(st.data())
def test_no_damage_breaks_anything(data: st.DataObject) -> None:
    document = read(data.draw(st.sampled_from([path.stem for path in FILES])))
    for _ in range(data.draw(st.integers(1, 3))):
        *holder, key = data.draw(st.sampled_from(places(document)[1:] or [("actions",)]))
        if data.draw(st.booleans()):
            at(document, tuple(holder))[key] = data.draw(json_values)
        elif document:
            del at(document, tuple(holder))[key]
    if not logicapps.recognise(document):
        return
    before = copy.deepcopy(document)
    assert all(problem.message for problem in logicapps.problems(document, BUILT_IN))
    try:
        graph = logicapps.to_graph(document)
    except DefinitionError as error:
        assert error.problems
        return
    for step in graph.steps.values():
        logicapps.wait_terms(step)
        assert logicapps.referring(step.config, {}) is step.config
    assert logicapps.to_document(document, graph) is document
    assert document == before


@law
@given(st.data())
def test_the_order_of_keys_means_nothing(data: st.DataObject) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(item) for item in value]
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in data.draw(st.permutations(list(value)))}
        return value

    document = read(data.draw(st.sampled_from([path.stem for path in FILES])))
    assert not compare(logicapps.to_graph(document), logicapps.to_graph(shuffled(document)))
