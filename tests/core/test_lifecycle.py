"""The lives of things, as far as they are derived."""

from __future__ import annotations

import pytest

from wflgit.core.lifecycle import version_status

DRAFT = {"published": False, "archived": False, "deleted": False, "current": False, "executions": 0}
PUBLISHED = {**DRAFT, "published": True}


@pytest.mark.parametrize(
    ("known", "status"),
    [
        (DRAFT, "draft"),
        ({**DRAFT, "deleted": True}, "deleted"),
        ({**PUBLISHED, "current": True}, "current"),
        ({**PUBLISHED, "current": True, "executions": 3}, "current"),
        ({**PUBLISHED, "executions": 3}, "draining"),
        (PUBLISHED, "drained"),
        ({**PUBLISHED, "archived": True}, "archived"),
        ({**PUBLISHED, "archived": True, "executions": 3}, "archived"),
    ],
)
def test_the_status_of_a_version_follows_from_git_and_from_who_is_on_it(known: dict[str, bool], status: str) -> None:
    assert version_status(**known) == status
