"""Conditions on data: `{"field", "op", "value"}`, `{"all"}`, `{"any"}` and `{"not"}`, judged, written and read.

Their shape is said by `core.fields`. What a native definition's own conditions come to is for the engine to say; here they choose
among things that wflgit knows, such as executions.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from wflgit.core.jsontext import read_json
from wflgit.core.wording import did_you_mean, quote
from wflgit.errors import DefinitionError, InvalidNameError

if TYPE_CHECKING:
    from wflgit.core.fields import Shape

_ABSENT = object()


def matches(predicate: Any, values: Mapping[str, Any]) -> bool:
    """Say whether a condition holds for some values. Never raises; what is no condition holds for nothing.

    A field such as `contact.country` is first looked up as it stands, as a key with a dot in it, then as `country` in what
    `contact` holds. A field that leads nowhere is absent. That is not null, which is a value like any other.

    | operator | true where the field is there and |
    |---|---|
    | `eq` | it is the same JSON: `1` is `1.0`, but neither `true` nor `"1"`; objects whatever the order of their keys |
    | `lt`, `le`, `gt`, `ge` | both are numbers or both texts, in that order; texts by code point, which suits times in UTC |
    | `contains` | it is a text and the value a part of it, or it is a list and the value the same as one of its items |
    | `starts_with`, `ends_with` | both are texts, and it does |
    | `matches` | both are texts, and the regular expression is found somewhere in it |
    | `in` | it is the same as an item of the value, which is a list |
    | `exists` | |

    `ne`, `not_contains`, `not_in` and `not_exists` are true where their opposites are not: for an absent field they all are. The
    others are false for an absent field, and for values of other types than said.

    Args:
        predicate: a condition that `check_predicate` let pass.
        values: plain JSON.

    >>> matches({"field": "contact.country", "op": "in", "value": ["DE", "AT"]}, {"contact": {"country": "DE"}})
    True
    >>> matches({"field": "contact.age", "op": "ge", "value": 18}, {"contact": {"age": "18"}})
    False
    >>> matches({"not": {"field": "contact.age", "op": "ge", "value": 18}}, {"contact": {}})
    True
    """
    match predicate:
        case {"field": str(field), "op": str(op)}:
            return _compare(op, _look_up(field, values), predicate.get("value", _ABSENT))
        case {"all": [*parts]}:
            return all(matches(part, values) for part in parts)
        case {"any": [*parts]}:
            return any(matches(part, values) for part in parts)
        case {"not": part}:
            return not matches(part, values)
    return False


def _look_up(field: str, values: Any) -> Any:
    while isinstance(values, Mapping):
        if field in values:
            return values[field]
        first, _, field = field.partition(".")
        values = values.get(first)
    return _ABSENT


def _compare(op: str, found: Any, value: Any) -> bool:
    opposite = _OPPOSITES.get(op)
    if opposite is not None:
        return not _compare(opposite, found, value)
    test = _TESTS.get(op)
    return test is not None and found is not _ABSENT and test(found, value)


def _is_same(one: Any, other: Any) -> bool:
    """Compare JSON with JSON; not recursively, because data may be nested as deeply as it likes."""
    pairs = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            pairs += [(a[key], b[key]) for key in a]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        elif isinstance(a, dict | list) or isinstance(b, dict | list) or isinstance(a, bool) != isinstance(b, bool) or a != b:
            return False
    return True


def _in_order(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(found: Any, value: Any) -> bool:
        return ((_is_number(found) and _is_number(value)) or _are_texts(found, value)) and holds(found, value)

    return test


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_texts(*values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _contains(found: Any, value: Any) -> bool:
    if isinstance(found, list):
        return any(_is_same(item, value) for item in found)
    return _are_texts(found, value) and value in found


def _is_found(found: Any, value: Any) -> bool:
    pattern = _compiled(value) if _are_texts(found, value) else None
    return pattern is not None and pattern.search(found) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return None


_TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": _is_same,
    "lt": _in_order(operator.lt),
    "le": _in_order(operator.le),
    "gt": _in_order(operator.gt),
    "ge": _in_order(operator.ge),
    "contains": _contains,
    "starts_with": lambda found, value: _are_texts(found, value) and found.startswith(value),
    "ends_with": lambda found, value: _are_texts(found, value) and found.endswith(value),
    "matches": _is_found,
    "in": lambda found, value: isinstance(value, list) and any(_is_same(found, item) for item in value),
    "exists": lambda _found, _value: True,
}
_OPPOSITES = {"ne": "eq", "not_contains": "contains", "not_in": "in", "not_exists": "exists"}
_SIGNS = {"=": "eq", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_SIGN_OF = {op: sign for sign, op in _SIGNS.items() if sign != "=="}

_SHORT = re.compile(r"\s*(?P<field>[^\s=!<>~]+)\s*(?P<op>[=!<>~]+|(?<=\s)[^\s=!<>~]+)(?P<value>.*)", re.DOTALL)
_QUOTED = re.compile(r"(?P<quote>[\"'])(?P<text>.*)(?P=quote)", re.DOTALL)
_HINT = "write FIELD = VALUE, FIELD exists or FIELD starts_with VALUE, e.g. 'context.plan = pro'; or a condition as JSON"
_VALUE_HINT = """write e.g. 'context.plan in ["pro", "team"]', 'contact starts_with "12"' or 'context.plan exists'"""


def comparisons(predicate: Any) -> Iterator[Mapping[str, Any]]:
    """All comparisons in a condition that `check_predicate` let pass, in its order."""
    match predicate:
        case {"all": parts} | {"any": parts}:
            for part in parts:
                yield from comparisons(part)
        case {"not": part}:
            yield from comparisons(part)
        case _:
            yield predicate


def check_predicate(predicate: Any) -> None:
    """Make sure that something is a condition.

    Raises:
        InvalidNameError: if it is none, or no JSON; says what is wrong and where.
    """
    _check(predicate)


def _check(predicate: Any, shown: str | None = None, hint: str | None = None) -> None:
    """Refuse what is no condition; `hint` is for problems of the comparison as a whole."""
    try:
        said = json.dumps(predicate, ensure_ascii=False, allow_nan=False)
        said.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidNameError(
            f"expected a condition to be JSON, but {error}", hint="use plain objects, lists, texts and numbers"
        ) from error
    problem = next(_shape().problems(predicate, ()), None)
    if problem is not None:
        place = f"at '{'.'.join(map(str, problem.pointer))}', " if problem.pointer else ""
        advice = (None if problem.pointer else hint) or problem.hint or _HINT
        raise InvalidNameError(f"{quote(shown or said)} is no condition: {place}{problem.message}", hint=advice)


@cache
def _shape() -> Shape:
    from wflgit.core.fields import Predicate, Shape

    return Shape(Predicate)


def parse_predicate(text: str) -> Any:
    """Read a condition that somebody typed.

    Either JSON, or the short form of a comparison: a field, an operator (`=`, `!=`, `<`, `<=`, `>`, `>=` or its name) and a value.
    The value is read as JSON if it is JSON, and else as text; in single or double quotes it is always text.

    Raises:
        InvalidNameError: if it is none; says what is wrong and where.

    >>> parse_predicate("context.plan = pro")
    {'field': 'context.plan', 'op': 'eq', 'value': 'pro'}
    >>> parse_predicate("version < 6")
    {'field': 'version', 'op': 'lt', 'value': 6}
    >>> parse_predicate('contact in ["17", "23"]')
    {'field': 'contact', 'op': 'in', 'value': ['17', '23']}
    """
    is_json = text.lstrip().startswith("{")
    predicate = _read(text) if is_json else _read_short(text)
    _check(predicate, text, None if is_json else _VALUE_HINT)
    return predicate


def _read(text: str) -> Any:
    try:
        return read_json(_encoded(text)).value
    except DefinitionError as error:
        raise InvalidNameError(f"{quote(text)} is no condition: {error.message}", hint=error.hint or _HINT) from error


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # what the command line could not decode is refused by the reader


def _read_short(text: str) -> dict[str, Any]:
    found = _SHORT.fullmatch(text)
    if found is None:
        raise InvalidNameError(f"{quote(text)} is no condition: expected a field, an operator and a value", hint=_HINT)
    field, said, value = found["field"], found["op"], found["value"].strip()
    op = _SIGNS.get(said, said)
    if op not in _TESTS and op not in _OPPOSITES:
        known = [*_SIGN_OF.values(), *_TESTS, *_OPPOSITES]
        hint = did_you_mean(said, known) or f"known here: {', '.join(known)}"
        raise InvalidNameError(f"{quote(text)} is no condition: there is no operator '{said}'", hint=hint)
    return {"field": field, "op": op, **({"value": _read_value(value)} if value else {})}


def _read_value(text: str) -> Any:
    try:
        return read_json(_encoded(text)).value
    except DefinitionError:
        quoted = _QUOTED.fullmatch(text)
        return quoted["text"] if quoted else text


def format_predicate(predicate: Any) -> str:
    """Write a condition that `check_predicate` let pass, so that `parse_predicate` reads it: a comparison short, all else as JSON.

    >>> format_predicate({"field": "context.plan", "op": "eq", "value": "pro"})
    'context.plan = "pro"'
    """
    if "field" not in predicate:
        return _dump(predicate)
    said = [predicate["field"], _SIGN_OF.get(predicate["op"], predicate["op"])]
    return " ".join([*said, *([_dump(predicate["value"])] if "value" in predicate else [])])


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
