"""What is drawn of a workflow, and what is folded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.builders import steps
from tests.reviews import welcome_after, welcome_before
from wflgit.core.diff import compare
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.formats import parse
from wflgit.render.html.drawing import Box, Drawing, Look, draw, draw_side, words

if TYPE_CHECKING:
    from wflgit.core.graph import Graph


def graph(*ids: str, **config: Any) -> Graph:
    return parse(json.dumps({"name": "W", **steps(*ids, **config)}).encode()).graph


def both(old: Graph, new: Graph, at: dict[str, int] | None = None) -> Drawing:
    return draw(compare(old, new), old, new, at)


def named(drawing: Drawing, name: str) -> Box:
    return next(box for box in drawing.boxes if box.name == name)


def ways(drawing: Drawing) -> set[tuple[str, str, ChangeKind | None]]:
    return {(drawing.boxes[way.source].name, drawing.boxes[way.target].name, way.change) for way in drawing.ways}


def test_both_sides_are_in_one_drawing() -> None:
    drawing = both(graph("a", "b", "c"), graph("a", "n", "c"), {"b": 7, "c": 2})
    assert named(drawing, "b").change is ChangeKind.REMOVED
    assert named(drawing, "b").executions == 7
    assert named(drawing, "n").change is ChangeKind.ADDED
    assert named(drawing, "c").executions == 2
    assert ways(drawing) == {
        ("contact_created", "a", None),
        ("a", "n", ChangeKind.CHANGED),
        ("a", "b", ChangeKind.REMOVED),
        ("b", "c", ChangeKind.REMOVED),
        ("n", "c", ChangeKind.ADDED),
        ("c", "end", None),
    }


def test_unknown_executions_are_not_drawn_as_none() -> None:
    assert named(both(graph("a"), graph("a", "b")), "a").executions is None
    assert named(both(graph("a"), graph("a", "b"), {}), "a").executions == 0


def test_a_way_to_a_step_that_is_not_there_leads_to_a_missing_one() -> None:
    document = {"name": "W", "start": "a", "steps": {"a": {"type": "add_tag", "config": {"tag": "x"}, "next": "ghost"}}}
    assert named(draw_side(parse(json.dumps(document).encode()).graph, None, {}), "ghost").look is Look.MISSING


def test_a_trigger_that_went_is_drawn_as_gone() -> None:
    old, new = graph("a"), graph("a")
    gone = draw(compare(old, type(new)(new.format, new.name, new.start, (), new.steps, new.edges)), old, new, None)
    assert ("contact_created", "a", ChangeKind.REMOVED) in ways(gone)


def test_a_stretch_in_which_nothing_happens_is_folded_and_says_how_many_stand_there() -> None:
    ids = [f"s{number}" for number in range(1000)]
    drawing = both(graph(*ids), graph(*ids, s500={"tag": "other"}), {"s3": 4, "s900": 5})
    folds = [box for box in drawing.boxes if box.look is Look.FOLD]
    assert [(fold.name, fold.executions) for fold in folds] == [("498 steps", 4), ("498 steps", 5)]
    assert [box.name for box in drawing.boxes if box.look is Look.STEP] == ["s0", "s499", "s500", "s501"]
    assert drawing.note.startswith("4 of 1,000 steps")
    assert ("498 steps", "s499", None) in ways(drawing)


def test_where_executions_stand_nothing_is_folded_in_a_workflow_of_some_steps() -> None:
    drawing = both(welcome_before(), welcome_after(), {"Score 5": 40})
    assert named(drawing, "Score 5").executions == 40
    assert [box.name for box in drawing.boxes if box.look is Look.FOLD] == ["5 steps"]


def test_of_too_many_boxes_those_that_changed_are_drawn_first() -> None:
    ids = [f"s{number}" for number in range(600)]
    drawing = both(graph(*ids[:300]), graph(*ids))
    assert len(drawing.boxes) == 250
    assert {box.change for box in drawing.boxes} == {ChangeKind.ADDED}
    assert drawing.note == "250 of 600 steps are drawn, those that changed first."


def test_the_drawing_is_said_in_words_without_its_ends() -> None:
    said = [
        (box.name, [to.name for _, to in leading]) for box, leading in words(both(graph("a", "ask", "b"), graph("a", "ask", "b")))
    ]
    assert said == [("contact_created", ["a"]), ("a", ["ask"]), ("ask", ["b", "end"]), ("b", ["end"])]


def test_a_long_name_is_cut_to_what_fits_and_kept_in_full() -> None:
    box = Box("a name that is much longer than a box is wide", "n8n-nodes-base.emailSend")
    assert box.title == "a name that is muc…"
    assert box.below == "emailSend"


def test_a_way_to_itself_is_a_loop() -> None:
    document = {"name": "W", "start": "a", "steps": {"a": {"type": "add_tag", "config": {"tag": "x"}, "next": "a"}}}
    drawing = draw_side(parse(json.dumps(document).encode()).graph, None, {})
    assert [way.path.count("C") for way in drawing.ways] == [1]
