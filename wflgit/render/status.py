"""What stands where, and what `fsck` found, as text."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from wflgit.render.problems import STYLES
from wflgit.render.tables import Column, Table
from wflgit.render.text import SHORT, Line, Span, Style, count, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wflgit.core.reports import Draining, Notice, Status

_STEP_COLUMNS = (Column("STEP"), Column("ACTIVE", right=True), Column("WAITING", right=True))


def status_lines(status: Status) -> Iterator[Line]:
    """Where one is, then what waits for somebody: changes to commit, drafts to publish, versions to drain."""
    tip = f"at {status.tip[:SHORT]}" if status.tip else "without a commit yet"
    yield line("account ", Span(status.account, Style.STRONG), ", trunk ", Span(status.trunk, Style.STRONG), f" {tip}")
    yield line(f"{count(status.workflows, 'workflow')}, {count(status.executions, 'live execution')}, side store {status.store}")
    if status.branch not in (None, status.trunk):
        yield line()
        yield line(
            Span(f"branch '{status.branch}' is checked out", Style.CAUTION), "; its commits make versions once they are merged"
        )
    yield from _section("uncommitted, `wflgit commit SLUG` makes a version of them", status.uncommitted)
    yield from _section("drafts, `wflgit publish SLUG` makes them current", status.drafts)
    yield from _draining(status.draining)
    yield from _section("saved by you and not committed, `wflgit draft diff SLUG` shows it", status.recoverable, Style.CAUTION)
    yield from _section("housekeeping is due, `wflgit gc` does it", status.housekeeping)
    yield from _section("slugs that several files share, `wflgit fsck` tells which", status.collisions, Style.BAD)


def _section(title: str, items: Sequence[str], style: Style = Style.PLAIN) -> Iterator[Line]:
    if items:
        yield line()
        yield line(f"{title}:")
        yield from (line(Span(f"  {item}", style)) for item in items)


def _draining(versions: Sequence[Draining]) -> Iterator[Line]:
    if versions:
        yield line()
        yield line("draining, executions are still on them:")
    for old in versions:
        yield line(f"  {old.workflow}@{old.number}  {count(old.executions, 'execution')}")
        rows = [line(f"    {step.step}", f"{step.active:,} active", f"{step.waiting:,} waiting") for step in old.steps]
        yield from islice(Table(_STEP_COLUMNS, rows).lines(), 1, None)  # without the titles


def finding_lines(findings: Iterable[Notice]) -> Iterator[Line]:
    """What is wrong, one finding after the other, each with what to do."""
    for finding in findings:
        severity = Span(f"{finding.severity}: ", STYLES[finding.severity])
        yield line(severity, Span(f"{finding.subject}: ", Style.STRONG), finding.message, Span(f" [{finding.check}]", Style.DIM))
        yield line(Span("    hint: ", Style.DIM), finding.hint)
