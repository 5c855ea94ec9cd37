"""What Git says, written into the side store: versions, what is published, and the audit entries of both.

Rows and entries are written in one transaction that locks the account's state, so that each thing that happened in Git is told
exactly once, whoever notices it first. `sync` sees what is out of date and calls this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from wflgit.core import numbering
from wflgit.core.messages import ACTION, SEMVER, trailers
from wflgit.core.names import Marks, archive_folder, archive_ref, tag_folder, version_marks
from wflgit.core.numbering import Assignment, Numbered, Numbering, TagFacts
from wflgit.core.semver import parse_semver
from wflgit.core.settings import Settings
from wflgit.errors import ConflictError
from wflgit.git import history, refs
from wflgit.git.history import TrunkCommit
from wflgit.git.refs import Tag
from wflgit.git.repository import GitRepository
from wflgit.store import audit, versions
from wflgit.store.audit import Entry
from wflgit.store.engine import Connection, Store
from wflgit.store.versions import FileRow, SyncState, VersionRow

# The trunk


def project_trunk(git: GitRepository, store: Store, settings: Settings, now: datetime) -> str | None:
    """Number what the trunk's new commits changed; after a rewritten trunk or changed settings all of its history.

    Returns:
        The commit from which it went on; None if all of history was read.

    Raises:
        ConflictError: if this clone is behind another one that shares the store.
    """
    with store.write() as conn:
        state = versions.lock_state(conn, settings.account) or SyncState(settings.trunk, settings.layout, None, None)
        # Read under the lock: what another process has projected by now must not look like a rewritten trunk.
        tip = git.tip(settings.trunk)
        if tip is None or (state.tip, state.layout) == (tip, settings.layout):
            return tip
        _require_ahead(git, store, settings, state, tip)
        return _read_trunk(git, conn, settings, state, tip, now)


def _require_ahead(git: GitRepository, store: Store, settings: Settings, state: SyncState, tip: str) -> None:
    """Refuse to number by a clone that is behind another one which shares the store; its own trunk is nobody else's."""
    own = store.file is not None and store.file.is_relative_to(git.git_dir)
    if own or state.tip is None or history.on_first_parent(git, state.tip, tip):
        return
    if not git.has(state.tip) or history.on_first_parent(git, tip, state.tip):
        raise ConflictError(
            f"the trunk '{settings.trunk}' ends at {tip[:10]} in this clone, but the side store has seen {state.tip[:10]} already",
            expected=state.tip,
            actual=tip,
            hint=f"bring this clone up to date: `git pull` on '{settings.trunk}'",
        )


def _read_trunk(git: GitRepository, conn: Connection, settings: Settings, state: SyncState, tip: str, now: datetime) -> str | None:
    account = settings.account
    known = state.tip if state.layout == settings.layout else None
    since = known if known is not None and history.on_first_parent(git, known, tip) else None
    if since is None:
        versions.clear(conn, account)
    commits = list(history.read_history(git, settings.paths, tip=tip, since=since))
    orphans = versions.orphans(conn, account)
    count = Numbering(settings.paths) if since is None else _resume_numbering(conn, account, settings, commits, orphans)
    found = _number(conn, account, count, commits)
    versions.add_versions(conn, account, found)
    rows = _renumber_around(orphans, git, conn, settings, found, now)
    audit.append(conn, account, _trunk_entries(git, settings, state, tip, commits, rows, now))
    versions.save_state(conn, account, replace(state, trunk=settings.trunk, layout=settings.layout, tip=tip, audited_tip=tip))
    return since


def _number(conn: Connection, account: str, count: Numbering, commits: Sequence[TrunkCommit]) -> list[VersionRow]:
    """Number the commits' changes, and keep the table of live files in step."""
    before = {path: blob for files in count.files.values() for path, blob in files.items()}
    rows = [version_row(commit, found) for commit in commits for found in count.add(commit.changes)]
    after = {path: (slug, blob) for slug, files in count.files.items() for path, blob in files.items()}
    changed = [FileRow(path, slug, blob, None) for path, (slug, blob) in after.items() if before.get(path) != blob]
    versions.put_files(conn, account, changed)
    versions.remove_files(conn, account, [path for path in before if path not in after])
    return rows


def _resume_numbering(
    conn: Connection, account: str, settings: Settings, commits: Sequence[TrunkCommit], orphans: Sequence[VersionRow]
) -> Numbering:
    paths = settings.paths
    slugs = {slug for commit in commits for path, _ in commit.changes if (slug := paths.slug(path)) is not None}
    if not slugs:
        return Numbering(paths)
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for file in versions.list_files(conn, account, slugs):
        files[file.workflow][file.path] = file.blob
    last = {slug: (row.number, row.blob) for slug, row in versions.last_versions(conn, account, slugs).items()}
    taken: dict[str, set[int]] = defaultdict(set)
    for row in orphans:
        taken[row.workflow].add(row.number)
    return Numbering(paths, dict(files), last, taken)


def _renumber_around(
    orphans: Sequence[VersionRow],
    git: GitRepository,
    conn: Connection,
    settings: Settings,
    rows: Sequence[VersionRow],
    now: datetime,
) -> Sequence[VersionRow]:
    """Look again at the tags of workflows that have a published version off the trunk: it may just have come back."""
    touched = {row.workflow for row in rows}
    slugs = {row.workflow for row in orphans} & touched
    final: dict[tuple[str, str], VersionRow] = {}
    for slug in sorted(slugs):
        _write_plan(conn, settings, _plan(git, conn, settings, slug), now)
        final |= {(slug, row.commit): row for row in versions.list_versions(conn, settings.account, slug)}
    return [final.get((row.workflow, row.commit), row) for row in rows]


def version_row(commit: TrunkCommit, found: Numbered) -> VersionRow:
    """The row of a version that a trunk commit made; nothing is said of its publication."""
    return VersionRow(
        workflow=found.workflow,
        number=found.number,
        path=found.path,
        commit=commit.id,
        blob=found.blob,
        author_name=commit.author.name,
        author_email=commit.author.email,
        created_at=commit.committed_at,
        summary=commit.summary,
    )


def _trunk_entries(
    git: GitRepository,
    settings: Settings,
    state: SyncState,
    tip: str,
    commits: Sequence[TrunkCommit],
    rows: Sequence[VersionRow],
    now: datetime,
) -> list[Entry]:
    """One entry a version, but one for all where a whole history was read: for the first time, anew, or rewritten."""
    audited = state.audited_tip
    if audited == tip and state.layout == settings.layout:
        return []
    if audited is not None and state.layout == settings.layout and history.on_first_parent(git, audited, tip):
        if audited != state.tip:
            commits = list(history.read_history(git, settings.paths, tip=tip, since=audited))
        new = {commit.id for commit in commits}
        return [_version_entry(row, now) for row in rows if row.commit in new]
    action = "history.read" if audited is None or state.layout != settings.layout else "history.rewritten"
    details = {"from": audited, "to": tip, "versions": len(rows), "workflows": len({row.workflow for row in rows})}
    return [Entry(now, "wflgit", action, settings.trunk, details)]


def _version_entry(row: VersionRow, now: datetime) -> Entry:
    details = {"commit": row.commit, "blob": row.blob, "committed_at": row.created_at.isoformat(), "summary": row.summary}
    action = "version.created" if row.blob else "version.deleted"
    return Entry(now, row.author_email, action, f"{row.workflow}@{row.number}", details)


# The tags


def project_tags(git: GitRepository, store: Store, settings: Settings, slugs: Collection[str], now: datetime) -> None:
    """Publish what the tags of these workflows publish, take back what they do not publish any more, and note what is archived.

    Tags that publish nothing, or are no workflow's, change nothing; `fsck` reports them.
    """
    with store.read() as conn:
        plans = [_plan(git, conn, settings, slug) for slug in slugs]
    slugs = [plan.workflow for plan in plans if plan.changed or plan.gone]
    if slugs:
        with store.write() as conn:
            versions.lock_state(conn, settings.account)
            for slug in slugs:
                _write_plan(conn, settings, _plan(git, conn, settings, slug), now)


@dataclass(frozen=True)
class _Plan:
    """What the rows of one workflow are, and what they should be by its tags."""

    workflow: str
    rows: Sequence[VersionRow]
    wanted: Sequence[VersionRow]
    tags: Mapping[str, Tag]

    @property
    def changed(self) -> list[VersionRow]:
        before = {row.number: row for row in self.rows}
        return [row for row in self.wanted if before.get(row.number) != row]

    @property
    def gone(self) -> list[VersionRow]:
        after = {row.number for row in self.wanted}
        return [row for row in self.rows if row.number not in after]


def _plan(git: GitRepository, conn: Connection, settings: Settings, slug: str) -> _Plan:
    rows = versions.list_versions(conn, settings.account, slug)[::-1]
    if not rows:
        return _Plan(slug, (), (), {})
    marks = _read_marks(git, slug, rows)
    known = {(row.number, row.tag): row for row in rows if row.tag is not None}
    places = [*marks.tags.items(), *marks.archive.items()]
    tags = read_tags(git, [target for number, target in places if (number, target) not in known])
    chain = [row for row in rows if row.on_trunk]
    assignment = assign_numbers(git, settings, chain, marks, tags, known)
    targets = marks.targets(assignment.archived)
    numbered = [replace(row, number=number) for row, number in zip(chain, assignment.numbers, strict=True)]
    lost = [
        known.get((number, targets[number])) or _orphan(git, settings, slug, number, tags[targets[number]])
        for number in sorted(assignment.orphans)
    ]
    wanted = []
    for row in [*numbered, *lost]:
        if row.number not in assignment.published:
            wanted.append(_unpublished(row))
            continue
        target = targets[row.number]
        published = known.get((row.number, target)) or _published(row, target, tags[target])
        wanted.append(replace(published, on_trunk=row.on_trunk, archived=row.number in assignment.archived))
    return _Plan(slug, rows, sorted(wanted, key=lambda row: row.number), tags)


def _read_marks(git: GitRepository, slug: str, rows: Sequence[VersionRow]) -> Marks:
    """Read the refs that publish versions of a workflow.

    Whoever moves a tag object writes its new ref before the old one goes, so tags are read before the archive. Where something is
    archived they are read again after it, because it may have left the archive in between.
    """
    found = refs.list_refs(git, tag_folder(slug)) | refs.list_refs(git, archive_folder(slug))
    if any(row.archived for row in rows):
        found |= refs.list_refs(git, tag_folder(slug))
    return version_marks(found, slug).get(slug, Marks({}, {}))


def assign_numbers(
    git: GitRepository,
    settings: Settings,
    chain: Sequence[VersionRow],
    marks: Marks,
    tags: Mapping[str, Tag],
    known: Mapping[tuple[int, str], VersionRow] = {},
) -> Assignment:
    """Number a workflow's versions in the light of its marks.

    Args:
        git: the repository.
        settings: which branch is the trunk.
        chain: the versions on the trunk, oldest first.
        marks: what publishes versions.
        tags: the tag objects the marks point at, as far as they were read.
        known: rows by number and tag object; what they say of a tag is not asked again.
    """
    facts = []
    for targets in (marks.tags, marks.archive):
        told = {number: row for (number, target), row in known.items() if targets.get(number) == target}
        asked = {number: target for number, target in targets.items() if number not in told}
        known_facts = {number: TagFacts(row.commit, on_trunk=row.on_trunk, by_wflgit=True) for number, row in told.items()}
        facts.append(_tag_facts(git, settings, chain, asked, tags) | known_facts)
    return numbering.assign([(row.commit, row.blob) for row in chain], *facts)


def read_tags(git: GitRepository, targets: Iterable[str]) -> dict[str, Tag]:
    """Read the tags that say who published; lightweight ones, and old ones without a tagger, do not."""
    found = {target: refs.read_tag(git, target) for target in targets}
    return {target: tag for target, tag in found.items() if tag is not None and tag.tagger is not None}


def _tag_facts(
    git: GitRepository, settings: Settings, chain: Sequence[VersionRow], targets: Mapping[int, str], tags: Mapping[str, Tag]
) -> dict[int, TagFacts]:
    """Find out about each version tag what `numbering.assign` wants to know; history is asked only where it is needed."""
    commits = {row.commit for row in chain}
    tip = git.tip(settings.trunk)
    facts = {}
    for number, target in targets.items():
        tag = tags.get(target)
        if tag is None or tag.commit in commits:
            facts[number] = TagFacts(tag.commit if tag else None)
        else:
            on_trunk = tip is not None and history.on_first_parent(git, tag.commit, tip)
            facts[number] = TagFacts(tag.commit, on_trunk, ACTION in trailers(tag.message))
    return facts


def _orphan(git: GitRepository, settings: Settings, slug: str, number: int, tag: Tag) -> VersionRow:
    """The row of a published version whose commit the trunk has lost; its content is what that commit holds."""
    commit = git.commit(tag.commit)
    files = [(path, blob) for path, blob in git.files(tag.commit, settings.paths.folders()) if settings.paths.slug(path) == slug]
    path, blob = files[0] if len(files) == 1 else (slug, None)
    return VersionRow(
        workflow=slug,
        number=number,
        path=path,
        commit=tag.commit,
        blob=blob,
        author_name=commit.author.name,
        author_email=commit.author.email,
        created_at=commit.committed_at,
        summary=commit.summary,
        on_trunk=False,
    )


def _unpublished(row: VersionRow) -> VersionRow:
    return replace(row, tag=None, published_at=None, published_by_name=None, published_by_email=None, archived=False, semver=None)


def _published(row: VersionRow, target: str, tag: Tag) -> VersionRow:
    assert tag.tagger is not None
    semver = trailers(tag.message).get(SEMVER, "")
    return replace(
        row,
        tag=target,
        published_at=tag.tagged_at,
        published_by_name=tag.tagger.name,
        published_by_email=tag.tagger.email,
        semver=semver if parse_semver(semver) else None,
    )


def _write_plan(conn: Connection, settings: Settings, plan: _Plan, now: datetime) -> None:
    account, changed = settings.account, plan.changed
    if changed or plan.gone:
        versions.remove_versions(conn, account, plan.workflow, [row.number for row in (*plan.gone, *changed)])
        versions.add_versions(conn, account, changed)
        audit.append(conn, account, list(_tag_entries(plan, now)))
        for entry in _archive_entries(plan, now):
            # Told each time, but with the key only once: by it rows that are built anew know that it has been told.
            if audit.append(conn, account, [entry]) is None:
                audit.append(conn, account, [entry._replace(key=None)])


def _tag_entries(plan: _Plan, now: datetime) -> Iterator[Entry]:
    """What was published and taken back, what came archived already, and what came back from the archive."""
    before = {(row.number, row.tag): row for row in plan.rows if row.tag}
    after = {(row.number, row.tag): row for row in plan.wanted if row.tag}
    for place, row in after.items():
        if place not in before:
            yield _published_entry(row, plan.tags.get(row.tag or ""), now)
            if row.archived:
                yield _archived_entry(row, now)
        elif before[place].archived and not row.archived:
            yield Entry(now, "git", "version.unarchived", f"{row.workflow}@{row.number}", {"commit": row.commit, "tag": row.tag})
    for number, tag in sorted(before.keys() - after.keys()):
        details = {"tag": tag, "reason": "its tag is gone or was moved"}
        yield Entry(now, "git", "version.unpublished", f"{plan.workflow}@{number}", details)


def _archive_entries(plan: _Plan, now: datetime) -> Iterator[Entry]:
    """What was archived that was published before."""
    before = {(row.number, row.tag) for row in plan.rows if row.tag and not row.archived}
    for row in plan.wanted:
        if row.archived and (row.number, row.tag) in before:
            yield _archived_entry(row, now)


def _archived_entry(row: VersionRow, now: datetime) -> Entry:
    subject = f"{row.workflow}@{row.number}"
    details = {"commit": row.commit, "tag": row.tag, "ref": archive_ref(row.workflow, row.number)}
    return Entry(now, "git", "version.archived", subject, details, key=f"archived/{subject}/{row.tag}")


def _published_entry(row: VersionRow, tag: Tag | None, now: datetime) -> Entry:
    subject = f"{row.workflow}@{row.number}"
    details = {
        "commit": row.commit,
        "blob": row.blob,
        "tag": row.tag,
        "tagged_at": row.published_at.isoformat() if row.published_at else None,
        "action": trailers(tag.message).get(ACTION, "tag") if tag else "tag",
    }
    return Entry(now, row.published_by_email or "", "version.published", subject, details, key=f"published/{subject}/{row.tag}")
