"""Both sides next to each other."""

from __future__ import annotations

import json
from typing import Any

from tests.builders import steps
from wflgit.core.diff import compare
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.formats import parse
from wflgit.core.graph import Graph
from wflgit.render.html.cards import Card, cards, shown_comparison
from wflgit.render.html.texts import Piece, differing, whole


def graph(*ids: str, **config: Any) -> Graph:
    return parse(json.dumps({"name": "W", **steps(*ids, **config)}).encode()).graph


def told(found: tuple[Card, ...]) -> list[tuple[str, str, ChangeKind, list[tuple[str, str | None, str | None]]]]:
    def text(pieces: tuple[Piece, ...] | None) -> str | None:
        return None if pieces is None else "".join(piece.text for piece in pieces)

    return [(card.noun, card.id, card.kind, [(row.path, text(row.old), text(row.new)) for row in card.rows]) for card in found]


def test_a_card_shows_a_step_with_its_fields_and_the_ways_out_of_it() -> None:
    comparison = shown_comparison(compare(graph("a", "b"), graph("a", "n", "b", b={"tag": "other"})), None, None)
    assert comparison is not None
    found = cards(comparison, {"b": 7})
    assert told(found) == [
        ("step", "n", ChangeKind.ADDED, [("tag", None, "n"), ("way on", None, "→ b")]),
        ("step", "b", ChangeKind.CHANGED, [("tag", "b", "other")]),
        ("step", "a", ChangeKind.CHANGED, [("way on", "→ b", "→ n")]),
    ]
    assert [card.executions for card in found] == [None, 7, 0]


def test_where_a_side_is_missing_everything_came_or_went() -> None:
    new = graph("a")
    came, went = shown_comparison(None, None, new), shown_comparison(None, new, None)
    assert came is not None
    assert went is not None
    assert {card.kind for card in cards(came) if card.id} == {ChangeKind.ADDED}
    assert {card.kind for card in cards(went) if card.id} == {ChangeKind.REMOVED}
    assert shown_comparison(None, None, None) is None


def test_a_condition_that_changed_is_shown_on_both_sides() -> None:
    asked = [{"field": "email.opened", "op": "eq", "value": value} for value in (1, True)]
    comparison = compare(*(graph("ask", "b", ask=when) for when in asked))
    ((_, _, _, rows),) = told(cards(comparison))
    ((path, old, new),) = rows
    assert path == "way yes: condition"
    assert '"value": 1' in str(old)
    assert '"value": true' in str(new)


def test_one_and_the_text_one_do_not_look_the_same() -> None:
    comparison = compare(graph("a", a={"tag": "1"}), graph("a", a={"tag": 1}))
    assert told(cards(comparison))[0][3] == [("tag", '"1"', "1")]


def test_in_long_texts_only_what_differs_is_marked() -> None:
    text = "Dear reader, this is a letter of many words that nobody has changed. " * 20
    old, new = differing(f"{text}See you on Monday, {text}", f"{text}See you on Friday, {text}")
    assert [piece.text for piece in old if piece.differs] == ["Monday"]
    assert [piece.text for piece in new if piece.differs] == ["Friday"]
    assert all(piece.left_out for piece in (old[0], old[-1]))
    assert sum(len(piece.text) + piece.left_out for piece in old) == len(text) * 2 + len("See you on Monday, ")


def test_texts_with_nothing_in_common_are_two_texts() -> None:
    old, new = "one two three four five six seven", "eins, zwei; drei - vier: fünf"
    assert differing(old, new) == (whole(old), whole(new))


def test_very_long_texts_are_compared_by_lines_or_not_at_all() -> None:
    lines = [f"line {number} of a long text\n" for number in range(500)]
    _, new = differing("".join(lines), "".join(["a new first line\n", *lines[1:-1], "a new last line\n"]))
    assert [piece.text for piece in new if piece.differs] == ["a new first line\n", "a new last line\n"]
    many = [f"{number} and more words\n" for number in range(3000)]
    other = "".join(["a new first line\n", *many[1:-1], "a new last line\n"])
    assert differing("".join(many), other)[1] == whole(other)


def test_a_text_that_is_too_long_is_cut_and_says_so() -> None:
    (piece,) = whole("x" * 5000)
    assert (len(piece.text), piece.left_out) == (2000, 3000)
