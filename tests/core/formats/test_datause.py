"""What a step is found to do with data, format by format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wflgit.core.formats import FORMATS, parse
from wflgit.core.formats.datause import DataUse


def use(document: Any, step: str) -> DataUse:
    """What a step of a document does with data."""
    graph = parse(json.dumps(document).encode()).graph
    return FORMATS[graph.format].data_use(graph, step)


def native(**step: Any) -> DataUse:
    return use({"name": "W", "start": "a", "steps": {"a": {"type": "send_sms", "next": None} | step}}, "a")


def test_a_native_step_reads_what_its_templates_and_conditions_name() -> None:
    found = native(config={"text": "{{round + 1}} of {{plan.rounds}}", "data": {"x": ["{{'quoted'}} {{contact.first_name}}"]}})
    assert found.reads == {"round", "plan.rounds", "contact.first_name"}
    when = {"all": [{"field": "round", "op": "lt", "value": "{{most}}"}, {"not": {"any": [{"field": "lead", "op": "exists"}]}}]}
    found = native(type="condition", branches=[{"label": "more", "when": when, "next": None}])
    assert found == DataUse(reads=frozenset({"round", "most"}), guarded=frozenset({"lead"}))


def test_only_set_variable_sets_a_native_variable() -> None:
    config = {"name": "round", "value": "{{round + 1}}"}
    assert native(type="set_variable", config=config) == DataUse(frozenset({"round"}), frozenset({"round"}))
    assert native(type="own_type", config={"name": "round"}) == DataUse()


NO_CONDITIONS = [None, 5, {}, {"all": 5}, {"field": 5, "op": "eq"}, {"field": "x", "op": ["eq"]}, {"not": None}, [1]]


@pytest.mark.parametrize("when", NO_CONDITIONS)
def test_what_is_no_condition_reads_nothing(when: Any) -> None:
    assert native(type="condition", branches=[{"label": "more", "when": when, "next": None}]) == DataUse()


def n8n(parameters: Any, **more: Any) -> DataUse:
    raw = {"name": "A", "type": "n8n-nodes-base.code", "position": [0, 0], "parameters": parameters, **more}
    return use({"nodes": [raw], "connections": {}}, "A")


def test_a_step_of_n8n_reads_the_results_that_its_expressions_name() -> None:
    said = {
        "text": "={{ $('Get lead').item.json.x }}",
        "other": ['={{ $node["B"].json.y }}', "$('plain')"],
        "jsCode": "$items('C')",
    }
    assert n8n(said).results_of == {"Get lead", "B", "C"}
    assert n8n("$('x')") == n8n({}) == n8n({"text": "={{ $json.x }}"}) == DataUse()


def test_a_text_that_asks_whether_a_step_was_executed_can_do_without() -> None:
    found = n8n({"a": "={{ $('B').isExecuted ? $('B').item.json.x : '' }}", "b": "={{ $('C').first() }}"})
    assert found == DataUse(results_of=frozenset({"C"}), guarded=frozenset({"B"}))


def logicapps(**action: Any) -> DataUse:
    actions = {"A": {"type": "Compose", **action}}
    return use({"contentVersion": "1.0.0.0", "triggers": {"manual": {"type": "Request"}}, "actions": actions}, "A")


def test_an_action_reads_variables_and_the_actions_that_it_names() -> None:
    found = logicapps(inputs={"a": "@{variables('n')} and @{body('Get')?['x']}", "b": "variables('plain')"})
    assert found == DataUse(reads=frozenset({"n"}), results_of=frozenset({"Get"}))


def test_a_variable_is_set_where_it_is_initialised_and_needed_where_it_is_changed() -> None:
    inputs = {"variables": [{"name": "n", "type": "integer", "value": "@outputs('Get')"}, 5, {"name": 5}]}
    found = logicapps(type="InitializeVariable", inputs=inputs)
    assert found == DataUse(sets=frozenset({"n"}), results_of=frozenset({"Get"}))
    assert logicapps(type="IncrementVariable", inputs={"name": "n", "value": 1}) == DataUse(reads=frozenset({"n"}))


def test_where_a_template_holds_several_workflows_an_action_is_that_of_its_own() -> None:
    actions = {"Get": {"type": "Http"}, "A": {"type": "Compose", "inputs": "@body('Get')", "runAfter": {"Get": ["Succeeded"]}}}
    resources = [
        {"type": "Microsoft.Logic/workflows", "name": name, "properties": {"definition": {"triggers": {}, "actions": actions}}}
        for name in ("one", "two")
    ]
    assert use({"$schema": "https://schema.management.azure.com/", "resources": resources}, "two/A").results_of == {"two/Get"}


def asl(language: str = "JSONPath", **state: Any) -> DataUse:
    return use({"QueryLanguage": language, "StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **state}}}, "A")


def test_a_state_sets_what_it_assigns_and_reads_the_variables_it_names() -> None:
    found = asl("JSONata", Assign={"lead": "{% $states.input.lead %}"}, Output="{% $sum($prices) & $plan.name %}")
    assert found.sets == {"$lead", "$"}
    assert {"$prices", "$plan"} <= found.reads
    assert "$sum" not in found.reads
    assert asl("JSONata", Output="{% ($x := 1; $x + $y) %}").reads == {"$y"}
    assert asl("JSONata", Output="{% $map($all, function($v) { $v }) %}").reads == {"$all"}
    assert asl("JSONata", Output="{% $exists($lead) ? $lead : 1 %}").guarded == {"$lead"}
    assert asl("JSONata", Output="costs $x").reads == set()


def test_what_is_assigned_at_deployment_may_be_anything() -> None:
    assert asl(Assign="${Variables}").whole
    assert asl(Assign={"${Name}": 1}).whole
    assert not asl(Assign={"name.$": "$.x"}).whole


def test_a_state_reads_and_puts_parts_of_the_payload() -> None:
    found = asl(Type="Task", ResultPath="$.lead", Parameters={"id.$": "$.contact.id", "me.$": "$$.Execution.Id", "text": "$5"})
    assert found == DataUse(frozenset({"$.lead"}), frozenset({"$.contact.id"}))
    assert asl(Type="Task", Resource="x").sets == {"$"}
    assert asl(Type="Task", ResultPath=None).sets == set()
    assert asl(Type="Task", ResultPath="$.a", OutputPath="$.a").sets == {"$.a", "$"}
    assert asl(Type="Wait", SecondsPath="$.delay") == DataUse(reads=frozenset({"$.delay"}))
    assert asl().sets == set()


def test_behind_an_input_path_other_paths_begin_elsewhere() -> None:
    assert asl(Type="Task", InputPath="$.lead", Parameters={"id.$": "$.id"}, ResultPath=None).reads == {"$.lead"}


def test_a_rule_that_asks_whether_something_is_there_can_do_without() -> None:
    rule = {"And": [{"Variable": "$.lead", "IsPresent": True}, {"Variable": "$.age", "NumericGreaterThan": 3}], "Next": "A"}
    found = asl(Type="Choice", Choices=[rule])
    assert found.guarded == {"$.lead"}
    assert "$.age" in found.reads


def nodered(type_: str, **said: Any) -> DataUse:
    return use([{"id": "a", "type": type_, "z": "t", "wires": [[]], **said}, {"id": "t", "type": "tab"}], "a")


def test_code_of_node_red_sets_and_reads_what_it_calls_by_name() -> None:
    found = nodered("function", func="const x = flow.get('x');\n// flow.set('no', 1)\nglobal.set(\"y.z\", x)")
    assert found == DataUse(frozenset({"global.y"}), frozenset({"flow.x"}))


@pytest.mark.parametrize(
    "code", ["flow.set(name, 1)", "use(global)", "context.global.x = 1", "const store = flow;", "flow.set(['a'], 1)"]
)
def test_code_that_may_set_anything_is_known_for_it(code: str) -> None:
    assert nodered("function", func=code).whole


def test_rules_of_a_change_set_read_and_move() -> None:
    rules = [
        {"t": "set", "p": "x", "pt": "flow", "to": "y.deep", "tot": "global"},
        {"t": "change", "p": "c", "pt": "flow", "from": "1", "fromt": "str"},
        {"t": "move", "p": "old", "pt": "flow", "to": "#:(file)::new", "tot": "global"},
        {"t": "set", "p": "payload", "pt": "msg", "to": "flow", "tot": "str"},
    ]
    found = nodered("change", rules=rules)
    assert found.sets == {"flow.x", "flow.c", "global.new"}
    assert found.reads == {"global.y", "flow.c", "flow.old"}


def test_fields_with_a_store_beside_them_are_read_and_of_unknown_types_maybe_set() -> None:
    both = frozenset({"global.x"})
    assert nodered("switch", property="x", propertyType="flow") == DataUse(reads=frozenset({"flow.x"}))
    assert nodered("ha-sensor", outputs=[{"value": "x", "valueType": "global"}]) == DataUse(both, both)
    assert nodered("template", template="{{flow.x}} {{{global.y}}}").reads == {"flow.x", "global.y"}
    assert nodered("change", rules=[{"t": "set", "p": "a", "pt": "msg", "to": "$flowContext('x')", "tot": "jsonata"}]).reads == {
        "flow.x"
    }
    assert nodered("debug", name="overflow") == DataUse()
