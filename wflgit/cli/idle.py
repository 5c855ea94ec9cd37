"""Hooks that have nothing to check are answered at once, for most commits and pushes touch no workflow.

Whoever has something to check, or cannot be told from one who has, gets the whole answer elsewhere. So nothing is judged here, and
nothing is imported but what Python has: git itself says what it knows.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tomllib
from typing import Any

_FILE = "wflgit.toml"
_VERSION_TAG = re.compile(r"refs/tags/.+/v[0-9]+")


def is_idle(hook: str) -> bool:
    """Whether it is certain that the hook `pre-commit` or `pre-receive`, called by git where we are, has nothing to check."""
    try:
        return _nothing_staged() if hook == "pre-commit" else _nothing_received()
    except (OSError, ValueError, LookupError, TypeError, subprocess.SubprocessError):
        return False


def _nothing_staged() -> bool:
    """Whether no file is staged that a glob of the account matches; globs mean what Git's own mean."""
    with open(_FILE, "rb") as file:  # noqa: PTH123 - pathlib takes as long as the answer
        trunk = tomllib.load(file)["trunk"]
    globs = [f":(top,glob){glob}" for glob in _settings(f"refs/heads/{trunk}")["workflows"]["paths"]]
    return bool(globs) and _git("diff-index", "--cached", "--name-only", "--diff-filter=d", "HEAD", "--", *globs) == ""


def _nothing_received() -> bool:
    """Whether a push changes neither the trunk nor what could be the tag of a version, an archive ref or a draft.

    Where members are named, not everybody may move a channel either.
    """
    # Bytes, so that whoever gives the whole answer gets all of it, whatever a ref is called.
    said = sys.stdin.buffer.read().decode(errors="surrogateescape")
    sys.stdin = io.StringIO(said)
    refs = [line.split(" ", 2)[2] for line in said.splitlines()]
    trunk = _settings("HEAD")["trunk"]
    settings = _settings(f"refs/heads/{trunk}")
    moving = {"current", *settings.get("channels", ())} if settings.get("members") else set()
    return settings["trunk"] == trunk and not any(
        ref == f"refs/heads/{trunk}"
        or ref.startswith("refs/wflgit/")
        or _VERSION_TAG.fullmatch(ref)
        or (ref.startswith("refs/tags/") and ref.rpartition("/")[2] in moving)
        for ref in refs
    )


def _settings(commit: str) -> dict[str, Any]:
    return tomllib.loads(_git("cat-file", "blob", f"{commit}:{_FILE}"))


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, check=True, text=True).stdout
