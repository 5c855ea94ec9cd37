"""The types of steps and triggers: what the config of each may hold, and an account's own types."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from wflgit.core.catalog import BUILT_IN, load_catalog

if TYPE_CHECKING:
    from wflgit.core.catalog import Catalog
    from wflgit.core.problems import Problem

STEPS: dict[str, dict[str, Any]] = {
    "send_email": {"template": "welcome", "subject": "Hi", "sender": "a@b.example", "data": {"code": 1}},
    "send_sms": {"text": "Still there?"},
    "send_push": {"title": "Hi", "text": "There", "link": "https://example.com/x"},
    "send_whatsapp": {"template": "welcome", "language": "en_GB"},
    "notify_team": {"text": "Look", "to": ["sales"], "channel": "slack"},
    "add_tag": {"tag": "warm"},
    "remove_tag": {"tag": "warm"},
    "update_field": {"field": "contact.stage", "value": None},
    "add_to_list": {"list": "news"},
    "remove_from_list": {"list": "news"},
    "create_task": {"title": "Call", "due_in": "PT4H", "priority": "high"},
    "create_deal": {"title": "Deal", "pipeline": "new", "stage": "first", "amount": 12, "currency": "EUR"},
    "move_deal": {"stage": "won"},
    "assign_owner": {"owner": "ann"},
    "add_note": {"text": "Called"},
    "call_webhook": {"url": "https://example.com", "secret_headers": {"Authorization": {"secret": "TOKEN"}}, "timeout_s": 5},
    "start_workflow": {"workflow": "sales/welcome"},
    "stop_workflow": {"workflow": "welcome"},
    "set_variable": {"name": "round", "value": [1]},
    "score_lead": {"points": -5},
    "wait": {"duration": "P1DT2H"},
    "condition": {},
    "split": {},
    "goal": {"goal": "Booked", "value": 10.5},
}
TRIGGERS: dict[str, dict[str, Any]] = {
    "contact_created": {"source": "web_form"},
    "contact_updated": {"field": "contact.stage", "value": "lead"},
    "tag_added": {"tag": "warm"},
    "tag_removed": {"tag": "warm"},
    "form_submitted": {"form": "contact"},
    "list_joined": {"list": "news"},
    "email_opened": {"template": "welcome"},
    "email_clicked": {"link": "https://example.com"},
    "appointment_booked": {},
    "deal_stage_changed": {"stage": "won"},
    "purchase_made": {"min_amount": 50},
    "date_reached": {"field": "contact.birthday", "offset": "-P3D"},
    "schedule": {"cron": "0 9 * * MON-FRI", "timezone": "Europe/Berlin"},
    "webhook_received": {"path": "lead", "secret": {"secret": "SIGNATURE"}},
    "manual": {},
}


def step_problems(step_type: str, config: Any, catalog: Catalog = BUILT_IN) -> list[Problem]:
    return list(catalog.steps[step_type].problems(config, ("config",)))


def trigger_problems(trigger_type: str, config: Any) -> list[Problem]:
    return list(BUILT_IN.triggers[trigger_type].problems(config, ("config",)))


def only(problems: list[Problem]) -> Problem:
    (problem,) = problems
    return problem


def test_the_examples_here_cover_every_built_in_type() -> None:
    assert STEPS.keys() == BUILT_IN.steps.keys()
    assert TRIGGERS.keys() == BUILT_IN.triggers.keys()


@pytest.mark.parametrize("step_type", STEPS)
def test_a_right_config_of_a_step_has_no_problems(step_type: str) -> None:
    assert step_problems(step_type, STEPS[step_type]) == []


@pytest.mark.parametrize("trigger_type", TRIGGERS)
def test_a_right_config_of_a_trigger_has_no_problems(trigger_type: str) -> None:
    assert trigger_problems(trigger_type, TRIGGERS[trigger_type]) == []


@pytest.mark.parametrize("step_type", STEPS)
def test_a_key_that_a_step_does_not_know_is_refused(step_type: str) -> None:
    problem = only(step_problems(step_type, {**STEPS[step_type], "zzz": 1}))
    assert (problem.rule, problem.pointer) == ("unknown-key", ("config", "zzz"))


@pytest.mark.parametrize(
    "config", [{"until": "2030-01-31T09:00:00+02:00"}, {"until": "{{ contact.renewal_date }}"}, {"event": "email_opened"}]
)
def test_a_wait_is_for_a_time_until_a_time_or_for_an_event(config: dict[str, Any]) -> None:
    assert step_problems("wait", config) == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "expected 'duration', 'until' or 'event' but found none of them"),
        ({"duration": "P1D", "until": "{{a.b}}"}, "expected a known key but found 'until'"),
        ({"duration": "1 day"}, "expected an ISO 8601 duration but found '1 day'"),
        ({"duration": "P"}, "expected an ISO 8601 duration but found 'P'"),
        ({"duration": "P1DT"}, "expected an ISO 8601 duration but found 'P1DT'"),
        ({"duration": "P1D\n"}, "expected an ISO 8601 duration but found 'P1D\n'"),
        ({"duration": 86400}, "expected a text but found '86400'"),
        ({"until": "2030-02-30T09:00:00Z"}, "expected a time or a reference to one but there is no '2030-02-30T09:00:00Z'"),
        ({"until": "2030-01-31 09:00"}, "expected a time or a reference to one but found '2030-01-31 09:00'"),
        ({"event": "Email opened"}, "expected the name of an event but found 'Email opened'"),
        ({"event": "email_opened", "timeout": "soon"}, "expected an ISO 8601 duration but found 'soon'"),
    ],
)
def test_a_wrong_wait_says_what_was_expected(config: dict[str, Any], message: str) -> None:
    assert only(step_problems("wait", config)).message == message


@pytest.mark.parametrize("cron", ["* * * * *", "*/15 8-18 1,15 JAN-MAR 0", "59 23 31 12 7", "0  9 * * sun"])
def test_cron_fields_are_accepted(cron: str) -> None:
    assert trigger_problems("schedule", {"cron": cron}) == []


@pytest.mark.parametrize(
    ("cron", "message"),
    [
        ("0 9 * *", "expected five cron fields but found '0 9 * *'"),
        ("0 24 * * *", "expected 0 to 23 for the hour but found '24'"),
        ("0 9 * 13 *", "expected 1 to 12 for the month but found '13'"),
        ("0 9 * * FUN", "expected 0 to 7 for the weekday but found 'FUN'"),
        ("0 18-9 * * *", "expected 0 to 23 for the hour but found '18-9'"),
        ("*/0 9 * * *", "expected 0 to 59 for the minute but found '*/0'"),
    ],
)
def test_a_wrong_cron_text_says_which_field_is_wrong(cron: str, message: str) -> None:
    assert only(trigger_problems("schedule", {"cron": cron})).message == message


@pytest.mark.parametrize(
    ("step_type", "config", "pointer"),
    [
        ("call_webhook", {"secret_headers": {"X-Token": "sk_live_1"}}, ("secret_headers", "X-Token")),
        ("call_webhook", {"secret_headers": {"X-Token": {"secret": "sk_live_1"}}}, ("secret_headers", "X-Token")),
        ("call_webhook", {"secret_headers": {"X-Token": {"secret": "TOKEN", "value": "sk_live_1"}}}, ("secret_headers", "X-Token")),
        ("call_webhook", {"headers": {"Authorization": "Bearer sk_live_1"}}, ("headers",)),
        ("call_webhook", {"headers": {"x-api-key": "sk_live_1"}}, ("headers",)),
    ],
)
def test_a_plain_secret_is_refused_and_never_shown(step_type: str, config: dict[str, Any], pointer: tuple[str, ...]) -> None:
    problem = only(step_problems(step_type, {"url": "https://example.com", **config}))
    assert (problem.rule, problem.pointer) == ("plain-secret", ("config", *pointer))
    assert "sk_live" not in problem.message
    assert problem.hint == 'write {"secret": "NAME"} and keep the value itself out of Git'


@pytest.mark.parametrize(
    ("step_type", "config", "message", "hint"),
    [
        ("send_email", {"templte": "x", "template": "y"}, "expected a known key but found 'templte'", "did you mean 'template'?"),
        ("add_tag", {}, "expected 'tag' in 'config' but it is missing", None),
        ("add_tag", {"tag": " "}, "expected a text that is not blank but found ' '", "write something"),
        ("add_tag", {"tag": "x" * 99 + " \u0000", "tg": 1}, "expected a known key but found 'tg'", "did you mean 'tag'?"),
        ("score_lead", {"points": True}, "expected a whole number but found 'true'", None),
        ("score_lead", {"points": "5"}, "expected a whole number but found '5'", None),
        ("goal", {"value": -1}, "expected a number of at least 0 but found '-1'", None),
        ("notify_team", {"text": "a", "to": ["b"], "channel": "slak"},
         "expected 'email', 'slack', 'teams' or 'in_app' but found 'slak'", "did you mean 'slack'?"),
        ("notify_team", {"text": "a", "to": []}, "expected 1 or more entries but found an empty list", None),
        ("notify_team", {"text": "a", "to": "ann"}, "expected a list but found 'ann'", None),
        ("send_email", {"template": "a", "data": [1]}, "expected an object but found a list", None),
        ("start_workflow", {"workflow": "Sales"}, "expected the slug of a workflow but found 'Sales'",
         "write it as `wflgit ls` shows it, e.g. sales/welcome"),
    ],
)  # fmt: skip
def test_a_wrong_config_is_told_in_our_words(step_type: str, config: dict[str, Any], message: str, hint: str | None) -> None:
    problem = only(step_problems(step_type, config))
    assert (problem.message, problem.hint) == (message, hint)


LOYALTY = {
    "type": "object",
    "properties": {
        "level": {"enum": ["gold", "silver"]},
        "points": {"type": "integer", "minimum": 1},
        "code": {"type": "string", "pattern": "^[A-Z]+$", "minLength": 2},
        "key": {"type": "string", "x-secret": True},
        "rules": {"type": "array", "minItems": 1, "items": {"$ref": "rule.schema.json"}},
    },
    "required": ["level"],
    "additionalProperties": False,
}
RULE = {"oneOf": [{"type": "number"}, {"$ref": "#/$defs/text"}], "$defs": {"text": {"type": ["string", "null"]}}}


def account(**schemas: Any) -> Catalog:
    return load_catalog({name: json.dumps(schema).encode() for name, schema in schemas.items()}, {})


@pytest.mark.parametrize(
    ("config", "rule", "message"),
    [
        ({}, "missing-key", "expected 'level' in 'config' but it is missing"),
        ({"level": "gld"}, "wrong-value", "expected 'gold' or 'silver' but found 'gld'"),
        ({"level": "gold", "lvl": 1}, "unknown-key", "expected a known key but found 'lvl'"),
        ({"level": "gold", "points": 0}, "wrong-value", "expected a number of at least 1 but found '0'"),
        ({"level": "gold", "points": "1"}, "wrong-value", "expected a whole number but found '1'"),
        ({"level": "gold", "code": "ab"}, "wrong-value", "expected a text of the form '^[A-Z]+$' but found 'ab'"),
        ({"level": "gold", "code": "A"}, "wrong-value", "expected a text of 2 or more characters but found 'A'"),
        ({"level": "gold", "rules": []}, "wrong-value", "expected a list of 1 or more entries but found an empty list"),
        ({"level": "gold", "rules": [{}]}, "wrong-value",
         "expected what the account's schema demands with 'oneOf' but found an empty object"),
        ({"level": "gold", "key": "sk_live_1"}, "plain-secret", "expected a reference to a secret but found something else"),
    ],
)  # fmt: skip
def test_an_own_type_is_checked_by_its_schema_and_told_in_our_words(config: dict[str, Any], rule: str, message: str) -> None:
    problem = only(step_problems("loyalty", config, account(loyalty=LOYALTY, rule=RULE)))
    assert (problem.rule, problem.message) == (rule, message)


def test_keys_that_a_pattern_of_an_own_schema_allows_are_not_unknown() -> None:
    schema = {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False}
    problem = only(step_problems("own", {"a": 1, "x-b": 2, "c": 3}, account(own=schema)))
    assert (problem.pointer, problem.hint) == (("config", "c"), "known here: a")


def test_all_that_is_wrong_with_an_own_type_is_told_at_once() -> None:
    found = step_problems("loyalty", {"points": 0, "key": "x", "rules": [1, {}]}, account(loyalty=LOYALTY, rule=RULE))
    assert sorted(problem.pointer for problem in found) == [
        ("config",),
        ("config", "key"),
        ("config", "points"),
        ("config", "rules", 1),
    ]


def test_a_right_config_of_an_own_type_has_no_problems() -> None:
    config = {"level": "gold", "key": {"secret": "LOYALTY_KEY"}, "rules": [1, "a", None]}
    assert step_problems("loyalty", config, account(loyalty=LOYALTY, rule=RULE)) == []


def test_an_own_schema_under_a_built_in_name_takes_its_place() -> None:
    strict = account(add_tag={"properties": {"tag": {"enum": ["warm", "cold"]}}})
    assert [problem.message for problem in step_problems("add_tag", {"tag": "hot"}, strict)] == [
        "expected 'warm' or 'cold' but found 'hot'"
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b'{"type": "objct"}', "$.type is wrong: 'objct'"),
        (b'{"properties": {"a": {"pattern": "("}}}', "$.properties.a.pattern is wrong: '(' is not a 'regex'"),
        (b'{"type": "object",}', "line 1, column 19: expected another entry"),
        (b"[]", "it holds no object"),
        (b'{"$ref": "nowhere.schema.json"}', "nothing stands at its $ref 'nowhere.schema.json'"),
        (b'{"$ref": "https://example.com/far.json"}', "nothing stands at its $ref 'https://example.com/far.json'"),
        (b'{"$ref": "#"}', "one of its $ref leads round in a circle"),
    ],
)
def test_a_broken_own_schema_is_reported_with_its_file_by_what_uses_it(content: bytes, reason: str) -> None:
    catalog = load_catalog({"odd": content, "fine": b"{}"}, {})
    problem = only(step_problems("odd", {}, catalog))
    assert problem.rule == "broken-schema"
    assert problem.message.startswith("expected a JSON Schema in 'schemas/steps/odd.schema.json' but ")
    assert reason in problem.message
    assert step_problems("fine", {}, catalog) == []


def test_own_triggers_have_their_own_folder() -> None:
    catalog = load_catalog({}, {"badge_scanned": b'{"type": "no"}'})
    problem = only(list(catalog.triggers["badge_scanned"].problems({}, ())))
    assert "'schemas/triggers/badge_scanned.schema.json'" in problem.message
    assert "badge_scanned" not in catalog.steps


def test_an_older_draft_is_honoured_where_a_schema_names_it() -> None:
    draft4 = {"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"n": {"minimum": 1, "exclusiveMinimum": True}}}
    assert only(step_problems("old", {"n": 1}, account(old=draft4))).message == "expected a number of at least 1 but found '1'"


def test_without_own_types_the_catalog_is_the_built_in_one_and_jsonschema_stays_out() -> None:
    assert load_catalog({}, {}) is BUILT_IN
    code = (
        "import sys; from wflgit.core.catalog import load_catalog; from wflgit.core.validation import validate; "
        'validate(b\'{"steps": {"a": {"type": "add_tag"}}}\', load_catalog({}, {})); print(\'jsonschema\' in sys.modules)'
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
