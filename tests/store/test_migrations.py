"""Migrations in the store, on both databases."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest

from tests.store.rows import AT, new, start
from wflgit.core.plan import Disposition, Verdict, Wake
from wflgit.core.records import Execution, ExecutionStatus, ItemResult, MigrationItem, MigrationStatus, Strategy
from wflgit.errors import LockedError, StoreError
from wflgit.store import executions, migration_batches, migration_items, migrations
from wflgit.store.engine import Connection, Store, open_store
from wflgit.store.migration_batches import Outlook, Pass, Waves
from wflgit.store.migration_items import AtAdvance, Tally
from wflgit.store.migrations import MigrationRow

ACTIVE, WAITING = ExecutionStatus.ACTIVE, ExecutionStatus.WAITING
SOURCE, TARGET = "c" * 40, "d" * 40
LATER = AT + timedelta(hours=1)
WORKER = "worker@example.com"
EVERY_STATUS = tuple(MigrationStatus)


def begin(conn: Connection, contact: str, step: str = "a", *, at: Any = AT, **columns: Any) -> int:
    """Start an execution on version 1, and change it if there is anything to change."""
    number = executions.insert(conn, "acme", contact=contact, **start(step=step, at=at))
    assert number is not None
    if columns:
        assert executions.change(conn, "acme", number, lock_version=0, **columns)
    return number


def get(conn: Connection, number: int) -> Execution:
    found = executions.get(conn, "acme", number)
    assert found is not None
    return found


def change(conn: Connection, number: int, **columns: Any) -> None:
    assert executions.change(conn, "acme", number, lock_version=get(conn, number).lock_version, **columns)


def end(conn: Connection, number: int) -> None:
    change(conn, number, status=ExecutionStatus.COMPLETED, ended_at=LATER)


def moves(step: str, to_step: str | None, status: ExecutionStatus = ACTIVE, **changes: Any) -> Disposition:
    return Disposition(step, status, Verdict.MOVE, to_step, changes.pop("to_status", status), **changes)


def stays(step: str, verdict: Verdict = Verdict.STAYS) -> Disposition:
    return Disposition(step, ACTIVE, verdict)


MAPPING = (moves("a", "A"), moves("b", "B"))


def make(
    conn: Connection,
    dispositions: Iterable[Disposition] = MAPPING,
    *,
    waves: Waves | None = None,
    chosen: list[int] | None = None,
    **changes: Any,
) -> int:
    """Make a migration of `welcome` from version 1 to 2 and let it run."""
    number = migrations.create(conn, "acme", new(**changes), dispositions, waves=waves, chosen=chosen)
    to(conn, number, MigrationStatus.RUNNING)
    return number


def to(conn: Connection, number: int, status: MigrationStatus, at: Any = AT) -> None:
    assert migrations.change_status(conn, "acme", number, sources=EVERY_STATUS, to=status, at=at)


def work(conn: Connection, number: int, at: Any = LATER, **how: Any) -> Pass | None:
    return migration_batches.work(conn, "acme", number, **{"at": at, "by": WORKER, "rows": 1_000, **how})


def work_through(store: Store, number: int, at: Any = LATER, **how: Any) -> list[Pass]:
    """Do all passes there are to do, each in its transaction."""
    done: list[Pass] = []
    while True:
        with store.write() as conn:
            found = work(conn, number, at, **how)
        if found is None:
            return done
        done.append(found)


def finish(store: Store, number: int) -> MigrationStatus | None:
    with store.write() as conn:
        return migrations.finish(conn, "acme", number, LATER)


def complete(store: Store, number: int, **how: Any) -> MigrationStatus | None:
    work_through(store, number, **how)
    return finish(store, number)


def undo(store: Store, number: int, **how: Any) -> None:
    with store.write() as conn:
        to(conn, number, MigrationStatus.UNDOING)
        migration_batches.begin_undo(conn, "acme", number)
    assert complete(store, number, **how) is MigrationStatus.UNDONE


def row(conn: Connection, number: int) -> MigrationRow:
    found = migrations.get(conn, "acme", number)
    assert found is not None
    return found


def tally(conn: Connection, number: int) -> Tally:
    return migration_items.tally(conn, "acme", [number])[number]


def outlook(conn: Connection, number: int, at: Any = AT) -> Outlook:
    return migration_batches.outlook(conn, "acme", number, at)


def results(conn: Connection, number: int) -> dict[str, tuple[str, str | None]]:
    """What came of each contact's execution, and why."""
    return {item.contact: (item.result.value, item.reason) for item in migration_items.list_items(conn, "acme", number)}


class Aside(Thread):
    """Something done in a thread; `finish` waits for it and sees that it went well."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act = act
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._act()
        except BaseException as error:  # noqa: BLE001
            self._error = error

    def finish(self) -> None:
        self.join()
        if self._error is not None:
            raise self._error


def run_into(store: Store, act: Callable[[], object], obstacle: Callable[[Connection], object]) -> None:
    """Let a thread run into what a transaction holds that is committed then."""
    aside = Aside(act)
    with store.write() as conn:
        obstacle(conn)
        aside.start()
        blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        while aside.is_alive():
            with store.read() as other:
                if other.exec_driver_sql(blocked).scalar():
                    break
    aside.finish()


@pytest.fixture
def postgresql_store(postgresql_url: str) -> Iterator[Store]:
    """An open store without rows on PostgreSQL, where several write at once."""
    opened = open_store(postgresql_url, Path())
    yield opened
    opened.close()


# Moving


def test_an_execution_is_moved_and_keeps_all_else(store: Store) -> None:
    with store.write() as conn:
        number = begin(conn, "ann", "a", status=WAITING, wake_at=LATER, waiting_for="opened")
        before = get(conn, number)
        migration = make(conn, [moves("a", "A", WAITING)])
        assert work(conn, migration) == Pass(rows=1, moved=1, batch_done=True)
        assert get(conn, number) == dataclasses.replace(
            before, version=2, commit=TARGET, step="A", lock_version=2, updated_at=LATER, updated_by=WORKER
        )
        assert work(conn, migration) is None


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"wake": Wake.KEEP, "waiting_for": "unused"}, (LATER, "opened")),
        ({"wake": Wake.CLEAR}, (None, None)),
        ({"wake": Wake.CLEAR, "waiting_for": "clicked"}, (None, "clicked")),
        ({"wake": Wake.FROM_NOW, "wake_us": 7_000_001}, (LATER + timedelta(seconds=7, microseconds=1), None)),
        ({"wake": Wake.FROM_NOW, "wake_us": 1, "waiting_for": "clicked"}, (LATER + timedelta(microseconds=1), "clicked")),
        ({"wake": Wake.FROM_ENTRY, "wake_us": 60_000_000}, (AT + timedelta(minutes=1), None)),
        ({"wake": Wake.MOMENT, "wake_us": 1_000_001}, (AT.fromtimestamp(1, AT.tzinfo) + timedelta(microseconds=1), None)),
    ],
)
def test_a_wait_is_kept_cleared_or_begun_anew(store: Store, terms: dict[str, Any], expected: tuple[Any, Any]) -> None:
    with store.write() as conn:
        number = begin(conn, "ann", "a", status=WAITING, wake_at=LATER, waiting_for="opened")
        work(conn, make(conn, [moves("a", "A", WAITING, **terms)]))
        found = get(conn, number)
        assert (found.wake_at, found.waiting_for) == expected
        assert (found.status, found.entered_at, found.step) == (WAITING, AT, "A")


def test_a_step_that_is_begun_anew_has_been_entered_now(store: Store) -> None:
    with store.write() as conn:
        anew, goes_on = begin(conn, "ann", "a", status=WAITING, wake_at=LATER), begin(conn, "bob", "b")
        again = moves("a", "A", WAITING, to_status=ACTIVE, enters=True, wake=Wake.CLEAR)
        work(conn, make(conn, [again, moves("b", "B")]))
        found = get(conn, anew)
        assert (found.step, found.status, found.entered_at, found.wake_at) == ("A", ACTIVE, LATER, None)
        assert get(conn, goes_on).entered_at == AT


@pytest.mark.parametrize("status", [ExecutionStatus.COMPLETED, ExecutionStatus.CANCELLED])
def test_an_execution_ends_where_it_stands(store: Store, status: ExecutionStatus) -> None:
    with store.write() as conn:
        number, other = begin(conn, "ann", "b", status=WAITING, wake_at=LATER, waiting_for="opened"), begin(conn, "bob", "a")
        before = get(conn, number)
        ends = moves("b", None, WAITING, to_status=status, wake=Wake.CLEAR, reason="the migration to version 2")
        migration = make(conn, [moves("a", "A"), ends])
        assert work(conn, migration) == Pass(rows=2, moved=2, batch_done=True)
        assert get(conn, number) == dataclasses.replace(
            before,
            status=status,
            lock_version=2,
            updated_at=LATER,
            updated_by=WORKER,
            ended_at=LATER,
            wake_at=None,
            waiting_for=None,
            reason="the migration to version 2",
        )
        moved = get(conn, other)
        assert (moved.version, moved.step, moved.status, moved.ended_at, moved.reason) == (2, "A", ACTIVE, None, None)
        assert migrations.finish(conn, "acme", migration, LATER) is MigrationStatus.COMPLETED


def test_what_is_not_to_be_moved_is_left_with_the_reason(store: Store) -> None:
    with store.write() as conn:
        for contact, step in {"ann": "a", "bob": "b", "cid": "c", "dan": "d", "eve": "e"}.items():
            begin(conn, contact, step)
        before = executions.list_executions(conn, "acme")
        migration = make(conn, [moves("a", "A"), stays("b"), stays("c", Verdict.UNMAPPED), stays("d", Verdict.WAIT_CHANGED)])
        work(conn, migration)
        assert results(conn, migration) == {
            "ann": ("moved", None),
            "bob": ("skipped", "stays"),
            "cid": ("skipped", "unmapped"),
            "dan": ("skipped", "wait-changed"),
            "eve": ("skipped", "unknown-step"),
        }
        assert executions.list_executions(conn, "acme")[1:] == before[1:]
        assert tally(conn, migration) == Tally(moved=1, skipped=4, left=3)
        assert migrations.finish(conn, "acme", migration, LATER) is MigrationStatus.PARTIALLY_COMPLETED


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ("aa", MigrationStatus.COMPLETED),
        ("ab", MigrationStatus.COMPLETED),
        ("bb", MigrationStatus.COMPLETED),
        ("ac", MigrationStatus.PARTIALLY_COMPLETED),
        ("cc", MigrationStatus.FAILED),
        ("", MigrationStatus.COMPLETED),
    ],
)
def test_the_end_says_what_came_of_all(store: Store, steps: str, status: MigrationStatus) -> None:
    with store.write() as conn:
        for position, step in enumerate(steps):
            begin(conn, f"contact-{position}", step)
        migration = make(conn, [moves("a", "A"), stays("b"), stays("c", Verdict.UNMAPPED)])
    assert complete(store, migration) is status
    with store.read() as conn:
        assert (row(conn, migration).total, row(conn, migration).ended_at) == (len(steps), LATER)


def test_the_same_step_may_mean_another_thing_while_waiting(store: Store) -> None:
    with store.write() as conn:
        active, waiting = begin(conn, "ann", "a"), begin(conn, "bob", "a", status=WAITING)
        work(conn, make(conn, [moves("a", "A"), moves("a", "W", WAITING)]))
        assert (get(conn, active).step, get(conn, waiting).step) == ("A", "W")


def test_only_executions_pinned_to_the_source_are_moved(store: Store) -> None:
    with store.write() as conn:
        moved = begin(conn, "ann")
        pins: dict[str, dict[str, Any]] = {"bob": {"version": 3}, "cid": {"commit": "e" * 40}, "dan": {"workflow": "other"}}
        for contact, pin in pins.items():
            executions.insert(conn, "acme", contact=contact, **start(step="a", **pin))
        executions.insert(conn, "else", contact="ann", **start(step="a"))
        end(conn, begin(conn, "eve"))
        migration = make(conn)
        assert row(conn, migration).total == 1
        assert work(conn, migration) == Pass(rows=1, moved=1, batch_done=True)
        assert get(conn, moved).version == 2
        found = [found.lock_version for account in ("acme", "else") for found in executions.list_executions(conn, account)]
        assert found == [1, 0, 0, 0, 1, 0]


def test_who_ends_meanwhile_is_accounted_for(store: Store) -> None:
    with store.write() as conn:
        numbers = [begin(conn, f"contact-{position}") for position in range(4)]
        migration = make(conn, [moves("a", "A"), stays("b", Verdict.UNMAPPED)])
    with store.write() as conn:
        end(conn, numbers[1])
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert results(conn, migration)["contact-1"] == ("skipped", "ended")
        assert migration_items.list_items(conn, "acme", migration)[1].step == "a"
        assert tally(conn, migration) == Tally(moved=3, skipped=1)
        assert row(conn, migration).total == 4


def test_who_is_taken_elsewhere_meanwhile_is_not_counted(store: Store) -> None:
    with store.write() as conn:
        number = begin(conn, "ann")
        begin(conn, "old", status=ExecutionStatus.COMPLETED, ended_at=AT - timedelta(microseconds=1))
        begin(conn, "bob")
        migration = make(conn)
        change(conn, number, version=3)
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert results(conn, migration) == {"bob": ("moved", None)}
        assert (row(conn, migration).total, tally(conn, migration)) == (1, Tally(moved=1))


def test_who_had_ended_before_is_not_taken_for_one_who_ended_meanwhile(store: Store) -> None:
    with store.write() as conn:
        for position in range(2):
            begin(conn, f"early-{position}", status=ExecutionStatus.COMPLETED, ended_at=AT - timedelta(seconds=1))
            begin(conn, f"late-{position}", status=ExecutionStatus.COMPLETED, ended_at=AT)
        number = begin(conn, "ann")
        begin(conn, "bob")
        migration = make(conn)
    with store.write() as conn:
        end(conn, number)
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert results(conn, migration) == {"ann": ("skipped", "ended"), "bob": ("moved", None)}


@pytest.mark.parametrize("rows", [1, 3, 700, 5_000])
def test_in_passes_of_any_size_each_execution_is_moved_once(store: Store, rows: int) -> None:
    size = 20 if rows < 10 else 5_000  # from some thousand on, PostgreSQL takes a batch in stripes
    with store.write() as conn:
        executions.insert_many(conn, "acme", contacts=[f"contact-{position}" for position in range(size)], **start(step="a"))
        migration = make(conn)
    done = work_through(store, migration, rows=rows)
    assert sum(found.moved for found in done) == sum(found.rows for found in done) == size
    assert max(found.rows for found in done) <= rows + rows // 4
    assert min(found.rows for found in done) > 0
    assert [found.batch_done for found in done] == [False] * (len(done) - 1) + [True]
    assert finish(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert {(found.version, found.lock_version) for found in executions.list_executions(conn, "acme")} == {(2, 1)}
        assert len(migration_items.list_items(conn, "acme", migration, result=ItemResult.MOVED)) == size
        assert tally(conn, migration) == Tally(moved=size)


def test_a_large_migration_has_several_batches(store: Store) -> None:
    with store.write() as conn:
        contacts = [f"contact-{position}" for position in range(25_000)]
        executions.insert_many(conn, "acme", contacts=contacts, **start(step="a"))
        migration = make(conn)
        assert (row(conn, migration).total, outlook(conn, migration)) == (25_000, Outlook(3, None, None))


def test_a_pass_that_is_rolled_back_leaves_nothing(store: Store) -> None:
    with store.write() as conn:
        begin(conn, "ann")
        migration = make(conn)
        before = executions.list_executions(conn, "acme")
    with store.write() as conn, conn.begin_nested() as savepoint:
        assert work(conn, migration) is not None
        savepoint.rollback()
    with store.read() as conn:
        assert executions.list_executions(conn, "acme") == before
        assert results(conn, migration) == {}
        assert tally(conn, migration) == Tally()
    assert complete(store, migration) is MigrationStatus.COMPLETED


# Several at once


def test_workers_at_once_move_each_execution_once(store: Store) -> None:
    with store.write() as conn:
        contacts = [f"contact-{position}" for position in range(30_000)]
        executions.insert_many(conn, "acme", contacts=contacts, **start(step="a"))
        migration = make(conn)
    together, done, ended = Barrier(3), [], []

    def take_part() -> None:
        together.wait()
        while outlook_of(store, migration).open:
            done.extend(work_through(store, migration, rows=900))
        ended.append(finish(store, migration))

    workers = [Aside(take_part) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.finish()
    assert sum(found.moved for found in done) == 30_000
    assert [status for status in ended if status] == [MigrationStatus.COMPLETED]
    with store.read() as conn:
        assert {(found.version, found.lock_version) for found in executions.list_executions(conn, "acme")} == {(2, 1)}
        assert tally(conn, migration) == Tally(moved=30_000)


def test_workers_at_once_take_different_batches(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        for contact in ("ann", "bob"):
            begin(conn, contact)
        migration = make(conn, waves=Waves(1, timedelta()))
    with store.write() as one, store.write() as two, store.write() as three:
        for conn in (one, two, three):
            conn.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
        assert work(one, migration) == work(two, migration) == Pass(rows=1, moved=1, batch_done=True)
        assert work(three, migration) is None
        assert migrations.finish(three, "acme", migration, LATER) is None
    assert finish(store, migration) is MigrationStatus.COMPLETED


def outlook_of(store: Store, migration: int) -> Outlook:
    with store.read() as conn:
        return outlook(conn, migration)


def test_an_execution_that_moves_at_this_moment_is_moved_from_where_it_comes_to(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number, other = begin(conn, "ann", "a"), begin(conn, "bob", "a")
        migration = make(conn)
    run_into(
        store, lambda: work_through(store, migration), lambda conn: change(conn, number, step="b", updated_by="engine@example.com")
    )
    with store.read() as conn:
        found = get(conn, number)
        assert (found.version, found.step, found.lock_version, get(conn, other).step) == (2, "B", 2, "A")
        listed = migration_items.list_items(conn, "acme", migration)
        assert [(item.step, item.to_step) for item in listed] == [("b", "B"), ("a", "A")]
    undo(store, migration)
    with store.read() as conn:
        assert (get(conn, number).step, get(conn, number).updated_by) == ("b", "engine@example.com")


def test_an_execution_that_comes_to_a_step_without_a_place_at_this_moment_is_left(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number = begin(conn, "ann", "a")
        migration = make(conn)
    run_into(store, lambda: work_through(store, migration), lambda conn: change(conn, number, step="c"))
    with store.read() as conn:
        assert (get(conn, number).step, get(conn, number).lock_version) == ("c", 1)
        assert results(conn, migration) == {"ann": ("skipped", "unknown-step")}


def test_an_execution_that_ends_at_this_moment_is_not_moved(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number = begin(conn, "ann", "a")
        migration = make(conn)
    run_into(store, lambda: work_through(store, migration), lambda conn: end(conn, number))
    assert finish(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert results(conn, migration) == {"ann": ("skipped", "ended")}


@pytest.mark.parametrize("rows", [1, 1_000])
def test_what_somebody_keeps_locked_can_be_passed_over_and_tried_again(postgresql_store: Store, rows: int) -> None:
    store = postgresql_store
    with store.write() as conn:
        numbers = [begin(conn, contact, step) for contact, step in [("ann", "a"), ("zoe", "s"), ("bob", "a"), ("cid", "a")]]
        migration = make(conn, [*MAPPING, stays("s")])
    with store.write() as other:
        change(other, numbers[2], updated_by="slow@example.com")
        work_through(store, migration, skip_locked=True, rows=rows)
    assert finish(store, migration) is MigrationStatus.PARTIALLY_COMPLETED
    with store.write() as conn:
        told = {"ann": ("moved", None), "zoe": ("skipped", "stays"), "bob": ("failed", "locked"), "cid": ("moved", None)}
        assert results(conn, migration) == told
        assert tally(conn, migration) == Tally(moved=2, skipped=1, failed=1, left=1)
        assert migration_batches.retry(conn, "acme", migration) == 1
        to(conn, migration, MigrationStatus.RUNNING)
    with store.write() as other:
        change(other, numbers[2], updated_by="slow@example.com")
        assert work_through(store, migration, skip_locked=True) == [Pass(rows=1, moved=0, batch_done=True)]
    with store.write() as conn:
        assert tally(conn, migration) == Tally(moved=2, skipped=1, failed=1, left=1)
        assert migration_batches.retry(conn, "acme", migration) == 1
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert tally(conn, migration) == Tally(moved=3, skipped=1)


# Pausing


@pytest.mark.parametrize("status", [MigrationStatus.PAUSED, MigrationStatus.CANCELLED])
def test_the_next_pass_sees_that_it_is_to_stop(store: Store, status: MigrationStatus) -> None:
    with store.write() as conn:
        for contact in ("ann", "bob", "cid"):
            begin(conn, contact)
        migration = make(conn)
        assert work(conn, migration, rows=1) == Pass(rows=1, moved=1, batch_done=False)
        to(conn, migration, status)
        migration_batches.settle(conn, "acme", migration)
        assert work(conn, migration) is None
        assert migrations.finish(conn, "acme", migration, LATER) is None
        to(conn, migration, MigrationStatus.RUNNING)
        if status is MigrationStatus.PAUSED:
            assert work(conn, migration) == Pass(rows=2, moved=2, batch_done=True)


def test_who_pauses_waits_for_the_pass_that_is_under_way(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number = begin(conn, "ann")
        migration = make(conn)
    seen = []

    def pause() -> None:
        with store.write() as conn:
            to(conn, migration, MigrationStatus.PAUSED)
        with store.write() as conn:
            migration_batches.settle(conn, "acme", migration)
            seen.append(get(conn, number).version)

    run_into(store, pause, lambda conn: work(conn, migration))
    assert seen == [2]


def test_a_migration_that_waits_to_be_started_moves_nothing(store: Store) -> None:
    with store.write() as conn:
        begin(conn, "ann")
        migration = migrations.create(conn, "acme", new(), MAPPING)
        assert work(conn, migration) is None
        assert migrations.finish(conn, "acme", migration, LATER) is None


# Waves

HOUR = timedelta(hours=1)


def test_waves_are_due_one_after_the_other(store: Store) -> None:
    with store.write() as conn:
        for position in range(5):
            begin(conn, f"contact-{position}")
        migration = make(conn, waves=Waves(2, HOUR))
        assert outlook(conn, migration) == Outlook(3, None, AT + 2 * HOUR)
        assert work(conn, migration, AT) == Pass(rows=2, moved=2, batch_done=True)
        assert work(conn, migration, AT + HOUR - timedelta(microseconds=1)) is None
        assert outlook(conn, migration, AT + HOUR) == Outlook(2, None, AT + 2 * HOUR)
        assert work(conn, migration, AT + HOUR) == Pass(rows=2, moved=2, batch_done=True)
        assert work(conn, migration, AT + HOUR) is None
        assert migrations.finish(conn, "acme", migration, AT + HOUR) is None
        assert work(conn, migration, AT + 3 * HOUR) == Pass(rows=1, moved=1, batch_done=True)
        assert outlook(conn, migration, AT + 3 * HOUR) == Outlook(0, None, None)
        assert migrations.finish(conn, "acme", migration, AT + 3 * HOUR) is MigrationStatus.COMPLETED


def test_a_wave_that_is_larger_than_a_batch_is_divided(store: Store) -> None:
    with store.write() as conn:
        contacts = [f"contact-{position}" for position in range(21_000)]
        executions.insert_many(conn, "acme", contacts=contacts, **start(step="a"))
        migration = make(conn, waves=Waves(14_001, HOUR))
        assert outlook(conn, migration) == Outlook(3, None, AT + HOUR)
    work_through(store, migration, AT, rows=10_000)
    with store.read() as conn:
        assert tally(conn, migration) == Tally(moved=14_001)
        assert outlook(conn, migration) == Outlook(1, AT + HOUR, AT + HOUR)


def test_the_waves_begin_when_it_is_started_and_stand_still_while_it_is_paused(store: Store) -> None:
    with store.write() as conn:
        for contact in ("ann", "bob", "cid"):
            begin(conn, contact)
        migration = migrations.create(conn, "acme", new(), MAPPING, waves=Waves(1, HOUR))
        to(conn, migration, MigrationStatus.PAUSED, AT + HOUR)
        to(conn, migration, MigrationStatus.RUNNING, AT + 10 * HOUR)
        assert outlook(conn, migration, AT + 10 * HOUR) == Outlook(3, None, AT + 12 * HOUR)
        assert work(conn, migration, AT + 10 * HOUR) is not None
        to(conn, migration, MigrationStatus.PAUSED, AT + 10 * HOUR + HOUR / 2)
        to(conn, migration, MigrationStatus.PAUSED, AT + 20 * HOUR)
        to(conn, migration, MigrationStatus.RUNNING, AT + 30 * HOUR)
        assert outlook(conn, migration, AT + 30 * HOUR) == Outlook(2, AT + 30 * HOUR + HOUR / 2, AT + 31 * HOUR + HOUR / 2)
        to(conn, migration, MigrationStatus.RUNNING, AT + 40 * HOUR)
        assert outlook(conn, migration, AT + 30 * HOUR).due_at == AT + 30 * HOUR + HOUR / 2


# Executions that come late


def test_who_was_being_started_when_it_was_made_is_moved_as_well(store: Store) -> None:
    with store.write() as conn:
        begin(conn, "ann")
        migration = make(conn)
    with store.write() as conn:
        begin(conn, "bob")
        begin(conn, "cid", at=AT + timedelta(microseconds=1))
        begin(conn, "dan", "c")
    assert complete(store, migration) is None
    with store.read() as conn:
        assert (row(conn, migration).total, outlook(conn, migration).open) == (3, 1)
    assert complete(store, migration) is MigrationStatus.PARTIALLY_COMPLETED
    with store.read() as conn:
        expected = {"ann": ("moved", None), "bob": ("moved", None), "dan": ("skipped", "unknown-step")}
        assert results(conn, migration) == expected
        assert row(conn, migration).total == 3


def test_who_was_being_started_before_others_that_were_seen_is_moved_as_well(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as other:
        begin(other, "ann")
        with store.write() as conn:
            begin(conn, "bob")
            migration = make(conn)
        work_through(store, migration)
    assert complete(store, migration) is None
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert results(conn, migration) == {"ann": ("moved", None), "bob": ("moved", None)}


# Chosen executions


def test_only_the_chosen_ones_are_moved(store: Store) -> None:
    with store.write() as conn:
        numbers = [begin(conn, contact) for contact in ("ann", "bob", "cid", "dan", "eve")]
        change(conn, numbers[3], version=3)
        end(conn, numbers[4])
        migration = make(conn, strategy=Strategy.MANUAL, chosen=[numbers[2], numbers[0], numbers[0], *numbers[3:], 999])
        assert row(conn, migration).total == 2
        assert results(conn, migration) == {"ann": ("pending", None), "cid": ("pending", None)}
        assert tally(conn, migration) == Tally()
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        assert results(conn, migration) == {"ann": ("moved", None), "cid": ("moved", None)}
        assert [found.version for found in executions.list_executions(conn, "acme")] == [2, 1, 2, 3, 1]
        assert (tally(conn, migration), row(conn, migration).total) == (Tally(moved=2), 2)


def test_chosen_ones_that_have_gone_are_said_to_be(store: Store) -> None:
    with store.write() as conn:
        numbers = [begin(conn, contact) for contact in ("ann", "bob", "cid")]
        migration = make(conn, strategy=Strategy.MANUAL, chosen=numbers)
        end(conn, numbers[0])
        change(conn, numbers[2], version=3)
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.read() as conn:
        expected = {"ann": ("skipped", "ended"), "bob": ("moved", None), "cid": ("skipped", "elsewhere")}
        assert results(conn, migration) == expected
        assert tally(conn, migration) == Tally(moved=1, skipped=2)


def test_many_can_be_chosen(store: Store) -> None:
    with store.write() as conn:
        contacts = [f"contact-{position}" for position in range(13_000)]
        executions.insert_many(conn, "acme", contacts=contacts, **start(step="a"))
        chosen = [found.id for found in executions.list_executions(conn, "acme")][1::2]
        migration = make(conn, strategy=Strategy.MANUAL, chosen=chosen)
    assert complete(store, migration, rows=500) is MigrationStatus.COMPLETED
    with store.read() as conn:
        moved = [found.id for found in executions.list_executions(conn, "acme", version=2)]
        assert moved == chosen
        assert tally(conn, migration) == Tally(moved=6_500)


# Trying again


def test_those_that_were_left_can_be_tried_again(store: Store) -> None:
    with store.write() as conn:
        numbers = {step: begin(conn, step, step) for step in "abcde"}
        terms = [moves("a", "A"), moves("b", "B"), stays("c"), stays("d", Verdict.UNMAPPED)]
        migration = make(conn, terms)
    assert complete(store, migration) is MigrationStatus.PARTIALLY_COMPLETED
    with store.write() as conn:
        assert tally(conn, migration) == Tally(moved=2, skipped=3, left=2)
        change(conn, numbers["d"], step="b")
        assert migration_batches.retry(conn, "acme", migration) == 2
        to(conn, migration, MigrationStatus.RUNNING)
        assert tally(conn, migration) == Tally(moved=2, skipped=1)
        assert results(conn, migration)["d"][0] == "pending"
    assert complete(store, migration) is MigrationStatus.PARTIALLY_COMPLETED
    with store.write() as conn:
        assert tally(conn, migration) == Tally(moved=3, skipped=2, left=1)
        assert results(conn, migration)["d"] == ("moved", None)
        assert (get(conn, numbers["d"]).step, get(conn, numbers["d"]).lock_version) == ("B", 2)
        end(conn, numbers["e"])
        assert migration_batches.retry(conn, "acme", migration) == 1
        to(conn, migration, MigrationStatus.RUNNING)
    assert complete(store, migration) is MigrationStatus.COMPLETED
    with store.write() as conn:
        assert tally(conn, migration) == Tally(moved=3, skipped=2)
        assert results(conn, migration)["e"] == ("skipped", "ended")
        assert row(conn, migration).total == 5
        assert migration_batches.retry(conn, "acme", migration) == 0


# Undoing


def everything(conn: Connection) -> list[Execution]:
    """All executions, but for how often they were changed."""
    return [dataclasses.replace(found, lock_version=0) for found in executions.list_executions(conn, "acme")]


def many_kinds(conn: Connection) -> list[Disposition]:
    """Executions in all situations, and what is to become of them."""
    for position in range(30):
        waits: dict[str, Any] = {"status": WAITING, "wake_at": LATER, "waiting_for": "opened", "updated_by": "bob@example.com"}
        begin(conn, f"contact-{position}", "abcdef"[position % 6], **(waits if position % 4 else {}))
    again: dict[str, Any] = {"to_status": ACTIVE, "enters": True, "wake": Wake.CLEAR}
    gone: dict[str, Any] = {"to_status": ExecutionStatus.CANCELLED, "wake": Wake.CLEAR, "reason": "gone"}
    return [
        *(moves(step, step.upper(), status) for step in "ab" for status in (ACTIVE, WAITING)),
        *(moves("c", "C", status, **again) for status in (ACTIVE, WAITING)),
        *(moves("d", None, status, **gone) for status in (ACTIVE, WAITING)),
        moves("e", "E", WAITING, wake=Wake.FROM_ENTRY, wake_us=5, waiting_for="clicked"),
    ]


def test_an_undo_restores_everything_but_the_count_of_changes(store: Store) -> None:
    with store.write() as conn:
        terms = many_kinds(conn)
        before = everything(conn)
        migration = make(conn, terms)
    assert complete(store, migration, rows=7) is MigrationStatus.PARTIALLY_COMPLETED
    with store.read() as conn:
        moved = tally(conn, migration).moved
        changes = {found.id: found.lock_version for found in executions.list_executions(conn, "acme")}
        assert everything(conn) != before
    undo(store, migration, rows=7)
    with store.read() as conn:
        assert everything(conn) == before
        assert tally(conn, migration) == Tally(skipped=30 - moved, undone=moved, left=30 - moved)
        undone = {item.execution for item in migration_items.list_items(conn, "acme", migration, result=ItemResult.UNDONE)}
        assert len(undone) == moved
        for found in executions.list_executions(conn, "acme"):
            assert found.lock_version == changes[found.id] + (found.id in undone)


def test_an_undo_of_many_restores_all(store: Store) -> None:
    with store.write() as conn:
        contacts = [f"contact-{position}" for position in range(14_000)]
        executions.insert_many(conn, "acme", contacts=contacts, **start(step="a"))
        before = everything(conn)
        migration = make(conn)
    assert complete(store, migration, rows=2_000) is MigrationStatus.COMPLETED
    undo(store, migration, rows=2_000)
    with store.read() as conn:
        assert everything(conn) == before
        assert tally(conn, migration) == Tally(undone=14_000)


def test_an_undo_leaves_what_has_moved_on(store: Store) -> None:
    terms = [moves("a", "A"), moves("b", None, to_status=ExecutionStatus.COMPLETED, reason="gone")]
    with store.write() as conn:
        steps = {"ann": "a", "bob": "a", "cid": "b", "dan": "b", "eve": "a"}
        numbers = {contact: begin(conn, contact, step) for contact, step in steps.items()}
        migration = make(conn, terms)
    complete(store, migration)
    with store.write() as conn:
        change(conn, numbers["ann"], step="next")
        end(conn, numbers["bob"])
        begin(conn, "dan")
        before = executions.list_executions(conn, "acme")
    undo(store, migration)
    with store.read() as conn:
        assert results(conn, migration) == {
            "ann": ("kept", "advanced"),
            "bob": ("kept", "ended"),
            "cid": ("undone", None),
            "dan": ("kept", "contact-is-back"),
            "eve": ("undone", None),
        }
        assert tally(conn, migration) == Tally(moved=3, undone=2, kept=3)
        after = executions.list_executions(conn, "acme")
        changed = {old.contact for old, now in zip(before, after, strict=True) if old != now}
        assert changed == {"cid", "eve"}
        assert (get(conn, numbers["cid"]).status, get(conn, numbers["cid"]).reason) == (ACTIVE, None)


def test_who_starts_anew_while_it_is_undone_is_not_in_the_workflow_twice(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number = begin(conn, "ann")
        migration = make(conn, [moves("a", None, to_status=ExecutionStatus.COMPLETED)])
    complete(store, migration)
    run_into(store, lambda: undo(store, migration), lambda conn: begin(conn, "ann"))
    with store.read() as conn:
        assert results(conn, migration) == {"ann": ("kept", "contact-is-back")}
        assert get(conn, number).status is ExecutionStatus.COMPLETED


def test_who_advances_while_it_is_undone_is_kept(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number, other = begin(conn, "ann"), begin(conn, "bob")
        migration = make(conn)
    complete(store, migration)
    run_into(store, lambda: undo(store, migration), lambda conn: change(conn, number, step="next"))
    with store.read() as conn:
        assert results(conn, migration) == {"ann": ("kept", "advanced"), "bob": ("undone", None)}
        assert [(get(conn, each).version, get(conn, each).step) for each in (number, other)] == [(2, "next"), (1, "a")]


def test_half_an_undo_can_be_told_and_goes_on(store: Store) -> None:
    with store.write() as conn:
        executions.insert_many(conn, "acme", contacts=[f"contact-{position}" for position in range(5_000)], **start(step="a"))
        migration = make(conn)
    complete(store, migration, rows=2_000)
    with store.write() as conn:
        assert migration_batches.begin_undo(conn, "acme", migration) == 5_000
        assert work(conn, migration) is None
        to(conn, migration, MigrationStatus.UNDOING)
        done = [work(conn, migration, rows=800), work(conn, migration, rows=800)]
        assert migration_batches.begin_undo(conn, "acme", migration) == 5_000
        number = sum(found.moved for found in done if found)
        assert tally(conn, migration) == Tally(moved=5_000 - number, undone=number)
        back = {found.id for found in executions.list_executions(conn, "acme", version=1)}
        for result, expected in [(ItemResult.UNDONE, back), (ItemResult.MOVED, set(range(1, 5_001)) - back)]:
            listed = migration_items.list_items(conn, "acme", migration, result=result)
            assert {item.execution for item in listed} == expected
        assert len(back) == number > 1_500
        assert migrations.finish(conn, "acme", migration, LATER) is None
    assert complete(store, migration, rows=800) is MigrationStatus.UNDONE
    with store.read() as conn:
        assert {found.lock_version for found in executions.list_executions(conn, "acme")} == {2}
        assert tally(conn, migration) == Tally(undone=5_000)


def test_an_undo_in_the_middle_closes_what_was_not_done_yet(store: Store) -> None:
    with store.write() as conn:
        for contact in ("ann", "bob", "cid"):
            begin(conn, contact)
        before = everything(conn)
        migration = make(conn, waves=Waves(1, HOUR))
        work(conn, migration, AT)
    undo(store, migration)
    with store.read() as conn:
        assert everything(conn) == before
        assert tally(conn, migration) == Tally(undone=1)


# Taking along at the next advance


def take_along(conn: Connection, number: int, migration: int, step: str) -> None:
    """Let an execution advance to a step of the target."""
    assert migration_items.record_advance(conn, "acme", migration, get(conn, number), to_step=step)
    change(conn, number, version=2, commit_id=TARGET, step=step, updated_at=LATER, entered_at=LATER)


def make_gradual(conn: Connection) -> int:
    terms = [moves("a", "A"), moves("a", "W", WAITING), stays("b")]
    return make(conn, terms, strategy=Strategy.GRADUAL, pace="at advance", at_advance=True)


def test_a_running_migration_takes_along_who_advances(store: Store) -> None:
    with store.write() as conn:
        migration = make_gradual(conn)
        found = migration_items.at_advance(conn, "acme", "welcome", 1, "a")
        assert found == AtAdvance(migration, SOURCE, 2, TARGET, moves("a", "A"))
        assert migration_items.at_advance(conn, "acme", "welcome", 1, "b") == AtAdvance(migration, SOURCE, 2, TARGET, stays("b"))
        for elsewhere in [
            ("acme", "welcome", 1, "c"),
            ("acme", "welcome", 2, "a"),
            ("acme", "other", 1, "a"),
            ("else", "welcome", 1, "a"),
        ]:
            assert migration_items.at_advance(conn, *elsewhere) is None
        to(conn, migration, MigrationStatus.PAUSED)
        assert migration_items.at_advance(conn, "acme", "welcome", 1, "a") is None


def test_a_migration_in_batches_takes_nobody_along(store: Store) -> None:
    with store.write() as conn:
        make(conn)
        assert migration_items.at_advance(conn, "acme", "welcome", 1, "a") is None


def test_it_is_finished_when_nobody_is_left_on_the_source(store: Store) -> None:
    with store.write() as conn:
        end(conn, begin(conn, "old"))
        numbers = [begin(conn, contact) for contact in ("ann", "bob", "cid")]
        migration = make_gradual(conn)
        assert (row(conn, migration).total, outlook(conn, migration)) == (3, Outlook(0, None, None))
        begin(conn, "new", at=LATER)
        take_along(conn, numbers[1], migration, "A")
        assert migrations.finish(conn, "acme", migration, LATER) is None
        take_along(conn, numbers[0], migration, "A")
        assert tally(conn, migration) == Tally(moved=2)
        assert migrations.finish(conn, "acme", migration, LATER) is None
        change(conn, numbers[2], status=ExecutionStatus.COMPLETED, ended_at=LATER + HOUR)
        assert migrations.finish(conn, "acme", migration, LATER) is MigrationStatus.COMPLETED
        expected = {"ann": ("moved", None), "bob": ("moved", None), "cid": ("skipped", "ended")}
        assert results(conn, migration) == expected
        assert (tally(conn, migration), row(conn, migration).total) == (Tally(moved=2, skipped=1), 3)


def test_who_was_taken_along_can_be_put_back(store: Store) -> None:
    with store.write() as conn:
        numbers = [begin(conn, contact, status=WAITING, wake_at=LATER) for contact in ("ann", "bob")]
        before = everything(conn)
        migration = make_gradual(conn)
        for number in numbers:
            take_along(conn, number, migration, "A")
        change(conn, numbers[1], step="next")
    undo(store, migration)
    with store.read() as conn:
        assert everything(conn)[0] == before[0]
        assert results(conn, migration) == {"ann": ("undone", None), "bob": ("kept", "advanced")}
        assert tally(conn, migration) == Tally(moved=1, undone=1, kept=1)


def test_nobody_is_taken_along_by_a_migration_that_has_stopped(store: Store) -> None:
    with store.write() as conn:
        number = begin(conn, "ann")
        migration = make_gradual(conn)
        to(conn, migration, MigrationStatus.PAUSED)
        assert not migration_items.record_advance(conn, "acme", migration, get(conn, number), to_step="A")
        assert results(conn, migration) == {}


def test_who_stops_it_waits_for_those_who_are_being_taken_along(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number = begin(conn, "ann")
        migration = make_gradual(conn)
    run_into(store, lambda: undo(store, migration), lambda conn: take_along(conn, number, migration, "A"))
    with store.read() as conn:
        assert results(conn, migration) == {"ann": ("undone", None)}
        assert get(conn, number).version == 1


# The migrations themselves


def test_a_migration_is_read_as_it_was_made(store: Store) -> None:
    with store.write() as conn:
        begin(conn, "ann")
        made = new(strategy=Strategy.GRADUAL, pace="1 per PT1H", plan='{"é": 1}')
        number = migrations.create(conn, "acme", made, MAPPING, waves=Waves(1, HOUR))
        assert row(conn, number) == MigrationRow(
            id=number,
            workflow="welcome",
            source=1,
            source_commit=SOURCE,
            target=2,
            target_commit=TARGET,
            strategy=Strategy.GRADUAL,
            pace="1 per PT1H",
            at_advance=False,
            status=MigrationStatus.PENDING,
            total=1,
            created_at=AT,
            created_by="ann@example.com",
            started_at=None,
            ended_at=None,
            paused_at=None,
        )
        assert migrations.read_plan(conn, "acme", number) == '{"é": 1}'
        assert migrations.get(conn, "acme", number + 1) is None


def test_the_status_changes_from_where_it_was_expected(store: Store) -> None:
    with store.write() as conn:
        number = migrations.create(conn, "acme", new(), MAPPING)
        pending, running = [MigrationStatus.PENDING], MigrationStatus.RUNNING
        assert migrations.change_status(conn, "acme", number, sources=pending, to=running, at=AT + HOUR)
        before = row(conn, number)
        assert not migrations.change_status(conn, "acme", number, sources=pending, to=MigrationStatus.PAUSED, at=AT + 2 * HOUR)
        assert not migrations.change_status(conn, "acme", number + 1, sources=EVERY_STATUS, to=running, at=AT)
        assert row(conn, number) == before


def test_the_times_go_with_the_status(store: Store) -> None:
    with store.write() as conn:
        number = migrations.create(conn, "acme", new(), MAPPING)

        def times(status: MigrationStatus, at: Any) -> tuple[Any, ...]:
            to(conn, number, status, at)
            found = row(conn, number)
            return found.started_at, found.paused_at, found.ended_at

        assert times(MigrationStatus.PAUSED, AT) == (None, AT, None)
        assert times(MigrationStatus.RUNNING, AT + HOUR) == (AT + HOUR, None, None)
        assert times(MigrationStatus.PAUSED, AT + 2 * HOUR) == (AT + HOUR, AT + 2 * HOUR, None)
        assert times(MigrationStatus.RUNNING, AT + 3 * HOUR) == (AT + HOUR, None, None)
        assert times(MigrationStatus.CANCELLED, AT + 3 * HOUR) == (AT + HOUR, None, AT + 3 * HOUR)
        assert times(MigrationStatus.UNDOING, AT + 4 * HOUR) == (AT + HOUR, None, None)
        assert times(MigrationStatus.UNDONE, AT + 5 * HOUR) == (AT + HOUR, None, AT + 5 * HOUR)


def test_of_one_source_one_migration_is_open(store: Store) -> None:
    with store.write() as conn:
        first = make(conn)
    with pytest.raises(StoreError), store.write() as conn:
        make(conn, target=3)
    with store.write() as conn:
        to(conn, first, MigrationStatus.CANCELLED)
        make(conn, target=3)
    with pytest.raises(StoreError), store.write() as conn:
        to(conn, first, MigrationStatus.UNDOING)


def test_migrations_are_listed_in_the_order_they_were_made(store: Store) -> None:
    with store.write() as conn:
        first = make(conn)
        second = make(conn, source=2, target=3)
        third = make(conn, workflow="other")
        to(conn, first, MigrationStatus.CANCELLED)

        def ids(**wanted: Any) -> list[int]:
            return [found.id for found in migrations.list_migrations(conn, "acme", **wanted)]

        assert ids() == [first, second, third]
        assert ids(workflow="welcome") == [first, second]
        assert ids(open_only=True) == [second, third]
        assert ids(after=first, limit=1) == [second]
        assert ids(workflow="missing") == []


def test_open_migrations_are_found_by_the_versions_they_touch(store: Store) -> None:
    with store.write() as conn:
        first = make(conn)
        second = make(conn, source=3, target=2)
        make(conn, workflow="other")

        def ids(*versions: int) -> list[int]:
            return [found.id for found in migrations.find_open(conn, "acme", "welcome", versions)]

        assert (ids(1), ids(2), ids(3), ids(4), ids(1, 3)) == ([first], [first, second], [second], [], [first, second])
        to(conn, first, MigrationStatus.CANCELLED)
        assert ids(1, 2) == [second]


def test_many_migrations_are_tallied_together(store: Store) -> None:
    with store.write() as conn:
        first = make(conn)
        begin(conn, "ann")
        second = make(conn, workflow="other", at_advance=True)
        assert migration_items.tally(conn, "acme", [first, second, 999]) == dict.fromkeys([first, second, 999], Tally())
        assert migration_items.tally(conn, "acme", []) == {}


def test_the_pace_is_that_of_the_batches_of_late(store: Store) -> None:
    with store.write() as conn:
        for position in range(6):
            begin(conn, f"contact-{position}")
        migration = make(conn, waves=Waves(2, timedelta()))
        assert migration_batches.pace_of_late(conn, "acme", migration, AT) is None
        for hours in range(2):
            work(conn, migration, AT + hours * HOUR, rows=10)
        assert migration_batches.pace_of_late(conn, "acme", migration, AT) == (4, AT)
        assert migration_batches.pace_of_late(conn, "acme", migration, AT + HOUR) == (2, AT + HOUR)
        assert migration_batches.pace_of_late(conn, "acme", migration, AT + 2 * HOUR) is None
        work(conn, migration, AT + 2 * HOUR, rows=1)
        assert migration_batches.pace_of_late(conn, "acme", migration, AT + 9 * HOUR) == (1, AT + 2 * HOUR)


def test_items_are_listed_by_execution(store: Store) -> None:
    with store.write() as conn:
        numbers = [begin(conn, contact, step) for contact, step in [("zoe", "a"), ("ann", "c"), ("bob", "a")]]
        migration = make(conn)
        work(conn, migration)

        def ids(**wanted: Any) -> list[int]:
            return [item.execution for item in migration_items.list_items(conn, "acme", migration, **wanted)]

        assert ids() == numbers
        assert ids(result=ItemResult.MOVED) == [numbers[0], numbers[2]]
        assert ids(execution=numbers[1]) == [numbers[1]]
        assert ids(after=numbers[0], limit=1) == [numbers[1]]
        assert migration_items.list_items(conn, "acme", migration, limit=1) == [
            MigrationItem(migration, numbers[0], "zoe", "a", "A", ItemResult.MOVED)
        ]
        assert migration_items.list_items(conn, "acme", migration + 1) == []


def test_a_locked_execution_is_waited_for_in_vain(postgresql_store: Store) -> None:
    store = postgresql_store
    with store.write() as conn:
        number = begin(conn, "ann")
        migration = make(conn)
    with store.write() as other:
        change(other, number, step="b")
        with store.write() as conn, conn.begin_nested() as savepoint:
            conn.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
            with pytest.raises(LockedError):
                work(conn, migration)
            savepoint.rollback()
    assert complete(store, migration) is MigrationStatus.COMPLETED
