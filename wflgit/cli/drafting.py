"""Drafts and the files of the working tree: putting a draft into its file, and letting the file follow a rebase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wflgit.cli.output import write_file
from wflgit.cli.workingtree import replace
from wflgit.errors import DefinitionError, DirtyFileError
from wflgit.git import worktree

if TYPE_CHECKING:
    from wflgit.api.drafts import Drafts
    from wflgit.api.repository import Repository
    from wflgit.core.drafts import Draft
    from wflgit.core.merge.conflicts import Answers


def put_back(repo: Repository, drafts: Drafts, slug: str, number: int | None) -> Draft:
    """Put a draft, or one of its saves, into its file; what is there and nowhere else is saved first."""
    number = drafts.get(slug).save if number is None else number
    drafts.content(slug, save=number)  # whether there is such a save, before anything is written
    content = worktree.read_file(repo.workspace.git, drafts.get(slug).path)
    if content is not None and not _is_kept(repo, drafts, slug, content):
        _save_first(drafts, slug, content)
    restored = drafts.restore(slug, save=number)
    _write(repo, drafts, restored)
    return restored


def _save_first(drafts: Drafts, slug: str, content: bytes) -> None:
    try:
        drafts.save(slug, content)
    except DefinitionError as error:
        error.hint = f"what is in the file cannot be saved: move it away, then `wflgit draft restore {slug}` again"
        raise


def _is_kept(repo: Repository, drafts: Drafts, slug: str, content: bytes) -> bool:
    """Whether a content is in a save or in a version."""
    blob = repo.workspace.git.hash_blob(content)
    versions = repo.workspace.find(slug).rows
    return any(save.blob == blob for save in drafts.history(slug)) or any(row.blob == blob for row in versions)


def rebase_with_file(repo: Repository, drafts: Drafts, slug: str, answers: Answers) -> Draft:
    """Rebase a draft, and let its file follow where it holds the draft.

    Raises:
        DirtyFileError: if it holds what is neither in the draft nor in a version: a later save would take back what others did.
    """
    before = drafts.get(slug)
    content = worktree.read_file(repo.workspace.git, before.path)
    if content is not None and not _is_kept(repo, drafts, slug, content):
        raise DirtyFileError(
            f"'{before.path}' has changes that are not in your draft", hint=f"save them: `wflgit draft save {slug}`"
        )
    rebased = drafts.rebase(slug, answers)
    if content is not None and repo.workspace.git.hash_blob(content) == before.blob:
        _write(repo, drafts, rebased)
    return rebased


def _write(repo: Repository, drafts: Drafts, draft: Draft) -> None:
    workdir = repo.workspace.git.workdir
    if workdir is None:
        return
    file, content = workdir / draft.path, drafts.content(draft.workflow)
    if file.is_file():
        replace(file, content)
    else:
        write_file(file, content)
