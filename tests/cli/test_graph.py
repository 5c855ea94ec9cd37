"""`graph`: pictures of revisions and of what changed between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.builders import steps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builders import Story
    from tests.cli.conftest import Wflgit


def test_a_revision_is_drawn_whole(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello", "wait"))
    drawn = wflgit("graph", "welcome@1").out
    assert drawn.startswith("flowchart TD\n")
    assert '  s_hello["hello<br/>add#95;tag"]\n' in drawn.replace("add_tag", "add#95;tag")
    assert "  s_hello --> s_wait\n" in drawn


def test_of_two_revisions_the_changes_are_drawn_with_those_who_stand_there(
    story: Story, wflgit: Wflgit, golden: Callable[[str], None]
) -> None:
    story.commit(welcome=steps("hello", "nudge", "bye", "far", "away")).publish("welcome").start("welcome", "ann", "bob")
    for execution in (1, 2):
        story.repo.executions.advance(execution)
    story.commit(welcome=steps("hello", "offer", "bye", "far", "away"))
    golden(wflgit("graph", "welcome@1", "welcome@2").out)


def test_a_revision_is_compared_with_the_working_tree(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello", "bye")).write(welcome=steps("hello"))
    assert '"− bye<br/>' in wflgit("graph", "welcome@1", "welcome").out


def test_the_picture_is_in_json_too(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello"))
    data = wflgit("graph", "welcome", "--json").data
    assert data["mermaid"] + "\n" == wflgit("graph", "welcome").out


def test_a_revision_that_does_not_exist_is_an_error(story: Story, wflgit: Wflgit) -> None:
    story.commit(welcome=steps("hello"))
    assert wflgit("graph", "welcome@7", code=1).err.startswith("error: ")
