"""The generated JSON Schemas: in step with the models, usable on their own, and of one mind with validation."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry

from wflgit.core.catalog import BUILT_IN, load_catalog
from wflgit.core.names import is_step_id
from wflgit.core.problems import Severity
from wflgit.core.schemas import json_schemas
from wflgit.core.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parents[2] / "schemas"
SCHEMAS = {name: json.loads(text) for name, text in json_schemas().items()}
WORKFLOW = Draft202012Validator(SCHEMAS["workflow.schema.json"], registry=Registry())

RIGHT: dict[str, Any] = {
    "$schema": "../schemas/workflow.schema.json",
    "name": "Welcome",
    "description": "The first week",
    "triggers": [
        {"type": "contact_created", "config": {"source": "form"}},
        {"type": "manual"},
        {"type": "own_trigger", "config": {"x": 1}},
    ],
    "start": "mail",
    "steps": {
        "mail": {
            "type": "send_email",
            "config": {"template": "hi"},
            "next": "pause",
            "on_error": None,
            "position": {"x": 1, "y": 2.5},
        },
        "pause": {"type": "wait", "config": {"event": "email_opened", "timeout": "P1D"}, "next": "which", "on_timeout": "own"},
        "which": {
            "type": "condition",
            "branches": [{"label": "a", "when": {"all": [{"not": {"field": "x", "op": "exists"}}]}, "next": "half"}],
            "otherwise": None,
        },
        "half": {"type": "split", "branches": [{"label": "a", "weight": 100, "next": "call"}]},
        "call": {
            "type": "call_webhook",
            "config": {"url": "https://a.example", "secret_headers": {"X": {"secret": "A_B"}}},
            "next": "own",
        },
        "own": {"type": "own_step", "config": {"anything": [1]}, "next": "won", "disabled": True, "notes": "later"},
        "won": {"type": "goal", "next": None},
    },
    "goals": [{"id": "booked", "event": "appointment_booked", "next": None}],
}
CATALOG = load_catalog({"own_step": b"{}"}, {"own_trigger": b"{}"})


def test_the_files_in_schemas_are_in_step_with_the_models() -> None:
    files = {file.relative_to(FOLDER).as_posix(): file.read_text(encoding="utf-8") for file in FOLDER.rglob("*.schema.json")}
    assert files == json_schemas(), "run `make schemas`"


def test_there_is_a_schema_for_every_built_in_type_and_for_the_whole_file() -> None:
    expected = {f"steps/{name}.schema.json" for name in BUILT_IN.steps} | {
        f"triggers/{name}.schema.json" for name in BUILT_IN.triggers
    }
    assert SCHEMAS.keys() == {"workflow.schema.json", "review.schema.json"} | expected


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one_and_refers_to_nothing_outside(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    references = [value for key, value in pairs(SCHEMAS[name]) if key == "$ref"]
    assert all(reference.startswith("#/$defs/") for reference in references)
    names = {reference.removeprefix("#/$defs/").replace("%20", " ") for reference in references}
    assert names <= SCHEMAS[name].get("$defs", {}).keys()


def pairs(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [pair for item in value for pair in pairs(item)]
    own = list(value.items()) if isinstance(value, dict) else []
    return [*own, *(pair for _, inner in own for pair in pairs(inner))]


def test_a_right_workflow_is_right_for_both() -> None:
    assert validate(json.dumps(RIGHT).encode(), CATALOG) == ()
    assert [error.message for error in WORKFLOW.iter_errors(RIGHT)] == []


def put(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        for part in path[:-1]:
            document = document[part]
        document[path[-1]] = value

    return change


def drop(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(document: Any) -> None:
        for part in path[:-1]:
            document = document[part]
        del document[path[-1]]

    return change


WRONG = {
    "no name": drop("name"),
    "blank name": put("name", value=" "),
    "no trigger": drop("triggers"),
    "trigger and triggers": put("trigger", value={"type": "manual"}),
    "trigger is null": put("triggers", value=None),
    "no start": drop("start"),
    "no steps": put("steps", value={}),
    "unknown key": put("nmae", value=1),
    "slash in id": put("steps", "a/b", value={"type": "own_step", "next": None}),
    "step without next": drop("steps", "mail", "next"),
    "step without type": drop("steps", "mail", "type"),
    "unknown key of a step": put("steps", "mail", "nxt", value="a"),
    "next is a number": put("steps", "mail", "next", value=1),
    "config lacks a key": put("steps", "mail", "config", value={}),
    "config is missing": drop("steps", "mail", "config"),
    "unknown key of a config": put("steps", "mail", "config", "tmpl", value="a"),
    "wait for nothing": put("steps", "pause", "config", value={}),
    "wait for two things": put("steps", "pause", "config", "duration", value="P1D"),
    "no duration": put("steps", "pause", "config", value={"duration": "1 day"}),
    "condition without branches": drop("steps", "which", "branches"),
    "condition with next": put("steps", "which", "next", value=None),
    "unknown operator": put("steps", "which", "branches", 0, "when", value={"field": "a", "op": "is", "value": 1}),
    "negative weight": put("steps", "half", "branches", 0, "weight", value=-1),
    "plain secret": put("steps", "call", "config", "secret_headers", "X", value="sk"),
    "trigger config": put("triggers", 0, "config", "sorce", value="a"),
    "goal without event": drop("goals", 0, "event"),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_a_wrong_workflow_is_wrong_for_both(change: Callable[[dict[str, Any]], None]) -> None:
    document = copy.deepcopy(RIGHT)
    change(document)
    assert not WORKFLOW.is_valid(document)
    assert Severity.ERROR in [problem.severity for problem in validate(json.dumps(document).encode(), CATALOG)]


@pytest.mark.parametrize("step_id", ["a", "A.b-c_1", "x" * 100, "x" * 101, "", "-a", "a b", "a/b"])
def test_the_rule_of_step_ids_is_the_same_in_the_schema(step_id: str) -> None:
    rule = Draft202012Validator(SCHEMAS["workflow.schema.json"]["properties"]["steps"]["propertyNames"])
    assert rule.is_valid(step_id) is is_step_id(step_id)


def test_editors_are_offered_every_built_in_type_and_its_description() -> None:
    definitions = SCHEMAS["workflow.schema.json"]["$defs"]
    assert definitions["Step"]["properties"]["type"]["anyOf"][0]["enum"] == [*BUILT_IN.steps]
    assert definitions["Trigger"]["properties"]["type"]["anyOf"][0]["enum"] == [*BUILT_IN.triggers]
    assert definitions["config of step send_email"]["description"] == "Send an e-mail to the contact."


def test_the_generated_schemas_serve_as_own_types_too() -> None:
    copied = load_catalog(
        {name: json_schemas()[f"steps/{name}.schema.json"].encode() for name in BUILT_IN.steps},
        {name: json_schemas()[f"triggers/{name}.schema.json"].encode() for name in BUILT_IN.triggers},
    )
    document = {**RIGHT, "triggers": RIGHT["triggers"][:2], "steps": {**RIGHT["steps"], "own": {"type": "goal", "next": "won"}}}
    assert validate(json.dumps(document).encode(), copied) == ()
