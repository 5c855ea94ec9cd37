"""Node-RED: what its files become, what is wrong with them, and that nothing makes reading fall over."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.catalog import BUILT_IN
from wflgit.core.diff import compare
from wflgit.core.formats import nodered
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import Edge, EdgeKind, Graph, StepKind, WaitKind, WaitTerms
from wflgit.core.problems import Severity
from wflgit.core.validation import graph_problems
from wflgit.errors import DefinitionError

WELCOME: list[dict[str, Any]] = json.loads((Path(__file__).parent / "nodered" / "welcome.json").read_text(encoding="utf-8"))


def element(id_: str, type_: str = "function", *wires: list[str], **said: Any) -> dict[str, Any]:
    return {"id": id_, "type": type_, "z": "t", "x": 100, "y": 100, "wires": [*wires], **said}


def tab(id_: str = "t", **said: Any) -> dict[str, Any]:
    return {"id": id_, "type": "tab", "label": "Home", **said}


def graph(*elements: Any) -> Graph:
    return nodered.to_graph([tab(), *elements])


def edges(found: Graph, source: str) -> list[tuple[str, str | None]]:
    return [(edge.label, edge.target) for edge in found.outgoing.get(source, ())]


def problems(*elements: Any) -> list[tuple[str, Severity, tuple[str | int, ...]]]:
    return [(found.rule, found.severity, found.pointer) for found in nodered.problems([*elements], BUILT_IN)]


def at(document: Any, pointer: tuple[str | int, ...]) -> Any:
    for key in pointer:
        document = document[key]
    return document


# What a file becomes


def test_steps_have_their_kind_and_what_is_no_step_is_none() -> None:
    found = nodered.to_graph(WELCOME)
    assert (found.format, found.name, found.start, found.goals) == ("nodered", None, "lead", ())
    assert {step.id: step.kind for step in found.steps.values()} == {
        "lead": StepKind.TRIGGER,
        "mail?": StepKind.CONDITION,
        "day": StepKind.WAIT,
        "tag": StepKind.ACTION,
        "send": StepKind.ACTION,
        "failed": StepKind.ACTION,
        "out": StepKind.ACTION,
        "log": StepKind.ACTION,
        "into": StepKind.ACTION,
        "sum": StepKind.ACTION,
        "sf": StepKind.LOOP,
        "known?": StepKind.CONDITION,
        "set": StepKind.ACTION,
    }


def test_outputs_without_a_wire_are_loose() -> None:
    switch = {"id": "s", "type": "switch", "z": "t1", "x": 0, "y": 0, "wires": [["a"], [], []], "outputLabels": ["", "dark"]}
    alone = {"id": "a", "type": "function", "z": "t1", "x": 0, "y": 0, "wires": [[]]}
    found = nodered.to_graph([tab(), switch, alone])
    assert (edges(found, "s"), found.loose) == ([("output 1", "a")], {"s": ("dark", "output 3")})


def test_every_way_of_a_file_is_an_edge() -> None:
    found = nodered.to_graph(WELCOME)
    assert {source: edges(found, source) for source in found.outgoing} == {
        "lead": [("next", "mail?")],
        "mail?": [("yes", "day"), ("output 2", "log")],
        "day": [("next", "tag")],
        "tag": [("next", "send")],
        "send": [("next", "out"), ("error", "failed")],
        "failed": [("next", "out")],
        "out": [("next", "into")],
        "into": [("next", "sum")],
        "sf": [("in 0", "known?")],
        "known?": [("output 1", "set"), ("output 2", None)],
        "set": [("next", None)],
    }
    assert found.uses == (Edge("tag", "subflow", "sf", EdgeKind.USES, None, (5, "type")),)


def test_pointers_lead_to_what_is_said() -> None:
    found = nodered.to_graph({"rev": "1", "flows": WELCOME})
    document = {"rev": "1", "flows": WELCOME}
    for step in found.steps.values():
        assert at(document, step.pointer)["id"] == step.id
    for edge in found.edges:
        said = at(document, edge.pointer)
        assert said in (edge.target, edge.source)


def test_positions_and_notes_are_no_config_and_all_else_is() -> None:
    step = graph(
        element("a", "mystery", ["b"], name="Ask", info="why", l=False, icon="x.svg", g="g1", inputLabels=["in"], order=3, width=6)
    ).steps["a"]
    assert (step.name, step.config) == ("Ask", {"z": "t", "order": 3, "width": 6})


def test_the_place_of_a_dashboard_element_is_no_config() -> None:
    assert graph(element("a", "ui_button", [], order=3, width=6, height=1, label="Go")).steps["a"].config == {
        "z": "t",
        "label": "Go",
    }


def test_an_empty_name_is_none() -> None:
    assert graph(element("a", name="")).steps["a"].name is None


def test_tabs_and_configurations_are_settings_by_type_and_id() -> None:
    assert nodered.to_graph(WELCOME).settings == {
        "tab t1": {"label": "Welcome"},
        "tab t2": {"label": "Report", "disabled": True},
        "tls-config tls1": {"name": "Mail", "cert": "", "verifyservercert": True},
    }


def test_a_group_is_a_setting_and_counts_for_what_is_in_it_only_if_it_says_something() -> None:
    env = [{"name": "A", "value": "1", "type": "str"}]
    outer = {"id": "g1", "type": "group", "z": "t", "env": env, "nodes": ["a"]}
    inner = {"id": "g2", "type": "group", "z": "t", "g": "g1", "nodes": ["a"]}
    found = graph(outer, inner, element("a", g="g2"), element("b", g="g3"))
    assert found.settings["group g1"] == {"env": env}
    assert "group g2" not in found.settings
    assert (found.steps["a"].config.get("g"), found.steps["b"].config.get("g")) == ("g2", None)


def test_a_catch_for_its_group_makes_the_group_count() -> None:
    found = graph(element("c", "catch", ["a"], scope="group", g="g1"), element("a", g="g1"), element("b", g="g2"))
    assert (found.steps["a"].config.get("g"), found.steps["b"].config.get("g")) == ("g1", None)


def test_a_step_is_disabled_by_itself_or_with_its_tab() -> None:
    found = nodered.to_graph(WELCOME)
    assert [step.id for step in found.steps.values() if step.disabled] == ["log", "into", "sum"]


def test_the_order_of_elements_means_nothing() -> None:
    assert not compare(nodered.to_graph(WELCOME), nodered.to_graph(WELCOME[::-1]))


def test_an_output_may_lead_to_several_steps_in_the_authors_order() -> None:
    assert edges(graph(element("a", "change", ["c", "b"]), element("b"), element("c")), "a") == [("next", "c"), ("next", "b")]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (None, ["output 1", "output 2", "output 3"]),
        (["yes", "no"], ["yes", "no", "output 3"]),
        (["same", "same", " "], ["same", "same (2)", "output 3"]),
        (["output 2", "", 5], ["output 2", "output 2 (2)", "output 3"]),
    ],
)
def test_outputs_are_called_as_the_author_called_them(labels: Any, expected: list[str]) -> None:
    raw = element("a", "switch", ["b"], ["b"], ["b"], outputLabels=labels)
    assert [label for label, _ in edges(graph(raw, element("b")), "a")] == expected


def test_links_hold_if_either_end_names_the_other_and_once() -> None:
    found = graph(
        element("o1", "link out", mode="link", links=["i"]),
        element("o2", "link out", links=[]),
        element("i", "link in", links=["o1", "o2", "gone"]),
    )
    assert [(edge.source, edge.target, edge.pointer) for edge in found.edges] == [
        ("o1", "i", (1, "links", 0)),
        ("o2", "i", (3, "links", 1)),
    ]


def test_a_link_that_returns_leads_nowhere_and_one_that_calls_uses() -> None:
    found = graph(
        element("o", "link out", mode="return", links=["i"]),
        element("i", "link in", ["o"], links=["o"]),
        element("call", "link call", ["z"], links=["i"]),
        element("ask", "link call", ["z"], links=["i"], linkType="dynamic"),
        element("z", "debug"),
    )
    assert edges(found, "o") == []
    assert [(edge.source, edge.label, edge.target) for edge in found.uses] == [("call", "call", "i")]


def test_what_leads_straight_through_a_subflow_leads_to_its_end() -> None:
    through = {"id": "s", "type": "subflow", "in": [{"wires": []}], "out": [{"wires": []}, {"wires": [{"id": "s", "port": 0}]}]}
    assert graph(through).edges == (Edge("s", "in 0", None, EdgeKind.ENTER, {"out": 1}, (1, "out", 1, "wires", 0, "id")),)


def test_a_wire_to_a_comment_leads_nowhere() -> None:
    assert graph(element("a", "change", ["c", "b"]), element("b"), element("c", "comment")).edges[0].target == "b"


def test_nothing_inside_of_itself() -> None:
    assert graph({"id": "s", "type": "subflow", "z": "s", "in": [], "out": []}).steps["s"].scope is None


# What starts it


def triggers(*elements: Any) -> list[str]:
    return [trigger.id for trigger in graph(*elements).triggers]


@pytest.mark.parametrize("type_", ["inject", "mqtt in", "http in", "status", "complete", "catch", "watch", "some-sensor"])
def test_what_has_no_input_starts_by_itself(type_: str) -> None:
    found = graph(element("a", type_, ["b"]), element("b", "debug"))
    (trigger,) = found.triggers
    assert (trigger.id, trigger.type, trigger.start, trigger.config) == ("a", type_, "a", found.steps["a"].config)
    assert (found.steps["a"].kind, found.start) == (StepKind.TRIGGER, "a")


@pytest.mark.parametrize("type_", ["function", "change", "debug", "link in", "junction", "api-call-service"])
def test_what_has_an_input_starts_nothing_even_if_nothing_leads_to_it(type_: str) -> None:
    assert triggers(element("a", type_, ["b"]), element("b", "debug")) == []


def test_an_unknown_type_that_something_leads_to_or_without_outputs_starts_nothing() -> None:
    assert triggers(element("a", "inject", ["b"]), element("b", "lamp", ["c"]), element("c", "bell")) == ["a"]


def test_a_catch_of_certain_steps_starts_nothing() -> None:
    assert triggers(element("a"), element("c", "catch", ["a"], scope=["a"])) == []


def test_a_subflow_without_an_input_starts_by_itself_where_it_is_used() -> None:
    deaf: Any = {"id": "s1", "type": "subflow", "in": [], "out": []}
    fed: Any = {"id": "s2", "type": "subflow", "in": [{"wires": []}], "out": []}
    assert triggers(deaf, fed, element("a", "subflow:s1", ["z"]), element("b", "subflow:s2", ["z"]), element("z")) == ["a"]


@pytest.mark.parametrize(
    ("others", "start"),
    [
        ([], "a"),
        ([element("x", "inject", [])], "a"),
        ([element("x", "inject", ["b"], d=True)], "a"),
        ([element("x", "inject", ["b"])], None),
    ],
)
def test_the_start_is_the_only_enabled_trigger_that_leads_anywhere(others: list[Any], start: str | None) -> None:
    assert graph(element("a", "inject", ["b"]), element("b", "debug"), *others).start == start


# Waits


@pytest.mark.parametrize(
    ("said", "terms"),
    [
        ({"pauseType": "delay", "timeout": "5", "timeoutUnits": "minutes"}, WaitTerms(WaitKind.DURATION, timedelta(minutes=5))),
        ({"pauseType": "delay", "timeout": 1.5, "timeoutUnits": "hours"}, WaitTerms(WaitKind.DURATION, timedelta(hours=1.5))),
        (
            {"pauseType": "delay", "timeout": "250", "timeoutUnits": "milliseconds"},
            WaitTerms(WaitKind.DURATION, timedelta(seconds=0.25)),
        ),
        ({"pauseType": "delay", "timeout": "${PAUSE}", "timeoutUnits": "days"}, WaitTerms(WaitKind.DURATION)),
        ({"pauseType": "delayv", "timeout": "5", "timeoutUnits": "days"}, WaitTerms(WaitKind.DURATION)),
        ({"pauseType": "random", "randomFirst": "1", "randomLast": "5"}, WaitTerms(WaitKind.DURATION)),
        ({"pauseType": "delay", "timeout": "soon", "timeoutUnits": "days"}, None),
        ({"pauseType": "delay", "timeout": "-1", "timeoutUnits": "days"}, None),
        ({"pauseType": "delay", "timeout": 10**400, "timeoutUnits": "milliseconds"}, None),
        ({"pauseType": "delay", "timeout": "1", "timeoutUnits": "moons"}, None),
    ],
)
def test_a_delay_says_how_long_it_holds_a_message_back(said: dict[str, Any], terms: WaitTerms | None) -> None:
    step = graph(element("a", "delay", ["b"], **said)).steps["a"]
    assert step.kind is StepKind.WAIT
    assert nodered.wait_terms(step) == terms


@pytest.mark.parametrize(
    "raw", [element("a", "delay", pauseType="rate"), element("a", "trigger"), element("a", "delay", pauseType=[])]
)
def test_limiting_a_rate_and_sending_twice_is_no_wait(raw: Any) -> None:
    step = graph(raw).steps["a"]
    assert (step.kind, nodered.wait_terms(step)) == (StepKind.ACTION, None)


# Telling it from others, and its fields


@pytest.mark.parametrize(
    ("document", "ours"),
    [
        ([], True),
        ([tab()], True),
        ([5, tab()], True),
        ({"flows": [tab()]}, True),
        ({"rev": "9", "flows": []}, True),
        ([{"nodes": [], "connections": {}}], False),
        ([{"id": "a"}, {"type": "b"}, 5], False),
        ([{"id": "1", "type": "customer"}, {"id": "2", "type": "customer"}], False),
        ([{"id": "1", "type": "mqtt-broker"}, {"id": "2", "type": "debug", "z": "t1"}], True),
        ({"nodes": [], "connections": {}}, False),
        ({"steps": {}}, False),
        ("text", False),
    ],
)
def test_a_file_is_told_by_its_elements(document: Any, *, ours: bool) -> None:
    assert nodered.recognise(document) is ours


@pytest.mark.parametrize(
    ("pointer", "worth"),
    [
        ((3, "x"), Worth.COSMETIC),
        ((3, "info"), Worth.COSMETIC),
        ((3, "func"), Worth.MEANING),
        ((3, "order"), Worth.MEANING),
        ((3, "credentials", "user"), Worth.SECRET),
        ((3, "env", 0, "password"), Worth.SECRET),
    ],
)
def test_fields_have_their_worth(pointer: tuple[str | int, ...], worth: Worth) -> None:
    assert nodered.FIELDS.worth(pointer) is worth


def test_a_subflow_says_its_status_but_not_where_it_is_drawn() -> None:
    config = nodered.to_graph(WELCOME).steps["sf"].config
    assert config == {"env": [], "status": {"wires": [{"id": "set", "port": 0}]}}


def test_a_cosmetic_change_is_none() -> None:
    changed = [{key: value for key, value in raw.items() if key not in ("info", "l", "inputLabels")} for raw in WELCOME]
    for raw in changed:
        if "x" in raw:
            raw["x"] += 20
    assert not compare(nodered.to_graph(WELCOME), nodered.to_graph(changed))


# What is wrong


def test_a_right_file_has_no_problems() -> None:
    found = nodered.to_graph(WELCOME)
    assert problems(*WELCOME) == []
    assert [problem for problem in graph_problems(found) if problem.severity is Severity.ERROR] == []


ERROR, WARNING = Severity.ERROR, Severity.WARNING
SUBFLOW = {"id": "s", "type": "subflow", "in": [{"wires": [{"id": "a"}]}], "out": [{"wires": [{"id": "a", "port": 0}]}]}
INNER = element("a", z="s")


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([5], ("wrong-value", ERROR, (0,))),
        ([{"type": "tab"}], ("missing-key", ERROR, (0,))),
        ([{"id": "a"}], ("missing-key", ERROR, (0,))),
        ([{"id": 5, "type": "tab"}], ("wrong-value", ERROR, (0, "id"))),
        ([tab(), tab()], ("duplicate-step-id", ERROR, (1, "id"))),
        ([tab(), element("a", wires={})], ("wrong-value", ERROR, (1, "wires"))),
        ([tab(), element("a", wires=["b"])], ("wrong-value", ERROR, (1, "wires", 0))),
        ([tab(), element("a", "x", [5])], ("wrong-value", ERROR, (1, "wires", 0, 0))),  # type: ignore[list-item]
        ([tab("home"), element("a"), element("b")], ("unknown-tab", WARNING, (1, "z"))),
        ([tab(), element("a", "link out", links=["b", "c"])], ("unknown-link", WARNING, (1, "links"))),
        ([tab(), element("a", "link in", links={})], ("wrong-value", ERROR, (1, "links"))),
        ([tab(), element("a", "link in", links=[5])], ("wrong-value", ERROR, (1, "links", 0))),
        ([tab(), element("a", "catch", scope=["b"])], ("unknown-link", WARNING, (1, "scope"))),
        ([tab(), element("a", "subflow:s")], ("unknown-subflow", WARNING, (1, "type"))),
        ([tab(), element("a", "subflow:t")], ("unknown-subflow", WARNING, (1, "type"))),
        ([{**SUBFLOW, "in": {}}, INNER], ("wrong-value", ERROR, (0, "in"))),
        ([{**SUBFLOW, "in": [{}]}, INNER], ("missing-key", ERROR, (0, "in", 0))),
        ([{**SUBFLOW, "in": [{"wires": [{}]}]}, INNER], ("missing-key", ERROR, (0, "in", 0, "wires", 0))),
        ([SUBFLOW, element("a", z="")], ("unknown-source", ERROR, (0, "out", 0, "wires", 0, "id"))),
        (
            [{**SUBFLOW, "out": [{"wires": [{"id": "a", "port": -1}]}]}, INNER],
            ("wrong-value", ERROR, (0, "out", 0, "wires", 0, "port")),
        ),
    ],
)
def test_what_node_red_does_not_expect_is_found_where_it_is(elements: list[Any], expected: Any) -> None:
    assert problems(*elements) == [expected]


@pytest.mark.parametrize(
    "elements",
    [
        [],
        [tab(), element("a", wires=[])],
        [tab(), {"id": "a", "type": "function", "z": "t", "x": 1, "y": 2}],
        [element("a", z="")],
        [element("a"), element("b", z="u")],
        [tab(), element("a", "catch", scope=None), element("b", "catch", scope="group")],
        [tab(), element("a", "link call", links="b"), element("b", "link in")],
        [SUBFLOW, INNER, element("b", "subflow:s", z="")],
        [{"id": "s", "type": "subflow"}],
        [{**SUBFLOW, "out": [{"wires": [{"id": "a", "port": "0"}]}]}, INNER],
    ],
)
def test_what_is_nearly_wrong_is_right(elements: list[Any]) -> None:
    assert problems(*elements) == []


def test_wires_to_what_is_not_there_are_found_in_the_graph() -> None:
    (found,) = (problem for problem in graph_problems(graph(element("a", "inject", ["b"]))) if problem.severity is ERROR)
    assert (found.rule, found.pointer) == ("unknown-target", (1, "wires", 0, 0))


# Whatever shape things have

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["", "t1", "send", "group", "0"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "wires", "port"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def mangled(draw: st.DrawFn) -> Any:
    """The file with a few values replaced by anything, or dropped, at any place."""
    document: Any = copy.deepcopy(WELCOME)
    for _ in range(draw(st.integers(1, 4))):
        holder: Any = document
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(holder[key], dict | list) and draw(st.integers(0, 4)):
                holder = holder[key]
                continue
            if isinstance(holder, dict) and draw(st.booleans()):
                del holder[key]
            else:
                holder[key] = draw(JSON)
            break
    return draw(st.sampled_from([document, {"flows": document}]))


@settings(max_examples=300, deadline=None)
@given(mangled())
def test_no_shape_makes_reading_fall_over(document: Any) -> None:
    list(nodered.problems(document, BUILT_IN))
    found = nodered.to_graph(document)
    for step in found.steps.values():
        nodered.wait_terms(step)
    assert nodered.to_document(document, found) is document


def test_a_tab_without_an_id_disables_nothing() -> None:
    document = [{"id": "", "type": "tab", "label": "Hall", "disabled": True}, {"id": "a", "type": "inject", "z": "", "wires": [[]]}]
    found = nodered.to_graph(document)
    assert not found.steps["a"].disabled
    assert nodered.to_document(document, found) is document


@given(JSON)
def test_what_is_no_list_of_elements_is_refused(document: Any) -> None:
    if isinstance(document, list):
        nodered.to_graph(document)
    else:
        with pytest.raises(DefinitionError):
            nodered.to_graph(document)
