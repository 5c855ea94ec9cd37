"""Conflict markers: what they stand around, how a marked text reads, and what is written beside them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import steps
from wflgit.api.marking import mark
from wflgit.core.canonical import dump
from wflgit.core.catalog import BUILT_IN
from wflgit.core.marking import Labels, describe, take_apart, whole_file
from wflgit.core.merge import merge
from wflgit.core.merge.conflicts import ConflictKind, MergeConflict, Merged
from wflgit.core.validation import validate
from wflgit.git.linemerge import merge_lines


def definition(*ids: str, **config: Any) -> bytes:
    return dump({"name": "Welcome", **steps(*ids, **config)})


CASES = {
    "field": (definition("a", "b"), definition("a", "b", a={"tag": "x"}), definition("a", "b", a={"tag": "y"})),
    "both-insert": (definition("a", "b"), definition("a", "x", "b"), definition("a", "y", "b")),
    "delete-modify": (definition("a", "b", "c"), definition("a", "c"), definition("a", "b", "c", b={"tag": "y"})),
    "both-added": (b"", definition("a", "b"), definition("a", "c")),
    "one-line-files": (definition("a"), dump(steps("a", a={"tag": "x"})).replace(b"\n", b""), definition("a", a={"tag": "y"})),
    "unreadable": (definition("a"), b'{"steps": ', definition("a", "b")),
    "no-final-newline": (definition("a"), definition("a", a={"tag": "x"})[:-1], definition("a", a={"tag": "y"})),
    "windows": tuple(
        one.replace(b"\n", b"\r\n") for one in (definition("a"), definition("a", a={"tag": "x"}), definition("a", a={"tag": "y"}))
    ),
    "no-text": (definition("a"), definition("a", "b"), b"\x00\xff"),
}


def resolved(sides: tuple[bytes, bytes, bytes], **answers: str) -> Merged:
    return merge(
        sides[0] or None,
        sides[1],
        sides[2],
        answers={"*": answers["every"]} if answers else {},
        problems=lambda content: validate(content, BUILT_IN),
        lines=merge_lines,
    )


@pytest.mark.parametrize("size", [7, 9, 3])
@pytest.mark.parametrize("sides", CASES.values(), ids=CASES)
def test_a_marked_file_reads_for_each_side_as_that_side_wants_it(sides: tuple[bytes, bytes, bytes], size: int) -> None:
    marked = mark(sides, resolved(sides).conflicts, lambda answers: resolved(sides, every=answers["*"]), size=size)
    apart = take_apart(marked, size)
    assert apart.marks
    assert apart.ours.strip() == (resolved(sides, every="ours").content or sides[1]).strip()
    assert apart.theirs.strip() == (resolved(sides, every="theirs").content or sides[2]).strip()


def test_what_nobody_can_put_together_stands_between_markers_as_a_whole() -> None:
    assert whole_file(b"a", b"b\n", Labels(), 7) == b"<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n"


def test_a_text_with_markers_of_another_size_has_none() -> None:
    marked = whole_file(b"a\n", b"b\n", Labels(), 9)
    assert take_apart(marked, 7).marks == ()
    assert take_apart(marked, 9).ours == b"a\n"


@pytest.mark.parametrize("path", ["steps/a/config/" + "x" * 500, "steps/a\nb/config", "graph"])
def test_what_stands_beside_a_marker_fits_in_a_line(path: str) -> None:
    said = describe(MergeConflict(path, ConflictKind.FIELD, "", step="a"))
    assert said.isprintable()
    assert 0 < len(said) <= 100


def test_nothing_is_decided_outside_of_the_markers() -> None:
    """Where our side is as it was before, lines would be taken from theirs without asking, though it is part of a conflict."""
    contents = {"base": b"1\n2\n3\n4\n5\n", "ours": b"1\n2\n3\n4\nX\n", "theirs": b"Z\n2\n3\n4\nY\n"}
    sides = (contents["base"], contents["ours"], contents["theirs"])
    apart = take_apart(mark(sides, (), lambda answers: Merged(contents[answers["*"]])), 7)
    assert apart.marks
    assert (apart.ours, apart.theirs) == (contents["ours"], contents["theirs"])
