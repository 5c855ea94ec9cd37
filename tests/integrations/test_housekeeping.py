"""Archiving and housekeeping by Celery, without a worker: what the task does, and when beat asks for it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from celery import Celery
from celery.schedules import crontab

from tests.builders import BEN, MAYA, Story, make_repo, steps
from wflgit import Actor
from wflgit.integrations.celery import install


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """Two versions that were published long ago."""
    story = make_repo(tmp_path / "acme")
    file = story.path / "wflgit.toml"
    file.write_text(f'{file.read_text()}\n[policy]\nkeep_newest = 1\n\n[[members]]\nid = "{MAYA.id}"\nroles = ["admin"]\n')
    story.git("commit", "--quiet", "--all", "--message", "Name the admin")
    return story.commit(welcome=steps("one")).publish("welcome").commit(welcome=steps("two")).publish("welcome")


def keep_house(story: Story, actor: Actor) -> None:
    app = Celery("marketing", broker="memory://", set_as_current=False)
    install(app, story.path, actor=actor)
    app.tasks["wflgit.housekeeping"].run()


def test_the_task_archives_what_the_policy_lets_go_and_says_so(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    keep_house(story, MAYA)
    assert [version.status for version in story.repo.versions.list("welcome")] == ["current", "archived"]
    assert [record.getMessage() for record in caplog.records] == ["archived versions: 1, drafts: 0; nothing was to be packed"]
    [entry] = story.repo.audit.list("welcome@1", action="version.archived")
    assert entry.actor == MAYA.id


def test_who_is_no_admin_is_one_line_in_the_log(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    keep_house(story, BEN)
    [record] = caplog.records
    assert (record.levelno, "workflows:admin" in record.getMessage()) == (logging.WARNING, True)
    assert story.version("welcome", 1).status == "drained"


def test_beat_asks_for_it_only_if_it_is_said_when() -> None:
    silent, nightly = Celery("silent", set_as_current=False), Celery("nightly", set_as_current=False)
    install(silent, ".")
    install(nightly, ".", housekeeping=crontab(hour="3", minute="17"))
    assert "wflgit.housekeeping" not in silent.conf.beat_schedule
    entry = nightly.conf.beat_schedule["wflgit.housekeeping"]
    assert (entry["task"], entry["schedule"]) == ("wflgit.housekeeping", crontab(hour="3", minute="17"))
