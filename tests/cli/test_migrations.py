"""`migrate …`, `publish --migrate`, `rollback --migrate`, and `validate` of plan files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click
import pytest

from tests.builders import HOUR, make_repo, steps
from tests.cli.terminal import command, environment, on_a_terminal, read_until
from wflgit.cli.output import Output
from wflgit.cli.progress import live_bar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.builders import Story
    from tests.cli.conftest import Wflgit

CONTACTS = tuple(f"c{number}" for number in range(1, 7))


@pytest.fixture
def moving(story: Story) -> Story:
    """Six are on version 1: one waits at `wait`, one is at `old`, four are at `hello`. Version 2 is current, and has no `old`."""
    story.commit(welcome=steps("hello", "wait", "old", "bye")).publish("welcome").start("welcome", *CONTACTS)
    for execution in (1, 2, 2):
        story.repo.executions.advance(execution)
    story.repo.executions.wait(1, event="opened")
    return story.commit(welcome=steps("hello", "tag", "wait", "bye")).publish("welcome")


def stands(story: Story) -> list[tuple[int, str]]:
    return [(found.version, found.step) for found in story.repo.executions.list("welcome")]


START = ("migrate", "start", "welcome", "--from", "1", "--map", "old=bye")
MOVED = [(2, "wait"), (2, "bye"), *[(2, "hello")] * 4]


class TestPlan:
    def test_it_says_who_would_go_where_and_what_is_in_the_way(
        self, moving: Story, wflgit: Wflgit, golden: Callable[[str], None]
    ) -> None:
        golden(wflgit("migrate", "plan", "welcome", "--from", "1", code=1).out)

    def test_with_a_rule_it_can_start(self, moving: Story, wflgit: Wflgit, golden: Callable[[str], None]) -> None:
        golden(wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=@end", "--all").out)

    def test_nothing_is_moved(self, moving: Story, wflgit: Wflgit) -> None:
        before = stands(moving)
        wflgit("migrate", "plan", "welcome", "--from", "1", code=1)
        assert stands(moving) == before
        assert wflgit("migrate", "ls", "--json").data == []

    def test_json_has_destinations_as_they_are_typed(self, moving: Story, wflgit: Wflgit) -> None:
        data = wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=@enter:bye", "--json").data
        assert (data["source"]["version"], data["target"]["version"], data["plan_failures"]) == (1, 2, [])
        assert [(said["step"], said["to"], said["origin"]) for said in data["instructions"]] == [
            ("hello", "hello", "same"),
            ("wait", "wait", "same"),
            ("old", "@enter:bye", "rule"),
            ("bye", "bye", "same"),
        ]

    @pytest.mark.parametrize(("target", "version"), [("2", 2), ("current", 2), ("stable", 2), ("worktree", 3)])
    def test_the_target_may_be_a_number_a_channel_or_the_edit(
        self, moving: Story, wflgit: Wflgit, target: str, version: int
    ) -> None:
        moving.tag("welcome", "stable", 2).write(welcome=steps("hello", "wait", "old"))
        data = wflgit("migrate", "plan", "welcome", "--from", "1", "--to", target, "--map", "old=@stay", "--json").data
        assert data["target"]["version"] == version

    def test_waits_are_said_for_all_and_for_single_steps(self, moving: Story, wflgit: Wflgit) -> None:
        def policy(*options: str) -> str:
            data = wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=@end", *options, "--json").data
            return str(data["instructions"][1]["wait"])

        assert policy() == "keep"
        assert policy("--wait", "restart") == "restart"
        assert policy("--wait", "restart", "--wait", "wait=recompute") == "recompute"

    def test_it_can_be_drawn(self, moving: Story, wflgit: Wflgit, golden: Callable[[str], None]) -> None:
        golden(wflgit("migrate", "plan", "welcome", "--from", "1", "--format", "mermaid", code=1).out)

    def test_it_can_be_made_a_page(self, moving: Story, wflgit: Wflgit, tmp_path: Path) -> None:
        page, text = tmp_path / "plan.html", tmp_path / "plan.txt"
        shown = wflgit("migrate", "plan", "welcome", "--from", "1", code=1).out
        wflgit("migrate", "plan", "welcome", "--from", "1", "--format", f"html={page}", code=1)
        wflgit("migrate", "plan", "welcome", "--from", "1", "--format", f"text={text}", code=1)
        assert page.read_text().startswith("<!doctype html>")
        assert text.read_text() == shown

    def test_a_plan_for_an_edit_can_be_drawn_too(self, moving: Story, wflgit: Wflgit) -> None:
        moving.write(welcome=steps("hello", "wait", "old", "later"))
        drawn = wflgit("migrate", "plan", "welcome", "--from", "1", "--to", "worktree", "--format", "mermaid").out
        assert "b_later" in drawn

    def test_it_can_be_written_to_a_file_or_to_stdout(self, moving: Story, wflgit: Wflgit) -> None:
        told = wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=@end", "-o", "plans/first.json")
        assert told.err == "wrote 'plans/first.json'\n"
        content = (moving.path / "plans" / "first.json").read_text()
        assert json.loads(content)["workflow"] == "welcome"
        assert wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=@end", "-o", "-") == (0, content, "")

    def test_it_is_saved_where_plans_belong(self, moving: Story, wflgit: Wflgit) -> None:
        told = wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=@end", "--save")
        assert "'migrations/welcome/v1..v2.json'" in told.err
        assert (moving.path / "migrations" / "welcome" / "v1..v2.json").is_file()

    def test_a_file_that_cannot_be_written_is_an_error_with_a_hint(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit("migrate", "plan", "welcome", "--from", "1", "-o", ".", code=1)
        assert "cannot be written" in answer.err
        assert "hint: " in answer.err

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ([], "missing option '--from'"),
            (["--from", "1", "--wait", "long"], "expected keep, restart or recompute"),
            (["--from", "1", "--wait", "wait=long"], "expected keep, restart or recompute"),
        ],
    )
    def test_wrong_usage_is_exit_2(self, moving: Story, wflgit: Wflgit, options: list[str], message: str) -> None:
        assert message in wflgit("migrate", "plan", "welcome", *options, code=2).err

    def test_rules_that_are_none_are_all_told(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit(
            "migrate", "plan", "welcome", "--from", "1", "--map", "old", "--map", "wait=bye", "--map", "wait=@end", code=1
        )
        assert "'old' is no rule, 'wait=@end' is a second one for 'wait'" in answer.err


class TestStart:
    def test_it_moves_all_at_once(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit(*START)
        assert answer.out == "migration 1  welcome 1 → 2  immediate  completed\n  6 of 6 executions moved\n"
        assert stands(moving) == MOVED

    def test_json_is_the_migration(self, moving: Story, wflgit: Wflgit) -> None:
        data = wflgit(*START, "--json").data
        assert (data["id"], data["status"], data["total"], data["moved"]) == (1, "completed", 6, 6)

    def test_it_is_refused_where_executions_have_no_place(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit("migrate", "start", "welcome", "--from", "1", code=1)
        assert answer.out == ""
        assert answer.err.startswith("error: ")
        assert "'old'" in answer.err
        assert wflgit("migrate", "start", "welcome", "--from", "1", "--json", code=1).error["failures"][0]["rule"] == "unmapped"
        assert stands(moving)[1] == (1, "old")

    def test_a_dry_run_says_how_many_and_writes_nothing(self, moving: Story, wflgit: Wflgit) -> None:
        assert wflgit(*START, "--dry-run").out.endswith("\ndry run: 6 executions would be moved\n")
        gradual = ("--strategy", "gradual", "--pace", "4/1h")
        assert wflgit(*START, *gradual, "--dry-run").out.endswith("would be moved, in 2 waves, 4 per PT1H\n")
        data = wflgit(*START, "--strategy", "manual", "--step", "hello", "--id", "3", "--id", "2", "--dry-run", "--json").data
        assert (data["plan"]["workflow"], data["executions"], data["waves"]) == ("welcome", 1, None)
        assert wflgit("migrate", "ls", "--json").data == []

    def test_a_dry_run_of_what_cannot_start_is_exit_1(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit("migrate", "start", "welcome", "--from", "1", "--dry-run", code=1)
        assert answer.out.endswith("dry run: it would not start, see the errors\n")
        gradual = ("--strategy", "gradual", "--pace", "at-advance")
        assert wflgit("migrate", "start", "welcome", "--from", "1", *gradual, "--dry-run", "--json").data["failures"] == []

    def test_it_can_be_made_now_and_run_later(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit(*START, "--no-run")
        assert answer.out.startswith("migration 1  welcome 1 → 2  immediate  pending\n")
        assert answer.err == "`wflgit migrate run 1` moves them\n"
        assert wflgit("migrate", "run", "1", "--json").data["status"] == "completed"

    def test_a_gradual_one_moves_a_wave_and_says_when_the_next_is_due(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit(*START, "--strategy", "gradual", "--pace", "4/1h")
        assert "  4 of 6 executions moved\n" in answer.out
        assert "the next are due 2026-01-05 " in answer.out
        assert "`wflgit migrate run 1 --wait`" in answer.err
        moving.clock.tick(HOUR)
        assert wflgit("migrate", "run", "--json").data[0]["status"] == "completed"

    def test_at_advance_each_one_moves_by_itself(self, moving: Story, wflgit: Wflgit) -> None:
        answer = wflgit("migrate", "start", "welcome", "--from", "1", "--strategy", "gradual", "--pace", "at-advance")
        assert answer.err == "each one moves when it next advances; `wflgit migrate status 1` tells how many have\n"
        wflgit("exec", "advance", "3")
        assert stands(moving)[2] == (2, "wait")

    @pytest.mark.parametrize(
        ("options", "moved"),
        [
            (["--id", "1", "--id", "4"], [1, 4]),
            (["--step", "hello"], [3, 4, 5, 6]),
            (["--where", "contact = c5"], [5]),
            (["--where", 'contact in ["c2", "c3", "c4"]', "--step", "hello"], [3, 4]),
        ],
    )
    def test_a_manual_one_moves_those_that_are_chosen(
        self, moving: Story, wflgit: Wflgit, options: list[str], moved: list[int]
    ) -> None:
        wflgit(*START, "--strategy", "manual", *options)
        assert [found.id for found in moving.repo.executions.list("welcome", version=2)] == moved

    def test_those_that_lack_a_fix_are_moved_from_every_version(self, moving: Story, wflgit: Wflgit) -> None:
        moving.start("welcome", "late").commit(welcome=steps("hello", "tag", "wait", "fixed", "bye")).publish("welcome")
        data = wflgit("migrate", "start", "welcome", "--not-containing", "welcome@3", "--map", "old=bye", "--json").data
        assert [(made["source"], made["target"], made["status"]) for made in data] == [(1, 3, "completed"), (2, 3, "completed")]
        assert {version for version, _ in stands(moving)} == {3}
        again = wflgit("migrate", "start", "welcome", "--not-containing", "welcome@3")
        assert again == (0, "", "there is nothing to move\n")

    def test_of_several_none_is_left_if_one_is_refused(self, moving: Story, wflgit: Wflgit) -> None:
        moving.start("welcome", "late")
        moving.repo.executions.advance(7)
        moving.commit(welcome=steps("hello", "wait", "old", "bye", "more")).publish("welcome")
        wflgit("migrate", "start", "welcome", "--not-containing", "welcome@3", code=1)
        assert {found["status"] for found in wflgit("migrate", "ls", "--json").data} == {"cancelled"}
        assert {version for version, _ in stands(moving)} == {1, 2}

    def test_nobody_to_move_is_said_and_is_fine(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        answer = wflgit(*START)
        assert "nobody is on 'welcome@1'" in answer.err

    def test_a_committed_plan_is_carried_out(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=bye", "--save")
        data = wflgit("migrate", "start", "--plan", "migrations/welcome/v1..v2.json", "--json").data
        assert (data["source"], data["moved"]) == (1, 6)
        assert stands(moving) == MOVED

    def test_in_a_bare_repository_the_plan_is_taken_from_the_trunk(self, moving: Story, wflgit: Wflgit, tmp_path: Path) -> None:
        wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=bye", "--save")
        moving.git("add", "migrations")
        moving.git("commit", "--quiet", "--message", "Plan it")
        bare = str(tmp_path / "bare.git")
        moving.git("clone", "--quiet", "--bare", str(moving.path), bare)
        start = ("migrate", "start", "--plan", "migrations/welcome/v1..v2.json", "--dry-run", "--json")
        assert wflgit("-C", bare, *start).data["plan"]["source"]["version"] == 1

    @pytest.mark.parametrize(
        "options",
        [
            [],
            ["welcome"],
            ["welcome", "--from", "1", "--plan", "p.json"],
            ["--plan", "p.json", "--to", "3"],
            ["--plan", "p.json", "--map", "a=b"],
            ["--plan", "p.json", "--wait", "restart"],
            ["welcome", "--from", "1", "--not-containing", "welcome@2"],
            ["welcome", "--from", "1", "--pace", "fast"],
            ["welcome", "--from", "1", "--where", "nonsense"],
            ["welcome", "--from", "1", "--strategy", "slow"],
        ],
    )
    def test_wrong_usage_is_exit_2_and_changes_nothing(self, moving: Story, wflgit: Wflgit, options: list[str]) -> None:
        assert wflgit("migrate", "start", *options, "--json", code=2).error["code"] == "usage"
        assert wflgit("migrate", "ls", "--json").data == []

    @pytest.mark.parametrize("strategy", [["gradual"], ["manual"], ["immediate", "--pace", "1/1h"], ["immediate", "--id", "1"]])
    def test_a_strategy_goes_with_what_it_needs_and_nothing_else(self, moving: Story, wflgit: Wflgit, strategy: list[str]) -> None:
        assert wflgit(*START, "--strategy", *strategy, "--json", code=1).error["code"] == "wrong-state"

    def test_a_plan_file_that_is_not_there_is_an_error(self, moving: Story, wflgit: Wflgit) -> None:
        assert "there is no plan file 'nowhere.json'" in wflgit("migrate", "start", "--plan", "nowhere.json", code=1).err


class TestGoingOn:
    @pytest.fixture
    def half(self, moving: Story, wflgit: Wflgit) -> Story:
        """Migration 1 has moved four of six."""
        wflgit(*START, "--strategy", "gradual", "--pace", "4/1h")
        return moving

    def test_run_without_an_id_goes_on_with_all_that_are_open(self, half: Story, wflgit: Wflgit) -> None:
        assert wflgit("migrate", "run", "--json").data[0]["moved"] == 4
        half.clock.tick(HOUR)
        assert wflgit("migrate", "run", "--json").data[0]["moved"] == 6
        assert wflgit("migrate", "run") == (0, "", "there is nothing to move\n")

    def test_a_paused_one_stands_still(self, half: Story, wflgit: Wflgit) -> None:
        assert wflgit("migrate", "pause", "1").err == "`wflgit migrate resume 1` goes on\n"
        half.clock.tick(HOUR)
        assert wflgit("migrate", "run", "--json").data == []
        assert "wflgit migrate resume 1" in wflgit("migrate", "run", "1", code=1).err
        half.clock.tick(HOUR)
        assert wflgit("migrate", "resume", "1", "--no-run", "--json").data["moved"] == 4
        half.clock.tick(HOUR)
        wflgit("migrate", "pause", "1")
        assert wflgit("migrate", "resume", "1", "--json").data["status"] == "completed"

    def test_cancelling_says_that_it_does_not_undo(self, half: Story, wflgit: Wflgit) -> None:
        answer = wflgit("migrate", "cancel", "1")
        assert "  cancelled\n" in answer.out
        assert answer.err == "cancelling does not undo: 4 stay moved; `wflgit migrate undo 1` puts them back\n"
        assert [version for version, _ in stands(half)].count(2) == 4

    def test_an_undo_puts_back_and_lists_those_that_have_moved_on(self, half: Story, wflgit: Wflgit) -> None:
        before = stands(half)
        moved = [number for number, (version, _) in enumerate(before, 1) if version == 2]
        wflgit("exec", "complete", str(moved[0]))
        wflgit("migrate", "cancel", "1")
        answer = wflgit("migrate", "undo", "1")
        assert "  3 of 4 executions put back, 1 kept\n" in answer.out
        assert answer.out.splitlines()[-1].split()[:2] == [str(moved[0]), f"c{moved[0]}"]
        assert answer.err == ""
        assert [item["execution"] for item in wflgit("migrate", "items", "1", "--result", "kept", "--json").data] == moved[:1]

    def test_waiting_is_for_one_migration(self, half: Story, wflgit: Wflgit) -> None:
        assert "expected the ID" in wflgit("migrate", "run", "--wait", code=2).err

    def test_those_who_came_to_a_step_without_a_place_are_left_and_tried_again(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit("exec", "complete", "2")
        wflgit("migrate", "start", "welcome", "--from", "1", "--no-run")
        wflgit("exec", "advance", "3")
        wflgit("exec", "advance", "3")
        answer = wflgit("migrate", "run", "1", code=1)
        assert "  partially completed\n" in answer.out
        assert answer.err.splitlines() == [
            "`wflgit migrate items 1 --result skipped` tells why",
            "`wflgit migrate retry 1` tries them again, `wflgit migrate undo 1` puts back the others",
        ]
        wflgit("exec", "advance", "3")
        assert wflgit("migrate", "retry", "1", "--json").data["status"] == "completed"


class TestLooking:
    def test_status_is_the_migration_as_it_stands(self, moving: Story, wflgit: Wflgit) -> None:
        made = wflgit(*START, "--no-run", "--json").data
        assert wflgit("migrate", "status", "1", "--json").data == made
        assert wflgit("migrate", "status", "1").out.splitlines()[1] == "  0 of 6 executions moved"

    def test_status_lists_executions_by_what_came_of_them(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        data = wflgit("migrate", "status", "1", "--items", "moved", "--json").data
        assert (data["id"], [item["execution"] for item in data["items"]]) == (1, [1, 2, 3, 4, 5, 6])
        assert wflgit("migrate", "status", "1", "--items", "moved").out.splitlines()[-6].split() == [
            "1",
            "c1",
            "wait",
            "wait",
            "moved",
        ]
        wflgit("migrate", "status", "1", "--items", "moved", "--watch", code=2)

    def test_watching_what_has_ended_returns_at_once(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        assert wflgit("migrate", "status", "1", "--watch").out == wflgit("migrate", "status", "1").out
        lines = wflgit("migrate", "status", "1", "--watch", "--json").out.splitlines()
        assert [json.loads(text)["status"] for text in lines] == ["completed"]

    def test_each_reading_is_a_line_until_it_has_ended(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START, "--no-run")
        watch = command("-C", str(moving.path), "migrate", "status", "1", "--watch", "--interval", "0.01", "--json")
        with subprocess.Popen(watch, stdout=subprocess.PIPE, env=environment()) as watching:
            assert watching.stdout
            readings = [watching.stdout.readline()]
            moving.repo.migrations.run(1)
            readings += watching.stdout.readlines()
        assert (json.loads(readings[0])["status"], json.loads(readings[-1])["status"]) == ("pending", "completed")
        assert watching.returncode == 0

    def test_migrations_are_listed(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        wflgit(*START, "--no-run")
        assert [found["id"] for found in wflgit("migrate", "ls", "welcome", "--json").data] == [1, 2]
        assert [found["id"] for found in wflgit("migrate", "ls", "--open", "--json").data] == [2]
        assert [found["id"] for found in wflgit("migrate", "ls", "--after", "1", "--limit", "1", "--json").data] == [2]
        assert wflgit("migrate", "ls").out.splitlines()[1].split()[:5] == ["1", "welcome", "1", "→", "2"]
        assert wflgit("migrate", "ls", "welcom", "--json", code=1).error["candidates"] == ["welcome"]

    def test_items_are_listed_by_execution(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        assert [item["execution"] for item in wflgit("migrate", "items", "1", "--after", "2", "--limit", "2", "--json").data] == [
            3,
            4,
        ]
        assert wflgit("migrate", "items", "1", "--result", "failed") == (0, "", "no such executions\n")

    @pytest.mark.parametrize("command", ["run", "status", "pause", "resume", "cancel", "retry", "undo", "items"])
    def test_a_migration_that_is_not_there_is_an_error(self, moving: Story, wflgit: Wflgit, command: str) -> None:
        assert wflgit("migrate", command, "9", code=1).err.startswith("error: there is no migration 9\n")


class TestBar:
    def test_a_terminal_shows_a_bar_and_a_pipe_does_not(self, moving: Story, wflgit: Wflgit) -> None:
        assert wflgit(*START).err == ""
        shown = on_a_terminal("-C", str(moving.path), "migrate", "undo", "1")
        assert "\r[####################] 100%  6 of 6 put back" in shown.replace("\n", "")

    def test_watching_on_a_terminal_draws_one_line_anew(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        shown = click.unstyle(on_a_terminal("-C", str(moving.path), "migrate", "status", "1", "--watch"))
        assert shown.count("[####################] 100%") == 1
        assert shown.endswith("migration 1  welcome 1 → 2  immediate  completed\n  6 of 6 executions moved\n")

    def test_json_on_a_terminal_has_no_bar(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        assert json.loads(on_a_terminal("-C", str(moving.path), "migrate", "undo", "1", "--json"))["undone"] == 6

    def test_interrupted_it_says_how_to_go_on(self, moving: Story, wflgit: Wflgit) -> None:
        start = (*START, "--strategy", "gradual", "--pace", "4/1h")
        subprocess.run(command("-C", str(moving.path), *start), check=True, capture_output=True, env=environment())
        primary, secondary = os.openpty()
        watched = command("-C", str(moving.path), "migrate", "run", "1", "--wait")
        # What runs in the background of a shell ignores the signal, and so would its children.
        heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(watched, stdout=secondary, stderr=secondary, env=environment(), preexec_fn=heed) as process:
            said = read_until(primary, "4 of 6")
            process.send_signal(signal.SIGINT)
            said += read_until(primary, "goes on")
            assert process.wait(timeout=30) == 130
        os.close(secondary)
        os.close(primary)
        assert "Traceback" not in said
        assert "\r\nstopped; what was moved is safe, and `wflgit migrate run 1` goes on" in said

    def test_a_shorter_line_leaves_nothing_of_a_longer_one(
        self, moving: Story, wflgit: Wflgit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wflgit(*START)
        done = moving.repo.migrations.get(1)
        primary, secondary = os.openpty()
        with os.fdopen(secondary, "w") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            with live_bar(Output()) as draw:
                assert draw
                draw(replace(done, rate=12.0))
                draw(done)
            drawn = read_until(primary, "\n").split("\r")
        os.close(primary)
        assert drawn[1].endswith("moved  12/s")
        assert drawn[2] == "[####################] 100%  6 of 6 moved      "

    def test_a_narrow_terminal_gets_a_line_that_fits(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        shown = on_a_terminal("-C", str(moving.path), "migrate", "undo", "1", columns=30)
        bars = [text for text in shown.replace("\r", "\n").splitlines() if text.startswith("[")]
        assert bars
        assert max(map(len, bars)) <= 29


class TestRollout:
    def test_publishing_takes_those_along_who_run(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        moving.commit(welcome=steps("hello", "tag", "wait", "bye", "more"))
        answer = wflgit("publish", "welcome", "--migrate", "immediate")
        assert answer.out.splitlines()[0].startswith("welcome@3  current  ")
        assert answer.out.splitlines()[1] == "migration 2  welcome 2 → 3  immediate  completed"
        assert {version for version, _ in stands(moving)} == {3}

    def test_json_has_the_migration_beside_the_version(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        moving.commit(welcome=steps("hello", "wait", "bye"))
        data = wflgit("publish", "welcome", "--migrate", "gradual", "--pace", "2/1d", "--map", "tag=@enter:wait", "--json").data
        assert (data["number"], data["migration"]["total"], data["migration"]["moved"]) == (3, 6, 2)
        assert wflgit("publish", "welcome", "--migrate", "immediate", "--json").data["migration"] is None

    def test_a_migration_to_another_version_is_left_alone(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START, "--no-run")
        moving.commit(welcome=steps("hello")).publish("welcome")
        assert wflgit("publish", "welcome", "--migrate", "immediate", "--json").data["migration"] is None
        assert wflgit("migrate", "status", "1", "--json").data["status"] == "pending"

    def test_if_they_cannot_all_come_nothing_is_published(self, moving: Story, wflgit: Wflgit) -> None:
        wflgit(*START)
        moving.commit(welcome=steps("tag", "bye"))
        answer = wflgit("publish", "welcome", "--migrate", "immediate", code=1)
        assert "'hello'" in answer.err
        assert moving.version("welcome", 3).published_at is None
        assert wflgit("migrate", "ls", "--open", "--json").data == []

    def test_a_rollback_takes_them_back_the_way_they_came(self, moving: Story, wflgit: Wflgit) -> None:
        before = stands(moving)
        wflgit(*START)
        data = wflgit("rollback", "welcome", "--to", "1", "--migrate", "immediate", "--json").data
        assert (data["number"], data["migration"]["moved"]) == (3, 6)
        assert [step for _, step in stands(moving)] == ["bye" if step == "old" else step for _, step in before]

    @pytest.mark.parametrize(
        "options", [["--pace", "1/1h"], ["--map", "a=b"], ["--migrate", "gradual"], ["--migrate", "immediate", "--pace", "1/1h"]]
    )
    def test_wrong_usage_is_exit_2_and_publishes_nothing(self, moving: Story, wflgit: Wflgit, options: list[str]) -> None:
        moving.commit(welcome=steps("hello"))
        wflgit("publish", "welcome", *options, code=2)
        wflgit("rollback", "welcome", "--to", "1", *options, code=2)
        assert wflgit("log", "welcome", "--json").data[0]["status"] == "draft"


class TestValidate:
    @pytest.fixture
    def planned(self, moving: Story, wflgit: Wflgit) -> Path:
        """The file of a plan, at its own place."""
        wflgit("migrate", "plan", "welcome", "--from", "1", "--map", "old=bye", "--save")
        return moving.path / "migrations" / "welcome" / "v1..v2.json"

    def test_a_plan_file_is_checked_and_is_no_workflow(self, planned: Path, wflgit: Wflgit) -> None:
        assert wflgit("validate").err == "2 files: 0 errors, 0 warnings\n"
        assert [found["slug"] for found in wflgit("ls", "--json").data] == ["welcome"]

    def test_it_is_none_either_where_every_json_file_is_one(self, wflgit: Wflgit, tmp_path: Path) -> None:
        other = make_repo(tmp_path / "other", paths=["**/*.json"])
        other.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("a", "b")).publish("welcome")
        there = ("-C", str(other.path))
        wflgit(*there, "migrate", "plan", "welcome", "--from", "1", "--save")
        assert wflgit(*there, "validate").err == "2 files: 0 errors, 0 warnings\n"

    def test_its_shape_is_checked_to_line_and_column(self, planned: Path, wflgit: Wflgit) -> None:
        planned.write_text(planned.read_text().replace('"origin": "same"', '"origin": "sane"', 1))
        answer = wflgit("validate", code=1)
        line = next(number for number, text in enumerate(planned.read_text().splitlines(), 1) if "sane" in text)
        assert answer.out.startswith(f"migrations/welcome/v1..v2.json:{line}:")
        [problem] = wflgit("validate", "migrations/welcome/v1..v2.json", "--json", code=1).data
        assert (problem["workflow"], problem["rule"], problem["line"]) == ("welcome", "wrong-value", line)

    def test_what_it_says_of_steps_is_checked(self, planned: Path, wflgit: Wflgit) -> None:
        planned.write_text(planned.read_text().replace('"to": "bye"', '"to": "byee"', 1))
        [problem] = wflgit("validate", "--json", code=1).data
        assert problem["rule"] == "unknown-target"

    def test_a_stale_one_is_an_error(self, moving: Story, planned: Path, wflgit: Wflgit) -> None:
        blob = moving.version("welcome", 2).blob
        assert blob
        planned.write_text(planned.read_text().replace(blob, moving.version("welcome", 1).blob or ""))
        assert "'welcome@2'" in wflgit("validate", code=1).out

    def test_one_that_is_named_may_be_anywhere(self, moving: Story, planned: Path, wflgit: Wflgit, tmp_path: Path) -> None:
        elsewhere = tmp_path / "plan.json"
        elsewhere.write_bytes(planned.read_bytes())
        assert wflgit("validate", str(elsewhere)).err == "1 file: 0 errors, 0 warnings\n"
        elsewhere.write_text('{"plan": 1}')
        assert {problem["path"] for problem in wflgit("validate", str(elsewhere), "--json", code=1).data} == {str(elsewhere)}
