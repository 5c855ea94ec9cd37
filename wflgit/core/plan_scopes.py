"""Whether executions inside of a step that holds other steps stay inside of it, and in their branch of it. Pure.

An execution stands at one step. That the other branches of a `Parallel` or the other items of a `Map` are done, its container waits
for; so it may go on inside only where the same container waits for the same branches.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from wflgit.core.graph import EdgeKind, Graph, StepKind
from wflgit.core.identity import compatible
from wflgit.core.mapping import Destination, Way, branch_of
from wflgit.core.plan import Instruction, continued

Branch = tuple[str, str]
"""A container, and the label of the way into one of its branches."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A scope rule that a destination breaks: its name, the message, and the destination that would not break it."""

    rule: str
    message: str
    instead: Destination


@dataclass(frozen=True)
class Scopes:
    """The scopes of two graphs, as the instructions of a plan relate them."""

    source: Graph
    target: Graph
    instructions: Mapping[str, Instruction]

    def breaches(self, instruction: Instruction) -> Iterator[Breach]:
        """Find the scope rules that an instruction breaks, the outermost scope first."""
        to = instruction.to
        if to is None or to.step is None or to.step not in self.target.steps:
            return
        inside, there = self._inside[instruction.step], self._there[to.step]
        misplaced = self._misplaced(instruction.step, to, inside, there)
        if misplaced is not None:
            yield misplaced
            return
        for (container, branch), (image, found) in zip(inside, there, strict=False):
            yield from self._other_branch(instruction.step, to, (image, found), self._branches(container).get(branch))
            yield from self._other_join(instruction.step, container, image)
        if to.way is Way.CONTINUE:
            yield from self._other_join(instruction.step, instruction.step, to.step)

    def left(self, step: str, landing: str) -> str | None:
        """The outermost container that an execution leaves if it goes from a step to one of the target; None if it leaves none."""
        inside = self._inside[step]
        shared = self._shared(inside, self._there[landing])
        return inside[shared][0] if shared < len(inside) else None

    def image(self, step: str) -> str | None:
        """The step of the target that executions at a step continue at, if they can."""
        found = self.instructions.get(step)
        image = None if found is None else continued(self.target, found.to)
        return image.id if image is not None and compatible(self.source.steps[step], image) else None

    def _shared(self, inside: tuple[Branch, ...], there: tuple[Branch, ...]) -> int:
        """In how many containers, from the outside, a place of the target is that those of a place of the source continue as."""
        shared = 0
        for (container, _), (found, _) in zip(inside, there, strict=False):
            if self.image(container) != found:
                break
            shared += 1
        return shared

    def _misplaced(self, step: str, to: Destination, inside: tuple[Branch, ...], there: tuple[Branch, ...]) -> Breach | None:
        """Find out whether a destination is inside of other containers than those that the step's own ones continue as.

        Source: Camunda 7, "The closest mapped ancestor '{a}' is mapped to scope '{s}' which is not an ancestor of target scope
        '{t}'" and "Target activity '{t}' is a descendant of multi-instance body '{b}' that is not mapped from the source process
        definition"; Camunda 8, "the flow scope of active element … is changed"; Flowable, "cannot migrate arbitrarily inside a
        Multi Instance container".
        """
        shared = self._shared(inside, there)
        instead = Destination(Way.ENTER, there[shared][0] if shared < len(there) else to.step)
        stays = to.way is Way.CONTINUE
        for container, _ in inside if stays else ():
            if self.image(container) is None:
                message = f"expected '{container}' to continue because '{step}' inside of it does but it {self._fate(container)}"
                return Breach("unmapped-scope", message, instead)
        if shared < len(there):
            message = f"expected '{step}' to stay outside of '{there[shared][0]}' but '{to.step}' is inside of it"
            return Breach("enters-scope", message, instead)
        if stays and shared < len(inside):
            message = f"expected '{step}' to stay inside of '{self.image(inside[shared][0])}' but '{to.step}' is outside of it"
            return Breach("changed-scope", message, instead)
        return None

    def _fate(self, container: str) -> str:
        found = self.instructions.get(container)
        return "has no destination" if found is None or found.to is None else f"goes to '{found.to}'"

    def _other_branch(self, step: str, to: Destination, found: Branch, expected: str | None) -> Iterator[Breach]:
        """Source: Camunda 8, "the flow scope of active element … is changed"; a branch is a scope of its own."""
        image, branch = found
        if expected == branch:
            return
        if expected is None:
            message = (
                f"expected '{step}' to keep out of '{branch}' of '{image}', which is another branch's, but '{to.step}' is in it"
            )
        else:
            message = f"expected '{step}' to stay in '{expected}' of '{image}' but '{to.step}' is in '{branch}'"
        yield Breach("sibling-scope", message, Destination(Way.ENTER, image))

    def _other_join(self, step: str, container: str, image: str) -> Iterator[Breach]:
        """A branch more is refused as well as one less: nobody would ever come through one that was not begun.

        Of the branches of a condition only one is begun at all, so that others may come and go.

        Source: Camunda 7, "The target gateway must have at least the same number of incoming sequence flows that the source
        gateway has".
        """
        if self.image(container) != image or self.source.steps[container].kind is StepKind.CONDITION:
            return
        branches = self._branches(container)
        changes = {
            "new": [label for label in _labels(self.target, image) if label not in branches.values()],
            "gone": [label for label in _labels(self.source, container) if label not in branches],
        }
        said = [f"{_listed(labels)} {'is' if len(labels) == 1 else 'are'} {what}" for what, labels in changes.items() if labels]
        if said:
            message = f"expected the branches of '{image}' to be those that '{step}' began with but {' and '.join(said)}"
            yield Breach("changed-join", message, Destination(Way.ENTER, image))

    def _branches(self, container: str) -> dict[str, str]:
        """Pair the branches of a container with those of the one it continues as: as most of their steps go, else by label.

        Steps that no way leads to are in no branch; all of those are in one.
        """
        image = self.image(container)
        pairs = {"": ""}
        votes = self._votes.get(container, Counter())
        for old, new in sorted(votes, key=lambda pair: (-votes[pair], pair[0] != pair[1], pair)):
            if old not in pairs and new not in pairs.values():
                pairs[old] = new
        free = {*(_labels(self.target, image) if image else ())} - {*pairs.values()}
        return {**{label: label for label in _labels(self.source, container) if label in free}, **pairs}

    @cached_property
    def _votes(self) -> Mapping[str, Counter[tuple[str, str]]]:
        """How many steps of each branch of a container continue in which branch of the one it continues as, by container."""
        votes: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
        for step in self.instructions:
            image = self.image(step)
            if image is not None:
                inside, there = self._inside[step], self._there[image]
                for (container, old), (_, new) in zip(inside[: self._shared(inside, there)], there, strict=False):
                    votes[container][old, new] += 1
        return votes

    @cached_property
    def _inside(self) -> Mapping[str, tuple[Branch, ...]]:
        """What each step of the source is inside of."""
        return {step: branch_of(self.source, step) for step in self.source.steps}

    @cached_property
    def _there(self) -> Mapping[str, tuple[Branch, ...]]:
        """What each step of the target is inside of."""
        return {step: branch_of(self.target, step) for step in self.target.steps}


def _labels(graph: Graph, container: str) -> list[str]:
    return [edge.label for edge in graph.outgoing.get(container, ()) if edge.kind is EdgeKind.ENTER]


def _listed(labels: list[str]) -> str:
    return ", ".join(f"'{label}'" for label in labels)
