"""Which executions a migration is about, where somebody chooses: by what is known of them, or by a fix that they lack."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wflgit.api.listing import list_records
from wflgit.core.chosen import chosen_failures
from wflgit.core.containing import lacking
from wflgit.core.lifecycle import LIVE
from wflgit.core.names import Revision, parse_slug
from wflgit.core.plan import Counts, Examples, Failure, Plan
from wflgit.core.records import Execution, ExecutionStatus, Version
from wflgit.core.selection import Selection, chooses
from wflgit.errors import NotFoundError, StateError
from wflgit.git import history
from wflgit.store import executions
from wflgit.workspace import Workspace

_PAGE = 1_000
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """The executions of a selection: their ids, where they stand, and what is wrong with those that were named."""

    ids: tuple[int, ...]
    counts: Counts
    examples: Examples
    failures: tuple[Failure, ...]


def choose(workspace: Workspace, plan: Plan, selection: Selection) -> Chosen:
    """Find the executions of a selection among those on the source of a plan."""
    if not selection.ids:
        return _gather(row for row in _on(workspace, plan) if chooses(selection, row))
    with workspace.store.read() as conn:
        rows = (executions.get(conn, workspace.account, id) for id in selection.ids)  # noqa: A001
        found = {row.id: row for row in rows if row is not None}
    failures = chosen_failures(plan, selection.ids, found)
    return _gather((row for row in found.values() if chooses(selection, row)), failures)


def _gather(rows: Iterable[Execution], failures: tuple[Failure, ...] = ()) -> Chosen:
    ids: list[int] = []
    counts: Counter[tuple[str, ExecutionStatus]] = Counter()
    examples: defaultdict[tuple[str, ExecutionStatus], tuple[int, ...]] = defaultdict(tuple)
    for row in rows:
        place = row.step, row.status
        ids.append(row.id)
        counts[place] += 1
        if counts[place] <= _EXAMPLES:
            examples[place] += (row.id,)
    return Chosen(tuple(ids), counts, examples, failures)


def _on(workspace: Workspace, plan: Plan) -> Iterator[Execution]:
    """All live executions on the source of a plan, a page at a time."""
    after = 0
    while True:
        with workspace.store.read() as conn:
            page = executions.list_executions(
                conn,
                workspace.account,
                workflow=plan.workflow,
                version=plan.source.version,
                status=LIVE,
                after=after,
                limit=_PAGE,
            )
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id


def versions_lacking(workspace: Workspace, slug: str, commit: str) -> list[Version]:
    """The versions that hold live executions and lack a fix, oldest first; see `Migrations.lacking`."""
    rows = sorted(workspace.versions(parse_slug(slug)), key=lambda row: row.number)
    fix = _find_commit(workspace, slug, commit)
    if not any(history.changes_path(workspace.git, fix, path) for path in {row.path for row in rows}):
        raise StateError(f"commit {fix[:10]} does not change '{slug}'", hint=f"`wflgit log {slug}` lists the commits that do")
    fixed = history.containing(workspace.git, [row.commit for row in rows], fix)
    if not fixed:
        raise StateError(
            f"no version of '{slug}' descends from commit {fix[:10]}",
            hint="if it was squashed or picked, name the commit on the trunk",
        )
    without = lacking([(row.number, row.blob) for row in rows], {row.number for row in rows if row.commit in fixed})
    return [version for version in reversed(list_records(workspace, slug)) if version.number in without and version.executions]


def _find_commit(workspace: Workspace, slug: str, commit: str) -> str:
    named = commit.removeprefix(f"{slug}@")
    number = Revision(slug, named).number
    if named != commit and number is not None:
        return workspace.version(slug, number).commit
    found = workspace.git.find_commit(named)
    if found is None:
        raise NotFoundError(f"there is no commit '{commit}'", hint=f"name a commit, or a version as '{slug}@7'")
    return found
