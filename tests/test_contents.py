"""What is remembered of files that were parsed, and that it does not grow without end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import make_repo, steps
from wflgit import contents
from wflgit.core.canonical import dump


def test_only_so_many_bytes_of_files_are_remembered_the_newest_always(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = make_repo(tmp_path / "repo").repo
    files = [dump(steps("hello", name=f"Number {number}")) for number in range(6)]
    monkeypatch.setattr(contents, "PARSED_BYTES", 3 * len(files[0]))
    known = repo.workspace.contents
    for file in files:
        known.graph(file)
    assert [parsed.content for parsed in known._parsed.values()] == files[-3:]
    monkeypatch.setattr(contents, "PARSED_BYTES", 1)
    known.graph(files[0])
    assert [parsed.content for parsed in known._parsed.values()] == files[:1]
