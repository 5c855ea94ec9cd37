"""A process killed between any two writes leaves something that the next sync makes whole."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests import invariants
from tests.builders import Clock, make_repo, steps, to_content
from wflgit import Actor, Repository
from wflgit import open as open_repository

MAYA = Actor("maya@example.com", "Maya")

WRITES = {
    ("Connection", "commit"),  # of an SQL transaction
    ("Repository", "create_blob"),
    ("Repository", "create_commit"),
    ("TreeBuilder", "write"),
    ("Odb", "write"),
    ("BufferedWriter", "write"),
    ("module", "link"),
    ("module", "replace"),
    ("module", "unlink"),
}
"""The C functions, by the type they belong to, that change something on disk: the fault points."""

BETWEEN_WRITES = {("Cursor", "execute"), ("Cursor", "executemany"), ("module", "open")}
"""Further fault points for the long form: SQL statements inside a transaction, files that are opened or locked."""

OPERATIONS: dict[str, Callable[[Repository], object]] = {
    "create": lambda repo: repo.versions.create("welcome", to_content("welcome", steps("hello", "wait", "bye"))),
    "publish": lambda repo: repo.versions.publish("welcome"),
    "rollback": lambda repo: repo.versions.rollback("welcome", to=1),
}


def prepare(path: Path) -> None:
    story = make_repo(path)
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "contact")
    story.commit(welcome=steps("hello", "wait")).publish("welcome").commit(welcome=steps("hello", "bye"))
    story.repo.close()


def run_killed(path: Path, operation: Callable[[Repository], object], points: set[tuple[str, str]], at: int) -> bool:
    """Run an operation in a process that is killed before its `at`-th fault point; False if it ended before that."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            repo = open_repository(path, actor=MAYA, clock=Clock())
            repo.sync()
            countdown = at

            def watch(_frame: FrameType, event: str, function: Any) -> None:
                nonlocal countdown
                if event == "c_call" and (type(getattr(function, "__self__", None)).__name__, function.__name__) in points:
                    countdown -= 1
                    if countdown < 0:
                        os.kill(os.getpid(), signal.SIGKILL)

            sys.setprofile(watch)
            operation(repo)
            sys.setprofile(None)
            status = 0
        finally:
            os._exit(status)
    _, result = os.waitpid(child, 0)
    if os.WIFSIGNALED(result):
        return True
    assert os.waitstatus_to_exitcode(result) == 0
    return False


def age_locks(path: Path) -> None:
    """Make what the dead process left behind look as old as it would be when somebody comes to look."""
    past = time.time() - 3600
    for lock in path.rglob("*.lock"):
        os.utime(lock, (past, past))


@pytest.mark.slow
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_kill_before_any_write_leaves_what_the_next_sync_makes_whole(tmp_path: Path, name: str, thorough: bool) -> None:
    prepare(tmp_path / "made")
    points = WRITES | BETWEEN_WRITES if thorough else WRITES
    killed = 0
    while True:
        path = tmp_path / f"{name}-{killed}"
        shutil.copytree(tmp_path / "made", path)
        if not run_killed(path, OPERATIONS[name], points, killed):
            break
        killed += 1
        age_locks(path)
        repo = open_repository(path, actor=MAYA, clock=Clock())
        invariants.check(repo, path)
        assert repo.fsck() == []
        assert invariants.git(path, "status", "--porcelain") == ""
        assert invariants.git(path, "fsck", "--no-dangling") == ""
        OPERATIONS[name](repo)
        invariants.check(repo, path)
        assert repo.versions.list("welcome")[0].number == {"create": 4, "publish": 3, "rollback": 4}[name]
        repo.close()
        shutil.rmtree(path)
    assert killed >= {"create": 20, "publish": 15, "rollback": 35}[name], "the fault points were not reached"
