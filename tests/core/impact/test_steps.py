"""What the rules about steps say, of whom, and where."""

from __future__ import annotations

from typing import Any

from tests.core.impact.cases import raised, situation
from tests.core.impact.documents import action, logic_app, machine, n8n, native, node, parallel, row, task, without
from wflgit.core.impact.engine import find_findings
from wflgit.core.impact.rule import Raised
from wflgit.core.impact.steps import CHECKS
from wflgit.core.problems import Severity

MAIL = {"type": "send_email", "config": {"template": "again"}}


def said(old: Any, new: Any, counts: dict[str, int] | None = None, **more: Any) -> dict[str, Raised]:
    """What the rules about steps say, by code; the first of each."""
    found: dict[str, Raised] = {}
    for one in raised(CHECKS, situation(old, new, counts, **more)):
        found.setdefault(one.rule.code, one)
    return found


def test_a_removed_step_tells_how_many_stand_at_it() -> None:
    old, new = row("a", "b", "c"), row("a", "c")
    assert said(old, new, {"b": 1})["WFL101"].message == "step 'b' was removed while 1 execution stands at it"
    assert said(old, new, {"b": 2})["WFL101"].message == "step 'b' was removed while 2 executions stand at it"
    assert said(old, new)["WFL101"].message == "step 'b' was removed, and it is not known whether executions stand at it"


def test_a_removed_step_that_nobody_stands_at_tells_how_many_will_skip_it() -> None:
    old, new = row("a", "b", "c"), row("a", "c")
    assert said(old, new, {"a": 2})["WFL102"].message == "step 'b' was removed; 2 executions on the way to it will skip it"
    assert said(old, new, {"c": 2})["WFL102"].message == "step 'b' was removed"


def test_a_removed_step_is_shown_where_it_was() -> None:
    found = said(row("a", "b", "c"), row("a", "c"))["WFL101"]
    assert (found.side, found.pointer, found.step, found.subject) == ("base", ("steps", "b"), "b", "step b")


def test_a_step_that_has_another_type_is_no_step_that_was_removed() -> None:
    found = said(native(), native(cold={"type": "remove_tag"}))
    assert [*found] == ["WFL103"]
    assert found["WFL103"].message == "step 'cold' is a 'remove_tag' now and was a 'add_tag'"


def test_an_added_step_meets_those_before_it_in_the_base_even_through_other_new_ones() -> None:
    found = [*raised(CHECKS, situation(row("a", "b", "d"), row("a", "b", "x", "y", "d")))]
    assert [(one.subject, one.steps) for one in found] == [("step x", ("b",)), ("step y", ("b",))]


def test_a_step_added_into_a_container_meets_those_at_the_container() -> None:
    old = logic_app(Each={**action(type_="Foreach"), "actions": {"A": action()}})
    new = logic_app(Each={**action(type_="Foreach"), "actions": {"A": action(), "B": action()}})
    assert said(old, new)["WFL108"].steps == ("Each",)


def test_a_disabled_step_that_is_added_is_passed_through_and_not_told() -> None:
    assert said(row("a", "c"), row("a", "b", "c", b={"disabled": True})) == {}


def test_the_steps_of_a_removed_container_follow_from_its_removal() -> None:
    old = machine("A", A=task("P"), P=parallel("B", "C"))
    given = situation(old, machine("A", A=task()))
    (finding,) = find_findings(given, "w.json", None, lambda _side, _pointer: (None, None)).findings
    assert (finding.code, finding.subject) == ("WFL101", "step P")
    assert {one.subject for one in finding.consequences} == {"step P/0/B", "step P/1/C"}


def test_a_step_whose_tool_keeps_its_key_is_only_called_otherwise() -> None:
    found = said(n8n(node("Clean", id="k1")), n8n(node("Tidy", id="k1")))
    assert [*found] == ["WFL113"]
    assert found["WFL113"].message == "step 'Clean' is called 'Tidy' now"


def test_the_surer_a_step_is_recognised_the_less_bad_is_its_new_id() -> None:
    old = machine("A", A=task("B"), B=task(Comment="the second of them", TimeoutSeconds=60))
    alike = machine("A", A=task("Bb"), Bb=task(Comment="the second of them", TimeoutSeconds=60))
    found = said(old, alike)["WFL105"]
    assert found.message.startswith("step 'B' has the id 'Bb' now; it was recognised (")
    assert found.severity in (None, Severity.INFO)
    assert "100%" not in found.message or found.severity is Severity.INFO


def test_a_container_with_another_name_does_not_rename_what_is_inside() -> None:
    old = machine("Fan out", **{"Fan out": parallel("B", "C")})
    new = machine("Fan outs", **{"Fan outs": parallel("B", "C")})
    assert [one.subject for one in raised(CHECKS, situation(old, new))] == ["step Fan outs"]


def test_a_version_of_a_type_is_named() -> None:
    found = said(n8n(node("A", typeVersion=1)), n8n(node("A", typeVersion=2.1)))
    assert found["WFL104"].message == "step 'A' is of version 2.1 of its type now and was of 1"


def test_a_mail_that_comes_before_the_wait_now_says_so() -> None:
    found = said(row("a", "wait", "mail", "b", mail=MAIL), row("a", "mail", "wait", "b", mail=MAIL), {"wait": 2})
    assert "before the wait 'wait'" in found["WFL112"].message
    back = said(row("a", "mail", "wait", "b", mail=MAIL), row("a", "wait", "mail", "b", mail=MAIL))
    assert "after the wait 'wait'" in back["WFL112"].message


def test_a_wait_that_is_disabled_holds_nobody_up() -> None:
    off = {"disabled": True}
    old = row("a", "wait", "mail", "b", mail=MAIL, wait=off)
    assert [*said(old, row("a", "mail", "wait", "b", mail=MAIL, wait=off))] == ["WFL111"]


def test_an_id_that_comes_back_with_its_type_is_the_same_step_again() -> None:
    assert "WFL110" not in said(row("a"), row("a", "b"), retired={"b": "add_tag"})


def test_steps_that_were_all_removed_are_one_finding() -> None:
    ten = [f"tag_{number}" for number in range(10)]
    given = situation(row(*ten), row(*ten[:6]), {})
    (finding,) = find_findings(given, "w.json", None, lambda _side, _pointer: (None, None)).findings
    assert (finding.code, finding.severity) == ("WFL115", Severity.INFO)
    assert finding.message == "4 of 10 steps were removed at once"
    assert len(finding.consequences) == 4


def test_what_a_step_says_is_in_no_message() -> None:
    secret = {"type": "call_webhook", "config": {"url": "https://example.com/?key=hunter2", "token": "hunter2"}}
    document = row("a", "b", "c", b=secret)
    changed = row("a", "b", "c", b={**secret, "type": "send_sms", "disabled": True})
    for old, new in ((document, row("a", "c")), (row("a", "c"), document), (document, changed)):
        assert not any("hunter2" in f"{one.message} {one.advice}" for one in raised(CHECKS, situation(old, new)))


def test_a_document_without_steps_is_no_reason_to_fail() -> None:
    empty = {**without(row("a"), "steps", "a"), "start": "a"}
    assert [*said(row("a"), empty)] == ["WFL101"]
    assert [*said(empty, row("a"))] == ["WFL108"]
