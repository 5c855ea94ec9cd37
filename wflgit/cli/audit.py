"""Commands on the audit trail: `audit ls`, `audit export`, `audit verify`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wflgit.cli.groups import NearGroup
from wflgit.cli.options import SLUG, TIME, after_option, json_option, limit_option
from wflgit.errors import RepositoryError
from wflgit.render.audit import audit_table, evidence_lines, verification_lines
from wflgit.render.text import line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from wflgit.cli.call import Call


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
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it there, not to stdout."
)
@json_option
@click.pass_obj
def export(call: Call, output: Path | None) -> None:
    """Write the whole trail as lines of JSON: a header, then each entry with all that its hash covers.

    `audit verify FILE` verifies what was written, on any machine.
    """
    lines = call.repo.audit.export()
    if output is None:
        for text in lines:
            call.output.show_bytes(f"{text}\n".encode())
    else:
        file = call.path / output
        _write(file, lines)
        call.output.show({"file": str(file)}, lambda made: [line(f"wrote '{made['file']}'")])


def _write(file: Path, lines: Iterable[str]) -> None:
    """Write line by line beside the file, and put it in its place when it is whole."""
    part = file.with_name(f"{file.name}.part")
    try:
        with part.open("w", encoding="ascii", newline="\n") as stream:
            stream.writelines(f"{text}\n" for text in lines)
        part.replace(file)
    except OSError as error:
        hint = "name a file in a folder that you may write to"
        raise RepositoryError(f"'{file}' cannot be written: {error.strerror}", hint=hint) from error
    finally:
        part.unlink(missing_ok=True)


@audit.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="BUNDLE",
    help="Hold FILE against the tags of a git bundle.",
)
@json_option
@click.pass_obj
def verify(call: Call, file: Path | None, bundle: Path | None) -> int:
    """Recompute every hash, and hold the chain against what publish tags noted of it; exit 1 if it is broken.

    FILE is what `audit export` wrote: it is verified by itself, without repository and side store. With --bundle the tags of a
    `git bundle create BUNDLE --all` say for which entries they vouch; exit 1 too if they vouch for none.
    """
    if file is None and bundle is not None:
        raise click.UsageError("--bundle is for a FILE; without one, the tags of the repository are taken")
    if file is None:
        verification = call.repo.audit.verify()
        call.output.show(verification, verification_lines)
        return int(verification.broken is not None)
    from wflgit.api.evidence import verify_export

    evidence = verify_export(call.path / file, bundle=None if bundle is None else call.path / bundle)
    call.output.show(evidence, partial(evidence_lines, against_tags=bundle is not None))
    return int(evidence.broken is not None or (bundle is not None and evidence.entries > 0 and not evidence.vouchers))
