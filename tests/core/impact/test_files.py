"""Rules about files and settings: what fires them, and what is much like it and does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from wflgit.core.exposure import NOBODY
from wflgit.core.findings import Finding
from wflgit.core.impact import files
from wflgit.core.impact.policy import accept, outdated
from wflgit.core.impact.rules import find_rule
from wflgit.core.paths import WorkflowPaths
from wflgit.core.permissions import Access, Member, Permission
from wflgit.core.problems import Problem, Severity
from wflgit.core.review import Level
from wflgit.core.settings import Ignore, Policy, ReviewPolicy, Settings

TODAY = date(2026, 1, 5)
LATER, BEFORE = date(2026, 2, 1), date(2026, 1, 4)
BASE = Settings(
    "shop",
    "main",
    WorkflowPaths(("workflows/**/*.json",)),
    review=ReviewPolicy(Severity.WARNING, require_executions=True, max_age=timedelta(hours=1), semver="label"),
)
DRAINED = Ignore("drained", LATER, rule="WFL101", workflow="welcome")


def weakened(head: Settings, base: Settings = BASE) -> list[str]:
    """What the change of settings weakens."""
    return [said.subject for said in files.weakened(base, head, TODAY, lambda rule: find_rule(rule).severity)]


def policy(**changes: Any) -> Settings:
    """The settings with another review policy."""
    return replace(BASE, review=replace(BASE.review, **changes))


@pytest.mark.parametrize(
    ("head", "subject"),
    [
        (replace(BASE, paths=WorkflowPaths(("flows/*.json",))), "settings workflows.paths"),
        (replace(BASE, paths=WorkflowPaths(("workflows/**/*.json",), ("workflows/x.json",))), "settings workflows.exclude"),
        (policy(fail_on=Severity.ERROR), "settings review.fail_on"),
        (policy(fail_on=None), "settings review.fail_on"),
        (policy(require_executions=False), "settings review.require_executions"),
        (policy(max_age=timedelta(days=1)), "settings review.max_age"),
        (policy(max_age=None), "settings review.max_age"),
        (policy(semver=None), "settings review.semver"),
        (policy(severities={"WFL101": Severity.WARNING}), "settings review.severity.WFL101"),
        (policy(severities={"step-added": None}), "settings review.severity.step-added"),
        (policy(ignores=(DRAINED,)), "settings review.ignore WFL101 welcome"),
    ],
)
def test_settings_that_look_away_are_weaker(head: Settings, subject: str) -> None:
    assert weakened(head) == [subject]


@pytest.mark.parametrize(
    "head",
    [
        BASE,
        replace(BASE, paths=WorkflowPaths(("workflows/**/*.json", "flows/*.json"))),
        policy(fail_on=Severity.INFO),
        policy(max_age=timedelta(minutes=1)),
        policy(semver="file"),
        policy(severities={"WFL101": Severity.ERROR, "WFL402": Severity.ERROR}),
        policy(ignores=(replace(DRAINED, until=BEFORE),)),
        replace(BASE, channels=("stable",)),
    ],
)
def test_stricter_ones_and_others_are_not(head: Settings) -> None:
    assert weakened(head) == []


def test_what_was_weak_before_is_not_weaker() -> None:
    assert weakened(policy(ignores=(DRAINED,)), base=policy(ignores=(DRAINED,))) == []
    assert weakened(BASE, base=policy(severities={"WFL101": None})) == []


ADA, BEN = Member("ada@example.org", ("admin",)), Member("ben@example.org", ("editor",), keys=("ssh-ed25519 B",))
CLOSED = replace(BASE, access=Access((ADA, BEN)), policy=Policy(signed_publish=True))


def members(*named: Member, **roles: frozenset[Permission]) -> Settings:
    """The settings with other members."""
    return replace(CLOSED, access=Access(named, roles))


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (members(ADA, replace(BEN, roles=("admin",))), {"settings members ben@example.org"}),
        (members(ADA, BEN, Member("eve@example.org", ("editor",))), {"settings members eve@example.org"}),
        (members(ADA, BEN, Member("*", ("auditor",))), {"settings members *"}),
        (members(ADA, BEN, editor=frozenset({Permission.PUBLISH})), {"settings members ben@example.org"}),
        (members(ADA, replace(BEN, logins=("mallory",))), {"settings members mallory"}),
        (members(ADA, replace(BEN, keys=("ssh-ed25519 C",))), {"settings members ben@example.org keys"}),
        (members(), {"settings members *", "settings members ben@example.org"}),
        (replace(CLOSED, policy=Policy()), {"settings policy.signed_publish"}),
    ],
)
def test_whoever_may_do_more_is_told(head: Settings, told: set[str]) -> None:
    found = [*files.weakened(CLOSED, head, TODAY, lambda rule: find_rule(rule).severity)]
    assert {said.subject for said in found} == told
    assert {said.rule.code for said in found} == {"WFL916"}


@pytest.mark.parametrize(
    "head",
    [
        members(ADA),
        members(ADA, replace(BEN, id="BEN@example.org")),
        members(ADA, replace(BEN, roles=("auditor",))),
        members(ADA, replace(BEN, roles=("editor", "auditor"))),
        members(ADA, replace(BEN, keys=())),
        members(ADA, BEN, editor=frozenset({Permission.EDIT})),
        members(ADA, BEN, Member("*", ())),
    ],
)
def test_whoever_may_do_less_or_the_same_is_not(head: Settings) -> None:
    assert weakened(head, base=CLOSED) == []


def test_naming_the_first_members_takes_from_everybody_else() -> None:
    assert weakened(CLOSED) == []


def problem(rule: str = "unknown-target", severity: Severity = Severity.ERROR) -> Problem:
    return Problem(rule, severity, f"{rule} here", ("steps", "a"))


def test_only_errors_that_the_base_did_not_have_are_new() -> None:
    assert [said.new for said in files.invalid([problem()], [problem(), problem("missing-key")])] == ["missing-key"]
    assert [*files.invalid([], [problem(severity=Severity.WARNING)])] == []


def finding(code: str = "WFL101", workflow: str = "welcome", step: str | None = "hello") -> Finding:
    rule = find_rule(code)
    return Finding(
        code, rule.name, rule.severity, workflow, "w.json", f"step {step}", step, "it is so", "do so", NOBODY, "0123456789abcdef"
    )


def said(ignores: list[Ignore], findings: list[Finding]) -> list[str]:
    """What is told of ignores."""
    return [raised.rule.code for raised in outdated(ignores, findings, {"welcome"}, TODAY)]


def test_an_ignore_that_has_expired_is_told_only_if_it_is_missed() -> None:
    old = replace(DRAINED, until=BEFORE)
    assert said([old], [finding()]) == ["WFL906"]
    assert said([old], [finding("WFL402")]) == []


def test_one_that_hides_nothing_is_told_only_of_a_workflow_under_review() -> None:
    assert said([DRAINED], [finding("WFL402")]) == ["WFL907"]
    assert said([DRAINED], [finding()]) == []
    assert said([replace(DRAINED, workflow="other")], [finding("WFL402")]) == []
    assert said([replace(DRAINED, workflow=None)], [finding("WFL402")]) == []


def test_what_is_accepted_comes_last_and_what_could_not_be_looked_at_cannot_be_accepted() -> None:
    accepted, other = finding(), finding("WFL402")
    marked = accept([accepted, other], [DRAINED], TODAY)
    assert [(found.code, found.ignored) for found in marked] == [("WFL402", None), ("WFL101", DRAINED)]
    [unreadable] = accept([finding("WFL901")], [replace(DRAINED, rule="WFL901")], TODAY)
    assert unreadable.ignored is None


def test_what_is_said_of_a_level_names_both() -> None:
    raised = files.semver_understated("the pull request", None, Level.MINOR, "two need a place")
    assert raised.message == "the pull request says no level, but it is 'minor': two need a place"
