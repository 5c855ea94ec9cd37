from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from tests.git.sandbox import Sandbox
from wflgit.errors import LockedError, RepositoryError
from wflgit.git.locks import RepositoryLock


@pytest.fixture
def git_dir(sandbox: Sandbox) -> Path:
    return sandbox.repo.git_dir


def leave_locked(git_dir: Path, target: str) -> None:
    """Leave a lock file behind the way a kill does: the process is gone, so is its flock."""
    child = os.fork()
    if not child:
        lock = RepositoryLock(git_dir, 1.0)
        with lock.hold(), lock.lock_file(git_dir / target):
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (git_dir / f"{target}.lock").exists()


def test_only_one_holds_the_lock(git_dir: Path) -> None:
    with (
        RepositoryLock(git_dir, 1.0).hold(),
        pytest.raises(LockedError, match="another wflgit process"),
        RepositoryLock(git_dir, 0.02).hold(),
    ):
        pass
    with RepositoryLock(git_dir, 0.0).hold():
        pass


def test_the_holder_may_take_it_again(git_dir: Path) -> None:
    lock, other = RepositoryLock(git_dir, 0.0), RepositoryLock(git_dir, 0.0)
    with lock.hold():
        with lock.hold():
            pass
        with pytest.raises(LockedError), other.hold():
            pass


def test_an_error_inside_gives_the_lock_back(git_dir: Path) -> None:
    lock = RepositoryLock(git_dir, 0.0)
    with pytest.raises(KeyError), lock.hold(), lock.lock_file(git_dir / "index"):
        raise KeyError
    with RepositoryLock(git_dir, 0.0).hold():
        assert not lock.has_leftovers()


def test_a_waiter_gets_the_lock_when_it_is_given_back(git_dir: Path) -> None:
    order = []

    def wait() -> None:
        with RepositoryLock(git_dir, 5.0).hold():
            order.append("waiter")

    waiter = threading.Thread(target=wait)
    with RepositoryLock(git_dir, 0.0).hold():
        waiter.start()
        order.append("holder")
    waiter.join()
    assert order == ["holder", "waiter"]


@pytest.mark.parametrize("target", ["refs/heads/main", "refs/tags/sales/welcome/v1", "packed-refs", "index"])
def test_what_a_killed_wflgit_left_locked_is_free_at_once(git_dir: Path, target: str) -> None:
    leave_locked(git_dir, target)
    lock = RepositoryLock(git_dir, 0.0)
    assert lock.has_leftovers()
    with lock.hold():
        assert not (git_dir / f"{target}.lock").exists()
        assert not lock.has_leftovers()
    with lock.hold(), lock.lock_file(git_dir / target), pytest.raises(LockedError), RepositoryLock(git_dir, 0.0).hold():
        pass


def test_a_lock_of_another_program_is_never_removed(git_dir: Path) -> None:
    theirs = git_dir / "refs" / "heads" / "main.lock"
    theirs.write_text("")
    lock = RepositoryLock(git_dir, 0.02)
    leave_locked(git_dir, "index")
    with lock.hold():
        with (
            pytest.raises(LockedError, match=r"main\.lock' is held by another program") as caught,
            lock.lock_file(git_dir / "refs/heads/main"),
        ):
            pass
        assert caught.value.hint == "wait for git to end, then try again"
    assert theirs.exists()


@pytest.mark.parametrize(
    ("target", "age_s", "stale"), [("index", 11, True), ("packed-refs", 11, False), ("packed-refs", 601, True)]
)
def test_an_old_lock_is_named_with_the_command_to_remove_it(git_dir: Path, target: str, age_s: int, stale: bool) -> None:
    theirs = git_dir / f"{target}.lock"
    theirs.write_text("")
    os.utime(theirs, (time.time() - age_s,) * 2)
    lock = RepositoryLock(git_dir, 0.0)
    with lock.hold(), pytest.raises(LockedError) as caught, lock.lock_file(git_dir / target):
        pass
    assert (f"rm '{theirs}'" in (caught.value.hint or "")) is stale


def test_git_waits_for_a_lock_of_wflgit(sandbox: Sandbox) -> None:
    tip = sandbox.save("a.json", "1")
    lock = RepositoryLock(sandbox.repo.git_dir, 0.0)
    with lock.hold(), lock.lock_file(sandbox.repo.git_dir / "refs/tags/t"):
        assert b"t.lock" in sandbox.try_git("tag", "t", tip).stderr
    sandbox.git("tag", "t", tip)


def test_a_file_system_without_hard_links_locks_as_well(git_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: object, target: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    first, second = RepositoryLock(git_dir, 0.0), RepositoryLock(git_dir, 0.0)
    with first.hold(), first.lock_file(git_dir / "index"), pytest.raises(LockedError), second.lock_file(git_dir / "index"):
        pass
    assert not (git_dir / "index.lock").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_repository_is_named(git_dir: Path) -> None:
    git_dir.chmod(0o500)
    try:
        with pytest.raises(RepositoryError, match="cannot write"), RepositoryLock(git_dir, 0.0).hold():
            pass
    finally:
        git_dir.chmod(0o700)


def test_a_git_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="cannot write"), RepositoryLock(tmp_path / "gone", 0.0).hold():
        pass


def test_the_flock_is_the_kernels(git_dir: Path) -> None:
    with RepositoryLock(git_dir, 0.0).hold(), (git_dir / "wflgit.lock").open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
