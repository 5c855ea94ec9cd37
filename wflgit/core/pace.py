"""How fast a gradual migration goes: so many executions each interval, or each one at its next advance."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from wflgit.core.times import format_duration
from wflgit.errors import InvalidNameError

_MOST = 1_000_000_000
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(days=366)
_HINT = "write 500/1h for 500 executions an hour, 10%/1d for a tenth of all of them a day, or at-advance"

_AT_ADVANCE = re.compile(r"at[- ]advance", re.IGNORECASE)
_AMOUNT = re.compile(r"([0-9]{1,12}(?:\.[0-9]+)?)\s*(%?)\s*(?:/|per\s)\s*(\S+)")
_SHORT_INTERVAL = re.compile(r"(?:([0-9]{1,7})w)?(?:([0-9]{1,7})d)?(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,7})s)?")
_ISO_INTERVAL = re.compile(
    r"P(?=.)(?:([0-9]{1,7})W)?(?:([0-9]{1,7})D)?(?:T(?=.)(?:([0-9]{1,7})H)?(?:([0-9]{1,7})M)?(?:([0-9]{1,7})S)?)?"
)
_UNITS = (604_800, 86_400, 3_600, 60, 1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a gradual migration goes; `str` writes it so that `parse_pace` reads it.

    Attributes:
        size: how many executions each interval, at least 1.
        percent: how many of all of them each interval, above 0 and at most 100.
        every: the interval in whole seconds, a second to 366 days.
        at_advance: whether each execution goes when it next advances, and nothing of the above is said.

    Raises:
        InvalidNameError: if that is no pace.

    >>> str(Pace(size=500, every=timedelta(minutes=90)))
    '500 per PT1H30M'
    """

    size: int | None = None
    percent: float | None = None
    every: timedelta | None = None
    at_advance: bool = False

    def __post_init__(self) -> None:
        for fault in self._faults():
            raise InvalidNameError(f"expected {fault}", hint=_HINT)

    def _faults(self) -> Iterator[str]:
        said = [name for name in ("size", "percent", "every") if getattr(self, name) is not None]
        if said not in ([[]] if self.at_advance else [["size", "every"], ["percent", "every"]]):
            yield f"size and every, percent and every, or at_advance alone of a pace, but got {', '.join(said) or 'nothing'}"
        if self.size is not None and not 1 <= self.size <= _MOST:
            yield f"1 to {_MOST:,} executions each interval but got '{self.size}'"
        if self.percent is not None and not 0 < self.percent <= 100:
            yield f"a percentage above 0 and up to 100 but got '{self.percent:g}'"
        if self.every is not None and (not _SHORTEST <= self.every <= _LONGEST or self.every.microseconds):
            yield f"an interval of whole seconds, up to {_LONGEST.days} days, but got '{self.every}'"

    def __str__(self) -> str:
        if self.every is None:
            return "at advance"
        amount = str(self.size) if self.percent is None else f"{_plain(self.percent)}%"
        return f"{amount} per {format_duration(self.every)}"

    def wave(self, total: int) -> int:
        """How many of `total` executions go each interval, at least 1; at advance there are no intervals and all of them may go.

        >>> Pace(percent=10, every=timedelta(days=1)).wave(25)
        3
        """
        if self.percent is not None:
            return max(1, math.ceil(total * Decimal(repr(self.percent)) / 100))  # as written: 0.07 is no sum of powers of two
        return max(1, total) if self.size is None else self.size


def _plain(number: float) -> str:
    """A number without exponent and superfluous zeros."""
    text = format(Decimal(repr(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def parse_pace(text: str) -> Pace:
    """Read `500/1h`, `10%/1d`, `500 per PT1H`, `at-advance`; the interval in `w`, `d`, `h`, `m` and `s`, or as ISO 8601.

    Raises:
        InvalidNameError: if that is no pace, or none that gets anywhere.

    >>> parse_pace("10%/1d12h")
    Pace(size=None, percent=10.0, every=datetime.timedelta(days=1, seconds=43200), at_advance=False)
    """
    if _AT_ADVANCE.fullmatch(text.strip()):
        return Pace(at_advance=True)
    found = _AMOUNT.fullmatch(text.strip())
    every = _parse_interval(found[3]) if found else None
    if found is None or every is None or ("." in found[1] and not found[2]):
        raise InvalidNameError(f"'{text}' is no pace", hint=_HINT)
    return Pace(percent=float(found[1]), every=every) if found[2] else Pace(size=int(found[1]), every=every)


def _parse_interval(text: str) -> timedelta | None:
    found = _SHORT_INTERVAL.fullmatch(text) or _ISO_INTERVAL.fullmatch(text)
    if found is None:
        return None
    return timedelta(seconds=sum(int(number or 0) * unit for number, unit in zip(found.groups(), _UNITS, strict=True)))
