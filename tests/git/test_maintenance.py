"""Git's housekeeping: counting, packing, many refs moved at once, and all of it beside writers."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.git.sandbox import AT, MAYA, Sandbox
from wflgit.core.housekeeping import Limits, assess
from wflgit.errors import ConflictError, LockedError, RepositoryError
from wflgit.git import refs
from wflgit.git.commits import FileEdit, commit_files
from wflgit.git.maintenance import abandoned_locks, limits_of, measure, pack_objects, pack_tags, release_leftovers
from wflgit.git.refmoves import RefMove, move_refs
from wflgit.git.repository import GitRepository

DRAFT = "refs/wflgit/drafts/welcome/ada@example.com"


def tag(repo: GitRepository, commit: str, number: int, slug: str = "welcome") -> str:
    """Publish as wflgit does: an annotated tag object, then its ref."""
    name = f"{slug}/v{number}"
    made = refs.write_tag(repo, tag=name, commit=commit, tagger=MAYA, at=AT, message="Publish")
    refs.create_ref(repo, f"refs/tags/{name}", made)
    return made


def tagged(sandbox: Sandbox, count: int) -> dict[str, str]:
    commit = sandbox.save("workflows/welcome.json", "{}")
    return {f"refs/tags/welcome/v{number}": tag(sandbox.repo, commit, number) for number in range(1, count + 1)}


def to_archive(tags: dict[str, str]) -> list[RefMove]:
    return [RefMove(name, name.replace("refs/tags/", "refs/wflgit/archive/"), target) for name, target in tags.items()]


def packed(sandbox: Sandbox) -> set[str]:
    file = sandbox.repo.git_dir / "packed-refs"
    return {line.split()[1] for line in file.read_text().splitlines() if line[0] not in "#^"} if file.exists() else set()


def test_tags_that_are_a_file_each_are_counted_up_to_what_is_too_much(sandbox: Sandbox) -> None:
    tags = tagged(sandbox, 12)
    assert measure(sandbox.repo, Limits()).loose_tags == 12
    assert measure(sandbox.repo, Limits(loose_tags=5)).loose_tags == 5
    assert assess(measure(sandbox.repo, Limits(loose_tags=5)), Limits(loose_tags=5)).refs_due
    pack_tags(sandbox.repo)
    assert measure(sandbox.repo, Limits()).loose_tags == 0
    assert refs.list_refs(sandbox.repo, "refs/tags/welcome/") == tags


def test_packing_tags_leaves_branches_and_drafts_files(sandbox: Sandbox) -> None:
    tags = tagged(sandbox, 3)
    refs.create_ref(sandbox.repo, DRAFT, next(iter(tags.values())))
    pack_tags(sandbox.repo)
    assert packed(sandbox) == set(tags)
    assert (sandbox.repo.git_dir / DRAFT).is_file()
    assert (sandbox.repo.git_dir / "refs/heads/main").is_file()


def test_limits_are_those_of_the_users_git(sandbox: Sandbox) -> None:
    assert limits_of(sandbox.repo) == Limits()
    sandbox.git("config", "gc.auto", "1k")
    sandbox.git("config", "gc.autoPackLimit", "-3")
    assert limits_of(sandbox.again()) == Limits(loose_objects=1024, packs=0)


def test_objects_are_packed_when_git_finds_it_is_time_and_what_nobody_refers_to_stays(sandbox: Sandbox) -> None:
    tags = tagged(sandbox, 2)
    refs.create_ref(sandbox.repo, DRAFT, next(iter(tags.values())))
    sandbox.git("config", "gc.auto", "256")
    for number in range(700):
        sandbox.repo.write_blob(f"nobody refers to {number}".encode())
    for number in range(20):
        sandbox.save("workflows/welcome.json", f'{{"name": "{number}"}}')
    limits = limits_of(sandbox.repo)
    before = measure(sandbox.repo, limits)
    assert before.packs == 0
    assert before.loose_objects % 256 == 0
    # What git itself thinks of it decides: the one folder that is counted may hold less than its share.
    due = assess(before, limits).objects_due
    pack_objects(sandbox.repo)
    assert measure(sandbox.repo, limits).packs == int(due)
    assert due, "700 objects in 256 folders, and 2 at most in one of them"
    assert sandbox.repo.has(sandbox.repo.hash_blob(b"nobody refers to 7"))
    assert packed(sandbox) == set(), "the refs are not packed on the way"
    assert (sandbox.repo.git_dir / "objects/info/commit-graph").is_file()
    sandbox.git("fsck", "--no-dangling")


def test_packs_that_are_kept_for_a_reason_do_not_count(sandbox: Sandbox) -> None:
    for number in range(3):
        sandbox.save("workflows/welcome.json", str(number))
        sandbox.git("repack", "--quiet")
    assert measure(sandbox.repo, Limits()).packs == 3
    next((sandbox.repo.git_dir / "objects/pack").glob("*.pack")).with_suffix(".keep").touch()
    assert measure(sandbox.repo, Limits()).packs == 2


def test_refs_are_moved_all_together_packed_or_not(sandbox: Sandbox) -> None:
    tags = tagged(sandbox, 6)
    sandbox.git("pack-refs", "--all")
    more = {"refs/tags/welcome/v7": tag(sandbox.repo, str(sandbox.repo.tip("main")), 7)}
    move_refs(sandbox.repo, to_archive(tags | more))
    assert refs.list_refs(sandbox.repo, "refs/tags/") == {}
    assert sorted(refs.list_refs(sandbox.repo, "refs/wflgit/archive/").values()) == sorted({**tags, **more}.values())
    move_refs(sandbox.repo, [RefMove(move.new, move.old, move.target) for move in to_archive(tags | more)])
    assert refs.list_refs(sandbox.repo, "refs/tags/") == tags | more
    move_refs(sandbox.repo, [])


def test_a_move_that_was_half_done_goes_through(sandbox: Sandbox) -> None:
    tags = tagged(sandbox, 2)
    [first, second] = to_archive(tags)
    refs.create_ref(sandbox.repo, first.new, first.target)
    move_refs(sandbox.repo, [first, second])
    assert refs.list_refs(sandbox.repo, "refs/tags/") == {}


@pytest.mark.parametrize("where", ["refs/tags/welcome/v2", "refs/wflgit/archive/welcome/v2"])
def test_if_one_of_them_points_elsewhere_none_is_moved(sandbox: Sandbox, where: str) -> None:
    tags = tagged(sandbox, 3)
    sandbox.git("update-ref", where, tags["refs/tags/welcome/v3"])
    before = sandbox.git("for-each-ref")
    with pytest.raises(ConflictError, match="a ref was changed at the same time"):
        move_refs(sandbox.repo, to_archive(tags))
    assert sandbox.git("for-each-ref") == before


def test_a_lock_of_another_program_is_waited_for_and_then_named(sandbox: Sandbox) -> None:
    tags = tagged(sandbox, 2)
    sandbox.git("pack-refs", "--all")
    lock = sandbox.repo.git_dir / "packed-refs.lock"
    lock.touch()
    with pytest.raises(LockedError, match="packed-refs"):
        move_refs(sandbox.again(patience_s=0.05), to_archive(tags))


def test_what_git_cannot_pack_is_said_in_its_words(sandbox: Sandbox) -> None:
    tagged(sandbox, 1)
    (sandbox.repo.git_dir / "packed-refs").write_text("no such format\n")
    with pytest.raises(RepositoryError, match=r"git cannot pack the tags: .*packed-refs"):
        pack_tags(sandbox.repo)


def test_what_a_killed_process_left_locked_is_unlocked_and_what_is_not_ours_is_only_named(sandbox: Sandbox) -> None:
    tagged(sandbox, 1)
    code = f"""
import os, signal
from pathlib import Path
from wflgit.git.repository import GitRepository
repo = GitRepository.open(Path({str(sandbox.folder)!r}))
with repo.lock(), repo.locks.lock_file(repo.git_dir / "refs/tags/welcome/v1"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    foreign = sandbox.repo.git_dir / "refs/tags/welcome/v2.lock"
    foreign.touch()
    assert sandbox.leftovers() == ["refs/tags/welcome/v1.lock", "refs/tags/welcome/v2.lock"]
    release_leftovers(sandbox.repo)
    assert sandbox.leftovers() == ["refs/tags/welcome/v2.lock"]
    assert abandoned_locks(sandbox.repo) == ()
    long_ago = time.time() - timedelta(hours=1).total_seconds()
    os.utime(foreign, (long_ago, long_ago))
    assert abandoned_locks(sandbox.repo) == ("refs/tags/welcome/v2.lock",)
    assert foreign.exists()


# Beside writers


def write(folder: Path, writer: int, rounds: int, notes: Path) -> None:
    """Save a workflow, publish it, save and throw away drafts, and archive what was published before; note what is done."""
    repo = GitRepository.open(folder, patience_s=60.0)
    before: dict[str, str] = {}
    with notes.open("w", buffering=1) as file:
        for number in range(1, rounds + 1):
            commit = save(repo, writer, number)
            name = f"refs/tags/w{writer}/v{number}"
            made = tag(repo, commit, number, f"w{writer}")
            draft = f"refs/wflgit/drafts/w{writer}/d{number % 3}@"
            refs.move_ref(repo, draft, commit, expected=refs.read_ref(repo, draft))
            if number % 2:
                refs.delete_ref(repo, draft, expected=commit)
            move_refs(repo, to_archive(before))
            before = {name: made} if number % 4 == 0 else {}
            file.write(f"{commit} {name} {made}\n")


def save(repo: GitRepository, writer: int, number: int) -> str:
    """Commit one's own file, again if somebody else committed theirs in the same moment."""
    path = f"workflows/w{writer}.json"
    while True:
        tip = repo.tip("main")
        assert tip is not None
        edit = FileEdit(repo.blob_at(tip, path), f'{{"name": "{writer} {number}"}}'.encode())
        try:
            return commit_files(repo, "main", {path: edit}, message=f"{writer} {number}", author=MAYA, at=AT)
        except ConflictError:
            continue


@pytest.mark.slow
def test_nothing_is_lost_while_refs_and_objects_are_packed_beside_writers(sandbox: Sandbox, tmp_path: Path, thorough: bool) -> None:
    sandbox.save("workflows/welcome.json", "{}")
    sandbox.git("config", "gc.auto", "1")
    rounds = 2000 if thorough else 30
    context = multiprocessing.get_context("spawn")
    notes = [tmp_path / f"notes{writer}" for writer in range(2)]
    writers = [context.Process(target=write, args=(sandbox.folder, writer, rounds, file)) for writer, file in enumerate(notes)]
    for writer in writers:
        writer.start()
    packings = 0
    while any(writer.is_alive() for writer in writers):
        pack_tags(sandbox.repo)
        if packings % 3 == 0:
            sandbox.git("-c", "core.packedRefsTimeout=10000", "pack-refs", "--all")
            pack_objects(sandbox.repo)
        packings += 1
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert packings > 3
    repo = sandbox.again()
    commits = set(sandbox.git("rev-list", "main").split())
    for who, file in enumerate(notes):
        said = [line.split() for line in file.read_text().splitlines()]
        assert len(said) == rounds
        assert {commit for commit, _, _ in said} <= commits
        for commit, name, made in said:
            number = int(name.rpartition("/v")[2])
            archived = number % 4 == 0 and number < rounds
            wanted = name.replace("refs/tags/", "refs/wflgit/archive/") if archived else name
            assert refs.read_ref(repo, wanted) == made
            assert (refs.read_ref(repo, name) is None) is archived
            assert commit in commits
        drafts = refs.list_refs(repo, f"refs/wflgit/drafts/w{who}/")
        assert drafts.keys() == kept_drafts(who, rounds)
    sandbox.git("fsck", "--no-dangling", "--strict")


def kept_drafts(writer: int, rounds: int) -> set[str]:
    """The drafts that were saved last and not thrown away."""
    last = {number % 3: number for number in range(1, rounds + 1)}
    return {f"refs/wflgit/drafts/w{writer}/d{which}@" for which, number in last.items() if number % 2 == 0}
