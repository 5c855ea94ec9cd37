"""What may be shown: secrets and private data of documents and comparisons are replaced by words. Pure.

The bytes in Git stay as they are, and so do the records of the Python API; this is for output that people and logs read.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import FORMATS, find_format
from wflgit.core.formats.meaning import Fields, Worth
from wflgit.core.graph import Step
from wflgit.core.jsonedit import rewrite
from wflgit.core.jsonvalues import same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wflgit.core.changes import Change
    from wflgit.core.diff import Comparison, EdgeChange, OrderChange, Part, PartChange
    from wflgit.core.fieldchanges import FieldChange
    from wflgit.core.graph import Edge, Pointer
    from wflgit.core.merge.conflicts import MergeConflict

SECRET = "(secret)"  # noqa: S105 - what is shown in place of one
ANOTHER_SECRET = "(another secret)"  # noqa: S105
PRIVATE = "(private)"


def conceal(document: Any) -> Any:
    """A workflow document that may be shown; itself if there is nothing to hide.

    Raises:
        DefinitionError: if it is of no known format.
    """
    known = find_format(document)
    return _concealed(document, known.FIELDS, known.root(document), ())


def conceal_text(text: str, document: Any) -> str:
    """The text of a document that may be shown, line by line as its author wrote it.

    Raises:
        DefinitionError: if it is of no known format.
    """
    shown = conceal(document)
    return text if shown is document else rewrite(text, document, shown)


def conceal_comparison(comparison: Comparison) -> Comparison:
    """A comparison that may be shown: a secret that changed is another secret."""
    known = FORMATS.get(comparison.format)
    if known is None or not known.FIELDS.secret:
        return comparison
    shown = _Concealing(known.FIELDS)
    return replace(
        comparison,
        triggers=tuple(map(shown.part, comparison.triggers)),
        steps=tuple(map(shown.part, comparison.steps)),
        trigger_steps=tuple(map(shown.part, comparison.trigger_steps)),
        goals=tuple(map(shown.part, comparison.goals)),
        edges=tuple(map(shown.edge_change, comparison.edges)),
        orders=tuple(map(shown.order, comparison.orders)),
        settings=tuple(map(shown.field, comparison.settings)),
    )


def conceal_changes(changes: Iterable[Change], format_name: str) -> tuple[Change, ...]:
    """Changes that may be shown, as told of a comparison that is not concealed itself.

    Args:
        changes: the changes.
        format_name: the format of the new side.
    """
    known = FORMATS.get(format_name)
    if known is None or not known.FIELDS.secret:
        return tuple(changes)
    shown = _Concealing(known.FIELDS)
    return tuple(
        replace(
            change,
            parts=tuple(map(shown.part, change.parts)),
            edges=tuple(map(shown.edge_change, change.edges)),
            fields=tuple(map(shown.field, change.fields)),
            order=change.order and shown.order(change.order),
        )
        for change in changes
    )


def conceal_conflict(conflict: MergeConflict) -> MergeConflict:
    """A conflict of a merge that may be shown; its values, of whatever format, without secrets."""
    pointer = tuple(conflict.path.split("/"))
    base, ours, theirs = conflict.base, conflict.ours, conflict.theirs
    for known in FORMATS.values():
        if known.FIELDS.worth(pointer) is Worth.SECRET:
            return replace(
                conflict,
                base=_secret(base),
                ours=_secret(ours, other=base is not None),
                theirs=_secret(theirs, other=base is not None),
            )
        ours, theirs = (_without_secrets(side, base, known.FIELDS, pointer) for side in (ours, theirs))
        base = _without_secrets(base, base, known.FIELDS, pointer)
    return replace(conflict, base=base, ours=ours, theirs=theirs)


class _Concealing:
    """Conceals the parts of comparisons and changes by the fields of a format."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def part(self, change: PartChange) -> PartChange:
        old, new, fields = change.old, change.new, self.fields
        return replace(
            change,
            old=None if old is None else _with_config(old, _without_secrets(old.config, old.config, fields, ())),
            new=None if new is None else _with_config(new, _without_secrets(new.config, old and old.config, fields, ())),
        )

    def field(self, change: FieldChange) -> FieldChange:
        if self.fields.worth(change.path) is Worth.SECRET:
            return replace(change, old=_secret(change.old), new=_secret(change.new, other=change.old is not None))
        old = _without_secrets(change.old, change.old, self.fields, change.path)
        return replace(change, old=old, new=_without_secrets(change.new, change.old, self.fields, change.path))

    def edge_change(self, change: EdgeChange) -> EdgeChange:
        old, new = change.old, change.new
        before = None if old is None else old.condition
        return replace(change, old=old and self._edge(old, before), new=new and self._edge(new, before))

    def order(self, change: OrderChange) -> OrderChange:
        old, new = (tuple(self._edge(edge, edge.condition) for edge in edges) for edges in (change.old, change.new))
        return replace(change, old=old, new=new)

    def _edge(self, edge: Edge, before: Any) -> Edge:
        return edge._replace(condition=_without_secrets(edge.condition, before, self.fields, ()))


def _secret(value: Any, *, other: bool = False) -> Any:
    """What is shown for a value that is to be hidden; an empty one hides nothing."""
    if value is None or value in ("", {}, []):
        return value
    return ANOTHER_SECRET if other else SECRET


def _concealed(value: Any, fields: Fields, root: Pointer, pointer: Pointer) -> Any:
    """A value without what must not be shown, the same object where nothing is hidden; what is outside of `root` stays."""
    if pointer[: len(root)] == root and pointer != root:
        match fields.own_worth(pointer[len(root) :]):
            case Worth.PRIVATE:
                return value if value is None or value in ("", {}, []) else PRIVATE
            case Worth.SECRET:
                return _secret(value)
    if isinstance(value, dict):
        items = {key: _concealed(item, fields, root, (*pointer, key)) for key, item in value.items()}
        return items if any(items[key] is not item for key, item in value.items()) else value
    if isinstance(value, list):
        shown = [_concealed(item, fields, root, (*pointer, index)) for index, item in enumerate(value)]
        return shown if any(map(lambda one, other: one is not other, shown, value)) else value
    return value


def _without_secrets(value: Any, before: Any, fields: Fields, pointer: Pointer) -> Any:
    """A value of a part without its secrets; one that is not what it was before is another secret."""
    if fields.own_worth(pointer) is Worth.SECRET:
        return _secret(value, other=before is not None and not same(before, value))
    if isinstance(value, dict):
        old = before if isinstance(before, dict) else {}
        return {key: _without_secrets(item, old.get(key), fields, (*pointer, key)) for key, item in value.items()}
    if isinstance(value, list):
        items = before if isinstance(before, list) else []
        return [_without_secrets(item, _item(items, index), fields, (*pointer, index)) for index, item in enumerate(value)]
    return value


def _item(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else None


def _with_config(part: Part, config: Any) -> Part:
    return part._replace(config=config) if isinstance(part, Step) else replace(part, config=config)
