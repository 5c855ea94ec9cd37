"""What differs between two documents and has no meaning: layout, exported fields, order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import find_format
from wflgit.core.formats.meaning import Worth
from wflgit.core.jsonvalues import at, same

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer

ORDER = "order"
FORMATTING = "formatting"

_IDENTITIES = ("id", "name")
_TYPES = frozenset({"type", "Type"})


@dataclass(frozen=True, slots=True)
class Noise:
    """Fields that differ without a meaning, sorted.

    Beside the names of fields there are `order` (entries changed places) and `formatting` (not even the JSON differs).

    Attributes:
        worth: what they are worth.
        fields: what they are called.
        places: at how many places of the document they differ.
    """

    worth: Worth
    fields: tuple[str, ...]
    places: int = 0


def find_noise(old: Any, new: Any, *, meaning_differs: bool = False) -> tuple[Noise, ...]:
    """Say what differs between two documents of one format, and has no meaning.

    Args:
        old: a document.
        new: the document to compare it with.
        meaning_differs: whether their graphs do; then a field that may mean something is not told, nor is formatting.

    Returns:
        The kinds of noise, each once: cosmetic, volatile, private. Where the graphs are equal, a field that might mean something,
        but does not where it stands, is cosmetic.
    """
    known = find_format(new)
    root = known.root(new)
    found: dict[Worth, list[str]] = defaultdict(list)
    places = [*_differences(old, new, ()), *(((), ORDER) for _ in range(_steps_changed_places(old, new, root)))]
    for pointer, name in places:
        worth = Worth.COSMETIC if name == ORDER else known.FIELDS.worth(pointer[len(root) :])
        if worth in (Worth.MEANING, Worth.SECRET):
            if meaning_differs:
                continue
            worth = Worth.COSMETIC
        if worth is Worth.PRIVATE:  # the names of what is inside may tell something, too
            ends = range(len(root) + 1, len(pointer) + 1)
            pointer = next(pointer[:end] for end in ends if known.FIELDS.worth(pointer[len(root) : end]) is worth)
            name = ""
        found[worth].append(name or _name(pointer))
    if not found and not meaning_differs:
        return (Noise(Worth.COSMETIC, (FORMATTING,), 1),)
    return tuple(Noise(worth, tuple(sorted({*found[worth]})), len(found[worth])) for worth in Worth if worth in found)


def _steps_changed_places(old: Any, new: Any, root: Pointer) -> bool:
    """Whether an object that holds the steps under their ids has them in another order."""
    try:
        before, after = at(old, root), at(new, root)
    except (KeyError, IndexError, TypeError):
        return False
    if not isinstance(before, dict) or not isinstance(after, dict):
        return False
    holders = [(before[key], value) for key, value in after.items() if key in before]
    return any(_are_steps(one) and _are_steps(other) and _is_reordered(one, other) for one, other in holders)


def _are_steps(value: Any) -> bool:
    """Whether a value is an object of objects that say their types."""
    return isinstance(value, dict) and all(isinstance(item, dict) and not _TYPES.isdisjoint(item) for item in value.values())


def _is_reordered(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> bool:
    """Whether what is in both is in another order."""
    return [key for key in old if key in new] != [key for key in new if key in old]


def _name(pointer: Pointer) -> str:
    return next((key for key in reversed(pointer) if isinstance(key, str)), ORDER)


def _differences(old: Any, new: Any, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    """The places at which two values differ, and what differs there if it is not the field itself."""
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _by_key(old, new, pointer)
    elif isinstance(old, list) and isinstance(new, list):
        before, after = _entries(old), _entries(new)
        if not _are_by_place(before) and not _are_by_place(after) and _is_reordered(before, after):
            yield pointer, ORDER
        yield from _by_key(before, after, pointer, are_entries=True)
    else:
        yield pointer, ""


def _by_key(
    old: Mapping[Any, Any], new: Mapping[Any, Any], pointer: Pointer, *, are_entries: bool = False
) -> Iterator[tuple[Pointer, str]]:
    for key in [*new, *(key for key in old if key not in new)]:
        if key in old and key in new:
            yield from _differences(old[key], new[key], (*pointer, key))
        else:
            yield (*pointer, key), _type(new.get(key, old.get(key))) if are_entries else ""


def _type(value: Any) -> str:
    """The type that an entry of a list says it is of: `comment` tells more than the id of one."""
    type_ = value.get("type") if isinstance(value, dict) else None
    return type_ if isinstance(type_, str) else ""


def _are_by_place(entries: Mapping[Any, Any]) -> bool:
    return any(isinstance(key, int) for key in entries)


def _entries(items: list[Any]) -> dict[Any, Any]:
    """The items of a list by what they are known by, or by their places."""
    for identity in _IDENTITIES:
        keys = [item.get(identity) if isinstance(item, dict) else None for item in items]
        if all(isinstance(key, str) for key in keys) and len({*keys}) == len(keys):
            return dict(zip(keys, items, strict=True))
    return dict(enumerate(items))
