"""Two people edit a workflow of another tool: what is particular to its format."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.core.merge.trying import graph, merged, ways
from wflgit.core.formats import parse
from wflgit.core.graph import Graph
from wflgit.core.merge.conflicts import ConflictKind, Method


class TestN8n:
    """Steps are in a list, known by their names; ways are apart, several from one output if one likes."""

    def test_who_drags_and_who_edits_go_together_though_the_editor_writes_ids_and_dates_anew(self) -> None:
        base, ours, theirs = (n8n("A", "B", "C", updated=stamp) for stamp in ("1", "2", "3"))
        ours["nodes"][1]["position"] = [7, 7]
        theirs["nodes"][1]["parameters"]["url"] = "https://example.com/new"
        found = merged(base, ours, theirs)
        assert found.method is Method.STEPS
        document = json.loads(found.content or b"")
        assert document["updatedAt"] == "2"
        assert document["nodes"][1]["position"] == [7, 7]
        assert document["nodes"][1]["parameters"]["url"] == "https://example.com/new"

    @pytest.mark.parametrize(
        ("key", "led"),
        [
            ("ours-then-theirs", {"A": ["X"], "X": ["Y"], "Y": ["B"]}),
            ("theirs-then-ours", {"A": ["Y"], "Y": ["X"], "X": ["B"]}),
            ("both", {"A": ["X", "Y"], "X": ["B"], "Y": ["B"]}),
        ],
    )
    def test_two_steps_put_into_one_way_may_also_go_side_by_side(self, key: str, led: dict[str, list[str]]) -> None:
        sides = n8n("A", "B"), n8n("A", "X", "B"), n8n("A", "Y", "B")
        (conflict,) = merged(*sides).conflicts
        assert (conflict.path, conflict.kind) == ("edges/A/next", ConflictKind.PARALLEL_INSERT)
        found: dict[str, list[str | None]] = {}
        for edge in graph(merged(*sides, edges__A__next=key)).edges:
            found.setdefault(edge.source, []).append(edge.target)
        assert found == led

    @pytest.mark.parametrize(("key", "led"), [("ours-then-theirs", "ABXY"), ("theirs-then-ours", "ABYX"), ("ours", "ABX")])
    def test_two_steps_put_at_the_end_are_asked_for_too(self, key: str, led: str) -> None:
        sides = n8n("A", "B"), n8n("A", "B", "X"), n8n("A", "B", "Y")
        assert [conflict.kind for conflict in merged(*sides).conflicts] == [ConflictKind.PARALLEL_INSERT]
        found = ways(merged(*sides, everything=key))
        assert "".join(["A", *(found[step]["next"] or "" for step in led[:-1])]) == led

    def test_steps_that_both_sides_lead_to_beside_one_that_is_there_are_both_led_to(self) -> None:
        base, ours, theirs = n8n("A", "B"), n8n("A", "B"), n8n("A", "B")
        for side, name in ((ours, "X"), (theirs, "Y")):
            side["nodes"].append(node(name))
            side["connections"]["A"]["main"][0].append({"node": name, "type": "main", "index": 0})
        assert {edge.target for edge in graph(merged(base, ours, theirs)).edges} == {"B", "X", "Y"}

    def test_a_renamed_step_that_the_other_side_edits_is_one_and_expressions_follow(self) -> None:
        base, ours, theirs = n8n("A", "B", "C"), n8n("A", "Better", "C"), n8n("A", "B", "C")
        ours["nodes"][1] |= {"id": base["nodes"][1]["id"], "parameters": base["nodes"][1]["parameters"]}
        theirs["nodes"][1]["parameters"]["url"] = "https://example.com/new"
        theirs["nodes"][2]["parameters"]["url"] = "={{ $('B').item.json.url }}"
        found = graph(merged(base, ours, theirs))
        assert [*found.steps] == ["A", "Better", "C"]
        assert found.steps["Better"].config["parameters"]["url"] == "https://example.com/new"
        assert found.steps["C"].config["parameters"]["url"] == "={{ $('Better').item.json.url }}"

    def test_tags_are_a_set(self) -> None:
        base, ours, theirs = n8n("A", "B"), n8n("A", "B"), n8n("A", "B")
        for side, tags in ((base, "ab"), (ours, "abc"), (theirs, "bd")):
            side["tags"] = [{"name": name} for name in tags]
        assert graph(merged(base, ours, theirs)).settings["tags"] == ["b", "c", "d"]


class TestStates:
    """Amazon States Language: ways are in the states; rules of a Choice are tried in order and have no names."""

    def test_one_rule_that_one_leads_elsewhere_and_the_other_asks_otherwise(self) -> None:
        base, ours, theirs = machine(1, "B"), machine(1, "C"), machine(2, "B")
        choices = json.loads(merged(base, ours, theirs).content or b"")["States"]["A"]["Choices"]
        assert choices == [{"Variable": "$.n", "NumericEquals": 2, "Next": "C"}]

    def test_a_state_put_before_one_that_is_removed(self) -> None:
        base, ours, theirs = states("A", "B", "C"), states("A", "X", "B", "C"), states("A", "C")
        assert ways(merged(base, ours, theirs)) == {"A": {"next": "X"}, "X": {"next": "C"}, "C": {"next": None}}

    def test_comments_of_both_stay(self) -> None:
        base, ours, theirs = states("A", "B"), states("A", "B"), states("A", "B")
        ours["States"]["A"]["Comment"] = "ours"
        theirs["States"]["A"]["Result"] = 5
        theirs["States"]["B"]["Comment"] = "theirs"
        written = json.loads(merged(base, ours, theirs).content or b"")["States"]
        assert (written["A"], written["B"]["Comment"]) == ({**ours["States"]["A"], "Result": 5}, "theirs")


class TestNodeRed:
    """Where executions begin follows from what starts by itself; nobody writes it down."""

    def test_where_it_starts_is_never_asked_for(self) -> None:
        base, ours, theirs = (injections(*off) for off in ((), ("A",), ("B",)))
        assert [graph_of.start for graph_of in (of(base), of(ours), of(theirs))] == [None, "B", "A"]
        found = graph(merged(base, ours, theirs))
        assert [id_ for id_, step in found.steps.items() if step.disabled] == ["A", "B"]


def of(document: Any) -> Graph:
    return parse(json.dumps(document).encode()).graph


def injections(*disabled: str) -> list[dict[str, Any]]:
    starts = [
        {"id": id_, "type": "inject", "z": "t", "repeat": "60", "wires": [["log"]], **({"d": True} if id_ in disabled else {})}
        for id_ in "AB"
    ]
    return [{"id": "t", "type": "tab", "label": "T"}, *starts, {"id": "log", "type": "debug", "z": "t", "wires": []}]


def node(name: str) -> dict[str, Any]:
    return {
        "parameters": {"url": f"https://example.com/{name}"},
        "id": f"key-{name}",
        "name": name,
        "type": "n8n-nodes-base.httpRequest",
        "typeVersion": 4,
        "position": [0, 0],
    }


def n8n(*names: str, updated: str = "1") -> dict[str, Any]:
    nodes = [node(name) for name in names]
    nodes[0] |= {"type": "n8n-nodes-base.webhook", "parameters": {"path": "hello"}}
    ways_on = {name: {"main": [[{"node": after, "type": "main", "index": 0}]]} for name, after in pairwise(names)}
    return {"name": "Hello", "nodes": nodes, "connections": ways_on, "settings": {}, "updatedAt": updated}


def states(*names: str) -> dict[str, Any]:
    found = {name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)}
    return {"StartAt": names[0], "States": {**found, names[-1]: {"Type": "Pass", "End": True}}}


def machine(number: int, target: str) -> dict[str, Any]:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": number, "Next": target}], "Default": "B"}
    ends = {name: {"Type": "Succeed"} for name in "BC"}
    return {"StartAt": "A", "States": {"A": choice, **ends}}
