"""`wflgit log welcome` in a new process, beside a Python that only imports what it cannot do without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import AUTHOR, History, slug

TITLE = "Command line"
_SCRIPT = "import sys; from wflgit.cli.main import main; sys.exit(main())"  # what pip makes of the console script


def measure(bench: Bench) -> Iterator[Row]:
    """Measure on a repository that was synced before, as it is in daily work."""
    workflows = bench.size(1_000)
    place = History(workflows, 2 * workflows, tagged=workflows).write(bench.folder / "command-line")
    repo = wflgit.open(place, actor=AUTHOR)
    repo.sync()
    repo.close()
    log = [sys.executable, "-c", _SCRIPT, "-C", str(place), "log", slug(3)]
    imports = [sys.executable, "-c", "import pygit2, click, sqlalchemy"]
    # Bytecode is kept, as it is where wflgit is installed; whatever the environment says.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment = {**kept, "PYTHONPYCACHEPREFIX": str(bench.folder / "bytecode")}
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, env=environment)
    ours, floor = race(
        Contestant("wflgit", partial(run, log)),
        Contestant("python -c 'import pygit2, click, sqlalchemy'", partial(run, imports)),
        rounds=bench.rounds(40),
        warm_up=3,
    )
    yield Row("`wflgit log welcome`, new process", ours, floor, goal=1.3)
