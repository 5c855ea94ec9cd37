"""Making what was committed here anew on top of what others have pushed: `fetch --rebase`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from wflgit.core.exchanges import TakenBack
from wflgit.core.names import TAG_PREFIX, parse_version_tag, version_tag
from wflgit.core.remotes import Place, RemoteRefs
from wflgit.errors import ConflictError, StateError
from wflgit.git import refs, replaying
from wflgit.git.history import on_first_parent
from wflgit.git.refs import ReflogNote
from wflgit.git.replaying import Footing, MergeFile
from wflgit.git.signing import Kind, find_signer

if TYPE_CHECKING:
    from wflgit.workspace import Workspace


def rebase_trunk(
    workspace: Workspace, remote: str, theirs: str, there: RemoteRefs, colliding: Collection[Place]
) -> tuple[dict[str, str | None], tuple[TakenBack, ...]]:
    """Replay the commits that only this trunk has on top of the remote's, and take back what was published of them.

    Args:
        workspace: where; the caller has fetched, and holds the lock.
        remote: the remote's name.
        theirs: the tip of its trunk.
        there: what it has.
        colliding: versions that it has published as well, with another commit.

    Returns:
        The new commit of each, None where nothing was left of it; and what is published no more.

    Raises:
        ConflictError: own and their changes do not go together; nothing is changed.
        DirtyFileError: there are uncommitted changes; nothing is changed.
        StateError: a version that is published here only is in use; nothing is changed.
    """
    git, trunk = workspace.git, workspace.settings.trunk
    tip = workspace.trunk_tip()
    assert tip is not None
    own = replaying.own_commits(git, tip, theirs)
    tags = _own_publications(workspace, own, theirs, there, colliding)
    _require_unused(workspace, tags)
    replaying.require_clean(git, trunk)
    sign = find_signer(git, wanted=None, kind=Kind.COMMIT, who=workspace.identity)
    footing = Footing(theirs, f"{remote}/{trunk}", workspace.identity, workspace.clock(), sign)
    made = replaying.replay(git, own, footing, _merger(workspace, footing.name))
    # First, so that a kill leaves unpublished what could not be pushed, and not published what is on no trunk.
    for place, (target, commit) in tags.items():
        refs.delete_ref(git, version_tag(*place), expected=target)
        note_taken_back(workspace, place, target, commit)
    new = next((commit for commit in reversed(made.values()) if commit is not None), theirs)
    note = ReflogNote(footing.committer, footing.at, f"rebase: {len(own)} commits onto {footing.name}")
    replaying.replace_branch(git, trunk, new, expected=tip, note=note)
    return made, tuple(TakenBack(*place, made.get(commit)) for place, (_, commit) in sorted(tags.items()))


def take_back(workspace: Workspace, place: Place) -> TakenBack:
    """Take a version back that is published here only and that others have published as another commit.

    Raises:
        StateError: it is in use.
    """
    git, ref = workspace.git, version_tag(*place)
    target = refs.read_ref(git, ref)
    tag = refs.read_tag(git, target) if target else None
    assert target is not None
    commit = tag.commit if tag else ""
    _require_unused(workspace, {place: (target, commit)})
    refs.delete_ref(git, ref, expected=target)
    note_taken_back(workspace, place, target, commit)
    return TakenBack(*place, None)


def note_taken_back(workspace: Workspace, place: Place, tag: str, commit: str) -> None:
    """Tell the side store that a tag has gone on purpose; of one that goes without this, `fsck` says that it is lost.

    Args:
        workspace: where; the ref has just been changed.
        place: the version.
        tag: the tag object that published it.
        commit: what it marks.
    """
    from wflgit.store import audit, versions

    account, subject = workspace.account, f"{place[0]}@{place[1]}"
    details = {"tag": tag, "commit": commit, "reason": "it was not pushed, and others had published that number"}
    entry = audit.Entry(workspace.clock(), workspace.identity.email, "version.unpublished", subject, details)
    with workspace.store.write() as conn:
        versions.lock_state(conn, account)
        row = versions.get_version(conn, account, *place)
        if row is not None and row.tag == tag:
            bare = replace(row, tag=None, published_at=None, published_by_name=None, published_by_email=None, semver=None)
            versions.remove_versions(conn, account, row.workflow, [row.number])
            versions.add_versions(conn, account, [bare])
        audit.append(conn, account, [entry])


def _own_publications(
    workspace: Workspace, own: Collection[str], theirs: str, there: RemoteRefs, colliding: Collection[Place]
) -> dict[Place, tuple[str, str]]:
    """The tags that publish commits which are made anew, or which are on no trunk and in the way, with the commit of each."""
    git = workspace.git
    found = {}
    for ref, target in refs.list_refs(git, TAG_PREFIX).items():
        place = parse_version_tag(ref)
        tag = refs.read_tag(git, target) if place is not None and there.refs.get(ref) != target else None
        if place is None or tag is None:
            continue
        if tag.commit in own or (place in colliding and not on_first_parent(git, tag.commit, theirs)):
            found[place] = target, tag.commit
    return found


def _require_unused(workspace: Workspace, tags: Mapping[Place, tuple[str, str]]) -> None:
    """See that nothing depends on the numbers that are given up.

    Raises:
        StateError: executions or a migration do.
    """
    from wflgit.store import executions, migrations

    if not tags:
        return
    with workspace.store.read() as conn:
        for slug, number in sorted(tags):
            if executions.list_executions(conn, workspace.account, workflow=slug, version=number, limit=1):
                raise _in_use(slug, number, "executions have been started on it", f"`wflgit exec ls {slug} --version {number}`")
            if any(
                number in (row.source, row.target) for row in migrations.list_migrations(conn, workspace.account, workflow=slug)
            ):
                raise _in_use(slug, number, "a migration comes from it or leads to it", f"`wflgit migrate ls {slug}`")


def _in_use(slug: str, number: int, why: str, command: str) -> StateError:
    return StateError(
        f"version {number} of '{slug}' is published here and not pushed, and cannot get another number: {why}",
        hint=f"see {command}; talk to whoever published on the remote: one of the two has to give way",
    )


def _merger(workspace: Workspace, name: str) -> MergeFile:
    """Merges workflow files step by step; leaves other files to Git."""
    from wflgit.api.merging import merge_contents

    slug_of: Callable[[str], str | None] = workspace.settings.paths.slug

    def merge_file(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> bytes | None:
        slug = slug_of(path)
        if slug is None:
            return None
        merged = merge_contents(workspace, base, ours, theirs)
        if merged.content is None:
            places = ", ".join(conflict.path for conflict in merged.conflicts[:3])
            raise ConflictError(
                f"your changes of '{slug}' and those in '{name}' do not go together ({places})",
                conflicts=merged.conflicts,
                hint=f"nothing is changed yet; decide it: git rebase {name}, then `wflgit resolve`",
            )
        return merged.content

    return merge_file
