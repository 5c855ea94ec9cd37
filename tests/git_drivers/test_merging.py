"""Whatever git merges, nothing is lost: both sides are in the file, or a conflict is, with both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.git_drivers.machine import FILE, Wflgit, letters

if TYPE_CHECKING:
    from tests.git_drivers.conftest import MakeMachine
    from tests.git_drivers.machine import Machine

WAYS = ("merge", "rebase", "cherry-pick", "revert", "stash pop")


def bring_together(machine: Machine, way: str, ours: bytes, theirs: bytes) -> int:
    """Let git bring two changes of `letters()` together in one of its ways; returns its exit code."""
    machine.git("branch", "start")
    if way == "stash pop":
        machine.write(theirs)
        machine.git("stash", "push", "--quiet")
        machine.commit(ours, "Ours")
        return machine.try_git("stash", "pop", "--quiet").returncode
    if way == "revert":
        # What takes `theirs` back to the start is the change that is brought to ours.
        machine.commit(theirs, "Theirs")
        back = machine.commit(letters(), "Back")
        machine.commit(ours, "Ours")
        return machine.try_git("revert", "--no-edit", back).returncode
    machine.git("switch", "--quiet", "--create", "other")
    other = machine.commit(theirs, "Theirs")
    machine.git("switch", "--quiet", "main")
    machine.commit(ours, "Ours")
    if way == "cherry-pick":
        return machine.try_git("cherry-pick", other).returncode
    if way == "rebase":
        machine.git("switch", "--quiet", "other")
        return machine.try_git("rebase", "--quiet", "main").returncode
    return machine.try_git("merge", "--quiet", "--no-edit", "other").returncode


@pytest.mark.parametrize("wflgit", [Wflgit.THERE, Wflgit.MISSING, Wflgit.FAILING])
@pytest.mark.parametrize("way", WAYS)
def test_changes_of_different_steps_are_both_there(make_machine: MakeMachine, way: str, wflgit: Wflgit) -> None:
    machine = make_machine(wflgit)
    assert bring_together(machine, way, letters(greet="hi"), letters(thank="goodbye")) == 0
    assert machine.read() == letters(greet="hi", thank="goodbye")


@pytest.mark.parametrize("wflgit", [Wflgit.THERE, Wflgit.MISSING, Wflgit.CRASHING])
@pytest.mark.parametrize("way", WAYS)
def test_changes_of_one_step_are_a_conflict_that_shows_both(make_machine: MakeMachine, way: str, wflgit: Wflgit) -> None:
    machine = make_machine(wflgit)
    assert bring_together(machine, way, letters(ask="how are you?"), letters(ask="what is new?")) != 0
    content = machine.read()
    assert b"<<<<<<< " in content
    assert b">>>>>>> " in content
    assert b"how are you?" in content
    assert b"what is new?" in content
    assert machine.git("ls-files", "--unmerged", FILE)
    assert "how are you?" in machine.git("diff")
