"""A graph, and a plan between two of them, as Mermaid: text that GitHub and editors draw.

The same graph gives the same text. Names of steps are made safe for Mermaid's grammar, where `end` is a keyword; labels are made
safe for the Markdown and the HTML that Mermaid takes them for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from wflgit.core.graph import Edge, EdgeKind, Graph, Step, StepKind
from wflgit.core.mapping import Destination, Origin, Way
from wflgit.render.migrations import is_quiet, quiet_words, why
from wflgit.render.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wflgit.core.plan import Instruction, Plan

SHAPES = {
    StepKind.TRIGGER: ("([", "])"),
    StepKind.ACTION: ("[", "]"),
    StepKind.WAIT: ("([", "])"),
    StepKind.CONDITION: ("{", "}"),
    StepKind.SPLIT: ("{{", "}}"),
    StepKind.GOAL: (">", "]"),
    StepKind.PARALLEL: ("[[", "]]"),
    StepKind.LOOP: ("[[", "]]"),
    StepKind.END: ("((", "))"),
}
"""What stands before and after the label of a step's box."""

PILL, RING = ("([", "])"), ("(((", ")))")
_PLAIN = (Origin.SAME, Origin.UNMAPPED)
"""Origins that an arrow shows without words."""
_ARROWS = {EdgeKind.ERROR: "-.->", EdgeKind.TIMEOUT: "-.->", EdgeKind.GOAL: "-.->", EdgeKind.USES: "-.-"}
_CLASSES = {
    "disabled": "stroke-dasharray:4,color:#888",
    "missing": "stroke:#c00,stroke-dasharray:4,color:#c00",
    "stopped": "fill:#fdd,stroke:#c00,color:#600",
    "quiet": "stroke-dasharray:2,color:#888",
}

# ASCII punctuation but for `,` and `/`, which are harmless everywhere, `.` between digits, `-` and `_` between letters or digits.
_UNSAFE = re.compile(r"[!-+:-@[-^`{-~]|(?<!\d)\.|\.(?!\d)|(?<![^\W_])[_-]|[_-](?![^\W_])")


def graph_lines(graph: Graph) -> Iterator[str]:
    """Draw a workflow from top to bottom: what starts it, its steps by kind, scopes as boxes, the ways between.

    Ways that are taken when something fails or takes too long are dashed, and so are those of goals. What a step only uses hangs
    on a dotted line without an arrow.
    """
    yield "flowchart TD"
    yield from _Drawing(graph).lines()


class _Drawing:
    """A graph with the names its steps have in the picture.

    Attributes:
        graph: the graph.
        names: names by step id, also for steps that edges lead to and that do not exist.
        inside: the steps of each scope.
        ends: the scopes in which some way ends.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        ways = (*graph.edges, *graph.uses)
        targets = [graph.start, *(edge.target for edge in ways), *(goal.target for goal in graph.goals)]
        self.names = _names("s", [*graph.steps, *(target for target in targets if target is not None)])
        self.inside: dict[str | None, list[Step]] = defaultdict(list)
        for step in graph.steps.values():
            self.inside[step.scope].append(step)
        self.ends = {graph.steps[edge.source].scope for edge in graph.edges if edge.target is None}
        self.ends |= {None for goal in graph.goals if goal.target is None}

    def lines(self) -> Iterator[str]:
        """All but the first line."""
        missing = [step for step in self.names if step not in self.graph.steps]
        yield from self._way_in()
        yield from self._steps(None, "  ")
        yield from (f"  {box(self.names[step], safe(step))}:::missing" for step in missing)
        yield from self._goals()
        yield from (f"  {self._edge(edge)}" for edge in (*self.graph.edges, *self.graph.uses))
        disabled = any(step.disabled for step in self.graph.steps.values())
        yield from _classes({"disabled": disabled, "missing": bool(missing)})

    def _way_in(self) -> Iterator[str]:
        """What starts executions, where it is no step itself."""
        start, beside = self.graph.start, [trigger.id for trigger in self.graph.triggers if trigger.start is None]
        triggers = _names("t", beside)
        yield from (f"  {box(name, safe(trigger), PILL)}" for trigger, name in triggers.items())
        if len(beside) < len(self.graph.triggers):
            return
        if not triggers:
            yield f"  {box('begin', ' ', SHAPES[StepKind.END])}"
        if start is not None:
            yield from (f"  {name} --> {self.names[start]}" for name in triggers.values() or ["begin"])

    def _steps(self, scope: str | None, indent: str) -> Iterator[str]:
        """The steps of a scope, each container with a box after it for what is inside."""
        for step in self.inside[scope]:
            yield f"{indent}{_step(self.names[step.id], step)}{':::disabled' if step.disabled else ''}"
            if step.id in self.inside:
                yield f"{indent}subgraph in_{self.names[step.id]}[{_quoted(safe(_own_id(step)))}]"
                yield from self._steps(step.id, f"{indent}  ")
                yield f"{indent}end"
        if scope in self.ends:
            yield f"{indent}{box(self._end(scope), ' ', RING)}"

    def _end(self, scope: str | None) -> str:
        return "finish" if scope is None else f"finish_{self.names[scope]}"

    def _goals(self) -> Iterator[str]:
        names = _names("g", [goal.id for goal in self.graph.goals])
        for goal in self.graph.goals:
            yield f"  {box(names[goal.id], _two_lines(goal.id, goal.event), SHAPES[StepKind.GOAL])}"
            yield f"  {names[goal.id]} -.-> {self._end(None) if goal.target is None else self.names[goal.target]}"

    def _edge(self, edge: Edge) -> str:
        target = self._end(self.graph.steps[edge.source].scope) if edge.target is None else self.names[edge.target]
        label = "" if edge.kind is EdgeKind.NEXT and edge.label == "next" else safe(edge.label)
        return arrow(self.names[edge.source], _ARROWS.get(edge.kind, "-->"), label, target)


def plan_lines(plan: Plan, source: Graph, target: Graph, *, everything: bool = False) -> Iterator[str]:
    """Draw a plan from left to right: the steps of both versions, and a thick arrow from each step to where its executions go.

    Arrows carry the number of executions; those of recognised renames are dotted and carry the score. Steps whose executions
    cannot go anywhere, or not there, are red.

    Args:
        plan: the plan.
        source: the graph of its source.
        target: the graph of its target.
        everything: draw also the steps that keep their id and hold no executions.
    """
    shown = [said for said in plan.instructions if everything or not is_quiet(said)]
    here = _names("a", [said.step for said in shown])
    ends = [said.to.step for said in shown if said.to is not None and said.to.step is not None]
    there = _names("b", _in_order(target, [*ends, *(step for step in target.steps if step not in source.steps)]))
    beside = {to: f"to_{to.way if to else 'nowhere'}" for to in (said.to for said in shown) if to is None or to.step is None}
    refused = {failure.step for failure in plan.failures}
    stopped = [here[said.step] for said in shown if said.to is None or said.breaks or said.step in refused]
    quiet = len(plan.instructions) - len(shown)
    yield "flowchart LR"
    yield from _side("source", f"{plan.workflow} {plan.source.version}", here, source, quiet)
    yield from _side("target", f"{plan.workflow} {plan.target.version}", there, target)
    yield from (f"  {box(name, safe(str(to)) if to else '?', PILL)}" for to, name in beside.items())
    yield from (f"  {_move(said, here, there, beside)}" for said in shown)
    yield from (f"  class {name} stopped" for name in stopped)
    missing = not (here.keys() <= source.steps.keys() and there.keys() <= target.steps.keys())
    yield from _classes({"missing": missing, "stopped": bool(stopped), "quiet": bool(quiet)})


def _in_order(graph: Graph, steps: Sequence[str]) -> list[str]:
    """The steps in the order of the graph; those it does not have come last."""
    order = {step: index for index, step in enumerate(graph.steps)}
    return sorted(dict.fromkeys(steps), key=lambda step: order.get(step, len(order)))


def _side(name: str, title: str, names: Mapping[str, str], graph: Graph, quiet: int = 0) -> Iterator[str]:
    yield f"  subgraph {name}[{_quoted(safe(title))}]"
    for step, called in names.items():
        yield f"    {_step(called, graph.steps[step]) if step in graph.steps else f'{box(called, safe(step))}:::missing'}"
    if quiet:
        yield f"    {box('rest', quiet_words(quiet))}:::quiet"
    yield "  end"


def _move(said: Instruction, here: Mapping[str, str], there: Mapping[str, str], beside: Mapping[Destination | None, str]) -> str:
    target = there[said.to.step] if said.to is not None and said.to.step is not None else beside[said.to]
    words = (
        f"{said.executions:,}" if said.executions else "",
        "" if said.origin in _PLAIN else safe(why(said)),
        "anew" if said.to is not None and said.to.way is Way.ENTER else "",
    )
    return arrow(here[said.step], "==>" if said.score is None else "-.->", ", ".join(filter(None, words)), target)


def _names(prefix: str, ids: Iterable[str]) -> dict[str, str]:
    """Give every id a name that Mermaid takes for nothing else, as much like it as may be."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for found in dict.fromkeys(ids):
        plain = f"{prefix}_{re.sub('[^A-Za-z0-9]+', '_', found)}"
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}__{number}", number + 1
        taken.add(name)
        names[found] = name
    return names


def _step(name: str, step: Step) -> str:
    return box(name, _two_lines(_own_id(step), step.type), SHAPES[step.kind])


def _own_id(step: Step) -> str:
    """The id of a step without those of its containers."""
    return step.id if step.scope is None else step.id.removeprefix(f"{step.scope}/")


def _two_lines(first: str, second: str) -> str:
    return f"{safe(first)}<br/>{safe(second)}" if second else safe(first)


def box(name: str, label: str, shape: tuple[str, str] = SHAPES[StepKind.ACTION]) -> str:
    """A box by its name, with a label that is safe already."""
    return f"{name}{shape[0]}{_quoted(label)}{shape[1]}"


def arrow(source: str, shape: str, label: str, target: str) -> str:
    """An edge between two boxes by their names; the label is safe already, or empty."""
    return f"{source} {shape}|{_quoted(label)}| {target}" if label else f"{source} {shape} {target}"


def _quoted(label: str) -> str:
    return f'"{label}"'


def safe(text: str) -> str:
    r"""A text as the part of a label, in which nothing is taken for Markdown, HTML or the end of the label.

    >>> safe('say "hi" _now_')
    'say #34;hi#34; #95;now#95;'
    """
    return _UNSAFE.sub(lambda match: f"#{ord(match.group())};", " ".join(printable(text).split())) or " "


def _classes(used: Mapping[str, bool]) -> Iterator[str]:
    yield from (f"  classDef {name} {style}" for name, style in _CLASSES.items() if used.get(name))
