"""A comparison as text."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wflgit.core.diff import compare
from wflgit.core.formats import parse
from wflgit.core.formats.meaning import Worth
from wflgit.core.noise import Noise
from wflgit.render.comparison import comparison_lines
from wflgit.render.json import to_data
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
    assert plain(comparison_lines(comparison)) == "old → new\n~ a (yes) now leads to the end, not a\n"


SCRIPT = "total = 0\nfor lead in leads:\n    total += lead.value\nsend(total)\nlog('done')\n"
SENTENCE = "We are glad that you are here, and hope that you will stay with us for a while. Write to us at any time!"


def moves(*order: str, **more: dict[str, Any]) -> Graph:
    after = [*order[1:], None]
    said = {
        step: {"type": "add_tag", "config": {"tag": step}, "next": to, **more.get(step, {})}
        for step, to in zip(order, after, strict=True)
    }
    return graph(start=order[0], steps=said)


def test_what_somebody_did_is_told_and_not_how_it_is_written(golden: Callable[[str], None]) -> None:
    pairs = [
        (moves("a", "b", "c"), moves("a", "x", "y", "b", "c")),
        (moves("a", "b", "c", "d"), moves("b", "c", "a", "d")),
        (moves("a", "b"), moves("a", "b", b={"name": "Bee", "config": {"tag": "other"}})),
        (moves("a", b={"config": {"code": SCRIPT}}), moves("a", a={"type": "wait", "config": {"duration": "P1D"}})),
        (asking("yes", "no"), asking("no", "yes")),
        (asking("yes"), asking("yes", "no")),
    ]
    golden("\n".join(plain(comparison_lines(compare(*pair))) for pair in pairs))


def asking(*labels: str) -> Graph:
    branches = [{"label": label, "when": {"field": label, "op": "exists"}, "next": None} for label in labels]
    return graph(steps={"a": {"type": "condition", "branches": branches}})


def test_long_texts_are_looked_into(golden: Callable[[str], None]) -> None:
    def saying(code: str, text: str) -> Graph:
        return moves("a", a={"config": {"code": code, "text": text}})

    other = SCRIPT.replace("total += lead.value", "total += max(0, lead.value)"), SENTENCE.replace("a while", "ever")
    golden(plain(comparison_lines(compare(saying(SCRIPT, SENTENCE), saying(*other)))))


def test_what_has_no_meaning_is_told_in_one_line() -> None:
    noise = (Noise(Worth.COSMETIC, ("position",), 2), Noise(Worth.VOLATILE, ("versionId",), 1))
    comparison = replace(compare(moves("a", "b"), moves("a", "x", "b")), noise=noise)
    last = plain(comparison_lines(comparison)).splitlines()[-1]
    assert last == "· without a meaning: only for the eye (position) and written anew by every export (versionId)"


def test_a_comparison_as_data_has_what_somebody_did() -> None:
    data = to_data(compare(moves("a", "b"), moves("a", "x", "b", b={"config": {"tag": "other"}})))
    assert "graphs" not in data
    inserted, changed = data["changes"]
    assert (inserted["type"], inserted["subject"], inserted["steps"]) == ("steps-inserted", "x", ["x"])
    assert inserted["between"] == ["a", "b"]
    config = {"tag": "x"}
    assert inserted["parts"] == [
        {"id": "x", "kind": "added", "was": None, "type": "add_tag", "name": None, "config": config},
    ]
    ends = [(edge["source"], edge["old"] and edge["old"]["target"], edge["new"]["target"]) for edge in inserted["edges"]]
    assert ends == [("a", "b", "x"), ("x", None, "b")]
    assert changed["parts"] == [{"id": "b", "kind": "changed", "was": None}]
    assert [field["new"] for field in changed["fields"]] == ["other"]


def test_an_order_of_ways_as_data_is_one_of_labels() -> None:
    [change] = to_data(compare(asking("yes", "no"), asking("no", "yes")))["changes"]
    assert (change["type"], change["order"]) == ("branches-reordered", {"old": ["yes", "no"], "new": ["no", "yes"]})
