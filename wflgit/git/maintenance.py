"""Git's own housekeeping: counting what has piled up, and letting the user's git pack it.

Nothing here packs or deletes by itself. `git pack-refs` and `git gc` take Git's locks, as wflgit does, so they are safe beside
writers; objects that nobody refers to stay for the two weeks that git leaves them, because a writer stores objects before the ref
that refers to them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path

from wflgit.core.housekeeping import FOLDERS, Limits, Load
from wflgit.core.names import ARCHIVE_PREFIX, TAG_PREFIX
from wflgit.errors import RepositoryError
from wflgit.git.boundary import translated
from wflgit.git.repository import GitRepository
from wflgit.git.usergit import Answer, ask_git

_SAMPLE = "17"
"""The one folder of 256 that git looks into to tell how many loose objects there are."""
_LOOSE = re.compile(r"[0-9a-f]{38}")
_ABANDONED_S = 600.0
_PACKING = ("-c", "core.packedRefsTimeout=10000")
_TAGS_AND_ARCHIVE = ("--include", f"{TAG_PREFIX}*", "--include", f"{ARCHIVE_PREFIX}*", "--exclude", f"{ARCHIVE_PREFIX}*@*")
_COLLECTING = ("-c", "gc.packRefs=false", "-c", "gc.autoDetach=false")


def measure(repo: GitRepository, limits: Limits) -> Load:
    """Count what has piled up; costs about a listing of the folders that tags are in, and stops at what is too much.

    Raises:
        RepositoryError: the folders cannot be read.
    """
    with translated("look at what is to be packed"):
        loose_tags = sum(1 for _ in islice(_files(repo.git_dir / TAG_PREFIX), limits.loose_tags or None))
        return Load(loose_tags, _loose_objects(repo.git_dir / "objects"), _packs(repo.git_dir / "objects" / "pack"))


def limits_of(repo: GitRepository) -> Limits:
    """What is too much in a repository: what git's configuration says of objects and packs, else what git takes for granted."""
    usual = Limits()
    return Limits(loose_objects=_number(repo, "gc.auto", usual.loose_objects), packs=_number(repo, "gc.autoPackLimit", usual.packs))


def _number(repo: GitRepository, name: str, usual: int) -> int:
    config = repo.raw.config
    with suppress(ValueError):
        return max(0, config.get_int(name)) if name in config else usual
    return usual


def _files(folder: Path) -> Iterator[str]:
    for _, _, names in os.walk(folder):
        yield from (name for name in names if not name.endswith(".lock"))


def _loose_objects(objects: Path) -> int:
    try:
        found = os.listdir(objects / _SAMPLE)  # noqa: PTH208 - a fifth of the time
    except FileNotFoundError:
        return 0
    return sum(1 for name in found if _LOOSE.fullmatch(name)) * FOLDERS


def _packs(folder: Path) -> int:
    try:
        names = set(os.listdir(folder))  # noqa: PTH208
    except FileNotFoundError:
        return 0
    return sum(1 for name in names if name.endswith(".pack") and f"{name.removesuffix('.pack')}.keep" not in names)


def pack_tags(repo: GitRepository) -> None:
    """Let git put the tags into one file, and where it can the archive too. Drafts stay files: they come and go all the time.

    Raises:
        RepositoryError: git cannot do it, or there is no git.
    """
    wanted = _TAGS_AND_ARCHIVE if _knows_include() else ()
    _ask(repo, "pack the tags", *_PACKING, "pack-refs", *wanted)


@cache
def _knows_include() -> bool:
    """Whether git can be told which refs to pack, as it can since 2.42; else it packs tags only."""
    return "--[no-]include" in (said := ask_git(["pack-refs", "-h"]).out) or "--include" in said


def pack_objects(repo: GitRepository) -> None:
    """Let git pack objects where it finds that it is time, and write the commit graph, by which it finds a file's history faster.

    The refs are left alone; what nobody refers to is removed when it is as old as `gc.pruneExpire` says, two weeks as a rule.

    Raises:
        RepositoryError: git cannot do it, or there is no git.
    """
    _ask(repo, "pack the objects", *_COLLECTING, "gc", "--auto", "--quiet")
    _ask(repo, "write the commit graph", "commit-graph", "write", "--reachable", "--changed-paths", "--no-progress")


def _ask(repo: GitRepository, doing: str, *arguments: str) -> Answer:
    answer = ask_git([f"--git-dir={repo.git_dir}", *arguments])
    if answer.code:
        said = answer.err.strip().partition("\n")[0]
        raise RepositoryError(f"git cannot {doing}: {said}", hint=f"try it yourself: git {arguments[-1]}")
    return answer


def release_leftovers(repo: GitRepository) -> None:
    """Unlock what killed processes of wflgit left locked, which `locks` knows for certain; waits for whoever is writing.

    Raises:
        LockedError: another process held the repository's lock for longer than the patience.
    """
    if repo.locks.has_leftovers():
        with repo.lock():
            return


def abandoned_locks(repo: GitRepository) -> tuple[str, ...]:
    """Lock files of other programs that are older than any of them needs, sorted; whose they are cannot be known, so they stay."""
    now = time.time()
    return tuple(
        sorted(path.relative_to(repo.git_dir).as_posix() for path in _locks(repo) if now - _changed(path, now) > _ABANDONED_S)
    )


def _locks(repo: GitRepository) -> Iterator[Path]:
    for pattern in ("*.lock", "worktrees/*/*.lock", "refs/**/*.lock"):
        yield from (path for path in repo.git_dir.glob(pattern) if path != repo.locks.path)


def _changed(path: Path, now: float) -> float:
    with suppress(FileNotFoundError):
        return path.lstat().st_mtime
    return now
