"""Measuring contestants in turn, and telling their ratio. Knows nothing of what is measured."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Contestant:
    """A way to do the work.

    Attributes:
        name: what a user would call it.
        act: does it once; this is timed.
        before: makes ready for one round; this is not timed.
        calls: how often `act` is called in one round; its time is the mean. For what takes microseconds.
    """

    name: str
    act: Callable[[], object]
    before: Callable[[], object] | None = None
    calls: int = 1


@dataclass(frozen=True, slots=True)
class Timing:
    """What a contestant took, round by round, in seconds a call."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.seconds)


def race(*contestants: Contestant, rounds: int, pause_s: float = 0.0, warm_up: int = 1) -> list[Timing]:
    """Let contestants do their work in turn, a round after the other, so that a busy moment of the machine meets all.

    Args:
        *contestants: who; each has its own material, or leaves the shared one as it was.
        rounds: how many count.
        pause_s: a rest before each, for work on the disk that a real user would not do a thousand times in a row.
        warm_up: rounds before those that count.

    Returns:
        Their timings, in the order given.
    """
    taken: list[list[float]] = [[] for _ in contestants]
    for number in range(warm_up + rounds):
        for contestant, seconds in zip(contestants, taken, strict=True):
            if pause_s:
                time.sleep(pause_s)
            found = _once(contestant)
            if number >= warm_up:
                seconds.append(found)
    return [Timing(contestant.name, tuple(seconds)) for contestant, seconds in zip(contestants, taken, strict=True)]


def _once(contestant: Contestant) -> float:
    if contestant.before is not None:
        contestant.before()
    act = contestant.act
    begin = time.perf_counter()
    for _ in range(contestant.calls):
        act()
    return (time.perf_counter() - begin) / contestant.calls


class Sense(StrEnum):
    """How a ratio is read."""

    COST = "cost"
    GAIN = "gain"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the result: a work, done by wflgit, beside a floor (it cannot be faster) or a peer (who does the same).

    Attributes:
        work: what is done, in a user's words.
        ours: what wflgit took.
        other: what the floor or peer took.
        sense: COST for how many times the floor it costs, GAIN for how many times faster than the peer it is.
        goal: the ratio to reach, at most for a cost and at least for a gain; None for one that is only told.
    """

    work: str
    ours: Timing
    other: Timing
    sense: Sense = Sense.COST
    goal: float | None = None

    @property
    def _ratios(self) -> list[float]:
        """Round by round, so that a machine that becomes busy in between changes little."""
        pairs = zip(self.ours.seconds, self.other.seconds, strict=True)
        return [ours / other if self.sense is Sense.COST else other / ours for ours, other in pairs]

    @property
    def ratio(self) -> float:
        """The middle one of the rounds' ratios."""
        return statistics.median(self._ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Between which ratios the middle half of the rounds is."""
        low, _, high = statistics.quantiles(self._ratios, n=4, method="inclusive")
        return low, high

    @property
    def is_reached(self) -> bool | None:
        """Whether the goal is reached; None if there is none."""
        if self.goal is None:
            return None
        return self.ratio <= self.goal if self.sense is Sense.COST else self.ratio >= self.goal


@dataclass(frozen=True, slots=True)
class Bench:
    """How much to measure, and where.

    Attributes:
        folder: an empty folder for the material; on its file system the disk work is measured.
        quick: whether small material and few rounds do, to see that everything works.
    """

    folder: Path
    quick: bool

    def rounds(self, full: int) -> int:
        """How many rounds, where `full` are wanted for a result."""
        return max(3, full // 20) if self.quick else full

    def size(self, full: int) -> int:
        """How much material, where `full` is wanted for a result."""
        return max(10, full // 20) if self.quick else full


def table(rows: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    lines = ["| work | wflgit | beside it | ratio | middle half | to reach |", "|---|--:|---|--:|--:|--:|"]
    return "\n".join([*lines, *map(_line, rows)])


def _line(row: Row) -> str:
    unit, (low, high) = "x" if row.sense is Sense.COST else "x faster", row.spread
    goal = (
        ""
        if row.goal is None
        else f"{'≤' if row.sense is Sense.COST else '≥'} {row.goal:g}x{'' if row.is_reached else ' **missed**'}"
    )
    other = f"{row.other.name}: {duration(row.other.median)}"
    spread = f"{ratio(low)}–{ratio(high)}"
    return f"| {row.work} | {duration(row.ours.median)} | {other} | {ratio(row.ratio)}{unit} | {spread} | {goal} |"


def ratio(value: float) -> str:
    """A ratio with three digits.

    >>> ratio(1.234), ratio(0.00123), ratio(123.4)
    ('1.23', '0.0012', '123')
    """
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def duration(seconds: float) -> str:
    """A time in the unit that fits.

    >>> duration(0.0000021), duration(0.0345), duration(1.5)
    ('2.1 µs', '34.5 ms', '1.50 s')
    """
    for unit, factor in (("µs", 1e6), ("ms", 1e3)):
        if seconds * factor < 1000:
            return f"{seconds * factor:.{1 if seconds * factor >= 10 or unit == 'µs' else 2}f} {unit}"
    return f"{seconds:.2f} s"
