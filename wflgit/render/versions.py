"""Versions as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.records import Definition, Version, VersionStatus
from wflgit.render.tables import Column, Table
from wflgit.render.text import SHORT, Line, Span, Style, day, line, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STYLES = {
    VersionStatus.DRAFT: Style.CAUTION,
    VersionStatus.CURRENT: Style.GOOD,
    VersionStatus.DRAINING: Style.CAUTION,
    VersionStatus.DRAINED: Style.DIM,
    VersionStatus.ARCHIVED: Style.DIM,
    VersionStatus.DELETED: Style.BAD,
}

_COLUMNS = (
    Column("VERSION", right=True),
    Column("STATUS"),
    Column("SEMVER"),
    Column("EXEC", right=True),
    Column("COMMIT"),
    Column("CREATED"),
    Column("AUTHOR", flexible=True),
    Column("SUMMARY", flexible=True),
)


def version_table(versions: Sequence[Version]) -> Table:
    """The versions of one workflow, one a row, in the order given."""
    return Table(_COLUMNS, [_row(version) for version in versions])


def _row(version: Version) -> Line:
    return line(
        str(version.number),
        _status(version),
        version.semver or "",
        f"{version.executions:,}" if version.executions else "",
        Span(version.commit[:SHORT], Style.DIM),
        day(version.created_at),
        version.author.name,
        version.summary,
    )


def _status(version: Version) -> Span:
    channels = f" ({', '.join(version.channels)})" if version.channels else ""
    return Span(f"{version.status}{channels}", STYLES.get(version.status, Style.PLAIN))


def version_lines(version: Version) -> Iterator[Line]:
    """What a command made, in one line."""
    name = Span(f"{version.workflow}@{version.number}", Style.STRONG)
    yield line(name, "  ", _status(version), "  ", Span(version.commit[:SHORT], Style.DIM), "  ", version.summary)
    if version.published_at is not None and len(version.editors) > 1:
        yield line(Span("  holds the edits of ", Style.DIM), ", ".join(editor.name for editor in version.editors))


def version_details(version: Version) -> Iterator[Line]:
    """All there is to know of a version but its content."""
    yield line(Span(f"{version.workflow}@{version.number}", Style.STRONG), "  ", _status(version))
    said = {
        "file": version.path,
        "commit": version.commit,
        "author": str(version.author),
        "editors": ", ".join(map(str, version.editors)) if len(version.editors) > 1 else "",
        "created": f"{when(version.created_at)} UTC",
        "summary": version.summary,
        "published": _published(version),
        "semver": version.semver or "",
        "executions": f"{version.executions:,} live" if version.executions else "",
    }
    for key, value in said.items():
        if value:
            yield line(Span(f"  {key:<11}", Style.DIM), value)


def _published(version: Version) -> str:
    if version.published_at is None:
        return ""
    return f"{when(version.published_at)} UTC" + (f" by {version.published_by}" if version.published_by else "")


def definition_lines(definition: Definition) -> Iterator[Line]:
    """The file of a revision, line by line, under a line that says where it is from where it is no version.

    Secrets and private data are not shown.
    """
    if definition.number is None:
        place = f"commit {definition.commit[:SHORT]}" if definition.commit else "working tree"
        yield line(Span(definition.workflow, Style.STRONG), "  ", Span(place, Style.CAUTION))
        yield line(Span(f"  {'file':<11}", Style.DIM), definition.path)
    yield line()
    from wflgit.core.discretion import conceal_text

    text = conceal_text(definition.content.decode("utf-8-sig"), definition.document)
    for shown in text.removesuffix("\n").split("\n"):
        yield line(shown)
