"""Going through a long history of a large file: its log, and what each version changed; beside loading it and `json.loads`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pygit2

import wflgit
from tests.benchmarks.foreign import node_red
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import AUTHOR, TRUNK, git

TITLE = "A long history of a large file"
_VERSIONS, _STEPS, _FILE = 199, 2_600, "flows.json"
_BEGIN = 1_767_600_000


def measure(bench: Bench) -> Iterator[Row]:
    """Measure half of the history and the whole, so that one sees whether the time grows with it and no faster."""
    versions, steps = bench.size(_VERSIONS), bench.size(_STEPS)
    for count in (versions // 2, versions):
        history = Story(bench.folder / f"story-{count}", count, steps)
        ours, floor = race(
            Contestant("wflgit", history.compare_all),
            Contestant("the blobs by pygit2 and json.loads", history.load_all),
            rounds=bench.rounds(3),
            warm_up=0,
        )
        size = len(node_red(steps)) / 1e6
        yield Row(f"log, and diff of each version with the one before: {count} versions of {size:.1f} MB", ours, floor, goal=3)


class Story:
    """A repository with one Node-RED file that was saved again and again."""

    def __init__(self, place: Path, versions: int, steps: int) -> None:
        git(place.parent, "init", "--quiet", f"--initial-branch={TRUNK}", str(place))
        with subprocess.Popen(["git", "-C", str(place), "fast-import", "--quiet"], stdin=subprocess.PIPE) as importer:
            assert importer.stdin is not None
            importer.stdin.writelines(_stream(versions, steps))
        git(place, "checkout", "--quiet", "--force", TRUNK)
        self._place, self._versions = place, versions
        wflgit.init(place, actor=AUTHOR).close()

    def compare_all(self) -> None:
        """Read the log, and compare each version with the one before it, in a repository that is opened anew."""
        with wflgit.open(self._place, actor=AUTHOR) as repo:
            versions = repo.versions.list("flows")
            assert len(versions) == self._versions
            for number in range(1, self._versions):
                assert repo.versions.compare(f"flows@{number}", f"flows@{number + 1}")

    def load_all(self) -> None:
        """Load the contents of the same versions."""
        repo = pygit2.Repository(str(self._place))
        for commit in repo.walk(repo.head.target):
            blob = commit.tree / _FILE
            assert isinstance(blob, pygit2.Blob)
            json.loads(blob.data)


def _stream(versions: int, steps: int) -> Iterator[bytes]:
    for edit in range(versions):
        files = {_FILE: node_red(steps, edit)}
        if edit == 0:
            files["wflgit.toml"] = f'account = "acme"\ntrunk = "{TRUNK}"\n\n[workflows]\npaths = ["{_FILE}"]\n'.encode()
        yield b"commit refs/heads/%s\ncommitter Maya <maya@example.com> %d +0000\ndata 4\nSave\n" % (
            TRUNK.encode(),
            1_767_600_000 + edit,
        )
        for name, content in files.items():
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content)
