"""A Git repository: opening one, and reading and writing its objects.

Refs, history and the working tree have their own modules; they take a `GitRepository`.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, ObjectType

from wflgit.core.records import Identity
from wflgit.errors import IdentityError, InvalidNameError, MissingObjectError, RepositoryError, ShallowRepositoryError
from wflgit.git.boundary import opening_error, translated, unreadable_ref
from wflgit.git.locks import PATIENCE_S, RepositoryLock
from wflgit.git.reffiles import read_loose

Stamps = tuple[tuple[int, int, int] | None, ...]
REGULAR = frozenset({FileMode.BLOB, FileMode.BLOB_EXECUTABLE, 0o100664})
HEADS = "refs/heads/"

# libgit2 does not cache trees above 4 KB, so that each look into a folder of a thousand files would parse it anew.
pygit2.settings.cache_object_limit(ObjectType.TREE, 1 << 21)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit; `parents` in Git's order, `committed_at` in UTC."""

    id: str
    parents: tuple[str, ...]
    author: Identity
    committed_at: datetime
    summary: str
    message: str


class GitRepository:
    """One repository, seen from one working tree or as a bare one. For one thread.

    Attributes:
        git_dir: the directory with objects and refs, shared by all working trees.
        own_dir: the directory with this working tree's HEAD and index; `git_dir` unless it is a linked one.
        workdir: the working tree, or None in a bare repository.
        raw: the pygit2 repository; for this package only.
        patience_s: seconds to wait for a lock.
        ref_watches: the files that `refs.fingerprint` looks at for a prefix, and how it last found them.
        remembered: what the commits made by this very object changed, see `history.remember`.
    """

    def __init__(self, raw: pygit2.Repository, *, patience_s: float = PATIENCE_S) -> None:
        self.raw = raw
        self.patience_s = patience_s
        self.own_dir = Path(raw.path)
        self.git_dir = _common_dir(self.own_dir)
        self.workdir = Path(raw.workdir) if raw.workdir else None
        self.ref_watches: dict[str, tuple[tuple[str, ...], Stamps]] = {}
        self.remembered: OrderedDict[str, tuple[tuple[str, str | None], ...]] = OrderedDict()
        self._lock = RepositoryLock(self.git_dir, patience_s)

    @classmethod
    def open(cls, path: Path, *, patience_s: float = PATIENCE_S) -> GitRepository:
        """Open the repository that `path` is in.

        Raises:
            RepositoryError: there is none, it belongs to somebody else, or is of a kind that libgit2 cannot read.
        """
        with translated(f"look for a repository at '{path}'"):
            found = pygit2.discover_repository(str(path))
        if found is None:
            raise RepositoryError(f"there is no Git repository at or above '{path}'", hint=f"make one: wflgit init {path}")
        try:
            return cls(pygit2.Repository(found), patience_s=patience_s)
        except pygit2.GitError as error:
            raise opening_error(str(path), error) from error

    @classmethod
    def init(cls, path: Path, *, bare: bool, trunk: str) -> GitRepository:
        """Make an empty repository with `trunk` as its first branch; one that is already at `path` is opened unchanged.

        Raises:
            InvalidNameError: the trunk's name is not valid for a branch.
            RepositoryError: it cannot be written there.
        """
        if not pygit2.reference_is_valid_name(HEADS + trunk):
            raise InvalidNameError(f"'{trunk}' is no name for a branch", hint="use 'main', for example")
        if not _holds_repository(path):
            with translated(f"make a repository at '{path}'"):
                pygit2.init_repository(str(path), bare=bare, initial_head=trunk)
        return cls.open(path)

    def lock(self) -> AbstractContextManager[None]:
        """Keep every other wflgit from writing to this repository; re-entrant.

        Raises:
            LockedError: another process held the lock for longer than the patience.
        """
        return self._lock.hold()

    @property
    def locks(self) -> RepositoryLock:
        """The lock itself, for taking Git's lock files under it."""
        return self._lock

    @property
    def is_shallow(self) -> bool:
        """Whether the beginning of history is missing."""
        return self.raw.is_shallow

    @property
    def location(self) -> str:
        """Where the repository is, as a user would say it: its working tree, or its own folder if it is bare."""
        return str(self.workdir or self.git_dir)

    def require_full_history(self) -> None:
        """Make sure that history is here from its beginning.

        Raises:
            ShallowRepositoryError: this is a shallow clone, in which versions cannot be counted.
        """
        if self.is_shallow:
            raise ShallowRepositoryError(
                f"'{self.location}' is a shallow clone: the beginning of its history is missing, so versions cannot be numbered",
                hint="fetch the rest: git fetch --unshallow",
            )

    @property
    def is_partial(self) -> bool:
        """Whether the clone left out objects, to be fetched when git needs them."""
        return any(str(entry.name).endswith((".promisor", ".partialclonefilter")) for entry in self.raw.config)

    @property
    def head_branch(self) -> str | None:
        """The branch that is checked out, born or not; None when HEAD is detached."""
        head = read_loose(self.own_dir, "HEAD") or ""
        branch = head.removeprefix(f"ref: {HEADS}")
        return branch if branch != head else None

    def identity(self) -> Identity:
        """Who Git's configuration says the user is.

        Raises:
            IdentityError: `user.name` or `user.email` is not set.
        """
        try:
            signature = self.raw.default_signature
        except (KeyError, pygit2.GitError) as error:
            raise IdentityError(
                "nobody to attribute the change to: Git's user.name or user.email is not set",
                hint='git config --global user.name "Your Name" && git config --global user.email you@example.com',
            ) from error
        return identity_of(signature)

    def tip(self, branch: str) -> str | None:
        """The commit a branch points at; None if the branch is not born yet.

        Raises:
            RepositoryError: the branch's file is damaged.
        """
        try:
            return str(self.raw.lookup_reference(HEADS + branch).resolve().target)
        except KeyError:
            return None
        except (ValueError, pygit2.GitError) as error:
            raise unreadable_ref(HEADS + branch, self.git_dir, error) from error

    def commit(self, oid: str) -> Commit:
        """Read a commit.

        Raises:
            MissingObjectError: it is not in this clone.
        """
        commit = self.raw_commit(oid)
        message = decoded(commit.raw_message, commit.message_encoding)
        return Commit(
            id=str(commit.id),
            parents=tuple(map(str, commit.parent_ids)),
            author=identity_of(commit.author, commit.message_encoding),
            committed_at=moment(commit.commit_time),
            summary=summary_of(message),
            message=message,
        )

    def raw_commit(self, oid: str | pygit2.Oid) -> pygit2.Commit:
        """The pygit2 commit of an id; for this package only.

        Raises:
            MissingObjectError: it is not in this clone.
            RepositoryError: it is damaged, or no commit.
        """
        found = self.raw_object(oid)
        if not isinstance(found, pygit2.Commit):
            raise RepositoryError(f"expected a commit, but the object '{oid}' is none", hint="git fsck tells more")
        return found

    def raw_tree(self, oid: str | pygit2.Oid) -> pygit2.Tree:
        """The pygit2 tree of an id; for this package only.

        Raises:
            MissingObjectError: it is not in this clone.
            RepositoryError: it is damaged, or no folder.
        """
        found = self.raw_object(oid)
        if not isinstance(found, pygit2.Tree):
            raise RepositoryError(f"expected a folder, but the object '{oid}' is none", hint="git fsck tells more")
        return found

    def raw_object(self, oid: str | pygit2.Oid) -> object:
        """The pygit2 object of an id; for this package only.

        Raises:
            MissingObjectError: it is not in this clone.
            RepositoryError: it is damaged.
        """
        try:
            return self.raw[oid]
        except KeyError as error:
            raise self.missing(str(oid)) from error
        except (ValueError, pygit2.GitError) as error:
            raise self.unreadable(str(oid), error) from error

    def missing(self, oid: str) -> MissingObjectError:
        """The error for an object that history refers to and that is not here."""
        if self.is_shallow:
            hint = "this clone is shallow; fetch the rest: git fetch --unshallow"
        elif self.is_partial:
            hint = "this clone left objects out; fetch them: git fetch --refetch --no-filter"
        else:
            hint = "fetch from a complete clone; git fsck lists all that is missing"
        return MissingObjectError(f"the object '{oid}' is not in this clone", hint=hint)

    def unreadable(self, name: str, error: Exception) -> RepositoryError:
        """The error for an object that cannot be read: missing or damaged, as libgit2's own words tell."""
        if "not found" in str(error):
            return self.missing(name)
        return RepositoryError(f"cannot read the object '{name}': {error}", hint="git fsck tells whether it is damaged")

    def find_commit(self, commitish: str) -> str | None:
        """The commit that Git means by an id, its beginning, a branch, a tag, `HEAD~2` …; None if there is no such commit.

        Raises:
            InvalidNameError: it means more than one.
        """
        try:
            return str(self.raw.revparse_single(commitish).peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError) as error:
            if "ambiguous" in str(error) and "too short" not in str(error):
                raise InvalidNameError(f"'{commitish}' is the beginning of several object ids", hint="give more digits") from error
            return None

    def blob(self, oid: str) -> bytes:
        """The content of a file's version.

        Raises:
            MissingObjectError: it is not in this clone.
        """
        try:
            return self.raw.odb.read(oid)[1]
        except KeyError as error:
            raise self.missing(oid) from error
        except (ValueError, pygit2.GitError) as error:
            raise RepositoryError(
                f"cannot read the object '{oid}': {error}", hint="git fsck tells whether it is damaged"
            ) from error

    def blob_at(self, commit: str, path: str) -> str | None:
        """The blob of a regular file in a commit; None if there is none, or a folder, symlink or submodule there.

        Raises:
            MissingObjectError: the commit or one of its folders is not in this clone.
        """
        entry = self.entry_at(commit, path)
        return str(entry.id) if entry is not None and entry.filemode in REGULAR else None

    def entry_at(self, commit: str, path: str) -> pygit2.Object | None:
        """Whatever is at a path in a commit; for this package only."""
        try:
            return self.tree_of(self.raw_commit(commit))[path]
        except KeyError:
            return None
        except pygit2.GitError as error:
            raise self.unreadable(f"{commit}:{path}", error) from error

    def tree_of(self, commit: pygit2.Commit) -> pygit2.Tree:
        """The root folder of a commit; for this package only."""
        return self.raw_tree(commit.tree_id)

    def files(self, commit: str, folders: Collection[str]) -> Iterator[tuple[str, str]]:
        """The regular files of a commit below some folders, as (path, blob) in no order.

        Args:
            commit: its id.
            folders: with a trailing slash; `""` is all. One inside another counts once.

        Raises:
            MissingObjectError: a folder is not in this clone.
        """
        for folder in folders:
            if any(other != folder and folder.startswith(other) for other in folders):
                continue
            if not folder:
                yield from self._walk(self.raw_commit(commit).tree_id, "")
            elif (found := self.entry_at(commit, folder.rstrip("/"))) is not None and found.filemode == FileMode.TREE:
                yield from self._walk(found.id, folder)

    def _walk(self, tree: pygit2.Oid, folder: str) -> Iterator[tuple[str, str]]:
        for entry in self.raw_tree(tree):
            name = text_path(entry.raw_name or b"")
            if name is None:
                continue
            if entry.filemode == FileMode.TREE:
                yield from self._walk(entry.id, f"{folder}{name}/")
            elif entry.filemode in REGULAR:
                yield folder + name, str(entry.id)

    def has(self, oid: str) -> bool:
        """Whether an object is in this clone."""
        return oid in self.raw

    def hash_blob(self, content: bytes) -> str:
        """The id that a content has, or would have, as a blob; nothing is stored."""
        return str(pygit2.hash(content))

    def write_blob(self, content: bytes) -> str:
        """Store a content and return its id; storing it again is no error.

        Raises:
            RepositoryError: the object cannot be written.
        """
        with translated("store a file's content"):
            return str(self.raw.create_blob(content))

    def replace_file(self, path: Path, content: bytes) -> None:
        """Put a file of the Git directory in place as a whole, for a caller that holds its lock."""
        temporary = self.git_dir / "wflgit.tmp"
        with temporary.open("wb") as file:
            file.write(content)
            if self.is_durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)

    @property
    def is_durable(self) -> bool:
        """Whether the repository asks for its files to reach the disk before a write is done."""
        config = self.raw.config
        return "core.fsyncobjectfiles" in config and config.get_bool("core.fsyncobjectfiles")

    def follow_moving_tags(self, channels: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Let `git fetch` move the moving tags: add the refspecs for them to every remote that lacks them.

        Args:
            channels: names of the moving tags, `current` included.

        Returns:
            What was added, as (remote, refspec) in the order of remotes and channels.

        Raises:
            RepositoryError: the configuration cannot be written.
        """
        added = []
        with translated("add a fetch refspec to the repository's configuration"):
            for remote in self.raw.remotes:
                for refspec in (f"+refs/tags/*/{channel}:refs/tags/*/{channel}" for channel in channels):
                    if remote.name is not None and refspec not in remote.fetch_refspecs:
                        self.raw.remotes.add_fetch(remote.name, refspec)
                        added.append((remote.name, refspec))
        return tuple(added)


def _common_dir(own_dir: Path) -> Path:
    """Where a linked working tree keeps its objects and refs: with the repository that it is linked to."""
    try:
        said = (own_dir / "commondir").read_text().strip()
    except FileNotFoundError:
        return own_dir
    return Path(os.path.normpath(own_dir / said))


def _holds_repository(path: Path) -> bool:
    return (path / ".git").exists() or ((path / "HEAD").is_file() and (path / "objects").is_dir())


def text_path(raw: bytes) -> str | None:
    """A path as text; None for bytes that are not UTF-8, which no workflow file's name may hold."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def decoded(raw: bytes, encoding: str | None) -> str:
    """Bytes of a commit as text, whatever they are: what its encoding cannot read becomes U+FFFD."""
    try:
        return raw.decode(encoding or "utf-8", "replace")
    except LookupError:
        return raw.decode(errors="replace")


def identity_of(signature: pygit2.Signature, encoding: str | None = None) -> Identity:
    """The person of a signature."""
    return Identity(decoded(signature.raw_name, encoding), decoded(signature.raw_email, encoding))


def moment(seconds: int) -> datetime:
    """A Git time in UTC; one that no calendar holds becomes the nearest that does."""
    return datetime.fromtimestamp(min(max(seconds, _EARLIEST), _LATEST), UTC)


_EARLIEST = int(datetime(1, 1, 2, tzinfo=UTC).timestamp())
_LATEST = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp())


def summary_of(message: str) -> str:
    """The first paragraph of a commit's message in one line, as `git log --format=%s` says it."""
    lines: list[str] = []
    for line in message.split("\n"):
        text = line.rstrip(" \t\r")
        if text:
            lines.append(text)
        elif lines:
            break
    return " ".join(lines)


def signature(who: Identity, at: datetime) -> pygit2.Signature:
    """The line of a commit or tag that says who made it and when.

    Raises:
        IdentityError: Git cannot keep that name or address.
    """
    offset = at.utcoffset()
    try:
        made = pygit2.Signature(who.name, who.email, int(at.timestamp()), int(offset.total_seconds() // 60) if offset else 0)
    except (pygit2.GitError, ValueError) as error:
        raise _unusable(who) from error
    if not f"{who.name}{who.email}".isprintable():
        raise _unusable(who)
    return made


def _unusable(who: Identity) -> IdentityError:
    return IdentityError(
        f"expected an author's name and address without '<', '>' and control characters, but got '{who}'",
        hint="give another author, or correct git config user.name and user.email",
    )
