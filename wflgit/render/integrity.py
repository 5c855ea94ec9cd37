"""What `fsck` repaired, and what was current at a time, as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wflgit.core.publications import CurrentAt, How
from wflgit.core.repairs import Outcome, Repair
from wflgit.render.text import SHORT, Line, Span, Style, line, when

_OUTCOMES = {
    Outcome.DONE: Span("repaired: ", Style.GOOD),
    Outcome.PLANNED: Span("would repair: ", Style.CAUTION),
    Outcome.IMPOSSIBLE: Span("not repaired: ", Style.BAD),
}
_HOW = {
    How.PUBLISH: "published it",
    How.ROLLBACK: "rolled back to an earlier content with it",
    How.TAG: "published it with a tag of plain git",
    How.ARCHIVE: "archived version {instead}",
    How.UNARCHIVE: "took it out of the archive",
    How.UNPUBLISH: "removed the tag of version {instead}",
    How.RESTORE: "put its tag back",
    How.CHANNEL: "moved the channel there",
}


def repair_lines(repairs: Iterable[Repair]) -> Iterator[Line]:
    """What was repaired, what would be and what cannot be, each with what was wrong."""
    for repair in repairs:
        check = Span(f" [{repair.check}]", Style.DIM)
        yield line(_OUTCOMES[repair.outcome], Span(f"{repair.subject}: ", Style.STRONG), repair.message, check)


def current_lines(found: CurrentAt) -> Iterator[Line]:
    """Which version it was, from when to when, and who put it there."""
    named = Span(f"{found.workflow}@{found.version}", Style.STRONG)
    until = f"until {when(found.until)}" if found.until else "and still is"
    at = "current" if found.channel == "current" else f"at channel {found.channel}"
    yield line(named, f"  commit {found.commit[:SHORT]}  {at} since {when(found.since)}, {until}")
    who = found.by.name if found.by.email in (found.by.name, "git") else str(found.by)
    yield line(f"{who} {_HOW[found.how].format(instead=found.instead)}")
