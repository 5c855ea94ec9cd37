"""Many refs moved to other names in one transaction of git's, so that `packed-refs` is written once and not once for each.

The user's git does it: it takes all locks before it changes the first ref, and makes the new refs before it deletes the old ones,
so that a reader who looks at the old names first finds every object under one of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wflgit.errors import ConflictError, LockedError, RepositoryError
from wflgit.git.refs import read_ref
from wflgit.git.repository import GitRepository
from wflgit.git.usergit import Answer, ask_git

_LOCKED = ("Unable to create", "File exists", "Unable to lock")
_CHANGED = ("but expected", "already exists", "unable to resolve reference", "reference is missing")


@dataclass(frozen=True, slots=True)
class RefMove:
    """A ref that gets another name; `target` is what it points at."""

    old: str
    new: str
    target: str


def move_refs(repo: GitRepository, moves: Sequence[RefMove]) -> None:
    """Give refs other names, all or none. A new name that points at the same object already counts as moved.

    Raises:
        ConflictError: one of them points elsewhere by now, or its new name does.
        LockedError: another program kept a lock for longer than the patience.
        RepositoryError: git cannot do it, or there is no git.
    """
    if not moves:
        return
    patience_ms = round(repo.patience_s * 1000)
    settings = ("-c", f"core.filesRefLockTimeout={patience_ms}", "-c", f"core.packedRefsTimeout={patience_ms}")
    with repo.lock():
        lines = "".join(f"{line}\n" for move in moves for line in _instructions(repo, move))
        answer = ask_git([*settings, f"--git-dir={repo.git_dir}", "update-ref", "--stdin"], stdin=lines)
    if answer.code:
        raise _refused(answer)


def _instructions(repo: GitRepository, move: RefMove) -> Iterator[str]:
    if read_ref(repo, move.new) is None:
        yield f"create {move.new} {move.target}"
    else:
        yield f"verify {move.new} {move.target}"
    yield f"delete {move.old} {move.target}"


def _refused(answer: Answer) -> RepositoryError | ConflictError:
    said = answer.err.strip().partition("\n")[0].removeprefix("fatal: ")
    if any(words in said for words in _LOCKED):
        return LockedError(f"git cannot move the refs: {said}", hint="wait for git to end, then try again")
    if any(words in said for words in _CHANGED):
        return ConflictError(f"a ref was changed at the same time: {said}", hint="read it again, then retry")
    return RepositoryError(f"git cannot move the refs: {said}", hint="git fsck tells whether the repository is damaged")
