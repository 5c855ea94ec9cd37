"""How trunk history and tags become version numbers. Pure: the same history and tags give the same numbers in every clone.

Numbers are derived, never typed: the n-th first-parent trunk commit that changed a workflow's file is its version n; a
deletion counts. Published numbers are never given again: a version published by wflgit whose commit has left the trunk (a
rewritten or re-parented trunk) keeps its number, and the trunk's own versions are numbered around it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wflgit.core.paths import WorkflowPaths


@dataclass(frozen=True, slots=True)
class Numbered:
    """One change of one workflow, with its number. `blob` is None for a deletion."""

    workflow: str
    number: int
    path: str
    blob: str | None


@dataclass
class Numbering:
    """Gives numbers to workflow changes as trunk commits go by, oldest first.

    Start it empty for the whole history, or with what is known at a commit to go on from there.

    Attributes:
        paths: which files are workflows.
        files: by slug, the live files (path to blob). Two files under one slug are a collision: until one of them goes,
            no change of either makes a version, because wflgit does not guess which is meant.
        last: by slug, the last number given and the blob it has.
        taken: by slug, numbers that must not be given.
    """

    paths: WorkflowPaths
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    last: dict[str, tuple[int, str | None]] = field(default_factory=dict)
    taken: Mapping[str, Collection[int]] = field(default_factory=dict)

    def add(self, changes: Iterable[tuple[str, str | None]]) -> Iterator[Numbered]:
        """Take in one commit's changes (path, new blob or None if deleted) and yield the versions it makes."""
        touched: dict[str, str] = {}
        for path, blob in changes:
            slug = self.paths.slug(path)
            if slug is None:
                continue
            touched[slug] = path
            files = self.files.setdefault(slug, {})
            if blob is None:
                files.pop(path, None)
            else:
                files[path] = blob
        for slug, path in touched.items():
            yield from self._number(slug, path)

    def _number(self, slug: str, touched: str) -> Iterator[Numbered]:
        files = self.files[slug]
        if len(files) > 1:
            return
        path, blob = next(iter(files.items())) if files else (touched, None)
        number, before = self.last.get(slug, (0, None))
        if blob == before:
            return
        number = next_free(number, self.taken.get(slug, ()))
        self.last[slug] = (number, blob)
        yield Numbered(slug, number, path, blob)


def next_free(number: int, taken: Collection[int]) -> int:
    """The lowest number above `number` that is not taken."""
    number += 1
    while number in taken:
        number += 1
    return number


class TagFault(StrEnum):
    """Why a tag that looks like `<slug>/v<N>`, or an archive ref of version N, does not publish version N."""

    LIGHTWEIGHT = "lightweight"
    WRONG_NUMBER = "wrong-number"
    NO_VERSION = "no-version"
    DELETED = "deleted"
    SECOND = "second"


Fault = tuple[TagFault, int | None]
"""Why a tag publishes nothing, and the number that the commit it marks really has, if any."""


@dataclass(frozen=True, slots=True)
class TagFacts:
    """What is known of a version tag, wherever its object stands.

    Attributes:
        commit: what it marks, or None for a lightweight tag (it has no tagger, so it publishes nothing).
        on_trunk: whether that commit is on the trunk's first-parent line.
        by_wflgit: whether wflgit wrote it, as its trailers say.
    """

    commit: str | None
    on_trunk: bool = True
    by_wflgit: bool = False


@dataclass(frozen=True, slots=True)
class Assignment:
    """The numbers of one workflow after its tags were looked at.

    Attributes:
        numbers: for each trunk version, oldest first, its number.
        published: the numbers that are published, archived ones too.
        archived: those of them that only an archive ref publishes.
        orphans: the published numbers whose commit is not on the trunk any more.
        faults: tags that publish nothing, by number, with the reason and the number the commit really has, if any.
        archive_faults: the same of archive refs.
    """

    numbers: tuple[int, ...]
    published: frozenset[int]
    archived: frozenset[int]
    orphans: frozenset[int]
    faults: Mapping[int, Fault]
    archive_faults: Mapping[int, Fault]


def assign(
    chain: Sequence[tuple[str, str | None]], tags: Mapping[int, TagFacts], archive: Mapping[int, TagFacts] = {}
) -> Assignment:
    """Number a workflow's trunk versions (commit, blob), oldest first, in the light of its version tags and archive refs.

    A number that a tag publishes is not archived, whatever its archive ref says.
    """
    commits = {commit for commit, _ in chain}
    marks = [*tags.items(), *archive.items()]
    orphans = frozenset(number for number, tag in marks if _is_orphan(tag, commits))
    numbers: list[int] = []
    for _ in chain:
        numbers.append(next_free(numbers[-1] if numbers else 0, orphans))
    by_commit = {commit: (number, blob) for number, (commit, blob) in zip(numbers, chain, strict=True)}
    faults = _faults(tags, by_commit)
    tagged = tags.keys() - faults.keys()
    second = {number: (TagFault.SECOND, number) for number in archive.keys() & tagged}
    archive_faults = {**second, **_faults(archive, by_commit)}
    archived = frozenset(archive.keys() - archive_faults.keys())
    return Assignment(tuple(numbers), archived | tagged, archived, orphans, faults, archive_faults)


def _is_orphan(tag: TagFacts, commits: Collection[str]) -> bool:
    return tag.by_wflgit and tag.commit is not None and tag.commit not in commits and not tag.on_trunk


def _faults(tags: Mapping[int, TagFacts], by_commit: Mapping[str, tuple[int, str | None]]) -> dict[int, Fault]:
    found = {number: _fault(number, tag, by_commit) for number, tag in tags.items() if not _is_orphan(tag, by_commit)}
    return {number: fault for number, fault in found.items() if fault is not None}


def _fault(number: int, tag: TagFacts, by_commit: Mapping[str, tuple[int, str | None]]) -> Fault | None:
    if tag.commit is None:
        return TagFault.LIGHTWEIGHT, None
    real, blob = by_commit.get(tag.commit, (None, None))
    if real is None:
        return TagFault.NO_VERSION, None
    if real != number:
        return TagFault.WRONG_NUMBER, real
    return (TagFault.DELETED, real) if blob is None else None
