"""Writing to the terminal: data on stdout, talk on stderr, JSON where it was asked for."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from wflgit.errors import RepositoryError
from wflgit.render.tables import Table, laid_out
from wflgit.render.text import Line, Style, printable, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from wflgit.errors import WflgitError

Record = TypeVar("Record")

COLOURS: Mapping[Style, Mapping[str, Any]] = {
    Style.STRONG: {"bold": True},
    Style.DIM: {"dim": True},
    Style.GOOD: {"fg": "green"},
    Style.CAUTION: {"fg": "yellow"},
    Style.BAD: {"fg": "red"},
}


class Output:
    """How one call of the command line answers.

    Attributes:
        json: whether it answers in JSON.
        color: True and False for always and never; None leaves it to whether a terminal is at the other end.
    """

    def __init__(self) -> None:
        self.json = False
        self.color: bool | None = None

    def choose_color(self, wish: str) -> None:
        """Settle on `auto`, `always` or `never`; `auto` heeds NO_COLOR and terminals that know no colours."""
        plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
        self.color = {"always": True, "never": False}.get(wish, False if plain else None)

    def show(self, record: Record, render: Callable[[Record], Table | Iterable[Line | Table]], *, empty: str | None = None) -> None:
        """Write the answer of a command to stdout.

        Args:
            record: what is shown; a record or a list of them.
            render: makes text of it, a table or lines with tables between them; not called for JSON.
            empty: what to say on stderr if there is nothing to show.
        """
        if self.json:
            self.show_json(record)
            return
        rendered = render(record)
        lines = list(laid_out([rendered] if isinstance(rendered, Table) else rendered, terminal_columns()))
        self.write(lines)
        if empty and not lines:
            self.note(empty)

    def show_json(self, data: object) -> None:
        """Write data to stdout as JSON."""
        from wflgit.render.json import dumps

        _echo(dumps(data))

    def show_line(self, data: object) -> None:
        """Write data to stdout as one line of JSON, for those who read line by line."""
        from wflgit.render.json import dumps

        _echo(dumps(data, indent=None))

    def show_bytes(self, content: bytes) -> None:
        """Write bytes to stdout exactly as they are."""
        _echo(content, nl=False)

    def flush(self) -> None:
        """See that everything has been written."""
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            _silence_stdout()

    def note(self, text: str) -> None:
        """Say something on stderr; machines are spared it."""
        if not self.json:
            _echo(printable(text), err=True)

    def talk(self, lines: Iterable[Line]) -> None:
        """Write lines to stderr; machines are spared them."""
        if not self.json:
            self.write(lines, err=True)

    def complain(self, error: WflgitError) -> None:
        """Write an error to stderr."""
        if self.json:
            from wflgit.render.json import dumps, error_data

            _echo(dumps(error_data(error)), err=True)
        else:
            from wflgit.render.problems import error_lines

            self.write(error_lines(error), err=True)

    def write(self, lines: Iterable[Line], *, err: bool = False) -> None:
        """Write lines to stdout, or to stderr, in colours where they are wanted."""
        for line in lines:
            _echo(write(line, _paint), err=err, color=self.color)


def _echo(text: str | bytes, **how: Any) -> None:
    try:
        click.echo(text, **how)
    except BrokenPipeError:
        _silence_stdout()
        raise click.exceptions.Exit from None


def _silence_stdout() -> None:
    """Whoever read the answer has gone, and that is fine. Python flushes once more at exit, and must not fail then."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _paint(text: str, style: Style) -> str:
    return click.style(text, **COLOURS[style]) if style in COLOURS else text


def write_file(file: Path, content: bytes) -> None:
    """Write a file that the user named, and the folders that it is in.

    Raises:
        RepositoryError: if it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        hint = "name a file in a folder that you may write to"
        raise RepositoryError(f"'{file}' cannot be written: {error.strerror}", hint=hint) from error


def terminal_columns() -> int | None:
    """How wide the terminal is; None for a pipe or a file, for which nothing is cut."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
