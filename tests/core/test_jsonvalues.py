from __future__ import annotations

from typing import Any

import pytest

from wflgit.core.jsonvalues import patched, put, same


def test_a_change_is_carried_into_what_holds_more() -> None:
    original = {"url": "a", "cached": 1, "more": {"x": 1, "seen": 2}, "gone": 1}
    old, new = {"url": "a", "more": {"x": 1}, "gone": 1}, {"url": "b", "more": {"x": 2}, "added": True}
    assert patched(original, old, new) == {"url": "b", "cached": 1, "more": {"x": 2, "seen": 2}, "added": True}
    assert patched(original, old, dict(old)) is original


@pytest.mark.parametrize(("one", "other"), [(1, 1.0), (True, 1), ({"a": [1]}, {"a": [True]}), ([0], [False]), (None, 0)])
def test_values_that_only_python_takes_for_equal_are_not_the_same(one: Any, other: Any) -> None:
    assert not same(one, other)
    assert same(one, one)


def test_lists_are_mended_item_by_item() -> None:
    original = [{"name": "a", "type": "t", "noise": 1, "v": 1}, {"name": "b", "type": "t", "noise": 2}]
    old = [{"name": "a", "type": "t", "v": 1}, {"name": "b", "type": "t"}]
    assert patched(original, old, [{"name": "b", "type": "t"}]) == original[1:]
    assert patched(original, old, [old[1], {"name": "a", "type": "t", "v": 2}]) == [original[1], {**original[0], "v": 2}]
    assert patched([1, {"noise": 1}], [1, {}], [2, {}]) == [2, {"noise": 1}]
    assert patched([{"v": 1, "noise": 1}], [{"v": 1}], [{"v": 2}]) == [{"v": 2, "noise": 1}]
    assert patched([{"v": 1, "noise": 1}], [{"v": 1}], [{"v": 2}, {"v": 3}]) == [{"v": 2, "noise": 1}, {"v": 3}]
    assert patched(original, old, "gone") == "gone"


def test_putting_what_is_there_changes_nothing() -> None:
    document = {"a": [{"b": 1}]}
    assert put(document, ("a", 0, "b"), 1) is document
    assert put(document, ("a", 0, "b"), 2) == {"a": [{"b": 2}]}
