"""The one way from Git into the side store.

Git is the truth for versions and what is published; the store keeps a copy to answer fast, and the audit trail. Whatever
happened in Git (an operation of this library, a `git merge`, a pushed tag, a write whose second half a crash took) becomes
rows and audit entries through here and by no other way. This module sees what is out of date; `projection` writes it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from wflgit.core.names import CURRENT, TAG_PREFIX, Marks, archive_folder, channel_tag, tag_folder, version_marks
from wflgit.core.settings import Settings
from wflgit.git import refs, worktree
from wflgit.git.repository import GitRepository
from wflgit.store import versions
from wflgit.store.engine import Store
from wflgit.store.versions import VersionRow


class Sync:
    """Brings a store up to date with its repository, and remembers what it has seen, so that nothing new costs next to nothing."""

    def __init__(self, git: GitRepository, store: Store, clock: Callable[[], datetime]) -> None:
        self._git = git
        self._store = store
        self._clock = clock
        self._trunk: tuple[str | None, str] | None = None
        self._tags: dict[str | None, object] = {}

    def __call__(self, settings: Settings, workflow: str | None = None) -> None:
        """Bring the store up to date with the trunk, and with the tags and the archive of one workflow or of all.

        Moving `current` tags that do not stand on the highest published version are put right on the way, unless the
        repository cannot be written. What a killed process left half done is completed.

        Raises:
            ShallowRepositoryError: if the beginning of history is missing.
            ConflictError: if this clone is behind another one that shares the store.
            StoreReadOnlyError: if there is something to write and the store may not be written.
        """
        tags = refs.fingerprint(self._git, tag_folder(workflow))
        archive = refs.fingerprint(self._git, archive_folder(workflow))
        mark = None if tags is None or archive is None else (tags, archive)
        seen = mark is not None and self._tags.get(workflow) == mark
        if seen and self._trunk == (self._git.tip(settings.trunk), settings.layout):
            return
        worktree.finish_pending(self._git)
        self._git.require_full_history()
        if not self._sync_trunk(settings) or not seen:
            # Tags that publish nothing may do so when the trunk moves on: as long as there are any, they are looked at again.
            clean = self._sync_tags_and_current(settings, workflow)
            self._tags[workflow] = mark if clean else None

    def _sync_trunk(self, settings: Settings) -> bool:
        """Project new commits of the trunk; say whether what this object remembers of tags still holds."""
        before, now = self._trunk, (self._git.tip(settings.trunk), settings.layout)
        if before == now:
            return True
        if before is None and self._is_projected(settings, now[0]):
            holds = True
        else:
            from wflgit.projection import project_trunk

            went_on_from = project_trunk(self._git, self._store, settings, self._clock())
            holds = before is not None and went_on_from == before[0]
        self._trunk = now
        if not holds:
            self._tags.clear()
        return holds

    def _is_projected(self, settings: Settings, tip: str | None) -> bool:
        with self._store.read() as conn:
            state = versions.read_state(conn, settings.account)
        return tip is None or (state is not None and (state.tip, state.layout) == (tip, settings.layout))

    def _sync_tags_and_current(self, settings: Settings, workflow: str | None) -> bool:
        """Put tags right; say whether each version tag publishes something."""
        published, clean = self._sync_tags(settings, workflow)
        if self._stale_currents(settings, published, workflow) and os.access(self._git.git_dir, os.W_OK):
            with self._git.lock():
                # Looked at again under the lock: nobody who publishes through wflgit may be in between.
                self._sync_trunk(settings)
                published, clean = self._sync_tags(settings, workflow)
                wanted = _highest(published)
                for slug in self._stale_currents(settings, published, workflow):
                    _move_current(self._git, slug, wanted.get(slug))
        return clean

    def _sync_tags(self, settings: Settings, workflow: str | None) -> tuple[Sequence[VersionRow], bool]:
        """Project the tags and archive refs that changed; returns what is published now, and whether that is what they say."""
        listed = refs.list_refs(self._git, tag_folder(workflow)) | refs.list_refs(self._git, archive_folder(workflow))
        found = version_marks(listed, workflow)
        published = self._published(settings, workflow)
        changed = sorted(slug for slug in found.keys() | published.keys() if found.get(slug) != _marks(published.get(slug, ())))
        if changed:
            from wflgit.projection import project_tags

            project_tags(self._git, self._store, settings, changed, self._clock())
            published = self._published(settings, workflow)
        rows = [row for of_one in published.values() for row in of_one]
        return rows, found == {slug: _marks(of_one) for slug, of_one in published.items()}

    def _published(self, settings: Settings, workflow: str | None) -> dict[str, list[VersionRow]]:
        found: dict[str, list[VersionRow]] = defaultdict(list)
        with self._store.read() as conn:
            for row in versions.published(conn, settings.account, workflow, archived=True):
                found[row.workflow].append(row)
        return found

    def _stale_currents(self, settings: Settings, published: Sequence[VersionRow], workflow: str | None) -> list[str]:
        """The workflows whose `current` tag is missing, or does not stand on their highest published version."""
        wanted, found = _highest(published), _currents(refs.list_refs(self._git, tag_folder(workflow)), workflow)
        stale = {slug for slug, commit in wanted.items() if found.get(slug) != commit}
        strays = found.keys() - wanted.keys()
        if strays:
            # A tag of that name need not be a workflow's; those of others are left alone.
            with self._store.read() as conn:
                stale |= versions.last_versions(conn, settings.account, strays).keys()
        return sorted(stale)


def _marks(published: Sequence[VersionRow]) -> Marks | None:
    """What the refs that publish these versions point at; None if there are none."""
    found = Marks({}, {})
    for row in published:
        if row.tag is not None:
            (found.archive if row.archived else found.tags)[row.number] = row.tag
    return found if published else None


def _currents(tags: Mapping[str, str], workflow: str | None) -> dict[str, str]:
    """What the `current` tags among refs point at, by slug; of one workflow where one is named, without those below it."""
    suffix = f"/{CURRENT}"
    found = {ref.removeprefix(TAG_PREFIX).removesuffix(suffix): target for ref, target in tags.items() if ref.endswith(suffix)}
    return {slug: target for slug, target in found.items() if workflow in (None, slug)}


def _highest(published: Sequence[VersionRow]) -> dict[str, str]:
    """The commits that may be current, by workflow."""
    return {row.workflow: row.commit for row in sorted(published, key=lambda row: row.number) if not row.archived}


def _move_current(git: GitRepository, slug: str, wanted: str | None) -> None:
    """Put one moving tag right. The caller holds the lock and has just found out what is published."""
    ref = channel_tag(slug, CURRENT)
    now = refs.read_ref(git, ref)
    if wanted is None and now is not None:
        refs.delete_ref(git, ref, expected=now)
    elif wanted is not None and wanted != now:
        refs.move_ref(git, ref, wanted, expected=now)
