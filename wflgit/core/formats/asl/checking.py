"""What the States Language itself forbids.

What can be told from the graph of any format (unknown targets, unreachable steps) is not checked here. What a deployment tool
fills in may become anything, and is never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import shapes
from wflgit.core.formats.asl.reading import PROCESSORS, TYPES, UNKNOWN, WAITS, is_filled_in, machine_of, root
from wflgit.core.formats.shapes import list_of, object_of, text_of
from wflgit.core.problems import Problem, Severity
from wflgit.core.wording import choice, missing_key, propose, quote, wrong

if TYPE_CHECKING:
    from wflgit.core.catalog import Catalog
    from wflgit.core.formats.shapes import Check
    from wflgit.core.graph import Pointer

_NAME_LIMIT = 80
_LANGUAGES = ("JSONPath", "JSONata")
_MODES = ("INLINE", "DISTRIBUTED")
_WITH_PATHS = (
    "TimeoutSeconds",
    "HeartbeatSeconds",
    "MaxConcurrency",
    "ToleratedFailurePercentage",
    "ToleratedFailureCount",
    "Error",
    "Cause",
)
"""Fields that have a twin whose name ends in `Path`, of which a state has one at most."""


def problems(document: Mapping[str, Any], catalog: Catalog) -> Iterator[Problem]:  # noqa: ARG001  all formats take it
    """Find what the States Language itself forbids, in document order.

    Args:
        document: a parsed document that `recognise` accepts.
        catalog: not looked at, for the types of states are the language's own.

    Returns:
        Problems with pointers, without lines and columns. What is missing is pointed to at the object that
        lacks it.
    """
    return _scope_problems(machine_of(document), root(document))


def _scope_problems(holder: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _field_problems(holder, "StartAt", str, pointer)
    yield from shapes.field_problems(holder, "States", dict, pointer)
    yield from _word_problems(holder, "QueryLanguage", _LANGUAGES, pointer)
    for name, state in object_of(holder.get("States")).items():
        at = (*pointer, "States", name)
        if len(name) > _NAME_LIMIT and "${" not in name:
            message = f"expected a name of at most {_NAME_LIMIT} characters but found one of {len(name)}"
            yield wrong(message, at, rule="invalid-step-id")
        yield from shapes.object_problems(state, at, _state_problems)


def _state_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _type_problems(state, pointer)
    yield from _way_problems(state, pointer)
    yield from _word_problems(state, "QueryLanguage", _LANGUAGES, pointer)
    yield from _twin_problems(state, pointer)
    type_ = text_of(state.get("Type"))
    if type_ in _RULES:
        yield from _RULES[type_](state, pointer)
    if "Next" in TYPES.get(type_, UNKNOWN).apart:
        for name, check in (("Retry", _retrier_problems), ("Catch", _catcher_problems)):
            if name in state:
                yield from _list_problems(state, name, pointer, check)


def _type_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _field_problems(state, "Type", str, pointer)
    type_ = state.get("Type")
    if isinstance(type_, str) and type_ not in TYPES and not is_filled_in(type_):
        message = f"expected a type of state but found {quote(type_)}"
        yield wrong(message, (*pointer, "Type"), propose(type_, TYPES), rule="unknown-type")


def _way_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    """Check `Next` and `End`: one of the two, but neither where the type alone says how it goes on or that it ends."""
    type_ = text_of(state.get("Type"))
    ends = state.get("End") is True
    if "Next" not in TYPES.get(type_, UNKNOWN).apart:
        for name in ("Next", "End"):
            if name in state:
                message = f"expected no '{name}' in a state of type '{type_}' but found one"
                yield wrong(message, (*pointer, name), f"remove '{name}'", rule="next-or-end")
        return
    yield from _optional_problems(state, "End", bool, pointer)
    yield from _optional_problems(state, "Next", str, pointer)
    if "Next" in state and ends:
        yield wrong("expected 'Next' or 'End' but found both", (*pointer, "End"), "remove one of them", rule="next-or-end")
    elif "Next" not in state and not ends and type_ in TYPES and not is_filled_in(state.get("End")):
        hint = 'name the state that follows with "Next", or write "End": true'
        yield wrong("expected 'Next' or 'End' but found neither", pointer, hint, rule="next-or-end")


def _twin_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    for name in _WITH_PATHS:
        if name in state and f"{name}Path" in state:
            message = f"expected '{name}' or '{name}Path' but found both"
            yield wrong(message, (*pointer, f"{name}Path"), "keep one of them")


def _resource_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    """Check that there is a `Resource`, of whatever shape: deployment tools put objects where a name is to be filled in."""
    if "Resource" not in state:
        yield missing_key("Resource", pointer)


def _wait_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return _alternative_problems(state, WAITS, pointer)


def _choice_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _list_problems(state, "Choices", pointer, _rule_problems)
    if state.get("Choices") == []:
        yield wrong("expected at least one rule but found an empty list", (*pointer, "Choices"))
    yield from _optional_problems(state, "Default", str, pointer)
    if "Default" not in state:
        message = "expected 'Default' but it is missing, so an execution fails here if no rule applies"
        yield Problem("no-otherwise", Severity.WARNING, message, pointer, hint='name a state with "Default"')


def _parallel_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return _list_problems(state, "Branches", pointer, _scope_problems)


def _map_problems(state: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _alternative_problems(state, PROCESSORS, pointer)
    for name in PROCESSORS:
        if name in state and not is_filled_in(state[name]):
            yield from shapes.object_problems(state[name], (*pointer, name), _inside_problems)


def _inside_problems(holder: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _optional_problems(holder, "ProcessorConfig", dict, pointer)
    yield from _word_problems(object_of(holder.get("ProcessorConfig")), "Mode", _MODES, (*pointer, "ProcessorConfig"))
    yield from _scope_problems(holder, pointer)


_RULES: Mapping[str, Check] = {
    "Task": _resource_problems,
    "Wait": _wait_problems,
    "Choice": _choice_problems,
    "Parallel": _parallel_problems,
    "Map": _map_problems,
}


def _rule_problems(rule: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return _field_problems(rule, "Next", str, pointer)


def _retrier_problems(retrier: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    return _field_problems(retrier, "ErrorEquals", list, pointer)


def _catcher_problems(catcher: Mapping[str, Any], pointer: Pointer) -> Iterator[Problem]:
    yield from _field_problems(catcher, "ErrorEquals", list, pointer)
    yield from _field_problems(catcher, "Next", str, pointer)


def _alternative_problems(state: Mapping[str, Any], names: Sequence[str], pointer: Pointer) -> Iterator[Problem]:
    """Check that exactly one of some fields is there."""
    present = [f"'{name}'" for name in names if name in state]
    if not present:
        yield wrong(f"expected {choice(names)} but found none of them", pointer, rule="missing-key")
    elif len(present) > 1:
        yield wrong(f"expected one of {choice(names)} but found {' and '.join(present)}", pointer, "keep one of them")


def _word_problems(holder: Mapping[str, Any], name: str, words: Sequence[str], pointer: Pointer) -> Iterator[Problem]:
    """Check that a field is one of some words if it is there."""
    if name in holder and holder[name] not in words and not is_filled_in(holder[name]):
        yield wrong(f"expected {choice(words)} but found {quote(holder[name])}", (*pointer, name))


def _list_problems(holder: Mapping[str, Any], name: str, pointer: Pointer, check: Check) -> Iterator[Problem]:
    """Check a field that must be a list of objects, and by `check` each of them."""
    yield from _field_problems(holder, name, list, pointer)
    for index, item in enumerate(list_of(holder.get(name))):
        if not is_filled_in(item):
            yield from shapes.object_problems(item, (*pointer, name, index), check)


def _field_problems(holder: Mapping[str, Any], name: str, shape: type, pointer: Pointer) -> Iterator[Problem]:
    """Check that a field is there and of that shape."""
    if name not in holder or not is_filled_in(holder[name]):
        yield from shapes.field_problems(holder, name, shape, pointer)


def _optional_problems(holder: Mapping[str, Any], name: str, shape: type, pointer: Pointer) -> Iterator[Problem]:
    """Check that a field is of that shape if it is there."""
    if name in holder:
        yield from _field_problems(holder, name, shape, pointer)
