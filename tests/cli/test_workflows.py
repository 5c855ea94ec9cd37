"""`new`, `ls`, `show`, `validate`, `fmt`, `mv`, `rm`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.builders import make_repo, steps, to_content, write_json
from wflgit.cli.starter import starter
from wflgit.core.canonical import dump
from wflgit.core.catalog import BUILT_IN
from wflgit.core.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import Story
    from tests.cli.conftest import Wflgit

ASL = {"StartAt": "Hi", "States": {"Hi": {"Type": "Pass", "End": True}}}
BROKEN = b'{\n  "name": "Broken",\n  "start": "a",\n  "start": "b",\n  "steps": {}\n}\n'


class TestNew:
    def test_the_starter_is_valid(self) -> None:
        assert validate(dump(starter("Any", schema="../schemas/workflow.schema.json")), BUILT_IN) == ()

    def test_it_commits_a_starter_that_editors_can_complete(self, story: Story, wflgit: Wflgit) -> None:
        version = wflgit("new", "sales/big-offer", "--json").data
        assert (version["workflow"], version["number"], version["status"]) == ("sales/big-offer", 1, "draft")
        document = json.loads((story.path / "workflows" / "sales" / "big-offer.json").read_text())
        assert document["name"] == "Sales big offer"
        schema = story.path / "workflows" / "sales" / document["$schema"]
        assert schema.resolve() == story.path / "schemas" / "workflow.schema.json"
        assert story.git("status", "--short") == ""

    def test_without_a_schema_in_the_repository_none_is_named(self, tmp_path: Path, story: Story, wflgit: Wflgit) -> None:
        other = make_repo(tmp_path / "other", paths=["flows/*.json"])
        wflgit("-C", str(other.path), "new", "welcome", "--name", "Hi", "-m", "First one")
        document = json.loads((other.path / "flows" / "welcome.json").read_text())
        assert (document.get("$schema"), document["name"]) == (None, "Hi")
        assert other.git("log", "-1", "--format=%s").strip() == "First one"

    def test_it_takes_the_bytes_of_a_file_as_they_are(self, tmp_path: Path, story: Story, wflgit: Wflgit) -> None:
        file = write_json(tmp_path / "exported.json", steps("hello", name="Hello"))
        wflgit("new", "hello", "--from", str(file))
        assert wflgit("show", "hello@1", "--raw").out.encode() == file.read_bytes()

    def test_another_name_may_be_given_to_the_definition_of_a_file(self, tmp_path: Path, story: Story, wflgit: Wflgit) -> None:
        file = write_json(tmp_path / "exported.json", steps("hello", name="Hello"))
        wflgit("new", "hello", "--from", str(file), "--name", "Other")
        assert wflgit("show", "hello", "--json").data["document"]["name"] == "Other"

    def test_a_format_without_names_has_none_to_give(self, tmp_path: Path, story: Story, wflgit: Wflgit) -> None:
        file = write_json(tmp_path / "machine.json", ASL)
        assert "which Amazon States Language has not" in wflgit("new", "m", "--from", str(file), "--name", "M", code=2).err

    def test_a_foreign_file_gets_a_name_and_keeps_its_bytes(self, tmp_path: Path, story: Story, wflgit: Wflgit) -> None:
        text = '{"name": "Old",\n   "nodes": [ {"name":"Form", "type":"n8n-nodes-base.webhook"} ], "connections":{}}'
        (tmp_path / "export.json").write_text(text)
        wflgit("new", "m", "--from", str(tmp_path / "export.json"), "--name", "New leads")
        assert story.repo.workflows.read("m").decode() == text.replace("Old", "New leads")

    def test_a_broken_definition_writes_nothing(self, tmp_path: Path, story: Story, wflgit: Wflgit) -> None:
        (tmp_path / "broken.json").write_bytes(BROKEN)
        answer = wflgit("new", "broken", "--from", str(tmp_path / "broken.json"), code=1)
        assert f"{tmp_path}/broken.json:4:3: error: " in answer.err
        assert wflgit("ls", "--json").data == []

    def test_a_bad_slug_gets_a_proposal(self, story: Story, wflgit: Wflgit) -> None:
        assert wflgit("new", "Big Offer", code=1).err.splitlines()[1] == "hint: use 'big-offer', for example"


class TestList:
    def test_workflows_are_listed_by_slug(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(b=steps("x"), a=steps("x")).publish("a")
        assert [(row["slug"], row["newest"], row["current"]) for row in wflgit("ls", "--json").data] == [
            ("a", 1, 1),
            ("b", 1, None),
        ]
        assert wflgit("ls").out.splitlines()[1].split() == ["a", "A", "1", "1", "0"]

    def test_an_empty_list_is_no_output_and_a_word_of_advice(self, story: Story, wflgit: Wflgit) -> None:
        answer = wflgit("ls")
        assert answer.out == ""
        assert "wflgit new SLUG" in answer.err
        assert wflgit("ls", "--json").err == ""


class TestShow:
    def test_a_version_is_shown_with_its_definition(self, story: Story, wflgit: Wflgit, capsys: pytest.CaptureFixture[str]) -> None:
        story.commit(welcome=steps("hello"))
        out = wflgit("show", "welcome@1").out
        assert out.startswith("welcome@1  draft\n  file       workflows/welcome.json\n  commit     ")
        assert out.endswith("\n\n" + to_content("welcome", steps("hello")).decode())

    def test_json_has_the_keys_of_version_and_definition(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).publish("welcome")
        data = wflgit("show", "welcome@current", "--json").data
        assert (data["number"], data["status"], data["document"]["start"]) == (1, "current", "hello")
        assert "content" not in data

    def test_the_working_tree_has_no_number(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).write(welcome=steps("changed"))
        data = wflgit("show", "welcome", "--json").data
        assert (data["number"], data["document"]["start"]) == (None, "changed")
        assert wflgit("show", "welcome").out.startswith("welcome  working tree\n")

    def test_raw_is_exactly_the_bytes_even_of_a_broken_file(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).write(welcome=BROKEN)
        assert wflgit("show", "welcome", "--raw").out.encode() == BROKEN
        assert "line 4, column 3" in wflgit("show", "welcome", code=1).err

    def test_escape_codes_in_a_workflow_do_not_reach_the_terminal(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello", name="\x1b]0;owned\x07 \x9b2J"), message="hi \x1b[31m there")
        for command in (["ls"], ["log", "welcome"], ["show", "welcome@1"], ["show", "welcome@1", "--json"]):
            out = wflgit(*command).out
            assert not {"\x1b", "\x07", "\x9b"} & set(out), command


class TestValidate:
    def test_without_arguments_every_workflow_file_of_the_working_tree_is_checked(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(good=steps("x")).write({"sales/broken": BROKEN})
        (story.path / "README.json").write_text("{")
        answer = wflgit("validate", code=1)
        assert answer.out.startswith("workflows/sales/broken.json:4:3: error: ")
        assert answer.out.splitlines()[0].endswith("[duplicate-key]")
        assert answer.err == "2 files: 1 error, 0 warnings\n"

    def test_files_that_git_ignores_are_not_checked(self, story: Story, wflgit: Wflgit) -> None:
        story.write({"built/x": BROKEN})
        (story.path / ".gitignore").write_text("workflows/built/\n")
        assert wflgit("validate").err == "0 files: 0 errors, 0 warnings\n"

    def test_slugs_revisions_and_files_can_be_named(self, story: Story, wflgit: Wflgit, tmp_path: Path) -> None:
        story.commit(welcome=steps("hello")).write(welcome=BROKEN)
        (tmp_path / "outside.json").write_bytes(BROKEN)
        names = ["welcome", "welcome@1", "workflows/welcome.json", str(tmp_path / "outside.json")]
        problems = wflgit("validate", *names, "--json", code=1).data
        assert [(problem["path"], problem["workflow"]) for problem in problems] == [
            ("workflows/welcome.json", "welcome"),
            ("workflows/welcome.json", "welcome"),
            (str(tmp_path / "outside.json"), None),
        ]
        assert problems[0]["line"] == 4
        assert wflgit("validate", "welcome@1").code == 0

    def test_warnings_are_fine_unless_asked_for_as_errors(self, story: Story, wflgit: Wflgit) -> None:
        document = steps("hello")
        document["steps"]["lonely"] = {"type": "add_tag", "config": {"tag": "x"}, "next": None}
        story.write(welcome=document)
        assert "warning: " in wflgit("validate").out
        wflgit("validate", "--warnings-as-errors", code=1)

    def test_two_files_with_one_slug_are_an_error(self, story: Story, wflgit: Wflgit) -> None:
        story.write(welcome=steps("x"))
        write_json(story.path / "workflows" / "Welcome!.json", steps("x", name="Other"))
        problems = wflgit("validate", "--json", code=1).data
        assert [(problem["path"], problem["rule"]) for problem in problems] == [
            ("workflows/Welcome!.json", "slug-collision"),
            ("workflows/welcome.json", "slug-collision"),
        ]
        assert "'workflows/welcome.json'" in problems[0]["message"]

    def test_a_foreign_file_name_is_found_by_its_slug(self, story: Story, wflgit: Wflgit) -> None:
        write_json(story.path / "workflows" / "Köln ✉ (neu).json", steps("x", name="N"))
        assert wflgit("validate", "koln-neu").err == "1 file: 0 errors, 0 warnings\n"

    def test_an_unknown_slug_proposes_the_near_one(self, story: Story, wflgit: Wflgit) -> None:
        story.write(welcome=steps("x"))
        assert wflgit("validate", "welcom", "--json", code=1).error["candidates"] == ["welcome"]

    def test_a_shallow_clone_can_be_checked(self, story: Story, wflgit: Wflgit, tmp_path: Path) -> None:
        story.commit(welcome=steps("x")).commit(welcome=steps("y"))
        story.git("clone", "--quiet", "--depth=1", f"file://{story.path}", str(tmp_path / "shallow"))
        assert wflgit("-C", str(tmp_path / "shallow"), "validate").err == "1 file: 0 errors, 0 warnings\n"
        assert wflgit("-C", str(tmp_path / "shallow"), "validate", "welcome").code == 0

    def test_a_bare_repository_is_checked_at_its_trunk(self, story: Story, wflgit: Wflgit, tmp_path: Path) -> None:
        bare = make_repo(tmp_path / "bare.git", bare=True).commit(welcome=steps("x"))
        assert wflgit("-C", str(bare.path), "validate").err == "1 file: 0 errors, 0 warnings\n"


class TestFormat:
    def test_files_become_canonical_and_their_paths_are_printed(self, story: Story, wflgit: Wflgit) -> None:
        document = steps("hello", "bye", name="Welcome")
        file = write_json(story.path / "workflows" / "welcome.json", document)
        file.chmod(0o640)
        story.write(tidy=steps("x"))
        assert wflgit("fmt").out == "workflows/welcome.json\n"
        assert file.read_bytes() == to_content("welcome", document)
        assert file.stat().st_mode & 0o777 == 0o640
        assert sorted(found.name for found in file.parent.iterdir()) == ["tidy.json", "welcome.json"]
        assert wflgit("fmt").out == ""

    def test_check_writes_nothing_and_exits_1(self, story: Story, wflgit: Wflgit) -> None:
        file = write_json(story.path / "workflows" / "welcome.json", steps("hello"))
        before = file.read_bytes()
        assert wflgit("fmt", "--check", "welcome", code=1).out == "workflows/welcome.json\n"
        assert file.read_bytes() == before

    def test_broken_files_and_foreign_formats_are_left_alone(self, story: Story, wflgit: Wflgit) -> None:
        story.write(broken=BROKEN)
        foreign = write_json(story.path / "workflows" / "machine.json", ASL)
        before = foreign.read_bytes()
        data = wflgit("fmt", "--json", code=1).data
        assert [(row["path"], row["outcome"]) for row in data] == [
            ("workflows/broken.json", "broken"),
            ("workflows/machine.json", "unchanged"),
        ]
        assert (story.path / "workflows" / "broken.json").read_bytes() == BROKEN
        assert foreign.read_bytes() == before
        assert "workflows/broken.json:4:3: error: " in wflgit("fmt", code=1).err

    def test_a_bare_repository_has_nothing_to_format(self, story: Story, wflgit: Wflgit, tmp_path: Path) -> None:
        bare = make_repo(tmp_path / "bare.git", bare=True)
        assert "no working tree" in wflgit("-C", str(bare.path), "fmt", code=1).err

    def test_a_folder_that_cannot_be_written_is_an_error_with_a_hint(self, story: Story, wflgit: Wflgit) -> None:
        file = write_json(story.path / "workflows" / "welcome.json", steps("hello"))
        (file.parent / f".{file.name}.wflgit").mkdir()
        answer = wflgit("fmt", "welcome", code=1)
        assert "cannot be written" in answer.err
        assert "hint: " in answer.err


class TestMoveAndRemove:
    def test_a_move_starts_the_new_slug_with_version_1(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("x")).commit(welcome=steps("y"))
        version = wflgit("mv", "welcome", "hello", "-m", "Better name", "--json").data
        assert (version["workflow"], version["number"], version["summary"]) == ("hello", 1, "Better name")
        assert [row["slug"] for row in wflgit("ls", "--json").data] == ["hello"]

    def test_a_removal_is_a_version_and_history_stays(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("x"))
        assert wflgit("rm", "welcome").out.startswith("welcome@2  deleted  ")
        assert [row["status"] for row in wflgit("log", "welcome", "--json").data] == ["deleted", "draft"]

    @pytest.mark.parametrize("command", [["mv", "welcome", "hello"], ["rm", "welcome"]])
    def test_who_has_not_seen_the_newest_version_is_told(self, story: Story, wflgit: Wflgit, command: list[str]) -> None:
        story.commit(welcome=steps("x")).commit(welcome=steps("y"))
        error = wflgit("--json", *command, "--base", "1", code=4).error
        assert (error["expected"], error["actual"]) == (1, 2)
        assert [row["slug"] for row in wflgit("ls", "--json").data] == ["welcome"]
        wflgit(*command, "--base", "2")
        assert "welcome" not in [row["slug"] for row in wflgit("ls", "--json").data]

    def test_a_workflow_with_live_executions_stays(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("x")).publish("welcome").start("welcome", "ana")
        assert "still live" in wflgit("rm", "welcome", code=1).err


@pytest.mark.parametrize("command", [["show"], ["mv", "x"], ["rm"], ["validate", "--nope"]])
def test_wrong_usage_is_exit_2(story: Story, wflgit: Wflgit, command: list[str]) -> None:
    assert wflgit(*command, code=2).err.startswith("error: ")
