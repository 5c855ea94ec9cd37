"""The native document: its models, and the rules that they alone cannot say.

What a document holds is said here once: the schemas in `schemas/` and the key order of canonical files are read off these models.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from wflgit.core.fields import EventName, Model, Predicate, Shape, Text
from wflgit.core.formats.native.reading import KINDS, OTHERWISE, trigger_places
from wflgit.core.graph import StepKind
from wflgit.core.names import is_step_id, near
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import missing_key, propose, quote, wrong

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wflgit.core.catalog import Catalog, ConfigType
    from wflgit.core.graph import Pointer

Config = Annotated[dict[str, Any], Field(default_factory=dict)]


class Trigger(Model):
    """What starts executions."""

    type: Text
    """What happens."""
    config: Config
    """Which of those happenings are meant."""


class Position(Model):
    """Where an editor draws the step."""

    x: float
    y: float


class Step(Model):
    """What every step says."""

    type: Text
    """What it does."""
    name: Text | None = None
    """What people call it."""
    disabled: bool = False
    """Executions pass through it without effect."""
    config: Config
    """How it does it."""
    notes: str | None = None
    """For colleagues; no execution looks at it."""
    position: Position | None = None


COSMETIC = ("notes", "position")
"""Keys of a step that mean nothing to an execution; a canonical file has them last."""


class Action(Step):
    """Do something."""

    next: Text | None
    """The step that follows; null ends the execution."""
    on_error: Text | None = None
    """The step that follows if it fails; without this key the execution fails."""


class Wait(Step):
    """Hold the execution for a time, or until something happens."""

    next: Text | None
    """The step that follows; null ends the execution."""
    on_timeout: Text | None = None
    """The step that follows if the event has not come in time; `next` unless said otherwise."""


class ConditionBranch(Model):
    """A way that is taken if its condition is the first to be true."""

    label: Text
    when: Predicate
    next: Text | None


class Condition(Step):
    """Choose a way by what is known of the contact."""

    branches: Annotated[list[ConditionBranch], Field(min_length=1)]
    """The ways, looked at in this order."""
    otherwise: Text | None = None
    """The step that follows if no branch is taken; null ends the execution."""


class SplitBranch(Model):
    """A way that is taken by a share of the contacts."""

    label: Text
    weight: Annotated[float, Field(ge=0)]
    """Per cent of the contacts."""
    next: Text | None


class Split(Step):
    """Send shares of the contacts along different ways."""

    branches: Annotated[list[SplitBranch], Field(min_length=1)]
    """The ways; their weights add up to 100."""


class GoalStep(Step):
    """Mark a success, and end or go on."""

    next: Text | None
    """The step that follows; null ends the execution."""


class Goal(Model):
    """An event that takes an execution out of wherever it stands."""

    id: Text
    event: EventName
    config: Config
    """Which of those events are meant."""
    next: Text | None
    """Where the execution goes on; null completes it."""


class Workflow(Model):
    """A workflow: what starts executions, and the steps they take."""

    schema_: str | None = Field(None, alias="$schema")
    """Where editors find the schema of this file."""
    name: Text
    """What people call it; unique in the account."""
    description: str | None = None
    trigger: Annotated[Trigger, Field(default=None)]
    """What starts executions; `triggers` if there are several."""
    triggers: Annotated[list[Trigger], Field(default=None, min_length=1)]
    start: Text
    """The step that executions begin at."""
    steps: Annotated[dict[str, Any], Field(min_length=1)]
    """The steps by id. An id is for ever: executions, statistics and merges go by it."""
    goals: list[Goal] | None = None


WORKFLOW = Shape(Workflow)
TRIGGER = Shape(Trigger)
STEPS: Mapping[StepKind, Shape] = {
    StepKind.ACTION: Shape(Action),
    StepKind.WAIT: Shape(Wait),
    StepKind.CONDITION: Shape(Condition),
    StepKind.SPLIT: Shape(Split),
    StepKind.GOAL: Shape(GoalStep),
}


def problems(document: Mapping[str, Any], catalog: Catalog) -> Iterator[Problem]:
    """Find all that breaks the rules of a native document, but for what its graph shows; the problems carry no lines."""
    yield from WORKFLOW.problems(document, ())
    yield from _trigger_problems(document, catalog.triggers)
    steps, goals = document.get("steps"), document.get("goals")
    for step_id, raw in steps.items() if isinstance(steps, dict) else ():
        yield from _step_problems(step_id, raw, catalog.steps)
    yield from _goal_problems(goals if isinstance(goals, list) else ())


def _trigger_problems(document: Mapping[str, Any], types: Mapping[str, ConfigType]) -> Iterator[Problem]:
    if "trigger" in document and "triggers" in document:
        yield wrong("expected 'trigger' or 'triggers' but both are here", ("triggers",), "put all of them into 'triggers'")
    elif "trigger" not in document and "triggers" not in document:
        yield missing_key("trigger", ())
    for pointer, raw in trigger_places(document):
        if isinstance(raw, dict) and isinstance(raw.get("type"), str):
            yield from _type_problems("trigger", raw, pointer, types)


_UNKNOWN_TYPE = {"step": "unknown-step-type", "trigger": "unknown-trigger-type"}


def _type_problems(what: str, raw: Mapping[str, Any], pointer: Pointer, types: Mapping[str, ConfigType]) -> Iterator[Problem]:
    """Check the type of a step or trigger, and its config against the type."""
    config = raw.get("config", {})
    known = types.get(raw["type"])
    if known is None:
        message, place = f"expected a type of {what} but found '{raw['type']}'", (*pointer, "type")
        yield wrong(message, place, propose(raw["type"], types), rule=_UNKNOWN_TYPE[what])
    elif isinstance(config, dict):
        yield from known.problems(config, (*pointer, "config"))


def _step_problems(step_id: str, raw: Any, types: Mapping[str, ConfigType]) -> Iterator[Problem]:
    pointer: Pointer = ("steps", step_id)
    if not is_step_id(step_id):
        yield _invalid_id(step_id, pointer)
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        yield from _untyped_step(raw, pointer)
        return
    step_type = raw["type"] if raw["type"] in types else next(iter(near(raw["type"], types)), raw["type"])
    kind = KINDS.get(step_type, StepKind.ACTION)
    yield from STEPS[kind].problems(raw, pointer)
    yield from _type_problems("step", raw, pointer, types)
    if rule := _RULES.get(kind):
        yield from rule(raw, pointer)


def _invalid_id(step_id: str, pointer: Pointer) -> Problem:
    if "/" in step_id:
        message, hint = f"expected a step id without a slash but found '{step_id}'", f"write '{step_id.replace('/', '-')}'"
    else:
        message = f"expected a step id of at most 100 letters, digits, '_', '-' and '.' but found '{step_id[:101]}'"
        hint = 'begin with a letter or a digit; what people read belongs into "name"'
    return wrong(message, pointer, hint, rule="invalid-step-id")


def _untyped_step(raw: Any, pointer: Pointer) -> Iterator[Problem]:
    if not isinstance(raw, dict):
        yield wrong(f"expected an object but found {quote(raw)}", pointer, 'write {"type": …, "config": …, "next": …}')
    elif "type" not in raw:
        yield missing_key("type", pointer)
    else:
        yield wrong(f"expected a text but found {quote(raw['type'])}", (*pointer, "type"))


def _condition_problems(raw: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _label_problems(raw, pointer, reserved=OTHERWISE)
    if "otherwise" not in raw:
        message = "expected 'otherwise' but it is missing, so an execution ends here if no branch is taken"
        hint = 'name a step with "otherwise", or say "otherwise": null'
        yield Problem("no-otherwise", Severity.WARNING, message, pointer, hint=hint)


def _split_problems(raw: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _label_problems(raw, pointer)
    weights = [branch.get("weight") for _, branch in _branches(raw)]
    numbers = [weight for weight in weights if isinstance(weight, int | float)]
    total = math.fsum(numbers)
    if weights and len(numbers) == len(weights) and not math.isclose(total, 100, abs_tol=1e-6):
        message = f"expected weights that add up to 100 but they add up to '{total:g}'"
        yield wrong(message, (*pointer, "branches"), "change the weights", rule="split-weights")


def _wait_problems(raw: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    config = raw.get("config")
    if "on_timeout" in raw and isinstance(config, dict) and "timeout" not in config:
        message = "expected a 'timeout' in the config but there is none, so 'on_timeout' is never taken"
        hint = 'add "timeout": "P3D" beside "event", or remove \'on_timeout\''
        yield Problem("unused-timeout", Severity.WARNING, message, (*pointer, "on_timeout"), hint=hint)


_RULES = {
    StepKind.CONDITION: _condition_problems,
    StepKind.SPLIT: _split_problems,
    StepKind.WAIT: _wait_problems,
}


def _label_problems(raw: Mapping[str, Any], pointer: Pointer, *, reserved: str | None = None) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, branch in _branches(raw):
        label, place = branch.get("label"), (*pointer, "branches", index, "label")
        if not isinstance(label, str):
            continue
        if label == reserved:
            message = f"expected a label other than '{label}', which is the way without a branch"
            yield wrong(message, place, "rename the label", rule="duplicate-label")
        elif label in seen:
            message = f"expected each label once among the branches but '{label}' is here again"
            yield wrong(message, place, "rename the label", rule="duplicate-label")
        seen.add(label)


def _branches(raw: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    found = raw.get("branches")
    for index, branch in enumerate(found if isinstance(found, list) else ()):
        if isinstance(branch, dict):
            yield index, branch


def _goal_problems(goals: Iterable[Any]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, raw in enumerate(goals):
        goal_id = raw.get("id") if isinstance(raw, dict) else None
        if isinstance(goal_id, str) and goal_id in seen:
            message = f"expected each goal once but '{goal_id}' is here again"
            yield wrong(message, ("goals", index, "id"), "rename or remove one of the two", rule="duplicate-goal")
        elif isinstance(goal_id, str):
            seen.add(goal_id)
