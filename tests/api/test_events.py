"""Following what happens: everything, in order, at least once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from tests.builders import START, Story, make_repo, steps
from wflgit import Event, NotFoundError, Repository
from wflgit.api import events
from wflgit.store import audit
from wflgit.store.audit import Entry

READ = (1, "history.read")
"""What every trail begins with."""


def begin(path: Path, store: str, account: str = "acme") -> Story:
    """A repository whose history has been read."""
    story = make_repo(path, store=store, account=account)
    story.repo.sync()
    return story


@pytest.fixture
def story(tmp_path: Path, store_url: str) -> Iterator[Story]:
    story = begin(tmp_path / "repo", store_url)
    yield story
    story.repo.close()


def happen(repo: Repository, *actions: str) -> None:
    """Let things happen, all in one transaction."""
    with repo.workspace.store.write() as conn:
        entries = [Entry(START, "maya@example.com", action, "welcome@1", {"n": n}) for n, action in enumerate(actions)]
        audit.append(conn, repo.workspace.account, entries)


def told(found: Iterator[Event]) -> list[tuple[int, str]]:
    return [(event.cursor, event.action) for event in found]


# What is told


def test_what_happened_is_told_in_order_with_who_and_when_and_all_else(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "anna")
    story.repo.executions.cancel(story.execution("anna").id, reason="moved away")
    found = list(story.repo.events())
    assert [(event.cursor, event.action, event.subject) for event in found] == [
        (*READ, "main"),
        (2, "version.created", "welcome@1"),
        (3, "version.published", "welcome@1"),
        (4, "execution.cancelled", "welcome@1"),
    ]
    assert found[3] == Event(
        cursor=4,
        at=story.clock(),
        actor="maya@example.com",
        action="execution.cancelled",
        subject="welcome@1",
        data={"execution": 1, "contact": "anna", "step": "hello", "reason": "moved away"},
    )


def test_what_was_done_with_plain_git_is_told_like_all_else(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    assert told(story.repo.events()) == [READ, (2, "version.created")]
    story.merge_branch("idea", welcome=steps("hello", "bye")).git("tag", "--annotate", "--message", "Bye", "welcome/v2")
    assert told(story.repo.events(after=2)) == [(3, "version.created"), (4, "version.published")]


def test_events_are_chosen_by_action_or_by_how_it_begins(story: Story) -> None:
    actions = ["migration.created", "migration.completed", "version.published", "migrations.listed", "migration"]
    happen(story.repo, *actions)
    everything = list(enumerate(actions, 2))
    assert told(story.repo.events()) == [READ, *everything]
    assert told(story.repo.events(actions=["migration."])) == everything[:2]
    assert told(story.repo.events(actions={"migration.completed", "version.published"})) == everything[1:3]
    assert told(story.repo.events(actions="migration.completed")) == everything[1:2]
    assert told(story.repo.events(actions=["migration"])) == everything[4:]
    assert told(story.repo.events(actions=["version.", "migration."], after=2)) == everything[1:3]
    assert told(story.repo.events(actions=["nothing"])) == []


@pytest.mark.parametrize(("limit", "cursors"), [(None, [3, 4]), (1, [3]), (5, [3, 4]), (0, []), (-1, [])])
def test_no_more_are_told_than_asked_for(story: Story, limit: int | None, cursors: list[int]) -> None:
    happen(story.repo, "a.x", "b.x", "b.x")
    assert [event.cursor for event in story.repo.events(actions=["b."], limit=limit)] == cursors


def test_an_account_hears_of_itself_only(story: Story, tmp_path: Path) -> None:
    assert story.store
    other = begin(tmp_path / "other", story.store, account="globex")
    happen(story.repo, "a.x", "b.x")
    happen(other.repo, "c.x")
    assert told(other.repo.events()) == [READ, (2, "c.x")]
    other.repo.close()


# Going on


def test_who_keeps_the_cursor_hears_everything_once(story: Story) -> None:
    heard: list[tuple[int, str]] = []
    for more in (["a.x", "b.x"], [], ["c.x"], ["d.x", "e.x", "f.x"]):
        happen(story.repo, *more)
        heard += told(story.repo.events(after=heard[-1][0] if heard else 0))
    assert heard == [READ, *enumerate(["a.x", "b.x", "c.x", "d.x", "e.x", "f.x"], 2)]


def test_who_is_interrupted_hears_it_again(story: Story) -> None:
    happen(story.repo, "a.x", "b.x", "c.x")
    handled: list[int] = []
    cursor = 1

    def follow(*, fail_at: int) -> None:
        nonlocal cursor
        for event in story.open_again(store=story.store).events(after=cursor):
            handled.append(event.cursor)
            if event.cursor == fail_at:
                raise InterruptedError
            cursor = event.cursor

    with pytest.raises(InterruptedError):
        follow(fail_at=3)
    follow(fail_at=0)
    assert handled == [2, 3, 3, 4]


def test_what_a_listener_does_itself_is_for_the_next_time(story: Story) -> None:
    happen(story.repo, "a.x", "b.x")
    for event in story.repo.events(after=1):
        happen(story.repo, f"echo.{event.action}")
    assert told(story.repo.events(after=3)) == [(4, "echo.a.x"), (5, "echo.b.x")]


def test_what_happened_is_that_of_the_call_and_not_of_the_first_look(story: Story) -> None:
    happen(story.repo, "a.x")
    found = story.repo.events()
    happen(story.repo, "b.x")
    assert told(found) == [READ, (2, "a.x")]


def test_a_cursor_of_another_store_is_refused_at_once(story: Story) -> None:
    happen(story.repo, "a.x")
    assert told(story.repo.events(after=2)) == []
    with pytest.raises(NotFoundError, match="there is no event 3: the last one is 2") as caught:
        story.repo.events(after=3)
    assert "after=0" in (caught.value.hint or "")


# A long trail, and many who write it


def test_a_long_trail_is_told_page_after_page(story: Story) -> None:
    many = [f"{'even' if number % 2 == 0 else 'odd'}.{number}" for number in range(1, 2 * events._PAGE + 100)]
    happen(story.repo, *many)
    everything = [READ, *enumerate(many, 2)]
    assert told(story.repo.events()) == everything
    assert told(story.repo.events(after=events._PAGE - 1)) == everything[events._PAGE - 1 :]
    assert told(story.repo.events(actions=["even."])) == everything[2::2]


def test_nothing_is_kept_open_on_sqlite_while_events_are_handled(tmp_path: Path, sqlite_url: str) -> None:
    story = begin(tmp_path / "repo", sqlite_url)
    happen(story.repo, *["a.x"] * events._PAGE)
    found = story.repo.events()
    next(found)
    happen(story.repo, "b.x")
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), timeout=0)
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()
    assert not busy
    assert len(list(found)) == events._PAGE
    story.repo.close()


def test_nothing_is_kept_open_on_postgresql_while_events_are_handled(tmp_path: Path, postgresql_url: str) -> None:
    story = begin(tmp_path / "repo", postgresql_url)
    happen(story.repo, *["a.x"] * events._PAGE)
    found = story.repo.events()
    next(found)
    with psycopg.connect(postgresql_url) as connection:
        states = connection.execute(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state > ''"
        ).fetchall()
    assert states == [("idle",)] * len(states)
    assert len(list(found)) == events._PAGE
    story.repo.close()


def test_nobody_who_writes_at_the_same_time_comes_in_before_what_was_told(story: Story) -> None:
    def write(number: int) -> None:
        repo = story.open_again(store=story.store)
        for turn in range(15):
            happen(repo, *[f"writer{number}.{turn}"] * (1 + turn % 3))
        repo.close()

    writers = [Thread(target=write, args=[number]) for number in range(4)]
    for writer in writers:
        writer.start()
    heard = list(story.repo.events())
    writing = True
    while writing:
        writing = any(writer.is_alive() for writer in writers)
        heard += story.repo.events(after=heard[-1].cursor)
    assert [event.cursor for event in heard] == list(range(1, 1 + 4 * 30 + 1))
    for number in range(4):
        own = [event.action for event in heard if event.action.startswith(f"writer{number}.")]
        assert own == [f"writer{number}.{turn}" for turn in range(15) for _ in range(1 + turn % 3)]
