"""Durations and moments as workflow files write them: ISO 8601 and RFC 3339, read without a validator.

Running executions wait for nothing here: no import beyond Python's own, and no exception for any text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

LONGEST = timedelta(days=365_000)
"""A duration above this, a thousand years, is taken for a slip: added to a time of today it may leave the calendar."""

_DURATION = re.compile(
    r"P(?=.)(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=.)(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?"
)
_UNITS_S = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1)
_DIGITS = 12
"""More digits than this are past `LONGEST` in every unit, and at some point more than Python makes a number of."""
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")


def parse_duration(text: str) -> timedelta | None:
    """Read an ISO 8601 duration in whole units; None if it is none. A month counts as 30 days, a year as 365.

    >>> parse_duration("P1DT2H"), parse_duration("a day")
    (datetime.timedelta(days=1, seconds=7200), None)
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    numbers = [number.lstrip("0") or "0" for number in match.groups("0")]
    if any(len(number) > _DIGITS for number in numbers):
        return None
    return seconds(sum(int(number) * unit for number, unit in zip(numbers, _UNITS_S, strict=True)))


def format_duration(duration: timedelta) -> str:
    """Write a duration as ISO 8601 has it, in days, hours, minutes and seconds.

    >>> format_duration(timedelta(days=90)), format_duration(timedelta(hours=26)), format_duration(timedelta())
    ('P90D', 'P1DT2H', 'PT0S')
    """
    minutes, rest_s = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{duration.days}D" if duration.days else ""
    clock = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (rest_s, "S")) if number)
    return f"P{days}{f'T{clock}' if clock else ''}" if days or clock else "PT0S"


def seconds(number: int) -> timedelta | None:
    """A duration of whole seconds; None if it is negative or longer than anybody waits."""
    return timedelta(seconds=number) if 0 <= number <= LONGEST.total_seconds() else None


def parse_moment(text: str) -> datetime | None:
    """Read an RFC 3339 time, in UTC; None if it is none, or not in the calendar.

    >>> parse_moment("2030-01-31T09:00:00+01:00")
    datetime.datetime(2030, 1, 31, 8, 0, tzinfo=datetime.timezone.utc)
    """
    if _MOMENT.fullmatch(text) is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
