"""What a review says in words, of changes as they are really told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import steps, to_content
from tests.reviews import SECRETS, changed_workflow, sample_review, unknown_review, welcome_after, welcome_before
from wflgit.core.changes import Change, ChangeType
from wflgit.core.diff import compare
from wflgit.core.exposure import NOBODY, UNKNOWN, Affected
from wflgit.core.formats import parse
from wflgit.core.telling import list_changes
from wflgit.render.review.words import (
    affected_words,
    concerned_words,
    plan_command,
    plan_words,
    source_words,
    tell_changes,
    verdict_words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.core.graph import Graph


def document(*ids: str, whole: Mapping[str, Any] = {}, **config: Any) -> Graph:
    return parse(to_content("w", {**steps(*ids, **config), **whole})).graph


def told(old: Graph, new: Graph) -> list[str]:
    comparison = compare(old, new)
    changes = list_changes(comparison, old, new)
    workflow = replace(changed_workflow(), comparison=comparison, changes=changes, old=old, new=new)
    return [
        f"{each.mark} {each.text}" + "".join(f"; {value.path}: {value.old} → {value.new}" for value in each.values)
        for each in tell_changes(workflow)
    ]


ASKING = steps("ask", "b")["steps"]["ask"]
BOTH = {"label": "no", "when": {"field": "x", "op": "exists"}, "next": "b"}


def asking(*branches: dict[str, Any]) -> dict[str, Any]:
    return {"steps": {**steps("ask", "b")["steps"], "ask": {**ASKING, "branches": [*branches]}}}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (document("a", "b"), document("a", "x", "b"), ["+ step 'x' inserted between 'a' and 'b'"]),
        (document("a", "x", "b"), document("a", "b"), ["− step 'x' taken out from between 'a' and 'b'"]),
        (
            document("a", "b", whole={"name": "Old"}),
            document("a", "b", whole={"name": "New"}),
            ['~ the workflow has another name; name: "Old" → "New"'],
        ),
        (
            document("a", "b"),
            document("a", "b", whole={"description": "Hi"}),
            ["~ setting 'description' of the workflow changed; description: None → \"Hi\""],
        ),
        (
            document("a", "wait"),
            document("a", "wait", wait={"duration": "PT1H"}),
            ['~ step \'wait\' changed; config.duration: "P1D" → "PT1H"'],
        ),
        (
            document("a", "bye"),
            document("a", "bye_now", bye_now={"tag": "bye"}),
            ["~ step 'bye' is called 'bye_now' now"],
        ),
        (document("z", "a", "b", "c"), document("z", "b", "a", "c"), ["↕ step 'a' moved to between 'b' and 'c'"]),
        (
            document("ask", "b", whole=asking(ASKING["branches"][0], BOTH)),
            document("ask", "b", whole=asking(BOTH, ASKING["branches"][0])),
            ['↕ \'ask\' asks for its branches in another order; order: ["yes", "no"] → ["no", "yes"]'],
        ),
        (
            document("ask", "b", ask={"field": "x"}),
            document("ask", "b", ask={"field": "y"}),
            ['~ \'ask\' (yes) is taken for something else; condition: {"field": "x"} → {"field": "y"}'],
        ),
    ],
    ids=["inserted", "taken out", "name", "setting", "config", "renamed", "moved", "order", "condition"],
)
def test_a_change_is_a_sentence_with_the_values_that_differ(old: Graph, new: Graph, said: list[str]) -> None:
    assert told(old, new) == said


def test_every_type_of_change_has_words() -> None:
    workflow = replace(
        changed_workflow(), changes=tuple(Change(type_, "a", was="b", label="x", steps=("a",)) for type_ in ChangeType)
    )
    texts = [each.text for each in tell_changes(workflow)]
    assert len(texts) == len(ChangeType)
    assert not [text for text in texts if "{" in text or not text]


def test_a_secret_that_changed_is_another_secret_and_neither_is_told() -> None:
    said = "\n".join(told(welcome_before(), welcome_after()))
    assert '"(secret)" → "(another secret)"' in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_a_secret_of_a_trigger_that_is_a_step_is_not_told() -> None:
    def hook(token: str) -> Graph:
        step = {"id": "1", "name": "Hook", "type": "n8n-nodes-base.webhook", "position": [0, 0], "parameters": {"token": token}}
        return parse(json.dumps({"nodes": [step], "connections": {}}).encode()).graph

    assert told(hook(SECRETS[0]), hook(SECRETS[1])) == [
        '~ trigger \'Hook\' changed; config.parameters.token: "(secret)" → "(another secret)"'
    ]


@pytest.mark.parametrize(
    ("affected", "said"),
    [
        (UNKNOWN, "executions unknown"),
        (NOBODY, "no executions"),
        (Affected(1, 0), "1 execution"),
        (Affected(0, 311), "311 executions that can still come there"),
    ],
)
def test_unknown_is_not_none(affected: Affected, said: str) -> None:
    assert affected_words(affected) == said


def test_the_review_says_how_many_are_concerned_and_of_whom_it_does_not_know() -> None:
    assert concerned_words(sample_review()) == "1,607 distinct executions concerned, unknown for 1 workflow"
    assert concerned_words(unknown_review()) == "how many executions are concerned is unknown"
    assert source_words(unknown_review()) == "executions unknown: no side store and no snapshot was given"
    assert verdict_words(replace(sample_review(), fail_on=None)) == "passed with findings (never fails)"


def test_a_plan_says_who_stays_who_moves_and_what_to_type() -> None:
    plan = changed_workflow().plans[0]
    assert plan_words(plan) == "version 6, 1,635 executions: 351 keep their step; 1,284 at 'Nudge' with nowhere to go"
    assert plan_command(plan) == "wflgit migrate plan welcome --from 6 --map Nudge=@enter:Done"
