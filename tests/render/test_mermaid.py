"""Graphs and plans as Mermaid."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import steps, to_content
from wflgit.core.formats import parse
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind, Trigger
from wflgit.core.mapping import Destination, Origin, Way
from wflgit.core.plan import Instruction, Plan, Side
from wflgit.render.mermaid import graph_lines, plan_lines

if TYPE_CHECKING:
    from collections.abc import Callable

WELCOME = {
    "name": "Welcome",
    "triggers": [{"type": "contact_created", "config": {}}, {"type": "tag_added", "config": {"tag": "new"}}],
    "start": "hello",
    "steps": {
        "hello": {"type": "send_email", "config": {"template": "hi"}, "next": "wait_a_day", "on_error": "nudge"},
        "wait_a_day": {"type": "wait", "config": {"event": "email_opened"}, "next": "opened", "on_timeout": None},
        "opened": {"type": "condition", "branches": [{"label": "yes", "when": {}, "next": "half"}], "otherwise": "nudge"},
        "half": {
            "type": "split",
            "branches": [{"label": "A", "weight": 1, "next": "won"}, {"label": "B", "weight": 1, "next": None}],
        },
        "won": {"type": "goal", "config": {}, "next": None},
        "nudge": {"type": "send_sms", "config": {"text": "?"}, "disabled": True, "next": "gone"},
    },
    "goals": [
        {"id": "booked", "event": "appointment_booked", "next": "won"},
        {"id": "left", "event": "unsubscribed", "next": None},
    ],
}
MACHINE = {
    "StartAt": "Fan out",
    "States": {
        "Fan out": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "Notify", "States": {"Notify": {"Type": "Task", "Resource": "arn:x", "End": True}}},
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {
                            "Type": "Map",
                            "ItemProcessor": {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 5, "End": True}}},
                            "End": True,
                        }
                    },
                },
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Lost"}],
            "Next": "Done",
        },
        "Lost": {"Type": "Fail"},
        "Done": {"Type": "Succeed"},
    },
}


def graph(document: dict[str, Any]) -> Graph:
    return parse(json.dumps(document).encode()).graph


def line_of(*ids: str) -> Graph:
    return parse(to_content("welcome", steps(*ids))).graph


def drawn(found: Graph) -> str:
    return "".join(f"{text}\n" for text in graph_lines(found))


def with_ids(*ids: str) -> Graph:
    """A graph of actions one after the other, whatever their ids."""
    after = [*ids[1:], None]
    edges = tuple(Edge(step, "next", target) for step, target in zip(ids, after, strict=True))
    return Graph("any", None, ids[0], (), {step: Step(step, "", StepKind.ACTION, {}) for step in ids}, edges)


def test_a_workflow_with_every_kind_of_step_and_way(golden: Callable[[str], None]) -> None:
    golden(drawn(graph(WELCOME)))


def test_scopes_are_boxes_in_boxes_each_with_its_own_end(golden: Callable[[str], None]) -> None:
    golden(drawn(graph(MACHINE)))


def test_ids_that_mean_something_to_mermaid_are_only_labels(golden: Callable[[str], None]) -> None:
    golden(drawn(with_ids("end", "End", "a b", "a_b", 'say "hi"', "[x](y)\n- z", "🚀", "営業", "1. no list", "#quot;<b>", "")))


def test_a_step_that_does_not_exist_is_shown_as_missing() -> None:
    lost = Graph("any", None, "gone", (), {"a": Step("a", "t", StepKind.ACTION, {})}, (Edge("a", "next", "nowhere"),))
    text = drawn(lost)
    assert '  s_gone["gone"]:::missing\n  s_nowhere["nowhere"]:::missing\n' in text
    assert "  s_a --> s_nowhere\n" in text
    assert "  classDef missing " in text


def test_a_graph_without_anything_is_still_a_picture() -> None:
    assert drawn(Graph("any", None, None, (), {}, ())) == 'flowchart TD\n  begin((" "))\n'


@given(st.lists(st.text(max_size=20), min_size=1, max_size=6, unique=True))
def test_whatever_the_ids_names_differ_and_labels_hold_nothing_that_could_end_them(ids: list[str]) -> None:
    lines = list(graph_lines(with_ids(*ids)))
    nodes = [re.fullmatch(r'  (s_\w*)\["([^"<>\[\]`*\\]+)"\]', text, re.ASCII | re.DOTALL) for text in lines[3 : 3 + len(ids)]]
    assert all(nodes), lines
    assert len({node[1] for node in nodes if node}) == len(ids)
    assert all(len(text.splitlines()) == 1 for text in lines)


SOURCE, TARGET = (
    line_of("hello", "wait", "old", "lost", "gone", "odd", "back", "kept"),
    line_of("hello", "wait", "new", "added", "kept"),
)
PLAN = Plan(
    "welcome",
    Side(6, "1" * 40, "a" * 40),
    Side(7, "2" * 40, "b" * 40),
    (
        Instruction("hello", "add_tag", Destination(Way.CONTINUE, "hello"), Origin.SAME, active=1200),
        Instruction("wait", "wait", Destination(Way.CONTINUE, "wait"), Origin.SAME, active=1, waiting=20),
        Instruction("old", "add_tag", Destination(Way.CONTINUE, "new"), Origin.RENAMED, score=0.857, active=12),
        Instruction("lost", "add_tag", None, Origin.UNMAPPED, active=3),
        Instruction("gone", "add_tag", Destination(Way.END), Origin.RULE, active=5),
        Instruction("odd", "add_tag", Destination(Way.ENTER, "nowhere"), Origin.RULE),
        Instruction("back", "wait", Destination(Way.CONTINUE, "wait"), Origin.RULE, active=1, breaks=("incompatible-type",)),
        Instruction("kept", "add_tag", Destination(Way.CONTINUE, "kept"), Origin.SAME),
    ),
)


def picture(plan: Plan = PLAN, *, everything: bool = False) -> str:
    return "".join(f"{text}\n" for text in plan_lines(plan, SOURCE, TARGET, everything=everything))


def test_a_plan_goes_from_the_steps_of_one_version_to_those_of_the_other(golden: Callable[[str], None]) -> None:
    golden(picture())


def test_quiet_steps_are_drawn_too_if_asked_for() -> None:
    assert "a_kept" not in picture()
    assert '    rest["1 step that stays as it is"]:::quiet\n' in picture()
    assert "  a_kept ==> b_kept\n" in picture(everything=True)
    assert "rest" not in picture(everything=True)


@pytest.mark.parametrize("way", [Way.END, Way.RESTART, Way.STAY, Way.CANCEL])
def test_a_destination_that_is_no_step_stands_beside_the_target(way: Way) -> None:
    plan = Plan("w", PLAN.source, PLAN.target, (Instruction("hello", "t", Destination(way), Origin.RULE, active=1),))
    assert f'  to_{way}(["#64;{way}"])\n  a_hello ==>|"1, rule"| to_{way}\n' in picture(plan)


def test_a_goal_may_be_the_only_way_to_the_end() -> None:
    text = drawn(graph({"name": "W", "start": "a", "steps": {}, "goals": [{"id": "won", "event": "bought", "next": None}]}))
    assert '  finish(((" ")))\n' in text
    assert "  g_won -.-> finish\n" in text


def test_a_trigger_that_is_a_step_is_drawn_once_and_what_is_used_hangs_on_a_line() -> None:
    kinds = {"Form": StepKind.TRIGGER, "Agent": StepKind.ACTION, "Model": StepKind.ACTION}
    drawing = drawn(
        Graph(
            "any",
            None,
            None,
            (Trigger("Form", "webhook", {}, start="Form"),),
            {name: Step(name, "", kind, {}) for name, kind in kinds.items()},
            (Edge("Form", "next", "Agent"),),
            uses=(Edge("Agent", "model", "Model", EdgeKind.USES),),
        )
    )
    assert drawing == (
        "flowchart TD\n"
        '  s_Form(["Form"])\n'
        '  s_Agent["Agent"]\n'
        '  s_Model["Model"]\n'
        "  s_Form --> s_Agent\n"
        '  s_Agent -.-|"model"| s_Model\n'
    )
