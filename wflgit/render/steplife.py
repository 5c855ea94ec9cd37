"""The life of a step, and who last did something to each step, as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.changes import ChangeType
from wflgit.core.fieldchanges import ChangeKind
from wflgit.render.comparison import value_lines
from wflgit.render.tables import Column, Table
from wflgit.render.text import Line, Span, Style, day, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.core.diff import EdgeChange
    from wflgit.core.fieldchanges import FieldChange
    from wflgit.core.steplife import StepBlame, StepChange, StepEvent

_GOOD = frozenset({ChangeType.STEP_ADDED, ChangeType.STEPS_INSERTED, ChangeType.TRIGGER_ADDED})
_BAD = frozenset({ChangeType.STEP_REMOVED, ChangeType.STEPS_TAKEN_OUT, ChangeType.TRIGGER_REMOVED})
_ONE_LINE = 100

_COLUMNS = (
    Column("STEP", flexible=True),
    Column("VERSION"),
    Column("DATE"),
    Column("AUTHOR", flexible=True),
    Column("PR", right=True),
    Column("WHAT", flexible=True),
    Column("SUMMARY", flexible=True),
)


def event_lines(events: Sequence[StepEvent]) -> Iterator[Line]:
    """The life of a step, version by version in the order given: who, when, in which pull request, and what changed."""
    for event in events:
        by = f"  {day(event.created_at)}  {event.author.name}  "
        request = f"{_request(event)}  " if event.pull_request else ""
        yield line(Span(_version(event), Style.STRONG), Span(by, Style.DIM), request, event.summary)
        if event.unread:
            yield line(Span(f"  {_unread(event)}", Style.CAUTION))
        for change in event.changes:
            style = Style.GOOD if change.type in _GOOD else Style.BAD if change.type in _BAD else Style.CAUTION
            yield line(Span(f"  {_told(change, event.step)}", style))
            yield from _details(change)


def blame_table(found: Sequence[StepBlame]) -> Table:
    """The steps in the order given, one a row."""
    return Table(_COLUMNS, [_row(step) for step in found])


def _row(step: StepBlame) -> Line:
    event = step.last
    return line(
        Span(step.step, Style.STRONG),
        _version(event),
        day(event.created_at),
        event.author.name,
        _request(event),
        "; ".join(_told(change, event.step) for change in event.changes),
        event.summary,
    )


def _version(event: StepEvent) -> str:
    return f"{event.workflow}@{event.version}"


def _request(event: StepEvent) -> str:
    return f"#{event.pull_request}" if event.pull_request else ""


def _unread(event: StepEvent) -> str:
    """Which versions cannot be read, as far as it matters here."""
    one = len(event.unread) == 1
    listed = f"version {event.unread[0]}" if one else f"versions {', '.join(map(str, event.unread))}"
    return f"{listed} before it cannot be read, it may have been there" if event.changes else f"{listed} cannot be read"


_WORDS = {
    ChangeType.STEP_ADDED: "added",
    ChangeType.STEP_REMOVED: "removed",
    ChangeType.STEP_RENAMED: "renamed",
    ChangeType.STEP_RETYPED: "type changed",
    ChangeType.STEP_MOVED: "moved",
    ChangeType.STEPS_INSERTED: "inserted",
    ChangeType.STEPS_TAKEN_OUT: "taken out",
    ChangeType.STEP_CHANGED: "changed",
    ChangeType.STEP_ENABLED: "enabled",
    ChangeType.STEP_DISABLED: "disabled",
    ChangeType.TRIGGER_ADDED: "added",
    ChangeType.TRIGGER_REMOVED: "removed",
    ChangeType.TRIGGER_RETYPED: "type changed",
    ChangeType.TRIGGER_CHANGED: "changed",
    ChangeType.TRIGGER_ENABLED: "enabled",
    ChangeType.TRIGGER_DISABLED: "disabled",
    ChangeType.BRANCHES_REORDERED: "order of branches changed",
}
_AROUND = {
    ChangeType.STEPS_WRAPPED: ("put around others", "put into"),
    ChangeType.STEPS_UNWRAPPED: ("taken from around others", "taken out of"),
}
_WAYS = {
    ChangeType.EDGE_ADDED: "way on added",
    ChangeType.EDGE_REMOVED: "way on removed",
    ChangeType.EDGE_RETARGETED: "way on changed",
    ChangeType.BRANCH_ADDED: "branch added",
    ChangeType.BRANCH_REMOVED: "branch removed",
    ChangeType.CONDITION_CHANGED: "condition changed",
    ChangeType.USE_ADDED: "use added",
    ChangeType.USE_REMOVED: "use removed",
}


def _told(change: StepChange, step: str) -> str:
    """What was done to a step, in a few words."""
    words = _WORDS.get(change.type, str(change.type))
    if change.type in _AROUND:
        words = _AROUND[change.type][0] if change.subject == step else f"{_AROUND[change.type][1]} '{change.subject}'"
    if change.type in _WAYS:
        words = f"{_WAYS[change.type]}: {change.label}"
    if change.between is not None:
        before, after = (f"'{side}'" if side is not None else None for side in change.between)
        words = f"{words} between {before or 'the start'} and {after or 'the end'}"
    return words if change.was is None else f"{words}, was '{change.was}'"


def _details(change: StepChange) -> Iterator[Line]:
    for field in change.fields:
        path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in field.path).removeprefix(".")
        yield from value_lines(path, *_sides(field))
    for edge in change.edges if change.type in _WAYS else ():
        yield from _way_lines(edge)
    if change.order is not None:
        old, new = (", ".join(edge.label for edge in edges) for edges in (change.order.old, change.order.new))
        yield from value_lines("order", old, new)


def _sides(field: FieldChange) -> tuple[str, str]:
    old = "absent" if field.kind is ChangeKind.ADDED else _value(field.old)
    return old, "absent" if field.kind is ChangeKind.REMOVED else _value(field.new)


def _way_lines(edge: EdgeChange) -> Iterator[Line]:
    old, new = (None if side is None else side.target or "end" for side in (edge.old, edge.new))
    if old != new:
        yield from value_lines(edge.label, old or "nowhere", new or "nowhere")
    if edge.old is not None and edge.new is not None:
        before, now = _value(edge.old.condition), _value(edge.new.condition)
        if before != now:
            yield from value_lines(f"{edge.label} if", before, now)


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
