"""What the waits of Logic Apps wait for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.shapes import object_of
from wflgit.core.graph import StepKind, WaitKind, WaitTerms
from wflgit.core.times import parse_duration, parse_moment, seconds

if TYPE_CHECKING:
    from wflgit.core.graph import Step

_UNITS_S = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 7 * 86_400,
    "month": 30 * 86_400,
    "year": 365 * 86_400,
}


def wait_terms(step: Step) -> WaitTerms | None:
    """Read off a `Wait` how long or until when it waits, and off a webhook which answer it waits for.

    An expression (`@…`, or `[…]` of ARM) is known only when an execution is there.

    Returns:
        What the step waits for; None for a step of another kind, and for one that does not say it in exactly one way.
    """
    if step.kind is not StepKind.WAIT:
        return None
    inputs = object_of(step.config.get("inputs"))
    if step.type != "Wait":
        return WaitTerms(WaitKind.EVENT, _at_most(step), event=_event(step, inputs))
    match inputs:
        case {"interval": interval, **rest} if "until" not in rest:
            return _interval_terms(interval)
        case {"until": until, **rest} if "interval" not in rest:
            return _until_terms(until)
    return None


def _interval_terms(interval: object) -> WaitTerms | None:
    """Read `{"count": 5, "unit": "Minute"}`."""
    if _expression(interval):
        return WaitTerms(WaitKind.DURATION)
    count, unit = object_of(interval).get("count"), object_of(interval).get("unit")
    unit_s = _UNITS_S.get(unit.lower()) if isinstance(unit, str) else None
    if _expression(count) or _expression(unit):
        return WaitTerms(WaitKind.DURATION)
    if isinstance(count, str) and count.isdecimal() and len(count) < 10:
        count = int(count)
    if unit_s is None or not isinstance(count, int) or isinstance(count, bool):
        return None
    duration = seconds(count * unit_s)
    return None if duration is None else WaitTerms(WaitKind.DURATION, duration)


def _until_terms(until: object) -> WaitTerms | None:
    """Read `{"timestamp": "2030-01-31T09:00:00Z"}`."""
    timestamp = until if _expression(until) else object_of(until).get("timestamp")
    if _expression(timestamp):
        return WaitTerms(WaitKind.MOMENT)
    moment = parse_moment(timestamp) if isinstance(timestamp, str) else None
    return None if moment is None else WaitTerms(WaitKind.MOMENT, moment=moment)


def _at_most(step: Step) -> timedelta | None:
    timeout = object_of(step.config.get("limit")).get("timeout")
    return parse_duration(timeout) if isinstance(timeout, str) else None


def _event(step: Step, inputs: Any) -> str:
    """The operation whose answer is waited for, as far as the file tells; else that something calls back."""
    said = (object_of(inputs.get("host")).get("operationId"), inputs.get("path"))
    return next((text for text in said if isinstance(text, str)), step.type)


def _expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("@", "[")) and not value.startswith("@@")
