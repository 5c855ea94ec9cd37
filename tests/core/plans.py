"""Graphs, mappings and plans for tests, each in a line or two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import parse
from wflgit.core.identity import compatible
from wflgit.core.mapping import Destination, Origin, Placement, Way
from wflgit.core.plan import Plan, Side, WaitPolicy, make_plan
from wflgit.core.plan_checks import parse_rules
from wflgit.core.records import ExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wflgit.core.graph import Graph

SOURCE = Side(6, "c" * 40, "b" * 40)
TARGET = Side(7, "d" * 40, "e" * 40)


def native(*ids: str, start: str | None = None, disabled: Collection[str] = (), **configs: Any) -> Graph:
    """Steps one after the other: `wait…` waits a day or as its config says, `mail…` sends an e-mail, every other one adds a tag."""
    after = [*ids[1:], None]
    steps = {step: _native_step(step, configs.get(step), target) for step, target in zip(ids, after, strict=True)}
    for step in disabled:
        steps[step]["disabled"] = True
    document = {"name": "Welcome", "trigger": {"type": "manual"}, "start": start or ids[0], "steps": steps}
    return parse(json.dumps(document).encode()).graph


def _native_step(step: str, config: Any, target: str | None) -> dict[str, Any]:
    if step.startswith("wait"):
        return {"type": "wait", "config": config or {"duration": "P1D"}, "next": target}
    if step.startswith("mail"):
        return {"type": "send_email", "config": {"template": step}, "next": target}
    return {"type": "add_tag", "config": {"tag": step}, "next": target}


def machine(**states: Any) -> Graph:
    """A state machine: states one after the other, by name; a text is the type of a state."""
    return parse(json.dumps(chain(**states)).encode()).graph


def chain(**states: Any) -> dict[str, Any]:
    """The same as a document, to be a branch or the inside of a Map."""
    names = [*states]
    after = [*names[1:], None]
    return {
        "StartAt": names[0],
        "States": {name: _state(states[name], following) for name, following in zip(names, after, strict=True)},
    }


def _state(state: Any, following: str | None) -> dict[str, Any]:
    way = {"End": True} if following is None else {"Next": following}
    state = {"Type": state} if isinstance(state, str) else state
    return {**({"Resource": "x"} if state["Type"] == "Task" else {}), **state, **way}


def parallel(*branches: dict[str, Any]) -> dict[str, Any]:
    """A state that does all branches."""
    return {"Type": "Parallel", "Branches": [*branches]}


def each(inside: dict[str, Any]) -> dict[str, Any]:
    """A state that does the inside for each item."""
    return {"Type": "Map", "ItemProcessor": inside}


def place(source: Graph, target: Graph, rules: Mapping[str, Destination], renamed: Mapping[str, str]) -> tuple[Placement, ...]:
    """Map by rule, by a rename that is known, or by id and type; nothing else is recognised."""
    return tuple(_place(source, target, step, rules, renamed) for step in source.steps)


def _place(source: Graph, target: Graph, step: str, rules: Mapping[str, Destination], renamed: Mapping[str, str]) -> Placement:
    if step in rules:
        return Placement(step, rules[step], Origin.RULE)
    if step in renamed:
        return Placement(step, Destination(Way.CONTINUE, renamed[step]), Origin.RENAMED, 0.9)
    if step in target.steps and compatible(source.steps[step], target.steps[step]):
        return Placement(step, Destination(Way.CONTINUE, step), Origin.SAME)
    return Placement(step, None, Origin.UNMAPPED)


def plan(
    source: Graph,
    target: Graph,
    *rules: str,
    renamed: Mapping[str, str] = {},
    standing: Mapping[str, int | tuple[int, int]] = {},
    examples: Mapping[tuple[str, ExecutionStatus], tuple[int, ...]] = {},
    waits: Mapping[str, WaitPolicy] = {},
    wait: WaitPolicy = WaitPolicy.KEEP,
    placements: Sequence[Placement] | None = None,
    sides: tuple[Side, Side] = (SOURCE, TARGET),
) -> Plan:
    """Plan from `welcome@6` to `welcome@7`. `standing` says how many are at a step: active ones, or active and waiting ones."""
    said = parse_rules(rules, source.steps)
    counts: dict[tuple[str, ExecutionStatus], int] = {}
    for step, number in standing.items():
        active, waiting = (number, 0) if isinstance(number, int) else number
        counts |= {(step, ExecutionStatus.ACTIVE): active, (step, ExecutionStatus.WAITING): waiting}
    return make_plan(
        "welcome",
        *sides,
        (source, target),
        place(source, target, said, renamed) if placements is None else placements,
        counts=counts,
        examples=examples,
        waits=waits,
        wait=wait,
        rules=said,
    )


def logic_app(otherwise: dict[str, Any] | None = None, **actions: Any) -> Graph:
    """A Logic App that asks, and has actions inside of a condition."""
    inside = {"Approved": {"type": "If", "expression": {}, "actions": actions, "else": {"actions": otherwise or {}}}}
    document = {"triggers": {"Form": {"type": "Request"}}, "actions": inside, "contentVersion": "1.0.0.0"}
    return parse(json.dumps(document).encode()).graph
