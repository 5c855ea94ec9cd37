"""Publishing for everybody: publish and push in one go, behind whatever others have pushed in the meantime."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.api.publishing import publish
from wflgit.api.pushing import push
from wflgit.api.remotes import fetch
from wflgit.core.exchanges import Fetched, PublishedAndPushed
from wflgit.core.permissions import Permission
from wflgit.errors import ConflictError, StateError

if TYPE_CHECKING:
    from wflgit.core.records import Version
    from wflgit.workspace import Workspace

_ATTEMPTS = 10


def publish_and_push(
    workspace: Workspace,
    slug: str,
    number: int | None = None,
    *,
    message: str | None = None,
    sign: bool | None = None,
    remote: str | None = None,
    interactive: bool = False,
) -> PublishedAndPushed:
    """Publish a version and push it, on top of what others have pushed.

    Where others were faster, own commits are made anew on top of theirs, workflow files merged step by step, so the version gets
    the next number. That is done only as long as nothing depends on the number that it had.

    Args:
        workspace: the repository.
        slug: the workflow.
        number: the version, as it is numbered here now; None for the newest.
        message: words for the tag.
        sign: whether to sign the tag; None for what Git's configuration and the policy say.
        remote: its name; None for the one that the trunk follows, or the only one.
        interactive: whether git may ask for a password on the terminal.

    Raises:
        ConflictError: if own changes do not go together with those of others, or others push all the time.
        StateError: if the version cannot be published, or something depends on its number.
        DefinitionError: if what came of it has errors.
        RemoteError: if the remote cannot be reached, or its rules forbid it.
    """
    workspace.require(Permission.PUBLISH, slug)
    found = workspace.get(slug)
    first = found.rows[0] if number is None else found.version(number)
    commit = first.commit
    for attempt in range(_ATTEMPTS):
        fetched = fetch(workspace, remote, rebase=True, interactive=interactive)
        commit = _replayed(workspace, slug, commit, fetched)
        _publish_again(workspace, slug, fetched)
        version = publish(
            workspace, slug, workspace.get(slug).made_by(commit).number, base=None, message=message, rollout=None, sign=sign
        )
        try:
            pushed = push(workspace, remote, interactive=interactive)
        except ConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        was = first.number if first.number != version.number else None
        return PublishedAndPushed(_as_it_is(workspace, version), was, fetched, pushed)
    raise AssertionError  # the last attempt returns or raises


def _replayed(workspace: Workspace, slug: str, commit: str, fetched: Fetched) -> str:
    """The commit that has the content now; the newest version's where nothing of it was left, because theirs says the same."""
    new = fetched.replayed.get(commit, commit)
    if new is not None:
        return new
    newest = workspace.get(slug).rows[0]
    if newest.blob is None:
        raise StateError(f"'{slug}' has been deleted on '{fetched.remote}'", hint=f"see `wflgit log {slug}`")
    return newest.commit


def _publish_again(workspace: Workspace, slug: str, fetched: Fetched) -> None:
    """Publish what was published here, and had to get another commit, of other workflows."""
    for taken in fetched.taken_back:
        if taken.workflow != slug and taken.commit is not None:
            row = workspace.get(taken.workflow).made_by(taken.commit)
            publish(workspace, taken.workflow, row.number, base=None, message=None, rollout=None)


def _as_it_is(workspace: Workspace, version: Version) -> Version:
    from wflgit.api.listing import record_of

    return record_of(workspace, version.workflow, version.commit)
