"""Cases of the rules about what steps are told."""

from __future__ import annotations

from typing import Any

from tests.core.impact.cases import Case
from tests.core.impact.cases_waits import asking, calling
from tests.core.impact.documents import action, logic_app, machine, n8n, node, red, row, task, wired

TOKEN = "ghp_" + "a1B2" * 9


def mailing(**config: Any) -> Any:
    """A native workflow that sends a mail."""
    return row("mail", mail={"type": "send_email", "config": {"template": "hello", **config}})


def telling(*people: str) -> Any:
    """A native workflow that tells colleagues."""
    return row("tell", tell={"type": "notify_team", "config": {"text": "Look", "to": [*people]}})


def doing(type_: str = "own_type", **config: Any) -> Any:
    """A native workflow with a step of a type that nothing is known of."""
    return row("do", do={"type": type_, "config": config})


def acting(type_: str = "n8n-nodes-base.gmail", credentials: Any = None, **parameters: Any) -> Any:
    """A workflow of n8n with a step of that type."""
    said = {} if credentials is None else {"credentials": credentials}
    return n8n(node("Begin", "n8n-nodes-base.manualTrigger"), node("Act", type_, parameters=parameters, **said), Begin=[["Act"]])


def publishing(**given: Any) -> Any:
    """A state machine that publishes."""
    return machine(
        "Tell", Tell=task(Resource="arn:aws:states:::sns:publish", Parameters={"TopicArn": "arn:a", "Message": "m", **given})
    )


def requesting(**inputs: Any) -> Any:
    """A Logic App that makes a request."""
    return logic_app(Ask=action(type_="Http", inputs={"method": "POST", "uri": "https://api.example.com/a", **inputs}))


def connected(broker: str, **more: Any) -> Any:
    """A tab of Node-RED that publishes by a broker."""
    return [
        *red(out=wired("mqtt out", topic="a", broker="b1")),
        {"id": "b1", "type": "mqtt-broker", "broker": broker, **more},
    ]


CASES = (
    Case(
        "WFL501",
        fires=(mailing(), row("mail", mail={"type": "send_email", "config": {"subject": "Hi"}})),
        near=(mailing(subject="Hi"), mailing()),
    ),
    Case("WFL503", fires=(mailing(subject="Hi"), mailing(subject=5)), near=(mailing(subject="Hi"), mailing(subject="Ho"))),
    Case("WFL503", fires=(doing(size=5), doing(size="large")), near=(doing(size=5), doing(size=5.5))),
    Case("WFL504", fires=(mailing(), mailing(subjekt="Hi")), near=(doing(), doing(subjekt="Hi"))),
    Case("WFL505", fires=(calling(), calling(url="https://other.example.com")), near=(calling(), calling(timeout_s=5))),
    Case("WFL505", fires=(asking(method="GET"), asking(method="POST")), near=(asking(), asking(notes="n"))),
    Case(
        "WFL505",
        fires=(requesting(), requesting(uri="https://api.example.com/b")),
        near=(requesting(), requesting(headers={"X-A": "b"})),
    ),
    Case(
        "WFL505",
        fires=(connected("a.example.com"), connected("b.example.com")),
        near=(connected("a.example.com"), connected("a.example.com", keepalive=5)),
    ),
    Case(
        "WFL505",
        fires=(publishing(), publishing(QueueUrl="u")),
        near=(
            machine("A", A=task(Parameters={"outputs": {"uri": "a"}}, ResultSelector={"url.$": "$.a"})),
            machine("A", A=task(Parameters={"outputs": {"uri": "b"}}, ResultSelector={"url.$": "$.b"})),
        ),
    ),
    Case(
        "WFL505",
        fires=(red(a=wired("http request", url="a")), red(a=wired("http request", url="b"))),
        near=(red(a=wired("own", status={"wires": [{"port": 0}]})), red(a=wired("own", status={"wires": [{"port": 1}]}))),
    ),
    Case(
        "WFL506",
        fires=(publishing(ClientToken="a", **{"AccessToken.$": "$.a"}), publishing(ClientToken="a", **{"AccessToken.$": "$.b"})),
        near=(publishing(**{"TaskToken.$": "$$.Task.Token"}), publishing()),
    ),
    Case(
        "WFL506",
        fires=(acting(credentials={"gmail": {"id": "1", "name": "A"}}), acting(credentials={"gmail": {"id": "2", "name": "B"}})),
        near=(acting(credentials={"gmail": {"id": "1"}}), acting(credentials={"gmail": {"id": "1"}}, subject="a")),
    ),
    Case(
        "WFL506",
        fires=(acting(credentials={"gmail": {"name": "A"}}), acting(credentials={"gmail": {"name": "B"}})),
        near=(acting(credentials={"gmail": {"id": "1", "name": "A"}}), acting(credentials={"gmail": {"id": "1", "name": "B"}})),
    ),
    Case(
        "WFL506",
        fires=(calling(secret_headers={"A": {"secret": "ONE"}}), calling(secret_headers={"A": {"secret": "TWO"}})),
        near=(calling(headers={"X-A": "one"}), calling(headers={"X-A": "two"})),
    ),
    Case(
        "WFL507", fires=(doing(note="hello"), doing(note=f"use {TOKEN}")), near=(doing(note="hello"), doing(note="use ghp_token"))
    ),
    Case(
        "WFL507",
        fires=(doing(), doing(password="hunter22")),
        near=(doing(), doing(password="{{secrets.password}}", passwordField="hunter22")),
    ),
    Case(
        "WFL507",
        fires=(requesting(), requesting(authentication={"type": "Raw", "value": "c2VjcmV0"})),
        near=(requesting(), requesting(authentication={"type": "Raw", "value": "@parameters('key')"})),
    ),
    Case(
        "WFL507",
        fires=(requesting(), requesting(headers={"Authorization": "Bearer yourself"})),
        near=(requesting(headers={"Authorization": "Bearer YOUR_TOKEN"}), requesting(headers={"X-API-Key": "__KEY__"})),
    ),
    Case(
        "WFL507",
        fires=(row("a"), row("a", "do", do={"type": "x", "config": {"apiKey": "k-123456"}})),
        near=(row("a"), row("a", "do")),
    ),
    Case(
        "WFL507",
        fires=(connected("a"), connected("a", password="hunter22")),
        near=(connected("a", password="hunter22"), connected("b", password="hunter22")),
    ),
    Case(
        "WFL507",
        fires=(calling(), calling(secret_headers={"X-A": "hunter22"})),
        near=(calling(), calling(secret_headers={"X-A": {"secret": "HUNTER_22"}})),
    ),
    Case(
        "WFL514",
        fires=(doing(password="hunter22"), doing(password="{{secrets.password}}")),
        near=(doing(password="hunter22"), doing(token="hunter22")),
    ),
    Case("WFL508", fires=(mailing(), mailing(subject="Hi")), near=(doing(subject="Ho"), doing(subject="Hi"))),
    Case("WFL508", fires=(publishing(), publishing(Message="n")), near=(publishing(), publishing(MessageStructure="json"))),
    Case(
        "WFL508",
        fires=(acting(message="a"), acting(message="b")),
        near=(acting(operation="getAll", message="a"), acting(operation="getAll", message="b")),
    ),
    Case("WFL509", fires=(telling("ann"), telling("ann", "bob")), near=(doing(to="ann"), doing(to="bob"))),
    Case(
        "WFL509",
        fires=(acting(sendTo="a@example.com"), acting(sendTo="b@example.com")),
        near=(acting(fromEmail="a"), acting(fromEmail="b")),
    ),
    Case("WFL510", fires=(doing(overwrite=False), doing(overwrite=True)), near=(doing(overwrite=True), doing(overwrite=False))),
    Case(
        "WFL510",
        fires=(acting("x.sheets", operation="read"), acting("x.sheets", operation="delete")),
        near=(acting("x.a", operation="read"), acting("x.a", operation="undelete")),
    ),
    Case("WFL510", fires=(doing(), doing(truncate=True)), near=(doing(drop=False), doing(drop=True))),
    Case("WFL515", fires=(doing(force=True), doing()), near=(doing(), doing(force=True))),
    Case("WFL511", fires=(doing(idempotency_key="a"), doing(idempotency_key="b")), near=(doing(key="a"), doing(key="b"))),
    Case(
        "WFL512",
        fires=(
            machine("A", A={"Type": "Map", "MaxConcurrency": 5, "End": True}),
            machine("A", A={"Type": "Map", "MaxConcurrency": 9, "End": True}),
        ),
        near=(doing(current=5), doing(current=9)),
    ),
    Case(
        "WFL512",
        fires=(requesting(), requesting(runtimeConfiguration={"concurrency": {"repetitions": 5}})),
        near=(requesting(), requesting(runtimeConfiguration={"secureData": {"properties": ["inputs"]}})),
    ),
    Case(
        "WFL513",
        fires=(acting("n8n-nodes-base.code", jsCode="a\nb"), acting("n8n-nodes-base.code", jsCode="a\nc")),
        near=(doing(country_code="DE"), doing(country_code="AT")),
    ),
    Case(
        "WFL516",
        fires=(doing(colour="red"), doing(colour="blue")),
        near=(doing(url="https://a.example.com"), doing(url="https://b.example.com")),
    ),
    Case("WFL516", fires=(doing(), doing(colour="red")), near=(doing(colour=""), doing(colours=[]))),
    Case(
        "WFL516",
        fires=(row("wait", "b", wait={"config": {"duration": "P1D"}}), row("wait", "b", wait={"config": {"duration": "PT24H"}})),
        near=(row("wait", "b"), row("wait", "b", wait={"config": {"duration": "P2D"}})),
    ),
    Case(
        "WFL517",
        fires=({**acting(), "settings": {"callerPolicy": "any"}}, {**acting(), "settings": {"callerPolicy": "none"}}),
        near=({**row("a"), "description": "a"}, {**row("a"), "description": "b"}),
    ),
)
