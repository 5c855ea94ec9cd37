"""What the review of a change finds: one record for each cause, with its consequences under it. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wflgit.core.exposure import Affected
    from wflgit.core.problems import Severity
    from wflgit.core.settings import Ignore


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a change does to those who are on the way, or will be.

    Attributes:
        code: of the rule, such as `WFL101`.
        rule: its name, such as `step-removed-active`.
        severity: how bad it is in the light of the live executions.
        workflow: the slug; `""` for what concerns the repository.
        path: the file it is shown in; of the base if `side` is `base`.
        subject: what it is about, by ids: `step hello`, `edge hello (yes)`, `trigger signup`, `goal booked`, `workflow`.
        step: the step it is about, as the head calls it if it is there; None if it is about none.
        message: one sentence, lower-case, no full stop; no secret is in it.
        advice: what to do.
        affected: the live executions that it concerns.
        fingerprint: stays the same as long as the same is changed in the same way, whatever lines, numbers or words do.
        side: whether `line` and `column` are of the file of the `head`, or of the `base` for what the head does not have.
        line: 1-based line; None if there is none.
        column: 1-based column.
        consequences: what follows from it and is not counted by itself.
        ignored: by what it is ignored, if it is.
    """

    code: str
    rule: str
    severity: Severity
    workflow: str
    path: str
    subject: str
    step: str | None
    message: str
    advice: str
    affected: Affected
    fingerprint: str
    side: str = "head"
    line: int | None = None
    column: int | None = None
    consequences: tuple[Finding, ...] = ()
    ignored: Ignore | None = None


def fingerprint(code: str, workflow: str, subject: str, old: object, new: object) -> str:
    """A short name for a finding that does not depend on lines, counts, words or the order of keys.

    Args:
        code: of the rule.
        workflow: the slug.
        subject: what it is about, by ids.
        old: what was there before, JSON.
        new: what is there now, JSON.

    >>> fingerprint("WFL101", "welcome", "step hello", {"a": 1, "b": 2}, None)
    'bd4e79017d6097fc'
    """
    said = json.dumps([code, workflow, subject, old, new], sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()[:16]
