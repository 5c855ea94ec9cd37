"""Publications that the audit trail remembers and that no tag and no archive ref says any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wflgit.core.audit import AuditEntry
from wflgit.core.names import Marks, archive_folder, archive_ref, tag_folder, version_marks, version_tag
from wflgit.core.publications import ACTIONS, BY_GIT, Publication, read_publications
from wflgit.errors import MissingObjectError
from wflgit.git import refs
from wflgit.projection import assign_numbers, read_tags
from wflgit.store import audit, executions, versions
from wflgit.store.engine import Connection
from wflgit.workspace import Workspace


@dataclass(frozen=True, slots=True)
class LostTag:
    """A tag object that published a version first, and does not stand where it stood.

    Attributes:
        publication: what the audit trail remembers of it.
        ref: where it belongs.
        now: the object that stands there; None if the ref is gone.
        name: of who published, or the id where the tag object cannot tell.
        is_here: whether the tag and its commit are in this clone, so that it can be put back.
        executions: how many live ones are on the version.
    """

    publication: Publication
    ref: str
    now: str | None
    name: str
    is_here: bool
    executions: int


def read_entries(conn: Connection, account: str, actions: Collection[str], workflow: str | None = None) -> list[AuditEntry]:
    """The entries of some actions in the order of the trail, of one workflow where one is named."""
    found = [entry for action in actions for entry in audit.list_entries(conn, account, subject=workflow, action=action)]
    return sorted(found, key=lambda entry: entry.sequence)


def find_lost_tags(workspace: Workspace) -> list[LostTag]:
    """Find what was published and taken back by no operation, by workflow and number.

    The first tag object that published a number is the true one: tags are never changed. One that would publish nothing if it
    were put back, because history was changed under it, is not lost. What is missing counts only if it is missing under the lock
    too, where nobody moves a tag.
    """
    if not _look(workspace):
        return []
    with workspace.git.lock():
        return _look(workspace)


def _look(workspace: Workspace) -> list[LostTag]:
    workspace.sync()
    with workspace.store.read() as conn:
        remembered = read_publications(read_entries(conn, workspace.account, ACTIONS))
        counts = executions.counts(conn, workspace.account, None)
    live: Counter[tuple[str, int]] = Counter()
    for count in counts:
        live[count.workflow, count.version] += count.active + count.waiting
    standing = _standing(workspace)
    return [
        _lost(workspace, found, standing, live[found.workflow, found.number])
        for found in _first_ones(workspace, remembered, standing)
        if found.tag not in _places(found, standing)
    ]


def _standing(workspace: Workspace) -> dict[str, str]:
    """All tags and archive refs; tags twice, because one may leave the archive while that is read."""
    git = workspace.git
    found = refs.list_refs(git, tag_folder()) | refs.list_refs(git, archive_folder())
    return found | refs.list_refs(git, tag_folder())


def _places(found: Publication, standing: Mapping[str, str]) -> tuple[str | None, str | None]:
    tag, archived = version_tag(found.workflow, found.number), archive_ref(found.workflow, found.number)
    return standing.get(tag), standing.get(archived)


def _first_ones(workspace: Workspace, remembered: Sequence[Publication], standing: Mapping[str, str]) -> Iterator[Publication]:
    """Of each version the first tag object that published it and has not been taken back on purpose."""
    first: dict[tuple[str, int], Publication] = {}
    for found in remembered:
        key = found.workflow, found.number
        if key in first or found.gone_by not in (None, BY_GIT):
            continue
        if found.tag in _places(found, standing) or _would_publish(workspace, found, standing):
            first[key] = found
    yield from (first[key] for key in sorted(first))


def _would_publish(workspace: Workspace, found: Publication, standing: Mapping[str, str]) -> bool:
    """Whether a tag object would publish its number if it stood where it belongs."""
    git, slug, number = workspace.git, found.workflow, found.number
    with workspace.store.read() as conn:
        rows = versions.list_versions(conn, workspace.account, slug)[::-1]
    chain = [row for row in rows if row.on_trunk]
    if not _is_here(workspace, found):
        real = next((row.number for row in chain if row.commit == found.commit), number)
        return real == number
    marks = version_marks(standing, slug).get(slug, Marks({}, {}))
    back = Marks({**marks.tags, number: found.tag}, {other: target for other, target in marks.archive.items() if other != number})
    assignment = assign_numbers(git, workspace.settings, chain, back, read_tags(git, [*back.tags.values(), *back.archive.values()]))
    return number in assignment.published


def _lost(workspace: Workspace, found: Publication, standing: Mapping[str, str], count: int) -> LostTag:
    ref = (archive_ref if found.archived else version_tag)(found.workflow, found.number)
    is_here = _is_here(workspace, found)
    tag = refs.read_tag(workspace.git, found.tag) if is_here else None
    name = tag.tagger.name if tag and tag.tagger else found.by
    return LostTag(found, ref, standing.get(ref), name, is_here, count)


def _is_here(workspace: Workspace, found: Publication) -> bool:
    """Whether the tag object and what it marks are in this clone, and it is the tag that the trail speaks of."""
    try:
        tag = refs.read_tag(workspace.git, found.tag)
    except MissingObjectError:
        return False
    return tag is not None and tag.commit == found.commit
