"""The life of a step: in which versions something was done to it, and what. Pure.

Which step of one version is which of the next is said by `identity`, and what was done to it by `changes`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import Comparison, EdgeChange, OrderChange, compare, still_there
from wflgit.core.discretion import conceal_comparison
from wflgit.core.fieldchanges import FieldChange
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Graph, StepKind
from wflgit.core.identity import match_steps
from wflgit.core.records import Identity
from wflgit.core.telling import list_changes

NOWHERE = Graph("", None, None, (), {}, ())
"""The graph of a version that deleted the workflow, and of what was before the first one."""


@dataclass(frozen=True)
class StepChange:
    """One thing that was done to a step. Secrets are not in it.

    Attributes:
        type: what.
        subject: the step; another one where that is the one that was put around it, or taken from around it.
        was: for what was renamed, or moved: the id before, if it is another.
        label: for a way on, its label.
        steps: for what was done to several steps at once, all of them in their order.
        between: for what was inserted, taken out or moved, the steps before and after it; None is the start, or the end.
        fields: what the step says otherwise, old and new.
        edges: which ways lead elsewhere, or are taken on another condition.
        order: for reordered branches, both orders.
    """

    type: ChangeType
    subject: str
    was: str | None = None
    label: str = ""
    steps: tuple[str, ...] = ()
    between: tuple[str | None, str | None] | None = None
    fields: tuple[FieldChange, ...] = ()
    edges: tuple[EdgeChange, ...] = ()
    order: OrderChange | None = None


@dataclass(frozen=True)
class StepEvent:
    """A version in which something was done to a step.

    Attributes:
        workflow: the slug, which is another one before the file was moved.
        version: the number.
        commit: what made the version.
        author: who wrote that.
        created_at: when it was committed, in UTC.
        summary: the first paragraph of its message.
        pull_request: the number of the pull or merge request that it came by, if its message tells.
        step: what the step is called in that version; in one that removed it, before it.
        changes: what was done. None in an event that only stands for the newest versions, because they cannot be read.
        unread: the versions right before this one that cannot be read: it may have been done there. For an event without changes
            the versions that it stands for.
    """

    workflow: str
    version: int
    commit: str
    author: Identity
    created_at: datetime
    summary: str
    pull_request: int | None
    step: str
    changes: tuple[StepChange, ...]
    unread: tuple[int, ...] = ()


@dataclass(frozen=True)
class StepBlame:
    """Who last did something to a step.

    Attributes:
        step: its id in the version that was asked about.
        type: its type there.
        name: its display name there, else None.
        last: the version in which something was last done to it.
    """

    step: str
    type: str
    name: str | None
    last: StepEvent


_CAME = frozenset({ChangeType.STEP_ADDED, ChangeType.STEPS_INSERTED, ChangeType.TRIGGER_ADDED})
_WENT = frozenset({ChangeType.STEP_REMOVED, ChangeType.STEPS_TAKEN_OUT, ChangeType.TRIGGER_REMOVED})
_OF_GOALS = frozenset({ChangeType.GOAL_ADDED, ChangeType.GOAL_REMOVED, ChangeType.GOAL_CHANGED})
_OF_TRIGGERS = frozenset(type_ for type_ in ChangeType if type_.startswith("trigger-"))
_WITHOUT_MEANING = frozenset({Worth.COSMETIC, Worth.VOLATILE})


class Turn:
    """What happened from one version to the next, asked step by step; worked out when it is first asked."""

    def __init__(self, old: Graph, new: Graph) -> None:
        self.old = old
        self.new = new

    def after(self, step: str) -> str | None:
        """What a step of the old version is called in the new one; None if it is not there any more."""
        return self._names.get(step)

    def before(self, step: str) -> str | None:
        """What a step of the new version was called in the old one; None if it was not there."""
        return self._origins.get(step)

    def happened(self, before: str | None, now: str | None) -> tuple[StepChange, ...]:
        """What was done to a step.

        Args:
            before: what it is called in the old version; None if it is not there.
            now: what it is called in the new version; None if it is not there.
        """
        name = before if now is None else now
        if name is None:
            return ()
        found = tuple(
            _told(change, name) for change in self._by_step.get(name, ()) if self._concerns(change, name, gone=now is None)
        )
        if before is None and not any(change.type in _CAME for change in found):
            return (StepChange(ChangeType.STEP_ADDED, name), *found)
        if now is None and not any(change.type in _WENT for change in found):
            return (StepChange(ChangeType.STEP_REMOVED, name), *found)
        return found

    def _concerns(self, change: Change, name: str, *, gone: bool) -> bool:
        """Whether a change is about the step of that name and not about a trigger or another step that is called so."""
        if change.type in _OF_TRIGGERS and (self.old if gone else self.new).steps[name].kind is not StepKind.TRIGGER:
            return False
        return change.type in {*_WENT, ChangeType.STEPS_UNWRAPPED} if gone else change.type not in _WENT

    @cached_property
    def _comparison(self) -> Comparison:
        return compare(self.old, self.new)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        """What the steps that are in both versions are called in the new one, by what they are called in the old one."""
        return still_there(self._comparison, self.old, self.new)

    @cached_property
    def _origins(self) -> Mapping[str, str]:
        return {now: before for before, now in self._names.items()}

    @cached_property
    def _by_step(self) -> Mapping[str, list[Change]]:
        """What somebody did, without secrets, by the steps that it was done to; nothing where the whole workflow came or went."""
        found: dict[str, list[Change]] = {}
        for change in self._changes():
            if change.worth not in _WITHOUT_MEANING and change.type not in _OF_GOALS:
                for step in {change.subject, *change.steps}:
                    found.setdefault(step, []).append(change)
        return found

    def _changes(self) -> tuple[Change, ...]:
        if NOWHERE in (self.old, self.new) or not self._comparison:
            return ()
        changes = list_changes(conceal_comparison(self._comparison), self.old, self.new)
        if self.old.format == self.new.format:
            return changes
        return tuple(replace(change, fields=()) for change in changes)  # another format has other secrets


def _told(change: Change, step: str) -> StepChange:
    return StepChange(
        type=change.type,
        subject=change.subject,
        was=change.was,
        label=change.label,
        steps=change.steps,
        between=change.between,
        fields=_own_fields(change, step) if change.steps else change.fields,
        edges=change.edges,
        order=change.order,
    )


def _own_fields(change: Change, step: str) -> tuple[FieldChange, ...]:
    """Of what a change of several steps is about, the fields of one of them."""
    topics = {field.path[0] for field in change.fields}
    return tuple(field for part in change.parts if part.id == step for field in part.fields if field.path[0] in topics)


_MERGE = re.compile(r"Merge pull request #([0-9]{1,9})\b")
_SQUASH = re.compile(r"\(#([0-9]{1,9})\)$")
_MERGE_REQUEST = re.compile(r"^See merge request \S*?!([0-9]{1,9})$", re.MULTILINE)


def pull_request_of(message: str) -> int | None:
    r"""The number of the pull or merge request that a commit came by, as GitHub and GitLab write it into the message.

    >>> pull_request_of("Merge pull request #12 from ben/wait"), pull_request_of("Wait two days (#12)")
    (12, 12)
    >>> pull_request_of("Merge branch 'wait'\n\nWait two days\n\nSee merge request acme/crm!12")
    12
    """
    subject = message.lstrip().partition("\n")[0].rstrip()
    found = _MERGE.match(subject) or _SQUASH.search(subject) or _MERGE_REQUEST.search(message.replace("\r\n", "\n"))
    return int(found[1]) if found else None


def is_continued(old: Graph, new: Graph) -> bool:
    """Say whether a file that came when another one went is that one, moved and edited: at least half of the steps are the same."""
    return 2 * len(match_steps(old, new)) >= max(len(old.steps), len(new.steps), 1)
