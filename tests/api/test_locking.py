"""Optimistic locking: whoever says what they have seen is never overtaken unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import BEN, Story, make_repo, steps, to_content
from wflgit import ConflictError, NotFoundError, StateError

HELLO = steps("hello", "wait", "bye")
GREETED = steps("hello", "wait", "bye", hello={"tag": "greeted"})
PARTED = steps("hello", "wait", "bye", bye={"tag": "parted"})


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A workflow that Ben has changed while Maya was editing version 1."""
    made = make_repo(tmp_path / "repo", channels=["stable"]).commit(welcome=HELLO)
    made.open_again(actor=BEN).versions.create("welcome", to_content("welcome", GREETED))
    return made


def test_a_conflict_says_who_changed_what_when_and_in_which_version_and_what_one_wanted_oneself(story: Story) -> None:
    with pytest.raises(ConflictError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", PARTED), base=1)
    error = caught.value
    assert "Ben made version 2 ('Change welcome: changed step 'hello'" in error.message
    assert "2026-01-05 11:00 UTC" in error.message
    assert error.theirs is not None
    assert error.ours is not None
    assert [change.id for change in error.theirs.steps] == ["hello"]
    assert [change.id for change in error.ours.steps] == ["bye"]


def test_a_conflict_names_all_who_were_faster(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye"))
    with pytest.raises(ConflictError, match=r"Maya made version 3 .*, Ben made version 2"):
        story.repo.versions.create("welcome", to_content("welcome", PARTED), base=1)


def test_an_edit_is_merged_with_what_became_of_the_workflow_where_that_is_asked_for(story: Story) -> None:
    merged = story.repo.versions.create("welcome", to_content("welcome", PARTED), base=1, merge=True)
    graph = story.repo.workflows.get(f"welcome@{merged.number}").graph
    assert merged.number == 3
    assert [graph.steps[step].config["tag"] for step in ("hello", "bye")] == ["greeted", "parted"]


def test_an_edit_of_the_same_place_is_a_conflict_that_says_where(story: Story) -> None:
    mine = steps("hello", "wait", "bye", hello={"tag": "met"})
    with pytest.raises(ConflictError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", mine), base=1, merge=True)
    assert [conflict.step for conflict in caught.value.conflicts] == ["hello"]
    assert "--base 2" in (caught.value.hint or "")
    assert len(story.repo.versions.list("welcome")) == 2


def test_an_edit_in_the_working_tree_becomes_what_it_was_merged_to(story: Story) -> None:
    mine = to_content("welcome", PARTED)
    story.write(welcome=mine)
    merged = story.repo.versions.create("welcome", mine, base=1, merge=True)
    file = story.path / "workflows/welcome.json"
    assert merged.blob == story.git("hash-object", str(file)).strip()
    assert story.git("status", "--porcelain") == ""


@pytest.mark.parametrize("base", ["main~1", "short", 1])
def test_a_base_may_be_any_name_of_a_commit(story: Story, base: int | str) -> None:
    base = story.version("welcome", 1).commit[:9] if base == "short" else base
    merged = story.repo.versions.create("welcome", to_content("welcome", PARTED), base=base, merge=True)
    assert merged.number == 3


def test_nothing_is_merged_with_a_version_that_there_never_was(story: Story) -> None:
    with pytest.raises(NotFoundError, match="no version 7"):
        story.repo.versions.create("welcome", to_content("welcome", PARTED), base=7, merge=True)


def test_publishing_may_say_which_version_was_current(story: Story) -> None:
    story.repo.versions.publish("welcome", 1, base=0)
    story.open_again(actor=BEN).versions.publish("welcome", 2, base=1)
    story.commit(welcome=PARTED)
    with pytest.raises(ConflictError, match="Ben published version 2 of 'welcome' in the meantime"):
        story.repo.versions.publish("welcome", base=1)
    with pytest.raises(ConflictError, match="Ben published version 2"):
        story.repo.versions.rollback("welcome", to=1, base=1)
    assert story.repo.versions.publish("welcome", base=2).number == 3


def test_publishing_for_the_first_time_may_say_that_nothing_was_current(story: Story) -> None:
    with pytest.raises(ConflictError, match="expected version 1 of 'welcome' to be current, but none is"):
        story.repo.versions.publish("welcome", base=1)
    story.publish("welcome", 1)
    with pytest.raises(ConflictError, match="Maya published version 1"):
        story.repo.versions.publish("welcome", base=0)


def test_a_channel_moves_from_where_one_has_seen_it(story: Story) -> None:
    story.publish("welcome", 1).publish("welcome", 2)
    story.repo.versions.tag("welcome", "stable", 1, base=0)
    with pytest.raises(ConflictError, match="expected channel 'stable' of 'welcome' to mark version 2, but it marks version 1"):
        story.repo.versions.tag("welcome", "stable", 2, base=2)
    assert story.repo.versions.tag("welcome", "stable", 2, base=1).channels == ("stable",)


def test_a_draft_is_taken_back_only_if_nobody_went_on_from_it(story: Story) -> None:
    with pytest.raises(ConflictError, match="Ben made version 2"):
        story.repo.versions.discard("welcome", 1, base=1)
    assert story.repo.versions.discard("welcome", 2, base=2).number == 3


@pytest.mark.parametrize("base", [1, 0])
def test_a_workflow_is_renamed_or_deleted_only_as_one_has_seen_it(story: Story, base: int) -> None:
    with pytest.raises((ConflictError, StateError)):
        story.repo.workflows.delete("welcome", base=base)
    with pytest.raises((ConflictError, StateError)):
        story.repo.workflows.rename("welcome", "hello", base=base)
    assert story.repo.workflows.rename("welcome", "hello", base=2).workflow == "hello"


def test_a_publication_shows_whose_edits_it_holds(story: Story) -> None:
    published = story.publish("welcome", 2).version("welcome", 2)
    assert [editor.name for editor in published.editors] == ["Ben", "Maya"]
    assert "edits of Ben <ben@example.com>, Maya <maya@example.com>" in story.git("tag", "-l", "--format=%(contents)", "welcome/v2")
    story.commit(welcome=PARTED).publish("welcome")
    assert [editor.name for editor in story.version("welcome", 3).editors] == ["Maya"]
