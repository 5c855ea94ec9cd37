"""Where the executions at each step of one version go in another. Pure; `docs/migrations.md` explains it to users."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, reduce
from itertools import islice, pairwise
from operator import and_, or_

from wflgit.core.graph import Edge, EdgeKind, Graph
from wflgit.core.identity import Match, compatible, match_steps, telling_label
from wflgit.core.names import near
from wflgit.core.routing import settle
from wflgit.errors import InvalidNameError

_SURE = 0.8
"""The score from which on a rename needs no look at the versions between."""

_PROPOSED = 3

_FAR = 100
"""How many steps are looked at in search of a near one."""


class Way(StrEnum):
    """How an execution comes to where it goes."""

    CONTINUE = "continue"
    ENTER = "enter"
    END = "end"
    RESTART = "restart"
    STAY = "stay"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the executions at a step go.

    CONTINUE goes on at `step` where it left off, a wait with the time it has left. ENTER begins `step` anew. The others have no
    step: END completes the execution, RESTART begins the target at its start, STAY leaves it on the source version, CANCEL takes
    it out of the workflow.

    `str` writes it as people do: `hello`, `@enter:hello`, `@end`, `@restart`, `@stay`, `@cancel`; a step whose id begins with `@`
    is written `@step:@id`.
    """

    way: Way
    step: str | None = None

    def __str__(self) -> str:
        if self.step is None:
            return f"@{self.way}"
        if self.way is Way.ENTER:
            return f"@enter:{self.step}"
        return f"@step:{self.step}" if self.step.startswith("@") else self.step


class Origin(StrEnum):
    """Why a destination was chosen."""

    RULE = "rule"
    SAME = "same"
    RENAMED = "renamed"
    HISTORY = "history"
    UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the executions at one source step go, and why.

    Attributes:
        step: the source step.
        to: the destination; None if none was found.
        origin: why.
        score: how sure a recognised rename is, from 0 to 1; the product over all hops for one found along the history.
        via: for one found along the history, the step ids in the versions between, in order.
        skipped: the steps that the target has before the position and that the execution cannot have gone through, in the
            target's order; not those that one comes to only through the position, as in a loop, nor disabled ones.
        proposals: where unmapped ones could go, best first.
    """

    step: str
    to: Destination | None
    origin: Origin
    score: float | None = None
    via: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    proposals: tuple[Destination, ...] = ()


def parse_destination(text: str) -> Destination:
    """Read what `str` of a destination writes.

    Raises:
        InvalidNameError: if there is no step where one is needed, or what begins with `@` is none of the destinations.

    >>> parse_destination("@enter:hello")
    Destination(way=<Way.ENTER: 'enter'>, step='hello')
    """
    if text and not text.startswith("@"):
        return Destination(Way.CONTINUE, text)
    name, _, step = text.partition(":")
    if step and name in _WITH_STEP:
        return Destination(_WITH_STEP[name], step)
    if text in _WITHOUT_STEP:
        return Destination(_WITHOUT_STEP[text])
    raise InvalidNameError(f"expected a destination but found '{text}'", hint=_destination_hint(name))


_WITH_STEP = {"@step": Way.CONTINUE, "@enter": Way.ENTER}
_WITHOUT_STEP = {f"@{way}": way for way in (Way.END, Way.RESTART, Way.STAY, Way.CANCEL)}


def _destination_hint(name: str) -> str:
    meant = near(name, [*_WITHOUT_STEP, *_WITH_STEP])
    if meant:
        return f"did you mean '{meant[0]}:STEP'?" if meant[0] in _WITH_STEP else f"did you mean '{meant[0]}'?"
    return "write a step's id, '@enter:STEP', '@end', '@restart', '@stay' or '@cancel'"


def map_steps(
    source: Graph, target: Graph, rules: Mapping[str, Destination] = {}, between: Sequence[Graph] = ()
) -> tuple[Placement, ...]:
    """Find where the executions at each step of the source go in the target.

    A rule comes first, then the step of the same id and a compatible type, then a recognised rename. Where that finds nothing, or
    a rename that is not sure, the step is followed through the versions between, and the surer of both is taken. Where the step
    found is disabled, executions go to the step behind it, or end if none is.

    Args:
        source: the graph the executions stand in.
        target: the graph they go to.
        rules: destinations by source step; those of steps that the source does not have are passed over, and whether their targets
            exist is not looked at.
        between: the graphs of the versions between, nearest to the source first.

    Returns:
        One placement for each step, in the source's order.

    Raises:
        NotFoundError: if the way from a disabled step of the target leads to a step that is not there.
    """
    images = _find_images(source, target, rules, between)
    placements = {step: _place(target, step, rules.get(step), images.get(step)) for step in source.steps}
    skips = _Skips(source, target, images, placements)
    proposer = _Proposer(source, target, placements, frozenset(image.step for image in images.values()))
    return tuple(
        replace(found, proposals=proposer.proposals(step)) if found.to is None else replace(found, skipped=skips.of(step))
        for step, found in placements.items()
    )


@dataclass(frozen=True, slots=True)
class _Image:
    """The step of the target that a step of the source is, and how that was found."""

    step: str
    origin: Origin
    score: float
    via: tuple[str, ...] = ()


def _find_images(source: Graph, target: Graph, rules: Mapping[str, Destination], between: Sequence[Graph]) -> dict[str, _Image]:
    """Find the step that each step is; those with a rule too, because others are recognised by them."""
    direct = {
        step: _Image(match.step, Origin.RENAMED if match.renamed else Origin.SAME, match.score)
        for step, match in _match(source, target, rules).items()
    }
    doubtful = {step for step in source.steps if step not in rules and (step not in direct or direct[step].score < _SURE)}
    if not between or not doubtful:
        return direct
    taken = {image.step for step, image in direct.items() if step not in doubtful}
    surer = {
        step: image
        for step, image in _follow([source, *between, target]).items()
        if step in doubtful and image.step not in taken and image.score > (direct[step].score if step in direct else 0)
    }
    taken |= {image.step for image in surer.values()}
    kept = {step: image for step, image in direct.items() if step not in doubtful or image.step not in taken}
    return kept | surer


def _match(source: Graph, target: Graph, rules: Mapping[str, Destination]) -> dict[str, Match]:
    """Match the steps, knowing what the rules say, except for those that put a step onto one that is another already."""
    found = match_steps(source, target)
    taken = {match.step for step, match in found.items() if step not in rules}
    wanted = {step: to.step for step, to in rules.items() if to.way is Way.CONTINUE and step in source.steps}
    known = {
        step: to
        for step, to in wanted.items()
        if to is not None and to in target.steps and to not in taken and compatible(source.steps[step], target.steps[to])
    }
    return match_steps(source, target, known=known) if known else found


def _follow(graphs: Sequence[Graph]) -> dict[str, _Image]:
    """Follow the steps of the first graph to the last: those that are found again in every one."""
    found = {step: _Image(step, Origin.HISTORY, 1.0) for step in graphs[0].steps}
    for old, new in pairwise(graphs):
        matches = match_steps(old, new)
        found = {
            step: _Image(match.step, Origin.HISTORY, image.score * match.score, (*image.via, match.step))
            for step, image in found.items()
            if (match := matches.get(image.step)) is not None
        }
    return {step: replace(image, score=round(image.score, 3), via=image.via[:-1]) for step, image in found.items()}


def _place(target: Graph, step: str, rule: Destination | None, image: _Image | None) -> Placement:
    if rule is not None:
        return Placement(step, _settled(target, rule), Origin.RULE)
    if image is None:
        return Placement(step, None, Origin.UNMAPPED)
    score = None if image.origin is Origin.SAME else image.score
    return Placement(step, _settled(target, Destination(Way.CONTINUE, image.step)), image.origin, score, image.via)


def _settled(target: Graph, to: Destination) -> Destination:
    """The destination, or if it is a disabled step, where that leads."""
    if to.step is None or to.step not in target.steps or not target.steps[to.step].disabled:
        return to
    landing = settle(target, to.step, to.step)
    return Destination(Way.END) if landing is None else Destination(Way.ENTER, landing)


def branch_of(graph: Graph, step: str) -> tuple[tuple[str, str], ...]:
    """The containers around a step from the outside in, each with the label of the edge into the branch that the step is in.

    A step is in the branch with which it has a step in common among those it leads to, or is itself. One that nothing leads to
    and that leads nowhere is in none, if there are several; the label is empty then.
    """
    found: list[tuple[str, str]] = []
    while (container := graph.steps[step].scope) is not None:
        found.append((container, _branch_label(graph, container, step)))
        step = container
    return tuple(reversed(found))


def _branch_label(graph: Graph, container: str, step: str) -> str:
    ways_in = [edge for edge in graph.outgoing.get(container, ()) if edge.kind is EdgeKind.ENTER and edge.target is not None]
    if len(ways_in) == 1:
        return ways_in[0].label
    reach = _reach(graph, step)
    return next((edge.label for edge in ways_in if not reach.isdisjoint(_reach(graph, edge.target))), "")


def _reach(graph: Graph, step: str | None) -> set[str]:
    """The step and all that it leads to in the same scope."""
    start = graph.steps.get(step or "")
    todo = [] if start is None else [start]
    seen: set[str] = set()
    while todo:
        here = todo.pop()
        seen.add(here.id)
        following = (graph.steps.get(edge.target or "") for edge in graph.outgoing.get(here.id, ()))
        todo += [other for other in following if other is not None and other.id not in seen and other.scope == here.scope]
    return seen


class _Skips:
    """What executions find behind them in the target without having gone through it. Sets of steps are numbers, a bit for each."""

    def __init__(self, source: Graph, target: Graph, images: Mapping[str, _Image], placements: Mapping[str, Placement]) -> None:
        self.placements = placements
        self.steps = tuple(target.steps)
        self.bits = {step: 1 << index for index, step in enumerate(target.steps)}
        self.done = {step: self._identity(images.get(step), placements[step].to) for step in source.steps}
        self.done_before = _Ways(source).gathered(self.done)
        self.ways = _Ways(target)
        self.before = self.ways.gathered(self.bits)
        self.counting = sum(self.bits[step] for step in self.ways.reachable if not target.steps[step].disabled)

    def of(self, step: str) -> tuple[str, ...]:
        """The steps that executions at a step of the source skip, in the target's order."""
        to = self.placements[step].to
        if to is None or to.step not in self.bits:
            return ()
        left = self.before[to.step] & self.counting & ~self.done_before[step] & ~self.done[step]
        return self._listed(left & ~self.only_through[to.step]) if left else ()

    @cached_property
    def only_through(self) -> Mapping[str, int]:
        """For each step that can be reached, itself and those reached only through it, which therefore are not before it."""
        return self.ways.only_through(self.bits)

    def _identity(self, image: _Image | None, to: Destination | None) -> int:
        """The step of the target that a step is, and the one that a rule says it is."""
        found = self.bits.get(image.step, 0) if image else 0
        return found | self.bits.get(to.step or "", 0) if to and to.way is Way.CONTINUE else found

    def _listed(self, bits: int) -> tuple[str, ...]:
        found = []
        while bits:
            lowest = bits & -bits
            found.append(self.steps[lowest.bit_length() - 1])
            bits ^= lowest
        return tuple(found)


class _Ways:
    """Which steps of a graph come before which.

    Attributes:
        roots: where executions come in: the start, and what goals lead to.
        incoming: the steps that lead to each step.
        reachable: the steps that executions can come to, mostly after those that lead to them.
        order: the same, and then all the others.
    """

    def __init__(self, graph: Graph) -> None:
        entries = (graph.start, *(trigger.start for trigger in graph.triggers), *(goal.target for goal in graph.goals))
        self.roots = [step for step in entries if step is not None and step in graph.steps]
        links = {step: [other for other in _ways_on(graph, step) if other is not None] for step in graph.steps}
        self.incoming: dict[str, list[str]] = {step: [] for step in graph.steps}
        for step, targets in links.items():
            for target in targets:
                self.incoming[target].append(step)
        seen: set[str] = set()
        self.reachable = _in_order(self.roots, links, seen)
        self.order = self.reachable + _in_order(links, links, seen)

    def gathered(self, bits: Mapping[str, int]) -> dict[str, int]:
        """For each step, the bits of all steps that are before it on some way."""
        found = dict.fromkeys(self.order, 0)

        def gather(step: str) -> int:
            return reduce(or_, (found[before] | bits[before] for before in self.incoming[step]), 0)

        return _repeated(gather, self.order, found)

    def only_through(self, bits: Mapping[str, int]) -> dict[str, int]:
        """For each step that can be reached, the bits of itself and of all steps to which every way leads through it."""
        found = dict.fromkeys(self.reachable, _ALL)

        def through(step: str) -> int:
            if step in self.roots:
                return bits[step]
            return bits[step] | reduce(and_, (found.get(before, _ALL) for before in self.incoming[step]), _ALL)

        passed = _repeated(through, self.reachable, found)
        last = {steps: step for step, steps in passed.items()}
        below = {step: bits[step] for step in self.reachable}
        for step in reversed(self.reachable):
            gate = last.get(passed[step] ^ bits[step])
            if gate is not None:
                below[gate] |= below[step]
        return below


_ALL = -1
"""The number in which every bit is set."""


def _repeated(rule: Callable[[str], int], steps: Sequence[str], found: dict[str, int]) -> dict[str, int]:
    """Apply a rule to one step after the other, again and again until nothing changes any more."""
    changed = True
    while changed:
        changed = False
        for step in steps:
            bits = rule(step)
            if bits != found[step]:
                found[step], changed = bits, True
    return found


def _in_order(roots: Iterable[str], links: Mapping[str, Sequence[str]], seen: set[str]) -> list[str]:
    """The steps that the roots lead to and that were not seen, each after those that lead to it, except in circles."""
    done: list[str] = []
    for root in roots:
        todo = [] if root in seen else [(root, iter(links[root]))]
        seen.add(root)
        while todo:
            step, rest = todo[-1]
            following = next((target for target in rest if target not in seen), None)
            if following is None:
                done.append(step)
                todo.pop()
            else:
                seen.add(following)
                todo.append((following, iter(links[following])))
    return done[::-1]


def _ways_on(graph: Graph, step: str, except_for: frozenset[EdgeKind] = frozenset()) -> Iterator[str | None]:
    """What comes after a step, None for the end. After the end of a scope comes what comes after its container."""
    edges = [edge for edge in graph.outgoing.get(step, ()) if edge.kind not in except_for]
    container = graph.steps[step].scope
    for target in [edge.target for edge in edges] or [None]:
        if target is None and container is not None:
            yield from _ways_on(graph, container, except_for | {EdgeKind.ENTER})
        elif target is None or target in graph.steps:
            yield target


class _Proposer:
    """Says where executions could go for whose step no place was found.

    Attributes:
        placements: where all others go.
        known: the steps of the target that some step of the source is.
    """

    def __init__(self, source: Graph, target: Graph, placements: Mapping[str, Placement], known: Collection[str]) -> None:
        self.source = source
        self.target = target
        self.placements = placements
        self.known = known
        self.incoming: dict[str | None, list[Edge]] = {}
        for edge in source.edges:
            self.incoming.setdefault(edge.target, []).append(edge)

    def proposals(self, step: str) -> tuple[Destination, ...]:
        """The best destinations for the executions at a step, best first."""
        return tuple(islice(dict.fromkeys(self._candidates(step)), _PROPOSED))

    def _candidates(self, step: str) -> Iterator[Destination]:
        """The step of the same id, what took the step's place, the nearest ones after it, the nearest ones before it."""
        if step in self.target.steps and step not in self.known:
            yield self._towards(step, step, step)
        yield from self._in_its_place(step)
        yield from self._nearest(step, self._after)
        yield from self._nearest(step, self._before)

    def _in_its_place(self, step: str) -> Iterator[Destination]:
        """The new steps to which those ways lead now that led to the step."""
        places = [(step, self.target.start)] if step == self.source.start else []
        for edge in self.incoming.get(step, ()):
            ways = self.target.outgoing.get(self._continued(edge.source) or "", ())
            places += [(edge.source, way.target) for way in ways if self._same_way(edge, way)]
        for beside, place in places:
            if place is not None and place in self.target.steps and place not in self.known:
                yield self._towards(step, beside, place)

    def _same_way(self, old: Edge, new: Edge) -> bool:
        """Whether two edges of what is the same step are the same outcome of it, as far as their labels tell."""
        named = not telling_label(self.source, old) and not telling_label(self.target, new)
        return old.kind is new.kind and (old.label == new.label or (named and old.kind is not EdgeKind.ENTER))

    def _nearest(self, step: str, neighbours: Callable[[str], Iterable[str | None]]) -> Iterator[Destination]:
        """Where the executions of the nearest steps go that have a destination; the end, where that is nearest."""
        seen = {step}
        todo = deque([step])
        while todo and len(seen) < _FAR:
            for other in neighbours(todo.popleft()):
                if other is None:
                    yield Destination(Way.END)
                elif other in self.placements and other not in seen:
                    seen.add(other)
                    to = self.placements[other].to
                    if to is not None and to.step is not None and to.step in self.target.steps:
                        yield self._towards(step, other, to.step)
                    else:
                        todo.append(other)

    def _after(self, step: str) -> Iterator[str | None]:
        """What comes after a step if nothing goes wrong; None for the end."""
        return _ways_on(self.source, step, frozenset({EdgeKind.ERROR, EdgeKind.GOAL}))

    def _before(self, step: str) -> Iterator[str]:
        return (edge.source for edge in self.incoming.get(step, ()))

    def _continued(self, step: str) -> str | None:
        """The step of the target that executions at a step continue at."""
        to = self.placements[step].to if step in self.placements else None
        return to.step if to is not None and to.way is Way.CONTINUE else None

    def _towards(self, step: str, beside: str, place: str) -> Destination:
        """The way to a place of the target, or if it is in a scope that executions at the step are not in, to its container.

        Args:
            step: the step of the source that executions stand at.
            beside: the step of the source that led to the place; where both are in one branch, the place is in what became of it.
            place: the step of the target.
        """
        inside, there = branch_of(self.source, step), branch_of(self.target, place)
        of_both = set(inside) & set(branch_of(self.source, beside))
        shared = 0
        for branch, found in zip(inside, there, strict=False):
            if self._continued(branch[0]) != found[0] or (branch[1] != found[1] and branch not in of_both):
                break
            shared += 1
        place = there[shared][0] if shared < len(there) else place
        stays = shared == len(inside) and compatible(self.source.steps[step], self.target.steps[place])
        return _settled(self.target, Destination(Way.CONTINUE if stays else Way.ENTER, place))
