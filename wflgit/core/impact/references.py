"""What a change does to the workflows that call one another, as they are after it. Pure.

Who calls whom is known for the steps of the native format that start or stop a workflow by its slug, and for the actions of Logic
Apps that name a workflow beside them. Elsewhere a call names what only the engine knows, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from wflgit.core.formats.shapes import object_of
from wflgit.core.graph import StepKind
from wflgit.core.impact.rule import Action, Area, Meets, Raised, Rule
from wflgit.core.names import slugify
from wflgit.core.problems import Severity

if TYPE_CHECKING:
    from wflgit.core.graph import Graph, Step

MISSING = Rule(
    "WFL801",
    "called-workflow-missing",
    Area.REFERENCES,
    Action.ADDED,
    Severity.ERROR,
    Severity.ERROR,
    Meets.NONE,
    "A step calls a workflow that does not exist, so it fails for everybody who comes to it.",
    "add the workflow, or name one that exists: `wflgit ls`",
    mirror="WFL803",
)
DELETED_BUT_CALLED = Rule(
    "WFL803",
    "deleted-but-called",
    Area.REFERENCES,
    Action.REMOVED,
    Severity.ERROR,
    Severity.ERROR,
    Meets.NONE,
    "A workflow is gone, or goes by another slug, and another one still calls it by the old one.",
    "change the step that calls it, or keep the workflow",
    mirror="WFL801",
)
START_LOOP = Rule(
    "WFL804",
    "mutual-start-loop",
    Area.REFERENCES,
    Action.ADDED,
    Severity.ERROR,
    Severity.ERROR,
    Meets.NONE,
    "Workflows start one another in a circle without a wait on the way, so whoever enters one is sent round and round.",
    "put a wait on the way, or let a condition end it",
    alone="that a circle is broken harms nobody",
)

RULES: tuple[Rule, ...] = (MISSING, DELETED_BUT_CALLED, START_LOOP)

_STARTING = "start_workflow"
_CALLING = frozenset({_STARTING, "stop_workflow"})
_ACTION = "workflow"


def calls(step: Step) -> str | None:
    """The slug of the workflow that a step starts or stops; None if it is no such step, or does not say which."""
    if step.type in _CALLING:
        slug = step.config.get("workflow")
        return slug if isinstance(slug, str) else None
    if step.type.lower() == _ACTION:
        name = object_of(object_of(object_of(step.config.get("inputs")).get("host")).get("workflow")).get("id")
        is_plain = isinstance(name, str) and name and not any(mark in name for mark in "@[/{")
        return slugify(str(name)) if is_plain else None
    return None


def reference_findings(
    changed: Mapping[str, tuple[Graph | None, Graph | None]],
    slugs: Collection[str],
    graph_of: Callable[[str], Graph | None],
    mentions: Callable[[str], Iterable[str]],
) -> Iterator[tuple[str, Raised]]:
    """Find calls that a change breaks, and circles that it closes. Only what the base did not have is told.

    Args:
        changed: by slug the graphs of the base and the head; None where there is none, or none that can be read. A renamed workflow
            is there by both slugs: the old one has no head, the new one has both.
        slugs: all workflows of the head.
        graph_of: the graph of a workflow of the head; None if it cannot be read. Asked only for those that others call.
        mentions: the slugs of those workflows of the head in whose files a text occurs, whatever the case of its letters; in any
            order. Asked only for workflows that are gone.

    Yields:
        The slug of the workflow that a finding is about, and the finding; the calling workflow where it is about a call. In the
        order of the slugs.
    """
    deleted = {slug for slug in changed if slug not in slugs}
    for slug, (old, new) in sorted(changed.items()):
        if new is not None:
            yield from ((slug, found) for found in _missing(old, new, slugs, deleted))
    for slug in sorted(deleted):
        for caller in sorted({*mentions(slug)}):
            graph = changed[caller][1] if caller in changed else graph_of(caller)
            yield from ((caller, found) for found in _left_alone(slug, graph))
    yield from _circles(changed, graph_of)


def _missing(old: Graph | None, new: Graph, slugs: Collection[str], deleted: Collection[str]) -> Iterator[Raised]:
    """Native steps that newly call what is not there; where else the workflows of Logic Apps may be is not known."""
    called_before = set() if old is None else {calls(step) for step in old.steps.values()}
    for step, slug in _calls(new):
        if step.type in _CALLING and slug not in slugs and slug not in deleted and slug not in called_before:
            verb = "starts" if step.type == _STARTING else "stops"
            message = f"step '{step.id}' {verb} the workflow '{slug}', which does not exist"
            yield Raised(MISSING, f"step {step.id}", message, step=step.id, pointer=step.pointer, new=slug)


def _left_alone(slug: str, caller: Graph | None) -> Iterator[Raised]:
    for step, called in () if caller is None else _calls(caller):
        if called == slug:
            message = f"step '{step.id}' still calls the workflow '{slug}', which is gone"
            yield Raised(DELETED_BUT_CALLED, f"step {step.id}", message, step=step.id, pointer=step.pointer, old=slug)


def _calls(graph: Graph) -> Iterator[tuple[Step, str]]:
    """The enabled steps that call a workflow, with its slug."""
    for step in graph.steps.values():
        slug = None if step.disabled else calls(step)
        if slug is not None:
            yield step, slug


@dataclass(frozen=True, slots=True)
class _Start:
    """That a workflow is started without a wait; `surely` if no condition decides whether that step is come to."""

    step: Step
    surely: bool


def _starts(graph: Graph | None) -> Mapping[str, _Start]:
    """The workflows that another one starts at once, by slug."""
    if graph is None or not any(step.type == _STARTING for step in graph.steps.values()):
        return {}
    found: dict[str, _Start] = {}
    for surely in (True, False):
        for step in _at_once(graph, surely=surely):
            slug = calls(step) if step.type == _STARTING and not step.disabled else None
            if slug is not None:
                found.setdefault(slug, _Start(step, surely))
    return found


def _at_once(graph: Graph, *, surely: bool) -> Iterator[Step]:
    """The steps that an execution comes to without a wait; with `surely`, only those before anything is decided."""
    held = {StepKind.WAIT, StepKind.CONDITION, StepKind.SPLIT} if surely else {StepKind.WAIT}
    todo, seen = [graph.start], set[str]()
    while todo:
        id_ = todo.pop()
        step = graph.steps.get(id_ or "")
        if step is None or step.id in seen:
            continue
        seen.add(step.id)
        yield step
        if step.disabled or step.kind not in held:
            todo += [edge.target for edge in graph.outgoing.get(step.id, ())]


def _circles(
    changed: Mapping[str, tuple[Graph | None, Graph | None]], graph_of: Callable[[str], Graph | None]
) -> Iterator[tuple[str, Raised]]:
    """Circles of starts that the base did not have, each once, told of the first changed workflow in it."""

    @cache
    def started(slug: str) -> Mapping[str, _Start]:
        return _starts(changed[slug][1] if slug in changed else graph_of(slug))

    told: set[frozenset[str]] = set()
    for slug, (old, _) in sorted(changed.items()):
        before = _starts(old)
        for first in sorted(started(slug).keys() - before.keys()):
            way = _way_back(first, slug, started)
            if way is None or (circle := frozenset(way)) in told:
                continue
            told.add(circle)
            yield slug, _circle([slug, *way], started)


def _way_back(first: str, goal: str, started: Callable[[str], Mapping[str, _Start]]) -> list[str] | None:
    """The shortest way of starts from one workflow to another, with both; None if there is none."""
    came: dict[str, str | None] = {first: None}
    todo = [first]
    for slug in todo:
        if slug == goal:
            way: list[str] = []
            at: str | None = slug
            while at is not None:
                way.append(at)
                at = came[at]
            return way[::-1]
        for following in started(slug):
            if following not in came:
                came[following] = slug
                todo.append(following)
    return None


def _circle(way: list[str], started: Callable[[str], Mapping[str, _Start]]) -> Raised:
    starts = [started(one)[other] for one, other in pairwise(way)]
    step = starts[0].step
    surely = all(start.surely for start in starts)
    said = " starts ".join(f"'{slug}'" for slug in way)
    return Raised(
        START_LOOP,
        f"step {step.id}",
        f"{said}, without a wait on the way" + ("" if surely else ", unless a condition ends it"),
        step=step.id,
        pointer=step.pointer,
        new=sorted({*way}),
        severity=None if surely else Severity.WARNING,
    )
