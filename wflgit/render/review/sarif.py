"""A review as SARIF 2.1.0, for code scanning on GitHub and the tools that read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wflgit.core.impact.rules import RULES
from wflgit.core.problems import Severity
from wflgit.render.json import to_data
from wflgit.render.review.words import affected_words, ignored_words
from wflgit.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.findings import Finding
    from wflgit.core.impact.rule import Rule
    from wflgit.core.review import Review

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
VERSION = "2.1.0"
FINGERPRINT = "wflgit/v1"
"""What our fingerprints are called, so that a tool that has others does not mix them up."""

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def review_sarif(review: Review) -> dict[str, Any]:
    """The log: all rules there are, and the findings, also the ignored ones, which are suppressed.

    A clean review has no results, so that whoever keeps alerts closes the old ones. What only the base has is shown in the head's
    file, for alerts belong to files that are there; where it was in the base stands beside it.
    """
    found = [*review.findings, *(finding for workflow in review.workflows for finding in workflow.findings)]
    rules = _rules(found)
    places = {rule["id"]: index for index, rule in enumerate(rules)}
    heads = {workflow.workflow: workflow.path for workflow in review.workflows}
    log = {
        "tool": {"driver": {"name": "wflgit", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, places[finding.code], heads.get(finding.workflow, finding.path)) for finding in found],
        "properties": {"executions": to_data({"source": review.source, "as_of": review.as_of, "unknown": review.unknown})},
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [log]}


def _rules(found: Sequence[Finding]) -> list[dict[str, Any]]:
    """Every rule there is, and what findings say of those that are not in the table any more."""
    known = {code: _rule(rule) for code, rule in RULES.items()}
    for finding in found:
        known.setdefault(finding.code, {"id": finding.code, "name": finding.rule})
    return [known[code] for code in sorted(known)]


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": f"{rule.area} {rule.action}: {rule.name}"},
        "fullDescription": {"text": rule.reason},
        "help": {"text": rule.advice},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": ["workflow", str(rule.area)]},
    }


def _result(finding: Finding, rule: int, head: str) -> dict[str, Any]:
    on_base = finding.side == "base"
    place = _place(finding.path, finding.line, finding.column)
    result = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [_place(head, None, None) if on_base else place],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {
            "workflow": finding.workflow,
            "subject": printable(finding.subject),
            "executions": {**to_data(finding.affected), "total": finding.affected.total},
        },
    }
    if on_base:
        result["relatedLocations"] = [{"id": 1, **place, "message": {"text": "where it is in the base"}}]
    if finding.ignored is not None:
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": printable(ignored_words(finding))}]
    return result


def _message(finding: Finding) -> str:
    said = [finding.message, affected_words(finding.affected), finding.advice]
    said += (f"so {each.code} {each.rule}: {each.message}" for each in finding.consequences)
    return printable("; ".join(said))


def _place(path: str, line: int | None, column: int | None) -> dict[str, Any]:
    """A place in a file of the repository; the first line where no other is known."""
    region = {"startLine": line or 1, **({"startColumn": column} if line and column else {})}
    return {"physicalLocation": {"artifactLocation": {"uri": quote(path)}, "region": region}}
