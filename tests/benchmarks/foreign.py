"""Workflows as other tools export them, of a given size; every text, name and id is made up by counting."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

_CODE = """const found = items.filter((item) => item.json.score > 10);
return found.map((item) => ({ json: { ...item.json, seen: true } }));
"""


def n8n(steps: int) -> bytes:
    """An n8n export: a webhook, then requests, code and conditions in turn, 0.5 KB a step."""
    names = ["Webhook", *(f"{_N8N[number % 3][0]} {number}" for number in range(1, steps))]
    nodes = [
        {
            "parameters": _N8N[number % 3][2] if number else {"path": "lead", "options": {}},
            "id": f"{number:08x}-0000-4000-8000-{number:012x}",
            "name": name,
            "type": f"n8n-nodes-base.{_N8N[number % 3][1] if number else 'webhook'}",
            "typeVersion": 2,
            "position": [220 * number, 300],
        }
        for number, name in enumerate(names)
    ]
    links = {name: {"main": [[{"node": after, "type": "main", "index": 0}]]} for name, after in pairwise(names)}
    document = {"name": "Leads", "nodes": nodes, "connections": links, "active": True, "settings": {"executionOrder": "v1"}}
    document |= {"versionId": "0" * 8, "id": "a1", "meta": {"instanceId": "0" * 64}, "tags": [], "pinData": {}}
    return json.dumps(document, indent=2).encode()


_HEADERS = {"parameters": [{"name": "Accept", "value": "application/json"}, {"name": "X-Trace", "value": "={{ $json.id }}"}]}
_RULE = {"id": "1", "leftValue": "={{ $json.score }}", "rightValue": 10, "operator": {"type": "number", "operation": "gt"}}
_N8N: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Ask", "httpRequest", {"url": "https://example.com/leads", "sendHeaders": True, "headerParameters": _HEADERS, "options": {}}),
    ("Sort", "code", {"jsCode": _CODE}),
    ("Warm", "if", {"conditions": {"options": {"version": 2}, "conditions": [_RULE], "combinator": "and"}, "options": {}}),
)


def logic_app(steps: int) -> bytes:
    """A playbook in an ARM template: requests one after the other, every fourth a condition with one inside, 0.6 KB a step."""
    actions: dict[str, Any] = {}
    before: dict[str, list[str]] = {}
    for number in range(steps):
        name = f"Action_{number}"
        actions[name] = {**_action(number), "runAfter": before}
        before = {name: ["Succeeded"]}
    definition = {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"$connections": {"defaultValue": {}, "type": "Object"}},
        "triggers": {"Incident": {"type": "ApiConnectionWebhook", "inputs": {"path": "/incident-creation"}}},
        "actions": actions,
    }
    workflow = {"type": "Microsoft.Logic/workflows", "apiVersion": "2017-07-01", "name": "Playbook"}
    document = {
        "contentVersion": "1.0.0.0",
        "resources": [{**workflow, "properties": {"state": "Enabled", "definition": definition}}],
    }
    return json.dumps(document, indent=4).encode("utf-8-sig")


def _action(number: int) -> dict[str, Any]:
    host = {"connection": {"name": "@parameters('$connections')['mail']['connectionId']"}}
    body = {"to": "team@example.com", "subject": f"Incident @{{triggerBody()?['number']}} at {number}", "importance": "Normal"}
    mail = {"type": "ApiConnection", "inputs": {"host": host, "method": "post", "path": "/v2/Mail", "body": body}}
    if number % 4 != 3:
        return mail
    test = {"and": [{"equals": ["@triggerBody()?['severity']", "High"]}, {"greater": ["@variables('count')", number]}]}
    return {"type": "If", "expression": test, "actions": {f"Inside_{number}": {**mail, "runAfter": {}}}, "else": {"actions": {}}}


def node_red(steps: int, edit: int = 0) -> bytes:
    """A Node-RED file of many tabs, about 1 KB a step; another edit changes a few functions, adds steps and moves others about."""
    items: list[dict[str, Any]] = [
        {"id": f"tab{tab:013x}", "type": "tab", "label": f"Room {tab}"} for tab in range(steps // 40 + 1)
    ]
    items.append({"id": "b" * 16, "type": "mqtt-broker", "name": "Broker", "broker": "mqtt.example.com", "port": "1883"})
    items += [_step(number, steps + edit, edit) for number in range(steps + edit)]
    random.Random(edit // 10).shuffle(items)
    return json.dumps(items, indent=4).encode()


def _step(number: int, count: int, edit: int) -> dict[str, Any]:
    after = [[f"{number + 1:016x}"]] if number % 40 != 39 and number + 1 < count else [[]]
    place = {"z": f"tab{number // 40:013x}", "x": 100 + 10 * (edit % 7), "y": 60 * (number % 40)}
    step: dict[str, Any] = {"id": f"{number:016x}", "type": "function", "name": f"Step {number}", **place, "wires": after}
    if number % 40 == 0:
        return {**step, "type": "mqtt in", "topic": f"home/room{number}/motion", "qos": "2", "broker": "b" * 16}
    changed = f"// {edit}\n" if number % 97 == edit % 97 else ""
    return {
        **step,
        "func": changed + _CODE * (1 + number % 9),
        "outputs": 1,
        "noerr": 0,
        "initialize": "",
        "finalize": "",
        "libs": [],
    }
