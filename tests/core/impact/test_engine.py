"""From what rules say to findings: how bad, whom they concern, which is the cause of which, and what is ignored."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.builders import START
from tests.core.impact.cases import graph, situation
from tests.core.impact.documents import booked, goals, native, row, with_
from wflgit.core.exposure import Affected, Exposure
from wflgit.core.findings import Finding
from wflgit.core.graph import Pointer
from wflgit.core.impact.engine import (
    Files,
    Impact,
    apply_ignores,
    expired_ignores,
    find_findings,
    make_findings,
    unused_ignores,
)
from wflgit.core.impact.rule import Action, Area, Meets, Raised, Rule
from wflgit.core.problems import Severity
from wflgit.core.records import StepCount
from wflgit.core.settings import Ignore

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
TODAY = START.date()
ROW = row("a", "b", "c")


def rule(code: str = "WFL199", meets: Meets = Meets.AT, *, follows: bool = False) -> Rule:
    area = [*Area][int(code[3]) - 1]
    return Rule(code, f"rule-{code[3:]}", area, Action.CHANGED, ERROR, INFO, meets, "Why.", "what to do", follows=follows)


def said(step: str, code: str = "WFL199", **more: Any) -> Raised:
    """What a rule says of a step."""
    meets, follows = more.pop("meets", Meets.AT), more.pop("follows", False)
    return Raised(
        rule(code, meets, follows=follows), f"step {step}", f"{step} was changed", more.pop("steps", (step,)), step, **more
    )


def place(side: str, pointer: Pointer) -> tuple[int | None, int | None]:
    """A file of which every key has a line."""
    return (len(pointer), 1 if side == "head" else 2) if pointer else (None, None)


def make(*raised: Raised, counts: dict[str, int] | None = None) -> Impact:
    """The findings on a row of three steps, of which only some may be known."""
    known = None if counts is None else [StepCount("welcome", 1, step, 0, waiting) for step, waiting in counts.items()]
    return make_findings(raised, "welcome", Exposure(graph(ROW), known), Files("new.json", "old.json", place))


def only(impact: Impact) -> Finding:
    (finding,) = impact.findings
    return finding


@pytest.mark.parametrize(
    ("counts", "severity", "affected"),
    [({"b": 2}, ERROR, Affected(2, 0)), ({"a": 2}, INFO, Affected(0, 0)), (None, ERROR, Affected(None, None))],
)
def test_a_finding_is_less_bad_only_where_it_is_known_that_it_concerns_nobody(
    counts: dict[str, int] | None, severity: Severity, affected: Affected
) -> None:
    finding = only(make(said("b"), counts=counts))
    assert (finding.severity, finding.affected) == (severity, affected)


@pytest.mark.parametrize(
    ("meets", "affected"),
    [
        (Meets.AT, Affected(3, 0)),
        (Meets.UPSTREAM, Affected(3, 2)),
        (Meets.ALL, Affected(9, 0)),
        (Meets.NONE, Affected(0, 0)),
    ],
)
def test_a_rule_says_which_executions_count(meets: Meets, affected: Affected) -> None:
    assert only(make(said("b", meets=meets), counts={"a": 2, "b": 3, "c": 4})).affected == affected


def test_what_concerns_those_who_will_start_is_as_bad_without_executions() -> None:
    assert only(make(said("b", meets=Meets.NONE), counts={})).severity is ERROR


@pytest.mark.parametrize(
    ("severity", "counts", "expected"),
    [(WARNING, {"b": 1}, WARNING), (WARNING, {}, INFO), (ERROR, {}, WARNING), (INFO, {}, INFO), (WARNING, None, WARNING)],
)
def test_a_severity_of_its_own_is_lowered_by_one_where_nobody_is_concerned(
    severity: Severity, counts: dict[str, int] | None, expected: Severity
) -> None:
    assert only(make(said("b", severity=severity), counts=counts)).severity is expected


def test_a_finding_is_shown_in_the_file_of_its_side() -> None:
    base = only(make(said("b", side="base", pointer=("steps", "b"))))
    head = only(make(said("b", pointer=("steps",), advice="do this")))
    assert (base.path, base.side, base.line, base.column) == ("old.json", "base", 2, 2)
    assert (head.path, head.side, head.line, head.column) == ("new.json", "head", 1, 1)
    assert (base.advice, head.advice) == ("what to do", "do this")


def test_the_worst_come_first_then_those_that_concern_the_most_and_the_unknown_before_the_known() -> None:
    found = make(
        said("a", "WFL103"),
        said("b", "WFL102"),
        said("c", "WFL101"),
        said("a", "WFL104", severity=WARNING),
        counts={"a": 1, "b": 5},
    )
    assert [finding.code for finding in found.findings] == ["WFL102", "WFL103", "WFL104", "WFL101"]


def test_findings_come_in_the_same_order_however_they_are_said() -> None:
    raised = [said(step, code) for step in "abc" for code in ("WFL101", "WFL102")]
    assert make(*raised) == make(*reversed(raised))


# Causes


def test_what_follows_from_another_finding_is_shown_under_it() -> None:
    found = make(said("a"), said("b", "WFL198", follows=True, causes=("step a",)))
    assert [consequence.code for consequence in only(found).consequences] == ["WFL198"]


def test_what_could_follow_stands_alone_without_its_cause() -> None:
    found = make(said("a"), said("b", "WFL198", follows=True, causes=("step c",)))
    assert [finding.consequences for finding in found.findings] == [(), ()]


def test_a_rule_that_does_not_follow_stands_alone() -> None:
    assert len(make(said("a"), said("b", causes=("step a",))).findings) == 2


def test_consequences_of_consequences_are_shown_under_the_first_cause() -> None:
    found = make(
        said("c", "WFL197", follows=True, causes=("step b",)), said("b", "WFL198", follows=True, causes=("step a",)), said("a")
    )
    assert [consequence.code for consequence in only(found).consequences] == ["WFL197", "WFL198"]


def test_of_consequences_in_a_circle_the_first_stands_for_all() -> None:
    found = make(said("a", follows=True, causes=("step b",)), said("b", follows=True, causes=("step a",)))
    assert only(found).subject == "step a"
    assert [consequence.subject for consequence in only(found).consequences] == ["step b"]


def test_of_two_findings_about_one_thing_the_one_that_follows_from_nothing_is_the_cause() -> None:
    found = make(said("a", "WFL101", follows=True, causes=("step a",)), said("a", "WFL102"))
    assert only(found).code == "WFL102"


def test_what_follows_from_a_step_is_under_the_finding_about_the_step_itself() -> None:
    found = make(said("b", "WFL199", follows=True), said("b", "WFL601"), said("c", "WFL209", follows=True, causes=("step b",)))
    assert {finding.code: len(finding.consequences) for finding in found.findings} == {"WFL199": 1, "WFL601": 0}


def test_a_cause_is_as_bad_as_the_worst_that_follows_and_concerns_all_of_them() -> None:
    found = make(said("a", severity=INFO), said("b", follows=True, causes=("step a",)), counts={"a": 1, "b": 2, "c": 4})
    assert only(found).severity is ERROR
    assert only(found).affected == Affected(3, 0)
    assert only(found).consequences[0].affected == Affected(2, 0)


def test_nobody_is_counted_twice() -> None:
    found = make(said("a"), said("b", meets=Meets.UPSTREAM), said("b", "WFL102"), counts={"a": 1, "b": 2, "c": 4})
    assert found.affected == Affected(3, 0)


def test_those_who_are_at_one_step_and_come_to_another_count_as_at() -> None:
    assert make(said("b"), said("c", meets=Meets.UPSTREAM), counts={"a": 1, "b": 2, "c": 4}).affected == Affected(6, 1)


def test_whom_unknown_findings_concern_is_unknown_and_no_finding_concerns_nobody() -> None:
    assert make(said("a")).affected.is_known is False
    assert make().affected == make(said("a", meets=Meets.NONE)).affected == Affected(0, 0)


def test_a_removed_branch_is_one_finding_with_its_steps_under_it() -> None:
    old = native()
    new = with_(native(warm=None, hot=None), old["steps"]["ask"]["branches"][1:], "steps", "ask", "branches")
    found = find_findings(situation(old, new, {"hot": 2}), "w.json", None, place)
    finding = only(found)
    assert (finding.code, finding.severity, finding.affected) == ("WFL202", ERROR, Affected(2, 0))
    assert sorted(consequence.code for consequence in finding.consequences) == ["WFL101", "WFL102", "WFL209", "WFL215"]


def test_findings_of_other_files_count_with_those_of_the_workflow() -> None:
    given = situation(goals(booked()), goals(), {"bye": 1})
    found = find_findings(given, "w.json", None, place, also=[said("bye", "WFL801")])
    assert [finding.code for finding in found.findings] == ["WFL701", "WFL801"]
    assert found.affected == Affected(1, 0)


# Fingerprints


def test_a_fingerprint_stays_whatever_lines_words_and_counts_do() -> None:
    first = only(make(said("b", old={"x": 1, "y": 2}), counts={"b": 1}))
    other = Raised(rule(), "step b", "in other words", ("b",), "b", ("steps",), old={"y": 2, "x": 1})
    assert only(make(other, counts={"b": 9})).fingerprint == first.fingerprint


@pytest.mark.parametrize("changed", [said("c", old=1), said("b", "WFL198", old=1), said("b", old=2), said("b", old=1, new=3)])
def test_another_change_has_another_fingerprint(changed: Raised) -> None:
    assert only(make(changed)).fingerprint != only(make(said("b", old=1))).fingerprint


# Ignores


def ignore(until: date = date(2026, 2, 1), **more: Any) -> Ignore:
    return Ignore("agreed with sales", until, **more)


FOUND = only(make(said("b")))


@pytest.mark.parametrize(
    "given",
    [
        {"fingerprint": FOUND.fingerprint},
        {"rule": "WFL199"},
        {"rule": "wfl199", "workflow": "welcome"},
        {"rule": "rule-199", "workflow": "welcome", "step": "b"},
    ],
)
def test_a_finding_is_ignored_by_fingerprint_or_by_rule_and_place(given: dict[str, Any]) -> None:
    (finding,) = apply_ignores([FOUND], [ignore(**given)], TODAY)
    assert finding.ignored == ignore(**given)


@pytest.mark.parametrize(
    "given",
    [{"fingerprint": "0" * 16}, {"rule": "WFL198"}, {"rule": "WFL199", "workflow": "other"}, {"rule": "WFL199", "step": "a"}, {}],
)
def test_what_an_ignore_does_not_mean_is_not_ignored(given: dict[str, Any]) -> None:
    assert apply_ignores([FOUND], [ignore(**given)], TODAY) == (FOUND,)


def test_an_ignore_counts_on_its_last_day_and_no_longer() -> None:
    until = ignore(TODAY, rule="WFL199")
    assert apply_ignores([FOUND], [until], TODAY)[0].ignored == until
    assert apply_ignores([FOUND], [until], date(2026, 1, 6))[0].ignored is None
    assert expired_ignores([until], TODAY) == ()
    assert expired_ignores([until], date(2026, 1, 6)) == (until,)


def test_an_ignore_of_a_consequence_leaves_the_cause_and_is_used() -> None:
    found = make(said("a"), said("b", "WFL198", follows=True, causes=("step a",))).findings
    given = ignore(rule="WFL198", workflow="welcome")
    assert apply_ignores(found, [given], TODAY)[0].ignored is None
    assert unused_ignores([given], found, TODAY, {"welcome"}) == ()


def test_an_ignore_is_unused_if_its_workflow_is_under_review_and_nothing_is_found() -> None:
    here, there = ignore(rule="WFL101", workflow="welcome"), ignore(rule="WFL101", workflow="other")
    anywhere = ignore(rule="WFL101")
    old = ignore(date(2025, 1, 1), rule="WFL101", workflow="welcome")
    assert unused_ignores([here, there, anywhere, old], [FOUND], TODAY, {"welcome"}) == (here,)
