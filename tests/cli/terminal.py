"""The command line in a process of its own, also at a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-c", "from wflgit.cli.main import main; main()", *arguments]


def environment(**more: str) -> dict[str, str]:
    """What such a process finds in its environment."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def on_a_terminal(*arguments: str, columns: int = 100) -> str:
    """What a call writes to a terminal of its own."""
    primary, secondary = os.openpty()
    settings = environment(COLUMNS=str(columns), LINES="24")
    with subprocess.Popen(command(*arguments), stdin=secondary, stdout=secondary, stderr=secondary, env=settings) as process:
        os.close(secondary)
        found = read_all(primary)
    assert process.returncode == 0, found
    return found


def read_all(terminal: int) -> str:
    """All that is written to a terminal until its last writer closes it; closes our end too."""
    found = b""
    try:
        while part := os.read(terminal, 65536):
            found += part
    except OSError:  # Linux says EIO where the last writer has closed the terminal
        pass
    os.close(terminal)
    return found.decode().replace("\r\n", "\n")


def read_until(terminal: int, text: str) -> str:
    """What is written to a terminal until some text is."""
    found = b""
    while text.encode() not in found:
        found += os.read(terminal, 65536)
    return found.decode()
