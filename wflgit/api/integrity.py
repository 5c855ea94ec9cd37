"""Whether Git, the side store and the audit trail agree: `fsck`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator

from wflgit.api.audit import Audit
from wflgit.core.names import (
    CURRENT,
    DRAFT_PREFIX,
    TAG_PREFIX,
    Marks,
    archive_folder,
    archive_ref,
    channel_tag,
    parse_draft_ref,
    tag_folder,
    version_marks,
    version_tag,
)
from wflgit.core.numbering import Fault, TagFault
from wflgit.core.permissions import Permission
from wflgit.core.problems import Severity
from wflgit.core.reports import Notice
from wflgit.errors import DefinitionError, NotFoundError, RepositoryError
from wflgit.git import refs
from wflgit.projection import assign_numbers, read_tags
from wflgit.store import executions, versions
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace

HALF_MOVED_S = 3_600.0
"""Nobody takes so many seconds to move a tag object into the archive: one that stands in both places for longer was left there."""


def collisions(workspace: Workspace) -> dict[str, list[str]]:
    """The files of each slug that several files have."""
    with workspace.store.read() as conn:
        files = versions.list_files(conn, workspace.account, None)
    paths: dict[str, list[str]] = defaultdict(list)
    for file in files:
        paths[file.workflow].append(file.path)
    return {slug: found for slug, found in paths.items() if len(found) > 1}


def fsck(workspace: Workspace) -> list[Notice]:
    """Sync, and check everything against everything. Nothing is changed but what a sync puts right.

    Raises:
        PermissionDenied: without `audit:read`, as the audit trail is read.
    """
    workspace.require(Permission.AUDIT, workspace.account)
    workspace.sync()
    return [
        *_check_collisions(workspace),
        *_check_tags(workspace),
        *_check_lost_tags(workspace),
        *_check_half_moved(workspace),
        *_check_channels(workspace),
        *_check_contents(workspace),
        *_check_signatures(workspace),
        *_check_pins(workspace),
        *_check_drafts(workspace),
        *_check_rows(workspace),
        *_check_audit(workspace),
    ]


def _check_collisions(workspace: Workspace) -> Iterator[Notice]:
    for slug, paths in sorted(collisions(workspace).items()):
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
            "its number, tag and executions stay as they are; leave it so, or bring the commit back as docs/recover.md says",
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


def _check_lost_tags(workspace: Workspace) -> Iterator[Notice]:
    """What was published once must be published still, by the same tag."""
    from wflgit.api.lost_tags import find_lost_tags

    for lost in find_lost_tags(workspace):
        found = lost.publication
        subject = lost.ref.removeprefix(TAG_PREFIX)
        was = f"{lost.name} published version {found.number} at {found.at:%Y-%m-%d %H:%M} UTC as commit {found.commit[:10]}"
        depend = f", and {lost.executions} live {'execution is' if lost.executions == 1 else 'executions are'} on it"
        hint = "put it back: `wflgit fsck --repair`"
        if not lost.is_here:
            hint = f"get it from a clone that has it: `git fetch origin +{lost.ref}:{lost.ref}`"
        if lost.now is None:
            message = f"the tag '{subject}' is gone: {was}{depend if lost.executions else ''}"
            yield Notice("tag-gone", Severity.ERROR, subject, message, hint)
        else:
            message = f"the tag '{subject}' was moved: {was}, and now it is the object {lost.now[:10]}"
            yield Notice("tag-moved", Severity.ERROR, subject, message, hint)


def _check_half_moved(workspace: Workspace) -> Iterator[Notice]:
    for ref in half_moved(workspace):
        yield Notice(
            "archive-half",
            Severity.WARNING,
            ref,
            f"the archive ref '{ref}' and the tag of that version are one object: somebody began to move it and did not finish",
            "the version counts as published; drop the archive ref: `wflgit fsck --repair`",
        )


def half_moved(workspace: Workspace) -> dict[str, str]:
    """The archive refs whose objects have stood among the tags too for long enough that nobody is moving them, with the objects."""
    git, now = workspace.git, time.time()
    tags = refs.list_refs(git, tag_folder())
    found = {}
    for ref, target in refs.list_refs(git, archive_folder()).items():
        file = git.git_dir / ref
        is_fresh = file.is_file() and now - file.stat().st_mtime < HALF_MOVED_S
        if tags.get(ref.replace(archive_folder(), tag_folder(), 1)) == target and not is_fresh:
            found[ref] = target
    return found


def _check_channels(workspace: Workspace) -> Iterator[Notice]:
    """Channels must mark what is published: executions start on it. An archived version is said where somebody starts there."""
    # Before the rows: a channel that is moved meanwhile is moved to what is published by then.
    tags = refs.list_refs(workspace.git, tag_folder())
    workspace.sync()
    with workspace.store.read() as conn:
        slugs = versions.last_versions(conn, workspace.account, None)
        published = {(row.workflow, row.commit) for row in versions.published(conn, workspace.account, None, archived=True)}
    for slug in sorted(slugs):
        for channel in workspace.settings.channels:
            target = tags.get(channel_tag(slug, channel))
            if target is not None and channel != CURRENT and (slug, target) not in published:
                yield Notice(
                    "channel-lost",
                    Severity.ERROR,
                    f"{slug}/{channel}",
                    f"channel '{channel}' of '{slug}' marks {target[:10]}, which is no published version",
                    f"set it: `wflgit tag {slug} {channel} NUMBER`",
                )


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


def _check_signatures(workspace: Workspace) -> Iterator[Notice]:
    """Where the policy asks for it, members with the permission to publish must have signed what is published."""
    if not workspace.settings.policy.signed_publish:
        return
    with workspace.store.read() as conn:
        published = versions.published(conn, workspace.account, None)
    current = {row.workflow: row.number for row in sorted(published, key=lambda row: row.number)}
    for row in published:
        reason = _unsigned(workspace, row)
        if reason is not None:
            is_current = current[row.workflow] == row.number
            hint = f"make a new version, and publish it with `wflgit publish {row.workflow} --sign`"
            if not is_current:
                hint = f"nobody starts on it any more; archive it: `wflgit archive {row.workflow} {row.number}`"
            yield Notice(
                "unsigned",
                Severity.ERROR if is_current else Severity.WARNING,
                f"{row.workflow}@{row.number}",
                f"the policy asks for signatures of members, but {reason}",
                hint,
            )


def _unsigned(workspace: Workspace, row: VersionRow) -> str | None:
    """Why the signature of a published version does not count; None if it does."""
    from wflgit.git.signing import verify_tag

    assert row.tag is not None
    access = workspace.settings.access
    found, name = verify_tag(workspace.git, row.tag, access), version_tag(row.workflow, row.number).removeprefix(TAG_PREFIX)
    if found is None:
        return f"no member has signed the tag '{name}' of {row.published_by_name}"
    if found.name != name:
        return f"the tag '{name}' was signed by the name of '{found.name}'"
    if Permission.PUBLISH not in access.permissions(found.member.id):
        return f"'{found.member.id}', who signed the tag '{name}', may not publish"
    return None


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


def _check_drafts(workspace: Workspace) -> Iterator[Notice]:
    """Somebody's work must open again."""
    from wflgit.git.drafts import read_save

    for ref, target in sorted(refs.list_refs(workspace.git, DRAFT_PREFIX).items()):
        named = parse_draft_ref(ref)
        try:
            save = read_save(workspace.git, target)
            workspace.git.blob(save.blob)
        except RepositoryError as error:
            whose = f"the draft of '{named[0]}' by '{named[1]}'" if named else f"'{ref}'"
            hint = f"fetch it from where it was saved, or let go of it: `git update-ref -d {ref}`"
            yield Notice("draft-lost", Severity.ERROR, ref, f"{whose} cannot be read: {error.message}", hint)
            continue
        if named is None:
            hint = f"look at it: `git show {ref}`; let go of it: `git update-ref -d {ref}`"
            yield Notice("draft-lost", Severity.ERROR, ref, f"nobody's draft is called '{ref}', so nobody can open it", hint)


def _check_rows(workspace: Workspace) -> Iterator[Notice]:
    """The side store's rows must be those that reading Git anew gives."""
    from wflgit.api.rebuilding import find_drift

    for drift in find_drift(workspace):
        what = f"versions {', '.join(map(str, drift.numbers))}" if drift.numbers else "the file"
        yield Notice(
            "store-drift",
            Severity.ERROR,
            drift.workflow,
            f"the side store says something else than Git of {what} of '{drift.workflow}'",
            "build its rows anew: `wflgit fsck --repair`",
        )


def _check_audit(workspace: Workspace) -> Iterator[Notice]:
    broken = Audit(workspace).verify().broken
    if broken is not None:
        hint = "restore the side store from a backup made before"
        yield Notice("audit-chain", Severity.ERROR, f"audit entry {broken.sequence}", broken.reason, hint)
