"""`adopt`, as one types and reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.test_adoption import Plain, named

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Wflgit


@pytest.fixture
def plain(tmp_path: Path) -> Plain:
    """A repository of somebody who has never heard of wflgit."""
    files = {"flows/Send Email (new) 🚀.json": named("Send"), "flows/package.json": {"name": "x"}, "flows/bye.json": named("Bye")}
    return Plain(tmp_path / "plain").commit(files).commit({"flows/bye.json": named("Bye", "x", "y")})


def test_adopt_shows_what_it_would_make_of_a_repository(plain: Plain, wflgit: Wflgit) -> None:
    answer = wflgit("adopt", str(plain.path))
    tip = plain.git("rev-parse", "HEAD")[:8]
    assert (
        answer.out
        == f"""\
2 workflow files on 'main' at {tip} (2 native); 1 other JSON file

PATH                            SLUG            FORMAT  VERSIONS  LAST CHANGE
flows/bye.json                  bye             native         2  2026-01-05 Maya
flows/Send Email (new) 🚀.json  send-email-new  native         1  2026-01-05 Maya
3 versions

GLOB                    FILES  WHICH
flows/**/*.json             2  the '.json' files below 'flows/'
not flows/package.json      1  is no workflow

----------------------------------------
account = "plain"
trunk = "main"

[workflows]
paths = ["flows/**/*.json"]
exclude = ["flows/package.json"]
----------------------------------------
"""
    )
    assert answer.err == "nothing was changed; the same command with --write writes wflgit.toml\n"


def test_what_is_in_the_way_is_listed_with_what_to_do(plain: Plain, wflgit: Wflgit) -> None:
    plain.commit({"flows/Bye.json": named("Bye"), "flows/broken.json": "{"})
    said = wflgit("adopt", str(plain.path)).out
    assert "error: bye: the files 'flows/Bye.json', 'flows/bye.json' have one slug, so their changes make no versions" in said
    assert "error: flows/broken.json:1:2: expected " in said
    assert "    hint: rename all but one of them with `git mv`, or leave them out: --exclude 'flows/bye.json'\n" in said
    assert "unreadable" in said


def test_written_and_committed_ls_and_log_say_what_adopt_has_said(plain: Plain, wflgit: Wflgit) -> None:
    shown = wflgit("adopt", str(plain.path), "--write", "--json").data
    plain.git("add", "wflgit.toml")
    plain.git("commit", "--quiet", "--message", "Set up wflgit")
    listed = wflgit("-C", str(plain.path), "ls", "--json").data
    assert [(file["slug"], file["versions"]) for file in shown["files"]] == [(each["slug"], each["newest"]) for each in listed]
    for file in shown["files"]:
        assert len(wflgit("-C", str(plain.path), "log", file["slug"], "--json").data) == file["versions"]
    assert "there is a wflgit.toml already" in wflgit("adopt", str(plain.path)).out


def test_having_written_it_says_what_to_do_next(plain: Plain, wflgit: Wflgit) -> None:
    said = wflgit("-C", str(plain.path), "adopt", "--write").err
    assert said.startswith(f"'{plain.path / 'wflgit.toml'}' was written")
    assert "git add wflgit.toml && git commit" in said
    assert wflgit("-C", str(plain.path), "adopt", "--write", code=1).err.startswith("error: ")


def test_its_answer_in_json_has_the_fields_of_the_record(plain: Plain, wflgit: Wflgit) -> None:
    data = wflgit("adopt", str(plain.path), "--exclude", "flows/bye.json", "--account", "north", "--json").data
    assert list(data) == [
        *("path", "tip", "settings", "text", "exists", "include", "exclude", "files", "deleted", "versions", "formats"),
        *("collisions", "findings", "others", "written"),
    ]
    assert data["settings"]["account"] == "north"
    assert [file["slug"] for file in data["files"]] == ["send-email-new"]
    assert data["files"][0]["last"]["author"] == {"name": "Maya", "email": "maya@example.com"}
    assert data["exclude"][0] == {"glob": "flows/bye.json", "files": 1, "reason": "as asked for"}


def test_of_very_many_files_only_the_first_are_shown(plain: Plain, wflgit: Wflgit) -> None:
    plain.commit({f"flows/w{number:03}.json": named(f"W{number}") for number in range(60)})
    assert "\nand 22 more; --json has them all\n" in wflgit("adopt", str(plain.path)).out
    assert len(wflgit("adopt", str(plain.path), "--json").data["files"]) == 62


def test_a_repository_without_workflows_is_a_negative_answer_with_a_hint(tmp_path: Path, wflgit: Wflgit) -> None:
    Plain(tmp_path / "other").commit({"package.json": {}})
    answer = wflgit("adopt", str(tmp_path / "other"), code=1)
    assert answer.err.startswith("error: there is no workflow among the 1 JSON file on 'main'\nhint: known are ")
