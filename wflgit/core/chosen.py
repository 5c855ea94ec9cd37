"""Whether executions that somebody chose by their ids can take part in a migration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wflgit.core.lifecycle import LIVE
from wflgit.core.plan import Failure, Plan
from wflgit.core.records import Execution


def chosen_failures(plan: Plan, ids: Iterable[int], found: Mapping[int, Execution]) -> tuple[Failure, ...]:
    """Find every chosen execution that is not a live one on the plan's source version.

    Args:
        plan: the plan they are chosen for.
        ids: the executions that were named.
        found: those of them that the account has.
    """
    return tuple(failure for id in ids if (failure := _failure(plan, id, found.get(id))) is not None)  # noqa: A001


def _failure(plan: Plan, id: int, found: Execution | None) -> Failure | None:  # noqa: A002
    """Source: Camunda 7 checks each instance for existence and for the version of the plan, Camunda 8 for being active."""
    source = f"'{plan.workflow}@{plan.source.version}'"
    if found is None:
        return _stopped("unknown-execution", id, "there is none of that id", "`wflgit exec ls` lists them")
    if found.workflow != plan.workflow:
        return _stopped(
            "wrong-workflow",
            id,
            f"it is one of '{found.workflow}', and the plan is for {source}",
            "leave it out, or plan for its workflow",
        )
    if found.status not in LIVE:
        return _stopped("finished", id, f"it is {found.status}", "leave it out; what has ended is not moved")
    if found.version != plan.source.version or plan.source.commit not in (None, found.commit):
        return _stopped(
            "wrong-version",
            id,
            f"it is on version {found.version}, and the plan is for {source}",
            "leave it out, or plan from its version",
        )
    return None


def _stopped(rule: str, id: int, why: str, hint: str) -> Failure:  # noqa: A002
    return Failure(rule, f"expected to move execution {id} but {why}", hint, executions=1, examples=(id,))
