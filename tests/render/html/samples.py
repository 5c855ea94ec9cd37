"""Pages made of samples, for tests that read them and tests that open them."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.reviews import MADE, clean_review, native, sample_review, unknown_review
from tests.rules.pictures import EXAMPLE, PICTURES, Picture
from wflgit.core.diff import Comparison, compare
from wflgit.core.records import Identity, Version, VersionStatus
from wflgit.render.html.log import log_html
from wflgit.render.html.plan import plan_html
from wflgit.render.html.review import review_html

if TYPE_CHECKING:
    from collections.abc import Callable

MAYA = Identity("Maya", "maya@example.com")
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def history() -> tuple[list[Version], list[Comparison | None]]:
    """Three versions of a workflow, the oldest first, and what changed from each to the next."""
    graphs = [
        native("hello", "wait", "bye", name="Welcome"),
        native("hello", "wait", "ask", "bye", name="Welcome"),
        native("hello", "wait", "ask", "bye", name="Welcome", wait={"duration": "P3D"}),
    ]
    said = [
        (VersionStatus.DRAINING, "Greet new contacts", (), 12),
        (VersionStatus.CURRENT, f"Ask before saying goodbye {HOSTILE}", ("stable",), 1203),
        (VersionStatus.DRAFT, f"Wait three days, see https://example.com/{'x' * 120}", (), 0),
    ]
    versions = [
        Version(
            "welcome",
            number,
            status,
            f"{number}bcdef01" * 5,
            "workflows/welcome.json",
            "b" * 40,
            MAYA,
            MADE + timedelta(days=number),
            summary,
            published_at=None if status is VersionStatus.DRAFT else MADE + timedelta(days=number, hours=1),
            published_by=None if status is VersionStatus.DRAFT else MAYA,
            channels=channels,
            executions=executions,
            semver=None if status is VersionStatus.DRAFT else f"1.{number - 1}.0",
        )
        for number, (status, summary, channels, executions) in enumerate(said, 1)
    ]
    changed = [
        compare(*pair, old_name=f"welcome@{number}", new_name=f"welcome@{number + 1}")
        for number, pair in enumerate(pairwise(graphs), 1)
    ]
    return versions, [None, *changed]


def log_page() -> str:
    """The history of a workflow."""
    return log_html("welcome", *history())


def plan_page(picture: Picture = EXAMPLE) -> str:
    """A plan of the documentation."""
    return plan_html(picture.plan(), picture.source, picture.target)


PAGES: dict[str, Callable[[], str]] = {
    "review": lambda: review_html(sample_review()),
    "review-clean": lambda: review_html(clean_review()),
    "review-unknown": lambda: review_html(unknown_review()),
    "log": log_page,
    "plan": plan_page,
    "plan-refused": lambda: plan_page(PICTURES["unmapped"]),
}
