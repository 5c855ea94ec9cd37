"""The command `live`: what was current at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.options import SLUG, TIME, json_option
from wflgit.core.names import CURRENT

if TYPE_CHECKING:
    from datetime import datetime

    from wflgit.cli.call import Call


@click.command()
@click.argument("slug", type=SLUG)
@click.option("--at", type=TIME, metavar="TIME", help="When, in ISO 8601; UTC unless it says a zone. Now unless said.")
@click.option("--channel", default=CURRENT, metavar="NAME", help="Where this channel stood, in place of what was current.")
@json_option
@click.pass_obj
def live(call: Call, slug: str, *, at: datetime | None, channel: str) -> None:
    """Say which version of a workflow was current at a time, since when and until when, and who put it there.

    Exits 1 if nothing was current then, and says when the first version was.
    """
    from wflgit.api.current_at import current_at
    from wflgit.render.integrity import current_lines

    workspace = call.repo.workspace
    call.output.show(current_at(workspace, slug, at or workspace.clock(), channel=channel), current_lines)
