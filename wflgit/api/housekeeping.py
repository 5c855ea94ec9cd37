"""Housekeeping of the Git repository: saying when it is due, and having git do it."""

from __future__ import annotations

from dataclasses import dataclass

from wflgit.core.housekeeping import Housekeeping, assess
from wflgit.core.permissions import Permission
from wflgit.git import maintenance
from wflgit.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Tidied:
    """What housekeeping did.

    Attributes:
        done: whether it did anything; False for a dry look.
        before: what had piled up.
        after: what is left.
        drafts_archived: how many drafts went to the archive because nobody has saved them for long.
        drafts_removed: how many that have been there for as long are gone.
        locks: lock files of other programs that were left long ago; they stay, because whose they are cannot be known.
    """

    done: bool
    before: Housekeeping
    after: Housekeeping
    drafts_archived: int
    drafts_removed: int
    locks: tuple[str, ...]


def due(workspace: Workspace) -> Housekeeping:
    """Say whether it is time to pack tags or objects; costs no more than listing some folders."""
    git = workspace.git
    limits = maintenance.limits_of(git)
    return assess(maintenance.measure(git, limits), limits)


def tidy(workspace: Workspace, *, dry_run: bool = False) -> Tidied:
    """Pack what is due, by git's own means, and clear away what nobody needs: old drafts, locks of killed processes of wflgit.

    Others may read and write meanwhile. Where nothing is due, nothing is packed.

    Args:
        workspace: where.
        dry_run: only say what is due; that takes no permission.

    Raises:
        PermissionDenied: if the actor is no admin.
        RepositoryError: if git cannot do it.
        LockedError: if somebody holds the repository's lock for too long.
    """
    git, before = workspace.git, due(workspace)
    if dry_run:
        return Tidied(
            done=False, before=before, after=before, drafts_archived=0, drafts_removed=0, locks=maintenance.abandoned_locks(git)
        )
    workspace.require(Permission.ADMIN, workspace.account)
    from wflgit.api.drafts import clean_up

    maintenance.release_leftovers(git)
    drafts = clean_up(workspace)
    if before.refs_due:
        maintenance.pack_tags(git)
    if before.objects_due:
        maintenance.pack_objects(git)
    return Tidied(
        done=True,
        before=before,
        after=due(workspace),
        drafts_archived=len(drafts.archived),
        drafts_removed=len(drafts.removed),
        locks=maintenance.abandoned_locks(git),
    )
