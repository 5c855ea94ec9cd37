"""Signatures of commits and tags: made as the user's Git configuration says, and verified by git against an account's members.

gpg, gpgsm and ssh-keygen are called the way git calls them, because git signs only what it writes itself, and wflgit writes its
commits and tags without a working tree.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pygit2

from wflgit.core.permissions import Access, Member
from wflgit.core.records import Identity
from wflgit.errors import SigningError
from wflgit.git.repository import GitRepository
from wflgit.git.usergit import ask_git

Signer = Callable[[bytes], str]
"""Makes the signature of what a commit or a tag says: armoured, without a line end at its end."""

_SETTINGS = r"^(gpg|user|commit|tag)\."
_LITERAL = re.compile(r"(?:key::)?((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ [A-Za-z0-9+/]+=*)(?: .*)?")
_VALID = re.compile(r"^\[GNUPG:\] VALIDSIG (\S+)(?: \S+){8}(?: (\S+))?", re.MULTILINE)
_GOOD_SSH = re.compile(r'^Good "git" signature for member-(\d+) with \S+ key (\S+)$', re.MULTILINE)
_TAG_NAME = re.compile(rb"^tag (.*)$", re.MULTILINE)


class Kind(StrEnum):
    """What is signed."""

    COMMIT = "commit"
    TAG = "tag"


_ASKED_BY = {Kind.COMMIT: ("commit.gpgsign",), Kind.TAG: ("tag.gpgsign", "tag.forcesignannotated")}
"""The settings of Git that ask for signatures without being told each time."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that holds, by somebody the account knows.

    Attributes:
        member: who signed.
        key: the fingerprint of the key.
        name: what a tag calls itself inside, such as `welcome/v7`; None for a commit. A ref of another name that points at the
            tag has not been signed.
    """

    member: Member
    key: str
    name: str | None = None


def find_signer(repo: GitRepository, *, wanted: bool | None, kind: Kind, who: Identity | None = None) -> Signer | None:
    """Find what signs commits or tags, as the user's Git configuration says it.

    Args:
        repo: the repository whose configuration it is, with that of its user.
        wanted: whether to sign; None for what `commit.gpgSign` or `tag.gpgSign` say.
        kind: what is signed.
        who: whose key gpg looks for where `user.signingKey` names none; None for Git's own user.

    Returns:
        None if nothing is to be signed.

    Raises:
        SigningError: the configuration says nothing that could be signed with.
        IdentityError: it is for Git's own user, and there is none.
    """
    if wanted is False or (wanted is None and not _asks(repo, kind)):
        return None
    said = _read_settings(repo)
    folder = repo.workdir or repo.git_dir
    form = said.get("gpg.format", "openpgp")
    if form == "ssh":
        return _ssh_signer(said, folder)
    if form not in ("openpgp", "x509"):
        raise SigningError(
            f"Git's gpg.format is '{form}', but must be 'openpgp', 'x509' or 'ssh'", hint="git config gpg.format ssh, for example"
        )
    usual = "gpg" if form == "openpgp" else "gpgsm"
    legacy = said.get("gpg.program") if form == "openpgp" else None
    program = said.get(f"gpg.{form}.program") or legacy or usual
    return _gpg_signer(program, said.get("user.signingkey") or str(who or repo.identity()), folder)


def _asks(repo: GitRepository, kind: Kind) -> bool:
    config = repo.raw.config
    for name in _ASKED_BY[kind]:
        try:
            if name in config and config.get_bool(name):
                return True
        except (ValueError, pygit2.GitError) as error:
            raise SigningError(f"cannot read Git's setting '{name}': {error}", hint=f"git config {name} true") from error
    return False


def _read_settings(repo: GitRepository) -> Mapping[str, str]:
    """What git's configuration says of signing; asked of git, so that it is whatever git itself would do."""
    answer = ask_git([f"--git-dir={repo.own_dir}", "config", "--null", "--get-regexp", _SETTINGS])
    entries = (entry.partition("\n") for entry in answer.out.split("\0") if entry)
    return {name: value for name, _, value in entries}


# Signing


def _gpg_signer(program: str, key: str, folder: Path) -> Signer:
    def sign(content: bytes) -> str:
        done = _call([os.path.expanduser(program), "--status-fd=2", "-bsau", key], folder, content)  # noqa: PTH111 - not a path
        if done.returncode or b"[GNUPG:] SIG_CREATED " not in done.stderr:
            said = _last_words(done.stderr, without="[GNUPG:]")
            raise SigningError(f"'{program}' cannot sign with the key '{key}': {said}", hint=_OTHER_KEY)
        return _armoured(done.stdout)

    return sign


def _ssh_signer(said: Mapping[str, str], folder: Path) -> Signer:
    program = os.path.expanduser(said.get("gpg.ssh.program") or "ssh-keygen")  # noqa: PTH111 - may be a name on the PATH
    key = said.get("user.signingkey") or _default_key(said.get("gpg.ssh.defaultkeycommand"), folder)
    literal = _LITERAL.fullmatch(key)

    def sign(content: bytes) -> str:
        with tempfile.TemporaryDirectory(prefix="wflgit-") as temporary:
            message, public = Path(temporary, "message"), Path(temporary, "key.pub")
            message.write_bytes(content)
            if literal:
                public.write_text(f"{literal[1]}\n")
            file = str(public) if literal else os.path.expanduser(key)  # noqa: PTH111 - git takes it from the working tree
            agent = ["-U"] if literal else []
            done = _call([program, "-Y", "sign", "-n", "git", "-f", file, *agent, str(message)], folder)
            signature = Path(f"{message}.sig")
            if done.returncode or not signature.is_file():
                raise SigningError(f"'{program}' cannot sign with the key '{key}': {_last_words(done.stderr)}", hint=_OTHER_KEY)
            return _armoured(signature.read_bytes())

    return sign


_OTHER_KEY = "name another key: git config user.signingKey KEY; `git config --get-regexp '^(gpg|user)'` shows what is set"


def _default_key(command: str | None, folder: Path) -> str:
    """The key that the configured command gives, as git has it."""
    if not command:
        raise SigningError(
            "Git is to sign with SSH, but no key is set", hint="git config --global user.signingKey ~/.ssh/id_ed25519.pub"
        )
    done = _call(shlex.split(command), folder)
    key = done.stdout.decode(errors="replace").partition("\n")[0].strip()
    if done.returncode or not _LITERAL.fullmatch(key):
        said = _last_words(done.stderr or done.stdout)
        raise SigningError(f"the command '{command}' gave no SSH key: {said}", hint="git config gpg.ssh.defaultKeyCommand")
    return key


def _call(command: Sequence[str], folder: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, input=stdin, capture_output=True, cwd=folder, check=False)
    except OSError as error:
        hint = "install it, or name another with git config gpg.program or gpg.ssh.program"
        raise SigningError(f"cannot call '{command[0]}' to sign: {error.strerror}", hint=hint) from error


def _armoured(signature: bytes) -> str:
    return signature.decode("ascii", "replace").replace("\r\n", "\n").rstrip("\n")


def _last_words(said: bytes, without: str = "\0") -> str:
    """The last thing that a program said, which is why it gave up; what it did before stands above that."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if not line.startswith(without)]
    return next((line for line in reversed(lines) if line), "it gave no reason")


# Verifying


def verify_tag(repo: GitRepository, oid: str, access: Access) -> Verified | None:
    """Find out which member signed an annotated tag.

    Compare the `name` of the answer with the ref that points at the tag: only the name inside is signed.

    Args:
        repo: the repository.
        oid: the tag object.
        access: the members and their keys. Public OpenPGP keys have to be in the keyring of whoever verifies.

    Returns:
        None if it is no annotated tag or not signed, if the signature does not hold, or if no member has the key.

    Raises:
        MissingObjectError: it is not in this clone.
    """
    found = repo.raw_object(oid)
    if not isinstance(found, pygit2.Tag):
        return None
    name = _TAG_NAME.search(found.read_raw())
    return _verify(repo, Kind.TAG, found, access, name[1].decode(errors="replace") if name else "")


def verify_commit(repo: GitRepository, oid: str, access: Access) -> Verified | None:
    """Find out which member signed a commit, as `verify_tag` does.

    Raises:
        MissingObjectError: it is not in this clone.
        RepositoryError: it is no commit.
    """
    return _verify(repo, Kind.COMMIT, repo.raw_commit(oid), access, None)


def _verify(
    repo: GitRepository, kind: Kind, found: pygit2.Tag | pygit2.Commit, access: Access, name: str | None
) -> Verified | None:
    if b"-----BEGIN " not in found.read_raw():
        return None
    with tempfile.TemporaryDirectory(prefix="wflgit-") as temporary:
        signers = Path(temporary, "allowed_signers")
        signers.write_text("".join(_allowed_signers(access.members)))
        settings = ["-c", f"gpg.ssh.allowedSignersFile={signers}", "-c", "gpg.minTrustLevel=undefined"]
        answer = ask_git([*settings, f"--git-dir={repo.own_dir}", f"verify-{kind}", "--raw", str(found.id)])
    if answer.code:
        return None
    by = _signed_by(answer.err, access.members)
    return None if by is None else Verified(by[0], by[1], name)


def _allowed_signers(members: Iterable[Member]) -> Iterable[str]:
    """The SSH keys of members as ssh-keygen reads them; members are told apart by number, so that no name can mean two."""
    for number, member in enumerate(members):
        for key in member.keys:
            literal = _LITERAL.fullmatch(key.strip())
            if literal:
                yield f'member-{number} namespaces="git" {literal[1]}\n'


def _signed_by(said: str, members: Sequence[Member]) -> tuple[Member, str] | None:
    """Who made the signature of which git says that it holds, and the key."""
    ssh = _GOOD_SSH.search(said)
    if ssh:
        return members[int(ssh[1])], ssh[2]
    valid = _VALID.search(said)
    prints = {one.upper() for one in valid.groups() if one} if valid else set()
    for member in members:
        for key in member.keys:
            known = key.replace(" ", "").upper().removeprefix("0X")
            if known in prints:
                return member, known
    return None
