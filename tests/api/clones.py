"""A bare repository that several people clone, fetch from and push to."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.builders import BEN, HOUR, MAYA, START, Clock, Story, make_repo
from wflgit.api.remotes import clone
from wflgit.api.repository import open_repository

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wflgit.core.records import Actor


def git(path: Path, *arguments: str) -> str:
    """Run plain git in a repository."""
    return subprocess.run(["git", "-C", str(path), *arguments], check=True, capture_output=True, text=True).stdout


def refs_of(path: Path) -> dict[str, str]:
    """All refs of a repository."""
    listed = git(path, "for-each-ref", "--format=%(refname) %(objectname)")
    return dict(line.split() for line in listed.splitlines())


class Origin:
    """A bare repository.

    Attributes:
        path: the folder.
        folder: where clones of it go.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "origin.git"

    @classmethod
    def make(cls, folder: Path, *, channels: Sequence[str] = ()) -> Origin:
        """Make one that holds `wflgit.toml`."""
        origin = cls(folder)
        subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(origin.path)], check=True)
        first = make_repo(folder / "first", channels=channels)
        git(first.path, "push", "--quiet", str(origin.path), "main")
        return origin

    @classmethod
    def copy(cls, folder: Path, to: Path) -> Origin:
        """Copy one with all of its clones."""
        shutil.copytree(folder, to, symlinks=True)
        for config in to.glob("*/.git/config"):
            config.write_text(config.read_text().replace(str(folder), str(to)))
        return cls(to)

    def clone(self, name: str, actor: Actor, *, bare: bool = False) -> Story:
        """Make a clone of somebody; its clock is its own, and no other clone's shows the same time."""
        clock = self._clock()
        repo = clone(str(self.path), self.folder / name, bare=bare, actor=actor, clock=clock)
        for key, value in (("user.name", actor.name), ("user.email", actor.id)):
            git(self.folder / name, "config", key, value)
        return Story(self.folder / name, repo, clock)

    def open(self, name: str, actor: Actor) -> Story:
        """Open a clone that is there, half a day later."""
        clock = self._clock()
        clock.tick(12 * HOUR + timedelta(seconds=len(name)))
        return Story(self.folder / name, open_repository(self.folder / name, actor=actor, clock=clock), clock)

    def _clock(self) -> Clock:
        return Clock(START + timedelta(seconds=len(list(self.folder.iterdir()))))

    @property
    def refs(self) -> dict[str, str]:
        """What is there."""
        return refs_of(self.path)

    def read(self, revision: str) -> str:
        """A commit's id."""
        return git(self.path, "rev-parse", revision).strip()

    def git(self, *arguments: str) -> str:
        """Run plain git there."""
        return git(self.path, *arguments)


def two_clones(folder: Path, *, channels: Sequence[str] = ()) -> tuple[Origin, Story, Story]:
    """A bare repository with clones of Maya and Ben."""
    origin = Origin.make(folder, channels=channels)
    return origin, origin.clone("maya", MAYA), origin.clone("ben", BEN)
