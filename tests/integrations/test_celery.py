"""Migrations by Celery: real workers and a real beat over a real broker and PostgreSQL, some of them killed."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from celery import Celery

from tests.builders import MAYA, Story, make_repo, steps
from tests.integrations.brokers import rabbitmq, running_redis
from tests.integrations.fleet import Fleet, fleet, wait_for
from wflgit import Migration, MigrationStatus, Repository, Strategy
from wflgit import open as open_repository
from wflgit.core.pace import parse_pace
from wflgit.integrations.celery import install

SIX = ("hello", "wait-a-day", "ask", "offer", "wait-again", "bye")
ONE_MORE = (*SIX[:3], "nudge", *SIX[3:])


def make_story(path: Path, count: int, store: str | None = None, *, slugs: tuple[str, ...] = ("welcome",)) -> Story:
    """Workflows with two published versions each, and so many executions on the first."""
    story = make_repo(path, store=store)
    for slug in slugs:
        story.commit({slug: steps(*SIX)}).publish(slug)
        story.repo.executions.start_many(slug, (f"contact-{number}" for number in range(count)))
        story.commit({slug: steps(*ONE_MORE)}).publish(slug)
    return story


def make_migration(repo: Repository, pace: str | None = None, slug: str = "welcome") -> Migration:
    plan = repo.migrations.plan(slug, 1)
    if pace is None:
        return repo.migrations.create(plan)
    return repo.migrations.create(plan, strategy=Strategy.GRADUAL, pace=parse_pace(pace))


# Workers, beat, broker and database


@pytest.fixture
def redis() -> Iterator[str]:
    with running_redis() as url:
        yield url


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest, thorough: bool) -> str:
    """The URL of each broker in turn."""
    if request.param == "rabbitmq" and not thorough:
        pytest.skip("the long form, with --thorough, runs on RabbitMQ too")
    url: str = request.getfixturevalue("redis") if request.param == "redis" else rabbitmq()
    return url


@pytest.fixture
def count(thorough: bool) -> int:
    """How many executions there are."""
    return 100_000 if thorough else 5_000


@pytest.fixture
def story(tmp_path: Path, count: int, postgresql_url: str) -> Story:
    return make_story(tmp_path / "acme", count, postgresql_url)


@pytest.fixture
def repo(story: Story) -> Iterator[Repository]:
    """The repository with the real time, as the workers have it."""
    with open_repository(story.path, actor=MAYA, store=story.store) as repo:
        yield repo


Launch = Callable[..., AbstractContextManager[Fleet]]


@pytest.fixture
def launch(story: Story, postgresql_url: str, tmp_path: Path) -> Launch:
    return partial(fleet, tmp_path, workflows=story.path, store=postgresql_url)


@contextmanager
def held_up(url: str, count: int) -> Iterator[Callable[[], str | None]]:
    """Lock an execution, so that whoever comes to it waits in the middle of a batch; gives who that is."""
    with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
        holder.execute("SELECT FROM executions ORDER BY id DESC LIMIT 1 OFFSET %s FOR UPDATE", [count // 3])

        def waiting() -> str | None:
            who = "SELECT application_name FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            row = watcher.execute(who).fetchone()
            return row[0] if row else None

        yield waiting


def is_moved(repo: Repository) -> bool:
    return [migration.status for migration in repo.migrations.list()] == [MigrationStatus.COMPLETED]


def require_moved_once(repo: Repository, url: str, count: int) -> None:
    """Every execution stands at its step of the new version, was written once, and is counted and recorded once."""
    (migration,) = repo.migrations.list()
    assert (migration.status, migration.total, migration.moved) == (MigrationStatus.COMPLETED, count, count)
    assert (migration.skipped, migration.failed, migration.undone) == (0, 0, 0)
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT version, step, lock_version, count(*) FROM executions GROUP BY 1, 2, 3").fetchall()
        items = connection.execute("SELECT result, count(*), count(DISTINCT execution) FROM migration_items GROUP BY 1").fetchall()
    assert rows == [(2, "hello", 1, count)]
    assert items == [("moved", count, count)]


@pytest.mark.slow
def test_two_workers_move_each_execution_once_though_one_is_killed_in_a_batch(
    launch: Launch, repo: Repository, postgresql_url: str, broker: str, count: int
) -> None:
    with launch(broker=broker, every_s=1) as celery:
        for name in ("one", "two"):
            celery.worker(name)
        celery.beat()
        with held_up(postgresql_url, count) as waiting:
            celery.start_migration()
            victim = wait_for(waiting, "a worker in the middle of a batch")
            wait_for(lambda: all("wflgit.migrate[" in celery.log(name) for name in ("one", "two")), "both work on it")
            celery.kill(victim)
            (migration,) = repo.migrations.list()
            assert migration.status is MigrationStatus.RUNNING
            assert 0 < migration.moved < count
        wait_for(lambda: is_moved(repo), "all executions are moved")
        require_moved_once(repo, postgresql_url, count)


@pytest.mark.slow
def test_a_message_whose_process_is_killed_is_delivered_again_without_a_tick(
    launch: Launch, repo: Repository, postgresql_url: str, broker: str, count: int
) -> None:
    with launch(broker=broker) as celery:
        celery.worker("one")
        with held_up(postgresql_url, count) as waiting:
            celery.start_migration()
            wait_for(waiting, "the worker in the middle of a batch")
            celery.kill_child("one")
        wait_for(lambda: is_moved(repo), "all executions are moved")
        require_moved_once(repo, postgresql_url, count)
        assert f"signal {signal.SIGKILL:d}" in celery.log("one")


@pytest.mark.slow
def test_beat_alone_finishes_a_gradual_migration(
    launch: Launch, repo: Repository, postgresql_url: str, redis: str, count: int
) -> None:
    migration = make_migration(repo, pace="25%/1s")
    repo.migrations.run(migration.id, budget_s=0)
    with launch(broker=redis, every_s=1) as celery:
        celery.worker("one")
        celery.beat()
        wait_for(lambda: is_moved(repo), "all waves are moved")
    require_moved_once(repo, postgresql_url, count)
    found = repo.migrations.get(migration.id)
    assert found.started_at is not None
    assert found.ended_at is not None
    assert found.ended_at - found.started_at > timedelta(seconds=2), "the fourth wave was due after three intervals"


# What the tasks do, called in this process


class Sent(NamedTuple):
    """A message in the queue."""

    task: str
    migration: int
    expires: str | None


class App:
    """A Celery app with a broker in memory, over a repository with its embedded store."""

    def __init__(self, path: Path, name: str = "wflgit", **rhythm: Any) -> None:
        self._name = name
        self.celery = Celery("marketing", broker="memory://", set_as_current=False)
        self.celery.conf.task_default_queue = str(path)
        install(self.celery, path, name=name, **rhythm)

    def call(self, task: str, *arguments: int, expires: str | None = None) -> list[Sent]:
        """Do a task as a worker does; returns the messages that it sends."""
        function = self.celery.tasks[f"{self._name}.{task}"]
        function.push_request(expires=expires)
        function.run(*arguments)
        function.pop_request()
        return list(self._messages())

    def _messages(self) -> Iterator[Sent]:
        with self.celery.connection_for_read() as connection, connection.SimpleQueue(self.celery.conf.task_default_queue) as queue:
            while queue.qsize():
                message = queue.get_nowait()
                message.ack()
                yield Sent(message.headers["task"], message.payload[0][0], message.headers["expires"])


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Repository]:
    """A repository with ten executions on the first version."""
    with open_repository(make_story(tmp_path / "acme", 10).path, actor=MAYA) as repo:
        yield repo


@pytest.fixture
def app(small: Repository, tmp_path: Path) -> App:
    return App(tmp_path / "acme", actor=MAYA, workers=3)


LONG_AGO, IN_A_LONG_TIME = "2020-01-01T00:00:00+00:00", "2100-01-01T00:00:00+00:00"


def test_migrate_starts_a_pending_migration_and_moves_everybody(app: App, small: Repository) -> None:
    migration = make_migration(small)
    assert app.call("migrate", migration.id) == []
    found = small.migrations.get(migration.id)
    assert (found.status, found.moved) == (MigrationStatus.COMPLETED, 10)


def test_migrate_goes_to_the_end_of_the_queue_when_its_budget_is_used_up(small: Repository, tmp_path: Path) -> None:
    app, migration = App(tmp_path / "acme", budget_s=0), make_migration(small)
    assert app.call("migrate", migration.id) == [Sent("wflgit.migrate", migration.id, None)]
    again = app.call("migrate", migration.id, expires=IN_A_LONG_TIME)
    assert again == [Sent("wflgit.migrate", migration.id, IN_A_LONG_TIME)]


def test_migrate_ends_where_the_next_tick_has_sent_another(small: Repository, tmp_path: Path) -> None:
    app, migration = App(tmp_path / "acme", budget_s=0), make_migration(small)
    assert app.call("migrate", migration.id, expires=LONG_AGO) == []


def test_tick_sends_as_many_workers_as_asked_for_to_what_moves(app: App, small: Repository) -> None:
    migration = make_migration(small)
    small.migrations.run(migration.id, budget_s=0)
    sent = app.call("tick")
    assert [(message.task, message.migration) for message in sent] == [("wflgit.migrate", migration.id)] * 3
    assert all(message.expires for message in sent)


STANDING_STILL: dict[str, Callable[[Repository, int], object]] = {
    "pending": lambda repo, migration: repo.migrations.get(migration),
    "paused": lambda repo, migration: repo.migrations.pause(migration),
    "cancelled": lambda repo, migration: repo.migrations.cancel(migration),
    "completed": lambda repo, migration: repo.migrations.run(migration),
}


@pytest.mark.parametrize("status", STANDING_STILL)
def test_tick_sends_nobody_to_what_does_not_move(app: App, small: Repository, status: str) -> None:
    migration = make_migration(small)
    STANDING_STILL[status](small, migration.id)
    assert small.migrations.get(migration.id).status == status
    assert app.call("tick") == []


def test_tick_sends_somebody_to_each_wave_and_nobody_before_it_is_due(app: App, small: Repository) -> None:
    migration = make_migration(small, pace="5/1h")
    small.migrations.run(migration.id, budget_s=0)
    assert len(app.call("tick")) == 3
    assert app.call("migrate", migration.id) == []
    assert small.migrations.get(migration.id).moved == 5
    assert app.call("tick") == []


def test_tick_sees_all_open_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wflgit.integrations.celery._PAGE", 1)
    slugs = ("welcome", "winback", "survey")
    with open_repository(make_story(tmp_path / "acme", 1, slugs=slugs).path, actor=MAYA) as repo:
        started = [repo.migrations.run(make_migration(repo, slug=slug).id, budget_s=0).id for slug in slugs]
    assert [message.migration for message in App(tmp_path / "acme", workers=1).call("tick")] == started


def test_messages_are_json_though_the_app_pickles(app: App, small: Repository) -> None:
    app.celery.conf.task_serializer = "pickle"
    small.migrations.run(make_migration(small).id, budget_s=0)
    assert len(app.call("tick")) == 3, "a pickle would not have been read"


def test_an_undo_that_was_interrupted_is_finished(app: App, small: Repository) -> None:
    migration = small.migrations.run(make_migration(small).id)

    def interrupt(_migration: Migration) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        small.migrations.undo(migration.id, on_progress=interrupt)
    assert [message.migration for message in app.call("tick")] == [migration.id] * 3
    assert app.call("migrate", migration.id) == []
    assert small.migrations.get(migration.id).status is MigrationStatus.UNDONE


def test_a_migration_that_is_gone_is_one_line_in_the_log(app: App, caplog: pytest.LogCaptureFixture) -> None:
    assert app.call("migrate", 99) == []
    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (logging.WARNING, "there is no migration 99; `wflgit migrate ls` lists them")


def test_a_message_that_comes_after_the_end_is_no_warning(app: App, small: Repository, caplog: pytest.LogCaptureFixture) -> None:
    migration = make_migration(small)
    caplog.set_level(logging.INFO)
    assert app.call("migrate", migration.id) == app.call("migrate", migration.id) == []
    (record,) = caplog.records
    assert record.levelno == logging.INFO
    assert record.getMessage().startswith(f"migration {migration.id} cannot be run: it is completed")


@pytest.mark.parametrize("call", [("tick",), ("migrate", 1)], ids=lambda call: call[0])
def test_a_database_that_is_away_is_one_line_in_the_log(
    small: Repository, tmp_path: Path, caplog: pytest.LogCaptureFixture, call: tuple[Any, ...]
) -> None:
    app = App(tmp_path / "acme", store="postgresql://wflgit:secret@127.0.0.1:1/nothing")
    assert app.call(*call) == []
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "127.0.0.1:1" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert "secret" not in caplog.text


def test_beat_ticks_beside_what_the_app_schedules_whenever_it_says_so() -> None:
    own = {"report": {"task": "report", "schedule": 60}}
    before, after = Celery("before", set_as_current=False), Celery("after", set_as_current=False)
    before.conf.beat_schedule = dict(own)
    install(before, ".", every_s=5)
    install(after, ".", every_s=5)
    after.conf.beat_schedule = dict(own)
    for app in (before, after):
        assert app.conf.beat_schedule.keys() == {"report", "wflgit.tick"}
        entry = app.conf.beat_schedule["wflgit.tick"]
        assert (entry["task"], entry["schedule"], entry["options"]["expires"]) == ("wflgit.tick", 5, 5)


def test_an_app_has_the_tasks_of_several_repositories(small: Repository, tmp_path: Path) -> None:
    app = App(tmp_path / "acme", "acme")
    install(app.celery, tmp_path / "other", name="other")
    assert {"acme.migrate", "acme.tick", "other.migrate", "other.tick"} <= app.celery.tasks.keys()
    assert app.celery.conf.beat_schedule.keys() == {"acme.tick", "other.tick"}
    migration = make_migration(small)
    app.call("migrate", migration.id)
    assert small.migrations.get(migration.id).status is MigrationStatus.COMPLETED
