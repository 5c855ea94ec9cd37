"""What a step of n8n waits for."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wflgit.core.formats.shapes import object_of
from wflgit.core.graph import Step, StepKind, WaitKind, WaitTerms
from wflgit.core.times import LONGEST, parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

_UNITS_S = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}


def wait_terms(step: Step) -> WaitTerms | None:
    """Read an interval, a time or a call that is waited for off a Wait; what is not said is what n8n takes for it.

    An expression (`={{ … }}`) is known only when an execution is there, and so is a time without a zone.

    Returns:
        What the step waits for; None for a step of another kind, and for parameters that cannot be read.
    """
    if step.kind is not StepKind.WAIT:
        return None
    parameters = object_of(step.config.get("parameters"))
    match parameters.get("resume", "timeInterval"):
        case "timeInterval":
            first = step.config.get("typeVersion", 1) == 1
            amount = parameters.get("amount", 1 if first else 5)
            return _interval(amount, parameters.get("unit", "hours" if first else "seconds"))
        case "specificTime":
            return _moment(parameters.get("dateTime"))
        case "webhook" | "form" as event:
            return WaitTerms(WaitKind.EVENT, _limit(parameters), event=event)
    return None


def _interval(amount: object, unit: object) -> WaitTerms | None:
    if _is_expression(amount) or _is_expression(unit):
        return WaitTerms(WaitKind.DURATION)
    duration = _duration(amount, unit)
    return None if duration is None else WaitTerms(WaitKind.DURATION, duration)


def _moment(text: object) -> WaitTerms | None:
    if not isinstance(text, str) or not text:
        return None
    return WaitTerms(WaitKind.MOMENT, moment=parse_moment(text))


def _limit(parameters: Mapping[str, Any]) -> timedelta | None:
    """How long a call is waited for at most; None where there is no limit, or it is a time and no interval."""
    if parameters.get("limitWaitTime") is not True or parameters.get("limitType", "afterTimeInterval") != "afterTimeInterval":
        return None
    return _duration(parameters.get("resumeAmount", 1), parameters.get("resumeUnit", "hours"))


def _duration(amount: object, unit: object) -> timedelta | None:
    if isinstance(amount, str) and not _is_expression(amount):
        amount = _number(amount)
    if not isinstance(amount, int | float) or isinstance(amount, bool) or not isinstance(unit, str) or unit not in _UNITS_S:
        return None
    count = amount * _UNITS_S[unit]
    return timedelta(seconds=count) if 0 <= count <= LONGEST.total_seconds() else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith("=")
