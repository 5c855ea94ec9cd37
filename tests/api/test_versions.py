from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests import invariants
from tests.builders import BEN, Story, make_repo, steps, to_content
from wflgit import ConflictError, DefinitionError, LimitError, NotFoundError, StateError, VersionStatus


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "repo", channels=["stable"])


def test_each_commit_of_a_changed_file_is_the_next_version(story: Story) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello", "wait")).commit(other=steps("a"))
    assert [(version.number, version.status) for version in story.repo.versions.list("welcome")] == [(2, "draft"), (1, "draft")]
    assert story.version("welcome", 1).summary == "Create welcome"
    assert story.version("welcome", 2).summary.startswith("Change welcome: added step 'wait'")


def test_a_version_tells_who_made_it_and_when(story: Story) -> None:
    version = story.commit(welcome=steps("hello")).version("welcome", 1)
    assert str(version.author) == "Maya <maya@example.com>"
    assert version.created_at.isoformat() == "2026-01-05T10:00:00+00:00"


def test_content_that_is_the_same_makes_no_version(story: Story) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello"))
    assert len(story.repo.versions.list("welcome")) == 1


def test_a_merged_branch_is_one_version_however_many_commits_it_had(story: Story) -> None:
    story.commit(welcome=steps("hello")).merge_branch("idea", welcome=steps("hello", "wait", "bye"))
    assert [version.summary for version in story.repo.versions.list("welcome")] == ["Merge idea", "Create welcome"]
    invariants.check(story.repo, story.path)


def test_publishing_marks_the_version_and_moves_current(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "wait")).publish("welcome")
    assert [version.status for version in story.repo.versions.list("welcome")] == ["current", "drained"]
    assert story.git("describe", "--tags", "--match", "welcome/v*", "welcome/current").strip() == "welcome/v2"
    assert str(story.version("welcome", 2).published_by) == "Maya <maya@example.com>"


def test_the_publish_tag_says_in_words_what_changed_and_vouches_for_the_audit_trail(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome")
    story.commit(welcome=steps("hello", "wait")).publish("welcome", message="Let them breathe")
    message = story.git("tag", "-l", "--format=%(contents)", "welcome/v2")
    said = ["Let them breathe", "patch: no live executions on older versions", "since v1:", "added step 'wait'"]
    assert message.startswith("Publish welcome v2\n\n" + "".join(f"- {words}\n" for words in said))
    assert "Wflgit-Action: publish" in message
    assert story.repo.audit.verify().anchors == 2


def test_publishing_the_same_version_twice_returns_it_and_writes_nothing(story: Story) -> None:
    first = story.commit(welcome=steps("hello")).publish("welcome").version("welcome", 1)
    refs = story.git("show-ref")
    assert story.repo.versions.publish("welcome", 1) == first
    assert story.git("show-ref") == refs
    assert len(story.repo.audit.list(action="version.published")) == 1


def test_publishing_something_older_than_current_is_refused_with_the_way_back(story: Story) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello", "wait")).publish("welcome")
    with pytest.raises(StateError) as caught:
        story.repo.versions.publish("welcome", 1)
    assert "older than the current version 2" in caught.value.message
    assert caught.value.hint == "to go back to its content: `wflgit rollback welcome --to 1`"


def test_who_publishes_while_somebody_else_does_is_told_by_whom(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello", "wait"))
    other, git = story.open_again(actor=BEN), story.repo.workspace.git
    lock = git.lock

    def lock_after_the_other() -> AbstractContextManager[None]:
        monkeypatch.undo()
        other.versions.publish("welcome", 2)
        return lock()

    monkeypatch.setattr(git, "lock", lock_after_the_other)
    with pytest.raises(ConflictError, match="Ben published version 2 of 'welcome' in the meantime"):
        story.repo.versions.publish("welcome", 1)
    assert story.version("welcome", 1).status is VersionStatus.DRAFT


def test_a_rollback_is_a_new_published_version_with_the_old_content(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "wait")).publish("welcome")
    back = story.repo.versions.rollback("welcome", to=1)
    assert (back.number, back.status, back.summary) == (3, VersionStatus.CURRENT, "Roll welcome back to v1")
    assert back.blob == story.version("welcome", 1).blob
    assert story.repo.versions.rollback("welcome", to=1) == back
    invariants.check(story.repo, story.path)


def test_a_rollback_half_done_by_somebody_is_finished_by_the_next(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "wait")).publish("welcome")
    story.commit(welcome=steps("hello"))
    back = story.repo.versions.rollback("welcome", to=1)
    assert (back.number, back.status) == (3, VersionStatus.CURRENT)


def test_a_rollback_needs_something_published_and_a_content(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    with pytest.raises(StateError, match="nothing is published yet"):
        story.repo.versions.rollback("welcome", to=1)
    story.publish("welcome").repo.workflows.delete("welcome")
    with pytest.raises(StateError, match="version 2 deleted it"):
        story.repo.versions.rollback("welcome", to=2)


def test_a_deleted_workflow_comes_back_by_a_rollback(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "wait")).publish("welcome")
    story.repo.workflows.delete("welcome")
    back = story.repo.versions.rollback("welcome", to=1)
    assert (back.number, back.status) == (4, VersionStatus.CURRENT)
    assert (story.path / "workflows/welcome.json").exists()


def test_an_edit_based_on_an_older_version_is_a_conflict_that_names_the_other_author(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    story.open_again(actor=BEN).versions.create("welcome", to_content("welcome", steps("hello", "bye")))
    with pytest.raises(ConflictError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", steps("hi")), base=1)
    assert "Ben made version 2" in caught.value.message
    assert (caught.value.expected, caught.value.actual) == (1, 2)
    assert len(story.repo.versions.list("welcome")) == 2


def test_the_base_may_be_a_number_a_commit_or_a_blob(story: Story) -> None:
    version = story.commit(welcome=steps("hello")).version("welcome", 1)
    assert version.blob
    for base, name in ((version.number, "a"), (story.version("welcome", 1).commit, "b")):
        assert story.repo.versions.create("welcome", to_content("welcome", steps("hello", name)), base=base)
        story.repo.versions.create("welcome", to_content("welcome", steps("hello")))
    assert story.repo.versions.create("welcome", to_content("welcome", steps("hello", "c")), base=version.blob).number == 6


def test_a_draft_is_updated_by_a_new_version_and_a_published_one_never(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "a"))
    assert story.repo.versions.update("welcome", 2, to_content("welcome", steps("hello", "b"))).number == 3
    with pytest.raises(StateError, match="version 1 of 'welcome' is published"):
        story.repo.versions.update("welcome", 1, to_content("welcome", steps("x")))
    with pytest.raises(ConflictError):
        story.repo.versions.update("welcome", 2, to_content("welcome", steps("x")))


def test_a_discarded_draft_gives_the_content_before_it_back(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "a")).commit(welcome=steps("hello", "b"))
    back = story.repo.versions.discard("welcome", 2)
    assert (back.number, back.blob) == (4, story.version("welcome", 1).blob)
    with pytest.raises(StateError, match="taken back already"):
        story.repo.versions.discard("welcome", 2)


def test_a_discarded_first_draft_deletes_the_workflow(story: Story) -> None:
    back = story.commit(welcome=steps("hello")).repo.versions.discard("welcome", 1)
    assert back.status is VersionStatus.DELETED
    assert story.repo.workflows.list() == []


def test_a_draft_before_a_published_version_is_not_discarded(story: Story) -> None:
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello", "a")).publish("welcome")
    with pytest.raises(StateError, match="version 2 after it is published"):
        story.repo.versions.discard("welcome", 1)


def test_no_more_versions_than_the_policy_allows(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "repo")
    settings = story.path / "wflgit.toml"
    settings.write_text(settings.read_text() + "\n[policy]\nmax_versions = 2\n")
    story.git("commit", "--quiet", "--all", "--message", "Limit versions")
    story.commit(welcome=steps("hello")).commit(welcome=steps("hello", "a"))
    with pytest.raises(LimitError) as caught:
        story.repo.versions.create("welcome", to_content("welcome", steps("hello", "b")))
    assert "the policy allows 2" in caught.value.message
    assert "archive" in (caught.value.hint or "")


def test_an_invalid_definition_is_refused_with_all_its_problems_and_nothing_is_written(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    before = story.git("rev-parse", "main")
    broken = (
        b'{"name": "Welcome", "trigger": {"type": "nope"}, "start": "lost", "steps": {"a/b": {"type": "add_tag", "config": {}}}}'
    )
    with pytest.raises(DefinitionError) as caught:
        story.repo.versions.create("welcome", broken)
    assert {"unknown-start"} < {problem.rule for problem in caught.value.problems}
    assert all(problem.line == 1 for problem in caught.value.problems)
    assert story.git("rev-parse", "main") == before
    assert story.git("status", "--porcelain") == ""


def test_a_channel_marks_a_published_version_and_moves_on_demand(story: Story) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "a")).publish("welcome")
    assert story.repo.versions.tag("welcome", "stable", 1).channels == ("stable",)
    assert story.repo.versions.tag("welcome", "stable", 2).channels == ("stable",)
    assert story.version("welcome", 1).channels == ()
    assert story.repo.workflows.get("welcome@stable").number == 2
    assert [entry.subject for entry in story.repo.audit.list(action="channel.moved")] == ["welcome@1", "welcome@2"]


def test_channels_are_declared_and_mark_published_versions_only(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    with pytest.raises(StateError, match="not published"):
        story.repo.versions.tag("welcome", "stable", 1)
    with pytest.raises(NotFoundError, match="no channel 'canary'"):
        story.repo.versions.tag("welcome", "canary", 1)
    with pytest.raises(StateError, match="moved by publishing only"):
        story.repo.versions.tag("welcome", "current", 1)


def test_comparing_tells_steps_and_edges_apart(story: Story) -> None:
    story.commit(welcome=steps("hello", "bye")).commit(welcome=steps("hello", "wait", "bye", hello={"tag": "new"}))
    found = story.repo.versions.compare("welcome@1", "welcome@2")
    assert [(change.id, change.kind) for change in found.steps] == [("hello", "changed"), ("wait", "added")]
    assert [(change.source, change.label, change.kind) for change in found.edges] == [
        ("hello", "next", "changed"),
        ("wait", "next", "added"),
    ]
    assert [field.path for field in found.steps[0].fields] == [("config", "tag")]


def test_an_unknown_workflow_gets_the_near_one_proposed(story: Story) -> None:
    story.commit(welcome=steps("hello"))
    with pytest.raises(NotFoundError) as caught:
        story.repo.versions.list("welcom")
    assert caught.value.candidates == ("welcome",)
    assert caught.value.hint == "did you mean 'welcome'?"


def test_everything_works_in_a_bare_repository(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "repo.git", bare=True)
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "wait")).publish("welcome")
    story.rollback("welcome", to=1)
    assert story.repo.workflows.get("welcome").number == 3
    invariants.check(story.repo, story.path)
