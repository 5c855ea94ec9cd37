"""The lives of versions, executions and migrations, as tables."""

from __future__ import annotations

from enum import StrEnum

from wflgit.core.records import ExecutionStatus, MigrationStatus, VersionStatus


def version_status(*, published: bool, archived: bool, deleted: bool, current: bool, executions: int) -> VersionStatus:
    """Derive the status of a version from what Git and the side store know of it; an archived one may still hold executions."""
    if deleted:
        return VersionStatus.DELETED
    if not published:
        return VersionStatus.DRAFT
    if archived:
        return VersionStatus.ARCHIVED
    if current:
        return VersionStatus.CURRENT
    return VersionStatus.DRAINING if executions else VersionStatus.DRAINED


class Move(StrEnum):
    """What can happen to an execution."""

    ADVANCE = "advance"
    WAIT = "wait"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"


LIVE = (ExecutionStatus.ACTIVE, ExecutionStatus.WAITING)

EXECUTION_MOVES: dict[Move, ExecutionStatus] = {
    Move.ADVANCE: ExecutionStatus.ACTIVE,
    Move.WAIT: ExecutionStatus.WAITING,
    Move.COMPLETE: ExecutionStatus.COMPLETED,
    Move.FAIL: ExecutionStatus.FAILED,
    Move.CANCEL: ExecutionStatus.CANCELLED,
}
"""Every move is possible from a live status and from no other; it leads to the status named here."""


class MigrationMove(StrEnum):
    """What a user can ask of a migration."""

    RUN = "run"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    UNDO = "undo"


_S = MigrationStatus
MIGRATION_MOVES: dict[MigrationMove, tuple[frozenset[MigrationStatus], MigrationStatus]] = {
    MigrationMove.RUN: (frozenset({_S.PENDING, _S.RUNNING}), _S.RUNNING),
    MigrationMove.PAUSE: (frozenset({_S.PENDING, _S.RUNNING}), _S.PAUSED),
    MigrationMove.RESUME: (frozenset({_S.PAUSED}), _S.RUNNING),
    MigrationMove.CANCEL: (frozenset({_S.PENDING, _S.RUNNING, _S.PAUSED}), _S.CANCELLED),
    MigrationMove.RETRY: (frozenset({_S.PARTIALLY_COMPLETED, _S.FAILED}), _S.RUNNING),
    MigrationMove.UNDO: (
        frozenset({_S.PAUSED, _S.COMPLETED, _S.PARTIALLY_COMPLETED, _S.FAILED, _S.CANCELLED, _S.UNDOING}),
        _S.UNDOING,
    ),
}
"""From which statuses each move is possible, and to which it leads."""

OPEN = frozenset({_S.PENDING, _S.RUNNING, _S.PAUSED, _S.UNDOING})
"""Migrations that may still move executions; no version takes part in two of them in ways that meet."""


def migration_outcome(*, moved: int, left: int) -> MigrationStatus:
    """The status of a migration whose executions have all been looked at.

    Args:
        moved: how many were moved, stay by plan, or ended by themselves.
        left: how many should have been moved and were not.
    """
    if not left:
        return MigrationStatus.COMPLETED
    return MigrationStatus.PARTIALLY_COMPLETED if moved else MigrationStatus.FAILED
