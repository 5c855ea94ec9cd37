"""Many processes work on one repository at once."""

from __future__ import annotations

import contextlib
import multiprocessing
import subprocess
from pathlib import Path

import pytest

from tests import invariants
from tests.builders import make_repo, steps, to_content
from wflgit import Actor, ConflictError
from wflgit import open as open_repository

WORKERS = 8
EDITS = 6


def edit(path: Path, store: str | None, worker: int) -> None:
    """Change the common workflow and one of one's own, and publish now and then; take a lost race as one should."""
    repo = open_repository(path, actor=Actor(f"w{worker}@example.com", f"Worker {worker}"), store=store)
    own = f"own/w{worker}"
    repo.workflows.create(own, to_content(own, steps("start")))
    for turn in range(EDITS):
        repo.versions.create(own, to_content(own, steps("start", f"turn{turn}")))
        while True:
            try:
                repo.versions.create("common", to_content("common", steps("start", f"w{worker}-{turn}")))
                break
            except ConflictError:
                continue
        if turn % 3 == 0:
            repo.versions.publish(own)
            with contextlib.suppress(ConflictError):
                repo.versions.publish("common")
            repo.executions.start("common", f"contact-{worker}-{turn}")
    repo.close()


@pytest.mark.slow
def test_eight_processes_lose_no_version_and_number_each_once(tmp_path: Path, store_url: str | None) -> None:
    path = tmp_path / "repo"
    story = make_repo(path, store=store_url)
    story.commit(common=steps("start")).publish("common")
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=edit, args=(path, store_url, worker)) for worker in range(WORKERS)]
    for process in workers:
        process.start()
    for process in workers:
        process.join()
    assert [process.exitcode for process in workers] == [0] * WORKERS
    invariants.check(story.repo, path)
    assert len(story.repo.versions.list("common")) == 1 + WORKERS * EDITS
    for worker in range(WORKERS):
        assert len(story.repo.versions.list(f"own/w{worker}")) == 1 + EDITS
    assert len(story.repo.executions.list(limit=1000)) == WORKERS * 2
    assert story.git("status", "--porcelain") == ""
    assert (
        subprocess.run(["git", "-C", str(path), "fsck", "--no-dangling"], check=True, capture_output=True, text=True).stdout == ""
    )
    assert story.repo.fsck() == []
