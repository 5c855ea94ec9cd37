"""What a rule is, and what a check of one says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wflgit.core.problems import Severity

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer
    from wflgit.core.impact.situation import Situation


class Area(StrEnum):
    """What part of a workflow a rule looks at; the hundreds of its code say so too."""

    STEPS = "steps"
    WAYS = "ways"
    TRIGGERS = "triggers"
    WAITS = "waits"
    CONFIGS = "configs"
    DATA = "data"
    GOALS = "goals"
    REFERENCES = "references"
    REVIEW = "review"


class Action(StrEnum):
    """What was done to it."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    ENABLED = "enabled"
    DISABLED = "disabled"
    WIDENED = "widened"
    NARROWED = "narrowed"
    LENGTHENED = "lengthened"
    SHORTENED = "shortened"
    LOWERED = "lowered"


class Meets(StrEnum):
    """Which live executions a rule is about."""

    AT = "at"
    """Those that stand at the steps in question."""
    UPSTREAM = "upstream"
    """Those too that can still come there."""
    ALL = "all"
    """All of the workflow."""
    NONE = "none"
    """None: it is about those who will start, or about the file."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a review.

    Attributes:
        code: `WFL` and three digits; never given to another rule.
        name: kebab-case, for people; as stable as the code.
        area: what it looks at.
        action: what was done to that.
        severity: how bad it is where executions are concerned, or it is not known whether any are.
        idle: how bad it is where it is known that none are.
        meets: which executions count.
        reason: why it matters, in a sentence or two.
        advice: what to do, in a sentence.
        mirror: the code of the rule for the opposite action; None where `alone` says why there is none.
        alone: why it has no mirror.
        follows: whether it may be a consequence of another finding, and is then shown under it.
    """

    code: str
    name: str
    area: Area
    action: Action
    severity: Severity
    idle: Severity
    meets: Meets
    reason: str
    advice: str
    mirror: str | None = None
    alone: str = ""
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    """What a check says: that its rule holds, and of what.

    Attributes:
        rule: the rule.
        subject: what it is about, by ids: `step hello`, `edge hello (yes)`, `trigger signup`, `goal booked`, `workflow`.
        message: one sentence, lower-case, no full stop, without any secret or private value.
        steps: the steps of the base at which executions are concerned, by their ids there; see `Rule.meets`.
        step: the step it is about, as the head calls it if it is there; None if it is about none.
        pointer: where it is in the document of the side it is shown on.
        side: `head`, or `base` for what the head does not have.
        old: what was there before, JSON, for the fingerprint only.
        new: what is there now, JSON, for the fingerprint only.
        severity: another severity than the rule's own, where this one is worse or less bad; lowered like the rule's where it
            is known that nobody is concerned.
        advice: more exact advice than the rule's.
        causes: subjects of which this is a consequence, if they are findings; for rules that follow.
    """

    rule: Rule
    subject: str
    message: str
    steps: tuple[str, ...] = ()
    step: str | None = None
    pointer: Pointer = ()
    side: str = "head"
    old: Any = None
    new: Any = None
    severity: Severity | None = None
    advice: str | None = None
    causes: tuple[str, ...] = ()


Check = Callable[["Situation"], Iterator[Raised]]
"""Looks at a changed workflow and says which of its rules hold."""
