"""Who may do what: permissions, the roles that bundle them, and the members who have them, as `wflgit.toml` says it. Pure.

Where no members are named, whoever can write to the repository may do everything: that is Git's own rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

EVERYONE = "*"
"""As a member's id: all who are not named themselves."""


class Permission(StrEnum):
    """What somebody may do. Reading workflows needs none; `workflows:admin` holds all others."""

    CREATE = "workflows:create"
    EDIT = "workflows:edit"
    PUBLISH = "workflows:publish"
    ADMIN = "workflows:admin"
    EXECUTIONS = "executions:write"
    MIGRATIONS = "migrations:run"
    TEMPLATES = "templates:write"
    AUDIT = "audit:read"


_EDITING = frozenset({Permission.CREATE, Permission.EDIT, Permission.TEMPLATES, Permission.AUDIT})

ROLES: Mapping[str, frozenset[Permission]] = {
    "auditor": frozenset({Permission.AUDIT}),
    "editor": _EDITING,
    "publisher": _EDITING | {Permission.PUBLISH, Permission.MIGRATIONS},
    "operator": frozenset({Permission.EXECUTIONS, Permission.MIGRATIONS, Permission.AUDIT}),
    "admin": frozenset(Permission),
}
"""The roles that need not be declared; one that is declared under the same name takes its place."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may do things in the account.

    Attributes:
        id: as Git says it, an e-mail address; `*` for all who are not named.
        roles: names of roles.
        keys: what the member signs with: SSH public keys (`ssh-ed25519 AAAA…`) and fingerprints of OpenPGP keys.
        logins: what servers call the member who know no e-mail address.
    """

    id: str
    roles: tuple[str, ...]
    keys: tuple[str, ...] = ()
    logins: tuple[str, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """All that the member goes by, ready to be compared without regard to case."""
        return frozenset(name.casefold() for name in (self.id, *self.logins))


@dataclass(frozen=True)
class Access:
    """The members of an account, and what the roles hold that it declares itself."""

    members: tuple[Member, ...] = ()
    roles: Mapping[str, frozenset[Permission]] = field(default_factory=dict, hash=False)

    @property
    def is_open(self) -> bool:
        """Whether nobody is named, so that everybody may do everything."""
        return not self.members

    def member(self, actor: str) -> Member | None:
        """Who somebody is, by e-mail address or login, without regard to case."""
        return self._by_name.get(actor.casefold())

    @cached_property
    def _by_name(self) -> Mapping[str, Member]:
        """The members by all that they go by; of several with one name the first."""
        return {name: member for member in reversed(self.members) for name in member.names}

    def is_same(self, one: str, other: str) -> bool:
        """Whether two names are those of one person.

        >>> Access((Member("ada@example.org", ("editor",), logins=("ada",)),)).is_same("Ada", "ada@example.org")
        True
        """
        return one.casefold() == other.casefold() or (self.member(one) or one) == (self.member(other) or other)

    def permissions(self, actor: str) -> frozenset[Permission]:
        """What somebody may do.

        >>> access = Access((Member("ada@example.org", ("editor",)), Member("*", ("auditor",))))
        >>> sorted(access.permissions("grace@example.org"))
        [<Permission.AUDIT: 'audit:read'>]
        """
        if self.is_open:
            return frozenset(Permission)
        member = self.member(actor) or self.member(EVERYONE)
        known = {**ROLES, **self.roles}
        held = {permission for role in (member.roles if member else ()) for permission in known[role]}
        return frozenset(Permission if Permission.ADMIN in held else held)

    def widened(self, other: Access) -> Iterator[tuple[str, frozenset[Permission]]]:
        """Who may do more by other rules than by these, and what; `*` is everybody who is not named there.

        One who gets more for a new login is told by that.

        >>> before = Access((Member("ada@example.org", ("auditor",)),))
        >>> after = Access((Member("ada@example.org", ("operator",)),))
        >>> [(who, *sorted(gained)) for who, gained in before.widened(after)]
        [('ada@example.org', <Permission.EXECUTIONS: 'executions:write'>, <Permission.MIGRATIONS: 'migrations:run'>)]
        """
        named = {member.id for member in (*self.members, *other.members)} - {EVERYONE}
        known = [member for member in other.members if self.member(member.id) is not None]
        logins = {login for member in known for login in member.logins if not self.is_same(login, member.id)}
        for who in (*sorted(named | logins), EVERYONE):
            gained = other.permissions(who) - self.permissions(who)
            if gained:
                yield who, gained

    def held_by(self, names: Sequence[str]) -> frozenset[Permission]:
        """What somebody may do who goes by any of several names; nobody, by none, may do what all others may."""
        known = next((name for name in names if self.member(name)), EVERYONE)
        return self.permissions(known)


@dataclass(frozen=True, slots=True)
class Pusher:
    """Who pushes, as a server has found out.

    Attributes:
        names: an e-mail address or login, or both, at least one.
        source: the environment variable that says so.
    """

    names: tuple[str, ...]
    source: str


_TOLD_BY = (
    ("WFLGIT_ACTOR",),
    ("GITEA_PUSHER_EMAIL", "GITEA_PUSHER_NAME"),
    ("BB_USER_EMAIL", "BB_USER_NAME"),
    ("GL_USERNAME",),
    ("GITHUB_USER_LOGIN",),
    ("REMOTE_USER",),
)


def find_pusher(environment: Mapping[str, str]) -> Pusher | None:
    """Who pushes, by the environment of a hook on a server; None if the server does not say.

    What that proves depends on the server: docs/permissions.md tells it of each.

    >>> find_pusher({"GITEA_PUSHER_NAME": "ada", "GITEA_PUSHER_EMAIL": "ada@example.org", "USER": "git"})
    Pusher(names=('ada@example.org', 'ada'), source='GITEA_PUSHER_EMAIL')
    """
    for variables in _TOLD_BY:
        said = {variable: environment.get(variable, "").strip() for variable in variables}
        names = tuple(name for name in said.values() if name)
        if names:
            return Pusher(names, next(variable for variable, name in said.items() if name))
    return None


def describe_denial(actor: str, permission: Permission, subject: str) -> str:
    """What is said to somebody who lacks a permission."""
    return f"'{actor}' may not do this to '{subject}': it takes the permission '{permission}'"
