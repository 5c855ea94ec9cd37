"""The one way from Git into the side store.

Git is the truth for versions and what is published; the store keeps a copy to answer fast, and the audit trail. Whatever
happened in Git (an operation of this library, a `git merge`, a pushed tag, a write whose second half a crash took) becomes
rows and audit entries through here and by no other way. This module sees what is out of date; `projection` writes it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from wflgit.core.names import CURRENT, TAG_PREFIX, channel_tag, tag_folder, version_tags
from wflgit.core.settings import Settings
from wflgit.git import refs
from wflgit.git.repository import GitRepository
from wflgit.store import versions
from wflgit.store.engine import Store
from wflgit.store.versions import VersionRow


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
    published = _sync_tags(git, store, settings, now, workflow)
    if os.access(git.git_dir, os.W_OK):
        for slug in _stale_currents(git, store, settings, published, workflow):
            with git.lock():
                _sync_trunk(git, store, settings, now)
                _move_current(git, slug, _highest(_sync_tags(git, store, settings, now, slug)).get(slug))


def _sync_trunk(git: GitRepository, store: Store, settings: Settings, now: datetime) -> None:
    tip = git.tip(settings.trunk)
    with store.read() as conn:
        state = versions.read_state(conn, settings.account)
    if tip is not None and (state is None or (state.tip, state.layout) != (tip, settings.layout)):
        from wflgit.projection import project_trunk

        project_trunk(git, store, settings, now)


def _sync_tags(git: GitRepository, store: Store, settings: Settings, now: datetime, workflow: str | None) -> Sequence[VersionRow]:
    """Project the version tags that changed; returns the versions that are published now."""
    found = version_tags(refs.list_refs(git, tag_folder(workflow)), workflow)
    with store.read() as conn:
        published = versions.published(conn, settings.account, workflow)
    known: dict[str, dict[int, str]] = defaultdict(dict)
    for row in published:
        known[row.workflow][row.number] = row.tag or ""
    changed = sorted(slug for slug in found.keys() | known.keys() if found.get(slug) != known.get(slug))
    if changed:
        from wflgit.projection import project_tags

        project_tags(git, store, settings, changed, now)
        with store.read() as conn:
            published = versions.published(conn, settings.account, workflow)
    return published


# The moving tag


def _stale_currents(
    git: GitRepository, store: Store, settings: Settings, published: Sequence[VersionRow], workflow: str | None
) -> list[str]:
    """The workflows whose `current` tag is missing, or does not stand on their highest published version."""
    wanted, suffix = _highest(published), f"/{CURRENT}"
    found = {
        ref.removeprefix(TAG_PREFIX).removesuffix(suffix): target
        for ref, target in refs.list_refs(git, tag_folder(workflow)).items()
        if ref.endswith(suffix)
    }
    stale = {slug for slug, commit in wanted.items() if found.get(slug) != commit}
    strays = found.keys() - wanted.keys()
    if strays:
        # A tag of that name need not be a workflow's; those of others are left alone.
        with store.read() as conn:
            stale |= versions.last_versions(conn, settings.account, strays).keys()
    return sorted(stale)


def _highest(published: Sequence[VersionRow]) -> dict[str, str]:
    return {row.workflow: row.commit for row in sorted(published, key=lambda row: row.number)}


def _move_current(git: GitRepository, slug: str, wanted: str | None) -> None:
    """Put one moving tag right. The caller holds the lock and has just found out what is published."""
    ref = channel_tag(slug, CURRENT)
    now = refs.read_ref(git, ref)
    if wanted is None and now is not None:
        refs.delete_ref(git, ref, expected=now)
    elif wanted is not None and wanted != now:
        refs.move_ref(git, ref, wanted, expected=now)
