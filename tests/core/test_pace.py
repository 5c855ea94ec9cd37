"""How paces are written and read, and what waves they make."""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit import InvalidNameError
from wflgit.core.pace import Pace, parse_pace

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("texts", "pace", "canonical"),
    [
        (["500/1h", "500/60m", "500 / 1h", "500 per PT1H", "500/PT60M", "500/3600s"], Pace(500, None, HOUR), "500 per PT1H"),
        (["10%/1d", "10 %/24h", "10% per P1D", "10.0%/PT24H"], Pace(None, 10, DAY), "10% per P1D"),
        (["0.5%/1w", "0.50% per P1W"], Pace(None, 0.5, 7 * DAY), "0.5% per P7D"),
        (["1/1d2h3m4s", "1 per P1DT2H3M4S"], Pace(1, None, timedelta(days=1, hours=2, minutes=3, seconds=4)), "1 per P1DT2H3M4S"),
        (["100%/90s"], Pace(None, 100, timedelta(seconds=90)), "100% per PT1M30S"),
        (["at-advance", "at advance", " At Advance "], Pace(at_advance=True), "at advance"),
    ],
)
def test_a_pace_is_read_in_several_ways_and_written_in_one(texts: list[str], pace: Pace, canonical: str) -> None:
    assert [parse_pace(text) for text in texts] == [pace] * len(texts)
    assert str(pace) == canonical


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0/1h", "expected 1 to 1,000,000,000 executions each interval but got '0'"),
        ("1000000001/1h", "expected 1 to 1,000,000,000 executions each interval but got '1000000001'"),
        ("0%/1h", "expected a percentage above 0 and up to 100 but got '0'"),
        ("100.5%/1h", "expected a percentage above 0 and up to 100 but got '100.5'"),
        ("5/0s", "expected an interval of whole seconds, up to 366 days, but got '0:00:00'"),
        ("5/PT0H", "expected an interval of whole seconds, up to 366 days, but got '0:00:00'"),
        ("5/367d", "expected an interval of whole seconds, up to 366 days, but got '367 days, 0:00:00'"),
        *((text, f"'{text}' is no pace") for text in (
            "", "500", "/1h", "500/", "-5/1h", "2.5/1h", "1_000/1h", "1e3/1h", "٣/1h", "500%", "500/1", "500/h", "500/-1h",
            "500/0.5s", "500/1M", "500/P1M", "500/P1Y", "500/P", "500/PT", "500/P1DT", "500/P1H", "500/1h 2m", "500/2m1h",
            "500/100ms", "500 1h", "500 per hour", "advance", f"{'9' * 5000}/1h", f"5/{'9' * 5000}d",
        )),
    ],
)  # fmt: skip
def test_what_is_no_pace_is_refused_with_examples(text: str, reason: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        parse_pace(text)
    assert caught.value.message == reason
    assert (caught.value.hint or "").startswith("write 500/1h for 500 executions an hour, 10%/1d ")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "but got nothing"),
        ({"size": 5}, "but got size"),
        ({"every": HOUR}, "but got every"),
        ({"size": 5, "percent": 5.0, "every": HOUR}, "but got size, percent, every"),
        ({"at_advance": True, "every": HOUR}, "but got every"),
        ({"size": 5, "every": timedelta(seconds=1.5)}, "whole seconds, up to 366 days, but got '0:00:01.500000'"),
        ({"size": 5, "every": -HOUR}, "but got '-1 day, 23:00:00'"),
        ({"percent": math.nan, "every": HOUR}, "but got 'nan'"),
        ({"percent": math.inf, "every": HOUR}, "but got 'inf'"),
    ],
)
def test_a_pace_that_cannot_be_is_never_made(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        Pace(**said)
    assert caught.value.message.endswith(reason)


_INTERVALS = st.integers(1, 366 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
_SIZES = st.builds(Pace, size=st.integers(1, 10**9), every=_INTERVALS)
_PERCENT = st.floats(0, 100, exclude_min=True) | st.integers(1, 10_000).map(lambda hundredths: hundredths / 100)
_PERCENTAGES = st.builds(Pace, percent=_PERCENT, every=_INTERVALS)


@given(_SIZES | _PERCENTAGES | st.just(Pace(at_advance=True)))
def test_what_is_written_is_read_again(pace: Pace) -> None:
    assert parse_pace(str(pace)) == pace


@given(_PERCENTAGES, st.integers(0, 10**9))
def test_a_percentage_is_rounded_up_and_reaches_all_in_as_many_waves_as_it_says(pace: Pace, total: int) -> None:
    assert pace.percent is not None
    share = Fraction(repr(pace.percent)) / 100
    wave = pace.wave(total)
    assert wave == max(1, math.ceil(total * share))
    assert math.ceil(total / wave) <= math.ceil(1 / share)


@given(_SIZES, st.integers(0, 10**9))
def test_a_size_is_the_same_whatever_the_total(pace: Pace, total: int) -> None:
    assert pace.wave(total) == pace.size


def test_a_percentage_counts_as_it_was_written() -> None:
    assert Pace(percent=0.07, every=HOUR).wave(10_000) == 7
    assert math.ceil(10_000 * 0.07 / 100) == 8


@pytest.mark.parametrize(("total", "wave"), [(0, 1), (1, 1), (500, 500)])
def test_at_advance_all_may_go(total: int, wave: int) -> None:
    assert Pace(at_advance=True).wave(total) == wave
