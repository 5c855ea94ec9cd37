"""What a change does to goals: who leaves early, and where to. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from wflgit.core.diff import PartChange
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.graph import Goal
from wflgit.core.impact.conditions import Implication, compare_filters
from wflgit.core.impact.rule import Action, Area, Meets, Raised, Rule
from wflgit.core.jsonvalues import same
from wflgit.core.problems import Severity

if TYPE_CHECKING:
    from wflgit.core.impact.rule import Check
    from wflgit.core.impact.situation import Situation

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

REMOVED = Rule(
    "WFL701",
    "goal-removed",
    Area.GOALS,
    Action.REMOVED,
    _ERROR,
    _WARNING,
    Meets.ALL,
    "Nobody leaves early any more when it comes to pass: those who have succeeded go on through all steps.",
    "make sure that the steps are right for those too who have reached it",
    mirror="WFL702",
)
ADDED = Rule(
    "WFL702",
    "goal-added",
    Area.GOALS,
    Action.ADDED,
    _WARNING,
    _INFO,
    Meets.ALL,
    "Whoever is on the way leaves wherever he stands as soon as it comes to pass.",
    "make sure that those who are on the way are meant to leave, and that it leads where they belong",
    mirror="WFL701",
)
WIDENED = Rule(
    "WFL703",
    "goal-widened",
    Area.GOALS,
    Action.WIDENED,
    _WARNING,
    _INFO,
    Meets.ALL,
    "More events count than before, so more executions leave early.",
    "make sure that the further events mean success too",
    mirror="WFL704",
)
NARROWED = Rule(
    "WFL704",
    "goal-narrowed",
    Area.GOALS,
    Action.NARROWED,
    _WARNING,
    _INFO,
    Meets.ALL,
    "Fewer events count than before: some who would have left go on through all steps.",
    "make sure that the steps are right for those who no longer leave",
    mirror="WFL703",
)
CHANGED = Rule(
    "WFL705",
    "goal-changed",
    Area.GOALS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.ALL,
    "Other events count than before: who would have left goes on, and others leave.",
    "make sure that nobody waits for the event that counted before",
    alone="that other events count has no opposite but counting the old ones again",
)
TARGET_CHANGED = Rule(
    "WFL706",
    "goal-target-changed",
    Area.GOALS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.ALL,
    "Whoever reaches the goal goes on elsewhere than before.",
    "make sure that nothing that is skipped is needed",
    alone="a target that changed has no opposite but changing again",
)

RULES: tuple[Rule, ...] = (REMOVED, ADDED, WIDENED, NARROWED, CHANGED, TARGET_CHANGED)

_BY_IMPLICATION = {
    Implication.WIDER: (WIDENED, "counts for more events than before"),
    Implication.NARROWER: (NARROWED, "counts for fewer events than before"),
    Implication.DIFFERENT: (CHANGED, "counts for other events than before"),
}


def _check(situation: Situation) -> Iterator[Raised]:
    for change in situation.comparison.goals:
        yield from _changes(change, situation)


def _changes(change: PartChange, situation: Situation) -> Iterator[Raised]:
    old, new, subject = change.old, change.new, f"goal {change.id}"
    if change.kind is ChangeKind.REMOVED and isinstance(old, Goal):
        message = f"goal '{old.id}' was removed: '{old.event}' takes nobody out any more"
        yield Raised(REMOVED, subject, message, pointer=old.pointer, side="base", old=[old.event, old.config])
    elif isinstance(new, Goal) and not isinstance(old, Goal):
        message = f"goal '{new.id}' was added: '{new.event}' takes executions out {_where(new.target)}"
        yield Raised(ADDED, subject, message, step=new.target, pointer=new.pointer, new=[new.event, new.config])
    elif isinstance(old, Goal) and isinstance(new, Goal):
        if old.event != new.event:
            message = f"goal '{new.id}' is reached by '{new.event}' now, before that by '{old.event}'"
            yield Raised(CHANGED, subject, message, pointer=new.pointer, old=old.event, new=new.event)
        elif not same(old.config, new.config):
            rule, what = _BY_IMPLICATION.get(compare_filters(old.config, new.config), _BY_IMPLICATION[Implication.DIFFERENT])
            yield Raised(rule, subject, f"goal '{new.id}' {what}", pointer=new.pointer, old=old.config, new=new.config)
        before = situation.new_ids.get(old.target or "", old.target)
        if before != new.target:
            message = f"goal '{new.id}' leads {_where(new.target)} now, before that {_where(before)}"
            yield Raised(TARGET_CHANGED, subject, message, step=new.target, pointer=new.pointer, old=before, new=new.target)


def _where(target: str | None) -> str:
    return "to the end" if target is None else f"to '{target}'"


CHECKS: tuple[Check, ...] = (_check,)
