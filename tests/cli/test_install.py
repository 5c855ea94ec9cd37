"""The commands `install`, `uninstall` and `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import steps
from tests.git_drivers.machine import PROGRAMS, Wflgit, put_programs
from wflgit.api.installation import settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import Story
    from tests.cli.conftest import Wflgit as Call

CHECKS = ["git", "program", "settings", "attributes", "diff", "fallback", "merge", "steps", "conflict", "merge-fallback"]


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the PATH, with git and wflgit."""
    folder = put_programs(tmp_path / "bin", Wflgit.THERE)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def test_it_says_what_it_wrote_and_what_it_removed(wflgit: Call, story: Story) -> None:
    file = story.path / ".gitattributes"
    said = wflgit("install").out.splitlines()
    assert said == [
        "wrote diff.wflgit.textconv in git's local configuration",
        "wrote diff.wflgit.xfuncname in git's local configuration",
        "wrote merge.wflgit.name in git's local configuration",
        "wrote merge.wflgit.driver in git's local configuration",
        "wrote merge.wflgit.recursive in git's local configuration",
        f"wrote the lines of wflgit in {file}",
    ]
    assert wflgit("install").err == "git is set up already\n"
    assert wflgit("install", "--json").data == {"scope": "local", "settings": [], "attributes": None}
    assert wflgit("uninstall", "--json").data == {"scope": "local", "settings": list(settings()), "attributes": str(file)}
    assert wflgit("uninstall").err == "nothing is left of what wflgit wrote\n"


def test_attributes_are_left_alone_where_that_is_asked_for(wflgit: Call, story: Story) -> None:
    wflgit("install", "--no-attributes")
    assert not (story.path / ".gitattributes").exists()
    assert story.git("config", "diff.wflgit.textconv")


def test_globally_no_repository_is_needed(wflgit: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    wflgit("-C", str(tmp_path), "install", "--global")
    assert "textconv" in (tmp_path / "gitconfig").read_text()
    wflgit("-C", str(tmp_path), "uninstall", "--global")
    assert (tmp_path / "gitconfig").read_text() == ""


def test_a_setting_of_somebody_else_is_an_error_with_what_to_do(wflgit: Call, story: Story) -> None:
    story.git("config", "diff.wflgit.textconv", "cat")
    answer = wflgit("install", code=1)
    assert "hint: if it may go: git config --local --unset-all diff.wflgit.textconv" in answer.err


def test_where_all_is_well_every_check_is_ok(wflgit: Call, story: Story, on_path: Path) -> None:
    story.commit(welcome=steps("a"))
    wflgit("install")
    before = story.git("status", "--porcelain")
    found = wflgit("doctor", "--json").data
    assert [(checkup["check"], checkup["ok"], checkup["hint"]) for checkup in found] == [(check, True, None) for check in CHECKS]
    assert story.git("status", "--porcelain") == before


def faults(wflgit: Call) -> list[str]:
    return [checkup["check"] for checkup in wflgit("doctor", "--json", code=1).data if not checkup["ok"]]


def test_what_was_never_installed_is_said(wflgit: Call, on_path: Path) -> None:
    assert faults(wflgit) == ["settings", "attributes", "diff", "steps"]
    said = wflgit("doctor", code=1).out
    assert "settings: not ok, git's configuration says otherwise than this wflgit would: diff.wflgit.textconv" in said
    assert "    hint: run `wflgit install`\n" in said


def test_a_program_that_is_not_on_the_path_is_said(wflgit: Call, on_path: Path) -> None:
    wflgit("install")
    (on_path / "wflgit").unlink()
    assert faults(wflgit) == ["program", "diff", "steps"]


def test_a_program_that_fails_is_said(wflgit: Call, on_path: Path) -> None:
    wflgit("install")
    (on_path / "wflgit").write_text(PROGRAMS[Wflgit.FAILING])
    assert faults(wflgit) == ["diff", "steps"]


def test_lines_that_overrule_the_attributes_are_said(wflgit: Call, story: Story, on_path: Path) -> None:
    wflgit("install")
    with (story.path / ".gitattributes").open("a") as file:
        file.write("*.json -diff\n")
    assert faults(wflgit) == ["attributes", "diff", "fallback"]


def test_a_driver_without_a_fallback_is_said(wflgit: Call, story: Story, on_path: Path) -> None:
    wflgit("install")
    story.git("config", "diff.wflgit.textconv", "wflgit textconv")
    assert faults(wflgit) == ["settings", "fallback"]


def test_a_merge_driver_without_a_fallback_is_said(wflgit: Call, story: Story, on_path: Path) -> None:
    wflgit("install")
    story.git("config", "merge.wflgit.driver", "wflgit merge-driver %O %A %B %L %P")
    assert faults(wflgit) == ["settings", "merge-fallback"]


def test_a_driver_that_loses_one_side_of_a_merge_is_said(wflgit: Call, story: Story, on_path: Path) -> None:
    wflgit("install")
    story.git("config", "merge.ours.driver", "true")
    with (story.path / ".gitattributes").open("a") as file:
        file.write("*.json merge=ours\n")
    assert faults(wflgit) == ["attributes", "merge", "steps", "conflict", "merge-fallback"]


def test_a_bare_repository_is_looked_at_too(wflgit: Call, story: Story, on_path: Path, tmp_path: Path) -> None:
    story.commit(welcome=steps("a"))
    bare = tmp_path / "acme.git"
    story.git("clone", "--quiet", "--bare", str(story.path), str(bare))
    wflgit("-C", str(bare), "install")
    found = wflgit("-C", str(bare), "doctor", "--json").data
    assert all(checkup["ok"] for checkup in found)
