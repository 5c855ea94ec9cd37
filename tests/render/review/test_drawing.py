"""The changes of a workflow as a picture, read by the real mermaid."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import steps, to_content
from tests.render.review.javascript import parse_mermaid
from tests.reviews import HOSTILE_NAMES, changed_workflow, clean_review, hostile_workflow, sample_review
from wflgit.core.diff import compare
from wflgit.core.formats import parse
from wflgit.core.graph import Edge, Graph, Step, StepKind
from wflgit.render.mermaid import graph_lines
from wflgit.render.review.drawing import LONGEST, MOST_EDGES, change_lines, review_drawing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wflgit.core.review import WorkflowReview


def drawn(old: Graph, new: Graph, at: Mapping[str, int] | None = None) -> str:
    return "".join(f"{text}\n" for text in change_lines(compare(old, new), old, new, at))


def picture(workflow: WorkflowReview) -> str:
    assert workflow.comparison is not None
    assert workflow.old is not None
    assert workflow.new is not None
    return "".join(f"{text}\n" for text in change_lines(workflow.comparison, workflow.old, workflow.new, workflow.at))


def document(**said: Any) -> Graph:
    return parse(to_content("w", {**steps("a", "b", "c"), **said})).graph


def chain(*ids: str) -> Graph:
    after = [*ids[1:], None]
    edges = tuple(Edge(step, "next", target) for step, target in zip(ids, after, strict=True))
    return Graph("any", None, ids[0], (), {step: Step(step, "mail", StepKind.ACTION, {}) for step in ids}, edges)


def test_a_picture_of_what_changed_and_what_is_next_to_it(golden: Callable[[str], None]) -> None:
    golden(picture(changed_workflow()))


def test_a_picture_of_all_workflows(golden: Callable[[str], None]) -> None:
    golden(review_drawing(sample_review()))


def test_mermaid_reads_the_pictures() -> None:
    pictures = [picture(changed_workflow()), picture(hostile_workflow()), review_drawing(sample_review())]
    assert parse_mermaid([*pictures, review_drawing(clean_review())]) == ["flowchart-v2"] * 4
    assert "flowchart-v2" not in parse_mermaid(["flowchart TD\n  a[[[ end"])


@pytest.mark.slow
@settings(max_examples=2, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=12, max_size=12, unique=True))
def test_mermaid_reads_pictures_of_whatever_steps_are_called(ids: list[str]) -> None:
    hostile = [*HOSTILE_NAMES.values(), "end", "1. x", "- x", "+ x", "# x", "`x`", "graph TD", "classDef x", "%%{init: {}}%%"]
    old, new = chain(*ids[:8], *hostile), chain(*hostile[3:], *ids[4:])
    pictures = [drawn(old, new), drawn(new, old), "\n".join(graph_lines(old))]
    assert parse_mermaid(pictures) == ["flowchart-v2"] * 3


def test_unchanged_steps_far_away_are_folded_and_their_executions_counted() -> None:
    old = chain(*(f"s{number}" for number in range(1, 21)))
    new = chain(*(f"s{number}" for number in range(1, 21) if number != 10))
    text = drawn(old, new, {"s10": 1284, "s2": 3, "s3": 4})
    assert re.search(r'\(\["…8 steps<br/>■7"\]\):::rest', text)
    assert re.search(r'"− s10<br/>mail<br/>■1,284"\]:::removed', text)
    assert "s5" not in text


def test_a_way_that_leads_elsewhere_is_drawn_twice_and_never_by_colour_alone() -> None:
    text = drawn(
        document(), document(steps={**steps("a", "b", "c")["steps"], "a": {"type": "add_tag", "config": {"tag": "a"}, "next": "c"}})
    )
    assert 'n1 ==>|"↷"| n3' in text
    assert 'n1 -.->|"−"| n2' in text
    numbers = {int(number) for found in re.findall(r"linkStyle ([\d,]+)", text) for number in found.split(",")}
    edges = [line for line in text.splitlines() if re.search("==>|-->|-.->", line)]
    assert numbers == {index for index, line in enumerate(edges) if "==>" in line or "-.->" in line}


def test_a_renamed_step_is_one_step_with_the_executions_that_stand_at_it() -> None:
    old, new = document(), parse(to_content("w", steps("a", "bee", "c", bee={"tag": "b"}))).graph
    text = drawn(old, new, {"b": 7})
    assert "~ bee<br/>add_tag<br/>■7" in text
    assert ":::removed" not in text
    assert ":::added" not in text


@pytest.mark.parametrize(
    ("old", "new", "mark"),
    [
        ({}, {"goals": [{"id": "won", "event": "bought", "next": "c"}]}, '"#43; won<br/>bought"]:::added'),
        ({"goals": [{"id": "won", "event": "bought", "next": None}]}, {}, '"− won<br/>bought"]:::removed'),
        ({}, {"trigger": {"type": "manual"}}, "manual"),
        ({}, {"start": "b"}, '(["start"])'),
    ],
    ids=["goal added", "goal removed", "trigger of another type", "another start"],
)
def test_what_is_no_step_is_drawn_where_it_changed(old: dict[str, Any], new: dict[str, Any], mark: str) -> None:
    text = drawn(document(**old), document(**new))
    assert mark in text
    assert parse_mermaid([text]) == ["flowchart-v2"]


def test_where_nothing_changed_nothing_is_drawn() -> None:
    assert drawn(document(), document()) == "flowchart TD\n"


def test_a_picture_of_very_many_changes_is_cut_and_says_so() -> None:
    old = chain(*(f"a step with a long name, number {number}" for number in range(900)))
    new = chain(*(f"another step with a long name, {number}" for number in range(900)))
    text = drawn(old, new)
    assert len(text) <= LONGEST
    assert len(re.findall("==>|-->|-.->", text)) <= MOST_EDGES
    assert re.search(r"and [\d,]+ steps more, not drawn for lack of room", text)
    assert parse_mermaid([text]) == ["flowchart-v2"]
