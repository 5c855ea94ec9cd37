"""Columns are aligned and fit."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wflgit.render.tables import NARROWEST, Column, Table
from wflgit.render.text import Line, line, plain, width, write

COLUMNS = (Column("ID", right=True), Column("NAME", flexible=True), Column("STEP"), Column("NOTE", flexible=True))


def table(*rows: Line) -> Table:
    return Table(COLUMNS, rows)


def test_columns_are_aligned_numbers_at_the_right_and_nothing_trails() -> None:
    text = plain(table(line("7", "Ana", "hello", ""), line("12", "営業", "wait", "late")).lines())
    assert text == "ID  NAME  STEP   NOTE\n 7  Ana   hello\n12  営業  wait   late\n"


def test_a_table_without_rows_is_empty() -> None:
    assert list(table().lines(80)) == []


def test_free_text_is_cut_to_fit_and_the_rest_is_not() -> None:
    rows = line("7", "x" * 20, "a-long-step-that-stays", "y" * 60)
    lines = [write(parts) for parts in table(rows).lines(80)]
    assert [width(text) for text in lines if width(text) > 80] == []
    assert "a-long-step-that-stays" in lines[1]
    assert "x" * 20 in lines[1]
    assert lines[1].endswith("y…")


def test_nothing_is_cut_without_a_width() -> None:
    assert "y" * 500 in plain(table(line("7", "x", "s", "y" * 500)).lines())


cells = st.text(max_size=50)


@given(st.lists(st.tuples(cells, cells, cells, cells), min_size=1, max_size=5), st.integers(min_value=20, max_value=120))
def test_a_table_is_as_wide_as_asked_or_cut_as_far_as_it_may_be(rows: list[tuple[str, str, str, str]], columns: int) -> None:
    lines = [write(parts) for parts in table(*(line(*row) for row in rows)).lines(columns)]
    assert len(lines) == len(rows) + 1
    fixed = max(width(write(line(row[0]))) for row in [("ID",), *rows]) + max(
        width(write(line(row[2]))) for row in [("", "", "STEP"), *rows]
    )
    assert max(map(width, lines)) <= max(columns, fixed + 2 * NARROWEST + 6)


def test_a_cell_cannot_break_the_table() -> None:
    assert plain(table(line("7", "a\nb", "s", "")).lines()).splitlines()[1] == " 7  a\\x0ab  s"


def test_the_widest_column_gives_way_first_so_that_a_short_one_stays_whole() -> None:
    lines = [write(parts) for parts in table(line("7", "Maya Lindqvist", "s", "y" * 60)).lines(60)]
    assert "Maya Lindqvist" in lines[1]
    assert width(lines[1]) == 60


def test_columns_that_may_not_be_cut_stay_whole_in_any_terminal() -> None:
    fixed = Table((Column("COMMIT"), Column("N", right=True)), [line("0123456789" * 3, "7")])
    assert plain(fixed.lines(10)) == plain(fixed.lines())
