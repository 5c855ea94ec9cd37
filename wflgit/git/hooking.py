"""What a hook is told by git: the refs of a push, objects that are not in the repository yet, and what is staged for a commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pygit2
from pygit2.enums import SortMode

from wflgit.errors import InvalidNameError, RepositoryError
from wflgit.git.boundary import translated
from wflgit.git.repository import REGULAR, GitRepository, text_path
from wflgit.git.usergit import ask_git

_REGULAR_MODES = frozenset(f"{mode:06o}" for mode in REGULAR)


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """What a push does to a ref; None where there is none before or after it."""

    ref: str
    old: str | None
    new: str | None


def parse_updates(lines: Iterable[str]) -> tuple[RefUpdate, ...]:
    """Read what git tells a pre-receive hook on stdin: `OLD NEW REF`, a line each, zeros for no object.

    Raises:
        InvalidNameError: a line is none of that kind.
    """
    return tuple(_parse_update(line.rstrip("\n")) for line in lines)


def _parse_update(line: str) -> RefUpdate:
    old, new, ref = [*line.split(" ", 2), "", ""][:3]
    if not ref:
        raise InvalidNameError(f"expected 'OLD NEW REF' on stdin but got '{line}'", hint="git writes it there for a hook")
    return RefUpdate(ref, known_id(old), known_id(new))


def known_id(oid: str) -> str | None:
    """The id of an object; None for zeros, with which git says that there is none."""
    return oid if oid.strip("0") else None


def open_receiving(path: Path, quarantine: Path | None) -> GitRepository:
    """Open a repository that is receiving a push.

    Args:
        path: the repository.
        quarantine: where git keeps what was pushed until all hooks have agreed, as `GIT_QUARANTINE_PATH` says; None if it is there.

    Raises:
        RepositoryError: it cannot be opened.
    """
    repo = GitRepository.open(path)
    if quarantine is not None:
        with translated(f"read what was pushed to '{path}'"):
            repo.raw.odb.add_disk_alternate(str(quarantine))
    return repo


def new_commits(repo: GitRepository, new: str, old: str | None) -> list[str]:
    """The commits on the first-parent line of `new` that `old` does not contain, oldest first.

    Raises:
        MissingObjectError: a commit is not in this clone.
        RepositoryError: `new` is no commit.
    """
    repo.raw_commit(new)
    try:
        walker = repo.raw.walk(new, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        walker.simplify_first_parent()
        if old is not None:
            walker.hide(old)
        return [str(commit.id) for commit in walker]
    except pygit2.GitError as error:
        raise repo.unreadable(new, error) from error


def staged_files(repo: GitRepository, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The regular files whose content is staged for the next commit, as (path, blob) in path order.

    Args:
        repo: the repository.
        environment: that of the hook; `GIT_INDEX_FILE` is another one where only some files are committed.

    Raises:
        RepositoryError: git failed; says why.
    """
    index = {name: value for name, value in environment.items() if name == "GIT_INDEX_FILE"}
    arguments = ["diff-index", "--cached", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=d", "-z", _base(repo), "--"]
    answer = ask_git([f"--git-dir={repo.own_dir}", *arguments], environment=index)
    if answer.code:
        raise RepositoryError(f"git diff-index failed: {answer.err.strip()}", hint="git fsck tells whether it is damaged")
    tokens = answer.out.split("\0")[:-1]
    for entry, path in zip(tokens[::2], tokens[1::2], strict=True):
        _, mode, _, blob, _ = entry.split(" ")
        known = text_path(path.encode(errors="surrogateescape"))
        if mode in _REGULAR_MODES and known is not None:
            yield known, blob


def _base(repo: GitRepository) -> str:
    """What is compared with: HEAD, or nothing before the first commit."""
    return repo.find_commit("HEAD") or "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
