"""Which versions may go to the archive, and why the others stay. Pure: it is told what is known and what time it is.

Two kinds of rules: what stands in the way of archiving a version at all, and the patience that the policy asks for before versions
are archived unasked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from wflgit.core.settings import Policy


class Rule(StrEnum):
    """Why a version stays where it is; the first that applies is told."""

    ARCHIVED = "archived"
    CURRENT = "current"
    EXECUTIONS = "executions"
    MIGRATION = "migration"
    CHANNEL = "channel"
    ARCHIVE_REF = "archive-ref"
    NEWEST = "newest"
    RECENT = "recent"


PATIENCE = frozenset({Rule.NEWEST, Rule.RECENT})
"""The rules of the policy. Who names a version to be archived need not wait for them."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of a published version and of those who use it.

    Attributes:
        workflow: the slug.
        number: the version.
        archived: whether it is in the archive already.
        current: whether new executions start on it.
        executions: how many live ones are on it.
        migrations: the open migrations from or to it, by id.
        channels: the channels that mark it.
        archive_taken: whether another tag object stands where it would go.
        used_at: when it was last used; see `last_use`.
        use: what that was, in words.
    """

    workflow: str
    number: int
    archived: bool
    current: bool
    executions: int
    migrations: tuple[int, ...]
    channels: tuple[str, ...]
    archive_taken: bool
    used_at: datetime
    use: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a published version can be archived.

    Attributes:
        workflow: the slug.
        number: the version.
        candidate: whether it can be archived now by the policy.
        rule: why it stays; None for a candidate.
        reason: the same in words; for a candidate, since when nobody has used it.
        used_at: when it was last used.
        due_at: when its time of idleness is over, if nobody uses it until then.
    """

    workflow: str
    number: int
    candidate: bool
    rule: Rule | None
    reason: str
    used_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """How many more versions a workflow may have.

    Attributes:
        workflow: the slug.
        versions: how many count against the limit now: all that are not archived, drafts too.
        limit: how many the policy allows.
        candidates: how many of them can be archived, or have just been.
    """

    workflow: str
    versions: int
    limit: int
    candidates: int


@dataclass(frozen=True, slots=True)
class ArchivalReport:
    """What can be archived, what stays and why.

    Attributes:
        at: when it was looked at.
        archived: whether the candidates have been archived; False for a dry look.
        candidates: the versions that can be archived, or were, by workflow and number.
        kept: the other published versions that are not in the archive.
        rooms: what it means for the limit of versions, for each workflow with candidates and for one that was asked for.
    """

    at: datetime
    archived: bool
    candidates: tuple[Judgement, ...]
    kept: tuple[Judgement, ...]
    rooms: tuple[Room, ...]


def last_use(*uses: tuple[datetime | None, str]) -> tuple[datetime, str]:
    """The newest of some uses, each a time and what it was; those without a time never were.

    Raises:
        ValueError: if there was none.
    """
    return max(((at, use) for at, use in uses if at is not None), key=lambda found: found[0])


def replacements(publications: Iterable[tuple[int, datetime]]) -> dict[int, tuple[datetime, int]]:
    """When each version ceased to be current, and by which other one: the first higher one that was published.

    Args:
        publications: number and time of every published version of a workflow, archived ones too.

    Returns:
        By number; the highest one is left out.
    """
    found: dict[int, tuple[datetime, int]] = {}
    first: tuple[datetime, int] | None = None
    for number, at in sorted(publications, reverse=True):
        if first is not None:
            found[number] = first
        first = min(first or (at, number), (at, number))
    return found


def obstacle(usage: Usage) -> tuple[Rule, str] | None:
    """What stands in the way of archiving a version, whoever asks for it: a rule and its words; None if nothing does."""
    if usage.archived:
        return Rule.ARCHIVED, "it is archived already"
    if usage.current:
        return Rule.CURRENT, "it is the current version"
    if usage.executions:
        said = "1 execution is" if usage.executions == 1 else f"{usage.executions:,} executions are"
        return Rule.EXECUTIONS, f"{said} still on it"
    if usage.migrations:
        return Rule.MIGRATION, f"migration {usage.migrations[0]} from or to it is not over"
    if usage.channels:
        return Rule.CHANNEL, f"channel '{usage.channels[0]}' marks it"
    if usage.archive_taken:
        return Rule.ARCHIVE_REF, "another tag object stands in the archive under its number"
    return None


def judge(usages: Sequence[Usage], policy: Policy, now: datetime) -> list[Judgement]:
    """Judge published versions by the rules and the policy's patience, in the order given.

    Args:
        usages: the published versions of any workflows; of each workflow all, or the newest could not be told.
        policy: how many of the newest are kept, and how long a version must be idle.
        now: the time.
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    for usage in usages:
        if not usage.archived:
            numbers[usage.workflow].append(usage.number)
    newest = {slug: set(sorted(found)[-policy.keep_newest :]) for slug, found in numbers.items()}
    return [_judge(usage, policy, now, newest=usage.number in newest.get(usage.workflow, ())) for usage in usages]


def _judge(usage: Usage, policy: Policy, now: datetime, *, newest: bool) -> Judgement:
    due_at = usage.used_at + policy.archive_after
    found = obstacle(usage)
    if found is None and newest:
        found = Rule.NEWEST, f"it is one of the {policy.keep_newest} newest that are kept"
    if found is None and due_at > now:
        found = Rule.RECENT, f"{usage.use} on {usage.used_at:%Y-%m-%d}, it can go after {due_at:%Y-%m-%d}"
    rule, reason = found or (None, f"unused since {usage.used_at:%Y-%m-%d}: {usage.use}")
    return Judgement(usage.workflow, usage.number, rule is None, rule, reason, usage.used_at, due_at)
