"""Saving workflow files as they change, by watching a real folder."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.builders import Story, make_repo, steps, to_content
from wflgit.api.drafts import Drafts
from wflgit.errors import DefinitionError, StateError
from wflgit.integrations.watching import Watched, watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def edit(*ids: str) -> bytes:
    return to_content("welcome", steps(*ids))


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "acme").commit(welcome=edit("hello"), other=to_content("other", steps("hello")))


@pytest.fixture
def drafts(story: Story) -> Drafts:
    return Drafts(story.repo.workspace)


@pytest.fixture
def watching(story: Story, drafts: Drafts) -> Iterator[Iterator[Watched]]:
    """What is saved, one after the other; something is uncommitted at the beginning, so that it is clear when watching begins."""
    story.write(other=to_content("other", steps("hello", "begun")))
    stop = threading.Event()
    yield watch(story.repo.workspace, drafts, interval_s=0.05, stop=stop)
    stop.set()


@pytest.mark.slow
def test_what_is_not_committed_is_saved_at_once_and_then_what_changes(
    story: Story, drafts: Drafts, watching: Iterator[Watched]
) -> None:
    assert [next(watching).workflow] == ["other"]
    threading.Timer(0.5, lambda: story.write(welcome=edit("hello", "bye"))).start()
    saved = next(watching)
    assert saved == Watched("workflows/welcome.json", "welcome", drafts.get("welcome"))
    assert drafts.content("welcome") == edit("hello", "bye")


@pytest.mark.slow
def test_a_file_that_cannot_be_saved_is_told_and_watching_goes_on(
    story: Story, drafts: Drafts, watching: Iterator[Watched]
) -> None:
    next(watching)
    threading.Timer(0.5, lambda: story.write(welcome=b'{"password": "5f0c1d"}')).start()
    assert isinstance(next(watching).error, DefinitionError)
    threading.Timer(0.1, lambda: story.write(welcome=edit("hello", "bye"))).start()
    assert next(watching).draft is not None
    assert drafts.content("welcome") == edit("hello", "bye")


def test_a_draft_is_let_go_when_the_file_holds_what_is_committed(story: Story, drafts: Drafts) -> None:
    from wflgit.integrations.watching import _saved

    story.write(welcome=edit("hello", "bye"))
    assert [found.workflow for found in _saved(story.repo.workspace, drafts, ["workflows/welcome.json", "README.md"])] == [
        "welcome"
    ]
    story.git("commit", "--quiet", "--all", "--message", "Say goodbye")
    assert list(_saved(story.repo.workspace, drafts, ["workflows/welcome.json"])) == []
    assert drafts.list() == []


def test_a_file_of_an_older_checkout_is_based_on_what_is_checked_out(story: Story, drafts: Drafts) -> None:
    from wflgit.integrations.watching import _saved

    story.git("switch", "--quiet", "--create", "work")
    Drafts(story.open_again().workspace)
    story.repo.versions.create("welcome", edit("hello", "newer"))
    story.write(welcome=edit("hello", "bye"))
    [saved] = _saved(story.repo.workspace, drafts, ["workflows/welcome.json"])
    assert saved.draft is not None
    assert saved.draft.base_version == 1


def test_a_bare_repository_has_nothing_to_watch(tmp_path: Path) -> None:
    repo = make_repo(tmp_path / "acme.git", bare=True).repo
    with pytest.raises(StateError, match="no files to watch"):
        next(watch(repo.workspace, Drafts(repo.workspace)))


def test_without_the_package_it_says_what_to_install(story: Story, drafts: Drafts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    with pytest.raises(StateError) as refused:
        next(watch(story.repo.workspace, drafts))
    assert refused.value.hint == "pip install 'wflgit[watch]'"
