"""The short form of trying real repositories: one that is made here, with a file of every format and a change of each."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.core.formats.test_formats import EXAMPLES
from tests.real.__main__ import Trials, fuzz, try_merges, try_repository

DAMAGED = 300


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
    welcome = place / "native.json"
    welcome.write_bytes(welcome.read_bytes().replace(b'"template": "welcome"', b'"template": "hello"'))
    git("commit", "--quiet", "-am", "Send another mail")
    return place


def test_every_version_of_every_file_is_tried(repository: Path) -> None:
    trials, workflows = try_repository(repository)
    assert trials.crashes == {}
    assert trials.no_workflows == 1
    for name in EXAMPLES:
        tally, edited = trials.tallies[name], name == "native"
        assert (tally.contents, tally.parsed, tally.sound) == (2 + edited,) * 3, name
        assert (tally.pairs, tally.quiet) == (1 + edited, 1), name
    broken = trials.tallies["broken"]
    assert (broken.contents, broken.parsed, next(iter(broken.refused))[:6]) == (1, 0, "syntax")
    assert len(workflows) == 2 * len(EXAMPLES) + 1


def test_what_was_changed_and_what_that_does_is_counted_and_shown(repository: Path) -> None:
    trials, _ = try_repository(repository, show="WFL508")
    tally = trials.tallies["native"]
    assert (tally.changes, tally.findings, tally.following) == ({"step-changed": 1}, {"WFL508": 1}, {})
    assert (tally.fired, tally.worst) == ({"WFL508": 1}, {"none": 1, "info": 1})
    [line] = trials.shown
    path, _, _, said = line.split(" ", 3)
    assert (path, said) == ("native.json", "info: 'hello' is made from 'hello' instead of 'welcome'")
    told = "\n".join(tally.lines("native"))
    assert "changes: 1 step-changed" in told
    assert "WFL508 in 50.0%" in told


def test_a_type_of_changes_is_shown_too(repository: Path) -> None:
    trials, _ = try_repository(repository, show="step-changed")
    assert [line.split(" ", 3)[3] for line in trials.shown] == ["hello"]


def test_damaged_files_only_give_clear_errors(repository: Path) -> None:
    trials, workflows = try_repository(repository)
    assert fuzz(trials, workflows, range(DAMAGED)) == DAMAGED
    assert trials.crashes == {}


def test_two_edits_of_a_version_are_merged_and_held_against_git(merges: Path) -> None:
    trials = Trials()
    tally = try_merges(trials, merges)
    assert (trials.crashes, tally.wrong) == ({}, [])
    # One merge commit that Git made itself; and of three versions in a row, one that Git calls a conflict, and a true one.
    assert (tally.clean, tally.conflicts, tally.real) == ({"native": 2}, {"native": 1}, {"native": 1})
    assert (tally.git_clean, tally.git_conflicts, tally.gained) == ({"native": 1}, {"native": 2}, {"native": 1})
    assert tally.kinds == {"field": 1}


@pytest.fixture(scope="module")
def merges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two branches that were merged, and a file whose versions change one line more than once."""
    place = tmp_path_factory.mktemp("merges")

    def git(*arguments: str) -> None:
        person = ("-c", "user.name=Maya", "-c", "user.email=maya@example.com")
        subprocess.run(["git", "-C", str(place), *person, *arguments], check=True, capture_output=True)

    def write(path: str, *pairs: tuple[str, str]) -> None:
        content = EXAMPLES["native"].read_text()
        for old, new in pairs:
            assert content.count(old) == 1, old
            content = content.replace(old, new)
        (place / path).write_text(content)
        git("add", ".")
        git("commit", "--quiet", "-m", f"Edit {path}")

    template, text, name = '"template": "welcome"}', "Any questions?", "Welcome new leads"
    git("init", "--quiet", "-b", "main")
    for path, last in (("field.json", '"template": "hi"}'), ("line.json", '"template": "hello"}, "disabled": true')):
        write(path)
        write(path, (template, '"template": "hello"}'))
        write(path, (template, last))
    write("merged.json")
    git("switch", "--quiet", "-c", "reminder")
    write("merged.json", (text, "Still there?"))
    git("switch", "--quiet", "main")
    write("merged.json", (name, "Hello"))
    git("merge", "--quiet", "--no-edit", "reminder")
    return place
