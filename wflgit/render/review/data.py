"""A review as plain data for JSON; `schemas/review.schema.json` describes it. No secret is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.problems import Severity
from wflgit.render.json import to_data
from wflgit.render.review.words import count_findings, tell_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.diff import EdgeChange
    from wflgit.core.findings import Finding
    from wflgit.core.review import Review, WorkflowReview
    from wflgit.core.settings import Ignore
    from wflgit.render.review.words import Told

SCHEMA = "wflgit.review/1"
"""The name of the form; another number would be another form, new keys are not."""


def review_data(review: Review) -> dict[str, Any]:
    """All that a review says, but the graphs themselves: verdict and counts first, then workflow by workflow."""
    return {
        "schema": SCHEMA,
        "verdict": str(review.verdict),
        "level": to_data(review.level),
        "counts": _counts([*review]),
        "base": review.base,
        "head": review.head,
        "base_name": review.base_name,
        "head_name": review.head_name,
        "fail_on": to_data(review.fail_on),
        "created_at": to_data(review.created_at),
        "executions": to_data({"source": review.source, "as_of": review.as_of, "unknown": review.unknown}),
        "findings": [_finding(finding) for finding in review.findings],
        "workflows": [_workflow(workflow) for workflow in review.workflows],
    }


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many there are of every severity, also where there are none."""
    counts = count_findings(findings)
    return {str(severity): counts.get(severity, 0) for severity in Severity}


def _workflow(workflow: WorkflowReview) -> dict[str, Any]:
    return {
        "workflow": workflow.workflow,
        "status": str(workflow.status),
        "path": workflow.path,
        "old_path": workflow.old_path,
        "format": workflow.format,
        "name": workflow.name,
        "summary": [*workflow.summary],
        "level": to_data(workflow.level),
        "level_reason": workflow.level_reason,
        "counts": _counts(workflow.findings),
        "live": workflow.live,
        "at": to_data(workflow.at),
        "executions": {**to_data(workflow.executions), "total": workflow.executions.total},
        "changes": [_change(told) for told in tell_changes(workflow)],
        "findings": [_finding(finding) for finding in workflow.findings],
        "plans": to_data(workflow.plans),
        "problems": to_data(workflow.problems),
    }


def _change(told: Told) -> dict[str, Any]:
    change = told.change
    return {
        "type": str(change.type),
        "worth": str(change.worth),
        "subject": change.subject,
        "was": change.was,
        "label": change.label,
        "steps": [*change.steps],
        "between": None if change.between is None else [*change.between],
        "text": told.text,
        "values": [value._asdict() for value in told.values],
        "edges": [_edge(edge) for edge in change.edges],
        "noise": [*change.noise.fields] if change.noise else [],
    }


def _edge(edge: EdgeChange) -> dict[str, Any]:
    """An edge with where it led and where it leads; null is the end, and a side that does not have it says nothing."""
    sides = {"old": edge.old, "new": edge.new}
    said = {"source": edge.source, "label": edge.label, "kind": str(ChangeKind(edge.kind))}
    return {**said, **{side: found.target for side, found in sides.items() if found is not None}}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "workflow": finding.workflow,
        "path": finding.path,
        "subject": finding.subject,
        "step": finding.step,
        "message": finding.message,
        "advice": finding.advice,
        "affected": {**to_data(finding.affected), "total": finding.affected.total},
        "fingerprint": finding.fingerprint,
        "side": finding.side,
        "line": finding.line,
        "column": finding.column,
        "consequences": [_finding(each) for each in finding.consequences],
        "ignored": _ignored(finding.ignored),
    }


def _ignored(found: Ignore | None) -> dict[str, Any] | None:
    return None if found is None else {**to_data(found), "until": found.until.isoformat()}
