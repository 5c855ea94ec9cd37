"""What validators say, in our words: the errors of pydantic and jsonschema become problems.

Nothing here imports either library: it works on the errors they hand over.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from wflgit.core.problems import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from jsonschema import ValidationError as SchemaError
    from pydantic import ValidationError as ModelError
    from pydantic_core import ErrorDetails

    from wflgit.core.graph import Pointer

HIDDEN = "\0"
"""What the tags of unions begin with, so that they can be told from the keys of a document in pydantic's locations."""

SECRET_EXPECTED = "expected a reference to a secret but found something else"  # noqa: S105 - a message
SECRET_HINT = 'write {"secret": "NAME"} and keep the value itself out of Git'  # noqa: S105 - a message

_LISTED = 30
"""How many names are listed at most where none is near."""

_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
}
_SCHEMA_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "a number of at least {:g}"),
    "less_than_equal": ("le", "a number of at most {:g}"),
    "too_short": ("min_length", "{} or more entries"),
}
_SCHEMA_BOUNDS = {
    "minimum": "a number of at least {}",
    "exclusiveMinimum": "a number above {}",
    "maximum": "a number of at most {}",
    "exclusiveMaximum": "a number below {}",
    "multipleOf": "a multiple of {}",
    "minLength": "a text of {} or more characters",
    "maxLength": "a text of {} or fewer characters",
    "pattern": "a text of the form '{}'",
    "minItems": "a list of {} or more entries",
    "maxItems": "a list of {} or fewer entries",
    "minProperties": "an object of {} or more keys",
    "maxProperties": "an object of {} or fewer keys",
}


def quote(value: object) -> str:
    """Show a value in a message: texts and numbers in quotes and shortened, the content of lists and objects not at all.

    >>> quote("yes"), quote(3), quote(None), quote({"a": 1})
    ("'yes'", "'3'", 'null', 'an object')
    """
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    text = value if isinstance(value, str) else json.dumps(value)
    return f"'{text}'" if len(text) <= 60 else f"'{text[:59]}…'"


def choice(names: Iterable[str]) -> str:
    """Name alternatives.

    >>> choice(["a", "b", "c"])
    "'a', 'b' or 'c'"
    """
    *others, last = (f"'{name}'" for name in names)
    return f"{', '.join(others)} or {last}" if others else last


def did_you_mean(name: str, names: Iterable[str]) -> str | None:
    """Say in a hint what a name may have been meant to be; None where nothing is near."""
    from wflgit.core.names import near  # only where something is wrong

    close = near(name, names)
    return f"did you mean {choice(close)}?" if close else None


def propose(name: str, names: Collection[str]) -> str | None:
    """Say in a hint what a name may have been meant to be, else what there is; None where that is nothing or too much."""
    there_is = f"known here: {', '.join(sorted(names))}" if 0 < len(names) <= _LISTED else None
    return did_you_mean(name, names) or there_is


def wrong(message: str, pointer: Pointer, hint: str | None = None, *, rule: str = "wrong-value") -> Problem:
    """Build the error for a value that is not what it should be."""
    return Problem(rule, Severity.ERROR, message, pointer, hint=hint)


def missing_key(key: str, pointer: Pointer) -> Problem:
    """Build the error for the object at `pointer`, which lacks a key."""
    hint = '"next": null ends the execution there' if key == "next" else None
    where = f" in '{pointer[-1]}'" if pointer and isinstance(pointer[-1], str) else ""
    return wrong(f"expected '{key}'{where} but it is missing", pointer, hint, rule="missing-key")


def unknown_key(key: str, pointer: Pointer, known: Collection[str]) -> Problem:
    """Build the error for a key that means nothing to anybody, and is probably misspelt."""
    return wrong(f"expected a known key but found '{key}'", (*pointer, key), propose(key, known), rule="unknown-key")


def model_problems(
    error: ModelError,
    pointer: Pointer,
    known_keys: Callable[[Pointer], Collection[str]],
    patterns: Mapping[str, tuple[str, str]],
) -> Iterator[Problem]:
    """Translate what pydantic found wrong.

    Args:
        error: what pydantic raised.
        pointer: where the validated value stands in the document.
        known_keys: tells the keys that may stand in the object at a place in the value.
        patterns: what a text of each pattern is called, and a hint how to write it.
    """
    for detail in error.errors(include_url=False):
        inner = tuple(part for part in detail["loc"] if not (isinstance(part, str) and part.startswith(HIDDEN)))
        if detail["type"] == "extra_forbidden":
            yield unknown_key(str(inner[-1]), (*pointer, *inner[:-1]), known_keys(inner[:-1]))
        elif detail["type"] == "missing":
            yield missing_key(str(inner[-1]), (*pointer, *inner[:-1]))
        else:
            yield _wrong_value(detail, (*pointer, *inner), patterns)


def _wrong_value(detail: ErrorDetails, pointer: Pointer, patterns: Mapping[str, tuple[str, str]]) -> Problem:
    kind, context, found = detail["type"], detail.get("ctx", {}), quote(detail["input"])
    if "message" in context:
        return wrong(context["message"], pointer, context["hint"], rule=kind)
    hint = None
    if kind == "literal_error":
        expected = context["expected"]
        hint = did_you_mean(str(detail["input"]), re.findall(r"'([^']+)'", expected))
    elif kind == "string_pattern_mismatch":
        expected, hint = patterns[context["pattern"]]
    elif kind in _BOUNDS:
        key, template = _BOUNDS[kind]
        expected = template.format(context[key])
    else:
        expected = _TYPES.get(kind, "another value")
    return wrong(f"expected {expected} but found {found}", pointer, hint)


def schema_problems(error: SchemaError, pointer: Pointer) -> Iterator[Problem]:
    """Translate what jsonschema found wrong with the value that stands at `pointer` in the document."""
    place: Pointer = (*pointer, *error.absolute_path)
    rule, said, found = str(error.validator), cast("Any", error.validator_value), cast("Any", error.instance)
    if rule == "x-secret":
        yield wrong(SECRET_EXPECTED, place, SECRET_HINT, rule="plain-secret")
    elif rule == "required":
        yield from (missing_key(key, place) for key in said if key not in found)
    elif rule == "additionalProperties" and said is False:
        yield from _additional_keys(cast("Mapping[str, Any]", error.schema), found, place)
    else:
        yield wrong(f"expected {_schema_expectation(rule, said)} but found {quote(found)}", place, _schema_hint(rule, said, found))


def _additional_keys(schema: Mapping[str, Any], found: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key in found:
        if key not in known and not any(re.search(pattern, key) for pattern in patterns):
            yield unknown_key(key, pointer, known)


def _schema_expectation(rule: str, said: Any) -> str:
    if rule == "type":
        types = [said] if isinstance(said, str) else said
        return " or ".join(_SCHEMA_TYPES[name] for name in types)
    if rule == "enum":
        return " or ".join(map(quote, said))
    if rule == "const":
        return quote(said)
    if rule in _SCHEMA_BOUNDS:
        return _SCHEMA_BOUNDS[rule].format(said)
    return f"what the account's schema demands with '{rule}'"


def _schema_hint(rule: str, said: Any, found: Any) -> str | None:
    if rule == "enum" and isinstance(found, str):
        return did_you_mean(found, [name for name in said if isinstance(name, str)])
    return None
