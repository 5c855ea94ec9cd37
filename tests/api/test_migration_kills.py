"""Workers killed with SIGKILL at random moments: every execution is moved exactly once, and the counts say what the rows say."""

from __future__ import annotations

import multiprocessing
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders import MAYA, Story, make_repo, steps
from wflgit import ItemResult, Migration, MigrationStatus, Repository
from wflgit import open as open_repository

CONTEXT = multiprocessing.get_context("fork")
CHUNK = 1_000


def work(path: Path, store: str, migration: int, began: object) -> None:
    """What a worker does in a process of its own."""
    with open_repository(path, actor=MAYA, store=store) as repo:
        began.set()  # type: ignore[attr-defined]
        repo.migrations.run(migration)


def run_with_kills(story: Story, migration: int, kill_after_s: Callable[[], float], kills: int) -> int:
    """Start workers, two at a time, and kill each at its moment, until the migration has ended or enough were killed.

    Returns:
        How many were killed.
    """
    assert story.store is not None
    killed = 0
    while killed < kills:
        workers = []
        for _ in range(2):
            began = CONTEXT.Event()
            worker = CONTEXT.Process(target=work, args=(story.path, story.store, migration, began))
            worker.start()
            workers.append((worker, began))
        for worker, began in workers:
            assert began.wait(timeout=60)
            worker.join(timeout=kill_after_s())
            if worker.exitcode is None:
                worker.kill()
                worker.join()
                killed += 1
            else:
                assert worker.exitcode == 0
        if not is_open(story, migration):
            break
    return killed


def is_open(story: Story, migration: int) -> bool:
    with story.open_again(store=story.store) as repo:
        return repo.migrations.get(migration).status in (MigrationStatus.RUNNING, MigrationStatus.UNDOING)


def finish(story: Story, migration: int) -> Migration:
    with story.open_again(store=story.store) as repo:
        found = repo.migrations.get(migration)
        return repo.migrations.run(migration) if found.status in (MigrationStatus.RUNNING, MigrationStatus.UNDOING) else found


def positions(repo: Repository) -> Counter[tuple[int, str, int]]:
    """How many executions stand on which version and step, and how often they have been changed."""
    found: Counter[tuple[int, str, int]] = Counter()
    after = 0
    while page := repo.executions.list("welcome", after=after, limit=5_000):
        found.update((execution.version, execution.step, execution.lock_version) for execution in page)
        after = page[-1].id
    return found


def results(repo: Repository, migration: int) -> Counter[ItemResult]:
    found: Counter[ItemResult] = Counter()
    after = 0
    while page := repo.migrations.items(migration, after=after, limit=5_000):
        found.update(item.result for item in page)
        after = page[-1].execution
    return found


@pytest.mark.slow
def test_killed_workers_lose_nobody_and_move_nobody_twice(tmp_path: Path, store_url: str, thorough: bool) -> None:
    total, kills = (40_000, 200) if thorough else (6_000, 10)
    rng = random.Random(7)
    story = make_repo(tmp_path / "repo", store=store_url)
    story.commit(welcome=steps("hello", "bye")).publish("welcome")
    for first in range(0, total, CHUNK):
        story.repo.executions.start_many("welcome", [f"c{number}" for number in range(first, first + CHUNK)])
    story.commit(welcome=steps("hello", "tag_new", "bye")).publish("welcome")
    story.repo.workspace.store.close()
    killed = moves = 0
    while killed < kills:
        with story.open_again(store=story.store) as repo:
            made = repo.migrations.create(repo.migrations.plan("welcome", 1))
            repo.migrations.run(made.id, budget_s=0)
        killed += run_with_kills(story, made.id, lambda: rng.random() * 0.08, kills - killed)
        moved = finish(story, made.id)
        moves += 1
        with story.open_again(store=story.store) as repo:
            assert (moved.status, moved.moved, moved.skipped, moved.failed) == (MigrationStatus.COMPLETED, total, 0, 0)
            assert positions(repo) == {(2, "hello", moves): total}
            assert results(repo, made.id) == {ItemResult.MOVED: total}
            repo.migrations.undo(made.id, budget_s=0)
        killed += run_with_kills(story, made.id, lambda: rng.random() * 0.08, kills - killed)
        undone = finish(story, made.id)
        moves += 1
        with story.open_again(store=story.store) as repo:
            assert (undone.status, undone.undone, undone.kept) == (MigrationStatus.UNDONE, total, 0)
            assert positions(repo) == {(1, "hello", moves): total}
            assert results(repo, made.id) == {ItemResult.UNDONE: total}
            assert repo.audit.verify().broken is None
