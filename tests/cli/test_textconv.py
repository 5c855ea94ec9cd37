"""`wflgit textconv`, which git calls for every file that it shows: quick, and never in its way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import steps, to_content
from wflgit.cli.plumbing import outline

ROOT = Path(__file__).parents[2]
CODE = "import sys; from wflgit.cli.entry import main; main()"
SLOW = {"click", "deepdiff", "jsonschema", "pydantic", "pygit2", "sqlalchemy", "alembic", "rich", "pathlib", "difflib"}


def called(*arguments: str, code: int = 0, check: str = CODE) -> subprocess.CompletedProcess[bytes]:
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", check, *arguments], capture_output=True, env=settings, timeout=60)
    assert done.returncode == code, done
    return done


def test_a_workflow_becomes_its_outline(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(to_content("welcome", steps("hello", "wait")))
    done = called("textconv", str(file))
    assert done.stdout.decode().splitlines()[0] == 'workflow "Welcome"'
    assert "step wait (wait)" in done.stdout.decode().splitlines()
    assert done.stderr == b""


PASSED_THROUGH = {
    "empty": b"",
    "no-json": b"{ this is no JSON",
    "no-workflow": b'{"name": "package"}\n',
    "no-utf-8": b'{"name": "\xff"}\r\n\x00',
    "conflict": b'{\n<<<<<<< HEAD\n  "a": 1\n=======\n  "a": 2\n>>>>>>> theirs\n}\n',
    "deep": b"[" * 100_000,
    "duplicate-keys": b'{"steps": {}, "steps": {}}',
    "no-final-newline": b"text",
}


@pytest.mark.parametrize("content", PASSED_THROUGH.values(), ids=PASSED_THROUGH)
def test_what_is_no_workflow_goes_through_byte_by_byte(content: bytes) -> None:
    assert outline(content) == content


def test_it_goes_through_the_program_too(tmp_path: Path) -> None:
    file = tmp_path / "-n"
    file.write_bytes(PASSED_THROUGH["no-utf-8"])
    assert called("textconv", str(file)).stdout == PASSED_THROUGH["no-utf-8"]


def test_a_file_that_cannot_be_read_ends_no_diff(tmp_path: Path) -> None:
    done = called("textconv", str(tmp_path / "gone"))
    assert done.stdout == b""
    assert b"cannot be read" in done.stderr


def test_a_bug_in_the_outline_shows_the_file_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("wflgit.render.outline.outline_lines", broken)
    content = to_content("welcome", steps("hello"))
    assert outline(content) == content


def test_a_reader_that_stops_gets_no_complaint(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * 1_000_000)
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", CODE, "textconv", str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=settings
    ) as program:
        assert program.stdout
        assert program.stderr
        program.stdout.close()
        assert program.stderr.read() == b""


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("--help",)])
def test_called_otherwise_it_says_how(arguments: tuple[str, ...]) -> None:
    assert called("textconv", *arguments, code=2).stderr.startswith(b"usage: wflgit textconv FILE\n")


def test_everything_else_goes_to_the_command_line() -> None:
    assert b"Versions, publishing" in called("--help").stdout
    assert b"no command 'textcon'" in called("textcon", code=2).stderr


@pytest.mark.parametrize("file", sorted((ROOT / "tests" / "core" / "formats").glob("*/*.json")), ids=lambda file: file.stem)
def test_nothing_is_imported_that_an_outline_does_without(file: Path) -> None:
    code = f"{CODE}; sys.stderr.write(' '.join(sys.modules))"
    imported = called("textconv", str(file), check=code).stderr.decode().split()
    assert SLOW & {name.partition(".")[0] for name in imported} == set()
    assert {name for name in imported if name.rpartition(".")[2] in ("writing", "checking", "jsonedit", "diff")} == set()


def test_both_names_of_the_program_start_there() -> None:
    import tomllib

    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert scripts == {"wflgit": "wflgit.cli.entry:main", "git-wfl": "wflgit.cli.entry:main"}
