"""The rows that the side store keeps of Git, held against those that reading all of Git anew gives."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wflgit.store import versions
from wflgit.store.engine import Store, open_store
from wflgit.store.versions import VersionRow
from wflgit.sync import Sync
from wflgit.workspace import Workspace

Files = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a store says of an account: versions by workflow and number, files (workflow, blob) by path."""

    versions: Mapping[tuple[str, int], VersionRow]
    files: Files


@dataclass(frozen=True, slots=True)
class Drift:
    """A workflow of which the side store says something else than Git.

    Attributes:
        workflow: the slug.
        numbers: of the versions whose rows differ, are missing or too many; empty where only its file is wrong.
    """

    workflow: str
    numbers: tuple[int, ...]


def find_drift(workspace: Workspace) -> list[Drift]:
    """Read all of Git into an empty store, and compare. By slug; empty if the rows are what they should be.

    A difference counts only if it is still there under the lock, where nobody writes in between.
    """
    workspace.sync()
    if not _compare(_read(workspace, workspace.store), _read_anew(workspace)):
        return []
    with workspace.git.lock():
        workspace.sync()
        return _compare(_read(workspace, workspace.store), _read_anew(workspace))


def rebuild(workspace: Workspace) -> None:
    """Drop the rows and read all of Git anew. Executions, migrations and the audit trail are not touched."""
    with workspace.git.lock():
        with workspace.store.write() as conn:
            versions.lock_state(conn, workspace.account)
            versions.clear(conn, workspace.account)
        Sync(workspace.git, workspace.store, workspace.clock)(workspace.settings)


def _read_anew(workspace: Workspace) -> _Rows:
    with tempfile.TemporaryDirectory(prefix="wflgit-") as folder:
        store = open_store(None, Path(folder, "store.db"), account=workspace.account)
        try:
            Sync(workspace.git, store, workspace.clock)(workspace.settings)
            return _read(workspace, store)
        finally:
            store.close()


def _read(workspace: Workspace, store: Store) -> _Rows:
    account = workspace.account
    with store.read() as conn:
        slugs = {
            *versions.last_versions(conn, account),
            *(row.workflow for row in versions.published(conn, account, archived=True)),
        }
        rows = {(slug, row.number): row for slug in slugs for row in versions.list_versions(conn, account, slug)}
        files = {file.path: (file.workflow, file.blob) for file in versions.list_files(conn, account)}
    return _Rows(rows, files)


def _compare(found: _Rows, wanted: _Rows) -> list[Drift]:
    differing: dict[str, list[int]] = {}
    for slug, number in sorted(found.versions.keys() | wanted.versions.keys()):
        if found.versions.get((slug, number)) != wanted.versions.get((slug, number)):
            differing.setdefault(slug, []).append(number)
    for path in sorted(found.files.keys() | wanted.files.keys()):
        old, new = found.files.get(path), wanted.files.get(path)
        if old != new:
            for slug, _ in filter(None, (old, new)):
                differing.setdefault(slug, [])
    return [Drift(slug, tuple(numbers)) for slug, numbers in sorted(differing.items())]
