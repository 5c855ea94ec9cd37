"""Comparing two versions of a workflow, beside a minimal comparison by keys and beside DeepDiff."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from deepdiff import DeepDiff

from tests.benchmarks.harness import Bench, Contestant, Row, Sense, race
from tests.benchmarks.material import definition
from wflgit.core.diff import Comparison, compare
from wflgit.core.formats import parse
from wflgit.core.graph import Graph
from wflgit.core.telling import list_changes

TITLE = "Comparing"

Keyed = tuple[Mapping[Any, Any], Mapping[Any, Any]]


def measure(bench: Bench) -> Iterator[Row]:
    """Measure which steps and edges differ, the same with every field, and all that was done, for three sizes."""
    for steps in (50, 200, bench.size(1_000)):
        pair = json.loads(definition(0, steps=steps)), touched(json.loads(definition(0, steps=steps)))
        old, new = (parse(json.dumps(document).encode()).graph for document in pair)
        before, after = keyed(old), keyed(new)
        calls = max(1, 2_000 // steps)
        ours, detailed, told, floor, deep = race(
            Contestant("wflgit", partial(compare, old, new), calls=calls),
            Contestant("wflgit", partial(with_fields, old, new), calls=calls),
            Contestant("wflgit", partial(with_changes, old, new), calls=calls),
            Contestant("a comparison by keys", partial(by_keys, before, after), calls=calls),
            Contestant("that and DeepDiff of the configs that differ", partial(by_keys_and_fields, before, after)),
            rounds=bench.rounds(40),
        )
        yield Row(f"which of {steps:,} steps and their ways differ", ours, floor, goal=3)
        yield Row(f"the same of {steps:,} steps, with every field", detailed, deep, goal=1.3)
        yield Row(f"what was done to {steps:,} steps", told, floor)
    ours, whole = race(
        Contestant("wflgit", partial(with_fields, old, new)),
        Contestant("DeepDiff(ignore_order=True) of the documents", partial(unordered, *map(listed, pair))),
        rounds=3,
    )
    yield Row(f"every field of {steps:,} steps that differs", ours, whole, sense=Sense.GAIN, goal=50)


def unordered(old: Any, new: Any) -> object:
    """What DeepDiff is for where steps are in a list."""
    return DeepDiff(old, new, ignore_order=True)


def touched(document: dict[str, Any]) -> dict[str, Any]:
    """A document of which every tenth step is touched: most are edited; behind others a step is inserted or taken out."""
    steps = {**document["steps"]}
    for number, id_ in enumerate([*steps][5:-5:10]):
        step, after = steps[id_], steps[id_].get("next")
        if "next" not in step or number % 10 < 6:
            steps[id_] = {**step, "name": f"Edited {number}", "config": {**step.get("config", {}), "note": "by hand"}}
        elif number % 10 < 8:
            steps[id_] = {**step, "next": f"new_{number}"}
            steps[f"new_{number}"] = {"type": "add_tag", "config": {"tag": f"new-{number}"}, "next": after}
        elif after is not None and "next" in steps[after]:
            steps[id_] = {**step, "next": steps.pop(after)["next"]}
            steps = {key: _past(other, after, steps[id_]["next"]) for key, other in steps.items()}
    return {**document, "steps": steps}


def _past(step: dict[str, Any], gone: str, after: str | None) -> dict[str, Any]:
    """A step whose ways pass the one that was taken out."""
    found = {key: after if key in ("next", "otherwise") and value == gone else value for key, value in step.items()}
    if "branches" in step:
        found["branches"] = [{**branch, "next": after if branch["next"] == gone else branch["next"]} for branch in step["branches"]]
    return found


def listed(document: dict[str, Any]) -> dict[str, Any]:
    """The document as most formats write it: steps in a list."""
    return {**document, "steps": [{"id": id_, **step} for id_, step in document["steps"].items()]}


def keyed(graph: Graph) -> Keyed:
    """What a comparison by keys needs, ready made."""
    steps = {id_: {"type": step.type, "name": step.name, "config": step.config} for id_, step in graph.steps.items()}
    return steps, {(edge.source, edge.label): (edge.target, edge.condition) for edge in graph.edges}


def by_keys(old: Keyed, new: Keyed) -> list[tuple[list[Any], list[Any], list[Any]]]:
    """What was removed, added and changed, of steps and of edges: nobody does it with less."""
    found = []
    for before, after in zip(old, new, strict=True):
        removed = [key for key in before if key not in after]
        added = [key for key in after if key not in before]
        changed = [key for key, value in after.items() if key in before and before[key] != value]
        found.append((removed, added, changed))
    return found


def by_keys_and_fields(old: Keyed, new: Keyed) -> list[Any]:
    """The same, and DeepDiff of the configs of the steps that differ."""
    (_, _, changed), ways = by_keys(old, new)
    return [ways, *(DeepDiff(old[0][id_]["config"], new[0][id_]["config"], verbose_level=2) for id_ in changed)]


def with_fields(old: Graph, new: Graph) -> Comparison:
    """Compare, and read every field."""
    found = compare(old, new)
    for part in (*found.steps, *found.triggers, *found.goals):
        assert part.fields is not None
    return found


def with_changes(old: Graph, new: Graph) -> object:
    """Compare, and tell what was done."""
    return list_changes(compare(old, new), old, new)
