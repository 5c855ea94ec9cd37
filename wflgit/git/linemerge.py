"""Merging files line by line, by `git merge-file`: what Git itself would do with them."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from wflgit.errors import RepositoryError
from wflgit.git.usergit import ask_git_bytes

MARKER_SIZE = 7


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Merge line by line; None if git calls it a conflict, or takes one of them for no text.

    Raises:
        RepositoryError: there is no git.
    """
    code, merged = _merge_file(base, ours, theirs, [])
    return merged if code == 0 else None


def mark_lines(
    base: bytes, ours: bytes, theirs: bytes, *, labels: tuple[str, str, str], marker_size: int = MARKER_SIZE
) -> tuple[bytes, int]:
    """Merge line by line, with markers and all three sides where they do not go together.

    Args:
        base: what both started from.
        ours: one side.
        theirs: the other.
        labels: what base, ours and theirs are called.
        marker_size: how many characters a marker has.

    Returns:
        The text, and in how many places there are markers.

    Raises:
        RepositoryError: there is no git, or it takes one of them for no text.
    """
    named = [argument for label in (labels[1], labels[0], labels[2]) for argument in ("-L", label)]
    code, merged = _merge_file(base, ours, theirs, ["--diff3", f"--marker-size={marker_size}", *named])
    if code > _MOST_CONFLICTS:
        raise RepositoryError("git cannot merge these files line by line", hint="choose one side: `wflgit resolve --take`")
    return merged, code


def mark_differences(ours: bytes, theirs: bytes, *, labels: tuple[str, str], marker_size: int = MARKER_SIZE) -> bytes | None:
    """Put markers around all lines in which two files differ; None if git takes one of them for no text.

    Args:
        ours: one side.
        theirs: the other.
        labels: what they are called.
        marker_size: how many characters a marker has.

    Raises:
        RepositoryError: there is no git.
    """
    named = [argument for label in (labels[0], "", labels[1]) for argument in ("-L", label)]
    code, merged = _merge_file(b"", ours, theirs, [f"--marker-size={marker_size}", *named])
    return merged if code <= _MOST_CONFLICTS else None


_MOST_CONFLICTS = 127


def _merge_file(base: bytes, ours: bytes, theirs: bytes, options: list[str]) -> tuple[int, bytes]:
    with TemporaryDirectory(prefix="wflgit-") as folder:
        files = [Path(folder, name) for name in ("ours", "base", "theirs")]
        for file, content in zip(files, (ours, base, theirs), strict=True):
            file.write_bytes(content)
        # How conflicts look is said here, whatever the user has set for files of other kinds.
        answer = ask_git_bytes(["-c", "merge.conflictStyle=merge", "merge-file", "-p", "-q", *options, *map(str, files)])
    return answer.code, answer.out
