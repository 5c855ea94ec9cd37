"""What is counted while real files are tried."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of one format.

    Attributes:
        contents, parsed: how many contents there were, and of how many a graph was made.
        refused: why the others were not, by rule.
        errors: how many contents have which error problem.
        sound: how many have no error problem.
        files, pairs: how many files have versions that were compared, and how many versions follow another.
        quiet: how many versions mean the same as the one before.
        noise: the fields that differed in those.
        churned: in how many fewer than half of the steps kept their keys or ids.
        steps, kept, renamed: how many steps there were before, and how many were found again under the same id, or another.
        changes: what somebody did, by type.
        findings: what the rules say of that where it is unknown who is on the way, by code; without what follows from another.
        following: what follows from another finding, by code.
        fired: in how many pairs each rule said something.
        worst: how bad the worst finding is, by pair.
        parse_s, loads_s: the seconds that parsing and `json.loads` took.
        stages: the seconds that each stage took with the pairs, in the order in which they come.
    """

    contents: int = 0
    parsed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    sound: int = 0
    files: int = 0
    pairs: int = 0
    quiet: int = 0
    noise: Counter[str] = field(default_factory=Counter)
    churned: int = 0
    steps: int = 0
    kept: int = 0
    renamed: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    following: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    worst: Counter[str] = field(default_factory=Counter)
    parse_s: float = 0
    loads_s: float = 0
    stages: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time that passes to a stage."""
        begin = time.perf_counter()
        yield
        self.stages[stage] = self.stages.get(stage, 0) + time.perf_counter() - begin

    def lines(self, name: str) -> Iterator[str]:
        """The counts in words."""
        yield f"{name}: {self.parsed} of {self.contents} contents parsed, {self.sound} without an error"
        if self.loads_s:
            yield f"  parsing took {self.parse_s / self.loads_s:.2f}x of json.loads"
        if self.refused:
            yield f"  refused: {_counts(self.refused)}"
        if self.errors:
            yield f"  errors in: {_counts(self.errors)}"
        if self.pairs:
            yield f"  {self.pairs} versions of {self.files} files: {self.quiet} mean the same as the one before"
            yield f"  {self.steps} steps before: {self.kept} with the same id, {self.renamed} with another"
            yield f"  in {self.churned} versions fewer than half of the tool's own ids stayed"
            yield f"  beside parsing both, {_ratios(self.stages)}"
        if self.noise:
            yield f"  what differed in those that mean the same: {_counts(self.noise)}"
        if self.changes:
            yield f"  changes: {_counts(self.changes, most=None)}"
        if self.findings:
            yield f"  findings: {_counts(self.findings, most=None)}; under them: {_counts(self.following, most=None) or 'none'}"
            shares = [f"{code} in {times / self.pairs:.1%}" for code, times in self.fired.most_common(10)]
            yield f"  the rules that hold in most versions: {', '.join(shares)}"
            yield f"  versions by their worst finding: {_counts(self.worst)}"


def _counts(counter: Counter[str], *, most: int | None = 12) -> str:
    return ", ".join(f"{count} {what}" for what, count in counter.most_common(most))


def _ratios(stages: Mapping[str, float]) -> str:
    """How long each stage took, as a multiple of the first."""
    first, *rest = stages
    return ", ".join(f"{stage} took {stages[stage] / stages[first]:.2f}x" for stage in rest)
