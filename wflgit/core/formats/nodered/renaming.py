"""Other ids for steps, wherever they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.formats.nodered.reading import elements_of
from wflgit.core.formats.nodered.types import USE

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMING = ("id", "type", "z", "wires", "links", "scope", "nodes", "in", "out")
"""The keys that name steps and are no config."""


def referring(config: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """A step's config as it would be if the steps it refers to were called otherwise; itself if it names none.

    >>> referring({"to": "a1", "of": ["subflow:a1", "other"]}, {"a1": "b2"})
    {'to': 'b2', 'of': ['subflow:b2', 'other']}
    """
    found: Mapping[str, Any] = _replaced(config, _texts(names))
    return found


def renamed(document: Any, names: Mapping[str, str]) -> Any:
    """The document in which steps have other ids, and are led to, used and grouped by those; configs stay as they are."""
    texts = _texts(names)
    elements = [_renamed_element(raw, texts) for raw in elements_of(document)]
    return {**document, "flows": elements} if isinstance(document, dict) else elements


def _texts(names: Mapping[str, str]) -> dict[str, str]:
    return {**names, **{USE + old: USE + new for old, new in names.items()}}


def _renamed_element(raw: Any, texts: Mapping[str, str]) -> Any:
    if not isinstance(raw, dict):
        return raw
    changes = {key: _replaced(raw[key], texts) for key in _NAMING if key in raw}
    return {**raw, **changes} if any(changes[key] is not raw[key] for key in changes) else raw


def _replaced(value: Any, texts: Mapping[str, str]) -> Any:
    """The value with other texts; the same object where there is none to replace."""
    if isinstance(value, str):
        return texts.get(value, value)
    if isinstance(value, dict):
        pairs = {key: _replaced(item, texts) for key, item in value.items()}
        return pairs if any(pairs[key] is not value[key] for key in pairs) else value
    if isinstance(value, list):
        items = [_replaced(item, texts) for item in value]
        return items if any(one is not other for one, other in zip(items, value, strict=True)) else value
    return value
