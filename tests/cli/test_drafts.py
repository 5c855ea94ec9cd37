"""`wflgit draft`, as a user calls it."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import BEN, MAYA, steps, to_content
from tests.cli.terminal import command, environment
from wflgit.api.drafts import Drafts
from wflgit.core.records import Actor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.builders import Story
    from tests.cli.conftest import Wflgit


def edit(*ids: str, **config: Any) -> bytes:
    return to_content("welcome", steps(*ids, **config))


@pytest.fixture
def story(story: Story) -> Story:
    return story.commit(welcome=edit("hello", "wait", "bye"))


@pytest.fixture
def file(story: Story) -> Path:
    return story.path / "workflows" / "welcome.json"


@pytest.fixture
def ben(story: Story) -> Drafts:
    return Drafts(story.open_again(actor=BEN).workspace)


def test_the_file_is_saved_listed_shown_and_compared(story: Story, file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(edit("hello", "wait", "bye", "late"))
    assert wflgit("draft", "save", "welcome").out.startswith("welcome  draft 1, based on v1  ")
    assert wflgit("draft", "ls").out.splitlines()[1].split()[:4] == ["welcome", MAYA.id, "1", "v1"]
    shown = wflgit("draft", "show", "welcome").out
    assert "based on   v1" in shown
    assert '"late": {' in shown
    assert "late" in wflgit("draft", "diff", "welcome").out
    assert wflgit("draft", "diff", "welcome", "--exit-code", code=1).out
    assert wflgit("draft", "log", "welcome").out.splitlines()[1].split()[:1] == ["1"]
    assert wflgit("--json", "draft", "show", "welcome").data["user"] == MAYA.id
    assert [save["number"] for save in wflgit("--json", "draft", "log", "welcome").data] == [1]


def test_a_broken_file_is_saved_and_not_shown(file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(b'{"steps": {"hello": ')
    wflgit("draft", "save", "welcome")
    shown = wflgit("draft", "show", "welcome").out
    assert "it cannot be read as a workflow, and is not shown: git show " in shown


def test_any_file_is_saved_as_a_draft(tmp_path: Path, wflgit: Wflgit) -> None:
    other = tmp_path / "export.json"
    other.write_bytes(edit("hello"))
    data = wflgit("--json", "draft", "save", "sales/hello", "--file", str(other)).data
    assert (data["workflow"], data["base"], data["path"]) == ("sales/hello", None, "workflows/sales/hello.json")


def test_a_secret_is_refused_with_its_line(file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(b'{\n  "password": "5f0c1d"\n}')
    refused = wflgit("draft", "save", "welcome", code=1)
    assert "line 2, column 3: error: expected a reference to a secret" in refused.err
    assert "5f0c1d" not in refused.err + refused.out


def test_a_draft_becomes_a_version_of_the_file_that_holds_it(story: Story, file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(edit("hello"))
    wflgit("draft", "save", "welcome")
    assert wflgit("draft", "commit", "welcome", "-m", "Say less").out.startswith("welcome@2")
    assert story.git("status", "--porcelain") == ""
    assert wflgit("draft", "ls").err == "no drafts\n"


def test_the_draft_of_another_is_looked_at_and_no_more(ben: Drafts, wflgit: Wflgit) -> None:
    ben.save("welcome", edit("bens"))
    assert "bens" in wflgit("draft", "show", "welcome", "--user", BEN.id).out
    refused = wflgit("draft", "discard", "welcome", "--user", BEN.id, code=1)
    assert f"is of '{BEN.id}'" in refused.err
    refused = wflgit("--json", "draft", "commit", "welcome", code=1)
    assert refused.error["candidates"] == [BEN.id]


def test_a_lost_file_comes_back_from_the_draft(file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(edit("hello"))
    wflgit("draft", "save", "welcome")
    file.unlink()
    assert "newer than its file: `wflgit draft restore welcome`" in wflgit("draft", "ls").err
    wflgit("draft", "restore", "welcome")
    assert file.read_bytes() == edit("hello")
    assert "newer" not in wflgit("draft", "ls").err


def test_a_file_that_was_changed_after_the_save_is_not_said_to_be_older(story: Story, file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(edit("hello"))
    wflgit("draft", "save", "welcome")
    file.write_bytes(edit("hello", "later"))
    saved_at = story.clock().timestamp()
    os.utime(file, (saved_at + 60, saved_at + 60))
    assert "newer" not in wflgit("draft", "ls").err
    os.utime(file, (saved_at - 60, saved_at - 60))
    assert "newer" in wflgit("draft", "ls").err


def test_restoring_saves_first_what_is_nowhere_else(file: Path, wflgit: Wflgit) -> None:
    for step in ("first", "second"):
        file.write_bytes(edit("hello", step))
        wflgit("draft", "save", "welcome")
    file.write_bytes(edit("hello", "unsaved"))
    wflgit("draft", "restore", "welcome", "--save", "1")
    assert file.read_bytes() == edit("hello", "first")
    assert [save["number"] for save in wflgit("--json", "draft", "log", "welcome").data] == [4, 3, 2, 1]
    wflgit("draft", "restore", "welcome", "--save", "3")
    assert file.read_bytes() == edit("hello", "unsaved")
    wflgit("draft", "restore", "welcome", "--save", "9", code=1)
    assert file.read_bytes() == edit("hello", "unsaved")


def test_what_cannot_be_saved_is_not_overwritten(file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(edit("hello"))
    wflgit("draft", "save", "welcome")
    file.write_bytes(b"\xff")
    assert "move it away" in wflgit("draft", "restore", "welcome", code=1).err
    assert file.read_bytes() == b"\xff"
    file.unlink()
    wflgit("draft", "restore", "welcome")
    assert file.read_bytes() == edit("hello")


def test_what_was_discarded_comes_back_from_the_archive(story: Story, file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(edit("hello"))
    wflgit("draft", "save", "welcome")
    wflgit("draft", "discard", "welcome")
    assert wflgit("draft", "ls").err == "no drafts\n"
    assert wflgit("draft", "ls", "--archived").out.splitlines()[1].startswith("welcome")
    story.git("checkout", "--quiet", "--", ".")
    wflgit("draft", "restore", "welcome", "--archived")
    assert file.read_bytes() == edit("hello")


@pytest.fixture
def behind(story: Story, file: Path, wflgit: Wflgit) -> bytes:
    """Maya's draft is in the file and saved; meanwhile Ben has changed the last step on the trunk."""
    mine = edit("hello", "wait", "bye", hello={"tag": "mayas"})
    file.write_bytes(mine)
    wflgit("draft", "save", "welcome")
    story.git("checkout", "--quiet", "--", ".")
    story.commit(welcome=edit("hello", "wait", "bye", bye={"tag": "bens"}))
    return mine


BOTH = edit("hello", "wait", "bye", hello={"tag": "mayas"}, bye={"tag": "bens"})


def test_a_draft_that_is_behind_is_rebased_and_its_file_follows(behind: bytes, file: Path, wflgit: Wflgit) -> None:
    assert wflgit("draft", "status").out.splitlines()[1].split()[:4] == ["welcome", "behind", "v1", "v2"]
    file.write_bytes(behind)
    wflgit("draft", "commit", "welcome", code=4)
    assert wflgit("draft", "rebase", "welcome").out.startswith("welcome  draft 2, based on v2")
    assert file.read_bytes() == BOTH
    assert wflgit("draft", "status", "welcome").out.splitlines()[1].split()[1] == "clean"
    assert wflgit("draft", "commit", "welcome").out.startswith("welcome@3")


def test_a_file_with_changes_that_are_not_saved_keeps_a_draft_from_being_rebased(behind: bytes, file: Path, wflgit: Wflgit) -> None:
    unsaved = edit("hello", "wait", "bye", "unsaved")
    file.write_bytes(unsaved)
    refused = wflgit("--json", "draft", "rebase", "welcome", code=1)
    assert refused.error["code"] == "uncommitted-changes"
    assert file.read_bytes() == unsaved
    assert behind != unsaved


def test_a_conflict_is_told_and_decided(story: Story, behind: bytes, wflgit: Wflgit) -> None:
    story.commit(welcome=edit("hello", "wait", "bye", hello={"tag": "bens"}, bye={"tag": "bens"}))
    told = wflgit("draft", "status", code=1)
    assert "conflicting" in told.out
    assert "1 conflict" in told.out
    refused = wflgit("draft", "rebase", "welcome", code=4)
    assert "--take steps/hello/" in refused.err
    [found] = wflgit("--json", "draft", "status", code=1).data
    wflgit("draft", "rebase", "welcome", "--take", f"{found['conflicts'][0]['path']}=ours")
    assert json.loads(Drafts(story.repo.workspace).content("welcome")) == json.loads(BOTH)
    assert behind


def test_a_draft_commits_merged_where_it_is_behind(story: Story, behind: bytes, wflgit: Wflgit) -> None:
    wflgit("draft", "commit", "welcome", "--merge")
    assert story.repo.workflows.read("welcome@3") == BOTH
    assert behind


def test_an_answer_to_no_conflict_of_a_draft_is_an_error(story: Story, behind: bytes, wflgit: Wflgit) -> None:
    story.commit(welcome=edit("hello", "wait", "bye", hello={"tag": "bens"}, bye={"tag": "bens"}))
    assert "there is no conflict 'steps/nope'" in wflgit("draft", "rebase", "welcome", "--take", "steps/nope=ours", code=1).err
    assert "choose one of ours, theirs" in wflgit("draft", "rebase", "welcome", "--take", "*=mine", code=1).err.replace(
        "base, ", ""
    )
    assert behind


def test_a_draft_that_cannot_be_merged_says_a_command_that_decides(story: Story, behind: bytes, wflgit: Wflgit) -> None:
    story.commit(welcome=edit("hello", "wait", "bye", hello={"tag": "bens"}, bye={"tag": "bens"}))
    hint = wflgit("--json", "draft", "commit", "welcome", "--merge", code=4).error["hint"]
    _, *typed = shlex.split(hint.split("`")[1])
    wflgit(*typed)
    wflgit("draft", "commit", "welcome")
    assert behind


def test_a_draft_that_changes_nothing_says_so_and_goes(story: Story, file: Path, wflgit: Wflgit) -> None:
    wflgit("draft", "save", "welcome")
    assert "there was nothing to commit" in wflgit("draft", "commit", "welcome").err
    assert wflgit("draft", "ls").err == "no drafts\n"
    assert len(story.repo.versions.list("welcome")) == 1
    assert file.exists()


def test_a_hint_that_names_a_user_can_be_typed(story: Story, file: Path, wflgit: Wflgit) -> None:
    odd = Drafts(story.open_again(actor=Actor(id="ben.o'neil@example.com", name="Ben")).workspace)
    odd.save("welcome", edit("hello"))
    hint = wflgit("--json", "draft", "show", "welcome", code=1).error["hint"]
    assert "ben.o'neil@example.com" in wflgit(*shlex.split(hint.split("`")[1])[1:]).out
    assert file.exists()


@pytest.mark.slow
def test_watching_tells_what_it_cannot_save_and_ends_quietly_with_ctrl_c(story: Story, file: Path) -> None:
    file.write_bytes(b'{"password": "5f0c1d"}')
    file.with_name("zoo.json").write_bytes(edit("hello"))
    # What runs in the background of a shell ignores the signal, and so would its children.
    heed = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    with subprocess.Popen(
        command("-C", str(story.path), "--json", "draft", "watch"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        text=True,
        preexec_fn=heed,
    ) as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["workflow"] == "zoo"
        watching.send_signal(signal.SIGINT)
        _, told = watching.communicate()
    assert json.loads(told)["error"]["code"] == "invalid-definition"
    assert watching.returncode == 0


def test_old_drafts_are_cleaned_up(story: Story, file: Path, wflgit: Wflgit) -> None:
    file.write_bytes(edit("hello"))
    wflgit("draft", "save", "welcome")
    assert wflgit("draft", "clean").err == "nothing to clean up\n"
    story.clock.tick(story.repo.settings.policy.keep_drafts)
    assert wflgit("draft", "clean", "--dry-run").out == wflgit("draft", "clean").out
    assert wflgit("draft", "ls").err == "no drafts\n"
    assert wflgit("--json", "draft", "clean").data == {"archived": [], "removed": []}
