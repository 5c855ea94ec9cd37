"""The command that takes over a repository with workflow files: `adopt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.options import json_option
from wflgit.render.adoption import adoption_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wflgit.cli.call import Call
    from wflgit.core.adoption import Adoption


@click.command()
@click.argument("path", default=".", type=click.Path(file_okay=False))
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Which files are workflows, if not as proposed. Repeatable.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Which files are none all the same. Repeatable.")
@click.option("--account", metavar="NAME", help="The account; the folder's name unless said.")
@click.option("--trunk", metavar="BRANCH", help="The branch of versions; the one checked out unless said.")
@click.option("--write", is_flag=True, help="Write wflgit.toml into the working tree.")
@json_option
@click.pass_obj
def adopt(
    call: Call,
    path: str,
    *,
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    account: str | None,
    trunk: str | None,
    write: bool,
) -> None:
    """Show what wflgit would make of a Git repository that holds workflow files, and propose its wflgit.toml.

    Nothing is changed without --write. In a repository with a wflgit.toml it shows what that covers.
    """
    from wflgit.api.adoption import adopt as look_at

    found = look_at(call.path / path, account=account, trunk=trunk, paths=paths, exclude=exclude, write=write)
    call.output.show(found, adoption_lines)
    for note in _notes(found):
        call.output.note(note)


def _notes(found: Adoption) -> Iterator[str]:
    """What to do next."""
    trunk = found.settings.trunk
    if found.written:
        yield f"'{found.written}' was written; it counts once it is on '{trunk}':"
        yield "  git add wflgit.toml && git commit -m 'Set up wflgit'"
        yield "  wflgit ls       lists the workflows; `wflgit log SLUG` the versions of one"
        yield "  wflgit init     lets the tags of remotes follow `git fetch`; in each clone once"
    elif found.exists:
        yield f"nothing was changed; to cover other files, edit wflgit.toml and commit it to '{trunk}'"
    else:
        yield "nothing was changed; the same command with --write writes wflgit.toml"
