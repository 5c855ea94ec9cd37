"""What a push takes permission for: it is read off the refs that it changes and the commits that it brings to the trunk.

Who did it is said by the server that knows its users. Where it does not, a commit's committer, a tag's tagger and a draft's last
committer are believed; everybody can write there what he likes, so that this guards against mistakes and not against malice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.core.names import (
    CURRENT,
    TAG_PREFIX,
    archive_ref,
    parse_archive_ref,
    parse_draft_archive_ref,
    parse_draft_ref,
    parse_version_tag,
    version_tag,
)
from wflgit.core.permissions import Access, Permission
from wflgit.core.settings import FILE
from wflgit.git import refs
from wflgit.git.hooking import new_commits
from wflgit.git.repository import HEADS, identity_of

if TYPE_CHECKING:
    from wflgit.api.receiving import Push
    from wflgit.git.hooking import RefUpdate

_FOLDERS = {"templates": Permission.TEMPLATES, "schemas": Permission.EDIT}


@dataclass(frozen=True, slots=True)
class Need:
    """A permission that a push takes.

    Attributes:
        ref: the ref that would change.
        permission: what it takes.
        subject: what is done something to: a slug, a file or a folder.
        doer: e-mail address of who did it, as the commit or tag itself says; None where nothing says it.
        commit: the commit that does it; None where there is none, as where something is deleted.
        owner: the only one who may do it, with the permission, unless to delete it; None where everybody may who has it.
    """

    ref: str
    permission: Permission
    subject: str
    doer: str | None = None
    commit: str | None = None
    owner: str | None = None


def needs(push: Push) -> Iterator[Need]:
    """Everything that a push takes permission for; what other checks refuse anyhow is left to them."""
    yield from _trunk_needs(push)
    for update in push.updates:
        if update.old != update.new:
            yield from _ref_needs(push, update)


def is_met(need: Need, access: Access, names: Collection[str]) -> bool:
    """Whether somebody of these names may do what a push does; by no names, whether nobody in particular may."""
    held = access.held_by([*names])
    if need.permission not in held:
        return False
    if need.owner is None or any(access.is_same(name, need.owner) for name in names):
        return True
    return need.commit is None and Permission.ADMIN in held


def _trunk_needs(push: Push) -> Iterator[Need]:
    """What each new commit on the line of versions does to workflows, settings, templates and types."""
    if push.trunk is None or push.trunk.new is None:
        return
    changes = {commit.id: commit.changes for commit in push.commits}
    for commit in new_commits(push.git, push.trunk.new, push.trunk.old):
        doer = _committer(push, commit)
        for permission, subject in _commit_needs(push, commit, changes.get(commit, ())):
            yield Need(HEADS + push.settings.trunk, permission, subject, doer, commit)


def _commit_needs(push: Push, commit: str, changes: Collection[tuple[str, str | None]]) -> Iterator[tuple[Permission, str]]:
    parent = next(iter(push.git.commit(commit).parents), None)
    for path, _ in changes:
        is_new = parent is None or push.git.blob_at(parent, path) is None
        yield Permission.CREATE if is_new else Permission.EDIT, push.settings.paths.slug(path) or path
    for path, permission in ((FILE, Permission.ADMIN), *_FOLDERS.items()):
        if _entry(push, commit, path) != _entry(push, parent, path):
            yield permission, path


def _entry(push: Push, commit: str | None, path: str) -> str | None:
    found = push.git.entry_at(commit, path) if commit else None
    return None if found is None else str(found.id)


def _committer(push: Push, commit: str) -> str:
    return identity_of(push.git.raw_commit(commit).committer).email


def _ref_needs(push: Push, update: RefUpdate) -> Iterator[Need]:
    """What a change of a tag, an archive ref or a draft takes."""
    version, archived = parse_version_tag(update.ref), parse_archive_ref(update.ref)
    draft, old_draft = parse_draft_ref(update.ref), parse_draft_archive_ref(update.ref)
    if version is not None:
        yield from _tag_needs(push, update, *version)
    elif archived is not None:
        yield Need(update.ref, Permission.ADMIN, archived[0])
    elif draft is not None:
        yield from _draft_needs(push, update, *draft)
    elif old_draft is not None:
        yield from _draft_needs(push, update, *old_draft[:2])
    else:
        yield from _channel_needs(push, update)


def _tag_needs(push: Push, update: RefUpdate, workflow: str, number: int) -> Iterator[Need]:
    """Publishing, and moving a version into the archive or out of it."""
    if workflow not in push.versions:
        return
    keeper = archive_ref(workflow, number)
    is_archived = update.new is None and push.target(keeper) == update.old
    is_brought_back = update.new is not None and refs.read_ref(push.git, keeper) == update.new
    if is_archived or is_brought_back:
        yield Need(update.ref, Permission.ADMIN, workflow)
    elif update.old is None and update.new is not None:
        tag = refs.read_tag(push.git, update.new)
        if tag is not None and tag.tagger is not None:
            yield Need(update.ref, Permission.PUBLISH, workflow, tag.tagger.email, tag.commit)


def _draft_needs(push: Push, update: RefUpdate, workflow: str, user: str) -> Iterator[Need]:
    """A draft is its user's; deleting one is for administrators too."""
    doer = _committer(push, update.new) if update.new else None
    yield Need(update.ref, Permission.EDIT, workflow, doer, update.new, owner=user)


def _channel_needs(push: Push, update: RefUpdate) -> Iterator[Need]:
    """Moving a channel. `current` may be put by everybody where it belongs, because it only mirrors what is published."""
    workflow, _, name = update.ref.removeprefix(TAG_PREFIX).rpartition("/")
    if not update.ref.startswith(TAG_PREFIX) or name not in (CURRENT, *push.settings.channels) or workflow not in push.versions:
        return
    if name != CURRENT or update.new != _newest_published(push, workflow):
        yield Need(update.ref, Permission.PUBLISH, workflow)


def _newest_published(push: Push, workflow: str) -> str | None:
    """The commit of the highest published version once the push is through."""
    found = push.assignment(workflow)
    number = max(found.published - found.archived, default=None)
    target = push.target(version_tag(workflow, number)) if number is not None else None
    tag = refs.read_tag(push.git, target) if target else None
    return None if tag is None else tag.commit
