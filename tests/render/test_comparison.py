"""A comparison as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.diff import compare
from wflgit.core.formats import parse
from wflgit.render.comparison import comparison_lines
from wflgit.render.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from wflgit.core.graph import Graph


def graph(**document: Any) -> Graph:
    return parse(json.dumps({"name": "Welcome", "start": "a", "steps": {}, **document}).encode()).graph


OLD = graph(
    description="short",
    trigger={"type": "contact_created", "config": {"source": "form"}},
    steps={
        "a": {"type": "send_email", "config": {"template": "old", "cc": ["x"]}, "next": "b"},
        "b": {"type": "condition", "branches": [{"label": "yes", "when": {"field": "f", "op": "eq", "value": 1}, "next": "c"}]},
        "c": {"type": "add_tag", "config": {"tag": "warm"}, "next": None},
    },
    goals=[{"id": "booked", "event": "appointment_booked", "next": None}],
)
NEW = graph(
    description="much " * 30,
    trigger={"type": "contact_created", "config": {"source": "form", "list": 7}},
    steps={
        "a": {"type": "send_email", "config": {"template": "new", "cc": ["x", "y"]}, "next": "d"},
        "b": {"type": "condition", "branches": [{"label": "yes", "when": {"field": "f", "op": "eq", "value": True}, "next": "d"}]},
        "d": {"type": "wait", "config": {"duration": "P1D"}, "next": "b", "on_timeout": None},
    },
)


def test_a_comparison_shows_old_and_new_values_and_edges(golden: Callable[[str], None]) -> None:
    golden(plain(comparison_lines(compare(OLD, NEW, old_name="welcome@1", new_name="welcome@2"))))


def test_the_other_way_round_what_was_added_is_removed(golden: Callable[[str], None]) -> None:
    golden(plain(comparison_lines(compare(NEW, OLD, old_name="welcome@2", new_name="welcome@1"))))


def test_nothing_is_said_where_nothing_differs() -> None:
    assert list(comparison_lines(compare(OLD, OLD))) == []


def test_a_value_with_escape_codes_is_harmless() -> None:
    other = graph(description="\x1b[2J\u202e")
    text = plain(comparison_lines(compare(graph(), other)))
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_a_condition_whose_keys_only_changed_places_is_no_change() -> None:
    def asking(when: dict[str, Any], target: str | None) -> Graph:
        return graph(steps={"a": {"type": "condition", "branches": [{"label": "yes", "when": when, "next": target}]}})

    comparison = compare(asking({"field": "f", "op": "eq"}, "a"), asking({"op": "eq", "field": "f"}, None))
    assert plain(comparison_lines(comparison)) == "old → new\n~ edge a --yes--> end (was a)\n"
