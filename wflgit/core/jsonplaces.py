"""Where a value stands in the text of a JSON document. Pure.

Only the way to the value is read member by member; what lies beside it is passed over bracket by bracket.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wflgit.core.graph import Pointer

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]', re.DOTALL)
_SPACE = re.compile("[ \t\n\r]*")


class Place(NamedTuple):
    """Where a value begins, and where the key that it stands under does; None for an item of a list and for the document."""

    value: int
    key: int | None = None


def find_place(text: str, pointer: Pointer) -> Place:
    """Find a value in a valid document without duplicate keys; where there is none, the innermost value around it.

    >>> find_place('{"a": [1, {"b": 2}]}', ("a", 1, "b"))
    Place(value=16, key=11)
    >>> find_place('{"a": [1, {"b": 2}]}', ("a", 2))
    Place(value=6, key=1)
    """
    place = Place(_after_space(text, 0))
    for key in pointer:
        opening = text[place.value : place.value + 1]
        inner = None
        if opening == "{" and isinstance(key, str):
            inner = _find_member(text, place.value + 1, key)
        elif opening == "[" and isinstance(key, int):
            inner = _find_item(text, place.value + 1, key)
        if inner is None:
            break
        place = inner
    return place


def _find_member(text: str, begin: int, wanted: str) -> Place | None:
    """The member of an object, of which `begin` is after the bracket."""
    key: re.Match[str] | None = None
    for token in _own_tokens(text, begin):
        mark = text[token.start()]
        if mark == '"' and key is None:
            key = token
        elif mark == "," or key is None:
            key = None
        elif mark == ":" and _is_called(key[0], wanted):
            return Place(_after_space(text, token.end()), key.start())
    return None


def _find_item(text: str, begin: int, wanted: int) -> Place | None:
    """The item of a list, of which `begin` is after the bracket."""
    at = _after_space(text, begin)
    if wanted <= 0:
        return None if wanted or text[at : at + 1] == "]" else Place(at)
    for token in _own_tokens(text, begin):
        if text[token.start()] == ",":
            wanted -= 1
            if wanted == 0:
                return Place(_after_space(text, token.end()))
    return None


def _own_tokens(text: str, begin: int) -> Iterator[re.Match[str]]:
    """The texts, colons and commas of an object or a list, without those of what is in it."""
    depth = 0
    for token in _TOKEN.finditer(text, begin):
        mark = text[token.start()]
        if mark in "{[":
            depth += 1
        elif mark in "}]":
            if depth == 0:
                return
            depth -= 1
        elif depth == 0:
            yield token


def _is_called(token: str, wanted: str) -> bool:
    return bool(json.loads(token, strict=False) == wanted) if "\\" in token else token[1:-1] == wanted


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
