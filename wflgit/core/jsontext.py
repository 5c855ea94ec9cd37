"""JSON text, read strictly, with the place of everything in it.

Reading costs about what `json.loads` costs: a fast reader does it, and only where it cannot be sure to have read what a strict one
would, the strict one does. What is wrong is found by a third, slow walk that runs only when there is something to report.
This module knows JSON and nothing of workflows.
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from wflgit.core.jsonplaces import find_place
from wflgit.core.problems import Problem, Severity
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.graph import Pointer

MAX_DEPTH = 100

_BOM = b"\xef\xbb\xbf"
_NEITHER_QUOTE_NOR_COLON = bytes(set(range(256)) - set(b'":'))
_UNSURE = object()
_BEYOND_64_BITS = float(2**63)

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING_PART = re.compile(r'[^"\\]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_CONTROL = re.compile(r"[\x00-\x1f]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"[-+.\w]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD]")

_LITERALS = ("true", "false", "null")
_NOT_NUMBERS = ("NaN", "Infinity", "-Infinity")
_WORD_HINTS = {
    "True": "write true",
    "False": "write false",
    "None": "write null",
    "undefined": "write null, or leave the key out",
}
_CHARACTER_HINTS = {
    "'": "put keys and texts in double quotes",
    "“": "put keys and texts in plain double quotes",
    "/": "remove the comment, JSON has none",
    "#": "remove the comment, JSON has none",
    "<": "if this is a conflict of a merge, resolve it first",
    "=": "if this is a conflict of a merge, resolve it first",
    ">": "if this is a conflict of a merge, resolve it first",
}


@dataclass(frozen=True, eq=False)
class JsonDocument:
    """A JSON text and its value, which must not be changed; `bom` says whether a byte-order mark stood before it."""

    value: Any
    content: bytes
    bom: bool = False

    @cached_property
    def text(self) -> str:
        """The text, without the mark."""
        return self.content.decode()

    def locate(self, pointer: Pointer, *, of_key: bool = False) -> tuple[int, int]:
        """Find the 1-based line and column of a value, or of the key it stands under.

        Where there is nothing at `pointer`, the place is that of the innermost value around it. An item of a list and the
        document itself have no key; for them it is the place of the value.
        """
        place = find_place(self.text, pointer)
        return _position(self.text, place.value if place.key is None or not of_key else place.key)


def read_json(content: bytes, *, bom: bool = False) -> JsonDocument:
    """Read a document in UTF-8.

    Args:
        content: the bytes.
        bom: whether a byte-order mark may stand before it.

    Raises:
        DefinitionError: with every problem that can be told: all duplicate keys, impossible numbers and characters up to the
            first place where the text is no JSON. Each has a line and a column.
    """
    bare = content.removeprefix(_BOM)
    marked = len(bare) < len(content)
    if marked and not bom:
        raise bom_refusal()
    value = _read_quickly(bare)
    return JsonDocument(_read_strictly(bare) if value is _UNSURE else value, bare, marked)


def _read_quickly(content: bytes) -> Any:
    """Read a document with a reader that lets duplicate keys and large numbers pass, and see whether there are any.

    Every key is followed by a colon, and outside of texts there are no others. So if as many keys were read as there are such
    colons, none was lost to another of its name.

    Returns:
        The value, or `_UNSURE` if the strict reader has to look.
    """
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        return _UNSURE
    return value if _count_keys(value) == _count_colons(content) else _UNSURE


def _count_colons(content: bytes) -> int:
    """Count the colons outside of the texts of valid JSON."""
    if b"\\" in content:
        content = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    quotes_and_colons = content.translate(None, _NEITHER_QUOTE_NOR_COLON)
    # Texts without a colon are now pairs of quotes; without those, every second piece between quotes is inside of a text.
    return b"".join(quotes_and_colons.replace(b'""', b"").split(b'"')[::2]).count(b":")


def _count_keys(value: object) -> int | None:
    """Count the keys in a value; None if it is nested too deeply, or has a number that may have been an integer beyond 64 bits."""
    keys = 0
    level: list[Any] = [[value]]
    for _ in range(MAX_DEPTH + 1):
        if not level:
            return keys
        inner: list[Any] = []
        for outer in level:
            items = outer
            if outer.__class__ is dict:
                keys += len(outer)
                items = outer.values()
            for item in items:
                kind = item.__class__
                if kind is str:
                    continue
                if kind is dict or kind is list:
                    inner.append(item)
                elif kind is float and not -_BEYOND_64_BITS < item < _BEYOND_64_BITS:
                    return None
        level = inner
    return None if level else keys


def _read_strictly(content: bytes) -> Any:
    """Read a document with a reader that sees everything that is wrong."""
    text = _decode(content)
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise refusal(_Scan(text).problems) from error
    if _is_deep(value) or (_SURROGATE_ESCAPE.search(text) and _holds_surrogates(value)):
        raise refusal(_Scan(text).problems)
    return value


def refusal(problems: Sequence[Problem]) -> DefinitionError:
    """Build the error for a document that cannot be read, led by its first problem."""
    first = problems[0]
    place = "" if first.line is None else f"line {first.line}, column {first.column}: "
    more = "" if len(problems) == 1 else f" (and {len(problems) - 1} more)"
    return DefinitionError(f"{place}{first.message}{more}", problems=problems, hint=first.hint)


def _decode(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line, column = _position(before := content[: error.start].decode(), len(before))
        found = f"the byte 0x{content[error.start]:02X}"
        raise refusal([_encoding_problem(found, line, column)]) from error


def bom_refusal() -> DefinitionError:
    """Build the error for a document that begins with a byte-order mark where none may be."""
    return refusal([_encoding_problem("a byte-order mark", 1, 1, rule="byte-order-mark")])


def _encoding_problem(found: str, line: int, column: int, *, rule: str = "encoding") -> Problem:
    message = f"expected plain UTF-8 but found {found}"
    return Problem(rule, Severity.ERROR, message, (), line, column, hint="save the file as UTF-8 without a byte-order mark")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("duplicate key")
    return value


def _float(token: str) -> float:
    value = float(token)
    if math.isinf(value):
        raise ValueError(token)
    return value


def _refuse_constant(token: str) -> NoReturn:
    raise ValueError(token)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_refuse_constant)


def _is_deep(value: object) -> bool:
    """Say whether a parsed value is nested too deeply; one level after the other, so that it cannot run out of stack itself."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            inner
            for outer in level
            for inner in (outer.values() if outer.__class__ is dict else outer)
            if inner.__class__ is dict or inner.__class__ is list
        ]
    return bool(level)


def _holds_surrogates(value: object) -> bool:
    """Say whether a text in a parsed value has half a surrogate pair, which UTF-8 cannot carry."""
    return _SURROGATE.search(json.dumps(value, ensure_ascii=False)) is not None


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


class _Stopped(Exception):  # noqa: N818 - it ends a walk, it is no error of ours
    """The text is no JSON from here on."""


class _Scan:
    """One slow walk over a text: what is wrong with it.

    It accepts and refuses exactly what `read_json` does.
    """

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._keys: dict[Pointer, int] = {}
        self._text = text
        self._at = 0
        with suppress(_Stopped):
            self._document()

    def _document(self) -> None:
        self._skip_space()
        if self._at == len(self._text):
            self._stop("empty-file", "expected a JSON document but the file is empty")
        self._value(())
        self._skip_space()
        if self._at < len(self._text):
            hint = _CHARACTER_HINTS.get(self._character, "remove it; one file holds one document")
            self._stop("trailing-text", f"expected the end of the file after the document but {self._found()}", hint)

    def _value(self, pointer: Pointer) -> None:
        match self._character:
            case "{":
                self._enter(pointer)
                self._members(pointer)
            case "[":
                self._enter(pointer)
                self._items(pointer)
            case '"':
                self._string()
            case _:
                self._word()

    def _enter(self, pointer: Pointer) -> None:
        if len(pointer) >= MAX_DEPTH:
            self._stop("nesting", f"expected at most {MAX_DEPTH} levels of nesting but here begins another")
        self._at += 1
        self._skip_space()

    def _members(self, pointer: Pointer) -> None:
        if self._take("}"):
            return
        while True:
            self._member(pointer)
            if self._take("}"):
                return
            self._demand(",", "',' or '}'")

    def _member(self, pointer: Pointer) -> None:
        at = self._at
        if self._character != '"':
            self._expected("a key in double quotes")
        place = (*pointer, self._string())
        if place in self._keys:
            first = _position(self._text, self._keys[place])[0]
            message = f"expected each key once but '{place[-1]}' is here again, first in line {first}"
            self._note("duplicate-key", message, at, "rename or remove one of the two", place)
        self._keys.setdefault(place, at)
        self._skip_space()
        self._demand(":", "':' after the key")
        self._value(place)
        self._skip_space()

    def _items(self, pointer: Pointer) -> None:
        if self._take("]"):
            return
        index = 0
        while True:
            self._value((*pointer, index))
            self._skip_space()
            if self._take("]"):
                return
            self._demand(",", "',' or ']'")
            index += 1

    def _string(self) -> str:
        begin, at = self._at, self._at + 1
        while part := _STRING_PART.match(self._text, at):
            at = part.end()
        self._at = at
        if at == len(self._text):
            self._at = begin
            self._stop("syntax", "expected '\"' at the end of a text but the file ends in it", "close the text that begins here")
        if self._character == "\\":
            message = f"expected a JSON escape but found '{self._text[at : at + 2]}'"
            self._stop("syntax", message, "write \\\\ for a backslash")
        self._at += 1
        return self._check_string(begin)

    def _check_string(self, begin: int) -> str:
        for control in _CONTROL.finditer(self._text, begin, self._at):
            found = "a line break" if control[0] in "\r\n" else f"the control character U+{ord(control[0]):04X}"
            hint = "close the text with '\"', or write \\n for a line break" if control[0] in "\r\n" else "write it as an escape"
            self._note("control-character", f"expected a text without control characters but found {found}", control.start(), hint)
        text = str(json.loads(self._text[begin : self._at], strict=False))
        if _SURROGATE.search(text):
            message = "expected whole characters but the text holds half a surrogate pair"
            self._note("lone-surrogate", message, begin, "write the character itself, or both halves of the pair")
        return text

    def _word(self) -> None:
        """Walk over a number or one of the three names JSON knows."""
        match = _WORD.match(self._text, self._at)
        word = match[0] if match else ""
        if word in _NOT_NUMBERS:
            self._note("not-a-number", f"expected a number but found '{word}', which JSON does not have", self._at, "write null")
        elif _NUMBER.fullmatch(word):
            self._check_number(word)
        elif word not in _LITERALS:
            self._expected("a value", _WORD_HINTS.get(word))
        self._at += len(word)

    def _check_number(self, word: str) -> None:
        try:
            if word.lstrip("-").isdecimal():
                int(word)
            else:
                _float(word)
        except ValueError:
            message = f"expected a number that other programs can hold but found one of {len(word)} characters: '{word[:20]}'"
            self._note("number-too-large", message, self._at, "write it as a text")

    @property
    def _character(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _take(self, character: str) -> bool:
        if self._character != character:
            return False
        self._at += 1
        return True

    def _demand(self, character: str, what: str) -> None:
        """Go over a separator and the space after it; nothing but a new member may follow a comma."""
        if not self._take(character):
            self._expected(what, "put a ',' between two entries" if character == "," and self._character == '"' else None)
        self._skip_space()
        if character == "," and self._character in ("}", "]"):
            self._expected("another entry after ','", "remove the comma before it")

    def _found(self) -> str:
        if self._at == len(self._text):
            return "the file ends"
        word = _WORD.match(self._text, self._at)
        return f"found '{word[0][:40] if word else self._character}'"

    def _expected(self, what: str, hint: str | None = None) -> NoReturn:
        self._stop("syntax", f"expected {what} but {self._found()}", hint or _CHARACTER_HINTS.get(self._character))

    def _stop(self, rule: str, message: str, hint: str | None = None) -> NoReturn:
        self._note(rule, message, self._at, hint)
        raise _Stopped

    def _note(self, rule: str, message: str, offset: int, hint: str | None, pointer: Pointer = ()) -> None:
        line, column = _position(self._text, offset)
        self.problems.append(Problem(rule, Severity.ERROR, message, pointer, line, column, hint))
