"""Any record as plain data for JSON: the keys are its field names, times and durations are ISO 8601, enums are their values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from wflgit.core.changes import Change
from wflgit.core.diff import Comparison, PartChange
from wflgit.core.discretion import conceal, conceal_comparison, conceal_conflict
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.graph import Edge, Goal, Step
from wflgit.core.mapping import Destination
from wflgit.core.merge.conflicts import MergeConflict
from wflgit.core.records import Definition
from wflgit.core.times import format_duration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wflgit.errors import WflgitError


def to_data(value: Any) -> Any:
    """Turn records, and whatever they hold, into what JSON can say.

    Of a definition the document is shown and not its bytes, of a comparison also what somebody did, of a changed part also field by
    field what differs; of these without secrets and private data, but a change is shown as it is: conceal it before. A destination
    is written as people type it.
    """
    match value:
        case Definition():
            return {**_record(value, leave_out=("content", "graph", "document")), "document": conceal(value.document)}
        case Comparison():
            shown = conceal_comparison(value)
            return {**_record(shown, leave_out=("graphs",)), "changes": to_data(shown.changes)}
        case Change():
            return _change(value)
        case MergeConflict():
            return _record(conceal_conflict(value))
        case PartChange():
            return {**_record(value), "fields": to_data(value.fields)}
        case Destination():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case timedelta():
            return format_duration(value)
        case Mapping():
            return {str(key): to_data(item) for key, item in value.items()}
        case Step() | Edge():
            return to_data(value._asdict())
        case list() | tuple():
            return [to_data(item) for item in value]
        case set() | frozenset():
            return sorted((to_data(item) for item in value), key=str)
        case _ if is_dataclass(value):
            return _record(value)
        case str():
            return str(value)
        case _:
            return value


def _record(value: Any, leave_out: tuple[str, ...] = ()) -> dict[str, Any]:
    return {field.name: to_data(getattr(value, field.name)) for field in fields(value) if field.name not in leave_out}


def _change(change: Change) -> dict[str, Any]:
    """A change without the parts that it is about: their ids and the fields say enough, but of those that came or went."""
    return {
        **_record(change, leave_out=("parts", "edges", "order", "noise")),
        "parts": [_part(part) for part in change.parts],
        "edges": [
            {"source": edge.source, "label": edge.label, "kind": str(edge.kind), "old": _way(edge.old), "new": _way(edge.new)}
            for edge in change.edges
        ],
        "order": None if change.order is None else {"old": _labels(change.order.old), "new": _labels(change.order.new)},
        "noise": to_data(change.noise),
    }


def _part(change: PartChange) -> dict[str, Any]:
    said = {"id": change.id, "kind": str(change.kind), "was": change.was}
    part = change.new or change.old
    if part is None or change.kind is ChangeKind.CHANGED:
        return said
    name = part.name if isinstance(part, Step) else None
    return {**said, "type": part.event if isinstance(part, Goal) else part.type, "name": name, "config": to_data(part.config)}


def _way(edge: Edge | None) -> dict[str, Any] | None:
    return None if edge is None else {"target": edge.target, "kind": str(edge.kind), "condition": to_data(edge.condition)}


def _labels(edges: Iterable[Edge]) -> list[str]:
    return [edge.label for edge in edges]


def error_data(error: WflgitError) -> dict[str, Any]:
    """An error as data: `{"error": {"code", "message", "hint", …}}` with the data that its class carries."""
    said = {"code": error.code, "message": error.message, "hint": error.hint}
    return {"error": {**said, **{key: to_data(value) for key, value in vars(error).items() if key not in said}}}


def dumps(value: Any, *, indent: int | None = 2) -> str:
    """Write data as JSON; in one line if `indent` is None.

    Plain ASCII, so that it survives any encoding and no escape code reaches a terminal.
    """
    return json.dumps(to_data(value), indent=indent, ensure_ascii=True)
