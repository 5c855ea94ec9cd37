"""What a merge asks while it goes: each conflict, and what was answered. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from wflgit.core.jsonvalues import same
from wflgit.core.merge.conflicts import ALL, BASE, OURS, THEIRS, Answers, Choice, ConflictKind, MergeConflict

OURS_FIRST, THEIRS_FIRST, BOTH = "ours-then-theirs", "theirs-then-ours", "both"
"""The keys of the choices that keep what both sides say."""


class _Missing:
    """Where a side says nothing, which is not null."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()


class Three(NamedTuple):
    """What the three sides say of one thing."""

    base: Any
    ours: Any
    theirs: Any

    def swapped(self) -> Three:
        """The same with the sides exchanged."""
        return Three(self.base, self.theirs, self.ours)

    def of(self, key: str) -> Any:
        """What a side says; ours for a key that is none of a side."""
        return {BASE: self.base, THEIRS: self.theirs}.get(key, self.ours)


class Place(NamedTuple):
    """What a value is of: its path in the merge, how people call it, whose it is, and the step that is."""

    path: str
    owner: str
    called: str = ""
    step: str | None = None
    kind: ConflictKind = ConflictKind.FIELD

    def below(self, key: str | int) -> Place:
        """The place of a field of it."""
        return self._replace(path=f"{self.path}/{key}", called=f"{self.called}.{key}" if self.called else str(key))

    def said(self) -> str:
        """How a message names it."""
        return f"'{self.called}' of {self.owner}" if self.called else self.owner


class Asking:
    """Collects conflicts and notes, and knows the answers.

    Attributes:
        conflicts: what was asked and not answered.
        asked: what was asked, answered or not, one sentence each.
        notes: what was decided without asking.
    """

    def __init__(self, answers: Answers) -> None:
        self.conflicts: list[MergeConflict] = []
        self.asked: list[str] = []
        self.notes: list[str] = []
        self._answers = answers
        self._paths: set[str] = set()

    def choose(
        self,
        path: str,
        kind: ConflictKind,
        message: str,
        values: Three,
        *,
        step: str | None = None,
        more: Mapping[str, str] | None = None,
        shown: Three | None = None,
    ) -> str | None:
        """Ask which way a conflict goes.

        Args:
            path: where it is.
            kind: why it is one.
            message: what each side did.
            values: what the sides say.
            step: the step it is about.
            more: choices beside the sides, with what they do; they are told first.
            shown: the values as JSON, where they are not.

        Returns:
            The key of the choice; None if nobody has answered, and the conflict is noted.
        """
        path = self._unique(path)
        self.asked.append(message)
        choices = (*(Choice(key, label) for key, label in (more or {}).items()), *_sides(values))
        keys = {choice.key for choice in choices}
        for answer in (self._answers.get(path), self._answers.get(ALL)):
            if answer in keys:
                return answer
        told = {side: value for side, value in zip((BASE, OURS, THEIRS), shown or values, strict=True) if value is not MISSING}
        self.conflicts.append(
            MergeConflict(
                path,
                kind,
                message,
                step,
                base=told.get(BASE),
                ours=told.get(OURS),
                theirs=told.get(THEIRS),
                choices=choices,
                has=frozenset(told),
            )
        )
        return None

    def note(self, sentence: str) -> None:
        """Tell of something that was decided without asking."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def _unique(self, path: str) -> str:
        free, count = path, 1
        while free in self._paths:
            count += 1
            free = f"{path} ({count})"
        self._paths.add(free)
        return free


def _sides(values: Three) -> tuple[Choice, ...]:
    ours = "leave it out, as ours does" if values.ours is MISSING else "keep ours"
    theirs = "leave it out, as theirs does" if values.theirs is MISSING else "take theirs"
    base = "leave it out, as it was before" if values.base is MISSING else "go back to what it was before"
    return Choice(OURS, ours), Choice(THEIRS, theirs), Choice(BASE, base)


def did(base: Any, side: Any, changed: str = "changed") -> str:
    """What a side did to a value, in one word."""
    if side is MISSING:
        return "removed"
    return "added" if base is MISSING else changed


def both_did(values: Three, what: str, changed: str = "changed") -> str:
    """One sentence on what both sides did to something."""
    ours, theirs = did(values.base, values.ours, changed), did(values.base, values.theirs, changed)
    if ours == theirs:
        return f"both sides {ours} {what}, each in its own way"
    return f"ours {ours} {what}, theirs {theirs} it"


def decided(values: Three) -> Any:
    """What comes of three values if at most one side changed it, or both did the same; None, in a tuple of nothing, if not.

    Returns:
        A tuple of the value, empty if it has to be looked into.
    """
    base, ours, theirs = values
    if _alike(ours, theirs) or _alike(base, theirs):
        return (ours,)
    return (theirs,) if _alike(base, ours) else ()


def _alike(one: Any, other: Any) -> bool:
    return one is other or (one is not MISSING and other is not MISSING and same(one, other))
