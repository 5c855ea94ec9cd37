"""A machine with the user's real git on it, and a wflgit that is there, is missing, or fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wflgit.api.installation import install
from wflgit.core.canonical import dump
from wflgit.git.repository import GitRepository
from wflgit.git.usergit import Configuration, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.builders import Story

ROOT = Path(__file__).parents[2]
FILE = "workflows/welcome.json"


class Wflgit(StrEnum):
    """How it is with wflgit on a machine."""

    THERE = "there"
    MISSING = "missing"
    FAILING = "failing"
    CRASHING = "crashing"
    RUBBISH = "rubbish"
    BROKEN = "broken"


_BEGIN = f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(ROOT)!r})\n"
_BREAK = "import wflgit.core.formats as f\ndef parse(_): raise RuntimeError('a bug')\nf.parse = parse\n"
_END = "from wflgit.cli.entry import main\nmain()\n"

PROGRAMS: Mapping[Wflgit, str] = {
    Wflgit.THERE: f"{_BEGIN}{_END}",
    Wflgit.BROKEN: f"{_BEGIN}{_BREAK}{_END}",
    Wflgit.FAILING: "#!/bin/sh\nexit 1\n",
    Wflgit.CRASHING: "#!/bin/sh\necho Traceback >&2\nkill -9 $$\n",
    Wflgit.RUBBISH: "#!/bin/sh\nprintf 'no\\000outline\\377'\n",
}


def put_programs(folder: Path, wflgit: Wflgit) -> Path:
    """A folder for the PATH, with git and this wflgit in it and nothing else."""
    folder.mkdir()
    git = shutil.which("git")
    assert git
    (folder / "git").symlink_to(git)
    if wflgit in PROGRAMS:
        (folder / "wflgit").write_text(PROGRAMS[wflgit])
        (folder / "wflgit").chmod(0o755)
    return folder


class Machine:
    """A repository on such a machine, in which wflgit was installed."""

    def __init__(self, story: Story, folder: Path, wflgit: Wflgit) -> None:
        self.story = story
        self.path = story.path
        self.programs = put_programs(folder, wflgit)
        git = GitRepository.open(story.path)
        install(Configuration(Scope.LOCAL, git.git_dir), git, story.repo.settings.paths)

    def git(self, *arguments: str, code: int = 0) -> str:
        """What git says to that; it must come to this exit code."""
        done = self.try_git(*arguments)
        assert done.returncode == code, done
        return done.stdout.decode(errors="replace")

    def try_git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Let git do something on this machine."""
        settings = {**os.environ, "PATH": str(self.programs), "GIT_EDITOR": ":"}
        return subprocess.run(["git", *arguments], cwd=self.path, env=settings, capture_output=True, check=False, timeout=60)

    def wflgit(self, *arguments: str, code: int = 0) -> str:
        """What wflgit says on stdout; it must come to this exit code."""
        settings = {**os.environ, "PATH": str(self.programs), "GIT_EDITOR": ":"}
        command = [sys.executable, str(self.programs / "wflgit"), *arguments]
        done = subprocess.run(command, cwd=self.path, env=settings, capture_output=True, check=False, timeout=60)
        assert done.returncode == code, done
        return done.stdout.decode()

    def write(self, content: bytes, file: str = FILE) -> None:
        """Write a file of the working tree."""
        (self.path / file).write_bytes(content)

    def commit(self, content: bytes, message: str) -> str:
        """Commit the workflow with plain git, and return the commit."""
        self.write(content)
        self.git("commit", "--quiet", "--all", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def read(self) -> bytes:
        """The workflow's file in the working tree."""
        return (self.path / FILE).read_bytes()


def letters(*, paper: str = "A4", **texts: str) -> bytes:
    """A workflow of five letters; what some of them say. A text is in the fourth line of its step.

    The paper of the letter `ask` stands in the line before its text.
    """
    ids = ["greet", "remind", "ask", "offer", "thank"]
    steps: dict[str, Any] = {
        step: {
            "type": "send_letter",
            "config": {
                "envelope": "C5",
                "pages": 1,
                "paper": paper if step == "ask" else "A4",
                "text": texts.get(step, f"the letter {step}"),
            },
            "next": after,
        }
        for step, after in zip(ids, [*ids[1:], None], strict=True)
    }
    return dump({"name": "Letters", "trigger": {"type": "contact_created", "config": {}}, "start": "greet", "steps": steps})
