"""Reviewing a pull request that touches many workflows, beside `git diff` of the range and parsing the changed files."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import AUTHOR, TRUNK, History, definition, git, path, slug
from wflgit.core import formats

TITLE = "Reviews"
_BRANCH = "idea"
_WORKFLOWS, _COMMITS, _TOUCHED = 1_000, 10_000, 50


def measure(bench: Bench) -> Iterator[Row]:
    """Measure a review in a repository with a long history: executions unknown, and some in each touched workflow."""
    place = History(bench.size(_WORKFLOWS), bench.size(_COMMITS), tagged=bench.size(_WORKFLOWS)).write(bench.folder / "review")
    touched = range(min(_TOUCHED, bench.size(_WORKFLOWS)))
    _propose(place, touched)
    with wflgit.open(place, actor=AUTHOR) as repo:
        repo.sync()
        for work in ("where executions are unknown", "with 20 executions in each"):
            ours, floor = race(
                Contestant("wflgit", partial(_review, place)),
                Contestant("git diff and parsing", partial(_floor, place, touched)),
                rounds=bench.rounds(20),
            )
            yield Row(f"review of {len(touched)} touched workflows of {bench.size(_WORKFLOWS):,}, {work}", ours, floor, goal=2)
            if work.endswith("unknown"):
                for index in touched:
                    repo.versions.publish(slug(index), repo.versions.list(slug(index))[0].number)
                    repo.executions.start_many(slug(index), [f"contact-{number}" for number in range(20)])


def _propose(place: Path, touched: range) -> None:
    """Change a text and a wait, and take a step out, in each touched workflow, on a branch."""
    git(place, "switch", "--quiet", "--create", _BRANCH)
    for index in touched:
        text = definition(index, 9_999_999).decode().replace('"P1D"', '"P2D"', 1).replace('"next": "step_04"', '"next": "step_05"')
        (place / path(index)).write_text(text)
    git(place, "commit", "--quiet", "--all", "--message", "Change a lot")
    git(place, "switch", "--quiet", TRUNK)


def _review(place: Path) -> None:
    """Open the repository anew, so that nothing is parsed yet."""
    with wflgit.open(place, actor=AUTHOR) as repo:
        assert repo.review(TRUNK, _BRANCH).workflows


def _floor(place: Path, touched: range) -> None:
    git(place, "diff", f"{TRUNK}...{_BRANCH}")
    names = "".join(f"{side}:{path(index)}\n" for index in touched for side in (TRUNK, _BRANCH))
    command = ["git", "-C", str(place), "cat-file", "--batch"]
    answer = subprocess.run(command, input=names.encode(), check=True, stdout=subprocess.PIPE).stdout
    while answer:
        head, _, rest = answer.partition(b"\n")
        size = int(head.split()[2])
        formats.parse(rest[:size])
        answer = rest[size + 1 :]
