from __future__ import annotations

import json

import pytest

from tests.builders import START
from wflgit.core.exposure import Snapshot
from wflgit.core.records import StepCount
from wflgit.core.snapshot import dump_snapshot, load_snapshot
from wflgit.errors import StoreError

COUNTS = [StepCount("welcome", 2, "hello", 3, 4), StepCount("welcome", 1, "bye", 0, 1), StepCount("win-back", 1, "ask", 1, 0)]


def test_what_is_written_is_read_back() -> None:
    account, found = load_snapshot(dump_snapshot("shop", COUNTS, START).encode(), "s.json")
    assert account == "shop"
    assert found == Snapshot("s.json", START, {"welcome": (COUNTS[0], COUNTS[1]), "win-back": (COUNTS[2],)})


def test_a_workflow_that_a_complete_snapshot_does_not_name_has_nobody_on_the_way() -> None:
    _, found = load_snapshot(dump_snapshot("shop", COUNTS, START).encode(), "s.json")
    assert found.of("newsletter") == ()


def test_one_that_an_incomplete_snapshot_does_not_name_is_unknown() -> None:
    document = json.loads(dump_snapshot("shop", COUNTS, START)) | {"complete": False}
    _, found = load_snapshot(json.dumps(document).encode(), "s.json")
    assert found.of("newsletter") is None
    assert found.of("win-back") == (COUNTS[2],)


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "wflgit.executions/2"},
        {"as_of": "yesterday"},
        {"as_of": 12},
        {"workflows": []},
        {"workflows": {"welcome": {"hello": 3}}},
        {"workflows": {"welcome": [{"version": 1, "step": "hello", "active": -1, "waiting": 0}]}},
        {"workflows": {"welcome": [{"version": 1, "step": "hello", "active": "3", "waiting": 0}]}},
        {"workflows": {"welcome": [{"version": 1, "active": 3, "waiting": 0}]}},
    ],
)
def test_what_is_no_snapshot_is_refused(changed: dict[str, object]) -> None:
    document = json.loads(dump_snapshot("shop", COUNTS, START)) | changed
    with pytest.raises(StoreError, match="is no snapshot of executions"):
        load_snapshot(json.dumps(document).encode(), "s.json")


@pytest.mark.parametrize("content", [b"", b"[]", b'"x"', b"{", b'{"schema": "wflgit.executions/1"}', b"\xff\xfe"])
def test_so_is_what_is_none_at_all(content: bytes) -> None:
    with pytest.raises(StoreError, match="is no snapshot of executions"):
        load_snapshot(content, "s.json")
