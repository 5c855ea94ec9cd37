"""What keeps a plan, or executions under it, from being carried out, and what is lost by it. Pure.

Everything is found, not the first thing only. `RULES` and `LOSSES` name what there is to find; `docs/migrations.md` explains it.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from wflgit.core.formats import wait_terms
from wflgit.core.graph import Edge, EdgeKind, Graph, StepKind, WaitKind, WaitTerms
from wflgit.core.identity import compatible
from wflgit.core.mapping import Destination, Origin, Way, parse_destination
from wflgit.core.plan import Counts, Examples, Failure, Instruction, Loss, Side, WaitPolicy, beginning, continued, fixed_terms
from wflgit.core.plan_scopes import Breach, Scopes
from wflgit.core.records import ExecutionStatus
from wflgit.core.wording import propose
from wflgit.errors import InvalidNameError

RULES: Mapping[str, str] = {
    "same-version": "Source and target are one and the same version.",
    "deleted-target": "The target version deleted the workflow's file, so there is nothing to go on with.",
    "archived-target": "The target version is archived; executions are not put on it any more.",
    "unpublished-target": "The target version is a draft; executions are only on what was published.",
    "unknown-source": "A rule is for a step that the source does not have.",
    "unknown-wait": "A wait policy is for a step that the source does not have.",
    "unknown-target": "A rule leads to a step that the target does not have.",
    "incompatible-type": "Executions would continue at a step of another type, where nothing they left off can be taken up.",
    "no-start": "Executions would begin again in a target that has no start.",
    "no-wait-terms": "A wait is to be restarted or recomputed where the target has no wait, or one whose time it does not say.",
    "unmapped-scope": "A step inside a scope continues, but the step that holds the scope does not.",
    "enters-scope": "Executions would come into a scope, or into another one, without having entered it.",
    "changed-scope": "Executions would continue outside of the scope that they are inside of.",
    "sibling-scope": "Executions in one branch would find themselves in another branch than the rest of theirs.",
    "changed-join": "The branches that come together in the target are not those that the executions began with.",
    "unmapped": "Executions stand at a step that has no destination.",
    "wait-changed": "Executions would keep a wait at a step that waits for something else.",
    "lost-step": "Executions stand at a step that their own version does not have.",
}
"""Rule of a `Failure` -> what it means."""

LOSSES: Mapping[str, str] = {
    "ends": "Executions end, and what has ended is not moved any more.",
    "merges": "Executions from several steps come together at one, so that nobody can tell any more who came from where.",
    "repeats": "Executions get steps again that they may have had already.",
    "skips": "Executions never get steps that the target has before the place where they go on.",
    "leaves-scope": "Executions leave a scope before it is done, and what else it holds goes on without them.",
}
"""Kind of a `Loss` -> what it means."""

_SHOWN = 4
_PROPOSED = 3


@dataclass(frozen=True)
class Situation:
    """All that the checks look at.

    Attributes:
        workflow: the slug.
        source: the version that executions come from.
        target: the version that they go to.
        graphs: those of the two.
        instructions: where each step of the source goes, and how many stand there.
        rules: the destinations that the user gave, also for steps that the source does not have.
        waits: the wait policies that the user gave, likewise.
        counts: the live executions on the source.
        examples: the ids of some of them.
    """

    workflow: str
    source: Side
    target: Side
    graphs: tuple[Graph, Graph]
    instructions: tuple[Instruction, ...]
    rules: Mapping[str, Destination]
    waits: Mapping[str, WaitPolicy]
    counts: Counts
    examples: Examples

    @property
    def old(self) -> Graph:
        """The graph of the source."""
        return self.graphs[0]

    @property
    def new(self) -> Graph:
        """The graph of the target."""
        return self.graphs[1]

    @cached_property
    def scopes(self) -> Scopes:
        """The scopes of both."""
        return Scopes(self.old, self.new, {instruction.step: instruction for instruction in self.instructions})

    @cached_property
    def breaches(self) -> Mapping[str, tuple[Breach, ...]]:
        """The scope rules that each step's destination breaks, by step."""
        return {instruction.step: tuple(self.scopes.breaches(instruction)) for instruction in self.instructions}

    @cached_property
    def start(self) -> str | None:
        """Where the target begins."""
        return beginning(self.new)

    def revision(self, side: Side) -> str:
        """How a side is called."""
        return f"'{self.workflow}@{side.version}'"

    def near(self, side: Side, step: str) -> str:
        """Say in a hint what a step that a side does not have may have been meant to be."""
        steps = self.old.steps if side == self.source else self.new.steps
        return propose(step, steps) or f"`wflgit show {self.workflow}@{side.version}` lists its steps"


def parse_rules(texts: Sequence[str], steps: Collection[str]) -> dict[str, Destination]:
    """Read rules such as `hello=greet` or `nudge=@end`.

    An id may have a `=` in it: a text is split after the longest id of the source that it begins with, else at its first `=`.

    Args:
        texts: the rules.
        steps: the ids of the source's steps.

    Raises:
        InvalidNameError: if rules are malformed, or several are for one step; the message names all of those.
    """
    found: dict[str, Destination] = {}
    wrong: list[str] = []
    for text in texts:
        step, to = _split_rule(text, steps)
        if not step or to is None:
            wrong.append(f"'{text}' is no rule")
        elif step in found:
            wrong.append(f"'{text}' is a second one for '{step}'")
        else:
            found[step] = to
    if wrong:
        raise InvalidNameError(
            f"expected one rule a step, each as STEP=DESTINATION, but {', '.join(wrong)}",
            hint="write old=new to continue, old=@enter:new to begin that step anew, or old=@end, @restart, @stay, @cancel",
        )
    return found


def _split_rule(text: str, steps: Collection[str]) -> tuple[str, Destination | None]:
    cuts = [at for at, character in enumerate(text) if character == "="]
    known = [at for at in cuts if text[:at] in steps]
    cut = known[-1] if known else cuts[0] if cuts else len(text)
    try:
        return text[:cut], parse_destination(text[cut + 1 :])
    except InvalidNameError:
        return text[:cut], None


def target_failure(workflow: str, number: int, *, published: bool, archived: bool, deleted: bool) -> Failure | None:
    """Say why executions cannot be put on a version; None if they can.

    Source: wflgit's own; an engine has no version that is not deployed.
    """
    revision = f"'{workflow}@{number}'"
    if deleted:
        return Failure("deleted-target", f"expected {revision} to have steps but it deleted the workflow", "choose another version")
    if archived:
        hint = f"choose another version, or roll back to it first: `wflgit rollback {workflow} --to {number}`"
        return Failure("archived-target", f"expected {revision} to be in use but it is archived", hint)
    if not published:
        hint = f"publish it first: `wflgit publish {workflow} {number}`"
        return Failure("unpublished-target", f"expected {revision} to be published but it is a draft", hint)
    return None


def plan_failures(found: Situation) -> tuple[Failure, ...]:
    """Find what refuses a plan as such.

    First comes what is about both versions, then what is about steps that the source does not have, then the rest in the order of
    the source's steps.
    """
    return (
        *_same_version(found),
        *_unknown_sources(found),
        *_unknown_waits(found),
        *(failure for instruction in found.instructions for check in _CHECKS for failure in check(found, instruction)),
    )


def _same_version(found: Situation) -> Iterator[Failure]:
    if (found.source.version, found.source.commit) == (found.target.version, found.target.commit):
        message = f"expected two versions but source and target are both {found.revision(found.source)}"
        yield Failure("same-version", message, "name another target")


def _unknown_sources(found: Situation) -> Iterator[Failure]:
    """Source: Camunda 8, "mapping instructions contain a non-existing source element id"."""
    for step, to in found.rules.items():
        if step not in found.old.steps:
            message = f"expected the rule '{step}={to}' to be for a step of {found.revision(found.source)} but it has no '{step}'"
            yield Failure("unknown-source", message, found.near(found.source, step), step)


def _unknown_waits(found: Situation) -> Iterator[Failure]:
    """Source: as for `unknown-source`."""
    for step, policy in found.waits.items():
        if step not in found.old.steps:
            message = f"expected to {policy} the wait of a step of {found.revision(found.source)} but it has no '{step}'"
            yield Failure("unknown-wait", message, found.near(found.source, step), step)


def _unknown_target(found: Situation, instruction: Instruction) -> Iterator[Failure]:
    """Source: Camunda 8, "mapping instructions contain a non-existing target element id"."""
    step, to = instruction.step, instruction.to
    if to is not None and to.step is not None and to.step not in found.new.steps:
        message = f"expected the rule '{step}={to}' to lead to a step of {found.revision(found.target)} but it has no '{to.step}'"
        yield Failure("unknown-target", message, found.near(found.target, to.step), step)


def _incompatible_type(found: Situation, instruction: Instruction) -> Iterator[Failure]:
    """Source: Camunda 7, "Activities have incompatible types"; Camunda 8, "must be mapped to elements of the same type"."""
    step, other = instruction.step, continued(found.new, instruction.to)
    if other is not None and not compatible(found.old.steps[step], other):
        message = (
            f"expected '{step}' to continue at a step of its type '{instruction.type}' but '{other.id}' is of type '{other.type}'"
        )
        yield Failure("incompatible-type", message, _anew(step, Destination(Way.ENTER, other.id)), step)


def _broken_rule(found: Situation, instruction: Instruction) -> Iterator[Failure]:
    """What the user said is refused whoever stands there; what the mapping found by itself only stops those who do."""
    if instruction.origin is Origin.RULE:
        for breach in found.breaches[instruction.step]:
            yield Failure(breach.rule, breach.message, _anew(instruction.step, breach.instead), instruction.step)


def _no_start(found: Situation, instruction: Instruction) -> Iterator[Failure]:
    if instruction.to is not None and instruction.to.way is Way.RESTART and found.start is None:
        message = (
            f"expected {found.revision(found.target)} to have a start for '{instruction.step}={instruction.to}' but it has none"
        )
        yield Failure("no-start", message, "name the step to begin at: STEP=@enter:FIRST", instruction.step)


def _no_wait_terms(found: Situation, instruction: Instruction) -> Iterator[Failure]:
    """Source: Camunda 7, "Cannot update event trigger because the activity does not define a persistent event trigger"."""
    step, to, policy = instruction.step, instruction.to, found.waits.get(instruction.step, WaitPolicy.KEEP)
    if policy is WaitPolicy.KEEP or to is None or fixed_terms(found.new, to) is not None:
        return
    other = continued(found.new, to)
    if to.way is not Way.CONTINUE:
        reason = f"it goes to '{to}'"
    elif other is not None and other.kind is StepKind.WAIT:
        reason = f"'{other.id}' does not say for how long"
    elif other is not None:
        reason = f"'{other.id}' is no wait"
    else:
        return  # there is no such step, which is said already
    yield Failure("no-wait-terms", f"expected to {policy} the wait at '{step}' but {reason}", f"keep the wait of '{step}'", step)


_CHECKS: tuple[Callable[[Situation, Instruction], Iterator[Failure]], ...] = (
    _unknown_target,
    _incompatible_type,
    _broken_rule,
    _no_start,
    _no_wait_terms,
)


def breaks(found: Situation, instruction: Instruction) -> tuple[str, ...]:
    """The rules that keep executions at a step from going where they should, those that come there later as well."""
    rules = dict.fromkeys(breach.rule for breach in found.breaches[instruction.step])
    return (*rules, "wait-changed") if _changed_terms(found, instruction) else (*rules,)


def execution_failures(found: Situation) -> tuple[Failure, ...]:
    """Find what stops executions that stand on the source now: by step, those at steps that the source does not have last."""
    return (
        *(failure for instruction in found.instructions for failure in _stopped(found, instruction)),
        *_lost_steps(found),
    )


def _stopped(found: Situation, instruction: Instruction) -> Iterator[Failure]:
    step, examples = instruction.step, _examples(found, instruction.step, *ExecutionStatus)
    if instruction.executions and instruction.to is None:
        yield _unmapped(found, instruction, examples)
    elif instruction.executions and instruction.origin is not Origin.RULE:
        for breach in found.breaches[step]:
            yield Failure(breach.rule, breach.message, _anew(step, breach.instead), step, instruction.executions, examples)
    terms = _changed_terms(found, instruction)
    if instruction.waiting and terms is not None:
        yield _changed_wait(found, instruction, *terms)


def _unmapped(found: Situation, instruction: Instruction, examples: tuple[int, ...]) -> Failure:
    """Executions have nowhere to go.

    Source: Camunda 7, "There is no migration instruction for this instance's activity"; Camunda 8, "Elements cannot be migrated
    without a mapping"; Flowable, "has a running Activity … (not in new model, must be mapped)".
    """
    step, where = instruction.step, found.revision(found.target)
    message = f"expected a destination in {where} for {_count(instruction.executions)} at '{step}' but there is none"
    proposals = instruction.proposals[:_PROPOSED] or (Destination(Way.STAY),)
    hint = f"say where they go: {' or '.join(_map(step, to) for to in proposals)}"
    return Failure("unmapped", message, hint, step, instruction.executions, examples)


def _changed_terms(found: Situation, instruction: Instruction) -> tuple[WaitTerms | None, WaitTerms | None] | None:
    """What a step waits for in the source and in the target, if that is kept and not the same; None if all is well.

    Source: Camunda 7, "Events are not of the same type"; the other event itself would be waited for in vain just as well.
    """
    image = found.scopes.image(instruction.step)
    if image is None or instruction.wait is not WaitPolicy.KEEP:
        return None
    old = wait_terms(found.old.format, found.old.steps[instruction.step])
    new = wait_terms(found.new.format, found.new.steps[image])
    return None if _waits(old) == _waits(new) else (old, new)


def _changed_wait(found: Situation, instruction: Instruction, old: WaitTerms | None, new: WaitTerms | None) -> Failure:
    step, image = instruction.step, found.scopes.image(instruction.step)
    message = f"expected {_count(instruction.waiting)} at '{step}' to keep waiting {_waits(old)} but '{image}' waits {_waits(new)}"
    hint = _anew(step, Destination(Way.ENTER, image))
    if fixed_terms(found.new, instruction.to) is not None:
        hint = f"restart or recompute the wait of '{step}', or {hint}"
    return Failure("wait-changed", message, hint, step, instruction.waiting, _examples(found, step, ExecutionStatus.WAITING))


def _waits(terms: WaitTerms | None) -> str:
    if terms is None:
        return "for what cannot be read"
    if terms.kind is WaitKind.EVENT:
        return f"for the event '{terms.event}'"
    return "for a duration" if terms.kind is WaitKind.DURATION else "until a time"


def _lost_steps(found: Situation) -> Iterator[Failure]:
    """Source: wflgit's own; a store that was edited by hand, or a definition that an engine got elsewhere."""
    lost: dict[str, int] = {}
    for (step, _), number in found.counts.items():
        if step not in found.old.steps and number:
            lost[step] = lost.get(step, 0) + number
    for step, number in sorted(lost.items()):
        where = found.revision(found.source)
        listing = shlex.join(["wflgit", "exec", "ls", found.workflow, "--version", str(found.source.version), "--step", step])
        message = f"expected {_count(number)} to stand at a step of {where} but it has no '{step}'"
        hint = f"look at them with `{listing}`, and complete or cancel them"
        yield Failure("lost-step", message, hint, step, number, _examples(found, step, *ExecutionStatus))


def losses(found: Situation) -> tuple[Loss, ...]:
    """Find what migrating back would not bring back, by step of the source; only what concerns executions that stand there now."""
    moving = [
        instruction
        for instruction in found.instructions
        if instruction.executions and instruction.to is not None and not found.breaches[instruction.step]
    ]
    merges = _merges(found, moving)
    return tuple(
        loss
        for instruction in moving
        for loss in (
            *_ends(instruction),
            *merges.get(instruction.step, ()),
            *_repeats(found, instruction),
            *_skips(instruction),
            *_leaves(found, instruction),
        )
    )


def _landing(found: Situation, instruction: Instruction) -> str | None:
    """The step of the target that executions come to; None if they do not come to one."""
    to = instruction.to
    landing = found.start if to is not None and to.way is Way.RESTART else to.step if to is not None else None
    return landing if landing in found.new.steps else None


def _ends(instruction: Instruction) -> Iterator[Loss]:
    if instruction.to is not None and instruction.to.way in (Way.END, Way.CANCEL):
        status = "completed" if instruction.to.way is Way.END else "cancelled"
        yield _loss("ends", instruction, f"{_verb(instruction, 'end')} as {status}")


def _merges(found: Situation, moving: Iterable[Instruction]) -> dict[str, list[Loss]]:
    """What comes together, by the first step that executions come from."""
    groups: dict[str, list[Instruction]] = {}
    for instruction in moving:
        landing = _landing(found, instruction)
        if landing is not None:
            groups.setdefault(landing, []).append(instruction)
    merges: dict[str, list[Loss]] = {}
    for landing, group in groups.items():
        if len(group) > 1:
            number = sum(instruction.executions for instruction in group)
            message = f"{_count(number)} at {_listed([each.step for each in group])} come together at '{landing}'"
            merges.setdefault(group[0].step, []).append(Loss("merges", group[0].step, message, number))
    return merges


def _repeats(found: Situation, instruction: Instruction) -> Iterator[Loss]:
    landing = _landing(found, instruction)
    if landing is None or instruction.to is None or instruction.to.way is Way.CONTINUE:
        return
    again = _had_before(found, instruction.step, landing)
    if again:
        yield _loss("repeats", instruction, f"{_verb(instruction, 'get')} {_listed(again)} again")
    elif instruction.to.way is Way.RESTART:
        yield _loss("repeats", instruction, f"{_verb(instruction, 'begin')} again at '{landing}'")


def _had_before(found: Situation, step: str, landing: str) -> list[str]:
    """The actions from a step of the target on that an execution at a step of the source may have done, and that step itself."""
    before = _closure(step, ((target, source) for source, target in _ways(found.old)))
    known = {found.scopes.image(each) or each for each in before}
    ahead = _closure(landing, _ways(found.new))
    return [
        each.id
        for each in found.new.steps.values()
        if each.id in known and each.id in ahead
        if each.id == landing or (each.kind is StepKind.ACTION and not each.disabled)
    ]


def _ways(graph: Graph) -> Iterator[tuple[str, str]]:
    """From which step one gets to which; from the last one of a scope, to those after the step that holds it."""
    for edge in graph.edges:
        yield from ((edge.source, target) for target in _targets(graph, edge))


def _targets(graph: Graph, edge: Edge) -> Iterator[str]:
    container = graph.steps[edge.source].scope
    if edge.target is not None:
        yield edge.target
    elif container is not None:
        for onward in graph.outgoing.get(container, ()):
            if onward.kind is not EdgeKind.ENTER:
                yield from _targets(graph, onward)


def _closure(first: str, ways: Iterable[tuple[str, str]]) -> set[str]:
    following: dict[str, list[str]] = {}
    for source, target in ways:
        following.setdefault(source, []).append(target)
    seen, todo = set[str](), [first]
    while todo:
        step = todo.pop()
        if step not in seen:
            seen.add(step)
            todo.extend(following.get(step, ()))
    return seen


def _skips(instruction: Instruction) -> Iterator[Loss]:
    if instruction.skipped:
        yield _loss("skips", instruction, f"{_verb(instruction, 'get', 'never ')} {_listed(instruction.skipped)}")


def _leaves(found: Situation, instruction: Instruction) -> Iterator[Loss]:
    landing = _landing(found, instruction)
    container = found.scopes.left(instruction.step, landing) if landing is not None else None
    if container is not None:
        yield _loss("leaves-scope", instruction, f"{_verb(instruction, 'leave')} '{container}' before it is done")


def _loss(kind: str, instruction: Instruction, message: str) -> Loss:
    return Loss(kind, instruction.step, message, instruction.executions)


def _verb(instruction: Instruction, verb: str, how: str = "") -> str:
    """Who does something, with the verb in the right number: `1 execution at 'hello' never gets`."""
    ending = "s" if instruction.executions == 1 else ""
    return f"{_count(instruction.executions)} at '{instruction.step}' {how}{verb}{ending}"


def _count(number: int) -> str:
    return f"{number:,} {'execution' if number == 1 else 'executions'}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _examples(found: Situation, step: str, *statuses: ExecutionStatus) -> tuple[int, ...]:
    return tuple(sorted(example for status in statuses for example in found.examples.get((step, status), ())))


def _anew(step: str, to: Destination) -> str:
    return f"begin '{to.step}' anew: {_map(step, to)}"


def _map(step: str, to: Destination) -> str:
    return f"--map {shlex.quote(f'{step}={to}')}"
