"""Workflows: create, find, list, rename, delete, validate."""

from __future__ import annotations

from wflgit.api.bases import Base, require_base
from wflgit.api.editing import DefinitionInput, commit_version, require_room, require_valid, to_bytes
from wflgit.api.listing import record_of
from wflgit.core.messages import ACTION, compose
from wflgit.core.names import TAG_PREFIX, parse_revision, parse_slug
from wflgit.core.permissions import Permission
from wflgit.core.problems import Problem
from wflgit.core.records import Definition, Version, Workflow
from wflgit.errors import NotFoundError, StateError
from wflgit.git import refs
from wflgit.git.commits import FileEdit, commit_files
from wflgit.store import executions, versions
from wflgit.store.versions import FileRow, VersionRow
from wflgit.workspace import Workspace


class Workflows:
    """The workflows of the account, `repo.workflows`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def create(self, slug: str, definition: DefinitionInput, *, message: str | None = None) -> Version:
        """Commit a new workflow to the trunk as its first version, a draft.

        A slug whose workflow was deleted may be used again; its numbers go on where they stopped.

        Raises:
            PermissionDenied: without `workflows:create`.
            InvalidNameError: if the slug breaks its rule.
            StateError: if the workflow exists, a tag stands in the way of its tags, or the display name is taken.
            DefinitionError: if the definition has errors.
        """
        workspace = self._workspace
        workspace.require(Permission.CREATE, slug)
        parse_slug(slug, workspace.settings.channels)
        content = to_bytes(definition)
        found = workspace.find(slug)
        if found.files:
            raise StateError(f"workflow '{slug}' exists already", hint=f"change it with `wflgit commit {slug}`")
        path = self._new_path(slug)
        require_valid(workspace, found, path, content)
        require_room(workspace, found)
        subject = message or f"Create {slug}"
        commit = commit_version(workspace, path, expected=None, content=content, message=subject, action="create")
        return record_of(workspace, slug, commit)

    def _new_path(self, slug: str) -> str:
        """Where a new workflow's file goes, once it is clear that neither files nor tags are in its way."""
        workspace = self._workspace
        parts = slug.split("/")
        for depth in range(1, len(parts) + 1):
            name = "/".join(parts[:depth])
            if refs.read_ref(workspace.git, f"{TAG_PREFIX}{name}") is not None:
                raise StateError(
                    f"'{slug}' cannot be a slug here: there is a tag '{name}', so that '{slug}/v1' could not be made",
                    hint=f"choose another slug, or rename that tag: `git tag NEW {name} && git tag -d {name}`",
                )
        try:
            return workspace.settings.paths.path(slug)
        except ValueError:
            globs = ", ".join(workspace.settings.paths.include)
            raise NotFoundError(
                f"no workflow path of wflgit.toml can hold a new file for '{slug}' ({globs})",
                hint="add a glob like 'workflows/**/*.json' to [workflows] paths",
            ) from None

    def get(self, revision: str) -> Definition:
        """The parsed content of a revision: `welcome`, `welcome@7`, `welcome@current`, `welcome@<channel>`, `welcome@<commit>`.

        Raises:
            InvalidNameError: if it is no revision.
            NotFoundError: if there is no such workflow, version, channel or commit.
            DefinitionError: if the content is no workflow that can be parsed.
        """
        return self._workspace.resolve(parse_revision(revision))

    def read(self, revision: str) -> bytes:
        """The bytes of a revision, exactly as its file has them, whether they can be parsed or not.

        Raises:
            InvalidNameError: if it is no revision.
            NotFoundError: if there is no such workflow, version, channel or commit.
        """
        return self._workspace.content(self._workspace.locate(parse_revision(revision)))

    def list(self) -> list[Workflow]:
        """All workflows whose file stands on the trunk, by slug, with what is published and how many executions are live."""
        workspace = self._workspace
        workspace.sync()
        with workspace.store.read() as conn:
            files = versions.list_files(conn, workspace.account, None)
            newest = versions.last_versions(conn, workspace.account, None)
            current = {row.workflow: row.number for row in sorted(versions.published(conn, workspace.account, None), key=_number)}
            live: dict[str, int] = {}
            for (slug, _), count in executions.live_by_version(conn, workspace.account, None).items():
                live[slug] = live.get(slug, 0) + count
        return [
            Workflow(
                slug=file.workflow,
                name=workspace.contents.name(file.blob) or None,
                path=file.path,
                newest=newest[file.workflow].number if file.workflow in newest else 0,
                current=current.get(file.workflow),
                executions=live.get(file.workflow, 0),
            )
            for file in sorted(files, key=lambda file: (file.workflow, file.path))
        ]

    def rename(self, slug: str, new_slug: str, *, base: Base | None = None, message: str | None = None) -> Version:
        """Move a workflow's file to another slug in one commit.

        A slug is a name for ever: the new one starts with version 1, the old one ends with a version that deletes it and keeps
        its history and tags.

        Args:
            slug: what it is called now.
            new_slug: what it will be called.
            base: the newest version that the caller knows of: a number, commit or blob; None to take whatever is newest.
            message: the commit's subject; None for one that says what is done.

        Returns:
            The first version under the new slug.

        Raises:
            PermissionDenied: without `workflows:edit` for the old slug, and `workflows:create` for the new one.
            NotFoundError: if there is no such workflow.
            StateError: if the new slug is taken, or executions of the old one are live.
            ConflictError: if somebody changed the workflow since `base`.
        """
        workspace = self._workspace
        workspace.require(Permission.EDIT, slug)
        workspace.require(Permission.CREATE, new_slug)
        parse_slug(new_slug, workspace.settings.channels)
        file = self._require_idle(slug, base)
        if workspace.find(new_slug).files:
            raise StateError(f"workflow '{new_slug}' exists already", hint="choose another slug")
        new_path = self._new_path(new_slug)
        commit = commit_files(
            workspace.git,
            workspace.settings.trunk,
            {file.path: FileEdit(file.blob, None), new_path: FileEdit(None, workspace.git.blob(file.blob))},
            message=compose(message or f"Rename {slug} to {new_slug}", (), {ACTION: "rename"}),
            author=workspace.identity,
            at=workspace.clock(),
        )
        return record_of(workspace, new_slug, commit)

    def delete(self, slug: str, *, base: Base | None = None, message: str | None = None) -> Version:
        """Delete a workflow's file in one commit; its history and tags stay.

        Args:
            slug: the workflow.
            base: the newest version that the caller knows of: a number, commit or blob; None to take whatever is newest.
            message: the commit's subject; None for one that says what is done.

        Returns:
            The version that records the deletion.

        Raises:
            PermissionDenied: without `workflows:edit`.
            NotFoundError: if there is no such workflow.
            StateError: if executions of it are live.
            ConflictError: if somebody changed the workflow since `base`.
        """
        self._workspace.require(Permission.EDIT, slug)
        file = self._require_idle(slug, base)
        subject = message or f"Delete {slug}"
        commit = commit_version(self._workspace, file.path, expected=file.blob, content=None, message=subject, action="delete")
        return record_of(self._workspace, slug, commit)

    def _require_idle(self, slug: str, base: Base | None) -> FileRow:
        workspace = self._workspace
        found = workspace.get(slug)
        file = found.require_file()
        require_base(workspace, found, base)
        with workspace.store.read() as conn:
            live = sum(executions.live_by_version(conn, workspace.account, slug).values())
        if live:
            raise StateError(
                f"{live} {'execution is' if live == 1 else 'executions are'} still live in '{slug}'",
                hint=f"see them with `wflgit exec ls {slug}`; let them finish, or cancel them",
            )
        return file

    def validate(self, revision: str) -> tuple[Problem, ...]:
        """Check a revision; for content of the working tree, by the account's own types as they are in the working tree.

        Returns:
            Errors and warnings by line and column; empty if there is nothing to say.

        Raises:
            NotFoundError: if there is no such revision.
        """
        workspace = self._workspace
        parsed = parse_revision(revision)
        content = workspace.content(workspace.locate(parsed))
        catalog = workspace.working_catalog() if parsed.selector is None else workspace.catalog()
        return workspace.contents.problems(content, catalog)


def _number(row: VersionRow) -> int:
    return row.number
