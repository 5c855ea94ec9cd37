"""Following what happens, in the order in which it happened.

The audit trail is what is followed: entries of an account are written one transaction after the other, with numbers that have no
gaps. So who has seen number 7 has seen all up to 7, and no transaction that is still open can come in before it later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice

from wflgit.core.audit import AuditEntry, Event, event_of
from wflgit.core.permissions import Permission
from wflgit.errors import NotFoundError
from wflgit.store import audit
from wflgit.workspace import Workspace

_PAGE = 1_000


def events(workspace: Workspace, *, after: int, actions: Collection[str], limit: int | None) -> Iterator[Event]:
    """Do what `Repository.events` says."""
    workspace.require(Permission.AUDIT, workspace.account)
    workspace.sync()
    with workspace.store.read() as conn:
        last, _ = audit.head(conn, workspace.account)
    if after > last:
        raise NotFoundError(
            f"there is no event {after}: the last one is {last}",
            hint="the cursor is from another side store, or this one was made anew; begin with after=0",
        )
    chosen = (actions,) if isinstance(actions, str) else tuple(actions)
    found = (event_of(entry) for entry in _entries(workspace, after, last) if not chosen or _is_among(entry.action, chosen))
    return found if limit is None else islice(found, max(limit, 0))


def _is_among(action: str, chosen: tuple[str, ...]) -> bool:
    return any(action == name or (name.endswith(".") and action.startswith(name)) for name in chosen)


def _entries(workspace: Workspace, after: int, last: int) -> Iterator[AuditEntry]:
    """Read what came after one entry up to another, each page in a transaction of its own: who handles events takes time."""
    while after < last:
        with workspace.store.read() as conn:
            page = audit.list_entries(conn, workspace.account, after=after, limit=min(_PAGE, last - after))
        yield from page
        after = page[-1].sequence if page else last
