"""Creating a version through the API, beside the same calls of pygit2 and sqlite3 bare, and beside `git add` and `git commit`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, Sense, race
from tests.benchmarks.material import AUTHOR, TRUNK, History, definition, git, path, slug

TITLE = "Create a version"
_WORKFLOWS = 1_000
_BRANCH = f"refs/heads/{TRUNK}"


def measure(bench: Bench) -> Iterator[Row]:
    """Measure in a bare repository, then in one with a working tree; every contestant has its own copy of it."""
    workflows = bench.size(_WORKFLOWS)
    history = History(workflows, 2 * workflows)
    for bare, kind in ((True, "bare repository"), (False, "with a working tree")):
        places = [history.write(bench.folder / f"{name}-{bare}", bare=bare) for name in ("ours", "floor", "git")]
        api, floor = _through_the_api(places[0], workflows), BareCalls(places[1], workflows)
        work = f"create a version, {workflows:,} workflows, {kind}"
        contestants = [Contestant("wflgit", api), Contestant("the same pygit2 and sqlite3 calls, bare", floor.commit)]
        if not bare:
            contestants.append(Contestant("git add, git commit", _with_git(places[2], workflows)))
        ours, calls, *others = race(*contestants, rounds=bench.rounds(200), pause_s=0.01, warm_up=3)
        yield Row(work, ours, calls, goal=1.5)
        yield from (Row(work, ours, other, Sense.GAIN, goal=5) for other in others)


def _through_the_api(place: Path, workflows: int) -> Callable[[], object]:
    repo = wflgit.open(place, actor=AUTHOR)
    repo.sync()
    edits = _edits(workflows)

    def create() -> object:
        index, content = next(edits)
        return repo.versions.create(slug(index), content)

    return create


def _with_git(place: Path, workflows: int) -> Callable[[], object]:
    edits = _edits(workflows)

    def commit() -> None:
        index, content = next(edits)
        (place / path(index)).write_bytes(content)
        git(place, "add", path(index))
        git(place, "commit", "--quiet", "--message", "Change")

    return commit


def _edits(workflows: int) -> Iterator[tuple[int, bytes]]:
    """One workflow after the other, all over the folder; made before they are asked for, as they are not what is measured."""
    made = [(number * 7 % workflows, definition(number * 7 % workflows, 1_000_000 + number)) for number in range(1, 2_000)]
    return iter(made)


class BareCalls:
    """What creating a version cannot do without, and nothing else: no check of anything, no lock but the ref's own."""

    def __init__(self, place: Path, workflows: int) -> None:
        self._raw = pygit2.Repository(str(place))
        self._who = pygit2.Signature(AUTHOR.name, AUTHOR.id)
        self._edits = _edits(workflows)
        self._numbers = count(1)
        self._rows = sqlite3.connect(place / "floor.db", isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            self._rows.execute(f"PRAGMA {pragma}")
        self._rows.execute("CREATE TABLE versions (workflow TEXT, number INTEGER, commit_id TEXT, PRIMARY KEY (workflow, number))")

    def commit(self) -> None:
        """Write one changed file as a commit, move the branch, let index and file follow, note a row."""
        index, content = next(self._edits)
        blob = self._raw.create_blob(content)
        commit = self._write_commit(Path(path(index)), blob)
        transaction = self._raw.transaction()
        transaction.lock_ref(_BRANCH)
        transaction.set_target(_BRANCH, commit, message="commit: change")
        transaction.commit()
        if self._raw.workdir:
            staged = self._raw.index
            staged.read(False)
            staged.add(pygit2.IndexEntry(path(index), blob, FileMode.BLOB))
            staged.write()
            Path(self._raw.workdir, path(index)).write_bytes(content)
        self._rows.execute("BEGIN IMMEDIATE")
        self._rows.execute("INSERT INTO versions VALUES (?, ?, ?)", (slug(index), next(self._numbers), str(commit)))
        self._rows.execute("COMMIT")

    def _write_commit(self, file: Path, blob: pygit2.Oid) -> pygit2.Oid:
        raw = self._raw
        head = raw.lookup_reference(_BRANCH).target
        root = raw[head].tree
        folder = raw.TreeBuilder(root[str(file.parent)].id)
        folder.insert(file.name, blob, FileMode.BLOB)
        top = raw.TreeBuilder(root)
        top.insert(str(file.parent), folder.write(), FileMode.TREE)
        return raw.create_commit(None, self._who, self._who, "Change\n", top.write(), [head])
