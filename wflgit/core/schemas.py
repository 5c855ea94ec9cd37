"""JSON Schemas of the native format and of reviews, for editors and other languages, read off the models.

`schemas/generate.py` writes them into the repository. Each file stands alone, so that it can be copied anywhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.catalog import BUILT_IN
from wflgit.core.definition import STEPS, TRIGGER, WORKFLOW
from wflgit.core.formats.native.reading import KINDS
from wflgit.core.graph import StepKind
from wflgit.core.names import STEP_ID_PATTERN
from wflgit.core.review_schema import review_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wflgit.core.catalog import ConfigType

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schemas() -> dict[str, str]:
    """Generate every schema file: name relative to `schemas/` -> text.

    `workflow.schema.json` describes a whole file and holds all else; `steps/<type>.schema.json` and
    `triggers/<type>.schema.json` describe the config of one built-in type. A type that is not built in may have any config.
    `review.schema.json` describes what `wflgit review` says in JSON.
    """
    files = {"workflow.schema.json": _workflow(), "review.schema.json": {"$schema": _DIALECT, **review_schema()}}
    for folder, types in (("steps", BUILT_IN.steps), ("triggers", BUILT_IN.triggers)):
        for name, known in types.items():
            files[f"{folder}/{name}.schema.json"] = {"$schema": _DIALECT, **known.schema}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in files.items()}


def _workflow() -> dict[str, Any]:
    collection = _Definitions()
    workflow = collection.add_parts(WORKFLOW.schema)
    collection.definitions["Trigger"] = _by_type(collection.add_parts(TRIGGER.schema), BUILT_IN.triggers, "trigger", collection)
    shapes = [_if_kind(kind, collection.add(f"step of kind {kind}", shape.schema)) for kind, shape in STEPS.items()]
    step = {"type": "object", "properties": {"type": {"type": "string"}}, "required": ["type"], "allOf": shapes}
    collection.definitions["Step"] = _by_type(step, BUILT_IN.steps, "step", collection)
    workflow["properties"]["steps"] |= {
        "propertyNames": {"pattern": f"^{STEP_ID_PATTERN}$"},
        "additionalProperties": {"$ref": "#/$defs/Step"},
    }
    workflow["oneOf"] = [{"required": ["trigger"]}, {"required": ["triggers"]}]
    return {"$schema": _DIALECT, **workflow, "$defs": collection.definitions}


class _Definitions:
    """The `$defs` of a schema that is put together from others."""

    def __init__(self) -> None:
        self.definitions: dict[str, Any] = {}

    def add(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Take in a schema and what it refers to; give back the reference to it."""
        self.definitions[name] = self.add_parts(schema)
        return {"$ref": f"#/$defs/{name.replace(' ', '%20')}"}

    def add_parts(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Take in what a schema refers to; give back the rest of it."""
        self.definitions |= schema.get("$defs", {})
        return {key: value for key, value in schema.items() if key != "$defs"}


def _if_kind(kind: StepKind, shape: Mapping[str, Any]) -> dict[str, Any]:
    """Say that a step has a shape if its type is of a kind; actions are all types that are no control type."""
    types: dict[str, Any] = {"not": {"enum": [*KINDS]}}
    if kind is not StepKind.ACTION:
        types = {"enum": [name for name, other in KINDS.items() if other is kind]}
    return {"if": {"properties": {"type": types}}, "then": shape}


def _by_type(schema: Mapping[str, Any], types: Mapping[str, ConfigType], what: str, collection: _Definitions) -> dict[str, Any]:
    """Let the type of a step or trigger decide what its config holds; the built-in types are proposed, others allowed."""
    conditions = [_if_type(name, known, collection.add(f"config of {what} {name}", known.schema)) for name, known in types.items()]
    proposed = {**schema["properties"]["type"], "anyOf": [{"enum": [*types]}, {}]}
    return {**schema, "properties": {**schema["properties"], "type": proposed}, "allOf": [*schema.get("allOf", ()), *conditions]}


def _if_type(name: str, known: ConfigType, config: Mapping[str, Any]) -> dict[str, Any]:
    needs_config = any(True for _ in known.problems({}, ()))
    required: Iterable[str] = ["config"] if needs_config else []
    return {
        "if": {"properties": {"type": {"const": name}}},
        "then": {"properties": {"config": config}, "required": [*required]},
    }
