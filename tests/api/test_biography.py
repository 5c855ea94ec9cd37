"""The life of a step through versions, renames and file moves, and who last did something to each."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.builders import BEN, Story, make_repo, steps, to_content
from wflgit import DefinitionError, NotFoundError
from wflgit.contents import Parsed

FORMATS = Path(__file__).parents[1] / "core" / "formats"


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "repo")


def told(story: Story, slug: str, step: str) -> list[tuple[int, str, list[str]]]:
    """The life of a step: version, what it is called then, what was done."""
    events = story.repo.versions.step_history(slug, step)
    return [(event.version, event.step, [str(change.type) for change in event.changes]) for event in events]


def blamed(story: Story, revision: str) -> dict[str, str]:
    """In which version something was last done to each step."""
    found = story.repo.versions.blame(revision)
    return {one.step: f"{one.last.workflow}@{one.last.version}" for one in found}


@pytest.fixture
def life(story: Story) -> Story:
    """A wait that is lengthened, gets a neighbour, another name, is disabled and taken out."""
    days = {"duration": "P2D"}
    story.commit(welcome=steps("hello", "wait_a", "bye")).commit(welcome=steps("hello", "wait_a", "bye", wait_a=days))
    story.commit(welcome=steps("hello", "news", "wait_a", "bye", wait_a=days))
    story.commit(welcome=steps("hello", "news", "wait_b", "bye", wait_b=days))
    disabled = steps("hello", "news", "wait_b", "bye", wait_b=days)
    disabled["steps"]["wait_b"]["disabled"] = True
    return story.commit(welcome=disabled)


LIFE = [
    (5, "wait_b", ["step-disabled"]),
    (4, "wait_b", ["step-renamed"]),
    (2, "wait_a", ["step-changed"]),
    (1, "wait_a", ["step-added"]),
]


def test_each_version_that_did_something_to_a_step_is_told_newest_first(life: Story) -> None:
    assert told(life, "welcome", "wait_b") == LIFE


def test_a_name_that_the_step_had_before_finds_it_too(life: Story) -> None:
    assert told(life, "welcome", "wait_a") == LIFE


def test_an_event_says_who_did_it_when_and_what(life: Story) -> None:
    life.open_again(actor=BEN).versions.create("welcome", to_content("welcome", steps("hello", "bye")), message="Be short (#12)")
    removed, *_, changed, _ = life.repo.versions.step_history("welcome", "wait_b")
    assert (removed.version, removed.author.name, removed.summary, removed.pull_request) == (6, "Ben", "Be short (#12)", 12)
    assert [str(change.type) for change in removed.changes] == ["steps-taken-out"]
    [field] = changed.changes[0].fields
    assert (field.path, field.old, field.new) == (("config", "duration"), "P1D", "P2D")
    assert (changed.commit, changed.created_at, changed.pull_request) == (
        life.version("welcome", 2).commit,
        life.version("welcome", 2).created_at,
        None,
    )


def test_a_merged_pull_request_is_told_by_its_number(story: Story) -> None:
    story.commit(welcome=steps("hello")).git("switch", "--quiet", "--create", "idea")
    story.write(welcome=steps("hello", "bye")).git("commit", "--quiet", "--all", "--message", "Say bye")
    story.git("switch", "--quiet", "main")
    story.git("merge", "--quiet", "--no-ff", "--message", "Merge pull request #7 from ben/idea\n\nSay bye", "idea")
    assert [event.pull_request for event in story.repo.versions.step_history("welcome", "bye")] == [7]


def test_a_step_that_a_rollback_brings_back_is_the_same(story: Story) -> None:
    story.commit(welcome=steps("hello", "wait", "bye")).publish("welcome").commit(welcome=steps("hello", "bye")).publish("welcome")
    story.rollback("welcome", to=1)
    life = [(3, "wait", ["steps-inserted"]), (2, "wait", ["steps-taken-out"]), (1, "wait", ["step-added"])]
    assert told(story, "welcome", "wait") == life


def test_an_earlier_name_is_followed_to_a_step_that_was_removed_and_came_back(story: Story) -> None:
    for ids in (("hello", "wait_a", "bye"), ("hello", "wait_b", "bye"), ("hello", "bye"), ("hello", "wait_b", "bye")):
        story.commit(welcome=steps(*ids))
    life = [(4, "wait_b", ["steps-inserted"]), (3, "wait_b", ["steps-taken-out"]), (2, "wait_b", ["step-renamed"])]
    assert told(story, "welcome", "wait_a") == told(story, "welcome", "wait_b") == [*life, (1, "wait_a", ["step-added"])]


def test_a_step_of_another_type_is_another_step(story: Story) -> None:
    story.commit(welcome=steps("hello", "x", "bye")).commit(welcome=steps("hello", "bye"))
    other = steps("hello", "x", "bye")
    other["steps"]["x"] = {"type": "send_sms", "config": {"text": "Hi"}, "next": "bye"}
    story.commit(welcome=other)
    assert told(story, "welcome", "x") == [(3, "x", ["steps-inserted"])]


def test_a_step_with_a_name_that_another_one_had_before_is_another_step(story: Story) -> None:
    story.commit(welcome=steps("hello", "wait_a", "bye")).commit(welcome=steps("hello", "wait_b", "bye"))
    story.commit(welcome=steps("hello", "wait_b", "bye", "wait_a", wait_a={"event": "email.opened"}))
    assert told(story, "welcome", "wait_a") == [(3, "wait_a", ["steps-inserted"])]


def test_a_deleted_workflow_still_tells_the_life_of_its_steps(story: Story) -> None:
    story.commit(welcome=steps("hello")).repo.workflows.delete("welcome")
    assert told(story, "welcome", "hello") == [(2, "hello", ["step-removed"]), (1, "hello", ["step-added"])]


def test_a_step_is_followed_to_the_slug_that_the_file_had_before(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).commit(welcome=steps("hello", "bye", bye={"tag": "x"}))
    story.repo.workflows.rename("welcome", "sales/welcome")
    story.commit({"sales/welcome": steps("hello", "bye", bye={"tag": "y"})})
    events = story.repo.versions.step_history("sales/welcome", "bye")
    assert [(event.workflow, event.version) for event in events] == [("sales/welcome", 2), ("welcome", 2), ("welcome", 1)]
    assert blamed(story, "sales/welcome") == {"hello": "welcome@1", "bye": "sales/welcome@2"}


def test_a_file_that_went_there_and_back_is_followed_all_the_way(story: Story) -> None:
    story.commit(a=steps("hello", name="Name")).repo.workflows.rename("a", "b")
    story.commit(b=steps("hello", name="Name", hello={"tag": "x"})).repo.workflows.rename("b", "a")
    events = story.repo.versions.step_history("a", "hello")
    assert [(event.workflow, event.version) for event in events] == [("b", 2), ("a", 1)]


def test_a_file_that_git_moved_and_that_was_edited_on_the_way_is_followed(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye"), other=steps("x"))
    story.git("mv", "workflows/welcome.json", "workflows/greeting.json")
    story.write(greeting=steps("hello", "bye", bye={"tag": "x"}))
    story.git("commit", "--quiet", "--all", "--message", "Move and edit")
    assert blamed(story, "greeting") == {"hello": "welcome@1", "bye": "greeting@1"}


def test_of_several_files_that_went_it_goes_on_from_the_one_with_its_content(story: Story) -> None:
    story.commit(a=steps("hello", "bye", name="A"), b=steps("hello", "bye", "news", name="B"))
    story.git("rm", "--quiet", "workflows/a.json")
    story.git("mv", "workflows/b.json", "workflows/c.json")
    story.git("commit", "--quiet", "--message", "Tidy up")
    assert set(blamed(story, "c").values()) == {"b@1"}


def test_a_new_workflow_that_comes_when_another_goes_is_new(story: Story) -> None:
    story.commit(welcome=steps("hello", "wait"))
    story.git("rm", "--quiet", "workflows/welcome.json")
    story.write(other=steps("hello", "ask", "x", "y"))
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Replace it")
    assert set(blamed(story, "other").values()) == {"other@1"}


def test_an_unknown_step_gets_the_near_one_proposed(life: Story) -> None:
    with pytest.raises(NotFoundError) as caught:
        life.repo.versions.step_history("welcome", "wait_c")
    assert caught.value.message == "there is no step 'wait_c'"
    assert "wait_b" in caught.value.candidates


# Versions that cannot be read


def commit_by_hand(story: Story, content: dict[str, Any] | str) -> None:
    """Make a version with plain git, which takes anything."""
    story.write(welcome=content).git("add", ".")
    story.git("commit", "--quiet", "--message", "By hand")


def test_versions_that_cannot_be_read_are_passed_over_and_named(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye"))
    for content in ("{", "{}", steps("hello", "bye", bye={"tag": "x"})):
        commit_by_hand(story, content)
    events = story.repo.versions.step_history("welcome", "bye")
    assert [(event.version, event.unread) for event in events] == [(4, (2, 3)), (1, ())]
    assert [event.version for event in story.repo.versions.step_history("welcome", "hello")] == [1]
    assert [(one.last.version, one.last.unread) for one in story.repo.versions.blame("welcome")] == [(1, ()), (4, (2, 3))]


def test_newest_versions_that_cannot_be_read_have_an_event_of_their_own(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    commit_by_hand(story, "{")
    commit_by_hand(story, "{}")
    first, second = story.repo.versions.step_history("welcome", "hello")
    assert (first.version, first.changes, first.unread) == (3, (), (2, 3))
    assert (second.version, second.unread) == (1, ())


def test_before_the_first_that_can_be_read_nothing_is_known(story: Story) -> None:
    commit_by_hand(story, "{")
    commit_by_hand(story, steps("hello"))
    [event] = story.repo.versions.step_history("welcome", "hello")
    assert (event.version, event.unread) == (2, (1,))


# Blame


def test_each_step_is_blamed_on_the_version_that_last_did_something_to_it(life: Story) -> None:
    assert blamed(life, "welcome") == {"hello": "welcome@1", "news": "welcome@3", "wait_b": "welcome@5", "bye": "welcome@1"}
    assert blamed(life, "welcome@2") == {"hello": "welcome@1", "wait_a": "welcome@2", "bye": "welcome@1"}


def test_steps_are_blamed_in_the_order_of_their_author(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).commit(welcome=steps("news", "hello", "bye", bye={"tag": "x"}))
    found = story.repo.versions.blame("welcome@2")
    assert [(one.step, one.type, one.last.version) for one in found] == [
        ("news", "add_tag", 2),
        ("hello", "add_tag", 1),
        ("bye", "add_tag", 2),
    ]


def test_older_versions_are_not_read_once_every_step_is_explained(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("ask")).commit(welcome=steps("ask", "bye"))
    again = story.open_again()
    first = story.version("welcome", 1).blob
    read: list[str] = []
    parse = again.workspace.contents.parse

    def reading(blob: str, content: bytes | None = None) -> Parsed:
        read.append(blob)
        return parse(blob, content)

    monkeypatch.setattr(again.workspace.contents, "parse", reading)
    assert [one.last.version for one in again.versions.blame("welcome")] == [2, 3]
    assert first in read  # to see that version 2 added `ask`
    read.clear()
    story.commit(welcome=steps("x", "y"))
    again.versions.blame("welcome")
    assert story.version("welcome", 3).blob in read
    assert first not in read


def test_what_is_no_version_cannot_be_blamed(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    story.git("switch", "--quiet", "--create", "idea")
    story.write(welcome=steps("bye")).git("commit", "--quiet", "--all", "--message", "Idea")
    with pytest.raises(NotFoundError, match="'welcome@idea' is no version of 'welcome'"):
        story.repo.versions.blame("welcome@idea")
    story.git("switch", "--quiet", "main")
    commit_by_hand(story, "{")
    with pytest.raises(DefinitionError):
        story.repo.versions.blame("welcome")


# Other formats


def n8n(*names: str, **parameters: Any) -> bytes:
    """An n8n workflow: nodes one after the other; each has a key beside its name."""
    nodes = [
        {
            "id": name[-1],
            "name": name,
            "type": "n8n-nodes-base.set",
            "typeVersion": 1,
            "position": [0, at],
            "parameters": parameters.get(name[-1], {}),
        }
        for at, name in enumerate(names)
    ]
    connections = {one: {"main": [[{"node": other, "type": "main", "index": 0}]]} for one, other in pairwise(names)}
    return json.dumps({"name": "Offer", "nodes": nodes, "connections": connections}).encode()


def test_a_step_of_n8n_is_followed_by_its_key_through_another_name(story: Story) -> None:
    story.commit(offer=n8n("Ask a", "Send b")).commit(offer=n8n("Question a", "Send b", b={"x": 1})).commit(
        offer=n8n("Question a", "Mail b", b={"x": 1})
    )
    assert told(story, "offer", "Mail b") == [
        (3, "Mail b", ["step-renamed"]),
        (2, "Send b", ["step-changed"]),
        (1, "Send b", ["step-added"]),
    ]
    assert told(story, "offer", "Send b") == told(story, "offer", "Mail b")
    assert blamed(story, "offer") == {"Question a": "offer@2", "Mail b": "offer@3"}


def test_what_an_export_moves_on_the_canvas_is_nothing_done_to_a_step(story: Story) -> None:
    story.commit(offer=n8n("Ask a")).commit(offer=n8n("Ask a").replace(b'"position": [0, 0]', b'"position": [9, 9]'))
    assert told(story, "offer", "Ask a") == [(1, "Ask a", ["step-added"])]


@pytest.mark.parametrize("file", ["n8n/welcome.json", "logicapps/playbook.json", "nodered/welcome.json"])
def test_every_step_of_every_format_has_a_life_and_somebody_to_blame(story: Story, file: str) -> None:
    story.commit(offer=(FORMATS / file).read_bytes())
    graph = story.repo.workflows.get("offer").graph
    assert blamed(story, "offer") == dict.fromkeys(graph.steps, "offer@1")
    for step in graph.steps:
        assert told(story, "offer", step) == [(1, step, ["step-added"])]
