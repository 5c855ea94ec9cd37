"""What an edit started from: where the workflow has moved on since, the edit is refused, or merged with it step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wflgit.errors import ConflictError, DefinitionError

if TYPE_CHECKING:
    from wflgit.core.diff import Comparison
    from wflgit.standing import Standing
    from wflgit.store.versions import VersionRow
    from wflgit.workspace import Workspace

Base = int | str
"""How callers say what they have seen: a version number, the id or name of a commit, or the id of a blob."""

_TOLD = 3


def is_at(workspace: Workspace, row: VersionRow | None, base: Base) -> bool:
    """Whether a version is the one that is meant, or has its content; None, which stands for none, is meant by 0."""
    if row is None or base == 0:
        return row is None and base == 0
    return base in (row.number, row.commit, row.blob) or _blob(workspace, row, base) == row.blob


def require_base(workspace: Workspace, found: Standing, base: Base | None, content: bytes | None = None) -> None:
    """Check that the newest version still has the content that an edit started from.

    Args:
        workspace: where.
        found: how the workflow stands.
        base: what the edit started from; None asks for nothing.
        content: the edit; None to delete the workflow.

    Raises:
        ConflictError: if somebody changed the workflow since; says who, when and in which version, with what each side changed.
    """
    if base is None or is_at(workspace, found.rows[0], base) or _start(workspace, found, base) == found.rows[0].blob:
        return
    newest, started = found.rows[0], _start(workspace, found, base)
    number = next((row.number for row in found.rows if row.blob == started), None) if started else None
    raise ConflictError(
        f"expected the newest version of '{newest.workflow}' to be {base}, but {_told(_since(found, number))}",
        expected=base,
        actual=newest.number,
        theirs=_compared(workspace, started, newest.blob, (f"{newest.workflow}@{base}", f"{newest.workflow}@{newest.number}")),
        ours=_compared(workspace, started, content, (f"{newest.workflow}@{base}", "this edit")),
        hint=f"{'' if content is None else 'merge the two with --merge, or '}look at `wflgit diff "
        f"{newest.workflow}@{number or base} {newest.workflow}@{newest.number}`, and go on from version {newest.number}",
    )


def merge_edit(workspace: Workspace, found: Standing, base: Base | None, content: bytes) -> bytes:
    """The edit merged with what became of the workflow since its base; the edit itself where nothing did.

    Raises:
        ConflictError: if the two do not go together; says where.
        NotFoundError: if there is no such base to merge from.
    """
    newest = found.rows[0]
    if base is None or is_at(workspace, newest, base) or newest.blob is None:
        return content
    started = _start(workspace, found, base)
    if started is None and isinstance(base, int):
        found.version(base)
    from wflgit.api.merging import merge_contents

    before = workspace.git.blob(started) if started else None
    merged = merge_contents(workspace, before, content, workspace.git.blob(newest.blob))
    if merged.content is not None:
        return merged.content
    number = next((row.number for row in found.rows if row.blob == started), None)
    places = ", ".join(f"'{conflict.path}'" for conflict in merged.conflicts[:_TOLD])
    raise ConflictError(
        f"this edit of '{newest.workflow}' and what was changed meanwhile do not go together at {places}: "
        f"{_told(_since(found, number))}",
        expected=base,
        actual=newest.number,
        theirs=_compared(workspace, started, newest.blob, (f"{newest.workflow}@{base}", f"{newest.workflow}@{newest.number}")),
        ours=_compared(workspace, started, content, (f"{newest.workflow}@{base}", "this edit")),
        conflicts=merged.conflicts,
        hint=f"edit version {newest.number} in these places, then try again with --base {newest.number}",
    )


def _start(workspace: Workspace, found: Standing, base: Base) -> str | None:
    """The blob that an edit started from; None if it is not known here."""
    if isinstance(base, int):
        return next((row.blob for row in found.rows if row.number == base), None)
    for row in found.rows:
        if base in (row.commit, row.blob):
            return row.blob
    return _blob(workspace, found.rows[0], base)


def _blob(workspace: Workspace, row: VersionRow, base: Base) -> str | None:
    """What the file holds in a commit that is named otherwise than by its whole id."""
    commit = workspace.git.find_commit(base) if isinstance(base, str) else None
    return workspace.git.blob_at(commit, row.path) if commit else None


def _since(found: Standing, number: int | None) -> Sequence[VersionRow]:
    """The versions that came after the one an edit started from, newest first; the newest where that is not known."""
    return [row for row in found.rows if row.number > number] if number is not None else found.rows[:1]


def _told(since: Sequence[VersionRow]) -> str:
    """Who made which versions, the newest first."""
    said = [
        f"{row.author_name} made version {row.number} ('{row.summary}') at {row.created_at:%Y-%m-%d %H:%M} UTC"
        for row in since[:_TOLD]
    ]
    more = len(since) - _TOLD
    return ", ".join(said) + (f", and {more} more came before" if more > 0 else "")


def _compared(workspace: Workspace, before: str | None, after: bytes | str | None, names: tuple[str, str]) -> Comparison | None:
    """What a side changed; None where one of the two is not there or cannot be read."""
    if before is None or after is None:
        return None
    from wflgit.core.diff import compare

    contents = workspace.contents
    try:
        new = contents.parse(after).graph if isinstance(after, str) else contents.graph(after)
        return compare(contents.parse(before).graph, new, old_name=names[0], new_name=names[1])
    except DefinitionError:
        return None
