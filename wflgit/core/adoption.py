"""Taking over a repository that holds workflow files: what each file is, which settings fit them, and what is in the way.

Pure: contents and paths come in, records go out. `covering` finds the globs, `paths` gives the slugs.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wflgit.core.covering import ChosenGlob, cover
from wflgit.core.formats import FORMATS, find_format, locate, read
from wflgit.core.paths import WorkflowPaths
from wflgit.core.problems import Problem, Severity
from wflgit.core.records import Identity
from wflgit.core.reports import Notice
from wflgit.core.settings import FILE, Settings
from wflgit.core.validation import graph_problems
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from wflgit.core.catalog import Catalog
    from wflgit.core.formats import Format
    from wflgit.core.graph import Graph

SIZE_LIMIT = 20_000_000
"""Bytes of the largest file that is looked at: no tool writes workflows of that size."""

_ENDINGS = (".json", ".asl")
_FOREIGN_FOLDERS = re.compile(r"(?:^|/)(?:node_modules|bower_components|\.aws-sam|cdk\.out)/")
_NO_WORKFLOWS = re.compile(r"(?:[jt]sconfig.*|devcontainer|\.eslintrc|\.babelrc|launch|settings|tasks|composer|package)\.json")
"""Names of files that often are no strict JSON, and are known to be something else."""


@dataclass(frozen=True, slots=True)
class Change:
    """A trunk commit that changed a workflow."""

    commit: str
    author: Identity
    at: datetime
    summary: str


@dataclass(frozen=True, slots=True)
class History:
    """What the trunk's history says of one workflow.

    Attributes:
        versions: how many versions it has; deletions and what came back after one count.
        deletions: how many of them deleted the file.
        path: the file that the newest one changed.
        first: the commit of version 1.
        last: the commit of the newest version.
    """

    versions: int
    deletions: int
    path: str
    first: Change
    last: Change


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """A file that is a workflow by the settings.

    Attributes:
        path: where it is on the trunk.
        slug: what the workflow is called, for ever.
        name: the display name in it.
        format: its format; None if it cannot be read.
        errors: how many errors it has as a workflow.
        versions: how many versions it has at once; 0 where another file has the same slug.
        deletions: how many of them deleted the file.
        first: the commit of version 1; None where it has no version.
        last: the commit of the newest version.
    """

    path: str
    slug: str
    name: str | None
    format: str | None
    errors: int
    versions: int
    deletions: int
    first: Change | None
    last: Change | None


@dataclass(frozen=True, slots=True)
class DeletedWorkflow:
    """A workflow that is only in the history: it has versions and a slug, and no file."""

    slug: str
    path: str
    versions: int
    last: Change


@dataclass(frozen=True, slots=True)
class FormatCount:
    """How many of the workflow files have a format, and how many of these have errors."""

    format: str
    files: int
    faulty: int


@dataclass(frozen=True, slots=True)
class Collision:
    """Files that have one slug: until all but one of them go, no change of any of them makes a version."""

    slug: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a repository holds, and what wflgit would make of it.

    Attributes:
        path: the repository.
        tip: the commit of the trunk that was looked at.
        settings: the settings that are proposed, or those that the repository has.
        text: `wflgit.toml` with these settings.
        exists: whether the repository has a `wflgit.toml` already.
        include: the globs of workflows, each with the files it decides about and the reason.
        exclude: the globs of exceptions, in the same way.
        files: the workflow files, by slug and path.
        deleted: workflows of which only the history is left, by slug.
        versions: how many versions all of them have together.
        formats: how many files there are of each format, the most frequent first.
        collisions: slugs that several files share.
        findings: what somebody should look at, the worst first.
        others: how many JSON files are no workflows.
        written: the file that was written; None if none was.
    """

    path: str
    tip: str
    settings: Settings
    text: str
    exists: bool
    include: tuple[ChosenGlob, ...]
    exclude: tuple[ChosenGlob, ...]
    files: tuple[WorkflowFile, ...]
    deleted: tuple[DeletedWorkflow, ...]
    versions: int
    formats: tuple[FormatCount, ...]
    collisions: tuple[Collision, ...]
    findings: tuple[Notice, ...]
    others: int
    written: str | None = None


# What a file is


@dataclass(frozen=True, slots=True)
class Look:
    """What a file turned out to be: a workflow of some format, or something that cannot be read, and why.

    Attributes:
        format: the format; None for what cannot be read.
        name: the display name.
        errors: how many errors it has.
        problem: why it cannot be read.
        certain: whether it has steps; what has none may be anything, such as `[]`.
    """

    format: str | None
    name: str | None = None
    errors: int = 0
    problem: Problem | None = None
    certain: bool = True


def may_hold_workflow(path: str) -> bool:
    """Say by its path whether a file is worth a look; those that tools fetch or build are not.

    >>> may_hold_workflow("flows/Welcome.JSON"), may_hold_workflow("node_modules/x/package.json")
    (True, False)
    """
    return is_json(path) and _FOREIGN_FOLDERS.search(path) is None


def is_json(path: str) -> bool:
    """Say by its ending whether a file is meant to be JSON."""
    return path.lower().endswith(_ENDINGS)


def look(content: bytes, catalog: Catalog) -> Look | None:
    """Find out what a file is; None for JSON that is no workflow."""
    try:
        document = read(content)
    except DefinitionError as error:
        return Look(None, problem=error.problems[0], certain=False)
    try:
        known = find_format(document.value)
    except DefinitionError:
        return None
    try:
        graph = known.to_graph(document.value)
    except DefinitionError as error:
        return Look(None, problem=locate(error.problems, document)[0], certain=False)
    if not _is_meant(graph):
        return None
    errors = _count_errors(known, document.value, graph, catalog)
    return Look(graph.format, graph.name, errors, certain=bool(graph.steps))


def _count_errors(known: Format, document: Any, graph: Graph, catalog: Catalog) -> int:
    """Count what `validate` calls errors, without their places: to find these takes longer than everything else here."""
    problems = (*known.problems(document, catalog), *graph_problems(graph))
    return len({(found.rule, found.pointer, found.message) for found in problems if found.severity is Severity.ERROR})


def _is_meant(graph: Graph) -> bool:
    """Other files have `steps` too; but those of a workflow have types, unless it has none yet."""
    return not graph.steps or any(step.type for step in graph.steps.values())


# Which files are workflows


@dataclass(frozen=True, slots=True)
class Survey:
    """The files of a repository, sorted by what they are.

    Attributes:
        workflows: what each file is that is a workflow, or may be one.
        others: JSON files that are none.
        too_large: files that were not looked at.
    """

    workflows: Mapping[str, Look]
    others: frozenset[str]
    too_large: tuple[str, ...] = ()

    @property
    def certain(self) -> list[str]:
        """The files that are workflows for sure."""
        return [path for path, found in self.workflows.items() if found.certain]


def survey(looks: Mapping[str, Look | None], unseen: Iterable[str], too_large: Sequence[str] = ()) -> Survey:
    """Sort files into workflows and others.

    What is neither for sure goes with its neighbours; but not where its name is that of files which are no workflows.

    Args:
        looks: what came of looking at each file.
        unseen: JSON files that nobody looked at, because they are none of the repository's own.
        too_large: files that nobody looked at because of their size.
    """
    names = {_name(path) for path, found in looks.items() if found is None} | {_name(path) for path in unseen}
    names -= {_name(path) for path, found in looks.items() if found is not None and found.certain}
    workflows, others = {}, set(unseen)
    for path, found in looks.items():
        if found is None or (not found.certain and (_name(path) in names or _NO_WORKFLOWS.fullmatch(_name(path)))):
            others.add(path)
        else:
            workflows[path] = found
    return Survey(workflows, frozenset(others), tuple(too_large))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Choice:
    """Globs, chosen by somebody or by `covering`, with what each decides about."""

    paths: WorkflowPaths
    include: tuple[ChosenGlob, ...]
    exclude: tuple[ChosenGlob, ...]


def choose(found: Survey, include: Sequence[str] = (), exclude: Sequence[str] = ()) -> Choice:
    """Choose globs for the workflow files.

    Args:
        found: what there is.
        include: globs that somebody wants; only exceptions are added to them.
        exclude: exceptions that somebody wants.
    """
    unwanted = WorkflowPaths(tuple(exclude))
    workflows = [path for path in found.certain if unwanted.slug(path) is None]
    if include:
        matched = WorkflowPaths(tuple(include))
        workflows = [path for path in workflows if matched.slug(path) is not None]
    chosen = cover(workflows, [path for path in found.others if unwanted.slug(path) is None], include=include)
    asked = tuple(ChosenGlob(glob, _count_matches(glob, found), "as asked for") for glob in exclude)
    exceptions = (*asked, *chosen.exclude)
    paths = WorkflowPaths(tuple(each.glob for each in chosen.include), tuple(each.glob for each in exceptions))
    return Choice(paths, chosen.include, exceptions)


def describe_globs(paths: WorkflowPaths, found: Survey) -> Choice:
    """Say of globs that are in force what each decides about."""
    include = []
    left = {path for path in found.workflows if paths.slug(path) is not None}
    for glob in paths.include:
        matched = {path for path in left if WorkflowPaths((glob,)).slug(path) is not None}
        left -= matched
        include.append(ChosenGlob(glob, len(matched), f"as {FILE} says"))
    exclude = [ChosenGlob(glob, _count_matches(glob, found), f"as {FILE} says") for glob in paths.exclude]
    return Choice(paths, tuple(include), tuple(exclude))


def _count_matches(glob: str, found: Survey) -> int:
    matched = WorkflowPaths((glob,))
    return sum(matched.slug(path) is not None for path in (*found.workflows, *found.others))


# What there is by the settings


def workflow_files(paths: WorkflowPaths, found: Survey, histories: Mapping[str, History]) -> list[WorkflowFile]:
    """The files that are workflows by the settings, with their history, by slug and path."""
    made = []
    for path, seen in found.workflows.items():
        slug = paths.slug(path)
        if slug is not None:
            past = histories.get(slug)
            made.append(
                WorkflowFile(
                    path=path,
                    slug=slug,
                    name=seen.name,
                    format=seen.format,
                    errors=seen.errors,
                    versions=past.versions if past else 0,
                    deletions=past.deletions if past else 0,
                    first=past.first if past else None,
                    last=past.last if past else None,
                )
            )
    return sorted(made, key=lambda file: (file.slug, file.path))


def deleted_workflows(files: Iterable[WorkflowFile], histories: Mapping[str, History]) -> list[DeletedWorkflow]:
    """The workflows that have a history and no file, by slug."""
    gone = histories.keys() - {file.slug for file in files}
    past = [(slug, histories[slug]) for slug in sorted(gone)]
    return [DeletedWorkflow(slug, found.path, found.versions, found.last) for slug, found in past]


def count_formats(files: Iterable[WorkflowFile]) -> list[FormatCount]:
    """Count the files of each format, and those with errors; the most frequent format first."""
    counts = Counter(file.format for file in files)
    faulty = Counter(file.format for file in files if file.errors)
    return [FormatCount(name, number, faulty[name]) for name, number in counts.most_common() if name is not None]


def list_collisions(files: Iterable[WorkflowFile]) -> list[Collision]:
    """The slugs that several files have."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in files:
        found[file.slug].append(file.path)
    return [Collision(slug, tuple(paths)) for slug, paths in found.items() if len(paths) > 1]


def known_formats() -> str:
    """What people call the formats that are recognised."""
    return ", ".join(known.TITLE for known in FORMATS.values())
