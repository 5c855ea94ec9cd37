"""Locks: one of wflgit's own for the whole repository, and Git's `<file>.lock` files under it.

Every lock file that wflgit makes is a hard link of `wflgit.lock`, on which it holds an flock. The kernel drops the flock of a
killed process, so the next holder knows two things for certain: no other wflgit is writing, and each lock file that is
that very inode was left behind. Those are removed at once; lock files of other programs never are.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wflgit.errors import LockedError, RepositoryError

MARKER = "wflgit.lock"
PATIENCE_S = 10.0
_STALE_S = {"packed-refs.lock": 600.0}
_STALE_DEFAULT_S = 10.0
_NO_LINKS = frozenset({errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class RepositoryLock:
    """The lock that serialises all writes of wflgit to one repository; re-entrant, for one thread.

    Attributes:
        path: the file the flock is on.
        patience_s: seconds to wait for any lock before giving up.
    """

    def __init__(self, git_dir: Path, patience_s: float) -> None:
        self.path = git_dir / MARKER
        self.patience_s = patience_s
        self._git_dir = git_dir
        self._depth = 0

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock; what a killed process left locked is unlocked on the way in.

        Raises:
            LockedError: another process held it for longer than the patience.
            RepositoryError: the Git directory cannot be written.
        """
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        descriptor = self._acquire()
        self._depth = 1
        try:
            yield
        finally:
            self._depth = 0
            os.close(descriptor)

    def _acquire(self) -> int:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        for _ in _attempts(self.patience_s):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            except OSError as error:
                os.close(descriptor)
                raise _unwritable(self.path, error) from error
            self._release_leftovers(descriptor)
            return descriptor
        os.close(descriptor)
        raise LockedError(
            f"another wflgit process has been writing to the repository for {self.patience_s:g} s ('{self.path}')",
            hint="wait for it to end, then try again",
        )

    def _release_leftovers(self, descriptor: int) -> None:
        marker = os.fstat(descriptor)
        if marker.st_nlink > 1:
            for lock in _lock_files(self._git_dir):
                with suppress(OSError):
                    if lock != self.path and os.path.samestat(lock.lstat(), marker):
                        lock.unlink()

    def has_leftovers(self) -> bool:
        """Whether some lock file of wflgit exists: one that is in use, or one that a killed process left."""
        try:
            return self.path.stat().st_nlink > 1
        except FileNotFoundError:
            return False

    @contextmanager
    def lock_file(self, target: Path, *, wait: bool = True) -> Iterator[None]:
        """Hold Git's own lock on a file, `<target>.lock`, which plain git honours. Only inside `hold`.

        Args:
            target: the file to be locked.
            wait: whether to be patient when another program has it.

        Raises:
            LockedError: naming the lock file, if another program kept it for longer than the patience.
            RepositoryError: it cannot be made.
        """
        lock = target.with_name(f"{target.name}.lock")
        self._take(lock, self.patience_s if wait else 0.0)
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                lock.unlink()

    def _take(self, lock: Path, patience_s: float) -> None:
        for _ in _attempts(patience_s):
            try:
                lock.parent.mkdir(parents=True, exist_ok=True)
                self._make(lock)
            except (FileExistsError, FileNotFoundError):
                # Held, or git removed the folder again because it was empty.
                continue
            except OSError as error:
                raise _unwritable(lock, error) from error
            return
        raise _held(lock)

    def _make(self, lock: Path) -> None:
        try:
            os.link(self.path, lock)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))


def _attempts(patience_s: float) -> Iterator[None]:
    """Come back at once, then after pauses of 1 to 50 ms, until the patience is over."""
    end = time.monotonic() + patience_s
    pause_s = 0.001
    while True:
        yield
        if time.monotonic() >= end:
            return
        time.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311
        pause_s = min(pause_s * 2, 0.05)


def _lock_files(git_dir: Path) -> Iterator[Path]:
    yield from git_dir.glob("*.lock")
    yield from git_dir.glob("worktrees/*/*.lock")
    yield from git_dir.glob("refs/**/*.lock")


def _held(lock: Path) -> LockedError:
    with suppress(FileNotFoundError):
        age = max(0.0, time.time() - lock.lstat().st_mtime)
        stale = age > _STALE_S.get(lock.name, _STALE_DEFAULT_S)
        hint = (
            f"a killed program left it, most likely; if no git is running: rm '{lock}'"
            if stale
            else "wait for git to end, then try again"
        )
        return LockedError(f"'{lock}' is held by another program since {age:.0f} s", hint=hint)
    return LockedError(f"'{lock}' is taken by other programs again and again", hint="try again when they are done")


def _unwritable(path: Path, error: OSError) -> RepositoryError:
    return RepositoryError(f"cannot write '{path}': {error.strerror}", hint="check the permissions of the Git directory")
