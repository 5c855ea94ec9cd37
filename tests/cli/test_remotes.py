"""`clone`, `fetch`, `push`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.clones import Origin, git
from tests.builders import MAYA, Story, make_repo, steps
from wflgit.cli.main import run
from wflgit.cli.remotes import _folder
from wflgit.core.exchanges import Fetched, Publication, Pushed, PushedRef, RemoteState, TakenBack
from wflgit.core.remotes import Kind, Relation
from wflgit.render.remotes import fetched_lines, pushed_lines, state_lines
from wflgit.render.text import plain

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Wflgit


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin.make(tmp_path, channels=["stable"])


@pytest.fixture
def story(origin: Origin) -> Story:
    """A clone of Maya."""
    return origin.clone("maya", MAYA)


def test_a_push_lists_what_is_new_there_and_a_second_one_says_that_all_is_there(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("a")).publish("welcome")
    commit = story.version("welcome", 1).commit[:8]
    assert wflgit("push", "--dry-run").out.splitlines() == [
        "the trunk has 1 commit that 'origin' lacks: `wflgit push`",
        "a push would change:",
        f"  main  now at {commit}",
        "  welcome@1  published",
        f"  welcome/current  now at {commit}",
    ]
    assert wflgit("push").out.endswith("3 refs pushed to 'origin'\n")
    assert wflgit("push", "origin").out == "'origin' has all of it\n"
    assert wflgit("push", "--json").data == {"remote": "origin", "refs": []}


def test_a_fetch_says_what_came_and_of_whom(origin: Origin, story: Story, wflgit: Wflgit) -> None:
    ben = origin.clone("ben", MAYA)
    ben.commit(welcome=steps("a"), message="Begin").publish("welcome")
    git(ben.path, "push", "--quiet", "origin", "main", "welcome/v1")
    lines = wflgit("fetch").out.splitlines()
    assert lines[0] == "welcome@1  Maya: Begin"
    assert lines[1].startswith("welcome@1  published by Maya, 2026-01-05")
    assert lines[2].startswith("the trunk is that of 'origin' at ")
    found = wflgit("fetch", "--json").data
    assert (found["trunk"], found["versions"], found["held"]) == ("same", [], [])
    assert story.repo.versions.list("welcome")[0].number == 1


def test_trunks_that_have_parted_end_a_fetch_with_1_and_a_push_with_4(origin: Origin, story: Story, wflgit: Wflgit) -> None:
    ben = origin.clone("ben", MAYA)
    ben.commit(welcome=steps("a"), message="Begin")
    git(ben.path, "push", "--quiet", "origin", "main")
    story.commit(other=steps("x"))
    assert "the trunk has 1 commit that 'origin' lacks, and lacks 1 of it: `wflgit fetch --rebase`" in wflgit("fetch", code=1).out
    answer = wflgit("push", code=4)
    assert "error: 'origin' has a commit that this 'main' lacks, the newest by Maya: 'Begin'" in answer.err
    assert "in the way: 'origin' has a commit" in wflgit("push", "--dry-run", code=1).out
    assert "1 commit of yours made anew on top of 'origin'" in wflgit("fetch", "--rebase").out
    wflgit("push")


def test_a_clone_is_ready_to_use(
    origin: Origin, story: Story, wflgit: Wflgit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story.commit(welcome=steps("a"))
    wflgit("push")
    wflgit("-C", str(tmp_path), "clone", str(origin.path), "copies/one")
    made = wflgit("-C", str(tmp_path / "copies"), "clone", str(origin.path), "--bare", "--json").data
    assert (made["account"], made["trunk"], made["workflows"]) == ("acme", "main", 1)
    assert made["path"].rstrip("/") == str(tmp_path / "copies/origin.git")
    assert run(["-C", str(tmp_path / "copies/one"), "fetch"]) == 0
    capsys.readouterr()
    assert "cannot clone" in wflgit("clone", str(tmp_path / "nothing"), code=1).err


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("git@host:team/acme.git", "acme"),
        ("host:acme", "acme"),
        ("https://host/team/acme/", "acme"),
        ("../acme/.git", "acme"),
    ],
)
def test_a_clone_goes_where_git_would_put_it(url: str, folder: str) -> None:
    assert (_folder(url, bare=False), _folder(url, bare=True)) == (folder, f"{folder}.git")


def test_without_a_remote_it_says_how_to_name_one(tmp_path: Path, wflgit: Wflgit) -> None:
    alone = make_repo(tmp_path / "alone")
    answer = wflgit("-C", str(alone.path), "push", "--json", code=1)
    assert answer.error == {
        "code": "remote",
        "message": "this repository has no remote",
        "hint": "name one: git remote add origin URL",
    }


def test_a_remote_that_cannot_be_reached_is_named_in_the_hint(story: Story, tmp_path: Path, wflgit: Wflgit) -> None:
    story.git("remote", "add", "gone", "../gone.git")
    for command in ("fetch", "push"):
        assert wflgit(command, "gone", "--json", code=1).error["hint"].endswith(": git ls-remote gone")
    assert wflgit("clone", "no where", "--json", code=1).error["hint"].endswith(": git ls-remote 'no where'")
    taken = wflgit("clone", str(story.path), str(tmp_path), "--json", code=1).error
    assert taken["hint"] == f"name another folder: wflgit clone {story.path} FOLDER"


def test_everything_that_can_come_of_it_has_words() -> None:
    fetched = Fetched(
        "origin",
        Relation.DIVERGED,
        "a" * 40,
        "b" * 40,
        2,
        1,
        archived=("welcome@1",),
        unarchived=("welcome@2",),
        channels=("welcome/stable",),
        overruled=("welcome/stable",),
        replayed={"c": "d"},
        taken_back=(TakenBack("welcome", 3, "d"),),
        held=(Publication("welcome", 4, "Ada", "e"),),
    )
    assert plain(fetched_lines(fetched)).splitlines() == [
        "welcome@1  archived",
        "welcome@2  taken out of the archive",
        "welcome/stable  moved (you had moved it elsewhere)",
        "1 commit of yours made anew on top of 'origin'",
        "welcome@3  is not published any more; `wflgit publish welcome` publishes what it is now",
        "welcome@4  is another version on 'origin', published by Ada; `wflgit fetch --rebase` gives yours another number",
        "the trunk has 2 commits that 'origin' lacks, and lacks 1 of it: `wflgit fetch --rebase`",
    ]
    refs = (
        PushedRef("refs/wflgit/archive/welcome/v1", Kind.ARCHIVE, None, "f" * 40),
        PushedRef("refs/tags/welcome/v1", Kind.VERSION, "f" * 40, None, "it stood in the archive and among the tags"),
        PushedRef("refs/wflgit/archive/welcome/v2", Kind.ARCHIVE, "f" * 40, None),
        PushedRef("refs/tags/welcome/stable", Kind.CHANNEL, None, None),
        PushedRef("refs/wflgit/drafts/sales/welcome/ada@example.org", Kind.DRAFT, None, "f" * 40),
    )
    assert plain(pushed_lines(Pushed("origin", refs))).splitlines() == [
        "welcome@1  archived",
        "welcome@1  no tag any more (it stood in the archive and among the tags)",
        "welcome@2  out of the archive",
        "welcome/stable  gone",
        "sales/welcome  draft",
        "5 refs pushed to 'origin'",
    ]
    many = Pushed("origin", tuple(PushedRef(f"refs/tags/welcome/v{number}", Kind.VERSION, None, "f") for number in range(1, 31)))
    assert plain(pushed_lines(many)).splitlines()[20:] == ["… and 10 more", "30 refs pushed to 'origin'"]
    for relation in Relation:
        state = RemoteState("origin", relation, 0, 0, faults=("x",))
        assert plain(state_lines(state)).endswith("half pushed: x\n")
