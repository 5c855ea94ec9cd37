"""Auto-saving: nothing that was handed over is lost, however the program ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING

import pytest

from tests.builders import MAYA, Story, make_repo, steps, to_content
from wflgit.api.autosaving import Autosaver
from wflgit.api.drafts import Drafts
from wflgit.errors import DefinitionError, StateError

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b'{"password": "5f0c1d"}'


def edit(*ids: str) -> bytes:
    return to_content("welcome", steps(*ids))


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return make_repo(tmp_path / "acme").commit(welcome=edit("hello"))


@pytest.fixture
def drafts(story: Story) -> Drafts:
    return Drafts(story.repo.workspace)


def crash_after(saver: Autosaver, content: bytes) -> None:
    """Hand something over, and fail."""
    saver.update(content)
    raise ZeroDivisionError


def saved_now(saver: Autosaver) -> None:
    """Wait until the interval has done its work."""
    waiting = threading.Event()
    while saver.draft is None and saver.error is None:
        waiting.wait(0.01)


def test_what_was_handed_over_last_is_saved_on_leaving(drafts: Drafts) -> None:
    with drafts.autosave("welcome") as saver:
        for number in range(50):
            saver.update(edit("hello", f"step_{number}"))
    assert drafts.content("welcome") == edit("hello", "step_49")
    assert saver.draft == drafts.get("welcome")
    assert len(drafts.history("welcome")) <= 2, "the first at once, and then one an interval, whatever comes within it"


def test_what_is_handed_over_first_is_saved_at_once(drafts: Drafts) -> None:
    with drafts.autosave("welcome", interval=1_000) as saver:
        saver.update(edit("hello", "bye"))
        saved_now(saver)
        assert drafts.content("welcome") == edit("hello", "bye")


def test_within_the_with_the_interval_saves(drafts: Drafts) -> None:
    with drafts.autosave("welcome", interval=0.01) as saver:
        saver.update(edit("hello", "bye"))
        saved_now(saver)
        assert drafts.content("welcome") == edit("hello", "bye")


def test_flushing_saves_at_once(drafts: Drafts) -> None:
    with drafts.autosave("welcome") as saver:
        assert saver.flush() is None
        saver.update(steps("hello", "bye", name="Welcome"))
        draft = saver.flush()
        assert draft == drafts.get("welcome")


def test_an_exception_saves_and_goes_on(drafts: Drafts) -> None:
    with pytest.raises(ZeroDivisionError), drafts.autosave("welcome") as saver:
        crash_after(saver, edit("hello", "bye"))
    assert drafts.content("welcome") == edit("hello", "bye")


def test_the_last_error_is_raised_on_leaving(drafts: Drafts) -> None:
    with pytest.raises(DefinitionError, match="plain text"), drafts.autosave("welcome") as saver:
        saver.update(SECRET)
    assert drafts.list() == []


def test_an_error_beside_an_exception_is_noted_on_that(drafts: Drafts) -> None:
    with pytest.raises(ZeroDivisionError) as raised, drafts.autosave("welcome") as saver:
        crash_after(saver, SECRET)
    assert "could not be saved" in raised.value.__notes__[0]


def test_an_error_that_a_later_save_has_mended_is_none(drafts: Drafts) -> None:
    with drafts.autosave("welcome") as saver:
        saver.update(SECRET)
        with pytest.raises(DefinitionError):
            saver.flush()
        saver.update(edit("hello", "bye"))
    assert saver.error is None
    assert drafts.content("welcome") == edit("hello", "bye")


def test_content_comes_from_many_threads(drafts: Drafts) -> None:
    with drafts.autosave("welcome", interval=0.01) as saver:
        threads = [threading.Thread(target=saver.update, args=(edit("hello", f"step_{number}"),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert drafts.content("welcome") in {edit("hello", f"step_{number}") for number in range(8)}


def test_two_savers_of_two_workflows_go_side_by_side(drafts: Drafts) -> None:
    with drafts.autosave("welcome") as one, drafts.autosave("sales/hello") as other:
        one.update(edit("hello", "one"))
        other.update(edit("hello", "other"))
    assert drafts.content("welcome") == edit("hello", "one")
    assert drafts.content("sales/hello") == edit("hello", "other")


def test_before_and_after_nothing_is_taken(drafts: Drafts) -> None:
    saver = drafts.autosave("welcome")
    with pytest.raises(StateError, match="nothing auto-saves"):
        saver.update(edit("hello"))
    with saver:
        pass
    with pytest.raises(StateError):
        saver.update(edit("hello"))
    with pytest.raises(StateError, match="begun already"):
        saver.start()


def test_the_handlers_of_signals_are_as_before_once_it_has_ended(drafts: Drafts) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with drafts.autosave("welcome"):
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


PROGRAM = """
import os, signal, sys, time
import wflgit
from wflgit.api.drafts import Drafts
repo = wflgit.open(sys.argv[1], actor=wflgit.Actor("maya@example.com", "Maya"))
saver = Drafts(repo.workspace).autosave("welcome", interval=3600)
{before}
saver.start()
saver.update(sys.stdin.buffer.read())
{ending}
"""

ENDINGS = {
    "SIGTERM": ("", "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -signal.SIGTERM),
    "SIGHUP": ("", "os.kill(os.getpid(), signal.SIGHUP); time.sleep(60)", -signal.SIGHUP),
    "SIGINT": ("", "os.kill(os.getpid(), signal.SIGINT); time.sleep(60)", -signal.SIGINT),
    "a handler of the program's own": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))",
        "os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)",
        7,
    ),
    "the end of the program": ("", "", 0),
    "sys.exit": ("", "sys.exit(3)", 3),
    "an exception": ("", "raise SystemError", 1),
}


@pytest.mark.parametrize("how", [pytest.param(how, marks=[] if how == "SIGTERM" else pytest.mark.slow) for how in ENDINGS])
def test_what_was_handed_over_is_saved_when_the_program_ends_by(how: str, story: Story, drafts: Drafts) -> None:
    before, ending, code = ENDINGS[how]
    program = textwrap.dedent(PROGRAM).format(before=before, ending=ending)
    command = [sys.executable, "-c", program, str(story.path)]
    done = subprocess.run(command, input=edit("hello", "bye"), capture_output=True, check=False, timeout=60)
    assert done.returncode == code, done.stderr.decode()
    assert drafts.content("welcome") == edit("hello", "bye")
    assert drafts.get("welcome").user == MAYA.id
