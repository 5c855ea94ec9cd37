"""What was current when, and who put it there, whatever happened to the tags since."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import BEN, HOUR, MAYA, START, Story, make_repo, steps
from wflgit import NotFoundError
from wflgit import open as open_repository
from wflgit.api.current_at import current_at
from wflgit.api.repairing import repair
from wflgit.core.publications import CurrentAt, How, Turn, current_spans, span_at

ARCHIVE = "refs/wflgit/archive"


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Version 1 was published at 11:00, version 2 at 13:00, by Ben; it is 14:00."""
    story = make_repo(tmp_path / "repo", channels=["stable"])
    story.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("a", "b"))
    story.open_again(actor=BEN).versions.publish("welcome")
    story.clock.tick()
    return story


def clock_at(hour: int, minute: int = 0) -> datetime:
    return START.replace(hour=hour, minute=minute)


def at(story: Story, hour: int, minute: int = 0, channel: str = "current") -> CurrentAt:
    return current_at(story.repo.workspace, "welcome", clock_at(hour, minute), channel=channel)


def told(story: Story, hour: int, minute: int = 0) -> tuple[int, str, How, int | None]:
    found = at(story, hour, minute)
    return found.version, found.by.name, found.how, found.instead


def move_to_archive(story: Story, number: int) -> None:
    story.git("update-ref", f"{ARCHIVE}/welcome/v{number}", f"refs/tags/welcome/v{number}")
    story.git("update-ref", "-d", f"refs/tags/welcome/v{number}")
    story.repo.sync()
    story.clock.tick()


def test_it_is_told_from_when_to_when_a_version_was_current_and_who_published_it(story: Story) -> None:
    first, second = story.version("welcome", 1), story.version("welcome", 2)
    assert at(story, 12, 59) == CurrentAt(
        "welcome", "current", 1, first.commit, clock_at(11), clock_at(13), at(story, 11).by, How.PUBLISH
    )
    found = at(story, 13)
    assert (found.version, found.commit, found.since, found.until) == (2, second.commit, clock_at(13), None)
    assert (at(story, 11).by.email, found.by.email) == (MAYA.id, BEN.id)
    assert at(story, 23) == found


def test_before_the_first_publication_nothing_was_and_the_first_is_named(story: Story) -> None:
    with pytest.raises(NotFoundError) as caught:
        at(story, 10, 59)
    assert caught.value.message == (
        "no version of 'welcome' was current at 2026-01-05 10:59 UTC: "
        "the first was version 1, at 2026-01-05 11:00 UTC by maya@example.com"
    )


def test_of_what_was_never_published_that_is_said(story: Story) -> None:
    story.commit(other=steps("x"))
    with pytest.raises(NotFoundError, match="there never was one"):
        current_at(story.repo.workspace, "other", story.clock())
    with pytest.raises(NotFoundError, match="there is no workflow 'welcom'"):
        current_at(story.repo.workspace, "welcom", story.clock())


def test_a_rollback_and_a_tag_of_plain_git_are_told_as_what_they_are(story: Story) -> None:
    story.rollback("welcome", to=1).commit(welcome=steps("c"))
    story.git("tag", "--annotate", "--message", "By hand", "welcome/v4", "main")
    story.repo.sync()
    assert told(story, 14) == (3, "Maya", How.ROLLBACK, None)
    assert told(story, 16) == (4, "Maya", How.TAG, None)


def test_of_an_archived_version_it_is_still_known_when_it_was_current(story: Story) -> None:
    move_to_archive(story, 1)
    assert told(story, 12) == (1, "Maya", How.PUBLISH, None)
    assert at(story, 12).until == clock_at(13)


def test_archiving_what_was_current_puts_the_version_before_it_there_and_taking_it_out_puts_it_back(story: Story) -> None:
    move_to_archive(story, 2)
    story.git("update-ref", "refs/tags/welcome/v2", f"{ARCHIVE}/welcome/v2")
    story.git("update-ref", "-d", f"{ARCHIVE}/welcome/v2")
    story.repo.sync()
    assert told(story, 13, 30) == (2, "Ben", How.PUBLISH, None)
    assert told(story, 14, 30) == (1, "plain git", How.ARCHIVE, 2)
    assert told(story, 15) == (2, "plain git", How.UNARCHIVE, None)


def test_what_was_current_and_lost_its_tag_is_still_known(story: Story) -> None:
    commit = story.version("welcome", 2).commit
    story.git("tag", "--delete", "welcome/v2")
    story.repo.sync()
    found = at(story, 13, 59)
    assert (found.version, found.commit, found.by.email, found.until) == (2, commit, BEN.id, clock_at(14))
    assert told(story, 14) == (1, "plain git", How.UNPUBLISH, 2)


def test_a_tag_that_was_put_back_leaves_a_gap_that_is_told(story: Story) -> None:
    story.git("tag", "--delete", "welcome/v2")
    story.repo.sync()
    story.clock.tick()
    repair(story.repo.workspace)
    assert [told(story, hour) for hour in (13, 14, 15)] == [
        (2, "Ben", How.PUBLISH, None),
        (1, "plain git", How.UNPUBLISH, 2),
        (2, "Maya", How.RESTORE, None),
    ]


def test_a_tag_that_plain_git_put_back_at_an_unknown_time_leaves_none(story: Story) -> None:
    tag = str(story.version("welcome", 2).tag)
    story.git("tag", "--delete", "welcome/v2")
    story.repo.sync()
    story.clock.tick()
    story.git("update-ref", "refs/tags/welcome/v2", tag)
    story.repo.sync()
    assert told(story, 14) == told(story, 16) == (2, "Ben", How.PUBLISH, None)


def test_where_all_that_was_published_is_archived_nothing_is_current_and_since_when_is_said(story: Story) -> None:
    move_to_archive(story, 1)
    move_to_archive(story, 2)
    assert told(story, 14) == (2, "Ben", How.PUBLISH, None)
    with pytest.raises(NotFoundError, match="since 2026-01-05 15:00 UTC all that had been published was archived"):
        at(story, 16)


def test_a_deleted_workflow_still_tells(story: Story) -> None:
    story.repo.workflows.delete("welcome")
    assert told(story, 12)[:2] == (1, "Maya")


def test_a_clone_knows_it_from_the_tags_alone(story: Story, tmp_path: Path) -> None:
    story.rollback("welcome", to=1)
    subprocess.run(["git", "clone", "--quiet", str(story.path), str(tmp_path / "clone")], check=True)
    clone = open_repository(tmp_path / "clone", actor=BEN)
    for hour in (11, 12, 13, 14, 20):
        assert current_at(clone.workspace, "welcome", clock_at(hour)) == at(story, hour)


def test_where_a_channel_stood_is_told_from_its_moves(story: Story) -> None:
    story.tag("welcome", "stable", 1).tag("welcome", "stable", 2)
    first, second = at(story, 14, 30, "stable"), at(story, 15, 0, "stable")
    assert (first.channel, first.version, first.since, first.until) == ("stable", 1, clock_at(14), clock_at(15))
    assert (second.version, second.until, second.by.email, second.how) == (2, None, MAYA.id, How.CHANNEL)
    with pytest.raises(NotFoundError, match="nothing at channel 'stable' of 'welcome'"):
        at(story, 13, 0, "stable")
    with pytest.raises(NotFoundError, match="there is no channel 'canary'"):
        at(story, 13, 0, "canary")


TURNS = st.lists(
    st.builds(
        lambda hour, number, publishes: Turn(START + hour * HOUR, "x", How.PUBLISH, number, f"t{number}", f"c{number}", publishes),
        st.integers(0, 9),
        st.integers(1, 4),
        st.booleans(),
    ),
    max_size=12,
)


@settings(suppress_health_check=list(HealthCheck))
@given(turns=TURNS, minutes=st.integers(-60, 700))
def test_at_every_moment_the_highest_of_what_was_published_by_then_was_current(turns: list[Turn], minutes: int) -> None:
    moment = START + timedelta(minutes=minutes)
    published: set[int] = set()
    for turn in sorted((turn for turn in turns if turn.at <= moment), key=lambda turn: turn.at):
        (published.add if turn.publishes else published.discard)(turn.number)
    found = span_at(current_spans(turns), moment)
    assert (found[0].number if found else None) == max(published, default=None)
    if found and found[0].number is not None:
        assert found[0].commit == f"c{found[0].number}"
        assert found[0].since <= moment < (found[1] or datetime.max.replace(tzinfo=moment.tzinfo))
