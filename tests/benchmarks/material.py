"""What is measured with: definitions of a given size, and repositories with a history of a given length."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import wflgit

AUTHOR = wflgit.Actor("maya@example.com", "Maya")
TRUNK = "main"
EDITED = "0000000"
"""The text in every definition that an edit replaces."""

_SIDE = "side"
_BEGIN = 1_767_600_000
_MERGES = 0.02


def slug(index: int) -> str:
    """The slug of the n-th workflow."""
    return f"workflow-{index:04}"


def path(index: int) -> str:
    """The file of the n-th workflow."""
    return f"workflows/{slug(index)}.json"


def definition(index: int, edit: int = 0, *, steps: int = 18) -> bytes:
    """A native definition of a marketing workflow as an editor writes it, 7 KB for 18 steps; another edit differs in one value."""
    ids = [f"step_{number:02}" for number in range(steps)]
    document = {
        "name": f"Workflow {index}",
        "description": "Greets new leads, asks for their interest, and hands the warm ones over to sales.",
        "trigger": {"type": "contact_created", "config": {"source": "web_form"}},
        "start": ids[0],
        "steps": {
            step: _step(number, after, later)
            for number, (step, after, later) in enumerate(zip(ids, [*ids[1:], None], [*ids[2:], None, None], strict=True))
        },
        "goals": [{"id": "booked", "event": "appointment_booked", "next": None}],
    }
    return (json.dumps(document, indent=2) + "\n").replace(EDITED, f"{edit:07}").encode()


def _step(number: int, after: str | None, later: str | None) -> dict[str, Any]:
    opened = {"field": "email.opened", "op": "eq", "value": True}
    kinds: tuple[dict[str, Any], ...] = (
        {
            "type": "send_email",
            "name": f"Mail {number}",
            "config": {"template": f"welcome-{EDITED}", "subject": "Hello {{contact.first_name}}, good to have you here"},
        },
        {"type": "wait", "config": {"duration": "P1D"}},
        {"type": "condition", "branches": [{"label": "yes", "when": opened, "next": after}], "otherwise": later},
        {"type": "add_tag", "config": {"tag": f"warm-{number}"}},
        {"type": "send_sms", "config": {"text": "Still there? Reply YES and somebody will call you back within the day."}},
        {"type": "update_field", "config": {"field": "stage", "value": "qualified"}},
    )
    kind = kinds[number % len(kinds)]
    return kind if "branches" in kind else {**kind, "next": after}


def state_machine(states: int) -> bytes:
    """A definition in Amazon States Language."""
    names = [f"State {number}" for number in range(states)]
    document = {
        "Comment": "Takes an order in",
        "StartAt": names[0],
        "States": {name: _state(number, after) for number, (name, after) in enumerate(zip(names, [*names[1:], None], strict=True))},
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _state(number: int, after: str | None) -> dict[str, Any]:
    way = {"End": True} if after is None else {"Next": after}
    if number % 3 == 1 and after is not None:
        choice = {"Variable": "$.order.total", "NumericGreaterThan": 100, "Next": after}
        return {"Type": "Choice", "Choices": [choice], "Default": after}
    if number % 3 == 2:
        return {"Type": "Wait", "Seconds": 3600, **way}
    function = f"arn:aws:lambda:eu-central-1:123456789012:function:step-{number}"
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 1.5}
    return {"Type": "Task", "Resource": function, "ResultPath": f"$.result{number}", "Retry": [retry], **way}


@dataclass
class History:
    """A repository in the making, for `git fast-import`: all workflows in one commit, then one change a commit, some by merge.

    Attributes:
        workflows: how many.
        commits: how many on the trunk.
        tagged: how many versions are published, the oldest first.
    """

    workflows: int
    commits: int
    tagged: int = 0
    _mark: int = field(default=0, init=False)
    _marks: dict[tuple[int, int], int] = field(default_factory=dict, init=False)

    def write(self, place: Path, *, bare: bool = False) -> Path:
        """Make the Git repository, with a working tree unless it is bare, and set wflgit up in it."""
        git(place.parent, "init", "--quiet", f"--initial-branch={TRUNK}", *(["--bare"] if bare else []), str(place))
        git(place, "config", "user.name", AUTHOR.name)
        git(place, "config", "user.email", AUTHOR.id)
        with subprocess.Popen(["git", "-C", str(place), "fast-import", "--quiet"], stdin=subprocess.PIPE) as importer:
            assert importer.stdin is not None
            importer.stdin.writelines(self._stream())
        assert importer.returncode == 0
        git(place, "pack-refs", "--all")
        if not bare:
            git(place, "checkout", "--quiet", "--force", TRUNK)
        wflgit.init(place, account="acme", actor=AUTHOR).close()
        return place

    def _stream(self) -> Iterator[bytes]:
        versions = Counter(range(self.workflows))
        self._mark = 0
        chance = random.Random(7)
        yield from self._commit(TRUNK, {index: definition(index) for index in range(self.workflows)})
        self._marks = {(1, index): self._mark for index in versions}
        for edit in range(1, self.commits):
            # Half of the changes are of the busy twentieth of the workflows.
            busy = chance.random() < 0.5
            index = chance.randrange(max(1, self.workflows // 20) if busy else self.workflows)
            change = {index: definition(index, edit)}
            if chance.random() < _MERGES:
                yield from self._commit(_SIDE, change, of=self._mark)
                yield from self._commit(TRUNK, change, of=self._mark - 1, merged=self._mark)
            else:
                yield from self._commit(TRUNK, change, of=self._mark)
            versions[index] += 1
            self._marks[versions[index], index] = self._mark
        yield from self._tags()

    def _commit(self, branch: str, files: Mapping[int, bytes], *, of: int = 0, merged: int = 0) -> Iterator[bytes]:
        self._mark += 1
        message = b"Merge a change" if merged else b"Change the welcome mail"
        yield b"commit refs/heads/%s\nmark :%d\n" % (branch.encode(), self._mark)
        yield b"committer Maya <maya@example.com> %d +0000\n" % (_BEGIN + 60 * self._mark)
        yield b"data %d\n%s\n" % (len(message), message)
        yield b"from :%d\n" % of if of else b""
        yield b"merge :%d\n" % merged if merged else b""
        for index, content in files.items():
            yield b"M 100644 inline %s\ndata %d\n%s\n" % (path(index).encode(), len(content), content)

    def _tags(self) -> Iterator[bytes]:
        for (number, index), mark in sorted(self._marks.items())[: self.tagged]:
            message = b"Publish"
            yield b"tag %s/v%d\nfrom :%d\n" % (slug(index).encode(), number, mark)
            yield b"tagger Maya <maya@example.com> %d +0000\n" % (_BEGIN + 60 * mark)
            yield b"data %d\n%s\n" % (len(message), message)


def git(place: Path, *arguments: str) -> str:
    """Run git in a repository and return what it prints."""
    return subprocess.run(["git", "-C", str(place), *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
