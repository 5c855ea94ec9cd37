from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wflgit.core.diff import ChangeKind, compare, field_changes
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind, Trigger
from wflgit.core.words import describe


def graph(steps: dict[str, dict[str, Any]], *edges: tuple[str, str, str | None], **whole: Any) -> Graph:
    return Graph(
        format="test",
        name=whole.pop("name", "Welcome"),
        start=next(iter(steps)),
        triggers=(Trigger("trigger", "contact_created", whole.pop("trigger", {})),),
        steps={key: Step(key, "send_email", StepKind.ACTION, config) for key, config in steps.items()},
        edges=tuple(Edge(*edge) for edge in edges),
        settings=whole,
    )


def test_nothing_differs_between_a_graph_and_itself() -> None:
    one = graph({"a": {"x": [1, {"y": None}]}}, ("a", "next", None))
    assert not compare(one, one)
    assert describe(compare(one, one)) == ("no change of meaning",)


def test_steps_added_removed_and_changed_are_told_apart() -> None:
    old = graph({"a": {"t": "hi"}, "b": {}}, ("a", "next", "b"), ("b", "next", None))
    new = graph({"a": {"t": "hello"}, "c": {}}, ("a", "next", "c"), ("c", "next", None))
    found = compare(old, new)
    assert [(change.id, change.kind) for change in found.steps] == [
        ("b", ChangeKind.REMOVED),
        ("a", ChangeKind.CHANGED),
        ("c", ChangeKind.ADDED),
    ]
    [field] = found.steps[1].fields
    assert (field.path, field.kind, field.old, field.new) == (("config", "t"), ChangeKind.CHANGED, "hi", "hello")
    assert "a (next) now leads to c, not b" in describe(found)


@pytest.mark.parametrize(("old", "new"), [(1, 1.0), (1, True), (0, False), (None, False), ("1", 1), ([], {})])
def test_values_that_python_calls_equal_but_json_does_not_are_a_change(old: Any, new: Any) -> None:
    found = compare(graph({"a": {"v": old}}), graph({"a": {"v": new}}))
    [field] = found.steps[0].fields
    assert (field.old, field.new) == (old, new)


def test_a_missing_value_is_not_null() -> None:
    [field] = field_changes({"a": {}}, {"a": {"x": None}})
    assert (field.path, field.kind) == (("a", "x"), ChangeKind.ADDED)


def test_items_of_a_list_are_compared_by_position() -> None:
    changes = field_changes({"l": [1, 2, 3]}, {"l": [1, 5]})
    assert [(change.path, change.kind, change.old, change.new) for change in changes] == [
        (("l", 1), ChangeKind.CHANGED, 2, 5),
        (("l", 2), ChangeKind.REMOVED, 3, None),
    ]


def test_the_name_start_and_settings_of_the_workflow_are_compared() -> None:
    found = compare(graph({"a": {}}, name="Old", description="x"), graph({"a": {}}, name="New"))
    assert [change.path for change in found.settings] == [("description",), ("name",)]
    assert describe(found) == ("changed 'description', 'name' of the workflow",)


def test_long_lists_of_names_are_cut_short() -> None:
    old, new = graph({"a": {}}), graph({key: {} for key in "abcdefg"})
    assert describe(compare(old, new)) == ("added 6 steps 'b', 'c', 'd', 'e' and 2 more",)


def test_an_edited_condition_is_said_though_it_leads_where_it_led() -> None:
    old = replace(graph({"a": {}}), edges=(Edge("a", "yes", "a", EdgeKind.BRANCH, {"op": "eq"}),))
    new = replace(old, edges=(Edge("a", "yes", "a", EdgeKind.BRANCH, {"op": "ne"}), Edge("a", "no", None)))
    assert describe(compare(old, new)) == ("changed when a (yes) is taken", "a (no) now leads to the end")
    assert describe(compare(new, old)) == ("a (no) leads nowhere any more", "changed when a (yes) is taken")
