"""Both sides of a changed workflow: which step is which, where one comes in each, and what went with what. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from wflgit.core.diff import EdgeChange
from wflgit.core.exposure import Paths, after
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind
from wflgit.core.words import telling_name

if TYPE_CHECKING:
    from wflgit.core.impact.situation import Situation

_LISTED = 5
_MADE_UP = frozenset({"nodered"})
"""Formats whose ids say nothing to people."""


class Sides:
    """The graphs of both sides, which step is which, and where one comes in each.

    Attributes:
        situation: what is looked at.
        old: the base.
        new: the head.
        now: what each step of the base that is still there is called in the head, be it of another type.
        was: the other way round.
    """

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.old, self.new = situation.old, situation.new
        self.now: Mapping[str, str] = situation.new_ids
        self.was: Mapping[str, str] = situation.old_ids

    @cached_property
    def removed(self) -> Mapping[str, Step]:
        """The steps that are gone, but for triggers."""
        return {id_: step for id_, step in self.old.steps.items() if id_ not in self.now and step.kind is not StepKind.TRIGGER}

    @cached_property
    def added(self) -> Mapping[str, Step]:
        """The steps that have come, but for triggers."""
        return {id_: step for id_, step in self.new.steps.items() if id_ not in self.was and step.kind is not StepKind.TRIGGER}

    @property
    def old_paths(self) -> Paths:
        """Where one comes in the base."""
        return self.situation.exposure.paths

    @cached_property
    def new_paths(self) -> Paths:
        """Where one comes in the head."""
        return Paths(self.new)

    @cached_property
    def old_reached(self) -> frozenset[str]:
        """The steps that executions come to in the base."""
        return self.old_paths.from_(beginnings(self.old))

    @cached_property
    def new_reached(self) -> frozenset[str]:
        """The steps that executions come to in the head."""
        return self.new_paths.from_(beginnings(self.new))

    @cached_property
    def edges(self) -> tuple[EdgeChange, ...]:
        """What differs of the edges whose source is still there, but for those that only have another label."""
        relabelled = {id(change) for pair in self.relabelled for change in pair}
        return tuple(change for change in self._edges if id(change) not in relabelled)

    @cached_property
    def _edges(self) -> tuple[EdgeChange, ...]:
        return tuple(change for change in self.situation.comparison.edges if self._stays(change))

    @cached_property
    def relabelled(self) -> tuple[tuple[EdgeChange, EdgeChange], ...]:
        """Ways that lead where a way of the same step led whose label is gone: what was removed, and what was added for it."""
        labels = [{(edge.source, edge.label) for edge in graph.edges} for graph in (self.old, self.new)]
        gone: dict[tuple[str, str | None], list[EdgeChange]] = {}
        come: dict[tuple[str, str | None], list[EdgeChange]] = {}
        for change in self._edges:
            source, label = change.source, change.label
            if change.old is not None and change.new is None and (source, label) not in labels[1]:
                gone.setdefault((source, change.old.target), []).append(change)
            elif change.new is not None and change.old is None and (self.was[source], label) not in labels[0]:
                come.setdefault((source, change.new.target), []).append(change)
        return tuple((gone[way][0], come[way][0]) for way in gone if len(gone[way]) == 1 == len(come.get(way, ())))

    def _stays(self, change: EdgeChange) -> bool:
        edge = change.old or change.new
        return edge is not None and edge.kind is not EdgeKind.USES and change.source in self.was

    @cached_property
    def is_rebuilt(self) -> bool:
        """Whether one can come elsewhere than before: ways, steps, or where executions start have changed."""
        said = self.situation.comparison
        return bool(said.edges or said.settings or said.triggers or said.goals or self.added or self.removed)

    @cached_property
    def gone(self) -> Mapping[tuple[str, str], EdgeChange]:
        """Branches that were removed, by source and label."""
        left = {(edge.source, edge.label) for edge in self.new.edges}
        return {
            (change.source, change.label): change
            for change in self.edges
            if change.kind is ChangeKind.REMOVED
            and change.old is not None
            and is_branch(self.old.steps[self.was[change.source]], change.old)
            and (change.source, change.label) not in left
        }

    @cached_property
    def inside(self) -> Mapping[tuple[str, str], frozenset[str]]:
        """The steps of the base that only a branch that was removed led to, by source and label of the branch."""
        return {way: self._only_by(self.was[way[0]], self.target_of(change)) for way, change in self.gone.items()}

    @cached_property
    def branch_of(self) -> Mapping[str, str]:
        """The branch that was removed with each step that only it led to, as the subject of a finding; the smallest of several."""
        found: dict[str, str] = {}
        for way, steps in sorted(self.inside.items(), key=lambda item: -len(item[1])):
            found.update(dict.fromkeys(steps, edge_subject(*way)))
        return found

    def target_of(self, change: EdgeChange) -> str | None:
        """Where an edge of the base led, by the id there."""
        target = None if change.old is None else change.old.target
        return target if target is None else self.was.get(target, target)

    def _only_by(self, source: str, target: str | None) -> frozenset[str]:
        if target is None or sum(edge.target == target for edge in self.old.outgoing.get(source, ())) > 1:
            return frozenset()
        kept = self.old_paths.from_(beginnings(self.old), except_by={(source, target), (after(source), target)})
        return self.old_reached - kept

    def source_of(self, change: EdgeChange) -> tuple[str, ...]:
        """The step of the base that an edge starts from."""
        return (self.was[change.source],)

    @cached_property
    def cut_by(self) -> Mapping[str, str]:
        """What cut off each step of the base that is still there and cannot be come to any more, as the subject of a finding.

        It is an edge from a step that one still comes to, a step that was removed, or the start, whichever is nearest.
        """
        lost = {step for step in self.old_reached if step in self.now and self.now[step] not in self.new_reached}
        found: dict[str, str] = {}
        for edge in self.old.edges if lost else ():
            if edge.target in lost and edge.source not in lost and edge.source in self.old_reached:
                found.setdefault(edge.target or "", self._cut(edge))
        for step in beginnings(self.old):
            if step in lost:
                found.setdefault(step, "start")
        todo = [*found]
        for step in todo:
            for edge in self.old.outgoing.get(step, ()):
                if edge.target in lost and edge.target not in found:
                    found[edge.target or ""] = found[step]
                    todo.append(edge.target or "")
        return found

    def _cut(self, edge: Edge) -> str:
        if edge.source in self.now:
            return edge_subject(self.now[edge.source], edge.label)
        gone = self.old.steps.get(edge.source)
        return f"trigger {edge.source}" if gone is not None and gone.kind is StepKind.TRIGGER else step_subject(edge.source)

    def name(self, step: str) -> str:
        """A step in a message; with the name that people see, where the ids are some that a tool made up."""
        found = self.new.steps.get(step) or self.old.steps.get(step)
        name = telling_name(found) if found is not None and self.new.format in _MADE_UP else ""
        return f"'{step}' ({name})" if name else f"'{step}'"

    def names(self, steps: Iterable[str]) -> str:
        """Some steps in a message; the first ones, if there are many."""
        return listed([self.name(step) for step in steps])

    def where(self, step: str | None) -> str:
        """Where a way leads, in a message."""
        return "to the end" if step is None else f"to {self.name(step)}"

    def went(self, *steps: str | None) -> tuple[str, ...]:
        """The subjects of findings about those of some steps of the base that are gone."""
        return tuple(step_subject(step) for step in steps if step is not None and step in self.removed)

    def come(self, *steps: str | None) -> tuple[str, ...]:
        """The subjects of findings about those of some steps of the head that have come."""
        return tuple(step_subject(step) for step in steps if step is not None and step in self.added)


def step_subject(step: str) -> str:
    """How findings name a step."""
    return f"step {step}"


def edge_subject(source: str, label: str) -> str:
    """How findings name an edge."""
    return f"edge {source} ({label})"


def listed(said: Sequence[str]) -> str:
    """List some; the first ones, if there are many.

    >>> listed(["a"]), listed("abcdefg")
    ('a', 'a, b, c, d, e and 2 more')
    """
    shown = ", ".join(said[:_LISTED])
    return f"{shown} and {len(said) - _LISTED} more" if len(said) > _LISTED else shown


def quoted(labels: Iterable[str]) -> str:
    """Labels in a message."""
    return listed([f"'{label}'" for label in labels])


def counted(number: int, noun: str) -> str:
    """Say how many.

    >>> counted(1, "step"), counted(2, "step")
    ('1 step', '2 steps')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def beginnings(graph: Graph) -> Iterator[str]:
    """The steps that executions start at."""
    for step in (graph.start, *(trigger.start for trigger in graph.triggers)):
        if step is not None:
            yield step


def is_branch(source: Step, edge: Edge) -> bool:
    """Whether one of several ways is taken with it."""
    return edge.kind is EdgeKind.BRANCH or (edge.kind is EdgeKind.ENTER and source.kind is StepKind.CONDITION)
