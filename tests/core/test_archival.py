"""Which versions may go to the archive, and when a repository is due for housekeeping."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.core.housekeeping import Limits, Load, assess
from wflgit.core.retention import PATIENCE, Rule, Usage, judge, last_use, obstacle, replacements
from wflgit.core.settings import Policy

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
POLICY = Policy(archive_after=90 * DAY, keep_newest=2)
IDLE = Usage(
    workflow="welcome",
    number=1,
    archived=False,
    current=False,
    executions=0,
    migrations=(),
    channels=(),
    archive_taken=False,
    used_at=NOW - 90 * DAY,
    use="version 2 took its place",
)
NEWER = [replace(IDLE, number=2), replace(IDLE, number=3, current=True)]


def rule(usage: Usage, policy: Policy = POLICY) -> Rule | None:
    """Why a version stays that has two newer ones."""
    return judge([usage, *NEWER], policy, NOW)[0].rule


def test_what_nobody_has_used_for_as_long_as_the_policy_says_can_go() -> None:
    [judged, *_] = judge([IDLE, *NEWER], POLICY, NOW)
    assert (judged.candidate, judged.rule, judged.due_at) == (True, None, NOW)
    assert judged.reason == "unused since 2026-03-03: version 2 took its place"


IN_USE: list[tuple[dict[str, Any], Rule, str]] = [
    ({"archived": True}, Rule.ARCHIVED, "it is archived already"),
    ({"current": True}, Rule.CURRENT, "it is the current version"),
    ({"executions": 1}, Rule.EXECUTIONS, "1 execution is still on it"),
    ({"executions": 1200}, Rule.EXECUTIONS, "1,200 executions are still on it"),
    ({"migrations": (7, 9)}, Rule.MIGRATION, "migration 7 from or to it is not over"),
    ({"channels": ("stable",)}, Rule.CHANNEL, "channel 'stable' marks it"),
    ({"archive_taken": True}, Rule.ARCHIVE_REF, "another tag object stands in the archive under its number"),
]


@pytest.mark.parametrize(("change", "expected", "words"), IN_USE)
def test_what_is_in_use_stays_whoever_asks(change: dict[str, Any], expected: Rule, words: str) -> None:
    usage = replace(IDLE, **change)
    assert obstacle(usage) == (expected, words)
    assert rule(usage) is expected
    assert expected not in PATIENCE


def test_the_newest_stay_and_those_that_were_used_of_late_which_does_not_stop_who_names_them() -> None:
    judged = judge([IDLE, *NEWER], POLICY, NOW)
    assert [found.rule for found in judged] == [None, Rule.NEWEST, Rule.CURRENT]
    recent = replace(IDLE, used_at=NOW - 90 * DAY + timedelta(seconds=1))
    assert rule(recent) is Rule.RECENT
    assert obstacle(recent) is obstacle(NEWER[0]) is None
    assert {Rule.NEWEST, Rule.RECENT} == PATIENCE


def test_the_newest_are_counted_by_workflow_and_without_what_is_archived() -> None:
    archived = replace(IDLE, number=9, archived=True)
    other = replace(IDLE, workflow="sales/welcome", number=50)
    rules = [found.rule for found in judge([archived, other, IDLE, *NEWER], POLICY, NOW)]
    assert rules == [Rule.ARCHIVED, Rule.NEWEST, None, Rule.NEWEST, Rule.CURRENT]


def test_a_version_ceased_to_be_current_when_the_first_higher_one_was_published() -> None:
    publications = [(1, NOW), (4, NOW + 3 * DAY), (5, NOW + 2 * DAY)]
    assert replacements(publications) == {4: (NOW + 2 * DAY, 5), 1: (NOW + 2 * DAY, 5)}
    assert replacements([(1, NOW), (2, NOW + DAY), (3, NOW + 2 * DAY)]) == {2: (NOW + 2 * DAY, 3), 1: (NOW + DAY, 2)}
    assert replacements([]) == {}
    assert last_use((NOW, "a"), (None, "b"), (NOW + DAY, "c")) == (NOW + DAY, "c")


usages = st.builds(
    Usage,
    workflow=st.sampled_from(["a", "b"]),
    number=st.integers(1, 30),
    archived=st.booleans(),
    current=st.just(False),
    executions=st.integers(0, 1),
    migrations=st.sampled_from([(), (1,)]),
    channels=st.sampled_from([(), ("stable",)]),
    archive_taken=st.booleans(),
    used_at=st.integers(0, 200).map(lambda days: NOW - days * DAY),
    use=st.just("it was published"),
)


@given(st.lists(usages, unique_by=lambda usage: (usage.workflow, usage.number)), st.integers(1, 5), st.integers(0, 120))
def test_enough_stay_whatever_goes_and_archiving_again_takes_nothing_more(found: list[Usage], keep: int, days: int) -> None:
    policy = Policy(archive_after=days * DAY, keep_newest=keep)
    gone = {(judged.workflow, judged.number) for judged in judge(found, policy, NOW) if judged.candidate}
    after = [replace(usage, archived=usage.archived or (usage.workflow, usage.number) in gone) for usage in found]
    for slug in ("a", "b"):
        before = [usage for usage in found if usage.workflow == slug and not usage.archived]
        left = [usage for usage in after if usage.workflow == slug and not usage.archived]
        assert len(left) >= min(keep, len(before))
        assert sorted(usage.number for usage in before)[-keep:] == sorted(usage.number for usage in left)[-keep:]
    assert not any(judged.candidate for judged in judge(after, policy, NOW))


@pytest.mark.parametrize(
    ("load", "limits", "due"),
    [
        (Load(999, 6912, 50), Limits(), (False, False)),
        (Load(1000, 0, 0), Limits(), (True, False)),
        (Load(0, 7168, 0), Limits(), (False, True)),
        (Load(0, 0, 51), Limits(), (False, True)),
        (Load(5000, 99_999, 99), Limits(loose_tags=0, loose_objects=0), (False, False)),
        (Load(0, 512, 1), Limits(loose_objects=1, packs=0), (False, True)),
    ],
)
def test_housekeeping_is_due_from_the_limits_on_that_git_has(load: Load, limits: Limits, due: tuple[bool, bool]) -> None:
    found = assess(load, limits)
    assert (found.refs_due, found.objects_due) == due
    assert bool(found) is bool(found.reasons) is any(due)
