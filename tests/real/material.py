"""The workflow files of a Git repository, read with the user's git: every content they ever had, and what followed what."""

from __future__ import annotations

import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from wflgit.core import formats
from wflgit.core.jsontext import read_json
from wflgit.errors import DefinitionError

ENDINGS = ("*.json", "*.asl")
_NOTHING = "0" * 40
_LARGEST = 20 * 2**20

Pair = tuple[str, str]
"""A content and the one that came after it, as blob ids."""


def git(repository: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run git in a repository, bare or not."""
    command = ["git", "-C", str(repository), "-c", "core.quotePath=false", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


def histories(repository: Path) -> dict[str, list[Pair]]:
    """By path, every change of a file whose name looks like that of a workflow, oldest first; its creation follows nothing."""
    options = ("--all", "--no-merges", "--raw", "--no-renames", "--no-abbrev", "--reverse", "--format=", "-z")
    log = git(repository, "log", *options, "--", *ENDINGS)
    parts = iter(log.decode("utf-8", "surrogateescape").split("\0"))
    found: dict[str, list[Pair]] = defaultdict(list)
    for part in parts:
        if part.lstrip("\n").startswith(":"):
            _, mode, old, new, _ = part.lstrip("\n").split(" ")
            path = next(parts)
            if new != _NOTHING and mode.startswith("100"):
                found[path].append((old, new))
    return found


def contents(repository: Path, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The bytes of blobs, but for those that nobody would take for a workflow because they are so large."""
    wanted = list(blobs)
    answer = git(repository, "cat-file", "--batch-check", stdin="\n".join(wanted).encode()).decode().split("\n")
    small = [line.split(" ")[0] for line in answer if line.count(" ") == 2 and int(line.split(" ")[2]) <= _LARGEST]
    for begin in range(0, len(small), 500):
        yield from _read(repository, small[begin : begin + 500])


def _read(repository: Path, blobs: list[str]) -> Iterator[tuple[str, bytes]]:
    out, at = git(repository, "cat-file", "--batch", stdin="\n".join(blobs).encode()), 0
    while at < len(out):
        end = out.index(b"\n", at)
        blob, _, size = out[at:end].decode().split(" ")
        yield blob, out[end + 1 : end + 1 + int(size)]
        at = end + int(size) + 2


_MARKS = (b'"connections"', b'"States"', b'"runAfter"', b'"wires"', b'"steps"', b"Microsoft.Logic/workflows")


def looks_like_a_workflow(content: bytes) -> bool:
    """Whether bytes that are no JSON were meant to be a workflow, as far as a few words can tell."""
    return any(mark in content for mark in _MARKS)


def format_of(content: bytes) -> str | None:
    """The format of a content, None if it is no workflow."""
    try:
        return formats.find_format(read_json(content, bom=True).value).NAME
    except DefinitionError:
        return None
