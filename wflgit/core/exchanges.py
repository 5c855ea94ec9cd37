"""What fetching and pushing came to. Field names are the keys of `--json`."""

from __future__ import annotations

from dataclasses import dataclass, field

from wflgit.core.records import Version
from wflgit.core.remotes import Kind, Relation


@dataclass(frozen=True, slots=True)
class Publication:
    """A version that is published on a remote, as its tag says it.

    Attributes:
        workflow: its slug.
        number: its number.
        by: who published it.
        commit: what the tag marks.
    """

    workflow: str
    number: int
    by: str
    commit: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A version that was published here only, and is not any more, because its commit was made anew.

    Attributes:
        workflow: its slug.
        number: the number it was published as.
        commit: the commit that has its content now; None if nothing of it was left.
    """

    workflow: str
    number: int
    commit: str | None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch brought.

    Attributes:
        remote: its name.
        trunk: how the trunk here stands to the remote's, after the fetch.
        before: the trunk's tip before; None if it had none.
        tip: the trunk's tip now.
        ahead: how many commits are only here.
        behind: how many are only there.
        versions: versions that others made, oldest first.
        published: versions that others published.
        archived: versions that went to the archive, as `slug@number`.
        unarchived: versions that came back from there.
        channels: channels that moved, as `slug/channel`.
        overruled: those among them that had been moved here as well.
        replayed: own commits that were made anew on top of the remote's: the new one by the old; None where nothing was left.
        taken_back: versions of them that are not published any more.
        held: versions that both sides have published; each side still has its own.
    """

    remote: str
    trunk: Relation
    before: str | None
    tip: str | None
    ahead: int
    behind: int
    versions: tuple[Version, ...] = ()
    published: tuple[Version, ...] = ()
    archived: tuple[str, ...] = ()
    unarchived: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    overruled: tuple[str, ...] = ()
    replayed: dict[str, str | None] = field(default_factory=dict)
    taken_back: tuple[TakenBack, ...] = ()
    held: tuple[Publication, ...] = ()


@dataclass(frozen=True, slots=True)
class PushedRef:
    """A ref that a push changed, or would change.

    Attributes:
        ref: its name.
        kind: what it is for.
        old: what it pointed at; None if it was not there.
        new: what it points at; None if it was deleted.
        mends: what was half done on the remote before; None if nothing was.
    """

    ref: str
    kind: Kind
    old: str | None
    new: str | None
    mends: str | None = None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push changed on a remote; without refs all of it was there."""

    remote: str
    refs: tuple[PushedRef, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteState:
    """How a remote stands to this repository.

    Attributes:
        remote: its name.
        trunk: how the trunk here stands to the remote's.
        ahead: how many commits are only here.
        behind: how many are only there.
        to_push: what a push would change.
        in_the_way: why a push would be refused, one sentence each.
        faults: what is half pushed there; the next push mends it.
    """

    remote: str
    trunk: Relation
    ahead: int
    behind: int
    to_push: tuple[PushedRef, ...] = ()
    in_the_way: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishedAndPushed:
    """A version that was published and pushed.

    Attributes:
        version: as it is now.
        was: the number that it had before others came first; None if it kept its own.
        fetched: what others had done meanwhile.
        pushed: what was pushed.
    """

    version: Version
    was: int | None
    fetched: Fetched
    pushed: Pushed
