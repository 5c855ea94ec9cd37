"""What a change does to loops, and to what is done at once: ways that come back, part and meet. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from wflgit.core.graph import EdgeKind, Graph, Step, StepKind
from wflgit.core.impact.rule import Raised, Rule
from wflgit.core.impact.sides import Sides, counted, edge_subject, step_subject
from wflgit.core.impact.way_rules import CYCLE, CYCLE_WITHOUT_WAIT, JOIN_CHANGED, PARALLEL_CHANGED
from wflgit.core.problems import Severity

_INFO = Severity.INFO
_JOINS = frozenset({"n8n-nodes-base.merge", "join"})
_TAKEN_TOGETHER = frozenset({EdgeKind.NEXT, EdgeKind.BRANCH})


def find_loops(sides: Sides) -> Iterator[Raised]:
    """Loops that there were none of before."""
    if not (sides.is_rebuilt or sides.situation.comparison.steps) or not _has_circle(sides.new):
        return
    circles = _circles(sides.new, skip_waits=False)
    said: list[frozenset[str]] = []
    # In other formats steps may take hours by themselves.
    if sides.new.format == "native":
        known = _circles(sides.old, skip_waits=True)
        said = [circle for circle in _circles(sides.new, skip_waits=True) if not _is_part(sides, circle, known)]
    for circle in said:
        message = f"the loop {_round(sides, circle)} has no wait in it, so an execution may run round it without end"
        yield _loop(sides, CYCLE_WITHOUT_WAIT, circle, message)
    known = _circles(sides.old, skip_waits=False)
    for circle in circles:
        if not _is_part(sides, circle, known) and not any(other <= circle for other in said):
            yield _loop(sides, CYCLE, circle, f"the steps {_round(sides, circle)} can be come to again and again")


def _loop(sides: Sides, rule: Rule, circle: frozenset[str], message: str) -> Raised:
    order = [step for step in sides.new.steps if step in circle]
    was = tuple(sides.was[step] for step in order if step in sides.was)
    # A loop over items comes to its end by itself.
    over_items = any(sides.new.steps[step].type.endswith("splitInBatches") for step in order)
    severity = _INFO if over_items else None
    pointer = sides.new.steps[order[0]].pointer
    turned = [change for change in sides.edges if change.new is not None and {change.source, change.new.target} <= circle]
    return Raised(
        rule,
        step_subject(order[0]),
        message,
        was,
        order[0],
        pointer,
        new=sorted(order),
        severity=severity,
        causes=tuple(edge_subject(change.source, change.label) for change in turned),
    )


def _round(sides: Sides, circle: frozenset[str]) -> str:
    return sides.names(step for step in sides.new.steps if step in circle)


def _is_part(sides: Sides, circle: frozenset[str], known: Iterable[frozenset[str]]) -> bool:
    was = {sides.was.get(step) for step in circle}
    return any(was <= other for other in known)


def _has_circle(graph: Graph) -> bool:
    """Whether one can come to a step again; what most workflows are asked and can be told soon."""
    leading = Counter([edge.target for edge in graph.edges])
    todo = [step for step in graph.steps if step not in leading]
    left = len(graph.steps) - len(todo)
    while todo:
        for edge in graph.outgoing.get(todo.pop(), ()):
            leading[edge.target] -= 1
            if not leading[edge.target] and edge.target in graph.steps:
                todo.append(edge.target or "")
                left -= 1
    return left > 0


def _circles(graph: Graph, *, skip_waits: bool) -> list[frozenset[str]]:
    """The sets of steps each of which leads to every other one of its set; without waits, if these hold one up.

    Source: R. Tarjan, "Depth-first search and linear graph algorithms" (1972), without recursion.
    """
    ways = {
        step.id: [edge.target for edge in graph.outgoing.get(step.id, ()) if edge.target is not None]
        for step in graph.steps.values()
        if step.disabled or step.kind is not StepKind.WAIT or not skip_waits
    }
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found = []
    for root in ways:
        work = [] if root in number else [(root, iter(ways[root]))]
        while work:
            step, rest = work[-1]
            if step not in number:
                number[step] = low[step] = len(number)
                stack.append(step)
                waiting.add(step)
            following = next((target for target in rest if target in ways and (target not in number or target in waiting)), None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[step])
                if low[step] == number[step]:
                    circle = stack[stack.index(step) :]
                    del stack[-len(circle) :]
                    waiting.difference_update(circle)
                    if len(circle) > 1 or step in ways[step]:
                        found.append(frozenset(circle))
            elif following in number:
                low[step] = min(low[step], number[following])
            else:
                work.append((following, iter(ways[following])))
    return found


def find_joins(sides: Sides) -> Iterator[Raised]:
    """Find what begins, or waits for, another number of things at once."""
    if sides.is_rebuilt:
        yield from _joins(sides)
        yield from _fans(sides)
        yield from _wrapped(sides)


def _joins(sides: Sides) -> Iterator[Raised]:
    """Steps that wait for another number of branches."""
    joining = [step for step in sides.new.steps.values() if step.id in sides.was and _waits_for_all(sides.new, step)]
    old_in, new_in = (_arriving(graph) if joining else {} for graph in (sides.old, sides.new))
    for step in joining:
        was = sides.was[step.id]
        before, now = _awaited(sides.old, was, old_in), _awaited(sides.new, step.id, new_in)
        if step.scope in sides.added and not now and _awaited(sides.new, step.scope or "", new_in) == before:
            continue  # what was put around it waits for them
        if before != now and max(before, now) > 1:
            inside = [other.id for other in sides.old.steps.values() if other.scope == was]
            branches = "branch" if now == 1 else "branches"
            message = f"{sides.name(step.id)} waits for {now or 'no'} {branches} now and waited for {before or 'none'}"
            steps, causes = (was, *inside), sides.went(*old_in.get(was, ()))
            yield Raised(
                JOIN_CHANGED, step_subject(step.id), message, steps, step.id, step.pointer, old=before, new=now, causes=causes
            )


def _waits_for_all(graph: Graph, step: Step) -> bool:
    """Whether a step begins when all are done that lead to it, or ends when all are that are inside of it."""
    return step.kind is StepKind.PARALLEL or step.type in _JOINS or graph.format == "logicapps"


def _arriving(graph: Graph) -> dict[str, list[str]]:
    """The steps that lead to each step, once for each way."""
    found: dict[str, list[str]] = {}
    for edge in graph.edges:
        if edge.target is not None and edge.kind is not EdgeKind.ENTER:
            found.setdefault(edge.target, []).append(edge.source)
    return found


def _awaited(graph: Graph, id_: str, arriving: Mapping[str, list[str]]) -> int:
    """How many branches a step waits for; 0 for one that waits for none."""
    step = graph.steps[id_]
    if step.kind is StepKind.PARALLEL:
        return sum(edge.kind is EdgeKind.ENTER for edge in graph.outgoing.get(id_, ()))
    return len(arriving.get(id_, ())) if _waits_for_all(graph, step) else 0


def _fans(sides: Sides) -> Iterator[Raised]:
    """Outcomes that lead to another number of steps at once."""
    for source, label in dict.fromkeys((change.source, change.label) for change in sides.edges):
        was = sides.was[source]
        before = {sides.now.get(target, target) for target in _targets(sides.old, was, label)}
        now = _targets(sides.new, source, label)
        if not before or not now or len(before) == len(now):
            continue
        only_new = before ^ now <= sides.added.keys() | sides.removed.keys()
        yield Raised(
            PARALLEL_CHANGED,
            edge_subject(source, label),
            f"'{label}' of {sides.name(source)} leads to {counted(len(now), 'step')} at once now, before that to {len(before)}",
            (was,),
            source,
            sides.new.steps[source].pointer,
            old=sorted(before),
            new=sorted(now),
            severity=_INFO if only_new else None,
            causes=sides.went(*sorted(before - now)),
        )


def _targets(graph: Graph, source: str, label: str) -> set[str]:
    """The steps that an outcome leads to."""
    edges = (edge for edge in graph.outgoing.get(source, ()) if edge.label == label and edge.kind in _TAKEN_TOGETHER)
    return {edge.target for edge in edges if edge.target is not None}


def _wrapped(sides: Sides) -> Iterator[Raised]:
    """Steps around which a parallel one was put, or taken away."""
    around, gone = (
        {id_ for id_, step in steps.items() if step.kind is StepKind.PARALLEL} for steps in (sides.added, sides.removed)
    )
    for step in sides.new.steps.values() if around or gone else ():
        was = sides.was.get(step.id)
        scope = sides.old.steps[was].scope if was is not None else None
        if was is None or (step.scope in around) == (scope in gone):
            continue
        wrapped = step.scope in around
        container = step.scope if wrapped else scope
        what = "is done at once with others in" if wrapped else "is no longer done at once with others in"
        message, causes = f"{sides.name(step.id)} {what} {sides.name(container or '')}", (step_subject(container or ""),)
        subject = step_subject(step.id)
        yield Raised(PARALLEL_CHANGED, subject, message, (was,), step.id, step.pointer, old=scope, new=step.scope, causes=causes)
