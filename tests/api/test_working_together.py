"""Eight processes on three clones of one bare repository: editors, publishers, an archiver, and clones that fetch and push.

Each writes down what was acknowledged to it. In the end all clones agree, nothing that was acknowledged is missing, and `fsck`
finds nothing in any of them.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import MAYA, make_repo, steps, to_content
from wflgit import Actor, ConflictError, LockedError, RemoteError, Repository, StateError
from wflgit import open as open_repository
from wflgit.core.problems import Severity

SHARED = "shared"
SHORT_S, LONG_S = 3.0, 60.0
CLONES = ("one", "two", "three")
AGAIN = (ConflictError, LockedError, RemoteError)


def slugs(clone: str) -> list[str]:
    """The workflows that only one clone publishes."""
    return [f"{clone}-{number}" for number in range(2)]


class Diary:
    """What was acknowledged to one process, line by line on disk."""

    def __init__(self, folder: Path, name: str) -> None:
        self._file = (folder / f"{name}.jsonl").open("a", encoding="utf-8")

    def note(self, **what: Any) -> None:
        """Write one thing down for good."""
        self._file.write(json.dumps(what) + "\n")
        self._file.flush()


def edit(repo: Repository, diary: Diary, mark: str, chance: random.Random, clone: str) -> None:
    """Add a step of one's own to a workflow of one's clone, or to the shared one behind one's clone's step; as a draft before."""
    slug = chance.choice([*slugs(clone), SHARED])
    newest = repo.versions.list(slug)[0]
    document = json.loads(repo.workflows.read(f"{slug}@{newest.number}"))
    first = clone if slug == SHARED else document["start"]
    document["steps"][mark] = {"type": "add_tag", "config": {"tag": mark}, "next": document["steps"][first]["next"]}
    document["steps"][first]["next"] = mark
    content = to_content(slug, document)
    repo.drafts.save(slug, content)
    version = repo.versions.create(slug, content, base=newest.number, merge=True)
    repo.drafts.discard(slug)
    diary.note(kind="edit", slug=slug, mark=mark, number=version.number)


def publish(repo: Repository, diary: Diary, _mark: str, chance: random.Random, clone: str) -> None:
    """Publish the newest version of a workflow of one's clone, for everybody."""
    version = repo.versions.publish_and_push(chance.choice(slugs(clone))).version
    diary.note(kind="publish", slug=version.workflow, number=version.number, blob=version.blob)


def archive(repo: Repository, diary: Diary, _mark: str, _chance: random.Random, clone: str) -> None:
    """Archive whatever may be archived of one's clone's workflows."""
    for slug in slugs(clone):
        repo.versions.archive_due(slug)
    diary.note(kind="archive", clone=clone)


def exchange(repo: Repository, _diary: Diary, _mark: str, _chance: random.Random, _clone: str) -> None:
    """Fetch, with one's own commits put on top of what came, and push."""
    repo.fetch(rebase=True)
    repo.push()


WORK: dict[str, Callable[[Repository, Diary, str, random.Random, str], None]] = {
    "edit": edit,
    "publish": publish,
    "archive": archive,
    "exchange": exchange,
}


def work(kind: str, clone: str, folder: Path, seconds: float, seed: int) -> None:
    """Do one kind of work until the time is up; a lost race is taken as one should."""
    chance, diary = random.Random(seed), Diary(folder, f"{clone}-{kind}-{seed}")
    repo = open_repository(folder / clone, actor=Actor(f"{kind}{seed}@example.com", f"{kind} {seed}"))
    end, turn = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        turn += 1
        try:
            WORK[kind](repo, diary, f"{kind}{seed}_{turn}", chance, clone)
        except AGAIN:
            continue
        except StateError:
            continue  # the newest version is older than what is current, or published already by another one
    repo.close()


@pytest.mark.slow
def test_eight_processes_on_three_clones_lose_nothing_that_was_acknowledged(tmp_path: Path, thorough: bool) -> None:
    seconds = LONG_S if thorough else SHORT_S
    make_clones(tmp_path)
    kinds = [("edit", "one"), ("edit", "two"), ("publish", "one"), ("publish", "two")]
    kinds += [("archive", "one"), ("exchange", "one"), ("exchange", "two"), ("edit", "three")]
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=work, args=(*kind, tmp_path, seconds, seed)) for seed, kind in enumerate(kinds)]
    for process in workers:
        process.start()
    for process in workers:
        process.join()
    assert [process.exitcode for process in workers] == [0] * len(kinds)
    repos = [open_repository(tmp_path / clone, actor=MAYA) for clone in CLONES]
    for _ in range(2):
        for repo in repos:
            repo.fetch(rebase=True)
            repo.push()
    check(tmp_path, repos)


def make_clones(folder: Path) -> None:
    """One bare repository with published workflows, and three clones; a version may be archived once it is not current."""
    story = make_repo(folder / "first")
    settings = (story.path / "wflgit.toml").read_text() + '\n[policy]\narchive_after = "PT1S"\nkeep_newest = 1\n'
    (story.path / "wflgit.toml").write_text(settings)
    story.git("commit", "--quiet", "--all", "--message", "Archive early")
    for slug in [SHARED, *(slug for clone in CLONES for slug in slugs(clone))]:
        story.commit({slug: steps("start", *(CLONES if slug == SHARED else ()), "end")}).publish(slug)
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder / "hub")], check=True)
    story.git("remote", "add", "origin", str(folder / "hub"))
    story.repo.push()
    from wflgit import clone as clone_repository

    for clone in CLONES:
        clone_repository(str(folder / "hub"), folder / clone, actor=MAYA).close()
        for name, value in (("user.name", MAYA.name), ("user.email", MAYA.id)):
            subprocess.run(["git", "-C", str(folder / clone), "config", name, value], check=True)


def check(folder: Path, repos: list[Repository]) -> None:
    """Hold what there is against what was written down."""
    noted = list(diaries(folder))
    assert {line["kind"] for line in noted} >= {"edit", "publish", "archive"}
    tips = {
        subprocess.run(["git", "-C", str(folder / clone), "rev-parse", "main"], capture_output=True, check=True).stdout
        for clone in CLONES
    }
    assert len(tips) == 1
    for repo in repos:
        assert [notice for notice in repo.fsck() if notice.severity is Severity.ERROR] == []
        published = {
            (version.workflow, version.number): version.blob
            for slug in all_slugs()
            for version in repo.versions.list(slug)
            if version.tag
        }
        contents = {slug: all_contents(repo, slug) for slug in all_slugs()}
        for line in noted:
            if line["kind"] == "edit":
                assert f'"{line["mark"]}"' in contents[line["slug"]], line
            if line["kind"] == "publish":
                assert published[line["slug"], line["number"]] == line["blob"], line
    for clone in [*CLONES, "hub"]:
        done = subprocess.run(
            ["git", "-C", str(folder / clone), "fsck", "--no-dangling"], check=True, capture_output=True, text=True
        )
        assert done.stdout == ""


def diaries(folder: Path) -> Iterator[dict[str, Any]]:
    """All that was acknowledged to anybody."""
    for file in folder.glob("*.jsonl"):
        yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())


def all_slugs() -> list[str]:
    """Every workflow there is."""
    return [SHARED, *(slug for clone in CLONES for slug in slugs(clone))]


def all_contents(repo: Repository, slug: str) -> str:
    """The texts of all versions of a workflow, one after the other."""
    return "\n".join(repo.workflows.read(f"{slug}@{version.number}").decode() for version in repo.versions.list(slug))
