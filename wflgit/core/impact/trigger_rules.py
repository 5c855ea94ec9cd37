"""The rules about triggers and about who may come into a workflow. Pure."""

from __future__ import annotations

from wflgit.core.impact.rule import Action, Area, Meets, Rule
from wflgit.core.problems import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_OWN_MIRROR = "the way back is the same change"

RETYPED = Rule(
    "WFL301",
    "trigger-retyped",
    Area.TRIGGERS,
    Action.CHANGED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "Other events start the workflow, so others come into it, and steps find other data.",
    "make sure that the steps can do with what the new trigger brings, or give it a workflow of its own",
    alone=_OWN_MIRROR,
)
REMOVED = Rule(
    "WFL302",
    "trigger-removed",
    Area.TRIGGERS,
    Action.REMOVED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "What it reacted to starts nobody any more, and nobody is told.",
    "keep it, or make sure that something else starts these executions",
    mirror="WFL316",
)
WIDENED = Rule(
    "WFL303",
    "trigger-filter-widened",
    Area.TRIGGERS,
    Action.WIDENED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "All whom the filter kept out until now come in too.",
    "find out how many that are before it is published",
    mirror="WFL304",
)
NARROWED = Rule(
    "WFL304",
    "trigger-filter-narrowed",
    Area.TRIGGERS,
    Action.NARROWED,
    _INFO,
    _INFO,
    Meets.NONE,
    "Some who came in until now do not any more; those who are on the way stay.",
    "make sure that those who stay out are meant to",
    mirror="WFL303",
)
REENTRY_ENABLED = Rule(
    "WFL305",
    "reenrollment-enabled",
    Area.TRIGGERS,
    Action.ENABLED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Contacts who were in the workflow may come again and get everything a second time.",
    "make sure that the messages bear being sent again, or limit how often one may come",
    mirror="WFL306",
)
REENTRY_DISABLED = Rule(
    "WFL306",
    "reenrollment-disabled",
    Area.TRIGGERS,
    Action.DISABLED,
    _INFO,
    _INFO,
    Meets.NONE,
    "Contacts who were in the workflow stay out from now on.",
    "make sure that nobody counts on coming again",
    mirror="WFL305",
)
SCHEDULE = Rule(
    "WFL307",
    "schedule-changed",
    Area.TRIGGERS,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Executions start at other times, or in another number; an error where they start ten times as often or more.",
    "make sure that the steps and what they call bear the new rhythm",
    alone=_OWN_MIRROR,
)
SUPPRESSION_REMOVED = Rule(
    "WFL308",
    "suppression-removed",
    Area.TRIGGERS,
    Action.REMOVED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "Those who were left out, because they unsubscribed or never agreed, may be written to.",
    "keep the exclusion, or have it confirmed by whoever answers for consent",
    mirror="WFL318",
)
RATE_REMOVED = Rule(
    "WFL309",
    "rate-limit-removed",
    Area.TRIGGERS,
    Action.REMOVED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Nothing keeps many from starting at once any more.",
    "make sure that the steps and what they call bear a rush",
    mirror="WFL319",
)
CALLED = Rule(
    "WFL310",
    "webhook-path-changed",
    Area.TRIGGERS,
    Action.CHANGED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "Other systems call the workflow by its address, and do not learn of the new one: their calls fail.",
    "keep the old address until every caller knows the new one",
    alone=_OWN_MIRROR,
)
BACKFILL = Rule(
    "WFL312",
    "backfill-enabled",
    Area.TRIGGERS,
    Action.ENABLED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "All who meet the conditions already start at once, and not only those who come to meet them.",
    "find out how many that are before it is published",
    alone="switched off, it only ends what it did once",
)
DISABLED = Rule(
    "WFL313",
    "trigger-disabled",
    Area.TRIGGERS,
    Action.DISABLED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "It starts nobody any more; those who are on the way go on.",
    "make sure that nobody waits for executions to start",
    mirror="WFL314",
)
ENABLED = Rule(
    "WFL314",
    "trigger-enabled",
    Area.TRIGGERS,
    Action.ENABLED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "It starts executions as soon as this is published.",
    "make sure that the workflow is ready for everybody whom it lets in",
    mirror="WFL313",
)
DEACTIVATED = Rule(
    "WFL315",
    "workflow-deactivated",
    Area.TRIGGERS,
    Action.DISABLED,
    _WARNING,
    _WARNING,
    Meets.ALL,
    "No trigger of the workflow starts anybody any more, and some engines end those who are on the way.",
    "find out what the engine does with executions that wait, and let them finish first if it ends them",
    mirror="WFL321",
)
ADDED = Rule(
    "WFL316",
    "trigger-added",
    Area.TRIGGERS,
    Action.ADDED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Others come into the workflow than until now, and steps may find other data.",
    "make sure that the steps can do with what the new trigger brings",
    mirror="WFL302",
)
FILTER = Rule(
    "WFL317",
    "trigger-filter-changed",
    Area.TRIGGERS,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Others come in than until now; whether more or fewer cannot be told from the filter.",
    "find out how many the new filter lets in before it is published",
    alone=_OWN_MIRROR,
)
SUPPRESSION_ADDED = Rule(
    "WFL318",
    "suppression-added",
    Area.TRIGGERS,
    Action.ADDED,
    _INFO,
    _INFO,
    Meets.NONE,
    "More are left out than until now.",
    "make sure that those who are left out are meant to be",
    mirror="WFL308",
)
RATE_ADDED = Rule(
    "WFL319",
    "rate-limit-added",
    Area.TRIGGERS,
    Action.ADDED,
    _INFO,
    _INFO,
    Meets.NONE,
    "Where many come at once, some start later than until now, or not at all.",
    "find out what becomes of those who come beyond the limit",
    mirror="WFL309",
)
CHANGED = Rule(
    "WFL320",
    "trigger-changed",
    Area.TRIGGERS,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "It is told something else, and no rule says what that means.",
    "look at what changed, and who starts because of it",
    alone=_OWN_MIRROR,
)
ACTIVATED = Rule(
    "WFL321",
    "workflow-activated",
    Area.TRIGGERS,
    Action.ENABLED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Its triggers start executions as soon as this is published.",
    "make sure that the workflow is ready for everybody whom they let in",
    mirror="WFL315",
)

RULES: tuple[Rule, ...] = (
    *(RETYPED, REMOVED, WIDENED, NARROWED, REENTRY_ENABLED, REENTRY_DISABLED, SCHEDULE, SUPPRESSION_REMOVED, RATE_REMOVED, CALLED),
    *(BACKFILL, DISABLED, ENABLED, DEACTIVATED, ADDED, FILTER, SUPPRESSION_ADDED, RATE_ADDED, CHANGED, ACTIVATED),
)
