from __future__ import annotations

from pathlib import Path

import pytest

from tests.git.sandbox import Sandbox
from wflgit.git.repository import GitRepository


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    """An empty repository with a working tree, in a folder with a trying name."""
    folder = tmp_path / "ac count [1] 🚀"
    return Sandbox(folder, GitRepository.init(folder, bare=False, trunk="main"))


@pytest.fixture
def bare(tmp_path: Path) -> Sandbox:
    """An empty bare repository."""
    folder = tmp_path / "bare.git"
    return Sandbox(folder, GitRepository.init(folder, bare=True, trunk="main"))
