from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.git.sandbox import AT, MAYA, Sandbox
from wflgit.errors import DirtyFileError, LockedError, RepositoryError
from wflgit.git.commits import FileEdit, commit_files
from wflgit.git.refs import create_ref, delete_ref, list_refs, move_ref
from wflgit.git.repository import GitRepository
from wflgit.git.worktree import finish_pending, read_file, uncommitted_files

PATH = "workflows/sales [new]/wel come 🚀.json"


def save_refused(sandbox: Sandbox, content: str | None = "new", match: str = "has uncommitted changes") -> None:
    before = sandbox.repo.tip("main"), sandbox.status, sandbox.git("stash", "create") and sandbox.git("diff", "HEAD")
    with pytest.raises(DirtyFileError, match=match):
        sandbox.save(PATH, content)
    assert before == (sandbox.repo.tip("main"), sandbox.status, sandbox.git("stash", "create") and sandbox.git("diff", "HEAD"))
    assert sandbox.leftovers() == []


# Reading


def test_a_file_is_read_as_it_is(sandbox: Sandbox) -> None:
    assert read_file(sandbox.repo, PATH) is None
    sandbox.write(PATH, "{}\r\n")
    assert read_file(sandbox.repo, PATH) == b"{}\r\n"


@pytest.mark.parametrize("path", ["folder", "link.json", "linked/a.json", "none/a.json", "a.json/b"])
def test_what_is_no_regular_file_is_no_file(sandbox: Sandbox, path: str) -> None:
    sandbox.write("a.json", "1")
    sandbox.write("folder/a.json", "1")
    (sandbox.folder / "link.json").symlink_to("a.json")
    (sandbox.folder / "linked").symlink_to("folder")
    assert read_file(sandbox.repo, path) is None


def test_a_bare_repository_has_no_files_and_nothing_uncommitted(bare: Sandbox) -> None:
    bare.save(PATH, "1")
    assert read_file(bare.repo, PATH) is None
    assert PATH not in uncommitted_files(bare.repo)
    assert uncommitted_files(bare.repo) == []


@pytest.mark.parametrize("setting", [("config", "core.autocrlf", "true"), ("attributes", "*.json text=auto eol=crlf", "")])
def test_line_ends_are_what_git_would_store(sandbox: Sandbox, setting: tuple[str, str, str]) -> None:
    kind, key, value = setting
    if kind == "config":
        sandbox.git("config", key, value)
    else:
        sandbox.write(".gitattributes", key)
    repo = sandbox.again()
    sandbox.save(PATH, "{\n}\n", repo=repo)
    assert sandbox.read(PATH) == "{\r\n}\r\n"
    assert read_file(repo, PATH) == b"{\n}\n"
    assert PATH not in uncommitted_files(repo)
    sandbox.write(PATH, "{\r\n\r\n}\r\n")
    assert PATH in uncommitted_files(repo)
    sandbox.save(PATH, "{\n\n}\n", repo=repo)
    sandbox.save(PATH, "{\n}\n", repo=repo)
    assert sandbox.read(PATH) == "{\r\n}\r\n"
    assert [line for line in sandbox.status if ".json" in line] == []


def test_a_file_is_dirty_from_the_first_change_to_the_commit(sandbox: Sandbox) -> None:
    assert PATH not in uncommitted_files(sandbox.repo)
    sandbox.write(PATH, "1")
    assert PATH in uncommitted_files(sandbox.repo)
    sandbox.git("add", ".")
    assert PATH in uncommitted_files(sandbox.repo)
    sandbox.git("commit", "-qm", "1")
    assert PATH not in uncommitted_files(sandbox.repo)
    sandbox.write(PATH, "2")
    sandbox.git("add", ".")
    sandbox.write(PATH, "1")
    assert PATH in uncommitted_files(sandbox.repo)
    sandbox.git("reset", "-q", "--hard")
    (sandbox.folder / PATH).unlink()
    assert PATH in uncommitted_files(sandbox.repo)
    sandbox.git("checkout", "-q", "--detach")
    assert PATH in uncommitted_files(sandbox.repo)
    sandbox.git("checkout", "-q", PATH)
    assert PATH not in uncommitted_files(sandbox.repo)


def test_uncommitted_files_are_all_that_git_status_lists(sandbox: Sandbox) -> None:
    for path in ("changed", "staged", "deleted", "same"):
        sandbox.save(path, "1")
    sandbox.write(".gitignore", "ignored\n")
    for path in ("changed", "staged", "new [1]/🚀", "ignored"):
        sandbox.write(path, "2")
    (sandbox.folder / "deleted").unlink()
    sandbox.git("add", "staged")
    assert uncommitted_files(sandbox.repo) == [".gitignore", "changed", "deleted", "new [1]/🚀", "staged"]


# What the user has there is kept


def test_what_else_the_user_staged_and_changed_stays(sandbox: Sandbox) -> None:
    for path in (PATH, "staged", "changed", "both"):
        sandbox.save(path, "1")
    for path in ("staged", "both", "added"):
        sandbox.write(path, "2")
    sandbox.git("add", ".")
    for path in ("changed", "both", "untracked"):
        sandbox.write(path, "3")
    sandbox.git("add", "--intent-to-add", "untracked")
    before = sandbox.status, sandbox.git("diff"), sandbox.git("diff", "--cached")
    sandbox.save(PATH, "2")
    sandbox.save("workflows/new.json", "1")
    assert (sandbox.status, sandbox.git("diff"), sandbox.git("diff", "--cached")) == before
    assert (sandbox.read(PATH), sandbox.read("workflows/new.json")) == ("2", "1")


def test_a_changed_file_is_not_overwritten(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.write(PATH, "mine")
    save_refused(sandbox)
    save_refused(sandbox, None)
    sandbox.git("add", ".")
    save_refused(sandbox)


def test_a_staged_change_is_not_lost(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.write(PATH, "mine")
    sandbox.git("add", ".")
    sandbox.write(PATH, "1")
    save_refused(sandbox)


def test_a_deleted_file_is_not_brought_back(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    (sandbox.folder / PATH).unlink()
    save_refused(sandbox)
    sandbox.save(PATH, None)
    assert sandbox.status == []


def test_a_file_that_was_never_committed_is_not_overwritten(sandbox: Sandbox) -> None:
    sandbox.save("other.json", "1")
    sandbox.write(PATH, "mine")
    save_refused(sandbox, match="is in the working tree with other content")


def test_a_folder_or_symlink_in_the_place_of_the_file_is_not_overwritten(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    (sandbox.folder / PATH).unlink()
    (sandbox.folder / PATH).symlink_to("elsewhere")
    save_refused(sandbox)
    (sandbox.folder / PATH).unlink()
    (sandbox.folder / PATH).mkdir()
    save_refused(sandbox)


def test_nothing_is_written_through_a_symlinked_folder(sandbox: Sandbox, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.json").write_text("theirs")
    sandbox.save("other.json", "1")
    (sandbox.folder / "workflows").symlink_to(outside)
    with pytest.raises(DirtyFileError):
        sandbox.save("workflows/a.json", "mine")
    assert (outside / "a.json").read_text() == "theirs"


def test_an_unfinished_merge_of_the_file_is_not_disturbed(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.git("checkout", "-qb", "feature")
    sandbox.save(PATH, "2", branch="feature")
    sandbox.git("checkout", "-q", "main")
    sandbox.save(PATH, "3")
    sandbox.try_git("merge", "feature")
    with pytest.raises(DirtyFileError, match="has an unfinished merge"):
        sandbox.save(PATH, "4")
    assert sandbox.status == [f'UU "{PATH}"']


@pytest.mark.parametrize("staged", [False, True])
def test_committing_what_the_user_wrote_is_no_conflict(sandbox: Sandbox, staged: bool) -> None:
    sandbox.save(PATH, "1")
    for path in (PATH, "workflows/new.json"):
        sandbox.write(path, "mine")
        if staged:
            sandbox.git("add", ".")
        sandbox.save(path, "mine")
        assert (sandbox.read(path), sandbox.status) == ("mine", [])


def test_what_was_staged_in_between_gives_way_to_what_the_user_wrote_last(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.write(PATH, "between")
    sandbox.git("add", ".")
    sandbox.write(PATH, "last")
    sandbox.save(PATH, "last")
    assert (sandbox.at_tip(PATH), sandbox.status) == ("last", [])


def test_a_private_file_stays_private(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    (sandbox.folder / PATH).chmod(0o600)
    sandbox.save(PATH, "2")
    assert (sandbox.folder / PATH).stat().st_mode & 0o777 == 0o600


# Other kinds of index


def test_a_sparse_checkout_gets_the_file_that_changed(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    sandbox.save("other/a.json", "1")
    assert sandbox.status == []
    sandbox.git("sparse-checkout", "set", "--no-cone", "/other/")
    assert not (sandbox.folder / PATH).exists()
    sandbox.save(PATH, "2", repo=sandbox.again())
    assert (sandbox.read(PATH), sandbox.status) == ("2", [])


@pytest.mark.parametrize(
    ("make", "unmake"),
    [
        (["update-index", "--split-index"], ["update-index", "--no-split-index"]),
        (["sparse-checkout", "set", "--cone", "--sparse-index", "other"], ["sparse-checkout", "reapply", "--no-sparse-index"]),
    ],
)
def test_an_index_that_cannot_be_read_is_refused_with_the_way_out(sandbox: Sandbox, make: list[str], unmake: list[str]) -> None:
    sandbox.save("other/a.json", "1")
    tip = sandbox.save(PATH, "1")
    sandbox.git(*make)
    repo = sandbox.again()
    for attempt in (
        lambda: sandbox.save("other/a.json", "2", repo=repo),
        lambda: uncommitted_files(repo),
    ):
        with pytest.raises(RepositoryError, match="cannot read the index") as caught:
            attempt()
        assert f"git {' '.join(unmake)}" in (caught.value.hint or "")
    assert sandbox.repo.tip("main") == tip
    sandbox.git(*unmake)
    sandbox.save("other/a.json", "2", repo=sandbox.again())
    assert sandbox.status == []


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_every_index_version_stays_what_it_is(sandbox: Sandbox, version: str) -> None:
    sandbox.save(PATH, "1")
    sandbox.git("config", "index.version", version)
    sandbox.git("update-index", "--force-write-index", "--index-version", version)
    sandbox.save(PATH, "2")
    sandbox.save("b.json", "2")
    assert sandbox.status == []


# Killed


def killed_at_each_write(sandbox: Sandbox, act: Callable[[GitRepository], object]) -> Iterator[Sandbox]:
    """Let a child process act on a copy of the repository and kill it before its first write, before its second, and so on.

    Yields the copy as each kill left it, until a child lives to the end.
    """
    for spared in count():
        folder = sandbox.folder.with_name(f"killed after {spared} writes")
        shutil.copytree(sandbox.folder, folder, symlinks=True)
        copy = Sandbox(folder, GitRepository.open(folder))
        if _survives(copy, act, spared):
            return
        yield copy


def _survives(sandbox: Sandbox, act: Callable[[GitRepository], object], spared: int) -> bool:
    child = os.fork()
    if not child:
        try:
            repo = sandbox.again()
            sys.addaudithook(_killer(str(sandbox.folder), spared))
            act(repo)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _killer(folder: str, spared: int) -> Callable[[str, tuple[object, ...]], None]:
    left = spared

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        writes = event in ("os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod")
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if (writes or opens) and any(folder in str(argument) for argument in arguments):
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    return hook


def test_a_commit_killed_at_any_write_is_whole_or_not_at_all(sandbox: Sandbox) -> None:
    before: dict[str, str | None] = {PATH: "old", "gone.json": "old", "a/b/c.json": None}
    after: dict[str, str | None] = {PATH: "new", "gone.json": None, "a/b/c.json": "new"}
    for path in (PATH, "gone.json"):
        sandbox.save(path, "old")
    sandbox.write("staged", "mine")
    sandbox.git("add", "staged")
    start = sandbox.repo.tip("main")

    def commit(repo: GitRepository) -> None:
        old = repo.hash_blob(b"old")
        edits = {PATH: FileEdit(old, b"new"), "gone.json": FileEdit(old, None), "a/b/c.json": FileEdit(None, b"new")}
        commit_files(repo, "main", edits, message="three at once", author=MAYA, at=AT)

    outcomes = []
    for killed in killed_at_each_write(sandbox, commit):
        finish_pending(killed.again())
        outcomes.append(killed.repo.tip("main") != start)
        for path, content in (after if outcomes[-1] else before).items():
            assert killed.at_tip(path) == content
            assert (killed.read(path) if (killed.folder / path).exists() else None) == content
        assert (killed.status, killed.leftovers()) == (["A  staged"], [])
        killed.git("fsck", "--strict")
    assert outcomes == sorted(outcomes)
    assert (outcomes.count(False) > 5, outcomes.count(True) > 5) == (True, True)


def test_a_commit_after_a_kill_finishes_the_one_before(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "old")
    for killed in killed_at_each_write(sandbox, lambda repo: sandbox.save(PATH, "new", repo=repo)):
        killed.save("other.json", "1")
        assert killed.read(PATH) == killed.at_tip(PATH)
        assert (killed.status, killed.leftovers()) == ([], [])


def test_refs_killed_at_any_write_are_old_or_new_and_never_locked(sandbox: Sandbox) -> None:
    first, second = sandbox.save("a.json", "1"), sandbox.save("a.json", "2")
    for name in ("a/current", "a/draft", "keep/v1"):
        create_ref(sandbox.repo, f"refs/tags/{name}", first)
    sandbox.git("pack-refs", "--all")
    move_ref(sandbox.repo, "refs/tags/a/draft", second, expected=first)
    old = {"refs/tags/a/current": first, "refs/tags/a/draft": second, "refs/tags/keep/v1": first}
    made = old | {"refs/tags/a/v1": first}
    moved = made | {"refs/tags/a/current": second}
    deleted = {name: target for name, target in moved.items() if name != "refs/tags/a/draft"}

    def act(repo: GitRepository) -> None:
        create_ref(repo, "refs/tags/a/v1", first)
        move_ref(repo, "refs/tags/a/current", second, expected=first)
        delete_ref(repo, "refs/tags/a/draft", expected=second)

    seen = []
    for killed in killed_at_each_write(sandbox, act):
        finish_pending(killed.again())
        seen.append([old, made, moved, deleted].index(list_refs(killed.repo, "refs/tags/")))
        assert killed.leftovers() == []
        killed.git("fsck", "--strict")
        assert len(killed.git("for-each-ref", "refs/tags").splitlines()) == len([old, made, moved, deleted][seen[-1]])
    assert seen == sorted(seen)
    assert set(seen) == {0, 1, 2, 3}


def test_what_the_user_did_after_a_kill_is_kept(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "old")
    halves = 0
    for killed in killed_at_each_write(sandbox, lambda repo: sandbox.save(PATH, "new", repo=repo)):
        if killed.at_tip(PATH) == "new" and killed.read(PATH) == "old":
            halves += 1
            killed.write(PATH, "mine")
            finish_pending(killed.again())
            assert killed.read(PATH) == "mine"
            assert killed.git("diff", "--cached") == ""
            assert killed.leftovers() == []
    assert halves


@pytest.mark.parametrize("content", ["", "{", '{"checkout": "/nowhere", "changes": {"a": [null, "1"]}}'])
def test_a_journal_that_says_nothing_is_dropped(sandbox: Sandbox, content: str) -> None:
    sandbox.save(PATH, "1")
    journal = sandbox.repo.git_dir / "wflgit-pending"
    journal.write_text(content)
    finish_pending(sandbox.repo)
    assert not journal.exists()
    assert sandbox.status == []


def test_a_journal_waits_for_git_to_let_go_of_the_index(sandbox: Sandbox) -> None:
    sandbox.save(PATH, "1")
    journal = sandbox.repo.git_dir / "wflgit-pending"
    journal.write_text('{"checkout": ".", "changes": {}}')
    lock = sandbox.repo.git_dir / "index.lock"
    lock.write_text("")
    started = time.monotonic()
    finish_pending(sandbox.repo)
    assert time.monotonic() - started < sandbox.repo.patience_s / 2
    assert journal.exists()
    with pytest.raises(LockedError):
        sandbox.save(PATH, "2", repo=sandbox.again(patience_s=0.0))
    lock.unlink()
    finish_pending(sandbox.repo)
    assert not journal.exists()
