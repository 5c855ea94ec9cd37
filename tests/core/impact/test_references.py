"""Workflows that call one another, and changes that break it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.core.impact.cases import graph
from wflgit.core.graph import Graph
from wflgit.core.impact.references import calls, reference_findings
from wflgit.core.impact.rule import Raised
from wflgit.core.problems import Severity

WAIT = {"type": "wait", "config": {"duration": "P1D"}}


def calling(*slugs: str, type_: str = "start_workflow", before: Any = None, **more: Any) -> Graph:
    """A workflow that calls others one after the other, behind another step if there is one."""
    steps = {f"call-{slug}": {"type": type_, "config": {"workflow": slug}, **more} for slug in slugs}
    steps = ({} if before is None else {"before": before}) | steps or {"hi": {"type": "add_tag", "config": {"tag": "x"}}}
    ids = [*steps]
    chain = dict(zip(ids, [*ids[1:], None], strict=True))
    said = {id_: step if "branches" in step else step | {"next": chain[id_]} for id_, step in steps.items()}
    return graph({"name": "W", "trigger": {"type": "manual", "config": {}}, "start": ids[0], "steps": said})


def found(changed: Mapping[str, tuple[Graph | None, Graph | None]], others: Mapping[str, Graph] = {}) -> list[tuple[str, Raised]]:
    """The findings of a change in a repository that has other workflows too; asks for no more of them than it may."""
    head = {slug: new for slug, (_, new) in changed.items() if new is not None} | dict(others)

    def mentions(text: str) -> Iterator[str]:
        assert text not in head
        return (slug for slug, one in head.items() if any(calls(step) == text for step in one.steps.values()))

    def graph_of(slug: str) -> Graph | None:
        assert slug not in changed
        return head.get(slug)

    return [*reference_findings(changed, head.keys(), graph_of, mentions)]


def told(changed: Mapping[str, tuple[Graph | None, Graph | None]], others: Mapping[str, Graph] = {}) -> list[tuple[str, str]]:
    return [(slug, one.rule.code) for slug, one in found(changed, others)]


PLAIN = calling()


def test_a_call_of_a_workflow_that_does_not_exist_is_told() -> None:
    [(slug, one)] = found({"a": (PLAIN, calling("gone"))})
    assert (slug, one.rule.code, one.subject, one.step) == ("a", "WFL801", "step call-gone", "call-gone")
    assert one.message == "step 'call-gone' starts the workflow 'gone', which does not exist"
    assert one.pointer == ("steps", "call-gone")
    assert told({"a": (PLAIN, calling("gone", type_="stop_workflow"))}) == [("a", "WFL801")]
    assert told({"a": (None, calling("gone"))}) == [("a", "WFL801")]


def test_a_call_of_one_that_exists_or_that_was_missing_before_or_is_disabled_is_in_order() -> None:
    assert told({"a": (PLAIN, calling("b"))}, {"b": PLAIN}) == []
    assert told({"a": (calling("gone"), calling("gone", before=WAIT))}) == []
    assert told({"a": (PLAIN, calling("gone", disabled=True))}) == []
    assert told({"a": (PLAIN, calling("b")), "b": (None, PLAIN)}) == []


def test_a_deleted_workflow_that_others_call_is_told_once_with_each_of_them() -> None:
    changed = {"b": (PLAIN, None), "c": (PLAIN, calling("b"))}
    assert told(changed, {"a": calling("b", "d"), "d": PLAIN}) == [("a", "WFL803"), ("c", "WFL803")]
    assert told({"b": (PLAIN, None), "c": (calling("b"), PLAIN)}, {"a": calling("b", disabled=True)}) == []


def test_a_renamed_workflow_is_gone_by_its_old_slug() -> None:
    [(slug, one)] = found({"old": (PLAIN, None), "new": (PLAIN, PLAIN)}, {"a": calling("old")})
    assert (slug, one.message) == ("a", "step 'call-old' still calls the workflow 'old', which is gone")


def test_workflows_that_start_one_another_without_a_wait_are_told_once() -> None:
    [(slug, one)] = found({"a": (PLAIN, calling("b")), "b": (PLAIN, calling("a"))})
    assert (slug, one.rule.code, one.severity) == ("a", "WFL804", None)
    assert one.message == "'a' starts 'b' starts 'a', without a wait on the way"
    assert told({"a": (PLAIN, calling("b"))}, {"b": calling("c"), "c": calling("a")}) == [("a", "WFL804")]
    assert told({"a": (PLAIN, calling("a"))}) == [("a", "WFL804")]


def test_a_wait_or_a_step_that_only_stops_breaks_the_circle() -> None:
    assert told({"a": (PLAIN, calling("b", before=WAIT))}, {"b": calling("a")}) == []
    assert told({"a": (PLAIN, calling("b"))}, {"b": calling("a", before=WAIT)}) == []
    assert told({"a": (PLAIN, calling("b"))}, {"b": calling("a", type_="stop_workflow")}) == []
    assert told({"a": (PLAIN, calling("b", before=WAIT | {"disabled": True}))}, {"b": calling("a")}) == [("a", "WFL804")]


def test_a_condition_on_the_way_may_end_it() -> None:
    when = {"field": "contact.again", "op": "exists"}
    ask = {"type": "condition", "branches": [{"label": "yes", "when": when, "next": "call-b"}], "otherwise": None}
    [(_, one)] = found({"a": (PLAIN, calling("b", before=ask))}, {"b": calling("a")})
    assert (one.severity, one.message) == (
        Severity.WARNING,
        "'a' starts 'b' starts 'a', without a wait on the way, unless a condition ends it",
    )


def test_a_circle_that_was_there_before_is_not_told() -> None:
    assert told({"a": (calling("b"), calling("b", "c"))}, {"b": calling("a"), "c": PLAIN}) == []


def test_an_action_of_logic_apps_calls_the_workflow_beside_it() -> None:
    def action(id_: Any) -> Graph:
        inputs = {"host": {"workflow": {"id": id_}}}
        return graph({"contentVersion": "1", "triggers": {}, "actions": {"Call": {"type": "Workflow", "inputs": inputs}}})

    assert calls(action("Tell_Sales").steps["Call"]) == "tell_sales"
    for unknown in ("@parameters('x')", "/subscriptions/s/workflows/x", "[variables('x')]", "", None, 5):
        assert calls(action(unknown).steps["Call"]) is None
    assert told({"tell_sales": (PLAIN, None)}, {"a": action("Tell_Sales")}) == [("a", "WFL803")]
    assert told({"a": (None, action("Elsewhere"))}) == []
