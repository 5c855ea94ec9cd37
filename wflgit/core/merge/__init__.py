"""Merging two edits of one workflow, step by step. Pure.

The graphs are merged, not the texts: by what steps are, wherever they stand in the file and whatever they are called by now. The
result is written into our side. Where a line merge says the same it is taken, for it keeps the layout of both; and what Git merges
line by line, validly, is never made a conflict.
"""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from wflgit.core.merge.conflicts import Answers, Merged, Method

if TYPE_CHECKING:
    from wflgit.core.merge.trying import Problems, Read
    from wflgit.core.merge.values import Lines


def merge(
    base: bytes | None,
    ours: bytes,
    theirs: bytes,
    *,
    answers: Answers,
    problems: Problems,
    lines: Lines,
    read: Read | None = None,
) -> Merged:
    """Merge two edits of one definition.

    Where only one side changed anything, the result is that side. Whatever comes in, a merge or conflicts come out.

    Args:
        base: what both started from; None if there was nothing.
        ours: one side; where it does not matter for the meaning, the result is written like this one.
        theirs: the other.
        answers: the keys of the choices that were made, by the paths of the conflicts; what fits to no conflict is passed over.
        problems: says what is wrong with a definition.
        lines: merges line by line.
        read: parses a definition, or knows what was made of it already; None to parse everything that is looked at.
    """
    if ours == theirs or theirs == base:
        return Merged(ours, method=Method.SAME)
    if ours == base:
        return Merged(theirs, method=Method.SAME)
    from wflgit.core.formats import parse
    from wflgit.core.merge.trying import Trial

    # As in parsing: the garbage collector would look again and again at three large trees, which are no garbage.
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        return Trial(base, ours, theirs, answers, problems, lines, read or parse).merge()
    finally:
        if was_collecting:
            gc.enable()
