"""The kinds of values that a native definition holds, as pydantic types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import PydanticCustomError

from wflgit.core.wording import HIDDEN, SECRET_EXPECTED, SECRET_HINT, model_problems, quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pydantic_core import core_schema

    from wflgit.core.graph import Pointer
    from wflgit.core.problems import Problem


class Model(BaseModel):
    """What all models of a definition share: unknown keys are refused and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True, use_attribute_docstrings=True)


@dataclass(frozen=True)
class Shape:
    """What values of one kind look like, said by a pydantic model or a union of models."""

    model: Any

    def problems(self, value: Any, pointer: Pointer) -> Iterator[Problem]:
        """Find what is wrong with a value that stands at `pointer` in a document; the problems carry no lines."""
        try:
            self._adapter.validate_python(value)
        except ValidationError as error:
            yield from model_problems(error, pointer, self._keys, PATTERNS)

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """The same as JSON Schema."""
        return self._adapter.json_schema(schema_generator=_SchemaGenerator)

    def _keys(self, path: Pointer) -> Collection[str]:
        schema: Mapping[str, Any] = self.schema
        for part in path:
            schema = item_schema(schema, self.schema) if isinstance(part, int) else properties(schema, self.schema).get(part, {})
        return properties(schema, self.schema).keys()

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        return TypeAdapter(self.model)


class _SchemaGenerator(GenerateJsonSchema):
    """Leaves out what an editor would only repeat: titles made of keys, and defaults of null."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic calls it so
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return {key: value for key, value in super().default_schema(schema).items() if (key, value) != ("default", None)}


def properties(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that a JSON Schema of ours names, in its order and over all its alternatives, each with its own schema."""
    found: dict[str, Any] = {}
    for alternative in _alternatives(schema, root):
        found |= {key: inner for key, inner in alternative.get("properties", {}).items() if key not in found}
    return found


def item_schema(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a JSON Schema of ours says of the items of a list."""
    return next((alternative["items"] for alternative in _alternatives(schema, root) if "items" in alternative), {})


def _alternatives(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "$ref" in schema:
        yield from _alternatives(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    elif inner := schema.get("oneOf") or schema.get("anyOf"):
        for alternative in inner:
            yield from _alternatives(alternative, root)
    else:
        yield schema


def refuse(message: str, hint: str, *, rule: str = "wrong-value") -> PydanticCustomError:
    """Build the exception by which a validator of ours reports a problem in its own words."""
    return PydanticCustomError(rule, "{message}", {"message": message, "hint": hint})


_DATE = "[0-9]+D|[0-9]+W(?:[0-9]+D)?|[0-9]+M(?:[0-9]+W)?(?:[0-9]+D)?|[0-9]+Y(?:[0-9]+M)?(?:[0-9]+W)?(?:[0-9]+D)?"
_TIME = "[0-9]+S|[0-9]+M(?:[0-9]+S)?|[0-9]+H(?:[0-9]+M)?(?:[0-9]+S)?"
_REFERENCE = r"\{\{ *[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)* *\}\}"
_RFC_3339 = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
_CRON_ITEM = r"(?:\*|[0-9A-Za-z]+(?:-[0-9A-Za-z]+)?)(?:/[0-9]+)?"

TEXT = r"\S"
DURATION = f"^P(?:(?:{_DATE})(?:T(?:{_TIME}))?|T(?:{_TIME}))$"
SIGNED_DURATION = f"^-?{DURATION[1:]}"
MOMENT = f"^(?:{_RFC_3339}|{_REFERENCE})$"
CRON = f"^{_CRON_ITEM}(?:,{_CRON_ITEM})*(?: +{_CRON_ITEM}(?:,{_CRON_ITEM})*){{4}}$"
TIME_ZONE = r"^(?:UTC|[A-Z][A-Za-z_]*(?:/[A-Za-z0-9_+-]+)+)$"
FIELD_NAME = r"^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*$"
EVENT_NAME = r"^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*$"
WORKFLOW_SLUG = r"^[a-z0-9][a-z0-9_-]*(?:/[a-z0-9][a-z0-9_-]*)*$"
WEB_ADDRESS = r"^https?://[^\s/?#]\S*$"
EMAIL_ADDRESS = r"^(?:[^@\s]+@[^@\s]+|" + _REFERENCE + ")$"
CURRENCY = "^[A-Z]{3}$"
LANGUAGE = "^[a-z]{2,3}(?:[-_][A-Z]{2})?$"
SECRET_NAME = "^[A-Z][A-Z0-9_]*$"  # noqa: S105 - a pattern

PATTERNS: Mapping[str, tuple[str, str]] = {
    TEXT: ("a text that is not blank", "write something"),
    DURATION: ("an ISO 8601 duration", "write P1D for a day, PT2H for two hours, P1W for a week"),
    SIGNED_DURATION: ("an ISO 8601 duration", "write P1D for a day after, -P3D for three days before"),
    MOMENT: ("a time or a reference to one", "write 2030-01-31T09:00:00Z or {{contact.renewal_date}}"),
    CRON: ("five cron fields", "write minute, hour, day, month and weekday, e.g. 0 9 * * MON for Mondays at 9:00"),
    TIME_ZONE: ("a time zone", "write UTC or a name such as Europe/Berlin"),
    FIELD_NAME: ("the name of a field", "write letters, digits and '_', parts joined by '.', e.g. contact.country"),
    EVENT_NAME: ("the name of an event", "write lower-case letters, digits and '_', e.g. email_opened"),
    WORKFLOW_SLUG: ("the slug of a workflow", "write it as `wflgit ls` shows it, e.g. sales/welcome"),
    WEB_ADDRESS: ("a web address", "begin with https://"),
    EMAIL_ADDRESS: ("an e-mail address", "write name@example.com or {{account.email}}"),
    CURRENCY: ("a currency code", "write three capitals, e.g. EUR"),
    LANGUAGE: ("a language code", "write en or en_GB"),
}
"""What a text of each pattern is called in messages, and how to write it. (A wrong secret name is never shown.)"""


def _check_moment(text: str) -> str:
    if not text.startswith("{{"):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            expected, hint = PATTERNS[MOMENT]
            raise refuse(f"expected {expected} but there is no {quote(text)}", hint) from None
    return text


_CRON_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_CRON_NAMES: Mapping[str, Mapping[str, int]] = {
    "month": {name: at for at, name in enumerate(_MONTHS, 1)},
    "weekday": {name: at for at, name in enumerate(_WEEKDAYS)},
}


def _check_cron(text: str) -> str:
    for (name, low, high), field in zip(_CRON_FIELDS, text.split(), strict=True):
        for item in field.split(","):
            span, _, interval = item.partition("/")
            bounds = [] if span == "*" else [_cron_number(name, part) for part in span.split("-")]
            if interval == "0" or any(not low <= bound <= high for bound in bounds) or bounds != sorted(bounds):
                raise refuse(f"expected {low} to {high} for the {name} but found {quote(item)}", PATTERNS[CRON][1])
    return text


def _cron_number(field: str, part: str) -> int:
    return int(part) if part.isdecimal() else _CRON_NAMES.get(field, {}).get(part.upper(), -1)


Text = Annotated[str, Field(pattern=TEXT)]
Duration = Annotated[str, Field(pattern=DURATION)]
SignedDuration = Annotated[str, Field(pattern=SIGNED_DURATION)]
Moment = Annotated[str, Field(pattern=MOMENT), AfterValidator(_check_moment)]
Cron = Annotated[str, Field(pattern=CRON), AfterValidator(_check_cron)]
TimeZone = Annotated[str, Field(pattern=TIME_ZONE)]
FieldName = Annotated[str, Field(pattern=FIELD_NAME)]
EventName = Annotated[str, Field(pattern=EVENT_NAME)]
WorkflowSlug = Annotated[str, Field(pattern=WORKFLOW_SLUG)]
WebAddress = Annotated[str, Field(pattern=WEB_ADDRESS)]
EmailAddress = Annotated[str, Field(pattern=EMAIL_ADDRESS)]
Currency = Annotated[str, Field(pattern=CURRENCY)]
Language = Annotated[str, Field(pattern=LANGUAGE)]
Json = Any


class SecretReference(Model):
    """The name of a secret that the engine looks up; the value never enters Git."""

    secret: Annotated[str, Field(pattern=SECRET_NAME)]


def _check_secret(value: Any) -> Any:
    if not is_secret_reference(value):
        raise refuse(SECRET_EXPECTED, SECRET_HINT, rule="plain-secret")
    return value


def is_secret_reference(value: object) -> bool:
    """Say whether a value is `{"secret": "NAME"}` and nothing more."""
    return isinstance(value, dict) and value.keys() == {"secret"} and re.search(SECRET_NAME, str(value["secret"])) is not None


Secret = Annotated[SecretReference, BeforeValidator(_check_secret), Field(json_schema_extra={"x-secret": True})]

_NEEDS_LIST = frozenset({"in", "not_in"})
_NEEDS_TEXT = frozenset({"starts_with", "ends_with", "matches"})
_NEEDS_ORDER = frozenset({"lt", "le", "gt", "ge"})
_NEEDS_NOTHING = frozenset({"exists", "not_exists"})


class Comparison(Model):
    """One field compared with a value."""

    field: FieldName
    """What is looked at, e.g. `contact.country` or `email.opened`."""
    op: Literal[
        "eq", "ne", "lt", "le", "gt", "ge", "contains", "not_contains", "starts_with", "ends_with",
        "in", "not_in", "exists", "not_exists", "matches",
    ]  # fmt: skip
    """How it is compared."""
    value: Json = None
    """What it is compared with: a list for `in` and `not_in`, nothing for `exists` and `not_exists`."""

    @model_validator(mode="after")
    def _check_value(self) -> Comparison:
        given = "value" in self.model_fields_set
        if given == (self.op in _NEEDS_NOTHING):
            raise refuse(
                f"expected {'no' if given else 'a'} 'value' with '{self.op}' but there is {'one' if given else 'none'}",
                "remove it" if given else 'add "value"',
            )
        expected = _expected_value(self.op, self.value)
        if expected:
            raise refuse(f"expected {expected} as 'value' of '{self.op}' but found {quote(self.value)}", "change 'value' or 'op'")
        return self


def _expected_value(op: str, value: object) -> str | None:
    """Say what the value of an operator should be, or None where it is that."""
    if op in _NEEDS_LIST and not isinstance(value, list):
        return "a list"
    if op in _NEEDS_TEXT and not isinstance(value, str):
        return "a text"
    if op in _NEEDS_ORDER and (not isinstance(value, str | int | float) or isinstance(value, bool)):
        return "a number or a text"
    return "a regular expression" if op == "matches" and not _is_pattern(str(value)) else None


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


class AllOf(Model):
    """True if all of the conditions are."""

    all: Annotated[list[Predicate], Field(min_length=1)]


class AnyOf(Model):
    """True if at least one of the conditions is."""

    any: Annotated[list[Predicate], Field(min_length=1)]


class Not(Model):
    """True if the condition is not."""

    not_: Predicate = Field(alias="not")


def _kind_of_predicate(value: Any) -> str | None:
    keys = value if isinstance(value, dict) else ()
    named = next((key for key in ("all", "any", "not") if key in keys), None)
    return f"{HIDDEN}{named or 'comparison'}" if named or "field" in keys or "op" in keys else None


Predicate = Annotated[
    Annotated[Comparison, Tag(f"{HIDDEN}comparison")]
    | Annotated[AllOf, Tag(f"{HIDDEN}all")]
    | Annotated[AnyOf, Tag(f"{HIDDEN}any")]
    | Annotated[Not, Tag(f"{HIDDEN}not")],
    Discriminator(
        _kind_of_predicate,
        custom_error_type="wrong-value",
        custom_error_message="{message}",
        custom_error_context={
            "message": "expected a condition but found something else",
            "hint": 'write {"field": …, "op": …, "value": …}, {"all": […]}, {"any": […]} or {"not": …}',
        },
    ),
]
