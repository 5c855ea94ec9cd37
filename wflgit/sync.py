"""The one way from Git into the side store.

Git is the truth for versions and what is published; the store keeps a copy to answer fast, and the audit trail. Whatever
happened in Git (an operation of this library, a `git merge`, a pushed tag, a write whose second half a crash took) becomes
rows and audit entries through here and by no other way. This module sees what is out of date; `projection` writes it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import datetime

from wflgit.core.names import CURRENT, TAG_PREFIX, channel_tag
from wflgit.core.settings import Settings
from wflgit.git import refs
from wflgit.git.repository import GitRepository
from wflgit.store import versions
from wflgit.store.engine import Connection, Store


def sync(git: GitRepository, store: Store, settings: Settings, *, now: datetime, workflow: str | None = None) -> None:
    """Bring the store up to date with the trunk, and with the tags of one workflow or of all.

    Moving `current` tags that do not stand on the highest published version are put right on the way, unless the
    repository cannot be written.

    Raises:
        ShallowRepositoryError: if the beginning of history is missing.
        ConflictError: if this clone is behind another one that shares the store.
        StoreReadOnlyError: if there is something to write and the store may not be written.
    """
    git.require_full_history()
    _sync_trunk(git, store, settings, now)
    _sync_tags(git, store, settings, now, workflow)
    if os.access(git.git_dir, os.W_OK):
        _sync_current(git, store, settings, now, workflow)


def _sync_trunk(git: GitRepository, store: Store, settings: Settings, now: datetime) -> None:
    tip = git.tip(settings.trunk)
    with store.read() as conn:
        state = versions.read_state(conn, settings.account)
    if tip is not None and (state is None or (state.tip, state.layout) != (tip, settings.layout)):
        from wflgit.projection import project_trunk

        project_trunk(git, store, settings, now)


def _sync_tags(git: GitRepository, store: Store, settings: Settings, now: datetime, workflow: str | None) -> None:
    found = refs.list_version_tags(git, workflow)
    with store.read() as conn:
        known = _known_tags(conn, settings.account, workflow)
    changed = sorted(slug for slug in found.keys() | known.keys() if found.get(slug) != known.get(slug))
    if changed:
        from wflgit.projection import project_tags

        project_tags(git, store, settings, changed, now)


def _known_tags(conn: Connection, account: str, workflow: str | None) -> dict[str, dict[int, str]]:
    known: dict[str, dict[int, str]] = defaultdict(dict)
    for row in versions.published(conn, account, workflow):
        assert row.tag is not None
        known[row.workflow][row.number] = row.tag
    return dict(known)


def _sync_current(git: GitRepository, store: Store, settings: Settings, now: datetime, workflow: str | None) -> None:
    with store.read() as conn:
        wanted = _highest_published(conn, settings.account, workflow)
        strays = _current_tags(git, workflow) - wanted.keys()
        known = versions.last_versions(conn, settings.account, strays) if strays else {}
    for slug in sorted(wanted.keys() | known.keys()):
        if refs.read_ref(git, channel_tag(slug, CURRENT)) != wanted.get(slug):
            with git.lock():
                _sync_trunk(git, store, settings, now)
                _sync_tags(git, store, settings, now, slug)
                _move_current(git, store, settings, slug)


def _move_current(git: GitRepository, store: Store, settings: Settings, slug: str) -> None:
    """Put one moving tag right. The caller holds the lock and has just projected what is published."""
    ref = channel_tag(slug, CURRENT)
    now = refs.read_ref(git, ref)
    with store.read() as conn:
        wanted = _highest_published(conn, settings.account, slug).get(slug)
    if wanted is None and now is not None:
        refs.delete_ref(git, ref, expected=now)
    elif wanted is not None and wanted != now:
        refs.move_ref(git, ref, wanted, expected=now)


def _highest_published(conn: Connection, account: str, workflow: str | None) -> dict[str, str]:
    rows = versions.published(conn, account, workflow)
    return {row.workflow: row.commit for row in sorted(rows, key=lambda row: row.number)}


def _current_tags(git: GitRepository, workflow: str | None) -> set[str]:
    """What stands before `/current` in the tags of Git; not all of it need be workflows."""
    prefix = TAG_PREFIX if workflow is None else channel_tag(workflow, CURRENT)
    suffix = f"/{CURRENT}"
    return {ref.removeprefix(TAG_PREFIX).removesuffix(suffix) for ref in refs.list_refs(git, prefix) if ref.endswith(suffix)}
