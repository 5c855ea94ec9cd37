"""Commands that set Git up for workflow files: `install`, `uninstall`, `doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.options import json_option
from wflgit.git.usergit import Configuration, Scope
from wflgit.render.text import Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wflgit.api.doctor import Checkup
    from wflgit.api.installation import Installation
    from wflgit.cli.call import Call


def _scope_option(command: Callable[..., object]) -> Callable[..., object]:
    everywhere = click.option(
        "--global", "scope", flag_value=Scope.GLOBAL, type=Scope, help="In your own configuration, for every repository."
    )
    here = click.option(
        "--local", "scope", flag_value=Scope.LOCAL, type=Scope, default=Scope.LOCAL, help="In this repository; so unless said."
    )
    return here(everywhere(command))


@click.command()
@_scope_option
@click.option("--no-attributes", is_flag=True, help="Leave .gitattributes alone.")
@json_option
@click.pass_obj
def install(call: Call, scope: Scope, *, no_attributes: bool) -> None:
    """Let git show changes of workflows step by step, and merge them step by step, whatever command or tool asks it to.

    Writes git's configuration, and the lines of .gitattributes that say which files are workflows; with --global the configuration
    only. Where wflgit is not on the PATH, git shows and merges the files as any text. Doing it again changes nothing.
    """
    from wflgit.api.installation import install as write

    if scope is Scope.GLOBAL:
        done = write(Configuration(scope))
    else:
        repo = call.repo
        git = repo.workspace.git
        done = write(Configuration(scope, git.git_dir), None if no_attributes else git, repo.settings.paths)
    call.output.show(done, lambda found: _lines(found, "wrote"), empty="git is set up already")


@click.command()
@_scope_option
@json_option
@click.pass_obj
def uninstall(call: Call, scope: Scope) -> None:
    """Remove exactly what `install` wrote; what was there before, and what was changed since, stays."""
    from wflgit.api.installation import uninstall as remove

    git = None if scope is Scope.GLOBAL else call.repo.workspace.git
    done = remove(Configuration(scope, git.git_dir if git else None), git)
    call.output.show(done, lambda found: _lines(found, "removed"), empty="nothing is left of what wflgit wrote")


def _lines(done: Installation, verb: str) -> Iterator[Line]:
    for name in done.settings:
        yield line(f"{verb} ", Span(name, Style.STRONG), f" in git's {done.scope} configuration")
    if done.attributes is not None:
        yield line(f"{verb} the lines of wflgit in ", Span(done.attributes, Style.STRONG))


@click.command()
@json_option
@click.pass_obj
def doctor(call: Call) -> int:
    """Try out what `install` set up, by real diffs and merges in a scratch repository; exit 1 if something does not work.

    Nothing is changed.
    """
    from wflgit.api.doctor import diagnose

    repo = call.repo
    found = diagnose(repo.workspace.git, repo.settings.paths)
    call.output.show(found, _checkup_lines)
    return int(not all(checkup.ok for checkup in found))


def _checkup_lines(found: Iterable[Checkup]) -> Iterator[Line]:
    for checkup in found:
        verdict = Span("ok", Style.GOOD) if checkup.ok else Span("not ok", Style.BAD)
        yield line(f"{checkup.check}: ", verdict, f", {checkup.message}")
        if checkup.hint:
            yield line(Span("    hint: ", Style.DIM), checkup.hint)
