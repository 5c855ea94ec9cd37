"""Commands on the audit trail: `audit ls`, `audit verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.groups import NearGroup
from wflgit.cli.options import SLUG, TIME, after_option, json_option, limit_option
from wflgit.render.audit import audit_table
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from wflgit.cli.call import Call
    from wflgit.core.audit import Verification


@click.group(cls=NearGroup)
def audit() -> None:
    """Read and verify the audit trail: who did what, chained by hashes."""


@audit.command()
@click.argument("subject", required=False, type=SLUG)
@click.option("--action", metavar="NAME", help="Only of this kind, such as version.published.")
@click.option("--actor", metavar="ID", help="Only by this actor.")
@click.option("--since", type=TIME, metavar="TIME", help="Only from this time on, in ISO 8601; UTC unless it says a zone.")
@after_option
@limit_option
@json_option
@click.pass_obj
def ls(
    call: Call, subject: str | None, *, action: str | None, actor: str | None, since: datetime | None, after: int, limit: int
) -> None:
    """List entries, the oldest first; page with --after and the last number.

    SUBJECT is a workflow (welcome) or a version (welcome@7).
    """
    found = call.repo.audit.list(subject, action=action, actor=actor, since=since, after=after, limit=limit)
    call.output.show(found, audit_table, empty="no such entries")


@audit.command()
@json_option
@click.pass_obj
def verify(call: Call) -> int:
    """Recompute every hash, and hold the chain against what publish tags noted of it; exit 1 if it is broken."""
    verification = call.repo.audit.verify()
    call.output.show(verification, _verification_lines)
    return int(verification.broken is not None)


def _verification_lines(verification: Verification) -> Iterator[Line]:
    broken = verification.broken
    if broken is None:
        said = f": {verification.entries:,} entries, {verification.anchors:,} of them vouched for by publish tags"
        yield line(Span("the chain holds", Style.GOOD), said)
    else:
        yield line(Span(f"the chain is broken at entry {broken.sequence}", Style.BAD), f": {broken.reason}")
