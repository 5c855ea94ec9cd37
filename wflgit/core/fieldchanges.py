"""Which fields of two JSON values differ, and the way from one to the other. Pure; the only user of DeepDiff.

Objects are compared key by key. Of lists what is the same at both ends is left out; what remains is compared by DeepDiff.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from wflgit.core.jsonvalues import same


class ChangeKind(StrEnum):
    """What happened to a part of a workflow."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One leaf that differs: its path below the part, and both values (None where it is absent on that side).

    Places in lists count as on the old side, but that of an added item, which counts as on the new one.
    """

    path: tuple[str | int, ...]
    kind: ChangeKind
    old: Any
    new: Any


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Compare two JSON objects leaf by leaf, in path order; what is found makes the new one of the old one."""
    found = _deep_changes(old, new, ())
    return tuple(sorted(found, key=lambda item: [str(key).zfill(9) if isinstance(key, int) else key for key in item.path]))


def _deep_changes(old: Any, new: Any, path: tuple[str | int, ...]) -> Iterator[FieldChange]:
    if same(old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key, value in old.items():
            if key in new:
                yield from _deep_changes(value, new[key], (*path, key))
            else:
                yield FieldChange((*path, key), ChangeKind.REMOVED, value, None)
        yield from (FieldChange((*path, key), ChangeKind.ADDED, None, value) for key, value in new.items() if key not in old)
    elif isinstance(old, list) and isinstance(new, list):
        head, middles = _without_ends(old, new)
        found = _list_changes(*middles, in_place=False)
        found = found if same(with_fields(middles[0], found), middles[1]) else _list_changes(*middles, in_place=True)
        yield from (replace(change, path=(*path, head + int(change.path[0]), *change.path[1:])) for change in found)
    else:
        yield FieldChange(path, ChangeKind.CHANGED, old, new)


def _without_ends(old: list[Any], new: list[Any]) -> tuple[int, tuple[list[Any], list[Any]]]:
    """How many items two lists have in common at their beginning, and what is left without those and the common ones at the end."""
    shorter = min(len(old), len(new))
    head = next((index for index in range(shorter) if not same(old[index], new[index])), shorter)
    tail = next((index for index in range(shorter - head) if not same(old[-1 - index], new[-1 - index])), shorter - head)
    return head, (old[head : len(old) - tail], new[head : len(new) - tail])


def _list_changes(old: list[Any], new: list[Any], *, in_place: bool) -> list[FieldChange]:
    """What DeepDiff finds: items of lists of plain values that came or went between others, or every item by its place.

    In the first way it takes `1` and `true` for the same item.
    """
    from deepdiff import DeepDiff

    tree = DeepDiff(
        old,
        new,
        view="tree",
        verbose_level=2,
        threshold_to_diff_deeper=0,
        ignore_private_variables=False,
        zip_ordered_iterables=in_place,
    )
    found = []
    for report, changes in tree.items():
        kind = _KINDS.get(report, ChangeKind.CHANGED)
        for change in changes:
            path = tuple(change.path(output_format="list"))
            before = None if kind is ChangeKind.ADDED else change.t1
            after = None if kind is ChangeKind.REMOVED else change.t2
            found.append(FieldChange(path, kind, before, after))
    return found


_KINDS = {
    "dictionary_item_added": ChangeKind.ADDED,
    "iterable_item_added": ChangeKind.ADDED,
    "dictionary_item_removed": ChangeKind.REMOVED,
    "iterable_item_removed": ChangeKind.REMOVED,
}


def with_fields(value: Any, changes: Iterable[FieldChange]) -> Any:
    """The value with changes made to it, as `field_changes` finds them.

    >>> with_fields({"to": ["a", "b"], "cc": 1}, field_changes({"to": ["a", "b"], "cc": 1}, {"to": ["x", "b"]}))
    {'to': ['x', 'b']}
    """
    return _changed(value, [(change.path, change) for change in changes])


def _changed(value: Any, changes: Sequence[tuple[tuple[str | int, ...], FieldChange]]) -> Any:
    if not changes:
        return value
    own: dict[str | int, FieldChange] = {}
    added: dict[str | int, Any] = {}
    deeper: dict[str | int, list[tuple[tuple[str | int, ...], FieldChange]]] = {}
    for path, change in changes:
        if len(path) > 1:
            deeper.setdefault(path[0], []).append((path[1:], change))
        elif change.kind is ChangeKind.ADDED:
            added[path[0]] = change.new
        else:
            own[path[0]] = change
    items = _kept(value.items() if isinstance(value, Mapping) else enumerate(value), own, deeper)
    if isinstance(value, Mapping):
        return dict(items) | added
    rest = [item for _, item in items]
    for index in sorted(map(int, added)):
        rest.insert(index, added[index])
    return rest


def _kept(
    items: Iterable[tuple[Any, Any]],
    own: Mapping[str | int, FieldChange],
    deeper: Mapping[str | int, Sequence[tuple[tuple[str | int, ...], FieldChange]]],
) -> Iterator[tuple[Any, Any]]:
    """What is still there of an object or a list, as it is now."""
    for key, item in items:
        change = own.get(key)
        if change is None:
            yield key, _changed(item, deeper.get(key, ()))
        elif change.kind is ChangeKind.CHANGED:
            yield key, change.new
