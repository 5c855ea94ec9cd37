"""What git calls by itself, once for each file and without anybody looking: it is quick, and whatever it is given, git goes on."""

from __future__ import annotations

import sys
from contextlib import suppress


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


def _write(content: bytes) -> None:
    # All at once and past `sys.stdout`, which would complain once more at the end if git stopped reading.
    with suppress(BrokenPipeError), open(1, "wb", closefd=False) as stdout:
        stdout.write(content)
