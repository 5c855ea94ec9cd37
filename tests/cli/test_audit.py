"""`audit ls`, `audit export`, `audit verify`."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

import pytest

from tests.builders import steps

if TYPE_CHECKING:
    from pathlib import Path

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


@pytest.fixture
def trail(story: Story, wflgit: Wflgit) -> Path:
    """An exported trail, with something after its last publication, beside a bundle of the repository."""
    story.commit(welcome=steps("hello")).publish("welcome").commit(farewell=steps("bye"))
    story.git("bundle", "create", "--quiet", "acme.bundle", "--all")
    assert wflgit("audit", "export", "-o", "trail.jsonl").out == f"wrote '{story.path / 'trail.jsonl'}'\n"
    return story.path / "trail.jsonl"


def test_an_export_goes_to_stdout_or_to_a_file(story: Story, wflgit: Wflgit, trail: Path) -> None:
    assert wflgit("audit", "export").out == trail.read_text()
    assert [json.loads(line).get("sequence") for line in trail.read_text().splitlines()][:3] == [None, 1, 2]
    assert wflgit("audit", "export", "-o", "again.jsonl", "--json").data == {"file": str(story.path / "again.jsonl")}
    assert not list(story.path.glob("*.part"))
    assert "cannot be written" in wflgit("audit", "export", "-o", "no/such/folder.jsonl", code=1).err


def test_an_export_is_verified_offline(story: Story, wflgit: Wflgit, trail: Path, tmp_path: Path) -> None:
    entries = len(trail.read_text().splitlines()) - 1
    away = tmp_path / "away"
    away.mkdir()
    trail.rename(away / "trail.jsonl")
    (story.path / "acme.bundle").rename(away / "acme.bundle")
    said = wflgit("-C", str(away), "audit", "verify", "trail.jsonl").out.splitlines()
    assert said[0].startswith(f"the chain holds: {entries} entries of account 'acme', head ")
    assert said[1] == "without the tags of a bundle nothing vouches for them: they could have been written anew"
    said = wflgit("-C", str(away), "audit", "verify", "trail.jsonl", "--bundle", "acme.bundle").out.splitlines()
    assert said[1].startswith("tag welcome/v1 vouches for the entries up to 2, made by Maya <maya@example.com> at ")
    assert said[2] == "no tag vouches for those after 2: they could have been written anew"


def test_an_export_that_does_not_hold_is_exit_1(wflgit: Wflgit, trail: Path) -> None:
    trail.write_text(trail.read_text().replace('"maya@example.com"', '"eve@example.com"'))
    assert wflgit("audit", "verify", "trail.jsonl", code=1).out.startswith(
        "the chain is broken at entry 2: line 3: expected the hash"
    )
    assert wflgit("audit", "verify", "trail.jsonl", "--json", code=1).data["broken"]["sequence"] == 2


def test_an_export_that_no_tag_of_a_bundle_vouches_for_is_exit_1(wflgit: Wflgit, trail: Path, story: Story) -> None:
    story.git("bundle", "create", "--quiet", "trunk.bundle", "main")
    said = wflgit("audit", "verify", "trail.jsonl", "--bundle", "trunk.bundle", code=1).out
    assert "no tag vouches for them" in said


def test_a_bundle_without_an_export_is_wrong_usage(wflgit: Wflgit, trail: Path) -> None:
    assert "--bundle is for a FILE" in wflgit("audit", "verify", "--bundle", str(trail), code=2).err
