"""Which workflows a range of commits changes, and their files on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from wflgit.core.paths import WorkflowPaths, parse_plan_path
from wflgit.core.review import FileStatus
from wflgit.git.ranges import FileDelta


@dataclass(frozen=True, slots=True)
class Side:
    """The file of a workflow on one side. `content` is its bytes where they are not in Git."""

    slug: str
    path: str
    blob: str
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """A workflow that differs; at least one side is there."""

    old: Side | None
    new: Side | None

    @property
    def slug(self) -> str:
        """What it is called, in the head if it is there."""
        side = self.new or self.old
        assert side is not None
        return side.slug

    @property
    def status(self) -> FileStatus:
        """What became of its file."""
        if self.old is None:
            return FileStatus.ADDED
        if self.new is None:
            return FileStatus.DELETED
        return FileStatus.CHANGED if self.old.slug == self.new.slug else FileStatus.RENAMED


_MANY = 2_500
"""From how many pairs of a file that went and one that came on, only equal contents are taken for a renaming."""


def pair_workflows(
    deltas: Iterable[FileDelta], base: WorkflowPaths, head: WorkflowPaths, *, is_same: Callable[[Side, Side], bool]
) -> list[Pair]:
    """Find the workflows among the files that differ, by slug.

    A file that moved without getting another slug is one workflow that changed. One that went and one that came are one that was
    renamed, if their contents are equal, or else if `is_same`. Plans of migrations are no workflows.

    Args:
        deltas: the files that differ.
        base: which files of the base are workflows.
        head: which files of the head are.
        is_same: says whether a file that came is one that went, moved and edited.
    """
    pairs = [Pair(_old(delta, base), _new(delta, head)) for delta in deltas]
    found = [pair for pair in pairs if pair.old is not None and pair.new is not None]
    gone = [pair.old for pair in pairs if pair.old is not None and pair.new is None]
    come = [pair.new for pair in pairs if pair.new is not None and pair.old is None]

    def match(is_one: Callable[[Side, Side], bool]) -> None:
        for new in [*come]:
            old = next((old for old in gone if is_one(old, new)), None)
            if old is not None:
                found.append(Pair(old, new))
                gone.remove(old)
                come.remove(new)

    match(lambda old, new: old.slug == new.slug)
    match(lambda old, new: old.blob == new.blob)
    if len(gone) * len(come) <= _MANY:
        match(is_same)
    found += [*(Pair(old, None) for old in gone), *(Pair(None, new) for new in come)]
    return sorted(found, key=lambda pair: (pair.slug, pair.new.path if pair.new else ""))


def _old(delta: FileDelta, paths: WorkflowPaths) -> Side | None:
    slug = _slug(delta.old_path, paths)
    return Side(slug, delta.old_path, delta.old_blob) if slug and delta.old_path and delta.old_blob else None


def _new(delta: FileDelta, paths: WorkflowPaths) -> Side | None:
    slug = _slug(delta.new_path, paths)
    return Side(slug, delta.new_path, delta.new_blob, delta.content) if slug and delta.new_path and delta.new_blob else None


def _slug(path: str | None, paths: WorkflowPaths) -> str | None:
    return None if path is None or parse_plan_path(path) else paths.slug(path)


def list_plans(deltas: Iterable[FileDelta]) -> Iterator[tuple[str, FileDelta]]:
    """The plans of migrations that were added or changed, each with the slug of its workflow."""
    for delta in deltas:
        found = parse_plan_path(delta.new_path) if delta.new_path else None
        if found is not None:
            yield found[0], delta
