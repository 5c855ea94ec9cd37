"""A review in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reviews import SECRETS, clean_review, sample_review, unknown_review
from wflgit.render.review.terminal import review_lines
from wflgit.render.text import plain, width, write

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_review_in_a_terminal(golden: Callable[[str], None]) -> None:
    golden(plain(review_lines(sample_review())))


def test_a_review_in_a_narrow_terminal(golden: Callable[[str], None]) -> None:
    golden(plain(review_lines(sample_review(), 60)))


def test_a_review_by_somebody_who_knows_of_no_executions(golden: Callable[[str], None]) -> None:
    golden(plain(review_lines(unknown_review(), 100)))


def test_a_clean_review_says_so() -> None:
    assert plain(review_lines(clean_review())).endswith("clean (fails on error): no findings\n")


def test_no_secret_and_no_escape_code_reaches_the_terminal() -> None:
    text = plain(review_lines(sample_review()))
    assert [found for found in (*SECRETS, "\x1b", "\x07", "\u202e") if found in text] == []


@settings(max_examples=10, deadline=None)
@given(st.integers(40, 140))
def test_every_line_fits_and_no_word_is_lost(columns: int) -> None:
    wide, fitted = ([write(parts) for parts in review_lines(sample_review(), limit)] for limit in (None, columns))
    assert max(width(text) for text in fitted) <= columns
    assert not any(text.endswith(" ") for text in fitted)
    short = [text for text in wide if all(len(word) < columns - 20 for word in text.split(" "))]
    assert not {word for text in short for word in text.split()} - {word for text in fitted for word in text.split()}
