"""Commands of a review: `review`, `rules`, `explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.forms import Form, deliver, form_option
from wflgit.cli.options import json_option
from wflgit.cli.output import terminal_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.api.repository import Repository
    from wflgit.cli.call import Call
    from wflgit.core.impact.rule import Rule
    from wflgit.core.review import Review


@click.command()
@click.argument("commits", metavar="[BASE...HEAD]", required=False)
@form_option("terminal", "json", "markdown", "mermaid", "html", "sarif", "github", "gitlab", "junit", multiple=True)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "off"]),
    help="Exit 1 for findings as bad as this; what wflgit.toml of the base says unless said.",
)
@click.option(
    "--executions",
    metavar="FILE|URL",
    envvar="WFLGIT_EXECUTIONS",
    help="Who is on the way, as `exec snapshot` writes it, in place of the side store; or WFLGIT_EXECUTIONS.",
)
@click.option("--semver", type=click.Choice(["patch", "minor", "major"]), help="The level that the pull request says of itself.")
@click.option(
    "--post", type=click.Choice(["github"]), help="Make it the one comment of the pull request that the environment names."
)
@click.option(
    "--approval-label",
    default="wflgit: approved",
    show_default=True,
    metavar="LABEL",
    help="With --post: errors that the comment names are accepted if the pull request has this label. New ones take it away.",
)
@json_option
@click.pass_obj
def review(
    call: Call,
    commits: str | None,
    forms: tuple[Form, ...],
    fail_on: str | None,
    executions: str | None,
    semver: str | None,
    post: str | None,
    approval_label: str,
) -> int:
    """Review what a range of commits does to workflows, and to those who are on the way in them.

    BASE...HEAD compares HEAD with the commit at which it parted from BASE, as pull requests do; BASE..HEAD compares the two as they
    are. BASE alone is BASE...HEAD, nothing at all is the trunk's; `worktree` as HEAD is the working tree.

    A bearer token for an address is taken from WFLGIT_EXECUTIONS_TOKEN.
    """
    import os

    from wflgit.core.review import Level, Verdict

    base, head, from_merge_base = _sides(commits)
    found = call.repo.review(
        base or _remote_trunk(call.repo),
        head,
        from_merge_base=from_merge_base,
        executions=executions,
        token=os.environ.get("WFLGIT_EXECUTIONS_TOKEN"),
        fail_on=fail_on,
        semver=Level(semver) if semver else None,
    )
    for form in forms or (Form("json" if call.output.json else "terminal", None),):
        _write(call, found, form)
    approved = False
    if post:
        from wflgit.cli.posting import post_to_github

        approved = post_to_github(call.output, found, approval_label)
    return int(found.verdict is Verdict.FAILED and not approved)


def _sides(commits: str | None) -> tuple[str | None, str, bool]:
    """The base, the head, and whether to compare with where they parted."""
    if commits is None:
        return None, "HEAD", True
    for dots in ("...", ".."):
        base, found, head = commits.partition(dots)
        if found:
            return base or None, head or "HEAD", dots == "..."
    return commits, "HEAD", True


def _remote_trunk(repo: Repository) -> str:
    """The trunk as it was last fetched, if it was; a branch is compared with what it will be merged into."""
    trunk = repo.settings.trunk
    remote = f"origin/{trunk}"
    return remote if repo.workspace.git.find_commit(f"refs/remotes/{remote}") else trunk


def _write(call: Call, found: Review, form: Form) -> None:
    from wflgit.render.review.formats import FORMATS
    from wflgit.render.review.terminal import review_lines
    from wflgit.render.text import plain

    if form.name != "terminal":
        deliver(call, form, FORMATS[form.name](found))
    elif form.file is not None:
        deliver(call, form, plain(review_lines(found)))
    else:
        call.output.write(review_lines(found, terminal_columns()))


@click.command()
@click.argument("names", metavar="[CODE|NAME|AREA]...", nargs=-1)
@json_option
@click.pass_obj
def rules(call: Call, names: tuple[str, ...]) -> None:
    """List the rules of a review, or those of an area, such as `waits`.

    Each with how bad it is where somebody is concerned, and where nobody is.
    """
    from wflgit.render.rules import rule_table

    call.output.show(_chosen(names), rule_table)


def _chosen(names: Sequence[str]) -> list[Rule]:
    from wflgit.core.impact.rule import Area
    from wflgit.core.impact.rules import RULES, find_rule

    if not names:
        return [*RULES.values()]
    chosen = {
        rule.code
        for name in names
        for rule in ([each for each in RULES.values() if each.area == name] if name in [*Area] else [find_rule(name)])
    }
    return [rule for code, rule in RULES.items() if code in chosen]


@click.command()
@click.argument("rule", metavar="CODE|NAME")
@json_option
@click.pass_obj
def explain(call: Call, rule: str) -> None:
    """Explain a rule of a review: when it holds, why it matters, what to do."""
    from wflgit.core.impact.rules import find_rule
    from wflgit.render.rules import rule_lines

    call.output.show(find_rule(rule), rule_lines)
