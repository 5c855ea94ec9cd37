from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from wflgit import SettingsError
from wflgit.core.paths import WorkflowPaths
from wflgit.core.permissions import ROLES, Access, Member, Permission
from wflgit.core.problems import Severity
from wflgit.core.settings import Ignore, Policy, ReviewPolicy, Settings, format_settings, parse_settings


def test_what_is_written_is_read_back() -> None:
    settings = Settings(
        'the "acme"', "main", WorkflowPaths(("a/*.json",), ("a/x.json",), frozenset({"stable"})), ("stable",), "sqlite:///x.db"
    )
    assert parse_settings(format_settings(settings)) == settings


def test_two_lines_are_enough() -> None:
    settings = parse_settings('account = "acme"\ntrunk = "main"\n')
    assert settings.paths.include == ("workflows/**/*.json",)
    assert settings.policy.max_versions == 1000


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("account = ", "not valid TOML"),
        ('trunk = "main"', "'account' is missing"),
        ('account = ""\ntrunk = "main"', "'account' must be a text"),
        ('account = "a"\ntrunk = "main"\nchanels = []', "no setting 'chanels'"),
        ('account = "a"\ntrunk = "main"\nchannels = ["current"]', "'channels' must be"),
        ('account = "a"\ntrunk = "main"\nchannels = ["v2"]', "'channels' must be"),
        ('account = "a"\ntrunk = "main"\nchannels = "stable"', "a list of channel names"),
        ('account = "a"\ntrunk = "main"\nworkflows = 3', "'workflows' must be a table"),
        ('account = "a"\ntrunk = "main"\n[workflows]\npaths = ["/x"]', "'workflows.paths' must be a list of globs"),
        ('account = "a"\ntrunk = "main"\n[policy]\nmax_versions = 0', "'policy.max_versions' must be a whole number"),
        ('account = "a"\ntrunk = "main"\n[policy]\nmax_version = 5', "no setting 'policy.max_version'"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_setting_it_is_about(text: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_misspelt_setting_gets_the_near_one_proposed() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings('account = "a"\ntrunk = "main"\nchanels = []')
    assert caught.value.hint == "did you mean 'channels'?"


def test_the_layout_changes_with_what_decides_numbering_and_with_nothing_else() -> None:
    base = parse_settings('account = "a"\ntrunk = "main"')
    renamed = parse_settings('account = "b"\ntrunk = "main"\n[policy]\nmax_versions = 5')
    moved = parse_settings('account = "a"\ntrunk = "main"\n[workflows]\npaths = ["flows/*.json"]')
    assert base.layout == renamed.layout != moved.layout


REVIEW = """
account = "shop"
trunk = "main"
[review]
fail_on = "warning"
require_executions = true
max_age = "PT1H"
semver = "file"
[review.severity]
WFL402 = "error"
step-added = "off"
[[review.ignore]]
fingerprint = "0123456789abcdef"
reason = "drained"
until = 2027-01-31
"""


def test_how_changes_are_reviewed_is_a_setting() -> None:
    assert parse_settings(REVIEW).review == ReviewPolicy(
        fail_on=Severity.WARNING,
        require_executions=True,
        max_age=timedelta(hours=1),
        semver="file",
        severities={"WFL402": Severity.ERROR, "step-added": None},
        ignores=(Ignore("drained", date(2027, 1, 31), fingerprint="0123456789abcdef"),),
    )


def test_unless_said_reviews_fail_on_errors_and_nothing_is_ignored() -> None:
    assert parse_settings('account = "shop"\ntrunk = "main"\n').review == ReviewPolicy(fail_on=Severity.ERROR)
    assert parse_settings('account = "shop"\ntrunk = "main"\n[review]\nfail_on = "off"\n').review.fail_on is None


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ('fail_on = "fatal"', "'review.fail_on' must be 'error' or 'warning' or 'info' or 'off', but is 'fatal'"),
        ("fail_on = 1", "'review.fail_on' must be"),
        ('require_executions = "yes"', "'review.require_executions' must be true or false"),
        ('max_age = "an hour"', "'review.max_age' must be a duration such as 'PT15M'"),
        ('[review.severity]\nWFL101 = "none"', "'review.severity.WFL101' must be"),
        ('ignore = "WFL101"', "'review.ignore' must be a list of tables"),
        ('[[review.ignore]]\nrule = "WFL101"\nuntil = 2027-01-31', "'review.ignore.reason' is missing"),
        ('[[review.ignore]]\nrule = "WFL101"\nreason = "x"', "'review.ignore.until' must be a date"),
        ('[[review.ignore]]\nrule = "WFL101"\nreason = "x"\nuntil = "2027-01-31"', "must be a date such as 2027-01-31"),
        ('[[review.ignore]]\nreason = "x"\nuntil = 2027-01-31', "must have either a 'rule' or a 'fingerprint'"),
        ('[[review.ignore]]\nrule = "a"\nfingerprint = "b"\nreason = "x"\nuntil = 2027-01-31', "must have either"),
        ('[[review.ignore]]\nrule = "a"\nreasons = "x"\nreason = "x"\nuntil = 2027-01-31', "no setting 'review.ignore.reasons'"),
    ],
)
def test_a_mistake_in_how_changes_are_reviewed_is_refused(said: str, refused: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(f'account = "shop"\ntrunk = "main"\n[review]\n{said}\n')
    assert refused in caught.value.message


TWO_LINES = 'account = "shop"\ntrunk = "main"\n'

MEMBERS = """
account = "shop"
trunk = "main"
[policy]
signed_publish = true
archive_after = "P30D"
keep_newest = 5
keep_drafts = "P14D"
[roles]
support = ["executions:write", "audit:read"]
[[members]]
id = "ada@example.org"
roles = ["admin"]
keys = ["ssh-ed25519 AAAA"]
logins = ["ada"]
[[members]]
id = "*"
roles = ["support", "auditor"]
"""


def test_who_may_do_what_is_a_setting() -> None:
    support = frozenset({Permission.EXECUTIONS, Permission.AUDIT})
    ada, others = Member("ada@example.org", ("admin",), ("ssh-ed25519 AAAA",), ("ada",)), Member("*", ("support", "auditor"))
    assert parse_settings(MEMBERS).access == Access((ada, others), {"support": support})
    assert parse_settings(MEMBERS).access.permissions("ben@example.org") == support


def test_unless_said_everybody_may_do_everything_and_need_not_sign() -> None:
    settings = parse_settings(TWO_LINES)
    assert settings.access.is_open
    assert settings.policy == Policy(1000, timedelta(days=90), 10, timedelta(days=7), signed_publish=False)


def test_limits_of_keeping_and_signing_are_settings() -> None:
    assert parse_settings(MEMBERS).policy == Policy(1000, timedelta(days=30), 5, timedelta(days=14), signed_publish=True)


def test_who_is_a_member_decides_nothing_about_numbers() -> None:
    assert parse_settings(MEMBERS).layout == parse_settings(TWO_LINES).layout


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ('[roles]\nsupport = ["executions:read"]', "'roles.support' must be a list of 'workflows:create'"),
        ('[roles]\nsupport = "executions:write"', "'roles.support' must be"),
        ('[[members]]\nroles = ["admin"]', "'members.id' is missing"),
        ('[[members]]\nid = "a@x.org"\nroles = ["boss"]', "'members.roles' must be a list of 'admin', 'auditor'"),
        ('[[members]]\nid = "a@x.org"\nroles = "admin"', "'members.roles' must be"),
        ('[[members]]\nid = "a@x.org"\nroles = []\nkeys = [1]', "'members.keys' must be a list of texts"),
        ('[[members]]\nid = "a@x.org"\nroles = []\nrole = "admin"', "no setting 'members.role'"),
        ('members = ["a@x.org"]', "'members' must be a list of tables"),
        ('[policy]\nsigned_publish = "yes"', "'policy.signed_publish' must be true or false"),
        ('[policy]\nkeep_drafts = "a week"', "'policy.keep_drafts' must be a duration"),
    ],
)
def test_a_mistake_in_who_may_do_what_is_refused(said: str, refused: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(f"{TWO_LINES}{said}\n")
    assert refused in caught.value.message


def test_the_page_on_permissions_shows_settings_that_can_be_used() -> None:
    page = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text(encoding="utf-8")
    members, roles, logins = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    access = parse_settings(TWO_LINES + members + roles).access
    assert access.permissions("ben@example.com") == ROLES["editor"]
    assert access.permissions("eve@example.com") == {Permission.AUDIT}
    assert access.roles["texter"] == {Permission.EDIT}
    assert parse_settings(TWO_LINES + logins).access.permissions("Ada") == frozenset(Permission)


def test_the_page_on_permissions_says_what_each_role_holds() -> None:
    page = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+:\w+)` \| [^|]+ \| (.*) \|$", page, re.MULTILINE)
    told = {
        permission: {role for role, cell in zip(ROLES, cells.split("|"), strict=True) if cell.strip()} for permission, cells in rows
    }
    assert told == {str(each): {role for role, held in ROLES.items() if each in held} for each in Permission}
