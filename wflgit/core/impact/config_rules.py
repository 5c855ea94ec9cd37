"""The rules about what steps are told. Pure."""

from __future__ import annotations

from wflgit.core.impact.rule import Action, Area, Meets, Rule
from wflgit.core.problems import Severity

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
_OWN_MIRROR = "the way back is the same change"

KEY_REMOVED = Rule(
    "WFL501",
    "required-key-removed",
    Area.CONFIGS,
    Action.REMOVED,
    _ERROR,
    _ERROR,
    Meets.UPSTREAM,
    "The type of the step asks for the key; without it the step fails for everybody who comes there.",
    "write the key again, or change the step to a type that does without it",
    alone="a key that is there again is what the type asks for",
)
KEY_WANTED = Rule(
    "WFL502",
    "required-key-added-by-schema",
    Area.CONFIGS,
    Action.CHANGED,
    _ERROR,
    _ERROR,
    Meets.UPSTREAM,
    "The account's schema of the type has changed, and what fitted until now fits no more, though nobody touched it.",
    "give it what the new schema asks for, or let the schema accept what there is",
    alone="a schema that asks for less refuses nothing",
)
TYPE_CHANGED = Rule(
    "WFL503",
    "config-type-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _ERROR,
    _ERROR,
    Meets.UPSTREAM,
    "A value is of another kind than before: an error where the schema of the type refuses it, else only to be looked at.",
    "write the value as the type of the step wants it",
    alone=_OWN_MIRROR,
)
KEY_UNKNOWN = Rule(
    "WFL504",
    "config-unknown-key",
    Area.CONFIGS,
    Action.ADDED,
    _INFO,
    _INFO,
    Meets.NONE,
    "The type of the step knows no such key; it may be misspelt, and then what it says is not done.",
    "see whether the key is written as the type knows it",
    alone="an unknown key that is gone was not read anyway",
)
ENDPOINT_CHANGED = Rule(
    "WFL505",
    "endpoint-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.UPSTREAM,
    "The step asks another system, or asks for something else there; an error where it leaves production for a trial system.",
    "make sure that the other end is ready for it, and knows what executions on the way have done at the old one",
    alone=_OWN_MIRROR,
)
CREDENTIAL_CHANGED = Rule(
    "WFL506",
    "credential-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.UPSTREAM,
    "The step acts in another name, with other rights; where the credential is missing, it fails.",
    "make sure that the credential is there in production, and may do what the step does",
    alone=_OWN_MIRROR,
)
SECRET_ADDED = Rule(
    "WFL507",
    "literal-secret-added",
    Area.CONFIGS,
    Action.ADDED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "A secret stands in the file itself. Everybody who can read the repository can read it, in its history for ever.",
    "put it where the engine keeps its secrets, refer to it here, and replace it: it counts as known",
    mirror="WFL514",
)
MESSAGE_CHANGED = Rule(
    "WFL508",
    "message-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "Those who come there from now on are told something else than those before them.",
    "read the new text once more: what was sent cannot be taken back",
    alone=_OWN_MIRROR,
)
RECIPIENT_CHANGED = Rule(
    "WFL509",
    "recipient-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.UPSTREAM,
    "What the step sends goes to others than before.",
    "make sure that they may see it, and want it",
    alone=_OWN_MIRROR,
)
DESTRUCTIVE_SET = Rule(
    "WFL510",
    "destructive-flag-set",
    Area.CONFIGS,
    Action.ENABLED,
    _WARNING,
    _WARNING,
    Meets.UPSTREAM,
    "The step deletes or overwrites what it left alone until now, and nobody is asked.",
    "make sure that what it deletes is meant to go, and can be restored",
    mirror="WFL515",
)
IDEMPOTENCY_CHANGED = Rule(
    "WFL511",
    "idempotency-key-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.UPSTREAM,
    "What an execution did under the old key counts as not done under the new one: it may be done twice.",
    "keep the key for those who are on the way",
    alone=_OWN_MIRROR,
)
CONCURRENCY_CHANGED = Rule(
    "WFL512",
    "concurrency-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "More or fewer are worked on at once; what the step calls has to bear it.",
    "make sure that the other end bears as many calls at once",
    alone=_OWN_MIRROR,
)
CODE_CHANGED = Rule(
    "WFL513",
    "code-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.UPSTREAM,
    "No rule can say what code or a query does. Those who come there meet the new one, with what the old steps before it left.",
    "read the difference, and try it with the data of executions that are on the way",
    alone=_OWN_MIRROR,
)
SECRET_REMOVED = Rule(
    "WFL514",
    "literal-secret-removed",
    Area.CONFIGS,
    Action.REMOVED,
    _INFO,
    _INFO,
    Meets.NONE,
    "A secret stands in the file no more. It still stands in the history of the repository.",
    "replace the secret where it is valid, if that was not done",
    mirror="WFL507",
)
DESTRUCTIVE_CLEARED = Rule(
    "WFL515",
    "destructive-flag-cleared",
    Area.CONFIGS,
    Action.DISABLED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "The step leaves alone what it deleted or overwrote until now.",
    "make sure that what stays there does no harm",
    mirror="WFL510",
)
CONFIG_CHANGED = Rule(
    "WFL516",
    "config-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.UPSTREAM,
    "The step is told something else, and no rule says what that means.",
    "look at what changed",
    alone=_OWN_MIRROR,
)
SETTING_CHANGED = Rule(
    "WFL517",
    "setting-changed",
    Area.CONFIGS,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.ALL,
    "Something is said otherwise of the workflow as a whole, and no rule says what that means.",
    "look at what changed",
    alone=_OWN_MIRROR,
)

RULES: tuple[Rule, ...] = (
    *(KEY_REMOVED, KEY_WANTED, TYPE_CHANGED, KEY_UNKNOWN, ENDPOINT_CHANGED, CREDENTIAL_CHANGED),
    *(SECRET_ADDED, MESSAGE_CHANGED, RECIPIENT_CHANGED, DESTRUCTIVE_SET, IDEMPOTENCY_CHANGED),
    *(CONCURRENCY_CHANGED, CODE_CHANGED, SECRET_REMOVED, DESTRUCTIVE_CLEARED, CONFIG_CHANGED, SETTING_CHANGED),
)
