"""What to fetch from another repository and what to push to it: decided from what both have and what was seen there last. Pure.

The immutable tags of versions are created and never changed, so for them both sides are enough. What moves (the archive, channels)
needs a third: what the remote had when it was looked at last says which side has moved since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from wflgit.core.names import (
    ARCHIVE_PREFIX,
    CURRENT,
    DRAFT_PREFIX,
    TAG_PREFIX,
    archive_ref,
    channel_tag,
    parse_archive_ref,
    parse_version_tag,
    version_tag,
)

Place = tuple[str, int]
"""A version: its workflow's slug and its number."""


class Relation(StrEnum):
    """How our trunk stands to the remote's."""

    NONE = "none"
    """Neither has a commit yet."""
    SAME = "same"
    AHEAD = "ahead"
    """Ours goes on from theirs."""
    BEHIND = "behind"
    """Theirs goes on from ours."""
    DIVERGED = "diverged"
    """Each has commits that the other lacks."""
    SIDEWAYS = "sideways"
    """Ours holds theirs, but as the side line of a merge: pushed, it would take the numbers from their versions."""
    ONLY_HERE = "only-here"
    ONLY_THERE = "only-there"


class Kind(StrEnum):
    """What a ref is for."""

    TRUNK = "trunk"
    VERSION = "version"
    ARCHIVE = "archive"
    CURRENT = "current"
    CHANNEL = "channel"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class RemoteRefs:
    """What another repository has.

    Attributes:
        refs: the object that each ref points at.
        peeled: the commits of those that point at annotated tags.
    """

    refs: Mapping[str, str]
    peeled: Mapping[str, str] = field(default_factory=dict)

    def commit(self, ref: str) -> str | None:
        """The commit that a ref marks in the end; None if there is no such ref."""
        return self.peeled.get(ref) or self.refs.get(ref)


@dataclass(frozen=True, slots=True)
class Mark:
    """What publishes a version here.

    Attributes:
        tag: the tag object.
        commit: what it marks.
        archived: whether it stands in the archive.
        on_trunk: whether the trunk here still holds the commit.
    """

    tag: str
    commit: str
    archived: bool = False
    on_trunk: bool = True


@dataclass(frozen=True)
class Local:
    """What this repository has.

    Attributes:
        trunk: the trunk's branch.
        tip: its newest commit.
        relation: how it stands to the remote's.
        published: what publishes each version.
        refs: all tags and archive refs, whatever they are, and the drafts that are to be pushed.
        channels: names of the moving tags but `current`.
    """

    trunk: str
    tip: str | None
    relation: Relation
    published: Mapping[Place, Mark]
    refs: Mapping[str, str]
    channels: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Update:
    """A ref of the remote that is to change.

    Attributes:
        ref: its name.
        new: the object it will point at; None to delete it.
        expected: the object it must point at now; None if it must not be there.
        kind: what it is for.
        mends: what was half done on the remote and is made whole by this; None if it is simply new.
    """

    ref: str
    new: str | None
    expected: str | None
    kind: Kind
    mends: str | None = None


@dataclass(frozen=True, slots=True)
class Collision:
    """A ref that both sides have changed.

    Attributes:
        ref: its name; the trunk's branch where commits are meant.
        kind: what it is for.
        ours: what it points at here.
        theirs: what it points at there.
        place: the version that it is about; None where it is about none.
    """

    ref: str
    kind: Kind
    ours: str | None
    theirs: str | None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What to push, all or nothing; with collisions nothing can be pushed."""

    updates: tuple[Update, ...]
    collisions: tuple[Collision, ...]


@dataclass(frozen=True, slots=True)
class ChannelMove:
    """A channel that follows the remote's; `kept` is what it was here, where both sides had moved it."""

    ref: str
    old: str | None
    new: str
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What to bring here, apart from branches.

    Attributes:
        created: refs that this repository lacks, and what they point at there.
        archived: versions whose tag goes to the archive, with the tag.
        unarchived: versions whose tag comes back from the archive.
        channels: the channels that move.
        collisions: versions that both sides have published; each side keeps its own.
    """

    created: Mapping[str, str]
    archived: Mapping[Place, str]
    unarchived: Mapping[Place, str]
    channels: tuple[ChannelMove, ...]
    collisions: tuple[Collision, ...]


def parse_channel(ref: str, channels: Collection[str]) -> tuple[str, str] | None:
    """Split `refs/tags/welcome/stable` into slug and channel; None for what is no channel of a workflow.

    >>> parse_channel("refs/tags/sales/welcome/stable", ["stable"])
    ('sales/welcome', 'stable')
    """
    slug, slash, last = ref.removeprefix(TAG_PREFIX).rpartition("/")
    return (slug, last) if slash and last in channels and ref.startswith(TAG_PREFIX) else None


def _to_remember(refs: Mapping[str, str], channels: Collection[str]) -> dict[str, str]:
    """What of a remote's refs has to be known the next time, because both sides move it."""
    return {
        ref: target
        for ref, target in refs.items()
        if ref.startswith((ARCHIVE_PREFIX, DRAFT_PREFIX)) or parse_channel(ref, channels) is not None
    }


def seen_by_fetch(remote: RemoteRefs, seen: Mapping[str, str], channels: Collection[str]) -> dict[str, str]:
    """What is to be remembered of a remote after all of it has been taken over here but the drafts."""
    drafts = {ref: target for ref, target in seen.items() if ref.startswith(DRAFT_PREFIX)}
    return drafts | {ref: target for ref, target in _to_remember(remote.refs, channels).items() if not ref.startswith(DRAFT_PREFIX)}


def seen_by_push(local: Local, remote: RemoteRefs, seen: Mapping[str, str], updates: Collection[Update]) -> dict[str, str]:
    """What is to be remembered of a remote after a push.

    What has moved there and was not taken over here stays as it was remembered, so that the next fetch still sees that it moved.
    """
    pushed = {update.ref for update in updates}
    after = _to_remember(_after(remote, updates), local.channels)
    known = {ref: target for ref, target in after.items() if ref in pushed or local.refs.get(ref) == target}
    return known | {ref: seen[ref] for ref in seen.keys() - pushed - known.keys() if ref in remote.refs or ref in local.refs}


# Pushing


def plan_push(local: Local, remote: RemoteRefs, seen: Mapping[str, str]) -> PushPlan:
    """Decide what to push.

    Args:
        local: what this repository has.
        remote: what the remote has.
        seen: what it had when it was looked at last, of what `seen_by_fetch` says.
    """
    found = [
        *_push_trunk(local, remote),
        *(step for place, mark in sorted(local.published.items()) for step in _push_version(place, mark, remote, seen)),
    ]
    updates = [step for step in found if isinstance(step, Update)]
    after = _after(remote, updates)
    found += [*_push_currents(local, remote, after), *_push_channels(local, remote, seen), *_push_drafts(local, remote, seen)]
    return PushPlan(
        tuple(step for step in found if isinstance(step, Update)), tuple(step for step in found if isinstance(step, Collision))
    )


def _push_trunk(local: Local, remote: RemoteRefs) -> Iterator[Update | Collision]:
    ref = f"refs/heads/{local.trunk}"
    theirs = remote.refs.get(ref)
    if local.relation in (Relation.AHEAD, Relation.ONLY_HERE):
        yield Update(ref, local.tip, theirs, Kind.TRUNK)
    elif local.relation in (Relation.DIVERGED, Relation.SIDEWAYS):
        yield Collision(ref, Kind.TRUNK, local.tip, theirs)


def _push_version(place: Place, mark: Mark, remote: RemoteRefs, seen: Mapping[str, str]) -> Iterator[Update | Collision]:
    tag, archive = version_tag(*place), archive_ref(*place)
    there, there_archived = remote.refs.get(tag), remote.refs.get(archive)
    for ref, theirs in ((tag, there), (archive, there_archived)):
        if theirs not in (None, mark.tag):
            yield Collision(ref, Kind.VERSION, mark.tag, theirs, place)
            return
    if not mark.on_trunk and there is None and there_archived is None:
        # Of a trunk that was rewritten before it was pushed: nobody else knows the commit, and nobody should.
        return
    was_archived = seen.get(archive) == mark.tag
    if mark.archived:
        yield from _push_archived(tag, archive, mark.tag, there, there_archived, was_archived=was_archived)
    elif there is None and (there_archived is None or was_archived):
        yield Update(tag, mark.tag, None, Kind.VERSION)
        if there_archived is not None:
            yield Update(archive, None, there_archived, Kind.ARCHIVE)


def _push_archived(
    tag: str, archive: str, target: str, there: str | None, there_archived: str | None, *, was_archived: bool
) -> Iterator[Update]:
    """Archive what is archived here, unless it has been taken out of the archive there since."""
    if there is not None and there_archived is None and was_archived:
        return
    if there_archived is None:
        yield Update(archive, target, None, Kind.ARCHIVE)
    if there is not None:
        mends = "it stood in the archive and among the tags" if there_archived is not None else None
        yield Update(tag, None, there, Kind.VERSION, mends)


def _after(remote: RemoteRefs, updates: Collection[Update]) -> dict[str, str]:
    """The remote's refs once it has taken the updates."""
    refs = dict(remote.refs)
    for update in updates:
        if update.new is None:
            refs.pop(update.ref, None)
        else:
            refs[update.ref] = update.new
    return refs


def _push_currents(local: Local, remote: RemoteRefs, after: Mapping[str, str]) -> Iterator[Update]:
    """Let `current` stand on the highest version that is published there in the end."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for ref in after:
        place = parse_version_tag(ref)
        if place is not None:
            numbers[place[0]].append(place[1])
    for slug in sorted({slug for slug, _ in local.published}):
        ref = channel_tag(slug, CURRENT)
        wanted = _current(local, after, slug, numbers[slug])
        now = remote.refs.get(ref)
        if wanted != _UNKNOWN and wanted != now:
            yield Update(ref, wanted, now, Kind.CURRENT, _stale(remote, after, slug))


_UNKNOWN = ""


def _current(local: Local, after: Mapping[str, str], slug: str, numbers: Collection[int]) -> str | None:
    """The commit that `current` belongs on; None if on none, `_UNKNOWN` if there are versions that only the remote knows."""
    for number in sorted(numbers, reverse=True):
        ref = version_tag(slug, number)
        mark = local.published.get((slug, number))
        if mark is not None and mark.tag == after[ref]:
            return mark.commit
        if local.refs.get(ref) != after[ref]:
            return _UNKNOWN
    return None


def _stale(remote: RemoteRefs, after: Mapping[str, str], slug: str) -> str | None:
    """Say what was wrong with a `current` that moves although no version comes or goes."""
    if _version_tags(remote.refs, slug) != _version_tags(after, slug):
        return None
    return "it was missing" if channel_tag(slug, CURRENT) not in remote.refs else "it did not stand on the highest version"


def _version_tags(refs: Mapping[str, str], slug: str) -> dict[str, str]:
    places = ((ref, target, parse_version_tag(ref)) for ref, target in refs.items())
    return {ref: target for ref, target, place in places if place is not None and place[0] == slug}


def _push_channels(local: Local, remote: RemoteRefs, seen: Mapping[str, str]) -> Iterator[Update | Collision]:
    for ref, ours in sorted(local.refs.items()):
        place = parse_channel(ref, local.channels)
        if place is None or not any(slug == place[0] for slug, _ in local.published):
            continue
        theirs, before = remote.refs.get(ref), seen.get(ref)
        if theirs == before and ours != theirs:
            yield Update(ref, ours, theirs, Kind.CHANNEL)
        elif ours not in (theirs, before):
            yield Collision(ref, Kind.CHANNEL, ours, theirs)


def _push_drafts(local: Local, remote: RemoteRefs, seen: Mapping[str, str]) -> Iterator[Update | Collision]:
    for ref, ours in sorted(local.refs.items()):
        theirs = remote.refs.get(ref)
        if not ref.startswith(DRAFT_PREFIX) or ours == theirs:
            continue
        if theirs in (None, seen.get(ref)):
            yield Update(ref, ours, theirs, Kind.DRAFT)
        else:
            yield Collision(ref, Kind.DRAFT, ours, theirs)


# Fetching


def plan_fetch(refs: Mapping[str, str], remote: RemoteRefs, seen: Mapping[str, str], channels: Collection[str] = ()) -> FetchPlan:
    """Decide what to bring here.

    Args:
        refs: all tags and archive refs of this repository.
        remote: what the remote has.
        seen: what it had when it was looked at last, of what `seen_by_fetch` says.
        channels: names of the moving tags but `current`.
    """
    created: dict[str, str] = {}
    archived: dict[Place, str] = {}
    unarchived: dict[Place, str] = {}
    collisions = []
    for place in sorted(_places(remote.refs)):
        tag, archive = version_tag(*place), archive_ref(*place)
        mark = _remote_mark(tag, archive, remote.refs)
        mine = {refs[ref] for ref in (tag, archive) if ref in refs}
        if not mine:
            created[archive if mark.archived else tag] = mark.tag
        elif mark.tag not in mine:
            collisions.append(Collision(tag, Kind.VERSION, min(mine), mark.tag, place))
        elif mark.archived and tag in refs and seen.get(archive) != mark.tag:
            archived[place] = mark.tag
        elif not mark.archived and tag not in refs and seen.get(archive) == mark.tag and archive not in remote.refs:
            unarchived[place] = mark.tag
    created |= _other_tags(refs, remote.refs, channels)
    moves = tuple(_fetch_channels(refs, remote, seen, channels))
    return FetchPlan(created, archived, unarchived, moves, tuple(collisions))


def _places(refs: Collection[str]) -> set[Place]:
    found = (parse_version_tag(ref) or parse_archive_ref(ref) for ref in refs)
    return {place for place in found if place is not None}


def _remote_mark(tag: str, archive: str, refs: Mapping[str, str]) -> Mark:
    """What publishes a version there; where both refs stand, the tag counts."""
    return Mark(refs[tag], "") if tag in refs else Mark(refs[archive], "", archived=True)


def _other_tags(refs: Mapping[str, str], theirs: Mapping[str, str], channels: Collection[str]) -> dict[str, str]:
    """Tags of the remote that are nothing of wflgit's and that are not here; one that is here stays what it is, as in Git."""
    moving = (CURRENT, *channels)
    return {
        ref: target
        for ref, target in theirs.items()
        if ref.startswith(TAG_PREFIX) and ref not in refs and not parse_version_tag(ref) and parse_channel(ref, moving) is None
    }


def _fetch_channels(
    refs: Mapping[str, str], remote: RemoteRefs, seen: Mapping[str, str], channels: Collection[str]
) -> Iterator[ChannelMove]:
    for ref, theirs in sorted(remote.refs.items()):
        if parse_channel(ref, channels) is None:
            continue
        ours, before = refs.get(ref), seen.get(ref)
        if theirs in (ours, before):
            continue
        yield ChannelMove(ref, ours, theirs, kept=None if ours in (None, before) else ours)


# What a remote's own refs are not right about


def find_faults(local: Local, remote: RemoteRefs) -> tuple[str, ...]:
    """What is half pushed on the remote, such as by plain `git push`; one sentence each.

    Args:
        local: what this repository has; only what both sides know can be judged.
        remote: what the remote has.
    """
    return tuple(_faults(local, remote))


def _faults(local: Local, remote: RemoteRefs) -> Iterator[str]:
    no_update: tuple[Update, ...] = ()
    for update in _push_currents(local, remote, _after(remote, no_update)):
        slug = update.ref.removeprefix(TAG_PREFIX).removesuffix(f"/{CURRENT}")
        yield f"'{slug}/{CURRENT}' is wrong there: {update.mends}"
    for slug, number in sorted(_places(remote.refs)):
        tag, archive = version_tag(slug, number), archive_ref(slug, number)
        if tag in remote.refs and remote.refs.get(archive) == remote.refs[tag]:
            yield f"'{slug}@{number}' stands there in the archive and among the tags"
