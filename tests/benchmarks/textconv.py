"""What git starts for every file or push, in a new process, beside a Python that only imports `json`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import wflgit
from tests.benchmarks.harness import Bench, Contestant, Row, race
from tests.benchmarks.material import AUTHOR, definition

TITLE = "What git starts"
_SCRIPT = "import sys; from wflgit.cli.entry import main; sys.exit(main())"  # what pip makes of the console script
_FORMATS = Path(__file__).parents[1] / "core" / "formats"


def measure(bench: Bench) -> Iterator[Row]:
    """Measure an outline, of a native file and of a foreign one, and hooks that find nothing to check and that do."""
    place = bench.folder / "hooks"
    repo = wflgit.init(place, trunk="main", actor=AUTHOR)
    tip = repo.workspace.trunk_tip()
    repo.close()
    pushes = {name: f"{'0' * 40} {tip} refs/heads/{name}\n".encode() for name in ("side", "main")}
    native = bench.folder / "workflow.json"
    native.write_bytes(definition(1))
    calls = {
        "`wflgit textconv`, 18 steps": (["textconv", str(native)], b""),
        "`wflgit textconv`, n8n": (["textconv", str(_FORMATS / "n8n" / "welcome.json")], b""),
        "`wflgit hook pre-commit`, no workflow staged": (["hook", "pre-commit"], b""),
        "`wflgit hook pre-receive`, a branch": (["hook", "pre-receive"], pushes["side"]),
        "`wflgit hook pre-receive`, the trunk": (["hook", "pre-receive"], pushes["main"]),
    }
    # Bytecode is kept, as it is where wflgit is installed; whatever the environment says.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    root = str(Path(__file__).parents[2])
    environment = {**kept, "PYTHONPYCACHEPREFIX": str(bench.folder / "bytecode"), "PYTHONPATH": root}
    run = partial(subprocess.run, check=True, stdout=subprocess.DEVNULL, env=environment, cwd=place)
    floor = Contestant("python -c 'import json'", partial(run, [sys.executable, "-c", "import json"]))
    for name, (arguments, said) in calls.items():
        ours = Contestant(name, partial(run, [sys.executable, "-c", _SCRIPT, *arguments], input=said))
        timing, other = race(ours, floor, rounds=bench.rounds(40), warm_up=3)
        yield Row(name, timing, other, goal=3)
