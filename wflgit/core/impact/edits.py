"""What was changed in the configs of a workflow, field by field, with what each field is about. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from wflgit.core.fieldchanges import ChangeKind
from wflgit.core.formats import FORMATS
from wflgit.core.formats.meaning import Fields, Worth
from wflgit.core.graph import Pointer, Step, Trigger
from wflgit.core.impact.roles import Role, holds_secret, holds_token, role_of, telling_path
from wflgit.core.wording import quote

if TYPE_CHECKING:
    from wflgit.core.catalog import ConfigType
    from wflgit.core.diff import Part, PartChange
    from wflgit.core.fieldchanges import FieldChange
    from wflgit.core.graph import Graph
    from wflgit.core.impact.situation import Situation
    from wflgit.core.problems import Problem

_NO_FIELDS = Fields()
_OWN_PREFIX: Mapping[str, Pointer] = {"native": ("config",)}
"""Where in a step the config is, for the formats in which it is not the step itself."""


class Said(NamedTuple):
    """A field that says something else than before; None is what is absent."""

    path: Pointer
    role: Role | None
    old: Any
    new: Any


@dataclass(frozen=True)
class Edit:
    """What was changed in the config of a step or a trigger, or in what is said of the workflow as a whole.

    Attributes:
        subject: what it is, as findings call it.
        called: what it is, as messages call it.
        step: the step, as the head calls it; None for a native trigger and for the workflow.
        base: the step, as the base calls it, or nothing.
        old: the config before.
        new: the config now.
        pointer: where the config is in the document of the head.
        fields: what differs, by paths in the config.
        part: the step or trigger in the head; None for the workflow.
        was: the step or trigger in the base; None for the workflow.
        worths: which fields must not be shown.
        types: what the type of the step or trigger asks of a config, on either side; None where nothing is known of it.
    """

    subject: str
    called: str
    step: str | None
    base: tuple[str, ...]
    old: Mapping[str, Any]
    new: Mapping[str, Any]
    pointer: Pointer
    fields: tuple[FieldChange, ...]
    part: Part | None = None
    was: Part | None = None
    worths: Fields = _NO_FIELDS
    types: tuple[ConfigType | None, ConfigType | None] = (None, None)

    @cached_property
    def problems(self) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
        """What is wrong with both configs by their types; their pointers are paths in the config."""
        old, new = self.types
        return (
            () if old is None else tuple(old.problems(self.old, ())),
            () if new is None else tuple(new.problems(self.new, ())),
        )

    @cached_property
    def said(self) -> tuple[Said, ...]:
        """Every field that differs, once, in path order; where one is about something as a whole, as a whole.

        Not one that is written down empty now, or no more: tools do so when they are upgraded.
        """
        found: dict[Pointer, Said] = {}
        for path in (path for change in self.fields for path in _paths(change)):
            whole = telling_path(path)
            found.setdefault(whole, Said(whole, role_of(whole), look_up(self.old, whole), look_up(self.new, whole)))
        return tuple(said for said in found.values() if not (_is_empty(said.old) and _is_empty(said.new)))

    def about(self, *roles: Role) -> Iterator[Said]:
        """Those that are about something."""
        return (said for said in self.said if said.role in roles)

    def at(self, path: Pointer) -> Pointer:
        """Where a field of the config is in the document."""
        return (*self.pointer, *path)

    def is_hidden(self, path: Pointer) -> bool:
        """Whether what stands at a path must not be shown."""
        if self.worths.worth(path) in (Worth.SECRET, Worth.PRIVATE):
            return True
        if any(isinstance(key, str) and holds_secret(key) for key in path):
            return True
        wanted = [problem.pointer for problems in self.problems for problem in problems if problem.rule == "plain-secret"]
        return any(path[: len(secret)] == secret for secret in wanted)

    def show(self, said: Said, write: Callable[[Any], str] = quote) -> str:
        """A new value and an old one for a message, ` 'b' instead of 'a'`; nothing if they must not be shown."""
        if self.is_hidden(said.path) or any(holds_token(text) for value in (said.old, said.new) for _, text in leaves(value)):
            return ""
        return f" {write(said.new)} instead of {write(said.old)}" if said.old is not None else f" {write(said.new)}"


def _is_empty(value: Any) -> bool:
    """Whether a value is absent, or holds nothing."""
    return value is None or value in ("", [], {})


def look_up(config: Any, path: Pointer) -> Any:
    """What stands at a path of a config; None if there is nothing."""
    for key in path:
        if isinstance(config, Mapping):
            config = config.get(key)
        elif isinstance(config, list) and isinstance(key, int) and key < len(config):
            config = config[key]
        else:
            return None
    return config


def _paths(change: FieldChange) -> Iterator[Pointer]:
    """The path of a change; of something that came or went as a whole, those of all that it says."""
    path = change.path
    if role_of(path) is not None or change.kind is ChangeKind.CHANGED:
        yield path
    else:
        for inner, _ in leaves(change.old if change.kind is ChangeKind.REMOVED else change.new):
            yield (*path, *inner)


def leaves(value: Any, path: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """All in a value that holds nothing else, each with its path: texts, numbers, and what is empty.

    >>> [*leaves({"a": [1, {"b": "x"}], "c": {}})]
    [(('a', 0), 1), (('a', 1, 'b'), 'x'), (('c',), {})]
    """
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path, value


def gives_nothing(value: Any) -> bool:
    """Whether a value says no, or nothing.

    >>> [gives_nothing(value) for value in (None, False, [], "never", 0, "daily", {"list": "a"})]
    [True, True, True, True, True, False, False]
    """
    return not value or (isinstance(value, str) and value.strip().lower() in _NO)


_NO = frozenset({"", "0", "false", "no", "none", "never", "off", "disabled", "once"})


def list_paths(paths: Iterable[Pointer]) -> str:
    """Name some fields of a config for a message; not all of many.

    >>> list_paths([("a", 0, "b"), ("c",)])
    "'a.0.b' and 'c'"
    """
    found = [quote(".".join(map(str, path))) for path in paths]
    if len(found) > _LISTED:
        return f"{', '.join(found[:_LISTED])} and {len(found) - _LISTED} more"
    return " and ".join(filter(None, (", ".join(found[:-1]), found[-1])))


_LISTED = 3


def was(saids: Iterable[Said]) -> Any:
    """What some fields said, for a fingerprint."""
    return {"/".join(map(str, said.path)): said.old for said in saids}


def news(saids: Iterable[Said]) -> Any:
    """What some fields say now, for a fingerprint."""
    return {"/".join(map(str, said.path)): said.new for said in saids}


def step_edits(situation: Situation) -> Iterator[Edit]:
    """What was changed in the configs of steps that are on both sides and of one type."""
    for change in situation.comparison.steps:
        if change.new is not None:
            base = situation.old_ids.get(change.id, change.id)
            yield from _part_edit(situation, change, f"step {change.id}", situation.sides.name(change.id), change.id, (base,))


def trigger_edits(situation: Situation) -> Iterator[Edit]:
    """What was changed in the configs of triggers that are on both sides and of one type."""
    for change in situation.comparison.triggers:
        step = change.id if change.id in situation.new.steps else None
        yield from _part_edit(situation, change, f"trigger {change.id}", f"the trigger {situation.sides.name(change.id)}", step, ())


def _part_edit(
    situation: Situation, change: PartChange, subject: str, called: str, step: str | None, base: tuple[str, ...]
) -> Iterator[Edit]:
    old, new = change.old, change.new
    if not isinstance(old, Step | Trigger) or not isinstance(new, Step | Trigger) or old.type != new.type:
        return
    if fields := _config_fields(change):
        yield Edit(
            subject=subject,
            called=called,
            step=step,
            base=base,
            old=old.config,
            new=new.config,
            pointer=(*new.pointer, *_OWN_PREFIX.get(situation.new.format, ())),
            fields=fields,
            part=new,
            was=old,
            worths=worths_of(situation.new),
            types=types_of(situation, new),
        )


def settings_edit(situation: Situation) -> Edit:
    """What was changed in what is said of the workflow as a whole."""
    start = situation.new.start_pointer
    return Edit(
        subject="workflow",
        called="the workflow",
        step=None,
        base=(),
        old=situation.old.settings,
        new=situation.new.settings,
        pointer=start[:-1] if start[-1:] in (("start",), ("StartAt",)) else (),
        fields=tuple(field for field in situation.comparison.settings if field.path[0] not in ("name", "start")),
        worths=worths_of(situation.new),
    )


def worths_of(graph: Graph) -> Fields:
    """What the fields of a graph's format are worth."""
    known = FORMATS.get(graph.format)
    return _NO_FIELDS if known is None else known.FIELDS


def _config_fields(change: PartChange) -> tuple[FieldChange, ...]:
    """What differs in the config of a part, by paths in it."""
    return tuple(replace(field, path=field.path[1:]) for field in change.fields if field.path[0] == "config" and field.path[1:])


def types_of(situation: Situation, part: Step | Trigger) -> tuple[ConfigType | None, ConfigType | None]:
    """What the type of a native step or trigger asks of a config, in the base and in the head; None where nothing is known."""
    if situation.new.format != "native":
        return None, None
    old, new = (types.steps if isinstance(part, Step) else types.triggers for types in (situation.old_types, situation.new_types))
    return old.get(part.type), new.get(part.type)
