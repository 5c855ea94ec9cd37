"""Strict JSON: what is refused, where it says so, and that places are found again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wflgit.core import jsontext
from wflgit.core.jsontext import MAX_DEPTH, read_json
from wflgit.core.jsonvalues import same
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from wflgit.core.problems import Problem

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def problems(content: bytes | str) -> tuple[Problem, ...]:
    with pytest.raises(DefinitionError) as caught:
        read_json(content.encode() if isinstance(content, str) else content)
    return caught.value.problems


BROKEN = [
    (b"", "empty-file", 1, 1, "the file is empty"),
    (b" \n\t", "empty-file", 2, 2, "the file is empty"),
    (b"\xef\xbb\xbf{}", "byte-order-mark", 1, 1, "found a byte-order mark"),
    (b'{\n "a": "\xe9"}', "encoding", 2, 8, "found the byte 0xE9"),
    (b"\xff\xfe{\x00", "encoding", 1, 1, "found the byte 0xFF"),
    (b'{"a": 1', "syntax", 1, 8, "expected ',' or '}' but the file ends"),
    (b'{"a": ', "syntax", 1, 7, "expected a value but the file ends"),
    (b'{"a": 1,}', "syntax", 1, 9, "expected another entry after ',' but found '}'"),
    (b"[1, 2,\n]", "syntax", 2, 1, "expected another entry after ',' but found ']'"),
    (b'{"a": 1\n "b": 2}', "syntax", 2, 2, "expected ',' or '}' but found '\"'"),
    (b'{"a" 1}', "syntax", 1, 6, "expected ':' after the key but found '1'"),
    (b"{a: 1}", "syntax", 1, 2, "expected a key in double quotes but found 'a'"),
    (b"{'a': 1}", "syntax", 1, 2, "expected a key in double quotes but found '''"),
    (b'{"a": True}', "syntax", 1, 7, "expected a value but found 'True'"),
    (b'{"a": 01}', "syntax", 1, 7, "expected a value but found '01'"),
    (b'{"a": +1}', "syntax", 1, 7, "expected a value but found '+1'"),
    (b'{"a": .5}', "syntax", 1, 7, "expected a value but found '.5'"),
    (b'{"a": nul}', "syntax", 1, 7, "expected a value but found 'nul'"),
    (b'{"a": "b', "syntax", 1, 7, "the file ends in it"),
    (b'{"a": "\\x"}', "syntax", 1, 8, "expected a JSON escape but found '\\x'"),
    (b'{"a": "\\u12"}', "syntax", 1, 8, "expected a JSON escape but found '\\u'"),
    (b"// note\n{}", "syntax", 1, 1, "found '/'"),
    (b"<<<<<<< HEAD\n{}", "syntax", 1, 1, "found '<'"),
    (b'{"a": 1} slemlist <> 3', "trailing-text", 1, 10, "found 'slemlist'"),
    (b'{"a": NaN}', "not-a-number", 1, 7, "found 'NaN'"),
    (b'{"a": -Infinity}', "not-a-number", 1, 7, "found '-Infinity'"),
    (b'{"a": 1e999}', "number-too-large", 1, 7, "'1e999'"),
    (b'{"a": ' + b"9" * 4301 + b"}", "number-too-large", 1, 7, "one of 4301 characters"),
    (b'{"a": "x\ny"}', "control-character", 1, 9, "found a line break"),
    (b'{"a": "x\x07"}', "control-character", 1, 9, "found the control character U+0007"),
    (b'{"a": "\\ud83d"}', "lone-surrogate", 1, 7, "half a surrogate pair"),
    (b'{"\\udc00": 1}', "lone-surrogate", 1, 2, "half a surrogate pair"),
    (b"[" * 101 + b"]" * 101, "nesting", 1, 101, "at most 100 levels"),
    (b"[" * 100_000, "nesting", 1, 101, "at most 100 levels"),
]


@pytest.mark.parametrize(("content", "rule", "line", "column", "message"), BROKEN)
def test_broken_json_is_refused_with_line_column_and_what_was_expected(
    content: bytes, rule: str, line: int, column: int, message: str
) -> None:
    (found,) = problems(content)
    assert (found.rule, found.line, found.column) == (rule, line, column)
    assert message in found.message


def test_the_error_says_the_first_place_and_how_many_more_there_are() -> None:
    with pytest.raises(DefinitionError, match=r"^line 1, column 7: expected a number but found 'NaN'.* \(and 1 more\)$"):
        read_json(b'{"a": NaN, "b": NaN}')


def test_a_duplicate_key_is_refused_with_its_line_and_column() -> None:
    (found,) = problems('{\n  "steps": {\n    "a": 1,\n    "b": 2,\n    "a": 3\n  }\n}')
    assert (found.rule, found.line, found.column, found.pointer) == ("duplicate-key", 5, 5, ("steps", "a"))
    assert found.message == "expected each key once but 'a' is here again, first in line 3"


def test_each_repetition_of_a_key_is_told_and_refers_to_the_first() -> None:
    found = problems('{"a": 1,\n"a": 2,\n"a": 3}')
    assert [(problem.line, problem.message.partition(", ")[2]) for problem in found] == [
        (2, "first in line 1"),
        (3, "first in line 1"),
    ]


def test_keys_that_only_look_different_are_duplicates() -> None:
    assert [found.rule for found in problems('{"a": 1, "\\u0061": 2}')] == ["duplicate-key"]


def test_everything_wrong_up_to_the_first_syntax_error_is_told_at_once() -> None:
    found = problems('{"a": NaN, "a": 1, "b": {"c": 1e999, "c": "\t"}, "d": oops, "d": NaN}')
    assert [problem.rule for problem in found] == [
        "not-a-number", "duplicate-key", "number-too-large", "duplicate-key", "control-character", "syntax",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ('{"a": None}', "write null"),
        ("{'a': 1}", "put keys and texts in double quotes"),
        ('{"a": 1} // x', "remove the comment, JSON has none"),
        ('{"a": 1,}', "remove the comma before it"),
        ('{"a": 1 "b": 2}', "put a ',' between two entries"),
        (">>>>>>> theirs", "if this is a conflict of a merge, resolve it first"),
    ],
)
def test_a_common_slip_gets_a_hint(content: str, hint: str) -> None:
    assert problems(content)[-1].hint == hint


def test_the_deepest_nesting_allowed_is_read() -> None:
    assert read_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH).value


@pytest.mark.parametrize("text", ["[" * 300, "{[" * 300, '\\"[' * 300, "\\\\", "]" * 300])
def test_brackets_in_texts_are_no_nesting(text: str) -> None:
    assert read_json(f'[{{"a": "{text}"}}, "{text}"]'.encode()).value


@pytest.mark.parametrize("text", ["]", "}]", '\\"]', "\\\\", "[", "]["])
@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
def test_brackets_in_texts_hide_no_nesting(text: str, depth: int) -> None:
    content = f'["{text}", ' * (depth - 1) + f'["{text}"' + f', "{text}"]' * depth
    if depth == MAX_DEPTH:
        assert read_json(content.encode()).value
    else:
        assert problems(content)[0].rule == "nesting"


@pytest.mark.parametrize("pairs", [MAX_DEPTH // 2, MAX_DEPTH // 2 + 1])
def test_objects_and_lists_nest_alike(pairs: int) -> None:
    content = '{"a": [' * pairs + "]}" * pairs
    if pairs * 2 <= MAX_DEPTH:
        assert read_json(content.encode()).value
    else:
        assert problems(content)[0].rule == "nesting"


def test_columns_count_characters_and_lines_end_with_line_feeds_of_any_kind() -> None:
    document = read_json('{"ä😀": 1,\r\n "b": [true]}\r\n'.encode())
    assert document.locate(("ä😀",)) == (1, 8)
    assert document.locate(("b", 0)) == (2, 8)
    assert document.locate(("b",), of_key=True) == (2, 2)


def test_what_is_not_there_is_located_at_the_innermost_value_around_it() -> None:
    document = read_json(b'{"a":\n  {"b": 1}}')
    assert document.locate(("a", "x", 3)) == (2, 3)
    assert document.locate(("x",)) == (1, 1)
    assert document.locate((), of_key=True) == (1, 1)


def test_numbers_and_escaped_pairs_stay_as_they_are_written() -> None:
    value = read_json(b'[1, 1.0, -0.0, 12345678901234567890, 1e16, "\\ud83d\\ude00"]').value
    assert repr(value) == "[1, 1.0, -0.0, 12345678901234567890, 1e+16, '😀']"


@given(JSON, st.sampled_from([None, 2]), st.booleans())
def test_every_value_and_key_is_found_where_it_stands(value: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = read_json(text.encode())
    assert document.value == value
    lines = text.split("\n")
    for pointer, inner in walk(value):
        line, column = document.locate(pointer)
        offset = sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
        assert json.JSONDecoder().raw_decode(text, offset)[0] == inner
        if pointer and isinstance(pointer[-1], str):
            line, column = document.locate(pointer, of_key=True)
            offset = sum(len(before) + 1 for before in lines[: line - 1]) + column - 1
            assert json.JSONDecoder().raw_decode(text, offset)[0] == pointer[-1]


def walk(value: Any, pointer: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], Any]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(pointer, value), *(found for key, item in inner for found in walk(item, (*pointer, key)))]


@given(JSON, st.data())
@example({"a": "[", "b": ["]"]}, None)
def test_any_damage_is_either_read_or_told_with_a_place(value: Any, data: st.DataObject | None) -> None:
    content = json.dumps(value)
    if data is not None:
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 3, len(content))))
        content = content[:start] + data.draw(st.text('{}[]",:\\u0d8e1-+.NaInfty \n\t', max_size=4)) + content[end:]
    found: tuple[Problem, ...] = ()
    try:
        document = read_json(content.encode())
    except DefinitionError as error:
        found = error.problems
    assert all(problem.line and problem.column for problem in found)
    assert found or document.value == json.loads(content)


ODD = st.text(alphabet='":\\\\ ,{}[]\n\taé', max_size=6)
ODD_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(-1e9, 1e9) | ODD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD, inner, max_size=4),
    max_leaves=12,
)
SPACES = st.text(alphabet=" \t\r\n", max_size=2)


def spaced(value: Any, draw: Any) -> str:
    """A value as JSON, with white space wherever it may be."""
    if isinstance(value, dict):
        members = (f"{draw(SPACES)}{json.dumps(key)}{draw(SPACES)}:{spaced(inner, draw)}" for key, inner in value.items())
        return f"{draw(SPACES)}{{{','.join(members)}{draw(SPACES)}}}{draw(SPACES)}"
    if isinstance(value, list):
        return f"{draw(SPACES)}[{','.join(spaced(inner, draw) for inner in value)}{draw(SPACES)}]{draw(SPACES)}"
    return f"{draw(SPACES)}{json.dumps(value)}{draw(SPACES)}"


@given(ODD_JSON, st.data())
def test_the_fast_reader_reads_what_the_strict_one_does_and_is_sure_of_it(value: Any, data: st.DataObject) -> None:
    text = spaced(value, data.draw)
    read = jsontext._read_quickly(text.encode())
    assert same(read, json.loads(text))
    assert json.dumps(read) == json.dumps(json.loads(text))


@given(ODD_JSON, ODD, ODD_JSON, ODD_JSON, st.data())
def test_no_duplicate_key_gets_past_the_fast_reader(around: Any, key: str, one: Any, other: Any, data: st.DataObject) -> None:
    members = [f"{json.dumps(key)}{data.draw(SPACES)}:{spaced(inner, data.draw)}" for inner in (one, other)]
    text = f"[{spaced(around, data.draw)}, {{{','.join(members)}}}]"
    assert "duplicate-key" in [problem.rule for problem in problems(text)]


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, -(10**30)])
@pytest.mark.parametrize("text", ["{}", "[{}]", '{{"a": [1.5, {}]}}'])
def test_whole_numbers_of_any_size_are_read_exactly(number: int, text: str) -> None:
    content = text.format(number).encode()
    assert same(read_json(content).value, json.loads(content))


@pytest.mark.parametrize("text", ["1e300", "[1e300]", "-1e300", "[18446744073709551616.0]", "1e-400", "-0.0", "[-0]"])
def test_large_and_tiny_fractions_are_read_as_python_reads_them(text: str) -> None:
    assert repr(read_json(text.encode()).value) == repr(json.loads(text))
