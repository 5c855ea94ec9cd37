"""Three-way merges made of a real history: of its merge commits, and of three versions in a row, where one side takes back what the
other goes on from. What comes of each is held against what `git merge-file` makes of the same bytes.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.real.material import ENDINGS, Pair, contents, format_of, git
from wflgit.core import formats
from wflgit.core.catalog import Catalog, load_catalog
from wflgit.core.graph import Graph
from wflgit.core.merge import merge
from wflgit.core.merge.conflicts import BASE, OURS, THEIRS, Merged
from wflgit.core.problems import Problem, Severity
from wflgit.core.validation import validate
from wflgit.errors import DefinitionError
from wflgit.git.linemerge import merge_lines

CATALOG: Catalog = load_catalog({}, {})


@dataclass(frozen=True)
class Case:
    """Two edits of one content, as blob ids; `real` if somebody merged them."""

    path: str
    base: str
    ours: str
    theirs: str
    real: bool


@dataclass
class Merges:
    """What came of the merges of one repository, by the format of the files."""

    clean: Counter[str] = field(default_factory=Counter)
    conflicts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    git_clean: Counter[str] = field(default_factory=Counter)
    git_broken: Counter[str] = field(default_factory=Counter)
    git_conflicts: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    real: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """A table of what is counted, then what must not be."""
        yield "| merges | clean | conflict | git clean | git clean but broken | git conflict | only ours clean | real |"
        yield "|---|---|---|---|---|---|---|---|"
        for name in sorted({*self.clean, *self.conflicts}):
            counts = (self.clean, self.conflicts, self.git_clean, self.git_broken, self.git_conflicts, self.gained, self.real)
            yield f"| {name} | {' | '.join(f'{counter[name]:,}' for counter in counts)} |"
        yield "conflicts: " + ", ".join(f"{kind} {count:,}" for kind, count in self.kinds.most_common())
        yield from self.wrong


def cases(repository: Path, histories: dict[str, list[Pair]]) -> Iterator[Case]:
    """All merges that can be made of a repository: those of its merge commits first."""
    yield from _merge_commits(repository)
    for path, changes in histories.items():
        for (before, base), (same, after) in pairwise(changes):
            if base == same and before.strip("0"):
                yield Case(path, base, before, after, real=False)


def _merge_commits(repository: Path) -> Iterator[Case]:
    for line in git(repository, "log", "--all", "--min-parents=2", "--max-parents=2", "--format=%P").decode().split("\n"):
        parents = line.split()
        base = _merge_base(repository, parents) if parents else None
        if base is not None:
            ours, theirs = (_changed(repository, base, parent) for parent in parents)
            for path in sorted(ours.keys() & theirs.keys()):
                # What both added has no base; what there is of it is read as nothing.
                if ours[path][1] != theirs[path][1]:
                    yield Case(path, ours[path][0], ours[path][1], theirs[path][1], real=True)


def _merge_base(repository: Path, parents: Sequence[str]) -> str | None:
    try:
        return git(repository, "merge-base", *parents).decode().strip() or None
    except subprocess.CalledProcessError:
        return None  # their histories have nothing in common, or the mirror lacks it


def _changed(repository: Path, old: str, new: str) -> dict[str, Pair]:
    options = ("--raw", "--no-renames", "--no-abbrev", "-r", "-z")
    parts = iter(git(repository, "diff-tree", *options, old, new, "--", *ENDINGS).decode("utf-8", "surrogateescape").split("\0"))
    found = {}
    for part in parts:
        if part.startswith(":"):
            _, mode, before, after, _ = part.split(" ")
            path = next(parts)
            if after.strip("0") and mode.startswith("100"):
                found[path] = (before, after)
    return found


def read_sides(repository: Path, found: Sequence[Case]) -> dict[str, bytes]:
    """The contents that the cases are made of."""
    wanted = {blob for case in found for blob in (case.base, case.ours, case.theirs)}
    return dict(contents(repository, sorted(wanted)))


def try_merge(case: Case, read: dict[str, bytes], tally: Merges) -> None:
    """Merge, and count; whatever must not be is noted as wrong. What can be read on neither side is left out."""
    base, ours, theirs = (read.get(blob, b"") for blob in (case.base, case.ours, case.theirs))
    name = format_of(ours)
    if name is None or format_of(theirs) is None or not (_can_be_read(ours) or _can_be_read(theirs)):
        return
    by_git, before = merge_lines(base, ours, theirs), _errors(ours) | _errors(theirs)
    merged = _merged(base, ours, theirs)
    is_broken = by_git is not None and not _is_sound(by_git, before)
    (tally.git_conflicts if by_git is None else tally.git_broken if is_broken else tally.git_clean)[name] += 1
    (tally.clean if merged.is_clean else tally.conflicts)[name] += 1
    tally.gained[name] += merged.is_clean and (by_git is None or is_broken)
    tally.real[name] += case.real
    tally.kinds.update(conflict.kind for conflict in merged.conflicts)
    where = f"{case.path} base {case.base[:10]} ours {case.ours[:10]} theirs {case.theirs[:10]}"
    if by_git is not None and not is_broken and not merged.is_clean:
        tally.wrong.append(f"WORSE {where}: {', '.join(f'{one.kind} {one.path}' for one in merged.conflicts)}")
    if merged.content is not None and not _is_sound(merged.content, before):
        tally.wrong.append(f"BROKEN {where}")
    if _merged(base, theirs, ours).is_clean != merged.is_clean:
        tally.wrong.append(f"LOPSIDED {where}")
    for side in (BASE, OURS, THEIRS):
        if merged.conflicts and _merged(base, ours, theirs, {"*": side}).content is None:
            tally.wrong.append(f"STUCK {side} {where}")


def _merged(base: bytes, ours: bytes, theirs: bytes, answers: dict[str, str] | None = None) -> Merged:
    return merge(base, ours, theirs, answers=answers or {}, problems=_problems, lines=merge_lines)


def _problems(content: bytes) -> tuple[Problem, ...]:
    return validate(content, CATALOG)


def _errors(content: bytes) -> set[tuple[str, str]]:
    return {(problem.rule, problem.message) for problem in _problems(content) if problem.severity is Severity.ERROR}


def _is_sound(content: bytes, before: set[tuple[str, str]]) -> bool:
    """Whether a merged definition can be read, brings no error and leads nowhere that is not there."""
    try:
        graph = formats.parse(content).graph
    except DefinitionError:
        return False
    return not _errors(content) - before and _dangling(graph) <= len(before)


def _can_be_read(content: bytes) -> bool:
    try:
        formats.parse(content)
    except DefinitionError:
        return False
    return True


def _dangling(graph: Graph) -> int:
    return sum(edge.target is not None and edge.target not in graph.steps for edge in (*graph.edges, *graph.uses))
