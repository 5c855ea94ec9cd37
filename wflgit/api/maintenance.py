"""What stands where (`status`), and whether Git, the side store and the audit trail agree (`fsck`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from wflgit.api.audit import Audit
from wflgit.core.names import TAG_PREFIX, Marks, archive_folder, archive_ref, tag_folder, version_marks, version_tag
from wflgit.core.numbering import Fault, TagFault
from wflgit.core.problems import Severity
from wflgit.core.records import StepCount
from wflgit.core.reports import Draining, Notice, Status
from wflgit.errors import DefinitionError, NotFoundError
from wflgit.git import refs, worktree
from wflgit.projection import assign_numbers, read_tags
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
        collisions=tuple(sorted(_collisions(workspace))),
    )


def _draining(live: Sequence[StepCount], current: Mapping[str, int]) -> Iterator[Draining]:
    """The versions that executions are on and that are not current; the counts come by workflow, version and step."""
    for (slug, number), found in groupby(live, lambda count: (count.workflow, count.version)):
        if current.get(slug) != number:
            steps = tuple(found)
            yield Draining(slug, number, sum(count.active + count.waiting for count in steps), steps)


def _collisions(workspace: Workspace) -> dict[str, list[str]]:
    with workspace.store.read() as conn:
        files = versions.list_files(conn, workspace.account, None)
    paths: dict[str, list[str]] = defaultdict(list)
    for file in files:
        paths[file.workflow].append(file.path)
    return {slug: found for slug, found in paths.items() if len(found) > 1}


def fsck(workspace: Workspace) -> list[Notice]:
    """Sync, and check everything against everything. Nothing is changed but what a sync puts right."""
    workspace.sync()
    return [
        *_check_collisions(workspace),
        *_check_tags(workspace),
        *_check_contents(workspace),
        *_check_pins(workspace),
        *_check_audit(workspace),
    ]


def _check_collisions(workspace: Workspace) -> Iterator[Notice]:
    for slug, paths in sorted(_collisions(workspace).items()):
        yield Notice(
            "slug-collision",
            Severity.ERROR,
            slug,
            f"the files {', '.join(repr(path) for path in paths)} have one slug; their changes make no versions",
            "rename all but one of them with `git mv`, or leave them out with [workflows] exclude in wflgit.toml",
        )


def _check_tags(workspace: Workspace) -> Iterator[Notice]:
    with workspace.store.read() as conn:
        slugs = versions.last_versions(conn, workspace.account, None)
    found = version_marks(refs.list_refs(workspace.git, tag_folder()) | refs.list_refs(workspace.git, archive_folder()))
    for slug in sorted(slugs):
        with workspace.store.read() as conn:
            rows = versions.list_versions(conn, workspace.account, slug)[::-1]
        yield from _check_marks(workspace, slug, rows, found.get(slug, Marks({}, {})))
        if refs.read_ref(workspace.git, f"{TAG_PREFIX}{slug}") is not None:
            yield Notice(
                "tag-in-the-way",
                Severity.ERROR,
                slug,
                f"a tag '{slug}' stands where the tags of the workflow go, so nothing can be published",
                f"rename it: `git tag NEW {slug} && git tag -d {slug}`",
            )


def _check_marks(workspace: Workspace, slug: str, rows: list[VersionRow], marks: Marks) -> Iterator[Notice]:
    chain = [row for row in rows if row.on_trunk]
    tags = read_tags(workspace.git, [*marks.tags.values(), *marks.archive.values()])
    assignment = assign_numbers(workspace.git, workspace.settings, chain, marks, tags)
    for number, fault in sorted(assignment.faults.items()):
        yield _tag_finding(slug, number, fault)
    for number, fault in sorted(assignment.archive_faults.items()):
        yield _archive_finding(slug, number, fault)
    targets = marks.targets(assignment.archived)
    for number in sorted(assignment.orphans):
        commit, trunk = tags[targets[number]].commit[:10], workspace.settings.trunk
        yield Notice(
            "rewritten-trunk",
            Severity.ERROR,
            f"{slug}@{number}",
            f"published version {number} is commit {commit}, which is not on the trunk '{trunk}' any more",
            "its number, tag and executions stay as they are; bring the commit back with `git merge`, or leave it so",
        )


def _tag_finding(slug: str, number: int, fault: Fault) -> Notice:
    name, (kind, real) = version_tag(slug, number).removeprefix(TAG_PREFIX), fault
    then = {
        TagFault.LIGHTWEIGHT: f", then `wflgit publish {slug}`",
        TagFault.WRONG_NUMBER: f", then `wflgit publish {slug} {real}`",
    }
    message, hint = f"tag '{name}' {_said(slug, number, fault)}", f"remove it: `git tag -d {name}`{then.get(kind, '')}"
    return Notice(f"tag-{kind}", Severity.ERROR, name, message, hint)


def _archive_finding(slug: str, number: int, fault: Fault) -> Notice:
    ref, (kind, _) = archive_ref(slug, number), fault
    message, hint = f"archive ref '{ref}' {_said(slug, number, fault)}", f"remove it: `git update-ref -d {ref}`"
    return Notice(f"tag-{kind}", Severity.ERROR, ref, message, hint)


def _said(slug: str, number: int, fault: Fault) -> str:
    kind, real = fault
    said = {
        TagFault.LIGHTWEIGHT: "is lightweight: it says nothing of who published, so it publishes nothing",
        TagFault.WRONG_NUMBER: f"marks the commit of version {real}, not of version {number}",
        TagFault.NO_VERSION: f"marks a commit that is no version of '{slug}' on the trunk",
        TagFault.DELETED: "marks a commit that deleted the workflow",
        TagFault.SECOND: f"stands beside the tag '{slug}/v{number}', which is another one, and counts for nothing",
    }
    return said[kind]


def _check_contents(workspace: Workspace) -> Iterator[Notice]:
    """The current versions must be there and valid: executions start on them."""
    with workspace.store.read() as conn:
        published = versions.published(conn, workspace.account, None)
    current = {row.workflow: row for row in sorted(published, key=lambda row: row.number)}
    for slug, row in sorted(current.items()):
        assert row.blob is not None
        problems = workspace.contents.problems(workspace.git.blob(row.blob), workspace.catalog())
        errors = [problem for problem in problems if problem.severity is Severity.ERROR]
        if errors:
            yield Notice(
                "invalid-current",
                Severity.ERROR,
                f"{slug}@{row.number}",
                f"the current version has {len(errors)} {'error' if len(errors) == 1 else 'errors'}: {errors[0].message}",
                f"see `wflgit validate {slug}@{row.number}`, then publish a mended version",
            )


def _check_pins(workspace: Workspace) -> Iterator[Notice]:
    """Every live execution must stand at a step of a version that can be read."""
    with workspace.store.read() as conn:
        pins = executions.live_pins(conn, workspace.account)
    for slug, number, commit, step, count in pins:
        subject = f"{slug}@{number}"
        try:
            definition = workspace.resolve_pin(slug, number, commit)
        except (NotFoundError, DefinitionError) as error:
            hint = f"bring commit {commit[:10]} back with `git fetch`, or cancel them"
            yield Notice(
                "lost-pin",
                Severity.ERROR,
                subject,
                f"{count} executions are pinned to a version that cannot be read: {error.message}",
                hint,
            )
            continue
        if step not in definition.graph.steps:
            hint = f"see `wflgit exec ls {slug} --version {number}`, and cancel them"
            yield Notice(
                "lost-step", Severity.ERROR, subject, f"{count} executions stand at '{step}', which the version does not have", hint
            )


def _check_audit(workspace: Workspace) -> Iterator[Notice]:
    broken = Audit(workspace).verify().broken
    if broken is not None:
        hint = "restore the side store from a backup made before"
        yield Notice("audit-chain", Severity.ERROR, f"audit entry {broken.sequence}", broken.reason, hint)
