from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.git.sandbox import AT, BEN, MAYA, Sandbox
from wflgit.core.records import Identity
from wflgit.errors import (
    ConflictError,
    IdentityError,
    InvalidNameError,
    LockedError,
    MissingObjectError,
    RepositoryError,
    StateError,
)
from wflgit.git import refs
from wflgit.git.reffiles import list_packed, read_packed
from wflgit.git.refs import ReflogNote, Tag, create_ref, delete_ref, fingerprint, list_refs, move_ref, read_ref, read_tag, write_tag

V1, V2, V10 = (f"refs/tags/welcome/v{number}" for number in (1, 2, 10))
CURRENT = "refs/tags/welcome/current"


@pytest.fixture
def commits(sandbox: Sandbox) -> list[str]:
    return [sandbox.save("a.json", str(number)) for number in range(3)]


def settle(sandbox: Sandbox) -> None:
    """Make every ref file look an hour old, instead of waiting for the clock of the file system to tick."""
    for path in [*sandbox.repo.git_dir.glob("refs/**/"), *sandbox.repo.git_dir.glob("packed-refs")]:
        then = path.stat().st_mtime - 3600
        os.utime(path, (then, then))


# Reading


@pytest.mark.parametrize("pack", [False, True])
def test_refs_are_listed_by_folder_loose_or_packed(sandbox: Sandbox, commits: list[str], pack: bool) -> None:
    for name in (V1, V2, V10, "refs/tags/welcome-2/v1", "refs/tags/welcom/v1", "refs/tags/welcome/sub/v1", "refs/tags/zebra"):
        create_ref(sandbox.repo, name, commits[0])
    if pack:
        sandbox.git("pack-refs", "--all")
    wanted = {V1, V2, V10, "refs/tags/welcome/sub/v1"}
    assert list_refs(sandbox.repo, "refs/tags/welcome/") == dict.fromkeys(wanted, commits[0])
    assert len(list_refs(sandbox.repo, "refs/tags/")) == 7
    assert list_refs(sandbox.repo, "refs/tags/none/") == {}


def test_a_loose_ref_wins_over_its_packed_value(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, CURRENT, commits[0])
    sandbox.git("pack-refs", "--all")
    move_ref(sandbox.repo, CURRENT, commits[1], expected=commits[0])
    assert list_refs(sandbox.repo, "refs/tags/") == {CURRENT: commits[1]}
    assert read_ref(sandbox.repo, CURRENT) == commits[1]


def test_an_annotated_tag_is_listed_with_its_tag_object(sandbox: Sandbox, commits: list[str]) -> None:
    sandbox.git("tag", "-m", "x", "welcome/v1", commits[0])
    tag = sandbox.git("rev-parse", V1).strip()
    assert list_refs(sandbox.repo, "refs/tags/welcome/") == {V1: tag}
    sandbox.git("pack-refs", "--all")
    assert list_refs(sandbox.repo, "refs/tags/welcome/") == {V1: tag}
    assert read_ref(sandbox.repo, V1) == tag != commits[0]


def test_locks_and_symbolic_refs_are_not_listed(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, V1, commits[0])
    sandbox.git("symbolic-ref", CURRENT, V1)
    (sandbox.repo.git_dir / f"{V2}.lock").write_text("")
    assert list_refs(sandbox.repo, "refs/tags/welcome/") == {V1: commits[0]}
    with pytest.raises(RepositoryError, match="points at the ref"):
        read_ref(sandbox.repo, CURRENT)


def test_packed_refs_of_an_old_git_are_read_line_by_line(sandbox: Sandbox, commits: list[str]) -> None:
    lines = [f"{commits[1]} {V2}", f"{commits[0]} refs/tags/a/v1", f"{commits[2]} {V1}", f"^{commits[0]}", ""]
    (sandbox.repo.git_dir / "packed-refs").write_text("\n".join(lines))
    assert list_refs(sandbox.repo, "refs/tags/welcome/") == {V1: commits[2], V2: commits[1]}
    assert read_packed(sandbox.repo.git_dir, V2) == commits[1]
    (sandbox.repo.git_dir / "packed-refs").write_text("")
    assert list_refs(sandbox.repo, "refs/tags/welcome/") == {}


_NAMES = st.lists(st.sampled_from(["a", "b", "ab", "v1", "v10", "zé", "🚀", "-x"]), min_size=1, max_size=3).map("/".join)


@given(names=st.sets(_NAMES, max_size=12), peeled=st.sets(_NAMES), wanted=_NAMES)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_bisecting_packed_refs_finds_what_reading_them_all_finds(
    tmp_path: Path, names: set[str], peeled: set[str], wanted: str
) -> None:
    text = "# pack-refs with: peeled fully-peeled sorted \n"
    for number, name in enumerate(sorted(names, key=str.encode)):
        text += f"{number:040} refs/tags/{name}\n" + (f"^{number:040}\n" if name in peeled else "")
    (tmp_path / "packed-refs").write_text(text)
    oids = {f"refs/tags/{name}": f"{number:040}" for number, name in enumerate(sorted(names, key=str.encode))}
    assert read_packed(tmp_path, f"refs/tags/{wanted}") == oids.get(f"refs/tags/{wanted}")
    below = f"refs/tags/{wanted}/"
    assert dict(list_packed(tmp_path, below)) == {name: oid for name, oid in oids.items() if name.startswith(below)}
    assert dict(list_packed(tmp_path, "refs/tags/")) == oids


@pytest.mark.parametrize("content", ["", "garbage\n", "1" * 39, "1" * 41, "1" * 40 + "x"])
def test_a_damaged_ref_is_named_with_its_file(sandbox: Sandbox, commits: list[str], content: str) -> None:
    create_ref(sandbox.repo, V1, commits[0])
    file = sandbox.repo.git_dir / V1
    file.write_text(content)
    for read in (lambda: list_refs(sandbox.repo, "refs/tags/welcome/"), lambda: read_ref(sandbox.repo, V1)):
        with pytest.raises(RepositoryError, match=f"cannot read the ref '{V1}'") as caught:
            read()
        assert f"rm '{file}'" in (caught.value.hint or "")


def test_a_damaged_trunk_is_named_with_its_file(sandbox: Sandbox, commits: list[str]) -> None:
    (sandbox.repo.git_dir / "refs/heads/main").write_text("")
    with pytest.raises(RepositoryError, match="cannot read the ref 'refs/heads/main'"):
        sandbox.repo.tip("main")


# Fingerprints


def test_a_fingerprint_stays_while_nothing_changes(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, V1, commits[0])
    settle(sandbox)
    first = fingerprint(sandbox.repo, "refs/tags/welcome/")
    create_ref(sandbox.repo, "refs/tags/other/v1", commits[0])
    sandbox.save("a.json", "more")
    assert first is not None
    assert first == fingerprint(sandbox.repo, "refs/tags/welcome/") == fingerprint(sandbox.again(), "refs/tags/welcome/")


def test_a_fingerprint_is_none_right_after_a_change(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, V1, commits[0])
    assert fingerprint(sandbox.repo, "refs/tags/welcome/") is None
    assert fingerprint(sandbox.repo, "refs/tags/none/") is not None


@pytest.mark.parametrize(
    "change",
    [
        ["tag", "-f", "welcome/v1", "HEAD~1"],
        ["tag", "-d", "welcome/v1"],
        ["tag", "welcome/v2"],
        ["tag", "welcome/sub/v1"],
        ["tag", "-f", "welcome/old/v1", "HEAD~1"],
        ["tag", "welcome/old/deep/v1"],
        ["tag", "-d", "welcome/old/v1"],
        ["pack-refs", "--all"],
    ],
)
def test_a_fingerprint_changes_with_each_change_by_plain_git(sandbox: Sandbox, commits: list[str], change: list[str]) -> None:
    for name in (V1, "refs/tags/welcome/old/v1"):
        create_ref(sandbox.repo, name, commits[2])
    settle(sandbox)
    before = fingerprint(sandbox.repo, "refs/tags/welcome/")
    sandbox.git(*change)
    assert before is not None
    assert fingerprint(sandbox.repo, "refs/tags/welcome/") != before
    assert fingerprint(sandbox.again(), "refs/tags/welcome/") != before


def test_a_fingerprint_sees_a_change_of_a_packed_ref(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, V1, commits[0])
    sandbox.git("pack-refs", "--all")
    settle(sandbox)
    before = fingerprint(sandbox.repo, "refs/tags/welcome/")
    assert before is not None
    sandbox.git("tag", "-d", "welcome/v1")
    assert fingerprint(sandbox.repo, "refs/tags/welcome/") != before


def test_a_folder_that_came_while_changes_were_recent_is_watched(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, V1, commits[0])
    assert fingerprint(sandbox.repo, "refs/tags/welcome/") is None
    create_ref(sandbox.repo, "refs/tags/welcome/sub/v1", commits[0])
    settle(sandbox)
    before = fingerprint(sandbox.repo, "refs/tags/welcome/")
    create_ref(sandbox.repo, "refs/tags/welcome/sub/v2", commits[0])
    os.utime(sandbox.repo.git_dir / "refs/tags/welcome/sub", (0, 0))
    assert fingerprint(sandbox.repo, "refs/tags/welcome/") not in (None, before)


def test_a_folder_that_came_while_folders_were_listed_is_watched(
    sandbox: Sandbox, commits: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = refs._folders

    def list_and_be_late(git_dir: Path, prefix: str) -> tuple[str, ...]:
        found = listed(git_dir, prefix)
        create_ref(sandbox.again(), "refs/tags/welcome/sub/v1", commits[0])
        return found

    create_ref(sandbox.repo, V1, commits[0])
    monkeypatch.setattr(refs, "_folders", list_and_be_late)
    assert fingerprint(sandbox.repo, "refs/tags/welcome/") is None
    monkeypatch.setattr(refs, "RACY_NS", -(10**15))
    before = fingerprint(sandbox.repo, "refs/tags/welcome/")
    create_ref(sandbox.repo, "refs/tags/welcome/sub/v2", commits[0])
    assert fingerprint(sandbox.repo, "refs/tags/welcome/") != before


# Writing


def test_a_ref_is_made_once_and_making_it_again_is_nothing(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, V1, commits[0])
    create_ref(sandbox.repo, V1, commits[0])
    with pytest.raises(ConflictError, match=r"points at '.*' but it was not there before") as caught:
        create_ref(sandbox.repo, V1, commits[1])
    assert (caught.value.expected, caught.value.actual) == (None, commits[0])
    assert sandbox.git("rev-parse", V1).strip() == commits[0]


def test_a_ref_moves_only_from_where_it_was_read(sandbox: Sandbox, commits: list[str]) -> None:
    move_ref(sandbox.repo, CURRENT, commits[0], expected=None)
    move_ref(sandbox.repo, CURRENT, commits[1], expected=commits[0])
    for expected in (commits[0], None):
        with pytest.raises(ConflictError) as caught:
            move_ref(sandbox.repo, CURRENT, commits[2], expected=expected)
        assert (caught.value.expected, caught.value.actual) == (expected, commits[1])
    with pytest.raises(ConflictError, match="is gone"):
        move_ref(sandbox.repo, V1, commits[2], expected=commits[0])
    assert read_ref(sandbox.repo, CURRENT) == commits[1]


@pytest.mark.parametrize("name", ["refs/tags/bad..name", "refs/tags/a b", "refs/tags/x.lock", "refs/tags/../../x", "refs/tags/"])
def test_a_name_that_git_does_not_allow_is_refused(sandbox: Sandbox, commits: list[str], name: str) -> None:
    with pytest.raises(InvalidNameError, match="is no name for a ref"):
        create_ref(sandbox.repo, name, commits[0])


def test_a_ref_never_points_at_nothing(sandbox: Sandbox, commits: list[str]) -> None:
    with pytest.raises(MissingObjectError, match="which is not in this clone"):
        create_ref(sandbox.repo, V1, "1" * 40)
    assert read_ref(sandbox.repo, V1) is None
    assert sandbox.leftovers() == []


@pytest.mark.parametrize("pack", [False, True])
def test_a_plain_tag_of_the_workflows_name_is_in_the_way_and_said_so(sandbox: Sandbox, commits: list[str], pack: bool) -> None:
    sandbox.git("tag", "welcome", commits[0])
    if pack:
        sandbox.git("pack-refs", "--all")
    with pytest.raises(StateError, match="the tag 'welcome' stands in the way of 'welcome/v1'") as caught:
        create_ref(sandbox.repo, V1, commits[0])
    assert "git tag NEW-NAME welcome" in (caught.value.hint or "")
    assert "git tag -d welcome" in (caught.value.hint or "")


@pytest.mark.parametrize("pack", [False, True])
def test_a_tag_may_not_take_the_place_of_a_folder_of_tags(sandbox: Sandbox, commits: list[str], pack: bool) -> None:
    create_ref(sandbox.repo, "refs/tags/sales/welcome/v1", commits[0])
    if pack:
        sandbox.git("pack-refs", "--all")
    with pytest.raises(StateError, match="the tag 'sales/welcome/v1' stands in the way of 'sales'"):
        create_ref(sandbox.repo, "refs/tags/sales", commits[0])
    with pytest.raises(StateError, match="the branch 'main' stands in the way of 'main/x'") as caught:
        create_ref(sandbox.repo, "refs/heads/main/x", commits[0])
    assert caught.value.hint == "rename it: git branch -m main NEW-NAME"


def test_empty_folders_that_deleted_refs_left_are_in_nobodys_way(sandbox: Sandbox, commits: list[str]) -> None:
    (sandbox.repo.git_dir / "refs/tags/sales/old/older").mkdir(parents=True)
    create_ref(sandbox.repo, "refs/tags/sales", commits[0])
    assert sandbox.git("rev-parse", "refs/tags/sales").strip() == commits[0]


@pytest.mark.parametrize("pack", [False, True])
def test_a_deleted_ref_is_gone_for_git_too(sandbox: Sandbox, commits: list[str], pack: bool) -> None:
    sandbox.git("tag", "-m", "other", "other/v1")
    sandbox.git("tag", "-m", "annotated", "welcome/v2")
    for name in (V1, V10):
        create_ref(sandbox.repo, name, commits[0])
    if pack:
        sandbox.git("pack-refs", "--all")
        move_ref(sandbox.repo, V1, commits[1], expected=commits[0])
    for name, oid in list_refs(sandbox.repo, "refs/tags/welcome/").items():
        if name != V10:
            delete_ref(sandbox.repo, name, expected=oid)
    assert sandbox.git("for-each-ref", "--format=%(refname) %(*objectname)", "refs/tags").splitlines() == [
        f"refs/tags/other/v1 {commits[2]}",
        f"{V10} ",
    ]
    if pack:
        assert (sandbox.repo.git_dir / "packed-refs").read_text().count("^") == 1
    delete_ref(sandbox.repo, V10, expected=commits[0])
    assert not (sandbox.repo.git_dir / "refs/tags/welcome").exists()
    assert sandbox.leftovers() == []


def test_a_ref_is_deleted_only_as_it_was_read(sandbox: Sandbox, commits: list[str]) -> None:
    create_ref(sandbox.repo, CURRENT, commits[0])
    with pytest.raises(ConflictError):
        delete_ref(sandbox.repo, CURRENT, expected=commits[1])
    assert read_ref(sandbox.repo, CURRENT) == commits[0]
    delete_ref(sandbox.repo, V1, expected=commits[0])
    assert not (sandbox.repo.git_dir / "refs/tags/welcome/v1").exists()


def test_a_locked_ref_names_the_lock(sandbox: Sandbox, commits: list[str]) -> None:
    repo = sandbox.again(patience_s=0.02)
    create_ref(repo, V1, commits[0])
    (repo.git_dir / f"{CURRENT}.lock").write_text("")
    with pytest.raises(LockedError, match=r"current\.lock"):
        create_ref(repo, CURRENT, commits[0])
    (repo.git_dir / "packed-refs.lock").write_text("")
    with pytest.raises(LockedError, match=r"packed-refs\.lock"):
        delete_ref(repo, V1, expected=commits[0])
    assert read_ref(repo, V1) == commits[0]


def test_a_branch_keeps_a_reflog_and_a_tag_does_not(sandbox: Sandbox, commits: list[str]) -> None:
    at = datetime(2026, 1, 5, 9, tzinfo=timezone(-timedelta(hours=3, minutes=30)))
    move_ref(sandbox.repo, "refs/heads/main", commits[0], expected=commits[2], note=ReflogNote(BEN, at, "put\nback"))
    create_ref(sandbox.repo, V1, commits[0])
    for log in ("HEAD", "main"):
        said = sandbox.git("reflog", "-1", "--date=iso", "--format=%gd|%gs|%gn|%ge", log)
        assert said == f"{log}@{{2026-01-05 09:00:00 -0330}}|put back|Ben|ben@example.com\n"
    assert not (sandbox.repo.git_dir / "logs/refs/tags").exists()
    assert sandbox.git("rev-parse", "main@{1}").strip() == commits[2]


@pytest.mark.parametrize(("setting", "branch", "tag"), [("false", False, False), ("true", True, False), ("always", True, True)])
def test_git_decides_which_reflogs_are_kept(bare: Sandbox, setting: str, branch: bool, tag: bool) -> None:
    bare.save("a.json", "1")
    assert not (bare.repo.git_dir / "logs").exists()
    bare.git("config", "core.logAllRefUpdates", setting)
    tip = bare.save("a.json", "2", repo=bare.again())
    create_ref(bare.again(), V1, tip)
    assert (bare.repo.git_dir / "logs/refs/heads/main").exists() is branch
    assert (bare.repo.git_dir / "logs" / V1).exists() is tag


def test_two_at_once_make_a_ref_and_one_is_told(sandbox: Sandbox, commits: list[str]) -> None:
    outcome: list[str] = []

    def create(commit: str) -> None:
        repo = sandbox.again()
        for number in range(20):
            try:
                create_ref(repo, f"refs/tags/welcome/v{number}", commit)
                outcome.append("made")
            except ConflictError:
                outcome.append("told")

    threads = [threading.Thread(target=create, args=(commit,)) for commit in commits[:2]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcome.count("made"), outcome.count("told")) == (20, 20)


def test_no_ref_is_lost_beside_git_packing_and_deleting(sandbox: Sandbox, commits: list[str]) -> None:
    done = threading.Event()

    def pack() -> None:
        while not done.is_set():
            sandbox.try_git("pack-refs", "--all")

    packer = threading.Thread(target=pack)
    packer.start()
    try:
        for number in range(60):
            create_ref(sandbox.repo, f"refs/tags/welcome/v{number}", commits[0])
            move_ref(sandbox.repo, CURRENT, commits[number % 2], expected=commits[(number + 1) % 2] if number else None)
            if number % 3 == 0:
                delete_ref(sandbox.repo, f"refs/tags/welcome/v{number}", expected=commits[0])
    finally:
        done.set()
        packer.join()
    wanted = {f"refs/tags/welcome/v{number}": commits[0] for number in range(60) if number % 3} | {CURRENT: commits[1]}
    assert list_refs(sandbox.repo, "refs/tags/") == wanted
    assert len(sandbox.git("for-each-ref", "refs/tags").splitlines()) == len(wanted)


# Tags


def test_an_annotated_tag_is_one_for_git_too(sandbox: Sandbox, commits: list[str]) -> None:
    at = datetime(2026, 1, 5, 9, tzinfo=timezone(timedelta(hours=2)))
    tag = write_tag(sandbox.repo, tag="welcome/v1", commit=commits[0], tagger=MAYA, at=at, message="Publish 🚀\n\nKey: value\n")
    create_ref(sandbox.repo, V1, tag)
    said = sandbox.git("for-each-ref", "--format=%(taggername)|%(taggeremail)|%(taggerdate:iso)|%(*objectname)|%(contents)", V1)
    assert said == f"Maya Ölund|<maya@example.com>|2026-01-05 09:00:00 +0200|{commits[0]}|Publish 🚀\n\nKey: value\n\n"
    assert read_tag(sandbox.repo, tag) == Tag(commits[0], MAYA, at.astimezone(UTC), "Publish 🚀\n\nKey: value\n")
    sandbox.git("fsck", "--strict")


def test_the_same_tag_written_twice_is_one_object(sandbox: Sandbox, commits: list[str]) -> None:
    made = {write_tag(sandbox.repo, tag="t", commit=commits[0], tagger=MAYA, at=AT, message=text) for text in ("a", "a\n", "a\n\n")}
    assert len(made) == 1


def test_a_tag_by_hand_is_read_whatever_it_is(sandbox: Sandbox, commits: list[str]) -> None:
    sandbox.git("tag", "-m", "inner", "inner", commits[0])
    sandbox.git("tag", "-m", "outer", "outer", "inner")
    sandbox.git("tag", "-m", "of a file", "file", f"{commits[0]}:a.json")
    outer = read_tag(sandbox.repo, sandbox.git("rev-parse", "outer").strip())
    assert outer is not None
    assert (outer.commit, outer.message) == (commits[0], "outer\n")
    assert read_tag(sandbox.repo, sandbox.git("rev-parse", "file").strip()) is None
    assert read_tag(sandbox.repo, commits[0]) is None
    nobody = f"object {commits[0]}\ntype commit\ntag old\n\nJ\xfcrgen\n".encode("latin-1")
    old = sandbox.git("hash-object", "-t", "tag", "-w", "--stdin", "--literally", stdin=nobody).strip()
    assert read_tag(sandbox.repo, old) == Tag(commits[0], None, None, "J\ufffdrgen\n")
    with pytest.raises(MissingObjectError):
        read_tag(sandbox.repo, "1" * 40)


def test_a_tag_that_git_could_not_read_is_not_written(sandbox: Sandbox, commits: list[str]) -> None:
    with pytest.raises(InvalidNameError):
        write_tag(sandbox.repo, tag="a..b", commit=commits[0], tagger=MAYA, at=AT, message="x")
    with pytest.raises(MissingObjectError):
        write_tag(sandbox.repo, tag="t", commit="1" * 40, tagger=MAYA, at=AT, message="x")
    with pytest.raises(IdentityError):
        write_tag(sandbox.repo, tag="t", commit=commits[0], tagger=Identity("a\nb", "x"), at=AT, message="x")
