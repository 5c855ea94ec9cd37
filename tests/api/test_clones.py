"""Every clone derives the same versions from the same history, however it came by it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import invariants
from tests.builders import BEN, MAYA, Story, make_repo, steps
from wflgit import ConflictError, Repository, VersionStatus
from wflgit import init as init_repository
from wflgit import open as open_repository
from wflgit.store import versions


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def numbers(repo: Repository) -> list[tuple[str, int, str, str, tuple[str, ...]]]:
    return [
        (slug, version.number, version.commit, version.status, version.channels)
        for slug in ("welcome", "other")
        for version in repo.versions.list(slug)
    ]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    story = make_repo(tmp_path / "origin", channels=["stable"])
    story.commit(welcome=steps("a")).publish("welcome").commit(other=steps("x")).merge_branch("one", welcome=steps("a", "b"))
    story.publish("welcome").tag("welcome", "stable", 1).commit(welcome=steps("c")).rollback("welcome", to=1)
    return story.merge_branch("two", other=steps("x", "y"), welcome=steps("d")).publish("other")


def test_a_clone_and_a_repository_fetched_in_pieces_have_the_same_numbers(story: Story, tmp_path: Path) -> None:
    run("git", "clone", "--quiet", str(story.path), str(tmp_path / "clone"))
    clone = open_repository(tmp_path / "clone", actor=BEN)
    pieces = tmp_path / "pieces"
    run("git", "init", "--quiet", "--initial-branch=main", str(pieces))
    run("git", "-C", str(pieces), "remote", "add", "origin", str(story.path))
    fetched = None
    for commit in invariants.git(story.path, "rev-list", "--first-parent", "--reverse", "main").split():
        run("git", "-C", str(pieces), "fetch", "--quiet", "origin", commit)
        run("git", "-C", str(pieces), "reset", "--quiet", "--hard", commit)
        fetched = fetched or open_repository(pieces, actor=BEN)
        fetched.sync()
    assert fetched
    run("git", "-C", str(pieces), "fetch", "--quiet", "--tags", "origin")
    assert numbers(clone) == numbers(fetched) == numbers(story.repo)


def test_dropping_the_version_cache_and_syncing_again_gives_the_same_rows(story: Story) -> None:
    workspace = story.repo.workspace
    with workspace.store.read() as conn:
        before = [versions.list_versions(conn, workspace.account, slug) for slug in ("welcome", "other")]
        files = versions.list_files(conn, workspace.account, None)
    audit = story.repo.audit.list(limit=1000)
    with workspace.store.write() as conn:
        versions.clear(conn, workspace.account)
    again = story.open_again().workspace
    again.sync()
    with again.store.read() as conn:
        assert [versions.list_versions(conn, again.account, slug) for slug in ("welcome", "other")] == before
        assert [(file.path, file.blob) for file in versions.list_files(conn, again.account, None)] == [
            (file.path, file.blob) for file in files
        ]
    assert story.open_again().audit.list(limit=1000) == audit


def test_a_clone_whose_moving_tag_is_stale_is_put_right(story: Story, tmp_path: Path) -> None:
    run("git", "clone", "--quiet", str(story.path), str(tmp_path / "clone"))
    clone = open_repository(tmp_path / "clone", actor=BEN)
    assert clone.workflows.get("welcome@current").number == 4
    story.commit(welcome=steps("e")).publish("welcome")
    run("git", "-C", str(tmp_path / "clone"), "pull", "--quiet")
    assert clone.workflows.get("welcome@current").number == 6
    assert (
        invariants.git(tmp_path / "clone", "rev-parse", "welcome/current^{}", "welcome/v6^{}").split()[0]
        == story.version("welcome", 6).commit
    )


def test_init_lets_plain_git_fetch_move_the_tags(story: Story, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    run("git", "clone", "--quiet", str(story.path), str(clone))
    init_repository(clone, actor=BEN)
    before = invariants.git(clone, "config", "--get-all", "remote.origin.fetch")
    init_repository(clone, actor=BEN)
    assert invariants.git(clone, "config", "--get-all", "remote.origin.fetch") == before
    story.commit(welcome=steps("e")).publish("welcome").tag("welcome", "stable", 6)
    for command in (["fetch"], ["fetch", "--tags"], ["pull"]):
        run("git", "-C", str(clone), *command, "--quiet")
    found = invariants.git(clone, "rev-parse", "welcome/current^{}", "welcome/stable^{}").split()
    assert found == [story.version("welcome", 6).commit] * 2


def test_a_version_that_was_published_and_fetched_before_the_trunk_followed_has_its_number_before_and_after(
    story: Story, tmp_path: Path
) -> None:
    run("git", "clone", "--quiet", str(story.path), str(tmp_path / "clone"))
    clone = open_repository(tmp_path / "clone", actor=BEN)
    clone.sync()
    story.commit(welcome=steps("e")).publish("welcome").commit(welcome=steps("f"))
    run("git", "-C", str(tmp_path / "clone"), "fetch", "--quiet")
    assert clone.versions.get("welcome", 6).status is VersionStatus.CURRENT
    run("git", "-C", str(tmp_path / "clone"), "merge", "--quiet", "--ff-only", "origin/main")
    assert numbers(clone) == numbers(story.repo)
    assert [entry.subject for entry in clone.audit.list(action="version.created")] == ["welcome@6", "welcome@7"]


def test_a_clone_that_is_behind_the_store_it_shares_is_told_to_catch_up_and_changes_nothing(tmp_path: Path, store_url: str) -> None:
    story = make_repo(tmp_path / "origin", store=store_url).commit(welcome=steps("a"))
    run("git", "clone", "--quiet", str(story.path), str(tmp_path / "clone"))
    story.commit(welcome=steps("b"))
    clone = open_repository(tmp_path / "clone", actor=BEN, store=store_url)
    with pytest.raises(ConflictError, match="the side store has seen"):
        clone.versions.list("welcome")
    run("git", "-C", str(tmp_path / "clone"), "pull", "--quiet")
    assert [version.number for version in clone.versions.list("welcome")] == [2, 1]


def test_two_repositories_of_one_store_keep_their_accounts_apart(tmp_path: Path, store_url: str) -> None:
    one = make_repo(tmp_path / "one", account="one", store=store_url).commit(welcome=steps("a")).publish("welcome")
    two = make_repo(tmp_path / "two", account="two", store=store_url).commit(welcome=steps("b", "c")).publish("welcome")
    one.start("welcome", "x", "y")
    two.start("welcome", "x")
    assert [len(story.repo.executions.list()) for story in (one, two)] == [2, 1]
    assert {entry.account for entry in two.repo.audit.list()} == {"two"}
    assert all(story.open_again(actor=MAYA, store=store_url).audit.verify().broken is None for story in (one, two))
