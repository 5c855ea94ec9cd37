"""Celery processes of the app that `docs/celery.md` shows: workers and beat, each with a log of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

from kombu import Connection

PAGE = Path(__file__).parents[2] / "docs" / "celery.md"
DEADLINE_S = 60.0

Found = TypeVar("Found")


def blocks() -> list[str]:
    """The Python of the page: first the module of the app, then the script that starts a migration."""
    return re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def wait_for(condition: Callable[[], Found | None], what: str, deadline_s: float = DEADLINE_S) -> Found:
    """Look again and again until something is so: other processes bring it about, and nothing tells us when."""
    end = monotonic() + deadline_s
    while not (found := condition()):
        assert monotonic() < end, f"expected within {deadline_s:g} s: {what}"
        sleep(0.02)
    return found


class Fleet:
    """The app's processes. Each leads a group of its own, and says its name to the database."""

    def __init__(self, folder: Path, environment: Mapping[str, str], **rhythm: float) -> None:
        self._folder = folder
        self._environment = environment
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        module, self._script = blocks()
        for argument, value in rhythm.items():
            module, count = re.subn(rf"(?<={argument}=)\d+", f"{value:g}", module)
            assert count == 1, f"the page does not say {argument}"
        self._queue = f"{folder.name}-{os.getpid()}"
        (folder / "marketing.py").write_text(f'{module}app.conf.task_default_queue = "{self._queue}"\n', encoding="utf-8")

    def start_migration(self) -> None:
        """Run the script of the page."""
        command = [sys.executable, "-c", self._script]
        subprocess.run(command, check=True, cwd=self._folder, env={**os.environ, **self._environment})

    def worker(self, name: str) -> None:
        """Start a worker with one process for tasks."""
        self._start(name, "worker", "--concurrency=1", "--prefetch-multiplier=1", f"--hostname={name}@%h", "--loglevel=INFO")

    def beat(self) -> None:
        """Start the clock."""
        self._start("beat", "beat", f"--schedule={self._folder / 'schedule'}", "--loglevel=INFO")

    def _start(self, name: str, *arguments: str) -> None:
        environment = {**os.environ, **self._environment, "PGAPPNAME": name}
        with (self._folder / f"{name}.log").open("wb") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, "-m", "celery", "--app=marketing", *arguments],
                cwd=self._folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self, name: str) -> None:
        """Kill a worker and its children, as when a host is lost."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def kill_child(self, name: str) -> None:
        """Kill the process in which a worker's tasks run; the worker stays."""
        leader = self._processes[name].pid
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text(encoding="utf-8")
        os.kill(int(children.split()[-1]), signal.SIGKILL)

    def log(self, name: str) -> str:
        """What a process has said."""
        return (self._folder / f"{name}.log").read_text(encoding="utf-8")

    def stop(self) -> None:
        """Kill all, leave nothing at the broker, and say what they said, for a test that failed."""
        for name in [*self._processes]:
            self.kill(name)
        with Connection(self._environment["BROKER_URL"]) as connection:
            channel: Any = connection.default_channel  # each transport has its own, with more than the stubs of kombu say
            channel.queue_delete(self._queue)
            channel.exchange_delete(self._queue)
        for log in sorted(self._folder.glob("*.log")):
            sys.stdout.write(f"--- {log.name}\n{log.read_text(encoding='utf-8')}\n")


@contextmanager
def fleet(folder: Path, *, broker: str, workflows: Path, store: str, **rhythm: float) -> Iterator[Fleet]:
    """The app of the page in a folder, with another rhythm where that is said; its processes end with the block."""
    made = Fleet(folder, {"BROKER_URL": broker, "WORKFLOWS": str(workflows), "WFLGIT_STORE": store}, **rhythm)
    try:
        yield made
    finally:
        made.stop()
