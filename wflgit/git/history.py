"""The line of versions: which first-parent commits changed which workflow files.

`git log` reads long histories, pygit2 short ones and those on a machine without git; both give the same.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

import pygit2
from pygit2.enums import DeltaStatus, FileMode

from wflgit.core.paths import WorkflowPaths
from wflgit.core.records import Identity
from wflgit.errors import MissingObjectError, RepositoryError
from wflgit.git.repository import REGULAR, GitRepository, decoded, identity_of, moment, summary_of, text_path

_FEW = 20
_OTHER_FOLDERS = 4
_REMEMBERED = 256

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
    git = _git()
    if git is not None:
        return _read_log(repo, paths, git, tip, since)
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
        found = _ordered(paths, dict(_compare(repo, commit) if changes is None else changes))
        if found:
            yield TrunkCommit(
                id=str(commit.id),
                author=identity_of(commit.author, commit.message_encoding),
                committed_at=moment(commit.commit_time),
                summary=summary_of(decoded(commit.raw_message, commit.message_encoding)),
                changes=found,
            )


def _ordered(paths: WorkflowPaths, changes: dict[str, str | None]) -> Changes:
    return tuple(sorted(((path, blob) for path, blob in changes.items() if paths.slug(path) is not None), key=_by_path))


def _by_path(change: tuple[str, str | None]) -> str:
    return change[0]


def _compare(repo: GitRepository, commit: pygit2.Commit) -> Iterator[tuple[str, str | None]]:
    tree = repo.tree_of(commit)
    before = repo.tree_of(repo.raw_commit(commit.parent_ids[0])) if commit.parent_ids else None
    try:
        diff = tree.diff_to_tree(swap=True) if before is None else before.diff_to_tree(tree)
        deltas = list(diff.deltas)
    except KeyError as error:
        raise MissingObjectError(
            f"a folder of the commit '{commit.id}' is not in this clone", hint=repo.missing("").hint
        ) from error
    except pygit2.GitError as error:
        raise RepositoryError(
            f"cannot compare the commit '{commit.id}' with its parent: {error}", hint="git fsck tells more"
        ) from error
    for delta in deltas:
        yield from _file_change(delta)


def _file_change(delta: pygit2.DiffDelta) -> Iterator[tuple[str, str | None]]:
    old, new = delta.old_file, delta.new_file
    path = text_path(new.raw_path)
    was = delta.status != DeltaStatus.ADDED and old.mode in REGULAR
    now = delta.status != DeltaStatus.DELETED and new.mode in REGULAR
    if path is not None and (was or now) and not (was and now and old.id == new.id):
        yield path, str(new.id) if now else None


_LOG = (
    "--no-replace-objects", "-c", "core.quotePath=false", "-c", "log.showRoot=true", "-c", "log.showSignature=false",
    "log", "--first-parent", "--diff-merges=first-parent", "--reverse", "--raw", "-z", "--no-renames", "--no-abbrev", "--sparse",
    "--no-color", "--no-ext-diff", "--no-notes", "--no-decorate", "--no-follow",
    "-O/dev/null", "--encoding=UTF-8", "--format=%H%n%an%n%ae%n%ct%n%s",
)  # fmt: skip
_REGULAR_MODES = frozenset(b"%06o" % mode for mode in REGULAR)


def _read_log(repo: GitRepository, paths: WorkflowPaths, git: str, tip: str, since: str | None) -> Iterator[TrunkCommit]:
    span = tip if since is None else f"{since}..{tip}"
    tokens = _tokens([git, f"--git-dir={repo.own_dir}", *_LOG, span, "--", *_limits(repo, paths, tip)], repo.git_dir)
    header = b""
    changes: dict[str, str | None] = {}
    for token in tokens:
        entry = token.lstrip(b"\n")
        if not entry.startswith(b":"):
            yield from _trunk_commit(paths, header, changes)
            header, changes = token, {}
            continue
        path = text_path(next(tokens))
        was, now = entry[1:7] in _REGULAR_MODES, entry[8:14] in _REGULAR_MODES
        if path is not None and (was or now) and not (was and now and entry[15:55] == entry[56:96]):
            changes[path] = entry[56:96].decode() if now else None
    yield from _trunk_commit(paths, header, changes)


def _trunk_commit(paths: WorkflowPaths, header: bytes, changes: dict[str, str | None]) -> Iterator[TrunkCommit]:
    found = _ordered(paths, changes)
    if found:
        oid, name, email, seconds, summary = header.decode(errors="replace").split("\n", 4)
        yield TrunkCommit(oid, _identity(name, email), moment(int(seconds)), summary, found)


@lru_cache(maxsize=1024)
def _identity(name: str, email: str) -> Identity:
    return Identity(name, email)


def _limits(repo: GitRepository, paths: WorkflowPaths, tip: str) -> list[str]:
    """Pathspecs that keep `git log` to the folders of workflows.

    None where there is little else: without limits git takes half the time, as it compares nothing to choose commits.
    """
    folders = paths.folders()
    tops = {folder.split("/")[0] for folder in folders}
    root = repo.tree_of(repo.raw_commit(tip))
    others = [entry for entry in root if entry.filemode == FileMode.TREE and entry.name not in tops]
    if "" in folders or len(others) <= _OTHER_FOLDERS:
        return []
    return [f":(top,literal){folder}" for folder in folders]


def _tokens(command: list[str], folder: Path) -> Iterator[bytes]:
    """Run git and yield what it prints between NUL characters."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | {"LC_ALL": "C"}
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, cwd=folder, env=environment
        ) as git,
    ):
        assert git.stdout is not None
        rest = b""
        try:
            while chunk := git.stdout.read(1 << 16):
                *tokens, rest = (rest + chunk).split(b"\0")
                yield from tokens
        except BaseException:
            # The reader stopped: git would go on until it has something to print.
            git.kill()
            raise
        if git.wait() != 0:
            complaints.seek(0)
            said = complaints.read().decode(errors="replace").strip()
            raise RepositoryError(f"git log failed: {said}", hint="git fsck tells whether the repository is damaged")


@cache
def _git() -> str | None:
    return shutil.which("git")
