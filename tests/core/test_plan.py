"""What a plan holds, what it means for an execution, and the way back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.plans import SOURCE, TARGET, chain, each, machine, native, parallel, plan
from wflgit.core.formats import parse
from wflgit.core.graph import Trigger
from wflgit.core.mapping import Destination, Origin, Placement, Way, branch_of, map_steps
from wflgit.core.plan import (
    Disposition,
    Instruction,
    Plan,
    Verdict,
    WaitPolicy,
    Wake,
    beginning,
    dispositions,
    reverse_rules,
)
from wflgit.core.plan_checks import parse_rules
from wflgit.core.plan_file import dump_plan, load_plan
from wflgit.core.records import ExecutionStatus

if TYPE_CHECKING:
    from wflgit.core.graph import Graph

ACTIVE, WAITING = ExecutionStatus.ACTIVE, ExecutionStatus.WAITING
COMPLETED, CANCELLED = ExecutionStatus.COMPLETED, ExecutionStatus.CANCELLED
KEEP, RESTART, RECOMPUTE = WaitPolicy

LINE = native("mail_hello", "wait", "bye")
DAY_US = 86_400_000_000


def go_on(step: str) -> Destination:
    return Destination(Way.CONTINUE, step)


def disposed(source: Graph, target: Graph, step: str, *rules: str, **more: Any) -> tuple[Disposition, Disposition]:
    """What becomes of an active and of a waiting execution at a step."""
    found = dispositions(plan(source, target, *rules, **more), target, reason="moved")
    active, waiting = (row for row in found if row.step == step)
    assert (active.status, waiting.status) == (ACTIVE, WAITING)
    return active, waiting


# What a plan holds


def test_a_plan_says_of_every_step_where_it_goes_and_who_stands_there() -> None:
    found = plan(LINE, native("mail_hello", "wait_more"), "bye=@end", standing={"mail_hello": 2, "bye": (1, 3)})
    assert (found.workflow, found.source, found.target) == ("welcome", SOURCE, TARGET)
    assert found.instructions == (
        Instruction("mail_hello", "send_email", go_on("mail_hello"), Origin.SAME, active=2),
        Instruction("wait", "wait", None, Origin.UNMAPPED),
        Instruction("bye", "add_tag", Destination(Way.END), Origin.RULE, active=1, waiting=3),
    )
    assert (found.executions, found.failures) == (6, ())


def test_a_plan_keeps_what_the_mapping_found() -> None:
    found = Placement("hi", go_on("hello"), Origin.HISTORY, 0.72, ("hey", "hallo"), ("new",), (Destination(Way.END),))
    (instruction,) = plan(native("hi"), native("new", "hello"), placements=[found]).instructions
    assert (instruction.to, instruction.origin, instruction.score) == (found.to, found.origin, found.score)
    assert (instruction.via, instruction.skipped, instruction.proposals) == (found.via, found.skipped, found.proposals)


def test_executions_at_steps_that_are_not_there_are_a_failure_and_count_for_no_instruction() -> None:
    found = plan(LINE, LINE, standing={"gone": 3, "bye": 1})
    assert found.executions == 1
    assert [failure.executions for failure in found.failures] == [3]


def test_a_policy_for_all_waits_is_for_those_that_continue_at_a_wait_of_a_known_time() -> None:
    source = native("wait", "wait_due", "wait_end", "bye", wait_due={"until": "{{contact.due}}"})
    found = plan(source, source, "wait_end=@end", wait=RESTART)
    assert [instruction.wait for instruction in found.instructions] == [RESTART, KEEP, KEEP, KEEP]


def test_a_policy_for_one_wait_is_above_that_for_all() -> None:
    source = native("wait", "wait_more")
    found = plan(source, source, wait=RESTART, waits={"wait": KEEP, "wait_more": RECOMPUTE})
    assert [instruction.wait for instruction in found.instructions] == [KEEP, RECOMPUTE]


def test_an_instruction_names_the_rules_that_it_breaks_whether_anybody_stands_there_or_not() -> None:
    fan = machine(Fan=parallel(chain(Mail="Task"), chain(Call="Task")))
    flat = machine(Mail="Task", Call="Task")
    found = plan(fan, flat, renamed={"Fan/0/Mail": "Mail"}, standing={"Fan/1/Call": 0})
    assert {instruction.step: instruction.breaks for instruction in found.instructions} == {
        "Fan": (),
        "Fan/0/Mail": ("unmapped-scope",),
        "Fan/1/Call": (),
    }
    changed = plan(native("wait"), native("wait", wait={"event": "paid"}))
    assert [instruction.breaks for instruction in changed.instructions] == [("wait-changed",)]


# What it means for an execution


def test_there_are_two_dispositions_for_every_step_in_its_order() -> None:
    found = dispositions(plan(LINE, LINE), LINE, reason="moved")
    assert [(row.step, row.status) for row in found] == [
        (step, status) for step in ("mail_hello", "wait", "bye") for status in (ACTIVE, WAITING)
    ]


def test_who_continues_keeps_status_and_wait() -> None:
    assert disposed(LINE, native("hi", "wait"), "mail_hello", renamed={"mail_hello": "hi"}) == (
        Disposition("mail_hello", ACTIVE, Verdict.MOVE, "hi", ACTIVE),
        Disposition("mail_hello", WAITING, Verdict.MOVE, "hi", WAITING),
    )


@pytest.mark.parametrize(("rule", "to_step"), [("bye=@enter:wait", "wait"), ("bye=@restart", "mail_hello")])
def test_who_begins_a_step_is_active_there_and_waits_for_nothing(rule: str, to_step: str) -> None:
    for row in disposed(LINE, LINE, "bye", rule):
        assert row == Disposition("bye", row.status, Verdict.MOVE, to_step, ACTIVE, enters=True, wake=Wake.CLEAR)


def test_who_begins_again_passes_through_a_disabled_start() -> None:
    target = native("off", "on", disabled=("off",))
    assert [row.to_step for row in disposed(LINE, target, "bye", "bye=@restart")] == ["on", "on"]


@pytest.mark.parametrize(("rule", "status"), [("bye=@end", COMPLETED), ("bye=@cancel", CANCELLED)])
def test_who_ends_ends_where_it_stands_with_the_reason(rule: str, status: ExecutionStatus) -> None:
    for row in disposed(LINE, LINE, "bye", rule):
        assert row == Disposition("bye", row.status, Verdict.MOVE, None, status, wake=Wake.CLEAR, reason="moved")


def test_who_stays_and_who_has_no_destination_is_left() -> None:
    assert {row.verdict for row in disposed(LINE, LINE, "bye", "bye=@stay")} == {Verdict.STAYS}
    assert {row.verdict for row in disposed(LINE, native("mail_hello"), "bye")} == {Verdict.UNMAPPED}


def test_who_would_break_a_scope_is_left_even_if_nobody_stood_there_when_the_plan_was_made() -> None:
    fan = machine(Fan=parallel(chain(Mail="Task"), chain(Call="Task")))
    less = machine(Fan=parallel(chain(Mail="Task")))
    assert disposed(fan, less, "Fan/0/Mail") == (
        Disposition("Fan/0/Mail", ACTIVE, Verdict.UNMAPPED),
        Disposition("Fan/0/Mail", WAITING, Verdict.UNMAPPED),
    )


def test_who_cannot_keep_its_wait_is_left_and_who_only_stands_there_moves() -> None:
    target = native("wait", wait={"event": "paid"})
    assert disposed(native("wait"), target, "wait") == (
        Disposition("wait", ACTIVE, Verdict.MOVE, "wait", ACTIVE),
        Disposition("wait", WAITING, Verdict.WAIT_CHANGED),
    )


def test_nobody_begins_again_where_there_is_no_start() -> None:
    target = native("bye", start="nowhere")
    assert {row.verdict for row in disposed(LINE, target, "bye", "bye=@restart")} == {Verdict.UNMAPPED}


EVENT = {"event": "paid"}


@pytest.mark.parametrize(
    ("config", "policy", "expected"),
    [
        ({"duration": "P1D"}, KEEP, {}),
        ({"duration": "P1D"}, RESTART, {"wake": Wake.FROM_NOW, "wake_us": DAY_US}),
        ({"duration": "P1D"}, RECOMPUTE, {"wake": Wake.FROM_ENTRY, "wake_us": DAY_US}),
        ({"until": "1970-01-02T00:00:00.000001Z"}, RESTART, {"wake": Wake.MOMENT, "wake_us": DAY_US + 1}),
        ({"until": "1969-12-31T00:00:00Z"}, RECOMPUTE, {"wake": Wake.MOMENT, "wake_us": -DAY_US}),
        (EVENT, RESTART, {"wake": Wake.CLEAR, "waiting_for": "paid"}),
        ({**EVENT, "timeout": "P1D"}, RESTART, {"wake": Wake.FROM_NOW, "wake_us": DAY_US, "waiting_for": "paid"}),
        ({**EVENT, "timeout": "P1D"}, RECOMPUTE, {"wake": Wake.FROM_ENTRY, "wake_us": DAY_US, "waiting_for": "paid"}),
    ],
)
def test_a_wait_is_kept_or_begun_as_the_target_says(config: Any, policy: WaitPolicy, expected: dict[str, Any]) -> None:
    graph = native("wait", wait=config)
    active, waiting = disposed(graph, graph, "wait", waits={"wait": policy})
    assert waiting == Disposition("wait", WAITING, Verdict.MOVE, "wait", WAITING, **expected)
    assert active == Disposition("wait", ACTIVE, Verdict.MOVE, "wait", ACTIVE)


def test_a_wait_that_is_to_be_begun_without_a_time_is_left() -> None:
    target = native("wait", wait={"until": "{{contact.due}}"})
    found = plan(target, target, waits={"wait": RESTART})
    assert [row.verdict for row in dispositions(found, target, reason="moved")] == [Verdict.MOVE, Verdict.WAIT_CHANGED]


def test_seconds_of_a_state_machine_are_counted_like_any_duration() -> None:
    graph = machine(Rest={"Type": "Wait", "Seconds": 60})
    assert disposed(graph, graph, "Rest", wait=RESTART)[1].wake_us == timedelta(minutes=1) // timedelta(microseconds=1)


# Where the target begins


def test_a_graph_begins_at_its_start_or_nowhere() -> None:
    assert beginning(LINE) == "mail_hello"
    assert beginning(native("bye", start="nowhere")) is None
    assert beginning(native("off", "on", disabled=("off",))) == "on"
    assert beginning(replace(LINE, steps={"mail_hello": LINE.steps["mail_hello"]._replace(disabled=True)})) is None
    triggers = tuple(Trigger(name, "t", {}, start="mail_hello") for name in ("a", "b"))
    assert beginning(replace(LINE, start=None, triggers=triggers)) is None


# The way back


def back(*instructions: Instruction) -> dict[str, Destination]:
    return reverse_rules(Plan("welcome", SOURCE, TARGET, instructions))


def instruction(step: str, to: Destination | None) -> Instruction:
    return Instruction(step, "add_tag", to, Origin.RULE)


def test_what_was_renamed_gets_its_old_name_back() -> None:
    assert back(instruction("hi", go_on("hello")), instruction("bye", go_on("bye"))) == {"hello": go_on("hi")}


def test_what_has_several_origins_finds_its_way_back_by_itself() -> None:
    assert back(instruction("a", go_on("c")), instruction("b", go_on("c"))) == {}
    assert back(instruction("a", go_on("c")), instruction("b", Destination(Way.ENTER, "c"))) == {}


@pytest.mark.parametrize("way", [Way.END, Way.RESTART, Way.STAY, Way.CANCEL])
def test_what_comes_to_no_step_has_no_way_back(way: Way) -> None:
    assert back(instruction("a", Destination(way)), instruction("b", None)) == {}


def test_what_was_begun_anew_is_not_taken_up_where_it_never_was() -> None:
    assert back(instruction("a", Destination(Way.ENTER, "b"))) == {}


def test_steps_that_changed_names_get_them_back() -> None:
    source, target = native("a", "b"), native("b", "a")
    there = plan(source, target, renamed={"a": "b", "b": "a"})
    rules = [f"{step}={to}" for step, to in reverse_rules(there).items()]
    again = plan(target, source, *rules)
    assert {instruction.step: instruction.to for instruction in again.instructions} == {"a": go_on("b"), "b": go_on("a")}


def test_the_inside_of_a_renamed_scope_comes_back_with_it() -> None:
    source, target = machine(Each=each(chain(Mail="Task"))), machine(All=each(chain(Mail="Task")))
    there = plan(source, target, renamed={"Each": "All", "Each/Mail": "All/Mail"}, standing={"Each/Mail": 1})
    again = plan(target, source, *(f"{step}={to}" for step, to in reverse_rules(there).items()), standing={"All/Mail": 1})
    assert (there.failures, again.failures) == ((), ())


# Any two workflows

NAMES = st.lists(st.sampled_from("ABCD"), min_size=1, max_size=3, unique=True)
SIMPLE = st.sampled_from(["Task", "Pass", {"Type": "Wait", "Seconds": 60}, {"Type": "Wait", "TimestampPath": "$.due"}])


def chains(states: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return NAMES.flatmap(lambda names: st.fixed_dictionaries(dict.fromkeys(names, states))).map(lambda found: chain(**found))


def scopes(states: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    inside = chains(states)
    return states | inside.map(each) | st.lists(inside, min_size=1, max_size=3).map(lambda branches: parallel(*branches))


MACHINES = chains(st.recursive(SIMPLE, scopes, max_leaves=4)).map(lambda document: parse(json.dumps(document).encode()).graph)


@st.composite
def plans(draw: st.DrawFn) -> tuple[Plan, Graph, Graph]:
    source, target = draw(MACHINES), draw(MACHINES)
    steps = st.sampled_from([*source.steps])
    goals = st.sampled_from([*target.steps])
    ways = goals | goals.map("@enter:{}".format) | st.sampled_from(["@end", "@restart", "@stay", "@cancel"])
    rules = [f"{step}={to}" for step, to in draw(st.dictionaries(steps, ways, max_size=3)).items()]
    standing = draw(st.dictionaries(steps, st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4))
    placements = map_steps(source, target, parse_rules(rules, source.steps))
    wait = draw(st.sampled_from(WaitPolicy))
    return plan(source, target, *rules, standing=standing, wait=wait, placements=placements), source, target


@given(plans())
def test_nobody_is_moved_to_where_it_cannot_be(made: tuple[Plan, Graph, Graph]) -> None:
    found, source, target = made
    told = {said.step: said for said in found.instructions}
    for row in dispositions(found, target, reason="moved"):
        said = told[row.step]
        if row.verdict is not Verdict.MOVE or said.to is None or row.to_step is None:
            continue
        inside, there = branch_of(source, row.step), branch_of(target, row.to_step)
        if said.to.way is Way.CONTINUE and not found.plan_failures:
            assert target.steps[row.to_step].type == source.steps[row.step].type
            assert len(inside) == len(there)
        assert said.to.way is Way.RESTART or len(there) <= len(inside)


@given(plans())
def test_a_plan_without_failures_moves_all_who_stand_there_but_those_who_stay(made: tuple[Plan, Graph, Graph]) -> None:
    found, _, target = made
    if found.failures:
        return
    rows = dispositions(found, target, reason="moved")
    for said, active, waiting in zip(found.instructions, rows[::2], rows[1::2], strict=True):
        for number, row in ((said.active, active), (said.waiting, waiting)):
            stays = said.to is not None and said.to.way is Way.STAY
            assert not number or row.verdict is (Verdict.STAYS if stays else Verdict.MOVE)


@given(plans())
def test_a_plan_of_any_two_workflows_can_be_written_and_read(made: tuple[Plan, Graph, Graph]) -> None:
    assert load_plan(dump_plan(made[0]), "plan.json") == made[0]
