"""Cases of the rules about triggers, and about who may come into a workflow."""

from __future__ import annotations

from typing import Any

from tests.core.impact.cases import Case
from tests.core.impact.documents import logic_app, n8n, node, red, row, wired, with_

ADULT = {"field": "contact.age", "op": "ge", "value": 18}
ELDER = {"field": "contact.age", "op": "ge", "value": 65}
GERMAN = {"field": "contact.country", "op": "eq", "value": "DE"}
SUBSCRIBED = {"field": "contact.unsubscribed", "op": "ne", "value": True}


def started(type_: str = "contact_created", **config: Any) -> Any:
    """A native workflow with a trigger."""
    return {**row("hello", "bye"), "trigger": {"type": type_, "config": config}}


def started_by_all(*types: str) -> Any:
    """A native workflow with several triggers."""
    found = {**row("hello", "bye"), "triggers": [{"type": type_, "config": {}} for type_ in types]}
    del found["trigger"]
    return found


def called(type_: str = "n8n-nodes-base.webhook", *, disabled: bool = False, **parameters: Any) -> Any:
    """A workflow of n8n that begins with a step of that type."""
    trigger = node("Begin", type_, parameters=parameters, **({"disabled": True} if disabled else {}))
    return n8n(trigger, node("Next"), Begin=[["Next"]])


def every(**rule: Any) -> Any:
    """A workflow of n8n that starts on a schedule."""
    return called("n8n-nodes-base.scheduleTrigger", rule={"interval": [rule]})


def recurring(frequency: str, interval: int = 1) -> Any:
    """A Logic App that starts on a schedule."""
    recurrence = {"type": "Recurrence", "recurrence": {"frequency": frequency, "interval": interval}}
    return with_(logic_app(), {"often": recurrence}, "definition", "triggers")


def ticking(**said: Any) -> Any:
    """A tab of Node-RED that starts by the clock."""
    return red(tick=wired("inject", ["log"], **said), log=wired("debug"))


CASES = (
    Case("WFL301", fires=(started(), started("form_submitted", form="f")), near=(started(), started(source="web"))),
    Case("WFL301", fires=(called(), called("n8n-nodes-base.formTrigger")), near=(called(), called(path="a"))),
    Case(
        "WFL302",
        fires=(started_by_all("contact_created", "tag_added"), started_by_all("contact_created")),
        near=(started(), started("tag_added", tag="a")),
    ),
    Case(
        "WFL316",
        fires=(started_by_all("contact_created"), started_by_all("contact_created", "tag_added")),
        near=(started_by_all("tag_added", "contact_created"), started_by_all("contact_created", "tag_added")),
    ),
    Case("WFL303", fires=(started(source="web"), started()), near=(started(), started(source="web"))),
    Case(
        "WFL303",
        fires=(started("x", filter={"all": [ADULT, GERMAN]}), started("x", filter=GERMAN)),
        near=(started("x", filter={"all": [ADULT, GERMAN]}), started("x", filter={"all": [GERMAN, ADULT]})),
    ),
    Case("WFL303", fires=(started("x", events=["push"]), started("x", events=["push", "fork"])), near=(started("x"), started("y"))),
    Case("WFL304", fires=(started("x", filter=ADULT), started("x", filter=ELDER)), near=(started("x"), started("x", about=ADULT))),
    Case(
        "WFL304",
        fires=(started("purchase_made"), started("purchase_made", min_amount=5)),
        near=(started("purchase_made", min_amount=5), started("purchase_made", min_amount=4)),
    ),
    Case("WFL317", fires=(started(source="web"), started(source="app")), near=(started(source="web"), started())),
    Case(
        "WFL317", fires=(started("x", filter=ADULT), started("x", filter=GERMAN)), near=(started("x"), started("x", filter=ADULT))
    ),
    Case("WFL305", fires=(started("x"), started("x", allow_reentry=True)), near=(started("x"), started("x", allow_reentry=False))),
    Case(
        "WFL306",
        fires=(started("x", reEnrollment="always"), started("x", reEnrollment="never")),
        near=(started("x", reEnrollment="never"), started("x", reEnrollment="always")),
    ),
    Case(
        "WFL307",
        fires=(started("schedule", cron="0 9 * * *"), started("schedule", cron="0 * * * *")),
        near=(started("date_reached", field="a.b"), started("date_reached", field="a.c")),
    ),
    Case("WFL307", fires=(every(field="hours"), every(field="minutes")), near=(called(path="a"), called(path="b"))),
    Case("WFL307", fires=(recurring("Day"), recurring("Hour")), near=(recurring("Day"), logic_app())),
    Case("WFL307", fires=(ticking(repeat="60"), ticking(repeat="5")), near=(ticking(topic="a"), ticking(topic="b"))),
    Case(
        "WFL307",
        fires=(
            {**every(field="days"), "settings": {"timezone": "UTC"}},
            {**every(field="days"), "settings": {"timezone": "Asia/Tokyo"}},
        ),
        near=({**called(), "settings": {"timezone": "UTC"}}, {**called(), "settings": {"timezone": "Asia/Tokyo"}}),
    ),
    Case(
        "WFL308", fires=(started("x", exclude_lists=["a", "b"]), started("x", exclude_lists=["a"])), near=(started("x"), started())
    ),
    Case(
        "WFL308",
        fires=(started("x", filter={"all": [ADULT, SUBSCRIBED]}), started("x", filter=ADULT)),
        near=(started("x", filter={"all": [ADULT, GERMAN]}), started("x", filter=ADULT)),
    ),
    Case(
        "WFL308",
        fires=(
            row("mail", mail={"type": "send_email", "config": {"template": "a", "suppression": "all"}}),
            row("mail", mail={"type": "send_email", "config": {"template": "a"}}),
        ),
        near=(row("tag", tag={"config": {"tag": "a", "exclude": "b"}}), row("tag", tag={"config": {"tag": "a"}})),
    ),
    Case(
        "WFL308",
        fires=(started("x"), started("x", ignore_unsubscribes=True)),
        near=(started("x", ignore_unsubscribes=True), started("x")),
    ),
    Case("WFL318", fires=(started("x"), started("x", excluded=["a"])), near=(started("x", excluded=["a"]), started("x"))),
    Case(
        "WFL309",
        fires=(started("x", max_per_hour=9), started("x")),
        near=(started("x", max_per_hour=9), started("x", max_per_hour=8)),
    ),
    Case("WFL319", fires=(started("x"), started("x", rateLimit=9)), near=(started("x", rateLimit=9), started("x", rateLimit=8))),
    Case(
        "WFL310",
        fires=(called(path="a"), called(path="b")),
        near=(called(path="a", options={}), called(path="a", options={"x": 1})),
    ),
    Case(
        "WFL310",
        fires=(started("webhook_received", path="a"), started("webhook_received", path="b")),
        near=(started("x", path="a"), started("x", path="b")),
    ),
    Case(
        "WFL312", fires=(started("x"), started("x", enroll_existing=True)), near=(started("x", enroll_existing=True), started("x"))
    ),
    Case("WFL313", fires=(called(), called(disabled=True)), near=(called(disabled=True), called())),
    Case("WFL314", fires=(called(disabled=True), called()), near=(called(), called(disabled=True))),
    Case(
        "WFL315", fires=({**called(), "active": True}, {**called(), "active": False}), near=({**called(), "active": True}, called())
    ),
    Case(
        "WFL321", fires=({**called(), "active": False}, {**called(), "active": True}), near=(called(), {**called(), "active": True})
    ),
    Case("WFL320", fires=(started("x", pace="a"), started("x", pace="b")), near=(started("x", source="a"), started("x"))),
)
