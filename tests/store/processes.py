"""Several processes that do the same thing at the same moment."""

from __future__ import annotations

import subprocess
import sys
from textwrap import dedent

BEGINNING = """
import sys
from pathlib import Path
argument, *sys.path[:] = sys.argv[1:]

def go():
    print("ready", flush=True)
    sys.stdin.readline()
"""


def run_together(count: int, code: str, argument: str) -> list[str]:
    """Run code in so many processes, each of which waits at `go()` for the others, and return what each printed after that."""
    command = [sys.executable, "-W", "error", "-c", BEGINNING + dedent(code), argument, *sys.path]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * count
    return said
