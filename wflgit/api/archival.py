"""The archive: putting versions into it that nobody uses, by name or by the policy, and taking them out again.

An archived version's tag object stands at its archive ref and no more among the tags. Its number, content and executions stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

from wflgit.api.editing import require_room
from wflgit.api.listing import record_of
from wflgit.core.names import archive_folder, archive_ref, channel_tag, tag_folder, version_tag
from wflgit.core.permissions import Permission
from wflgit.core.records import Version
from wflgit.core.retention import ArchivalReport, Judgement, Room, Usage, judge, last_use, obstacle, replacements
from wflgit.errors import ConflictError, StateError
from wflgit.git import refs
from wflgit.git.refmoves import RefMove, move_refs
from wflgit.store import audit, executions, migrations, versions
from wflgit.store.engine import Connection
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace

_AT_ONCE = 500
"""How many versions one transaction moves, while others wait to write."""


def archive(workspace: Workspace, slug: str, number: int) -> Version:
    """Archive a published version. What is archived already stays so and is returned.

    The policy's patience is not asked for: whoever names a version has decided.

    Raises:
        PermissionDenied: if the actor is no admin.
        NotFoundError: if there is no such version.
        StateError: if it is not published, or is in use: current, marked by a channel, with executions, or part of a migration
            that is not over.
        ConflictError: if somebody changed its tag at the same time.
    """
    workspace.require(Permission.ADMIN, slug)
    with workspace.git.lock():
        row = _published(workspace, slug, number)
        if not row.archived:
            [usage] = [usage for usage in _usages(workspace, slug, _History.of(workspace, slug)) if usage.number == number]
            found = obstacle(usage)
            if found is not None:
                raise StateError(
                    f"version {number} of '{slug}' cannot be archived: {found[1]}", hint=f"see `wflgit archive --candidates {slug}`"
                )
            _move(workspace, [row], into_archive=True)
        return record_of(workspace, slug, row.commit)


def unarchive(workspace: Workspace, slug: str, number: int) -> Version:
    """Take a version out of the archive. One that is not in it is returned as it is.

    If no higher version is published, it becomes the current one again.

    Raises:
        PermissionDenied: if the actor is no admin.
        NotFoundError: if there is no such version.
        StateError: if it is not published.
        LimitError: if the workflow has as many versions as the policy allows.
        ConflictError: if somebody changed its tag at the same time.
    """
    workspace.require(Permission.ADMIN, slug)
    with workspace.git.lock():
        row = _published(workspace, slug, number)
        if row.archived:
            require_room(workspace, workspace.get(slug))
            _move(workspace, [row], into_archive=False)
        return record_of(workspace, slug, row.commit)


def archive_due(workspace: Workspace, slug: str | None = None, *, dry_run: bool = False) -> ArchivalReport:
    """Archive all versions that the policy lets go: unused for as long as it says, and none of the newest it keeps.

    Doing it again archives nothing more. If it is killed, what was done stays done, and the next one does the rest.

    Args:
        workspace: where.
        slug: only versions of this workflow.
        dry_run: only say what would be archived; that takes no permission.

    Raises:
        PermissionDenied: if the actor is no admin.
        NotFoundError: if there is no such workflow.
    """
    if not dry_run:
        workspace.require(Permission.ADMIN, slug or workspace.account)
    if slug is None:
        workspace.sync()
    else:
        workspace.get(slug)
    now, history = workspace.clock(), _History.of(workspace, slug)
    found = _judge(workspace, slug, history, now)
    report = _report(workspace, slug, found, now)
    if dry_run:
        return report
    gone = [judged for some in _batches(report.candidates) for judged in _archive_some(workspace, slug, some, history, now)]
    return replace(report, archived=True, candidates=tuple(gone), rooms=_rooms(workspace, slug, gone))


# Reading


def _published(workspace: Workspace, slug: str, number: int) -> VersionRow:
    row = workspace.version(slug, number)
    if not row.tag:
        raise StateError(
            f"version {number} of '{slug}' is not published, and only published versions are archived",
            hint=f"see `wflgit log {slug}`",
        )
    return row


@dataclass(frozen=True)
class _History:
    """What reading long tables tells: when executions last did anything, what came back from the archive, which migrations were."""

    activity: Mapping[tuple[str, int], datetime]
    restored: Mapping[tuple[str, int], datetime]
    migrated: Mapping[tuple[str, int], datetime]

    @classmethod
    def of(cls, workspace: Workspace, slug: str | None) -> _History:
        account = workspace.account
        with workspace.store.read() as conn:
            activity = executions.last_activity(conn, account, slug)
            entries = audit.list_entries(conn, account, action="version.unarchived", subject=slug)
            rows = migrations.list_migrations(conn, account, workflow=slug)
        restored = {(workflow, int(number)): entry.at for entry in entries for workflow, number in [entry.subject.rsplit("@", 1)]}
        migrated: dict[tuple[str, int], datetime] = {}
        for row in rows:
            for number in (row.source, row.target):
                at = row.ended_at or row.created_at
                migrated[row.workflow, number] = max(at, migrated.get((row.workflow, number), at))
        return cls(activity, restored, migrated)


def _usages(workspace: Workspace, slug: str | None, history: _History) -> list[Usage]:
    """What is known now of every published version, by workflow and number."""
    account = workspace.account
    with workspace.store.read() as conn:
        rows = versions.published(conn, account, slug, archived=True)
        live = executions.live_by_version(conn, account, slug)
        migrating = migrations.list_migrations(conn, account, workflow=slug, open_only=True)
    marks = refs.list_refs(workspace.git, tag_folder(slug)) | refs.list_refs(workspace.git, archive_folder(slug))
    busy: dict[tuple[str, int], list[int]] = {}
    for migration in migrating:
        for number in {migration.source, migration.target}:
            busy.setdefault((migration.workflow, number), []).append(migration.id)
    usages = []
    for _, group in groupby(rows, lambda row: row.workflow):
        of_one = list(group)
        for row, current, (used_at, use) in zip(of_one, _are_current(of_one), _last_uses(of_one, history), strict=True):
            place = row.workflow, row.number
            usages.append(
                Usage(
                    workflow=row.workflow,
                    number=row.number,
                    archived=row.archived,
                    current=current,
                    executions=live.get(place, 0),
                    migrations=tuple(busy.get(place, ())),
                    channels=tuple(_channels(workspace, row, marks)),
                    archive_taken=marks.get(archive_ref(*place), row.tag) != row.tag,
                    used_at=used_at,
                    use=use,
                )
            )
    return usages


def _are_current(of_one: Sequence[VersionRow]) -> list[bool]:
    current = max((row.number for row in of_one if not row.archived), default=0)
    return [row.number == current for row in of_one]


def _channels(workspace: Workspace, row: VersionRow, marks: Mapping[str, str]) -> Iterator[str]:
    for channel in workspace.settings.channels:
        if marks.get(channel_tag(row.workflow, channel)) == row.commit:
            yield channel


def _last_uses(of_one: Sequence[VersionRow], history: _History) -> Iterator[tuple[datetime, str]]:
    """When each version of a workflow was last of use to anybody, and what that was."""
    replaced = replacements((row.number, row.published_at) for row in of_one if row.published_at)
    # While the highest version was in the archive, the one below it was current.
    below, highest = [0, 0, *(row.number for row in of_one if not row.archived)][-2:]
    for row in of_one:
        place = row.workflow, row.number
        ceased, other = replaced.get(row.number, (None, 0))
        came_back = history.restored.get((row.workflow, highest)) if row.number == below else None
        yield last_use(
            (row.published_at, "it was published"),
            (ceased, f"version {other} took its place"),
            (came_back, f"version {highest} came back and took its place"),
            (history.restored.get(place), "it came back from the archive"),
            (history.migrated.get(place), "a migration from or to it ended"),
            (history.activity.get(place), "an execution on it did something"),
        )


# Deciding


def _judge(workspace: Workspace, slug: str | None, history: _History, now: datetime) -> list[Judgement]:
    usages = _usages(workspace, slug, history)
    archived = {(usage.workflow, usage.number) for usage in usages if usage.archived}
    judged = judge(usages, workspace.settings.policy, now)
    return [found for found in judged if (found.workflow, found.number) not in archived]


def _report(workspace: Workspace, slug: str | None, found: Sequence[Judgement], now: datetime) -> ArchivalReport:
    candidates = tuple(judged for judged in found if judged.candidate)
    kept = tuple(judged for judged in found if not judged.candidate)
    return ArchivalReport(now, archived=False, candidates=candidates, kept=kept, rooms=_rooms(workspace, slug, candidates))


def _rooms(workspace: Workspace, slug: str | None, candidates: Sequence[Judgement]) -> tuple[Room, ...]:
    """How many versions workflows with candidates have, and the one that was asked for; before anything is archived."""
    limit = workspace.settings.policy.max_versions
    slugs = {judged.workflow for judged in candidates} | ({slug} if slug else set())
    rooms = []
    for workflow in sorted(slugs):
        with workspace.store.read() as conn:
            rows = versions.list_versions(conn, workspace.account, workflow)
        own = sum(judged.workflow == workflow for judged in candidates)
        rooms.append(Room(workflow, sum(not row.archived for row in rows), limit, own))
    return tuple(rooms)


# Writing


def _batches(candidates: Sequence[Judgement]) -> Iterator[Sequence[Judgement]]:
    for start in range(0, len(candidates), _AT_ONCE):
        yield candidates[start : start + _AT_ONCE]


def _archive_some(
    workspace: Workspace, slug: str | None, some: Sequence[Judgement], history: _History, now: datetime
) -> list[Judgement]:
    """Archive those of some candidates that still are candidates under the lock; returns them."""
    with workspace.git.lock():
        workspace.sync(slug)
        wanted = {(judged.workflow, judged.number) for judged in some}
        still = _judge(workspace, slug, history, now)
        agreed = {place: judged for judged in still if judged.candidate and (place := (judged.workflow, judged.number)) in wanted}
        with workspace.store.read() as conn:
            rows = [row for row in versions.published(conn, workspace.account, slug) if (row.workflow, row.number) in agreed]
        reasons = {place: judged.reason for place, judged in agreed.items()}
        _move(workspace, rows, into_archive=True, reasons=reasons)
        return list(agreed.values())


def _move(
    workspace: Workspace, rows: Sequence[VersionRow], *, into_archive: bool, reasons: Mapping[tuple[str, int], str] = {}
) -> None:
    """Move tag objects, with the rows and audit entries that say so. The caller holds the lock.

    Git moves them while the transaction of the store is open: if git refuses, nothing is told; if the transaction is lost after
    that, `sync` tells what it finds. Whoever else would tell it waits for the transaction and finds it told.
    """
    if not rows:
        return
    with workspace.store.write() as conn:
        versions.lock_state(conn, workspace.account)
        for row in rows:
            _rewrite(workspace, conn, row, archived=into_archive)
        for row in rows:
            _tell(workspace, conn, row, into_archive=into_archive, reason=reasons.get((row.workflow, row.number)))
        move_refs(workspace.git, [_ref_move(row, into_archive=into_archive) for row in rows])
    workspace.sync(rows[0].workflow if len({row.workflow for row in rows}) == 1 else None)


def _ref_move(row: VersionRow, *, into_archive: bool) -> RefMove:
    assert row.tag is not None
    tag, archived = version_tag(row.workflow, row.number), archive_ref(row.workflow, row.number)
    return RefMove(tag, archived, row.tag) if into_archive else RefMove(archived, tag, row.tag)


def _rewrite(workspace: Workspace, conn: Connection, row: VersionRow, *, archived: bool) -> None:
    """Say in its row that a version is archived or not, if the row still is what was decided upon."""
    account = workspace.account
    if versions.get_version(conn, account, row.workflow, row.number) != row:
        raise ConflictError(
            f"version {row.number} of '{row.workflow}' was changed at the same time", hint=f"see `wflgit log {row.workflow}`"
        )
    versions.remove_versions(conn, account, row.workflow, [row.number])
    versions.add_versions(conn, account, [replace(row, archived=archived)])


def _tell(workspace: Workspace, conn: Connection, row: VersionRow, *, into_archive: bool, reason: str | None) -> None:
    """Append the entry of a move, with the key that a sync would give it, if it is the first one of this tag object."""
    subject = f"{row.workflow}@{row.number}"
    details = {"commit": row.commit, "tag": row.tag, "ref": archive_ref(row.workflow, row.number)}
    action, key = ("version.archived", f"archived/{subject}/{row.tag}") if into_archive else ("version.unarchived", None)
    told = details if reason is None else {**details, "reason": reason}
    entry = audit.Entry(workspace.clock(), workspace.identity.email, action, subject, told, key)
    if audit.append(conn, workspace.account, [entry]) is None:
        audit.append(conn, workspace.account, [entry._replace(key=None)])
