"""Taking over what other repositories have: clone and fetch.

Permissions are Git's: whoever gets in may fetch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wflgit.api import rebasing
from wflgit.core.exchanges import Fetched, Publication, TakenBack
from wflgit.core.names import (
    ARCHIVE_PREFIX,
    CURRENT,
    TAG_PREFIX,
    archive_ref,
    parse_archive_ref,
    parse_version_tag,
    version_tag,
)
from wflgit.core.remotes import (
    Collision,
    FetchPlan,
    Place,
    Relation,
    RemoteRefs,
    plan_fetch,
    seen_by_fetch,
)
from wflgit.errors import ConflictError, SettingsError, WflgitError
from wflgit.git import refs, remotes, replaying
from wflgit.git.refmoves import RefMove, move_refs
from wflgit.git.remotes import Connection
from wflgit.git.repository import GitRepository

if TYPE_CHECKING:
    from wflgit.api.repository import Repository
    from wflgit.core.records import Actor, Version
    from wflgit.workspace import Authorizer, Clock, Workspace

_ATTEMPTS = 5
_PAUSE_S = 0.1


def clone(
    url: str,
    path: str | Path,
    *,
    bare: bool = False,
    interactive: bool = False,
    actor: Actor | None = None,
    store: str | None = None,
    clock: Clock | None = None,
    authorizer: Authorizer | None = None,
) -> Repository:
    """Clone a wflgit repository, with its archive and with the refspecs that moving tags need.

    Args:
        url: anything that `git clone` takes.
        path: where to; the folder must not exist, or be empty.
        bare: whether the clone has no working tree.
        interactive: whether git may ask for a password on the terminal.
        actor: as for `open`.
        store: as for `open`.
        clock: as for `open`.
        authorizer: as for `open`.

    Raises:
        RemoteError: if git cannot clone it.
        SettingsError: if what was cloned is no wflgit repository; the clone stays.
    """
    from wflgit.api.repository import open_repository

    remotes.clone_repository(url, Path(path), bare=bare, interactive=interactive)
    if bare:
        remotes.track_branches(GitRepository.open(Path(path)))
    try:
        repo = open_repository(path, actor=actor, store=store, clock=clock, authorizer=authorizer)
    except SettingsError as error:
        raise SettingsError(f"'{path}' is cloned, but {error.message}", hint=error.hint) from error
    try:
        fetch(repo.workspace, interactive=interactive)
    except WflgitError:
        repo.close()
        raise
    return repo


# Fetching


def fetch(workspace: Workspace, remote: str | None = None, *, rebase: bool = False, interactive: bool = False) -> Fetched:
    """Fetch branches, version tags, channels and the archive of a remote, and let the trunk follow where it can.

    No tag of a version is ever overwritten: what both sides have published stays as it is on each, and is reported. Where both have
    commits that the other lacks, the trunk stays where it is; with `rebase`, own commits are made anew on top of the remote's,
    workflow files merged step by step.

    Args:
        workspace: the repository.
        remote: its name; None for the one that the trunk follows, or the only one.
        rebase: whether to make own commits anew where the trunks have parted.
        interactive: whether git may ask for a password on the terminal.

    Raises:
        RemoteError: if the remote cannot be reached.
        DirtyFileError: if uncommitted changes would be overwritten; the trunk stays where it is.
        ConflictError: if own commits do not go together with the remote's; the trunk stays where it is.
        StateError: if a version that is published here only is in use, so that it cannot be made anew.
    """
    git, trunk = workspace.git, workspace.settings.trunk
    connection = Connection(remotes.require_remote(git, remote, trunk), interactive)
    git.follow_moving_tags((CURRENT, *workspace.settings.channels))
    git.require_full_history()
    there, plan = _bring(workspace, connection)
    with git.lock():
        # Decided again from what is here now: somebody may have archived or published in the meantime.
        plan = replace(_plan_fetch(workspace, connection.remote, there), created=plan.created)
        before = workspace.trunk_tip()
        _apply_tags(workspace, plan)
        replayed, taken = _follow_trunk(workspace, connection.remote, there, plan, rebase=rebase)
        held = _settle(workspace, connection.remote, there, plan)
    seen = remotes.read_seen(git, connection.remote)
    remotes.write_seen(git, connection.remote, seen_by_fetch(there, seen, workspace.settings.channels))
    workspace.sync()
    return _report(workspace, connection.remote, there, plan, before=before, replayed=replayed, taken=taken, held=held)


def _bring(workspace: Workspace, connection: Connection) -> tuple[RemoteRefs, FetchPlan]:
    """Look at the remote and fetch what is not here; once more if it was changed between the two."""
    git, trunk = workspace.git, workspace.settings.trunk
    for attempt in range(_ATTEMPTS):
        there = remotes.list_remote(git, connection, trunk)
        plan = _plan_fetch(workspace, connection.remote, there)
        if remotes.fetch_refs(git, connection, _fetch_specs(git, connection.remote, trunk, there, plan)):
            return there, plan
        time.sleep(_PAUSE_S * (attempt + 1))
    raise ConflictError(
        f"git cannot fetch all of what '{connection.remote}' has, time and again",
        hint=f"see what it says: git fetch --tags {connection.remote}",
    )


def _plan_fetch(workspace: Workspace, remote: str, there: RemoteRefs) -> FetchPlan:
    git = workspace.git
    return plan_fetch(own_refs(git), there, remotes.read_seen(git, remote), workspace.settings.channels)


def own_refs(git: GitRepository) -> dict[str, str]:
    """All tags and archive refs of this repository."""
    return refs.list_refs(git, TAG_PREFIX) | refs.list_refs(git, ARCHIVE_PREFIX)


def _fetch_specs(git: GitRepository, remote: str, trunk: str, there: RemoteRefs, plan: FetchPlan) -> list[str]:
    """What to fetch: branches as configured, the trunk, refs that are not here, and what collides under another name."""
    heads = f"refs/heads/{trunk}"
    specs = remotes.fetch_lines(git, remote)
    if heads in there.refs:
        specs.append(f"+{heads}:{remotes.tracked_ref(remote, trunk)}")
    specs += [f"{ref}:{ref}" for ref in plan.created]
    specs += [f"+{source_of(there, found)}:{remotes.held_ref(remote, found.ref)}" for found in plan.collisions]
    return specs + [f"+{move.ref}:{remotes.held_ref(remote, move.ref)}" for move in plan.channels if not git.has(move.new)]


def source_of(there: RemoteRefs, collision: Collision) -> str:
    """The ref that holds what collides: the tag, or the archive where there is no tag."""
    if collision.ref in there.refs or collision.place is None:
        return collision.ref
    return archive_ref(*collision.place)


def _apply_tags(workspace: Workspace, plan: FetchPlan) -> None:
    """Let the archive and the channels follow the remote's."""
    moves = [RefMove(version_tag(*place), archive_ref(*place), tag) for place, tag in plan.archived.items()]
    moves += [RefMove(archive_ref(*place), version_tag(*place), tag) for place, tag in plan.unarchived.items()]
    move_refs(workspace.git, moves)
    for move in plan.channels:
        if workspace.git.has(move.new):
            refs.move_ref(workspace.git, move.ref, move.new, expected=move.old)


def _follow_trunk(
    workspace: Workspace, remote: str, there: RemoteRefs, plan: FetchPlan, *, rebase: bool
) -> tuple[dict[str, str | None], list[TakenBack]]:
    """Move the trunk to the remote's where ours has nothing more; else rebase it, where that is asked for."""
    git, trunk = workspace.git, workspace.settings.trunk
    theirs, tip = there.refs.get(f"refs/heads/{trunk}"), workspace.trunk_tip()
    relation, _, _ = remotes.find_relation(git, tip, theirs)
    if theirs is not None and relation in (Relation.BEHIND, Relation.ONLY_THERE):
        replaying.forward_branch(git, trunk, theirs, expected=tip)
    if not rebase:
        return {}, []
    colliding = {found.place for found in plan.collisions if found.place and not _is_same(workspace, there, found)}
    if theirs is not None and relation in (Relation.DIVERGED, Relation.SIDEWAYS):
        made, taken = rebasing.rebase_trunk(workspace, remote, theirs, there, colliding)
        return made, list(taken)
    lost = [place for place in sorted(colliding) if not _is_on_trunk(workspace, version_tag(*place))]
    return {}, [rebasing.take_back(workspace, place) for place in lost]


def _is_on_trunk(workspace: Workspace, ref: str) -> bool:
    from wflgit.git.history import on_first_parent

    target, tip = refs.read_ref(workspace.git, ref), workspace.trunk_tip()
    tag = refs.read_tag(workspace.git, target) if target else None
    return tag is None or tip is None or on_first_parent(workspace.git, tag.commit, tip)


def _is_same(workspace: Workspace, there: RemoteRefs, collision: Collision) -> bool:
    """Whether both sides have published the same commit under the same number, each with a tag of its own."""
    tag = refs.read_tag(workspace.git, collision.ours) if collision.ours else None
    return tag is not None and tag.commit == there.commit(source_of(there, collision))


def _settle(workspace: Workspace, remote: str, there: RemoteRefs, plan: FetchPlan) -> list[Publication]:
    """Give the remote's tag its name where ours has gone, or says the same; tell of the others, which are held apart."""
    git = workspace.git
    held = []
    for found in plan.collisions:
        source = source_of(there, found)
        ours = refs.read_ref(git, found.ref)
        if _may_settle(workspace, there, found, ours):
            _take_theirs(workspace, source, found, ours)
        else:
            held.append(found)
    remotes.release_held(git, remote, [remotes.held_ref(remote, found.ref) for found in held])
    return [_publication(workspace, found) for found in held if found.place is not None]


def _may_settle(workspace: Workspace, there: RemoteRefs, collision: Collision, ours: str | None) -> bool:
    if collision.theirs is None or collision.place is None:
        return False
    if refs.read_ref(workspace.git, archive_ref(*collision.place)) is not None:
        return False
    return ours is None or _is_same(workspace, there, collision)


def _take_theirs(workspace: Workspace, source: str, collision: Collision, ours: str | None) -> None:
    """Let the remote's tag stand where ours was, or in the archive where theirs is."""
    git = workspace.git
    assert collision.theirs is not None
    assert collision.place is not None
    if source == collision.ref:
        refs.move_ref(git, source, collision.theirs, expected=ours)
    else:
        refs.create_ref(git, source, collision.theirs)
    if ours is not None:
        if source != collision.ref:
            refs.delete_ref(git, collision.ref, expected=ours)
        tag = refs.read_tag(git, ours)
        rebasing.note_taken_back(workspace, collision.place, ours, tag.commit if tag else "")


def _publication(workspace: Workspace, collision: Collision) -> Publication:
    assert collision.place is not None
    tag = refs.read_tag(workspace.git, collision.theirs) if collision.theirs else None
    by = tag.tagger.name if tag is not None and tag.tagger is not None else "somebody"
    return Publication(*collision.place, by, tag.commit if tag else "")


def _report(
    workspace: Workspace,
    remote: str,
    there: RemoteRefs,
    plan: FetchPlan,
    *,
    before: str | None,
    replayed: dict[str, str | None],
    taken: Sequence[TakenBack],
    held: Sequence[Publication],
) -> Fetched:
    tip = workspace.trunk_tip()
    relation, ahead, behind = remotes.find_relation(workspace.git, tip, there.refs.get(f"refs/heads/{workspace.settings.trunk}"))
    arrived = {place for ref in plan.created if (place := parse_version_tag(ref))}
    known = _Records(workspace)
    return Fetched(
        remote=remote,
        trunk=relation,
        before=before,
        tip=tip,
        ahead=ahead,
        behind=behind,
        versions=tuple(known.made_between(before, tip, {new for new in replayed.values() if new})) if before else (),
        published=tuple(known.published(arrived)) if before else (),
        archived=tuple(f"{slug}@{number}" for slug, number in sorted({*plan.archived, *_archived(plan)})),
        unarchived=tuple(f"{slug}@{number}" for slug, number in sorted(plan.unarchived)),
        channels=tuple(move.ref.removeprefix(TAG_PREFIX) for move in plan.channels),
        overruled=tuple(move.ref.removeprefix(TAG_PREFIX) for move in plan.channels if move.kept),
        replayed=replayed,
        taken_back=tuple(taken),
        held=tuple(held),
    )


def _archived(plan: FetchPlan) -> set[Place]:
    return {place for ref in plan.created if (place := parse_archive_ref(ref))}


class _Records:
    """The records of versions, listed once a workflow."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._listed: dict[str, list[Version]] = {}

    def of(self, slug: str) -> list[Version]:
        from wflgit.api.listing import list_records

        if slug not in self._listed:
            self._listed[slug] = list_records(self._workspace, slug)
        return self._listed[slug]

    def made_between(self, before: str, tip: str | None, own: set[str]) -> list[Version]:
        """The versions that commits made which the trunk did not have before, without own ones, the oldest first."""
        from wflgit.git.history import read_history

        if tip is None or tip == before:
            return []
        git, paths = self._workspace.git, self._workspace.settings.paths
        new = replaying.own_commits(git, tip, before)
        if not new:
            return []
        first = git.commit(new[0]).parents
        found = []
        for commit in read_history(git, paths, tip=tip, since=first[0] if first else None):
            slugs = {slug for path, _ in commit.changes if (slug := paths.slug(path))}
            found += [version for slug in sorted(slugs) for version in self.of(slug) if version.commit == commit.id]
        return [version for version in found if version.commit not in own]

    def published(self, places: set[Place]) -> list[Version]:
        return [version for slug, number in sorted(places) for version in self.of(slug) if version.number == number and version.tag]
