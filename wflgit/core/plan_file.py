"""Plans as files: JSON that can be committed, reviewed and run by reference, and where such files are.

The bytes of a plan are canonical: keys in a fixed order, one leaf a line, two spaces, a final newline. What is empty or as usual is
left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import locate
from wflgit.core.jsontext import JsonDocument, read_json, refusal
from wflgit.core.mapping import Origin, parse_destination
from wflgit.core.names import parse_slug
from wflgit.core.plan import Failure, Instruction, Loss, Plan, Side, WaitPolicy
from wflgit.core.wording import choice, did_you_mean, missing_key, quote, unknown_key, wrong
from wflgit.errors import DefinitionError, InvalidNameError

if TYPE_CHECKING:
    from wflgit.core.graph import Pointer
    from wflgit.core.problems import Problem

FORMAT = 1

RULES: Mapping[str, str] = {
    "missing-key": "An object lacks a key that it must have.",
    "unknown-key": "An object has a key that means nothing in a plan.",
    "wrong-value": "A value is not what belongs there: of the wrong type, out of range, or no name that is known.",
    "duplicate-source": "Two instructions are for one step.",
}
"""Rule of a problem of a plan file -> what it means, beside what any JSON text can have wrong with it."""

_Check = Callable[[Any, "Pointer"], Iterator["Problem"]]


def dump_plan(plan: Plan) -> bytes:
    """Write a plan canonically: equal plans make equal bytes, and `load_plan` gives the plan back."""
    document = {
        "plan": FORMAT,
        "workflow": plan.workflow,
        "source": _side(plan.source),
        "target": _side(plan.target),
        "instructions": [_instruction(instruction) for instruction in plan.instructions],
        "plan_failures": [_failure(failure) for failure in plan.plan_failures],
        "execution_failures": [_failure(failure) for failure in plan.execution_failures],
        "losses": [_loss(loss) for loss in plan.losses],
    }
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n".encode()


def _side(side: Side) -> dict[str, Any]:
    return {"version": side.version, "commit": side.commit, "blob": side.blob}


def _instruction(said: Instruction) -> dict[str, Any]:
    return {
        "step": said.step,
        "type": said.type,
        "to": None if said.to is None else str(said.to),
        "origin": said.origin.value,
        **({} if said.score is None else {"score": said.score}),
        **_present("via", said.via),
        **_present("skipped", said.skipped),
        **_present("proposals", [str(to) for to in said.proposals]),
        **({} if said.wait is WaitPolicy.KEEP else {"wait": said.wait.value}),
        **_present("breaks", said.breaks),
        "active": said.active,
        "waiting": said.waiting,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "rule": failure.rule,
        **({} if failure.step is None else {"step": failure.step}),
        "message": failure.message,
        "hint": failure.hint,
        **({"executions": failure.executions} if failure.executions else {}),
        **_present("examples", failure.examples),
    }


def _loss(loss: Loss) -> dict[str, Any]:
    return {"kind": loss.kind, "step": loss.step, "message": loss.message, "executions": loss.executions}


def _present(key: str, values: Collection[Any]) -> dict[str, list[Any]]:
    return {key: [*values]} if values else {}


def load_plan(content: bytes, path: str) -> Plan:
    """Read a plan.

    What it says of steps is not checked against any definition; see `plan_checks`.

    Args:
        content: the bytes of the file.
        path: what the error calls the file.

    Raises:
        DefinitionError: with every problem that its shape has, each with line and column, and the path.
    """
    try:
        document = read_json(content)
        _refuse_misshapen(document)
    except DefinitionError as error:
        raise DefinitionError(error.message, problems=error.problems, path=path, hint=error.hint) from error
    return _to_plan(document.value)


def _refuse_misshapen(document: JsonDocument) -> None:
    problems = [*_PLAN(document.value, ())]
    if problems:
        raise refusal(locate(problems, document))


def _to_plan(document: Mapping[str, Any]) -> Plan:
    return Plan(
        document["workflow"],
        Side(**document["source"]),
        Side(**document["target"]),
        tuple(_to_instruction(raw) for raw in document["instructions"]),
        tuple(_to_failure(raw) for raw in document["plan_failures"]),
        tuple(_to_failure(raw) for raw in document["execution_failures"]),
        tuple(Loss(**raw) for raw in document["losses"]),
    )


def _to_instruction(raw: Mapping[str, Any]) -> Instruction:
    return Instruction(
        raw["step"],
        raw["type"],
        None if raw["to"] is None else parse_destination(raw["to"]),
        Origin(raw["origin"]),
        float(raw["score"]) if "score" in raw else None,
        tuple(raw.get("via", ())),
        tuple(raw.get("skipped", ())),
        tuple(parse_destination(text) for text in raw.get("proposals", ())),
        WaitPolicy(raw.get("wait", WaitPolicy.KEEP)),
        raw["active"],
        raw["waiting"],
        tuple(raw.get("breaks", ())),
    )


def _to_failure(raw: Mapping[str, Any]) -> Failure:
    return Failure(
        raw["rule"], raw["message"], raw["hint"], raw.get("step"), raw.get("executions", 0), tuple(raw.get("examples", ()))
    )


def _object(needed: Mapping[str, _Check], optional: Mapping[str, _Check] = {}) -> _Check:
    """Check that a value is an object with the needed keys, with no other than those and the optional ones, and check them."""
    known = {**needed, **optional}

    def problems(value: Any, pointer: Pointer) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield _expected("an object", value, pointer)
            return
        yield from (missing_key(key, pointer) for key in needed if key not in value)
        for key, inner in value.items():
            if key in known:
                yield from known[key](inner, (*pointer, key))
            else:
                yield unknown_key(key, pointer, known)

    return problems


def _list(check: _Check) -> _Check:
    def problems(value: Any, pointer: Pointer) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield _expected("a list", value, pointer)
            return
        for index, item in enumerate(value):
            yield from check(item, (*pointer, index))

    return problems


def _value(expected: str, fits: Callable[[Any], bool], hint: str | None = None) -> _Check:
    def problems(value: Any, pointer: Pointer) -> Iterator[Problem]:
        if not fits(value):
            yield _expected(expected, value, pointer, hint)

    return problems


def _one_of(names: type[StrEnum]) -> _Check:
    def problems(value: Any, pointer: Pointer) -> Iterator[Problem]:
        if value not in [*names]:
            hint = did_you_mean(value, names) if isinstance(value, str) else None
            yield _expected(choice(names), value, pointer, hint)

    return problems


def _slug(value: Any, pointer: Pointer) -> Iterator[Problem]:
    yield from _named("the slug of a workflow", parse_slug, value, pointer)


def _destination(value: Any, pointer: Pointer) -> Iterator[Problem]:
    yield from _named("a destination", parse_destination, value, pointer)


def _named(expected: str, parse: Callable[[str], object], value: Any, pointer: Pointer) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield _expected(expected, value, pointer)
        return
    try:
        parse(value)
    except InvalidNameError as error:
        yield _expected(expected, value, pointer, error.hint)


def _destination_or_null(value: Any, pointer: Pointer) -> Iterator[Problem]:
    if value is not None:
        yield from _destination(value, pointer)


def _instructions(value: Any, pointer: Pointer) -> Iterator[Problem]:
    """Check the instructions, and that no step has two of them.

    Source: Camunda 7, "There are multiple mappings for source activity id '{id}'"; Camunda 8, "the mapping instructions contain
    duplicate source element ids".
    """
    yield from _list(_INSTRUCTION)(value, pointer)
    seen: set[str] = set()
    for index, raw in enumerate(value if isinstance(value, list) else ()):
        step = raw.get("step") if isinstance(raw, dict) else None
        if isinstance(step, str) and step in seen:
            message = f"expected one instruction a step but '{step}' is here again"
            yield wrong(message, (*pointer, index, "step"), "remove one of the two", rule="duplicate-source")
        elif isinstance(step, str):
            seen.add(step)


def _expected(expected: str, value: object, pointer: Pointer, hint: str | None = None) -> Problem:
    return wrong(f"expected {expected} but found {quote(value)}", pointer, hint)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TEXT = _value("a text", lambda value: isinstance(value, str))
_TEXTS = _list(_TEXT)
_COUNT = _value("a whole number of at least 0", lambda value: _is_whole(value) and value >= 0)
_SIDE = _object(
    {
        "version": _value("a whole number of at least 1", lambda value: _is_whole(value) and value >= 1),
        "commit": _value("a text or null", lambda value: value is None or isinstance(value, str)),
        "blob": _TEXT,
    }
)
_INSTRUCTION = _object(
    {"step": _TEXT, "type": _TEXT, "to": _destination_or_null, "origin": _one_of(Origin), "active": _COUNT, "waiting": _COUNT},
    {
        "score": _value("a number from 0 to 1", lambda value: (_is_whole(value) or isinstance(value, float)) and 0 <= value <= 1),
        "via": _TEXTS,
        "skipped": _TEXTS,
        "proposals": _list(_destination),
        "wait": _one_of(WaitPolicy),
        "breaks": _TEXTS,
    },
)
_FAILURE = _object(
    {"rule": _TEXT, "message": _TEXT, "hint": _TEXT}, {"step": _TEXT, "executions": _COUNT, "examples": _list(_COUNT)}
)
_PLAN = _object(
    {
        "plan": _value(f"{FORMAT}", lambda value: _is_whole(value) and value == FORMAT, "a newer wflgit may have written it"),
        "workflow": _slug,
        "source": _SIDE,
        "target": _SIDE,
        "instructions": _instructions,
        "plan_failures": _list(_FAILURE),
        "execution_failures": _list(_FAILURE),
        "losses": _list(_object({"kind": _TEXT, "step": _TEXT, "message": _TEXT, "executions": _COUNT})),
    },
    {"$schema": _TEXT},
)
