"""Azure Logic Apps: what is wrong with a definition, and what expressions refer to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wflgit.core.catalog import BUILT_IN
from wflgit.core.formats import logicapps
from wflgit.core.formats.logicapps.expressions import named_in
from wflgit.core.problems import Problem, Severity
from wflgit.core.validation import graph_problems

HTTP: dict[str, Any] = {"type": "Http", "inputs": {"uri": "https://example.com"}}


def workflow(**actions: Any) -> dict[str, Any]:
    return {"triggers": {"manual": {"type": "Request"}}, "actions": actions}


def after(*names: str, statuses: Any = ("Succeeded",), **more: Any) -> dict[str, Any]:
    return {**HTTP, **more, "runAfter": {name: [*statuses] for name in names}}


def problems(document: dict[str, Any]) -> list[Problem]:
    return list(logicapps.problems(document, BUILT_IN))


def problem(document: dict[str, Any], rule: str, *place: str | int) -> Problem:
    (found,) = problems(document)
    assert (found.rule, found.pointer) == (rule, place)
    return found


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "logicapps").glob("*.json")), ids=lambda path: path.stem)
def test_a_sound_workflow_has_no_problems(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    assert problems(document) == []
    assert list(graph_problems(logicapps.to_graph(document))) == []


@pytest.mark.parametrize(
    "action",
    [
        {"type": "If", "expression": "@true", "actions": {}},
        {"type": "Switch", "expression": "@x", "cases": {"A": {"case": 1, "actions": {}}}, "default": {"actions": {}}},
        {"type": "Foreach", "foreach": "@x", "actions": {}},
        {"type": "Until", "expression": "@x", "actions": {}, "limit": {"count": 60}},
        {"type": "Scope", "actions": {}, "runAfter": {}},
        {"type": "Scope"},
        {"type": "Whatever", "more": [1]},
    ],
)
def test_a_sound_action_has_no_problems(action: dict[str, Any]) -> None:
    assert problems(workflow(A=action)) == []


@pytest.mark.parametrize(
    ("action", "key"),
    [
        ({"inputs": {}}, "type"),
        ({"type": "If", "actions": {}}, "expression"),
        ({"type": "Switch", "cases": {}}, "expression"),
        ({"type": "switch", "expression": "@x"}, "cases"),
        ({"type": "Foreach", "actions": {}}, "foreach"),
        ({"type": "Until", "actions": {}}, "expression"),
    ],
)
def test_what_an_action_cannot_do_without_is_missed(action: dict[str, Any], key: str) -> None:
    assert f"expected '{key}'" in problem(workflow(A=action), "missing-key", "actions", "A").message


def test_a_case_needs_a_value_and_a_trigger_a_type() -> None:
    switch = {"type": "Switch", "expression": "@x", "cases": {"One": {"actions": {}}}}
    problem(workflow(A=switch), "missing-key", "actions", "A", "cases", "One")
    problem({"triggers": {"manual": {}}, "actions": {}}, "missing-key", "triggers", "manual")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"actions": {}, "triggers": {}, "parameters": []}, ("parameters",)),
        ({"actions": {}, "triggers": {"manual": None}}, ("triggers", "manual")),
        (workflow(A=[]), ("actions", "A")),
        (workflow(A={"type": 5}), ("actions", "A", "type")),
        (workflow(A={**HTTP, "runAfter": []}), ("actions", "A", "runAfter")),
        (workflow(A=HTTP, B={**HTTP, "runAfter": {"A": "Succeeded"}}), ("actions", "B", "runAfter", "A")),
        (workflow(A=HTTP, B={**HTTP, "runAfter": {"A": []}}), ("actions", "B", "runAfter", "A")),
        (workflow(A=HTTP, B={**HTTP, "runAfter": {"A": [1]}}), ("actions", "B", "runAfter", "A", 0)),
        (workflow(A={"type": "Scope", "actions": []}), ("actions", "A", "actions")),
        (workflow(A={"type": "If", "expression": "@x", "else": []}), ("actions", "A", "else")),
        (workflow(A={"type": "If", "expression": "@x", "else": {"actions": 1}}), ("actions", "A", "else", "actions")),
        (workflow(A={"type": "Switch", "expression": "@x", "cases": []}), ("actions", "A", "cases")),
        (workflow(A={"type": "Switch", "expression": "@x", "cases": {"B": 1}}), ("actions", "A", "cases", "B")),
        (workflow(A={"type": "Scope", "actions": {"B": {"type": "Agent", "tools": 1}}}), ("actions", "A", "actions", "B", "tools")),
    ],
)
def test_a_value_of_another_shape_is_found_at_its_place(document: dict[str, Any], place: tuple[str | int, ...]) -> None:
    problem(document, "wrong-value", *place)


def test_an_action_follows_only_others_of_its_own_place() -> None:
    scope = {"type": "Scope", "actions": {"B": HTTP, "C": after("A")}}
    found = problem(workflow(A=HTTP, S=scope), "unknown-source", "actions", "S", "actions", "C", "runAfter", "A")
    assert found.message == "expected an action of 'S' but 'A' is one of the workflow itself"
    scope["actions"] = {"B": HTTP}
    found = problem(workflow(A=after("B"), S=scope), "unknown-source", "actions", "A", "runAfter", "B")
    assert found.message == "expected an action of the workflow itself but 'B' is one of 'S'"
    found = problem(workflow(Notify=HTTP, A=after("Notfy")), "unknown-source", "actions", "A", "runAfter", "Notfy")
    assert (found.message, found.hint) == (
        "expected an action of the workflow itself but there is no 'Notfy'",
        "did you mean 'Notify'?",
    )


def test_an_action_may_follow_a_trigger_but_not_from_inside() -> None:
    assert problems(workflow(A=after("manual"))) == []
    scope = {"type": "Scope", "actions": {"A": after("manual")}}
    problem(workflow(S=scope), "unknown-source", "actions", "S", "actions", "A", "runAfter", "manual")


def test_an_unknown_status_is_a_warning_in_whatever_case_the_known_ones_are() -> None:
    assert problems(workflow(A=HTTP, B=after("A", statuses=("SUCCEEDED", "timedOut")))) == []
    found = problem(
        workflow(A=HTTP, B=after("A", statuses=("Succeeded", "Done"))), "unknown-status", "actions", "B", "runAfter", "A", 1
    )
    assert found.severity is Severity.WARNING
    assert found.message == "expected 'Succeeded', 'Failed', 'Skipped' or 'TimedOut' but found 'Done'"


def test_actions_that_follow_each_other_never_begin() -> None:
    found = problem(
        workflow(A=after("C"), B=after("A"), C=after("B"), D=after("C")), "run-after-cycle", "actions", "A", "runAfter", "C"
    )
    assert found.severity is Severity.ERROR
    assert found.message == "expected an action that can begin but in 'A' → 'B' → 'C' → 'A' each waits for another"
    problem(workflow(A=after("A")), "run-after-cycle", "actions", "A", "runAfter", "A")
    assert problems(workflow(A=HTTP, B=after("A"), C=after("A", "B"))) == []


def test_a_repeated_name_is_a_warning() -> None:
    scope = {"type": "Scope", "actions": {"A": HTTP}}
    found = problem(workflow(A=HTTP, S=scope), "duplicate-step-name", "actions", "S", "actions", "A")
    assert found.severity is Severity.WARNING


@pytest.mark.parametrize(
    "text", ["@body('Gone')", "Dear @{outputs('Gone')?['name']}", "@concat('x', items( 'Gone' ))", "@ACTIONS('Gone')"]
)
def test_a_reference_to_no_action_is_a_warning(text: str) -> None:
    found = problem(workflow(A={**HTTP, "inputs": {"deep": [text]}}), "unknown-reference", "actions", "A", "inputs")
    assert (found.severity, found.message) == (Severity.WARNING, "expected the name of an action but there is no 'Gone'")


@pytest.mark.parametrize(
    "text",
    [
        "@body('B')",
        "@body('b')",
        "@outputs('manual')",
        "body('Gone')",
        "@@body('Gone')",
        "@@{body('Gone')}",
        "mail@example.com body('Gone')",
        "@variables('Gone')",
        "@parameters('Gone')",
        "@concat('body(''Gone'')')",
        "@{concat('}', variables('x'))} body('Gone')",
        "@somebody('Gone')",
        "[concat('@body(''Gone'')')]",
        "@body(variables('Gone'))",
    ],
)
def test_what_only_looks_like_a_reference_is_none(text: str) -> None:
    assert problems(workflow(A={**HTTP, "inputs": text}, B=HTTP)) == []


def test_references_are_found_wherever_an_expression_is() -> None:
    text = "@{body('One')} and @{if(equals(outputs('Bob''s'), '}'), result('Two'), items('Three'))}"
    assert [*named_in({"a": [text, {"b": "@iterationIndexes('Four')"}]})] == ["One", "Bob's", "Two", "Three", "Four"]


def test_references_follow_a_rename() -> None:
    config = {"uri": "https://example.com/@{body('A')?['id']}/@{body('AB')}", "body": ["@outputs('A')", "body('A')"], "n": 1}
    new = logicapps.referring(config, {"A": "It's new"})
    assert new == {
        "uri": "https://example.com/@{body('It''s new')?['id']}/@{body('AB')}",
        "body": ["@outputs('It''s new')", "body('A')"],
        "n": 1,
    }
    assert logicapps.referring(new, {"It's new": "A"}) == config
    assert logicapps.referring(config, {"B": "C"}) is config


def test_the_problems_of_every_workflow_of_a_template_are_found() -> None:
    resources = [
        {"type": "Microsoft.Logic/workflows", "name": name, "properties": {"definition": workflow(A=action)}}
        for name, action in (("one", HTTP), ("two", {}))
    ]
    problem({"resources": resources}, "missing-key", "resources", 1, "properties", "definition", "actions", "A")
