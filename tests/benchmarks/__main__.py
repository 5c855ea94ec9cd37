"""Run benchmarks and print their results as Markdown tables."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pygit2
from pygit2.enums import ConfigLevel

from tests.benchmarks.harness import Bench, table

SUBJECTS = (
    "create_version",
    "publish",
    "autosave",
    "resolve",
    "number_history",
    "start_execution",
    "advance_meanwhile",
    "migrate",
    "audit",
    "review",
    "rules",
    "command_line",
    "textconv",
    "definitions",
    "diff",
    "merge",
    "long_history",
    "many_writers",
)


def main() -> None:
    """Read the command line, run what it names, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "subjects", nargs="*", metavar="NAME", choices=[*SUBJECTS, []], help=f"one of {', '.join(SUBJECTS)}; all if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="small material and few rounds: shows that it works, no more")
    parser.add_argument("--folder", type=Path, help="where to make the material; the file system that is measured")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wflgit-bench-", dir=wanted.folder) as name:
        _cut_off_configuration(Path(name))
        for subject in wanted.subjects or SUBJECTS:
            _run(import_module(f"tests.benchmarks.{subject}"), Bench(Path(name), quick=wanted.quick))


def _run(subject: ModuleType, bench: Bench) -> None:
    print(f"\n### {subject.TITLE}\n", flush=True)
    print(table(list(subject.measure(bench))), flush=True)


def _cut_off_configuration(home: Path) -> None:
    """Let nobody's own Git configuration take part."""
    settings: Mapping[str, str] = {"HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    os.environ.update(settings)
    for level in (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
        pygit2.settings.search_path[level] = str(home)


if __name__ == "__main__":
    main()
