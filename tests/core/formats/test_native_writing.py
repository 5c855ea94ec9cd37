"""The way back: a changed graph becomes the native document again, and what nobody changed stays as it is."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.test_native import ANYTHING, WELCOME
from wflgit.core.formats import native
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.errors import DefinitionError


def welcome() -> dict[str, Any]:
    return copy.deepcopy(WELCOME)


def changed(graph: Graph, **parts: Any) -> Graph:
    said = {name: getattr(graph, name) for name in ("name", "start", "triggers", "steps", "edges", "goals", "settings", "uses")}
    return Graph(format=graph.format, start_pointer=graph.start_pointer, **(said | parts))


def with_step(graph: Graph, step_id: str, **parts: Any) -> Graph:
    return changed(graph, steps={**graph.steps, step_id: graph.steps[step_id]._replace(**parts)})


def with_target(graph: Graph, source: str, label: str, target: str | None) -> Graph:
    edges = [edge._replace(target=target) if (edge.source, edge.label) == (source, label) else edge for edge in graph.edges]
    return changed(graph, edges=tuple(edges))


def without_edge(graph: Graph, source: str, label: str) -> Graph:
    return changed(graph, edges=tuple(edge for edge in graph.edges if (edge.source, edge.label) != (source, label)))


def renamed(graph: Graph, old: str, new: str) -> Graph:
    def name(step_id: str | None) -> Any:
        return new if step_id == old else step_id

    steps = {name(step.id): step._replace(id=name(step.id)) for step in graph.steps.values()}
    edges = tuple(edge._replace(source=name(edge.source), target=name(edge.target)) for edge in graph.edges)
    goals = tuple(Goal(goal.id, goal.event, name(goal.target), goal.config) for goal in graph.goals)
    return changed(graph, start=name(graph.start), steps=steps, edges=edges, goals=goals)


def bare(graph: Graph) -> Any:
    """All that a graph says; the order of ways means something only within a kind."""
    steps = {step.id: [step.type, step.kind, step.config, step.name, step.scope, step.disabled] for step in graph.steps.values()}
    edges = {
        source: [[edge.kind, edge.label, edge.target, edge.condition] for kind in EdgeKind for edge in ways if edge.kind is kind]
        for source, ways in graph.outgoing.items()
    }
    triggers = [[trigger.id, trigger.type, trigger.config, trigger.start, trigger.disabled] for trigger in graph.triggers]
    goals = [[goal.id, goal.event, goal.target, goal.config] for goal in graph.goals]
    whole = {"name": graph.name, "start": graph.start, "settings": dict(graph.settings)}
    return json.dumps([whole, steps, edges, triggers, goals], sort_keys=True)


def written(document: Any, graph: Graph) -> Any:
    """What is written; it says the graph, and the document is as it was."""
    before = json.dumps(document)
    found = native.to_document(document, graph)
    assert json.dumps(document) == before
    assert bare(native.to_graph(found)) == bare(graph)
    return found


# What stays


def test_a_graph_that_says_the_same_gives_the_very_document() -> None:
    document = welcome()
    assert native.to_document(document, native.to_graph(document)) is document


def test_only_the_step_that_changes_is_made_anew() -> None:
    document = welcome()
    found = written(document, with_step(native.to_graph(document), "nudge", config={"points": 5}, disabled=False))
    assert found["steps"]["nudge"] == {
        "type": "loyalty_points",
        "config": {"points": 5},
        "notes": "later",
        "position": {"x": 1, "y": 2},
        "next": "won",
    }
    assert all(found["steps"][name] is document["steps"][name] for name in document["steps"] if name != "nudge")
    assert all(found[key] is document[key] for key in document if key != "steps")
    assert [*found] == [*document]


def test_a_new_key_has_its_place_where_the_keys_are_in_their_order() -> None:
    document = welcome()
    graph = native.to_graph(document)
    graph = changed(graph, edges=(*graph.edges, Edge("won", "error", "nudge", EdgeKind.ERROR)))
    document["steps"]["won"] = {"type": "goal", "next": None, "notes": "!"}
    assert [*written(document, graph)["steps"]["won"]] == ["type", "next", "on_error", "notes"]
    document["steps"]["won"] = {"notes": "!", "type": "goal", "next": None}
    assert [*written(document, graph)["steps"]["won"]] == ["notes", "type", "next", "on_error"]


# Steps


def test_a_new_step_stands_after_the_one_before_it_in_the_graph() -> None:
    document = welcome()
    graph = native.to_graph(document)
    new = Step("thanks", "send_sms", StepKind.ACTION, {"text": "Hi"}, "Say hi")
    steps = {
        step_id: step
        for old, step in graph.steps.items()
        for step_id, step in ({old: step} | ({"thanks": new} if old == "half" else {})).items()
    }
    found = written(document, changed(graph, steps=steps, edges=(*graph.edges, Edge("thanks", "next", None))))
    assert [*found["steps"]][3:5] == ["half", "thanks"]
    assert found["steps"]["thanks"] == {"type": "send_sms", "name": "Say hi", "config": {"text": "Hi"}, "next": None}
    assert [*found["steps"]["thanks"]] == ["type", "name", "config", "next"]


def test_a_renamed_step_keeps_its_place_and_its_notes() -> None:
    document = welcome()
    found = written(document, renamed(native.to_graph(document), "nudge", "remind"))
    assert [*found["steps"]][4] == "remind"
    assert found["steps"]["remind"] is document["steps"]["nudge"]
    assert found["steps"]["wait_open"]["on_timeout"] == "remind"


def test_a_step_that_is_gone_is_gone() -> None:
    document = welcome()
    graph = native.to_graph(document)
    steps = {step_id: step for step_id, step in graph.steps.items() if step_id != "won"}
    graph = changed(graph, steps=steps, edges=tuple(edge for edge in graph.edges if edge.source != "won"))
    assert [*written(document, graph)["steps"]] == [name for name in document["steps"] if name != "won"]


def test_names_and_disabling_come_and_go() -> None:
    document = welcome()
    graph = with_step(native.to_graph(document), "wait_open", name=None, disabled=True)
    graph = with_step(graph, "won", name="Won")
    found = written(document, graph)["steps"]
    assert "name" not in found["wait_open"]
    assert found["wait_open"]["disabled"] is True
    assert found["won"]["name"] == "Won"


# Ways


@pytest.mark.parametrize(
    ("source", "label", "key"),
    [
        ("welcome_email", "next", "next"),
        ("welcome_email", "error", "on_error"),
        ("wait_open", "timeout", "on_timeout"),
        ("opened", "otherwise", "otherwise"),
    ],
)
def test_a_way_leads_elsewhere_or_goes(source: str, label: str, key: str) -> None:
    document = welcome()
    graph = native.to_graph(document)
    assert written(document, with_target(graph, source, label, "won"))["steps"][source][key] == "won"
    assert written(document, with_target(graph, source, label, None))["steps"][source][key] is None
    assert key not in written(document, without_edge(graph, source, label))["steps"][source]


def test_branches_come_go_and_change_their_places() -> None:
    document = welcome()
    graph = native.to_graph(document)
    first, second = graph.outgoing["half"]
    new = Edge("half", "c", "won", EdgeKind.BRANCH, 10)
    edges = (*(edge for edge in graph.edges if edge.source != "half"), second._replace(condition=90), new)
    found = written(document, changed(graph, edges=edges))["steps"]["half"]["branches"]
    assert found == [{"label": "b", "weight": 90, "next": None}, {"label": "c", "weight": 10, "next": "won"}]
    edges = (*(edge for edge in graph.edges if edge.source != "half"), second, first)
    found = written(document, changed(graph, edges=edges))["steps"]["half"]["branches"]
    assert found[0] is document["steps"]["half"]["branches"][1]


def test_a_new_branch_of_a_condition_says_when() -> None:
    document = welcome()
    when = {"field": "email.clicked", "op": "eq", "value": True}
    graph = native.to_graph(document)
    graph = changed(graph, edges=(*graph.edges, Edge("opened", "clicked", None, EdgeKind.BRANCH, when)))
    found = written(document, graph)["steps"]["opened"]["branches"]
    assert found[1] == {"label": "clicked", "when": when, "next": None}
    assert found[0] is document["steps"]["opened"]["branches"][0]


def test_a_branch_whose_label_changes_is_still_that_branch() -> None:
    document = welcome()
    document["steps"]["opened"]["branches"][0]["extra"] = 1
    graph = native.to_graph(document)
    edges = tuple(edge._replace(label="opened") if edge.label == "yes" else edge for edge in graph.edges)
    found = written(document, changed(graph, edges=edges))["steps"]["opened"]["branches"]
    assert found[0] == {**document["steps"]["opened"]["branches"][0], "label": "opened"}


def test_a_step_of_another_type_loses_its_branches() -> None:
    document = welcome()
    graph = native.to_graph(document)
    edges = (*(edge for edge in graph.edges if edge.source != "half"), Edge("half", "next", "won"))
    graph = changed(with_step(graph, "half", type="add_tag", kind=StepKind.ACTION, config={"tag": "warm"}), edges=edges)
    assert written(document, graph)["steps"]["half"] == {"type": "add_tag", "config": {"tag": "warm"}, "next": "won"}


# The whole


def test_name_description_and_start_are_written() -> None:
    document = welcome()
    found = written(document, changed(native.to_graph(document), name="Hello", start="half", settings={}))
    assert (found["name"], found["start"], "description" in found) == ("Hello", "half", False)
    found = written(document, changed(native.to_graph(document), name=None, settings={"description": "Anew"}))
    assert ("name" in found, found["description"]) == (False, "Anew")


def manual(number: int = 1) -> Trigger:
    return Trigger("manual" if number == 1 else f"manual-{number}", "manual", {"n": number} if number > 1 else {})


def test_one_trigger_stays_one_and_several_become_a_list() -> None:
    document = welcome()
    graph = native.to_graph(document)
    assert written(document, changed(graph, triggers=(manual(),)))["trigger"] == {"type": "manual"}
    found = written(document, changed(graph, triggers=(*graph.triggers, manual(), manual(2))))
    assert found["triggers"] == [document["trigger"], {"type": "manual"}, {"type": "manual", "config": {"n": 2}}]
    assert "trigger" not in found
    assert [*found][3] == "triggers"
    assert "trigger" not in written(document, changed(graph, triggers=()))


def test_a_list_of_triggers_stays_a_list() -> None:
    document = welcome()
    first = document.pop("trigger")
    document["triggers"] = [first, {"type": "manual"}]
    graph = native.to_graph(document)
    assert written(document, changed(graph, triggers=graph.triggers[:1]))["triggers"] == [first]
    swapped = written(document, changed(graph, triggers=graph.triggers[::-1]))["triggers"]
    assert swapped[1] is first


@pytest.mark.parametrize("found", [[{"type": None}, {}], [{"type": "a"}, {"type": "a"}, {"type": "a-2", "extra": 1}]])
def test_odd_triggers_stay_what_they_are(found: list[Any]) -> None:
    document = {"steps": {}, "triggers": found}
    assert native.to_document(document, native.to_graph(document)) is document


def test_a_trigger_of_another_type_keeps_the_rest_of_it() -> None:
    document = welcome()
    document["trigger"]["extra"] = 1
    (trigger,) = native.to_graph(document).triggers
    other = Trigger("manual", "manual", {}, trigger.pointer)
    found = written(document, changed(native.to_graph(document), triggers=(other,)))
    assert found["trigger"] == {"type": "manual", "config": {}, "extra": 1}


def test_goals_come_go_and_change() -> None:
    document = welcome()
    graph = native.to_graph(document)
    paid = Goal("paid", "purchase_made", None, {})
    booked = Goal("booked", "appointment_booked", None, {"calendar": "main"})
    found = written(document, changed(graph, goals=(booked, paid)))["goals"]
    assert found == [{**document["goals"][0], "next": None}, {"id": "paid", "event": "purchase_made", "next": None}]
    assert "goals" not in written(document, changed(graph, goals=()))


def test_no_config_names_a_step() -> None:
    config = {"goal": "won"}
    assert native.referring(config, {"won": "done"}) is config


# What the format cannot say


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"settings": {"timezone": "UTC"}}, "there is a setting 'timezone'"),
        ({"triggers": (Trigger("manual", "manual", {}, disabled=True),)}, "there is a trigger 'manual'"),
        ({"triggers": (Trigger("manual", "manual", {}, start="half"),)}, "there is a trigger 'manual'"),
        ({"triggers": (manual(2),)}, "there is a trigger 'manual-2'"),
        ({"uses": (Edge("half", "model", "won", EdgeKind.USES),)}, "'half' uses another step"),
        ({"edges": (Edge("half", "then", "won"),)}, "the way 'then' of 'half' has no place in it"),
        ({"edges": (Edge("half", "next", "won", EdgeKind.NEXT, {"field": "a"}),)}, "the way 'next' of 'half' has no place in it"),
        ({"edges": (Edge("half", "next", "won"), Edge("half", "next", "nudge"))}, "the way 'next' of 'half' has no place in it"),
        ({"edges": (Edge("half", "each", "won", EdgeKind.ENTER),)}, "the way 'each' of 'half' has no place in it"),
        ({"edges": (Edge("gone", "next", "won"),)}, "a way begins at 'gone', which is not there"),
        ({"steps": {"a": Step("a", "add_tag", StepKind.LOOP, {})}}, "the step 'a' is no 'loop' that it knows"),
        ({"steps": {"a": Step("a", "add_tag", StepKind.ACTION, {}, scope="b")}}, "the step 'a' is no 'action' that it knows"),
    ],
)
def test_what_the_format_has_no_place_for_is_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        native.to_document(welcome(), changed(native.to_graph(welcome()), **parts))
    assert {problem.rule for problem in caught.value.problems} == {"cannot-say"}
    assert f"expected what the native format can say but {message}" in [problem.message for problem in caught.value.problems]


# Laws

law = settings(deadline=None)

documents = st.fixed_dictionaries(
    {"steps": st.dictionaries(st.sampled_from(["a", "b", "c", ""]), ANYTHING, max_size=3)},
    optional=dict.fromkeys(("name", "description", "trigger", "triggers", "start", "goals"), ANYTHING),
)
targets = st.sampled_from([None, "a", "b", "c", "gone"])
branches = st.lists(
    st.fixed_dictionaries(
        {"label": st.sampled_from("xyz"), "next": targets}, optional={"when": ANYTHING, "weight": st.integers(0, 9)}
    ),
    max_size=3,
)
almost_steps = st.fixed_dictionaries(
    {"type": st.sampled_from(["add_tag", "wait", "condition", "split", "goal"])},
    optional={
        "name": st.sampled_from(["A", None]),
        "disabled": st.booleans(),
        "config": st.dictionaries(st.sampled_from("kl"), ANYTHING, max_size=2),
        "next": targets,
        "on_error": targets,
        "on_timeout": targets,
        "otherwise": targets,
        "branches": branches,
        "notes": st.text(max_size=2),
        "position": st.just({"x": 1, "y": 2}),
    },
)
triggers = st.fixed_dictionaries(
    {"type": st.sampled_from("ab")}, optional={"config": st.dictionaries(st.sampled_from("kl"), st.integers())}
)
goals = st.fixed_dictionaries(
    {"id": st.sampled_from("xyz"), "next": targets}, optional={"event": st.sampled_from("ef"), "config": ANYTHING}
)
sound = st.fixed_dictionaries(
    {"steps": st.dictionaries(st.sampled_from("abcd"), almost_steps, max_size=4)},
    optional={
        "$schema": st.just("x"),
        "name": st.sampled_from("AB"),
        "description": st.sampled_from("AB"),
        "trigger": triggers,
        "start": targets,
        "goals": st.lists(goals, max_size=3),
    },
)
several = st.builds(lambda document, found: {**document, "triggers": found}, sound, st.lists(triggers, max_size=4))


@law
@given(documents | sound | several)
def test_the_graph_of_any_document_gives_the_very_document(document: dict[str, Any]) -> None:
    assert native.to_document(document, native.to_graph(document)) is document


@law
@given(documents | sound | several, sound | several)
def test_any_workflow_can_be_written_over_any_document(document: dict[str, Any], other: dict[str, Any]) -> None:
    written(document, native.to_graph(other))


@law
@given(documents, documents)
def test_a_broken_workflow_is_written_or_refused(document: dict[str, Any], other: dict[str, Any]) -> None:
    try:
        written(document, native.to_graph(other))
    except DefinitionError as error:
        assert {problem.rule for problem in error.problems} == {"cannot-say"}


@law
@given(sound, st.data())
def test_a_renamed_step_keeps_its_notes(document: dict[str, Any], data: st.DataObject) -> None:
    if not document["steps"]:
        return
    old = data.draw(st.sampled_from([*document["steps"]]))
    found = written(document, renamed(native.to_graph(document), old, "new"))
    assert found["steps"]["new"].get("notes") == document["steps"][old].get("notes")
    assert [*found["steps"]].index("new") == [*document["steps"]].index(old)
