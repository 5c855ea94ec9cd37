"""Saves of drafts as commits, and their refs beside plain git."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.git.sandbox import AT, MAYA
from wflgit.core.drafts import Save, SaveWords, save_message
from wflgit.core.names import draft_ref
from wflgit.errors import ConflictError, LockedError, RepositoryError
from wflgit.git.drafts import chain_again, list_saves, move_draft, read_save, write_save
from wflgit.git.refs import read_ref

if TYPE_CHECKING:
    from tests.git.sandbox import Sandbox

FILE = "workflows/sales/welcome.json"
REF = draft_ref("sales/welcome", MAYA.email)


def save(box: Sandbox, content: str, previous: Save | None = None, base: str | None = None) -> Save:
    number = previous.number + 1 if previous else 1
    blob = box.repo.write_blob(content.encode())
    message = save_message("sales/welcome", SaveWords(number, base, None, "", number))
    commit = write_save(box.repo, path=FILE, blob=blob, previous=previous, base=base, author=MAYA, at=AT, message=message)
    return read_save(box.repo, commit)


def parents(box: Sandbox, commit: str) -> list[str]:
    return box.git("rev-list", "--parents", "-1", commit).split()[1:]


def test_a_save_is_a_commit_with_the_one_file_on_top_of_its_base(sandbox: Sandbox) -> None:
    base = sandbox.save(FILE, "one")
    first = save(sandbox, "two", base=base)
    assert (first.path, first.base, first.author, first.saved_at) == (FILE, base, MAYA, AT)
    assert sandbox.git("ls-tree", "-r", "--name-only", first.commit).split() == [FILE]
    assert sandbox.git("show", f"{first.commit}:{FILE}") == "two"
    assert parents(sandbox, first.commit) == [base]


def test_the_next_save_follows_the_one_before_and_has_its_base_as_parent_only_where_that_is_another(sandbox: Sandbox) -> None:
    base = sandbox.save(FILE, "one")
    first = save(sandbox, "two", base=base)
    second = save(sandbox, "three", first, base)
    newer = sandbox.save(FILE, "one and a half")
    third = save(sandbox, "four", second, newer)
    assert parents(sandbox, second.commit) == [first.commit]
    assert parents(sandbox, third.commit) == [second.commit, newer]
    assert sandbox.git("merge-base", third.commit, "main").strip() == newer
    assert list_saves(sandbox.repo, third.commit) == [third, second, first]


def test_of_a_new_workflow_the_first_save_has_no_parent(sandbox: Sandbox) -> None:
    first = save(sandbox, "one")
    assert parents(sandbox, first.commit) == []
    assert list_saves(sandbox.repo, first.commit) == [first]


def test_saves_that_stay_keep_what_they_say_and_the_base_of_those_that_went(sandbox: Sandbox) -> None:
    base = sandbox.save(FILE, "one")
    first = save(sandbox, "two", base=base)
    newer = sandbox.save(FILE, "one and a half")
    second = save(sandbox, "three", first, newer)
    third = save(sandbox, "four", second, newer)
    tip = chain_again(sandbox.repo, [third, first]).commit
    assert [found.number for found in list_saves(sandbox.repo, tip)] == [3, 1]
    assert parents(sandbox, tip) == [first.commit, newer]
    assert sandbox.git("show", f"{tip}:{FILE}") == "four"
    assert "error" not in sandbox.git("fsck", "--strict")


def test_any_other_commit_is_no_save(sandbox: Sandbox) -> None:
    commit = sandbox.save(FILE, "one")
    with pytest.raises(RepositoryError, match=r"expected a save of a draft, but commit '\w+' is none"):
        read_save(sandbox.repo, commit)


def test_the_ref_moves_only_from_where_it_was_expected(sandbox: Sandbox) -> None:
    first = save(sandbox, "one")
    second = save(sandbox, "two", first)
    move_draft(sandbox.repo, REF, first.commit, expected=None)
    with pytest.raises(ConflictError, match="saved elsewhere"):
        move_draft(sandbox.repo, REF, second.commit, expected=None)
    assert sandbox.git("rev-parse", REF).strip() == first.commit
    move_draft(sandbox.repo, REF, second.commit, expected=first.commit)
    assert sandbox.git("rev-parse", REF).strip() == second.commit


def test_a_packed_ref_is_moved_as_well(sandbox: Sandbox) -> None:
    first = save(sandbox, "one")
    second = save(sandbox, "two", first)
    move_draft(sandbox.repo, REF, first.commit, expected=None)
    sandbox.git("pack-refs", "--all", "--prune")
    with pytest.raises(ConflictError):
        move_draft(sandbox.repo, REF, second.commit, expected=None)
    move_draft(sandbox.repo, REF, second.commit, expected=first.commit)
    assert read_ref(sandbox.repo, REF) == second.commit


def test_the_lock_of_git_is_heeded_and_nothing_is_left_behind(sandbox: Sandbox) -> None:
    first = save(sandbox, "one")
    lock = sandbox.repo.git_dir / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(LockedError):
        move_draft(sandbox.again(patience_s=0.05), REF, first.commit, expected=None)
    lock.unlink()
    move_draft(sandbox.repo, REF, first.commit, expected=None)
    assert not lock.exists()


def test_the_lock_that_a_killed_save_left_is_removed_but_not_one_that_somebody_holds(sandbox: Sandbox) -> None:
    first = save(sandbox, "one")
    lock = sandbox.repo.git_dir / f"{REF}.lock"
    lock.parent.mkdir(parents=True)
    long_ago = time.time() - 3600
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        os.utime(lock, (long_ago, long_ago))
        with pytest.raises(LockedError):
            move_draft(sandbox.again(patience_s=0.05), REF, first.commit, expected=None)
    move_draft(sandbox.again(patience_s=1.0), REF, first.commit, expected=None)
    assert read_ref(sandbox.repo, REF) == first.commit


def test_saves_of_many_threads_beside_git_packing_refs_are_all_there(sandbox: Sandbox) -> None:
    first = save(sandbox, "one")
    done: dict[str, str] = {}

    def work(user: int) -> None:
        repo, ref, last = sandbox.again(), draft_ref("sales/welcome", f"user-{user}@example.com"), None
        for _ in range(20):
            blob = repo.write_blob(os.urandom(8).hex().encode())
            message = save_message("sales/welcome", SaveWords(1, None, None, "", 1))
            new = write_save(repo, path=FILE, blob=blob, previous=first, base=None, author=MAYA, at=AT, message=message)
            move_draft(repo, ref, new, expected=last)
            last = new
        done[ref] = str(last)

    threads = [threading.Thread(target=work, args=(user,)) for user in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        sandbox.git("pack-refs", "--all", "--prune")
    for thread in threads:
        thread.join()
    assert {ref: sandbox.git("rev-parse", ref).strip() for ref in done} == done
    assert len(done) == 4
