"""Cases of the rules: for each code a change on which it fires, and one very like it on which it does not.

A module `cases_<subject>.py` beside this one holds `CASES: tuple[Case, ...]`; test_rules.py collects all of them, applies every
rule to each, and asks that no code is without a case. A code may have several: one for each format it reads differently, say.

A change is `(old, new)` or `(old, new, counts)`: two documents as dicts (a list for Node-RED) of any format, whichever recognises
them, and how many live executions stand at each step of the old one. Without counts it is not known; `{}`: there are none.

    Case(
        "WFL101",
        fires=(steps("hello", "bye"), steps("bye"), {"hello": 3}),
        near=(steps("hello", "bye"), steps("bye"), {}),
    )

`now`, `retired` and the types known on both sides are for the rules that look at them. `tests.builders.steps` makes native
documents, documents.py those of other formats; `situation` makes what the checks are given, `raised` applies some checks to it,
`codes` the engine with all of them. Rules of the areas references and review are about several files: their cases are in the tests
of their modules.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.builders import START
from wflgit.core.catalog import BUILT_IN, Catalog
from wflgit.core.exposure import Exposure
from wflgit.core.formats import parse
from wflgit.core.impact.engine import find_findings
from wflgit.core.impact.situation import Situation
from wflgit.core.records import StepCount

if TYPE_CHECKING:
    from wflgit.core.graph import Graph
    from wflgit.core.impact.rule import Check, Raised

Document = Any
"""A definition of any format: a dict, or a list."""

Counts = Mapping[str, int]
"""How many live executions stand at each step of the base that any stand at."""

Changed = tuple[Document, Document] | tuple[Document, Document, Counts]
"""The base, the head, and who is on the way; without counts that is unknown."""


@dataclass(frozen=True)
class Case:
    """A change on which a rule fires, and a near miss.

    Attributes:
        code: of the rule.
        fires: the change on which it does.
        near: a change much like it on which it does not.
        now: what time it is, in both.
        retired: types of the steps that versions before the base had, by id, in both.
        old_types: the types known on the base's side, where it fires.
        new_types: those known on the head's side, where it fires; where it does not, these are known on both.
    """

    code: str
    fires: Changed
    near: Changed
    now: datetime = START
    retired: Mapping[str, str] = field(default_factory=dict)
    old_types: Catalog = BUILT_IN
    new_types: Catalog = BUILT_IN

    def firing(self) -> Situation:
        """What the checks are given where the rule fires."""
        given = situation(*self.fires, now=self.now, retired=self.retired)
        return replace(given, old_types=self.old_types, new_types=self.new_types)

    def missing(self) -> Situation:
        """What they are given where it does not."""
        given = situation(*self.near, now=self.now, retired=self.retired)
        return replace(given, old_types=self.new_types, new_types=self.new_types)


def graph(document: Document) -> Graph:
    """The graph of a document of any format."""
    return parse(json.dumps(document).encode()).graph


def situation(
    old: Document, new: Document, counts: Counts | None = None, *, now: datetime = START, retired: Mapping[str, str] = {}
) -> Situation:
    """What the checks are given of a workflow `welcome` that was changed."""
    base = graph(old)
    known = None if counts is None else [StepCount("welcome", 1, step, active, waiting=0) for step, active in counts.items()]
    return Situation("welcome", base, graph(new), Exposure(base, known), now, retired=retired)


def raised(checks: Iterable[Check], given: Situation) -> Iterator[Raised]:
    """What some checks say of it, each by itself."""
    for check in checks:
        yield from check(given)


def codes(given: Situation) -> list[str]:
    """The codes of all that the engine finds, consequences too."""
    found = find_findings(given, "workflows/welcome.json", None, lambda _side, _pointer: (None, None)).findings
    return [finding.code for one in found for finding in (one, *one.consequences)]
