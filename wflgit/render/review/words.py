"""What a review says in words, the same in every form that people read. No secret is in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.changes import Change, ChangeType
from wflgit.core.discretion import conceal_comparison
from wflgit.core.fieldchanges import ChangeKind, FieldChange
from wflgit.core.graph import Goal
from wflgit.core.mapping import Origin
from wflgit.core.problems import Severity
from wflgit.core.review import FileStatus, Verdict
from wflgit.core.words import telling_name
from wflgit.render.text import SHORT, count, printable, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wflgit.core.diff import Part, PartChange
    from wflgit.core.exposure import Affected
    from wflgit.core.findings import Finding
    from wflgit.core.plan import Plan
    from wflgit.core.review import Review, WorkflowReview

ADDED, REMOVED, ALTERED, TURNED, MOVED, QUIET = "+", "−", "~", "↷", "↕", "·"
"""The marks before changes, in every form the same, so that colours are not needed."""

NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
"""What findings of a severity are called."""

LONGEST = 400
"""How much of a value is shown."""

_FEW = 5
_CHANGES: Mapping[ChangeType, tuple[str, str]] = {
    ChangeType.NAME_CHANGED: (ALTERED, "the workflow has another name"),
    ChangeType.START_CHANGED: (TURNED, "executions begin elsewhere"),
    ChangeType.SETTING_CHANGED: (ALTERED, "settings of the workflow changed"),
    ChangeType.TRIGGER_ADDED: (ADDED, "trigger '{subject}'{kind} is new"),
    ChangeType.TRIGGER_REMOVED: (REMOVED, "trigger '{subject}'{kind} is gone"),
    ChangeType.TRIGGER_RETYPED: (ALTERED, "trigger '{subject}' is of another type"),
    ChangeType.TRIGGER_CHANGED: (ALTERED, "trigger '{subject}' changed"),
    ChangeType.TRIGGER_ENABLED: (ALTERED, "trigger '{subject}' is switched on"),
    ChangeType.TRIGGER_DISABLED: (ALTERED, "trigger '{subject}' is switched off"),
    ChangeType.STEP_ADDED: (ADDED, "step '{subject}'{kind} is new"),
    ChangeType.STEP_REMOVED: (REMOVED, "step '{subject}'{kind} is gone"),
    ChangeType.STEPS_INSERTED: (ADDED, "{steps} inserted between {before} and {after}"),
    ChangeType.STEPS_TAKEN_OUT: (REMOVED, "{steps} taken out from between {before} and {after}"),
    ChangeType.STEPS_WRAPPED: (ALTERED, "{steps} put into '{subject}'"),
    ChangeType.STEPS_UNWRAPPED: (ALTERED, "{steps} taken out of '{subject}'"),
    ChangeType.STEP_RETYPED: (ALTERED, "step '{subject}' is of another type"),
    ChangeType.STEP_RENAMED: (ALTERED, "step '{was}' is called '{subject}' now"),
    ChangeType.STEP_MOVED: (MOVED, "{steps} moved to between {before} and {after}"),
    ChangeType.STEP_CHANGED: (ALTERED, "step '{subject}' changed"),
    ChangeType.STEP_ENABLED: (ALTERED, "step '{subject}' is switched on"),
    ChangeType.STEP_DISABLED: (ALTERED, "step '{subject}' is switched off"),
    ChangeType.EDGE_ADDED: (ADDED, "'{subject}' ({label}) leads to {target} too"),
    ChangeType.EDGE_REMOVED: (REMOVED, "'{subject}' ({label}) leads no more to {origin}"),
    ChangeType.EDGE_RETARGETED: (TURNED, "'{subject}' ({label}) leads to {target}, not to {origin}"),
    ChangeType.BRANCH_ADDED: (ADDED, "branch '{label}' of '{subject}' is new and leads to {target}"),
    ChangeType.BRANCH_REMOVED: (REMOVED, "branch '{label}' of '{subject}', which led to {origin}, is gone"),
    ChangeType.CONDITION_CHANGED: (ALTERED, "'{subject}' ({label}) is taken for something else"),
    ChangeType.BRANCHES_REORDERED: (MOVED, "'{subject}' asks for its branches in another order"),
    ChangeType.USE_ADDED: (ADDED, "'{subject}' uses {target} as {label}"),
    ChangeType.USE_REMOVED: (REMOVED, "'{subject}' uses {origin} no more as {label}"),
    ChangeType.GOAL_ADDED: (ADDED, "goal '{subject}'{kind} is new"),
    ChangeType.GOAL_REMOVED: (REMOVED, "goal '{subject}'{kind} is gone"),
    ChangeType.GOAL_CHANGED: (ALTERED, "goal '{subject}' changed"),
    ChangeType.COSMETIC: (QUIET, "only for the eye: {noise}"),
    ChangeType.VOLATILE: (QUIET, "written anew by every export: {noise}"),
}
_STATUS = {
    FileStatus.ADDED: "new",
    FileStatus.DELETED: "deleted",
    FileStatus.CHANGED: "changed",
    FileStatus.SAME: "means the same",
}


class Value(NamedTuple):
    """A value that differs: where, and both sides as JSON; None where it is absent."""

    path: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A change as it is told: its mark, a sentence, and the values that differ."""

    change: Change
    mark: str
    text: str
    values: tuple[Value, ...]


def tell_changes(workflow: WorkflowReview) -> Iterator[Told]:
    """Tell what somebody did to a workflow, in the order of its changes."""
    shown = _Shown(workflow)
    for change in workflow.changes:
        mark, words = _CHANGES[change.type]
        yield Told(change, mark, (_special(change) or words).format_map(_terms(change)), tuple(shown.values(change)))


def _special(change: Change) -> str | None:
    """The sentence for a change that is not of the common kind of its type; None if it is."""
    match change.type:
        case ChangeType.STEP_RENAMED if change.was is None:
            return "step '{subject}' has another name"
        case ChangeType.STEP_MOVED if change.between is None:
            return "step '{subject}' moved into or out of a container"
        case ChangeType.STEP_ENABLED | ChangeType.STEP_DISABLED if change.steps:
            on = "on" if change.type is ChangeType.STEP_ENABLED else "off"
            return f"{{steps}} switched {on} with '{{{'label' if change.label else 'subject'}}}'"
        case ChangeType.SETTING_CHANGED if change.label:
            return "setting '{label}' of the workflow changed"
    return None


def _terms(change: Change) -> dict[str, str]:
    """What the sentences on changes name."""
    part = next((found.new or found.old for found in change.parts), None)
    edge = next(iter(change.edges), None)
    before, after = change.between or (None, None)
    return {
        "subject": change.subject,
        "was": change.was or "",
        "kind": f" ({_kind(part)})" if part is not None and _kind(part) != change.subject else "",
        "label": change.label,
        "steps": _listed(change.steps or (change.subject,)),
        "before": "the start" if before is None else f"'{before}'",
        "after": "the end" if after is None else f"'{after}'",
        "target": _place(edge.new.target if edge and edge.new else None),
        "origin": _place(edge.old.target if edge and edge.old else None),
        "noise": ", ".join(change.noise.fields) if change.noise else "",
    }


def _kind(part: Part) -> str:
    """What a part is: the event of a goal, else its type, with the display name where the id does not say it."""
    kind = part.event if isinstance(part, Goal) else part.type
    name = telling_name(part)
    return f"{name}, {kind}" if name else kind


def _place(step: str | None) -> str:
    return "the end" if step is None else f"'{step}'"


def _listed(steps: Sequence[str]) -> str:
    """Steps by name, the first few of many."""
    names = ", ".join(f"'{step}'" for step in steps[:_FEW])
    more = f" and {len(steps) - _FEW:,} more" if len(steps) > _FEW else ""
    return f"{'step' if len(steps) == 1 else 'steps'} {names}{more}"


class _Shown:
    """The differences of a workflow as they may be shown."""

    def __init__(self, workflow: WorkflowReview) -> None:
        self.raw = workflow.comparison
        self.comparison = None if self.raw is None else conceal_comparison(self.raw)

    @cached_property
    def parts(self) -> dict[tuple[str, str, ChangeKind], PartChange]:
        """The parts by what and whose they are."""
        found = self.comparison
        listed = () if found is None else (*found.triggers, *found.steps, *found.goals)
        return {(_noun(part), part.id, part.kind): part for part in listed}

    def values(self, change: Change) -> Iterator[Value]:
        """The values that a change is about."""
        if self.raw is None or self.comparison is None:
            return
        whole = [field.path for field in change.fields if any(field is other for other in self.raw.settings)]
        own = [field.path for field in change.fields if not any(field is other for other in self.raw.settings)]
        yield from (_value(field) for field in self.comparison.settings if _is_about(field, whole))
        shown = (self.parts.get((_noun(part), part.id, part.kind)) for part in change.parts) if own else ()
        yield from (_value(field) for part in shown if part is not None for field in part.fields if _is_about(field, own))
        yield from _ways(change)


def _is_about(field: FieldChange, paths: Iterable[tuple[str | int, ...]]) -> bool:
    """Whether a field is one of these, or in one, or one is in it: where a secret is hidden, it may be hidden as a whole."""
    return any(field.path[: len(path)] == path[: len(field.path)] for path in paths)


def _ways(change: Change) -> Iterator[Value]:
    """What differs of ways beside where they lead."""
    for edge in change.edges if change.type is ChangeType.CONDITION_CHANGED else ():
        if edge.old is not None and edge.new is not None:
            both = {"kind": (edge.old.kind, edge.new.kind), "condition": (edge.old.condition, edge.new.condition)}
            yield from (Value(name, _json(old), _json(new)) for name, (old, new) in both.items() if _json(old) != _json(new))
    if change.order is not None:
        old, new = ([edge.label for edge in edges] for edges in (change.order.old, change.order.new))
        yield Value("order", _json(old), _json(new))


def _noun(change: PartChange) -> str:
    return type(change.new or change.old).__name__


def _value(field: FieldChange) -> Value:
    old = None if field.kind is ChangeKind.ADDED else _json(field.old)
    return Value(field_path(field.path), old, None if field.kind is ChangeKind.REMOVED else _json(field.new))


def field_path(path: Sequence[str | int]) -> str:
    """A path of keys and indexes as one would write it in code.

    >>> field_path(("config", "branches", 0, "label"))
    'config.branches[0].label'
    """
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).removeprefix(".")


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def affected_words(affected: Affected) -> str:
    """How many live executions something concerns; `executions unknown`, which is not none.

    >>> from wflgit.core.exposure import Affected
    >>> affected_words(Affected(1284, 311))
    '1,595 executions: 1,284 stand there, 311 can still come there'
    """
    if affected.at is None or affected.upstream is None:
        return "executions unknown"
    total = count(affected.at + affected.upstream, "execution")
    if not affected.upstream:
        return total if affected.at else "no executions"
    if not affected.at:
        return f"{total} that can still come there"
    return f"{total}: {affected.at:,} stand there, {affected.upstream:,} can still come there"


def number_words(number: int | None) -> str:
    """A number of executions, or that it is unknown."""
    return "unknown" if number is None else f"{number:,}"


def count_findings(findings: Iterable[Finding]) -> dict[Severity, int]:
    """How many findings that count there are of each severity that there is, the worst first."""
    found = [finding.severity for finding in findings if finding.ignored is None]
    return {severity: found.count(severity) for severity in Severity if severity in found}


def count_words(counts: Mapping[Severity, int]) -> str:
    """So many findings of each severity.

    >>> count_words({Severity.ERROR: 2, Severity.INFO: 1}), count_words({})
    ('2 errors, 1 info', 'no findings')
    """
    return ", ".join(count(number, NOUNS[severity]) for severity, number in counts.items()) or "no findings"


def sum_words(changes: Iterable[Change]) -> str:
    """So many changes of each mark, those that mean nothing left out: `+1 −1 ~2`."""
    marks = [_CHANGES[change.type][0] for change in changes]
    return " ".join(f"{mark}{marks.count(mark)}" for mark in (ADDED, REMOVED, ALTERED, TURNED, MOVED) if mark in marks)


def status_words(workflow: WorkflowReview) -> str:
    """What became of the file of a workflow."""
    return _STATUS.get(workflow.status, f"renamed from {workflow.old_path}")


def place_words(finding: Finding) -> str:
    """The file of a finding, with line and column where there are any, and the side if it is the base."""
    place = finding.path if finding.line is None else f"{finding.path}:{finding.line}:{finding.column or 1}"
    return f"{place} (base)" if finding.side == "base" else place


def ignored_words(finding: Finding) -> str:
    """Why a finding is ignored, and for how long; empty if it is not."""
    found = finding.ignored
    return "" if found is None else f"ignored until {found.until.isoformat()}: {found.reason}"


def range_words(review: Review) -> tuple[str, str]:
    """How base and head are called: what was asked for, and the commit it is."""
    head = f"{review.head_name} {review.head[:SHORT]}".strip() if review.head else "the working tree"
    return f"{review.base_name} {review.base[:SHORT]}".strip(), head


def source_words(review: Review) -> str:
    """Where the executions are known from and since when, or why they are not."""
    if review.as_of is None:
        return f"executions unknown: {review.unknown}" if review.unknown else "executions unknown"
    return f"executions as of {when(review.as_of)} UTC ({review.source})"


def concerned_words(review: Review) -> str:
    """How many distinct executions are concerned, and of how many workflows that is unknown."""
    totals = [workflow.executions.total for workflow in review.workflows]
    unknown = totals.count(None)
    known = sum(total for total in totals if total is not None)
    if unknown == len(totals) and unknown:
        return "how many executions are concerned is unknown"
    said = f"{count(known, 'distinct execution')} concerned"
    return f"{said}, unknown for {count(unknown, 'workflow')}" if unknown else said


def verdict_words(review: Review) -> str:
    """What came of the review, and from when on it fails."""
    limit = "never fails" if review.fail_on is None else f"fails on {review.fail_on}"
    said = {Verdict.CLEAN: "clean", Verdict.FINDINGS: "passed with findings", Verdict.FAILED: "failed"}[review.verdict]
    return f"{said} ({limit})"


def plan_words(plan: Plan) -> str:
    """What a plan would do, in a sentence."""
    lost = [said for said in plan.instructions if said.executions and (said.to is None or said.breaks)]
    elsewhere = [said for said in plan.instructions if said not in lost and said.to is not None and said.to.step != said.step]
    stays = plan.executions - sum(said.executions for said in (*lost, *elsewhere))
    parts = [f"{stays:,} {'keeps its' if stays == 1 else 'keep their'} step" if stays else ""]
    parts += [f"{said.executions:,} from '{said.step}' to '{said.to}'" for said in elsewhere if said.executions]
    parts += [f"{said.executions:,} at '{said.step}' with nowhere to go" for said in lost]
    shown = [part for part in parts if part]
    more = f"; and {len(shown) - _FEW:,} steps more" if len(shown) > _FEW else ""
    return (
        f"version {plan.source.version}, {count(plan.executions, 'execution')}: {'; '.join(shown[:_FEW]) or 'nobody moves'}{more}"
    )


def plan_command(plan: Plan) -> str:
    """What one types to see the whole plan: with the rules that it has, and proposals for what is open in it."""
    ruled = [(said.step, said.to) for said in plan.instructions if said.origin is Origin.RULE and said.to is not None]
    lost = [said for said in plan.instructions if said.executions and said.to is None]
    proposed = [*ruled, *((said.step, said.proposals[0] if said.proposals else "@end") for said in lost)]
    rules = "".join(f" --map {quote(printable(f'{step}={to}'))}" for step, to in proposed)
    return f"wflgit migrate plan {plan.workflow} --from {plan.source.version}{rules}"


def fingerprints(review: Review) -> tuple[str, ...]:
    """The fingerprints of all errors that count, sorted."""
    return tuple(sorted({found.fingerprint for found in review if found.severity is Severity.ERROR}))
