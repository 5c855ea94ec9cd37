"""Publishing, beside `gto register` and `gto assign`, which write the same two kinds of tags in the same repository."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, Sense, race
from tests.benchmarks.material import AUTHOR, History, definition, slug

TITLE = "Publish"
_WORKFLOWS = 1_000


def measure(bench: Bench) -> Iterator[Row]:
    """Measure in a repository of many workflows; before each round somebody makes the draft that is then published."""
    workflows = bench.size(_WORKFLOWS)
    place = History(workflows, 2 * workflows, tagged=workflows).write(bench.folder / "publish")
    drafts = _Drafts(place)
    ours, within, outside = race(
        Contestant("wflgit", drafts.publish, before=drafts.make),
        Contestant("gto register, gto assign (Python)", drafts.register, before=drafts.make),
        Contestant("gto register, gto assign (command line)", drafts.call_gto, before=drafts.make),
        rounds=bench.rounds(20),
        pause_s=0.01,
    )
    work = f"publish a version, {workflows:,} workflows, {workflows:,} version tags"
    yield Row(work, ours, within, Sense.GAIN, goal=50)
    yield Row(work, ours, outside, Sense.GAIN, goal=50)


class _Drafts:
    """One workflow that gets draft after draft."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._repo = wflgit.open(place, actor=AUTHOR)
        self._repo.sync()
        self._number = 0
        self._minor = 0
        self._gto = import_module("gto.api")  # it comes with the extra `bench` only

    def make(self) -> None:
        newest = self._repo.versions.list(slug(3))[0].number
        self._number = self._repo.versions.create(slug(3), definition(3, 1_000_000 + newest)).number

    def publish(self) -> None:
        self._repo.versions.publish(slug(3), self._number)

    def register(self) -> None:
        version = self._next()
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            self._gto.register(str(self._place), slug(3), "HEAD", version=version)
            self._gto.assign(str(self._place), slug(3), version=version, stage="current")

    def call_gto(self) -> None:
        version = self._next()
        command = [str(Path(sys.executable).with_name("gto"))]
        place = ["--repo", str(self._place)]
        for arguments in (
            ["register", slug(3), "HEAD", "--version", version],
            ["assign", slug(3), "--version", version, "--stage", "current"],
        ):
            subprocess.run([*command, *arguments, *place], check=True, stdout=subprocess.DEVNULL)

    def _next(self) -> str:
        self._minor += 1
        return f"v1.{self._minor}.0"
