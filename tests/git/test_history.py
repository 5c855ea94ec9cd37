from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.git.sandbox import AT, BEN, MAYA, Sandbox
from wflgit.core.paths import WorkflowPaths
from wflgit.core.records import Identity
from wflgit.errors import MissingObjectError, RepositoryError
from wflgit.git import gitlog, history
from wflgit.git.commits import FileEdit, commit_files
from wflgit.git.history import TrunkCommit, on_first_parent, read_history
from wflgit.git.repository import GitRepository

JSON = WorkflowPaths(("workflows/**/*.json",))
LOG, PYGIT2, FALLBACK = "git log", "pygit2", "no git"


@pytest.fixture(params=[LOG, PYGIT2, FALLBACK])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read by `git log`, by pygit2 because the history is short, and by pygit2 because there is no git."""
    choose(monkeypatch, request.param)
    return str(request.param)


def choose(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.setattr(history, "_FEW", 10_000 if way == PYGIT2 else 0)
    if way == FALLBACK:
        monkeypatch.setattr(gitlog, "find_git", lambda: None)


def read(repo: GitRepository, paths: WorkflowPaths = JSON, *, since: str | None = None) -> list[TrunkCommit]:
    tip = repo.tip("main")
    assert tip is not None
    return list(read_history(GitRepository.open(repo.git_dir), paths, tip=tip, since=since))


def changes(commits: list[TrunkCommit]) -> list[dict[str, str | None]]:
    return [dict(commit.changes) for commit in commits]


# What is read


def test_each_commit_that_changed_a_workflow_is_read_oldest_first(sandbox: Sandbox, way: str) -> None:
    first = sandbox.save("workflows/a.json", "1")
    sandbox.save("README.md", "1")
    second = sandbox.save("workflows/a.json", "2", by=BEN)
    third = sandbox.save("workflows/a.json", None)
    one, two = sandbox.repo.hash_blob(b"1"), sandbox.repo.hash_blob(b"2")
    assert read(sandbox.repo) == [
        TrunkCommit(first, MAYA, AT, "save workflows/a.json", (("workflows/a.json", one),)),
        TrunkCommit(second, BEN, AT, "save workflows/a.json", (("workflows/a.json", two),)),
        TrunkCommit(third, MAYA, AT, "save workflows/a.json", (("workflows/a.json", None),)),
    ]


def test_reading_goes_on_after_a_commit(sandbox: Sandbox, way: str) -> None:
    commits = [sandbox.save("workflows/a.json", str(number)) for number in range(5)]
    assert [commit.id for commit in read(sandbox.repo, since=commits[2])] == commits[3:]
    assert read(sandbox.repo, since=commits[4]) == []


def test_a_merge_is_one_change_however_it_was_merged(sandbox: Sandbox, way: str) -> None:
    sandbox.save("workflows/a.json", "1")
    sandbox.git("checkout", "-qb", "feature")
    for number in range(3):
        sandbox.save("workflows/b.json", str(number), branch="feature")
    sandbox.git("checkout", "-q", "main")
    sandbox.save("workflows/a.json", "2")
    sandbox.git("merge", "-q", "--no-ff", "-m", "Merge feature", "feature")
    assert [commit.summary for commit in read(sandbox.repo)] == ["save workflows/a.json"] * 2 + ["Merge feature"]
    assert changes(read(sandbox.repo))[-1] == {"workflows/b.json": sandbox.repo.hash_blob(b"2")}


def test_names_with_spaces_emoji_and_brackets_are_read(sandbox: Sandbox, way: str) -> None:
    path = 'workflows/sales [new]/wel "come" 🚀\t(1).json'
    sandbox.save(path, "1")
    assert changes(read(sandbox.repo)) == [{path: sandbox.repo.hash_blob(b"1")}]


def test_a_rename_is_a_deletion_and_an_addition(sandbox: Sandbox, way: str) -> None:
    sandbox.save("workflows/a.json", "1" * 1000)
    sandbox.git("mv", "workflows/a.json", "workflows/b.json")
    sandbox.git("-c", "diff.renames=copies", "commit", "-qm", "rename")
    blob = sandbox.repo.hash_blob(b"1" * 1000)
    assert changes(read(sandbox.repo))[1] == {"workflows/a.json": None, "workflows/b.json": blob}


def test_a_change_of_mode_is_no_change(sandbox: Sandbox, way: str) -> None:
    sandbox.save("workflows/a.json", "1")
    (sandbox.folder / "workflows/a.json").chmod(0o755)
    sandbox.git("commit", "-qam", "executable")
    assert len(read(sandbox.repo)) == 1


def test_a_symlink_or_submodule_is_no_workflow_file(sandbox: Sandbox, way: str) -> None:
    sandbox.git("config", "diff.ignoreSubmodules", "all")
    oid = sandbox.repo.write_blob(b"target")
    for mode, path in (("100644", "a"), ("100644", "b"), ("120000", "c"), ("160000", "d")):
        sandbox.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},workflows/{path}.json")
    sandbox.git("commit", "-qm", "before")
    for mode, path in (("120000", "a"), ("160000", "b"), ("100644", "c"), ("100755", "d")):
        sandbox.git("update-index", "--add", "--cacheinfo", f"{mode},{oid},workflows/{path}.json")
    sandbox.git("commit", "-qm", "after")
    assert changes(read(sandbox.repo)) == [
        {"workflows/a.json": oid, "workflows/b.json": oid},
        {"workflows/a.json": None, "workflows/b.json": None, "workflows/c.json": oid, "workflows/d.json": oid},
    ]


def test_a_name_that_is_not_utf8_is_no_workflow_file(sandbox: Sandbox, way: str) -> None:
    oid = sandbox.repo.write_blob(b"1")
    sandbox.git("update-index", "-z", "--index-info", stdin=f"100644 {oid}\tworkflows/".encode() + b"\xff.json\0")
    sandbox.git("update-index", "-z", "--index-info", stdin=f"100644 {oid}\tgr".encode() + b"\xfc/a.json\0")
    sandbox.git("commit", "-qm", "latin")
    sandbox.save("workflows/a.json", "1")
    assert changes(read(sandbox.repo)) == [{"workflows/a.json": oid}]


def test_authors_and_messages_in_any_encoding_are_read(sandbox: Sandbox, way: str) -> None:
    sandbox.save("workflows/a.json", "1")
    tree = sandbox.git("rev-parse", "main^{tree}").strip()
    for encoding in (b"", b"encoding ISO-8859-1\n", b"encoding nonsense\n"):
        who = b"J\xfcrgen \xe2\x9c\x89 <j\xfc@x> 1700000000 +0100\n"
        head = b"tree " + tree.encode() + b"\nauthor " + who + b"committer " + who + encoding
        commit = sandbox.git(
            "hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=head + b"\nGr\xfc\xdfe\n two\n\nx"
        ).strip()
        sandbox.git("update-ref", "refs/heads/main", commit)
        (found,) = read(sandbox.repo)
        assert found.author == sandbox.repo.commit(commit).author
        assert found.summary == sandbox.repo.commit(commit).summary
        assert (found.author.name[0], found.author.name[2:6]) == ("J", "rgen")


@pytest.mark.parametrize("others", [0, 10])
def test_the_users_configuration_changes_nothing(sandbox: Sandbox, way: str, others: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(others):
        sandbox.save(f"other{number}/a.json", "1")
    sandbox.save("workflows/a.json", "1")
    sandbox.save("workflows/a.json", "2")
    before = read(sandbox.repo)
    for setting in (
        "log.showSignature=true", "log.showRoot=false", "log.diffMerges=remerge", "log.follow=true", "log.decorate=full",
        "log.mailmap=true", "log.date=relative", "log.abbrevCommit=true", "format.pretty=fuller", "diff.orderFile=/nonexistent",
        "diff.relative=true", "diff.noprefix=true", "diff.renames=copies", "color.ui=always", "i18n.logOutputEncoding=latin1",
        "core.quotePath=true",
    ):  # fmt: skip
        sandbox.git("config", *setting.split("=", 1))
    for name, value in {
        "GIT_DIR": "/nowhere",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_TRACE": "2",
    }.items():
        monkeypatch.setenv(name, value)
    assert read(sandbox.repo) == before


def test_replaced_commits_are_read_as_they_are(sandbox: Sandbox, way: str) -> None:
    commits = [sandbox.save("workflows/a.json", str(number)) for number in range(3)]
    sandbox.git("replace", commits[2], commits[0])
    assert [commit.id for commit in read(sandbox.repo)] == commits


@pytest.mark.parametrize("others", [0, 10])
def test_other_folders_change_nothing(sandbox: Sandbox, way: str, others: int) -> None:
    for number in range(others):
        sandbox.save(f"other{number}/a.json", "1")
    sandbox.save("workflows", "a file")
    sandbox.git("rm", "-q", "workflows")
    sandbox.git("commit", "-qm", "make way")
    first = sandbox.save("workflows/a.json", "1")
    sandbox.save("other1/a.json", "2")
    second = sandbox.save("workflows/a.json", "2")
    assert [commit.id for commit in read(sandbox.repo)] == [first, second]


def test_what_a_commit_of_this_object_changed_is_remembered(sandbox: Sandbox) -> None:
    first = sandbox.save("workflows/a.json", "1")
    edits = {"workflows/b.json": FileEdit(None, b"2"), "wflgit.toml": FileEdit(None, b"")}
    second = commit_files(sandbox.repo, "main", edits, message="two\nlines\n\nbody", author=MAYA, at=AT)
    same = commit_files(
        sandbox.repo,
        "main",
        {"workflows/a.json": FileEdit(sandbox.repo.hash_blob(b"1"), b"1")},
        message="nothing",
        author=MAYA,
        at=AT,
    )
    assert set(sandbox.repo.remembered) == {first, second, same}
    remembered = list(read_history(sandbox.repo, JSON, tip=same))
    assert remembered == read(sandbox.repo)
    assert [commit.id for commit in remembered] == [first, second]


def test_only_so_much_is_remembered(sandbox: Sandbox) -> None:
    for number in range(300):
        history.remember(sandbox.repo, TrunkCommit(str(number), MAYA, AT, "", ()))
    assert len(sandbox.repo.remembered) == 256
    assert "299" in sandbox.repo.remembered


# Where the line goes


def test_the_first_parent_line_is_told_from_merged_commits(sandbox: Sandbox) -> None:
    root = sandbox.save("a.json", "1")
    sandbox.git("checkout", "-qb", "feature")
    merged = sandbox.save("b.json", "1", branch="feature")
    sandbox.git("checkout", "-q", "main")
    own = sandbox.save("a.json", "2")
    sandbox.git("merge", "-q", "--no-ff", "-m", "Merge", "feature")
    tip = sandbox.repo.tip("main") or ""
    for commit, is_on in ((tip, True), (own, True), (root, True), (merged, False), ("1" * 40, False)):
        assert on_first_parent(sandbox.repo, commit, tip) is is_on


@pytest.mark.parametrize("depth", [0, 1])
def test_history_with_a_missing_folder_says_so(sandbox: Sandbox, tmp_path: Path, depth: int) -> None:
    sandbox.save("workflows/a.json", "1")
    tip = sandbox.save("workflows/a.json", "2")
    sandbox.git("config", "uploadpack.allowFilter", "true")
    sandbox.git("clone", "-q", f"--filter=tree:{depth}", "--no-checkout", f"file://{sandbox.folder}", str(tmp_path / "treeless"))
    with pytest.raises(MissingObjectError, match="is not in this clone"):
        list(read_history(GitRepository.open(tmp_path / "treeless"), JSON, tip=tip))


def test_history_of_a_blobless_clone_is_read(sandbox: Sandbox, tmp_path: Path, way: str) -> None:
    sandbox.save("workflows/a.json", "1")
    sandbox.save("workflows/a.json", "2")
    sandbox.git("config", "uploadpack.allowFilter", "true")
    sandbox.git("clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{sandbox.folder}", str(tmp_path / "blobless"))
    assert read(GitRepository.open(tmp_path / "blobless")) == read(sandbox.repo)


def test_an_unknown_tip_is_missing(sandbox: Sandbox, way: str) -> None:
    with pytest.raises(MissingObjectError):
        list(read_history(sandbox.repo, JSON, tip="1" * 40))


def test_what_git_complains_of_is_passed_on(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, LOG)
    first = sandbox.save("workflows/a.json", "1")
    sandbox.save("workflows/a.json", "2")
    with pytest.raises(RepositoryError, match=r"git log failed: .*bad revision"):
        read(sandbox.repo, since="no such commit")
    tree = sandbox.git("rev-parse", f"{first}^{{tree}}").strip()
    (sandbox.repo.git_dir / "objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(RepositoryError, match="git log failed"):
        read(sandbox.repo)


def test_a_reader_that_stops_early_leaves_no_git_behind(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, LOG)
    sandbox.save("workflows/a.json", "1")
    sandbox.save("workflows/a.json", "2")
    tip = sandbox.repo.tip("main") or ""
    commits = read_history(sandbox.repo, JSON, tip=tip)
    next(commits)
    assert isinstance(commits, Iterator)
    del commits


# The law: whoever reads, reads what comparing the files of each commit with its first parent's gives

_PATHS = [
    "workflows/a.json",
    "workflows/b c/🚀.json",
    "workflows/[x]/a.json",
    "workflows/b c/deep/(1).json",
    "workflows/a.json/b.json",
]
_PATHS += ["README.md", "other/a.json", "workflows/notes.txt"]
_MODES = st.sampled_from(["100644", "100644", "100644", "100755", "120000", "160000", None])
_EDITS = st.lists(st.tuples(st.sampled_from(_PATHS), _MODES, st.integers(0, 2)), max_size=3)


@dataclass(frozen=True)
class Step:
    """One commit: how far back its parents are (0 is the newest commit), and what it edits."""

    first: int
    second: int | None
    edits: list[tuple[str, str | None, int]] = field(default_factory=list)


_STEPS = st.lists(st.builds(Step, st.sampled_from([0, 0, 0, 1, 2]), st.none() | st.integers(1, 4), _EDITS), min_size=1, max_size=12)


def build(folder: Path, steps: list[Step]) -> GitRepository:
    repo = GitRepository.init(folder, bare=True, trunk="main")
    lines: list[str] = [f"blob\nmark :{1000 + content}\ndata 1\n{content}" for content in range(3)]
    for number, step in enumerate(steps, start=1):
        who = f"A{number % 3} ✉ <a@x> {1700000000 - number % 4 * 5000} +0000"
        lines.append(
            f"commit refs/heads/main\nmark :{number}\nauthor {who}\ncommitter {who}\ndata <<E\nstep {number}\nline\n\nbody\nE\n"
        )
        first = max(1, number - 1 - step.first)
        if number > 1:
            lines.append(f"from :{first}")
        if step.second is not None and 1 <= number - step.second != first:
            lines.append(f"merge :{number - step.second}")
        for path, mode, content in step.edits:
            target = "1" * 40 if mode == "160000" else f":{1000 + content}"
            lines.append(f'D "{path}"' if mode is None else f'M {mode} {target} "{path}"')
    subprocess.run(
        ["git", "-C", str(folder), "fast-import", "--quiet", "--force"],
        input="\n".join([*lines, "", ""]).encode(),
        check=True,
        capture_output=True,
    )
    return repo


def line_of(repo: GitRepository) -> list[str]:
    commit = repo.commit(repo.tip("main") or "")
    line = [commit.id]
    while commit.parents:
        commit = repo.commit(commit.parents[0])
        line.append(commit.id)
    return line[::-1]


def compared(repo: GitRepository, line: list[str]) -> Iterator[TrunkCommit]:
    before: dict[str, str] = {}
    for oid in line:
        after = {path: blob for path, blob in repo.files(oid, [""]) if JSON.slug(path) is not None}
        differing = {path: after.get(path) for path in before | after if before.get(path) != after.get(path)}
        commit = repo.commit(oid)
        if differing:
            yield TrunkCommit(oid, commit.author, commit.committed_at, commit.summary, tuple(sorted(differing.items())))
        before = after


@given(steps=_STEPS, data=st.data())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_way_of_reading_gives_the_same(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Step], data: st.DataObject
) -> None:
    repo = build(tmp_path_factory.mktemp("random"), steps)
    line = line_of(repo)
    expected = list(compared(repo, line))
    since = data.draw(st.sampled_from(line))
    after = line[line.index(since) + 1 :]
    for way in (LOG, PYGIT2, FALLBACK):
        for others in (0, 99):
            with pytest.MonkeyPatch.context() as monkeypatch:
                choose(monkeypatch, way)
                monkeypatch.setattr(gitlog, "_OTHER_FOLDERS", others - 1)
                assert read(repo) == expected
                assert read(repo, since=since) == [commit for commit in expected if commit.id in after]


def test_identities_are_kept_apart(sandbox: Sandbox, way: str) -> None:
    for name in ("One", "Two", "One"):
        sandbox.save(
            "workflows/a.json", f"{name}{len(read(sandbox.repo)) if sandbox.repo.tip('main') else 0}", by=Identity(name, "same@x")
        )
    assert [commit.author.name for commit in read(sandbox.repo)] == ["One", "Two", "One"]
