"""What git calls by itself, once for each file and without anybody looking: it is quick, and whatever it is given, git goes on."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.api.driving import Driven

CLEAN, CONFLICTS, FAILED, NOTHING_DONE = 0, 1, 129, 130
"""Exit codes of the merge driver; git takes those above 128 for a failure."""


def textconv(file: str) -> None:
    """Write the outline of a workflow file to stdout; what is no workflow goes through as it is, byte by byte.

    It never fails, for git would end the whole diff: a file that cannot be read is only told on stderr.
    """
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 - pathlib takes a tenth of the time that all of this may take
            content = opened.read()
    except OSError as error:
        sys.stderr.write(f"wflgit textconv: '{file}' cannot be read: {error.strerror}\n")
        return
    _write(outline(content))


def outline(content: bytes) -> bytes:
    """The outline of a definition of any format; the content itself if none can be made."""
    try:
        from wflgit.core.formats import parse
        from wflgit.render.outline import outline_lines

        return "".join(f"{line}\n" for line in outline_lines(parse(content).graph)).encode()
    except Exception:  # noqa: BLE001 - the last resort: a diff of the bytes is better than none of the other files either
        return content


def merge_driver(base: str, ours: str, theirs: str, *more: str) -> int:
    """Merge the file `ours` in its place; git calls it with `%O %A %B %L %P`, and newer ones with `%S %X %Y`.

    The file is replaced as a whole and never removed: git finds what was there or what came of it. Whatever goes wrong, both sides
    are in the file: as git itself would put them together, line by line.

    Returns:
        0 if it is merged; 1 if there are conflicts, with markers around them; 129 if wflgit failed and the markers are those of
        git; 130 if not even the files could be read.
    """
    size = more[0] if more else str(_MARKER)
    path = more[1] if more[1:] else ours
    try:
        contents = [_read(file) for file in (base, ours, theirs)]
    except OSError as error:
        sys.stderr.write(f"wflgit merge-driver: '{error.filename}' cannot be read: {error.strerror}\n")
        return NOTHING_DONE
    if os.environ.get("WFLGIT_MERGE") == "off":
        return _by_lines(contents, ours, size, CONFLICTS)
    try:
        driven = _by_steps(contents, size, more[2:5])
    except Exception as error:  # noqa: BLE001 - the last resort: whatever it is, no side may be lost
        said = f"{type(error).__name__}: {error}".partition("\n")[0]
        sys.stderr.write(f"wflgit merge-driver: '{path}' is merged line by line, for wflgit failed with {said}\n")
        return _by_lines(contents, ours, size, FAILED)
    _say(driven, path)
    _replace(ours, driven.content)
    return CLEAN if driven.is_clean else CONFLICTS


def say_so(code: int) -> int:
    """Say on stdout what came of a merge, for those who do not trust exit codes; returns the code.

    Silence is that nothing was done.
    """
    words = {CLEAN: "merged\n", CONFLICTS: "conflicts\n", FAILED: "conflicts\n"}
    sys.stdout.write(words.get(code, ""))
    return code


def _by_steps(contents: Sequence[bytes], size: str, labels: Sequence[str]) -> Driven:
    from pathlib import Path

    from wflgit.api.driving import drive, name_sides

    # A git that knows nothing of labels passes on what it does not understand.
    known = [None if not label or label.startswith("%") else label for label in labels]
    folder = Path.cwd()
    base, ours, theirs = contents
    named = name_sides(folder, *known) if any(known) else None
    return drive(base, ours, theirs, folder=folder, labels=named, size=_size(size))


def _by_lines(contents: Sequence[bytes], file: str, size: str, code: int) -> int:
    base, ours, theirs = contents
    try:
        from wflgit.api.driving import drive_by_lines
        from wflgit.core.marking import Labels

        driven = drive_by_lines(base, ours, theirs, labels=Labels(), size=_size(size))
    except Exception:  # noqa: BLE001 - not even that works: then both sides as they are, made by what cannot fail
        marks = (mark * _size(size) for mark in (b"<", b"=", b">"))
        _replace(file, b"%b ours\n%b\n%b\n%b\n%b theirs\n" % (next(marks), ours, next(marks), theirs, next(marks)))
        return code
    _replace(file, driven.content)
    return CLEAN if driven.is_clean else code


def _size(text: str) -> int:
    return int(text) if text.isdecimal() and 0 < int(text) <= _LARGEST_MARKER else _MARKER


_MARKER, _LARGEST_MARKER = 7, 1000


def _say(driven: Driven, path: str) -> None:
    """Tell on stderr what has to be decided, and what was decided without asking."""
    from wflgit.render.text import printable

    for note in driven.notes:
        sys.stderr.write(printable(f"wflgit: {path}: note: {note}") + "\n")
    for conflict in driven.conflicts:
        sys.stderr.write(printable(f"wflgit: {path}: conflict: {conflict.path}: {conflict.message}") + "\n")
    if driven.conflicts:
        sys.stderr.write("wflgit: `wflgit resolve` shows the choices\n")


def _read(file: str) -> bytes:
    with open(file, "rb") as opened:  # noqa: PTH123 - as above
        return opened.read()


def _replace(file: str, content: bytes) -> None:
    temporary = f"{file}.wflgit"
    try:
        with open(temporary, "wb") as opened:  # noqa: PTH123
            opened.write(content)
        os.replace(temporary, file)  # noqa: PTH105
    finally:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108


def _write(content: bytes) -> None:
    # All at once and past `sys.stdout`, which would complain once more at the end if git stopped reading.
    with suppress(BrokenPipeError), open(1, "wb", closefd=False) as stdout:
        stdout.write(content)
