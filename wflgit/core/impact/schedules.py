"""How often a schedule fires, in whatever way a trigger's config says it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from wflgit.core.formats.shapes import list_of, object_of, text_of

_HOUR_S = 3_600
_DAY_S = 24 * _HOUR_S
_YEAR_S = 365 * _DAY_S
_UNITS_S = {
    "second": 1,
    "minute": 60,
    "hour": _HOUR_S,
    "day": _DAY_S,
    "week": 7 * _DAY_S,
    "month": 30 * _DAY_S,
    "year": _YEAR_S,
}
_SPANS = {"minute": (0, 59), "hour": (0, 23), "day": (1, 31), "month": (1, 12), "weekday": (0, 6)}
_NAMES = {
    **{name: at for at, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)},
    **{name: at for at, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])},
}
_ITEM = re.compile(r"(?P<low>\*|[0-9]{1,2}|[a-z]{3})(?:-(?P<high>[0-9]{1,2}|[a-z]{3}))?(?:/(?P<every>[0-9]{1,2}))?")
_TOO_MANY = 10**6


def firings_per_year(config: Mapping[str, Any]) -> float | None:
    """Say about how often a trigger fires; None if its config does not say so, or in a way that cannot be read.

    Read are cron expressions of five fields, or six with seconds; `every 5 minutes` as n8n, Node-RED and Logic Apps put it.

    >>> firings_per_year({"cron": "0 9 * * *"}), firings_per_year({"recurrence": {"frequency": "Hour", "interval": 12}})
    (365.0, 730.0)
    """
    parameters = object_of(config.get("parameters"))
    if "rule" in parameters:
        return _sum(map(_rule_firings, list_of(object_of(parameters["rule"]).get("interval"))))
    if "triggerTimes" in parameters or "pollTimes" in parameters:
        times = object_of(parameters.get("triggerTimes") or parameters.get("pollTimes"))
        return _sum(map(_mode_firings, list_of(times.get("item"))))
    if "interval" in parameters or "unit" in parameters:
        return _every(parameters.get("interval", 1), parameters.get("unit", "seconds"))
    if "recurrence" in config:
        recurrence = object_of(config["recurrence"])
        return _every(recurrence.get("interval", 1), recurrence.get("frequency"))
    if config.get("repeat"):
        return _every(config["repeat"], "second")
    said = config.get("cron") or config.get("crontab") or config.get("cronExpression")
    return cron_firings(said) if isinstance(said, str) else None


def _sum(rates: Iterable[float | None]) -> float | None:
    found = [*rates]
    return None if not found or None in found else sum(rate for rate in found if rate is not None)


def _rule_firings(rule: Any) -> float | None:
    """Read an entry of n8n's Schedule Trigger."""
    said = object_of(rule)
    field = text_of(said.get("field")) or "days"
    if field == "cronExpression":
        return cron_firings(text_of(said.get("expression")))
    days = said.get("triggerAtDay")
    rate = _every(said.get(f"{field}Interval", 1), field)
    return rate * len(days) if field == "weeks" and rate is not None and isinstance(days, list) and days else rate


_MODES = {"everyMinute": "minute", "everyHour": "hour", "everyDay": "day", "everyWeek": "week", "everyMonth": "month"}


def _mode_firings(item: Any) -> float | None:
    """Read an entry of n8n's Cron, or of the times at which a trigger looks for news."""
    said = object_of(item)
    mode = text_of(said.get("mode")) or "everyDay"
    if mode == "custom":
        return cron_firings(text_of(said.get("cronExpression")))
    if mode == "everyX":
        return _every(said.get("value", 2), said.get("unit", "hours"))
    return _every(1, _MODES.get(mode))


def _every(number: Any, unit: Any) -> float | None:
    """How often once in so many units is, a year."""
    unit_s = _UNITS_S.get(unit.lower().removesuffix("s")) if isinstance(unit, str) else None
    if isinstance(number, str) and re.fullmatch(r"[0-9]{1,9}(?:\.[0-9]{1,3})?", number):
        number = float(number)
    if unit_s is None or not isinstance(number, int | float) or isinstance(number, bool) or not 0 < number < _TOO_MANY * 1000:
        return None
    return _YEAR_S / (number * unit_s)


def cron_firings(expression: str) -> float | None:
    """About how often a year a cron expression of five fields, or six with seconds, fires; None if it cannot be read.

    >>> cron_firings("*/5 * * * *"), cron_firings("0 9 * * MON-FRI"), cron_firings("every day")
    (105120.0, 260.7142857142857, None)
    """
    parts = expression.lower().split()
    if len(parts) == 6:
        seconds, *parts = parts
        times = _matching(seconds, "minute")
    else:
        times = 1
    if len(parts) != 5 or times is None:
        return None
    counts = [_matching(part, name) for part, name in zip(parts, _SPANS, strict=True)]
    if None in counts:
        return None
    minutes, hours, days, months, weekdays = (count for count in counts if count is not None)
    share = {"day": days / 31, "weekday": weekdays / 7}
    # With both a day and a weekday, either is enough.
    both = parts[2][0] not in "*?" and parts[4][0] not in "*?"
    dates = 1 - (1 - share["day"]) * (1 - share["weekday"]) if both else share["day"] * share["weekday"]
    return times * minutes * hours * 365 * dates * months / 12


def _matching(text: str, name: str) -> int | None:
    """How many values of a field match; None if it cannot be read."""
    first, last = _SPANS[name]
    found: set[int] = set()
    for item in text.replace("?", "*").split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            return None
        low = first if match["low"] == "*" else _number(match["low"])
        every = int(match["every"] or 1)
        open_end = match["low"] == "*" or match["every"]
        high = _number(match["high"]) if match["high"] else last if open_end else low
        if low is None or high is None or not every:
            return None
        found |= {value % 7 if name == "weekday" else value for value in range(low, high + 1, every)}
    return len(found) or None


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else _NAMES.get(text)
