"""Reviewing a range of commits: what it does to each workflow that it changes, and to those who are on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from wflgit.api import planning
from wflgit.api.reviewed import Pair, Side, list_plans, pair_workflows
from wflgit.api.reviewed_workflow import Circumstances, review_workflow
from wflgit.api.snapshots import read_snapshot
from wflgit.core.exposure import Exposure
from wflgit.core.graph import NOTHING, Graph
from wflgit.core.impact import files
from wflgit.core.impact.engine import Files, make_findings, weigh
from wflgit.core.impact.policy import accept, outdated
from wflgit.core.impact.references import calls, reference_findings
from wflgit.core.impact.rules import find_rule
from wflgit.core.paths import WorkflowPaths, parse_plan_path
from wflgit.core.plan import Failure
from wflgit.core.plan_file import load_plan
from wflgit.core.problems import Severity
from wflgit.core.review import FileStatus, Level, Review
from wflgit.core.settings import FILE, OFF, ReviewPolicy, Settings, parse_settings
from wflgit.core.steplife import is_continued
from wflgit.errors import DefinitionError, NotFoundError, SettingsError, WflgitError
from wflgit.git import ranges, worktree

if TYPE_CHECKING:
    from wflgit.core.findings import Finding
    from wflgit.core.impact.rule import Raised
    from wflgit.git.ranges import FileDelta
    from wflgit.workspace import Workspace

CHANGES_FOLDER = "changes"
"""Where a pull request says the level of a workflow, in `changes/<slug>.md`, if the settings ask for that."""


class Range:
    """The commits under review, and the settings that hold.

    Attributes:
        base: the commit compared with.
        head: the commit under review; None for the working tree.
    """

    def __init__(self, workspace: Workspace, base: str, head: str, *, from_merge_base: bool) -> None:
        self._workspace = workspace
        self._names = base, head
        git = workspace.git
        tip = ranges.require_commit(git, "HEAD" if head == planning.WORKTREE else head)
        first = ranges.require_commit(git, base)
        self.head = None if head == planning.WORKTREE else tip
        self.base = ranges.find_merge_base(git, first, tip) if from_merge_base else first

    @cached_property
    def _head_settings(self) -> Settings | None:
        content = worktree.read_file(self._workspace.git, FILE) if self.head is None else self._file_at(self.head)
        return None if content is None else parse_settings(content.decode("utf-8", "replace"))

    @cached_property
    def settings(self) -> Settings:
        """The settings of the base, which a change cannot turn off; those of the head where the base has none yet.

        Raises:
            SettingsError: if neither has any, or they cannot be used.
        """
        content = self._file_at(self.base)
        found = self._head_settings if content is None else parse_settings(content.decode("utf-8", "replace"))
        if found is None:
            raise SettingsError(f"neither '{self._names[0]}' nor '{self._names[1]}' has a {FILE}", hint="run `wflgit init`")
        _require_rules(found.review)
        return found

    def _file_at(self, commit: str) -> bytes | None:
        blob = self._workspace.git.blob_at(commit, FILE)
        return None if blob is None else self._workspace.git.blob(blob)

    @cached_property
    def _deltas(self) -> list[FileDelta]:
        return list(ranges.changed_files(self._workspace.git, self.base, self.head, wanted=self._is_wanted))

    def _is_wanted(self, path: str) -> bool:
        """Whether a file is a workflow on one of the sides, a plan, or says a level."""
        if self.settings.paths.slug(path) or self._head_paths.slug(path):
            return True
        return parse_plan_path(path) is not None or path.startswith(f"{CHANGES_FOLDER}/")

    @cached_property
    def _pairs(self) -> list[Pair]:
        return pair_workflows(self._deltas, self.settings.paths, self._head_paths, is_same=self._goes_on)

    def _goes_on(self, old: Side, new: Side) -> bool:
        """Whether a file that came is one that went, under another slug."""
        before, now = self._graph(old), self._graph(new)
        return before is not None and now is not None and is_continued(before, now)

    def review(self, executions: str | None, token: str | None, fail_on: Severity | str | None, semver: Level | None) -> Review:
        """Look at every workflow that differs, and at what is between them."""
        workspace, policy, now = self._workspace, self.settings.review, self._workspace.clock()
        snapshot = read_snapshot(workspace, executions, max_age=policy.max_age, token=token)
        found = Circumstances(workspace, self.base, self.head, snapshot, now, policy.severities)
        others = self._others()
        workflows = tuple(review_workflow(pair, found, others.pop(pair.slug, ())) for pair in self._pairs)
        made = Review(
            base=self.base,
            head=self.head,
            base_name=self._names[0],
            head_name=self._names[1],
            workflows=workflows,
            findings=(),
            source=snapshot.source,
            as_of=snapshot.as_of,
            unknown=snapshot.reason if snapshot.counts is None else "",
            fail_on=policy.fail_on if fail_on is None else None if fail_on == OFF else Severity(fail_on),
            created_at=now,
        )
        elsewhere = [found for slug, raised in sorted(others.items()) for found in self._findings(slug, raised)]
        return self._accept(replace(made, findings=(*self._findings("", self._raised(made, semver)), *elsewhere)))

    def _accept(self, made: Review) -> Review:
        """Mark what somebody has accepted, and say of the ignores what is to be said."""
        ignores, today = self.settings.review.ignores, made.created_at.date()
        slugs = {workflow.workflow for workflow in made.workflows}
        found = [*made]
        workflows = tuple(replace(workflow, findings=accept(workflow.findings, ignores, today)) for workflow in made.workflows)
        said = self._findings("", outdated(ignores, found, slugs, today))
        findings = accept((*made.findings, *said), ignores, today)
        return replace(made, workflows=workflows, findings=findings)

    def _others(self) -> dict[str, list[Raised]]:
        """What is to be said of workflows when one looks at several files, by slug."""
        found: dict[str, list[Raised]] = {}
        for slug, raised in (*self._collisions(), *self._plans(), *self._references()):
            found.setdefault(slug, []).append(raised)
        return found

    def _findings(self, slug: str, raised: Iterable[Raised]) -> tuple[Finding, ...]:
        """Findings about the repository, or about a workflow that did not change itself."""
        path = self._head_by_slug[slug][0] if slug in self._head_by_slug else FILE
        said = [*weigh(raised, self.settings.review.severities)]
        return make_findings(said, slug, Exposure(NOTHING, ()), Files(path, path, lambda _side, _pointer: (None, None))).findings

    def _collisions(self) -> Iterator[tuple[str, Raised]]:
        """The slugs that got a file and have several in the head."""
        if not any(pair.old is None or pair.status is FileStatus.RENAMED for pair in self._pairs):
            return
        by_slug = self._head_paths.by_slug(self._head_files)
        for slug in {pair.slug for pair in self._pairs if pair.new is not None}:
            if len(by_slug.get(slug, ())) > 1:
                yield slug, files.slug_collision(slug, by_slug[slug])

    def _plans(self) -> Iterator[tuple[str, Raised]]:
        """The plans of migrations in the range that cannot be carried out."""
        for slug, delta in list_plans(self._deltas):
            path = delta.new_path or ""
            try:
                plan = load_plan(self._content(delta), path)
                failures = planning.check(self._workspace, plan).failures
            except WflgitError as error:
                failures = (Failure("plan-unreadable", error.message, error.hint or ""),)
            if failures:
                yield slug, files.plan_refused(path, failures)

    def _content(self, delta: FileDelta) -> bytes:
        assert delta.new_blob is not None
        return self._workspace.git.blob(delta.new_blob) if delta.content is None else delta.content

    def _references(self) -> Iterator[tuple[str, Raised]]:
        """What changed between workflows that call one another."""
        changed: dict[str, tuple[Graph | None, Graph | None]] = {}
        for pair in self._pairs:
            old, new = self._graph(pair.old), self._graph(pair.new)
            changed[pair.slug] = old, new
            if pair.old is not None and pair.status is FileStatus.RENAMED:
                changed.setdefault(pair.old.slug, (old, None))
        is_gone = any(pair.new is None or pair.status is FileStatus.RENAMED for pair in self._pairs)
        if is_gone or any(calls(step) for _, graph in changed.values() if graph for step in graph.steps.values()):
            yield from reference_findings(changed, self._head_by_slug.keys(), self._head_graph, self._mentions)

    def _graph(self, side: Side | None) -> Graph | None:
        try:
            return None if side is None else self._workspace.contents.parse(side.blob, side.content).graph
        except DefinitionError:
            return None

    def _head_graph(self, slug: str) -> Graph | None:
        found = self._head_by_slug.get(slug)
        return self._graph(Side(slug, *found)) if found else None

    def _mentions(self, text: str) -> Iterator[str]:
        """The workflows of the head in whose files a text occurs."""
        wanted = text.lower().encode()
        for slug, (_, blob, content) in self._head_by_slug.items():
            if wanted in (self._workspace.git.blob(blob) if content is None else content).lower():
                yield slug

    @property
    def _head_paths(self) -> WorkflowPaths:
        return (self._head_settings or self.settings).paths

    @cached_property
    def _head_files(self) -> Mapping[str, tuple[str, bytes | None]]:
        """The workflow files of the head: blob, and the content where that is not in Git."""
        git, paths = self._workspace.git, self._head_paths
        commit = self.head or ranges.require_commit(git, "HEAD")
        found: dict[str, tuple[str, bytes | None]] = {path: (blob, None) for path, blob in git.files(commit, paths.folders())}
        for delta in self._deltas if self.head is None else ():
            found.pop(delta.old_path or "", None)
            if delta.new_path and delta.new_blob:
                found[delta.new_path] = delta.new_blob, delta.content
        return {path: file for path, file in found.items() if paths.slug(path)}

    @cached_property
    def _head_by_slug(self) -> Mapping[str, tuple[str, str, bytes | None]]:
        """The workflows of the head: path, blob and content; one file of those that share a slug."""
        return {str(self._head_paths.slug(path)): (path, *file) for path, file in self._head_files.items()}

    def _raised(self, made: Review, semver: Level | None) -> Iterator[Raised]:
        """What concerns no single workflow."""
        unknown = [workflow.workflow for workflow in made.workflows if workflow.live is None]
        if unknown:
            reason = made.unknown or f"the snapshot does not tell of {', '.join(map(repr, unknown))}"
            yield files.executions_unknown(reason, required=self.settings.review.require_executions)
        if self._head_settings is not None and self._head_settings != self.settings:
            today = made.created_at.date()
            yield from files.weakened(self.settings, self._head_settings, today, lambda rule: find_rule(rule).severity)
        yield from self._understated(made, semver)

    def _understated(self, made: Review, semver: Level | None) -> Iterator[Raised]:
        """Where the pull request says less than what was computed, as far as it has to say anything."""
        policy = self.settings.review.semver
        if policy == "file":
            for workflow in made.workflows:
                said = self._said_level(workflow.workflow)
                if workflow.level is not None and _order(said) < _order(workflow.level):
                    reason = workflow.level_reason
                    yield files.semver_understated(f"'{CHANGES_FOLDER}/{workflow.workflow}.md'", said, workflow.level, reason)
        elif (policy == "label" or semver is not None) and made.level is not None and _order(semver) < _order(made.level):
            reason = next(workflow.level_reason for workflow in made.workflows if workflow.level is made.level)
            yield files.semver_understated("the pull request", semver, made.level, reason)

    def _said_level(self, slug: str) -> Level | None:
        """The level that a pull request says of a workflow: the first word of its file."""
        path = f"{CHANGES_FOLDER}/{slug}.md"
        delta = next((delta for delta in self._deltas if delta.new_path == path), None)
        if delta is None or delta.new_blob is None:
            return None
        word = (self._content(delta).decode("utf-8", "replace").split() or [""])[0].strip("#:*").lower()
        return Level(word) if word in [*Level] else None


def _require_rules(policy: ReviewPolicy) -> None:
    """See that the settings name rules that there are: a misspelt one would silently change nothing."""
    for name in (*policy.severities, *(ignore.rule for ignore in policy.ignores if ignore.rule)):
        try:
            find_rule(name)
        except NotFoundError as error:
            raise SettingsError(f"{FILE}: there is no rule '{name}'", hint=error.hint) from error


def _order(level: Level | None) -> int:
    return -1 if level is None else [*Level].index(level)
