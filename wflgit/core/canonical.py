"""Canonical bytes of native definitions: made for line diffs and merges by plain Git.

Steps keep the author's order. Inside a step, keys have the order of the models; keys and maps that no model orders are sorted
by code point. One leaf a line, two spaces, empty containers on one line, UTF-8 as it is, a final newline.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wflgit.core.catalog import BUILT_IN, ConfigType
from wflgit.core.definition import COSMETIC, STEPS, TRIGGER, WORKFLOW
from wflgit.core.fields import item_schema, properties
from wflgit.core.formats import find_format, native, read
from wflgit.core.formats.native.reading import KINDS
from wflgit.core.graph import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wflgit.core.fields import Shape


def format_definition(content: bytes) -> bytes:
    """Write a definition canonically; one of a foreign format stays as it is.

    The result means the same: only the order of keys and the white space may differ. Formatting it again changes nothing.

    Raises:
        DefinitionError: if it is no JSON or of no known format. What is wrong as a workflow is formatted all the same.
    """
    document = read(content).value
    return dump(document) if find_format(document) is native else content


def dump(document: Mapping[str, Any]) -> bytes:
    """Write a native document canonically.

    A value that JSON does not have, such as NaN, is written as Python would, so that validation can show where it is.
    """
    text = json.dumps(_workflow(document), indent=2, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _workflow(document: Mapping[str, Any]) -> Any:
    arranged = _arrange(document, WORKFLOW.schema, WORKFLOW.schema)
    if "trigger" in document:
        arranged["trigger"] = _typed(document["trigger"], TRIGGER, BUILT_IN.triggers)
    if isinstance(document.get("triggers"), list):
        arranged["triggers"] = [_typed(raw, TRIGGER, BUILT_IN.triggers) for raw in document["triggers"]]
    if isinstance(document.get("steps"), dict):
        arranged["steps"] = {step_id: _step(raw) for step_id, raw in document["steps"].items()}
    return arranged


def _step(raw: Any) -> Any:
    kind = KINDS.get(str(raw.get("type")), StepKind.ACTION) if isinstance(raw, dict) else StepKind.ACTION
    arranged = _typed(raw, STEPS[kind], BUILT_IN.steps)
    if isinstance(raw, dict):
        for key in COSMETIC:
            if key in raw:
                arranged[key] = arranged.pop(key)
    return arranged


def _typed(raw: Any, shape: Shape, types: Mapping[str, ConfigType]) -> Any:
    """Arrange a step or a trigger, its config in the order that its type has."""
    arranged = _arrange(raw, shape.schema, shape.schema)
    if isinstance(raw, dict) and "config" in raw and str(raw.get("type")) in types:
        schema = types[raw["type"]].schema
        arranged["config"] = _arrange(raw["config"], schema, schema)
    return arranged


def _arrange(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """Bring the keys of a value and of all in it into the order of a JSON Schema."""
    if isinstance(value, list | tuple):
        inner = item_schema(schema, root)
        return [_arrange(item, inner, root) for item in value]
    if not isinstance(value, dict):
        return value
    known = properties(schema, root)
    keys = [*(key for key in known if key in value), *sorted(key for key in value if key not in known)]
    return {key: _arrange(value[key], known.get(key, {}), root) for key in keys}
