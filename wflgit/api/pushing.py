"""Pushing to other repositories, all or nothing; how a remote stands to this one; and why a push is refused."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from wflgit.api.remotes import own_refs, source_of
from wflgit.core.exchanges import Pushed, PushedRef, RemoteState
from wflgit.core.names import DRAFT_PREFIX, TAG_PREFIX, parse_draft_ref, parse_version_tag
from wflgit.core.remotes import (
    Collision,
    Kind,
    Local,
    Mark,
    Place,
    PushPlan,
    Relation,
    RemoteRefs,
    find_faults,
    plan_push,
    seen_by_push,
)
from wflgit.errors import ConflictError
from wflgit.git import refs, remotes
from wflgit.git.remotes import Connection

if TYPE_CHECKING:
    from wflgit.workspace import Workspace

_ATTEMPTS = 10
_PAUSE_S = 0.05


def push(workspace: Workspace, remote: str | None = None, *, drafts: bool = False, interactive: bool = False) -> Pushed:
    """Push the trunk, version tags, the archive and moving tags, all or nothing; what is half pushed already is made whole.

    Args:
        workspace: the repository.
        remote: its name; None for the one that the trunk follows, or the only one.
        drafts: whether to push your own drafts as well.
        interactive: whether git may ask for a password on the terminal.

    Raises:
        RemoteError: if the remote cannot be reached, or its rules forbid it.
        ConflictError: if others have pushed what does not go together with it; says who and what. Nothing is pushed then.
    """
    git, trunk = workspace.git, workspace.settings.trunk
    connection = Connection(remotes.require_remote(git, remote, trunk), interactive)
    git.require_full_history()
    for attempt in range(_ATTEMPTS):
        there, local = _look(workspace, connection, drafts=drafts)
        seen = remotes.read_seen(git, connection.remote)
        plan = plan_push(local, there, seen)
        if plan.collisions:
            raise _refused(workspace, connection, there, plan)
        if remotes.push_refs(git, connection, plan.updates):
            remotes.write_seen(git, connection.remote, seen_by_push(local, there, seen, plan.updates))
            return Pushed(connection.remote, _pushed_refs(plan))
        # Somebody else pushed between the look and the push, or is pushing now.
        time.sleep(_PAUSE_S * (attempt + 1) * random.uniform(0.5, 1.0))  # noqa: S311
    raise ConflictError(f"others push to '{connection.remote}' all the time", hint="try again")


def _look(workspace: Workspace, connection: Connection, *, drafts: bool) -> tuple[RemoteRefs, Local]:
    """See what the remote and this repository have, and fetch the remote's trunk if it is not known here."""
    git, trunk = workspace.git, workspace.settings.trunk
    there = remotes.list_remote(git, connection, trunk)
    heads = f"refs/heads/{trunk}"
    theirs = there.refs.get(heads)
    if theirs is not None and not git.has(theirs):
        remotes.fetch_refs(git, connection, [f"+{heads}:{remotes.tracked_ref(connection.remote, trunk)}"])
    workspace.sync()
    tip = workspace.trunk_tip()
    own = own_refs(git) | (_own_drafts(workspace) if drafts else {})
    relation, _, _ = remotes.find_relation(git, tip, theirs)
    return there, Local(trunk, tip, relation, _published(workspace), own, workspace.settings.channels)


def _published(workspace: Workspace) -> dict[Place, Mark]:
    from wflgit.store import versions

    with workspace.store.read() as conn:
        rows = versions.published(conn, workspace.account, None, archived=True)
    return {
        (row.workflow, row.number): Mark(row.tag, row.commit, archived=row.archived, on_trunk=row.on_trunk)
        for row in rows
        if row.tag is not None
    }


def _own_drafts(workspace: Workspace) -> dict[str, str]:
    found = refs.list_refs(workspace.git, DRAFT_PREFIX)
    me = workspace.identity.email
    return {ref: target for ref, target in found.items() if (parsed := parse_draft_ref(ref)) and parsed[1] == me}


def _pushed_refs(plan: PushPlan) -> tuple[PushedRef, ...]:
    return tuple(PushedRef(update.ref, update.kind, update.expected, update.new, update.mends) for update in plan.updates)


def remote_state(
    workspace: Workspace, remote: str | None = None, *, drafts: bool = False, interactive: bool = False
) -> RemoteState:
    """Look at a remote: what a push would change, what would be in its way, and what is half pushed there.

    Nothing is changed there. The remote's trunk and what collides are fetched, so that it can be told whose they are.

    Raises:
        RemoteError: if the remote cannot be reached.
    """
    git, trunk = workspace.git, workspace.settings.trunk
    connection = Connection(remotes.require_remote(git, remote, trunk), interactive)
    there, local = _look(workspace, connection, drafts=drafts)
    plan = plan_push(local, there, remotes.read_seen(git, connection.remote))
    relation, ahead, behind = remotes.find_relation(git, local.tip, there.refs.get(f"refs/heads/{trunk}"))
    found = _explain(workspace, connection, there, plan)
    lost = [] if relation in (Relation.AHEAD, Relation.ONLY_HERE) else _unpushed_tags(plan)
    return RemoteState(
        remote=connection.remote,
        trunk=relation,
        ahead=ahead,
        behind=behind,
        to_push=_pushed_refs(plan),
        in_the_way=tuple(error.message for error in found),
        faults=(*lost, *find_faults(local, there)),
    )


def _unpushed_tags(plan: PushPlan) -> list[str]:
    """Versions whose commits are there, so that only the tag is missing."""
    places = [parse_version_tag(update.ref) for update in plan.updates if update.kind is Kind.VERSION and update.new is not None]
    return [f"'{place[0]}@{place[1]}' is there, but not that it is published" for place in places if place is not None]


# Why a push is refused


def _refused(workspace: Workspace, connection: Connection, there: RemoteRefs, plan: PushPlan) -> ConflictError:
    """The error of a refused push: what it is about most, and how much more there is."""
    found = _explain(workspace, connection, there, plan)
    first = found[0]
    if len(found) > 1:
        others = f"; and {len(found) - 1} more like it: `wflgit push --dry-run` lists them"
        first.message += others
        first.args = (first.message,)
    return first


_MOST_TELLING = (Kind.VERSION, Kind.CHANNEL, Kind.DRAFT, Kind.TRUNK)


def _explain(workspace: Workspace, connection: Connection, there: RemoteRefs, plan: PushPlan) -> list[ConflictError]:
    """Each collision in words, the most telling first."""
    git, remote = workspace.git, connection.remote
    missing = [found for found in plan.collisions if found.kind is Kind.VERSION and not git.has(found.theirs or "")]
    remotes.fetch_refs(git, connection, [f"+{source_of(there, found)}:{remotes.held_ref(remote, found.ref)}" for found in missing])
    ordered = sorted(plan.collisions, key=lambda found: _MOST_TELLING.index(found.kind))
    if any(found.kind is Kind.VERSION for found in ordered):
        # That the trunks have parted then goes without saying.
        ordered = [found for found in ordered if found.kind is not Kind.TRUNK]
    say = {Kind.VERSION: _explain_version, Kind.CHANNEL: _explain_channel, Kind.DRAFT: _explain_draft, Kind.TRUNK: _explain_trunk}
    return [say[found.kind](workspace, remote, found) for found in ordered]


def _explain_version(workspace: Workspace, remote: str, collision: Collision) -> ConflictError:
    assert collision.place is not None
    slug, number = collision.place
    tag = refs.read_tag(workspace.git, collision.theirs or "")
    ours = refs.read_tag(workspace.git, collision.ours or "")
    if tag is None or tag.tagger is None or tag.tagged_at is None:
        said = f"somebody made a tag of the name '{slug}/v{number}' on '{remote}' that publishes nothing"
        return _conflict(collision, said, f"remove it there: git push {remote} :{collision.ref}")
    same = ours is not None and ours.commit == tag.commit
    what = "the same commit" if same else f"another commit, {tag.commit[:10]}"
    said = f"{tag.tagger.name} published {slug}@{number} on '{remote}' at {tag.tagged_at:%Y-%m-%d %H:%M} UTC ({what})"
    hint = "`wflgit fetch` takes that publication over" if same else f"`wflgit fetch --rebase`, then `wflgit publish {slug}` again"
    return _conflict(collision, said, hint)


def _explain_trunk(workspace: Workspace, remote: str, collision: Collision) -> ConflictError:
    git, trunk = workspace.git, workspace.settings.trunk
    relation, _, behind = remotes.find_relation(git, collision.ours, collision.theirs)
    if relation is Relation.SIDEWAYS:
        said = f"'{trunk}' here holds that of '{remote}' as the side line of a merge: its versions would lose their numbers"
        return _conflict(collision, said, "`wflgit fetch --rebase` puts your commits on top of it, then push again")
    newest = git.commit(collision.theirs or "")
    many = "a commit" if behind == 1 else f"{behind:,} commits"
    said = f"'{remote}' has {many} that this '{trunk}' lacks, the newest by {newest.author.name}: '{newest.summary}'"
    return _conflict(collision, said, "`wflgit fetch --rebase`, then push again")


def _explain_channel(workspace: Workspace, remote: str, collision: Collision) -> ConflictError:  # noqa: ARG001 - as the others
    name = collision.ref.removeprefix(TAG_PREFIX)
    slug, _, channel = name.rpartition("/")
    said = f"'{name}' has been moved here, and on '{remote}' as well"
    return _conflict(collision, said, f"`wflgit fetch` takes theirs; if yours is right: `wflgit tag {slug} {channel} NUMBER`")


def _explain_draft(workspace: Workspace, remote: str, collision: Collision) -> ConflictError:  # noqa: ARG001 - as the others
    parsed = parse_draft_ref(collision.ref)
    slug = parsed[0] if parsed else collision.ref
    said = f"another draft of yours of '{slug}' is on '{remote}', pushed from another clone"
    return _conflict(collision, said, f"look at it: git fetch {remote} {collision.ref} && git show FETCH_HEAD")


def _conflict(collision: Collision, said: str, hint: str) -> ConflictError:
    return ConflictError(said, expected=collision.ours, actual=collision.theirs, hint=hint)
