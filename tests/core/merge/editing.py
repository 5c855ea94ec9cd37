"""Edits of definitions of any format, as somebody makes them in an editor: by chance, on the graph, written back."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from wflgit.core.formats import parse, write
from wflgit.core.graph import Edge, Graph, Step
from wflgit.errors import DefinitionError

Edit = Callable[[Graph, random.Random, str], Graph]


def edited(content: bytes, chance: random.Random, name: str, *, count: int = 1, edits: Iterable[Edit] = ()) -> bytes:
    """The definition after some edits; those that the format cannot say are passed over.

    Args:
        content: the definition.
        chance: what decides.
        name: a name of the editor, which new texts and steps bear.
        count: how many edits.
        edits: which kinds of edits; all if none are named.
    """
    kinds = [*edits] or EDITS
    for number in range(count):
        graph = parse(content).graph
        if not graph.steps:
            return content
        try:
            written = write(content, chance.choice(kinds)(graph, chance, f"{name}{number}"))
            parse(written)
        except DefinitionError:
            continue
        content = written
    return content


def change_config(graph: Graph, chance: random.Random, name: str) -> Graph:
    """Another value somewhere in the config of a step."""
    step = _any_step(graph, chance)
    return _with_step(graph, step._replace(config=_changed(step.config, chance, name)))


def add_field(graph: Graph, chance: random.Random, name: str) -> Graph:
    """Another field in the config of a step; now and then the same as the other editor's."""
    step = _any_step(graph, chance)
    return _with_step(graph, step._replace(config={**step.config, chance.choice([name, "note"]): name}))


def disable(graph: Graph, chance: random.Random, name: str) -> Graph:
    """A step that is passed through, or is not any more."""
    step = _any_step(graph, chance)
    return _with_step(graph, step._replace(disabled=not step.disabled))


def remove(graph: Graph, chance: random.Random, name: str) -> Graph:
    """A step less; what led to it leads to what comes after it."""
    step = _any_step(graph, chance)
    after = next((edge.target for edge in graph.outgoing.get(step.id, ()) if edge.target != step.id), None)
    edges = []
    for edge in graph.edges:
        if edge.source == step.id:
            continue
        if edge.target == step.id:
            if after is None and graph.format not in ("native", "asl"):
                continue
            edge = edge._replace(target=after)
        edges.append(edge)
    return replace(
        graph,
        steps={id_: other for id_, other in graph.steps.items() if id_ != step.id},
        edges=tuple(edges),
        start=after if graph.start == step.id else graph.start,
        triggers=tuple(trigger for trigger in graph.triggers if trigger.id != step.id),
        goals=tuple(replace(goal, target=after) if goal.target == step.id else goal for goal in graph.goals),
        uses=tuple(use for use in graph.uses if step.id not in (use.source, use.target)),
    )


def insert(graph: Graph, chance: random.Random, name: str) -> Graph:
    """A step more, in a way that there is."""
    ways = [(edge, edge.target) for edge in graph.edges if edge.target is not None and edge.target in graph.steps]
    if not ways:
        return graph
    way, target = chance.choice(ways)
    model = _any_step(graph, chance)
    if model.scope != graph.steps[way.source].scope or model.kind.value in ("condition", "parallel", "loop", "trigger"):
        return graph
    new = Step(f"{target.rpartition('/')[0] + '/' if '/' in target else ''}{name}", model.type, model.kind, model.config)
    new = new._replace(scope=graph.steps[target].scope, name=name if model.name is not None else None)
    led = [edge._replace(target=new.id) if edge is way else edge for edge in graph.edges]
    steps = {}
    for id_, step in graph.steps.items():
        steps[id_] = step
        if id_ == way.source:
            steps[new.id] = new
    return replace(graph, steps=steps, edges=(*led, Edge(new.id, "next", target)))


def lead_elsewhere(graph: Graph, chance: random.Random, name: str) -> Graph:
    """A way that leads to another step."""
    if not graph.edges:
        return graph
    way = chance.choice(graph.edges)
    scope = graph.steps[way.source].scope if way.source in graph.steps else None
    target = chance.choice([id_ for id_, step in graph.steps.items() if step.scope == scope] or [way.target])
    return replace(graph, edges=tuple(edge._replace(target=target) if edge is way else edge for edge in graph.edges))


def turn(graph: Graph, chance: random.Random, name: str) -> Graph:
    """The ways on from a step in another order."""
    source = chance.choice([*graph.outgoing] or [""])
    ways = [edge for edge in graph.edges if edge.source == source]
    chance.shuffle(ways)
    rest = iter(ways)
    return replace(graph, edges=tuple(next(rest) if edge.source == source else edge for edge in graph.edges))


def rename(graph: Graph, chance: random.Random, name: str) -> Graph:
    """A step that is called otherwise."""
    step = _any_step(graph, chance)
    if step.scope is not None or any(other.scope == step.id for other in graph.steps.values()):
        return graph
    new = step._replace(id=name, name=name if step.name is not None else None)
    return replace(
        graph,
        steps={new.id if id_ == step.id else id_: new if id_ == step.id else other for id_, other in graph.steps.items()},
        edges=tuple(_called(edge, step.id, name) for edge in graph.edges),
        uses=tuple(_called(edge, step.id, name) for edge in graph.uses),
        start=name if graph.start == step.id else graph.start,
        triggers=tuple(replace(each, id=name, start=name) if each.id == step.id else each for each in graph.triggers),
        goals=tuple(replace(goal, target=name) if goal.target == step.id else goal for goal in graph.goals),
    )


def set_anew(graph: Graph, chance: random.Random, name: str) -> Graph:
    """Another name, description, trigger or goal."""
    choice = chance.randrange(3)
    if choice == 0 or not (graph.triggers or graph.goals):
        return replace(graph, name=name, settings=_changed(graph.settings, chance, name) if graph.settings else graph.settings)
    if choice == 1 and graph.triggers:
        at = chance.randrange(len(graph.triggers))
        return replace(
            graph,
            triggers=tuple(
                replace(each, config={**each.config, "source": name}) if index == at else each
                for index, each in enumerate(graph.triggers)
            ),
        )
    return replace(graph, goals=tuple(replace(goal, event=name) for goal in graph.goals))


EDITS: list[Edit] = [
    change_config,
    change_config,
    add_field,
    disable,
    remove,
    insert,
    insert,
    lead_elsewhere,
    turn,
    rename,
    set_anew,
]


def _any_step(graph: Graph, chance: random.Random) -> Step:
    return chance.choice([*graph.steps.values()])


def _with_step(graph: Graph, step: Step) -> Graph:
    return replace(graph, steps={**graph.steps, step.id: step})


def _called(edge: Edge, was: str, name: str) -> Edge:
    label = name if edge.label == was and edge.target == was else edge.label
    return edge._replace(
        source=name if edge.source == was else edge.source, target=name if edge.target == was else edge.target, label=label
    )


def _changed(value: Any, chance: random.Random, name: str) -> Any:
    """The value with another value at one place of it."""
    if isinstance(value, dict) and value:
        key = chance.choice([*value])
        return {**value, key: _changed(value[key], chance, name)}
    if isinstance(value, list) and value:
        at = chance.randrange(len(value))
        return [_changed(item, chance, name) if index == at else item for index, item in enumerate(value)]
    if isinstance(value, bool) or value is None or isinstance(value, (int, float)):
        return chance.choice([0, 1, True, None, 1.0, 2])
    return f"{value} {name}" if isinstance(value, str) else value if isinstance(value, dict) else name
