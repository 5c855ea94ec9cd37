"""Changing a JSON text: what stays keeps its bytes, what is new is written as its surroundings are."""

from __future__ import annotations

import copy
import json
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wflgit.core.jsonedit import rewrite
from wflgit.core.jsontext import read_json
from wflgit.core.jsonvalues import same

if TYPE_CHECKING:
    from collections.abc import Callable

N8N = """{
  "name": "Welcome caf\\u00e9",
  "nodes": [
    {
      "parameters": {
        "url": "https:\\/\\/example.com\\/hook",
        "options": {}
      },
      "name": "Fetch",
      "type": "n8n-nodes-base.httpRequest",
      "typeVersion": 1.0,
      "position": [
        250,
        300
      ],
      "id": "a1"
    },
    {
      "parameters": {},
      "name": "Mail",
      "type": "n8n-nodes-base.emailSend",
      "typeVersion": 2,
      "position": [
        450,
        300
      ],
      "id": "b2"
    }
  ],
  "connections": {
    "Fetch": {
      "main": [
        [{"node": "Mail", "type": "main", "index": 0}]
      ]
    }
  },
  "active": false
}"""

ASL = """{
    "Comment": "wait, then thank",
    "StartAt": "Wait",
    "States": {
        "Wait":  { "Type": "Wait", "Seconds": 6.0e1, "Next": "Thank" },

        "Thank": { "Type": "Pass", "End": true }
    }
}
"""

NODE_RED = (
    '[{"id":"f1","type":"tab","label":"Flow 1"},'
    '{"id":"n1","type":"inject","z":"f1","x":110,"y":80,"wires":[["n2"]]},'
    '{"id":"n2","type":"debug","z":"f1","x":300,"y":80,"wires":[]}]'
)


def edited(text: str, change: Callable[[Any], object]) -> str:
    old = json.loads(text.removeprefix("\ufeff"))
    new = copy.deepcopy(old)
    change(new)
    result = rewrite(text, old, new)
    assert same(json.loads(result.removeprefix("\ufeff")), new)
    return result


def setting(*path: Any) -> Callable[[Any], None]:
    """Set the value at a path; the last part is the value."""
    *way, key, value = path

    def change(document: Any) -> None:
        for step in way:
            document = document[step]
        document[key] = value

    return change


def removing(*path: Any) -> Callable[[Any], None]:
    *way, key = path

    def change(document: Any) -> None:
        for step in way:
            document = document[step]
        del document[key]

    return change


def appending(*path: Any) -> Callable[[Any], None]:
    *way, value = path

    def change(document: Any) -> None:
        for step in way:
            document = document[step]
        document.append(value)

    return change


class TestWorkflows:
    def test_a_changed_text_in_an_n8n_step_changes_one_line_and_no_other_spelling(self) -> None:
        text = edited(N8N, setting("nodes", 0, "parameters", "url", "https://example.com/new"))
        assert text == N8N.replace("example.com\\/hook", "example.com\\/new")

    def test_an_n8n_step_that_is_added_is_laid_out_like_the_others(self) -> None:
        step = {"parameters": {"a": [1]}, "name": "Wait", "position": [650, 300], "id": "c3"}
        text = edited(N8N, appending("nodes", step))
        new = """,
    {
      "parameters": {
        "a": [
          1
        ]
      },
      "name": "Wait",
      "position": [
        650,
        300
      ],
      "id": "c3"
    }"""
        place = N8N.index('\n  ],\n  "connections"')
        assert text == N8N[:place] + new + N8N[place:]

    def test_a_new_connection_is_one_line_where_connections_are(self) -> None:
        link = {"node": "Wait", "type": "main", "index": 0}
        text = edited(N8N, setting("connections", "Mail", {"main": [[link]]}))
        assert (
            """\
        [{"node": "Mail", "type": "main", "index": 0}]
      ]
    },
    "Mail": {
      "main": [
        [{"node": "Wait", "type": "main", "index": 0}]
      ]
    }
  },
"""
            in text
        )
        assert len(text.splitlines()) == len(N8N.splitlines()) + 5

    def test_a_second_target_stays_in_the_line_of_the_first(self) -> None:
        link = {"node": "Mail", "type": "main", "index": 0}
        text = edited(N8N, appending("connections", "Fetch", "main", 0, link | {"index": 1}))
        assert '        [{"node": "Mail", "type": "main", "index": 0}, {"node": "Mail", "type": "main", "index": 1}]\n' in text

    def test_a_position_taken_from_another_step_has_the_layout_it_has_there(self) -> None:
        text = edited(removed := edited(N8N, removing("nodes", 1, "position")), setting("nodes", 1, "position", [1, 2]))
        assert removed.count("position") == 1
        assert '"id": "b2",\n      "position": [\n        1,\n        2\n      ]\n    }' in text

    def test_steps_that_change_places_take_their_bytes_with_them(self) -> None:
        text = edited(N8N, lambda document: document["nodes"].reverse())
        assert '"typeVersion": 1.0,' in text
        assert sorted(text.replace(",", "").splitlines()) == sorted(N8N.replace(",", "").splitlines())

    def test_a_step_under_another_key_keeps_its_bytes(self) -> None:
        def rename(document: Any) -> None:
            document["connections"] = {"Load": document["connections"]["Fetch"]}

        assert edited(N8N, rename) == N8N.replace('"Fetch": {', '"Load": {')

    def test_a_state_of_one_line_gets_neighbours_of_one_line(self) -> None:
        text = edited(ASL, setting("States", "Done", {"Type": "Succeed"}))
        assert text == ASL.replace('"End": true }', '"End": true },\n\n        "Done":  { "Type": "Succeed" }')

    def test_a_state_put_before_another_one_leaves_that_alone(self) -> None:
        def put(document: Any) -> None:
            states = document["States"]
            document["States"] = {"Wait": states["Wait"], "Ask": {"Type": "Pass", "Next": "Thank"}, "Thank": states["Thank"]}

        text = edited(ASL, put)
        assert '"Seconds": 6.0e1, "Next": "Thank" },\n\n' in text
        assert '\n\n        "Thank": { "Type": "Pass", "End": true }\n    }\n}\n' in text
        assert '        "Ask":  { "Type": "Pass", "Next": "Thank" },\n' in text

    def test_a_state_too_long_for_a_line_is_opened_up(self) -> None:
        text = edited(ASL, setting("States", "Call", {"Type": "Task", "Parameters": {"text": "long " * 30}}))
        assert '\n        "Call":  {\n            "Type": "Task",\n            "Parameters": {\n' in text

    def test_a_minified_export_stays_minified(self) -> None:
        step = {"id": "n3", "type": "function", "wires": [["n2"]]}
        assert edited(NODE_RED, appending(step)) == NODE_RED[:-1] + ',{"id":"n3","type":"function","wires":[["n2"]]}]'
        assert edited(NODE_RED, setting(1, "x", 120)) == NODE_RED.replace("110", "120")
        assert (
            edited(NODE_RED, removing(1)) == NODE_RED[: NODE_RED.index(',{"id":"n1"')] + NODE_RED[NODE_RED.index(',{"id":"n2"') :]
        )
        assert edited(NODE_RED, appending(2, "wires", ["n1"])) == NODE_RED.replace('"wires":[]', '"wires":[["n1"]]')


# What the text was, what becomes of its value, and what the text is then.
SMALL: list[tuple[str, Any, str]] = [
    # The place of a new key.
    ('{"a": 1, "b": 2}', {"a": 1, "b": 2, "c": 3}, '{"a": 1, "b": 2, "c": 3}'),
    ('{"a": 1, "b": 2}', {"c": 3, "a": 1, "b": 2}, '{"c": 3, "a": 1, "b": 2}'),
    ('{"a": 1, "b": 2}', {"a": 1, "c": 3, "d": 4, "b": 2}, '{"a": 1, "c": 3, "d": 4, "b": 2}'),
    ('{"a": 1, "b": 2}', {"b": 2, "c": 3, "a": 1}, '{"c": 3, "a": 1, "b": 2}'),
    # The comma goes with what is removed.
    ('{"a": 1,  "b": 2 }', {"a": 1}, '{"a": 1 }'),
    ('{ "a": 1,  "b": 2 }', {"b": 2}, '{ "b": 2 }'),
    ("[1,\n 2,\n 3\n]", [1, 3], "[1,\n 3\n]"),
    ("[1,\n 2,\n 3\n]", [1, 2], "[1,\n 2\n]"),
    # Emptied and filled.
    ('{\n  "a": {\n    "b": 1\n  }\n}\n', {"a": {}}, '{\n  "a": {}\n}\n'),
    ('{\n  "a": [ ]\n}', {"a": [1]}, '{\n  "a": [\n    1\n  ]\n}'),
    ('{\n\t"a": {}\n}', {"a": {"b": []}}, '{\n\t"a": {\n\t\t"b": []\n\t}\n}'),
    ("{}\n", {"a": 1}, '{\n  "a": 1\n}\n'),
    ('{"a":[]}', {"a": [1, {"b": 2}]}, '{"a":[1,{"b":2}]}'),
    ('{"a": []}', {"a": [1, {"b": 2}]}, '{"a": [1, {"b": 2}]}'),
    # Numbers and names are what they are spelled.
    ("[1.0e3, 1, true, 0.10]", [1000.0, 1.0, True, 0.1], "[1.0e3, 1.0, true, 0.10]"),
    ("[1, 1, 1]", [1, True, 1], "[1, true, 1]"),
    ("[1, 1, 1]", [1, 1], "[1, 1]"),
    # Line ends.
    ('{\r\n    "a": 1\r\n}\r\n', {"a": 1, "b": [2]}, '{\r\n    "a": 1,\r\n    "b": [\r\n        2\r\n    ]\r\n}\r\n'),
    ('\ufeff{"a":1}', {"a": 1, "b": 2}, '\ufeff{"a":1,"b":2}'),
    ("\ufeff \n[\n1\n]", [1, 2], "\ufeff \n[\n1,\n2\n]"),
    # Letters.
    ('["\\u00e9"]', ["é", "ü"], '["\\u00e9", "\\u00fc"]'),
    ('["\\u00e9", "ö"]', ["é", "ö", "ü"], '["\\u00e9", "ö", "ü"]'),
    ('["\\\\u00e9"]', ["\\u00e9", "ü"], '["\\\\u00e9", "ü"]'),
    ('["\\u0007"]', ["\x07", "ü"], '["\\u0007", "ü"]'),
    ('["a\\/b"]', ["a/b", "c/d"], '["a\\/b", "c\\/d"]'),
    ('["a\\/b", "/"]', ["a/b", "/", "c/d"], '["a\\/b", "/", "c/d"]'),
    ('{"caf\\u00e9": 1}', {"café": 2}, '{"caf\\u00e9": 2}'),
    # Ways of setting commas and colons.
    ('{ "a" : 1 , "b" : 2 }', {"a": 1, "b": 2, "c": 3}, '{ "a" : 1 , "b" : 2 , "c" : 3 }'),
    ('{\n  "a": 1\n, "b": 2\n}', {"a": 1, "b": 2, "c": 3}, '{\n  "a": 1\n, "b": 2\n, "c": 3\n}'),
    ('[{\n  "a": 1\n}, {\n  "a": 2\n}]', [{"a": 1}, {"a": 2}, {"a": 3}], '[{\n  "a": 1\n}, {\n  "a": 2\n}, {\n  "a": 3\n}]'),
    ('[{\n  "a": 1\n}]', [{"a": 1}, {"b": 3}], '[{\n  "a": 1\n}, {\n  "b": 3\n}]'),
    ("[\n  [1, 2],\n  [3, 4]\n]", [[1, 2], [5, 6], [3, 4]], "[\n  [1, 2],\n  [5, 6],\n  [3, 4]\n]"),
    ("[\n  [1,2]\n]", [[1, 2], [3, 4]], "[\n  [1,2],\n  [3,4]\n]"),
    # The layout is that of the same key elsewhere.
    (
        '[\n  {\n    "at": [1, 2],\n    "to": [\n      3\n    ]\n  },\n  {\n    "to": [\n      4\n    ]\n  }\n]',
        [{"at": [1, 2], "to": [3]}, {"to": [4], "at": [5, 6]}],
        '[\n  {\n    "at": [1, 2],\n    "to": [\n      3\n    ]\n  },\n  {\n    "to": [\n      4\n    ],\n    "at": [5, 6]\n  }\n]',
    ),
    # Items that have a name are recognised by it.
    (
        '[{"id": 1, "x": 1.0e0}, {"id": 2, "x": 2.0e0}]',
        [{"id": 3, "x": 0.5}, {"id": 2, "x": 2.0, "y": 1}],
        '[{"id": 3, "x": 0.5}, {"id": 2, "x": 2.0e0, "y": 1}]',
    ),
    (
        '[{"name": "a", "x":  1}, {"name": "b", "x":   1}]',
        [{"name": "b", "x": 1, "y": 2}],
        '[{"name": "b", "x":   1, "y": 2}]',
    ),
    (
        '[{"id": 1, "x": 1.0e0, "y": 1}, {"id": 2}, {"id": 3, "x": 3.0e0, "y": 1}]',
        [{"id": 3, "x": 3.0, "y": 2}, {"id": 1, "x": 1.0, "y": 2}],
        '[{"id": 3, "x": 3.0e0, "y": 2}, {"id": 1, "x": 1.0e0, "y": 2}]',
    ),
    # Others by what they hold, or by where they stand.
    ("[[1.0e0], [2.0e0], [3]]", [[2.0], [1.0], [3]], "[[2.0e0], [1.0e0], [3]]"),
    (
        '[{"a": 1.0e0, "b": 1}, {"a": 2.0e0, "b": 1}]',
        [{"a": 1.0, "b": 2}, {"a": 2.0, "b": 2}],
        '[{"a": 1.0e0, "b": 2}, {"a": 2.0e0, "b": 2}]',
    ),
    ('[{"a": 1.0e0, "b": 1}, 5]', [{"c": 1}, {"a": 1.0, "b": 2}, 5], '[{"c": 1}, {"a": 1.0e0, "b": 2}, 5]'),
    # The style is that of the nearest surroundings.
    (
        '{\n  "a": {\n      "x": 1\n  }\n}',
        {"a": {"x": 1}, "c": {"y": 1}},
        '{\n  "a": {\n      "x": 1\n  },\n  "c": {\n      "y": 1\n  }\n}',
    ),
    ('{\n  "a": {\r\n    "x": [ ]\r\n  }\n}', {"a": {"x": [1]}}, '{\n  "a": {\r\n    "x": [\r\n      1\r\n    ]\r\n  }\n}'),
    ("1\r\n", [1], "[\r\n  1\r\n]\r\n"),
    ("[1,2]", [1, 2, {"a": 1}], '[1,2,{"a":1}]'),
    ('\ufeff["\\u00e9"]', ["é", "ü"], '\ufeff["\\u00e9", "\\u00fc"]'),
    ("[\n  [\n    1\n  ],\n  [2]\n]", [[1], [2], [3]], "[\n  [\n    1\n  ],\n  [2],\n  [3]\n]"),
    (
        '[\n  {\n    "p": [1, 2],\n    "q": [\n      3\n    ]\n  }\n]',
        [{"p": [1, 2], "q": [3]}, {"q": [4], "p": [5, 6]}],
        '[\n  {\n    "p": [1, 2],\n    "q": [\n      3\n    ]\n  },\n  {\n    "q": [\n      4\n    ],\n    "p": [5, 6]\n  }\n]',
    ),
    # Another document altogether.
    ("1\n", {"a": [1]}, '{\n  "a": [\n    1\n  ]\n}\n'),
    ('{"a":1}', [1, {"b": 2}], '[1,{"b":2}]'),
    (' "x" ', None, " null "),
    ("[\n\t1\n]", {"a": 1}, '{\n\t"a": 1\n}'),
]


@pytest.mark.parametrize(("text", "new", "expected"), SMALL)
def test_what_becomes_of_a_text(text: str, new: Any, expected: str) -> None:
    old = json.loads(text.removeprefix("\ufeff"))
    assert rewrite(text, old, new) == expected
    assert same(json.loads(expected.removeprefix("\ufeff")), new)


# The laws, for texts in any style

LETTERS = st.text('ab/"\\é€😀\n', max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.sampled_from([0.5, 1.0, 1000.0, -2.5e-7]) | LETTERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS, inner, max_size=4),
    max_leaves=16,
)
DOCUMENTS = st.lists(VALUES, min_size=1, max_size=4) | st.dictionaries(LETTERS, VALUES, min_size=1, max_size=4)


@st.composite
def texts(draw: st.DrawFn, values: st.SearchStrategy[Any] = DOCUMENTS) -> str:
    """A document whose author sets spaces and spells things now this way, now that."""
    random = draw(st.randoms(use_true_random=False))
    gaps = draw(st.lists(st.sampled_from(["", " ", "  ", "\n", "\r\n", "\n  ", "\n\t", " \n    "]), min_size=1, max_size=4))

    def gap() -> str:
        return str(random.choice(gaps))

    def letter(character: str) -> str:
        escaped = json.dumps(character)[1:-1]
        choices = [escaped] if character in '"\\\n' else [character, escaped, "\\/" if character == "/" else character]
        return str(random.choice(choices))

    def spelled(value: Any) -> str:
        if isinstance(value, str):
            return '"' + "".join(map(letter, value)) + '"'
        if isinstance(value, float):
            return str(random.choice([repr(value), f"{value:e}", f"{value:.9E}"]))
        if isinstance(value, dict):
            members = (gap() + spelled(key) + gap() + ":" + gap() + spelled(item) + gap() for key, item in value.items())
            return "{" + (",".join(members) or gap()) + "}"
        if isinstance(value, list):
            return "[" + (",".join(gap() + spelled(item) + gap() for item in value) or gap()) + "]"
        return json.dumps(value)

    return str(random.choice(["", "\ufeff"])) + gap() + spelled(draw(values)) + gap()


def value_of(text: str) -> Any:
    return json.loads(text.removeprefix("\ufeff"))


def containers(value: Any) -> list[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(found for item in inner for found in containers(item))] if isinstance(value, dict | list) else []


def put(container: Any, key: str, place: int, value: Any) -> None:
    """Insert a value at a place; in an object under the key, which may be there."""
    if isinstance(container, list):
        container.insert(place, value)
        return
    members = [(name, item) for name, item in container.items() if name != key]
    members.insert(place, (key, value))
    container.clear()
    container.update(members)


def mutated(draw: st.DrawFn, old: Any) -> Any:
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 4))):
        container = draw(st.sampled_from(containers(new)))
        places = list(container) if isinstance(container, dict) else list(range(len(container)))
        match draw(st.sampled_from(["put", "remove", "set", "turn", "copy"])):
            case "put":
                put(container, draw(LETTERS), draw(st.integers(0, 4)), draw(VALUES))
            case "remove" if places:
                del container[draw(st.sampled_from(places))]
            case "set" if places:
                container[draw(st.sampled_from(places))] = draw(VALUES)
            case "turn" if isinstance(container, list):
                container.reverse()
            case "turn":
                for key in list(container)[:1]:
                    container[key + "b"] = container.pop(key)
            case "copy" if places:
                put(container, draw(LETTERS), draw(st.integers(0, 4)), copy.deepcopy(container[draw(st.sampled_from(places))]))
    return new


@st.composite
def edits(draw: st.DrawFn) -> tuple[str, Any, Any]:
    text = draw(texts())
    old = value_of(text)
    return text, old, mutated(draw, old)


class Place:
    """A value in a text, and what is in it."""

    def __init__(self, text: str, begin: int) -> None:
        self.begin = begin
        self.keys: dict[Any, str] = {}
        self.parts: dict[Any, Place] = {}
        self.end: int
        at = begin + 1
        while text[begin] in "{[":
            at = self._space(text, at)
            if text[at] in "]}":
                at += 1
                break
            if text[at] == ",":
                at = self._space(text, at + 1)
            name: Any = len(self.parts)
            if text[begin] == "{":
                name, end = json.JSONDecoder().raw_decode(text, at)
                self.keys[name] = text[at:end]
                at = self._space(text, self._space(text, end) + 1)
            self.parts[name] = Place(text, at)
            at = self.parts[name].end
        self.end = at if text[begin] in "{[" else json.JSONDecoder().raw_decode(text, begin)[1]
        self.raw = text[begin : self.end]

    @staticmethod
    def _space(text: str, at: int) -> int:
        while text[at] in " \t\r\n":
            at += 1
        return at

    @classmethod
    def of(cls, text: str) -> Place:
        return cls(text, cls._space(text, len(text) - len(text.removeprefix("\ufeff"))))


def check_kept(before: Place, after: Place, old: Any, new: Any) -> None:
    """Whatever is under keys that stay, and at both ends of lists, has its bytes; keys stay in their order."""
    if same(old, new):
        assert after.raw == before.raw
    elif isinstance(old, dict) and isinstance(new, dict):
        kept = [key for key in old if key in new]
        assert [key for key in after.parts if key in old] == kept
        for key in kept:
            assert after.keys[key] == before.keys[key]
            check_kept(before.parts[key], after.parts[key], old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list):
        for i, j in stayed(old, new):
            assert after.parts[j].raw == before.parts[i].raw


def stayed(old: list[Any], new: list[Any]) -> list[tuple[int, int]]:
    """Where items were and are that surely are the same: at both ends, and those that are there only once."""
    shorter = min(len(old), len(new))
    head = next((i for i in range(shorter) if not same(old[i], new[i])), shorter)
    tail = next((i for i in range(shorter - head) if not same(old[-1 - i], new[-1 - i])), shorter - head)
    ends = [(i, i) for i in range(head)] + [(len(old) - 1 - i, len(new) - 1 - i) for i in range(tail)]
    alone = [i for i, item in enumerate(old) if sum(same(item, other) for other in (*old, *new)) == 2]
    return ends + [(i, j) for i in alone for j, item in enumerate(new) if same(item, old[i])]


@given(edits())
def test_the_result_says_what_is_new(edit: tuple[str, Any, Any]) -> None:
    text, old, new = edit
    assert same(value_of(rewrite(text, old, new)), new)


@given(texts())
def test_a_text_that_says_it_already_stays_as_it_is(text: str) -> None:
    assert rewrite(text, value_of(text), value_of(text)) == text


@given(edits())
def test_what_is_around_the_document_stays(edit: tuple[str, Any, Any]) -> None:
    text, old, new = edit
    result = rewrite(text, old, new)
    before, after = Place.of(text), Place.of(result)
    assert (text[: before.begin], text[before.end :]) == (result[: after.begin], result[after.end :])


@given(edits())
def test_what_stays_keeps_its_bytes(edit: tuple[str, Any, Any]) -> None:
    text, old, new = edit
    check_kept(Place.of(text), Place.of(rewrite(text, old, new)), old, new)


@given(edits())
def test_a_new_key_comes_before_the_key_that_follows_it(edit: tuple[str, Any, Any]) -> None:
    text, old, new = edit
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return
    written = list(Place.of(rewrite(text, old, new)).parts)

    def next_kept(key: str, keys: list[str]) -> str | None:
        return next((other for other in keys[keys.index(key) :] if other in old), None)

    assert all(next_kept(key, written) == next_kept(key, list(new)) for key in new if key not in old)


def all_places(place: Place, value: Any) -> list[tuple[Place, Any]]:
    """Every container that is not empty, by value and by place."""
    found = [(place, value)] if place.parts else []
    return found + [more for name, part in place.parts.items() for more in all_places(part, value[name])]


@given(texts(), st.data())
def test_a_value_that_is_replaced_leaves_every_other_byte(text: str, data: st.DataObject) -> None:
    old = value_of(text)
    new = copy.deepcopy(old)
    place, container = data.draw(st.sampled_from(all_places(Place.of(text), new)))
    name = data.draw(st.sampled_from(list(place.parts)))
    container[name] = "replaced"
    part = place.parts[name]
    assert rewrite(text, old, new) == text[: part.begin] + '"replaced"' + text[part.end :]


@given(texts(), st.data())
def test_a_new_entry_leaves_every_other_byte(text: str, data: st.DataObject) -> None:
    old = value_of(text)
    new = copy.deepcopy(old)
    place, container = data.draw(st.sampled_from(all_places(Place.of(text), new)))
    index = data.draw(st.integers(0, len(place.parts)))
    put(container, "a new one", index, "a new one")
    result = rewrite(text, old, new)
    parts = list(place.parts.values())
    head = parts[index - 1].end if index else place.begin + 1
    tail = parts[index].begin if index < len(parts) else parts[-1].end
    if index < len(parts) and place.keys:
        tail = text.rindex(place.keys[list(place.parts)[index]], 0, tail)
    assert result.startswith(text[:head])
    assert result.endswith(text[tail:])
    assert len(result) > len(text)


@given(texts(), st.data())
def test_an_entry_that_goes_takes_a_comma_with_it_and_no_byte_of_another(text: str, data: st.DataObject) -> None:
    old = value_of(text)
    new = copy.deepcopy(old)
    place, container = data.draw(st.sampled_from(all_places(Place.of(text), new)))
    name = data.draw(st.sampled_from(names := list(place.parts)))
    if isinstance(container, list) and sum(same(item, container[name]) for item in container) > 1:
        return  # which of two equal ones has gone is not to be seen
    index = names.index(name)
    del container[name]
    result = rewrite(text, old, new)
    parts = list(place.parts.values())
    assert result.startswith(text[: parts[index - 1].end if index else place.begin + 1])
    last = parts[-1].end if container else place.end - 1
    assert result.endswith(text[parts[index + 1].begin if index + 1 < len(parts) else last :])


LAYOUTS: list[dict[str, Any]] = [
    {"indent": 2},
    {"indent": 4},
    {"indent": "\t"},
    {"indent": 1, "separators": (",", " : ")},
    {"separators": (",", ":")},
    {"separators": (", ", ": ")},
    {"separators": (" , ", " : ")},
]


@st.composite
def tidy_edits(draw: st.DrawFn) -> tuple[Any, Any]:
    """A value and what becomes of it, where what stays tells enough of the style."""
    old = {"first": [1, {"x": 1, "y": []}], "value": draw(VALUES), "last": 2}
    value = copy.deepcopy(old["value"])
    for _ in range(draw(st.integers(1, 3))):
        found = containers(value)
        if not found:
            return old, old | {"value": draw(VALUES)}
        container = draw(st.sampled_from(found))
        places = list(container) if isinstance(container, dict) else list(range(len(container)))
        key = draw(LETTERS)
        if key not in container:
            put(container, key, draw(st.integers(0, 4)), draw(VALUES))
        elif places:
            del container[draw(st.sampled_from(places))]
    return old, old | {"value": value}


@given(tidy_edits(), st.sampled_from(LAYOUTS), st.booleans(), st.sampled_from(["\n", "\r\n"]))
@example(({"a": 1, "b": [1]}, {"a": 1, "b": [1, {"é": []}]}), LAYOUTS[0], True, "\r\n")
def test_a_tidy_text_stays_as_tidy_as_it_was(edit: tuple[Any, Any], layout: dict[str, Any], escapes: bool, newline: str) -> None:
    old, new = edit
    old, new = ({"é": 0} | value for value in (old, new))

    def tidy(value: Any) -> str:
        return json.dumps(value, ensure_ascii=escapes, **layout).replace("\n", newline) + newline

    written = rewrite(tidy(old), old, new)
    read = json.loads(written)
    assert same(read, new)
    assert written == tidy(read), "in whatever order the keys are, for those that stay keep the author's"


@given(VALUES, VALUES)
def test_any_document_becomes_any_other(old: Any, new: Any) -> None:
    assert same(json.loads(rewrite(json.dumps(old, indent=2), old, new)), new)


def test_the_deepest_document_that_can_be_read_can_be_changed() -> None:
    text = "[" * 99 + '{"a": 1}' + "]" * 99
    old, new = read_json(text.encode()).value, read_json(text.replace("1", "2").encode()).value
    assert rewrite(text, old, new) == text.replace("1", "2")


def test_a_large_text_is_changed_in_about_the_time_it_takes_to_read() -> None:
    steps = [{"id": f"s{i}", "text": "lorem " * 130, "at": [i, i], "options": {"a": {"b": None}}} for i in range(2600)]
    text = json.dumps({"steps": steps}, indent=2)
    old = json.loads(text)
    new = {"steps": [*old["steps"][:1300], old["steps"][1300] | {"text": "new"}, *old["steps"][1301:]]}

    def cost(action: Callable[[], object]) -> float:
        times = [time.perf_counter()]
        for _ in range(5):
            action()
            times.append(time.perf_counter())
        return min(end - begin for begin, end in pairwise(times))

    assert cost(lambda: rewrite(text, old, new)) < 6 * cost(lambda: json.loads(text))
