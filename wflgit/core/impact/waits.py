"""What a change does to those who wait, and to the other times that steps keep. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from wflgit.core.formats import wait_terms
from wflgit.core.formats.shapes import object_of
from wflgit.core.graph import Step, StepKind, WaitKind, WaitTerms
from wflgit.core.impact.edits import Edit, Said, gives_nothing, list_paths, look_up, news, settings_edit, step_edits, was
from wflgit.core.impact.roles import Role, sends, words_of
from wflgit.core.impact.rule import Check, Raised, Rule
from wflgit.core.impact.wait_rules import (
    RETRY_CHANGED,
    RULES,
    SEND_WINDOW_CHANGED,
    TIMEOUT_CHANGED,
    WAIT_ADDED,
    WAIT_DEADLINE_PAST,
    WAIT_EVENT_CHANGED,
    WAIT_KIND_CHANGED,
    WAIT_LENGTHENED,
    WAIT_REMOVED,
    WAIT_SHORTENED,
    WAIT_TIMEOUT_ADDED,
    WAIT_TIMEOUT_REMOVED,
)
from wflgit.core.problems import Severity
from wflgit.core.wording import quote

if TYPE_CHECKING:
    from wflgit.core.graph import Graph
    from wflgit.core.impact.situation import Situation

__all__ = ["CHECKS", "RULES", "keeps_time"]


# Waits


def check_waits(situation: Situation) -> Iterator[Raised]:
    """Waits that came, went, or wait for something else."""
    old, new = situation.old, situation.new
    for step in old.steps.values():
        now = new.steps.get(situation.new_ids.get(step.id, ""))
        if _waits(step) and (now is None or not _waits(now)):
            yield _removed(situation, step, now)
    for step in new.steps.values():
        before = old.steps.get(situation.old_ids.get(step.id, ""))
        if _waits(step) and (before is None or not _waits(before)):
            yield _added(situation, step)
        if _waits(step) and (before is None or before.config != step.config or before.type != step.type):
            yield from _past(situation, step, before)
            if before is not None and _waits(before):
                yield from _changed(situation, before, step)


def _waits(step: Step) -> bool:
    return step.kind is StepKind.WAIT and not step.disabled


def _removed(situation: Situation, step: Step, now: Step | None) -> Raised:
    terms = wait_terms(situation.old.format, step)
    how = "is gone" if now is None else "is disabled" if now.disabled else "is no wait any more"
    called = step.id if now is None else now.id
    return Raised(
        WAIT_REMOVED,
        f"step {called}",
        f"the wait {quote(called)}{_how_long(terms)} {how}",
        steps=(step.id,),
        step=None if now is None else now.id,
        pointer=step.pointer if now is None else now.pointer,
        side="base" if now is None else "head",
        old=step.config,
        causes=(f"step {called}",),
    )


def _added(situation: Situation, step: Step) -> Raised:
    terms = wait_terms(situation.new.format, step)
    return Raised(
        WAIT_ADDED,
        f"step {step.id}",
        f"{quote(step.id)} is a wait now{_how_long(terms)}",
        steps=_before(situation, step.id),
        step=step.id,
        pointer=step.pointer,
        new=step.config,
        causes=(f"step {step.id}",),
    )


def _before(situation: Situation, step: str) -> tuple[str, ...]:
    """The steps of the base at which executions stand that will come to a step of the head next: itself, or those before it."""
    if step in situation.old_ids:
        return (situation.old_ids[step],)
    sources: dict[str, list[str]] = {}
    for edge in situation.new.edges:
        if edge.target is not None:
            sources.setdefault(edge.target, []).append(edge.source)
    found: dict[str, None] = {}
    seen, todo = {step}, [step]
    while todo:
        for source in sources.get(todo.pop(), ()):
            if source in situation.old_ids:
                found[situation.old_ids[source]] = None
            elif source not in seen:
                seen.add(source)
                todo.append(source)
    return tuple(found)


def _past(situation: Situation, step: Step, before: Step | None) -> Iterator[Raised]:
    """A time that has passed; only if it was not the time before."""
    terms = wait_terms(situation.new.format, step)
    moment = None if terms is None else terms.moment
    known = None if before is None else wait_terms(situation.old.format, before)
    if moment is not None and moment < situation.now and (known is None or known.moment != moment):
        message = f"{quote(step.id)} waits until {_date(moment)}, which has passed"
        yield Raised(
            WAIT_DEADLINE_PAST,
            f"step {step.id}",
            message,
            steps=_before(situation, step.id),
            step=step.id,
            pointer=step.pointer,
            old=None if before is None else before.config,
            new=step.config,
        )


def _changed(situation: Situation, before: Step, step: Step) -> Iterator[Raised]:
    """How a wait that is on both sides waits for something else."""
    old, new = wait_terms(situation.old.format, before), wait_terms(situation.new.format, step)
    for rule, text in _differences(situation, before, step, old, new):
        yield Raised(
            rule,
            f"step {step.id}",
            f"{quote(step.id)} {text}",
            steps=(before.id,),
            step=step.id,
            pointer=step.pointer,
            old=before.config,
            new=step.config,
            causes=() if before.type == step.type else (f"step {step.id}",),
        )


def _differences(
    situation: Situation, before: Step, step: Step, old: WaitTerms | None, new: WaitTerms | None
) -> Iterator[tuple[Rule, str]]:
    if old is None or new is None or (old == new and not _is_told(old)):
        if _asked(before.config, situation.old) != _asked(step.config, situation.new):
            yield WAIT_EVENT_CHANGED, "waits for something else"
        return
    if old.kind is not new.kind:
        yield WAIT_KIND_CHANGED, f"waits {_for(new)} instead of {_for(old).removeprefix('for ')}"
    elif new.kind is WaitKind.EVENT:
        if old.event != new.event:
            yield WAIT_EVENT_CHANGED, f"waits {_for(new)} instead of {_for(old).removeprefix('for ')}"
        yield from _timeouts(old.duration or _is_limited(before, situation.old), new.duration or _is_limited(step, situation.new))
    elif old != new:
        yield _longer_or_shorter(old, new)


def _longer_or_shorter(old: WaitTerms, new: WaitTerms) -> tuple[Rule, str]:
    text = f"waits {_for(new)} instead of {_for(old).removeprefix('for ')}"
    for before, now in ((old.duration, new.duration), (old.moment, new.moment)):
        if isinstance(before, timedelta) and isinstance(now, timedelta):
            return (WAIT_SHORTENED if now < before else WAIT_LENGTHENED), text
        if isinstance(before, datetime) and isinstance(now, datetime):
            return (WAIT_SHORTENED if now < before else WAIT_LENGTHENED), text
    return WAIT_EVENT_CHANGED, text


_Limit = timedelta | bool


def _timeouts(old: _Limit, new: _Limit) -> Iterator[tuple[Rule, str]]:
    """How long an event is waited for at most; true is a time that is worked out when an execution is there, false no limit."""
    before, now = (_span(limit) if isinstance(limit, timedelta) else "a time that is worked out then" for limit in (old, new))
    if old is not False and new is False:
        yield WAIT_TIMEOUT_REMOVED, f"waits for the event for ever, and not {before} at most"
    elif new is not False and old is False:
        yield WAIT_TIMEOUT_ADDED, f"waits for the event {now} at most"
    elif old != new:
        yield TIMEOUT_CHANGED, f"waits for the event {now} at most instead of {before}"


def _is_limited(step: Step, graph: Graph) -> bool:
    """Whether a wait for an event has a limit that is only known when an execution is there."""
    if graph.format == "n8n":
        return object_of(step.config.get("parameters")).get("limitWaitTime") is True
    return graph.format == "logicapps" and "timeout" in object_of(step.config.get("limit"))


def _is_told(terms: WaitTerms) -> bool:
    """Whether the file itself says what is waited for."""
    return terms.duration is not None or terms.moment is not None or terms.event is not None


_ASKED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "native": (("duration",), ("until",), ("event",), ("timeout",)),
    "asl": (("Seconds",), ("SecondsPath",), ("Timestamp",), ("TimestampPath",)),
    "n8n": tuple(
        ("parameters", key)
        for key in (
            "resume",
            "amount",
            "unit",
            "dateTime",
            "limitWaitTime",
            "limitType",
            "resumeAmount",
            "resumeUnit",
            "maxDateAndTime",
        )
    ),
    "logicapps": (("inputs", "interval"), ("inputs", "until"), ("limit", "timeout")),
    "nodered": tuple((key,) for key in ("timeout", "timeoutUnits", "pauseType", "randomFirst", "randomLast", "randomUnits")),
}
"""Where steps of kind WAIT say what they wait for, by format."""


def _asked(config: Mapping[str, Any], graph: Graph) -> list[Any]:
    """What a wait says of what it waits for, as it is written."""
    found = []
    for path in _ASKED.get(graph.format, ()):
        value: Any = config
        for key in path:
            value = object_of(value).get(key)
        found.append(value)
    return found


def keeps_time(situation: Situation, edit: Edit, said: Said) -> bool:
    """Say whether a field that changed is told by a rule of this module."""
    if _of_wait(situation, edit, said):
        assert isinstance(edit.was, Step)
        assert isinstance(edit.part, Step)
        return any(True for _ in _changed(situation, edit.was, edit.part))
    return said.role in (Role.RETRY, Role.TIMEOUT, Role.WINDOW) or _is_clock(edit, said)


def _for(terms: WaitTerms) -> str:
    match terms.kind:
        case WaitKind.DURATION:
            return _span(terms.duration) if terms.duration is not None else "for a time that is worked out then"
        case WaitKind.MOMENT:
            return f"until {_date(terms.moment)}" if terms.moment is not None else "until a time that is worked out then"
        case WaitKind.EVENT:
            return f"for {quote(terms.event)}" if terms.event else "for an event"


def _how_long(terms: WaitTerms | None) -> str:
    return "" if terms is None or not _is_told(terms) else f" ({_for(terms)})"


def _date(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes").replace("+00:00", " UTC")


_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def _span(duration: timedelta) -> str:
    """How long something is, in words.

    >>> _span(timedelta(days=1, hours=2)), _span(timedelta(0)), _span(timedelta(milliseconds=500))
    ('1 day 2 hours', '0 seconds', '0.5 seconds')
    """
    left, said = duration.total_seconds(), []
    if left % 1:
        return f"{left:g} seconds"
    for unit, unit_s in _UNITS:
        count, left = divmod(int(left), unit_s)
        if count:
            said.append(f"{count:,} {unit}{'' if count == 1 else 's'}")
    return " ".join(said) or "0 seconds"


# Other times


def check_times(situation: Situation) -> Iterator[Raised]:
    """When and how often steps act, and when they are given up."""
    for edit in (*step_edits(situation), _of_both_sides(situation, settings_edit(situation))):
        for rule, saids, text, severity in _times(situation, edit):
            yield Raised(
                rule,
                edit.subject,
                f"{edit.called} {text}",
                steps=edit.base,
                step=edit.step,
                pointer=edit.at(saids[0].path),
                old=was(saids),
                new=news(saids),
                severity=severity,
            )


def _of_both_sides(situation: Situation, edit: Edit) -> Edit:
    """What is said of the workflow, without the configurations of Node-RED that came or went as a whole."""
    if situation.new.format != "nodered":
        return edit
    return replace(edit, fields=tuple(field for field in edit.fields if field.path[0] in edit.old and field.path[0] in edit.new))


CHECKS: tuple[Check, ...] = (check_waits, check_times)


def _times(situation: Situation, edit: Edit) -> Iterator[tuple[Rule, list[Said], str, Severity | None]]:
    windows = [said for said in edit.said if said.role is Role.WINDOW or _is_clock(edit, said)]
    if windows:
        ended = any(said.role is Role.WINDOW and gives_nothing(said.new) and not gives_nothing(said.old) for said in windows)
        keys = list_paths(said.path for said in windows)
        text = f"may act at any hour without {keys}" if ended else f"acts at other times by {keys}"
        yield SEND_WINDOW_CHANGED, windows, text, Severity.WARNING if ended else None
    if retries := [*edit.about(Role.RETRY)]:
        before, now = _attempts(edit.old, retries), _attempts(edit.new, retries)
        raised = now > before and any(isinstance(part, Step) and sends(part) for part in (edit.part, edit.was))
        text = f"is tried again {_times_of(now)} instead of {_times_of(before)}" if now else "is not tried again any more"
        text = text if now != before else "is tried again in another way"
        yield RETRY_CHANGED, retries, text, Severity.WARNING if raised else None
    timeouts = [said for said in edit.about(Role.TIMEOUT) if not _of_wait(situation, edit, said)]
    if timeouts:
        is_set = any(said.new not in (None, "") for said in timeouts)
        shown = (edit.show(timeouts[0]) if len(timeouts) == 1 else "") or " another time"
        keys = list_paths(said.path for said in timeouts)
        text = f"is given up after{shown}" if is_set else "is not given up at a set time any more"
        yield TIMEOUT_CHANGED, timeouts, f"{text} ({keys})", None


def _of_wait(situation: Situation, edit: Edit, said: Said) -> bool:
    """Whether a field says what a wait waits for."""
    waits = all(isinstance(part, Step) and part.kind is StepKind.WAIT for part in (edit.was, edit.part))
    return waits and any(said.path[: len(path)] == path for path in _ASKED.get(situation.new.format, ()))


def _is_clock(edit: Edit, said: Said) -> bool:
    """Whether a field says by which clock a step goes."""
    is_zone = said.role is Role.SCHEDULE and "zone" in "".join(words_of(str(said.path[-1])))
    return is_zone and isinstance(edit.part, Step)


_PAUSE = frozenset({"delay", "interval", "wait", "between", "backoff", "seconds", "ms", "on"})
"""Words of keys that say when, and not how often, something is tried again."""
_N8N = frozenset({"retryOnFail", "maxTries", "waitBetweenTries"})


def _attempts(config: Mapping[str, Any], saids: list[Said]) -> int:
    """How often a step is tried again at most, as far as the fields say so that changed."""
    if any(said.path[-1] in _N8N for said in saids):
        tries = config.get("maxTries", 3)
        return tries - 1 if config.get("retryOnFail") is True and _is_count(tries) else 0
    return sum(_tries(look_up(config, said.path), str(said.path[-1])) for said in saids)


def _tries(value: Any, key: str) -> int:
    if isinstance(value, list):
        counts = [object_of(item).get("MaxAttempts", 3) for item in value]
        return sum(count for count in counts if _is_count(count))
    if key == "retryPolicy":
        # Where Logic Apps are told nothing, they try again four times.
        said = object_of(value)
        count = said.get("count", 4)
        return 0 if said.get("type") == "none" else count if _is_count(count) else 4
    if isinstance(value, dict):
        return sum(_tries(inner, inside) for inside, inner in value.items())
    return value if _is_count(value) and _PAUSE.isdisjoint(words_of(key)) else 0


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _times_of(count: int) -> str:
    return "never" if count == 0 else "once" if count == 1 else f"{count:,} times"
