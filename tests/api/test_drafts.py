"""Drafts through the API: two people, one workflow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import BEN, MAYA, Story, make_repo, steps, to_content
from wflgit.api.drafts import Drafts, clean_up
from wflgit.core.drafts import DraftState
from wflgit.core.names import draft_ref
from wflgit.core.permissions import Permission
from wflgit.core.records import Actor
from wflgit.errors import (
    ConflictError,
    DefinitionError,
    InvalidNameError,
    NotFoundError,
    PermissionDenied,
    StateError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WEEK = timedelta(days=7)
MAYAS = draft_ref("welcome", MAYA.id)


def edit(*ids: str, **config: Any) -> bytes:
    return to_content("welcome", steps(*ids, **config))


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A bare repository with one workflow in version 1."""
    return make_repo(tmp_path / "acme.git", bare=True).commit(welcome=edit("hello", "wait", "bye"))


@pytest.fixture
def maya(story: Story) -> Drafts:
    return Drafts(story.repo.workspace)


@pytest.fixture
def ben(story: Story) -> Drafts:
    return Drafts(story.open_again(actor=BEN).workspace)


def all_refs(story: Story) -> Mapping[str, str]:
    said = story.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split() for line in said)


# Saving


def test_a_draft_is_based_on_the_newest_version_and_leaves_trunk_and_tags_alone(story: Story, maya: Drafts) -> None:
    before = all_refs(story)
    draft = maya.save("welcome", edit("hello", "bye"))
    assert (draft.workflow, draft.user, draft.base_version, draft.save) == ("welcome", MAYA.id, 1, 1)
    assert draft.base == story.version("welcome", 1).commit
    assert maya.content("welcome") == edit("hello", "bye")
    assert all_refs(story) == {**before, MAYAS: draft.commit}
    assert story.git("log", "-1", "--format=%an %ae", MAYAS).split() == ["Maya", MAYA.id]
    assert [version.number for version in story.repo.versions.list("welcome")] == [1]


def test_saving_the_same_again_writes_nothing(story: Story, maya: Drafts) -> None:
    first = maya.save("welcome", edit("hello"))
    story.clock.tick()
    objects = story.git("count-objects", "-v")
    assert maya.save("welcome", edit("hello")) == first
    assert story.git("count-objects", "-v") == objects


def test_each_save_is_one_commit_with_a_number(story: Story, maya: Drafts) -> None:
    for ids in (("hello",), ("hello", "bye"), ("hello",)):
        story.clock.tick()
        maya.save("welcome", edit(*ids))
    saves = maya.history("welcome")
    assert [save.number for save in saves] == [3, 2, 1]
    assert [save.saved_at for save in saves] == sorted((save.saved_at for save in saves), reverse=True)
    assert story.git("rev-list", "--count", f"main..{MAYAS}").strip() == "3"


def test_half_done_work_is_saved_however_broken(maya: Drafts) -> None:
    for content in (b'{"steps": {"hello": ', b"", b'{"steps": {"a": {"type": "nothing", "next": "nowhere"}}}'):
        maya.save("welcome", content)
        assert maya.content("welcome") == content


def test_a_secret_in_plain_text_is_refused_and_nothing_of_it_is_stored(story: Story, maya: Drafts) -> None:
    secret = steps("hello")
    secret["steps"]["hello"] = {"type": "call_webhook", "config": {"secret_headers": {"X-Key": "5f0c1d"}}, "next": None}
    before = story.git("count-objects", "-v")
    for content in (to_content("welcome", secret), b'{"steps": {"hello": {"config": {"password": "5f0c1d"'):
        with pytest.raises(DefinitionError, match="a secret in plain text") as refused:
            maya.save("welcome", content)
        assert "5f0c1d" not in f"{refused.value.message}{refused.value.hint}{refused.value.problems}"
    assert story.git("count-objects", "-v") == before


def test_a_schema_that_marks_a_secret_counts_from_the_commit_on_that_brings_it(tmp_path: Path) -> None:
    story = make_repo(tmp_path / "acme").commit(welcome=edit("hello"))
    drafts = Drafts(story.repo.workspace)
    ring = steps("hello")
    ring["steps"]["hello"] = {"type": "ring", "config": {"pin": "1234"}, "next": None}
    drafts.save("welcome", to_content("welcome", ring))
    schema = tmp_path / "acme" / "schemas" / "steps" / "ring.schema.json"
    schema.parent.mkdir(parents=True)
    schema.write_text('{"properties": {"pin": {"x-secret": true}}}')
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Add a type")
    ring["steps"]["hello"]["config"]["pin"] = "5678"
    with pytest.raises(DefinitionError, match="a secret"):
        drafts.save("welcome", to_content("welcome", ring))


def test_a_draft_may_be_begun_on_an_earlier_version_by_number_commit_or_blob(story: Story, maya: Drafts) -> None:
    story.commit(welcome=edit("hello", "bye"))
    first = story.version("welcome", 1)
    for base in (1, first.commit, first.blob):
        assert maya.save("welcome", edit("hello", "wait"), base=base).base_version == 1
        maya.discard("welcome")
    with pytest.raises(NotFoundError):
        maya.save("welcome", edit("hello"), base=7)
    with pytest.raises(NotFoundError):
        maya.save("welcome", edit("hello"), base="no-such-commit")


def test_an_edit_that_started_elsewhere_than_the_draft_is_refused(story: Story, maya: Drafts) -> None:
    draft = maya.save("welcome", edit("hello"))
    story.commit(welcome=edit("hello", "bye"))
    with pytest.raises(ConflictError, match="to be based on 2, but it is based on version 1") as refused:
        maya.save("welcome", edit("hello", "bye", "late"), base=2)
    assert (refused.value.expected, refused.value.actual) == (2, 1)
    maya.save("welcome", edit("hello", "again"), base=1)
    maya.save("welcome", edit("hello", "more"), base=draft.base)
    maya.save("welcome", edit("hello", "last"), base=maya.get("welcome").commit)
    with pytest.raises(ConflictError):
        maya.save("welcome", edit("hello"), base=maya.history("welcome")[1].commit)


def test_a_workflow_that_is_new_has_a_draft_of_its_own(story: Story, maya: Drafts) -> None:
    draft = maya.save("sales/hello", to_content("sales/hello", steps("hello")))
    assert (draft.base, draft.base_version, draft.path) == (None, None, "workflows/sales/hello.json")
    assert maya.status("sales/hello").state is DraftState.CLEAN
    version = maya.commit("sales/hello")
    assert (version.workflow, version.number) == ("sales/hello", 1)
    assert maya.list() == []


@pytest.mark.parametrize("slug", ["Welcome", "a..b", "", "current", "../../heads/main", "a@b"])
def test_what_is_no_slug_has_no_draft(story: Story, maya: Drafts, slug: str) -> None:
    before = all_refs(story)
    with pytest.raises(InvalidNameError):
        maya.save(slug, edit("hello"))
    assert all_refs(story) == before


def test_a_full_draft_thins_its_older_saves_out_and_goes_on(story: Story, maya: Drafts, monkeypatch: pytest.MonkeyPatch) -> None:
    from wflgit.api import drafting
    from wflgit.core import drafts as rules

    for module in (drafting, rules):
        monkeypatch.setattr(module, "MOST_SAVES", 10)
    monkeypatch.setattr(rules, "KEPT_WHOLE", 4)
    for number in range(1, 31):
        maya.save("welcome", edit("hello", f"step_{number}"))
    saves = maya.history("welcome")
    assert len(saves) <= 10
    assert [save.number for save in saves][:4] == [30, 29, 28, 27]
    assert saves[-1].number == 1
    assert story.git("merge-base", "main", MAYAS).strip() == story.version("welcome", 1).commit
    assert maya.content("welcome", save=1) == edit("hello", "step_1")
    with pytest.raises(NotFoundError, match="thinned out"):
        maya.content("welcome", save=2)


# Whose draft


def test_two_people_have_two_drafts_that_each_may_look_at(maya: Drafts, ben: Drafts) -> None:
    maya.save("welcome", edit("hello", "mayas"))
    ben.save("welcome", edit("hello", "bens"))
    assert [(draft.user, draft.author.name) for draft in maya.list("welcome")] == [(BEN.id, "Ben"), (MAYA.id, "Maya")]
    assert maya.content("welcome", BEN.id) == edit("hello", "bens")
    assert [change.subject for change in maya.diff("welcome", user=BEN.id).changes]
    assert ben.content("welcome") == edit("hello", "bens")


def test_nobody_discards_or_commits_the_draft_of_another(story: Story, maya: Drafts, ben: Drafts) -> None:
    maya.save("welcome", edit("hello", "mayas"))
    before = all_refs(story)
    with pytest.raises(PermissionDenied, match=f"is of '{MAYA.id}', and you are '{BEN.id}'"):
        ben.discard("welcome", user=MAYA.id)
    with pytest.raises(NotFoundError, match=rf"you have no draft of 'welcome'; Maya \({MAYA.id}\) has one") as missing:
        ben.commit("welcome")
    assert missing.value.candidates == (MAYA.id,)
    with pytest.raises(NotFoundError):
        ben.discard("welcome")
    with pytest.raises(NotFoundError):
        ben.restore("welcome", save=1)
    with pytest.raises(NotFoundError):
        ben.rebase("welcome")
    assert all_refs(story) == before


def test_publishing_takes_nobodys_draft(story: Story, maya: Drafts, ben: Drafts) -> None:
    ben.save("welcome", edit("hello", "bens"))
    story.publish("welcome")
    assert story.repo.workflows.read("welcome@current") == edit("hello", "wait", "bye")
    assert [draft.user for draft in maya.list()] == [BEN.id]


def test_users_whose_names_are_odd_never_share_a_ref(story: Story) -> None:
    ids = ["a/b", "a=2fb", "a b", "ünï", ".hidden", "a..b", "x.lock", "@", "A", "a"]
    for user in ids:
        Drafts(story.open_again(actor=Actor(user, "Somebody")).workspace).save("welcome", edit("hello", "odd", odd={"tag": user}))
    assert sorted(draft.user for draft in Drafts(story.repo.workspace).list()) == sorted(ids)


def test_without_the_permission_nothing_is_saved(story: Story) -> None:
    reader = Actor("eve@example.com", "Eve", permissions=frozenset({Permission.AUDIT}))
    drafts = Drafts(story.open_again(actor=reader).workspace)
    before = all_refs(story)
    with pytest.raises(PermissionDenied):
        drafts.save("welcome", edit("hello"))
    with pytest.raises(PermissionDenied):
        drafts.autosave("welcome")
    with pytest.raises(PermissionDenied):
        drafts.clean_up()
    assert drafts.list() == []
    assert all_refs(story) == before


def test_the_draft_of_one_slug_is_not_that_of_another_below_it(story: Story, maya: Drafts) -> None:
    story.commit({"welcome/late": to_content("welcome/late", steps("hello"))})
    maya.save("welcome", edit("hello"))
    maya.save("welcome/late", edit("bye"))
    assert [draft.workflow for draft in maya.list("welcome")] == ["welcome"]
    assert [draft.workflow for draft in maya.list()] == ["welcome", "welcome/late"]


# Looking


def test_a_draft_is_compared_with_its_base_and_with_what_is_current(story: Story, maya: Drafts) -> None:
    story.publish("welcome").commit(welcome=edit("hello", "wait", "bye", "extra"))
    maya.save("welcome", edit("hello", "wait", "bye", "extra", "last"))
    assert [part.id for part in maya.diff("welcome").steps] == ["last"]
    assert [part.id for part in maya.diff("welcome", "current").steps] == ["extra", "last"]
    maya.save("welcome", edit("hello", "wait", "bye", "extra"))
    assert not maya.diff("welcome")
    assert [part.id for part in maya.diff("welcome", save=1).steps] == ["last"]


def test_a_draft_of_a_new_workflow_has_nothing_to_be_compared_with(maya: Drafts) -> None:
    maya.save("hello", edit("hello"))
    with pytest.raises(StateError, match="based on no version"):
        maya.diff("hello")


def test_a_ref_that_is_no_draft_is_in_nobodys_way(story: Story, maya: Drafts) -> None:
    story.git("update-ref", draft_ref("welcome", BEN.id), "refs/heads/main")
    maya.save("welcome", edit("hello"))
    assert [draft.user for draft in maya.list()] == [MAYA.id]


# Behind


def test_a_draft_is_clean_behind_or_conflicting_by_what_others_have_committed(story: Story, maya: Drafts) -> None:
    maya.save("welcome", edit("hello", "wait", "bye", hello={"tag": "mayas"}))
    assert maya.status("welcome").state is DraftState.CLEAN
    story.commit(welcome=edit("hello", "wait", "bye", bye={"tag": "bens"}))
    behind = maya.status("welcome")
    assert (behind.state, behind.newest, behind.versions) == (DraftState.BEHIND, 2, (2,))
    story.commit(welcome=edit("hello", "wait", "bye", hello={"tag": "bens"}))
    conflicting = maya.status("welcome")
    assert (conflicting.state, conflicting.versions) == (DraftState.CONFLICTING, (3, 2))
    assert [conflict.step for conflict in conflicting.conflicts] == ["hello"]
    story.commit(welcome=edit("hello", "wait", "bye"))
    assert maya.status("welcome").state is DraftState.CLEAN, "all was taken back, so it is where it was"


def test_rebasing_merges_step_by_step_and_keeps_the_saves(story: Story, maya: Drafts) -> None:
    maya.save("welcome", edit("hello", "wait", "bye", hello={"tag": "mayas"}))
    story.commit(welcome=edit("hello", "wait", "bye", bye={"tag": "bens"}))
    draft = maya.rebase("welcome")
    assert (draft.save, draft.base_version) == (2, 2)
    assert maya.content("welcome") == edit("hello", "wait", "bye", hello={"tag": "mayas"}, bye={"tag": "bens"})
    assert [save.note for save in maya.history("welcome")] == ["rebased onto version 2", ""]
    assert story.git("merge-base", "main", MAYAS).strip() == story.version("welcome", 2).commit
    assert maya.status("welcome").state is DraftState.CLEAN
    assert maya.rebase("welcome") == draft, "there is nothing more to do"


def test_a_conflict_is_decided_by_an_answer(story: Story, maya: Drafts) -> None:
    maya.save("welcome", edit("hello", "wait", "bye", hello={"tag": "mayas"}))
    story.commit(welcome=edit("hello", "wait", "bye", hello={"tag": "bens"}, bye={"tag": "bens"}))
    with pytest.raises(ConflictError, match="do not go together in one place") as refused:
        maya.rebase("welcome")
    [conflict] = refused.value.conflicts
    assert maya.get("welcome").save == 1
    maya.rebase("welcome", {conflict.path: "ours"})
    assert maya.content("welcome") == edit("hello", "wait", "bye", hello={"tag": "mayas"}, bye={"tag": "bens"})


def test_the_draft_of_a_workflow_that_was_deleted_says_so(story: Story, maya: Drafts) -> None:
    maya.save("welcome", edit("hello"))
    story.repo.workflows.delete("welcome")
    assert maya.status("welcome").state is DraftState.DELETED
    with pytest.raises(StateError, match="was deleted in version 2"):
        maya.rebase("welcome")
    with pytest.raises(NotFoundError):
        maya.commit("welcome")
    assert maya.content("welcome") == edit("hello")


# Committing


def test_a_draft_becomes_a_version_and_is_gone(story: Story, ben: Drafts) -> None:
    ben.save("welcome", edit("hello", "wait"))
    version = ben.commit("welcome", message="Say less")
    assert (version.number, version.author.name, version.summary) == (2, "Ben", "Say less")
    assert story.repo.workflows.read("welcome@2") == edit("hello", "wait")
    assert ben.list() == []


def test_a_draft_that_is_behind_is_committed_only_by_merging(story: Story, ben: Drafts) -> None:
    ben.save("welcome", edit("hello", "wait", "bye", bye={"tag": "bens"}))
    story.commit(welcome=edit("hello", "wait", "bye", hello={"tag": "mayas"}))
    with pytest.raises(ConflictError, match="Maya made version 2"):
        ben.commit("welcome")
    assert ben.get("welcome").save == 1
    assert ben.commit("welcome", merge=True).number == 3
    assert story.repo.workflows.read("welcome@3") == edit("hello", "wait", "bye", hello={"tag": "mayas"}, bye={"tag": "bens"})
    assert ben.list() == []


def test_a_draft_that_conflicts_stays_when_it_cannot_be_committed(story: Story, ben: Drafts) -> None:
    ben.save("welcome", edit("hello", "wait", "bye", hello={"tag": "bens"}))
    story.commit(welcome=edit("hello", "wait", "bye", hello={"tag": "mayas"}))
    with pytest.raises(ConflictError) as refused:
        ben.commit("welcome", merge=True)
    assert refused.value.conflicts
    assert ben.content("welcome") == edit("hello", "wait", "bye", hello={"tag": "bens"})


def test_what_is_broken_is_not_committed_and_stays(ben: Drafts) -> None:
    ben.save("welcome", b'{"steps": {')
    with pytest.raises(DefinitionError):
        ben.commit("welcome")
    assert ben.content("welcome") == b'{"steps": {'


def test_a_workflow_that_two_people_made_at_once_is_nobodys_to_overwrite(story: Story, maya: Drafts, ben: Drafts) -> None:
    ben.save("hello", to_content("hello", steps("hello", hello={"tag": "bens"})))
    maya.save("hello", to_content("hello", steps("hello", hello={"tag": "mayas"})))
    maya.commit("hello")
    with pytest.raises(ConflictError, match="Maya made one of that name"):
        ben.commit("hello")
    with pytest.raises(ConflictError) as refused:
        ben.commit("hello", merge=True)
    ben.rebase("hello", {conflict.path: "ours" for conflict in refused.value.conflicts})
    assert ben.commit("hello").number == 2


def test_a_commit_that_was_killed_before_the_draft_was_gone_is_done_by_the_next(story: Story, maya: Drafts) -> None:
    draft = maya.save("welcome", edit("hello"))
    version = maya.commit("welcome")
    story.git("update-ref", MAYAS, draft.commit)
    assert maya.recoverable() == []
    assert maya.commit("welcome").commit == version.commit
    assert maya.list() == []


def test_a_draft_whose_content_was_committed_otherwise_is_let_go(story: Story, maya: Drafts) -> None:
    maya.save("welcome", edit("hello"))
    assert not maya.settle("welcome")
    story.commit(welcome=edit("hello"))
    assert maya.settle("welcome")
    assert maya.list() == []


# Restoring and throwing away


def test_an_earlier_save_is_restored_as_one_more(maya: Drafts) -> None:
    maya.save("welcome", edit("hello", "first"))
    maya.save("welcome", edit("hello", "second"))
    draft = maya.restore("welcome", save=1)
    assert (draft.save, maya.content("welcome")) == (3, edit("hello", "first"))
    assert maya.history("welcome")[0].note == "save 1 again"
    assert maya.content("welcome", save=2) == edit("hello", "second")
    with pytest.raises(NotFoundError, match="the newest is 3"):
        maya.restore("welcome", save=9)


def test_what_is_restored_from_before_a_rebase_has_its_old_base_again(story: Story, maya: Drafts) -> None:
    mine = edit("hello", "wait", "bye", hello={"tag": "mayas"})
    maya.save("welcome", mine)
    story.commit(welcome=edit("hello", "wait", "bye", bye={"tag": "bens"}))
    maya.rebase("welcome")
    assert maya.restore("welcome", save=1).base_version == 1
    assert maya.status("welcome").state is DraftState.BEHIND, "otherwise committing would take back what Ben did"


def test_what_was_discarded_can_be_brought_back_with_all_saves(story: Story, maya: Drafts) -> None:
    maya.save("welcome", edit("hello", "first"))
    maya.save("welcome", edit("hello", "second"))
    discarded = maya.discard("welcome")
    assert maya.list() == []
    assert [draft.commit for draft in maya.archived("welcome")] == [discarded.commit]
    assert maya.bring_back("welcome") == discarded
    assert len(maya.history("welcome")) == 2
    assert maya.archived() == []
    with pytest.raises(NotFoundError):
        maya.bring_back("welcome")


def test_several_drafts_discarded_within_a_second_are_all_kept(maya: Drafts) -> None:
    for step in ("first", "second", "third"):
        maya.save("welcome", edit("hello", step))
        maya.discard("welcome")
    assert len(maya.archived("welcome")) == 3


def test_only_ones_own_draft_comes_back_and_never_over_another(maya: Drafts, ben: Drafts) -> None:
    maya.save("welcome", edit("hello", "mayas"))
    maya.discard("welcome")
    with pytest.raises(NotFoundError):
        ben.bring_back("welcome")
    maya.save("welcome", edit("hello", "newer"))
    with pytest.raises(StateError, match="already"):
        maya.bring_back("welcome")


def test_drafts_nobody_touches_go_to_the_archive_after_the_policys_time_and_then_for_good(
    story: Story, maya: Drafts, ben: Drafts
) -> None:
    maya.save("welcome", edit("hello", "mayas"))
    story.clock.tick(WEEK - timedelta(hours=1))
    ben.save("welcome", edit("hello", "bens"))
    assert not clean_up(story.repo.workspace)
    story.clock.tick(timedelta(hours=1))
    assert [draft.user for draft in maya.clean_up(dry_run=True).archived] == [MAYA.id]
    assert [draft.user for draft in maya.clean_up().archived] == [MAYA.id]
    assert [draft.user for draft in maya.list()] == [BEN.id]
    story.clock.tick(WEEK - timedelta(hours=1))
    assert [draft.user for draft in maya.clean_up().archived] == [BEN.id]
    assert [draft.user for draft in maya.archived()] == [BEN.id, MAYA.id]
    story.clock.tick(timedelta(hours=1))
    assert [draft.user for draft in maya.clean_up().removed] == [MAYA.id]
    assert [draft.user for draft in maya.archived()] == [BEN.id]


def test_archived_drafts_are_no_archived_versions(story: Story, maya: Drafts) -> None:
    story.publish("welcome")
    maya.save("welcome", edit("hello"))
    maya.discard("welcome")
    assert [str(version.status) for version in story.repo.versions.list("welcome")] == ["current"]
    assert story.repo.fsck() == []


# Recovering


def test_in_a_bare_repository_what_is_not_committed_can_be_recovered(story: Story, maya: Drafts, ben: Drafts) -> None:
    maya.save("welcome", edit("hello"))
    ben.save("welcome", edit("bye"))
    assert [draft.user for draft in maya.recoverable()] == [MAYA.id]
    maya.commit("welcome")
    assert maya.recoverable() == []
