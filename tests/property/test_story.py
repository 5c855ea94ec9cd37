"""Random sequences of API calls and plain git keep every invariant."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests import invariants
from tests.builders import BEN, Story, make_repo, steps, to_content
from wflgit import ConflictError, Execution, ExecutionStatus, NotFoundError, StateError

SLUGS = st.sampled_from(["welcome", "welcome/nudge"])
SHAPES = st.lists(st.sampled_from(["hello", "wait", "ask", "bye", "tag"]), min_size=1, max_size=4, unique=True).map(tuple)


class Accounts(RuleBasedStateMachine):
    """A repository worked on through the library, by a second process, and by people with plain git."""

    store: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.story: Story = make_repo(self.folder / "repo", store=self.store, account=self.folder.name)
        self.branches = 0

    def teardown(self) -> None:
        self.story.repo.close()
        shutil.rmtree(self.folder)

    def slugs(self) -> list[str]:
        return [workflow.slug for workflow in self.story.repo.workflows.list()]

    def content(self, slug: str, shape: tuple[str, ...]) -> bytes:
        return to_content(slug, steps(*shape))

    @rule(slug=SLUGS, shape=SHAPES)
    def commit(self, slug: str, shape: tuple[str, ...]) -> None:
        self.story.commit({slug: steps(*shape)})

    @rule(slug=SLUGS, shape=SHAPES)
    def commit_by_another_process(self, slug: str, shape: tuple[str, ...]) -> None:
        other = self.story.open_again(actor=BEN, store=self.store)
        try:
            other.versions.create(slug, self.content(slug, shape))
        except NotFoundError:
            assert slug not in self.slugs()
        finally:
            other.close()

    @rule(slug=SLUGS)
    def publish(self, slug: str) -> None:
        try:
            self.story.publish(slug)
        except (NotFoundError, StateError) as error:
            assert any(words in error.message for words in ("there is no workflow", "deleted it", "archived"))

    @rule(slug=SLUGS, back=st.integers(1, 3))
    def rollback(self, slug: str, back: int) -> None:
        if slug in self.slugs():
            newest = self.story.repo.versions.list(slug)[0].number
            try:
                self.story.rollback(slug, to=max(1, newest - back))
            except StateError as error:
                assert "cannot be rolled back" in error.message or "archived" in error.message

    @rule(slug=SLUGS)
    def delete(self, slug: str) -> None:
        try:
            self.story.repo.workflows.delete(slug)
        except (NotFoundError, StateError) as error:
            assert slug not in self.slugs() or "still live" in error.message

    @rule(shape=SHAPES, slug=SLUGS, how=st.sampled_from(["--no-ff", "--squash", "--ff-only"]))
    def merge(self, slug: str, shape: tuple[str, ...], how: str) -> None:
        self.branches += 1
        branch = f"idea-{self.branches}"
        self.story.git("switch", "--quiet", "--create", branch)
        self.story.write({slug: steps(*shape, name=f"{slug} {self.branches}")})
        self.story.git("add", ".")
        self.story.git("commit", "--quiet", "--allow-empty", "--message", branch)
        self.story.git("switch", "--quiet", "main")
        self.story.git("merge", "--quiet", how, branch)
        if how == "--squash":
            self.story.git("commit", "--quiet", "--allow-empty", "--message", f"Squash {branch}")
        self.story.clock.tick()

    @rule(slug=SLUGS)
    def tag_by_hand(self, slug: str) -> None:
        commits = invariants.count_versions(self.story.path).get(slug)
        exists = (self.story.path / f"workflows/{slug}.json").exists()
        if commits and exists and not self.story.git("tag", "-l", f"{slug}/v{len(commits)}"):
            self.story.git("tag", "--annotate", "--message", "By hand", f"{slug}/v{len(commits)}", commits[-1])

    @rule(slug=SLUGS)
    def stale_moving_tag(self, slug: str) -> None:
        if self.story.git("tag", "-l", f"{slug}/v1"):
            self.story.git("tag", "--force", f"{slug}/current", f"{slug}/v1^{{}}")

    @rule(slug=SLUGS, number=st.integers(1, 3), places=st.permutations(["refs/tags", "refs/wflgit/archive"]))
    def move_by_hand(self, slug: str, number: int, places: list[str]) -> None:
        old, new = (f"{place}/{slug}/v{number}" for place in places)
        if self.story.git("for-each-ref", old):
            self.story.git("update-ref", new, old)
            self.story.git("update-ref", "-d", old)

    @rule(slug=SLUGS, contact=st.integers(1, 3).map(str))
    def start(self, slug: str, contact: str) -> None:
        try:
            self.story.start(slug, contact)
        except (NotFoundError, StateError) as error:
            assert any(words in error.message for words in ("no workflow", "no version", "already", "deleted", "archived"))

    @precondition(lambda self: self.story.repo.executions.list(status=(ExecutionStatus.ACTIVE,)))
    @rule(data=st.data())
    def advance(self, data: st.DataObject) -> None:
        live: Execution = data.draw(st.sampled_from(self.story.repo.executions.list(status=(ExecutionStatus.ACTIVE,))))
        graph = self.story.repo.workflows.get(f"{live.workflow}@{live.version}").graph
        label = data.draw(st.sampled_from([edge.label for edge in graph.outgoing[live.step]]))
        self.story.repo.executions.advance(live.id, label)
        with pytest.raises(ConflictError):
            self.story.repo.executions.complete(live.id, lock_version=live.lock_version)

    @rule()
    def pack(self) -> None:
        self.story.git("gc", "--quiet")

    @rule()
    def drop_the_version_cache(self) -> None:
        from wflgit.store import versions

        before = {slug: self.story.repo.versions.list(slug) for slug in self.slugs()}
        with self.story.repo.workspace.store.write() as conn:
            versions.clear(conn, self.story.repo.workspace.account)
        other = self.story.open_again(store=self.store)
        other.sync()
        assert {slug: other.versions.list(slug) for slug in before} == before
        other.close()

    @invariant()
    def everything_agrees(self) -> None:
        invariants.check(self.story.repo, self.story.path)


@pytest.mark.slow
def test_every_invariant_holds_through_random_work(store_url: str | None, thorough: bool) -> None:
    machine: Any = type("OnThisStore", (Accounts,), {"store": store_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=100 if thorough else 12,
            stateful_step_count=30 if thorough else 14,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
