"""What one call of the command line stands on: where, when, with which store, and how it answers."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wflgit.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from wflgit.api.repository import Repository


class Call:
    """One call of the command line; commands get it as their first argument.

    Attributes:
        path: the folder that `-C` names; paths of files on the command line are relative to it.
        store_url: the side store that `--store` names.
        clock: gives the time; None for the system's.
        output: where answers go.
    """

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.path = Path()
        self.store_url: str | None = None
        self.clock = clock
        self.output = Output()

    @cached_property
    def repo(self) -> Repository:
        """The repository, opened when a command first asks for it."""
        from wflgit.api.repository import open_repository

        return open_repository(self.path, store=self.store_url, clock=self.clock)

    def close(self) -> None:
        """Let go of the side store."""
        if "repo" in vars(self):
            self.repo.close()
