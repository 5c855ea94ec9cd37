"""`wflgit.toml`: the account's settings, read from text and checked.

Unknown keys are refused with the near one, because a misspelt limit that is silently ignored is worse than an error.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from wflgit.core.names import CURRENT, DRAFT, near
from wflgit.core.paths import WorkflowPaths
from wflgit.core.permissions import ROLES, Access, Member, Permission
from wflgit.core.problems import Severity
from wflgit.core.times import parse_duration
from wflgit.errors import SettingsError

FILE = "wflgit.toml"
DEFAULT_PATHS = ("workflows/**/*.json",)
_LONG_LINE = 100
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Policy:
    """Limits of an account, and how long what is kept.

    Attributes:
        max_versions: of one workflow; archived ones do not count.
        archive_after: for how long nobody may have used a version before it can be archived.
        keep_newest: how many of the newest published versions are never archived.
        keep_drafts: how long a user draft is kept that nobody saves any more, and then for as long again in the archive.
        signed_publish: whether the tag of a published version has to be signed by a member.
    """

    max_versions: int = 1000
    archive_after: timedelta = timedelta(days=90)
    keep_newest: int = 10
    keep_drafts: timedelta = timedelta(days=7)
    signed_publish: bool = False


OFF = "off"
"""What is said of a rule that is not to be applied, and of reviews that never fail."""

SEMVER_FROM = ("label", "file")


@dataclass(frozen=True, slots=True)
class Ignore:
    """A finding that somebody has looked at and accepted, as `wflgit.toml` says it.

    Attributes:
        reason: why it is accepted.
        until: the last day on which it counts.
        rule: the code or name of a rule, or None where `fingerprint` says which finding.
        workflow: the slug; None for all.
        step: the step; None for all.
        fingerprint: of one finding.
    """

    reason: str
    until: date
    rule: str | None = None
    workflow: str | None = None
    step: str | None = None
    fingerprint: str | None = None


@dataclass(frozen=True)
class ReviewPolicy:
    """How changes are reviewed.

    Attributes:
        fail_on: from which severity on a review fails; None for never.
        require_executions: whether it fails where it is not known who is on the way.
        max_age: how old what is known of that may be; None for any age.
        semver: where a pull request has to say its level, `label` or `file`; None if it need not.
        severities: of rules, by code or name, other than their own; None for a rule that is not applied.
        ignores: findings that somebody has accepted.
    """

    fail_on: Severity | None = Severity.ERROR
    require_executions: bool = False
    max_age: timedelta | None = None
    semver: str | None = None
    severities: Mapping[str, Severity | None] = field(default_factory=dict, hash=False)
    ignores: tuple[Ignore, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What `wflgit.toml` says.

    Attributes:
        account: the tenant all side-store rows of this repository carry.
        trunk: the branch whose first-parent commits are versions.
        paths: which files are workflows.
        channels: names of the moving tags beside `current`.
        store: URL of the side store, or None for the embedded one.
        policy: limits.
        review: how changes are reviewed.
        access: who may do what.
    """

    account: str
    trunk: str
    paths: WorkflowPaths = field(default_factory=lambda: WorkflowPaths(DEFAULT_PATHS))
    channels: tuple[str, ...] = ()
    store: str | None = None
    policy: Policy = field(default_factory=Policy)
    review: ReviewPolicy = field(default_factory=ReviewPolicy)
    access: Access = field(default_factory=Access)

    @property
    def layout(self) -> str:
        """A digest of all that decides the numbering of versions beside history itself."""
        said = repr((self.trunk, self.paths.include, self.paths.exclude, sorted(self.paths.channels)))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def parse_settings(text: str) -> Settings:
    """Read the text of `wflgit.toml`.

    Raises:
        SettingsError: for broken TOML (with its line), unknown keys, wrong types, unusable names or globs.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} is not valid TOML: {error}", hint=f"mend {FILE} and try again") from error
    table = _Table(data, "")
    account = table.text("account")
    trunk = table.text("trunk")
    channels = table.names("channels")
    workflows = table.table("workflows")
    paths = WorkflowPaths(workflows.texts("paths", DEFAULT_PATHS), workflows.texts("exclude", ()), frozenset(channels))
    workflows.finish()
    store = table.table("store")
    url = store.optional_text("url")
    store.finish()
    policy = _policy(table.table("policy"))
    review = _review_policy(table.table("review"))
    access = _access(table.table("roles"), table.tables("members"))
    table.finish()
    return Settings(
        account=account, trunk=trunk, paths=paths, channels=channels, store=url, policy=policy, review=review, access=access
    )


def _policy(table: _Table) -> Policy:
    usual = Policy()
    policy = Policy(
        max_versions=table.number("max_versions", usual.max_versions),
        archive_after=table.duration("archive_after") or usual.archive_after,
        keep_newest=table.number("keep_newest", usual.keep_newest),
        keep_drafts=table.duration("keep_drafts") or usual.keep_drafts,
        signed_publish=table.flag("signed_publish"),
    )
    table.finish()
    return policy


def _access(roles: _Table, members: Iterator[_Table]) -> Access:
    """Who may do what; a role that nobody knows would be one without permissions, so it is refused."""
    own = {role: frozenset(map(Permission, names)) for role, names in roles.lists([*map(str, Permission)]).items()}
    known = sorted({*ROLES, *own})
    found = []
    for table in members:
        found.append(Member(table.text("id"), table.list("roles", known), table.list("keys"), table.list("logins")))
        table.finish()
    return Access(tuple(found), own)


def _review_policy(table: _Table) -> ReviewPolicy:
    levels = [*map(str, Severity), OFF]
    fail_on = table.choice("fail_on", levels, ReviewPolicy().fail_on or OFF)
    policy = ReviewPolicy(
        fail_on=None if fail_on == OFF else Severity(fail_on),
        require_executions=table.flag("require_executions"),
        max_age=table.duration("max_age"),
        semver=table.choice("semver", SEMVER_FROM, "") or None,
        severities={
            rule: None if level == OFF else Severity(level) for rule, level in table.table("severity").choices(levels).items()
        },
        ignores=tuple(_ignore(each) for each in table.tables("ignore")),
    )
    table.finish()
    return policy


def _ignore(table: _Table) -> Ignore:
    """An accepted finding: it says which, why, and until when.

    Raises:
        SettingsError: if it does not, or names neither a rule nor a fingerprint.
    """
    ignore = Ignore(
        reason=table.text("reason"),
        until=table.day("until"),
        rule=table.optional_text("rule"),
        workflow=table.optional_text("workflow"),
        step=table.optional_text("step"),
        fingerprint=table.optional_text("fingerprint"),
    )
    table.finish()
    if (ignore.rule is None) == (ignore.fingerprint is None):
        raise SettingsError(
            f"{FILE}: an entry of 'review.ignore' must have either a 'rule' or a 'fingerprint'",
            hint="take the fingerprint from `wflgit review --json`, or name the rule, and if you can the workflow and the step",
        )
    return ignore


def format_settings(settings: Settings) -> str:
    """Write the `wflgit.toml` that `wflgit init` starts with; what is left to its default is not said."""
    lines = [f"account = {_quote(settings.account)}", f"trunk = {_quote(settings.trunk)}"]
    if settings.channels:
        lines.append(f"channels = {_list(settings.channels)}")
    lines += ["", "[workflows]", f"paths = {_list(settings.paths.include)}"]
    if settings.paths.exclude:
        lines.append(f"exclude = {_list(settings.paths.exclude)}")
    if settings.store:
        lines += ["", "[store]", f"url = {_quote(settings.store)}"]
    return "\n".join(lines) + "\n"


def _list(texts: Sequence[str]) -> str:
    """A list in one line, or a line each where that would be long."""
    line = f"[{', '.join(map(_quote, texts))}]"
    return line if len(line) <= _LONG_LINE else "\n".join(["[", *(f"  {_quote(text)}," for text in texts), "]"])


def _quote(text: str) -> str:
    """A text as TOML writes it, which is as JSON does but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class _Table:
    """A TOML table that is read key by key and complains about what nobody asked for."""

    def __init__(self, data: Mapping[str, Any], path: str) -> None:
        self._data = dict(data)
        self._path = path
        self._known: list[str] = []

    def _take(self, key: str) -> Any:
        self._known.append(key)
        return self._data.pop(key, None)

    def _wrong(self, key: str, expected: str, value: object) -> SettingsError:
        return SettingsError(f"{FILE}: '{self._path}{key}' must be {expected}, but is {value!r}", hint=f"mend {FILE} on the trunk")

    def text(self, key: str) -> str:
        value = self.optional_text(key)
        if value is None:
            raise SettingsError(f"{FILE}: '{self._path}{key}' is missing", hint=f'add a line like {key} = "…"')
        return value

    def optional_text(self, key: str) -> str | None:
        value = self._take(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise self._wrong(key, "a text", value)
        return value

    def texts(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) and item and not item.startswith("/") for item in value):
            raise self._wrong(key, "a list of globs relative to the repository's root", value)
        return tuple(value)

    def names(self, key: str) -> tuple[str, ...]:
        value = self._take(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self._wrong(key, "a list of channel names", value)
        for item in value:
            if not isinstance(item, str) or not _CHANNEL.fullmatch(item) or item in (CURRENT, DRAFT) or re.fullmatch(r"v\d+", item):
                raise self._wrong(key, "a list of lower-case names other than 'current', 'draft' and 'v<number>'", item)
        return tuple(value)

    def number(self, key: str, default: int) -> int:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(key, "a whole number above 0", value)
        return value

    def flag(self, key: str) -> bool:
        value = self._take(key)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return bool(value)

    def choice(self, key: str, choices: Sequence[str], default: str) -> str:
        value = self._take(key)
        if value is None:
            return default
        return self._chosen(key, choices, value)

    def _chosen(self, key: str, choices: Sequence[str], value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise self._wrong(key, " or ".join(f"'{choice}'" for choice in choices), value)
        return value

    def choices(self, choices: Sequence[str]) -> dict[str, str]:
        """The values of all keys of the table, whatever they are called."""
        return {key: self._chosen(key, choices, value) for key, value in self._data.items()}

    def list(self, key: str, choices: Sequence[str] | None = None) -> tuple[str, ...]:
        """A list of texts, each one of the choices where there are some; empty if it is not there."""
        return self._listed(key, choices, self._take(key) or [])

    def lists(self, choices: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The lists of all keys of the table, whatever they are called."""
        return {key: self._listed(key, choices, value) for key, value in self._data.items()}

    def _listed(self, key: str, choices: Sequence[str] | None, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self._wrong(key, "a list of texts", value)
        wrong = next((item for item in value if choices is not None and item not in choices), None)
        if wrong is not None:
            raise self._wrong(key, f"a list of {', '.join(map(repr, choices or ()))}", wrong)
        return tuple(value)

    def duration(self, key: str) -> timedelta | None:
        value = self._take(key)
        if value is None:
            return None
        duration = parse_duration(value) if isinstance(value, str) else None
        if duration is None:
            raise self._wrong(key, "a duration such as 'PT15M'", value)
        return duration

    def day(self, key: str) -> date:
        value = self._take(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self._wrong(key, "a date such as 2027-01-31, without quotation marks", value)
        return value

    def tables(self, key: str) -> Iterator[_Table]:
        value = self._take(key)
        if value is not None and not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
            raise self._wrong(key, f"a list of tables, each begun with [[{self._path}{key}]]", value)
        for item in value or ():
            yield _Table(item, f"{self._path}{key}.")

    def table(self, key: str) -> _Table:
        value = self._take(key)
        if value is not None and not isinstance(value, dict):
            raise self._wrong(key, "a table", value)
        return _Table(value or {}, f"{self._path}{key}.")

    def finish(self) -> None:
        for key in self._data:
            close = near(key, self._known)
            hint = f"did you mean '{close[0]}'?" if close else f"known here: {', '.join(sorted(self._known))}"
            raise SettingsError(f"{FILE}: there is no setting '{self._path}{key}'", hint=hint)
