"""Plans, migrations and items as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from wflgit.core.mapping import Destination, Origin, Way
from wflgit.core.plan import Failure, Instruction, Loss, Plan, Side, WaitPolicy
from wflgit.core.records import ItemResult, Migration, MigrationItem, MigrationStatus, Strategy
from wflgit.render.migrations import (
    ITEM_STYLES,
    STYLES,
    duration,
    item_table,
    migration_lines,
    migration_table,
    plan_lines,
    progress_text,
)
from wflgit.render.problems import SHOWN
from wflgit.render.tables import Table
from wflgit.render.text import plain, width

if TYPE_CHECKING:
    from collections.abc import Callable

    from wflgit.render.text import Line

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def to(step: str, way: Way = Way.CONTINUE) -> Destination:
    return Destination(way, step)


QUIET = tuple(Instruction(f"quiet_{number}", "add_tag", to(f"quiet_{number}"), Origin.SAME) for number in range(40))
CLEAR = Plan(
    "welcome",
    Side(6, "1" * 40, "a" * 40),
    Side(7, "2" * 40, "b" * 40),
    (
        Instruction("hello", "send_email", to("hello"), Origin.SAME, active=1200),
        Instruction("wait", "wait", to("wait_2"), Origin.RENAMED, 0.857, skipped=("a", "b"), wait=WaitPolicy.RESTART, waiting=20),
        Instruction("old", "add_tag", to("new"), Origin.HISTORY, 0.71, via=("older", "newer"), active=12),
        Instruction("gone", "add_tag", Destination(Way.END), Origin.RULE, active=5),
        Instruction("again", "wait", to("hello", Way.ENTER), Origin.RULE, skipped=tuple("abcdefg")),
        Instruction("unused", "add_tag", None, Origin.UNMAPPED, proposals=(to("new"),)),
        *QUIET,
    ),
    losses=(
        Loss("skips", "wait", "20 executions at 'wait' never get 'a' and 'b'", 20),
        Loss("ends", "gone", "5 executions at 'gone' end as completed", 5),
    ),
)
STOPPED = replace(
    CLEAR,
    instructions=(
        Instruction("hello", "send_email", None, Origin.UNMAPPED, active=3, proposals=(to("ask again"), Destination(Way.END))),
        Instruction("lost", "add_tag", None, Origin.UNMAPPED, active=1200),
        Instruction("same", "wait", to("same"), Origin.SAME, breaks=("wait-changed",)),
    ),
    plan_failures=(Failure("unknown-target", "expected 'x' to be a step of welcome@7 but it is not", "did you mean 'y'?"),),
    execution_failures=(
        Failure(
            "unmapped",
            "expected a place for 3 executions at 'hello' but there is none",
            "try --map hello=@end",
            "hello",
            3,
            (4, 5, 6),
        ),
    ),
    losses=(),
)


def said(plan: Plan, columns: int | None = None, *, everything: bool = False) -> str:
    lines: list[Line] = []
    for part in plan_lines(plan, everything=everything):
        lines += part.lines(columns) if isinstance(part, Table) else [part]
    return plain(lines)


def test_a_plan_says_where_executions_go_and_why_and_what_is_skipped_and_lost(golden: Callable[[str], None]) -> None:
    golden(said(CLEAR))


def test_a_plan_that_cannot_start_says_all_that_is_in_its_way_and_what_to_type(golden: Callable[[str], None]) -> None:
    golden(said(STOPPED))


def test_steps_that_stay_as_they_are_are_listed_if_asked_for() -> None:
    assert "and 40 steps that stay as they are\n" in said(CLEAR)
    assert "quiet_7" not in said(CLEAR)
    assert "quiet_7" in said(CLEAR, everything=True)
    assert "stay as they are" not in said(CLEAR, everything=True)


def test_a_plan_in_which_nothing_changes_is_two_lines() -> None:
    assert said(replace(CLEAR, instructions=QUIET[:1], losses=())) == ("welcome 6 → 7: no executions\n1 step that stays as it is\n")


def test_a_plan_for_an_edit_says_that_it_is_not_committed() -> None:
    assert said(replace(CLEAR, target=Side(7, None, "b" * 40))).startswith("welcome 6 → 7 (not committed yet): 1,237 executions\n")


def test_the_table_of_a_plan_fits_a_narrow_terminal() -> None:
    table = said(CLEAR, 60).partition("\n\n")[2].partition("\nand 40")[0]
    assert max(map(width, table.splitlines())) == 60


def test_only_so_many_failures_are_listed() -> None:
    plan = replace(STOPPED, plan_failures=(), execution_failures=STOPPED.execution_failures * (SHOWN + 5))
    assert said(plan).count("expected a place") == said(plan).count("--map") == SHOWN
    assert "and 5 more\n" in said(plan)


RUNNING = Migration(
    id=4,
    workflow="welcome",
    source=6,
    target=7,
    strategy=Strategy.GRADUAL,
    pace="500 per PT1H",
    status=MigrationStatus.RUNNING,
    total=3000,
    moved=812,
    skipped=3,
    failed=1,
    undone=0,
    kept=0,
    rate=95.4,
    eta=1380.0,
    due_at=AT + timedelta(hours=1),
    created_at=AT,
    created_by="maya@example.com",
)
DONE = replace(
    RUNNING,
    id=12,
    strategy=Strategy.IMMEDIATE,
    pace=None,
    status=MigrationStatus.COMPLETED,
    moved=3000,
    skipped=0,
    failed=0,
    rate=None,
    eta=None,
    due_at=None,
)


def test_a_migration_under_way_says_how_far_it_is_and_how_fast_it_goes(golden: Callable[[str], None]) -> None:
    golden(plain(migration_lines(RUNNING)))


def test_a_migration_that_is_done_is_two_lines() -> None:
    assert plain(migration_lines(DONE)) == (
        "migration 12  welcome 6 → 7  immediate  completed\n  3,000 of 3,000 executions moved\n"
    )


def test_an_undone_one_says_how_many_were_put_back_and_how_many_not() -> None:
    undone = replace(DONE, status=MigrationStatus.UNDONE, moved=10, undone=2990, kept=10)
    assert plain(migration_lines(undone)).splitlines()[1] == "  2,990 of 3,000 executions put back, 10 kept"


def test_a_migration_of_nobody_says_so() -> None:
    assert "  no executions\n" in plain(migration_lines(replace(DONE, total=0, moved=0)))


def test_every_status_and_result_has_a_colour_and_is_also_words() -> None:
    assert set(STYLES) == set(MigrationStatus)
    assert set(ITEM_STYLES) == set(ItemResult)
    assert "  partially completed\n" in plain(migration_lines(replace(DONE, status=MigrationStatus.PARTIALLY_COMPLETED)))


def test_the_list_of_migrations(golden: Callable[[str], None]) -> None:
    golden(plain(migration_table([RUNNING, DONE]).lines()))


def test_the_list_of_items(golden: Callable[[str], None]) -> None:
    moved = MigrationItem(4, 17, "ana", "hello", "hi", ItemResult.MOVED)
    golden(plain(item_table([moved, MigrationItem(4, 180, "ben", None, None, ItemResult.SKIPPED, "finished")]).lines()))


@pytest.mark.parametrize(
    ("migration", "text"),
    [
        (RUNNING, "[#####---------------]  27%  812 of 3,000 moved, 3 skipped, 1 failed  95/s, 23 min left"),
        (replace(RUNNING, rate=0.25, eta=None), "[#####---------------]  27%  812 of 3,000 moved, 3 skipped, 1 failed  0.2/s"),
        (DONE, "[####################] 100%  3,000 of 3,000 moved"),
        (replace(DONE, total=0, moved=0), "[####################] 100%  no executions"),
        (
            replace(DONE, status=MigrationStatus.UNDOING, moved=1600, undone=1400, kept=100),
            "[##########----------]  50%  1,400 of 3,000 put back, 100 kept",
        ),
        (replace(DONE, moved=4000), "[####################] 100%  4,000 of 3,000 moved"),
    ],
)
def test_progress_is_one_line(migration: Migration, text: str) -> None:
    assert progress_text(migration) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599.9, "1 h"),
        (3661, "1 h 1 min"),
        (86_400 + 59, "1 d"),
        (40 * 86_400 + 7200, "40 d 2 h"),
    ],
)
def test_time_left_is_told_by_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
