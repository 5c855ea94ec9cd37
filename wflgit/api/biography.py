"""The life of a step through the versions of a workflow, and who last did something to each step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wflgit.core.graph import Graph, Step
from wflgit.core.identity import compatible
from wflgit.core.names import parse_revision, unknown
from wflgit.core.records import Identity
from wflgit.core.steplife import NOWHERE, StepBlame, StepChange, StepEvent, Turn, is_continued, pull_request_of
from wflgit.errors import DefinitionError, NotFoundError
from wflgit.git import history
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace


def step_history(workspace: Workspace, slug: str, step: str) -> list[StepEvent]:
    """The versions in which something was done to a step, newest first.

    Args:
        workspace: where.
        slug: the workflow.
        step: the step's id in the newest version, or one that it had before.

    Raises:
        NotFoundError: if there is no such workflow, or it never had such a step.
    """
    newer: list[VersionRow] = []
    nearest: Graph | None = None
    line = _line(workspace, [row for row in workspace.get(slug).rows if row.on_trunk])
    for row in line:
        graph = _graph(workspace, row)
        if graph is not None and step in graph.steps:
            return [*reversed(_since(workspace, newer, graph, step)), *_until(workspace, row, graph, line, step)]
        nearest = nearest or graph
        newer.append(row)
    raise unknown("step", step, nearest.steps if nearest else (), hint=f"`wflgit show {slug}` lists the steps")


def _since(workspace: Workspace, newer: list[VersionRow], graph: Graph, step: str) -> list[StepEvent]:
    """What was done to a step after a version, oldest first."""
    events: list[StepEvent] = []
    life, unread = _Life(step, graph.steps[step]), list[int]()
    for row in reversed(newer):
        found = _graph(workspace, row)
        if found is None:
            unread.append(row.number)
            continue
        changes = life.forward(Turn(graph, found))
        if changes:
            events.append(_event(workspace, row, life.step, changes, unread))
        graph, unread = found, []
    if unread:
        events.append(_event(workspace, newer[0], life.step, (), unread))
    return events


def _until(workspace: Workspace, row: VersionRow, graph: Graph, older: Iterator[VersionRow], step: str) -> Iterator[StepEvent]:
    """What was done to a step up to a version, newest first."""
    life = _Life(step, graph.steps[step])
    for passage in _passages(workspace, row, graph, older):
        called = life.step
        changes = life.backward(passage.turn)
        if changes:
            yield _event(workspace, passage.row, called, changes, passage.unread)


class _Life:
    """Follows one step from turn to turn. One that was removed and is there again later is the same.

    Attributes:
        step: what it is called, or was when it was last there.
    """

    def __init__(self, step: str, found: Step) -> None:
        self.step = step
        self._found = found
        self._is_there = True

    def forward(self, turn: Turn) -> tuple[StepChange, ...]:
        """Go on to the newer version; returns what happened on the way."""
        before = self.step if self._is_there else None
        now = turn.after(self.step) if self._is_there else self._again(turn.new, turn.before(self.step))
        self._go(now, turn.new)
        return turn.happened(before, now)

    def backward(self, turn: Turn) -> tuple[StepChange, ...]:
        """Go back to the older version; returns what happened on the way from there."""
        now = self.step if self._is_there else None
        before = turn.before(self.step) if self._is_there else self._again(turn.old, turn.after(self.step))
        self._go(before, turn.old)
        return turn.happened(before, now)

    def _again(self, graph: Graph, other: str | None) -> str | None:
        """The step, if a version has it that the one beside it does not have, by whatever name."""
        found = graph.steps.get(self.step)
        return self.step if other is None and found is not None and compatible(found, self._found) else None

    def _go(self, step: str | None, graph: Graph) -> None:
        self._is_there = step is not None
        if step is not None:
            self.step, self._found = step, graph.steps[step]


def blame(workspace: Workspace, revision: str) -> list[StepBlame]:
    """Who last did something to each step of a version, in the author's order.

    Args:
        workspace: where.
        revision: a version; of a slug alone the newest one.

    Raises:
        NotFoundError: if there is no such version, or it deleted the workflow.
        DefinitionError: if it cannot be read.
    """
    row, older = _version(workspace, revision)
    graph = workspace.definition(row).graph
    called = {step: step for step in graph.steps}
    found: dict[str, StepEvent] = {}
    for passage in _passages(workspace, row, graph, older):
        for step, now in list(called.items()):
            before = passage.turn.before(now)
            changes = passage.turn.happened(before, now)
            if changes:
                found[step] = _event(workspace, passage.row, now, changes, passage.unread)
                del called[step]
            elif before is not None:
                called[step] = before
        if not called:
            break
    return [StepBlame(step.id, step.type, step.name, found[step.id]) for step in graph.steps.values()]


def _version(workspace: Workspace, revision: str) -> tuple[VersionRow, Iterator[VersionRow]]:
    """A version, and those before it, newest first."""
    asked = parse_revision(revision)
    found = workspace.get(asked.slug)
    number = found.rows[0].number if asked.selector is None else workspace.locate(asked).number
    if number is None:
        raise NotFoundError(f"'{revision}' is no version of '{asked.slug}'", hint=f"see `wflgit log {asked.slug}`")
    line = _line(workspace, [row for row in found.rows if row.number == number or (row.number < number and row.on_trunk)])
    return next(line), line


# Versions, one after the other


@dataclass(frozen=True, slots=True)
class _Passage:
    """From one version to the next that can be read: the newer one, what happened, and the numbers of those between."""

    row: VersionRow
    turn: Turn
    unread: list[int]


def _passages(workspace: Workspace, row: VersionRow, graph: Graph, older: Iterable[VersionRow]) -> Iterator[_Passage]:
    """The way back from a version to before the first one."""
    unread: list[int] = []
    for before in older:
        found = _graph(workspace, before)
        if found is None:
            unread.insert(0, before.number)
        else:
            yield _Passage(row, Turn(found, graph), unread)
            row, graph, unread = before, found, []
    yield _Passage(row, Turn(NOWHERE, graph), unread)


def _graph(workspace: Workspace, row: VersionRow) -> Graph | None:
    """The graph of a version; None if it cannot be read."""
    try:
        return NOWHERE if row.blob is None else workspace.definition(row).graph
    except DefinitionError:
        return None


def _line(workspace: Workspace, rows: list[VersionRow]) -> Iterator[VersionRow]:
    """The versions of a workflow, newest first; where its file came from another slug, then the versions of that one."""
    while rows:
        row, *rows = rows
        yield row
        if row.blob is not None and (not rows or rows[0].blob is None):
            rows = _moved_from(workspace, row) or rows


def _moved_from(workspace: Workspace, row: VersionRow) -> list[VersionRow]:
    """The versions, newest first, of the workflow whose file went when this one came and that this one goes on from."""
    git, paths = workspace.git, workspace.settings.paths
    parents = git.commit(row.commit).parents
    made = history.read_history(git, paths, tip=row.commit, since=parents[0]) if parents else ()
    gone = {paths.slug(path) for commit in made for path, blob in commit.changes if blob is None}
    lines = []
    for slug in sorted(filter(None, gone)):
        rows = [other for other in workspace.find(slug).rows if other.on_trunk]
        older = next((rows[index + 1 :] for index, other in enumerate(rows) if other.commit == row.commit), [])
        if older and older[0].blob == row.blob:
            return older
        lines.append(older)
    graph = _graph(workspace, row)
    return next((older for older in lines if older and graph and _goes_on(workspace, older[0], graph)), [])


def _goes_on(workspace: Workspace, row: VersionRow, graph: Graph) -> bool:
    before = _graph(workspace, row)
    return before is not None and is_continued(before, graph)


def _event(workspace: Workspace, row: VersionRow, step: str, changes: tuple[StepChange, ...], unread: Iterable[int]) -> StepEvent:
    return StepEvent(
        workflow=row.workflow,
        version=row.number,
        commit=row.commit,
        author=Identity(row.author_name, row.author_email),
        created_at=row.created_at,
        summary=row.summary,
        pull_request=pull_request_of(workspace.git.commit(row.commit).message),
        step=step,
        changes=changes,
        unread=tuple(unread),
    )
