"""Saving drafts of workflow files as they change in the working tree; it takes `wflgit[watch]`."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from wflgit.errors import StateError, WflgitError
from wflgit.git import worktree

if TYPE_CHECKING:
    from wflgit.api.drafts import Drafts
    from wflgit.core.drafts import Draft
    from wflgit.workspace import Workspace

Change = TypeVar("Change")

_PAUSE_MS = 200
"""Changes that follow each other faster are one: editors write a file in several goes."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What came of a file that had changed.

    Attributes:
        path: the file.
        workflow: its slug.
        draft: what was saved; None if that failed, or the file now holds what is committed.
        error: why it could not be saved; None if it could.
    """

    path: str
    workflow: str
    draft: Draft | None
    error: WflgitError | None = None


def watch(
    workspace: Workspace, drafts: Drafts, *, interval_s: float = 1.0, stop: threading.Event | None = None
) -> Iterator[Watched]:
    """Save each workflow file of the working tree as a draft when it changes, and first those that are not committed yet.

    A file that could not be saved is told, and watching goes on. It ends when `stop` is set, or on Ctrl-C.

    Args:
        workspace: where.
        drafts: what saves.
        interval_s: how often it is looked for changes at most, in seconds.
        stop: set by another thread to end it.

    Raises:
        StateError: in a bare repository, or where the package that watches files is not installed.
    """
    workdir = workspace.git.workdir
    if workdir is None:
        raise StateError("a bare repository has no files to watch", hint="use a clone that is not bare, or `repo.drafts.autosave`")
    changes = _changes(workdir, interval_s, stop or threading.Event())
    yield from _saved(workspace, drafts, worktree.uncommitted_files(workspace.git))
    for paths in changes:
        yield from _saved(workspace, drafts, paths)


def _changes(workdir: Path, interval_s: float, stop: threading.Event) -> Iterator[list[str]]:
    """The paths that changed, one list after the other."""
    try:
        import watchfiles
    except ImportError as error:
        raise StateError("watching files takes the package watchfiles", hint="pip install 'wflgit[watch]'") from error
    top = workdir.resolve()
    found = watchfiles.watch(
        top,
        watch_filter=lambda _, path: not path.startswith(f"{top}/.git/"),
        debounce=max(int(interval_s * 1000), _PAUSE_MS),
        step=_PAUSE_MS,
        stop_event=stop,
    )
    return (sorted({Path(path).relative_to(top).as_posix() for _, path in changes}) for changes in _until_interrupted(found))


def _until_interrupted(found: Iterator[Change]) -> Iterator[Change]:
    """All of them until Ctrl-C; watchfiles itself would log that it was pressed."""
    with suppress(KeyboardInterrupt):
        yield from found


def _saved(workspace: Workspace, drafts: Drafts, paths: Iterable[str]) -> Iterator[Watched]:
    for path in paths:
        slug = workspace.settings.paths.slug(path)
        content = worktree.read_file(workspace.git, path) if slug is not None else None
        if slug is None or content is None:
            continue
        try:
            draft = _save(workspace, drafts, slug, path, content)
        except WflgitError as error:
            yield Watched(path, slug, None, error)
        else:
            if draft is not None:
                yield Watched(path, slug, draft)


def _save(workspace: Workspace, drafts: Drafts, slug: str, path: str, content: bytes) -> Draft | None:
    """Save a file; None if there is nothing in it that is not committed, or not saved already."""
    head = workspace.git.find_commit("HEAD")
    committed = workspace.git.blob_at(head, path) if head else None
    if workspace.git.hash_blob(content) == committed:
        drafts.settle(slug)
        return None
    before = drafts.find(slug)
    saved = drafts.save(slug, content, base=None if before else _begun_on(workspace, slug, committed))
    return None if before is not None and before.commit == saved.commit else saved


def _begun_on(workspace: Workspace, slug: str, committed: str | None) -> str | None:
    """The version that is checked out, which may not be the newest one."""
    rows = workspace.find(slug).rows if committed else []
    return committed if any(row.blob == committed for row in rows) else None
