"""A comparison in a few plain words, for commit messages, tag messages and lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import Comparison, EdgeChange, Part
from wflgit.core.graph import Step

_SHOWN = 4

_DONE = {
    ChangeType.TRIGGER_ADDED: ("added", "trigger"),
    ChangeType.TRIGGER_REMOVED: ("removed", "trigger"),
    ChangeType.TRIGGER_RETYPED: ("changed the type of", "trigger"),
    ChangeType.TRIGGER_CHANGED: ("changed", "trigger"),
    ChangeType.TRIGGER_ENABLED: ("enabled", "trigger"),
    ChangeType.TRIGGER_DISABLED: ("disabled", "trigger"),
    ChangeType.STEP_ADDED: ("added", "step"),
    ChangeType.STEP_REMOVED: ("removed", "step"),
    ChangeType.STEPS_INSERTED: ("inserted", "step"),
    ChangeType.STEPS_TAKEN_OUT: ("took out", "step"),
    ChangeType.STEPS_WRAPPED: ("put", "step"),
    ChangeType.STEPS_UNWRAPPED: ("took", "step"),
    ChangeType.STEP_RETYPED: ("changed the type of", "step"),
    ChangeType.STEP_RENAMED: ("renamed", "step"),
    ChangeType.STEP_MOVED: ("moved", "step"),
    ChangeType.STEP_CHANGED: ("changed", "step"),
    ChangeType.STEP_ENABLED: ("enabled", "step"),
    ChangeType.STEP_DISABLED: ("disabled", "step"),
    ChangeType.GOAL_ADDED: ("added", "goal"),
    ChangeType.GOAL_REMOVED: ("removed", "goal"),
    ChangeType.GOAL_CHANGED: ("changed", "goal"),
}
_OF_EDGES = frozenset(
    {
        ChangeType.EDGE_ADDED,
        ChangeType.EDGE_REMOVED,
        ChangeType.EDGE_RETARGETED,
        ChangeType.BRANCH_ADDED,
        ChangeType.BRANCH_REMOVED,
        ChangeType.BRANCHES_REORDERED,
        ChangeType.CONDITION_CHANGED,
        ChangeType.USE_ADDED,
        ChangeType.USE_REMOVED,
    }
)
_OF_THE_WHOLE = frozenset({ChangeType.NAME_CHANGED, ChangeType.START_CHANGED, ChangeType.SETTING_CHANGED})

Words = tuple[str, ...]
"""A sentence in pieces: what is at an odd place is the name of something."""


def describe(comparison: Comparison) -> tuple[str, ...]:
    """Say what was done, a line for all changes of one kind, what came and went first; `("no change of meaning",)` if nothing was.

    Up to four names are listed, then how many more there are. Where steps were put is not said; `words_of` does.
    """
    if not comparison:
        return ("no change of meaning",)
    changes = comparison.changes
    alike: dict[ChangeType, list[Change]] = {type_: [] for type_ in _DONE}
    for change in changes:
        type_ = _IN_SHORT.get(change.type, change.type)
        if type_ in alike:
            alike[type_].append(change)
    done = {type_: [*_told(some, type_)] for type_, some in alike.items() if some}
    ways = _capped(["".join(words_of(change)) for change in changes if change.type in _OF_EDGES], "ways changed")
    settings = sorted({str(field.path[0]) for change in changes if change.type in _OF_THE_WHOLE for field in change.fields})
    return (
        *(line for type_, lines in done.items() if not type_.startswith("goal") for line in lines),
        *ways,
        *(line for type_, lines in done.items() if type_.startswith("goal") for line in lines),
        *([f"changed {_list(settings)} of the workflow"] if settings else []),
    )


_IN_SHORT = {ChangeType.STEPS_INSERTED: ChangeType.STEP_ADDED, ChangeType.STEPS_TAKEN_OUT: ChangeType.STEP_REMOVED}


def _told(changes: Sequence[Change], type_: ChangeType) -> list[str]:
    """Changes of one type: in one line, where there is no more to say than what they were done to."""
    verb, noun = _DONE[type_]
    if type_ in _APART or any(change.steps and change.type not in _IN_SHORT for change in changes):
        return _capped([_quoted(words_of(change)) for change in changes], f"{noun}s {verb}")
    names = [name for change in changes for name in _names(change)]
    return [f"{verb} {noun if len(names) == 1 else f'{len(names)} {noun}s'} {_list(names)}"]


_APART = frozenset({ChangeType.STEP_RENAMED, ChangeType.STEP_MOVED, ChangeType.STEPS_WRAPPED, ChangeType.STEPS_UNWRAPPED})


def _names(change: Change) -> list[str]:
    """What a change was done to, one by one."""
    if change.type not in _IN_SHORT:
        return [_called(change)]
    return [_called(replace(change, subject=step)) for step in change.steps]


def _capped(said: Sequence[str], rest: str) -> list[str]:
    return [*said[:_SHOWN], *([f"{len(said) - _SHOWN} more {rest}"] if len(said) > _SHOWN else [])]


def _quoted(words: Words) -> str:
    return "".join(f"'{word}'" if place % 2 else word for place, word in enumerate(words))


def words_of(change: Change) -> Words:
    """Say what somebody did, without values.

    >>> words_of(Change(ChangeType.STEPS_INSERTED, "x", steps=("x",), between=("a", None)))
    ('inserted step ', 'x', ' between ', 'a', ' and the end')
    """
    if change.type in _OF_EDGES:
        return _way_words(change)
    match change.type:
        case ChangeType.STEPS_INSERTED | ChangeType.STEPS_TAKEN_OUT | ChangeType.STEP_MOVED:
            return _at(change)
        case ChangeType.STEPS_WRAPPED:
            return (*_steps(change), " into ", change.subject)
        case ChangeType.STEPS_UNWRAPPED:
            return (*_steps(change), " out of ", change.subject)
        case ChangeType.STEP_DISABLED | ChangeType.STEP_ENABLED if change.steps:
            return (*_steps(change), " with ", change.label or change.subject)
        case ChangeType.STEP_RENAMED if change.was is not None:
            return ("renamed step ", change.was, " to ", _called(change))
        case ChangeType.NAME_CHANGED:
            return ("renamed the workflow",)
        case ChangeType.START_CHANGED:
            return ("changed where it starts",)
        case ChangeType.SETTING_CHANGED:
            return ("changed setting ", change.label)
        case ChangeType.COSMETIC | ChangeType.VOLATILE:
            fields = change.noise.fields if change.noise else ()
            return (
                f"{'only for the eye' if change.type is ChangeType.COSMETIC else 'written anew by every export'}: ",
                ", ".join(fields),
            )
    verb, noun = _DONE[change.type]
    return (f"{verb} {noun} ", _called(change))


def _steps(change: Change) -> Words:
    """What was done to several steps."""
    verb, noun = _DONE[change.type]
    if len(change.steps) == 1:
        [step] = change.steps
        return (f"{verb} {noun} ", _called(change) if step == change.subject else step)
    names = [word for step in change.steps[:_SHOWN] for word in (", ", step)][1:]
    more = (f" and {len(change.steps) - _SHOWN} more",) if len(change.steps) > _SHOWN else ()
    return _merged((f"{verb} {len(change.steps)} {noun}s ", *names, *more))


def _at(change: Change) -> Words:
    """What was done to steps, and between which."""
    said = _steps(change) if change.steps else ("moved step ", _called(change))
    if change.between is None:
        return said
    before, after = change.between
    verb = " from between " if change.type is ChangeType.STEPS_TAKEN_OUT else " between "
    return _merged((*said, *_place(verb, before, "the start"), *_place(" and ", after, "the end")))


def _place(words: str, step: str | None, otherwise: str) -> Words:
    return (words, step) if step is not None else (f"{words}{otherwise}", "")


def _merged(words: Words) -> Words:
    """Pieces in which plain text stands at even places, and names at odd ones."""
    found = list(words)
    while "" in found:
        place = found.index("")
        found[place - 1 : place + 2] = ["".join(found[place - 1 : place + 2])]
    return tuple(found)


def _way_words(change: Change) -> Words:
    if change.type is ChangeType.BRANCHES_REORDERED:
        return ("the ways on from ", change.subject, " are tried in another order")
    way = (change.subject, f" ({change.label})")
    [edge] = change.edges
    match change.type:
        case ChangeType.CONDITION_CHANGED:
            return ("changed when ", *way[:1], f"{way[1]} is taken")
        case ChangeType.USE_ADDED | ChangeType.USE_REMOVED:
            verb = "now uses" if change.type is ChangeType.USE_ADDED else "no longer uses"
            return ("", way[0], f"{way[1]} {verb} ", _target(edge))
    if edge.new is None:
        return ("", way[0], f"{way[1]} leads nowhere any more")
    if edge.old is None:
        return ("", way[0], f"{way[1]} now leads to ", _target(edge))
    return ("", way[0], f"{way[1]} now leads to ", _target(edge), ", not ", edge.old.target or "the end")


def _target(edge: EdgeChange) -> str:
    found = edge.new or edge.old
    return (found.target if found is not None else None) or "the end"


def telling_name(part: Part) -> str:
    """The display name of a step, where its id does not say it; empty for what has none."""
    return part.name if isinstance(part, Step) and part.name and not part.id.endswith(part.name) else ""


def _called(change: Change) -> str:
    """What a change was done to, by its id, and its name if that tells more."""
    parts = (part.new or part.old for part in change.parts if part.id == change.subject)
    name = next((name for part in parts if part is not None and (name := telling_name(part))), "")
    return f"{change.subject} ({name})" if name else change.subject


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
