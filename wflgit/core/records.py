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
    from wflgit.core.permissions import Permission


@dataclass(frozen=True, slots=True)
class Identity:
    """A person or program as Git knows it."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it.

    Attributes:
        id: stable, an e-mail address as a rule.
        name: for display.
        account: the only account in which the actor may do anything; None where the host has seen to that.
        permissions: what the actor may do, where the host has decided it; None for what `wflgit.toml` says of the id.
    """

    id: str
    name: str
    account: str | None = None
    permissions: frozenset[Permission] | None = None


class VersionStatus(StrEnum):
    """Where a version is in its life; derived, never stored (see `lifecycle.version_status`)."""

    DRAFT = "draft"
    CURRENT = "current"
    DRAINING = "draining"
    DRAINED = "drained"
    ARCHIVED = "archived"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a workflow: a trunk commit that changed its file.

    `blob` is None for a commit that deleted the file: it has a number, and nothing to publish. `semver` says what publishing it
    asked of those who were on the way; None for a draft, and for what plain Git published. `editors` are those whose edits it holds
    since the version that was published before it, the last one first.
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
    semver: str | None = None
    editors: tuple[Identity, ...] = ()


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


class MigrationStatus(StrEnum):
    """Where a migration is in its life; the moves between them are `lifecycle.MIGRATION_MOVES`."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    PARTIALLY_COMPLETED = "partially_completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNDOING = "undoing"
    UNDONE = "undone"


class Strategy(StrEnum):
    """How executions come to the target: all at once, so many per interval or each at its next advance, or chosen ones."""

    IMMEDIATE = "immediate"
    GRADUAL = "gradual"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Migration:
    """Moving executions of a workflow from one version to another, as it stands.

    Attributes:
        id: its number in the account's store.
        workflow: the slug.
        source: the version executions come from.
        target: the version they go to.
        strategy: how they get there.
        pace: of a gradual one, such as `500 per PT1H` or `at advance`; None for the others.
        status: where it is in its life.
        total: how many executions it is about, counted when it was made.
        moved: how many were moved (and not put back by an undo: see `undone`).
        skipped: how many were left where they are, each with its reason.
        failed: how many could not be moved for now; `retry` tries them again.
        undone: how many an undo put back.
        kept: how many an undo had to leave, because they have moved on since.
        rate: executions a second, of late; None where nothing is moving.
        eta: time left in seconds; None where it cannot be told.
        due_at: when the next ones of a gradual migration are due; None if that is now or never.
    """

    id: int
    workflow: str
    source: int
    target: int
    strategy: Strategy
    pace: str | None
    status: MigrationStatus
    total: int
    moved: int
    skipped: int
    failed: int
    undone: int
    kept: int
    rate: float | None
    eta: float | None
    due_at: datetime | None
    created_at: datetime
    created_by: str
    started_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def done(self) -> int:
        """How many executions have been looked at."""
        return self.moved + self.skipped + self.failed


class ItemResult(StrEnum):
    """What came of one execution in a migration."""

    PENDING = "pending"
    MOVED = "moved"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNDONE = "undone"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class MigrationItem:
    """What a migration did with one execution.

    Attributes:
        migration: the migration.
        execution: the execution's id.
        contact: whose execution it is.
        step: where it stood when it was looked at; None if it has not been yet.
        to_step: where it was put; None if it was not moved, or ended.
        result: what came of it.
        reason: why it was not moved, or not put back, as one of the reasons in `docs/migrations.md`; else None.
    """

    migration: int
    execution: int
    contact: str
    step: str | None
    to_step: str | None
    result: ItemResult
    reason: str | None = None
