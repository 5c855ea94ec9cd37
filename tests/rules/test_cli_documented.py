"""Every command has help, and stands in `docs/cli.md` with all its options."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from wflgit.cli.main import COMMANDS, cli

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SHARED = {"--json", "--help"}


def commands(group: click.Group = cli, path: str = "wflgit") -> Iterator[tuple[str, click.Command]]:
    """Every command with what one types to call it."""
    ctx = click.Context(group)
    for name in group.list_commands(ctx):
        found = group.get_command(ctx, name)
        assert found is not None, name
        if isinstance(found, click.Group):
            yield from commands(found, f"{path} {name}")
        else:
            yield f"{path} {name}", found


ALL = dict(commands())


def section(path: str) -> str:
    """What the page says of a command: from its heading to the next one."""
    match = re.search(rf"^### `{re.escape(path)}( [^`]*)?`\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, f"docs/cli.md has no heading for `{path}`"
    return match.group(0)


def options(command: click.Command) -> set[str]:
    return {max(option.opts, key=len) for option in command.params if isinstance(option, click.Option)}


@pytest.mark.parametrize("path", ALL)
def test_a_command_is_documented_with_its_options(path: str) -> None:
    said = section(path)
    assert {option for option in options(ALL[path]) - SHARED if f"`{option}" not in said} == set()
    assert set(re.findall(r"`(--[a-z-]+)", said)) <= options(ALL[path]) | {"--from"}


@pytest.mark.parametrize("path", ALL)
def test_the_arguments_in_the_heading_are_those_of_the_command(path: str) -> None:
    ctx = click.Context(ALL[path], info_name=path)
    usage = [word for word in ctx.get_usage().removeprefix("Usage: ").split() if word != "[OPTIONS]"]
    assert section(path).startswith(f"### `{' '.join(usage)}`\n")


@pytest.mark.parametrize("path", ALL)
def test_a_command_and_each_of_its_options_has_help(path: str) -> None:
    command = ALL[path]
    assert command.help
    assert [option.name for option in command.params if isinstance(option, click.Option) and not option.help] == []


@pytest.mark.parametrize("path", ALL)
def test_every_command_answers_in_json(path: str) -> None:
    assert "--json" in options(ALL[path])


def test_no_heading_is_left_of_a_command_that_is_gone() -> None:
    headings = re.findall(r"^### `(wflgit(?: [a-z-]+)+)", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(ALL)


def test_global_options_are_documented() -> None:
    assert {option for option in options(cli) if f"`{option}" not in PAGE} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_of_each_a_sentence_that_fits(name: str) -> None:
    assert re.fullmatch(r"[A-Z].{,62}\.", COMMANDS[name].summary)
