"""The short form of trying real repositories: one that is made here, with a file of every format and a change of each."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.core.formats.test_formats import EXAMPLES
from tests.real.__main__ import fuzz, try_repository

DAMAGED = 600


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("real")

    def git(*arguments: str) -> None:
        person = ("-c", "user.name=Maya", "-c", "user.email=maya@example.com")
        subprocess.run(["git", "-C", str(place), *person, *arguments], check=True, capture_output=True)

    git("init", "--quiet", "-b", "main")
    for name, example in EXAMPLES.items():
        (place / f"{name}.json").write_bytes(example.read_bytes())
    (place / "broken.json").write_text('{"nodes": [], "connections": {},}')
    (place / "package.json").write_text('{"name": "hello"}')
    git("add", ".")
    git("commit", "--quiet", "-m", "Export")
    for name, example in EXAMPLES.items():
        (place / f"{name}.json").write_bytes(example.read_bytes() + b"\n")
    git("commit", "--quiet", "-am", "Export again")
    return place


def test_every_version_of_every_file_is_tried(repository: Path) -> None:
    trials, workflows = try_repository(repository, pairs_of=1)
    assert trials.crashes == {}
    assert trials.no_workflows == 1
    for name in EXAMPLES:
        tally = trials.tallies[name]
        assert (tally.contents, tally.parsed, tally.sound, tally.pairs, tally.quiet) == (2, 2, 2, 1, 1), name
    broken = trials.tallies["broken"]
    assert (broken.contents, broken.parsed, next(iter(broken.refused))[:6]) == (1, 0, "syntax")
    assert len(workflows) == 2 * len(EXAMPLES)


def test_damaged_files_only_give_clear_errors(repository: Path) -> None:
    trials, workflows = try_repository(repository, pairs_of=1)
    assert fuzz(trials, workflows, range(DAMAGED)) == DAMAGED
    assert trials.crashes == {}
