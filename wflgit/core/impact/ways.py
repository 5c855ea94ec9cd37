"""What a change does to the ways between steps: who comes where now, and who no longer does. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wflgit.core.changes import ChangeType
from wflgit.core.diff import EdgeChange
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind
from wflgit.core.impact.loops import find_joins, find_loops
from wflgit.core.impact.rule import Raised, Rule
from wflgit.core.impact.sides import Sides, counted, edge_subject, is_branch, quoted, step_subject
from wflgit.core.impact.way_rules import (
    ALL,
    BRANCH_ADDED,
    BRANCH_BEFORE,
    BRANCH_REMOVED,
    CONDITION_CHANGED,
    DANGLING,
    DEAD_END,
    DEFAULT_ADDED,
    DEFAULT_REMOVED,
    EDGE_RETARGETED,
    ERROR_PATH_ADDED,
    ERROR_PATH_REMOVED,
    GOAL_PATH_LOST,
    ORDER_CHANGED,
    REACHABLE_AGAIN,
    START_CHANGED,
    UNREACHABLE,
    WEIGHTS_CHANGED,
)
from wflgit.core.jsonvalues import same
from wflgit.core.problems import Severity

if TYPE_CHECKING:
    from wflgit.core.impact.rule import Check
    from wflgit.core.impact.situation import Situation

_WARNING, _INFO = Severity.WARNING, Severity.INFO
_CAUGHT = frozenset({EdgeKind.ERROR, EdgeKind.TIMEOUT})
_DEFAULT = frozenset({EdgeKind.DEFAULT})
_NO_CONDITION = frozenset(
    {"typeVersion", "credentials", "onError", "retryOnFail", "maxTries", "waitBetweenTries", "executeOnce", "alwaysOutputData"}
    | {"outputs", "z", "g"}
)
"""What the config of a condition says beside what it asks."""
_BEGIN_ANYWHERE = frozenset({"nodered"})
"""Formats in which steps may well stand apart."""


# Branches


def _branches(sides: Sides) -> Iterator[Raised]:
    """Branches that came or went, their conditions, weights and order."""
    for change in sides.gone.values():
        yield _branch_removed(sides, change)
    known = {(sides.now.get(edge.source), edge.label) for edge in sides.old.edges}
    for change in sides.edges:
        edge, source = change.new, sides.new.steps[change.source]
        if edge is None:
            continue
        if change.kind is ChangeKind.ADDED and is_branch(source, edge) and (change.source, change.label) not in known:
            yield _branch_added(sides, change, edge)
        elif change.old is not None and is_branch(source, edge) and source.kind is not StepKind.SPLIT:
            yield from _branch_condition(sides, change, change.old.condition, edge)
    yield from _relabelled(sides)
    yield from _conditions(sides)
    yield from _orders(sides)
    yield from _weights(sides)


def _branch_condition(sides: Sides, change: EdgeChange, before: Any, edge: Edge) -> Iterator[Raised]:
    if not same(before, edge.condition):
        subject = edge_subject(change.source, change.label)
        message = f"branch '{change.label}' of {sides.name(change.source)} is taken on another condition"
        steps = sides.source_of(change)
        yield Raised(CONDITION_CHANGED, subject, message, steps, change.source, edge.pointer, old=before, new=edge.condition)


def _relabelled(sides: Sides) -> Iterator[Raised]:
    """Ways that lead where they led, for another outcome."""
    for gone, come in sides.relabelled:
        old, new = gone.old, come.new
        assert old is not None
        assert new is not None
        if new.condition is None or not same(old.condition, new.condition):
            yield Raised(
                CONDITION_CHANGED,
                edge_subject(come.source, come.label),
                f"way '{gone.label}' of {sides.name(come.source)}, which leads {sides.where(new.target)}, is '{come.label}' now",
                sides.source_of(come),
                come.source,
                new.pointer,
                old=[gone.label, old.condition],
                new=[come.label, new.condition],
                severity=None if old.kind is new.kind else _INFO,
            )


def _branch_removed(sides: Sides, change: EdgeChange) -> Raised:
    way = change.source, change.label
    inside = [step for step in sides.old.steps if step in sides.inside[way]]
    led = "" if change.old is None else f"; it led {sides.where(change.old.target)}"
    lost = [step for step in inside if step in sides.removed]
    what = f" with its {counted(len(lost), 'step')} {sides.names(lost)}" if lost else led
    return Raised(
        BRANCH_REMOVED,
        edge_subject(*way),
        f"branch '{change.label}' of {sides.name(change.source)} was removed{what}",
        (*sides.source_of(change), *inside),
        change.source,
        () if change.old is None else change.old.pointer,
        "base",
        old=sides.target_of(change),
        severity=None if inside else _WARNING,
        causes=sides.went(sides.target_of(change)) if not inside else (),
    )


def _branch_added(sides: Sides, change: EdgeChange, edge: Edge) -> Raised:
    siblings = [other for other in sides.new.outgoing[edge.source] if other.kind is EdgeKind.BRANCH]
    labels = [*dict.fromkeys(other.label for other in siblings)]
    before = {other.label for other in sides.old.outgoing.get(sides.was[edge.source], ())}
    behind = [label for label in labels[labels.index(edge.label) + 1 :] if label in before] if edge.label in labels else []
    first = bool(behind) and any(order.source == edge.source for order in sides.situation.comparison.orders)
    message = f"branch '{edge.label}' of {sides.name(edge.source)} was added and leads {sides.where(edge.target)}"
    return Raised(
        BRANCH_BEFORE if first else BRANCH_ADDED,
        edge_subject(edge.source, edge.label),
        f"{message}; it is tried before {quoted(behind)}" if first else message,
        sides.source_of(change),
        edge.source,
        edge.pointer,
        new=[edge.target, edge.condition],
    )


def _conditions(sides: Sides) -> Iterator[Raised]:
    """Conditions that say in their config what they ask."""
    for change in sides.situation.comparison.steps:
        old, new = change.old, change.new
        if not isinstance(old, Step) or not isinstance(new, Step) or new.kind is not StepKind.CONDITION or old.type != new.type:
            continue
        before, now = _asked(old), _asked(new)
        if not same(before, now):
            message = f"{sides.name(new.id)} asks something else before it decides on the way"
            steps = (sides.was[new.id],)
            yield Raised(CONDITION_CHANGED, step_subject(new.id), message, steps, new.id, new.pointer, old=before, new=now)


def _asked(step: Step) -> dict[str, Any]:
    return {key: value for key, value in step.config.items() if key not in _NO_CONDITION}


def _orders(sides: Sides) -> Iterator[Raised]:
    for order in sides.situation.comparison.orders:
        if order.reordered and order.source in sides.was:
            step = sides.new.steps[order.source]
            now = [edge.label for edge in order.new]
            before = [edge.label for edge in order.old]
            message = (
                f"the branches of {sides.name(step.id)} are tried in another order: {quoted(now)}, before that {quoted(before)}"
            )
            steps = (sides.was[step.id],)
            yield Raised(ORDER_CHANGED, step_subject(step.id), message, steps, step.id, step.pointer, old=before, new=now)


def _weights(sides: Sides) -> Iterator[Raised]:
    splits = {change.source for change in sides.edges if sides.new.steps[change.source].kind is StepKind.SPLIT}
    for id_ in sorted(splits):
        step, steps = sides.new.steps[id_], (sides.was[id_],)
        old, new = (
            {edge.label: edge.condition for edge in graph.outgoing.get(source, ()) if edge.kind is EdgeKind.BRANCH}
            for graph, source in ((sides.old, sides.was[id_]), (sides.new, id_))
        )
        if any(not same(weight, new[label]) for label, weight in old.items() if label in new):
            message = f"the shares of {sides.name(id_)} are {_shares(new)} now and were {_shares(old)}"
            yield Raised(WEIGHTS_CHANGED, step_subject(id_), message, steps, id_, step.pointer, old=old, new=new)


def _shares(weights: Mapping[str, Any]) -> str:
    return "/".join(str(weight) if isinstance(weight, int | float) else "?" for weight in weights.values())


def _defaults_and_errors(sides: Sides) -> Iterator[Raised]:
    """Ways for those that fit nowhere, or failed."""
    for change in sides.edges:
        for kinds, removed, added in ((_DEFAULT, DEFAULT_REMOVED, DEFAULT_ADDED), (_CAUGHT, ERROR_PATH_REMOVED, ERROR_PATH_ADDED)):
            subject = edge_subject(change.source, change.label)
            if change.kind is ChangeKind.REMOVED and change.old is not None and change.old.kind in kinds:
                yield Raised(
                    removed,
                    subject,
                    f"{_aside(sides, change)} was removed; it led {sides.where(change.old.target)}",
                    sides.source_of(change),
                    change.source,
                    change.old.pointer,
                    "base",
                    old=change.old.target,
                    causes=sides.went(sides.target_of(change)),
                )
            elif change.kind is ChangeKind.ADDED and change.new is not None and change.new.kind in kinds:
                message = f"{_aside(sides, change)} was added and leads {sides.where(change.new.target)}"
                pointer = change.new.pointer
                yield Raised(added, subject, message, sides.source_of(change), change.source, pointer, new=change.new.target)


def _aside(sides: Sides, change: EdgeChange) -> str:
    edge = change.old or change.new
    if edge is not None and edge.kind is EdgeKind.DEFAULT:
        return f"the way '{change.label}' of {sides.name(change.source)}, for those that fit no branch,"
    return f"the way '{change.label}' of {sides.name(change.source)}"


# Edges that lead elsewhere


def _turned(sides: Sides) -> Iterator[Raised]:
    """Edges that lead elsewhere, and steps that led on and do no more, or the other way round."""
    moved = {
        (edge.source, edge.label)
        for change in sides.situation.changes
        if change.type is ChangeType.STEP_MOVED
        for edge in change.edges
    }
    for change in sides.edges:
        plain = change.kind is ChangeKind.CHANGED or (change.old or change.new).kind is EdgeKind.NEXT  # type: ignore[union-attr]
        if not plain or (change.source, change.label) in moved or not _is_one_way(sides, change):
            continue
        before, now = sides.target_of(change), None if change.new is None else change.new.target
        if change.old is not None and change.new is not None and _same_target(sides, before, now):
            continue
        if _exits(sides.old, before, sides.removed, sides.now) != _exits(sides.new, now, sides.added, {}):
            if change.new is None:
                yield _dead_end(sides, change, before)
            elif now is None or now in sides.new.steps:
                yield _retargeted(sides, change, before, now)


def _is_one_way(sides: Sides, change: EdgeChange) -> bool:
    """Whether it is the only edge of its label on both sides, where it has one."""
    old = sum(edge.label == change.label for edge in sides.old.outgoing.get(sides.was[change.source], ()))
    new = sum(edge.label == change.label for edge in sides.new.outgoing.get(change.source, ()))
    return old <= 1 and new <= 1


def _same_target(sides: Sides, before: str | None, now: str | None) -> bool:
    return before is now is None or (before is not None and sides.now.get(before) == now)


def _exits(graph: Graph, target: str | None, passed: Collection[str], names: Mapping[str, str]) -> frozenset[str | None]:
    """The steps that are on both sides that one comes to from a step on, through those that are on one side only."""
    todo, seen, found = [target], set(), set()
    while todo:
        step = todo.pop()
        if step not in passed:
            found.add(None if step is None else names.get(step, step))
        elif step not in seen:
            seen.add(step)
            todo += [edge.target for edge in graph.outgoing.get(step or "", ()) if edge.kind not in _CAUGHT] or [None]
    return frozenset(found)


def _retargeted(sides: Sides, change: EdgeChange, before: str | None, now: str | None) -> Raised:
    edge = change.new
    assert edge is not None
    old = {sides.now[step] for step in (sides.old_paths.from_([before]) if before else ()) if step in sides.now}
    new = sides.new_paths.from_([now]) if now else frozenset[str]()
    skipped = [step for step in sides.new.steps if step in old and step not in new]
    gained = [step for step in sides.new.steps if step in new and step not in old and step in sides.was]
    there = sides.now.get(before or "", before)
    said = f"way '{change.label}' of {sides.name(change.source)} leads {sides.where(now)} now, before that {sides.where(there)}"
    said += f"; skipped: {sides.names(skipped)}" if skipped else ""
    said += f"; gained: {sides.names(gained)}" if gained else ""
    starting = sides.new.steps[change.source].kind is StepKind.TRIGGER
    return Raised(
        START_CHANGED if starting else EDGE_RETARGETED,
        edge_subject(change.source, change.label),
        said,
        sides.source_of(change),
        change.source,
        edge.pointer,
        old=before,
        new=now,
        causes=(*sides.went(before), *sides.come(now), *sides.come(sides.new.steps[change.source].scope)),
    )


def _dead_end(sides: Sides, change: EdgeChange, before: str | None) -> Raised:
    step = sides.new.steps[change.source]
    return Raised(
        DEAD_END,
        edge_subject(change.source, change.label),
        f"{sides.name(step.id)} led {sides.where(sides.now.get(before or '', before))} and leads nowhere now",
        sides.source_of(change),
        step.id,
        step.pointer,
        old=before,
        causes=sides.went(before),
    )


def _starts(sides: Sides) -> Iterator[Raised]:
    """Where executions begin that start from now on."""
    places = [("start", sides.old.start, sides.new.start, sides.new.start_pointer)]
    before = {sides.now.get(trigger.id, trigger.id): trigger.start for trigger in sides.old.triggers}
    places += [
        (f"trigger {trigger.id}", before[trigger.id], trigger.start, trigger.pointer)
        for trigger in sides.new.triggers
        if trigger.id in before
    ]
    for subject, old, new, pointer in places:
        if old is None or new is None or new not in sides.new.steps or _same_target(sides, old, new):
            continue
        if old in sides.old.steps and sides.old.steps[old].kind is StepKind.TRIGGER:
            continue
        if _exits(sides.old, old, sides.removed, sides.now) != _exits(sides.new, new, sides.added, {}):
            message = f"executions begin at {sides.name(new)} now, before that at {sides.name(sides.now.get(old, old))}"
            causes = (*sides.went(old), *sides.come(new))
            yield Raised(START_CHANGED, subject, message, (), new, pointer, old=old, new=new, causes=causes)


# Ends, loops, joins


def _dangling(sides: Sides) -> Iterator[Raised]:
    """Ways that lead to no step, and did not before."""
    known = {(sides.now.get(edge.source), edge.label, edge.target) for edge in _loose_ends(sides.old)}
    for edge in _loose_ends(sides.new):
        if (edge.source, edge.label, edge.target) not in known:
            yield Raised(
                DANGLING,
                edge_subject(edge.source, edge.label),
                f"way '{edge.label}' of {sides.name(edge.source)} leads to '{edge.target}', which is not there",
                (sides.was[edge.source],) if edge.source in sides.was else (),
                edge.source,
                edge.pointer,
                new=edge.target,
                causes=sides.went(edge.target),
            )
    for subject, target, pointer in _named(sides.new):
        if target not in sides.new.steps and target not in {
            step for _, step, _ in _named(sides.old) if step not in sides.old.steps
        }:
            message = f"{subject} leads to '{target}', which is not there"
            yield Raised(DANGLING, subject, message, (), None, pointer, new=target, causes=sides.went(target))


def _loose_ends(graph: Graph) -> Iterator[Edge]:
    for edge in (*graph.edges, *graph.uses):
        if edge.target is not None and edge.target not in graph.steps:
            yield edge


def _named(graph: Graph) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """The steps that are named by what is no step."""
    if graph.start is not None:
        yield "start", graph.start, graph.start_pointer
    for trigger in graph.triggers:
        if trigger.start is not None:
            yield f"trigger {trigger.id}", trigger.start, trigger.pointer
    for goal in graph.goals:
        if goal.target is not None:
            yield f"goal {goal.id}", goal.target, goal.pointer


def _reach(sides: Sides) -> Iterator[Raised]:
    """Steps that nothing leads to any more, or again, and goals that cannot be reached from everywhere any more."""
    can_tell = sides.is_rebuilt and bool(sides.old_reached) and bool(sides.new_reached)
    for id_, step in sides.new.steps.items() if can_tell else ():
        was = sides.was.get(id_)
        if step.disabled or step.kind is StepKind.TRIGGER:
            continue
        if id_ not in sides.new_reached and (was in sides.old_reached or (was is None and sides.new.format not in _BEGIN_ANYWHERE)):
            new = was is None
            yield Raised(
                UNREACHABLE,
                step_subject(id_),
                f"{sides.name(id_)} was added, and nothing leads to it" if new else f"nothing leads to {sides.name(id_)} any more",
                () if was is None else (was,),
                id_,
                step.pointer,
                severity=_INFO if new else None,
                causes=tuple(cuts[was] for cuts in (sides.branch_of, sides.cut_by) if was is not None and was in cuts),
            )
        elif was is not None and was not in sides.old_reached and id_ in sides.new_reached:
            yield Raised(REACHABLE_AGAIN, step_subject(id_), f"{sides.name(id_)} can be reached again", (was,), id_, step.pointer)
    if sides.is_rebuilt:
        yield from _goal_paths(sides)


def _goal_paths(sides: Sides) -> Iterator[Raised]:
    for goal in sides.new.steps.values():
        was = sides.was.get(goal.id)
        if goal.kind is not StepKind.GOAL or was is None:
            continue
        before, now = sides.old_paths.to([was]), sides.new_paths.to([goal.id])
        lost = [step for step in sides.old.steps if step in before and step in sides.now and sides.now[step] not in now]
        if lost:
            turned = [change for change in sides.edges if sides.was[change.source] in lost]
            yield Raised(
                GOAL_PATH_LOST,
                step_subject(goal.id),
                f"goal {sides.name(goal.id)} can no longer be reached from {sides.names([sides.now[step] for step in lost])}",
                tuple(lost),
                goal.id,
                goal.pointer,
                old=[sides.now[step] for step in lost],
                causes=(
                    *(edge_subject(change.source, change.label) for change in turned),
                    *sides.went(*(sides.target_of(change) for change in turned)),
                ),
            )


_LOOKS = (_branches, _defaults_and_errors, _turned, _starts, _dangling, _reach, find_loops, find_joins)


def _check(situation: Situation) -> Iterator[Raised]:
    for look in _LOOKS:
        yield from look(situation.sides)


RULES: tuple[Rule, ...] = ALL
CHECKS: tuple[Check, ...] = (_check,)
