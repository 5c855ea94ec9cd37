"""What plans are accepted and rejected, case by case as the engines have them, and what they say is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.core.plans import SOURCE, TARGET, chain, each, logic_app, machine, native, parallel, plan
from wflgit.core.mapping import Destination, Origin, Placement, Way
from wflgit.core.plan import Side, WaitPolicy
from wflgit.core.plan_checks import LOSSES, RULES, parse_rules, target_failure
from wflgit.core.records import ExecutionStatus
from wflgit.errors import InvalidNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.core.graph import Graph

RESTART, RECOMPUTE = WaitPolicy.RESTART, WaitPolicy.RECOMPUTE
ACTIVE, WAITING = ExecutionStatus.ACTIVE, ExecutionStatus.WAITING

LINE = native("mail_hello", "wait", "bye")
EVENT = {"event": "email_opened"}
UNTIL = {"until": "2030-01-01T00:00:00Z"}

ONE = chain(Call="Task")
TWO = chain(Mail="Task", Log="Pass")
FAN = machine(Greet="Pass", Fan=parallel(TWO, ONE), Bye="Task")
EACH = machine(Fetch="Task", Each=each(TWO), Bye="Pass")
FLAT = machine(Greet="Pass", Mail="Task", Log="Pass", Call="Task", Bye="Task")
TWINS = machine(Left=parallel(TWO, ONE), Right=parallel(TWO, ONE))
NESTED = machine(Fan=parallel(chain(Each=each(TWO)), ONE))

ODD = machine(Fan=parallel({**ONE, "States": {**ONE["States"], "Lost": {"Type": "Pass"}}}, ONE))
KEPT = {"Fan/0/Mail": 1, "Fan/0/Log": 1, "Fan/1/Call": 1, "Fan": 1}
"""Executions everywhere in FAN."""


class Case(NamedTuple):
    """A plan, and the rule that rejects it: as a plan, or for the executions that stand there. None rejects what is accepted."""

    rule: str
    name: str
    source: Graph
    target: Graph
    rules: tuple[str, ...] = ()
    standing: Mapping[str, int | tuple[int, int]] = {}
    renamed: Mapping[str, str] = {}
    waits: Mapping[str, WaitPolicy] = {}
    wait: WaitPolicy = WaitPolicy.KEEP
    sides: tuple[Side, Side] = (SOURCE, TARGET)


# In the order of `RULES`. Each case says which engine it was learnt from, `own` where none has the like. C7 is Camunda 7 (its tests
# in `runtime/migration`), C8 is Camunda 8 (`MigrateProcessInstanceRejectionTest` and its neighbours), F is Flowable.

ACCEPTED = [
    Case(
        "same-version",
        "own: another commit of one number, after history was rewritten",
        LINE,
        LINE,
        sides=(SOURCE, Side(6, "f" * 40, "b")),
    ),
    Case(
        "same-version",
        "own: a version with the content of the source, as a rollback makes it",
        LINE,
        LINE,
        sides=(SOURCE, Side(7, "f" * 40, SOURCE.blob)),
    ),
    Case("unknown-source", "C7 testExplicitInstructionGeneration", LINE, LINE, ("bye=bye",)),
    Case("unknown-source", "own: an id with an equals sign", native("a=b", "bye"), native("c", "bye"), ("a=b=c",)),
    Case("unknown-wait", "C7 testMigrateJobUpdateTimerConfiguration", LINE, LINE, waits={"wait": RESTART}),
    Case("unknown-target", "C7 testExplicitInstructionGeneration", LINE, native("mail_hello", "wait", "end"), ("bye=end",)),
    Case(
        "unknown-target",
        "own: no step is needed to end, to stay or to begin again",
        LINE,
        LINE,
        ("bye=@end", "wait=@stay", "mail_hello=@restart"),
    ),
    Case(
        "incompatible-type",
        "C7 testMigrateJobChangeActivityId",
        LINE,
        native("wait_more"),
        ("wait=wait_more", "bye=@end", "mail_hello=@end"),
    ),
    Case("incompatible-type", "own: what is begun anew may be of any type", LINE, LINE, ("bye=@enter:wait", "wait=@enter:bye")),
    Case("no-start", "own: the start is disabled, the one after it is not", LINE, LINE, ("bye=@restart",)),
    Case(
        "no-wait-terms",
        "C7 testMigrateJobUpdateTimerConfiguration",
        LINE,
        native("wait", wait={"duration": "PT50M"}),
        standing={"wait": (0, 1)},
        waits={"wait": RECOMPUTE},
    ),
    Case(
        "no-wait-terms",
        "C7 updateEventTrigger of a message",
        native("wait", wait=EVENT),
        native("wait", wait=EVENT),
        waits={"wait": RESTART},
    ),
    Case(
        "no-wait-terms",
        "own: a policy for all waits leaves alone what has no time",
        LINE,
        native("wait", wait={"until": "{{contact.due}}"}),
        wait=RESTART,
    ),
    Case("unmapped-scope", "C8 MigrateParallelGateway, scopes kept", FAN, FAN, standing=KEPT),
    Case(
        "unmapped-scope",
        "C7 MigrationMultiInstanceTest, body and inner activity mapped",
        EACH,
        EACH,
        standing={"Each/Mail": 1, "Each": 1},
    ),
    Case(
        "unmapped-scope",
        "C7 a renamed scope",
        FAN,
        machine(Spread=parallel(TWO, ONE)),
        standing={"Fan/1/Call": 1},
        renamed={"Fan": "Spread", "Fan/1/Call": "Spread/1/Call"},
    ),
    Case(
        "unmapped-scope",
        "own: nobody stands where the mapping by itself does not hold",
        FAN,
        FLAT,
        renamed={"Fan/0/Mail": "Mail"},
        standing={"Bye": 1},
    ),
    Case(
        "unmapped-scope",
        "C7 MigrationRemoveScopesTest: leaving is possible, by beginning anew",
        FAN,
        FLAT,
        ("Fan/0/Mail=@enter:Mail",),
        {"Fan/0/Mail": 1},
    ),
    Case("enters-scope", "own: the scope itself is begun anew", FLAT, FAN, ("Mail=@enter:Fan",), {"Mail": 1}),
    Case("enters-scope", "own: from a branch to another step of it, begun anew", FAN, FAN, ("Fan/0/Mail=@enter:Fan/0/Log",), KEPT),
    Case(
        "changed-scope",
        "own: nested scopes kept",
        NESTED,
        NESTED,
        standing={"Fan/0/Each/Mail": 1, "Fan/0/Each": 1, "Fan/1/Call": 1},
    ),
    Case(
        "changed-scope",
        "own: from an inner scope to the outer one, begun anew",
        NESTED,
        NESTED,
        ("Fan/0/Each/Mail=@enter:Fan/0/Each",),
        {"Fan/0/Each/Mail": 1},
    ),
    Case(
        "sibling-scope",
        "own: branches that changed places",
        FAN,
        machine(Fan=parallel(ONE, TWO)),
        standing={"Fan/0/Mail": 1, "Fan/1/Call": 1},
        renamed={"Fan/0/Mail": "Fan/1/Mail", "Fan/0/Log": "Fan/1/Log", "Fan/1/Call": "Fan/0/Call"},
    ),
    Case(
        "sibling-scope",
        "own: of two branches that would become one, the one that keeps its label goes on",
        machine(Fan=parallel(chain(Mail="Task"), ONE)),
        machine(Fan=parallel(chain(More="Task"), chain(Call="Task", Mail="Task"))),
        standing={"Fan/1/Call": 1},
        renamed={"Fan/0/Mail": "Fan/1/Mail"},
    ),
    Case(
        "sibling-scope", "own: steps that no way leads to are in no branch", ODD, ODD, ("Fan/0/Lost=Fan/0/Lost",), {"Fan/0/Lost": 1}
    ),
    Case(
        "sibling-scope",
        "own: where steps go that leave for another scope does not count",
        TWINS,
        machine(Left=parallel(TWO, ONE), Right=parallel(ONE, TWO)),
        standing={"Left/1/Call": 1},
        renamed={"Left/0/Mail": "Right/1/Mail", "Left/0/Log": "Right/1/Log"},
    ),
    Case(
        "sibling-scope",
        "own: what most steps of a branch say holds, whoever stands at the others",
        FAN,
        machine(Fan=parallel(chain(Mail="Task"), chain(Call="Task", Log="Pass"))),
        standing={"Fan/0/Mail": 1, "Fan/1/Call": 1},
        renamed={"Fan/0/Log": "Fan/1/Log"},
    ),
    Case(
        "changed-join",
        "own: another step in a branch",
        FAN,
        machine(Fan=parallel(TWO, chain(Call="Task", Note="Task"))),
        standing=KEPT,
    ),
    Case(
        "changed-join",
        "own: a branch more of a condition, of which only one is begun at all",
        logic_app(Greet={"type": "Http"}),
        logic_app(Greet={"type": "Http"}, otherwise={"Stop": {"type": "Http"}}),
        standing={"Greet": 1, "Approved": 1},
    ),
    Case(
        "changed-join",
        "own: a branch whose only step was replaced keeps its place",
        FAN,
        machine(Fan=parallel(TWO, chain(Write="Task"))),
        standing={"Fan/0/Mail": 1, "Fan": 1},
    ),
    Case(
        "changed-join",
        "own: a branch more, for those who begin the scope anew",
        FAN,
        machine(Fan=parallel(TWO, ONE, chain(More="Task"))),
        tuple(f"{step}=@enter:Fan" for step in KEPT),
        KEPT,
    ),
    Case(
        "changed-join",
        "C7 testCannotMapMultipleGatewaysToOne: an execution has one position, not one for each branch",
        TWINS,
        machine(Left=parallel(TWO, ONE)),
        ("Right=Left", "Right/0/Mail=Left/0/Mail", "Right/0/Log=Left/0/Log", "Right/1/Call=Left/1/Call"),
        {"Left/0/Mail": 1, "Right/0/Mail": 1},
    ),
    Case(
        "unmapped",
        "C8 shouldRejectCommandWhenActiveElementIsNotMapped: nobody stands there",
        LINE,
        native("mail_hello", "bye"),
        standing={"bye": 1},
    ),
    Case("unmapped", "own: a step that stays needs no step", LINE, native("mail_hello", "bye"), ("wait=@stay",), {"wait": (0, 3)}),
    Case(
        "wait-changed",
        "C7 testMigrateJobPreserveTimerConfiguration: another duration",
        LINE,
        native("wait", wait={"duration": "PT50M"}),
        standing={"wait": (0, 1)},
    ),
    Case("wait-changed", "own: nobody waits there yet", LINE, native("wait", wait=EVENT), standing={"wait": 1}),
    Case(
        "wait-changed",
        "own: another kind, restarted",
        LINE,
        native("wait", wait=EVENT),
        standing={"wait": (0, 1)},
        waits={"wait": RESTART},
    ),
    Case(
        "wait-changed", "own: another kind, begun anew", LINE, native("wait", wait=EVENT), ("wait=@enter:wait",), {"wait": (0, 1)}
    ),
    Case(
        "wait-changed",
        "own: an action that waits for a callback has no terms to change",
        machine(Ask="Task"),
        machine(Ask="Task"),
        standing={"Ask": (0, 2)},
    ),
    Case(
        "wait-changed",
        "own: what cannot be read on both sides is the same",
        native("wait", wait={"for": 1}),
        native("wait", wait={"for": 1}),
        standing={"wait": (0, 1)},
    ),
    Case("lost-step", "own: none is left there", LINE, LINE, standing={"gone": 0}),
]

REFUSED = [
    Case("same-version", "own", LINE, LINE, sides=(SOURCE, SOURCE)),
    Case(
        "unknown-source", "C8 shouldRejectCommandWhenMappingInstructionContainsANonExistingSourceElementId", LINE, LINE, ("by=bye",)
    ),
    Case("unknown-source", "C7 testMigrateNonExistingSourceActivityId, whatever becomes of it", LINE, LINE, ("by=@end",)),
    Case("unknown-wait", "own: as for a rule", LINE, LINE, waits={"weit": RESTART}),
    Case(
        "unknown-target", "C8 shouldRejectCommandWhenMappingInstructionContainsANonExistingTargetElementId", LINE, LINE, ("bye=by",)
    ),
    Case("unknown-target", "C7 testMigrateNonExistingTargetActivityId, begun anew", LINE, LINE, ("bye=@enter:by",)),
    Case("incompatible-type", "C8 shouldRejectCommandWhenAnyElementsMappedToADifferentBpmnElementType", LINE, LINE, ("bye=wait",)),
    Case("incompatible-type", "C7 testMigrateToUnsupportedActivityType: another type of action", LINE, LINE, ("bye=mail_hello",)),
    Case(
        "incompatible-type",
        "C7 testCannotMigrateParallelToInclusiveGateway",
        machine(Fan=parallel(ONE)),
        machine(Fan=each(ONE)),
        ("Fan=Fan", "Fan/0/Call=@stay"),
    ),
    Case("no-start", "own", LINE, native("bye", start="nowhere"), ("bye=@restart",)),
    Case("no-wait-terms", "C7 updateEventTrigger without a persistent trigger: no wait", LINE, LINE, waits={"bye": RESTART}),
    Case(
        "no-wait-terms",
        "own: a time that only data knows",
        LINE,
        native("wait", wait={"until": "{{contact.due}}"}),
        waits={"wait": RECOMPUTE},
    ),
    Case(
        "no-wait-terms", "own: a time that cannot be read", LINE, native("wait", wait={"duration": "soon"}), waits={"wait": RESTART}
    ),
    Case("no-wait-terms", "own: the wait is not continued", LINE, LINE, ("wait=@end",), waits={"wait": RESTART}),
    Case("unmapped-scope", "C8 shouldRejectMigrationWhenSubprocessIsUnmapped", FAN, FLAT, ("Fan/0/Mail=Mail",), {"Fan/0/Mail": 1}),
    Case(
        "unmapped-scope",
        "C7 testCannotRemoveParentScope",
        NESTED,
        machine(Each=each(TWO)),
        ("Fan/0/Each=Each", "Fan/0/Each/Mail=@stay", "Fan/0/Each/Log=@stay"),
    ),
    Case(
        "unmapped-scope",
        "own: the scope is to be begun anew, a step in it is not",
        FAN,
        FAN,
        ("Fan=@enter:Fan", "Fan/0/Mail=Fan/0/Mail"),
    ),
    Case(
        "enters-scope",
        "C8 shouldRejectCommandWhenElementFlowScopeIsChangedInTargetProcessDefinition",
        FLAT,
        FAN,
        ("Mail=Fan/0/Mail",),
    ),
    Case("enters-scope", "C8 …FlowScopeIsChangedInTargetProcessDefinitionDeeper", FLAT, NESTED, ("Mail=Fan/0/Each/Mail",)),
    Case(
        "enters-scope",
        "C7 testMapEqualActivitiesWithParallelMultiInstance",
        machine(Fetch="Task", Mail="Task"),
        EACH,
        ("Mail=Each/Mail",),
    ),
    Case("enters-scope", "F cannot migrate arbitrarily inside a Multi Instance container", FLAT, EACH, ("Mail=@enter:Each/Mail",)),
    Case("enters-scope", "C7 testCannotMigrateHorizontallyBetweenScopes", TWINS, TWINS, ("Left/0/Mail=Right/0/Mail",)),
    Case(
        "changed-scope",
        "C8 shouldRejectCommandWhenFlowScopeIsChangedInsideMultiInstanceBody",
        EACH,
        machine(Each=each(TWO), Late="Task"),
        ("Each/Mail=Late",),
    ),
    Case(
        "changed-scope",
        "C7 closest mapped ancestor is not an ancestor of the target",
        NESTED,
        machine(Fan=parallel(chain(Each=each(chain(Log="Pass")), Mail="Task"), ONE)),
        ("Fan/0/Each/Mail=Fan/0/Mail",),
    ),
    Case(
        "sibling-scope",
        "C7 testCannotMigrateHorizontallyBetweenScopes, of one scope",
        FAN,
        machine(Fan=parallel(TWO, chain(Call="Task", More="Task"))),
        ("Fan/0/Mail=Fan/1/More", "Fan/0/Log=Fan/0/Log"),
    ),
    Case(
        "sibling-scope",
        "own: two branches in one",
        FAN,
        machine(Fan=parallel(chain(Mail="Task", Log="Pass", Call="Task"), chain(More="Task"))),
        ("Fan/1/Call=Fan/0/Call",),
    ),
    Case("sibling-scope", "own: begun anew in another branch", FAN, FAN, ("Fan/0/Mail=@enter:Fan/1/Call",)),
    Case(
        "changed-join",
        "C7 testCannotRemoveGatewayIncomingSequenceFlow",
        FAN,
        machine(Fan=parallel(TWO)),
        ("Fan/0/Mail=Fan/0/Mail",),
    ),
    Case(
        "changed-join", "own: standing at the scope, between beginning and joining", FAN, machine(Fan=parallel(TWO)), ("Fan=Fan",)
    ),
    Case(
        "changed-join",
        "own, unlike C7 testAddGatewayIncomingSequenceFlow: nobody would come through it",
        FAN,
        machine(Fan=parallel(TWO, ONE, chain(More="Task"))),
        ("Fan/0/Mail=Fan/0/Mail",),
    ),
    Case(
        "changed-join",
        "own: the same number of branches, but one gone and one new",
        FAN,
        machine(Fan=parallel(chain(More="Task"), TWO)),
        ("Fan/0/Mail=Fan/1/Mail", "Fan/0/Log=Fan/1/Log", "Fan/1/Call=@stay"),
    ),
]

STOPPED = [
    Case(
        "unmapped",
        "C8 shouldRejectCommandWhenActiveElementIsNotMapped",
        LINE,
        native("mail_hello", "bye"),
        standing={"wait": (1, 2)},
    ),
    Case(
        "unmapped",
        "F a running activity that is not in the new model",
        EACH,
        machine(Fetch="Task", Bye="Pass"),
        standing={"Each": 1},
    ),
    Case(
        "unmapped",
        "C8 shouldRejectMigrationWhenInnerInstanceInSourceButNotInTarget",
        EACH,
        machine(Fetch="Task", Each=each(chain(Log="Pass"))),
        standing={"Each/Mail": 1},
    ),
    Case(
        "unmapped-scope",
        "own: a scope that was taken away, found by the mapping",
        FAN,
        FLAT,
        standing={"Fan/0/Mail": 3},
        renamed={"Fan/0/Mail": "Mail"},
    ),
    Case(
        "enters-scope",
        "own: steps that were put into a new scope, found by the mapping",
        FLAT,
        FAN,
        standing={"Mail": 2},
        renamed={"Mail": "Fan/0/Mail"},
    ),
    Case(
        "changed-scope",
        "own: a step that was moved behind its scope, found by the mapping",
        EACH,
        machine(Each=each(chain(Log="Pass")), Mail="Task"),
        standing={"Each/Mail": 2},
        renamed={"Each/Mail": "Mail"},
    ),
    Case(
        "sibling-scope",
        "own: a step that was moved to another branch, found by the mapping",
        FAN,
        machine(Fan=parallel(chain(Mail="Task"), chain(Call="Task", Log="Pass"))),
        standing={"Fan/0/Log": 2},
        renamed={"Fan/0/Log": "Fan/1/Log"},
    ),
    Case(
        "changed-join",
        "C7 testCannotRemoveGatewayIncomingSequenceFlow, found by the mapping",
        FAN,
        machine(Fan=parallel(TWO)),
        standing={"Fan/0/Mail": 2},
    ),
    Case(
        "changed-join",
        "own: in the outer one of two scopes",
        NESTED,
        machine(Fan=parallel(chain(Each=each(TWO)))),
        standing={"Fan/0/Each/Mail": 2},
    ),
    Case(
        "wait-changed",
        "C7 testNotMigrateBoundaryEventsOfDifferentType",
        LINE,
        native("wait", wait=EVENT),
        standing={"wait": (2, 1)},
    ),
    Case(
        "wait-changed",
        "own: another event",
        native("wait", wait=EVENT),
        native("wait", wait={"event": "email_clicked"}),
        standing={"wait": (0, 1)},
    ),
    Case("wait-changed", "own: a duration and a time", LINE, native("wait", wait=UNTIL), standing={"wait": (0, 1)}),
    Case(
        "wait-changed",
        "own: what can be read and what cannot",
        LINE,
        native("wait", wait={"duration": "soon"}),
        standing={"wait": (0, 1)},
    ),
    Case("lost-step", "own", LINE, LINE, standing={"gone": (1, 1)}),
]


def check(case: Case) -> tuple[set[str], set[str]]:
    """The rules that refuse the plan, and those that stop executions."""
    found = plan(
        case.source,
        case.target,
        *case.rules,
        standing=case.standing,
        renamed=case.renamed,
        waits=case.waits,
        wait=case.wait,
        sides=case.sides,
    )
    return {failure.rule for failure in found.plan_failures}, {failure.rule for failure in found.execution_failures}


def name(case: Case) -> str:
    return f"{case.rule}: {case.name}"


@pytest.mark.parametrize("case", ACCEPTED, ids=name)
def test_a_plan_that_can_be_carried_out_has_no_failure(case: Case) -> None:
    assert check(case) == (set(), set())


@pytest.mark.parametrize("case", REFUSED, ids=name)
def test_a_plan_is_refused_whoever_stands_there(case: Case) -> None:
    assert check(case) == ({case.rule}, set())


@pytest.mark.parametrize("case", STOPPED, ids=name)
def test_executions_are_stopped_where_they_stand(case: Case) -> None:
    assert check(case) == (set(), {case.rule})


@pytest.mark.parametrize("case", [case for case in STOPPED if case.rule != "lost-step"], ids=name)
def test_what_stops_executions_stops_nobody_where_none_stands(case: Case) -> None:
    assert check(case._replace(standing=dict.fromkeys(case.standing, 0))) == (set(), set())


TARGETS = {
    "deleted-target": {"published": False, "archived": False, "deleted": True},
    "archived-target": {"published": False, "archived": True, "deleted": False},
    "unpublished-target": {"published": False, "archived": False, "deleted": False},
}


@pytest.mark.parametrize(("rule", "facts"), TARGETS.items())
def test_executions_go_only_to_what_is_published_and_in_use(rule: str, facts: dict[str, bool]) -> None:
    failure = target_failure("welcome", 7, **facts)
    assert failure is not None
    assert failure.rule == rule


def test_executions_may_go_to_a_published_version() -> None:
    assert target_failure("welcome", 7, published=True, archived=False, deleted=False) is None


def test_every_rule_has_cases_that_it_accepts_and_that_it_rejects() -> None:
    assert {case.rule for case in ACCEPTED} == RULES.keys() - TARGETS.keys()
    assert {case.rule for case in REFUSED + STOPPED} | TARGETS.keys() == RULES.keys()


# What is said


def failures(*rules: str, source: Graph = LINE, target: Graph = LINE, **more: Any) -> list[tuple[str, str, str]]:
    """Step, message and hint of all that is in the way."""
    return [(str(found.step), found.message, found.hint) for found in plan(source, target, *rules, **more).failures]


def test_every_failure_says_what_was_expected_what_is_so_and_what_to_do() -> None:
    for case in REFUSED + STOPPED:
        found = plan(case.source, case.target, *case.rules, standing=case.standing, renamed=case.renamed, waits=case.waits)
        for failure in found.failures:
            assert failure.message.startswith("expected ")
            assert " but " in failure.message
            assert failure.message[-1] != "."
            assert failure.hint


def test_all_failures_are_found_at_once_in_the_order_of_the_source() -> None:
    found = plan(
        native("mail_hello", "wait", "bye", "tag"),
        native("wait", "tag", start="nowhere"),
        "bye=wait",
        "wait=nowhere",
        "mail_hello=@restart",
        "by=bye",
        waits={"tag": RESTART, "wait": RESTART, "weit": RESTART},
        standing={"mail_hello": 1, "wait": (0, 1), "gone": 2},
        sides=(SOURCE, SOURCE),
    )
    assert [(failure.rule, failure.step) for failure in found.plan_failures] == [
        ("same-version", None),
        ("unknown-source", "by"),
        ("unknown-wait", "weit"),
        ("no-start", "mail_hello"),
        ("unknown-target", "wait"),
        ("incompatible-type", "bye"),
        ("no-wait-terms", "tag"),
    ]
    assert [(failure.rule, failure.step) for failure in found.execution_failures] == [("lost-step", "gone")]
    assert found.failures == found.plan_failures + found.execution_failures


def test_a_misspelt_step_is_answered_with_the_near_one_of_its_side() -> None:
    assert failures("mail_helo=mail_hello", target=native("mail_hello", "wait", "bye", "mail_helo")) == [
        (
            "mail_helo",
            "expected the rule 'mail_helo=mail_hello' to be for a step of 'welcome@6' but it has no 'mail_helo'",
            "did you mean 'mail_hello'?",
        )
    ]
    assert failures("bye=goodbyes", target=native("mail_hello", "wait", "goodbye")) == [
        (
            "bye",
            "expected the rule 'bye=goodbyes' to lead to a step of 'welcome@7' but it has no 'goodbyes'",
            "did you mean 'goodbye'?",
        )
    ]


def test_where_there_are_many_steps_and_none_is_near_one_is_told_how_to_list_them() -> None:
    many = native(*(f"step-{number}" for number in range(40)))
    assert failures("xyz=@end", source=many, target=many)[0][2] == "`wflgit show welcome@6` lists its steps"


def test_what_cannot_be_continued_can_be_begun_anew() -> None:
    assert failures("bye=wait") == [
        (
            "bye",
            "expected 'bye' to continue at a step of its type 'add_tag' but 'wait' is of type 'wait'",
            "begin 'wait' anew: --map bye=@enter:wait",
        )
    ]
    assert plan(LINE, LINE, "bye=@enter:wait").failures == ()


@pytest.mark.parametrize(
    ("source", "target", "rules", "message", "hint"),
    [
        (
            FAN,
            FLAT,
            ("Fan/0/Mail=Mail",),
            "expected 'Fan' to continue because 'Fan/0/Mail' inside of it does but it has no destination",
            "begin 'Mail' anew: --map Fan/0/Mail=@enter:Mail",
        ),
        (
            FAN,
            EACH,
            ("Fan/0/Mail=Each/Mail", "Fan=@end"),
            "expected 'Fan' to continue because 'Fan/0/Mail' inside of it does but it goes to '@end'",
            "begin 'Each' anew: --map Fan/0/Mail=@enter:Each",
        ),
        (
            FLAT,
            NESTED,
            ("Mail=Fan/0/Each/Mail",),
            "expected 'Mail' to stay outside of 'Fan' but 'Fan/0/Each/Mail' is inside of it",
            "begin 'Fan' anew: --map Mail=@enter:Fan",
        ),
        (
            EACH,
            machine(Each=each(TWO), Late="Task"),
            ("Each/Mail=Late",),
            "expected 'Each/Mail' to stay inside of 'Each' but 'Late' is outside of it",
            "begin 'Late' anew: --map Each/Mail=@enter:Late",
        ),
        (
            FAN,
            machine(Fan=parallel(TWO, chain(Call="Task", More="Task"))),
            ("Fan/0/Mail=Fan/1/More",),
            "expected 'Fan/0/Mail' to stay in 'branch 0' of 'Fan' but 'Fan/1/More' is in 'branch 1'",
            "begin 'Fan' anew: --map Fan/0/Mail=@enter:Fan",
        ),
        (
            FAN,
            machine(Fan=parallel(chain(Mail="Task", Log="Pass", Call="Task"))),
            ("Fan/1/Call=Fan/0/Call",),
            "expected 'Fan/1/Call' to keep out of 'branch 0' of 'Fan', which is another branch's, but 'Fan/0/Call' is in it",
            "begin 'Fan' anew: --map Fan/1/Call=@enter:Fan",
        ),
        (
            FAN,
            machine(Fan=parallel(TWO, ONE, chain(More="Task"), ONE)),
            ("Fan=Fan",),
            "expected the branches of 'Fan' to be those that 'Fan' began with but 'branch 2', 'branch 3' are new",
            "begin 'Fan' anew: --map Fan=@enter:Fan",
        ),
        (
            FAN,
            machine(Fan=parallel(chain(More="Task"), TWO)),
            ("Fan/0/Mail=Fan/1/Mail", "Fan/0/Log=Fan/1/Log"),
            "expected the branches of 'Fan' to be those that 'Fan/0/Mail' began with but 'branch 0' is new and 'branch 1' is gone",
            "begin 'Fan' anew: --map Fan/0/Mail=@enter:Fan",
        ),
    ],
)
def test_what_breaks_a_scope_is_told_with_what_would_not(
    source: Graph, target: Graph, rules: tuple[str, ...], message: str, hint: str
) -> None:
    said = failures(*rules, source=source, target=target)
    assert (rules[0].partition("=")[0], message, hint) in said
    instead = hint.rpartition("--map ")[2]
    again = plan(source, target, instead)
    assert not again.plan_failures


def test_ids_that_a_shell_would_split_are_quoted_in_hints() -> None:
    source, target = machine(**{"Say hello": "Task"}), machine(**{"Say hello": "Pass"})
    assert failures("Say hello=Say hello", source=source, target=target)[0][2].endswith("--map 'Say hello=@enter:Say hello'")


def test_who_has_no_destination_is_counted_and_shown_where_to_go() -> None:
    proposals = (Destination(Way.CONTINUE, "greet"), Destination(Way.ENTER, "bye"), Destination(Way.END), Destination(Way.CANCEL))
    placements = [Placement("mail_hello", None, Origin.UNMAPPED, proposals=proposals)]
    found = plan(
        native("mail_hello"),
        native("greet", "bye"),
        placements=placements,
        standing={"mail_hello": (1201, 3)},
        examples={("mail_hello", ACTIVE): (4, 9), ("mail_hello", WAITING): (5,), ("bye", ACTIVE): (1,)},
    )
    (failure,) = found.execution_failures
    assert failure.message == "expected a destination in 'welcome@7' for 1,204 executions at 'mail_hello' but there is none"
    assert failure.hint == "say where they go: --map mail_hello=greet or --map mail_hello=@enter:bye or --map mail_hello=@end"
    assert (failure.executions, failure.examples) == (1204, (4, 5, 9))


def test_one_who_has_no_destination_and_no_proposal_can_stay() -> None:
    (said,) = failures(target=native("mail_hello", "bye"), standing={"wait": 1})
    assert said == (
        "wait",
        "expected a destination in 'welcome@7' for 1 execution at 'wait' but there is none",
        "say where they go: --map wait=@stay",
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ({"duration": "P1D"}, EVENT, "for a duration but 'wait' waits for the event 'email_opened'"),
        (EVENT, {"event": "paid"}, "for the event 'email_opened' but 'wait' waits for the event 'paid'"),
        (UNTIL, {"duration": "P1D"}, "until a time but 'wait' waits for a duration"),
    ],
)
def test_a_wait_that_cannot_be_kept_can_be_restarted_or_begun_anew(old: Any, new: Any, words: str) -> None:
    found = plan(
        native("wait", wait=old),
        native("wait", wait=new),
        standing={"wait": (7, 2)},
        examples={("wait", ACTIVE): (1,), ("wait", WAITING): (2, 3)},
    )
    (failure,) = found.execution_failures
    assert failure.message == f"expected 2 executions at 'wait' to keep waiting {words}"
    assert failure.hint == "restart or recompute the wait of 'wait', or begin 'wait' anew: --map wait=@enter:wait"
    assert (failure.executions, failure.examples) == (2, (2, 3))


def test_a_wait_whose_time_is_not_said_can_only_be_begun_anew() -> None:
    (said,) = failures(source=native("wait"), target=native("wait", wait={"until": "{{contact.due}}"}), standing={"wait": (0, 1)})
    assert said[1:] == (
        "expected 1 execution at 'wait' to keep waiting for a duration but 'wait' waits until a time",
        "begin 'wait' anew: --map wait=@enter:wait",
    )


@pytest.mark.parametrize(
    ("target", "rules", "waits", "message"),
    [
        (LINE, (), {"bye": RESTART}, "expected to restart the wait at 'bye' but 'bye' is no wait"),
        (LINE, ("wait=@end",), {"wait": RECOMPUTE}, "expected to recompute the wait at 'wait' but it goes to '@end'"),
        (
            native("wait", wait={"until": "{{contact.due}}"}),
            (),
            {"wait": RECOMPUTE},
            "expected to recompute the wait at 'wait' but 'wait' does not say for how long",
        ),
    ],
)
def test_a_wait_that_cannot_be_begun_again_is_told_why(
    target: Graph, rules: tuple[str, ...], waits: dict[str, WaitPolicy], message: str
) -> None:
    assert [said[1] for said in failures(*rules, target=target, waits=waits)] == [message]


def test_who_stands_at_a_step_that_is_not_there_can_be_looked_at() -> None:
    (said,) = failures(standing={"old step": (1, 1)})
    assert said == (
        "old step",
        "expected 2 executions to stand at a step of 'welcome@6' but it has no 'old step'",
        "look at them with `wflgit exec ls welcome --version 6 --step 'old step'`, and complete or cancel them",
    )


def test_a_plan_from_a_version_to_itself_says_which() -> None:
    assert failures(sides=(SOURCE, SOURCE)) == [
        ("None", "expected two versions but source and target are both 'welcome@6'", "name another target")
    ]


def test_without_a_start_nobody_can_begin_again() -> None:
    assert failures("bye=@restart", target=native("mail_hello", "wait", "bye", start="nowhere")) == [
        (
            "bye",
            "expected 'welcome@7' to have a start for 'bye=@restart' but it has none",
            "name the step to begin at: STEP=@enter:FIRST",
        )
    ]


# What is lost


def lost(*rules: str, source: Graph = LINE, target: Graph = LINE, **more: Any) -> list[tuple[str, str, str, int]]:
    found = plan(source, target, *rules, **more)
    return [(loss.kind, loss.step, loss.message, loss.executions) for loss in found.losses]


LONG = native("a", "b", "wait", "c", "d", "e", "f")


LOST: list[tuple[tuple[str, ...], dict[str, Any], Graph, tuple[str, str, str, int]]] = [
    (("bye=@end",), {"bye": 2}, LINE, ("ends", "bye", "2 executions at 'bye' end as completed", 2)),
    (("bye=@cancel",), {"bye": (0, 1)}, LINE, ("ends", "bye", "1 execution at 'bye' ends as cancelled", 1)),
    (
        ("mail_hello=@enter:bye",),
        {"mail_hello": 1, "bye": (1, 1)},
        LINE,
        ("merges", "mail_hello", "3 executions at 'mail_hello', 'bye' come together at 'bye'", 3),
    ),
    (("bye=@restart",), {"bye": 1}, LINE, ("repeats", "bye", "1 execution at 'bye' gets 'mail_hello', 'bye' again", 1)),
    (("bye=@enter:bye",), {"bye": 2}, LINE, ("repeats", "bye", "2 executions at 'bye' get 'bye' again", 2)),
    (("wait=@enter:wait",), {"wait": (0, 2)}, LINE, ("repeats", "wait", "2 executions at 'wait' get 'wait' again", 2)),
    (("f=@enter:b",), {"f": 2}, LONG, ("repeats", "f", "2 executions at 'f' get 'b', 'c', 'd', 'e' and 1 more again", 2)),
    (
        ("Fan/0/Mail=@enter:Bye",),
        {"Fan/0/Mail": 1},
        FAN,
        ("leaves-scope", "Fan/0/Mail", "1 execution at 'Fan/0/Mail' leaves 'Fan' before it is done", 1),
    ),
    (
        ("Fan/0/Each/Mail=@enter:Fan/0/Each",),
        {"Fan/0/Each/Mail": 2},
        NESTED,
        ("leaves-scope", "Fan/0/Each/Mail", "2 executions at 'Fan/0/Each/Mail' leave 'Fan/0/Each' before it is done", 2),
    ),
]


@pytest.mark.parametrize(("rules", "standing", "source", "expected"), LOST)
def test_what_migrating_back_does_not_bring_back_is_told(
    rules: tuple[str, ...], standing: dict[str, Any], source: Graph, expected: tuple[str, str, str, int]
) -> None:
    assert expected in lost(*rules, source=source, target=source, standing=standing)
    assert lost(*rules, source=source, target=source) == []


def test_who_begins_again_where_nothing_is_known_again_is_told_where() -> None:
    assert lost("mail_hello=@restart", source=native("mail_hello"), target=native("greet"), standing={"mail_hello": 1}) == [
        ("repeats", "mail_hello", "1 execution at 'mail_hello' begins again at 'greet'", 1)
    ]


def test_a_step_that_does_nothing_is_not_had_again() -> None:
    target = native("mail_hello", "tag", "bye", disabled=("tag",))
    assert lost("bye=@restart", source=native("mail_hello", "tag", "bye"), target=target, standing={"bye": 1}) == [
        ("repeats", "bye", "1 execution at 'bye' gets 'mail_hello', 'bye' again", 1)
    ]


def test_a_step_that_was_renamed_is_had_again() -> None:
    target = native("mail_hi", "wait", "bye")
    assert lost("bye=@restart", target=target, renamed={"mail_hello": "mail_hi"}, standing={"bye": 1}) == [
        ("repeats", "bye", "1 execution at 'bye' gets 'mail_hi', 'bye' again", 1)
    ]


@pytest.mark.parametrize(
    ("rules", "source"),
    [
        (("mail_hello=@enter:bye",), LINE),
        (("mail_hello=@enter:wait",), LINE),
        (("bye=@stay",), LINE),
        ((), LINE),
        ((), FAN),
        (("Fan/0/Mail=@enter:Fan/0/Log",), FAN),
        (("Greet=@enter:Fan",), FAN),
    ],
)
def test_who_only_goes_on_loses_nothing(rules: tuple[str, ...], source: Graph) -> None:
    standing = {(rules[0].partition("=")[0] if rules else step): 1 for step in source.steps}
    assert lost(*rules, source=source, target=source, standing=standing) == []


def test_steps_that_are_skipped_are_never_got() -> None:
    names = ("new", "newer", "newest", "next", "other")
    placements = [Placement("bye", Destination(Way.CONTINUE, "bye"), Origin.SAME, skipped=names)]
    assert lost(source=native("bye"), target=native(*names, "bye"), placements=placements, standing={"bye": 1}) == [
        ("skips", "bye", "1 execution at 'bye' never gets 'new', 'newer', 'newest', 'next' and 1 more", 1)
    ]


def test_every_kind_of_loss_is_shown() -> None:
    assert {expected[0] for *_, expected in LOST} | {"skips"} == LOSSES.keys()


def test_those_who_do_not_move_lose_nothing() -> None:
    placements = [Placement("wait", None, Origin.UNMAPPED, skipped=("bye",))]
    assert lost(source=native("wait"), target=native("bye"), placements=placements, standing={"wait": 1}) == []
    assert lost("Fan/0/Mail=@enter:Fan/1/Call", source=FAN, target=FAN, standing={"Fan/0/Mail": 1, "Fan/1/Call": 1}) == []


def test_losses_are_in_the_order_of_the_source() -> None:
    found = lost("bye=@end", "mail_hello=@enter:mail_hello", standing={"mail_hello": 1, "wait": 1, "bye": 1})
    assert [loss[:2] for loss in found] == [("repeats", "mail_hello"), ("ends", "bye")]


# Rules as they are typed


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a=b"], {"a": Destination(Way.CONTINUE, "b")}),
        (["a=@enter:b=c"], {"a": Destination(Way.ENTER, "b=c")}),
        (["a=b=c"], {"a=b": Destination(Way.CONTINUE, "c")}),
        (["a=c=b"], {"a": Destination(Way.CONTINUE, "c=b")}),
        (["x=y=z"], {"x": Destination(Way.CONTINUE, "y=z")}),
        (["a=@end", "x=@stay"], {"a": Destination(Way.END), "x": Destination(Way.STAY)}),
        ([], {}),
    ],
)
def test_a_rule_is_split_after_the_longest_step_it_begins_with(texts: list[str], expected: Mapping[str, Destination]) -> None:
    assert parse_rules(texts, {"a", "a=b"}) == expected


def test_all_rules_that_are_wrong_are_named_at_once() -> None:
    with pytest.raises(InvalidNameError) as caught:
        parse_rules(["a=b", "a=c", "b", "=c", "c=", "d=@nowhere", "e=@end"], {"a"})
    assert caught.value.message == (
        "expected one rule a step, each as STEP=DESTINATION, but 'a=c' is a second one for 'a', 'b' is no rule, '=c' is no rule, "
        "'c=' is no rule, 'd=@nowhere' is no rule"
    )
    assert "@enter:new" in str(caught.value.hint)
