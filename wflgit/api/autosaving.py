"""Saving by itself: content comes from any thread, one thread of its own saves it, and nothing is left when the program ends.

Whoever hands content over only puts it into a queue that may be used within a signal handler too; no lock is shared with the thread
that saves. So a handler can wait for that thread wherever the program stood when the signal came.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Self

from wflgit.api.editing import DefinitionInput, to_bytes
from wflgit.errors import StateError
from wflgit.workspace import Workspace

if TYPE_CHECKING:
    from types import FrameType, TracebackType

    from wflgit.api.bases import Base
    from wflgit.api.drafts import Drafts
    from wflgit.core.drafts import Draft

_PATIENCE_S = 20.0
"""How long somebody waits for the last save: longer than a save waits for a lock."""


class Autosaver:
    """Saves a draft at most once in an interval; made by `repo.drafts.autosave`, used in a `with` statement.

    Attributes:
        slug: the workflow.
        draft: what was saved last; None before the first save.
        error: why the last save failed; None if it did not. It is tried again after another interval, and in the end it is raised.
    """

    def __init__(self, workspace: Workspace, slug: str, *, interval_s: float, base: Base | None) -> None:
        self.draft: Draft | None = None
        self.error: Exception | None = None
        self._workspace = workspace
        self.slug = slug
        self._interval_s = interval_s
        self._base = base
        self._queue: SimpleQueue[bytes | _Wish] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._own: Workspace | None = None
        self._drafts: Drafts | None = None

    # For whoever edits

    def start(self) -> Self:
        """Begin; a `with` statement does it.

        Raises:
            StateError: if it has begun already.
        """
        if self._thread is not None:
            raise StateError(f"auto-saving '{self.slug}' has begun already", hint="make another one: `repo.drafts.autosave(…)`")
        self._thread = threading.Thread(target=self._work, name=f"wflgit-autosave-{self.slug}", daemon=True)
        self._thread.start()
        _guard(self)
        return self

    def update(self, definition: DefinitionInput) -> None:
        """Hand over the whole content as it is now; from any thread, and without waiting for anything.

        Raises:
            StateError: before it has begun, and after it has ended.
        """
        if self._thread is None or not self._thread.is_alive():
            raise StateError(f"nothing auto-saves '{self.slug}' now", hint="use it in a `with` statement")
        self._queue.put(to_bytes(definition))

    def flush(self) -> Draft | None:
        """Save now what was handed over, and wait until that is done.

        Returns:
            What is saved now.

        Raises:
            WflgitError: if it cannot be saved.
        """
        self._ask(_Wish(ending=False))
        if self.error is not None:
            raise self.error
        return self.draft

    def close(self) -> None:
        """Save what is left, and end; a `with` statement does it.

        Raises:
            WflgitError: if the last save failed.
        """
        self._end()
        if self.error is not None:
            raise self.error

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, _kind: type[BaseException] | None, raised: BaseException | None, _trace: TracebackType | None) -> None:
        if raised is None:
            self.close()
            return
        self._end()
        if self.error is not None:
            raised.add_note(f"besides, the draft of '{self.slug}' could not be saved: {self.error}")

    def _end(self) -> None:
        _unguard(self)
        self._ask(_Wish(ending=True))
        if self._thread is not None:
            self._thread.join(_PATIENCE_S)

    def _ask(self, wish: _Wish) -> None:
        """Let the thread do something, and wait for it; a thread that is not there any more has done all it could."""
        if self._thread is not None and self._thread.is_alive():
            self._queue.put(wish)
            if not wish.done.wait(_PATIENCE_S):
                self.error = StateError(
                    f"the draft of '{self.slug}' was not saved within {_PATIENCE_S:g} s",
                    hint="see what holds the repository's locks",
                )

    # In the thread of its own

    def _work(self) -> None:
        unsaved: bytes | None = None
        due_at = 0.0
        try:
            while True:
                said = self._next(None if unsaved is None else due_at - time.monotonic())
                if isinstance(said, bytes):
                    unsaved = said  # saved at once where the last save is an interval ago: a killed program loses little
                    continue
                if unsaved is not None:
                    unsaved = None if self._save(unsaved) else unsaved
                    due_at = time.monotonic() + self._interval_s
                if said is not None:
                    said.done.set()
                    if said.ending:
                        return
        finally:
            self._close_store()

    def _next(self, wait_s: float | None) -> bytes | _Wish | None:
        """What was handed over or wished; None if nothing was for so long."""
        try:
            return self._queue.get(timeout=None if wait_s is None else max(wait_s, 0.0))
        except Empty:
            return None

    def _save(self, content: bytes) -> bool:
        from wflgit.api.drafts import Drafts

        try:
            if self._drafts is None:
                self._own = self._workspace.opened_again()
                self._drafts = Drafts(self._own)
            self.draft = self._drafts.save(self.slug, content, base=self._base)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised where somebody sees it: on leaving
            self.error = error
            return False
        self.error = None
        return True

    def _close_store(self) -> None:
        if self._own is not None and "store" in vars(self._own):
            self._own.store.close()


class _Wish:
    """Something the thread is to do at once: save what is there, and perhaps end then."""

    def __init__(self, *, ending: bool) -> None:
        self.ending = ending
        self.done = threading.Event()


# When the program is told to end

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_active: list[Autosaver] = []
_before: dict[int, Any] = {}
_log = logging.getLogger(__name__)


def _guard(saver: Autosaver) -> None:
    """See that what a saver has is saved when the program ends; signals can be caught from the main thread only."""
    if not _active:
        atexit.register(_save_all)
    _active.append(saver)
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        handler = signal.getsignal(number)
        if number not in _before and handler is not None and handler is not signal.SIG_IGN:
            _before[number] = handler
            signal.signal(number, _on_signal)


def _unguard(saver: Autosaver) -> None:
    if saver in _active:
        _active.remove(saver)
    if _active:
        return
    atexit.unregister(_save_all)
    if threading.current_thread() is threading.main_thread():
        for number in [number for number in _before if signal.getsignal(number) is _on_signal]:
            signal.signal(number, _before.pop(number))


def _save_all() -> None:
    """Save what all savers have; one that cannot be saved is no reason to lose the others."""
    for saver in tuple(_active):
        try:
            saver.flush()
        except Exception as error:  # noqa: BLE001 - nobody is there any more to whom it could be raised
            _log.error("the draft of '%s' could not be saved: %s", saver.slug, error)


def _on_signal(number: int, frame: FrameType | None) -> None:
    """Save, then do what would have been done without us."""
    _save_all()
    handler = _before.get(number, signal.SIG_DFL)
    if callable(handler):
        handler(number, frame)
    elif handler == signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
