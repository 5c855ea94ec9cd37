"""Whatever git merges, nothing is lost: both sides are in the file, or a conflict is, with both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.git_drivers.machine import FILE, PROGRAMS, Wflgit, letters

if TYPE_CHECKING:
    from tests.git_drivers.conftest import MakeMachine
    from tests.git_drivers.machine import Machine

pytestmark = pytest.mark.slow

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


@pytest.mark.parametrize("wflgit", [Wflgit.THERE, Wflgit.MISSING])
@pytest.mark.parametrize("way", WAYS)
def test_changes_of_different_steps_are_both_there(make_machine: MakeMachine, way: str, wflgit: Wflgit) -> None:
    machine = make_machine(wflgit)
    assert bring_together(machine, way, letters(greet="hi"), letters(thank="goodbye")) == 0
    assert machine.read() == letters(greet="hi", thank="goodbye")


@pytest.mark.parametrize("wflgit", [Wflgit.THERE, Wflgit.MISSING])
@pytest.mark.parametrize("way", WAYS)
def test_changes_of_one_field_are_a_conflict_that_shows_both(make_machine: MakeMachine, way: str, wflgit: Wflgit) -> None:
    machine = make_machine(wflgit)
    assert bring_together(machine, way, letters(ask="how are you?"), letters(ask="what is new?")) != 0
    content = machine.read()
    assert b"<<<<<<< " in content
    assert b">>>>>>> " in content
    assert b"how are you?" in content
    assert b"what is new?" in content
    assert machine.git("ls-files", "--unmerged", FILE)
    assert "how are you?" in machine.git("diff")


@pytest.mark.parametrize("way", WAYS)
def test_changes_of_neighbouring_fields_are_both_there(machine: Machine, way: str) -> None:
    assert bring_together(machine, way, letters(ask="hi"), letters(paper="A5")) == 0
    assert machine.read() == letters(ask="hi", paper="A5")


@pytest.mark.parametrize("wflgit", [Wflgit.FAILING, Wflgit.CRASHING, Wflgit.RUBBISH, Wflgit.BROKEN])
def test_a_wflgit_that_does_not_do_it_loses_no_side(make_machine: MakeMachine, wflgit: Wflgit) -> None:
    machine = make_machine(wflgit)
    assert bring_together(machine, "merge", letters(ask="how are you?"), letters(ask="what is new?")) != 0
    content = machine.read()
    assert content.count(b"<<<<<<< ") == 1
    assert b"how are you?" in content
    assert b"what is new?" in content
    assert machine.git("ls-files", "--unmerged", FILE)


def test_only_what_is_in_conflict_is_between_markers_which_say_what_it_is(machine: Machine) -> None:
    ours = letters(greet="hi", ask="how are you?")
    assert bring_together(machine, "merge", ours, letters(thank="bye", ask="what is new?", paper="A5")) == 1
    both = letters(greet="hi", thank="bye", paper="A5", ask="?")
    before, after = both.split(b'        "text": "?"\n')
    conflict = (
        b"<<<<<<< ours: step ask config.text\n"
        b'        "text": "how are you?"\n'
        b"||||||| base\n"
        b'        "text": "the letter ask"\n'
        b"=======\n"
        b'        "text": "what is new?"\n'
        b">>>>>>> theirs: step ask config.text\n"
    )
    assert machine.read() == before + conflict + after


def test_in_a_rebase_the_markers_say_who_is_who(machine: Machine) -> None:
    assert bring_together(machine, "rebase", letters(ask="how are you?"), letters(ask="what is new?")) != 0
    lines = machine.read().decode().splitlines()
    upstream, own = lines.index('        "text": "how are you?"'), lines.index('        "text": "what is new?"')
    assert lines[upstream - 1] == "<<<<<<< ours (upstream): step ask config.text"
    assert lines[own + 1] == ">>>>>>> theirs (your commit): step ask config.text"


def test_it_can_be_switched_off_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WFLGIT_MERGE", "off")
    assert bring_together(machine, "merge", letters(ask="hi"), letters(paper="A5")) == 1
    assert b"<<<<<<< ours\n" in machine.read()


def test_branches_that_were_merged_crosswise_have_their_first_version_as_base(machine: Machine) -> None:
    machine.git("switch", "--quiet", "--create", "other")
    first_other = machine.commit(letters(greet="hello!"), "Theirs")
    machine.git("switch", "--quiet", "main")
    first_main = machine.commit(letters(greet="hi"), "Ours")
    for branch, merged, greet in (("main", first_other, "hi"), ("other", first_main, "hello!")):
        machine.git("switch", "--quiet", branch)
        machine.git("merge", "--quiet", merged, code=1)
        machine.commit(letters(greet=greet), "Cross")
    machine.commit(letters(greet="hello!", thank="bye"), "Say bye")
    machine.git("switch", "--quiet", "main")
    machine.git("merge", "--quiet", "other", code=1)
    content = machine.read()
    assert content.count(b"<<<<<<<") == 1
    assert b'||||||| base\n        "text": "the letter greet"\n=======\n' in content
    assert b'"bye"' in content


def test_a_file_that_both_sides_added_is_merged_from_nothing(machine: Machine) -> None:
    new = "workflows/new.json"
    machine.git("switch", "--quiet", "--create", "other")
    for branch, content in (("other", letters(paper="A5")), ("main", letters(ask="hi"))):
        machine.git("switch", "--quiet", branch)
        machine.write(content, new)
        machine.git("add", new)
        machine.git("commit", "--quiet", "--message", "New")
    machine.git("merge", "--quiet", "other", code=1)
    text = (machine.path / new).read_text()
    assert text.count("<<<<<<< ") == 1
    for line in ('"paper": "A5"', '"paper": "A4"', '"text": "hi"', '"text": "the letter ask"'):
        assert line in text.partition("<<<<<<< ")[2].partition(">>>>>>> ")[0]


def test_a_file_that_one_side_renamed_is_merged_under_its_new_name(machine: Machine) -> None:
    machine.git("switch", "--quiet", "--create", "other")
    machine.git("mv", FILE, "workflows/hello.json")
    machine.write(letters(paper="A5"), "workflows/hello.json")
    machine.git("commit", "--quiet", "--all", "--message", "Rename")
    machine.git("switch", "--quiet", "main")
    machine.commit(letters(ask="hi"), "Ours")
    machine.git("merge", "--quiet", "--no-edit", "other")
    assert (machine.path / "workflows/hello.json").read_bytes() == letters(ask="hi", paper="A5")


def test_it_works_in_a_linked_working_tree(machine: Machine) -> None:
    machine.git("switch", "--quiet", "--create", "other")
    machine.commit(letters(paper="A5"), "Theirs")
    machine.git("switch", "--quiet", "main")
    machine.git("worktree", "add", "--quiet", "-b", "linked", "../linked", "main")
    machine.path = machine.path.parent / "linked"
    machine.commit(letters(ask="hi"), "Ours")
    machine.git("merge", "--quiet", "--no-edit", "other")
    assert machine.read() == letters(ask="hi", paper="A5")


def test_a_server_can_merge_without_a_working_tree(machine: Machine) -> None:
    machine.git("switch", "--quiet", "--create", "other")
    machine.commit(letters(paper="A5"), "Theirs")
    machine.git("switch", "--quiet", "main")
    machine.commit(letters(ask="hi"), "Ours")
    tree = machine.git("merge-tree", "--write-tree", "main", "other").strip()
    assert machine.git("cat-file", "blob", f"{tree}:{FILE}").encode() == letters(ask="hi", paper="A5")


@pytest.mark.parametrize(("side", "text"), [("ours", "how are you?"), ("theirs", "what is new?")])
def test_a_conflict_is_resolved_by_taking_a_side_and_the_rest_stays_merged(machine: Machine, side: str, text: str) -> None:
    bring_together(machine, "merge", letters(greet="hi", ask="how are you?"), letters(thank="bye", ask="what is new?"))
    machine.wflgit("resolve", "welcome", "--take", f"steps/ask/config/text={side}")
    assert machine.read() == letters(greet="hi", thank="bye", ask=text)
    machine.git("merge", "--continue")
    assert machine.git("status", "--porcelain") == ""
    assert machine.git("cat-file", "blob", f"HEAD:{FILE}").encode() == letters(greet="hi", thank="bye", ask=text)


def test_what_git_alone_left_in_conflict_is_merged_step_by_step_afterwards(make_machine: MakeMachine) -> None:
    machine = make_machine(Wflgit.MISSING)
    assert bring_together(machine, "merge", letters(ask="hi"), letters(paper="A5")) == 1
    (machine.programs / "wflgit").write_text(PROGRAMS[Wflgit.THERE])
    machine.wflgit("resolve")
    assert machine.read() == letters(ask="hi", paper="A5")
    assert machine.git("ls-files", "--unmerged") == ""
