"""The native format as a graph, and how formats are told apart."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.core.catalog import BUILT_IN
from wflgit.core.formats import FORMATS, find_format, native, parse
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, StepKind, Trigger
from wflgit.core.validation import validate
from wflgit.errors import DefinitionError

WELCOME: dict[str, Any] = {
    "$schema": "../schemas/workflow.schema.json",
    "name": "Welcome new leads",
    "description": "The first week",
    "trigger": {"type": "contact_created", "config": {"source": "web_form"}},
    "start": "welcome_email",
    "steps": {
        "welcome_email": {"type": "send_email", "config": {"template": "welcome"}, "next": "wait_open", "on_error": "nudge"},
        "wait_open": {
            "type": "wait",
            "name": "A day to read it",
            "config": {"event": "email_opened", "timeout": "P1D"},
            "next": "opened",
            "on_timeout": "nudge",
        },
        "opened": {
            "type": "condition",
            "branches": [{"label": "yes", "when": {"field": "email.opened", "op": "eq", "value": True}, "next": "half"}],
            "otherwise": None,
        },
        "half": {
            "type": "split",
            "branches": [{"label": "a", "weight": 50, "next": "nudge"}, {"label": "b", "weight": 50, "next": None}],
        },
        "nudge": {"type": "loyalty_points", "disabled": True, "notes": "later", "position": {"x": 1, "y": 2}, "next": "won"},
        "won": {"type": "goal", "next": None},
    },
    "goals": [{"id": "booked", "event": "appointment_booked", "config": {"calendar": "main"}, "next": "won"}],
}


def graph(**changes: Any) -> Graph:
    return native.to_graph({**WELCOME, **changes})


def edges(found: Graph) -> list[tuple[str, str, str | None, EdgeKind]]:
    return [(edge.source, edge.label, edge.target, edge.kind) for edge in found.edges]


def test_steps_have_their_kind_and_keep_the_authors_order() -> None:
    assert [(step.id, step.kind) for step in graph().steps.values()] == [
        ("welcome_email", StepKind.ACTION),
        ("wait_open", StepKind.WAIT),
        ("opened", StepKind.CONDITION),
        ("half", StepKind.SPLIT),
        ("nudge", StepKind.ACTION),
        ("won", StepKind.GOAL),
    ]


def test_every_way_on_is_an_edge_with_a_label() -> None:
    assert edges(graph()) == [
        ("welcome_email", "next", "wait_open", EdgeKind.NEXT),
        ("welcome_email", "error", "nudge", EdgeKind.ERROR),
        ("wait_open", "next", "opened", EdgeKind.NEXT),
        ("wait_open", "timeout", "nudge", EdgeKind.TIMEOUT),
        ("opened", "yes", "half", EdgeKind.BRANCH),
        ("opened", "otherwise", None, EdgeKind.DEFAULT),
        ("half", "a", "nudge", EdgeKind.BRANCH),
        ("half", "b", None, EdgeKind.BRANCH),
        ("nudge", "next", "won", EdgeKind.NEXT),
        ("won", "next", None, EdgeKind.NEXT),
    ]


def test_a_branch_carries_its_condition_or_weight_and_where_its_target_stands() -> None:
    found = graph()
    assert found.outgoing["opened"][0] == Edge(
        "opened",
        "yes",
        "half",
        EdgeKind.BRANCH,
        {"field": "email.opened", "op": "eq", "value": True},
        ("steps", "opened", "branches", 0, "next"),
    )
    assert [edge.condition for edge in found.outgoing["half"]] == [50, 50]


def test_what_an_execution_needs_of_a_step_is_in_the_graph_and_what_is_cosmetic_is_not() -> None:
    found = graph().steps
    assert (found["wait_open"].name, found["wait_open"].config) == ("A day to read it", {"event": "email_opened", "timeout": "P1D"})
    assert (found["nudge"].disabled, found["nudge"].config, found["nudge"].pointer) == (True, {}, ("steps", "nudge"))
    moved = {**WELCOME["steps"]["nudge"], "notes": "now", "position": {"x": 5, "y": 5}}
    assert graph(steps={**WELCOME["steps"], "nudge": moved}) == graph()


def test_the_document_gives_name_start_settings_triggers_and_goals() -> None:
    found = graph()
    assert (found.format, found.name, found.start) == ("native", "Welcome new leads", "welcome_email")
    assert found.settings == {"description": "The first week"}
    assert found.triggers == (Trigger("contact_created", "contact_created", {"source": "web_form"}, ("trigger",)),)
    assert found.goals == (Goal("booked", "appointment_booked", "won", {"calendar": "main"}, ("goals", 0, "next")),)


def test_several_triggers_of_one_type_have_ids_of_their_own() -> None:
    tags = [{"type": "tag_added", "config": {"tag": tag}} for tag in ("a", "b")]
    found = graph(trigger=None, triggers=[tags[0], {"type": "manual"}, tags[1]]).triggers
    assert [(trigger.id, trigger.pointer) for trigger in found] == [
        ("tag_added", ("triggers", 0)),
        ("manual", ("triggers", 1)),
        ("tag_added-2", ("triggers", 2)),
    ]


def test_an_edge_to_a_step_that_is_not_there_is_kept() -> None:
    assert edges(graph(steps={"a": {"type": "add_tag", "next": "b"}})) == [("a", "next", "b", EdgeKind.NEXT)]


def test_a_branch_that_does_not_say_what_follows_makes_no_edge() -> None:
    branches = [{"label": "a"}, {"label": "b", "next": 1}, {"next": "a"}, "c"]
    assert edges(graph(steps={"a": {"type": "condition", "branches": branches}})) == []


def test_parse_reads_bytes_to_document_and_graph() -> None:
    parsed = parse(json.dumps(WELCOME).encode())
    assert parsed.document == WELCOME
    assert parsed.graph == graph()


def test_steps_that_are_no_object_are_refused_at_their_line() -> None:
    with pytest.raises(DefinitionError) as caught:
        parse(b'{\n  "steps": [1]\n}')
    (problem,) = caught.value.problems
    assert (problem.line, problem.column, problem.pointer) == (2, 12, ("steps",))


@pytest.mark.parametrize(
    ("document", "name"),
    [({"steps": 1}, "native"), ({"States": {}}, "asl"), ({"StartAt": "A"}, "asl"), ({"steps": {}, "States": {}}, "native")],
)
def test_a_format_is_recognised_by_what_stands_at_the_top(document: Any, name: str) -> None:
    assert find_format(document) is FORMATS[name]


@pytest.mark.parametrize("content", [b"{}", b"1", b'"steps"', b'[{"steps": {}}]'])
def test_what_no_format_recognises_is_refused_with_a_hint(content: bytes) -> None:
    with pytest.raises(DefinitionError, match="line 1, column 1: expected a workflow") as caught:
        parse(content)
    assert caught.value.problems[0].rule == "unknown-format"


def test_the_native_format_is_asked_first() -> None:
    assert [*FORMATS][:2] == ["native", "asl"]


def test_the_example_in_the_docs_is_read_as_the_docs_say() -> None:
    page = (Path(__file__).parents[2] / "docs" / "formats" / "native.md").read_text(encoding="utf-8")
    (example,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    rows = re.findall(r"^\| `([^`]+)` \| (\w+), an? (\w+) \| (.*?) ?\|$", page, re.MULTILINE)
    found = native.to_graph(example)
    ways = {
        step: "; ".join(f"`{way.label}` → {f'`{way.target}`' if way.target else 'the end'}" for way in found.outgoing[step])
        for step in found.steps
    }
    assert rows == [(step.id, step.type, step.kind, ways[step.id]) for step in found.steps.values()]
    assert validate(json.dumps(example).encode(), BUILT_IN) == ()


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "next", "branches", "label", "when", "config", "otherwise", "goals", "id", "steps", "a"]),
            inner,
        )
    ),
    max_leaves=15,
)


@given(
    st.fixed_dictionaries(
        {"steps": st.dictionaries(st.text(), ANYTHING)}, optional=dict.fromkeys(WELCOME.keys() - {"steps"}, ANYTHING)
    )
)
def test_any_steps_make_some_graph(document: dict[str, Any]) -> None:
    found = native.to_graph(document)
    assert found.steps.keys() == document["steps"].keys()
    assert all(edge.source in found.steps for edge in found.edges)
    assert all(native.wait_terms(step) is None or step.kind is StepKind.WAIT for step in found.steps.values())
    assert all(problem.rule for problem in native.problems(document, BUILT_IN))


def test_reading_a_workflow_imports_no_validator() -> None:
    code = (
        "import sys, wflgit.core.formats as f; f.parse(b'{\"steps\": {}}'); "
        "print({'pydantic', 'jsonschema', 'deepdiff'} & {*sys.modules})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
