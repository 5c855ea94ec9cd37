"""Fixtures for tests of the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures_store import DIALECTS
from tests.postgres import new_schema
from wflgit.store.engine import Store, open_store


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store without rows, on each database in turn."""
    opened = open_store(store_url, Path())
    yield opened
    opened.close()


@pytest.fixture(params=DIALECTS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, on each database in turn; the SQLite file does not exist yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    with new_schema(request.getfixturevalue("postgresql")) as url:
        yield url
