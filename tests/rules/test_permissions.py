"""Every operation says what permission it takes, asks for it before it does anything, and asks for no more than that."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.builders import MAYA, Clock, Story, make_repo, steps, to_content
from wflgit import api
from wflgit.api.repository import Repository, open_repository
from wflgit.core.permissions import Permission
from wflgit.core.plan_file import dump_plan
from wflgit.core.records import Actor
from wflgit.core.rollout import Rollout
from wflgit.errors import NotFoundError, PermissionDenied, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

CREATE, EDIT, PUBLISH, ADMIN = Permission.CREATE, Permission.EDIT, Permission.PUBLISH, Permission.ADMIN
EXECUTIONS, MIGRATIONS, AUDIT = Permission.EXECUTIONS, Permission.MIGRATIONS, Permission.AUDIT


def change(slug: str) -> bytes:
    return to_content(slug, steps("a", "b", "changed"))


@dataclass(frozen=True)
class Operation:
    """What an operation takes, and how it is tried.

    Attributes:
        call: does it, in the repository of `make_story`.
        takes: the permissions; none for what only reads.
    """

    call: Callable[[Any], object]
    takes: frozenset[Permission] = frozenset()


def reads(call: Callable[[Any], object]) -> Operation:
    return Operation(call)


def writes(call: Callable[[Any], object], *takes: Permission) -> Operation:
    return Operation(call, frozenset(takes))


def roll_out(repo: Any) -> object:
    return repo.versions.publish("welcome", 2, rollout=Rollout())


def autosave(repo: Any) -> None:
    with repo.drafts.autosave("welcome") as saver:
        saver.update(change("welcome"))


OPERATIONS: dict[str, Operation] = {
    "Audit.list": writes(lambda repo: repo.audit.list(), AUDIT),
    "Audit.verify": writes(lambda repo: repo.audit.verify(), AUDIT),
    "Audit.export": writes(lambda repo: [*repo.audit.export()], AUDIT),
    "Drafts.archived": reads(lambda repo: repo.drafts.archived()),
    "Drafts.autosave": writes(autosave, EDIT),
    "Drafts.bring_back": writes(lambda repo: repo.drafts.bring_back("stable"), EDIT),
    "Drafts.clean_up": writes(lambda repo: repo.drafts.clean_up(), ADMIN),
    "Drafts.commit": writes(lambda repo: repo.drafts.commit("welcome"), EDIT),
    "Drafts.content": reads(lambda repo: repo.drafts.content("welcome")),
    "Drafts.diff": reads(lambda repo: repo.drafts.diff("welcome")),
    "Drafts.discard": writes(lambda repo: repo.drafts.discard("welcome"), EDIT),
    "Drafts.find": reads(lambda repo: repo.drafts.find("welcome")),
    "Drafts.get": reads(lambda repo: repo.drafts.get("welcome")),
    "Drafts.history": reads(lambda repo: repo.drafts.history("welcome")),
    "Drafts.list": reads(lambda repo: repo.drafts.list()),
    "Drafts.rebase": writes(lambda repo: repo.drafts.rebase("welcome"), EDIT),
    "Drafts.recoverable": reads(lambda repo: repo.drafts.recoverable()),
    "Drafts.restore": writes(lambda repo: repo.drafts.restore("welcome", save=1), EDIT),
    "Drafts.save": writes(lambda repo: repo.drafts.save("welcome", change("welcome")), EDIT),
    "Drafts.settle": writes(lambda repo: repo.drafts.settle("welcome"), EDIT),
    "Drafts.status": reads(lambda repo: repo.drafts.status("welcome")),
    "Executions.advance": writes(lambda repo: repo.executions.advance(1), EXECUTIONS),
    "Executions.cancel": writes(lambda repo: repo.executions.cancel(1), EXECUTIONS),
    "Executions.complete": writes(lambda repo: repo.executions.complete(1), EXECUTIONS),
    "Executions.counts": reads(lambda repo: repo.executions.counts()),
    "Executions.fail": writes(lambda repo: repo.executions.fail(1, "broken"), EXECUTIONS),
    "Executions.get": reads(lambda repo: repo.executions.get(1)),
    "Executions.list": reads(lambda repo: repo.executions.list()),
    "Executions.start": writes(lambda repo: repo.executions.start("welcome", "new"), EXECUTIONS),
    "Executions.start_many": writes(lambda repo: repo.executions.start_many("welcome", ["new"]), EXECUTIONS),
    "Executions.wait": writes(lambda repo: repo.executions.wait(1, event="reply"), EXECUTIONS),
    "Merges.merge": reads(lambda repo: repo.merges.merge(None, change("welcome"), change("welcome"))),
    "Merges.resolve": writes(lambda repo: repo.merges.resolve("workflows/welcome.json"), EDIT),
    "Merges.unmerged": reads(lambda repo: repo.merges.unmerged()),
    "Merges.update_branch": reads(lambda repo: repo.merges.update_branch()),
    "Migrations.cancel": writes(lambda repo: repo.migrations.cancel(1), MIGRATIONS),
    "Migrations.create": writes(lambda repo: repo.migrations.create(repo.migrations.plan("moved", 1)), MIGRATIONS),
    "Migrations.get": reads(lambda repo: repo.migrations.get(1)),
    "Migrations.items": reads(lambda repo: repo.migrations.items(1)),
    "Migrations.lacking": reads(lambda repo: repo.migrations.lacking("stable", "stable@2")),
    "Migrations.lint": reads(lambda repo: repo.migrations.lint(b"{}", "migrations/x.json")),
    "Migrations.list": reads(lambda repo: repo.migrations.list()),
    "Migrations.load": reads(lambda repo: repo.migrations.load(repo.workspace.git.workdir / "plan.json")),
    "Migrations.pause": writes(lambda repo: repo.migrations.pause(1), MIGRATIONS),
    "Migrations.plan": reads(lambda repo: repo.migrations.plan("moved", 1)),
    "Migrations.plan_many": reads(lambda repo: repo.migrations.plan_many("moved", [1])),
    "Migrations.plan_of": reads(lambda repo: repo.migrations.plan_of(1)),
    "Migrations.preview": reads(lambda repo: repo.migrations.preview(repo.migrations.plan("moved", 1))),
    "Migrations.resume": writes(lambda repo: repo.migrations.resume(2), MIGRATIONS),
    "Migrations.retry": writes(lambda repo: repo.migrations.retry(3), MIGRATIONS),
    "Migrations.run": writes(lambda repo: repo.migrations.run(1), MIGRATIONS),
    "Migrations.undo": writes(lambda repo: repo.migrations.undo(3), MIGRATIONS),
    "Repository.close": reads(lambda repo: repo.close()),
    "Repository.events": writes(lambda repo: [*repo.events()], AUDIT),
    "Repository.fetch": reads(lambda repo: repo.fetch()),
    "Repository.fsck": writes(lambda repo: repo.fsck(), AUDIT),
    "Repository.push": reads(lambda repo: repo.push()),
    "Repository.remote_state": reads(lambda repo: repo.remote_state()),
    "Repository.repair": writes(lambda repo: repo.repair(), ADMIN),
    "Repository.review": reads(lambda repo: repo.review("main", "main")),
    "Repository.status": reads(lambda repo: repo.status()),
    "Repository.sync": reads(lambda repo: repo.sync()),
    "Repository.tidy": writes(lambda repo: repo.tidy(), ADMIN),
    "Versions.archive": writes(lambda repo: repo.versions.archive("idle", 1), ADMIN),
    "Versions.archive_due": writes(lambda repo: repo.versions.archive_due(), ADMIN),
    "Versions.blame": reads(lambda repo: repo.versions.blame("welcome@1")),
    "Versions.compare": reads(lambda repo: repo.versions.compare("stable@1", "stable@2")),
    "Versions.create": writes(lambda repo: repo.versions.create("welcome", change("welcome")), EDIT),
    "Versions.current_at": reads(lambda repo: repo.versions.current_at("welcome", repo.workspace.clock())),
    "Versions.discard": writes(lambda repo: repo.versions.discard("welcome", 2), EDIT),
    "Versions.get": reads(lambda repo: repo.versions.get("welcome", 1)),
    "Versions.list": reads(lambda repo: repo.versions.list("welcome")),
    "Versions.publish": writes(lambda repo: repo.versions.publish("welcome", 2), PUBLISH),
    "Versions.publish_and_push": writes(lambda repo: repo.versions.publish_and_push("welcome"), PUBLISH),
    "Versions.publish with a rollout": writes(roll_out, PUBLISH, MIGRATIONS),
    "Versions.rollback": writes(lambda repo: repo.versions.rollback("idle", to=1), PUBLISH),
    "Versions.step_history": reads(lambda repo: repo.versions.step_history("welcome", "a")),
    "Versions.tag": writes(lambda repo: repo.versions.tag("idle", "canary", 1), PUBLISH),
    "Versions.unarchive": writes(lambda repo: repo.versions.unarchive("idle", 1), ADMIN),
    "Versions.update": writes(lambda repo: repo.versions.update("welcome", 2, change("welcome")), EDIT),
    "Workflows.create": writes(lambda repo: repo.workflows.create("new", change("new")), CREATE),
    "Workflows.delete": writes(lambda repo: repo.workflows.delete("idle"), EDIT),
    "Workflows.get": reads(lambda repo: repo.workflows.get("welcome@1")),
    "Workflows.list": reads(lambda repo: repo.workflows.list()),
    "Workflows.read": reads(lambda repo: repo.workflows.read("welcome")),
    "Workflows.rename": writes(lambda repo: repo.workflows.rename("idle", "busy"), EDIT, CREATE),
    "Workflows.validate": reads(lambda repo: repo.workflows.validate("welcome")),
}
"""What each public method of `repo` and its nouns takes. Whoever adds one decides it here.

To fetch and to push is Git's business: who may is said by the remote.
"""

FOR_NOBODY = {"Migrations.retry": StateError, "Merges.resolve": NotFoundError, "Merges.update_branch": StateError}
"""What is tried where there is nothing left to do; that it says so is answer enough."""


def find_nouns() -> dict[str, type]:
    """The classes whose methods are the operations: those that are made of a workspace and nothing else, and `Repository`."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(api.__path__, "wflgit.api."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if inspect.isclass(value) and value.__module__ == module.name and not name.startswith("_") and is_noun(value):
                found[name] = value
    return found


def is_noun(value: type) -> bool:
    return "__init__" in vars(value) and [*inspect.signature(value).parameters] == ["workspace"]


def find_operations() -> set[str]:
    return {
        f"{noun}.{name}"
        for noun, value in find_nouns().items()
        for name, method in inspect.getmembers(value, callable)
        if not name.startswith("_")
    }


FOUND = find_operations()


def is_there(name: str) -> bool:
    return name.partition(" ")[0] in FOUND


WRITING = sorted(name for name, operation in OPERATIONS.items() if operation.takes and is_there(name))
READING = sorted(name for name, operation in OPERATIONS.items() if not operation.takes and is_there(name))


def test_the_nouns_are_found() -> None:
    assert {"Repository", "Workflows", "Versions", "Executions", "Migrations", "Audit"} <= find_nouns().keys()


def test_every_operation_says_what_it_takes() -> None:
    assert sorted(FOUND - OPERATIONS.keys()) == [], "add each to OPERATIONS, with what it takes"


# Really tried


def make_story(path: Path) -> Story:
    """Something for every operation to be done to."""
    story = make_repo(path, channels=["canary"])
    story.commit(welcome=steps("a")).publish("welcome").start("welcome", "one", "two").commit(welcome=steps("a", "b"))
    for slug in ("stable", "paused", "moved"):
        story.commit({slug: steps("a")}).publish(slug).start(slug, f"of-{slug}").commit({slug: steps("a", "b")}).publish(slug)
    story.commit(idle=steps("a")).publish("idle").commit(idle=steps("a", "b")).publish("idle")
    migrations = story.repo.migrations
    for slug in ("stable", "paused"):
        migrations.create(migrations.plan(slug, 1))
    migrations.pause(2)
    migrations.run(migrations.create(migrations.plan("moved", 1)).id)
    story.repo.executions.cancel(story.execution("of-moved").id)
    if "Drafts" in find_nouns():
        drafts: Any = noun(story.repo, "drafts")
        for slug, first, second in (("welcome", "x", "y"), ("stable", "p", "q")):
            drafts.save(slug, to_content(slug, steps("a", first)))
            drafts.save(slug, to_content(slug, steps("a", first, second)))
        drafts.discard("stable")
    (path / "plan.json").write_bytes(dump_plan(migrations.plan("stable", 1)))
    story.git("clone", "--quiet", "--bare", str(path), str(path.with_suffix(".git")))
    story.git("remote", "add", "origin", str(path.with_suffix(".git")))
    story.repo.sync()
    story.repo.close()
    return story


def noun(repo: Repository, name: str) -> object:
    """A noun of a repository, whether or not `repo` knows it."""
    return getattr(repo, name, None) or find_nouns()[name.capitalize()](repo.workspace)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return make_story(tmp_path_factory.mktemp("template") / "acme")


@pytest.fixture
def path(template: Story, tmp_path: Path) -> Path:
    """A copy of the repository, to be spoilt."""
    return Path(shutil.copytree(template.path, tmp_path / "acme", symlinks=True))


class Opened:
    """A repository with its nouns, opened by somebody who may do this and no more."""

    def __init__(self, path: Path, clock: Clock, permissions: frozenset[Permission], account: str) -> None:
        self._repo = open_repository(path, actor=Actor(MAYA.id, MAYA.name, account, permissions), clock=clock)

    def __getattr__(self, name: str) -> object:
        return getattr(self._repo, name) if hasattr(self._repo, name) else noun(self._repo, name)


def attempt(path: Path, template: Story, name: str, permissions: frozenset[Permission], account: str = "acme") -> None:
    opened = Opened(path, template.clock, permissions, account)
    try:
        OPERATIONS[name].call(opened)
    finally:
        cast("Repository", opened).close()


def everything(path: Path) -> dict[str, object]:
    """All that could show a trace: refs, objects, index, working tree, and the rows of the side store."""
    git = path / ".git"
    files = {str(file.relative_to(path)): file for file in path.rglob("*") if file.is_file()}
    passing = ("wflgit/", "wflgit.lock")
    found: dict[str, object] = {
        name: file.read_bytes()
        for name, file in files.items()
        if not name.startswith(".git/") or not name.removeprefix(".git/").startswith(passing)
    }
    with closing(sqlite3.connect(git / "wflgit" / "store.db")) as connection:
        found["rows"] = [*connection.iterdump()]
    return found


@pytest.mark.parametrize("name", WRITING)
def test_without_a_permission_nothing_is_done(name: str, template: Story) -> None:
    path = template.path  # not even a copy is needed: nothing is done to it
    before = everything(path)
    for missing in OPERATIONS[name].takes:
        with pytest.raises(PermissionDenied) as caught:
            attempt(path, template, name, frozenset(Permission) - {missing, Permission.ADMIN})
        assert caught.value.permission == missing
        assert f"takes the permission '{missing}'" in caught.value.message
    with pytest.raises(PermissionDenied, match="is of account 'other'"):
        attempt(path, template, name, frozenset(Permission), "other")
    assert everything(path) == before


@pytest.mark.parametrize("name", WRITING)
def test_with_exactly_what_it_takes_it_is_done(name: str, path: Path, template: Story) -> None:
    done = partial(attempt, path, template, name, OPERATIONS[name].takes)
    if name in FOR_NOBODY:
        with pytest.raises(FOR_NOBODY[name]):
            done()
    else:
        done()


def test_reading_takes_nothing(path: Path, template: Story) -> None:
    for name in READING:
        with suppress(*([FOR_NOBODY[name]] if name in FOR_NOBODY else [])):
            attempt(path, template, name, frozenset())
