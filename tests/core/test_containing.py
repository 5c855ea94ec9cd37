"""Which versions lack a fix, on histories small enough to read: a letter for the content of each version, `-` for a deletion."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wflgit.core.containing import lacking


def without(history: str, fixed_from: int) -> str:
    """The contents of the versions that lack a fix which came with one version: `.` for each that has it."""
    versions = [(number, None if blob == "-" else blob) for number, blob in enumerate(history, 1)]
    found = lacking(versions, {number for number, _ in versions if number >= fixed_from})
    return "".join(blob if number in found else "." for number, blob in enumerate(history, 1))


@pytest.mark.parametrize(
    ("history", "fixed_from", "expected"),
    [
        ("ABCD", 3, "AB.."),
        ("ABCD", 1, "...."),
        ("ABCD", 5, "ABCD"),
        ("ABAC", 2, "A.AC"),
        ("ABCA", 2, "A..A"),
        ("ABADBE", 2, "A.AD.."),
        ("ABACD", 2, "A.ACD"),
        ("ABCBDC", 3, "AB.BD."),
        ("ABA", 3, ".B."),
        ("ABAC", 3, ".B.."),
        ("ABABA", 3, ".B.B."),
        ("AB-", 2, "A.-"),
        ("AB-B", 2, "A.-."),
        ("AB-A", 2, "A.-A"),
        ("AB-C", 2, "A.-C"),
        ("AB-CB", 2, "A.-C."),
        ("A-B", 2, "A-B"),
        ("A-B", 3, "A-."),
        ("", 1, ""),
    ],
    ids=str,
)
def test_which_versions_lack_a_fix(history: str, fixed_from: int, expected: str) -> None:
    assert without(history, fixed_from) == expected


def test_a_version_that_left_the_trunk_does_not_descend_wherever_its_number_is() -> None:
    versions = [(1, "A"), (2, "B"), (3, "X"), (4, "C"), (5, "B")]
    assert lacking(versions, {2, 4, 5}) == {1, 3}


_HISTORIES = st.lists(st.sampled_from([None, *"ABCDE"]), max_size=8).map(lambda blobs: list(enumerate(blobs, 1)))


@st.composite
def fixed_histories(draw: st.DrawFn) -> tuple[list[tuple[int, str | None]], set[int]]:
    """A history, and the numbers of its versions that descend from a fix: all from some version on, but for those off the trunk."""
    history = draw(_HISTORIES)
    off_trunk = draw(st.sets(st.integers(1, 8), max_size=2))
    return history, set(range(draw(st.integers(1, 9)), 9)) - off_trunk


@given(fixed_histories())
def test_versions_with_the_same_content_share_the_verdict(fixed: tuple[list[tuple[int, str | None]], set[int]]) -> None:
    history, containing = fixed
    found = lacking(history, containing)
    for blob in {blob for _, blob in history}:
        assert len({number in found for number, other in history if other == blob}) == 1
    assert found >= {number for number, blob in history if blob is None}


@given(st.integers(0, 8), st.sets(st.integers(1, 8)))
def test_where_no_content_comes_back_ancestry_says_it_all(length: int, containing: set[int]) -> None:
    history = [(number, str(number)) for number in range(1, length + 1)]
    assert lacking(history, containing) == {number for number, _ in history} - containing


@given(fixed_histories(), st.data())
def test_a_rollback_has_what_the_version_had_that_it_brought_back(
    fixed: tuple[list[tuple[int, str | None]], set[int]], data: st.DataObject
) -> None:
    history, containing = fixed
    assume(containing & {number for number, _ in history})
    to, blob = data.draw(st.sampled_from(history))
    new = len(history) + 1
    before, after = lacking(history, containing), lacking([*history, (new, blob)], containing | {new})
    assert after == before | ({new} if to in before else set())


@given(fixed_histories())
def test_an_edit_has_what_the_version_before_it_had(fixed: tuple[list[tuple[int, str | None]], set[int]]) -> None:
    history, containing = fixed
    descending = [number for number, _ in history if number in containing]
    assume(descending)
    new = len(history) + 1
    before, after = lacking(history, containing), lacking([*history, (new, "edited")], containing | {new})
    assert after == before | ({new} if descending[-1] in before else set())
