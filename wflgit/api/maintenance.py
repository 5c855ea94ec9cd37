"""What stands where: `status`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from wflgit.api.housekeeping import due
from wflgit.api.integrity import collisions
from wflgit.core.records import StepCount
from wflgit.core.reports import Draining, Status
from wflgit.errors import IdentityError
from wflgit.git import worktree
from wflgit.store import executions, versions
from wflgit.workspace import Workspace


def status(workspace: Workspace) -> Status:
    """Sync, and say what stands where."""
    workspace.sync()
    settings, git = workspace.settings, workspace.git
    with workspace.store.read() as conn:
        files = versions.list_files(conn, workspace.account, None)
        newest = versions.last_versions(conn, workspace.account, None)
        published = versions.published(conn, workspace.account, None)
        live = executions.counts(conn, workspace.account, None)
    current = {row.workflow: row for row in sorted(published, key=lambda row: row.number)}
    drafts = [
        f"{slug}@{row.number}"
        for slug, row in newest.items()
        if row.blob and not row.tag and (slug not in current or current[slug].blob != row.blob)
    ]
    return Status(
        account=workspace.account,
        trunk=settings.trunk,
        branch=git.head_branch,
        tip=workspace.trunk_tip(),
        store=workspace.store.url,
        workflows=len(files),
        executions=sum(count.active + count.waiting for count in live),
        drafts=tuple(sorted(drafts)),
        draining=tuple(_draining(live, {slug: row.number for slug, row in current.items()})),
        uncommitted=tuple(path for path in worktree.uncommitted_files(git) if settings.paths.slug(path) is not None),
        collisions=tuple(sorted(collisions(workspace))),
        recoverable=_recoverable(workspace),
        housekeeping=due(workspace).reasons,
    )


def _recoverable(workspace: Workspace) -> tuple[str, ...]:
    """One's own drafts that hold more than the files do; none where nobody is there whose they could be."""
    from wflgit.api.drafts import Drafts

    try:
        return tuple(draft.workflow for draft in Drafts(workspace).recoverable())
    except IdentityError:
        return ()


def _draining(live: Sequence[StepCount], current: Mapping[str, int]) -> Iterator[Draining]:
    """The versions that executions are on and that are not current; the counts come by workflow, version and step."""
    for (slug, number), found in groupby(live, lambda count: (count.workflow, count.version)):
        if current.get(slug) != number:
            steps = tuple(found)
            yield Draining(slug, number, sum(count.active + count.waiting for count in steps), steps)
