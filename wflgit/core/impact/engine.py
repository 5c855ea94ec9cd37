"""Applies the rules to a changed workflow, and makes findings of what they say. Pure.

A cause is reported once: what follows from it is shown under it and not counted by itself. So a cause is as bad as the worst that
follows from it, and concerns all whom that concerns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from wflgit.core.exposure import NOBODY, Affected, Exposure
from wflgit.core.findings import Finding, fingerprint
from wflgit.core.impact.rule import Area, Meets, Raised
from wflgit.core.problems import Severity
from wflgit.core.settings import Ignore

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer
    from wflgit.core.impact.situation import Situation

Place = Callable[[str, "Pointer"], tuple[int | None, int | None]]
"""Where a pointer of a side, `base` or `head`, is in its file: line and column, or None for both."""

_AREAS: tuple[Area, ...] = (*Area,)
_SEVERITIES: tuple[Severity, ...] = (*Severity,)


@dataclass(frozen=True, slots=True)
class Impact:
    """What a change of a workflow does.

    Attributes:
        findings: the worst first, then those that concern the most; where that is unknown, before those where it is known.
        affected: the live executions that any of the findings concern, each counted once.
    """

    findings: tuple[Finding, ...]
    affected: Affected


@dataclass(frozen=True, slots=True)
class Files:
    """Where findings of a workflow are shown.

    Attributes:
        path: its file in the head; in the base, if the head has none.
        old_path: its file in the base; None if that is the same.
        place: where a pointer is in the file of a side.
    """

    path: str
    old_path: str | None
    place: Place


def find_findings(
    situation: Situation,
    path: str,
    old_path: str | None,
    place: Place,
    *,
    also: Iterable[Raised] = (),
    severities: Mapping[str, Severity | None] = {},
) -> Impact:
    """Apply all rules to a workflow that is on both sides.

    Args:
        situation: the workflow, and who is on the way.
        path: its file in the head.
        old_path: its file in the base; None if that is the same.
        place: where a pointer is in the file of a side.
        also: what was found by looking at more than the workflow, such as the files beside it.
        severities: see `weigh`.
    """
    from wflgit.core.impact.rules import CHECKS

    said = [*(raised for check in CHECKS for raised in check(situation)), *also]
    return make_findings([*weigh(said, severities)], situation.workflow, situation.exposure, Files(path, old_path, place))


def weigh(said: Iterable[Raised], severities: Mapping[str, Severity | None]) -> Iterator[Raised]:
    """Take rules for better or worse, as an account's settings say.

    Args:
        said: what rules say.
        severities: by code or name; None for a rule that is not applied.
    """
    for raised in said:
        rule = raised.rule
        key = next((key for key in (rule.code, rule.name) if key in severities), None)
        if key is None:
            yield raised
        elif (severity := severities[key]) is not None:
            yield replace(raised, severity=severity)


def make_findings(said: Sequence[Raised], workflow: str, exposure: Exposure, files: Files) -> Impact:
    """Make findings of what rules say: how bad each is, whom it concerns, where it is, and what follows from it.

    Args:
        said: what they say, in any order.
        workflow: the slug; `""` for what concerns the repository.
        exposure: who is on the way.
        files: where they are shown.
    """
    crowds = [_Crowd.of(raised, exposure) for raised in said]
    following: dict[int, list[int]] = {}
    for index, root in enumerate(_roots(said)):
        following.setdefault(root, []).append(index)
    found = []
    for root, members in following.items():
        findings = {index: _finding(said[index], crowds[index], workflow, files) for index in members}
        under = sorted((finding for index, finding in findings.items() if index != root), key=_order)
        found.append(_with(findings[root], under, _Crowd.union([crowds[index] for index in members], exposure)))
    return Impact(tuple(sorted(found, key=_order)), _Crowd.union(crowds, exposure).affected)


def _with(cause: Finding, consequences: Sequence[Finding], crowd: _Crowd) -> Finding:
    if not consequences:
        return cause
    severity = min((finding.severity for finding in (cause, *consequences)), key=_SEVERITIES.index)
    return replace(cause, severity=severity, affected=crowd.affected, consequences=tuple(consequences))


def _finding(raised: Raised, crowd: _Crowd, workflow: str, files: Files) -> Finding:
    rule = raised.rule
    line, column = files.place(raised.side, raised.pointer)
    return Finding(
        code=rule.code,
        rule=rule.name,
        severity=_severity(raised, crowd.affected),
        workflow=workflow,
        path=files.old_path or files.path if raised.side == "base" else files.path,
        subject=raised.subject,
        step=raised.step,
        message=raised.message,
        advice=rule.advice if raised.advice is None else raised.advice,
        affected=crowd.affected,
        fingerprint=fingerprint(rule.code, workflow, raised.subject, raised.old, raised.new),
        side=raised.side,
        line=line,
        column=column,
    )


def _severity(raised: Raised, affected: Affected) -> Severity:
    """How bad it is: as the rule says where somebody is concerned or that is unknown; less where it is known that nobody is."""
    own = raised.severity or raised.rule.severity
    if raised.rule.meets is Meets.NONE or affected.total != 0:
        return own
    if raised.severity is None:
        return raised.rule.idle
    return _SEVERITIES[min(_SEVERITIES.index(own) + 1, len(_SEVERITIES) - 1)]


def _order(finding: Finding) -> tuple[int, bool, int, str, str, str]:
    total = finding.affected.total
    return _SEVERITIES.index(finding.severity), total is not None, -(total or 0), finding.code, finding.subject, finding.fingerprint


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Whom a finding concerns: the steps that they stand at, so that those whom several concern can be counted once."""

    affected: Affected
    at: frozenset[str] = frozenset()
    upstream: frozenset[str] = frozenset()
    all: bool = False

    @classmethod
    def of(cls, raised: Raised, exposure: Exposure) -> _Crowd:
        """Whom one finding concerns."""
        meets = raised.rule.meets
        if meets is Meets.NONE:
            return cls(NOBODY)
        if meets is Meets.ALL:
            return cls(exposure.everybody(), all=True)
        at = frozenset(raised.steps)
        if not exposure.at:
            return cls(exposure.affected(at, upstream=False), at)
        upstream = exposure.upstream(at) if meets is Meets.UPSTREAM else frozenset()
        return cls(Affected(exposure.count(at), exposure.count(upstream)), at, upstream)

    @classmethod
    def union(cls, crowds: Sequence[_Crowd], exposure: Exposure) -> _Crowd:
        """Whom several concern, together."""
        concerned = [crowd for crowd in crowds if crowd.affected is not NOBODY]
        if len(concerned) == 1:
            return concerned[0]
        if any(crowd.all for crowd in concerned):
            return cls(exposure.everybody(), all=True)
        at = frozenset[str]().union(*(crowd.at for crowd in concerned))
        upstream = frozenset[str]().union(*(crowd.upstream for crowd in concerned)) - at
        if not concerned:
            return cls(NOBODY)
        return cls(Affected(exposure.count(at), exposure.count(upstream)), at, upstream)


def _roots(said: Sequence[Raised]) -> list[int]:
    """Of which each is a consequence in the end; itself, for one that is none."""
    by_subject: dict[str, list[int]] = {}
    for index, raised in enumerate(said):
        by_subject.setdefault(raised.subject, []).append(index)
    for group in by_subject.values():
        # That a step is gone is more of a cause than that its results are.
        group.sort(key=lambda index: (_AREAS.index(said[index].rule.area), said[index].rule.follows))
    causes = [_cause_of(index, raised, by_subject) for index, raised in enumerate(said)]
    roots = []
    for index in range(len(said)):
        way = [index]
        while (cause := causes[way[-1]]) is not None and cause not in way:
            way.append(cause)
        # Of those that are consequences of one another in a circle the first one stands for all.
        roots.append(min(way[way.index(cause) :]) if cause is not None else way[-1])
    return roots


def _cause_of(index: int, raised: Raised, by_subject: dict[str, list[int]]) -> int | None:
    if not raised.rule.follows:
        return None
    others = (other for subject in raised.causes for other in by_subject.get(subject, ()) if other != index)
    return next(others, None)


def apply_ignores(findings: Iterable[Finding], ignores: Sequence[Ignore], today: date) -> tuple[Finding, ...]:
    """Mark the findings that somebody has accepted, with all that follows from them. One that has expired counts no more."""
    valid = [ignore for ignore in ignores if ignore.until >= today]
    return tuple(replace(found, ignored=next((ignore for ignore in valid if matches(ignore, found)), None)) for found in findings)


def matches(ignore: Ignore, finding: Finding) -> bool:
    """Say whether a finding is meant: by its fingerprint, or by its rule and, where they are named, workflow and step."""
    if ignore.fingerprint is not None:
        return ignore.fingerprint == finding.fingerprint
    if ignore.rule is None or ignore.rule.lower() not in (finding.code.lower(), finding.rule):
        return False
    return ignore.workflow in (None, finding.workflow) and ignore.step in (None, finding.step)


def expired_ignores(ignores: Iterable[Ignore], today: date) -> tuple[Ignore, ...]:
    """Those whose last day has passed."""
    return tuple(ignore for ignore in ignores if ignore.until < today)


def unused_ignores(
    ignores: Iterable[Ignore], findings: Iterable[Finding], today: date, workflows: Collection[str]
) -> tuple[Ignore, ...]:
    """Those that name a workflow under review, still count, and are about nothing that is found.

    One without a workflow may be about another change. What follows from another finding is found too.
    """
    found = [*_with_consequences(findings)]
    return tuple(
        ignore
        for ignore in ignores
        if ignore.workflow in workflows and ignore.until >= today and not any(matches(ignore, finding) for finding in found)
    )


def _with_consequences(findings: Iterable[Finding]) -> Iterator[Finding]:
    for finding in findings:
        yield finding
        yield from finding.consequences
