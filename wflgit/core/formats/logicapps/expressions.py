"""Expressions (`@…`) and the actions that they name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_FUNCTIONS = (
    "actions",
    "actionBody",
    "actionOutputs",
    "body",
    "formDataMultiValues",
    "formDataValue",
    "items",
    "iterationIndexes",
    "multipartBody",
    "outputs",
    "result",
)
_CALL = re.compile(
    rf"(?P<before>\b(?:{'|'.join(_FUNCTIONS)})\s*\(\s*')(?P<name>(?:[^']|'')+)'(?=\s*[,)])|'(?:[^']|'')*'", re.IGNORECASE
)
"""A call that names an action; or a text, in which no call is to be found."""

_QUOTED = re.compile(r"'(?:[^']|'')*'|\}")


def named_in(value: Any) -> Iterator[str]:
    """The actions that the expressions in a value name, in order.

    >>> [*named_in({"uri": "https://example.com/@{body('Get_lead')?['id']}", "text": "body('No')"})]
    ['Get_lead']
    """
    found: list[str] = []

    def collect(name: str) -> str:
        found.append(name)
        return name

    _renamed(value, collect)
    yield from found


def referring(config: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """A step's config as it would be if the steps its expressions name were called otherwise; itself if they name none of them.

    >>> referring({"foreach": "@body('Get leads')"}, {"Get leads": "Bob's"})
    {'foreach': "@body('Bob''s')"}
    """
    changed: Mapping[str, Any] = _renamed(config, lambda name: names.get(name, name))
    return changed


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """The value with the names of actions replaced; the same object if all stay the same."""
    if isinstance(value, str):
        return _rewritten(value, rename) if "@" in value else value
    if isinstance(value, dict):
        inner = {key: _renamed(item, rename) for key, item in value.items()}
        return inner if any(inner[key] is not value[key] for key in value) else value
    if isinstance(value, list):
        items = [_renamed(item, rename) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _rewritten(text: str, rename: Callable[[str], str]) -> str:
    def said(match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        name = rename(match["name"].replace("''", "'")).replace("'", "''")
        return f"{match['before']}{name}'"

    parts, end = [], 0
    for start, stop in _spans(text):
        parts += [text[end:start], _CALL.sub(said, text[start:stop])]
        end = stop
    new = "".join(parts) + text[end:]
    return text if new == text else new


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Where in a text there are expressions: all of it behind `@`, or what is between `@{` and `}`; `@@` is a plain `@`."""
    if text.startswith("@") and not text.startswith(("@@", "@{")):
        yield 1, len(text)
        return
    at = text.find("@")
    while at >= 0:
        if text.startswith("@@", at):
            at += 2
        elif text.startswith("@{", at):
            closing = next((match for match in _QUOTED.finditer(text, at + 2) if match[0] == "}"), None)
            stop = len(text) if closing is None else closing.start()
            yield at + 2, stop
            at = stop
        else:
            at += 1
        at = text.find("@", at)
