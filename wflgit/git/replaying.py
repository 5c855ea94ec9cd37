"""Making commits anew on top of others, and moving the trunk there with the working tree that has it checked out.

Commits are made in the object database; nothing else changes until all of them are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import FileMode

from wflgit.core.records import Identity
from wflgit.errors import ConflictError, DirtyFileError, LockedError, RepositoryError
from wflgit.git.boundary import translated
from wflgit.git.commits import store_commit
from wflgit.git.reffiles import read_loose
from wflgit.git.refs import ReflogNote, move_ref
from wflgit.git.repository import HEADS, REGULAR, GitRepository, signature, text_path
from wflgit.git.usergit import Answer, ask_git
from wflgit.git.worktree import complete_pending, find_checkout

if TYPE_CHECKING:
    from wflgit.git.signing import Signer

MergeFile = Callable[[str, bytes | None, bytes, bytes], bytes | None]
"""Merges a file of this path from what was, what is below now, and what the commit says; None leaves it to Git."""


@dataclass(frozen=True, slots=True)
class Footing:
    """What replayed commits get.

    Attributes:
        onto: the commit they go on top of.
        name: what git calls it, such as `origin/main`.
        committer: who replays them; their authors stay.
        at: when.
        sign: makes their signatures; None for commits without.
    """

    onto: str
    name: str
    committer: Identity
    at: datetime
    sign: Signer | None = None


def own_commits(repo: GitRepository, ours: str, theirs: str) -> list[str]:
    """The commits on our first-parent line that theirs does not hold, oldest first.

    Raises:
        RepositoryError: git cannot tell.
    """
    answer = ask_git([f"--git-dir={repo.own_dir}", "rev-list", "--first-parent", "--reverse", ours, f"^{theirs}"])
    if answer.code:
        raise RepositoryError(
            f"git cannot list the commits since '{theirs[:10]}': {answer.err.strip()}", hint="git fsck tells more"
        )
    return answer.out.split()


def replay(repo: GitRepository, commits: Sequence[str], footing: Footing, merge_file: MergeFile) -> dict[str, str | None]:
    """Make commits anew on top of another one, each with its message, author and further parents.

    Returns:
        The new commit of each, in their order; None for one of which nothing is left, because it is all there already.

    Raises:
        ConflictError: files that do not go together; nothing is changed.
    """
    made: dict[str, str | None] = {}
    onto = footing.onto
    for commit in commits:
        found = _replay(repo, commit, onto, footing, merge_file)
        made[commit] = found
        onto = found or onto
    return made


def _replay(repo: GitRepository, commit: str, onto: str, footing: Footing, merge_file: MergeFile) -> str | None:
    old, base = repo.raw_commit(commit), repo.raw_commit(onto)
    tree = _merge_trees(repo, old, base, footing, merge_file)
    was_empty = bool(old.parent_ids) and repo.raw_commit(old.parent_ids[0]).tree_id == old.tree_id
    if tree == base.tree_id and not was_empty:
        return None
    # A side line that is in what lies below already is none any more.
    parents = [base.id, *(parent for parent in old.parent_ids[1:] if not _holds(repo, base.id, parent))]
    people = old.author, signature(footing.committer, footing.at)
    return store_commit(repo, people, old.message, tree, parents, footing.sign)


def _holds(repo: GitRepository, commit: pygit2.Oid, other: pygit2.Oid) -> bool:
    with translated("compare histories"):
        return commit == other or bool(repo.raw.descendant_of(commit, other))


def _merge_trees(
    repo: GitRepository, old: pygit2.Commit, base: pygit2.Commit, footing: Footing, merge_file: MergeFile
) -> pygit2.Oid:
    with translated(f"merge the files of '{old.id}'"):
        empty = repo.raw.TreeBuilder().write()
    trees = [repo.raw_commit(old.parent_ids[0]).tree_id if old.parent_ids else empty, base.tree_id, old.tree_id]
    before, ours, theirs = (repo.raw_tree(tree) for tree in trees)
    with translated(f"merge the files of '{old.id}'"):
        index = repo.raw.merge_trees(before, ours, theirs)
    _merge_both_changed(repo, index, (before, ours, theirs), merge_file)
    _require_settled(repo, index, old, footing)
    with translated("store the merged folders"):
        return index.write_tree(repo.raw)


def _merge_both_changed(
    repo: GitRepository, index: pygit2.Index, trees: tuple[pygit2.Tree, pygit2.Tree, pygit2.Tree], merge_file: MergeFile
) -> None:
    """Merge the files anew that both sides changed: what Git calls clean need not be a workflow any more, nor a conflict be one."""
    before, ours, theirs = trees
    theirs_changed = {path for delta in before.diff_to_tree(theirs).deltas if (path := text_path(delta.new_file.raw_path))}
    for delta in before.diff_to_tree(ours).deltas:
        path = text_path(delta.new_file.raw_path)
        if path is None or path not in theirs_changed:
            continue
        sides = [_blob(tree, path) for tree in trees]
        if sides[1] is None or sides[2] is None or sides[1] == sides[2]:
            continue
        merged = merge_file(path, repo.blob(sides[0]) if sides[0] else None, repo.blob(sides[1]), repo.blob(sides[2]))
        if merged is not None:
            if index.conflicts is not None:
                with suppress(KeyError):
                    del index.conflicts[path]
            index.add(pygit2.IndexEntry(path, pygit2.Oid(hex=repo.write_blob(merged)), FileMode(ours[path].filemode)))


def _blob(tree: pygit2.Tree, path: str) -> str | None:
    try:
        entry = tree[path]
    except KeyError:
        return None
    return str(entry.id) if entry.filemode in REGULAR else None


def _require_settled(repo: GitRepository, index: pygit2.Index, commit: pygit2.Commit, footing: Footing) -> None:
    paths = sorted({entry.path for conflict in index.conflicts or () for entry in conflict if entry is not None})
    if paths:
        summary = repo.commit(str(commit.id)).summary
        raise ConflictError(
            f"commit {str(commit.id)[:10]} '{summary}' and '{footing.name}' change the same in "
            f"{', '.join(repr(path) for path in paths[:3])}{' and others' if len(paths) > 3 else ''}",
            hint=f"nothing is changed yet; decide it: git rebase {footing.name}",
        )


# Moving the trunk


def require_clean(repo: GitRepository, branch: str) -> None:
    """See that a working tree that has the branch checked out has no changes that are not committed; untracked files do not count.

    Raises:
        DirtyFileError: it has.
    """
    checkout = find_checkout(repo, branch)
    if checkout is None:
        return
    answer = ask_git(["status", "--porcelain", "--untracked-files=no"], folder=checkout.workdir)
    if answer.code or answer.out.strip():
        first = answer.out.partition("\n")[0][3:]
        raise DirtyFileError(
            f"there are uncommitted changes, in '{first}' for one", hint="commit them, or put them aside: git stash push"
        )


def forward_branch(repo: GitRepository, branch: str, new: str, *, expected: str | None) -> None:
    """Move a branch to a commit that goes on from where it is; index and working tree follow where it is checked out.

    Raises:
        ConflictError: the branch has been moved in the meantime.
        DirtyFileError: uncommitted changes would be overwritten; nothing is changed.
    """
    with repo.lock():
        complete_pending(repo)
        checkout = find_checkout(repo, branch)
        if checkout is None:
            move_ref(repo, HEADS + branch, new, expected=expected)
            return
        _require_tip(repo, branch, expected)
        answer = ask_git(["merge", "--ff-only", "--quiet", "--no-stat", "--no-edit", new], folder=checkout.workdir)
    if answer.code:
        raise _not_moved(branch, answer)


def replace_branch(repo: GitRepository, branch: str, new: str, *, expected: str, note: ReflogNote | None = None) -> None:
    """Move a branch to a commit that takes the place of where it is; uncommitted changes stay, or keep it from being moved.

    Raises:
        ConflictError: the branch has been moved in the meantime.
        DirtyFileError: uncommitted changes would be overwritten; nothing is changed.
    """
    with repo.lock():
        complete_pending(repo)
        checkout = find_checkout(repo, branch)
        if checkout is None:
            move_ref(repo, HEADS + branch, new, expected=expected, note=note)
            return
        _require_tip(repo, branch, expected)
        action = {"GIT_REFLOG_ACTION": note.message} if note else {}
        answer = ask_git(["reset", "--keep", "--quiet", new], folder=checkout.workdir, environment=action)
        if answer.code == 0:
            # Git has no compare-and-swap for this, but says what the branch was: plain git may have committed in between.
            left = read_loose(checkout.own_dir, "ORIG_HEAD")
            if left is not None and left != expected:
                ask_git(["reset", "--keep", "--quiet", left], folder=checkout.workdir)
                raise _moved(branch, expected, left)
    if answer.code:
        raise _not_moved(branch, answer)


def _require_tip(repo: GitRepository, branch: str, expected: str | None) -> None:
    now = repo.tip(branch)
    if now != expected:
        raise _moved(branch, expected, now)


def _moved(branch: str, expected: str | None, now: str | None) -> ConflictError:
    return ConflictError(
        f"somebody has changed the branch '{branch}' in the meantime", expected=expected, actual=now, hint="do it once more"
    )


def _not_moved(branch: str, answer: Answer) -> RepositoryError | ConflictError:
    said = " ".join(line.strip() for line in answer.err.splitlines() if line.strip() and not line.startswith("hint:"))
    if "index.lock" in said:
        return LockedError(f"git cannot bring '{branch}' up to date: {said}", hint="wait for git to end, then try again")
    return DirtyFileError(
        f"git cannot bring '{branch}' up to date: {said.removeprefix('error: ')}",
        hint="commit your changes, or put them aside: git stash push",
    )
