"""docs/validation.md lists every rule, and its examples are true."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from wflgit.core.catalog import BUILT_IN
from wflgit.core.validation import validate

ROOT = Path(__file__).parents[2]
CORE = ROOT / "wflgit" / "core"
MODULES = [
    *(file for file in (CORE / "formats").rglob("*.py") if file.name != "types.py"),
    *(CORE / f"{name}.py" for name in ("jsontext", "wording", "fields", "catalog", "owntypes", "definition", "validation")),
]
NO_RULES = {"api-key", "e-mail", "x-functions-key", "x-secret", "proxy-authorization", "x-api-key", "x-auth-token"}

HELLO = {"type": "add_tag", "config": {"tag": "warm"}, "next": None}
RIGHT = {"name": "Hello", "trigger": {"type": "manual"}, "start": "hello", "steps": {"hello": HELLO}}
WHOLE_FILES = ("JSON", "Amazon States Language", "n8n", "Azure Logic Apps", "Node-RED")


class Entry(NamedTuple):
    """A rule as the page has it."""

    section: str
    rule: str
    severity: str
    example: str | None
    message: str


def read_page() -> list[Entry]:
    entries = []
    for part in re.split(r"^## ", (ROOT / "docs" / "validation.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        section = part.partition("\n")[0]
        for heading, severity, text in re.findall(r"^### `([a-z-]+)` \((\w+)\)\n(.*?)(?=^### |\Z)", part, re.MULTILINE | re.DOTALL):
            example = re.search(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
            (message,) = re.findall(r"^> (.*)$", text, re.MULTILINE)
            entries.append(Entry(section, heading, severity, example and example[1], message))
    return entries


PAGE = read_page()


def rules_in_code() -> set[str]:
    """Every text in the code of validation that looks like the name of a rule."""
    constants = {
        node.value
        for module in MODULES
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in constants if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)} - NO_RULES


def test_every_rule_in_the_code_is_on_the_page() -> None:
    assert rules_in_code() - {entry.rule for entry in PAGE} == set()


def test_the_page_has_no_rule_that_the_code_has_not() -> None:
    assert {entry.rule for entry in PAGE if "-" in entry.rule} - rules_in_code() == set()


def test_no_rule_is_on_the_page_twice() -> None:
    rules = [entry.rule for entry in PAGE]
    assert len(rules) == len(set(rules))


@pytest.mark.parametrize("entry", [entry for entry in PAGE if entry.example], ids=lambda entry: entry.rule)
def test_the_example_of_a_rule_has_just_the_problem_it_shows(entry: Entry) -> None:
    content = (entry.example or "").encode()
    if entry.section not in WHOLE_FILES:
        content = json.dumps({**RIGHT, **json.loads(content)}).encode()
    problems = validate(content, BUILT_IN)
    assert (entry.rule, entry.severity, entry.message) in [(found.rule, found.severity, found.message) for found in problems]
    assert {found.rule for found in problems} == {entry.rule}


@pytest.mark.parametrize(
    "content",
    [b"", b"\xe9", b'\xef\xbb\xbf{"steps": {}}', b"[" * 101],
    ids=["empty-file", "encoding", "byte-order-mark", "nesting"],
)
def test_what_a_page_cannot_show_has_the_message_on_it(content: bytes) -> None:
    (problem,) = validate(content, BUILT_IN)
    assert (problem.rule, problem.severity, problem.message) in [(entry.rule, entry.severity, entry.message) for entry in PAGE]
