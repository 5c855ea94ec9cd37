"""What must hold of every repository at every time, checked by plain git and by reading everything anew."""

from __future__ import annotations

import subprocess
from collections import Counter, defaultdict
from pathlib import Path

from wflgit import Repository, VersionStatus


def git(path: Path, *arguments: str) -> str:
    """Run plain git."""
    return subprocess.run(["git", "-C", str(path), *arguments], check=True, capture_output=True, text=True).stdout


def count_versions(path: Path, trunk: str = "main") -> dict[str, list[str]]:
    """The commits that changed each `workflows/<slug>.json`, oldest first, as git itself tells them."""
    log = git(
        path,
        "log",
        "--first-parent",
        "--diff-merges=first-parent",
        "--no-renames",
        "--reverse",
        "--format=%x00%H",
        "--raw",
        "-z",
        trunk,
    )
    commits: dict[str, list[str]] = defaultdict(list)
    commit, words = "", log.replace("\0\0", "\0").split("\0")
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if len(word.strip()) == 40:
            commit = word.strip()
        elif word.lstrip().startswith(":") and following.startswith("workflows/"):
            commits[following.removeprefix("workflows/").removesuffix(".json")].append(commit)
    return dict(commits)


def check(repo: Repository, path: Path) -> None:
    """Numbers, tags, pins and the audit trail agree with Git and with each other."""
    repo.sync()
    expected = count_versions(path, repo.settings.trunk)
    listed = git(path, "for-each-ref", "--format=%(refname) %(objectname)", "refs/tags", "refs/wflgit/archive")
    marks = dict(line.split() for line in listed.splitlines())
    for slug, commits in expected.items():
        versions = repo.versions.list(slug)[::-1]
        assert [version.number for version in versions] == list(range(1, len(versions) + 1)), slug
        assert [version.commit for version in versions] == commits, slug
        archived = [version for version in versions if version.status is VersionStatus.ARCHIVED]
        published = [version for version in versions if version.published_at and version not in archived]
        current = [version for version in versions if version.status is VersionStatus.CURRENT]
        assert len(current) == min(1, len(published)), slug
        if published:
            assert current == published[-1:], slug
            assert marks[f"refs/tags/{slug}/current"] == published[-1].commit
        for version in published:
            assert marks[f"refs/tags/{slug}/v{version.number}"] == version.tag
        for version in archived:
            assert f"refs/tags/{slug}/v{version.number}" not in marks
            assert marks[f"refs/wflgit/archive/{slug}/v{version.number}"] == version.tag
    check_pins(repo)
    check_audit(repo)


def check_pins(repo: Repository) -> None:
    """Every execution's pin resolves, and it stands at a step of that version."""
    for execution in repo.executions.list(limit=10_000):
        version = repo.versions.get(execution.workflow, execution.version)
        assert version.commit == execution.commit
        assert execution.step in repo.workflows.get(f"{execution.workflow}@{execution.version}").graph.steps


def check_audit(repo: Repository) -> None:
    """The chain verifies, and nothing that Git tells is in it twice."""
    assert repo.audit.verify().broken is None
    entries = repo.audit.list(limit=10_000)
    told = Counter((entry.action, entry.subject) for entry in entries if entry.action in ("version.created", "version.deleted"))
    assert all(count == 1 for count in told.values()), told
    published, unpublished, archived, unarchived = (
        Counter(entry.subject for entry in entries if entry.action == f"version.{word}")
        for word in ("published", "unpublished", "archived", "unarchived")
    )
    assert all(count <= 1 + unpublished[subject] for subject, count in published.items()), published
    assert all(count <= 1 + unpublished[subject] + unarchived[subject] for subject, count in archived.items()), archived
    assert all(count <= archived[subject] for subject, count in unarchived.items()), unarchived
