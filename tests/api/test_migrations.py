"""Moving running executions from version to version, as a user does it from Python."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

import wflgit
from tests.builders import BEN, HOUR, START, Story, make_repo, steps
from wflgit import (
    ConflictError,
    DefinitionError,
    ExecutionStatus,
    InvalidNameError,
    ItemResult,
    Migration,
    MigrationStatus,
    NotFoundError,
    Pace,
    PlanError,
    Rollout,
    Selection,
    StateError,
    Strategy,
    WaitPolicy,
)
from wflgit.store import migration_batches

CONTACTS = tuple(f"c{number:02}" for number in range(1, 7))


@pytest.fixture
def story(tmp_path: Path, store_url: str) -> Story:
    """Six contacts on version 1, half of them waiting; version 2 has a step more before the wait and is current."""
    story = make_repo(tmp_path / "repo", store=store_url)
    story.commit(welcome=steps("hello", "wait_a_day", "bye")).publish("welcome").start("welcome", *CONTACTS)
    for contact in CONTACTS[:3]:
        execution = story.execution(contact)
        story.repo.executions.advance(execution.id)
        story.repo.executions.wait(execution.id, until=START + timedelta(days=3))
    return story.commit(welcome=steps("hello", "tag_new", "wait_a_day", "bye")).publish("welcome")


def move(story: Story, source: int = 1, **how: object) -> Migration:
    plan = story.repo.migrations.plan("welcome", source)
    return story.repo.migrations.run(story.repo.migrations.create(plan, **how).id)  # type: ignore[arg-type]


def where(story: Story) -> list[tuple[int, str, str]]:
    return [(found.version, found.step, found.status) for found in story.repo.executions.list("welcome")]


def test_every_execution_goes_on_in_the_new_version_where_it_was(story: Story) -> None:
    moved = move(story)
    assert (moved.status, moved.total, moved.moved, moved.skipped, moved.failed) == (MigrationStatus.COMPLETED, 6, 6, 0, 0)
    assert where(story) == [(2, "wait_a_day", "waiting")] * 3 + [(2, "hello", "active")] * 3
    assert story.execution("c01").commit == story.version("welcome", 2).commit


def test_a_wait_keeps_the_time_that_is_left(story: Story) -> None:
    before = story.execution("c01")
    move(story)
    after = story.execution("c01")
    assert (after.wake_at, after.entered_at) == (before.wake_at, before.entered_at)
    assert after.lock_version == before.lock_version + 1


@pytest.mark.parametrize(("policy", "since"), [(WaitPolicy.RESTART, "now"), (WaitPolicy.RECOMPUTE, "entered")])
def test_a_wait_can_begin_anew_or_be_computed_again(story: Story, policy: WaitPolicy, since: str) -> None:
    entered = story.execution("c01").entered_at
    plan = story.repo.migrations.plan("welcome", 1, wait=policy)
    story.repo.migrations.run(story.repo.migrations.create(plan).id)
    begin = story.clock() if since == "now" else entered
    assert story.execution("c01").wake_at == begin + timedelta(days=1)


def test_the_plan_counts_who_stands_where_and_what_they_skip(story: Story) -> None:
    plan = story.repo.migrations.plan("welcome", 1)
    told = {said.step: (said.active, said.waiting, str(said.to), said.skipped) for said in plan.instructions}
    assert told == {
        "hello": (3, 0, "hello", ()),
        "wait_a_day": (0, 3, "wait_a_day", ("tag_new",)),
        "bye": (0, 0, "bye", ("tag_new",)),
    }
    assert (plan.executions, plan.failures) == (6, ())


def test_nothing_is_written_by_planning(story: Story) -> None:
    story.repo.migrations.plan("welcome", 1)
    assert story.repo.migrations.list() == []


def test_a_removed_step_that_holds_executions_stops_the_plan_and_names_them(story: Story) -> None:
    story.commit(welcome=steps("wait_a_day", "bye")).publish("welcome")
    plan = story.repo.migrations.plan("welcome", 1)
    assert [(failure.rule, failure.step, failure.executions) for failure in plan.failures] == [("unmapped", "hello", 3)]
    assert plan.failures[0].examples == tuple(story.execution(contact).id for contact in CONTACTS[3:])
    with pytest.raises(PlanError) as refused:
        story.repo.migrations.create(plan)
    assert refused.value.failures == plan.failures
    assert story.repo.migrations.list() == []


def test_a_rule_says_where_they_go(story: Story) -> None:
    story.commit(welcome=steps("wait_a_day", "bye")).publish("welcome")
    plan = story.repo.migrations.plan("welcome", 1, rules={"hello": "@enter:wait_a_day"})
    story.repo.migrations.run(story.repo.migrations.create(plan).id)
    assert where(story) == [(3, "wait_a_day", "waiting")] * 3 + [(3, "wait_a_day", "active")] * 3


@pytest.mark.parametrize(
    ("destination", "status", "version", "step"),
    [
        ("@end", "completed", 1, "hello"),
        ("@cancel", "cancelled", 1, "hello"),
        ("@stay", "active", 1, "hello"),
        ("@restart", "active", 2, "hello"),
    ],
)
def test_executions_can_be_ended_left_or_begun_anew(story: Story, destination: str, status: str, version: int, step: str) -> None:
    plan = story.repo.migrations.plan("welcome", 1, rules={"hello": destination})
    moved = story.repo.migrations.run(story.repo.migrations.create(plan).id)
    found = story.execution("c06")
    assert (found.status, found.version, found.step) == (status, version, step)
    assert moved.status is MigrationStatus.COMPLETED
    assert moved.moved + moved.skipped == 6


def test_undo_puts_every_column_back_but_the_lock_version(story: Story) -> None:
    before = story.repo.executions.list("welcome")
    plan = story.repo.migrations.plan("welcome", 1, rules={"hello": "@end"}, wait=WaitPolicy.RESTART)
    moved = story.repo.migrations.run(story.repo.migrations.create(plan).id)
    story.clock.tick()
    undone = story.repo.migrations.undo(moved.id)
    assert (undone.status, undone.undone, undone.kept) == (MigrationStatus.UNDONE, 6, 0)
    after = story.repo.executions.list("welcome")
    assert [replaced(found) for found in after] == [replaced(found) for found in before]
    assert [found.lock_version for found in after] == [found.lock_version + 2 for found in before]


def replaced(found: object) -> object:
    from dataclasses import replace

    return replace(found, lock_version=0)  # type: ignore[type-var]


def test_the_time_left_of_an_undo_is_that_of_those_who_are_still_to_be_put_back(story: Story) -> None:
    moved, workspace = move(story), story.repo.workspace
    story.clock.tick()
    story.repo.migrations.undo(moved.id, budget_s=0)
    with workspace.store.write() as conn:
        migration_batches.work(conn, workspace.account, moved.id, at=story.clock(), by=BEN.id, rows=2)
    story.clock.tick(timedelta(seconds=1))
    found = story.repo.migrations.get(moved.id)
    assert (found.undone, found.rate, found.eta) == (2, 2.0, 2.0)


def test_undo_keeps_those_that_have_moved_on_and_tells_why(story: Story) -> None:
    moved = move(story)
    story.repo.executions.advance(story.execution("c04").id)
    story.repo.executions.cancel(story.execution("c05").id)
    undone = story.repo.migrations.undo(moved.id)
    assert (undone.undone, undone.kept) == (4, 2)
    kept = story.repo.migrations.items(moved.id, result=ItemResult.KEPT)
    assert [(item.contact, item.reason) for item in kept] == [("c04", "advanced"), ("c05", "ended")]
    assert story.execution("c04").version == 2


def test_undo_does_not_bring_back_an_ended_execution_whose_contact_runs_again(story: Story) -> None:
    plan = story.repo.migrations.plan("welcome", 1, rules={"hello": "@end"})
    moved = story.repo.migrations.run(story.repo.migrations.create(plan).id)
    story.start("welcome", "c06")
    undone = story.repo.migrations.undo(moved.id)
    assert (undone.undone, undone.kept) == (5, 1)
    assert [item.reason for item in story.repo.migrations.items(moved.id, result=ItemResult.KEPT)] == ["contact-is-back"]


def test_an_execution_that_comes_to_an_unmapped_step_meanwhile_is_skipped_and_can_be_tried_again(story: Story) -> None:
    story.commit(welcome=steps("hello", "wait_a_day")).publish("welcome")
    plan = story.repo.migrations.plan("welcome", 1)
    made = story.repo.migrations.create(plan)
    arrived = story.execution("c01")
    story.repo.executions.advance(arrived.id)
    moved = story.repo.migrations.run(made.id)
    assert (moved.status, moved.moved, moved.skipped) == (MigrationStatus.PARTIALLY_COMPLETED, 5, 1)
    assert [(item.contact, item.reason) for item in story.repo.migrations.items(made.id, result=ItemResult.SKIPPED)] == [
        ("c01", "unmapped")
    ]
    with pytest.raises(StateError, match="cannot be run"):
        story.repo.migrations.run(made.id)
    again = story.repo.migrations.run(story.repo.migrations.retry(made.id).id)
    assert (again.moved, again.skipped) == (5, 1)


def test_who_ends_meanwhile_is_accounted_for(story: Story) -> None:
    made = story.repo.migrations.create(story.repo.migrations.plan("welcome", 1))
    story.repo.executions.complete(story.execution("c02").id)
    moved = story.repo.migrations.run(made.id)
    assert (moved.status, moved.moved, moved.skipped) == (MigrationStatus.COMPLETED, 5, 1)
    assert [(item.contact, item.reason) for item in story.repo.migrations.items(made.id, result=ItemResult.SKIPPED)] == [
        ("c02", "ended")
    ]


def test_a_stale_decision_of_an_engine_is_refused_after_a_migration(story: Story) -> None:
    read = story.execution("c06")
    move(story)
    with pytest.raises(ConflictError):
        story.repo.executions.advance(read.id, lock_version=read.lock_version)


def test_chosen_executions_only(story: Story) -> None:
    selection = Selection(ids=(story.execution("c04").id, story.execution("c06").id))
    moved = move(story, strategy=Strategy.MANUAL, selection=selection)
    assert (moved.total, moved.moved) == (2, 2)
    assert [found.version for found in story.repo.executions.list("welcome")] == [1, 1, 1, 2, 1, 2]


def test_chosen_by_step_and_by_what_is_known_of_them(story: Story) -> None:
    where_waiting = {"field": "status", "op": "eq", "value": "waiting"}
    moved = move(story, strategy=Strategy.MANUAL, selection=Selection(where=(where_waiting,)))
    assert (moved.total, moved.moved) == (3, 3)
    moved = move(story, strategy=Strategy.MANUAL, selection=Selection(steps=("hello",)))
    assert (moved.total, moved.moved) == (3, 3)


def test_only_those_who_are_chosen_have_to_have_a_place_to_go(story: Story) -> None:
    story.commit(welcome=steps("wait_a_day", "bye")).publish("welcome")
    moved = move(story, strategy=Strategy.MANUAL, selection=Selection(steps=("wait_a_day",)))
    assert (moved.total, moved.moved) == (3, 3)
    chosen = story.execution("c05").id
    with pytest.raises(PlanError) as refused:
        move(story, strategy=Strategy.MANUAL, selection=Selection(ids=(chosen,)))
    assert [(failure.rule, failure.executions, failure.examples) for failure in refused.value.failures] == [
        ("unmapped", 1, (chosen,))
    ]


def test_every_chosen_execution_that_cannot_take_part_is_named(story: Story) -> None:
    story.commit(other=steps("hello")).publish("other").start("other", "c01")
    elsewhere = story.execution("c01").id
    ended = story.repo.executions.complete(story.repo.executions.list("welcome")[0].id).id
    story.start("welcome", "c99")
    newer = story.execution("c99").id
    with pytest.raises(PlanError) as refused:
        move(story, strategy=Strategy.MANUAL, selection=Selection(ids=(4711, elsewhere, ended, newer)))
    assert [(failure.rule, failure.examples) for failure in refused.value.failures] == [
        ("unknown-execution", (4711,)),
        ("wrong-workflow", (elsewhere,)),
        ("finished", (ended,)),
        ("wrong-version", (newer,)),
    ]


def test_waves_go_one_interval_after_the_other(story: Story) -> None:
    migrations = story.repo.migrations
    made = migrations.create(migrations.plan("welcome", 1), strategy=Strategy.GRADUAL, pace=Pace(size=2, every=HOUR))
    story.clock.tick(timedelta(seconds=1))
    assert migrations.run(made.id).moved == 2
    assert migrations.run(made.id).moved == 2
    story.clock.tick()
    first = migrations.run(made.id)
    assert (first.moved, first.status) == (4, MigrationStatus.RUNNING)
    story.clock.tick()
    assert migrations.run(made.id).status is MigrationStatus.COMPLETED


def test_a_pause_puts_off_the_waves_that_are_left(story: Story) -> None:
    migrations = story.repo.migrations
    made = migrations.create(migrations.plan("welcome", 1), strategy=Strategy.GRADUAL, pace=Pace(percent=50, every=HOUR))
    assert migrations.run(made.id).moved == 3
    migrations.pause(made.id)
    with pytest.raises(StateError, match="paused"):
        migrations.run(made.id)
    story.clock.tick(timedelta(days=1))
    migrations.resume(made.id)
    assert migrations.run(made.id).moved == 3
    story.clock.tick()
    assert migrations.run(made.id).moved == 6


def test_at_its_next_advance_each_execution_crosses_over(story: Story) -> None:
    migrations = story.repo.migrations
    made = migrations.create(migrations.plan("welcome", 1), strategy=Strategy.GRADUAL, pace=Pace(at_advance=True))
    assert migrations.run(made.id).moved == 0
    assert story.execution("c06").version == 1
    crossed = story.repo.executions.advance(story.execution("c06").id)
    assert (crossed.version, crossed.step, crossed.status) == (2, "wait_a_day", "active")
    for contact in CONTACTS[:5]:
        story.repo.executions.advance(story.execution(contact).id)
    done = migrations.run(made.id)
    assert (done.status, done.moved, done.skipped) == (MigrationStatus.COMPLETED, 6, 0)
    undone = migrations.undo(made.id)
    assert (undone.undone, story.execution("c06").step, story.execution("c06").version) == (6, "wait_a_day", 1)


def test_at_advance_those_who_come_to_the_end_are_not_moved(story: Story) -> None:
    migrations = story.repo.migrations
    for contact in CONTACTS[:3]:
        story.repo.executions.advance(story.execution(contact).id)
    made = migrations.run(
        migrations.create(migrations.plan("welcome", 1), strategy=Strategy.GRADUAL, pace=Pace(at_advance=True)).id
    )
    for contact in CONTACTS:
        story.repo.executions.advance(story.execution(contact).id)
    done = migrations.run(made.id)
    assert (done.status, done.moved, done.skipped) == (MigrationStatus.COMPLETED, 3, 3)
    assert story.execution("c01").status is ExecutionStatus.COMPLETED


def test_a_paused_migration_lets_executions_advance_on_their_version(story: Story) -> None:
    migrations = story.repo.migrations
    plan = migrations.plan("welcome", 1)
    made = migrations.run(migrations.create(plan, strategy=Strategy.GRADUAL, pace=Pace(at_advance=True)).id)
    migrations.pause(made.id)
    assert story.repo.executions.advance(story.execution("c06").id).version == 1


def test_cancel_leaves_what_was_moved_and_undo_puts_it_back(story: Story) -> None:
    migrations = story.repo.migrations
    plan = migrations.plan("welcome", 1)
    made = migrations.run(migrations.create(plan, strategy=Strategy.GRADUAL, pace=Pace(size=2, every=HOUR)).id)
    cancelled = migrations.cancel(made.id)
    assert (cancelled.status, cancelled.moved) == (MigrationStatus.CANCELLED, 2)
    assert [found.version for found in story.repo.executions.list("welcome")] == [2, 2, 1, 1, 1, 1]
    assert migrations.undo(made.id).undone == 2
    assert [found.version for found in story.repo.executions.list("welcome")] == [1] * 6


def test_two_migrations_of_the_same_executions_do_not_go_together(story: Story) -> None:
    migrations = story.repo.migrations
    plan = migrations.plan("welcome", 1)
    first = migrations.create(plan)
    with pytest.raises(ConflictError, match=f"migration {first.id}"):
        migrations.create(plan)
    migrations.cancel(first.id)
    assert migrations.run(migrations.create(plan).id).moved == 6


def test_a_migration_into_the_source_of_another_waits_for_it(story: Story) -> None:
    story.commit(welcome=steps("hello", "tag_new", "wait_a_day", "tag_old", "bye")).publish("welcome")
    migrations = story.repo.migrations
    migrations.create(migrations.plan("welcome", 1, 2))
    with pytest.raises(ConflictError):
        migrations.create(migrations.plan("welcome", 2, 3))
    migrations.create(migrations.plan("welcome", 3, 2))


def test_zero_executions_are_completed_at_once(story: Story) -> None:
    move(story)
    again = move(story)
    assert (again.status, again.total, again.moved) == (MigrationStatus.COMPLETED, 0, 0)


def test_the_way_back_is_a_migration_as_well(story: Story) -> None:
    move(story)
    back = story.repo.migrations.plan("welcome", 2, 1)
    moved = story.repo.migrations.run(story.repo.migrations.create(back).id)
    assert moved.moved == 6
    assert where(story) == [(1, "wait_a_day", "waiting")] * 3 + [(1, "hello", "active")] * 3


def test_a_draft_is_no_target_yet(story: Story) -> None:
    story.commit(welcome=steps("hello", "wait_a_day", "bye", "tag_end"))
    plan = story.repo.migrations.plan("welcome", 1, 3)
    assert [failure.rule for failure in plan.failures] == ["unpublished-target"]
    with pytest.raises(PlanError):
        story.repo.migrations.create(plan)


def test_a_plan_for_a_version_to_itself_is_refused(story: Story) -> None:
    assert [failure.rule for failure in story.repo.migrations.plan("welcome", 2, 2).failures] == ["same-version"]


def test_a_plan_is_refused_once_its_target_is_another(story: Story) -> None:
    from dataclasses import replace

    plan = story.repo.migrations.plan("welcome", 1)
    edited = replace(plan, target=replace(plan.target, blob="0" * 40))
    with pytest.raises(ConflictError, match="welcome@2"):
        story.repo.migrations.create(edited)


def test_unknown_things_are_said_to_be_unknown(story: Story) -> None:
    migrations = story.repo.migrations
    with pytest.raises(NotFoundError, match="version 9"):
        migrations.plan("welcome", 9)
    with pytest.raises(NotFoundError, match="'welcom'"):
        migrations.plan("welcom", 1)
    with pytest.raises(NotFoundError, match="migration 12"):
        migrations.get(12)
    with pytest.raises(InvalidNameError):
        migrations.plan("welcome", 1, rules={"hello": "@nowhere"})
    assert [failure.rule for failure in migrations.plan("welcome", 1, rules={"helo": "bye"}).failures] == ["unknown-source"]
    assert [failure.rule for failure in migrations.plan("welcome", 1, rules={"hello": "by"}).failures] == ["unknown-target"]


def test_a_rule_for_a_step_that_is_not_there_stops_the_migration_too(story: Story) -> None:
    for rules in (["helo=bye"], {"hello": "by"}):
        plan = story.repo.migrations.plan("welcome", 1, rules=rules)
        with pytest.raises(PlanError):
            story.repo.migrations.create(plan)
    assert story.repo.migrations.list() == []


def test_rules_can_be_texts_and_each_step_has_one(story: Story) -> None:
    plan = story.repo.migrations.plan("welcome", 1, rules=["hello=@end"])
    assert str(plan.instructions[0].to) == "@end"
    with pytest.raises(InvalidNameError, match="second one for 'hello'"):
        story.repo.migrations.plan("welcome", 1, rules=["hello=@end", "hello=bye"])


def test_a_dry_run_walks_the_same_stages_and_writes_nothing(story: Story) -> None:
    migrations = story.repo.migrations
    plan = migrations.plan("welcome", 1)
    found = migrations.preview(plan, strategy=Strategy.GRADUAL, pace=Pace(size=4, every=HOUR))
    assert (found.failures, found.executions, found.waves, found.pace) == ((), 6, 2, "4 per PT1H")
    wrong = migrations.preview(plan, strategy=Strategy.MANUAL, selection=Selection(ids=(1, 4711)))
    assert ([failure.rule for failure in wrong.failures], wrong.executions) == (["unknown-execution"], 1)
    assert migrations.list() == []
    made = migrations.create(plan)
    with pytest.raises(ConflictError, match=f"migration {made.id}"):
        migrations.preview(plan)


def test_a_strategy_wants_what_belongs_to_it(story: Story) -> None:
    plan = story.repo.migrations.plan("welcome", 1)
    with pytest.raises(StateError, match="pace"):
        story.repo.migrations.create(plan, strategy=Strategy.GRADUAL)
    with pytest.raises(StateError, match="chosen"):
        story.repo.migrations.create(plan, strategy=Strategy.MANUAL)
    with pytest.raises(StateError, match="chosen"):
        story.repo.migrations.create(plan, selection=Selection(ids=(1,)))


# Plan files


def plan_file(story: Story) -> Path:
    from wflgit.core.paths import plan_path
    from wflgit.core.plan_file import dump_plan

    file = story.path / plan_path("welcome", 1, 2)
    file.parent.mkdir(parents=True)
    file.write_bytes(dump_plan(story.repo.migrations.plan("welcome", 1)))
    return file


def test_a_plan_can_be_kept_in_a_file_and_carried_out_by_it(story: Story) -> None:
    file = plan_file(story)
    assert story.repo.migrations.lint(file.read_bytes(), "migrations/welcome/v1..v2.json") == ()
    moved = story.repo.migrations.run(story.repo.migrations.create(story.repo.migrations.load(file)).id)
    assert moved.moved == 6


def test_what_somebody_edits_in_a_plan_file_is_a_rule(story: Story) -> None:
    file = plan_file(story)
    file.write_text(file.read_text().replace('"to": "hello"', '"to": "@end"'))
    plan = story.repo.migrations.load(file)
    assert next((said.step, str(said.to), said.origin) for said in plan.instructions) == ("hello", "@end", "rule")


def test_a_plan_file_with_a_step_that_does_not_exist_is_refused(story: Story) -> None:
    file = plan_file(story)
    file.write_text(file.read_text().replace('"to": "hello"', '"to": "hallo"'))
    assert [problem.rule for problem in story.repo.migrations.lint(file.read_bytes(), "plan.json")] == ["unknown-target"]
    with pytest.raises(PlanError, match="1 reason"):
        story.repo.migrations.create(story.repo.migrations.load(file))


def test_a_plan_file_for_other_contents_is_stale(story: Story) -> None:
    file = plan_file(story)
    blob = story.version("welcome", 2).blob
    assert blob is not None
    file.write_text(file.read_text().replace(blob, story.version("welcome", 1).blob or ""))
    assert [problem.rule for problem in story.repo.migrations.lint(file.read_bytes(), "plan.json")] == ["stale-plan"]
    with pytest.raises(ConflictError, match="welcome@2"):
        story.repo.migrations.load(file)


def test_a_clone_without_all_of_history_warns_that_it_cannot_tell(story: Story, tmp_path: Path) -> None:
    content = plan_file(story).read_bytes()
    story.git("clone", "--quiet", "--depth", "1", f"file://{story.path}", str(tmp_path / "shallow"))
    with wflgit.open(tmp_path / "shallow") as shallow:
        found = shallow.migrations.lint(content, "plan.json")
    assert {(problem.rule, problem.severity) for problem in found} == {("unchecked-plan", "warning")}


def test_a_broken_plan_file_is_told_with_line_and_column(story: Story) -> None:
    file = plan_file(story)
    file.write_text(file.read_text().replace('"origin": "same"', '"origin": "fate"', 1))
    with pytest.raises(DefinitionError) as refused:
        story.repo.migrations.load(file)
    assert refused.value.problems[0].line is not None


def test_a_plan_can_be_made_for_the_file_that_is_being_edited(story: Story) -> None:
    story.write(welcome=steps("hello", "wait_a_day", "bye", "tag_more"))
    plan = story.repo.migrations.plan("welcome", 2, "worktree")
    assert (plan.target.version, plan.target.commit) == (3, None)
    from wflgit.core.plan_file import dump_plan

    assert story.repo.migrations.lint(dump_plan(plan), "plan.json") == ()
    story.commit(welcome=steps("hello", "wait_a_day", "bye", "tag_more")).publish("welcome")
    assert story.repo.migrations.lint(dump_plan(plan), "plan.json") == ()


# With publishing


def test_publishing_takes_those_who_run_along(story: Story) -> None:
    move(story)
    story.commit(welcome=steps("hello", "tag_new", "wait_a_day", "tag_old", "bye"))
    story.repo.versions.publish("welcome", rollout=Rollout())
    made = story.repo.migrations.list("welcome")[-1]
    assert (made.source, made.target, made.status) == (2, 3, MigrationStatus.PENDING)
    assert story.repo.migrations.run(made.id).moved == 6


def test_nothing_is_published_if_those_who_run_cannot_come_along(story: Story) -> None:
    move(story)
    story.commit(welcome=steps("wait_a_day", "bye"))
    with pytest.raises(PlanError):
        story.repo.versions.publish("welcome", rollout=Rollout())
    assert story.version("welcome", 3).published_at is None


def test_rolling_back_takes_the_reverse_way(story: Story) -> None:
    story.commit(welcome=steps("greet", "wait_a_day", "bye", greet={"tag": "other"})).publish("welcome")
    plan = story.repo.migrations.plan("welcome", 1, rules={"hello": "greet"})
    story.repo.migrations.run(story.repo.migrations.create(plan).id)
    story.repo.versions.rollback("welcome", to=1, rollout=Rollout())
    story.repo.migrations.run(story.repo.migrations.list("welcome")[-1].id)
    assert where(story) == [(4, "wait_a_day", "waiting")] * 3 + [(4, "hello", "active")] * 3


# Who lacks a fix


def test_versions_that_lack_a_fix_are_found_by_the_history_of_the_file(story: Story) -> None:
    fix = story.version("welcome", 2).commit
    assert [version.number for version in story.repo.migrations.lacking("welcome", fix)] == [1]
    assert [version.number for version in story.repo.migrations.lacking("welcome", "welcome@2")] == [1]
    story.rollback("welcome", to=1).start("welcome", "c50")
    assert [version.number for version in story.repo.migrations.lacking("welcome", fix)] == [1, 3]
    with pytest.raises(StateError, match="does not change"):
        story.repo.migrations.lacking("welcome", story.git("rev-list", "--max-parents=0", "HEAD").strip())


# Told to others


def test_every_step_of_a_migration_is_told_in_order(story: Story) -> None:
    moved = move(story)
    story.repo.migrations.undo(moved.id)
    told = [event for event in story.repo.events() if event.action.startswith("migration.")]
    assert [event.action for event in told] == [
        "migration.created",
        "migration.started",
        "migration.completed",
        "migration.undoing",
        "migration.undone",
    ]
    assert told[2].data["moved"] == 6
    assert story.repo.audit.verify().broken is None


def test_another_process_can_run_what_was_made_here(story: Story) -> None:
    made = story.repo.migrations.create(story.repo.migrations.plan("welcome", 1))
    with story.open_again(actor=BEN, store=story.store) as other:
        assert other.migrations.run(made.id).moved == 6
    assert story.execution("c01").updated_by == BEN.id


@pytest.mark.slow
def test_what_somebody_keeps_locked_is_left_and_tried_again_later(tmp_path: Path, postgresql_url: str) -> None:
    story = make_repo(tmp_path / "repo", store=postgresql_url)
    story.commit(welcome=steps("hello", "bye")).publish("welcome").start("welcome", "c01", "c02")
    story.commit(welcome=steps("hello", "tag_new", "bye")).publish("welcome")
    with psycopg.connect(postgresql_url) as other:
        other.execute("SELECT 1 FROM executions WHERE contact = 'c01' FOR UPDATE")
        left = move(story)
    assert (left.status, left.moved, left.failed) == (MigrationStatus.PARTIALLY_COMPLETED, 1, 1)
    assert [(item.contact, item.reason) for item in story.repo.migrations.items(left.id, result=ItemResult.FAILED)] == [
        ("c01", "locked")
    ]
    done = story.repo.migrations.run(story.repo.migrations.retry(left.id).id)
    assert (done.status, done.moved, done.failed) == (MigrationStatus.COMPLETED, 2, 0)


def test_a_store_that_goes_away_says_how_to_go_on(story: Story) -> None:
    made = story.repo.migrations.create(story.repo.migrations.plan("welcome", 1))

    def go_away(_: Migration) -> None:
        raise wflgit.StoreError("the side store is gone", hint="start it")

    with pytest.raises(wflgit.StoreError) as gone:
        story.repo.migrations.run(made.id, on_progress=go_away)
    assert gone.value.hint == f"start it; what was moved is safe: go on with `wflgit migrate run {made.id}`"
    assert story.repo.migrations.run(made.id).moved == 6
