"""The entry: global options, the table of commands, and what every kind of failure looks like from outside."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wflgit.cli.call import Call
from wflgit.cli.groups import Entry, LazyGroup, NoSuchCommandError
from wflgit.cli.options import json_option
from wflgit.errors import ConflictError, WflgitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

NAME = "wflgit"

OK, NEGATIVE, USAGE, BUG, CONFLICT, INTERRUPTED = 0, 1, 2, 3, 4, 130
"""Exit codes: fine; a negative answer or an expected error; wrong usage; a bug in wflgit; worth a retry; interrupted."""

COMMANDS = {
    "init": Entry("wflgit.cli.repository:init", "Set wflgit up in a folder."),
    "adopt": Entry("wflgit.cli.adoption:adopt", "Take over a repository that holds workflow files."),
    "status": Entry("wflgit.cli.repository:status", "Say what stands where."),
    "new": Entry("wflgit.cli.workflows:new", "Make a new workflow."),
    "ls": Entry("wflgit.cli.workflows:ls", "List the workflows."),
    "show": Entry("wflgit.cli.workflows:show", "Show a version and its definition."),
    "validate": Entry("wflgit.cli.workflows:validate", "Check workflow files."),
    "fmt": Entry("wflgit.cli.workflows:fmt", "Write workflow files canonically."),
    "mv": Entry("wflgit.cli.workflows:mv", "Move a workflow to another slug."),
    "rm": Entry("wflgit.cli.workflows:rm", "Delete a workflow; its history stays."),
    "commit": Entry("wflgit.cli.versions:commit", "Make a version of the file in the working tree."),
    "log": Entry("wflgit.cli.versions:log", "List the versions of a workflow."),
    "blame": Entry("wflgit.cli.blame:blame", "Say who last changed each step."),
    "diff": Entry("wflgit.cli.versions:diff", "Compare two revisions step by step."),
    "graph": Entry("wflgit.cli.graph:graph", "Draw a workflow, or what changed in it."),
    "publish": Entry("wflgit.cli.versions:publish", "Make a version the current one."),
    "rollback": Entry("wflgit.cli.versions:rollback", "Publish an earlier content again."),
    "tag": Entry("wflgit.cli.versions:tag", "Move a channel to a published version."),
    "draft": Entry("wflgit.cli.drafts:draft", "Save, look at and commit what you have not finished."),
    "merge": Entry("wflgit.cli.merging:merge", "Merge two edits of a workflow step by step."),
    "resolve": Entry("wflgit.cli.merging:resolve", "Decide the conflicts of a merge."),
    "update-branch": Entry("wflgit.cli.merging:update_branch", "Merge the trunk into a branch, step by step."),
    "clone": Entry("wflgit.cli.remotes:clone", "Clone a repository, with what moving tags need."),
    "fetch": Entry("wflgit.cli.remotes:fetch", "Fetch versions and tags, and bring the trunk up to date."),
    "push": Entry("wflgit.cli.remotes:push", "Push versions and tags, all or nothing."),
    "archive": Entry("wflgit.cli.archival:archive", "Archive versions that nobody uses any more."),
    "unarchive": Entry("wflgit.cli.archival:unarchive", "Take a version out of the archive."),
    "live": Entry("wflgit.cli.live:live", "Say what was current at a time, and who put it there."),
    "review": Entry("wflgit.cli.review:review", "Review what a change does to those who are on the way."),
    "rules": Entry("wflgit.cli.review:rules", "List the rules of a review."),
    "explain": Entry("wflgit.cli.review:explain", "Explain a rule of a review."),
    "exec": Entry("wflgit.cli.executions:executions", "Start, move, end and list executions."),
    "migrate": Entry("wflgit.cli.migrations:migrations", "Move executions from one version to another."),
    "audit": Entry("wflgit.cli.audit:audit", "Read and verify the audit trail."),
    "fsck": Entry("wflgit.cli.repository:fsck", "Check Git, side store and audit trail against each other."),
    "gc": Entry("wflgit.cli.archival:gc", "Pack what Git keeps, at the right times."),
    "store": Entry("wflgit.cli.store:store", "Look after the side store."),
    "install": Entry("wflgit.cli.install:install", "Let git show changes of workflows step by step."),
    "uninstall": Entry("wflgit.cli.install:uninstall", "Remove exactly what `install` wrote."),
    "doctor": Entry("wflgit.cli.install:doctor", "Try out what `install` set up."),
    "hook": Entry("wflgit.cli.hooks:hook", "Be a hook of git."),
}


def _show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted and not ctx.resilient_parsing:
        from importlib import metadata

        try:
            click.echo(f"{NAME} {metadata.version(NAME)}")
        except metadata.PackageNotFoundError:
            click.echo(f"{NAME}, run from its source without being installed")
        ctx.exit()


@click.group(NAME, cls=LazyGroup, entries=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-C", "directory", metavar="PATH", default=".", help="Work in this folder, as `git -C` does.")
@click.option(
    "--store", metavar="URL", envvar="WFLGIT_STORE", help="Side store in place of the one the repository uses; or WFLGIT_STORE."
)
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", show_default=True, help="When to use colours."
)
@json_option
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version of wflgit and exit.",
)
@click.pass_obj
def cli(call: Call, directory: str, store: str | None, color: str) -> None:
    """Versions, publishing, pinned executions and rollback for workflow JSON files in Git.

    A revision is written SLUG@7, SLUG@current, SLUG@CHANNEL, SLUG@draft or SLUG@COMMIT; SLUG alone is the file in the working tree.
    """
    call.path = Path(directory)
    call.store_url = store or None
    call.output.choose_color(color)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show an arrow gets a question mark, not a crash.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], *, clock: Callable[[], datetime] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what stands after the program's name.
        clock: gives the time; None for the system's.

    Returns:
        The exit code.
    """
    call = Call(clock)
    try:
        code = cli.main(list(arguments), prog_name=NAME, standalone_mode=False, obj=call)
        call.output.flush()
    except WflgitError as error:
        call.output.complain(error)
        return CONFLICT if isinstance(error, ConflictError) else NEGATIVE
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return USAGE
    except click.ClickException as error:
        call.output.json = call.output.json or "--json" in arguments
        call.output.complain(_usage_error(error))
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last resort: never a stack trace for a user
        _report_bug(call, error)
        return BUG
    finally:
        call.close()
    return code or OK


class _UsageError(WflgitError):
    """A wrong call of the command line, in the form of every other error."""

    code = "usage"


class _BugError(WflgitError):
    """An exception that nobody expected."""

    code = "bug"


def _usage_error(error: click.ClickException) -> WflgitError:
    """Say what click says in the form of our errors."""
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx else NAME
    hint = f"`{path} --help` tells how it is used"
    if isinstance(error, NoSuchCommandError):
        hint = f"`{path} --help` lists the commands"
        if error.candidates:
            hint = f"did you mean {' or '.join(f'`{path} {name}`' for name in error.candidates)}?"
    text = error.format_message().rstrip(".")
    return _UsageError(text[:1].lower() + text[1:], hint=hint)


def _report_bug(call: Call, error: Exception) -> None:
    hint = f"please report it with the output of `{NAME} --version` and of the same command under WFLGIT_DEBUG=1"
    said = str(error).partition("\n")[0]
    call.output.complain(_BugError(f"a bug in wflgit: {type(error).__name__}: {said}", hint=hint))
    if os.environ.get("WFLGIT_DEBUG"):
        import traceback

        traceback.print_exception(error)
