from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import BEN, Story, make_repo, steps
from wflgit import ConflictError, ExecutionStatus, InvalidNameError, NotFoundError, StateError


@pytest.fixture
def story(tmp_path: Path, store_url: str) -> Story:
    made = make_repo(tmp_path / "repo", channels=["stable"], store=store_url)
    return made.commit(welcome=steps("hello", "wait_a_day", "ask", "bye")).publish("welcome")


def test_a_contact_starts_on_the_current_version_at_its_first_step(story: Story) -> None:
    execution = story.repo.executions.start("welcome", "contact-1", context={"source": "web"})
    assert (execution.version, execution.step, execution.status) == (1, "hello", ExecutionStatus.ACTIVE)
    assert execution.commit == story.version("welcome", 1).commit
    assert execution.started_by == "maya@example.com"
    assert story.repo.executions.get(execution.id) == execution


def test_a_running_execution_stays_on_its_version_when_another_is_published(story: Story) -> None:
    story.start("welcome", "old").commit(welcome=steps("hi", "bye")).publish("welcome").start("welcome", "new")
    assert (story.execution("old").version, story.execution("new").version) == (1, 2)
    story.repo.executions.advance(story.execution("old").id)
    assert story.execution("old").step == "wait_a_day"
    assert [version.status for version in story.repo.versions.list("welcome")] == ["current", "draining"]


def test_an_old_version_is_drained_when_its_last_execution_ends(story: Story) -> None:
    story.start("welcome", "old").commit(welcome=steps("hi")).publish("welcome")
    story.repo.executions.complete(story.execution("old").id)
    assert story.version("welcome", 1).status == "drained"


def test_an_execution_is_advanced_by_outcome_to_its_end(story: Story) -> None:
    executions = story.start("welcome", "c").repo.executions
    number = story.execution("c").id
    walked = [executions.advance(number).step, executions.advance(number).step, executions.advance(number, "yes").step]
    assert walked == ["wait_a_day", "ask", "bye"]
    done = executions.advance(number)
    assert (done.status, done.step, done.ended_at) == (ExecutionStatus.COMPLETED, "bye", story.clock())


def test_an_outcome_the_step_does_not_have_is_refused_with_the_ones_it_has(story: Story) -> None:
    story.start("welcome", "c")
    with pytest.raises(NotFoundError) as caught:
        story.repo.executions.advance(story.execution("c").id, "maybe")
    assert caught.value.hint == "it has 'next'"


def test_an_execution_waits_and_goes_on(story: Story) -> None:
    executions = story.start("welcome", "c").repo.executions
    until = datetime(2026, 2, 1, tzinfo=UTC)
    waiting = executions.wait(story.execution("c").id, until=until, event="email.opened")
    assert (waiting.status, waiting.wake_at, waiting.waiting_for) == (ExecutionStatus.WAITING, until, "email.opened")
    on = executions.advance(waiting.id)
    assert (on.status, on.wake_at, on.waiting_for) == (ExecutionStatus.ACTIVE, None, None)


def test_a_finished_execution_does_not_move(story: Story) -> None:
    executions = story.start("welcome", "c").repo.executions
    executions.fail(story.execution("c").id, "mailbox full")
    assert story.execution("c").reason == "mailbox full"
    with pytest.raises(StateError, match="is failed since"):
        executions.advance(story.execution("c").id)


def test_a_move_decided_on_an_old_reading_is_a_conflict(story: Story) -> None:
    executions = story.start("welcome", "c").repo.executions
    read = story.execution("c")
    other = story.open_again(actor=BEN, store=story.store)
    other.executions.advance(read.id)
    with pytest.raises(ConflictError, match=r"changed by ben@example.com: it is active at 'wait_a_day'"):
        executions.advance(read.id, lock_version=read.lock_version)
    assert story.execution("c").lock_version == 1


def test_a_contact_is_in_a_workflow_once_at_a_time(story: Story) -> None:
    story.start("welcome", "c")
    with pytest.raises(StateError, match="is in 'welcome' already"):
        story.repo.executions.start("welcome", "c")
    story.repo.executions.cancel(story.execution("c").id, "moved away")
    assert story.repo.executions.start("welcome", "c").status is ExecutionStatus.ACTIVE
    [entry] = story.repo.audit.list(action="execution.cancelled")
    assert "moved away" in entry.details


def test_many_start_at_once_and_those_inside_stay_where_they_are(story: Story) -> None:
    story.start("welcome", "b")
    assert story.repo.executions.start_many("welcome", ["c", "a", "b", "a"]) == (2, ("b",))
    assert [(count.step, count.active) for count in story.repo.executions.counts("welcome")] == [("hello", 3)]


def test_counts_tell_who_stands_where(story: Story) -> None:
    executions = story.start("welcome", "a", "b", "c").repo.executions
    executions.advance(story.execution("a").id)
    executions.wait(story.execution("a").id)
    executions.complete(story.execution("b").id)
    found = [(count.version, count.step, count.active, count.waiting) for count in executions.counts("welcome")]
    assert found == [(1, "hello", 1, 0), (1, "wait_a_day", 0, 1)]


def test_executions_start_on_a_channel(story: Story) -> None:
    story.tag("welcome", "stable", 1).commit(welcome=steps("hi")).publish("welcome")
    assert story.repo.executions.start("welcome", "c", channel="stable").version == 1


@pytest.mark.parametrize("channel", ["draft", "1", "canary"])
def test_a_draft_or_an_undeclared_channel_cannot_be_started(story: Story, channel: str) -> None:
    with pytest.raises(NotFoundError, match="drafts and archived versions cannot be started"):
        story.repo.executions.start("welcome", "c", channel=channel)


def test_a_workflow_with_nothing_published_cannot_be_started(story: Story) -> None:
    story.commit(other=steps("a"))
    with pytest.raises(NotFoundError, match="no version of 'other' is published yet"):
        story.repo.executions.start("other", "c")


def test_a_deleted_workflow_cannot_be_started(story: Story) -> None:
    story.repo.workflows.delete("welcome")
    with pytest.raises(StateError, match="deleted on the trunk"):
        story.repo.executions.start("welcome", "c")


@pytest.mark.parametrize("contact", ["", "  ", "x" * 256, "a\nb"])
def test_a_contact_id_is_short_and_printable(story: Story, contact: str) -> None:
    with pytest.raises(InvalidNameError, match="expected a contact id"):
        story.repo.executions.start("welcome", contact)


def test_what_is_published_elsewhere_meanwhile_is_what_the_next_contact_starts_on(story: Story) -> None:
    story.start("welcome", "first")
    other = story.open_again(actor=BEN, store=story.store)
    from tests.builders import to_content

    other.versions.create("welcome", to_content("welcome", steps("hi")))
    other.versions.publish("welcome")
    assert story.repo.executions.start("welcome", "second").version == 2
