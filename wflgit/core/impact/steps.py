"""What a change does to steps: who loses the place where they stand, and who will do something they would not have done. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wflgit.core.changes import Change, ChangeType
from wflgit.core.graph import Step, StepKind
from wflgit.core.identity import match_steps, own_id
from wflgit.core.impact.roles import sends
from wflgit.core.impact.rule import Action, Area, Meets, Raised, Rule
from wflgit.core.impact.sides import Sides, counted, step_subject
from wflgit.core.jsonvalues import same
from wflgit.core.problems import Severity

if TYPE_CHECKING:
    from wflgit.core.impact.rule import Check
    from wflgit.core.impact.situation import Situation

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

REMOVED_ACTIVE = Rule(
    "WFL101",
    "step-removed-active",
    Area.STEPS,
    Action.REMOVED,
    _ERROR,
    _WARNING,
    Meets.AT,
    "Executions stand at the step, or it is not known that none do: they cannot be migrated before it is said where they go.",
    "say in a plan where they go (`wflgit migrate plan`), or keep the step until nobody stands at it",
    mirror="WFL108",
    follows=True,
)
REMOVED = Rule(
    "WFL102",
    "step-removed",
    Area.STEPS,
    Action.REMOVED,
    _WARNING,
    _INFO,
    Meets.UPSTREAM,
    "Nobody stands at the step, but those who are on the way to it will not do what it did.",
    "make sure that nothing after it relies on what it did",
    mirror="WFL108",
    follows=True,
)
RETYPED = Rule(
    "WFL103",
    "step-retyped",
    Area.STEPS,
    Action.CHANGED,
    _ERROR,
    _WARNING,
    Meets.AT,
    "The step does something else under the same id. What an execution that stands there has begun means nothing to the new one.",
    "give the new step an id of its own, and say in a plan where those go that stand at the old one",
    alone="a type that changed has no opposite but changing again",
)
VERSION_CHANGED = Rule(
    "WFL104",
    "step-type-version-changed",
    Area.STEPS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.UPSTREAM,
    "Another version of a step's type may read the same parameters otherwise, or hand on its results in another shape.",
    "read what is new in that version, and try the step with its results as they are used later on",
    alone="a version that goes back is as much of a change as one that goes on",
)
ID_CHANGED = Rule(
    "WFL105",
    "step-id-changed",
    Area.STEPS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.AT,
    "The step is recognised by what it says and where it stands, so executions find their way; statistics and whoever else goes by "
    "the id do not.",
    "keep the id and change the name that people see, or look at the plan before migrating",
    alone="an id that changed has no opposite but changing back",
    follows=True,
)
DISABLED = Rule(
    "WFL106",
    "step-disabled",
    Area.STEPS,
    Action.DISABLED,
    _WARNING,
    _WARNING,
    Meets.UPSTREAM,
    "Executions pass the step without doing what it does.",
    "make sure that nothing after it relies on what it did",
    mirror="WFL107",
)
ENABLED = Rule(
    "WFL107",
    "step-enabled",
    Area.STEPS,
    Action.ENABLED,
    _WARNING,
    _WARNING,
    Meets.UPSTREAM,
    "Executions that would have passed the step will do what it does.",
    "make sure that what it says is still right",
    mirror="WFL106",
)
ADDED = Rule(
    "WFL108",
    "step-added",
    Area.STEPS,
    Action.ADDED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "Executions that have not come to its place yet will come through it; those that have will not.",
    "make sure that nothing after it relies on it for those who never come through it",
    mirror="WFL102",
)
SENDING_ADDED = Rule(
    "WFL109",
    "sending-step-added",
    Area.STEPS,
    Action.ADDED,
    _WARNING,
    _INFO,
    Meets.UPSTREAM,
    "The step does something outside that cannot be taken back, and executions that started before it was there will get it too.",
    "make sure that those who are on the way are meant to get it, or let them finish on their version",
    alone="that a sending step was removed is said by WFL101 and WFL102",
)
ID_REUSED = Rule(
    "WFL110",
    "step-id-reused",
    Area.STEPS,
    Action.ADDED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "An earlier version had a step of this id and of another type: whatever goes by ids takes one for the other.",
    "give the new step an id that was never used",
    alone="an id cannot be taken back once it was used",
)
MOVED = Rule(
    "WFL111",
    "step-moved",
    Area.STEPS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "Executions between the old and the new place come to the step twice, or not at all.",
    "make sure that it may be done twice and left out",
    alone="the opposite of a move is a move",
)
MOVED_ACROSS_WAIT = Rule(
    "WFL112",
    "step-moved-across-wait",
    Area.STEPS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.UPSTREAM,
    "The step does something outside that cannot be taken back, and does it before a wait that came first, or after one that came "
    "later: those who wait get it twice, or not at all.",
    "let those who wait there finish on their version, or say in a plan where they go",
    alone="the opposite of a move is a move",
)
RENAMED = Rule(
    "WFL113",
    "step-renamed",
    Area.STEPS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.NONE,
    "Only what people call the step has changed; executions do not go by it.",
    "nothing, unless somebody looks for the step by its name",
    alone="a name that changed has no opposite but changing back",
)
CALL_CHANGED = Rule(
    "WFL114",
    "called-workflow-changed",
    Area.STEPS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.UPSTREAM,
    "The step hands over to another workflow, or to another version of it, than executions that started before were meant for.",
    "make sure that the other workflow takes what it is given, and gives back what is used later on",
    alone="a call of another workflow has no opposite but calling the old one again",
)
BULK = Rule(
    "WFL115",
    "bulk-change",
    Area.STEPS,
    Action.REMOVED,
    _WARNING,
    _INFO,
    Meets.AT,
    "So many steps are gone at once that the file looks as if it was made anew, or replaced by another workflow.",
    "if it is another workflow, give it a file of its own; if a tool has given all steps new ids, keep the old ones",
    alone="many new steps take nobody's place away",
)

RULES: tuple[Rule, ...] = (
    REMOVED_ACTIVE,
    REMOVED,
    RETYPED,
    VERSION_CHANGED,
    ID_CHANGED,
    DISABLED,
    ENABLED,
    ADDED,
    SENDING_ADDED,
    ID_REUSED,
    MOVED,
    MOVED_ACROSS_WAIT,
    RENAMED,
    CALL_CHANGED,
    BULK,
)

_MANY = 10
"""Workflows with fewer steps are rebuilt as a whole now and then."""
_SHARE = 0.3
_SURE = 0.9
"""The score from which on a recognised step is hardly another one."""
_STEPS = "steps"
"""The subject of a finding about many steps at once."""


def _gone(sides: Sides) -> Iterator[Raised]:
    """Steps that were removed."""
    bulk = len(sides.old.steps) >= _MANY and len(sides.removed) > _SHARE * len(sides.old.steps)
    if bulk:
        message = f"{len(sides.removed)} of {counted(len(sides.old.steps), 'step')} were removed at once"
        yield Raised(BULK, _STEPS, message, tuple(sides.removed), side="base", old=[*sides.removed])
    for id_, step in sides.removed.items():
        causes = [sides.branch_of[id_]] if id_ in sides.branch_of else []
        causes += sides.went(step.scope)
        yield _removed(sides, step, (*causes, *([_STEPS] if bulk else [])))


def _removed(sides: Sides, step: Step, causes: tuple[str, ...]) -> Raised:
    exposure = sides.situation.exposure
    there = exposure.count((step.id,))
    apart = there is None and bool(sides.old_reached) and step.id not in sides.old_reached
    message = f"step {sides.name(step.id)} was removed"
    if apart:
        message += "; nothing led to it"
    elif there is None:
        message += ", and it is not known whether executions stand at it"
    elif there:
        message += f" while {counted(there, 'execution')} {'stands' if there == 1 else 'stand'} at it"
    elif coming := exposure.count(exposure.upstream((step.id,))):
        message += f"; {counted(coming, 'execution')} on the way to it will skip it"
    return Raised(
        REMOVED if there == 0 or apart else REMOVED_ACTIVE,
        step_subject(step.id),
        message,
        (step.id,),
        step.id,
        step.pointer,
        "base",
        old=_said(step),
        causes=causes,
    )


def _said(step: Step) -> dict[str, Any]:
    return {"type": step.type, "config": step.config}


def _come(sides: Sides) -> Iterator[Raised]:
    """Steps that were added."""
    for id_, step in sides.added.items():
        before = sides.situation.retired.get(id_)
        if before is not None and before != step.type:
            message = f"step {sides.name(id_)} is a '{step.type}', but an earlier version had a '{before}' of that id"
            yield Raised(ID_REUSED, step_subject(id_), message, (), id_, step.pointer, old=before, new=step.type)
        if not step.disabled:
            yield _added(sides, step)


def _added(sides: Sides, step: Step) -> Raised:
    """A step that was added meets those at the steps of the base that lead to it, and all who can still come there."""
    sending = sends(step)
    leading = _leading_to(sides, step)
    message = f"step {sides.name(step.id)} was added"
    if sending:
        message += f", which does something outside that cannot be taken back ('{step.type}')"
    rule = SENDING_ADDED if sending else ADDED
    return Raised(rule, step_subject(step.id), message, leading, step.id, step.pointer, new=_said(step))


def _leading_to(sides: Sides, step: Step) -> tuple[str, ...]:
    """The steps of the base that lead to a new one, be it through other new ones."""
    todo, seen, found = [step.id], {step.id}, []
    while todo:
        for source in sorted(sides.new_paths.before(todo.pop())):
            if source not in seen:
                seen.add(source)
                if source in sides.was:
                    found.append(sides.was[source])
                else:
                    todo.append(source)
    return tuple(found)


def _changed(sides: Sides) -> Iterator[Raised]:
    """Steps that are still there and say something else."""
    for change in sides.situation.comparison.steps:
        old, new = change.old, change.new
        if not isinstance(old, Step) or not isinstance(new, Step) or new.id not in sides.was:
            continue
        was, subject = (sides.was[new.id],), step_subject(new.id)
        if old.type != new.type:
            message = f"step {sides.name(new.id)} is a '{new.type}' now and was a '{old.type}'"
            yield Raised(RETYPED, subject, message, was, new.id, new.pointer, old=old.type, new=new.type)
        elif (before := old.config.get("typeVersion")) != (now := new.config.get("typeVersion")):
            message = f"step {sides.name(new.id)} is of version {_version(now)} of its type now and was of {_version(before)}"
            yield Raised(VERSION_CHANGED, subject, message, was, new.id, new.pointer, old=before, new=now)
        if old.disabled != new.disabled:
            rule, what = (DISABLED, "disabled") if new.disabled else (ENABLED, "enabled")
            yield Raised(rule, subject, f"step {sides.name(new.id)} was {what}", was, new.id, new.pointer)
        before_calls, calls = called_workflow(old), called_workflow(new)
        if before_calls and calls and not same(before_calls, calls):
            message = f"step {sides.name(new.id)} calls another workflow than before, or another version of it"
            yield Raised(
                CALL_CHANGED, subject, message, was, new.id, new.pointer, old=[*before_calls.items()], new=[*calls.items()]
            )
        if old.name != new.name and old.name and new.name and was[0] == new.id:
            message = f"step '{new.id}' is called '{new.name}' now, before that '{old.name}'"
            yield Raised(RENAMED, subject, message, was, new.id, new.pointer, old=old.name, new=new.name)


def _version(said: Any) -> str:
    return str(said) if isinstance(said, int | float) else "none"


_CALLS = (
    ("workflow",),
    ("version",),
    ("parameters", "workflowId"),
    ("Parameters", "StateMachineArn"),
    ("Arguments", "StateMachineArn"),
    ("inputs", "host", "workflow"),
    ("inputs", "host", "workflowReferenceName"),
    ("links",),
)
"""Where steps of the formats name a workflow that they call, and its version."""
_CALLING = ("workflow", "states:startExecution", "link call", "states:::aws-sdk:sfn")


def called_workflow(step: Step) -> dict[tuple[str, ...], Any]:
    """What a step says of the workflow that it calls, by its place in the config; nothing, for one that calls none."""
    what = f"{step.type} {step.config.get('Resource', '')}"
    if not any(word.lower() in what.lower() for word in _CALLING):
        return {}
    found: dict[tuple[str, ...], Any] = {}
    for path in _CALLS:
        value: Any = step.config
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            found[path] = value
    return found


def _renamed(sides: Sides) -> Iterator[Raised]:
    """Steps that have another id: only another name, where their tool knows them by a key, which stayed."""
    recognised = []
    for was, now in sides.now.items():
        old, new = sides.old.steps[was], sides.new.steps[now]
        if was == now or (old.scope is not None and own_id(old) == own_id(new)):
            continue
        is_trigger = new.kind is StepKind.TRIGGER
        if is_trigger or (old.key is not None and old.key == new.key):
            message = f"{'trigger' if is_trigger else 'step'} '{was}' is called '{now}' now"
            yield Raised(
                RENAMED, f"trigger {now}" if is_trigger else step_subject(now), message, (was,), now, new.pointer, old=was, new=now
            )
        else:
            recognised.append((old, new))
    scores = match_steps(sides.old, sides.new) if recognised else {}
    for old, new in recognised:
        yield _recognised(sides, old, new, scores[old.id].score if old.id in scores else 0)


def _recognised(sides: Sides, old: Step, new: Step, score: float) -> Raised:
    return Raised(
        ID_CHANGED,
        step_subject(new.id),
        f"step '{old.id}' has the id '{new.id}' now; it was recognised ({score:.0%} alike)",
        (old.id,),
        new.id,
        new.pointer,
        old=old.id,
        new=new.id,
        severity=_INFO if score >= _SURE else None,
        # A step that was put into a scope may have got the id of that before its own.
        causes=(*sides.come(new.scope), *sides.went(old.scope)),
    )


def _moved(sides: Sides) -> Iterator[Raised]:
    """Steps that stand elsewhere."""
    for change in sides.situation.changes:
        if change.type is ChangeType.STEP_MOVED:
            yield _elsewhere(sides, change)


def _elsewhere(sides: Sides, change: Change) -> Raised:
    moved = [step for step in change.steps or (change.subject,) if step in sides.was]
    step = sides.new.steps[change.subject]
    was = tuple(sides.was[moved_step] for moved_step in moved)
    before, now = change.between or (None, None)
    place = f"after {sides.name(before)}" if before is not None else f"before {sides.name(now)}" if now is not None else "elsewhere"
    said = f"{sides.names(moved)} {'stands' if len(moved) == 1 else 'stand'} {place} now"
    rule, subject = MOVED, step_subject(change.subject)
    if any(sends(sides.new.steps[moved_step]) for moved_step in moved):
        earlier, later = _waits_crossed(sides, moved)
        if earlier or later:
            rule = MOVED_ACROSS_WAIT
            said += f", before the wait {sides.names(earlier)}" if earlier else ""
            said += f", after the wait {sides.names(later)}" if later else ""
    return Raised(rule, subject, said, was, change.subject, step.pointer, new=[before, now])


def _waits_crossed(sides: Sides, moved: list[str]) -> tuple[list[str], list[str]]:
    """The waits that one came through before these steps and does no more, and those that one comes through now."""
    before = {sides.now.get(step) for step in sides.old_paths.to(sides.was[step] for step in moved)}
    now = sides.new_paths.to(moved)
    waits = [
        step.id for step in sides.new.steps.values() if step.kind is StepKind.WAIT and step.id in sides.was and not step.disabled
    ]
    waits = [wait for wait in waits if wait not in moved]
    return [wait for wait in waits if wait in before - now], [wait for wait in waits if wait in now - before]


_LOOKS = (_gone, _come, _changed, _renamed, _moved)


def _check(situation: Situation) -> Iterator[Raised]:
    for look in _LOOKS:
        yield from look(situation.sides)


CHECKS: tuple[Check, ...] = (_check,)
