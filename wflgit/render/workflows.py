"""Workflows as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.render.tables import Column, Table
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.records import Workflow

_COLUMNS = (
    Column("SLUG"),
    Column("NAME", flexible=True),
    Column("CURRENT", right=True),
    Column("NEWEST", right=True),
    Column("EXECUTIONS", right=True),
)


def workflow_table(workflows: Sequence[Workflow]) -> Table:
    """Workflows, one a row, in the order given."""
    return Table(_COLUMNS, [_row(workflow) for workflow in workflows])


def _row(workflow: Workflow) -> Line:
    newest = Style.PLAIN if workflow.newest == workflow.current else Style.CAUTION
    return line(
        Span(workflow.slug, Style.STRONG),
        workflow.name or "",
        Span("none", Style.DIM) if workflow.current is None else Span(str(workflow.current), Style.GOOD),
        Span(str(workflow.newest), newest),
        f"{workflow.executions:,}",
    )
