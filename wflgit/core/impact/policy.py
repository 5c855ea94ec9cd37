"""What an account's settings make of findings: some it takes for better or worse, some it has accepted. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from wflgit.core.impact.engine import apply_ignores, expired_ignores, matches, unused_ignores
from wflgit.core.impact.files import NEVER_IGNORED, expired, unused

if TYPE_CHECKING:
    from wflgit.core.findings import Finding
    from wflgit.core.impact.rule import Raised
    from wflgit.core.settings import Ignore


def accept(findings: Iterable[Finding], ignores: Collection[Ignore], today: date) -> tuple[Finding, ...]:
    """Mark what somebody has accepted, and put it last. Nobody can accept that the review could not look."""
    marked = [
        replace(found, ignored=None) if found.code in NEVER_IGNORED else found
        for found in apply_ignores(findings, [*ignores], today)
    ]
    return tuple(sorted(marked, key=lambda found: found.ignored is not None))


def outdated(
    ignores: Collection[Ignore], findings: Collection[Finding], workflows: Collection[str], today: date
) -> Iterator[Raised]:
    """What is to be said of the ignores themselves: those that have expired and are missed, and those that hide nothing.

    Args:
        ignores: all there are.
        findings: all that was found.
        workflows: the slugs under review; an ignore of another one may be in use elsewhere.
        today: the day of the review.
    """
    missed = [ignore for ignore in expired_ignores(ignores, today) if any(matches(ignore, found) for found in findings)]
    yield from map(expired, missed)
    yield from map(unused, unused_ignores(ignores, findings, today, workflows))
