"""What descends from what, and which versions of a workflow have a fix, in repositories made by plain git."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.git.sandbox import Sandbox
from wflgit.core.containing import lacking
from wflgit.core.paths import WorkflowPaths
from wflgit.errors import MissingObjectError, RepositoryError
from wflgit.git.history import changes_path, containing, read_history
from wflgit.git.repository import GitRepository

PATHS = WorkflowPaths(("workflows/**/*.json",))
WELCOME = "workflows/welcome.json"
OLD = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
FIXED = OLD.replace("two", "2")
EDITED = OLD.replace("six", "6")
BOTH = FIXED.replace("six", "6")


def save_on(sandbox: Sandbox, branch: str, content: str, *, path: str = WELCOME) -> str:
    """Commit a file on a branch that is made for it, and go back to the trunk."""
    sandbox.git("switch", "-qc", branch)
    commit = sandbox.save(path, content, branch=branch)
    sandbox.git("switch", "-q", "main")
    return commit


def tip_of(sandbox: Sandbox) -> str:
    return sandbox.git("rev-parse", "main").strip()


def without(sandbox: Sandbox, fix: str) -> list[str]:
    """The contents of the versions that lack a fix, oldest first."""
    trunk = list(read_history(sandbox.repo, PATHS, tip=tip_of(sandbox)))
    versions = [(commit.id, dict(commit.changes)[WELCOME]) for commit in trunk]
    fixed = containing(sandbox.repo, [commit for commit, _ in versions], fix)
    numbered = [(number, blob) for number, (_, blob) in enumerate(versions, 1)]
    found = lacking(numbered, {number for number, (commit, _) in enumerate(versions, 1) if commit in fixed})
    return ["" if blob is None else sandbox.repo.blob(blob).decode() for number, blob in numbered if number in found]


# Which versions lack a fix


def test_a_merged_branch_brings_its_fix_with_the_merge(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    fix = save_on(sandbox, "fix", FIXED)
    sandbox.save(WELCOME, EDITED)
    sandbox.git("merge", "-q", "--no-ff", "-m", "Merge fix", "fix")
    assert sandbox.at_tip(WELCOME) == BOTH
    assert without(sandbox, fix) == [OLD, EDITED]
    sandbox.save(WELCOME, BOTH.replace("four", "4"))
    assert without(sandbox, fix) == [OLD, EDITED]


def test_no_version_contains_a_commit_that_was_squashed_but_all_after_the_squash_contain_that(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    fix = save_on(sandbox, "fix", FIXED)
    sandbox.git("merge", "-q", "--squash", "fix")
    sandbox.git("commit", "-qm", "Squashed fix")
    assert containing(sandbox.repo, [tip_of(sandbox)], fix) == set()
    assert without(sandbox, fix) == [OLD, FIXED]
    assert without(sandbox, tip_of(sandbox)) == [OLD]


def test_no_version_contains_a_commit_that_was_picked_but_all_after_the_pick_contain_that(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    fix = save_on(sandbox, "fix", FIXED)
    sandbox.save(WELCOME, EDITED)
    sandbox.git("cherry-pick", fix)
    assert sandbox.at_tip(WELCOME) == BOTH
    assert containing(sandbox.repo, [tip_of(sandbox)], fix) == set()
    assert without(sandbox, tip_of(sandbox)) == [OLD, EDITED]


def test_a_rollback_descends_from_the_fix_and_lacks_it(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    fix = sandbox.save(WELCOME, FIXED)
    rollback = sandbox.save(WELCOME, OLD)
    assert containing(sandbox.repo, [rollback], fix) == {rollback}
    assert without(sandbox, fix) == [OLD, OLD]
    sandbox.save(WELCOME, EDITED)
    assert without(sandbox, fix) == [OLD, OLD, EDITED]
    sandbox.save(WELCOME, FIXED)
    assert without(sandbox, fix) == [OLD, OLD, EDITED]


def test_a_revert_descends_from_the_fix_and_lacks_it(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    fix = sandbox.save(WELCOME, FIXED)
    sandbox.git("revert", "--no-edit", fix)
    assert without(sandbox, fix) == [OLD, OLD]
    sandbox.git("revert", "--no-edit", "HEAD")
    assert without(sandbox, fix) == [OLD, OLD]


def test_a_merged_branch_that_is_reverted_lacks_the_fix_again(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    fix = save_on(sandbox, "fix", FIXED)
    sandbox.git("merge", "-q", "--no-ff", "-m", "Merge fix", "fix")
    sandbox.git("revert", "--no-edit", "-m", "1", "HEAD")
    assert without(sandbox, fix) == [OLD, OLD]


def test_a_fix_that_is_a_revert_is_lacked_by_what_it_reverted_only(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    sandbox.save(WELCOME, EDITED)
    sandbox.git("revert", "--no-edit", "HEAD")
    assert without(sandbox, tip_of(sandbox)) == [EDITED]


def test_a_workflow_that_was_deleted_and_made_anew_lacks_the_fix(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    fix = sandbox.save(WELCOME, FIXED)
    sandbox.save(WELCOME, None)
    sandbox.save(WELCOME, EDITED)
    assert without(sandbox, fix) == [OLD, "", EDITED]


# What changes a file


def test_a_commit_changes_a_file_against_its_first_parent(sandbox: Sandbox) -> None:
    first = sandbox.save(WELCOME, OLD)
    fix = save_on(sandbox, "fix", FIXED)
    other = sandbox.save("README.md", "words")
    sandbox.git("merge", "-q", "--no-ff", "-m", "Merge fix", "fix")
    merge = tip_of(sandbox)
    dropped = save_on(sandbox, "dropped", BOTH)
    sandbox.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "Merge nothing", "dropped")
    nothing = tip_of(sandbox)
    gone = sandbox.save(WELCOME, None)
    for commit, expected in (
        (first, True), (fix, True), (other, False), (merge, True), (dropped, True), (nothing, False), (gone, True),
    ):  # fmt: skip
        assert changes_path(sandbox.repo, commit, WELCOME) is expected
    assert changes_path(sandbox.repo, other, "README.md")
    assert not changes_path(sandbox.repo, first, "workflows/other.json")


def test_a_change_of_mode_changes_no_file(sandbox: Sandbox) -> None:
    sandbox.save(WELCOME, OLD)
    (sandbox.folder / WELCOME).chmod(0o755)
    sandbox.git("commit", "-qam", "executable")
    assert not changes_path(sandbox.repo, tip_of(sandbox), WELCOME)


# What descends from what


def test_a_commit_contains_itself_and_what_it_was_made_on(sandbox: Sandbox) -> None:
    first, second, third = (sandbox.save(WELCOME, content) for content in "123")
    assert containing(sandbox.repo, [first, second, third], second) == {second, third}
    assert containing(sandbox.repo, [], second) == set()
    assert containing(sandbox.repo, [third, third], third) == {third}


Ask = Callable[[GitRepository, str], object]
ASKING: list[Ask] = [
    lambda repo, fix: containing(repo, [], fix),
    lambda repo, commit: containing(repo, [commit], repo.tip("main") or ""),
    lambda repo, fix: changes_path(repo, fix, WELCOME),
]


@pytest.mark.parametrize("ask", ASKING)
def test_an_unknown_commit_is_missing(sandbox: Sandbox, ask: Ask) -> None:
    sandbox.save(WELCOME, OLD)
    with pytest.raises(MissingObjectError, match="the object '1111"):
        ask(sandbox.repo, "1" * 40)
    blob = sandbox.repo.hash_blob(OLD.encode())
    with pytest.raises(RepositoryError, match="expected a commit"):
        ask(sandbox.repo, blob)


@pytest.mark.parametrize("fix", [0, 1, 4])
def test_a_hole_in_history_is_said(sandbox: Sandbox, fix: int) -> None:
    commits = [sandbox.save(WELCOME, str(number)) for number in range(6)]
    hole = commits[2]
    (sandbox.repo.git_dir / "objects" / hole[:2] / hole[2:]).unlink()
    with pytest.raises(MissingObjectError, match=f"the object '{hole}' is not in this clone"):
        containing(sandbox.again(), [commits[5]], commits[fix])


_PARENTS = st.lists(st.sets(st.integers(1, 5), max_size=3), min_size=1, max_size=12)


@given(parents=_PARENTS, clock=st.lists(st.integers(0, 9), min_size=12, max_size=12), data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_descends_is_what_the_parents_say_whatever_the_clocks_said(
    parents: list[set[int]], clock: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each commit is given by how far back its parents are; clocks go wrong by days."""
    graph = {at: sorted({at - back for back in backs if back <= at}) for at, backs in enumerate(parents)}
    repo, ids = build(tmp_path_factory.mktemp("graph"), graph, clock)
    fix = data.draw(st.sampled_from(range(len(graph))))
    asked = data.draw(st.sets(st.sampled_from(range(len(graph)))))
    found: set[int] = set()
    for at, before in graph.items():
        if at == fix or found.intersection(before):
            found.add(at)
    assert containing(repo, [ids[at] for at in asked], ids[fix]) == {ids[at] for at in asked & found}


def build(folder: Path, graph: dict[int, list[int]], clock: list[int]) -> tuple[GitRepository, list[str]]:
    repo = GitRepository.init(folder, bare=True, trunk="main")
    lines = []
    for at, before in graph.items():
        who = f"A <a@x> {1_700_000_000 + clock[at] * 100_000} +0000"
        links = "".join(f"{word} :{other + 1}\n" for word, other in zip(["from", *["merge"] * len(before)], before, strict=False))
        lines.append(f"commit refs/heads/b{at}\nmark :{at + 1}\nauthor {who}\ncommitter {who}\ndata {at}\n{'x' * at}\n{links}\n")
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "fast-import", "--quiet"], input="".join(lines).encode(), check=True, capture_output=True)
    refs = [f"refs/heads/b{at}" for at in graph]
    return repo, subprocess.run([*git, "rev-parse", *refs], check=True, capture_output=True, text=True).stdout.split()
