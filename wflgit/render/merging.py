"""What has to be decided in a merge, what was decided, and how a branch was brought up to date, as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.discretion import conceal_conflict
from wflgit.core.merge.conflicts import BASE, OURS, THEIRS
from wflgit.core.resolving import CONTINUE
from wflgit.render.text import SHORT, Line, Span, Style, count, line, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from wflgit.core.merge.conflicts import MergeConflict, Merged
    from wflgit.core.resolving import Operation, Resolved, Unmerged, Updated

_LONGEST_VALUE = 200


def conflict_lines(conflicts: Iterable[MergeConflict]) -> Iterator[Line]:
    """Conflicts one after the other: what each is about, what the sides say, and what may be chosen. Secrets are not shown."""
    for conflict in conflicts:
        shown = conceal_conflict(conflict)
        yield line(Span(shown.path, Style.STRONG), f": {shown.message}", Span(f" [{shown.kind}]", Style.DIM))
        yield from _value_lines(shown)
        yield from choice_lines(shown)


def choice_lines(conflict: MergeConflict) -> Iterator[Line]:
    """What may be chosen, with a number each."""
    for number, choice in enumerate(conflict.choices, 1):
        yield line(f"    {number}) ", Span(choice.key, Style.STRONG), f": {choice.label}" if choice.label != choice.key else "")


def _value_lines(conflict: MergeConflict) -> Iterator[Line]:
    """What each side says, where it is worth a line."""
    sides = ((BASE, conflict.base), (OURS, conflict.ours), (THEIRS, conflict.theirs))
    if all(value is None for _, value in sides):
        return
    for side, value in sides:
        said = _value(value) if side in conflict.has else "absent"
        yield line(f"    {side}: ", Span(shorten(said, _LONGEST_VALUE), Style.PLAIN if side in conflict.has else Style.DIM))


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def note_lines(notes: Iterable[str]) -> Iterator[Line]:
    """What was decided without asking."""
    yield from (line(Span("note: ", Style.CAUTION), note) for note in notes)


def merged_lines(merged: Merged) -> Iterator[Line]:
    """Everything about a merge but its content."""
    yield from note_lines(merged.notes)
    if merged.conflicts:
        yield line(Span(count(len(merged.conflicts), "conflict"), Style.BAD), ", decide with --take PATH=CHOICE")
        yield from conflict_lines(merged.conflicts)


def unmerged_lines(files: Sequence[Unmerged]) -> Iterator[Line]:
    """What stands unmerged, file after file, with who the sides are."""
    if files:
        yield line("ours is ", files[0].ours, ", theirs is ", files[0].theirs)
    for file in files:
        yield line(Span(f"{file.path}: ", Style.STRONG), *_state(file))
        yield from (line("  ", *parts) for parts in conflict_lines(file.conflicts))
        yield from (line("  ", *parts) for parts in note_lines(file.notes))


def _state(file: Unmerged) -> tuple[Span, ...]:
    if file.workflow is None:
        return (Span("no workflow; mend it in an editor and `git add` it", Style.CAUTION),)
    if not file.conflicts:
        return (Span("goes together step by step; `wflgit resolve` writes it", Style.GOOD),)
    return (Span(count(len(file.conflicts), "conflict"), Style.BAD),)


def resolved_lines(files: Iterable[Resolved]) -> Iterator[Line]:
    """What came of resolving, file after file."""
    for file in files:
        if file.is_staged:
            done = "deleted" if file.is_deleted else "resolved and staged"
            yield line(Span(f"{file.path}: ", Style.STRONG), Span(done, Style.GOOD))
        else:
            yield line(Span(f"{file.path}: ", Style.STRONG), Span(f"{count(len(file.conflicts), 'conflict')} left", Style.BAD))
            yield from (line("  ", *parts) for parts in conflict_lines(file.conflicts))
        yield from (line("  ", *parts) for parts in note_lines(file.notes))


def left_line(left: Sequence[Unmerged], operation: Operation) -> Line:
    """What is still unmerged, or how it goes on."""
    if left:
        names = ", ".join(f"'{file.path}'" for file in left)
        return line(Span(f"still unmerged: {names}", Style.CAUTION))
    return line("nothing is unmerged any more; go on with `", Span(CONTINUE[operation], Style.STRONG), "`")


def updated_lines(updated: Updated) -> Iterator[Line]:
    """What came of bringing a branch up to date."""
    branch = Span(updated.branch, Style.STRONG)
    if updated.unmerged:
        yield line(branch, f": merging '{updated.base}' left conflicts; decide with `wflgit resolve`")
        yield from unmerged_lines(updated.unmerged)
    elif updated.after == updated.before:
        yield line(branch, f" has all of '{updated.base}' already", "; pushed" if updated.is_pushed else "")
    else:
        yield line(branch, f": merged '{updated.base}', now at {updated.after[:SHORT]}", ", pushed" if updated.is_pushed else "")
