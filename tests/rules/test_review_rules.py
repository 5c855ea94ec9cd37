"""The page on the rules of a review names every rule, with what the code says of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wflgit.core.impact.rule import Area, Rule
from wflgit.core.impact.rules import RULES

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
HEAD = "| code | name | severity | idle | meets | why it matters, and what to do | opposite |\n|---|---|---|---|---|---|---|\n"
TABLE = re.compile(r"^\| code .*?\n\|[-|]+\n(\|.*\n)*", re.MULTILINE)


def row(rule: Rule) -> str:
    """What the page says of a rule."""
    opposite = f"`{rule.mirror}`" if rule.mirror else _escaped(rule.alone)
    why = _escaped(f"{rule.reason} *{rule.advice[0].upper()}{rule.advice[1:]}.*")
    return f"| `{rule.code}` | `{rule.name}` | {rule.severity} | {rule.idle} | {rule.meets} | {why} | {opposite} |\n"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def table(area: Area) -> str:
    return HEAD + "".join(row(rule) for rule in RULES.values() if rule.area is area)


def sections(text: str) -> dict[str, str]:
    """The text under each heading."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rewritten(text: str, area: Area) -> str:
    """The page with the table of an area as the code says it, behind what is said of the area."""
    section = sections(text)[area.capitalize()]
    said = TABLE.sub("", section).strip()
    last = text.endswith(f"## {area.capitalize()}\n{section}")
    made = f"\n{said}\n\n{table(area)}" + ("" if last else "\n")
    return text.replace(f"## {area.capitalize()}\n{section}", f"## {area.capitalize()}\n{made}")


@pytest.mark.parametrize("area", Area)
def test_the_page_says_of_every_rule_what_the_code_says(area: Area, request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--golden-rewrite"):
        PAGE.write_text(rewritten(text, area), encoding="utf-8")
        text = PAGE.read_text(encoding="utf-8")
    found = TABLE.search(sections(text)[area.capitalize()])
    assert found is not None
    assert found[0] == table(area), "make golden rewrites the table"


def test_the_areas_are_in_the_order_of_their_codes() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = re.findall(r"^\| `(WFL\d+)` \|", text, re.MULTILINE)
    assert named == [*RULES]


def test_every_code_that_the_page_speaks_of_is_a_rule() -> None:
    assert {*re.findall(r"WFL\d+", PAGE.read_text(encoding="utf-8"))} <= {*RULES}
