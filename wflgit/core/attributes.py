"""The lines of `.gitattributes` that make Git show workflow files by a driver, and a file with and without them. Pure.

They stand between two marks, before all that was there: a later line counts more in Git, so the user's own ones win, and taking the
block out leaves every byte of the file as it was.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wflgit.core.globs import is_wild

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wflgit.core.paths import WorkflowPaths

BEGIN = "# begin: written by `wflgit install`, removed by `wflgit uninstall`"
END = "# end of wflgit"

_BOM = b"\xef\xbb\xbf"
_BLOCK = re.compile(rb"^%s\r?\n.*?^%s[ \t\r]*(?:\n|\Z)" % (re.escape(BEGIN.encode()), END.encode()), re.MULTILINE | re.DOTALL)


def attribute_lines(paths: WorkflowPaths, drivers: Iterable[str], driver: str) -> Iterator[str]:
    """A line for each glob of workflow files, then one for each that is excluded.

    Args:
        paths: the globs.
        drivers: the attributes that name a driver, such as `diff`.
        driver: its name.

    >>> from wflgit.core.paths import WorkflowPaths
    >>> list(attribute_lines(WorkflowPaths(("flows/*.json",), ("flows/old.json",)), ["diff"], "wflgit"))
    ['/flows/*.json diff=wflgit', '/flows/old.json !diff', '/flows/old.json/** !diff']
    """
    drivers = tuple(drivers)
    for glob in paths.include:
        for pattern in _patterns(glob):
            yield " ".join([pattern, *(f"{name}={driver}" for name in drivers)])
    for glob in paths.exclude:
        for pattern in _patterns(glob):
            yield " ".join([pattern, *(f"!{name}" for name in drivers)])


def _patterns(glob: str) -> Iterator[str]:
    """A glob as patterns of attributes: from the root, and where it names a folder, all that is in it."""
    if not glob.endswith("/"):
        yield _quoted(f"/{glob}")
    if glob.endswith("/") or not is_wild(glob):
        yield _quoted(f"/{glob.rstrip('/')}/**")


def _quoted(pattern: str) -> str:
    if not re.search(r'[\s"]', pattern):
        return pattern
    escaped = pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def find_block(content: bytes) -> bytes | None:
    """The block of wflgit in a file of attributes, with its marks; None if there is none."""
    found = _BLOCK.search(content.removeprefix(_BOM))
    return found[0] if found else None


def with_block(content: bytes, lines: Iterable[str]) -> bytes:
    """A file of attributes with these lines in the block of wflgit; what else is in it stays as it is."""
    bom, rest = _split(content)
    first, newline, _ = rest.partition(b"\n")
    end = "\r\n" if newline and first.endswith(b"\r") else "\n"
    block = "".join(f"{line}{end}" for line in (BEGIN, *lines, END)).encode()
    if find_block(content) is None:
        return bom + block + rest
    return bom + _BLOCK.sub(lambda _: block, rest, count=1)


def without_block(content: bytes) -> bytes:
    """A file of attributes without the block of wflgit."""
    bom, rest = _split(content)
    return bom + _BLOCK.sub(b"", rest, count=1)


def _split(content: bytes) -> tuple[bytes, bytes]:
    rest = content.removeprefix(_BOM)
    return content[: len(content) - len(rest)], rest
