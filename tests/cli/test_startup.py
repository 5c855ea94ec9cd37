"""What takes long to import is only imported by the commands that need it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import steps

if TYPE_CHECKING:
    from tests.builders import Story

ROOT = Path(__file__).parents[2]
HEAVY = {"alembic", "deepdiff", "jsonschema", "pydantic", "rich"}
CODE = """
import sys
from wflgit.cli.main import run
code = run(sys.argv[1:])
sys.stderr.write("\\n".join(sys.modules))
sys.exit(code)
"""


def modules_of(*arguments: str) -> set[str]:
    """The modules that a call has imported when it is done."""
    answer = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    return set(answer.stderr.splitlines())


@pytest.mark.parametrize(
    "command", [["log", "welcome"], ["ls"], ["exec", "ls"], ["migrate", "ls"], ["status"], ["log", "welcome", "--json"]]
)
def test_reading_imports_no_validator_no_diff_and_no_upgrade(story: Story, command: list[str]) -> None:
    story.commit(welcome=steps("a")).publish("welcome").start("welcome", "ana")
    assert modules_of("-C", str(story.path), *command) & HEAVY == set()


def test_starting_an_execution_imports_none_of_them_either(story: Story) -> None:
    story.commit(welcome=steps("a")).publish("welcome")
    assert modules_of("-C", str(story.path), "exec", "start", "welcome", "ana") & HEAVY == set()


def test_help_imports_no_command_and_no_database() -> None:
    found = modules_of("--help")
    assert found & (HEAVY | {"sqlalchemy"}) == set()
    assert {name for name in found if name.startswith("wflgit.cli.")} == {
        f"wflgit.cli.{name}" for name in ("call", "groups", "main", "options", "output")
    }
