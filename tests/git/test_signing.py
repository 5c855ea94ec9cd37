"""Signatures as the user's Git is set up for them, with real keys: plain git accepts them, and members are known by them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.git.sandbox import AT, BEN, MAYA, Sandbox
from wflgit.core.messages import trailers
from wflgit.core.permissions import Access, Member
from wflgit.errors import SigningError
from wflgit.git import refs
from wflgit.git.commits import FileEdit, commit_files
from wflgit.git.signing import Kind, Signer, Verified, find_signer, verify_commit, verify_tag

MESSAGE = "Publish welcome v1\n\n- first\n\nWflgit-Action: publish"


class Keys:
    """A pair of SSH keys."""

    def __init__(self, folder: Path, name: str, *, passphrase: str = "") -> None:
        self.private = folder / name
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name, "-f", str(self.private)]
        subprocess.run(command, check=True)
        self.public = Path(f"{self.private}.pub").read_text().strip()


@pytest.fixture
def maya(tmp_path: Path) -> Keys:
    return Keys(tmp_path, "maya")


@pytest.fixture
def ben(tmp_path: Path) -> Keys:
    return Keys(tmp_path, "ben")


@pytest.fixture
def fingerprint(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Maya's OpenPGP key in a keyring made for the test; its fingerprint."""
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    who = f"{MAYA.name} <{MAYA.email}>"
    command = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", who, "ed25519", "sign", "never"]
    subprocess.run(command, check=True, capture_output=True)
    listed = subprocess.run(["gpg", "--list-keys", "--with-colons"], check=True, capture_output=True, text=True).stdout
    yield next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)


def configure(sandbox: Sandbox, **settings: str) -> None:
    """Set values of the repository's configuration; `_` stands for a dot."""
    for name, value in settings.items():
        sandbox.git("config", name.replace("_", "."), value)


def use_ssh(sandbox: Sandbox, keys: Keys) -> None:
    configure(sandbox, gpg_format="ssh", user_signingKey=str(keys.private))


def signer(sandbox: Sandbox, kind: Kind = Kind.TAG) -> Signer | None:
    return find_signer(sandbox.repo, wanted=True, kind=kind)


def signed_tag(sandbox: Sandbox, name: str = "welcome/v1", message: str = MESSAGE) -> str:
    commit = sandbox.repo.tip("main") or sandbox.save("a.json", "{}")
    oid = refs.write_tag(
        sandbox.repo,
        tag=name,
        commit=commit,
        tagger=MAYA,
        at=AT,
        message=message,
        sign=find_signer(sandbox.repo, wanted=None, kind=Kind.TAG),
    )
    refs.create_ref(sandbox.repo, f"refs/tags/{name}", oid)
    return oid


def signed_commit(sandbox: Sandbox, content: str) -> str:
    before = sandbox.repo.tip("main")
    edit = FileEdit(sandbox.repo.blob_at(before, "a.json") if before else None, content.encode())
    sign = find_signer(sandbox.repo, wanted=True, kind=Kind.COMMIT)
    return commit_files(sandbox.repo, "main", {"a.json": edit}, message="Größe 🚀", author=MAYA, at=AT, sign=sign)


def access(*keys: str, name: str = MAYA.email) -> Access:
    return Access((Member("ben@example.com", ("editor",)), Member(name, ("publisher",), keys)))


# Whether anything is signed


def test_nothing_is_signed_unless_git_is_set_up_for_it_or_somebody_asks(sandbox: Sandbox, maya: Keys) -> None:
    use_ssh(sandbox, maya)
    for kind in Kind:
        assert find_signer(sandbox.repo, wanted=None, kind=kind) is None
        assert find_signer(sandbox.repo, wanted=True, kind=kind) is not None
    configure(sandbox, tag_gpgSign="true")
    assert find_signer(sandbox.repo, wanted=None, kind=Kind.TAG) is not None
    assert find_signer(sandbox.repo, wanted=None, kind=Kind.COMMIT) is None
    assert find_signer(sandbox.repo, wanted=False, kind=Kind.TAG) is None
    configure(sandbox, tag_gpgSign="false", tag_forceSignAnnotated="yes", commit_gpgSign="on")
    assert find_signer(sandbox.repo, wanted=None, kind=Kind.TAG) is not None
    assert find_signer(sandbox.repo, wanted=None, kind=Kind.COMMIT) is not None


def test_a_setting_that_is_neither_true_nor_false_is_said(sandbox: Sandbox) -> None:
    configure(sandbox, tag_gpgSign="perhaps")
    with pytest.raises(SigningError, match="gpgsign"):
        find_signer(sandbox.repo, wanted=None, kind=Kind.TAG)


# Signatures that plain git accepts


def test_plain_git_accepts_a_tag_and_a_commit_signed_with_ssh(sandbox: Sandbox, maya: Keys, tmp_path: Path) -> None:
    use_ssh(sandbox, maya)
    configure(sandbox, tag_gpgSign="true")
    allowed = tmp_path / "allowed"
    allowed.write_text(f"maya@example.com {maya.public}\n")
    configure(sandbox, gpg_ssh_allowedSignersFile=str(allowed))
    commit, tag = signed_commit(sandbox, "{}"), signed_tag(sandbox)
    sandbox.git("verify-commit", commit)
    sandbox.git("verify-tag", tag)
    sandbox.git("fsck", "--strict")
    assert sandbox.git("log", "-1", "--format=%s").strip() == "Größe 🚀"
    second = signed_commit(sandbox, "[]")
    sandbox.git("verify-commit", second)
    assert sandbox.git("rev-parse", "main~1").strip() == commit
    assert sandbox.status == []


def test_plain_git_accepts_a_tag_and_a_commit_signed_with_openpgp(sandbox: Sandbox, fingerprint: str) -> None:
    configure(sandbox, user_signingKey=fingerprint, tag_gpgSign="true")
    sandbox.git("verify-commit", signed_commit(sandbox, "{}"))
    sandbox.git("verify-tag", signed_tag(sandbox))
    sandbox.git("fsck", "--strict")


def test_without_a_signing_key_gpg_looks_for_that_of_the_user_or_of_who_is_named(sandbox: Sandbox, fingerprint: str) -> None:
    configure(sandbox, user_name=BEN.name, user_email=BEN.email)
    by_ben = signer(sandbox)
    assert by_ben is not None
    with pytest.raises(SigningError, match="ben@example"):
        by_ben(b"x")
    by_maya = find_signer(sandbox.repo, wanted=True, kind=Kind.TAG, who=MAYA)
    assert by_maya is not None
    assert by_maya(b"x").startswith("-----BEGIN PGP SIGNATURE-----")


def test_the_ssh_key_may_be_a_public_one_given_literally_or_by_a_command(sandbox: Sandbox, maya: Keys, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = tmp_path / "sign"
    # An agent would be needed for a public key alone: this one takes the private key that it stands for.
    program.write_text(
        f"""#!/bin/sh
        test "$2" = sign || exec ssh-keygen "$@"
        echo "$@" >> {seen}
        cat "$6" >> {seen}
        exec ssh-keygen -Y sign -n git -f {maya.private} "$8"
        """
    )
    program.chmod(0o755)
    configure(sandbox, gpg_format="ssh", gpg_ssh_program=str(program), tag_gpgSign="true")
    keys = [f"key::{maya.public}", maya.public]
    for number, key in enumerate(keys):
        configure(sandbox, user_signingKey=key)
        assert verify_tag(sandbox.repo, signed_tag(sandbox, f"welcome/v{number}"), access(maya.public))
    sandbox.git("config", "--unset", "user.signingKey")
    configure(sandbox, gpg_ssh_defaultKeyCommand=f"cat '{maya.private}.pub'")
    assert verify_tag(sandbox.repo, signed_tag(sandbox, "welcome/v3"), access(maya.public))
    bare_key = " ".join(maya.public.split()[:2])
    said = seen.read_text().splitlines()
    assert said[1::2] == [bare_key] * 3
    assert all("-Y sign -n git -f" in line and " -U " in line for line in said[::2])


# Signatures that cannot be made


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"gpg_format": "ssh"}, "no key is set"),
        ({"gpg_format": "pigeon"}, "gpg.format is 'pigeon'"),
        ({"gpg_format": "ssh", "gpg_ssh_defaultKeyCommand": "echo none"}, "gave no SSH key: none"),
        ({"gpg_format": "ssh", "user_signingKey": "/nowhere/key"}, "cannot sign with the key '/nowhere/key'.*/nowhere/key"),
        ({"gpg_format": "ssh", "user_signingKey": "k", "gpg_ssh_program": "/no/program"}, "'/no/program'.*No such file"),
        ({"user_signingKey": "nobody@example.com"}, "cannot sign with the key 'nobody@example.com'"),
        ({"user_signingKey": "x", "gpg_program": "true"}, "'true' cannot sign with the key 'x': it gave no reason"),
        ({"user_signingKey": "x", "gpg_format": "x509", "gpg_x509_program": "/no/gpgsm"}, "'/no/gpgsm'"),
    ],
)
def test_what_stops_a_signature_is_said_with_what_to_do(sandbox: Sandbox, settings: dict[str, str], said: str) -> None:
    configure(sandbox, user_name="Maya", user_email=MAYA.email, **settings)
    with pytest.raises(SigningError, match=said) as caught:
        (signer(sandbox) or bytes)(b"content")
    assert "git config" in (caught.value.hint or "")


def test_where_a_signature_fails_nothing_is_written(sandbox: Sandbox, tmp_path: Path) -> None:
    tip = sandbox.save("a.json", "{}")
    configure(sandbox, gpg_format="ssh", user_signingKey=str(tmp_path / "gone"), tag_gpgSign="true")
    with pytest.raises(SigningError):
        signed_commit(sandbox, "[]")
    with pytest.raises(SigningError):
        signed_tag(sandbox)
    assert (sandbox.repo.tip("main"), sandbox.read("a.json"), sandbox.status) == (tip, "{}", [])
    assert refs.list_refs(sandbox.repo, "refs/tags/") == {}
    assert sandbox.leftovers() == []


# Who signed


@pytest.mark.parametrize("form", ["ssh", "openpgp"])
def test_a_member_is_known_by_the_key(sandbox: Sandbox, maya: Keys, form: str, request: pytest.FixtureRequest) -> None:
    if form == "ssh":
        use_ssh(sandbox, maya)
        key = maya.public
    else:
        key = request.getfixturevalue("fingerprint")
        configure(sandbox, user_signingKey=key)
    configure(sandbox, tag_gpgSign="true")
    tag, commit = signed_tag(sandbox), signed_commit(sandbox, "{} ")
    members = access(key)
    found = verify_tag(sandbox.repo, tag, members)
    assert isinstance(found, Verified)
    assert (found.member.id, found.name) == (MAYA.email, "welcome/v1")
    by = verify_commit(sandbox.repo, commit, members)
    assert by is not None
    assert (by.member.id, by.name) == (MAYA.email, None)


def test_a_fingerprint_may_be_written_in_groups_and_must_be_whole(sandbox: Sandbox, fingerprint: str) -> None:
    configure(sandbox, user_signingKey=fingerprint, tag_gpgSign="true")
    tag = signed_tag(sandbox)
    groups = " ".join(fingerprint[at : at + 4] for at in range(0, 40, 4)).lower()
    assert verify_tag(sandbox.repo, tag, access(groups))
    assert verify_tag(sandbox.repo, tag, access(f"0x{fingerprint}"))
    assert verify_tag(sandbox.repo, tag, access(fingerprint[-16:])) is None
    assert verify_tag(sandbox.repo, tag, access("0" * 40)) is None


def test_a_key_that_was_revoked_signs_nothing_any_more(sandbox: Sandbox, fingerprint: str, tmp_path: Path) -> None:
    configure(sandbox, user_signingKey=fingerprint, tag_gpgSign="true")
    tag = signed_tag(sandbox)
    certificate = Path(os.environ["GNUPGHOME"], "openpgp-revocs.d", f"{fingerprint}.rev").read_text()
    # gpg puts a colon before it, so that nobody revokes a key by mistake.
    (tmp_path / "revoked").write_text(certificate.replace(":-----BEGIN", "-----BEGIN"))
    subprocess.run(["gpg", "--batch", "--quiet", "--import", str(tmp_path / "revoked")], check=True, capture_output=True)
    assert verify_tag(sandbox.repo, tag, access(fingerprint)) is None


def test_a_key_that_the_user_does_not_trust_is_the_members_all_the_same(
    sandbox: Sandbox, fingerprint: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(sandbox, user_signingKey=fingerprint, tag_gpgSign="true", gpg_minTrustLevel="fully")
    tag = signed_tag(sandbox)
    public = subprocess.run(["gpg", "--armor", "--export", fingerprint], check=True, capture_output=True).stdout
    other = tmp_path_factory.mktemp("other")
    other.chmod(0o700)
    monkeypatch.setenv("GNUPGHOME", str(other))
    assert verify_tag(sandbox.repo, tag, access(fingerprint)) is None, "the public key is not in the keyring"
    subprocess.run(["gpg", "--batch", "--quiet", "--import"], input=public, check=True, capture_output=True)
    assert sandbox.try_git("verify-tag", tag).returncode != 0
    assert verify_tag(sandbox.repo, tag, access(fingerprint)) is not None
    subprocess.run(["gpgconf", "--kill", "all"], check=True)


def test_somebody_elses_key_or_none_at_all_is_no_members(sandbox: Sandbox, maya: Keys, ben: Keys) -> None:
    unsigned = signed_tag(sandbox, "welcome/v1")
    use_ssh(sandbox, ben)
    configure(sandbox, tag_gpgSign="true")
    by_ben = signed_tag(sandbox, "welcome/v2")
    for tag in (unsigned, by_ben):
        assert verify_tag(sandbox.repo, tag, access(maya.public)) is None
        assert verify_tag(sandbox.repo, tag, Access()) is None
    assert verify_tag(sandbox.repo, sandbox.repo.tip("main") or "", access(maya.public)) is None
    assert verify_commit(sandbox.repo, sandbox.repo.tip("main") or "", access(maya.public)) is None


def test_whom_the_user_trusts_does_not_matter(sandbox: Sandbox, maya: Keys, ben: Keys, tmp_path: Path) -> None:
    use_ssh(sandbox, ben)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"member-1 {ben.public}\n")
    configure(sandbox, tag_gpgSign="true", gpg_ssh_allowedSignersFile=str(allowed))
    assert verify_tag(sandbox.repo, signed_tag(sandbox), access(maya.public)) is None


@pytest.mark.parametrize("form", ["ssh", "openpgp"])
def test_a_tag_that_was_changed_after_it_was_signed_does_not_hold(
    sandbox: Sandbox, maya: Keys, form: str, request: pytest.FixtureRequest
) -> None:
    key = maya.public
    if form == "ssh":
        use_ssh(sandbox, maya)
    else:
        key = request.getfixturevalue("fingerprint")
        configure(sandbox, user_signingKey=key)
    configure(sandbox, tag_gpgSign="true")
    said = sandbox.git("cat-file", "tag", signed_tag(sandbox))
    for old, new in (("welcome v1", "welcome v2"), (MAYA.email, BEN.email), ("tag welcome/v1", "tag welcome/v9")):
        forged = sandbox.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=said.replace(old, new).encode()).strip()
        assert verify_tag(sandbox.repo, forged, access(key)) is None


def test_keys_that_are_none_and_names_that_look_like_rules_do_no_harm(sandbox: Sandbox, maya: Keys, ben: Keys) -> None:
    use_ssh(sandbox, ben)
    configure(sandbox, tag_gpgSign="true")
    tag = signed_tag(sandbox)
    hostile = (f"* {ben.public}", f"nothing\n* {ben.public}", f"cert-authority {ben.public}", "", "ssh-ed25519", maya.public)
    assert verify_tag(sandbox.repo, tag, access(*hostile, name="*,!x namespaces=")) is None
    found = verify_tag(sandbox.repo, tag, access(ben.public, name='a "b" *'))
    assert found is not None
    assert found.member.id == 'a "b" *'


@pytest.mark.parametrize("form", ["ssh", "openpgp"])
def test_a_signature_is_no_part_of_the_message(sandbox: Sandbox, maya: Keys, form: str, request: pytest.FixtureRequest) -> None:
    if form == "ssh":
        use_ssh(sandbox, maya)
    else:
        configure(sandbox, user_signingKey=request.getfixturevalue("fingerprint"))
    configure(sandbox, tag_gpgSign="true")
    tag = refs.read_tag(sandbox.repo, signed_tag(sandbox))
    assert tag is not None
    assert tag.message == f"{MESSAGE}\n"
    assert trailers(tag.message) == {"Wflgit-Action": "publish"}
