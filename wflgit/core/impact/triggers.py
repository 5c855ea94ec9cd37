"""What a change does to those who will start: triggers and their filters, schedules, and who may come at all. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.graph import Step, Trigger
from wflgit.core.impact.conditions import Implication, compare_filters, is_predicate, together
from wflgit.core.impact.edits import (
    Edit,
    Said,
    gives_nothing,
    list_paths,
    news,
    settings_edit,
    step_edits,
    trigger_edits,
    was,
)
from wflgit.core.impact.roles import Role, role_of, sends, words_of
from wflgit.core.impact.rule import Check, Raised, Rule
from wflgit.core.impact.schedules import firings_per_year
from wflgit.core.impact.trigger_rules import (
    ACTIVATED,
    ADDED,
    BACKFILL,
    CALLED,
    CHANGED,
    DEACTIVATED,
    DISABLED,
    ENABLED,
    FILTER,
    NARROWED,
    RATE_ADDED,
    RATE_REMOVED,
    REENTRY_DISABLED,
    REENTRY_ENABLED,
    REMOVED,
    RETYPED,
    RULES,
    SCHEDULE,
    SUPPRESSION_ADDED,
    SUPPRESSION_REMOVED,
    WIDENED,
)
from wflgit.core.predicates import comparisons
from wflgit.core.problems import Severity
from wflgit.core.wording import quote

if TYPE_CHECKING:
    from wflgit.core.diff import PartChange
    from wflgit.core.graph import Graph
    from wflgit.core.impact.situation import Situation

__all__ = ["CHECKS", "RULES", "explain_settings"]

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


# Which triggers there are


def check_triggers(situation: Situation) -> Iterator[Raised]:
    """Triggers that came, went, became others, or were switched on or off."""
    changes = situation.comparison.triggers
    gone = [change.old for change in changes if change.new is None and isinstance(change.old, Trigger)]
    come = [change.new for change in changes if change.old is None and isinstance(change.new, Trigger)]
    retyped = dict(_replaced(situation, gone, come))
    for old in gone:
        if old.id in retyped:
            yield _retyped(situation, old, retyped[old.id])
        else:
            message = f"the trigger {_named(situation, old)} is gone"
            severity = _INFO if old.disabled or _is_by_hand(old) else None
            yield Raised(
                REMOVED, f"trigger {old.id}", message, pointer=old.pointer, side="base", old=_content(old), severity=severity
            )
    taken = {new.id for new in retyped.values()}
    for new in come:
        if new.id not in taken:
            message = f"the trigger {_named(situation, new)} is new"
            severity = _INFO if new.disabled or _is_by_hand(new) else None
            yield Raised(
                ADDED,
                f"trigger {new.id}",
                message,
                step=_step(situation, new),
                pointer=new.pointer,
                new=_content(new),
                severity=severity,
            )
    for change in changes:
        yield from _changed_as_a_whole(situation, change)


def _changed_as_a_whole(situation: Situation, change: PartChange) -> Iterator[Raised]:
    old, new = change.old, change.new
    if not isinstance(old, Trigger) or not isinstance(new, Trigger):
        return
    if old.type != new.type:
        yield _retyped(situation, old, new)
    if old.disabled != new.disabled:
        rule, what = (DISABLED, "disabled") if new.disabled else (ENABLED, "enabled")
        yield Raised(
            rule,
            f"trigger {new.id}",
            f"the trigger {situation.sides.name(new.id)} is {what}",
            step=_step(situation, new),
            pointer=new.pointer,
            old=old.disabled,
            new=new.disabled,
        )


def _retyped(situation: Situation, old: Trigger, new: Trigger) -> Raised:
    called = f" {situation.sides.name(new.id)}" if new.id != new.type else ""
    message = f"the trigger{called} is of the type {quote(new.type)} instead of {quote(old.type)}"
    severity = _INFO if old.disabled and new.disabled else None
    return Raised(
        RETYPED,
        f"trigger {new.id}",
        message,
        step=_step(situation, new),
        pointer=new.pointer,
        old=old.type,
        new=new.type,
        severity=severity,
    )


def _replaced(situation: Situation, gone: list[Trigger], come: list[Trigger]) -> Iterator[tuple[str, Trigger]]:
    """The triggers that went, by id, with the one that came in the place of each: it alone leads where that one led."""
    for old in gone:
        aim = {situation.new_ids.get(target, target) for target in _aims(situation.old, old)}
        others = [other for other in gone if other is not old and _aims(situation.old, other) == _aims(situation.old, old)]
        found = [new for new in come if _aims(situation.new, new) == aim]
        if aim and not others and len(found) == 1:
            yield old.id, found[0]


def _aims(graph: Graph, trigger: Trigger) -> set[str]:
    """Where executions that a trigger starts do their first step."""
    if trigger.start is None:
        return {graph.start} if graph.start is not None else set()
    return {edge.target for edge in graph.outgoing.get(trigger.start, ()) if edge.target is not None}


def _named(situation: Situation, trigger: Trigger) -> str:
    called = situation.sides.name(trigger.id)
    return called if trigger.id == trigger.type else f"{called} of the type {quote(trigger.type)}"


def _step(situation: Situation, trigger: Trigger) -> str | None:
    return trigger.id if trigger.id in situation.new.steps else None


def _content(trigger: Trigger) -> dict[str, Any]:
    return {"type": trigger.type, "config": trigger.config}


def _is_by_hand(trigger: Trigger) -> bool:
    """Whether only somebody who presses a button starts it."""
    return "manual" in words_of(trigger.type)


# What they are told


class _Judgement(NamedTuple):
    """What a changed field comes to."""

    rule: Rule
    message: str
    severity: Severity | None = None


def check_configs(situation: Situation) -> Iterator[Raised]:
    """What triggers are told, each field by the first rule that can say what it means, and the rest together."""
    for edit in trigger_edits(situation):
        found: list[_Found] = [
            *_judged_fields(edit, edit.said),
            *_called(edit),
            *_scheduled(edit),
            *_filtered(edit, situation.new.format),
        ]
        explained = {said.path for _, saids in found for said in saids}
        if rest := [said for said in edit.said if said.path not in explained]:
            message = f"{edit.called} is told something else in {list_paths(said.path for said in rest)}"
            found.append((_Judgement(CHANGED, message), rest))
        yield from (_raise(edit, judgement, saids) for judgement, saids in found)


def check_settings(situation: Situation) -> Iterator[Raised]:
    """What is said of the workflow as a whole about who may start, and of its sending steps about who is left out."""
    edit = settings_edit(situation)
    yield from (_raise(edit, judgement, saids) for judgement, saids in explain_settings(situation, edit))
    for step_edit in step_edits(situation):
        if any(isinstance(part, Step) and sends(part) for part in (step_edit.part, step_edit.was)):
            for said in step_edit.about(Role.SUPPRESSION):
                if judgement := _judge_suppression(step_edit, said):
                    yield _raise(step_edit, judgement, [said])


CHECKS: tuple[Check, ...] = (check_triggers, check_configs, check_settings)

_Found = tuple[_Judgement, list[Said]]


def explain_settings(situation: Situation, edit: Edit) -> list[_Found]:
    """What fields of the workflow as a whole mean to those who will start; the others are for other rules."""
    found = _judged_fields(edit, edit.said)
    found += [(judgement, [said]) for said in edit.said if (judgement := _judge_activity(said))]
    zones = [said for said in edit.said if said.role is Role.SCHEDULE and "zone" in "".join(words_of(str(said.path[-1])))]
    if zones and any(firings_per_year(trigger.config) is not None for trigger in situation.new.triggers):
        message = f"the workflow goes by the clock of{edit.show(zones[0]) or ' another time zone'}"
        found.append((_Judgement(SCHEDULE, message), zones))
    return found


def _raise(edit: Edit, judgement: _Judgement, saids: list[Said]) -> Raised:
    part, before = edit.part, edit.was
    idle = isinstance(part, Trigger) and isinstance(before, Trigger) and part.disabled and before.disabled
    return Raised(
        judgement.rule,
        edit.subject,
        judgement.message,
        steps=edit.base,
        step=edit.step,
        pointer=edit.at(saids[0].path),
        old=was(saids),
        new=news(saids),
        severity=_INFO if idle else judgement.severity,
    )


def _judged_fields(edit: Edit, saids: Iterable[Said]) -> list[_Found]:
    """The fields whose meaning can be told one by one."""
    judges = {
        Role.REENTRY: _judge_reentry,
        Role.SUPPRESSION: _judge_suppression,
        Role.RATE: _judge_rate,
        Role.BACKFILL: _judge_backfill,
    }
    found: list[_Found] = []
    for said in saids:
        judge: Callable[[Edit, Said], _Judgement | None] | None = judges.get(said.role) if said.role else None
        if judge is not None and (judgement := judge(edit, said)):
            found.append((judgement, [said]))
    return found


def _judge_reentry(edit: Edit, said: Said) -> _Judgement | None:
    before, now = (not gives_nothing(value) for value in (said.old, said.new))
    if before == now:
        return None
    if now:
        return _Judgement(REENTRY_ENABLED, f"{edit.called} lets contacts come again")
    return _Judgement(REENTRY_DISABLED, f"{edit.called} lets nobody come again")


_AGAINST = frozenset({"ignore", "ignores", "skip", "bypass", "disable", "allow", "override"})


def _judge_suppression(edit: Edit, said: Said) -> _Judgement | None:
    key = quote(str(said.path[-1]))
    if not _AGAINST.isdisjoint(words_of(str(said.path[-1]))):
        said = said._replace(old=gives_nothing(said.old), new=gives_nothing(said.new))
    if gives_nothing(said.old):
        return None if gives_nothing(said.new) else _Judgement(SUPPRESSION_ADDED, f"{edit.called} leaves out more, by {key}")
    if gives_nothing(said.new):
        return _Judgement(SUPPRESSION_REMOVED, f"{edit.called} leaves out nobody any more by {key}")
    if isinstance(said.old, list) and isinstance(said.new, list):
        now = {json.dumps(item, sort_keys=True) for item in said.new}
        missing = sum(json.dumps(item, sort_keys=True) not in now for item in said.old)
        if not missing:
            return _Judgement(SUPPRESSION_ADDED, f"{edit.called} leaves out more, by {key}")
        return _Judgement(SUPPRESSION_REMOVED, f"{edit.called} leaves out fewer: {missing} fewer of those before in {key}")
    return _Judgement(SUPPRESSION_REMOVED, f"{edit.called} leaves out others than before, by {key}", _WARNING)


def _judge_rate(edit: Edit, said: Said) -> _Judgement | None:
    before, now = (not gives_nothing(value) for value in (said.old, said.new))
    key = quote(str(said.path[-1]))
    if before and not now:
        return _Judgement(RATE_REMOVED, f"{edit.called} has no limit {key} any more")
    return _Judgement(RATE_ADDED, f"{edit.called} has a limit {key}") if now and not before else None


def _judge_backfill(edit: Edit, said: Said) -> _Judgement | None:
    if gives_nothing(said.old) and not gives_nothing(said.new):
        return _Judgement(BACKFILL, f"{edit.called} takes in those too who were there already, by {quote(str(said.path[-1]))}")
    return None


_ACTIVE = {True: True, False: False, "enabled": True, "disabled": False, "suspended": False}


def _judge_activity(said: Said) -> _Judgement | None:
    """Whether the workflow as a whole was switched on or off: `active` of n8n, the `state` of a Logic App."""
    if said.path != ("active",) and not (said.path[0] == "deployment" and said.path[-1] == "state"):
        return None
    before, now = (
        _ACTIVE.get(value.lower() if isinstance(value, str) else value) if isinstance(value, str | bool) else None
        for value in (said.old, said.new)
    )
    if before is None or now is None or before == now:
        return None
    return _Judgement(ACTIVATED, "the workflow is activated") if now else _Judgement(DEACTIVATED, "the workflow is deactivated")


_CALLED = frozenset({"http in", "request", "form trigger", "chat trigger", "websocket in", "http webhook"})


def _called(edit: Edit) -> Iterator[_Found]:
    """By what address, method and credentials other systems call."""
    words = words_of(edit.part.type.rpartition(".")[2]) if isinstance(edit.part, Trigger) else ()
    if "webhook" not in words and " ".join(words) not in _CALLED:
        return
    saids = [*edit.about(Role.ENDPOINT, Role.METHOD, Role.CREDENTIAL)]
    if saids:
        named = {Role.ENDPOINT: "another address", Role.METHOD: "another method", Role.CREDENTIAL: "other credentials"}
        what = " and ".join(dict.fromkeys(named[said.role] for said in saids if said.role))
        yield _Judgement(CALLED, f"{edit.called} has {what} than its callers know"), saids


def _scheduled(edit: Edit) -> Iterator[_Found]:
    """When and how often it fires."""
    saids = [*edit.about(Role.SCHEDULE)]
    if not saids:
        return
    before, now = firings_per_year(edit.old), firings_per_year(edit.new)
    is_short = len(saids) == 1 and not isinstance(saids[0].new, dict | list)
    shown = edit.show(saids[0]) if is_short and saids[0].new is not None else ""
    message = f"{edit.called} goes by{shown or ' another schedule'}"
    if before is None or now is None:
        yield _Judgement(SCHEDULE, message), saids
        return
    more, fewer = round(now / before), round(before / now)
    often = f", about {more} times as often" if more > 1 else f", about {fewer} times less often" if fewer > 1 else ""
    yield _Judgement(SCHEDULE, f"{message}{often}", _ERROR if now >= _MANY_TIMES * before else None), saids


_MANY_TIMES = 10

_ONLY = frozenset(
    {"source", "field", "value", "template", "link", "calendar", "pipeline", "stage", "product", "form", "list", "tag"}
)
"""By what the built-in triggers choose."""


def _filtered(edit: Edit, format_name: str) -> Iterator[_Found]:
    """Whom it lets in."""
    found = [(said, implication) for said in edit.said if (implication := _compare(said, native=format_name == "native"))]
    lost = [said for said, _ in found if _suppressing(said.old) - _suppressing(said.new)]
    if lost:
        keys = list_paths(said.path for said in lost)
        yield _Judgement(SUPPRESSION_REMOVED, f"{edit.called} does not ask for consent any more in {keys}"), lost
    rest = [(said, implication) for said, implication in found if said not in lost]
    if rest:
        keys = list_paths(said.path for said, _ in rest)
        rule, what = {
            Implication.WIDER: (WIDENED, "lets in more"),
            Implication.NARROWER: (NARROWED, "lets in fewer"),
        }.get(together(implication for _, implication in rest), (FILTER, "lets in others"))
        yield _Judgement(rule, f"{edit.called} {what} by {keys}"), [said for said, _ in rest]


def _compare(said: Said, *, native: bool) -> Implication | None:
    """What a field does to whom a trigger lets in; None if it is no filter."""
    key = words_of(str(said.path[-1]))
    if said.role is not Role.RATE and key[:1] in (("min",), ("max",)):
        numbers = all(isinstance(value, int | float) for value in (said.old, said.new))
        if numbers and said.old != said.new:
            return Implication.WIDER if (said.new < said.old) == (key[0] == "min") else Implication.NARROWER
        return compare_filters(said.old, said.new)
    if said.role is Role.FILTER or (native and len(said.path) == 1 and said.path[0] in _ONLY):
        return compare_filters(said.old, said.new)
    return None


def _suppressing(value: Any) -> set[str]:
    """The comparisons in a condition by which some are left out who unsubscribed or never agreed."""
    found = comparisons(value) if is_predicate(value) else ()
    return {
        json.dumps([said["op"], said.get("value")], sort_keys=True) + said["field"]
        for said in found
        if any(role_of((part,)) is Role.SUPPRESSION for part in said["field"].split("."))
    }
