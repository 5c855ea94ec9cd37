"""What docs/migrations.md shows, made of small definitions by what makes it for users, so that it is what they see today."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from tests.core.plans import chain, machine, native, parallel, plan
from wflgit.core.lifecycle import MIGRATION_MOVES, migration_outcome
from wflgit.core.mapping import map_steps
from wflgit.core.plan_checks import parse_rules
from wflgit.core.plan_file import dump_plan
from wflgit.core.records import ExecutionStatus, MigrationStatus
from wflgit.render import mermaid
from wflgit.render.migrations import plan_lines
from wflgit.render.problems import failure_lines
from wflgit.render.tables import Table
from wflgit.render.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wflgit.core.graph import Graph
    from wflgit.core.plan import Plan


class Picture(NamedTuple):
    """Two versions of a workflow, who stands where in the first one, and what is said of its steps."""

    source: Graph
    target: Graph
    standing: Mapping[str, int | tuple[int, int]]
    rules: tuple[str, ...] = ()
    examples: Mapping[tuple[str, ExecutionStatus], tuple[int, ...]] = {}

    def plan(self) -> Plan:
        """The plan between the two, mapped as for users."""
        placements = map_steps(self.source, self.target, parse_rules(self.rules, self.source.steps))
        return plan(self.source, self.target, *self.rules, standing=self.standing, examples=self.examples, placements=placements)

    def draw(self) -> str:
        """The plan as Mermaid, with all steps."""
        return "".join(f"{line}\n" for line in mermaid.plan_lines(self.plan(), self.source, self.target, everything=True))


LINE = native("mail_hello", "wait", "mail_bye")
NUDGED = native("mail_hello", "wait", "nudge", "mail_bye")
MAIL, CALL = chain(Mail="Task", Log="Pass"), chain(Call="Task")
FAN = machine(Greet="Pass", Fan=parallel(MAIL, CALL), Bye="Task")
FLAT = machine(Greet="Pass", Mail="Task", Log="Pass", Call="Task", Bye="Task")

EXAMPLE = Picture(
    native("mail_hello", "nudge", "wait", "mail_bye"),
    native("mail_hello", "tag_new", "wait_a_day", "mail_bye"),
    {"mail_hello": 120, "wait": (3, 410), "nudge": 12},
    ("nudge=@enter:tag_new",),
)
PICTURES = {
    "skips": Picture(LINE, native("mail_hello", "tag_new", "wait", "mail_bye"), {"mail_hello": 3, "wait": (0, 40)}),
    "incompatible-type": Picture(LINE, native("mail_hello", "mail_soon", "mail_bye"), {"wait": (0, 5)}, ("wait=mail_soon",)),
    "unmapped-scope": Picture(FAN, FLAT, {"Fan/0/Mail": 5}),
    "enters-scope": Picture(FLAT, FAN, {"Mail": 5}),
    "changed-scope": Picture(
        FAN, machine(Greet="Pass", Fan=parallel(chain(Log="Pass"), CALL), Mail="Task", Bye="Task"), {"Fan/0/Mail": 5}
    ),
    "sibling-scope": Picture(
        FAN,
        machine(Greet="Pass", Fan=parallel(chain(Mail="Task"), chain(Call="Task", Log="Pass")), Bye="Task"),
        {"Fan/0/Log": 5},
    ),
    "changed-join": Picture(
        FAN, machine(Greet="Pass", Fan=parallel(MAIL, CALL, chain(Text="Task")), Bye="Task"), {"Fan/0/Mail": 5}
    ),
    "unmapped": Picture(
        NUDGED, LINE, {"wait": (0, 40), "nudge": 5}, examples={("nudge", ExecutionStatus.ACTIVE): (3, 8, 9, 21, 34)}
    ),
    "wait-changed": Picture(
        LINE, native("mail_hello", "wait", "mail_bye", wait={"event": "email_opened"}), {"mail_hello": 3, "wait": (0, 5)}
    ),
}
"""By the heading they stand under: a rule that refuses the plan, or a kind of what is lost by it."""


def blocks() -> dict[tuple[str, str], str]:
    """Every fenced block that is made, by the heading it stands under and its language."""
    return {
        ("A plan", "console"): f"$ wflgit migrate plan welcome --from 6 --map nudge=@enter:tag_new\n{_show(EXAMPLE.plan())}",
        ("A plan", "mermaid"): EXAMPLE.draw(),
        ("Plans in pull requests", "json"): _instruction(EXAMPLE.plan(), "wait"),
        ("Why a plan is refused", "text"): plain(failure_lines(PICTURES["unmapped"].plan().failures)),
        ("The life of a migration", "mermaid"): "".join(f"{line}\n" for line in _draw_life()),
        **{(name, "mermaid"): picture.draw() for name, picture in PICTURES.items()},
    }


def _show(found: Plan) -> str:
    """A plan as the command line shows it."""
    parts = [part.lines() if isinstance(part, Table) else [part] for part in plan_lines(found)]
    return plain(line for lines in parts for line in lines)


def _instruction(found: Plan, step: str) -> str:
    """What a plan file says of one step."""
    document = json.loads(dump_plan(found))
    said = next(said for said in document["instructions"] if said["step"] == step)
    return f"{json.dumps(said, indent=2)}\n"


def _draw_life() -> Iterator[str]:
    """What a user can ask of a migration in each status, and what comes of it by itself."""
    yield "stateDiagram-v2"
    yield f"  [*] --> {MigrationStatus.PENDING}"
    for move, (sources, to) in MIGRATION_MOVES.items():
        yield from (f"  {status} --> {to}: {move}" for status in MigrationStatus if status in sources and status is not to)
    for words, status in {
        "all are moved": migration_outcome(moved=1, left=0),
        "some are left": migration_outcome(moved=1, left=1),
        "nobody is moved": migration_outcome(moved=0, left=1),
    }.items():
        yield f"  {MigrationStatus.RUNNING} --> {status}: {words}"
    yield f"  {MigrationStatus.UNDOING} --> {MigrationStatus.UNDONE}: all are put back or kept"
