"""How those who run come along when another version becomes current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.core.plan import WaitPolicy
from wflgit.core.records import Strategy
from wflgit.errors import StateError

if TYPE_CHECKING:
    from wflgit.core.pace import Pace


@dataclass(frozen=True, slots=True)
class Rollout:
    """A migration from the version that was current, made together with a publication or a rollback.

    Attributes:
        strategy: immediate, or gradual by `pace`.
        pace: for a gradual one.
        rules: where the executions at a step go, as for `repo.migrations.plan`.
        wait: what becomes of waits.

    Raises:
        StateError: if the strategy and the pace do not fit together.
    """

    strategy: Strategy = Strategy.IMMEDIATE
    pace: Pace | None = None
    rules: Mapping[str, str] | Sequence[str] = ()
    wait: WaitPolicy = WaitPolicy.KEEP

    def __post_init__(self) -> None:
        require_fitting(self.strategy, self.pace, chosen=False)


def require_fitting(strategy: Strategy, pace: Pace | None, *, chosen: bool) -> None:
    """See that a gradual migration has a pace, a manual one has chosen executions, and no other has either.

    Raises:
        StateError: if not.
    """
    if (strategy is Strategy.GRADUAL) != (pace is not None):
        said = "no pace is given" if pace is None else f"the strategy is {strategy}"
        raise StateError(f"expected a pace with the strategy 'gradual' but {said}", hint="write e.g. --pace 500/1h, or at-advance")
    if (strategy is Strategy.MANUAL) != chosen:
        said = f"the strategy is {strategy}" if chosen else "nothing is chosen"
        raise StateError(
            f"expected chosen executions with the strategy 'manual' but {said}", hint="choose with --id, --step or --where"
        )
