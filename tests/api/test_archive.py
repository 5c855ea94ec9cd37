"""An archived version: its tag object stands outside of the tags, its number and executions stay, nobody new comes to it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import invariants
from tests.builders import BEN, Story, make_repo, steps
from wflgit import NotFoundError, Repository, VersionStatus
from wflgit import open as open_repository
from wflgit.git import refs
from wflgit.store import versions
from wflgit.store.versions import VersionRow

ARCHIVE = "refs/wflgit/archive"


@pytest.fixture
def story(tmp_path: Path, store_url: str) -> Story:
    return published(make_repo(tmp_path / "repo", channels=["stable"], store=store_url))


def published(story: Story) -> Story:
    """Three published versions and a draft."""
    for ids in (("a",), ("a", "b"), ("a", "b", "c")):
        story.commit(welcome=steps(*ids)).publish("welcome")
    return story.commit(welcome=steps("a", "b", "c", "d"))


def archive(story: Story, *numbers: int, slug: str = "welcome") -> Story:
    """Move tag objects into the archive with plain git, the new ref first."""
    for number in numbers:
        story.git("update-ref", f"{ARCHIVE}/{slug}/v{number}", f"refs/tags/{slug}/v{number}")
        story.git("update-ref", "-d", f"refs/tags/{slug}/v{number}")
    return story


def restore(story: Story, *numbers: int, slug: str = "welcome") -> Story:
    """Move tag objects out of the archive with plain git, the new ref first."""
    for number in numbers:
        story.git("update-ref", f"refs/tags/{slug}/v{number}", f"{ARCHIVE}/{slug}/v{number}")
        story.git("update-ref", "-d", f"{ARCHIVE}/{slug}/v{number}")
    return story


def rows(repo: Repository, slug: str = "welcome") -> list[VersionRow]:
    workspace = repo.workspace
    workspace.sync(slug)
    with workspace.store.read() as conn:
        return versions.list_versions(conn, workspace.account, slug)


def statuses(repo: Repository) -> list[str]:
    """By number, the lowest first."""
    return [version.status for version in repo.versions.list("welcome")[::-1]]


def told(repo: Repository) -> list[tuple[str, str]]:
    """What the audit trail says of publishing and archiving."""
    words = ("version.published", "version.unpublished", "version.archived", "version.unarchived")
    return [
        (entry.action.removeprefix("version."), entry.subject) for entry in repo.audit.list(limit=1000) if entry.action in words
    ]


def test_a_version_whose_tag_object_is_moved_to_the_archive_is_archived_and_out_of_the_tags(story: Story) -> None:
    before = story.version("welcome", 1)
    archive(story, 1)
    assert statuses(story.repo) == ["archived", "drained", "current", "draft"]
    after = story.version("welcome", 1)
    assert (after.tag, after.published_at, after.published_by) == (before.tag, before.published_at, before.published_by)
    assert story.git("tag", "-l", "welcome/v*").split() == ["welcome/v2", "welcome/v3"]
    assert story.repo.fsck() == []
    invariants.check(story.repo, story.path)


def test_each_move_is_told_once_by_whoever_notices_it_first(story: Story) -> None:
    other = story.open_again(actor=BEN, store=story.store)
    before = told(story.repo)
    for _ in range(2):
        archive(story, 1)
        assert statuses(other)[0] == statuses(story.repo)[0] == "archived"
        restore(story, 1)
        assert statuses(story.repo)[0] == statuses(other)[0] == "drained"
    assert told(story.repo) == before + [("archived", "welcome@1"), ("unarchived", "welcome@1")] * 2


def test_a_new_repository_object_and_one_that_is_open_both_notice_a_move_of_packed_refs(story: Story) -> None:
    story.git("pack-refs", "--all")
    archive(story, 2)
    story.git("pack-refs", "--all")
    assert statuses(story.repo)[1] == statuses(story.open_again(store=story.store))[1] == "archived"
    restore(story, 2)
    assert statuses(story.repo)[1] == "drained"


def test_what_comes_into_the_archive_without_leaving_the_tags_is_noticed_at_once(story: Story) -> None:
    tag = story.version("welcome", 1).tag
    story.git("tag", "--delete", "welcome/v1")
    assert statuses(story.repo)[0] == "draft"
    story.git("update-ref", f"{ARCHIVE}/welcome/v1", str(tag))
    assert statuses(story.repo)[0] == "archived"
    story.git("update-ref", "-d", f"{ARCHIVE}/welcome/v1")
    assert statuses(story.repo)[0] == "draft"
    assert told(story.repo)[-3:] == [("unpublished", "welcome@1"), ("archived", "welcome@1"), ("unpublished", "welcome@1")]


def test_a_move_that_is_half_done_counts_as_published_and_is_nothing_to_complain_about(story: Story) -> None:
    before = rows(story.repo), told(story.repo)
    story.git("update-ref", f"{ARCHIVE}/welcome/v2", "refs/tags/welcome/v2")
    assert (rows(story.repo), told(story.repo)) == before
    assert story.repo.fsck() == []


@pytest.mark.parametrize("listing", range(8))
def test_what_moves_while_the_refs_are_read_is_not_missed(tmp_path: Path, listing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    story = archive(published(make_repo(tmp_path / "repo")), 1)
    rows(story.repo)
    # Something new, so that there is reason to look.
    story.git("tag", "--annotate", "--message", "x", "welcome/v4", "main")
    list_refs, listings = refs.list_refs, iter(range(100))

    def list_and_move(repo: Any, prefix: str) -> dict[str, str]:
        found = list_refs(repo, prefix)
        if prefix.endswith("/welcome/") and next(listings) == listing:
            archive(restore(story, 1), 2)
        return found

    monkeypatch.setattr(refs, "list_refs", list_and_move)
    rows(story.repo)
    assert next(listings) > listing, "the refs were not read so often"
    monkeypatch.undo()
    assert statuses(story.repo) == ["drained", "archived", "drained", "current"]
    assert not {("unpublished", f"welcome@{number}") for number in range(1, 5)} & set(told(story.repo))


def test_current_is_the_highest_version_that_is_not_archived(story: Story) -> None:
    archive(story, 3)
    assert statuses(story.repo) == ["drained", "current", "archived", "draft"]
    assert story.git("rev-parse", "welcome/current").strip() == story.version("welcome", 2).commit
    assert story.repo.workflows.get("welcome@current").number == story.repo.workflows.list()[0].current == 2
    assert story.repo.status().drafts == ("welcome@4",)
    restore(story, 3)
    assert story.repo.workflows.get("welcome@current").number == 3
    invariants.check(story.repo, story.path)


def test_nobody_starts_where_all_that_was_published_is_archived(story: Story) -> None:
    archive(story, 1, 2, 3)
    with pytest.raises(NotFoundError, match="every published version of 'welcome' is archived"):
        story.start("welcome", "ana")
    assert story.git("tag", "-l", "welcome/*") == ""
    assert story.repo.versions.publish("welcome").status is VersionStatus.CURRENT


def test_a_channel_that_marks_an_archived_version_starts_nobody(story: Story) -> None:
    story.tag("welcome", "stable", 1).start("welcome", "ana", channel="stable")
    archive(story, 1)
    with pytest.raises(NotFoundError) as caught:
        story.start("welcome", "ben", channel="stable")
    assert caught.value.message == "channel 'stable' of 'welcome' marks version 1, which is archived"
    assert caught.value.hint == "set it: `wflgit tag welcome stable NUMBER`"
    restore(story, 1).start("welcome", "ben", channel="stable")


def test_executions_on_an_archived_version_go_on_and_are_counted(story: Story) -> None:
    story.tag("welcome", "stable", 2).start("welcome", "ana", "ben", channel="stable")
    archive(story, 2)
    assert (story.version("welcome", 2).status, story.version("welcome", 2).executions) == (VersionStatus.ARCHIVED, 2)
    moved = story.open_again(store=story.store).executions.advance(story.execution("ana").id)
    assert (moved.step, moved.version) == ("b", 2)
    [draining] = story.repo.status().draining
    assert (draining.number, draining.executions) == (2, 2)
    assert [(count.step, count.active) for count in draining.steps] == [("a", 1), ("b", 1)]
    assert story.repo.fsck() == []


def test_the_number_of_an_archived_version_is_never_given_again(story: Story) -> None:
    archive(story, 2).start("welcome", "ana")
    archive(story, 3)
    story.git("reset", "--quiet", "--hard", "HEAD~3")
    story.write(welcome=steps("fresh"))
    story.git("commit", "--quiet", "--all", "--message", "Start over")
    found = [(version.number, version.status, version.summary) for version in story.repo.versions.list("welcome")]
    assert [number for number, _, _ in found] == [4, 3, 2, 1]
    assert [status for _, status, _ in found] == ["draft", "archived", "archived", "current"]
    assert found[0][2] == "Start over"
    assert {finding.check for finding in story.repo.fsck()} == {"rewritten-trunk"}
    assert story.repo.executions.advance(story.execution("ana").id).step == "b"
    restore(story, 3)
    assert statuses(story.repo) == ["drained", "archived", "current", "draft"]


def test_rows_built_anew_are_the_same_and_nothing_is_told_twice(story: Story) -> None:
    archive(story, 1, 2)
    rows(story.repo)
    restore(story, 2)
    rows(story.repo)
    before = rows(archive(story, 2).repo), told(story.repo)
    workspace = story.repo.workspace
    with workspace.store.write() as conn:
        versions.clear(conn, workspace.account)
    again = story.open_again(store=story.store)
    assert (rows(again), told(again)) == before


def test_a_workflow_below_another_has_an_archive_of_its_own(story: Story) -> None:
    story.commit({"welcome/new": steps("x")}).publish("welcome/new")
    archive(story, 1, slug="welcome/new")
    assert story.version("welcome/new", 1).status is VersionStatus.ARCHIVED
    assert statuses(story.repo) == ["drained", "drained", "current", "draft"]
    assert {row.workflow for row in rows(story.repo)} == {"welcome"}


def test_an_archived_version_is_published_anew_by_another_tag_and_what_is_left_in_the_archive_is_reported(story: Story) -> None:
    archive(story, 1)
    story.git("tag", "--annotate", "--message", "Again", "welcome/v1", story.version("welcome", 1).commit)
    assert statuses(story.repo)[0] == "drained"
    [finding] = story.repo.fsck()
    assert (finding.check, finding.subject) == ("tag-second", f"{ARCHIVE}/welcome/v1")


def lightweight(story: Story) -> None:
    story.git("update-ref", f"{ARCHIVE}/welcome/v4", "main")


def wrong_number(story: Story) -> None:
    story.git("update-ref", f"{ARCHIVE}/welcome/v4", "refs/tags/welcome/v1")


def no_version(story: Story) -> None:
    story.git("tag", "--annotate", "--message", "x", "elsewhere", "main~4")
    story.git("update-ref", f"{ARCHIVE}/welcome/v4", "refs/tags/elsewhere")


def deleted(story: Story) -> None:
    story.repo.workflows.delete("welcome")
    story.git("tag", "--annotate", "--message", "x", "elsewhere", "main")
    story.git("update-ref", f"{ARCHIVE}/welcome/v5", "refs/tags/elsewhere")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lightweight, "is lightweight"),
        (wrong_number, "marks the commit of version 1, not of version 4"),
        (no_version, "marks a commit that is no version of 'welcome'"),
        (deleted, "marks a commit that deleted the workflow"),
    ],
)
def test_an_archive_ref_that_is_not_right_archives_nothing_and_is_reported(
    tmp_path: Path, damage: Callable[[Story], None], said: str
) -> None:
    story = published(make_repo(tmp_path / "repo"))
    damage(story)
    assert statuses(story.repo)[:4] == ["drained", "drained", "current", "draft"]
    [finding] = story.repo.fsck()
    assert finding.check == f"tag-{damage.__name__.replace('_', '-')}"
    assert said in finding.message
    assert finding.hint == f"remove it: `git update-ref -d {finding.subject}`"
    story.git(*finding.hint.split("`")[1].split()[1:])
    assert story.repo.fsck() == []


def test_a_tag_that_publishes_nothing_does_not_take_a_version_out_of_the_archive(story: Story) -> None:
    archive(story, 1)
    story.git("tag", "welcome/v1", story.version("welcome", 1).commit)
    assert statuses(story.repo)[0] == "archived"
    assert [(finding.check, finding.subject) for finding in story.repo.fsck()] == [("tag-lightweight", "welcome/v1")]


def test_archive_refs_that_have_nothing_to_do_with_workflows_are_left_alone(story: Story) -> None:
    for name in ("release/v1", "welcome/notes", "v1"):
        story.git("update-ref", f"{ARCHIVE}/{name}", "main")
    assert statuses(story.repo) == ["drained", "drained", "current", "draft"]
    assert story.repo.fsck() == []


MOVES = st.lists(st.tuples(st.sampled_from([archive, restore]), st.integers(1, 3)), max_size=8)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(moves=MOVES)
def test_whatever_is_moved_a_clone_agrees_and_moving_all_back_gives_the_rows_of_before(
    moves: Sequence[tuple[Callable[[Story, int], Story], int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("moves")
    story = published(make_repo(folder / "origin"))
    before, archived = rows(story.repo), set[int]()
    for move, number in moves:
        if (number in archived) is (move is restore):
            move(story, number)
            archived ^= {number}
        rows(story.repo)
    invariants.check(story.repo, story.path)
    assert [row.number for row in rows(story.repo)[::-1] if row.archived] == sorted(archived)
    assert rows(clone(story, folder / "clone")) == rows(story.repo)
    assert rows(restore(story, *archived).repo) == before


def clone(story: Story, path: Path) -> Repository:
    """A clone that fetches the archive too."""
    subprocess.run(["git", "clone", "--quiet", str(story.path), str(path)], check=True)
    refspec = f"+{ARCHIVE}/*:{ARCHIVE}/*"
    subprocess.run(["git", "-C", str(path), "fetch", "--quiet", "origin", refspec], check=True)
    return open_repository(path, actor=BEN)
