"""Merging the order of things: of those that have one that means something, and of those where it is only for the eyes. Pure."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def woven(first: Sequence[T], second: Sequence[T], kept: Collection[T]) -> list[T]:
    """The items of both, in the order of the first; each that only the second has comes behind the one before it there.

    Where both have new ones in one place, those of the first come first.

    Args:
        first: items in order.
        second: items in order.
        kept: those that are wanted.

    >>> woven(["a", "x", "b"], ["a", "y", "b", "z"], "abxyz")
    ['a', 'x', 'y', 'b', 'z']
    """
    inside, known = {*first}, {*second}
    behind: dict[T | None, list[T]] = {}
    anchor: T | None = None
    for item in second:
        if item in inside:
            anchor = item
        elif item in kept:
            behind.setdefault(anchor, []).append(item)
    if not behind:
        return [item for item in first if item in kept]
    found: list[T] = []
    waiting = behind.pop(None, [])
    for item in first:
        if item in known:
            found += waiting
            waiting = behind.pop(item, [])
        if item in kept:
            found.append(item)
    return found + waiting


def merge_order(base: Sequence[T], ours: Sequence[T], theirs: Sequence[T], kept: Collection[T]) -> list[T] | None:
    """The order of items of which the first that fits counts, or the like.

    Args:
        base: the order of before.
        ours: that of one side.
        theirs: that of the other.
        kept: the items that are wanted.

    Returns:
        The order that keeps what each side did; None if that cannot be, or both have new ones in one place.

    >>> merge_order("abc", "bac", "abcx", "abcx")
    ['b', 'a', 'c', 'x']
    >>> merge_order("ab", "axb", "ayb", "abxy") is None
    True
    """
    places = [{item: place for place, item in enumerate(side)} for side in (base, ours, theirs)]
    items = woven(ours, theirs, kept)
    followers: dict[T, set[T]] = {item: set() for item in items}
    waits = dict.fromkeys(items, 0)
    for index, one in enumerate(items):
        for other in items[index + 1 :]:
            order = _order(one, other, *places)
            if order is None:
                return None
            if order:
                before, after = (one, other) if order < 0 else (other, one)
                followers[before].add(after)
                waits[after] += 1
    return _sorted(items, followers, waits)


def _order(one: T, other: T, base: dict[T, int], ours: dict[T, int], theirs: dict[T, int]) -> int | None:
    """Below zero if the one comes before the other; 0 if no side says so; None if they say otherwise each."""
    before, mine, yours = (_sign(one, other, places) for places in (base, ours, theirs))
    if mine == yours or not yours:
        return mine
    if not mine or mine == before:
        return yours
    return mine if yours == before else None


def _sign(one: T, other: T, places: dict[T, int]) -> int:
    if one not in places or other not in places:
        return 0
    return -1 if places[one] < places[other] else 1


def _sorted(items: Sequence[T], followers: dict[T, set[T]], waits: dict[T, int]) -> list[T] | None:
    """The only order that there is; None if there is none, or another."""
    found: list[T] = []
    ready = [item for item in items if not waits[item]]
    while ready:
        if len(ready) > 1:
            return None
        item = ready.pop()
        found.append(item)
        for other in followers[item]:
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    return found if len(found) == len(items) else None
