"""What the audit trail remembers of publications: which tag objects published what, and what was current when. Pure.

Tags say what is published now. What was published before, and is not any more, is only in the trail.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from wflgit.core.audit import AuditEntry
from wflgit.core.records import Identity

PUBLISHED = "version.published"
UNPUBLISHED = "version.unpublished"
ARCHIVED = "version.archived"
UNARCHIVED = "version.unarchived"
RESTORED = "version.restored"
MOVED_CHANNEL = "channel.moved"

ACTIONS = (PUBLISHED, UNPUBLISHED, ARCHIVED, UNARCHIVED, RESTORED)
"""The actions that say of a tag object whether it publishes its version."""

BY_GIT = "git"
"""Who did what sync noticed and nobody told."""


class How(StrEnum):
    """How a version became current, or came to a channel."""

    PUBLISH = "publish"
    ROLLBACK = "rollback"
    TAG = "tag"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    UNPUBLISH = "unpublish"
    RESTORE = "restore"
    CHANNEL = "channel"


_HOW = {UNPUBLISHED: How.UNPUBLISH, ARCHIVED: How.ARCHIVE, UNARCHIVED: How.UNARCHIVE, RESTORED: How.RESTORE}


@dataclass(frozen=True, slots=True)
class CurrentAt:
    """What was current at a moment.

    Attributes:
        workflow: the slug.
        channel: `current`, or the channel that was asked for.
        version: the number.
        commit: the commit that made it.
        since: from when on.
        until: until when; None if it still is.
        by: who put it there.
        how: what they did.
        instead: the version that gave way to it by being archived or losing its tag; else None.
    """

    workflow: str
    channel: str
    version: int
    commit: str
    since: datetime
    until: datetime | None
    by: Identity
    how: How
    instead: int | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """What the trail remembers of one tag object.

    Attributes:
        workflow: the slug.
        number: the version that it publishes, or published.
        tag: the tag object.
        commit: what it marks.
        at: when it was published, as the tag says.
        by: id of who published it.
        archived: whether it was in the archive when it was last heard of.
        gone_at: when it was noticed that it publishes nothing any more; None if it does, or if it was put back.
        gone_by: id of who took it back, `git` for whoever did so with plain git; None as `gone_at`.
    """

    workflow: str
    number: int
    tag: str
    commit: str
    at: datetime
    by: str
    archived: bool = False
    gone_at: datetime | None = None
    gone_by: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A tag object that begins or ceases to publish a version."""

    at: datetime
    by: str
    how: How
    number: int
    tag: str
    commit: str
    publishes: bool


def read_publications(entries: Iterable[AuditEntry]) -> list[Publication]:
    """Fold the entries of `ACTIONS`, the oldest first, into what is known of each tag object, in the order they were published."""
    found: dict[tuple[str, int, str], Publication] = {}
    for entry, workflow, number, details in _of_versions(entries):
        key = workflow, number, str(details.get("tag"))
        known = found.get(key)
        if entry.action == PUBLISHED:
            if known is None:
                commit, at = str(details.get("commit")), _published_at(entry, details)
                known = Publication(workflow, number, key[2], commit, at, entry.actor)
            found[key] = replace(known, gone_at=None, gone_by=None)
        elif known is not None and entry.action == UNPUBLISHED:
            found[key] = replace(known, gone_at=entry.at, gone_by=entry.actor)
        elif known is not None:
            archived = entry.action == ARCHIVED or (entry.action == RESTORED and known.archived)
            found[key] = replace(known, archived=archived, gone_at=None, gone_by=None)
    return list(found.values())


def read_turns(entries: Iterable[AuditEntry]) -> list[Turn]:
    """The same entries as turns, in their order."""
    turns = []
    archived: set[str] = set()
    for entry, _, number, details in _of_versions(entries):
        tag, commit = str(details.get("tag")), str(details.get("commit") or "")
        how, at = _HOW.get(entry.action, How.PUBLISH), entry.at
        if entry.action == PUBLISHED:
            how, at = _how_published(details), _published_at(entry, details)
        if entry.action in (ARCHIVED, UNARCHIVED):
            (archived.add if entry.action == ARCHIVED else archived.discard)(tag)
        publishes = entry.action in (PUBLISHED, UNARCHIVED) or (entry.action == RESTORED and tag not in archived)
        turns.append(Turn(at, entry.actor, how, number, tag, commit, publishes))
    return turns


def _of_versions(entries: Iterable[AuditEntry]) -> Iterator[tuple[AuditEntry, str, int, Mapping[str, Any]]]:
    """The entries that are about a version and a tag; what else somebody wrote into a trail is passed over."""
    for entry in entries:
        workflow, at, number = entry.subject.rpartition("@")
        details = json.loads(entry.details)
        if at and number.isdecimal() and isinstance(details, dict) and details.get("tag"):
            yield entry, workflow, int(number), details


def _how_published(details: Mapping[str, Any]) -> How:
    action = details.get("action")
    return How(action) if action in (How.PUBLISH, How.ROLLBACK) else How.TAG


def _published_at(entry: AuditEntry, details: Mapping[str, Any]) -> datetime:
    said = details.get("tagged_at")
    return datetime.fromisoformat(said) if isinstance(said, str) else entry.at


def without_gaps(turns: Sequence[Turn], standing: Collection[tuple[int, str]]) -> list[Turn]:
    """Leave out the last losses of tags that stand all the same: somebody put them back, and nobody knows when.

    Args:
        turns: of one workflow.
        standing: the numbers and tag objects that publish, or are archived, now.
    """
    last: dict[tuple[int, str], int] = {(turn.number, turn.tag): place for place, turn in enumerate(turns)}
    untrue = {place for key, place in last.items() if key in standing and turns[place].how is How.UNPUBLISH}
    return [turn for place, turn in enumerate(turns) if place not in untrue]


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which one version was current, or none.

    Attributes:
        since: its beginning; it lasts until the next one begins.
        turn: what began it.
        number: the version that was current; None for none.
        commit: of that version.
    """

    since: datetime
    turn: Turn
    number: int | None
    commit: str


def current_spans(turns: Iterable[Turn]) -> list[Span]:
    """Work out what was current when: at every moment the highest number that some tag published."""
    publishing: dict[int, set[str]] = defaultdict(set)
    commits: dict[int, str] = {}
    spans: list[Span] = []
    for turn in sorted(turns, key=lambda turn: turn.at):
        (publishing[turn.number].add if turn.publishes else publishing[turn.number].discard)(turn.tag)
        if turn.publishes:
            commits[turn.number] = turn.commit or commits.get(turn.number, "")
        number = max((number for number, tags in publishing.items() if tags), default=None)
        if not spans or spans[-1].number != number:
            spans.append(Span(turn.at, turn, number, commits.get(number or 0, "")))
    return [span for place, span in enumerate(spans) if place or span.number is not None]


def channel_spans(entries: Iterable[AuditEntry], channel: str) -> list[Span]:
    """Work out where a channel stood when, of the entries `MOVED_CHANNEL` of one workflow, the oldest first."""
    spans = []
    for entry in entries:
        number, details = entry.subject.rpartition("@")[2], json.loads(entry.details)
        if number.isdecimal() and isinstance(details, dict) and details.get("channel") == channel:
            commit = str(details.get("to"))
            turn = Turn(entry.at, entry.actor, How.CHANNEL, int(number), "", commit, publishes=True)
            spans.append(Span(entry.at, turn, int(number), commit))
    return spans


def span_at(spans: Sequence[Span], at: datetime) -> tuple[Span, datetime | None] | None:
    """The span in which a moment lies, and when it ended; None for a moment before the first one."""
    place = next((place for place in reversed(range(len(spans))) if spans[place].since <= at), None)
    if place is None:
        return None
    return spans[place], spans[place + 1].since if place + 1 < len(spans) else None
