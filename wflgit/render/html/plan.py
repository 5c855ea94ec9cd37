"""The plan of a migration as a page: where executions go and why, what stops them, what is lost, and both versions drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.core.fieldchanges import ChangeKind
from wflgit.render.html.drawing import draw_side
from wflgit.render.html.page import page
from wflgit.render.migrations import is_quiet, quiet_words, wait_words, why

if TYPE_CHECKING:
    from wflgit.core.graph import Graph
    from wflgit.core.plan import Instruction, Plan

_MARKS = {ChangeKind.REMOVED: "stopped", ChangeKind.CHANGED: "moved elsewhere"}


@dataclass(frozen=True, slots=True)
class Move:
    """Where the executions at one step go.

    Attributes:
        said: the instruction.
        kind: REMOVED if they cannot go, CHANGED if they go elsewhere than to the same step, else None.
        state: the same in words.
        why: the reason in words.
        stops: the rules that keep them from going.
    """

    said: Instruction
    kind: ChangeKind | None
    state: str
    why: str
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as it is shown.

    Attributes:
        plan: the plan.
        moves: the instructions that mean something to somebody.
        quiet: how many steps stay as they are and hold nobody, in words; `""` if there are none.
    """

    plan: Plan
    moves: tuple[Move, ...]
    quiet: str


def plan_view(plan: Plan) -> PlanView:
    """What is shown of a plan."""
    moves = tuple(_move(plan, said) for said in plan.instructions if not is_quiet(said))
    quiet = len(plan.instructions) - len(moves)
    return PlanView(plan, moves, quiet_words(quiet) if quiet else "")


def plan_html(plan: Plan, source: Graph, target: Graph) -> str:
    """Write a plan as one page.

    Args:
        plan: the plan.
        source: the graph of its source.
        target: the graph of its target.

    Raises:
        WflgitError: if the packages that pages need are not installed.
    """
    view = plan_view(plan)
    arriving: Counter[str] = Counter()
    for move in view.moves:
        if move.said.to is not None and move.said.to.step is not None and not move.stops:
            arriving[move.said.to.step] += move.said.executions
    leaving = {said.step: said.executions for said in plan.instructions}
    gone = {move.said.step: move.kind for move in view.moves if move.kind is not None}
    new = {step: ChangeKind.ADDED for step in target.steps if step not in source.steps}
    said = {
        "view": view,
        "plan": plan,
        "before": draw_side(source, leaving, gone),
        "after": draw_side(target, arriving, new),
        "kinds": [(word, word) for word in dict.fromkeys(move.state for move in view.moves)],
        "rules": [],
    }
    return page("plan", f"Plan: {plan.workflow} {plan.source.version} → {plan.target.version}", said)


def _move(plan: Plan, said: Instruction) -> Move:
    refused = {failure.rule: None for failure in plan.failures if failure.step == said.step}
    stops = tuple(dict.fromkeys((*said.breaks, *refused)))
    kind = None
    if said.to is None or stops:
        kind = ChangeKind.REMOVED
    elif said.to.step != said.step:
        kind = ChangeKind.CHANGED
    words = "; ".join(part for part in (why(said), wait_words(said)) if part)
    return Move(said, kind, "stays in place" if kind is None else _MARKS[kind], words, stops)
