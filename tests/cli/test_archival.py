"""`archive`, `unarchive`, `gc`."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.builders import steps
from wflgit.api.drafts import Drafts

if TYPE_CHECKING:
    from tests.builders import Story
    from tests.cli.conftest import Wflgit

DAY = timedelta(days=1)


@pytest.fixture
def idle(story: Story) -> Story:
    """Three published versions that nobody has used for ten days, and a policy that lets them go then."""
    file = story.path / "wflgit.toml"
    file.write_text(f'{file.read_text()}\n[policy]\narchive_after = "P10D"\nkeep_newest = 1\nmax_versions = 4\n')
    story.git("commit", "--quiet", "--all", "--message", "Set the policy")
    for number in range(3):
        story.commit(welcome=steps(*(f"step{each}" for each in range(number + 1)))).publish("welcome")
    story.clock.tick(10 * DAY)
    return story


def test_candidates_of_a_workflow_are_listed_with_what_stays_and_why(idle: Story, wflgit: Wflgit) -> None:
    idle.tag("welcome", "stable", 2)
    answer = wflgit("archive", "--candidates", "welcome")
    assert answer.out == (
        "1 version to be archived:\n"
        "VERSION    LAST USED   WHY\n"
        "welcome@1  2026-01-05  unused since 2026-01-05: version 2 took its place\n"
        "\n"
        "2 published versions not:\n"
        "VERSION    LAST USED   WHY\n"
        "welcome@2  2026-01-05  channel 'stable' marks it\n"
        "welcome@3  2026-01-05  it is the current version\n"
        "\n"
        "welcome: 3 of 4 versions, 2 once these are archived\n"
    )
    assert wflgit("log", "welcome", "--json").data[2]["status"] == "drained"
    assert wflgit("archive", "--candidates").out.splitlines() == [
        *answer.out.splitlines()[:3],
        "",
        "welcome: 3 of 4 versions, 2 once these are archived",
    ]


def test_a_run_archives_them_and_a_dry_one_does_not(idle: Story, wflgit: Wflgit) -> None:
    dry = wflgit("archive", "--run", "--dry-run", "--json").data
    assert (dry["archived"], [found["number"] for found in dry["candidates"]]) == (False, [1, 2])
    assert idle.git("tag", "--list", "welcome/v*").split() == ["welcome/v1", "welcome/v2", "welcome/v3"]
    done = wflgit("archive", "--run")
    assert done.out.startswith("2 versions archived:\n")
    assert done.out.endswith("\nwelcome: 1 of 4 versions\n")
    assert idle.git("tag", "--list", "welcome/v*").split() == ["welcome/v3"]
    assert wflgit("archive", "--run") == (0, "", "there is nothing to archive\n")
    report = wflgit("archive", "--run", "welcome", "--json").data
    assert report["archived"]
    assert [(kept["number"], kept["rule"], kept["candidate"]) for kept in report["kept"]] == [(3, "current", False)]
    assert report["rooms"] == [{"workflow": "welcome", "versions": 1, "limit": 4, "candidates": 0}]


def test_versions_are_archived_and_taken_back_by_name(story: Story, wflgit: Wflgit) -> None:
    for name in ("one", "two", "three"):
        story.commit(welcome=steps(name)).publish("welcome")
    assert [found["status"] for found in wflgit("archive", "welcome", "1", "2", "--json").data] == ["archived", "archived"]
    assert wflgit("unarchive", "welcome", "2").out.startswith("welcome@2  drained  ")
    assert wflgit("unarchive", "welcome", "1", "--json").data["status"] == "drained"
    refused = wflgit("archive", "welcome", "3", code=1)
    assert refused.err == (
        "error: version 3 of 'welcome' cannot be archived: it is the current version\n"
        "hint: see `wflgit archive --candidates welcome`\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("welcome",),
        ("welcome", "1", "--run"),
        ("--candidates", "--run"),
        ("--candidates", "--dry-run"),
        ("welcome", "1", "--dry-run"),
        ("welcome", "0"),
    ],
)
def test_what_does_not_fit_together_is_wrong_usage(story: Story, wflgit: Wflgit, arguments: tuple[str, ...]) -> None:
    story.commit(welcome=steps("one"))
    assert wflgit("archive", *arguments, code=2).err.startswith("error: ")


def test_housekeeping_says_what_is_due_and_does_it(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("one")).publish("welcome")
    assert wflgit("gc") == (0, "", "nothing is due\n")
    folder = story.path / ".git" / "refs" / "tags" / "many"
    folder.mkdir()
    commit = story.version("welcome", 1).commit
    for number in range(1, 1000):
        (folder / f"n{number}").write_text(f"{commit}\n")
    due = wflgit("gc", "--dry-run")
    assert due.out == "housekeeping is due, `wflgit gc` does it: 1,000 tags or more are a file each\n"
    assert (folder / "n1").exists()
    assert wflgit("gc", "--dry-run", "--json").data["before"]["refs_due"]
    assert wflgit("gc").out == "packed the tags\n"
    assert not folder.exists()
    after = wflgit("gc", "--json").data
    assert (after["done"], after["before"]["loose_tags"], after["locks"]) == (True, 0, [])
    assert story.version("welcome", 1).published_at


def test_objects_are_packed_and_locks_of_others_are_pointed_out(story: Story, wflgit: Wflgit) -> None:
    story.git("config", "gc.auto", "1")
    for number in range(700):
        story.repo.workspace.git.write_blob(str(number).encode())
    story.git("add", ".")
    lock = story.path / ".git" / "index.lock"
    lock.touch()
    long_ago = time.time() - timedelta(hours=1).total_seconds()
    os.utime(lock, (long_ago, long_ago))
    packed, warned = wflgit("gc").out.splitlines()
    assert packed.startswith("had git pack the objects: from about ")
    assert warned.startswith("warning: 'index.lock' was left by some program")
    assert lock.exists()


def test_old_drafts_are_cleared_away_on_the_way(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("one"))
    Drafts(story.repo.workspace).save("welcome", steps("two"))
    story.clock.tick(8 * DAY)
    assert wflgit("gc").out == "archived 1 draft that nobody saves any more\n"
    story.clock.tick(8 * DAY)
    assert wflgit("gc").out == "removed 1 draft from the archive\n"
    assert wflgit("gc").err == "nothing is due\n"
