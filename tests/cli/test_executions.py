"""`exec …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import steps

if TYPE_CHECKING:
    from tests.builders import Story
    from tests.cli.conftest import Wflgit


@pytest.fixture
def running(story: Story) -> Story:
    """Ana is on version 1, which is not current any more; version 2 is."""
    story.commit(welcome=steps("hello", "ask", "bye")).publish("welcome").start("welcome", "ana")
    return story.commit(welcome=steps("hello", "wait")).publish("welcome")


def test_a_contact_starts_on_the_current_version(running: Story, wflgit: Wflgit) -> None:
    execution = wflgit("exec", "start", "welcome", "bob", "--context", '{"source": "fair"}', "--json").data
    assert (execution["contact"], execution["version"], execution["step"], execution["status"]) == ("bob", 2, "hello", "active")
    assert execution["context"] == {"source": "fair"}
    assert wflgit("exec", "start", "welcome", "cho").out == "execution 3  cho in welcome@2 at 'hello'  active\n"


def test_a_contact_may_start_on_a_channel(running: Story, wflgit: Wflgit) -> None:
    running.tag("welcome", "stable", 1)
    assert wflgit("exec", "start", "welcome", "bob", "--channel", "stable", "--json").data["version"] == 1


def test_several_contacts_start_at_once_and_those_in_it_already_are_listed(running: Story, wflgit: Wflgit) -> None:
    assert wflgit("exec", "start", "welcome", "ana", "bob", "cho", "--json").data == {
        "workflow": "welcome",
        "channel": "current",
        "started": 2,
        "existing": ["ana"],
    }
    assert wflgit("exec", "start", "welcome", "dan", "ana").out == "started 1 contact on welcome@current\nin it already: ana\n"


def test_one_contact_that_is_in_it_already_is_an_error(running: Story, wflgit: Wflgit) -> None:
    assert "contact 'ana' is in 'welcome' already" in wflgit("exec", "start", "welcome", "ana", code=1).err


def test_an_execution_goes_on_by_the_version_it_is_on_to_its_end(running: Story, wflgit: Wflgit) -> None:
    assert wflgit("exec", "advance", "1", "--json").data["step"] == "ask"
    assert wflgit("exec", "advance", "1", "yes").out == "execution 1  ana in welcome@1 at 'bye'  active\n"
    done = wflgit("exec", "advance", "1", "--json").data
    assert (done["status"], done["ended_at"]) == ("completed", "2026-01-05T15:00:00Z")


def test_an_unknown_outcome_is_refused(running: Story, wflgit: Wflgit) -> None:
    wflgit("exec", "advance", "1")
    answer = wflgit("exec", "advance", "1", "yess", code=1)
    assert "'yess'" in answer.err
    assert "yes" in answer.err.splitlines()[1]


def test_a_step_can_be_named_if_an_edge_leads_there(running: Story, wflgit: Wflgit) -> None:
    assert wflgit("exec", "advance", "1", "--to", "ask", "--json").data["step"] == "ask"
    wflgit("exec", "advance", "1", "--to", "hello", code=1)


def test_what_changed_since_it_was_read_is_a_conflict(running: Story, wflgit: Wflgit) -> None:
    before = wflgit("exec", "ls", "--json").data[0]["lock_version"]
    wflgit("exec", "advance", "1")
    error = wflgit("exec", "advance", "1", "yes", "--lock-version", str(before), "--json", code=4).error
    assert (error["code"], error["expected"], error["actual"]) == ("conflict", before, before + 1)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-03-01T09:00Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00+02:00", "2026-03-01T07:00:00Z"),
        ("2026-03-01", "2026-03-01T00:00:00Z"),
    ],
)
def test_an_execution_waits_until_a_time_or_for_an_event(running: Story, wflgit: Wflgit, said: str, meant: str) -> None:
    execution = wflgit("exec", "wait", "1", "--until", said, "--event", "email_opened", "--json").data
    assert (execution["status"], execution["wake_at"], execution["waiting_for"]) == ("waiting", meant, "email_opened")


def test_an_execution_is_ended_as_completed_failed_or_cancelled(running: Story, wflgit: Wflgit) -> None:
    running.start("welcome", "bob", "cho")
    assert wflgit("exec", "complete", "1", "--json").data["status"] == "completed"
    assert wflgit("exec", "fail", "2", "--reason", "no address", "--json").data["reason"] == "no address"
    assert wflgit("exec", "cancel", "3", "--reason", "asked for it").out.endswith("cancelled (asked for it)\n")
    assert "is cancelled since" in wflgit("exec", "advance", "3", code=1).err
    wflgit("exec", "fail", "1", code=2)


def test_executions_are_listed_by_what_is_asked_for(running: Story, wflgit: Wflgit) -> None:
    running.start("welcome", "bob", "cho")
    wflgit("exec", "complete", "2")

    def ids(*options: str) -> list[int]:
        return [execution["id"] for execution in wflgit("exec", "ls", *options, "--json").data]

    assert ids() == ids("welcome") == [1, 2, 3]
    assert ids("--version", "1") == [1]
    assert ids("--status", "active", "--status", "waiting") == [1, 3]
    assert ids("--contact", "cho", "--step", "hello") == [3]
    assert ids("--after", "1", "--limit", "1") == [2]
    assert wflgit("exec", "ls", "--contact", "nobody") == (0, "", "no such executions\n")


def test_live_executions_are_counted_by_version_and_step(running: Story, wflgit: Wflgit) -> None:
    running.start("welcome", "bob", "cho")
    wflgit("exec", "wait", "3", "--event", "x")
    assert wflgit("exec", "counts", "welcome", "--json").data == [
        {"workflow": "welcome", "version": 1, "step": "hello", "active": 1, "waiting": 0},
        {"workflow": "welcome", "version": 2, "step": "hello", "active": 1, "waiting": 1},
    ]


@pytest.mark.parametrize("command", ["ls", "counts"])
def test_a_mistyped_slug_is_no_empty_list(running: Story, wflgit: Wflgit, command: str) -> None:
    assert wflgit("exec", command, "welcom", "--json", code=1).error["candidates"] == ["welcome"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["start", "welcome"],
        ["start", "welcome", "x", "--context", "[1]"],
        ["start", "welcome", "x", "--context", "{"],
        ["advance", "first"],
        ["wait", "1", "--until", "tomorrow"],
        ["ls", "--status", "live"],
    ],
)
def test_wrong_usage_is_exit_2_and_changes_nothing(running: Story, wflgit: Wflgit, arguments: list[str]) -> None:
    assert wflgit("exec", *arguments, "--json", code=2).error["code"] == "usage"
    assert len(running.repo.executions.list()) == 1
