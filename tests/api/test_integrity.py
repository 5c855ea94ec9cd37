"""`fsck` tells what was lost and who it was, `repair` puts back what is certain, and both leave the rest to people."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import invariants
from tests.builders import BEN, MAYA, Story, make_repo, steps, to_content
from wflgit import NotFoundError, PermissionDenied, Repository, StateError
from wflgit import open as open_repository
from wflgit.api.integrity import fsck
from wflgit.api.rebasing import note_taken_back
from wflgit.api.repairing import repair
from wflgit.core.permissions import Permission
from wflgit.core.problems import Severity
from wflgit.core.records import Actor
from wflgit.core.repairs import Outcome, Repair
from wflgit.core.reports import Notice
from wflgit.store.engine import open_store

ARCHIVE = "refs/wflgit/archive"


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return published(make_repo(tmp_path / "repo", channels=["stable"]))


@pytest.fixture
def anywhere(tmp_path: Path, store_url: str) -> Story:
    """The same over each database."""
    return published(make_repo(tmp_path / "repo", channels=["stable"], store=store_url))


def published(story: Story) -> Story:
    """Two published versions and a draft."""
    story.commit(welcome=steps("a")).publish("welcome")
    story.commit(welcome=steps("a", "b")).publish("welcome")
    return story.commit(welcome=steps("a", "b", "c"))


def checks(story: Story, repo: Repository | None = None) -> list[tuple[str, str]]:
    return [(found.check, found.subject) for found in fsck((repo or story.repo).workspace)]


def only(story: Story) -> Notice:
    [found] = fsck(story.repo.workspace)
    return found


def mend(story: Story, *, dry_run: bool = False) -> list[Repair]:
    return repair(story.repo.workspace, dry_run=dry_run)


def outcomes(repairs: list[Repair]) -> list[tuple[str, str, Outcome]]:
    return [(found.check, found.subject, found.outcome) for found in repairs]


def trail(story: Story) -> list[tuple[str, str, str]]:
    return [(entry.action, entry.subject, entry.actor) for entry in story.repo.audit.list(limit=1000)]


def drop_tag(story: Story, number: int) -> str:
    """Delete a version tag with plain git; returns the object that it was."""
    tag = story.version("welcome", number).tag
    story.git("tag", "--delete", f"welcome/v{number}")
    return str(tag)


# Lost tags


def test_a_deleted_version_tag_is_reported_with_who_published_it_and_who_is_on_it(story: Story) -> None:
    story.start("welcome", "ana", "ben")
    drop_tag(story, 2)
    found = only(story)
    assert (found.check, found.severity, found.subject) == ("tag-gone", Severity.ERROR, "welcome/v2")
    commit = story.version("welcome", 2).commit[:10]
    assert found.message == (
        "the tag 'welcome/v2' is gone: Maya published version 2 at 2026-01-05 13:00 UTC "
        f"as commit {commit}, and 2 live executions are on it"
    )
    assert found.hint == "put it back: `wflgit fsck --repair`"


def test_a_deleted_version_tag_is_put_back_with_all_that_followed_from_it(anywhere: Story) -> None:
    before = anywhere.version("welcome", 2)
    tag = drop_tag(anywhere, 2)
    assert anywhere.version("welcome", 1).status == "current"
    assert outcomes(mend(anywhere)) == [("tag-gone", "welcome/v2", Outcome.DONE)]
    assert anywhere.git("rev-parse", "refs/tags/welcome/v2").strip() == tag
    assert anywhere.version("welcome", 2) == before
    assert anywhere.git("rev-parse", "welcome/current").strip() == before.commit
    assert checks(anywhere) == []
    assert mend(anywhere) == []
    invariants.check(anywhere.repo, anywhere.path)


def test_what_is_put_back_is_audited_once_with_who_did_it(story: Story) -> None:
    drop_tag(story, 2)
    repair(story.open_again(actor=BEN, store=story.store).workspace)
    assert trail(story)[-2:] == [
        ("version.unpublished", "welcome@2", "git"),
        ("version.restored", "welcome@2", BEN.id),
    ]
    mend(story)
    assert [action for action, _, _ in trail(story)].count("version.restored") == 1
    assert story.repo.audit.verify().broken is None


def test_a_dry_run_says_the_same_and_changes_nothing(story: Story) -> None:
    drop_tag(story, 1)
    checks(story)
    before = story.git("for-each-ref"), trail(story)
    planned = mend(story, dry_run=True)
    assert (story.git("for-each-ref"), trail(story)) == before
    assert outcomes(planned) == [("tag-gone", "welcome/v1", Outcome.PLANNED)]
    assert [found.message for found in planned] == [found.message for found in mend(story)]


def test_a_tag_that_was_lost_and_packed_away_before_anybody_looked_is_found(story: Story) -> None:
    story.git("pack-refs", "--all")
    tag = drop_tag(story, 1)
    again = story.open_again(store=story.store)
    assert checks(story, again) == [("tag-gone", "welcome/v1")]
    repair(again.workspace)
    assert story.git("rev-parse", "refs/tags/welcome/v1").strip() == tag


def test_a_moved_tag_is_moved_back_to_the_object_that_published_first(story: Story) -> None:
    tag = str(story.version("welcome", 2).tag)
    for moved, other in (("main", "tag-wrong-number"), ("main~3", "tag-no-version")):
        story.git("tag", "--force", "--annotate", "--message", "Forged", "welcome/v2", f"{moved}^{{commit}}")
        assert [check for check, _ in checks(story)] == [other, "tag-moved"]
        assert outcomes(mend(story, dry_run=True)) == [("tag-moved", "welcome/v2", Outcome.PLANNED)]
        assert outcomes(mend(story)) == [("tag-moved", "welcome/v2", Outcome.DONE)]
        assert story.git("rev-parse", "refs/tags/welcome/v2").strip() == tag
        assert checks(story) == []


def test_a_tag_that_somebody_made_anew_on_the_same_commit_is_a_moved_one(story: Story) -> None:
    tag = drop_tag(story, 2)
    checks(story)
    story.git("tag", "--annotate", "--message", "Again", "welcome/v2", story.version("welcome", 2).commit)
    found = only(story)
    assert (found.check, found.subject) == ("tag-moved", "welcome/v2")
    assert found.message.startswith("the tag 'welcome/v2' was moved: Maya published version 2 at 2026-01-05 13:00 UTC")
    mend(story)
    assert story.git("rev-parse", "refs/tags/welcome/v2").strip() == tag
    assert checks(story) == []


def test_a_tag_whose_object_is_gone_too_is_told_with_where_to_get_it(story: Story) -> None:
    tag = drop_tag(story, 2)
    checks(story)
    (story.path / ".git/objects" / tag[:2] / tag[2:]).unlink()
    again = story.open_again(store=story.store)
    [found] = fsck(again.workspace)
    assert found.hint == "get it from a clone that has it: `git fetch origin +refs/tags/welcome/v2:refs/tags/welcome/v2`"
    [impossible] = repair(again.workspace)
    assert (impossible.check, impossible.outcome) == ("tag-gone", Outcome.IMPOSSIBLE)
    assert tag[:10] in impossible.message
    assert story.git("tag", "--list", "welcome/v2") == ""


def test_where_the_audit_trail_does_not_hold_no_tag_is_put_back_by_its_word(anywhere: Story) -> None:
    drop_tag(anywhere, 2)
    checks(anywhere)
    tamper(anywhere, "UPDATE audit SET actor = 'mallory@example.com' WHERE sequence = 2", triggers=True)
    again = anywhere.open_again(store=anywhere.store)
    found = outcomes(repair(again.workspace))
    assert ("tag-gone", "welcome/v2", Outcome.IMPOSSIBLE) in found
    assert ("audit-chain", "audit entry 2", Outcome.IMPOSSIBLE) in found
    assert anywhere.git("tag", "--list", "welcome/v2") == ""


def test_a_tag_that_published_nothing_may_go(story: Story) -> None:
    story.git("tag", "--annotate", "--message", "x", "welcome/v9", "main")
    story.git("tag", "welcome/v3", "main")
    assert [check for check, _ in checks(story)] == ["tag-lightweight", "tag-wrong-number"]
    story.git("tag", "--delete", "welcome/v9", "welcome/v3")
    assert checks(story) == []


def test_a_tag_made_by_hand_that_published_and_then_lost_its_commit_may_go(story: Story) -> None:
    story.git("tag", "--annotate", "--message", "By hand", "welcome/v3", "main")
    assert story.version("welcome", 3).status == "current"
    story.git("reset", "--quiet", "--hard", "HEAD~1")
    assert ("tag-no-version", "welcome/v3") in checks(story)
    story.git("tag", "--delete", "welcome/v3")
    assert checks(story) == []


def test_a_tag_that_its_owner_took_back_on_purpose_is_not_lost(story: Story) -> None:
    row = story.version("welcome", 2)
    drop_tag(story, 2)
    note_taken_back(story.repo.workspace, ("welcome", 2), str(row.tag), row.commit)
    assert checks(story) == []
    assert mend(story) == []


# The archive


def test_a_lost_archive_ref_is_put_back_into_the_archive(story: Story) -> None:
    story.git("update-ref", f"{ARCHIVE}/welcome/v1", "refs/tags/welcome/v1")
    story.git("update-ref", "-d", "refs/tags/welcome/v1")
    before = story.version("welcome", 1)
    story.git("update-ref", "-d", f"{ARCHIVE}/welcome/v1")
    assert checks(story) == [("tag-gone", f"{ARCHIVE}/welcome/v1")]
    assert outcomes(mend(story)) == [("tag-gone", f"{ARCHIVE}/welcome/v1", Outcome.DONE)]
    assert (before.status, story.version("welcome", 1)) == ("archived", before)
    assert checks(story) == []


def test_a_move_into_the_archive_that_nobody_finished_is_undone(story: Story) -> None:
    ref = f"{ARCHIVE}/welcome/v1"
    story.git("update-ref", ref, "refs/tags/welcome/v1")
    assert checks(story) == []
    file = story.path / ".git" / ref
    os.utime(file, (file.stat().st_mtime - 4000,) * 2)
    found = only(story)
    assert (found.check, found.severity, found.subject) == ("archive-half", Severity.WARNING, ref)
    before = story.version("welcome", 1)
    assert outcomes(mend(story, dry_run=True)) == [("archive-half", ref, Outcome.PLANNED)]
    assert outcomes(mend(story)) == [("archive-half", ref, Outcome.DONE)]
    assert story.git("for-each-ref", ARCHIVE) == ""
    assert story.version("welcome", 1) == before
    assert trail(story)[-1] == ("archive.tidied", ref, MAYA.id)


# The side store


def tamper(story: Story, statement: str, *, triggers: bool = False) -> None:
    """Write into the side store past wflgit, as somebody with the password could."""
    store = open_store(story.store, story.repo.workspace.embedded_store, account="acme")
    try:
        with store.write() as conn:
            if triggers and store.dialect == "sqlite":
                names = conn.execute(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
                for name in names:
                    conn.execute(sa.text(f"DROP TRIGGER {name}"))
            elif triggers:
                conn.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER USER"))
            conn.execute(sa.text(statement))
    finally:
        store.close()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE versions SET published_by_name = 'Mallory' WHERE number = 2", "versions 2 of 'welcome'"),
        ("DELETE FROM versions WHERE number = 3", "versions 3 of 'welcome'"),
        ("UPDATE versions SET number = 7 WHERE number = 3", "versions 3, 7 of 'welcome'"),
        ("DELETE FROM workflow_files", "the file of 'welcome'"),
    ],
)
def test_rows_that_say_something_else_than_git_are_reported_and_built_anew(story: Story, statement: str, said: str) -> None:
    require_rebuilt(story, statement, said)


def test_rows_are_built_anew_on_each_database(anywhere: Story) -> None:
    require_rebuilt(anywhere, "UPDATE versions SET commit_id = 'x' WHERE number = 1", "versions 1 of 'welcome'")


def require_rebuilt(story: Story, statement: str, said: str) -> None:
    story.start("welcome", "ana")
    before = story.repo.versions.list("welcome"), trail(story)
    tamper(story, statement)
    again = story.open_again(store=story.store)
    found = [notice for notice in fsck(again.workspace) if notice.check == "store-drift"]
    assert [notice.message for notice in found] == [f"the side store says something else than Git of {said}"]
    assert ("store-drift", "welcome", Outcome.DONE) in outcomes(repair(again.workspace))
    assert checks(story, again) == []
    assert (again.versions.list("welcome"), trail(story)[:-1]) == before
    assert trail(story)[-1] == ("store.rebuilt", "main", MAYA.id)
    assert again.executions.list(contact="ana")[0].version == 2


def test_the_audit_chain_is_beyond_repair_and_said_to_be(story: Story) -> None:
    tamper(story, "UPDATE audit SET actor = 'mallory@example.com' WHERE sequence = 3", triggers=True)
    [found] = repair(story.open_again(store=story.store).workspace)
    assert (found.check, found.outcome) == ("audit-chain", Outcome.IMPOSSIBLE)
    assert "restore the side store" in found.message


# Channels and drafts


def test_a_channel_that_marks_no_published_version_is_reported(story: Story) -> None:
    story.tag("welcome", "stable", 1)
    assert checks(story) == []
    story.git("tag", "--force", "welcome/stable", "main")
    found = only(story)
    assert (found.check, found.subject) == ("channel-lost", "welcome/stable")
    assert found.hint == "set it: `wflgit tag welcome stable NUMBER`"
    with pytest.raises(NotFoundError):
        story.start("welcome", "ana", channel="stable")


def test_a_draft_that_cannot_be_read_is_reported_with_whose_it_is(story: Story) -> None:
    ref = "refs/wflgit/drafts/welcome/ben@example.com"
    story.git("update-ref", ref, "main")
    found = only(story)
    assert (found.check, found.subject) == ("draft-lost", ref)
    assert found.message.startswith("the draft of 'welcome' by 'ben@example.com' cannot be read: ")
    story.git("update-ref", "-d", ref)
    assert checks(story) == []


# Signatures


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(file)], check=True)
    return file


def set_members(story: Story, text: str) -> None:
    settings = story.path / "wflgit.toml"
    settings.write_text(settings.read_text() + text)
    story.git("commit", "--quiet", "--all", "--message", "Members")


def test_where_the_policy_asks_for_it_a_member_who_may_publish_must_have_signed(tmp_path: Path, key: Path) -> None:
    story = make_repo(tmp_path / "repo")
    story.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("b")).publish("welcome")
    public = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    member = '[policy]\nsigned_publish = true\n[[members]]\nid = "maya@example.com"\nroles = ["{role}"]\nkeys = ["{public}"]\n'
    plain = story.path / "wflgit.toml"
    before = plain.read_text()
    set_members(story, member.format(role="admin", public=public))
    found = fsck(story.open_again().workspace)
    assert [(notice.check, notice.severity, notice.subject) for notice in found] == [
        ("unsigned", Severity.WARNING, "welcome@1"),
        ("unsigned", Severity.ERROR, "welcome@2"),
    ]
    assert "no member has signed the tag 'welcome/v2' of Maya" in found[1].message

    story.commit(welcome=steps("c"))
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key))):
        story.git("config", name, value)
    story.git("tag", "--sign", "--message", "Publish", "welcome/v3", "main")
    found = fsck(story.open_again().workspace)
    assert [notice.severity for notice in found] == [Severity.WARNING, Severity.WARNING]

    plain.write_text(before)
    set_members(story, member.format(role="auditor", public=public))
    again = open_repository(story.path, actor=Actor(MAYA.id, MAYA.name, permissions=frozenset(Permission)), clock=story.clock)
    found = fsck(again.workspace)
    assert [notice.message for notice in found if notice.severity is Severity.ERROR] == [
        "the policy asks for signatures of members, but 'maya@example.com', who signed the tag 'welcome/v3', may not publish"
    ]


def test_what_the_policy_wants_signed_is_published_signed_or_not_at_all(tmp_path: Path, key: Path) -> None:
    story = make_repo(tmp_path / "repo").commit(welcome=steps("a"))
    public = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    set_members(
        story,
        f'[policy]\nsigned_publish = true\n[[members]]\nid = "maya@example.com"\nroles = ["admin"]\nkeys = ["{public}"]\n',
    )
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key))):
        story.git("config", name, value)
    repo = story.open_again()
    with pytest.raises(StateError, match="version 1 of 'welcome' must be signed"):
        repo.versions.publish("welcome", sign=False)
    repo.versions.publish("welcome")
    assert "BEGIN SSH SIGNATURE" in story.git("cat-file", "tag", "welcome/v1")
    assert [notice for notice in repo.fsck() if notice.severity is Severity.ERROR] == []


def test_commits_that_are_made_anew_are_signed_as_git_is_configured(tmp_path: Path, key: Path) -> None:
    story = make_repo(tmp_path / "repo").commit(welcome=steps("a"))
    story.git("init", "--quiet", "--bare", str(tmp_path / "hub"))
    story.git("remote", "add", "origin", str(tmp_path / "hub"))
    story.repo.push()
    story.git("clone", "--quiet", "--branch", "main", str(tmp_path / "hub"), str(tmp_path / "other"))
    other = open_repository(tmp_path / "other", actor=MAYA, clock=story.clock)
    other.versions.create("welcome", to_content("welcome", steps("a", "b")))
    other.push()
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key)), ("commit.gpgSign", "true")):
        story.git("config", name, value)
    repo = story.open_again()
    repo.workflows.create("other", to_content("other", steps("c")))
    repo.fetch(rebase=True)
    assert story.git("log", "-1", "--format=%s", "main").strip() == "Create other"
    assert "BEGIN SSH SIGNATURE" in story.git("cat-file", "commit", "main")


def test_a_signed_tag_at_another_workflows_ref_signs_nothing_there(tmp_path: Path, key: Path) -> None:
    story = make_repo(tmp_path / "repo")
    public = " ".join(Path(f"{key}.pub").read_text().split()[:2])
    set_members(
        story,
        f'[policy]\nsigned_publish = true\n[[members]]\nid = "maya@example.com"\nroles = ["admin"]\nkeys = ["{public}"]\n',
    )
    story.write(welcome=steps("a"), other=steps("b"))
    story.git("add", ".")
    story.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "--message", "Both")
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key))):
        story.git("config", name, value)
    story.git("tag", "--sign", "--message", "Publish", "welcome/v1", "main")
    story.git("update-ref", "refs/tags/other/v1", "refs/tags/welcome/v1")
    found = [notice for notice in fsck(story.open_again().workspace) if notice.check == "unsigned"]
    assert [(notice.subject, notice.message.partition("but ")[2]) for notice in found] == [
        ("other@1", "the tag 'other/v1' was signed by the name of 'welcome/v1'")
    ]


# Who may


def test_repairing_takes_an_administrator_and_checking_somebody_who_may_read_the_trail(story: Story) -> None:
    tag = drop_tag(story, 2)
    checks(story)

    def as_one_with(*permissions: Permission) -> Repository:
        actor = Actor("eve@example.com", "Eve", permissions=frozenset(permissions))
        return story.open_again(actor=actor, store=story.store)

    with pytest.raises(PermissionDenied):
        fsck(as_one_with(Permission.EDIT).workspace)
    reader = as_one_with(Permission.AUDIT)
    assert fsck(reader.workspace)
    assert repair(reader.workspace, dry_run=True)
    with pytest.raises(PermissionDenied):
        repair(reader.workspace)
    assert story.git("tag", "--list", "welcome/v2") == ""
    repair(as_one_with(Permission.ADMIN).workspace)
    assert story.git("rev-parse", "refs/tags/welcome/v2").strip() == tag
