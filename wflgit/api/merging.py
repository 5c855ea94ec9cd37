"""Merging by the rules of a repository: its types say what is valid, and Git's own line merge what Git would do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wflgit.core.merge.conflicts import Answers, Merged
    from wflgit.core.resolving import Resolved, Unmerged, Updated
    from wflgit.workspace import Workspace


class Merges:
    """Merging in this repository, `repo.merges`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def merge(self, base: bytes | None, ours: bytes, theirs: bytes, *, answers: Answers | None = None) -> Merged:
        """Merge two edits of one definition step by step; nothing is written.

        Args:
            base: what both started from; None if there was nothing.
            ours: one side; where it does not matter for the meaning, the result is written like this one.
            theirs: the other.
            answers: what was chosen for conflicts: the key of a choice by the path of the conflict, `*` for all that are not named.
        """
        return merge_contents(self._workspace, base, ours, theirs, answers=answers)

    def unmerged(self) -> list[Unmerged]:
        """The workflow files that a merge of Git has left in conflict, with the conflicts, in path order."""
        from wflgit.api.resolving import unmerged

        return unmerged(self._workspace)

    def resolve(self, path: str, answers: Answers | None = None) -> Resolved:
        """Decide the conflicts of a file that Git has left in conflict; with all decided, it is written and staged.

        The sides are those that Git keeps, whatever has been done to the file meanwhile.

        Args:
            path: the file, from the root of the repository.
            answers: as for `merge`.

        Raises:
            PermissionDenied: without `workflows:edit`.
            NotFoundError: if the file is not in conflict, or an answer is for no conflict or no choice of it.
        """
        from wflgit.api.resolving import resolve

        return resolve(self._workspace, path, answers)

    def update_branch(self, base: str | None = None, *, push: bool = False) -> Updated:
        """Merge the trunk, or another base, into the branch that is checked out, workflow files step by step; nothing is fetched.

        Args:
            base: what to merge; None for the trunk, the remote's where there is one.
            push: whether to push the branch then.

        Raises:
            RepositoryError: if Git refuses.
            RemoteError: if the push fails.
        """
        from wflgit.api.updating import update_branch

        return update_branch(self._workspace, base, push=push)


def merge_contents(
    workspace: Workspace, base: bytes | None, ours: bytes, theirs: bytes, *, answers: Answers | None = None
) -> Merged:
    """Merge two edits of one definition.

    Args:
        workspace: where; the account's own types are those of the trunk.
        base: what both started from; None if there was nothing.
        ours: one side; where it does not matter for the meaning, the result is written like this one.
        theirs: the other.
        answers: what was chosen for conflicts.
    """
    from wflgit.core.merge import merge
    from wflgit.git.linemerge import merge_lines

    catalog, contents, git = workspace.catalog(), workspace.contents, workspace.git
    return merge(
        base,
        ours,
        theirs,
        answers=answers or {},
        problems=lambda content: contents.problems(content, catalog),
        lines=merge_lines,
        read=lambda content: contents.parse(git.hash_blob(content), content),
    )
