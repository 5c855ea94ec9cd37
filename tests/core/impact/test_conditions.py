"""Whether a condition lets more or fewer through; what is said is true of all values."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.impact.conditions import Implication, compare_filters, compare_predicates
from wflgit.core.predicates import matches

SAME, WIDER, NARROWER, DIFFERENT = Implication


def on(op: str, *value: Any, field: str = "age") -> Any:
    return {"field": field, "op": op, **({"value": value[0]} if value else {})}


ADULT, PRO = on("ge", 18), on("eq", "pro", field="plan")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (ADULT, ADULT, SAME),
        ({"all": [ADULT, PRO]}, {"all": [PRO, ADULT]}, SAME),
        ({"not": {"not": ADULT}}, ADULT, SAME),
        ({"not": on("eq", 5)}, on("ne", 5), SAME),
        ({"not": {"any": [ADULT, PRO]}}, {"all": [{"not": PRO}, {"not": ADULT}]}, SAME),
        (on("in", [1]), on("eq", 1), SAME),
        ({"all": [ADULT, PRO]}, PRO, WIDER),
        (PRO, {"any": [PRO, ADULT]}, WIDER),
        (on("ge", 21), ADULT, WIDER),
        (on("gt", 18), ADULT, WIDER),
        (on("lt", 18), on("lt", 20), WIDER),
        (on("eq", 30), ADULT, WIDER),
        (on("eq", 1), on("in", [1, 2]), WIDER),
        (on("starts_with", "abc"), on("contains", "b"), WIDER),
        (on("not_in", [1, 2]), on("ne", 1), WIDER),
        (on("lt", 5), on("ne", 7), WIDER),
        (on("lt", 5), {"not": on("gt", 5)}, WIDER),
        (ADULT, on("exists"), WIDER),
        (on("not_exists"), {"not": ADULT}, WIDER),
        (PRO, None, WIDER),
        (None, PRO, NARROWER),
        (ADULT, {"all": [ADULT, PRO]}, NARROWER),
        (on("lt", 18), {"not": ADULT}, WIDER),
        ({"not": ADULT}, on("lt", 18), NARROWER),  # for an absent age only the denial holds
        (ADULT, PRO, DIFFERENT),
        (on("contains", "abc"), on("contains", "b"), DIFFERENT),  # in a list of texts the one is no part of the other
        (on("gt", True), on("ge", 1), DIFFERENT),
        (on("matches", "(a+)+$"), on("eq", "a" * 40 + "b"), DIFFERENT),  # no foreign pattern is tried
        ("contact.plan = pro", PRO, DIFFERENT),
        ({"field": "age", "op": "about", "value": 1}, ADULT, DIFFERENT),
        ({"all": [ADULT] * 500}, PRO, DIFFERENT),
    ],
)
def test_a_condition_is_wider_or_narrower_than_another(old: Any, new: Any, expected: Implication) -> None:
    assert compare_predicates(old, new) is expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["push"], ["push", "fork"], WIDER),
        (["push", "fork"], ["fork", "push"], SAME),
        ([{"expression": "@a"}, {"expression": "@b"}], [{"expression": "@a"}], WIDER),
        ({"from": "a", "label": "b"}, {"from": "a"}, WIDER),
        ({"from": "a"}, {"from": "b"}, DIFFERENT),
        ({"from": "a", "label": "b"}, {"label": "b", "to": "c"}, DIFFERENT),
        ([], ["push"], NARROWER),
        ("", None, SAME),
        ({}, [], SAME),
        ({"all": [ADULT, PRO]}, ADULT, WIDER),
        (5, "5", DIFFERENT),
    ],
)
def test_filters_of_other_forms_are_compared_too(old: Any, new: Any, expected: Implication) -> None:
    assert compare_filters(old, new) is expected


scalars = st.sampled_from([None, True, False, 0, 1, 2, 3, 1.0, 2.5, "", "a", "ab", "abc", "b", "bc"])
values = scalars | st.lists(scalars, max_size=2)
fields = st.sampled_from(["x", "y"])
ordered = st.sampled_from([0, 1, 2, 3, 1.0, 2.5, "a", "ab", "b"])


def compared(ops: list[str], given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(lambda field, op, value: on(op, value, field=field), fields, st.sampled_from(ops), given)


comparisons = st.one_of(
    compared(["eq", "ne", "contains", "not_contains"], values),
    compared(["lt", "le", "gt", "ge"], ordered),
    compared(["in", "not_in"], st.lists(values, max_size=3)),
    compared(["starts_with", "ends_with"], st.sampled_from(["", "a", "b", "ab"])),
    st.builds(lambda field, op: on(op, field=field), fields, st.sampled_from(["exists", "not_exists"])),
)
predicates = st.recursive(
    comparisons,
    lambda inner: (
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3))
        | st.builds(lambda part: {"not": part}, inner)
    ),
    max_leaves=5,
)
POSSIBLE = [
    dict(pairs)
    for x in ("absent", None, True, 0, 1, 2, 3, 2.5, 1.5, "", "a", "ab", "abc", "b", "bc", ["a"], [1, "b"], [])
    for y in ("absent", None, 1, 2, "a", ["a"])
    for pairs in [[pair for pair in (("x", x), ("y", y)) if pair[1] != "absent"]]
]


@given(predicates, predicates)
@settings(max_examples=150, deadline=None)
def test_what_is_said_of_two_conditions_is_true_of_all_values(old: Any, new: Any) -> None:
    found = compare_predicates(old, new)
    for said in POSSIBLE:
        before, now = matches(old, said), matches(new, said)
        assert found in (DIFFERENT, NARROWER) or not before or now
        assert found in (DIFFERENT, WIDER) or not now or before


@given(predicates)
@settings(max_examples=50, deadline=None)
def test_a_condition_is_the_same_as_itself_denied_twice(predicate: Any) -> None:
    assert compare_predicates(predicate, {"not": {"not": predicate}}) is SAME
