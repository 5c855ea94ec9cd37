"""What of a graph the native format cannot say, found by reading what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.native.reading import TITLE
from wflgit.core.jsonvalues import same
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wflgit.core.graph import Edge, Goal, Graph, Pointer, Step, Trigger

_WAYS_HINT = "a way is a branch with a label, or 'next', 'timeout', 'error' or 'otherwise' without a condition"
_TRIGGER_HINT = "triggers are called by their types, further ones of a type with '-2', '-3' and so on, and are never disabled"


def lost_parts(wanted: Graph, said: Graph) -> Iterator[Problem]:
    """Find what was to be said and does not come back when the written document is read."""
    if (wanted.name, wanted.start) != (said.name, said.start):
        yield _cannot_say(f"it is called {quote(wanted.name)} and starts at {quote(wanted.start)}", ())
    for key in sorted(wanted.settings.keys() - said.settings.keys()):
        yield _cannot_say(f"there is a setting '{key}'", (), "of the whole, only a 'description' can be said")
    if [*map(_trigger, wanted.triggers)] != [*map(_trigger, said.triggers)]:
        yield from _lost_triggers(wanted, said)
    for goal in wanted.goals:
        if not any(same(_goal(goal), _goal(other)) for other in said.goals):
            yield _cannot_say(f"there is a goal '{goal.id}' as no goal can be", goal.pointer)
    for edge in wanted.uses:
        yield _cannot_say(f"'{edge.source}' uses another step", edge.pointer, "lead to the step instead")
    for step in wanted.steps.values():
        if not same(_step(step), _step(said.steps[step.id])):
            hint = "there are no steps inside of others, and the kind of a step follows from its type"
            yield _cannot_say(f"the step '{step.id}' is no '{step.kind}' that it knows", step.pointer, hint)
    yield from _lost_edges(wanted, said)


def _lost_triggers(wanted: Graph, said: Graph) -> Iterator[Problem]:
    there = [_trigger(trigger) for trigger in said.triggers]
    lost = [trigger for trigger in wanted.triggers if _trigger(trigger) not in there]
    for trigger in lost or wanted.triggers[:1]:
        yield _cannot_say(f"there is a trigger '{trigger.id}'", trigger.pointer, _TRIGGER_HINT)


def _lost_edges(wanted: Graph, said: Graph) -> Iterator[Problem]:
    for source in sorted(wanted.outgoing.keys() - wanted.steps.keys()):
        yield _cannot_say(f"a way begins at '{source}', which is not there", (), "begin it at another step")
    for source in wanted.steps:
        there = [*map(_edge, said.outgoing.get(source, ()))]
        for edge in wanted.outgoing.get(source, ()):
            match = next((index for index, other in enumerate(there) if same(_edge(edge), other)), None)
            if match is None:
                yield _cannot_say(f"the way '{edge.label}' of '{source}' has no place in it", edge.pointer, _WAYS_HINT)
            else:
                del there[match]


def _cannot_say(what: str, pointer: Pointer, hint: str | None = None) -> Problem:
    return Problem("cannot-say", Severity.ERROR, f"expected what {TITLE} can say but {what}", pointer, hint=hint)


def _step(step: Step) -> list[Any]:
    return [step.type, step.kind, step.config, step.name, step.scope, step.disabled]


def _edge(edge: Edge) -> list[Any]:
    return [edge.label, edge.target, edge.kind, edge.condition]


def _trigger(trigger: Trigger) -> list[Any]:
    return [trigger.id, trigger.type, trigger.config, trigger.start, trigger.disabled]


def _goal(goal: Goal) -> list[Any]:
    return [goal.id, goal.event, goal.target, goal.config]
