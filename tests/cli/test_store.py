"""`--store`, `store upgrade` and `store grant`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.builders import steps
from tests.store.roles import new_roles

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.builders import Story
    from tests.cli.conftest import Wflgit


def test_a_store_by_url_is_upgraded_only_when_told(story: Story, wflgit: Wflgit, tmp_path: Path) -> None:
    story.commit(welcome=steps("hello"))
    url = f"sqlite:///{tmp_path}/shared.db"
    assert "wflgit store upgrade" in wflgit("--store", url, "ls", code=1).err
    made = wflgit("--store", url, "store", "upgrade", "--json").data
    assert (made["store"], made["before"]) == (url, None)
    again = wflgit("--store", url, "store", "upgrade").out
    assert again == f"the tables of {url} are up to date at {made['after']}\n"
    assert [row["slug"] for row in wflgit("--store", url, "ls", "--json").data] == ["welcome"]


def test_the_environment_names_a_store_and_the_option_wins(
    story: Story, wflgit: Wflgit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (f"sqlite:///{tmp_path}/{name}.db" for name in ("first", "second"))
    monkeypatch.setenv("WFLGIT_STORE", first)
    assert wflgit("store", "upgrade", "--json").data["store"] == first
    assert wflgit("--store", second, "store", "upgrade").out.startswith(f"upgraded {second} from no tables to ")


def test_a_url_that_is_none_is_an_error_with_a_hint(story: Story, wflgit: Wflgit) -> None:
    assert wflgit("--store", "mysql://x", "ls", "--json", code=1).error["code"] == "store"


def test_a_role_is_granted_what_it_needs(story: Story, wflgit: Wflgit, postgresql: str) -> None:
    with new_roles(postgresql) as roles:
        owner, app = roles.url_of("owner"), roles.url_of("app")
        wflgit("--store", owner, "store", "upgrade")
        wflgit("--store", app, "ls", code=1)
        granted = wflgit("--store", owner, "store", "grant", roles.names["app"], "--json").data
        assert (granted["role"], granted["privileges"]["audit"]) == (roles.names["app"], ["SELECT", "INSERT"])
        story.commit(welcome=steps("hello"))
        assert [row["slug"] for row in wflgit("--store", app, "ls", "--json").data] == ["welcome"]
        bound = wflgit("--store", owner, "store", "grant", roles.names["app"], "--account", "globex").out
        assert bound.endswith("and gets at the rows of account 'globex' only\n")
        assert "row-level security" in wflgit("--store", app, "audit", "ls", code=1).err


def test_a_file_grants_nothing(story: Story, wflgit: Wflgit) -> None:
    assert wflgit("store", "grant", "ann", "--json", code=1).error["code"] == "wrong-state"
