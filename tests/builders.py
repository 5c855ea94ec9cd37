"""Builders that read like the story: `make_repo(path).commit(welcome=steps("hello", "wait")).publish("welcome")`.

Clock and signatures are fixed, so commit ids are the same in every run.
"""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from wflgit.api.repository import Repository, init_repository, open_repository
from wflgit.core.canonical import dump
from wflgit.core.records import Actor, Execution, Version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Document = dict[str, Any]

MAYA = Actor("maya@example.com", "Maya")
BEN = Actor("ben@example.com", "Ben")
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def steps(*ids: str, name: str | None = None, **config: Any) -> Document:
    """A native document: one step after the other, the last one ends.

    What a step does is said by how its id starts: `wait…` waits a day, `ask…` goes on to the next step on the outcome `yes` and
    ends otherwise, every other one adds a tag of its own name.

    Args:
        *ids: the steps in order; the first one is the start.
        name: display name; None lets the builder take the slug.
        **config: configuration by step id, in the place of what it would have been.
    """
    named = {} if name is None else {"name": name}
    after = [*ids[1:], None]
    return {
        **named,
        "trigger": {"type": "contact_created", "config": {}},
        "start": ids[0],
        "steps": {step: _step(step, target, config.get(step)) for step, target in zip(ids, after, strict=True)},
    }


def _step(step: str, target: str | None, config: Any) -> Document:
    if step.startswith("ask"):
        when = config or {"field": "email.opened", "op": "eq", "value": True}
        return {"type": "condition", "branches": [{"label": "yes", "when": when, "next": target}], "otherwise": None}
    if step.startswith("wait"):
        return {"type": "wait", "config": config or {"duration": "P1D"}, "next": target}
    return {"type": "add_tag", "config": config or {"tag": step}, "next": target}


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, by: timedelta = HOUR) -> None:
        """Let time pass."""
        self.now += by


class Story:
    """A repository in the making. Every method that does something is an hour's work and returns the story.

    Attributes:
        path: the folder.
        repo: the repository, opened as Maya and with the story's clock.
        clock: what time it is.
        store: the URL of the side store; None for the embedded one.
    """

    def __init__(self, path: Path, repo: Repository, clock: Clock, store: str | None = None) -> None:
        self.path = path
        self.repo = repo
        self.clock = clock
        self.store = store

    def commit(
        self,
        workflows: Mapping[str, Document | bytes | str] | None = None,
        /,
        *,
        message: str | None = None,
        **more: Document | bytes | str,
    ) -> Story:
        """Make the next version of each workflow, or its first one, through the API. A mapping is for slugs with a slash."""
        for slug, definition in {**(workflows or {}), **more}.items():
            content = to_content(slug, definition)
            if any(workflow.slug == slug for workflow in self.repo.workflows.list()):
                self.repo.versions.create(slug, content, message=message)
            else:
                self.repo.workflows.create(slug, content, message=message)
        return self._done()

    def publish(self, slug: str, number: int | None = None, *, message: str | None = None) -> Story:
        """Publish the newest version, or the one that is said."""
        self.repo.versions.publish(slug, number, message=message)
        return self._done()

    def rollback(self, slug: str, *, to: int) -> Story:
        """Publish the content of an earlier version again."""
        self.repo.versions.rollback(slug, to=to)
        return self._done()

    def tag(self, slug: str, channel: str, number: int) -> Story:
        """Move a channel."""
        self.repo.versions.tag(slug, channel, number)
        return self._done()

    def start(self, slug: str, *contacts: str, channel: str = "current", context: Mapping[str, Any] | None = None) -> Story:
        """Start contacts, one after the other."""
        for contact in contacts:
            self.repo.executions.start(slug, contact, channel=channel, context=context)
        return self._done()

    def write(self, workflows: Mapping[str, Document | bytes | str] | None = None, /, **more: Document | bytes | str) -> Story:
        """Put workflow files into the working tree and commit nothing, as an editor does."""
        for slug, definition in {**(workflows or {}), **more}.items():
            file = self.path / self.repo.settings.paths.path(slug)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(to_content(slug, definition))
        return self

    def merge_branch(
        self, branch: str, workflows: Mapping[str, Document | bytes | str] | None = None, /, **more: Document | bytes | str
    ) -> Story:
        """Change workflows on a branch and merge it into the trunk, with plain git only."""
        self.git("switch", "--quiet", "--create", branch)
        self.write({**(workflows or {}), **more})
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", f"Work on {branch}")
        self.git("switch", "--quiet", self.repo.settings.trunk)
        self.git("merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", branch)
        return self._done()

    def git(self, *arguments: str) -> str:
        """Run the user's git in the repository, at the story's time; returns what it prints."""
        moment = self.clock().isoformat()
        environment = {**os.environ, "GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        command = ["git", "-C", str(self.path), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def open_again(self, *, actor: Actor = MAYA, store: str | None = None) -> Repository:
        """Open the repository a second time, as another process would."""
        return open_repository(self.path, actor=actor, store=store, clock=self.clock)

    def version(self, slug: str, number: int) -> Version:
        """A version as it is now."""
        return self.repo.versions.get(slug, number)

    def execution(self, contact: str) -> Execution:
        """The newest execution of a contact."""
        return self.repo.executions.list(contact=contact)[-1]

    def _done(self) -> Story:
        self.clock.tick()
        return self


def to_content(slug: str, definition: Document | bytes | str) -> bytes:
    """The bytes of a workflow file; a document without a name gets one made of the slug."""
    if isinstance(definition, str):
        return definition.encode()
    if isinstance(definition, bytes):
        return definition
    return dump({"name": slug.replace("/", " ").replace("-", " ").capitalize(), **definition})


def make_repo(
    path: Path,
    *,
    bare: bool = False,
    account: str = "acme",
    trunk: str = "main",
    paths: Sequence[str] = (),
    exclude: Sequence[str] = (),
    channels: Sequence[str] = (),
    actor: Actor = MAYA,
    store: str | None = None,
) -> Story:
    """Make a wflgit repository whose Git user is Maya, with `wflgit.toml` as its first commit."""
    clock = Clock()
    arguments = ["init", "--quiet", f"--initial-branch={trunk}", *(["--bare"] if bare else []), str(path)]
    subprocess.run(["git", *arguments], check=True)
    for name, value in (("user.name", MAYA.name), ("user.email", MAYA.id)):
        subprocess.run(["git", "-C", str(path), "config", name, value], check=True)
    repo = init_repository(
        path, account=account, trunk=trunk, paths=paths, exclude=exclude, channels=channels, actor=actor, store=store, clock=clock
    )
    return Story(path, repo, clock, store)._done()


def write_json(file: Path, document: Any) -> Path:
    """Write a JSON file as somebody's tool might, not canonically."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
    return file
