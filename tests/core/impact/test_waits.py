"""What a change does to those who wait."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.impact.cases import codes, raised, situation
from tests.core.impact.cases_waits import approving, asking, calling, delayed, paused, pausing, waiting
from tests.core.impact.documents import row
from wflgit.core.impact.rule import Raised
from wflgit.core.impact.waits import CHECKS
from wflgit.core.problems import Severity


def found(old: Any, new: Any) -> list[Raised]:
    return [*raised(CHECKS, situation(old, new))]


@pytest.mark.parametrize(
    ("old", "new", "code", "message"),
    [
        (waiting(duration="P3D"), waiting(duration="P1D"), "WFL402", "'wait' waits 1 day instead of 3 days"),
        (waiting(duration="PT1H"), waiting(duration="P1DT2H"), "WFL403", "'wait' waits 1 day 2 hours instead of 1 hour"),
        (delayed("0.5"), delayed("1"), "WFL403", "'hold' waits 1 minute instead of 30 seconds"),
        (
            waiting(duration="P3D"),
            waiting(until="2030-01-01T09:00:00+01:00"),
            "WFL404",
            "'wait' waits until 2030-01-01 08:00 UTC instead of 3 days",
        ),
        (waiting(event="opened"), waiting(event="clicked"), "WFL405", "'wait' waits for 'clicked' instead of 'opened'"),
        (
            waiting(until="2030-01-01T09:00:00Z"),
            waiting(until="{{contact.day}}"),
            "WFL405",
            "'wait' waits until a time that is worked out then instead of until 2030-01-01 09:00 UTC",
        ),
        (paused(SecondsPath="$.a"), paused(SecondsPath="$.b"), "WFL405", "'Pause' waits for something else"),
        (
            waiting(event="a", timeout="P1D"),
            waiting(event="a"),
            "WFL406",
            "'wait' waits for the event for ever, and not 1 day at most",
        ),
        (waiting(event="a"), waiting(event="a", timeout="P1D"), "WFL411", "'wait' waits for the event 1 day at most"),
        (
            approving(limit={"timeout": "P1D"}),
            approving(limit={"timeout": "@p"}),
            "WFL412",
            "'Approve' waits for the event a time that is worked out then at most instead of 1 day",
        ),
        (
            pausing(resume="webhook", limitWaitTime=True, resumeAmount=3),
            pausing(resume="webhook", limitWaitTime=True, resumeAmount=6),
            "WFL412",
            "'Pause' waits for the event 6 hours at most instead of 3 hours",
        ),
        (calling(timeout_s=10), calling(timeout_s=30), "WFL412", "'call' is given up after '30' instead of '10' ('timeout_s')"),
        (asking(), asking(retryOnFail=True), "WFL409", "'Ask' is tried again 2 times instead of never"),
    ],
)
def test_how_a_wait_changed_is_said_in_words(old: Any, new: Any, code: str, message: str) -> None:
    [said] = found(old, new)
    assert (said.rule.code, said.message) == (code, message)
    assert code in codes(situation(old, new))
    assert "WFL516" not in codes(situation(old, new))


def test_a_wait_that_was_renamed_is_the_same_wait() -> None:
    old = row("hello", "wait", "bye", wait={"config": {"duration": "P3D"}, "name": "Let it rest"})
    new = row("hello", "wait_long", "bye", wait_long={"config": {"duration": "P1D"}, "name": "Let it rest"})
    [said] = found(old, new)
    assert (said.rule.code, said.steps, said.step) == ("WFL402", ("wait",), "wait_long")
    assert said.message == "'wait_long' waits 1 day instead of 3 days"


def test_a_removed_wait_is_a_consequence_of_the_removed_step() -> None:
    [said] = found(row("a", "wait", "b"), row("a", "b"))
    assert (said.causes, said.side, said.pointer) == (("step wait",), "base", ("steps", "wait"))
    assert said.message == "the wait 'wait' (1 day) is gone"


def test_a_new_wait_meets_those_before_it() -> None:
    [said] = found(row("a", "b", "c"), row("a", "new", "wait", "b", "c"))
    assert (said.rule.code, said.steps, said.step) == ("WFL410", ("a",), "wait")


def test_a_time_that_has_passed_is_said_only_where_it_is_new() -> None:
    late = {"until": "2026-01-05T08:59:00Z"}
    [_, said] = sorted(found(waiting(duration="P1D"), waiting(**late)), key=lambda item: item.rule.code)
    assert said.message == "'wait' waits until 2026-01-05 08:59 UTC, which has passed"
    assert found(waiting(**late), waiting(until="2026-01-05T09:59:00+01:00")) == []
    assert [said.rule.code for said in found(waiting(duration="P1D"), waiting(until="2026-01-05T09:01:00Z"))] == ["WFL404"]


def test_trying_again_is_worse_where_something_is_sent() -> None:
    tried: Any = {"retryOnFail": True, "maxTries": 3}
    [said] = found(asking(**tried), asking(**{**tried, "maxTries": 5}))
    assert said.severity is Severity.WARNING
    [said] = found(asking(method="GET", **tried), asking(method="GET", **{**tried, "maxTries": 5}))
    assert said.severity is None
    [said] = found(asking(**{**tried, "maxTries": 5}), asking(**tried))
    assert said.severity is None


def test_the_end_of_quiet_hours_is_a_warning() -> None:
    old, new = (calling(**said) for said in ({"quiet_hours": "22-7"}, {}))
    [said] = found(old, new)
    assert (said.message, said.severity) == ("'call' may act at any hour without 'quiet_hours'", Severity.WARNING)
    [said] = found(new, old)
    assert said.severity is None
