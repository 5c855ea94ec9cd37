"""Celery tasks that move executions and keep house: `install(app, path)`.

The database is the queue: batches are claimed in the transaction that moves their executions. So a message is only a trigger.
It may be lost, come twice or come late; nothing is left out and nothing is done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from celery.utils.log import get_task_logger

from wflgit.api.archival import archive_due
from wflgit.api.housekeeping import tidy
from wflgit.api.repository import Repository, open_repository
from wflgit.core.records import Actor, Migration, MigrationStatus
from wflgit.errors import StateError, WflgitError
from wflgit.workspace import utc_now

if TYPE_CHECKING:
    from celery import Celery, Task
    from celery.schedules import BaseSchedule

_PAGE = 100
_HOUSEKEEPING_EXPIRES_S = 3600.0  # a message that no worker took by then makes room for the next one
_MOVING = (MigrationStatus.RUNNING, MigrationStatus.UNDOING)
_OPTIONS: dict[str, Any] = {
    "acks_late": True,
    "reject_on_worker_lost": True,
    "ignore_result": True,
    "serializer": "json",
    "shared": False,  # or every other app of the Python process had the tasks too
}

_log = get_task_logger(__name__)


def install(
    app: Celery,
    path: str | Path,
    *,
    store: str | None = None,
    actor: Actor | None = None,
    name: str = "wflgit",
    budget_s: float = 20.0,
    every_s: float = 30.0,
    workers: int = 2,
    housekeeping: float | BaseSchedule | None = None,
) -> None:
    """Give a Celery app the tasks `wflgit.migrate`, `wflgit.tick` and `wflgit.housekeeping`, and beat an entry for the second.

    `wflgit.migrate` takes the id of a migration, starts it if it is pending, and moves executions for `budget_s`. If there is more
    to do then, it puts itself at the end of the queue. `wflgit.tick` sends it for every migration that has something to move now.
    `wflgit.housekeeping` archives the versions that the policy lets go, and has git pack what is due; beat has an entry for it if
    it is said when. An error of wflgit, such as a database that is away, is logged in one line; the next tick tries again.

    Args:
        app: the app; its broker may be any.
        path: the repository, or a clone of it, on the machine of the worker.
        store: URL of the side store; None for what `wflgit.toml` says, or else the one embedded in the repository.
        actor: who the moves are attributed to; None for Git's own user on that machine.
        name: what the names of the tasks begin with; one for each repository of an app.
        budget_s: how long one task may work, in seconds.
        every_s: how often beat ticks, in seconds.
        workers: how many tasks work on one migration at a time.
        housekeeping: when beat asks for it, as seconds or as a `crontab`; None for never. The actor has to be an admin.
    """
    worker = _Worker(Path(path), store, actor, budget_s)

    @app.task(name=f"{name}.migrate", bind=True, **_OPTIONS)
    def move(self: Task[..., None], migration: int) -> None:
        expires: Any = self.request.expires  # a text in ISO format, whatever its stubs say
        with _errors_logged():
            if worker.move(migration) and not _is_over(expires):
                self.apply_async((migration,), expires=expires)

    @app.task(name=f"{name}.tick", **_OPTIONS)
    def tick() -> None:
        with _errors_logged():
            for migration in worker.due() * workers:
                move.apply_async((migration,), expires=every_s)

    @app.task(name=f"{name}.housekeeping", **_OPTIONS)
    def keep_house() -> None:
        with _errors_logged():
            worker.keep_house()

    app.add_periodic_task(every_s, app.signature(f"{name}.tick"), name=f"{name}.tick", expires=every_s)
    if housekeeping is not None:
        app.add_periodic_task(
            housekeeping, app.signature(f"{name}.housekeeping"), name=f"{name}.housekeeping", expires=_HOUSEKEEPING_EXPIRES_S
        )


@dataclass(frozen=True, slots=True)
class _Worker:
    """What the tasks do, without Celery. It opens the repository each time: a connection must not cross a fork or a thread."""

    path: Path
    store: str | None
    actor: Actor | None
    budget_s: float

    def move(self, migration: int) -> bool:
        """Work on a migration; says whether the budget is used up, so that there may be more to do now."""
        with self._repository() as repo:
            began = monotonic()
            repo.migrations.run(migration, budget_s=self.budget_s)
            return monotonic() - began >= self.budget_s

    def due(self) -> list[int]:
        """The migrations that have something to move now."""
        with self._repository() as repo:
            now = utc_now()
            return [found.id for found in _open(repo) if found.status in _MOVING and (found.due_at or now) <= now]

    def keep_house(self) -> None:
        """Archive what the policy lets go, and have git pack what is due."""
        with self._repository() as repo:
            report = archive_due(repo.workspace)
            tidied = tidy(repo.workspace)
            _log.info(
                "archived versions: %d, drafts: %d; %s",
                len(report.candidates),
                tidied.drafts_archived,
                "; ".join(tidied.before.reasons) or "nothing was to be packed",
            )

    def _repository(self) -> Repository:
        return open_repository(self.path, store=self.store, actor=self.actor)


@contextmanager
def _errors_logged() -> Iterator[None]:
    """Let an error of wflgit end the block and say it in one line; the next tick tries again."""
    try:
        yield
    except WflgitError as error:
        # Another worker has ended it, or somebody paused it, since the message was sent: that is no trouble.
        level = logging.INFO if isinstance(error, StateError) else logging.WARNING
        _log.log(level, "%s", f"{error.message}; {error.hint}" if error.hint else error.message)


def _open(repo: Repository) -> Iterator[Migration]:
    """All open migrations, a page at a time."""
    after = 0
    while page := repo.migrations.list(open_only=True, after=after, limit=_PAGE):
        yield from page
        after = page[-1].id


def _is_over(expires: str | None) -> bool:
    """Whether the next tick has sent others in the place of a message that expires then."""
    return expires is not None and datetime.fromisoformat(expires) <= utc_now()
