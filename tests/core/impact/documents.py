"""Small workflows of every format, and how to change them: what the cases of the rules are made of."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tests.builders import steps

Document = Any

MAIL = {"template": "welcome"}


def native(**changes: Any) -> Document:
    """A welcome workflow: a mail, a wait, a question with two branches and a goal; steps that are None are left out."""
    document: Document = {
        "name": "Welcome",
        "trigger": {"type": "contact_created", "config": {}},
        "start": "hello",
        "steps": {
            "hello": {"type": "send_email", "config": dict(MAIL), "next": "day"},
            "day": {"type": "wait", "config": {"duration": "P1D"}, "next": "ask"},
            "ask": {
                "type": "condition",
                "branches": [
                    {"label": "yes", "when": when("email.opened"), "next": "warm"},
                    {"label": "later", "when": when("email.bounced"), "next": "cold"},
                ],
                "otherwise": "cold",
            },
            "warm": {"type": "add_tag", "config": {"tag": "warm"}, "next": "hot"},
            "hot": {"type": "add_tag", "config": {"tag": "hot"}, "next": "won"},
            "cold": {"type": "add_tag", "config": {"tag": "cold"}, "next": None},
            "won": {"type": "goal", "next": None},
        },
    }
    for step, said in changes.items():
        if said is None:
            del document["steps"][step]
        else:
            document["steps"][step] = {**document["steps"].get(step, {}), **said}
    return document


def when(field: str) -> Document:
    """A condition on a field."""
    return {"field": field, "op": "eq", "value": True}


def without(document: Document, *path: Any) -> Document:
    """The document without what stands at a path."""
    found = deepcopy(document)
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return found


def with_(document: Document, value: Any, *path: Any) -> Document:
    """The document with a value at a path."""
    found = deepcopy(document)
    holder = found
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return found


def branches(*labels: str) -> Document:
    """Branches of `ask`, in this order: `yes` leads to `warm`, all others to `cold`."""
    return [{"label": label, "when": when(f"email.{label}"), "next": "warm" if label == "yes" else "cold"} for label in labels]


def split(*weights: int) -> Document:
    """A split that leads to one step by each of its shares."""
    labels = "abcdef"[: len(weights)]
    tagged = {f"tag_{label}": {"type": "add_tag", "config": {"tag": label}, "next": None} for label in labels}
    shared = [{"label": label, "weight": weight, "next": f"tag_{label}"} for label, weight in zip(labels, weights, strict=True)]
    return {
        "name": "Half",
        "trigger": {"type": "contact_created", "config": {}},
        "start": "half",
        "steps": {"half": {"type": "split", "branches": shared}, **tagged},
    }


def row(*ids: str, **changes: Any) -> Document:
    """Native steps one after the other, with some of them changed."""
    document = steps(*ids, name="Row")
    for step, said in changes.items():
        document["steps"][step] = {**document["steps"].get(step, {}), **said}
    return document


def goals(*said: Document) -> Document:
    """A native workflow with these goals."""
    return {**row("hello", "wait", "bye"), "goals": [*said]}


def booked(**changes: Any) -> Document:
    """A goal of a native workflow."""
    return {"id": "booked", "event": "appointment_booked", "config": {}, "next": None, **changes}


def n8n(*nodes: Document, **connections: Any) -> Document:
    """A workflow of n8n: steps by name and type, and where the outputs of each lead, by name with `_` for a blank."""
    listed = [{"parameters": {}, "typeVersion": 1, "position": [0, 0], "id": f"key-{node['name']}", **node} for node in nodes]
    return {
        "name": "Lead",
        "nodes": listed,
        "connections": {
            source.replace("_", " "): {
                "main": [[{"node": target, "type": "main", "index": 0} for target in targets] for targets in outputs]
            }
            for source, outputs in connections.items()
        },
    }


def node(name: str, type_: str = "n8n-nodes-base.set", **more: Any) -> Document:
    """A step of n8n."""
    return {"name": name, "type": type_, **more}


def machine(start: str, **states: Document) -> Document:
    """A definition in Amazon States Language."""
    return {"StartAt": start, "States": states}


def task(following: str | None = None, **more: Any) -> Document:
    """A task of it."""
    way = {"End": True} if following is None else {"Next": following}
    return {"Type": "Task", "Resource": "arn:aws:lambda:eu-central-1:1:function:work", **way, **more}


def parallel(*names: str, following: str | None = None) -> Document:
    """A state that does one task in each of its branches, by its name."""
    way = {"End": True} if following is None else {"Next": following}
    return {"Type": "Parallel", "Branches": [machine(name, **{name: task()}) for name in names], **way}


def logic_app(**actions: Document) -> Document:
    """A definition of Logic Apps that starts by a request."""
    return {
        "definition": {
            "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
            "triggers": {"manual": {"type": "Request", "kind": "Http"}},
            "actions": actions,
        }
    }


def action(*before: str, type_: str = "Compose", **more: Any) -> Document:
    """An action that goes after others."""
    return {"type": type_, "inputs": "x", "runAfter": {name: ["Succeeded"] for name in before}, **more}


def red(**nodes: Document) -> Document:
    """A tab of Node-RED: steps by id."""
    tab = {"id": "tab", "type": "tab", "label": "Home"}
    return [tab, *({"id": id_, "z": "tab", "x": 1, "y": 1, **said} for id_, said in nodes.items())]


def wired(type_: str, *outputs: list[str], **more: Any) -> Document:
    """A step of Node-RED and where its outputs lead."""
    return {"type": type_, "wires": [*outputs], **more}
