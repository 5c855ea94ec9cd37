"""The commands `merge`, `resolve` and `update-branch`."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.builders import Document, Story, steps, to_content
from tests.cli.terminal import command, environment, read_all

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Wflgit

FILE = "workflows/welcome.json"
TAG = "steps/hello/config/tag"


def welcome(hello: str = "hello", bye: str = "bye") -> Document:
    return steps("hello", "wait", "bye", hello={"tag": hello}, bye={"tag": bye})


def content(hello: str = "hello", bye: str = "bye") -> bytes:
    return to_content("welcome", welcome(hello, bye))


@pytest.fixture
def sides(story: Story, tmp_path: Path) -> list[str]:
    """Three files: of the first step both sides say something else, of the last one only theirs."""
    files = {"base": content(), "ours": content("ours"), "theirs": content("theirs", "ciao")}
    for name, said in files.items():
        (tmp_path / name).write_bytes(said)
    return [str(tmp_path / name) for name in files]


@pytest.fixture
def unmerged(story: Story) -> Story:
    """The same, as a merge that plain git could not finish."""
    story.commit(welcome=welcome())
    story.git("switch", "--quiet", "--create", "other")
    for branch, document in (("other", welcome("theirs", "ciao")), ("main", welcome("ours"))):
        story.git("switch", "--quiet", branch)
        story.write(welcome=document)
        story.git("commit", "--quiet", "--all", "--message", f"Edit on {branch}")
    with pytest.raises(subprocess.CalledProcessError):
        story.git("merge", "other")
    return story


# merge


def test_conflicts_are_listed_with_their_choices_and_nothing_is_written(wflgit: Wflgit, sides: list[str], tmp_path: Path) -> None:
    answer = wflgit("merge", *sides, "-o", str(tmp_path / "merged"), code=1)
    assert answer.out == ""
    assert answer.err.startswith(f"1 conflict, decide with --take PATH=CHOICE\n{TAG}: ")
    assert '    ours: "ours"\n    theirs: "theirs"\n    1) ours' in answer.err
    assert not (tmp_path / "merged").exists()


@pytest.mark.parametrize("take", [f"{TAG}=theirs", "*=theirs"])
def test_with_the_conflicts_decided_the_merged_definition_is_written_to_stdout(wflgit: Wflgit, sides: list[str], take: str) -> None:
    answer = wflgit("merge", *sides, "--take", take)
    assert (answer.out.encode(), answer.err) == (content("theirs", "ciao"), "")


def test_or_to_a_file(wflgit: Wflgit, sides: list[str], tmp_path: Path) -> None:
    assert wflgit("merge", *sides, "--take", "*=ours", "-o", str(tmp_path / "merged")).out == ""
    assert (tmp_path / "merged").read_bytes() == content("ours", "ciao")


def test_in_json_there_is_everything(wflgit: Wflgit, sides: list[str]) -> None:
    found = wflgit("merge", *sides, "--json", code=1).data
    assert (found["is_clean"], found["content"]) == (False, None)
    [conflict] = found["conflicts"]
    assert (conflict["path"], conflict["kind"], conflict["ours"]) == (TAG, "field", "ours")
    assert [choice["key"] for choice in conflict["choices"]] == ["ours", "theirs", "base"]
    found = wflgit("merge", *sides, "--take", f"{TAG}=base", "--json").data
    assert (found["is_clean"], found["content"].encode()) == (True, content("hello", "ciao"))


def test_sides_are_also_revisions_and_files_in_commits(wflgit: Wflgit, story: Story, sides: list[str]) -> None:
    story.commit(welcome=welcome()).commit(welcome=welcome("hi"))
    answer = wflgit("merge", "welcome@1", f"main:{FILE}", sides[2], "--take", "*=ours")
    assert answer.out.encode() == content("hi", "ciao")


def test_an_empty_base_is_none(wflgit: Wflgit, sides: list[str]) -> None:
    assert wflgit("merge", "/dev/null", sides[1], sides[1]).out.encode() == content("ours")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["main:nothing.json"], "'main' has no file 'nothing.json'"),
        (["nowhere:a.json"], "there is no commit 'nowhere'"),
        (["welcom@1"], "there is no workflow 'welcom'"),
    ],
)
def test_a_side_that_is_not_there_is_said(wflgit: Wflgit, sides: list[str], arguments: list[str], said: str) -> None:
    assert said in wflgit("merge", *arguments, *sides[1:], code=1).err


@pytest.mark.parametrize(
    ("take", "said"),
    [("ours", "'ours' is no answer"), ("steps/x=ours", "there is no conflict 'steps/x'"), (f"{TAG}=x", "'x' is no")],
)
def test_an_answer_to_nothing_is_an_error(wflgit: Wflgit, sides: list[str], take: str, said: str) -> None:
    assert said in wflgit("merge", *sides, "--take", take, code=1).err


# resolve


def test_what_has_to_be_decided_is_listed_and_nothing_is_changed(wflgit: Wflgit, unmerged: Story) -> None:
    before = (unmerged.path / FILE).read_bytes()
    said = wflgit("resolve", "--list", code=1).out
    assert said.startswith(
        f"ours is the branch that is checked out, theirs is what is merged into it\n{FILE}: 1 conflict\n  {TAG}: "
    )
    assert (unmerged.path / FILE).read_bytes() == before
    assert wflgit("resolve", "--list", "--json", code=1).data[0]["conflicts"][0]["path"] == TAG


@pytest.mark.parametrize("name", ["welcome", FILE])
def test_a_file_is_named_by_slug_or_path(wflgit: Wflgit, unmerged: Story, name: str) -> None:
    answer = wflgit("resolve", name, "--take", f"{TAG}=theirs")
    assert answer.out == f"{FILE}: resolved and staged\n"
    assert "nothing is unmerged any more; go on with `git merge --continue`" in answer.err
    assert (unmerged.path / FILE).read_bytes() == content("theirs", "ciao")
    assert unmerged.git("diff", "--cached", "--name-only") == f"{FILE}\n"


def test_without_answers_it_says_what_is_left(wflgit: Wflgit, unmerged: Story) -> None:
    answer = wflgit("resolve", code=1)
    assert answer.out.startswith(f"{FILE}: 1 conflict left\n  {TAG}: ")
    assert f"still unmerged: '{FILE}'" in answer.err


def test_in_json_it_is_what_came_of_each_file(wflgit: Wflgit, unmerged: Story) -> None:
    [found] = wflgit("resolve", "--take", "*=ours", "--json").data
    assert (found["path"], found["is_staged"], found["conflicts"]) == (FILE, True, [])


def test_where_nothing_is_unmerged_it_says_so(wflgit: Wflgit, story: Story) -> None:
    assert wflgit("resolve").err == "nothing is unmerged\n"
    assert wflgit("resolve", "--list", "--json").data == []
    assert "'welcome' is not unmerged" in wflgit("resolve", "welcome", code=1).err


def test_an_answer_goes_to_the_file_that_has_the_conflict(wflgit: Wflgit, story: Story) -> None:
    story.commit(welcome=steps("a", "b"), other=steps("c", "d"))
    story.git("switch", "--quiet", "--create", "branch")
    for branch in ("branch", "main"):
        story.git("switch", "--quiet", branch)
        story.write(welcome=steps("a", "b", a={"tag": branch}), other=steps("c", "d", c={"tag": branch}))
        story.git("commit", "--quiet", "--all", "--message", branch)
    with pytest.raises(subprocess.CalledProcessError):
        story.git("merge", "branch")
    wflgit("resolve", "--take", "steps/a/config/tag=ours", "--take", "steps/c/config/tag=theirs")
    assert b'"main"' in (story.path / FILE).read_bytes()
    assert b'"branch"' in (story.path / "workflows/other.json").read_bytes()


def typed(story: Story, text: str, *arguments: str) -> tuple[int, str]:
    """What a call says at a terminal at which somebody types this."""
    primary, secondary = os.openpty()
    calls = command("-C", str(story.path), *arguments)
    with subprocess.Popen(calls, stdin=secondary, stdout=secondary, stderr=secondary, env=environment(NO_COLOR="1")) as program:
        os.close(secondary)
        os.write(primary, text.encode())
        found = read_all(primary)
    return program.returncode, found


@pytest.mark.parametrize("answer", ["2", "theirs", "7\nnonsense\n2"])
def test_at_a_terminal_each_conflict_is_asked(unmerged: Story, answer: str) -> None:
    code, said = typed(unmerged, f"{answer}\n", "resolve")
    assert code == 0
    assert f"{FILE}, 1 of 1\n{TAG}: " in said
    assert "2) theirs" in said
    assert (unmerged.path / FILE).read_bytes() == content("theirs", "ciao")


def test_at_a_terminal_a_file_can_be_left_for_later(unmerged: Story) -> None:
    before = (unmerged.path / FILE).read_bytes()
    code, said = typed(unmerged, "s\n", "resolve")
    assert code == 1
    assert "1 conflict left" in said
    assert (unmerged.path / FILE).read_bytes() == before


# update-branch


def test_a_branch_is_brought_up_to_date(wflgit: Wflgit, story: Story) -> None:
    story.commit(welcome=welcome())
    story.git("switch", "--quiet", "--create", "offer")
    story.write(welcome=welcome(bye="ciao"))
    story.git("commit", "--quiet", "--all", "--message", "Edit")
    assert wflgit("update-branch").out == "offer has all of 'main' already\n"
    story.git("switch", "--quiet", "main")
    story.commit(welcome=welcome("hi"))
    story.git("switch", "--quiet", "offer")
    assert wflgit("update-branch").out.startswith("offer: merged 'main', now at ")
    assert (story.path / FILE).read_bytes() == content("hi", "ciao")


def test_a_branch_that_has_everything_is_pushed_all_the_same(wflgit: Wflgit, story: Story) -> None:
    story.commit(welcome=welcome())
    story.git("init", "--quiet", "--bare", "../theirs.git")
    story.git("remote", "add", "origin", "../theirs.git")
    story.git("switch", "--quiet", "--create", "offer")
    assert wflgit("update-branch", "--push").out == "offer has all of 'main' already; pushed\n"
    assert story.git("ls-remote", "origin", "refs/heads/offer")


def test_conflicts_of_a_branch_are_listed(wflgit: Wflgit, unmerged: Story) -> None:
    unmerged.git("merge", "--abort")
    unmerged.git("switch", "--quiet", "other")
    answer = wflgit("update-branch", code=1)
    assert answer.out.startswith("other: merging 'main' left conflicts; decide with `wflgit resolve`\nours is ")
    assert f"  {TAG}: " in answer.out
    unmerged.git("merge", "--abort")
    found = wflgit("update-branch", "--base", "main", "--json", code=1).data
    assert [file["path"] for file in found["unmerged"]] == [FILE]
