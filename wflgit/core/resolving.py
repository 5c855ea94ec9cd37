"""What stands unmerged in an index, what was decided about it, and what an update of a branch came to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from wflgit.core.merge.conflicts import ALL, BASE, OURS, THEIRS, Answers, Choice, ConflictKind, MergeConflict
from wflgit.errors import InvalidNameError

FILE = "file"
"""The path of a conflict about a file as a whole."""


class Operation(StrEnum):
    """What Git is in the middle of."""

    MERGE = "merge"
    REBASE = "rebase"
    CHERRY_PICK = "cherry-pick"
    REVERT = "revert"
    AM = "am"
    NONE = "none"


SIDES: Mapping[Operation, Mapping[str, str]] = {
    Operation.MERGE: {OURS: "the branch that is checked out", THEIRS: "what is merged into it"},
    Operation.REBASE: {OURS: "upstream, what is rebased onto", THEIRS: "your own commit"},
    Operation.CHERRY_PICK: {OURS: "the branch that is checked out", THEIRS: "the commit that is picked"},
    Operation.REVERT: {OURS: "the branch that is checked out", THEIRS: "the workflow without the commit that is reverted"},
    Operation.AM: {OURS: "the branch that is checked out", THEIRS: "the patch that is applied"},
    Operation.NONE: {OURS: "what was there", THEIRS: "what is brought in"},
}
"""Who the sides are, which git swaps in a rebase."""

CONTINUE: Mapping[Operation, str] = {
    Operation.MERGE: "git merge --continue",
    Operation.REBASE: "git rebase --continue",
    Operation.CHERRY_PICK: "git cherry-pick --continue",
    Operation.REVERT: "git revert --continue",
    Operation.AM: "git am --continue",
    Operation.NONE: "git status",
}
"""What to type once nothing is unmerged any more."""


@dataclass(frozen=True, slots=True)
class Unmerged:
    """A file that Git could not merge.

    Attributes:
        path: the file.
        workflow: its slug; None for a file that is no workflow, which is left to Git.
        operation: what Git is in the middle of.
        ours: who our side is, in words.
        theirs: who the other side is.
        conflicts: what has to be decided; empty where the two sides go together step by step.
        notes: what would be decided without asking and is worth a look.
    """

    path: str
    workflow: str | None
    operation: Operation
    ours: str
    theirs: str
    conflicts: tuple[MergeConflict, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What came of deciding about a file.

    Attributes:
        path: the file.
        workflow: its slug.
        is_staged: whether it is written and staged; not as long as there are conflicts.
        is_deleted: whether the file went.
        conflicts: what is still to be decided.
        notes: what was decided without asking and is worth a look.
    """

    path: str
    workflow: str
    is_staged: bool
    is_deleted: bool = False
    conflicts: tuple[MergeConflict, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Updated:
    """What came of bringing a branch up to date.

    Attributes:
        branch: the branch.
        base: what was merged into it, as it was named.
        before: the branch's commit before.
        after: its commit after; the same if there was nothing to merge, or there are conflicts.
        is_pushed: whether the branch was pushed.
        unmerged: the files that did not go together; Git is in the middle of the merge then.
    """

    branch: str
    base: str
    before: str
    after: str
    is_pushed: bool = False
    unmerged: tuple[Unmerged, ...] = field(default=())


def deletion_conflict(*, by_us: bool) -> MergeConflict:
    """The conflict of a file that one side deleted and the other changed."""
    who, other = ("our side", "their side") if by_us else ("their side", "our side")
    kept, gone = (THEIRS, OURS) if by_us else (OURS, THEIRS)
    labels = {gone: "delete the file", kept: "keep the file as it was changed"}
    return MergeConflict(
        FILE,
        ConflictKind.DELETE_MODIFY,
        f"{who} deleted the file, and {other} changed it",
        choices=tuple(Choice(side, labels[side]) for side in (OURS, THEIRS)),
        has=frozenset((BASE, kept)),
    )


def parse_answers(texts: Sequence[str]) -> dict[str, str]:
    """Read answers as they are typed, `PATH=KEY`.

    Raises:
        InvalidNameError: one has no path or no key.

    >>> parse_answers(["steps/opened/config/subject=ours", "*=theirs"])
    {'steps/opened/config/subject': 'ours', '*': 'theirs'}
    """
    answers = {}
    for text in texts:
        path, equals, key = text.rpartition("=")
        if not equals or not path or not key:
            raise InvalidNameError(f"'{text}' is no answer", hint="write PATH=ours, PATH=theirs or '*=ours' for all that is left")
        answers[path] = key
    return answers


def require_known(answers: Answers, conflicts: Sequence[MergeConflict]) -> None:
    """Make sure that every answer is one to a conflict that there is.

    Raises:
        InvalidNameError: there is no such conflict, or no such choice.
    """
    known = {conflict.path: conflict for conflict in conflicts}
    for path, key in answers.items():
        if path != ALL and path not in known:
            said = ", ".join(f"'{name}'" for name in known) or "nothing"
            raise InvalidNameError(f"there is no conflict '{path}'", hint=f"what has to be decided: {said}")
        keys = [BASE, OURS, THEIRS] if path == ALL else [choice.key for choice in known[path].choices]
        if key not in keys:
            raise InvalidNameError(f"'{key}' is no choice for '{path}'", hint=f"choose one of {', '.join(keys)}")
