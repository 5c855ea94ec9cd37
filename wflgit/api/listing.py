"""Rows of the version cache, and what Git and the executions say of them, to the public records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wflgit.core.lifecycle import version_status
from wflgit.core.names import channel_tag
from wflgit.core.records import Identity, Version
from wflgit.errors import ConflictError
from wflgit.git import refs
from wflgit.store import executions, versions
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace


def list_records(workspace: Workspace, slug: str) -> list[Version]:
    """The records of all versions of a workflow after a sync, newest first; empty if there never was such a workflow."""
    workspace.sync(slug)
    with workspace.store.read() as conn:
        rows = versions.list_versions(conn, workspace.account, slug)
        live = executions.live_by_version(conn, workspace.account, slug)
    current = max((row.number for row in rows if row.tag and not row.archived), default=0)
    marks = _channels(workspace, slug)
    editors = editors_of(rows)
    return [_record(row, current, marks.get(row.commit, ()), live.get((slug, row.number), 0), editors[row.number]) for row in rows]


def record_of(workspace: Workspace, slug: str, commit: str) -> Version:
    """The record of the version that a commit made.

    Raises:
        ConflictError: if it made none, because the trunk was changed at the same time.
    """
    for version in list_records(workspace, slug):
        if version.commit == commit:
            return version
    raise ConflictError(
        f"commit '{commit[:10]}' of '{slug}' is no version: the trunk was changed at the same time", hint="see `wflgit fsck`"
    )


def editors_of(rows: Sequence[VersionRow]) -> dict[int, tuple[Identity, ...]]:
    """Whose edits each version holds since the one that was published before it, the last one first.

    Args:
        rows: the versions of a workflow, newest first.
    """
    found: dict[int, tuple[Identity, ...]] = {}
    before: tuple[Identity, ...] = ()
    for row in reversed(rows):
        author = Identity(row.author_name, row.author_email)
        found[row.number] = tuple(dict.fromkeys((author, *before)))
        before = () if row.tag else found[row.number]
    return found


def _channels(workspace: Workspace, slug: str) -> Mapping[str, Sequence[str]]:
    """The channels that mark a commit, by commit."""
    found: dict[str, list[str]] = {}
    for channel in workspace.settings.channels:
        target = refs.read_ref(workspace.git, channel_tag(slug, channel))
        if target is not None:
            found.setdefault(target, []).append(channel)
    return found


def _record(row: VersionRow, current: int, channels: Sequence[str], live: int, editors: tuple[Identity, ...]) -> Version:
    return Version(
        workflow=row.workflow,
        number=row.number,
        status=version_status(
            published=bool(row.tag),
            archived=row.archived,
            deleted=row.blob is None,
            current=row.number == current,
            executions=live,
        ),
        commit=row.commit,
        path=row.path,
        blob=row.blob,
        author=Identity(row.author_name, row.author_email),
        created_at=row.created_at,
        summary=row.summary,
        published_at=row.published_at,
        published_by=Identity(row.published_by_name or "", row.published_by_email or "") if row.tag else None,
        tag=row.tag,
        channels=tuple(channels),
        executions=live,
        semver=row.semver,
        editors=editors,
    )
