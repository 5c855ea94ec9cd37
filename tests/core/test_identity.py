from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wflgit.core.formats import parse
from wflgit.core.graph import Edge, EdgeKind, Goal, Graph, Step, StepKind
from wflgit.core.identity import ACCEPTED, Match, match_steps

Config = dict[str, Any]


def step(name: str, type_: str = "send_email", kind: StepKind = StepKind.ACTION, **config: Any) -> Step:
    return Step(name, type_, kind, config)


def chain(*steps: Step) -> Graph:
    """One step after the other; the last one ends."""
    after = [*(found.id for found in steps[1:]), None]
    edges = tuple(Edge(found.id, "next", target) for found, target in zip(steps, after, strict=True))
    return Graph("test", None, steps[0].id, (), {found.id: found for found in steps}, edges)


def machine(start: str, **states: Config) -> Graph:
    return parse(json.dumps({"StartAt": start, "States": states}).encode()).graph


def renames(source: Graph, target: Graph, **known: str) -> dict[str, str]:
    return {old: match.step for old, match in match_steps(source, target, known=known).items() if match.renamed}


HELLO, BYE = step("hello", text="Hello there"), step("bye", text="Good bye")
SYLLABLES = [first + vowel + last for first in "bdfg" for vowel in "aeiou" for last in "lmnrt"]
RETRY = [{"errors": ["timeout", "throttled"], "after": 3, "times": 5}]


def test_a_step_of_the_same_id_and_type_is_the_same_whatever_it_says() -> None:
    old, new = chain(HELLO, BYE), chain(step("bye", other=1), step("hello", list=[1]))
    assert match_steps(old, new) == {"hello": Match("hello", False, 1.0), "bye": Match("bye", False, 1.0)}


def test_a_step_of_the_same_id_and_another_type_is_another_step() -> None:
    assert match_steps(chain(HELLO), chain(step("hello", "send_sms", text="Hello there"))) == {}
    assert match_steps(chain(step("x", "t", StepKind.WAIT)), chain(step("x", "t", StepKind.ACTION))) == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(step("greet", text="Hi"), step("welcome_mail", text="Hi"), id="other name, same config"),
        pytest.param(step("lauch", text="Hi", a=1), step("launch", text="Dear", a=1), id="typo mended, config edited"),
        pytest.param(step("sendMail"), step("send_mail"), id="nothing said, other way of writing the name"),
        pytest.param(step("greet", text="Hi"), step("Greet", body={"lines": [1, 2]}), id="same word, config rewritten"),
        pytest.param(step("greet"), step("welcome"), id="nothing said, same place"),
        pytest.param(
            step("calc", code="total = price * count\nprint(total)\n" * 9),
            step("sum_up", code="total = price * count\nprint(total, end='')\n" * 9),
            id="long text, edited here and there",
        ),
    ],
)
def test_a_rename_is_recognised(old: Step, new: Step) -> None:
    source, target = chain(HELLO, old, BYE), chain(HELLO, new, BYE)
    assert renames(source, target) == {old.id: new.id}
    assert ACCEPTED <= match_steps(source, target)[old.id].score <= 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(step("greet", text="Hi"), step("upsell", offer="Gold"), id="another step in the same place"),
        pytest.param(step("greet", "a", text="Hi"), step("greet2", "b", text="Hi"), id="another type"),
        pytest.param(step("greet", url="/users", retry=RETRY), step("upsell", url="/offers", retry=RETRY), id="boilerplate"),
        pytest.param(
            step("one", text=" ".join(SYLLABLES[::2])),
            step("two", text=" ".join(SYLLABLES[1::2])),
            id="another long text of the same letters",
        ),
    ],
)
def test_a_replacement_is_no_rename(old: Step, new: Step) -> None:
    others = [step(f"call_{name}", url=f"/{name}", retry=RETRY) for name in ("orders", "stock", "mail")]
    assert renames(chain(HELLO, old, *others), chain(HELLO, new, *others)) == {}


@pytest.mark.parametrize("name", ["e_mail_2", "E-Mail 2", "eMail2", "EMAIL2"])
def test_names_that_differ_in_capitals_and_signs_are_the_same(name: str) -> None:
    [old, new] = [chain(HELLO, step(found, text=found), BYE) for found in ("email2", name)]
    assert match_steps(old, new)["email2"].score >= 0.75


def test_what_says_the_same_in_another_place_is_another_step() -> None:
    source = chain(step("alpha_1", text="Hello there"), step("offer", text="Gold"), step("omega_1", text="Good bye"))
    names = (
        step("alpha_2", text="Hello there"),
        step("upsell", text="A book"),
        step("omega_2", text="Good bye"),
        step("x", text="Gold"),
    )
    assert renames(source, chain(*names)) == {"alpha_1": "alpha_2", "omega_1": "omega_2"}


def test_the_start_is_recognised() -> None:
    def graph(*names: str) -> Graph:
        return replace(chain(*(step(name, text="Hello there") for name in names)), edges=())

    assert renames(graph("a"), graph("x", "y", "z")) == {"a": "x"}


def test_a_step_that_was_renamed_and_moved_is_recognised_by_what_it_says_and_how_it_is_called() -> None:
    survey = step("ask_opinion", text="How was it?"), step("ask_opinions", text="How was it?")
    assert renames(chain(HELLO, survey[0], BYE, step("end")), chain(HELLO, BYE, survey[1], step("end"))) == {
        "ask_opinion": "ask_opinions"
    }


def test_of_steps_that_fit_as_well_none_is_taken() -> None:
    def graph(*names: str) -> Graph:
        offers = [step(name, offer="Gold", rebate=10) for name in names]
        ways = [edge for name in names for edge in (Edge("hello", f"to {name}", name), Edge(name, "next", "bye"))]
        return replace(chain(HELLO, *offers, BYE), edges=tuple(ways))

    assert renames(graph("silver"), graph("golden")) == {"silver": "golden"}
    assert renames(graph("silver"), graph("golden", "platin")) == {}
    assert renames(graph("silver", "bronze"), graph("golden")) == {}


def test_renamed_twins_are_told_apart_by_their_renamed_neighbours() -> None:
    def graph(*names: str) -> Graph:
        return chain(
            *(step(name, "wait", StepKind.WAIT, days=1) if name[0] == "w" else step(name, text=name[1:]) for name in names)
        )

    old = graph("w1", "aapple", "w2", "abread", "w3", "acheese")
    new = graph("w-x", "bapple", "w-y", "bbread", "w-z", "bcheese")
    assert renames(old, new) == dict(zip(old.steps, new.steps, strict=True))


def test_a_condition_is_recognised_by_the_conditions_of_its_ways() -> None:
    def graph(*conditions: tuple[str, str]) -> Graph:
        steps = [HELLO, BYE, *(step(name, "condition", StepKind.CONDITION) for name, _ in conditions)]
        edges = [Edge(name, "yes", "hello", EdgeKind.BRANCH, {"field": field}) for name, field in conditions]
        return replace(chain(*steps), edges=tuple(edges))

    assert renames(graph(("c1", "email"), ("c2", "phone")), graph(("x", "phone"), ("y", "email"))) == {"c1": "y", "c2": "x"}


def test_labels_tell_neighbours_apart() -> None:
    def graph(yes: str, no: str) -> Graph:
        steps = [step("opened", "condition", StepKind.CONDITION), step(yes), step(no)]
        edges = (Edge("opened", "yes", yes, EdgeKind.BRANCH), Edge("opened", "no", no, EdgeKind.BRANCH))
        return replace(chain(*steps), edges=edges)

    assert renames(graph("a", "b"), graph("y", "n")) == {"a": "y", "b": "n"}


def test_what_a_goal_leads_to_is_recognised_by_the_goal() -> None:
    def graph(name: str) -> Graph:
        whole = chain(HELLO, BYE, step("more"), step(name))
        return replace(whole, edges=whole.edges[:2], goals=(Goal("won", "deal_won", name, {}),))

    assert renames(graph("thanks"), graph("party")) == {"thanks": "party"}


def task(resource: str, **more: Any) -> Config:
    return {"Type": "Task", "Resource": f"arn:aws:lambda:eu-west-1:1:function:{resource}", "End": True, **more}


def branches(*states: Config) -> Config:
    return {"Type": "Parallel", "End": True, "Branches": [{"StartAt": next(iter(found)), "States": found} for found in states]}


def test_steps_that_were_put_into_a_scope_are_recognised() -> None:
    source = machine("Notify", Notify=task("notify", End=False, Next="Archive"), Archive=task("archive"))
    both = branches({"Notify": task("notify")}, {"Log": task("log")})
    target = machine("Both", Both={**both, "End": False, "Next": "Archive"}, Archive=task("archive"))
    assert renames(source, target) == {"Notify": "Both/0/Notify"}


def test_what_is_inside_of_a_renamed_scope_follows_it() -> None:
    inside = {"Notify": task("notify", End=False, Next="Wait"), "Wait": {"Type": "Wait", "Seconds": 5, "End": True}}
    source, target = machine("All", All=branches(inside)), machine("Everybody", Everybody=branches(inside))
    assert renames(source, target) == {
        "All": "Everybody",
        "All/0/Notify": "Everybody/0/Notify",
        "All/0/Wait": "Everybody/0/Wait",
    }


def test_branches_in_another_order_are_recognised() -> None:
    def branch(name: str) -> Config:
        return {name: task("poll", End=False, Next="Wait"), "Wait": {"Type": "Wait", "Seconds": 5, "End": True}}

    source = machine("All", All=branches(branch("Left"), branch("Right")))
    target = machine("All", All=branches(branch("Right"), branch("Left")))
    assert renames(source, target).items() >= {("All/0/Left", "All/1/Left"), ("All/1/Right", "All/0/Right")}


def test_known_pairs_are_taken_as_given_and_tell_of_their_neighbours() -> None:
    source = chain(step("a", text="one"), step("b"), step("c", text="three"))
    target = chain(step("x", text="1"), step("y"), step("z", text="3"))
    assert renames(source, target) == {}
    assert renames(source, target, a="x", c="z", nobody="x", b="nowhere") == {"a": "x", "b": "y", "c": "z"}
    assert match_steps(source, target, known={"a": "x"})["a"] == Match("x", True, 1.0)


def test_a_known_pair_comes_before_the_same_id() -> None:
    assert match_steps(chain(HELLO, BYE), chain(HELLO, BYE), known={"hello": "bye"}) == {"hello": Match("bye", True, 1.0)}


IDS = ["hello", "bye", "wait_1", "wait_2", "sendMail", "Send mail", "x", "y"]
CONFIGS = st.dictionaries(
    st.sampled_from(["text", "to", "retry"]),
    st.one_of(st.sampled_from([1, 2, None, True, "Hello there", "Hello then", ""]), st.just(RETRY), st.lists(st.integers(0, 2))),
    max_size=3,
)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    ids = draw(st.lists(st.sampled_from(IDS), unique=True, min_size=1, max_size=6))
    kinds = st.sampled_from([("mail", StepKind.ACTION), ("wait", StepKind.WAIT)])
    steps = {found: Step(found, *draw(kinds), draw(CONFIGS)) for found in ids}
    ends = st.sampled_from([*ids, None])
    ways = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(["next", "yes", "no"]), ends), max_size=8))
    edges = [Edge(source, label, to, EdgeKind.NEXT if label == "next" else EdgeKind.BRANCH) for source, label, to in ways]
    return Graph("test", None, draw(st.sampled_from(ids)), (), steps, tuple(edges))


@settings(deadline=None)
@given(graphs())
def test_every_step_of_a_graph_is_itself_in_an_equal_one(graph: Graph) -> None:
    assert match_steps(graph, graph) == {found: Match(found, False, 1.0) for found in graph.steps}


@settings(deadline=None)
@given(graphs(), graphs())
def test_matches_are_one_to_one_compatible_and_sure_enough(source: Graph, target: Graph) -> None:
    found = match_steps(source, target)
    assert len({match.step for match in found.values()}) == len(found)
    assert list(found) == [known for known in source.steps if known in found]
    for old, match in found.items():
        one, other = source.steps[old], target.steps[match.step]
        assert (one.kind, one.type) == (other.kind, other.type)
        assert match.renamed == (old != match.step)
        assert match.score == 1 if not match.renamed else ACCEPTED <= match.score <= 1


@settings(deadline=None)
@given(graphs(), graphs())
def test_looked_at_from_the_other_side_the_matches_are_the_same(source: Graph, target: Graph) -> None:
    there = {(old, match.step, match.score) for old, match in match_steps(source, target).items()}
    back = {(match.step, old, match.score) for old, match in match_steps(target, source).items()}
    assert there == back


@settings(deadline=None)
@given(graphs(), graphs(), st.randoms())
def test_the_order_of_steps_and_keys_does_not_matter(source: Graph, target: Graph, random: Any) -> None:
    def shuffled(whole: dict[str, Any]) -> dict[str, Any]:
        return dict(random.sample(sorted(whole.items()), len(whole)))

    steps = {found.id: found._replace(config=shuffled(dict(found.config))) for found in target.steps.values()}
    assert match_steps(source, replace(target, steps=shuffled(steps))) == match_steps(source, target)


SAYINGS = ["apple pie", "bread roll", "cheese cake", "dark fudge", "eggnog", "ginger nut", "honey jam", "kiwi"]
NEW_IDS = [f"{number:x}" for number in range(0xA1, 0xF1, 0x0A)]


@settings(deadline=None)
@given(graphs(), st.permutations(SAYINGS), st.permutations(NEW_IDS))
def test_if_no_two_steps_say_the_like_all_are_found_again_under_new_ids(
    graph: Graph, sayings: list[str], new_ids: list[str]
) -> None:
    names = dict(zip(graph.steps, new_ids, strict=False))
    says = dict(zip(graph.steps, sayings, strict=False))
    old = {found.id: found._replace(config={"text": says[found.id], "retry": RETRY}) for found in graph.steps.values()}
    source = replace(graph, steps=old)
    target = replace(
        graph,
        start=names[graph.start or ""],
        steps={names[found.id]: found._replace(id=names[found.id]) for found in old.values()},
        edges=tuple(edge._replace(source=names[edge.source], target=names.get(edge.target or "")) for edge in graph.edges),
    )
    assert renames(source, target) == names


def test_thousands_of_steps_under_new_ids_are_found_again() -> None:
    source = chain(*(step(f"old {index}", number=index, retry=RETRY) for index in range(2600)))
    target = chain(*(step(f"{index * 7919 % 9999:x}", number=index, retry=RETRY) for index in range(2600)))
    assert list(renames(source, target).values()) == list(target.steps)


def keyed(**keys: str) -> Graph:
    """Steps as a tool keeps them that has a key for each beside the name; all say the same."""
    steps = {name: step(name, "http", url="https://example.com")._replace(key=key) for name, key in keys.items()}
    return Graph("test", None, None, (), steps, ())


def test_a_key_tells_a_rename_from_a_step_that_came_for_another() -> None:
    source, target = keyed(ask="1", tell="2", stop="3"), keyed(tell="1", ask_again="2", stop="3")
    assert match_steps(source, target) == {
        "ask": Match("tell", True, 1.0),
        "tell": Match("ask_again", True, 1.0),
        "stop": Match("stop", False, 1.0),
    }


def test_keys_that_a_program_gave_out_anew_tell_nothing() -> None:
    source, target = keyed(ask="1", tell="2", stop="3"), keyed(ask="7", tell="1", stop="9")
    assert {old: match.step for old, match in match_steps(source, target).items()} == {"ask": "ask", "tell": "tell", "stop": "stop"}


def test_keys_are_trusted_as_long_as_half_of_them_are_left() -> None:
    assert renames(keyed(a="1", b="2"), keyed(x="1", b="9")) == {"a": "x"}


def test_a_key_that_two_steps_have_tells_nothing() -> None:
    assert renames(keyed(a="1", b="1", c="2"), keyed(b="1", a="1", c="2")) == {}


def test_a_key_on_a_step_of_another_type_is_a_replacement() -> None:
    target = keyed(a="1", b="2")
    replaced = replace(target, steps={**target.steps, "a": target.steps["a"]._replace(id="a", type="wait")})
    assert match_steps(keyed(a="1", b="2"), replaced) == {"b": Match("b", False, 1.0)}
