"""Who may do what, by members and roles."""

from __future__ import annotations

import pytest

from wflgit.core.permissions import ROLES, Access, Member, Permission, Pusher, find_pusher

ADA, BEN = Member("ada@example.org", ("admin",)), Member("ben@example.org", ("editor",), logins=("ben",))
ACCESS = Access((ADA, BEN))
EVERYTHING = frozenset(Permission)


def test_where_nobody_is_named_everybody_may_do_everything() -> None:
    assert Access().is_open
    assert Access().permissions("anybody") == EVERYTHING
    assert not ACCESS.is_open


def test_whoever_is_not_named_may_do_what_all_others_may() -> None:
    assert ACCESS.permissions("eve@example.org") == frozenset()
    assert Access((ADA, Member("*", ("auditor",)))).permissions("eve@example.org") == {Permission.AUDIT}


def test_what_all_others_may_is_not_for_those_who_are_named() -> None:
    assert Access((BEN, Member("*", ("operator",)))).permissions("ben@example.org") == ROLES["editor"]
    assert Access((Member("ben@example.org", ()), Member("*", ("operator",)))).permissions("ben@example.org") == frozenset()


def test_addresses_and_logins_are_the_same_in_small_and_capital_letters() -> None:
    assert ACCESS.permissions("BEN@Example.ORG") == ACCESS.permissions("Ben") == ROLES["editor"]
    assert ACCESS.is_same("Ben", "BEN@example.org")
    assert ACCESS.is_same("Eve", "eve")
    assert not ACCESS.is_same("ben", "ada@example.org")
    assert not ACCESS.is_same("eve", "mallory")


def test_roles_add_up_and_an_own_one_takes_the_place_of_its_namesake() -> None:
    both = Member("eve@example.org", ("auditor", "operator"))
    assert Access((both,)).permissions("eve@example.org") == ROLES["operator"]
    own = {"operator": frozenset({Permission.TEMPLATES})}
    assert Access((both,), own).permissions("eve@example.org") == {Permission.AUDIT, Permission.TEMPLATES}


def test_an_administrator_may_do_everything_by_whatever_role() -> None:
    own = {"owner": frozenset({Permission.ADMIN})}
    assert Access((Member("eve@example.org", ("owner",)),), own).permissions("eve@example.org") == EVERYTHING


def test_of_several_names_the_first_counts_that_is_named() -> None:
    access = Access((ADA, BEN, Member("*", ("auditor",))))
    assert access.held_by(("stranger@example.org", "ben")) == ROLES["editor"]
    assert access.held_by(("stranger@example.org", "stranger")) == access.held_by(()) == ROLES["auditor"]


@pytest.mark.parametrize("role", ROLES)
def test_only_administrators_may_change_who_may_what(role: str) -> None:
    assert (Permission.ADMIN in ROLES[role]) == (role == "admin")


def test_whoever_publishes_may_edit_too_and_whoever_only_operates_may_not() -> None:
    assert ROLES["editor"] < ROLES["publisher"]
    assert not ROLES["operator"] & {Permission.EDIT, Permission.CREATE, Permission.PUBLISH}


def test_of_two_members_of_one_name_the_first_counts() -> None:
    twice = Access((Member("eve@example.org", ("auditor",)), Member("EVE@example.org", ("admin",))))
    assert twice.permissions("eve@example.org") == ROLES["auditor"]


# Who pushes


@pytest.mark.parametrize(
    ("environment", "pusher"),
    [
        ({"WFLGIT_ACTOR": "ada@example.org", "REMOTE_USER": "ada"}, Pusher(("ada@example.org",), "WFLGIT_ACTOR")),
        ({"GITEA_PUSHER_NAME": "ada", "GITEA_PUSHER_EMAIL": ""}, Pusher(("ada",), "GITEA_PUSHER_NAME")),
        ({"BB_USER_NAME": "ada", "BB_USER_EMAIL": "a@x.org"}, Pusher(("a@x.org", "ada"), "BB_USER_EMAIL")),
        ({"GL_USERNAME": "ada", "GL_ID": "user-7"}, Pusher(("ada",), "GL_USERNAME")),
        ({"GITHUB_USER_LOGIN": "ada"}, Pusher(("ada",), "GITHUB_USER_LOGIN")),
        ({"REMOTE_USER": " ada "}, Pusher(("ada",), "REMOTE_USER")),
    ],
)
def test_a_server_says_who_pushes(environment: dict[str, str], pusher: Pusher) -> None:
    assert find_pusher(environment) == pusher


def test_a_server_that_says_nothing_knows_nobody() -> None:
    assert find_pusher({"USER": "git", "GIT_COMMITTER_EMAIL": "ada@example.org", "WFLGIT_ACTOR": " "}) is None


# Who may do more


def gained(before: Access, after: Access) -> dict[str, list[str]]:
    return {who: sorted(permissions) for who, permissions in before.widened(after)}


def test_a_member_with_another_login_lets_that_one_do_more() -> None:
    assert gained(Access((BEN,)), Access((Member(BEN.id, BEN.roles, logins=("ben", "eve")),))) == {"eve": sorted(ROLES["editor"])}


def test_a_login_that_could_do_as_much_before_gains_nothing() -> None:
    before = Access((BEN, Member("eve", ("editor",))))
    assert gained(before, Access((Member(BEN.id, BEN.roles, logins=("ben", "eve")),))) == {}


def test_somebody_who_is_named_no_more_may_gain_what_all_others_may() -> None:
    before = Access((Member("eve@example.org", ()), Member("*", ("auditor",))))
    assert gained(before, Access((Member("*", ("auditor",)),))) == {"eve@example.org": ["audit:read"]}
