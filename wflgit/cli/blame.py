"""`blame`: who last did something to each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.options import SLUG, json_option

if TYPE_CHECKING:
    from wflgit.cli.call import Call


@click.command()
@click.argument("revision", type=SLUG)
@json_option
@click.pass_obj
def blame(call: Call, revision: str) -> None:
    """Say for each step of a version who last did something to it: in which version, when, and in which pull request.

    Of a slug alone it is the newest version. Steps are followed through renames, and to the slug that the file had before.
    """
    from wflgit.render.steplife import blame_table

    call.output.show(call.repo.versions.blame(revision), blame_table)
