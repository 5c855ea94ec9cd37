"""What is tried on two contents that follow each other: comparing them, telling what somebody did, applying the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from tests.property.test_diff import check_all_is_told, meant
from tests.real.tally import Tally
from wflgit.core import formats
from wflgit.core.applying import apply
from wflgit.core.diff import Comparison, compare
from wflgit.core.exposure import Exposure
from wflgit.core.findings import Finding
from wflgit.core.formats import Parsed
from wflgit.core.identity import match_steps
from wflgit.core.impact.engine import find_findings
from wflgit.core.impact.situation import Situation
from wflgit.core.noise import find_noise
from wflgit.core.problems import Severity
from wflgit.core.records import StepCount
from wflgit.core.telling import list_changes
from wflgit.errors import DefinitionError

NOW = datetime(2026, 1, 1, tzinfo=UTC)

_WORST_FIRST = (*Severity,)


class Pair(NamedTuple):
    """A file and the one that came after it."""

    before: Parsed
    now: Parsed


def try_pair(old: bytes, new: bytes, tally: Tally) -> dict[str, list[str]]:
    """Compare two versions and judge what changed; check that nothing is lost and nobody is frightened without a reason.

    Returns:
        What came of it, by the codes of findings and the types of changes: their messages, or subjects.
    """
    with tally.timed("parsing"):
        try:
            pair = Pair(formats.parse(old), formats.parse(new))
        except DefinitionError:
            return {}
    tally.pairs += 1
    before, now = pair.before.graph, pair.now.graph
    with tally.timed("comparing"):
        found = compare(before, now)
    with tally.timed("telling"):
        changes = list_changes(found, before, now)
    assert meant(apply(found, before)) == meant(now), "the old version and what differs do not give the new one"
    check_all_is_told(found, changes)
    findings = _judge(pair, tally)
    assert found or not findings, "there are findings though nothing differs"
    _count(pair, found, tally)
    tally.changes.update(change.type for change in changes)
    tally.findings.update(finding.code for finding in findings)
    tally.following.update(finding.code for finding in _consequences(findings))
    tally.fired.update({finding.code for finding in (*findings, *_consequences(findings))})
    tally.worst[min((finding.severity for finding in findings), key=_WORST_FIRST.index, default="none")] += 1
    came: dict[str, list[str]] = {}
    for change in changes:
        came.setdefault(change.type, []).append(f"{change.subject} {change.label}".strip())
    for mark, kind in (("", findings), ("follows, ", _consequences(findings))):
        for finding in kind:
            came.setdefault(finding.code, []).append(f"{mark}{finding.severity}: {finding.message}")
    return came


def _judge(pair: Pair, tally: Tally) -> tuple[Finding, ...]:
    """Apply all rules: it is unknown who is on the way, three are at every step that one can come to, nobody is."""
    graph = pair.before.graph
    situation = Situation("welcome", graph, pair.now.graph, Exposure(graph, None), NOW)
    assert situation.changes is not None  # told before the clock of the rules starts
    with tally.timed("rules"):
        unknown = _findings(situation)
    everywhere = [StepCount("welcome", 1, step, active=2, waiting=1) for step in graph.reachable() or graph.steps]
    some, none = (_findings(replace(situation, exposure=Exposure(graph, known))) for known in (everywhere, []))
    for fewer, more in ((some, unknown), (none, some)):
        worst = _worst(more)
        for subject, severity in _worst(fewer).items():
            assert worst.get(subject, len(_WORST_FIRST)) <= severity, f"{subject} is worse where fewer are known to be concerned"
    return unknown


def _findings(situation: Situation) -> tuple[Finding, ...]:
    return find_findings(situation, "welcome.json", None, lambda _side, _pointer: (None, None)).findings


def _consequences(findings: Iterable[Finding]) -> list[Finding]:
    return [consequence for finding in findings for consequence in finding.consequences]


def _worst(findings: Sequence[Finding]) -> dict[str, int]:
    """How bad the worst finding about each subject is; 0 is the worst."""
    found: dict[str, int] = {}
    for finding in (*findings, *_consequences(findings)):
        severity = _WORST_FIRST.index(finding.severity)
        found[finding.subject] = min(found.get(finding.subject, severity), severity)
    return found


def _count(pair: Pair, found: Comparison, tally: Tally) -> None:
    """Count the steps that were found again, and what differs in versions that mean the same."""
    before, now = pair.before.graph, pair.now.graph
    if not found:
        tally.quiet += 1
        tally.noise.update(name for noise in find_noise(pair.before.document, pair.now.document) for name in noise.fields)
    matches = match_steps(before, now)
    tally.steps += len(before.steps)
    tally.kept += sum(not match.renamed for match in matches.values())
    tally.renamed += sum(match.renamed for match in matches.values())
    keys = [{step.key or step.id for step in graph.steps.values()} for graph in (before, now)]
    tally.churned += 2 * len(keys[0] & keys[1]) < min(map(len, keys))
