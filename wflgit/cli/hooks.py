"""Commands that git calls as its hooks, `hook pre-commit`, `hook pre-push`, `hook pre-receive`; `hook script` writes a hook."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wflgit.cli.groups import NearGroup
from wflgit.cli.options import json_option
from wflgit.render.problems import problem_lines
from wflgit.render.text import SHORT, Line, Span, Style, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wflgit.api.receiving import Refusal
    from wflgit.api.repository import Repository
    from wflgit.cli.call import Call
    from wflgit.core.problems import Problem
    from wflgit.core.review import Review

_HOOKS = ("pre-commit", "pre-push", "pre-receive")
_ERROR = Span("error: ", Style.BAD)
_HINT = Span("hint: ", Style.DIM)


@click.group(cls=NearGroup)
def hook() -> None:
    """Be a hook of git: check what is committed, pushed or received. `wflgit hook script NAME` writes the hook's file."""


@hook.command()
@click.argument("name", type=click.Choice(_HOOKS))
@json_option
@click.pass_obj
def script(call: Call, name: str) -> None:
    """Print the file of a hook, to be put into the folder `hooks` of a repository and made executable."""
    text = f'#!/bin/sh\nexec wflgit hook {name} "$@"\n'
    if call.output.json:
        call.output.show_json({"name": name, "script": text})
    else:
        call.output.show_bytes(text.encode())


@dataclass(frozen=True, slots=True)
class Staged:
    """A workflow file that is staged; `problems` are what is wrong with it."""

    path: str
    workflow: str
    canonical: bool
    problems: tuple[Problem, ...]


@hook.command(name="pre-commit")
@json_option
@click.pass_obj
def pre_commit(call: Call) -> int:
    """Check the workflow files that are staged: are they valid, and written as `wflgit fmt` writes them? Exit 1 if not.

    What is in the working tree and not staged does not count.
    """
    from wflgit.core.problems import Severity

    found = list(_staged(call.repo))
    call.output.show(found, _staged_lines)
    errors = any(problem.severity is Severity.ERROR for file in found for problem in file.problems)
    return int(errors or not all(file.canonical for file in found))


def _staged(repo: Repository) -> Iterator[Staged]:
    """The staged workflow files that something is wrong with."""
    from wflgit.git.hooking import staged_files

    workspace = repo.workspace
    for path, blob in staged_files(workspace.git, os.environ):
        workflow = repo.settings.paths.slug(path)
        if workflow is not None:
            content = workspace.git.blob(blob)
            problems = workspace.contents.problems(content, workspace.working_catalog())
            canonical = _is_canonical(content)
            if problems or not canonical:
                yield Staged(path, workflow, canonical, problems)


def _is_canonical(content: bytes) -> bool:
    """Whether `fmt` would leave a file alone, as it does a broken one."""
    from wflgit.core.canonical import format_definition
    from wflgit.errors import DefinitionError

    try:
        return format_definition(content) == content
    except DefinitionError:
        return True


def _staged_lines(found: Iterable[Staged]) -> Iterator[Line]:
    for file in found:
        for problem in file.problems:
            yield from problem_lines(problem, file.path)
        if not file.canonical:
            yield line(Span(f"{file.path}: ", Style.STRONG), _ERROR, "it is not written canonically")
            yield line(Span("    hint: ", Style.DIM), f"wflgit fmt {file.path} && git add {file.path}")


@hook.command(name="pre-push")
@click.argument("remote", required=False)
@click.argument("url", required=False)
@json_option
@click.pass_obj
def pre_push(call: Call, remote: str | None, url: str | None) -> int:  # noqa: ARG001 - git says the address too
    """Review what is about to be pushed, as `wflgit review` does; exit 1 if a review fails.

    Each branch is compared with what the remote has of it, a new one with the trunk.
    """
    from wflgit.core.review import Verdict

    reviews = [call.repo.review(base, head) for base, head in _pushed(call.repo, remote or "origin")]
    if call.output.json:
        from wflgit.render.review.data import review_data

        call.output.show_json([review_data(review) for review in reviews])
    else:
        call.output.show(reviews, _review_lines)
    return int(any(review.verdict is Verdict.FAILED for review in reviews))


def _pushed(repo: Repository, remote: str) -> Iterator[tuple[str, str]]:
    """What to compare with what, for each branch of a push; pre-commit, which reads stdin itself, says it by the environment."""
    from wflgit.git.hooking import known_id
    from wflgit.git.repository import HEADS

    git, trunk = repo.workspace.git, repo.settings.trunk
    fetched = f"refs/remotes/{remote}/{trunk}"
    new_base = fetched if git.find_commit(fetched) else trunk
    if "PRE_COMMIT_TO_REF" in os.environ:
        yield os.environ.get("PRE_COMMIT_FROM_REF") or new_base, os.environ["PRE_COMMIT_TO_REF"]
        return
    for said in sys.stdin:
        _, head, ref, base = said.split()
        if known_id(head) and ref.startswith(HEADS):
            yield base if known_id(base) and git.has(base) else new_base, head


def _review_lines(reviews: Iterable[Review]) -> Iterator[Line]:
    from wflgit.render.review.terminal import review_lines

    for review in reviews:
        yield from review_lines(review)


@hook.command(name="pre-receive")
@json_option
@click.pass_obj
def pre_receive(call: Call) -> int:
    """Decide on a server whether a push may pass; exit 1 if not, with all reasons.

    Refused are versions that are no valid workflows, tags of versions that are moved, deleted or of no version, a trunk that is
    rewritten or deleted, and what whoever pushes may not do. Settings and types are read from the repository as it was before.
    """
    from wflgit.api.receiving import refusals
    from wflgit.core.permissions import find_pusher
    from wflgit.git.hooking import open_receiving, parse_updates

    quarantine = os.environ.get("GIT_QUARANTINE_PATH")
    updates = parse_updates(sys.stdin)
    git = open_receiving(call.path, Path(quarantine) if quarantine else None)
    found = refusals(git, updates, find_pusher(os.environ)) if updates else []
    if call.output.json:
        call.output.show_json(found)
    call.output.talk(_refusal_lines(found))
    return int(bool(found))


def _refusal_lines(found: Iterable[Refusal]) -> Iterator[Line]:
    for refusal in found:
        where = f" in {refusal.commit[:SHORT]}" if refusal.commit else ""
        yield line(_ERROR, Span(f"{refusal.ref}{where}: ", Style.STRONG), refusal.message)
        for problem in refusal.problems:
            yield from (line("  ", *parts) for parts in problem_lines(problem, refusal.path))
        yield line(_HINT, refusal.hint)
