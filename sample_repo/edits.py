"""What a commit of the history changed, told as what was there before it.

The files in `account/` are the end of the story. Each edit takes the account one step back: it is called with the files
as a commit left them and turns them into the files that the commit found. So the story needs no second copy of any
workflow, and its names read as its past: `was`, `lacked_steps`, `had_file`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wflgit.core.canonical import dump

if TYPE_CHECKING:
    from types import EllipsisType

Files = dict[str, bytes]
"""The files of the account by path."""

Before = Callable[[Files], None]
"""Takes the files back to what they were before a commit."""

RETIRED = Path(__file__).parent / "retired"
CONTACTS = "contacts.csv"


def lacked_files(*paths: str) -> Before:
    """The commit added these files."""

    def before(files: Files) -> None:
        for path in paths:
            del files[path]

    return before


def had_file(path: str) -> Before:
    """The commit deleted this file; `retired/` keeps what it held."""

    def before(files: Files) -> None:
        files[path] = (RETIRED / path).read_bytes()

    return before


def was_named(old: str, new: str) -> Before:
    """The commit moved a file from `old` to `new`."""

    def before(files: Files) -> None:
        files[old] = files.pop(new)

    return before


def lacked_line(path: str, line: str) -> Before:
    """The commit added this line to a text file."""

    def before(files: Files) -> None:
        files[path] = files[path].replace(f"{line}\n".encode(), b"", 1)

    return before


def contacts_ended(day: str) -> Before:
    """The commit appended contacts; those before it were made up to this day (`2025-04-30`)."""

    def before(files: Files) -> None:
        header, *rows = files[CONTACTS].splitlines(keepends=True)
        files[CONTACTS] = header + b"".join(row for row in rows if row.rsplit(b",", 1)[1].strip() <= day.encode())

    return before


def was(slug: str, pointer: str, value: Any) -> Before:
    """The commit changed what stands at `pointer` (keys and indexes joined by dots), or removed it; it was `value`."""

    def change(document: dict[str, Any]) -> None:
        holder, key = _place(document, pointer)
        holder[key] = value

    return _workflow(slug, change)


def lacked(slug: str, pointer: str) -> Before:
    """The commit added what stands at `pointer`."""

    def change(document: dict[str, Any]) -> None:
        holder, key = _place(document, pointer)
        del holder[key]

    return _workflow(slug, change)


def lacked_steps(slug: str, *steps: str, onward: str | EllipsisType | None = ...) -> Before:
    """The commit spliced these steps in.

    What leads to one of them now led to `onward` before: a step, None for the end, or, left out, what follows the last of them.
    """

    def change(document: dict[str, Any]) -> None:
        target = document["steps"][steps[-1]]["next"] if onward is ... else onward
        for step in steps:
            del document["steps"][step]
        for holder, key in _edges(document):
            if holder[key] in steps:
                holder[key] = target

    return _workflow(slug, change)


def step_was_named(slug: str, old: str, new: str) -> Before:
    """The commit gave the step `old` the id `new`."""

    def change(document: dict[str, Any]) -> None:
        document["steps"] = {old if step == new else step: said for step, said in document["steps"].items()}
        for holder, key in _edges(document):
            if holder[key] == new:
                holder[key] = old

    return _workflow(slug, change)


def _workflow(slug: str, change: Callable[[dict[str, Any]], None]) -> Before:
    def before(files: Files) -> None:
        path = f"workflows/{slug}.json"
        document = json.loads(files[path])
        change(document)
        files[path] = dump(document)

    return before


def _place(document: Any, pointer: str) -> tuple[Any, str | int]:
    *keys, last = (int(key) if key.isdigit() else key for key in pointer.split("."))
    for key in keys:
        document = document[key]
    return document, last


def _edges(document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every place of a document that names a step to go to, as the object that holds it and the key."""
    yield document, "start"
    for step in document["steps"].values():
        yield from ((step, key) for key in ("next", "otherwise", "on_timeout", "on_error") if key in step)
        yield from ((branch, "next") for branch in step.get("branches", ()))
    yield from ((goal, "next") for goal in document.get("goals", ()))
