"""Whether a condition lets more or fewer through than another, where that can be told from how they are written. Pure.

What is decided is right; what cannot be decided is called different. The conditions are those of `core.predicates`, and what one
of them is true of is said there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from wflgit.core.jsonvalues import same
from wflgit.core.predicates import matches

_MOST = 300
"""Conditions with more parts, and lists with more items, are not looked into."""


class Implication(StrEnum):
    """What a condition is to the one that stood there before."""

    SAME = "same"
    WIDER = "wider"
    """It holds wherever the old one does, and more may pass."""
    NARROWER = "narrower"
    DIFFERENT = "different"
    """Neither can be told."""


def compare_predicates(old: Any, new: Any) -> Implication:
    """Say what a condition is to the one before it. None is no condition, which lets all through.

    >>> is_pro = {"field": "contact.plan", "op": "eq", "value": "pro"}
    >>> is_adult = {"field": "contact.age", "op": "ge", "value": 18}
    >>> compare_predicates({"all": [is_pro, is_adult]}, is_pro)
    <Implication.WIDER: 'wider'>
    >>> compare_predicates(is_adult, {"field": "contact.age", "op": "ge", "value": 21})
    <Implication.NARROWER: 'narrower'>
    """
    if same(old, new):
        return Implication.SAME
    if old is None or new is None:
        return Implication.NARROWER if old is None else Implication.WIDER
    one, other = _Reader().read(old), _Reader().read(new)
    if one is None or other is None:
        return Implication.DIFFERENT
    proof = _Proof()
    return _judged(forth=proof.implies(one, other), back=proof.implies(other, one))


def is_predicate(value: object) -> bool:
    """Say whether a value is a condition that can be compared."""
    return _Reader().read(value) is not None


def compare_filters(old: Any, new: Any) -> Implication:
    """Say what a filter in the config of a trigger is to the one before it; nothing, in whatever form, lets all through.

    A filter is a condition, a list of texts or numbers of which one is enough, a list of objects that must all hold, or an object
    of filters that must all hold.

    >>> compare_filters({"sender": "a@example.com"}, {})
    <Implication.WIDER: 'wider'>
    >>> compare_filters(["push", "issues"], ["push"])
    <Implication.NARROWER: 'narrower'>
    """
    if same(old, new):
        return Implication.SAME
    old, new = (None if value in (None, "", [], {}) else value for value in (old, new))
    if old is None or new is None or (is_predicate(old) and is_predicate(new)):
        return compare_predicates(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return together(compare_filters(old.get(key), new.get(key)) for key in (*old, *(key for key in new if key not in old)))
    if isinstance(old, list) and isinstance(new, list) and max(len(old), len(new)) <= _MOST:
        fewer, more = _within(new, old), _within(old, new)
        if any(isinstance(item, dict) for item in (*old, *new)):
            return _judged(forth=fewer, back=more)
        return _judged(forth=more, back=fewer)
    return Implication.DIFFERENT


def together(parts: Iterable[Implication]) -> Implication:
    """What conditions that must all hold are to those before them."""
    found = {*parts} - {Implication.SAME}
    return next(iter(found)) if len(found) == 1 else Implication.DIFFERENT if found else Implication.SAME


def _judged(*, forth: bool, back: bool) -> Implication:
    if forth:
        return Implication.SAME if back else Implication.WIDER
    return Implication.NARROWER if back else Implication.DIFFERENT


def _within(part: list[Any], whole: list[Any]) -> bool:
    return all(any(same(item, other) for other in whole) for item in part)


class _Claim(NamedTuple):
    """A comparison that holds, or does not."""

    field: str
    op: str
    value: Any
    holds: bool


class _Group(NamedTuple):
    """Several that must all hold, or of which one must."""

    every: bool
    parts: tuple[_Claim | _Group, ...]


_Formula = _Claim | _Group

_POSITIVE = {"ne": "eq", "not_contains": "contains", "not_in": "in", "not_exists": "exists"}
_KNOWN = frozenset({"eq", "lt", "le", "gt", "ge", "contains", "starts_with", "ends_with", "matches", "in", "exists"})


class _Reader:
    """Reads a condition; denials are carried down to the comparisons."""

    def __init__(self) -> None:
        self.left = _MOST

    def read(self, value: Any, *, holds: bool = True) -> _Formula | None:
        """The formula; None if it is no condition, or too large."""
        self.left -= 1
        match value:
            case _ if self.left < 0:
                return None
            case {"not": inner, **rest} if not rest:
                return self.read(inner, holds=not holds)
            case {"all": [*parts], **rest} if not rest:
                return self._group(parts, every=holds, holds=holds)
            case {"any": [*parts], **rest} if not rest:
                return self._group(parts, every=not holds, holds=holds)
            case {"field": str(field), "op": str(op)}:
                positive = _POSITIVE.get(op, op)
                if positive in _KNOWN and ("value" in value) != (positive == "exists"):
                    return _Claim(field, positive, value.get("value"), holds == (positive == op))
        return None

    def _group(self, parts: list[Any], *, every: bool, holds: bool) -> _Formula | None:
        read = [self.read(part, holds=holds) for part in parts]
        found = tuple(part for part in read if part is not None)
        return _Group(every, found) if len(found) == len(read) else None


class _Proof:
    """Looks for proofs that one formula implies another; what was proved or not is kept."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], bool] = {}

    def implies(self, one: _Formula, other: _Formula) -> bool:
        """Whether the other holds wherever the one does, as far as that can be told."""
        key = id(one), id(other)
        if key not in self.known:
            self.known[key] = self._implies(one, other)
        return self.known[key]

    def _implies(self, one: _Formula, other: _Formula) -> bool:
        if isinstance(one, _Claim) and isinstance(other, _Claim):
            return _claim_implies(one, other)
        if isinstance(one, _Group) and not one.every:
            return all(self.implies(part, other) for part in one.parts)
        if isinstance(other, _Group) and other.every:
            return all(self.implies(one, part) for part in other.parts)
        found = isinstance(one, _Group) and any(self.implies(part, other) for part in one.parts)
        return found or (isinstance(other, _Group) and any(self.implies(one, part) for part in other.parts))


def _claim_implies(one: _Claim, other: _Claim) -> bool:
    if one.field != other.field:
        return False
    if not one.holds:
        # Where the field is absent a denial holds and nothing else does; and what denies more denies less.
        return not other.holds and _claim_implies(other._replace(holds=True), one._replace(holds=True))
    if same(one[1:], other[1:]) or other[1:] == _IS_THERE:
        return True
    if _PATTERN in (one.op, other.op):
        return False
    if (values := _only_values(one)) is not None:
        return all(matches(_written(other), {other.field: value}) == other.holds for value in values)
    if other.holds:
        return _reaches_less(one, other)
    if (excluded := _only_values(other)) is not None:
        return not any(matches(_written(one), {one.field: value}) for value in excluded)
    return _apart(one, other)


_IS_THERE = ("exists", None, True)
_PATTERN = "matches"
"""A regular expression is somebody else's, and may take for ever: none is tried."""


def _only_values(claim: _Claim) -> list[Any] | None:
    """The only values that a comparison is true of; None if there are too many to list."""
    if claim.op == "eq":
        return [claim.value]
    return claim.value if claim.op == "in" and isinstance(claim.value, list) and len(claim.value) <= _MOST else None


def _written(claim: _Claim) -> Mapping[str, Any]:
    return {"field": claim.field, "op": claim.op, "value": claim.value}


_LOWER = {"gt": False, "ge": True}
_UPPER = {"lt": False, "le": True}
"""Operator -> whether it is true of the value itself."""


def _reaches_less(one: _Claim, other: _Claim) -> bool:
    """Whether a range, or what is asked of a text, leaves no more than another."""
    for bounds in (_LOWER, _UPPER):
        if one.op in bounds and other.op in bounds:
            has_bound = matches(_written(other), {other.field: one.value})
            return has_bound or (not bounds[one.op] and _comparable(one, other) and one.value == other.value)
    if not isinstance(one.value, str) or not isinstance(other.value, str):
        return False
    match one.op, other.op:
        case "starts_with", "starts_with":
            return one.value.startswith(other.value)
        case "ends_with", "ends_with":
            return one.value.endswith(other.value)
        case "starts_with" | "ends_with", "contains":
            return other.value in one.value
    return False


def _apart(one: _Claim, other: _Claim) -> bool:
    """Whether nothing can be in both of two ranges."""
    for low, high in ((one, other), (other, one)):
        if low.op in _LOWER and high.op in _UPPER and _comparable(low, high):
            return bool(low.value > high.value or (low.value == high.value and not (_LOWER[low.op] and _UPPER[high.op])))
    return False


def _comparable(*claims: _Claim) -> bool:
    """Whether the values are all texts, or all numbers."""
    kinds = {_ORDERED.get(type(claim.value)) for claim in claims}
    return len(kinds) == 1 and None not in kinds


_ORDERED = {str: "text", int: "number", float: "number"}
