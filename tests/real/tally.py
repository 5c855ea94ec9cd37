"""What is counted while real files are tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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
        parse_s, loads_s: the seconds that parsing and `json.loads` took.
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
    parse_s: float = 0
    loads_s: float = 0

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
        if self.noise:
            yield f"  what differed in those that mean the same: {_counts(self.noise)}"


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counter.most_common(12))
