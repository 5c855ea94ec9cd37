from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.git.sandbox import AT, BEN, MAYA, Sandbox
from wflgit.errors import ConflictError, DirtyFileError, LockedError, RepositoryError, StateError
from wflgit.git.commits import FileEdit, commit_files
from wflgit.git.repository import GitRepository

PATH = "workflows/sales [new]/wel come 🚀.json"


def edit(
    sandbox: Sandbox, expected: str | None, content: str | None, *, path: str = PATH, repo: GitRepository | None = None
) -> str:
    change = FileEdit(expected, None if content is None else content.encode())
    return commit_files(repo or sandbox.repo, "main", {path: change}, message="edit", author=MAYA, at=AT)


# What a commit is


def test_the_first_commit_makes_the_branch(sandbox: Sandbox) -> None:
    commit = sandbox.save(PATH, "{}\n")
    assert sandbox.repo.tip("main") == commit
    assert sandbox.repo.commit(commit).parents == ()
    assert (sandbox.read(PATH), sandbox.status) == ("{}\n", [])
    sandbox.git("fsck", "--strict")


def test_a_commit_is_one_for_git_too(sandbox: Sandbox) -> None:
    first = sandbox.save(PATH, "1")
    second = sandbox.save(PATH, "2", by=BEN)
    said = sandbox.git("log", "-1", "--format=%H|%P|%an|%ae|%cn|%ad|%B", "--date=iso")
    assert said == f"{second}|{first}|Ben|ben@example.com|Ben|2026-01-05 09:00:00 +0000|save {PATH}\n\n"
    assert sandbox.git("reflog", "-1", "--format=%gs|%gn").strip() == f"commit: save {PATH}|Ben"


def test_the_same_commit_twice_has_one_id(sandbox: Sandbox, bare: Sandbox) -> None:
    assert sandbox.save(PATH, "1") == bare.save(PATH, "1")


def test_other_files_stay_as_they_are(sandbox: Sandbox) -> None:
    sandbox.write("run.sh", "x")
    (sandbox.folder / "run.sh").chmod(0o755)
    (sandbox.folder / "link").symlink_to("run.sh")
    sandbox.write("workflows/other.json", "o")
    sandbox.git("add", ".")
    sandbox.git("commit", "-qm", "others")
    before = sandbox.git("ls-tree", "-r", "HEAD").splitlines()
    sandbox.save(PATH, "1")
    sandbox.save(PATH, None)
    assert sandbox.git("ls-tree", "-r", "HEAD").splitlines() == before
    assert sandbox.status == []


def test_several_files_change_in_one_commit(sandbox: Sandbox) -> None:
    first = sandbox.save("a/old.json", "1")
    blob = sandbox.repo.blob_at(first, "a/old.json")
    edits = {"a/old.json": FileEdit(blob, None), "b/new.json": FileEdit(None, b"1"), "wflgit.toml": FileEdit(None, b"")}
    commit = commit_files(sandbox.repo, "main", edits, message="move", author=MAYA, at=AT)
    assert dict(sandbox.repo.files(commit, [""])) == {"b/new.json": blob, "wflgit.toml": sandbox.repo.hash_blob(b"")}
    assert sandbox.status == []
    assert not (sandbox.folder / "a").exists()


def test_an_executable_file_stays_executable(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    (sandbox.folder / PATH).chmod(0o755)
    sandbox.git("commit", "-qam", "mode")
    sandbox.save(PATH, "2")
    assert sandbox.git("ls-tree", "-r", "HEAD").startswith("100755")
    assert (sandbox.folder / PATH).stat().st_mode & 0o777 == 0o755
    assert sandbox.status == []


def test_deleting_the_last_file_leaves_an_empty_tree(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.save(PATH, None)
    assert list(sandbox.repo.files(sandbox.repo.tip("main") or "", [""])) == []
    assert (sandbox.status, list(sandbox.folder.iterdir())) == ([], [sandbox.folder / ".git"])


def test_a_message_is_kept_with_one_line_end(sandbox: Sandbox) -> None:
    commit = commit_files(sandbox.repo, "main", {PATH: FileEdit(None, b"1")}, message="Grüße 🚀\n\n\n", author=MAYA, at=AT)
    assert sandbox.repo.commit(commit).message == "Grüße 🚀\n"


# Compare and swap


@pytest.mark.parametrize("expected", [None, "1" * 40])
def test_a_file_that_somebody_else_changed_is_a_conflict_that_names_them(sandbox: Sandbox, expected: str | None) -> None:
    sandbox.save(PATH, "1")
    changed = sandbox.save(PATH, "2", by=BEN)
    tip = sandbox.save("other.json", "1")
    with pytest.raises(ConflictError) as caught:
        edit(sandbox, expected, "3")
    assert f"by Ben <ben@example.com> in commit {changed[:10]} 'save {PATH}'" in caught.value.message
    assert (caught.value.expected, caught.value.actual) == (expected, sandbox.repo.hash_blob(b"2"))
    assert (sandbox.repo.tip("main"), sandbox.read(PATH)) == (tip, "2")
    assert sandbox.leftovers() == []


def test_a_file_that_somebody_else_deleted_is_a_conflict(sandbox: Sandbox) -> None:
    first = sandbox.save(PATH, "1")
    sandbox.save(PATH, None, by=BEN)
    with pytest.raises(ConflictError, match="was deleted by Ben") as caught:
        edit(sandbox, sandbox.repo.blob_at(first, PATH), "2")
    assert caught.value.actual is None


def test_a_file_that_never_was_is_a_conflict_that_names_nobody(sandbox: Sandbox) -> None:
    for _ in range(2):
        with pytest.raises(ConflictError) as caught:
            edit(sandbox, "1" * 40, "2")
        assert caught.value.message == f"'{PATH}' does not exist"
        sandbox.save("other.json", "1")


@pytest.mark.parametrize(("there", "wanted"), [("a", "a/b.json"), ("a/b.json", "a"), ("a/b/c.json", "a/b")])
def test_a_folder_and_a_file_of_one_name_cannot_be(sandbox: Sandbox, there: str, wanted: str) -> None:
    tip = sandbox.save(there, "1")
    with pytest.raises((StateError, DirtyFileError)):
        edit(sandbox, None, "2", path=wanted)
    sandbox.git("checkout", "-q", "--detach")
    with pytest.raises(StateError, match="expected a f"):
        edit(sandbox, None, "2", path=wanted)
    assert sandbox.repo.tip("main") == tip


def test_a_symlink_is_not_written_over(sandbox: Sandbox) -> None:
    sandbox.write("target.json", "1")
    (sandbox.folder / "link.json").symlink_to("target.json")
    sandbox.git("add", ".")
    sandbox.git("commit", "-qm", "link")
    with pytest.raises(StateError, match="there is no regular file"):
        edit(sandbox, None, "2", path="link.json")
    assert sandbox.read("target.json") == "1"


@pytest.mark.parametrize("path", [".git/config", "a/../b", "a//b", "./a", "a/.git/x"])
def test_a_path_that_git_does_not_allow_is_refused(bare: Sandbox, path: str) -> None:
    with pytest.raises(RepositoryError, match="cannot store"):
        edit(bare, None, "1", path=path)
    assert bare.repo.tip("main") is None


# Where the trunk is checked out, and where not


def test_a_bare_repository_takes_commits(bare: Sandbox) -> None:
    commit = bare.save(PATH, "1")
    assert bare.repo.tip("main") == commit
    assert bare.at_tip(PATH) == "1"


def test_with_another_branch_checked_out_only_the_ref_moves(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.git("checkout", "-qb", "feature")
    sandbox.save(PATH, "2")
    assert (sandbox.at_tip(PATH), sandbox.at_tip(PATH, "feature"), sandbox.read(PATH)) == ("2", "1", "1")
    assert sandbox.status == []


def test_with_a_detached_head_only_the_ref_moves(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.git("checkout", "-q", "--detach")
    sandbox.save(PATH, "2")
    assert (sandbox.at_tip(PATH), sandbox.read(PATH), sandbox.status) == ("2", "1", [])


def test_a_linked_working_tree_with_the_trunk_follows(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.save(PATH, "1")
    sandbox.git("checkout", "-qb", "feature")
    sandbox.git("worktree", "add", "-q", str(tmp_path / "linked"), "main")
    linked = sandbox.again(tmp_path / "linked")
    sandbox.save(PATH, "2", repo=linked)
    assert (tmp_path / "linked" / PATH).read_text() == "2"
    sandbox.save(PATH, "3")
    assert (tmp_path / "linked" / PATH).read_text() == "3"
    assert sandbox.git("status", "--porcelain", folder=tmp_path / "linked") == ""
    assert (sandbox.read(PATH), sandbox.status) == ("1", [])


def test_the_main_working_tree_follows_a_commit_from_a_linked_one(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.save(PATH, "1")
    sandbox.git("worktree", "add", "-qb", "feature", str(tmp_path / "linked"))
    sandbox.save(PATH, "2", repo=sandbox.again(tmp_path / "linked"))
    assert (sandbox.read(PATH), sandbox.status) == ("2", [])
    assert (tmp_path / "linked" / PATH).read_text() == "1"


def test_a_linked_working_tree_that_was_removed_is_in_nobodys_way(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.save(PATH, "1")
    sandbox.git("checkout", "-qb", "feature")
    sandbox.git("worktree", "add", "-q", str(tmp_path / "linked"), "main")
    (tmp_path / "linked").rename(tmp_path / "gone")
    sandbox.save(PATH, "2")
    assert sandbox.at_tip(PATH) == "2"


def test_a_working_tree_linked_to_a_bare_repository_follows(bare: Sandbox, tmp_path: Path) -> None:
    bare.save(PATH, "1")
    bare.git("worktree", "add", "-q", str(tmp_path / "linked"), "main")
    bare.save(PATH, "2", repo=bare.again())
    assert (tmp_path / "linked" / PATH).read_text() == "2"
    assert bare.git("status", "--porcelain", folder=tmp_path / "linked") == ""


# At once


def test_commits_made_at_once_are_all_there(sandbox: Sandbox) -> None:
    def work(name: str) -> None:
        repo = sandbox.again()
        for number in range(10):
            sandbox.save(f"workflows/{name}.json", str(number), repo=repo)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sandbox.git("log", "--first-parent", "--format=%H").splitlines()) == 30
    assert [sandbox.read(f"workflows/{name}.json") for name in "abc"] == ["9"] * 3
    assert sandbox.status == []


def test_of_two_changing_one_file_at_once_one_is_told(sandbox: Sandbox) -> None:
    blob = sandbox.repo.blob_at(sandbox.save(PATH, "0"), PATH)
    outcome: list[str] = []

    def work(content: str) -> None:
        try:
            edit(sandbox, blob, content, repo=sandbox.again())
            outcome.append(content)
        except ConflictError:
            outcome.append("told")

    threads = [threading.Thread(target=work, args=(content,)) for content in ("a", "b", "c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcome.count("told") == 2
    assert sandbox.read(PATH) in outcome


def test_no_file_that_the_user_adds_meanwhile_is_lost(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "first")

    def add() -> None:
        for number in range(15):
            sandbox.write(f"notes/{number}.txt", str(number))
            while sandbox.try_git("add", f"notes/{number}.txt").returncode:
                pass

    adding = threading.Thread(target=add)
    adding.start()
    for number in range(40):
        sandbox.save(PATH, str(number))
    adding.join()
    assert sandbox.status == sorted(f"A  notes/{number}.txt" for number in range(15))
    assert sandbox.read(PATH) == "39"


def test_no_commit_that_plain_git_makes_meanwhile_is_lost(bare: Sandbox) -> None:
    bare.save(PATH, "first")

    def commit() -> None:
        for number in range(10):
            moved = False
            while not moved:
                tip = bare.git("rev-parse", "main").strip()
                made = bare.git("commit-tree", "-p", tip, "-m", f"plain {number}", f"{tip}^{{tree}}").strip()
                moved = not bare.try_git("update-ref", "refs/heads/main", made, tip).returncode

    committing = threading.Thread(target=commit)
    committing.start()
    for number in range(40):
        bare.save(PATH, str(number), repo=bare.again())
    committing.join()
    subjects = bare.git("log", "--first-parent", "--format=%s").splitlines()
    assert [subject for subject in subjects if subject.startswith("plain")] == [f"plain {number}" for number in reversed(range(10))]
    assert len(subjects) == 10 + 40 + 1


@pytest.mark.parametrize("lock", ["refs/heads/main.lock", "index.lock"])
def test_a_lock_of_git_is_named_and_nothing_is_written(sandbox: Sandbox, lock: str) -> None:
    tip = sandbox.save(PATH, "1")
    theirs = sandbox.repo.git_dir / lock
    theirs.write_text("")
    with pytest.raises(LockedError, match=str(theirs).replace("[1]", r"\[1\]")):
        sandbox.save(PATH, "2", repo=sandbox.again(patience_s=0.02))
    theirs.unlink()
    assert (sandbox.repo.tip("main"), sandbox.read(PATH), sandbox.status) == (tip, "1", [])
