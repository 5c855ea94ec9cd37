"""Who may do what, by `wflgit.toml`, by the actor or by an authorizer, as operations ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import BEN, MAYA, Story, make_repo, steps, to_content
from wflgit.api.repository import open_repository
from wflgit.core.permissions import Permission
from wflgit.core.records import Actor
from wflgit.errors import IdentityError, NotFoundError, PermissionDenied

if TYPE_CHECKING:
    from pathlib import Path

    from wflgit.api.repository import Repository
    from wflgit.workspace import Authorizer

EVE = Actor("eve@example.com", "Eve")
NEW = to_content("welcome", steps("a", "b"))


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "acme").commit(welcome=steps("a")).publish("welcome").start("welcome", "one")


def name_members(story: Story, members: dict[str, str], *, commit: bool = True) -> None:
    """Write members and their roles into the settings."""
    file = story.path / "wflgit.toml"
    text = file.read_text().partition("\n[[members]]")[0]
    tables = [f'\n[[members]]\nid = "{who}"\nroles = ["{role}"]\n' for who, role in members.items()]
    file.write_text(text + "".join(tables))
    if commit:
        story.git("commit", "--quiet", "--all", "--message", "Name members")


def edit(repo: Repository) -> int:
    return repo.versions.create("welcome", NEW).number


# By the settings


def test_where_nobody_is_named_everybody_may_do_everything(story: Story) -> None:
    assert edit(story.open_again(actor=EVE)) == 2


def test_members_may_do_what_their_roles_hold_and_others_nothing(story: Story) -> None:
    name_members(story, {MAYA.id: "admin", BEN.id: "editor"})
    with pytest.raises(PermissionDenied) as caught:
        edit(story.open_again(actor=EVE))
    assert (caught.value.actor, caught.value.permission, caught.value.code) == (EVE.id, "workflows:edit", "permission-denied")
    assert caught.value.message == "'eve@example.com' may not do this to 'welcome': it takes the permission 'workflows:edit'"
    assert "[[members]]" in (caught.value.hint or "")
    ben = story.open_again(actor=BEN)
    assert edit(ben) == 2
    with pytest.raises(PermissionDenied, match="workflows:publish"):
        ben.versions.publish("welcome", 2)
    assert story.repo.versions.publish("welcome", 2).number == 2


def test_what_is_on_the_trunk_counts_and_not_what_somebody_writes_beside_it(story: Story) -> None:
    name_members(story, {MAYA.id: "admin"})
    name_members(story, {EVE.id: "admin"}, commit=False)
    with pytest.raises(PermissionDenied):
        edit(story.open_again(actor=EVE))


def test_a_repository_that_is_open_already_learns_of_new_members(story: Story) -> None:
    ben = story.open_again(actor=BEN)
    assert edit(ben) == 2
    name_members(story, {MAYA.id: "admin"})
    with pytest.raises(PermissionDenied):
        ben.workflows.delete("welcome")
    with pytest.raises(PermissionDenied):
        ben.executions.advance(1)


def test_without_an_actor_it_is_gits_own_user_who_asks(story: Story) -> None:
    name_members(story, {BEN.id: "admin"})
    repo = open_repository(story.path, clock=story.clock)
    with pytest.raises(PermissionDenied, match=r"'maya@example\.com' may not do this"):
        edit(repo)
    story.git("config", "user.email", BEN.id.upper())
    assert edit(open_repository(story.path, clock=story.clock)) == 2


def test_nobody_at_all_may_do_what_takes_a_permission(story: Story) -> None:
    name_members(story, {MAYA.id: "admin", "*": "admin"})
    for name in ("user.name", "user.email"):
        story.git("config", "--unset", name)
    with pytest.raises(IdentityError):
        open_repository(story.path, clock=story.clock).executions.cancel(1)


def test_it_is_the_same_in_a_bare_repository(tmp_path: Path, story: Story) -> None:
    name_members(story, {MAYA.id: "admin"})
    story.git("clone", "--quiet", "--bare", str(story.path), str(tmp_path / "bare.git"))
    with pytest.raises(PermissionDenied):
        edit(open_repository(tmp_path / "bare.git", actor=EVE, clock=story.clock))


def test_reading_takes_no_permission_but_the_audit_trail_does(story: Story) -> None:
    name_members(story, {MAYA.id: "admin"})
    eve = story.open_again(actor=EVE)
    assert eve.workflows.get("welcome@1").number == 1
    assert [version.number for version in eve.versions.list("welcome")] == [1]
    for read in (eve.audit.list, eve.audit.verify, eve.events):
        with pytest.raises(PermissionDenied, match="audit:read"):
            read()


def test_who_may_not_do_it_is_told_so_even_if_it_could_not_be_done(story: Story) -> None:
    name_members(story, {MAYA.id: "admin"})
    eve = story.open_again(actor=EVE)
    with pytest.raises(PermissionDenied):
        eve.versions.publish("nothing")
    with pytest.raises(PermissionDenied):
        eve.workflows.create("Not a slug", "{")
    with pytest.raises(NotFoundError):
        eve.executions.advance(4711)


# By the actor


def test_a_host_says_what_an_actor_may_whatever_the_settings_say(story: Story) -> None:
    name_members(story, {MAYA.id: "admin", EVE.id: "auditor"})
    permitted = Actor(EVE.id, EVE.name, permissions=frozenset({Permission.EDIT}))
    assert edit(story.open_again(actor=permitted)) == 2
    robbed = Actor(MAYA.id, MAYA.name, permissions=frozenset())
    with pytest.raises(PermissionDenied):
        edit(story.open_again(actor=robbed))


def test_administrators_may_do_everything_by_the_host_too(story: Story) -> None:
    repo = story.open_again(actor=Actor(EVE.id, EVE.name, permissions=frozenset({Permission.ADMIN})))
    assert edit(repo) == 2
    assert repo.executions.advance(1).version == 1


def test_an_actor_of_another_account_does_not_even_read_here(story: Story) -> None:
    stranger = Actor(MAYA.id, MAYA.name, account="other", permissions=frozenset(Permission))
    with pytest.raises(PermissionDenied) as caught:
        story.open_again(actor=stranger)
    assert caught.value.message == "'maya@example.com' is of account 'other', and this repository of account 'acme'"
    assert caught.value.permission is None
    assert edit(story.open_again(actor=Actor(MAYA.id, MAYA.name, account="acme"))) == 2


# By an authorizer


def opened(story: Story, authorizer: Authorizer, actor: Actor = EVE) -> Repository:
    return open_repository(story.path, actor=actor, clock=story.clock, authorizer=authorizer)


def test_an_authorizer_decides_in_the_place_of_all_else(story: Story) -> None:
    name_members(story, {MAYA.id: "admin"})
    assert edit(opened(story, lambda *_: True)) == 2
    with pytest.raises(PermissionDenied):
        opened(story, lambda *_: False, MAYA).versions.publish("welcome", 2)
    all_powerful = Actor(MAYA.id, MAYA.name, permissions=frozenset(Permission))
    with pytest.raises(PermissionDenied):
        opened(story, lambda *_: False, all_powerful).versions.publish("welcome", 2)


def test_an_authorizer_is_asked_about_the_workflow_whatever_is_done_to_it(story: Story) -> None:
    story.commit(welcome=steps("a", "b")).publish("welcome")
    asked: list[tuple[str, Permission, str]] = []

    def authorize(actor: Actor, permission: Permission, subject: str) -> bool:
        asked.append((actor.id, permission, subject))
        return True

    repo = opened(story, authorize)
    repo.versions.create("welcome", to_content("welcome", steps("a", "c")))
    repo.executions.wait(1, event="reply")
    made = repo.migrations.create(repo.migrations.plan("welcome", 1))
    repo.migrations.cancel(made.id)
    repo.audit.list("welcome@1")
    repo.audit.list()
    assert asked == [
        (EVE.id, Permission.EDIT, "welcome"),
        (EVE.id, Permission.EXECUTIONS, "welcome"),
        (EVE.id, Permission.MIGRATIONS, "welcome"),
        (EVE.id, Permission.MIGRATIONS, "welcome"),
        (EVE.id, Permission.AUDIT, "welcome"),
        (EVE.id, Permission.AUDIT, "acme"),
    ]


def test_an_authorizer_can_let_somebody_into_one_folder_only(story: Story) -> None:
    repo = opened(story, lambda _, __, subject: subject.startswith("sales/"))
    assert repo.workflows.create("sales/hello", to_content("hello", steps("a"))).number == 1
    with pytest.raises(PermissionDenied, match="'welcome'"):
        edit(repo)
    with pytest.raises(PermissionDenied, match="'welcome'"):
        repo.executions.cancel(1)


def test_an_authorizer_does_not_let_another_account_in(story: Story) -> None:
    with pytest.raises(PermissionDenied, match="is of account 'other'"):
        edit(opened(story, lambda *_: True, Actor(EVE.id, EVE.name, account="other")))


def test_what_is_done_by_somebody_who_may_is_told_of_him(story: Story) -> None:
    name_members(story, {MAYA.id: "admin", BEN.id: "publisher"})
    ben = story.open_again(actor=BEN)
    edit(ben)
    ben.versions.publish("welcome", 2)
    assert [entry.actor for entry in story.repo.audit.list("welcome@2")] == [BEN.id, BEN.id]
