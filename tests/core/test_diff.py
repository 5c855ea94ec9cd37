from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wflgit.core.diff import compare
from wflgit.core.fieldchanges import ChangeKind, field_changes
from wflgit.core.formats import asl
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
    old = graph({"a": {"t": "hi"}, "b": {"t": "one"}}, ("a", "next", "b"), ("b", "next", None))
    new = graph({"a": {"t": "hello"}, "c": {"t": "other", "to": "team"}}, ("a", "next", "c"), ("c", "next", None))
    found = compare(old, new)
    assert [(change.id, change.kind) for change in found.steps] == [
        ("b", ChangeKind.REMOVED),
        ("a", ChangeKind.CHANGED),
        ("c", ChangeKind.ADDED),
    ]
    [field] = found.steps[1].fields
    assert (field.path, field.kind, field.old, field.new) == (("config", "t"), ChangeKind.CHANGED, "hi", "hello")
    assert describe(found) == ("added step 'c'", "removed step 'b'", "changed step 'a'")


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


def test_what_lists_have_in_common_at_their_ends_is_no_change() -> None:
    many = [{"name": f"resource {number}", "properties": {"kept": [number]}} for number in range(20)]
    [change] = field_changes({"l": many}, {"l": [{"name": "new"}, *many]})
    assert (change.path, change.kind, change.new) == (("l", 0), ChangeKind.ADDED, {"name": "new"})
    [change] = field_changes({"l": many}, {"l": [*many[:7], *many[8:]]})
    assert (change.path, change.kind, change.old) == (("l", 7), ChangeKind.REMOVED, many[7])
    [change] = field_changes({"l": many}, {"l": [*many[:7], {**many[7], "properties": {"kept": [0]}}, *many[8:]]})
    assert (change.path, change.old, change.new) == (("l", 7, "properties", "kept", 0), 7, 0)


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
    assert describe(compare(old, new)) == ("a (no) now leads to the end", "changed when a (yes) is taken")
    assert describe(compare(new, old)) == ("a (no) leads nowhere any more", "changed when a (yes) is taken")


def machine(*states: tuple[str, dict[str, Any]], start: str | None = None) -> Graph:
    return asl.to_graph({"StartAt": start or states[0][0], "States": dict(states)})


def test_a_renamed_step_is_one_change_and_nothing_that_leads_to_it_is() -> None:
    task = {"Type": "Task", "Resource": "arn:mail", "Next": "Stop"}
    check = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "Lauch"}], "Default": "Stop"}
    old = machine(("Check", check), ("Lauch", task), ("Stop", {"Type": "Succeed"}))
    check = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsNull": True, "Next": "Launch"}], "Default": "Stop"}
    new = machine(("Check", check), ("Launch", task), ("Stop", {"Type": "Succeed"}))
    found = compare(old, new)
    [change] = found.steps
    assert (change.id, change.was, change.kind) == ("Launch", "Lauch", ChangeKind.CHANGED)
    assert not found.edges
    assert describe(found) == ("renamed step 'Lauch' to 'Launch'",)


def test_a_renamed_container_does_not_rename_what_is_inside() -> None:
    inside = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:a", "End": True}}}
    old = machine(("Each lead", {"Type": "Map", "ItemsPath": "$.leads", "ItemProcessor": inside, "End": True}))
    new = machine(("Every lead", {"Type": "Map", "ItemsPath": "$.leads", "ItemProcessor": inside, "End": True}))
    found = compare(old, new)
    assert [(change.was, change.id) for change in found.steps] == [("Each lead", "Every lead")]
    assert not found.edges


def test_a_step_put_in_the_place_of_another_is_no_rename_of_it() -> None:
    old = graph({"a": {}, "b": {}}, ("a", "next", "b"))
    new = replace(old, steps={**old.steps, "b": Step("b", "wait", StepKind.WAIT, {"duration": "P1D"})})
    [change] = compare(old, new).steps
    assert (change.id, change.was) == ("b", None)
    assert [field.path for field in change.fields] == [("config", "duration"), ("type",)]


def keyed(*steps: tuple[str, str, dict[str, Any]], ways: tuple[Edge, ...] = ()) -> Graph:
    """Steps as a tool keeps them that has a key beside the name."""
    made = {name: Step(name, "http", StepKind.ACTION, config, key=key) for name, key, config in steps}
    return Graph("test", None, None, (), made, ways)


def test_two_steps_that_swap_their_names_are_two_renames() -> None:
    old = keyed(("A", "1", {"url": "one"}), ("B", "2", {"url": "two"}))
    new = keyed(("B", "1", {"url": "one"}), ("A", "2", {"url": "two"}))
    found = compare(old, new)
    assert [(change.was, change.id, change.fields) for change in found.steps] == [("A", "B", ()), ("B", "A", ())]


def test_a_name_that_went_to_another_step_is_a_rename_and_a_removal() -> None:
    old = keyed(("Mail", "1", {"url": "one"}), ("Mail again", "2", {"url": "two", "q": 1}), ("C", "3", {}))
    new = keyed(("Mail again", "1", {"url": "one"}), ("C", "3", {}))
    found = compare(old, new)
    assert [(change.was, change.id, change.kind) for change in found.steps] == [
        (None, "Mail again", ChangeKind.REMOVED),
        ("Mail", "Mail again", ChangeKind.CHANGED),
    ]


def test_ways_that_are_taken_together_have_no_order() -> None:
    steps = tuple((name, str(number), dict[str, Any]()) for number, name in enumerate("ABCD"))
    to_b, to_c, to_d = (Edge("A", "next", target) for target in "BCD")
    assert not compare(keyed(*steps, ways=(to_b, to_c)), keyed(*steps, ways=(to_c, to_b)))
    added = compare(keyed(*steps, ways=(to_b, to_c)), keyed(*steps, ways=(to_d, to_c, to_b))).edges
    assert [(change.kind, change.new) for change in added] == [(ChangeKind.ADDED, to_d)]
    moved = compare(keyed(*steps, ways=(to_b, to_c)), keyed(*steps, ways=(to_d, to_c))).edges
    assert [(change.kind, change.old, change.new) for change in moved] == [(ChangeKind.CHANGED, to_b, to_d)]


def test_ways_to_different_inputs_of_one_step_are_two() -> None:
    steps = tuple((name, name.lower(), dict[str, Any]()) for name in ("A", "Merge"))
    first, second = Edge("A", "next", "Merge"), Edge("A", "next", "Merge", EdgeKind.NEXT, {"input": 1})
    [change] = compare(keyed(*steps, ways=(first,)), keyed(*steps, ways=(first, second))).edges
    assert (change.kind, change.new) == (ChangeKind.ADDED, second)


def test_a_trigger_that_is_a_step_too_is_reported_once() -> None:
    def started(config: dict[str, Any]) -> Graph:
        steps = {"Form": Step("Form", "webhook", StepKind.TRIGGER, config), "A": Step("A", "http", StepKind.ACTION, {})}
        return Graph("test", None, "Form", (Trigger("Form", "webhook", config, start="Form"),), steps, (Edge("Form", "next", "A"),))

    found = compare(started({"path": "a"}), started({"path": "b"}))
    assert [change.id for change in found.triggers] == ["Form"]
    assert not found.steps


def test_what_a_step_uses_is_compared() -> None:
    steps = tuple((name, name.lower(), dict[str, Any]()) for name in ("Agent", "Model"))
    [change] = compare(keyed(*steps), replace(keyed(*steps), uses=(Edge("Agent", "model", "Model", EdgeKind.USES),))).edges
    assert (change.kind, change.source, change.label) == (ChangeKind.ADDED, "Agent", "model")


def test_a_step_whose_id_nobody_can_read_is_called_by_its_name_too() -> None:
    old, new = (keyed(("0b1f9c", "1", {"url": url})) for url in ("one", "two"))
    named = [replace(found, steps={"0b1f9c": found.steps["0b1f9c"]._replace(name="Hall light")}) for found in (old, new)]
    assert describe(compare(*named)) == ("changed step '0b1f9c (Hall light)'",)


def test_a_description_is_short_and_says_first_what_came_and_went() -> None:
    old = graph(
        {"a": {}, "b": {}, "c": {}, "d": {}}, ("a", "next", "b"), ("b", "next", "c"), ("c", "next", "d"), ("d", "next", None)
    )
    steps: dict[str, dict[str, Any]] = {"a": {"x": 1}, "b": {}, "n": {}, "c": {}, "d": {}}
    ways = (("a", "next", "b"), ("b", "next", "n"), ("n", "next", "c"), ("c", "next", "d"), ("d", "next", None))
    assert describe(compare(old, graph(steps, *ways))) == ("added step 'n'", "changed step 'a'")
    moved = graph({key: {} for key in "abcd"}, ("b", "next", "c"), ("c", "next", "a"), ("a", "next", "d"), ("d", "next", None))
    assert describe(compare(old, replace(moved, start="b"))) == ("moved step 'a' between 'c' and 'd'",)
    renamed = replace(old, steps={key: step._replace(name=f"Step {key}") for key, step in old.steps.items()})
    assert describe(compare(old, renamed))[0] == "renamed step 'a (Step a)'"
