"""The sample account is valid, and its repository has the history that its README promises."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sample_repo.build import ACCOUNT, build
from sample_repo.edits import RETIRED
from sample_repo.history import HISTORY, Commit, Landing, Tag
from wflgit.core.canonical import format_definition
from wflgit.core.catalog import Catalog, load_catalog
from wflgit.core.names import parse_slug
from wflgit.core.settings import parse_settings
from wflgit.core.validation import validate

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted(ACCOUNT.glob("workflows/**/*.json"))
CONTROLS = {"wait", "condition", "split", "goal"}


def git(repository: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(repository), *arguments], check=True, capture_output=True, text=True).stdout


def slug_of(path: Path) -> str:
    return path.relative_to(ACCOUNT / "workflows").with_suffix("").as_posix()


def documents() -> dict[str, Any]:
    return {slug_of(path): json.loads(path.read_bytes()) for path in WORKFLOWS}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    steps = {path.name.removesuffix(".schema.json"): path.read_bytes() for path in ACCOUNT.glob("schemas/steps/*.json")}
    return load_catalog(steps, {})


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("sample") / "harbor-dental")


class TestAccount:
    @pytest.mark.parametrize("path", WORKFLOWS, ids=slug_of)
    def test_a_workflow_has_neither_errors_nor_warnings(self, path: Path, catalog: Catalog) -> None:
        assert validate(path.read_bytes(), catalog) == ()

    @pytest.mark.parametrize("path", [*WORKFLOWS, *sorted(RETIRED.glob("**/*.json"))], ids=lambda path: path.stem)
    def test_a_workflow_is_canonical(self, path: Path) -> None:
        assert format_definition(path.read_bytes()) == path.read_bytes()

    def test_the_settings_can_be_read_and_every_slug_follows_the_rule(self) -> None:
        settings = parse_settings((ACCOUNT / "wflgit.toml").read_text())
        for path in WORKFLOWS:
            slug = parse_slug(slug_of(path), settings.channels)
            assert settings.paths.slug(path.relative_to(ACCOUNT).as_posix()) == slug

    def test_no_two_workflows_share_a_name(self) -> None:
        names = [document["name"].casefold() for document in documents().values()]
        assert len(set(names)) == len(names) == 14

    def test_workflows_have_four_to_forty_steps(self) -> None:
        sizes = [len(document["steps"]) for document in documents().values()]
        assert (min(sizes), max(sizes)) == (4, 40)

    def test_every_control_type_and_both_own_types_are_used(self) -> None:
        types = {step["type"] for document in documents().values() for step in document["steps"].values()}
        assert types >= CONTROLS | {"book_chair", "request_review"}

    def test_waits_are_by_duration_until_a_moment_and_for_an_event(self) -> None:
        waits = [
            frozenset(step["config"])
            for document in documents().values()
            for step in document["steps"].values()
            if step["type"] == "wait"
        ]
        assert {frozenset({"duration"}), frozenset({"until"}), frozenset({"event", "timeout"})} <= set(waits)

    def test_a_workflow_that_starts_or_stops_another_names_one_that_exists(self) -> None:
        named = {
            step["config"]["workflow"]
            for document in documents().values()
            for step in document["steps"].values()
            if step["type"] in ("start_workflow", "stop_workflow")
        }
        assert named
        assert named <= documents().keys()

    def test_contacts_are_sixty_with_ids_of_their_own_and_reserved_addresses(self) -> None:
        with (ACCOUNT / "contacts.csv").open(encoding="utf-8", newline="") as file:
            contacts = list(csv.DictReader(file))
        assert (
            len({contact["id"] for contact in contacts}) == len({contact["email"] for contact in contacts}) == len(contacts) == 60
        )
        assert {contact["email"].rpartition("@")[2] for contact in contacts} == {"example.com", "example.net", "example.org"}


class TestHistory:
    def test_the_story_is_told_in_the_order_of_time(self) -> None:
        moments = [event.author.moment(event.at) for event in HISTORY]
        assert moments == sorted(moments)
        assert 100 <= (moments[-1] - moments[0]).days <= 130

    def test_no_file_is_changed_on_both_sides_of_a_merge(self, repository: Path) -> None:
        for line in git(repository, "log", "--merges", "--format=%P").splitlines():
            ours, theirs = line.split()
            base = git(repository, "merge-base", ours, theirs).strip()
            both = [set(git(repository, "diff", "--name-only", base, side).splitlines()) for side in (ours, theirs)]
            assert not both[0] & both[1]

    def test_the_trunk_ends_with_the_files_of_the_account(self, repository: Path) -> None:
        tracked = git(repository, "ls-files").splitlines()
        assert sorted(tracked) == sorted(path.relative_to(ACCOUNT).as_posix() for path in ACCOUNT.glob("**/*") if path.is_file())
        for path in tracked:
            assert (repository / path).read_bytes() == (ACCOUNT / path).read_bytes()
        assert git(repository, "status", "--porcelain") == ""

    def test_every_version_ever_written_is_valid_and_canonical(self, repository: Path, catalog: Catalog) -> None:
        blobs = set()
        for line in git(
            repository, "log", "--all", "-m", "--raw", "--no-abbrev", "--no-renames", "--format=", "workflows"
        ).splitlines():
            blobs.add(line.split()[3])
        blobs.discard("0" * 40)
        assert len(blobs) > 50
        for blob in blobs:
            content = git(repository, "cat-file", "blob", blob).encode()
            assert validate(content, catalog) == ()
            assert format_definition(content) == content

    def test_own_step_types_are_declared_before_they_are_used(self, repository: Path) -> None:
        for own in ("book_chair", "request_review"):
            users = git(repository, "log", "--all", "--format=%H", f'-S"type": "{own}"', "--", "workflows").split()
            assert users
            for commit in users:
                assert git(repository, "ls-tree", "--name-only", commit, f"schemas/steps/{own}.schema.json")

    def test_four_people_made_sixty_to_eighty_commits_on_the_trunk(self, repository: Path) -> None:
        authors = git(repository, "log", "--format=%ae", "main").split()
        assert 60 <= len(authors) <= 80
        assert len(set(authors)) == 4

    def test_merged_branches_have_two_parents_and_are_gone(self, repository: Path) -> None:
        merges = [event for event in HISTORY if isinstance(event, Landing) and event.how == "merge"]
        parents = [
            line.split() for line in git(repository, "log", "--first-parent", "--merges", "--format=%P", "main").splitlines()
        ]
        assert len(parents) == len(merges) >= 5
        assert all(len(both) == 2 for both in parents)
        heads = git(repository, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        assert not {event.branch for event in merges} & set(heads)

    def test_a_squashed_branch_is_one_commit_with_one_parent_and_all_that_the_branch_changed(self, repository: Path) -> None:
        branches = git(repository, "for-each-ref", "--format=%(refname:short)", "--no-merged", "main", "refs/heads").split()
        assert branches == sorted(event.branch for event in HISTORY if isinstance(event, Landing) and event.how == "squash")
        trees = dict(
            line.split() for line in git(repository, "log", "--first-parent", "--no-merges", "--format=%T %H", "main").splitlines()
        )
        for branch in branches:
            tree = git(repository, "rev-parse", f"{branch}^{{tree}}").strip()
            assert git(repository, "rev-parse", f"{trees[tree]}^").strip() == git(repository, "merge-base", branch, "main").strip()

    def test_commits_of_a_fast_forwarded_branch_are_on_the_first_parent_line(self, repository: Path) -> None:
        landed = {event.branch for event in HISTORY if isinstance(event, Landing) and event.how == "fast-forward"}
        messages = {event.message for event in HISTORY if isinstance(event, Commit) and event.branch in landed}
        assert len(messages) == 4
        assert messages <= set(git(repository, "log", "--first-parent", "--format=%s", "main").splitlines())

    def test_one_file_was_renamed_one_deleted_for_good_and_one_came_back(self, repository: Path) -> None:
        def touched(kind: str) -> list[str]:
            return git(
                repository, "log", "--first-parent", "-M100%", f"--diff-filter={kind}", "--name-only", "--format=", "main"
            ).split()

        assert touched("R") == ["workflows/win-back.json"]
        assert sorted(touched("D")) == ["workflows/open-day.json", "workflows/referral-thanks.json"]
        assert Counter(touched("A"))["workflows/referral-thanks.json"] == 2

    def test_every_tag_is_annotated_and_its_number_is_the_place_in_the_files_first_parent_history(self, repository: Path) -> None:
        tags = git(repository, "for-each-ref", "--format=%(refname:strip=2) %(objecttype) %(*objectname)", "refs/tags").splitlines()
        assert len(tags) == sum(isinstance(event, Tag) for event in HISTORY)
        for line in tags:
            tag, kind, commit = line.split()
            slug, _, number = tag.rpartition("/v")
            log = git(
                repository, "log", "--first-parent", "--reverse", "--format=%H", "main", "--", f"workflows/{slug}.json"
            ).split()
            assert (kind, log.index(commit) + 1) == ("tag", int(number))

    def test_numbers_go_on_after_a_deletion(self, repository: Path) -> None:
        kinds = git(
            repository, "log", "--first-parent", "--reverse", "--raw", "--format=", "main", "--", "workflows/referral-thanks.json"
        )
        assert [line.split()[4] for line in kinds.splitlines()] == ["A", "D", "A", "M"]
        assert git(repository, "tag", "--list", "referral-thanks/*").split() == [
            "referral-thanks/v1",
            "referral-thanks/v3",
            "referral-thanks/v4",
        ]

    def test_some_versions_are_drafts(self, repository: Path) -> None:
        log = git(repository, "log", "--first-parent", "--format=%H", "main", "--", "workflows/welcome.json").split()
        assert len(log) == 10
        assert git(repository, "tag", "--list", "welcome/v10") == ""


class TestBuild:
    def test_two_builds_have_the_same_refs(self, repository: Path, tmp_path: Path) -> None:
        again = build(tmp_path / "again")
        assert git(again, "for-each-ref") == git(repository, "for-each-ref")

    def test_the_users_configuration_and_clock_do_not_reach_it(
        self, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = "[core]\n\tautocrlf = true\n[user]\n\tname = Somebody Else\n[init]\n\tdefaultBranch = master\n"
        (tmp_path / ".gitconfig").write_text(config)
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
        monkeypatch.setenv("GIT_AUTHOR_DATE", "2001-01-01T00:00:00Z")
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("TZ", "Pacific/Kiritimati")
        again = build(tmp_path / "again")
        monkeypatch.delenv("GIT_DIR")
        assert git(again, "for-each-ref") == git(repository, "for-each-ref")
        assert git(again, "config", "--local", "user.email") == "maya@harbor-dental.example\n"
        assert b"\r\n" not in (again / "workflows" / "welcome.json").read_bytes()

    def test_git_finds_nothing_wrong_with_it(self, repository: Path) -> None:
        assert git(repository, "fsck", "--strict", "--no-dangling") == ""

    def test_until_a_day_in_a_branchs_life_the_branch_stands_open(self, repository: Path, tmp_path: Path) -> None:
        early = build(tmp_path / "early", until=datetime(2025, 5, 18, tzinfo=UTC))
        assert git(early, "branch", "--no-merged", "main", "--list", "no-show").strip() == "no-show"
        assert git(early, "tag", "--list", "welcome/*").split() == ["welcome/v1", "welcome/v2", "welcome/v4"]
        tip = git(early, "rev-parse", "main").strip()
        assert tip in git(repository, "rev-list", "--first-parent", "main").split()

    def test_a_folder_with_something_in_it_is_refused_and_left_as_it_is(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("keep me")
        with pytest.raises(FileExistsError, match="expected an empty folder but"):
            build(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

    def test_it_can_be_built_from_the_command_line(self, repository: Path, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "sample_repo.build", str(tmp_path / "built")]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        assert done.stdout == f"{tmp_path / 'built'}\n"
        assert git(tmp_path / "built", "rev-parse", "main") == git(repository, "rev-parse", "main")


class TestDemo:
    @pytest.mark.slow
    def test_every_command_of_the_story_does_what_it_was_meant_to_do(self, tmp_path: Path) -> None:
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        command = [sys.executable, "-m", "sample_repo.demo"]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "welcome_email  20,002        0  hello_email  renamed" in done.stdout
        assert "  20,003 of 20,003 executions moved\n" in done.stdout
        assert "  20,002 of 20,003 executions put back, 1 kept\n" in done.stdout
        assert "  2 of 2 executions moved\n" in done.stdout
