"""Merging two edits of a large workflow, beside parsing the three files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import definition
from wflgit.core.catalog import load_catalog
from wflgit.core.formats import parse
from wflgit.core.merge import merge
from wflgit.core.merge.conflicts import Merged, Method
from wflgit.core.validation import validate
from wflgit.git.linemerge import merge_lines

TITLE = "Merging"

_Sides = tuple[bytes, bytes, bytes]


def measure(bench: Bench) -> Iterator[Row]:
    """Measure a merge that goes by lines as well, one that only goes by steps, and both with the result validated."""
    steps = bench.size(1_000)
    base = json.loads(definition(0, steps=steps))
    apart = _three(base, _renamed(base, 5, "Ours"), _renamed(base, 15, "Theirs"))
    beside = _three(base, _inserted(base, 5, "ours"), _inserted(base, 15, "theirs"))
    assert merged(apart).method is Method.LINES
    assert merged(beside).method is Method.STEPS
    by_lines, by_steps, checked, steps_checked, parsing = race(
        Contestant("wflgit", partial(merged, apart)),
        Contestant("wflgit", partial(merged, beside)),
        Contestant("wflgit", partial(merged, apart, check=True)),
        Contestant("wflgit", partial(merged, beside, check=True)),
        Contestant("parsing the three files", partial(parsed, apart)),
        rounds=bench.rounds(20),
    )
    yield Row(f"merge edits of {steps:,} steps, by lines and steps alike", by_lines, parsing, goal=None if bench.quick else 3)
    yield Row(f"merge edits of {steps:,} steps that only go by steps", by_steps, parsing)
    yield Row(f"merge edits of {steps:,} steps, by lines and steps alike, and validate the result", checked, parsing)
    yield Row(f"merge edits of {steps:,} steps that only go by steps, and validate the result", steps_checked, parsing)


def merged(sides: _Sides, *, check: bool = False) -> Merged:
    """Merge; what is wrong with the result is asked only if it is to be checked."""
    catalog = load_catalog({}, {}) if check else None
    read = cache(parse)  # as whoever merges has it: nothing is parsed twice
    problems = (lambda content: ()) if catalog is None else lambda content: validate(content, catalog, parsed=read(content))
    found = merge(*sides, answers={}, problems=problems, lines=merge_lines, read=read)
    assert found.is_clean
    return found


def parsed(sides: _Sides) -> None:
    """What nobody who merges meanings does without."""
    for content in sides:
        parse(content)


def _three(*documents: dict[str, Any]) -> _Sides:
    base, ours, theirs = ((json.dumps(document, indent=2) + "\n").encode() for document in documents)
    return base, ours, theirs


def _renamed(document: dict[str, Any], first: int, name: str) -> dict[str, Any]:
    """Every twentieth step has another name."""
    steps = {**document["steps"]}
    for number, id_ in enumerate([*steps][first:-5:20]):
        steps[id_] = {**steps[id_], "name": f"{name} {number}"}
    return {**document, "steps": steps}


def _inserted(document: dict[str, Any], first: int, name: str) -> dict[str, Any]:
    """The same, and a step put behind every eightieth, last in the file as some editors do it."""
    changed = _renamed(document, first, name)
    steps = changed["steps"]
    for number, id_ in enumerate([id_ for id_ in [*steps][first:-5:80] if "next" in steps[id_]]):
        new = f"{name}_{number}"
        steps[new] = {"type": "add_tag", "config": {"tag": new}, "next": steps[id_]["next"]}
        steps[id_] = {**steps[id_], "next": new}
    return changed
