"""Where the live executions stand: from the side store, from a file, or from an address on the network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from wflgit.core.exposure import Snapshot
from wflgit.errors import StoreError
from wflgit.workspace import Workspace

if TYPE_CHECKING:
    from wflgit.core.records import StepCount

SIDE_STORE = "side store"

_TIMEOUT_S = 30
_LARGEST = 64 * 2**20
"""Bytes of an answer that are read at most; 64 MB hold the steps of a million versions."""


def read_snapshot(
    workspace: Workspace, source: str | None, *, max_age: timedelta | None = None, token: str | None = None
) -> Snapshot:
    """Find out who is on the way.

    Args:
        workspace: where.
        source: a file or an `http(s)://` address with what `exec snapshot` writes; None for the side store.
        max_age: what is older counts as unknown.
        token: sent to the address as a bearer token.

    Returns:
        What is known. The embedded store of a clone in which nobody was ever started knows nothing, which is not zero; nor does
        a side store that does not answer.

    Raises:
        StoreError: if a source that was named cannot be read, is no snapshot, or is one of another account.
    """
    if source is None:
        return _from_store(workspace)
    from wflgit.core.snapshot import load_snapshot

    is_address = source.startswith(("http://", "https://"))
    account, found = load_snapshot(_fetch(source, token) if is_address else _read(source), source)
    if account != workspace.account:
        raise StoreError(
            f"'{source}' is a snapshot of account '{account}', but this repository is '{workspace.account}'",
            hint="write one with this account's side store: wflgit exec snapshot",
        )
    if max_age is not None and found.as_of is not None and workspace.clock() - found.as_of > max_age:
        return replace(found, counts=None, reason=f"the snapshot is of {found.as_of:%Y-%m-%d %H:%M} UTC, older than {max_age}")
    return found


def _from_store(workspace: Workspace) -> Snapshot:
    from wflgit.store import executions

    try:
        with workspace.store.read() as conn:
            counts = executions.counts(conn, workspace.account)
            is_strange = not counts and workspace.has_own_store and not executions.has_any(conn, workspace.account)
    except StoreError as error:
        return Snapshot(SIDE_STORE, reason=error.message)
    if is_strange:
        return Snapshot(SIDE_STORE, reason="this clone's own side store has never seen an execution")
    found: dict[str, list[StepCount]] = {}
    for count in counts:
        found.setdefault(count.workflow, []).append(count)
    return Snapshot(SIDE_STORE, workspace.clock(), {slug: tuple(entries) for slug, entries in found.items()})


def _read(source: str) -> bytes:
    try:
        return Path(source).read_bytes()
    except OSError as error:
        raise StoreError(f"cannot read the snapshot '{source}': {error.strerror}", hint="see whether the file is there") from error


def _fetch(address: str, token: str | None) -> bytes:
    """Read an address; it is asked once, and has half a minute."""
    from urllib.request import Request, urlopen

    question = Request(address, headers={"Accept": "application/json"})  # noqa: S310 - the caller has seen that it is http(s)
    if token:
        question.add_unredirected_header("Authorization", f"Bearer {token}")  # for this host only
    with _translated(address), urlopen(question, timeout=_TIMEOUT_S) as answer:  # noqa: S310
        content: bytes = answer.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise StoreError(f"the snapshot at '{address}' is larger than {_LARGEST // 2**20} MB", hint="see what is served there")
    return content


@contextmanager
def _translated(address: str) -> Iterator[None]:
    from urllib.error import HTTPError, URLError

    try:
        yield
    except HTTPError as error:
        error.close()
        hint = "set WFLGIT_EXECUTIONS_TOKEN" if error.code in (401, 403) else "see what is served there"
        raise StoreError(f"'{address}' answered {error.code} {error.reason}", hint=hint) from error
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise StoreError(f"cannot read the snapshot at '{address}': {reason}", hint="see whether the address answers") from error
