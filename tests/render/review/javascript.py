"""The real mermaid, and the Markdown parser that comes with it, in Node: what they make of our texts.

They are installed once, into the user's cache. Where there is no Node or no network the tests that need them are skipped; but not
in CI, where `CI` is set.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGES = ("mermaid@11.17.2", "jsdom@26.1.0")
ENVIRONMENT = dict(os.environ)
"""The user's own, before any test changes it: npm finds its registry there."""

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wflgit-tests"
PROGRAM = Path(__file__).with_suffix(".mjs")


def parse_mermaid(texts: Sequence[str]) -> list[str]:
    """What mermaid says of each picture: its type, or why it cannot read it."""
    return [str(said) for said in _call("mermaid", texts)]


def parse_markdown(texts: Sequence[str]) -> list[dict[str, Any]]:
    """What GitHub's kind of Markdown makes of each text: `tags` of the elements, `links`, and `text` outside of code."""
    return [*_call("markdown", texts)]


def _call(what: str, texts: Sequence[str]) -> Any:
    found = _installed()
    if isinstance(found, str):
        if os.environ.get("CI"):
            pytest.fail(found)
        pytest.skip(found)
    command = ["node", str(PROGRAM), str(found), what]
    done = subprocess.run(command, input=json.dumps([*texts]), capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@cache
def _installed() -> Path | str:
    """The folder of the packages, or why there is none."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "Node and npm are needed to read pictures with the real mermaid"
    folder = CACHE / "-".join(PACKAGES).replace("@", "-")
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        fresh = Path(mkdtemp(dir=CACHE))
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(fresh), *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT)
        if done.returncode:
            shutil.rmtree(fresh)
            return f"npm could not install {' and '.join(PACKAGES)}: {done.stderr[-300:]}"
        try:
            fresh.rename(folder)
        except OSError:  # somebody else was faster
            shutil.rmtree(fresh)
    return folder
