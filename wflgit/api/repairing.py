"""Putting right what `fsck` found, where it is certain what is right.

A tag object carries its own truth (commit, publisher, time), and its name is the hash of that; the audit trail says which one
stood where. So what was lost can be put back if the trail holds and the object is still there. All else is for people to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from wflgit.api.audit import Audit
from wflgit.api.integrity import fsck, half_moved
from wflgit.api.lost_tags import LostTag, find_lost_tags
from wflgit.api.rebuilding import Drift, find_drift, rebuild
from wflgit.core.names import TAG_PREFIX
from wflgit.core.permissions import Permission
from wflgit.core.publications import RESTORED
from wflgit.core.repairs import Outcome, Repair
from wflgit.errors import WflgitError
from wflgit.git import refs
from wflgit.store import audit
from wflgit.workspace import Workspace

MENDED = frozenset({"tag-gone", "tag-moved", "archive-half", "store-drift"})
"""The checks of which something may be repaired; what others find only people can decide."""


def repair(workspace: Workspace, *, dry_run: bool = False) -> list[Repair]:
    """Put back lost and moved version tags and archive refs, drop archive refs left by half a move, and build wrong rows anew.

    Each repair is audited. Doing it again repairs nothing more.

    Args:
        workspace: where.
        dry_run: only say what would be done.

    Returns:
        What was found, each with what became of it; empty if all is well.

    Raises:
        PermissionDenied: without `audit:read`, or without `workflows:admin` unless it is a dry run.
    """
    workspace.require(Permission.AUDIT, workspace.account)
    if not dry_run:
        workspace.require(Permission.ADMIN, workspace.account)
    workspace.sync()
    outcome = Outcome.PLANNED if dry_run else Outcome.DONE
    # Nobody may move or take back a tag between looking and putting it back.
    with workspace.git.lock():
        mended = [*_repair_tags(workspace, outcome), *_repair_half_moved(workspace, outcome), *_repair_rows(workspace, outcome)]
    return [*mended, *_beyond_repair(workspace, {found.subject for found in mended})]


def _repair_tags(workspace: Workspace, outcome: Outcome) -> Iterator[Repair]:
    found = find_lost_tags(workspace)
    broken = Audit(workspace).verify().broken if found else None
    for lost in found:
        check, subject = "tag-gone" if lost.now is None else "tag-moved", lost.ref.removeprefix(TAG_PREFIX)
        tag = f"the tag object {lost.publication.tag[:10]} of {lost.name}"
        if broken is not None:
            reason = f"the audit trail, which knows that {tag} stood here, does not hold from entry {broken.sequence} on"
            yield Repair(check, subject, Outcome.IMPOSSIBLE, reason)
        elif not lost.is_here:
            reason = f"{tag} is not in this clone: `git fetch origin +{lost.ref}:{lost.ref}` from one that has it"
            yield Repair(check, subject, Outcome.IMPOSSIBLE, reason)
        else:
            yield _put_back(workspace, lost, check, subject, tag, outcome)


def _put_back(workspace: Workspace, lost: LostTag, check: str, subject: str, tag: str, outcome: Outcome) -> Repair:
    found, git = lost.publication, workspace.git
    if outcome is Outcome.DONE:
        try:
            refs.move_ref(git, lost.ref, found.tag, expected=lost.now)
        except WflgitError as error:
            return Repair(check, subject, Outcome.IMPOSSIBLE, error.message)
        workspace.sync(found.workflow)
        details = {"commit": found.commit, "tag": found.tag, "ref": lost.ref, "was": lost.now}
        _tell(workspace, RESTORED, f"{found.workflow}@{found.number}", details)
    instead = "" if lost.now is None else f" in place of {lost.now[:10]}"
    return Repair(check, subject, outcome, f"put back {tag}, published at {found.at:%Y-%m-%d %H:%M} UTC{instead}")


def _repair_half_moved(workspace: Workspace, outcome: Outcome) -> Iterator[Repair]:
    for ref, target in half_moved(workspace).items():
        if outcome is Outcome.DONE:
            refs.delete_ref(workspace.git, ref, expected=target)
            _tell(workspace, "archive.tidied", ref, {"ref": ref, "tag": target})
        yield Repair("archive-half", ref, outcome, "drop the archive ref: the tag publishes the version")


def _repair_rows(workspace: Workspace, outcome: Outcome) -> Iterator[Repair]:
    found = find_drift(workspace)
    if found and outcome is Outcome.DONE:
        rebuild(workspace)
        details = {"workflows": {drift.workflow: list(drift.numbers) for drift in found}}
        _tell(workspace, "store.rebuilt", workspace.settings.trunk, details)
    for drift in found:
        yield Repair("store-drift", drift.workflow, outcome, f"build the rows of {_which(drift)} anew from Git")


def _which(drift: Drift) -> str:
    return f"versions {', '.join(map(str, drift.numbers))}" if drift.numbers else "the file"


def _tell(workspace: Workspace, action: str, subject: str, details: Mapping[str, object]) -> None:
    entry = audit.Entry(workspace.clock(), workspace.identity.email, action, subject, details)
    with workspace.store.write() as conn:
        audit.append(conn, workspace.account, [entry])


def _beyond_repair(workspace: Workspace, mended: Collection[str]) -> Sequence[Repair]:
    """What `fsck` still finds, of the kinds that nobody but people can put right, about other things than were mended."""
    return [
        Repair(found.check, found.subject, Outcome.IMPOSSIBLE, f"only people know what is right: {found.hint}")
        for found in fsck(workspace)
        if found.check not in MENDED and found.subject not in mended
    ]
