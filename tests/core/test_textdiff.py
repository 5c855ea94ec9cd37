"""What changed inside of long texts."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.textdiff import Mark, Piece, is_text_change, text_diff

TEXTS = st.text(st.sampled_from("ab \n."), max_size=40)


def test_lines_near_a_change_are_shown_and_others_are_counted() -> None:
    lines = [f"line {number}" for number in range(20)]
    found = text_diff("\n".join(lines), "\n".join([*lines[:10], "another", *lines[11:]]))
    assert found.by_lines
    assert [piece.text for piece in found.pieces] == [
        "8 equal lines", "line 8", "line 9", "line 10", "another", "line 11", "line 12", "7 equal lines"
    ]  # fmt: skip


def test_of_one_long_line_the_words_are_compared() -> None:
    found = text_diff(f"{'yes ' * 50}old {'no ' * 50}", f"{'yes ' * 50}new {'no ' * 50}")
    assert not found.by_lines
    assert Piece(Mark.REMOVED, "old") in found.pieces
    assert Piece(Mark.ADDED, "new") in found.pieces
    assert found.pieces[0] == Piece(Mark.SKIPPED, "168 equal characters")


def test_texts_that_have_too_little_in_common_are_only_counted() -> None:
    old, new = ("\n".join(f"{name} {number}" for number in range(1000)) for name in ("old", "new"))
    assert text_diff(old, new).pieces == (Piece(Mark.REMOVED, "(1,000 lines)"), Piece(Mark.ADDED, "(1,000 lines)"))
    assert text_diff("x" * 2_000_000, "y").pieces == (
        Piece(Mark.REMOVED, "(2,000,000 characters)"),
        Piece(Mark.ADDED, "(1 characters)"),
    )


def test_short_lines_and_what_is_no_text_are_not_looked_into() -> None:
    assert not is_text_change("short", "other")
    assert not is_text_change("x" * 100, 7)
    assert is_text_change("a\nb", "a")
    assert is_text_change("x", "x" * 81)


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_what_stayed_and_came_is_the_new_text_and_what_stayed_and_went_the_old_one(old: str, new: str) -> None:
    found = text_diff(old, new)
    if any(piece.mark is Mark.SKIPPED for piece in found.pieces):
        return
    glue = "\n" if found.by_lines else ""
    for text, mark in ((old, Mark.REMOVED), (new, Mark.ADDED)):
        assert glue.join(piece.text for piece in found.pieces if piece.mark in (Mark.SAME, mark)) == text
