"""A review as lines for a terminal: the workflows one after the other, each with findings and changes, and what came of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wflgit.core.formats.meaning import Worth
from wflgit.core.problems import Severity
from wflgit.core.review import Level, Verdict
from wflgit.render.review.words import (
    ADDED,
    NOUNS,
    QUIET,
    REMOVED,
    affected_words,
    concerned_words,
    count_findings,
    count_words,
    ignored_words,
    number_words,
    place_words,
    plan_command,
    plan_words,
    range_words,
    source_words,
    status_words,
    sum_words,
    tell_changes,
    verdict_words,
)
from wflgit.render.text import Line, Span, Style, line, printable, shorten, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wflgit.core.findings import Finding
    from wflgit.core.review import Review, WorkflowReview
    from wflgit.render.review.words import Told, Value

STYLES = {Severity.ERROR: Style.BAD, Severity.WARNING: Style.CAUTION, Severity.INFO: Style.DIM}
_MARKS = {ADDED: Style.GOOD, REMOVED: Style.BAD, QUIET: Style.DIM}
_VERDICTS = {Verdict.CLEAN: Style.GOOD, Verdict.FINDINGS: Style.CAUTION, Verdict.FAILED: Style.BAD}
_LEVELS = {Level.PATCH: Style.GOOD, Level.MINOR: Style.CAUTION, Level.MAJOR: Style.BAD}
_NARROWEST = 40
"""A terminal that is narrower than this gets lines of this width."""

_ONE_LINE = 72
"""How long two values may be together to stand in one line."""


def review_lines(review: Review, columns: int | None = None) -> Iterator[Line]:
    """A review from its range to its verdict.

    Args:
        review: the review.
        columns: how wide the lines may be: longer ones go on in the next line, or are cut where they cannot; None for no limit.
    """
    limit = None if columns is None else max(columns, _NARROWEST)
    for said in _lines(review):
        yield from _fitted(said, limit)


def _lines(review: Review) -> Iterator[Line]:
    base, head = range_words(review)
    yield line(Span(f"{base} → {head}", Style.STRONG))
    if review.findings:
        yield line()
        for finding in review.findings:
            yield from _finding(finding)
    for workflow in review.workflows:
        yield line()
        yield from _workflow(workflow)
    yield line()
    yield from _footer(review)


def _footer(review: Review) -> Iterator[Line]:
    if not review.workflows:
        yield line("no workflow changed")
    yield line(source_words(review), f"; {concerned_words(review)}" if review.workflows else "")
    yield line(Span(verdict_words(review), _VERDICTS[review.verdict]), f": {count_words(count_findings(review))}")


def _workflow(workflow: WorkflowReview) -> Iterator[Line]:
    told = [*tell_changes(workflow)]
    yield _headline(workflow)
    if workflow.live != 0:
        live, concerned = number_words(workflow.live), number_words(workflow.executions.total)
        yield line(f"  live executions: {live}, concerned: {concerned}")
    if workflow.level is not None:
        yield line(Span(f"  {workflow.level}", _LEVELS[workflow.level]), f": {workflow.level_reason}")
    for problem in workflow.problems:
        yield line(
            Span(f"  {problem.severity}: ", STYLES[problem.severity]), problem.message, Span(f" [{problem.rule}]", Style.DIM)
        )
    for finding in workflow.findings:
        yield from _finding(finding, "  ")
    for each in told:
        yield from _change(each)
    if not told:
        yield from (line(f"    {text}") for text in workflow.summary)
    for plan in workflow.plans:
        yield line(Span("  plan: ", Style.DIM), plan_words(plan))
        yield line(f"    {plan_command(plan)}")


def _headline(workflow: WorkflowReview) -> Line:
    counts = count_findings(workflow.findings)
    worst = next(iter(counts), None)
    said = sum_words(workflow.changes)
    return line(
        Span(workflow.workflow, Style.STRONG),
        f" '{workflow.name}'" if workflow.name else "",
        f"  {status_words(workflow)}",
        f"  {said}" if said else "",
        "  ",
        Span(count_words(counts), Style.GOOD if worst is None else STYLES[worst]),
    )


def _finding(finding: Finding, indent: str = "") -> Iterator[Line]:
    ignored = ignored_words(finding)
    style = Style.DIM if ignored else STYLES[finding.severity]
    yield line(
        indent,
        Span(f"{NOUNS[finding.severity]} {finding.code} ", style),
        Span(finding.message, Style.DIM if ignored else Style.PLAIN),
        Span(f" [{finding.rule}]", Style.DIM),
    )
    if ignored:
        yield line(indent, Span(f"    {ignored}", Style.DIM))
        return
    place = place_words(finding)
    yield line(indent, Span(f"    {place}", Style.DIM), "" if _is_quiet(finding) else f"  {affected_words(finding.affected)}")
    yield line(indent, Span("    hint: ", Style.DIM), finding.advice)
    for consequence in finding.consequences:
        yield line(indent, Span(f"    so {NOUNS[consequence.severity]} {consequence.code} ", Style.DIM), consequence.message)


def _is_quiet(finding: Finding) -> bool:
    """Whether it is known that nobody is concerned."""
    return finding.affected.total == 0


def _change(told: Told) -> Iterator[Line]:
    dim = told.change.worth in (Worth.COSMETIC, Worth.VOLATILE)
    mark = Span(f"    {told.mark} ", _MARKS.get(told.mark, Style.CAUTION))
    yield line(mark, Span(told.text, Style.DIM if dim else Style.PLAIN))
    for value in told.values:
        yield from _value(value)


def _value(value: Value) -> Iterator[Line]:
    old, new = (said if said is not None else "absent" for said in (value.old, value.new))
    if len(old) + len(new) <= _ONE_LINE:
        yield line(f"        {value.path}: ", Span(old, Style.BAD), " → ", Span(new, Style.GOOD))
        return
    yield line(f"        {value.path}:")
    yield line(Span(f"          − {old}", Style.BAD))
    yield line(Span(f"          + {new}", Style.GOOD))


def _fitted(said: Line, limit: int | None) -> Iterator[Line]:
    """A line that fits: broken between words, what follows four columns further in; a word that is too long is cut."""
    if limit is None or sum(width(printable(span.text)) for span in said) <= limit:
        yield said
        return
    lead = "".join(span.text for span in said)
    indent = " " * min(len(lead) - len(lead.lstrip(" ")) + 4, limit // 2)
    row: list[Span] = []
    used = 0
    for word in _words(said):
        size = sum(width(span.text) for span in word)
        bare = size - len(word[-1].text) + len(word[-1].text.rstrip(" "))
        if bare and used > len(indent) and used + bare > limit:
            yield _trimmed(row)
            row, used = [Span(indent)], len(indent)
        for span in word:
            room = max(0, limit - used)
            fits = width(span.text) <= room
            row.append(span if fits else Span(shorten(span.text.rstrip(" "), room) if room else "", span.style))
            used += width(span.text)
    yield _trimmed(row)


def _trimmed(row: Sequence[Span]) -> Line:
    """A row without the space at its end."""
    *rest, last = row
    return (*rest, Span(last.text.rstrip(" "), last.style))


def _words(said: Iterable[Span]) -> Iterator[list[Span]]:
    """The words of a line, each with the space after it, and of as many spans as it has styles."""
    word: list[Span] = []
    for span in said:
        for piece in re.findall(" +|[^ ]+ ?", printable(span.text)):
            word.append(Span(piece, span.style))
            if piece.endswith(" "):
                yield word
                word = []
    if word:
        yield word
