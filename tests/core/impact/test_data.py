"""Variables and results that a change takes away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.impact.cases import Case, raised, situation
from tests.core.impact.cases_data import CASES, READ, WAIT, compose, logicapps, n8n, native, sets
from wflgit.core.impact.data import CHECKS, RULES
from wflgit.core.impact.rule import Raised
from wflgit.core.problems import Severity


def found(old: Any, new: Any) -> list[Raised]:
    """What the rules about data say of a change."""
    return [*raised(CHECKS, situation(old, new))]


def codes(old: Any, new: Any) -> list[str]:
    return [one.rule.code for one in found(old, new)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_rule_fires_on_its_case_and_on_no_near_miss(case: Case) -> None:
    assert codes(*case.fires[:2]) == [case.code]
    assert case.code not in codes(*case.near[:2])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.code)
def test_a_version_that_is_the_same_has_no_findings(case: Case) -> None:
    for document in (*case.fires[:2], *case.near[:2]):
        assert found(document, document) == []


def test_each_rule_has_a_case() -> None:
    assert {rule.code for rule in RULES} == {case.code for case in CASES}


def test_a_finding_names_what_is_gone_who_reads_it_and_who_comes_there() -> None:
    old = native(("set", sets("round")), ("wait", WAIT), READ, ("again", "{{round}}"))
    [one] = found(old, native(("wait", WAIT), READ, ("again", "{{round}}")))
    assert one.message == "step 'set' is gone, but steps 'use' and 'again' still read the variable 'round'"
    assert (one.subject, one.step, one.steps, one.causes) == ("step use", "use", ("use", "again"), ("step set",))
    assert one.pointer == ("steps", "use")


def test_a_step_that_is_only_renamed_takes_nothing_away() -> None:
    old, new = n8n("In", "Get", "Use", expression="$('Get').json.x"), n8n("In", "Fetch", "Use", expression="$('Fetch').json.x")
    for document in (old, new):
        for raw in document["nodes"]:
            raw["id"] = {"Get": "k2", "Fetch": "k2"}.get(raw["name"], raw["name"])
    assert found(old, new) == []


def test_a_reference_by_the_name_that_a_step_had_is_told() -> None:
    old, new = n8n("In", "Get", "Use", expression="$('Get').json.x"), n8n("In", "Fetch", "Use", expression="$('Get').json.x")
    for document in (old, new):
        for raw in document["nodes"]:
            raw["id"] = {"Get": "k2", "Fetch": "k2"}.get(raw["name"], raw["name"])
    [one] = found(old, new)
    assert one.message == "step 'Get' is called 'Fetch' now, but step 'Use' still reads the results of step 'Get'"
    assert one.rule.code == "WFL601"


def test_what_was_wrong_before_is_not_told() -> None:
    assert found(native(("hi", "hi"), READ, ("set", sets("round"))), native(("ho", "ho"), READ, ("set", sets("round")))) == []
    assert found(n8n("In", "Use", expression="$('Gone').json.x"), n8n("In", "More", "Use", expression="$('Gone').json.x")) == []


def test_a_result_that_is_still_there_but_of_a_disabled_step_is_less_bad() -> None:
    old = n8n("In", "Get", "Use", expression="$('Get').item.json.x")
    [one] = found(old, n8n("In", "Get", "Use", expression="$('Get').item.json.x", Get={"disabled": True}))
    assert one.severity is Severity.WARNING


def test_a_later_way_out_of_a_step_of_n8n_finds_the_results_of_an_earlier_one() -> None:
    old = n8n("In", "Get", "Use", expression="$('Get').item.json.x")
    beside = n8n("In", "Get", "Use", expression="$('Get').item.json.x", without=(("Get", "Use"),))
    beside["connections"]["In"]["main"][0].append({"node": "Use", "type": "main", "index": 0})
    assert found(old, beside) == []


def test_an_action_of_logic_apps_waits_for_all_that_it_follows() -> None:
    old = logicapps(Get=compose("a"), Mid=compose("b"), Use=compose("@outputs('Get')"))
    new = json.loads(json.dumps(old))
    new["actions"]["Mid"]["runAfter"] = {}
    new["actions"]["Use"]["runAfter"] = {"Get": ["Succeeded"], "Mid": ["Succeeded"]}
    assert found(old, new) == []


def test_nobody_waiting_makes_a_rename_a_notice() -> None:
    old = native(("set", sets("round")), ("hi", "hi"), READ)
    [one] = found(old, native(("set", sets("turn")), ("hi", "hi"), ("use", "round {{turn + 1}}")))
    assert (one.rule.code, one.severity, one.steps) == ("WFL605", Severity.INFO, ("hi", "use"))


def test_who_has_the_value_already_may_come_to_a_new_step_that_reads_it() -> None:
    old = native(("set", sets("round")), ("wait", WAIT), ("hi", "hi"))
    assert found(old, native(("set", sets("round")), ("wait", WAIT), ("hi", "hi"), READ)) == []


def test_a_loop_that_counts_is_in_order() -> None:
    def looping(name: str) -> dict[str, Any]:
        more = {"field": name, "op": "lt", "value": 6}
        ask = {"type": "condition", "branches": [{"label": "more", "when": more, "next": "wait"}], "otherwise": None}
        document = native(("set", sets(name)), ("wait", WAIT), ("add", sets(name, f"{{{{{name} + 1}}}}")), ("ask", {}))
        return document | {"steps": document["steps"] | {"ask": ask}}

    without = looping("round")
    del without["steps"]["set"]
    assert codes(looping("round"), looping("turn")) == ["WFL605"]
    assert codes(looping("round"), without | {"start": "wait"}) == ["WFL603"]


_NAMES = st.sampled_from(["round", "plan", "lead"])


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Native workflows that set, read and wait, with ways back and past."""
    count = draw(st.integers(2, 7))
    ids = [f"s{number}" for number in range(count)]
    steps = {}
    for number, id_ in enumerate(ids):
        following = draw(st.sampled_from([*ids[number + 1 : number + 3], None]))
        name = draw(_NAMES)
        match draw(st.sampled_from(["set", "read", "wait", "ask"])):
            case "set":
                steps[id_] = sets(name, next=following)
            case "read":
                steps[id_] = {"type": "send_sms", "config": {"text": f"Hi {{{{{name}}}}}"}, "next": following}
            case "wait":
                steps[id_] = {**WAIT, "next": following}
            case _:
                when = {"field": name, "op": "gt", "value": 1}
                branch = {"label": "yes", "when": when, "next": draw(st.sampled_from(ids))}
                steps[id_] = {"type": "condition", "branches": [branch], "otherwise": following}
    return {"name": "W", "trigger": {"type": "manual", "config": {}}, "start": "s0", "steps": steps}


@settings(max_examples=60, deadline=None)
@given(documents(), _NAMES)
def test_a_variable_that_is_renamed_everywhere_is_at_most_told_as_renamed(document: dict[str, Any], name: str) -> None:
    text = json.dumps(document).replace(f'"{name}"', '"other_name"').replace(f"{{{{{name}}}}}", "{{other_name}}")
    assert {*codes(document, json.loads(text))} <= {"WFL605"}


@settings(max_examples=60, deadline=None)
@given(documents(), st.data())
def test_a_step_put_anywhere_that_has_nothing_to_do_with_data_harms_none(document: dict[str, Any], data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([*document["steps"]]))
    text = json.dumps(document).replace(f'"next": "{place}"', '"next": "extra"').replace(f'"start": "{place}"', '"start": "extra"')
    new = json.loads(text)
    new["steps"]["extra"] = {"type": "add_tag", "config": {"tag": "x"}, "next": place}
    assert found(document, new) == []
