"""Eight processes that make versions at once, beside one that makes as many by itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import AUTHOR, History, definition, slug

TITLE = "Many writers"
_PROCESSES = 8


def measure(bench: Bench) -> Iterator[Row]:
    """Measure how long the same number of versions takes; processes are started before the clock is."""
    workflows, versions = bench.size(1_000), bench.size(160)
    place = History(workflows, 2 * workflows).write(bench.folder / "many", bare=True)
    wflgit.open(place, actor=AUTHOR).sync()
    for what, spread in (("of different workflows", True), ("of one workflow", False)):
        crowd, single = _Crowd(place, _PROCESSES, versions, spread=spread), _Crowd(place, 1, versions, spread=spread)
        ours, alone = race(
            Contestant(f"{_PROCESSES} processes", crowd.work, before=crowd.start),
            Contestant("one process", single.work, before=single.start),
            rounds=bench.rounds(5),
        )
        rate = versions / ours.median
        yield Row(f"{versions} versions {what} by {_PROCESSES} processes at once ({rate:.0f} versions/s)", ours, alone)


class _Crowd:
    """Processes that share a number of versions to make."""

    def __init__(self, place: Path, processes: int, versions: int, *, spread: bool) -> None:
        self._place = place
        self._processes = processes
        self._versions = str(versions // processes)
        self._spread = spread
        self._rounds = count()
        self._running: list[Popen[str]] = []

    def start(self) -> None:
        """Start the processes and wait until all of them could begin."""
        first = next(self._rounds) * self._processes
        for number in range(first, first + self._processes):
            call = [sys.executable, "-m", __name__, str(self._place), str(number if self._spread else first), self._versions]
            self._running.append(Popen(call, stdin=PIPE, stdout=PIPE, text=True))
        for process in self._running:
            assert process.stdout is not None
            process.stdout.readline()

    def work(self) -> None:
        """Let them begin, and wait for the last."""
        for process in self._running:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in self._running:
            process.communicate()
            assert process.returncode == 0
        self._running.clear()


def _make_versions(place: Path, first: int, versions: int) -> None:
    repo = wflgit.open(place, actor=AUTHOR)
    _make_version(repo, first)
    print("ready", flush=True)
    input()
    for _ in range(versions):
        _make_version(repo, first)


def _make_version(repo: wflgit.Repository, index: int) -> None:
    """Make a version as somebody who tries again whenever another was faster."""
    while True:
        with suppress(wflgit.ConflictError):
            repo.versions.create(slug(index), definition(index, _unlike_any_other()))
            return


def _unlike_any_other() -> int:
    return int.from_bytes(os.urandom(3))


if __name__ == "__main__":
    _make_versions(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
