"""Plans of migrations from what the repository and the side store know: both definitions, and who stands where."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from wflgit.core.graph import Graph
from wflgit.core.mapping import Destination, Origin, Placement, map_steps, parse_destination
from wflgit.core.names import CURRENT, Revision
from wflgit.core.plan import Counts, Examples, Failure, Plan, Side, WaitPolicy, make_plan, reverse_rules
from wflgit.core.plan_checks import parse_rules, target_failure
from wflgit.core.plan_file import load_plan
from wflgit.errors import ConflictError, DefinitionError, MissingObjectError, NotFoundError, PlanError
from wflgit.standing import Standing
from wflgit.store import executions, migrations
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace

if TYPE_CHECKING:
    from wflgit.api.choosing import Chosen

WORKTREE = "worktree"
"""The target of a plan for the file as it is in the working tree."""

Said = TypeVar("Said")

_EXAMPLES = 5
_CLEAR = frozenset({Origin.RULE, Origin.SAME})


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody wants to be different from what the mapping finds by itself.

    Attributes:
        rules: destinations by source step.
        waits: what becomes of waits, by source step.
        wait: what becomes of all other waits.
    """

    rules: Mapping[str, Destination] = field(default_factory=dict)
    waits: Mapping[str, WaitPolicy] = field(default_factory=dict)
    wait: WaitPolicy = WaitPolicy.KEEP


@dataclass(frozen=True, slots=True)
class Request:
    """The same as a caller says it: rules are texts, by source step or as `STEP=DESTINATION`."""

    rules: Mapping[str, str] | Sequence[str] = ()
    waits: Mapping[str, WaitPolicy] = field(default_factory=dict)
    wait: WaitPolicy = WaitPolicy.KEEP

    def read(self, sources: Sequence[Graph]) -> list[Wishes]:
        """Understand it in the light of the steps that each source has; what is said of none of them is left with the first.

        Raises:
            InvalidNameError: if a rule is none, or there are two for one step.
        """
        known = {step for source in sources for step in source.steps}
        if isinstance(self.rules, Mapping):
            rules = {step: parse_destination(text) for step, text in self.rules.items()}
        else:
            rules = parse_rules(self.rules, known)
        return [
            Wishes(_for(source, rules, known, first=number == 0), _for(source, self.waits, known, first=number == 0), self.wait)
            for number, source in enumerate(sources)
        ]


def _for(source: Graph, said: Mapping[str, Said], known: Collection[str], *, first: bool) -> dict[str, Said]:
    return {step: what for step, what in said.items() if step in source.steps or (first and step not in known)}


def refused(found: Plan, failures: Sequence[Failure]) -> PlanError:
    """The error for a plan that something is in the way of."""
    reasons = "1 reason" if len(failures) == 1 else f"{len(failures)} reasons"
    source, target = f"'{found.workflow}@{found.source.version}'", found.target.version
    return PlanError(
        f"executions cannot be moved from {source} to version {target}, for {reasons}",
        failures=failures,
        hint="say where they go with --map STEP=DESTINATION" if any(failure.step for failure in failures) else failures[0].hint,
    )


@dataclass(frozen=True, slots=True)
class Sides:
    """The two versions of a plan: what it binds, their graphs, those of the versions between, and who stands on the source.

    `refusal` is why nobody may go to the target at all, `examples` are ids of those who are counted, where they are known.
    """

    workflow: str
    source: Side
    target: Side
    graphs: tuple[Graph, Graph]
    between: Callable[[], tuple[Graph, ...]]
    counts: Counts
    refusal: Failure | None
    examples: Examples | None = None


def plan(workspace: Workspace, slug: str, sources: Sequence[int], target: int | str, request: Request) -> list[Plan]:
    """Plan from versions to another one, or to the file in the working tree.

    Raises:
        NotFoundError: if there is no such workflow or version.
        DefinitionError: if one of the two cannot be parsed.
    """
    standing = workspace.get(slug)
    to = _target(workspace, standing, target)
    found = [_sides(workspace, standing, standing.version(source), to) for source in sources]
    wanted = request.read([sides.graphs[0] for sides in found])
    return [_make(workspace, sides, wishes) for sides, wishes in zip(found, wanted, strict=True)]


def plan_to(workspace: Workspace, standing: Standing, target: Side, request: Request, *, back_to: int | None = None) -> Plan:
    """Plan from the current version to content that is about to be published, as the version that it is or will be.

    Args:
        workspace: where.
        standing: the workflow; it has a current version.
        target: the content.
        request: what is wanted.
        back_to: on the way back to an earlier content, its version: the plan by which executions came from there is reversed.

    Raises:
        InvalidNameError: if a rule is none.
        DefinitionError: if one of the two cannot be parsed.
    """
    assert standing.current is not None
    sides = _sides(workspace, standing, standing.current, target)
    wanted = request.read([sides.graphs[0]])[0]
    if back_to is not None:
        wanted = replace(wanted, rules={**_way_back(workspace, standing.current, back_to), **wanted.rules})
    return _make(workspace, sides, wanted)


def renew(workspace: Workspace, old: Plan, *, among: Chosen | None = None) -> Plan:
    """Make a plan again from its own instructions, with those who stand on the source now.

    What an instruction says is kept, also where the mapping would find something else today.

    Args:
        workspace: where.
        old: the plan.
        among: count these executions only.

    Raises:
        ConflictError: if one of its sides is not what it was.
        NotFoundError: if there is no such workflow or version.
    """
    standing = workspace.get(old.workflow)
    source = _require_side(standing, old.source)
    target = _require_side(standing, old.target)
    sides = _sides(workspace, standing, source, target)
    if among is not None:
        sides = replace(sides, counts=among.counts, examples=among.examples)
    return _make(workspace, sides, _said(old, sides), silent=_silenced(old))


def check(workspace: Workspace, old: Plan) -> Plan:
    """Make a plan again between the contents it is bound to, whoever stands there: for reading a plan file critically.

    Raises:
        MissingObjectError: if one of the contents is not in this clone.
    """
    graphs = (_graph(workspace, old.source.blob), _graph(workspace, old.target.blob))
    sides = Sides(old.workflow, old.source, old.target, graphs, tuple, {}, None)
    return _make(workspace, sides, _said(old, sides), silent=_silenced(old))


def _graph(workspace: Workspace, blob: str) -> Graph:
    if not workspace.git.has(blob):
        raise MissingObjectError(
            f"the content {blob[:10]} that the plan is bound to is not in this clone", hint="bring it in with `git fetch`"
        )
    return workspace.contents.parse(blob).graph


def _way_back(workspace: Workspace, current: VersionRow, to: int) -> dict[str, Destination]:
    """The reverse of the plan by which executions last came from an earlier version to the current one; empty if none did."""
    with workspace.store.read() as conn:
        rows = migrations.list_migrations(conn, workspace.account, workflow=current.workflow)
        made = [row.id for row in rows if (row.source, row.target) == (to, current.number)]
        text = migrations.read_plan(conn, workspace.account, made[-1]) if made else None
    return reverse_rules(load_plan(text.encode(), path=f"migration {made[-1]}")) if text else {}


def target_graph(workspace: Workspace, made: Plan) -> Graph:
    """The graph of a plan's target."""
    return _graph(workspace, made.target.blob)


def require_sides(workspace: Workspace, old: Plan) -> None:
    """See that both sides of a plan are what they were; a target that was not committed then may still be the working tree's.

    Raises:
        ConflictError: if one is not.
        NotFoundError: if there is no such workflow or version.
    """
    standing = workspace.get(old.workflow)
    _require_side(standing, old.source)
    if old.target.commit is None and old.target.version == standing.rows[0].number + 1:
        now = workspace.locate(Revision(old.workflow)).blob
        if now != old.target.blob:
            raise _stale(standing.slug, old.target, now)
    else:
        _require_side(standing, old.target)


def _require_side(standing: Standing, side: Side) -> VersionRow:
    """The version that one side of a plan is bound to, as it was then."""
    row = standing.version(side.version)
    if row.blob != side.blob or side.commit not in (None, row.commit):
        raise _stale(standing.slug, side, row.blob)
    return row


def _stale(slug: str, side: Side, now: str | None) -> ConflictError:
    return ConflictError(
        f"the plan is for '{slug}@{side.version}' with the content {side.blob[:10]}, but that is {(now or 'deleted')[:10]} now",
        expected=side.blob,
        actual=now,
        hint="plan anew with `wflgit migrate plan`",
    )


def _target(workspace: Workspace, standing: Standing, target: int | str) -> VersionRow | Side:
    if isinstance(target, int):
        return standing.version(target)
    if target == WORKTREE:
        return _worktree_side(workspace, standing)
    selected = Revision(standing.slug, target)
    if selected.number is not None:
        return standing.version(selected.number)
    if target == CURRENT or target in workspace.settings.channels:
        return workspace.tagged(standing.slug, target)
    number = workspace.locate(selected).number
    if number is None:
        raise NotFoundError(f"'{selected}' is no version of '{standing.slug}'", hint=f"see `wflgit log {standing.slug}`")
    return standing.version(number)


def _worktree_side(workspace: Workspace, standing: Standing) -> VersionRow | Side:
    """The file in the working tree: the newest version if it is as that, else what will be the next one."""
    source = workspace.locate(Revision(standing.slug))
    if source.content is not None:
        workspace.git.write_blob(source.content)
    newest = standing.rows[0]
    return newest if newest.blob == source.blob else Side(newest.number + 1, None, source.blob)


def _sides(workspace: Workspace, standing: Standing, source: VersionRow, target: VersionRow | Side) -> Sides:
    with workspace.store.read() as conn:
        counts = executions.step_counts(conn, workspace.account, standing.slug, source.number, source.commit)
    if isinstance(target, VersionRow):
        refusal, bound = target_failure(standing.slug, target.number, **_facts(target)), _side(target)
    else:
        refusal, bound = None, target
    start = workspace.definition(source).graph
    end = workspace.contents.parse(bound.blob).graph if bound.blob else start
    between = partial(_between, workspace, standing, source.number, bound.version)
    return Sides(standing.slug, _side(source), bound, (start, end), between, counts, refusal)


def _facts(row: VersionRow) -> dict[str, bool]:
    return {"published": bool(row.tag), "archived": row.archived, "deleted": row.blob is None}


def _side(row: VersionRow) -> Side:
    return Side(row.number, row.commit, row.blob or "")


def _between(workspace: Workspace, standing: Standing, source: int, target: int) -> tuple[Graph, ...]:
    """The graphs of the versions between two, nearest the source first; those that cannot be read are left out."""
    low, high = sorted((source, target))
    rows = sorted((row for row in standing.rows if low < row.number < high and row.blob), key=lambda row: row.number)
    found = []
    for row in rows if source < target else reversed(rows):
        try:
            found.append(workspace.definition(row).graph)
        except DefinitionError:
            continue
    return tuple(found)


def _make(workspace: Workspace, sides: Sides, wanted: Wishes, *, silent: Collection[str] = ()) -> Plan:
    placements = tuple(_unmapped(found) if found.step in silent else found for found in _map(sides, wanted.rules))
    made = _made(sides, wanted, placements, {})
    stopped = {failure.step for failure in made.execution_failures}
    if stopped:
        examples = _examples(workspace, sides, stopped) if sides.examples is None else sides.examples
        made = _made(sides, wanted, placements, examples)
    return made if sides.refusal is None else replace(made, plan_failures=(sides.refusal, *made.plan_failures))


def _map(sides: Sides, rules: Mapping[str, Destination]) -> tuple[Placement, ...]:
    """Map directly; the versions between are read only if some step finds no place so."""
    placements = map_steps(*sides.graphs, rules)
    if all(found.origin in _CLEAR for found in placements):
        return placements
    return map_steps(*sides.graphs, rules, sides.between())


def _made(sides: Sides, wanted: Wishes, placements: Sequence[Placement], examples: Examples) -> Plan:
    return make_plan(
        sides.workflow,
        sides.source,
        sides.target,
        sides.graphs,
        placements,
        counts=sides.counts,
        examples=examples,
        waits=wanted.waits,
        wait=wanted.wait,
        rules=wanted.rules,
    )


def _examples(workspace: Workspace, sides: Sides, steps: Collection[str | None]) -> Examples:
    """Some of the executions at steps, by step and status."""
    with workspace.store.read() as conn:
        return {
            (step, status): executions.examples(
                conn, workspace.account, sides.workflow, sides.source.version, step, status, limit=_EXAMPLES
            )
            for step, status in sides.counts
            if step in steps
        }


def _unmapped(found: Placement) -> Placement:
    """The step without a destination, which the mapping would have had one for."""
    return found if found.to is None else Placement(found.step, None, Origin.UNMAPPED, proposals=(found.to,))


def _said(old: Plan, sides: Sides) -> Wishes:
    """What the instructions of a plan say beyond what the mapping finds by itself."""
    found = {placement.step: placement.to for placement in _map(sides, {})}
    rules = {
        said.step: said.to
        for said in old.instructions
        if said.to is not None and (said.origin is Origin.RULE or found.get(said.step) != said.to)
    }
    waits = {said.step: said.wait for said in old.instructions if said.wait is not WaitPolicy.KEEP}
    return Wishes(rules, waits)


def _silenced(old: Plan) -> tuple[str, ...]:
    """The steps that a plan leaves without a destination."""
    return tuple(said.step for said in old.instructions if said.to is None)
