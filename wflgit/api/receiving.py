"""What a server refuses of a push, all reasons at once. Nothing is changed, and no side store is needed.

The rules are those of the repository before the push: a push cannot switch off its own check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from wflgit.api.push_rights import Need, is_met, needs
from wflgit.contents import Contents
from wflgit.core import numbering
from wflgit.core.messages import ACTION, trailers
from wflgit.core.names import (
    TAG_PREFIX,
    Marks,
    archive_folder,
    archive_ref,
    parse_archive_ref,
    parse_version_tag,
    tag_folder,
    version_marks,
    version_tag,
)
from wflgit.core.numbering import Assignment, TagFacts, TagFault
from wflgit.core.permissions import Access, Permission, Pusher, describe_denial
from wflgit.core.problems import Problem, Severity
from wflgit.core.settings import FILE, Settings, parse_settings
from wflgit.errors import SettingsError
from wflgit.git import history, refs
from wflgit.git.hooking import RefUpdate, new_commits
from wflgit.git.repository import HEADS, GitRepository

if TYPE_CHECKING:
    from wflgit.git.history import TrunkCommit

_CONFLICT = re.compile(rb"^(?:<{7,} |>{7,} |={7,}\r?$)", re.MULTILINE)
_SHORT = 10


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a push is refused.

    Attributes:
        ref: the ref that would change.
        message: what is wrong.
        hint: what to do.
        commit: the commit in which it is wrong, or None.
        path: the file in it, or None.
        problems: the errors of the definition in that file.
    """

    ref: str
    message: str
    hint: str
    commit: str | None = None
    path: str | None = None
    problems: tuple[Problem, ...] = ()


class Push:
    """A push that is being received, and what the checks ask of it.

    Attributes:
        git: the repository, in which what is pushed can be read.
        updates: what the push does to refs.
        settings: the settings before it; those that it brings where there were none.
        access: who may do what before it; everybody everything where there were no settings.
        pusher: who pushes; None if that is not known.
    """

    def __init__(
        self, git: GitRepository, updates: Sequence[RefUpdate], settings: Settings, access: Access, pusher: Pusher | None
    ) -> None:
        self.git = git
        self.updates = tuple(updates)
        self.settings = settings
        self.access = access
        self.pusher = pusher
        self.contents = Contents(git)

    @cached_property
    def by_ref(self) -> dict[str, RefUpdate]:
        """The updates by ref."""
        return {update.ref: update for update in self.updates}

    @property
    def trunk(self) -> RefUpdate | None:
        """What it does to the trunk, if anything."""
        return self.by_ref.get(HEADS + self.settings.trunk)

    @cached_property
    def commits(self) -> tuple[TrunkCommit, ...]:
        """The commits that it adds to the trunk and that change workflow files, oldest first."""
        if self.trunk is None or self.trunk.new is None:
            return ()
        return tuple(chain.from_iterable(map(self._changes, new_commits(self.git, self.trunk.new, self.trunk.old))))

    def _changes(self, commit: str) -> Iterator[TrunkCommit]:
        # One by one: for many at once the history would be read by a git that does not know of the quarantine.
        parent = next(iter(self.git.commit(commit).parents), None)
        return history.read_history(self.git, self.settings.paths, tip=commit, since=parent)

    @cached_property
    def versions(self) -> dict[str, list[tuple[str, str | None]]]:
        """The versions of each workflow once the push is through, as commit and blob, oldest first."""
        old = self.git.tip(self.settings.trunk)
        before = history.read_history(self.git, self.settings.paths, tip=old) if old else ()
        count = numbering.Numbering(self.settings.paths)
        found: dict[str, list[tuple[str, str | None]]] = {}
        for commit in chain(before, self.commits):
            for made in count.add(commit.changes):
                found.setdefault(made.workflow, []).append((commit.id, made.blob))
        return found

    def target(self, ref: str) -> str | None:
        """What a ref points at once the push is through."""
        update = self.by_ref.get(ref)
        return update.new if update is not None else refs.read_ref(self.git, ref)

    def assignment(self, workflow: str) -> Assignment:
        """The numbers of a workflow once the push is through, and what is wrong with the tags that it has then."""
        found = refs.list_refs(self.git, tag_folder(workflow)) | refs.list_refs(self.git, archive_folder(workflow))
        found |= {update.ref: update.new for update in self.updates if update.new is not None}
        for update in self.updates:
            if update.new is None:
                found.pop(update.ref, None)
        marks = version_marks(found, workflow).get(workflow, Marks({}, {}))
        pushed = {update.new for update in self.updates}
        tags, archive = (
            {number: self._facts(target, is_new=target in pushed) for number, target in targets.items()}
            for targets in (marks.tags, marks.archive)
        )
        return numbering.assign(self.versions.get(workflow, []), tags, archive)

    def _facts(self, target: str, *, is_new: bool) -> TagFacts:
        """What is known of a tag; one that is pushed is none of a trunk that was lost, whatever its message says."""
        tag = refs.read_tag(self.git, target)
        if tag is None or tag.tagger is None:
            return TagFacts(None)
        tip = self.target(HEADS + self.settings.trunk)
        on_trunk = is_new or (tip is not None and history.on_first_parent(self.git, tag.commit, tip))
        return TagFacts(tag.commit, on_trunk, by_wflgit=not is_new and ACTION in trailers(tag.message))


def refusals(git: GitRepository, updates: Sequence[RefUpdate], pusher: Pusher | None = None) -> list[Refusal]:
    """Say why a push must not be accepted.

    Args:
        git: the repository, in which what is pushed can be read; see `hooking.open_receiving`.
        updates: what the push does to refs; none of it is done yet.
        pusher: who pushes, see `permissions.find_pusher`; None if that is not known.

    Returns:
        Every reason, those of the trunk first; empty if it may pass. A repository without wflgit.toml, before the push and after
        it, is none of wflgit's, and everything may pass.

    Raises:
        RepositoryError: something cannot be read; such a push must not be accepted either.
    """
    standing = _standing_settings(git, updates)
    settings = standing or _brought_settings(git, updates)
    if settings is None:
        return []
    push = Push(git, updates, settings, standing.access if standing else Access(), pusher)
    return [refusal for check in CHECKS for refusal in check(push)]


def _standing_settings(git: GitRepository, updates: Sequence[RefUpdate]) -> Settings | None:
    """The settings before the push; None if there are none that could be used.

    They are those of the trunk. Which branch that is, HEAD says, or where it points nowhere, a branch that the push changes.
    """
    branches = [update.old for update in updates if update.ref.startswith(HEADS)]
    for commit in (git.find_commit("HEAD"), *branches):
        try:
            first = _settings_at(git, commit) if commit else None
            tip = git.tip(first.trunk) if first else None
            if first is not None:
                return (_settings_at(git, tip) if tip else None) or first
        except SettingsError:
            continue
    return None


def _brought_settings(git: GitRepository, updates: Sequence[RefUpdate]) -> Settings | None:
    """The settings that a push brings on the branch that they call the trunk. Broken ones say of themselves that they are none."""
    for update in updates:
        if update.ref.startswith(HEADS) and update.new is not None:
            found = _settings_at(git, update.new)
            if found is not None and HEADS + found.trunk == update.ref:
                return found
    return None


def _settings_at(git: GitRepository, commit: str) -> Settings | None:
    blob = git.blob_at(commit, FILE)
    return parse_settings(git.blob(blob).decode("utf-8", "replace")) if blob else None


def _check_trunk(push: Push) -> Iterator[Refusal]:
    """The line of versions only grows: what was on it stays on it."""
    update = push.trunk
    if update is None or update.old is None:
        return
    trunk = push.settings.trunk
    if update.new is None:
        yield Refusal(update.ref, f"the trunk '{trunk}' would be deleted, and with it every version", "push something else")
    elif not history.containing(push.git, [update.new], update.old):
        message = f"the trunk '{trunk}' would be rewritten: commit '{update.old[:_SHORT]}' would not be on it any more"
        yield Refusal(update.ref, message, f"`git pull --rebase` on '{trunk}', then push without --force")
    elif not history.on_first_parent(push.git, update.old, update.new):
        message = f"a merge in the wrong direction: versions of the trunk '{trunk}' would become those of a side branch"
        yield Refusal(update.ref, message, f"merge into '{trunk}', not '{trunk}' into your branch: `git pull --rebase`, then push")


def _check_settings(push: Push) -> Iterator[Refusal]:
    """The settings that the next push will be checked by can be read."""
    update = push.trunk
    if update is None or update.new is None:
        return
    try:
        found = _settings_at(push.git, update.new)
    except SettingsError as error:
        yield Refusal(update.ref, error.message, error.hint or f"mend {FILE}", update.new, FILE)
    else:
        if found is None:
            message = f"{FILE} would be gone, and with it every check of what is pushed"
            yield Refusal(
                update.ref, message, f"bring it back: git checkout {(update.old or 'HEAD~1')[:_SHORT]} -- {FILE}", update.new
            )


def _check_definitions(push: Push) -> Iterator[Refusal]:
    """Every version that the push makes can be used, by the types that the account has in that commit."""
    for commit in push.commits:
        for path, blob in commit.changes:
            if blob is not None:
                yield from _check_definition(push, commit.id, path, push.git.blob(blob))


def _check_definition(push: Push, commit: str, path: str, content: bytes) -> Iterator[Refusal]:
    found = push.contents.problems(content, push.contents.catalog_at(commit))
    errors = tuple(problem for problem in found if problem.severity is Severity.ERROR)
    where = HEADS + push.settings.trunk
    if errors and _CONFLICT.search(content):
        yield Refusal(where, f"'{path}' holds a conflict that nobody resolved", "resolve it, commit, push again", commit, path)
    elif errors:
        hint = "`wflgit validate` shows them before you push; amend the commit that makes them"
        yield Refusal(where, f"'{path}' is no valid workflow", hint, commit, path, errors)


def _check_tags(push: Push) -> Iterator[Refusal]:
    """What is published stays published as it is, and only versions are published."""
    for update in push.updates:
        mark = parse_version_tag(update.ref)
        # A tag such as `release/v1` is nobody's business where there never was a workflow `release`.
        if mark is not None and mark[0] in push.versions and update.old != update.new:
            yield from _check_tag(push, update, *mark)


def _check_tag(push: Push, update: RefUpdate, workflow: str, number: int) -> Iterator[Refusal]:
    archived = push.target(archive_ref(workflow, number))
    called = f"version {number} of '{workflow}'"
    if update.new is None:
        if archived != update.old:
            message = f"{called} is published, and its tag would be deleted"
            yield Refusal(update.ref, message, "leave the tag; executions may be on that version")
    elif update.old is not None:
        message = f"{called} is published, and its tag would be moved to something else"
        yield Refusal(
            update.ref, message, f"publish a new version; to get the tag back: git fetch --force origin tag {workflow}/v{number}"
        )
    elif archived not in (None, update.new):
        message = f"{called} is archived, and this is another tag of its number"
        yield Refusal(update.ref, message, "publish a new version")
    else:
        yield from _check_new_tag(push, update, workflow, number)


def _check_new_tag(push: Push, update: RefUpdate, workflow: str, number: int) -> Iterator[Refusal]:
    fault, real = push.assignment(workflow).faults.get(number, (None, None))
    hint = f"publish with `wflgit publish {workflow}`, which makes the tag"
    match fault:
        case None:
            return
        case TagFault.LIGHTWEIGHT:
            message = "the tag does not say who published: it is lightweight"
        case TagFault.WRONG_NUMBER:
            message = f"the commit is version {real} of '{workflow}', not {number}"
        case TagFault.DELETED:
            message = f"the commit deletes '{workflow}', so there is nothing to publish"
        case _:
            message = f"the commit is no version of '{workflow}'"
            hint = f"push the trunk '{push.settings.trunk}' with it; a version is a commit on it that changes the file"
    yield Refusal(update.ref, message, hint)


def _check_archive(push: Push) -> Iterator[Refusal]:
    """What is archived stays, unless its tag is brought back."""
    for update in push.updates:
        mark = parse_archive_ref(update.ref)
        if mark is None or update.old is None or update.old == update.new:
            continue
        if push.target(version_tag(*mark)) != update.old:
            message = (
                f"version {mark[1]} of '{mark[0]}' is archived, and what keeps it would be {'moved' if update.new else 'deleted'}"
            )
            yield Refusal(update.ref, message, "leave it; executions may have been on that version")


def _check_permissions(push: Push) -> Iterator[Refusal]:
    """Whoever does something may do it. Where no members are named, whoever can push may do everything."""
    if push.access.is_open:
        return
    told = set()
    for need in needs(push):
        names = push.pusher.names if push.pusher else (need.doer,) if need.doer else ()
        kind = (need.ref, need.permission, need.subject, names)
        if kind not in told and not is_met(need, push.access, names):
            told.add(kind)
            yield _denial(push, need, names)


def _denial(push: Push, need: Need, names: Sequence[str]) -> Refusal:
    if not names:
        message = f"it takes the permission '{need.permission}' for '{need.subject}', and it is not known who pushes"
        return Refusal(need.ref, message, "the server has to say who pushes, in WFLGIT_ACTOR for example", need.commit)
    if need.permission in push.access.held_by(names):
        message = f"the draft of '{need.subject}' is that of '{need.owner}', and '{names[0]}' would change it"
        return Refusal(need.ref, message, "save a draft of your own: `wflgit draft save`", need.commit)
    hint = f"somebody with '{Permission.ADMIN}' can give it, under [[members]] in {FILE} on the trunk"
    return Refusal(need.ref, describe_denial(names[0], need.permission, need.subject), hint, need.commit)


def _check_signatures(push: Push) -> Iterator[Refusal]:
    """Where the policy asks for it, a member who may publish has signed every tag that publishes a version."""
    if not push.settings.policy.signed_publish:
        return
    for update in push.updates:
        mark = parse_version_tag(update.ref) or parse_archive_ref(update.ref)
        if mark is None or update.new is None or mark[0] not in push.versions:
            continue
        before = (refs.read_ref(push.git, ref) for ref in (version_tag(*mark), archive_ref(*mark)))
        if update.new not in before:
            yield from _check_signature(push, update.ref, update.new, *mark)


def _check_signature(push: Push, ref: str, tag: str, workflow: str, number: int) -> Iterator[Refusal]:
    from wflgit.git.signing import verify_tag

    called, access = f"version {number} of '{workflow}'", push.settings.access
    verified = verify_tag(push.git, tag, access)
    if verified is None:
        message = f"{called} has to be signed by a member, and its tag is not"
        yield Refusal(ref, message, f"`wflgit publish {workflow} {number} --sign`, with a key that {FILE} names under [[members]]")
    elif TAG_PREFIX + (verified.name or "") != version_tag(workflow, number):
        message = f"{called} has to be signed, and what '{verified.member.id}' signed is the tag '{verified.name}'"
        yield Refusal(ref, message, f"`wflgit publish {workflow} {number} --sign` makes a tag of its own")
    elif Permission.PUBLISH not in access.permissions(verified.member.id):
        message = describe_denial(verified.member.id, Permission.PUBLISH, workflow)
        yield Refusal(ref, message, f"let somebody sign it who has '{Permission.PUBLISH}'")


CHECKS: tuple[Callable[[Push], Iterator[Refusal]], ...] = (
    _check_trunk,
    _check_settings,
    _check_definitions,
    _check_tags,
    _check_archive,
    _check_permissions,
    _check_signatures,
)
"""What is asked of every push."""
