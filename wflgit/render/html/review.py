"""A review as a page: what was found, in the light of a drawing and of both sides next to each other, workflow by workflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.core.changes import ChangeType
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.problems import Severity
from wflgit.core.review import Verdict, WorkflowReview
from wflgit.render.comparison import NOISE
from wflgit.render.html.cards import Card, cards, shown_comparison
from wflgit.render.html.drawing import Drawing, draw
from wflgit.render.html.page import page
from wflgit.render.html.plan import PlanView, plan_view
from wflgit.render.text import count, printable, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.core.changes import Change
    from wflgit.core.findings import Finding
    from wflgit.core.noise import Noise
    from wflgit.core.review import Review

_CAME = ("added", "inserted", "enabled")
_WENT = ("removed", "out", "disabled")
_NOISES = (ChangeType.COSMETIC, ChangeType.VOLATILE)
_BRIEF = 150
_LISTED = 300
"""How many steps that stayed as they are are named."""


@dataclass(frozen=True, slots=True)
class Told:
    """One change in words: its sign, what it is, what it was done to, and the rest of the sentence."""

    kind: ChangeKind
    what: str
    names: tuple[str, ...]
    rest: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class View:
    """What the page shows of one workflow.

    Attributes:
        place: its anchor in the page.
        review: the record.
        brief: what changed, in a line or two.
        concerned: how many of its live executions the findings concern, in words.
        changes: what was done, in words.
        noise: what differs without a meaning, in words.
        cards: what differs, both sides next to each other.
        same: the steps that stayed as they are.
        more: how many of them are not named.
        drawing: None where nothing is to be seen, because both sides mean the same.
        plans: where executions would go.
    """

    place: str
    review: WorkflowReview
    brief: str
    concerned: str
    changes: tuple[Told, ...]
    noise: tuple[str, ...]
    cards: tuple[Card, ...]
    same: tuple[str, ...]
    more: int
    drawing: Drawing | None
    plans: tuple[PlanView, ...]

    def tally(self, severity: Severity) -> int:
        """How many findings of a severity count."""
        return sum(found.severity == severity and found.ignored is None for found in self.review.findings)


def review_html(review: Review) -> str:
    """Write a review as one page: for eyes, for a screen reader, for a printer, with or without JavaScript.

    Secrets are not shown, and nothing that a workflow says is taken for markup.

    Raises:
        WflgitError: if the packages that pages need are not installed.
    """
    views = [_view(number, workflow) for number, workflow in enumerate(_worst_first(review.workflows), 1)]
    findings = [*review.findings, *(found for workflow in review.workflows for found in workflow.findings)]
    said = {
        "review": review,
        "views": views,
        "tally": _tally(review),
        "verdict": _VERDICTS[review.verdict],
        "rules": sorted({(found.code, found.rule) for found in findings}),
        "kinds": _kinds(findings),
    }
    return page("review", f"Review of {review.head_name or 'the working tree'} against {review.base_name}", said)


_VERDICTS = {
    Verdict.CLEAN: ("clean", "Nothing was found"),
    Verdict.FINDINGS: ("findings", "Passed, with findings"),
    Verdict.FAILED: ("failed", "Failed"),
}


def _worst_first(workflows: Sequence[WorkflowReview]) -> list[WorkflowReview]:
    """Those with the most severe findings first, then in the order given."""
    ranks = [*Severity]
    return sorted(workflows, key=lambda one: [-sum(_counts(one, severity)) for severity in ranks])


def _counts(workflow: WorkflowReview, severity: Severity) -> Iterator[int]:
    return (1 for found in workflow.findings if found.severity is severity and found.ignored is None)


def _tally(review: Review) -> str:
    counts = [(review.count(severity), severity) for severity in Severity]
    said = [count(number, _NOUNS[severity]) for number, severity in counts if number]
    workflows = count(len(review.workflows), "changed workflow")
    return f"{', '.join(said)} in {workflows}" if said else workflows


_NOUNS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def _kinds(findings: Sequence[Finding]) -> list[tuple[str, str]]:
    """What one can filter by: the severities that occur, and whether a finding is ignored."""
    found = {finding.severity for finding in findings if finding.ignored is None}
    kinds = [(str(severity), f"{_NOUNS[severity]}s") for severity in Severity if severity in found]
    return kinds + [("ignored", "ignored")] * any(finding.ignored for finding in findings)


def _view(number: int, workflow: WorkflowReview) -> View:
    comparison = shown_comparison(workflow.comparison, workflow.old, workflow.new)
    graph = workflow.new or workflow.old
    shown = cards(comparison, workflow.at) if comparison else ()
    touched = {card.id for card in shown if card.noun in ("step", "trigger")}
    same = tuple(step for step in graph.steps if step not in touched) if graph and workflow.new else ()
    return View(
        f"w{number}",
        workflow,
        shorten(printable("; ".join(workflow.summary)), _BRIEF),
        _concerned(workflow),
        tuple(_told(change) for change in workflow.changes if change.type not in _NOISES),
        tuple(f"{NOISE[noise.worth]}: {', '.join(noise.fields)}" for noise in _noises(workflow)),
        shown,
        same[:_LISTED],
        max(0, len(same) - _LISTED),
        draw(comparison, workflow.old, workflow.new, workflow.at) if comparison else None,
        tuple(plan_view(plan) for plan in workflow.plans),
    )


def _noises(workflow: WorkflowReview) -> tuple[Noise, ...]:
    if workflow.comparison is not None and workflow.comparison.noise:
        return workflow.comparison.noise
    return tuple(change.noise for change in workflow.changes if change.noise is not None)


def _concerned(workflow: WorkflowReview) -> str:
    total, live = workflow.executions.total, workflow.live
    if live is None:
        return "it is unknown how many executions are on the way"
    if not live:
        return "no executions are on the way"
    if total is None:
        return f"{count(live, 'live execution')}; it is unknown how many the findings concern"
    return f"{total:,} of {count(live, 'live execution')} concerned"


def _told(change: Change) -> Told:
    what = change.type.replace("-", " ")
    what = what.replace("steps", "step", 1) if len(change.steps) == 1 else what
    last = change.type.rpartition("-")[2]
    kind = ChangeKind.ADDED if last in _CAME else ChangeKind.REMOVED if last in _WENT else ChangeKind.CHANGED
    names = change.steps or ((change.subject,) if change.subject else ())
    rest: list[tuple[str, str]] = []
    if change.label:
        rest.append(("on", change.label))
    if change.was is not None:
        rest.append(("was", change.was))
    if change.between is not None:
        before, after = change.between
        rest += [("between", before or "the start"), ("and", after or "the end")]
    return Told(kind, what, names, tuple(rest))
