"""Taking over a Git repository that holds workflow files, as it is found."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import wflgit
from tests.builders import MAYA, START, steps
from wflgit.core.settings import parse_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

MACHINE = {"StartAt": "Greet", "States": {"Greet": {"Type": "Succeed"}}}


class Plain:
    """A repository of somebody who has never heard of wflgit. A file that is None is deleted."""

    def __init__(self, path: Path, *more: str) -> None:
        self.path = path
        self.commits = 0
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", *more, str(path)], check=True)
        self.git("config", "user.name", MAYA.name)
        self.git("config", "user.email", MAYA.id)

    def git(self, *arguments: str) -> str:
        moment = f"{int(START.timestamp()) + 3600 * self.commits} +0000"
        environment = {**os.environ, "GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        command = ["git", "-C", str(self.path), "-c", "core.quotePath=false", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    def commit(self, files: Mapping[str, Any], message: str = "change") -> Plain:
        for name, content in files.items():
            file = self.path / name
            if content is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.commits += 1
        return self

    def state(self) -> tuple[object, ...]:
        """All that could have been changed."""
        files = sorted((str(file), file.read_bytes()) for file in self.path.rglob("*") if file.is_file())
        return (self.git("--no-optional-locks", "status", "--porcelain", "--ignored"), files)


@pytest.fixture
def plain(tmp_path: Path) -> Plain:
    return Plain(tmp_path / "acme")


def named(name: str, *ids: str) -> Any:
    return steps(*(ids or ("hello",)), name=name)


def slugs(found: wflgit.Adoption) -> dict[str, str]:
    return {file.path: file.slug for file in found.files}


def checks(found: wflgit.Adoption) -> list[tuple[str, str]]:
    return [(finding.check, finding.subject) for finding in found.findings]


def test_workflow_files_are_found_among_others_and_counted_by_format(plain: Plain) -> None:
    plain.commit(
        {
            "flows/a.json": named("A"),
            "flows/package.json": {"name": "x"},
            "machines/b.asl.json": MACHINE,
            "tsconfig.json": "{//x\n}",
        }
    )
    found = wflgit.adopt(plain.path)
    assert [(each.format, each.files, each.faulty) for each in found.formats] == [("native", 1, 0), ("asl", 1, 0)]
    assert found.settings.paths.include == ("machines/**/*.asl.json", "flows/**/*.json")
    assert found.settings.paths.exclude == ("flows/package.json",)
    assert (found.settings.account, found.settings.trunk, found.others) == ("acme", "main", 2)
    assert parse_settings(found.text) == found.settings
    assert found.findings == ()


def test_foreign_file_names_get_slugs(plain: Plain) -> None:
    names = ["Send Email (new) 🚀.json", "[draft] lead.json", "  leading blanks.json", "a → b.json", "🚀.json"]
    plain.commit({f"flows/{name}": named(name) for name in names})
    found = wflgit.adopt(plain.path)
    assert slugs(found) == {
        "flows/a → b.json": "a-b",
        "flows/[draft] lead.json": "draft-lead",
        "flows/  leading blanks.json": "leading-blanks",
        "flows/Send Email (new) 🚀.json": "send-email-new",
        "flows/🚀.json": "wf-ebbc0b28",
    }
    assert checks(found) == [("odd-slug", "flows/🚀.json")]


def test_names_that_globs_and_toml_could_misunderstand_are_said_so_that_they_mean_themselves(plain: Plain) -> None:
    plain.commit({'a[1]"\t\\/x.json': named("X"), 'a[1]"\t\\/y*.json': {"no": "workflow"}, "a1/z.json": {"no": "workflow"}})
    found = wflgit.adopt(plain.path)
    assert [file.path for file in found.files] == ['a[1]"\t\\/x.json']
    assert parse_settings(found.text) == found.settings


def test_collisions_are_reported_and_have_no_versions(plain: Plain) -> None:
    plain.commit({"flows/Welcome.json": named("A"), "flows/welcome.json": named("B"), "flows/bye.json": named("C")})
    found = wflgit.adopt(plain.path)
    assert [(each.slug, each.paths) for each in found.collisions] == [("welcome", ("flows/Welcome.json", "flows/welcome.json"))]
    assert checks(found) == [("slug-collision", "welcome")]
    assert [(file.slug, file.versions) for file in found.files] == [("bye", 1), ("welcome", 0), ("welcome", 0)]
    mended = wflgit.adopt(plain.path, exclude=["flows/Welcome.json"])
    assert (mended.collisions, [(file.slug, file.versions) for file in mended.files]) == ((), [("bye", 1), ("welcome", 1)])


def test_each_workflow_has_its_versions_its_first_and_its_last_change(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A"), "flows/b.json": named("B")}, "both")
    plain.commit({"flows/a.json": named("A", "hello", "bye")}, "longer").commit({"flows/a.json": None}, "away")
    plain.commit({"flows/a.json": named("A"), "flows/b.json": named("B", "x")}, "back").commit({"README.md": "nothing"})
    a, b = wflgit.adopt(plain.path).files
    assert (a.versions, a.deletions, b.versions, b.deletions) == (4, 1, 2, 0)
    assert a.first is not None
    assert a.last is not None
    assert (a.first.summary, a.last.summary, str(a.last.author)) == ("both", "back", "Maya <maya@example.com>")
    assert (a.last.at - a.first.at).total_seconds() == 3 * 3600


def test_workflows_whose_file_was_deleted_are_told_apart(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A"), "flows/old.json": named("B")}).commit({"flows/old.json": None})
    found = wflgit.adopt(plain.path)
    assert ([file.slug for file in found.files], [(gone.slug, gone.versions) for gone in found.deleted]) == (["a"], [("old", 2)])
    assert found.versions == 3


def test_broken_json_beside_workflows_is_shown_with_its_place_and_elsewhere_it_is_not(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A"), "flows/b.json": '{"steps": {},\n}', "data/x.json": "{,}"})
    found = wflgit.adopt(plain.path)
    assert [(file.path, file.format, file.versions) for file in found.files] == [
        ("flows/a.json", "native", 1),
        ("flows/b.json", None, 1),
    ]
    assert checks(found) == [("unreadable", "flows/b.json:2:1")]


def test_files_with_errors_and_names_used_twice_are_counted(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("Same"), "flows/b.json": named("same") | {"start": "nowhere"}})
    assert checks(wflgit.adopt(plain.path)) == [("errors", "native"), ("name-used-twice", "Same")]


def test_tags_that_were_there_before_are_reported(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A"), "flows/b.json": named("B"), "flows/c/x.json": named("C")})
    plain.git("tag", "--annotate", "--message", "one", "a/v1")
    plain.git("tag", "a/v2")
    plain.git("tag", "b/current")
    plain.git("tag", "c")
    assert set(checks(wflgit.adopt(plain.path))) == {
        ("tag-publishes-nothing", "a"),
        ("tag-publishes", "a"),
        ("tag-taken-over", "b"),
        ("tag-in-the-way", "c/x"),
    }


def test_globs_may_be_chosen_and_what_they_leave_out_is_said(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A"), "flows/package.json": {}, "more/b.json": named("B")})
    found = wflgit.adopt(plain.path, paths=["flows/*.json"], account="north", trunk="main")
    assert (found.settings.account, found.settings.paths.include) == ("north", ("flows/*.json",))
    assert found.settings.paths.exclude == ("flows/package.json",)
    assert checks(found) == [("left-out", "more/**/*.json")]


def test_the_tip_of_the_trunk_counts_and_not_the_working_tree(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A")})
    (plain.path / "flows" / "b.json").write_text(json.dumps(named("B")))
    (plain.path / "flows" / "a.json").unlink()
    assert slugs(wflgit.adopt(plain.path / "flows")) == {"flows/a.json": "a"}


def test_nothing_is_changed_unless_it_is_said(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A"), "flows/b.json": "{"})
    plain.git("tag", "a/current")
    before = plain.state()
    assert wflgit.adopt(plain.path).written is None
    assert plain.state() == before


def test_once_written_and_committed_the_workflows_are_what_was_shown(plain: Plain) -> None:
    plain.commit(
        {"flows/Welcome (new).json": named("A"), "flows/b.json": named("B"), "flows/package.json": {}, "flows/c.json": named("C")}
    )
    plain.commit({"flows/b.json": named("B", "x"), "flows/c.json": None}).commit({"flows/b.json": named("B", "y")})
    before = plain.git("status", "--porcelain")
    shown = wflgit.adopt(plain.path, write=True)
    assert shown.written == str(plain.path / "wflgit.toml")
    assert plain.git("status", "--porcelain") == f"{before}?? wflgit.toml\n"
    assert Path(shown.written).read_text(encoding="utf-8") == shown.text
    plain.git("add", "wflgit.toml")
    plain.git("commit", "--quiet", "--message", "Set up wflgit")
    with wflgit.open(plain.path) as repo:
        assert [(each.slug, each.path, each.newest) for each in repo.workflows.list()] == [
            (file.slug, file.path, file.versions) for file in shown.files
        ]
        for file in shown.files:
            versions = repo.versions.list(file.slug)
            assert len(versions) == file.versions
            assert (file.first, file.last) != (None, None)
            assert [file.last and file.last.commit, file.first and file.first.commit] == [versions[0].commit, versions[-1].commit]
        assert len(repo.versions.list("c")) == shown.deleted[0].versions


def test_a_repository_with_settings_shows_what_they_cover_and_what_they_leave_out(plain: Plain) -> None:
    text = '# ours\naccount = "north"\ntrunk = "main"\n[workflows]\npaths = ["flows/*.json"]\n'
    plain.commit({"flows/a.json": named("A"), "more/b.json": named("B"), "more/c.json": named("C"), "wflgit.toml": text})
    found = wflgit.adopt(plain.path)
    assert (found.exists, found.text, found.settings.account, slugs(found)) == (True, text, "north", {"flows/a.json": "a"})
    assert checks(found) == [("left-out", "more/**/*.json")]


@pytest.mark.parametrize("wish", [{"write": True}, {"account": "other"}, {"paths": ["x/*.json"]}])
def test_settings_that_are_there_are_never_overwritten(plain: Plain, wish: Any) -> None:
    text = 'account = "north"\ntrunk = "main"\n'
    plain.commit({"workflows/a.json": named("A")})
    (plain.path / "wflgit.toml").write_text(text)
    with pytest.raises(wflgit.StateError, match=r"has a wflgit\.toml already"):
        wflgit.adopt(plain.path, **wish)
    assert (plain.path / "wflgit.toml").read_text() == text


def test_a_link_in_the_place_of_the_settings_is_not_written_through(plain: Plain, tmp_path: Path) -> None:
    plain.commit({"flows/a.json": named("A")})
    (plain.path / "wflgit.toml").symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(wflgit.StateError, match="exists already"):
        wflgit.adopt(plain.path, write=True)
    assert not (tmp_path / "elsewhere.toml").exists()


def test_a_bare_repository_is_looked_at_but_not_written_into(plain: Plain, tmp_path: Path) -> None:
    plain.commit({"flows/a.json": named("A")})
    subprocess.run(["git", "clone", "--quiet", "--bare", str(plain.path), str(tmp_path / "north.git")], check=True)
    found = wflgit.adopt(tmp_path / "north.git")
    assert (found.settings.account, slugs(found)) == ("north", {"flows/a.json": "a"})
    with pytest.raises(wflgit.RepositoryError, match="bare repository") as caught:
        wflgit.adopt(tmp_path / "north.git", write=True)
    assert "wflgit init" in (caught.value.hint or "")


def test_a_folder_without_a_repository_and_a_repository_without_a_commit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(wflgit.RepositoryError, match="no Git repository"):
        wflgit.adopt(tmp_path)
    Plain(tmp_path / "empty")
    with pytest.raises(wflgit.RepositoryError, match="has no commit yet"):
        wflgit.adopt(tmp_path / "empty")


def test_a_trunk_that_is_not_there_is_refused_with_one_that_is(plain: Plain) -> None:
    plain.commit({"flows/a.json": named("A")})
    with pytest.raises(wflgit.NotFoundError, match="there is no branch 'mian'") as caught:
        wflgit.adopt(plain.path, trunk="mian")
    assert caught.value.hint == "did you mean 'main'?"
    plain.git("switch", "--quiet", "--detach")
    with pytest.raises(wflgit.RepositoryError, match="HEAD is detached"):
        wflgit.adopt(plain.path)
    assert wflgit.adopt(plain.path, trunk="main").files


def test_a_repository_without_workflows_is_refused_with_what_would_be_one(plain: Plain) -> None:
    plain.commit({"package.json": {"name": "x"}, "data/broken.json": "{"})
    with pytest.raises(wflgit.NotFoundError, match="there is no workflow among the 1 JSON file") as caught:
        wflgit.adopt(plain.path)
    assert "Amazon States Language" in (caught.value.hint or "")
    plain.commit({"flows/a.json": named("A")})
    with pytest.raises(wflgit.NotFoundError, match=r"'x/\*\.json' matches"):
        wflgit.adopt(plain.path, paths=["x/*.json"])


def test_a_shallow_clone_is_refused_because_versions_cannot_be_counted(plain: Plain, tmp_path: Path) -> None:
    plain.commit({"flows/a.json": named("A")}).commit({"flows/a.json": named("A", "x")})
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{plain.path}", str(tmp_path / "part")], check=True)
    with pytest.raises(wflgit.ShallowRepositoryError):
        wflgit.adopt(tmp_path / "part")
