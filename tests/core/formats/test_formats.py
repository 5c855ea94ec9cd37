"""What holds for every format."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from wflgit.core.formats import FORMATS, Format, find_format, parse, write
from wflgit.core.formats.meaning import Feature, Fields, Worth
from wflgit.errors import DefinitionError

ROOT = Path(__file__).parents[3]
EXAMPLES = {
    file.parent.name: file for file in (ROOT / "tests" / "core" / "formats").glob("*/*.json") if file.parent.name in FORMATS
}
COLUMNS = ("native", "asl", "n8n", "logicapps", "nodered")


@pytest.mark.parametrize("known", FORMATS.values(), ids=lambda known: known.NAME)
def test_secrets_are_found_in_parts_as_well_as_in_documents(known: Format) -> None:
    assert [pattern for pattern in known.FIELDS.secret if not pattern.startswith("**/")] == []


@pytest.mark.parametrize("known", FORMATS.values(), ids=lambda known: known.NAME)
def test_every_pattern_ends_with_a_key(known: Format) -> None:
    fields = known.FIELDS
    patterns = (*fields.cosmetic, *fields.volatile, *fields.secret, *fields.private)
    assert [pattern for pattern in patterns if pattern.endswith("*")] == []


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_of_one_format_and_written_back_as_it_is(name: str) -> None:
    content = EXAMPLES[name].read_bytes()
    parsed = parse(content)
    assert [known.NAME for known in FORMATS.values() if known.recognise(parsed.document)] == [name]
    assert parsed.graph.format == find_format(parsed.document).NAME == name
    assert write(content, parsed.graph) == content
    assert parsed.graph.steps


def test_a_byte_order_mark_of_a_foreign_file_is_read_and_kept() -> None:
    content = b"\xef\xbb\xbf" + EXAMPLES["logicapps"].read_bytes()
    assert write(content, parse(content).graph) == content


@pytest.mark.parametrize("document", [None, 1, "x", [1], {}, {"a": {}}, {"resources": []}, {"nodes": 1}, [{"id": "a"}]])
def test_what_is_no_workflow_is_of_no_format(document: Any) -> None:
    with pytest.raises(DefinitionError, match="has the shape of none"):
        find_format(document)


def test_the_page_says_what_each_format_cannot_say() -> None:
    page = (ROOT / "docs" / "formats.md").read_text("utf-8")
    for feature in Feature:
        [row] = re.findall(rf"^\| {feature.value} .*\|$", page, re.MULTILINE)
        cells = [cell.strip() for cell in row.split("|")[2:-1]]
        lacking = {name for name, cell in zip(COLUMNS, cells, strict=True) if cell.startswith("no")}
        assert lacking == {known.NAME for known in FORMATS.values() if feature in known.LACKS}, feature


@pytest.mark.parametrize(
    ("pointer", "worth"),
    [
        (("meta", "at"), Worth.VOLATILE),
        (("steps", 0, "x"), Worth.COSMETIC),
        (("steps", "a~b/c", "x"), Worth.COSMETIC),
        (("steps", 0, "config", "deep", "password"), Worth.SECRET),
        (("steps", 0, "config", "deep", "password", "value"), Worth.SECRET),
        (("pinned", "x"), Worth.PRIVATE),
        (("metadata",), Worth.MEANING),
        (("x",), Worth.MEANING),
        ((), Worth.MEANING),
    ],
)
def test_what_a_field_is_worth(pointer: tuple[str | int, ...], worth: Worth) -> None:
    fields = Fields(cosmetic=("steps/*/x",), volatile=("meta",), secret=("**/password",), private=("pinned",))
    assert fields.worth(pointer) is worth


def test_where_a_field_is_named_twice_the_stricter_counts() -> None:
    fields = Fields(cosmetic=("meta",), volatile=("meta",), secret=("**/meta",), private=("meta",))
    assert fields.worth(("meta",)) is Worth.PRIVATE
    assert Fields(cosmetic=("meta",), volatile=("meta",)).own_worth(("meta",)) is Worth.VOLATILE
