"""Commands on the side store: `store upgrade`, `store grant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.groups import NearGroup
from wflgit.cli.options import json_option
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.cli.call import Call
    from wflgit.store.grants import Granted


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


@store.command()
@click.argument("role")
@click.option("--account", metavar="NAME", help="Bind the role to one account, whatever it asks for.")
@json_option
@click.pass_obj
def grant(call: Call, role: str, account: str | None) -> None:
    """Give a role of PostgreSQL what wflgit needs on the tables, and no more: audit entries it can only read and append.

    Call it as the owner of the tables, and again after each upgrade. Row-level security then keeps the role to the rows of the
    account that a repository names; with --account, to those of that one.
    """
    from wflgit.store.engine import connect_store
    from wflgit.store.grants import grant as grant_role

    workspace = call.repo.workspace
    found = connect_store(call.store_url or workspace.settings.store, workspace.embedded_store)
    try:
        granted = grant_role(found, role, account=account)
    finally:
        found.close()
    call.output.show(granted, _grant_lines)


def _grant_lines(granted: Granted) -> Iterator[Line]:
    whose = f"of account '{granted.account}' only" if granted.account else "of the account that a repository names"
    yield line(Span(granted.role, Style.STRONG), f" may use the tables of {granted.store}, and gets at the rows {whose}")


def _lines(said: Mapping[str, str | None]) -> Iterator[Line]:
    if said["before"] == said["after"]:
        yield line(f"the tables of {said['store']} are up to date at ", Span(said["after"] or "", Style.STRONG))
    else:
        before = said["before"] or "no tables"
        yield line(f"upgraded {said['store']} from {before} to ", Span(said["after"] or "", Style.STRONG))
