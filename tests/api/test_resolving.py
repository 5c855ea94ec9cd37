"""Deciding what Git could not merge: from the sides in the index, whatever the file in the working tree holds."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.builders import Document, Story, make_repo, steps, to_content
from wflgit.api.resolving import resolve, unmerged
from wflgit.core.permissions import Permission
from wflgit.core.records import Actor
from wflgit.core.resolving import Operation
from wflgit.errors import InvalidNameError, LockedError, NotFoundError, PermissionDenied, StateError

if TYPE_CHECKING:
    from pathlib import Path

    from wflgit.workspace import Workspace

FILE = "workflows/welcome.json"
BASE = steps("hello", "wait", "bye")
OURS = steps("hello", "wait", "bye", hello={"tag": "ours"}, bye={"tag": "ciao"})
THEIRS = steps("hello", "wait", "bye", hello={"tag": "theirs"})
SUBJECT = "steps/hello/config/tag"


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "acme").commit(welcome=BASE)


def merge(story: Story, ours: Document | None, theirs: Document | None, *, command: str = "merge") -> Workspace:
    """Let plain git bring two edits together, which it cannot; None deletes the file."""
    story.git("switch", "--quiet", "--create", "other")
    for branch, content in (("other", theirs), ("main", ours)):
        story.git("switch", "--quiet", branch)
        if content is None:
            story.git("rm", "--quiet", FILE)
        else:
            story.write(welcome=content)
        story.git("commit", "--quiet", "--all", "--message", f"Edit on {branch}")
    if command == "rebase":
        story.git("switch", "--quiet", "other")
    with pytest.raises(subprocess.CalledProcessError):
        story.git(command, "main" if command == "rebase" else "other")
    return story.open_again().workspace


def content(story: Story) -> bytes:
    return (story.path / FILE).read_bytes()


def staged(story: Story) -> str:
    return story.git("ls-files", "--stage", FILE)


def test_what_is_unmerged_is_listed_with_what_has_to_be_decided(story: Story) -> None:
    [found] = unmerged(merge(story, OURS, THEIRS))
    assert (found.path, found.workflow, found.operation) == (FILE, "welcome", Operation.MERGE)
    assert [conflict.path for conflict in found.conflicts] == [SUBJECT]
    assert (found.conflicts[0].ours, found.conflicts[0].theirs) == ("ours", "theirs")


@pytest.mark.parametrize(("key", "tag"), [("ours", "ours"), ("theirs", "theirs"), ("base", "hello")])
@pytest.mark.parametrize("path", [SUBJECT, "*"])
def test_an_answer_writes_and_stages_the_file_and_the_rest_stays_merged(story: Story, path: str, key: str, tag: str) -> None:
    workspace = merge(story, OURS, THEIRS)
    done = resolve(workspace, FILE, {path: key})
    assert (done.is_staged, done.is_deleted, done.conflicts) == (True, False, ())
    wanted = to_content("welcome", steps("hello", "wait", "bye", hello={"tag": tag}, bye={"tag": "ciao"}))
    assert content(story) == wanted
    assert staged(story).split()[:3] == ["100644", workspace.git.hash_blob(wanted), "0"]
    assert story.git("diff", "--name-only") == ""
    assert unmerged(workspace) == []


def test_without_answers_nothing_is_changed_and_it_says_what_is_left(story: Story) -> None:
    workspace = merge(story, OURS, THEIRS)
    before = content(story), staged(story)
    done = resolve(workspace, FILE)
    assert not done.is_staged
    assert [conflict.path for conflict in done.conflicts] == [SUBJECT]
    assert (content(story), staged(story)) == before


def test_what_was_typed_between_the_markers_does_not_count(story: Story) -> None:
    workspace = merge(story, OURS, THEIRS)
    (story.path / FILE).write_bytes(content(story).replace(b'"ours"', b'"typed"'))
    resolve(workspace, FILE, {"*": "ours"})
    assert b"typed" not in content(story)


def test_a_file_that_somebody_resolved_by_hand_is_not_overwritten(story: Story) -> None:
    workspace = merge(story, OURS, THEIRS)
    story.write(welcome=steps("hello", "by_hand"))
    before = content(story)
    with pytest.raises(StateError, match="has no conflict markers any more") as caught:
        resolve(workspace, FILE, {"*": "ours"})
    assert "git add" in str(caught.value.hint)
    assert content(story) == before


def test_a_file_that_some_driver_left_as_our_side_is_resolved(story: Story) -> None:
    workspace = merge(story, OURS, THEIRS)
    story.write(welcome=OURS)
    assert resolve(workspace, FILE, {"*": "theirs"}).is_staged
    assert b'"theirs"' in content(story)


def test_in_a_rebase_it_says_that_ours_is_upstream(story: Story) -> None:
    [found] = unmerged(merge(story, OURS, THEIRS, command="rebase"))
    assert found.operation is Operation.REBASE
    assert "upstream" in found.ours
    assert "your own commit" in found.theirs
    assert found.conflicts[0].ours == "ours"


@pytest.mark.parametrize(
    ("ours", "theirs", "key", "is_there"),
    [(None, THEIRS, "ours", False), (None, THEIRS, "theirs", True), (OURS, None, "ours", True), (OURS, None, "theirs", False)],
)
def test_a_file_that_one_side_deleted_goes_or_stays(
    story: Story, ours: Document | None, theirs: Document | None, key: str, *, is_there: bool
) -> None:
    workspace = merge(story, ours, theirs)
    [found] = unmerged(workspace)
    assert [(conflict.path, conflict.kind) for conflict in found.conflicts] == [("file", "delete-modify")]
    done = resolve(workspace, FILE, {"file": key})
    assert (done.is_staged, done.is_deleted) == (True, not is_there)
    assert (story.path / FILE).exists() is is_there
    assert bool(staged(story)) is is_there
    assert unmerged(workspace) == []


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"steps/hello/config/tga": "ours"}, "there is no conflict 'steps/hello/config/tga'"),
        ({SUBJECT: "mine"}, f"'mine' is no choice for '{SUBJECT}'"),
        ({"*": "mine"}, "'mine' is no choice for '*'"),
    ],
)
def test_an_answer_to_nothing_is_refused(story: Story, answers: dict[str, str], said: str) -> None:
    workspace = merge(story, OURS, THEIRS)
    before = content(story), staged(story)
    with pytest.raises(InvalidNameError, match=said.replace("*", r"\*")):
        resolve(workspace, FILE, answers)
    assert (content(story), staged(story)) == before


def test_a_file_that_is_merged_cannot_be_resolved(story: Story) -> None:
    with pytest.raises(NotFoundError, match="is not unmerged"):
        resolve(story.repo.workspace, FILE)


def test_other_files_are_left_to_git(story: Story) -> None:
    (story.path / "notes.txt").write_text("a\n")
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Notes")
    story.git("switch", "--quiet", "--create", "other")
    for branch in ("other", "main"):
        story.git("switch", "--quiet", branch)
        (story.path / "notes.txt").write_text(f"{branch}\n")
        story.git("commit", "--quiet", "--all", "--message", branch)
    with pytest.raises(subprocess.CalledProcessError):
        story.git("merge", "other")
    workspace = story.open_again().workspace
    assert [(found.path, found.workflow) for found in unmerged(workspace)] == [("notes.txt", None)]
    with pytest.raises(StateError, match="is no workflow"):
        resolve(workspace, "notes.txt", {"*": "ours"})


def test_a_bare_repository_has_nothing_unmerged(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no working tree"):
        unmerged(make_repo(tmp_path / "acme.git", bare=True).repo.workspace)


def test_while_another_program_has_the_index_it_is_refused(story: Story) -> None:
    workspace = merge(story, OURS, THEIRS)
    (story.path / ".git" / "index.lock").touch()
    before = content(story)
    with pytest.raises(LockedError):
        resolve(workspace, FILE, {"*": "ours"})
    assert content(story) == before


def test_who_may_not_edit_may_not_resolve(story: Story) -> None:
    merge(story, OURS, THEIRS)
    reader = Actor("rita@example.com", "Rita", permissions=frozenset({Permission.PUBLISH}))
    before = content(story), staged(story)
    with pytest.raises(PermissionDenied, match="workflows:edit"):
        resolve(story.open_again(actor=reader).workspace, FILE, {"*": "ours"})
    assert (content(story), staged(story)) == before
