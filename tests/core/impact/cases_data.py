"""Cases of the rules about variables and results."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.core.impact.cases import Case

Document = dict[str, Any]


def native(*steps: tuple[str, Any]) -> Document:
    """Steps one after the other, by id: a text is the template of a message, a dict a whole step."""
    ids = [id_ for id_, _ in steps]
    following = dict(zip(ids, [*ids[1:], None], strict=True))
    return {
        "name": "Welcome",
        "trigger": {"type": "contact_created", "config": {}},
        "start": ids[0],
        "steps": {
            id_: said | {"next": said.get("next", following[id_])} if isinstance(said, dict) else message(said, following[id_])
            for id_, said in steps
        },
    }


def message(text: str, following: str | None) -> Document:
    """A step that sends a text."""
    return {"type": "send_sms", "config": {"text": text}, "next": following}


def sets(name: str, value: Any = 0, **more: Any) -> Document:
    """A step that sets a variable."""
    return {"type": "set_variable", "config": {"name": name, "value": value}, **more}


WAIT = {"type": "wait", "config": {"duration": "P1D"}}


def n8n(*names: str, expression: str = "", without: tuple[tuple[str, str], ...] = (), **more: Any) -> Document:
    """Steps of n8n one after the other; the last one has the expression."""
    ways = [*pairwise(names)]
    return {
        "nodes": [
            {
                "name": name,
                "type": "n8n-nodes-base.webhook" if name == names[0] else "n8n-nodes-base.set",
                "position": [0, 0],
                "parameters": {"text": f"={{{{ {expression} }}}}"} if expression and name == names[-1] else {},
                **more.get(name, {}),
            }
            for name in names
        ],
        "connections": {
            one: {"main": [[{"node": other, "type": "main", "index": 0}]]} for one, other in ways if (one, other) not in without
        },
    }


def asl(**states: Document) -> Document:
    """States one after the other."""
    names = [*states]
    ways = [{"Next": name} for name in names[1:]] + [{"End": True}]
    return {
        "StartAt": names[0],
        "States": {name: {"Type": "Pass", **state, **way} for (name, state), way in zip(states.items(), ways, strict=True)},
    }


def logicapps(**actions: Document) -> Document:
    """Actions one after the other."""
    names = [*actions]
    after: list[Document] = [{}, *({name: ["Succeeded"]} for name in names[:-1])]
    return {
        "contentVersion": "1.0.0.0",
        "triggers": {"manual": {"type": "Request"}},
        "actions": {name: {**said, "runAfter": before} for (name, said), before in zip(actions.items(), after, strict=True)},
    }


def initialise(name: str) -> Document:
    """An action that makes a variable."""
    return {"type": "InitializeVariable", "inputs": {"variables": [{"name": name, "type": "string"}]}}


def compose(text: str) -> Document:
    """An action that reads what an expression says."""
    return {"type": "Compose", "inputs": text}


def nodered(*elements: Document) -> list[Document]:
    """Elements of one tab, each wired to the next."""
    ids = [element["id"] for element in elements]
    wires = [[[id_]] for id_ in ids[1:]] + [[[]]]
    return [{"id": "tab", "type": "tab"}, *({"z": "tab", "wires": way, **one} for one, way in zip(elements, wires, strict=True))]


def function(id_: str, code: str) -> Document:
    """A step of Node-RED with code."""
    return {"id": id_, "type": "function", "func": code}


START = {"id": "go", "type": "inject"}
OPENED = {"label": "yes", "when": {"field": "email.opened", "op": "eq", "value": True}}
ASK = {"type": "condition", "branches": [OPENED | {"next": "set"}], "otherwise": "use"}
READ = ("use", "round {{round + 1}}")


def _asking(*steps: tuple[str, Any]) -> Document:
    """The same after a question that leads to its step `set` or straight to `use`."""
    document = native(("ask", {}), *steps)
    return document | {"steps": document["steps"] | {"ask": ASK}}


CASES: tuple[Case, ...] = (
    # The step that sets it is gone; and the step that read it with it.
    Case(
        "WFL601",
        fires=(native(("set", sets("round")), READ), native(READ)),
        near=(native(("set", sets("round")), READ), native(("use", "round"))),
    ),
    # It sets another variable; and the same one in another step.
    Case(
        "WFL601",
        fires=(native(("set", sets("round")), READ), native(("set", sets("turn")), READ)),
        near=(native(("set", sets("round")), READ), native(("put", sets("round")), READ)),
    ),
    # It is behind now; and farther ahead.
    Case(
        "WFL601",
        fires=(native(("set", sets("round")), ("hi", "hi"), READ), native(("hi", "hi"), READ, ("set", sets("round")))),
        near=(native(("set", sets("round")), ("hi", "hi"), READ), native(("hi", "hi"), ("set", sets("round")), READ)),
    ),
    # It is disabled, and somebody asks whether the variable is there.
    Case(
        "WFL601",
        fires=(native(("set", sets("round")), READ), native(("set", sets("round", disabled=True)), READ)),
        near=(
            native(("set", sets("round")), READ),
            _asking(("set", sets("round", disabled=True)), READ)
            | {
                "steps": native(("set", sets("round", disabled=True)), READ)["steps"]
                | {"ask": ASK | {"branches": [{"label": "yes", "when": {"field": "round", "op": "exists"}, "next": "use"}]}},
                "start": "ask",
            },
        ),
    ),
    Case(
        "WFL601",
        fires=(n8n("In", "Get", "Use", expression="$('Get').item.json.x"), n8n("In", "Use", expression="$('Get').item.json.x")),
        near=(n8n("In", "Get", "Use", expression="$('Get').item.json.x"), n8n("In", "Use", expression="$('In').item.json.x")),
    ),
    Case(
        "WFL601",
        fires=(
            n8n("In", "Get", "Use", expression="$('Get').item.json.x"),
            n8n("In", "Get", "Use", expression="$('Get').item.json.x", Get={"disabled": True}),
        ),
        near=(
            n8n("In", "Get", "Use", expression="$('Get').isExecuted ? $('Get').item.json.x : 1"),
            n8n("In", "Get", "Use", expression="$('Get').isExecuted ? $('Get').item.json.x : 1", Get={"disabled": True}),
        ),
    ),
    Case(
        "WFL601",
        fires=(
            asl(Set={"Assign": {"lead": 1}}, Use={"Parameters": {"x.$": "$lead.name"}}),
            asl(Set={"Assign": {"other": 1}}, Use={"Parameters": {"x.$": "$lead.name"}}),
        ),
        near=(
            asl(Set={"Assign": {"lead": 1}}, Use={"QueryLanguage": "JSONata", "Output": "{% ($lead := 1; $lead) %}"}),
            asl(Set={"Assign": {"other": 1}}, Use={"QueryLanguage": "JSONata", "Output": "{% ($lead := 1; $lead) %}"}),
        ),
    ),
    # What a state puts into the payload; and the same behind a state that replaces all of it.
    Case(
        "WFL601",
        fires=(
            asl(Get={"Type": "Task", "ResultPath": "$.lead"}, Use={"Parameters": {"x.$": "$.lead.name"}}),
            asl(Use={"Parameters": {"x.$": "$.lead.name"}}),
        ),
        near=(
            asl(Get={"Type": "Task", "ResultPath": "$.lead"}, Use={"Parameters": {"x.$": "$.lead.name"}}),
            asl(All={"Type": "Task"}, Use={"Parameters": {"x.$": "$.lead.name"}}),
        ),
    ),
    Case(
        "WFL601",
        fires=(
            logicapps(Init=initialise("n"), Use=compose("@variables('n')")),
            logicapps(Init=initialise("m"), Use=compose("@variables('n')")),
        ),
        near=(
            logicapps(Init=initialise("n"), Use=compose("@variables('n')")),
            logicapps(First=initialise("n"), Use=compose("@variables('n')")),
        ),
    ),
    Case(
        "WFL601",
        fires=(
            logicapps(Get=compose("a"), Mid=compose("b"), Use=compose("@outputs('Get')")),
            logicapps(Mid=compose("b"), Use=compose("@outputs('Get')"), Get=compose("a")),
        ),
        near=(
            logicapps(Get=compose("a"), Mid=compose("b"), Use=compose("@outputs('Get')")),
            logicapps(Mid=compose("b"), Get=compose("a"), Use=compose("@outputs('Get')")),
        ),
    ),
    # Nobody sets it any more; and somebody sets it, though not before it is read.
    Case(
        "WFL601",
        fires=(
            nodered(START, function("set", "flow.set('n', 1)"), function("use", "msg.n = flow.get('n')")),
            nodered(START, function("set", "return msg"), function("use", "msg.n = flow.get('n')")),
        ),
        near=(
            nodered(START, function("set", "flow.set('n', 1)"), function("use", "msg.n = flow.get('n')")),
            nodered(START, function("use", "msg.n = flow.get('n')"), function("set", "flow.set('n', 1)")),
        ),
    ),
    # A question before it leads past it; and one behind it does not.
    Case(
        "WFL603",
        fires=(native(("set", sets("round")), READ), _asking(("set", sets("round")), READ)),
        near=(
            native(("set", sets("round")), READ),
            native(("set", sets("round")), ("ask", {}), ("hi", "hi"), READ)
            | {
                "steps": native(("set", sets("round")), ("ask", {}), ("hi", "hi"), READ)["steps"]
                | {"ask": ASK | {"branches": [OPENED | {"next": "hi"}]}}
            },
        ),
    ),
    # A second trigger starts behind it; and at it.
    Case(
        "WFL603",
        fires=(
            n8n("In", "Get", "Use", expression="$('In').item.json.x"),
            n8n("In", "Get", "Use", expression="$('In').item.json.x")
            | {
                "nodes": [
                    *n8n("In", "Get", "Use", expression="$('In').item.json.x")["nodes"],
                    {"name": "Daily", "type": "n8n-nodes-base.scheduleTrigger", "position": [0, 0], "parameters": {}},
                ],
                "connections": {
                    **n8n("In", "Get", "Use")["connections"],
                    "Daily": {"main": [[{"node": "Get", "type": "main", "index": 0}]]},
                },
            },
        ),
        near=(
            n8n("In", "Get", "Use", expression="$('In').item.json.x"),
            n8n("In", "Get", "More", "Use", expression="$('In').item.json.x"),
        ),
    ),
    # It is set and read anew, behind and ahead of a wait; and both ahead of it.
    Case(
        "WFL604",
        fires=(
            native(("hi", "hi"), ("wait", WAIT), ("use", "hi")),
            native(("set", sets("round")), ("hi", "hi"), ("wait", WAIT), READ),
        ),
        near=(
            native(("wait", WAIT), ("hi", "hi")),
            native(("wait", WAIT), ("hi", "hi"), ("set", sets("round")), ("say", "{{round}}")),
        ),
    ),
    # It is renamed everywhere, with a wait between; and with nothing between.
    Case(
        "WFL605",
        fires=(
            native(("set", sets("round")), ("wait", WAIT), READ),
            native(("set", sets("turn")), ("wait", WAIT), ("use", "round {{turn + 1}}")),
        ),
        near=(
            native(("set", sets("round")), ("wait", WAIT), READ),
            native(("set", sets("turn")), ("wait", WAIT), ("use", "no round")),
        ),
    ),
)
