"""A review as a report of GitLab's code quality, which shows it in merge requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.problems import Severity
from wflgit.render.review.words import affected_words
from wflgit.render.text import printable

if TYPE_CHECKING:
    from wflgit.core.findings import Finding
    from wflgit.core.review import Review

_SEVERITIES = {Severity.WARNING: "minor", Severity.INFO: "info"}


def quality_report(review: Review) -> list[dict[str, Any]]:
    """An entry for each finding. An error that concerns executions, or may, is a blocker; any other one is major."""
    return [_entry(finding) for finding in review]


def _entry(finding: Finding) -> dict[str, Any]:
    error = "major" if finding.affected.total == 0 else "blocker"
    line = finding.line if finding.side == "head" else None
    return {
        "description": printable(f"{finding.message}; {affected_words(finding.affected)}; {finding.advice}"),
        "check_name": f"{finding.code} {finding.rule}",
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITIES.get(finding.severity, error),
        "location": {"path": finding.path, "lines": {"begin": line or 1}},
    }
