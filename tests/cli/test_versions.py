"""`commit`, `log`, `blame`, `diff`, `publish`, `rollback`, `tag`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.builders import make_repo, steps, write_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.builders import Story
    from tests.cli.conftest import Wflgit

BROKEN = '{\n  "start": "a",\n  "start": "b",\n  "steps": {}\n}\n'


class TestCommit:
    def test_the_file_in_the_working_tree_becomes_the_next_version(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).write(welcome=steps("hello", "bye"))
        version = wflgit("commit", "welcome", "-m", "Say goodbye", "--json").data
        assert (version["number"], version["status"], version["summary"]) == (2, "draft", "Say goodbye")
        assert story.git("status", "--short") == ""
        assert story.git("log", "-1", "--format=%an %s").strip() == "Maya Say goodbye"

    def test_a_new_file_becomes_version_1(self, story: Story, wflgit: Wflgit) -> None:
        story.write(welcome=steps("hello"))
        assert wflgit("commit", "welcome").out.startswith("welcome@1  draft  ")
        assert story.git("status", "--short") == ""

    def test_other_changes_of_the_user_stay_as_they_are(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello"), other=steps("x"))
        story.write(welcome=steps("changed"), other=steps("y"))
        (story.path / "notes.txt").write_text("staged")
        story.git("add", "notes.txt")
        wflgit("commit", "welcome")
        assert story.git("status", "--short").splitlines() == ["A  notes.txt", " M workflows/other.json"]

    def test_an_unchanged_file_makes_no_version_and_says_so(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello"))
        answer = wflgit("commit", "welcome")
        assert answer.err == "'welcome' is as in version 1, there is nothing to commit\n"
        assert [version.number for version in story.repo.versions.list("welcome")] == [1]

    def test_all_takes_every_changed_workflow_file_and_nothing_else(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(a=steps("x"), b=steps("x"), gone=steps("x")).write(a=steps("y"), c=steps("x"))
        (story.path / "workflows" / "gone.json").unlink()
        (story.path / "notes.txt").write_text("mine")
        answer = wflgit("commit", "--all")
        assert [text.split()[0] for text in answer.out.splitlines()] == ["a@2", "c@1"]
        assert "'workflows/gone.json' is gone from the working tree; `wflgit rm gone`" in answer.err
        assert wflgit("commit", "--all", "--json").data == []

    def test_several_slugs_are_an_array(self, story: Story, wflgit: Wflgit) -> None:
        story.write(a=steps("x"), b=steps("x"))
        assert [version["workflow"] for version in wflgit("commit", "a", "b", "--json").data] == ["a", "b"]

    def test_one_broken_file_and_nothing_is_committed(self, story: Story, wflgit: Wflgit) -> None:
        before = story.git("rev-parse", "HEAD")
        story.write(a=steps("x"), broken=BROKEN)
        answer = wflgit("commit", "a", "broken", code=1)
        assert answer.err.splitlines()[:2] == [
            "error: 'workflows/broken.json' has 1 error, nothing is committed",
            "  workflows/broken.json:3:3: error: expected each key once but 'start' is here again, first in line 2 [duplicate-key]",
        ]
        assert story.git("rev-parse", "HEAD") == before

    def test_warnings_are_shown_and_do_not_hinder(self, story: Story, wflgit: Wflgit) -> None:
        document = steps("hello")
        document["steps"]["lonely"] = {"type": "add_tag", "config": {"tag": "x"}, "next": None}
        story.write(welcome=document)
        answer = wflgit("commit", "welcome")
        assert answer.out.startswith("welcome@1")
        assert "warning: " in answer.err

    def test_a_base_that_is_not_the_newest_is_a_conflict_worth_a_retry(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).commit(welcome=steps("b")).write(welcome=steps("c"))
        error = wflgit("commit", "welcome", "--base", "1", "--json", code=4).error
        assert (error["code"], error["expected"], error["actual"]) == ("conflict", 1, 2)
        wflgit("commit", "welcome", "--base", "2")

    def test_a_commit_id_may_be_the_base(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).write(welcome=steps("b"))
        wflgit("commit", "welcome", "--base", story.version("welcome", 1).commit)

    def test_on_another_branch_plain_git_is_the_way(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).git("switch", "--quiet", "--create", "idea")
        story.write(welcome=steps("b"))
        answer = wflgit("commit", "welcome", code=1)
        assert answer.err.startswith("error: branch 'idea' is checked out, but versions are made on the trunk 'main'\n")
        assert "plain `git commit`" in answer.err
        assert "`git switch main`" in answer.err

    def test_with_a_detached_head_the_trunk_is_named(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).git("switch", "--quiet", "--detach")
        assert wflgit("commit", "welcome", code=1).err.startswith(
            "error: HEAD is detached, but versions are made on the trunk 'main'\n"
        )

    def test_a_bare_repository_has_no_file_to_commit(self, story: Story, wflgit: Wflgit, tmp_path: Path) -> None:
        bare = make_repo(tmp_path / "bare.git", bare=True)
        assert "a bare repository has no working tree" in wflgit("-C", str(bare.path), "commit", "welcome", code=1).err

    def test_a_new_file_that_wflgit_would_name_otherwise_is_left_to_git(self, story: Story, wflgit: Wflgit) -> None:
        write_json(story.path / "workflows" / "Big Offer!.json", steps("x", name="Offer"))
        error = wflgit("commit", "big-offer", "--json", code=1).error
        assert error["code"] == "wrong-state"
        assert "git add 'workflows/Big Offer!.json'" in error["hint"]

    def test_a_second_file_of_a_slug_is_refused(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("x"))
        write_json(story.path / "workflows" / "Welcome!.json", steps("x", name="Other"))
        assert "which belongs to 'workflows/welcome.json' already" in wflgit("commit", "--all", code=1).err

    def test_slugs_or_all_must_be_said_and_not_both(self, story: Story, wflgit: Wflgit) -> None:
        wflgit("commit", code=2)
        wflgit("commit", "welcome", "--all", code=2)

    def test_an_unknown_slug_proposes_the_near_one(self, story: Story, wflgit: Wflgit) -> None:
        story.write(welcome=steps("x"))
        assert wflgit("commit", "welcom", code=1).err.splitlines()[1] == "hint: did you mean 'welcome'?"


class TestLog:
    def test_versions_are_listed_newest_first(self, story: Story, wflgit: Wflgit, golden: Callable[[str], None]) -> None:
        story.commit(welcome=steps("hello", "wait")).publish("welcome").start("welcome", "ana", "bob")
        story.commit(welcome=steps("hello", "wait", "bye")).publish("welcome").tag("welcome", "stable", 1)
        story.merge_branch("friendlier", welcome=steps("hi", "wait", "bye"))
        golden(re.sub(r"\b[0-9a-f]{8}\b", "01234567", wflgit("log", "welcome").out))

    def test_an_archived_version_stays_in_the_list(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).publish("welcome").start("welcome", "ana").commit(welcome=steps("b")).publish("welcome")
        story.git("update-ref", "refs/wflgit/archive/welcome/v1", "refs/tags/welcome/v1")
        story.git("tag", "--delete", "welcome/v1")
        found = wflgit("log", "welcome", "--json").data
        assert [(version["number"], version["status"], version["executions"]) for version in found] == [
            (2, "current", 0),
            (1, "archived", 1),
        ]
        assert wflgit("log", "welcome").out.splitlines()[2].split()[:4] == ["1", "archived", "1.0.0", "1"]

    def test_a_published_version_has_its_number(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).publish("welcome").start("welcome", "ana")
        story.commit(welcome=steps("ask")).publish("welcome")
        assert [version["semver"] for version in wflgit("log", "welcome", "--json").data] == ["1.1.0", "1.0.0"]
        assert wflgit("log", "welcome").out.splitlines()[1].split()[:3] == ["2", "current", "1.1.0"]
        assert "  semver     1.1.0\n" in wflgit("show", "welcome@2").out
        assert wflgit("show", "welcome@2", "--json").data["semver"] == "1.1.0"

    def test_a_limit_keeps_the_newest(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).commit(welcome=steps("b")).commit(welcome=steps("c"))
        assert [version["number"] for version in wflgit("log", "welcome", "-n", "2", "--json").data] == [3, 2]

    def test_a_mistyped_slug_proposes_the_near_one(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a"))
        answer = wflgit("log", "welcom", code=1)
        assert answer == (1, "", "error: there is no workflow 'welcom'\nhint: did you mean 'welcome'?\n")


class TestLifeOfAStep:
    def test_it_is_told_version_by_version_with_what_changed(
        self, story: Story, wflgit: Wflgit, golden: Callable[[str], None]
    ) -> None:
        days = {"duration": "P2D"}
        story.commit(welcome=steps("hello", "wait_a", "bye")).commit(welcome=steps("hello", "wait_a", "bye", wait_a=days))
        story.commit(welcome=steps("hello", "news", "wait_b", "bye", wait_b=days), message="Call it otherwise (#12)")
        story.merge_branch("short", welcome=steps("hello", "news", "bye"))
        golden(wflgit("log", "welcome", "--step", "wait_a").out)

    def test_versions_that_cannot_be_read_are_named(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello"))
        for content in ("{", steps("hello", hello={"tag": "x"}), "{"):
            story.write(welcome=content).git("commit", "--quiet", "--all", "--message", "By hand")
        assert wflgit("log", "welcome", "--step", "hello").out.splitlines() == [
            "welcome@4  2026-01-05  Maya  By hand",
            "  version 4 cannot be read",
            "welcome@3  2026-01-05  Maya  By hand",
            "  version 2 before it cannot be read, it may have been there",
            "  changed",
            '    config.tag: "hello" → "x"',
            "welcome@1  2026-01-05  Maya  Create welcome",
            "  added",
        ]

    def test_as_json_it_is_an_array_of_events(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).commit(welcome=steps("hello", hello={"tag": "x"}), message="Tag (#3)")
        newest, first = wflgit("log", "welcome", "--step", "hello", "--json").data
        assert (newest["version"], newest["pull_request"], newest["author"]["name"]) == (2, 3, "Maya")
        assert newest["changes"][0]["type"] == "step-changed"
        assert newest["changes"][0]["fields"] == [{"path": ["config", "tag"], "kind": "changed", "old": "hello", "new": "x"}]
        assert [change["type"] for change in first["changes"]] == ["step-added"]
        assert [event["version"] for event in wflgit("log", "welcome", "--step", "hello", "-n", "1", "--json").data] == [2]

    def test_a_step_that_never_was_is_an_error(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello"))
        answer = wflgit("log", "welcome", "--step", "helo", code=1)
        assert answer.err == "error: there is no step 'helo'\nhint: did you mean 'hello'?\n"


class TestBlame:
    def test_each_step_is_a_row_with_who_last_did_something_to_it(
        self, story: Story, wflgit: Wflgit, golden: Callable[[str], None]
    ) -> None:
        story.commit(welcome=steps("hello", "wait", "bye"))
        story.commit(welcome=steps("hello", "wait", "news", "bye", wait={"duration": "P2D"}), message="Tell the news (#12)")
        golden(wflgit("blame", "welcome").out)

    def test_a_revision_says_of_which_version(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello", "bye")).commit(welcome=steps("hello", "bye", bye={"tag": "x"}))
        found = wflgit("blame", "welcome@1", "--json").data
        assert [(step["step"], step["type"], step["last"]["version"]) for step in found] == [
            ("hello", "add_tag", 1),
            ("bye", "add_tag", 1),
        ]
        assert [step["last"]["version"] for step in wflgit("blame", "welcome", "--json").data] == [1, 2]

    def test_a_deleted_workflow_has_nobody_to_blame(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).repo.workflows.delete("welcome")
        assert wflgit("blame", "welcome", code=1).err.startswith("error: version 2 of 'welcome' deleted it")


class TestDiff:
    def test_a_slug_compares_what_is_current_with_the_working_tree(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "bye"))
        story.write(welcome=steps("hello", "bye", hello={"tag": "hi"}))
        answer = wflgit("diff", "welcome")
        assert answer.out.splitlines() == [
            "welcome@1 → welcome",
            "~ changed step hello (add_tag)",
            '    config.tag: "hello" → "hi"',
            "+ inserted step bye between hello and the end",
            '    bye (add_tag): {"tag": "bye"}',
        ]

    def test_a_slug_without_a_published_version_compares_the_newest(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).commit(welcome=steps("b")).write(welcome=steps("c"))
        assert wflgit("diff", "welcome", "--json").data["old"] == "welcome@2"

    def test_revisions_are_compared_in_any_way_of_writing_them(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).commit(welcome=steps("b")).publish("welcome").write(welcome=steps("c"))
        for said in (["welcome@1", "welcome@2"], ["welcome@1..2"], ["welcome@1..welcome@2"], ["welcome@v1..current"]):
            data = wflgit("diff", *said, "--json").data
            assert [change["id"] for change in data["steps"]] == ["a", "b"], said
        assert wflgit("diff", "welcome@1", "--json").data["new"] == "welcome"

    def test_the_exit_code_tells_of_a_difference_only_if_asked(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).commit(welcome=steps("b"))
        wflgit("diff", "welcome@1..2", code=0)
        wflgit("diff", "welcome@1..2", "--exit-code", code=1)
        same = wflgit("diff", "welcome@2", "--exit-code", code=0)
        assert (same.out, same.err) == ("", "they mean the same\n")


class TestPublish:
    def test_the_newest_version_is_published_unless_another_is_said(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).commit(welcome=steps("b")).commit(welcome=steps("c"))
        assert wflgit("publish", "welcome", "2", "--json").data["status"] == "current"
        version = wflgit("publish", "welcome", "-m", "Approved by Ben", "--json").data
        assert (version["number"], version["published_by"]["name"]) == (3, "Maya")
        assert "Approved by Ben" in story.git("tag", "-l", "--format=%(contents)", "welcome/v3")

    def test_an_older_version_is_refused_with_the_way_back(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).commit(welcome=steps("b")).publish("welcome")
        assert "`wflgit rollback welcome --to 1`" in wflgit("publish", "welcome", "1", code=1).err

    def test_a_rollback_is_a_new_version(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).publish("welcome").commit(welcome=steps("b")).publish("welcome")
        version = wflgit("rollback", "welcome", "--to", "1", "--json").data
        assert (version["number"], version["status"], version["blob"]) == (3, "current", story.version("welcome", 1).blob)
        wflgit("rollback", "welcome", code=2)

    def test_a_channel_moves_to_a_published_version(self, story: Story, wflgit: Wflgit) -> None:
        story.commit(welcome=steps("a")).publish("welcome")
        assert wflgit("tag", "welcome", "stable", "1", "--json").data["channels"] == ["stable"]
        assert story.git("rev-parse", "welcome/stable").strip() == story.version("welcome", 1).commit
        assert wflgit("tag", "welcome", "stabel", "1", code=1).err.startswith("error: there is no channel 'stabel'\n")


def test_the_history_can_be_made_a_page(story: Story, wflgit: Wflgit, tmp_path: Path) -> None:
    story.commit(welcome=steps("hello")).publish("welcome").commit(welcome=steps("hello", "bye"))
    page, text = tmp_path / "log.html", tmp_path / "log.txt"
    shown = wflgit("log", "welcome").out
    wflgit("log", "welcome", "--format", f"html={page}")
    wflgit("log", "welcome", "--format", f"text={text}")
    assert page.read_text().startswith("<!doctype html>")
    assert "bye" in page.read_text()
    assert text.read_text() == shown
    refused = wflgit("log", "welcome", "--format", "html", "--step", "hello", code=2)
    assert refused.err.startswith("error: --format html goes without --step")
