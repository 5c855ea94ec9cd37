"""Archiving versions by name and by the policy, taking them back, and housekeeping; Git, side store and audit trail agree."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests import invariants
from tests.builders import BEN, Story, make_repo, steps, to_content
from wflgit import ConflictError, LimitError, NotFoundError, RepositoryError, StateError, VersionStatus
from wflgit.api import archival
from wflgit.api.archival import archive, archive_due, unarchive
from wflgit.core.retention import ArchivalReport, Judgement, Rule, Usage
from wflgit.errors import PermissionDenied
from wflgit.git import refmoves, refs
from wflgit.git.usergit import ask_git
from wflgit.store import versions

ARCHIVE = "refs/wflgit/archive"
DAY = timedelta(days=1)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return published(make_repo(tmp_path / "repo", channels=["stable"]), 4)


@pytest.fixture
def shared(tmp_path: Path, store_url: str) -> Story:
    """The same on each database."""
    return published(make_repo(tmp_path / "repo", channels=["stable"], store=store_url), 4)


def published(story: Story, count: int, slug: str = "welcome") -> Story:
    """So many published versions, the last one current."""
    for number in range(1, count + 1):
        story.commit({slug: steps(*(f"step{each}" for each in range(number)))}).publish(slug)
    return story


def policy(story: Story, *lines: str) -> Story:
    """Commit limits to the trunk."""
    file = story.path / "wflgit.toml"
    file.write_text(file.read_text() + "\n[policy]\n" + "\n".join(lines) + "\n")
    story.git("commit", "--quiet", "--all", "--message", "Set the policy")
    return story


def statuses(story: Story, slug: str = "welcome") -> list[str]:
    """By number, the lowest first."""
    return [version.status for version in story.repo.versions.list(slug)[::-1]]


def told(story: Story, slug: str = "welcome") -> list[tuple[str, str, str]]:
    """Who archived what, and took what back."""
    entries = story.repo.audit.list(slug, limit=1000)
    words = ("version.archived", "version.unarchived")
    return [(entry.actor, entry.action.removeprefix("version."), entry.subject) for entry in entries if entry.action in words]


def marks(story: Story) -> list[str]:
    """The tags and archive refs of versions."""
    listed = story.git("for-each-ref", "--format=%(refname)", "refs/tags", "refs/wflgit/archive").split()
    return [ref.removeprefix("refs/") for ref in listed if not ref.endswith(("/current", "/stable"))]


def candidates(report: ArchivalReport) -> list[str]:
    return [f"{found.workflow}@{found.number}" for found in report.candidates]


def test_an_archived_version_is_out_of_the_tags_and_still_there_for_all_but_starting(story: Story) -> None:
    before = story.version("welcome", 1)
    after = archive(story.repo.workspace, "welcome", 1)
    assert (after.status, after.tag, after.published_at) == (VersionStatus.ARCHIVED, before.tag, before.published_at)
    assert marks(story) == ["tags/welcome/v2", "tags/welcome/v3", "tags/welcome/v4", "wflgit/archive/welcome/v1"]
    assert story.repo.workflows.get("welcome@1").graph.steps.keys() == {"step0"}
    assert story.repo.versions.compare("welcome@1", "welcome@2")
    with pytest.raises(StateError, match="is archived and cannot be marked by a channel"):
        story.tag("welcome", "stable", 1)
    edited = story.repo.versions.create("welcome", to_content("welcome", steps("step0", "more")), base=4)
    assert edited.status is VersionStatus.DRAFT
    story.rollback("welcome", to=1)
    assert statuses(story) == ["archived", "drained", "drained", "drained", "draft", "current"]
    assert story.repo.fsck() == []
    invariants.check(story.repo, story.path)


def test_it_is_told_once_by_who_did_it_whoever_looks(shared: Story) -> None:
    other = shared.open_again(actor=BEN, store=shared.store)
    for _ in range(2):
        archive(shared.repo.workspace, "welcome", 2)
        assert other.versions.get("welcome", 2).status is VersionStatus.ARCHIVED
        unarchive(other.workspace, "welcome", 2)
        assert shared.version("welcome", 2).status is VersionStatus.DRAINED
    maya, ben = ("maya@example.com", "archived", "welcome@2"), ("ben@example.com", "unarchived", "welcome@2")
    assert told(shared) == [maya, ben] * 2
    with shared.repo.workspace.store.write() as conn:
        versions.clear(conn, shared.repo.workspace.account)
    assert shared.open_again(store=shared.store).versions.get("welcome", 2).status is VersionStatus.DRAINED
    assert told(shared) == [maya, ben] * 2
    invariants.check(shared.repo, shared.path)


def test_doing_it_again_changes_nothing(story: Story) -> None:
    first = archive(story.repo.workspace, "welcome", 1)
    assert archive(story.repo.workspace, "welcome", 1) == first
    assert unarchive(story.repo.workspace, "welcome", 2) == story.version("welcome", 2)
    assert len(told(story)) == 1


def start_on(story: Story) -> None:
    story.tag("welcome", "stable", 2).start("welcome", "ana", channel="stable").tag("welcome", "stable", 3)


def mark(story: Story) -> None:
    story.tag("welcome", "stable", 2)


def migrate_to(story: Story) -> None:
    story.tag("welcome", "stable", 1).start("welcome", "ana", channel="stable").tag("welcome", "stable", 3)
    story.repo.migrations.create(story.repo.migrations.plan("welcome", 1, 2))


def leave_in_archive(story: Story) -> None:
    story.git("update-ref", f"{ARCHIVE}/welcome/v2", "refs/tags/welcome/v1")


@pytest.mark.parametrize(
    ("happens", "said", "expected"),
    [
        (start_on, "1 execution is still on it", Rule.EXECUTIONS),
        (mark, "channel 'stable' marks it", Rule.CHANNEL),
        (migrate_to, "migration 1 from or to it is not over", Rule.MIGRATION),
        (leave_in_archive, "another tag object stands in the archive under its number", Rule.ARCHIVE_REF),
    ],
)
def test_a_version_that_is_in_use_is_not_archived_by_name_nor_by_policy(
    story: Story, happens: Callable[[Story], None], said: str, expected: Rule
) -> None:
    happens(policy(story, "keep_newest = 1"))
    before = marks(story)
    with pytest.raises(StateError) as caught:
        archive(story.repo.workspace, "welcome", 2)
    assert caught.value.message == f"version 2 of 'welcome' cannot be archived: {said}"
    assert caught.value.hint == "see `wflgit archive --candidates welcome`"
    story.clock.tick(100 * DAY)
    report = archive_due(story.repo.workspace, dry_run=True)
    assert [found.rule for found in report.kept if found.number == 2] == [expected]
    assert (marks(story), told(story)) == (before, [])


def test_what_is_current_or_never_was_published_is_not_archived(story: Story) -> None:
    story.commit(welcome=steps("draft"))
    for number, said in ((4, "it is the current version"), (5, "is not published")):
        for do in (archive,) if number == 4 else (archive, unarchive):
            with pytest.raises(StateError, match=said):
                do(story.repo.workspace, "welcome", number)
    with pytest.raises(NotFoundError):
        archive(story.repo.workspace, "welcome", 9)
    with pytest.raises(NotFoundError):
        archive_due(story.repo.workspace, "nobody")


def test_the_policy_lets_go_what_was_idle_long_enough_and_keeps_the_newest(shared: Story) -> None:
    published(policy(shared, 'archive_after = "P10D"', "keep_newest = 2"), 3, "goodbye")
    report = archive_due(shared.repo.workspace)
    assert (candidates(report), {found.rule for found in report.kept}) == ([], {Rule.CURRENT, Rule.NEWEST, Rule.RECENT})
    shared.clock.tick(10 * DAY)
    looked = archive_due(shared.repo.workspace, dry_run=True)
    assert candidates(looked) == ["goodbye@1", "welcome@1", "welcome@2"]
    assert not looked.archived
    assert [(room.workflow, room.versions, room.candidates) for room in looked.rooms] == [("goodbye", 3, 1), ("welcome", 4, 2)]
    assert statuses(shared) == ["drained", "drained", "drained", "current"]
    done = archive_due(shared.repo.workspace, "welcome")
    assert (candidates(done), done.archived) == (["welcome@1", "welcome@2"], True)
    assert [(room.workflow, room.versions) for room in done.rooms] == [("welcome", 2)]
    assert statuses(shared) == ["archived", "archived", "drained", "current"]
    assert candidates(archive_due(shared.repo.workspace)) == ["goodbye@1"]
    assert candidates(archive_due(shared.repo.workspace)) == []
    [entry] = shared.repo.audit.list("welcome@1", action="version.archived")
    assert "unused since 2026-01-05: version 2 took its place" in str(entry.details)
    assert told(shared) == [("maya@example.com", "archived", f"welcome@{number}") for number in (1, 2)]
    invariants.check(shared.repo, shared.path)


def test_an_execution_that_ended_of_late_keeps_its_version(shared: Story) -> None:
    policy(shared, 'archive_after = "P10D"', "keep_newest = 1")
    shared.tag("welcome", "stable", 2).start("welcome", "ana", channel="stable").tag("welcome", "stable", 3)
    shared.clock.tick(10 * DAY)
    shared.repo.executions.cancel(shared.execution("ana").id)
    assert candidates(archive_due(shared.repo.workspace)) == ["welcome@1"]
    shared.clock.tick(10 * DAY - timedelta(minutes=1))
    assert candidates(archive_due(shared.repo.workspace)) == []
    shared.clock.tick(timedelta(minutes=1))
    assert candidates(archive_due(shared.repo.workspace)) == ["welcome@2"]


def test_a_migration_that_ended_of_late_keeps_the_version_that_executions_left(shared: Story) -> None:
    policy(shared, 'archive_after = "P10D"', "keep_newest = 1")
    shared.tag("welcome", "stable", 2).start("welcome", "ana", channel="stable").tag("welcome", "stable", 3)
    shared.clock.tick(20 * DAY)
    migration = shared.repo.migrations.create(shared.repo.migrations.plan("welcome", 2, 4))
    shared.repo.migrations.run(migration.id)
    assert candidates(archive_due(shared.repo.workspace)) == ["welcome@1"]
    shared.clock.tick(10 * DAY)
    assert candidates(archive_due(shared.repo.workspace)) == ["welcome@2"]


def test_what_was_taken_back_is_left_alone_for_a_while(shared: Story) -> None:
    policy(shared, 'archive_after = "P10D"', "keep_newest = 1")
    shared.clock.tick(10 * DAY)
    assert candidates(archive_due(shared.repo.workspace)) == ["welcome@1", "welcome@2", "welcome@3"]
    unarchive(shared.repo.workspace, "welcome", 2)
    report = archive_due(shared.repo.workspace)
    assert [(found.number, found.rule) for found in report.kept] == [(2, Rule.RECENT), (4, Rule.CURRENT)]
    shared.clock.tick(10 * DAY)
    assert candidates(archive_due(shared.repo.workspace)) == ["welcome@2"]


def test_archiving_makes_room_and_taking_back_needs_it(story: Story) -> None:
    policy(story, "max_versions = 4")
    with pytest.raises(LimitError):
        story.commit(welcome=steps("one-more"))
    archive(story.repo.workspace, "welcome", 1)
    story.commit(welcome=steps("one-more"))
    with pytest.raises(LimitError):
        unarchive(story.repo.workspace, "welcome", 1)
    assert statuses(story)[0] == "archived"
    assert [(room.versions, room.limit) for room in archive_due(story.repo.workspace, "welcome", dry_run=True).rooms] == [(4, 4)]


def test_taking_back_the_highest_published_version_makes_it_current(story: Story) -> None:
    policy(story, "keep_newest = 1")
    story.git("update-ref", f"{ARCHIVE}/welcome/v4", "refs/tags/welcome/v4")
    story.git("update-ref", "-d", "refs/tags/welcome/v4")
    story.clock.tick(100 * DAY)
    assert story.repo.workflows.get("welcome@current").number == 3
    assert unarchive(story.repo.workspace, "welcome", 4).status is VersionStatus.CURRENT
    assert story.git("rev-parse", "welcome/current").strip() == story.version("welcome", 4).commit
    report = archive_due(story.repo.workspace, dry_run=True)
    assert candidates(report) == ["welcome@1", "welcome@2"]
    assert [(kept.number, kept.rule) for kept in report.kept] == [(3, Rule.RECENT), (4, Rule.CURRENT)]
    assert report.kept[0].reason.startswith("version 4 came back and took its place on")


def test_a_move_that_was_half_done_is_finished(story: Story) -> None:
    story.git("update-ref", f"{ARCHIVE}/welcome/v1", "refs/tags/welcome/v1")
    assert archive(story.repo.workspace, "welcome", 1).status is VersionStatus.ARCHIVED
    assert "tags/welcome/v1" not in marks(story)
    story.git("update-ref", "refs/tags/welcome/v1", f"{ARCHIVE}/welcome/v1")
    assert unarchive(story.repo.workspace, "welcome", 1).status is VersionStatus.DRAINED
    invariants.check(story.repo, story.path)


class LostError(Exception):
    """The process is gone."""


def test_what_git_has_moved_and_the_store_has_lost_is_told_once_by_the_next_sync(
    shared: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move_and_die(*arguments: object) -> None:
        refmoves.move_refs(*arguments)  # type: ignore[arg-type]
        raise LostError

    monkeypatch.setattr(archival, "move_refs", move_and_die)
    with pytest.raises(LostError):
        archive(shared.repo.workspace, "welcome", 1)
    monkeypatch.undo()
    again = shared.open_again(actor=BEN, store=shared.store)
    assert again.versions.get("welcome", 1).status is VersionStatus.ARCHIVED
    assert told(shared) == [("git", "archived", "welcome@1")]
    invariants.check(shared.repo, shared.path)


def test_what_git_refuses_is_not_told(story: Story) -> None:
    hook = story.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text('#!/bin/sh\nif [ "$1" = prepared ]; then exit 1; fi\n')
    hook.chmod(0o755)
    before = marks(story)
    with pytest.raises(RepositoryError, match="git cannot move the refs"):
        archive(story.repo.workspace, "welcome", 1)
    assert (marks(story), told(story), statuses(story)[0]) == (before, [], "drained")
    hook.unlink()
    assert archive(story.repo.workspace, "welcome", 1).status is VersionStatus.ARCHIVED


def test_a_tag_that_moves_at_the_same_time_is_a_conflict_and_nothing_is_lost(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def move_late(repo: object, moves: object) -> None:
        story.git("update-ref", "refs/tags/welcome/v1", "refs/tags/welcome/v2")
        refmoves.move_refs(repo, moves)  # type: ignore[arg-type]

    monkeypatch.setattr(archival, "move_refs", move_late)
    with pytest.raises(ConflictError, match="a ref was changed at the same time"):
        archive(story.repo.workspace, "welcome", 1)
    assert [ref for ref in marks(story) if ref.endswith("v1")] == ["tags/welcome/v1"]
    assert told(story) == []


def test_what_comes_into_use_before_it_is_moved_stays(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    policy(story, "keep_newest = 1").clock.tick(100 * DAY)
    other, batches = story.open_again(actor=BEN), archival._batches

    def mark_first(found: Sequence[Judgement]) -> Iterator[Sequence[Judgement]]:
        other.versions.tag("welcome", "stable", 2)
        return batches(found)

    monkeypatch.setattr(archival, "_batches", mark_first)
    assert candidates(archive_due(story.repo.workspace)) == ["welcome@1", "welcome@3"]
    assert statuses(story) == ["archived", "drained", "archived", "current"]


def test_what_somebody_else_archives_at_the_same_time_is_told_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    other = story.open_again(actor=BEN)

    def be_late(usage: Usage) -> None:
        story.git("update-ref", f"{ARCHIVE}/welcome/v1", "refs/tags/welcome/v1")
        story.git("update-ref", "-d", "refs/tags/welcome/v1")
        assert other.versions.get("welcome", usage.number).status is VersionStatus.ARCHIVED

    monkeypatch.setattr(archival, "obstacle", be_late)
    with pytest.raises(ConflictError, match="version 1 of 'welcome' was changed at the same time"):
        archive(story.repo.workspace, "welcome", 1)
    assert told(story) == [("git", "archived", "welcome@1")]


def test_only_admins_archive_and_everybody_may_look(story: Story) -> None:
    file = story.path / "wflgit.toml"
    file.write_text(
        f'{file.read_text()}\n[[members]]\nid = "maya@example.com"\nroles = ["admin"]\n'
        '\n[[members]]\nid = "ben@example.com"\nroles = ["publisher"]\n'
    )
    story.git("commit", "--quiet", "--all", "--message", "Name the members")
    archive(story.repo.workspace, "welcome", 2)
    before = marks(story)
    ben = story.open_again(actor=BEN, store=story.store).workspace
    denied: list[Callable[[], object]] = [
        lambda: archive(ben, "welcome", 1),
        lambda: unarchive(ben, "welcome", 2),
        lambda: archive_due(ben),
    ]
    for do in denied:
        with pytest.raises(PermissionDenied, match="workflows:admin"):
            do()
    assert archive_due(ben, dry_run=True).kept
    assert marks(story) == before


def test_hundreds_at_once_are_moved_in_few_transactions_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = policy(make_repo(tmp_path / "repo"), "keep_newest = 1", 'archive_after = "P1D"')
    many(story, 240)
    story.git("pack-refs", "--all")
    story.clock.tick(2 * DAY)
    asked: list[int] = []

    def counted(arguments: list[str], **how: str) -> object:
        asked.append(how["stdin"].count("\n"))
        return ask_git(arguments, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(refmoves, "ask_git", counted)
    monkeypatch.setattr(archival, "_AT_ONCE", 100)
    report = archive_due(story.repo.workspace)
    assert len(report.candidates) == 239
    assert asked == [200, 200, 78]
    assert len(refs.list_refs(story.repo.workspace.git, f"{ARCHIVE}/welcome/")) == 239
    assert refs.list_refs(story.repo.workspace.git, "refs/tags/welcome/").keys() == {
        "refs/tags/welcome/v240",
        "refs/tags/welcome/current",
    }
    assert len(told(story)) == 239
    subprocess.run(["git", "-C", str(story.path), "fsck", "--no-dangling"], check=True, capture_output=True)


def many(story: Story, count: int) -> None:
    """Published versions by plain git, all at once."""
    at = int(story.clock().timestamp())
    who = f"Maya <maya@example.com> {at} +0000"
    lines = []
    for number in range(1, count + 1):
        content = to_content("welcome", steps("a", a={"tag": f"tag{number}"})).decode()
        lines += [
            f"commit refs/heads/main\nmark :{number}\ncommitter {who}\ndata 4\nEdit",
            *(["from refs/heads/main^0"] if number == 1 else []),
            f"M 644 inline workflows/welcome.json\ndata {len(content.encode())}\n{content}",
            f"tag welcome/v{number}\nfrom :{number}\ntagger {who}\ndata 7\nPublish",
        ]
    subprocess.run(["git", "-C", str(story.path), "fast-import", "--quiet"], input="\n".join(lines).encode(), check=True)
    story.git("reset", "--quiet", "--hard")
