"""`init`, `status`, `fsck`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tests.builders import make_repo, steps, write_json

if TYPE_CHECKING:
    from tests.builders import Story
    from tests.cli.conftest import Wflgit


def test_init_takes_an_existing_repository_and_its_workflows_have_versions_at_once(
    tmp_path: Path, story: Story, wflgit: Wflgit
) -> None:
    plain = make_repo(tmp_path / "plain", paths=["flows/*.json"])
    plain.git("rm", "--quiet", "wflgit.toml")
    plain.git("commit", "--quiet", "--message", "no wflgit yet")
    write_json(plain.path / "flows" / "Welcome.json", steps("hello", name="Welcome"))
    plain.git("add", ".")
    plain.git("commit", "--quiet", "--message", "a workflow")

    made = wflgit(
        "-C", str(plain.path), "init", "--path", "flows/*.json", "--account", "acme", "--channel", "stable", "--json"
    ).data
    assert made == {
        "path": made["path"],
        "account": "acme",
        "trunk": "main",
        "paths": ["flows/*.json"],
        "exclude": [],
        "channels": ["stable"],
        "workflows": 1,
    }
    assert [version["number"] for version in wflgit("-C", str(plain.path), "log", "welcome", "--json").data] == [1]


def test_init_makes_a_folder_and_says_what_it_set_up(tmp_path: Path, wflgit: Wflgit) -> None:
    (Path(os.environ["HOME"]) / ".gitconfig").write_text("[user]\nname = Maya\nemail = maya@example.com\n")
    answer = wflgit("-C", str(tmp_path), "init", "new", "--trunk", "trunk")
    assert answer.out == f"account new in '{tmp_path / 'new'}', trunk trunk\n0 workflows in workflows/**/*.json\n"


def test_init_without_anybody_to_attribute_it_to_says_how_to_tell_git(tmp_path: Path, wflgit: Wflgit) -> None:
    answer = wflgit("-C", str(tmp_path), "init", "new", "--json", code=1)
    assert answer.error["code"] == "no-identity"
    assert "git config --global user.name" in answer.error["hint"]


def test_init_again_changes_nothing_and_other_settings_are_refused(story: Story, wflgit: Wflgit) -> None:
    before = story.git("rev-parse", "HEAD")
    wflgit("init")
    assert story.git("rev-parse", "HEAD") == before
    assert "says otherwise" in wflgit("init", "--account", "other", code=1).err


def test_status_tells_what_waits_for_somebody(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "ana")
    story.commit(welcome=steps("hello", "wait")).publish("welcome").commit(welcome=steps("hello", "bye"))
    story.write(fresh=steps("x"))
    data = wflgit("status", "--json").data
    assert (data["account"], data["trunk"], data["branch"], data["workflows"]) == ("acme", "main", "main", 1)
    assert data["drafts"] == ["welcome@3"]
    hello = {"workflow": "welcome", "version": 1, "step": "hello", "active": 1, "waiting": 0}
    assert data["draining"] == [{"workflow": "welcome", "number": 1, "executions": 1, "steps": [hello]}]
    assert data["uncommitted"] == ["workflows/fresh.json"]
    assert "  welcome@1  1 execution\n    hello  1 active  0 waiting\n" in wflgit("status").out


def test_fsck_exits_0_where_all_is_well_and_1_for_damage(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello")).publish("welcome")
    fine = wflgit("fsck")
    assert (fine.out, fine.err) == ("", "all is well\n")
    story.git("tag", "welcome/v7", "HEAD")
    damaged = wflgit("fsck", code=1)
    assert "welcome/v7" in damaged.out
    assert "hint: " in damaged.out
    assert [finding["subject"] for finding in wflgit("fsck", "--json", code=1).data] == ["welcome/v7"]


def test_a_folder_without_a_repository_is_an_error_with_a_hint(tmp_path: Path, story: Story, wflgit: Wflgit) -> None:
    answer = wflgit("-C", str(tmp_path), "ls", code=1)
    assert answer.out == ""
    assert answer.err.startswith("error: ")
    assert "wflgit init" in answer.err.splitlines()[1]
