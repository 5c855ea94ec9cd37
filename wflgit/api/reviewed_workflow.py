"""The review of one workflow: both sides read, what was done told, the rules asked, a place found for everybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from wflgit.api import proposing
from wflgit.core import semver
from wflgit.core.discretion import conceal_changes
from wflgit.core.exposure import Exposure, Snapshot
from wflgit.core.formats import read
from wflgit.core.graph import NOTHING, Graph
from wflgit.core.impact import files
from wflgit.core.impact.engine import Files, Impact, find_findings, make_findings, weigh
from wflgit.core.impact.situation import Situation
from wflgit.core.plan import Side as PlanSide
from wflgit.core.problems import Severity
from wflgit.core.review import FileStatus, Level, WorkflowReview
from wflgit.core.words import describe
from wflgit.errors import DefinitionError, NotFoundError, ShallowRepositoryError

if TYPE_CHECKING:
    from wflgit.api.reviewed import Pair, Side
    from wflgit.contents import Parsed
    from wflgit.core.catalog import Catalog
    from wflgit.core.graph import Pointer, Step
    from wflgit.core.impact.rule import Raised
    from wflgit.core.jsontext import JsonDocument
    from wflgit.core.plan import Plan
    from wflgit.core.problems import Problem
    from wflgit.core.records import StepCount
    from wflgit.core.semver import Proposal
    from wflgit.standing import Standing
    from wflgit.store.versions import VersionRow
    from wflgit.workspace import Workspace

_LOOKED_BACK = 50
"""In how many of the newest versions ids are looked for that come back."""

_MARKERS = (b"\n<<<<<<< ", b"\n>>>>>>> ")


@dataclass(frozen=True)
class Circumstances:
    """What the reviews of all workflows of a range have in common.

    Attributes:
        workspace: where.
        base: the commit compared with.
        head: the commit under review; None for the working tree.
        snapshot: who is on the way.
        now: the time.
        severities: of rules that the settings take for better or worse.
    """

    workspace: Workspace
    base: str
    head: str | None
    snapshot: Snapshot
    now: datetime
    severities: Mapping[str, Severity | None]

    @cached_property
    def base_types(self) -> Catalog:
        """The step and trigger types known at the base."""
        return self.workspace.contents.catalog_at(self.base)

    @cached_property
    def head_types(self) -> Catalog:
        """Those known at the head."""
        if self.head is None:
            return self.workspace.working_catalog()
        return self.workspace.contents.catalog_at(self.head)


class _Reading:
    """One side of a workflow, as far as it can be read.

    Attributes:
        side: the file.
        content: its bytes.
        parsed: what it says; None if it cannot be read.
        refusal: why it cannot.
    """

    def __init__(self, workspace: Workspace, side: Side) -> None:
        self.side = side
        self.content = workspace.git.blob(side.blob) if side.content is None else side.content
        self.parsed: Parsed | None = None
        self.refusal: tuple[Problem, ...] = ()
        try:
            self.parsed = workspace.contents.parse(side.blob, self.content)
        except DefinitionError as error:
            self.refusal = error.problems

    @property
    def graph(self) -> Graph | None:
        """The graph, if it can be read."""
        return self.parsed.graph if self.parsed else None

    @property
    def has_markers(self) -> bool:
        """Whether Git's conflict markers are in it."""
        return self.parsed is None and all(marker in b"\n" + self.content for marker in _MARKERS)

    @cached_property
    def _document(self) -> JsonDocument | None:
        try:
            return read(self.content)
        except DefinitionError:
            return None

    def place(self, pointer: Pointer) -> tuple[int | None, int | None]:
        """The line and column of a place; of an object, those of its key."""
        return self._document.locate(pointer, of_key=True) if self._document else (None, None)


def review_workflow(pair: Pair, found: Circumstances, others: Sequence[Raised] = ()) -> WorkflowReview:
    """Review one workflow.

    Args:
        pair: its files.
        found: what is known beside them.
        others: what was found by looking at several workflows.

    Raises:
        MissingObjectError: a file is not in this clone.
    """
    return _Subject(pair, found).review(others)


class _Subject:
    """A workflow under review."""

    def __init__(self, pair: Pair, found: Circumstances) -> None:
        self._pair = pair
        self._found = found
        self._old = _Reading(found.workspace, pair.old) if pair.old else None
        self._new = _Reading(found.workspace, pair.new) if pair.new else None

    @property
    def _before(self) -> Graph | None:
        return self._old.graph if self._old else None

    @property
    def _now(self) -> Graph | None:
        return self._new.graph if self._new else None

    @cached_property
    def _problems(self) -> tuple[Problem, ...]:
        if self._new is None:
            return ()
        return self._found.workspace.contents.problems(self._new.content, self._found.head_types)

    @cached_property
    def _counts(self) -> tuple[StepCount, ...] | None:
        """Where the live executions stand, under the slug that they were started by; None if unknown."""
        return self._found.snapshot.of(self._pair.old.slug) if self._pair.old else ()

    @cached_property
    def _exposure(self) -> Exposure:
        return Exposure(self._before or NOTHING, self._counts)

    @cached_property
    def _situation(self) -> Situation | None:
        """All that the rules may look at; None unless both sides can be read."""
        if self._old is None or self._new is None or self._old.parsed is None or self._new.parsed is None:
            return None
        return Situation(
            self._pair.slug,
            self._old.parsed.graph,
            self._new.parsed.graph,
            self._exposure,
            self._found.now,
            self._found.base_types,
            self._found.head_types,
            self._retired(self._old.parsed.graph, self._new.parsed.graph),
            documents=(self._old.parsed.document, self._new.parsed.document),
        )

    def _retired(self, old: Graph, new: Graph) -> Mapping[str, str]:
        """The types that steps of earlier versions had whose ids come back now; not of those too far back."""
        missing = {*new.steps.keys() - old.steps.keys()}
        standing = self._standing if missing else None
        found: dict[str, str] = {}
        for row in standing.rows[:_LOOKED_BACK] if standing else ():
            content = self._found.workspace.git.blob(row.blob) if row.blob else b""
            if any(_mentions(content, step) for step in missing - found.keys()):
                steps = self._steps(row)
                found |= {step: steps[step].type for step in missing - found.keys() if step in steps}
        return found

    def _steps(self, row: VersionRow) -> Mapping[str, Step]:
        try:
            return self._found.workspace.definition(row).graph.steps
        except DefinitionError:
            return {}

    def review(self, others: Sequence[Raised]) -> WorkflowReview:
        """Look at it from all sides."""
        pair, situation = self._pair, self._situation
        impact = self._impact([*self._raised(), *others])
        level, reason, plans = self._prospects()
        graph = self._now or self._before
        return WorkflowReview(
            workflow=pair.slug,
            status=FileStatus.SAME if self._means_the_same else pair.status,
            path=_path(pair),
            old_path=pair.old.path if pair.old else None,
            format=graph.format if graph else "",
            name=graph.name if graph else None,
            summary=describe(situation.comparison) if situation else (),
            level=level,
            level_reason=reason,
            changes=conceal_changes(situation.changes, situation.new.format) if situation else (),
            findings=impact.findings,
            executions=impact.affected,
            live=self._exposure.total,
            plans=plans,
            problems=self._problems,
            comparison=situation.comparison if situation else None,
            old=self._before,
            new=self._now,
            at=None if self._exposure.at is None else dict(self._exposure.at),
        )

    @property
    def _means_the_same(self) -> bool:
        return self._pair.status is FileStatus.CHANGED and self._situation is not None and not self._situation.comparison

    def _impact(self, raised: Sequence[Raised]) -> Impact:
        path, old_path = _path(self._pair), self._pair.old.path if self._pair.old else None
        if self._situation is None:
            said = [*weigh(raised, self._found.severities)]
            return make_findings(said, self._pair.slug, self._exposure, Files(path, old_path, self._place))
        return find_findings(self._situation, path, old_path, self._place, also=raised, severities=self._found.severities)

    def _place(self, side: str, pointer: Pointer) -> tuple[int | None, int | None]:
        reading = self._old if side == "base" else self._new
        return reading.place(pointer) if reading else (None, None)

    def _raised(self) -> Iterator[Raised]:
        """What is to be said of the files themselves."""
        if self._pair.status is FileStatus.RENAMED and self._pair.old and self._pair.new:
            yield files.renamed(self._pair.old.slug, self._pair.new.slug)
        if self._new is None:
            yield files.deleted()
            return
        if self._new.parsed is None:
            yield files.unreadable(self._new.refusal, conflict=self._new.has_markers)
            return
        if self._old is None:
            yield files.added(self._new.parsed.graph.name, len(self._new.parsed.graph.steps))
        elif self._old.parsed is None:
            yield files.base_unreadable(self._old.refusal)
        yield from self._errors()
        if not self._problems and self._new.parsed.graph.format == "native" and not _is_canonical(self._new.content):
            yield files.not_canonical()

    def _errors(self) -> Iterator[Raised]:
        if any(problem.severity is Severity.ERROR for problem in self._problems):
            contents = self._found.workspace.contents
            before = contents.problems(self._old.content, self._found.base_types) if self._old else ()
            yield from files.invalid(before, self._problems)

    def _prospects(self) -> tuple[Level | None, str, tuple[Plan, ...]]:
        """What the change asks of those who are on the way, why, and where they would go."""
        pair, live = self._pair, self._exposure.total
        if pair.old is None:
            return None, "", ()
        if pair.new is None or pair.status is FileStatus.RENAMED:
            return (*_left_behind(pair, live), ())
        if self._now is None:
            return None, "the file cannot be read", ()
        if self._means_the_same:
            return Level.PATCH, "nothing changes for anybody", ()
        proposals = self._proposals(PlanSide(0, None, pair.new.blob))
        level, reason = semver.level_of(proposals, known=live is not None)
        plans = tuple(proposal.mended or proposal.plan for proposal in proposals if proposal.plan.source.version)
        return level, reason, plans

    def _proposals(self, target: PlanSide) -> tuple[Proposal, ...]:
        """A plan for each version that somebody is on; where that is unknown, one from the base with somebody at each step."""
        workspace = self._found.workspace
        if self._counts and self._standing is not None:
            numbered = replace(target, version=self._standing.rows[0].number + 1)
            return proposing.propose_for(workspace, self._standing, numbered, self._counts)
        if self._counts is None or self._counts:
            assert self._pair.old is not None
            source = PlanSide(0, self._found.base, self._pair.old.blob)  # the base has no number here, so its plan is not shown
            graphs = self._before or NOTHING, self._now or NOTHING
            counts = semver.one_at_each_step(graphs[0]) if self._counts is None else semver.counts_of(self._counts)
            return (semver.propose(self._pair.slug, (source, target), graphs, counts),)
        return ()

    @cached_property
    def _standing(self) -> Standing | None:
        """How the workflow stands on the trunk; None in a clone that does not have the trunk, or not all of it."""
        try:
            return self._found.workspace.get(self._pair.slug)
        except (NotFoundError, ShallowRepositoryError):
            return None


def _mentions(content: bytes, step: str) -> bool:
    """Whether the last part of a step's id is in a file, as JSON writes it plainly; what it writes otherwise is not looked for."""
    return step.rpartition("/")[2].encode() in content


def _left_behind(pair: Pair, live: int | None) -> tuple[Level, str]:
    """What it asks of executions that their slug goes: they end where they are."""
    slug = pair.old.slug if pair.old else pair.slug
    if live == 0:
        return Level.PATCH, f"nobody is on the way in '{slug}'"
    if live is None:
        return Level.MAJOR, f"whoever is on the way in '{slug}' can go to no other version; executions are unknown"
    return Level.MAJOR, f"{live:,} {'execution' if live == 1 else 'executions'} of '{slug}' can go to no other version"


def _path(pair: Pair) -> str:
    side = pair.new or pair.old
    assert side is not None
    return side.path


def _is_canonical(content: bytes) -> bool:
    from wflgit.core.canonical import format_definition

    return format_definition(content) == content
