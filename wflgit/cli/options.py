"""Options and argument types that several commands share."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    from wflgit.core.pace import Pace
    from wflgit.core.plan import WaitPolicy

Parsed = TypeVar("Parsed")


def _answer_in_json(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted:
        ctx.obj.output.json = True


json_option = click.option(
    "--json", is_flag=True, is_eager=True, expose_value=False, callback=_answer_in_json, help="Answer in JSON, errors too."
)
message_option = click.option("-m", "--message", metavar="TEXT", help="What to say of it in Git, in place of wflgit's own words.")
lock_option = click.option(
    "--lock-version", type=int, metavar="N", help="Refuse if the execution changed since its lock_version was N."
)
after_option = click.option("--after", type=click.IntRange(min=0), default=0, metavar="N", help="Only those after number N.")
limit_option = click.option(
    "-n", "--limit", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="How many at most."
)


class BaseType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """What somebody has seen: the number of a version, or the name of a commit or blob."""

    name = "base"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:  # noqa: ARG002
        """Tell a number from a name: nobody has a million versions, and ids of Git are longer."""
        return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < _ID_DIGITS else value


_ID_DIGITS = 7


class SlugType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A slug, or something that starts with one. Only completed here: the API judges it."""

    name = "slug"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """Propose the slugs of the workflows on the trunk; nothing where they cannot be known."""
        from click.shell_completion import CompletionItem

        from wflgit.api.repository import open_repository
        from wflgit.errors import WflgitError

        said = ctx.find_root().params
        try:
            workflows = open_repository(Path(said.get("directory") or "."), store=said.get("store")).workflows.list()
        except WflgitError:
            return []
        return [CompletionItem(found.slug, help=found.name) for found in workflows if found.slug.startswith(incomplete)]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        """Take the text as it is."""
        return str(value)


class TimeType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A moment in ISO 8601; without a time zone it is in UTC, as all times that wflgit shows."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the moment."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"expected a time like 2026-03-01T09:00Z but got '{value}'", param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


class JsonObjectType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A JSON object."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        """Read the object."""
        try:
            found = json.loads(value)
        except ValueError as error:
            self.fail(f"expected a JSON object but got '{value}': {error}", param, ctx)
        if not isinstance(found, dict):
            self.fail(f"expected a JSON object but got '{value}'", param, ctx)
        return found


class WaitType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """What becomes of waits: `POLICY` for all, `STEP=POLICY` for one step; as step (None for all) and policy."""

    name = "wait"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's signature
        """How help writes it."""
        return "[STEP=]keep|restart|recompute"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str | None, WaitPolicy]:
        """Split the step from the policy."""
        from wflgit.core.plan import WaitPolicy

        step, equals, policy = value.rpartition("=")
        try:
            return (step if equals else None), WaitPolicy(policy)
        except ValueError:
            self.fail(f"expected keep, restart or recompute, or STEP=restart, but got '{value}'", param, ctx)


class PaceType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """How fast a gradual migration goes."""

    name = "pace"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Pace:
        """Read the pace."""
        from wflgit.core.pace import parse_pace

        return _read(self, parse_pace, value, param, ctx)


class PredicateType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.4 only
    """A condition on executions."""

    name = "predicate"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the condition."""
        from wflgit.core.predicates import parse_predicate

        return _read(self, parse_predicate, value, param, ctx)


def _read(
    kind: click.ParamType,  # type: ignore[type-arg]  # generic since click 8.4 only
    parse: Callable[[str], Parsed],
    value: str,
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> Parsed:
    """Let a parser of ours read an argument; what it refuses is wrong usage."""
    from wflgit.errors import InvalidNameError

    try:
        return parse(value)
    except InvalidNameError as error:
        kind.fail("; ".join(part for part in (error.message, error.hint) if part), param, ctx)


SLUG = SlugType()
TIME = TimeType()
JSON_OBJECT = JsonObjectType()

base_option = click.option(
    "--base",
    metavar="N|COMMIT|BLOB",
    type=BaseType(),
    help="What you have seen: a version, commit or blob. Refused if somebody changed it since.",
)
rules_option = click.option(
    "--map",
    "rules",
    multiple=True,
    metavar="STEP=DESTINATION",
    help="Where those at a step go: a step, @end, @restart, @stay … Repeatable.",
)
waits_option = click.option(
    "--wait",
    "waits",
    multiple=True,
    type=WaitType(),
    help="What becomes of the waits of those who wait, of all or at a step. Repeatable.",
)
pace_option = click.option("--pace", type=PaceType(), help="Of the strategy gradual: 500/1h, 10%/1d or at-advance.")
where_option = click.option(
    "--where", multiple=True, type=PredicateType(), help="Those of whom this holds, such as 'context.plan = pro'. Repeatable."
)
