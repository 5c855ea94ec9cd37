"""What a repository holds that is to be taken over, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.render.status import finding_lines
from wflgit.render.tables import Column, Table
from wflgit.render.text import SHORT, Line, Span, Style, count, day, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.core.adoption import Adoption, WorkflowFile
    from wflgit.core.covering import ChosenGlob

ROWS = 40
"""How many files the table shows before it only says how many more there are."""

FINDINGS = 20
"""How many findings are shown."""

_RULE = "----------------------------------------"
_COLUMNS = (
    Column("PATH", flexible=True),
    Column("SLUG", flexible=True),
    Column("FORMAT"),
    Column("VERSIONS", right=True),
    Column("LAST CHANGE", flexible=True),
)
_GLOB_COLUMNS = (Column("GLOB", flexible=True), Column("FILES", right=True), Column("WHICH", flexible=True))


def adoption_lines(found: Adoption) -> Iterator[Line | Table]:
    """What there is, which globs cover it, what is in the way, and the settings."""
    formats = ", ".join(f"{each.files:,} {each.format}" for each in found.formats) or "none"
    head = f"{count(len(found.files), 'workflow file')} on '{found.settings.trunk}' at {found.tip[:SHORT]}"
    yield line(Span(head, Style.STRONG), f" ({formats}); {count(found.others, 'other JSON file')}")
    if found.exists:
        yield line("there is a wflgit.toml already; this is what it covers")
    yield line()
    yield Table(_COLUMNS, [_row(file) for file in found.files[:ROWS]])
    yield from _more(len(found.files) - ROWS)
    yield line(_numbered(found))
    yield line()
    yield Table(_GLOB_COLUMNS, [*_globs(found.include, ""), *_globs(found.exclude, "not ")])
    if found.findings:
        yield line()
        yield from finding_lines(found.findings[:FINDINGS])
        yield from _more(len(found.findings) - FINDINGS)
    yield line()
    yield line(Span(_RULE, Style.DIM))
    yield from (line(text) for text in found.text.removesuffix("\n").split("\n"))
    yield line(Span(_RULE, Style.DIM))


def _row(file: WorkflowFile) -> Line:
    deleted = f" ({file.deletions} deleted it)" if file.deletions else ""
    return line(
        file.path,
        Span(file.slug, Style.STRONG),
        Span("unreadable", Style.BAD) if file.format is None else file.format,
        f"{file.versions:,}{deleted}" if file.versions else Span("none", Style.BAD),
        f"{day(file.last.at)} {file.last.author.name}" if file.last else "",
    )


def _numbered(found: Adoption) -> str:
    said = count(found.versions, "version")
    if found.deleted:
        gone = sum(workflow.versions for workflow in found.deleted)
        said += f", {gone:,} of them of {count(len(found.deleted), 'workflow')} whose file was deleted"
    return said


def _globs(globs: Sequence[ChosenGlob], before: str) -> list[Line]:
    return [line(f"{before}{chosen.glob}", f"{chosen.files:,}", Span(chosen.reason, Style.DIM)) for chosen in globs]


def _more(number: int) -> Iterator[Line]:
    if number > 0:
        yield line(f"and {number:,} more; --json has them all")
