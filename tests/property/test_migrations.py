"""Random sequences of starts, advances, migrations, pauses, crashes and undos against a simple model.

The model knows of each contact only how far it has come. Every version tells the same story in other words: steps are renamed
between versions and inserted, so where an execution stands says how far its contact is, on whatever version it is. Migrations
never change that, and advancing always does.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.builders import HOUR, Document, Story, make_repo, steps
from wflgit import ConflictError, Execution, ExecutionStatus, ItemResult, Migration, MigrationStatus, Pace, Strategy
from wflgit.core.lifecycle import LIVE, OPEN
from wflgit.store import migration_batches as store

CHAPTERS: dict[int, dict[str, str]] = {
    1: {"hello": "greet", "wait_a_day": "rest", "bye": "part"},
    2: {"hello": "greet", "tag_new": "extra", "wait_a_day": "rest", "bye": "part"},
    3: {"welcome": "greet", "wait_a_day": "rest", "ask_more": "more", "farewell": "part"},
}
"""Version -> step -> chapter of the story it tells."""
SAME: dict[str, Any] = {"hello": {"tag": "hi"}, "welcome": {"tag": "hi"}, "bye": {"tag": "bye"}, "farewell": {"tag": "bye"}}

VERSIONS = st.sampled_from(sorted(CHAPTERS))
PICKS = st.integers(min_value=0, max_value=50)


class CrashError(Exception):
    """A worker is killed before its transaction is committed."""


def document(version: int) -> Document:
    ids = CHAPTERS[version]
    return steps(*ids, **{step: SAME[step] for step in ids if step in SAME})


def rules(source: int, target: int) -> dict[str, str]:
    """Where each chapter goes on; who is in one that the target does not tell goes to the next."""
    there = {chapter: step for step, chapter in CHAPTERS[target].items()}
    found = {}
    for step, chapter in CHAPTERS[source].items():
        found[step] = there.get(chapter) or f"@enter:{there['rest' if chapter == 'extra' else 'part']}"
    return found


LEFT_OUT = {("extra", "rest"), ("more", "part")}
ORDER = ("greet", "extra", "rest", "more", "part")


class Travellers(RuleBasedStateMachine):
    """Contacts on their way through a workflow whose versions come and go."""

    store_url: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.story: Story = make_repo(self.folder / "repo", store=self.store_url, account=self.folder.name)
        for version in CHAPTERS:
            self.story.commit(tour=document(version)).publish("tour")
        self.commits = {version.number: version.commit for version in self.story.repo.versions.list("tour")}
        self.contacts = 0
        self.chapter: dict[int, str] = {}
        self.untouched: dict[int, dict[int, Execution]] = {}

    def teardown(self) -> None:
        self.story.repo.close()
        shutil.rmtree(self.folder)

    # What the world looks like

    def live(self) -> list[Execution]:
        return self.story.repo.executions.list("tour", status=LIVE, limit=1000)

    def pick(self, number: int) -> Execution | None:
        found = self.live()
        return found[number % len(found)] if found else None

    def open(self) -> list[Migration]:
        return self.story.repo.migrations.list(open_only=True)

    def pick_open(self, number: int, *statuses: MigrationStatus) -> Migration | None:
        found = [made for made in self.open() if made.status in statuses]
        return found[number % len(found)] if found else None

    def snapshot(self) -> dict[int, Execution]:
        return {found.id: found for found in self.story.repo.executions.list("tour", limit=1000)}

    # What happens

    @rule(count=st.integers(min_value=1, max_value=8))
    def start(self, count: int) -> None:
        for _ in range(count):
            self.contacts += 1
            found = self.story.repo.executions.start("tour", f"c{self.contacts}")
            self.chapter[found.id] = "greet"

    @rule(number=PICKS)
    def advance(self, number: int) -> None:
        found = self.pick(number)
        if found is None:
            return
        outcome = "yes" if found.step == "ask_more" else None
        after = self.story.repo.executions.advance(found.id, outcome)
        self.untouched.clear()
        if after.status is ExecutionStatus.COMPLETED:
            assert self.chapter.pop(found.id) == "part"
            return
        now = CHAPTERS[after.version][after.step]
        assert ORDER.index(now) > ORDER.index(self.chapter[found.id])
        self.chapter[found.id] = now

    @rule(number=PICKS)
    def wait(self, number: int) -> None:
        found = self.pick(number)
        if found is not None:
            self.story.repo.executions.wait(found.id, until=self.story.clock() + HOUR)
            self.untouched.clear()

    @rule(number=PICKS)
    def cancel(self, number: int) -> None:
        found = self.pick(number)
        if found is not None:
            self.story.repo.executions.cancel(found.id)
            del self.chapter[found.id]
            self.untouched.clear()

    @rule(old=VERSIONS, new=VERSIONS, gradual=st.sampled_from([None, Pace(size=3, every=HOUR), Pace(at_advance=True)]))
    def migrate(self, old: int, new: int, gradual: Pace | None) -> None:
        if old == new:
            return
        migrations = self.story.repo.migrations
        plan = migrations.plan("tour", old, new, rules=rules(old, new))
        assert plan.failures == ()
        strategy = Strategy.GRADUAL if gradual else Strategy.IMMEDIATE
        try:
            made = migrations.create(plan, strategy=strategy, pace=gradual)
        except ConflictError:
            assert any({found.source, found.target} & {old, new} for found in self.open())
            return
        self.untouched[made.id] = self.snapshot()
        migrations.run(made.id, budget_s=0)

    @rule(number=PICKS, rows=st.integers(min_value=1, max_value=4), crash=st.booleans())
    def work_a_little(self, number: int, rows: int, crash: bool) -> None:
        """One transaction of a worker, which may be killed before it is committed."""
        made = self.pick_open(number, MigrationStatus.RUNNING)
        if made is None:
            return
        repo = self.story.repo
        with suppress(CrashError), repo.workspace.store.write() as conn:
            store.work(conn, repo.settings.account, made.id, at=self.story.clock(), by="worker@example.com", rows=rows)
            if crash:
                raise CrashError
        self.follow()

    @rule(number=PICKS)
    def run(self, number: int) -> None:
        made = self.pick_open(number, MigrationStatus.PENDING, MigrationStatus.RUNNING)
        if made is not None:
            self.story.repo.migrations.run(made.id)
            self.follow()

    def follow(self, *, back: bool = False) -> None:
        """Who was moved is in the same chapter, or past one that the other version does not tell; an undo puts that back."""
        for found in self.live():
            before, now = self.chapter[found.id], CHAPTERS[found.version][found.step]
            assert before == now or ((now, before) if back else (before, now)) in LEFT_OUT
            self.chapter[found.id] = now

    @rule(number=PICKS)
    def pause(self, number: int) -> None:
        made = self.pick_open(number, MigrationStatus.PENDING, MigrationStatus.RUNNING)
        if made is not None:
            assert self.story.repo.migrations.pause(made.id).status is MigrationStatus.PAUSED

    @rule(number=PICKS)
    def resume(self, number: int) -> None:
        made = self.pick_open(number, MigrationStatus.PAUSED)
        if made is not None:
            self.story.repo.migrations.resume(made.id)

    @rule(number=PICKS)
    def give_up(self, number: int) -> None:
        made = self.pick_open(number, MigrationStatus.PENDING, MigrationStatus.RUNNING, MigrationStatus.PAUSED)
        if made is not None:
            self.story.repo.migrations.cancel(made.id)

    @rule(number=PICKS)
    def undo(self, number: int) -> None:
        migrations = self.story.repo.migrations
        ended = [made for made in migrations.list() if made.status not in OPEN and made.status is not MigrationStatus.UNDONE]
        if not ended:
            return
        made = ended[number % len(ended)]
        try:
            undone = migrations.undo(made.id)
        except ConflictError:
            assert self.open()
            return
        assert undone.undone + undone.kept == made.moved
        after, before = self.snapshot(), self.untouched.get(made.id, {})
        for item in migrations.items(made.id, result=ItemResult.UNDONE, limit=1000):
            if item.execution in before:
                assert replace(after[item.execution], lock_version=0) == replace(before[item.execution], lock_version=0)
        self.follow(back=True)

    @rule()
    def time_goes_by(self) -> None:
        self.story.clock.tick()

    # What always holds

    @invariant()
    def every_execution_stands_at_one_step_of_one_version(self) -> None:
        live = self.live()
        assert {found.id for found in live} == self.chapter.keys()
        for found in live:
            assert found.step in CHAPTERS[found.version]
            assert found.commit == self.commits[found.version]

    @invariant()
    def nobody_comes_back_or_gets_ahead_by_being_moved(self) -> None:
        for found in self.live():
            assert CHAPTERS[found.version][found.step] == self.chapter[found.id]

    @invariant()
    def progress_is_what_the_items_say(self) -> None:
        migrations = self.story.repo.migrations
        for made in migrations.list()[-4:]:
            items = migrations.items(made.id, limit=1000)
            told = {result: sum(item.result is result for item in items) for result in ItemResult}
            assert told[ItemResult.MOVED] + told[ItemResult.KEPT] == made.moved
            assert (told[ItemResult.SKIPPED], told[ItemResult.FAILED]) == (made.skipped, made.failed)
            assert (told[ItemResult.UNDONE], told[ItemResult.KEPT]) == (made.undone, made.kept)
            if made.status in (MigrationStatus.COMPLETED, MigrationStatus.PARTIALLY_COMPLETED, MigrationStatus.FAILED):
                assert made.moved + made.skipped + made.failed == made.total


@pytest.mark.slow
def test_migrations_keep_every_invariant_whatever_happens(store_url: str, thorough: bool) -> None:
    class OnStore(Travellers):
        pass

    OnStore.store_url = store_url
    run_state_machine_as_test(
        OnStore,
        settings=settings(
            max_examples=200 if thorough else 8,
            stateful_step_count=50 if thorough else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
