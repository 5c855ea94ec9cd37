"""Drafts: save, look at, restore, compare, rebase, commit and throw away what is not finished."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING

from wflgit.api import drafting
from wflgit.api.drafting import Start, append, find_newest, get_newest, list_archived, list_drafts, own_id, require_own
from wflgit.api.editing import DefinitionInput, to_bytes
from wflgit.api.listing import record_of
from wflgit.core.drafts import CleanUp, Draft, DraftState, DraftStatus, Save, draft_of, is_due
from wflgit.core.merge.conflicts import OURS
from wflgit.core.names import draft_ref, parse_revision
from wflgit.core.permissions import Permission
from wflgit.core.problems import Severity
from wflgit.core.resolving import require_known
from wflgit.errors import ConflictError, DefinitionError, NotFoundError, StateError
from wflgit.git import drafts, refs, worktree

if TYPE_CHECKING:
    from wflgit.api.autosaving import Autosaver
    from wflgit.api.bases import Base
    from wflgit.core.diff import Comparison
    from wflgit.core.draft_secrets import SecretSearch
    from wflgit.core.merge.conflicts import Answers, MergeConflict, Merged
    from wflgit.core.records import Version
    from wflgit.standing import Standing
    from wflgit.store.versions import VersionRow
    from wflgit.workspace import Workspace

BASE = "base"
"""What a draft can be compared with: the version that it is based on."""


class Drafts:
    """What the account's people have saved and not committed yet, `repo.drafts`.

    Everybody has drafts of their own, one a workflow. Everybody may look at all of them; nobody but its user saves,
    commits or discards one.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._search: tuple[str | None, SecretSearch] | None = None

    # Saving

    def save(self, slug: str, definition: DefinitionInput, *, base: Base | None = None) -> Draft:
        """Save what one has now, finished or not. It is one commit, and none at all if nothing has changed since the last save.

        The first save says what the draft is based on; the following ones go on from there. A definition may be broken in any way;
        only secrets in plain text are refused.

        Args:
            slug: the workflow; it need not exist yet.
            definition: the whole content.
            base: where the edit started: a version number, a commit or a blob; None for the newest version. Where there is a draft
                already, it is refused unless the draft is based on that, or its newest save is that.

        Raises:
            InvalidNameError: if the slug breaks its rule.
            NotFoundError: if there is no such version.
            DefinitionError: if a secret stands in it literally, or it is no text at all.
            ConflictError: if the draft is not where `base` says.
        """
        self._workspace.require(Permission.EDIT, slug)
        content = to_bytes(definition)
        self._refuse_secrets(slug, content)
        return drafting.write(self._workspace, slug, content, base)

    def _refuse_secrets(self, slug: str, content: bytes) -> None:
        problems = self._searching().find(content)
        if problems:
            raise DefinitionError(
                f"the draft of '{slug}' has {'a secret' if len(problems) == 1 else f'{len(problems)} secrets'} in plain text, "
                "and what is once in Git can never be taken back",
                problems=[problem for problem in problems if problem.severity is Severity.ERROR],
                hint='write {"secret": "NAME"}, and keep the value itself where the engine keeps its secrets',
            )

    def _searching(self) -> SecretSearch:
        """The search by the types of the trunk, made anew when the trunk has moved."""
        tip = self._workspace.trunk_tip()
        if self._search is None or self._search[0] != tip:
            from wflgit.core.draft_secrets import SecretSearch

            self._search = tip, SecretSearch(self._workspace.catalog())
        return self._search[1]

    def autosave(self, slug: str, *, interval: float = 30.0, base: Base | None = None) -> Autosaver:
        """Save by itself what an editor hands over, at most once in an interval. Use it in a `with` statement.

        It works in a thread of its own, takes content from any thread, and saves what is left on leaving the `with`, on an
        exception, on SIGINT, SIGTERM and SIGHUP, and at the end of the interpreter.

        Args:
            slug: the workflow.
            interval: seconds between two saves at least.
            base: as for `save`, of every save.

        Raises:
            PermissionDenied: if the actor may not edit the workflow.
        """
        self._workspace.require(Permission.EDIT, slug)
        from wflgit.api.autosaving import Autosaver

        return Autosaver(self._workspace, slug, interval_s=interval, base=base)

    # Looking

    def list(self, slug: str | None = None, *, user: str | None = None) -> Sequence[Draft]:
        """The drafts of everybody, by slug and user.

        Args:
            slug: only those of one workflow.
            user: only those of one user.
        """
        return [draft for draft in list_drafts(self._workspace, slug) if user in (None, draft.user)]

    def archived(self, slug: str | None = None, *, user: str | None = None) -> Sequence[Draft]:
        """The drafts that were thrown away and are still there, by slug and user, of one user the newest first."""
        return [draft for _, draft in list_archived(self._workspace, slug) if user in (None, draft.user)]

    def get(self, slug: str, user: str | None = None) -> Draft:
        """A draft; one's own unless a user is named.

        Raises:
            NotFoundError: if there is none; says who has one.
        """
        user = user or own_id(self._workspace)
        return draft_of(slug, user, get_newest(self._workspace, slug, user))

    def find(self, slug: str) -> Draft | None:
        """One's own draft; None if there is none."""
        user = own_id(self._workspace)
        found = find_newest(self._workspace, slug, user)
        return None if found is None else draft_of(slug, user, found)

    def content(self, slug: str, user: str | None = None, *, save: int | None = None) -> bytes:
        """The bytes of a draft, or of one of its saves.

        Raises:
            NotFoundError: if there is none.
        """
        found = get_newest(self._workspace, slug, user) if save is None else self._save(slug, user, save)
        return self._workspace.git.blob(found.blob)

    def history(self, slug: str, user: str | None = None) -> Sequence[Save]:
        """The saves of a draft, the newest first. Of older ones only some are kept, see `docs/drafts.md`.

        Raises:
            NotFoundError: if there is no draft; says who has one.
        """
        return drafts.list_saves(self._workspace.git, get_newest(self._workspace, slug, user).commit)

    def _save(self, slug: str, user: str | None, number: int) -> Save:
        saves = self.history(slug, user)
        found = next((save for save in saves if save.number == number), None)
        if found is None:
            kept = "it was thinned out" if 0 < number <= saves[0].number else f"the newest is {saves[0].number}"
            raise NotFoundError(f"the draft of '{slug}' has no save {number}: {kept}", hint=f"`wflgit draft log {slug}` lists them")
        return found

    def diff(self, slug: str, against: str = BASE, *, user: str | None = None, save: int | None = None) -> Comparison:
        """What a draft changes.

        Args:
            slug: the workflow.
            against: `base` for the version that it is based on, `current`, a channel, a version number or a commit.
            user: whose draft; None for one's own.
            save: one of its saves; None for the newest.

        Raises:
            NotFoundError: if there is no such draft, save or version.
            StateError: if it is based on nothing, and is compared with that.
            DefinitionError: if one of the two cannot be parsed.
        """
        from wflgit.core.diff import compare

        workspace = self._workspace
        found = get_newest(workspace, slug, user) if save is None else self._save(slug, user, save)
        if against == BASE and found.base is None:
            raise StateError(
                f"the draft of '{slug}' is based on no version: the workflow was new", hint=f"`wflgit draft show {slug}`"
            )
        old = f"{slug}@{(found.base_version or found.base) if against == BASE else against}"
        before = workspace.resolve(parse_revision(f"{slug}@{found.base}" if against == BASE else old))
        after = workspace.contents.parse(found.blob)
        return compare(before.graph, after.graph, old_name=old, new_name=f"{slug}, draft {found.number}")

    def recoverable(self) -> Sequence[Draft]:
        """One's own drafts that hold more than the files do: their content is neither committed nor in the working tree.

        In a working tree only those count that were saved after the file was changed. Costs a look at each draft, and no sync.
        """
        workspace = self._workspace
        tip = workspace.trunk_tip()
        return [
            draft
            for draft in self.list(user=own_id(workspace))
            if draft.blob != (workspace.git.blob_at(tip, draft.path) if tip else None) and self._is_newer(draft)
        ]

    def _is_newer(self, draft: Draft) -> bool:
        """Whether a draft is newer than the file in the working tree; so it is where there is none."""
        git = self._workspace.git
        content = worktree.read_file(git, draft.path)
        if git.workdir is None or content is None:
            return True
        changed_at = int((git.workdir / draft.path).stat().st_mtime)
        return git.hash_blob(content) != draft.blob and draft.saved_at.timestamp() >= changed_at

    # How it stands to what others do

    def status(self, slug: str, user: str | None = None) -> DraftStatus:
        """How a draft stands to what was committed since it was begun, by merging the two on trial. Nothing is written.

        Raises:
            NotFoundError: if there is no such draft.
        """
        workspace = self._workspace
        user = user or own_id(workspace)
        newest = get_newest(workspace, slug, user)
        found, draft = workspace.find(slug), draft_of(slug, user, newest)
        row = found.rows[0] if found.rows else None
        if row is None or row.blob is None:
            state = DraftState.CLEAN if newest.base is None else DraftState.DELETED
            return DraftStatus(draft, state, row.number if row else None)
        since = _since(found, newest)
        if self._is_at(newest, row):
            return DraftStatus(draft, DraftState.CLEAN, row.number)
        merged = self._merged(newest, row, {})
        state = DraftState.BEHIND if merged.is_clean else DraftState.CONFLICTING
        return DraftStatus(draft, state, row.number, since, merged.conflicts, merged.notes)

    def _is_at(self, save: Save, row: VersionRow) -> bool:
        """Whether the newest version has the content that a save is based on, or that very content."""
        return save.base == row.commit or row.blob in (save.blob, self._base_blob(save))

    def _base_blob(self, save: Save) -> str | None:
        return None if save.base is None else self._workspace.git.blob_at(save.base, save.path)

    def _merged(self, save: Save, row: VersionRow, answers: Answers) -> Merged:
        from wflgit.api.merging import merge_contents

        assert row.blob is not None
        git, before = self._workspace.git, self._base_blob(save)
        base = git.blob(before) if before else None
        return merge_contents(self._workspace, base, git.blob(save.blob), git.blob(row.blob), answers=answers)

    def rebase(self, slug: str, answers: Answers | None = None) -> Draft:
        """Merge what was committed since into one's draft, step by step; then it is based on the newest version.

        That is one more save; those before it stay. A draft that nothing has happened to stays as it is.

        Args:
            slug: the workflow.
            answers: what was chosen for conflicts: by path the key of a choice, such as `ours` (the draft) or `theirs`.

        Raises:
            NotFoundError: if there is no draft.
            StateError: if the workflow was deleted.
            InvalidNameError: if an answer is to no conflict, or is none of its choices.
            ConflictError: if the two do not go together; `conflicts` says where, and what may be chosen there.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        newest = get_newest(workspace, slug, None)
        found = workspace.find(slug)
        row = found.rows[0] if found.rows else None
        if row is None or row.blob is None:
            return self._unrebased(slug, newest, row)
        if newest.base == row.commit:
            return draft_of(slug, own_id(workspace), newest)
        content = self._rebased(slug, newest, row, answers or {})
        self._refuse_secrets(slug, content)
        note = f"rebased onto version {row.number}"
        return append(workspace, slug, newest, workspace.git.write_blob(content), Start.at(row), note)

    def _unrebased(self, slug: str, newest: Save, row: VersionRow | None) -> Draft:
        if newest.base is None:
            return draft_of(slug, own_id(self._workspace), newest)
        raise StateError(
            f"'{slug}' was deleted" + (f" in version {row.number}" if row else ""),
            hint=f"`wflgit draft discard {slug}`, or bring the workflow back first: `wflgit rollback {slug} --to NUMBER`",
        )

    def _rebased(self, slug: str, newest: Save, row: VersionRow, answers: Answers) -> bytes:
        git = self._workspace.git
        if self._is_at(newest, row):
            return git.blob(newest.blob)
        merged = self._merged(newest, row, answers)
        if answers:
            require_known(answers, [*self._merged(newest, row, {}).conflicts, *merged.conflicts])
        if merged.content is not None:
            return merged.content
        count = "one place" if len(merged.conflicts) == 1 else f"{len(merged.conflicts)} places"
        raise ConflictError(
            f"your draft of '{slug}' and version {row.number} by {row.author_name} ('{row.summary}') do not go together in {count}",
            expected=newest.base_version,
            actual=row.number,
            conflicts=merged.conflicts,
            hint=_how_to_choose(slug, merged.conflicts),
        )

    # Ending

    def restore(self, slug: str, *, save: int) -> Draft:
        """Make an earlier save the newest one, with what it is based on. Nothing is lost: it is one save more.

        Raises:
            NotFoundError: if there is no draft or no such save.
            ConflictError: if one's draft was saved elsewhere at the same time.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        newest, wanted = get_newest(workspace, slug, None), self._save(slug, None, save)
        if (wanted.blob, wanted.base) == (newest.blob, newest.base):
            return draft_of(slug, own_id(workspace), newest)
        return append(workspace, slug, newest, wanted.blob, Start.of(wanted), f"save {save} again")

    def bring_back(self, slug: str) -> Draft:
        """Take one's newest draft of a workflow out of the archive, with all of its saves.

        Raises:
            NotFoundError: if there is none in the archive.
            StateError: if there is a draft already.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        user = own_id(workspace)
        found = next(((ref, draft) for ref, draft in list_archived(workspace, slug) if draft.user == user), None)
        if found is None:
            raise NotFoundError(f"no draft of '{slug}' by you is in the archive", hint="`wflgit draft ls --archived` lists them")
        if find_newest(workspace, slug, user) is not None:
            raise StateError(f"you have a draft of '{slug}' already", hint=f"`wflgit draft discard {slug}` first, or commit it")
        ref, draft = found
        with workspace.git.lock():
            refs.create_ref(workspace.git, draft_ref(slug, user), draft.commit)
            refs.delete_ref(workspace.git, ref, expected=draft.commit)
        return self.get(slug)

    def discard(self, slug: str, *, user: str | None = None) -> Draft:
        """Throw one's draft away. It stays in the archive for as long as the policy says, see `bring_back`.

        Args:
            slug: the workflow.
            user: whose draft; another's is refused.

        Returns:
            What was thrown away.

        Raises:
            NotFoundError: if there is none.
            PermissionDenied: if it is another's.
            ConflictError: if it was saved elsewhere at the same time.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        require_own(workspace, slug, user)
        draft = self.get(slug)
        drafting.archive(workspace, draft, workspace.clock())
        return draft

    def commit(self, slug: str, *, message: str | None = None, merge: bool = False) -> Version:
        """Make a version of one's draft, and let go of it. Another's draft is never taken.

        Args:
            slug: the workflow; a new one if the draft was of a new one.
            message: the commit's subject; None lets it say what differs.
            merge: where the workflow has changed meanwhile, merge the two step by step, if they go together.

        Raises:
            NotFoundError: if there is no draft; says who has one.
            DefinitionError: if the draft has errors.
            ConflictError: if somebody changed the workflow since the draft was begun; with `merge` only where the two do not go
                together. The draft stays.
            StateError, LimitError, DirtyFileError: as `repo.versions.create`, and `repo.workflows.create` for a new workflow.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        newest = get_newest(workspace, slug, None)
        version = self._committed(slug, newest, message, merge=merge)
        try:
            refs.delete_ref(workspace.git, draft_ref(slug, own_id(workspace)), expected=newest.commit)
        except ConflictError:
            # Saved elsewhere since: the version holds what the draft was, and the draft goes on.
            return version
        return version

    def _committed(self, slug: str, newest: Save, message: str | None, *, merge: bool) -> Version:
        from wflgit.api.versions import Versions
        from wflgit.api.workflows import Workflows

        workspace, content = self._workspace, self._workspace.git.blob(newest.blob)
        found = workspace.find(slug)
        if found.rows and found.rows[0].blob == newest.blob:
            return record_of(workspace, slug, found.rows[0].commit)
        if newest.base is None and not found.files:
            return Workflows(workspace).create(slug, content, message=message)
        if newest.base is None and not merge:
            row = found.rows[0]
            raise ConflictError(
                f"your draft of '{slug}' is of a new workflow, but {row.author_name} made one of that name "
                f"at {row.created_at:%Y-%m-%d %H:%M} UTC",
                expected=0,
                actual=row.number,
                hint=f"merge the two: `wflgit draft rebase {slug}`, or rename yours",
            )
        if newest.base is None:
            self.rebase(slug)
            return self._committed(slug, get_newest(workspace, slug, None), message, merge=merge)
        base = next((row.number for row in found.rows if row.commit == newest.base), newest.base)
        try:
            return Versions(workspace).create(slug, content, base=base, merge=merge, message=message)
        except ConflictError as error:
            if error.conflicts:
                error.hint = _how_to_choose(slug, error.conflicts)
            raise

    def settle(self, slug: str) -> bool:
        """Let go of one's draft if the newest version holds its content, as after a commit that was not made from the draft.

        Returns:
            Whether there was one.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        newest, tip = find_newest(workspace, slug, own_id(workspace)), workspace.trunk_tip()
        if newest is None or tip is None or workspace.git.blob_at(tip, newest.path) != newest.blob:
            return False
        refs.delete_ref(workspace.git, draft_ref(slug, own_id(workspace)), expected=newest.commit)
        return True

    def clean_up(self, *, dry_run: bool = False) -> CleanUp:
        """Throw away what nobody has touched for as long as the policy says; see `clean_up`."""
        return clean_up(self._workspace, dry_run=dry_run)


def _how_to_choose(slug: str, conflicts: Sequence[MergeConflict]) -> str:
    answer = quote(f"{conflicts[0].path}={next((choice.key for choice in conflicts[0].choices), OURS)}")
    return f"choose in each place: `wflgit draft rebase {slug} --take {answer}` (or another of its choices)"


def _since(found: Standing, save: Save) -> tuple[int, ...]:
    """The versions after the one that a save is based on, the newest first."""
    base = next((row.number for row in found.rows if row.commit == save.base), save.base_version or 0)
    return tuple(row.number for row in found.rows if row.number > base)


def clean_up(workspace: Workspace, *, dry_run: bool = False) -> CleanUp:
    """Archive the drafts that nobody has saved for `keep_drafts`, and remove those that are in the archive for as long.

    Args:
        workspace: where.
        dry_run: only say what would go.

    Returns:
        What went. A draft that is saved while this goes on stays.

    Raises:
        PermissionDenied: if the actor may not administer workflows.
    """
    workspace.require(Permission.ADMIN, "drafts")
    now, keep = workspace.clock(), workspace.settings.policy.keep_drafts
    idle = [draft for draft in list_drafts(workspace) if is_due(draft.saved_at, now, keep)]
    expired = [(ref, old) for ref, old in list_archived(workspace) if old.archived_at and is_due(old.archived_at, now, keep)]
    if dry_run:
        return CleanUp(tuple(idle), tuple(old for _, old in expired))
    archived = [draft for draft in idle if _archive(workspace, draft)]
    for ref, old in expired:
        refs.delete_ref(workspace.git, ref, expected=old.commit)
    return CleanUp(tuple(archived), tuple(old for _, old in expired))


def _archive(workspace: Workspace, draft: Draft) -> bool:
    try:
        drafting.archive(workspace, draft, workspace.clock())
    except ConflictError:
        return False
    return True
