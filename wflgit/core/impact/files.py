"""Rules about the files under review and the review itself: what cannot be read, is not said, or was weakened. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from wflgit.core.impact.rule import Action, Area, Meets, Raised, Rule
from wflgit.core.paths import WorkflowPaths
from wflgit.core.permissions import EVERYONE
from wflgit.core.problems import Problem, Severity
from wflgit.core.settings import Ignore

if TYPE_CHECKING:
    from wflgit.core.plan import Failure
    from wflgit.core.review import Level
    from wflgit.core.settings import ReviewPolicy, Settings

_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

UNREADABLE = Rule(
    "WFL901",
    "definition-unreadable",
    Area.REVIEW,
    Action.ADDED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "The file is no workflow that can be read, so nobody can say what it would do, and it cannot be published.",
    "mend the file: `wflgit validate` tells line and column",
    mirror="WFL914",
)
NOT_CANONICAL = Rule(
    "WFL902",
    "not-canonical",
    Area.REVIEW,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.NONE,
    "Files in the canonical form differ only where they mean something else, so diffs are short and merges rarely conflict.",
    "write it canonically: `wflgit fmt`",
    alone="a file that has become canonical needs no word",
)
CONFLICT_MARKERS = Rule(
    "WFL903",
    "conflict-unresolved",
    Area.REVIEW,
    Action.ADDED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "Git's conflict markers are in the file: somebody committed a merge without deciding between its sides.",
    "resolve the conflict, then commit again",
    alone="a conflict that is resolved shows as the change that it is",
)
INVALID = Rule(
    "WFL904",
    "definition-invalid",
    Area.REVIEW,
    Action.ADDED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "The definition breaks a rule of its format that it kept before, and cannot be published so.",
    "mend the file: `wflgit validate` explains each rule",
    alone="an error that is mended shows as the change that mends it",
)
PLAN_REFUSED = Rule(
    "WFL905",
    "plan-refused",
    Area.REVIEW,
    Action.ADDED,
    _ERROR,
    _WARNING,
    Meets.ALL,
    "The migration plan that comes with the change cannot be carried out as it is.",
    "plan anew: `wflgit migrate plan`",
    alone="a plan that can be carried out needs no word",
)
IGNORE_EXPIRED = Rule(
    "WFL906",
    "ignore-expired",
    Area.REVIEW,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Somebody accepted a finding until a day that has passed, and it is there again.",
    "decide anew: mend the cause, or move `until` in wflgit.toml",
    alone="time goes one way",
)
IGNORE_UNUSED = Rule(
    "WFL907",
    "ignore-unused",
    Area.REVIEW,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.NONE,
    "An entry of review.ignore fits no finding of a workflow that it names, so it only waits to hide something else.",
    "remove it from wflgit.toml",
    alone="an entry that is used shows beside the finding that it hides",
)
DELETED = Rule(
    "WFL908",
    "workflow-deleted",
    Area.REVIEW,
    Action.REMOVED,
    _ERROR,
    _WARNING,
    Meets.ALL,
    "Nobody can be started any more. Those who are on the way stay on their versions, and cannot be migrated to any newer one.",
    "cancel or complete them first, or keep the file and disable its trigger",
    mirror="WFL909",
)
ADDED = Rule(
    "WFL909",
    "workflow-added",
    Area.REVIEW,
    Action.ADDED,
    _INFO,
    _INFO,
    Meets.NONE,
    "A new workflow disturbs nobody; it starts executions once it is published.",
    "read it as a whole: `wflgit graph` draws it",
    mirror="WFL908",
)
RENAMED = Rule(
    "WFL910",
    "workflow-renamed",
    Area.REVIEW,
    Action.CHANGED,
    _WARNING,
    _INFO,
    Meets.ALL,
    "A slug is a name for ever: under the new one, versions begin with 1, and those on the way stay under the old one.",
    "rename when nobody is on the way, or keep the slug and change the display name",
    alone="the way back is a renaming too",
)
WEAKENED = Rule(
    "WFL911",
    "settings-weakened",
    Area.REVIEW,
    Action.CHANGED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "This very change makes later reviews less strict. It is itself reviewed by the settings of the base.",
    "let somebody look at it who may decide that",
    alone="stricter settings harm nobody",
)
UNKNOWN_EXECUTIONS = Rule(
    "WFL912",
    "executions-unknown",
    Area.REVIEW,
    Action.CHANGED,
    _INFO,
    _INFO,
    Meets.NONE,
    "It is not known who is on the way. That is not the same as nobody: every finding keeps the severity that it has at worst.",
    "give the review a snapshot: `wflgit exec snapshot -o FILE` where the side store is, then --executions FILE or URL",
    alone="where executions are known, the findings show it",
)
SEMVER_UNDERSTATED = Rule(
    "WFL913",
    "semver-understated",
    Area.REVIEW,
    Action.LOWERED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "What the pull request says of itself is less than what it asks of those who are on the way.",
    "say the computed level",
    alone="who says more than need be harms nobody",
)
BASE_UNREADABLE = Rule(
    "WFL914",
    "base-unreadable",
    Area.REVIEW,
    Action.REMOVED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "The base's file is no workflow that can be read, so what changed cannot be told.",
    "read the new file as a whole",
    mirror="WFL901",
)
SLUG_COLLISION = Rule(
    "WFL915",
    "slug-collision",
    Area.REVIEW,
    Action.ADDED,
    _ERROR,
    _ERROR,
    Meets.NONE,
    "Two files have one slug; wflgit does not guess which is meant, and neither makes a version.",
    "rename one of them, or leave it out with [workflows] exclude in wflgit.toml",
    alone="a collision that is gone needs no word",
)
ACCESS_WIDENED = Rule(
    "WFL916",
    "access-widened",
    Area.REVIEW,
    Action.ADDED,
    _WARNING,
    _WARNING,
    Meets.NONE,
    "Once this is on the trunk, somebody may do more than before, or need not prove it any more.",
    "let somebody with `workflows:admin` decide that",
    alone="who may do less harms nobody",
)

RULES = (
    UNREADABLE,
    NOT_CANONICAL,
    CONFLICT_MARKERS,
    INVALID,
    PLAN_REFUSED,
    IGNORE_EXPIRED,
    IGNORE_UNUSED,
    DELETED,
    ADDED,
    RENAMED,
    WEAKENED,
    UNKNOWN_EXECUTIONS,
    SEMVER_UNDERSTATED,
    BASE_UNREADABLE,
    SLUG_COLLISION,
    ACCESS_WIDENED,
)

NEVER_IGNORED = frozenset({CONFLICT_MARKERS.code, UNREADABLE.code})
"""Codes of findings that no setting hides: behind them the review has not looked."""


def unreadable(problems: Sequence[Problem], *, conflict: bool) -> Raised:
    """That the head's file cannot be read, for the first of its problems."""
    if conflict:
        return Raised(CONFLICT_MARKERS, "workflow", "the file has conflict markers in it")
    first = problems[0] if problems else None
    return Raised(UNREADABLE, "workflow", f"the file cannot be read: {first.message if first else 'it is no workflow'}")


def invalid(before: Sequence[Problem], now: Sequence[Problem]) -> Iterator[Raised]:
    """The errors of the head's definition that the base's did not have.

    Args:
        before: the problems of the base.
        now: those of the head.
    """
    known = {(problem.rule, problem.message) for problem in before}
    for problem in now:
        if problem.severity is Severity.ERROR and (problem.rule, problem.message) not in known:
            what = "/".join(map(str, problem.pointer))
            message = f"{problem.rule}: {problem.message}"
            advice = problem.hint or INVALID.advice
            yield Raised(INVALID, f"place {what}", message, pointer=problem.pointer, new=problem.rule, advice=advice)


def not_canonical() -> Raised:
    """That a file of the native format is not in its canonical form."""
    return Raised(NOT_CANONICAL, "workflow", "the file is not in its canonical form")


def plan_refused(path: str, failures: Sequence[Failure]) -> Raised:
    """That a plan in the range cannot be carried out."""
    more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
    return Raised(
        PLAN_REFUSED, f"plan {path}", f"'{path}' cannot be carried out: {failures[0].message}{more}", advice=failures[0].hint
    )


def deleted() -> Raised:
    """That a workflow's file is gone."""
    return Raised(DELETED, "workflow", "the workflow is deleted", side="base")


def added(name: str | None, steps: int) -> Raised:
    """That a workflow is new."""
    called = f" '{name}'" if name else ""
    return Raised(ADDED, "workflow", f"the workflow{called} is new, with {steps} step{'' if steps == 1 else 's'}")


def renamed(old: str, new: str) -> Raised:
    """That a workflow has another slug."""
    return Raised(RENAMED, "workflow", f"the workflow '{old}' goes by the slug '{new}' now", old=old, new=new)


def base_unreadable(problems: Sequence[Problem]) -> Raised:
    """That the base's file cannot be read."""
    said = f": {problems[0].message}" if problems else ""
    return Raised(BASE_UNREADABLE, "workflow", f"the file in the base cannot be read{said}")


def slug_collision(slug: str, paths: Sequence[str]) -> Raised:
    """That several files of the head have one slug."""
    said = ", ".join(f"'{path}'" for path in paths)
    return Raised(SLUG_COLLISION, "workflow", f"{len(paths)} files have the slug '{slug}': {said}", new=list(paths))


def executions_unknown(reason: str, *, required: bool) -> Raised:
    """That it is not known who is on the way."""
    severity = Severity.ERROR if required else None
    return Raised(UNKNOWN_EXECUTIONS, "executions", f"the live executions are unknown: {reason}", severity=severity)


def semver_understated(where: str, said: Level | None, computed: Level, reason: str) -> Raised:
    """That a pull request, or a file of it, says less than what was computed."""
    claim = f"says '{said}'" if said else "says no level"
    advice = f"say '{computed}'"
    return Raised(SEMVER_UNDERSTATED, f"semver {where}", f"{where} {claim}, but it is '{computed}': {reason}", advice=advice)


def expired(ignore: Ignore) -> Raised:
    """That an ignore does not count any more."""
    return Raised(
        IGNORE_EXPIRED, f"ignore {_which(ignore)}", f"{_which(ignore)} was accepted until {ignore.until}: {ignore.reason}"
    )


def unused(ignore: Ignore) -> Raised:
    """That an ignore hides nothing."""
    return Raised(IGNORE_UNUSED, f"ignore {_which(ignore)}", f"nothing is found that {_which(ignore)} would hide")


def _which(ignore: Ignore) -> str:
    said = [ignore.fingerprint and f"fingerprint {ignore.fingerprint}", ignore.rule, ignore.workflow, ignore.step]
    return " of ".join(filter(None, said[:2])) + "".join(f" {text}" for text in filter(None, said[2:]))


def weakened(old: Settings, new: Settings, today: date, own: Callable[[str], Severity]) -> Iterator[Raised]:
    """What of the head's settings makes reviews less strict than the base's do, or lets somebody do more.

    Args:
        old: the settings of the base.
        new: those of the head.
        today: the day of the review; an ignore that has expired hides nothing.
        own: how bad a rule is by itself, by its code or name.
    """
    for subject, message in (*_weaker_paths(old.paths, new.paths), *_weaker_policy(old.review, new.review, today, own)):
        yield Raised(WEAKENED, f"settings {subject}", message, new=message)
    for subject, message in _wider_access(old, new):
        yield Raised(ACCESS_WIDENED, f"settings {subject}", message, new=message)


def _wider_access(old: Settings, new: Settings) -> Iterator[tuple[str, str]]:
    for who, gained in old.access.widened(new.access):
        called = "everybody who is not named" if who == EVERYONE else f"'{who}'"
        yield f"members {who}", f"{called} may do more: {', '.join(sorted(gained))}"
    for member in new.access.members:
        before = old.access.member(member.id)
        if before is not None and not {*member.keys} <= {*before.keys}:
            yield f"members {member.id} keys", f"'{member.id}' may sign with another key"
    if old.policy.signed_publish and not new.policy.signed_publish:
        yield "policy.signed_publish", "published versions need not be signed any more"


def _weaker_paths(old: WorkflowPaths, new: WorkflowPaths) -> Iterator[tuple[str, str]]:
    for glob in old.include:
        if glob not in new.include:
            yield "workflows.paths", f"files of '{glob}' need not be workflows any more"
    for glob in new.exclude:
        if glob not in old.exclude:
            yield "workflows.exclude", f"files of '{glob}' are no workflows any more"


def _weaker_policy(old: ReviewPolicy, new: ReviewPolicy, today: date, own: Callable[[str], Severity]) -> Iterator[tuple[str, str]]:
    if _strictness(new.fail_on) < _strictness(old.fail_on):
        yield "review.fail_on", f"reviews fail on {new.fail_on or 'nothing'} instead of {old.fail_on or 'nothing'}"
    if old.require_executions and not new.require_executions:
        yield "review.require_executions", "reviews need not know the executions any more"
    if old.max_age is not None and (new.max_age is None or new.max_age > old.max_age):
        yield "review.max_age", f"what is known of executions may be {new.max_age or 'of any age'} old instead of {old.max_age}"
    if old.semver and not new.semver:
        yield "review.semver", "pull requests need not say their level any more"
    for rule in sorted({*old.severities, *new.severities}):
        before, now = old.severities.get(rule, own(rule)), new.severities.get(rule, own(rule))
        if _weight(now) < _weight(before):
            yield f"review.severity.{rule}", f"{rule} is {now or 'off'} instead of {before or 'off'}"
    for ignore in new.ignores:
        if ignore not in old.ignores and ignore.until >= today:
            yield f"review.ignore {_which(ignore)}", f"{_which(ignore)} is accepted until {ignore.until}: {ignore.reason}"


def _strictness(fail_on: Severity | None) -> int:
    """How much a review fails on: nothing, errors, warnings too, all."""
    return 0 if fail_on is None else [*Severity].index(fail_on) + 1


def _weight(severity: Severity | None) -> int:
    """How bad the findings of a rule are: not looked for, info, warning, error."""
    return 0 if severity is None else len(Severity) - [*Severity].index(severity)
