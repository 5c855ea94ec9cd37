"""Executions: start, move, end, list, count. Each stays on the version it started on."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from wflgit.core.formats import FORMATS
from wflgit.core.formats.meaning import Feature
from wflgit.core.lifecycle import EXECUTION_MOVES, LIVE, Move
from wflgit.core.names import CURRENT, Revision, near, parse_slug
from wflgit.core.permissions import Permission
from wflgit.core.plan import Verdict
from wflgit.core.records import Definition, Execution, ExecutionStatus, StepCount
from wflgit.core.routing import entry, route
from wflgit.core.wording import quote
from wflgit.errors import ConflictError, InvalidNameError, NotFoundError, StateError
from wflgit.store import audit, executions, migration_items
from wflgit.store.audit import Entry
from wflgit.store.engine import Connection
from wflgit.store.migration_items import AtAdvance
from wflgit.workspace import Workspace

CONTACT_LIMIT = 255


class Executions:
    """The executions of the account, `repo.executions`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def start(
        self,
        slug: str,
        contact: str,
        *,
        channel: str = CURRENT,
        trigger: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Execution:
        """Start one contact on the version that `current` or another channel marks, at the workflow's start step.

        Args:
            slug: the workflow.
            contact: the contact's id in the caller's world, at most 255 characters.
            channel: `current`, or a channel that `wflgit.toml` declares.
            trigger: what starts it, by its id; needed where several triggers of a definition each lead to a step of their own.
            context: JSON data kept with the execution.

        Raises:
            PermissionDenied: without `executions:write`.
            NotFoundError: if there is no such workflow or trigger, or nothing is published on that channel.
            StateError: if the workflow is deleted, the contact is in it already, or the trigger is disabled, or needed and missing.
        """
        workspace = self._workspace
        workspace.require(Permission.EXECUTIONS, slug)
        contact = _checked_contact(contact)
        context = _checked_context(context)
        definition = self._startable(slug, channel)
        row = self._new_row(definition, trigger, workspace.clock(), context)
        with workspace.store.write() as conn:
            found = executions.insert(conn, workspace.account, contact=contact, **row)
        if found is None:
            raise self._already_in(slug, contact)
        return self._record(found, contact, row)

    def start_many(
        self,
        slug: str,
        contacts: Iterable[str],
        *,
        channel: str = CURRENT,
        trigger: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> tuple[int, tuple[str, ...]]:
        """Start many contacts in one transaction; those that are in the workflow already are left where they are.

        Returns:
            How many were started, and the contacts that were in the workflow already, sorted.

        Raises:
            PermissionDenied: without `executions:write`.
            NotFoundError: if there is no such workflow or trigger, or nothing is published on that channel.
            StateError: if the workflow is deleted, or the trigger is disabled, or needed and missing.
            InvalidNameError: if one of the contacts is no id; nobody is started then.
        """
        workspace = self._workspace
        workspace.require(Permission.EXECUTIONS, slug)
        wanted = sorted({_checked_contact(contact) for contact in contacts})
        definition = self._startable(slug, channel)
        row = self._new_row(definition, trigger, workspace.clock(), _checked_context(context))
        with workspace.store.write() as conn:
            started, existing = executions.insert_many(conn, workspace.account, contacts=wanted, **row)
            details = {"started": started, "existing": len(existing), "commit": definition.commit}
            entry = Entry(row["at"], workspace.identity.email, "executions.started", f"{slug}@{definition.number}", details)
            audit.append(conn, workspace.account, [entry])
        return started, tuple(sorted(existing))

    def _startable(self, slug: str, channel: str) -> Definition:
        """The published definition that executions start on."""
        workspace = self._workspace
        workspace.sync(parse_slug(slug))
        settings = workspace.settings
        if channel != CURRENT and channel not in settings.channels:
            raise NotFoundError(
                f"there is no channel '{channel}' to start on; drafts and archived versions cannot be started",
                candidates=near(channel, (CURRENT, *settings.channels)),
                hint=f"start on {' or '.join((CURRENT, *settings.channels))}",
            )
        definition = workspace.resolve(Revision(slug, channel))
        if workspace.is_deleted(slug):
            raise StateError(
                f"workflow '{slug}' is deleted on the trunk, nobody can be started on it", hint=f"see `wflgit log {slug}`"
            )
        return definition

    def _new_row(self, definition: Definition, trigger: str | None, at: datetime, context: Mapping[str, Any]) -> dict[str, Any]:
        known = FORMATS[definition.graph.format]
        if trigger is not None and Feature.TRIGGERS in known.LACKS:
            raise StateError(
                f"expected no trigger for '{definition.workflow}', because {known.TITLE} cannot say any, but got '{trigger}'",
                hint="start without one, at the step that the definition starts at",
            )
        step = entry(definition.graph, trigger)
        if step is None:
            revision, start = f"{definition.workflow}@{definition.number}", quote(definition.graph.start)
            raise StateError(
                f"'{revision}' has no step to start at, its start is {start}", hint=f"see `wflgit validate {revision}`"
            )
        return {
            "workflow": definition.workflow,
            "version": definition.number,
            "commit": definition.commit,
            "step": step,
            "context": context,
            "at": at,
            "by": self._workspace.identity.email,
        }

    def _record(self, found: int, contact: str, row: Mapping[str, Any]) -> Execution:
        return Execution(
            id=found,
            workflow=row["workflow"],
            version=row["version"],
            commit=row["commit"],
            contact=contact,
            step=row["step"],
            status=ExecutionStatus.ACTIVE,
            lock_version=0,
            context=row["context"],
            started_at=row["at"],
            started_by=row["by"],
            updated_at=row["at"],
            updated_by=row["by"],
            entered_at=row["at"],
        )

    def _already_in(self, slug: str, contact: str) -> StateError:
        with self._workspace.store.read() as conn:
            live = executions.find_live(conn, self._workspace.account, slug, contact)
        where = f" (execution {live.id}, at '{live.step}')" if live else ""
        return StateError(
            f"contact '{contact}' is in '{slug}' already{where}", hint="let it finish, or cancel it, before starting anew"
        )

    def get(self, execution: int) -> Execution:
        """One execution by its id.

        Raises:
            NotFoundError: if there is none of that id in the account.
        """
        with self._workspace.store.read() as conn:
            found = executions.get(conn, self._workspace.account, execution)
        if found is None:
            raise _unknown(execution)
        return found

    def advance(
        self, execution: int, outcome: str | None = None, *, to: str | None = None, lock_version: int | None = None
    ) -> Execution:
        """Move an execution on, by the definition it is pinned to. Coming to the end completes it.

        If a migration takes executions along at their next advance, it goes on in the other version, where the plan says.

        Args:
            execution: its id.
            outcome: the label of the edge to take (`yes`, `otherwise`, `timeout`, a goal's id); None for the plain way on.
            to: the step to go to instead; an edge or a goal must lead there.
            lock_version: what the caller read; refuses the move if the execution changed since.

        Raises:
            PermissionDenied: without `executions:write`.
            NotFoundError: if there is no such execution, or its definition has no such outcome or edge.
            StateError: if it is finished, or has several ways on and `outcome` is missing.
            ConflictError: if it was moved by somebody else meanwhile.
        """
        workspace = self._workspace
        with workspace.store.read() as conn:
            read = executions.get_to_advance(conn, workspace.account, execution)
        if read is None:
            raise _unknown(execution)
        found, taken_along = read
        workspace.require(Permission.EXECUTIONS, found.workflow)
        self._require_live(found, lock_version)
        pinned = workspace.resolve_pin(found.workflow, found.version, found.commit)
        target = route(pinned.graph, found.step, outcome=outcome, to=to)
        if target is None:
            return self._move(found, Move.COMPLETE)
        crossing = self._crossing(found, target) if taken_along else None
        if crossing is not None:
            return self._cross(found, target, crossing)
        return self._move(found, Move.ADVANCE, step=target)

    def _crossing(self, found: Execution, target: str) -> AtAdvance | None:
        """The migration that takes an execution along as it comes to a step; None if there is none or its plan says otherwise."""
        with self._workspace.store.read() as conn:
            crossing = migration_items.at_advance(conn, self._workspace.account, found.workflow, found.version, target)
        if crossing is None or crossing.source_commit != found.commit or crossing.disposition.verdict is not Verdict.MOVE:
            return None
        return crossing

    def _cross(self, found: Execution, target: str, crossing: AtAdvance) -> Execution:
        """Advance and migrate in one change. An undo puts it back to where the advance alone would have brought it."""
        workspace, to = self._workspace, crossing.disposition
        now, who = workspace.clock(), workspace.identity.email
        assert to.to_status is not None
        advanced: dict[str, Any] = {"step": target, "status": ExecutionStatus.ACTIVE, "wake_at": None, "waiting_for": None}
        advanced |= {"entered_at": now, "updated_at": now, "updated_by": who}
        columns = {**advanced, "status": to.to_status}
        if to.to_status in LIVE:
            columns |= {"version": crossing.target, "commit_id": crossing.target_commit, "step": to.to_step}
        else:
            columns |= {"ended_at": now, "reason": to.reason}
        before = replace(found, **advanced)
        with workspace.store.write() as conn:
            if migration_items.record_advance(conn, workspace.account, crossing.migration, before, to_step=to.to_step):
                if executions.change(conn, workspace.account, found.id, lock_version=found.lock_version, **columns):
                    return _changed(conn, workspace, found.id)
                raise self._moved(executions.get(conn, workspace.account, found.id) or found, found.lock_version)
        return self._move(found, Move.ADVANCE, step=target)

    def wait(
        self, execution: int, *, until: datetime | None = None, event: str | None = None, lock_version: int | None = None
    ) -> Execution:
        """Mark an execution as waiting where it stands, until a time, for an event, or for whichever comes first.

        Raises:
            PermissionDenied, NotFoundError, StateError, ConflictError: as for `advance`.
        """
        found = self._live(execution, lock_version)
        if until is not None and until.tzinfo is None:
            raise InvalidNameError(
                f"expected a time with a time zone, but '{until.isoformat()}' has none", hint="write e.g. 2026-03-01T09:00Z"
            )
        return self._move(found, Move.WAIT, wake_at=until, waiting_for=event)

    def complete(self, execution: int, *, lock_version: int | None = None) -> Execution:
        """End an execution as completed where it stands.

        Raises:
            PermissionDenied, NotFoundError, StateError, ConflictError: as for `advance`.
        """
        return self._move(self._live(execution, lock_version), Move.COMPLETE)

    def fail(self, execution: int, reason: str, *, lock_version: int | None = None) -> Execution:
        """End an execution as failed, with the reason.

        Raises:
            PermissionDenied, NotFoundError, StateError, ConflictError: as for `advance`.
        """
        return self._move(self._live(execution, lock_version), Move.FAIL, reason=reason)

    def cancel(self, execution: int, reason: str | None = None, *, lock_version: int | None = None) -> Execution:
        """Take an execution out of its workflow; the audit trail says who did.

        Raises:
            PermissionDenied, NotFoundError, StateError, ConflictError: as for `advance`.
        """
        return self._move(self._live(execution, lock_version), Move.CANCEL, reason=reason)

    def _live(self, execution: int, lock_version: int | None) -> Execution:
        found = self.get(execution)
        self._workspace.require(Permission.EXECUTIONS, found.workflow)
        self._require_live(found, lock_version)
        return found

    def _require_live(self, found: Execution, lock_version: int | None) -> None:
        if lock_version is not None and lock_version != found.lock_version:
            raise self._moved(found, lock_version)
        if found.status not in LIVE:
            raise StateError(
                f"execution {found.id} of contact '{found.contact}' is {found.status} since {found.ended_at:%Y-%m-%d %H:%M} UTC",
                hint=f"start the contact anew: `wflgit exec start {found.workflow} {found.contact}`",
            )

    def _move(self, found: Execution, move: Move, **columns: Any) -> Execution:
        """Change the row, guarded by what was read, and return it as it is now."""
        workspace = self._workspace
        status, now, who = EXECUTION_MOVES[move], workspace.clock(), workspace.identity.email
        columns = {"wake_at": None, "waiting_for": None, **columns, "status": status, "updated_at": now, "updated_by": who}
        if move is Move.ADVANCE:
            columns["entered_at"] = now
        if status not in LIVE:
            columns["ended_at"] = now
        with workspace.store.write() as conn:
            if executions.change(conn, workspace.account, found.id, lock_version=found.lock_version, **columns):
                if move is Move.CANCEL:
                    audit.append(conn, workspace.account, [_cancel_entry(found, now, who, columns["reason"])])
                return _changed(conn, workspace, found.id)
        raise self._moved(self.get(found.id), found.lock_version)

    def _moved(self, now: Execution, expected: int) -> ConflictError:
        return ConflictError(
            f"execution {now.id} of contact '{now.contact}' was changed by {now.updated_by}: it is {now.status} at '{now.step}'",
            expected=expected,
            actual=now.lock_version,
            hint="read it again, and decide by where it stands now",
        )

    def list(
        self,
        slug: str | None = None,
        *,
        version: int | None = None,
        step: str | None = None,
        status: Sequence[ExecutionStatus] = (),
        contact: str | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> builtins.list[Execution]:
        """Executions by ascending id; page with `after` set to the last id.

        Args:
            slug: only of this workflow.
            version: only pinned to this version.
            step: only standing at this step.
            status: only with one of these; empty for all.
            contact: only of this contact.
            after: only with a higher id.
            limit: how many at most.
        """
        with self._workspace.store.read() as conn:
            return executions.list_executions(
                conn,
                self._workspace.account,
                workflow=slug,
                version=version,
                step=step,
                status=status,
                contact=contact,
                after=after,
                limit=limit,
            )

    def counts(self, slug: str | None = None) -> builtins.list[StepCount]:
        """How many live executions stand where: by workflow, version and step, in that order."""
        with self._workspace.store.read() as conn:
            return executions.counts(conn, self._workspace.account, slug)


def _unknown(execution: int) -> NotFoundError:
    return NotFoundError(f"there is no execution {execution}", hint="`wflgit exec ls` lists them")


def _changed(conn: Connection, workspace: Workspace, id: int) -> Execution:  # noqa: A002
    changed = executions.get(conn, workspace.account, id)
    assert changed is not None
    return changed


def _checked_contact(contact: str) -> str:
    if not contact.strip() or len(contact) > CONTACT_LIMIT or not contact.isprintable():
        raise InvalidNameError(
            f"expected a contact id of 1 to {CONTACT_LIMIT} printable characters, but got '{contact[:50]}'",
            hint="use the contact's stable id",
        )
    return contact


def _checked_context(context: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if not context:
        return {}
    try:
        json.dumps(context, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidNameError(
            f"expected the context to be JSON, but {error}", hint="pass plain objects, lists, texts and numbers"
        ) from error
    return context


def _cancel_entry(found: Execution, at: datetime, who: str, reason: str | None) -> Entry:
    details = {"execution": found.id, "contact": found.contact, "step": found.step, "reason": reason}
    return Entry(at, who, "execution.cancelled", f"{found.workflow}@{found.version}", details)
