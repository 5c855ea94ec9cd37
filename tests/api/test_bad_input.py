"""What goes wrong in daily life: each gets an error that says what to do, and nothing is lost or half written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.builders import Story, make_repo, steps, to_content
from wflgit import (
    AmbiguousSlugError,
    ConflictError,
    DefinitionError,
    DirtyFileError,
    IdentityError,
    LockedError,
    RepositoryError,
    SettingsError,
    ShallowRepositoryError,
    StateError,
    StoreVersionError,
    VersionStatus,
)
from wflgit import init as init_repository
from wflgit import open as open_repository


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "repo").commit(welcome=steps("hello")).publish("welcome")


BROKEN = {
    "empty": (b"", 1, 1),
    "cut off": (b'{"name": "x",', 1, 14),
    "trailing comma": (b'{\n  "name": "x",\n}', 3, 1),
    "doubled key": (b'{\n  "name": "x",\n  "name": "y"\n}', 3, 3),
    "not a number": (b'{\n  "x": NaN\n}', 2, 8),
    "text behind it": (b"{}\n<<<<<<< HEAD", 2, 1),
    "byte-order mark": (b"\xef\xbb\xbf{}", 1, 1),
    "not UTF-8": (b'{"name": "\xff"}', 1, 11),
    "too deep": (b"[" * 200 + b"]" * 200, 1, 101),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_json_is_refused_with_line_and_column_and_nothing_is_written(story: Story, name: str) -> None:
    content, line, column = BROKEN[name]
    before = story.git("show-ref")
    with pytest.raises(DefinitionError) as caught:
        story.repo.versions.create("welcome", content)
    assert (caught.value.problems[0].line, caught.value.problems[0].column) == (line, column)
    assert story.git("show-ref") == before
    assert story.git("status", "--porcelain") == ""


def test_uncommitted_changes_of_the_file_are_never_overwritten(story: Story) -> None:
    story.write(welcome=steps("mine"))
    before = (story.path / "workflows/welcome.json").read_bytes()
    with pytest.raises(DirtyFileError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", steps("theirs")))
    assert "workflows/welcome.json" in caught.value.message
    assert caught.value.hint
    assert (story.path / "workflows/welcome.json").read_bytes() == before
    assert len(story.repo.versions.list("welcome")) == 1


def test_other_uncommitted_work_stays_as_it_is(story: Story) -> None:
    (story.path / "notes.txt").write_text("staged")
    story.git("add", "notes.txt")
    (story.path / "notes.txt").write_text("edited since")
    story.commit(welcome=steps("hello", "bye"))
    assert story.git("status", "--porcelain") == "AM notes.txt\n"


@pytest.mark.parametrize("place", ["--detach", "--create=side"])
def test_on_another_branch_or_a_detached_head_only_the_trunk_moves(story: Story, place: str) -> None:
    story.git("switch", "--quiet", place)
    head = story.git("rev-parse", "HEAD")
    story.commit(welcome=steps("hello", "bye"))
    assert story.version("welcome", 2)
    assert story.git("rev-parse", "HEAD") == head
    assert story.git("status", "--porcelain") == ""


def test_init_asks_for_the_trunk_where_the_head_is_detached(tmp_path: Path) -> None:
    for command in (
        ["init", "--quiet"],
        ["commit", "--quiet", "--allow-empty", "--message", "x"],
        ["switch", "--quiet", "--detach"],
    ):
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@b", *command], check=True)
    with pytest.raises(RepositoryError) as caught:
        init_repository(tmp_path)
    assert caught.value.hint == "name it: `wflgit init --trunk main`"


def test_without_an_identity_nothing_is_written(story: Story) -> None:
    story.git("config", "--unset", "user.name")
    repo = open_repository(story.path)
    with pytest.raises(IdentityError) as caught:
        repo.versions.create("welcome", to_content("welcome", steps("bye")))
    assert "git config" in (caught.value.hint or "")
    assert len(repo.versions.list("welcome")) == 1


def test_a_locked_ref_is_said_with_the_file_that_locks_it(story: Story) -> None:
    lock = story.path / ".git/refs/heads/main.lock"
    lock.touch()
    story.repo.workspace.git.locks.patience_s = 0.1
    with pytest.raises(LockedError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", steps("bye")))
    assert "main.lock" in caught.value.message + (caught.value.hint or "")
    lock.unlink()
    assert story.repo.versions.create("welcome", to_content("welcome", steps("bye"))).number == 2


def test_a_tag_made_by_hand_with_a_wrong_number_publishes_nothing_and_is_reported(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye"))
    story.git("tag", "--annotate", "--message", "By hand", "welcome/v7", "HEAD")
    assert [(version.number, version.status) for version in story.repo.versions.list("welcome")] == [(2, "draft"), (1, "current")]
    [finding] = story.repo.fsck()
    assert (finding.check, finding.subject) == ("tag-wrong-number", "welcome/v7")
    assert finding.hint == "remove it: `git tag -d welcome/v7`, then `wflgit publish welcome 2`"


def test_a_lightweight_version_tag_and_one_beside_the_trunk_are_reported(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye"))
    story.git("tag", "welcome/v2", "HEAD")
    story.git("switch", "--quiet", "--create", "side")
    story.git("commit", "--quiet", "--allow-empty", "--message", "x")
    story.git("tag", "--annotate", "--message", "x", "welcome/v9", "HEAD")
    assert [finding.check for finding in story.repo.fsck()] == ["tag-lightweight", "tag-no-version"]
    assert story.repo.workflows.get("welcome@current").number == 1


def test_tags_that_have_nothing_to_do_with_workflows_are_left_alone(story: Story) -> None:
    story.git("tag", "release/current")
    story.git("tag", "--annotate", "--message", "x", "release/v1")
    story.repo.sync()
    assert story.repo.fsck() == []
    assert story.git("tag", "-l", "release/*").split() == ["release/current", "release/v1"]


def test_a_moving_tag_made_by_hand_goes_where_nothing_is_published_and_comes_back_where_something_is(story: Story) -> None:
    story.commit(other=steps("x")).git("tag", "other/current")
    story.git("tag", "--delete", "welcome/current")
    story.repo.versions.list("other")
    story.repo.versions.list("welcome")
    assert story.git("tag", "-l", "*/current").split() == ["welcome/current"]


def test_a_workflow_below_another_keeps_its_moving_tag(story: Story) -> None:
    story.commit({"welcome/new": steps("n")}).publish("welcome/new")
    story.git("tag", "--delete", "welcome/current", "welcome/v1")
    story.repo.versions.list("welcome")
    assert story.git("tag", "-l", "*/current").split() == ["welcome/new/current"]


def test_a_deleted_version_tag_takes_the_publication_back(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).publish("welcome")
    story.git("tag", "--delete", "welcome/v2")
    assert [version.status for version in story.repo.versions.list("welcome")] == [VersionStatus.DRAFT, VersionStatus.CURRENT]
    assert story.git("rev-parse", "welcome/current").strip() == story.version("welcome", 1).commit
    assert [entry.subject for entry in story.repo.audit.list(action="version.unpublished")] == ["welcome@2"]


def test_a_rewritten_trunk_is_reported_and_published_numbers_are_never_given_again(story: Story) -> None:
    story.start("welcome", "contact").commit(welcome=steps("hello", "bye")).publish("welcome")
    story.git("reset", "--quiet", "--hard", "HEAD~2")
    story.write(welcome=steps("fresh"))
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Start over")
    found = [(version.number, version.status, version.summary) for version in story.repo.versions.list("welcome")]
    assert found[0][:1] + found[0][2:] == (3, "Start over")
    assert [number for number, _, _ in found] == [3, 2, 1]
    assert [finding.check for finding in story.repo.fsck()] == ["rewritten-trunk", "rewritten-trunk"]
    assert story.repo.executions.advance(story.execution("contact").id).status == "completed"
    assert story.repo.versions.publish("welcome").number == 3
    assert [entry.action for entry in story.repo.audit.list(action="history.rewritten")] == ["history.rewritten"]


def test_a_file_deleted_and_made_again_by_plain_git_goes_on_with_its_numbers(story: Story) -> None:
    story.git("rm", "--quiet", "workflows/welcome.json")
    story.git("commit", "--quiet", "--message", "Away")
    story.write(welcome=steps("again"))
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Back")
    assert [(version.number, version.status) for version in story.repo.versions.list("welcome")] == [
        (3, "draft"),
        (2, "deleted"),
        (1, "current"),
    ]


def test_two_files_with_one_slug_are_reported_and_not_guessed(story: Story) -> None:
    (story.path / "workflows/Welcome!.json").write_bytes(to_content("other", steps("other")))
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "A copy")
    with pytest.raises(AmbiguousSlugError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", steps("bye")))
    assert caught.value.paths == ("workflows/Welcome!.json", "workflows/welcome.json")
    assert [finding.check for finding in story.repo.fsck()] == ["slug-collision"]
    assert story.repo.status().collisions == ("welcome",)
    story.git("rm", "--quiet", "workflows/Welcome!.json")
    story.git("commit", "--quiet", "--message", "No copy")
    assert story.commit(welcome=steps("bye")).version("welcome", 2)


def test_a_step_id_with_a_slash_is_refused_at_its_place(story: Story) -> None:
    content = to_content("welcome", steps("a/b"))
    with pytest.raises(DefinitionError) as caught:
        story.repo.versions.create("welcome", content)
    assert any("a/b" in problem.message and "/" in problem.message and problem.line for problem in caught.value.problems)


def test_folders_and_files_with_spaces_emoji_and_brackets_are_workflows_too(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "my repo [1] ✉")
    path = story.path / "workflows/Größe & more/[Draft] Wel come 🚀 (1).json"
    path.parent.mkdir(parents=True)
    path.write_bytes(to_content("x", steps("hello")))
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Odd names")
    [slug] = [item.slug for item in story.repo.workflows.list()]
    assert slug == "grosse-more/draft-wel-come-1"
    story.commit({slug: steps("hello", "bye")}).publish(slug)
    assert (story.version(slug, 2).status, story.git("status", "--porcelain")) == ("current", "")


def test_a_shallow_clone_says_how_to_get_the_rest(story: Story, tmp_path: Path) -> None:
    story.commit(welcome=steps("bye"))
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{story.path}", str(tmp_path / "shallow")], check=True)
    repo = open_repository(tmp_path / "shallow")
    with pytest.raises(ShallowRepositoryError) as caught:
        repo.versions.list("welcome")
    assert caught.value.hint == "fetch the rest: git fetch --unshallow"
    subprocess.run(["git", "-C", str(tmp_path / "shallow"), "fetch", "--quiet", "--unshallow"], check=True)
    assert len(open_repository(tmp_path / "shallow").versions.list("welcome")) == 2


def test_an_empty_repository_and_none_at_all_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="no Git repository"):
        open_repository(tmp_path)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(tmp_path / "empty")], check=True)
    with pytest.raises(SettingsError) as caught:
        open_repository(tmp_path / "empty")
    assert caught.value.hint == "run `wflgit init` in the repository"


def test_init_in_a_repository_with_other_settings_changes_nothing(story: Story) -> None:
    with pytest.raises(StateError, match="says otherwise"):
        init_repository(story.path, account="somebody else")
    assert init_repository(story.path).settings.account == "acme"


def test_broken_settings_on_the_trunk_are_said_with_the_file(story: Story) -> None:
    (story.path / "wflgit.toml").write_text("account =")
    story.git("commit", "--quiet", "--all", "--message", "Oops")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        open_repository(story.path)


def test_a_store_of_a_newer_wflgit_is_not_touched(story: Story) -> None:
    import sqlite3

    story.repo.close()
    file = story.path / ".git/wflgit/store.db"
    with sqlite3.connect(file) as conn:
        [(table,)] = conn.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%revision%' OR name LIKE '%alembic%'"
        )
        conn.execute(f"UPDATE {table} SET version_num = '9999'")
    conn.close()
    with pytest.raises(StoreVersionError) as caught:
        open_repository(story.path).versions.list("welcome")
    assert "newer" in caught.value.message
    assert caught.value.hint


def test_a_conflict_by_a_git_commit_in_between_is_told_with_its_author(story: Story) -> None:
    story.write(welcome=steps("theirs"))
    story.git("-c", "user.name=Ben", "-c", "user.email=ben@example.com", "commit", "--quiet", "--all", "--message", "Mine first")
    with pytest.raises(ConflictError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", steps("mine")), base=1)
    assert "Ben made version 2 ('Mine first')" in caught.value.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_repository_of_somebody_else_is_refused_with_the_way_to_trust_it(story: Story) -> None:
    for folder in (story.path, story.path / ".git"):
        os.chown(folder, 12345, 12345)
    with pytest.raises(RepositoryError) as caught:
        open_repository(story.path)
    assert "safe.directory" in (caught.value.hint or "")
