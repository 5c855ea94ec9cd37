"""What stands unmerged in the index of a working tree, and putting something merged in its place.

The index is the user's: git itself reads and writes it, under its own lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wflgit.core.resolving import Operation
from wflgit.errors import LockedError, RemoteError, RepositoryError, StateError
from wflgit.git.repository import GitRepository
from wflgit.git.usergit import Answer as Answer
from wflgit.git.usergit import ask_git

_LITERALLY = "--literal-pathspecs"
_MARKS = {
    "rebase-apply/applying": Operation.AM,
    "rebase-merge": Operation.REBASE,
    "rebase-apply": Operation.REBASE,
    "MERGE_HEAD": Operation.MERGE,
    "CHERRY_PICK_HEAD": Operation.CHERRY_PICK,
    "REVERT_HEAD": Operation.REVERT,
}
_BASE, _OURS, _THEIRS = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Stages:
    """The sides of an unmerged file.

    Attributes:
        path: the file.
        base: the blob both started from; None if there was no file.
        ours: the blob of our side; None if it deleted the file.
        theirs: the blob of the other; None likewise.
        mode: how the file would be written, in Git's octal digits.
        is_file: whether all sides are regular files, and none is a link or a submodule.
    """

    path: str
    base: str | None
    ours: str | None
    theirs: str | None
    mode: str
    is_file: bool = True


def require_workdir(repo: GitRepository) -> Path:
    """The folder of the working tree.

    Raises:
        StateError: in a bare repository.
    """
    if repo.workdir is None:
        raise StateError("a bare repository has no working tree, so nothing can be unmerged in it", hint="use a clone")
    return repo.workdir


def list_unmerged(repo: GitRepository) -> list[Stages]:
    """The unmerged files, links and submodules, in path order.

    Raises:
        StateError: in a bare repository.
        RepositoryError: the index cannot be read.
    """
    answer = ask_git(["ls-files", "--unmerged", "--full-name", "-z"], folder=require_workdir(repo))
    _require_done(answer, "read the index")
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for entry in answer.out.split("\0")[:-1]:
        said, _, path = entry.partition("\t")
        mode, blob, stage = said.split(" ")
        found.setdefault(path, {})[int(stage)] = mode, blob
    return [_stages(path, sides) for path, sides in sorted(found.items())]


def _stages(path: str, sides: Mapping[int, tuple[str, str]]) -> Stages:
    blobs = {stage: blob for stage, (_, blob) in sides.items()}
    mode = next(sides[stage][0] for stage in (_OURS, _THEIRS, _BASE) if stage in sides)
    is_file = all(mode.startswith("100") for mode, _ in sides.values())
    return Stages(path, blobs.get(_BASE), blobs.get(_OURS), blobs.get(_THEIRS), mode, is_file)


def find_operation(repo: GitRepository) -> Operation:
    """What Git is in the middle of in this working tree."""
    return next((operation for name, operation in _MARKS.items() if (repo.own_dir / name).exists()), Operation.NONE)


def read_working_file(repo: GitRepository, path: str) -> bytes | None:
    """A file of the working tree as it is; None if there is none."""
    try:
        return (require_workdir(repo) / path).read_bytes()
    except OSError:
        return None


def stage_content(repo: GitRepository, stages: Stages, content: bytes) -> None:
    """Put a content in the place of an unmerged file, in the index first and then in the working tree.

    Raises:
        LockedError: another program has the index.
        RepositoryError: it cannot be written.
    """
    workdir, blob = require_workdir(repo), repo.write_blob(content)
    entry = f"{stages.mode} {blob}\t{stages.path}\0"
    _require_done(ask_git(["update-index", "-z", "--index-info"], folder=workdir, stdin=entry), "write the index")
    answer = ask_git(["checkout-index", "--force", "-z", "--stdin"], folder=workdir, stdin=f"{stages.path}\0")
    _require_done(answer, f"write '{stages.path}'")


def stage_deletion(repo: GitRepository, stages: Stages) -> None:
    """Let an unmerged file go, from the index and from the working tree.

    Raises:
        LockedError: another program has the index.
        RepositoryError: it cannot be written.
    """
    arguments = [_LITERALLY, "rm", "--quiet", "--force", "--", stages.path]
    _require_done(ask_git(arguments, folder=require_workdir(repo)), f"delete '{stages.path}'")


def merge_into_branch(repo: GitRepository, settings: Mapping[str, str], commitish: str) -> Answer:
    """Let git merge a commit into the branch that is checked out; conflicts are an answer too.

    Args:
        repo: the repository.
        settings: of Git's configuration, for this one time.
        commitish: what is merged.
    """
    told = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return ask_git([*told, "merge", "--no-edit", "--ff", commitish], folder=require_workdir(repo))


def push_branch(repo: GitRepository, remote: str, branch: str, merged_name: str) -> None:
    """Push a branch to the branch that it follows.

    Raises:
        RemoteError: the remote refuses, or cannot be reached.
    """
    answer = ask_git(["push", "--quiet", remote, f"refs/heads/{branch}:{merged_name}"], folder=require_workdir(repo))
    if answer.code:
        said = answer.err.strip().replace("\n", "; ")
        raise RemoteError(
            f"cannot push '{branch}' to '{remote}': {said}", hint=f"`git fetch {remote}` and look at the branch there"
        )


def ask_setting(repo: GitRepository, name: str, *, kind: Sequence[str] = ()) -> str | None:
    """The value of a setting in Git's configuration, wherever it stands; None if there is none."""
    answer = ask_git([f"--git-dir={repo.own_dir}", "config", *kind, "--null", "--get", name])
    return answer.out.removesuffix("\0") if answer.code == 0 else None


def _require_done(answer: Answer, doing: str) -> None:
    if answer.code == 0:
        return
    said = answer.err.strip().partition("\n")[0]
    if "index.lock" in answer.err:
        raise LockedError(f"cannot {doing}: another program has the index", hint="wait until it is done, then try again")
    raise RepositoryError(f"cannot {doing}: {said}", hint="`git status` tells more")
