"""`wflgit merge-driver`, which git calls for each file that both sides changed: whatever happens, no side is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.git_drivers.machine import letters
from wflgit.cli.plumbing import merge_driver, say_so

ROOT = Path(__file__).parents[2]
CODE = "import sys; from wflgit.cli.entry import main; main()"
SLOW = {"click", "deepdiff", "jsonschema", "pygit2", "sqlalchemy", "alembic", "rich"}


class Files:
    """The three files that git makes for a driver."""

    def __init__(self, folder: Path, base: bytes, ours: bytes, theirs: bytes) -> None:
        self.folder = folder
        self.base, self.ours, self.theirs = (folder / f".merge_file_{name}" for name in ("base", "ours", "theirs"))
        for file, content in ((self.base, base), (self.ours, ours), (self.theirs, theirs)):
            file.write_bytes(content)

    def names(self) -> list[str]:
        return [str(self.base), str(self.ours), str(self.theirs)]

    def merge(self, *more: str) -> int:
        """Let the driver do it; nothing but the file of our side may be different afterwards."""
        before = {file: file.read_bytes() for file in (self.base, self.theirs)}
        code = merge_driver(*self.names(), *more)
        assert {file: file.read_bytes() for file in (self.base, self.theirs)} == before
        assert sorted(self.folder.iterdir()) == sorted([self.base, self.ours, self.theirs])
        return code


@pytest.fixture
def conflicting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.chdir(tmp_path)
    return Files(tmp_path, letters(), letters(ask="how are you?"), letters(ask="what is new?"))


def shows_both(content: bytes, size: int = 7) -> bool:
    """Whether there are markers around both sides."""
    lines = content.decode().splitlines()
    opening, closing = (
        next(place for place, line in enumerate(lines) if line.startswith(mark * size + " ") and line[size] != mark)
        for mark in "<>"
    )
    between = "\n".join(lines[opening:closing])
    return "how are you?" in between and "what is new?" in between


def test_what_goes_together_is_in_the_file(tmp_path: Path) -> None:
    files = Files(tmp_path, letters(), letters(ask="hi"), letters(paper="A5"))
    assert files.merge("7", "workflows/a.json", "%S", "%X", "%Y") == 0
    assert files.ours.read_bytes() == letters(ask="hi", paper="A5")


@pytest.mark.parametrize("size", ["7", "15", "3"])
def test_markers_have_the_size_that_git_asks_for(conflicting: Files, size: str) -> None:
    assert conflicting.merge(size, "workflows/a.json") == 1
    assert shows_both(conflicting.ours.read_bytes(), int(size))


@pytest.mark.parametrize("size", ["", "%L", "-1", "0", "99999999999"])
def test_a_size_that_is_none_is_the_usual_one(conflicting: Files, size: str) -> None:
    assert conflicting.merge(size) == 1
    assert shows_both(conflicting.ours.read_bytes())


def test_sides_are_called_as_git_calls_them(conflicting: Files) -> None:
    conflicting.merge("7", "a.json", "4f1c2a9", "HEAD", "feature/new texts")
    content = conflicting.ours.read_text()
    assert "<<<<<<< ours (HEAD): step ask config.text\n" in content
    assert "||||||| base (4f1c2a9)\n" in content
    assert ">>>>>>> theirs (feature/new texts): step ask config.text\n" in content


def test_an_older_git_that_knows_no_names_passes_on_what_it_does_not_understand(conflicting: Files) -> None:
    conflicting.merge("7", "a.json", "%S", "%X", "%Y")
    assert "<<<<<<< ours: step ask config.text\n" in conflicting.ours.read_text()


def test_it_says_what_has_to_be_decided(conflicting: Files, capsys: pytest.CaptureFixture[str]) -> None:
    conflicting.merge("7", "workflows/a.json")
    said = capsys.readouterr()
    assert said.err.startswith("wflgit: workflows/a.json: conflict: steps/ask/config/text: ")
    assert said.out == ""


def test_an_empty_base_is_no_base(tmp_path: Path) -> None:
    files = Files(tmp_path, b"", letters(), letters())
    assert files.merge() == 0
    assert files.ours.read_bytes() == letters()


def test_a_base_with_markers_in_it_is_as_good_as_none(conflicting: Files) -> None:
    conflicting.base.write_bytes(b"<<<<<<<<< x\n{}\n=========\n>>>>>>>>> y\n")
    assert conflicting.merge() == 1
    assert shows_both(conflicting.ours.read_bytes())


@pytest.mark.parametrize("broken", ["wflgit.core.merge.merge", "wflgit.api.driving.drive", "wflgit.api.driving.mark"])
def test_a_bug_leaves_the_markers_of_git_and_says_so(
    conflicting: Files, broken: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("wflgit.api.driving.merge" if broken == "wflgit.core.merge.merge" else broken, fail)
    assert conflicting.merge("7", "workflows/a.json") == 129
    assert shows_both(conflicting.ours.read_bytes())
    said = capsys.readouterr().err
    assert (
        said == "wflgit merge-driver: 'workflows/a.json' is merged line by line, for wflgit failed with RecursionError: too deep\n"
    )


def test_a_bug_everywhere_still_leaves_both_sides(conflicting: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("drive", "drive_by_lines"):
        monkeypatch.setattr(f"wflgit.api.driving.{name}", None)
    assert conflicting.merge() == 129
    assert shows_both(conflicting.ours.read_bytes())


def test_without_git_both_sides_are_still_there(conflicting: Files) -> None:
    settings = {"PATH": str(conflicting.folder), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", CODE, "merge-driver", *conflicting.names()], env=settings, check=False, timeout=60)
    assert done.returncode == 129
    assert shows_both(conflicting.ours.read_bytes())


def test_switched_off_it_does_what_git_does(conflicting: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WFLGIT_MERGE", "off")
    conflicting.theirs.write_bytes(letters(paper="A5"))
    assert conflicting.merge() == 1
    assert b"<<<<<<< ours\n" in conflicting.ours.read_bytes()


def test_files_that_cannot_be_read_are_left_alone(conflicting: Files, capsys: pytest.CaptureFixture[str]) -> None:
    before = conflicting.ours.read_bytes()
    assert say_so(merge_driver(str(conflicting.base), str(conflicting.ours), str(conflicting.folder / "gone"))) == 130
    assert capsys.readouterr().out == ""
    assert conflicting.ours.read_bytes() == before


def test_a_file_that_cannot_be_replaced_stays_and_nobody_is_told_that_it_was(
    conflicting: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise PermissionError

    before = conflicting.ours.read_bytes()
    monkeypatch.setattr("wflgit.cli.plumbing.os.replace", fail)
    with pytest.raises(PermissionError):
        conflicting.merge()
    assert conflicting.ours.read_bytes() == before


@pytest.mark.parametrize(("theirs", "said", "code"), [(letters(paper="A5"), b"merged\n", 0), (letters(ask="x"), b"conflicts\n", 1)])
def test_the_program_says_what_came_of_it_where_it_is_asked(conflicting: Files, theirs: bytes, said: bytes, code: int) -> None:
    conflicting.theirs.write_bytes(theirs)
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", f"{CODE}", "merge-driver", "--say-so", *conflicting.names(), "7", "a.json"]
    done = subprocess.run(command, env=settings, capture_output=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == (said, code)


def test_nothing_is_imported_that_a_merge_does_without(conflicting: Files) -> None:
    code = f"{CODE.replace('main()', '')}\ntry: main()\nfinally: sys.stderr.write(' '.join(sys.modules))"
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, "merge-driver", *conflicting.names()]
    done = subprocess.run(command, env=settings, capture_output=True, check=False, timeout=60)
    assert done.returncode == 1
    assert SLOW & {name.partition(".")[0] for name in done.stderr.decode().split()} == set()


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--help",)])
def test_called_otherwise_it_says_how(arguments: tuple[str, ...]) -> None:
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CODE, "merge-driver", *arguments]
    done = subprocess.run(command, env=settings, capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: wflgit merge-driver ")


def test_an_own_type_of_the_working_tree_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A text that is too short only where both sides shortened another part of it is a conflict by the account's own schema."""
    from wflgit.api.driving import drive

    (tmp_path / ".git").mkdir()
    folder = tmp_path / "schemas" / "steps"
    folder.mkdir(parents=True)
    schema = '{"type": "object", "required": ["pages"], "anyOf": [{"required": ["text"]}, {"required": ["paper"]}]}'
    (folder / "send_letter.schema.json").write_text(schema)
    base = letters()
    ours = base.replace(b'        "paper": "A4",\n', b"", 1)
    theirs = base.replace(b',\n        "text": "the letter greet"', b"", 1)
    driven = drive(base, ours, theirs, folder=tmp_path)
    assert not driven.is_clean
    assert [conflict.kind for conflict in driven.conflicts] == ["graph"]
