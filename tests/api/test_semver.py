"""The number that publishing gives a version, in the tag, in the store, in other clones."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import invariants
from tests.builders import BEN, Story, make_repo, steps
from wflgit import DefinitionError
from wflgit import open as open_repository
from wflgit.store import versions


@pytest.fixture
def story(tmp_path: Path, store_url: str) -> Story:
    return make_repo(tmp_path / "repo", store=store_url)


def message(story: Story, number: int) -> str:
    return story.git("tag", "-l", "--format=%(contents)", f"welcome/v{number}")


def numbers(story: Story) -> list[str | None]:
    """The numbers of all versions, oldest first."""
    return [version.semver for version in story.repo.versions.list("welcome")][::-1]


def test_the_first_published_version_is_the_first_number_and_drafts_have_none(story: Story) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello", "bye")).publish("welcome")
    assert numbers(story) == [None, "1.0.0"]
    assert "Wflgit-Semver: 1.0.0\n" in message(story, 2)


def test_a_change_that_meets_nobody_is_a_patch(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).publish("welcome").commit(welcome=steps("hi")).publish("welcome")
    assert numbers(story) == ["1.0.0", "1.0.1"]
    assert "- patch: no live executions on older versions\n- since v1:\n" in message(story, 2)


def test_where_all_who_are_on_the_way_keep_their_places_it_is_a_patch(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).publish("welcome").start("welcome", "ana", "bob")
    story.commit(welcome=steps("hello", "news", "bye")).publish("welcome")
    assert numbers(story) == ["1.0.0", "1.0.1"]
    assert "- patch: all 2 live executions keep their places\n" in message(story, 2)


def test_where_somebody_needs_a_place_it_is_minor(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).publish("welcome").start("welcome", "ana", "bob")
    story.commit(welcome=steps("ask", "bye")).publish("welcome")
    assert numbers(story) == ["1.0.0", "1.1.0"]
    assert "- minor: 2 executions at 'hello' need a place\n" in message(story, 2)


def test_where_somebody_can_only_be_ended_it_is_major(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).publish("welcome").start("welcome", "ana", "bob")
    story.repo.executions.advance(story.execution("ana").id)
    story.commit(welcome=steps("wait")).publish("welcome")
    assert numbers(story) == ["1.0.0", "2.0.0"]
    assert "- major: 1 execution at 'bye' can only be ended, or stay behind\n" in message(story, 2)


def test_everybody_on_an_older_version_counts_not_only_those_on_the_current_one(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).publish("welcome").start("welcome", "ana")
    story.commit(welcome=steps("ask", "bye")).publish("welcome").start("welcome", "bob")
    story.commit(welcome=steps("ask", "wait", "bye")).publish("welcome")
    assert numbers(story) == ["1.0.0", "1.1.0", "1.2.0"]
    assert "- minor: 1 execution at 'hello' needs a place\n" in message(story, 3)


def test_a_rollback_gets_its_number_by_those_who_are_on_the_way_too(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("ask", "bye")).publish("welcome")
    story.start("welcome", "ana").rollback("welcome", to=1)
    assert numbers(story) == ["1.0.0", "1.0.1", "1.1.0"]
    assert "- back to the content of v1\n- minor: 1 execution at 'ask' needs a place\n- since v2:\n" in message(story, 3)


def test_publishing_what_is_published_asks_nothing_again(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "ana").commit(welcome=steps("ask")).publish("welcome")
    monkeypatch.delattr("wflgit.api.proposing.propose_for")
    story.publish("welcome")
    assert numbers(story) == ["1.0.0", "1.1.0"]


def test_a_broken_draft_is_still_refused_as_one(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "ana")
    story.write(welcome=b"{}").git("commit", "--quiet", "--all", "--message", "Break it")
    with pytest.raises(DefinitionError, match="version 2 of 'welcome' has errors and cannot be published"):
        story.repo.versions.publish("welcome")


def test_what_plain_git_published_has_no_number_and_the_next_one_goes_on(story: Story) -> None:
    story.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("b"))
    story.git("tag", "--annotate", "--message", "By hand", "welcome/v2", "main")
    story.commit(welcome=steps("c")).publish("welcome")
    assert numbers(story) == ["1.0.0", None, "1.0.1"]


def test_after_versions_from_before_there_were_numbers_it_begins(story: Story) -> None:
    story.commit(welcome=steps("a"))
    story.git("tag", "--annotate", "--message", "Publish welcome v1\n\nWflgit-Action: publish", "welcome/v1", "main")
    story.commit(welcome=steps("b")).publish("welcome").commit(welcome=steps("c")).publish("welcome")
    assert numbers(story) == [None, "1.0.0", "1.0.1"]


@pytest.mark.parametrize("said", ["7", "v1.2.3", "1.2.3; DROP TABLE", "9" * 400 + ".0.0"])
def test_a_tag_that_says_no_number_is_taken_as_one_without(story: Story, said: str) -> None:
    story.commit(welcome=steps("a"))
    text = f"Publish\n\nWflgit-Action: publish\nWflgit-Semver: {said}"
    story.git("tag", "--annotate", "--message", text, "welcome/v1", "main")
    assert numbers(story) == [None]


def test_other_clones_have_the_same_numbers(story: Story, tmp_path: Path) -> None:
    story.commit(welcome=steps("hello", "bye")).publish("welcome").start("welcome", "ana")
    story.commit(welcome=steps("ask", "bye")).publish("welcome")
    subprocess.run(["git", "clone", "--quiet", str(story.path), str(tmp_path / "clone")], check=True)
    clone = open_repository(tmp_path / "clone", actor=BEN)
    assert [version.semver for version in clone.versions.list("welcome")] == ["1.1.0", "1.0.0"]
    invariants.check(clone, tmp_path / "clone")


def test_the_numbers_can_be_read_from_git_again(story: Story) -> None:
    story.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("b")).publish("welcome")
    workspace = story.repo.workspace
    with workspace.store.write() as conn:
        versions.clear(conn, workspace.account)
    assert [version.semver for version in story.open_again(store=story.store).versions.list("welcome")] == ["1.0.1", "1.0.0"]


def test_a_store_of_an_older_wflgit_learns_the_numbers_when_it_is_upgraded(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "repo").commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("b")).publish("welcome")
    told = story.repo.audit.list(limit=1000)
    with story.repo.workspace.store.write() as conn:
        conn.exec_driver_sql("ALTER TABLE versions DROP COLUMN semver")
        conn.exec_driver_sql("UPDATE wflgit_revision SET version_num = '0002'")
    story.repo.workspace.store.close()
    again = story.open_again()
    assert [version.semver for version in again.versions.list("welcome")] == ["1.0.1", "1.0.0"]
    assert again.audit.list(limit=1000) == told
    invariants.check(again, story.path)


def test_an_archived_version_keeps_its_number_and_a_taken_back_one_has_none(story: Story) -> None:
    for step in "abc":
        story.commit(welcome=steps(step)).publish("welcome")
    story.git("update-ref", "refs/wflgit/archive/welcome/v1", "refs/tags/welcome/v1")
    story.git("tag", "--delete", "welcome/v1", "welcome/v3")
    assert numbers(story) == ["1.0.0", "1.0.1", None]
