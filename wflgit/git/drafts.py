"""Saves of drafts as commits: one file in a tree of its own, the save before it as parent.

A further parent is the commit that the save is based on, where that is another one than before: of the first save the version that
the draft was begun on, later what it was rebased onto. So `git log` and `git merge-base` tell the same as wflgit.

Each user has a ref of their own, so saving does not wait for the lock that all other writes share, only for Git's own lock on
that ref.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from wflgit.core.drafts import Save, parse_save_message
from wflgit.core.records import Identity
from wflgit.errors import ConflictError, InvalidNameError, LockedError, RepositoryError
from wflgit.git.boundary import translated
from wflgit.git.refs import read_ref
from wflgit.git.repository import REGULAR, GitRepository, decoded, identity_of, moment, signature

_ENDLESS = 10_000
"""A chain longer than this was not made by wflgit."""


def write_save(
    repo: GitRepository,
    *,
    path: str,
    blob: str,
    previous: Save | None,
    base: str | None,
    author: Identity,
    at: datetime,
    message: str,
) -> str:
    """Store the commit of a save, to which no ref points yet, and return its id.

    Args:
        repo: the repository.
        path: where a version would have the file.
        blob: the content, stored already.
        previous: the save before; None for the first.
        base: the commit that the content is based on; None for a new workflow.
        author: whose draft it is.
        at: when.
        message: what the commit says.

    Raises:
        IdentityError: Git cannot keep the author's name.
        RepositoryError: an object cannot be written.
    """
    who = signature(author, at)
    with translated("store a draft"):
        tree = _write_tree(repo, path, blob)
        parents = _parents(previous.commit if previous else None, previous.base if previous else None, base)
        return str(repo.raw.create_commit(None, who, who, message, tree, parents))


def _write_tree(repo: GitRepository, path: str, blob: str) -> pygit2.Oid:
    oid, kind = pygit2.Oid(hex=blob), FileMode.BLOB
    for name in reversed(path.split("/")):
        builder = repo.raw.TreeBuilder()
        builder.insert(name, oid, kind)
        oid, kind = builder.write(), FileMode.TREE
    return oid


def _parents(previous: str | None, previous_base: str | None, base: str | None) -> list[str | pygit2.Oid]:
    found = [] if previous is None else [previous]
    return [*found, base] if base is not None and (previous is None or base != previous_base) else [*found]


def read_save(repo: GitRepository, oid: str) -> Save:
    """Read the commit of a save.

    Raises:
        RepositoryError: it is none.
        MissingObjectError: it is not in this clone.
    """
    found = _read(repo, repo.raw_commit(oid))
    if found is None:
        raise RepositoryError(
            f"expected a save of a draft, but commit '{oid[:10]}' is none", hint="`git show` tells what it is, and who made it"
        )
    return found


def _read(repo: GitRepository, commit: pygit2.Commit) -> Save | None:
    said = parse_save_message(decoded(commit.raw_message, commit.message_encoding))
    file = _only_file(repo, commit.tree_id) if said else None
    if said is None or file is None:
        return None
    return Save(
        number=said.number,
        commit=str(commit.id),
        path=file[0],
        blob=file[1],
        base=said.base,
        base_version=said.base_version,
        author=identity_of(commit.author, commit.message_encoding),
        saved_at=moment(commit.commit_time),
        note=said.note,
        kept=said.kept,
    )


def _only_file(repo: GitRepository, tree: pygit2.Oid) -> tuple[str, str] | None:
    """The one file in a tree, by its path and blob; None if there is none or another one beside it."""
    parts: list[str] = []
    while True:
        entries = list(repo.raw_tree(tree))
        if len(entries) != 1 or entries[0].name is None:
            return None
        parts.append(entries[0].name)
        if entries[0].filemode in REGULAR:
            return "/".join(parts), str(entries[0].id)
        if entries[0].filemode != FileMode.TREE:
            return None
        tree = entries[0].id


def list_saves(repo: GitRepository, tip: str) -> list[Save]:
    """The saves of a draft, from its newest one on back to the first.

    Raises:
        RepositoryError: the newest is none.
        MissingObjectError: one of them is not in this clone.
    """
    return [read_save(repo, tip), *_before(repo, tip)]


def _before(repo: GitRepository, tip: str) -> Iterator[Save]:
    for _ in range(_ENDLESS):
        parents = repo.raw_commit(tip).parent_ids
        found = _read(repo, repo.raw_commit(parents[0])) if parents else None
        if found is None:
            return
        yield found
        tip = found.commit


def chain_again(repo: GitRepository, saves: Sequence[Save]) -> Save:
    """Store some saves of a draft once more, each after the one that is before it now; what they say stays.

    Args:
        repo: the repository.
        saves: those that stay, the newest first; not empty.

    Returns:
        The newest one, with its new commit.

    Raises:
        RepositoryError: an object cannot be written.
    """
    previous: Save | None = None
    for save in reversed(saves):
        old = repo.raw_commit(save.commit)
        parents = _parents(previous.commit if previous else None, previous.base if previous else None, save.base)
        with translated("store the draft"):
            commit = repo.raw.create_commit(None, old.author, old.committer, old.message, old.tree_id, parents)
        previous = replace(save, commit=str(commit))
    assert previous is not None
    return previous


_STALE_S = 10.0
"""Git holds the lock of a ref for milliseconds; one that is older, and that no wflgit holds, was left by something killed."""


def move_draft(repo: GitRepository, ref: str, commit: str, *, expected: str | None) -> None:
    """Point the ref of a draft at its newest save, provided that it still points at `expected` (None: does not exist).

    No reflog is kept: the saves are one.

    Raises:
        ConflictError: it points elsewhere by now.
        InvalidNameError: Git does not allow the name.
        LockedError: another program kept its lock.
        RepositoryError: it cannot be written.
    """
    if not pygit2.reference_is_valid_name(ref):
        raise InvalidNameError(f"'{ref}' is no name for a ref", hint="git check-ref-format lists the rules")
    path = repo.git_dir / ref
    with _locked(repo, path) as lock:
        actual = read_ref(repo, ref)
        if actual != expected:
            raise ConflictError(
                f"the draft '{ref}' was saved elsewhere at the same time",
                expected=expected,
                actual=actual,
                hint="look at what is there now, then save again",
            )
        with translated(f"write the ref '{ref}'"):
            os.write(lock, f"{commit}\n".encode())
            if repo.is_durable:
                os.fsync(lock)
            _lock_path(path).replace(path)


def _lock_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


@contextmanager
def _locked(repo: GitRepository, path: Path) -> Iterator[int]:
    """Hold Git's lock on a ref: the file that becomes the ref, and that is removed where it does not.

    It carries an flock, so that others can tell that whoever made it is alive.
    """
    descriptor = _make_lock(repo, _lock_path(path))
    mine = os.fstat(descriptor)
    try:
        yield descriptor
    finally:
        with suppress(OSError):
            if os.path.samestat(_lock_path(path).lstat(), mine):
                _lock_path(path).unlink()
        os.close(descriptor)


def _make_lock(repo: GitRepository, lock: Path) -> int:
    end, pause_s = time.monotonic() + repo.patience_s, 0.001
    while True:
        with translated(f"lock '{lock}'"):
            try:
                lock.parent.mkdir(parents=True, exist_ok=True)
                descriptor = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
            except (FileExistsError, FileNotFoundError):
                # Held, or git removed the folder again because it was empty.
                descriptor = -1
        if descriptor >= 0:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            return descriptor
        _remove_stale(repo, lock)
        if time.monotonic() >= end:
            raise LockedError(f"'{lock}' is held by another program", hint=f"if no git is running: rm '{lock}'")
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.02)


def _remove_stale(repo: GitRepository, lock: Path) -> None:
    """Remove the lock of a program that was killed: it is old, and nobody has an flock on it."""
    with suppress(OSError):
        if time.time() - lock.lstat().st_mtime < _STALE_S:
            return
        with repo.lock(), lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(file.fileno()), lock.lstat()) and time.time() - lock.lstat().st_mtime >= _STALE_S:
                lock.unlink()
