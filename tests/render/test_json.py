"""Records as plain data."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from wflgit.core.audit import AuditEntry
from wflgit.core.diff import compare
from wflgit.core.formats import parse
from wflgit.core.mapping import Destination, Way
from wflgit.core.plan import Failure, Instruction, Loss, Plan, Side
from wflgit.core.problems import Problem, Severity
from wflgit.core.records import (
    Definition,
    Execution,
    Identity,
    Migration,
    MigrationItem,
    StepCount,
    Version,
    VersionStatus,
    Workflow,
)
from wflgit.core.reports import Notice, Status
from wflgit.errors import ConflictError, DefinitionError, NotFoundError
from wflgit.render.json import dumps, error_data, to_data

MAYA = Identity("Maya", "maya@example.com")
VERSION = Version(
    workflow="welcome",
    number=3,
    status=VersionStatus.DRAFT,
    commit="c" * 40,
    path="workflows/welcome.json",
    blob=None,
    author=MAYA,
    created_at=datetime(2026, 1, 5, 10, 0, 0, 250_000, tzinfo=timezone(timedelta(hours=1))),
    summary="Change it",
    channels=("stable",),
)


def definition(**config: Any) -> Definition:
    document = {"name": "Welcome", "start": "a", "steps": {"a": {"type": "add_tag", "config": config, "next": None}}}
    content = json.dumps(document).encode()
    return Definition("welcome", 3, "c" * 40, "b" * 40, "workflows/welcome.json", content, document, parse(content).graph)


def test_a_version_has_its_field_names_utc_times_and_plain_values() -> None:
    data = to_data(VERSION)
    assert list(data) == [field.name for field in fields(Version)]
    assert data["status"] == "draft"
    assert type(data["status"]) is str
    assert data["author"] == {"name": "Maya", "email": "maya@example.com"}
    assert data["created_at"] == "2026-01-05T09:00:00.250000Z"
    assert (data["published_at"], data["channels"]) == (None, ["stable"])


def test_a_definition_shows_its_document_and_neither_bytes_nor_graph() -> None:
    data = to_data(definition(tag="x"))
    assert list(data) == ["workflow", "number", "commit", "blob", "path", "document"]
    assert data["document"]["steps"]["a"]["config"] == {"tag": "x"}


def test_a_changed_part_says_field_by_field_what_differs() -> None:
    data = to_data(compare(definition(tag="x").graph, definition(tag="y").graph))
    assert data["steps"][0]["fields"] == [{"path": ["config", "tag"], "kind": "changed", "old": "x", "new": "y"}]


def test_json_is_ascii_so_that_no_text_can_harm_a_terminal_or_fail_to_be_written() -> None:
    text = dumps({"name": "\x1b[2J\x9b ü \udc80"})
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)["name"] == "\x1b[2J\x9b ü \udc80"


@pytest.mark.parametrize(
    ("error", "data"),
    [
        (NotFoundError("gone", candidates=["near"]), {"candidates": ["near"]}),
        (
            ConflictError("late", expected=3, actual=4),
            {"expected": 3, "actual": 4, "theirs": None, "ours": None, "conflicts": []},
        ),
    ],
)
def test_an_error_has_code_message_hint_and_what_its_class_knows(
    error: NotFoundError | ConflictError, data: dict[str, Any]
) -> None:
    assert error_data(error) == {"error": {"code": error.code, "message": error.message, "hint": None, **data}}


def test_the_problems_of_an_error_are_records_too() -> None:
    error = DefinitionError("broken", problems=[Problem("rule", Severity.ERROR, "bad", ("steps", 0), 1, 2)], path="a.json")
    [problem] = error_data(error)["error"]["problems"]
    assert (problem["pointer"], problem["severity"], problem["line"], problem["hint"]) == (["steps", 0], "error", 1, None)


def test_a_destination_is_written_as_people_type_it() -> None:
    assert to_data([Destination(Way.CONTINUE, "hello"), Destination(Way.END)]) == ["hello", "@end"]


def test_data_may_be_written_in_one_line() -> None:
    assert dumps({"a": [1, {"b": 2}]}, indent=None) == '{"a": [1, {"b": 2}]}'


RECORDS = [AuditEntry, Execution, Notice, Migration, MigrationItem, Problem, Status, StepCount, Version, Workflow]
PLANS = [Failure, Instruction, Loss, Plan, Side]


@pytest.mark.parametrize("record", [*RECORDS, *PLANS])
def test_every_key_of_a_record_is_documented(record: type[Any]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
    keys = text.partition("### JSON")[2].partition("\n## ")[0]
    assert [field.name for field in fields(record) if f"`{field.name}`" not in keys] == []


def test_a_set_is_a_list_in_an_order_of_its_own() -> None:
    assert to_data(frozenset({"theirs", "base", "ours"})) == ["base", "ours", "theirs"]
