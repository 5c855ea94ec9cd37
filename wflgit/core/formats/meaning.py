"""What the fields of a document are worth: which have a meaning, and which only come along with an export.

Every format declares its `Fields`; the graph holds only what means something. The others matter where a document is shown, compared
or merged as a document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer


class Worth(StrEnum):
    """What it is worth to know that a field changed.

    MEANING: it changes what the workflow does. COSMETIC: it is for the eyes (positions, notes). VOLATILE: the tool that exports the
    file writes it anew by itself (timestamps, version ids). SECRET: it means something, but must not be printed where it stands
    literally. PRIVATE: it is somebody's data and no part of the workflow; never printed.
    """

    MEANING = "meaning"
    COSMETIC = "cosmetic"
    VOLATILE = "volatile"
    SECRET = "secret"  # noqa: S105 - the name of a class of fields
    PRIVATE = "private"


class Feature(StrEnum):
    """What workflows may have, and not every format can say."""

    NAME = "a display name"
    TRIGGERS = "triggers"
    WAITS = "waits"
    GOALS = "goals"
    SPLITS = "splits"
    DISABLING = "disabled steps"


@dataclass(frozen=True)
class Fields:
    """The fields of a format that have no meaning, or must not be printed; all others are of worth MEANING.

    A pattern is a path from the workflow's own object: keys joined by `/`, where `*` stands for one key or index, and `**` for any
    number of them; it ends with a key. What is under a field that a pattern names is worth the same. Where several match, the
    strictest counts: private, secret, volatile, cosmetic. Secret patterns begin with `**`, for they are also asked of the configs
    of parts, without the way to them.
    """

    cosmetic: tuple[str, ...] = ()
    volatile: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    private: tuple[str, ...] = ()

    @cached_property
    def _ranked(self) -> tuple[tuple[Worth, tuple[str, ...]], ...]:
        """The patterns, the strictest worth first."""
        return (
            (Worth.PRIVATE, self.private),
            (Worth.SECRET, self.secret),
            (Worth.VOLATILE, self.volatile),
            (Worth.COSMETIC, self.cosmetic),
        )

    @cached_property
    def _matchers(self) -> tuple[tuple[Worth, re.Pattern[str]], ...]:
        return tuple((worth, re.compile("|".join(map(_pattern, patterns)))) for worth, patterns in self._ranked if patterns)

    @cached_property
    def _by_last(self) -> Mapping[str, list[tuple[Worth, re.Pattern[str]]]]:
        """The patterns by the key that they end with."""
        found: dict[str, list[tuple[Worth, re.Pattern[str]]]] = {}
        for worth, patterns in self._ranked:
            for pattern in patterns:
                found.setdefault(pattern.rpartition("/")[2], []).append((worth, re.compile(_pattern(pattern))))
        return found

    def worth(self, pointer: Pointer) -> Worth:
        """What the field at a path from the workflow's own object is worth, by itself or for what it is in.

        >>> Fields(cosmetic=("nodes/*/position",)).worth(("nodes", 3, "position", 0))
        <Worth.COSMETIC: 'cosmetic'>
        >>> Fields(cosmetic=("nodes/*/position",)).worth(("nodes", 3, "name"))
        <Worth.MEANING: 'meaning'>
        """
        path = _path(pointer)
        return next((worth for worth, matcher in self._matchers if matcher.match(path)), Worth.MEANING)

    def own_worth(self, pointer: Pointer) -> Worth:
        """What the field itself is worth, whatever it is in: for those who come to every field, and go no further into some.

        >>> Fields(cosmetic=("nodes/*/position",)).own_worth(("nodes", 3, "position", 0))
        <Worth.MEANING: 'meaning'>
        """
        candidates = self._by_last.get(str(pointer[-1]), ()) if pointer else ()
        return next((worth for worth, matcher in candidates if matcher.fullmatch(_path(pointer))), Worth.MEANING)


def _path(pointer: Pointer) -> str:
    return "".join(f"/{_escape(str(key))}" for key in pointer) + "/"


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _pattern(text: str) -> str:
    """A regular expression for a path that begins with the pattern; each key has a slash before it."""
    parts = text.split("/")
    return "".join("(?:/[^/]*)*" if part == "**" else "/[^/]*" if part == "*" else f"/{re.escape(part)}" for part in parts) + "/"


def patched(original: Any, old: Any, new: Any) -> Any:
    """Carry a change of what is said into the document that says it, and leave alone what the change does not touch.

    Args:
        original: a value of a document, which may hold more than `old`: fields without meaning.
        old: what was read from it.
        new: what it is to say now.

    Returns:
        The original itself if nothing changed; else a copy of it, key by key as far as all three are objects: keys that only `new`
        has come last, those that only `old` has are gone.

    >>> patched({"url": "a", "cached": 1}, {"url": "a"}, {"url": "b", "method": "GET"})
    {'url': 'b', 'cached': 1, 'method': 'GET'}
    """
    if same(old, new):
        return original
    if not (isinstance(original, dict) and isinstance(old, dict) and isinstance(new, dict)):
        return new
    kept = {
        key: patched(value, old[key], new[key]) if key in old and key in new else new.get(key, value)
        for key, value in original.items()
        if key in new or key not in old
    }
    return kept | {key: value for key, value in new.items() if key not in original}


def same(old: Any, new: Any) -> bool:
    """Equal as JSON: unlike for Python, `1`, `1.0` and `true` are three different values."""
    return old is new or (bool(old == new) and _of_same_types(old, new))


def _of_same_types(old: Any, new: Any) -> bool:
    """Whether values that Python calls equal are of the same types throughout."""
    if old.__class__ is not new.__class__:
        return False
    if old.__class__ is dict:
        for key, value in old.items():
            # Texts are only ever equal to texts, so most values need no look.
            if value.__class__ is not str and not _of_same_types(value, new[key]):
                return False
    elif old.__class__ is list:
        for one, other in zip(old, new, strict=True):
            if one.__class__ is not str and not _of_same_types(one, other):
                return False
    return True
