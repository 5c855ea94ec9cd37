"""The worker of a migration: one batch after the other, as fast as it can be without holding up those who advance executions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wflgit.core.records import Migration, MigrationStatus
from wflgit.errors import LockedError, StoreError
from wflgit.store import audit, migration_batches, migration_items, migrations
from wflgit.store.audit import Entry
from wflgit.store.engine import Connection, others_wrote
from wflgit.store.migration_batches import Outlook, Pass
from wflgit.store.migration_items import Tally
from wflgit.store.migrations import MigrationRow
from wflgit.workspace import Workspace

_MOST_ROWS, _FEWEST_ROWS = 2_000, 100
_SHARED_PASS_S, _SHARED_PAUSE_S = 0.004, 0.002
_QUIET_PASSES = 25
_PROGRESS_S = 0.1
_OTHERS_S = 0.05
_NAP_S = 1.0
_LATELY = timedelta(seconds=30)
_MOVING = (MigrationStatus.RUNNING, MigrationStatus.UNDOING)


@dataclass
class _Rhythm:
    """How many executions a transaction takes, and the rest after it.

    Alone, a worker takes as many as pay off. While others write to the same database it takes so few that whoever waits for the
    write lock gets it within milliseconds, and rests after each transaction so that they come first.
    """

    rows: int = _FEWEST_ROWS * 5
    _quiet: int = 0

    def after(self, seconds: float, *, contended: bool) -> float:
        """Learn from a pass that took so long; returns how long to rest."""
        self._quiet = 0 if contended else self._quiet + 1
        if self._quiet > _QUIET_PASSES:
            self.rows = _MOST_ROWS
            return 0.0
        fitting = int(self.rows * _SHARED_PASS_S / max(seconds, 1e-4))
        self.rows = max(_FEWEST_ROWS, min(_MOST_ROWS, fitting))
        return _SHARED_PAUSE_S


class Mover:
    """Works on one migration until nothing is due."""

    def __init__(self, workspace: Workspace, migration: int, on_progress: Callable[[Migration], None] | None) -> None:
        self._workspace = workspace
        self._migration = migration
        self._on_progress = on_progress
        self._told = 0.0
        self._rhythm = _Rhythm()
        self._contended = False

    def run(self, *, wait: bool = False, budget_s: float | None = None) -> Migration:
        """Do what is due; see `Migrations.run`."""
        end = None if budget_s is None else time.monotonic() + budget_s
        while end is None or time.monotonic() < end:
            try:
                rest = self._turn(wait=wait)
            except StoreError as error:
                error.hint = f"{error.hint}; what was moved is safe: go on with `wflgit migrate run {self._migration}`"
                raise
            if rest is None:
                break
            if rest:
                time.sleep(rest)
        return self._tell()

    def _turn(self, *, wait: bool) -> float | None:
        """One batch, or what there is to do when no batch can be had; returns how long to rest, None to stop."""
        began = time.perf_counter()
        found = self._pass()
        if found:
            rest = self._rhythm.after(time.perf_counter() - began, contended=self._contended)
            self._tell_now_and_then()
            return rest
        workspace = self._workspace
        with workspace.store.read() as conn:
            outlook = migration_batches.outlook(conn, workspace.account, self._migration, workspace.clock())
            row = migrations.get(conn, workspace.account, self._migration)
        if row is None or row.status not in _MOVING:
            return None
        if not outlook.open:
            return self._finish(row)
        if outlook.due_at is None:
            return _OTHERS_S
        self._tell_now_and_then()
        left = (outlook.due_at - workspace.clock()).total_seconds()
        return max(0.0, min(left, _NAP_S)) if wait else None

    def _pass(self) -> Pass | None:
        """Do one batch in one transaction; what somebody keeps locked is left for later."""
        try:
            return self._try(skip_locked=False)
        except LockedError:
            if self._workspace.store.dialect == "sqlite":
                raise
            return self._try(skip_locked=True)

    def _try(self, *, skip_locked: bool) -> Pass | None:
        workspace = self._workspace
        with workspace.store.write() as conn:
            self._contended = others_wrote(conn)
            return migration_batches.work(
                conn,
                workspace.account,
                self._migration,
                at=workspace.clock(),
                by=workspace.identity.email,
                rows=self._rhythm.rows,
                skip_locked=skip_locked,
            )

    def _finish(self, row: MigrationRow) -> float | None:
        """End the migration if everything has been done; somebody who came late is taken along first."""
        workspace, now = self._workspace, self._workspace.clock()
        with workspace.store.write() as conn:
            status = migrations.finish(conn, workspace.account, row.id, now)
            if status is not None:
                told = migration_items.tally(conn, workspace.account, [row.id])[row.id]
                details = {"migration": row.id, "target": row.target, "moved": told.moved, "skipped": told.skipped}
                details |= {"failed": told.failed, "undone": told.undone, "kept": told.kept}
                entry = Entry(now, row.created_by, f"migration.{status}", f"{row.workflow}@{row.source}", details)
                audit.append(conn, workspace.account, [entry])
                return None
            more = migration_batches.outlook(conn, workspace.account, row.id, now).open
        return 0.0 if more else None

    def _tell_now_and_then(self) -> None:
        if self._on_progress is not None and time.monotonic() - self._told > _PROGRESS_S:
            self._tell()

    def _tell(self) -> Migration:
        """Read how the migration stands, and say so."""
        workspace = self._workspace
        with workspace.store.read() as conn:
            row = migrations.get(conn, workspace.account, self._migration)
            assert row is not None
            found = record_of(conn, workspace, row)
        if self._on_progress is not None:
            self._on_progress(found)
        self._told = time.monotonic()
        return found


def record_of(conn: Connection, workspace: Workspace, row: MigrationRow) -> Migration:
    """The record of one migration."""
    return records_of(conn, workspace, [row])[0]


def records_of(conn: Connection, workspace: Workspace, rows: Sequence[MigrationRow]) -> list[Migration]:
    """The records of migrations, with their counts, and the speed of those that are moving."""
    tallies = migration_items.tally(conn, workspace.account, [row.id for row in rows])
    return [_record(conn, workspace, row, tallies[row.id]) for row in rows]


def _record(conn: Connection, workspace: Workspace, row: MigrationRow, told: Tally) -> Migration:
    now = workspace.clock()
    outlook = migration_batches.outlook(conn, workspace.account, row.id, now) if row.status in _MOVING else None
    rate = _rate(conn, workspace, row, now) if outlook else None
    to_move, to_put_back = row.total - told.moved - told.skipped - told.failed, told.moved - told.kept
    left = to_put_back if row.status is MigrationStatus.UNDOING else to_move
    return Migration(
        id=row.id,
        workflow=row.workflow,
        source=row.source,
        target=row.target,
        strategy=row.strategy,
        pace=row.pace,
        status=row.status,
        total=row.total,
        moved=told.moved,
        skipped=told.skipped,
        failed=told.failed,
        undone=told.undone,
        kept=told.kept,
        rate=rate,
        eta=_eta(left, rate, outlook, now),
        due_at=outlook.due_at if outlook else None,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def _rate(conn: Connection, workspace: Workspace, row: MigrationRow, now: datetime) -> float | None:
    """Executions a second over the last half minute."""
    lately = migration_batches.pace_of_late(conn, workspace.account, row.id, now - _LATELY)
    seconds = (now - lately[1]).total_seconds() if lately else 0.0
    return lately[0] / seconds if lately and seconds > 0 else None


def _eta(left: int, rate: float | None, outlook: Outlook | None, now: datetime) -> float | None:
    """Time left in seconds: until the last wave is due, or as long as what is left takes at the present rate."""
    if outlook is None or not left:
        return None
    if outlook.last_due_at is not None and outlook.last_due_at > now:
        return (outlook.last_due_at - now).total_seconds()
    return left / rate if rate else None
