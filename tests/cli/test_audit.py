"""`audit ls`, `audit verify`."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from tests.builders import steps

if TYPE_CHECKING:
    from tests.builders import Story
    from tests.cli.conftest import Wflgit


def test_entries_are_listed_by_what_is_asked_for(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "ana")
    entries = wflgit("audit", "ls", "--json").data
    assert [entry["sequence"] for entry in entries] == list(range(1, len(entries) + 1))
    [published] = wflgit("audit", "ls", "welcome@1", "--action", "version.published", "--json").data
    assert (published["actor"], published["at"]) == ("maya@example.com", "2026-01-05T11:00:00Z")
    assert wflgit("audit", "ls", "--since", "2026-01-05T11:00", "--limit", "1", "--json").data == [published]
    assert wflgit("audit", "ls", "--actor", "nobody") == (0, "", "no such entries\n")
    after = wflgit("audit", "ls", "--after", "1", "--json").data
    assert after == entries[1:]


def test_a_chain_that_holds_is_said_so(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello")).publish("welcome")
    data = wflgit("audit", "verify", "--json").data
    assert (data["anchors"], data["broken"]) == (1, None)
    assert wflgit("audit", "verify").out == f"the chain holds: {data['entries']} entries, 1 of them vouched for by publish tags\n"


def test_a_changed_entry_is_found_and_is_exit_1(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello")).publish("welcome")
    with sqlite3.connect(story.repo.workspace.embedded_store) as database:
        triggers = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE audit SET actor = 'eve' WHERE sequence = 2")
    database.close()
    assert wflgit("audit", "verify", code=1).out.startswith("the chain is broken at entry 2: ")
    assert wflgit("audit", "verify", "--json", code=1).data["broken"]["sequence"] == 2
