"""Which versions of a workflow lack a fix. Pure: the history of the file and what descends from the fix are given."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def lacking(versions: Sequence[tuple[int, str | None]], contains_commit: Collection[int]) -> frozenset[int]:
    """Find the versions whose content lacks a fix.

    Ancestry alone is fooled: a rollback or revert descends from the fix like every later commit, and brings back the content from
    before it. So the verdict is one on contents, and versions with the same content share it:

    - the content with which the first descending version came has the fix, also where the fix was to bring back an old content;
    - any other content that a version had without descending from the fix lacks it;
    - a content that is first seen in a version that descends goes on from the version before it: it was edited from that;
    - a deletion lacks it, and so does what is made anew after one.

    A revert on top of other changes is a content that was never there before, and counts as edited: to find who lacks what it took
    away, nothing but reading helps.

    Args:
        versions: number and blob of each version, oldest first; the blob is None for a deletion.
        contains_commit: the numbers of those whose commit is the fixing one or descends from it.

    >>> sorted(lacking([(1, "old"), (2, "fixed"), (3, "old"), (4, "edited"), (5, "fixed")], {2, 3, 4, 5}))
    [1, 3, 4]
    """
    has: dict[str | None, bool] = {blob: False for number, blob in versions if number not in contains_commit}
    before = next((blob for number, blob in versions if number in contains_commit), None)
    has[before] = True
    has[None] = False
    for number, blob in versions:
        if number in contains_commit:
            has.setdefault(blob, has[before])
            before = blob
    return frozenset(number for number, blob in versions if not has[blob])
