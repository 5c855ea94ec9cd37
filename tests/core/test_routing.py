from __future__ import annotations

from dataclasses import replace

import pytest

from wflgit import NotFoundError, StateError
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.core.routing import entry, route


def step(name: str, kind: StepKind = StepKind.ACTION, *, scope: str | None = None, disabled: bool = False) -> Step:
    return Step(name, "t", kind, {}, scope=scope, disabled=disabled)


GRAPH = Graph(
    format="test",
    name="Test",
    start="hello",
    triggers=(),
    steps={
        found.id: found
        for found in [
            step("hello"),
            step("opened", StepKind.CONDITION),
            step("off", disabled=True),
            step("bye"),
            step("fan", StepKind.PARALLEL),
            step("fan/0/a", scope="fan"),
            step("fan/0/b", scope="fan", disabled=True),
        ]
    },
    edges=(
        Edge("hello", "next", "opened"),
        Edge("hello", "error", "bye", EdgeKind.ERROR),
        Edge("opened", "yes", "off", EdgeKind.BRANCH),
        Edge("opened", "otherwise", None, EdgeKind.DEFAULT),
        Edge("off", "next", "bye"),
        Edge("bye", "next", None),
        Edge("fan", "branch 0", "fan/0/a", EdgeKind.ENTER),
        Edge("fan", "next", "bye"),
        Edge("fan/0/a", "next", "fan/0/b"),
        Edge("fan/0/b", "next", None),
        Edge("lost", "next", "nowhere"),
    ),
    goals=(Goal("booked", "appointment_booked", "fan", {}),),
)


def test_without_an_outcome_the_plain_way_on_is_taken() -> None:
    assert route(GRAPH, "hello") == "opened"


def test_the_end_is_none() -> None:
    assert route(GRAPH, "bye") is None
    assert route(GRAPH, "opened", outcome="otherwise") is None


def test_disabled_steps_are_passed_through() -> None:
    assert route(GRAPH, "opened", outcome="yes") == "bye"


def test_the_end_of_a_scope_leads_back_to_its_container() -> None:
    assert route(GRAPH, "fan", outcome="branch 0") == "fan/0/a"
    assert route(GRAPH, "fan/0/a") == "fan"


def test_a_goal_is_reached_from_any_step_by_its_id_or_its_target() -> None:
    assert route(GRAPH, "bye", outcome="booked") == "fan"
    assert route(GRAPH, "bye", to="fan") == "fan"


def test_an_execution_starts_behind_a_disabled_start() -> None:
    assert entry(GRAPH) == "hello"
    assert entry(replace(GRAPH, start="off")) == "bye"
    assert entry(replace(GRAPH, start="nowhere")) is None


def test_an_outcome_is_asked_for_where_it_decides_the_way_on() -> None:
    with pytest.raises(StateError) as caught:
        route(GRAPH, "opened")
    assert "'yes', 'otherwise'" in (caught.value.hint or "")


def test_an_unknown_outcome_is_refused_with_the_near_one() -> None:
    with pytest.raises(NotFoundError) as caught:
        route(GRAPH, "opened", outcome="yess")
    assert caught.value.candidates == ("yes",)


def test_a_step_that_no_edge_leads_to_is_refused() -> None:
    with pytest.raises(NotFoundError, match="does not lead to 'hello'"):
        route(GRAPH, "bye", to="hello")


def test_steps_that_are_disabled_in_a_circle_do_not_hang() -> None:
    edges = (Edge("a", "next", "b"), Edge("b", "next", "b"))
    graph = Graph("test", None, "a", (), {"a": step("a"), "b": step("b", disabled=True)}, edges)
    assert route(graph, "a") == "b"


FORK = replace(
    GRAPH,
    start=None,
    triggers=(
        Trigger("Form", "form", {}, start="Form"),
        Trigger("Clock", "cron", {}, start="Clock"),
        Trigger("Old form", "form", {}, start="Form", disabled=True),
    ),
    steps={
        found.id: found
        for found in [step("Form", StepKind.TRIGGER), step("Clock", StepKind.TRIGGER), step("mail"), step("note"), step("sum")]
    },
    edges=(
        Edge("Form", "next", "mail"),
        Edge("Form", "next", "note"),
        Edge("Clock", "next", "mail"),
        Edge("mail", "next", "sum"),
        Edge("mail", "next", "sum", EdgeKind.NEXT, {"input": 1}),
    ),
    goals=(),
)
"""Two triggers, each with a step of its own; one outcome leads to two steps at once."""


def test_an_execution_starts_at_the_step_of_its_trigger() -> None:
    assert entry(FORK, "Clock") == "Clock"
    assert entry(replace(FORK, start="Form")) == "Form"


def test_which_trigger_must_be_said_where_each_has_its_own_step() -> None:
    with pytest.raises(StateError, match="expected a trigger to start by, because 2 of the definition") as caught:
        entry(FORK)
    assert caught.value.hint == "name one of 'Form', 'Clock', on the command line with --trigger"


def test_a_trigger_that_is_not_there_or_disabled_starts_nobody() -> None:
    with pytest.raises(NotFoundError, match="no trigger 'Clok'") as caught:
        entry(FORK, "Clok")
    assert caught.value.candidates == ("Clock",)
    with pytest.raises(StateError, match="'Old form' is disabled"):
        entry(FORK, "Old form")


def test_a_trigger_that_names_no_step_starts_at_the_start() -> None:
    assert entry(replace(GRAPH, triggers=(Trigger("contact_created", "contact_created", {}),)), "contact_created") == "hello"


def test_where_an_outcome_leads_to_several_steps_at_once_one_must_be_named() -> None:
    with pytest.raises(StateError, match="expected one step to follow 'Form', but 'next' leads to 2 at once") as caught:
        route(FORK, "Form")
    assert caught.value.hint == "name the one to follow: 'mail', 'note'"
    with pytest.raises(StateError, match="leads to 2 at once"):
        route(FORK, "Form", outcome="next")
    assert route(FORK, "Form", to="note") == "note"


def test_two_ways_to_one_step_are_one() -> None:
    assert route(FORK, "mail") == "sum"


def test_with_an_outcome_and_a_step_the_edge_must_be_that_one() -> None:
    assert route(FORK, "Form", outcome="next", to="mail") == "mail"
    with pytest.raises(NotFoundError, match="does not lead to 'mail'"):
        route(FORK, "Form", outcome="error", to="mail")


def test_a_step_that_only_says_what_happens_if_it_fails_ends_when_it_is_done() -> None:
    alone = replace(GRAPH, edges=(Edge("hello", "error", "bye", EdgeKind.ERROR),))
    assert route(alone, "hello") is None
    assert route(alone, "hello", outcome="error") == "bye"


def test_an_outcome_that_nothing_is_connected_to_is_an_end() -> None:
    alone = replace(GRAPH, edges=(Edge("opened", "true", "bye", EdgeKind.BRANCH),), loose={"opened": ("false",)})
    assert route(alone, "opened", outcome="false") is None
    with pytest.raises(StateError) as caught:
        route(alone, "opened")
    assert caught.value.hint == "name one of 'true', 'false'"
    with pytest.raises(NotFoundError) as missing:
        route(alone, "opened", outcome="maybe")
    assert missing.value.hint == "it has 'true', 'false', 'booked'"
