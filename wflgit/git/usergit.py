"""The user's own git as a program, for what only it knows: its configuration, its attributes, its diffs and merges."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from wflgit.errors import RepositoryError
from wflgit.git.program import find_git

_ABOUT_ONE_REPOSITORY = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"})
_SPECIAL = re.compile(r"[][\\.^$*+?{}()|]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What git answered: its exit code, and what it wrote to stdout and stderr."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """The same, as bytes."""

    code: int
    out: bytes
    err: bytes


def ask_git(
    arguments: Sequence[str], *, folder: Path | None = None, stdin: str = "", environment: Mapping[str, str] | None = None
) -> Answer:
    """Let git do something; that it refuses is an answer too.

    Args:
        arguments: what stands after `git`.
        folder: where; None for the current one.
        stdin: what it reads.
        environment: what differs from the one that wflgit is in.

    Raises:
        RepositoryError: there is no git.
    """
    answer = ask_git_bytes(arguments, folder=folder, stdin=stdin.encode(errors="surrogateescape"), environment=environment)
    return Answer(answer.code, *(said.decode(errors="surrogateescape") for said in (answer.out, answer.err)))


def ask_git_bytes(
    arguments: Sequence[str], *, folder: Path | None = None, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> RawAnswer:
    """`ask_git` for what is no text.

    Raises:
        RepositoryError: there is no git.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _ABOUT_ONE_REPOSITORY}
    own = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        [_git(), *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        env={**kept, **own, **(environment or {})},
        check=False,
    )
    return RawAnswer(done.returncode, done.stdout, done.stderr)


@cache
def _git() -> str:
    git = find_git()
    if git is None:
        raise RepositoryError("there is no git on the PATH", hint="install git, https://git-scm.com/downloads")
    return git


class Scope(StrEnum):
    """Whose configuration: that of one repository, or of a user for all repositories."""

    LOCAL = "local"
    GLOBAL = "global"


class Configuration:
    """Git's configuration in one scope. Git writes it itself, so that comments, order and included files stay as they are."""

    def __init__(self, scope: Scope, git_dir: Path | None = None) -> None:
        self.scope = scope
        self._where = [*([] if git_dir is None else [f"--git-dir={git_dir}"]), "config", f"--{scope}"]

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a name, in order; empty if there are none.

        Raises:
            RepositoryError: the configuration cannot be read.
        """
        answer = ask_git([*self._where, "--null", "--get-all", name])
        if answer.code > 1:
            raise _failed("read", name, answer)
        return tuple(answer.out.split("\0")[:-1])

    def add(self, name: str, value: str) -> None:
        """Give a name one more value.

        Raises:
            RepositoryError: the configuration cannot be written.
        """
        self._write("--add", name, value)

    def remove(self, name: str, value: str) -> None:
        """Take a value from a name, however often it has it; others stay.

        Raises:
            RepositoryError: the configuration cannot be written.
        """
        if value in self.values(name):
            self._write("--unset-all", name, "^" + _SPECIAL.sub(r"\\\g<0>", value) + "$")

    def _write(self, action: str, name: str, value: str) -> None:
        answer = ask_git([*self._where, action, name, value])
        if answer.code:
            raise _failed("write", name, answer)


def _failed(doing: str, name: str, answer: Answer) -> RepositoryError:
    said = answer.err.strip().partition("\n")[0]
    return RepositoryError(
        f"git cannot {doing} its configuration '{name}': {said}", hint="git config --list --show-origin tells more"
    )
