"""What files of the repository mean, read once: a blob's id is its content, so what is remembered is never stale."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wflgit.errors import DefinitionError
from wflgit.git.repository import GitRepository

if TYPE_CHECKING:
    from wflgit.core.catalog import Catalog
    from wflgit.core.graph import Graph
    from wflgit.core.problems import Problem

PARSED_LIMIT = 2048
PARSED_BYTES = 32 * 2**20
"""How many definitions are remembered at most, and how many bytes of files; parsed they take three times as much memory besides."""

_TYPE_FOLDERS = ("schemas/steps/", "schemas/triggers/")
_TYPE_ENDING = ".schema.json"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A workflow file: its bytes, the JSON in them and the graph that it describes."""

    content: bytes
    document: Any
    graph: Graph


class Contents:
    """The definitions, and the account's own step and trigger types, of one repository."""

    def __init__(self, git: GitRepository) -> None:
        self._git = git
        self._parsed: OrderedDict[str, Parsed] = OrderedDict()
        self._bytes = 0
        self._catalogs: dict[tuple[tuple[str, str], ...], Catalog] = {}

    def parse(self, blob: str, content: bytes | None = None) -> Parsed:
        """Parse a definition; `content` is needed only where the blob is not in Git.

        Raises:
            DefinitionError: if it is no workflow that can be parsed.
        """
        parsed = self._parsed.get(blob)
        if parsed is None:
            from wflgit.core import formats

            content = self._git.blob(blob) if content is None else content
            found = formats.parse(content)
            parsed = Parsed(content, found.document, found.graph)
            self._remember(blob, parsed)
        return parsed

    def _remember(self, blob: str, parsed: Parsed) -> None:
        """Keep a definition, and forget the oldest ones where there is no room; the newest is always kept."""
        self._parsed[blob] = parsed
        self._bytes += len(parsed.content)
        while len(self._parsed) > 1 and (len(self._parsed) > PARSED_LIMIT or self._bytes > PARSED_BYTES):
            _, oldest = self._parsed.popitem(last=False)
            self._bytes -= len(oldest.content)

    def graph(self, content: bytes) -> Graph:
        """The graph of content that is not in Git yet.

        Raises:
            DefinitionError: if it cannot be parsed.
        """
        return self.parse(self._git.hash_blob(content), content).graph

    def problems(self, content: bytes, catalog: Catalog) -> tuple[Problem, ...]:
        """All that is wrong with a definition, however broken; empty if all is well."""
        from wflgit.core.validation import validate

        try:
            parsed = self.parse(self._git.hash_blob(content), content)
        except DefinitionError:
            return validate(content, catalog)
        return validate(content, catalog, parsed=parsed)

    def name(self, blob: str) -> str:
        """The display name in a blob; empty if it has none or cannot be parsed."""
        try:
            return self.parse(blob).graph.name or ""
        except DefinitionError:
            return ""

    def catalog_at(self, commit: str | None) -> Catalog:
        """The step and trigger types known at a commit: the built-in ones and the account's own. None: the built-in ones."""
        return self._catalog(self._git.files(commit, _TYPE_FOLDERS) if commit else ())

    def catalog_in(self, folder: Path) -> Catalog:
        """The same with the schema files as they are in a working tree, for checking what is not committed yet."""
        return self._catalog(
            (f"{types}{file.name}", self._git.write_blob(file.read_bytes()))
            for types in _TYPE_FOLDERS
            for file in (folder / types).glob(f"*{_TYPE_ENDING}")
        )

    def _catalog(self, found: Iterable[tuple[str, str]]) -> Catalog:
        files = tuple(sorted(found))
        if files not in self._catalogs:
            from wflgit.core.catalog import load_catalog

            steps, triggers = (self._schemas(files, folder) for folder in _TYPE_FOLDERS)
            self._catalogs[files] = load_catalog(steps, triggers)
        return self._catalogs[files]

    def _schemas(self, files: Iterable[tuple[str, str]], folder: str) -> Mapping[str, bytes]:
        return {
            path.removeprefix(folder).removesuffix(_TYPE_ENDING): self._git.blob(blob)
            for path, blob in files
            if path.startswith(folder) and path.endswith(_TYPE_ENDING)
        }
