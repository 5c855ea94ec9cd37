"""What a new version asks of those who are on the way, as a number: computed from plans, not chosen by anybody. Pure.

`docs/semver.md` explains it to users.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from wflgit.core.graph import Graph, StepKind
from wflgit.core.mapping import Destination, Origin, Placement, Way, map_steps
from wflgit.core.plan import Counts, Plan, Side, make_plan
from wflgit.core.plan_checks import Situation
from wflgit.core.records import ExecutionStatus, StepCount
from wflgit.errors import NotFoundError

if TYPE_CHECKING:
    from wflgit.core.review import Level

FIRST = "1.0.0"
"""The number of the first published version."""

NOBODY = "no live executions on older versions"
"""Why a change that meets nobody is a patch."""

_SEMVER = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")
_TRIES = 6
_ENDS = frozenset({Way.END, Way.CANCEL})
_SURE = frozenset({Origin.RULE, Origin.SAME})
_SHOWN = 2
_UNKNOWN = "executions are unknown, so every step counts as occupied"


# The number


def parse_semver(text: str) -> tuple[int, int, int] | None:
    """Read a number of three parts; None for anything else.

    >>> parse_semver("1.3.0"), parse_semver("1.3"), parse_semver("v1.3.0")
    ((1, 3, 0), None, None)
    """
    found = _SEMVER.fullmatch(text)
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]))


def bump(previous: str | None, level: Level) -> str:
    """The number after another one; `FIRST` if there is none before it.

    >>> from wflgit.core.review import Level
    >>> bump(None, Level.MAJOR), bump("1.2.3", Level.PATCH), bump("1.2.3", Level.MINOR), bump("1.2.3", Level.MAJOR)
    ('1.0.0', '1.2.4', '1.3.0', '2.0.0')
    """
    before = parse_semver(previous or "")
    if before is None:
        return FIRST
    major, minor, patch = before
    numbers = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return ".".join(map(str, numbers[level]))


# The plans


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where the executions on one version would go in another, by themselves and with a little help.

    Attributes:
        plan: without any rule.
        rules: destinations, as `--map` takes them, for the steps that find no place by themselves.
        mended: the plan with these rules, which nothing is in the way of; `plan` if it needs none, None if no rules help.
        ended: the steps whose executions the rules end, because nothing else helps.
    """

    plan: Plan
    rules: Mapping[str, str]
    mended: Plan | None
    ended: tuple[str, ...] = ()


def propose(
    workflow: str,
    sides: tuple[Side, Side],
    graphs: tuple[Graph, Graph],
    counts: Counts,
    between: Callable[[], Sequence[Graph]] = tuple,
) -> Proposal:
    """Plan from one version to another, and look for rules where that is not enough.

    The target need not be committed. Where a step has several proposals, the first is tried first, and one that ends executions
    only counts as help where none that lets them go on does. The versions between are looked at only if somebody finds no place
    without them, or none that is sure.

    Args:
        workflow: the slug.
        sides: the version that executions come from, and the one that they go to.
        graphs: those of the two.
        counts: who stands on the source.
        between: gives the graphs of the versions between, nearest to the source first; asked only if they are needed.
    """
    planner = _Planner(workflow, sides, graphs, counts, between)
    found = planner.plan({})
    if not found.failures:
        return Proposal(found, {}, found)
    mended = planner.mend(found)
    if mended is None:
        return Proposal(found, {}, None)
    rules, plan = mended
    ended = tuple(step for step, to in rules.items() if to.way in _ENDS)
    if ended and planner.mend(found, ending=False) is not None:
        ended = ()
    return Proposal(found, {step: str(to) for step, to in rules.items()}, plan, ended)


class _Planner:
    """Makes plans between two versions, with other rules each time."""

    def __init__(
        self,
        workflow: str,
        sides: tuple[Side, Side],
        graphs: tuple[Graph, Graph],
        counts: Counts,
        between: Callable[[], Sequence[Graph]],
    ) -> None:
        self._workflow = workflow
        self._sides = sides
        self._graphs = graphs
        self._counts = counts
        self._between = cache(between)

    def plan(self, rules: Mapping[str, Destination]) -> Plan:
        """The plan with some rules."""
        direct = self._made(self._map(rules), rules)
        standing = (found for found in direct.instructions if found.executions)
        if not direct.failures and all(found.origin in _SURE for found in standing):
            return direct
        between = self._between()
        return self._made(self._map(rules, between), rules) if between else direct

    def _map(self, rules: Mapping[str, Destination], between: Sequence[Graph] = ()) -> tuple[Placement, ...]:
        source, target = self._graphs
        try:
            return map_steps(source, target, rules, between)
        except NotFoundError:  # a target that is broken is no place for anybody
            return tuple(Placement(step, None, Origin.UNMAPPED) for step in source.steps)

    def _made(self, placements: Sequence[Placement], rules: Mapping[str, Destination]) -> Plan:
        return make_plan(self._workflow, *self._sides, self._graphs, placements, counts=self._counts, rules=rules)

    def mend(self, plan: Plan, *, ending: bool = True) -> tuple[dict[str, Destination], Plan] | None:
        """Find rules with which nothing is in the way: for each step that fails the next of its proposals, a few times.

        Args:
            plan: the plan without rules.
            ending: whether executions may be ended.
        """
        rules: dict[str, Destination] = {}
        known: dict[str, list[Destination]] = {}
        tried: dict[str, int] = {}
        mapped = {found.step: Placement(found.step, found.to, found.origin) for found in plan.instructions}
        for _ in range(_TRIES):
            for step in dict.fromkeys(failure.step for failure in plan.failures):
                if step is None:
                    return None
                candidates = known.setdefault(step, [])
                candidates += [
                    to for to in self._candidates(plan, step) if to not in candidates and (ending or to.way not in _ENDS)
                ]
                number = tried.get(step, 0)
                if number == len(candidates):
                    return None
                rules[step], tried[step] = candidates[number], number + 1
            # Whether a rule helps is seen without mapping all the other steps anew, which takes long.
            mapped |= {step: Placement(step, to, Origin.RULE) for step, to in rules.items()}
            plan = self._made([*mapped.values()], rules)
            if not plan.failures:
                plan = self.plan(rules)
            if not plan.failures:
                return rules, plan
        return None

    def _candidates(self, plan: Plan, step: str) -> Iterator[Destination]:
        """Where the executions at a step that fails could go, best first."""
        said = next((instruction for instruction in plan.instructions if instruction.step == step), None)
        if said is None or step not in self._graphs[0].steps:
            return
        yield from said.proposals
        found = Situation(self._workflow, *self._sides, self._graphs, plan.instructions, {}, {}, self._counts, {})
        yield from (breach.instead for breach in found.breaches[step])
        if said.to is not None and said.to.step is not None:
            yield Destination(Way.ENTER, said.to.step)


def counts_of(counts: Iterable[StepCount]) -> dict[tuple[str, ExecutionStatus], int]:
    """Those who stand on one version, as plans count them."""
    found: dict[tuple[str, ExecutionStatus], int] = {}
    for count in counts:
        for status, number in ((ExecutionStatus.ACTIVE, count.active), (ExecutionStatus.WAITING, count.waiting)):
            if number:
                found[count.step, status] = found.get((count.step, status), 0) + number
    return found


def one_at_each_step(graph: Graph) -> dict[tuple[str, ExecutionStatus], int]:
    """What to count where executions are unknown: one at each step that any can stand at, waiting where one waits."""
    entered = {edge.target for edge in graph.edges} | {graph.start, *(trigger.start for trigger in graph.triggers)}
    entered |= {goal.target for goal in graph.goals}
    reachable = graph.reachable()
    return {
        (step.id, ExecutionStatus.WAITING if step.kind is StepKind.WAIT else ExecutionStatus.ACTIVE): 1
        for step in graph.steps.values()
        if step.id in entered and step.id in reachable and not step.disabled and step.kind is not StepKind.TRIGGER
    }


# The level


def level_of(proposals: Sequence[Proposal], *, known: bool = True) -> tuple[Level, str]:
    """Say how much a change asks of those who are on the way, and why, in a sentence.

    Args:
        proposals: one for each version that live executions are on.
        known: whether it is known who stands where; if not, the plans count an execution at each step.
    """
    from wflgit.core.review import Level

    stuck: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for proposal in proposals:
        failing = _failing(proposal.plan)
        stuck.update(failing)
        lost.update(failing if proposal.mended is None else {step: failing[step] for step in proposal.ended if step in failing})
    if lost:
        return Level.MAJOR, _said(lost, "can only be ended, or stay behind", known=known)
    if stuck:
        return Level.MINOR, _said(stuck, "needs a place" if stuck.total() == 1 or not known else "need a place", known=known)
    if not known:
        return Level.PATCH, f"every step keeps its place; {_UNKNOWN}"
    total = sum(proposal.plan.executions for proposal in proposals)
    if not total:
        return Level.PATCH, NOBODY
    return Level.PATCH, "1 live execution keeps its place" if total == 1 else f"all {total:,} live executions keep their places"


def _failing(plan: Plan) -> dict[str, int]:
    """How many executions are at each step that something is in the way of; `""` is the plan as a whole."""
    standing = {instruction.step: instruction.executions for instruction in plan.instructions}
    found: dict[str, int] = {}
    for failure in plan.failures:
        step = failure.step or ""
        found[step] = max(found.get(step, 0), standing.get(step, 0), failure.executions)
    return found


def _said(steps: Counter[str], fate: str, *, known: bool) -> str:
    """Who has what before them; the steps that most stand at are named."""
    shown = [f"'{step}'" for step, _ in steps.most_common(_SHOWN)]
    more = len(steps) - len(shown)
    if more:
        shown.append(f"{more} more {'step' if more == 1 else 'steps'}")
    listed = " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
    if not known:
        return f"whoever stands at {listed} {fate}; {_UNKNOWN}"
    return f"{steps.total():,} {'execution' if steps.total() == 1 else 'executions'} at {listed} {fate}"
