"""The number that a change gets, by what it asks of those who are on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.plans import SOURCE, TARGET, chain, machine, native, parallel
from wflgit.core import semver
from wflgit.core.formats import parse
from wflgit.core.graph import Graph, StepKind
from wflgit.core.plan import Failure, Plan, Side
from wflgit.core.records import ExecutionStatus, StepCount
from wflgit.core.review import Level
from wflgit.core.semver import Proposal, bump, counts_of, level_of, one_at_each_step, parse_semver

ACTIVE, WAITING = ExecutionStatus.ACTIVE, ExecutionStatus.WAITING


def propose(source: Graph, target: Graph, *between: Graph, **standing: int) -> Proposal:
    """Plan with so many active executions at each step; those at waits wait."""
    counts = {(step, WAITING if step.startswith("wait") else ACTIVE): number for step, number in standing.items()}
    return semver.propose("welcome", (SOURCE, TARGET), (source, target), counts, lambda: between)


# The number


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.3-rc1", "01.2.3", "1.2.x", " 1.2.3", "1.2.3\n", "1.2.٣"]
)
def test_what_is_no_number_of_three_parts_is_none(text: str) -> None:
    assert parse_semver(text) is None


def test_a_number_too_long_to_be_meant_is_none() -> None:
    assert parse_semver("1." + "9" * 5000 + ".0") is None


@settings(max_examples=50)
@given(st.tuples(*[st.integers(0, 10**6)] * 3), st.sampled_from(Level))
def test_the_next_number_is_always_higher(number: tuple[int, int, int], level: Level) -> None:
    following = parse_semver(bump(".".join(map(str, number)), level))
    assert following is not None
    assert following > number


@pytest.mark.parametrize("previous", [None, "", "rubbish"])
def test_without_a_number_before_it_it_begins(previous: str | None) -> None:
    assert {bump(previous, level) for level in Level} == {"1.0.0"}


# The proposal


def test_where_everybody_finds_a_place_no_rule_is_proposed() -> None:
    found = propose(native("hello", "wait", "bye"), native("hello", "news", "wait", "bye"), hello=1, wait=2, bye=3)
    assert (found.rules, found.mended, found.ended) == ({}, found.plan, ())
    assert level_of([found]) == (Level.PATCH, "all 6 live executions keep their places")


def test_a_removed_step_that_nobody_stands_at_asks_nothing() -> None:
    assert level_of([propose(native("hello", "mail", "bye"), native("hello", "bye"), hello=1)]) == (
        Level.PATCH,
        "1 live execution keeps its place",
    )


def test_who_stands_at_a_removed_step_needs_a_place_and_the_nearest_is_proposed() -> None:
    found = propose(native("hello", "mail", "bye"), native("hello", "bye"), mail=311)
    assert found.rules == {"mail": "@enter:bye"}
    assert found.mended is not None
    assert (found.plan.failures[0].rule, found.mended.failures, found.ended) == ("unmapped", (), ())
    assert level_of([found]) == (Level.MINOR, "311 executions at 'mail' need a place")


def test_what_the_last_step_was_removed_from_may_be_ended_where_going_back_is_possible_too() -> None:
    found = propose(native("hello", "mail"), native("hello"), mail=1)
    assert (found.rules, found.ended) == ({"mail": "@end"}, ())
    assert level_of([found]) == (Level.MINOR, "1 execution at 'mail' needs a place")


def test_who_can_only_be_ended_cannot_be_migrated() -> None:
    found = propose(native("hello", "mail"), native("wait"), hello=2, mail=1)
    assert found.mended is not None
    assert set(found.ended) <= {"hello", "mail"}
    assert found.ended
    level, reason = level_of([found])
    assert level is Level.MAJOR
    assert reason.endswith("can only be ended, or stay behind")


def test_who_stands_where_the_own_version_has_no_step_cannot_be_migrated() -> None:
    found = propose(native("hello", "bye"), native("hello"), lost=2, bye=1)
    assert (found.rules, found.mended) == ({}, None)
    level, reason = level_of([found])
    assert (level, reason) == (Level.MAJOR, "3 executions at 'lost' and 'bye' can only be ended, or stay behind")


def test_a_wait_for_something_else_is_to_be_begun_anew() -> None:
    source = native("wait", "bye", wait={"event": "email.opened"})
    found = propose(source, native("wait", "bye"), wait=4)
    assert found.plan.failures[0].rule == "wait-changed"
    assert found.rules == {"wait": "@enter:wait"}
    assert level_of([found])[0] is Level.MINOR


def test_a_branch_that_was_taken_out_of_a_parallel_has_a_way_back_in() -> None:
    source = machine(Both=parallel(chain(One="Task"), chain(Two="Task")), End="Task")
    target = machine(Both=parallel(chain(One="Task"), chain(Two="Task"), chain(Three="Task")), End="Task")
    found = propose(source, target, **{"Both/0/One": 1})
    assert {failure.rule for failure in found.plan.failures} == {"changed-join"}
    assert set(found.rules.values()) == {"@enter:Both"}
    assert level_of([found])[0] is Level.MINOR


def test_the_versions_between_are_read_only_if_they_are_needed() -> None:
    asked = []

    def between() -> tuple[Graph, ...]:
        asked.append(1)
        return ()

    sides, counts = (SOURCE, TARGET), {("hello", ACTIVE): 1}
    semver.propose("welcome", sides, (native("hello"), native("hello", "bye")), counts, between)
    assert asked == []
    semver.propose("welcome", sides, (native("hello", "mail"), native("hello")), {("mail", ACTIVE): 1}, between)
    assert asked == [1]


def test_a_step_is_followed_through_the_versions_between() -> None:
    source = native("wait_x", "bye", wait_x={"event": "email.opened"})
    middle = native("wait_until_seen", "bye", wait_until_seen={"event": "email.opened"})
    target = native("wait_until_seen", "bye", wait_until_seen={"event": "page.visited"})
    assert propose(source, target, wait_x=1).plan.instructions[0].to is None
    assert propose(source, target, middle, wait_x=1).plan.instructions[0].origin == "history"
    assert propose(source, target, middle, bye=1).plan.instructions[0].to is None


def test_a_target_need_not_be_committed_nor_sound() -> None:
    target = native("a", "gone", disabled=["a"])
    target = replace(target, steps={"a": target.steps["a"]})
    sides = (SOURCE, Side(8, None, "f" * 40))
    found = semver.propose("welcome", sides, (native("a"), target), {("a", ACTIVE): 1})
    assert (found.plan.target.commit, found.mended) == (None, None)


# The level


def test_the_level_is_that_of_the_worst_version_and_counts_add_up() -> None:
    fine = propose(native("hello"), native("hello"), hello=9)
    stuck = propose(native("hello", "mail"), native("hello", "bye"), mail=2)
    other = propose(native("hello", "mail", "sms"), native("hello", "bye"), mail=1, sms=5)
    level, reason = level_of([fine, stuck, other])
    assert level is Level.MINOR
    assert reason == "8 executions at 'sms' and 'mail' need a place"


def test_who_has_two_things_in_the_way_counts_once() -> None:
    failures = tuple(Failure(rule, "message", "hint", "mail", 3) for rule in ("wait-changed", "enters-scope"))
    found = Proposal(Plan("welcome", SOURCE, TARGET, (), (), failures), {}, None)
    assert level_of([found])[1] == "3 executions at 'mail' can only be ended, or stay behind"


def test_of_many_steps_only_those_are_named_where_most_stand() -> None:
    names = [f"mail{number}" for number in range(4)]
    found = propose(
        native("hello", *names, "bye"), native("hello", "bye"), **{name: number for number, name in enumerate(names, 1)}
    )
    assert level_of([found])[1] == "10 executions at 'mail3', 'mail2' and 2 more steps need a place"


def test_without_live_executions_every_change_is_a_patch() -> None:
    nobody = propose(native("hello"), native("bye"))
    assert level_of([]) == level_of([nobody]) == (Level.PATCH, "no live executions on older versions")


def test_where_executions_are_unknown_every_step_counts_and_that_is_said() -> None:
    source = native("hello", "wait", "mail", "bye")
    kept, removed = (
        semver.propose("welcome", (SOURCE, TARGET), (source, target), one_at_each_step(source))
        for target in (native("hello", "news", "wait", "mail", "bye"), native("hello", "wait", "bye"))
    )
    unknown = "executions are unknown, so every step counts as occupied"
    assert level_of([kept], known=False) == (Level.PATCH, f"every step keeps its place; {unknown}")
    assert level_of([removed], known=False) == (Level.MINOR, f"whoever stands at 'mail' needs a place; {unknown}")


def test_at_a_wait_somebody_waits_and_nobody_stands_where_nobody_can() -> None:
    graph = native("hello", "wait", "off", "bye", disabled=["off"])
    assert one_at_each_step(graph) == {("hello", ACTIVE): 1, ("wait", WAITING): 1, ("bye", ACTIVE): 1}
    assert one_at_each_step(native("lonely", "other", "hello", start="hello")) == {("hello", ACTIVE): 1}


def test_steps_inside_of_others_count_too() -> None:
    graph = machine(Both=parallel(chain(One="Task"), chain(Two="Task")), End="Task")
    assert {step for step, _ in one_at_each_step(graph)} == {"Both", "Both/0/One", "Both/1/Two", "End"}


def test_triggers_that_are_steps_hold_nobody() -> None:
    content = Path(__file__).parent / "formats" / "n8n" / "welcome.json"
    graph = parse(content.read_bytes()).graph
    triggers = {step.id for step in graph.steps.values() if step.kind is StepKind.TRIGGER}
    assert triggers
    assert triggers.isdisjoint(step for step, _ in one_at_each_step(graph))


def test_counts_of_a_version_are_those_of_its_steps_by_status() -> None:
    counts = [StepCount("welcome", 3, "hello", 2, 0), StepCount("welcome", 3, "wait", 1, 5), StepCount("welcome", 3, "wait", 1, 0)]
    assert counts_of(counts) == {("hello", ACTIVE): 2, ("wait", ACTIVE): 2, ("wait", WAITING): 5}
