"""Committing files compare-and-swap, without going through the user's index and working tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import FileMode

from wflgit.core.records import Identity
from wflgit.errors import ConflictError, StateError
from wflgit.git.boundary import translated
from wflgit.git.history import TrunkCommit, remember
from wflgit.git.refs import ReflogNote, hold_ref
from wflgit.git.repository import HEADS, REGULAR, Commit, GitRepository, signature, summary_of
from wflgit.git.worktree import Change, complete_pending, find_checkout, follow, lock_index, prepare

if TYPE_CHECKING:
    from wflgit.git.signing import Signer


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A change of one file.

    Attributes:
        expected: the blob that the file must have now; None if it must not exist.
        content: the new content; None to delete the file.
        edited: the blob of an edit that went into the content: the working tree may hold it, and gets the content in its place.
    """

    expected: str | None
    content: bytes | None
    edited: str | None = None


def commit_files(
    repo: GitRepository,
    branch: str,
    edits: Mapping[str, FileEdit],
    *,
    message: str,
    author: Identity,
    at: datetime,
    sign: Signer | None = None,
) -> str:
    """Make one commit on top of a branch that changes some files and leaves all others as they are.

    Where the branch is checked out, in this working tree or a linked one, index entries and files of these paths follow,
    and whatever else the user has staged or changed stays. A branch that is not born yet gets its first commit.

    Args:
        repo: the repository.
        branch: short name of the branch.
        edits: what to do to each path.
        message: the commit message.
        author: author and committer.
        at: time of both.
        sign: makes its signature, see `signing.find_signer`; None for a commit without one. Others who write wait for it.

    Returns:
        The id of the commit. It is made even if no file differs in the end.

    Raises:
        ConflictError: a file is not what its edit expects; says who changed it, nothing was written.
        DirtyFileError: the user has uncommitted changes in one of the files; nothing was written.
        StateError: a path needs a folder where a file is, or the other way round.
        LockedError: git or another wflgit kept a lock.
        IdentityError: Git cannot keep the author's name.
        SigningError: it cannot be signed; nothing was written.
    """
    who = signature(author, at)
    changes = {
        path: Change(edit.expected, None if edit.content is None else repo.write_blob(edit.content), edit.edited)
        for path, edit in edits.items()
    }
    with ExitStack() as locks:
        locks.enter_context(repo.lock())
        complete_pending(repo)
        checkout = find_checkout(repo, branch)
        if checkout is not None:
            # Before the ref's lock, as git takes them.
            locks.enter_context(lock_index(repo, checkout))
        ref = locks.enter_context(hold_ref(repo, HEADS + branch))
        _require_expected(repo, ref.value, changes)
        commit = _write_commit(repo, ref.value, changes, message, who, sign)
        note = ReflogNote(author, at, f"commit{'' if ref.value else ' (initial)'}: {summary_of(message)}")
        if checkout is not None:
            prepare(repo, checkout, changes)
        ref.set(commit, note)
        if checkout is not None:
            follow(repo, checkout, changes)
    _remember(repo, commit, changes)
    return commit


def _remember(repo: GitRepository, commit: str, changes: Mapping[str, Change]) -> None:
    made = repo.commit(commit)
    differing = tuple((path, change.new) for path, change in sorted(changes.items()) if change.old != change.new)
    remember(repo, TrunkCommit(made.id, made.author, made.committed_at, made.summary, differing))


def _require_expected(repo: GitRepository, tip: str | None, changes: Mapping[str, Change]) -> None:
    for path, change in changes.items():
        actual = None if tip is None else repo.blob_at(tip, path)
        if actual != change.old:
            raise _conflict(repo, tip, path, change.old, actual)


def _conflict(repo: GitRepository, tip: str | None, path: str, expected: str | None, actual: str | None) -> ConflictError:
    done = "has been changed" if expected and actual else "exists already, written" if actual else "was deleted"
    who = None if tip is None else _last_change(repo, tip, path, actual)
    said = f"'{path}' does not exist" if who is None else f"'{path}' {done} by {who.author} in commit {who.id[:10]} '{who.summary}'"
    return ConflictError(
        said, expected=expected, actual=actual, hint="read it again, make the change on top of what is there, then retry"
    )


def _last_change(repo: GitRepository, tip: str, path: str, blob: str | None) -> Commit | None:
    """The commit on the branch's own line that gave a path its present content; None if it never had any."""
    commit = repo.commit(tip)
    while commit.parents and repo.blob_at(commit.parents[0], path) == blob:
        commit = repo.commit(commit.parents[0])
    return commit if commit.parents or blob else None


def _write_commit(
    repo: GitRepository,
    tip: str | None,
    changes: Mapping[str, Change],
    message: str,
    who: pygit2.Signature,
    sign: Signer | None,
) -> str:
    base = None if tip is None else repo.tree_of(repo.raw_commit(tip))
    edits = {tuple(path.split("/")): change.new for path, change in changes.items()}
    tree = _write_tree(repo, base, edits, "")
    with translated("store the commit"):
        root = tree or repo.raw.TreeBuilder().write()
    parents = [pygit2.Oid(hex=tip)] if tip else []
    return store_commit(repo, (who, who), f"{message.rstrip()}\n", root, parents, sign)


def store_commit(
    repo: GitRepository,
    people: tuple[pygit2.Signature, pygit2.Signature],
    message: str,
    tree: pygit2.Oid,
    parents: Sequence[str | pygit2.Oid],
    sign: Signer | None,
) -> str:
    """Store a commit, to which no ref points yet, by its author and committer; return its id. For this package only.

    Raises:
        SigningError: it cannot be signed.
    """
    if sign is None:
        with translated("store the commit"):
            return str(repo.raw.create_commit(None, *people, message, tree, list(parents)))
    content = str(repo.raw.create_commit_string(*people, message, tree, list(parents)))
    made = sign(content.encode())
    with translated("store the commit"):
        return str(repo.raw.create_commit_with_signature(content, made))


def _write_tree(
    repo: GitRepository, base: pygit2.Tree | None, edits: Mapping[tuple[str, ...], str | None], folder: str
) -> pygit2.Oid | None:
    """Write a folder anew with some files changed below it.

    Args:
        repo: the repository.
        base: the folder as it is, or None.
        edits: the new blob, or None to delete, by the path's segments below this folder.
        folder: its path with a trailing slash, for messages.

    Returns:
        The new folder, or None if nothing is left in it.
    """
    with translated(f"store the folder '{folder}'"):
        builder = repo.raw.TreeBuilder(base) if base is not None else repo.raw.TreeBuilder()
    below: dict[str, dict[tuple[str, ...], str | None]] = {}
    for (name, *rest), blob in edits.items():
        if rest:
            below.setdefault(name, {})[tuple(rest)] = blob
        else:
            _put(builder, folder, name, None if blob is None else pygit2.Oid(hex=blob), FileMode.BLOB)
    for name, inner in below.items():
        _put(
            builder,
            folder,
            name,
            _write_tree(repo, _subfolder(repo, builder, folder, name), inner, f"{folder}{name}/"),
            FileMode.TREE,
        )
    return builder.write() if len(builder) else None


def _subfolder(repo: GitRepository, builder: pygit2.TreeBuilder, folder: str, name: str) -> pygit2.Tree | None:
    entry = _entry(builder, name)
    if entry is None:
        return None
    if entry.filemode != FileMode.TREE:
        raise _in_the_way(f"{folder}{name}", "a file", "a folder")
    return repo.raw_tree(entry.id)


def _put(builder: pygit2.TreeBuilder, folder: str, name: str, oid: pygit2.Oid | None, kind: FileMode) -> None:
    """Set an entry, or remove it; the mode of a file that exists stays."""
    entry = _entry(builder, name)
    mode = kind if entry is None else entry.filemode
    if (mode == FileMode.TREE) != (kind == FileMode.TREE) or (mode not in REGULAR and kind in REGULAR):
        raise _in_the_way(f"{folder}{name}", "no regular file", "a file")
    with translated(f"store '{folder}{name}'"):
        if oid is not None:
            builder.insert(name, oid, mode)
        elif entry is not None:
            builder.remove(name)


def _entry(builder: pygit2.TreeBuilder, name: str) -> pygit2.Object | None:
    return builder.get(name)


def _in_the_way(path: str, found: str, wanted: str) -> StateError:
    return StateError(
        f"expected {wanted} at '{path}', but there is {found}", hint="choose another path, or move that one away first"
    )
