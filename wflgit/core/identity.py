"""Which step of one graph is which step of another. Pure.

A step with the same id and type is the same step, whatever it says: that a step is edited is common, that an id comes to mean
another step of the same type is rare. Where a tool keeps a key for each step beside the name that is its id, the key counts before
the id, unless fewer than half of the keys survived: then the file was written anew by a program, and the keys are noise. Where ids
changed, a step is recognised by three things: what it says (its config and the
conditions of its ways on), where it stands (the steps around it, as far as they are recognised already) and what it is called.
In all three, what many steps have in common weighs little, so that boilerplate makes no two steps alike.

Two steps are taken for one only if each is the best for the other, by a margin. Every pair found is a neighbour that others are
recognised by, so the search goes on until it finds no more, the surest pairs first. What comes out depends neither on the order
of steps or keys, nor on which of the graphs is called the source.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import fsum
from typing import Any, NamedTuple

from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind

ACCEPTED = 0.6
"""The score from which on a rename is taken for one."""

_LEVELS = (0.85, 0.75, ACCEPTED)
"""Pairs of one level are taken only while there are none of the levels before it."""

_MARGIN = 0.05

_STRANGERS = (0.5, 0.3, 0.2)
_NAMESAKES = (0.25, 0.3, 0.45)
"""What content, place and name weigh: the more alike two steps are called, and the fewer are called so, the more the name does."""

_UNKNOWN = 0.5
"""How well a neighbour fits as long as it is not known which step it is."""

_CROWD = 64
"""How many pairs one thing in common may propose; what is common to more tells nothing."""

_LONG = 100
_TEXT_LIMIT = 2000

_WHERE = ("before", "after", "around", "goal")
_OUTSIDE = "\0"
"""What is before the start and after the end; no step has this id."""

_Pair = tuple[str, str]
_Kind = tuple[StepKind, str]

_Leaf = tuple[str, Any, int]
"""A value that a step says: the path to it, the value, and how many of the same came before it."""

_End = tuple[bool, str]
"""One step of a pair: whether it is of the target, and its id."""


@dataclass(frozen=True, slots=True)
class Match:
    """The step of the target that a step of the source is.

    Attributes:
        step: its id in the target.
        renamed: whether it has another id there.
        score: how sure it is: 1 for the same id, from `ACCEPTED` to 1 for a recognised rename.
    """

    step: str
    renamed: bool
    score: float


def compatible(old: Step, new: Step) -> bool:
    """Say whether an execution that stands at one step could stand at the other: both are of the same kind and type."""
    return _kind(old) == _kind(new)


def match_steps(source: Graph, target: Graph, *, known: Mapping[str, str] = {}) -> dict[str, Match]:
    """Find the step of the target that each step of the source is.

    Args:
        source: the graph whose steps are looked for.
        target: the graph they are looked for in.
        known: pairs to take as given, source step to target step; those that do not exist are passed over.

    Returns:
        The steps found, in the source's order. But for the known ones, each is compatible with what it is in the target, and no two
        are the same there.
    """
    pairs = {old: new for old, new in known.items() if old in source.steps and new in target.steps}
    given = {*pairs.values()}
    for old, new in _of_one_key(source, target):
        if old not in pairs and new not in given:
            pairs[old] = new
            given.add(new)
    for step in source.steps.values():
        other = target.steps.get(step.id)
        if other is not None and step.id not in pairs and step.id not in given and compatible(step, other):
            pairs[step.id] = step.id
    found = {old: Match(new, old != new, 1.0) for old, new in pairs.items()} | _find_renames(source, target, pairs)
    return {step: found[step] for step in source.steps if step in found}


def _of_one_key(source: Graph, target: Graph) -> list[_Pair]:
    """The compatible steps with the same key, if keys can be trusted at all."""
    olds, news = _by_key(source), _by_key(target)
    shared = [(old, news[key]) for key, old in olds.items() if key in news]
    if 2 * len(shared) < min(len(olds), len(news)):
        return []
    return [(old.id, new.id) for old, new in shared if compatible(old, new)]


def _by_key(graph: Graph) -> dict[str, Step]:
    """The steps by their keys; one that several have tells nothing."""
    keyed = [step for step in graph.steps.values() if step.key is not None]
    counts = Counter(step.key for step in keyed)
    return {step.key: step for step in keyed if step.key is not None and counts[step.key] == 1}


def _find_renames(source: Graph, target: Graph, pairs: Mapping[str, str]) -> dict[str, Match]:
    """Recognise what is left, if there are steps of one kind left on both sides."""
    taken = frozenset(pairs.values())
    kinds = {_kind(step) for step in source.steps.values() if step.id not in pairs}
    kinds &= {_kind(step) for step in target.steps.values() if step.id not in taken}
    return _Search(_Scale(_Side(source, kinds, pairs), _Side(target, kinds, taken), pairs)).find() if kinds else {}


def _kind(step: Step) -> _Kind:
    return step.kind, step.type


class _Beside(NamedTuple):
    """What is next to a step: where, which step, and what the edge between them is called if that tells."""

    where: str
    step: str
    label: str = ""


class _Side:
    """What there is to know of the steps of one graph.

    Attributes:
        steps: all steps.
        open: those still to be recognised; what follows is known of them and of the steps of the same kinds.
        says: what each step says, in order; and `whole` the same as a set.
        sayers: how many steps of a kind say a thing; `repeaters` how many open ones say just that whole.
        called: what each step is called, by kind; and `bearers` how many are called so.
        beside: what is next to each step, and `next_to` the steps that have a step at one side of them, of all steps.
    """

    def __init__(self, graph: Graph, kinds: Collection[_Kind], matched: Collection[str]) -> None:
        alike = [step for step in graph.steps.values() if _kind(step) in kinds]
        self.steps = graph.steps
        self.open = {step.id for step in alike if step.id not in matched}
        self.says = {step.id: _sayings(graph, step) for step in alike}
        self.whole = {step.id: (_kind(step), frozenset(self.says[step.id])) for step in alike}
        self.sayers = Counter((_kind(step), leaf) for step in alike for leaf in self.says[step.id])
        self.repeaters = Counter(self.whole[step] for step in self.open)
        self.called = {step.id: (_kind(step), _plain(step.name or own_id(step))) for step in alike}
        self.bearers = Counter(self.called.values())
        self.beside: dict[str, set[_Beside]] = {step: set() for step in graph.steps}
        self.next_to: dict[tuple[str, str], set[str]] = {}
        for step, beside in _surroundings(graph):
            if step in self.beside:
                self.beside[step].add(beside)
                self.next_to.setdefault((beside.where, beside.step), set()).add(step)

    def clues(self) -> dict[Hashable, list[str]]:
        """The open steps by what can be said of them: all they say, each thing they say, each word of what they are called."""
        found: dict[Hashable, list[str]] = defaultdict(list)
        for step in self.open:
            kind, whole = self.whole[step]
            for clue in {whole, *whole, *_words(self.steps[step].name or own_id(self.steps[step]))}:
                found[kind, clue].append(step)
        return found

    def still_next_to(self, where: str, step: str) -> list[str]:
        """The open ones among the steps that have a step at one side of them."""
        return [other for other in self.next_to.get((where, step), ()) if other in self.open]


def own_id(step: Step) -> str:
    """The id of a step without that of its container, where it begins with it."""
    return step.id.removeprefix(step.scope or "")


def _sayings(graph: Graph, step: Step) -> dict[_Leaf, None]:
    """The values in the config of a step and in the conditions of its ways on, in order."""
    values = list(_values(step.config, ""))
    for edge in graph.outgoing.get(step.id, ()):
        if edge.condition is not None:
            values += _values(edge.condition, f"{edge.kind}:")
        if label := telling_label(graph, edge):
            values.append((f"{edge.kind}:", label))
    seen: Counter[tuple[str, Any]] = Counter()
    leaves: dict[_Leaf, None] = {}
    for path, value in values:
        leaves[path, value, seen[path, value]] = None
        seen[path, value] += 1
    return leaves


def _values(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """The scalars in a value, each with its path; all items of a list have one path, so that inserting one moves no other."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _values(item, f"{path}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, f"{path}[]")
    else:
        yield path, value


def telling_label(graph: Graph, edge: Edge) -> str:
    """The label of an edge if somebody chose it: not that of the plain way on or into a scope, nor the name of the target."""
    target = graph.steps.get(edge.target) if edge.target is not None else None
    names = () if target is None else (target.id, target.name)
    return "" if edge.kind in (EdgeKind.NEXT, EdgeKind.ENTER) or edge.label in names else edge.label


def _surroundings(graph: Graph) -> Iterator[tuple[str, _Beside]]:
    """Every step with each thing next to it: steps, its container, the start, a goal, the end."""
    for edge in (*graph.edges, *graph.uses):
        for label in {"", telling_label(graph, edge)}:
            if edge.target is None:
                yield edge.source, _Beside("after", _OUTSIDE, label)
            elif edge.target in graph.steps:
                yield edge.source, _Beside("after", edge.target, label)
                yield edge.target, _Beside("before", edge.source, label)
    for step in graph.steps.values():
        if step.scope is not None:
            yield step.id, _Beside("around", step.scope)
    if graph.start is not None:
        yield graph.start, _Beside("before", _OUTSIDE)
    for goal in graph.goals:
        if goal.target is not None:
            yield goal.target, _Beside("goal", _OUTSIDE, goal.event)


class _Scale:
    """Says how well two steps fit, from 0 to 1.

    Attributes:
        old, new: the two sides.
        matched: the pairs that are sure, source step to target step; and `origins` the other way round.
    """

    def __init__(self, old: _Side, new: _Side, pairs: Mapping[str, str]) -> None:
        self.old = old
        self.new = new
        self.matched = {**pairs, _OUTSIDE: _OUTSIDE}
        self.origins = {new: old for old, new in self.matched.items()}
        self._lasting: dict[_Pair, tuple[tuple[float, float, float], float, float]] = {}
        self._bits: dict[tuple[str, bool], frozenset[str]] = {}

    def take(self, old: str, new: str) -> None:
        """Make sure of a pair."""
        self.matched[old], self.origins[new] = new, old
        self.old.open.discard(old)
        self.new.open.discard(new)

    def score(self, old: str, new: str) -> float:
        """Weigh content, place and name; only the place changes as more steps are matched."""
        if (old, new) not in self._lasting:
            name = self._name(old, new)
            self._lasting[old, new] = self._weights(old, new, name), self._content(old, new), name
        weights, content, name = self._lasting[old, new]
        told = weights[0] * content + weights[1] * self._place(old, new) + weights[2] * name
        return round(told / sum(weights), 3)

    def _weights(self, old: str, new: str, name: float) -> tuple[float, float, float]:
        """What each part weighs: the content the less the more steps say the same, the name the less the more are called so."""
        bearers = max(self.old.bearers[self.old.called[old]], self.new.bearers[self.new.called[new]])
        known = name * name / bearers
        content, place, likeness = (least + (most - least) * known for least, most in zip(_STRANGERS, _NAMESAKES, strict=True))
        wholes = self.old.whole[old], self.new.whole[new]
        if not any(leaves for _, leaves in wholes):
            return 0.0, place, likeness
        repeaters = min(max(self.old.repeaters[whole], self.new.repeaters[whole]) for whole in wholes)
        return content / repeaters, place, likeness

    def _content(self, old: str, new: str) -> float:
        """How much of what two steps say is the same; similar texts under the same path count in part."""
        mine, theirs = self.old.says[old], self.new.says[new]
        if mine.keys() == theirs.keys():
            return 1.0
        kind, _ = self.old.whole[old]
        weight = {leaf: 1 / max(self.old.sayers[kind, leaf], self.new.sayers[kind, leaf]) for leaf in (*mine, *theirs)}
        same = [2 * weight[leaf] for leaf in mine if leaf in theirs]
        rest = [leaf for leaf in mine if leaf not in theirs], [leaf for leaf in theirs if leaf not in mine]
        similar = [
            (weight[one] + weight[other]) * self._likeness(one[1], other[1])
            for one, other in _by_path(*rest)
            if isinstance(one[1], str) and isinstance(other[1], str)
        ]
        return fsum(same + similar) / fsum([*same, *(weight[leaf] for leaves in rest for leaf in leaves)])

    def _place(self, old: str, new: str) -> float:
        """How much of what is next to two steps is the same, as far as it is known."""
        mine, theirs = self.old.beside[old], self.new.beside[new]
        here = {beside._replace(step=self.matched[beside.step]) for beside in mine if beside.step in self.matched}
        there = {beside for beside in theirs if beside.step in self.origins}
        if not here and not there:
            return _UNKNOWN
        same = fsum(2 * self._rarity(beside) for beside in here & there)
        likeness = same / (same + fsum(map(self._rarity, here ^ there)))
        known = (len(here) + len(there)) / (len(mine) + len(theirs))
        return likeness * known + _UNKNOWN * (1 - known)

    def _rarity(self, beside: _Beside) -> float:
        """How much it tells to be next to a step of the target: the less, the more steps are."""
        olds = self.old.next_to.get((beside.where, self.origins[beside.step]), ())
        news = self.new.next_to.get((beside.where, beside.step), ())
        return 1 / max(len(olds), len(news))

    def _name(self, old: str, new: str) -> float:
        """How much two steps are called alike, by their names or their ids, whichever are more alike."""
        if self.old.called[old] == self.new.called[new]:
            return 1.0
        one, other = self.old.steps[old], self.new.steps[new]
        names = self._likeness(one.name, other.name) if one.name and other.name else 0.0
        return max(names, self._likeness(own_id(one), own_id(other)))

    def _likeness(self, one: str, other: str) -> float:
        """How alike two texts are; those that have less than half in common are not.

        Long texts are compared by their words, others by the pairs of letters in them, so that `Lauch` is like `Launch`.
        """
        if one == other:
            return 1.0
        by_words = len(one) > _LONG or len(other) > _LONG
        mine, theirs = self._bits_of(one, by_words=by_words), self._bits_of(other, by_words=by_words)
        return max(0.0, 4 * len(mine & theirs) / (len(mine) + len(theirs)) - 1) if mine and theirs else 0.0

    def _bits_of(self, text: str, *, by_words: bool) -> frozenset[str]:
        key = text, by_words
        if key not in self._bits:
            words = _words(text[:_TEXT_LIMIT])
            self._bits[key] = frozenset(words if by_words else (part for word in words for part in _pairs_of_letters(f" {word} ")))
        return self._bits[key]


def _by_path(mine: Iterable[_Leaf], theirs: Iterable[_Leaf]) -> Iterator[tuple[_Leaf, _Leaf]]:
    """Put side by side, in order, what is said under one path."""
    waiting: dict[str, list[_Leaf]] = defaultdict(list)
    for leaf in theirs:
        waiting[leaf[0]].append(leaf)
    for leaf in mine:
        if waiting[leaf[0]]:
            yield leaf, waiting[leaf[0]].pop(0)


def _words(text: str) -> list[str]:
    """The words of a text or of a name, however it is written.

    >>> _words("SendEmail_2 again")
    ['send', 'email', '2', 'again']
    """
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).casefold())


def _plain(text: str) -> str:
    """A name without what people write differently: capitals, blanks, signs."""
    return "".join(_words(text)) or text


def _pairs_of_letters(text: str) -> Iterator[str]:
    return (text[i : i + 2] for i in range(len(text) - 1))


class _Search:
    """The search for renames.

    Attributes:
        scale: how well steps fit, and which pairs are sure.
        rivals: for each open step the steps it may be, with their scores.
        favourites: the one of them that is best by a margin, where there is one.
        mutual: the pairs of each other's favourites, by level.
    """

    def __init__(self, scale: _Scale) -> None:
        self.scale = scale
        self.rivals: dict[_End, dict[_End, float]] = defaultdict(dict)
        self.favourites: dict[_End, _End] = {}
        self.mutual: dict[float, set[_Pair]] = {level: set() for level in _LEVELS}

    def find(self) -> dict[str, Match]:
        """Take pairs until none is left that is sure enough."""
        found = {}
        beside = (pair for sure in self.scale.matched.items() for pair in self._side_by_side(*sure))
        self._choose(self._weigh({*self._of_one_mind(), *beside}))
        while ready := next(filter(None, self.mutual.values()), None):
            for old, new in ready:
                found[old] = Match(new, renamed=True, score=self.rivals[False, old][True, new])
            self._choose(self._take(tuple(ready)))
        return found

    def _of_one_mind(self) -> Iterator[_Pair]:
        """The open pairs of which something can be said that cannot be said of many."""
        olds, news = self.scale.old.clues(), self.scale.new.clues()
        for clue in olds.keys() & news.keys():
            yield from _each_with_each(olds[clue], news[clue])

    def _side_by_side(self, old: str, new: str) -> Iterator[_Pair]:
        """The open pairs that are at the same side of two steps that are one."""
        for where in _WHERE:
            olds, news = self.scale.old.still_next_to(where, old), self.scale.new.still_next_to(where, new)
            for pair in _each_with_each(olds, news):
                if compatible(self.scale.old.steps[pair[0]], self.scale.new.steps[pair[1]]):
                    yield pair

    def _concerned(self, old: str, new: str) -> Iterator[_Pair]:
        """The pairs weighed before, of which one step is next to one of these two."""
        for of_target, side, step in ((False, self.scale.old, old), (True, self.scale.new, new)):
            for other in (other for where in _WHERE for other in side.still_next_to(where, step)):
                for _, rival in self.rivals.get((of_target, other), ()):
                    yield (rival, other) if of_target else (other, rival)

    def _weigh(self, pairs: Iterable[_Pair]) -> set[_End]:
        """Give each pair its score; return the steps of all."""
        touched: set[_End] = set()
        for old, new in pairs:
            ends: tuple[_End, _End] = (False, old), (True, new)
            self.rivals[ends[0]][ends[1]] = self.rivals[ends[1]][ends[0]] = self.scale.score(old, new)
            touched.update(ends)
        return touched

    def _choose(self, ends: Iterable[_End]) -> None:
        """Find the favourite of each of these steps anew."""
        for end in ends:
            if end in self.favourites:
                self._part(end)
            scores = self.rivals.get(end, {})
            best = max(scores, key=scores.__getitem__, default=None)
            if best is None or scores[best] < ACCEPTED:
                continue
            if scores[best] - max((score for rival, score in scores.items() if rival != best), default=0.0) < _MARGIN:
                continue
            self.favourites[end] = best
            if self.favourites.get(best) == end:
                level = next(level for level in _LEVELS if scores[best] >= level)
                self.mutual[level].add(_pair(end, best))

    def _part(self, end: _End) -> None:
        """Let a step have no favourite."""
        pair = _pair(end, self.favourites.pop(end))
        for pairs in self.mutual.values():
            pairs.discard(pair)

    def _take(self, pairs: Collection[_Pair]) -> set[_End]:
        """Make sure of pairs and weigh again what is next to them; return the steps that have to choose anew."""
        touched: set[_End] = set()
        for old, new in pairs:
            self.scale.take(old, new)
            for end in ((False, old), (True, new)):
                self._part(end)
                for rival in self.rivals.pop(end, {}).keys() & self.rivals.keys():
                    del self.rivals[rival][end]
                    touched.add(rival)
        fresh = {pair for sure in pairs for pair in (*self._side_by_side(*sure), *self._concerned(*sure))}
        return touched | self._weigh(fresh)


def _pair(one: _End, other: _End) -> _Pair:
    return (other[1], one[1]) if one[0] else (one[1], other[1])


def _each_with_each(olds: Collection[str], news: Collection[str]) -> Iterable[_Pair]:
    """All pairs of two groups, if they are not too many."""
    return product(olds, news) if len(olds) * len(news) <= _CROWD else ()
