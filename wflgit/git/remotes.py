"""Other repositories: what they have, fetching from them and pushing to them, by the user's own git and its credentials.

Nothing here decides what to fetch or push. What a remote had when it was looked at last is kept in a small file in the Git
directory; if it is lost, the next look writes it again.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pygit2

from wflgit.core.names import ARCHIVE_PREFIX, DRAFT_PREFIX, TAG_PREFIX
from wflgit.core.remotes import Kind, Relation, RemoteRefs, Update
from wflgit.errors import RemoteError
from wflgit.git.boundary import translated
from wflgit.git.history import on_first_parent
from wflgit.git.refs import delete_ref, list_refs
from wflgit.git.repository import HEADS, GitRepository
from wflgit.git.usergit import Answer, ask_git

_PEELED = "^{}"
_AT_ONCE = 5_000
"""How many refs one push changes at most: what a command line can hold."""

_SECONDARY = ("atomic push failed", "atomic transaction failed", "atomic push failure")
_RACES = (
    "stale info", "already exists", "fetch first", "non-fast-forward", "needs force", "failed to update ref", "cannot lock ref",
    "failed to lock", "incorrect old value", "failed to write", "unable to create",
)  # fmt: skip
_FETCH_RACES = ("couldn't find remote ref", "cannot lock ref", "Unable to create")
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+(?=@)")
_ADVICE = ("hint:", "Please make sure", "and the repository exists", "To ", "Done", "remote: Resolving", "!")


@dataclass(frozen=True, slots=True)
class Connection:
    """How a remote is talked to.

    Attributes:
        remote: its name in the configuration.
        interactive: whether git may ask for a password on the terminal.
    """

    remote: str
    interactive: bool = False

    def ask(self, repo: GitRepository, arguments: Sequence[str], stdin: str = "") -> Answer:
        """Let git talk to the remote, from where a relative URL is meant."""
        where = repo.workdir or repo.git_dir
        command = [f"--git-dir={repo.own_dir}", *arguments]
        return ask_git(command, folder=where, stdin=stdin, environment=_asking(interactive=self.interactive))


def _asking(*, interactive: bool) -> dict[str, str]:
    return {"GIT_TERMINAL_PROMPT": os.environ.get("GIT_TERMINAL_PROMPT", "1")} if interactive else {}


def require_remote(repo: GitRepository, name: str | None, trunk: str) -> str:
    """The remote that is meant: the one named, else the one the trunk follows, else the only one, else `origin`.

    Raises:
        RemoteError: there is none, or it is not clear which.
    """
    names = [found for found in repo.raw.remotes.names() if found]
    config, key = repo.raw.config, f"branch.{trunk}.remote"
    wanted = name or (config[key] if key in config and config[key] in names else None)
    if wanted is None and names:
        wanted = names[0] if len(names) == 1 else "origin"
    if wanted is None:
        raise RemoteError("this repository has no remote", hint="name one: git remote add origin URL")
    if wanted not in names:
        hint = f"there are: {', '.join(names)}" if names else f"add it: git remote add {wanted} URL"
        raise RemoteError(f"there is no remote '{wanted}'", hint=hint)
    return wanted


def list_remote(repo: GitRepository, connection: Connection, trunk: str) -> RemoteRefs:
    """The trunk, the tags and wflgit's own refs of a remote, as they are there now.

    Raises:
        RemoteError: it cannot be reached.
    """
    heads = f"{HEADS}{trunk}"
    answer = connection.ask(repo, ["ls-remote", "--quiet", connection.remote, heads, f"{TAG_PREFIX}*", "refs/wflgit/*"])
    if answer.code:
        raise _failed(f"look at '{connection.remote}'", connection.remote, answer)
    refs: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for line in answer.out.splitlines():
        target, _, ref = line.partition("\t")
        if ref.endswith(_PEELED):
            peeled[ref.removesuffix(_PEELED)] = target
        elif ref == heads or ref.startswith((TAG_PREFIX, ARCHIVE_PREFIX, DRAFT_PREFIX)):
            refs[ref] = target
    return RemoteRefs(refs, peeled)


def tracked_ref(remote: str, branch: str) -> str:
    """Where this repository notes what a remote's branch is."""
    return f"refs/remotes/{remote}/{branch}"


def held_ref(remote: str, ref: str) -> str:
    """Where a ref of a remote is kept that cannot stand under its own name here, because another one does."""
    return f"refs/wflgit/remotes/{remote}/{ref.removeprefix('refs/')}"


def fetch_lines(repo: GitRepository, remote: str) -> list[str]:
    """The configured refspecs by which a remote's branches are tracked; not those for tags and wflgit's own refs."""
    lines = repo.raw.remotes[remote].fetch_refspecs
    return [line for line in lines if line.startswith("^") or (":refs/remotes/" in line and "*" in line)]


def fetch_refs(repo: GitRepository, connection: Connection, specs: Iterable[str]) -> bool:
    """Fetch by refspecs and nothing else; a ref that is here is not overwritten unless its refspec says so.

    Returns:
        False if a ref has changed there or here in the meantime; look again.

    Raises:
        RemoteError: the remote cannot be reached.
    """
    text = "".join(f"{spec}\n" for spec in dict.fromkeys(specs))
    if not text:
        return True
    options = ["--quiet", "--no-tags", "--no-prune-tags", "--refmap=", "--no-write-fetch-head", "--no-recurse-submodules"]
    answer = connection.ask(repo, ["fetch", *options, "--stdin", connection.remote], stdin=text)
    if answer.code and (not answer.err.strip() or any(words in answer.err for words in _FETCH_RACES)):
        # Of a tag that it will not overwrite, git says nothing when it is to be quiet.
        return False
    if answer.code:
        raise _failed(f"fetch from '{connection.remote}'", connection.remote, answer)
    return True


def release_held(repo: GitRepository, remote: str, kept: Collection[str]) -> None:
    """Let go of the refs that were held of a remote and need not be any more."""
    for ref, target in list_refs(repo, f"refs/wflgit/remotes/{remote}/").items():
        if ref not in kept:
            delete_ref(repo, ref, expected=target)


def push_refs(repo: GitRepository, connection: Connection, updates: Sequence[Update]) -> bool:
    """Push, all or nothing: each ref must still be what its update expects.

    A great many are pushed in several portions, the trunk in the first.

    Returns:
        False if somebody else was faster; look again.

    Raises:
        RemoteError: the remote cannot be reached, or refuses.
    """
    first = [update for update in updates if update.kind is Kind.TRUNK]
    rest = [update for update in updates if update.kind is not Kind.TRUNK]
    for begin in range(0, max(len(rest), 1), _AT_ONCE):
        portion = [*first, *rest[begin : begin + _AT_ONCE]]
        first = []
        if portion and not _push(repo, connection, portion):
            return False
    return True


def _push(repo: GitRepository, connection: Connection, updates: Sequence[Update]) -> bool:
    # The tag of a version needs no lease: Git refuses to overwrite a tag.
    leases = [
        f"--force-with-lease={update.ref}:{update.expected or ''}"
        for update in updates
        if update.kind is not Kind.VERSION or update.expected is not None
    ]
    specs = [f"{update.new or ''}:{update.ref}" for update in updates]
    options = ["--atomic", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"]
    answer = connection.ask(repo, ["push", *options, *leases, connection.remote, *specs])
    if answer.code == 0:
        return True
    reasons = _rejections(answer.out)
    if reasons and all(any(words in reason for words in _RACES) for reason in reasons.values()):
        return False
    raise _failed(
        f"push to '{connection.remote}'", connection.remote, answer, *(f"{ref}: {reason}" for ref, reason in reasons.items())
    )


def _rejections(report: str) -> dict[str, str]:
    """Why refs were rejected, by ref; those that only went down with others are left out, unless there is nothing else."""
    found: dict[str, str] = {}
    for line in report.splitlines():
        flag, _, rest = line.partition("\t")
        if flag == "!":
            spec, _, said = rest.partition("\t")
            found[spec.rpartition(":")[2]] = said.strip()
    primary = {ref: said for ref, said in found.items() if not any(words in said for words in _SECONDARY)}
    return primary or dict.fromkeys(found, _RACES[0])


def clone_repository(url: str, path: Path, *, bare: bool, interactive: bool) -> None:
    """Clone with git; what it had to leave unfinished it removes itself.

    Raises:
        RemoteError: it cannot be cloned.
    """
    arguments = ["clone", "--quiet", *(["--bare"] if bare else []), "--", url, str(path)]
    answer = ask_git(arguments, environment=_asking(interactive=interactive))
    if answer.code:
        said = _PASSWORD.sub("…", url)
        raise _failed(f"clone '{said}'", said, answer)


def track_branches(repo: GitRepository) -> None:
    """Let a bare clone keep apart what its remotes have and what it has, as other clones do."""
    with translated("add a fetch refspec to the repository's configuration"):
        for remote in repo.raw.remotes:
            line = f"+refs/heads/*:refs/remotes/{remote.name}/*"
            if remote.name is not None and line not in remote.fetch_refspecs:
                repo.raw.remotes.add_fetch(remote.name, line)


def _failed(doing: str, remote: str, answer: Answer, *reasons: str) -> RemoteError:
    said = [line.strip() for line in answer.err.splitlines() if line.strip() and not line.lstrip().startswith(_ADVICE)]
    said = [line.removeprefix("fatal: ").removeprefix("error: ") for line in said]
    words = _PASSWORD.sub("…", "; ".join([*reasons, *said][:6])) or f"git ended with {answer.code}"
    return RemoteError(f"cannot {doing}: {words}", hint=_hint(words, remote))


def _hint(said: str, remote: str) -> str:
    if "pre-receive" in said or "hook declined" in said or "protected" in said.lower():
        return "the remote's rules forbid it; ask those who look after it"
    if "could not read Username" in said or "Authentication failed" in said or "Permission denied" in said:
        return f"see that plain git gets in: git ls-remote {shlex.quote(remote)}"
    if "already exists and is not an empty directory" in said:
        return f"name another folder: wflgit clone {shlex.quote(remote)} FOLDER"
    if "checked out" in said:
        return "push to a bare repository"
    return f"see whether plain git can do it: git ls-remote {shlex.quote(remote)}"


# What a remote had when it was looked at last


def read_seen(repo: GitRepository, remote: str) -> dict[str, str]:
    """What was noted of a remote's refs; empty if nothing was, or if the note cannot be read."""
    with suppress(OSError, ValueError):
        found = json.loads(_note(repo, remote).read_bytes())
        if isinstance(found, dict):
            return {ref: target for ref, target in found.items() if isinstance(target, str)}
    return {}


def write_seen(repo: GitRepository, remote: str, refs: Mapping[str, str]) -> None:
    """Note a remote's refs."""
    note = _note(repo, remote)
    if read_seen(repo, remote) == refs:
        return
    with repo.lock(), translated("note what the remote has"):
        note.parent.mkdir(parents=True, exist_ok=True)
        repo.replace_file(note, json.dumps(dict(sorted(refs.items())), indent=1).encode())


def _note(repo: GitRepository, remote: str) -> Path:
    return repo.git_dir / "wflgit" / "remotes" / f"{quote(remote, safe='')}.json"


# Trunks


def find_relation(repo: GitRepository, ours: str | None, theirs: str | None) -> tuple[Relation, int, int]:
    """How two trunks stand to each other, and how many commits are only in ours and only in theirs.

    Raises:
        MissingObjectError: one of them is not in this clone.
    """
    if ours is None or theirs is None:
        if ours == theirs:
            return Relation.NONE, 0, 0
        return (Relation.ONLY_THERE if ours is None else Relation.ONLY_HERE), 0, 0
    if ours == theirs:
        return Relation.SAME, 0, 0
    repo.raw_commit(ours), repo.raw_commit(theirs)
    try:
        ahead, behind = repo.raw.ahead_behind(ours, theirs)
    except (KeyError, ValueError, pygit2.GitError) as error:
        raise repo.unreadable(f"{ours}...{theirs}", error) from error
    if ahead and behind:
        return Relation.DIVERGED, ahead, behind
    if behind:
        return Relation.BEHIND, ahead, behind
    return (Relation.AHEAD if on_first_parent(repo, theirs, ours) else Relation.SIDEWAYS), ahead, behind
