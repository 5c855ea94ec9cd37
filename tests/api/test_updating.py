"""Bringing the branch of a pull request up to date: merged step by step, in a clone where nothing was installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import Document, Story, make_repo, steps, to_content
from wflgit.api.resolving import resolve, unmerged
from wflgit.api.updating import update_branch
from wflgit.errors import NotFoundError, RemoteError, RepositoryError, StateError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "workflows/welcome.json"
CLASH = {"template": "welcome", "subject": "Hi"}


def mail(**config: str) -> Document:
    document = steps("hello", "wait", "bye")
    document["steps"]["hello"] = {
        "type": "send_email",
        "config": {"template": "welcome", "subject": "Hello", "sender_name": "Maya"} | config,
        "next": "wait",
    }
    return document


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A branch `offer` that changed the subject, checked out, and a trunk that changed the sender, in the next line."""
    story = make_repo(tmp_path / "acme").commit(welcome=mail())
    story.git("switch", "--quiet", "--create", "offer")
    _commit(story, mail(subject="An offer"))
    story.git("switch", "--quiet", "main")
    _commit(story, mail(sender_name="Ben"))
    story.git("switch", "--quiet", "offer")
    return story


def _commit(story: Story, document: Document) -> None:
    story.write(welcome=document)
    story.git("commit", "--quiet", "--all", "--message", "Edit")


def test_neighbouring_changes_are_merged_without_an_installation(story: Story) -> None:
    config = (story.path / ".git" / "config").read_bytes()
    updated = update_branch(story.repo.workspace)
    assert (updated.branch, updated.base, updated.unmerged) == ("offer", "main", ())
    assert updated.after == story.git("rev-parse", "HEAD").strip() != updated.before
    assert story.git("rev-list", "--parents", "-1", "HEAD").split()[1] == updated.before
    assert (story.path / FILE).read_bytes() == to_content("welcome", mail(subject="An offer", sender_name="Ben"))
    assert story.git("status", "--porcelain") == ""
    assert (story.path / ".git" / "config").read_bytes() == config
    assert not (story.path / ".gitattributes").exists()


def test_a_branch_that_has_everything_stays(story: Story) -> None:
    first = update_branch(story.repo.workspace)
    again = update_branch(story.repo.workspace)
    assert again.before == again.after == first.after


def test_conflicts_leave_a_merge_in_the_middle_that_can_be_resolved(story: Story) -> None:
    _commit(story, mail(subject="An offer", sender_name="Ana"))
    updated = update_branch(story.repo.workspace, push=True)
    assert [conflict.path for file in updated.unmerged for conflict in file.conflicts] == ["steps/hello/config/sender_name"]
    assert (updated.before, updated.is_pushed) == (updated.after, False)
    assert (story.path / ".git" / "MERGE_HEAD").exists()
    with pytest.raises(StateError, match="a merge is under way"):
        update_branch(story.repo.workspace)
    resolve(story.repo.workspace, FILE, {"*": "theirs"})
    story.git("commit", "--quiet", "--no-edit")
    assert unmerged(story.repo.workspace) == []
    assert (story.path / FILE).read_bytes() == to_content("welcome", mail(subject="An offer", sender_name="Ben"))


def test_the_base_is_the_trunk_of_the_remote_and_the_branch_is_pushed_to_it(story: Story, tmp_path: Path) -> None:
    story.git("clone", "--quiet", "--bare", str(story.path), str(tmp_path / "forge.git"))
    story.git("remote", "add", "origin", str(tmp_path / "forge.git"))
    story.git("fetch", "--quiet")
    story.git("branch", "--quiet", "--force", "main", "main~1")
    updated = update_branch(story.repo.workspace, push=True)
    assert (updated.base, updated.is_pushed) == ("origin/main", True)
    assert story.git("ls-remote", "origin", "refs/heads/offer").split()[0] == updated.after


def test_a_remote_that_refuses_is_said(story: Story) -> None:
    with pytest.raises(RemoteError, match="cannot push 'offer' to 'origin'"):
        update_branch(story.repo.workspace, push=True)


def test_any_base_can_be_named(story: Story) -> None:
    story.git("branch", "older", "main~1")
    assert update_branch(story.repo.workspace, "older").before == story.git("rev-parse", "HEAD").strip()
    with pytest.raises(NotFoundError, match="there is no commit 'mian'"):
        update_branch(story.repo.workspace, "mian")


def test_the_users_own_attributes_count_more(story: Story, tmp_path: Path) -> None:
    (tmp_path / "attributes").write_text("*.json -merge\n")
    story.git("config", "core.attributesFile", str(tmp_path / "attributes"))
    assert len(update_branch(story.repo.workspace).unmerged) == 1


def test_uncommitted_changes_are_kept_and_said(story: Story) -> None:
    story.write(welcome=mail(subject="not committed"))
    before = (story.path / FILE).read_bytes()
    with pytest.raises(RepositoryError, match="git does not merge 'main'"):
        update_branch(story.repo.workspace)
    assert (story.path / FILE).read_bytes() == before


@pytest.mark.parametrize(("switch", "said"), [(["main"], "the trunk 'main' itself"), (["--detach", "offer"], "HEAD is detached")])
def test_there_must_be_a_branch_to_bring_up_to_date(story: Story, switch: list[str], said: str) -> None:
    story.git("switch", "--quiet", *switch)
    with pytest.raises(StateError, match=said):
        update_branch(story.repo.workspace)
