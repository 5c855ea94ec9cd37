"""Reading parsed JSON that may have any shape.

What is not as expected counts as empty when a graph is made, and is reported when a document is checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from wflgit.core.wording import missing_key, quote, wrong

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer
    from wflgit.core.problems import Problem

Check = Callable[[Mapping[str, Any], "Pointer"], "Iterator[Problem]"]
"""Finds the problems of an object; they point to places below its pointer."""

_SHAPES: Mapping[type, str] = {str: "a text", bool: "true or false", list: "a list", dict: "an object", int: "a whole number"}
_NOTHING: Mapping[str, Any] = {}


def object_of(value: object) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else _NOTHING


def list_of(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_of(value: object) -> str:
    """The value if it is a text, else an empty one."""
    return value if isinstance(value, str) else ""


def without(value: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """All of an object but some keys."""
    return {key: item for key, item in value.items() if key not in keys}


def unique(label: str, taken: set[str]) -> str:
    """The label, or if it is taken the first free of `label (2)`, `label (3)` …; from then on it is taken."""
    free, count = label, 1
    while free in taken:
        count += 1
        free = f"{label} ({count})"
    taken.add(free)
    return free


def list_problems(holder: Mapping[str, Any], name: str, pointer: Pointer, check: Check) -> Iterator[Problem]:
    """Check a field that must be a list of objects, and by `check` each of them."""
    yield from field_problems(holder, name, list, pointer)
    for index, item in enumerate(list_of(holder.get(name))):
        yield from object_problems(item, (*pointer, name, index), check)


def object_problems(value: object, pointer: Pointer, check: Check) -> Iterator[Problem]:
    """Check a value that must be an object, and by `check` what it says."""
    if isinstance(value, dict):
        yield from check(value, pointer)
    else:
        yield wrong_shape(value, dict, pointer)


def field_problems(holder: Mapping[str, Any], name: str, shape: type, pointer: Pointer) -> Iterator[Problem]:
    """Check that a field is there and of that shape."""
    if name not in holder:
        yield missing_key(name, pointer)
    elif not isinstance(holder[name], shape):
        yield wrong_shape(holder[name], shape, (*pointer, name))


def optional_problems(holder: Mapping[str, Any], name: str, shape: type, pointer: Pointer) -> Iterator[Problem]:
    """Check that a field is of that shape if it is there."""
    if name in holder:
        yield from field_problems(holder, name, shape, pointer)


def wrong_shape(value: object, shape: type, pointer: Pointer) -> Problem:
    """Say that a value has another shape."""
    return wrong(f"expected {_SHAPES[shape]} but found {quote(value)}", pointer)
