"""What a page says and how it is put together, without how it looks: for golden files, and for questions to a page."""

from __future__ import annotations

from html.parser import HTMLParser

_EMPTY = {"meta", "input", "circle", "rect", "path"}
_SILENT = {"style", "script", "svg", "head"}
_NAMES = (
    "a article button caption dd details dialog dt fieldset figcaption figure footer form h1 h2 h3 h4 header label li main option "
    "output p section summary td th tr"
)
_BLOCKS = {*_NAMES.split()}


class _Reader(HTMLParser):
    """Attributes: lines of the outline, start tags with their attributes, the contents of styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.inline:
            self.inline[tag].append("")
        if tag not in _EMPTY:
            self._open.append(tag)
        if tag in _BLOCKS and not _SILENT & {*self._open}:
            self.lines.append(f"{'  ' * sum(one in _BLOCKS for one in self._open[:-1])}{tag}:")
        label = dict(attrs).get("aria-label")
        if label and not _SILENT & {*self._open}:
            self.lines[-1] += f" [{label}]"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in self.inline:
            self.inline[self._open[-1]][-1] += data
        elif data.strip() and not _SILENT & {*self._open}:
            self.lines[-1] += f" {' '.join(data.split())}"


def read(page: str) -> _Reader:
    """Read a page; every element must be closed where it should be."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader


def outline(page: str) -> str:
    """The elements that mean something, indented, each with its own text; what changes with every style is left out."""
    return "".join(f"{line}\n" for line in read(page).lines)
