"""The values that cross module borders.

Frozen, comparable, without behaviour beyond small derived properties. Times are aware and in UTC. Field names are the
keys of `--json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

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


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One link of the audit chain. `hash` covers every other field and `previous`, so no entry can be changed unseen."""

    account: str
    sequence: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first place where a chain does not hold. `reason` is "expected … but …"."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of walking the audit chain.

    Attributes:
        entries: how many entries there are.
        anchors: how many of them a publish tag vouches for.
        broken: the first place where the chain does not hold, or None.
    """

    entries: int
    anchors: int
    broken: BrokenLink | None


@dataclass(frozen=True, slots=True)
class Draining:
    """A published version that is not current any more and still holds executions."""

    workflow: str
    number: int
    executions: int


@dataclass(frozen=True, slots=True)
class Status:
    """What stands where.

    Attributes:
        account: the account of the repository.
        trunk: its branch of versions.
        branch: what is checked out; None for a detached HEAD or a bare repository.
        tip: the trunk's newest commit.
        store: where the side store is, without a password.
        workflows: how many workflow files the trunk has.
        executions: how many executions are live.
        drafts: `slug@number` of newest versions whose content is not published.
        draining: old versions that still hold executions.
        uncommitted: workflow files that differ from the trunk in the working tree.
        collisions: slugs that several files share.
    """

    account: str
    trunk: str
    branch: str | None
    tip: str | None
    store: str
    workflows: int
    executions: int
    drafts: tuple[str, ...]
    draining: tuple[Draining, ...]
    uncommitted: tuple[str, ...]
    collisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `fsck` does not like.

    Attributes:
        check: stable name of the check, listed in `docs/fsck.md`.
        severity: an error is damage or a broken promise, a warning something to look at.
        subject: the tag, version, file or execution it is about.
        message: what is wrong.
        hint: what to do.
    """

    check: str
    severity: Severity
    subject: str
    message: str
    hint: str
