"""Live progress of a migration: a line that is drawn again and again, on a terminal only."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from wflgit.render.migrations import progress_text
from wflgit.render.text import shorten, width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wflgit.cli.output import Output
    from wflgit.core.records import Migration


@contextmanager
def live_bar(output: Output) -> Iterator[Callable[[Migration], None] | None]:
    """Give what draws a migration as it stands, in place of how it was drawn before; None where nobody would see it.

    The bar goes to stderr, and stays there as it was drawn last.
    """
    if output.json or not sys.stderr.isatty():
        yield None
        return
    bar = _Bar()
    try:
        yield bar.draw
    finally:
        bar.end()


class _Bar:
    """One line of a terminal."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, migration: Migration) -> None:
        """Draw over what was drawn before; with spaces, which every terminal knows."""
        text = shorten(progress_text(migration), shutil.get_terminal_size().columns - 1)
        before, self._drawn = self._drawn, width(text)  # first, so that whoever interrupts the writing still gets a new line
        click.echo(f"\r{text}{' ' * (before - width(text))}", nl=False, err=True)

    def end(self) -> None:
        """Leave the line."""
        if self._drawn:
            click.echo(err=True)
