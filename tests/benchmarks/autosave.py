"""Saving a draft, beside the same objects and ref by pygit2 bare; and how long a save takes while eight users save at once."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from subprocess import PIPE, Popen

import pygit2
from pygit2.enums import FileMode

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, Timing, race
from tests.benchmarks.material import AUTHOR, History, definition, path, slug
from wflgit.api.drafts import Drafts

TITLE = "Auto-save a draft"
_STEPS = 40
_USERS = 8
_PAUSE_S = 0.1
"""How long a user of the crowd rests between two saves; editors save every few seconds."""

_GOAL_S = 0.010


def measure(bench: Bench) -> Iterator[Row]:
    """Measure one user alone, then the slowest twentieth of the saves of many."""
    workflows = bench.size(1_000)
    history = History(workflows, 2 * workflows)
    places = [history.write(bench.folder / f"autosave-{name}", bare=True) for name in ("ours", "floor", "crowd")]
    ours, floor = race(
        Contestant("wflgit", _through_the_api(places[0])),
        Contestant("the same pygit2 calls, bare", BareCalls(places[1]).save),
        rounds=bench.rounds(200),
        pause_s=0.01,
        warm_up=3,
    )
    yield Row(f"save a draft of {_STEPS} steps that has changed", ours, floor, goal=2)
    same = _through_the_api(places[0], unchanged=True)
    unchanged, floor = race(
        Contestant("wflgit", same), Contestant("the same pygit2 calls, bare", BareCalls(places[1]).save), rounds=bench.rounds(100)
    )
    yield Row("save one that has not changed, which writes nothing", unchanged, floor)
    wflgit.open(places[2], actor=AUTHOR).sync()
    saves, slow, bare = bench.size(100), [], []
    for number in range(bench.rounds(5)):
        slow.append(_slowest(_crowd(places[2], saves, f"ours-{number}")))
        bare.append(_slowest(_crowd(places[2], saves, f"bare-{number}")))
    work = f"95 of 100 saves while {_USERS} users save at once, {1 / _PAUSE_S:.0f} times a second each"
    crowd, floor = Timing("wflgit", tuple(slow)), Timing("the same pygit2 calls, bare", tuple(bare))
    yield Row(work, crowd, Timing("the limit", (_GOAL_S,) * len(slow)), goal=1)
    yield Row(work, crowd, floor, goal=2)


def _slowest(seconds: list[float]) -> float:
    """How long 95 of 100 take at most."""
    return statistics.quantiles(seconds, n=20)[-1]


def _through_the_api(place: Path, *, unchanged: bool = False) -> Callable[[], object]:
    drafts, edits = Drafts(wflgit.open(place, actor=AUTHOR).workspace), count(2_000_000)
    drafts.save(slug(1), definition(1, next(edits), steps=_STEPS))
    same = definition(1, 1_999_999, steps=_STEPS)
    drafts.save(slug(1), same)
    made = iter([definition(1, next(edits), steps=_STEPS) for _ in range(1_000)])
    return lambda: drafts.save(slug(1), same if unchanged else next(made))


class BareCalls:
    """What a save cannot do without, and nothing else: blob, trees, commit, ref."""

    def __init__(self, place: Path, user: str = AUTHOR.id) -> None:
        self._raw = pygit2.Repository(str(place))
        self._who = pygit2.Signature(AUTHOR.name, AUTHOR.id)
        self._ref = f"refs/wflgit/drafts/{slug(1)}/{user}"
        self._last = self._raw.references[self._ref].target if self._ref in self._raw.references else None
        self._made = iter([definition(1, time.time_ns() % 1_000_000 + edit, steps=_STEPS) for edit in range(1_000)])

    def save(self) -> None:
        """Save the next content."""
        raw, file = self._raw, Path(path(1))
        folder, top = raw.TreeBuilder(), raw.TreeBuilder()
        folder.insert(file.name, raw.create_blob(next(self._made)), FileMode.BLOB)
        top.insert(str(file.parent), folder.write(), FileMode.TREE)
        parents = [self._last] if self._last else []
        self._last = raw.create_commit(self._ref, self._who, self._who, "Save\n", top.write(), parents)


def _crowd(place: Path, saves: int, who: str) -> list[float]:
    """Let users save, each in a process of its own, and tell how long each save took."""
    call = [sys.executable, "-m", __name__, str(place), str(saves)]
    users = [Popen([*call, f"{who}-{user}"], stdin=PIPE, stdout=PIPE, text=True) for user in range(_USERS)]
    for user in users:
        assert user.stdout is not None
        user.stdout.readline()
    for user in users:
        assert user.stdin is not None
        user.stdin.write("go\n")
        user.stdin.flush()
    answers = [user.communicate()[0] for user in users]
    assert all(user.returncode == 0 for user in users)
    return [float(line) for answer in answers for line in answer.split()]


def _save_again_and_again(place: Path, saves: int, user: str) -> None:
    drafts = Drafts(wflgit.open(place, actor=wflgit.Actor(f"{user}@example.com", user)).workspace)
    contents = [definition(1, edit, steps=_STEPS) for edit in range(saves + 1)]
    drafts.save(slug(1), contents.pop())
    bare = BareCalls(place, f"{user}-bare")
    bare.save()
    print("ready", flush=True)
    input()
    taken = []
    for content in contents:
        time.sleep(_PAUSE_S * random.uniform(0.5, 1.5))
        begin = time.perf_counter()
        if user.startswith("bare"):
            bare.save()
        else:
            drafts.save(slug(1), content)
        taken.append(time.perf_counter() - begin)
    print(*taken)


if __name__ == "__main__":
    _save_again_and_again(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
