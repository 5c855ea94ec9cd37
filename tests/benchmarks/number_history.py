"""Numbering the versions of a long history, and going on from there, beside `git log` reading the same."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, Timing, race
from tests.benchmarks.material import AUTHOR, TRUNK, History, definition, path

TITLE = "Number versions"
_WORKFLOWS, _COMMITS, _TAGS = 1_000, 10_000, 5_000


def measure(bench: Bench) -> Iterator[Row]:
    """Measure the first reading, then those after it: without tags, and with many."""
    workflows, commits = bench.size(_WORKFLOWS), bench.size(_COMMITS)
    for tags in (0, bench.size(_TAGS)):
        place = History(workflows, commits, tagged=tags).write(bench.folder / f"history-{tags}")
        first = Readings(place)
        which = f"{workflows:,} workflows, {commits:,} commits" + (f", {tags:,} version tags" if tags else "")
        log = Contestant("git log --first-parent --raw --no-renames", first.log)
        ours, floor = race(Contestant("wflgit", first.read_anew, before=first.forget), log, rounds=bench.rounds(7))
        yield Row(f"number all versions, {which}", ours, floor, goal=None if tags else 1.5)
        yield from _later_readings(bench, first, which, ours)


def _later_readings(bench: Bench, readings: Readings, which: str, first: Timing) -> Iterator[Row]:
    readings.open()
    rounds = bench.rounds(60)
    cases = (
        ("one new commit, same process", readings.sync, readings.commit, 0.01),
        ("nothing new, same process", readings.sync, None, 0.002),
        ("one new commit, repository opened anew", readings.open, readings.commit, None),
        ("nothing new, repository opened anew", readings.open, None, None),
    )
    for what, act, before, goal in cases:
        time.sleep(0.1)
        (taken,) = race(Contestant("wflgit", act, before=before), rounds=rounds)
        everything = Timing("the first reading", (first.median,) * rounds)
        yield Row(f"sync, {what}, {which}", taken, everything, goal=goal)


class Readings:
    """A repository that is read, forgotten and read again."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._raw = pygit2.Repository(str(place))
        self._edits = count(2_000_000)
        self._repo: wflgit.Repository | None = None

    def forget(self) -> None:
        """Drop the side store, so that nothing is known."""
        self.close()
        shutil.rmtree(self._place / ".git" / "wflgit", ignore_errors=True)

    def read_anew(self) -> None:
        """Open the repository and number all its versions."""
        self.open()

    def open(self) -> None:
        """Open the repository and bring its side store up to date."""
        self.close()
        self._repo = wflgit.open(self._place, actor=AUTHOR)
        self._repo.sync()

    def close(self) -> None:
        """Let go of the side store."""
        if self._repo is not None:
            self._repo.close()
        self._repo = None

    def sync(self) -> None:
        """Bring the side store up to date in the same process."""
        assert self._repo is not None
        self._repo.sync()

    def log(self) -> None:
        """Let git read the same history, and drop what it says."""
        command = ["git", "-C", str(self._place), "log", "--first-parent", "--raw", "--no-renames", TRUNK]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            while process.stdout.read(1 << 16):
                pass

    def commit(self) -> None:
        """Change one workflow on the trunk as another program would."""
        raw, edit = self._raw, next(self._edits)
        file = Path(path(edit % 10))
        head = raw.lookup_reference(f"refs/heads/{TRUNK}").target
        root = raw[head].tree
        folder = raw.TreeBuilder(root[str(file.parent)].id)
        folder.insert(file.name, raw.create_blob(definition(edit % 10, edit)), FileMode.BLOB)
        top = raw.TreeBuilder(root)
        top.insert(str(file.parent), folder.write(), FileMode.TREE)
        who = pygit2.Signature(AUTHOR.name, AUTHOR.id)
        raw.create_commit(f"refs/heads/{TRUNK}", who, who, "Change\n", top.write(), [head])
