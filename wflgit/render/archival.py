"""What goes to the archive, and what housekeeping did, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.render.tables import Column, Table
from wflgit.render.text import Line, Span, Style, count, day, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wflgit.api.housekeeping import Tidied
    from wflgit.core.housekeeping import Housekeeping
    from wflgit.core.retention import ArchivalReport, Judgement, Room

_COLUMNS = (Column("VERSION"), Column("LAST USED"), Column("WHY", flexible=True))
_FULL = 0.9
"""From this share of the limit on, a workflow's room is worth a warning."""


def report_lines(report: ArchivalReport, *, with_kept: bool = False) -> Iterator[Line | Table]:
    """The versions that go, those that stay where they are asked for, and what it means for the limit of versions.

    Args:
        report: what was found.
        with_kept: whether to list those that stay, too.
    """
    if report.candidates:
        verb = "archived" if report.archived else "to be archived"
        yield line(Span(f"{count(len(report.candidates), 'version')} {verb}:", Style.STRONG))
        yield _table(report.candidates)
    if with_kept and report.kept:
        if report.candidates:
            yield line()
        yield line(f"{count(len(report.kept), 'published version')} not:")
        yield _table(report.kept)
    rooms = [room for room in report.rooms if room.candidates or with_kept]
    if rooms:
        yield line()
    for room in rooms:
        yield _room(room, archived=report.archived)


def _table(judged: Iterable[Judgement]) -> Table:
    return Table(_COLUMNS, [line(f"{found.workflow}@{found.number}", day(found.used_at), found.reason) for found in judged])


def _room(room: Room, *, archived: bool) -> Line:
    said = f"{room.versions:,} of {room.limit:,} versions"
    if room.candidates and not archived:
        said += f", {room.versions - room.candidates:,} once these are archived"
    style = Style.CAUTION if room.versions >= room.limit * _FULL else Style.PLAIN
    return line(Span(f"{room.workflow}: ", Style.STRONG), Span(said, style))


def due_lines(found: Housekeeping) -> Iterator[Line]:
    """That housekeeping is due, and why; nothing if it is not."""
    if found:
        yield line(Span("housekeeping is due", Style.CAUTION), f", `wflgit gc` does it: {'; '.join(found.reasons)}")


def tidied_lines(tidied: Tidied) -> Iterator[Line]:
    """What housekeeping did, or would do."""
    if not tidied.done:
        yield from due_lines(tidied.before)
    else:
        yield from _done_lines(tidied)
    for lock in tidied.locks:
        words = " was left by some program; remove it if none is running that writes to the repository"
        yield line(Span("warning: ", Style.CAUTION), Span(f"'{lock}'", Style.STRONG), words)


def _done_lines(tidied: Tidied) -> Iterator[Line]:
    if tidied.drafts_archived:
        yield line(f"archived {count(tidied.drafts_archived, 'draft')} that nobody saves any more")
    if tidied.drafts_removed:
        yield line(f"removed {count(tidied.drafts_removed, 'draft')} from the archive")
    if tidied.before.refs_due:
        yield line("packed the tags")
    if tidied.before.objects_due:
        before, after = tidied.before, tidied.after
        yield line(
            f"had git pack the objects: from about {before.loose_objects:,} loose ones and {count(before.packs, 'pack')} "
            f"to about {after.loose_objects:,} and {count(after.packs, 'pack')}"
        )
