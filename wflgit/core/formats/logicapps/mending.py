"""Documents with something else at some place; what is not on the way there is shared with the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.meaning import same

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer


def at(document: Any, pointer: Pointer) -> Any:
    """What is at a place of a document."""
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


def mended(original: Any, old: Any, new: Any) -> Any:
    """Carry a change of what is said into the document that says it, as `patched` does, but into the items of lists too.

    An item of a list is the one before that says the same, else the one at its place, else the one that has its name and type.

    >>> mended([{"n": 1, "noise": 0}, {"n": 2, "noise": 0}], [{"n": 1}, {"n": 2}], [{"n": 0}, {"n": 1}, {"n": 2}])
    [{'n': 0}, {'n': 1, 'noise': 0}, {'n': 2, 'noise': 0}]
    """
    if same(old, new):
        return original
    if isinstance(original, dict) and isinstance(old, dict) and isinstance(new, dict):
        kept = {
            key: mended(value, old[key], new[key]) if key in old and key in new else new.get(key, value)
            for key, value in original.items()
            if key in new or key not in old
        }
        return kept | {key: value for key, value in new.items() if key not in original}
    if isinstance(original, list) and isinstance(old, list) and isinstance(new, list) and len(original) == len(old):
        partners = _partners(old, new)
        return [mended(original[i], old[i], item) if (i := partners.get(j)) is not None else item for j, item in enumerate(new)]
    return new


def _partners(old: list[Any], new: list[Any]) -> dict[int, int]:
    """For each new item, by index, the old one that it is."""
    free = [*range(len(old))]
    found: dict[int, int] = {}

    def pair(likely: Any) -> None:
        for j, item in enumerate(new):
            i = next((i for i in free if likely(i, j, item)), None) if j not in found else None
            if i is not None:
                found[j] = i
                free.remove(i)

    pair(lambda i, _, item: same(old[i], item))
    pair(lambda i, _, item: _called(old[i]) is not None and _called(old[i]) == _called(item))
    if len(old) == len(new):
        pair(lambda i, j, _: i == j)
    return found


def _called(value: Any) -> tuple[str, str] | None:
    name, type_ = (value.get("name"), value.get("type")) if isinstance(value, dict) else (None, None)
    return (name, type_) if isinstance(name, str) and isinstance(type_, str) else None
