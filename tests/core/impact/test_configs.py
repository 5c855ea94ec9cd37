"""What a change does to what steps are told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.core.impact.cases import codes, raised, situation
from tests.core.impact.cases_configs import TOKEN, acting, connected, doing, mailing, publishing, requesting, telling
from tests.core.impact.cases_waits import calling
from tests.core.impact.documents import n8n, native, node, red, row, wired
from wflgit.core.catalog import BUILT_IN, Catalog, load_catalog
from wflgit.core.impact.configs import CHECKS
from wflgit.core.impact.rule import Raised
from wflgit.core.problems import Severity


def found(old: Any, new: Any) -> list[Raised]:
    return [*raised(CHECKS, situation(old, new))]


def one(old: Any, new: Any) -> Raised:
    [only] = found(old, new)
    return only


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (calling(), calling(url="https://b.example.com/x"), "'call' calls 'b.example.com' instead of 'api.example.com'"),
        (calling(), calling(url="https://api.example.com/x"), "'call' calls another address at 'api.example.com'"),
        (publishing(), publishing(TopicArn="arn:b"), "'Tell' asks 'arn:b' instead of 'arn:a' in 'Parameters.TopicArn'"),
        (mailing(), mailing(template="bye"), "'mail' is made from 'bye' instead of 'hello'"),
        (telling("ann"), telling("ann", "bob"), "'tell' goes to 'ann' and 'bob' instead of 'ann'"),
        (doing(code="a\nb"), doing(code="a\nc\nd"), "'do' does something else: 2 lines added, 1 line removed in 'code'"),
        (doing(a=1, b={"c": [1]}), doing(a=2), "'do' says something else in 'a' and 'b.c.0'"),
        (doing(size=5), doing(size="5"), "'do' has values of another kind in 'size'"),
        (doing(batchSize=5), doing(batchSize=50), "'do' works on '50' instead of '5' at once, by 'batchSize'"),
        (doing(batchSize=5), doing(), "'do' works on another number at once, by 'batchSize'"),
        (doing(nbRateUnits="5"), doing(nbRateUnits="60"), "'do' is held to another rate, by 'nbRateUnits'"),
        (doing(table={"id": 1}), doing(table={"id": 2}), "'do' asks for something else in 'table'"),
        (doing(url="=https://a.example.com/{{x}}"), doing(url="=b?key=5f0c1d"), "'do' asks for something else in 'url'"),
        (doing(host="a"), doing(), "'do' asks for something else in 'host'"),
    ],
)
def test_what_changed_is_said_in_words(old: Any, new: Any, message: str) -> None:
    assert one(old, new).message == message


def test_a_step_with_an_id_that_a_tool_made_up_is_called_by_its_name_too() -> None:
    said = one(*(red(out=wired("function", name="Say hello", func=code)) for code in ("a", "b")))
    assert said.message.startswith("'out' (Say hello) does something else")


def test_long_values_are_cut() -> None:
    said = one(publishing(), publishing(TopicArn="arn:" + "b" * 500))
    assert len(said.message) < 140


def test_leaving_production_is_an_error() -> None:
    said = one(calling(), calling(url="https://api.staging.example.com"))
    assert said.severity is Severity.ERROR
    assert one(calling(url="https://staging.example.com"), calling()).severity is None


def test_many_fields_of_one_kind_are_one_finding() -> None:
    said = one(doing(), doing(a=1, b=2, c=3, d=4))
    assert said.message == "'do' says something else in 'a', 'b', 'c' and 1 more"
    assert said.pointer == ("steps", "do", "config", "a")


def test_a_deleting_operation_is_one_finding() -> None:
    said = one(acting(operation="send"), acting(operation="delete"))
    assert (said.rule.code, said.message) == ("WFL510", "'Act' deletes or overwrites now, by 'parameters.operation'")


def test_what_other_rules_say_is_not_said_again() -> None:
    old, new = (node("Act", typeVersion=version) for version in (1, 2))
    assert found(n8n(node("B", "n8n-nodes-base.manualTrigger"), old), n8n(node("B", "n8n-nodes-base.manualTrigger"), new)) == []
    old, new = (row("go", go={"type": "start_workflow", "config": {"workflow": slug}}) for slug in ("a", "b"))
    assert found(old, new) == []


def test_settings_are_told_of_the_workflow() -> None:
    said = found(connected("a.example.com"), connected("b.example.com", keepalive=5))
    assert [(one_.rule.code, one_.subject, one_.step) for one_ in said] == [
        ("WFL505", "workflow", None),
        ("WFL517", "workflow", None),
    ]


# Secrets

SECRETS = ("hunter22", TOKEN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (doing(), doing(password="hunter22")),
        (doing(password="hunter22"), doing(password="hunter23")),
        (doing(password="hunter22"), doing()),
        (calling(), calling(url=f"https://{TOKEN}@api.example.com")),
        (calling(), calling(url=f"https://me:{TOKEN}@other.example.com")),
        (telling("ann"), telling(TOKEN)),
        (mailing(), mailing(template=TOKEN)),
        (calling(), calling(secret_headers={"X-A": "hunter22"})),
        (acting("x.y", credentials={"a": {"token": "hunter22"}}), acting("x.y", credentials={"a": {"token": TOKEN}})),
        (requesting(), requesting(headers={"Authorization": "Bearer hunter22"})),
        (connected("a"), connected("a", password="hunter22")),
    ],
)
def test_no_secret_is_in_any_message(old: Any, new: Any) -> None:
    messages = [said.message + (said.advice or "") + said.subject for said in found(old, new) + found(new, old)]
    assert messages
    assert not any(secret in message for message in messages for secret in SECRETS)


@pytest.mark.parametrize(
    "value",
    [
        "{{secrets.a}}",
        "={{ $env.A }}",
        "@parameters('a')",
        "${A}",
        "$.token",
        "<your token>",
        "********",
        "your_token",
        "abc",
        "",
        "two words",
    ],
)
def test_what_is_filled_in_later_is_no_secret(value: str) -> None:
    assert "WFL507" not in [said.rule.code for said in found(doing(), doing(token=value))]


def test_a_secret_that_moves_is_not_new() -> None:
    old = row("a", "b", a={"config": {"tag": "a", "apiKey": "hunter22"}})
    new = row("a", "b", b={"config": {"tag": "b", "apiKey": "hunter22"}})
    assert not {"WFL507", "WFL514"} & {said.rule.code for said in found(old, new)}


def test_a_header_is_judged_by_its_name() -> None:
    def sent(name: str) -> Any:
        return acting("n8n-nodes-base.httpRequest", headerParameters={"parameters": [{"name": name, "value": "abcdefgh"}]})

    assert "WFL507" in codes(situation(acting("n8n-nodes-base.httpRequest"), sent("X-API-Key")))
    assert "WFL507" not in codes(situation(acting("n8n-nodes-base.httpRequest"), sent("Accept")))


# Schemas


def catalog(**properties: Any) -> Catalog:
    """The types of an account with one of its own."""
    schema = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return load_catalog({"own_type": json.dumps(schema).encode()}, {})


def with_types(old: Any, new: Any, old_types: Catalog, new_types: Catalog) -> list[Raised]:
    given = replace(situation(old, new), old_types=old_types, new_types=new_types)
    return [*raised(CHECKS, given)]


TEXT, NUMBER = {"type": "string"}, {"type": "number"}


def test_a_schema_that_asks_for_more_refuses_steps_that_nobody_touched() -> None:
    old, new = (
        row("do", "bye", do={"type": "own_type", "config": {"a": "x"}}),
        row("do", "bye", do={"type": "own_type", "config": {"a": "x"}}),
    )
    [said] = with_types(old, new, catalog(a=TEXT), catalog(a=TEXT, b=TEXT))
    assert (said.rule.code, said.steps, said.step) == ("WFL502", ("do",), "do")
    assert said.message == "'do' does not fit the new schema of its type: expected 'b' but it is missing"
    assert with_types(old, new, catalog(a=TEXT), catalog(a=TEXT)) == []
    assert with_types(old, new, BUILT_IN, catalog(a=TEXT, b=TEXT)) == []


def test_a_changed_step_is_told_whether_it_or_the_schema_is_to_blame() -> None:
    def blamed(old: Any, new: Any, *types: Catalog) -> list[str]:
        return [said.rule.code for said in with_types(doing(**old), doing(**new), *types)]

    assert blamed({"a": "x"}, {"a": "y"}, catalog(a=TEXT), catalog(a=TEXT, b=TEXT)) == ["WFL502", "WFL516"]
    assert blamed({"a": "x", "b": "y"}, {"a": "x"}, catalog(a=TEXT, b=TEXT), catalog(a=TEXT, b=TEXT)) == ["WFL501"]
    assert blamed({"a": "x"}, {"a": 5}, catalog(a=TEXT), catalog(a=TEXT)) == ["WFL503"]
    assert blamed({"a": "x"}, {"a": 5}, catalog(a=TEXT), catalog(a=NUMBER)) == ["WFL503"]
    assert blamed({"a": "x"}, {"a": "x", "c": 5}, catalog(a=TEXT), catalog(a=TEXT)) == ["WFL504"]


def test_a_field_that_only_is_called_like_one_of_a_call_is_told_too() -> None:
    def own(**config: object) -> object:
        return native(cold={"type": "own_type", "config": dict(config)})

    assert "WFL516" in codes(situation(own(workflow="a", links=["x"]), own(workflow="b", links=["x"]), {}))
    assert "WFL516" in codes(situation(own(links=["x"]), own(links=["y"]), {}))


def test_which_workflow_is_called_is_told_once() -> None:
    def starts(workflow: str) -> object:
        return native(cold={"type": "start_workflow", "config": {"workflow": workflow}})

    found = codes(situation(starts("a"), starts("b"), {}))
    assert "WFL114" in found
    assert "WFL516" not in found
