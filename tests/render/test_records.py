"""Lists and details of records as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from wflgit.core.audit import AuditEntry
from wflgit.core.problems import Severity
from wflgit.core.records import Execution, ExecutionStatus, Identity, StepCount, Version, VersionStatus, Workflow
from wflgit.core.reports import Draining, Notice, Status
from wflgit.render.audit import audit_table
from wflgit.render.executions import count_table, execution_lines, execution_table
from wflgit.render.status import finding_lines, status_lines
from wflgit.render.text import plain
from wflgit.render.versions import STYLES, version_details, version_lines, version_table
from wflgit.render.workflows import workflow_table

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MAYA, BEN = Identity("Maya", "maya@example.com"), Identity("Ben", "ben@example.com")
DRAFT = Version(
    workflow="sales/welcome",
    number=12,
    status=VersionStatus.DRAFT,
    commit="0123456789abcdef" * 2 + "01234567",
    path="workflows/sales/welcome.json",
    blob="b" * 40,
    author=MAYA,
    created_at=AT,
    summary="Greet by name",
)
CURRENT = replace(
    DRAFT,
    number=9,
    status=VersionStatus.CURRENT,
    created_at=AT - timedelta(days=3),
    summary="Wait two days, not one",
    published_at=AT,
    published_by=BEN,
    channels=("stable", "canary"),
    executions=1234,
    semver="1.3.0",
)
EXECUTION = Execution(
    id=7,
    workflow="sales/welcome",
    version=9,
    commit=DRAFT.commit,
    contact="ana@example.com",
    step="wait_a_day",
    status=ExecutionStatus.WAITING,
    lock_version=3,
    context={},
    started_at=AT,
    started_by="maya@example.com",
    updated_at=AT,
    updated_by="maya@example.com",
    entered_at=AT,
    wake_at=AT + timedelta(days=1),
    waiting_for="email_opened",
)
FAILED = replace(EXECUTION, id=11, status=ExecutionStatus.FAILED, wake_at=None, waiting_for=None, reason="no address")
STATUS = Status(
    account="acme",
    trunk="main",
    branch="main",
    tip=DRAFT.commit,
    store="sqlite:///store.db",
    workflows=3,
    executions=1,
    drafts=(),
    draining=(),
    uncommitted=(),
    collisions=(),
)


def test_the_log_of_a_workflow(golden: Callable[[str], None]) -> None:
    golden(plain(version_table([DRAFT, CURRENT]).lines()))


def test_the_log_of_a_workflow_in_a_narrow_terminal(golden: Callable[[str], None]) -> None:
    golden(plain(version_table([DRAFT, CURRENT]).lines(100)))


def test_the_details_of_a_version(golden: Callable[[str], None]) -> None:
    golden(plain([*version_details(CURRENT), *version_details(DRAFT)]))


def test_a_version_in_a_line() -> None:
    assert plain(version_lines(DRAFT)) == "sales/welcome@12  draft  01234567  Greet by name\n"


def test_every_status_of_a_version_has_a_colour_and_is_also_a_word() -> None:
    assert set(STYLES) == set(VersionStatus)
    for status in VersionStatus:
        assert f" {status} " in plain(version_lines(replace(DRAFT, status=status)))


def test_the_list_of_workflows(golden: Callable[[str], None]) -> None:
    welcome = Workflow(slug="sales/welcome", name="Welcome ✉", path="w.json", newest=12, current=9, executions=1234)
    golden(plain(workflow_table([welcome, Workflow("new", None, "n.json", 1, None, 0)]).lines()))


def test_the_list_of_executions(golden: Callable[[str], None]) -> None:
    golden(plain(execution_table([EXECUTION, FAILED]).lines()))


@pytest.mark.parametrize(
    ("execution", "end"),
    [
        (EXECUTION, "waiting (until 2026-01-06 09:00, for 'email_opened')"),
        (FAILED, "failed (no address)"),
        (replace(EXECUTION, status=ExecutionStatus.ACTIVE, wake_at=None, waiting_for=None), "active"),
    ],
)
def test_an_execution_in_a_line(execution: Execution, end: str) -> None:
    assert plain(execution_lines(execution)) == (
        f"execution {execution.id}  ana@example.com in sales/welcome@9 at 'wait_a_day'  {end}\n"
    )


def test_the_counts_of_executions(golden: Callable[[str], None]) -> None:
    golden(plain(count_table([StepCount("welcome", 9, "hello", 12_000, 3), StepCount("welcome", 10, "wait", 0, 44)]).lines()))


def test_the_list_of_audit_entries(golden: Callable[[str], None]) -> None:
    entry = AuditEntry("acme", 1, AT, "maya@example.com", "version.published", "welcome@9", '{"tag":"t"}', "0" * 64, "1" * 64)
    golden(plain(audit_table([entry, replace(entry, sequence=10, action="channel.moved")]).lines()))


def test_a_status_with_nothing_to_do_is_two_lines() -> None:
    assert plain(status_lines(STATUS)) == (
        "account acme, trunk main at 01234567\n3 workflows, 1 live execution, side store sqlite:///store.db\n"
    )


def test_a_status_with_all_there_is_to_say(golden: Callable[[str], None]) -> None:
    busy = replace(
        STATUS,
        branch="idea",
        tip=None,
        drafts=("a@2", "b@1"),
        draining=(
            Draining("a", 1, 1205, (StepCount("a", 1, "Fan out/0/✉", 3, 2), StepCount("a", 1, "hello", 1200, 0))),
            Draining("b", 10, 1, (StepCount("b", 10, "wait", 0, 1),)),
        ),
        uncommitted=("workflows/a.json",),
        collisions=("c",),
    )
    golden(plain(status_lines(busy)))


def test_a_finding_says_what_is_wrong_and_what_to_do() -> None:
    finding = Notice("tag-lightweight", Severity.ERROR, "a/v1", "tag 'a/v1' is lightweight", "remove it")
    assert plain(finding_lines([finding])) == "error: a/v1: tag 'a/v1' is lightweight [tag-lightweight]\n    hint: remove it\n"
