"""Two people edit one native workflow: what goes together, what does not, and which answers there are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.merge.trying import Document, graph, merged, problems, ways
from wflgit.core.merge import merge
from wflgit.core.merge.conflicts import ConflictKind, Merged, Method


def workflow(steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "Welcome", "trigger": {"type": "contact_created"}, "start": next(iter(steps)), "steps": steps} | more


def tag(text: str, after: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "add_tag", "config": {"tag": text}, "next": after, **more}


def mail(text: str, after: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "send_email", "config": {"template": "welcome", "subject": text, **more}, "next": after}


def when(field: str) -> dict[str, Any]:
    return {"field": field, "op": "eq", "value": True}


def ask(*branches: tuple[str, str], otherwise: str | None = None) -> dict[str, Any]:
    said = [{"label": label, "when": when(f"email.{label}"), "next": target} for label, target in branches]
    return {"type": "condition", "branches": said, "otherwise": otherwise}


BASE = workflow({"a": tag("a", "b"), "b": tag("b", "c"), "c": tag("c", None)})
WITHOUT_B = workflow({"a": tag("a", "c"), "c": tag("c", None)})
X_BEFORE_B = workflow({"a": tag("a", "x"), "x": tag("x", "b"), "b": tag("b", "c"), "c": tag("c", None)})
Y_BEFORE_B = workflow({"a": tag("a", "y"), "y": tag("y", "b"), "b": tag("b", "c"), "c": tag("c", None)})


def only(found: Merged) -> tuple[str, ConflictKind]:
    """Path and kind of the only conflict."""
    assert found.content is None
    (conflict,) = found.conflicts
    assert conflict.choices
    return conflict.path, conflict.kind


def with_steps(**steps: Any) -> dict[str, Any]:
    return workflow({**BASE["steps"], **steps})


class TestWhatOnlyOneSideChanged:
    def test_is_taken_byte_by_byte(self) -> None:
        base, other = b'{"steps": {}}', b'{"steps":{ } , "name":"x"}'
        assert merged(base, other, base) == merged(base, base, other) == Merged(other, method=Method.SAME)
        assert merged(base, other, other) == Merged(other, method=Method.SAME)

    def test_goes_together_with_another_place(self) -> None:
        found = merged(BASE, with_steps(a=tag("A", "b")), with_steps(c=tag("C", None)))
        assert [step.config["tag"] for step in graph(found).steps.values()] == ["A", "b", "C"]

    def test_goes_together_in_one_step(self) -> None:
        base = workflow({"a": mail("Hello", None)})
        found = merged(
            base, workflow({"a": mail("Hello there", None)}), workflow({"a": mail("Hello", None, reply_to="a@b.example")})
        )
        assert graph(found).steps["a"].config == {"template": "welcome", "subject": "Hello there", "reply_to": "a@b.example"}

    def test_looks_never_conflict_and_those_of_both_stay(self) -> None:
        base = with_steps(a=tag("a", "b", position={"x": 0, "y": 0}), b=tag("b", "c", notes="old"))
        ours = with_steps(a=tag("a", "b", position={"x": 5, "y": 0}), b=tag("b", "c", notes="old"))
        theirs = with_steps(a=tag("a", "b", position={"x": 9, "y": 9}), b=tag("B", "c", notes="new"))
        found = merged(base, ours, theirs)
        steps = json.loads(found.content or b"")["steps"]
        assert steps["a"]["position"] == {"x": 5, "y": 0}
        assert steps["b"]["notes"] == "new"
        assert steps["b"]["config"]["tag"] == "B"

    def test_a_new_step_keeps_its_notes_and_its_place(self) -> None:
        theirs = workflow({**X_BEFORE_B["steps"], "x": tag("x", "b", notes="why", position={"x": 1, "y": 2})})
        ours = json.dumps(with_steps(c=tag("C", None))).encode()
        found = merged(BASE, ours, theirs)
        assert json.loads(found.content or b"")["steps"]["x"] == tag("x", "b", notes="why", position={"x": 1, "y": 2})
        assert found.method is Method.STEPS
        assert b"\n" not in (found.content or b"").strip()

    def test_where_lines_say_the_same_the_layout_of_both_stays(self) -> None:
        assert merged(BASE, with_steps(a=tag("A", "b")), with_steps(c=tag("C", None))).method is Method.LINES


class TestFields:
    def test_one_field_changed_by_both_is_a_conflict(self) -> None:
        found = merged(BASE, with_steps(a=tag("1", "b")), with_steps(a=tag("2", "b")))
        (conflict,) = found.conflicts
        assert (conflict.path, conflict.kind, conflict.step) == ("steps/a/config/tag", ConflictKind.FIELD, "a")
        assert (conflict.base, conflict.ours, conflict.theirs) == ("a", "1", "2")
        assert conflict.message == "both sides changed 'config.tag' of step 'a', each in its own way"
        assert [choice.key for choice in conflict.choices] == ["ours", "theirs", "base"]

    @pytest.mark.parametrize(("key", "tagged"), [("ours", "1"), ("theirs", "2"), ("base", "a")])
    def test_the_answer_is_taken(self, key: str, tagged: str) -> None:
        sides = BASE, with_steps(a=tag("1", "b")), with_steps(a=tag("2", "b"))
        for found in (merged(*sides, steps__a__config__tag=key), merged(*sides, everything=key)):
            assert graph(found).steps["a"].config["tag"] == tagged

    def test_what_was_answered_for_itself_counts_before_what_was_answered_for_all(self) -> None:
        ours, theirs = with_steps(a=tag("1", "b"), c=tag("1", None)), with_steps(a=tag("2", "b"), c=tag("2", None))
        found = merged(BASE, ours, theirs, steps__a__config__tag="theirs", everything="ours")
        assert [step.config["tag"] for step in graph(found).steps.values()] == ["2", "b", "1"]

    def test_an_answer_that_is_none_leaves_the_conflict(self) -> None:
        found = merged(BASE, with_steps(a=tag("1", "b")), with_steps(a=tag("2", "b")), everything="sideways")
        assert only(found) == ("steps/a/config/tag", ConflictKind.FIELD)

    def test_missing_is_not_null(self) -> None:
        base = workflow({"a": mail("x", None, reply_to="a@b.example")})
        ours, theirs = workflow({"a": mail("x", None)}), workflow({"a": mail("x", None, reply_to=None)})
        found = merged(base, ours, theirs)
        (conflict,) = found.conflicts
        assert (conflict.kind, conflict.ours, conflict.theirs) == (ConflictKind.DELETE_MODIFY, None, None)
        assert conflict.has == {"base", "theirs"}
        assert conflict.message == "ours removed 'config.reply_to' of step 'a', theirs changed it"

    @pytest.mark.parametrize(("one", "other"), [(1, 1.0), (1, True), (0, False)])
    def test_numbers_and_truth_are_different_values(self, one: object, other: object) -> None:
        found = merged(
            workflow({"a": mail("x", None)}),
            workflow({"a": mail("x", None, wait=one)}),
            workflow({"a": mail("x", None, wait=other)}),
        )
        assert only(found) == ("steps/a/config/wait", ConflictKind.BOTH_ADDED)

    def test_a_long_text_is_merged_by_lines(self) -> None:
        lines = [f"line {number}" for number in range(9)]
        ours, theirs = ["ours", *lines[1:]], [*lines[:-1], "theirs"]
        base, one, other = (workflow({"a": mail("\n".join(text), None)}) for text in (lines, ours, theirs))
        assert graph(merged(base, one, other)).steps["a"].config["subject"] == "\n".join(["ours", *lines[1:-1], "theirs"])
        clash = workflow({"a": mail("\n".join(["theirs", *lines[1:]]), None)})
        assert only(merged(base, one, clash)) == ("steps/a/config/subject", ConflictKind.TEXT)

    def test_items_of_a_list_that_have_ids_are_merged_one_by_one(self) -> None:
        def of(*items: tuple[str, int]) -> dict[str, Any]:
            return workflow({"a": {"type": "custom", "config": {"rows": [{"id": id_, "n": n} for id_, n in items]}, "next": None}})

        base = of(("p", 1), ("q", 1))
        steps = graph(merge_anyway(base, of(("p", 2), ("q", 1)), of(("r", 3), ("p", 1), ("q", 5)))).steps
        assert steps["a"].config["rows"] == [{"id": "r", "n": 3}, {"id": "p", "n": 2}, {"id": "q", "n": 5}]
        both_last = merge_anyway(base, of(("p", 1), ("q", 1), ("s", 1)), of(("p", 1), ("q", 1), ("r", 3)))
        assert only(both_last) == ("steps/a/config/rows", ConflictKind.ORDER)

    def test_the_only_item_of_a_list_is_merged_field_by_field(self) -> None:
        base, ours, theirs = (
            with_steps(b=mail("b", "c", entries=[{"source": source, "detail": detail}]))
            for source, detail in (("s", "d"), ("S", "d"), ("s", "D"))
        )
        assert graph(merged(base, ours, theirs)).steps["b"].config["entries"] == [{"source": "S", "detail": "D"}]
        other = with_steps(b=mail("b", "c", entries=[{"source": "T", "detail": "d"}]))
        assert only(merged(base, ours, other)) == ("steps/b/config/entries/0/source", ConflictKind.FIELD)

    def test_a_list_of_values_is_one_value(self) -> None:
        def of(*items: str) -> dict[str, Any]:
            return workflow({"a": mail("x", None, cc=[*items])})

        assert only(merged(of("a"), of("a", "b"), of("c", "a"))) == ("steps/a/config/cc", ConflictKind.FIELD)


def merge_anyway(base: Document, ours: Document, theirs: Document) -> Merged:
    """Merge where no type is wrong, and git has nothing to say."""
    from tests.core.merge.trying import written

    sides = [written(side) or b"" for side in (base, ours, theirs)]
    return merge(*sides, answers={}, problems=lambda content: (), lines=lambda *sides: None)


class TestSteps:
    def test_one_removed_and_untouched_is_gone(self) -> None:
        assert [*graph(merged(BASE, WITHOUT_B, with_steps(c=tag("C", None)))).steps] == ["a", "c"]

    def test_a_step_that_was_only_moved_on_the_canvas_does_not_come_back(self) -> None:
        found = merged(BASE, WITHOUT_B, with_steps(b=tag("b", "c", position={"x": 1, "y": 1})))
        assert [*graph(found).steps] == ["a", "c"]

    @pytest.mark.parametrize("swapped", [False, True])
    def test_one_removed_and_changed_is_a_conflict(self, swapped: bool) -> None:
        sides = (WITHOUT_B, with_steps(b=tag("B", "c")))
        sides = sides[::-1] if swapped else sides
        remover, keeper = ("theirs", "ours") if swapped else ("ours", "theirs")
        found = merged(BASE, *sides)
        assert only(found) == ("steps/b", ConflictKind.DELETE_MODIFY)
        assert found.conflicts[0].message == f"{remover} removed step 'b', {keeper} changed it"
        assert ways(merged(BASE, *sides, steps__b=remover)) == {"a": {"next": "c"}, "c": {"next": None}}
        kept = merged(BASE, *sides, steps__b=keeper)
        assert ways(kept) == {"a": {"next": "b"}, "b": {"next": "c"}, "c": {"next": None}}
        assert graph(kept).steps["b"].config["tag"] == "B"
        assert graph(merged(BASE, *sides, steps__b="base")).steps["b"].config["tag"] == "b"

    def test_two_added_with_one_id_are_one_if_they_say_the_same(self) -> None:
        assert ways(merged(BASE, X_BEFORE_B, json.dumps(X_BEFORE_B).encode()))["a"] == {"next": "x"}

    def test_two_added_with_one_id_that_say_different_things_are_a_conflict(self) -> None:
        other = workflow({**X_BEFORE_B["steps"], "x": tag("z", "b")})
        assert only(merged(BASE, X_BEFORE_B, other)) == ("steps/x/config/tag", ConflictKind.BOTH_ADDED)
        sms = workflow({**X_BEFORE_B["steps"], "x": {"type": "send_sms", "config": {"text": "hi"}, "next": "b"}})
        assert only(merged(BASE, X_BEFORE_B, sms)) == ("steps/x", ConflictKind.BOTH_ADDED)
        assert graph(merged(BASE, X_BEFORE_B, sms, steps__x="theirs")).steps["x"].type == "send_sms"

    def test_another_type_and_another_config_do_not_go_together_whatever_keys_they_are(self) -> None:
        sms = with_steps(b={"type": "send_sms", "config": {"text": "hi"}, "next": "c"})
        found = merged(BASE, sms, with_steps(b=tag("B", "c")))
        assert only(found) == ("steps/b/type", ConflictKind.TYPE)
        assert graph(merged(BASE, sms, with_steps(b=tag("B", "c")), everything="ours")).steps["b"].config == {"text": "hi"}
        assert graph(merged(BASE, sms, with_steps(b=tag("B", "c")), everything="theirs")).steps["b"].type == "add_tag"

    def test_a_step_that_one_disabled_and_the_other_changed_is_both_and_noted(self) -> None:
        found = merged(BASE, with_steps(b=tag("b", "c", disabled=True)), with_steps(b=tag("B", "c")))
        step = graph(found).steps["b"]
        assert (step.disabled, step.config["tag"]) == (True, "B")
        assert found.notes == ("ours disabled step 'b', and theirs changed it: it is disabled with the changes",)

    def test_a_step_that_one_renamed_and_the_other_changed_is_both(self) -> None:
        hello = mail("Welcome to our newsletter, dear friend", "c")
        base = with_steps(b=hello)
        renamed = workflow({"a": tag("a", "greet"), "greet": hello, "c": tag("c", None)})
        changed = with_steps(b=mail("Welcome to our newsletter", "c"))
        for one, other in ((renamed, changed), (changed, renamed)):
            found = merged(base, one, other)
            assert ways(found) == {"a": {"next": "greet"}, "greet": {"next": "c"}, "c": {"next": None}}
            assert graph(found).steps["greet"].config["subject"] == "Welcome to our newsletter"

    def test_a_step_that_both_renamed_otherwise_is_a_conflict(self) -> None:
        hello = mail("Welcome to our newsletter, dear friend", "c")
        one, other = (workflow({"a": tag("a", name), name: hello, "c": tag("c", None)}) for name in ("greet", "salute"))
        assert only(merged(with_steps(b=hello), one, other)) == ("steps/b/id", ConflictKind.FIELD)
        for key, name in (("ours", "greet"), ("theirs", "salute"), ("base", "b")):
            assert [*graph(merged(with_steps(b=hello), one, other, steps__b__id=key)).steps] == ["a", name, "c"]

    def test_new_steps_of_theirs_come_behind_what_is_before_them_there(self) -> None:
        ours = json.dumps(with_steps(c=tag("C", None))).encode()
        assert [*graph(merged(BASE, ours, X_BEFORE_B)).steps] == ["a", "x", "b", "c"]


class TestWays:
    def test_two_that_lead_one_way_to_different_places_are_a_conflict(self) -> None:
        base = workflow({**BASE["steps"], "d": tag("d", "c"), "e": tag("e", None)})
        ours, theirs = (workflow({**base["steps"], "a": tag("a", target)}) for target in ("d", "e"))
        found = merged(base, ours, theirs)
        assert only(found) == ("edges/a/next", ConflictKind.EDGE_RETARGET)
        assert found.conflicts[0].message == "ours led the way 'next' of 'a' to 'd', theirs led it to 'e'"
        assert ways(merged(base, ours, theirs, edges__a__next="theirs"))["a"] == {"next": "e"}

    def test_two_steps_put_into_one_way_are_asked_for_with_both_answers_ready(self) -> None:
        found = merged(BASE, X_BEFORE_B, Y_BEFORE_B)
        assert only(found) == ("edges/a/next", ConflictKind.PARALLEL_INSERT)
        assert [choice.key for choice in found.conflicts[0].choices] == [
            "ours-then-theirs",
            "theirs-then-ours",
            "ours",
            "theirs",
            "base",
        ]

    @pytest.mark.parametrize(
        ("key", "order"),
        [("ours-then-theirs", "axybc"), ("theirs-then-ours", "ayxbc"), ("ours", "axbc"), ("theirs", "aybc"), ("base", "abc")],
    )
    def test_the_answers_to_that_lead_through_what_they_say(self, key: str, order: str) -> None:
        found = merged(BASE, X_BEFORE_B, Y_BEFORE_B, edges__a__next=key)
        assert path_of(found) == order
        assert {*graph(found).steps} == {*order}
        assert found.notes == ()

    @pytest.mark.parametrize(("key", "order"), [("ours-then-theirs", "xyabc"), ("theirs-then-ours", "yxabc"), ("ours", "xabc")])
    def test_the_same_at_the_start(self, key: str, order: str) -> None:
        one, other = (workflow({name: tag(name, "a"), **BASE["steps"]}) for name in "xy")
        assert only(merged(BASE, one, other)) == ("settings/start", ConflictKind.PARALLEL_INSERT)
        assert path_of(merged(BASE, one, other, everything=key)) == order

    @pytest.mark.parametrize(("key", "order"), [("ours-then-theirs", "abcxy"), ("theirs-then-ours", "abcyx")])
    def test_the_same_at_the_end(self, key: str, order: str) -> None:
        one, other = (with_steps(c=tag("c", name), **{name: tag(name, None)}) for name in "xy")
        assert only(merged(BASE, one, other)) == ("edges/c/next", ConflictKind.PARALLEL_INSERT)
        assert path_of(merged(BASE, one, other, everything=key)) == order

    @pytest.mark.parametrize("swapped", [False, True])
    def test_a_step_put_before_one_that_is_removed_leads_to_what_comes_after_it(self, swapped: bool) -> None:
        sides = (WITHOUT_B, X_BEFORE_B) if swapped else (X_BEFORE_B, WITHOUT_B)
        assert path_of(merged(BASE, *sides)) == "axc"

    def test_a_step_put_behind_one_that_is_removed_stays(self) -> None:
        behind = workflow({"a": tag("a", "b"), "b": tag("b", "x"), "x": tag("x", "c"), "c": tag("c", None)})
        assert path_of(merged(BASE, WITHOUT_B, behind)) == path_of(merged(BASE, behind, WITHOUT_B)) == "axc"

    def test_two_neighbours_that_are_removed_by_one_side_each_are_both_gone(self) -> None:
        base = workflow({"a": tag("a", "b"), "b": tag("b", "c"), "c": tag("c", "d"), "d": tag("d", None)})
        one = workflow({"a": tag("a", "c"), "c": tag("c", "d"), "d": tag("d", None)})
        other = workflow({"a": tag("a", "b"), "b": tag("b", "d"), "d": tag("d", None)})
        assert path_of(merged(base, one, other)) == path_of(merged(base, other, one)) == "ad"

    def test_a_removed_step_that_the_other_side_leads_to_anew_is_a_conflict(self) -> None:
        base = workflow({"a": tag("a", "q"), "q": ask(("yes", "b"), otherwise="b"), "b": tag("b", None)})
        gone = workflow({"a": tag("a", "b"), "b": tag("b", None)})
        again = workflow({**base["steps"], "b": tag("b", "z"), "z": {"type": "wait", "config": {"duration": "P1D"}, "next": "q"}})
        found = merged(base, gone, again)
        assert only(found) == ("steps/q", ConflictKind.DELETE_REFERENCE)
        assert found.conflicts[0].message == "ours removed step 'q', theirs leads to it from 'z'"
        assert ways(merged(base, gone, again, steps__q="theirs"))["a"] == {"next": "q"}

    @pytest.mark.parametrize("swapped", [False, True])
    def test_a_removed_step_that_one_there_before_is_led_to_is_a_conflict(self, swapped: bool) -> None:
        base = workflow({"a": tag("a", "b"), "b": tag("b", "c"), "c": tag("c", "d"), "d": tag("d", None)})
        gone = workflow({"a": tag("a", "b"), "b": tag("b", "d"), "d": tag("d", None)})
        again = workflow({**base["steps"], "a": tag("a", "c")})
        sides = (again, gone) if swapped else (gone, again)
        remover, keeper = ("theirs", "ours") if swapped else ("ours", "theirs")
        found = merged(base, *sides)
        assert only(found) == ("steps/c", ConflictKind.DELETE_REFERENCE)
        assert found.conflicts[0].message == f"{remover} removed step 'c', {keeper} leads to it from 'a'"
        assert path_of(merged(base, *sides, steps__c=remover)) == "ad"
        assert path_of(merged(base, *sides, steps__c=keeper)) == "acd"

    @pytest.mark.parametrize("swapped", [False, True])
    def test_a_removed_step_that_is_led_on_elsewhere_is_a_conflict(self, swapped: bool) -> None:
        elsewhere = with_steps(b=tag("b", None))
        sides = (elsewhere, WITHOUT_B) if swapped else (WITHOUT_B, elsewhere)
        remover, keeper = ("theirs", "ours") if swapped else ("ours", "theirs")
        assert only(merged(BASE, *sides)) == ("steps/b", ConflictKind.DELETE_MODIFY)
        assert path_of(merged(BASE, *sides, steps__b=remover)) == "ac"
        assert path_of(merged(BASE, *sides, steps__b=keeper)) == "ab"

    def test_ways_that_only_one_side_has_go_together(self) -> None:
        base = workflow({"q": ask(("yes", "b"), otherwise="c"), "b": tag("b", None), "c": tag("c", None)})
        ours = workflow({**base["steps"], "q": ask(("yes", "c"), otherwise="c")})
        theirs = workflow({**base["steps"], "q": ask(("yes", "b"), otherwise=None)})
        assert ways(merged(base, ours, theirs))["q"] == {"yes": "c", "otherwise": None}

    def test_the_order_in_which_conditions_are_asked_is_merged(self) -> None:
        ends = {name: tag(name, None) for name in "bcd"}
        base = workflow({"q": ask(("p", "b"), ("q", "c"), ("r", "d")), **ends})
        ours = workflow({"q": ask(("q", "c"), ("p", "b"), ("r", "d")), **ends})
        theirs = workflow({"q": ask(("p", "b"), ("q", "c"), ("s", "c"), ("r", "d")), **ends})
        labels = [edge.label for edge in graph(merged(base, ours, theirs)).edges if edge.source == "q"][:4]
        assert labels.index("q") < labels.index("p") < labels.index("s") < labels.index("r")

    def test_two_new_conditions_in_one_place_are_a_conflict(self) -> None:
        ends = {name: tag(name, None) for name in "bcd"}
        base, ours, theirs = (
            workflow({"q": ask(*branches), **ends})
            for branches in ([("p", "b")], [("p", "b"), ("ours", "c")], [("p", "b"), ("theirs", "d")])
        )
        assert only(merged(base, ours, theirs)) == ("edges/q", ConflictKind.ORDER)
        for key, order in (("ours-then-theirs", ["p", "ours", "theirs"]), ("theirs-then-ours", ["p", "theirs", "ours"])):
            found = graph(merged(base, ours, theirs, everything=key))
            assert [edge.label for edge in found.edges if edge.source == "q"][:3] == order


def path_of(found: Merged) -> str:
    """The steps from the start on, by their one-letter ids."""
    there, step, said = ways(found), graph(found).start, ""
    while step is not None:
        said += step
        step = there[step]["next"]
    return said


class TestTheRest:
    def test_name_description_and_goals_are_merged_like_fields(self) -> None:
        def of(name: str, description: str, event: str) -> dict[str, Any]:
            return {**BASE, "name": name, "description": description, "goals": [{"id": "won", "event": event, "next": None}]}

        found = graph(merged(of("a", "a", "a"), of("A", "a", "a"), json.dumps(of("a", "A", "A")).encode()))
        assert (found.name, found.settings["description"], found.goals[0].event) == ("A", "A", "A")
        paths = {conflict.path for conflict in merged(of("a", "a", "a"), of("b", "b", "b"), of("c", "c", "c")).conflicts}
        assert paths == {"settings/name", "settings/description", "goals/won/event"}

    def test_a_trigger_of_another_type_on_each_side_is_a_conflict(self) -> None:
        ours, theirs = ({**BASE, "trigger": {"type": type_}} for type_ in ("tag_added", "form_submitted"))
        assert only(merged(BASE, ours, theirs)) == ("triggers/contact_created", ConflictKind.TRIGGER)
        assert [each.type for each in graph(merged(BASE, ours, theirs, everything="theirs")).triggers] == ["form_submitted"]

    def test_a_trigger_of_another_type_and_another_config_is_a_conflict(self) -> None:
        base = {**BASE, "trigger": {"type": "contact_created", "config": {"source": "web_form"}}}
        ours = {**BASE, "trigger": {"type": "tag_added", "config": {"tag": "vip"}}}
        theirs = {**BASE, "trigger": {"type": "contact_created", "config": {"source": "import"}}}
        assert only(merged(base, ours, theirs)) == ("triggers/contact_created", ConflictKind.TRIGGER)

    def test_triggers_that_each_side_adds_are_both_there(self) -> None:
        def of(*types: str) -> dict[str, Any]:
            said = {key: value for key, value in BASE.items() if key != "trigger"}
            return {**said, "triggers": [{"type": type_} for type_ in ("contact_created", *types)]}

        found = merged(of(), of("tag_added"), of("form_submitted"))
        assert [each.type for each in graph(found).triggers] == ["contact_created", "tag_added", "form_submitted"]

    def test_a_merge_that_breaks_the_definition_is_a_conflict(self) -> None:
        def wait(**config: str) -> dict[str, Any]:
            return workflow({"a": {"type": "wait", "config": config, "next": None}})

        sides = wait(duration="P1D"), wait(until="2027-01-01T00:00:00Z"), wait(event="email_opened")
        found = merged(*sides)
        assert only(found) == ("graph", ConflictKind.GRAPH)
        assert found.conflicts[0].message.startswith("what both sides changed does not go together: expected")
        assert [choice.key for choice in found.conflicts[0].choices] == ["ours", "theirs", "base"]
        assert graph(merged(*sides, graph="theirs")).steps["a"].config == {"event": "email_opened"}
        assert graph(merged(*sides, everything="ours")).steps["a"].config == {"until": "2027-01-01T00:00:00Z"}

    def test_a_step_that_nothing_leads_to_any_more_is_noted(self) -> None:
        base = workflow(
            {"a": tag("a", "b"), "b": tag("b", "c"), "c": tag("c", None), "q": ask(("yes", "c"), otherwise="b")}, start="q"
        )
        ours = workflow({**base["steps"], "q": ask(("yes", "b"), otherwise="b")}, start="q")
        theirs = workflow({**base["steps"], "b": tag("b", None)}, start="q")
        assert "no way leads to step 'c' any more" in merged(base, ours, theirs).notes

    def test_what_is_wrong_on_a_side_already_is_no_conflict(self) -> None:
        ours = with_steps(a=tag("a", "nowhere"))
        found = merged(BASE, ours, with_steps(c=tag("C", None)))
        assert found.is_clean


class TestWhatCannotBeRead:
    def test_is_one_conflict_about_the_file(self) -> None:
        found = merged(BASE, b"{", with_steps(a=tag("A", "b")))
        assert only(found) == ("file", ConflictKind.UNREADABLE)
        assert found.conflicts[0].message == "ours is no workflow that can be read"
        assert merged(BASE, b"{", with_steps(a=tag("A", "b")), file="ours").content == b"{"

    def test_is_merged_by_lines_if_nothing_can_be_read(self) -> None:
        assert merged(b"1\n2\n3\n4\n", b"x\n2\n3\n4\n", b"1\n2\n3\ny\n").content == b"x\n2\n3\ny\n"

    @pytest.mark.parametrize("base", [None, b"", b"{"])
    def test_without_a_base_what_both_have_is_one(self, base: bytes | None) -> None:
        found = merged(base, BASE, json.dumps(BASE).encode())
        assert ways(found) == ways(merged(BASE, BASE, BASE))
        assert only(merged(base, BASE, with_steps(b=tag("B", "c")))) == ("steps/b/config/tag", ConflictKind.BOTH_ADDED)

    def test_other_formats_on_both_sides_are_one_conflict(self) -> None:
        machine = {"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}
        found = merged(BASE, machine, with_steps(a=tag("A", "b")))
        assert only(found) == ("file", ConflictKind.UNREADABLE)
        assert found.conflicts[0].message == "the sides are of different formats"

    def test_what_git_merges_validly_is_no_conflict(self) -> None:
        found = merge(
            *(json.dumps(side).encode() for side in (BASE, with_steps(a=tag("1", "b")), with_steps(a=tag("2", "b")))),
            answers={},
            problems=problems,
            lines=lambda *sides: json.dumps(BASE).encode(),
        )
        assert found.method is Method.LINES
        assert found.notes == ("merged line by line, though both sides changed 'config.tag' of step 'a', each in its own way",)
