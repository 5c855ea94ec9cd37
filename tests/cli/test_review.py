from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.builders import steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import Story
    from tests.cli.conftest import Wflgit


@pytest.fixture
def idea(story: Story) -> Story:
    """A branch `idea` that takes out the step at which Ana stands."""
    story.commit(welcome=steps("hello", "wait", "bye")).publish("welcome").start("welcome", "ana")
    story.git("switch", "--quiet", "--create", "idea")
    story.write(welcome=steps("wait", "bye"))
    story.git("commit", "--quiet", "--all", "--message", "Say no hello")
    return story


def test_a_review_says_what_fails_and_exits_1(wflgit: Wflgit, idea: Story) -> None:
    answer = wflgit("review", "main...HEAD", code=1)
    assert "WFL101" in answer.out
    assert "hello" in answer.out
    assert wflgit("review", code=1).out == answer.out
    assert wflgit("review", "main", code=1).out == answer.out


def test_from_when_on_to_fail_can_be_said(wflgit: Wflgit, idea: Story) -> None:
    wflgit("review", "main", "--fail-on", "off")
    assert wflgit("review", "main...main", "--fail-on", "info").code == 0


def test_the_working_tree_is_reviewed_before_it_is_committed(wflgit: Wflgit, idea: Story) -> None:
    idea.git("switch", "--quiet", "main")
    idea.write(welcome=steps("wait"))
    assert "WFL101" in wflgit("review", "main...worktree", code=1).out


def test_json_goes_by_its_schema(wflgit: Wflgit, idea: Story) -> None:
    found = wflgit("review", "--json", code=1).data
    assert found["schema"] == "wflgit.review/1"
    assert found["verdict"] == "failed"
    assert found == wflgit("review", "--format", "json", code=1).data


@pytest.mark.slow
def test_several_forms_are_written_at_once(wflgit: Wflgit, idea: Story, tmp_path: Path) -> None:
    forms = ("terminal", "json", "markdown", "mermaid", "html", "sarif", "github", "gitlab", "junit")
    files = {form: tmp_path / "forms" / form for form in forms}
    answer = wflgit("review", *(f"--format={form}={file}" for form, file in files.items()), code=1)
    assert answer.out == ""
    assert {form: file.read_text()[:1] for form, file in files.items() if form in ("json", "sarif")} == {"json": "{", "sarif": "{"}
    assert all("hello" in file.read_text() for file in files.values())


def test_a_form_that_there_is_not_is_a_wrong_call(wflgit: Wflgit, idea: Story) -> None:
    assert "expected one of terminal, json" in wflgit("review", "--format", "pdf", code=2).err
    assert "--format" in wflgit("review", "--format", "json=", code=2).err


def test_a_file_that_cannot_be_written_is_told(wflgit: Wflgit, idea: Story, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written" in wflgit("review", "--format", f"json={tmp_path}/file/review.json", code=1).err


def test_a_snapshot_is_written_and_read(wflgit: Wflgit, idea: Story, tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    wflgit("exec", "snapshot", "-o", str(file))
    assert json.loads(file.read_text()) == wflgit("exec", "snapshot").data
    assert "ana" not in file.read_text()
    review = wflgit("review", "--executions", str(file), "--json", code=1).data
    assert review["workflows"][0]["live"] == 1


def test_posting_needs_to_know_where(wflgit: Wflgit, idea: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN", "GITHUB_EVENT_PATH"):
        monkeypatch.delenv(name, raising=False)
    assert "GITHUB_REPOSITORY" in wflgit("review", "--post", "github", code=2).err
    monkeypatch.setenv("GITHUB_REPOSITORY", "shop/workflows")
    monkeypatch.setenv("GITHUB_TOKEN", "a-token")
    assert "expected an event of a pull request" in wflgit("review", "--post", "github", code=2).err


def test_rules_are_listed_by_area_code_or_name(wflgit: Wflgit) -> None:
    every = wflgit("rules", "--json").data
    assert len(every) > 70
    waits = wflgit("rules", "waits", "--json").data
    assert {rule["area"] for rule in waits} == {"waits"}
    assert [rule["code"] for rule in wflgit("rules", "wfl101", "step-removed", "--json").data] == ["WFL101", "WFL102"]
    assert "WFL101" in wflgit("rules").out


def test_a_rule_is_explained(wflgit: Wflgit) -> None:
    said = wflgit("explain", "WFL101").out
    assert said.startswith("WFL101 step-removed-active\n")
    assert "what to do: " in said
    assert wflgit("explain", "step-removed-active").out == said


def test_a_rule_that_there_is_not_gets_a_proposal(wflgit: Wflgit) -> None:
    assert "WFL101" in wflgit("explain", "WFL1011", code=1).err
