"""The review of a range of commits: what changed in each workflow, what that does to whom, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from wflgit.core.changes import Change
from wflgit.core.diff import Comparison
from wflgit.core.exposure import Affected
from wflgit.core.findings import Finding
from wflgit.core.graph import Graph
from wflgit.core.plan import Plan
from wflgit.core.problems import Problem, Severity


class FileStatus(StrEnum):
    """What became of a workflow's file."""

    ADDED = "added"
    DELETED = "deleted"
    RENAMED = "renamed"
    CHANGED = "changed"
    SAME = "same"
    """Its bytes differ, and its meaning does not."""


class Level(StrEnum):
    """How much a change asks of those who are on the way, computed.

    PATCH: every live execution finds its place by itself. MINOR: some need a plan that says where they go. MAJOR: some cannot be
    migrated, only ended.
    """

    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


class Verdict(StrEnum):
    """What came of a review."""

    CLEAN = "clean"
    FINDINGS = "findings"
    """There are findings, none of them as bad as asked about."""
    FAILED = "failed"


@dataclass(frozen=True)
class WorkflowReview:
    """One workflow that a range of commits changes.

    Attributes:
        workflow: the slug.
        status: what became of its file.
        path: the file in the head; in the base, if it was deleted.
        old_path: the file in the base; None if it was added.
        format: of the definition.
        name: its display name, else None.
        summary: what changed, a line each, in plain words.
        level: what the change asks of those who are on the way; None for a new workflow.
        level_reason: why, in a sentence.
        changes: what somebody did.
        findings: what that does, the worst first; what is ignored last.
        executions: the live executions that any of the findings concern, each counted once.
        live: all live executions of the workflow; None if unknown.
        plans: where executions would go, one plan for each version that some are on.
        problems: what is wrong with the head's definition by itself.
        comparison: all that differs; None if one side is missing.
        old: the graph of the base; None if it was added.
        new: the graph of the head; None if it was deleted.
        at: how many live executions stand at each step of the base; None if unknown.
    """

    workflow: str
    status: FileStatus
    path: str
    old_path: str | None
    format: str
    name: str | None
    summary: tuple[str, ...]
    level: Level | None
    level_reason: str
    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]
    executions: Affected
    live: int | None
    plans: tuple[Plan, ...] = ()
    problems: tuple[Problem, ...] = ()
    comparison: Comparison | None = field(default=None, repr=False)
    old: Graph | None = field(default=None, repr=False)
    new: Graph | None = field(default=None, repr=False)
    at: dict[str, int] | None = field(default=None, hash=False)


@dataclass(frozen=True)
class Review:
    """What a range of commits does to the workflows.

    Attributes:
        base: the commit compared with: the merge base, for `BASE...HEAD`.
        head: the commit under review; None for the working tree.
        base_name: what was asked for, such as `origin/main`.
        head_name: what was asked for, such as `HEAD`.
        workflows: all that changed, by slug.
        findings: what concerns no single workflow.
        source: where the executions are known from.
        as_of: when they stood so; None if unknown.
        unknown: why nothing is known of the executions; `""` if something is.
        fail_on: from which severity on it fails; None for never.
        created_at: when it was made, in UTC.
    """

    base: str
    head: str | None
    base_name: str
    head_name: str
    workflows: tuple[WorkflowReview, ...]
    findings: tuple[Finding, ...]
    source: str
    as_of: datetime | None
    unknown: str
    fail_on: Severity | None
    created_at: datetime

    def __iter__(self) -> Iterator[Finding]:
        """All findings that count, the repository's first; consequences are in their causes."""
        for found in (*self.findings, *(found for workflow in self.workflows for found in workflow.findings)):
            if found.ignored is None:
                yield found

    def count(self, severity: Severity) -> int:
        """How many findings of a severity there are."""
        return sum(found.severity is severity for found in self)

    @property
    def verdict(self) -> Verdict:
        """Whether there is anything as bad as asked about."""
        found = [*self]
        if self.fail_on is not None and any(at_least(finding.severity, self.fail_on) for finding in found):
            return Verdict.FAILED
        return Verdict.FINDINGS if found else Verdict.CLEAN

    @property
    def level(self) -> Level | None:
        """The highest level of any workflow; None if none has one."""
        levels = [workflow.level for workflow in self.workflows if workflow.level is not None]
        return max(levels, key=[*Level].index) if levels else None


def at_least(severity: Severity, other: Severity) -> bool:
    """Say whether one severity is as bad as another.

    >>> at_least(Severity.ERROR, Severity.WARNING), at_least(Severity.INFO, Severity.WARNING)
    (True, False)
    """
    return [*Severity].index(severity) <= [*Severity].index(other)


def worst(findings: Sequence[Finding]) -> Severity | None:
    """The worst severity of some findings; None if there are none that count."""
    found = [finding.severity for finding in findings if finding.ignored is None]
    return min(found, key=[*Severity].index) if found else None
