"""What the rules about ways say: which steps are skipped and gained, what is cut off, and what follows from what."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.impact.cases import codes, raised, situation
from tests.core.impact.documents import machine, n8n, native, node, parallel, red, row, split, task, wired, with_, without
from wflgit.core.findings import Finding
from wflgit.core.impact.engine import find_findings
from wflgit.core.impact.rule import Raised
from wflgit.core.impact.sides import Sides
from wflgit.core.impact.ways import CHECKS
from wflgit.core.problems import Severity

TAG = {"type": "add_tag", "config": {"tag": "x"}}


def said(old: Any, new: Any, counts: dict[str, int] | None = None) -> dict[str, Raised]:
    """What the rules about ways say, by code; the first of each."""
    found: dict[str, Raised] = {}
    for one in raised(CHECKS, situation(old, new, counts)):
        found.setdefault(one.rule.code, one)
    return found


def findings(old: Any, new: Any, counts: dict[str, int] | None = None) -> tuple[Finding, ...]:
    return find_findings(situation(old, new, counts), "w.json", None, lambda _side, _pointer: (None, None)).findings


def test_a_turned_edge_tells_what_is_skipped_and_gained() -> None:
    old = row("a", "b", "c", "d", b={"next": "d"}, c={"next": "d"})
    found = said(old, with_(old, "c", "steps", "a", "next"))["WFL201"]
    assert found.message == "way 'next' of 'a' leads to 'c' now, before that to 'b'; skipped: 'b'; gained: 'c'"
    assert found.subject == "edge a (next)"


def test_a_step_put_in_between_turns_no_edge() -> None:
    assert said(row("a", "b"), row("a", "x", "b")) == {}
    assert said(row("a", "b"), row("x", "a", "b")) == {}


def test_a_step_taken_out_turns_no_edge_unless_something_else_is_skipped_too() -> None:
    assert said(row("a", "x", "b", "c"), row("a", "b", "c")) == {}
    assert [*said(row("a", "x", "b", "c"), row("a", "c", b={**TAG, "next": "c"}))] == ["WFL201", "WFL209"]


def test_a_condition_put_in_between_is_told_where_it_leads_away() -> None:
    ask = {"type": "condition", "branches": [{"label": "yes", "when": {}, "next": "b"}], "otherwise": "c"}
    new = with_(with_(row("a", "b", "c"), ask, "steps", "ask"), "ask", "steps", "a", "next")
    (added,) = findings(row("a", "b", "c"), new)
    assert (added.code, [one.code for one in added.consequences]) == ("WFL108", ["WFL201"])


def test_a_renamed_step_turns_no_edge() -> None:
    assert said(n8n(node("A"), node("B"), A=[["B"]]), n8n(node("A"), node("C", id="key-B"), A=[["C"]])) == {}
    assert said(machine("A", A=task("B"), B=task()), machine("A", A=task("Bee"), Bee=task())) == {}


def test_a_moved_step_turns_no_edges_of_its_own() -> None:
    assert codes(situation(row("a", "b", "c", "d"), row("a", "c", "d", "b"))) == ["WFL111"]


def test_a_branch_without_steps_of_its_own_is_less_bad() -> None:
    old = native()
    new = with_(old, old["steps"]["ask"]["branches"][:1], "steps", "ask", "branches")
    found = said(old, new)["WFL202"]
    assert found.message == "branch 'later' of 'ask' was removed; it led to 'cold'"
    assert found.severity is Severity.WARNING
    assert found.steps == ("ask",)


def test_a_branch_of_a_scope_leads_its_inside_away() -> None:
    old = native()
    new = with_(native(warm=None, hot=None), old["steps"]["ask"]["branches"][1:], "steps", "ask", "branches")
    sides = Sides(situation(old, new))
    assert sides.inside == {("ask", "yes"): {"warm", "hot", "won"}}
    assert sides.branch_of == dict.fromkeys(("warm", "hot", "won"), "edge ask (yes)")


def test_an_output_of_n8n_that_is_no_longer_connected_is_a_branch_that_is_gone() -> None:
    start = node("Start", "n8n-nodes-base.manualTrigger")
    old = n8n(start, node("If", "n8n-nodes-base.if"), node("Yes"), node("No"), Start=[["If"]], If=[["Yes"], ["No"]])
    (finding,) = findings(old, with_(old, [[], [{"node": "No", "type": "main", "index": 0}]], "connections", "If", "main"))
    assert finding.code == "WFL202"
    assert [one.code for one in finding.consequences] == ["WFL209"]


def test_the_shares_of_a_split_are_said() -> None:
    assert said(split(50, 50), split(70, 30))["WFL207"].message == "the shares of 'half' are 70/30 now and were 50/50"


@pytest.mark.parametrize("gone", ["b", "c"])
def test_a_way_that_dangles_follows_from_the_step_that_was_removed(gone: str) -> None:
    old = row("a", "b", "c", "d")
    (finding, *rest) = [one for one in findings(old, without(old, "steps", gone)) if one.code == "WFL101"]
    assert not rest
    assert "WFL208" in [one.code for one in finding.consequences]


def test_a_way_that_dangled_before_is_not_told_again() -> None:
    old = row("a", "b", b={"next": "nowhere"})
    assert said(old, with_(old, "other", "steps", "a", "config", "tag")) == {}


def test_what_is_cut_off_follows_from_the_edge_that_was_turned() -> None:
    old = row("a", "b", "c", "d")
    (finding,) = findings(old, with_(old, "d", "steps", "a", "next"))
    assert finding.code == "WFL201"
    assert [one.subject for one in finding.consequences] == ["step b", "step c"]


def test_a_step_that_is_added_apart_is_said_to_be_apart() -> None:
    old = row("a", "b")
    found = said(old, {**old, "steps": {**old["steps"], "c": {**TAG, "next": None}}})["WFL209"]
    assert (found.message, found.severity) == ("'c' was added, and nothing leads to it", Severity.INFO)


def test_steps_of_node_red_may_stand_apart() -> None:
    old = red(tick=wired("inject", ["fn"]), fn=wired("function", []))
    assert "WFL209" not in said(old, [*old, {"id": "alone", "type": "function", "z": "tab", "wires": [[]]}])


def test_a_loop_follows_from_the_edge_that_leads_back() -> None:
    (finding,) = findings(row("a", "b", "c"), row("a", "b", "c", c={"next": "b"}))
    assert (finding.code, finding.severity) == ("WFL201", Severity.ERROR)
    assert [one.code for one in finding.consequences] == ["WFL211"]


def test_a_loop_over_items_is_no_warning() -> None:
    old = n8n(node("Loop", "n8n-nodes-base.splitInBatches"), node("Do"), Loop=[[], ["Do"]])
    found = said(
        old, {**old, "connections": {**old["connections"], "Do": {"main": [[{"node": "Loop", "type": "main", "index": 0}]]}}}
    )
    assert found["WFL212"].severity is Severity.INFO


def test_a_loop_that_was_there_may_lose_steps() -> None:
    assert "WFL211" not in said(row("a", "b", "c", c={"next": "a"}), row("a", "c", c={"next": "a"}))


def test_a_join_that_waits_for_more_branches_concerns_those_inside() -> None:
    found = said(machine("P", P=parallel("A", "B")), machine("P", P=parallel("A", "B", "C")))["WFL213"]
    assert found.message == "'P' waits for 3 branches now and waited for 2"
    assert found.steps == ("P", "P/0/A", "P/1/B")


def test_steps_put_into_a_parallel_one_follow_from_it() -> None:
    (finding,) = findings(machine("A", A=task("B"), B=task()), machine("P", P=parallel("A", "B")))
    assert (finding.code, finding.subject) == ("WFL108", "step P")
    assert {one.code for one in finding.consequences} >= {"WFL105", "WFL214", "WFL217"}


def test_a_goal_tells_from_where_it_can_no_longer_be_reached() -> None:
    found = said(native(), native(hot={"next": None}))["WFL215"]
    assert found.message == "goal 'won' can no longer be reached from 'hello', 'day', 'ask', 'warm', 'hot'"


def test_a_trigger_that_leads_elsewhere_is_another_start() -> None:
    old = n8n(node("Start", "n8n-nodes-base.manualTrigger"), node("A"), node("B"), Start=[["A"]], A=[["B"]])
    found = said(old, with_(old, "B", "connections", "Start", "main", 0, 0, "node"))
    assert "WFL217" in found
    assert "WFL201" not in found


def test_a_new_first_step_is_no_other_start() -> None:
    assert "WFL217" not in said(row("a", "b"), row("x", "a", "b"))


def test_conditions_are_in_no_message() -> None:
    old, new = native(), native()
    for document, value in ((old, "hunter2"), (new, "hunter3")):
        document["steps"]["ask"]["branches"][0]["when"]["value"] = value
    found = said(old, new)["WFL204"]
    assert "hunter" not in found.message


def test_another_way_out_of_an_output_is_no_new_branch() -> None:
    start = node("Start", "n8n-nodes-base.manualTrigger")
    old = n8n(start, node("If", "n8n-nodes-base.if"), node("A"), node("B"), Start=[["If"]], If=[["A"], ["B"]])
    both = [[{"node": name, "type": "main", "index": 0} for name in names] for names in (["A", "B"], ["B"])]
    assert [*said(old, with_(old, both, "connections", "If", "main"))] == ["WFL214"]


def test_what_is_cut_off_by_another_start_follows_from_it() -> None:
    old = row("a", "b", "c")
    (finding,) = findings(old, {**old, "start": "c"})
    assert finding.code == "WFL217"
    assert [one.subject for one in finding.consequences] == ["step a", "step b"]
