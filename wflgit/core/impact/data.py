"""What a change does to the variables and results that steps hand on.

A name is there for a step if a step before it sets it: on some way, or on every way. Only what was right in the base and is not any
more is told, and only where it is certain: what an engine or a message may bring along itself is not known here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from wflgit.core.formats import FORMATS
from wflgit.core.graph import StepKind
from wflgit.core.impact.rule import Action, Area, Check, Meets, Raised, Rule
from wflgit.core.impact.supply import KEPT, Supply
from wflgit.core.problems import Severity

if TYPE_CHECKING:
    from wflgit.core.formats.datause import DataUse
    from wflgit.core.graph import Graph, Step
    from wflgit.core.impact.situation import Situation

OUTPUT_REMOVED = Rule(
    "WFL601",
    "output-removed-used",
    Area.DATA,
    Action.REMOVED,
    Severity.ERROR,
    Severity.ERROR,
    Meets.UPSTREAM,
    "A step still reads a value that nothing gives it any more, so it fails, or goes on with nothing.",
    "give the value before it is read, or do not read it",
    mirror="WFL604",
    follows=True,
)
UNDEFINED_ON_PATH = Rule(
    "WFL603",
    "variable-undefined-on-path",
    Area.DATA,
    Action.CHANGED,
    Severity.WARNING,
    Severity.WARNING,
    Meets.UPSTREAM,
    "A step reads a value that was there on every way to it, and now there is a way on which nobody gives it.",
    "give the value on that way too, or before the ways part",
    alone="that a value is now there on every way harms nobody",
    follows=True,
)
EMPTY_FOR_INFLIGHT = Rule(
    "WFL604",
    "variable-empty-for-inflight",
    Area.DATA,
    Action.ADDED,
    Severity.WARNING,
    Severity.INFO,
    Meets.AT,
    "Whoever is already past the step that gives a value comes to the step that reads it without.",
    "let them finish on their version, migrate them to a step before the one that gives the value, or read it with a default",
    mirror="WFL601",
    follows=True,
)
RENAMED = Rule(
    "WFL605",
    "variable-renamed",
    Area.DATA,
    Action.CHANGED,
    Severity.WARNING,
    Severity.INFO,
    Meets.AT,
    "Those on the way hold the value under its old name, and the steps ahead of them ask for the new one.",
    "keep the old name, or let them finish on their version",
    alone="the way back is a renaming too",
)

RULES: tuple[Rule, ...] = (OUTPUT_REMOVED, UNDEFINED_ON_PATH, EMPTY_FOR_INFLIGHT, RENAMED)

_SHOWN = 3


class _Value(NamedTuple):
    """Something that is handed on: a variable by its name, or the result of a step by its id."""

    name: str
    of_step: bool = False


@dataclass(frozen=True)
class _Side:
    """One side of a change, and what its steps do with data.

    Attributes:
        graph: the side.
        known: what some of its steps do, where that is known already.
    """

    graph: Graph
    known: Mapping[str, DataUse] = field(default_factory=dict)

    @cached_property
    def steps(self) -> Mapping[str, Step]:
        """The steps that an execution comes to and that do something."""
        reachable = self.graph.reachable()
        return {id_: step for id_, step in self.graph.steps.items() if id_ in reachable and not step.disabled}

    @cached_property
    def uses(self) -> Mapping[str, DataUse]:
        """What each of them does with data."""
        data_use = FORMATS[self.graph.format].data_use
        return {id_: self.known.get(id_) or data_use(self.graph, id_) for id_ in self.steps}

    @cached_property
    def reads(self) -> Mapping[str, frozenset[_Value]]:
        """What each of them reads, if it reads anything."""
        return {
            id_: frozenset([*map(_Value, use.reads), *(_Value(name, of_step=True) for name in use.results_of)])
            for id_, use in self.uses.items()
            if use.reads or use.results_of
        }

    @cached_property
    def sets(self) -> frozenset[str]:
        """All names that are set."""
        return frozenset[str]().union(*(use.sets for use in self.uses.values()))

    @cached_property
    def guarded(self) -> frozenset[str]:
        """All names of which somebody asks whether they are there."""
        return frozenset[str]().union(*(use.guarded for use in self.uses.values()))


def _covers(names: Collection[str], name: str) -> bool:
    """Say whether one of some names is a name or what it is a part of."""
    while name:
        if name in names:
            return True
        name = name.rpartition(".")[0]
    return False


def _check(situation: Situation) -> Iterator[Raised]:
    if not _may_concern_data(situation):
        return
    old = _Side(situation.old)
    change = _Change(situation, old, _Side(situation.new, _untouched(situation, old)))
    if not change.values:
        return
    yield from change.lost()
    if situation.new.format not in KEPT:
        yield from change.renamed()
        yield from change.empty()


CHECKS: tuple[Check, ...] = (_check,)


def _untouched(situation: Situation, old: _Side) -> Mapping[str, DataUse]:
    """What the steps do with data that do the same on both sides: those that differ in nothing, while none is called otherwise."""
    comparison = situation.comparison
    if comparison.renames:
        return {}
    touched = {part.id for part in (*comparison.steps, *comparison.trigger_steps)} | {edge.source for edge in comparison.edges}
    return {id_: use for id_, use in old.uses.items() if id_ not in touched}


def _may_concern_data(situation: Situation) -> bool:
    """Say whether a change can do anything to data at all: most only change what one step does."""
    comparison, old, new = situation.comparison, situation.old, situation.new
    if old.format in KEPT:
        return any(FORMATS[old.format].data_use(old, part.was or part.id).sets for part in comparison.steps if part.old is not None)
    start = situation.old_ids.get(new.start or "", new.start)
    if comparison.edges or comparison.goals or comparison.triggers or old.start != start:
        return True
    for part in comparison.steps:
        before, now = old.steps.get(part.was or part.id), new.steps.get(part.id)
        if before is None or now is None or (before.id, before.type, before.disabled) != (now.id, now.type, now.disabled):
            return True
        if FORMATS[old.format].data_use(old, before.id) != FORMATS[new.format].data_use(new, now.id):
            return True
    return False


@dataclass(frozen=True)
class _Change:
    """A change, seen from the values that are handed on. Values go by what the new side calls them."""

    situation: Situation
    old: _Side
    new: _Side

    @cached_property
    def values(self) -> Mapping[_Value, int]:
        """The bit of each value that is read on either side, if something that is known gives it, and nobody can do without it."""
        sets = (self.old.sets | self.new.sets) - {"$"}
        guarded = self.old.guarded | self.new.guarded
        read = {value for found in self.new.reads.values() for value in found}
        read |= {self._now(value) for found in self.old.reads.values() for value in found}
        steps = self.situation.old.steps.keys() | self.situation.new.steps.keys()
        told = sorted(
            value
            for value in read
            if not _covers(guarded, value.name) and (value.name in steps if value.of_step else _covers(sets, value.name))
        )
        return {value: 1 << place for place, value in enumerate(told)}

    def _now(self, value: _Value) -> _Value:
        """What the new side calls a value of the old one."""
        return value._replace(name=self.situation.new_ids.get(value.name, value.name)) if value.of_step else value

    def _before(self, value: _Value) -> _Value:
        """What the old side called a value of the new one."""
        if not value.of_step or value.name not in self.situation.new.steps:
            return value
        return value._replace(name=self.situation.old_ids.get(value.name, value.name))

    @cached_property
    def _supply(self) -> Supply:
        return Supply(self.situation.new, self._gives(self.new, self.values), self._all)

    @cached_property
    def _old_supply(self) -> Supply:
        named: dict[_Value, int] = {}
        for value, bit in self.values.items():
            before = self._before(value)
            named[before] = named.get(before, 0) | bit
        return Supply(self.situation.old, self._gives(self.old, named), self._all)

    @cached_property
    def _all(self) -> int:
        return (1 << len(self.values)) - 1

    def _gives(self, side: _Side, bits: Mapping[_Value, int]) -> dict[str, int]:
        """What each step of a side gives; one that uses others gives what they do."""
        variables = {value.name: bit for value, bit in bits.items() if not value.of_step}
        found: dict[str, int] = {}
        for id_, use in side.uses.items():
            given = bits.get(_Value(id_, of_step=True), 0)
            if use.sets or use.whole:
                given |= reduce(or_, (bit for name, bit in variables.items() if use.whole or _covers(use.sets, name)), 0)
            if given:
                found[id_] = given
        for edge in side.graph.uses:
            if found.get(str(edge.target)):
                found[edge.source] = found.get(edge.source, 0) | found[str(edge.target)]
        return found

    def _readers(self, value: _Value) -> Iterator[tuple[str, str]]:
        """The steps that read a value, as they did before; each with what it was called."""
        before = self._before(value)
        for reader, found in self.new.reads.items():
            was = self.situation.old_ids.get(reader)
            if was is not None and value in found and before in self.old.reads.get(was, ()):
                yield reader, was

    def lost(self) -> Iterator[Raised]:
        """Values that are read as before, and are not there any more, or not on every way."""
        for value, bit in self.values.items():
            gone, doubtful = [], []
            for reader, was in self._readers(value):
                if self._supply.state(reader, always=True) & bit or not self._old_supply.state(was, always=False) & bit:
                    continue
                if not self._supply.state(reader, always=False) & bit:
                    gone.append((reader, was))
                elif self._old_supply.state(was, always=True) & bit:
                    doubtful.append((reader, was))
            if gone:
                yield self._gone(value, gone)
            if doubtful:
                yield self._doubtful(value, doubtful)

    def _gone(self, value: _Value, readers: list[tuple[str, str]]) -> Raised:
        givers = self._old_givers(value)
        lost = [giver for giver in givers if self._gives_no_more(giver, value)]
        is_there = value.of_step and value.name in self.new.graph.steps
        severity = Severity.WARNING if is_there or value.name.startswith("$.") or self.new.graph.format in KEPT else None
        message = (
            f"{self._why(value, lost)}, but {_listed(reader for reader, _ in readers)} still {_read(readers)} {_called(value)}"
        )
        return self._raised(OUTPUT_REMOVED, value, readers, message, lost or givers, severity)

    def _doubtful(self, value: _Value, readers: list[tuple[str, str]]) -> Raised:
        names = _listed(reader for reader, _ in readers)
        message = f"{names} {_read(readers)} {_called(value)}, and can now be reached on a way on which nothing gives it"
        return self._raised(UNDEFINED_ON_PATH, value, readers, message, self._old_givers(value), None)

    def _raised(
        self,
        rule: Rule,
        value: _Value,
        readers: list[tuple[str, str]],
        message: str,
        givers: Iterable[str],
        severity: Severity | None,
    ) -> Raised:
        first = readers[0][0]
        return Raised(
            rule,
            f"step {first}",
            message,
            tuple(was for _, was in readers),
            first,
            self.new.graph.steps[first].pointer,
            old={"reads": value.name, "result": value.of_step},
            severity=severity,
            causes=tuple(f"step {self.situation.new_ids.get(giver, giver)}" for giver in givers),
        )

    def _old_givers(self, value: _Value) -> list[str]:
        """The steps of the base that gave a value for certain."""
        before = self._before(value)
        if value.of_step:
            return [before.name]
        return [id_ for id_, use in self.old.uses.items() if _covers(use.sets - {"$"}, value.name)]

    def _gives_no_more(self, giver: str, value: _Value) -> bool:
        now = self.situation.new_ids.get(giver, giver)
        use = self.new.uses.get(now)
        return use is None or (now != value.name if value.of_step else not (use.whole or _covers(use.sets, value.name)))

    def _why(self, value: _Value, lost: list[str]) -> str:
        """Why a value is not there any more."""
        if not lost:
            return "nothing that comes before gives it any more" if value.of_step else "nothing that comes before sets it any more"
        giver = lost[0]
        now = self.situation.new_ids.get(giver, giver)
        step = self.new.graph.steps.get(now)
        if step is None:
            return f"step '{giver}' is gone"
        if step.disabled:
            return f"step '{now}' is disabled"
        if now not in self.new.steps:
            return f"nothing leads to step '{now}' any more"
        return f"step '{giver}' is called '{now}' now" if value.of_step else f"step '{now}' does not set it any more"

    @cached_property
    def _fresh(self) -> Mapping[str, int]:
        """The values that each step of the new side reads and did not read before."""
        found = {}
        for reader, values in self.new.reads.items():
            was = self.situation.old_ids.get(reader)
            before = self.old.reads.get(was or "", frozenset())
            bits = [self.values[value] for value in values if value in self.values and self._before(value) not in before]
            if bits:
                found[reader] = reduce(or_, bits)
        return found

    def _waiting_between(self, bit: int, old_bit: int = 0) -> list[str]:
        """The steps of the base where somebody comes to a step that newly reads a value, and that gives it lies behind him.

        Args:
            bit: of the value.
            old_bit: of the value that he has to have instead; 0 where he must not have it.
        """
        ahead = self._supply.ahead({id_: bits & bit for id_, bits in self._fresh.items()}, self._supply.gives)
        found = []
        for was, now in self.situation.new_ids.items():
            if was in self.old.steps and ahead.get(now, 0) & bit:
                held = self._old_supply.ever.get(was, 0)
                if held & old_bit if old_bit else self._supply.always.get(now, 0) & bit & ~held:
                    found.append(was)
        return found

    @cached_property
    def _renames(self) -> Mapping[str, str]:
        """The variables that are called otherwise wherever they are set and read, with their new names."""
        gone = {
            name for name in self.old.sets - self.new.sets if not any(_covers({name}, read) for read in self._all_read(self.new))
        }
        come = {
            name for name in self.new.sets - self.old.sets if not any(_covers({name}, read) for read in self._all_read(self.old))
        }
        found = {}
        for name in sorted(gone) if come else ():
            setters = [
                self.new.uses.get(self.situation.new_ids.get(id_, "")) for id_, use in self.old.uses.items() if name in use.sets
            ]
            fitting = [new for new in come if all(use is not None and new in use.sets for use in setters)]
            if len(fitting) == 1 and self._all_read_renamed(name, fitting[0]):
                found[name] = fitting[0]
        return found

    def _all_read(self, side: _Side) -> set[str]:
        return {value.name for values in side.reads.values() for value in values if not value.of_step}

    def _all_read_renamed(self, name: str, new: str) -> bool:
        """Say whether each step that read a variable and is still there reads it by its new name, and any does."""
        readers = [
            (id_, {new + value.name.removeprefix(name) for value in values if not value.of_step and _covers({name}, value.name)})
            for id_, values in self.old.reads.items()
        ]
        left = [(self.situation.new_ids[id_], names) for id_, names in readers if names and id_ in self.situation.new_ids]
        return bool(left) and all({_Value(one) for one in names} <= self.new.reads.get(now, frozenset()) for now, names in left)

    def renamed(self) -> Iterator[Raised]:
        """Variables with other names, where somebody holds the old one."""
        for name, new in self._renames.items():
            bit, old_bit = self._bits_of(new), self._bits_of(name)
            steps = self._waiting_between(bit, old_bit) if bit and old_bit else []
            if steps:
                setter = next(id_ for id_, use in self.new.uses.items() if new in use.sets)
                yield Raised(
                    RENAMED,
                    f"step {setter}",
                    f"the variable '{name}' is called '{new}' now, and those who come from before hold it under the old name",
                    tuple(steps),
                    setter,
                    self.new.graph.steps[setter].pointer,
                    old=name,
                    new=new,
                    severity=self._by_dwelling(steps),
                )

    def _bits_of(self, name: str) -> int:
        found = (bit for value, bit in self.values.items() if not value.of_step and _covers({name}, value.name))
        return reduce(or_, found, 0)

    def empty(self) -> Iterator[Raised]:
        """Values that are given and read anew, where somebody is past the one and not past the other; told by what gives them."""
        found: dict[str, list[tuple[_Value, list[str]]]] = {}
        for value, bit in self.values.items():
            if any(bits & bit for bits in self._fresh.values()) and not _covers(self._renames.values(), value.name):
                givers = [id_ for id_, bits in self._supply.gives.items() if bits & bit and id_ in self.new.steps]
                steps = self._waiting_between(bit)
                if steps and givers:
                    found.setdefault(givers[0], []).append((value, steps))
        for giver, given in found.items():
            yield self._empty(
                giver, [value for value, _ in given], list(dict.fromkeys(step for _, steps in given for step in steps))
            )

    def _empty(self, giver: str, values: list[_Value], steps: list[str]) -> Raised:
        bits = reduce(or_, (self.values[value] for value in values))
        readers = _listed(reader for reader, fresh in self._fresh.items() if fresh & bits)
        return Raised(
            EMPTY_FOR_INFLIGHT,
            f"step {giver}",
            f"whoever is already past step '{giver}' comes without {_called(*values)} to {readers}",
            tuple(steps),
            giver,
            self.new.graph.steps[giver].pointer,
            new=sorted(value.name for value in values),
            severity=self._by_dwelling(steps),
            causes=(f"step {giver}",),
        )

    def _by_dwelling(self, steps: Iterable[str]) -> Severity | None:
        """Less than the rule's own severity where nobody waits, for then hardly anybody is there."""
        waits = any(self.situation.old.steps[step].kind is StepKind.WAIT for step in steps)
        return None if waits else Severity.INFO


def _called(*values: _Value) -> str:
    if values[0].of_step:
        return f"the results of {_listed(value.name for value in values)}"
    names = _joined([value.name for value in values])
    return f"the variable {names}" if len(values) == 1 else f"the variables {names}"


def _read(readers: list[tuple[str, str]]) -> str:
    return "reads" if len(readers) == 1 else "read"


def _listed(names: Iterable[str]) -> str:
    """Some steps by their ids, not too many of them.

    >>> _listed(["a", "b"]), _listed("abcde")
    ("steps 'a' and 'b'", "steps 'a', 'b', 'c' and 2 more")
    """
    said = [*names]
    return f"step {_joined(said)}" if len(said) == 1 else f"steps {_joined(said)}"


def _joined(names: list[str]) -> str:
    said = [f"'{name}'" for name in names]
    if len(said) == 1:
        return said[0]
    rest = said[_SHOWN:]
    shown = said[:_SHOWN] if rest else said[:-1]
    return f"{', '.join(shown)} and {f'{len(rest)} more' if rest else said[-1]}"
