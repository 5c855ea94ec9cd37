"""A comparison as a reader would tell it: one change for each thing that somebody did. Pure.

A comparison says what differs part by part. Somebody who puts a step between two others has added a step, added an edge and
turned another: three differences, and one change. Every difference belongs to exactly one change, or, where it is several things
at once (a step renamed and edited), to one change for each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from wflgit.core.formats.meaning import Worth

if TYPE_CHECKING:
    from wflgit.core.diff import EdgeChange, OrderChange, PartChange
    from wflgit.core.fieldchanges import FieldChange
    from wflgit.core.noise import Noise


class ChangeType(StrEnum):
    """What somebody did."""

    NAME_CHANGED = "name-changed"
    START_CHANGED = "start-changed"
    SETTING_CHANGED = "setting-changed"
    TRIGGER_ADDED = "trigger-added"
    TRIGGER_REMOVED = "trigger-removed"
    TRIGGER_RETYPED = "trigger-retyped"
    TRIGGER_CHANGED = "trigger-changed"
    TRIGGER_ENABLED = "trigger-enabled"
    TRIGGER_DISABLED = "trigger-disabled"
    STEP_ADDED = "step-added"
    STEP_REMOVED = "step-removed"
    STEPS_INSERTED = "steps-inserted"
    STEPS_TAKEN_OUT = "steps-taken-out"
    STEPS_WRAPPED = "steps-wrapped"
    STEPS_UNWRAPPED = "steps-unwrapped"
    STEP_RETYPED = "step-retyped"
    STEP_RENAMED = "step-renamed"
    STEP_MOVED = "step-moved"
    STEP_CHANGED = "step-changed"
    STEP_ENABLED = "step-enabled"
    STEP_DISABLED = "step-disabled"
    EDGE_ADDED = "edge-added"
    EDGE_REMOVED = "edge-removed"
    EDGE_RETARGETED = "edge-retargeted"
    BRANCH_ADDED = "branch-added"
    BRANCH_REMOVED = "branch-removed"
    CONDITION_CHANGED = "condition-changed"
    BRANCHES_REORDERED = "branches-reordered"
    USE_ADDED = "use-added"
    USE_REMOVED = "use-removed"
    GOAL_ADDED = "goal-added"
    GOAL_REMOVED = "goal-removed"
    GOAL_CHANGED = "goal-changed"
    COSMETIC = "cosmetic"
    VOLATILE = "volatile"


@dataclass(frozen=True)
class Change:
    """One thing that somebody did.

    Attributes:
        type: what.
        subject: the step, trigger or goal it was done to, by what the new side calls it where it is there; the source of an
            edge; `""` for the workflow as a whole.
        worth: whether it means something, or is only for the eyes, or was only written anew by a tool.
        was: for what was renamed, or moved: the id before, if it is another; else None.
        label: for an edge or a branch, its label; for the reordered branches of a step `""`; for a setting its key, and so for the
            setting that disables or enables several steps.
        steps: for what concerns several steps (inserted, taken out, wrapped, unwrapped, moved, disabled), all of them in order.
        between: for what was inserted, taken out or moved: the steps before and after it; None is the start, or the end.
        parts: the differences of parts that it explains.
        edges: the differences of edges that it explains.
        fields: the fields of `parts` that it is about, in path order; for the workflow as a whole the settings.
        noise: for a cosmetic or volatile one, what differs.
        order: for reordered branches, both orders.
    """

    type: ChangeType
    subject: str
    worth: Worth = Worth.MEANING
    was: str | None = None
    label: str = ""
    steps: tuple[str, ...] = ()
    between: tuple[str | None, str | None] | None = None
    parts: tuple[PartChange, ...] = ()
    edges: tuple[EdgeChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    noise: Noise | None = None
    order: OrderChange | None = None
