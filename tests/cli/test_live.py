"""`live` and `fsck --repair`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.builders import steps

if TYPE_CHECKING:
    from tests.builders import Story
    from tests.cli.conftest import Wflgit


def test_live_says_what_is_current_since_when_and_by_whom(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("b")).publish("welcome")
    first, second = story.version("welcome", 1).commit[:8], story.version("welcome", 2).commit[:8]
    assert wflgit("live", "welcome").out == (
        f"welcome@2  commit {second}  current since 2026-01-05 13:00, and still is\nMaya <maya@example.com> published it\n"
    )
    assert wflgit("live", "welcome", "--at", "2026-01-05T12:00").out == (
        f"welcome@1  commit {first}  current since 2026-01-05 11:00, until 2026-01-05 13:00\nMaya <maya@example.com> published it\n"
    )
    story.git("tag", "--delete", "welcome/v2")
    assert wflgit("live", "welcome").out.splitlines()[1] == "plain git removed the tag of version 2"


def test_live_in_json_has_the_fields_of_the_record(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("a")).publish("welcome")
    assert wflgit("live", "welcome", "--at", "2026-01-05T12:00+00:00", "--json").data == {
        "workflow": "welcome",
        "channel": "current",
        "version": 1,
        "commit": story.version("welcome", 1).commit,
        "since": "2026-01-05T11:00:00Z",
        "until": None,
        "by": {"name": "Maya", "email": "maya@example.com"},
        "how": "publish",
        "instead": None,
    }


def test_live_of_a_time_before_anything_was_current_exits_1(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("a")).publish("welcome")
    answer = wflgit("live", "welcome", "--at", "2026-01-05", code=1)
    assert "the first was version 1" in answer.err
    assert "there is no channel 'beta'" in wflgit("live", "welcome", "--channel", "beta", code=1).err


def test_fsck_repairs_what_is_certain_and_says_so(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("a")).publish("welcome")
    tag = story.version("welcome", 1).tag
    story.git("tag", "--delete", "welcome/v1")
    assert "the tag 'welcome/v1' is gone: Maya published version 1" in wflgit("fsck", code=1).out
    message = f"put back the tag object {str(tag)[:10]} of Maya, published at 2026-01-05 11:00 UTC"
    assert wflgit("fsck", "--repair", "--dry-run", code=1).out == f"would repair: welcome/v1: {message} [tag-gone]\n"
    assert story.git("tag", "--list", "welcome/v1") == ""
    assert wflgit("fsck", "--repair").out == f"repaired: welcome/v1: {message} [tag-gone]\n"
    assert wflgit("fsck", "--repair").err == wflgit("fsck").err == "all is well\n"


def test_fsck_leaves_to_people_what_only_they_know(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("a"))
    story.git("tag", "welcome/v1")
    answer = wflgit("fsck", "--repair", code=1)
    assert answer.out.startswith("not repaired: welcome/v1: only people know what is right: remove it: `git tag -d welcome/v1`")
    [data] = wflgit("fsck", "--repair", "--json", code=1).data
    assert (data["check"], data["subject"], data["outcome"]) == ("tag-lightweight", "welcome/v1", "impossible")
    assert "give both" in wflgit("fsck", "--dry-run", code=2).err
