"""Merging a file for Git, which calls for every file that both sides changed: quickly, and never with a side lost.

Git is in the middle of something then, so no repository is opened and nothing is locked; the account's own types are read from the
working tree, as far as there is one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wflgit.api.marking import mark
from wflgit.core.marking import Labels, whole_file
from wflgit.core.merge import merge
from wflgit.errors import RepositoryError
from wflgit.git.linemerge import MARKER_SIZE, mark_lines, merge_lines
from wflgit.git.usergit import ask_git

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wflgit.core.catalog import Catalog
    from wflgit.core.merge.conflicts import Answers, MergeConflict, Merged
    from wflgit.core.problems import Problem

_ENDING = ".schema.json"


@dataclass(frozen=True, slots=True)
class Driven:
    """What goes into the file.

    Attributes:
        content: the merged file; one with markers if there are conflicts.
        is_clean: whether there are none.
        conflicts: what has to be decided.
        notes: what was decided without asking and is worth a look.
    """

    content: bytes = field(repr=False)
    is_clean: bool
    conflicts: tuple[MergeConflict, ...] = ()
    notes: tuple[str, ...] = ()


def drive(
    base: bytes, ours: bytes, theirs: bytes, *, folder: Path, labels: Labels | None = None, size: int = MARKER_SIZE
) -> Driven:
    """Merge a workflow file step by step.

    Args:
        base: what both sides started from; empty if there was nothing.
        ours: one side.
        theirs: the other.
        folder: where Git works: the root of the working tree, or the folder of a bare repository.
        labels: what the sides are called; None to find out.
        size: how many characters a marker has.

    Raises:
        RepositoryError: there is no git.
    """
    problems = _problems(folder)

    def merge_with(answers: Answers) -> Merged:
        return merge(base or None, ours, theirs, answers=answers, problems=problems, lines=merge_lines)

    merged = merge_with({})
    if merged.content is not None:
        return Driven(merged.content, is_clean=True, notes=merged.notes)
    content = mark((base, ours, theirs), merged.conflicts, merge_with, labels=labels or name_sides(folder), size=size)
    return Driven(content, is_clean=False, conflicts=merged.conflicts, notes=merged.notes)


def drive_by_lines(base: bytes, ours: bytes, theirs: bytes, *, labels: Labels, size: int = MARKER_SIZE) -> Driven:
    """Merge any file as Git would; what it cannot merge at all stands between markers as a whole.

    Raises:
        RepositoryError: there is no git.
    """
    try:
        content, marks = mark_lines(base, ours, theirs, labels=(labels.base, labels.ours, labels.theirs), marker_size=size)
    except RepositoryError:
        content, marks = whole_file(ours, theirs, labels, size), 1
    return Driven(content, is_clean=not marks)


def name_sides(folder: Path, base: str | None = None, ours: str | None = None, theirs: str | None = None) -> Labels:
    """What the sides are called: what Git says of them, and in a rebase, in which it swaps them, who they are.

    Args:
        folder: where Git works.
        base: what Git calls the base; None if it says nothing.
        ours: what it calls our side.
        theirs: what it calls the other.
    """
    who = {"ours": "upstream", "theirs": "your commit"} if _is_rebasing(folder) else {}
    said = {"base": base, "ours": ours, "theirs": theirs}
    names = {side: [part for part in (who.get(side), label) if part] for side, label in said.items()}
    return Labels(**{side: f"{side} ({', '.join(parts)})" if parts else side for side, parts in names.items()})


def _is_rebasing(folder: Path) -> bool:
    said = ask_git(["rev-parse", "--git-path", "rebase-merge", "--git-path", "rebase-apply"], folder=folder)
    return said.code == 0 and any((folder / path).is_dir() for path in said.out.splitlines())


def _problems(folder: Path) -> Callable[[bytes], Sequence[Problem]]:
    """What finds problems; the validator is only imported once it is asked."""
    found: list[Catalog] = []

    def problems(content: bytes) -> Sequence[Problem]:
        from wflgit.core.validation import validate

        if not found:
            found.append(_catalog(folder))
        return validate(content, found[0])

    return problems


def _catalog(folder: Path) -> Catalog:
    """The built-in types and the account's own, as they are in a working tree, or in a bare repository at its HEAD."""
    from wflgit.core.catalog import load_catalog

    read = _schemas_of_files if (folder / ".git").exists() else _schemas_of_head
    return load_catalog(read(folder, "schemas/steps/"), read(folder, "schemas/triggers/"))


def _schemas_of_files(root: Path, types: str) -> Mapping[str, bytes]:
    try:
        names = [name for name in os.listdir(root / types) if name.endswith(_ENDING)]  # noqa: PTH208
        return {name.removesuffix(_ENDING): (root / types / name).read_bytes() for name in names}
    except OSError:
        return {}


def _schemas_of_head(folder: Path, types: str) -> Mapping[str, bytes]:
    listed = ask_git(["ls-tree", "-z", "--name-only", "HEAD", types], folder=folder)
    paths = [path for path in listed.out.split("\0") if path.endswith(_ENDING)] if listed.code == 0 else []
    shown = {path: ask_git(["cat-file", "blob", f"HEAD:{path}"], folder=folder) for path in paths}
    return {
        path.removeprefix(types).removesuffix(_ENDING): said.out.encode(errors="surrogateescape")
        for path, said in shown.items()
        if said.code == 0
    }
