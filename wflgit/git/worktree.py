"""The working tree and the index: what the user has there, and letting them follow a commit made without them.

A commit through wflgit changes objects and a ref. Where that branch is checked out, the index entries and files of the very
paths it changed must follow, and nothing else may be touched. What has to follow is written to a journal before the ref
moves, and followed from that journal, so that `finish_pending` after a kill walks the same path as a commit that went well.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, FilterMode

from wflgit.errors import DirtyFileError, LockedError, RepositoryError
from wflgit.git.boundary import translated
from wflgit.git.reffiles import read_loose
from wflgit.git.repository import HEADS, GitRepository

_JOURNAL = "wflgit-pending"
_INDEX_COPY = "wflgit-index"
_NO_FILE = "no regular file"


@dataclass(frozen=True, slots=True)
class Change:
    """What a commit does to a path: the blob before and after, None where there is none.

    `edited` is the blob of an edit that went into the new one: a working file that holds it has nothing to lose.
    """

    old: str | None
    new: str | None
    edited: str | None = None


def read_file(repo: GitRepository, path: str) -> bytes | None:
    """A file of the working tree as `git add` would store it, line ends converted where the user's settings say so.

    Returns:
        None if there is no regular file at that path, or no working tree.

    Raises:
        RepositoryError: it cannot be read.
    """
    if repo.workdir is None:
        return None
    with translated(f"read '{path}' in the working tree"):
        return _read_regular(repo, repo.workdir, path)


def uncommitted_files(repo: GitRepository) -> list[str]:
    """The files that differ between the working tree, what is staged, and the checked-out commit, new ones too, in path order.

    Raises:
        RepositoryError: the index or the working tree cannot be read.
    """
    if repo.workdir is None:
        return []
    _checked_index(repo)
    with translated("compare the working tree with the last commit"):
        return sorted(repo.raw.status(untracked_files="all"))


def finish_pending(repo: GitRepository) -> None:
    """Complete what a killed process left half done: lock files, the index and working files of its commit.

    Costs two looks at files when there is nothing to do. Waits for nobody: while another program has the index, the rest is
    left for the next time.
    """
    if (repo.git_dir / _JOURNAL).exists() or repo.locks.has_leftovers():
        with suppress(LockedError):
            if os.access(repo.git_dir, os.W_OK):
                with repo.lock():
                    complete_pending(repo, wait=False)


def complete_pending(repo: GitRepository, *, wait: bool = True) -> None:
    """`finish_pending` for one who holds the repository's lock and must not go on before it is done.

    Raises:
        LockedError: another program has the index.
    """
    pending = _read_journal(repo)
    if pending is not None:
        checkout, changes = pending
        with lock_index(repo, checkout, wait=wait):
            _checked_index(checkout)
            follow(repo, checkout, changes)


def find_checkout(repo: GitRepository, branch: str) -> GitRepository | None:
    """The working tree, this one or a linked one, that has a branch checked out; None if there is none."""
    head = f"ref: {HEADS}{branch}"
    for own_dir in dict.fromkeys((repo.own_dir, repo.git_dir, *_linked(repo.git_dir / "worktrees"))):
        if read_loose(own_dir, "HEAD") == head:
            found = _open_checkout(repo, own_dir)
            if found is not None:
                return found
    return None


def _linked(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except FileNotFoundError:
        return []


def _open_checkout(repo: GitRepository, own_dir: Path) -> GitRepository | None:
    if own_dir == repo.own_dir:
        return repo if repo.workdir is not None else None
    with suppress(pygit2.GitError):
        other = GitRepository(pygit2.Repository(str(own_dir)), patience_s=repo.patience_s)
        return other if other.workdir is not None and other.workdir.is_dir() else None
    return None


def lock_index(repo: GitRepository, checkout: GitRepository, *, wait: bool = True) -> AbstractContextManager[None]:
    """Keep git from changing a working tree's index, by Git's own lock file.

    Raises:
        LockedError: another program has it.
    """
    return repo.locks.lock_file(checkout.own_dir / "index", wait=wait)


def prepare(repo: GitRepository, checkout: GitRepository, changes: Mapping[str, Change]) -> None:
    """Check that a working tree can follow, and journal what it has to once the ref has moved; needs the index lock.

    Raises:
        DirtyFileError: the user has uncommitted changes that would be overwritten.
    """
    index = _checked_index(checkout)
    for path, change in changes.items():
        _refuse_dirty(checkout, index, path, change)
    journal = {
        "checkout": str(checkout.own_dir.relative_to(repo.git_dir)),
        "changes": {path: [change.old, change.new, change.edited] for path, change in changes.items()},
    }
    with translated("write the journal of the commit"):
        repo.replace_file(repo.git_dir / _JOURNAL, json.dumps(journal).encode())


def _read_journal(repo: GitRepository) -> tuple[GitRepository, dict[str, Change]] | None:
    """What is pending, and in which working tree; a journal that is broken or of a working tree that is gone is dropped."""
    journal = repo.git_dir / _JOURNAL
    try:
        said = json.loads(journal.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        said = {"checkout": "no such folder", "changes": {}}
    checkout = _open_checkout(repo, repo.git_dir / said["checkout"])
    if checkout is None:
        journal.unlink()
        return None
    return checkout, {path: Change(*blobs) for path, blobs in said["changes"].items()}


def _refuse_dirty(checkout: GitRepository, index: pygit2.Index, path: str, change: Change) -> None:
    staged = _staged(index, path)
    disk = _disk_blob(checkout, path, staged)
    if staged == _NO_FILE:
        raise DirtyFileError(f"'{path}' has an unfinished merge", hint=f"resolve it, then: git add '{path}'")
    known = {change.old, change.new} if change.edited is None else {change.old, change.new, change.edited}
    if disk == change.new or (disk in known and staged in known):
        return
    if change.old is None:
        raise DirtyFileError(
            f"'{path}' is in the working tree with other content, not committed", hint="commit it, or move it away"
        )
    raise DirtyFileError(f"'{path}' has uncommitted changes", hint=f"commit them, or put them aside: git stash push -- '{path}'")


def follow(repo: GitRepository, checkout: GitRepository, changes: Mapping[str, Change]) -> None:
    """Bring index entries and files to what is committed, where they still are what they were before; needs the index lock."""
    arrived = {path: change for path, change in changes.items() if _head_blob(checkout, path) == change.new}
    with translated("bring the index and the working tree to the new commit"):
        _follow_index(checkout, arrived)
        for path, change in arrived.items():
            disk = _disk_blob(checkout, path, change.old)
            if disk == change.old or (disk is not None and disk == change.edited):
                _replace_working_file(checkout, path, change.new)
        (repo.git_dir / _JOURNAL).unlink(missing_ok=True)


def _follow_index(checkout: GitRepository, changes: Mapping[str, Change]) -> None:
    """Edit a copy and rename it over the index: libgit2 would take the lock we hold, and loses what others add meanwhile."""
    original, copy = checkout.own_dir / "index", checkout.own_dir / _INDEX_COPY
    for leftover in (copy, copy.with_name(f"{_INDEX_COPY}.lock")):
        leftover.unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        copy.write_bytes(original.read_bytes())
    index = pygit2.Index(str(copy))
    for path, change in changes.items():
        staged = _staged(index, path)
        is_before = staged == change.old or (staged is not None and staged == change.edited)
        if staged != change.new and (is_before or _disk_blob(checkout, path, staged) == change.new):
            _stage(checkout, index, path)
    index.write()
    copy.replace(original)


def _stage(checkout: GitRepository, index: pygit2.Index, path: str) -> None:
    head = checkout.entry_at(_head(checkout), path)
    if head is None:
        index.remove(path)
    else:
        index.add(pygit2.IndexEntry(path, head.id, FileMode(head.filemode)))


def _checked_index(checkout: GitRepository) -> pygit2.Index:
    """The index as it is on disk.

    Raises:
        RepositoryError: it is damaged, or of a kind that libgit2 cannot read.
    """
    try:
        index: pygit2.Index = checkout.raw.index
        index.read(force=False)
    except (pygit2.GitError, OSError) as error:
        hint = "git status tells whether it is damaged"
        if "'link'" in str(error):
            hint = "run: git config core.splitIndex false && git update-index --no-split-index"
        elif "'sdir'" in str(error):
            hint = "run: git sparse-checkout reapply --no-sparse-index"
        raise RepositoryError(f"cannot read the index '{checkout.own_dir / 'index'}': {error}", hint=hint) from error
    return index


def _staged(index: pygit2.Index, path: str) -> str | None:
    """The blob staged for a path; `_NO_FILE` in the middle of a merge."""
    try:
        return str(index[path].id)
    except KeyError:
        return _NO_FILE if path in index else None


def _head(checkout: GitRepository) -> str:
    return (read_loose(checkout.own_dir, "HEAD") if checkout.head_branch is None else checkout.tip(checkout.head_branch)) or ""


def _head_blob(checkout: GitRepository, path: str) -> str | None:
    head = _head(checkout)
    return checkout.blob_at(head, path) if head else None


def _disk_blob(checkout: GitRepository, path: str, staged: str | None) -> str | None:
    """The blob that `git add` would make of a path now.

    Returns:
        None if nothing is there; `staged` if a sparse checkout left it out; `_NO_FILE` if it is no regular file.
    """
    assert checkout.workdir is not None
    content = _read_regular(checkout, checkout.workdir, path)
    if content is not None:
        return str(pygit2.hash(content))
    if os.path.lexists(checkout.workdir / path):
        return _NO_FILE
    return staged if _is_sparse(checkout) else None


def _is_sparse(checkout: GitRepository) -> bool:
    config = checkout.raw.config
    return "core.sparsecheckout" in config and config.get_bool("core.sparsecheckout")


def _read_regular(repo: GitRepository, workdir: Path, path: str) -> bytes | None:
    """The content of a regular file that is reached through no symlink, with Git's filters applied."""
    place = workdir / path
    if _is_beyond_symlink(workdir, place) or not place.is_file() or place.is_symlink():
        return None
    return _filtered(repo, path, place.read_bytes(), FilterMode.CLEAN)


def _is_beyond_symlink(workdir: Path, place: Path) -> bool:
    return any(folder.is_symlink() for folder in place.parents if folder != workdir and workdir in folder.parents)


def _filtered(repo: GitRepository, path: str, content: bytes, mode: FilterMode) -> bytes:
    filters = repo.raw.load_filter_list(path, mode)
    # pygit2 returns what is before the first NUL; Git takes such content for binary, which its line-end filters leave alone.
    if filters is None or b"\0" in content:
        return content
    return filters.apply_to_buffer(content)


def _replace_working_file(checkout: GitRepository, path: str, blob: str | None) -> None:
    assert checkout.workdir is not None
    place = checkout.workdir / path
    if _is_beyond_symlink(checkout.workdir, place):
        return
    if blob is None:
        place.unlink(missing_ok=True)
        _remove_empty_folders(checkout.workdir, place)
        return
    content = _filtered(checkout, path, checkout.blob(blob), FilterMode.SMUDGE)
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = place.with_name(".wflgit.tmp")
    temporary.write_bytes(content)
    with suppress(FileNotFoundError):
        temporary.chmod(stat.S_IMODE(place.stat().st_mode))
    temporary.replace(place)


def _remove_empty_folders(workdir: Path, place: Path) -> None:
    for folder in place.parents:
        if folder == workdir:
            return
        with suppress(OSError):
            folder.rmdir()
