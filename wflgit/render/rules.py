"""Rules of a review as text: all of them in a table, and one of them explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.impact.rule import Meets
from wflgit.core.impact.rules import RULES
from wflgit.core.problems import Severity
from wflgit.render.tables import Column, Table
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wflgit.core.impact.rule import Rule

STYLES = {Severity.ERROR: Style.BAD, Severity.WARNING: Style.CAUTION, Severity.INFO: Style.DIM}

COLUMNS = (Column("CODE"), Column("RULE", flexible=True), Column("AREA"), Column("CONCERNED"), Column("NOBODY"))

_MEETS = {
    Meets.AT: "those who stand there",
    Meets.UPSTREAM: "those who stand there, and those who can still come there",
    Meets.ALL: "all who are on the way in the workflow",
    Meets.NONE: "nobody who is on the way",
}


def rule_table(rules: Iterable[Rule]) -> Table:
    """Rules with how bad they are: where somebody is concerned, or that is unknown, and where it is known that nobody is."""
    return Table(COLUMNS, [_row(rule) for rule in rules])


def _row(rule: Rule) -> Line:
    severities = (Span(severity, STYLES[severity]) for severity in (rule.severity, rule.idle))
    return line(Span(rule.code, Style.STRONG), rule.name, rule.area, *severities)


def rule_lines(rule: Rule) -> Iterator[Line]:
    """One rule: what it is called, how bad it is for whom, why it matters, what to do, and what its opposite is."""
    yield line(Span(f"{rule.code} {rule.name}", Style.STRONG))
    yield line(rule.reason)
    yield line(f"what to do: {rule.advice}")
    if rule.meets is Meets.NONE:
        yield line("severity: ", Span(rule.severity, STYLES[rule.severity]))
    else:
        concerned, nobody = Span(rule.severity, STYLES[rule.severity]), Span(rule.idle, STYLES[rule.idle])
        yield line("severity: ", concerned, f" where it concerns {_MEETS[rule.meets]}, or that is unknown; ", nobody, " else")
    if rule.follows:
        yield line("it may follow from another finding, and is shown under that")
    if rule.mirror is not None:
        yield line(f"the other way round: {rule.mirror} {RULES[rule.mirror].name}")
