"""Commands on other repositories: `clone`, `fetch`, `push`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import click

from wflgit.cli.options import json_option
from wflgit.render.text import Line, Span, Style, count, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.cli.call import Call

remote_argument = click.argument("remote", required=False, metavar="[REMOTE]")


@click.command()
@click.argument("url")
@click.argument("path", required=False, type=click.Path(file_okay=False))
@click.option("--bare", is_flag=True, help="Make a clone without a working tree, for a server.")
@json_option
@click.pass_obj
def clone(call: Call, url: str, path: str | None, *, bare: bool) -> None:
    """Clone a repository, with its archive, and with what lets moving tags follow a plain `git fetch`.

    URL is anything that `git clone` takes. Without PATH the folder gets the name that git would give it.
    """
    from wflgit.api.remotes import clone as clone_repository

    target = call.path / (path or _folder(url, bare=bare))
    url = str(call.path / url) if (call.path / url).exists() else url
    repo = clone_repository(url, target, bare=bare, interactive=may_ask(call), store=call.store_url, clock=call.clock)
    try:
        settings, workflows = repo.settings, repo.workflows.list()
        made = {
            "path": str(repo.workspace.git.location),
            "account": settings.account,
            "trunk": settings.trunk,
            "tip": repo.workspace.trunk_tip(),
            "workflows": len(workflows),
        }
        call.output.show(made, _cloned_lines)
    finally:
        repo.close()


def _folder(url: str, *, bare: bool) -> str:
    """The folder that git would clone into: the last part of the URL."""
    name = re.split(r"[/:]", url.rstrip("/").removesuffix("/.git"))[-1].removesuffix(".git")
    return f"{name}.git" if bare else name


def _cloned_lines(made: Mapping[str, Any]) -> Iterator[Line]:
    yield line("account ", Span(made["account"], Style.STRONG), f" in '{made['path']}', trunk {made['trunk']}")
    yield line(count(made["workflows"], "workflow"))


@click.command()
@remote_argument
@click.option("--rebase", is_flag=True, help="Make your own commits anew on top of theirs, merging workflows step by step.")
@json_option
@click.pass_obj
def fetch(call: Call, remote: str | None, *, rebase: bool) -> int:
    """Fetch versions, tags and the archive of a remote, and bring the trunk up to date where that takes no merge.

    No tag of a version is ever overwritten. Exit 1 if both sides have commits that the other lacks, or have published the same
    number: --rebase puts your commits on top of theirs, and takes back what you had published of them, so that you can publish it
    again.
    """
    from wflgit.api.remotes import fetch as fetch_from
    from wflgit.core.remotes import Relation
    from wflgit.render.remotes import fetched_lines

    fetched = fetch_from(call.repo.workspace, remote, rebase=rebase, interactive=may_ask(call))
    call.output.show(fetched, fetched_lines)
    return int(bool(fetched.held) or fetched.trunk in (Relation.DIVERGED, Relation.SIDEWAYS))


@click.command()
@remote_argument
@click.option("--drafts", is_flag=True, help="Push your own drafts as well.")
@click.option(
    "--dry-run", "only_look", is_flag=True, help="Only say what would be pushed, and what is in the way; exit 1 if anything is."
)
@json_option
@click.pass_obj
def push(call: Call, remote: str | None, *, drafts: bool, only_look: bool) -> int:
    """Push the trunk, version tags, the archive and moving tags, all or nothing.

    What others have pushed in the meantime is never overwritten: the push is refused then, and says who pushed what. What is half
    pushed, by plain git for example, is made whole.
    """
    from wflgit.api.pushing import push as push_to
    from wflgit.api.pushing import remote_state
    from wflgit.render.remotes import pushed_lines, state_lines

    if only_look:
        state = remote_state(call.repo.workspace, remote, drafts=drafts, interactive=may_ask(call))
        call.output.show(state, state_lines)
        return int(bool(state.in_the_way))
    call.output.show(push_to(call.repo.workspace, remote, drafts=drafts, interactive=may_ask(call)), pushed_lines)
    return 0


def may_ask(call: Call) -> bool:
    """Whether git may ask for a password: somebody is there to answer."""
    return not call.output.json and sys.stdin.isatty() and sys.stderr.isatty()
