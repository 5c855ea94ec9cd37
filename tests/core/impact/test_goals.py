"""What the rules about goals say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.impact.cases import raised, situation
from tests.core.impact.documents import booked, goals
from wflgit.core.exposure import Affected
from wflgit.core.impact.engine import find_findings
from wflgit.core.impact.goals import CHECKS
from wflgit.core.problems import Severity


def messages(old: Any, new: Any) -> list[str]:
    return [one.message for one in raised(CHECKS, situation(old, new))]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (goals(booked()), goals(), "goal 'booked' was removed: 'appointment_booked' takes nobody out any more"),
        (goals(), goals(booked()), "goal 'booked' was added: 'appointment_booked' takes executions out to the end"),
        (goals(booked()), goals(booked(next="bye")), "goal 'booked' leads to 'bye' now, before that to the end"),
        (
            goals(booked()),
            goals(booked(event="deal_won")),
            "goal 'booked' is reached by 'deal_won' now, before that by 'appointment_booked'",
        ),
        (goals(booked()), goals(booked(config={"city": "Rome"})), "goal 'booked' counts for fewer events than before"),
    ],
)
def test_a_goal_says_what_became_of_it(old: Any, new: Any, message: str) -> None:
    assert messages(old, new) == [message]


def test_a_goal_with_another_event_and_another_target_is_two_findings() -> None:
    assert len(messages(goals(booked()), goals(booked(event="deal_won", next="bye")))) == 2


def test_a_goal_concerns_all_who_are_on_the_way() -> None:
    given = situation(goals(booked()), goals(), {"hello": 2, "bye": 1})
    (finding,) = find_findings(given, "w.json", None, lambda _side, _pointer: (None, None)).findings
    assert (finding.affected, finding.severity) == (Affected(3, 0), Severity.ERROR)
    empty = find_findings(situation(goals(booked()), goals(), {}), "w.json", None, lambda _side, _pointer: (None, None))
    assert empty.findings[0].severity is Severity.WARNING
