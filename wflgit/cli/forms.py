"""The option `--format FORMAT[=FILE]`: in which form a command answers, and where the answer goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from wflgit.cli.output import write_file
from wflgit.render.tables import Table, laid_out
from wflgit.render.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wflgit.cli.call import Call
    from wflgit.render.text import Line

Record = TypeVar("Record")


class Form(NamedTuple):
    """One form of an answer; `file` None is stdout."""

    name: str
    file: str | None


class FormType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """`FORMAT` or `FORMAT=FILE`, of those that a command has."""

    name = "format"

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Form:
        """Split it.

        Raises:
            BadParameter: if there is no such format, or no file after the sign.
        """
        if isinstance(value, Form):
            return value
        name, equals, file = str(value).partition("=")
        if name not in self._names or (equals and not file):
            self.fail(f"expected one of {', '.join(self._names)}, with or without =FILE, but got '{value}'", param, ctx)
        return Form(name, file or None)


def form_option(*names: str, multiple: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option; the first name is what a command answers in unless said."""
    more = " Repeatable." if multiple else ""
    return click.option(
        "--format",
        "forms" if multiple else "form",
        type=FormType(names),
        multiple=multiple,
        default=None if multiple else names[0],
        metavar="FORMAT[=FILE]",
        help=f"One of {', '.join(names)}; to a file, or to stdout.{more}",
    )


def deliver(call: Call, form: Form, text: str) -> None:
    """Write an answer to where it is to go."""
    if form.file is None:
        call.output.show_bytes(text.encode())
    else:
        write_file(call.path / form.file, text.encode())
        call.output.note(f"wrote '{form.file}'")


def show_or_write(call: Call, form: Form, record: Record, render: Callable[[Record], Table | Iterable[Line | Table]]) -> None:
    """Show the answer of a command as text, or write that to a file."""
    if form.file is None:
        call.output.show(record, render)
        return
    rendered = render(record)
    deliver(call, form, plain(laid_out([rendered] if isinstance(rendered, Table) else rendered)))
