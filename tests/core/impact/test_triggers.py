"""What a change does to those who will start."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.impact.cases import codes, raised, situation
from tests.core.impact.cases_triggers import ADULT, GERMAN, called, every, recurring, started, started_by_all, ticking
from tests.core.impact.documents import n8n, node, red, wired
from wflgit.core.impact.rule import Raised
from wflgit.core.impact.schedules import cron_firings, firings_per_year
from wflgit.core.impact.triggers import CHECKS
from wflgit.core.problems import Severity


def found(old: Any, new: Any) -> list[Raised]:
    return [*raised(CHECKS, situation(old, new))]


def one(old: Any, new: Any) -> Raised:
    [only] = found(old, new)
    return only


def test_another_type_in_its_place_is_no_removal() -> None:
    said = one(started(), started("form_submitted", form="f"))
    assert said.message == "the trigger is of the type 'form_submitted' instead of 'contact_created'"
    assert (said.rule.code, said.pointer, said.side) == ("WFL301", ("trigger",), "head")


def test_one_of_several_that_went_is_shown_in_the_base() -> None:
    said = one(started_by_all("contact_created", "tag_added"), started_by_all("contact_created"))
    assert (said.subject, said.pointer, said.side) == ("trigger tag_added", ("triggers", 1), "base")


def test_an_address_that_callers_do_not_know_is_said() -> None:
    old, new = (
        n8n(node("Hook", "n8n-nodes-base.webhook", parameters={"path": path}), node("Next"), Hook=[["Next"]]) for path in ("a", "b")
    )
    assert one(old, new).message == "the trigger 'Hook' has another address than its callers know"


def test_a_trigger_with_an_id_that_a_tool_made_up_is_called_by_its_name_too() -> None:
    said = one(red(a=wired("inject", [], name="Every day"), b=wired("debug")), red(b=wired("debug")))
    assert said.message == "the trigger 'a' (Every day) of the type 'inject' is gone"


def test_a_renamed_trigger_is_the_same() -> None:
    old = n8n(node("Hook", "n8n-nodes-base.webhook", parameters={"path": "a"}), node("Next"), Hook=[["Next"]])
    new = n8n(node("Sign up", "n8n-nodes-base.webhook", parameters={"path": "a"}, id="key-Hook"), node("Next"), Sign_up=[["Next"]])
    assert found(old, new) == []


def test_a_trigger_that_is_pressed_by_hand_or_off_may_go() -> None:
    by_hand = n8n(node("A", "n8n-nodes-base.manualTrigger"), node("B", "n8n-nodes-base.webhook"), node("C"), A=[["C"]], B=[["C"]])
    said = one(by_hand, n8n(node("B", "n8n-nodes-base.webhook"), node("C"), B=[["C"]]))
    assert (said.rule.code, said.severity) == ("WFL302", Severity.INFO)


def test_what_a_disabled_trigger_is_told_concerns_nobody() -> None:
    assert one(called(path="a", disabled=True), called(path="b", disabled=True)).severity is Severity.INFO


def test_filters_of_one_trigger_are_judged_together() -> None:
    said = one(started("contact_updated", field="a", value=1), started("contact_updated"))
    assert said.message == "the trigger 'contact_updated' lets in more by 'field' and 'value'"
    said = one(started("x", source="a", filter=ADULT), started("x", filter={"all": [ADULT, GERMAN]}))
    assert said.rule.code == "WFL317"


@pytest.mark.parametrize(
    ("old", "new", "message", "severity"),
    [
        (
            started("schedule", cron="0 9 * * *"),
            started("schedule", cron="*/5 * * * *"),
            "the trigger 'schedule' goes by '*/5 * * * *' instead of '0 9 * * *', about 288 times as often",
            Severity.ERROR,
        ),
        (
            started("schedule", cron="0 * * * *"),
            started("schedule", cron="0 9 * * *"),
            "the trigger 'schedule' goes by '0 9 * * *' instead of '0 * * * *', about 24 times less often",
            None,
        ),
        (
            every(field="days"),
            every(field="hours"),
            "the trigger 'Begin' goes by another schedule, about 24 times as often",
            Severity.ERROR,
        ),
        (recurring("Hour"), recurring("Hour", 2), "the trigger 'often' goes by another schedule, about 2 times less often", None),
        (
            ticking(repeat="60"),
            ticking(repeat="30"),
            "the trigger 'tick' goes by '30' instead of '60', about 2 times as often",
            None,
        ),
        (ticking(repeat="60"), ticking(once=True), "the trigger 'tick' goes by another schedule", None),
    ],
)
def test_a_schedule_that_fires_ten_times_as_often_is_an_error(old: Any, new: Any, message: str, severity: Severity | None) -> None:
    said = one(old, new)
    assert (said.message, said.severity) == (message, severity)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 1 * *", 365 / 31),
        ("0 0 * * 7", 365 / 7),
        ("0 0 * JAN-MAR *", 365 / 4),
        ("0 0 1 * MON", 365 * (1 - 30 / 31 * 6 / 7)),
        ("0,30 9-17/4 * * *", 6 * 365),
        ("*/10 * * * * *", 6 * 60 * 24 * 365),
        ("0 0 ? * *", 365),
        ("", None),
        ("0 0 * *", None),
        ("0 0 * * */0", None),
        ("a b c d e", None),
        ("50-10 * * * *", None),
    ],
)
def test_a_cron_expression_says_how_often_it_fires(expression: str, expected: float | None) -> None:
    assert cron_firings(expression) == (expected and pytest.approx(expected))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            {"parameters": {"triggerTimes": {"item": [{"mode": "everyX", "value": 2, "unit": "hours"}, {"mode": "everyDay"}]}}},
            13 * 365,
        ),
        ({"parameters": {"pollTimes": {"item": [{"mode": "custom", "cronExpression": "0 * * * *"}]}}}, 24 * 365),
        ({"parameters": {"pollTimes": {"item": [{"mode": "sometimes"}]}}}, None),
        ({"parameters": {"rule": {"interval": [{"field": "weeks", "triggerAtDay": [1, 3]}]}}}, 2 * 365 / 7),
        ({"parameters": {"rule": {"interval": [{"field": "cronExpression", "expression": "0 0 * * *"}]}}}, 365),
        ({"parameters": {"rule": {}}}, None),
        ({"parameters": {"interval": 30, "unit": "minutes"}}, 48 * 365),
        ({"recurrence": {"frequency": "@parameters('f')"}}, None),
        ({"repeat": "0"}, None),
        ({}, None),
    ],
)
def test_every_form_of_a_schedule_is_read(config: Any, expected: float | None) -> None:
    assert firings_per_year(config) == (expected and pytest.approx(expected))


@pytest.mark.parametrize(
    ("before", "now", "code", "severity"),
    [
        (["a", "b"], ["a", "c"], "WFL308", None),
        (["a"], ["a", "b"], "WFL318", None),
        ("all", "some", "WFL308", Severity.WARNING),
        (True, False, "WFL308", None),
        ({"list": "a"}, {"list": "a", "other": "b"}, "WFL308", Severity.WARNING),
    ],
)
def test_leaving_out_fewer_is_an_error(before: Any, now: Any, code: str, severity: Severity | None) -> None:
    said = one(started("x", exclude_lists=before), started("x", exclude_lists=now))
    assert (said.rule.code, said.severity) == (code, severity)


def test_who_may_come_may_be_said_of_the_workflow_as_a_whole() -> None:
    old, new = ({**called(), "settings": {"allowReentry": value}} for value in (False, True))
    assert one(old, new).message == "the workflow lets contacts come again"
    assert codes(situation(old, new)) == ["WFL305"]


def test_the_secret_that_callers_sign_with_is_not_shown() -> None:
    old, new = (started("webhook_received", secret=value) for value in ("hunter22", "hunter23"))
    found_ = [*raised(CHECKS, situation(old, new))]
    assert [said.rule.code for said in found_] == ["WFL310"]
    assert "hunter" not in found_[0].message
