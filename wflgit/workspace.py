"""A repository, its side store, a clock and an actor: what every operation works with.

It knows how to find things (settings, revisions, parsed definitions, the account's own types) and brings the store up to date
before anything is read. What is done with them is said in `api`.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from wflgit.contents import Contents
from wflgit.core.names import CURRENT, DRAFT, Revision, channel_tag, near, tag_folder, unknown
from wflgit.core.permissions import Access, Permission, describe_denial
from wflgit.core.records import Actor, Definition, Identity
from wflgit.core.settings import FILE, Settings, parse_settings
from wflgit.errors import DefinitionError, NotFoundError, PermissionDenied, SettingsError
from wflgit.git import refs, worktree
from wflgit.git.repository import GitRepository
from wflgit.standing import Standing

if TYPE_CHECKING:
    from wflgit.core.catalog import Catalog
    from wflgit.store.engine import Store
    from wflgit.store.versions import VersionRow
    from wflgit.sync import Sync

Clock = Callable[[], datetime]

Authorizer = Callable[[Actor, Permission, str], bool]
"""Says whether an actor may do something to a subject, for hosts that know better than `wflgit.toml`."""


def utc_now() -> datetime:
    """The clock used unless another is given."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the content of a revision is; `content` only where it is not in Git."""

    workflow: str
    number: int | None
    commit: str | None
    blob: str
    path: str
    content: bytes | None


class Workspace:
    """Everything an operation needs, opened once. Not to be shared between threads: open one per thread."""

    def __init__(
        self,
        git: GitRepository,
        *,
        store_url: str | None,
        actor: Actor | None,
        clock: Clock,
        authorizer: Authorizer | None = None,
    ) -> None:
        self.git = git
        self.clock = clock
        self.contents = Contents(git)
        self._store_url = store_url
        self._actor = actor
        self._authorizer = authorizer
        self._settings: tuple[str | None, Settings] | None = None
        self._deleted: dict[str, tuple[str | None, bool]] = {}
        self._pins: dict[tuple[str, str], Source] = {}
        self._resolved: dict[tuple[str, str], tuple[object, Definition]] = {}

    def opened_again(self) -> Workspace:
        """The same repository, actor, store and clock, for another thread."""
        git = GitRepository.open(self.git.workdir or self.git.git_dir, patience_s=self.git.patience_s)
        return Workspace(git, store_url=self._store_url, actor=self._actor, clock=self.clock, authorizer=self._authorizer)

    # Who, where, under which rules

    @property
    def settings(self) -> Settings:
        """The settings on the trunk as of the last sync; before the trunk has any, those of the working tree.

        Raises:
            SettingsError: if there is no `wflgit.toml`, or it cannot be used.
        """
        return self._settings[1] if self._settings else self._read_settings()

    def _read_settings(self) -> Settings:
        """Read the settings anew if the trunk has moved."""
        known = self._settings
        trunk = known[1].trunk if known else self._first_settings().trunk
        tip = self.git.tip(trunk)
        if known is not None and tip is not None and known[0] == tip:
            return known[1]
        blob = self.git.blob_at(tip, FILE) if tip else None
        settings = parse_settings(self.git.blob(blob).decode("utf-8", "replace")) if blob else self._first_settings()
        self._settings = tip, settings
        return settings

    def _first_settings(self) -> Settings:
        """The settings that say which branch is the trunk: the working tree's, or those of HEAD."""
        text = worktree.read_file(self.git, FILE) or self._settings_at_head()
        if text is None:
            raise SettingsError(f"there is no {FILE} in '{self.git.location}'", hint="run `wflgit init` in the repository")
        return parse_settings(text.decode("utf-8", "replace"))

    def _settings_at_head(self) -> bytes | None:
        head = self.git.find_commit("HEAD")
        blob = self.git.blob_at(head, FILE) if head else None
        return self.git.blob(blob) if blob else None

    @cached_property
    def store(self) -> Store:
        """The side store: the one asked for, else the one the settings name, else the one embedded in the repository."""
        from wflgit.store.engine import open_store

        store = open_store(self._store_url or self.settings.store, self.embedded_store, account=self.account)
        weakref.finalize(self, store.close)
        return store

    @property
    def embedded_store(self) -> Path:
        """Where the side store is kept unless another is named."""
        return self.git.git_dir / "wflgit" / "store.db"

    @property
    def has_own_store(self) -> bool:
        """Whether the side store is the one embedded in this clone, which no other clone knows."""
        return not (self._store_url or self.settings.store)

    @property
    def account(self) -> str:
        """The account all rows of this repository belong to."""
        return self.settings.account

    @cached_property
    def identity(self) -> Identity:
        """Who commits: the actor, else Git's own user.

        Raises:
            IdentityError: if there is neither.
        """
        if self._actor is not None:
            return Identity(self._actor.name, self._actor.id)
        return self.git.identity()

    def require(self, permission: Permission, subject: str) -> None:
        """Make sure that the actor may do something; every operation that writes asks this before it does anything.

        Args:
            permission: what it takes.
            subject: what it is done to, such as a slug.

        Raises:
            PermissionDenied: if the actor lacks the permission, or is of another account.
            IdentityError: if it matters who the actor is, and nobody is there.
        """
        access = self._read_settings().access
        if self._actor is None and self._authorizer is None and access.is_open:
            return
        self.require_account()
        actor = self._actor or Actor(self.identity.email, self.identity.name)
        if not self._is_allowed(actor, permission, subject, access):
            raise PermissionDenied(
                describe_denial(actor.id, permission, subject),
                actor=actor.id,
                permission=permission,
                hint=f"somebody with '{Permission.ADMIN}' can give it, under [[members]] in {FILE} on the trunk",
            )

    def require_account(self) -> None:
        """Make sure that the actor is not of another account: such a one may not even read.

        Raises:
            PermissionDenied: if it is.
        """
        actor = self._actor
        if actor is not None and actor.account not in (None, self.account):
            raise PermissionDenied(
                f"'{actor.id}' is of account '{actor.account}', and this repository of account '{self.account}'",
                actor=actor.id,
                hint="open the repository of the actor's own account",
            )

    def _is_allowed(self, actor: Actor, permission: Permission, subject: str, access: Access) -> bool:
        if self._authorizer is not None:
            return self._authorizer(actor, permission, subject)
        held = access.permissions(actor.id) if actor.permissions is None else actor.permissions
        return permission in held or Permission.ADMIN in held

    # Up to date

    @cached_property
    def _sync(self) -> Sync:
        from wflgit.sync import Sync

        return Sync(self.git, self.store, self.clock)

    def sync(self, workflow: str | None = None) -> None:
        """Bring the store up to date for one workflow or for all; costs a few microseconds when nothing has changed."""
        self._sync(self._read_settings(), workflow)

    # Finding things

    def is_deleted(self, slug: str) -> bool:
        """Whether the trunk has a workflow's file no more. Remembered until the trunk moves."""
        tip = self.trunk_tip()
        known = self._deleted.get(slug)
        if known is None or known[0] != tip:
            known = self._deleted[slug] = tip, not self.find(slug).files
        return known[1]

    def trunk_tip(self) -> str | None:
        """The newest commit of the trunk, or None before the first."""
        return self.git.tip(self.settings.trunk)

    def find(self, slug: str) -> Standing:
        """How a workflow stands after a sync: its versions and its file; without either if there never was such a workflow."""
        from wflgit.store import versions

        self.sync(slug)
        with self.store.read() as conn:
            rows = versions.list_versions(conn, self.account, slug)
            return Standing(slug, rows, versions.list_files(conn, self.account, [slug]))

    def get(self, slug: str) -> Standing:
        """How a workflow stands after a sync.

        Raises:
            NotFoundError: if no trunk commit ever touched such a workflow; proposes near slugs.
        """
        from wflgit.store import versions

        found = self.find(slug)
        if not found.rows:
            found.require_one_file()
            with self.store.read() as conn:
                slugs = versions.last_versions(conn, self.account, None)
            raise unknown("workflow", slug, slugs, hint="`wflgit ls` lists the workflows, `wflgit new` makes one")
        return found

    def versions(self, slug: str) -> list[VersionRow]:
        """The versions of a workflow after a sync, newest first.

        Raises:
            NotFoundError: if no trunk commit ever touched such a workflow; proposes near slugs.
        """
        return self.get(slug).rows

    def version(self, slug: str, number: int) -> VersionRow:
        """One version of a workflow.

        Raises:
            NotFoundError: if the workflow or the number does not exist.
        """
        return self.get(slug).version(number)

    def resolve(self, revision: Revision) -> Definition:
        """Find and parse the content a revision names; what tags name is remembered until a tag of the workflow changes.

        Raises:
            NotFoundError: if the workflow, version, channel, draft or commit does not exist.
            DefinitionError: if the content cannot be parsed.
        """
        selector = revision.selector
        if selector is None:
            return self._parsed_source(self.locate(revision))
        mark = refs.fingerprint(self.git, tag_folder(revision.slug))
        known = self._resolved.get((revision.slug, selector))
        if known is not None and mark is not None and known[0] == mark:
            return known[1]
        found = self._parsed_source(self.locate(revision))
        if selector == CURRENT or selector in self.settings.channels:
            self._resolved[revision.slug, selector] = mark, found
        return found

    def resolve_pin(self, slug: str, number: int, commit: str) -> Definition:
        """The definition an execution is pinned to. Found by commit, so that nothing that happens to tags can change it."""
        pin = slug, commit
        if pin not in self._pins:
            self.sync(slug)
            from wflgit.store import versions

            with self.store.read() as conn:
                row = versions.get_version(conn, self.account, slug, number)
            if row is not None and row.commit == commit:
                self._pins[pin] = self._version_source(row)
            else:
                self._pins[pin] = self._commit_source(slug, commit)
        return self._parsed_source(self._pins[pin])

    def locate(self, revision: Revision) -> Source:
        """Find the content a revision names, without parsing it.

        Raises:
            NotFoundError: if the workflow, version, channel, draft or commit does not exist.
        """
        slug, selector = revision.slug, revision.selector
        if selector is None:
            return self._working_source(slug)
        if revision.number is not None:
            return self._version_source(self.version(slug, revision.number))
        if selector == CURRENT or selector in self.settings.channels:
            return self._version_source(self.tagged(slug, selector))
        if selector == DRAFT:
            return self._version_source(self._newest_draft(slug))
        return self._commit_source(slug, selector)

    def tagged(self, slug: str, channel: str) -> VersionRow:
        """The version that `current` or another channel marks.

        Raises:
            NotFoundError: if nothing is published, or the channel marks nothing, or something archived.
        """
        found = self.get(slug)
        if channel == CURRENT:
            return found.require_current()
        target = refs.read_ref(self.git, channel_tag(slug, channel))
        marked = next((row for row in found.rows if row.commit == target and row.tag), None)
        if marked is None or marked.archived:
            said = f"version {marked.number}, which is archived" if marked else "no published version"
            raise NotFoundError(
                f"channel '{channel}' of '{slug}' marks {said}", hint=f"set it: `wflgit tag {slug} {channel} NUMBER`"
            )
        return marked

    def _newest_draft(self, slug: str) -> VersionRow:
        newest = self.versions(slug)[0]
        if newest.tag or newest.blob is None:
            raise NotFoundError(
                f"workflow '{slug}' has no draft: its newest version is {newest.number}, and it is no draft",
                hint=f"see `wflgit log {slug}`",
            )
        return newest

    def _working_source(self, slug: str) -> Source:
        """The file in the working tree; the trunk's in a bare repository or where the working tree has none."""
        found = self.find(slug)
        file = found.require_one_file()
        path = file.path if file else self._expected_path(slug)
        content = worktree.read_file(self.git, path) if path else None
        if path is not None and content is not None:
            return Source(slug, None, None, self.git.hash_blob(content), path, content)
        newest = self.get(slug).rows[0]
        found.require_file()
        return self._version_source(newest)

    def _expected_path(self, slug: str) -> str | None:
        try:
            return self.settings.paths.path(slug)
        except ValueError:
            return None

    def _commit_source(self, slug: str, commitish: str) -> Source:
        commit = self.git.find_commit(commitish)
        if commit is None:
            names = [CURRENT, DRAFT, *self.settings.channels]
            close = near(commitish, names)
            hint = f"did you mean '{slug}@{close[0]}'?" if close else f"write a version number, {', '.join(names)} or a commit"
            raise NotFoundError(f"'{slug}@{commitish}' names no version, channel or commit", candidates=close, hint=hint)
        for row in self.versions(slug):
            if row.commit == commit:
                return self._version_source(row)
        paths = self.settings.paths
        for path, blob in self.git.files(commit, paths.folders()):
            if paths.slug(path) == slug:
                return Source(slug, None, commit, blob, path, None)
        raise NotFoundError(f"commit '{commitish}' has no workflow '{slug}'", hint=f"see `wflgit log {slug}`")

    def _version_source(self, row: VersionRow) -> Source:
        if row.blob is None:
            raise NotFoundError(
                f"version {row.number} of '{row.workflow}' deleted it, there is nothing to show",
                hint=f"see `wflgit log {row.workflow}` for the versions before",
            )
        return Source(row.workflow, row.number, row.commit, row.blob, row.path, None)

    # Content

    def content(self, source: Source) -> bytes:
        """The bytes of what `locate` found."""
        return self.git.blob(source.blob) if source.content is None else source.content

    def definition(self, row: VersionRow) -> Definition:
        """The parsed content of a version.

        Raises:
            NotFoundError: if the version is a deletion.
            DefinitionError: if the content cannot be parsed.
        """
        return self._parsed_source(self._version_source(row))

    def _parsed_source(self, source: Source) -> Definition:
        try:
            parsed = self.contents.parse(source.blob, source.content)
        except DefinitionError as error:
            error.path = source.path
            raise
        return Definition(
            workflow=source.workflow,
            number=source.number,
            commit=source.commit,
            blob=source.blob,
            path=source.path,
            content=parsed.content,
            document=parsed.document,
            graph=parsed.graph,
        )

    # The types definitions may use

    def catalog(self) -> Catalog:
        """The step and trigger types known on the trunk."""
        return self.contents.catalog_at(self.trunk_tip())

    def working_catalog(self) -> Catalog:
        """The types known in the working tree, or on the trunk where there is none."""
        return self.catalog() if self.git.workdir is None else self.contents.catalog_in(self.git.workdir)
