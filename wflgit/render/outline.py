"""A workflow as text for line diffs: one block a step, one leaf of its config a line. Pure, and quick to import.

Two graphs that mean the same have the same outline, however their files are laid out: what has no meaning is not in a graph, and
steps and keys are in the order of their names, not of the file. Secrets are not shown.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import FORMATS
from wflgit.core.formats.meaning import Worth
from wflgit.core.graph import EdgeKind
from wflgit.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wflgit.core.formats.meaning import Fields
    from wflgit.core.graph import Edge, Goal, Graph, Pointer, Step, Trigger

SECRET = "(secret)"  # noqa: S105 - what is shown in place of one

_PLAIN_KEY = re.compile(r"[A-Za-z_$@][\w$@-]*")
_INDENT = "    "


def outline_lines(graph: Graph) -> Iterator[str]:
    """The outline, line by line without line ends: the workflow as a whole, triggers, steps, goals, each a block.

    The first line of a block begins with what it is, at the margin; all others are indented. Every line is printable.
    """
    fields = FORMATS[graph.format].FIELDS
    yield f"workflow{_quoted(graph.name)}"
    yield from _value_lines("start", graph.start, fields)
    yield from _leaves(graph.settings, fields)
    for trigger in sorted(graph.triggers, key=lambda trigger: trigger.id):
        yield from _trigger_lines(trigger, fields)
    used = _by_source(graph.uses)
    for step_id in sorted(graph.steps.keys() | graph.outgoing.keys() | used.keys()):
        yield from _step_lines(step_id, graph.steps.get(step_id), fields)
        for edge in graph.outgoing.get(step_id, ()):
            yield from _way_lines(edge, "->", fields)
        for edge in used.get(step_id, ()):
            yield from _way_lines(edge, "uses", fields)
    for goal in sorted(graph.goals, key=lambda goal: goal.id):
        yield from _goal_lines(goal, fields)


def _trigger_lines(trigger: Trigger, fields: Fields) -> Iterator[str]:
    yield ""
    yield f"trigger {printable(trigger.id)} ({printable(trigger.type)}){_disabled(trigger)}"
    yield from _leaves(trigger.config, fields)
    if trigger.start is not None:
        yield f"{_INDENT}-> {printable(trigger.start)}"


def _by_source(edges: Iterable[Edge]) -> dict[str, list[Edge]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.source, []).append(edge)
    return found


def _step_lines(step_id: str, step: Step | None, fields: Fields) -> Iterator[str]:
    """A block of a step, but for its ways; None where ways begin at a step that is not there, which only a broken file has."""
    yield ""
    if step is None:
        yield f"step {printable(step_id)} (missing)"
        return
    yield f"step {printable(step_id)} ({printable(step.type)}){_quoted(step.name)}{_disabled(step)}"
    if step.scope is not None:
        yield f"{_INDENT}inside {printable(step.scope)}"
    yield from _leaves(step.config, fields)


def _way_lines(edge: Edge, arrow: str, fields: Fields) -> Iterator[str]:
    evident = edge.kind in (EdgeKind.NEXT, EdgeKind.BRANCH, EdgeKind.USES) or edge.kind.value == edge.label
    kind = "" if evident else f" ({edge.kind})"
    yield f"{_INDENT}{arrow} {printable(edge.label)}{kind}: {_target(edge.target)}"
    if edge.condition is not None:
        yield from (f"{_INDENT}{line}" for line in _value_lines("when", edge.condition, fields))


def _goal_lines(goal: Goal, fields: Fields) -> Iterator[str]:
    yield ""
    yield f"goal {printable(goal.id)} ({printable(goal.event)})"
    yield from _leaves(goal.config, fields)
    yield f"{_INDENT}-> {_target(goal.target)}"


def _target(target: str | None) -> str:
    return "(end)" if target is None else printable(target)


def _disabled(part: Step | Trigger) -> str:
    return " disabled" if part.disabled else ""


def _quoted(name: str | None) -> str:
    return "" if name is None else f" {_json(name)}"


def _json(value: Any) -> str:
    return printable(json.dumps(value, ensure_ascii=False))


def _leaves(config: Any, fields: Fields) -> Iterator[str]:
    """The leaves of a part's config, by key."""
    for key in sorted(config):
        yield from _value_lines(_key(key), config[key], fields, (key,))


def _value_lines(name: str, value: Any, fields: Fields, pointer: Pointer = ()) -> Iterator[str]:
    """The leaves of a value, each with the way to it as JavaScript writes it; a text of several lines is a block of them."""
    if pointer and value not in (None, "", {}, []) and fields.own_worth(pointer) in (Worth.SECRET, Worth.PRIVATE):
        yield f"{_INDENT}{name}: {SECRET}"
    elif isinstance(value, dict) and value:
        for key in sorted(value):
            inner = f"{name}.{_key(key)}" if _PLAIN_KEY.fullmatch(key) else f"{name}[{_json(key)}]"
            yield from _value_lines(inner, value[key], fields, (*pointer, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _value_lines(f"{name}[{index}]", item, fields, (*pointer, index))
    elif isinstance(value, str) and "\n" in value:
        yield f"{_INDENT}{name}:"
        yield from (f"{_INDENT * 2}|{' ' if line else ''}{_text(line)}" for line in value.split("\n"))
    else:
        yield f"{_INDENT}{name}: {_json(value)}"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _json(key)


def _text(line: str) -> str:
    """A line of a text with its tabs, which mean something in code and harm no terminal."""
    return "\t".join(map(printable, line.split("\t")))
