"""A review as workflow commands of GitHub Actions, which makes annotations of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.problems import Severity
from wflgit.render.review.words import NOUNS, affected_words
from wflgit.render.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wflgit.core.findings import Finding
    from wflgit.core.review import Review

MOST = 9
"""How many annotations of a severity are made: GitHub drops all after the tenth, and says nothing."""

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def annotation_lines(review: Review) -> Iterator[str]:
    """One command a line, the worst first, and of the same severity those that concern most executions; the rest is counted."""
    for severity, command in _COMMANDS.items():
        found = sorted((finding for finding in review if finding.severity is severity), key=_weight)
        yield from (_command(command, finding) for finding in found[:MOST])
        if len(found) > MOST:
            more = count(len(found) - MOST, NOUNS[severity])
            yield f"::{command} title=wflgit::{more} more, see the whole review"


def _weight(finding: Finding) -> tuple[bool, int]:
    """Those of which it is unknown whom they concern come first."""
    return finding.affected.is_known, -(finding.affected.total or 0)


def _command(command: str, finding: Finding) -> str:
    place = {"file": finding.path}
    if finding.line is not None and finding.side == "head":
        place |= {"line": str(finding.line), "col": str(finding.column or 1)}
    said = {**place, "title": f"{finding.code} {finding.rule}"}
    properties = ",".join(f"{name}={_property(value)}" for name, value in said.items())
    text = f"{finding.message}; {affected_words(finding.affected)}; {finding.advice}"
    return f"::{command} {properties}::{_data(text)}"


def _data(text: str) -> str:
    """The text of a command; control characters are shown, so that there are no ends of lines in it."""
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
