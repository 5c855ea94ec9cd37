"""Every exception has a code of its own, stands in the tree, and is explained to users."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import wflgit.cli.main  # noqa: F401 - it has two classes of its own
from wflgit import errors
from wflgit.errors import WflgitError

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
BRANCH = re.compile(r"^ {4}(?P<rail>[│├└─ ]*)(?P<name>\w+(?:Error|Denied))(?: +(?P<code>[a-z-]+) {2,}\S.*)?$", re.MULTILINE)


def subclasses(kind: type[WflgitError]) -> Iterator[type[WflgitError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


EVERY = list(dict.fromkeys(subclasses(WflgitError)))
PUBLIC = [kind for kind in EVERY if kind.__module__ == errors.__name__]


def drawn() -> dict[str, tuple[str | None, str | None]]:
    """The tree of the docstring: by class, the class it hangs from and its code."""
    found: dict[str, tuple[str | None, str | None]] = {}
    above: list[str] = []
    for match in BRANCH.finditer(errors.__doc__ or ""):
        depth = len(match["rail"]) // 4
        above[depth:] = [match["name"]]
        found[match["name"]] = (above[depth - 1] if depth else None, match["code"])
    return found


def test_every_exception_has_a_code_of_its_own() -> None:
    codes = Counter(kind.code for kind in EVERY)
    assert [code for code, count in codes.items() if count > 1] == []
    assert [kind.__name__ for kind in EVERY if "code" not in vars(kind)] == []


@pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.__name__)
def test_codes_are_kebab_case_and_class_names_say_that_they_are_errors(kind: type[WflgitError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)
    assert kind.__name__.endswith(("Error", "Denied"))


@pytest.mark.parametrize("kind", PUBLIC[1:], ids=lambda kind: kind.__name__)
def test_the_tree_at_the_top_of_the_file_draws_every_exception_where_it_belongs(kind: type[WflgitError]) -> None:
    assert drawn().get(kind.__name__) == (kind.__bases__[0].__name__, kind.code)


def test_the_tree_draws_nothing_that_is_not_there() -> None:
    assert drawn().keys() == {kind.__name__ for kind in PUBLIC}


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_the_page_on_errors_explains_every_exception(kind: type[WflgitError]) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind.code}` | `{kind.__name__}` |")]
    assert len(rows) == 1
    assert all(cell.strip() for cell in rows[0].strip("|").split("|"))


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind not in PUBLIC], ids=lambda kind: kind.__name__)
def test_the_page_on_errors_names_the_codes_of_the_command_line(kind: type[WflgitError]) -> None:
    assert f"`{kind.code}`" in PAGE


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_every_exception_says_when_it_is_raised(kind: type[WflgitError]) -> None:
    assert kind.__doc__


def test_exit_codes_are_those_of_the_page() -> None:
    from wflgit.cli import main

    for code in (main.OK, main.NEGATIVE, main.USAGE, main.BUG, main.CONFLICT, main.INTERRUPTED):
        assert f"\n| {code} |" in PAGE
