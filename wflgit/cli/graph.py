"""`graph`: a workflow, or what changed in it, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.options import SLUG, json_option
from wflgit.render.text import line

if TYPE_CHECKING:
    from wflgit.cli.call import Call


@click.command()
@click.argument("revision", metavar="REVISION", type=SLUG)
@click.argument("other", metavar="[NEW]", required=False, type=SLUG)
@json_option
@click.pass_obj
def graph(call: Call, revision: str, other: str | None) -> None:
    """Draw a revision of a workflow, or what changed from one revision to another.

    The picture is text in Mermaid's language, which GitHub, GitLab and many editors draw. Of two revisions only the steps that
    differ are drawn, and those next to them, each with the number of live executions that stand there.
    """
    lines = _picture(call, revision) if other is None else _changes(call, revision, other)
    call.output.show({"mermaid": "\n".join(lines)}, lambda _: map(line, lines))


def _picture(call: Call, revision: str) -> list[str]:
    from wflgit.render.mermaid import graph_lines

    return [*graph_lines(call.repo.workflows.get(revision).graph)]


def _changes(call: Call, revision: str, other: str) -> list[str]:
    from wflgit.core.diff import compare
    from wflgit.core.exposure import Exposure
    from wflgit.render.review.drawing import change_lines

    old, new = call.repo.workflows.get(revision), call.repo.workflows.get(other)
    exposure = Exposure(old.graph, call.repo.executions.counts(old.workflow))
    comparison = compare(old.graph, new.graph, old_name=revision, new_name=other)
    return change_lines(comparison, old.graph, new.graph, exposure.at)
