"""Executions and their counts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.records import Execution, ExecutionStatus, StepCount
from wflgit.render.tables import Column, Table
from wflgit.render.text import Line, Span, Style, line, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STYLES = {
    ExecutionStatus.ACTIVE: Style.GOOD,
    ExecutionStatus.WAITING: Style.CAUTION,
    ExecutionStatus.COMPLETED: Style.DIM,
    ExecutionStatus.FAILED: Style.BAD,
    ExecutionStatus.CANCELLED: Style.DIM,
}

_COLUMNS = (
    Column("ID", right=True),
    Column("WORKFLOW"),
    Column("CONTACT", flexible=True),
    Column("STATUS"),
    Column("STEP", flexible=True),
    Column("UPDATED"),
    Column("NOTE", flexible=True),
)
_COUNT_COLUMNS = (Column("WORKFLOW"), Column("STEP", flexible=True), Column("ACTIVE", right=True), Column("WAITING", right=True))


def execution_table(executions: Sequence[Execution]) -> Table:
    """Executions, one a row, in the order given."""
    return Table(_COLUMNS, [_row(execution) for execution in executions])


def _row(execution: Execution) -> Line:
    return line(
        str(execution.id),
        f"{execution.workflow}@{execution.version}",
        execution.contact,
        Span(execution.status, STYLES[execution.status]),
        execution.step,
        when(execution.updated_at),
        _note(execution),
    )


def _note(execution: Execution) -> str:
    """What it waits for, or why it ended."""
    until = f"until {when(execution.wake_at)}" if execution.wake_at else ""
    event = f"for '{execution.waiting_for}'" if execution.waiting_for else ""
    return ", ".join(text for text in (until, event, execution.reason) if text)


def execution_lines(execution: Execution) -> Iterator[Line]:
    """What a command made of an execution, in one line."""
    note = _note(execution)
    yield line(
        Span(f"execution {execution.id}", Style.STRONG),
        f"  {execution.contact} in {execution.workflow}@{execution.version} at '{execution.step}'  ",
        Span(execution.status, STYLES[execution.status]),
        f" ({note})" if note else "",
    )


def count_table(counts: Sequence[StepCount]) -> Table:
    """How many live executions stand where, one step a row, in the order given."""
    rows = [line(f"{found.workflow}@{found.version}", found.step, f"{found.active:,}", f"{found.waiting:,}") for found in counts]
    return Table(_COUNT_COLUMNS, rows)
