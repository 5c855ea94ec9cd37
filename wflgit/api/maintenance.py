"""What stands where (`status`), and whether Git, the side store and the audit trail agree (`fsck`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from wflgit.api.audit import Audit
from wflgit.core import numbering
from wflgit.core.names import TAG_PREFIX, tag_folder, version_tag, version_tags
from wflgit.core.numbering import TagFault
from wflgit.core.records import Severity
from wflgit.core.reports import Draining, Finding, Status
from wflgit.errors import DefinitionError, NotFoundError
from wflgit.git import refs, worktree
from wflgit.projection import read_tags, tag_facts
from wflgit.store import executions, versions
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace


def status(workspace: Workspace) -> Status:
    """Sync, and say what stands where."""
    workspace.sync()
    settings, git = workspace.settings, workspace.git
    with workspace.store.read() as conn:
        files = versions.list_files(conn, workspace.account, None)
        newest = versions.last_versions(conn, workspace.account, None)
        published = versions.published(conn, workspace.account, None)
        live = executions.live_by_version(conn, workspace.account, None)
    current = {row.workflow: row for row in sorted(published, key=lambda row: row.number)}
    drafts = [
        f"{slug}@{row.number}"
        for slug, row in newest.items()
        if row.blob and not row.tag and (slug not in current or current[slug].blob != row.blob)
    ]
    draining = [
        Draining(slug, number, count)
        for (slug, number), count in sorted(live.items())
        if slug not in current or current[slug].number != number
    ]
    return Status(
        account=workspace.account,
        trunk=settings.trunk,
        branch=git.head_branch,
        tip=workspace.trunk_tip(),
        store=workspace.store.url,
        workflows=len(files),
        executions=sum(live.values()),
        drafts=tuple(sorted(drafts)),
        draining=tuple(draining),
        uncommitted=tuple(path for path in worktree.uncommitted_files(git) if settings.paths.slug(path) is not None),
        collisions=tuple(sorted(_collisions(workspace))),
    )


def _collisions(workspace: Workspace) -> dict[str, list[str]]:
    with workspace.store.read() as conn:
        files = versions.list_files(conn, workspace.account, None)
    paths: dict[str, list[str]] = defaultdict(list)
    for file in files:
        paths[file.workflow].append(file.path)
    return {slug: found for slug, found in paths.items() if len(found) > 1}


def fsck(workspace: Workspace) -> list[Finding]:
    """Sync, and check everything against everything. Nothing is changed but what a sync puts right."""
    workspace.sync()
    return [
        *_check_collisions(workspace),
        *_check_tags(workspace),
        *_check_contents(workspace),
        *_check_pins(workspace),
        *_check_audit(workspace),
    ]


def _check_collisions(workspace: Workspace) -> Iterator[Finding]:
    for slug, paths in sorted(_collisions(workspace).items()):
        yield Finding(
            "slug-collision",
            Severity.ERROR,
            slug,
            f"the files {', '.join(repr(path) for path in paths)} have one slug; their changes make no versions",
            "rename all but one of them with `git mv`, or leave them out with [workflows] exclude in wflgit.toml",
        )


def _check_tags(workspace: Workspace) -> Iterator[Finding]:
    with workspace.store.read() as conn:
        slugs = versions.last_versions(conn, workspace.account, None)
    found = version_tags(refs.list_refs(workspace.git, tag_folder()))
    for slug in sorted(slugs):
        with workspace.store.read() as conn:
            rows = versions.list_versions(conn, workspace.account, slug)[::-1]
        yield from _check_workflow_tags(workspace, slug, rows, found.get(slug, {}))
        if refs.read_ref(workspace.git, f"{TAG_PREFIX}{slug}") is not None:
            yield Finding(
                "tag-in-the-way",
                Severity.ERROR,
                slug,
                f"a tag '{slug}' stands where the tags of the workflow go, so nothing can be published",
                f"rename it: `git tag NEW {slug} && git tag -d {slug}`",
            )


def _check_workflow_tags(workspace: Workspace, slug: str, rows: list[VersionRow], targets: dict[int, str]) -> Iterator[Finding]:
    chain = [row for row in rows if row.on_trunk]
    tags = read_tags(workspace.git, targets)
    facts = tag_facts(workspace.git, workspace.settings, chain, targets, tags)
    assignment = numbering.assign([(row.commit, row.blob) for row in chain], facts)
    for number, (fault, real) in sorted(assignment.faults.items()):
        yield _tag_finding(slug, number, fault, real)
    for number in sorted(assignment.orphans):
        commit, trunk = tags[number].commit[:10], workspace.settings.trunk
        yield Finding(
            "rewritten-trunk",
            Severity.ERROR,
            f"{slug}@{number}",
            f"published version {number} is commit {commit}, which is not on the trunk '{trunk}' any more",
            "its number, tag and executions stay as they are; bring the commit back with `git merge`, or leave it so",
        )


def _tag_finding(slug: str, number: int, fault: TagFault, real: int | None) -> Finding:
    name = version_tag(slug, number).removeprefix(TAG_PREFIX)
    remove = f"remove it: `git tag -d {name}`"
    said = {
        TagFault.LIGHTWEIGHT: (
            "is a lightweight tag: it says nothing of who published, so it publishes nothing",
            f"{remove}, then `wflgit publish {slug}`",
        ),
        TagFault.WRONG_NUMBER: (
            f"marks the commit of version {real}, not of version {number}",
            f"{remove}, then `wflgit publish {slug} {real}`",
        ),
        TagFault.NO_VERSION: (f"marks a commit that is no version of '{slug}' on the trunk", remove),
        TagFault.DELETED: ("marks a commit that deleted the workflow", remove),
    }
    message, hint = said[fault]
    return Finding(f"tag-{fault}", Severity.ERROR, name, f"tag '{name}' {message}", hint)


def _check_contents(workspace: Workspace) -> Iterator[Finding]:
    """The current versions must be there and valid: executions start on them."""
    with workspace.store.read() as conn:
        published = versions.published(conn, workspace.account, None)
    current = {row.workflow: row for row in sorted(published, key=lambda row: row.number)}
    for slug, row in sorted(current.items()):
        assert row.blob is not None
        problems = workspace.contents.problems(workspace.git.blob(row.blob), workspace.catalog())
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        if errors:
            yield Finding(
                "invalid-current",
                Severity.ERROR,
                f"{slug}@{row.number}",
                f"the current version has {len(errors)} {'error' if len(errors) == 1 else 'errors'}: {errors[0].message}",
                f"see `wflgit validate {slug}@{row.number}`, then publish a mended version",
            )


def _check_pins(workspace: Workspace) -> Iterator[Finding]:
    """Every live execution must stand at a step of a version that can be read."""
    with workspace.store.read() as conn:
        pins = executions.live_pins(conn, workspace.account)
    for slug, number, commit, step, count in pins:
        subject = f"{slug}@{number}"
        try:
            definition = workspace.resolve_pin(slug, number, commit)
        except (NotFoundError, DefinitionError) as error:
            hint = f"bring commit {commit[:10]} back with `git fetch`, or cancel them"
            yield Finding(
                "lost-pin",
                Severity.ERROR,
                subject,
                f"{count} executions are pinned to a version that cannot be read: {error.message}",
                hint,
            )
            continue
        if step not in definition.graph.steps:
            hint = f"see `wflgit exec ls {slug} --version {number}`, and cancel them"
            yield Finding(
                "lost-step", Severity.ERROR, subject, f"{count} executions stand at '{step}', which the version does not have", hint
            )


def _check_audit(workspace: Workspace) -> Iterator[Finding]:
    broken = Audit(workspace).verify().broken
    if broken is not None:
        hint = "restore the side store from a backup made before"
        yield Finding("audit-chain", Severity.ERROR, f"audit entry {broken.sequence}", broken.reason, hint)
