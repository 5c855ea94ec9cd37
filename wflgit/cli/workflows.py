"""Commands on workflows: `new`, `ls`, `show`, `validate`, `fmt`, `mv`, `rm`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from wflgit.cli import workingtree
from wflgit.cli.options import SLUG, base_option, json_option, message_option
from wflgit.core.names import parse_revision
from wflgit.core.paths import parse_plan_path
from wflgit.core.problems import Problem, Severity
from wflgit.core.records import Definition, Version
from wflgit.errors import DefinitionError
from wflgit.render.problems import problem_lines
from wflgit.render.text import Line, count, line
from wflgit.render.versions import definition_lines, version_details, version_lines
from wflgit.render.workflows import workflow_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.api.repository import Repository
    from wflgit.cli.call import Call
    from wflgit.cli.workingtree import WorkingFile


@click.command()
@click.argument("slug")
@click.option("--name", metavar="TEXT", help="Its display name; made of the slug unless said.")
@click.option("--from", "source", type=click.File("rb"), metavar="FILE", help="Take the definition from this file, `-` for stdin.")
@message_option
@json_option
@click.pass_obj
def new(call: Call, slug: str, name: str | None, source: BinaryIO | None, message: str | None) -> None:
    """Make a new workflow: its file is committed to the trunk as version 1, a draft.

    Without --from it is a small one to start from.
    """
    try:
        definition = _started(call.repo, slug, name) if source is None else _named(source.read(), name)
        version = call.repo.workflows.create(slug, definition, message=message)
    except DefinitionError as error:
        if source is not None:
            error.path = source.name
        raise
    call.output.show(version, version_lines)


def _started(repo: Repository, slug: str, name: str | None) -> dict[str, Any]:
    from wflgit.cli.starter import starter

    return starter(name or slug.replace("/", " ").replace("-", " ").replace("_", " ").capitalize(), schema=_schema(repo, slug))


def _schema(repo: Repository, slug: str) -> str | None:
    """The way from a new workflow's file to the schema that editors complete it by, if the trunk has one."""
    from wflgit.api.repository import EDITOR_SCHEMA

    tip = repo.workspace.trunk_tip()
    try:
        depth = repo.settings.paths.path(slug).count("/")
    except ValueError:
        return None
    return "../" * depth + EDITOR_SCHEMA if tip and repo.workspace.git.blob_at(tip, EDITOR_SCHEMA) else None


def _named(content: bytes, name: str | None) -> bytes:
    """The definition, with another display name where one is asked for."""
    if name is None:
        return content
    from wflgit.core.formats import FORMATS, parse, write
    from wflgit.core.formats.meaning import Feature

    graph = parse(content).graph
    known = FORMATS[graph.format]
    if Feature.NAME in known.LACKS:
        raise click.UsageError(f"--name goes with formats that have {Feature.NAME}, which {known.TITLE} has not")
    return write(content, replace(graph, name=name))


@click.command()
@json_option
@click.pass_obj
def ls(call: Call) -> None:
    """List the workflows on the trunk by slug."""
    call.output.show(call.repo.workflows.list(), workflow_table, empty="no workflows yet; make one: wflgit new SLUG")


@click.command()
@click.argument("revision", type=SLUG)
@click.option("--raw", is_flag=True, help="Exactly the bytes of the file, and nothing else.")
@json_option
@click.pass_obj
def show(call: Call, revision: str, *, raw: bool) -> None:
    """Show a version and its definition."""
    if raw:
        call.output.show_bytes(call.repo.workflows.read(revision))
        return
    definition = call.repo.workflows.get(revision)
    version = None if definition.number is None else call.repo.versions.get(definition.workflow, definition.number)
    if call.output.json:
        call.output.show_json(_shown(definition, version))
        return
    call.output.show(definition, lambda found: [*(version_details(version) if version else ()), *definition_lines(found)])


def _shown(definition: Definition, version: Version | None) -> dict[str, Any]:
    """The fields of the version, where it is one, and of the definition."""
    from wflgit.render.json import to_data

    return {**(to_data(version) if version else {}), **to_data(definition)}


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of validating a file or revision; `path` is how it is called."""

    path: str
    workflow: str | None
    problems: tuple[Problem, ...]


@click.command()
@click.argument("names", nargs=-1, metavar="[SLUG|REVISION|FILE]...", type=SLUG)
@click.option("--warnings-as-errors", is_flag=True, help="Exit 1 for warnings too.")
@json_option
@click.pass_obj
def validate(call: Call, names: tuple[str, ...], *, warnings_as_errors: bool) -> int:
    """Check definitions; without arguments every workflow file of the working tree. Exit 1 if there is an error.

    Plan files of migrations are checked too: their shape, whether they are stale, and what they say of steps.
    """
    checked = list(_check(call, names))
    if call.output.json:
        call.output.show_json(_problem_data(checked))
    else:
        call.output.show(checked, _problem_lines)
    found = [problem.severity for result in checked for problem in result.problems]
    errors, warnings = found.count(Severity.ERROR), found.count(Severity.WARNING)
    call.output.note(f"{count(len(checked), 'file')}: {count(errors, 'error')}, {count(warnings, 'warning')}")
    return int(bool(errors or (warnings and warnings_as_errors)))


def _check(call: Call, names: Sequence[str]) -> Iterator[Checked]:
    if names:
        yield from (_check_one(call, name) for name in names)
    elif call.repo.workspace.git.workdir is None:
        yield from (_check_revision(call, workflow.slug) for workflow in call.repo.workflows.list())
    else:
        yield from _check_all(call)


def _check_one(call: Call, name: str) -> Checked:
    is_file = (call.path / name).is_file()
    if not is_file and ("@" in name or call.repo.workspace.git.workdir is None):
        return _check_revision(call, name)
    [file] = workingtree.choose(call.repo, [name], call.path)
    return _check_plan(call, file) if _is_plan(file) else _check_file(call, file)


def _check_revision(call: Call, revision: str) -> Checked:
    return Checked(revision, parse_revision(revision).slug, call.repo.workflows.validate(revision))


def _check_file(call: Call, file: WorkingFile) -> Checked:
    """The problems of a file by the account's own types as they are in the working tree."""
    from wflgit.core.validation import validate as find_problems

    return Checked(file.path, file.workflow, find_problems(file.content, call.repo.workspace.working_catalog()))


def _is_plan(file: WorkingFile) -> bool:
    """Whether a file is a plan of a migration, by its place; one that is elsewhere, by what it says."""
    if file.workflow is not None or parse_plan_path(file.path) is not None:
        return parse_plan_path(file.path) is not None
    from wflgit.core.jsontext import read_json

    try:
        document = read_json(file.content).value
    except DefinitionError:
        return False
    return isinstance(document, dict) and "plan" in document


def _check_plan(call: Call, file: WorkingFile) -> Checked:
    found = parse_plan_path(file.path)
    return Checked(file.path, found[0] if found else None, call.repo.migrations.lint(file.content, file.path))


def _check_all(call: Call) -> Iterator[Checked]:
    plans = workingtree.list_plans(call.repo)
    files = [file for file in workingtree.choose(call.repo, (), call.path) if file.path not in plans]
    collisions = workingtree.list_collisions(call.repo, [file.path for file in files])
    for file in files:
        checked = _check_file(call, file)
        if file.path in collisions:
            message = f"expected one file with the slug '{file.workflow}' but '{collisions[file.path]}' has it too"
            hint = "rename one of them with `git mv`, or leave one out with [workflows] exclude in wflgit.toml"
            problem = Problem("slug-collision", Severity.ERROR, message, hint=hint)
            checked = replace(checked, problems=(problem, *checked.problems))
        yield checked
    yield from (_check_plan(call, workingtree.read_path(call.repo, path)) for path in plans)


def _problem_lines(checked: Sequence[Checked]) -> Iterator[Line]:
    for result in checked:
        for problem in result.problems:
            yield from problem_lines(problem, result.path)


def _problem_data(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    from wflgit.render.json import to_data

    return [
        {"path": result.path, "workflow": result.workflow, **to_data(problem)} for result in checked for problem in result.problems
    ]


class Outcome(StrEnum):
    """What formatting did to a file, or would do."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file that was looked at by `fmt`; `problems` say why it is broken."""

    path: str
    workflow: str | None
    outcome: Outcome
    problems: tuple[Problem, ...] = ()


@click.command()
@click.argument("names", nargs=-1, metavar="[SLUG|FILE]...", type=SLUG)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file would change.")
@json_option
@click.pass_obj
def fmt(call: Call, names: tuple[str, ...], *, check: bool) -> int:
    """Write workflow files of the working tree canonically; without arguments all of them. Prints those that change.

    Values, and the order of steps, stay. Files of foreign formats and broken ones are left alone; exit 1 if one is broken.
    """
    workdir = workingtree.require_workdir(call.repo)
    formatted = []
    for file in workingtree.choose(call.repo, names, call.path):
        result, content = _format(file)
        if result.outcome is Outcome.CHANGED and not check:
            workingtree.replace(workdir / file.path, content)
        formatted.append(result)
    call.output.show(formatted, _changed_lines)
    broken = [result for result in formatted if result.outcome is Outcome.BROKEN]
    call.output.talk(parts for result in broken for problem in result.problems for parts in problem_lines(problem, result.path))
    return int(bool(broken) or (check and any(result.outcome is Outcome.CHANGED for result in formatted)))


def _format(file: WorkingFile) -> tuple[Formatted, bytes]:
    from wflgit.core.canonical import format_definition

    try:
        content = format_definition(file.content)
    except DefinitionError as error:
        return Formatted(file.path, file.workflow, Outcome.BROKEN, error.problems), file.content
    outcome = Outcome.UNCHANGED if content == file.content else Outcome.CHANGED
    return Formatted(file.path, file.workflow, outcome), content


def _changed_lines(formatted: Sequence[Formatted]) -> Iterator[Line]:
    yield from (line(result.path) for result in formatted if result.outcome is Outcome.CHANGED)


@click.command()
@click.argument("slug", metavar="OLD", type=SLUG)
@click.argument("new_slug", metavar="NEW")
@base_option
@message_option
@json_option
@click.pass_obj
def mv(call: Call, slug: str, new_slug: str, *, base: int | str | None, message: str | None) -> None:
    """Move a workflow to another slug in one commit.

    A slug is a name for ever: the new one starts with version 1, the old one keeps its history and tags.
    """
    call.output.show(call.repo.workflows.rename(slug, new_slug, base=base, message=message), version_lines)


@click.command()
@click.argument("slug", type=SLUG)
@base_option
@message_option
@json_option
@click.pass_obj
def rm(call: Call, slug: str, *, base: int | str | None, message: str | None) -> None:
    """Delete a workflow's file in one commit; its history and tags stay. Refused while executions are live."""
    call.output.show(call.repo.workflows.delete(slug, base=base, message=message), version_lines)
