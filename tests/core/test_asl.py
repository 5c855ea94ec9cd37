"""Amazon States Language: what its machines become, what is wrong with them, and the laws of both."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.catalog import BUILT_IN
from wflgit.core.diff import compare
from wflgit.core.formats import asl, parse
from wflgit.core.graph import Edge, EdgeKind, Graph, StepKind
from wflgit.core.problems import Problem, Severity
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Iterator

END: dict[str, Any] = {"Type": "Pass", "End": True}
TASK: dict[str, Any] = {"Type": "Task", "Resource": "x", "End": True}


def machine(*, start: str | None = None, **states: Any) -> dict[str, Any]:
    return {"StartAt": start or next(iter(states)), "States": states}


def edges(graph: Graph, source: str) -> dict[str, str | None]:
    return {edge.label: edge.target for edge in graph.outgoing.get(source, ())}


def edge(graph: Graph, source: str, label: str) -> Edge:
    (found,) = (edge for edge in graph.outgoing[source] if edge.label == label)
    return found


def problems(document: dict[str, Any]) -> list[Problem]:
    return list(asl.problems(document, BUILT_IN))


def at(document: Any, pointer: tuple[str | int, ...]) -> Any:
    for key in pointer:
        document = document[key]
    return document


# What a machine becomes


def test_states_become_steps_and_next_becomes_an_edge() -> None:
    graph = asl.to_graph(
        machine(
            Greet={"Type": "Task", "Resource": "arn:mail", "Next": "Rest"},
            Rest={"Type": "Wait", "Seconds": 60, "End": True},
        )
    )
    assert (graph.format, graph.name, graph.triggers) == ("asl", None, ())
    assert (graph.start, graph.start_pointer) == ("Greet", ("StartAt",))
    greet, rest = graph.steps.values()
    assert (greet.id, greet.name, greet.type, greet.kind, greet.scope) == ("Greet", "Greet", "Task", StepKind.ACTION, None)
    assert (rest.id, rest.type, rest.kind, rest.config) == ("Rest", "Wait", StepKind.WAIT, {"Seconds": 60})
    assert graph.edges == (
        Edge("Greet", "next", "Rest", EdgeKind.NEXT, None, ("States", "Greet", "Next")),
        Edge("Rest", "next", None, EdgeKind.NEXT, None, ("States", "Rest", "End")),
    )


@pytest.mark.parametrize(
    ("type_", "kind"),
    [
        ("Task", StepKind.ACTION),
        ("Pass", StepKind.ACTION),
        ("Wait", StepKind.WAIT),
        ("Choice", StepKind.CONDITION),
        ("Parallel", StepKind.PARALLEL),
        ("Map", StepKind.LOOP),
        ("Succeed", StepKind.END),
        ("Fail", StepKind.END),
        ("Teleport", StepKind.ACTION),
    ],
)
def test_every_type_of_state_has_its_kind_and_an_unknown_one_is_an_action(type_: str, kind: StepKind) -> None:
    step = asl.to_graph(machine(A={"Type": type_})).steps["A"]
    assert (step.type, step.kind) == (type_, kind)


@pytest.mark.parametrize("type_", ["Succeed", "Fail"])
def test_succeed_and_fail_have_no_way_on_whatever_they_say(type_: str) -> None:
    assert asl.to_graph(machine(A={"Type": type_, "Next": "B"}, B=END)).outgoing.keys() == {"B"}


def test_the_config_of_a_step_is_its_state_without_edges_scopes_and_comment() -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    state = {
        "Type": "Task",
        "Comment": "says hello",
        "Resource": "${MailFunctionArn}",
        "Parameters": {"To.$": "$.email"},
        "Retry": retry,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}],
        "Next": "B",
    }
    graph = asl.to_graph(machine(A=state, B=END))
    assert graph.steps["A"].config == {"Resource": "${MailFunctionArn}", "Parameters": {"To.$": "$.email"}, "Retry": retry}


def test_what_the_machine_says_of_itself_becomes_settings_but_for_its_comment() -> None:
    document = {"Comment": "Welcome", "QueryLanguage": "JSONata", "TimeoutSeconds": 60, **machine(A=END)}
    assert asl.to_graph(document).settings == {"QueryLanguage": "JSONata", "TimeoutSeconds": 60}


def test_choices_are_labelled_by_where_they_lead_and_keep_their_condition() -> None:
    rules = [
        {"Variable": "$.opened", "BooleanEquals": True, "Comment": "keen", "Next": "Tag"},
        {"Not": {"Variable": "$.phone", "IsPresent": True}, "Next": "Stop"},
    ]
    graph = asl.to_graph(machine(Opened={"Type": "Choice", "Choices": rules, "Default": "Nudge"}, Tag=END, Stop=END, Nudge=END))
    assert edges(graph, "Opened") == {"Tag": "Tag", "Stop": "Stop", "default": "Nudge"}
    assert edge(graph, "Opened", "Tag").condition == {"Variable": "$.opened", "BooleanEquals": True}
    assert edge(graph, "Opened", "Stop").pointer == ("States", "Opened", "Choices", 1, "Next")
    assert [edge.kind for edge in graph.outgoing["Opened"]] == [EdgeKind.BRANCH, EdgeKind.BRANCH, EdgeKind.DEFAULT]
    assert graph.steps["Opened"].config == {}


def test_a_jsonata_condition_is_kept_as_its_text_with_what_the_rule_assigns() -> None:
    rule = {"Condition": "{% $states.input.score > 5 %}", "Assign": {"warm": True}, "Next": "B"}
    graph = asl.to_graph(machine(A={"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [rule]}, B=END))
    assert edge(graph, "A", "B").condition == {"Condition": "{% $states.input.score > 5 %}", "Assign": {"warm": True}}
    assert graph.steps["A"].config == {"QueryLanguage": "JSONata"}


def test_further_rules_that_lead_to_the_same_state_are_numbered_and_the_first_keeps_its_label() -> None:
    rules = [{"Next": "B"}, {"Next": "C"}, {"Next": "B"}, {"Next": "B"}]
    graph = asl.to_graph(machine(A={"Type": "Choice", "Choices": rules}, B=END, C=END))
    assert edges(graph, "A") == {"B": "B", "C": "C", "B (2)": "B", "B (3)": "B"}


def test_a_rule_that_leads_to_a_state_called_default_is_not_taken_for_the_default() -> None:
    graph = asl.to_graph(machine(A={"Type": "Choice", "Choices": [{"Next": "default"}], "Default": "B"}, B=END, default=END))
    assert edges(graph, "A") == {"default (2)": "default", "default": "B"}


def test_catchers_are_error_edges_labelled_by_the_errors_they_catch() -> None:
    catchers = [
        {"ErrorEquals": ["States.Timeout", "Bounced"], "ResultPath": "$.error", "Next": "B"},
        {"ErrorEquals": ["States.ALL"], "Next": "C"},
        {"ErrorEquals": ["States.ALL"], "Next": "B"},
    ]
    graph = asl.to_graph(machine(A={"Type": "Task", "Resource": "x", "Catch": catchers, "Next": "C"}, B=END, C=END))
    labels = ["next", "error: States.Timeout, Bounced", "error: States.ALL", "error: States.ALL (2)"]
    assert list(edges(graph, "A")) == labels
    first = edge(graph, "A", labels[1])
    assert (first.kind, first.target) == (EdgeKind.ERROR, "B")
    assert first.condition == {"ErrorEquals": ["States.Timeout", "Bounced"], "ResultPath": "$.error"}
    assert first.pointer == ("States", "A", "Catch", 0, "Next")


def test_a_catcher_is_labelled_by_what_can_be_read_of_its_errors() -> None:
    catchers = [{"ErrorEquals": [5, "Bounced"], "Next": "A"}, {"ErrorEquals": "Bounced", "Next": "A"}]
    graph = asl.to_graph(machine(A={**TASK, "Catch": catchers}))
    assert list(edges(graph, "A")) == ["next", "error: Bounced", "error"]


# Scopes


def test_the_branches_of_a_parallel_are_scopes_with_ids_of_their_own() -> None:
    branches = [machine(Mail={"Type": "Pass", "Next": "Log"}, Log=END), machine(Text=END)]
    graph = asl.to_graph(machine(Fan={"Type": "Parallel", "Branches": branches, "Next": "Done"}, Done={"Type": "Succeed"}))
    assert list(graph.steps) == ["Fan", "Fan/0/Mail", "Fan/0/Log", "Fan/1/Text", "Done"]
    assert edges(graph, "Fan") == {"branch 0": "Fan/0/Mail", "branch 1": "Fan/1/Text", "next": "Done"}
    assert edges(graph, "Fan/0/Mail") == {"next": "Fan/0/Log"}
    assert edges(graph, "Fan/1/Text") == {"next": None}
    assert (graph.steps["Fan/0/Log"].scope, graph.steps["Fan/0/Log"].name, graph.steps["Done"].scope) == ("Fan", "Log", None)
    assert edge(graph, "Fan", "branch 1").kind is EdgeKind.ENTER
    assert edge(graph, "Fan", "branch 1").pointer == ("States", "Fan", "Branches", 1, "StartAt")
    assert graph.steps["Fan/1/Text"].pointer == ("States", "Fan", "Branches", 1, "States", "Text")
    assert graph.steps["Fan"].config == {}
    assert graph.reachable() == graph.steps.keys()


@pytest.mark.parametrize("processor", ["ItemProcessor", "Iterator"])
def test_the_inside_of_a_map_is_a_scope_in_its_old_and_its_new_spelling(processor: str) -> None:
    graph = asl.to_graph(machine(Each={"Type": "Map", "ItemsPath": "$.leads", processor: machine(Mail=END), "End": True}))
    assert list(graph.steps) == ["Each", "Each/Mail"]
    assert edges(graph, "Each") == {"each": "Each/Mail", "next": None}
    assert edge(graph, "Each", "each").pointer == ("States", "Each", processor, "StartAt")
    assert graph.steps["Each"].config == {"ItemsPath": "$.leads"}


def test_a_map_with_both_spellings_is_read_in_the_new_one() -> None:
    graph = asl.to_graph(
        machine(Each={"Type": "Map", "Iterator": machine(Old=END), "ItemProcessor": machine(New=END), "End": True})
    )
    assert list(graph.steps) == ["Each", "Each/New"]
    assert graph.steps["Each"].config == {"Iterator": machine(Old=END)}


def test_what_a_scope_says_beside_its_states_is_config_of_the_container() -> None:
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}}
    graph = asl.to_graph(
        machine(
            Each={"Type": "Map", "ItemProcessor": {**mode, "Comment": "-", **machine(A=END)}, "Next": "Fan"},
            Fan={"Type": "Parallel", "Branches": [machine(A=END), {"X": 1, **machine(A=END)}], "End": True},
        )
    )
    assert graph.steps["Each"].config == {"ItemProcessor": mode}
    assert graph.steps["Fan"].config == {"Branches": [{}, {"X": 1}]}


def test_scopes_inside_scopes_carry_all_their_containers_in_the_id() -> None:
    inner = machine(Each={"Type": "Map", "ItemProcessor": machine(Mail=END), "End": True})
    graph = asl.to_graph(machine(Fan={"Type": "Parallel", "Branches": [inner], "End": True}))
    assert list(graph.steps) == ["Fan", "Fan/0/Each", "Fan/0/Each/Mail"]
    assert graph.steps["Fan/0/Each/Mail"].scope == "Fan/0/Each"


def test_a_name_with_a_slash_cannot_be_taken_for_a_scope() -> None:
    states = {"A/B": {"Type": "Pass", "Next": "~1"}, "~1": END}
    graph = asl.to_graph({"StartAt": "A/B", "States": states})
    assert graph.start == "A~1B"
    assert edges(graph, "A~1B") == {"next": "~01"}
    assert [step.name for step in graph.steps.values()] == ["A/B", "~1"]


def test_one_name_in_two_scopes_is_two_steps_and_no_problem() -> None:
    branches = [machine(Mail={"Type": "Pass", "End": True}), machine(Mail={"Type": "Succeed"})]
    document = machine(Mail={"Type": "Parallel", "Branches": branches, "End": True})
    assert list(asl.to_graph(document).steps) == ["Mail", "Mail/0/Mail", "Mail/1/Mail"]
    assert problems(document) == []


def test_a_next_never_leaves_its_scope() -> None:
    inside = machine(Mail={"Type": "Pass", "Next": "Done"})
    graph = asl.to_graph(machine(Each={"Type": "Map", "ItemProcessor": inside, "Next": "Done"}, Done=END))
    assert edges(graph, "Each/Mail") == {"next": "Each/Done"}
    assert "Each/Done" not in graph.steps


def test_the_example_in_the_docs_is_read_as_the_docs_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats" / "asl.md").read_text(encoding="utf-8")
    example, wrapped = [
        found for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL) if asl.recognise(found := json.loads(block))
    ]
    rows = re.findall(r"^\| `([^`]+)` \| (\w+), an? (\w+) \| (.*?) ?\|$", page, re.MULTILINE)
    graph = asl.to_graph(example)
    ways = {
        step: [f"`{way.label}` → {f'`{way.target}`' if way.target else 'the end'}" for way in graph.outgoing.get(step, ())]
        for step in graph.steps
    }
    assert rows == [(step.id, step.type, step.kind, "; ".join(ways[step.id])) for step in graph.steps.values()]
    assert problems(example) == problems(wrapped) == []
    assert (asl.root(wrapped), asl.to_graph(wrapped).settings) == (("definition",), {})


# Which documents are machines, and those that are broken


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (machine(A=END), True),
        ({"States": {}}, True),
        ({"StartAt": "A"}, True),
        ({"definition": machine(A=END), "role": "x"}, True),
        ({"Definition": machine(A=END)}, True),
        ({"definition": {"States": {}}}, False),
        ({"definition": "States"}, False),
        ({"Resources": {"Definition": machine(A=END)}}, False),
        ({"steps": {}, "start": "a"}, False),
        ([machine(A=END)], False),
        ("States", False),
        (None, False),
    ],
)
def test_a_machine_is_recognised_bare_or_as_the_definition_of_an_object(document: object, expected: bool) -> None:
    assert asl.recognise(document) is expected


@pytest.mark.parametrize(
    ("document", "pointer"),
    [({"StartAt": "A"}, ()), ({"States": []}, ("States",)), ({"States": None, "StartAt": "A"}, ("States",))],
)
def test_a_machine_without_states_is_refused_with_the_place(document: dict[str, Any], pointer: tuple[str, ...]) -> None:
    with pytest.raises(DefinitionError) as caught:
        asl.to_graph(document)
    assert [problem.pointer for problem in caught.value.problems] == [pointer]
    assert set(caught.value.problems) <= set(problems(document))


def test_a_state_that_is_no_object_is_a_step_without_type_so_that_ways_to_it_hold() -> None:
    document = machine(A={"Type": "Pass", "Next": "B"}, B="later")
    graph = asl.to_graph(document)
    assert (graph.steps["B"].type, graph.steps["B"].config) == ("", {})
    assert edges(graph, "A") == {"next": "B"}
    assert [(problem.pointer, problem.message) for problem in problems(document)] == [
        (("States", "B"), "expected an object but found 'later'")
    ]


def test_a_refused_machine_is_located_in_its_file() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(b'{\n  "StartAt": "A",\n  "States": ["A"]\n}')
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.message) == (3, 13, "expected an object but found a list")


# What is wrong with a machine

WAITS = "'Seconds', 'SecondsPath', 'Timestamp' or 'TimestampPath'"


@pytest.mark.parametrize(
    ("state", "rule", "place", "message"),
    [
        ({"End": True}, "missing-key", (), "expected 'Type'"),
        ({"Type": 5, "End": True}, "wrong-value", ("Type",), "expected a text but found '5'"),
        ({"Type": "task", "End": True}, "unknown-type", ("Type",), "expected a type of state but found 'task'"),
        ({"Type": "Teleport"}, "unknown-type", ("Type",), "expected a type of state but found 'Teleport'"),
        ({"Type": "Task", "End": True}, "missing-key", (), "expected 'Resource'"),
        ({"Type": "Pass"}, "next-or-end", (), "expected 'Next' or 'End' but found neither"),
        ({"Type": "Pass", "End": False}, "next-or-end", (), "expected 'Next' or 'End' but found neither"),
        ({"Type": "Pass", "Next": "A", "End": True}, "next-or-end", ("End",), "expected 'Next' or 'End' but found both"),
        ({"Type": "Pass", "Next": ["A"]}, "wrong-value", ("Next",), "expected a text but found a list"),
        ({"Type": "Pass", "Next": "A", "End": "no"}, "wrong-value", ("End",), "expected true or false but found 'no'"),
        ({"Type": "Succeed", "End": True}, "next-or-end", ("End",), "expected no 'End' in a state of type 'Succeed' but found one"),
        ({"Type": "Fail", "Next": "A"}, "next-or-end", ("Next",), "expected no 'Next' in a state of type 'Fail' but found one"),
        ({"Type": "Wait", "End": True}, "missing-key", (), f"expected {WAITS} but found none of them"),
        (
            {"Type": "Wait", "Seconds": 5, "Timestamp": "2030-01-01T00:00:00Z", "End": True},
            "wrong-value",
            (),
            f"expected one of {WAITS} but found 'Seconds' and 'Timestamp'",
        ),
        ({"Type": "Choice", "Default": "A"}, "missing-key", (), "expected 'Choices'"),
        (
            {"Type": "Choice", "Choices": [], "Default": "A"},
            "wrong-value",
            ("Choices",),
            "expected at least one rule but found an empty list",
        ),
        ({"Type": "Choice", "Choices": [7], "Default": "A"}, "wrong-value", ("Choices", 0), "expected an object but found '7'"),
        ({"Type": "Choice", "Choices": [{}], "Default": "A"}, "missing-key", ("Choices", 0), "expected 'Next'"),
        (
            {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": None},
            "wrong-value",
            ("Default",),
            "expected a text but found null",
        ),
        (
            {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "A", "Next": "A"},
            "next-or-end",
            ("Next",),
            "expected no 'Next' in a state of type 'Choice' but found one",
        ),
        ({"Type": "Parallel", "End": True}, "missing-key", (), "expected 'Branches'"),
        (
            {"Type": "Parallel", "Branches": {}, "End": True},
            "wrong-value",
            ("Branches",),
            "expected a list but found an empty object",
        ),
        (
            {"Type": "Parallel", "Branches": [{"States": {"B": END}}], "End": True},
            "missing-key",
            ("Branches", 0),
            "expected 'StartAt'",
        ),
        ({"Type": "Map", "End": True}, "missing-key", (), "expected 'ItemProcessor' or 'Iterator' but found none of them"),
        (
            {"Type": "Map", "ItemProcessor": machine(B=END), "Iterator": machine(B=END), "End": True},
            "wrong-value",
            (),
            "expected one of 'ItemProcessor' or 'Iterator' but found 'ItemProcessor' and 'Iterator'",
        ),
        ({"Type": "Map", "ItemProcessor": "x", "End": True}, "wrong-value", ("ItemProcessor",), "expected an object but found 'x'"),
        (
            {"Type": "Map", "ItemProcessor": {"StartAt": "B"}, "End": True},
            "missing-key",
            ("ItemProcessor",),
            "expected 'States'",
        ),
        (
            {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "FAST"}, **machine(B=END)}, "End": True},
            "wrong-value",
            ("ItemProcessor", "ProcessorConfig", "Mode"),
            "expected 'INLINE' or 'DISTRIBUTED' but found 'FAST'",
        ),
        ({**END, "QueryLanguage": "SQL"}, "wrong-value", ("QueryLanguage",), "expected 'JSONPath' or 'JSONata' but found 'SQL'"),
        (
            {**TASK, "TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"},
            "wrong-value",
            ("TimeoutSecondsPath",),
            "expected 'TimeoutSeconds' or 'TimeoutSecondsPath' but found both",
        ),
        ({**TASK, "Retry": {}}, "wrong-value", ("Retry",), "expected a list but found an empty object"),
        ({**TASK, "Retry": [{"MaxAttempts": 2}]}, "missing-key", ("Retry", 0), "expected 'ErrorEquals'"),
        ({**TASK, "Catch": {}}, "wrong-value", ("Catch",), "expected a list but found an empty object"),
        ({**TASK, "Catch": [{"Next": "A"}]}, "missing-key", ("Catch", 0), "expected 'ErrorEquals'"),
        ({**TASK, "Catch": [{"ErrorEquals": ["X"]}]}, "missing-key", ("Catch", 0), "expected 'Next'"),
    ],
)
def test_a_fault_of_a_state_is_reported_where_it_is(state: Any, rule: str, place: tuple[str | int, ...], message: str) -> None:
    (found,) = problems(machine(A=state))
    assert (found.rule, found.severity, found.pointer) == (rule, Severity.ERROR, ("States", "A", *place))
    assert found.message.startswith(message)


@pytest.mark.parametrize(("start", "rule"), [({}, "missing-key"), ({"StartAt": ["A"]}, "wrong-value")])
def test_a_machine_must_name_the_state_it_starts_at(start: dict[str, Any], rule: str) -> None:
    document = {**start, "States": {"A": END}}
    assert asl.to_graph(document).start is None
    assert [problem.rule for problem in problems(document)] == [rule]


def test_a_choice_without_a_default_is_a_warning() -> None:
    (found,) = problems(machine(A={"Type": "Choice", "Choices": [{"Next": "A"}]}))
    assert (found.rule, found.severity, found.pointer) == ("no-otherwise", Severity.WARNING, ("States", "A"))


def test_a_misspelt_type_is_answered_with_the_near_one() -> None:
    (found,) = problems(machine(A={"Type": "Paralell", "End": True}))
    assert found.hint == "did you mean 'Parallel'?"


def test_a_name_longer_than_step_functions_takes_is_an_error() -> None:
    assert problems({"StartAt": "x" * 80, "States": {"x" * 80: END}}) == []
    assert problems({"StartAt": "${Stage}" * 11, "States": {"${Stage}" * 11: END}}) == []
    (found,) = problems({"StartAt": "x" * 81, "States": {"x" * 81: END}})
    assert (found.rule, found.message) == ("invalid-step-id", "expected a name of at most 80 characters but found one of 81")


def test_faults_inside_scopes_are_found_and_all_of_them_at_once() -> None:
    inner = machine(Each={"Type": "Map", "Iterator": machine(Rest={"Type": "Wait", "End": True}), "Next": 1})
    document = machine(Fan={"Type": "Parallel", "Branches": [inner]})
    each = ("States", "Fan", "Branches", 0, "States", "Each")
    assert [problem.pointer for problem in problems(document)] == [
        ("States", "Fan"),
        (*each, "Next"),
        (*each, "Iterator", "States", "Rest"),
    ]


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Task", "Resource": {"Fn::GetAtt": ["Mail", "Arn"]}, "End": True},
        {"Type": "Wait", "Seconds": "{% $delay %}", "End": True},
        {"Type": "Wait", "SecondsPath": "${Delay}", "End": True},
        {"Type": "Map", "Iterator": machine(B=END), "End": True},
        {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "A"}], "Default": "A"},
        {"Type": "Parallel", "Branches": [machine(B={"Type": "Succeed"})], "End": True},
        {"Type": "Pass", "Next": "nowhere"},
        {**END, "QueryLanguage": "${Language}"},
        {"Type": "Fail", "ErrorPath": "$.error", "Cause": "-"},
        {**TASK, "TimeoutSeconds": 5, "HeartbeatSecondsPath": "$.t", "Retry": [{"ErrorEquals": ["States.ALL"]}, "${Retrier}"]},
    ],
)
def test_what_step_functions_or_a_deployment_tool_takes_is_no_fault(state: dict[str, Any]) -> None:
    assert problems(machine(A=state)) == []


# Laws: without a deadline, for the first one of all pays for the imports

law = settings(deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["Type", "Next", "End", "Default", "Choices", "Catch", "ErrorEquals", "Branches", "ItemProcessor", "Iterator", "StartAt"]
TYPES = ["Task", "Pass", "Wait", "Choice", "Parallel", "Map", "Succeed", "Fail"]
NAMES = ["A", "B", "0", "a/b", "~1", "default", "States", ""]

almost_states = st.recursive(
    json_values | st.sampled_from(TYPES + NAMES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
        | st.fixed_dictionaries({"Type": st.sampled_from(TYPES)}, optional=dict.fromkeys(FIELDS[1:], inner))
        | st.fixed_dictionaries({"States": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)})
    ),
    max_leaves=20,
)


def survives(document: dict[str, Any]) -> None:
    """A graph in order comes out, or a refusal whose problems are among those that are reported."""
    try:
        graph = asl.to_graph(document)
    except DefinitionError as error:
        refused = set(error.problems)
    else:
        refused = set()
        assert asl.to_document(document, graph) is document
        assert all(asl.wait_terms(step) is None or step.kind is StepKind.WAIT for step in graph.steps.values())
        assert {edge.source for edge in graph.edges} <= graph.steps.keys()
        assert max(Counter((edge.source, edge.label) for edge in graph.edges).values(), default=1) == 1
    assert refused <= set(problems(document))


@law
@given(states=almost_states, start=json_values)
def test_no_json_under_states_breaks_anything(states: Any, start: Any) -> None:
    survives({"States": states, "StartAt": start})


@st.composite
def machines(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    target = st.sampled_from(names)
    types = st.sampled_from(TYPES if depth else [type_ for type_ in TYPES if type_ not in ("Parallel", "Map")])
    states = {name: draw(types.flatmap(lambda type_: _states(type_, target, depth))) for name in names}
    return {"StartAt": draw(target), "States": states}


def _states(type_: str, target: st.SearchStrategy[str], depth: int) -> st.SearchStrategy[dict[str, Any]]:
    catcher = st.fixed_dictionaries({"ErrorEquals": st.just(["States.ALL"]), "Next": target})
    rule = st.fixed_dictionaries({"Variable": st.sampled_from(["$.a", "$.b"]), "IsNull": st.booleans(), "Next": target})
    own: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "Task": {"Resource": st.sampled_from(["x", "${Arn}"]), "Catch": st.lists(catcher, max_size=2)},
        "Pass": {"Result": json_values},
        "Wait": {"Seconds": st.integers(0, 9)},
        "Choice": {"Choices": st.lists(rule, min_size=1, max_size=3), "Default": target},
        "Parallel": {"Branches": st.lists(st.deferred(lambda: machines(depth - 1)), min_size=1, max_size=2)},
        "Map": {"ItemProcessor": st.deferred(lambda: machines(depth - 1))},
        "Fail": {"Cause": st.text(max_size=2)},
    }
    state = st.fixed_dictionaries({"Type": st.just(type_), **own.get(type_, {})}, optional={"Comment": st.just("why")})
    if type_ in ("Choice", "Succeed", "Fail"):
        return state
    ways = st.just({"End": True}) | target.map(lambda name: {"Next": name})
    return st.tuples(state, ways).map(lambda parts: parts[0] | parts[1])


def places(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer, *(place for key, item in items for place in places(item, (*pointer, key)))]


def _state_places(holder: dict[str, Any], pointer: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for name, state in holder["States"].items():
        place = (*pointer, "States", name)
        yield place
        for index, branch in enumerate(state.get("Branches", ())):
            yield from _state_places(branch, (*place, "Branches", index))
        if "ItemProcessor" in state:
            yield from _state_places(state["ItemProcessor"], (*place, "ItemProcessor"))


@law
@given(machines())
def test_a_sound_machine_has_no_problems_and_a_step_for_each_state(document: dict[str, Any]) -> None:
    assert problems(document) == []
    assert [step.pointer for step in asl.to_graph(document).steps.values()] == list(_state_places(document))


@law
@given(st.data())
def test_no_damage_to_a_sound_machine_breaks_anything(data: st.DataObject) -> None:
    document = data.draw(machines())
    *holder, key = data.draw(st.sampled_from(places(document)[1:]))
    at(document, tuple(holder))[key] = data.draw(json_values)
    survives(document)


@law
@given(machines())
def test_every_pointer_leads_to_what_it_is_the_place_of(document: dict[str, Any]) -> None:
    graph = asl.to_graph(document)
    for step in graph.steps.values():
        assert at(document, step.pointer)["Type"] == step.type
        assert step.pointer[-1] == step.name
    for way in graph.edges:
        said = at(document, way.pointer)
        assert said is True if way.target is None else graph.steps[way.target].name == said


@law
@given(st.data())
def test_nothing_but_comments_is_lost_on_the_way_to_the_graph(data: st.DataObject) -> None:
    before = data.draw(machines())
    place = data.draw(
        st.sampled_from([place for place in places(before) if place and not isinstance(at(before, place), dict | list)])
    )
    after = copy.deepcopy(before)
    at(after, place[:-1])[place[-1]] = "something else"
    differs = bool(compare(asl.to_graph(before), asl.to_graph(after)))
    assert differs is (place[-1] != "Comment" or "Result" in place)


@law
@given(st.data())
def test_the_order_of_keys_means_nothing(data: st.DataObject) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, list):
            return [shuffled(item) for item in value]
        if isinstance(value, dict):
            return {key: shuffled(value[key]) for key in data.draw(st.permutations(list(value)))}
        return value

    document = data.draw(machines())
    assert not compare(asl.to_graph(document), asl.to_graph(shuffled(document)))


@law
@given(machines())
def test_the_way_through_bytes_changes_nothing(document: dict[str, Any]) -> None:
    assert not compare(parse(json.dumps(document).encode()).graph, asl.to_graph(document))
