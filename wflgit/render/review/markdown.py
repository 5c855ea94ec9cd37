"""A review as the one comment on a pull request, in GitHub's Markdown.

GitHub takes no comment of more than 65,536 characters. Where a review is longer than its limit, parts of it are left out in a fixed
order, and the comment says which; the headline and the errors stay. Whatever comes from a workflow is text and nothing else: it
makes no link, image, mention, reference, HTML or table cell, and cannot end a block that it stands in.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from wflgit.core.formats.meaning import Worth
from wflgit.core.problems import Severity
from wflgit.render.review.drawing import change_lines
from wflgit.render.review.words import (
    affected_words,
    concerned_words,
    count_findings,
    count_words,
    fingerprints,
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
from wflgit.render.text import count, printable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from wflgit.core.findings import Finding
    from wflgit.core.review import Review, WorkflowReview
    from wflgit.render.review.words import Told, Value

MARKER = "<!-- wflgit review v1 -->"
"""The first line of the comment, by which the next review finds it."""

LIMIT = 60_000
"""How many characters a comment has at most."""

_LONGEST = 160
"""How much of a value is shown, and a quarter of how much of a sentence."""

_SPARE = 300
"""Room for what is always said."""


class Part(StrEnum):
    """What can be left out, in this order; the value is how the comment calls it."""

    INFOS = "infos and ignored findings"
    COSMETIC = "changes without a meaning"
    PICTURES = "pictures"
    DETAILS = "the changes and plans of each workflow"
    WARNINGS = "all of a warning but its message"
    ADVICE = "all of an error but its message"


def review_markdown(review: Review, *, limit: int = LIMIT) -> str:
    """Write the comment.

    Args:
        review: the review.
        limit: how many characters it may have.

    Returns:
        Markdown of at most that many characters. Its first line is the marker; its last one is a comment with the fingerprints of
        all errors, or, where they are too many, one that stands for all of them.
    """
    parts = [*Part]
    for number in range(len(parts) + 1):
        text = _within(_body(review, parts[:number]), limit)
        if text is not None:
            return text
    return _cut(review, limit)


def _within(lines: Iterator[str], limit: int) -> str | None:
    """The lines as one text; None if they are too many, of which no more are made than that takes to see."""
    kept, room = [], limit + 1
    for text in lines:
        kept.append(text)
        room -= len(text) + 1
        if room < 0:
            return None
    return "\n".join(kept)


def resolved_markdown(review: Review) -> str:
    """Write what the comment says when an earlier revision had findings, and this one has none."""
    changed = count(len(review.workflows), "changed workflow")
    lines = [MARKER, "### wflgit: nothing is left", "", f"This revision has no findings any more ({changed}).", ""]
    return "\n".join([*lines, *_footer(review, ()), _fingerprint_line(())])


def _body(review: Review, dropped: Collection[Part]) -> Iterator[str]:
    found = [*review]
    yield from _head(review)
    yield from _table([_row(workflow) for workflow in review.workflows])
    errors = [finding for finding in found if finding.severity is Severity.ERROR]
    if errors:
        yield from ("", f"#### {count(len(errors), 'error')}", "")
        for finding in errors:
            yield from _finding(finding, brief=Part.ADVICE in dropped)
    warnings = [finding for finding in found if finding.severity is Severity.WARNING]
    yield from _findings(count(len(warnings), "warning"), warnings, brief=Part.WARNINGS in dropped)
    if Part.INFOS not in dropped:
        infos = [finding for finding in found if finding.severity is Severity.INFO]
        yield from _findings(count(len(infos), "info"), infos)
        ignored = [finding for finding in _all(review) if finding.ignored is not None]
        yield from _findings(f"{len(ignored):,} ignored", ignored)
    for workflow in review.workflows:
        yield from _workflow(workflow, dropped)
    yield ""
    yield from _footer(review, dropped)
    yield _fingerprint_line(fingerprints(review))


def _all(review: Review) -> Iterator[Finding]:
    yield from review.findings
    for workflow in review.workflows:
        yield from workflow.findings


def _head(review: Review) -> Iterator[str]:
    yield MARKER
    yield f"### wflgit: {count_words(count_findings(review))}"
    yield ""
    said = f"{concerned_words(review)}; {source_words(review)}" if review.workflows else "no workflow changed"
    yield f"**{verdict_words(review).capitalize()}**: {_text(said)}."


def _table(rows: Sequence[str]) -> Iterator[str]:
    if rows:
        yield from ("", "| workflow | what | findings | executions | semver |", "|---|---|---|---|---|", *rows)


def _row(workflow: WorkflowReview) -> str:
    told = sum_words(workflow.changes)
    what = f"{status_words(workflow)}, {told}" if told else status_words(workflow)
    concerned, live = number_words(workflow.executions.total), number_words(workflow.live)
    cells = (
        _code(workflow.workflow),
        _text(what),
        count_words(count_findings(workflow.findings)),
        "unknown" if workflow.live is None else f"{concerned} of {live}",
        str(workflow.level or ""),
    )
    return f"| {' | '.join(cells)} |"


def _findings(title: str, findings: Sequence[Finding], *, brief: bool = False) -> Iterator[str]:
    if findings:
        yield from ("", f"<details><summary>{title}</summary>", "")
        for finding in findings:
            yield from _finding(finding, brief=brief)
        yield from ("", "</details>")


def _finding(finding: Finding, *, brief: bool = False) -> Iterator[str]:
    about = f" {_code(finding.workflow)}" if finding.workflow else ""
    yield f"- **{finding.code}** {finding.rule}{about}: {_text(finding.message)}"
    if brief:
        return
    yield f"  - {_code(place_words(finding))}, {affected_words(finding.affected)}"
    if finding.ignored is not None:
        yield f"  - {_text(ignored_words(finding))}"
        return
    yield f"  - {_prose(finding.advice)}"
    for consequence in finding.consequences:
        yield f"  - so **{consequence.code}** {consequence.rule}: {_text(consequence.message)}"


def _workflow(workflow: WorkflowReview, dropped: Collection[Part]) -> Iterator[str]:
    yield from ("", f"<details><summary><code>{_text(workflow.workflow)}</code>: {_text(status_words(workflow))}</summary>", "")
    if workflow.level is not None:
        yield from (f"**{workflow.level}**: {_text(workflow.level_reason)}", "")
    if Part.DETAILS in dropped:
        yield _text("; ".join(workflow.summary))
    else:
        yield from _details(workflow, dropped)
    yield from ("", "</details>")


def _details(workflow: WorkflowReview, dropped: Collection[Part]) -> Iterator[str]:
    yield from (f"- {problem.severity} {_code(problem.rule)}: {_text(problem.message)}" for problem in workflow.problems)
    told = [each for each in tell_changes(workflow) if Part.COSMETIC not in dropped or not _is_noise(each)]
    if told:
        for each in told:
            yield f"- {_code(each.mark)} {_text(each.text)}"
            yield from (f"  - {_value(value)}" for value in each.values)
    else:
        yield from (f"- {_text(text)}" for text in workflow.summary)
    if Part.PICTURES not in dropped:
        yield from _picture(workflow)
    for plan in workflow.plans:
        yield from ("", f"Plan for {_text(plan_words(plan))}.", "")
        yield from _fenced("console", [f"$ {plan_command(plan)}"])


def _is_noise(told: Told) -> bool:
    return told.change.worth in (Worth.COSMETIC, Worth.VOLATILE)


def _value(value: Value) -> str:
    old, new = ("absent" if said is None else _code(said) for said in (value.old, value.new))
    return f"{_code(value.path)}: {old} → {new}"


def _picture(workflow: WorkflowReview) -> Iterator[str]:
    comparison, old, new = workflow.comparison, workflow.old, workflow.new
    if comparison and old is not None and new is not None:
        yield ""
        yield from _fenced("mermaid", change_lines(comparison, old, new, workflow.at))


def _fenced(language: str, lines: Iterable[str]) -> Iterator[str]:
    """A block of code; longer than any fence that is in it."""
    shown = [_without_comments(printable(text)) for text in lines]
    fence = "`" * max(3, 1 + max((len(ticks) for text in shown for ticks in re.findall("`+", text)), default=0))
    yield f"{fence}{language}"
    yield from shown
    yield fence


def _footer(review: Review, dropped: Collection[str]) -> Iterator[str]:
    base, head = range_words(review)
    left_out = f"; left out for lack of room: {', '.join(dropped)}" if dropped else ""
    yield f"<sub>head {_text(head)}, base {_text(base)}; {_text(source_words(review))}{left_out}</sub>"
    yield ""


def _fingerprint_line(found: Sequence[str]) -> str:
    return f"<!-- wflgit fingerprints: {' '.join(found) or 'none'} -->"


def _cut(review: Review, limit: int) -> str:
    """The headline, and as many rows of the table and errors as find room; says how many are left out, and of which rules."""
    errors = [finding for finding in review if finding.severity is Severity.ERROR]
    counted = ", ".join(f"**{code}** ×{number:,}" for code, number in Counter(finding.code for finding in errors).items())
    last = ["", *_footer(review, ("all but the errors",)), _fingerprint_line(_summed_up(fingerprints(review), limit // 4))]
    head = [*_head(review)]
    room = limit - sum(len(text) + 1 for text in (*head, *last, counted)) - _SPARE
    rows = [_row(workflow) for workflow in _worst_first(review.workflows)]
    shown_rows = _fitting(rows, room // 2)
    lines = [text for finding in errors for text in _finding(finding, brief=True)]
    shown = _fitting(lines, room - sum(len(text) + 1 for text in shown_rows))
    body = [*head, *_table(shown_rows)]
    if len(shown_rows) < len(rows):
        body += ["", f"{count(len(rows) - len(shown_rows), 'workflow')} more changed."]
    if errors:
        body += ["", f"#### {count(len(errors), 'error')}: {counted}", "", *shown]
    if len(shown) < len(lines):
        body += ["", f"{count(len(lines) - len(shown), 'error')} more, not listed for lack of room."]
    return "\n".join([*body, *last])


def _summed_up(found: tuple[str, ...], room: int) -> tuple[str, ...]:
    """The fingerprints if they have room, else one of all of them."""
    if sum(len(each) + 1 for each in found) <= room:
        return found
    return (f"all:{sha256(' '.join(found).encode()).hexdigest()[:16]}",)


def _worst_first(workflows: Iterable[WorkflowReview]) -> list[WorkflowReview]:
    """Those with errors first, else in their order."""
    return sorted(workflows, key=lambda workflow: Severity.ERROR not in count_findings(workflow.findings))


def _fitting(lines: Sequence[str], room: int) -> list[str]:
    """As many of the lines, from the first on, as have room."""
    kept = []
    for text in lines:
        room -= len(text) + 1
        if room < 0:
            break
        kept.append(text)
    return kept


# What Markdown, GitHub or HTML would take for something else than text.
_MARKUP = re.compile(r'[&<>*`~|\\\[\]#@!$^{}"]|(?<![^\W_])_|_(?![^\W_])|:(?=\S)')
# What GitHub looks for in text even where it is escaped: mentions, references, addresses, emoji.
_ALIVE = re.compile(r"(?<=[@#])(?=\w)|(?<=\bGH-)(?=\d)|(?<=:)(?=//|[\w+-]+:)|(?<=\bwww)(?=\.)", re.IGNORECASE)
_APART = "\u200b"


def _text(text: str) -> str:
    r"""A text in one line that is nothing but text, in Markdown and in HTML.

    >>> _text("<b>*hi*</b>")
    '&#60;b&#62;&#42;hi&#42;&#60;/b&#62;'
    """
    plain = _ALIVE.sub(_APART, _one_line(text))
    return _MARKUP.sub(lambda match: f"&#{ord(match.group())};", plain)


def _one_line(text: str) -> str:
    shown = " ".join(printable(text).split())
    return shown if len(shown) <= 4 * _LONGEST else f"{shown[: 4 * _LONGEST]}…"


def _code(text: str) -> str:
    """A text as code in a line; not for the cells of a table, unless it has no bar."""
    shown = _without_comments(" ".join(printable(text).split()))
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    ticks = "`" * (1 + max((len(found) for found in re.findall("`+", shown)), default=0))
    space = " " if not shown or shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def _without_comments(code: str) -> str:
    """Code in which nothing looks like the comments by which machines know a review; HTML shows it all the same."""
    return code.replace("<!--", f"<{_APART}!--")


def _prose(text: str) -> str:
    """A text of ours in which commands stand between backticks; where those do not come in pairs, they are only characters."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _text(text)
    return "".join(_code(part) if index % 2 else _spaced(part) for index, part in enumerate(parts) if part)


def _spaced(text: str) -> str:
    """A piece of a text, with the spaces at its ends."""
    start, end = (" " if text[:1] == " " else ""), (" " if text[-1:] == " " else "")
    return f"{start}{_text(text)}{end}"
