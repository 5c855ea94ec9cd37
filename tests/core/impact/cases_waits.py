"""Cases of the rules about waits, and about the other times that steps keep."""

from __future__ import annotations

from typing import Any

from tests.core.impact.cases import Case
from tests.core.impact.documents import action, logic_app, machine, n8n, node, red, row, task, wired

MAIL = {"type": "send_email", "config": {"template": "again"}}


def waiting(**config: Any) -> Any:
    """A native workflow with a wait."""
    return row("hello", "wait", "bye", wait={"config": config})


def pausing(**parameters: Any) -> Any:
    """A workflow of n8n with a Wait."""
    begin = node("Begin", "n8n-nodes-base.manualTrigger")
    return n8n(begin, node("Pause", "n8n-nodes-base.wait", parameters=parameters), Begin=[["Pause"]])


def paused(**said: Any) -> Any:
    """A state machine with a Wait."""
    return machine("Pause", Pause={"Type": "Wait", "Next": "Do", **said}, Do=task())


def calling(**config: Any) -> Any:
    """A native workflow that calls another system."""
    return row("call", call={"type": "call_webhook", "config": {"url": "https://api.example.com", **config}})


def asking(name: str = "n8n-nodes-base.httpRequest", method: str = "POST", **said: Any) -> Any:
    """A workflow of n8n that makes a request."""
    return n8n(
        node("Begin", "n8n-nodes-base.manualTrigger"), node("Ask", name, parameters={"method": method}, **said), Begin=[["Ask"]]
    )


def delayed(timeout: str) -> Any:
    """A tab of Node-RED that holds messages back."""
    return red(hold=wired("delay", ["log"], pauseType="delay", timeout=timeout, timeoutUnits="minutes"), log=wired("debug"))


def approving(**said: Any) -> Any:
    """A Logic App that waits for an answer."""
    return logic_app(Approve=action(type_="ApiConnectionWebhook", **{"inputs": {"path": "/approve"}, **said}))


HOME = red(out=wired("mqtt out", topic="a", broker="b1"))
SERVER = {"id": "b1", "type": "mqtt-broker", "broker": "a.example.com", "timeout": 5}

CASES = (
    Case("WFL401", fires=(row("a", "wait", "b"), row("a", "b"), {"wait": 4}), near=(row("a", "b", "c"), row("a", "c"), {"b": 4})),
    Case(
        "WFL401",
        fires=(waiting(duration="P1D"), row("hello", "wait", "bye", wait={"config": {"duration": "P1D"}, "disabled": True})),
        near=(waiting(duration="P1D"), waiting(duration="P2D")),
    ),
    Case("WFL410", fires=(row("a", "b"), row("a", "wait", "b")), near=(row("a", "b"), row("a", "c", "b"))),
    Case(
        "WFL402",
        fires=(waiting(duration="P3D"), waiting(duration="P1D")),
        near=(waiting(duration="P1D"), waiting(duration="PT24H")),
    ),
    Case("WFL402", fires=(pausing(amount=5, unit="days"), pausing(amount=5, unit="hours")), near=(pausing(), pausing(amount=5))),
    Case("WFL402", fires=(paused(Seconds=60), paused(Seconds=10)), near=(paused(Seconds=60), paused(Seconds=61))),
    Case("WFL402", fires=(delayed("5"), delayed("1")), near=(delayed("1"), delayed("5"))),
    Case(
        "WFL403", fires=(waiting(duration="P1D"), waiting(duration="P3D")), near=(waiting(duration="P3D"), waiting(duration="P1D"))
    ),
    Case(
        "WFL403",
        fires=(waiting(until="2030-01-01T00:00:00Z"), waiting(until="2031-01-01T00:00:00Z")),
        near=(waiting(until="2030-01-01T00:00:00Z"), waiting(until="2030-01-01T01:00:00+01:00")),
    ),
    Case(
        "WFL404",
        fires=(waiting(duration="P1D"), waiting(event="email_opened")),
        near=(waiting(duration="P1D"), waiting(duration="P2D")),
    ),
    Case(
        "WFL405",
        fires=(waiting(event="email_opened"), waiting(event="booked")),
        near=(waiting(event="booked"), waiting(event="booked", timeout="P1D")),
    ),
    Case(
        "WFL405",
        fires=(waiting(until="{{contact.renewal}}"), waiting(until="{{contact.birthday}}")),
        near=(waiting(duration="P1D"), waiting(duration="P2D")),
    ),
    Case(
        "WFL406",
        fires=(waiting(event="a", timeout="P1D"), waiting(event="a")),
        near=(waiting(event="a"), waiting(event="a", timeout="P1D")),
    ),
    Case(
        "WFL406",
        fires=(approving(limit={"timeout": "P1D"}), approving()),
        near=(approving(limit={"timeout": "P1D"}), approving(limit={"timeout": "@parameters('days')"})),
    ),
    Case("WFL411", fires=(waiting(event="a"), waiting(event="a", timeout="P1D")), near=(waiting(event="a"), waiting(event="b"))),
    Case(
        "WFL407",
        fires=(waiting(duration="P1D"), waiting(until="2020-01-01T00:00:00Z")),
        near=(
            waiting(until="2020-01-01T00:00:00Z"),
            row("hello", "wait", "bye", wait={"config": {"until": "2020-01-01T00:00:00Z"}, "name": "A"}),
        ),
    ),
    Case(
        "WFL407",
        fires=(row("a"), row("a", "wait", wait={"config": {"until": "2020-01-01T00:00:00Z"}})),
        near=(row("a"), row("a", "wait")),
    ),
    Case(
        "WFL408",
        fires=(row("mail", mail={**MAIL, "config": {"template": "again", "quiet_hours": "22-7"}}), row("mail", mail=MAIL)),
        near=(row("mail", mail=MAIL), row("mail", mail={"type": "send_email", "config": {"template": "b"}})),
    ),
    Case("WFL409", fires=(asking(), asking(retryOnFail=True, maxTries=5)), near=(asking(), asking(onError="stop"))),
    Case(
        "WFL409",
        fires=(
            machine("A", A=task(Retry=[{"ErrorEquals": ["x"], "MaxAttempts": 1}])),
            machine("A", A=task(Retry=[{"ErrorEquals": ["x"], "MaxAttempts": 9}])),
        ),
        near=(
            machine("A", A=task(Retry=[{"ErrorEquals": ["x"], "Comment": "a"}])),
            machine("A", A=task(Retry=[{"ErrorEquals": ["x"]}], Comment="b")),
        ),
    ),
    Case(
        "WFL412",
        fires=(calling(timeout_s=10), calling(timeout_s=30)),
        near=(calling(timeout_s=10), calling(timeout_s=10, method="GET")),
    ),
    Case(
        "WFL412",
        fires=(waiting(event="a", timeout="P1D"), waiting(event="a", timeout="P2D")),
        near=(waiting(event="a", timeout="P1D"), waiting(event="a")),
    ),
    Case(
        "WFL412",
        fires=(machine("A", A=task()), {**machine("A", A=task()), "TimeoutSeconds": 60}),
        near=(machine("A", A=task()), {**machine("A", A=task()), "Comment": "b"}),
    ),
    Case(
        "WFL412",
        fires=([*HOME, SERVER], [*HOME, {**SERVER, "timeout": 9}]),
        near=(HOME, [*HOME, SERVER]),
    ),
)
