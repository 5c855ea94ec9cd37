"""References to other steps, by name, in expressions and in the code of steps.

`$('Name')`, `$node["Name"]`, `$node.Name` and `$items("Name")` are found by their spelling, as the editor does it when a step is
renamed. `docs/formats/n8n.md` says where they are looked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wflgit.core.graph import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CODE = frozenset({"jsCode", "functionCode", "pythonCode", "code"})
_TEMPLATES = frozenset({"html"})
"""Parameters that may refer to steps though they are no expressions: those with `=` before them."""

_REFERENCE = re.compile(
    r"""
    (?P<before> [$_] (?: \( | node\[ | items\( ) \s* )
    (?P<quote> ['"`] ) (?P<name> (?: \\. | (?!(?P=quote)) [^\\] )* ) (?P=quote)
    (?P<after> \s* (?P<end> [\],)] ) )
    | \$node\. (?P<plain> [A-Za-z_] \w* )
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PUT_TOGETHER = re.compile(r"(?<!\\)\$\{")
_EVALUATED = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_OTHER_DOLLAR = re.compile(r"cheerio|jquery|querySelector|n8n-nodes-|\b(?:const|let|var|function)\s+\$", re.IGNORECASE)
"""Where a `$(…)` in code is likely not the one of n8n, or in a workflow that the code puts together."""

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


def referring(config: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """A step's config as it would be if the steps that it refers to were called otherwise.

    Args:
        config: the config of a step.
        names: by the id of each renamed step its new one.

    Returns:
        The config itself where it names none of them.

    >>> referring({"parameters": {"text": "={{ $('Lead').item.json.name }}"}}, {"Lead": "New lead"})
    {'parameters': {'text': "={{ $('New lead').item.json.name }}"}}
    """
    changed: Mapping[str, Any] = _renamed(config, names, "")
    return changed


def unknown_references(parameters: object, names: frozenset[str]) -> Iterator[tuple[Pointer, str]]:
    """Find what is referred to in parameters and is not among the names; with where it stands below the parameters.

    What is not evaluated is passed over: texts around `{{ }}`, comments in code, and `$` of other libraries.
    """
    return _unknown(parameters, names, (), "")


def _renamed(value: Any, names: Mapping[str, str], key: str) -> Any:
    if isinstance(value, str):
        return _rewritten(value, names) if _may_refer(value, key) else value
    if isinstance(value, dict):
        changed = {name: new for name, inner in value.items() if (new := _renamed(inner, names, name)) is not inner}
        return value | changed if changed else value
    if isinstance(value, list):
        items = [_renamed(inner, names, key) for inner in value]
        return value if all(new is old for new, old in zip(items, value, strict=True)) else items
    return value


def _may_refer(text: str, key: str) -> bool:
    if "$" not in text and not (key == "pythonCode" and "_" in text):
        return False
    return text.startswith("=") or key in _CODE or key in _TEMPLATES


def _rewritten(text: str, names: Mapping[str, str]) -> str:
    new = _REFERENCE.sub(lambda match: _replacement(match, names), text)
    return text if new == text else new


def _replacement(match: re.Match[str], names: Mapping[str, str]) -> str:
    name = _name(match)
    if name is None or name not in names:
        return match[0]
    new = names[name]
    if match["plain"] is not None:
        return f"$node.{new}" if _PLAIN.fullmatch(new) else f'$node["{_escaped(new, chr(34))}"]'
    quote = match["quote"]
    return f"{match['before']}{quote}{_escaped(new, quote)}{quote}{match['after']}"


def _name(match: re.Match[str]) -> str | None:
    """The name that a reference says; None for what is no reference, or is put together when it is evaluated."""
    if match["plain"] is not None:
        return match["plain"]
    bracket = "]" if match["before"].rstrip().endswith("[") else ")"
    if match["end"] != bracket and not (match["end"] == "," and "items" in match["before"]):
        return None
    if match["quote"] == "`" and _PUT_TOGETHER.search(match["name"]):
        return None
    return _unescaped(match["name"])


def _unescaped(text: str) -> str:
    r"""A text as JavaScript reads it, where two escapes may be one character.

    >>> _unescaped(r"Ann\'s \ud83d\udd27")
    "Ann's 🔧"
    """
    if "\\" not in text:
        return text
    return _ESCAPE.sub(_character, text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _character(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits:
        return chr(min(int(digits, 16), 0x10FFFF))
    return _LETTERS.get(match[4], match[4])


def _escaped(name: str, quote: str) -> str:
    escaped = name.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    return escaped.replace("${", "\\${") if quote == "`" else escaped


def _unknown(value: object, names: frozenset[str], pointer: Pointer, key: str) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        if "$" in value:
            yield from ((pointer, name) for name in _references(value, key) if name not in names)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _unknown(inner, names, (*pointer, name), name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _unknown(inner, names, (*pointer, index), key)


def _references(text: str, key: str) -> Iterator[str]:
    """The names that a text refers to when it is evaluated, each once."""
    if text.startswith("=") or key in _TEMPLATES:
        parts = [found[0] for found in _EVALUATED.finditer(text)]
    elif key in _CODE:
        parts = [] if _OTHER_DOLLAR.search(text) else [text]
    else:
        return
    yield from dict.fromkeys(
        name
        for part in parts
        for match in _REFERENCE.finditer(part)
        if match[0].startswith("$") and not _is_comment(part, match.start()) and (name := _name(match)) is not None
    )


def _is_comment(text: str, place: int) -> bool:
    before = text[text.rfind("\n", 0, place) + 1 : place]
    opened = text.rfind("/*", 0, place)
    return "//" in before.replace("://", "") or opened > text.rfind("*/", 0, place)
