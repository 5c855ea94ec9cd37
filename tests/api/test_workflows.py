from __future__ import annotations

from pathlib import Path

import pytest

from tests import invariants
from tests.builders import Story, make_repo, steps, to_content
from wflgit import InvalidNameError, NotFoundError, StateError, VersionStatus


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "repo")


def test_a_new_workflow_is_a_file_a_commit_and_a_draft(story: Story) -> None:
    version = story.repo.workflows.create("sales/welcome", to_content("sales/welcome", steps("hello")))
    assert (version.number, version.status, version.path) == (1, VersionStatus.DRAFT, "workflows/sales/welcome.json")
    assert (story.path / version.path).read_bytes() == to_content("sales/welcome", steps("hello"))
    assert story.git("status", "--porcelain") == ""


def test_a_document_is_written_in_the_canonical_form(story: Story) -> None:
    document = {"name": "Hi", **steps("hello")}
    story.repo.workflows.create("hi", document)
    assert (story.path / "workflows/hi.json").read_text().startswith('{\n  "name": "Hi",\n')


def test_a_slug_is_there_once(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    with pytest.raises(StateError, match="'welcome' exists already"):
        story.repo.workflows.create("welcome", to_content("welcome", steps("hello")))


@pytest.mark.parametrize("name", ["Welcome", "  welcome "])
def test_display_names_are_unique_whatever_their_case(story: Story, name: str) -> None:
    story.commit(welcome=steps("hello", name="WELCOME"))
    with pytest.raises(StateError, match="belongs to workflow 'welcome' already"):
        story.repo.workflows.create("other", {**steps("hello"), "name": name})


def test_a_name_that_came_by_plain_git_is_taken_as_well(story: Story) -> None:
    story.merge_branch("idea", other=steps("a", name="Taken"))
    with pytest.raises(StateError, match="belongs to workflow 'other' already"):
        story.commit(welcome=steps("hello", name="taken"))


def test_a_workflow_keeps_its_own_name_when_it_is_edited(story: Story) -> None:
    story.commit(welcome=steps("hello", name="Welcome")).commit(welcome=steps("hello", "bye", name="Welcome"))
    assert story.version("welcome", 2)


@pytest.mark.parametrize("slug", ["Welcome", "a//b", "v7", "current", "-x"])
def test_a_bad_slug_is_refused_with_one_that_would_do(story: Story, slug: str) -> None:
    with pytest.raises(InvalidNameError) as caught:
        story.repo.workflows.create(slug, steps("hello"))
    assert "use '" in (caught.value.hint or "")


def test_a_slug_is_refused_where_a_tag_of_that_name_stands(story: Story) -> None:
    story.git("tag", "welcome")
    for slug in ("welcome", "welcome/new"):
        with pytest.raises(StateError, match="there is a tag 'welcome'"):
            story.repo.workflows.create(slug, steps("hello"))


def test_the_list_tells_what_is_published_and_what_is_running(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "a", "b").commit(welcome=steps("hello", "bye"))
    story.commit(other=steps("x"))
    found = [(item.slug, item.name, item.newest, item.current, item.executions) for item in story.repo.workflows.list()]
    assert found == [("other", "Other", 1, None, 0), ("welcome", "Welcome", 2, 1, 2)]


def test_a_deleted_workflow_leaves_the_list_and_keeps_its_history(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome")
    gone = story.repo.workflows.delete("welcome")
    assert (gone.number, gone.status) == (2, VersionStatus.DELETED)
    assert story.repo.workflows.list() == []
    assert story.repo.workflows.get("welcome@1").graph.start == "hello"
    with pytest.raises(NotFoundError, match="deleted in version 2"):
        story.repo.workflows.get("welcome")


def test_a_workflow_made_again_goes_on_with_its_numbers(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").repo.workflows.delete("welcome")
    assert story.repo.workflows.create("welcome", to_content("welcome", steps("hello"))).number == 3
    invariants.check(story.repo, story.path)


def test_a_workflow_with_live_executions_is_neither_deleted_nor_renamed(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "c")
    with pytest.raises(StateError, match="1 execution is still live in 'welcome'"):
        story.repo.workflows.delete("welcome")
    with pytest.raises(StateError, match="1 execution is still live in 'welcome'"):
        story.repo.workflows.rename("welcome", "hello")


def test_a_renamed_workflow_starts_anew_under_its_new_slug_in_one_commit(story: Story) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello", "bye"))
    renamed = story.repo.workflows.rename("welcome", "onboarding/welcome")
    assert (renamed.workflow, renamed.number, renamed.blob) == ("onboarding/welcome", 1, story.version("welcome", 2).blob)
    assert story.version("welcome", 3).status is VersionStatus.DELETED
    assert story.version("welcome", 3).commit == renamed.commit
    invariants.check(story.repo, story.path)


def test_a_revision_without_a_selector_is_the_file_as_it_is_being_edited(story: Story) -> None:
    story.commit(welcome=steps("hello")).write(welcome=steps("hi"))
    assert story.repo.workflows.get("welcome").graph.start == "hi"
    assert story.repo.workflows.get("welcome").number is None
    assert story.repo.workflows.get("welcome@1").graph.start == "hello"


def test_revisions_name_drafts_channels_and_commits(story: Story) -> None:
    story.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("b")).commit(other=steps("x"))
    get = story.repo.workflows.get
    assert (get("welcome@current").number, get("welcome@draft").number, get("welcome@v2").number) == (1, 2, 2)
    assert get("welcome@HEAD").graph.start == "b"
    assert get("welcome@HEAD~2").number == 1
    with pytest.raises(NotFoundError) as caught:
        get("welcome@curent")
    assert caught.value.hint == "did you mean 'welcome@current'?"


def test_own_step_types_count_from_the_moment_their_schema_is_on_the_trunk(story: Story) -> None:
    definition = {"name": "Chair", **steps("hello")}
    definition["steps"]["hello"] = {"type": "book_chair", "config": {"chair": 3}, "next": None}
    assert {problem.rule for problem in story.commit(x=steps("a")).write(chair=definition).repo.workflows.validate("chair")} == {
        "unknown-step-type"
    }
    schema = story.path / "schemas/steps/book_chair.schema.json"
    schema.parent.mkdir(parents=True)
    schema.write_text('{"type": "object", "properties": {"chair": {"type": "integer"}}, "additionalProperties": false}')
    assert story.repo.workflows.validate("chair") == ()
    story.git("add", "schemas")
    story.git("commit", "--quiet", "--message", "Own step type")
    (story.path / "workflows/chair.json").unlink()
    assert story.repo.workflows.create("chair", definition).number == 1
