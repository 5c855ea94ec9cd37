"""What every operation that writes a definition does: take it in, check it, commit it as the next version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wflgit.core.messages import ACTION, compose
from wflgit.core.problems import Severity
from wflgit.errors import DefinitionError, LimitError, StateError
from wflgit.standing import Standing
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


def require_valid(workspace: Workspace, found: Standing, path: str, content: bytes) -> None:
    """Check a definition, and that its name is free. Warnings do not matter here.

    Raises:
        DefinitionError: with all problems, if one of them is an error.
    """
    problems = workspace.contents.problems(content, workspace.catalog())
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        count = "one error" if len(errors) == 1 else f"{len(errors)} errors"
        raise DefinitionError(
            f"the definition of '{found.slug}' has {count}", problems=problems, path=path, hint="mend the file and try again"
        )
    _require_free_name(workspace, found, content)


def _require_free_name(workspace: Workspace, found: Standing, content: bytes) -> None:
    name = workspace.contents.graph(content).name
    if not name or any(name == workspace.contents.name(file.blob) for file in found.files):
        return
    with workspace.store.read() as conn:
        unnamed = versions.unnamed_files(conn, workspace.account)
    if unnamed:
        names = {file.path: (file.blob, workspace.contents.name(file.blob)) for file in unnamed}
        with workspace.store.write() as conn:
            versions.set_names(conn, workspace.account, names)
    with workspace.store.read() as conn:
        others = [file for file in versions.find_by_name(conn, workspace.account, name) if file.workflow != found.slug]
    if others:
        raise StateError(
            f"the name '{name}' belongs to workflow '{others[0].workflow}' already",
            hint="names are unique in the account, whatever their case: choose another",
        )


def require_room(workspace: Workspace, found: Standing) -> None:
    """Check that the policy allows one more version; archived ones do not count.

    Raises:
        LimitError: if the workflow has as many versions as it may.
    """
    limit, count = workspace.settings.policy.max_versions, sum(not row.archived for row in found.rows)
    if count >= limit:
        raise LimitError(
            f"workflow '{found.slug}' has {count} versions, and the policy allows {limit}",
            hint="archive old versions, or raise max_versions under [policy] in wflgit.toml",
        )


def require_unarchived(row: VersionRow, done: str) -> None:
    """Check that a version is not archived.

    Raises:
        StateError: if it is.
    """
    if row.archived:
        raise StateError(
            f"version {row.number} of '{row.workflow}' is archived and cannot be {done}",
            hint=f"take it out of the archive: `wflgit unarchive {row.workflow} {row.number}`",
        )


def commit_version(
    workspace: Workspace,
    path: str,
    *,
    expected: str | None,
    content: bytes | None,
    message: str,
    action: str = "edit",
    edited: bytes | None = None,
) -> str:
    """Commit one workflow's file to the trunk.

    Args:
        workspace: where.
        path: the file.
        expected: the blob it has on the trunk, None if there is none.
        content: the new content, None to delete the file.
        message: the commit's subject, with more lines below it if there is more to say.
        action: what the operation is, kept in a trailer.
        edited: what somebody had made of the file before it was merged; where the working tree has that, it gets the content.

    Returns:
        The commit.

    Raises:
        ConflictError: if the file has another blob by now.
        DirtyFileError: if the user's working tree has other uncommitted changes in that file.
    """
    from wflgit.git.commits import FileEdit, commit_files
    from wflgit.git.signing import Kind, find_signer

    edit = FileEdit(expected, content, None if edited is None else workspace.git.hash_blob(edited))
    return commit_files(
        workspace.git,
        workspace.settings.trunk,
        {path: edit},
        message=compose(message, (), {ACTION: action}),
        author=workspace.identity,
        at=workspace.clock(),
        sign=find_signer(workspace.git, wanted=None, kind=Kind.COMMIT, who=workspace.identity),
    )


def change_message(workspace: Workspace, before: VersionRow, content: bytes) -> str:
    """A commit message for an author who gave none: what differs, the first of it in the subject."""
    from wflgit.core.diff import compare
    from wflgit.core.words import describe

    try:
        old = workspace.definition(before).graph
    except DefinitionError:
        return f"Mend {before.workflow}"
    words = describe(compare(old, workspace.contents.graph(content)))
    subject = f"Change {before.workflow}: {words[0]}"
    return subject if len(words) == 1 else compose(subject, words, {}).rstrip()
