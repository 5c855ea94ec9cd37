"""What a change does to what steps are told: whom they ask, in whose name, what they send and to whom. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from wflgit.core.formats.shapes import object_of
from wflgit.core.graph import Step, StepKind, Trigger
from wflgit.core.impact.config_rules import (
    CODE_CHANGED,
    CONCURRENCY_CHANGED,
    CONFIG_CHANGED,
    CREDENTIAL_CHANGED,
    DESTRUCTIVE_CLEARED,
    DESTRUCTIVE_SET,
    ENDPOINT_CHANGED,
    IDEMPOTENCY_CHANGED,
    KEY_REMOVED,
    KEY_UNKNOWN,
    KEY_WANTED,
    MESSAGE_CHANGED,
    RECIPIENT_CHANGED,
    RULES,
    SECRET_ADDED,
    SECRET_REMOVED,
    SETTING_CHANGED,
    TYPE_CHANGED,
)
from wflgit.core.impact.edits import (
    Edit,
    Said,
    gives_nothing,
    list_paths,
    news,
    settings_edit,
    step_edits,
    trigger_edits,
    types_of,
    was,
    worths_of,
)
from wflgit.core.impact.literals import literal_secrets
from wflgit.core.impact.roles import Role, is_destructive, sends
from wflgit.core.impact.rule import Check, Raised, Rule
from wflgit.core.impact.steps import called_workflow
from wflgit.core.impact.triggers import explain_settings
from wflgit.core.impact.waits import keeps_time
from wflgit.core.problems import Severity
from wflgit.core.wording import quote

if TYPE_CHECKING:
    from wflgit.core.diff import Part
    from wflgit.core.graph import Pointer
    from wflgit.core.impact.situation import Situation
    from wflgit.core.problems import Problem

__all__ = ["CHECKS", "RULES"]


class _Told(NamedTuple):
    """What some fields of an edit come to."""

    rule: Rule
    text: str
    saids: list[Said]
    severity: Severity | None = None


def check_steps(situation: Situation) -> Iterator[Raised]:
    """What steps are told, each field by the first rule that can say what it means, and the rest together."""
    for edit in step_edits(situation):
        refused = [*_refused(edit)]
        left = [said for said in edit.said if not _is_told_elsewhere(situation, edit, said, refused)]
        told = [*_by_role(edit, left)]
        explained = {said.path for one in told for said in one.saids}
        told += _rest(CONFIG_CHANGED, [said for said in left if said.path not in explained])
        yield from refused
        yield from (_raise(edit, one) for one in told)


def check_schemas(situation: Situation) -> Iterator[Raised]:
    """What the new schema of a type refuses of steps and triggers that nobody touched, and what is wrong with changed triggers."""
    for edit in trigger_edits(situation):
        yield from _refused(edit)
    if situation.new.format != "native" or situation.old_types is situation.new_types:
        return
    changed = {change.id for change in (*situation.comparison.steps, *situation.comparison.triggers)}
    parts: list[Step | Trigger] = [*situation.new.steps.values(), *situation.new.triggers]
    for part in parts:
        old, new = types_of(situation, part)
        if part.id in changed or old is None or new is None or old == new:
            continue
        known = {*_kinds_of(old.problems(part.config, ()))}
        for problem in new.problems(part.config, ()):
            if _kind_of(problem) not in known:
                yield _unfit(situation, part, problem)


def check_settings(situation: Situation) -> Iterator[Raised]:
    """What is said of the workflow as a whole and that no rule of another kind tells."""
    edit = settings_edit(situation)
    taken = {said.path for _, saids in explain_settings(situation, edit) for said in saids}
    left = [said for said in edit.said if said.path not in taken and not keeps_time(situation, edit, said)]
    left = [said for said in left if said.path[0] not in _FOR_PEOPLE]
    # What configurations of Node-RED say that came or went as a whole is nothing that changed.
    told = [*_by_role(edit, [said for said in left if said.path[0] in edit.old and said.path[0] in edit.new])]
    explained = {said.path for one in told for said in one.saids}
    told += _rest(SETTING_CHANGED, [said for said in left if said.path not in explained])
    yield from (_raise(edit, one) for one in told)


_FOR_PEOPLE = frozenset({"description", "tags"})
"""Settings that only people read."""


def check_secrets(situation: Situation) -> Iterator[Raised]:
    """Secrets that stand literally in what changed, and did not before, or do not any more."""
    comparison, before, after = situation.comparison, worths_of(situation.old), worths_of(situation.new)
    old: dict[tuple[str, Pointer], str] = {}
    new: dict[tuple[str, Pointer], str] = {}
    parts: dict[str, Part] = {}
    for change in (*comparison.triggers, *comparison.steps):
        for part, found, worths, side in ((change.old, old, before, 0), (change.new, new, after, 1)):
            if isinstance(part, Step | Trigger):
                subject = f"{'step' if isinstance(part, Step) else 'trigger'} {change.id}"
                parts[subject] = part
                found |= {
                    (subject, path): text
                    for path, text in literal_secrets(part.config, worths, types_of(situation, part)[side]).items()
                }
    if comparison.settings:
        old |= {("workflow", path): text for path, text in literal_secrets(situation.old.settings, before).items()}
        new |= {("workflow", path): text for path, text in literal_secrets(situation.new.settings, after).items()}
    values = {*old.values()}
    for (subject, path), text in new.items():
        if text not in values:
            yield _secret(situation, SECRET_ADDED, parts.get(subject), subject, path, None, text)
    values = {*new.values()}
    for (subject, path), text in old.items():
        if text not in values and (subject, path) not in new:
            yield _secret(situation, SECRET_REMOVED, parts.get(subject), subject, path, text, None)


CHECKS: tuple[Check, ...] = (check_steps, check_schemas, check_settings, check_secrets)


def _raise(edit: Edit, told: _Told) -> Raised:
    return Raised(
        told.rule,
        edit.subject,
        f"{edit.called} {told.text}",
        steps=edit.base,
        step=edit.step,
        pointer=edit.at(told.saids[0].path),
        old=was(told.saids),
        new=news(told.saids),
        severity=told.severity,
    )


def _secret(
    situation: Situation, rule: Rule, part: Part | None, subject: str, path: Pointer, old: str | None, new: str | None
) -> Raised:
    place = list_paths([path])
    called = "the workflow" if part is None else quote(part.id)
    text = (
        f"{called} has a secret in plain text in {place}" if rule is SECRET_ADDED else f"{called} has no secret in {place} any more"
    )
    is_there = part is None or part.id in situation.new.steps or isinstance(part, Trigger)
    pointer: Pointer = () if part is None else part.pointer
    if is_there and part is not None:
        pointer = (*pointer, *(("config",) if situation.new.format == "native" else ()), *path)
    return Raised(
        rule,
        subject,
        text,
        step=part.id if part is not None and part.id in situation.new.steps else None,
        pointer=pointer,
        side="head" if is_there else "base",
        old=old,
        new=new,
    )


# What the types of steps want


def _kind_of(problem: Problem) -> tuple[str, Pointer, str]:
    return problem.rule, problem.pointer, problem.message


def _kinds_of(problems: Any) -> Iterator[tuple[str, Pointer, str]]:
    return map(_kind_of, problems)


_CAUSED = {"missing-key": KEY_REMOVED, "unknown-key": KEY_UNKNOWN}
_NOT_OURS = frozenset({"plain-secret", "broken-schema"})
"""Problems that other rules tell, or that are those of the schema itself."""


def _refused(edit: Edit) -> Iterator[Raised]:
    """What the type of a changed step or trigger refuses now and did not before."""
    before, now = edit.problems
    known = {*_kinds_of(before)}
    fresh = [problem for problem in now if _kind_of(problem) not in known and problem.rule not in _NOT_OURS]
    if not fresh or edit.types[0] is None or edit.types[1] is None:
        return
    by_schema = {*_kinds_of(edit.types[1].problems(edit.old, ()))}
    for problem in fresh:
        rule = KEY_WANTED if _kind_of(problem) in by_schema else _CAUSED.get(problem.rule, TYPE_CHANGED)
        path = problem.pointer
        yield Raised(
            rule,
            edit.subject,
            f"{edit.called} does not fit its type: {_wish(problem, hidden=edit.is_hidden(path))}",
            steps=edit.base,
            step=edit.step,
            pointer=edit.at(path),
            old=[*map(str, path), problem.rule],
            new=problem.message,
        )


def _unfit(situation: Situation, part: Step | Trigger, problem: Problem) -> Raised:
    """What the new schema refuses of something that did not change."""
    is_step = isinstance(part, Step)
    hidden = problem.rule == "plain-secret"
    return Raised(
        KEY_WANTED,
        f"{'step' if is_step else 'trigger'} {part.id}",
        f"{quote(part.id)} does not fit the new schema of its type: {_wish(problem, hidden=hidden)}",
        steps=(situation.old_ids.get(part.id, part.id),) if is_step else (),
        step=part.id if is_step else None,
        pointer=(*part.pointer, "config", *problem.pointer),
        old=[*map(str, problem.pointer), problem.rule],
        new=problem.message,
    )


def _wish(problem: Problem, *, hidden: bool) -> str:
    """What a schema expects; without what it found where that must not be shown."""
    return problem.message.partition(" but found ")[0] if hidden else problem.message


# What fields are about


def _is_told_elsewhere(situation: Situation, edit: Edit, said: Said, refused: list[Raised]) -> bool:
    """Whether another rule tells of a field: of times, of called workflows, of conditions, of versions of a type, of schemas."""
    is_condition = isinstance(edit.part, Step) and edit.part.kind is StepKind.CONDITION
    return (
        (is_condition and said.role is not Role.CREDENTIAL)
        or said.path == ("typeVersion",)
        or _is_of_a_call(edit, said)
        or keeps_time(situation, edit, said)
        or (said.role is Role.SUPPRESSION and _is_sending(edit))
        or any(_is_about(one, edit, said) for one in refused)
    )


def _is_of_a_call(edit: Edit, said: Said) -> bool:
    """Whether a field says which workflow is called, of a step that calls one on both sides."""
    if not isinstance(edit.was, Step) or not isinstance(edit.part, Step):
        return False
    old, new = called_workflow(edit.was), called_workflow(edit.part)
    return bool(old and new) and any(said.path[: len(place)] == place for place in (*old, *new))


def _is_about(one: Raised, edit: Edit, said: Said) -> bool:
    """Whether what a schema refuses is in a field, or is that the field is gone."""
    place = edit.at(said.path)
    return one.pointer[: len(place)] == place or (one.rule is KEY_REMOVED and said.new is None and one.pointer == place[:-1])


def _is_sending(edit: Edit) -> bool:
    return any(isinstance(part, Step) and sends(part) for part in (edit.was, edit.part))


def _by_role(edit: Edit, saids: list[Said]) -> Iterator[_Told]:
    """What the fields come to whose names say what they are about."""
    flags = {said.path: rule for said in saids if (rule := _destructive(said))}
    for rule, text in ((DESTRUCTIVE_SET, "deletes or overwrites now"), (DESTRUCTIVE_CLEARED, "deletes and overwrites no more")):
        if found := [said for said in saids if flags.get(said.path) is rule]:
            yield _Told(rule, f"{text}, by {list_paths(said.path for said in found)}", found)
    rest = [said for said in saids if said.path not in flags]
    sending = _is_sending(edit)
    for roles, tell in _TELLING:
        found = [said for said in rest if said.role in roles and not _is_renamed(said)]
        if found and (sending or not _ONLY_SENDING.issuperset(roles)):
            yield tell(edit, found)


def _is_renamed(said: Said) -> bool:
    """Whether credentials are called otherwise and are still the same, by their ids."""
    old, new = object_of(said.old), object_of(said.new)
    if said.role is not Role.CREDENTIAL or old.keys() != new.keys():
        return False
    ids = [(object_of(old[key]).get("id"), object_of(new[key]).get("id")) for key in old]
    return bool(ids) and all(before and before == now for before, now in ids)


def _destructive(said: Said) -> Rule | None:
    if said.role in (Role.METHOD, Role.ENDPOINT):
        # Where it was told to delete and is told something else, the other rule says what.
        return DESTRUCTIVE_SET if is_destructive(said.new) and not is_destructive(said.old) else None
    if said.role is not Role.DESTRUCTIVE or gives_nothing(said.old) == gives_nothing(said.new):
        return None
    return DESTRUCTIVE_CLEARED if gives_nothing(said.new) else DESTRUCTIVE_SET


def _tell_endpoint(edit: Edit, saids: list[Said]) -> _Told:
    for said in saids:
        old, new = _host(said.old), _host(said.new)
        if old and new and not edit.is_hidden(said.path):
            text = f"calls {quote(new)} instead of {quote(old)}" if old != new else f"calls another address at {quote(new)}"
            leaves_production = not _trial(old) and _trial(new)
            return _Told(ENDPOINT_CHANGED, text, saids, Severity.ERROR if leaves_production else None)
    shown = edit.show(saids[0]) if len(saids) == 1 and _can_be_told(saids[0].new) and _can_be_told(saids[0].old or "") else ""
    keys = list_paths(said.path for said in saids)
    return _Told(ENDPOINT_CHANGED, f"asks{shown} in {keys}" if shown else f"asks for something else in {keys}", saids)


_QUERY = re.compile(r"[?&][^=&\s]{1,40}=")


def _can_be_told(value: Any) -> bool:
    """Whether a value fits into a sentence, and has no query in it: keys often stand there."""
    return isinstance(value, str | int | float) and _QUERY.search(str(value)) is None


def _host(value: Any) -> str:
    """The host of an address, without who calls it; empty if it is none, or is only known when an execution is there."""
    if not isinstance(value, str) or "://" not in value[:12]:
        return ""
    try:
        host = urlsplit(value).hostname or ""
    except ValueError:
        return ""
    return host if host.replace(".", "").replace("-", "").isalnum() else ""


_TRIALS = frozenset(
    {"dev", "develop", "development", "test", "testing", "qa", "uat", "stage", "staging", "stg", "preprod", "sandbox"}
)
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1"})


def _trial(host: str) -> bool:
    """Whether a host is called so that it is plainly none for production."""
    return host in _OWN_MACHINE or not _TRIALS.isdisjoint(host.replace("-", ".").split("."))


def _tell_credential(_edit: Edit, saids: list[Said]) -> _Told:
    keys = list_paths(said.path for said in saids)
    if all(gives_nothing(said.new) for said in saids):
        return _Told(CREDENTIAL_CHANGED, f"has no credentials any more in {keys}", saids)
    return _Told(CREDENTIAL_CHANGED, f"acts with other credentials, by {keys}", saids)


def _tell_recipient(edit: Edit, saids: list[Said]) -> _Told:
    shown = edit.show(saids[0], _people) if len(saids) == 1 and saids[0].new is not None else ""
    keys = list_paths(said.path for said in saids)
    return _Told(RECIPIENT_CHANGED, f"goes to{shown}" if shown else f"goes to others, by {keys}", saids)


def _people(value: Any) -> str:
    """The recipients in a value, for a message."""
    if isinstance(value, list):
        return list_paths((str(item),) for item in value) if value else "nobody"
    return quote(value)


def _tell_message(edit: Edit, saids: list[Said]) -> _Told:
    said = saids[0]
    if len(saids) == 1 and said.path[-1] in ("template", "templateId") and isinstance(said.new, str):
        return _Told(MESSAGE_CHANGED, f"is made from{edit.show(said) or ' another template'}", saids)
    return _Told(MESSAGE_CHANGED, f"says something else in {list_paths(said.path for said in saids)}", saids)


def _tell_code(_edit: Edit, saids: list[Said]) -> _Told:
    old, new = (
        Counter(line for value in values if isinstance(value, str) for line in value.splitlines())
        for values in ([said.old for said in saids], [said.new for said in saids])
    )
    added, removed = (new - old).total(), (old - new).total()
    text = f"{_lines(added)} added, {_lines(removed)} removed in {list_paths(said.path for said in saids)}"
    return _Told(CODE_CHANGED, f"does something else: {text}", saids)


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


def _tell_idempotency(_edit: Edit, saids: list[Said]) -> _Told:
    keys = list_paths(said.path for said in saids)
    if all(gives_nothing(said.new) for said in saids):
        return _Told(IDEMPOTENCY_CHANGED, f"is not kept from doing the same twice any more, by {keys}", saids)
    return _Told(IDEMPOTENCY_CHANGED, f"knows by something else what it did already, in {keys}", saids)


def _tell_concurrency(edit: Edit, saids: list[Said]) -> _Told:
    keys = list_paths(said.path for said in saids)
    if all(said.role is Role.RATE for said in saids):
        return _Told(CONCURRENCY_CHANGED, f"is held to another rate, by {keys}", saids)
    shown = edit.show(saids[0]) if len(saids) == 1 and _can_be_told(saids[0].new) and _can_be_told(saids[0].old or 0) else ""
    return _Told(CONCURRENCY_CHANGED, f"works on{shown or ' another number'} at once, by {keys}", saids)


_ONLY_SENDING = frozenset({Role.RECIPIENT, Role.SUBJECT, Role.BODY})
"""Roles whose words mean that only in a step that sends."""

_TELLING: tuple[tuple[tuple[Role, ...], Callable[[Edit, list[Said]], _Told]], ...] = (
    ((Role.ENDPOINT, Role.METHOD), _tell_endpoint),
    ((Role.CREDENTIAL,), _tell_credential),
    ((Role.RECIPIENT,), _tell_recipient),
    ((Role.SUBJECT, Role.BODY), _tell_message),
    ((Role.CODE,), _tell_code),
    ((Role.IDEMPOTENCY,), _tell_idempotency),
    ((Role.CONCURRENCY, Role.RATE), _tell_concurrency),
)


def _rest(rule: Rule, saids: list[Said]) -> Iterator[_Told]:
    """What no rule can tell by its name: values of another kind, and the others."""
    retyped = [said for said in saids if _is_retyped(said)]
    if retyped:
        text = f"has values of another kind in {list_paths(said.path for said in retyped)}"
        yield _Told(TYPE_CHANGED, text, retyped, Severity.INFO)
    if others := [said for said in saids if said not in retyped]:
        yield _Told(rule, f"says something else in {list_paths(said.path for said in others)}", others)


_KINDS: Mapping[type, str] = {str: "text", bool: "flag", int: "number", float: "number", list: "list", dict: "object"}
_WORKED_OUT = ("=", "@", "$", "{{", "{%", "${")
"""What a text begins with that stands for any value."""


def _is_retyped(said: Said) -> bool:
    """Whether a value is of another kind of JSON than before; an expression may be of any."""
    if said.old is None or said.new is None:
        return False
    if any(isinstance(value, str) and value.startswith(_WORKED_OUT) for value in (said.old, said.new)):
        return False
    return _KINDS.get(type(said.old)) != _KINDS.get(type(said.new))
