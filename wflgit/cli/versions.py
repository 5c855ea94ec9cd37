"""Commands on versions: `commit`, `log`, `diff`, `publish`, `rollback`, `tag`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wflgit.cli.forms import Form, deliver, form_option, show_or_write
from wflgit.cli.options import SLUG, base_option, json_option, message_option, pace_option, rules_option
from wflgit.render.versions import version_lines, version_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.api.repository import Repository
    from wflgit.cli.call import Call
    from wflgit.cli.workingtree import WorkingFile
    from wflgit.core.diff import Comparison
    from wflgit.core.pace import Pace
    from wflgit.core.records import Version
    from wflgit.core.rollout import Rollout
    from wflgit.render.text import Line


@click.command()
@click.argument("slugs", nargs=-1, metavar="SLUG...", type=SLUG)
@click.option("--all", "everything", is_flag=True, help="Every workflow file that differs from the trunk.")
@base_option
@click.option("--merge", is_flag=True, help="Merge the edit with what became of the workflow since --base, step by step.")
@message_option
@json_option
@click.pass_obj
def commit(
    call: Call, slugs: tuple[str, ...], *, everything: bool, base: int | str | None, merge: bool, message: str | None
) -> None:
    """Commit the file in the working tree to the trunk as the workflow's next version, a draft.

    All files are checked before the first is committed. A file that is not committed yet becomes version 1. Nothing else in the
    index or the working tree is touched.
    """
    if everything == bool(slugs):
        raise click.UsageError("expected one or more slugs, or --all")
    if merge and base is None:
        raise click.UsageError("expected --base beside --merge: the version that the edit started from")
    from wflgit.cli import workingtree

    workingtree.require_trunk(call.repo)
    files = _changed_files(call) if everything else [workingtree.read_workflow(call.repo, slug) for slug in slugs]
    for file in files:
        _require_valid(call, file)
    versions = [_commit(call, file, base, message, merge=merge) for file in files]
    if call.output.json and len(slugs) == 1:
        call.output.show_json(versions[0])
    else:
        call.output.show(versions, _all_lines, empty="nothing to commit")


def _all_lines(versions: Sequence[Version]) -> Iterator[Line]:
    for version in versions:
        yield from version_lines(version)


def _changed_files(call: Call) -> list[WorkingFile]:
    """The uncommitted workflow files that are there; those that are gone are only mentioned."""
    from wflgit.cli import workingtree

    repo = call.repo
    workdir = workingtree.require_workdir(repo)
    paths = repo.status().uncommitted
    for path in paths:
        if not (workdir / path).is_file():
            slug = repo.settings.paths.slug(path)
            call.output.note(f"'{path}' is gone from the working tree; `wflgit rm {slug}` deletes the workflow")
    return [workingtree.read_path(repo, path) for path in paths if (workdir / path).is_file()]


def _require_valid(call: Call, file: WorkingFile) -> None:
    """Check a file before anything is committed; show its warnings."""
    from wflgit.core.problems import Severity
    from wflgit.core.validation import validate
    from wflgit.errors import DefinitionError
    from wflgit.render.problems import problem_lines
    from wflgit.render.text import count

    problems = validate(file.content, call.repo.workspace.working_catalog())
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        raise DefinitionError(
            f"'{file.path}' has {count(len(errors), 'error')}, nothing is committed",
            problems=problems,
            path=file.path,
            hint="mend the file and try again",
        )
    for problem in problems:
        call.output.talk(problem_lines(problem, file.path))


def _commit(call: Call, file: WorkingFile, base: int | str | None, message: str | None, *, merge: bool) -> Version:
    repo, slug = call.repo, file.workflow
    assert slug is not None
    known = repo.workspace.find(slug).require_one_file()
    _require_place(repo, slug, file.path, known.path if known else None)
    if known is None:
        return repo.workflows.create(slug, file.content, message=message)
    before = repo.versions.list(slug)[0].number
    version = repo.versions.create(slug, file.content, base=base, merge=merge, message=message)
    repo.drafts.settle(slug)
    if version.number == before:
        call.output.note(f"'{slug}' is as in version {before}, there is nothing to commit")
    return version


def _require_place(repo: Repository, slug: str, path: str, known: str | None) -> None:
    """See that the file is the one wflgit would write: the workflow's own, or the first place of a new one.

    Raises:
        StateError: if it is another file whose name makes the same slug.
    """
    from wflgit.errors import StateError

    if known is not None and path != known:
        raise StateError(f"'{path}' has the slug '{slug}', which belongs to '{known}' already", hint="give the file another name")
    if known is None and path != repo.settings.paths.path(slug):
        raise StateError(
            f"wflgit would write a new workflow '{slug}' to '{repo.settings.paths.path(slug)}', but the file is '{path}'",
            hint=f"commit it with plain git, which makes a version as well: git add '{path}' && git commit",
        )


@click.command()
@click.argument("slug", type=SLUG)
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="Only the newest N.")
@click.option("--step", metavar="ID", help="The life of one step: the versions in which something was done to it, and what.")
@form_option("text", "html")
@json_option
@click.pass_obj
def log(call: Call, slug: str, *, limit: int | None, step: str | None, form: Form) -> None:
    """List the versions of a workflow, the newest first, with who made them and how many executions are on them.

    With --step, only those in which a step was added, changed, renamed, moved or removed, with what changed; it is followed through
    renames, and to the slug that the file had before.
    """
    if step is not None:
        from wflgit.render.steplife import event_lines

        if form.name == "html":
            raise click.UsageError("--format html goes without --step")
        show_or_write(call, form, call.repo.versions.step_history(slug, step)[:limit], event_lines)
    elif form.name == "html":
        deliver(call, form, _page(call.repo, slug, call.repo.versions.list(slug)[:limit]))
    else:
        show_or_write(call, form, call.repo.versions.list(slug)[:limit], version_table)


def _page(repo: Repository, slug: str, versions: Sequence[Version]) -> str:
    """The versions as a page, each with what it changed since the one before; not where one of the two cannot be read."""
    from wflgit.render.html.log import log_html

    return log_html(slug, versions, [_compared(repo, slug, version.number) for version in versions])


def _compared(repo: Repository, slug: str, number: int) -> Comparison | None:
    from wflgit.errors import DefinitionError, NotFoundError

    try:
        return repo.versions.compare(f"{slug}@{number - 1}", f"{slug}@{number}") if number > 1 else None
    except (DefinitionError, NotFoundError):
        return None


@click.command()
@click.argument("old", metavar="A", type=SLUG)
@click.argument("new", metavar="[B]", required=False, type=SLUG)
@click.option("--exit-code", is_flag=True, help="Exit 1 if they differ.")
@json_option
@click.pass_obj
def diff(call: Call, old: str, new: str | None, *, exit_code: bool) -> int:
    """Compare two revisions step by step: old and new values, and the edges between steps.

    With one revision it is compared with the working tree; with a slug, the current version is, or the newest one if none is
    published. SLUG@3..5 is short for SLUG@3 SLUG@5.
    """
    from wflgit.render.comparison import comparison_lines, same_meaning

    comparison = call.repo.versions.compare(*_sides(call.repo, old, new))
    call.output.show(comparison, comparison_lines, empty=same_meaning(comparison))
    return int(exit_code and bool(comparison))


def _sides(repo: Repository, old: str, new: str | None) -> tuple[str, str]:
    if new is not None:
        return old, new
    first, dots, second = old.partition("..")
    slug, at, _ = first.partition("@")
    if dots:
        return first, second if "@" in second else f"{slug}@{second}"
    return (first if at else f"{slug}@{_newest_published(repo, slug)}"), slug


def _newest_published(repo: Repository, slug: str) -> int:
    """The number of the current version, or of the newest one while none is published."""
    from wflgit.core.records import VersionStatus

    versions = repo.versions.list(slug)
    return next((version for version in versions if version.status is VersionStatus.CURRENT), versions[0]).number


sign_option = click.option(
    "--sign/--no-sign", "sign", default=None, help="Sign the tag, or not; unless said, as Git's configuration and the policy say."
)
strategy_option = click.option(
    "--migrate",
    "strategy",
    type=click.Choice(["immediate", "gradual"]),
    help="Take those along who are on the version that was current; at once, or by --pace.",
)


@click.command()
@click.argument("slug", type=SLUG)
@click.argument("number", type=click.IntRange(min=1), required=False)
@base_option
@message_option
@strategy_option
@pace_option
@rules_option
@sign_option
@click.option("--push", is_flag=True, help="Push it too, on top of what others have pushed; it gets the next number then.")
@json_option
@click.pass_obj
def publish(
    call: Call,
    slug: str,
    number: int | None,
    *,
    base: int | str | None,
    message: str | None,
    strategy: str | None,
    pace: Pace | None,
    rules: Sequence[str],
    sign: bool | None,
    push: bool,
) -> int:
    """Make a version the current one, which new executions start on; the newest one unless NUMBER is said.

    Executions that run stay on their versions, but for those that --migrate takes along: if they cannot all come, nothing is
    published.
    """
    if push:
        if strategy or pace or rules or base is not None:
            raise click.UsageError("--push goes without --base and --migrate: what it publishes is on top of all that others did")
        return _publish_and_push(call, slug, number, message, sign=sign)
    rollout = _rollout(strategy, pace, rules)
    return _show_published(
        call, call.repo.versions.publish(slug, number, base=base, message=message, rollout=rollout, sign=sign), rollout
    )


def _publish_and_push(call: Call, slug: str, number: int | None, message: str | None, *, sign: bool | None) -> int:
    from wflgit.api.sharing import publish_and_push
    from wflgit.cli.remotes import may_ask
    from wflgit.render.remotes import shared_lines

    done = publish_and_push(call.repo.workspace, slug, number, message=message, sign=sign, interactive=may_ask(call))
    call.output.show(done, shared_lines)
    return 0


@click.command()
@click.argument("slug", type=SLUG)
@click.option("--to", type=click.IntRange(min=1), required=True, metavar="N", help="The version whose content is wanted back.")
@base_option
@message_option
@strategy_option
@pace_option
@rules_option
@sign_option
@json_option
@click.pass_obj
def rollback(
    call: Call,
    slug: str,
    *,
    to: int,
    base: int | str | None,
    message: str | None,
    strategy: str | None,
    pace: Pace | None,
    rules: Sequence[str],
    sign: bool | None,
) -> int:
    """Publish the content of an earlier version again, as a new version: history only grows.

    Executions that run stay on their versions, but for those that --migrate takes along, the way back that executions came: if they
    cannot all come, nothing is published.
    """
    rollout = _rollout(strategy, pace, rules)
    return _show_published(
        call, call.repo.versions.rollback(slug, to=to, base=base, message=message, rollout=rollout, sign=sign), rollout
    )


def _rollout(strategy: str | None, pace: Pace | None, rules: Sequence[str]) -> Rollout | None:
    """How those who run come along; None if nobody is to.

    Raises:
        UsageError: if what is said does not fit together.
    """
    if strategy is None and (pace or rules):
        raise click.UsageError("expected --migrate beside --pace and --map")
    if strategy is None:
        return None
    if (strategy == "gradual") != (pace is not None):
        raise click.UsageError("expected --pace with --migrate gradual, and only with that")
    from wflgit.core.records import Strategy
    from wflgit.core.rollout import Rollout

    return Rollout(Strategy(strategy), pace, rules)


def _show_published(call: Call, version: Version, rollout: Rollout | None) -> int:
    """Show a version that became current, after moving those who come along."""
    if rollout is None:
        call.output.show(version, version_lines)
        return 0
    from wflgit.cli.migrations import conclude_rollout

    return conclude_rollout(call, version)


@click.command()
@click.argument("slug", type=SLUG)
@click.argument("channel")
@click.argument("number", type=click.IntRange(min=1))
@base_option
@json_option
@click.pass_obj
def tag(call: Call, slug: str, channel: str, number: int, *, base: int | str | None) -> None:
    """Move a channel of a workflow, declared in wflgit.toml, to a published version."""
    call.output.show(call.repo.versions.tag(slug, channel, number, base=base), version_lines)
