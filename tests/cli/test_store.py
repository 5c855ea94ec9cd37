"""`--store` and `store upgrade`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.builders import steps

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
