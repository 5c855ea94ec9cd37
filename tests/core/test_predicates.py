"""What conditions come to, and how they are typed."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit import InvalidNameError
from wflgit.core.predicates import check_predicate, comparisons, format_predicate, matches, parse_predicate

NOTHING = object()
DEEP: Any = 1
for _ in range(100_000):
    DEEP = [DEEP]


def holds(op: str, found: Any, value: Any = NOTHING) -> bool:
    """Judge one comparison of a field that is `found`, or absent."""
    predicate = {"field": "x", "op": op, **({} if value is NOTHING else {"value": value})}
    return matches(predicate, {} if found is NOTHING else {"x": found})


# What each operator comes to


@pytest.mark.parametrize(
    ("found", "op", "value", "expected"),
    [
        (1, "eq", 1.0, True),
        (1, "eq", True, False),
        (0, "eq", False, False),
        (1, "eq", "1", False),
        (None, "eq", None, True),
        (None, "eq", False, False),
        ("a", "eq", "a", True),
        ("a", "eq", "A", False),
        ([1, [2]], "eq", [1.0, [2]], True),
        ([1, 2], "eq", [2, 1], False),
        ([1], "eq", [1, 2], False),
        ([1], "eq", [True], False),
        ({"a": 1, "b": [None]}, "eq", {"b": [None], "a": 1.0}, True),
        ({"a": 1}, "eq", {"a": 1, "b": 2}, False),
        ({"a": 1}, "eq", {"b": 1}, False),
        ({}, "eq", [], False),
        (DEEP, "eq", DEEP, True),
        (NOTHING, "eq", None, False),
        (2, "lt", 10, True),
        ("2", "lt", "10", False),
        (2, "lt", "10", False),
        (2, "ge", "10", False),
        (2, "le", 2.0, True),
        (2.5, "gt", 2, True),
        (10**400, "gt", 1.5, True),
        (False, "lt", 1, False),
        (None, "lt", 1, False),
        (None, "ge", 0, False),
        ([1], "lt", [2], False),
        ("2026-01-05T09:00:00Z", "ge", "2026-01-05", True),
        ("2026-01-05T09:00:00Z", "lt", "2026-01-05T10:00:00Z", True),
        (NOTHING, "lt", 1, False),
        (NOTHING, "ge", 1, False),
        ("spring sale", "contains", "sale", True),
        ("spring sale", "contains", "SALE", False),
        ("12", "contains", 1, False),
        (["a", 1], "contains", 1.0, True),
        (["a", 1], "contains", True, False),
        (["ab"], "contains", "a", False),
        ([[1], [2]], "contains", [2], True),
        ({"a": 1}, "contains", "a", False),
        (12, "contains", 1, False),
        (None, "contains", None, False),
        (NOTHING, "contains", "a", False),
        ("spring sale", "starts_with", "spring", True),
        ("spring sale", "ends_with", "sale", True),
        ("sale", "starts_with", "spring sale", False),
        (["spring"], "starts_with", "spring", False),
        (12, "starts_with", "1", False),
        (NOTHING, "ends_with", "", False),
        ("order 17", "matches", r"\d+", True),
        ("order 17", "matches", r"^\d+$", False),
        (17, "matches", r"\d+", False),
        ("a", "matches", "(", False),
        ("a", "matches", None, False),
        (NOTHING, "matches", "", False),
        ("DE", "in", ["AT", "DE"], True),
        (1, "in", [True, "1"], False),
        ([1], "in", [[1.0]], True),
        ("D", "in", "DE", False),
        (None, "in", [None], True),
        (NOTHING, "in", [None], False),
        (None, "exists", NOTHING, True),
        (False, "exists", NOTHING, True),
        (NOTHING, "exists", NOTHING, False),
        ("a", "resembles", "a", False),
        ("a", "eq", NOTHING, False),
    ],
)  # fmt: skip
def test_every_operator_has_a_truth_for_every_type(found: Any, op: str, value: Any, expected: bool) -> None:
    assert holds(op, found, value) is expected


_VALUES = {"a.b": 1, "a": {"b": 2, "c.d": 3, "c": {"d": 4, "e": 5}, "n": None, "t": "text"}}


@pytest.mark.parametrize(
    ("field", "value"),
    [("a.b", 1), ("a.c.d", 3), ("a.c.e", 5), ("a.n", None), ("a.c", {"d": 4, "e": 5})],
)
def test_a_field_is_looked_up_as_it_stands_and_then_part_by_part(field: str, value: Any) -> None:
    assert matches({"field": field, "op": "eq", "value": value}, _VALUES)


@pytest.mark.parametrize("field", ["b", "a.x", "a.t.x", "a.n.x", "a.c.e.x", "a.", ".a", "", "."])
def test_a_field_that_leads_nowhere_is_absent(field: str) -> None:
    assert matches({"field": field, "op": "not_exists"}, _VALUES)


@pytest.mark.parametrize(
    "predicate", [None, 1, "x", [], {}, {"all": 1}, {"any": "x"}, {"field": 1, "op": "exists"}, {"field": "a"}]
)
def test_what_is_no_condition_holds_for_nothing(predicate: Any) -> None:
    assert not matches(predicate, _VALUES)


def test_judging_a_condition_waits_for_no_validator() -> None:
    code = (
        "import sys; from wflgit.core.predicates import matches; matches({'field': 'a', 'op': 'exists'}, {}); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "wflgit.core.predicates" in loaded
    assert "pydantic" not in loaded


# Laws

_LEAVES = st.sampled_from([None, True, False, 0, 1, 1.0, -0.5, "", "1", "a", "ab", "2026-01-05"])
_KEYS = st.sampled_from(["a", "b", "a.b"])
_JSON = st.recursive(_LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_KEYS, inner, max_size=2), max_leaves=4)
_ABSENT_OR_JSON = st.just(NOTHING) | _JSON
_FIELDS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,3}(\.[A-Za-z0-9_-]{1,3}){0,2}", fullmatch=True)
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_COMPARED = {
    ("eq", "ne", "contains", "not_contains"): _JSON | _TEXTS | _NUMBERS,
    ("lt", "le", "gt", "ge"): _TEXTS | _NUMBERS,
    ("starts_with", "ends_with"): _TEXTS,
    ("matches",): st.sampled_from(["", "a", "^a", r"\d+$", "(a|b)"]),
    ("in", "not_in"): st.lists(_JSON | _TEXTS, max_size=3),
}
_COMPARISONS = st.one_of(
    st.fixed_dictionaries({"field": _FIELDS, "op": st.sampled_from(["exists", "not_exists"])}),
    *(st.fixed_dictionaries({"field": _FIELDS, "op": st.sampled_from(ops), "value": values}) for ops, values in _COMPARED.items()),
)
_PREDICATES = st.recursive(
    _COMPARISONS,
    lambda inner: st.one_of(
        *(st.fixed_dictionaries({key: st.lists(inner, min_size=1, max_size=3)}) for key in ("all", "any")),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
_OBJECTS = st.dictionaries(_KEYS, _JSON)


def canonical(value: Any) -> Any:
    """Another way to say when two JSON values are the same: as hashable values that know their kind."""
    match value:
        case dict():
            return "object", frozenset((key, canonical(inner)) for key, inner in value.items())
        case list():
            return "list", tuple(canonical(inner) for inner in value)
        case bool():
            return "truth", value
        case int() | float():
            return "number", value
        case _:
            return value


@given(_JSON, _JSON)
def test_equality_is_that_of_json(one: Any, other: Any) -> None:
    assert holds("eq", one, other) is (canonical(one) == canonical(other))
    assert holds("eq", one, one)


@pytest.mark.parametrize("op", ["eq", "contains", "in", "exists"])
@given(found=_ABSENT_OR_JSON, value=_JSON)
def test_an_operator_and_its_opposite_never_agree(op: str, found: Any, value: Any) -> None:
    opposite = {"eq": "ne", "exists": "not_exists"}.get(op, f"not_{op}")
    assert holds(op, found, value) is not holds(opposite, found, value)


@given(found=_ABSENT_OR_JSON, value=_JSON)
def test_of_two_things_that_have_an_order_exactly_one_of_less_same_and_more_is_true(found: Any, value: Any) -> None:
    less, same, more = (holds(op, found, value) for op in ("lt", "eq", "gt"))
    up_to, from_ = holds("le", found, value), holds("ge", found, value)
    if up_to or from_:
        assert [less, same, more].count(True) == 1
        assert (up_to, from_) == (less or same, more or same)
    else:
        assert not less
        assert not more


@given(st.lists(_PREDICATES, min_size=1, max_size=2), _OBJECTS)
def test_all_any_and_not_are_those_of_logic(parts: list[Any], values: dict[str, Any]) -> None:
    each = [matches(part, values) for part in parts]
    assert matches({"all": parts}, values) is all(each)
    assert matches({"any": parts}, values) is any(each)
    assert matches({"not": parts[0]}, values) is not each[0]


@given(_PREDICATES)
def test_what_is_written_is_read_again(predicate: Any) -> None:
    check_predicate(predicate)
    assert canonical(parse_predicate(format_predicate(predicate))) == canonical(predicate)


@given(st.text(max_size=30) | _PREDICATES.map(format_predicate))
def test_whatever_is_typed_is_a_condition_or_refused_with_a_hint(text: str) -> None:
    try:
        check_predicate(parse_predicate(text))
    except InvalidNameError as error:
        assert error.hint


@given(_PREDICATES)
def test_all_comparisons_are_found_in_order(predicate: Any) -> None:
    text = format_predicate({"all": [predicate]})
    fields = [comparison["field"] for comparison in comparisons(predicate)]
    assert fields
    assert all(set(comparison) >= {"field", "op"} for comparison in comparisons(predicate))
    at = -1
    for field in fields:
        at = text.index(f'"field": "{field}"', at + 1)


# How they are typed


def compared(field: str, op: str, value: Any = NOTHING) -> dict[str, Any]:
    return {"field": field, "op": op, **({} if value is NOTHING else {"value": value})}


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("context.plan = pro", compared("context.plan", "eq", "pro")),
        ("context.plan=pro", compared("context.plan", "eq", "pro")),
        ("  context.plan  ==  a b  ", compared("context.plan", "eq", "a b")),
        ("a != 3", compared("a", "ne", 3)),
        ("a<3", compared("a", "lt", 3)),
        ("a <= -3.5", compared("a", "le", -3.5)),
        ("a > 2026-01-05", compared("a", "gt", "2026-01-05")),
        ("a >= 1e3", compared("a", "ge", 1000.0)),
        ("a = true", compared("a", "eq", True)),
        ("a = null", compared("a", "eq", None)),
        ("a = NaN", compared("a", "eq", "NaN")),
        ('a = "3"', compared("a", "eq", "3")),
        ("a = '3'", compared("a", "eq", "3")),
        ("a = 'it''s'", compared("a", "eq", "it''s")),
        ('a = ""', compared("a", "eq", "")),
        ("a = x=y", compared("a", "eq", "x=y")),
        ("a = [1", compared("a", "eq", "[1")),
        ("a = {}", compared("a", "eq", {})),
        ('a in ["x", 1]', compared("a", "in", ["x", 1])),
        ("a not_in []", compared("a", "not_in", [])),
        ("a exists", compared("a", "exists")),
        (" a not_exists ", compared("a", "not_exists")),
        ("a eq b", compared("a", "eq", "b")),
        ("a contains é 🚀", compared("a", "contains", "é 🚀")),
        (r"a matches \d+", compared("a", "matches", r"\d+")),
        (r'a matches "\d+"', compared("a", "matches", r"\d+")),
        (r'a matches "\\d+"', compared("a", "matches", r"\d+")),
        ("a = two\nlines", compared("a", "eq", "two\nlines")),
        (' {"not": {"field": "a", "op": "exists"}}', {"not": compared("a", "exists")}),
        ('{"any": [{"field": "a", "op": "eq", "value": 1}]}', {"any": [compared("a", "eq", 1)]}),
    ],
)
def test_a_condition_is_typed_short_or_as_json(text: str, predicate: Any) -> None:
    assert parse_predicate(text) == predicate


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("", "expected a field, an operator and a value", "write FIELD = VALUE"),
        ("plan", "expected a field, an operator and a value", "write FIELD = VALUE"),
        ("= pro", "expected a field, an operator and a value", "write FIELD = VALUE"),
        ("a <> 3", "there is no operator '<>'", "did you mean"),
        ("a contians x", "there is no operator 'contians'", "did you mean 'contains'"),
        ("a startswith b", "there is no operator 'startswith'", "did you mean 'starts_with'"),
        ("a ~ b", "there is no operator '~'", "known here: =, !=, <, <=, >, >=, eq, "),
        ("a =", "expected a 'value' with 'eq' but there is none", "context.plan exists"),
        ("a exists true", "expected no 'value' with 'exists' but there is one", "context.plan exists"),
        ("a in x, y", "expected a list as 'value' of 'in' but found 'x, y'", '["pro", "team"]'),
        ("a starts_with 12", "expected a text as 'value' of 'starts_with' but found '12'", 'starts_with "12"'),
        ("a matches (", "expected a regular expression as 'value' of 'matches' but found '('", ""),
        ("a < true", "expected a number or a text as 'value' of 'lt' but found 'true'", ""),
        ("ä = 1", "at 'field', expected the name of a field but found 'ä'", "contact.country"),
        ('{"field": "a"', "line 1, column 14: expected ',' or '}' but the file ends", ""),
        ('{"field": "a", "field": "b"}', "expected each key once but 'field' is here again", "rename or remove"),
        ('{"field": "a", "op": "eq", "value": NaN}', "expected a number but found 'NaN'", "write null"),
        ('{"field": "a"}', "expected 'op' but it is missing", "write FIELD = VALUE"),
        ('{"field": "a", "op": "exist"}', "at 'op', expected 'eq', ", "did you mean 'exists'"),
        ('{"all": []}', "at 'all', expected 1 or more entries", "write FIELD = VALUE"),
        ('{"any": [{"not": {"field": "a", "op": "eq"}}]}', "at 'any.0.not', expected a 'value' with 'eq'", 'add "value"'),
        ('{"field": "a", "op": "eq", "valu": 1}', "expected a known key but found 'valu'", "did you mean 'value'"),
        ("{}", "expected a condition but found something else", 'write {"field"'),
        ('{"not": ' * 200 + "{}" + "}" * 200, "expected at most 100 levels of nesting", ""),
    ],
)
def test_what_is_no_condition_is_refused_with_what_is_wrong_and_what_to_write(text: str, reason: str, hint: str) -> None:
    with pytest.raises(InvalidNameError, match="is no condition: ") as caught:
        parse_predicate(text)
    assert reason in caught.value.message
    assert hint in (caught.value.hint or "")
    assert caught.value.hint


@pytest.mark.parametrize("text", ["a = \udcff", '{"field": "a", "op": "eq", "value": "\udcff"}'])
def test_bytes_that_are_no_text_are_refused(text: str) -> None:
    with pytest.raises(InvalidNameError):
        parse_predicate(text)


@pytest.mark.parametrize("value", [{1, 2}, object(), float("nan"), DEEP])
def test_a_condition_is_json(value: Any) -> None:
    with pytest.raises(InvalidNameError, match="expected a condition to be JSON, but "):
        check_predicate(compared("a", "eq", value))


def test_a_long_condition_is_shortened_where_it_is_refused() -> None:
    with pytest.raises(InvalidNameError) as caught:
        parse_predicate(f"a around {'x' * 1000}")
    assert len(caught.value.message) < 150
