"""The rules about waits, and about the other times that steps keep. Pure."""

from __future__ import annotations

from wflgit.core.impact.rule import Action, Area, Meets, Rule
from wflgit.core.problems import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_OWN_MIRROR = "the way back is the same change"

WAIT_REMOVED = Rule(
    "WFL401",
    "wait-removed",
    Area.WAITS,
    Action.REMOVED,
    _ERROR,
    _WARNING,
    Meets.AT,
    "Nothing holds back those who come there: what follows is done at once, for all who wait there as soon as they are migrated.",
    "keep the wait until nobody stands at it, or let the migration move them a few at a time",
    mirror="WFL410",
    follows=True,
)
WAIT_SHORTENED = Rule(
    "WFL402",
    "wait-shortened",
    Area.WAITS,
    Action.SHORTENED,
    _WARNING,
    _INFO,
    Meets.AT,
    "Those who have waited for longer than the new time already are due all at once when they are migrated.",
    "see in a plan how many are due at once, and migrate them a few at a time",
    mirror="WFL403",
)
WAIT_LENGTHENED = Rule(
    "WFL403",
    "wait-lengthened",
    Area.WAITS,
    Action.LENGTHENED,
    _WARNING,
    _INFO,
    Meets.AT,
    "Those who wait go on later than they were meant to when they are migrated; what they were promised may come late.",
    "make sure that nothing after the wait is needed by a certain day",
    mirror="WFL402",
)
WAIT_KIND_CHANGED = Rule(
    "WFL404",
    "wait-kind-changed",
    Area.WAITS,
    Action.CHANGED,
    _ERROR,
    _WARNING,
    Meets.AT,
    "A time, a date and an event are waited for in different ways: nothing says when those go on who have begun to wait.",
    "give the new wait an id of its own, and say in a plan where those go that wait at the old one",
    alone=_OWN_MIRROR,
    follows=True,
)
WAIT_EVENT_CHANGED = Rule(
    "WFL405",
    "wait-event-changed",
    Area.WAITS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.AT,
    "What is waited for is another thing. Whoever waits for the old one and is migrated goes on only when the new one comes.",
    "make sure that the new event still comes for those who wait already",
    alone=_OWN_MIRROR,
)
WAIT_TIMEOUT_REMOVED = Rule(
    "WFL406",
    "wait-timeout-removed",
    Area.WAITS,
    Action.REMOVED,
    _WARNING,
    _WARNING,
    Meets.UPSTREAM,
    "Where the event never comes, an execution waits for ever.",
    "say how long to wait at most, and what to do then",
    mirror="WFL411",
)
WAIT_DEADLINE_PAST = Rule(
    "WFL407",
    "wait-deadline-past",
    Area.WAITS,
    Action.CHANGED,
    _ERROR,
    _ERROR,
    Meets.UPSTREAM,
    "The time that is waited for has passed: nobody waits, and what follows is done at once.",
    "write a time to come, or one that depends on the contact",
    alone="a time to come is what a wait is for",
)
SEND_WINDOW_CHANGED = Rule(
    "WFL408",
    "send-window-changed",
    Area.WAITS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "Steps act at other hours or on other days; a warning where they may act at any hour from now on.",
    "make sure that nobody is written to in the night",
    alone=_OWN_MIRROR,
)
RETRY_CHANGED = Rule(
    "WFL409",
    "retry-changed",
    Area.WAITS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "A step that fails is tried more or less often; a warning where it sends, for what was sent and not confirmed is sent again.",
    "make sure that trying it again does no harm, for example by an idempotency key",
    alone=_OWN_MIRROR,
)
WAIT_ADDED = Rule(
    "WFL410",
    "wait-added",
    Area.WAITS,
    Action.ADDED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "Those who come there go on later than until now.",
    "make sure that nothing after it is needed by a certain day",
    mirror="WFL401",
    follows=True,
)
WAIT_TIMEOUT_ADDED = Rule(
    "WFL411",
    "wait-timeout-added",
    Area.WAITS,
    Action.ADDED,
    _INFO,
    _INFO,
    Meets.AT,
    "Those who wait for an event go on without it after some time; those who have waited for longer are due at once.",
    "say where executions go when the time is up",
    mirror="WFL406",
)
TIMEOUT_CHANGED = Rule(
    "WFL412",
    "timeout-changed",
    Area.WAITS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "A step is given up sooner or later than until now.",
    "make sure that what it calls answers in that time",
    alone=_OWN_MIRROR,
)

RULES: tuple[Rule, ...] = (
    *(WAIT_REMOVED, WAIT_SHORTENED, WAIT_LENGTHENED, WAIT_KIND_CHANGED, WAIT_EVENT_CHANGED, WAIT_TIMEOUT_REMOVED),
    *(WAIT_DEADLINE_PAST, SEND_WINDOW_CHANGED, RETRY_CHANGED, WAIT_ADDED, WAIT_TIMEOUT_ADDED, TIMEOUT_CHANGED),
)
