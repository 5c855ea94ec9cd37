"""Resolving `welcome@current` to a parsed definition in a process that did so before, beside one look at a ref."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pygit2

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import AUTHOR, History, git, slug

TITLE = "Resolve"
_WORKFLOWS = 1_000
_SETTLE_S = 0.1
"""Longer than a change counts as so recent that another could hide behind it."""


def measure(bench: Bench) -> Iterator[Row]:
    """Measure with the tags as loose files, as publishing leaves them, and packed, as `git gc` does."""
    workflows = bench.size(_WORKFLOWS)
    place = History(workflows, 2 * workflows, tagged=workflows).write(bench.folder / "resolve")
    repo = wflgit.open(place, actor=AUTHOR)
    repo.sync()
    raw = pygit2.Repository(str(place))
    for kind in ("loose", "packed"):
        if kind == "packed":
            git(place, "pack-refs", "--all")
        time.sleep(_SETTLE_S)
        ours, floor = race(
            Contestant("wflgit", partial(repo.workflows.get, f"{slug(3)}@current"), calls=500),
            Contestant("pygit2 lookup_reference", partial(_look_up, raw, f"refs/tags/{slug(3)}/current"), calls=500),
            rounds=bench.rounds(100),
        )
        yield Row(f"resolve `welcome@current` to its parsed definition, warm, tags {kind}", ours, floor, goal=3)


def _look_up(raw: pygit2.Repository, name: str) -> object:
    return raw.lookup_reference(name).target
