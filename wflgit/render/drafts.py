"""Drafts as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.core.drafts import DraftState
from wflgit.render.tables import Column, Table
from wflgit.render.text import SHORT, Line, Span, Style, count, line, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.core.drafts import CleanUp, Draft, DraftStatus, Save

STYLES = {
    DraftState.CLEAN: Style.GOOD,
    DraftState.BEHIND: Style.CAUTION,
    DraftState.CONFLICTING: Style.BAD,
    DraftState.DELETED: Style.BAD,
}

_COLUMNS = (
    Column("WORKFLOW"),
    Column("USER", flexible=True),
    Column("SAVE", right=True),
    Column("BASED ON"),
    Column("SAVED"),
)
_SAVE_COLUMNS = (Column("SAVE", right=True), Column("SAVED"), Column("BASED ON"), Column("COMMIT"), Column("NOTE", flexible=True))
_STATUS_COLUMNS = (Column("WORKFLOW"), Column("STATE"), Column("BASED ON"), Column("SINCE", flexible=True))


def draft_table(drafts: Sequence[Draft]) -> Table:
    """Drafts, one a row, in the order given; of those that were thrown away with the time of that."""
    if any(draft.archived_at for draft in drafts):
        gone = [when(draft.archived_at) for draft in drafts]
        return Table((*_COLUMNS, Column("THROWN AWAY")), [(*_row(draft), Span(at)) for draft, at in zip(drafts, gone, strict=True)])
    return Table(_COLUMNS, [_row(draft) for draft in drafts])


def _row(draft: Draft) -> Line:
    return line(draft.workflow, draft.user, str(draft.save), _base(draft), when(draft.saved_at))


def _base(draft: Draft | Save) -> str:
    if draft.base is None:
        return "nothing"
    return f"v{draft.base_version}" if draft.base_version else draft.base[:SHORT]


def save_table(saves: Sequence[Save]) -> Table:
    """The saves of one draft, one a row, in the order given."""
    rows = [
        line(str(save.number), when(save.saved_at), _base(save), Span(save.commit[:SHORT], Style.DIM), save.note) for save in saves
    ]
    return Table(_SAVE_COLUMNS, rows)


def draft_lines(draft: Draft) -> Iterator[Line]:
    """What a command saved or took away, in one line."""
    based = f"based on {_base(draft)}" if draft.base else "of a new workflow"
    yield line(
        Span(draft.workflow, Style.STRONG),
        f"  draft {draft.save}, {based}  ",
        Span(draft.commit[:SHORT], Style.DIM),
        f"  {when(draft.saved_at)} UTC",
    )


def draft_details(draft: Draft) -> Iterator[Line]:
    """All there is to know of a draft but its content."""
    yield line(Span(draft.workflow, Style.STRONG), f"  draft {draft.save}")
    said = {
        "user": str(draft.author),
        "file": draft.path,
        "based on": _base(draft),
        "commit": draft.commit,
        "saved": f"{when(draft.saved_at)} UTC",
    }
    for key, value in said.items():
        yield line(Span(f"  {key:<11}", Style.DIM), value)


def status_parts(found: Sequence[DraftStatus]) -> Iterator[Line | Table]:
    """How drafts stand, then what has to be decided and what is worth a look."""
    rows = [
        line(status.draft.workflow, Span(status.state, STYLES[status.state]), _base(status.draft), _since(status))
        for status in found
    ]
    yield Table(_STATUS_COLUMNS, rows)
    for status in found:
        if status.conflicts:
            from wflgit.render.merging import conflict_lines

            yield line()
            yield line(f"{status.draft.workflow}: ", Span(count(len(status.conflicts), "conflict"), Style.BAD))
            yield from (line("  ", *parts) for parts in conflict_lines(status.conflicts))
        yield from (line(f"{status.draft.workflow}: ", note) for note in status.notes)


def _since(status: DraftStatus) -> str:
    if status.state is DraftState.DELETED:
        return "the workflow was deleted"
    if status.state is DraftState.CLEAN:
        return ""
    numbers = ", ".join(f"v{number}" for number in reversed(status.versions))
    return f"{numbers} by others; `wflgit draft rebase {status.draft.workflow}`"


def clean_up_lines(done: CleanUp) -> Iterator[Line]:
    """What went, one draft a line."""
    for verb, drafts in (("archived", done.archived), ("removed", done.removed)):
        for draft in drafts:
            yield line(f"{verb} ", Span(draft.workflow, Style.STRONG), f" of {draft.user}, saved at {when(draft.saved_at)} UTC")
