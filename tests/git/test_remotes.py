"""Talking to remotes, how trunks stand to each other, and making commits anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.clones import Origin, git
from tests.builders import BEN, MAYA, Story, make_repo, steps
from wflgit import ConflictError
from wflgit.core.records import Identity
from wflgit.core.remotes import Kind, Relation, Update
from wflgit.errors import RemoteError
from wflgit.git import remotes, replaying
from wflgit.git.remotes import Connection
from wflgit.git.replaying import Footing

if TYPE_CHECKING:
    from pathlib import Path

    from wflgit.git.repository import GitRepository

ORIGIN = Connection("origin")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin.make(tmp_path)


@pytest.fixture
def maya(origin: Origin) -> Story:
    return origin.clone("maya", MAYA)


def raw(story: Story) -> GitRepository:
    return story.repo.workspace.git


def head(story: Story, name: str = "HEAD") -> str:
    return story.git("rev-parse", name).strip()


def test_a_remote_is_listed_with_the_commits_of_its_tags_and_without_other_branches(origin: Origin, maya: Story) -> None:
    maya.commit(welcome=steps("a")).publish("welcome")
    maya.git(
        "push", "--quiet", "origin", "main", "main:other", "main:refs/pull/1/head", "welcome/v1", "main:refs/wflgit/archive/x/v1"
    )
    found = remotes.list_remote(raw(maya), ORIGIN, "main")
    tag = head(maya, "welcome/v1")
    assert found.refs == {
        "refs/heads/main": head(maya),
        "refs/tags/welcome/v1": tag,
        "refs/wflgit/archive/x/v1": head(maya),
    }
    assert (found.commit("refs/tags/welcome/v1"), found.commit("refs/tags/none")) == (head(maya), None)


def test_the_remote_is_the_one_named_or_followed_or_the_only_one_or_origin(tmp_path: Path, maya: Story) -> None:
    git_ = raw(maya)
    assert remotes.require_remote(git_, None, "main") == "origin"
    maya.git("remote", "add", "backup", str(tmp_path))
    assert remotes.require_remote(git_, "backup", "main") == "backup"
    assert remotes.require_remote(git_, None, "unfollowed") == "origin"
    maya.git("config", "branch.main.remote", "backup")
    assert remotes.require_remote(git_, None, "main") == "backup"


def test_a_push_is_all_or_nothing_and_a_ref_that_is_not_what_it_was_is_a_lost_race(origin: Origin, maya: Story) -> None:
    maya.commit(welcome=steps("a")).publish("welcome")
    before = origin.refs
    tag = Update("refs/tags/welcome/v1", head(maya, "welcome/v1"), None, Kind.VERSION)
    wrong = Update("refs/heads/main", head(maya), head(maya), Kind.TRUNK)
    assert not remotes.push_refs(raw(maya), ORIGIN, [wrong, tag])
    assert origin.refs == before
    right = Update("refs/heads/main", head(maya), before["refs/heads/main"], Kind.TRUNK)
    assert remotes.push_refs(raw(maya), ORIGIN, [tag, right])
    assert origin.refs == {"refs/heads/main": head(maya), "refs/tags/welcome/v1": tag.new}
    other = Update("refs/tags/welcome/v1", head(maya), None, Kind.VERSION)
    assert not remotes.push_refs(raw(maya), ORIGIN, [other])
    assert remotes.push_refs(raw(maya), ORIGIN, [Update("refs/tags/welcome/v1", None, tag.new, Kind.VERSION)])
    assert origin.refs.keys() == {"refs/heads/main"}


def test_more_refs_than_a_command_line_holds_are_pushed_in_portions(
    origin: Origin, maya: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remotes, "_AT_ONCE", 3)
    maya.commit(welcome=steps("a"))
    trunk = Update("refs/heads/main", head(maya), origin.refs["refs/heads/main"], Kind.TRUNK)
    tags = [Update(f"refs/tags/welcome/v{number}", head(maya), None, Kind.VERSION) for number in range(1, 9)]
    assert remotes.push_refs(raw(maya), ORIGIN, [*tags, trunk])
    assert len(origin.refs) == 9
    assert remotes.push_refs(raw(maya), ORIGIN, [])


def test_a_fetch_brings_what_is_asked_for_and_overwrites_no_tag(origin: Origin, maya: Story) -> None:
    origin.git("tag", "one", "main")
    origin.git("-c", "user.name=x", "-c", "user.email=x", "tag", "--annotate", "--message", "x", "two", "main")
    maya.git("tag", "two", "main")
    remotes.fetch_refs(raw(maya), ORIGIN, ["refs/tags/one:refs/tags/one"])
    assert maya.git("tag").split() == ["one", "two"]
    assert not remotes.fetch_refs(raw(maya), ORIGIN, ["refs/tags/two:refs/tags/two"])
    assert not remotes.fetch_refs(raw(maya), ORIGIN, ["refs/tags/gone:refs/tags/gone"])
    maya.git("config", "remote.origin.url", "../nowhere")
    with pytest.raises(RemoteError, match="cannot fetch from 'origin'"):
        remotes.fetch_refs(raw(maya), ORIGIN, ["refs/tags/one:refs/tags/one"])
    maya.git("config", "remote.origin.url", "../origin.git")
    assert remotes.fetch_refs(raw(maya), ORIGIN, ["refs/tags/one:refs/tags/one"])
    assert head(maya, "two") == head(maya)


def test_what_was_seen_is_remembered_by_remote(maya: Story) -> None:
    for remote in ("origin", "team/a"):
        remotes.write_seen(raw(maya), remote, {"refs/tags/x/stable": remote})
    assert [remotes.read_seen(raw(maya), remote)["refs/tags/x/stable"] for remote in ("origin", "team/a")] == ["origin", "team/a"]
    assert remotes.read_seen(raw(maya), "new") == {}


def test_how_trunks_stand_to_each_other(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "repo").commit(welcome=steps("a"))
    one = head(story)
    story.git("switch", "--quiet", "--create", "side")
    story.git("commit", "--quiet", "--allow-empty", "--message", "side")
    side = head(story)
    story.git("switch", "--quiet", "main")
    two = head(story.commit(welcome=steps("b")))
    story.git("merge", "--quiet", "--no-edit", "side")
    merge = head(story)
    relations = {
        (None, None): Relation.NONE,
        (one, None): Relation.ONLY_HERE,
        (None, one): Relation.ONLY_THERE,
        (one, one): Relation.SAME,
        (two, one): Relation.AHEAD,
        (one, two): Relation.BEHIND,
        (two, side): Relation.DIVERGED,
        (merge, two): Relation.AHEAD,
        (merge, side): Relation.SIDEWAYS,
    }
    assert {pair: remotes.find_relation(raw(story), *pair)[0] for pair in relations} == relations
    assert remotes.find_relation(raw(story), merge, one) == (Relation.AHEAD, 3, 0)
    assert replaying.own_commits(raw(story), merge, side) == [two, merge]


def test_files_that_git_cannot_merge_stop_the_replay_and_say_which(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "repo")
    for branch in ("theirs", "main"):
        story.git("switch", "--quiet", "--create" if branch == "theirs" else "--no-guess", branch)
        (story.path / "notes.txt").write_text(branch)
        story.git("add", ".")
        story.git("commit", "--quiet", "--message", f"Write as {branch}")
    footing = Footing(head(story, "theirs"), "origin/main", Identity("Ben", "ben@example.com"), story.clock())
    with pytest.raises(ConflictError) as caught:
        replaying.replay(raw(story), [head(story)], footing, lambda *_: None)
    assert caught.value.message.endswith("'Write as main' and 'origin/main' change the same in 'notes.txt'")
    made = replaying.replay(raw(story), [head(story)], footing, lambda *sides: b"".join(side or b"" for side in sides[2:]))
    assert git(story.path, "show", f"{made[head(story)]}:notes.txt") == "theirsmain"


def test_a_branch_that_somebody_moves_meanwhile_is_left_to_them(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "repo").commit(welcome=steps("a"))
    before, now = head(story, "HEAD~1"), head(story)
    story.git("commit", "--quiet", "--allow-empty", "--message", "theirs")
    theirs = head(story)
    for move in (replaying.forward_branch, replaying.replace_branch):
        with pytest.raises(ConflictError, match="somebody has changed the branch 'main'"):
            move(raw(story), "main", before, expected=now)
    assert head(story) == theirs


def test_commits_made_anew_keep_their_authors_and_say_who_made_them_anew(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "repo")
    story.git("branch", "theirs")
    story.commit(welcome=steps("a"))
    footing = Footing(head(story, "theirs"), "origin/main", Identity(BEN.name, BEN.id), story.clock())
    story.git("commit", "--quiet", "--allow-empty", "--message", "empty on purpose")
    own = replaying.own_commits(raw(story), head(story), head(story, "theirs"))
    made = replaying.replay(raw(story), own, footing, lambda *_: None)
    people = git(story.path, "log", "--format=%an %cn %s", f"theirs..{made[own[-1]]}").splitlines()
    assert people == ["Maya Ben empty on purpose", "Maya Ben Create welcome"]
