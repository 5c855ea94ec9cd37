"""The audit trail: who did what, and proof that nobody changed it since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from wflgit.core.audit import Anchor, AuditEntry, Verification, parse_anchor, verify
from wflgit.core.messages import AUDIT_HEAD, trailers
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
        """
        self._workspace.sync()
        with self._workspace.store.read() as conn:
            return audit.list_entries(
                conn, self._workspace.account, subject=subject, action=action, actor=actor, since=since, after=after, limit=limit
            )

    def verify(self) -> Verification:
        """Walk the whole chain, recompute every hash, and hold it against the heads that publish tags noted.

        Tags that were made over another side store (a clone has one of its own) say nothing of this one and are passed over.
        """
        workspace = self._workspace
        workspace.sync()
        with workspace.store.read() as conn:
            first = next(iter(audit.list_entries(conn, workspace.account, limit=1)), None)
            count, _ = audit.head(conn, workspace.account)
            anchors = {anchor.sequence: anchor.hash for anchor in self._anchors() if first and anchor.first == first.hash}
            broken = verify(audit.scan(conn, workspace.account), anchors=anchors)
        return Verification(count, len(anchors), broken)

    def _anchors(self) -> Iterator[Anchor]:
        workspace = self._workspace
        with workspace.store.read() as conn:
            tags = [row.tag for row in versions.published(conn, workspace.account, None, archived=True)]
        for target in tags:
            tag = refs.read_tag(workspace.git, target) if target else None
            anchor = parse_anchor(trailers(tag.message).get(AUDIT_HEAD, "")) if tag else None
            if anchor is not None:
                yield anchor
