"""An engine that advances 200 executions a second while a migration of the same workflow runs, beside the same engine alone."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import wflgit
from tests.benchmarks.harness import Bench, Row, Timing
from tests.benchmarks.material import AUTHOR
from tests.builders import Document, make_repo, steps
from tests.postgres import new_database, running_server
from wflgit.store import upgrade
from wflgit.store.engine import connect_store

TITLE = "Advance while a migration runs"
_RATE = 200
_STEPS = 50
_CHUNK = 10_000

Work = Callable[[subprocess.Popen[str]], int]


def measure(bench: Bench) -> Iterator[Row]:
    """Measure on SQLite, then on PostgreSQL."""
    yield from _measure(bench, "SQLite", f"sqlite:///{bench.folder}/meanwhile.db")
    with running_server() as server, new_database(server) as url:
        yield from _measure(bench, "PostgreSQL", url)


def _measure(bench: Bench, database: str, url: str) -> Iterator[Row]:
    executions, seconds = bench.size(200_000), 5.0 if not bench.quick else 0.5
    place = _prepare(bench.folder / f"meanwhile-{database}", url, executions)
    alone: list[dict[str, float]] = []
    meanwhile: list[dict[str, float]] = []
    for _ in range(bench.rounds(7)):
        alone.append(_engine(place, url, executions, seconds, _nothing))
        meanwhile.append(_engine(place, url, executions, seconds, _migrate_again_and_again(place, url)))
    for what, key in (("middle one of all", "p50"), ("p99", "p99"), ("slowest", "slowest")):
        yield Row(f"advance, {what}, {database}", _timing("ours", meanwhile, key), _timing("the engine alone", alone, key))
    kept = _timing("ours", meanwhile, "each")
    yield Row(
        f"time from one advance to the next, {database}",
        kept,
        Timing(f"{_RATE} a second", (1 / _RATE,) * len(kept.seconds)),
        goal=1.05,
    )
    moved = statistics.median(found["moved"] for found in meanwhile)
    print(f"{database}: {moved:,.0f} executions a second were moved meanwhile", file=sys.stderr)


def _timing(name: str, found: list[dict[str, float]], key: str) -> Timing:
    return Timing(name, tuple(each[key] for each in found))


def _prepare(folder: Path, url: str, executions: int) -> Path:
    """A workflow that goes round for ever, in two versions, with executions on the first."""
    store = connect_store(url, Path())
    upgrade.upgrade(store)
    store.close()
    story = make_repo(folder, store=url)
    story.commit(ring=_ring("first")).publish("ring")
    for first in range(0, executions, _CHUNK):
        story.repo.executions.start_many("ring", [f"c{number}" for number in range(first, min(first + _CHUNK, executions))])
    story.commit(ring=_ring("second")).publish("ring")
    story.repo.close()
    return folder


def _ring(tag: str) -> Document:
    ids = [f"step_{number:02}" for number in range(_STEPS)]
    document = steps(*ids, step_00={"tag": tag})
    document["steps"][ids[-1]]["next"] = ids[0]
    return document


def _engine(place: Path, url: str, executions: int, seconds: float, work: Work) -> dict[str, float]:
    """Let an engine in a process of its own advance for so long, doing some work until it is done."""
    call = [sys.executable, "-m", __name__, str(place), url, str(executions), str(seconds)]
    process = subprocess.Popen(call, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    moved = work(process)
    found: dict[str, float] = json.loads(process.communicate()[0])
    return {**found, "moved": moved / seconds}


def _nothing(_engine: subprocess.Popen[str]) -> int:
    return 0


def _migrate_again_and_again(place: Path, url: str) -> Work:
    def work(engine: subprocess.Popen[str]) -> int:
        """Move everybody to the other version, and back, as long as the engine works."""
        moved, source = 0, 1
        with wflgit.open(place, actor=AUTHOR, store=url) as repo:
            while engine.poll() is None:
                plan = repo.migrations.plan("ring", source, 3 - source)
                made = repo.migrations.create(plan).id
                while engine.poll() is None and repo.migrations.run(made, budget_s=0.2).status == "running":
                    pass
                with suppress(wflgit.StateError):
                    repo.migrations.cancel(made)
                moved += repo.migrations.get(made).moved
                source = 3 - source
        return moved

    return work


def main() -> None:
    """The engine: advances somebody every five milliseconds, and reads again when somebody was faster."""
    place, url, executions, seconds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    rng = random.Random(1)
    took: list[float] = []
    with wflgit.open(place, actor=AUTHOR, store=url) as repo:
        repo.executions.advance(1)
        print("ready", flush=True)
        begin = time.perf_counter()
        while (now := time.perf_counter()) - begin < seconds:
            due = begin + len(took) / _RATE
            if now < due:
                time.sleep(due - now)
            took.append(_advance(repo, rng.randint(1, executions)))
        each = (time.perf_counter() - begin) / len(took)
    took.sort()
    told = {"p50": took[len(took) // 2], "p99": took[len(took) * 99 // 100], "slowest": took[-1], "each": each}
    print(json.dumps(told), flush=True)


def _advance(repo: wflgit.Repository, execution: int) -> float:
    begin = time.perf_counter()
    while True:
        with suppress(wflgit.ConflictError):
            repo.executions.advance(execution)
            return time.perf_counter() - begin


if __name__ == "__main__":
    main()
