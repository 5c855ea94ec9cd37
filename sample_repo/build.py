"""Make a real Git repository of the sample account, with the history that `history` tells.

The commit ids are the same on every machine: contents, dates and signatures are fixed, and the user's Git configuration
is cut off. All objects go through one `git fast-import`, so that it takes a fraction of a second.

    python -m sample_repo.build DIR [--until 2025-06-01]
"""

from __future__ import annotations

import argparse
import os
import subprocess
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sample_repo.history import HISTORY, MAYA, TRUNK, Author, Commit, Event, Landing, Tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sample_repo.edits import Files

ACCOUNT = Path(__file__).parent / "account"

Changes = dict[str, bytes | None]
"""New content by path; None for a file that is deleted."""


def build(target: Path, *, until: datetime | None = None) -> Path:
    """Make the repository, not bare, with the trunk checked out and an identity of its own in its configuration.

    Args:
        target: a folder that is empty or not there yet.
        until: leave out what happened after this moment; branches that had not landed by then stand open. None for all.

    Returns:
        `target`.

    Raises:
        FileExistsError: if there is something in the folder.
        subprocess.CalledProcessError: if git fails.
    """
    target.mkdir(parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise FileExistsError(f"expected an empty folder but '{target}' has something in it")
    _git(target, "init", "--quiet", f"--initial-branch={TRUNK}", "--object-format=sha1")
    _git(target, "fast-import", "--quiet", "--done", stdin=write_stream(HISTORY, read_account(), until=until))
    _git(target, "config", "user.name", MAYA.name)
    _git(target, "config", "user.email", MAYA.email)
    _git(target, "reset", "--quiet", "--hard")
    return target


def read_account() -> Files:
    """Read the files of the account by path, as they are at the end of the history."""
    return {path.relative_to(ACCOUNT).as_posix(): path.read_bytes() for path in sorted(ACCOUNT.rglob("*")) if path.is_file()}


def write_stream(history: Sequence[Event], account: Files, *, until: datetime | None = None) -> bytes:
    """Write the input of `git fast-import` for a history that ends in these files."""
    stream = _Stream()
    for event, changes in zip(history, _changes(history, account), strict=True):
        if until is None or event.author.moment(event.at) <= until:
            stream.add(event, changes)
    return stream.finish()


def _changes(history: Sequence[Event], account: Files) -> list[Changes]:
    """Find what each event wrote, by undoing the commits from the last to the first."""
    after, found = dict(account), list[Changes]()
    for event in reversed(history):
        before = dict(after)
        for undo in event.before if isinstance(event, Commit) else ():
            undo(before)
        found.append({path: after.get(path) for path in sorted(before | after) if before.get(path) != after.get(path)})
        after = before
    if after:
        raise ValueError(f"expected the history to start with nothing but it starts with {sorted(after)}")
    return found[::-1]


class _Stream:
    """The input of `git fast-import`, written event after event. Commits are known by their marks, counted from 1."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._marks = 0
        self._tips: dict[str, int] = {}
        self._written: defaultdict[str, Changes] = defaultdict(dict)
        self._writers: defaultdict[str, dict[str, int]] = defaultdict(dict)

    def add(self, event: Event, changes: Changes) -> None:
        """Write what an event makes; `changes` are what it wrote itself, without what it merged."""
        match event:
            case Commit():
                start = self._tips.get(event.branch, self._tips.get(TRUNK))
                self._commit(event.branch, event, [start] if start else [], changes)
            case Landing(how="fast-forward"):
                self._fast_forward(event.branch)
            case Landing(how="merge"):
                self._commit(TRUNK, event, [self._tips[TRUNK], self._tips[event.branch]], self._written[event.branch])
                self._delete(event.branch)
            case Landing():
                self._commit(TRUNK, event, [self._tips[TRUNK]], self._written[event.branch])
            case Tag():
                self._tag(event)

    def finish(self) -> bytes:
        """Return all that was written."""
        return b"".join([*self._parts, b"done\n"])

    def _commit(self, branch: str, event: Commit | Landing, parents: Sequence[int], changes: Changes) -> None:
        self._marks += 1
        self._tips[branch] = self._marks
        self._written[branch] |= changes
        self._writers[branch] |= dict.fromkeys(changes, self._marks)
        signature = _signature(event.author, event.at)
        self._line(f"commit refs/heads/{branch}", f"mark :{self._marks}", f"author {signature}", f"committer {signature}")
        self._data(f"{event.message}\n".encode())
        for word, parent in zip(("from", "merge"), parents, strict=False):
            self._line(f"{word} :{parent}")
        for path, content in changes.items():
            if content is None:
                self._line(f"D {path}")
            else:
                self._line(f"M 100644 inline {path}")
                self._data(content)
        self._line("")

    def _fast_forward(self, branch: str) -> None:
        self._tips[TRUNK] = self._tips[branch]
        self._writers[TRUNK] |= self._writers[branch]
        self._line(f"reset refs/heads/{TRUNK}", f"from :{self._tips[TRUNK]}", "")
        self._delete(branch)

    def _delete(self, branch: str) -> None:
        del self._tips[branch], self._written[branch], self._writers[branch]
        self._line(f"reset refs/heads/{branch}", f"from {'0' * 40}", "")

    def _tag(self, tag: Tag) -> None:
        commit = self._writers[TRUNK][f"workflows/{tag.slug}.json"]
        self._line(f"tag {tag.slug}/v{tag.number}", f"from :{commit}", f"tagger {_signature(tag.author, tag.at)}")
        self._data(f"{tag.message}\n".encode())

    def _line(self, *lines: str) -> None:
        self._parts.extend(f"{line}\n".encode() for line in lines)

    def _data(self, content: bytes) -> None:
        self._parts.append(b"data %d\n%b\n" % (len(content), content))


def _signature(author: Author, at: str) -> str:
    return f"{author.name} <{author.email}> {author.moment(at).timestamp():.0f} {author.offset}"


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> None:
    subprocess.run(["git", *arguments], cwd=folder, input=stdin, env=_environment(os.environ), check=True)


def _environment(outside: Mapping[str, str]) -> dict[str, str]:
    """The environment without anything that leads git to another repository or to the user's configuration."""
    kept = {name: value for name, value in outside.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_DEFAULT_REF_FORMAT": "files"}


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sample_repo.build", description="Make a Git repository of the sample account.")
    parser.add_argument("dir", type=Path, help="a folder that is empty or not there yet")
    parser.add_argument("--until", type=_read_moment, help="leave out what happened after this day or time (UTC)")
    return parser.parse_args()


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    arguments = _parse_arguments()
    print(build(arguments.dir, until=arguments.until))
