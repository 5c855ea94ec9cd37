"""Refs: reading them by prefix, telling cheaply that nothing changed, and moving one at a time, compare-and-swap.

A ref is written under Git's own lock file, so plain git and wflgit exclude each other, and by rename, so a reader sees the
old or the new value. libgit2 is left out on purpose: its deletions lose refs beside `git pack-refs`, its transactions check
neither the target nor the name nor a clash of `a` with `a/b`, and what a killed process leaves locked cannot be told from
another program's lock.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import ObjectType

from wflgit.core.records import Identity
from wflgit.errors import ConflictError, IdentityError, InvalidNameError, MissingObjectError, RepositoryError, StateError
from wflgit.git.boundary import translated, unreadable_ref
from wflgit.git.reffiles import PACKED, list_loose, list_packed, read_packed
from wflgit.git.repository import GitRepository, Stamps, decoded, identity_of, moment, signature

if TYPE_CHECKING:
    from wflgit.git.signing import Signer

RACY_NS = 20_000_000
"""A file system's clock ticks every 1 to 10 ms: within one tick of a change another one leaves no trace in the mtime."""

_LOGGED = ("refs/heads/", "refs/remotes/", "refs/notes/")
_MAKING_WAY = (
    ("tag", "refs/tags/", "keep it under another name: git tag NEW-NAME {0}; then remove it: git tag -d {0}"),
    ("branch", "refs/heads/", "rename it: git branch -m {0} NEW-NAME"),
    ("ref", "", "if it may go: git update-ref -d {0}"),
)
_NO_OBJECT = "0" * 40
_SIGNATURE = re.compile(rb"^-----BEGIN (?:PGP SIGNATURE|PGP MESSAGE|SSH SIGNATURE|SIGNED MESSAGE)-----", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Tag:
    """An annotated tag; `commit` is what it marks in the end, `tagger` None where the tag does not say.

    A signature is no part of its `message`.
    """

    commit: str
    tagger: Identity | None
    tagged_at: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class ReflogNote:
    """What a reflog says of a change, where one is kept."""

    by: Identity
    at: datetime
    message: str


def list_refs(repo: GitRepository, prefix: str) -> dict[str, str]:
    """The refs below a folder and the object each points at: for an annotated tag, the tag object.

    Symbolic refs are left out. The cost is that of the refs below the folder, however many others there are.

    Args:
        repo: the repository.
        prefix: a folder of refs with its trailing slash, such as `refs/tags/welcome/`.

    Raises:
        RepositoryError: one of them is damaged.
    """
    with translated(f"list the refs below '{prefix}'"):
        loose = dict(list_loose(repo.git_dir, prefix))
        refs = dict(list_packed(repo.git_dir, prefix)) | loose
    return {name: target for name, target in refs.items() if not target.startswith("ref: ")}


def read_ref(repo: GitRepository, name: str) -> str | None:
    """The object a ref points at, or None if there is no such ref.

    Raises:
        RepositoryError: it is damaged, or points at another ref.
    """
    try:
        target = repo.raw.lookup_reference(name).target
    except KeyError:
        return None
    except (ValueError, pygit2.GitError) as error:
        raise unreadable_ref(name, repo.git_dir, error) from error
    if isinstance(target, str):
        raise RepositoryError(
            f"expected '{name}' to point at an object, but it points at the ref '{target}'", hint=f"use '{target}' in its place"
        )
    return str(target)


def fingerprint(repo: GitRepository, prefix: str) -> object | None:
    """A value that stays equal for as long as nothing below a folder of refs changes.

    Take it before reading the refs; if it is equal later, what was read still holds.

    Args:
        repo: the repository.
        prefix: a folder of refs with its trailing slash.

    Returns:
        None while a change is so recent that a further one could leave no trace.
    """
    settled = time.time_ns() - RACY_NS
    folders, known = repo.ref_watches.get(prefix, ((), None))
    stamps = _stamps(folders)
    if stamps != known:
        folders = _folders(repo.git_dir, prefix)
        stamps = _stamps(folders)
        repo.ref_watches[prefix] = folders, stamps
    for stamp in stamps:
        if stamp is not None and stamp[0] > settled:
            # A folder may have come between listing and looking: list again next time.
            repo.ref_watches.pop(prefix)
            return None
    return stamps


def _folders(git_dir: Path, prefix: str) -> tuple[str, ...]:
    found = [str(git_dir / PACKED), str(git_dir / prefix)]
    found += [str(Path(top, name)) for top, names, _ in os.walk(git_dir / prefix) for name in names]
    return tuple(found)


def _stamps(paths: tuple[str, ...]) -> Stamps:
    return tuple([_stamp(path) for path in paths])


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        stat = os.stat(path)  # noqa: PTH116
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size


def create_ref(repo: GitRepository, name: str, target: str, *, note: ReflogNote | None = None) -> None:
    """Make a ref; if it is there with the same target already, nothing happens.

    Raises:
        ConflictError: it is there with another target.
        StateError: a ref stands where this one needs a folder, or has its folder where this one would be.
        InvalidNameError, MissingObjectError, LockedError, RepositoryError: it cannot be written.
    """
    with repo.lock(), hold_ref(repo, name) as ref:
        if ref.value not in (None, target):
            raise _changed(name, None, ref.value)
        if ref.value is None:
            ref.set(target, note)


def move_ref(repo: GitRepository, name: str, target: str, *, expected: str | None, note: ReflogNote | None = None) -> None:
    """Point a ref at another object, provided it still points at `expected` (None: does not exist).

    Raises:
        ConflictError: it points elsewhere by now.
        StateError, InvalidNameError, MissingObjectError, LockedError, RepositoryError: as in `create_ref`.
    """
    with repo.lock(), hold_ref(repo, name) as ref:
        if ref.value != expected:
            raise _changed(name, expected, ref.value)
        if target != expected:
            ref.set(target, note)


def delete_ref(repo: GitRepository, name: str, *, expected: str) -> None:
    """Delete a ref, provided it still points at `expected`; one that is gone already is no error.

    Raises:
        ConflictError: it points elsewhere by now.
        LockedError, RepositoryError: it cannot be deleted.
    """
    with repo.lock():
        with hold_ref(repo, name) as ref, repo.locks.lock_file(repo.git_dir / PACKED):
            if ref.value not in (None, expected):
                raise _changed(name, expected, ref.value)
            if ref.value is not None:
                _delete(repo, name)
        _remove_empty_folders(repo.git_dir, name)


def _delete(repo: GitRepository, name: str) -> None:
    with translated(f"delete the ref '{name}'"):
        # The packed value goes first: were the loose one gone before it, a reader would see the older packed one.
        if read_packed(repo.git_dir, name) is not None:
            _drop_packed(repo, name)
        for file in (repo.git_dir / name, repo.git_dir / "logs" / name):
            file.unlink(missing_ok=True)


def _drop_packed(repo: GitRepository, name: str) -> None:
    kept: list[bytes] = []
    dropping = False
    ending = b" " + os.fsencode(name)
    for line in (repo.git_dir / PACKED).read_bytes().splitlines(keepends=True):
        dropping = dropping if line.startswith(b"^") else line.rstrip(b"\n").endswith(ending)
        if not dropping:
            kept.append(line)
    repo.replace_file(repo.git_dir / PACKED, b"".join(kept))


def _remove_empty_folders(git_dir: Path, name: str) -> None:
    for top in ("", "logs/"):
        for folder in list(Path(name).parents)[:-3]:
            with suppress(OSError):
                (git_dir / top / folder).rmdir()


def _changed(name: str, expected: str | None, actual: str | None) -> ConflictError:
    now = "is gone" if actual is None else f"points at '{actual[:10]}'"
    before = "it was not there" if expected is None else f"it was '{expected[:10]}'"
    return ConflictError(
        f"the ref '{name}' {now} but {before} before", expected=expected, actual=actual, hint="read it again, then retry"
    )


class HeldRef:
    """A ref under its lock: `value` cannot change until the lock goes."""

    def __init__(self, repo: GitRepository, name: str) -> None:
        self._repo = repo
        self._name = name
        self.value = read_ref(repo, name)

    def set(self, target: str, note: ReflogNote | None) -> None:
        """Write a new value; the caller has compared the old one.

        Raises:
            MissingObjectError: there is no object `target`.
            RepositoryError: it cannot be written.
        """
        repo, path = self._repo, self._repo.git_dir / self._name
        if target not in repo.raw:
            raise MissingObjectError(
                f"the ref '{self._name}' cannot point at '{target}', which is not in this clone", hint="git fetch"
            )
        with translated(f"write the ref '{self._name}'"):
            _append_reflogs(repo, self._name, self.value, target, note)
            _remove_empty_tree(path)
            repo.replace_file(path, f"{target}\n".encode())
        self.value = target


@contextmanager
def hold_ref(repo: GitRepository, name: str) -> Iterator[HeldRef]:
    """Take Git's lock on a ref, for a caller that holds the repository's.

    Raises:
        InvalidNameError: Git does not allow the name.
        StateError: another ref stands in the way of a new one.
        LockedError: another program kept the lock.
    """
    if not pygit2.reference_is_valid_name(name):
        raise InvalidNameError(f"'{name}' is no name for a ref", hint="git check-ref-format lists the rules")
    if read_ref(repo, name) is None:
        _refuse_clash(repo, name)
    with repo.locks.lock_file(repo.git_dir / name):
        yield HeldRef(repo, name)


def _refuse_clash(repo: GitRepository, name: str) -> None:
    """Git keeps refs as files, so `welcome` and `welcome/v1` cannot both be."""
    ancestors = [folder.as_posix() for folder in list(Path(name).parents)[:-3]]
    other = next((folder for folder in ancestors if read_ref(repo, folder) is not None), None) or next(
        iter(list_refs(repo, f"{name}/")), None
    )
    if other is None:
        return
    for kind, prefix, hint in _MAKING_WAY:
        if other.startswith(prefix):
            short = other.removeprefix(prefix)
            wanted = name.removeprefix(prefix)
            raise StateError(f"the {kind} '{short}' stands in the way of '{wanted}'", hint=hint.format(short))


def _remove_empty_tree(path: Path) -> None:
    """Remove the empty folders that deleted refs left where a ref shall be."""
    if path.is_dir():
        for top, _, _ in os.walk(path, topdown=False):
            with suppress(OSError):
                Path(top).rmdir()


def _append_reflogs(repo: GitRepository, name: str, old: str | None, new: str, note: ReflogNote | None) -> None:
    logs = [(repo.git_dir / "logs" / name, _is_logged(repo, name))]
    if name == f"refs/heads/{repo.head_branch}":
        logs.append((repo.own_dir / "logs" / "HEAD", _is_logged(repo, "HEAD")))
    for path, wanted in logs:
        if wanted or path.is_file():
            _remove_empty_tree(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as log:
                log.write(_reflog_line(repo, old, new, note))


def _is_logged(repo: GitRepository, name: str) -> bool:
    config = repo.raw.config
    said = str(config["core.logallrefupdates"]).lower() if "core.logallrefupdates" in config else ""
    if said == "always":
        return True
    kept = said in ("true", "yes", "on", "1") or (not said and not repo.raw.is_bare)
    return kept and (name == "HEAD" or name.startswith(_LOGGED))


def _reflog_line(repo: GitRepository, old: str | None, new: str, note: ReflogNote | None) -> bytes:
    note = note or ReflogNote(_somebody(repo), datetime.now(UTC), "")
    who = signature(note.by, note.at)
    message = " ".join(note.message.split())
    return f"{old or _NO_OBJECT} {new} {_dated(who)}\t{message}\n".encode()


def _somebody(repo: GitRepository) -> Identity:
    try:
        return repo.identity()
    except IdentityError:
        return Identity("unknown", "unknown")


def _dated(who: pygit2.Signature) -> str:
    sign = "-" if who.offset < 0 else "+"
    hours, minutes = divmod(abs(who.offset), 60)
    return f"{who.name} <{who.email}> {who.time} {sign}{hours:02}{minutes:02}"


def write_tag(
    repo: GitRepository, *, tag: str, commit: str, tagger: Identity, at: datetime, message: str, sign: Signer | None = None
) -> str:
    """Store an annotated tag object, to which no ref points yet, and return its id.

    Args:
        repo: the repository.
        tag: its short name, such as `welcome/v7`.
        commit: the commit it marks.
        tagger: who makes it.
        at: when.
        message: its text.
        sign: makes its signature, see `signing.find_signer`; None for a tag without one.

    Raises:
        InvalidNameError: Git does not allow the name.
        MissingObjectError: there is no such commit.
        IdentityError: Git cannot keep the tagger's name.
        SigningError: it cannot be signed.
    """
    if not pygit2.reference_is_valid_name(f"refs/tags/{tag}"):
        raise InvalidNameError(f"'{tag}' is no name for a tag", hint="git check-ref-format lists the rules")
    repo.raw_commit(commit)
    head = f"object {commit}\ntype commit\ntag {tag}\ntagger {_dated(signature(tagger, at))}\n\n"
    content = f"{head}{message.rstrip()}\n".encode(errors="replace")
    if sign is not None:
        content += f"{sign(content)}\n".encode()
    with translated(f"store the tag '{tag}'"):
        return str(repo.raw.odb.write(ObjectType.TAG, content))


def read_tag(repo: GitRepository, oid: str) -> Tag | None:
    """Read an annotated tag; one of a tag is followed to the commit, with the words of the outermost.

    Returns:
        None if the object is no annotated tag, or does not mark a commit.

    Raises:
        MissingObjectError: the tag or what it marks is not in this clone.
    """
    outer = found = repo.raw_object(oid)
    while isinstance(found, pygit2.Tag):
        found = repo.raw_object(found.target)
    if not isinstance(outer, pygit2.Tag) or not isinstance(found, pygit2.Commit):
        return None
    tagger = outer.tagger
    return Tag(
        commit=str(found.id),
        tagger=identity_of(tagger) if tagger else None,
        tagged_at=moment(tagger.time) if tagger else None,
        message=decoded(_unsigned(outer.raw_message or b""), None),
    )


def _unsigned(message: bytes) -> bytes:
    """A tag's message without its signature, which Git keeps at the end of it."""
    begins = [found.start() for found in _SIGNATURE.finditer(message)]
    return message[: begins[-1]] if begins else message
