"""What every operation that writes a definition does: take it in, check it, commit it as the next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wflgit.core.messages import ACTION, compose
from wflgit.core.records import Problem, Severity
from wflgit.errors import ConflictError, DefinitionError, LimitError, StateError
from wflgit.store import versions
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace

DefinitionInput = bytes | str | Mapping[str, Any]
"""A definition as callers may give it: the file's bytes or text, or a native document (written canonically)."""


def to_bytes(definition: DefinitionInput) -> bytes:
    """The bytes that go into Git; bytes and text are the author's and stay as they are."""
    if isinstance(definition, bytes):
        return definition
    if isinstance(definition, str):
        return definition.encode("utf-8", "surrogatepass")
    from wflgit.core.canonical import dump

    return dump(definition)


def require_valid(workspace: Workspace, slug: str, path: str, content: bytes) -> tuple[Problem, ...]:
    """Check a definition and that its name is free; return the warnings.

    Raises:
        DefinitionError: with all problems, if one of them is an error.
    """
    from wflgit.core.validation import validate

    problems = validate(content, workspace.catalog())
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        count = "one error" if len(errors) == 1 else f"{len(errors)} errors"
        raise DefinitionError(
            f"the definition of '{slug}' has {count}", problems=problems, path=path, hint="mend the file and try again"
        )
    _require_free_name(workspace, slug, content)
    return problems


def _require_free_name(workspace: Workspace, slug: str, content: bytes) -> None:
    name = workspace.contents.graph(content).name
    if not name:
        return
    with workspace.store.read() as conn:
        unnamed = versions.unnamed_files(conn, workspace.account)
    if unnamed:
        names = {file.path: (file.blob, workspace.contents.name(file.blob)) for file in unnamed}
        with workspace.store.write() as conn:
            versions.set_names(conn, workspace.account, names)
    with workspace.store.read() as conn:
        others = [file for file in versions.find_by_name(conn, workspace.account, name) if file.workflow != slug]
    if others:
        raise StateError(
            f"the name '{name}' belongs to workflow '{others[0].workflow}' already",
            hint="names are unique in the account, whatever their case: choose another",
        )


def require_base(rows: list[VersionRow], base: int | str | None) -> None:
    """Check that the newest version still has the content that an edit started from.

    Args:
        rows: the workflow's versions, newest first.
        base: a version number, a commit id or a blob id; None asks for nothing.

    Raises:
        ConflictError: if somebody changed the workflow since; says who, when and in which version.
    """
    newest = rows[0]
    if base is None or base in (newest.number, newest.commit, newest.blob):
        return
    started = next((row for row in rows if base in (row.number, row.commit, row.blob)), None)
    if started is not None and started.blob == newest.blob:
        return
    raise ConflictError(
        f"expected the newest version of '{newest.workflow}' to be {base}, but {newest.author_name} made version {newest.number} "
        f"('{newest.summary}') at {newest.created_at:%Y-%m-%d %H:%M} UTC",
        expected=base,
        actual=newest.number,
        hint=f"look at `wflgit diff {newest.workflow}@{started.number if started else base} {newest.workflow}@{newest.number}`, "
        f"then edit version {newest.number}",
    )


def require_room(workspace: Workspace, rows: list[VersionRow]) -> None:
    """Check that the policy allows one more version.

    Raises:
        LimitError: if the workflow has as many versions as it may.
    """
    limit = workspace.settings.policy.max_versions
    if len(rows) >= limit:
        raise LimitError(
            f"workflow '{rows[0].workflow}' has {len(rows)} versions, and the policy allows {limit}",
            hint="archive old versions, or raise max_versions under [policy] in wflgit.toml",
        )


def commit_version(
    workspace: Workspace, slug: str, path: str, *, expected: str | None, content: bytes | None, message: str, action: str = "edit"
) -> VersionRow:
    """Commit one workflow's file to the trunk and return the version this made.

    Args:
        workspace: where.
        slug: the workflow.
        path: its file.
        expected: the blob the file has on the trunk, None if there is none.
        content: the new content, None to delete the file.
        message: the commit's subject, with more lines below it if there is more to say.
        action: what the operation is, kept in a trailer.

    Raises:
        ConflictError: if the file has another blob by now.
        DirtyFileError: if the user's working tree has other uncommitted changes in that file.
    """
    from wflgit.git.commits import FileEdit, commit_files

    commit = commit_files(
        workspace.git,
        workspace.settings.trunk,
        {path: FileEdit(expected, content)},
        message=compose(message, (), {ACTION: action}),
        author=workspace.identity,
        at=workspace.clock(),
    )
    workspace.sync(slug)
    with workspace.store.read() as conn:
        row = versions.find_by_commit(conn, workspace.account, slug, commit)
    if row is None:
        raise ConflictError(
            f"version '{commit[:10]}' of '{slug}' is committed, but has no number: the trunk was changed at the same time",
            hint="see `wflgit fsck`",
        )
    return row


def change_message(workspace: Workspace, slug: str, before: VersionRow, content: bytes) -> str:
    """A commit message for an author who gave none: what differs, the first of it in the subject."""
    if before.blob is None:
        return f"Create {slug}"
    from wflgit.core.diff import compare
    from wflgit.core.words import describe

    try:
        old = workspace.definition(before).graph
    except DefinitionError:
        return f"Mend {slug}"
    words = describe(compare(old, workspace.contents.graph(content)))
    subject = f"Change {slug}: {words[0]}"
    return subject if len(words) == 1 else compose(subject, words, {}).rstrip()
