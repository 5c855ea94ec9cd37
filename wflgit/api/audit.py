"""The audit trail: who did what, and proof that nobody changed it since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from wflgit.core.audit import Anchor, AuditEntry, Verification, parse_anchor, verify_links
from wflgit.core.audit_export import Header, format_header, format_link
from wflgit.core.messages import AUDIT_HEAD, trailers
from wflgit.core.permissions import Permission
from wflgit.git import refs
from wflgit.store import audit, versions
from wflgit.workspace import Workspace


class Audit:
    """The audit trail of the account, `repo.audit`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def list(
        self,
        subject: str | None = None,
        *,
        action: str | None = None,
        actor: str | None = None,
        since: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[AuditEntry]:
        """Entries by ascending sequence, after a sync; page with `after` set to the last sequence.

        Args:
            subject: only of this workflow (`welcome`) or version (`welcome@7`).
            action: only of this kind, e.g. `version.published`.
            actor: only of this actor.
            since: only from this time on.
            after: only with a higher sequence.
            limit: how many at most.

        Raises:
            PermissionDenied: without `audit:read`.
        """
        self._workspace.require(Permission.AUDIT, subject.partition("@")[0] if subject else self._workspace.account)
        self._workspace.sync()
        with self._workspace.store.read() as conn:
            return audit.list_entries(
                conn, self._workspace.account, subject=subject, action=action, actor=actor, since=since, after=after, limit=limit
            )

    def verify(self) -> Verification:
        """Walk the whole chain, recompute every hash, and hold it against the heads that publish tags noted.

        Tags that were made over another side store (a clone has one of its own) say nothing of this one and are passed over.

        Raises:
            PermissionDenied: without `audit:read`.
        """
        workspace = self._workspace
        workspace.require(Permission.AUDIT, workspace.account)
        workspace.sync()
        with workspace.store.read() as conn:
            first = next(iter(audit.list_entries(conn, workspace.account, limit=1)), None)
            count, _ = audit.head(conn, workspace.account)
            anchors = {anchor.sequence: anchor.hash for anchor in self._anchors() if first and anchor.first == first.hash}
            with audit.links(conn, workspace.account) as links:
                broken = verify_links(links, anchors=anchors)
        return Verification(count, len(anchors), broken)

    def export(self) -> Iterator[str]:
        """The whole trail as lines of JSON, after a sync: a header, then each entry with all that its hash covers.

        What is appended meanwhile is not in it. No transaction is open between lines, so take your time. `wflgit.verify_export` and
        `wflgit audit verify FILE` verify what was written, without repository and store.

        Returns:
            Lines without line ends, in plain ASCII.

        Raises:
            PermissionDenied: without `audit:read`.
            StoreError: while lines are read, if an entry in the store is none.
        """
        workspace = self._workspace
        workspace.require(Permission.AUDIT, workspace.account)
        workspace.sync()
        with workspace.store.read() as conn:
            sequence, head = audit.head(conn, workspace.account)
        return self._lines(Header(workspace.account, sequence, head))

    def _lines(self, header: Header) -> Iterator[str]:
        yield format_header(header)
        after: int | None = None
        while after is None or after < header.entries:
            with self._workspace.store.read() as conn:
                page = audit.page_of_links(conn, header.account, after=after, up_to=header.entries)
            if not page:
                return
            yield from map(format_link, page)
            after = page[-1][1]

    def _anchors(self) -> Iterator[Anchor]:
        workspace = self._workspace
        with workspace.store.read() as conn:
            tags = [row.tag for row in versions.published(conn, workspace.account, None, archived=True)]
        for target in tags:
            tag = refs.read_tag(workspace.git, target) if target else None
            anchor = parse_anchor(trailers(tag.message).get(AUDIT_HEAD, "")) if tag else None
            if anchor is not None:
                yield anchor
