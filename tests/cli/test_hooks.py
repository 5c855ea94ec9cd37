"""The hooks of git: `hook pre-commit`, `hook pre-push`, `hook pre-receive`, as commands and called by real git."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import steps, to_content
from tests.git_drivers.machine import Wflgit, put_programs
from wflgit.cli.idle import is_idle
from wflgit.cli.main import COMMANDS
from wflgit.git.hooking import parse_updates

if TYPE_CHECKING:
    from tests.builders import Story
    from tests.cli.conftest import Wflgit as Call

ROOT = Path(__file__).parents[2]
FILE = "workflows/welcome.json"
ZEROS = "0" * 40


@pytest.fixture
def hooks(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of hooks of the story's repository; git and wflgit are on the PATH."""
    monkeypatch.setenv("PATH", str(put_programs(tmp_path / "bin", Wflgit.THERE)))
    return story.path / ".git" / "hooks"


def put_hook(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def attempt(story: Story, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=story.path, env=os.environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["pre-commit", "pre-push", "pre-receive"])
def test_the_file_of_a_hook_calls_it(wflgit: Call, name: str) -> None:
    text = f'#!/bin/sh\nexec wflgit hook {name} "$@"\n'
    assert wflgit("hook", "script", name).out == text
    assert wflgit("hook", "script", name, "--json").data == {"name": name, "script": text}


# Before a commit


def test_what_is_staged_is_checked_and_what_is_not_does_not_count(wflgit: Call, story: Story) -> None:
    story.write(welcome=steps("a"))
    story.git("add", ".")
    story.write(welcome="{")
    assert wflgit("hook", "pre-commit").out == ""
    story.git("add", ".")
    story.write(welcome=steps("a"))
    assert f"{FILE}:1:2: error: " in wflgit("hook", "pre-commit", code=1).out


def test_a_file_that_is_not_canonical_is_told_with_what_to_do(wflgit: Call, story: Story) -> None:
    story.write(welcome=to_content("welcome", steps("a")).replace(b"  ", b" "))
    story.git("add", ".")
    said = wflgit("hook", "pre-commit", code=1).out
    assert said == f"{FILE}: error: it is not written canonically\n    hint: wflgit fmt {FILE} && git add {FILE}\n"
    [data] = wflgit("hook", "pre-commit", "--json", code=1).data
    assert data == {"path": FILE, "workflow": "welcome", "canonical": False, "problems": []}


def test_deletions_links_and_files_that_are_no_workflows_pass(wflgit: Call, story: Story) -> None:
    story.commit(welcome=steps("a"))
    story.git("rm", "--quiet", FILE)
    (story.path / "workflows").mkdir(exist_ok=True)
    (story.path / "workflows" / "link.json").symlink_to("nowhere")
    (story.path / "package.json").write_text("{")
    story.git("add", ".")
    assert wflgit("hook", "pre-commit").out == ""


def test_git_calls_it_for_a_commit_of_everything_and_of_one_file(wflgit: Call, story: Story, hooks: Path) -> None:
    put_hook(hooks, "pre-commit", wflgit("hook", "script", "pre-commit").out)
    story.write(welcome=steps("a"), other="{")
    story.git("add", ".")
    assert attempt(story, "commit", "--message", "Both").returncode == 1
    done = attempt(story, "commit", "--message", "One", FILE)
    assert done.returncode == 0, done.stderr
    assert story.git("show", "--name-only", "--format=") == f"{FILE}\n"


# Before a push


def stdin(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


@pytest.fixture
def branched(story: Story) -> Story:
    """A branch that removes a step on which somebody is."""
    story.commit(welcome=steps("a", "wait_b", "c")).publish("welcome").start("welcome", "ana")
    story.repo.executions.advance(story.execution("ana").id)
    story.git("switch", "--quiet", "--create", "shorter")
    story.write(welcome=steps("a", "c"))
    story.git("commit", "--quiet", "--all", "--message", "Shorter")
    return story


def commit_of(story: Story, name: str) -> str:
    return story.git("rev-parse", name).strip()


def test_a_new_branch_is_reviewed_against_the_trunk(wflgit: Call, branched: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit_of(branched, "shorter")
    stdin(monkeypatch, f"refs/heads/shorter {head} refs/heads/shorter {ZEROS}")
    said = wflgit("hook", "pre-push", "origin", "somewhere", code=1).out
    assert "welcome" in said
    assert "wait_b" in said


def test_a_branch_is_reviewed_against_what_the_remote_has_of_it(
    wflgit: Call, branched: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, elsewhere = commit_of(branched, "shorter"), "1" * 40
    stdin(monkeypatch, f"refs/heads/shorter {head} refs/heads/shorter {head}")
    assert wflgit("hook", "pre-push", "--json").data[0]["workflows"] == []
    stdin(monkeypatch, f"refs/heads/shorter {head} refs/heads/shorter {elsewhere}")
    wflgit("hook", "pre-push", code=1)


def test_deletions_and_tags_are_not_reviewed(wflgit: Call, branched: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    head = commit_of(branched, "shorter")
    stdin(monkeypatch, f"(delete) {ZEROS} refs/heads/old {head}", f"refs/tags/x {head} refs/tags/x {ZEROS}")
    assert wflgit("hook", "pre-push").out == ""


def test_pre_commit_says_by_the_environment_what_is_pushed(wflgit: Call, branched: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch)
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", commit_of(branched, "main"))
    monkeypatch.setenv("PRE_COMMIT_TO_REF", commit_of(branched, "shorter"))
    assert "wait_b" in wflgit("hook", "pre-push", code=1).out


# While a server receives


def test_reasons_go_to_stderr_and_as_json_to_stdout(wflgit: Call, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    tip = commit_of(story, "main")
    stdin(monkeypatch, f"{tip} {ZEROS} refs/heads/main")
    answer = wflgit("hook", "pre-receive", code=1)
    assert answer.out == ""
    assert answer.err.splitlines() == [
        "error: refs/heads/main: the trunk 'main' would be deleted, and with it every version",
        "hint: push something else",
    ]
    stdin(monkeypatch, f"{tip} {ZEROS} refs/heads/main")
    [data] = wflgit("hook", "pre-receive", "--json", code=1).data
    assert (data["ref"], data["commit"], data["problems"]) == ("refs/heads/main", None, [])


def test_what_may_pass_is_answered_in_silence(wflgit: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch)
    assert wflgit("hook", "pre-receive") == (0, "", "")


def test_what_no_git_would_say_is_an_error(wflgit: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin(monkeypatch, "hello")
    assert "expected 'OLD NEW REF' on stdin but got 'hello'" in wflgit("hook", "pre-receive", code=1).err


# Hooks that have nothing to check


def raw_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


def test_most_commits_are_answered_at_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(story.path)
    assert is_idle("pre-commit")
    story.write(welcome="{")
    assert is_idle("pre-commit")
    (story.path / "notes.txt").write_text("")
    story.git("add", "notes.txt")
    assert is_idle("pre-commit")
    story.git("add", FILE)
    assert not is_idle("pre-commit")


def test_a_commit_of_the_only_other_file_has_nothing_to_check(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(story.path)
    story.write(welcome="{")
    story.git("add", FILE)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    story.git("read-tree", "HEAD")
    assert is_idle("pre-commit")


@pytest.mark.parametrize(
    ("ref", "idle"),
    [
        ("refs/heads/side", True),
        ("refs/tags/release", True),
        ("refs/tags/welcome/current", True),
        ("refs/heads/main", False),
        ("refs/tags/welcome/v7", False),
        ("refs/wflgit/archive/welcome/v1", False),
    ],
)
def test_most_pushes_are_answered_at_once(story: Story, monkeypatch: pytest.MonkeyPatch, ref: str, idle: bool) -> None:
    monkeypatch.chdir(story.path)
    said = f"{ZEROS} {commit_of(story, 'main')} {ref}\n"
    raw_stdin(monkeypatch, said.encode())
    assert is_idle("pre-receive") is idle
    assert sys.stdin.read() == said


@pytest.mark.parametrize(
    ("ref", "idle"),
    [
        ("refs/heads/side", True),
        ("refs/tags/release", True),
        ("refs/tags/welcome/other", True),
        ("refs/tags/welcome/current", False),
        ("refs/tags/sales/welcome/stable", False),
        ("refs/wflgit/drafts/welcome/maya@example.com", False),
    ],
)
def test_where_members_are_named_channels_are_not_for_everybody(
    story: Story, monkeypatch: pytest.MonkeyPatch, ref: str, idle: bool
) -> None:
    file = story.path / "wflgit.toml"
    members = '[[members]]\nid = "maya@example.com"\nroles = ["admin"]\n'
    file.write_text(f"{file.read_text()}\n{members}")
    story.git("commit", "--quiet", "--all", "--message", "Name a member")
    monkeypatch.chdir(story.path)
    raw_stdin(monkeypatch, f"{ZEROS} {commit_of(story, 'main')} {ref}\n".encode())
    assert is_idle("pre-receive") is idle


def test_a_name_that_is_no_text_hides_no_other_ref(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(story.path)
    tip = commit_of(story, "main")
    raw_stdin(monkeypatch, f"{ZEROS} {tip} refs/heads/".encode() + b"\xff\n" + f"{tip} {ZEROS} refs/heads/main\n".encode())
    assert not is_idle("pre-receive")
    assert [update.ref for update in parse_updates(sys.stdin)] == ["refs/heads/\udcff", "refs/heads/main"]


@pytest.mark.parametrize("settings", [None, "?", 'account = "a"', 'account = "a"\ntrunk = "other"\n'])
def test_what_cannot_be_told_at_once_is_not(story: Story, monkeypatch: pytest.MonkeyPatch, settings: str | None) -> None:
    if settings is None:
        story.git("rm", "--quiet", "wflgit.toml")
    else:
        (story.path / "wflgit.toml").write_text(settings)
    story.git("commit", "--quiet", "--all", "--message", "Settings")
    monkeypatch.chdir(story.path)
    raw_stdin(monkeypatch, f"{ZEROS} {ZEROS} refs/heads/side\n".encode())
    assert not is_idle("pre-commit")
    assert not is_idle("pre-receive")


# The manifest for pre-commit.com


def manifest() -> list[dict[str, str]]:
    """The hooks of the manifest, which is so plain that no reader of YAML is needed."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    return [
        dict(re.findall(r"^(?:- |  )([a-z_]+): (.+)$", entry, re.MULTILINE))
        for entry in re.split(r"^(?=- )", text, flags=re.MULTILINE)[1:]
    ]


def test_the_manifest_for_pre_commit_calls_commands_that_there_are() -> None:
    assert [hook["id"] for hook in manifest()] == ["wflgit-fmt", "wflgit-validate", "wflgit-review"]
    for hook in manifest():
        program, command, *_ = hook["entry"].split()
        assert (program, hook["language"]) == ("wflgit", "python")
        assert command in COMMANDS
        assert {"id", "name", "description", "entry", "language"} <= hook.keys()
