"""What `status` and `fsck` tell. Field names are the keys of `--json`."""

from __future__ import annotations

from dataclasses import dataclass

from wflgit.core.problems import Severity
from wflgit.core.records import StepCount


@dataclass(frozen=True, slots=True)
class Draining:
    """A version that is not current any more and still holds executions; `steps` says where they stand, by step id."""

    workflow: str
    number: int
    executions: int
    steps: tuple[StepCount, ...]


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
        draining: old versions that still hold executions, archived ones too.
        uncommitted: workflow files that differ from the trunk in the working tree.
        collisions: slugs that several files share.
        recoverable: one's own user drafts that hold more than the files do.
        housekeeping: why Git's own housekeeping is due, in words; empty if it is not.
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
    recoverable: tuple[str, ...] = ()
    housekeeping: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that `fsck` or `adopt` does not like.

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
