"""Text that is fit for a terminal, whatever it was made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.render.text import Span, Style, count, line, plain, printable, shorten, when, width, write


def test_escape_codes_line_breaks_and_direction_marks_are_shown_and_not_obeyed() -> None:
    hostile = "\x1b]0;title\x07 \r\n\x9b31m \u202egnp.exe \u2028 \udc80"
    assert printable(hostile) == "\\x1b]0;title\\x07 \\x0d\\x0a\\x9b31m \\u202egnp.exe \\u2028 \\udc80"


@given(st.text())
def test_a_line_stays_one_line_and_can_be_encoded(text: str) -> None:
    written = write(line(text))
    assert len(written.splitlines()) <= 1
    assert written.isprintable() or all(not ch.isprintable() and ch not in "\x1b\r\n\x9b" for ch in written if not ch.isprintable())
    written.encode("utf-8")


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_a_shortened_text_fits(text: str, columns: int) -> None:
    text = printable(text)
    short = shorten(text, columns)
    assert width(short) <= columns
    assert short == text or short.endswith("…")


def test_wide_characters_count_twice_and_combining_ones_not_at_all() -> None:
    assert width("営業") == 4
    assert width("e\u0301") == 1
    assert shorten("営業のご案内", 7) == "営業の…"


def test_the_paint_gets_every_span_with_its_style_and_harmless_text() -> None:
    parts = line("a ", Span("\x1bb", Style.BAD))
    assert write(parts, lambda text, style: f"<{style}:{text}>") == "<plain:a ><bad:\\x1bb>"


def test_plain_ends_every_line() -> None:
    assert plain([line("a"), line()]) == "a\n\n"


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (None, ""),
        (datetime(2026, 1, 5, 9, 0, tzinfo=UTC), "2026-01-05 09:00"),
        (datetime(2026, 1, 5, 0, 30, tzinfo=timezone(timedelta(hours=2))), "2026-01-04 22:30"),
    ],
)
def test_times_are_in_utc_to_the_minute(moment: datetime | None, said: str) -> None:
    assert when(moment) == said


def test_a_count_has_its_plural() -> None:
    assert [count(0, "step"), count(1, "step"), count(12_345, "step")] == ["0 steps", "1 step", "12,345 steps"]
