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
from typing import TYPE_CHECKING

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
