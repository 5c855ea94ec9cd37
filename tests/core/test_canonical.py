"""Canonical bytes: the same meaning, always the same way, and made for line diffs."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wflgit.core.canonical import dump, format_definition
from wflgit.core.catalog import BUILT_IN
from wflgit.core.definition import COSMETIC, STEPS
from wflgit.core.formats.native.reading import KINDS
from wflgit.core.jsontext import read_json
from wflgit.core.validation import validate
from wflgit.errors import DefinitionError

UNTIDY = """{"steps": {"z": {"next": "a", "type": "send_email", "position": {"y": 2, "x": 1},
  "config": {"subject": "Grüße 👋", "template": "hi", "data": {"b": 1, "a": {}}}, "notes": "n", "name": "Hi"},
 "a": {"otherwise": null, "branches": [{
  "next": null, "when": {"value": [], "op": "in", "field": "a.b"}, "label": "yes"}], "type": "condition"},
 "b": {"next": null, "type": "own", "zeta": 1, "config": {"to": 2, "from": 1.50}}},
 "zzz": 1, "start": "z", "goals": [],
 "trigger": {"config": {"timezone": "UTC", "cron": "0 9 * * *"}, "type": "schedule"}, "name": "N"}"""

TIDY = """\
{
  "name": "N",
  "trigger": {
    "type": "schedule",
    "config": {
      "cron": "0 9 * * *",
      "timezone": "UTC"
    }
  },
  "start": "z",
  "steps": {
    "z": {
      "type": "send_email",
      "name": "Hi",
      "config": {
        "template": "hi",
        "subject": "Grüße 👋",
        "data": {
          "a": {},
          "b": 1
        }
      },
      "next": "a",
      "notes": "n",
      "position": {
        "x": 1,
        "y": 2
      }
    },
    "a": {
      "type": "condition",
      "branches": [
        {
          "label": "yes",
          "when": {
            "field": "a.b",
            "op": "in",
            "value": []
          },
          "next": null
        }
      ],
      "otherwise": null
    },
    "b": {
      "type": "own",
      "config": {
        "from": 1.5,
        "to": 2
      },
      "next": null,
      "zeta": 1
    }
  },
  "goals": [],
  "zzz": 1
}
"""


def test_keys_get_their_order_and_steps_keep_the_authors() -> None:
    assert format_definition(UNTIDY.encode()).decode() == TIDY


def test_what_is_canonical_stays_as_it_is() -> None:
    assert format_definition(TIDY.encode()).decode() == TIDY


def test_line_feeds_and_one_final_newline_are_written() -> None:
    assert format_definition(TIDY.replace("\n", "\r\n").encode()).decode() == TIDY
    assert format_definition(TIDY.strip().encode()).decode() == TIDY


def test_a_foreign_format_keeps_its_own_bytes() -> None:
    content = b'{"States": {"A": {"Type": "Pass",   "End": true}}, "StartAt": "A"}'
    assert format_definition(content) == content


@pytest.mark.parametrize("content", [b"{", b"{}", b"[1]"])
def test_what_cannot_be_read_is_refused(content: bytes) -> None:
    with pytest.raises(DefinitionError):
        format_definition(content)


@pytest.mark.parametrize("steps", [None, [], 1, {"a": 1}, {"a": {"type": []}}, {"a": {"type": "wait", "config": "P1D"}}])
def test_what_is_wrong_as_a_workflow_is_formatted_all_the_same(steps: Any) -> None:
    document = {"steps": steps, "trigger": 1, "triggers": [2, {"type": {}}]}
    assert read_json(dump(document)).value == document


@pytest.mark.parametrize("value", [math.nan, -math.inf, "\ud800"])
def test_what_json_does_not_have_is_written_so_that_validation_can_show_it(value: Any) -> None:
    content = dump({"steps": {"a": {"type": "update_field", "config": {"field": "x", "value": value}, "next": None}}})
    (problem,) = validate(content, BUILT_IN)
    assert problem.line == 7


def test_every_key_of_a_step_is_written_in_the_order_of_its_model() -> None:
    for kind, shape in STEPS.items():
        keys = [*shape.schema["properties"]]
        step_type = next((name for name, other in KINDS.items() if other is kind), "add_tag")
        step = {**dict.fromkeys(reversed(keys)), "type": step_type}
        written = [*json.loads(dump({"steps": {"a": step}}))["steps"]["a"]]
        assert written == [*(key for key in keys if key not in COSMETIC), *COSMETIC]


LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
KEY = st.text(max_size=5) | st.sampled_from(
    ["type", "config", "next", "branches", "when", "all", "label", "notes", "template", "steps"]
)
JSON = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=5), max_leaves=25)
STEP = st.dictionaries(KEY, JSON, max_size=5) | st.fixed_dictionaries({"type": st.sampled_from([*BUILT_IN.steps]), "config": JSON})
DOCUMENT = st.fixed_dictionaries(
    {"steps": st.dictionaries(st.text(max_size=4), STEP, max_size=5) | JSON},
    optional={"trigger": JSON, "triggers": JSON, "goals": JSON, "name": JSON},
)


def exact(value: Any) -> Any:
    """A value in which 1, 1.0 and true differ, and so do the zeros."""
    if isinstance(value, dict):
        return {key: exact(inner) for key, inner in value.items()}
    return [exact(inner) for inner in value] if isinstance(value, list) else repr(value)


@given(DOCUMENT)
def test_formatting_preserves_every_value_and_formatting_again_changes_nothing(document: dict[str, Any]) -> None:
    content = dump(document)
    read = read_json(content).value
    assert exact(read) == exact(document)
    assert format_definition(content) == content
    if isinstance(document["steps"], dict):
        assert [*read["steps"]] == [*document["steps"]]


@given(DOCUMENT, st.randoms(use_true_random=False))
def test_the_order_in_which_keys_were_typed_does_not_show(document: dict[str, Any], random: Any) -> None:
    assert dump(shuffled(document, random)) == dump(document)


def shuffled(value: Any, random: Any, *, steps: bool = False) -> Any:
    if isinstance(value, list):
        return [shuffled(inner, random) for inner in value]
    if not isinstance(value, dict):
        return value
    keys = [*value]
    if not steps:
        random.shuffle(keys)
    return {key: shuffled(value[key], random, steps=key == "steps" and "steps" in value and not steps) for key in keys}


@given(DOCUMENT)
def test_every_leaf_has_a_line_of_its_own(document: dict[str, Any]) -> None:
    lines = dump(document).decode().split("\n")
    assert lines.pop() == ""
    assert all(line.lstrip(" ") and (len(line) - len(line.lstrip(" "))) % 2 == 0 for line in lines)
    assert len(lines) == count_lines(document)


def count_lines(value: Any) -> int:
    if isinstance(value, dict | list) and value:
        return 2 + sum(count_lines(inner) for inner in (value.values() if isinstance(value, dict) else value))
    return 1
