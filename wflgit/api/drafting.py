"""What all operations on drafts stand on: finding a draft, what one is based on, writing the next save, throwing away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from shlex import quote
from typing import TYPE_CHECKING

from wflgit.core.drafts import MOST_SAVES, Draft, Save, SaveWords, draft_of, format_moment, kept_saves, parse_moment, save_message
from wflgit.core.names import (
    ARCHIVE_PREFIX,
    DRAFT_PREFIX,
    draft_archive_ref,
    draft_ref,
    parse_draft_archive_ref,
    parse_draft_ref,
    parse_slug,
)
from wflgit.core.paths import WorkflowPaths
from wflgit.errors import ConflictError, LockedError, NotFoundError, PermissionDenied, RepositoryError, StateError
from wflgit.git import drafts, refs

if TYPE_CHECKING:
    from wflgit.api.bases import Base
    from wflgit.standing import Standing
    from wflgit.store.versions import VersionRow
    from wflgit.workspace import Workspace

_ATTEMPTS = 10
"""How often a save is tried anew while the same user saves elsewhere."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a draft is based on: where its file is, and the commit and number of a version; neither for a new workflow."""

    path: str
    commit: str | None = None
    number: int | None = None

    @classmethod
    def of(cls, save: Save) -> Start:
        """What a save is based on."""
        return cls(save.path, save.base, save.base_version)

    @classmethod
    def at(cls, row: VersionRow) -> Start:
        """A version to begin with."""
        return cls(row.path, row.commit, row.number)


# Finding


def own_id(workspace: Workspace) -> str:
    """The id under which drafts of the actor are kept.

    Raises:
        IdentityError: if nobody is there.
    """
    return workspace.identity.email


def find_newest(workspace: Workspace, slug: str, user: str) -> Save | None:
    """The newest save of somebody's draft; None if there is no draft.

    Raises:
        InvalidNameError: if the slug breaks its rule.
        RepositoryError: if the ref does not point at one.
    """
    tip = refs.read_ref(workspace.git, draft_ref(parse_slug(slug), user))
    return None if tip is None else drafts.read_save(workspace.git, tip)


def get_newest(workspace: Workspace, slug: str, user: str | None) -> Save:
    """The newest save of somebody's draft, or of one's own.

    Raises:
        NotFoundError: if there is none; says who has one.
        RepositoryError: if the ref does not point at one.
    """
    found = find_newest(workspace, slug, user or own_id(workspace))
    if found is None:
        raise _missing(workspace, slug, user)
    return found


def _missing(workspace: Workspace, slug: str, user: str | None) -> NotFoundError:
    whose = "you have" if user in (None, own_id(workspace)) else f"'{user}' has"
    others = [draft for draft in list_drafts(workspace, slug) if draft.user != user]
    if not others:
        return NotFoundError(f"{whose} no draft of '{slug}'", hint=f"make one: `wflgit draft save {slug}`")
    said = ", ".join(f"{draft.author.name} ({draft.user}) has one of {draft.saved_at:%Y-%m-%d %H:%M} UTC" for draft in others)
    return NotFoundError(
        f"{whose} no draft of '{slug}'; {said}",
        candidates=[draft.user for draft in others],
        hint=f"look at it: `wflgit draft show {slug} --user {quote(others[0].user)}`",
    )


def require_own(workspace: Workspace, slug: str, user: str | None) -> None:
    """Check that a draft is the actor's own: nobody changes another's.

    Raises:
        PermissionDenied: if it is somebody else's.
    """
    me = own_id(workspace)
    if user not in (None, me):
        raise PermissionDenied(
            f"this draft of '{slug}' is of '{user}', and you are '{me}': nobody saves, commits or discards another's draft",
            actor=me,
            hint=f"look at it with `wflgit draft show {slug} --user {quote(user)}`, and make your own: `wflgit draft save {slug}`",
        )


def list_drafts(workspace: Workspace, slug: str | None = None) -> list[Draft]:
    """All drafts, or those of one workflow, by slug and user. A ref that points at no draft is left to `wflgit fsck`."""
    folder = DRAFT_PREFIX if slug is None else f"{DRAFT_PREFIX}{slug}/"
    found = []
    for ref, tip in sorted(refs.list_refs(workspace.git, folder).items()):
        named = parse_draft_ref(ref)
        save = _readable(workspace, tip) if named and slug in (None, named[0]) else None
        if named and save:
            found.append(draft_of(*named, save))
    return sorted(found, key=lambda draft: (draft.workflow, draft.user))


def _readable(workspace: Workspace, tip: str) -> Save | None:
    try:
        return drafts.read_save(workspace.git, tip)
    except RepositoryError:
        return None


def list_archived(workspace: Workspace, slug: str | None = None) -> list[tuple[str, Draft]]:
    """The refs of drafts that were thrown away, with the drafts, by slug and user, the newest first."""
    folder = ARCHIVE_PREFIX if slug is None else f"{ARCHIVE_PREFIX}{slug}/"
    found = []
    for ref, tip in sorted(refs.list_refs(workspace.git, folder).items(), reverse=True):
        named = parse_draft_archive_ref(ref)
        at = parse_moment(named[2]) if named else None
        save = _readable(workspace, tip) if named and at and slug in (None, named[0]) else None
        if named and save:
            found.append((ref, draft_of(named[0], named[1], save, at)))
    return sorted(found, key=lambda pair: (pair[1].workflow, pair[1].user))


# What a draft is based on


def find_start(workspace: Workspace, slug: str, base: Base | None) -> Start:
    """What a new draft is based on.

    Args:
        workspace: where.
        slug: the workflow; there need be none of that name yet.
        base: a version number, a commit or a blob; None for the newest version, 0 for a workflow that is new.

    Raises:
        InvalidNameError: if the slug breaks its rule.
        NotFoundError: if there is no such version, or a new workflow has no place.
        StateError: if that version deleted the workflow, or there is one where a new one is meant.
        AmbiguousSlugError: if several files have the slug.
    """
    found = workspace.find(slug)
    file = found.require_one_file()
    if file is None and base in (None, 0):
        return Start(_new_path(workspace.settings.paths, parse_slug(slug, workspace.settings.channels)))
    if base == 0:
        raise StateError(f"workflow '{slug}' exists already", hint=f"base the draft on a version: `wflgit log {slug}`")
    row = _row(workspace, found, base)
    if row.blob is None:
        raise StateError(
            f"version {row.number} of '{slug}' deleted it, so no draft can be based on it", hint=f"`wflgit log {slug}`"
        )
    return Start.at(row)


def _new_path(paths: WorkflowPaths, slug: str) -> str:
    try:
        return paths.path(slug)
    except ValueError:
        raise NotFoundError(
            f"no workflow path of wflgit.toml can hold a new file for '{slug}'",
            hint="add a glob like 'workflows/**/*.json' to [workflows] paths",
        ) from None


def _row(workspace: Workspace, found: Standing, base: Base | None) -> VersionRow:
    if base is None:
        return found.rows[0]
    if isinstance(base, int):
        return workspace.get(found.slug).version(base)
    commit = workspace.git.find_commit(base)
    named = next((row for row in found.rows if base in (row.commit, row.blob) or commit == row.commit), None)
    if named is None and commit is not None and found.rows:
        blob = workspace.git.blob_at(commit, found.rows[0].path)
        named = next((row for row in found.rows if blob is not None and row.blob == blob), None)
    if named is None:
        raise NotFoundError(f"no version of '{found.slug}' is or holds '{base}'", hint=f"`wflgit log {found.slug}` lists them")
    return named


def require_same_base(workspace: Workspace, slug: str, newest: Save, base: Base | None) -> None:
    """Check that an edit goes on from where one's draft is: from the newest save, or from the version it is based on.

    Args:
        workspace: where.
        slug: the workflow.
        newest: the newest save.
        base: a version number, a commit or a blob, of a version or of the save; None asks for nothing.

    Raises:
        ConflictError: if the draft is elsewhere.
    """
    known = (newest.commit, newest.blob, newest.base, newest.base_version if newest.base else 0)
    if base is None or base in known:
        return
    if newest.base is not None and isinstance(base, str) and newest.base in (base, workspace.git.find_commit(base)):
        return
    if newest.base is not None and base == workspace.git.blob_at(newest.base, newest.path):
        return
    about = "a new workflow" if newest.base is None else f"version {newest.base_version or newest.base[:10]}"
    raise ConflictError(
        f"expected your draft of '{slug}' to be based on {base}, but it is based on {about}, "
        f"and save {newest.number} was made at {newest.saved_at:%Y-%m-%d %H:%M} UTC",
        expected=base,
        actual=newest.base_version or newest.commit,
        hint=f"look at `wflgit draft diff {slug}`; then `wflgit draft rebase {slug}` or `wflgit draft discard {slug}`",
    )


# Writing


def write(workspace: Workspace, slug: str, content: bytes, base: Base | None) -> Draft:
    """Make what somebody has now the newest save of their draft; nothing is written if it is that already.

    Raises:
        ConflictError: if the draft is not where `base` says, or the user saved elsewhere at the same time again and again.
    """
    git, user = workspace.git, own_id(workspace)
    blob: str | None = None
    for attempt in range(_ATTEMPTS):
        newest = find_newest(workspace, slug, user)
        if newest is not None:
            require_same_base(workspace, slug, newest, base)
            if newest.blob == (blob or git.hash_blob(content)):
                return draft_of(slug, user, newest)
        start = find_start(workspace, slug, base) if newest is None else Start.of(newest)
        blob = blob or git.write_blob(content)
        try:
            return append(workspace, slug, newest, blob, start)
        except LockedError:
            raise
        except ConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def append(workspace: Workspace, slug: str, newest: Save | None, blob: str, start: Start, note: str = "") -> Draft:
    """Put one more save on top of the newest.

    Args:
        workspace: where.
        slug: the workflow.
        newest: what the newest save was; None if there was none.
        blob: the content, stored already.
        start: what it is based on.
        note: where it came from.

    Raises:
        ConflictError: if something was saved meanwhile.
    """
    git, author, at = workspace.git, workspace.identity, workspace.clock()
    expected = newest.commit if newest else None
    number = newest.number + 1 if newest else 1
    if newest is not None and newest.kept >= MOST_SAVES:
        newest = _thinned(workspace, newest)
    kept = newest.kept + 1 if newest else 1
    message = save_message(slug, SaveWords(number, start.commit, start.number, note, kept))
    commit = drafts.write_save(
        git, path=start.path, blob=blob, previous=newest, base=start.commit, author=author, at=at, message=message
    )
    drafts.move_draft(git, draft_ref(slug, author.email), commit, expected=expected)
    saved = Save(number, commit, start.path, blob, start.commit, start.number, author, at.replace(microsecond=0), note, kept)
    return draft_of(slug, author.email, saved)


def _thinned(workspace: Workspace, newest: Save) -> Save:
    saves = drafts.list_saves(workspace.git, newest.commit)
    kept: Sequence[Save] = kept_saves(saves)
    if len(kept) == len(saves):
        return replace(newest, kept=len(saves))
    return replace(drafts.chain_again(workspace.git, kept), kept=len(kept))


# Throwing away


def archive(workspace: Workspace, draft: Draft, at: datetime) -> None:
    """Move a draft to the archive; nothing happens to one that was saved meanwhile.

    Raises:
        ConflictError: if it was.
    """
    git = workspace.git
    with git.lock():
        for ref in _archive_refs(draft, at):
            if refs.read_ref(git, ref) in (None, draft.commit):
                refs.create_ref(git, ref, draft.commit)
                break
        try:
            refs.delete_ref(git, draft_ref(draft.workflow, draft.user), expected=draft.commit)
        except ConflictError:
            refs.delete_ref(git, ref, expected=draft.commit)
            raise


def _archive_refs(draft: Draft, at: datetime) -> Iterator[str]:
    """The refs a draft may go to, one after the other until one is free."""
    moment = format_moment(at)
    yield draft_archive_ref(draft.workflow, draft.user, moment)
    count = 2
    while True:
        yield draft_archive_ref(draft.workflow, draft.user, f"{moment}-{count}")
        count += 1
