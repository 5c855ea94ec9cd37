"""The table of rules: every rule says what it must, has its opposite, fires where it should and only there."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.impact.cases import Case, codes, graph, situation
from wflgit.core.diff import compare
from wflgit.core.formats import find_format
from wflgit.core.formats.meaning import Worth
from wflgit.core.impact.rule import Action, Area, Meets, Rule
from wflgit.core.impact.rules import RULES, find_rule
from wflgit.core.problems import Severity
from wflgit.errors import NotFoundError

HERE = Path(__file__).parent
FIXTURES = sorted((HERE.parent / "formats").glob("*/*.json"))
CASES: list[Case] = [
    case for file in sorted(HERE.glob("cases_*.py")) for case in import_module(f"tests.core.impact.{file.stem}").CASES
]
HUNDREDS = {area: str(number) for number, area in enumerate(Area, start=1)}
OPPOSITES = (
    {Action.ADDED, Action.REMOVED},
    {Action.ENABLED, Action.DISABLED},
    {Action.WIDENED, Action.NARROWED},
    {Action.LENGTHENED, Action.SHORTENED},
)
ELSEWHERE = {Area.REFERENCES, Area.REVIEW}
"""Their rules are about several files, and tried where those are."""

every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)


def case_name(case: Case) -> str:
    return case.code


@every_rule
def test_a_code_is_in_the_hundred_of_its_area(rule: Rule) -> None:
    assert re.fullmatch(r"WFL\d{3}", rule.code)
    assert rule.code[3] == HUNDREDS[rule.area]


def test_no_two_rules_have_a_code_or_a_name_in_common() -> None:
    tables = ("steps", "ways", "triggers", "waits", "configs", "data", "goals", "references", "files")
    rules = [rule for table in tables for rule in import_module(f"wflgit.core.impact.{table}").RULES]
    assert len({rule.code for rule in rules}) == len(rules) == len(RULES)
    assert len({rule.name for rule in rules}) == len(rules)


@every_rule
def test_a_rule_says_why_and_what_to_do(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert re.match(r"[A-Z`']", rule.reason)
    assert rule.reason.endswith(".")
    assert rule.advice[0] == rule.advice[0].lower()
    assert not rule.advice.endswith(".")


@every_rule
def test_a_rule_has_its_opposite_or_says_why_there_is_none(rule: Rule) -> None:
    assert bool(rule.mirror) != bool(rule.alone), "one of mirror and alone"
    if rule.mirror is None:
        assert " " in rule.alone
        return
    other = RULES[rule.mirror]
    assert other.area is rule.area
    assert {rule.action, other.action} in OPPOSITES
    # Removing has two rules, for steps that are empty and not; adding is the opposite of both.
    assert RULES[other.mirror or ""].action is rule.action


@every_rule
def test_nobody_on_the_way_never_makes_it_worse(rule: Rule) -> None:
    order = [*Severity]
    assert order.index(rule.severity) <= order.index(rule.idle)
    assert rule.meets is not Meets.NONE or rule.severity is rule.idle, "no executions decide about it"


@pytest.mark.parametrize("said", ["WFL101", "wfl101", " step-removed-active ", "Step-Removed-Active"])
def test_a_rule_is_found_by_code_or_name(said: str) -> None:
    assert find_rule(said).code == "WFL101"


def test_for_a_rule_that_is_not_there_near_ones_are_proposed() -> None:
    with pytest.raises(NotFoundError) as caught:
        find_rule("step-removed-activ")
    assert caught.value.candidates[0] == "step-removed-active"


# Cases


@every_rule
def test_every_rule_has_a_case(rule: Rule) -> None:
    assert rule.area in ELSEWHERE or rule.code in {case.code for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_a_rule_fires_where_it_should(case: Case) -> None:
    assert case.code in codes(case.firing())


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_a_rule_does_not_fire_on_what_is_only_like_it(case: Case) -> None:
    assert case.code not in codes(case.missing())


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_nothing_is_found_where_nothing_changed(case: Case) -> None:
    for document in (*case.fires[:2], *case.near[:2]):
        assert codes(situation(document, document, now=case.now, retired={})) == []


# Formatting


def reordered(value: Any, draw: Any) -> Any:
    """The same JSON with the keys of its objects in another order."""
    if isinstance(value, dict):
        keys = draw(st.permutations([*value]))
        return {key: reordered(value[key], draw) for key in keys}
    return [reordered(item, draw) for item in value] if isinstance(value, list) else value


def redrawn(document: Any) -> Any:
    """The document with all that has no meaning taken out."""
    known = find_format(document)
    root = known.root(document)

    def without(value: Any, path: tuple[str | int, ...]) -> Any:
        def shown(key: str | int) -> bool:
            inner = (*path, key)
            below = inner[len(root) :] if inner[: len(root)] == root else ()
            return not below or known.FIELDS.worth(below) not in (Worth.COSMETIC, Worth.VOLATILE)

        if isinstance(value, dict):
            return {key: without(inner, (*path, key)) for key, inner in value.items() if shown(key)}
        return [without(inner, (*path, index)) for index, inner in enumerate(value)] if isinstance(value, list) else value

    return without(document, ())


every_document = pytest.mark.parametrize(
    "document",
    [pytest.param(json.loads(file.read_text(encoding="utf-8")), id=f"{file.parent.name}/{file.stem}") for file in FIXTURES],
)


@every_document
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_keys_in_another_order_are_no_finding(document: Any, data: st.DataObject) -> None:
    assert codes(situation(document, reordered(document, data.draw))) == []


@every_document
def test_what_has_no_meaning_is_no_finding(document: Any) -> None:
    plain = redrawn(document)
    assert codes(situation(document, plain)) == codes(situation(plain, document)) == []


@pytest.mark.parametrize("case", CASES, ids=case_name)
def test_a_finding_needs_a_change_with_a_meaning(case: Case) -> None:
    old, new, *_ = case.fires
    assert compare(graph(old), graph(new)) or case.old_types is not case.new_types
