"""What a step does with data: which names it gives a value, and which values and results it reads. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DataUse:
    """What a step does with data, as far as its text says it.

    A name such as `lead.score` is a part of what is called `lead`: who sets `lead` sets all of it.

    Attributes:
        sets: the names that it gives a value.
        reads: the names whose values it reads, itself or in the conditions of the ways that leave it.
        results_of: the ids of the steps whose results it reads; of those that do not exist, what they are called there.
        whole: whether it may give a value to any name, because which one is only known when an execution is there.
        guarded: the names of which it asks whether they have a value.
    """

    sets: frozenset[str] = _NONE
    reads: frozenset[str] = _NONE
    results_of: frozenset[str] = _NONE
    whole: bool = False
    guarded: frozenset[str] = _NONE


NO_USE = DataUse()


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value, but for keys; not recursively, because a config may be nested as deeply as it likes.

    >>> sorted(texts({"a": "x", "b": [1, {"c": "y"}]}))
    ['x', 'y']
    """
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
