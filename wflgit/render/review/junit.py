"""A review as JUnit XML, which every CI server can show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from wflgit.core.review import at_least
from wflgit.render.review.words import affected_words, ignored_words, place_words
from wflgit.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.findings import Finding
    from wflgit.core.problems import Severity
    from wflgit.core.review import Review

# The two characters that XML forbids and `printable` leaves.
_FORBIDDEN = re.compile("[\ufffe\uffff]")


def review_junit(review: Review) -> str:
    """The report: a suite for each workflow, a case for each finding, and one that passes where there are none.

    What is as bad as asked about fails; what is less bad passes and is told in the output; what is ignored is skipped.
    """
    suites = ET.Element("testsuites", name="wflgit review")
    if review.findings or not review.workflows:
        _add_suite(suites, "repository", review.findings, review.fail_on)
    for workflow in review.workflows:
        _add_suite(suites, workflow.workflow, workflow.findings, review.fail_on)
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'


def _add_suite(suites: ET.Element, name: str, findings: Sequence[Finding], fail_on: Severity | None) -> None:
    failing = [finding for finding in findings if _fails(finding, fail_on)]
    skipped = [finding for finding in findings if finding.ignored is not None]
    numbers = {"tests": max(1, len(findings)), "failures": len(failing), "errors": 0, "skipped": len(skipped)}
    suite = ET.SubElement(suites, "testsuite", {"name": name, **{key: str(number) for key, number in numbers.items()}})
    for finding in findings:
        title = f"{finding.code} {finding.rule}: {finding.subject}"
        case = ET.SubElement(suite, "testcase", classname=name, name=_legal(title), file=_legal(finding.path))
        _add_outcome(case, finding, fails=finding in failing)
    if not findings:
        ET.SubElement(suite, "testcase", classname=name, name="no findings")


def _fails(finding: Finding, fail_on: Severity | None) -> bool:
    return finding.ignored is None and fail_on is not None and at_least(finding.severity, fail_on)


def _add_outcome(case: ET.Element, finding: Finding, *, fails: bool) -> None:
    said = [place_words(finding), affected_words(finding.affected), finding.advice]
    said += (f"so {each.code} {each.rule}: {each.message}" for each in finding.consequences)
    text = "\n".join(_legal(part) for part in said)
    message = _legal(finding.message)
    if finding.ignored is not None:
        ET.SubElement(case, "skipped", message=_legal(ignored_words(finding)))
    elif fails:
        ET.SubElement(case, "failure", type=finding.severity, message=message).text = text
    else:
        ET.SubElement(case, "system-out").text = f"{finding.severity}: {message}\n{text}"


def _legal(text: str) -> str:
    """A text without what XML forbids; control characters are shown as what they are."""
    return _FORBIDDEN.sub("", printable(text))
