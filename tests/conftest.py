"""What every test stands on: nobody's own Git configuration or environment reaches it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
import pytest
from pygit2.enums import ConfigLevel

if TYPE_CHECKING:
    from collections.abc import Callable

pytest_plugins = ["tests.fixtures_store"]

_LEVELS = (ConfigLevel.PROGRAMDATA, ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL)


@pytest.fixture(autouse=True)
def _no_configuration_of_the_user(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith(("GIT_", "WFLGIT_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(empty),
        "XDG_CONFIG_HOME": str(empty),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C.UTF-8",
    }.items():
        monkeypatch.setenv(name, value)
    for level in _LEVELS:
        pygit2.settings.search_path[level] = str(empty)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--thorough", action="store_true", help="the long form of kill loops and of random stories: `make soak`")
    parser.addoption("--golden-rewrite", action="store_true", help="write the golden files anew instead of comparing with them")


@pytest.fixture
def thorough(request: pytest.FixtureRequest) -> bool:
    """Whether time is no matter."""
    return bool(request.config.getoption("--thorough"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Compares a text with `golden/<name of the test>.txt` beside the test."""
    file = Path(request.path).parent / "golden" / f"{request.node.name.removeprefix('test_')}.txt"

    def compare(text: str) -> None:
        if request.config.getoption("--golden-rewrite"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), "make golden rewrites the file, if this is how it should look"

    return compare
