"""Message brokers for the tests: a Redis of our own, or the one asked for, and a RabbitMQ if one runs here."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# Read when the tests are collected: the environment of a running test is cleared of it.
ASKED = os.environ.get("WFLGIT_TEST_REDIS_URL")
RABBITMQ = ("127.0.0.1", 5672)


@contextmanager
def running_redis() -> Iterator[str]:
    """Yield the URL of a Redis server; skips the test where there is none."""
    binary = shutil.which("redis-server")
    if ASKED:
        yield ASKED
    elif binary is None:
        pytest.skip("redis-server is not installed and WFLGIT_TEST_REDIS_URL names no server")
    else:
        with _own_redis(binary) as url:
            yield url


@contextmanager
def _own_redis(binary: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="wflgit-redis-", dir="/tmp") as folder:
        port = _free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        with subprocess.Popen([binary, *options], stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            try:
                assert any("Ready to accept connections" in line for line in server.stdout), "redis-server did not start"
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                server.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def rabbitmq() -> str:
    """The URL of the RabbitMQ server of this machine; skips the test where none answers."""
    try:
        socket.create_connection(RABBITMQ, timeout=3).close()
    except OSError as error:
        pytest.skip(f"no RabbitMQ answers at {RABBITMQ[0]}:{RABBITMQ[1]}: {error}")
    return f"amqp://guest:guest@{RABBITMQ[0]}:{RABBITMQ[1]}//"
