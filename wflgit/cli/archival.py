"""Commands on what nobody uses any more: `archive`, `unarchive`, `gc`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from wflgit.cli.options import SLUG, json_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.cli.call import Call
    from wflgit.core.records import Version
    from wflgit.render.text import Line

_NUMBER = click.IntRange(min=1)


@click.command()
@click.argument("slug", type=SLUG, required=False)
@click.argument("numbers", metavar="[NUMBER]...", type=_NUMBER, nargs=-1)
@click.option("--candidates", is_flag=True, help="List what the policy would archive; of one workflow also what stays, and why.")
@click.option("--run", "due", is_flag=True, help="Archive what the policy lets go, of one workflow or of all.")
@click.option("--dry-run", is_flag=True, help="With --run: archive nothing, only list.")
@json_option
@click.pass_obj
def archive(call: Call, slug: str | None, numbers: Sequence[int], *, candidates: bool, due: bool, dry_run: bool) -> None:
    """Archive published versions that nobody uses any more: their tags go out of the way, all else stays.

    Nobody starts on an archived version. It can still be read, compared, rolled back to and edited from, and does not count against
    the limit of versions. NUMBERs are archived whatever their age; --run asks the policy in wflgit.toml. What is current, marked by
    a channel, holds executions or is part of a migration stays in any case.
    """
    by_policy = candidates or due
    if by_policy == bool(numbers) or (candidates and due) or (dry_run and not due) or (numbers and not slug):
        raise click.UsageError("expected SLUG and NUMBER, or --candidates, or --run with or without --dry-run")
    from wflgit.api import archival

    workspace = call.repo.workspace
    if not by_policy:
        assert slug is not None
        _show(call, [archival.archive(workspace, slug, number) for number in numbers])
        return
    from wflgit.render.archival import report_lines

    report = archival.archive_due(workspace, slug, dry_run=candidates or dry_run)
    with_kept = candidates and slug is not None
    call.output.show(report, partial(report_lines, with_kept=with_kept), empty="there is nothing to archive")


@click.command()
@click.argument("slug", type=SLUG)
@click.argument("numbers", metavar="NUMBER...", type=_NUMBER, nargs=-1, required=True)
@json_option
@click.pass_obj
def unarchive(call: Call, slug: str, numbers: Sequence[int]) -> None:
    """Take versions out of the archive, back among the published ones.

    If no higher version is published, it becomes the current one again. It counts against the limit of versions, and the policy
    leaves it alone for as long as a version that was just used.
    """
    from wflgit.api import archival

    _show(call, [archival.unarchive(call.repo.workspace, slug, number) for number in numbers])


def _show(call: Call, versions: Sequence[Version]) -> None:
    """Show what became of versions; one as an object, several as a list."""
    if call.output.json and len(versions) == 1:
        call.output.show_json(versions[0])
    else:
        call.output.show(versions, _lines)


def _lines(versions: Sequence[Version]) -> Iterator[Line]:
    from wflgit.render.versions import version_lines

    for version in versions:
        yield from version_lines(version)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what is due.")
@json_option
@click.pass_obj
def gc(call: Call, *, dry_run: bool) -> None:
    """Pack what Git keeps if it is time, by git's own means, and clear away old drafts and what killed processes left locked.

    Others may read and write meanwhile. `wflgit status` says when it is due.
    """
    from wflgit.api.housekeeping import tidy
    from wflgit.render.archival import tidied_lines

    tidied = tidy(call.repo.workspace, dry_run=dry_run)
    call.output.show(tidied, tidied_lines, empty="nothing is due")
