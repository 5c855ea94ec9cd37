"""The words of the language: types of actions, the branches of those that hold others, and what one waits for of the one before."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.formats.shapes import unique
from wflgit.core.graph import EdgeKind, StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.core.graph import Pointer


class ActionType(NamedTuple):
    """What a type of action is to wflgit; `inside` is the label of the way to the actions in it, `needs` what it must say."""

    name: str
    kind: StepKind
    inside: str = "inside"
    needs: tuple[str, ...] = ()


_KNOWN = (
    ActionType("If", StepKind.CONDITION, "true", ("expression",)),
    ActionType("Switch", StepKind.CONDITION, needs=("expression", "cases")),
    ActionType("Scope", StepKind.ACTION),
    ActionType("Foreach", StepKind.LOOP, "each", ("foreach",)),
    ActionType("Until", StepKind.LOOP, "again", ("expression",)),
    ActionType("Agent", StepKind.LOOP),
    ActionType("Wait", StepKind.WAIT),
    ActionType("HttpWebhook", StepKind.WAIT),
    ActionType("ApiConnectionWebhook", StepKind.WAIT),
    ActionType("OpenApiConnectionWebhook", StepKind.WAIT),
    ActionType("RosettaNetWaitForResponse", StepKind.WAIT),
    ActionType("Terminate", StepKind.END),
)
_TYPES = {known.name: known for known in _KNOWN}
_ANY_CASE = {known.name.lower(): known for known in _KNOWN}

HOLDERS = frozenset({"actions", "else", "cases", "default", "tools"})
"""Where an action says what is inside of it."""

APART = HOLDERS | {"type", "runAfter", "metadata", "description"}
"""What an action says that is no config: its type, edges, what is inside of it, and notes."""

NAMED = ("cases", "tools")
"""Those of them that hold branches by name."""


@lru_cache(maxsize=512)
def action_type(text: str) -> ActionType:
    """The type of that name, in whatever case it is written; an action where there is none.

    >>> action_type("foreach").name, action_type("Http").kind
    ('Foreach', <StepKind.ACTION: 'action'>)
    """
    return _TYPES.get(text) or _ANY_CASE.get(text.lower()) or ActionType(text, StepKind.ACTION)


STATUSES = {"succeeded": "Succeeded", "failed": "Failed", "skipped": "Skipped", "timedout": "TimedOut"}
"""How the action before may have ended, in the order of labels, and how that is written as a rule."""

NEVER = "never"
"""The label of a way that no status takes."""


def outcome(statuses: object) -> tuple[str, EdgeKind]:
    """The label and the kind of the way to an action that follows if the one before has one of these statuses.

    >>> outcome(["TimedOut", "Failed"])
    ('failed, timedout', <EdgeKind.ERROR: 'error'>)
    """
    found = {text.lower() for text in statuses if isinstance(text, str)} if isinstance(statuses, list) else set()
    if found == {"succeeded"}:
        return "next", EdgeKind.NEXT
    label = ", ".join([status for status in STATUSES if status in found] + sorted(found - STATUSES.keys())) or NEVER
    if "succeeded" in found:
        return label, EdgeKind.NEXT
    return label, EdgeKind.TIMEOUT if found == {"timedout"} else EdgeKind.ERROR


def statuses_of(label: str) -> list[str] | None:
    """The statuses that a label means; None if it means none.

    >>> statuses_of("failed, timedout"), statuses_of("maybe")
    (['Failed', 'TimedOut'], None)
    """
    if label in ("next", NEVER):
        return ["Succeeded"] if label == "next" else []
    words = label.split(", ")
    return [STATUSES[word] for word in words] if all(word in STATUSES for word in words) else None


_TAKEN = frozenset(
    {"next", "default", "true", "false", "inside", NEVER}
    | {", ".join(words) for count in range(1, len(STATUSES) + 1) for words in combinations(STATUSES, count)}
)
"""What no case of a `Switch` has for its label, be it called so."""


class Branch(NamedTuple):
    """A part of an action that holds actions.

    Attributes:
        label: the outcome that leads into it.
        path: the keys from the action to the object that should have `actions`.
        holder: that object.
    """

    label: str
    path: Pointer
    holder: Mapping[str, Any]


def branches(action: Mapping[str, Any], inside: str) -> list[Branch]:
    """The branches of an action, in the order of the file, but named ones last.

    >>> [branch.label for branch in branches({"actions": {}, "else": {"actions": {}}}, "true")]
    ['true', 'false']
    """
    found = []
    for key in action:
        if key == "actions":
            found.append(Branch(inside, (), action))
        elif key in _SINGLE and isinstance(action[key], dict):
            found.append(Branch(_SINGLE[key], (key,), action[key]))
    taken = {*_TAKEN}
    for key in NAMED:
        values = action.get(key)
        if isinstance(values, dict):
            found += [Branch(unique(name, taken), (key, name), one) for name, one in values.items() if isinstance(one, dict)]
    return found


_SINGLE = {"else": "false", "default": "default"}


def branch_path(type_: ActionType, label: str) -> Pointer | None:
    """Where an action of that type would have a branch of that label; None if it cannot have one."""
    if type_.name in ("Switch", "Agent"):
        named = "cases" if type_.name == "Switch" else "tools"
        return ("default",) if label == "default" else (named, label)
    if label == type_.inside:
        return ()
    return ("else",) if type_.name == "If" and label == "false" else None


def branch_says(branch: Branch) -> dict[str, Any]:
    """What a branch by name says besides its actions, and besides the value that leads into it if there are any."""
    left_out = _WITH_CASE if branch.path[0] == "cases" and branch.holder.get("actions") else _WITHOUT_CASE
    return {key: value for key, value in branch.holder.items() if key not in left_out}


_WITHOUT_CASE = frozenset({"actions", "metadata"})
_WITH_CASE = _WITHOUT_CASE | {"case"}
