"""Merging triggers, goals, and what is said of a workflow as a whole. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from wflgit.core.diff import contents, settings_of, whole
from wflgit.core.graph import Edge, Goal, Step, StepKind, Trigger
from wflgit.core.jsonvalues import same
from wflgit.core.merge.asking import MISSING, Asking, Place, Three, both_did, decided
from wflgit.core.merge.conflicts import OURS, ConflictKind
from wflgit.core.merge.sequences import woven
from wflgit.core.merge.sides import Side
from wflgit.core.merge.targets import Targets
from wflgit.core.merge.values import Values, merge_sets

_P = TypeVar("_P", Trigger, Goal)
SAY_START = frozenset({"native", "asl"})
"""The formats that name the step at which executions begin; elsewhere that follows from the steps and ways."""

_SETS = frozenset({"tags"})
"""Settings that are lists whose order means nothing."""


class Parts:
    """Merges what a workflow has beside steps and the ways between them."""

    def __init__(self, sides: tuple[Side, Side, Side], asking: Asking, values: Values, targets: Targets) -> None:
        self._sides = sides
        self._asking = asking
        self._values = values
        self._targets = targets

    # Of the whole

    def settings(self) -> tuple[str | None, dict[str, Any]]:
        """The name, and the settings."""
        place = Place("settings", "the workflow")
        sides = Three(*(_settings(side) for side in self._sides))
        found = decided(sides)
        said = dict(found[0]) if found else self._said(sides, place)
        return said.get("name"), settings_of(said)

    def _said(self, sides: Three, place: Place) -> dict[str, Any]:
        sets = {
            key: merge_sets(Three(*values)) for key in _SETS if len(values := [side[key] for side in sides if key in side]) == 3
        }
        rest = Three(*({key: value for key, value in side.items() if key not in sets} for side in sides))
        return self._values.objects(rest, place) | sets

    def start(self) -> str | None:
        """The step at which executions begin."""
        values = Three(*(side.start for side in self._sides))
        if self._sides[1].graph.format not in SAY_START:
            return (decided(values) or (values.ours,))[0]  # type: ignore[no-any-return]
        return values.of(self._targets.merge(values, "settings/start", "the start", None))  # type: ignore[no-any-return]

    # Triggers

    def triggers(self, steps: Mapping[str, Step]) -> tuple[Trigger, ...]:
        """The triggers; those that are steps say what their steps say."""
        sides = [[trigger for trigger in side.triggers if not _is_step(trigger, side)] for side in self._sides]
        there = {trigger.id: trigger for side in reversed(self._sides) for trigger in side.triggers if _is_step(trigger, side)}
        order = woven([each.id for each in self._sides[1].triggers], [each.id for each in self._sides[2].triggers], steps)
        entrances = [
            replace(there[id_], type=steps[id_].type, config=steps[id_].config, disabled=steps[id_].disabled)
            for id_ in order
            if id_ in there and steps[id_].kind is StepKind.TRIGGER
        ]
        numbered = self._sides[1].graph.format == "native"
        keyed = (
            _triggers_by_key(Three(*sides)) if numbered else Three(*({trigger.id: trigger for trigger in side} for side in sides))
        )
        merged = self._merged(keyed, "triggers", "trigger")
        return (*entrances, *(_numbered(merged) if numbered else merged))

    def goals(self) -> tuple[Goal, ...]:
        """The goals."""
        return tuple(self._merged(Three(*(_by_id(side.goals) for side in self._sides)), "goals", "goal"))

    def _merged(self, sides: Three, path: str, what: str) -> list[Any]:
        found = []
        for key in woven([*sides.ours], [*sides.theirs], {*sides.ours, *sides.theirs}):
            values = Three(*(side.get(key, MISSING) for side in sides))
            part = self._part(values, Place(f"{path}/{key}", f"{what} '{key}'"))
            if part is not MISSING:
                found.append(part)
        return found

    def _part(self, values: Three, place: Place) -> Any:
        found = _decided(values)
        if found:
            return found[0]
        base, ours, theirs = values
        is_trigger = isinstance(theirs if ours is MISSING else ours, Trigger)
        if MISSING in (ours, theirs):
            kind = ConflictKind.TRIGGER if is_trigger else ConflictKind.DELETE_MODIFY
        elif is_trigger and base is not MISSING and ours.type != theirs.type:
            kind = ConflictKind.TRIGGER
        else:
            return self._fields(values, place)
        shown = Three(*(MISSING if part is MISSING else contents(part, part)[0] for part in values))
        return values.of(self._asking.choose(place.path, kind, both_did(values, place.said()), values, shown=shown) or OURS)

    def _fields(self, values: Three, place: Place) -> Any:
        ours = values.ours
        names = ("type", "disabled", "config") if isinstance(ours, Trigger) else ("event", "config")
        merged: dict[str, Any] = {}
        for name in names:
            sides = Three(*(MISSING if part is MISSING else getattr(part, name) for part in values))
            merged[name] = self._values.merge(sides, place.below(name))
        end = "start" if isinstance(ours, Trigger) else "target"
        ends = Three(*(MISSING if part is MISSING else getattr(part, end) for part in values))
        field = "start" if isinstance(ours, Trigger) else "next"
        key = self._targets.merge(ends, f"{place.path}/{field}", f"the way on of {place.owner}", None)
        return replace(ours, **merged, **{end: ends.of(key)})

    # Uses

    def uses(self, steps: Collection[str]) -> list[Edge]:
        """What steps work with: what both sides say, without what one has removed."""
        base, ours, theirs = ([use._replace(pointer=()) for use in side.graph.uses] for side in self._sides)
        if base == ours:
            ours = theirs
        kept = ours
        if theirs not in (base, ours):
            kept = [use for use in ours if _among(use, theirs) or not _among(use, base)]
            kept += [use for use in theirs if not _among(use, base) and not _among(use, kept)]
        return [use for use in kept if use.source in steps and (use.target in steps or not _is_gone(use.target, self._sides))]


def _is_gone(step: str | None, sides: Sequence[Side]) -> bool:
    return any(step in side.graph.steps for side in sides)


def _among(use: Edge, uses: Sequence[Edge]) -> bool:
    return any(use[:4] == other[:4] and same(use.condition, other.condition) for other in uses)


def _settings(side: Side) -> dict[str, Any]:
    said = {key: value for key, value in whole(side.graph).items() if key != "start"}
    if said["name"] is None:
        del said["name"]
    return said


def _is_step(trigger: Trigger, side: Side) -> bool:
    step = side.graph.steps.get(trigger.id)
    return step is not None and step.kind is StepKind.TRIGGER


def _decided(values: Three) -> tuple[Any, ...]:
    base, ours, theirs = values
    if _alike(ours, theirs) or _alike(base, theirs):
        return (ours,)
    return (theirs,) if _alike(base, ours) else ()


def _alike(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    return same(*contents(one, other))


def _by_id(goals: Sequence[Goal]) -> dict[str, Goal]:
    """Goals by id, with a number behind it where several have one."""
    counts: Counter[str] = Counter()
    found = {}
    for goal in goals:
        counts[goal.id] += 1
        found[goal.id if counts[goal.id] == 1 else f"{goal.id} ({counts[goal.id]})"] = goal
    return found


# Triggers that are known by their types


def _triggers_by_key(sides: Three) -> Three:
    """The triggers of each side, those that are one under one key, where their ids only count those of a type."""
    base, ours, theirs = sides
    keys: list[dict[int, str]] = [{place: trigger.id for place, trigger in enumerate(base)}, {}, {}]
    for side, found in ((ours, keys[1]), (theirs, keys[2])):
        for place, was in _partners(base, side).items():
            found[place] = base[was].id
    taken = {*keys[0].values()}
    for place, trigger in enumerate(ours):
        if place not in keys[1]:
            keys[1][place] = _free(trigger.id, taken)
            other = [at for at, rival in enumerate(theirs) if at not in keys[2] and _said(rival) == _said(trigger)]
            if other:
                keys[2][other[0]] = keys[1][place]
    for place, trigger in enumerate(theirs):
        if place not in keys[2]:
            keys[2][place] = _free(trigger.id, taken)
    return Three(*({found[place]: side[place] for place in range(len(side))} for found, side in zip(keys, sides, strict=True)))


def _partners(base: Sequence[Trigger], side: Sequence[Trigger]) -> dict[int, int]:
    """The trigger of before that each is: what says the same, else the only one of its type, else the only one that is left."""
    found: dict[int, int] = {}
    for alike in (_said, lambda trigger: trigger.type, lambda _: None):
        olds = [place for place in range(len(base)) if place not in found.values()]
        for place, trigger in enumerate(side):
            news = [at for at in range(len(side)) if at not in found and same(alike(side[at]), alike(trigger))]
            rivals = [at for at in olds if same(alike(base[at]), alike(trigger))]
            if place in news and len(rivals) == 1 == len(news):
                found[place] = rivals[0]
                olds.remove(rivals[0])
    return found


def _said(trigger: Trigger) -> Any:
    return [trigger.type, trigger.config]


def _free(key: str, taken: set[str]) -> str:
    count, free = 1, key
    while free in taken:
        count += 1
        free = f"{key} ({count})"
    taken.add(free)
    return free


def _numbered(triggers: Sequence[Trigger]) -> list[Trigger]:
    """The triggers, called by their types and numbers as they are read."""
    counts: Counter[str] = Counter()
    found = []
    for trigger in triggers:
        counts[trigger.type] += 1
        count = counts[trigger.type]
        found.append(replace(trigger, id=trigger.type if count == 1 else f"{trigger.type}-{count}"))
    return found
