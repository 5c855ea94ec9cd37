"""Versions: number, list, edit, publish, roll back, compare, tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wflgit.api.editing import (
    DefinitionInput,
    change_message,
    commit_version,
    require_base,
    require_room,
    require_valid,
    to_bytes,
)
from wflgit.api.listing import list_records, record_of
from wflgit.core.messages import ACTION, AUDIT_HEAD, SEMVER, compose
from wflgit.core.names import CURRENT, TAG_PREFIX, archive_ref, channel_tag, parse_revision, version_tag
from wflgit.core.problems import Severity
from wflgit.core.records import Version
from wflgit.errors import ConflictError, DefinitionError, NotFoundError, StateError
from wflgit.git import refs
from wflgit.store.versions import VersionRow
from wflgit.workspace import Standing, Workspace

if TYPE_CHECKING:
    from wflgit.core.diff import Comparison
    from wflgit.core.plan import Plan, Side
    from wflgit.core.review import Level
    from wflgit.core.rollout import Rollout
    from wflgit.core.steplife import StepBlame, StepEvent


class Versions:
    """The versions of the account's workflows, `repo.versions`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(self, slug: str) -> list[Version]:
        """All versions of a workflow, newest first.

        Raises:
            NotFoundError: if there never was such a workflow.
        """
        return list_records(self._workspace, self._workspace.get(slug).slug)

    def get(self, slug: str, number: int) -> Version:
        """One version of a workflow.

        Raises:
            NotFoundError: if there is no such workflow or number.
        """
        return record_of(self._workspace, slug, self._workspace.version(slug, number).commit)

    def create(
        self, slug: str, definition: DefinitionInput, *, base: int | str | None = None, message: str | None = None
    ) -> Version:
        """Commit changed content to the trunk as the next version, a draft. What is published stays as it is.

        Content equal to the newest version's makes nothing new: that version is returned.

        Args:
            slug: the workflow.
            definition: the whole new content.
            base: the version number, commit or blob the edit started from; None to take whatever is newest.
            message: the commit's subject; None lets it say what differs.

        Raises:
            NotFoundError: if there is no such workflow.
            DefinitionError: if the definition has errors; nothing is written.
            ConflictError: if somebody changed the workflow since `base`, or while this ran.
            LimitError: if the workflow has as many versions as the policy allows.
            DirtyFileError: if the working tree has other uncommitted changes in the file.
        """
        workspace = self._workspace
        content = to_bytes(definition)
        found = workspace.get(slug)
        file, newest = found.require_file(), found.rows[0]
        require_base(found, base)
        commit = newest.commit
        if workspace.git.hash_blob(content) != file.blob:
            require_room(workspace, found)
            require_valid(workspace, found, file.path, content)
            message = message or change_message(workspace, newest, content)
            commit = commit_version(workspace, file.path, expected=file.blob, content=content, message=message)
        return record_of(workspace, slug, commit)

    def update(self, slug: str, number: int, definition: DefinitionInput, *, message: str | None = None) -> Version:
        """Put new content in the place of the newest draft; history keeps both, so the result has the next number.

        Raises:
            NotFoundError: if there is no such version.
            StateError: if it is published: that is for ever.
            ConflictError: if it is not the newest version any more.
            DefinitionError: if the definition has errors.
        """
        self._require_draft(slug, number)
        return self.create(slug, definition, base=number, message=message)

    def discard(self, slug: str, number: int, *, message: str | None = None) -> Version:
        """Take back a draft and all drafts after it: a new version gets the content from before it.

        History only grows, so the drafts stay in it. Discarding the first version deletes the workflow.

        Returns:
            The new version; for a discarded first version the one that records the deletion.

        Raises:
            NotFoundError: if there is no such version.
            StateError: if it, or a version after it, is published, or nothing of it is left to take back.
        """
        workspace = self._workspace
        self._require_draft(slug, number)
        found = workspace.get(slug)
        after = next((row for row in found.rows if row.number > number and row.tag), None)
        if after is not None:
            raise StateError(
                f"version {number} of '{slug}' cannot be discarded: version {after.number} after it is published",
                hint=f"roll back instead: `wflgit rollback {slug} --to NUMBER`",
            )
        before = next((row.blob for row in found.rows if row.number < number), None)
        file = found.require_one_file()
        now = file.blob if file else None
        if now == before:
            raise StateError(f"version {number} of '{slug}' is taken back already", hint=f"see `wflgit log {slug}`")
        commit = commit_version(
            workspace,
            file.path if file else found.rows[0].path,
            expected=now,
            content=workspace.git.blob(before) if before else None,
            message=message or f"Discard {slug} v{number}",
            action="discard",
        )
        return record_of(workspace, slug, commit)

    def _require_draft(self, slug: str, number: int) -> VersionRow:
        row = self._workspace.version(slug, number)
        if row.tag:
            raise StateError(
                f"version {number} of '{slug}' is published, and a published version never changes",
                hint=f"make a new version: `wflgit commit {slug}`",
            )
        return row

    def publish(
        self, slug: str, number: int | None = None, *, message: str | None = None, rollout: Rollout | None = None
    ) -> Version:
        """Make a draft the current version: the one new executions start on. Those that run stay where they are.

        Publishing what is published already returns it and writes nothing. With a rollout, those on the version that was current
        come along: a migration is made, the newest of `repo.migrations.list(slug)`; run it.

        Args:
            slug: the workflow.
            number: the version; None for the newest.
            message: words for the tag, before what wflgit says of the change.
            rollout: how those who run come along.

        Raises:
            PlanError: if those who run cannot come along as the rollout says; nothing is published then.
            NotFoundError: if there is no such version.
            StateError: if it is a deletion, or older than the current version.
            DefinitionError: if its content has errors.
            ConflictError: if somebody published another version in the meantime.
        """
        found = self._workspace.get(slug)
        row = found.rows[0] if number is None else found.version(number)
        target = _side(row.number, row.commit, row.blob)
        plan = self._plan(found, target, rollout)
        asked = self._asked(found, target)
        version = self._publish(found, row.commit, asked, action="publish", words=(message,) if message else ())
        self._roll_out(plan, version, rollout)
        return version

    def _plan(self, found: Standing, target: Side, rollout: Rollout | None, *, back_to: int | None = None) -> Plan | None:
        """The plan by which those on the current version come to another one; None if nobody is to, or can.

        On the way back to an earlier content, the plan by which executions had come from there is taken in reverse.

        Raises:
            PlanError: if anything is in its way.
        """
        from wflgit.api import planning

        if rollout is None or found.current is None or target.version == found.current.number or not target.blob:
            return None
        request = planning.Request(rollout.rules, wait=rollout.wait)
        plan = planning.plan_to(self._workspace, found, target, request, back_to=back_to)
        stopping = plan.plan_failures if rollout.pace and rollout.pace.at_advance else plan.failures
        if stopping:
            raise planning.refused(plan, stopping)
        return plan

    def _roll_out(self, plan: Plan | None, version: Version, rollout: Rollout | None) -> None:
        """Make the migration to a version that has just become current."""
        from wflgit.api.migrations import Migrations

        if plan is not None and rollout is not None:
            bound = replace(plan, target=replace(plan.target, version=version.number, commit=version.commit))
            Migrations(self._workspace).create(bound, strategy=rollout.strategy, pace=rollout.pace)

    def _asked(self, found: Standing, target: Side) -> tuple[Level, str]:
        """What publishing some content asks of those who are on older versions now, and why; nothing of what is published."""
        from wflgit.core.semver import level_of
        from wflgit.store import executions

        if found.current is not None and target.version <= found.current.number:
            return level_of(())
        with self._workspace.store.read() as conn:
            counts = executions.counts(conn, self._workspace.account, found.slug)
        older = [count for count in counts if count.version < target.version]
        if not older:
            return level_of(())
        from wflgit.api.proposing import propose_for

        return level_of(propose_for(self._workspace, found, target, older))

    def _publish(self, seen: Standing, commit: str, asked: tuple[Level, str], *, action: str, words: Sequence[str]) -> Version:
        """Publish the version that a commit made, if what is current still is what was `seen` when that was decided."""
        workspace, slug = self._workspace, seen.slug
        with workspace.git.lock():
            found = workspace.get(slug)
            row, current = found.made_by(commit), found.current
            _require_unarchived(row, "published again")
            if not row.tag:
                _require_unchanged(seen.current, current)
                self._require_publishable(row, current)
                message = compose(
                    f"{action.capitalize()} {slug} v{row.number}",
                    [*words, *self._change_words(current, row, asked)],
                    {ACTION: action, SEMVER: _next_semver(found, asked[0]), AUDIT_HEAD: self._audit_anchor()},
                )
                self._write_tag(row, message)
            return record_of(workspace, slug, commit)

    def _write_tag(self, row: VersionRow, message: str) -> None:
        git, ref = self._workspace.git, version_tag(row.workflow, row.number)
        tag = refs.write_tag(
            git,
            tag=ref.removeprefix(TAG_PREFIX),
            commit=row.commit,
            tagger=self._workspace.identity,
            at=self._workspace.clock(),
            message=message,
        )
        refs.create_ref(git, ref, tag)

    def _require_publishable(self, row: VersionRow, current: VersionRow | None) -> None:
        slug, number = row.workflow, row.number
        if row.blob is None:
            raise StateError(
                f"version {number} of '{slug}' deleted it, there is nothing to publish", hint=f"see `wflgit log {slug}`"
            )
        if current is not None and number < current.number:
            raise StateError(
                f"version {number} of '{slug}' is older than the current version {current.number}",
                hint=f"to go back to its content: `wflgit rollback {slug} --to {number}`",
            )
        workspace = self._workspace
        problems = workspace.contents.problems(workspace.git.blob(row.blob), workspace.catalog())
        if any(problem.severity is Severity.ERROR for problem in problems):
            raise DefinitionError(
                f"version {number} of '{slug}' has errors and cannot be published",
                problems=problems,
                path=row.path,
                hint=f"mend the file and commit it: `wflgit commit {slug}`",
            )

    def _change_words(self, current: VersionRow | None, row: VersionRow, asked: tuple[Level, str]) -> tuple[str, ...]:
        """What publishing this asks of executions on older versions, and what it changes for new ones."""
        if current is None:
            return ("first published version",)
        from wflgit.core.diff import compare
        from wflgit.core.words import describe

        try:
            old = self._workspace.definition(current).graph
        except DefinitionError:
            return (": ".join(asked), f"version {current.number}, current before, cannot be parsed")
        return (": ".join(asked), f"since v{current.number}:", *describe(compare(old, self._workspace.definition(row).graph)))

    def _audit_anchor(self) -> str:
        """The head of the audit chain as it is now, for the tag: with it Git vouches for SQL."""
        from wflgit.core.audit import Anchor
        from wflgit.store import audit

        with self._workspace.store.read() as conn:
            sequence, digest = audit.head(conn, self._workspace.account)
            first = audit.list_entries(conn, self._workspace.account, limit=1)[0]
        return str(Anchor(first.hash, sequence, digest))

    def rollback(self, slug: str, *, to: int, message: str | None = None, rollout: Rollout | None = None) -> Version:
        """Publish the content of an earlier version again, as a new version: history only grows.

        Executions stay on the versions they are pinned to. Rolling back to what is current already returns that. With a rollout
        those on the version that was current come along as for `publish`, by the reverse of the plan by which executions had
        come there.

        Raises:
            PlanError: if those who run cannot come along as the rollout says; nothing is published then.
            NotFoundError: if there is no such version.
            StateError: if it is a deletion, or nothing was ever published.
            DefinitionError: if its content has errors by today's rules.
            ConflictError: if somebody changed the workflow in the meantime.
        """
        workspace = self._workspace
        found = workspace.get(slug)
        target, newest, current = found.version(to), found.rows[0], found.current
        if target.blob is None or current is None:
            reason = f"version {to} deleted it" if target.blob is None else "nothing is published yet"
            raise StateError(f"'{slug}' cannot be rolled back to version {to}: {reason}", hint=f"see `wflgit log {slug}`")
        if target.blob == current.blob:
            return record_of(workspace, slug, current.commit)
        commit = newest.commit
        side = _side(newest.number + (newest.blob != target.blob), None, target.blob)
        plan, asked = self._plan(found, side, rollout, back_to=to), self._asked(found, side)
        if newest.blob != target.blob:
            content, path = workspace.git.blob(target.blob), newest.path if newest.blob else target.path
            require_room(workspace, found)
            require_valid(workspace, found, path, content)
            subject = message or f"Roll {slug} back to v{to}"
            commit = commit_version(workspace, path, expected=newest.blob, content=content, message=subject, action="rollback")
        words = [*([message] if message else []), f"back to the content of v{to}"]
        version = self._publish(found, commit, asked, action="rollback", words=words)
        self._roll_out(plan, version, rollout)
        return version

    def compare(self, old: str, new: str) -> Comparison:
        """What differs between two revisions, of one workflow or of two.

        Where two files mean the same but are not the same, the comparison is empty; its noise says what differs without a meaning.

        Raises:
            NotFoundError: if a revision does not exist.
            DefinitionError: if one cannot be parsed.
        """
        from wflgit.core.diff import compare
        from wflgit.core.noise import find_noise

        before, after = (self._workspace.resolve(parse_revision(revision)) for revision in (old, new))
        found = compare(before.graph, after.graph, old_name=old, new_name=new)
        if before.blob == after.blob or before.graph.format != after.graph.format:
            return found
        return replace(found, noise=find_noise(before.document, after.document, meaning_differs=bool(found)))

    def step_history(self, slug: str, step: str) -> Sequence[StepEvent]:
        """The life of one step: the versions in which it was added, changed, renamed, moved, enabled or removed, newest first.

        It is followed through renames, and to the slug that the file had before it was moved. Secrets are not in what is told.

        Args:
            slug: the workflow.
            step: its id in the newest version, or one that it had before.

        Raises:
            NotFoundError: if there is no such workflow, or it never had such a step.
        """
        from wflgit.api.biography import step_history

        return step_history(self._workspace, slug, step)

    def blame(self, revision: str) -> Sequence[StepBlame]:
        """Who last did something to each step of a version, in which version and pull request, in the author's order.

        Args:
            revision: the version; of a slug alone the newest one.

        Raises:
            NotFoundError: if there is no such version, or it deleted the workflow.
            DefinitionError: if it cannot be read.
        """
        from wflgit.api.biography import blame

        return blame(self._workspace, revision)

    def tag(self, slug: str, channel: str, number: int) -> Version:
        """Move a channel of a workflow to a published version.

        Raises:
            NotFoundError: if the channel is not declared in `wflgit.toml`, or there is no such version.
            StateError: if the version is not published, or the channel is `current`.
            ConflictError: if somebody moved the channel in the meantime.
        """
        workspace = self._workspace
        row = workspace.version(slug, number)
        self._require_channel(slug, channel)
        _require_unarchived(row, "marked by a channel")
        if not row.tag:
            raise StateError(
                f"version {number} of '{slug}' is not published", hint=f"publish it first: `wflgit publish {slug} {number}`"
            )
        ref = channel_tag(slug, channel)
        before = refs.read_ref(workspace.git, ref)
        if before != row.commit:
            from wflgit.store import audit

            refs.move_ref(workspace.git, ref, row.commit, expected=before)
            details = {"channel": channel, "from": before, "to": row.commit}
            entry = audit.Entry(workspace.clock(), workspace.identity.email, "channel.moved", f"{slug}@{number}", details)
            with workspace.store.write() as conn:
                audit.append(conn, workspace.account, [entry])
        return record_of(workspace, slug, row.commit)

    def _require_channel(self, slug: str, channel: str) -> None:
        known = self._workspace.settings.channels
        if channel == CURRENT:
            raise StateError(
                "'current' is moved by publishing only", hint=f"`wflgit publish {slug}` or `wflgit rollback {slug} --to NUMBER`"
            )
        if channel not in known:
            hint = f"declared are: {', '.join(known)}" if known else 'declare it in wflgit.toml: channels = ["stable"]'
            raise NotFoundError(f"there is no channel '{channel}'", candidates=known, hint=hint)


def _side(number: int, commit: str | None, blob: str | None) -> Side:
    """A version as the side of a plan; whoever only lists versions need not import what plans take."""
    from wflgit.core.plan import Side

    return Side(number, commit, blob or "")


def _require_unarchived(row: VersionRow, done: str) -> None:
    if row.archived:
        tag, archived = version_tag(row.workflow, row.number), archive_ref(row.workflow, row.number)
        raise StateError(
            f"version {row.number} of '{row.workflow}' is archived and cannot be {done}",
            hint=f"take it out of the archive: git update-ref {tag} {archived} && git update-ref -d {archived}",
        )


def _next_semver(found: Standing, level: Level) -> str:
    """The number after that of the highest published version that has one."""
    from wflgit.core.semver import bump

    return bump(next((row.semver for row in found.rows if row.semver), None), level)


def _require_unchanged(seen: VersionRow | None, current: VersionRow | None) -> None:
    if current is not None and (seen is None or seen.commit != current.commit):
        raise ConflictError(
            f"{current.published_by_name} published version {current.number} of '{current.workflow}' in the meantime",
            expected=seen.number if seen else None,
            actual=current.number,
            hint=f"look at `wflgit show {current.workflow}@current`, and publish again if that is still right",
        )
