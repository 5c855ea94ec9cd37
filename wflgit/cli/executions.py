"""Commands on executions: `exec start`, `advance`, `wait`, `complete`, `fail`, `cancel`, `ls`, `counts`, `snapshot`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wflgit.cli.groups import NearGroup
from wflgit.cli.options import JSON_OBJECT, SLUG, TIME, after_option, json_option, limit_option, lock_option
from wflgit.cli.output import write_file
from wflgit.core.names import CURRENT
from wflgit.core.records import ExecutionStatus
from wflgit.render.executions import count_table, execution_lines, execution_table
from wflgit.render.text import Line, Span, Style, count, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from wflgit.cli.call import Call


@click.group("exec", cls=NearGroup)
def executions() -> None:
    """Start, move, end and list executions. Each stays on the version it started on."""


@executions.command()
@click.argument("slug", type=SLUG)
@click.argument("contacts", nargs=-1, required=True, metavar="CONTACT...")
@click.option("--channel", default=CURRENT, show_default=True, metavar="NAME", help="Start on the version this channel marks.")
@click.option("--trigger", metavar="ID", help="What starts them, where each trigger leads to a step of its own.")
@click.option("--context", type=JSON_OBJECT, metavar="JSON", help="A JSON object kept with each execution.")
@json_option
@click.pass_obj
def start(
    call: Call, slug: str, contacts: tuple[str, ...], *, channel: str, trigger: str | None, context: dict[str, Any] | None
) -> None:
    """Start contacts at the workflow's start step.

    One contact that is in the workflow already is an error. Of several, those are left where they are, and listed.
    """
    if len(contacts) == 1:
        call.output.show(
            call.repo.executions.start(slug, contacts[0], channel=channel, trigger=trigger, context=context), execution_lines
        )
        return
    started, existing = call.repo.executions.start_many(slug, contacts, channel=channel, trigger=trigger, context=context)
    said = {"workflow": slug, "channel": channel, "started": started, "existing": existing}
    call.output.show(said, _started_lines)


def _started_lines(said: Mapping[str, Any]) -> Iterator[Line]:
    yield line(f"started {count(said['started'], 'contact')} on ", Span(f"{said['workflow']}@{said['channel']}", Style.STRONG))
    if said["existing"]:
        yield line(f"in it already: {', '.join(said['existing'])}")


@executions.command()
@click.argument("execution", metavar="ID", type=int)
@click.argument("outcome", required=False)
@click.option("--to", metavar="STEP", help="The step to go to; an edge must lead there.")
@lock_option
@json_option
@click.pass_obj
def advance(call: Call, execution: int, outcome: str | None, to: str | None, lock_version: int | None) -> None:
    """Move an execution on, by the version it is on; coming to the end completes it.

    OUTCOME is the label of the edge to take (yes, otherwise, timeout …); not needed where there is one.
    """
    call.output.show(call.repo.executions.advance(execution, outcome, to=to, lock_version=lock_version), execution_lines)


@executions.command()
@click.argument("execution", metavar="ID", type=int)
@click.option("--until", type=TIME, metavar="TIME", help="In ISO 8601; UTC unless it says a zone.")
@click.option("--event", metavar="NAME", help="The event that ends the wait.")
@lock_option
@json_option
@click.pass_obj
def wait(call: Call, execution: int, until: datetime | None, event: str | None, lock_version: int | None) -> None:
    """Mark an execution as waiting where it stands, until a time, for an event, or for whichever comes first."""
    call.output.show(call.repo.executions.wait(execution, until=until, event=event, lock_version=lock_version), execution_lines)


@executions.command()
@click.argument("execution", metavar="ID", type=int)
@lock_option
@json_option
@click.pass_obj
def complete(call: Call, execution: int, lock_version: int | None) -> None:
    """End an execution as completed where it stands."""
    call.output.show(call.repo.executions.complete(execution, lock_version=lock_version), execution_lines)


@executions.command()
@click.argument("execution", metavar="ID", type=int)
@click.option("--reason", required=True, metavar="TEXT", help="Why it failed.")
@lock_option
@json_option
@click.pass_obj
def fail(call: Call, execution: int, reason: str, lock_version: int | None) -> None:
    """End an execution as failed, with the reason."""
    call.output.show(call.repo.executions.fail(execution, reason, lock_version=lock_version), execution_lines)


@executions.command()
@click.argument("execution", metavar="ID", type=int)
@click.option("--reason", metavar="TEXT", help="Why it is taken out.")
@lock_option
@json_option
@click.pass_obj
def cancel(call: Call, execution: int, reason: str | None, lock_version: int | None) -> None:
    """Take an execution out of its workflow; the audit trail keeps who did and why."""
    call.output.show(call.repo.executions.cancel(execution, reason, lock_version=lock_version), execution_lines)


@executions.command()
@click.argument("slug", required=False, type=SLUG)
@click.option("--version", type=click.IntRange(min=1), metavar="N", help="Only on this version.")
@click.option("--step", metavar="STEP", help="Only standing at this step.")
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([str(status) for status in ExecutionStatus]),
    help="Only with this status. Repeatable.",
)
@click.option("--contact", metavar="CONTACT", help="Only of this contact.")
@after_option
@limit_option
@json_option
@click.pass_obj
def ls(
    call: Call,
    slug: str | None,
    *,
    version: int | None,
    step: str | None,
    status: tuple[str, ...],
    contact: str | None,
    after: int,
    limit: int,
) -> None:
    """List executions by id, those that ended too; page with --after and the last id."""
    _require_workflow(call, slug)
    found = call.repo.executions.list(
        slug,
        version=version,
        step=step,
        status=[ExecutionStatus(name) for name in status],
        contact=contact,
        after=after,
        limit=limit,
    )
    call.output.show(found, execution_table, empty="no such executions")


@executions.command()
@click.argument("slug", required=False, type=SLUG)
@json_option
@click.pass_obj
def counts(call: Call, slug: str | None) -> None:
    """Count the live executions by workflow, version and step."""
    _require_workflow(call, slug)
    call.output.show(call.repo.executions.counts(slug), count_table, empty="no live executions")


def _require_workflow(call: Call, slug: str | None) -> None:
    """An empty list must not be the answer to a mistyped slug."""
    if slug is not None:
        call.repo.versions.list(slug)


@executions.command()
@click.option("-o", "--output", metavar="FILE", help="Write it there and not to stdout.")
@json_option
@click.pass_obj
def snapshot(call: Call, output: str | None) -> None:
    """Write how many live executions stand where, as JSON for `review --executions`: no contact is in it."""
    from wflgit.core.snapshot import dump_snapshot

    text = dump_snapshot(call.repo.settings.account, call.repo.executions.counts(), call.repo.workspace.clock())
    if output is None:
        call.output.show_bytes(text.encode())
    else:
        write_file(call.path / output, text.encode())
