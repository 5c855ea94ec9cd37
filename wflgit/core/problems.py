"""What is wrong with a file, and how bad it is. Apart from the other records, because reading a definition needs no more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad something is, the worst first: an error is refused, a warning is said, an info is there for those who look for it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file.

    Attributes:
        rule: stable kebab-case name, listed in `docs/validation.md`.
        severity: error or warning.
        message: "expected … but …", the offending value quoted, lower-case, no full stop.
        pointer: path of keys and indexes to the place in the document; empty for the document itself.
        line: 1-based line in the file, or None where there is no text to point into.
        column: 1-based column in characters, or None.
        hint: what to do, or None where the message says it.
    """

    rule: str
    severity: Severity
    message: str
    pointer: tuple[str | int, ...] = ()
    line: int | None = None
    column: int | None = None
    hint: str | None = None
