"""The JSON Schema of a review as `wflgit review --format json` writes it; its enumerations are read off the records. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wflgit.core.changes import ChangeType
from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.formats.meaning import Worth
from wflgit.core.mapping import Origin
from wflgit.core.plan import WaitPolicy
from wflgit.core.problems import Severity
from wflgit.core.review import FileStatus, Level, Verdict

if TYPE_CHECKING:
    from enum import StrEnum

_Schema = dict[str, Any]

_TEXT: _Schema = {"type": "string"}
_TEXTS: _Schema = {"type": "array", "items": _TEXT}
_NUMBER: _Schema = {"type": "integer", "minimum": 0}
_COUNT: _Schema = {**_NUMBER, "type": ["integer", "null"], "description": "null is unknown, which is not zero"}
_PLACE: _Schema = {"type": ["integer", "null"], "minimum": 1}
_COMMIT: _Schema = {"type": "string", "pattern": "^[0-9a-f]{40,64}$"}


def review_schema() -> _Schema:
    """Describe the JSON of a review. Keys that are not described may come with a later version; none that are here go away."""
    return _record(
        schema={"const": "wflgit.review/1"},
        verdict=_one_of(Verdict, "failed: something is as bad as `fail_on`"),
        level=_or_null(_one_of(Level, "the highest of any workflow; null if none has one")),
        counts=_ref("counts"),
        base={**_COMMIT, "description": "the commit compared with"},
        head={**_or_null(_COMMIT), "description": "the commit under review; null for the working tree"},
        base_name=_TEXT,
        head_name=_TEXT,
        fail_on=_or_null(_one_of(Severity, "from which severity on it fails; null for never")),
        created_at=_time(),
        executions=_record(
            source={**_TEXT, "description": "where the executions are known from"},
            as_of=_or_null(_time()),
            unknown={**_TEXT, "description": "why nothing is known of them; empty if something is"},
        ),
        findings=_list("finding", "what concerns no single workflow"),
        workflows=_list("workflow", "all that changed, by slug"),
    ) | {
        "title": "A review of workflow changes",
        "$defs": {
            "counts": _record(**{str(severity): _NUMBER for severity in Severity}),
            "affected": _affected(),
            "finding": _finding(),
            "workflow": _workflow(),
            "change": _change(),
            "plan": _plan(),
            "failure": _record(
                rule=_TEXT, message=_TEXT, hint=_TEXT, step=_or_null(_TEXT), executions=_NUMBER, examples=_numbers()
            ),
            "problem": _problem(),
        },
    }


def _affected() -> _Schema:
    return _record(
        at={**_COUNT, "description": "live executions that stand at the steps in question; null is unknown, which is not zero"},
        upstream={**_COUNT, "description": "those that stand elsewhere and can still come there; null is unknown"},
        total={**_COUNT, "description": "both, each execution counted once; null is unknown"},
    )


def _finding() -> _Schema:
    ignore = _record(
        reason=_TEXT,
        until={"type": "string", "format": "date"},
        rule=_or_null(_TEXT),
        workflow=_or_null(_TEXT),
        step=_or_null(_TEXT),
        fingerprint=_or_null(_TEXT),
    )
    return _record(
        code={"type": "string", "pattern": "^WFL[0-9]{3}$"},
        rule=_TEXT,
        severity=_one_of(Severity, "in the light of the live executions"),
        workflow=_TEXT,
        path=_TEXT,
        subject=_TEXT,
        step=_or_null(_TEXT),
        message=_TEXT,
        advice=_TEXT,
        affected=_ref("affected"),
        fingerprint={**_TEXT, "description": "the same as long as the same is changed in the same way"},
        side={"enum": ["head", "base"]},
        line=_PLACE,
        column=_PLACE,
        consequences=_list("finding", "what follows from it and is not counted by itself"),
        ignored=_or_null(ignore),
    )


def _workflow() -> _Schema:
    return _record(
        workflow=_TEXT,
        status=_one_of(FileStatus, "what became of the file"),
        path=_TEXT,
        old_path=_or_null(_TEXT),
        format=_TEXT,
        name=_or_null(_TEXT),
        summary=_TEXTS,
        level=_or_null(_one_of(Level, "null for a new workflow")),
        level_reason=_TEXT,
        counts=_ref("counts"),
        live={**_COUNT, "description": "all live executions of the workflow; null is unknown"},
        at={"type": ["object", "null"], "additionalProperties": _NUMBER, "description": "by step of the base; null is unknown"},
        executions=_ref("affected"),
        changes=_list("change", "what somebody did"),
        findings=_list("finding", "the worst first, what is ignored last"),
        plans=_list("plan", "where executions would go, a plan for each version that some are on"),
        problems=_list("problem", "what is wrong with the head's definition by itself"),
    )


def _change() -> _Schema:
    edge = _record(source=_TEXT, label=_TEXT, kind=_one_of(ChangeKind)) | {
        "properties": {
            "source": _TEXT,
            "label": _TEXT,
            "kind": _one_of(ChangeKind),
            "old": _or_null(_TEXT),
            "new": _or_null(_TEXT),
        },
        "description": "`old` and `new` are where it led and leads, null for the end; absent on a side that does not have it",
    }
    value = _record(path=_TEXT, old=_or_null(_TEXT), new=_or_null(_TEXT))
    return _record(
        type=_one_of(ChangeType),
        worth=_one_of(Worth),
        subject=_TEXT,
        was=_or_null(_TEXT),
        label=_TEXT,
        steps=_TEXTS,
        between={"type": ["array", "null"], "items": _or_null(_TEXT), "minItems": 2, "maxItems": 2},
        text={**_TEXT, "description": "the change in a sentence"},
        values={
            "type": "array",
            "items": value,
            "description": "both values as JSON text without secrets; null where it is absent",
        },
        edges={"type": "array", "items": edge},
        noise=_TEXTS,
    )


def _plan() -> _Schema:
    side = _record(version=_NUMBER, commit=_or_null(_COMMIT), blob=_TEXT)
    instruction = _record(
        step=_TEXT,
        type=_TEXT,
        to=_or_null(_TEXT),
        origin=_one_of(Origin),
        score={"type": ["number", "null"]},
        via=_TEXTS,
        skipped=_TEXTS,
        proposals=_TEXTS,
        wait=_one_of(WaitPolicy),
        active=_NUMBER,
        waiting=_NUMBER,
        breaks=_TEXTS,
    )
    loss = _record(kind=_TEXT, step=_TEXT, message=_TEXT, executions=_NUMBER)
    return _record(
        workflow=_TEXT,
        source=side,
        target=side,
        instructions={"type": "array", "items": instruction},
        plan_failures=_list("failure"),
        execution_failures=_list("failure"),
        losses={"type": "array", "items": loss},
    )


def _problem() -> _Schema:
    return _record(
        rule=_TEXT,
        severity=_one_of(Severity),
        message=_TEXT,
        pointer={"type": "array", "items": {"type": ["string", "integer"]}},
        line=_PLACE,
        column=_PLACE,
        hint=_or_null(_TEXT),
    )


def _record(**keys: _Schema) -> _Schema:
    """An object that has all these keys."""
    return {"type": "object", "properties": keys, "required": [*keys]}


def _list(name: str, description: str = "") -> _Schema:
    return {"type": "array", "items": _ref(name), **({"description": description} if description else {})}


def _numbers() -> _Schema:
    return {"type": "array", "items": _NUMBER}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/$defs/{name}"}


def _one_of(values: type[StrEnum], description: str = "") -> _Schema:
    return {"enum": [str(value) for value in values], **({"description": description} if description else {})}


def _or_null(schema: _Schema) -> _Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _time() -> _Schema:
    return {"type": "string", "format": "date-time"}
