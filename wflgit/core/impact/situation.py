"""All that the rules may look at: both sides of one workflow, what was done to it, who is on the way, and when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from wflgit.core.catalog import BUILT_IN, Catalog
from wflgit.core.changes import Change
from wflgit.core.diff import Comparison, compare, still_there
from wflgit.core.exposure import Exposure
from wflgit.core.noise import find_noise

if TYPE_CHECKING:
    from wflgit.core.graph import Graph
    from wflgit.core.impact.sides import Sides


@dataclass(frozen=True)
class Situation:
    """A workflow that is on both sides, and what is known of it.

    Attributes:
        workflow: the slug.
        old: the graph of the base.
        new: the graph of the head.
        exposure: the live executions on the steps of the base.
        now: the time, aware and in UTC.
        old_types: the step and trigger types known on the base's side.
        new_types: those known on the head's side.
        retired: types of steps that earlier versions had and the base has not, by step id: for ids that are used again.
        documents: the JSON of both sides, where what differs without a meaning is to be told too.
    """

    workflow: str
    old: Graph
    new: Graph
    exposure: Exposure
    now: datetime
    old_types: Catalog = BUILT_IN
    new_types: Catalog = BUILT_IN
    retired: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[Any, Any] | None = field(default=None, repr=False)

    @cached_property
    def comparison(self) -> Comparison:
        """All that differs, and what differs without a meaning where the documents are known."""
        found = compare(self.old, self.new)
        if self.documents is None or self.old.format != self.new.format:
            return found
        return replace(found, noise=find_noise(*self.documents, meaning_differs=bool(found)))

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """What somebody did."""
        return self.comparison.changes

    @cached_property
    def new_ids(self) -> Mapping[str, str]:
        """What each step of the base that is still there is called in the head; it may be of another type there."""
        return still_there(self.comparison, self.old, self.new)

    @cached_property
    def old_ids(self) -> Mapping[str, str]:
        """What each step of the head that was there already is called in the base."""
        return {new: old for old, new in self.new_ids.items()}

    @cached_property
    def sides(self) -> Sides:
        """Where one comes in each of the two, and what went with what."""
        from wflgit.core.impact.sides import Sides

        return Sides(self)
