"""Cases of the rules about the ways between steps."""

from __future__ import annotations

from typing import Any

from tests.core.impact.cases import Case
from tests.core.impact.documents import (
    action,
    branches,
    logic_app,
    machine,
    n8n,
    native,
    node,
    parallel,
    red,
    row,
    split,
    task,
    when,
    wired,
    with_,
    without,
)

ASK = native()
NOWHERE = native(hot={"next": "nowhere"})
YES = {"label": "yes", "when": when("email.opened"), "next": "warm"}
LATER = {"label": "later", "when": when("email.bounced"), "next": "cold"}


def _ask(*branches_: Any, otherwise: Any = "cold") -> Any:
    return with_(with_(ASK, [*branches_], "steps", "ask", "branches"), otherwise, "steps", "ask", "otherwise")


def _if(*ports: list[str], **parameters: Any) -> Any:
    """A condition of n8n with two outputs."""
    return n8n(
        node("Start", "n8n-nodes-base.manualTrigger"),
        node("Check", "n8n-nodes-base.if", parameters={"conditions": parameters}),
        node("Yes"),
        node("No"),
        Start=[["Check"]],
        Check=[*ports],
    )


def _red(*targets: str) -> Any:
    more = {id_: wired("debug") for id_ in ("one", "two")}
    return red(tick=wired("inject", ["fn"]), fn=wired("function", [*targets]), **more)


def _merge(*sources: str) -> Any:
    return n8n(
        node("Start", "n8n-nodes-base.manualTrigger"),
        node("A"),
        node("B"),
        node("C"),
        node("Meet", "n8n-nodes-base.merge"),
        Start=[["A", "B", "C"]],
        **{source: [["Meet"]] for source in sources},
    )


def _caught(*catchers: Any) -> Any:
    caught = {"Catch": [*catchers]} if catchers else {}
    return machine("A", A=task("B", **caught), B=task(), C=task())


def _after(*outcomes: str) -> Any:
    """A Logic App in which B goes after A for some outcomes of it."""
    return logic_app(A=action(), B={**action(), "runAfter": {"A": [*outcomes]}})


def _ports(*ports: list[str]) -> Any:
    """A tab of Node-RED with a step that has some outputs."""
    return red(tick=wired("inject", ["fn"]), fn=wired("function", *ports), one=wired("debug"), two=wired("debug"))


AROUND = {**action("A", "B", type_="Scope"), "actions": {"C": action()}}
ALL = {"ErrorEquals": ["States.ALL"], "Next": "C"}

CASES = (
    Case(
        "WFL201",
        fires=(native(), native(hello={"next": "ask"})),
        near=(row("a", "b", "c"), row("a", "x", "b", "c")),
    ),
    Case("WFL201", fires=(native(), native(warm={"next": None})), near=(row("a", "b", "c"), row("a", "c"))),
    Case(
        "WFL202",
        fires=(native(), without(_ask(LATER), "steps", "warm")),
        near=(native(), _ask({**YES, "when": when("email.clicked")}, LATER)),
    ),
    Case("WFL202", fires=(_if(["Yes"], ["No"]), _if(["Yes"])), near=(_if(["Yes"]), _if(["Yes"], ["No"]))),
    Case(
        "WFL203",
        fires=(native(), _ask(YES, LATER, {"label": "never", "when": when("x"), "next": None})),
        near=(native(), _ask({"label": "never", "when": when("x"), "next": None}, YES, LATER)),
    ),
    Case("WFL202", fires=(_ports(["one"], ["two"]), _ports(["one"], [])), near=(_ports(["one"], []), _ports(["one"]))),
    Case("WFL203", fires=(_if([], ["No"]), _if(["Yes"], ["No"])), near=(_if(["Yes"], ["No"]), _if(["No"], ["Yes"]))),
    Case("WFL204", fires=(native(), _ask({**YES, "when": when("email.clicked")}, LATER)), near=(native(), _ask(LATER, YES))),
    Case(
        "WFL204",
        fires=(_if(["Yes"], combinator="and"), _if(["Yes"], combinator="or")),
        near=(_if(["Yes"], combinator="and"), _if(["No"], combinator="and")),
    ),
    Case("WFL204", fires=(_after("Failed"), _after("Failed", "TimedOut")), near=(_after("Failed"), _after("Succeeded"))),
    Case("WFL204", fires=(_ports(["one"]), _ports(["one"], [])), near=(_ports(["one"]), _ports(["two"], []))),
    Case("WFL205", fires=(native(), _ask(LATER, YES)), near=(native(), _ask(YES, LATER, otherwise=None))),
    Case(
        "WFL206",
        fires=(native(), without(native(), "steps", "ask", "otherwise")),
        near=(native(), _ask(YES, LATER, otherwise=None)),
    ),
    Case("WFL207", fires=(split(50, 50), split(70, 30)), near=(split(50, 50), split(50, 50, 10))),
    Case("WFL208", fires=(native(), native(hot={"next": "nowhere"})), near=(NOWHERE, {**NOWHERE, "name": "Nowhere"})),
    Case("WFL208", fires=(native(), {**native(), "start": "nowhere"}), near=(native(), {**native(), "start": "day"})),
    Case(
        "WFL209",
        fires=(native(), native(warm={"next": "won"})),
        near=(native(warm={"next": "won"}), native(warm={"next": "won"}, hot={"name": "Hot"})),
    ),
    Case(
        "WFL210",
        fires=(_if(["Yes"], ["No"]), without(_if(["Yes"], ["No"]), "connections", "Start")),
        near=(_if(["Yes"], ["No"]), _if(["Yes"])),
    ),
    Case(
        "WFL210",
        fires=(row("a", "b", "c"), without(row("a", "b", "c"), "steps", "b", "next")),
        near=(row("a", "b", "c"), row("a", "b")),
    ),
    Case("WFL210", fires=(_ports(["one"]), _ports([])), near=(_ports(["one"]), _ports(["one"], []))),
    Case(
        "WFL211",
        fires=(row("a", "b", "c"), row("a", "b", "c", c={"next": "a"})),
        near=(row("a", "wait", "c"), row("a", "wait", "c", c={"next": "a"})),
    ),
    Case(
        "WFL211",
        fires=(row("a", "wait", "c", c={"next": "a"}), row("a", "wait", "c", c={"next": "a"}, wait={"disabled": True})),
        near=(row("a", "b", "c", c={"next": "a"}), row("a", "b", "c", c={"next": "a", "name": "Sea"})),
    ),
    Case(
        "WFL212",
        fires=(row("a", "wait", "c"), row("a", "wait", "c", c={"next": "a"})),
        near=(row("a", "b", "c"), row("a", "b", "c", c={"next": "a"})),
    ),
    Case(
        "WFL213",
        fires=(machine("P", P=parallel("A", "B")), machine("P", P=parallel("A", "B", "C"))),
        near=(machine("P", P=parallel("A", "B")), with_(machine("P", P=parallel("A", "B")), "x", "States", "P", "Comment")),
    ),
    Case("WFL213", fires=(_merge("A", "B"), _merge("A", "B", "C")), near=(_merge("A", "B"), _merge("A", "C"))),
    Case(
        "WFL213",
        fires=(logic_app(A=action(), B=action(), C=action("A")), logic_app(A=action(), B=action(), C=action("A", "B"))),
        near=(logic_app(A=action(), B=action(), C=action("A")), logic_app(A=action(), B=action(), C=action("B"))),
    ),
    Case(
        "WFL213",
        fires=(logic_app(A=action(), B=action(), C=action("A", "B")), logic_app(A=action(), B=action(), C=action())),
        near=(logic_app(A=action(), B=action(), C=action("A", "B")), logic_app(A=action(), B=action(), S=AROUND)),
    ),
    Case("WFL214", fires=(_red("one"), _red("one", "two")), near=(_red("one"), _red("two"))),
    Case(
        "WFL214",
        fires=(machine("A", A=task("B"), B=task()), machine("P", P=parallel("A", "B"))),
        near=(machine("A", A=task("B"), B=task()), machine("B", A=task(), B=task("A"))),
    ),
    Case("WFL215", fires=(native(), native(hot={"next": "cold"})), near=(native(), native(cold={"next": "won"}))),
    Case("WFL216", fires=(_caught(ALL), _caught()), near=(_caught(ALL), _caught({**ALL, "Next": "B"}))),
    Case(
        "WFL216", fires=(_after("Failed"), logic_app(A=action(), B=action())), near=(_after("Failed"), _after("Failed", "Skipped"))
    ),
    Case("WFL217", fires=(row("a", "b", "c"), {**row("a", "b", "c"), "start": "b"}), near=(row("b", "c"), row("a", "b", "c"))),
    Case(
        "WFL217",
        fires=(_if(["Yes"]), with_(_if(["Yes"]), [[{"node": "No", "type": "main", "index": 0}]], "connections", "Start", "main")),
        near=(_if(["Yes"]), _if(["No"])),
    ),
    Case(
        "WFL218",
        fires=(without(native(), "steps", "ask", "otherwise"), native()),
        near=(_ask(YES, LATER, otherwise=None), native()),
    ),
    Case("WFL219", fires=(native(warm={"next": "won"}), native()), near=(native(), native(warm={"next": "won"}))),
    Case("WFL220", fires=(_caught(), _caught(ALL)), near=(_caught(ALL), _caught({**ALL, "Next": "B"}))),
    Case(
        "WFL221",
        fires=(native(), _ask({"label": "never", "when": when("x"), "next": None}, YES, LATER)),
        near=(native(), _ask(YES, LATER, {"label": "never", "when": when("x"), "next": None})),
    ),
    Case(
        "WFL221",
        fires=(_ask(*branches("yes", "no")), _ask(*branches("yes", "maybe", "no"))),
        near=(_if([], ["No"]), _if(["Yes"], ["No"])),
    ),
)
