"""Plans as files: canonical bytes, read back as they were, and everything wrong with a file told at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.plans import native, plan
from wflgit.core.mapping import Destination, Origin, Placement, Way
from wflgit.core.paths import parse_plan_path, plan_path
from wflgit.core.plan import Failure, Instruction, Loss, Plan, Side, WaitPolicy
from wflgit.core.plan_file import RULES, dump_plan, load_plan
from wflgit.core.records import ExecutionStatus
from wflgit.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wflgit.core.problems import Problem

PATH = "migrations/welcome/v6..v7.json"

TIDY = """\
{
  "plan": 1,
  "workflow": "welcome",
  "source": {
    "version": 6,
    "commit": "cccccccccccccccccccccccccccccccccccccccc",
    "blob": "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
  },
  "target": {
    "version": 7,
    "commit": null,
    "blob": "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
  },
  "instructions": [
    {
      "step": "hi",
      "type": "add_tag",
      "to": "hello",
      "origin": "history",
      "score": 0.81,
      "via": [
        "hey"
      ],
      "skipped": [
        "grüezi"
      ],
      "active": 1,
      "waiting": 0
    },
    {
      "step": "wait",
      "type": "wait",
      "to": "wait",
      "origin": "same",
      "wait": "restart",
      "active": 0,
      "waiting": 0
    },
    {
      "step": "bye",
      "type": "add_tag",
      "to": null,
      "origin": "unmapped",
      "proposals": [
        "@enter:hello",
        "@end"
      ],
      "active": 0,
      "waiting": 2
    }
  ],
  "plan_failures": [],
  "execution_failures": [
    {
      "rule": "unmapped",
      "step": "bye",
      "message": "expected a destination in 'welcome@7' for 2 executions at 'bye' but there is none",
      "hint": "say where they go: --map bye=@enter:hello or --map bye=@end",
      "executions": 2,
      "examples": [
        3,
        5
      ]
    }
  ],
  "losses": [
    {
      "kind": "skips",
      "step": "hi",
      "message": "1 execution at 'hi' never gets 'grüezi'",
      "executions": 1
    }
  ]
}
"""


def example() -> Plan:
    return plan(
        native("hi", "wait", "bye"),
        native("grüezi", "hello", "wait"),
        placements=[
            Placement("hi", Destination(Way.CONTINUE, "hello"), Origin.HISTORY, 0.81, ("hey",), ("grüezi",)),
            Placement("wait", Destination(Way.CONTINUE, "wait"), Origin.SAME),
            Placement("bye", None, Origin.UNMAPPED, proposals=(Destination(Way.ENTER, "hello"), Destination(Way.END))),
        ],
        standing={"hi": 1, "bye": (0, 2)},
        examples={("bye", ExecutionStatus.WAITING): (3, 5)},
        waits={"wait": WaitPolicy.RESTART},
        sides=(Side(6, "c" * 40, "b" * 40), Side(7, None, "e" * 40)),
    )


def test_a_plan_is_written_for_people_to_review() -> None:
    assert dump_plan(example()).decode() == TIDY


def test_a_plan_is_read_back_as_it_was() -> None:
    assert load_plan(TIDY.encode(), PATH) == example()


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
NAME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
COUNT = st.integers(0, 2**40)
DESTINATION = st.builds(
    Destination, st.sampled_from([Way.CONTINUE, Way.ENTER]), NAME | st.sampled_from(["@end", "@enter:a", "a=b"])
) | st.sampled_from([Destination(way) for way in Way if way not in (Way.CONTINUE, Way.ENTER)])
SIDE = st.builds(Side, st.integers(1, 10**6), st.none() | TEXT, TEXT)
NAMES = st.lists(TEXT, max_size=3).map(tuple)
FAILURES = st.lists(
    st.builds(Failure, TEXT, TEXT, TEXT, st.none() | TEXT, COUNT, st.lists(COUNT, max_size=2).map(tuple)), max_size=2
).map(tuple)
INSTRUCTION = st.builds(
    Instruction,
    step=TEXT,
    type=TEXT,
    to=st.none() | DESTINATION,
    origin=st.sampled_from(Origin),
    score=st.none() | st.floats(0, 1),
    via=NAMES,
    skipped=NAMES,
    proposals=st.lists(DESTINATION, max_size=2).map(tuple),
    wait=st.sampled_from(WaitPolicy),
    active=COUNT,
    waiting=COUNT,
    breaks=NAMES,
)
PLAN = st.builds(
    Plan,
    workflow=st.sampled_from(["welcome", "sales/welcome", "a_b-c/1"]),
    source=SIDE,
    target=SIDE,
    instructions=st.lists(INSTRUCTION, max_size=3, unique_by=lambda said: said.step).map(tuple),
    plan_failures=FAILURES,
    execution_failures=FAILURES,
    losses=st.lists(st.builds(Loss, TEXT, TEXT, TEXT, COUNT), max_size=2).map(tuple),
)


@given(PLAN)
def test_reading_undoes_writing(made: Plan) -> None:
    assert load_plan(dump_plan(made), PATH) == made


@given(PLAN)
def test_what_was_read_is_written_as_it_was(made: Plan) -> None:
    assert dump_plan(load_plan(dump_plan(made), PATH)) == dump_plan(made)


def test_line_ends_white_space_the_order_of_keys_and_a_schema_mean_nothing() -> None:
    document = {"$schema": "plan.schema.json", **dict(reversed(json.loads(TIDY).items()))}
    content = json.dumps(document).replace(", ", ",\r\n\t").encode()
    assert load_plan(content, PATH) == example()


# What is wrong with a file


def refusal(content: bytes | str) -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        load_plan(content.encode() if isinstance(content, str) else content, PATH)
    assert caught.value.path == PATH
    return caught.value


def said(problem: Problem) -> tuple[str, str, str]:
    return problem.rule, "/".join(map(str, problem.pointer)), problem.message


def changed(*path: str | int, value: Any) -> str:
    """The example with another value at a place."""
    document = json.loads(TIDY)
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(document, indent=2)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty-file"),
        (b"\xef\xbb\xbf{}", "byte-order-mark"),
        (b"\xff", "encoding"),
        (b'{"plan": 1, "plan": 1}', "duplicate-key"),
        (b'{"plan": NaN}', "not-a-number"),
        (b'{"plan": 1', "syntax"),
        (b"[" * 101, "nesting"),
    ],
)
def test_what_is_no_json_is_refused_as_for_definitions(content: bytes, rule: str) -> None:
    assert [problem.rule for problem in refusal(content).problems] == [rule]


def test_a_file_that_is_no_plan_lacks_everything() -> None:
    assert said(refusal("[]").problems[0]) == ("wrong-value", "", "expected an object but found an empty list")
    error = refusal("{}")
    assert {problem.message for problem in error.problems} == {
        f"expected '{key}' but it is missing"
        for key in ("plan", "workflow", "source", "target", "instructions", "plan_failures", "execution_failures", "losses")
    }


FIRST = ("instructions", 0)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("plan",), 2, "expected 1 but found '2'"),
        (("plan",), True, "expected 1 but found 'true'"),
        (("$schema",), 1, "expected a text but found '1'"),
        (("workflow",), "Welcome!", "expected the slug of a workflow but found 'Welcome!'"),
        (("workflow",), "welcome/v7", "expected the slug of a workflow but found 'welcome/v7'"),
        (("workflow",), None, "expected the slug of a workflow but found null"),
        (("source",), "welcome@6", "expected an object but found 'welcome@6'"),
        (("source", "version"), 0, "expected a whole number of at least 1 but found '0'"),
        (("source", "version"), 6.0, "expected a whole number of at least 1 but found '6.0'"),
        (("target", "version"), True, "expected a whole number of at least 1 but found 'true'"),
        (("target", "commit"), 7, "expected a text or null but found '7'"),
        (("target", "blob"), None, "expected a text but found null"),
        (("instructions",), {}, "expected a list but found an empty object"),
        (FIRST, "hi=hello", "expected an object but found 'hi=hello'"),
        ((*FIRST, "step"), 1, "expected a text but found '1'"),
        ((*FIRST, "type"), None, "expected a text but found null"),
        ((*FIRST, "to"), "@nowhere", "expected a destination but found '@nowhere'"),
        ((*FIRST, "to"), "", "expected a destination but found ''"),
        ((*FIRST, "to"), ["hello"], "expected a destination but found a list"),
        ((*FIRST, "origin"), "guess", "expected 'rule', 'same', 'renamed', 'history' or 'unmapped' but found 'guess'"),
        ((*FIRST, "origin"), None, "expected 'rule', 'same', 'renamed', 'history' or 'unmapped' but found null"),
        ((*FIRST, "score"), 1.01, "expected a number from 0 to 1 but found '1.01'"),
        ((*FIRST, "score"), "high", "expected a number from 0 to 1 but found 'high'"),
        ((*FIRST, "score"), False, "expected a number from 0 to 1 but found 'false'"),
        ((*FIRST, "via"), "hey", "expected a list but found 'hey'"),
        ((*FIRST, "skipped"), [1], "expected a text but found '1'"),
        ((*FIRST, "breaks"), [None], "expected a text but found null"),
        ((*FIRST, "proposals"), ["@"], "expected a destination but found '@'"),
        ((*FIRST, "proposals"), [None], "expected a destination but found null"),
        ((*FIRST, "wait"), "hold", "expected 'keep', 'restart' or 'recompute' but found 'hold'"),
        ((*FIRST, "wait"), [], "expected 'keep', 'restart' or 'recompute' but found an empty list"),
        ((*FIRST, "active"), -1, "expected a whole number of at least 0 but found '-1'"),
        ((*FIRST, "waiting"), "2", "expected a whole number of at least 0 but found '2'"),
        (("plan_failures",), None, "expected a list but found null"),
        (("execution_failures", 0, "examples"), [1.5], "expected a whole number of at least 0 but found '1.5'"),
        (("execution_failures", 0, "hint"), None, "expected a text but found null"),
        (("losses", 0, "executions"), -3, "expected a whole number of at least 0 but found '-3'"),
    ],
)
def test_a_value_that_does_not_belong_there_is_told_with_its_place(path: Sequence[str | int], value: Any, message: str) -> None:
    (problem,) = refusal(changed(*path, value=value)).problems
    assert (problem.rule, problem.message) == ("wrong-value", message)
    assert problem.pointer[: len(path)] == tuple(path)
    assert problem.line is not None


@pytest.mark.parametrize(
    ("path", "known"),
    [(("sources",), "source"), (("source", "comit"), "commit"), ((*FIRST, "orign"), "origin"), (("losses", 0, "kinds"), "kind")],
)
def test_an_unknown_key_is_answered_with_the_near_one(path: Sequence[str | int], known: str) -> None:
    (problem,) = refusal(changed(*path, value=None)).problems
    assert said(problem) == ("unknown-key", "/".join(map(str, path)), f"expected a known key but found '{path[-1]}'")
    assert (problem.hint or "").startswith(f"did you mean '{known}'")


@pytest.mark.parametrize(
    "path",
    [
        ("plan",),
        ("workflow",),
        ("target", "commit"),
        (*FIRST, "to"),
        (*FIRST, "waiting"),
        ("execution_failures", 0, "rule"),
        ("losses", 0, "step"),
    ],
)
def test_a_missing_key_is_told_where_it_belongs(path: Sequence[str | int]) -> None:
    document = json.loads(TIDY)
    place = document
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    (problem,) = refusal(json.dumps(document)).problems
    assert (problem.rule, problem.pointer) == ("missing-key", tuple(path[:-1]))
    assert f"'{path[-1]}'" in problem.message


@pytest.mark.parametrize("key", ["score", "via", "skipped", "proposals", "wait", "breaks"])
def test_what_an_instruction_may_leave_out_is_as_usual(key: str) -> None:
    document = json.loads(TIDY)
    for raw in document["instructions"]:
        raw.pop(key, None)
    usual = Instruction("a", "b", None, Origin.SAME)
    assert {getattr(found, key) for found in load_plan(json.dumps(document).encode(), PATH).instructions} == {getattr(usual, key)}


def test_a_step_with_two_instructions_is_told_at_the_second() -> None:
    problem = refusal(TIDY.replace('"step": "wait"', '"step": "hi"')).problems[0]
    assert said(problem) == ("duplicate-source", "instructions/1/step", "expected one instruction a step but 'hi' is here again")
    assert (problem.line, problem.column) == (31, 15)


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file() -> None:
    content = TIDY
    for right, wrong in [
        ('"plan": 1', '"plan": 9'),
        ('"workflow": "welcome"', '"workflow": "V1/"'),
        ('"to": "hello"', '"too": "hello"'),
        ('"origin": "same"', '"origin": "some"'),
        ('"step": "bye",\n      "type"', '"step": "hi",\n      "type"'),
        ('"waiting": 2', '"waiting": -2'),
    ]:
        content = content.replace(right, wrong)
    error = refusal(content)
    assert [(problem.rule, problem.line) for problem in error.problems] == [
        ("wrong-value", 2),
        ("wrong-value", 3),
        ("missing-key", 15),
        ("unknown-key", 18),
        ("wrong-value", 34),
        ("duplicate-source", 40),
        ("wrong-value", 49),
    ]
    assert error.message == "line 2, column 11: expected 1 but found '9' (and 6 more)"
    assert error.hint == "a newer wflgit may have written it"


def test_the_list_of_rules_is_that_of_the_code() -> None:
    broken = [changed("plan", value=2), changed("plans", value=2), "{}", TIDY.replace('"step": "wait"', '"step": "hi"')]
    assert {problem.rule for content in broken for problem in refusal(content).problems} == RULES.keys()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | TEXT,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    ),
    st.data(),
)
def test_whatever_stands_somewhere_is_read_or_refused(value: Any, data: st.DataObject) -> None:
    document = json.loads(TIDY)
    place, key = data.draw(st.sampled_from([*places(document)]))
    place[key] = value
    try:
        load_plan(json.dumps(document).encode(), PATH)
    except DefinitionError as error:
        assert error.problems


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every container in a document with each of its keys."""
    keys = document if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    return [found for key in keys for found in [(document, key), *places(document[key])]]


# Where plans are


@pytest.mark.parametrize(
    ("slug", "source", "target", "path"),
    [
        ("welcome", 6, 7, "migrations/welcome/v6..v7.json"),
        ("sales/welcome", 7, 6, "migrations/sales/welcome/v7..v6.json"),
        ("a-b", 1, 999_999_999, "migrations/a-b/v1..v999999999.json"),
    ],
)
def test_a_plan_has_a_place_that_says_what_it_is_for(slug: str, source: int, target: int, path: str) -> None:
    assert plan_path(slug, source, target) == path
    assert parse_plan_path(path) == (slug, source, target)


@pytest.mark.parametrize(
    "path",
    [
        "migrations/v6..v7.json",
        "migrations/welcome/v6-v7.json",
        "migrations/welcome/v06..v7.json",
        "migrations/welcome/v0..v7.json",
        "migrations/welcome/v6..v7.json.orig",
        "migrations/Welcome/v6..v7.json",
        "migrations/welcome//v6..v7.json",
        "migrations/welcome/current/v6..v7.json",
        "more/migrations/welcome/v6..v7.json",
        "migrations/welcome/v6..v7.json\n",
        "migrations/welcome/v6..v9999999999.json",
        "",
    ],
)
def test_another_path_is_that_of_no_plan(path: str) -> None:
    assert parse_plan_path(path) is None
