from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.git.sandbox import AT, MAYA, Sandbox
from wflgit.core.records import Identity
from wflgit.errors import IdentityError, InvalidNameError, MissingObjectError, RepositoryError, ShallowRepositoryError
from wflgit.git.commits import FileEdit, commit_files
from wflgit.git.repository import GitRepository, moment, summary_of

FETCH_CURRENT = "+refs/tags/*/current:refs/tags/*/current"


def test_a_folder_without_a_repository_is_refused_with_the_way_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(RepositoryError, match="there is no Git repository at or above") as caught:
        GitRepository.open(tmp_path)
    assert caught.value.hint == f"make one: wflgit init {tmp_path}"


def test_a_repository_is_found_from_a_folder_inside_it(sandbox: Sandbox) -> None:
    inside = sandbox.folder / "workflows" / "sales"
    inside.mkdir(parents=True)
    assert GitRepository.open(inside).git_dir == sandbox.repo.git_dir


def test_an_empty_repository_has_a_branch_and_no_tip(sandbox: Sandbox) -> None:
    assert sandbox.repo.head_branch == "main"
    assert sandbox.repo.tip("main") is None
    assert sandbox.repo.find_commit("HEAD") is None


def test_making_a_repository_twice_opens_the_first_one(sandbox: Sandbox) -> None:
    tip = sandbox.save("a.json", "1")
    again = GitRepository.init(sandbox.folder, bare=False, trunk="other")
    assert (again.head_branch, again.tip("main")) == ("main", tip)


def test_a_bare_repository_has_no_working_tree(bare: Sandbox) -> None:
    assert bare.repo.workdir is None
    assert bare.repo.location == str(bare.folder)
    GitRepository.init(bare.folder, bare=True, trunk="main")


def test_a_branch_name_that_git_does_not_allow_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidNameError, match=r"'a\.\.b' is no name for a branch"):
        GitRepository.init(tmp_path / "r", bare=False, trunk="a..b")
    assert not (tmp_path / "r").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_another_user_says_how_to_trust_it(tmp_path: Path) -> None:
    folder = tmp_path / "theirs"
    GitRepository.init(folder, bare=False, trunk="main")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match="belongs to another user") as caught:
        GitRepository.open(folder)
    assert caught.value.hint == f"if you trust it: git config --global --add safe.directory {folder}"


def test_a_sha256_repository_is_refused_by_name(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.git("init", "-q", "--object-format=sha256", str(tmp_path / "sha256"))
    with pytest.raises(RepositoryError, match="expected a SHA-1 repository"):
        GitRepository.open(tmp_path / "sha256")


def test_a_repository_with_a_reftable_is_refused_by_name(sandbox: Sandbox) -> None:
    sandbox.git("config", "core.repositoryFormatVersion", "1")
    sandbox.git("config", "extensions.refStorage", "reftable")
    with pytest.raises(RepositoryError, match="keeps them in a reftable") as caught:
        sandbox.again()
    assert caught.value.hint == "run: git refs migrate --ref-format=files"


def test_a_linked_working_tree_shares_the_refs_and_has_its_own_head(sandbox: Sandbox, tmp_path: Path) -> None:
    tip = sandbox.save("a.json", "1")
    sandbox.git("worktree", "add", "-q", "-b", "feature", str(tmp_path / "linked"))
    linked = GitRepository.open(tmp_path / "linked")
    assert linked.git_dir == sandbox.repo.git_dir
    assert linked.own_dir == sandbox.repo.git_dir / "worktrees" / "linked"
    assert (linked.head_branch, linked.tip("main")) == ("feature", tip)


def test_a_detached_head_is_no_branch(sandbox: Sandbox) -> None:
    sandbox.save("a.json", "1")
    sandbox.git("checkout", "-q", "--detach")
    assert sandbox.repo.head_branch is None


def test_a_missing_identity_says_what_to_configure(sandbox: Sandbox) -> None:
    with pytest.raises(IdentityError) as caught:
        sandbox.repo.identity()
    assert "git config --global user.name" in (caught.value.hint or "")
    sandbox.git("config", "user.name", "Maya Ölund")
    sandbox.git("config", "user.email", "maya@example.com")
    assert sandbox.again().identity() == MAYA


@pytest.mark.parametrize(
    "who", [Identity("", "a@b"), Identity("a", ""), Identity("a<b", "a@b"), Identity("a\nb", "a@b"), Identity("a\0", "a@b")]
)
def test_an_author_that_git_cannot_keep_is_refused(sandbox: Sandbox, who: Identity) -> None:
    with pytest.raises(IdentityError, match="expected an author's name"):
        sandbox.save("a.json", "1", by=who)
    assert sandbox.repo.tip("main") is None


def test_a_commit_is_read_with_all_that_it_says(sandbox: Sandbox) -> None:
    first = sandbox.save("a.json", "1")
    edit = {"a.json": FileEdit(sandbox.repo.blob_at(first, "a.json"), b"2")}
    second = commit_files(sandbox.repo, "main", edit, message="two\nlines\n\nbody\n", author=MAYA, at=AT)
    commit = sandbox.repo.commit(second)
    assert (commit.id, commit.parents, commit.author) == (second, (first,), MAYA)
    assert (commit.committed_at, commit.summary, commit.message) == (AT, "two lines", "two\nlines\n\nbody\n")


def test_a_commit_in_another_encoding_or_none_is_readable(sandbox: Sandbox) -> None:
    tree = sandbox.git("mktree", stdin=b"").strip()
    head = f"tree {tree}\nauthor J\xfcrgen <j@x> 99999999999999 +0000\ncommitter J\xfcrgen <j@x> 99999999999999 +0000\n".encode(
        "latin-1"
    )
    told = sandbox.git(
        "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=head + b"encoding ISO-8859-1\n\nGr\xfc\xdfe\n"
    ).strip()
    wrong = sandbox.git(
        "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=head + b"encoding nonsense\n\nGr\xfc\xdfe\n"
    ).strip()
    assert (sandbox.repo.commit(told).author.name, sandbox.repo.commit(told).summary) == ("Jürgen", "Grüße")
    assert sandbox.repo.commit(wrong).summary == "Gr\ufffd\ufffde"
    assert sandbox.repo.commit(wrong).committed_at == datetime(9999, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [-(2**62), 2**62])
def test_a_time_that_no_calendar_holds_is_the_nearest_that_does(seconds: int) -> None:
    assert moment(seconds).year in (1, 9999)


def test_the_summary_is_the_one_of_git_log(sandbox: Sandbox) -> None:
    tree = sandbox.git("mktree", stdin=b"").strip()
    for message in ("one", "\n\n  indented  \nsecond \t\n\nbody", "a\r\nb\r\n\r\nc", " \n", "x\n\x0b\ny"):
        commit = sandbox.git("commit-tree", tree, stdin=message.encode()).strip()
        assert sandbox.repo.commit(commit).summary == sandbox.git("log", "-1", "--format=%s", commit).removesuffix("\n")
        assert summary_of(message) == sandbox.repo.commit(commit).summary


def test_a_commit_is_found_by_whatever_git_calls_it(sandbox: Sandbox) -> None:
    first = sandbox.save("a.json", "1")
    second = sandbox.save("a.json", "2")
    sandbox.git("tag", "-m", "annotated", "t", first)
    for name in (first, first[:8], "t", "main~1", "HEAD^"):
        assert sandbox.repo.find_commit(name) == first
    assert sandbox.repo.find_commit("main") == second
    for name in ("nope", "main:a.json", "", "a..b", ":::", "1", "\0", "HEAD~9", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"):
        assert sandbox.repo.find_commit(name) is None


def test_the_beginning_of_two_object_ids_is_ambiguous(sandbox: Sandbox) -> None:
    sandbox.save("a.json", "1")
    ids: dict[str, str] = {}
    for number in range(2000):
        oid = sandbox.repo.hash_blob(b"%d" % number)
        if ids.setdefault(oid[:4], str(number)) != str(number):
            sandbox.repo.write_blob(b"%d" % number)
            sandbox.repo.write_blob(ids[oid[:4]].encode())
            with pytest.raises(InvalidNameError, match="the beginning of several object ids"):
                sandbox.repo.find_commit(oid[:4])
            return
    raise AssertionError("no two ids begin alike")


def test_only_regular_files_are_files(sandbox: Sandbox) -> None:
    sandbox.write("w/plain.json", "1")
    sandbox.write("w/run.json", "2")
    (sandbox.folder / "w/run.json").chmod(0o755)
    (sandbox.folder / "w/link.json").symlink_to("plain.json")
    (sandbox.folder / os.fsdecode(b"w/\xff.json")).write_text("3")
    sandbox.git("add", ".")
    sandbox.git("update-index", "--add", "--cacheinfo", "160000,1111111111111111111111111111111111111111,w/sub.json")
    sandbox.git("commit", "-qm", "all kinds")
    tip = sandbox.repo.tip("main") or ""
    assert dict(sandbox.repo.files(tip, [""])) == {
        "w/plain.json": sandbox.repo.hash_blob(b"1"),
        "w/run.json": sandbox.repo.hash_blob(b"2"),
    }
    for path in ("w/link.json", "w/sub.json", "w", "w/none.json", "w/plain.json/x", ""):
        assert sandbox.repo.blob_at(tip, path) is None


def test_overlapping_folders_give_each_file_once(sandbox: Sandbox) -> None:
    tip = sandbox.save("a/b/c [1] 🚀.json", "1")
    files = [("a/b/c [1] 🚀.json", sandbox.repo.hash_blob(b"1"))]
    assert list(sandbox.repo.files(tip, ["a/", "a/b/", "none/"])) == files
    assert list(sandbox.repo.files(tip, ["", "a/"])) == files


def test_a_shallow_clone_is_told_to_fetch_the_rest(sandbox: Sandbox, tmp_path: Path) -> None:
    for number in range(3):
        sandbox.save("a.json", str(number))
    sandbox.git("clone", "-q", "--depth=1", f"file://{sandbox.folder}", str(tmp_path / "shallow"))
    shallow = GitRepository.open(tmp_path / "shallow")
    with pytest.raises(ShallowRepositoryError) as caught:
        shallow.require_full_history()
    assert "git fetch --unshallow" in (caught.value.hint or "")
    sandbox.repo.require_full_history()


def test_a_blob_left_out_by_a_partial_clone_is_named_with_the_way_to_get_it(sandbox: Sandbox, tmp_path: Path) -> None:
    tip = sandbox.save("a/b.json", "1")
    sandbox.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    sandbox.git("clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{sandbox.folder}", str(partial))
    blob = GitRepository.open(partial).blob_at(tip, "a/b.json")
    assert blob is not None
    with pytest.raises(MissingObjectError, match=blob) as caught:
        GitRepository.open(partial).blob(blob)
    command = (caught.value.hint or "").partition(": ")[2]
    sandbox.git(*command.split()[1:], folder=partial)
    assert GitRepository.open(partial).blob(blob) == b"1"


def test_a_folder_left_out_by_a_partial_clone_is_missing_not_empty(sandbox: Sandbox, tmp_path: Path) -> None:
    tip = sandbox.save("a/b.json", "1")
    sandbox.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "treeless"
    sandbox.git("clone", "-q", "--filter=tree:1", "--no-checkout", f"file://{sandbox.folder}", str(partial))
    treeless = GitRepository.open(partial)
    with pytest.raises(MissingObjectError):
        treeless.blob_at(tip, "a/b.json")
    with pytest.raises(MissingObjectError):
        list(treeless.files(tip, [""]))
    assert treeless.blob_at(tip, "none/b.json") is None


def test_a_damaged_object_is_no_missing_one(sandbox: Sandbox) -> None:
    blob = sandbox.repo.write_blob(b"content")
    file = sandbox.repo.git_dir / "objects" / blob[:2] / blob[2:]
    file.chmod(0o644)
    file.write_bytes(b"")
    with pytest.raises(RepositoryError, match="cannot read the object") as caught:
        sandbox.again().blob(blob)
    assert not isinstance(caught.value, MissingObjectError)


def test_an_unknown_commit_is_missing_and_a_blob_is_no_commit(sandbox: Sandbox) -> None:
    with pytest.raises(MissingObjectError):
        sandbox.repo.commit("1" * 40)
    with pytest.raises(RepositoryError, match="expected a commit"):
        sandbox.repo.commit(sandbox.repo.write_blob(b"1"))


def test_moving_tags_are_fetched_from_every_remote_once_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.git("remote", "add", "origin", "https://example.com/a.git")
    sandbox.git("remote", "add", "fork", "https://example.com/b.git")
    added = sandbox.repo.follow_moving_tags(("current", "stable"))
    assert sorted(added) == [
        (remote, f"+refs/tags/*/{channel}:refs/tags/*/{channel}")
        for remote in ("fork", "origin")
        for channel in ("current", "stable")
    ]
    assert sandbox.repo.follow_moving_tags(("current", "stable")) == ()
    assert sandbox.git("config", "--get-all", "remote.fork.fetch").splitlines()[0] == "+refs/heads/*:refs/remotes/fork/*"


def test_a_plain_fetch_moves_the_moving_tag_after_that(sandbox: Sandbox, tmp_path: Path) -> None:
    first = sandbox.save("a.json", "1")
    sandbox.git("tag", "a/current", first)
    sandbox.git("clone", "-q", str(sandbox.folder), str(tmp_path / "clone"))
    clone = GitRepository.open(tmp_path / "clone")
    assert clone.follow_moving_tags(("current",)) == (("origin", FETCH_CURRENT),)
    second = sandbox.save("a.json", "2")
    sandbox.git("tag", "-f", "a/current", second)
    sandbox.git("fetch", "-q", folder=tmp_path / "clone")
    assert clone.find_commit("a/current") == second
