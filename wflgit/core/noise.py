"""What differs between two documents that mean the same: layout, exported fields, order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import find_format
from wflgit.core.formats.meaning import Worth
from wflgit.core.jsonvalues import same

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer

ORDER = "order"
FORMATTING = "formatting"

_IDENTITIES = ("id", "name")


@dataclass(frozen=True, slots=True)
class Noise:
    """Fields that differ without a meaning: what they are worth, and what they are called, sorted.

    Beside the names of fields there are `order` (entries changed places) and `formatting` (not even the JSON differs).
    """

    worth: Worth
    fields: tuple[str, ...]


def find_noise(old: Any, new: Any) -> tuple[Noise, ...]:
    """Say what differs between two documents of one format whose graphs are equal.

    Args:
        old: a document.
        new: the document to compare it with.

    Returns:
        The kinds of noise, each once: cosmetic, volatile, private. A field that might mean something, but does not where it stands,
        is cosmetic.
    """
    known = find_format(new)
    skipped = len(known.root(new))
    found: dict[Worth, set[str]] = defaultdict(set)
    for pointer, name in _differences(old, new, ()):
        worth = known.FIELDS.worth(pointer[skipped:])
        found[Worth.COSMETIC if worth in (Worth.MEANING, Worth.SECRET) else worth].add(name or _name(pointer))
    if not found:
        return (Noise(Worth.COSMETIC, (FORMATTING,)),)
    return tuple(Noise(worth, tuple(sorted(found[worth]))) for worth in Worth if worth in found)


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
        if before.keys() == after.keys() and [*before] != [*after]:
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


def _entries(items: list[Any]) -> dict[Any, Any]:
    """The items of a list by what they are known by, or by their places."""
    for identity in _IDENTITIES:
        keys = [item.get(identity) if isinstance(item, dict) else None for item in items]
        if all(isinstance(key, str) for key in keys) and len({*keys}) == len(keys):
            return dict(zip(keys, items, strict=True))
    return dict(enumerate(items))
