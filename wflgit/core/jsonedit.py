"""JSON text, changed as its author would have changed it.

What stays the same keeps its bytes: spacing, escapes, spellings of numbers, the order of keys. What is new is written the way the
text around it is. Only what differs is looked into, all else is skipped at the speed of the JSON reader. This module knows JSON and
nothing of workflows.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from wflgit.core.jsonvalues import same

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

_BOM = "\ufeff"
_LINE_LENGTH = 120
_COUSINS = 8
_SAMPLE = 64
_CANDIDATES = 8

_SPACE = re.compile(r"[ \t\n\r]*")
_INDENT = re.compile(f"{_BOM}?([ \t]*)")
_FIRST_INDENT = re.compile(r"\n([ \t]*)[^\s\]}]")
_ESCAPED_LETTER = re.compile(r"(?<!\\)(?:\\\\)*\\u(?!00[0-7])")
_ESCAPED_SLASH = re.compile(r"(?<!\\)(?:\\\\)*\\/")
_PLAIN_SLASH = re.compile(r"(?<!\\)(?:\\\\)*/")

_skip = json.JSONDecoder().raw_decode


def rewrite(text: str, old: Any, new: Any) -> str:
    r"""Change a JSON text so that it says `new`, and touch nothing else.

    Members and items that stay keep their bytes, and keys their order. A new key comes right before the next key of `new` that
    stays, else last. Items of a list are recognised by what they hold, by their `id` or `name`, or by their place.

    Args:
        text: a JSON document, with or without a byte-order mark.
        old: its value as it was read, keys in the order of the text.
        new: the value it is to have.

    >>> print(rewrite('{\n  "a": 1.0e3,\n  "b": [ 1,2 ]\n}', {"a": 1000.0, "b": [1, 2]}, {"a": 1000.0, "b": [1, 3], "c": {}}))
    {
      "a": 1.0e3,
      "b": [ 1,3 ],
      "c": {}
    }
    """
    if same(old, new):
        return text
    begin = _space(text, len(_BOM) if text.startswith(_BOM) else 0)
    writer = _Writer(text, begin)
    if _is_opened(old, new):
        writer.rewrite(found := _open(text, begin, old, new))
        return writer.result(found.end)
    writer.replace(begin, old, new)
    return writer.result(_end(text, begin))


# What stays, and where it comes from


class _Slot(NamedTuple):
    """A member or an item as it is to be; `source` is the place of the old one that it stays, becomes or replaces."""

    key: str | None
    value: Any
    source: int | None
    changed: bool


def _slots(old: Any, new: Any) -> list[_Slot]:
    if isinstance(old, dict):
        keys: list[Any] = _ordered(old, new)
        values = [new[key] for key in keys]
        places = {key: place for place, key in enumerate(old)}
        sources = [places.get(key) for key in keys]
        before, equal = list(old.values()), frozenset[int]()
    else:
        keys, values, before = [None] * len(new), new, old
        sources, equal = _ends_matched(old, new)
    _match(before, values, sources)
    return [
        _Slot(key, value, source, source is not None and source not in equal and not same(before[source], value))
        for key, value, source in zip(keys, values, sources, strict=True)
    ]


def _ordered(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """The keys of `new`: those that stay in their old order, each after the new keys that `new` has right before it."""
    before: dict[str, list[str]] = {}
    waiting: list[str] = []
    for key in new:
        if key in old:
            before[key], waiting = waiting, []
        else:
            waiting.append(key)
    return [*(key for kept in old if kept in new for key in (*before[kept], kept)), *waiting]


def _ends_matched(old: list[Any], new: list[Any]) -> tuple[list[int | None], frozenset[int]]:
    """Match what two lists have in common at their ends; also, which old places those are."""
    shorter, head, tail = min(len(old), len(new)), 0, 0
    while head < shorter and same(old[head], new[head]):
        head += 1
    while tail < shorter - head and same(old[-1 - tail], new[-1 - tail]):
        tail += 1
    end = len(old) - tail
    middle: list[int | None] = [None] * (len(new) - head - tail)
    if len(middle) == end - head == 1:
        middle = [head]
    return [*range(head), *middle, *range(end, len(old))], frozenset(chain(range(head), range(end, len(old))))


def _match(old: Sequence[Any], new: Sequence[Any], sources: list[int | None]) -> None:
    """Find a source for what has none yet: an equal value, one of the same `id` or `name`, or what stood in its place."""
    for label in (_spelled, _called("id"), _called("name")):
        taken = set(sources)
        if None not in taken or len(taken) > len(old):
            return
        waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place in reversed(range(len(old))):
            if place not in taken and (found := label(old[place])) is not None:
                waiting[found].append(place)
        for place, source in enumerate(sources):
            if source is None and (matches := waiting.get(label(new[place]))):
                sources[place] = matches.pop()
    _match_places(old, new, sources)


def _spelled(value: Any) -> Hashable:
    return json.dumps(value, sort_keys=True)


def _called(key: str) -> Callable[[Any], Hashable]:
    def name(value: Any) -> Hashable:
        found = value.get(key) if isinstance(value, dict) else None
        return found if type(found) in (str, int) else None

    return name


def _match_places(old: Sequence[Any], new: Sequence[Any], sources: list[int | None]) -> None:
    """Match what stands between the same neighbours: one by one if there are as many as before, else by what they share."""
    taken = set(sources)
    for first, last in list(_stretches(sources)):
        low = sources[first - 1] if first else -1
        high = sources[last] if last < len(sources) else len(old)
        assert low is not None  # a stretch has matched neighbours
        assert high is not None
        free = [place for place in range(low + 1, high) if place not in taken]
        found = free if len(free) == last - first else _alike(old, free, new[first:last])
        sources[first:last] = found
        taken.update(found)


def _stretches(sources: Sequence[int | None]) -> Iterator[tuple[int, int]]:
    first = None
    for place, source in enumerate((*sources, -1)):
        if source is None:
            first = place if first is None else first
        elif first is not None:
            yield first, place
            first = None


def _alike(old: Sequence[Any], free: list[int], new: Sequence[Any]) -> list[int | None]:
    found: list[int | None] = []
    for value in new:
        best = max(free[:_CANDIDATES], key=lambda place: _likeness(old[place], value), default=None)
        if best is None or not _likeness(old[best], value):
            found.append(None)
        else:
            found.append(best)
            free = free[free.index(best) + 1 :]
    return found


def _likeness(old: Any, new: Any) -> int:
    if not _is_opened(old, new):
        return 0
    if isinstance(old, dict):
        return sum(key in new and same(value, new[key]) for key, value in old.items())
    return sum(map(same, old, new))


def _is_opened(old: Any, new: Any) -> bool:
    """Say whether a value becomes another one piece by piece, and not at once."""
    return type(old) is type(new) and isinstance(old, dict | list) and bool(old) and bool(new)


# Where things stand


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member or an item of a container in the text; `named` is the end of its key."""

    key: str | None
    begin: int
    named: int
    value: int
    end: int
    inner: _Container | None


@dataclass(frozen=True, slots=True)
class _Container:
    """An object or a list in the text that is not empty, and what is to be in it."""

    begin: int
    end: int
    entries: list[_Entry]
    slots: Sequence[_Slot] = ()


_Look: TypeAlias = "Callable[[int, int], tuple[_Container | None, int]]"


def _space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    assert match is not None  # it matches nothing, too
    return match.end()


def _end(text: str, at: int) -> int:
    return _skip(text, at)[1]


def _open(text: str, at: int, old: Any, new: Any) -> _Container:
    """Find what is in a container, and in those inside of it that change inside."""
    slots = _slots(old, new)
    changed = {slot.source: slot.value for slot in slots if slot.changed}
    before = list(old.values()) if isinstance(old, dict) else old

    def look(place: int, at: int) -> tuple[_Container | None, int]:
        if place in changed and _is_opened(before[place], changed[place]):
            inner = _open(text, at, before[place], changed[place])
            return inner, inner.end
        return None, _end(text, at)

    entries, end = _entries(text, at, look)
    return _Container(at, end, entries, slots)


def _entries(text: str, at: int, look: _Look) -> tuple[list[_Entry], int]:
    """Find what a container holds and where it ends. `look` says the same of the value at a place and offset."""
    entries: list[_Entry] = []
    is_object = text[at] == "{"
    at = _space(text, at + 1)
    while text[at] not in "}]":
        key, begin, named = None, at, at
        if is_object:
            key, named = _skip(text, at)
            at = _space(text, _space(text, named) + 1)
        inner, end = look(len(entries), at)
        entries.append(_Entry(key, begin, named, at, end, inner))
        at = _space(text, end)
        if text[at] == ",":
            at = _space(text, at + 1)
    return entries, at + 1


# How the author writes


@dataclass(frozen=True, slots=True)
class _Style:
    """How things are written around a place; None for what was not seen yet."""

    newline: str
    indent: str
    colon: str | None = None
    comma: str | None = None

    @property
    def between_key_and_value(self) -> str:
        return self.colon or (":" if self.comma == "," else ": ")

    @property
    def between_entries_of_a_line(self) -> str:
        return self.comma or ("," if self.colon == ":" else ", ")


class _Writer:
    """Copies a text up to a place, with changed and new values in its style."""

    def __init__(self, text: str, begin: int) -> None:
        self._text = text
        self._pieces: list[str] = []
        self._kept = (0, begin)
        self._line = (0, 0)
        self._looked: dict[int, _Container] = {}
        indent = _FIRST_INDENT.search(text, begin)
        self._document_style = _Style(_newline(text[: text.find("\n") + 1]) or "\n", indent[1] if indent else "  ")

    def result(self, end: int) -> str:
        """All that was written, and the text after `end`."""
        self._keep(end, len(self._text))
        return "".join([*self._pieces, self._text[slice(*self._kept)]])

    def replace(self, begin: int, old: Any, new: Any) -> None:
        """Write another document in place of the one that begins there."""
        style, is_flat = self._document_style, False
        if isinstance(old, dict | list) and old:
            found = self._look(begin)
            style, is_flat = self._style(found, style), self._is_flat(found)
        self._add(self._fresh(new, self._indent(begin), style, None, flat=is_flat))

    def rewrite(self, found: _Container, outer: _Style | None = None, around: _Container | None = None) -> None:
        """Write a container as it is to be. `around` is the one that it is in, `outer` the style there."""
        style = self._style(found, outer or self._document_style)
        entries = found.entries
        for place, slot in enumerate(found.slots):
            if not place:
                self._keep(found.begin, entries[0].begin)
                indent = self._indent(entries[0].begin)
            elif slot.source:
                self._keep(entries[slot.source - 1].end, entries[slot.source].begin)
            else:
                self._add(gap := self._usual_gap(found, style))
                indent = _tail_indent(gap) if "\n" in gap else self._indent(entries[0].begin)
            if slot.source is None:
                self._insert(found, slot, style, indent, around)
            else:
                self._entry(found, slot, style, entries[slot.source], around)
        self._keep(entries[-1].end, found.end)

    def _insert(self, found: _Container, slot: _Slot, style: _Style, indent: str, around: _Container | None) -> None:
        if slot.key is not None:
            self._add(self._scalar(slot.key) + style.between_key_and_value)
        self._add(self._like_siblings(found, slot, style, indent, around))

    def _entry(self, found: _Container, slot: _Slot, style: _Style, entry: _Entry, around: _Container | None) -> None:
        if slot.key == entry.key:
            self._keep(entry.begin, entry.value)
        else:
            self._add(self._scalar(slot.key))
            self._keep(entry.named, entry.value)
        if entry.inner is not None:
            self.rewrite(entry.inner, style, found)
        elif slot.changed:
            self._add(self._like_siblings(found, slot, style, self._indent(entry.value), around))
        else:
            self._keep(entry.value, entry.end)

    def _add(self, written: str) -> None:
        self._pieces += [self._text[slice(*self._kept)], written]
        self._kept = (0, 0)

    def _keep(self, begin: int, end: int) -> None:
        """Copy a part of the text; parts that follow one another are copied at once."""
        if begin == self._kept[1]:
            self._kept = (self._kept[0], end)
        else:
            self._pieces.append(self._text[slice(*self._kept)])
            self._kept = (begin, end)

    def _like_siblings(self, found: _Container, slot: _Slot, style: _Style, indent: str, around: _Container | None) -> str:
        """Write a value that is new in a container, like its siblings there, or its cousins under the same key."""
        own = reversed(found.entries)
        cousins = self._cousins(found, slot.key, around)
        model = self._model(chain(own, cousins) if slot.key is None else chain(cousins, own), slot.value)
        return self._fresh(slot.value, indent, style, model, flat=self._is_flat(found))

    def _cousins(self, found: _Container, key: str | None, around: _Container | None) -> Iterator[_Entry]:
        """What stands under the same key in containers next to this one, the nearest first."""
        siblings = [] if around is None else around.entries
        place = bisect_left(siblings, found.begin, key=lambda entry: entry.value)
        near = siblings[max(place - _COUSINS, 0) : place + _COUSINS]
        for sibling in sorted(near, key=lambda entry: abs(entry.value - found.begin)):
            if sibling.value != found.begin and self._text[sibling.value] == self._text[found.begin]:
                yield from (entry for entry in self._look(sibling.value).entries if entry.key == key)

    def _model(self, entries: Iterable[_Entry], value: Any) -> _Container | None:
        """The first of the entries that is a container of the same kind with something in it."""
        if not (isinstance(value, dict | list) and value):
            return None
        bracket = "{" if isinstance(value, dict) else "["
        kind = (self._look(entry.value) for entry in entries if self._text[entry.value] == bracket)
        return next((found for found in kind if found.entries), None)

    def _fresh(self, value: Any, indent: str, style: _Style, model: _Container | None, *, flat: bool) -> str:
        """Write a new value. `flat`: what it comes into is in one line, and so is the value unless its model is not."""
        if not (isinstance(value, dict | list) and value):
            return self._scalar(value)
        if model is not None:
            style = self._style(model, style)
        if flat if model is None else self._is_flat(model):
            line = self._joined(value, indent, style, model, flat=True)
            if flat or model is None or len(line) <= max(_LINE_LENGTH, model.end - model.begin):
                return line
        return self._joined(value, indent, style, model, flat=False)

    def _joined(self, value: Any, indent: str, style: _Style, model: _Container | None, *, flat: bool) -> str:
        inner = indent if flat else indent + style.indent
        pieces = []
        for key, item in value.items() if isinstance(value, dict) else ((None, item) for item in value):
            head = "" if key is None else self._scalar(key) + style.between_key_and_value
            pieces.append(head + self._fresh(item, inner, style, self._part(model, key, item), flat=flat))
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        if flat:
            padding = self._text[model.begin + 1 : model.entries[0].begin] if model is not None and self._is_flat(model) else ""
            return opening + padding + style.between_entries_of_a_line.join(pieces) + padding + closing
        begin = style.newline + inner
        return opening + begin + ("," + begin).join(pieces) + style.newline + indent + closing

    def _part(self, model: _Container | None, key: str | None, value: Any) -> _Container | None:
        if model is None:
            return None
        return self._model(sorted(model.entries, key=lambda entry: entry.key != key), value)

    def _scalar(self, value: Any) -> str:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if not written.isascii() and self._escapes:
            written = json.dumps(value)
        return written.replace("/", "\\/") if "/" in written and self._escapes_slashes else written

    @cached_property
    def _escapes(self) -> bool:
        text = self._text
        return text.removeprefix(_BOM).isascii() and "\\u" in text and _ESCAPED_LETTER.search(text) is not None

    @cached_property
    def _escapes_slashes(self) -> bool:
        text = self._text
        return "\\/" in text and _ESCAPED_SLASH.search(text) is not None and _PLAIN_SLASH.search(text) is None

    def _look(self, at: int) -> _Container:
        """Find what is in a container that does not change; it may be empty."""
        if at not in self._looked:
            entries, end = _entries(self._text, at, lambda _, value: (None, _end(self._text, value)))
            self._looked[at] = _Container(at, end, entries)
        return self._looked[at]

    def _style(self, found: _Container, outer: _Style) -> _Style:
        """The style of what is in a container that is not empty."""
        text, first = self._text, found.entries[0].begin
        outside, inside = self._indent(found.begin), self._indent(first)
        opened = text[found.begin + 1 : first]
        is_deeper = "\n" in opened and inside.startswith(outside) and inside != outside
        colon = _commonest(text[entry.named : entry.value] for entry in found.entries[:_SAMPLE] if entry.key is not None)
        return replace(
            outer,
            newline=_newline(opened) or outer.newline,
            indent=inside.removeprefix(outside) if is_deeper else outer.indent,
            colon=colon or outer.colon,
            comma=_commonest(self._gaps(found.entries[:_SAMPLE])) or outer.comma,
        )

    def _gaps(self, entries: list[_Entry]) -> Iterator[str]:
        return (self._text[left.end : right.begin] for left, right in pairwise(entries))

    def _usual_gap(self, found: _Container, style: _Style) -> str:
        if len(found.entries) > 1:
            return Counter(self._gaps(found.entries[:_SAMPLE])).most_common(1)[0][0]
        opened = self._text[found.begin + 1 : found.entries[0].begin]
        if newline := _newline(opened):
            return "," + newline + _tail_indent(opened)
        return style.between_entries_of_a_line

    def _is_flat(self, found: _Container) -> bool:
        opened = self._text[found.begin : found.entries[0].begin]
        return not any("\n" in gap for gap in chain([opened], self._gaps(found.entries)))

    def _indent(self, at: int) -> str:
        """The indentation of the line that an offset is in."""
        begin, known = self._line
        if at < begin:
            begin, known = self._text.rfind("\n", 0, at) + 1, at
        elif at > known:
            begin, known = self._text.rfind("\n", known, at) + 1 or begin, at
        self._line = begin, known
        match = _INDENT.match(self._text, begin, at)
        assert match is not None  # it matches nothing, too
        return match[1]


def _newline(gap: str) -> str | None:
    return ("\r\n" if "\r\n" in gap else "\n") if "\n" in gap else None


def _tail_indent(gap: str) -> str:
    tail = gap.rpartition("\n")[2]
    return tail[: _space(tail, 0)]


def _commonest(gaps: Iterable[str]) -> str | None:
    """What is most often in the gaps that have no line break."""
    counts = Counter(gap for gap in gaps if "\n" not in gap)
    return counts.most_common(1)[0][0] if counts else None
