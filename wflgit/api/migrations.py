"""Migrations: plan, create, run, look at, pause, cancel, retry, undo."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from wflgit.api import planning
from wflgit.api.choosing import Chosen, choose, versions_lacking
from wflgit.api.moving import Mover, record_of, records_of
from wflgit.core.lifecycle import MIGRATION_MOVES, MigrationMove
from wflgit.core.names import CURRENT
from wflgit.core.pace import Pace
from wflgit.core.paths import parse_plan_path, plan_path
from wflgit.core.permissions import Permission
from wflgit.core.plan import Plan, Preview, WaitPolicy, dispositions
from wflgit.core.plan_file import dump_plan, load_plan
from wflgit.core.problems import Problem, Severity
from wflgit.core.records import ItemResult, Migration, MigrationItem, MigrationStatus, Strategy, Version
from wflgit.core.rollout import require_fitting
from wflgit.core.selection import Selection
from wflgit.errors import (
    ConflictError,
    DefinitionError,
    MissingObjectError,
    NotFoundError,
    RepositoryError,
    ShallowRepositoryError,
    StateError,
    WflgitError,
)
from wflgit.git import worktree
from wflgit.store import audit, migration_batches, migration_items, migrations, versions
from wflgit.store.audit import Entry
from wflgit.store.engine import Connection
from wflgit.store.migration_batches import Waves
from wflgit.store.migrations import MigrationRow, New
from wflgit.workspace import Workspace

_WARNING = Severity.WARNING

Progress = Callable[[Migration], None]


class Migrations:
    """The migrations of the account, `repo.migrations`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    # Planning

    def plan(
        self,
        slug: str,
        source: int,
        target: int | str = CURRENT,
        *,
        rules: Mapping[str, str] | Sequence[str] = (),
        waits: Mapping[str, WaitPolicy] | None = None,
        wait: WaitPolicy = WaitPolicy.KEEP,
    ) -> Plan:
        """Find out where the executions at each step of one version would go in another. Nothing is written.

        A plan that cannot be carried out comes back all the same, with everything that is in its way.

        Args:
            slug: the workflow.
            source: the number of the version they are on.
            target: a version number, `current`, a channel, `draft`, a commit, or `worktree` for the file as it is being edited.
            rules: where the executions at a step go: a step, `@enter:STEP`, `@end`, `@restart`, `@stay` or `@cancel`; by source
                step, or as texts `STEP=DESTINATION`.
            waits: what becomes of the waits of those who stand at a step.
            wait: what becomes of all other waits.

        Raises:
            NotFoundError: if there is no such workflow or version.
            InvalidNameError: if a rule is none, or there are two for one step.
            DefinitionError: if one of the two versions cannot be parsed.
        """
        return self.plan_many(slug, [source], target, rules=rules, waits=waits, wait=wait)[0]

    def plan_many(
        self,
        slug: str,
        sources: Sequence[int],
        target: int | str = CURRENT,
        *,
        rules: Mapping[str, str] | Sequence[str] = (),
        waits: Mapping[str, WaitPolicy] | None = None,
        wait: WaitPolicy = WaitPolicy.KEEP,
    ) -> builtins.list[Plan]:
        """Plan from several versions, such as `lacking` finds: a plan each, in their order.

        What is said of a step is for those versions that have it. Arguments and errors are those of `plan`.
        """
        return planning.plan(self._workspace, slug, sources, target, planning.Request(rules, waits or {}, wait))

    def load(self, file: str | Path) -> Plan:
        """Read a plan file and make the plan anew from what it says, with those who stand on the source now.

        Args:
            file: a path in the working tree, or of any file; in a bare repository a path on the trunk.

        Raises:
            NotFoundError: if there is no such file, workflow or version.
            DefinitionError: if it is no plan file.
            ConflictError: if one of its sides is not what it was when it was made.
        """
        return planning.renew(self._workspace, load_plan(self._read(file), path=str(file)))

    def _read(self, file: str | Path) -> bytes:
        try:
            return Path(file).read_bytes()
        except FileNotFoundError:
            content = self._read_from_repository(str(file))
        except OSError as error:
            raise RepositoryError(f"'{file}' cannot be read: {error.strerror}", hint="name a file that you may read") from error
        if content is None:
            raise NotFoundError(f"there is no plan file '{file}'", hint="write one with `wflgit migrate plan … -o FILE`")
        return content

    def _read_from_repository(self, path: str) -> bytes | None:
        git, tip = self._workspace.git, self._workspace.trunk_tip()
        blob = git.blob_at(tip, path) if tip else None
        return worktree.read_file(git, path) or (git.blob(blob) if blob else None)

    def lint(self, content: bytes, path: str) -> tuple[Problem, ...]:
        """Find everything wrong with a plan file, without asking who stands where: its shape, its instructions, staleness.

        What a clone lacks the history or the objects for is a warning.

        Args:
            content: its bytes.
            path: its path from the root of the working tree.
        """
        try:
            said = load_plan(content, path=path)
        except DefinitionError as error:
            return error.problems
        return (*_misplaced(said, path), *self._stale(said), *self._wrong(said))

    def _stale(self, said: Plan) -> Iterator[Problem]:
        trunk = self._workspace.settings.trunk
        if self._workspace.trunk_tip() is None:
            hint = f"make it: `git branch {trunk} origin/{trunk}`"
            yield _problem("unchecked-plan", f"there is no branch '{trunk}' here, so its versions are not known", hint, _WARNING)
            return
        try:
            planning.require_sides(self._workspace, said)
        except ShallowRepositoryError as error:
            yield _problem("unchecked-plan", f"its versions are not known here: {error.message}", error.hint, _WARNING)
        except WflgitError as error:
            yield _problem("stale-plan", error.message, error.hint)

    def _wrong(self, said: Plan) -> Iterator[Problem]:
        try:
            found = planning.check(self._workspace, said)
        except MissingObjectError as error:
            yield _problem("unchecked-plan", error.message, error.hint, _WARNING)
        except DefinitionError as error:
            yield from error.problems
        else:
            yield from (_problem(failure.rule, failure.message, failure.hint) for failure in found.plan_failures)

    def lacking(self, slug: str, commit: str) -> builtins.list[Version]:
        """The versions that hold live executions and lack a fix, oldest first.

        Decided by the history of the workflow's file: versions that do not descend from the commit lack it, and so do later
        ones that brought back the content from before it.

        Args:
            slug: the workflow.
            commit: the commit, tag or `SLUG@N` that brought the fix.

        Raises:
            NotFoundError: if there is no such workflow or commit.
            StateError: if the commit did not change the workflow, or no version contains it.
        """
        return versions_lacking(self._workspace, slug, commit)

    # Making

    def create(
        self, plan: Plan, *, strategy: Strategy = Strategy.IMMEDIATE, pace: Pace | None = None, selection: Selection | None = None
    ) -> Migration:
        """Make a migration of a plan. It is pending until it is run.

        The plan is made again first, so that it is about those who stand on the source now, and refused if anything is in its way.

        Args:
            plan: what `plan` or `load` gave.
            strategy: immediate moves batch after batch; gradual by `pace`; manual those of `selection`.
            pace: for a gradual one.
            selection: for a manual one.

        Raises:
            PermissionDenied: without `migrations:run`.
            PlanError: if the plan cannot be carried out; every reason is in it.
            ConflictError: if a side of the plan has changed, or another migration is open on one of the versions.
            StateError: if the strategy and what is said beside it do not fit together.
        """
        self._workspace.require(Permission.MIGRATIONS, plan.workflow)
        found, chosen = self._prepare(plan, strategy, pace, selection)
        if found.failures:
            raise planning.refused(found.plan, found.failures)
        new = self._new(found.plan, strategy, pace)
        rows = dispositions(found.plan, planning.target_graph(self._workspace, found.plan), reason="ended by a migration")
        waves = Waves(pace.wave(found.executions), pace.every) if pace and pace.every else None
        workspace = self._workspace
        with workspace.store.write() as conn:
            versions.lock_state(conn, workspace.account)
            self._require_alone(conn, found.plan)
            id = migrations.create(conn, workspace.account, new, rows, waves=waves, chosen=chosen.ids if chosen else None)  # noqa: A001
            row = _require(migrations.get(conn, workspace.account, id), id)
            details = {"strategy": strategy, "pace": new.pace, "total": row.total}
            audit.append(conn, workspace.account, [self._entry(row, "created", details)])
        return self.get(id)

    def preview(
        self, plan: Plan, *, strategy: Strategy = Strategy.IMMEDIATE, pace: Pace | None = None, selection: Selection | None = None
    ) -> Preview:
        """Walk the stages of `create` up to the first write, and say what would come of it. A dry run.

        Arguments and errors are those of `create`, but what is in the way comes back with the rest.
        """
        found, _ = self._prepare(plan, strategy, pace, selection)
        with self._workspace.store.read() as conn:
            self._require_alone(conn, found.plan)
        return found

    def _prepare(
        self, plan: Plan, strategy: Strategy, pace: Pace | None, selection: Selection | None
    ) -> tuple[Preview, Chosen | None]:
        """All that is decided before anything is written."""
        require_fitting(strategy, pace, chosen=selection is not None)
        chosen = choose(self._workspace, plan, selection) if selection else None
        fresh = planning.renew(self._workspace, plan, among=chosen)
        # At its next advance an execution leaves its step, so where it stands does not matter.
        of_executions = () if pace and pace.at_advance else fresh.execution_failures
        failures = (*fresh.plan_failures, *(chosen.failures if chosen else ()), *of_executions)
        waves = -(-fresh.executions // pace.wave(fresh.executions)) if pace and pace.every else None
        return Preview(fresh, failures, fresh.executions, waves, str(pace) if pace else None), chosen

    def _new(self, plan: Plan, strategy: Strategy, pace: Pace | None) -> New:
        return New(
            workflow=plan.workflow,
            source=plan.source.version,
            source_commit=plan.source.commit or "",
            target=plan.target.version,
            target_commit=plan.target.commit or "",
            strategy=strategy,
            pace=str(pace) if pace else None,
            at_advance=pace is not None and pace.at_advance,
            plan=dump_plan(plan).decode(),
            at=self._workspace.clock(),
            by=self._workspace.identity.email,
        )

    def _require_alone(self, conn: Connection, plan: Plan) -> None:
        source, target = plan.source.version, plan.target.version
        for other in migrations.find_open(conn, self._workspace.account, plan.workflow, {source, target}):
            if other.source in (source, target) or other.target == source:
                raise ConflictError(
                    f"expected no other migration on the executions of '{plan.workflow}@{source}', but migration {other.id} "
                    f"from {other.source} to {other.target} is {other.status}",
                    actual=other.id,
                    hint=f"let it end, or cancel it with `wflgit migrate cancel {other.id}`",
                )

    # Running

    def run(
        self, migration: int, *, on_progress: Progress | None = None, wait: bool = False, budget_s: float | None = None
    ) -> Migration:
        """Move executions until nothing is due any more. Call it again to go on; any number of workers may run one migration.

        What a killed worker had not committed is not lost and not done twice: the next one takes it up.

        Args:
            migration: its id.
            on_progress: called with the migration as it stands, at most ten times a second.
            wait: whether to wait for the waves of a gradual migration until all are done.
            budget_s: stop after so many seconds, between two batches.

        Returns:
            The migration; `running` if there is more to do, later or by other workers.

        Raises:
            PermissionDenied: without `migrations:run`.
            NotFoundError: if there is no such migration.
            StateError: if it is paused, or has ended.
            StoreError: if the database cannot be reached; run it again then.
        """
        row = self._permitted(migration)
        if row.status not in (MigrationStatus.RUNNING, MigrationStatus.UNDOING):
            self._move(row, MigrationMove.RUN)
        return Mover(self._workspace, migration, on_progress).run(wait=wait, budget_s=budget_s)

    def undo(self, migration: int, *, on_progress: Progress | None = None, budget_s: float | None = None) -> Migration:
        """Put back every execution that has not moved since the migration moved it. Those that have are kept, and counted.

        All columns get the values they had before, but `lock_version`, which only grows: a decision that rests on an older reading
        must not pass. Arguments are as for `run`, which goes on with an undo that was interrupted.

        Raises:
            PermissionDenied: without `migrations:run`.
            NotFoundError: if there is no such migration.
            StateError: if it is running (pause or cancel it first), or undone already.
            ConflictError: if another migration is open on one of the versions.
        """
        row = self._permitted(migration)
        if row.status is not MigrationStatus.UNDOING:
            self._begin_undo(row)
        return Mover(self._workspace, migration, on_progress).run(budget_s=budget_s)

    def _begin_undo(self, row: MigrationRow) -> None:
        workspace = self._workspace
        with workspace.store.write() as conn:
            versions.lock_state(conn, workspace.account)
            self._require_undoable(conn, row)
            self._change(conn, row, MigrationMove.UNDO)
            count = migration_batches.begin_undo(conn, workspace.account, row.id)
            audit.append(conn, workspace.account, [self._entry(row, "undoing", {"executions": count})])

    def _require_undoable(self, conn: Connection, row: MigrationRow) -> None:
        for other in migrations.find_open(conn, self._workspace.account, row.workflow, {row.source, row.target}):
            if other.id != row.id:
                raise ConflictError(
                    f"migration {row.id} cannot be undone while migration {other.id} from {other.source} to {other.target} "
                    f"is {other.status}",
                    actual=other.id,
                    hint=f"let it end, or cancel it with `wflgit migrate cancel {other.id}`",
                )

    def pause(self, migration: int) -> Migration:
        """Stop moving executions until `resume`. When this returns, no batch of any worker is in flight.

        Raises:
            PermissionDenied: without `migrations:run`.
            NotFoundError: if there is no such migration.
            StateError: if it is neither pending nor running.
        """
        return self._stop(self._permitted(migration), MigrationMove.PAUSE)

    def resume(self, migration: int) -> Migration:
        """Let a paused migration go on; run it then. The waves of a gradual one are later by as long as it was paused.

        Raises:
            PermissionDenied: without `migrations:run`.
            NotFoundError: if there is no such migration.
            StateError: if it is not paused.
        """
        row = self._permitted(migration)
        self._move(row, MigrationMove.RESUME)
        return self.get(migration)

    def cancel(self, migration: int) -> Migration:
        """End a migration where it stands. This does not put back what was moved: `undo` does.

        Raises:
            PermissionDenied: without `migrations:run`.
            NotFoundError: if there is no such migration.
            StateError: if it has ended already.
        """
        return self._stop(self._permitted(migration), MigrationMove.CANCEL)

    def retry(self, migration: int) -> Migration:
        """Try again what could not be moved: those who had no destination where they stood, or were locked. Run it then.

        Raises:
            PermissionDenied: without `migrations:run`.
            NotFoundError: if there is no such migration.
            StateError: if nothing was left over.
        """
        row = self._permitted(migration)
        workspace = self._workspace
        with workspace.store.write() as conn:
            versions.lock_state(conn, workspace.account)
            self._require_undoable(conn, row)
            self._change(conn, row, MigrationMove.RETRY)
            count = migration_batches.retry(conn, workspace.account, row.id)
            audit.append(conn, workspace.account, [self._entry(row, "retried", {"executions": count})])
        return self.get(migration)

    def _stop(self, row: MigrationRow, move: MigrationMove) -> Migration:
        self._move(row, move)
        with self._workspace.store.write() as conn:
            migration_batches.settle(conn, self._workspace.account, row.id)
        return self.get(row.id)

    def _move(self, row: MigrationRow, move: MigrationMove) -> None:
        workspace = self._workspace
        with workspace.store.write() as conn:
            self._change(conn, row, move)
            audit.append(conn, workspace.account, [self._entry(row, _TOLD[move], {})])

    def _entry(self, row: MigrationRow, word: str, details: Mapping[str, Any]) -> Entry:
        """What is told of a migration; its subject is the version whose executions it is about."""
        at, who = self._workspace.clock(), self._workspace.identity.email
        said = {"migration": row.id, "target": row.target, **details}
        return Entry(at, who, f"migration.{word}", f"{row.workflow}@{row.source}", said)

    def _change(self, conn: Connection, row: MigrationRow, move: MigrationMove) -> None:
        sources, to = MIGRATION_MOVES[move]
        done = migrations.change_status(conn, self._workspace.account, row.id, sources=sources, to=to, at=self._workspace.clock())
        if not done:
            now = _require(migrations.get(conn, self._workspace.account, row.id), row.id)
            raise StateError(
                f"migration {row.id} cannot be {_PARTICIPLES[move]}: it is {str(now.status).replace('_', ' ')}",
                hint=_HINTS.get(now.status, f"see `wflgit migrate status {row.id}`").format(id=row.id),
            )

    # Looking

    def get(self, migration: int) -> Migration:
        """One migration as it stands.

        Raises:
            NotFoundError: if there is none of that id in the account.
        """
        with self._workspace.store.read() as conn:
            row = _require(migrations.get(conn, self._workspace.account, migration), migration)
            return record_of(conn, self._workspace, row)

    def list(
        self, slug: str | None = None, *, open_only: bool = False, after: int = 0, limit: int = 100
    ) -> builtins.list[Migration]:
        """Migrations by ascending id; page with `after` set to the last id.

        Args:
            slug: only of this workflow.
            open_only: only those that may still move executions.
            after: only with a higher id.
            limit: how many at most.
        """
        with self._workspace.store.read() as conn:
            rows = migrations.list_migrations(
                conn, self._workspace.account, workflow=slug, open_only=open_only, after=after, limit=limit
            )
            return records_of(conn, self._workspace, rows)

    def items(
        self, migration: int, *, result: ItemResult | None = None, after: int = 0, limit: int = 100
    ) -> builtins.list[MigrationItem]:
        """What became of each execution, by ascending execution id; page with `after` set to the last one.

        Raises:
            NotFoundError: if there is no such migration.
        """
        self._row(migration)
        with self._workspace.store.read() as conn:
            return migration_items.list_items(conn, self._workspace.account, migration, result=result, after=after, limit=limit)

    def plan_of(self, migration: int) -> Plan:
        """The plan a migration was made of, as it was then.

        Raises:
            NotFoundError: if there is no such migration.
        """
        self._row(migration)
        with self._workspace.store.read() as conn:
            return load_plan(migrations.read_plan(conn, self._workspace.account, migration).encode(), path=f"migration {migration}")

    def _permitted(self, migration: int) -> MigrationRow:
        """A migration that the actor may do something to."""
        row = self._row(migration)
        self._workspace.require(Permission.MIGRATIONS, row.workflow)
        return row

    def _row(self, migration: int) -> MigrationRow:
        with self._workspace.store.read() as conn:
            return _require(migrations.get(conn, self._workspace.account, migration), migration)


_PARTICIPLES = {
    MigrationMove.RUN: "run",
    MigrationMove.PAUSE: "paused",
    MigrationMove.RESUME: "resumed",
    MigrationMove.CANCEL: "cancelled",
    MigrationMove.RETRY: "retried",
    MigrationMove.UNDO: "undone",
}
_TOLD = {
    MigrationMove.RUN: "started",
    MigrationMove.PAUSE: "paused",
    MigrationMove.RESUME: "resumed",
    MigrationMove.CANCEL: "cancelled",
}
"""What events call the moves that only change the status."""
_HINTS = {
    MigrationStatus.PAUSED: "let it go on with `wflgit migrate resume {id}`",
    MigrationStatus.RUNNING: "stop it first with `wflgit migrate pause {id}` or `wflgit migrate cancel {id}`",
    MigrationStatus.PENDING: "start it with `wflgit migrate run {id}`, or cancel it with `wflgit migrate cancel {id}`",
    MigrationStatus.UNDOING: "go on with `wflgit migrate undo {id}`",
}


def _require(row: MigrationRow | None, migration: int) -> MigrationRow:
    if row is None:
        raise NotFoundError(f"there is no migration {migration}", hint="`wflgit migrate ls` lists them")
    return row


def _misplaced(plan: Plan, path: str) -> Iterable[Problem]:
    """A plan file that stands where another plan belongs would be taken for that one."""
    expected = plan_path(plan.workflow, plan.source.version, plan.target.version)
    if parse_plan_path(path) not in (None, (plan.workflow, plan.source.version, plan.target.version)):
        yield _problem(
            "misplaced-plan", f"expected the plan at '{expected}' but it is at '{path}'", f"git mv '{path}' '{expected}'"
        )


def _problem(rule: str, message: str, hint: str | None, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(rule, severity, message, hint=hint)
