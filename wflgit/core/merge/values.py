"""Merging JSON values field by field. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wflgit.core.merge.asking import MISSING, OURS_FIRST, THEIRS_FIRST, Asking, Place, Three, both_did, decided
from wflgit.core.merge.conflicts import BASE, OURS, THEIRS, ConflictKind
from wflgit.core.merge.sequences import merge_order, woven

Lines = Callable[[bytes, bytes, bytes], bytes | None]
"""Merges base, ours and theirs line by line, or says by None that they do not go together."""

_NAMES = ("id", "name", "key")
"""The fields that items of a list are known by."""


class Values:
    """Merges values, and asks where the sides do not go together."""

    def __init__(self, asking: Asking, lines: Lines) -> None:
        self._asking = asking
        self._lines = lines

    def merge(self, values: Three, place: Place) -> Any:
        """The value that keeps what both sides did; MISSING if there is to be none. What is not decided yet is ours."""
        found = decided(values)
        if found:
            return found[0]
        base, ours, theirs = values
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            return self.objects(Three(base if isinstance(base, Mapping) else {}, ours, theirs), place)
        if isinstance(ours, list) and isinstance(theirs, list):
            return self._lists(values, place)
        if isinstance(ours, str) and isinstance(theirs, str) and isinstance(base, str) and "\n" in base and "\n" in ours:
            return self._texts(values, place)
        return self._ask(values, place)

    def objects(self, values: Three, place: Place) -> dict[str, Any]:
        """An object, key by key: our keys in their order, then those that are only theirs."""
        ours, theirs = values[1:]
        found: dict[str, Any] = {}
        for key in [*ours, *(key for key in theirs if key not in ours)]:
            sides = Three(*(side.get(key, MISSING) for side in values))
            value = self.merge(sides, place.below(key))
            if value is not MISSING:
                found[key] = value
        return found

    def _texts(self, values: Three, place: Place) -> Any:
        merged = self._lines(*(side.encode("utf-8", "surrogatepass") for side in values))
        if merged is not None:
            return merged.decode("utf-8", "surrogatepass")
        return self._ask(values, place._replace(kind=ConflictKind.TEXT))

    def _lists(self, values: Three, place: Place) -> Any:
        keyed = keyed_items(values)
        if keyed is None and all(isinstance(side, list) and len(side) == 1 and isinstance(side[0], Mapping) for side in values):
            return [self.objects(Three(*(side[0] for side in values)), place.below(0))]
        if keyed is None:
            return self._ask(values, place)
        items: dict[Any, Any] = {}
        for key in woven([*keyed.ours], [*keyed.theirs], {*keyed.ours, *keyed.theirs}):
            item = self.merge(Three(*(side.get(key, MISSING) for side in keyed)), place.below(str(key)))
            if item is not MISSING:
                items[key] = item
        return [items[key] for key in self.order(Three(*map(list, keyed)), [*items], place)]

    def order(
        self, orders: Three, kept: Sequence[Any], place: Place, called: Callable[[Any], Any] = lambda item: item
    ) -> list[Any]:
        """The order of what is kept of items that are known by something; where both sides have their say, it is asked for.

        Args:
            orders: what the items are known by, in the order of each side.
            kept: the items that there are to be.
            place: where they are.
            called: what to show for an item.
        """
        base, ours, theirs = ([key for key in side if key in kept] for side in orders)
        for side, other in ((ours, theirs), (theirs, ours)):
            if other == [key for key in base if key in other] and {*side} >= {*other}:
                return side
        found = merge_order(base, ours, theirs, kept)
        if found is not None:
            return found
        new = [bool({*side} - {*orders.base}) for side in (ours, theirs)]
        did = "both sides put something into the same place of" if all(new) else "both sides put into another order"
        more = {OURS_FIRST: "ours first, then theirs", THEIRS_FIRST: "theirs first, then ours"}
        shown = Three(*([called(item) for item in side] for side in (base, ours, theirs)))
        message = f"{did} {place.said()}"
        key = self._asking.choose(place.path, ConflictKind.ORDER, message, shown, step=place.step, more=more)
        if key in (THEIRS, THEIRS_FIRST):
            return woven(theirs, ours, kept)
        return woven(woven(base, ours, kept), theirs, kept) if key == BASE else woven(ours, theirs, kept)

    def _ask(self, values: Three, place: Place) -> Any:
        kind = ConflictKind.BOTH_ADDED if values.base is MISSING and place.kind is ConflictKind.FIELD else place.kind
        if kind is ConflictKind.FIELD and MISSING in (values.ours, values.theirs):
            kind = ConflictKind.DELETE_MODIFY
        key = self._asking.choose(place.path, kind, both_did(values, place.said()), values, step=place.step)
        return values.of(key or OURS)


def keyed_items(values: Three) -> Three | None:
    """The items of three lists by what they are known by, if all have one unique `id`, `name` or `key`."""
    sides = [side if side is not MISSING else [] for side in values]
    if not all(isinstance(side, list) for side in sides):
        return None
    for name in _NAMES:
        found = [_by_name(side, name) for side in sides]
        if all(one is not None for one in found):
            return Three(*found)
    return None


def _by_name(items: list[Any], name: str) -> dict[str | int, Any] | None:
    found = {}
    for item in items:
        key = item.get(name) if isinstance(item, dict) else None
        if not isinstance(key, (str, int)) or isinstance(key, bool) or key in found:
            return None
        found[key] = item
    return found


def merge_sets(values: Three) -> list[Any]:
    """Items of lists whose order means nothing: those of both sides, without those that one side has removed."""
    base, ours, theirs = (side if isinstance(side, list) else [] for side in values)
    kept = [item for item in ours if item in theirs or item not in base]
    return kept + [item for item in theirs if item not in base and item not in kept]
