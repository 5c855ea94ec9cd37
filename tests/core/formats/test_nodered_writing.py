"""The way back: a changed graph becomes a file of Node-RED again, and nothing that did not change moves."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.formats.test_nodered import WELCOME, element, graph, tab
from wflgit.core.formats import nodered
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.errors import DefinitionError


def bare(found: Graph) -> Any:
    """All that a graph says, without places in the document and the order of what has none."""
    return (
        {step.id: step._replace(pointer=()) for step in found.steps.values()},
        Counter((edge.source, edge.label, edge.target, edge.kind, repr(edge.condition)) for edge in (*found.edges, *found.uses)),
        {trigger.id: replace(trigger, pointer=()) for trigger in found.triggers},
        found.settings,
        found.start,
    )


def before() -> Graph:
    return nodered.to_graph(WELCOME)


def written(changed: Graph, document: Any = WELCOME) -> dict[str, Any]:
    """The elements by id, after the document was found to say the graph, and not to have been touched itself."""
    untouched = copy.deepcopy(document)
    result = nodered.to_document(document, changed)
    assert document == untouched
    assert bare(nodered.to_graph(result)) == bare(changed)
    return {raw["id"]: raw for raw in result}


def with_step(found: Graph, id_: str, **parts: Any) -> Graph:
    return replace(found, steps={**found.steps, id_: found.steps[id_]._replace(**parts)})


def with_config(found: Graph, id_: str, **said: Any) -> Graph:
    return with_step(found, id_, config={**found.steps[id_].config, **said})


def without_steps(found: Graph, *gone: str) -> Graph:
    return replace(
        found,
        steps={id_: step for id_, step in found.steps.items() if id_ not in gone},
        edges=tuple(edge for edge in found.edges if edge.source not in gone and edge.target not in gone),
        uses=tuple(edge for edge in found.uses if edge.source not in gone and edge.target not in gone),
        triggers=tuple(trigger for trigger in found.triggers if trigger.id not in gone),
    )


def with_edges(found: Graph, source: str, *edges: Edge) -> Graph:
    """With these ways on from a step, and no others."""
    return replace(found, edges=(*(edge for edge in found.edges if edge.source != source), *edges))


def untouched(elements: dict[str, Any], *but: str) -> bool:
    return all(elements[raw["id"]] is raw for raw in WELCOME if raw["id"] in elements and raw["id"] not in but)


def refused(changed: Graph, document: Any = WELCOME) -> str:
    with pytest.raises(DefinitionError) as caught:
        nodered.to_document(document, changed)
    (problem,) = caught.value.problems
    assert problem.rule == "cannot-say"
    return problem.message


def test_its_own_graph_gives_the_document_itself() -> None:
    assert nodered.to_document(WELCOME, before()) is WELCOME


def test_a_changed_value_is_written_where_it_stands_and_nothing_else_moves() -> None:
    elements = written(with_config(before(), "day", timeout="3"))
    assert elements["day"] == {**WELCOME[4], "timeout": "3"}
    assert list(elements["day"]) == list(WELCOME[4])
    assert list(elements) == [raw["id"] for raw in WELCOME]
    assert untouched(elements, "day")


def test_a_wrapped_file_keeps_its_wrapping() -> None:
    changed = nodered.to_document({"rev": "7", "flows": WELCOME}, with_config(before(), "day", timeout="3"))
    assert (changed["rev"], changed["flows"][4]["timeout"]) == ("7", "3")


def test_a_name_is_given_and_taken_away() -> None:
    elements = written(with_step(with_step(before(), "day", name="A day"), "send", name=None))
    assert (elements["day"]["name"], elements["send"]["name"]) == ("A day", "")


def test_a_step_is_disabled_and_enabled() -> None:
    elements = written(with_step(with_step(before(), "day", disabled=True), "log", disabled=False))
    assert (elements["day"]["d"], "d" in elements["log"]) == (True, False)


def test_disabling_a_tab_does_not_disable_its_steps_one_by_one() -> None:
    found = before()
    changed = replace(found, settings={**found.settings, "tab t1": {"label": "Welcome", "disabled": True}})
    off = {id_: step._replace(disabled=True) if step.config.get("z") == "t1" else step for id_, step in found.steps.items()}
    triggers = tuple(replace(trigger, disabled=True) for trigger in found.triggers)
    elements = written(replace(changed, steps=off, triggers=triggers, start=None))
    assert elements["t1"] == {**WELCOME[0], "disabled": True}
    assert untouched(elements, "t1")


def test_a_step_is_not_enabled_on_a_tab_that_is_not() -> None:
    assert "like all of its tab" in refused(with_step(before(), "sum", disabled=False))


def test_enabling_a_tab_leaves_disabled_what_is_to_be() -> None:
    found = with_step(before(), "into", disabled=False)
    elements = written(replace(found, settings={**found.settings, "tab t2": {"label": "Report"}}))
    assert (elements["sum"]["d"], "d" in elements["into"], "disabled" in elements["t2"]) == (True, False, False)


def test_a_way_leads_elsewhere() -> None:
    elements = written(with_edges(before(), "day", Edge("day", "next", "log")))
    assert elements["day"] == {**WELCOME[4], "wires": [["log"]]}
    assert untouched(elements, "day")


def test_a_way_more_stands_after_those_there_are() -> None:
    elements = written(with_edges(before(), "day", Edge("day", "next", "tag"), Edge("day", "next", "log")))
    assert elements["day"]["wires"] == [["tag", "log"]]


def test_a_label_that_is_new_gets_an_output() -> None:
    ways = [Edge("mail?", label, to, EdgeKind.BRANCH) for label, to in (("yes", "day"), ("output 2", "log"), ("maybe", "tag"))]
    elements = written(with_edges(before(), "mail?", *ways))
    assert (elements["mail?"]["wires"], elements["mail?"]["outputLabels"]) == ([["day"], ["log"], ["tag"]], ["yes", "", "maybe"])


def test_a_label_that_is_renamed_keeps_its_output() -> None:
    ways = [Edge("mail?", label, to, EdgeKind.BRANCH) for label, to in (("ok", "day"), ("no", "log"))]
    elements = written(with_edges(before(), "mail?", *ways))
    assert (elements["mail?"]["wires"], elements["mail?"]["outputLabels"]) == ([["day"], ["log"]], ["ok", "no"])


def test_one_way_becomes_several_and_several_one() -> None:
    two = [Edge("day", f"output {port}", to, EdgeKind.BRANCH) for port, to in ((1, "tag"), (2, "log"))]
    one = with_edges(with_edges(before(), "day", *two), "mail?", Edge("mail?", "next", "day"))
    elements = written(one)
    assert (elements["day"]["wires"], elements["mail?"]["wires"]) == ([["tag"], ["log"]], [["day"]])


def test_links_are_written_at_both_ends() -> None:
    document = [tab(), element("o", "link out", links=["i"]), element("i", "link in", links=["o"]), element("j", "link in")]
    found = nodered.to_graph(document)
    elements = written(with_edges(found, "o", Edge("o", "next", "j")), document)
    assert (elements["o"]["links"], elements["i"]["links"], elements["j"]["links"]) == (["j"], [], ["o"])


def test_a_step_that_is_gone_is_named_nowhere() -> None:
    elements = written(without_steps(before(), "into"))
    assert "into" not in elements
    assert (elements["g1"]["nodes"], elements["out"]["links"]) == (["sum"], [])
    elements = written(without_steps(before(), "send"))
    assert (elements["tag"]["wires"], elements["failed"]["scope"]) == ([[]], [])


def test_a_new_step_is_drawn_behind_the_one_that_leads_to_it() -> None:
    found = before()
    fresh = Step("sms", "http request", StepKind.ACTION, {"z": "t1", "url": "https://sms.example.com"}, "Text", disabled=True)
    changed = replace(found, steps={**found.steps, "sms": fresh})
    elements = written(with_edges(changed, "day", Edge("day", "next", "sms")))
    assert elements["sms"] == {
        "id": "sms",
        "type": "http request",
        "z": "t1",
        "url": "https://sms.example.com",
        "name": "Text",
        "d": True,
        "x": 720,
        "y": 60,
        "wires": [],
    }
    assert list(elements)[-1] == "sms"


def test_a_new_trigger_is_drawn_before_what_it_leads_to() -> None:
    found = before()
    fresh = Step("tick", "inject", StepKind.TRIGGER, {"z": "t1", "repeat": "60"})
    changed = replace(
        found,
        steps={**found.steps, "tick": fresh},
        edges=(*found.edges, Edge("tick", "next", "day")),
        triggers=(*found.triggers, Trigger("tick", "inject", fresh.config, start="tick")),
        start=None,
    )
    assert (written(changed)["tick"]["x"], written(changed)["tick"]["wires"]) == (320, [["day"]])


def test_a_trigger_says_what_was_changed_of_it() -> None:
    found = before()
    config = {**found.steps["lead"].config, "url": "/new"}
    changed = replace(found, triggers=(replace(found.triggers[0], config=config),))
    assert nodered.to_document(WELCOME, changed)[2] == {**WELCOME[2], "url": "/new"}
    assert written(with_step(changed, "lead", config=config))["lead"]["url"] == "/new"
    assert "they differ" in refused(with_config(changed, "lead", url="/other"))


def test_a_renamed_step_is_renamed_wherever_it_is_named() -> None:
    found = before()
    names = {"send": "post", "into": "entry", "sf": "tagging", "set": "put"}

    def name(id_: Any) -> Any:
        return names.get(id_, id_)

    steps = {name(step.id): step._replace(id=name(step.id), scope=name(step.scope)) for step in found.steps.values()}
    steps["tag"] = steps["tag"]._replace(type="subflow:tagging")
    edges = tuple(edge._replace(source=name(edge.source), target=name(edge.target)) for edge in found.edges)
    uses = tuple(edge._replace(source=name(edge.source), target=name(edge.target)) for edge in found.uses)
    elements = written(replace(found, steps=steps, edges=edges, uses=uses))
    assert list(elements) == [name(raw["id"]) for raw in WELCOME]
    assert elements["post"] == {**WELCOME[6], "id": "post"}
    assert (elements["g1"]["nodes"], elements["failed"]["scope"]) == (["entry", "sum"], ["post"])
    assert elements["known?"] == {**WELCOME[15], "z": "tagging", "wires": [["put"], []]}
    assert elements["tagging"]["out"][0]["wires"] == [{"id": "known?", "port": 1}, {"id": "put", "port": 0}]


def test_the_ends_of_a_subflow_are_written() -> None:
    found = before()
    ways = [Edge("known?", "output 1", "set", EdgeKind.BRANCH), Edge("known?", "output 2", None, EdgeKind.BRANCH, {"out": 1})]
    changed = with_edges(with_edges(found, "known?", *ways), "sf", Edge("sf", "in 0", "set", EdgeKind.ENTER))
    raw = written(changed)["sf"]
    assert raw["in"] == [{"x": 40, "y": 80, "wires": [{"id": "set"}]}]
    assert [way["wires"] for way in raw["out"]] == [[{"id": "set", "port": 0}], [{"id": "known?", "port": 1}]]


def test_a_new_subflow_is_written_with_all_that_is_inside_of_it() -> None:
    found = before()
    inner = Step("i1", "function", StepKind.ACTION, {"func": "return msg"}, scope="s2")
    edges = (
        Edge("s2", "in 0", "i1", EdgeKind.ENTER),
        Edge("i1", "next", None),
        Edge("s2", "in 0", None, EdgeKind.ENTER, {"out": 1}),
    )
    changed = replace(
        found,
        steps={**found.steps, "s2": Step("s2", "subflow", StepKind.LOOP, {"env": []}, "Pause"), "i1": inner},
        edges=(*found.edges, *edges),
    )
    elements = written(changed)
    assert elements["i1"]["z"] == "s2"
    assert [way["wires"] for way in elements["s2"]["out"]] == [[{"id": "i1", "port": 0}], [{"id": "s2", "port": 0}]]


def test_a_step_moves_into_a_subflow_and_out_of_it() -> None:
    found = with_edges(with_edges(before(), "set"), "known?", Edge("known?", "output 2", None, EdgeKind.BRANCH))
    config = {**found.steps["set"].config, "z": "t1"}
    moved = with_step(with_step(found, "set", scope=None, config=config), "log", scope="sf", config={"active": True})
    elements = written(with_edges(moved, "mail?", Edge("mail?", "yes", "day", EdgeKind.BRANCH)))
    assert (elements["set"]["z"], elements["log"]["z"]) == ("t1", "sf")


def test_settings_come_change_and_go() -> None:
    found = before()
    kept = {key: said for key, said in found.settings.items() if key != "tls-config tls1"}
    tidy = {**kept, "tab t1": {"label": "Hello"}, "mqtt-broker m1": {"name": "", "broker": "mqtt.example.com"}}
    elements = written(replace(found, settings=tidy))
    assert elements["t1"] == {**WELCOME[0], "label": "Hello"}
    assert elements["m1"] == {"id": "m1", "type": "mqtt-broker", "name": "", "broker": "mqtt.example.com"}
    assert "tls1" not in elements


def test_a_group_says_something_and_no_longer_but_stays() -> None:
    env = [{"name": "A", "value": "1", "type": "str"}]
    found = before()
    inside = {id_: step._replace(config={**step.config, "g": "g1"}) for id_, step in found.steps.items() if id_ in ("into", "sum")}
    telling = replace(found, steps={**found.steps, **inside}, settings={**found.settings, "group g1": {"env": env}})
    document = nodered.to_document(WELCOME, telling)
    assert bare(nodered.to_graph(document)) == bare(telling)
    elements = written(found, document)
    assert "env" not in elements["g1"]


def test_who_is_caught_is_written_without_what_is_not_there_being_lost() -> None:
    document = [tab(), element("a"), element("b"), element("c", "catch", scope=["gone", "a"])]
    elements = written(replace(nodered.to_graph(document), edges=(Edge("b", "error", "c", EdgeKind.ERROR),)), document)
    assert elements["c"]["scope"] == ["gone", "b"]


def test_a_catch_of_all_becomes_one_of_some_and_back() -> None:
    document = [tab(), element("a"), element("c", "catch", ["a"], scope=None)]
    all_, some = nodered.to_graph(document), graph(element("a"), element("c", "catch", ["a"], scope=["a"]))
    assert written(some, document)["c"]["scope"] == ["a"]
    assert written(all_, nodered.to_document(document, some))["c"]["scope"] is None


def test_a_call_calls_another() -> None:
    document = [tab(), element("k", "link call", links=["i"]), element("i", "link in"), element("j", "link in")]
    found = nodered.to_graph(document)
    elements = written(replace(found, uses=(Edge("k", "call", "j", EdgeKind.USES),)), document)
    assert elements["k"]["links"] == ["j"]


@pytest.mark.parametrize("other", [element("b", "comment"), {"id": "b", "type": "server", "url": "x.example.com"}])
def test_what_was_no_step_becomes_one_in_its_place(other: Any) -> None:
    document = [tab(), other, element("a")]
    wanted = graph(element("b", func="return msg"), element("a"))
    assert list(written(wanted, document)) == ["t", "b", "a"]
    assert written(nodered.to_graph(document), nodered.to_document(document, wanted)).keys() >= {"t", "a"}


def test_what_led_nowhere_does_not_lead_to_a_new_step() -> None:
    document = [
        tab(),
        element("i", "link in", links=["o", "gone"]),
        element("c", "catch", scope=["o"]),
        element("d", "complete", scope=["o"]),
        element("a", "change", ["b"]),
        element("b", "comment"),
    ]
    wanted = graph(
        element("i", "link in"),
        element("c", "catch", scope=[]),
        element("d", "complete", scope=["o"]),
        element("a", "change", []),
        element("b", func="return msg"),
        element("o", "link out", mode="link"),
    )
    elements = written(wanted, document)
    assert (elements["i"]["links"], elements["c"]["scope"], elements["a"]["wires"]) == (["gone"], [], [[]])


def test_wires_to_comments_stay() -> None:
    document = [tab(), element("a", "change", ["c", "b"]), element("b"), element("c", "comment"), element("d")]
    found = nodered.to_graph(document)
    assert written(with_edges(found, "a", Edge("a", "next", "d")), document)["a"]["wires"] == [["c", "d"]]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (replace(before(), name="Welcome"), "there is a name"),
        (replace(before(), goals=(Goal("g", "won", None, {}),)), "there is a goal"),
        (
            replace(before(), triggers=(*before().triggers, Trigger("day", "delay", before().steps["day"].config))),
            "starts by itself",
        ),
        (replace(before(), triggers=(*before().triggers, Trigger("x", "inject", {}))), "a step with the id of the trigger"),
        (with_step(before(), "day", type="comment"), "'day' is none"),
        (with_step(before(), "day", scope="nowhere"), "'day' would not be what it is"),
        (with_config(before(), "day", x=5), "'day' would not be what it is"),
        (replace(before(), edges=(*before().edges, Edge("day", "timeout", "log", EdgeKind.TIMEOUT))), "'timeout' from 'day'"),
        (replace(before(), edges=(*before().edges, Edge("log", "next", None))), "'next' from 'log' to the end"),
        (with_edges(before(), "out", Edge("out", "next", "nowhere")), "'next' from 'out'"),
        (replace(before(), settings={**before().settings, "alone": {}}), "a setting"),
        (replace(before(), settings={**before().settings, "tab t3": 5}), "a setting"),
    ],
)
def test_what_the_format_cannot_say_is_refused(changed: Graph, what: str) -> None:
    assert what in refused(changed)


# The laws

IDS = st.sampled_from(["lead", "mail?", "day", "tag", "send", "out", "log", "sum"])


@st.composite
def edited(draw: st.DrawFn) -> Graph:
    """The graph after some changes as people make them."""
    found = before()
    for number in range(draw(st.integers(1, 5))):
        present = [id_ for id_ in ("mail?", "day", "tag", "send", "log", "sum", "known?", "set") if id_ in found.steps]
        targets = [id_ for id_, step in found.steps.items() if step.kind is not StepKind.TRIGGER and step.type != "subflow"]
        if not present or not targets:
            break
        id_, target = draw(st.sampled_from(present)), draw(st.sampled_from(targets))
        match draw(st.integers(0, 6)):
            case 0:
                found = with_config(found, id_, timeout=draw(st.sampled_from(["1", "2", None, [], {"a": 1}])))
            case 1:
                found = without_steps(found, id_)
            case 2:
                found = with_step(found, id_, name=draw(st.sampled_from([None, "New name"])))
            case 3 if found.steps[id_].config.get("z") != "t2":
                found = with_step(found, id_, disabled=draw(st.booleans()))
            case 4:
                found = with_edges(
                    found,
                    id_,
                    Edge(id_, "next", target),
                    *(edge for edge in found.edges if edge.kind is EdgeKind.ERROR and edge.source == id_),
                )
            case 5:
                branches = [
                    Edge(id_, label, target, EdgeKind.BRANCH)
                    for label in draw(st.sampled_from([["yes"], ["a", "b"], ["output 3"]]))
                ]
                errors = [edge for edge in found.edges if edge.kind is EdgeKind.ERROR and edge.source == id_]
                found = with_edges(found, id_, *branches, *errors)
            case 6:
                fresh = Step(f"new {number}", "function", StepKind.ACTION, {"z": "t1", "func": "return msg"})
                found = replace(found, steps={**found.steps, fresh.id: fresh}, edges=(*found.edges, Edge(fresh.id, "next", target)))
    leading = {edge.source for edge in found.edges}
    return replace(found, start="lead" if "lead" in leading else None)


@settings(max_examples=250, deadline=None)
@given(edited())
def test_what_is_written_says_the_graph_and_writing_it_again_changes_nothing(changed: Graph) -> None:
    document = nodered.to_document(WELCOME, changed)
    assert bare(nodered.to_graph(document)) == bare(changed)
    assert nodered.to_document(document, changed) == document
    own = {raw["id"]: raw for raw in WELCOME}
    kept = [raw for raw in document if raw["id"] in own]
    assert [raw["id"] for raw in kept] == [raw["id"] for raw in WELCOME if any(raw["id"] == other["id"] for other in kept)]
    for raw in kept:
        assert all(raw.get(key) == own[raw["id"]].get(key) for key in ("x", "y", "info", "style", "color"))


@settings(max_examples=100, deadline=None)
@given(edited(), edited())
def test_there_and_back_is_the_same_graph(one: Graph, other: Graph) -> None:
    there = nodered.to_document(WELCOME, one)
    assert bare(nodered.to_graph(nodered.to_document(there, other))) == bare(other)


def test_references_in_a_config_follow_a_rename() -> None:
    config = {"to": "a", "of": [{"id": "a"}, "subflow:a", "ab"], "rest": {"x": 1}}
    renamed = nodered.referring(config, {"a": "b"})
    assert renamed == {"to": "b", "of": [{"id": "b"}, "subflow:b", "ab"], "rest": {"x": 1}}
    assert renamed["rest"] is config["rest"]
    assert nodered.referring(config, {"c": "d"}) is config
