"""Validation of whole files: every problem at once, each with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.core.catalog import BUILT_IN, load_catalog
from wflgit.core.problems import Severity
from wflgit.core.validation import validate

if TYPE_CHECKING:
    from wflgit.core.problems import Problem

WAIT = {"type": "wait", "config": {"duration": "P1D"}}


def tag(next_step: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "add_tag", "config": {"tag": "warm"}, "next": next_step, **more}


def wait(next_step: str | None, **more: Any) -> dict[str, Any]:
    return {**WAIT, "next": next_step, **more}


def when(**branches: str | None) -> dict[str, Any]:
    predicate = {"field": "contact.country", "op": "eq", "value": "DE"}
    ways = [{"label": label, "when": predicate, "next": target} for label, target in branches.items()]
    return {"type": "condition", "branches": ways, "otherwise": None}


def workflow(steps: Any, *, without: str = "", **more: Any) -> dict[str, Any]:
    start = next(iter(steps), "hello") if isinstance(steps, dict) else "hello"
    document = {"name": "Welcome", "trigger": {"type": "contact_created"}, "start": start, "steps": steps, **more}
    document.pop(without, None)
    return document


def check(document: Any) -> list[Problem]:
    content = document if isinstance(document, bytes) else json.dumps(document, indent=2).encode()
    return list(validate(content, BUILT_IN))


def found(document: Any) -> list[tuple[str, str]]:
    return [(problem.rule, "/".join(map(str, problem.pointer))) for problem in check(document)]


def only(document: Any) -> Problem:
    (problem,) = check(document)
    return problem


# What is normal and silent


@pytest.mark.parametrize(
    "document",
    [
        workflow({"hello": tag(None)}),
        workflow({"hello": tag("pause"), "pause": wait("hello")}),
        workflow({"hello": when(a="join", b="join"), "join": tag(None)}),
        workflow({"hello": tag("b", disabled=True), "b": tag(None)}),
        workflow({"hello": tag(None), "kept_for_later": tag(None, disabled=True)}),
        workflow({"hello": tag(None), "won": tag(None)}, goals=[{"id": "g", "event": "purchase_made", "next": "won"}]),
        workflow(
            {"hello": tag(None)}, without="trigger", triggers=[{"type": "manual"}, {"type": "tag_added", "config": {"tag": "a"}}]
        ),
        workflow({"hello": {**tag(None), "on_error": "b"}, "b": tag(None)}),
        workflow({"hello": {"type": "split", "branches": [{"label": x, "weight": 100 / 3, "next": None} for x in "abc"]}}),
    ],
    ids=["plain", "cycle with a wait", "join", "disabled", "disabled aside", "goal", "triggers", "error way", "thirds"],
)
def test_what_is_normal_in_real_workflows_is_silent(document: dict[str, Any]) -> None:
    assert check(document) == []


# Errors


@pytest.mark.parametrize("key", ["name", "trigger", "start"])
def test_a_missing_key_of_the_workflow_is_an_error(key: str) -> None:
    problem = only(workflow({"hello": tag(None)}, without=key))
    assert (problem.rule, problem.severity, problem.message) == (
        "missing-key",
        Severity.ERROR,
        f"expected '{key}' but it is missing",
    )


def test_a_step_must_say_its_type_and_what_follows() -> None:
    document = workflow({"hello": {"next": "b"}, "b": {"type": "add_note", "config": {"text": "x"}}})
    assert [problem.message for problem in check(document)] == [
        "expected 'type' in 'hello' but it is missing",
        "expected 'next' in 'b' but it is missing",
    ]


def test_a_workflow_needs_a_step() -> None:
    assert found(workflow({})) == [("unknown-start", "start"), ("wrong-value", "steps")]


def test_trigger_and_triggers_exclude_each_other() -> None:
    assert only(workflow({"hello": tag(None)}, triggers=[{"type": "manual"}])).pointer == ("triggers",)
    assert found(workflow({"hello": tag(None)}, trigger=None)) == [("wrong-value", "trigger")]


def test_an_unknown_start_proposes_the_near_step() -> None:
    problem = only(workflow({"hello": tag(None)}, start="helo"))
    assert (problem.rule, problem.pointer, problem.hint) == ("unknown-start", ("start",), "did you mean 'hello'?")


def test_every_unknown_target_is_told_where_it_is_written() -> None:
    steps = {
        "hello": when(a="x1"),
        "b": {**wait("x3"), "config": {"event": "e", "timeout": "P1D"}, "on_timeout": "x4"},
        "c": tag("b"),
    }
    steps["hello"]["otherwise"] = "x2"
    document = workflow(steps, goals=[{"id": "g", "event": "e", "next": "x5"}])
    assert [pointer for rule, pointer in found(document) if rule == "unknown-target"] == [
        "steps/hello/branches/0/next",
        "steps/hello/otherwise",
        "steps/b/next",
        "steps/b/on_timeout",
        "goals/0/next",
    ]


def test_an_unknown_type_proposes_the_near_one_and_the_step_is_checked_as_that() -> None:
    problem = only(workflow({"hello": {**when(a=None), "type": "conditon"}}))
    assert (problem.rule, problem.hint) == ("unknown-step-type", "did you mean 'condition'?")
    problem = only(workflow({"hello": tag(None)}, trigger={"type": "form_submited"}))
    assert (problem.rule, problem.hint) == ("unknown-trigger-type", "did you mean 'form_submitted'?")


def test_an_own_type_is_known_with_its_schema() -> None:
    document = json.dumps(workflow({"hello": {"type": "loyalty", "config": {"n": "x"}, "next": None}}), indent=2).encode()
    catalog = load_catalog({"loyalty": b'{"properties": {"n": {"type": "number"}}}'}, {})
    assert [problem.rule for problem in validate(document, BUILT_IN)] == ["unknown-step-type"]
    assert [problem.message for problem in validate(document, catalog)] == ["expected a number but found 'x'"]


@pytest.mark.parametrize("step_id", ["", " ", "a b", "-a", "é", "x" * 101])
def test_an_illegal_step_id_is_an_error(step_id: str) -> None:
    assert ("invalid-step-id", f"steps/{step_id}") in found(workflow({"hello": when(a=step_id), step_id: tag(None)}))


def test_a_slash_in_a_step_id_is_called_one() -> None:
    problem = only(workflow({"mail/first": tag(None)}))
    assert (problem.message, problem.hint) == ("expected a step id without a slash but found 'mail/first'", "write 'mail-first'")


def test_duplicate_step_ids_goals_and_labels_are_errors() -> None:
    assert found(b'{"steps": {"a": {}, "a": {}}}') == [("duplicate-key", "steps/a")]
    goals = [{"id": "g", "event": "e", "next": None}] * 2
    assert found(workflow({"hello": tag(None)}, goals=goals)) == [("duplicate-goal", "goals/1/id")]
    condition = when(a=None, otherwise=None)
    condition["branches"].append(condition["branches"][0])
    assert found(workflow({"hello": condition})) == [
        ("duplicate-label", "steps/hello/branches/1/label"),
        ("duplicate-label", "steps/hello/branches/2/label"),
    ]


def test_split_weights_must_add_up_to_100() -> None:
    split = {"type": "split", "branches": [{"label": "a", "weight": 50, "next": None}, {"label": "b", "weight": 40, "next": None}]}
    problem = only(workflow({"hello": split}))
    assert (problem.rule, problem.message) == ("split-weights", "expected weights that add up to 100 but they add up to '90'")


def test_a_plain_secret_is_an_error() -> None:
    trigger = {"type": "webhook_received", "config": {"secret": "sk_live_1"}}
    assert found(workflow({"hello": tag(None)}, trigger=trigger)) == [("plain-secret", "trigger/config/secret")]


def test_keys_that_mean_nothing_are_errors_wherever_they_stand() -> None:
    document = workflow({"hello": {**tag(None), "nxt": 1}}, nam=1)
    document["trigger"]["confg"] = {}
    assert [(problem.rule, problem.hint) for problem in check(document)] == [
        ("unknown-key", "did you mean 'config'?"),
        ("unknown-key", "did you mean 'next'?"),
        ("unknown-key", "did you mean 'name'?"),
    ]


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        ({}, "expected a condition but found something else"),
        ("x", "expected a condition but found something else"),
        ({"all": []}, "expected 1 or more entries but found an empty list"),
        ({"any": [{"not": {"field": "a", "op": "eq"}}]}, "expected a 'value' with 'eq' but there is none"),
        ({"field": "a", "op": "exists", "value": 1}, "expected no 'value' with 'exists' but there is one"),
        ({"field": "a", "op": "in", "value": "DE"}, "expected a list as 'value' of 'in' but found 'DE'"),
        ({"field": "a", "op": "starts_with", "value": 1}, "expected a text as 'value' of 'starts_with' but found '1'"),
        ({"field": "a", "op": "lt", "value": True}, "expected a number or a text as 'value' of 'lt' but found 'true'"),
        ({"field": "a", "op": "matches", "value": "("}, "expected a regular expression as 'value' of 'matches' but found '('"),
        ({"field": "a b", "op": "exists"}, "expected the name of a field but found 'a b'"),
        ({"not": {"all": [{"field": "a", "op": "exists", "valu": 1}]}}, "expected a known key but found 'valu'"),
    ],
)
def test_a_wrong_condition_says_what_was_expected(predicate: Any, message: str) -> None:
    condition = when(a=None)
    condition["branches"][0]["when"] = predicate
    assert only(workflow({"hello": condition})).message == message


# Warnings


def test_an_unreachable_step_is_a_warning_at_its_id() -> None:
    problem = only(workflow({"hello": tag(None), "lost": tag(None)}))
    assert (problem.rule, problem.severity, problem.pointer) == ("unreachable-step", Severity.WARNING, ("steps", "lost"))
    assert (problem.line, problem.column) == (15, 5)


def test_without_a_start_no_step_is_called_unreachable() -> None:
    assert found(workflow({"hello": tag(None)}, start="nowhere")) == [("unknown-start", "start")]


def test_a_cycle_without_a_wait_is_a_warning_that_shows_the_way_round() -> None:
    problem = only(workflow({"hello": tag("b"), "b": when(again="c"), "c": tag("b")}))
    assert (problem.rule, problem.severity, problem.pointer) == ("cycle-without-wait", Severity.WARNING, ("steps", "b"))
    assert "the loop 'b' → 'c' → 'b'" in problem.message


def test_each_cycle_without_a_wait_is_told_and_a_disabled_wait_is_none() -> None:
    steps = {"hello": when(a="a", b="b"), "a": tag("a"), "b": wait("c", disabled=True), "c": tag("b")}
    assert found(workflow(steps)) == [("cycle-without-wait", "steps/a"), ("cycle-without-wait", "steps/b")]


def test_a_condition_without_otherwise_is_a_warning() -> None:
    condition = when(a=None)
    del condition["otherwise"]
    problem = only(workflow({"hello": condition}))
    assert (problem.rule, problem.severity) == ("no-otherwise", Severity.WARNING)


def test_a_way_for_a_timeout_that_cannot_come_is_a_warning() -> None:
    assert found(workflow({"hello": wait(None, on_timeout=None)})) == [("unused-timeout", "steps/hello/on_timeout")]


@pytest.mark.parametrize(("number", "rules"), [(2**53, []), (2**53 + 1, ["inexact-number"]), (-(2**53) - 1, ["inexact-number"])])
def test_a_whole_number_that_many_programs_round_is_a_warning(number: int, rules: list[str]) -> None:
    step = {"type": "set_variable", "config": {"name": "x", "value": [number]}, "next": None}
    assert [rule for rule, _ in found(workflow({"hello": step}))] == rules


# All at once, in order, and never a crash


def test_all_problems_come_at_once_in_the_order_of_the_file() -> None:
    steps = {
        "a/b": tag("c"),
        "b": {"type": "wait", "config": {"duration": "1d"}, "next": "zz"},
        "c": {"type": "nope", "next": None},
    }
    problems = check(workflow(steps, without="name"))
    assert [problem.rule for problem in problems] == [
        "missing-key", "invalid-step-id", "wrong-value", "unknown-target", "unknown-step-type",
    ]  # fmt: skip
    assert [problem.line for problem in problems] == sorted(problem.line or 0 for problem in problems)


def test_a_shape_that_no_graph_can_be_made_of_is_told_once() -> None:
    assert found(workflow([])) == [("wrong-value", "steps")]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[1]", b"{}", b"null", b'{"steps": null}', b'{"States": 1}'])
def test_whatever_the_bytes_are_problems_with_places_come_back(content: bytes) -> None:
    problems = check(content)
    assert problems
    assert all(problem.line and problem.column for problem in problems)


def test_a_foreign_format_is_checked_by_the_same_rules_of_the_graph() -> None:
    machine: dict[str, Any] = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "Next": "C"}}}
    assert [rule for rule, _ in found(machine)] == ["unknown-target"]
    assert [rule for rule, _ in found({**machine, "States": {**machine["States"], "B": {"Type": "Succeed"}}})] == [
        "unreachable-step"
    ]
    assert found({**machine, "StartAt": "X"})[0] == ("unknown-start", "StartAt")


KEYS = st.sampled_from([
    "type", "config", "next", "branches", "label", "when", "weight", "all", "not", "field", "op", "value", "id", "event", "url",
    "otherwise", "on_timeout", "disabled", "name", "position", "x", "secret_headers", "cron", "amount", "duration", "Next", "Type",
])  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
    | st.sampled_from([*BUILT_IN.steps, *BUILT_IN.triggers, "a", "b", "P1D", "{{a.b}}", "0 9 * * *", 10**400, "eq", "in"])
)  # fmt: skip
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=20)


@given(st.sampled_from(["steps", "States"]), ANYTHING | st.dictionaries(st.sampled_from("abc"), ANYTHING), ANYTHING, ANYTHING)
def test_no_document_however_odd_makes_validation_crash(key: str, steps: Any, trigger: Any, goals: Any) -> None:
    assert check({key: steps, "trigger": trigger, "triggers": [trigger], "goals": goals, "start": "a", "StartAt": "a"})


def test_what_lies_behind_a_way_that_leads_nowhere_is_not_told_as_well() -> None:
    steps = {"a": tag("lost"), "b": tag("c"), "c": tag(None)}
    assert [rule for rule, _ in found(workflow(steps))] == ["unknown-target"]


def test_nothing_is_called_unreachable_where_contributed_types_may_begin_by_themselves() -> None:
    step = {"type": "function", "z": "t1", "x": 1, "y": 1, "wires": [[]]}
    tick = {"id": "a", "type": "inject", "z": "t1", "x": 0, "y": 0, "wires": [["b"]]}
    elements = [{"id": "t1", "type": "tab", "label": "Hall"}, tick, {**step, "id": "b"}, {**step, "id": "alone"}]
    assert check(json.dumps(elements).encode()) == []


def test_what_a_way_from_nowhere_leads_to_is_not_called_unreachable_as_well() -> None:
    steps = [{"name": "Form", "type": "n8n-nodes-base.webhook"}, {"name": "Mail", "type": "n8n-nodes-base.gmail"}]
    connections = {"Frm": {"main": [[{"node": "Mail", "type": "main", "index": 0}]]}}
    found = check(json.dumps({"nodes": steps, "connections": connections}).encode())
    assert [problem.rule for problem in found] == ["unknown-source"]
