"""What comes of a three-way merge: the merged definition, or where the sides do not go together and what may be chosen there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

BASE, OURS, THEIRS = "base", "ours", "theirs"
"""The sides, and the keys of the choices that take one as it is."""

Answers = Mapping[str, str]
"""What was chosen: the key of a choice, by the path of its conflict. The path `*` answers all that are not named."""

ALL = "*"


class ConflictKind(StrEnum):
    """Why two sides do not go together."""

    FIELD = "field"
    TEXT = "text"
    DELETE_MODIFY = "delete-modify"
    DELETE_REFERENCE = "delete-reference"
    BOTH_ADDED = "both-added"
    TYPE = "type"
    EDGE_RETARGET = "edge-retarget"
    PARALLEL_INSERT = "parallel-insert"
    ORDER = "order"
    TRIGGER = "trigger"
    GRAPH = "graph"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Choice:
    """A way out of a conflict.

    Attributes:
        key: `ours`, `theirs`, `base`, or a word of its own such as `ours-then-theirs`.
        label: what it does, in words.
    """

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """One place where two sides do not go together.

    Attributes:
        path: what it is about, the same in every merge of the same three definitions: `steps/welcome/config/subject`,
            `edges/opened/yes`, `triggers/…`, `goals/…`, `settings/name`, `graph`, `file`.
        kind: why.
        step: the step it is about; None where it is about none.
        message: one sentence that says what each side did.
        base: the value both sides started from; None where there was none, see `has`.
        ours: the value of our side.
        theirs: the value of theirs.
        choices: the ways out, the usual ones first; never empty but for `file`.
        has: on which of the sides there is a value: missing is not null.
    """

    path: str
    kind: ConflictKind
    message: str
    step: str | None = None
    base: Any = None
    ours: Any = None
    theirs: Any = None
    choices: tuple[Choice, ...] = ()
    has: frozenset[str] = frozenset((BASE, OURS, THEIRS))


class Method(StrEnum):
    """How a merge came about."""

    SAME = "same"
    LINES = "lines"
    STEPS = "steps"


@dataclass(frozen=True, slots=True)
class Merged:
    """What came of a merge.

    Attributes:
        content: the merged definition; None while there are conflicts.
        conflicts: what has to be decided, in the order of our side.
        notes: what was decided without asking and is worth a look, one sentence each.
        method: how it came about: one side had not changed, line by line as Git does, or step by step.
    """

    content: bytes | None = field(repr=False)
    conflicts: tuple[MergeConflict, ...] = ()
    notes: tuple[str, ...] = ()
    method: Method = Method.STEPS

    @property
    def is_clean(self) -> bool:
        """Whether nothing has to be decided."""
        return self.content is not None
