"""Versions: number, list, edit, publish, roll back, compare, tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wflgit.api.bases import Base, is_at, merge_edit, require_base
from wflgit.api.editing import (
    DefinitionInput,
    change_message,
    commit_version,
    require_room,
    require_unarchived,
    require_valid,
    to_bytes,
)
from wflgit.api.listing import list_records, record_of
from wflgit.core.names import CURRENT, channel_tag, parse_revision
from wflgit.core.permissions import Permission
from wflgit.core.records import Version
from wflgit.errors import ConflictError, NotFoundError, StateError
from wflgit.git import refs
from wflgit.standing import Standing
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace

if TYPE_CHECKING:
    from datetime import datetime

    from wflgit.core.diff import Comparison
    from wflgit.core.exchanges import PublishedAndPushed
    from wflgit.core.publications import CurrentAt
    from wflgit.core.retention import ArchivalReport
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
        self,
        slug: str,
        definition: DefinitionInput,
        *,
        base: Base | None = None,
        merge: bool = False,
        message: str | None = None,
    ) -> Version:
        """Commit changed content to the trunk as the next version, a draft. What is published stays as it is.

        Content equal to the newest version's makes nothing new: that version is returned.

        Args:
            slug: the workflow.
            definition: the whole new content.
            base: the version number, commit or blob the edit started from; None to take whatever is newest.
            merge: where the workflow has changed since `base`, merge the edit with that step by step, if the two go together.
            message: the commit's subject; None lets it say what differs.

        Raises:
            NotFoundError: if there is no such workflow.
            DefinitionError: if the definition has errors; nothing is written.
            ConflictError: if somebody changed the workflow since `base`, or while this ran; with both sides, and for `merge` with
                the places in which they do not go together.
            LimitError: if the workflow has as many versions as the policy allows.
            DirtyFileError: if the working tree has other uncommitted changes in the file.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        content = to_bytes(definition)
        if not merge:
            found = workspace.get(slug)
            found.require_file()
            require_base(workspace, found, base, content)
            return self._commit(found, content, message)
        with workspace.git.lock():
            # What was merged with must still be there when the result is committed.
            found = workspace.get(slug)
            found.require_file()
            merged = merge_edit(workspace, found, base, content)
            return self._commit(found, merged, message, edited=content)

    def _commit(self, found: Standing, content: bytes, message: str | None, *, edited: bytes | None = None) -> Version:
        workspace, file, newest = self._workspace, found.require_file(), found.rows[0]
        commit = newest.commit
        if workspace.git.hash_blob(content) != file.blob:
            require_room(workspace, found)
            require_valid(workspace, found, file.path, content)
            message = message or change_message(workspace, newest, content)
            commit = commit_version(workspace, file.path, expected=file.blob, content=content, message=message, edited=edited)
        return record_of(workspace, found.slug, commit)

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

    def discard(self, slug: str, number: int, *, base: Base | None = None, message: str | None = None) -> Version:
        """Take back a draft and all drafts after it: a new version gets the content from before it.

        History only grows, so the drafts stay in it. Discarding the first version deletes the workflow.

        Args:
            slug: the workflow.
            number: the oldest draft to take back.
            base: the newest version that the caller knows of; None to take back whatever came after.
            message: the commit's subject.

        Returns:
            The new version; for a discarded first version the one that records the deletion.

        Raises:
            NotFoundError: if there is no such version.
            StateError: if it, or a version after it, is published, or nothing of it is left to take back.
            ConflictError: if somebody changed the workflow since `base`.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        self._require_draft(slug, number)
        found = workspace.get(slug)
        require_base(workspace, found, base)
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
        self,
        slug: str,
        number: int | None = None,
        *,
        base: Base | None = None,
        message: str | None = None,
        rollout: Rollout | None = None,
        sign: bool | None = None,
    ) -> Version:
        """Make a draft the current version: the one new executions start on. Those that run stay where they are.

        Publishing what is published already returns it and writes nothing. With a rollout, those on the version that was current
        come along: a migration is made, the newest of `repo.migrations.list(slug)`; run it.

        Args:
            slug: the workflow.
            number: the version; None for the newest.
            base: the version that was current when this was decided, 0 if none was; None to take whatever is.
            message: words for the tag, before what wflgit says of the change.
            rollout: how those who run come along.
            sign: whether to sign the tag; None for what Git's configuration and the policy say.

        Raises:
            PermissionDenied: without `workflows:publish`, and with a rollout `migrations:run`.
            PlanError: if those who run cannot come along as the rollout says; nothing is published then.
            NotFoundError: if there is no such version.
            StateError: if it is a deletion, or older than the current version.
            DefinitionError: if its content has errors.
            ConflictError: if somebody published another version in the meantime, or since `base`.
        """
        from wflgit.api import publishing

        return publishing.publish(self._workspace, slug, number, base=base, message=message, rollout=rollout, sign=sign)

    def publish_and_push(
        self,
        slug: str,
        number: int | None = None,
        *,
        message: str | None = None,
        sign: bool | None = None,
        remote: str | None = None,
    ) -> PublishedAndPushed:
        """Publish a version for everybody: on top of what others have pushed meanwhile, and then pushed itself.

        Where others were faster, one's own commits are made anew on top of theirs, workflow files merged step by step, so the
        version gets the next number. That is done only as long as nothing depends on the number that it had.

        Args:
            slug: the workflow.
            number: the version, as it is numbered here now; None for the newest.
            message: words for the tag.
            sign: whether to sign the tag; None for what Git's configuration and the policy say.
            remote: its name; None for the one that the trunk follows, or the only one.

        Raises:
            PermissionDenied: without `workflows:publish`.
            ConflictError: if one's own changes do not go together with those of others, or others push all the time.
            StateError: if the version cannot be published, or something depends on its number.
            DefinitionError: if what came of it has errors.
            RemoteError: if the remote cannot be reached, or its rules forbid it.
        """
        from wflgit.api.sharing import publish_and_push

        return publish_and_push(self._workspace, slug, number, message=message, sign=sign, remote=remote)

    def rollback(
        self,
        slug: str,
        *,
        to: int,
        base: Base | None = None,
        message: str | None = None,
        rollout: Rollout | None = None,
        sign: bool | None = None,
    ) -> Version:
        """Publish the content of an earlier version again, as a new version: history only grows.

        Executions stay on the versions they are pinned to. Rolling back to what is current already returns that. With a rollout
        those on the version that was current come along as for `publish`, by the reverse of the plan by which executions had
        come there.

        Raises:
            PlanError: if those who run cannot come along as the rollout says; nothing is published then.
            NotFoundError: if there is no such version.
            StateError: if it is a deletion, or nothing was ever published.
            DefinitionError: if its content has errors by today's rules.
            ConflictError: if somebody changed the workflow in the meantime, or another version than `base` is current.
        """
        from wflgit.api import publishing

        return publishing.rollback(self._workspace, slug, to, base=base, message=message, rollout=rollout, sign=sign)

    def archive(self, slug: str, number: int) -> Version:
        """Archive a published version that nobody uses: it is not startable any more, and all else stays as it is.

        Its number is never used again; it can be read, compared, edited from and rolled back to. What is archived already is
        returned.

        Raises:
            PermissionDenied: without `workflows:admin`.
            NotFoundError: if there is no such version.
            StateError: if it is not published, or in use: current, marked by a channel, with executions, or part of a migration
                that is not over.
            ConflictError: if somebody changed its tag at the same time.
        """
        from wflgit.api import archival

        return archival.archive(self._workspace, slug, number)

    def archive_due(self, slug: str | None = None, *, dry_run: bool = False) -> ArchivalReport:
        """Archive all versions that the policy lets go; killed and called again, it does the rest.

        Args:
            slug: of one workflow; None for all.
            dry_run: only say which those are, and why others stay.

        Raises:
            PermissionDenied: without `workflows:admin`, unless it is a dry run.
            NotFoundError: if there is no such workflow.
        """
        from wflgit.api import archival

        return archival.archive_due(self._workspace, slug, dry_run=dry_run)

    def unarchive(self, slug: str, number: int) -> Version:
        """Take a version out of the archive; if no higher one is published, it becomes current again.

        Raises:
            PermissionDenied: without `workflows:admin`.
            NotFoundError: if there is no such version.
            StateError: if it is not published.
            LimitError: if the workflow has as many versions as the policy allows.
            ConflictError: if somebody changed its tag at the same time.
        """
        from wflgit.api import archival

        return archival.unarchive(self._workspace, slug, number)

    def current_at(self, slug: str, at: datetime, *, channel: str = CURRENT) -> CurrentAt:
        """What was current at a moment, since and until when, and who put it there how.

        Args:
            slug: the workflow; it may be deleted by now.
            at: the moment, aware.
            channel: a channel in place of `current`.

        Raises:
            NotFoundError: if there is no such workflow or channel, or nothing was current then; says when the first one was.
        """
        from wflgit.api.current_at import current_at

        return current_at(self._workspace, slug, at, channel=channel)

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

    def tag(self, slug: str, channel: str, number: int, *, base: Base | None = None) -> Version:
        """Move a channel of a workflow to a published version.

        Args:
            slug: the workflow.
            channel: one that is declared in `wflgit.toml`.
            number: the version.
            base: the version that the channel marked when this was decided, 0 if none; None to take whatever it marks.

        Raises:
            NotFoundError: if the channel is not declared in `wflgit.toml`, or there is no such version.
            StateError: if the version is not published, or the channel is `current`.
            ConflictError: if somebody moved the channel in the meantime, or since `base`.
        """
        workspace = self._workspace
        workspace.require(Permission.PUBLISH, slug)
        row = workspace.version(slug, number)
        self._require_channel(slug, channel)
        require_unarchived(row, "marked by a channel")
        if not row.tag:
            raise StateError(
                f"version {number} of '{slug}' is not published", hint=f"publish it first: `wflgit publish {slug} {number}`"
            )
        ref = channel_tag(slug, channel)
        before = refs.read_ref(workspace.git, ref)
        self._require_marked(row, channel, before, base)
        if before != row.commit:
            from wflgit.store import audit

            refs.move_ref(workspace.git, ref, row.commit, expected=before)
            details = {"channel": channel, "from": before, "to": row.commit}
            entry = audit.Entry(workspace.clock(), workspace.identity.email, "channel.moved", f"{slug}@{number}", details)
            with workspace.store.write() as conn:
                audit.append(conn, workspace.account, [entry])
        return record_of(workspace, slug, row.commit)

    def _require_marked(self, row: VersionRow, channel: str, target: str | None, base: Base | None) -> None:
        marked = next((one for one in self._workspace.get(row.workflow).rows if one.commit == target), None)
        if base is not None and not is_at(self._workspace, marked, base):
            raise ConflictError(
                f"expected channel '{channel}' of '{row.workflow}' to mark version {base}, but it marks "
                f"{f'version {marked.number}' if marked else 'none'}",
                expected=base,
                actual=marked.number if marked else None,
                hint=f"see `wflgit log {row.workflow}`, and tag again if that is still right",
            )

    def _require_channel(self, slug: str, channel: str) -> None:
        known = self._workspace.settings.channels
        if channel == CURRENT:
            raise StateError(
                "'current' is moved by publishing only", hint=f"`wflgit publish {slug}` or `wflgit rollback {slug} --to NUMBER`"
            )
        if channel not in known:
            hint = f"declared are: {', '.join(known)}" if known else 'declare it in wflgit.toml: channels = ["stable"]'
            raise NotFoundError(f"there is no channel '{channel}'", candidates=known, hint=hint)
