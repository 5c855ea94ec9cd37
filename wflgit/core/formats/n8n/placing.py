"""What a new step needs beside what the graph says of it: an id and a place on the canvas."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.shapes import without

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.core.graph import Graph, Step

_Place = tuple[float, float]

_APART = 200
"""How far from each other steps are put, in pixels."""


def positions(raws: Mapping[str, Any]) -> dict[str, _Place]:
    """Where the steps are, by their ids; those that do not say it are left out."""
    found = {}
    for step, raw in raws.items():
        match raw.get("position"):
            case [int() | float() as x, int() | float() as y]:
                found[step] = (x, y)
    return found


def place(step: str, graph: Graph, taken: dict[str, _Place]) -> _Place:
    """Put a step where nothing else is: after one that leads to it, below its user, or before one that it leads to.

    It is `taken` from then on.
    """
    beside = [(edge.source, _APART, 0) for edge in graph.edges if edge.target == step]
    beside += [(edge.source, 0, _APART) for edge in graph.uses if edge.target == step]
    beside += [(edge.target, -_APART, 0) for edge in graph.edges if edge.source == step and edge.target is not None]
    x, y = next(((taken[other][0] + right, taken[other][1] + down) for other, right, down in beside if other in taken), (0, 0))
    while (x, y) in taken.values():
        y += _APART
    taken[step] = (x, y)
    return x, y


def new_raw(step: Step, at: _Place, keys: set[str]) -> dict[str, Any]:
    """A step as the editor writes it; its id is none of the keys, and is one of them from then on."""
    key = step.key or _key(step.id, keys)
    keys.add(key)
    raw = {"parameters": step.config.get("parameters", {}), "id": key, "name": step.id, "type": step.type, "position": [*at]}
    return raw | without(step.config, "parameters") | ({"disabled": True} if step.disabled else {})


def _key(name: str, keys: set[str]) -> str:
    """An id that follows from the name, so that writing the same twice gives the same file."""
    count = 1
    while (key := str(uuid.uuid5(uuid.NAMESPACE_OID, name if count == 1 else f"{name} ({count})"))) in keys:
        count += 1
    return key
