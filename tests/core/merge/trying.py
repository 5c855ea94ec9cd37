"""Merging as a repository does it: the built-in types say what is valid, and git merges the lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from wflgit.core.catalog import load_catalog
from wflgit.core.formats import parse
from wflgit.core.graph import Graph
from wflgit.core.merge import merge
from wflgit.core.merge.conflicts import Merged
from wflgit.core.problems import Problem, Severity
from wflgit.core.validation import validate
from wflgit.git.linemerge import merge_lines

CATALOG = load_catalog({}, {})

Document = Mapping[str, Any] | Sequence[Any] | bytes | None


def written(document: Document) -> bytes | None:
    """A document as an editor writes it."""
    return document if document is None or isinstance(document, bytes) else (json.dumps(document, indent=2) + "\n").encode()


def problems(content: bytes) -> tuple[Problem, ...]:
    """What is wrong with a definition."""
    return validate(content, CATALOG)


def errors(content: bytes) -> set[tuple[str, frozenset[str]]]:
    """What makes a definition one that is refused; a circle may be told from any of its steps on."""
    return {
        (problem.rule, frozenset(problem.message.split())) for problem in problems(content) if problem.severity is Severity.ERROR
    }


def merged(base: Document, ours: Document, theirs: Document, **answers: str) -> Merged:
    """Merge; an answer is given by its path with `__` for `/`, and by `everything` for all."""
    said = {"*" if path == "everything" else path.replace("__", "/"): key for path, key in answers.items()}
    one, other = written(ours), written(theirs)
    assert one is not None
    assert other is not None
    return merge(written(base), one, other, answers=said, problems=problems, lines=merge_lines)


def graph(found: Merged) -> Graph:
    """What a clean merge says."""
    assert found.content is not None, found.conflicts
    return parse(found.content).graph


def ways(found: Merged) -> dict[str, dict[str, str | None]]:
    """Where the ways of a clean merge lead, by step and label."""
    said: dict[str, dict[str, str | None]] = {}
    for edge in graph(found).edges:
        said.setdefault(edge.source, {})[edge.label] = edge.target
    return said
