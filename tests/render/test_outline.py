"""The outline of a workflow: what means the same reads the same, and every other difference shows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core import discretion
from wflgit.core.diff import compare
from wflgit.core.formats import parse
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.render import outline
from wflgit.render.outline import outline_lines

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLES = sorted((Path(__file__).parents[1] / "core" / "formats").glob("*/*.json"))


def outlined(graph: Graph) -> str:
    return "".join(f"{line}\n" for line in outline_lines(graph))


def graph(*steps: Step, **parts: Any) -> Graph:
    """A graph in the native format, with one trigger."""
    found: dict[str, Any] = {
        "format": "native",
        "name": "Welcome",
        "start": steps[0].id if steps else None,
        "triggers": (Trigger("form", "form_submitted", {}),),
        "steps": {step.id: step for step in steps},
        "edges": (),
    }
    return Graph(**{**found, **parts})


def step(step_id: str = "a", **parts: Any) -> Step:
    return Step(**{"id": step_id, "type": "send_email", "kind": StepKind.ACTION, "config": {}, **parts})


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_outline_of(file: Path, golden: Callable[[str], None]) -> None:
    golden(outlined(parse(file.read_bytes()).graph))


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_the_order_in_a_file_does_not_show(file: Path) -> None:
    found = parse(file.read_bytes()).graph
    turned = replace(found, steps=dict([*found.steps.items()][::-1]), triggers=found.triggers[::-1], goals=found.goals[::-1])
    assert outlined(turned) == outlined(found)


TEXTS = st.sampled_from(["", "a", "b", "a\nb", "a\n\nb", "a\tb", "x: y", "| a", "é", "\x1b[2J", "true"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.just(1.0) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)
IDS = st.sampled_from(["a", "b", "(end)"])
STEPS = st.builds(
    step,
    IDS,
    config=st.dictionaries(TEXTS, VALUES, max_size=2),
    name=st.none() | TEXTS,
    scope=st.none() | IDS,
    disabled=st.booleans(),
)
EDGES = st.builds(
    Edge, IDS, st.sampled_from(["next", "yes"]), st.none() | IDS, st.sampled_from([EdgeKind.NEXT, EdgeKind.DEFAULT]), VALUES
)
GRAPHS = st.builds(
    lambda steps, edges, config: graph(*steps, edges=tuple(edges), settings=config),
    st.lists(STEPS, max_size=2, unique_by=lambda found: found.id),
    st.lists(EDGES, max_size=2, unique_by=lambda edge: (edge.source, edge.label)),
    st.dictionaries(TEXTS, VALUES, max_size=1),
)


@settings(max_examples=150, deadline=None)
@given(GRAPHS, GRAPHS)
def test_two_graphs_read_the_same_if_and_only_if_they_mean_the_same(one: Graph, other: Graph) -> None:
    assert (outlined(one) == outlined(other)) is (not compare(one, other))


@settings(max_examples=100, deadline=None)
@given(GRAPHS)
def test_every_line_is_one_and_can_be_printed(found: Graph) -> None:
    for line in outline_lines(found):
        assert all(char.isprintable() or char == "\t" for char in line), line
        assert line == "" or line.startswith("    ") or line.partition(" ")[0] in {"workflow", "trigger", "step", "goal"}


def test_a_text_of_several_lines_is_shown_line_by_line() -> None:
    lines = [*outline_lines(graph(step(config={"body": "Hello\n\n\tyou"})))]
    assert lines[-4:] == ["    body:", "        | Hello", "        |", "        | \tyou"]


def test_a_hostile_name_fakes_no_step_and_moves_no_cursor() -> None:
    text = outlined(graph(step("a\nstep b (wait)", name="\x1b[2J\u202e\nstep c (wait)", type="x\r\ny")))
    assert [line for line in text.split("\n") if line.startswith("step ")] == [
        'step a\\x0astep b (wait) (x\\x0d\\x0ay) "\\u001b[2J\\u202e\\nstep c (wait)"'
    ]


def test_a_goal_a_use_a_kind_and_an_end_are_named() -> None:
    edges = (Edge("a", "otherwise", None, EdgeKind.DEFAULT), Edge("a", "error", "b", EdgeKind.ERROR), Edge("x", "next", "a"))
    uses = (Edge("a", "model", "b", EdgeKind.USES),)
    text = outlined(graph(step("a"), step("b", disabled=True), edges=edges, uses=uses, goals=(Goal("g", "booked", None, {}),)))
    assert "    -> otherwise (default): (end)\n    -> error: b\n    uses model: b\n" in text
    assert "step b (send_email) disabled\n" in text
    assert "step x (missing)\n    -> next: a\n" in text
    assert text.endswith("goal g (booked)\n    -> (end)\n")


def test_secrets_are_not_shown_and_what_is_empty_hides_nothing() -> None:
    ask = {
        "url": "https://example.com",
        "options": {"apiKey": "sesame", "nested": {"apiKey": {"of": ["sesame"]}}, "more": {"apiKey": ""}},
    }
    nodes = [{"id": "1", "name": "Ask", "type": "n8n-nodes-base.httpRequest", "parameters": ask}]
    text = outlined(parse(json.dumps({"name": "Leads", "nodes": nodes, "connections": {}}).encode()).graph)
    assert "sesame" not in text
    assert [line.strip() for line in text.splitlines() if "apiKey" in line] == [
        "parameters.options.apiKey: (secret)",
        'parameters.options.more.apiKey: ""',
        "parameters.options.nested.apiKey: (secret)",
    ]
    assert outline.SECRET == discretion.SECRET
