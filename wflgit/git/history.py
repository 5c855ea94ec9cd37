"""The line of versions: which first-parent commits changed which workflow files.

`git log` reads long histories, pygit2 short ones and those on a machine without git; both give the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

import pygit2
from pygit2.enums import DeltaStatus, SortMode

from wflgit.core.paths import WorkflowPaths
from wflgit.core.records import Identity
from wflgit.git.repository import REGULAR, GitRepository, decoded, identity_of, moment, summary_of, text_path

_FEW = 20
_REMEMBERED = 256
_OBJECT_ID = re.compile("[0-9a-f]{40}")

Changes = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class TrunkCommit:
    """A commit of the trunk that changed workflow files.

    Attributes:
        id: the commit.
        author: who wrote it.
        committed_at: when it was committed, in UTC.
        summary: the first paragraph of its message in one line.
        changes: (path, new blob) of each changed workflow file in path order; the blob is None where the file went.
    """

    id: str
    author: Identity
    committed_at: datetime
    summary: str
    changes: Changes


def read_history(repo: GitRepository, paths: WorkflowPaths, *, tip: str, since: str | None = None) -> Iterator[TrunkCommit]:
    """Read the first-parent commits that changed workflow files, oldest first.

    Workflow files are regular files: where a symlink or submodule takes a file's place, the file was deleted. A change of
    mode alone is no change, and a renamed file is one deleted and another added.

    Args:
        repo: the repository.
        paths: which files are workflows.
        tip: the commit to read up to, included.
        since: a commit on the first-parent line of `tip` to start after; None for all of history.

    Raises:
        MissingObjectError: this clone lacks commits or folders of it.
        RepositoryError: git failed.
    """
    few = _line(repo, tip, since, limit=_FEW)
    if few is not None:
        return _read_few(repo, paths, few)
    # Running programs takes imports that most readings do without.
    from wflgit.git import gitlog

    git = gitlog.find_git()
    if git is not None:
        return gitlog.read_log(repo, paths, git, tip, since)
    return _read_few(repo, paths, _line(repo, tip, since) or [])


def remember(repo: GitRepository, commit: TrunkCommit) -> None:
    """Note what a commit changed, so that `read_history` through the same object need not compare its folders."""
    repo.remembered[commit.id] = commit.changes
    while len(repo.remembered) > _REMEMBERED:
        repo.remembered.popitem(last=False)


def on_first_parent(repo: GitRepository, commit: str, tip: str) -> bool:
    """Say whether a commit is `tip` or on its first-parent line; the nearer, the faster."""
    at = repo.raw_commit(tip).id
    wanted = pygit2.Oid(hex=commit)
    while at != wanted:
        parents = repo.raw_commit(at).parent_ids
        if not parents:
            return False
        at = parents[0]
    return True


def containing(repo: GitRepository, commits: Collection[str], fix: str) -> set[str]:
    """Find the commits that are `fix` or descend from it by any of their parents, in one walk however many there are.

    Raises:
        MissingObjectError: a commit is not in this clone.
    """
    found = {repo.raw_commit(fix).id}
    for commit, parents in _walk(repo, [repo.raw_commit(commit).id for commit in commits], hidden=fix):
        if not found.isdisjoint(parents):
            found.add(commit)
    return {commit for commit in commits if pygit2.Oid(hex=commit) in found}


def _walk(repo: GitRepository, commits: Iterable[pygit2.Oid], *, hidden: str) -> Iterator[tuple[pygit2.Oid, list[pygit2.Oid]]]:
    """The commits and what came before them, parents first, without most of what `hidden` descends from; each with its parents."""
    try:
        walker = repo.raw.walk(None, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        for commit in commits:
            walker.push(commit)
        walker.hide(hidden)
        for found in walker:
            yield found.id, found.parent_ids
    except pygit2.GitError as error:
        named = _OBJECT_ID.search(str(error))
        raise repo.unreadable(named[0] if named else hidden, error) from error


def changes_path(repo: GitRepository, commit: str, path: str) -> bool:
    """Say whether a commit changed a workflow file. A merge is compared with its first parent, the first commit with nothing.

    Raises:
        MissingObjectError: a commit or folder is not in this clone.
    """
    parents = repo.raw_commit(commit).parent_ids
    before = repo.blob_at(str(parents[0]), path) if parents else None
    return repo.blob_at(commit, path) != before


def _line(repo: GitRepository, tip: str, since: str | None, limit: int | None = None) -> list[pygit2.Commit] | None:
    """The first-parent commits after `since` up to `tip`, newest first; None if there are more than `limit`."""
    line: list[pygit2.Commit] = []
    at: str | pygit2.Oid | None = tip
    while at is not None and str(at) != since:
        if len(line) == limit:
            return None
        commit = repo.raw_commit(at)
        line.append(commit)
        at = next(iter(commit.parent_ids), None)
    return line


def _read_few(repo: GitRepository, paths: WorkflowPaths, newest_first: list[pygit2.Commit]) -> Iterator[TrunkCommit]:
    for commit in reversed(newest_first):
        changes = repo.remembered.get(str(commit.id))
        found = ordered(paths, dict(_compare(repo, commit) if changes is None else changes))
        if found:
            yield TrunkCommit(
                id=str(commit.id),
                author=identity_of(commit.author, commit.message_encoding),
                committed_at=moment(commit.commit_time),
                summary=summary_of(decoded(commit.raw_message, commit.message_encoding)),
                changes=found,
            )


def ordered(paths: WorkflowPaths, changes: Mapping[str, str | None]) -> Changes:
    """The changes of workflow files among those of a commit, in path order; for this package only."""
    return tuple(sorted(((path, blob) for path, blob in changes.items() if paths.slug(path) is not None), key=itemgetter(0)))


def _compare(repo: GitRepository, commit: pygit2.Commit) -> Iterator[tuple[str, str | None]]:
    tree = repo.tree_of(commit)
    before = repo.tree_of(repo.raw_commit(commit.parent_ids[0])) if commit.parent_ids else None
    try:
        diff = tree.diff_to_tree(swap=True) if before is None else before.diff_to_tree(tree)
        deltas = list(diff.deltas)
    except pygit2.GitError as error:
        raise repo.unreadable(f"{commit.id}:", error) from error
    for delta in deltas:
        yield from _file_change(delta)


def _file_change(delta: pygit2.DiffDelta) -> Iterator[tuple[str, str | None]]:
    old, new = delta.old_file, delta.new_file
    path = text_path(new.raw_path)
    was = delta.status != DeltaStatus.ADDED and old.mode in REGULAR
    now = delta.status != DeltaStatus.DELETED and new.mode in REGULAR
    if path is not None and (was or now) and not (was and now and old.id == new.id):
        yield path, str(new.id) if now else None
