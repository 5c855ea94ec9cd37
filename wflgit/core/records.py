"""The values that cross module borders.

Frozen, comparable, without behaviour beyond small derived properties. Times are aware and in UTC. Field names are the
keys of `--json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wflgit.core.graph import Graph


class Severity(StrEnum):
    """How bad a problem is: an error refuses the definition, a warning is only said."""

    ERROR = "error"
    WARNING = "warning"


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


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or program as Git knows it."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it. `id` is stable (an e-mail address, as a rule); `name` is for display."""

    id: str
    name: str


class VersionStatus(StrEnum):
    """Where a version is in its life; derived, never stored (see `lifecycle.version_status`)."""

    DRAFT = "draft"
    CURRENT = "current"
    DRAINING = "draining"
    DRAINED = "drained"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a workflow: a trunk commit that changed its file.

    `blob` is None for a commit that deleted the file: it has a number, and nothing to publish.
    """

    workflow: str
    number: int
    status: VersionStatus
    commit: str
    path: str
    blob: str | None
    author: Identity
    created_at: datetime
    summary: str
    published_at: datetime | None = None
    published_by: Identity | None = None
    tag: str | None = None
    channels: tuple[str, ...] = ()
    executions: int = 0


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow as it stands on the trunk. `newest` and `current` are version numbers; `executions` the active ones."""

    slug: str
    name: str | None
    path: str
    newest: int
    current: int | None
    executions: int


@dataclass(frozen=True, slots=True)
class Definition:
    """The content of one revision, parsed.

    `number` and `commit` are None for content that is no version (the working tree, a commit off the trunk has a commit
    but no number). `document` is the parsed JSON and must not be changed: it is shared by all callers.
    """

    workflow: str
    number: int | None
    commit: str | None
    blob: str
    path: str
    content: bytes = field(repr=False)
    document: Any = field(repr=False)
    graph: Graph = field(repr=False)


class ExecutionStatus(StrEnum):
    """Where an execution is in its life; the first two are live, the others final."""

    ACTIVE = "active"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Execution:
    """One contact's run of a workflow, pinned to a version, standing at a step.

    `lock_version` grows by one with every change of the row; pass it back to refuse a change based on an old reading.
    """

    id: int
    workflow: str
    version: int
    commit: str
    contact: str
    step: str
    status: ExecutionStatus
    lock_version: int
    context: Mapping[str, Any]
    started_at: datetime
    started_by: str
    updated_at: datetime
    updated_by: str
    entered_at: datetime
    ended_at: datetime | None = None
    wake_at: datetime | None = None
    waiting_for: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class StepCount:
    """How many live executions of a workflow stand at one step of one version."""

    workflow: str
    version: int
    step: str
    active: int
    waiting: int
