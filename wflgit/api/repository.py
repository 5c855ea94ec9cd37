"""Opening and making repositories, and the object whose nouns are the operations."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from wflgit.core.names import CURRENT
from wflgit.core.paths import WorkflowPaths
from wflgit.core.records import Actor
from wflgit.core.settings import DEFAULT_PATHS, FILE, Settings, format_settings, parse_settings
from wflgit.errors import RepositoryError, StateError
from wflgit.git.repository import GitRepository
from wflgit.workspace import Authorizer, Clock, Workspace, utc_now

if TYPE_CHECKING:
    from wflgit.api.audit import Audit
    from wflgit.api.drafts import Drafts
    from wflgit.api.executions import Executions
    from wflgit.api.housekeeping import Tidied
    from wflgit.api.merging import Merges
    from wflgit.api.migrations import Migrations
    from wflgit.api.versions import Versions
    from wflgit.api.workflows import Workflows
    from wflgit.core.audit import Event
    from wflgit.core.exchanges import Fetched, Pushed, RemoteState
    from wflgit.core.problems import Severity
    from wflgit.core.repairs import Repair
    from wflgit.core.reports import Notice, Status
    from wflgit.core.review import Level, Review

EDITOR_SCHEMA = "schemas/workflow.schema.json"


class Repository:
    """A wflgit repository, opened: `repo.workflows`, `.versions`, `.drafts`, `.executions`, `.migrations`, `.audit`.

    Usable in a `with` statement, which closes it. Not to be shared between threads: open one per thread.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    @property
    def settings(self) -> Settings:
        """What `wflgit.toml` says on the trunk."""
        return self.workspace.settings

    @cached_property
    def workflows(self) -> Workflows:
        """Create, find, list, rename, delete and validate workflows."""
        from wflgit.api.workflows import Workflows

        return Workflows(self.workspace)

    @cached_property
    def versions(self) -> Versions:
        """Make, list, publish, roll back and compare versions."""
        from wflgit.api.versions import Versions

        return Versions(self.workspace)

    @cached_property
    def drafts(self) -> Drafts:
        """Save what is not finished, compare it, put it on top of what others did, and make a version of it."""
        from wflgit.api.drafts import Drafts

        return Drafts(self.workspace)

    @cached_property
    def merges(self) -> Merges:
        """Merge edits step by step, decide the conflicts of a merge of Git, bring a branch up to date."""
        from wflgit.api.merging import Merges

        return Merges(self.workspace)

    @cached_property
    def executions(self) -> Executions:
        """Start, move, end, list and count executions."""
        from wflgit.api.executions import Executions

        return Executions(self.workspace)

    @cached_property
    def migrations(self) -> Migrations:
        """Plan, make, run, look at and undo migrations of executions."""
        from wflgit.api.migrations import Migrations

        return Migrations(self.workspace)

    @cached_property
    def audit(self) -> Audit:
        """Read and verify the audit trail."""
        from wflgit.api.audit import Audit

        return Audit(self.workspace)

    def events(self, *, after: int = 0, actions: Collection[str] = (), limit: int | None = None) -> Iterator[Event]:
        """What has happened in the account up to this call, the oldest first, after a sync.

        To follow it, keep the cursor of the last event you have dealt with, and pass it the next time. Save it after you have dealt
        with the event: if you are interrupted in between, you get the event again, and you never miss one. No transaction is
        open while you deal with events, so take your time, and change what you like.

        Args:
            after: only events with a higher cursor; 0 for all.
            actions: only those of these actions, e.g. `version.published`; one that ends with a dot, such as `migration.`, is for
                all that begin with it. Empty for all.
            limit: this many at most; None for all.

        Raises:
            NotFoundError: if there was no event `after` yet: the cursor is that of another side store.
        """
        from wflgit.api.events import events

        return events(self.workspace, after=after, actions=actions, limit=limit)

    def review(
        self,
        base: str | None = None,
        head: str = "HEAD",
        *,
        from_merge_base: bool = True,
        executions: str | None = None,
        token: str | None = None,
        fail_on: Severity | str | None = None,
        semver: Level | None = None,
    ) -> Review:
        """Review what a range of commits does to the workflows, and to those who are on the way in them.

        Settings, among them the rules' severities and what is ignored, are those of the base: no change can silence its own review.

        Args:
            base: what to compare with, as Git understands it; None for the trunk.
            head: what is under review; `worktree` for the working tree with all that is not committed.
            from_merge_base: compare with the commit at which the two parted, as pull requests do, so that what the base got
                meanwhile does not count.
            executions: a file or an `http(s)://` address with what `wflgit exec snapshot` writes; None for the side store.
            token: sent to the address as a bearer token.
            fail_on: from which severity on the verdict is `failed`; `off` for never, None for what the settings say.
            semver: the level that the pull request says of itself; a lower one than computed is a finding.

        Raises:
            NotFoundError: if there is no such commit.
            ShallowRepositoryError: if this clone does not reach back to where the two parted.
            SettingsError: if the settings of the base cannot be used.
            StoreError: if `executions` cannot be read.
            MissingObjectError: if a file is not in this clone.
        """
        from wflgit.api.review import Range

        found = Range(self.workspace, base or self.settings.trunk, head, from_merge_base=from_merge_base)
        return found.review(executions, token, fail_on, semver)

    def fetch(self, remote: str | None = None, *, rebase: bool = False) -> Fetched:
        """Fetch versions, tags and the archive of a remote, and bring the trunk up to date where that takes no merge.

        No tag of a version is ever overwritten: what both sides have published stays as it is on each, and is reported.

        Args:
            remote: its name; None for the one that the trunk follows, or the only one.
            rebase: where both sides have commits that the other lacks, make one's own anew on top of the remote's.

        Raises:
            RemoteError: if the remote cannot be reached.
            DirtyFileError: if uncommitted changes would be overwritten; the trunk stays where it is.
            ConflictError: if one's own commits do not go together with the remote's; the trunk stays where it is.
            StateError: if a version that is published here only is in use, so that it cannot be made anew.
        """
        from wflgit.api.remotes import fetch

        return fetch(self.workspace, remote, rebase=rebase)

    def push(self, remote: str | None = None, *, drafts: bool = False) -> Pushed:
        """Push the trunk, version tags, the archive and moving tags, all or nothing; what is half pushed is made whole.

        Args:
            remote: its name; None for the one that the trunk follows, or the only one.
            drafts: whether to push one's own drafts as well.

        Raises:
            RemoteError: if the remote cannot be reached, or its rules forbid it.
            ConflictError: if others have pushed what does not go together with it; says who and what.
        """
        from wflgit.api.pushing import push

        return push(self.workspace, remote, drafts=drafts)

    def remote_state(self, remote: str | None = None, *, drafts: bool = False) -> RemoteState:
        """How a remote stands to this repository: what a push would do, what is in its way, and what is half pushed.

        Args:
            remote: its name; None for the one that the trunk follows, or the only one.
            drafts: whether one's own drafts count.

        Raises:
            RemoteError: if the remote cannot be reached.
        """
        from wflgit.api.pushing import remote_state

        return remote_state(self.workspace, remote, drafts=drafts)

    def sync(self) -> None:
        """Bring the side store up to date with Git; every operation does this by itself for what it touches."""
        self.workspace.sync()

    def status(self) -> Status:
        """What stands where: branch, drafts to publish, uncommitted workflow files, live executions."""
        from wflgit.api.maintenance import status

        return status(self.workspace)

    def fsck(self) -> list[Notice]:
        """Check Git, the side store and the audit trail against each other; empty if all is well."""
        from wflgit.api.integrity import fsck

        return fsck(self.workspace)

    def repair(self, *, dry_run: bool = False) -> list[Repair]:
        """Put back what `fsck` misses where it is certain what was there, such as a deleted version tag; what cannot be says why.

        Args:
            dry_run: only say what would be put back.

        Raises:
            PermissionDenied: without `workflows:admin`; for a dry run, `audit:read`.
        """
        from wflgit.api.repairing import repair

        return repair(self.workspace, dry_run=dry_run)

    def tidy(self, *, dry_run: bool = False) -> Tidied:
        """Pack what Git keeps if it is time, and clear away old drafts and what killed processes left; others may write meanwhile.

        Args:
            dry_run: only say what is due.

        Raises:
            PermissionDenied: without `workflows:admin`, unless it is a dry run.
            RepositoryError: if git fails.
        """
        from wflgit.api.housekeeping import tidy

        return tidy(self.workspace, dry_run=dry_run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the side store's connections."""
        if "store" in vars(self.workspace):
            self.workspace.store.close()


def open_repository(
    path: str | Path = ".",
    *,
    actor: Actor | None = None,
    store: str | None = None,
    clock: Clock | None = None,
    authorizer: Authorizer | None = None,
) -> Repository:
    """Open the wflgit repository that `path` is in.

    Args:
        path: a folder in the working tree, or a bare repository.
        actor: who the changes are attributed to; None for Git's own user.
        store: URL of the side store; None for what `wflgit.toml` says, or else the one embedded in the repository.
        clock: gives the time, aware and in UTC; None for the system's.
        authorizer: says whether an actor may do something to a subject; None for what the actor's permissions or `wflgit.toml` say.

    Raises:
        RepositoryError: if there is no Git repository, or it cannot be read.
        SettingsError: if it has no usable `wflgit.toml`.
        PermissionDenied: if the actor is of another account.
    """
    workspace = Workspace(
        GitRepository.open(Path(path)), store_url=store, actor=actor, clock=clock or utc_now, authorizer=authorizer
    )
    _ = workspace.settings
    workspace.require_account()
    return Repository(workspace)


def init_repository(
    path: str | Path = ".",
    *,
    bare: bool = False,
    account: str | None = None,
    trunk: str | None = None,
    paths: Sequence[str] = (),
    exclude: Sequence[str] = (),
    channels: Sequence[str] = (),
    actor: Actor | None = None,
    store: str | None = None,
    clock: Clock | None = None,
) -> Repository:
    """Set wflgit up in a folder: makes the Git repository if there is none, and commits `wflgit.toml` to its trunk.

    In a repository with a history nothing else changes, and its workflow files have versions at once. Remotes get the refspec
    that lets moving tags follow a plain `git fetch`. Calling it again on a wflgit repository changes nothing but those refspecs.

    Args:
        path: the folder; made if it does not exist.
        bare: whether a new repository is bare.
        account: the tenant; None for the folder's name.
        trunk: the branch of versions; None for the branch that is checked out, or `main` in a new repository.
        paths: globs of workflow files; none for `workflows/**/*.json`.
        exclude: globs of files that are none all the same.
        channels: moving tags beside `current`.
        actor: as for `open`.
        store: as for `open`.
        clock: as for `open`.

    Raises:
        RepositoryError: if Git refuses.
        StateError: if `wflgit.toml` exists already with other settings than asked for.
        SettingsError: if the settings are none that could be used.
        IdentityError: if nobody is there to attribute the commit to.
    """
    target = Path(path)
    git = GitRepository.init(target, bare=bare, trunk=trunk or "main")
    workspace = Workspace(git, store_url=store, actor=actor, clock=clock or utc_now)
    branch = trunk or git.head_branch
    if branch is None:
        raise RepositoryError(
            "HEAD is detached, so it is not clear which branch is the trunk", hint="name it: `wflgit init --trunk main`"
        )
    wanted = Settings(
        account=account or target.resolve().name.removesuffix(".git"),
        trunk=branch,
        paths=WorkflowPaths(tuple(paths) or DEFAULT_PATHS, tuple(exclude), frozenset(channels)),
        channels=tuple(channels),
    )
    parse_settings(format_settings(wanted))
    tip = git.tip(branch)
    if tip is None or git.blob_at(tip, FILE) is None:
        _commit_settings(workspace, wanted)
    else:
        _require_same(workspace.settings, wanted, given=bool(account or trunk or paths or exclude or channels))
    git.follow_moving_tags((CURRENT, *workspace.settings.channels))
    return Repository(workspace)


def _commit_settings(workspace: Workspace, settings: Settings) -> None:
    """Commit `wflgit.toml`, and beside it the JSON Schema that editors complete workflow files by."""
    from wflgit.git.commits import FileEdit, commit_files

    edits = {FILE: FileEdit(None, format_settings(settings).encode())}
    tip = workspace.git.tip(settings.trunk)
    if settings.paths.include == DEFAULT_PATHS and (tip is None or workspace.git.blob_at(tip, EDITOR_SCHEMA) is None):
        from wflgit.core.schemas import json_schemas

        edits[EDITOR_SCHEMA] = FileEdit(None, json_schemas()["workflow.schema.json"].encode())
    commit_files(workspace.git, settings.trunk, edits, message="Set up wflgit\n", author=workspace.identity, at=workspace.clock())


def _require_same(found: Settings, wanted: Settings, *, given: bool) -> None:
    same = (found.trunk, found.paths, found.channels, found.account) == (
        wanted.trunk,
        wanted.paths,
        wanted.channels,
        wanted.account,
    )
    if given and not same:
        raise StateError(
            f"{FILE} exists already and says otherwise", hint=f"edit {FILE} and commit it to the trunk '{found.trunk}'"
        )
