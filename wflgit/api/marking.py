"""A file with conflict markers, as narrow as can be: what goes together is put together, only the rest stands between markers.

What a marked file must never do is to lose a side: read for either side, it gives all that this side says. That is tried out, and
what fails is marked more widely, in the end as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from wflgit.core.marking import Labels, label_marks, take_apart, whole_file
from wflgit.core.merge.conflicts import ALL, BASE, OURS, THEIRS, Answers, MergeConflict, Merged
from wflgit.errors import RepositoryError
from wflgit.git.linemerge import MARKER_SIZE, mark_differences, mark_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

Sides = tuple[bytes, bytes, bytes]
"""Base, ours and theirs."""


def mark(
    sides: Sides,
    conflicts: Sequence[MergeConflict],
    resolve: Callable[[Answers], Merged],
    *,
    labels: Labels | None = None,
    size: int = MARKER_SIZE,
) -> bytes:
    """Both sides in one text, with markers around what does not go together.

    Args:
        sides: what was merged.
        conflicts: what came of it.
        resolve: merges them anew with answers.
        labels: what the sides are called.
        size: how many characters a marker has.

    Returns:
        The text; there is at least one conflict in it, and it is no JSON.

    Raises:
        RepositoryError: there is no git.
    """
    labels = labels or Labels()
    resolved = _resolved(resolve)
    for marked in _attempts(sides, resolved, labels, size):
        if take_apart(marked, size).marks:
            return label_marks(marked, conflicts, labels, size)
    return whole_file(sides[1], sides[2], labels, size)


def _resolved(resolve: Callable[[Answers], Merged]) -> Sides | None:
    """The merged file with every conflict decided for one side, for each side; None where that leads to none."""
    contents = [resolve({ALL: side}).content for side in (BASE, OURS, THEIRS)]
    base, ours, theirs = contents
    if ours is None or theirs is None or ours == theirs:
        return None
    return (ours if base is None else base), ours, theirs


def _attempts(sides: Sides, resolved: Sides | None, labels: Labels, size: int) -> Iterator[bytes]:
    """Ways to mark it, the narrowest first; each reads for a side as that side wants it."""
    if resolved is not None:
        narrow = _marked(resolved, labels, size)
        if narrow is not None and _is_faithful(narrow, resolved, size):
            yield narrow
        differences = mark_differences(resolved[1], resolved[2], labels=(labels.ours, labels.theirs), marker_size=size)
        if differences is not None and _is_faithful(differences, resolved, size):
            yield differences
    wide = _marked(sides, labels, size)
    if wide is not None:
        yield wide


def _marked(sides: Sides, labels: Labels, size: int) -> bytes | None:
    try:
        return mark_lines(*sides, labels=(labels.base, labels.ours, labels.theirs), marker_size=size)[0]
    except RepositoryError:
        return None


def _is_faithful(marked: bytes, resolved: Sides, size: int) -> bool:
    """Whether nothing is decided outside of the markers: each side reads as it was resolved, but for the end of the last line."""
    apart = take_apart(marked, size)
    readings = ((apart.ours, resolved[1]), (apart.theirs, resolved[2]))
    return all(reading.rstrip(b"\r\n") == side.rstrip(b"\r\n") for reading, side in readings)
