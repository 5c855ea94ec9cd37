"""The lives of versions and executions, as tables."""

from __future__ import annotations

from enum import StrEnum

from wflgit.core.records import ExecutionStatus, VersionStatus


def version_status(*, published: bool, deleted: bool, current: bool, executions: int) -> VersionStatus:
    """Derive the status of a version from what Git and the side store know of it."""
    if deleted:
        return VersionStatus.DELETED
    if not published:
        return VersionStatus.DRAFT
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
