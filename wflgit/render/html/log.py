"""The history of a workflow as a page: its versions, the newest first, and what each of them changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wflgit.core.records import VersionStatus
from wflgit.core.words import describe
from wflgit.render.html.cards import Card, cards, shown_comparison
from wflgit.render.html.page import page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.diff import Comparison
    from wflgit.core.records import Version


@dataclass(frozen=True, slots=True)
class Entry:
    """A version, what it changed in words, and field by field; `against` is what it is compared with, if it is."""

    version: Version
    against: str
    words: tuple[str, ...]
    cards: tuple[Card, ...]


def log_html(slug: str, versions: Sequence[Version], comparisons: Sequence[Comparison | None]) -> str:
    """Write the history of a workflow as one page, the newest version first.

    Args:
        slug: the workflow.
        versions: its versions.
        comparisons: for each of them, what differs between the version before and it; None where there is nothing to compare.

    Raises:
        WflgitError: if the packages that pages need are not installed.
    """
    both = zip(versions, comparisons, strict=True)
    entries = [_entry(version, comparison) for version, comparison in sorted(both, key=lambda pair: -pair[0].number)]
    statuses = {version.status for version in versions}
    said = {
        "slug": slug,
        "entries": entries,
        "current": next((version for version in versions if version.status is VersionStatus.CURRENT), None),
        "executions": sum(version.executions for version in versions),
        "kinds": [(str(status), str(status)) for status in VersionStatus if status in statuses],
        "rules": [],
    }
    return page("log", f"History of {slug}", said)


def _entry(version: Version, comparison: Comparison | None) -> Entry:
    if comparison is None:
        return Entry(version, "", (), ())
    shown = shown_comparison(comparison, None, None)
    return Entry(version, comparison.old, describe(comparison), cards(shown) if shown else ())
