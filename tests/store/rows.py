"""Rows to write in tests of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from wflgit.core.records import Strategy
from wflgit.store.audit import Entry
from wflgit.store.executions import Start
from wflgit.store.migrations import New
from wflgit.store.versions import FileRow, VersionRow

AT = datetime(2026, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)


def version(number: int, workflow: str = "welcome", **changes: Any) -> VersionRow:
    """A draft on the trunk."""
    row: dict[str, Any] = {
        "workflow": workflow,
        "number": number,
        "path": f"workflows/{workflow}.json",
        "commit": f"{number:040x}",
        "blob": f"{number:040d}",
        "author_name": "Ann Äuthor",
        "author_email": "ann@example.com",
        "created_at": AT,
        "summary": f"Change {number} ✉",
    }
    return VersionRow(**{**row, **changes})


def published(number: int, workflow: str = "welcome", **changes: Any) -> VersionRow:
    """A published version."""
    tag = {"tag": f"{number:040o}", "published_at": AT, "published_by_name": "Pat", "published_by_email": "pat@example.com"}
    return version(number, workflow, **{**tag, **changes})


def file(workflow: str, blob: str = "b1", name: str | None = None) -> FileRow:
    """A file at its usual place."""
    return FileRow(f"workflows/{workflow}.json", workflow, blob, name)


def start(**changes: Any) -> Start:
    """What a start at version 1 of `welcome` says."""
    base: dict[str, Any] = {
        "workflow": "welcome",
        "version": 1,
        "commit": "c" * 40,
        "step": "hello",
        "context": {"b": [1, None, "é"], "a": {"deep": True}},
        "at": AT,
        "by": "ann@example.com",
    }
    return cast(Start, {**base, **changes})


def new(**changes: Any) -> New:
    """A migration of all executions of `welcome` from version 1 to 2."""
    base = New(
        "welcome", 1, "c" * 40, 2, "d" * 40, Strategy.IMMEDIATE, None, at_advance=False, plan="{}", at=AT, by="ann@example.com"
    )
    return replace(base, **changes)


def entry(subject: str = "welcome@1", key: str | None = None, **details: Any) -> Entry:
    """An audit entry."""
    return Entry(AT, "ann@example.com", "version.created", subject, details, key)
