"""A comparison in a few plain words, for commit messages, tag messages and lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wflgit.core.diff import ChangeKind, Comparison, EdgeChange, Part, PartChange
from wflgit.core.graph import Step

_SHOWN = 4


def describe(comparison: Comparison) -> tuple[str, ...]:
    """Say what differs, a line a kind of change; `("no change of meaning",)` if nothing does.

    Up to four names are listed, then how many more there are.
    """
    lines = [
        *_parts("trigger", comparison.triggers),
        *_parts("step", comparison.steps),
        *_edges(comparison),
        *_parts("goal", comparison.goals),
    ]
    if comparison.settings:
        lines.append(f"changed {_list(sorted({str(change.path[0]) for change in comparison.settings}))} of the workflow")
    return tuple(lines) or ("no change of meaning",)


def telling_name(part: Part) -> str:
    """The display name of a step, where its id does not say it; empty for what has none."""
    return part.name if isinstance(part, Step) and part.name and not part.id.endswith(part.name) else ""


def _called(change: PartChange) -> str:
    part = change.new or change.old
    name = telling_name(part) if part else ""
    return f"{change.id} ({name})" if name else change.id


def _parts(noun: str, changes: Sequence[PartChange]) -> Iterator[str]:
    for kind in ChangeKind:
        names = [_called(change) for change in changes if change.kind is kind and change.was is None]
        if names:
            yield f"{kind} {noun if len(names) == 1 else f'{len(names)} {noun}s'} {_list(names)}"
    renamed = [change for change in changes if change.was is not None]
    for change in renamed[:_SHOWN]:
        yield f"renamed {noun} '{change.was}' to '{change.id}'{' and changed it' if change.fields else ''}"
    if len(renamed) > _SHOWN:
        yield f"renamed {len(renamed) - _SHOWN} more {noun}s"


def _edges(comparison: Comparison) -> Iterator[str]:
    """Ways that changed; those that come and go with a step are said by the step."""
    steps = {change.id for change in comparison.steps if change.kind is not ChangeKind.CHANGED}
    said = [_edge(change) for change in comparison.edges if change.source not in steps]
    yield from said[:_SHOWN]
    if len(said) > _SHOWN:
        yield f"{len(said) - _SHOWN} more ways changed"


def _edge(change: EdgeChange) -> str:
    way = f"{change.source} ({change.label})"
    if change.new is None:
        return f"{way} leads nowhere any more"
    target = change.new.target or "the end"
    if change.old is None:
        return f"{way} now leads to {target}"
    if change.old.target != change.new.target:
        return f"{way} now leads to {target}, not {change.old.target or 'the end'}"
    return f"changed when {way} is taken"


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
