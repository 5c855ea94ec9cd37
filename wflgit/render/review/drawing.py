"""The changes of a workflow as Mermaid: the steps that changed and those next to them, the rest of the graph folded away.

What happened to a step or a way is never said by colour alone: added ones are thick and have a plus, removed ones are dashed and
have a minus. The same changes give the same text.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.core.identity import match_steps, own_id
from wflgit.core.words import telling_name
from wflgit.render.mermaid import PILL, RING, SHAPES, arrow, box, safe
from wflgit.render.text import count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from wflgit.core.diff import Comparison
    from wflgit.core.review import Review

LONGEST = 45_000
"""Of how many characters a picture may be: Mermaid draws none of more than 50,000."""

MOST_EDGES = 400
"""How many edges a picture may have: Mermaid draws none with more than 500."""

_LABEL = 60
"""Of how many characters a name may be before it is cut."""


class Fate(StrEnum):
    """What happened to a step or a way."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    TURNED = "turned"


# A plus would be taken for the beginning of a list.
_MARKS = {Fate.SAME: "", Fate.ADDED: "#43; ", Fate.REMOVED: "− ", Fate.CHANGED: "~ ", Fate.TURNED: "↷ "}
_ARROWS = {Fate.SAME: "-->", Fate.ADDED: "==>", Fate.REMOVED: "-.->", Fate.CHANGED: "==>", Fate.TURNED: "==>"}
_CLASSES = {
    "added": "fill:#dafbe1,stroke:#1a7f37,stroke-width:3px,color:#1f2328",
    "removed": "fill:#ffebe9,stroke:#cf222e,stroke-width:2px,stroke-dasharray:6 4,color:#1f2328",
    "changed": "fill:#fff8c5,stroke:#9a6700,stroke-width:2px,color:#1f2328",
    "rest": "fill:#f6f8fa,stroke:#8c959f,stroke-dasharray:2 2,color:#57606a",
}
_LINES = {
    Fate.ADDED: "stroke:#1a7f37,stroke-width:3px",
    Fate.REMOVED: "stroke:#cf222e,stroke-width:2px,stroke-dasharray:6 4",
    Fate.CHANGED: "stroke:#9a6700,stroke-width:3px",
    Fate.TURNED: "stroke:#9a6700,stroke-width:3px",
}


_FATES = {ChangeKind.ADDED: Fate.ADDED, ChangeKind.REMOVED: Fate.REMOVED, ChangeKind.CHANGED: Fate.CHANGED}


class _Key(NamedTuple):
    """What is drawn: a step of the head, or one that only the base has, or a goal, a trigger, the end."""

    noun: str
    id: str
    workflow: str = ""


class _Way(NamedTuple):
    source: _Key
    label: str
    target: _Key
    fate: Fate


@dataclass(slots=True)
class _Mark:
    """A box of the picture."""

    label: str
    shape: tuple[str, str]
    fate: Fate
    executions: int = 0


@dataclass(slots=True)
class _Union:
    """Both sides in one graph."""

    marks: dict[_Key, _Mark] = field(default_factory=dict)
    ways: list[_Way] = field(default_factory=list)


_END = _Key("end", "")


def change_lines(comparison: Comparison, old: Graph, new: Graph, at: Mapping[str, int] | None = None) -> list[str]:
    """Draw what changed from top to bottom.

    Args:
        comparison: what differs between the two.
        old: the graph of the base.
        new: the graph of the other side.
        at: how many live executions stand at each step of the base, to be shown on them; None if that is unknown.

    Returns:
        A picture of at most `LONGEST` characters and `MOST_EDGES` edges; where not all changes find room, it says how many are left
        out.
    """
    return _drawn(_united(comparison, old, new, at or {}))


def review_drawing(review: Review) -> str:
    """One picture of all workflows that are on both sides and differ, each in a box of its own."""
    union = _Union()
    for workflow in review.workflows:
        if workflow.comparison and workflow.old is not None and workflow.new is not None:
            found = _united(workflow.comparison, workflow.old, workflow.new, workflow.at or {})
            _take_in(union, found, workflow.workflow)
    return "".join(f"{text}\n" for text in _drawn(union))


def _take_in(union: _Union, other: _Union, workflow: str) -> None:
    union.marks |= {key._replace(workflow=workflow): mark for key, mark in other.marks.items()}
    for way in other.ways:
        source, target = way.source._replace(workflow=workflow), way.target._replace(workflow=workflow)
        union.ways.append(way._replace(source=source, target=target))


def _drawn(union: _Union) -> list[str]:
    """Draw as many changes as find room."""
    seeds = [key for key, mark in union.marks.items() if mark.fate is not Fate.SAME]
    ends = {key for way in union.ways if way.fate is not Fate.SAME for key in (way.source, way.target)}
    seeds += [key for key in union.marks if key in ends and union.marks[key].fate is Fate.SAME]
    kept = len(seeds)
    while True:
        lines, edges = _picture(union, seeds[:kept], len(seeds) - kept)
        if not kept or (edges <= MOST_EDGES and sum(len(text) + 1 for text in lines) <= LONGEST):
            return lines
        kept //= 2


def _united(comparison: Comparison, old: Graph, new: Graph, at: Mapping[str, int]) -> _Union:
    """Put both graphs into one: what both have is there once, under the name it has now."""
    union = _Union()
    names = _names_now(old, new)
    parts = (*comparison.triggers, *comparison.trigger_steps, *comparison.steps)
    changed = {part.id for part in parts if part.kind is ChangeKind.CHANGED} | {order.source for order in comparison.orders}
    standing: Counter[_Key] = Counter()
    for id_, number in at.items():
        standing[names.get(id_, _Key("old", id_))] += number
    known = set(names.values())
    for step in new.steps.values():
        key = _Key("step", step.id)
        fate = Fate.CHANGED if step.id in changed else Fate.SAME
        union.marks[key] = _mark(step, fate if key in known else Fate.ADDED, standing[key])
    for step in old.steps.values():
        if step.id not in names:
            key = _Key("old", step.id)
            union.marks[key] = _mark(step, Fate.REMOVED, standing[key])
    _add_beside(union, comparison, old, new, names)
    before = _ways(old, lambda step: names.get(step, _Key("old", step)))
    _add_ways(union, comparison, before, _ways(new, lambda step: _Key("step", step)))
    return union


def _names_now(old: Graph, new: Graph) -> dict[str, _Key]:
    """What each step of the base that is still there is drawn as; as a comparison sees it."""
    matches = match_steps(old, new)
    renamed = {step: match.step for step, match in matches.items() if match.renamed}
    taken = {*renamed.values()}
    same = {step: step for step in old.steps if step in new.steps and step not in taken and step not in renamed}
    return {step: _Key("step", now) for step, now in {**same, **renamed}.items()}


def _mark(step: Step, fate: Fate, executions: int = 0) -> _Mark:
    name = _short(telling_name(step) or own_id(step))
    kind = f"<br/>{safe(_short(step.type))}" if step.type else ""
    off = " (off)" if step.disabled else ""
    return _Mark(f"{safe(f'{name}{off}')}{kind}", SHAPES[step.kind], fate, executions)


def _short(text: str) -> str:
    return text if len(text) <= _LABEL else f"{text[:_LABEL]}…"


def _add_beside(union: _Union, comparison: Comparison, old: Graph, new: Graph, names: Mapping[str, _Key]) -> None:
    """Draw what changed and is no step, and where it leads: triggers, goals, the start."""
    for part in (*comparison.triggers, *comparison.goals):
        said = part.new or part.old
        if said is None or isinstance(said, Step) or said.id in (new if part.new else old).steps:
            continue
        key = _Key("goal" if isinstance(said, Goal) else "trigger", said.id)
        what, shape = (said.event, SHAPES[StepKind.GOAL]) if isinstance(said, Goal) else (said.type, PILL)
        fate = _FATES[part.kind]
        union.marks[key] = _Mark(f"{safe(_short(said.id))}<br/>{safe(_short(what))}", shape, fate)
        target = _led_to(said, new if part.new else old)
        now = _Key("step", target or "") if part.new else names.get(target or "", _Key("old", target or ""))
        if now in union.marks:
            union.ways.append(_Way(key, "", now, Fate.SAME if fate is Fate.CHANGED else fate))
    before, after = names.get(old.start or "", _Key("old", old.start or "")), _Key("step", new.start or "")
    if before != after and {before, after} & union.marks.keys():
        begin = _Key("begin", "")
        union.marks[begin] = _Mark("start", PILL, Fate.SAME)
        both = (_Way(begin, "", before, Fate.REMOVED), _Way(begin, "", after, Fate.TURNED))
        union.ways += [way for way in both if way.target in union.marks]


def _led_to(said: Trigger | Goal, graph: Graph) -> str | None:
    if isinstance(said, Goal):
        return said.target
    return graph.start if said.start is None else said.start


def _ways(graph: Graph, key: Callable[[str], _Key]) -> Counter[tuple[_Key, str, _Key]]:
    """The ways of a graph between steps that it has, each with how often it is there."""
    ways = (edge for edge in (*graph.edges, *graph.uses) if edge.source in graph.steps)
    return Counter((key(edge.source), _label(edge), _END if edge.target is None else key(edge.target)) for edge in ways)


def _label(edge: Edge) -> str:
    return "" if edge.kind is EdgeKind.NEXT and edge.label == "next" else edge.label


def _add_ways(
    union: _Union, comparison: Comparison, before: Mapping[tuple[_Key, str, _Key], int], now: Mapping[tuple[_Key, str, _Key], int]
) -> None:
    """Draw the ways of both sides; of one that leads elsewhere now, both."""
    turned: set[tuple[_Key, str]] = set()
    changed: set[tuple[_Key, str]] = set()
    for change in comparison.edges:
        if change.old is not None and change.new is not None:
            (turned if change.old.target != change.new.target else changed).add((_Key("step", change.source), _label(change.new)))
    for way in now:
        source, label, _ = way
        fate = Fate.TURNED if (source, label) in turned else Fate.ADDED
        if way in before:
            fate = Fate.CHANGED if (source, label) in changed else Fate.SAME
        union.ways.append(_Way(*way, fate))
    union.ways += [_Way(*way, Fate.REMOVED) for way in before if way not in now]
    for key in {key for way in union.ways for key in (way.source, way.target)} - union.marks.keys():
        gone = _Mark(safe(_short(key.id)) if key.id else " ", RING if key == _END else PILL, Fate.SAME)
        union.marks[key] = gone


def _picture(union: _Union, seeds: Sequence[_Key], missing: int) -> tuple[list[str], int]:
    """Draw these and what is next to them, and fold the rest; says how many edges that makes."""
    shown = {*seeds}
    loud = {key for key in seeds if union.marks[key].fate is not Fate.SAME}
    shown |= {way.target for way in union.ways if way.source in loud} | {way.source for way in union.ways if way.target in loud}
    folded = _folded(union, shown, missing=missing)
    names = {key: f"n{index}" for index, key in enumerate((key for key in union.marks if key in shown), 1)}
    rest = {key: f"rest{number}" for number, group in enumerate(folded, 1) for key in group}
    boxes: dict[str, list[str]] = {key.workflow: [] for key in union.marks if key in shown}
    for key, name in names.items():
        boxes[key.workflow].append(f"  {_box(name, union.marks[key])}")
    for number, group in enumerate(folded, 1):
        boxes[group[0].workflow].append(f"  {_fold(f'rest{number}', [union.marks[key] for key in group])}")
    lines = ["flowchart TD", *_boxed(boxes)]
    ways = _ways_between(union.ways, {**names, **rest})
    lines += (f"  {arrow(source, _ARROWS[fate], label, target)}" for source, label, target, fate in ways)
    if missing:
        lines.append(f"  {box('more', _more(missing))}:::rest")
    used = {union.marks[key].fate for key in shown} | ({"rest"} if folded or missing else set())
    lines += (f"  classDef {name} {style}" for name, style in _CLASSES.items() if name in used)
    for fate, style in _LINES.items():
        numbers = ",".join(str(index) for index, way in enumerate(ways) if way[3] is fate)
        lines += [f"  linkStyle {numbers} {style}"] if numbers else []
    return lines, len(ways)


def _boxed(boxes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The boxes of each workflow, in one around them where the workflows have names."""
    for number, (workflow, lines) in enumerate(boxes.items(), 1):
        if workflow:
            yield f"  {box(f'subgraph w{number}', safe(workflow))}"
        yield from lines
        if workflow:
            yield "  end"


def _more(missing: int) -> str:
    return f"and {count(missing, 'step')} more, not drawn for lack of room"


def _ways_between(ways: Iterable[_Way], names: Mapping[_Key, str]) -> list[tuple[str, str, str, Fate]]:
    """The ways between what is drawn, each once; those inside of a fold are not."""
    found: dict[tuple[str, str, str, Fate], None] = {}
    for way in ways:
        source, target = names.get(way.source), names.get(way.target)
        if source is None or target is None or (source == target and source.startswith("rest")):
            continue
        label = "" if source.startswith("rest") else way.label
        found[source, f"{_MARKS[way.fate]}{safe(_short(label)) if label else ''}".strip(), target, way.fate] = None
    return [*found]


def _folded(union: _Union, shown: Collection[_Key], *, missing: int) -> list[list[_Key]]:
    """What is not shown, in groups that hang together; where changes are left out, nothing but what touches the shown is folded."""
    near: dict[_Key, list[_Key]] = {}
    for way in union.ways:
        if way.source not in shown and way.target not in shown:
            near.setdefault(way.source, []).append(way.target)
            near.setdefault(way.target, []).append(way.source)
    groups: list[list[_Key]] = []
    seen: set[_Key] = set()
    touched = {key.workflow for key in shown}
    for key in () if missing else union.marks:
        if key.workflow not in touched or key in shown or key in seen or key.noun == _END.noun:
            continue
        group, todo = [], [key]
        seen.add(key)
        while todo:
            here = todo.pop()
            group.append(here)
            for other in near.get(here, ()):
                if other not in seen and other.noun != _END.noun:
                    seen.add(other)
                    todo.append(other)
        groups.append(group)
    return groups


def _box(name: str, mark: _Mark) -> str:
    label = f"{_MARKS[mark.fate]}{mark.label}{_standing(mark.executions)}"
    return f"{box(name, label, mark.shape)}{'' if mark.fate is Fate.SAME else f':::{mark.fate}'}"


def _fold(name: str, marks: Sequence[_Mark]) -> str:
    label = f"…{count(len(marks), 'step')}{_standing(sum(mark.executions for mark in marks))}"
    return f"{box(name, label, PILL)}:::rest"


def _standing(executions: int) -> str:
    return f"<br/>■{executions:,}" if executions else ""
