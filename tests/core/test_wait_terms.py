"""What a wait waits for, in every format; whatever a config holds, reading it never fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.core import fields
from wflgit.core.formats import wait_terms
from wflgit.core.graph import Step, StepKind, WaitKind, WaitTerms
from wflgit.core.times import LONGEST, parse_duration, parse_moment

DAY = timedelta(days=1)
NEW_YEAR = datetime(2030, 1, 1, tzinfo=UTC)
ANY_DURATION = WaitTerms(WaitKind.DURATION)
ANY_MOMENT = WaitTerms(WaitKind.MOMENT)


def terms(format_name: str, config: Any, kind: StepKind = StepKind.WAIT) -> WaitTerms | None:
    return wait_terms(format_name, Step("a", "wait", kind, config))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"duration": "P1D"}, WaitTerms(WaitKind.DURATION, DAY)),
        ({"duration": "PT0S"}, WaitTerms(WaitKind.DURATION, timedelta(0))),
        ({"until": "2030-01-01T00:00:00Z"}, WaitTerms(WaitKind.MOMENT, moment=NEW_YEAR)),
        ({"until": "2030-01-01T01:00:00.000+01:00"}, WaitTerms(WaitKind.MOMENT, moment=NEW_YEAR)),
        ({"until": "{{contact.renewal_date}}"}, ANY_MOMENT),
        ({"event": "email_opened"}, WaitTerms(WaitKind.EVENT, event="email_opened")),
        ({"event": "email_opened", "timeout": "P3D"}, WaitTerms(WaitKind.EVENT, 3 * DAY, event="email_opened")),
        ({"duration": "P1D", "business_hours": True}, WaitTerms(WaitKind.DURATION, DAY)),
    ],
)
def test_a_native_wait_says_duration_time_or_event(config: Any, expected: WaitTerms) -> None:
    assert terms("native", config) == expected


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"duration": "a day"},
        {"duration": 5},
        {"duration": "{{contact.patience}}"},
        {"duration": "P99999Y"},
        {"until": "tomorrow"},
        {"until": "2030-01-01"},
        {"until": "2030-01-01T00:00:00"},
        {"until": "2030-02-30T00:00:00Z"},
        {"until": "0001-01-01T00:00:00+14:00"},
        {"until": None},
        {"event": 1},
        {"event": "email_opened", "timeout": "soon"},
        {"event": "email_opened", "timeout": 3},
        {"duration": "P1D", "event": "email_opened"},
    ],
)
def test_a_native_wait_that_does_not_say_one_thing_has_no_terms(config: Any) -> None:
    assert terms("native", config) is None


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"Seconds": 86400}, WaitTerms(WaitKind.DURATION, DAY)),
        ({"Seconds": 0}, WaitTerms(WaitKind.DURATION, timedelta(0))),
        ({"SecondsPath": "$.pause"}, ANY_DURATION),
        ({"Seconds": "{% $pause %}"}, ANY_DURATION),
        ({"Seconds": "${PauseSeconds}"}, ANY_DURATION),
        ({"Timestamp": "2030-01-01T00:00:00Z"}, WaitTerms(WaitKind.MOMENT, moment=NEW_YEAR)),
        ({"TimestampPath": "$.due"}, ANY_MOMENT),
        ({"Timestamp": "{% $due %}"}, ANY_MOMENT),
        ({"QueryLanguage": "JSONata", "Seconds": 86400, "Output": {}}, WaitTerms(WaitKind.DURATION, DAY)),
    ],
)
def test_a_wait_of_the_states_language_says_seconds_or_a_time(config: Any, expected: WaitTerms) -> None:
    assert terms("asl", config) == expected


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"Seconds": -1},
        {"Seconds": True},
        {"Seconds": 1.5},
        {"Seconds": 10**30},
        {"Seconds": "60"},
        {"SecondsPath": 60},
        {"Timestamp": "soon"},
        {"Timestamp": 0},
        {"Seconds": 60, "Timestamp": "2030-01-01T00:00:00Z"},
    ],
)
def test_a_wait_of_the_states_language_that_does_not_say_one_thing_has_no_terms(config: Any) -> None:
    assert terms("asl", config) is None


@pytest.mark.parametrize("kind", [kind for kind in StepKind if kind is not StepKind.WAIT])
@pytest.mark.parametrize(("format_name", "config"), [("native", {"duration": "P1D"}), ("asl", {"Seconds": 60})])
def test_a_step_that_is_no_wait_has_no_terms(format_name: str, config: Any, kind: StepKind) -> None:
    assert terms(format_name, config, kind) is None


def test_a_format_that_nobody_knows_has_no_terms() -> None:
    assert terms("cobol", {"duration": "P1D"}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P2W", 14 * DAY),
        ("P1Y2M3W4DT5H6M7S", (365 + 60 + 21 + 4) * DAY + timedelta(hours=5, minutes=6, seconds=7)),
        ("PT90M", timedelta(minutes=90)),
        ("P1000Y", LONGEST),
        ("P" + "0" * 5000 + "1D", DAY),
    ],
)
def test_a_duration_is_the_sum_of_its_parts(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "1D", "P1H", "PT1D", "P1D1W", "P1.5D", "-P1D", "p1d", "P١D", "P1D\n", "P1001Y"]
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert parse_duration(text) is None


def test_a_duration_of_more_digits_than_python_reads_is_none() -> None:
    assert parse_duration(f"P{'9' * 5000}D") is None


@given(st.from_regex(fields.DURATION[1:-1].replace("[0-9]+", "[0-9]{1,2}"), fullmatch=True))
def test_every_duration_that_validation_accepts_is_read(text: str) -> None:
    assert parse_duration(text) is not None


@given(st.datetimes(timezones=st.just(UTC)), st.sampled_from([-720, -90, 0, 60, 840]))
def test_every_moment_is_read_whatever_its_time_zone(moment: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    try:
        local = (moment + timedelta(minutes=minutes)).replace(tzinfo=None)
    except OverflowError:
        return
    assert parse_moment(f"{local.isoformat()}{sign}{hours:02}:{rest:02}") == moment


ANY_VALUE = st.none() | st.booleans() | st.integers() | st.text("P1DTS{}%$-", max_size=6) | st.lists(st.none(), max_size=1)
ANY_CONFIG = st.dictionaries(
    st.sampled_from(["duration", "until", "event", "timeout", "Seconds", "SecondsPath", "Timestamp", "TimestampPath"]),
    ANY_VALUE,
    max_size=3,
)


@given(st.sampled_from(["native", "asl"]), ANY_CONFIG)
def test_no_config_makes_it_fail(format_name: str, config: dict[str, Any]) -> None:
    found = terms(format_name, config)
    assert found is None or (found.duration or timedelta(0)) >= timedelta(0)
