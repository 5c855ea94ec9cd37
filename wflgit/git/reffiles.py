"""Refs as files: loose ones and `packed-refs`, read without libgit2, which knows no prefix and loads every packed ref.

Only reading, only paths and bytes; the loose file is read first and wins, because git packs a ref before it removes the file.
"""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wflgit.git.boundary import unreadable_ref

PACKED = "packed-refs"
_OID = re.compile(rb"([0-9a-f]{40})(?:\s.*)?", re.DOTALL)
_SYMBOLIC = b"ref:"


def read_loose(git_dir: Path, name: str) -> str | None:
    """The content of a loose ref: an object id, or `ref: <name>` for a symbolic one; None if there is no such file.

    Raises:
        RepositoryError: the file holds neither.
    """
    try:
        content = Path(git_dir, name).read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    return _parse_loose(git_dir, name, content)


def _parse_loose(git_dir: Path, name: str, content: bytes) -> str:
    text = content.rstrip()
    direct = _OID.fullmatch(text)
    if direct:
        return direct.group(1).decode()
    if text.startswith(_SYMBOLIC):
        return f"ref: {os.fsdecode(text[len(_SYMBOLIC) :].strip())}"
    raise unreadable_ref(
        name, git_dir, ValueError(f"expected 40 hex digits, but its file holds '{text[:60].decode(errors='replace')}'")
    )


def list_loose(git_dir: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Every loose ref below a folder with its content as by `read_loose`, in no order; lock files are not refs."""
    folders = [prefix]
    while folders:
        folder = folders.pop()
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(git_dir / folder) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(f"{folder}{entry.name}/")
                elif not entry.name.endswith(".lock"):
                    content = read_loose(git_dir, folder + entry.name)
                    if content is not None:
                        yield folder + entry.name, content


def read_packed(git_dir: Path, name: str) -> str | None:
    """The object id of a packed ref, or None."""
    wanted = os.fsencode(name)
    return next((oid.decode() for found, oid in _packed_records(git_dir, wanted, wanted + b"\0") if found == wanted), None)


def list_packed(git_dir: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Every packed ref below a folder with its object id."""
    wanted = os.fsencode(prefix)
    for name, oid in _packed_records(git_dir, wanted, wanted + b"\xff"):
        if name.startswith(wanted):
            yield os.fsdecode(name), oid.decode()


def _packed_records(git_dir: Path, low: bytes, high: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The records from name `low` up to, without, name `high`; all of them where git does not say that the file is sorted."""
    try:
        with (git_dir / PACKED).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            block = _block(data, low, high)
    except (FileNotFoundError, ValueError):
        # mmap refuses an empty file with a ValueError.
        return
    for line in block.split(b"\n"):
        if line[:1] not in (b"^", b"#", b""):
            yield line[41:], line[:40]


def _block(data: mmap.mmap, low: bytes, high: bytes) -> bytes:
    header = data[: data.find(b"\n") + 1]
    if not (header.startswith(b"# pack-refs") and b" sorted" in header):
        return data[:]
    start = _lower_bound(data, low, len(header))
    return data[start : _lower_bound(data, high, start)]


def _lower_bound(data: mmap.mmap, name: bytes, start: int) -> int:
    """The offset of the first record at or after `start` whose name is not below `name`; `start` is that of a record."""
    low, high = start, len(data)
    while low < high:
        line = _record_start(data, (low + high) // 2, low)
        end = data.find(b"\n", line)
        end = high if end < 0 else end
        if data[line + 41 : end] < name:
            low = min(end + 1, high)
        else:
            high = line
    return low


def _record_start(data: mmap.mmap, at: int, low: int) -> int:
    """Step back from any offset to the start of its record; the line of a peeled tag belongs to the one before."""
    line = data.rfind(b"\n", low, at) + 1 or low
    if data[line : line + 1] == b"^":
        line = data.rfind(b"\n", low, line - 1) + 1 or low
    return line
