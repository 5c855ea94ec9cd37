"""Which executions a selection means, and how it says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit import Execution, ExecutionStatus, InvalidNameError
from wflgit.core.predicates import parse_predicate
from wflgit.core.selection import Selection, chooses

AT = datetime(2026, 1, 5, 9, 0, 0, 700_000, tzinfo=UTC)
ANNA = Execution(
    id=7,
    workflow="welcome",
    version=3,
    commit="c" * 40,
    contact="contact-anna",
    step="hello",
    status=ExecutionStatus.WAITING,
    lock_version=2,
    context={"plan": "pro", "seats": 5, "email.opened": True, "address": {"country": "DE"}},
    started_at=AT,
    started_by="maya@example.com",
    updated_at=AT + timedelta(hours=2),
    updated_by="ben@example.com",
    entered_at=(AT + timedelta(hours=1)).astimezone(timezone(timedelta(hours=5))),
    wake_at=AT + timedelta(days=1),
)


def where(*texts: str) -> Selection:
    return Selection(where=tuple(map(parse_predicate, texts)))


# Whom it chooses


@pytest.mark.parametrize(
    "text",
    [
        "contact starts_with contact-",
        "step = hello",
        "status = waiting",
        'status in ["active", "waiting"]',
        "version < 6",
        "workflow = welcome",
        "started_at = 2026-01-05T09:00:00Z",
        "started_at >= 2026-01-05",
        "entered_at = 2026-01-05T10:00:00Z",
        "updated_at < 2026-01-05T11:00:01Z",
        "wake_at starts_with 2026-01-06",
        "waiting_for not_exists",
        "context.plan = pro",
        "context.seats >= 5",
        "context.email.opened = true",
        'context.address.country in ["DE", "AT"]',
        "context.nothing not_exists",
        "context exists",
        '{"any": [{"field": "version", "op": "gt", "value": 6}, {"not": {"field": "step", "op": "eq", "value": "bye"}}]}',
    ],
)
def test_conditions_see_what_an_execution_is(text: str) -> None:
    assert chooses(where(text), ANNA)
    assert not chooses(Selection(where=({"not": parse_predicate(text)},)), ANNA)


def test_everything_that_is_said_must_hold() -> None:
    assert chooses(Selection(), ANNA)
    assert chooses(Selection(steps=("bye", "hello")), ANNA)
    assert not chooses(Selection(steps=("bye",)), ANNA)
    assert chooses(where("version < 6", "context.plan = pro"), ANNA)
    assert not chooses(where("version < 6", "context.plan = basic"), ANNA)
    assert not chooses(replace(where("version < 6"), steps=("bye",)), ANNA)


def test_ids_are_for_the_caller_to_look_up() -> None:
    assert chooses(Selection(ids=(8,)), ANNA)


def test_an_event_and_a_time_waited_for_are_there_only_while_they_are() -> None:
    assert not chooses(where("wake_at exists"), replace(ANNA, wake_at=None))
    assert chooses(where("waiting_for = email_opened"), replace(ANNA, waiting_for="email_opened"))


_TIMES = st.integers(0, 10**7).map(
    lambda ticks: (AT + timedelta(milliseconds=ticks * 300)).astimezone(timezone(timedelta(hours=-7)))
)


@given(_TIMES, _TIMES)
def test_times_are_compared_as_times_to_the_second(one: datetime, other: datetime) -> None:
    execution = replace(ANNA, started_at=one)
    limit = other.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    second = one.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    for sign, expected in (("<", second < limit), ("<=", second <= limit), ("=", second == limit), (">", second > limit)):
        assert chooses(where(f"started_at {sign} {limit.isoformat()}Z"), execution) is expected
    assert chooses(where(f"started_at >= {limit.date()}"), execution) is (second.date() >= limit.date())


# What it refuses


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("verson < 3", "executions have no 'verson'", "did you mean 'version'?"),
        ("plan = pro", "executions have no 'plan'", "did you mean 'context.plan'? executions have contact, step, status, "),
        ("contact.country = DE", "executions have no 'contact.country'", "did you mean 'context.contact.country'?"),
        ("contact = 12", "expected a text to compare 'contact' with but found '12'", "put it in double quotes"),
        ('step in ["a", 1]', "expected a text to compare 'step' with but found '1'", "put it in double quotes"),
        ('version = "3"', "expected a number to compare 'version' with but found '3'", "write it without quotes"),
        ("version = true", "expected a number to compare 'version' with but found 'true'", "write it without quotes"),
        ("version contains 1", "expected a number to compare 'version' with but found '1'", "write it without quotes"),
        ("started_at > 2026", "expected a time in UTC to compare 'started_at' with but found '2026'", "write 2026-01-05T09:00:00Z"),
        ("started_at > yesterday", "expected a time in UTC", "write 2026-01-05T09:00:00Z"),
        ("started_at > 2026-01-05T09:00:00+01:00", "expected a time in UTC", "write 2026-01-05T09:00:00Z"),
        ("started_at = 2026-01-05", "expected a time in UTC", "write 2026-01-05T09:00:00Z"),
        ("wake_at = null", "expected a time in UTC to compare 'wake_at' with but found null", "write 'wake_at not_exists'"),
    ],
)  # fmt: skip
def test_a_condition_that_could_never_hold_is_refused_with_what_to_write(text: str, reason: str, hint: str) -> None:
    predicate = parse_predicate(text)
    for nested in (predicate, {"any": [{"field": "step", "op": "exists"}, {"not": predicate}]}):
        with pytest.raises(InvalidNameError) as caught:
            Selection(where=(nested,))
        assert caught.value.message.startswith(reason)
        assert (caught.value.hint or "").startswith(hint)


def test_what_is_no_condition_is_refused() -> None:
    with pytest.raises(InvalidNameError, match="is no condition"):
        Selection(where=({"field": "step", "op": "equals"},))


# What it says


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(), "all executions"),
        (Selection(ids=(7,)), "execution 7"),
        (Selection(ids=(3, 5, 9)), "executions 3, 5 and 9"),
        (Selection(ids=(1, 2, 3, 4, 5)), "executions 1, 2, 3, 4 and 5"),
        (Selection(ids=tuple(range(1, 1001))), "executions 1, 2, 3, 4 and 996 more"),
        (Selection(steps=("hello",)), "executions at step 'hello'"),
        (Selection(ids=(7,), steps=("hello", "bye")), "execution 7 at step 'hello' or 'bye'"),
        (where("context.city = Köln", "version < 6"), 'executions where context.city = "Köln" and version < 6'),
        (Selection((), ("a",), ({"not": {"field": "step", "op": "exists"}},)),
         """executions at step 'a' where {"not": {"field": "step", "op": "exists"}}"""),
    ],
)  # fmt: skip
def test_a_selection_says_in_words_whom_it_means(selection: Selection, words: Any) -> None:
    assert str(selection) == words
