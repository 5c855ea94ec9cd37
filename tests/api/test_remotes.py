"""Clones of one bare repository: who fetches, pushes and publishes what, and who is told about whom."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import invariants
from tests.api.clones import Origin, git, refs_of, two_clones
from tests.builders import BEN, MAYA, Story, make_repo, steps
from wflgit import ConflictError, DirtyFileError, StateError, VersionStatus
from wflgit import open as open_repository
from wflgit.api.pushing import push, remote_state
from wflgit.api.remotes import clone, fetch
from wflgit.api.sharing import publish_and_push
from wflgit.core.exchanges import Fetched, Pushed, TakenBack
from wflgit.core.names import draft_ref
from wflgit.core.remotes import Kind, Relation
from wflgit.errors import RemoteError, SettingsError

ARCHIVE = "refs/wflgit/archive"


def pushed(story: Story, *, drafts: bool = False) -> Pushed:
    return push(story.repo.workspace, drafts=drafts)


def fetched(story: Story, *, rebase: bool = False) -> Fetched:
    return fetch(story.repo.workspace, rebase=rebase)


def shared(story: Story, slug: str = "welcome") -> int:
    """Publish the newest version for everybody; which number did it get?"""
    return publish_and_push(story.repo.workspace, slug).version.number


def numbers(story: Story, slug: str = "welcome") -> list[tuple[int, str, str]]:
    return [(version.number, version.commit, version.status) for version in story.repo.versions.list(slug)]


def check(*stories: Story) -> None:
    """All clones agree with their Git, and with each other once they have fetched."""
    for story in stories:
        fetched(story)
        assert story.repo.fsck() == []
        invariants.check(story.repo, story.path)
        assert git(story.path, "status", "--porcelain") == ""
    assert all(numbers(story) == numbers(stories[0]) for story in stories)


def archive(story: Story, number: int) -> None:
    story.git("update-ref", f"{ARCHIVE}/welcome/v{number}", f"refs/tags/welcome/v{number}")
    story.git("update-ref", "-d", f"refs/tags/welcome/v{number}")


def unarchive(story: Story, number: int) -> None:
    story.git("update-ref", f"refs/tags/welcome/v{number}", f"{ARCHIVE}/welcome/v{number}")
    story.git("update-ref", "-d", f"{ARCHIVE}/welcome/v{number}")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `team` is a copy of."""
    folder = tmp_path_factory.mktemp("template")
    _, maya, ben = two_clones(folder, channels=["stable"])
    maya.commit(welcome=steps("a", "b", "c")).publish("welcome")
    pushed(maya)
    fetched(ben)
    for story in (maya, ben):
        story.repo.close()
    return folder


@pytest.fixture
def team(template: Path, tmp_path: Path) -> tuple[Origin, Story, Story]:
    """Maya and Ben, and a workflow whose first version is published and with both."""
    origin = Origin.copy(template, tmp_path / "team")
    return origin, origin.open("maya", MAYA), origin.open("ben", BEN)


Team = tuple[Origin, Story, Story]


# The usual way


def test_a_push_brings_all_and_a_second_one_has_nothing_to_do(tmp_path: Path) -> None:
    origin, maya, ben = two_clones(tmp_path, channels=["stable"])
    maya.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("a", "b")).publish("welcome").tag(
        "welcome", "stable", 1
    )
    archive(maya, 1)
    maya.repo.sync()
    assert {ref.kind for ref in pushed(maya).refs} == {Kind.TRUNK, Kind.VERSION, Kind.ARCHIVE, Kind.CURRENT, Kind.CHANNEL}
    assert pushed(maya).refs == ()
    tags = {ref: target for ref, target in refs_of(maya.path).items() if not ref.startswith("refs/remotes/")}
    assert origin.refs == tags
    found = fetched(ben)
    assert [(version.number, version.author.name) for version in found.versions] == [(1, "Maya"), (2, "Maya")]
    assert [(version.number, version.published_by and version.published_by.name) for version in found.published] == [(2, "Maya")]
    assert (found.archived, found.channels, found.trunk) == (("welcome@1",), ("welcome/stable",), Relation.SAME)
    check(maya, ben)
    assert fetched(ben) == Fetched("origin", Relation.SAME, found.tip, found.tip, 0, 0)


def test_a_clone_has_the_archive_and_lets_moving_tags_follow_plain_git(team: Team) -> None:
    origin, maya, _ = team
    maya.commit(welcome=steps("a", "b")).publish("welcome")
    archive(maya, 1)
    pushed(maya)
    late = origin.clone("late", BEN)
    assert numbers(late) == numbers(maya)
    assert late.version("welcome", 1).status is VersionStatus.ARCHIVED
    lines = git(late.path, "config", "--get-all", "remote.origin.fetch").split()
    assert lines[1:] == ["+refs/tags/*/current:refs/tags/*/current", "+refs/tags/*/stable:refs/tags/*/stable"]
    maya.commit(welcome=steps("a")).publish("welcome")
    pushed(maya)
    for command in (["fetch"], ["fetch", "--tags"], ["fetch", "--prune"], ["pull"]):
        git(late.path, *command, "--quiet")
        assert git(late.path, "rev-parse", "welcome/current").strip() == maya.version("welcome", 3).commit
    check(late, maya)


def test_a_bare_clone_fetches_and_pushes(team: Team, tmp_path: Path) -> None:
    origin, maya, _ = team
    server = origin.clone("server.git", BEN, bare=True)
    maya.commit(welcome=steps("a", "b"))
    pushed(maya)
    assert fetched(server).trunk is Relation.SAME
    server.commit(welcome=steps("b")).publish("welcome")
    pushed(server)
    fetched(maya)
    assert numbers(maya) == numbers(server)
    maya.commit(welcome=steps("a", "b"))
    pushed(maya)
    server.commit(other=steps("x"))
    assert fetched(server, rebase=True).trunk is Relation.AHEAD


def test_the_trunk_follows_where_another_branch_is_checked_out_and_in_a_linked_working_tree(team: Team, tmp_path: Path) -> None:
    _, maya, ben = team
    maya.commit(welcome=steps("a"))
    pushed(maya)
    ben.git("switch", "--quiet", "--create", "work")
    assert fetched(ben).trunk is Relation.SAME
    assert ben.repo.versions.list("welcome")[0].number == 2
    ben.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    maya.commit(welcome=steps("a", "b"))
    pushed(maya)
    fetched(ben)
    assert git(tmp_path / "linked", "status", "--porcelain") == ""
    assert git(tmp_path / "linked", "rev-parse", "HEAD") == maya.git("rev-parse", "HEAD")


def test_tags_of_others_come_along_and_none_is_overwritten(team: Team) -> None:
    _, maya, ben = team
    for story in (maya, ben):
        story.git("tag", "seen", "main~1" if story is ben else "main")
    maya.git("tag", "release-1", "main")
    maya.git("push", "--quiet", "origin", "seen", "release-1")
    seen = ben.git("rev-parse", "seen")
    fetched(ben)
    assert ben.git("rev-parse", "release-1") == maya.git("rev-parse", "release-1")
    assert ben.git("rev-parse", "seen") == seen
    assert not any("seen" in ref.ref for ref in pushed(ben).refs)


# Both at once


def both_publish(maya: Story, ben: Story) -> None:
    """Maya and Ben publish a version 2 each; Maya pushes hers."""
    maya.commit(welcome=steps("a", "b", "c", "d")).publish("welcome")
    ben.commit(welcome=steps("x", "a", "b", "c")).publish("welcome")
    pushed(maya)


def test_the_second_to_publish_a_number_is_told_by_whom_and_pushes_nothing(team: Team) -> None:
    origin, maya, ben = team
    both_publish(maya, ben)
    before = origin.refs
    with pytest.raises(ConflictError) as caught:
        pushed(ben)
    commit = maya.version("welcome", 2).commit
    said = maya.version("welcome", 2).published_at
    assert caught.value.message == (
        f"Maya published welcome@2 on 'origin' at {said:%Y-%m-%d %H:%M} UTC (another commit, {commit[:10]})"
    )
    assert caught.value.hint == "`wflgit fetch --rebase`, then `wflgit publish welcome` again"
    assert origin.refs == before


def test_a_fetch_without_rebase_leaves_what_both_have_published_as_it_is(team: Team) -> None:
    _, maya, ben = team
    both_publish(maya, ben)
    before = refs_of(ben.path)
    found = fetched(ben)
    assert (found.trunk, found.ahead, found.behind) == (Relation.DIVERGED, 1, 1)
    assert [(held.workflow, held.number, held.by) for held in found.held] == [("welcome", 2, "Maya")]
    after = refs_of(ben.path)
    assert {ref: after.get(ref) for ref in before if not ref.startswith("refs/remotes/")} == {
        ref: target for ref, target in before.items() if not ref.startswith("refs/remotes/")
    }


def test_own_commits_are_made_anew_on_top_and_their_publications_taken_back(team: Team) -> None:
    _, maya, ben = team
    both_publish(maya, ben)
    old = ben.version("welcome", 2)
    found = fetched(ben, rebase=True)
    new = ben.version("welcome", 3)
    assert found.replayed == {old.commit: new.commit}
    assert found.taken_back == (TakenBack("welcome", 2, new.commit),)
    assert (found.trunk, found.ahead, found.behind, found.held) == (Relation.AHEAD, 1, 0, ())
    assert [version.number for version in found.versions] == [2]
    assert (new.author, new.summary, new.created_at) == (old.author, old.summary, ben.clock())
    assert list(ben.repo.workflows.get("welcome@3").graph.steps) == ["x", "a", "b", "c", "d"]
    assert ben.version("welcome", 2).published_by == maya.version("welcome", 2).published_by
    assert [ref for ref in refs_of(ben.path) if ref.startswith("refs/wflgit/")] == []
    [entry] = ben.repo.audit.list(action="version.unpublished")
    assert (entry.actor, entry.subject) == (BEN.id, "welcome@2")
    ben.publish("welcome")
    pushed(ben)
    check(ben, maya)


def test_publish_and_push_gives_the_next_number_behind_others(team: Team) -> None:
    origin, maya, ben = team
    both_publish(maya, ben)
    done = publish_and_push(ben.repo.workspace, "welcome")
    assert (done.version.number, done.was, done.version.status) == (3, 2, VersionStatus.CURRENT)
    assert origin.read("welcome/current") == done.version.commit == origin.read("main")
    maya.commit(other=steps("y"))
    again = publish_and_push(maya.repo.workspace, "other")
    assert (again.version.number, again.was) == (1, None)
    assert list(maya.repo.workflows.get("welcome@current").graph.steps) == ["x", "a", "b", "c", "d"]
    check(ben, maya)


def test_publish_and_push_publishes_again_what_else_was_published_here_only(team: Team) -> None:
    _, maya, ben = team
    ben.commit(other=steps("y")).publish("other").commit(welcome=steps("a", "b"))
    maya.commit(welcome=steps("a", "b", "c", "d")).publish("welcome")
    pushed(maya)
    assert shared(ben) == 3
    assert ben.version("other", 1).status is VersionStatus.CURRENT
    fetched(maya)
    assert maya.version("other", 1).published_by == ben.version("other", 1).published_by
    check(maya, ben)


def test_a_commit_that_both_have_published_is_published_once(team: Team) -> None:
    origin, maya, ben = team
    maya.commit(welcome=steps("a", "b"))
    pushed(maya)
    fetched(ben)
    maya.publish("welcome")
    ben.publish("welcome").start("welcome", "ana")
    pushed(maya)
    with pytest.raises(ConflictError, match=r"Maya published welcome@2 on 'origin' at .* \(the same commit\)") as caught:
        pushed(ben)
    assert caught.value.hint == "`wflgit fetch` takes that publication over"
    assert fetched(ben).held == ()
    assert ben.version("welcome", 2).published_by == maya.version("welcome", 2).published_by
    assert shared(ben) == 2
    assert origin.refs["refs/tags/welcome/v2"] == ben.version("welcome", 2).tag
    check(ben, maya)


def test_what_was_made_by_both_in_the_same_way_leaves_nothing_to_replay(team: Team) -> None:
    _, maya, ben = team
    maya.commit(welcome=steps("a", "b")).publish("welcome")
    ben.commit(welcome=steps("a", "b"), message="The same").publish("welcome")
    pushed(maya)
    assert ben.version("welcome", 2).commit != maya.version("welcome", 2).commit
    done = publish_and_push(ben.repo.workspace, "welcome")
    assert (done.version.number, done.version.published_by) == (2, maya.version("welcome", 2).published_by)
    check(ben, maya)


def has_executions(ben: Story) -> None:
    ben.start("welcome", "ana")


def has_a_migration(ben: Story) -> None:
    plan = ben.repo.migrations.plan("welcome", 1, 2)
    ben.repo.migrations.create(plan)


@pytest.mark.parametrize(
    ("hold", "why"), [(has_executions, "executions have been started"), (has_a_migration, "a migration comes from it")]
)
def test_a_number_that_something_depends_on_is_not_given_up(team: Team, hold: Callable[[Story], None], why: str) -> None:
    _, maya, ben = team
    both_publish(maya, ben)
    hold(ben)
    before = {ref: target for ref, target in refs_of(ben.path).items() if ref.startswith(("refs/heads/", "refs/tags/"))}
    for refused in (lambda: fetched(ben, rebase=True), lambda: shared(ben)):
        with pytest.raises(StateError, match=f"version 2 of 'welcome' is published here and not pushed.*{why}"):
            refused()
    assert {ref: target for ref, target in refs_of(ben.path).items() if ref in before} == before


def test_changes_that_do_not_go_together_stop_the_rebase_before_anything_changes(team: Team) -> None:
    _, maya, ben = team
    maya.commit(welcome=steps("a", "b", "c", b={"tag": "warm"}))
    ben.commit(welcome=steps("a", "b", "c", b={"tag": "cold"})).publish("welcome")
    pushed(maya)
    before = ben.git("rev-parse", "HEAD", "welcome/v2")
    with pytest.raises(ConflictError, match="your changes of 'welcome' and those in 'origin/main' do not go together") as caught:
        fetched(ben, rebase=True)
    assert [conflict.path for conflict in caught.value.conflicts] == ["steps/b/config/tag"]
    assert ben.git("rev-parse", "HEAD", "welcome/v2") == before


def test_uncommitted_changes_are_never_overwritten(team: Team) -> None:
    _, maya, ben = team
    maya.commit(welcome=steps("a"))
    pushed(maya)
    ben.write(welcome=steps("mine"))
    with pytest.raises(DirtyFileError):
        fetched(ben)
    assert b"mine" in (ben.path / "workflows/welcome.json").read_bytes()
    ben.git("checkout", "--quiet", ".")
    ben.commit(other=steps("x"))
    settings = ben.path / "wflgit.toml"
    settings.write_text(f"{settings.read_text()}# mine\n")
    with pytest.raises(DirtyFileError, match=r"uncommitted changes, in 'wflgit\.toml'"):
        fetched(ben, rebase=True)
    assert settings.read_text().endswith("# mine\n")


def test_other_files_and_merged_branches_stay_what_they_are_when_they_are_made_anew(team: Team) -> None:
    _, maya, ben = team
    maya.commit(welcome=steps("a"))
    pushed(maya)
    (ben.path / "run.sh").write_text("echo\n")
    (ben.path / "run.sh").chmod(0o755)
    (ben.path / "link").symlink_to("run.sh")
    ben.git("add", ".")
    ben.git("commit", "--quiet", "--message", "Files\n\nWith words.")
    ben.merge_branch("side", other=steps("x"))
    side = ben.git("rev-parse", "side").strip()
    fetched(ben, rebase=True)
    assert ben.git("log", "--format=%s", "--first-parent", "-3").split("\n")[:2] == ["Merge side", "Files"]
    assert ben.git("rev-parse", "HEAD^2").strip() == side
    assert ben.git("log", "-1", "--format=%b", "HEAD^").strip() == "With words."
    assert [line.split()[0] for line in ben.git("ls-tree", "HEAD", "run.sh", "link").splitlines()] == ["120000", "100755"]
    assert (ben.path / "link").is_symlink()
    pushed(ben)
    check(ben, maya)


def test_a_merge_that_would_take_the_numbers_of_others_is_not_pushed_but_straightened(team: Team) -> None:
    _, maya, ben = team
    maya.commit(welcome=steps("a", "b", "c", "d")).publish("welcome")
    pushed(maya)
    ben.commit(other=steps("x"))
    ben.git("fetch", "--quiet")
    ben.git("merge", "--quiet", "--no-edit", "origin/main")
    with pytest.raises(ConflictError, match="side line of a merge: its versions would lose their numbers"):
        pushed(ben)
    found = fetched(ben, rebase=True)
    assert list(found.replayed.values())[1:] == [None]
    pushed(ben)
    assert ben.version("welcome", 2).commit == maya.version("welcome", 2).commit
    check(ben, maya)


def test_a_trunk_that_is_behind_is_told_who_is_ahead(team: Team) -> None:
    _, maya, ben = team
    maya.commit(welcome=steps("a"), message="Shorten it")
    pushed(maya)
    ben.commit(other=steps("x"))
    with pytest.raises(ConflictError) as caught:
        pushed(ben)
    assert caught.value.message == "'origin' has a commit that this 'main' lacks, the newest by Maya: 'Shorten it'"


# The archive and channels


def test_what_is_archived_and_taken_out_again_travels_both_ways(team: Team) -> None:
    origin, maya, ben = team
    maya.commit(welcome=steps("a")).publish("welcome")
    pushed(maya)
    fetched(ben)
    archive(maya, 1)
    assert {(ref.kind, ref.new is None) for ref in pushed(maya).refs} == {(Kind.ARCHIVE, False), (Kind.VERSION, True)}
    assert pushed(ben).refs == ()
    assert fetched(ben).archived == ("welcome@1",)
    check(maya, ben)
    unarchive(ben, 1)
    pushed(ben)
    assert pushed(maya).refs == ()
    assert fetched(maya).unarchived == ("welcome@1",)
    assert f"{ARCHIVE}/welcome/v1" not in origin.refs
    check(maya, ben)


def test_what_is_archived_here_and_not_pushed_survives_every_fetch(team: Team) -> None:
    _, maya, ben = team
    archive(ben, 1)
    ben.git("config", "fetch.prune", "true")
    ben.git("config", "fetch.pruneTags", "true")
    fetched(ben)
    ben.git("fetch", "--quiet", "--no-prune-tags")
    assert refs_of(ben.path)[f"{ARCHIVE}/welcome/v1"] == maya.version("welcome", 1).tag


def test_a_channel_follows_whoever_moved_it_last_and_is_never_pushed_over_another_move(team: Team) -> None:
    origin, maya, ben = team
    maya.commit(welcome=steps("a")).publish("welcome").tag("welcome", "stable", 1)
    pushed(maya)
    assert fetched(ben).channels == ("welcome/stable",)
    maya.tag("welcome", "stable", 2)
    pushed(maya)
    assert pushed(ben).refs == ()
    assert origin.read("welcome/stable") == maya.version("welcome", 2).commit
    fetched(ben)
    ben.tag("welcome", "stable", 1)
    pushed(ben)
    fetched(maya)
    assert maya.git("rev-parse", "welcome/stable").strip() == maya.version("welcome", 1).commit
    maya.commit(welcome=steps("b")).publish("welcome")
    pushed(maya)
    fetched(ben)
    maya.tag("welcome", "stable", 2)
    ben.tag("welcome", "stable", 3)
    pushed(maya)
    with pytest.raises(ConflictError, match="'welcome/stable' has been moved here, and on 'origin' as well"):
        pushed(ben)
    assert fetched(ben).overruled == ("welcome/stable",)
    assert ben.git("rev-parse", "welcome/stable").strip() == maya.version("welcome", 2).commit


# Half pushed


def test_a_trunk_without_its_tags_is_noticed_and_mended_by_the_next_push(team: Team) -> None:
    origin, maya, ben = team
    maya.commit(welcome=steps("a")).publish("welcome")
    maya.git("push", "--quiet", "origin", "main")
    state = remote_state(maya.repo.workspace)
    assert state.faults == ("'welcome@2' is there, but not that it is published",)
    assert state.trunk is Relation.SAME
    pushed(maya)
    assert origin.read("welcome/current") == maya.version("welcome", 2).commit
    assert remote_state(maya.repo.workspace).faults == ()
    check(ben, maya)


@pytest.mark.parametrize(("damage", "said"), [("", "it was missing"), ("main~1", "it did not stand on the highest version")])
def test_a_moving_tag_that_is_wrong_on_the_remote_is_noticed_and_mended_by_whoever_pushes(
    team: Team, damage: str, said: str
) -> None:
    origin, maya, ben = team
    maya.commit(welcome=steps("a")).publish("welcome")
    pushed(maya)
    fetched(ben)
    origin.git("update-ref", *(["refs/tags/welcome/current", damage] if damage else ["-d", "refs/tags/welcome/current"]))
    assert remote_state(ben.repo.workspace).faults == (f"'welcome/current' is wrong there: {said}",)
    [mended] = pushed(ben).refs
    assert (mended.kind, mended.mends) == (Kind.CURRENT, said)
    assert origin.read("welcome/current") == maya.version("welcome", 2).commit


def test_a_tag_that_publishes_nothing_is_not_pushed_and_does_not_move_current(team: Team) -> None:
    origin, maya, ben = team
    maya.git("tag", "welcome/v9", "main")
    assert pushed(maya).refs == ()
    origin.git("tag", "welcome/v8", "main")
    fetched(ben)
    ben.commit(welcome=steps("a")).publish("welcome")
    pushed(ben)
    assert origin.read("welcome/current") == ben.version("welcome", 2).commit


def test_a_newer_version_there_keeps_its_current(team: Team) -> None:
    origin, maya, ben = team
    maya.commit(welcome=steps("a"))
    pushed(maya)
    fetched(ben)
    maya.commit(welcome=steps("b")).publish("welcome", 3)
    pushed(maya)
    ben.publish("welcome", 2)
    [ref] = pushed(ben).refs
    assert ref.ref == "refs/tags/welcome/v2"
    assert origin.read("welcome/current") == maya.version("welcome", 3).commit
    check(ben, maya)


# Drafts


def test_drafts_are_pushed_when_asked_and_only_own_ones(team: Team) -> None:
    origin, maya, _ = team
    mine, others = draft_ref("welcome", MAYA.id), draft_ref("welcome", BEN.id)
    for ref in (mine, others):
        maya.git("update-ref", ref, "main")
    assert pushed(maya).refs == ()
    assert [(ref.ref, ref.kind) for ref in pushed(maya, drafts=True).refs] == [(mine, Kind.DRAFT)]
    maya.git("update-ref", mine, "main~1")
    fetched(maya)
    pushed(maya, drafts=True)
    assert (origin.read(mine), others in origin.refs) == (maya.git("rev-parse", "main~1").strip(), False)
    origin.git("update-ref", mine, "main")
    maya.git("update-ref", mine, "main~1^{tree}")
    with pytest.raises(ConflictError, match="another draft of yours of 'welcome' is on 'origin'"):
        pushed(maya, drafts=True)


# What can go wrong on the way


def test_without_a_remote_or_with_a_wrong_one_it_says_which_there_are(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "alone")
    with pytest.raises(RemoteError, match="this repository has no remote"):
        fetched(story)
    story.git("remote", "add", "upstream", "https://maya:secret@127.0.0.1:1/x.git")
    with pytest.raises(RemoteError, match="there is no remote 'origin'") as caught:
        push(story.repo.workspace, "origin")
    assert caught.value.hint == "there are: upstream"
    with pytest.raises(RemoteError, match="cannot look at 'upstream'") as caught:
        pushed(story)
    assert "secret" not in caught.value.message


def test_a_new_remote_gets_all_of_it_and_the_lines_for_moving_tags(team: Team, tmp_path: Path) -> None:
    _, maya, _ = team
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "second.git")], check=True)
    maya.git("remote", "add", "second", str(tmp_path / "second.git"))
    push(maya.repo.workspace, "second")
    fetch(maya.repo.workspace, "second")
    assert refs_of(tmp_path / "second.git").keys() == {
        f"refs/{name}" for name in ("heads/main", "tags/welcome/v1", "tags/welcome/current")
    }
    assert "+refs/tags/*/current:refs/tags/*/current" in git(maya.path, "config", "--get-all", "remote.second.fetch")


def test_a_remote_whose_rules_forbid_it_says_so_and_has_nothing(team: Team) -> None:
    origin, maya, _ = team
    hook = origin.path / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho no tags on Fridays >&2\nexit 1\n")
    hook.chmod(0o755)
    before = origin.refs
    maya.commit(welcome=steps("a")).publish("welcome")
    with pytest.raises(RemoteError, match="no tags on Fridays") as caught:
        pushed(maya)
    assert caught.value.hint == "the remote's rules forbid it; ask those who look after it"
    assert origin.refs == before


def test_a_clone_of_what_is_no_wflgit_repository_says_how_to_make_one(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "plain")], check=True)
    with pytest.raises(SettingsError, match="is cloned, but there is no"):
        clone(str(tmp_path / "plain"), tmp_path / "copy")
    with pytest.raises(RemoteError, match="cannot clone"):
        clone(str(tmp_path / "nothing"), tmp_path / "other")


def test_a_lost_note_of_what_the_remote_had_costs_nothing(team: Team) -> None:
    _, maya, ben = team
    note = ben.path / ".git/wflgit/remotes/origin.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text("{")
    archive(maya, 1)
    pushed(maya)
    assert fetched(ben).archived == ("welcome@1",)
    assert f"{ARCHIVE}/welcome/v1" in note.read_text()


def test_what_is_pushed_passes_the_hook_of_a_server(team: Team) -> None:
    origin, maya, ben = team
    hook = origin.path / "hooks/pre-receive"
    code = "from wflgit.cli.main import main; main()"
    hook.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{code}" hook pre-receive\n')
    hook.chmod(0o755)
    maya.commit(welcome=steps("a")).publish("welcome").tag("welcome", "stable", 2)
    pushed(maya)
    archive(maya, 1)
    pushed(maya)
    unarchive(maya, 1)
    pushed(maya)
    assert shared(ben.commit(other=steps("x")), "other") == 1
    check(ben, maya)


# Many at once

PUBLISHER = """
import sys
from wflgit import Actor, ConflictError, open
from wflgit.api.sharing import publish_and_push
path, name, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
repo = open(path, actor=Actor(f"{name}@example.com", name))
for turn in range(times):
    document = dict(repo.workflows.get("welcome").document)
    document["steps"] = {**document["steps"], name: {"type": "add_tag", "config": {"tag": f"{name} {turn}"}, "next": None}}
    repo.versions.create("welcome", document)
    print(publish_and_push(repo.workspace, "welcome").version.number, flush=True)
"""


@pytest.mark.slow
def test_of_several_who_publish_at_the_same_time_everybody_gets_a_number_of_their_own(team: Team, thorough: bool) -> None:
    origin, maya, ben = team
    times = 20 if thorough else 2
    start = steps("ann", "cleo")
    maya.commit(welcome=start).publish("welcome")
    pushed(maya)
    names = ("ann", "cleo")
    for name in names:
        origin.clone(name, MAYA).repo.close()
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, str(origin.folder / name), name, str(times)], stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    acknowledged = [int(number) for process in running for number in process.communicate()[0].split()]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted(acknowledged) == list(range(3, 3 + len(names) * times))
    assert {f"refs/tags/welcome/v{number}" for number in acknowledged} <= origin.refs.keys()
    check(maya, ben)
    for name in names:
        repo = open_repository(origin.folder / name, actor=MAYA)
        fetch(repo.workspace)
        assert repo.fsck() == []
