"""The command line in a repository, called as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.builders import Story, make_repo
from wflgit.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path


class Answer(NamedTuple):
    """What a call came to."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Stdout as JSON."""
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        """The error on stderr as JSON."""
        return json.loads(self.err)["error"]


Wflgit = Callable[..., Answer]


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A repository without workflows; `stable` is one of its channels."""
    return make_repo(tmp_path / "acme", channels=["stable"])


@pytest.fixture
def wflgit(story: Story, capsys: pytest.CaptureFixture[str]) -> Wflgit:
    """Calls the command line in the story's repository, at the story's time."""

    def call(*arguments: str, code: int = 0) -> Answer:
        capsys.readouterr()
        came_to = run(["-C", str(story.path), *arguments], clock=story.clock)
        answer = Answer(came_to, *capsys.readouterr())
        assert answer.code == code, answer
        return answer

    return call
