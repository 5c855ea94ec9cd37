"""The way back from a comparison; what holds for all is in `tests/property/test_diff.py`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wflgit.core.applying import apply
from wflgit.core.diff import compare
from wflgit.core.fieldchanges import field_changes, with_fields
from wflgit.core.formats import asl
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind
from wflgit.core.jsonvalues import same


def machine(first: str, *names: str) -> Graph:
    states: dict[str, Any] = {name: {"Type": "Task", "Resource": f"arn:{name[:3]}", "Next": "Stop"} for name in (first, *names)}
    rules = [{"Variable": "$.x", "StringEquals": name[:3], "Next": name} for name in names]
    choice = {"Type": "Choice", "Choices": rules, "Default": "Stop"}
    return asl.to_graph(
        {"StartAt": first, "States": {first: states.pop(first), "Ask": choice, **states, "Stop": {"Type": "Succeed"}}}
    )


def test_renamed_steps_are_called_by_their_new_names_by_all_who_name_them() -> None:
    old, new = machine("Greet", "Launch it", "Stay here"), machine("Greet", "Launch it now", "Stay here")
    comparison = compare(old, new)
    assert comparison.renames == {"Launch it": "Launch it now"}
    assert not comparison.edges
    assert {edge[:3] for edge in apply(comparison, old).edges} == {edge[:3] for edge in new.edges}


def test_conditions_come_back_in_the_order_in_which_they_are_tried() -> None:
    old, new = machine("Greet", "AAA", "BBB", "CCC"), machine("Greet", "CCC", "NEW", "AAA")
    made = apply(compare(old, new), old)
    tried = [[edge.label for edge in found.edges if edge.kind is EdgeKind.BRANCH] for found in (made, new)]
    assert tried == [["CCC", "NEW", "AAA"]] * 2


def test_of_ways_that_are_alike_the_one_that_changed_is_changed() -> None:
    ways = [Edge("a", "yes", None, EdgeKind.BRANCH, {"x": 1}), Edge("a", "yes", None, EdgeKind.BRANCH, {"x": 1})]
    old = Graph("test", None, "a", (), {"a": Step("a", "ask", StepKind.CONDITION, {})}, tuple(ways))
    new = Graph("test", None, "a", (), old.steps, (ways[0], ways[1]._replace(target="a")))
    assert apply(compare(old, new), old).edges == new.edges


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([1, 2], [True, 2]),
        ([1], [1.0]),
        ([{"__rl": True, "value": "x"}], [{"__rl": False, "value": "x"}]),
        (["a", "b"], ["x", "a", "b"]),
        (["a", "b", "c"], ["x", "b"]),
        ([1, 1], [1, True, 5, 1]),
        ([[1], {"a": [1, 2]}], [[1, 2], {"a": [2]}]),
        ({"a.b": 1, "'": 2}, {"a.b": 2, "": 1}),
    ],
    ids=json.dumps,
)
def test_what_differs_in_lists_is_told_in_full(old: Any, new: Any) -> None:
    found = field_changes({"v": old}, {"v": new})
    assert found
    assert same(with_fields({"v": old}, found), {"v": new})
