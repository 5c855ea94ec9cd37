from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit import InvalidNameError
from wflgit.core.formats import parse
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind, Trigger
from wflgit.core.identity import match_steps
from wflgit.core.mapping import Destination, Origin, Placement, Way, branch_of, map_steps, parse_destination

KINDS = {"wait": StepKind.WAIT, "ask": StepKind.CONDITION, "fan": StepKind.PARALLEL, "each": StepKind.LOOP, "act": StepKind.ACTION}


def graph(ways: str, *, says: Mapping[str, str] = {}, off: Collection[str] = (), goals: Collection[str] = ()) -> Graph:
    """A graph drawn as `hello>wait_1 wait_1>ask ask:yes>bye ask:no>`: the first step is the start, nothing behind `>` the end.

    The kind and type of a step is said by how its id starts; `/` puts a step into a scope, `!` is an edge for errors.

    Args:
        ways: the edges.
        says: what a step says, instead of its own name.
        off: the disabled steps.
        goals: steps that a goal leads to.
    """
    edges = [_edge(way, ways.split()) for way in ways.split()]
    ids = dict.fromkeys(found for edge in edges for found in (edge.source, edge.target) if found is not None)
    steps = {found: _step(found, says.get(found), disabled=found in off) for found in ids}
    return Graph("test", None, next(iter(ids)), (), steps, tuple(edges), tuple(Goal(f"to {to}", "won", to, {}) for to in goals))


def _edge(way: str, ways: Sequence[str]) -> Edge:
    start, sign, target = way.partition("!" if "!" in way else ">")
    source, _, label = start.partition(":")
    if target.startswith(f"{source}/"):
        return Edge(source, f"branch {target.removeprefix(source)[1]}", target, EdgeKind.ENTER)
    if sign == "!":
        return Edge(source, "error", target or None, EdgeKind.ERROR)
    if label or sum(other.startswith(f"{source}>") for other in ways) > 1:
        return Edge(source, label or target or "end", target or None, EdgeKind.BRANCH)
    return Edge(source, "next", target or None)


def _step(step: str, says: str | None = None, *, disabled: bool = False) -> Step:
    scope, _, name = step.rpartition("/")
    type_ = next((type_ for type_ in KINDS if name.startswith(type_)), "act")
    container = scope.rpartition("/")[0] if scope else None
    return Step(step, type_, KINDS[type_], {"text": says or name}, name, container, disabled)


def placed(source: Graph, target: Graph, *between: Graph, **rules: str) -> dict[str, Placement]:
    parsed = {step: parse_destination(text) for step, text in rules.items()}
    return {found.step: found for found in map_steps(source, target, parsed, between)}


def ways(source: Graph, target: Graph, *between: Graph, **rules: str) -> dict[str, str]:
    """Where all go, as text; `?` for those that go nowhere."""
    return {step: str(found.to or "?") for step, found in placed(source, target, *between, **rules).items()}


DESTINATIONS = {
    "hello": Destination(Way.CONTINUE, "hello"),
    "a=b:c": Destination(Way.CONTINUE, "a=b:c"),
    "@step:@end": Destination(Way.CONTINUE, "@end"),
    "@step:@step:x": Destination(Way.CONTINUE, "@step:x"),
    "@enter:hello": Destination(Way.ENTER, "hello"),
    "@enter:@enter:x": Destination(Way.ENTER, "@enter:x"),
    "@enter: Fan out/0/A = B ": Destination(Way.ENTER, " Fan out/0/A = B "),
    "@end": Destination(Way.END),
    "@restart": Destination(Way.RESTART),
    "@stay": Destination(Way.STAY),
    "@cancel": Destination(Way.CANCEL),
}


@pytest.mark.parametrize(("text", "destination"), DESTINATIONS.items())
def test_a_destination_is_read_and_written_back(text: str, destination: Destination) -> None:
    assert parse_destination(text) == destination
    assert str(destination) == text


@settings(deadline=None)
@given(st.sampled_from([Way.CONTINUE, Way.ENTER]), st.text(min_size=1) | st.sampled_from(list(DESTINATIONS)))
def test_every_destination_that_is_written_can_be_read(way: Way, step: str) -> None:
    assert parse_destination(str(Destination(way, step))) == Destination(way, step)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "write a step's id"),
        ("@", "write a step's id"),
        ("@ends", "did you mean '@end'?"),
        ("@end:hello", "did you mean '@end'?"),
        ("@enter", "did you mean '@enter:STEP'?"),
        ("@enter:", "did you mean '@enter:STEP'?"),
        ("@step:", "did you mean '@step:STEP'?"),
        ("@hello", "write a step's id"),
        ("@END", "write a step's id"),
    ],
)
def test_what_is_no_destination_is_refused(text: str, hint: str) -> None:
    with pytest.raises(InvalidNameError, match=f"expected a destination but found '{text}'") as caught:
        parse_destination(text)
    assert hint in (caught.value.hint or "")


OLD = graph("hello>greet greet>wait wait>bye bye>")
RENAMED = graph("hello>welcome welcome>wait wait>bye bye>", says={"welcome": "greet"})


def test_executions_continue_at_the_step_of_the_same_id() -> None:
    assert map_steps(OLD, OLD) == tuple(Placement(step, Destination(Way.CONTINUE, step), Origin.SAME) for step in OLD.steps)


def test_executions_continue_at_a_renamed_step_with_the_score_said() -> None:
    found = placed(OLD, RENAMED)["greet"]
    assert (str(found.to), found.origin) == ("welcome", Origin.RENAMED)
    assert 0.6 < (found.score or 0) < 1


def test_a_step_of_another_type_is_not_the_same() -> None:
    changed = graph("hello>greet greet>wait wait>bye bye>", says={"greet": "something else"})
    found = placed(
        OLD, Graph("test", None, "hello", (), {**changed.steps, "greet": _step("wait", "", disabled=False)}, changed.edges)
    )
    assert (found["greet"].to, found["greet"].origin) == (None, Origin.UNMAPPED)
    assert str(found["greet"].proposals[0]) == "@enter:greet"


@pytest.mark.parametrize("rule", ["bye", "@enter:bye", "@end", "@restart", "@stay", "@cancel", "nowhere", "@enter:nowhere"])
def test_a_rule_comes_first(rule: str) -> None:
    found = placed(OLD, OLD, greet=rule)["greet"]
    assert (str(found.to), found.origin, found.score, found.proposals) == (rule, Origin.RULE, None, ())


def test_rules_for_steps_that_are_not_there_are_passed_over() -> None:
    assert ways(OLD, OLD, nobody="bye") == ways(OLD, OLD)


def test_a_rule_onto_a_step_that_goes_on_as_itself_puts_both_there() -> None:
    shorter = graph("hello>wait wait>bye bye>")
    assert ways(OLD, shorter, greet="hello") == {"hello": "hello", "greet": "hello", "wait": "wait", "bye": "bye"}


def test_a_rule_onto_a_renamed_step_puts_both_there() -> None:
    source = graph("hello>greet greet>wait wait>bye bye> hello!one one>")
    assert ways(source, RENAMED)["greet"] == "welcome"
    assert {step: to for step, to in ways(source, RENAMED, one="welcome").items() if to == "welcome"}.keys() == {"greet", "one"}


def test_a_rule_says_of_the_neighbours_what_they_are() -> None:
    source = graph("one>two two>three three>", says={"two": "Dear client"})
    target = graph("apple>bread bread>cheese cheese>", says={"bread": "Dear clients"})
    assert ways(source, target) == {"one": "?", "two": "?", "three": "?"}
    assert ways(source, target, one="apple", three="cheese")["two"] == "bread"
    assert ways(source, target, one="@enter:apple", three="@enter:cheese")["two"] == "?"


def test_steps_that_change_their_ids_around_follow_the_rules() -> None:
    shifted = graph("hello>wait wait>bye bye>later later>")
    assert ways(graph("hello>wait wait>bye bye>"), shifted, bye="later")["bye"] == "later"
    assert ways(OLD, OLD, hello="greet", greet="bye", bye="hello") == {
        "hello": "greet",
        "greet": "bye",
        "wait": "wait",
        "bye": "hello",
    }


def test_rules_that_shift_ids_say_of_the_neighbours_what_they_are() -> None:
    source = graph("hello> two>one one>b b>", says={"two": "Dear client"})
    target = graph("hello> bread>b b>c c>", says={"bread": "Dear clients"})
    assert ways(source, target)["two"] == "?"
    assert ways(source, target, one="b", b="c")["two"] == "bread"


STATIONS = [
    graph("hello>ask_name ask_name>bye bye>", says={"ask_name": "What is your name?"}),
    graph("hello>ask_client ask_client>bye bye>", says={"ask_client": "What is your name?"}),
    graph("hello>ask_client ask_client>bye bye>", says={"ask_client": "How old?"}),
    graph("hello>new new>poll poll>bye bye>".replace("poll", "ask_age"), says={"ask_age": "How old?"}),
]


def test_a_step_that_changed_beyond_recognition_is_followed_through_the_versions_between() -> None:
    first, *between, last = STATIONS
    assert ways(first, last)["ask_name"] == "?"
    found = placed(first, last, *between)["ask_name"]
    assert (str(found.to), found.origin, found.via) == ("ask_age", Origin.HISTORY, ("ask_client", "ask_client"))
    scores = [
        placed(old, new)[step].score or 1 for old, new, step in zip(STATIONS, STATIONS[1:], ["ask_name", *found.via], strict=False)
    ]
    assert found.score == pytest.approx(scores[0] * scores[1] * scores[2], abs=0.001)


def test_the_way_back_is_followed_as_well() -> None:
    last, *between, first = STATIONS[::-1]
    assert placed(last, first, *between)["ask_age"].origin is Origin.HISTORY


def test_what_is_clear_needs_no_history() -> None:
    misleading = graph("hello>greet greet>wait_2 wait_2>bye bye>")
    assert {found.origin for found in placed(OLD, OLD, misleading).values()} == {Origin.SAME}


def test_history_puts_no_two_steps_onto_one() -> None:
    source = graph("hello>greet greet>bye bye>")
    target = graph("hello>bye bye>", says={"bye": "greet"})
    between = graph("hello>bye_now bye_now>", says={"bye_now": "greet"})
    assert ways(source, target, between) == {"hello": "hello", "greet": "?", "bye": "bye"}


def test_what_history_finds_comes_before_an_unsure_rename() -> None:
    source = graph("hello>one one>two two>bye bye>", says={"two": "new text"})
    target = graph("hello>three three>bye bye>", says={"three": "new text"})
    between = graph("hello>one one>bye bye>", says={"one": "new text"})
    assert ways(source, target) == {"hello": "hello", "one": "?", "two": "three", "bye": "bye"}
    assert ways(source, target, between) == {"hello": "hello", "one": "three", "two": "?", "bye": "bye"}


@pytest.mark.parametrize(
    ("first", "second", "origin"),
    [
        pytest.param("greet", "welcome", Origin.HISTORY, id="an unsure rename gives way to a surer one"),
        pytest.param("greeting_of_all", "greetings_of_all", Origin.RENAMED, id="a sure one does not"),
    ],
)
def test_history_is_asked_where_a_rename_is_unsure(first: str, second: str, origin: Origin) -> None:
    source = graph(f"hello>{first} {first}>bye bye>", says={first: "Dear client"})
    between = graph(f"hello>{first} {first}>bye bye>", says={first: "Dear clients!"})
    target = graph(f"hello>{second} {second}>bye bye>", says={second: "Dear clients!"})
    direct, followed = placed(source, target)[first], placed(source, target, between)[first]
    assert (direct.origin, followed.origin) == (Origin.RENAMED, origin)
    assert (placed(between, target)[first].score or 0) > (direct.score or 0)


def test_executions_pass_through_a_disabled_step() -> None:
    off = graph("hello>greet greet>wait wait>bye bye>", off=["greet", "wait"])
    found = placed(OLD, off)
    assert (str(found["greet"].to), found["greet"].origin) == ("@enter:bye", Origin.SAME)
    assert str(placed(OLD, off, hello="wait")["hello"].to) == "@enter:bye"
    assert str(placed(OLD, graph("hello>greet greet>wait wait>bye bye>", off=["bye"]))["bye"].to) == "@end"


LOOP = "start>act_1 act_1>wait wait>ask ask>wait ask>act_2 act_2>"
FAN = "start>fan fan>fan/0/act_a fan/0/act_a>fan/0/act_b fan/0/act_b> fan>fan/1/act_c fan/1/act_c> fan>end end>"


@pytest.mark.parametrize(
    ("source", "target", "step", "skipped"),
    [
        pytest.param("a>b b>", "a>new new>b b>", "b", ["new"], id="a step was put before"),
        pytest.param("a>b b>", "a>new new>b b>", "a", [], id="a step was put behind"),
        pytest.param("a>b b>", "n1>a a>n2 n2>b b>", "b", ["n1", "n2"], id="in the order of the target"),
        pytest.param("a>b b>c c>", "b>a a>c c>", "b", [], id="the order changed, but what is before is not"),
        pytest.param("a>b b>c c>", "b>a a>c c>", "a", ["b"], id="what was behind is before"),
        pytest.param("a>c b>c c>", "a>b b>c c>", "c", [], id="what one cannot come to may have been gone through"),
        pytest.param("ask>a ask>b a>c b>c c>", "ask>a ask>b a>new new>c b>c c>", "c", ["new"], id="on one of several ways"),
        pytest.param(LOOP, LOOP.replace("ask>wait", "ask>new new>wait"), "wait", [], id="in a loop, not before one comes first"),
        pytest.param(LOOP, LOOP.replace("ask>wait", "ask>new new>wait"), "act_2", ["new"], id="in a loop that was left"),
        pytest.param(LOOP, LOOP.replace("wait>ask ", "wait>new new>ask "), "wait", [], id="in a loop, behind"),
        pytest.param(LOOP, LOOP.replace("wait>ask ", "wait>new new>ask "), "ask", ["new"], id="in a loop, before"),
        pytest.param(FAN, FAN.replace("fan>end end>", "fan>new new>end end>"), "fan/0/act_b", [], id="behind a scope"),
        pytest.param(FAN, FAN.replace("start>fan", "start>new new>fan"), "fan/0/act_a", ["new"], id="before a scope"),
        pytest.param(FAN, FAN.replace("0/act_b>", "0/act_b>fan/0/act_n fan/0/act_n>"), "end", ["fan/0/act_n"], id="in a scope"),
        pytest.param(FAN, FAN.replace("0/act_b>", "0/act_b>fan/0/act_n fan/0/act_n>"), "fan/1/act_c", [], id="in another branch"),
        pytest.param(FAN, FAN.replace("0/act_b>", "0/act_b>fan/0/act_n fan/0/act_n>"), "fan", [], id="in a scope not entered"),
    ],
)
def test_steps_that_the_target_has_before_are_skipped(source: str, target: str, step: str, skipped: list[str]) -> None:
    assert list(placed(graph(source), graph(target))[step].skipped) == skipped


def test_what_is_put_onto_another_step_by_a_rule_has_gone_through_that() -> None:
    source, target = graph("ask>a ask>x a>b x> b>"), graph("ask>x x>b b>")
    assert placed(source, target)["b"].skipped == ("x",)
    assert placed(source, target, a="x")["b"].skipped == ()


def test_steps_before_are_skipped_whichever_trigger_led_there() -> None:
    def started(text: str, *triggers: str) -> Graph:
        return replace(graph(text), start=None, triggers=tuple(Trigger(name, "t", {}, start=name) for name in triggers))

    source, target = started("form>b clock>b b>", "form", "clock"), started("form>new new>b clock>b b>", "form", "clock")
    assert placed(source, target)["b"].skipped == ("new",)


def test_disabled_steps_do_not_count_as_skipped() -> None:
    assert placed(graph("a>b b>"), graph("a>n1 n1>n2 n2>b b>", off=["n1"]))["b"].skipped == ("n2",)


def test_steps_behind_a_goal_are_before_what_follows_them() -> None:
    source, target = graph("a>b b>c c>", goals=["b"]), graph("a> n>b b>c c>", goals=["n"])
    assert placed(source, target)["c"].skipped == ("n",)


@pytest.mark.parametrize(
    ("rule", "skipped"), [("bye", ("wait",)), ("@enter:bye", ("wait",)), ("@end", ()), ("@restart", ()), ("@stay", ())]
)
def test_a_rule_that_leads_on_skips_what_lies_between(rule: str, skipped: tuple[str, ...]) -> None:
    assert placed(OLD, OLD, greet=rule)["greet"].skipped == skipped


def test_a_step_that_is_one_by_a_rule_has_been_gone_through() -> None:
    target = graph("hello>something something>wait wait>bye bye>")
    assert placed(OLD, target)["bye"].skipped == ("something",)
    assert placed(OLD, target, greet="something")["bye"].skipped == ()


@pytest.mark.parametrize(
    ("source", "target", "step", "proposals"),
    [
        pytest.param("a>x x>b b>", "a>b b>", "x", ["b", "a"], id="the next and the previous one"),
        pytest.param("a>x x>wait wait>", "a>wait wait>", "x", ["@enter:wait", "a"], id="one of another type is entered"),
        pytest.param("a>x x>y y>z z>b b>", "a>b b>", "y", ["b", "a"], id="over others that have no place either"),
        pytest.param("a>x x>", "a>", "x", ["@end", "a"], id="the end"),
        pytest.param("a>ask ask>b ask> b>", "a>b b>", "ask", ["@enter:b", "@end", "@enter:a"], id="a step and the end"),
        pytest.param("ask>x x>b b> ask>c c>", "ask>b b> ask>c c>", "x", ["b", "@enter:ask"], id="nothing of other ways"),
        pytest.param("a>x x>b x!c b> c>", "a>b b!c b> c>", "x", ["b", "a"], id="not what is for errors"),
        pytest.param(
            "a>wait_today wait_today>b b>",
            "a>wait wait>b b>",
            "wait_today",
            ["wait", "@enter:b", "@enter:a"],
            id="what took its place",
        ),
        pytest.param("a>x x>b b>", "a>wait wait>b b>", "x", ["@enter:wait", "b", "a"], id="of another type in its place"),
        pytest.param("x>b b>", "wait>b b>", "x", ["@enter:wait", "b"], id="the new start for the old one"),
        pytest.param("a>x x>y y>x", "a>", "y", ["a"], id="a circle"),
        pytest.param("a>x x>b b>", "c>", "x", ["@end"], id="nothing is left"),
        pytest.param(
            "a>x x>b b>c c>",
            "a>fan fan>fan/0/b fan/0/b> fan>c c>",
            "x",
            ["@enter:fan", "a"],
            id="the scope that the next one is in",
        ),
        pytest.param(
            "a>fan fan>fan/0/x fan/0/x>fan/0/b fan/0/b> fan>c c>",
            "a>fan fan>fan/0/b fan/0/b> fan>c c>",
            "fan/0/x",
            ["fan/0/b", "@enter:fan"],
            id="a step of the same branch",
        ),
        pytest.param(
            "a>fan fan>fan/0/x fan/0/x> fan>fan/1/b fan/1/b> fan>c c>",
            "a>fan fan>fan/1/b fan/1/b> fan>c c>",
            "fan/0/x",
            ["@enter:c", "@enter:fan"],
            id="not another branch",
        ),
        pytest.param(
            "a>fan fan>fan/0/x fan/0/x> fan>c c>", "a>c c>", "fan/0/x", ["@enter:c", "@enter:a"], id="what comes after a lost scope"
        ),
        pytest.param(
            "a>fan fan>fan/0/x fan/0/x>fan/0/b fan/0/b> fan>fan/1/c fan/1/c> fan>",
            "a>fan fan>fan/0/c fan/0/c> fan>fan/1/b fan/1/b> fan>",
            "fan/0/x",
            ["fan/1/b", "@enter:fan"],
            id="a step of the same branch, which is another one now",
        ),
        pytest.param(
            "a>fan fan>fan/0/x fan/0/x> fan>c c>",
            "a>fan fan>fan/1/c fan/1/c> fan>",
            "fan/0/x",
            ["@enter:fan"],
            id="what comes after, but is in another branch now",
        ),
        pytest.param(
            "ask:yes>x ask:no>c x> c>",
            "ask:yes>wait ask:no>each wait> each>",
            "x",
            ["@enter:wait", "@end", "@enter:ask"],
            id="what took its place, not that of another",
        ),
        pytest.param(
            "a>fan fan>fan/0/x fan/0/x> fan>fan/1/b fan/1/b> fan>",
            "a>fan fan>fan/1/each fan/1/each> fan>fan/0/wait fan/0/wait> fan>",
            "fan/0/x",
            ["@enter:fan/0/wait", "@end", "@enter:fan"],
            id="what took its place in its branch",
        ),
        pytest.param(
            "a>fan fan>fan/0/b fan/0/b> fan>c c>", "a>b b>c c>", "fan", ["@enter:b", "@enter:c", "@enter:a"], id="unwrapped"
        ),
    ],
)
def test_where_no_place_is_found_near_ones_are_proposed(source: str, target: str, step: str, proposals: list[str]) -> None:
    found = placed(graph(source), graph(target))[step]
    assert (found.to, found.origin) == (None, Origin.UNMAPPED)
    assert [str(proposal) for proposal in found.proposals] == proposals


def test_what_has_the_same_id_and_another_type_is_proposed_first() -> None:
    source, target = graph("a>x x>b b>"), graph("a>b b>x x>")
    target = replace(target, steps={**target.steps, "x": target.steps["x"]._replace(type="other")})
    assert [str(found) for found in placed(source, target)["x"].proposals] == ["@enter:x", "b", "a"]


def test_what_is_far_away_is_not_proposed() -> None:
    middle = [f"act_{number}" for number in range(150)]
    source = graph(" ".join(f"{one}>{other}" for one, other in pairwise(["a", *middle, "b", ""])))
    found = placed(source, graph("a>b b>"))
    assert [[str(to) for to in found[step].proposals] for step in (middle[0], middle[-1])] == [["a"], ["b"]]


def test_what_goes_nowhere_by_a_rule_is_passed_over_in_proposals() -> None:
    source, target = graph("a>x x>b b>c c>"), graph("a>b b>c c>")
    assert [str(found) for found in placed(source, target, b="@stay")["x"].proposals] == ["c", "a"]


def test_a_disabled_step_is_proposed_as_the_one_behind_it() -> None:
    source, target = graph("a>x x>b b>c c>"), graph("a>b b>c c>", off=["b"])
    assert [str(found) for found in placed(source, target)["x"].proposals] == ["c", "a"]


def machine(**states: Any) -> Graph:
    return parse(json.dumps({"StartAt": next(iter(states)), "States": states}).encode()).graph


PASS = {"Type": "Pass", "End": True}
INNER = {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "P", "States": {"P": PASS, "Lone": PASS}}}
LEFT = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": PASS, "Lost": {"Type": "Pass", "Next": "B"}}}
RIGHT = {"StartAt": "M", "States": {"M": INNER, "Alone": PASS}}
NESTED = machine(F={"Type": "Parallel", "End": True, "Branches": [LEFT, RIGHT]}, Out=PASS)


@pytest.mark.parametrize(
    ("step", "branch"),
    [
        ("Out", ()),
        ("F", ()),
        ("F/0/A", (("F", "branch 0"),)),
        ("F/0/B", (("F", "branch 0"),)),
        ("F/0/Lost", (("F", "branch 0"),)),
        ("F/1/M", (("F", "branch 1"),)),
        ("F/1/M/P", (("F", "branch 1"), ("F/1/M", "each"))),
        ("F/1/M/Lone", (("F", "branch 1"), ("F/1/M", "each"))),
        ("F/1/Alone", (("F", ""),)),
    ],
)
def test_the_branch_of_a_step_is_known_by_the_ways_in_it(step: str, branch: tuple[tuple[str, str], ...]) -> None:
    assert branch_of(NESTED, step) == branch


def test_ways_out_of_a_scope_do_not_make_a_step_part_of_another_branch() -> None:
    left = graph("fan>fan/0/a fan/0/a> fan>fan/1/b fan/1/b>c c>fan")
    assert branch_of(left, "fan/1/b") == (("fan", "branch 1"),)


NAMES = ["a", "b", "c", "d", "wait_1", "ask_1"]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    ends = st.tuples(st.sampled_from(names), st.sampled_from([*names, ""]))
    drawn = draw(st.lists(ends, min_size=1, max_size=9, unique=True))
    off = draw(st.sets(st.sampled_from(names), max_size=1))
    return graph(
        " ".join(f"{source}>{target}" for source, target in drawn), off=off, goals=draw(st.sets(st.sampled_from(names), max_size=1))
    )


@settings(deadline=None)
@given(graphs(), graphs(), st.lists(graphs(), max_size=2))
def test_no_two_steps_are_the_same_step_and_every_place_exists(source: Graph, target: Graph, between: list[Graph]) -> None:
    found = map_steps(source, target, {}, between)
    assert [placement.step for placement in found] == list(source.steps)
    known = [placement.to.step for placement in found if placement.to and placement.to.way is Way.CONTINUE]
    assert len(set(known)) == len(known)
    for placement in found:
        assert len(placement.proposals) <= 3
        assert len(placement.via) == (len(between) if placement.origin is Origin.HISTORY else 0)
        for to in [placement.to, *placement.proposals]:
            assert to is None or to.step is None or to.step in target.steps


def reach(links: Mapping[str, set[str]], starts: Collection[str], without: str | None = None) -> set[str]:
    seen: set[str] = set()
    todo = [step for step in starts if step != without]
    while todo:
        step = todo.pop()
        seen.add(step)
        todo += [other for other in links[step] if other not in seen and other != without]
    return seen


def links_of(found: Graph) -> dict[str, set[str]]:
    return {step: {edge.target for edge in found.outgoing.get(step, ()) if edge.target} for step in found.steps}


@settings(deadline=None)
@given(graphs(), graphs())
def test_skipped_is_what_can_come_before_the_place_and_cannot_have_come_before_the_step(source: Graph, target: Graph) -> None:
    there, here = links_of(target), links_of(source)
    roots = [target.start or "", *(goal.target or "" for goal in target.goals if goal.target in target.steps)]
    images = {step: match.step for step, match in match_steps(source, target).items()}
    for placement in map_steps(source, target):
        place = placement.to.step if placement.to else None
        before = {step for step in reach(there, roots, without=place) if place in reach(there, there[step])}
        done = {images.get(step) for step in source.steps if step == placement.step or placement.step in reach(here, here[step])}
        left = [step for step in target.steps if step in before - done and not target.steps[step].disabled]
        assert list(placement.skipped) == (left if place else [])
