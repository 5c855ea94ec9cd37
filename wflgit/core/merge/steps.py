"""Merging steps: which there are, and what they say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wflgit.core.diff import contents
from wflgit.core.graph import Step
from wflgit.core.jsonvalues import same
from wflgit.core.merge.asking import MISSING, Asking, Place, Three, decided
from wflgit.core.merge.conflicts import BASE, OURS, THEIRS, ConflictKind
from wflgit.core.merge.sides import Side, same_step, same_ways
from wflgit.core.merge.values import Values

_SIDES = {OURS: 1, THEIRS: 2}
_OTHER = {OURS: THEIRS, THEIRS: OURS}


class Steps:
    """Decides which steps there are in a merge, and merges what they say."""

    def __init__(
        self,
        sides: tuple[Side, Side, Side],
        renamed: tuple[frozenset[str], frozenset[str]],
        called_by: Mapping[str, str],
        asking: Asking,
        values: Values,
    ) -> None:
        self._sides = sides
        self._renamed = {OURS: renamed[0], THEIRS: renamed[1]}
        self._called_by = called_by
        self._asking = asking
        self._values = values

    def merge(self) -> dict[str, Step]:
        """The steps of the merge, in no order; the sides are left with the ways that fit to them."""
        base, ours, theirs = self._sides
        for id_ in base.graph.steps:
            if (id_ in ours.steps) != (id_ in theirs.steps):
                self._removed(id_, OURS if id_ in theirs.steps else THEIRS)
        for id_ in ours.graph.steps:
            if id_ not in base.graph.steps and id_ in theirs.steps:
                self._added_by_both(id_)
        gone = {id_ for id_ in base.graph.steps if id_ not in ours.steps or id_ not in theirs.steps}
        self._with_containers(gone)
        found = {}
        untouched = theirs.untouched(base.steps)
        for id_ in [*ours.steps, *(id_ for id_ in theirs.steps if id_ not in ours.steps)]:
            if id_ not in gone:
                found[id_] = ours.steps[id_] if id_ in untouched and id_ in ours.steps else self._merged(id_)
        return found

    def _of(self, id_: str) -> Three:
        return Three(*(side.steps.get(id_, MISSING) for side in self._sides))

    # Which there are

    def _removed(self, id_: str, remover: str) -> None:
        """Decide on a step that one side has removed."""
        base, side, other = self._sides[0], self._sides[_SIDES[_OTHER[remover]]], self._sides[_SIDES[remover]]
        changed = not same_step(base.steps[id_], side.steps[id_]) or id_ in self._renamed[_OTHER[remover]]
        ways_changed = not same_ways(base.ways.get(id_, ()), side.ways.get(id_, ()))
        referred = side.references(id_) - base.references(id_)
        if not changed and not ways_changed and not referred:
            self._remove(id_)
            return
        if not changed and _came_of_neighbours(id_, base, side, referred) and self._pass_by(id_, base, side):
            return
        key = self._ask_for_removed(id_, remover, sorted(referred) if not changed and not ways_changed else [])
        if key == remover:
            if not self._pass_by(id_, base, side, answered=True):
                self._remove(id_)
            return
        if key == BASE:
            side.put_back(id_, base)
        other.put_back(id_, base)

    def _pass_by(self, id_: str, base: Side, side: Side, *, answered: bool = False) -> bool:
        """Lead what leads to a step to where one comes from there, and remove it; say whether that is plain."""
        was, now = base.way_past(id_), side.way_past(id_)
        if was is None or now is None:
            return False
        if answered and (now[0] is None or now[0] in base.graph.steps):
            now = was  # as whoever removed it has it, but for steps that are new there
        base.pass_by(id_, was[0])
        side.pass_by(id_, now[0])
        self._remove(id_)
        return True

    def _ask_for_removed(self, id_: str, remover: str, referred: list[tuple[str, str]]) -> str | None:
        keeper = _OTHER[remover]
        kind, did = ConflictKind.DELETE_MODIFY, "changed it"
        if referred:
            source = next((source for source, _ in referred if source), None)
            kind, did = ConflictKind.DELETE_REFERENCE, f"leads to it from '{source}'" if source else "starts with it"
            did = f"uses it in '{source}'" if referred[0][1].startswith("\0") and source else did
        values = self._of(id_)
        message = f"{remover} removed step '{id_}', {keeper} {did}"
        return self._asking.choose(f"steps/{id_}", kind, message, values, step=id_, shown=_shown(values))

    def _remove(self, id_: str) -> None:
        for side in self._sides[1:]:
            side.steps.pop(id_, None)
            side.ways.pop(id_, None)

    def _added_by_both(self, id_: str) -> None:
        """Decide on two steps of one id that cannot be one."""
        values = self._of(id_)
        if (values.ours.type, values.ours.kind) == (values.theirs.type, values.theirs.kind):
            return
        message = f"both sides added a step '{id_}': ours is '{values.ours.type}', theirs '{values.theirs.type}'"
        key = self._asking.choose(f"steps/{id_}", ConflictKind.BOTH_ADDED, message, values, step=id_, shown=_shown(values))
        if key == BASE:
            self._remove(id_)
        else:
            self._take(id_, key or OURS)

    def _take(self, id_: str, key: str) -> None:
        """Have a step on both sides as one has it."""
        _, ours, theirs = self._sides
        source = {THEIRS: theirs, BASE: self._sides[0]}.get(key, ours)
        for side in (ours, theirs):
            if side is not source:
                side.steps[id_] = _over(side.steps[id_], source.steps[id_])
                side.set_ways(id_, source.ways.get(id_, ()))

    def _with_containers(self, gone: set[str]) -> None:
        """Put back the containers of steps that are there, and all that was in them."""
        base, ours, theirs = self._sides
        todo: list[str | None] = [step.scope for side in (ours, theirs) for step in side.steps.values() if step.scope in gone]
        while todo:
            scope = todo.pop()
            if scope is None or scope not in gone:
                continue
            inside = [step.id for step in base.steps.values() if step.scope == scope and step.id in gone]
            for id_ in (scope, *inside):
                gone.discard(id_)
                for side in (ours, theirs):
                    if id_ not in side.steps:
                        side.put_back(id_, base)
            todo.append(base.steps[scope].scope)
            todo += inside

    # What they say

    def _merged(self, id_: str) -> Step:
        values = self._of(id_)
        base, ours, theirs = values
        if ours is MISSING:
            return _placeless(theirs)
        if theirs is MISSING or same_step(ours, theirs) or (base is not MISSING and same_step(base, theirs)):
            return ours  # type: ignore[no-any-return]
        if base is not MISSING and same_step(base, ours):
            return _over(ours, theirs)
        if base is not MISSING and base.type != ours.type != theirs.type != base.type:
            return self._of_type(id_, values)
        if base is not MISSING and ours.type != theirs.type and self._type_meets_config(values):
            return self._of_type(id_, values)
        return self._fields(id_, values)

    def _type_meets_config(self, values: Three) -> bool:
        """Whether one side made another type of step of it, and the other changed what it says."""
        base, ours, theirs = values
        other = ours if theirs.type != base.type else theirs
        return not same(base.config, other.config)

    def _of_type(self, id_: str, values: Three) -> Step:
        base, ours, theirs = values
        did = [
            f"made a step of type '{side.type}' of it" if side.type != base.type else "changed its config"
            for side in (ours, theirs)
        ]
        message = f"step '{id_}' was of type '{base.type}': ours {did[0]}, theirs {did[1]}"
        path = f"steps/{id_}/type"
        key = self._asking.choose(path, ConflictKind.TYPE, message, values, step=id_, shown=_shown(values)) or OURS
        self._take(id_, key)
        return _over(ours, values.of(key))

    def _fields(self, id_: str, values: Three) -> Step:
        base, ours, theirs = values
        added = base is MISSING
        kind = ConflictKind.BOTH_ADDED if added else ConflictKind.FIELD
        place = Place(f"steps/{id_}", f"step '{id_}'", step=id_, kind=kind)
        merged: dict[str, Any] = {}
        for name in ("type", "name", "disabled", "scope", "config"):
            sides = Three(*(_said(side, name) for side in values))
            if name == "name" and id_ in self._called_by:
                merged[name] = sides.of(self._called_by[id_])
            elif name == "config" and added:
                merged[name] = self._values.objects(Three({}, ours.config, theirs.config), place.below(name))
            else:
                merged[name] = self._values.merge(sides, place.below(name))
            merged[name] = None if merged[name] is MISSING else merged[name]
        if not added and ours.disabled != theirs.disabled:
            who = OURS if ours.disabled != base.disabled else THEIRS
            did = "disabled" if merged["disabled"] else "enabled"
            self._asking.note(f"{who} {did} step '{id_}', and {_OTHER[who]} changed it: it is {did} with the changes")
        of_type = next(side for side in (ours, theirs) if side.type == merged["type"])
        kinds = decided(Three(*(MISSING if side is MISSING else side.kind for side in values)))
        return _over(ours, ours._replace(kind=kinds[0] if kinds else of_type.kind, **merged))


def _came_of_neighbours(id_: str, base: Side, side: Side, referred: set[tuple[str, str]]) -> bool:
    """Whether a step is led to, and leads on, otherwise only because steps next to it were put in or removed."""
    before, now = ((ways[0].target if (ways := each.ways.get(id_, ())) else None) for each in (base, side))
    return (before == now or _is_removed(before, base, side) or _is_removed(now, side, base)) and all(
        not label.startswith("\0")
        and (
            _is_removed(base.start, base, side)
            if not source
            else source not in base.graph.steps or any(_is_removed(way.target, base, side) for way in base.ways.get(source, ()))
        )
        for source, label in referred
    )


def _is_removed(step: str | None, before: Side, after: Side) -> bool:
    return step in before.graph.steps and step not in after.graph.steps


def _over(ours: Step, said: Step) -> Step:
    """What is said of a step, where ours stands."""
    return said._replace(pointer=ours.pointer, key=ours.key)


def _placeless(step: Step) -> Step:
    return step._replace(pointer=())


def _said(step: Any, name: str) -> Any:
    """A field of a step; what is None is not said."""
    value = MISSING if step is MISSING else getattr(step, name)
    return MISSING if value is None else value


def _shown(values: Three) -> Three:
    return Three(*(MISSING if step is MISSING else contents(step, step)[0] for step in values))
