"""`git diff`, `git log -p`, `git show` on workflow files, with wflgit there, missing and failing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.git_drivers.machine import FILE, Wflgit, letters

if TYPE_CHECKING:
    from tests.git_drivers.conftest import MakeMachine
    from tests.git_drivers.machine import Machine


@pytest.mark.parametrize("wflgit", Wflgit)
@pytest.mark.parametrize(
    "command", ["diff HEAD~1", "diff --stat HEAD~1", "diff --word-diff HEAD~1", "log -p -1", "show", "diff --cached"]
)
def test_whatever_wflgit_does_git_shows_all_other_files(make_machine: MakeMachine, wflgit: Wflgit, command: str) -> None:
    machine = make_machine(wflgit)
    machine.write(b"first\nsecond\n", "notes.txt")
    machine.commit(letters(thank="goodbye"), "Say goodbye")
    if command == "diff --cached":
        machine.write(b"first\nsecond\nthird\n", "notes.txt")
        machine.write(letters(thank="see you"))
        machine.git("add", ".")
    shown = machine.git(*command.split())
    assert "notes.txt" in shown
    # Whoever prints the same rubbish for all files says that they are the same.
    if wflgit is not Wflgit.RUBBISH:
        assert FILE in shown
        assert "goodbye" in shown or "--stat" in command


def test_a_diff_shows_steps_and_its_hunks_say_of_which_step_they_are(machine: Machine) -> None:
    machine.write(letters(thank="goodbye"))
    shown = machine.git("diff").splitlines()
    assert '-    text: "the letter thank"' in shown
    assert '+    text: "goodbye"' in shown
    assert [line.split("@@")[2] for line in shown if line.startswith("@@")] == [" step thank (send_letter)"]


def test_a_file_of_another_layout_shows_no_difference(machine: Machine) -> None:
    machine.write(letters().replace(b"  ", b"\t"))
    assert machine.git("diff", "--no-textconv") != ""
    assert "@@" not in machine.git("diff")


@pytest.mark.parametrize("wflgit", [Wflgit.MISSING, Wflgit.FAILING, Wflgit.CRASHING])
def test_without_a_wflgit_that_works_the_text_of_the_file_is_shown(make_machine: MakeMachine, wflgit: Wflgit) -> None:
    machine = make_machine(wflgit)
    machine.write(letters(thank="goodbye"))
    assert machine.git("diff") == machine.git("diff", "--no-textconv")


def test_a_file_that_is_no_workflow_any_more_is_shown_as_it_is(machine: Machine) -> None:
    machine.write(b'{"steps": \xff\x00 broken\n')
    assert "broken" in machine.git("diff", "--text")


def test_files_that_come_go_and_are_renamed_are_shown(machine: Machine) -> None:
    machine.git("mv", FILE, "workflows/hello there.json")
    (machine.path / "workflows" / "-n.json").write_bytes(letters(ask="what?"))
    machine.git("add", ".")
    machine.git("commit", "--quiet", "--message", "Rename")
    shown = machine.git("log", "-p", "-2")
    assert "rename to workflows/hello there.json" in shown
    assert '+    text: "what?"' in shown
    machine.git("rm", "--quiet", "--", "workflows/-n.json")
    assert '-    text: "what?"' in machine.git("diff", "--cached")


def test_a_patch_is_of_the_file_and_not_of_its_outline(machine: Machine) -> None:
    commit = machine.commit(letters(thank="goodbye"), "Say goodbye")
    patch = machine.git("format-patch", "--stdout", "-1", commit)
    assert '+        "text": "goodbye"' in patch
    machine.git("reset", "--quiet", "--hard", "HEAD~1")
    (machine.path / "a.patch").write_text(patch)
    machine.git("am", "--quiet", "a.patch")
    assert machine.read() == letters(thank="goodbye")


def test_blame_says_of_each_line_of_a_step_who_wrote_it(machine: Machine) -> None:
    commit = machine.commit(letters(thank="goodbye"), "Say goodbye")
    lines = [line for line in machine.git("blame", FILE).splitlines() if line.startswith(commit[:8])]
    assert [line.partition(") ")[2] for line in lines] == ['    text: "goodbye"']


def test_a_conflict_is_shown_with_its_markers(machine: Machine) -> None:
    machine.git("switch", "--quiet", "--create", "other")
    machine.commit(letters(thank="see you"), "Theirs")
    machine.git("switch", "--quiet", "main")
    machine.commit(letters(thank="goodbye"), "Ours")
    machine.git("merge", "other", code=1)
    shown = machine.git("diff")
    assert "<<<<<<< " in shown
    assert "goodbye" in shown
    assert "see you" in shown
