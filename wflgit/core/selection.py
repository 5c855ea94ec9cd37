"""Which executions somebody means: by id, by the step they stand at, by what is known of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from wflgit.core.predicates import check_predicate, comparisons, format_predicate, matches
from wflgit.core.records import Execution
from wflgit.core.wording import did_you_mean, quote
from wflgit.errors import InvalidNameError

_SHOWN = 4
_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SECOND = re.compile(f"{_DATE}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}Z")
_DAY = re.compile(_DATE)


class _Kind(StrEnum):
    TEXT = "a text"
    NUMBER = "a number"
    TIME = "a time in UTC"


_FIELDS = {
    "contact": _Kind.TEXT,
    "step": _Kind.TEXT,
    "status": _Kind.TEXT,
    "version": _Kind.NUMBER,
    "workflow": _Kind.TEXT,
    "started_at": _Kind.TIME,
    "entered_at": _Kind.TIME,
    "updated_at": _Kind.TIME,
    "wake_at": _Kind.TIME,
    "waiting_for": _Kind.TEXT,
}
_CONTEXT = "context"
_LISTS = frozenset({"in", "not_in"})
_ORDER = frozenset({"lt", "le", "gt", "ge"})
_PARTS = frozenset({"contains", "not_contains", "starts_with", "ends_with", "matches"})
_HINTS = {
    _Kind.TEXT: "put it in double quotes",
    _Kind.NUMBER: "write it without quotes",
    _Kind.TIME: "write 2026-01-05T09:00:00Z, or 2026-01-05 to compare with the beginning of that day",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which executions somebody means; all conditions must hold. `str` says it in words.

    Conditions are about `contact`, `step`, `status`, `version`, `workflow`, `started_at`, `entered_at`, `updated_at`, `wake_at`,
    `waiting_for` and `context.NAME`. Times are texts such as `2026-01-05T09:00:00Z`; what an execution has none of is absent.

    Attributes:
        ids: these executions; none for all.
        steps: only at one of these steps; none for any.
        where: only where these conditions hold, as `core.predicates` understands them.

    Raises:
        InvalidNameError: if a condition is none, or could never hold because of what it asks for.

    >>> str(Selection(steps=("hello",), where=({"field": "version", "op": "lt", "value": 6},)))
    "executions at step 'hello' where version < 6"
    """

    ids: tuple[int, ...] = ()
    steps: tuple[str, ...] = ()
    where: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        for predicate in self.where:
            check_predicate(predicate)
            for comparison in comparisons(predicate):
                _check_field(comparison)

    def __str__(self) -> str:
        if not (self.ids or self.steps or self.where):
            return "all executions"
        parts = ["execution" if len(self.ids) == 1 else "executions"]
        if self.ids:
            parts.append(_few([str(id) for id in self.ids], "and"))  # noqa: A001
        if self.steps:
            parts.append(f"at step {_few([repr(step) for step in self.steps], 'or')}")
        if self.where:
            parts.append(f"where {' and '.join(map(format_predicate, self.where))}")
        return " ".join(parts)


def chooses(selection: Selection, execution: Execution) -> bool:
    """Say whether an execution stands where a selection says and meets its conditions. Its ids are for the caller to look up."""
    if selection.steps and execution.step not in selection.steps:
        return False
    if not selection.where:
        return True
    values = _values(execution)
    return all(matches(predicate, values) for predicate in selection.where)


def _values(execution: Execution) -> dict[str, Any]:
    """What conditions see of an execution."""
    found = {name: getattr(execution, name) for name in (*_FIELDS, _CONTEXT)}
    return {name: _time(value) if isinstance(value, datetime) else value for name, value in found.items() if value is not None}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _check_field(comparison: Mapping[str, Any]) -> None:
    """Refuse what compares something that no execution has, or compares with a value that it can never have."""
    field, op = comparison["field"], comparison["op"]
    if field.partition(".")[0] == _CONTEXT:
        return
    kind = _FIELDS.get(field)
    if kind is None:
        close = None if "." in field else did_you_mean(field, _FIELDS)
        hint = close or f"did you mean '{_CONTEXT}.{field}'? executions have {', '.join(_FIELDS)}"
        raise InvalidNameError(f"executions have no '{field}'", hint=hint)
    if "value" not in comparison:
        return
    for value in comparison["value"] if op in _LISTS else [comparison["value"]]:
        if not _is_possible(kind, op, value):
            hint = f"write '{field} not_exists'" if value is None else _HINTS[kind]
            raise InvalidNameError(f"expected {kind} to compare '{field}' with but found {quote(value)}", hint=hint)


def _is_possible(kind: _Kind, op: str, value: Any) -> bool:
    if kind is _Kind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool) and op not in _PARTS
    if not isinstance(value, str):
        return False
    return kind is _Kind.TEXT or op in _PARTS or bool(_SECOND.fullmatch(value) or (op in _ORDER and _DAY.fullmatch(value)))


def _few(names: Sequence[str], word: str) -> str:
    """Name some things, of very many the first only."""
    shown = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN + 1 else names
    return f" {word} ".join([*filter(None, [", ".join(shown[:-1])]), shown[-1]])
