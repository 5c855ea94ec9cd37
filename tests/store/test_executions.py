"""Executions in the store, on both databases."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from tests.store.rows import AT, start
from wflgit.core.records import Execution, ExecutionStatus, StepCount
from wflgit.errors import StoreError
from wflgit.store import executions
from wflgit.store.engine import Connection, Store
from wflgit.store.executions import Pin


def begin(conn: Connection, contact: str, **changes: object) -> int:
    number = executions.insert(conn, "acme", contact=contact, **start(**changes))
    assert number is not None
    return number


def end(conn: Connection, number: int, status: ExecutionStatus = ExecutionStatus.COMPLETED) -> None:
    found = executions.get(conn, "acme", number)
    assert found is not None
    assert executions.change(conn, "acme", number, lock_version=found.lock_version, status=status, ended_at=AT)


def test_an_execution_is_read_as_it_was_started(store: Store) -> None:
    with store.write() as conn:
        number = begin(conn, "ann")
        found = executions.get(conn, "acme", number)
    assert found == Execution(
        id=number,
        workflow="welcome",
        version=1,
        commit="c" * 40,
        contact="ann",
        step="hello",
        status=ExecutionStatus.ACTIVE,
        lock_version=0,
        context={"b": [1, None, "é"], "a": {"deep": True}},
        started_at=AT,
        started_by="ann@example.com",
        updated_at=AT,
        updated_by="ann@example.com",
        entered_at=AT,
    )
    assert list(found.context) == ["b", "a"]


def test_an_execution_nobody_started_is_not_there(store: Store) -> None:
    with store.read() as conn:
        assert executions.get(conn, "acme", 1) is None
        assert executions.find_live(conn, "acme", "welcome", "ann") is None


def test_a_contact_has_one_live_execution_of_a_workflow(store: Store) -> None:
    with store.write() as conn:
        first = begin(conn, "ann")
        assert executions.insert(conn, "acme", contact="ann", **start(version=2)) is None
        other = begin(conn, "ann", workflow="other")
        found = executions.find_live(conn, "acme", "welcome", "ann")
        assert found is not None
        assert (found.id, found.version, other != first) == (first, 1, True)


def test_a_contact_whose_execution_has_ended_may_start_again(store: Store) -> None:
    with store.write() as conn:
        first = begin(conn, "ann")
        end(conn, first)
        assert executions.find_live(conn, "acme", "welcome", "ann") is None
        second = begin(conn, "ann")
        assert [row.id for row in executions.list_executions(conn, "acme", contact="ann")] == [first, second]


def test_many_contacts_start_together_and_those_who_are_in_it_stay(store: Store) -> None:
    with store.write() as conn:
        first = begin(conn, "ann")
        contacts = ["zoe", "ann", 'quo"te', "new\nline", "é🚀", "zoe"]
        assert executions.insert_many(conn, "acme", contacts=contacts, **start(version=3)) == (4, ["ann"])
        assert executions.insert_many(conn, "acme", contacts=contacts, **start()) == (
            0,
            ["zoe", "ann", 'quo"te', "new\nline", "é🚀"],
        )
        assert executions.insert_many(conn, "acme", contacts=[], **start()) == (0, [])
        found = {row.contact: row for row in executions.list_executions(conn, "acme")}
    assert sorted(found) == sorted(set(contacts))
    assert found["ann"].id == first
    one, many = found["ann"], found["zoe"]
    assert (many.version, many.status, many.context, many.started_at) == (3, one.status, one.context, one.started_at)


def test_more_contacts_than_a_statement_takes_can_start_together(store: Store) -> None:
    contacts = [f"contact-{number}" for number in range(25_000)]
    with store.write() as conn:
        begin(conn, contacts[20_001])
        assert executions.insert_many(conn, "acme", contacts=contacts, **start()) == (24_999, [contacts[20_001]])
        assert executions.live_by_version(conn, "acme") == {("welcome", 1): 25_000}


def test_two_who_start_the_same_contacts_at_once_start_each_once(store: Store) -> None:
    contacts, together = [f"contact-{number}" for number in range(2_000)], Barrier(2)
    started: list[int] = []

    def run(mine: list[str]) -> None:
        together.wait()
        with store.write() as conn:
            started.append(executions.insert_many(conn, "acme", contacts=mine, **start())[0])

    threads = [Thread(target=run, args=[contacts]), Thread(target=run, args=[contacts[::-1]])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(started) == 2_000


def test_a_change_is_made_once_for_each_reading(store: Store) -> None:
    later = AT + timedelta(hours=1)
    with store.write() as conn:
        number = begin(conn, "ann")
        assert executions.change(
            conn,
            "acme",
            number,
            lock_version=0,
            status=ExecutionStatus.WAITING,
            step="wait",
            wake_at=later,
            waiting_for="opened",
            updated_at=later,
        )
        found = executions.get(conn, "acme", number)
        assert found is not None
        assert (found.lock_version, found.status, found.step) == (1, ExecutionStatus.WAITING, "wait")
        assert (found.wake_at, found.waiting_for, found.updated_at, found.started_at) == (later, "opened", later, AT)
        assert not executions.change(conn, "acme", number, lock_version=0, step="other")
        assert executions.get(conn, "acme", number) == found
        assert not executions.change(conn, "acme", number + 1, lock_version=0, step="other")


def test_of_two_changes_at_once_one_is_made(store: Store) -> None:
    with store.write() as conn:
        number = begin(conn, "ann")
    together, made = Barrier(4), []

    def run(step: str) -> None:
        together.wait()
        with store.write() as conn:
            made.append(executions.change(conn, "acme", number, lock_version=0, step=step))

    threads = [Thread(target=run, args=[step]) for step in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, False, True]


@pytest.mark.parametrize("columns", [{"status": ExecutionStatus.FAILED}, {"ended_at": AT}])
def test_an_execution_is_ended_with_a_time_and_only_then(store: Store, columns: dict[str, object]) -> None:
    with pytest.raises(StoreError), store.write() as conn:
        executions.change(conn, "acme", begin(conn, "ann"), lock_version=0, **columns)


def test_executions_are_listed_in_the_order_they_were_started(store: Store) -> None:
    with store.write() as conn:
        first = begin(conn, "zoe", version=1, step="a")
        second = begin(conn, "ann", version=2, step="b")
        third = begin(conn, "bob", workflow="other", version=2, step="a")
        fourth = begin(conn, "cid", version=2, step="a")
        end(conn, fourth)

        def ids(**wanted: object) -> list[int]:
            return [row.id for row in executions.list_executions(conn, "acme", **wanted)]  # type: ignore[arg-type]

        assert ids() == [first, second, third, fourth]
        assert ids(workflow="welcome") == [first, second, fourth]
        assert ids(version=2) == [second, third, fourth]
        assert ids(step="a") == [first, third, fourth]
        assert ids(contact="zoe") == [first]
        assert ids(status=[ExecutionStatus.ACTIVE]) == [first, second, third]
        assert ids(status=[ExecutionStatus.COMPLETED, ExecutionStatus.ACTIVE], version=2) == [second, third, fourth]
        assert ids(workflow="welcome", version=2, step="a", status=[ExecutionStatus.COMPLETED], contact="cid") == [fourth]
        assert ids(limit=2) == [first, second]
        assert ids(after=second, limit=2) == [third, fourth]
        assert ids(after=fourth) == []


def test_live_executions_are_counted_where_they_stand(store: Store) -> None:
    with store.write() as conn:
        standing: dict[str, dict[str, object]] = {
            "a": {"version": 10, "step": "hello"},
            "b": {"version": 2, "step": "hello"},
            "c": {"version": 2, "step": "Bye"},
            "d": {"version": 2, "step": "hello"},
            "e": {"workflow": "other", "version": 1},
            "f": {"version": 3},
        }
        for contact, changes in standing.items():
            number = begin(conn, contact, **changes)
            if contact == "d":
                executions.change(conn, "acme", number, lock_version=0, status=ExecutionStatus.WAITING)
            if contact == "f":
                end(conn, number, ExecutionStatus.CANCELLED)
        other = StepCount("other", 1, "hello", 1, 0)
        welcome = [
            StepCount("welcome", 2, "Bye", 1, 0),
            StepCount("welcome", 2, "hello", 1, 1),
            StepCount("welcome", 10, "hello", 1, 0),
        ]
        assert executions.counts(conn, "acme") == [other, *welcome]
        assert executions.counts(conn, "acme", "welcome") == welcome
        assert executions.counts(conn, "acme", "missing") == []
        assert executions.live_by_version(conn, "acme") == {("other", 1): 1, ("welcome", 2): 3, ("welcome", 10): 1}
        assert executions.live_by_version(conn, "acme", "welcome") == {("welcome", 2): 3, ("welcome", 10): 1}
        commit = "c" * 40
        assert executions.live_pins(conn, "acme") == [
            Pin("other", 1, commit, "hello", 1),
            Pin("welcome", 2, commit, "Bye", 1),
            Pin("welcome", 2, commit, "hello", 2),
            Pin("welcome", 10, commit, "hello", 1),
        ]
