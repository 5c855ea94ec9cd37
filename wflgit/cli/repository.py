"""Commands on the repository as a whole: `init`, `status`, `fsck`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wflgit.cli.options import json_option
from wflgit.core.problems import Severity
from wflgit.render.status import finding_lines, status_lines
from wflgit.render.text import Line, Span, Style, count, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.api.repository import Repository
    from wflgit.cli.call import Call


@click.command()
@click.argument("path", default=".", type=click.Path(file_okay=False))
@click.option("--bare", is_flag=True, help="Make a new repository a bare one.")
@click.option("--account", metavar="NAME", help="The account; the folder's name unless said.")
@click.option("--trunk", metavar="BRANCH", help="The branch of versions; the one checked out, or main, unless said.")
@click.option(
    "--path", "paths", multiple=True, metavar="GLOB", help="Which files are workflows: workflows/**/*.json unless said. Repeatable."
)
@click.option("--exclude", multiple=True, metavar="GLOB", help="Which files are none all the same. Repeatable.")
@click.option("--channel", "channels", multiple=True, metavar="NAME", help="A moving tag beside `current`. Repeatable.")
@json_option
@click.pass_obj
def init(
    call: Call,
    path: str,
    *,
    bare: bool,
    account: str | None,
    trunk: str | None,
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    channels: tuple[str, ...],
) -> None:
    """Set wflgit up in a folder, a new one or one with a Git history: commits wflgit.toml to the trunk.

    Workflow files that are in the history have versions at once. Doing it again changes nothing.
    """
    from wflgit.api.repository import init_repository

    repo = init_repository(
        call.path / path,
        bare=bare,
        account=account,
        trunk=trunk,
        paths=paths,
        exclude=exclude,
        channels=channels,
        store=call.store_url,
        clock=call.clock,
    )
    try:
        call.output.show(_described(repo), _init_lines)
    finally:
        repo.close()


def _described(repo: Repository) -> dict[str, Any]:
    settings = repo.settings
    return {
        "path": str(repo.workspace.git.location),
        "account": settings.account,
        "trunk": settings.trunk,
        "paths": settings.paths.include,
        "exclude": settings.paths.exclude,
        "channels": settings.channels,
        "workflows": len(repo.workflows.list()),
    }


def _init_lines(made: Mapping[str, Any]) -> Iterator[Line]:
    yield line("account ", Span(made["account"], Style.STRONG), f" in '{made['path']}', trunk {made['trunk']}")
    yield line(f"{count(made['workflows'], 'workflow')} in {', '.join(made['paths'])}")


@click.command()
@json_option
@click.pass_obj
def status(call: Call) -> None:
    """Say what stands where: what is not committed, which drafts are not published, who is still on old versions."""
    call.output.show(call.repo.status(), status_lines)


@click.command()
@click.option("--repair", "wanted", is_flag=True, help="Put back what is certain, and say what only you can decide.")
@click.option("--dry-run", is_flag=True, help="With --repair: only say what would be done.")
@json_option
@click.pass_obj
def fsck(call: Call, *, wanted: bool, dry_run: bool) -> int:
    """Check Git, the side store and the audit trail against each other; exit 1 if one of them is damaged.

    Without --repair nothing is changed but what every operation puts right by itself, such as a stale `current` tag. With it, exit
    1 if anything is left that is not repaired.
    """
    if dry_run and not wanted:
        raise click.UsageError("--dry-run says what --repair would do: give both")
    if wanted:
        return _repair(call, dry_run=dry_run)
    findings = call.repo.fsck()
    call.output.show(findings, finding_lines, empty="all is well")
    return int(any(finding.severity is Severity.ERROR for finding in findings))


def _repair(call: Call, *, dry_run: bool) -> int:
    from wflgit.api.repairing import repair
    from wflgit.core.repairs import Outcome
    from wflgit.render.integrity import repair_lines

    repairs = repair(call.repo.workspace, dry_run=dry_run)
    call.output.show(repairs, repair_lines, empty="all is well")
    return int(any(found.outcome is not Outcome.DONE for found in repairs))
