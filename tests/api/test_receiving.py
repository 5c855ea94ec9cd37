"""What a server refuses of a push, tried with real pushes where the quarantine matters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.builders import BEN, MAYA, Story, make_repo, steps, to_content
from wflgit.api.receiving import Refusal, refusals
from wflgit.core.catalog import BUILT_IN
from wflgit.core.names import draft_archive_ref, draft_ref
from wflgit.core.permissions import Pusher
from wflgit.core.validation import validate
from wflgit.errors import InvalidNameError, MissingObjectError
from wflgit.git.hooking import RefUpdate, new_commits, open_receiving, parse_updates

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
MAIN = "refs/heads/main"
BROKEN = '{"name": "Broken", "start": "a", "steps": {"a": {"type": "add_tag", "config": {"tag": "x"}, "next": "b"}}}'


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """What is on the server: a workflow with two versions, the first one published."""
    return make_repo(tmp_path / "acme").commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("a", "b"))


def tip(story: Story, ref: str = "main") -> str:
    return story.git("rev-parse", ref).strip()


def onwards(story: Story, *changes: Callable[[Path], object], message: str = "More") -> RefUpdate:
    """A push that brings a commit for each change of the working tree onto the trunk."""
    old = tip(story)
    story.git("switch", "--quiet", "--detach")
    for change in changes:
        change(story.path)
        story.git("add", "--all")
        story.git("commit", "--quiet", "--message", message)
    new = tip(story, "HEAD")
    story.git("switch", "--quiet", "main")
    return RefUpdate(MAIN, old, new)


def writes(path: str, content: str | bytes) -> Callable[[Path], object]:
    def write(folder: Path) -> None:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def refused(story: Story, *updates: RefUpdate) -> list[Refusal]:
    return refusals(open_receiving(story.path, None), updates)


def messages(story: Story, *updates: RefUpdate) -> list[str]:
    return [refusal.message for refusal in refused(story, *updates)]


# The trunk


def test_versions_that_are_valid_pass(story: Story) -> None:
    push = onwards(story, writes("workflows/welcome.json", to_content("welcome", steps("a", "c"))), writes("notes.txt", "broken {"))
    assert refused(story, push) == []


def test_every_version_with_errors_is_refused_at_once_with_its_lines(story: Story) -> None:
    push = onwards(
        story,
        writes("workflows/one.json", BROKEN),
        writes("workflows/two.json", "{"),
        writes("workflows/two.json", to_content("two", steps("a"))),
    )
    found = refused(story, push)
    assert [(refusal.path, refusal.ref) for refusal in found] == [("workflows/one.json", MAIN), ("workflows/two.json", MAIN)]
    assert [problem.rule for problem in found[0].problems] == ["missing-key", "unknown-target"]
    assert found[0].problems[1].line == 1
    assert found[1].commit == tip(story, f"{push.new}~1")


def test_a_broken_file_that_the_push_does_not_touch_is_nobodys_fault(story: Story) -> None:
    writes("workflows/old.json", "{")(story.path)
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Broken from the beginning")
    assert refused(story, onwards(story, writes("workflows/new.json", to_content("new", steps("a"))))) == []


def test_the_accounts_own_types_are_those_of_the_very_commit(story: Story) -> None:
    schema = '{"type": "object", "required": ["room"]}'
    own = steps("a", b={"room": 7})
    own["steps"]["a"] |= {"type": "book_room", "config": {"room": 7}}
    poor = steps("a")
    poor["steps"]["a"] |= {"type": "book_room", "config": {}}
    file = "workflows/booking.json"
    push = onwards(
        story,
        writes("schemas/steps/book_room.schema.json", schema),
        writes(file, to_content("booking", own)),
        writes(file, to_content("booking", poor)),
    )
    [refusal] = refused(story, push)
    assert refusal.commit == push.new
    assert "room" in refusal.problems[0].message


def test_warnings_stop_no_push(story: Story) -> None:
    lonely = steps("a")
    lonely["steps"]["b"] = {"type": "add_tag", "config": {"tag": "b"}, "next": None}
    content = to_content("welcome", lonely)
    assert [problem.rule for problem in validate(content, BUILT_IN)] == ["unreachable-step"]
    assert refused(story, onwards(story, writes("workflows/welcome.json", content))) == []


def test_a_conflict_that_was_committed_is_called_one(story: Story) -> None:
    content = "{\n<<<<<<< HEAD\n  1\n=======\n  2\n>>>>>>> theirs\n}\n"
    [refusal] = refused(story, onwards(story, writes("workflows/welcome.json", content)))
    assert refusal.message == "'workflows/welcome.json' holds a conflict that nobody resolved"
    assert refusal.problems == ()


def test_the_trunk_is_neither_rewritten_nor_deleted(story: Story) -> None:
    old = tip(story)
    story.git("checkout", "--quiet", "--detach", "HEAD~1")
    writes("notes.txt", "else")(story.path)
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Elsewhere")
    new = tip(story, "HEAD")
    assert messages(story, RefUpdate(MAIN, old, new)) == [
        f"the trunk 'main' would be rewritten: commit '{old[:10]}' would not be on it any more"
    ]
    assert messages(story, RefUpdate(MAIN, old, None)) == ["the trunk 'main' would be deleted, and with it every version"]


def test_a_merge_of_the_trunk_into_a_branch_is_no_trunk(story: Story) -> None:
    story.git("switch", "--quiet", "--create", "side", "HEAD~1")
    writes("notes.txt", "side")(story.path)
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Side")
    story.git("merge", "--quiet", "--no-edit", "main")
    push = RefUpdate(MAIN, tip(story), tip(story, "side"))
    assert [message.partition(":")[0] for message in messages(story, push)] == ["a merge in the wrong direction"]


def test_other_branches_and_tags_are_nobodys_business(story: Story) -> None:
    push = onwards(story, writes("workflows/welcome.json", "{"))
    updates = [RefUpdate("refs/heads/side", None, push.new), RefUpdate("refs/heads/old", push.old, None)]
    assert refused(story, *updates, RefUpdate("refs/tags/release/v1", push.old, None)) == []


def test_a_merge_is_one_version_and_its_side_is_not_looked_at(story: Story) -> None:
    story.git("switch", "--quiet", "--create", "side")
    for content in ("{", to_content("welcome", steps("a", "d")).decode()):
        writes("workflows/welcome.json", content)(story.path)
        story.git("commit", "--quiet", "--all", "--message", "Side")
    old = tip(story)
    story.git("switch", "--quiet", "--detach", "main")
    story.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    assert refused(story, RefUpdate(MAIN, old, tip(story, "HEAD"))) == []
    [refusal] = refused(story, RefUpdate(MAIN, old, tip(story, "side")))
    assert refusal.path == "workflows/welcome.json"


# Settings


def test_a_push_cannot_switch_its_own_check_off(story: Story) -> None:
    elsewhere = 'account = "acme"\ntrunk = "other"\n\n[workflows]\npaths = ["flows/*.json"]\n'
    push = onwards(story, writes("wflgit.toml", elsewhere), writes("workflows/welcome.json", "{"))
    assert [refusal.path for refusal in refused(story, push)] == ["workflows/welcome.json"]


def test_settings_that_nobody_could_check_by_are_refused(story: Story) -> None:
    [broken] = refused(story, onwards(story, writes("wflgit.toml", "account = ")))
    assert "not valid TOML" in broken.message
    [gone] = refused(story, onwards(story, lambda folder: (folder / "wflgit.toml").unlink()))
    assert gone.message == "wflgit.toml would be gone, and with it every check of what is pushed"


def test_the_first_push_is_checked_by_the_settings_that_it_brings(story: Story, tmp_path: Path) -> None:
    empty = tmp_path / "empty.git"
    story.git("init", "--quiet", "--bare", "--initial-branch=main", str(empty))
    writes("workflows/welcome.json", "{")(story.path)
    story.git("commit", "--quiet", "--all", "--message", "Broken")
    story.git("push", "--quiet", str(empty), "main:refs/heads/elsewhere")
    git = open_receiving(empty, None)
    assert refusals(git, [RefUpdate("refs/heads/elsewhere", None, tip(story))]) == []
    [refusal] = refusals(git, [RefUpdate(MAIN, None, tip(story))])
    assert refusal.path == "workflows/welcome.json"


def test_a_repository_that_is_none_of_wflgits_is_left_alone(story: Story) -> None:
    story.git("rm", "--quiet", "wflgit.toml")
    story.git("commit", "--quiet", "--message", "Without")
    push = onwards(story, writes("workflows/welcome.json", "{"))
    assert refused(story, push, RefUpdate("refs/tags/welcome/v1", tip(story, "refs/tags/welcome/v1"), None)) == []


# Tags


def test_the_tag_of_a_version_stays_as_it_is(story: Story) -> None:
    tag, ref = tip(story, "refs/tags/welcome/v1"), "refs/tags/welcome/v1"
    story.git("tag", "--annotate", "--message", "Else", "else", "main")
    assert messages(story, RefUpdate(ref, tag, tip(story, "refs/tags/else"))) == [
        "version 1 of 'welcome' is published, and its tag would be moved to something else"
    ]
    assert messages(story, RefUpdate(ref, tag, None)) == ["version 1 of 'welcome' is published, and its tag would be deleted"]
    assert refused(story, RefUpdate("refs/tags/welcome/current", tip(story), tip(story, "main~1"))) == []


def tagged(story: Story, commit: str, *, number: int, annotate: bool = True) -> RefUpdate:
    """A push of a version tag that plain git made of a commit."""
    name = f"pushed{number}"
    story.git("tag", "--force", *(["--annotate", "--message", "Publish"] if annotate else []), name, commit)
    return RefUpdate(f"refs/tags/welcome/v{number}", None, tip(story, f"refs/tags/{name}"))


def test_a_tag_of_a_version_that_plain_git_made_passes(story: Story) -> None:
    assert refused(story, tagged(story, "main", number=2)) == []


def test_a_tag_that_comes_with_its_version_passes(story: Story) -> None:
    push = onwards(story, writes("workflows/welcome.json", to_content("welcome", steps("a", "c"))))
    assert push.new
    assert refused(story, push, tagged(story, push.new, number=3)) == []
    assert messages(story, tagged(story, push.new, number=3)) == ["the commit is no version of 'welcome'"]


@pytest.mark.parametrize(
    ("commit", "number", "annotate", "message"),
    [
        ("main", 2, False, "the tag does not say who published: it is lightweight"),
        ("main", 3, True, "the commit is version 2 of 'welcome', not 3"),
        ("main~2", 3, True, "the commit is no version of 'welcome'"),
    ],
)
def test_a_tag_that_publishes_nothing_is_refused(story: Story, commit: str, number: int, annotate: bool, message: str) -> None:
    assert messages(story, tagged(story, commit, number=number, annotate=annotate)) == [message]


def test_a_tag_off_the_trunk_is_refused_whatever_its_message_says(story: Story) -> None:
    push = onwards(story, writes("workflows/welcome.json", to_content("welcome", steps("a", "c"))))
    assert push.new
    story.git("tag", "--annotate", "--message", "Publish welcome v3\n\nWflgit-Action: publish", "lost", push.new)
    update = RefUpdate("refs/tags/welcome/v3", None, tip(story, "refs/tags/lost"))
    assert messages(story, update) == ["the commit is no version of 'welcome'"]


def test_the_tag_of_a_deletion_is_refused(story: Story) -> None:
    story.repo.workflows.delete("welcome")
    assert messages(story, tagged(story, "main", number=3)) == ["the commit deletes 'welcome', so there is nothing to publish"]


def test_a_version_goes_into_the_archive_and_out_of_it_but_never_away(story: Story) -> None:
    tag, ref, archive = tip(story, "refs/tags/welcome/v1"), "refs/tags/welcome/v1", "refs/wflgit/archive/welcome/v1"
    assert refused(story, RefUpdate(archive, None, tag), RefUpdate(ref, tag, None)) == []
    story.git("update-ref", archive, tag)
    story.git("update-ref", "-d", ref)
    assert messages(story, RefUpdate(archive, tag, None)) == [
        "version 1 of 'welcome' is archived, and what keeps it would be deleted"
    ]
    assert refused(story, RefUpdate(archive, tag, None), RefUpdate(ref, None, tag)) == []
    assert messages(story, tagged(story, "main~1", number=1)) == [
        "version 1 of 'welcome' is archived, and this is another tag of its number"
    ]


def test_all_reasons_are_said_at_once(story: Story) -> None:
    push = onwards(story, writes("workflows/welcome.json", "{"), writes("wflgit.toml", "?"))
    found = refused(story, push, RefUpdate("refs/tags/welcome/v1", tip(story, "refs/tags/welcome/v1"), None))
    assert [refusal.path for refusal in found] == ["wflgit.toml", "workflows/welcome.json", None]


# Who may push what

LEA, EVE = "lea@example.com", "eve@example.com"


def settle(story: Story, more: str) -> None:
    """Write something more into the settings on the trunk."""
    file = story.path / "wflgit.toml"
    file.write_text(f"{file.read_text()}\n{more}\n")
    story.git("commit", "--quiet", "--all", "--message", "Settle who may do what")


@pytest.fixture
def closed(story: Story) -> Story:
    """Maya is the administrator, Ben edits, Lea publishes; all others may look at the audit trail."""
    members = {MAYA.id: "admin", BEN.id: "editor", LEA: "publisher", "*": "auditor"}
    settle(story, "\n".join(f'[[members]]\nid = "{who}"\nroles = ["{role}"]' for who, role in members.items()))
    return story


def by(who: str) -> Pusher:
    return Pusher((who,), "WFLGIT_ACTOR")


def denied(story: Story, who: str | None, *updates: RefUpdate) -> list[str]:
    """Why somebody may not push this; the reasons about permissions only."""
    found = refusals(open_receiving(story.path, None), updates, by(who) if who else None)
    return [refusal.message for refusal in found if "permission" in refusal.message or "draft of" in refusal.message]


def lacks(who: str, permission: str, subject: str = "welcome") -> str:
    return f"'{who}' may not do this to '{subject}': it takes the permission '{permission}'"


def unknown(permission: str, subject: str = "welcome") -> str:
    return f"it takes the permission '{permission}' for '{subject}', and it is not known who pushes"


CHANGED = writes("workflows/welcome.json", to_content("welcome", steps("a", "c")))
NEW = writes("workflows/new.json", to_content("new", steps("a")))


def test_a_changed_workflow_takes_editing_and_a_new_one_creating(closed: Story) -> None:
    push = onwards(closed, CHANGED, NEW)
    assert denied(closed, BEN.id, push) == denied(closed, MAYA.id, push) == []
    assert denied(closed, EVE, push) == [lacks(EVE, "workflows:edit"), lacks(EVE, "workflows:create", "new")]


def test_a_workflow_that_was_deleted_is_created_anew(closed: Story) -> None:
    settle(closed, '[roles]\neditor = ["workflows:edit"]')
    push = onwards(closed, lambda folder: (folder / "workflows/welcome.json").unlink(), CHANGED)
    assert denied(closed, BEN.id, push) == [lacks(BEN.id, "workflows:create")]


def test_who_is_named_by_another_login_is_the_same(closed: Story) -> None:
    push = onwards(closed, CHANGED)
    found = refusals(open_receiving(closed.path, None), [push], Pusher((BEN.id.upper(), "ben"), "GITEA_PUSHER_EMAIL"))
    assert found == []


def test_a_reason_is_said_once_with_the_first_commit(closed: Story) -> None:
    push = onwards(closed, CHANGED, writes("workflows/welcome.json", to_content("welcome", steps("a", "d"))))
    [refusal] = refusals(open_receiving(closed.path, None), [push], by(EVE))
    assert (refusal.ref, refusal.commit) == (MAIN, tip(closed, f"{push.new}~1"))
    assert "[[members]]" in refusal.hint


def test_settings_are_changed_by_administrators_by_the_settings_before(closed: Story) -> None:
    text = (closed.path / "wflgit.toml").read_text()
    push = onwards(closed, writes("wflgit.toml", text.replace("editor", "admin")), CHANGED)
    assert denied(closed, BEN.id, push) == [lacks(BEN.id, "workflows:admin", "wflgit.toml")]
    assert denied(closed, MAYA.id, push) == []


def test_templates_and_types_take_a_permission_and_other_files_none(closed: Story) -> None:
    push = onwards(closed, writes("templates/a.json", "{}"), writes("schemas/steps/x.schema.json", "{}"), writes("notes.txt", "x"))
    assert denied(closed, BEN.id, push) == []
    assert denied(closed, EVE, push) == [lacks(EVE, "templates:write", "templates"), lacks(EVE, "workflows:edit", "schemas")]


def test_a_merge_is_the_doing_of_whoever_merges(closed: Story) -> None:
    before = tip(closed)
    closed.git("config", "user.email", EVE)
    closed.git("switch", "--quiet", "--create", "side")
    CHANGED(closed.path)
    closed.git("commit", "--quiet", "--all", "--message", "Idea")
    closed.git("switch", "--quiet", "--detach", "main")
    closed.git("config", "user.email", BEN.id)
    closed.git("merge", "--quiet", "--no-ff", "--no-edit", "side")
    assert denied(closed, None, RefUpdate(MAIN, before, tip(closed, "HEAD"))) == []
    assert denied(closed, None, RefUpdate(MAIN, before, tip(closed, "side"))) == [lacks(EVE, "workflows:edit")]


def test_if_the_server_does_not_say_who_pushes_the_committer_is_believed(closed: Story) -> None:
    closed.git("config", "user.email", EVE)
    push = onwards(closed, CHANGED)
    assert denied(closed, None, push) == [lacks(EVE, "workflows:edit")]
    assert denied(closed, BEN.id, push) == [], "Ben pushes what Eve has committed, and answers for it"
    closed.git("config", "user.email", BEN.id)
    push = onwards(closed, CHANGED)
    assert denied(closed, None, push) == []
    assert denied(closed, EVE, push) == [lacks(EVE, "workflows:edit")], "whoever is known is not taken for the committer"


def test_publishing_takes_a_permission_of_its_own(closed: Story) -> None:
    closed.git("config", "user.email", BEN.id)
    push = tagged(closed, "main~1", number=2)
    assert denied(closed, BEN.id, push) == denied(closed, None, push) == [lacks(BEN.id, "workflows:publish")]
    assert denied(closed, LEA, push) == []
    assert denied(closed, EVE, RefUpdate("refs/tags/release/v1", None, push.new)) == []


def test_archiving_is_for_administrators_there_and_back(closed: Story) -> None:
    tag, ref, archive = tip(closed, "refs/tags/welcome/v1"), "refs/tags/welcome/v1", "refs/wflgit/archive/welcome/v1"
    there = RefUpdate(archive, None, tag), RefUpdate(ref, tag, None)
    assert denied(closed, MAYA.id, *there) == []
    assert denied(closed, LEA, *there) == [lacks(LEA, "workflows:admin")] * 2
    assert denied(closed, None, *there) == [unknown("workflows:admin")] * 2
    closed.git("update-ref", archive, tag)
    closed.git("update-ref", "-d", ref)
    back = RefUpdate(archive, tag, None), RefUpdate(ref, None, tag)
    assert denied(closed, MAYA.id, *back) == []
    assert denied(closed, LEA, *back) == [lacks(LEA, "workflows:admin")] * 2


def test_a_channel_is_moved_by_publishers_and_current_by_all_who_put_it_right(closed: Story) -> None:
    file = closed.path / "wflgit.toml"
    file.write_text(file.read_text().replace('trunk = "main"', 'trunk = "main"\nchannels = ["stable"]'))
    closed.git("commit", "--quiet", "--all", "--message", "Declare a channel")
    one, two = tip(closed, "refs/tags/welcome/v1^{}"), tip(closed, "main~2")
    stable = RefUpdate("refs/tags/welcome/stable", None, one)
    assert denied(closed, LEA, stable) == []
    assert denied(closed, BEN.id, stable) == [lacks(BEN.id, "workflows:publish")]
    assert denied(closed, None, stable) == [unknown("workflows:publish")]
    assert denied(closed, EVE, RefUpdate("refs/tags/welcome/current", two, one)) == []
    for wrong in (two, None):
        assert denied(closed, EVE, RefUpdate("refs/tags/welcome/current", one, wrong)) == [lacks(EVE, "workflows:publish")]
    assert denied(closed, EVE, RefUpdate("refs/tags/other/stable", None, one)) == []


def test_a_draft_is_its_users_own(closed: Story) -> None:
    closed.git("config", "user.email", BEN.id)
    draft = onwards(closed, CHANGED).new
    of_ben, old = draft_ref("welcome", BEN.id), draft_archive_ref("welcome", BEN.id, "20260105T090000Z")
    theirs = f"the draft of 'welcome' is that of '{BEN.id}', and '{LEA}' would change it"
    for ref in (of_ben, old):
        saved = RefUpdate(ref, None, draft)
        assert denied(closed, BEN.id, saved) == denied(closed, None, saved) == []
        assert denied(closed, LEA, saved) == [theirs]
    assert denied(closed, EVE, RefUpdate(draft_ref("welcome", EVE), None, draft)) == [lacks(EVE, "workflows:edit")]


def test_a_draft_is_deleted_by_its_user_or_an_administrator(closed: Story) -> None:
    gone = RefUpdate(draft_ref("welcome", BEN.id), tip(closed), None)
    assert denied(closed, BEN.id, gone) == denied(closed, MAYA.id, gone) == []
    assert denied(closed, LEA, gone) == [f"the draft of 'welcome' is that of '{BEN.id}', and '{LEA}' would change it"]
    assert denied(closed, None, gone) == [unknown("workflows:edit")]
    assert denied(closed, MAYA.id, RefUpdate(draft_ref("welcome", BEN.id), None, tip(closed))) != []


def test_where_nobody_is_named_everybody_may_push_everything(story: Story) -> None:
    push = onwards(story, CHANGED, NEW)
    saved = RefUpdate(draft_ref("welcome", BEN.id), None, push.new)
    assert denied(story, EVE, push, tagged(story, "main", number=2), saved) == []


def test_the_push_that_names_the_first_members_is_nobodys_to_refuse(story: Story, tmp_path: Path) -> None:
    settle(story, f'[[members]]\nid = "{LEA}"\nroles = ["admin"]')
    empty = tmp_path / "empty.git"
    story.git("init", "--quiet", "--bare", "--initial-branch=main", str(empty))
    story.git("push", "--quiet", str(empty), "main:refs/heads/elsewhere")
    assert refusals(open_receiving(empty, None), [RefUpdate(MAIN, None, tip(story))], by(EVE)) == []


# Signed publications


def taken_out(story: Story, name: str) -> str:
    """A tag without its ref, as it is before the push that brings it."""
    tag = tip(story, f"refs/tags/{name}")
    story.git("update-ref", "-d", f"refs/tags/{name}")
    return tag


def sign(story: Story, key: Path, *, name: str, commit: str) -> None:
    """Make a tag that is signed with an SSH key."""
    config = ["-c", "gpg.format=ssh", "-c", f"user.signingKey={key}"]
    story.git(*config, "tag", "--sign", "--message", "Publish", name, commit)


def signed(story: Story, key: Path, *, name: str, commit: str) -> str:
    sign(story, key, name=name, commit=commit)
    return taken_out(story, name)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An SSH key of each."""
    folder = tmp_path_factory.mktemp("keys")
    for who in (LEA, BEN.id, EVE):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f", folder / who], check=True)
    return {who: folder / f"{who}.pub" for who in (LEA, BEN.id, EVE)}


@pytest.fixture
def signing(story: Story, keys: dict[str, Path]) -> Story:
    """What is published has to be signed; Lea may publish, Ben may edit."""
    members = [
        f'[[members]]\nid = "{who}"\nroles = ["{role}"]\nkeys = ["{keys[who].read_text().strip()}"]'
        for who, role in ((LEA, "publisher"), (BEN.id, "editor"))
    ]
    settle(story, "\n".join(["[policy]", "signed_publish = true", *members]))
    return story


def signed_push(story: Story, target: str, number: int = 2) -> list[str]:
    """Why the tag of a version may not be pushed."""
    return [
        refusal.message
        for refusal in refusals(
            open_receiving(story.path, None), [RefUpdate(f"refs/tags/welcome/v{number}", None, target)], by(LEA)
        )
    ]


def test_a_publication_that_a_publisher_signed_passes(signing: Story, keys: dict[str, Path]) -> None:
    assert signed_push(signing, signed(signing, keys[LEA], name="welcome/v2", commit="main~1")) == []


def test_an_unsigned_publication_is_refused_and_so_is_one_of_a_stranger(signing: Story, keys: dict[str, Path]) -> None:
    message = "version 2 of 'welcome' has to be signed by a member, and its tag is not"
    signing.git("tag", "--annotate", "--message", "Publish", "welcome/v2", "main~1")
    assert signed_push(signing, taken_out(signing, "welcome/v2")) == [message]
    assert signed_push(signing, signed(signing, keys[EVE], name="welcome/v2", commit="main~1")) == [message]


def test_a_member_who_may_not_publish_signs_in_vain(signing: Story, keys: dict[str, Path]) -> None:
    tag = signed(signing, keys[BEN.id], name="welcome/v2", commit="main~1")
    assert signed_push(signing, tag) == [lacks(BEN.id, "workflows:publish")]


def test_what_was_signed_under_another_name_publishes_nothing(signing: Story, keys: dict[str, Path]) -> None:
    tag = signed(signing, keys[LEA], name="welcome/candidate", commit="main~1")
    assert signed_push(signing, tag) == [
        f"version 2 of 'welcome' has to be signed, and what '{LEA}' signed is the tag 'welcome/candidate'"
    ]


def test_what_was_published_unsigned_before_may_be_archived_and_what_is_new_may_not(signing: Story) -> None:
    archive, tag = "refs/wflgit/archive/welcome/v1", tip(signing, "refs/tags/welcome/v1")
    git = open_receiving(signing.path, None)
    said = [refusal.message for refusal in refusals(git, [RefUpdate(archive, None, tag)], by(MAYA.id))]
    assert "version 1 of 'welcome' has to be signed by a member, and its tag is not" not in said
    signing.git("tag", "--annotate", "--message", "Publish", "--force", "other", "main~1")
    update = RefUpdate("refs/wflgit/archive/welcome/v2", None, tip(signing, "refs/tags/other"))
    assert "version 2 of 'welcome' has to be signed by a member, and its tag is not" in [
        refusal.message for refusal in refusals(git, [update], by(MAYA.id))
    ]


# What git says, and the quarantine


def test_what_git_says_is_read_and_nothing_else() -> None:
    zeros, one = "0" * 40, "1" * 40
    assert parse_updates([f"{zeros} {one} refs/heads/a b\n"]) == (RefUpdate("refs/heads/a b", None, one),)
    with pytest.raises(InvalidNameError, match="expected 'OLD NEW REF'"):
        parse_updates(["main\n"])


def test_a_commit_that_is_not_there_is_an_error_and_no_clean_answer(story: Story) -> None:
    with pytest.raises(MissingObjectError):
        refused(story, RefUpdate(MAIN, tip(story), "1" * 40))


def test_new_commits_are_those_of_the_line_and_not_of_its_sides(story: Story) -> None:
    before = tip(story)
    story.merge_branch("side", welcome=steps("a", "e"))
    repo = open_receiving(story.path, None)
    assert new_commits(repo, tip(story), before) == [tip(story)]
    assert new_commits(repo, tip(story), None) == story.git("rev-list", "--first-parent", "--reverse", "main").split()


class Server:
    """A bare repository with the hook, and pushes to it by real git."""

    def __init__(self, story: Story, path: Path) -> None:
        self.story = story
        self.path = path
        story.git("clone", "--quiet", "--bare", str(story.path), str(path))
        story.git("remote", "add", "origin", str(path))
        program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from wflgit.cli.entry import main; main()"
        hook = path / "hooks" / "pre-receive"
        hook.write_text(
            f"#!/bin/sh\nexec {sys.executable} -c '{program}' hook pre-receive\n".replace("'/", '"/').replace("')", '")')
        )
        hook.chmod(0o755)

    def push(self, *arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            ["git", "push", "--quiet", "origin", *arguments], cwd=self.story.path, env=os.environ, capture_output=True, text=True
        )
        return done.returncode, done.stderr


@pytest.fixture
def server(story: Story, tmp_path: Path) -> Server:
    return Server(story, tmp_path / "acme.git")


def test_a_push_of_many_versions_passes_the_hook(story: Story, server: Server) -> None:
    for number in range(25):
        writes("workflows/welcome.json", to_content("welcome", steps("a", f"step{number}")))(story.path)
        story.git("commit", "--quiet", "--all", "--message", f"Edit {number}")
    story.repo.versions.publish("welcome", 27)
    assert server.push("--atomic", "main", "refs/tags/welcome/v27") == (0, "")
    assert subprocess.run(["git", "rev-parse", "main"], cwd=server.path, capture_output=True, text=True).stdout.strip() == tip(
        story
    )


def test_a_push_that_is_refused_changes_nothing_and_says_why(story: Story, server: Server) -> None:
    before = tip(story)
    writes("workflows/welcome.json", BROKEN)(story.path)
    story.git("commit", "--quiet", "--all", "--message", "Broken")
    code, said = server.push("main", ":refs/tags/welcome/v1")
    assert code == 1
    assert "remote: error: refs/heads/main in " in said
    assert "remote:   workflows/welcome.json:1:" in said
    assert "remote: error: refs/tags/welcome/v1: version 1 of 'welcome' is published, and its tag would be deleted" in said
    assert subprocess.run(["git", "rev-parse", "main"], cwd=server.path, capture_output=True, text=True).stdout.strip() == before


def test_a_real_push_by_somebody_who_may_not_is_refused(closed: Story, tmp_path: Path) -> None:
    server = Server(closed, tmp_path / "acme.git")
    closed.git("config", "user.email", EVE)
    CHANGED(closed.path)
    closed.git("commit", "--quiet", "--all", "--message", "Edit")
    code, said = server.push("main")
    assert code == 1
    assert lacks(EVE, "workflows:edit") in said
    closed.git("config", "user.email", BEN.id)
    closed.git("commit", "--quiet", "--amend", "--no-edit")
    assert server.push("main") == (0, "")


def test_a_signature_is_read_from_the_quarantine(signing: Story, keys: dict[str, Path], tmp_path: Path) -> None:
    server = Server(signing, tmp_path / "acme.git")
    signing.git("config", "user.email", LEA)
    sign(signing, keys[LEA], name="welcome/v2", commit="main~1")
    assert server.push("refs/tags/welcome/v2") == (0, "")


def test_whom_the_server_knows_pushes_in_that_name(closed: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(closed, tmp_path / "acme.git")
    CHANGED(closed.path)
    closed.git("commit", "--quiet", "--all", "--message", "Edit as Maya")
    monkeypatch.setenv("WFLGIT_ACTOR", EVE)
    code, said = server.push("main")
    assert code == 1
    assert lacks(EVE, "workflows:edit") in said
    monkeypatch.setenv("WFLGIT_ACTOR", BEN.id)
    assert server.push("main") == (0, "")
