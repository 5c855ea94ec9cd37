"""Changes of what is said carried into a value that holds more than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.meaning import same

if TYPE_CHECKING:
    from collections.abc import Sequence


def carried(original: Any, old: Any, new: Any) -> Any:
    """Carry a change into a value and leave alone what it does not touch, in lists too.

    Args:
        original: a value of a document, which may hold more than `old`, but has its lists in the same order.
        old: what was read from it.
        new: what it is to say now.

    Returns:
        The original itself if nothing changed. An item of a list stands for the equal one of before, else for the one in its place.

    >>> carried([{"id": 7, "name": "a"}, {"id": 8, "name": "b"}], [{"name": "a"}, {"name": "b"}], [{"name": "b"}])
    [{'id': 8, 'name': 'b'}]
    """
    if same(old, new):
        return original
    if isinstance(original, dict) and isinstance(old, dict) and isinstance(new, dict):
        kept = {
            key: carried(value, old[key], new[key]) if key in old and key in new else new.get(key, value)
            for key, value in original.items()
            if key in new or key not in old
        }
        return kept | {key: value for key, value in new.items() if key not in original}
    if isinstance(original, list) and isinstance(old, list) and isinstance(new, list) and len(original) == len(old):
        return _carried_items(original, old, new)
    return new


def _carried_items(original: Sequence[Any], old: Sequence[Any], new: Sequence[Any]) -> list[Any]:
    left = set(range(len(old)))
    places: dict[int, int] = {}
    for index, item in enumerate(new):
        order = sorted(left, key=lambda place: (place != index, place))
        place = next((place for place in order if same(old[place], item)), None)
        if place is not None:
            places[index] = place
            left.remove(place)
    for index in range(len(new)):
        if index not in places and index in left and isinstance(new[index], dict):
            places[index] = index
            left.remove(index)
    return [
        carried(original[places[index]], old[places[index]], item) if index in places else item for index, item in enumerate(new)
    ]
