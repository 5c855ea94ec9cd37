"""The plan of a migration: data for it, frozen, with a JSON form that can be committed and reviewed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from wflgit.core.formats import wait_terms
from wflgit.core.graph import Graph, Step, WaitKind, WaitTerms
from wflgit.core.lifecycle import LIVE
from wflgit.core.mapping import Destination, Origin, Placement, Way
from wflgit.core.records import ExecutionStatus
from wflgit.core.routing import entry
from wflgit.errors import NotFoundError, StateError

Counts = Mapping[tuple[str, ExecutionStatus], int]
"""How many live executions stand at each step of a version, by step and status."""

Examples = Mapping[tuple[str, ExecutionStatus], tuple[int, ...]]
"""The ids of some of them, ascending."""


class WaitPolicy(StrEnum):
    """What becomes of the wait of an execution that continues at a wait.

    KEEP the time left, RESTART it from now, or RECOMPUTE it from the time the execution came to the step.
    """

    KEEP = "keep"
    RESTART = "restart"
    RECOMPUTE = "recompute"


@dataclass(frozen=True, slots=True)
class Side:
    """A version that a plan is bound to. `commit` is None for content that was not committed when the plan was made."""

    version: int
    commit: str | None
    blob: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """Where the executions at one source step go. `active` and `waiting` count those that stood there when the plan was made.

    `type` is the step's type in the source, `wait` what becomes of a wait. `breaks` names the rules of `plan_checks` that keep
    executions from going where `to` says, also those that come here later: `wait-changed` the waiting ones, any other rule all of
    them. The other attributes are those of `mapping.Placement`.
    """

    step: str
    type: str
    to: Destination | None
    origin: Origin
    score: float | None = None
    via: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    proposals: tuple[Destination, ...] = ()
    wait: WaitPolicy = WaitPolicy.KEEP
    active: int = 0
    waiting: int = 0
    breaks: tuple[str, ...] = ()

    @property
    def executions(self) -> int:
        """How many executions stood at the step."""
        return self.active + self.waiting


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why a plan, or some executions under it, cannot be carried out.

    Attributes:
        rule: stable kebab-case name, listed in `docs/migrations.md`.
        message: "expected to … but …".
        hint: what to do.
        step: the source step it is about, or None.
        executions: how many executions it stops; 0 for a failure of the plan itself.
        examples: ids of some of those executions, ascending.
    """

    rule: str
    message: str
    hint: str
    step: str | None = None
    executions: int = 0
    examples: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that cannot be taken back by migrating the other way (an undo can, until the execution has moved on).

    Attributes:
        kind: stable kebab-case name, listed in `docs/migrations.md`.
        step: the source step.
        message: what is lost or done twice.
        executions: how many executions it concerns.
    """

    kind: str
    step: str
    message: str
    executions: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A migration, thought through. Instructions are in the order of the source's steps."""

    workflow: str
    source: Side
    target: Side
    instructions: tuple[Instruction, ...]
    plan_failures: tuple[Failure, ...] = ()
    execution_failures: tuple[Failure, ...] = ()
    losses: tuple[Loss, ...] = ()

    @property
    def executions(self) -> int:
        """How many live executions stood on the source when the plan was made."""
        return sum(instruction.executions for instruction in self.instructions)

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Everything that keeps it from starting."""
        return self.plan_failures + self.execution_failures


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of a plan that is to be carried out in some way.

    Attributes:
        plan: the plan, with those who stand on the source now; of chosen executions only those.
        failures: everything that keeps it from starting that way.
        executions: how many would be moved.
        waves: in how many waves; None if not in waves.
        pace: how fast; None if at once.
    """

    plan: Plan
    failures: tuple[Failure, ...]
    executions: int
    waves: int | None
    pace: str | None


class Verdict(StrEnum):
    """What happens to an execution that is found at a step: it is moved, or left with this as the reason."""

    MOVE = "move"
    STAYS = "stays"
    UNMAPPED = "unmapped"
    WAIT_CHANGED = "wait-changed"


class Wake(StrEnum):
    """Where the new `wake_at` of a moved execution comes from."""

    KEEP = "keep"
    CLEAR = "clear"
    FROM_NOW = "from_now"
    FROM_ENTRY = "from_entry"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Disposition:
    """What a plan means for an execution that is found at a step with a status: one row of the store's table of a migration.

    Attributes:
        step: the source step.
        status: active or waiting.
        verdict: whether it is moved.
        to_step: the step it is put at; None to leave the step as it is (an execution that ends, ends where it stands and on
            the source version).
        to_status: its status afterwards; None if it is not moved.
        enters: whether it begins the step anew, so that `entered_at` becomes now.
        wake: where `wake_at` comes from; for KEEP `waiting_for` is kept as well, else it becomes what stands here.
        wake_us: microseconds: the duration for FROM_NOW and FROM_ENTRY, the moment since 1970 for MOMENT; else None.
        waiting_for: the event waited for from then on.
        reason: what is noted in an execution that ends.
    """

    step: str
    status: ExecutionStatus
    verdict: Verdict
    to_step: str | None = None
    to_status: ExecutionStatus | None = None
    enters: bool = False
    wake: Wake = Wake.KEEP
    wake_us: int | None = None
    waiting_for: str | None = None
    reason: str | None = None


def make_plan(
    workflow: str,
    source: Side,
    target: Side,
    graphs: tuple[Graph, Graph],
    placements: Sequence[Placement],
    *,
    counts: Counts,
    examples: Mapping[tuple[str, ExecutionStatus], tuple[int, ...]] = {},
    waits: Mapping[str, WaitPolicy] = {},
    wait: WaitPolicy = WaitPolicy.KEEP,
    rules: Mapping[str, Destination],
) -> Plan:
    """Put a plan together and find all that is in its way.

    Args:
        workflow: the slug.
        source: the version that executions come from.
        target: the version that they go to.
        graphs: those of the source and of the target.
        placements: where each step of the source goes, in its order; see `mapping.map_steps`.
        counts: the live executions on the source.
        examples: some of them, for the failures to name.
        waits: what becomes of waits, by source step.
        wait: what becomes of all other waits; a wait whose time the target does not say is kept all the same.
        rules: what the user said of steps, those that the source does not have as well.
    """
    from wflgit.core import plan_checks as checks  # it is made of the types above

    policies = {**_default_policies(graphs[1], placements, wait), **waits}
    instructions = tuple(_instruction(placement, graphs[0], policies, counts) for placement in placements)
    found = checks.Situation(workflow, source, target, graphs, instructions, rules, waits, counts, examples)
    checked = tuple(replace(instruction, breaks=checks.breaks(found, instruction)) for instruction in instructions)
    return Plan(
        workflow,
        source,
        target,
        (*checked, *_strays(graphs[0], rules, waits)),
        checks.plan_failures(found),
        checks.execution_failures(found),
        checks.losses(found),
    )


def _strays(source: Graph, rules: Mapping[str, Destination], waits: Mapping[str, WaitPolicy]) -> Iterator[Instruction]:
    """What was said of steps that the source does not have: kept, so that a plan made anew from this one is refused as well."""
    for step in dict.fromkeys((*rules, *waits)):
        if step not in source.steps:
            yield Instruction(step, "", rules.get(step), Origin.RULE, wait=waits.get(step, WaitPolicy.KEEP))


def _default_policies(target: Graph, placements: Sequence[Placement], wait: WaitPolicy) -> dict[str, WaitPolicy]:
    return {found.step: wait for found in placements if fixed_terms(target, found.to) is not None}


def _instruction(placement: Placement, source: Graph, policies: Mapping[str, WaitPolicy], counts: Counts) -> Instruction:
    step = placement.step
    return Instruction(
        step,
        source.steps[step].type,
        placement.to,
        placement.origin,
        placement.score,
        placement.via,
        placement.skipped,
        placement.proposals,
        policies.get(step, WaitPolicy.KEEP),
        counts.get((step, ExecutionStatus.ACTIVE), 0),
        counts.get((step, ExecutionStatus.WAITING), 0),
    )


def continued(target: Graph, to: Destination | None) -> Step | None:
    """The step that executions continue at; None if they do not, or the target has no such step."""
    if to is None or to.way is not Way.CONTINUE or to.step is None:
        return None
    return target.steps.get(to.step)


def fixed_terms(target: Graph, to: Destination | None) -> WaitTerms | None:
    """What the step that executions continue at waits for, if a wait can be begun there by what the definition says alone.

    None if they continue at no wait, or at one whose time is only known when an execution is there.
    """
    step = continued(target, to)
    terms = None if step is None else wait_terms(target.format, step)
    if terms is None or (terms.kind is not WaitKind.EVENT and terms.duration is None and terms.moment is None):
        return None
    return terms


def beginning(graph: Graph) -> str | None:
    """The step that executions start at; None if there is none, each trigger has its own, or a disabled start leads nowhere."""
    try:
        return entry(graph)
    except (NotFoundError, StateError):
        return None


def dispositions(plan: Plan, target: Graph, *, reason: str) -> tuple[Disposition, ...]:
    """Say what a plan means for executions, whether any stood there when it was made or come later.

    Args:
        plan: the plan.
        target: the graph of its target.
        reason: what is noted in executions that end.

    Returns:
        Two rows for each step of the source, in its order: one for active executions, one for waiting ones.
    """
    start = beginning(target)
    return tuple(_disposition(instruction, status, target, start, reason) for instruction in plan.instructions for status in LIVE)


_ENDED = {Way.END: ExecutionStatus.COMPLETED, Way.CANCEL: ExecutionStatus.CANCELLED}


def _disposition(instruction: Instruction, status: ExecutionStatus, target: Graph, start: str | None, reason: str) -> Disposition:
    step, to = instruction.step, instruction.to
    if to is None or set(instruction.breaks) - {"wait-changed"}:
        return Disposition(step, status, Verdict.UNMAPPED)
    if to.way is Way.STAY:
        return Disposition(step, status, Verdict.STAYS)
    if to.way in _ENDED:
        return Disposition(step, status, Verdict.MOVE, None, _ENDED[to.way], wake=Wake.CLEAR, reason=reason)
    if to.way is Way.CONTINUE:
        return _continued(instruction, to.step, status, target)
    begun = start if to.way is Way.RESTART else to.step
    if begun is None:
        return Disposition(step, status, Verdict.UNMAPPED)
    return Disposition(step, status, Verdict.MOVE, begun, ExecutionStatus.ACTIVE, enters=True, wake=Wake.CLEAR)


def _continued(instruction: Instruction, to_step: str | None, status: ExecutionStatus, target: Graph) -> Disposition:
    moved = Disposition(instruction.step, status, Verdict.MOVE, to_step, status)
    if status is not ExecutionStatus.WAITING:
        return moved
    if instruction.wait is not WaitPolicy.KEEP:
        terms = fixed_terms(target, instruction.to)
        return _lacking_terms(instruction) if terms is None else _rearmed(moved, terms, instruction.wait)
    return _lacking_terms(instruction) if "wait-changed" in instruction.breaks else moved


def _lacking_terms(instruction: Instruction) -> Disposition:
    return Disposition(instruction.step, ExecutionStatus.WAITING, Verdict.WAIT_CHANGED)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _rearmed(moved: Disposition, terms: WaitTerms, policy: WaitPolicy) -> Disposition:
    """Begin the wait of the target, from now or from when the execution came to the step."""
    if terms.moment is not None:
        return replace(moved, wake=Wake.MOMENT, wake_us=(terms.moment - _EPOCH) // _MICROSECOND)
    if terms.duration is None:
        return replace(moved, wake=Wake.CLEAR, waiting_for=terms.event)
    wake = Wake.FROM_NOW if policy is WaitPolicy.RESTART else Wake.FROM_ENTRY
    return replace(moved, wake=wake, wake_us=terms.duration // _MICROSECOND, waiting_for=terms.event)


def reverse_rules(plan: Plan) -> dict[str, Destination]:
    """Say where the steps of the target go on the way back: to where executions came from, where that is unambiguous.

    Steps that keep their id are left out, for they find their way back by themselves. So are those that executions come to from
    several steps, or anew.
    """
    origins: dict[str, list[Instruction]] = {}
    for instruction in plan.instructions:
        if instruction.to is not None and instruction.to.step is not None:
            origins.setdefault(instruction.to.step, []).append(instruction)
    return {
        step: Destination(Way.CONTINUE, found[0].step)
        for step, found in origins.items()
        if len(found) == 1 and found[0].to == Destination(Way.CONTINUE, step) and found[0].step != step
    }
