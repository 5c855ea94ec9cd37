"""What was done to a step from one version to the next, and which pull request it came by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders import steps
from wflgit.core.changes import ChangeType
from wflgit.core.fieldchanges import ChangeKind, FieldChange
from wflgit.core.formats import parse
from wflgit.core.graph import Graph
from wflgit.core.steplife import NOWHERE, Turn, is_continued, pull_request_of


def native(*ids: str, **config: Any) -> Graph:
    return of(steps(*ids, **config))


def of(document: dict[str, Any]) -> Graph:
    return parse(json.dumps({"name": "Welcome", **document}).encode()).graph


def types(turn: Turn, before: str | None, now: str | None) -> list[str]:
    return [str(change.type) for change in turn.happened(before, now)]


# Pull requests


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ("Merge pull request #12 from ben/wait\n\nWait two days (#3)", 12),
        ("Wait two days (#12)\n\n* first\n* second (#9)", 12),
        ("Wait two days (#12)\r\n\r\nMore", 12),
        ('Revert "Wait two days (#12)" (#15)', 15),
        ("Merge branch 'wait' into 'main'\n\nWait two days\n\nSee merge request acme/crm/flows!7\n", 7),
        ("Merge branch 'wait'\r\n\r\nSee merge request acme/crm!7\r\n", 7),
        ("Wait two days", None),
        ("Wait two days, see #12", None),
        ("Wait (#12) days", None),
        ("Look at pull request #12 from ben", None),
        ("Do not\n\nwe shall See merge request acme/crm!7", None),
        ("Merge pull request #1234567890123 from x/y", None),
        ("", None),
    ],
)
def test_the_number_is_where_github_and_gitlab_write_it(message: str, number: int | None) -> None:
    assert pull_request_of(message) == number


# From one version to the next


def test_a_step_that_nothing_was_done_to_has_no_changes() -> None:
    turn = Turn(native("hello", "wait", "bye"), native("hello", "wait", "bye", bye={"tag": "x"}))
    assert (turn.before("hello"), turn.after("hello")) == ("hello", "hello")
    assert types(turn, "hello", "hello") == types(turn, None, None) == []


def test_a_changed_step_says_field_by_field_what_changed() -> None:
    [change] = Turn(native("wait"), native("wait", wait={"duration": "P2D"})).happened("wait", "wait")
    assert change.type is ChangeType.STEP_CHANGED
    assert change.fields == (FieldChange(("config", "duration"), ChangeKind.CHANGED, "P1D", "P2D"),)


def test_a_renamed_step_is_found_under_both_names() -> None:
    turn = Turn(native("hello", "wait_a", "bye"), native("hello", "wait_b", "bye"))
    assert (turn.after("wait_a"), turn.before("wait_b"), turn.before("wait_a")) == ("wait_b", "wait_a", None)
    [change] = turn.happened("wait_a", "wait_b")
    assert (change.type, change.was) == (ChangeType.STEP_RENAMED, "wait_a")


def test_who_stands_beside_an_inserted_step_is_not_changed_by_it() -> None:
    turn = Turn(native("hello", "bye"), native("hello", "news", "bye"))
    [change] = turn.happened(None, "news")
    assert (change.type, change.between) == (ChangeType.STEPS_INSERTED, ("hello", "bye"))
    assert types(turn, "hello", "hello") == types(turn, "bye", "bye") == []


def test_a_step_that_was_taken_out_is_gone() -> None:
    turn = Turn(native("hello", "news", "bye"), native("hello", "bye"))
    assert turn.after("news") is None
    assert types(turn, "news", None) == ["steps-taken-out"]


def test_a_step_that_came_with_the_workflow_was_added_and_one_that_went_with_it_removed() -> None:
    assert types(Turn(NOWHERE, native("hello")), None, "hello") == ["step-added"]
    assert types(Turn(native("hello"), NOWHERE), "hello", None) == ["step-removed"]


def test_where_a_way_leads_elsewhere_is_told_of_its_source() -> None:
    old, new = steps("hello", "bye", "late"), steps("hello", "bye", "late")
    new["steps"]["bye"]["next"] = None
    new["steps"]["hello"]["next"] = "late"
    turn = Turn(of(old), of(new))
    assert types(turn, "hello", "hello") == ["edge-retargeted"]
    assert types(turn, "late", "late") == []


def test_of_steps_disabled_or_moved_together_each_has_its_own_fields() -> None:
    tab = {"id": "t1", "type": "tab", "label": "Welcome", "disabled": False, "info": ""}
    inside: list[dict[str, Any]] = [
        {"id": id_, "type": "debug", "z": "t1", "name": id_, "wires": [], "x": 1, "y": 1} for id_ in ("a1", "b2")
    ]
    old, new = (parse(json.dumps([{**tab, "disabled": off}, *inside]).encode()).graph for off in (False, True))
    turn = Turn(old, new)
    for step in old.steps:
        assert [[field.path for field in change.fields] for change in turn.happened(step, step)] == [[("disabled",)]]


def test_a_goal_that_is_called_like_a_step_is_not_the_step() -> None:
    goal = {"goals": [{"id": "hello", "event": "booked", "next": None}]}
    assert types(Turn(of(steps("hello")), of({**steps("hello"), **goal})), "hello", "hello") == []


def test_a_trigger_that_is_called_like_a_step_is_not_the_step() -> None:
    name = native("hello").triggers[0].id
    old = steps(name)
    new = {**old, "trigger": {"type": "contact_created", "config": {"source": "web_form"}}}
    assert types(Turn(of(old), of(new)), name, name) == []


def test_a_step_that_took_over_the_name_of_one_that_went_did_not_go() -> None:
    old, new = steps("hello", "wait_b", "a"), steps("hello", "wait_b")
    new["steps"]["a"] = new["steps"].pop("wait_b")
    new["steps"]["hello"]["next"] = "a"
    turn = Turn(of(old), of(new))
    assert turn.before("a") == "wait_b"
    assert "step-renamed" in types(turn, "wait_b", "a")
    assert {"step-removed", "steps-taken-out"}.isdisjoint(types(turn, "wait_b", "a"))


def test_a_step_that_has_the_name_of_one_that_went_was_added() -> None:
    new = steps("hello", "wait_b", "bye")
    new["steps"]["bye"]["next"] = "wait_a"
    new["steps"]["wait_a"] = {"type": "send_sms", "config": {"text": "Bye"}, "next": None}
    turn = Turn(native("hello", "wait_a", "bye"), of(new))
    assert (turn.after("wait_a"), turn.before("wait_a")) == ("wait_b", None)
    assert types(turn, None, "wait_a") == ["steps-inserted"]
    assert types(turn, "wait_a", "wait_b") == ["step-renamed"]


def test_secrets_are_in_no_change() -> None:
    def n8n(token: str) -> Graph:
        parameters = {"url": "https://x.example", "headers": {"authorization": token}, "password": token}
        node = {"name": "Call", "type": "n8n-nodes-base.httpRequest", "id": "1", "parameters": parameters, "position": [0, 0]}
        return parse(json.dumps({"nodes": [node], "connections": {}}).encode()).graph

    [change] = Turn(n8n("hunter2"), n8n("hunter3")).happened("Call", "Call")
    assert {(field.path[-1], field.new) for field in change.fields} == {
        ("authorization", "(another secret)"),
        ("password", "(another secret)"),
    }
    assert "hunter" not in str(change)


def test_of_another_format_no_values_are_told() -> None:
    machine = {"StartAt": "hello", "States": {"hello": {"Type": "Task", "Resource": "secret", "End": True}}}
    new = parse(json.dumps(machine).encode()).graph
    assert all(change.fields == () for change in Turn(native("hello"), new).happened("hello", "hello"))


# Moved files


def test_a_file_with_half_of_the_steps_goes_on_from_another() -> None:
    assert is_continued(native("hello", "wait", "bye"), native("hello", "wait", "bye", "news"))
    assert not is_continued(native("hello", "wait"), native("ask", "other", "news", "wait_long"))
    assert not is_continued(NOWHERE, native("hello"))
