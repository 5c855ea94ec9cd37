"""What lies between two commits: where they parted, and which files differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, DiffOption

from wflgit.errors import NotFoundError, RepositoryError, ShallowRepositoryError
from wflgit.git.repository import REGULAR, GitRepository, text_path


@dataclass(frozen=True, slots=True)
class FileDelta:
    """A regular file that differs. A side without it has None for its path and blob.

    `content` is what the new side holds where that is a file of the working tree and not in Git.
    """

    old_path: str | None
    new_path: str | None
    old_blob: str | None
    new_blob: str | None
    content: bytes | None = None


def require_commit(repo: GitRepository, commitish: str) -> str:
    """The commit that Git means.

    Raises:
        NotFoundError: there is none of that name; a shallow clone, and one that did not fetch the branch, is told what to fetch.
        InvalidNameError: it means more than one.
    """
    found = repo.find_commit(commitish)
    if found is None:
        hint = "see `git log`"
        remote, slash, branch = commitish.partition("/")
        if slash and remote in repo.raw.remotes.names():
            hint = f"fetch it: git fetch {remote} +refs/heads/{branch}:refs/remotes/{remote}/{branch}"
        elif repo.is_shallow:
            hint = "this clone is shallow; fetch the rest: git fetch --unshallow"
        raise NotFoundError(f"there is no commit '{commitish}'", hint=hint)
    return found


def find_merge_base(repo: GitRepository, one: str, other: str) -> str:
    """The commit that two commits parted at.

    Raises:
        ShallowRepositoryError: this clone may lack it.
        RepositoryError: they have nothing in common.
    """
    try:
        found = repo.raw.merge_base(one, other)
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise repo.unreadable(f"{one}...{other}", error) from error
    if found:
        return str(found)
    if repo.is_shallow:
        raise ShallowRepositoryError(
            f"where '{one[:10]}' and '{other[:10]}' parted is not in this shallow clone",
            hint="fetch the rest: git fetch --unshallow (on GitHub: fetch-depth: 0 for actions/checkout)",
        )
    raise RepositoryError(
        f"'{one[:10]}' and '{other[:10]}' have no commit in common", hint="compare them as they are: write BASE..HEAD"
    )


def changed_files(repo: GitRepository, base: str, head: str | None, *, wanted: Callable[[str], bool]) -> Iterator[FileDelta]:
    """The regular files that differ between two commits; a renamed one is one that went and one that came.

    Args:
        repo: the repository.
        base: a commit.
        head: another; None for the working tree with all that is not committed, but for ignored files.
        wanted: says by its path whether a file is; the content of others is not looked at.

    Raises:
        MissingObjectError: this clone lacks a commit or folder of it.
        RepositoryError: there is no working tree.
    """
    tree = repo.tree_of(repo.raw_commit(base))
    try:
        if head is None:
            diff = tree.diff_to_workdir(DiffOption.INCLUDE_UNTRACKED | DiffOption.RECURSE_UNTRACKED_DIRS)
        else:
            diff = tree.diff_to_tree(repo.tree_of(repo.raw_commit(head)))
        deltas = list(diff.deltas)
    except (KeyError, pygit2.GitError) as error:
        raise repo.unreadable(f"{base[:10]}..{head and head[:10]}", error) from error
    for delta in deltas:
        if wanted(text_path(delta.new_file.raw_path) or ""):
            yield from _file_delta(delta, None if head else repo.workdir)


def _file_delta(delta: pygit2.DiffDelta, workdir: Path | None) -> Iterator[FileDelta]:
    old, new = delta.old_file, delta.new_file
    is_added = delta.status in (DeltaStatus.ADDED, DeltaStatus.UNTRACKED)
    was = None if is_added or old.mode not in REGULAR else text_path(old.raw_path)
    now = None if delta.status == DeltaStatus.DELETED or new.mode not in REGULAR else text_path(new.raw_path)
    if workdir is not None and now is not None:
        content = (workdir / now).read_bytes()
        blob = str(pygit2.hash(content))
        if was is None or was != now or blob != str(old.id):
            yield FileDelta(was, now, str(old.id) if was else None, blob, content)
    elif (was or now) and not (was == now and old.id == new.id):
        yield FileDelta(was, now, str(old.id) if was else None, str(new.id) if now else None)
