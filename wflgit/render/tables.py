"""Aligned columns that fit the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wflgit.render.text import Line, Span, Style, printable, shorten, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

GAP = "  "
NARROWEST = 12
"""How many columns of a flexible one are left at least, where it has them."""


class Column(NamedTuple):
    """How a column is written: numbers stand at its right side; free text may be cut to make the table fit."""

    title: str
    right: bool = False
    flexible: bool = False


class Table(NamedTuple):
    """Rows of cells under titles. Without rows there are no titles either."""

    columns: tuple[Column, ...]
    rows: Sequence[Line]

    def lines(self, columns: int | None = None) -> Iterator[Line]:
        """Lay the table out.

        Args:
            columns: how wide it may be; None for as wide as it needs, where nothing is cut.
        """
        if not self.rows:
            return
        titles = tuple(Span(column.title, Style.DIM) for column in self.columns)
        cells = [tuple(Span(printable(cell.text), cell.style) for cell in row) for row in (titles, *self.rows)]
        widths = self._widths(cells, columns)
        for row in cells:
            yield tuple(self._aligned(row, widths))

    def _widths(self, cells: Sequence[Line], limit: int | None) -> list[int]:
        """As wide as the widest cell; where that is too much, the widest flexible column gives way, again and again."""
        widths = [max(width(row[index].text) for row in cells) for index in range(len(self.columns))]
        if limit is None:
            return widths
        flexible = [index for index, column in enumerate(self.columns) if column.flexible]
        for index in flexible:
            widths[index] = min(widths[index], max(limit, NARROWEST))
        while flexible and sum(widths) + len(GAP) * (len(widths) - 1) > limit:
            widest = max(flexible, key=widths.__getitem__)
            if widths[widest] <= NARROWEST:
                break
            widths[widest] -= 1
        return widths

    def _aligned(self, row: Line, widths: Sequence[int]) -> Iterator[Span]:
        last = max((index for index, cell in enumerate(row) if cell.text), default=0)
        for index, (cell, column, columns) in enumerate(zip(row, self.columns, widths, strict=True)):
            if index > last:
                return
            text = shorten(cell.text, columns)
            space = " " * (columns - width(text))
            if index:
                yield Span(GAP)
            if column.right and space:
                yield Span(space)
            yield Span(text, cell.style)
            if not column.right and space and index < last:
                yield Span(space)


def laid_out(parts: Iterable[Line | Table], columns: int | None = None) -> Iterator[Line]:
    """Lines with tables between them, as lines.

    Args:
        parts: the lines and tables.
        columns: how wide the tables may be; None for as wide as they need.
    """
    for part in parts:
        if isinstance(part, Table):
            yield from part.lines(columns)
        else:
            yield part
