"""Commands on the side store: `store upgrade`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.groups import NearGroup
from wflgit.cli.options import json_option
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.cli.call import Call


@click.group(cls=NearGroup)
def store() -> None:
    """Look after the side store, which holds executions and the audit trail."""


@store.command()
@json_option
@click.pass_obj
def upgrade(call: Call) -> None:
    """Bring the tables of a side store up to what this wflgit needs; makes them in an empty one.

    The embedded store does this by itself; one that is shared is only upgraded here.
    """
    from wflgit.store.engine import connect_store
    from wflgit.store.upgrade import upgrade as upgrade_tables

    workspace = call.repo.workspace
    found = connect_store(call.store_url or workspace.settings.store, workspace.embedded_store)
    try:
        before, after = upgrade_tables(found)
    finally:
        found.close()
    call.output.show({"store": found.url, "before": before, "after": after}, _lines)


def _lines(said: Mapping[str, str | None]) -> Iterator[Line]:
    if said["before"] == said["after"]:
        yield line(f"the tables of {said['store']} are up to date at ", Span(said["after"] or "", Style.STRONG))
    else:
        before = said["before"] or "no tables"
        yield line(f"upgraded {said['store']} from {before} to ", Span(said["after"] or "", Style.STRONG))
