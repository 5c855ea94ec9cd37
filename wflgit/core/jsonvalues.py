"""Parsed JSON: when two values are the same, what stands at a place, and how a change is carried into a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer


def same(old: Any, new: Any) -> bool:
    """Equal as JSON: unlike for Python, `1`, `1.0` and `true` are three different values."""
    return old is new or (bool(old == new) and of_same_types(old, new))


def of_same_types(old: Any, new: Any) -> bool:
    """Whether values that Python calls equal are of the same types throughout, and so equal as JSON."""
    if old.__class__ is not new.__class__:
        return False
    if old.__class__ is dict:
        for key, value in old.items():
            # Texts are only ever equal to texts, so most values need no look.
            if value.__class__ is not str and not of_same_types(value, new[key]):
                return False
    elif old.__class__ is list:
        for one, other in zip(old, new, strict=True):
            if one.__class__ is not str and not of_same_types(one, other):
                return False
    return True


def at(document: Any, pointer: Pointer) -> Any:
    """What stands at a place of a document.

    >>> at({"a": [1, {"b": 2}]}, ("a", 1, "b"))
    2
    """
    for key in pointer:
        document = document[key]
    return document


def put(document: Any, pointer: Pointer, value: Any) -> Any:
    """The document with that value at a place; the document itself if it is there already. Objects on the way are made.

    >>> put({"a": {"b": 1}}, ("a", "c"), 2)
    {'a': {'b': 1, 'c': 2}}
    """
    if not pointer:
        return value
    key, rest = pointer[0], pointer[1:]
    if isinstance(document, list):
        index = int(key)
        inner = put(document[index], rest, value)
        return document if inner is document[index] else [*document[:index], inner, *document[index + 1 :]]
    holder = document if isinstance(document, dict) else {}
    inner = put(holder.get(key), rest, value)
    return document if key in holder and inner is holder[key] else {**holder, key: inner}


def patched(original: Any, old: Any, new: Any) -> Any:
    """Carry a change of what is said into the document that says it, and leave alone what the change does not touch.

    Args:
        original: a value of a document, which may hold more than `old`: fields without meaning. Lists have as many items.
        old: what was read from it.
        new: what it is to say now.

    Returns:
        The original itself if nothing changed; else a copy of it as far as all three are objects, or lists. Keys that only `new`
        has come last, those that only `old` has are gone. An item of a list is the one of before that says the same, else the one
        that has its name and type, else, unless there are fewer than before, the one in its place.

    >>> patched({"url": "a", "cached": 1}, {"url": "a"}, {"url": "b", "method": "GET"})
    {'url': 'b', 'cached': 1, 'method': 'GET'}
    >>> patched([{"n": 1, "id": 7}, {"n": 2, "id": 8}], [{"n": 1}, {"n": 2}], [{"n": 0}, {"n": 1}, {"n": 2}])
    [{'n': 0}, {'n': 1, 'id': 7}, {'n': 2, 'id': 8}]
    """
    if same(old, new):
        return original
    if isinstance(original, dict) and isinstance(old, dict) and isinstance(new, dict):
        kept = {
            key: patched(value, old[key], new[key]) if key in old and key in new else new.get(key, value)
            for key, value in original.items()
            if key in new or key not in old
        }
        return kept | {key: value for key, value in new.items() if key not in original}
    if isinstance(original, list) and isinstance(old, list) and isinstance(new, list) and len(original) == len(old):
        partners = _partners(old, new)
        return [
            patched(original[partners[place]], old[partners[place]], item) if place in partners else item
            for place, item in enumerate(new)
        ]
    return new


def _partners(old: list[Any], new: list[Any]) -> dict[int, int]:
    """For each new item, by its place, the place of the old one that it is."""
    free = [*range(len(old))]
    found: dict[int, int] = {}

    def pair(is_one: Callable[[int, int], bool]) -> None:
        for place in range(len(new)):
            match = next((before for before in free if is_one(before, place)), None) if place not in found else None
            if match is not None:
                found[place] = match
                free.remove(match)

    pair(lambda before, place: before == place and same(old[before], new[place]))
    pair(lambda before, place: same(old[before], new[place]))
    pair(lambda before, place: _called(old[before]) is not None and _called(old[before]) == _called(new[place]))
    if len(old) <= len(new):
        pair(lambda before, place: before == place)
    return found


def _called(value: Any) -> tuple[str, str] | None:
    name, type_ = (value.get("name"), value.get("type")) if isinstance(value, dict) else (None, None)
    return (name, type_) if isinstance(name, str) and isinstance(type_, str) else None
