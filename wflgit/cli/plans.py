"""Plans of migrations, as commands ask for them, write them to files, draw them and try them out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.cli.output import write_file
from wflgit.core.names import CURRENT
from wflgit.core.plan import WaitPolicy
from wflgit.render.migrations import plan_lines
from wflgit.render.problems import failure_lines
from wflgit.render.text import Line, Span, Style, count, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wflgit.cli.call import Call
    from wflgit.core.pace import Pace
    from wflgit.core.plan import Plan, Preview
    from wflgit.core.records import Strategy
    from wflgit.core.selection import Selection
    from wflgit.render.tables import Table


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is said of a plan beside its workflow and source. `waits` are policies by step, None for all others."""

    target: str
    rules: Sequence[str]
    waits: Sequence[tuple[str | None, WaitPolicy]]

    def __bool__(self) -> bool:
        return self.target != CURRENT or bool(self.rules or self.waits)


def make_plans(call: Call, slug: str, sources: Sequence[int], wanted: Wanted) -> list[Plan]:
    """Plan from versions to another, a plan each."""
    policies = dict(wanted.waits)
    wait = policies.pop(None, WaitPolicy.KEEP)
    waits = {step: policy for step, policy in policies.items() if step is not None}
    return call.repo.migrations.plan_many(slug, sources, wanted.target, rules=wanted.rules, waits=waits, wait=wait)


def load_plan(call: Call, file: str) -> Plan:
    """Read a plan file: a path relative to `-C`, or on the trunk of a bare repository."""
    there = call.path / file
    return call.repo.migrations.load(there if there.is_file() else file)


def dump(plan: Plan) -> bytes:
    """A plan as the content of a file."""
    from wflgit.core.plan_file import dump_plan

    return dump_plan(plan)


def save(call: Call, plan: Plan) -> None:
    """Write a plan to its own place in the working tree."""
    from wflgit.cli.workingtree import require_workdir
    from wflgit.core.paths import plan_path

    path = plan_path(plan.workflow, plan.source.version, plan.target.version)
    write_file(require_workdir(call.repo) / path, dump(plan))
    call.output.note(f"wrote '{path}'; commit it to have it reviewed")


def picture(call: Call, plan: Plan, form: str, *, everything: bool) -> str:
    """A plan as Mermaid text, or as a page."""
    get, slug = call.repo.workflows.get, plan.workflow
    source = get(f"{slug}@{plan.source.version}").graph
    target = get(f"{slug}@{plan.target.version}" if plan.target.commit else slug).graph
    if form == "html":
        from wflgit.render.html.plan import plan_html

        return plan_html(plan, source, target)
    from wflgit.render.mermaid import plan_lines as mermaid_lines

    return "".join(f"{text}\n" for text in mermaid_lines(plan, source, target, everything=everything))


@dataclass(frozen=True, slots=True)
class How:
    """How a plan is to be carried out."""

    strategy: Strategy
    pace: Pace | None
    selection: Selection | None


def preview(call: Call, plan: Plan, how: How) -> Preview:
    """Find out what would come of a plan."""
    return call.repo.migrations.preview(plan, strategy=how.strategy, pace=how.pace, selection=how.selection)


def preview_lines(found: Preview) -> Iterator[Line | Table]:
    """A plan, and what would come of it."""
    yield from plan_lines(found.plan)
    yield line()
    yield from failure_lines([failure for failure in found.failures if failure not in found.plan.failures])
    parts = [f"{count(found.executions, 'execution')} would be moved"]
    parts += [f"in {count(found.waves, 'wave')}"] if found.waves else []
    parts += [found.pace] if found.pace else []
    yield line(Span("dry run: ", Style.STRONG), ", ".join(parts) if not found.failures else "it would not start, see the errors")
