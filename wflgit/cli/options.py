"""Options and argument types that several commands share."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


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


SLUG = SlugType()
TIME = TimeType()
JSON_OBJECT = JsonObjectType()
