"""Exit codes, errors, colours, help: what every command has in common."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING

import click
import pytest

from tests.builders import steps
from tests.cli.terminal import command, environment, on_a_terminal
from wflgit.api.workflows import Workflows
from wflgit.cli.main import COMMANDS, run
from wflgit.errors import ConflictError, LockedError, StateError
from wflgit.render.problems import SHOWN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import Story
    from tests.cli.conftest import Wflgit


def start(*arguments: str, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command(*arguments), check=False, capture_output=True, input=stdin, env=environment(**more), timeout=60)


class TestExitCodes:
    def test_a_real_process_ends_with_them(self, story: Story) -> None:
        story.commit(welcome=steps("a"))
        there = ("-C", str(story.path))
        assert start(*there, "log", "welcome").returncode == 0
        assert start(*there, "log", "nobody").returncode == 1
        assert start(*there, "log").returncode == 2

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (StateError("no"), 1),
            (ConflictError("late"), 4),
            (LockedError("held"), 4),
            (KeyError("x"), 3),
            (KeyboardInterrupt(), 130),
        ],
    )
    def test_each_kind_of_failure_has_its_own(
        self, wflgit: Wflgit, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
    ) -> None:
        def fail(_: object) -> None:
            raise error

        monkeypatch.setattr(Workflows, "list", fail)
        assert "Traceback" not in wflgit("ls", code=code).err

    def test_an_interrupted_process_ends_with_130_and_no_stack_trace(self, story: Story) -> None:
        fifo = story.path / "fifo"
        os.mkfifo(fifo)
        process = subprocess.Popen(
            command("-C", str(story.path), "new", "x", "--from", str(fifo)),
            stderr=subprocess.PIPE,
            env=environment(),
            # What runs in the background of a shell ignores the signal, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        with process, fifo.open("wb"):  # opens when the process reads, and gives it nothing
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert b"Traceback" not in err

    def test_whoever_stops_reading_gets_no_complaint(self, story: Story) -> None:
        story.commit(welcome=steps(*(f"s{number}" for number in range(2000))))
        with subprocess.Popen(
            command("-C", str(story.path), "show", "welcome"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
        ) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait(timeout=30) == 0


class TestBugs:
    @pytest.fixture(autouse=True)
    def _bug(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: object) -> None:
            raise ZeroDivisionError("what\nelse")

        monkeypatch.setattr(Workflows, "list", fail)

    def test_one_line_names_the_exception_and_one_says_how_to_report_it(self, wflgit: Wflgit) -> None:
        lines = wflgit("ls", code=3).err.splitlines()
        assert lines[0] == "error: a bug in wflgit: ZeroDivisionError: what"
        assert lines[1].startswith("hint: please report it")
        assert len(lines) == 2

    def test_json_has_it_too(self, wflgit: Wflgit) -> None:
        assert wflgit("ls", "--json", code=3).error["code"] == "bug"

    def test_the_stack_trace_is_there_for_those_who_ask(self, wflgit: Wflgit, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WFLGIT_DEBUG", "1")
        assert "Traceback (most recent call last)" in wflgit("ls", code=3).err


class TestUsage:
    def test_a_mistyped_command_proposes_the_near_one(self, wflgit: Wflgit) -> None:
        assert (
            wflgit("rolback", "welcome", code=2).err
            == "error: there is no command 'rolback'\nhint: did you mean `wflgit rollback`?\n"
        )
        assert wflgit("exec", "strat", code=2).err.splitlines()[1] == "hint: did you mean `wflgit exec start`?"

    def test_a_slug_in_place_of_a_command_is_told_where_commands_are_listed(self, wflgit: Wflgit) -> None:
        assert wflgit("welcome-mail", code=2).err.splitlines()[1] == "hint: `wflgit --help` lists the commands"

    def test_errors_of_usage_have_the_form_of_all_others(self, wflgit: Wflgit) -> None:
        answer = wflgit("log", "welcome", "-n", "0", code=2)
        assert answer.out == ""
        assert answer.err.splitlines()[0].startswith("error: invalid value for '-n' / '--limit'")
        assert answer.err.splitlines()[1] == "hint: `wflgit log --help` tells how it is used"
        assert wflgit("log", "--json", code=2).error == {
            "code": "usage",
            "message": "missing argument 'SLUG'",
            "hint": "`wflgit log --help` tells how it is used",
        }

    @pytest.mark.parametrize("arguments", [[], ["exec"], ["migrate"], ["audit"], ["store"]])
    def test_without_a_command_the_help_goes_to_stderr(self, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
        assert run(arguments) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.startswith("Usage: wflgit")

    def test_help_lists_every_command_in_one_line_each(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--help"]) == 0
        listed = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
        assert [text.split()[0] for text in listed] == list(COMMANDS)

    def test_the_version_is_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--version"]) == 0
        assert capsys.readouterr().out.startswith("wflgit")


class TestJson:
    def test_it_may_stand_before_or_after_the_command(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a"))
        assert wflgit("--json", "log", "welcome").data == wflgit("log", "welcome", "--json").data

    def test_an_error_is_an_object_on_stderr_and_stdout_stays_empty(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a"))
        answer = wflgit("log", "welcom", "--json", code=1)
        assert answer.out == ""
        assert answer.error == {
            "code": "not-found",
            "message": "there is no workflow 'welcom'",
            "hint": "did you mean 'welcome'?",
            "candidates": ["welcome"],
        }

    def test_the_problems_of_a_definition_are_listed_all(self, story: Story, wflgit: Wflgit) -> None:
        document = steps(*(f"s{number}" for number in range(30)))
        for step in document["steps"].values():
            step["config"] = {"wrong": 1}
        story.write(welcome=document)
        assert len(wflgit("commit", "welcome", "--json", code=1).error["problems"]) >= 30
        text = wflgit("commit", "welcome", code=1).err
        assert text.count("workflows/welcome.json:") == SHOWN
        assert " more\n" in text


class TestColours:
    @pytest.fixture
    def log(self, story: Story, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        monkeypatch.delenv("NO_COLOR", raising=False)
        monkeypatch.setenv("TERM", "xterm")
        story.commit(welcome=steps("a")).publish("welcome")
        return ["log", "welcome"]

    def test_a_pipe_gets_none_and_a_terminal_may_be_promised(self, log: list[str], wflgit: Wflgit) -> None:
        plain = wflgit(*log).out
        painted = wflgit("--color", "always", *log).out
        assert "\x1b[" not in plain
        assert click.style("current", fg="green") in painted
        assert click.unstyle(painted) == plain
        assert wflgit("--color", "never", *log).out == plain

    def test_a_terminal_gets_colours_and_tables_that_fit(self, log: list[str], story: Story) -> None:
        story.commit(welcome=steps("b"), message="a very long summary " * 20)
        out = on_a_terminal("-C", str(story.path), *log, columns=90)
        assert "\x1b[32mcurrent\x1b[0m" in out
        assert max(len(click.unstyle(text)) for text in out.splitlines()) == 90

    def test_no_color_is_heeded_on_a_terminal(self, log: list[str], story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("NO_COLOR", "1")
        assert "\x1b[" not in on_a_terminal("-C", str(story.path), *log)
        assert "\x1b[" in on_a_terminal("-C", str(story.path), "--color", "always", *log)


class TestProcess:
    def test_a_definition_is_read_from_stdin(self, story: Story) -> None:
        content = json.dumps(steps("a", name="Piped")).encode()
        assert start("-C", str(story.path), "new", "piped", "--from", "-", stdin=content).returncode == 0
        assert start("-C", str(story.path), "show", "piped@1", "--raw").stdout == content

    def test_a_terminal_that_knows_no_arrows_gets_a_question_mark(self, story: Story) -> None:
        story.commit(welcome=steps("a", name="Grüße ✉")).commit(welcome=steps("b"))
        answer = start("-C", str(story.path), "diff", "welcome@1..2", PYTHONIOENCODING="latin-1")
        assert (answer.returncode, answer.stderr) == (0, b"")
        assert answer.stdout.decode("latin-1").splitlines()[:3] == [
            "welcome@1 ? welcome@2",
            "~ workflow",
            '    name: "Grüße ?" ? "Welcome"',
        ]

    @pytest.mark.parametrize(
        ("words", "completed"),
        [("wflgit pub", ["publish"]), ("wflgit exec st", ["start"]), ("wflgit log sa", ["sales/offer"]), ("wflgit log zz", [])],
    )
    def test_commands_and_slugs_are_completed(
        self, story: Story, monkeypatch: pytest.MonkeyPatch, words: str, completed: list[str]
    ) -> None:
        story.commit({"sales/offer": steps("a")}, welcome=steps("a"))
        monkeypatch.chdir(story.path)
        answer = start(_WFLGIT_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))
        assert [text.partition(",")[2] for text in answer.stdout.decode().split()] == completed

    def test_completion_where_there_is_no_repository_is_silent(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        answer = start(_WFLGIT_COMPLETE="bash_complete", COMP_WORDS="wflgit log w", COMP_CWORD="2")
        assert (answer.stdout.strip(), answer.stderr) == (b"", b"")

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_the_completion_script_of_each_documented_shell_is_printed(self, shell: str) -> None:
        answer = start(_WFLGIT_COMPLETE=f"{shell}_source")
        assert b"_WFLGIT_COMPLETE" in answer.stdout
