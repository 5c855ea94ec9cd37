"""A machine whose wflgit is there; tests that want it otherwise make their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.builders import make_repo
from tests.git_drivers.machine import Machine, Wflgit, letters

if TYPE_CHECKING:
    from pathlib import Path

MakeMachine = Callable[[Wflgit], Machine]


@pytest.fixture
def make_machine(tmp_path: Path) -> MakeMachine:
    """Makes a machine with a repository of one workflow, `letters()`, and a plain file beside it."""

    def make(wflgit: Wflgit) -> Machine:
        story = make_repo(tmp_path / "acme")
        story.write(welcome=letters())
        (story.path / "notes.txt").write_text("first\n")
        story.git("add", ".")
        story.git("commit", "--quiet", "--message", "Letters")
        machine = Machine(story, tmp_path / "bin", wflgit)
        machine.git("add", ".gitattributes")
        machine.git("commit", "--quiet", "--message", "Attributes")
        return machine

    return make


@pytest.fixture
def machine(make_machine: MakeMachine) -> Machine:
    """A machine on which wflgit is there."""
    return make_machine(Wflgit.THERE)
