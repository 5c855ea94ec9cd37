"""Every command has help, and stands in `docs/cli.md` with all its options; so do records in JSON and variables."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from wflgit.api.housekeeping import Tidied
from wflgit.cli.main import COMMANDS, cli
from wflgit.core import drafts, exchanges, publications, records, repairs, reports, resolving, retention
from wflgit.core.audit_export import Evidence
from wflgit.core.merge.conflicts import MergeConflict

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
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


RECORDS: dict[str, Any] = {
    "version": records.Version,
    "workflow": records.Workflow,
    "execution": records.Execution,
    "status": reports.Status,
    "finding": reports.Notice,
    "repair": repairs.Repair,
    "user draft": drafts.Draft,
    "save": drafts.Save,
    "draft status": drafts.DraftStatus,
    "merge conflict": MergeConflict,
    "unmerged": resolving.Unmerged,
    "resolved": resolving.Resolved,
    "updated branch": resolving.Updated,
    "fetched": exchanges.Fetched,
    "pushed ref": exchanges.PushedRef,
    "remote state": exchanges.RemoteState,
    "archival report": retention.ArchivalReport,
    "housekeeping": Tidied,
    "current at": publications.CurrentAt,
    "evidence": Evidence,
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_keys_of_a_record_are_those_of_the_page(name: str) -> None:
    row = re.search(rf"^\| {name} \| (.*) \|$", PAGE, re.MULTILINE)
    assert row, name
    keys = re.findall(r"`([a-z_]+)`", re.sub(r"\([^()]*\)", "", row[1]))
    assert sorted(keys) == sorted(field.name for field in fields(RECORDS[name]))


def test_every_variable_that_wflgit_reads_is_on_the_page() -> None:
    read = {
        name
        for file in (ROOT / "wflgit").rglob("*.py")
        for name in re.findall(r"\bWFLGIT_[A-Z_]+", file.read_text(encoding="utf-8"))
    }
    section = PAGE[PAGE.index("### Environment") : PAGE.index("## The repository")]
    assert read == set(re.findall(r"`(WFLGIT_[A-Z_]+)`", section))
