"""Cases of the rules about steps."""

from __future__ import annotations

from tests.core.impact.cases import Case
from tests.core.impact.documents import machine, n8n, native, node, row, task

TEN = [f"tag_{number}" for number in range(10)]
START = node("Start", "n8n-nodes-base.manualTrigger")
MAIL = {"type": "send_email", "config": {"template": "again"}}


def _n8n(version: float = 1, name: str = "Clean", key: str = "k1") -> object:
    return n8n(START, node(name, typeVersion=version, id=key), Start=[[name]])


def _retyped(type_: str, config: object) -> object:
    return native(cold={"type": type_, "config": config})


def _swapped(*ids: str) -> object:
    """Steps in another order, of which `mail` sends."""
    return row(*ids, mail=MAIL)


CASES = (
    Case(
        "WFL101",
        fires=(row("hello", "bye", "end"), row("hello", "end"), {"bye": 3}),
        near=(row("hello", "bye", "end"), row("hello", "end"), {"hello": 3}),
    ),
    Case(
        "WFL101",
        fires=(row("hello", "bye", "end"), row("hello", "end")),
        near=(row("hello", "bye", "end"), row("hello", "bye", "end", bye={"config": {"tag": "other"}})),
    ),
    Case(
        "WFL102",
        fires=(row("hello", "bye", "end"), row("hello", "end"), {"hello": 3}),
        near=(row("hello", "bye", "end"), row("hello", "end"), {"bye": 1}),
    ),
    Case(
        "WFL102",
        fires=(n8n(START, node("Lost"), node("End"), Start=[["End"]]), n8n(START, node("End"), Start=[["End"]])),
        near=(row("hello", "bye", "end"), row("hello", "end")),
    ),
    Case(
        "WFL103",
        fires=(native(), _retyped("remove_tag", {"tag": "cold"})),
        near=(native(), _retyped("add_tag", {"tag": "ice"})),
    ),
    Case(
        "WFL113",
        fires=(
            n8n(START, node("End"), Start=[["End"]]),
            n8n({**START, "name": "Begin", "id": "key-Start"}, node("End"), Begin=[["End"]]),
        ),
        near=(n8n(START, node("End"), Start=[["End"]]), n8n({**START, "position": [7, 7]}, node("End"), Start=[["End"]])),
    ),
    Case("WFL104", fires=(_n8n(1), _n8n(2)), near=(_n8n(1), _n8n(1, "Tidy"))),
    Case(
        "WFL105",
        fires=(machine("A", A=task("B"), B=task()), machine("A", A=task("Bee"), Bee=task())),
        near=(_n8n(), _n8n(name="Tidy")),
    ),
    Case(
        "WFL106",
        fires=(row("a", "b"), row("a", "b", b={"disabled": True})),
        near=(row("a", "b", b={"disabled": True}), row("a", "b")),
    ),
    Case(
        "WFL107",
        fires=(row("a", "b", b={"disabled": True}), row("a", "b")),
        near=(row("a", "b"), row("a", "b", b={"disabled": True})),
    ),
    Case(
        "WFL108",
        fires=(row("a", "c"), row("a", "b", "c")),
        near=(row("a", "c"), row("a", "mail", "c", mail=MAIL)),
    ),
    Case(
        "WFL109",
        fires=(row("a", "c"), row("a", "mail", "c", mail=MAIL)),
        near=(row("a", "c"), row("a", "mail", "c", mail={**MAIL, "disabled": True})),
    ),
    Case(
        "WFL110",
        fires=(row("a"), row("a", "b")),
        near=(row("a"), row("a", "c")),
        retired={"b": "send_sms"},
    ),
    Case(
        "WFL110",
        fires=(row("a"), row("a", "b")),
        near=(row("a"), row("a", "c")),
        retired={"b": "send_sms", "c": "add_tag"},
    ),
    Case("WFL111", fires=(row("a", "b", "c", "d"), row("a", "c", "d", "b")), near=(row("a", "b", "d"), row("a", "b", "c", "d"))),
    Case(
        "WFL112",
        fires=(_swapped("a", "wait", "mail", "b"), _swapped("a", "mail", "wait", "b")),
        near=(_swapped("a", "c", "mail", "b"), _swapped("a", "mail", "c", "b")),
    ),
    Case(
        "WFL113",
        fires=(_n8n(), _n8n(name="Tidy")),
        near=(machine("A", A=task("B"), B=task()), machine("A", A=task("Bee"), Bee=task())),
    ),
    Case(
        "WFL113",
        fires=(row("a", "b", b={"name": "Bee"}), row("a", "b", b={"name": "Wasp"})),
        near=(row("a", "b"), row("a", "b", b={"notes": "Wasp"})),
    ),
    Case(
        "WFL114",
        fires=(
            row("a", "b", b={"type": "start_workflow", "config": {"workflow": "sales"}}),
            row("a", "b", b={"type": "start_workflow", "config": {"workflow": "care"}}),
        ),
        near=(
            row("a", "b", b={"type": "start_workflow", "config": {"workflow": "sales"}}),
            row("a", "b", b={"type": "start_workflow", "config": {"workflow": "sales", "context": {"x": 1}}}),
        ),
    ),
    Case(
        "WFL114",
        fires=(
            n8n(node("Call", "n8n-nodes-base.executeWorkflow", parameters={"workflowId": "1"})),
            n8n(node("Call", "n8n-nodes-base.executeWorkflow", parameters={"workflowId": "2"})),
        ),
        near=(
            n8n(node("Call", "n8n-nodes-base.set", parameters={"workflowId": "1"})),
            n8n(node("Call", "n8n-nodes-base.set", parameters={"workflowId": "2"})),
        ),
    ),
    Case("WFL115", fires=(row(*TEN), row(*TEN[:6])), near=(row(*TEN), row(*TEN[:7]))),
    Case("WFL115", fires=(row(*TEN), row(*TEN[:6])), near=(row(*TEN[:9]), row(*TEN[:3]))),
)
