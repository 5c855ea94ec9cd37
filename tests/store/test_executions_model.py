"""The store against a model of it in plain Python: whatever happens to executions, both say the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from tests.store.rows import AT, start
from wflgit.core.lifecycle import LIVE
from wflgit.core.records import Execution, ExecutionStatus
from wflgit.store import executions
from wflgit.store.engine import Connection, Store

ACCOUNTS = st.sampled_from(["one", "two"])
CONTACTS = st.sampled_from(["ann", "bob", "cid"])
WORKFLOWS = st.sampled_from(["welcome", "sales/welcome"])
STEPS = st.sampled_from(["a", "b"])
OPERATIONS = st.one_of(
    st.tuples(st.just("start"), ACCOUNTS, WORKFLOWS, CONTACTS, st.integers(1, 3), STEPS),
    st.tuples(st.just("start_many"), ACCOUNTS, WORKFLOWS, st.lists(CONTACTS, max_size=4), st.integers(1, 3), STEPS),
    st.tuples(st.just("change"), ACCOUNTS, st.integers(0, 12), st.integers(0, 2), st.sampled_from(ExecutionStatus), STEPS),
)
RUN = count()


class Model:
    """Executions of several accounts, as a list."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.prefix = f"{next(RUN)}-"  # accounts of this example only, so that one store serves all
        self.rows: list[tuple[str, Execution]] = []

    def start(self, account: str, workflow: str, contact: str, version: int, step: str) -> None:
        row = start(workflow=workflow, version=version, step=step)
        number = executions.insert(self.conn, self.prefix + account, contact=contact, **row)
        assert (number is None) == self.is_in(account, workflow, contact)
        if number is not None:
            self.add(account, number, contact, version, workflow, step)

    def start_many(self, account: str, workflow: str, contacts: list[str], version: int, step: str) -> None:
        row = start(workflow=workflow, version=version, step=step)
        once = list(dict.fromkeys(contacts))
        existing = [contact for contact in once if self.is_in(account, workflow, contact)]
        found = executions.insert_many(self.conn, self.prefix + account, contacts=contacts, **row)
        assert found == (len(once) - len(existing), existing)
        for contact in set(once) - set(existing):
            live = executions.find_live(self.conn, self.prefix + account, workflow, contact)
            assert live is not None
            self.add(account, live.id, contact, version, workflow, step)

    def change(self, account: str, which: int, lock_version: int, status: ExecutionStatus, step: str) -> None:
        if which >= len(self.rows):
            return
        owner, row = self.rows[which]
        ended_at = None if status in LIVE else AT
        if row.status not in LIVE and status in LIVE and self.is_in(owner, row.workflow, row.contact):
            return
        columns = {"status": status, "step": step, "ended_at": ended_at}
        done = executions.change(self.conn, self.prefix + account, row.id, lock_version=lock_version, **columns)
        assert done == (account == owner and lock_version == row.lock_version)
        if done:
            changed = replace(row, status=status, step=step, ended_at=ended_at, lock_version=lock_version + 1)
            self.rows[which] = (owner, changed)

    def is_in(self, account: str, workflow: str, contact: str) -> bool:
        return any(
            (owner, row.workflow, row.contact) == (account, workflow, contact) and row.status in LIVE for owner, row in self.rows
        )

    def add(self, account: str, number: int, contact: str, version: int, workflow: str, step: str) -> None:
        found = executions.get(self.conn, self.prefix + account, number)
        assert found is not None
        assert (found.contact, found.version, found.workflow, found.step) == (contact, version, workflow, step)
        assert (found.lock_version, found.status) == (0, ExecutionStatus.ACTIVE)
        self.rows.append((account, found))

    def check(self, account: str) -> None:
        mine = sorted((row for owner, row in self.rows if owner == account), key=lambda row: row.id)
        live = [row for row in mine if row.status in LIVE]
        name = self.prefix + account
        assert executions.list_executions(self.conn, name) == mine
        assert executions.list_executions(self.conn, name, status=LIVE) == live
        assert executions.live_by_version(self.conn, name) == Counter((row.workflow, row.version) for row in live)
        found = {(one.workflow, one.version, one.step, one.active, one.waiting) for one in executions.counts(self.conn, name)}
        places = {(row.workflow, row.version, row.step) for row in live}
        assert found == {(*place, *(self.standing(live, place, status) for status in LIVE)) for place in places}

    @staticmethod
    def standing(live: list[Execution], place: tuple[str, int, str], status: ExecutionStatus) -> int:
        return sum((row.workflow, row.version, row.step) == place and row.status is status for row in live)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(operations=st.lists(OPERATIONS, max_size=12))
def test_executions_are_what_happened_to_them_and_accounts_never_mix(store: Store, operations: list[tuple[str, ...]]) -> None:
    with store.write() as conn:
        model = Model(conn)
        for name, *arguments in operations:
            getattr(model, name)(*arguments)
        model.check("one")
        model.check("two")
