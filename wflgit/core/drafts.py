"""User drafts: what somebody has saved of a workflow and not committed yet. Values and rules; pure.

A draft is a chain of saves. Each save is a commit with one file in it, and says in trailers which number it has and which version
its content is based on. Who may save, where the chain is kept and what is merged with what is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from wflgit.core.messages import ACTION, BASED_ON, compose, trailers
from wflgit.core.records import Identity

if TYPE_CHECKING:
    from wflgit.core.merge.conflicts import MergeConflict

MOST_SAVES = 100
"""How many saves a draft holds at most; with one more the older ones are thinned out."""

KEPT_WHOLE = 25
"""How many of the newest saves are never thinned out."""

_EVERY = 3
"""Of the older saves every third one stays, and the very first."""

_DRAFT = "draft"
_SAVE = "Wflgit-Save"
_KEPT = "Wflgit-Saves-Kept"
_MOMENT = "%Y%m%dT%H%M%SZ"


class DraftState(StrEnum):
    """How a draft stands to what others have committed since it was begun.

    CLEAN: nobody has changed the workflow. BEHIND: somebody has, and the two go together. CONFLICTING: they do not. DELETED: the
    workflow was deleted.
    """

    CLEAN = "clean"
    BEHIND = "behind"
    CONFLICTING = "conflicting"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class Save:
    """One save of a draft.

    Attributes:
        number: counts the saves of the draft from 1; stays when others are thinned out.
        commit: the commit that holds it.
        path: the file, as a version would have it.
        blob: the content.
        base: the commit of the version that the content is based on; None for a workflow that was new.
        base_version: the number of that version.
        author: whose it is.
        saved_at: when.
        note: where the content came from, if nobody typed it, such as `save 4 again`; else empty.
        kept: how many saves the draft held when this one was the newest, itself included.
    """

    number: int
    commit: str
    path: str
    blob: str
    base: str | None
    base_version: int | None
    author: Identity
    saved_at: datetime
    note: str = ""
    kept: int = 1


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has saved of a workflow and not committed yet, as of the newest save.

    Attributes:
        workflow: the slug.
        user: whose it is, by the id that the actor has.
        path: the file, as a version would have it.
        commit: the commit of the newest save.
        blob: the content of the newest save.
        base: the commit of the version that it is based on; None for a workflow that was new.
        base_version: the number of that version.
        save: the number of the newest save: how often it was saved.
        author: the user, as Git knows them.
        saved_at: when it was saved last.
        archived_at: when it was thrown away; None for one that is there.
    """

    workflow: str
    user: str
    path: str
    commit: str
    blob: str
    base: str | None
    base_version: int | None
    save: int
    author: Identity
    saved_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DraftStatus:
    """How a draft stands.

    Attributes:
        draft: the draft.
        state: whether it could be committed as it is, or merged, or not.
        newest: the number of the newest version; None if there is none.
        versions: the numbers of the versions that came after the one it is based on, the newest first.
        conflicts: what has to be decided before it can be rebased.
        notes: what merging would decide without asking, and is worth a look.
    """

    draft: Draft
    state: DraftState
    newest: int | None
    versions: tuple[int, ...] = ()
    conflicts: tuple[MergeConflict, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CleanUp:
    """What was thrown away because nobody had touched it for so long.

    Attributes:
        archived: drafts that were moved to the archive.
        removed: archived drafts that were removed for good.
    """

    archived: tuple[Draft, ...]
    removed: tuple[Draft, ...]

    def __bool__(self) -> bool:
        return bool(self.archived or self.removed)


def draft_of(workflow: str, user: str, newest: Save, archived_at: datetime | None = None) -> Draft:
    """The draft whose newest save is given."""
    return Draft(
        workflow=workflow,
        user=user,
        path=newest.path,
        commit=newest.commit,
        blob=newest.blob,
        base=newest.base,
        base_version=newest.base_version,
        save=newest.number,
        author=newest.author,
        saved_at=newest.saved_at,
        archived_at=archived_at,
    )


@dataclass(frozen=True, slots=True)
class SaveWords:
    """What the message of a save says; see `Save`."""

    number: int
    base: str | None
    base_version: int | None
    note: str
    kept: int


def save_message(workflow: str, said: SaveWords) -> str:
    """The message of a save's commit.

    >>> print(save_message("welcome", SaveWords(2, "9fceb02d0ae598e95dc970b74767f19372d61af8", 3, "save 1 again", 2)))
    Save draft 2 of welcome: save 1 again
    <BLANKLINE>
    Wflgit-Action: draft
    Wflgit-Save: 2
    Wflgit-Saves-Kept: 2
    Wflgit-Based-On: 9fceb02d0ae598e95dc970b74767f19372d61af8 v3
    <BLANKLINE>
    """
    version = "" if said.base_version is None else f" v{said.base_version}"
    based_on = {} if said.base is None else {BASED_ON: f"{said.base}{version}"}
    subject = f"Save draft {said.number} of {workflow}" + (f": {said.note}" if said.note else "")
    return compose(subject, (), {ACTION: _DRAFT, _SAVE: str(said.number), _KEPT: str(said.kept), **based_on})


def parse_save_message(message: str) -> SaveWords | None:
    """Read the message of a save; None for that of any other commit."""
    said = trailers(message)
    if said.get(ACTION) != _DRAFT or not said.get(_SAVE, "").isdecimal():
        return None
    base, _, version = said.get(BASED_ON, "").partition(" v")
    note = message.partition("\n")[0].partition(": ")[2]
    kept = said.get(_KEPT, "")
    return SaveWords(
        number=int(said[_SAVE]),
        base=base or None,
        base_version=int(version) if version.isdecimal() else None,
        note=note,
        kept=int(kept) if kept.isdecimal() else 1,
    )


def kept_saves(saves: Sequence[Save]) -> Sequence[Save]:
    """The saves of a draft that stay when it is full: the newest, of those before every third one, and the very first.

    Done again and again, this leaves the fewer the older they are.

    Args:
        saves: all of them, the newest first.

    Returns:
        Those that stay, the newest first; the same if there is room for one more.
    """
    if len(saves) < MOST_SAVES:
        return saves
    older = saves[KEPT_WHOLE:]
    return [*saves[:KEPT_WHOLE], *older[_EVERY - 1 : -1 : _EVERY], older[-1]]


def is_due(since: datetime, now: datetime, keep: timedelta) -> bool:
    """Whether something has been left alone for so long that it goes."""
    return now - since >= keep


def format_moment(at: datetime) -> str:
    """A time as the last segment of the ref of an archived draft.

    >>> format_moment(datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    '20260105T090000Z'
    """
    return f"{at.astimezone(UTC):{_MOMENT}}"


def parse_moment(text: str) -> datetime | None:
    """The time of such a segment, which may have a number behind it to be the only one; None if it is something else.

    >>> parse_moment("20260105T090000Z-2")
    datetime.datetime(2026, 1, 5, 9, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        return datetime.strptime(text.partition("-")[0], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
