"""The words of the design and no synonyms, in what the code calls its things."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

INSTEAD = {
    "process": "workflow",
    "pipeline": "workflow",
    "flow": "workflow",
    "node": "step",
    "task": "step",
    "instance": "execution",
    "run": "execution",
    "job": "execution",
    "latest": "newest, or current",
    "tenant": "account",
    "migrate": "upgrade, where tables are meant",
    "util": "the noun of what it is about",
    "utils": "the noun of what it is about",
    "helper": "the noun of what it is about",
    "helpers": "the noun of what it is about",
    "manager": "the noun of what it is about",
    "dto": "record",
}
"""Word that is not ours -> the one that is."""

ALLOWED = {
    ("wflgit.api.migrations", "run"): "runs a migration",
    ("wflgit.api.moving", "run"): "runs a migration",
    ("wflgit.cli.main", "run"): "runs the command line",
    ("wflgit.core.catalog", "CreateTask"): "a type of step: a task for a colleague",
    ("wflgit.core.catalog", "pipeline"): "a field of a step's config: the sales pipeline a deal is in",
    ("wflgit.core.lifecycle", "RUN"): "what one asks of a migration",
    ("wflgit.core.owntypes", "instance"): "what JSON Schema calls the value under test",
    ("wflgit.git.repository", "_LATEST"): "the last moment that a calendar holds",
    ("wflgit.store.tables", "process_bind_param"): "the name that SQLAlchemy asks for",
    ("wflgit.store.tables", "process_result_value"): "the name that SQLAlchemy asks for",
    ("wflgit.store.upgrade", "_run_revisions"): "runs the revisions of the tables",
}
"""(module, identifier) -> why a word that is not ours is right there."""


class Found(NamedTuple):
    module: str
    name: str
    line: int


def identifiers() -> Iterator[Found]:
    """Everything our code gives a name to: modules, classes, functions, arguments, variables, attributes."""
    for file in sorted((ROOT / "wflgit").rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield Found(module, module.rpartition(".")[2], 1)
        for found in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            name = given_name(found)
            if name is not None:
                yield Found(module, name, getattr(found, "lineno", 0))


def given_name(found: ast.AST) -> str | None:
    match found:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
            return name
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name
        case ast.alias(asname=str() as name):
            return name
    return None


def words(name: str) -> set[str]:
    """The words of `snake_case` and `CamelCase`, in small letters, plurals without their s; a dry run is what all tools call it."""
    found = {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name.replace("dry_run", "dry"))}
    return found | {word.removesuffix("s") for word in found if word.removesuffix("s") in INSTEAD}


STRANGE = [(found, word) for found in identifiers() for word in sorted(words(found.name) & INSTEAD.keys())]


def test_words_are_found_in_both_ways_of_writing_names() -> None:
    assert words("_find_nodes") >= {"find", "node"}
    assert words("PipelineRun") == {"pipeline", "run"}
    assert words("PROCESSES") == {"processes"}
    assert not words("overflow") & INSTEAD.keys()


def test_the_code_uses_the_words_of_the_glossary() -> None:
    strangers = {
        f"{found.module}:{found.line} '{found.name}': say {INSTEAD[word]}, not {word}"
        for found, word in STRANGE
        if (found.module, found.name) not in ALLOWED
    }
    assert sorted(strangers) == []


@pytest.mark.parametrize("exception", sorted(ALLOWED), ids=".".join)
def test_every_exception_to_the_words_is_still_needed(exception: tuple[str, str]) -> None:
    assert exception in {(found.module, found.name) for found, _ in STRANGE}


def test_every_word_of_the_glossary_is_explained_once() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    terms = [term for row in re.findall(r"^\| (\*\*.+?) \|", page, re.MULTILINE) for term in re.findall(r"\*\*(.+?)\*\*", row)]
    assert len(terms) > 30
    assert terms == sorted(set(terms))
