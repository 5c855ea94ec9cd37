"""What came of repairing what `fsck` found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Whether something was put right."""

    DONE = "done"
    PLANNED = "planned"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True, slots=True)
class Repair:
    """Something that was not as it should be, and what became of it.

    Attributes:
        check: the check of `fsck` that found it.
        subject: the tag, ref, version or store that it is about.
        outcome: done; planned, where it was only asked what would be done; or impossible.
        message: what was or would be done, or why nothing can be.
    """

    check: str
    subject: str
    outcome: Outcome
    message: str
