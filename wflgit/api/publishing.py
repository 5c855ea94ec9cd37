"""Publishing a version, and going back to the content of an earlier one: the only code that writes the tags of versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wflgit.api.bases import Base, is_at
from wflgit.api.editing import commit_version, require_room, require_unarchived, require_valid
from wflgit.api.listing import editors_of, record_of
from wflgit.core.messages import ACTION, AUDIT_HEAD, SEMVER, compose
from wflgit.core.names import TAG_PREFIX, version_tag
from wflgit.core.permissions import Permission
from wflgit.core.problems import Severity
from wflgit.core.records import Version
from wflgit.core.settings import FILE
from wflgit.errors import ConflictError, DefinitionError, StateError
from wflgit.git import refs
from wflgit.git.signing import Kind, find_signer
from wflgit.standing import Standing
from wflgit.store.versions import VersionRow
from wflgit.workspace import Workspace

if TYPE_CHECKING:
    from wflgit.core.plan import Plan, Side
    from wflgit.core.review import Level
    from wflgit.core.rollout import Rollout


def publish(
    workspace: Workspace,
    slug: str,
    number: int | None,
    *,
    base: Base | None,
    message: str | None,
    rollout: Rollout | None,
    sign: bool | None = None,
) -> Version:
    """Do what `Versions.publish` says."""
    _require_publisher(workspace, slug, rollout)
    found = workspace.get(slug)
    _require_current(workspace, found, base)
    row = found.rows[0] if number is None else found.version(number)
    target = _side(row.number, row.commit, row.blob)
    plan = _plan(workspace, found, target, rollout)
    asked = _asked(workspace, found, target)
    version = _publish(workspace, found, row.commit, asked, action="publish", words=(message,) if message else (), sign=sign)
    _roll_out(workspace, plan, version, rollout)
    return version


def rollback(
    workspace: Workspace,
    slug: str,
    to: int,
    *,
    base: Base | None,
    message: str | None,
    rollout: Rollout | None,
    sign: bool | None = None,
) -> Version:
    """Do what `Versions.rollback` says."""
    _require_publisher(workspace, slug, rollout)
    found = workspace.get(slug)
    _require_current(workspace, found, base)
    target, newest, current = found.version(to), found.rows[0], found.current
    if target.blob is None or current is None:
        reason = f"version {to} deleted it" if target.blob is None else "nothing is published yet"
        raise StateError(f"'{slug}' cannot be rolled back to version {to}: {reason}", hint=f"see `wflgit log {slug}`")
    if target.blob == current.blob:
        return record_of(workspace, slug, current.commit)
    commit = newest.commit
    side = _side(newest.number + (newest.blob != target.blob), None, target.blob)
    plan, asked = _plan(workspace, found, side, rollout, back_to=to), _asked(workspace, found, side)
    if newest.blob != target.blob:
        content, path = workspace.git.blob(target.blob), newest.path if newest.blob else target.path
        require_room(workspace, found)
        require_valid(workspace, found, path, content)
        subject = message or f"Roll {slug} back to v{to}"
        commit = commit_version(workspace, path, expected=newest.blob, content=content, message=subject, action="rollback")
    words = [*([message] if message else []), f"back to the content of v{to}"]
    version = _publish(workspace, found, commit, asked, action="rollback", words=words, sign=sign)
    _roll_out(workspace, plan, version, rollout)
    return version


def _require_publisher(workspace: Workspace, slug: str, rollout: Rollout | None) -> None:
    workspace.require(Permission.PUBLISH, slug)
    if rollout is not None:
        workspace.require(Permission.MIGRATIONS, slug)


def _require_current(workspace: Workspace, found: Standing, base: Base | None) -> None:
    """Check that what is current still is what the caller has seen."""
    if base is None or is_at(workspace, found.current, base):
        return
    current = found.current
    if current is None:
        raise ConflictError(
            f"expected version {base} of '{found.slug}' to be current, but none is",
            expected=base,
            hint=f"see `wflgit log {found.slug}`",
        )
    raise _published_meanwhile(current, base)


def _plan(
    workspace: Workspace, found: Standing, target: Side, rollout: Rollout | None, *, back_to: int | None = None
) -> Plan | None:
    """The plan by which those on the current version come to another one; None if nobody is to, or can.

    On the way back to an earlier content, the plan by which executions had come from there is taken in reverse.

    Raises:
        PlanError: if anything is in its way.
    """
    from wflgit.api import planning

    if rollout is None or found.current is None or target.version == found.current.number or not target.blob:
        return None
    request = planning.Request(rollout.rules, wait=rollout.wait)
    plan = planning.plan_to(workspace, found, target, request, back_to=back_to)
    stopping = plan.plan_failures if rollout.pace and rollout.pace.at_advance else plan.failures
    if stopping:
        raise planning.refused(plan, stopping)
    return plan


def _roll_out(workspace: Workspace, plan: Plan | None, version: Version, rollout: Rollout | None) -> None:
    """Make the migration to a version that has just become current."""
    from wflgit.api.migrations import Migrations

    if plan is not None and rollout is not None:
        bound = replace(plan, target=replace(plan.target, version=version.number, commit=version.commit))
        Migrations(workspace).create(bound, strategy=rollout.strategy, pace=rollout.pace)


def _asked(workspace: Workspace, found: Standing, target: Side) -> tuple[Level, str]:
    """What publishing some content asks of those who are on older versions now, and why; nothing of what is published."""
    from wflgit.core.semver import level_of
    from wflgit.store import executions

    if found.current is not None and target.version <= found.current.number:
        return level_of(())
    with workspace.store.read() as conn:
        counts = executions.counts(conn, workspace.account, found.slug)
    older = [count for count in counts if count.version < target.version]
    if not older:
        return level_of(())
    from wflgit.api.proposing import propose_for

    return level_of(propose_for(workspace, found, target, older))


def _publish(
    workspace: Workspace,
    seen: Standing,
    commit: str,
    asked: tuple[Level, str],
    *,
    action: str,
    words: Sequence[str],
    sign: bool | None,
) -> Version:
    """Publish the version that a commit made, if what is current still is what was `seen` when that was decided."""
    slug = seen.slug
    with workspace.git.lock():
        found = workspace.get(slug)
        row, current = found.made_by(commit), found.current
        require_unarchived(row, "published again")
        if not row.tag:
            _require_unchanged(seen.current, current)
            _require_publishable(workspace, row, current)
            message = compose(
                f"{action.capitalize()} {slug} v{row.number}",
                [*words, *_change_words(workspace, current, row, asked), *_editor_words(found, row)],
                {ACTION: action, SEMVER: _next_semver(found, asked[0]), AUDIT_HEAD: _audit_anchor(workspace)},
            )
            _write_tag(workspace, row, message, sign=sign)
        return record_of(workspace, slug, commit)


def _write_tag(workspace: Workspace, row: VersionRow, message: str, *, sign: bool | None) -> None:
    """Make the tag; signed if that is asked for or is the policy, otherwise as Git's configuration says."""
    git, ref = workspace.git, version_tag(row.workflow, row.number)
    must_sign = workspace.settings.policy.signed_publish
    if must_sign and sign is False:
        raise StateError(
            f"version {row.number} of '{row.workflow}' must be signed: the policy of the account asks for it",
            hint=f"publish it with --sign, or change signed_publish under [policy] in {FILE}",
        )
    wanted = must_sign or sign
    tag = refs.write_tag(
        git,
        tag=ref.removeprefix(TAG_PREFIX),
        commit=row.commit,
        tagger=workspace.identity,
        at=workspace.clock(),
        message=message,
        sign=find_signer(git, wanted=wanted, kind=Kind.TAG, who=workspace.identity),
    )
    refs.create_ref(git, ref, tag)


def _require_publishable(workspace: Workspace, row: VersionRow, current: VersionRow | None) -> None:
    slug, number = row.workflow, row.number
    if row.blob is None:
        raise StateError(f"version {number} of '{slug}' deleted it, there is nothing to publish", hint=f"see `wflgit log {slug}`")
    if current is not None and number < current.number:
        raise StateError(
            f"version {number} of '{slug}' is older than the current version {current.number}",
            hint=f"to go back to its content: `wflgit rollback {slug} --to {number}`",
        )
    problems = workspace.contents.problems(workspace.git.blob(row.blob), workspace.catalog())
    if any(problem.severity is Severity.ERROR for problem in problems):
        raise DefinitionError(
            f"version {number} of '{slug}' has errors and cannot be published",
            problems=problems,
            path=row.path,
            hint=f"mend the file and commit it: `wflgit commit {slug}`",
        )


def _change_words(workspace: Workspace, current: VersionRow | None, row: VersionRow, asked: tuple[Level, str]) -> tuple[str, ...]:
    """What publishing this asks of executions on older versions, and what it changes for new ones."""
    if current is None:
        return ("first published version",)
    from wflgit.core.diff import compare
    from wflgit.core.words import describe

    try:
        old = workspace.definition(current).graph
    except DefinitionError:
        return (": ".join(asked), f"version {current.number}, current before, cannot be parsed")
    return (": ".join(asked), f"since v{current.number}:", *describe(compare(old, workspace.definition(row).graph)))


def _editor_words(found: Standing, row: VersionRow) -> Sequence[str]:
    """Whose edits it brings, where they are not all the publisher's last one."""
    editors = editors_of(found.rows)[row.number]
    return [f"edits of {', '.join(map(str, editors))}"] if len(editors) > 1 else []


def _audit_anchor(workspace: Workspace) -> str:
    """The head of the audit chain as it is now, for the tag: with it Git vouches for SQL."""
    from wflgit.core.audit import Anchor
    from wflgit.store import audit

    with workspace.store.read() as conn:
        sequence, digest = audit.head(conn, workspace.account)
        first = audit.list_entries(conn, workspace.account, limit=1)[0]
    return str(Anchor(first.hash, sequence, digest))


def _side(number: int, commit: str | None, blob: str | None) -> Side:
    """A version as the side of a plan; whoever only lists versions need not import what plans take."""
    from wflgit.core.plan import Side

    return Side(number, commit, blob or "")


def _next_semver(found: Standing, level: Level) -> str:
    """The number after that of the highest published version that has one."""
    from wflgit.core.semver import bump

    return bump(next((row.semver for row in found.rows if row.semver), None), level)


def _require_unchanged(seen: VersionRow | None, current: VersionRow | None) -> None:
    if current is not None and (seen is None or seen.commit != current.commit):
        raise _published_meanwhile(current, seen.number if seen else None)


def _published_meanwhile(current: VersionRow, expected: Base | None) -> ConflictError:
    at = f" at {current.published_at:%Y-%m-%d %H:%M} UTC" if current.published_at else ""
    return ConflictError(
        f"{current.published_by_name} published version {current.number} of '{current.workflow}' in the meantime{at}",
        expected=expected,
        actual=current.number,
        hint=f"look at `wflgit show {current.workflow}@current`, and publish again if that is still right",
    )
